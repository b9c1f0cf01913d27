//! Memory that is used again, from one world to the next.
//!
//! Whatever grows in a world is begun in the memory of the last one: `X::begun(self, ...)` takes a
//! used `X` apart and makes one for the next world, a new one if it is `X::default()`. There is no
//! other way to begin one. Think of a tray that is wiped before it is laid again.
//!
//! Law: what is begun in used memory equals what is begun in none. So every `begun` writes down all
//! fields: it takes lists over through these functions, and what it does not take over is new.

/// A list with nothing in it.
pub(crate) fn emptied<T>(mut used: Vec<T>) -> Vec<T> {
    used.clear();
    used
}

/// A list of so many of the same.
pub(crate) fn filled<T: Clone>(used: Vec<T>, count: usize, thing: T) -> Vec<T> {
    let mut list = emptied(used);
    list.resize(count, thing);
    list
}

/// A list of so many things, each of which has memory of its own.
pub(crate) fn begun<T: Default>(
    used: Vec<T>,
    count: usize,
    mut begin: impl FnMut(T) -> T,
) -> Vec<T> {
    let mut list = used;
    list.resize_with(count, T::default);
    for thing in &mut list {
        *thing = begin(std::mem::take(thing));
    }
    list
}
