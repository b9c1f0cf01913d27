//! How long players take into the game, from their first attempt on, and how long they are in it.

use super::histogram::{Histogram, THREE_DIGITS};
use crate::model::Models;
use crate::schedule::Moment;
use crate::step::{Fact, Step};
use leasehold_data::Play;

/// Of those who were let in; those who gave up took longer than any.
#[derive(Default)]
pub(super) struct PlayTimes {
    waited: Histogram<THREE_DIGITS>,
    gave_up: u64,
    /// Since when each player is in the game, by key.
    since: Vec<Option<Moment>>,
    played_us: u64,
}

impl PlayTimes {
    pub(super) fn new(players: u32) -> PlayTimes {
        PlayTimes { since: vec![None; players as usize], ..PlayTimes::default() }
    }

    pub(super) fn on_step(&mut self, step: &Step, seen: &Models) {
        if let Some(wish) = seen.wishes.ended() {
            match wish.granted {
                true => self.waited.add(step.at.since(wish.since)),
                false => self.gave_up += 1,
            }
        }
        let Some(key) = step.key else { return };
        let since = &mut self.since[key.0 as usize];
        match step.fact {
            Fact::Playing => *since = Some(step.at),
            Fact::LeftGame => {
                self.played_us += since.take().map_or(0, |since| step.at.since(since));
            }
            _ => {}
        }
    }

    /// The run is over.
    pub(super) fn row(&self, end: Moment, seen: &Models) -> Play {
        let still = self.since.iter().flatten().map(|since| end.since(*since));
        let all = self.waited.count() + self.gave_up;
        let within = |percent: u64| {
            // As many as that, of all; nothing if they are not among those who were let in.
            let rank = (all * percent).div_ceil(100).max(1);
            self.waited.rows().find(|(_, sum)| *sum >= rank).map(|(us, _)| us)
        };
        Play {
            in_game: self.waited.count(),
            gave_up: self.gave_up,
            waiting: seen.wishes.open(),
            p50_us: within(50),
            p90_us: within(90),
            p99_us: within(99),
            max_us: (self.gave_up == 0 && all > 0).then(|| self.waited.longest_us()),
            played_us: self.played_us + still.sum::<u64>(),
        }
    }
}
