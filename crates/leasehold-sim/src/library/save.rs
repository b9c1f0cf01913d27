//! A player's save, small enough for a hundred thousand of them.

use super::{GameDocument, json};
use leasehold_core::{Document, NotCanonical, Value, ValueEdit};

/// A few numbers, as a game would keep them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GameSave {
    /// How many changes it has seen.
    pub edits: u64,
    /// What the player owns.
    pub coins: u64,
}

/// A change of a [`GameSave`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earn(pub u32);

impl Document for GameSave {
    type Edit = Earn;

    fn apply(&mut self, edit: &Earn) {
        self.edits += 1;
        self.coins += u64::from(edit.0);
    }

    fn reconcile(&mut self, _template: &GameSave) {}

    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.edits.to_le_bytes());
        bytes[8..].copy_from_slice(&self.coins.to_le_bytes());
        out(&bytes);
        Ok(())
    }
}

impl GameDocument for GameSave {
    fn template() -> GameSave {
        GameSave::default()
    }

    fn edit() -> Earn {
        Earn(10)
    }

    fn edits(&self) -> u64 {
        self.edits
    }

    fn size(&self) -> u64 {
        let digits = |number: u64| u64::from(number.checked_ilog10().unwrap_or(0)) + 1;
        r#"{"Edits":,"Coins":}"#.len() as u64 + digits(self.edits) + digits(self.coins)
    }

    fn damage(&mut self) {
        self.coins ^= 1 << 40;
    }
}

impl GameDocument for Value {
    fn template() -> Value {
        Value::map([
            ("Edits", 0.0.into()),
            ("Inventory", Value::empty()),
            ("Settings", Value::map([("Music", true.into()), ("SFX", true.into())])),
        ])
    }

    fn edit() -> ValueEdit {
        ValueEdit::Add(vec!["Edits".to_owned()], 1.0)
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

    fn damage(&mut self) {
        self.apply(&ValueEdit::Set(vec!["Settings".to_owned(), "Music".to_owned()], "no".into()));
    }
}
