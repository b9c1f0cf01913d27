//! A player's data as a tree of tables, as games have it. Worlds do not need it, as what they tell
//! does not depend on what the data is like: a test says so, by this.

use super::{Change, GameDocument, Grant, Holdings, Item, Receipt, json};
use leasehold_core::{Document, Value, ValueEdit};

impl GameDocument for Value {
    fn template() -> Value {
        Value::map([
            ("Edits", 0.0.into()),
            ("Inventory", Value::empty()),
            ("Receipts", Value::empty()),
            ("Settings", Value::map([("Music", true.into()), ("SFX", true.into())])),
        ])
    }

    /// Games count what is in an inventory: an item that was given away is there 0 times.
    fn edit(change: Change) -> ValueEdit {
        let add = |path: &[&str], amount| {
            ValueEdit::Add(path.iter().map(|name| (*name).to_owned()).collect(), amount)
        };
        let seen = add(&["Edits"], 1.0);
        let change = match change {
            Change::Earn => return seen,
            Change::Mint(Item(item)) | Change::Give(Item(item)) => {
                add(&["Inventory", &format!("i{item}")], 1.0)
            }
            Change::Take(Item(item)) => add(&["Inventory", &format!("i{item}")], -1.0),
            Change::Grant(Grant { receipt: Receipt(receipt), nth, keep }) => {
                let (receipts, last) = (vec!["Receipts".to_owned()], vec!["LastGrant".to_owned()]);
                return ValueEdit::All(vec![
                    seen,
                    ValueEdit::Append(receipts.clone(), f64::from(receipt).into()),
                    ValueEdit::KeepLast(receipts, keep as usize),
                    ValueEdit::Set(last, f64::from(nth).into()),
                ]);
            }
        };
        ValueEdit::All(vec![seen, change])
    }

    fn edits(&self) -> u64 {
        match self.at(&["Edits"]) {
            Some(Value::Number(edits)) => *edits as u64,
            _ => 0,
        }
    }

    fn size(&self) -> u64 {
        json::size(self)
    }

    fn holdings(&self, out: &mut Holdings) {
        out.items.extend(counted(self, "Inventory", "i").map(Item));
        out.items.sort_unstable();
        if let Some(Value::Array(receipts)) = self.at(&["Receipts"]) {
            out.receipts.extend(receipts.iter().filter_map(whole).map(Receipt));
        }
        out.receipts.sort_unstable();
        out.last_grant = self.at(&["LastGrant"]).and_then(whole).unwrap_or(0);
    }

    fn damage(&mut self) {
        self.apply(&ValueEdit::Set(vec!["Settings".to_owned(), "Music".to_owned()], "no".into()));
    }
}

fn whole(value: &Value) -> Option<u32> {
    if let Value::Number(number) = value { Some(*number as u32) } else { None }
}

/// The numbers of the things in a field, each as often as it is there.
fn counted<'a>(data: &'a Value, field: &str, letter: &'a str) -> impl Iterator<Item = u32> + 'a {
    let things = match data.at(&[field]) {
        Some(Value::Map(things)) => Some(things),
        _ => None,
    };
    things.into_iter().flatten().flat_map(move |(name, count)| {
        let number = name.strip_prefix(letter).and_then(|number| number.parse().ok());
        let times = if let Value::Number(times) = count { times.max(0.0) as usize } else { 0 };
        std::iter::repeat_n(number, times).flatten()
    })
}
