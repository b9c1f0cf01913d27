//! Which of many seats is due first.
//!
//! A tournament over dense seats: each match keeps the earlier of two deadlines, the final knows
//! the earliest of all. Moving one deadline replays its matches up to the root, so it costs O(log
//! n), and nothing is ever searched or cancelled. Of two equal deadlines the lower seat goes first.

use crate::ids::Seat;
use crate::time::Instant;

const NEVER: u64 = u64::MAX;

/// The deadlines of all seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deadlines {
    /// A perfect binary tree, root at 1, the seats' deadlines in its second half.
    tree: Vec<u64>,
}

impl Deadlines {
    /// Sets a seat's deadline, or takes it away.
    pub(crate) fn set(&mut self, seat: Seat, at: Option<Instant>) {
        let seat = seat.0 as usize;
        let at = at.map_or(NEVER, Instant::as_micros);
        if seat >= self.seats() {
            if at == NEVER {
                return;
            }
            self.grow(seat + 1);
        }
        let mut node = self.seats() + seat;
        self.tree[node] = at;
        while node > 1 {
            node /= 2;
            let earliest = self.tree[2 * node].min(self.tree[2 * node + 1]);
            if self.tree[node] == earliest {
                return;
            }
            self.tree[node] = earliest;
        }
    }

    /// The earliest deadline.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.tree.get(1).filter(|at| **at != NEVER).map(|at| Instant::from_micros(*at))
    }

    /// The seat with the earliest deadline.
    pub(crate) fn first(&self) -> Option<Seat> {
        let at = self.earliest()?.as_micros();
        let mut node = 1;
        while node < self.seats() {
            node *= 2;
            node += usize::from(self.tree[node] != at);
        }
        Some(Seat((node - self.seats()) as u32))
    }

    fn seats(&self) -> usize {
        self.tree.len() / 2
    }

    fn grow(&mut self, seats: usize) {
        let old = self.seats();
        let new = seats.next_power_of_two().max(8);
        let tree = &mut self.tree;
        tree.resize(2 * new, NEVER);
        // The seats' deadlines move to the new second half; all before that is worked out anew.
        tree.copy_within(old..2 * old, new);
        for node in (1..new).rev() {
            tree[node] = tree[2 * node].min(tree[2 * node + 1]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn the_first_seat_is_the_one_that_a_sorted_map_names(
            steps in prop::collection::vec((0u32..40, prop::option::of(0u64..6)), 1..80),
        ) {
            let (mut deadlines, mut reference) = (Deadlines::default(), BTreeMap::new());
            for (seat, at) in steps {
                deadlines.set(Seat(seat), at.map(Instant::from_micros));
                match at {
                    Some(at) => reference.insert(seat, at),
                    None => reference.remove(&seat),
                };
                let first = reference.iter().map(|(seat, at)| (*at, *seat)).min();
                prop_assert_eq!(deadlines.first(), first.map(|(_, seat)| Seat(seat)));
                let earliest = first.map(|(at, _)| Instant::from_micros(at));
                prop_assert_eq!(deadlines.earliest(), earliest);
            }
        }
    }
}
