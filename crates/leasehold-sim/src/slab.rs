//! Dense numbers for things that come and go: a number is free again once its thing is gone.

use leasehold_core::warm;

/// An identity that a slab can give out.
pub trait Name: Copy {
    /// The identity with a number.
    fn of(number: u32) -> Self;
    /// Its number, as a place in a list.
    fn index(self) -> usize;
}

/// Things by identity. Adding, finding and taking away cost the same whatever there is.
#[derive(Debug)]
pub struct Slab<I, T> {
    things: Vec<Option<T>>,
    free: Vec<I>,
}

impl<I, T> Default for Slab<I, T> {
    fn default() -> Slab<I, T> {
        Slab { things: Vec::new(), free: Vec::new() }
    }
}

/// Why a thing must be there.
const NAMED: &str = "an identity that is in use names something";

impl<I: Name, T> Slab<I, T> {
    /// One with nothing in it.
    pub fn new() -> Slab<I, T> {
        Slab::default()
    }

    /// Adds a thing, and says under which identity.
    pub fn add(&mut self, thing: T) -> I {
        match self.free.pop() {
            Some(name) => {
                self.things[name.index()] = Some(thing);
                name
            }
            None => {
                self.things.push(Some(thing));
                I::of(self.things.len() as u32 - 1)
            }
        }
    }

    /// Takes a thing away.
    ///
    /// # Panics
    /// If it is not there.
    pub fn take(&mut self, name: I) -> T {
        let thing = self.things[name.index()].take().expect(NAMED);
        self.free.push(name);
        thing
    }

    /// Drops a thing where it is, which spares a large one a move.
    ///
    /// # Panics
    /// If it is not there.
    pub fn remove(&mut self, name: I) {
        let thing = &mut self.things[name.index()];
        assert!(thing.is_some(), "{NAMED}");
        *thing = None;
        self.free.push(name);
    }

    /// The thing of that identity, if there is one.
    pub fn get(&self, name: I) -> Option<&T> {
        self.things.get(name.index())?.as_ref()
    }

    /// The thing of that identity.
    ///
    /// # Panics
    /// If it is not there.
    pub fn of(&self, name: I) -> &T {
        self.things[name.index()].as_ref().expect(NAMED)
    }

    /// The thing of that identity, to change it.
    ///
    /// # Panics
    /// If it is not there.
    pub fn of_mut(&mut self, name: I) -> &mut T {
        self.things[name.index()].as_mut().expect(NAMED)
    }

    /// The thing of that identity will soon be looked at.
    pub(crate) fn warm(&self, name: I) {
        warm::row(&self.things, name.index());
    }

    /// A thing will soon be added: where the next one's identity is.
    pub(crate) fn warm_free(&self) {
        warm::row(&self.free, self.free.len().wrapping_sub(1));
    }

    /// The same, after that: where it will be.
    pub(crate) fn warm_next(&self) {
        if let Some(name) = self.free.last() {
            self.warm(*name);
        }
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.things.len() - self.free.len()
    }

    /// All identities in use, in order.
    pub fn names(&self) -> Vec<I> {
        let used = self.things.iter().enumerate().filter(|(_, thing)| thing.is_some());
        used.map(|(number, _)| I::of(number as u32)).collect()
    }
}
