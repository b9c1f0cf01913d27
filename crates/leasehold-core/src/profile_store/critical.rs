//! The critical state: a flag that goes up when calls keep failing (section 5.3).
//!
//! Each failed call leaves an issue, which ages away. The flag is up while there are enough of
//! them, and for a while after. Nothing in the library reads it.
//!
//! ```text
//!   calm --[5 issues]--> critical --[fewer than 5, for more than 120 s]--> calm
//! ```

use super::rules::Rules;
use crate::time::Instant;
use std::collections::VecDeque;

/// The machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Critical {
    issues: VecDeque<Instant>,
    /// The heartbeat that sees the last of them.
    seen_at: Instant,
    /// The last frame that is known to have seen enough issues, while the flag is up.
    since: Option<Instant>,
}

impl Critical {
    /// A call has failed, which is seen on this heartbeat.
    pub(super) fn issue(&mut self, now: Instant, seen_at: Instant) {
        self.issues.push_back(now);
        self.seen_at = seen_at;
    }

    /// Whether the flag is up.
    pub(super) fn is_up(&self) -> bool {
        self.since.is_some()
    }

    fn full(&self, rules: &Rules) -> bool {
        self.issues.len() as u64 >= u64::from(rules.critical_state_error_count)
    }

    /// What the library does on a heartbeat. Says if the flag moves, and whereto. It may be called
    /// at the deadline only: on the frames between, the library's own does nothing that matters.
    pub(super) fn frame(&mut self, rules: &Rules, now: Instant) -> Option<bool> {
        let was_up = self.is_up();
        if self.full(rules) {
            self.since = Some(now);
        } else if self.since.is_some_and(|since| now.since(since) > rules.critical_state_expire) {
            self.since = None;
        }
        let expire = rules.critical_state_error_expire;
        while self.issues.front().is_some_and(|at| now.since(*at) > expire) {
            self.issues.pop_front();
        }
        (self.is_up() != was_up).then_some(self.is_up())
    }

    /// The first heartbeat on which [`frame`](Critical::frame) does something.
    pub(super) fn deadline(&self, rules: &Rules) -> Option<Instant> {
        let expires = self.issues.front().map(|at| *at + rules.critical_state_error_expire);
        let expires = expires.map(|after| rules.next_heartbeat(after));
        let toggles = match (self.since, self.full(rules)) {
            (None, true) => Some(self.seen_at),
            (None, false) | (Some(_), true) => None,
            (Some(since), false) => Some(rules.next_heartbeat(since + rules.critical_state_expire)),
        };
        expires.into_iter().chain(toggles).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sec;
    use proptest::prelude::*;

    /// The flag's moves, with a look at every deadline or at every heartbeat.
    fn moves(issues: &[u64], every: bool) -> Vec<(Instant, bool)> {
        let rules = &Rules::PROFILE_STORE;
        let (mut critical, mut moves) = (Critical::default(), Vec::new());
        let (mut now, end) = (sec(0), sec(600));
        let mut issues = issues.iter().map(|ms| Instant::from_micros(ms * 1_000)).peekable();
        while now < end {
            let due = critical.deadline(rules).filter(|_| !every);
            let look = if every { Some(rules.next_heartbeat(now)) } else { due };
            let look = look.unwrap_or(end);
            if let Some(issue) = issues.next_if(|issue| *issue <= look) {
                critical.issue(issue, rules.seen(issue));
                now = now.max(issue);
                continue;
            }
            now = look;
            if now >= end {
                break;
            }
            moves.extend(critical.frame(rules, now).map(|up| (now, up)));
        }
        moves
    }

    #[test]
    fn s5_3_five_errors_at_one_second_raise_the_flag_for_two_expiries() {
        let moves = moves(&[1_000; 5], false);
        let seconds: Vec<_> =
            moves.iter().map(|(at, up)| (at.as_micros() / 1_000_000, *up)).collect();
        assert_eq!(seconds, [(1, true), (241, false)]);
    }

    proptest! {
        #[test]
        fn looking_at_deadlines_only_sees_what_looking_at_every_heartbeat_sees(
            mut issues in prop::collection::vec(0u64..400_000, 0..20),
        ) {
            issues.sort_unstable();
            prop_assert_eq!(moves(&issues, false), moves(&issues, true));
        }
    }
}
