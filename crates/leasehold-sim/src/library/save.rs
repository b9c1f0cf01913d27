//! A player's save: a few numbers, small enough for a hundred thousand of them; and what the player
//! owns besides, in worlds with trades or purchases.

use super::{Change, GameDocument, Grant, Holdings, Item, Receipt, json};
use leasehold_core::{Document, NotCanonical};
use smallvec::SmallVec;

/// A few numbers, as a game would keep them, and things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GameSave {
    edits: u64,
    coins: u64,
    /// Nothing if there has never been any: most worlds have none, and a save stays small.
    things: Option<Box<Things>>,
}

/// What a player owns. Items are in order, so that equal bags have equal bytes whatever their
/// history; receipts in the order in which they came, as the oldest ones leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Things {
    items: SmallVec<[Item; 8]>,
    receipts: SmallVec<[Receipt; 2]>,
    last_grant: u32,
}

impl Things {
    fn change(&mut self, change: Change) {
        match change {
            Change::Earn => {}
            Change::Mint(item) | Change::Give(item) => {
                let place = self.items.partition_point(|known| *known <= item);
                self.items.insert(place, item);
            }
            Change::Take(item) => {
                if let Ok(place) = self.items.binary_search(&item) {
                    self.items.remove(place);
                }
            }
            Change::Grant(Grant { receipt, nth, keep }) => {
                self.receipts.push(receipt);
                let excess = self.receipts.len().saturating_sub(keep as usize);
                self.receipts.drain(..excess);
                self.last_grant = nth;
            }
        }
    }

    /// How long they are as JSON, with the names of all fields, in bytes.
    fn size(&self) -> u64 {
        let items = self.items.iter().map(|item| u64::from(item.0));
        let all = items.chain(self.receipts.iter().map(|receipt| u64::from(receipt.0)));
        // Each thing has two quotes, a letter, a colon, a count and a comma.
        let each: u64 = all.map(|number| json::digits(number) + 6).sum();
        // Which grant it was stands for the goods, which a real save has among its numbers.
        r#"{"Edits":,"Coins":,"Inventory":{},"Receipts":{}}"#.len() as u64 + each
    }
}

impl Document for GameSave {
    type Edit = Change;

    #[inline]
    fn apply(&mut self, edit: &Change) {
        self.edits += 1;
        match edit {
            Change::Earn => self.coins += 10,
            change => self.things.get_or_insert_default().change(*change),
        }
    }

    #[inline]
    fn reconcile(&mut self, _template: &GameSave) {}

    #[inline]
    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.edits.to_le_bytes());
        bytes[8..].copy_from_slice(&self.coins.to_le_bytes());
        out(&bytes);
        if let Some(things) = &self.things {
            out(&(things.items.len() as u32).to_le_bytes());
            things.items.iter().for_each(|item| out(&item.0.to_le_bytes()));
            things.receipts.iter().for_each(|receipt| out(&receipt.0.to_le_bytes()));
            out(&things.last_grant.to_le_bytes());
        }
        Ok(())
    }
}

impl GameDocument for GameSave {
    fn template() -> GameSave {
        GameSave::default()
    }

    #[inline]
    fn edit(change: Change) -> Change {
        change
    }

    #[inline]
    fn edits(&self) -> u64 {
        self.edits
    }

    #[inline]
    fn size(&self) -> u64 {
        let numbers = json::digits(self.edits) + json::digits(self.coins);
        match &self.things {
            Some(things) => things.size() + numbers,
            None => r#"{"Edits":,"Coins":}"#.len() as u64 + numbers,
        }
    }

    fn holdings(&self, out: &mut Holdings) {
        let Some(things) = &self.things else { return };
        out.items.extend_from_slice(&things.items);
        out.receipts.extend_from_slice(&things.receipts);
        out.receipts.sort_unstable();
        out.last_grant = things.last_grant;
    }

    fn damage(&mut self) {
        self.coins ^= 1 << 40;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_core::Value;
    use proptest::prelude::*;

    fn any_change() -> impl Strategy<Value = Change> {
        (0u32..4, 1u32..4, 0..5).prop_map(|(which, keep, kind)| match kind {
            0 => Change::Earn,
            1 => Change::Mint(Item(which)),
            2 => Change::Give(Item(which)),
            3 => Change::Take(Item(which)),
            _ => Change::Grant(Grant { receipt: Receipt(which), nth: which * 7, keep }),
        })
    }

    fn held<D: GameDocument>(document: &D) -> (Holdings, u64) {
        let mut held = Holdings::default();
        document.holdings(&mut held);
        (held, document.edits())
    }

    proptest! {
        #[test]
        fn a_save_and_a_tree_of_tables_hold_the_same_and_count_every_change(
            changes in prop::collection::vec(any_change(), 0..40),
        ) {
            let (mut save, mut value) = (GameSave::template(), Value::template());
            for change in &changes {
                // Nobody takes what is not there.
                if let Change::Take(item) = change && !held(&save).0.items.contains(item) {
                    continue;
                }
                save.apply(&GameSave::edit(*change));
                value.apply(&Value::edit(*change));
                prop_assert_eq!(held(&save), held(&value));
                if let Change::Grant(grant) = change {
                    let kept = held(&save).0.receipts;
                    prop_assert!(kept.contains(&grant.receipt));
                    prop_assert!(kept.len() <= grant.keep as usize);
                }
            }
        }
    }
}
