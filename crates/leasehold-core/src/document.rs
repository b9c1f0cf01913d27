//! What a machine needs to know of the data it guards: next to nothing.
//!
//! The machines are generic over the player's document. [`Value`](crate::Value) is the one that
//! users have; a simulation of a hundred thousand players uses something smaller.

use std::fmt;

/// A player's data: it can be changed, compared with a template, and written as canonical bytes.
pub trait Document: Clone + PartialEq + fmt::Debug {
    /// A change, as data: applying it twice to equal documents gives equal documents.
    type Edit: Clone + PartialEq + fmt::Debug;

    /// Applies a change.
    fn apply(&mut self, edit: &Self::Edit);

    /// Adds what `template` has and `self` lacks; keeps everything that is there (rule S2).
    fn reconcile(&mut self, template: &Self);

    /// Writes the canonical bytes: equal documents give equal bytes, different ones different bytes
    /// (rule R2).
    ///
    /// # Errors
    /// [`NotCanonical`] for a document that holds something that cannot be stored. What was written
    /// by then is garbage.
    fn canonical(&self, out: &mut dyn FnMut(&[u8])) -> Result<(), NotCanonical>;
}

/// A document holds a number that is not finite: NaN and infinities cannot be stored (rule
/// [R2](crate::chronicle::protocol#R2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCanonical;

impl fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NaN and infinities cannot be stored")
    }
}

impl std::error::Error for NotCanonical {}
