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
    Grant(Grant),
}

/// That a purchase is granted: the goods go into the data, and with them the receipt, which the
/// game looks for when it is asked again. It keeps only the last few receipts: goods stay, the
/// receipt that came first goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// For which receipt.
    pub receipt: Receipt,
    /// Which grant of the world this is, from 1 on: a name for the data that it makes.
    pub nth: u32,
    /// How many receipts are kept, this one included; 1 at the least.
    pub keep: u32,
}

/// Contents of a player's data, in order; twice what it holds twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Items, in the order in which they are held.
    pub items: Vec<Item>,
    /// The receipts that are kept of granted purchases.
    pub receipts: Vec<Receipt>,
    /// The last [`Grant`] that it has seen, 0 if none. That tells all goods that it holds, kept
    /// receipt or not: those of what it was before, and these.
    pub last_grant: u32,
}

impl Holdings {
    /// Empties it, and keeps its memory.
    pub fn clear(&mut self) {
        self.last_grant = 0;
        self.items.clear();
        self.receipts.clear();
    }
}
