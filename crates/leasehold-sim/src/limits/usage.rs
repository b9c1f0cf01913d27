//! How much of its budgets somebody has used since that was last looked at, against what came into
//! them meanwhile.
//!
//! ```text
//!   used of a kind      requests that were counted as it
//!   ----------------- = -------------------------------------------------------  of the kind with
//!   came in meanwhile   base x time + per player x time that players were there  the largest share
//! ```
//!
//! Counting is an addition for each request; all else is done when somebody looks.

use super::formula::Formula;
use super::presets::RequestKind;
use crate::schedule::Moment;

const KINDS: usize = RequestKind::ALL.len();

/// One minute, in microseconds, as limits are by the minute.
const MINUTE_US: u128 = 60_000_000;

/// How much was used in a stretch of time: shares in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Of the server that used most of its own.
    pub(crate) busiest_ppm: u64,
    /// Of the server in the middle, of those that were up.
    pub(crate) median_ppm: u64,
    /// Of the experience's, if it has any.
    pub(crate) experience_ppm: Option<u64>,
    /// The most requests that waited at once, on all servers together.
    pub(crate) waiting: u64,
    /// Requests that found their queue full.
    pub(crate) dropped: u64,
}

/// What one budget's owner has used.
#[derive(Debug, Default)]
pub(crate) struct Used {
    counts: [u64; KINDS],
    /// For how long players were there since the last look, all together, until `at`.
    players_us: u128,
    at: Moment,
    /// Whether there was any time in which it could have been used.
    pub(crate) was_up: bool,
}

impl Used {
    /// A request is counted as this kind.
    #[inline]
    pub(crate) fn count(&mut self, kind: usize) {
        self.counts[kind] += 1;
    }

    /// So many players were there until now.
    pub(crate) fn players(&mut self, now: Moment, players: u32) {
        self.players_us += u128::from(players) * u128::from(now.since(self.at));
        self.at = now;
    }

    /// The largest share of any kind over so much time, in millionths; what was used is forgotten.
    pub(crate) fn take(&mut self, formulas: &[Formula; KINDS], us: u64) -> u64 {
        let share = |(used, Formula { base, per_unit }): (&u64, &Formula)| {
            let parts =
                u128::from(*base) * u128::from(us) + u128::from(*per_unit) * self.players_us;
            u128::from(*used) * 1_000_000 * MINUTE_US / parts.max(MINUTE_US)
        };
        let shares = self.counts.iter().zip(formulas).filter(|(used, _)| **used > 0).map(share);
        let most = shares.max().unwrap_or(0);
        (self.counts, self.players_us) = ([0; KINDS], 0);
        u64::try_from(most).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_what_came_in_meanwhile_by_time_and_by_players_and_of_the_scarcest_kind() {
        let formulas = [Formula::new(60, 40); KINDS];
        let at = |seconds: u64| Moment::from_micros(seconds * 1_000_000);
        let mut used = Used::default();
        (0..50).for_each(|_| used.count(0));
        used.players(at(30), 0);
        used.players(at(60), 2);
        // 60 for the minute, and 40 for two players of half a minute.
        assert_eq!(used.take(&formulas, 60_000_000), 500_000);
        assert_eq!(used.take(&formulas, 60_000_000), 0, "it is forgotten");
        (0..9).for_each(|_| used.count(1));
        used.count(2);
        assert_eq!(used.take(&formulas, 10_000_000), 900_000);
    }

    #[test]
    fn where_nothing_comes_in_each_request_is_a_budget_of_its_own() {
        let mut used = Used::default();
        used.count(3);
        used.count(3);
        assert_eq!(used.take(&[Formula::new(0, 0); KINDS], 60_000_000), 2_000_000);
    }
}
