//! The auto-save: one save at a time goes round a list (section 4.1).
//!
//! Think of a carousel with one camera: it turns by one seat every `AUTO_SAVE_PERIOD / N`, so each
//! of N riders is seen once a period. A rider who got on less than half a period ago is passed over
//! for the next one who did not.
//!
//! ```text
//!   list:  p2  p3  p4 | p1        the newcomer is put just behind the index, so it is last in the round
//!                     ^ index
//! ```
//!
//! The step follows the length of the list, but the time of the last step does not: late joiners
//! shrink the step against an old time, and a stall is caught up on, in one frame (hazards H-A1,
//! H-A2). A profile that is active nowhere may be in the list for ever (hazard H-E2).
//!
//! Laws: in a steady state each profile is due once a period; the deadline lies on a heartbeat.

use super::rules::Rules;
use crate::ids::Seat;
use crate::time::{Instant, micros};
use std::time::Duration;

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AutoSave {
    list: Vec<Rider>,
    index: usize,
    last: Instant,
    /// The heartbeat that sees the list as it last grew: what is overdue by that is due on it.
    seen_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rider {
    seat: Seat,
    loaded_at: Instant,
}

/// One frame's round. The length is read once; saves of the same frame may change the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Round {
    len: usize,
    step: Duration,
}

/// A step of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// This profile is due, or none is old enough.
    Save(Option<Seat>),
    /// The list has become shorter than the round knows: the heartbeat handler raises (hazard
    /// H-A3). The index stays where it was then \[I\].
    Raised,
    /// Nothing more is due.
    Over,
}

impl AutoSave {
    /// Puts a profile just behind the index, which is seen on the heartbeat `seen_at`.
    pub(super) fn add(
        &mut self,
        (now, seen_at): (Instant, Instant),
        seat: Seat,
        loaded_at: Instant,
    ) {
        self.seen_at = seen_at;
        let at = self.index.min(self.list.len());
        self.list.insert(at, Rider { seat, loaded_at });
        if self.list.len() > 1 {
            self.index += 1;
        } else {
            self.last = now;
        }
    }

    /// Takes a profile out.
    pub(super) fn remove(&mut self, seat: Seat) {
        let Some(at) = self.list.iter().position(|rider| rider.seat == seat) else { return };
        self.list.remove(at);
        if at < self.index {
            self.index -= 1;
        }
        if self.index >= self.list.len() {
            self.index = 0;
        }
    }

    /// Whether a profile is in the list.
    pub(super) fn contains(&self, seat: Seat) -> bool {
        self.list.iter().any(|rider| rider.seat == seat)
    }

    /// The seats, in the order of the list.
    pub(super) fn seats(&self) -> impl Iterator<Item = Seat> + '_ {
        self.list.iter().map(|rider| rider.seat)
    }

    /// What a frame begins with; none if the list is empty.
    pub(super) fn round(&self, rules: &Rules) -> Option<Round> {
        let len = self.list.len();
        let period = micros(rules.auto_save_period);
        let step = Duration::from_micros(period.checked_div(len as u64)?.max(1));
        Some(Round { len, step })
    }

    /// The next step of a frame's round.
    pub(super) fn step(&mut self, rules: &Rules, now: Instant, round: Round) -> Step {
        if now.since(self.last) <= round.step {
            return Step::Over;
        }
        self.last = self.last + round.step;
        let mut due = None;
        // The one at the index, and then up to N - 1 to its right.
        for nth in 0..round.len {
            if nth > 0 {
                self.turn(round);
            }
            let Some(rider) = self.list.get(self.index) else { return Step::Raised };
            if now.since(rider.loaded_at) >= rules.auto_save_period / 2 {
                due = Some(rider.seat);
                break;
            }
        }
        self.turn(round);
        Step::Save(due)
    }

    fn turn(&mut self, round: Round) {
        self.index += 1;
        if self.index >= round.len {
            self.index = 0;
        }
    }

    /// The first heartbeat on which something is due.
    pub(super) fn deadline(&self, rules: &Rules) -> Option<Instant> {
        let round = self.round(rules)?;
        Some(rules.next_heartbeat(self.last + round.step).max(self.seen_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{sec, secs};

    fn due(saves: &mut AutoSave, now: Instant) -> Vec<u32> {
        let rules = &Rules::PROFILE_STORE;
        let Some(round) = saves.round(rules) else { return Vec::new() };
        let mut due = Vec::new();
        loop {
            match saves.step(rules, now, round) {
                Step::Save(seat) => due.extend(seat.map(|seat| seat.0)),
                Step::Raised => panic!("the list has changed"),
                Step::Over => return due,
            }
        }
    }

    #[test]
    fn a_newcomer_is_last_in_the_round_and_leavers_move_nobody_else() {
        let mut saves = AutoSave::default();
        for seat in 0..4 {
            saves.add((sec(0), sec(0)), Seat(seat), sec(0));
        }
        let seats = |saves: &AutoSave| saves.seats().map(|seat| seat.0).collect::<Vec<_>>();
        assert_eq!(seats(&saves), [1, 2, 3, 0]);
        let half = sec(150) + secs(1);
        // What the first 150 s owed falls due at once: nobody was old enough before.
        assert_eq!(due(&mut saves, half), [0, 1]);
        saves.remove(Seat(3));
        assert_eq!(seats(&saves), [1, 2, 0]);
        assert_eq!(due(&mut saves, sec(400)), [2, 0]);
        for seat in [0, 1, 2, 2] {
            saves.remove(Seat(seat));
        }
        assert_eq!(saves.deadline(&Rules::PROFILE_STORE), None);
    }

    #[test]
    fn a_step_is_due_after_its_time_and_not_on_it() {
        let mut saves = AutoSave::default();
        saves.add((sec(0), sec(0)), Seat(0), sec(0));
        assert_eq!(due(&mut saves, sec(300)), Vec::<u32>::new());
        let deadline = saves.deadline(&Rules::PROFILE_STORE).expect("there is somebody");
        assert!(deadline > sec(300) && deadline < sec(300) + secs(1) / 30);
        assert_eq!(due(&mut saves, deadline), [0]);
    }
}
