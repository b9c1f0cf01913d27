//! How long players take into the game, from their first attempt on.

use super::histogram::{Histogram, THREE_DIGITS};
use crate::model::Models;
use crate::step::Step;
use leasehold_data::Play;

/// Of those who were let in; those who gave up took longer than any.
#[derive(Default)]
pub(super) struct PlayTimes {
    waited: Histogram<THREE_DIGITS>,
    gave_up: u64,
}

impl PlayTimes {
    pub(super) fn on_step(&mut self, step: &Step, seen: &Models) {
        if let Some(wish) = seen.wishes.ended() {
            match wish.granted {
                true => self.waited.add(step.at.since(wish.since)),
                false => self.gave_up += 1,
            }
        }
    }

    /// The run is over.
    pub(super) fn row(&self, seen: &Models) -> Play {
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
        }
    }
}
