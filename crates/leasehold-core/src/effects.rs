//! Where a machine puts what it wants done.
//!
//! The caller owns the sink and empties it after each call, in order. Few effects come out of one
//! input, so the first ones are kept inline: a transition allocates nothing.

use smallvec::SmallVec;

/// A list of effects, in the order in which they must be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects<E>(SmallVec<[E; 2]>);

impl<E> Effects<E> {
    /// An empty list.
    pub fn new() -> Effects<E> {
        Effects(SmallVec::new())
    }

    /// Adds one at the end.
    pub fn push(&mut self, effect: E) {
        self.0.push(effect);
    }

    /// Takes them all, oldest first.
    pub fn drain(&mut self) -> impl Iterator<Item = E> + '_ {
        self.0.drain(..)
    }
}

impl<E> Default for Effects<E> {
    fn default() -> Effects<E> {
        Effects::new()
    }
}

impl<E> IntoIterator for Effects<E> {
    type Item = E;
    type IntoIter = smallvec::IntoIter<[E; 2]>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
