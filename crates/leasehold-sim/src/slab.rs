//! Dense names for things that come and go: a name is a small number, free again once its thing is
//! gone.

/// The name of nothing: no key, no visit, no server.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Slab<T> {
    things: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { things: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(crate) fn new() -> Slab<T> {
        Slab::default()
    }

    /// Adds a thing and names it.
    pub(crate) fn add(&mut self, thing: T) -> u32 {
        match self.free.pop() {
            Some(name) => {
                self.things[name as usize] = Some(thing);
                name
            }
            None => {
                self.things.push(Some(thing));
                self.things.len() as u32 - 1
            }
        }
    }

    /// Takes a thing away.
    pub(crate) fn take(&mut self, name: u32) -> T {
        self.free.push(name);
        self.things[name as usize].take().expect("a name that is used names something")
    }

    /// The thing of that name, if there is one.
    pub(crate) fn get(&self, name: u32) -> Option<&T> {
        self.things.get(name as usize)?.as_ref()
    }

    pub(crate) fn of(&self, name: u32) -> &T {
        self.things[name as usize].as_ref().expect("a name that is used names something")
    }

    pub(crate) fn of_mut(&mut self, name: u32) -> &mut T {
        self.things[name as usize].as_mut().expect("a name that is used names something")
    }

    /// All names in use, in order.
    pub(crate) fn names(&self) -> Vec<u32> {
        (0..self.things.len() as u32).filter(|name| self.things[*name as usize].is_some()).collect()
    }
}
