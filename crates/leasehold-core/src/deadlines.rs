//! Which of many seats is due first.
//!
//! A tournament over dense seats, eight to a match: each match has the deadlines of its eight, and
//! the earliest of them goes on to the match above. Moving one deadline replays its matches until
//! one has the same winner as before, so it costs O(log n), and nothing is ever searched or
//! cancelled. A match is one line of memory, and a hundred seats are three matches high. Of two
//! equal deadlines the lower seat goes first.

use crate::ids::Seat;
use crate::time::Instant;
use crate::warm;

const NEVER: u64 = u64::MAX;

/// The deadlines of eight seats, or the earliest of eight matches each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))]
struct Match([u64; EIGHT]);

const EIGHT: usize = 8;

impl Match {
    const EMPTY: Match = Match([NEVER; EIGHT]);

    #[inline]
    fn earliest(&self) -> u64 {
        self.0.iter().fold(NEVER, |earliest, at| earliest.min(*at))
    }
}

/// The deadlines of all seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deadlines {
    /// Round by round: first those of the seats, last the final.
    matches: Vec<Match>,
    /// How many matches the first round has.
    first_round: usize,
    earliest: u64,
    /// Whose the earliest is; 0 if there is none.
    winner: u32,
}

impl Default for Deadlines {
    fn default() -> Deadlines {
        Deadlines { matches: Vec::new(), first_round: 0, earliest: NEVER, winner: 0 }
    }
}

impl Deadlines {
    /// Sets a seat's deadline, or takes it away.
    pub(crate) fn set(&mut self, seat: Seat, at: Option<Instant>) {
        let mut nth = seat.0 as usize;
        let mut at = at.map_or(NEVER, Instant::as_micros);
        if nth >= self.first_round * EIGHT {
            if at == NEVER {
                return;
            }
            self.grow(nth / EIGHT + 1);
        }
        let goes_back = seat.0 == self.winner && at > self.earliest;
        if (at, seat.0) < (self.earliest, self.winner) {
            self.winner = seat.0;
        }
        let (mut begins, mut count) = (0, self.first_round);
        loop {
            let place = &mut self.matches[begins + nth / EIGHT];
            if place.0[nth % EIGHT] == at {
                break;
            }
            place.0[nth % EIGHT] = at;
            at = place.earliest();
            if count == 1 {
                self.earliest = at;
                break;
            }
            nth /= EIGHT;
            (begins, count) = (begins + count, count.div_ceil(EIGHT));
        }
        if goes_back {
            let nobody = self.earliest == NEVER;
            self.winner = if nobody { 0 } else { self.winner_of(0, self.first_round) as u32 };
        }
    }

    /// The earliest deadline.
    pub(crate) fn earliest(&self) -> Option<Instant> {
        (self.earliest != NEVER).then_some(Instant::from_micros(self.earliest))
    }

    /// The seat with the earliest deadline.
    pub(crate) fn first(&self) -> Option<Seat> {
        self.earliest().map(|_| Seat(self.winner))
    }

    /// Who wins a round, of those who play in it, and with it all the rounds after it.
    fn winner_of(&self, begins: usize, count: usize) -> usize {
        let nth = match count {
            1 => 0,
            _ => self.winner_of(begins + count, count.div_ceil(EIGHT)),
        };
        let won = self.matches[begins + nth].0.iter().position(|at| *at == self.earliest);
        nth * EIGHT + won.expect("the earliest deadline is somebody's")
    }

    /// A seat's deadline will soon be set.
    pub(crate) fn warm(&self, seat: Seat) {
        warm::row(&self.matches, seat.0 as usize / EIGHT);
        warm::row(&self.matches, self.first_round + seat.0 as usize / EIGHT / EIGHT);
    }

    fn grow(&mut self, first_round: usize) {
        let old = std::mem::take(self);
        self.first_round = first_round.next_power_of_two();
        let rounds = std::iter::successors(Some(self.first_round), |count| {
            (*count > 1).then(|| count.div_ceil(EIGHT))
        });
        self.matches = vec![Match::EMPTY; rounds.sum()];
        let seats = old.matches[..old.first_round].iter().flat_map(|old| old.0).enumerate();
        for (seat, at) in seats.filter(|(_, at)| *at != NEVER) {
            self.set(Seat(seat as u32), Some(Instant::from_micros(at)));
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
            steps in prop::collection::vec((0u32..700, prop::option::of(0u64..6)), 1..200),
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
