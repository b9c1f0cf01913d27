//! What players own besides numbers: items and receipts, each with an identity of its own.
//!
//! A coin more or less is a rounding error; a sword that two players have is a *dupe*. So items are
//! told apart, from being minted on, and so are the receipts of purchases.

use serde::Serialize;

/// An item: there should be exactly one of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item(pub u32);

/// The receipt of a purchase: it should be granted exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Receipt(pub u32);

/// A change of a player's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The player earns something that has no identity.
    Earn,
    /// A new item comes into the world.
    Mint(Item),
    /// The player is given an item by another.
    Give(Item),
    /// An item is taken from the player, for another.
    Take(Item),
    /// A purchase is granted.
    Grant(Receipt),
}

/// Contents of a player's data, in order; twice what it holds twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Items, in the order in which they are held.
    pub items: Vec<Item>,
    /// Receipts of granted purchases.
    pub receipts: Vec<Receipt>,
}

impl Holdings {
    /// Empties both lists, and keeps their memory.
    pub fn clear(&mut self) {
        self.items.clear();
        self.receipts.clear();
    }
}
