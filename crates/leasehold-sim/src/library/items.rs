//! A player's save with things in it: a few numbers, items and receipts, for worlds with trades or
//! purchases.

use super::{Change, GameDocument, Grant, Holdings, Item, Receipt, json};
use leasehold_core::{Document, NotCanonical};
use smallvec::SmallVec;

/// A few numbers, and what the player owns. Items are in order, so that equal bags have equal bytes
/// whatever their history; receipts in the order in which they came, as the oldest ones leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GameItems {
    edits: u64,
    coins: u64,
    items: SmallVec<[Item; 8]>,
    receipts: SmallVec<[Receipt; 2]>,
    last_grant: u32,
}

impl Document for GameItems {
    type Edit = Change;

    fn apply(&mut self, edit: &Change) {
        self.edits += 1;
        match *edit {
            Change::Earn => self.coins += 10,
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

    fn reconcile(&mut self, _template: &GameItems) {}

    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
        out(&self.edits.to_le_bytes());
        out(&self.coins.to_le_bytes());
        out(&(self.items.len() as u32).to_le_bytes());
        self.items.iter().for_each(|item| out(&item.0.to_le_bytes()));
        self.receipts.iter().for_each(|receipt| out(&receipt.0.to_le_bytes()));
        out(&self.last_grant.to_le_bytes());
        Ok(())
    }
}

impl GameDocument for GameItems {
    fn template() -> GameItems {
        GameItems::default()
    }

    fn edit(change: Change) -> Change {
        change
    }

    fn edits(&self) -> u64 {
        self.edits
    }

    fn size(&self) -> u64 {
        let numbers = [self.edits, self.coins].into_iter();
        let items = self.items.iter().map(|item| u64::from(item.0));
        let things = items.chain(self.receipts.iter().map(|receipt| u64::from(receipt.0)));
        // Each thing has two quotes, a letter, a colon, a count and a comma.
        let things: u64 = things.map(|number| json::digits(number) + 6).sum();
        // Which grant it was stands for the goods, which a real save has among its numbers.
        let fields = r#"{"Edits":,"Coins":,"Inventory":{},"Receipts":{}}"#.len() as u64;
        fields + numbers.map(json::digits).sum::<u64>() + things
    }

    fn holdings(&self, out: &mut Holdings) {
        out.items.extend_from_slice(&self.items);
        out.receipts.extend_from_slice(&self.receipts);
        out.receipts.sort_unstable();
        out.last_grant = self.last_grant;
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
        fn a_items_and_a_tree_of_tables_hold_the_same_and_count_every_change(
            changes in prop::collection::vec(any_change(), 0..40),
        ) {
            let (mut items, mut value) = (GameItems::template(), Value::template());
            for change in &changes {
                // Nobody takes what is not there.
                if let Change::Take(item) = change && !held(&items).0.items.contains(item) {
                    continue;
                }
                items.apply(&GameItems::edit(*change));
                value.apply(&Value::edit(*change));
                prop_assert_eq!(held(&items), held(&value));
                if let Change::Grant(grant) = change {
                    let kept = held(&items).0.receipts;
                    prop_assert!(kept.contains(&grant.receipt));
                    prop_assert!(kept.len() <= grant.keep as usize);
                }
            }
        }
    }
}
