//! The smallest document that shows what was lost, duplicated or overwritten: a list of the changes
//! that it has seen.

use crate::document::{Document, NotCanonical};

/// Changes, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log(pub(crate) Vec<u32>);

/// A change that cannot be stored, as NaN cannot.
pub(crate) const POISON: u32 = 666;

/// A change that takes all poison out again.
const ANTIDOTE: u32 = 777;

impl Document for Log {
    type Edit = u32;

    fn apply(&mut self, edit: &u32) {
        if *edit == ANTIDOTE {
            self.0.retain(|change| *change != POISON);
        }
        self.0.push(*edit);
    }

    /// Present fields are kept, missing ones added: here the only field is the first change.
    fn reconcile(&mut self, template: &Log) {
        if self.0.is_empty() {
            self.0.clone_from(&template.0);
        }
    }

    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical> {
        for change in &self.0 {
            if *change == POISON {
                return Err(NotCanonical);
            }
            out(&change.to_le_bytes());
        }
        Ok(())
    }
}
