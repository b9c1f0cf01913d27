//! Brings rows that come almost in the order of seeds into it.
//!
//! Workers finish seeds out of order, but never run further ahead than [`AHEAD_MAX`] places beyond
//! the first seed that is missing. So no more than that many rows ever wait here, however long the
//! sweep is.

use std::collections::BTreeMap;

/// How far beyond the first missing seed a worker may begin another one.
pub(super) const AHEAD_MAX: u64 = 4_096;

/// What waits for its turn, by place.
#[derive(Debug)]
pub(super) struct Order<T> {
    /// Everything below this place has had its turn.
    next: u64,
    waiting: BTreeMap<u64, T>,
}

impl<T> Order<T> {
    pub(super) fn new() -> Order<T> {
        Order { next: 0, waiting: BTreeMap::new() }
    }

    /// Takes something in. What has been there already is dropped: it is the same again.
    pub(super) fn put(&mut self, place: u64, thing: T) {
        if place >= self.next {
            self.waiting.entry(place).or_insert(thing);
        }
    }

    /// The next whose turn it is, if it has come.
    pub(super) fn take(&mut self) -> Option<T> {
        let thing = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(thing)
    }

    /// The first place that has not had its turn.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Whether a place has come, in its turn or before it.
    pub(super) fn has(&self, place: u64) -> bool {
        place < self.next || self.waiting.contains_key(&place)
    }

    /// How many have come.
    pub(super) fn count(&self) -> u64 {
        self.next + self.waiting.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_order_they_come_in_they_leave_in_the_order_of_places_and_once() {
        let mut order = Order::new();
        let mut left = Vec::new();
        for place in [2, 0, 2, 1, 0, 5, 3] {
            order.put(place, place);
            left.extend(std::iter::from_fn(|| order.take()));
        }
        assert_eq!(left, [0, 1, 2, 3]);
        assert_eq!((order.next(), order.count()), (4, 5));
        assert!(order.has(5) && order.has(0) && !order.has(4));
    }
}
