//! What opens a circuit breaker, as far as a server's steps tell (rule B1).
//!
//! The library decides by its own clock which call it has given up on, and nobody outside can tell
//! to the microsecond. So there are two counts: failures that it *must* have counted, which are
//! answers that came in time; and failures that it *may* have counted, with whatever was late or
//! never came. The first must open a breaker in the end; without enough of the second none opens.
//!
//! Laws: an answer counts in the state in which its call was sent, and in no later one (rule B3).

use crate::library::CallKind;
use crate::schedule::Moment;
use crate::step::CallEnd;
use leasehold_core::chronicle::BreakerRules;
use leasehold_core::warm;
use std::collections::VecDeque;

/// The bounds, in microseconds of true time: the shortest and the longest in which a server's clock
/// can measure them.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) rules: BreakerRules,
    pub(super) window_us: (u64, u64),
    /// After which a call is given up at the earliest.
    pub(super) call_timeout_us: u64,
}

/// What an answer was to the breaker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sample {
    /// It must have counted a failure.
    Failed,
    /// It must have counted a success.
    Succeeded,
    /// A success that came so late that the call may have been given up on: a failure already, or
    /// nothing at all.
    Doubtful,
}

/// What the breaker of a server has to go by, since it last changed its state.
#[derive(Clone, Default)]
pub(super) struct Counts {
    /// Calls that were sent before this count for nothing.
    since: Moment,
    /// Failures in a row that it must have counted.
    in_row: u32,
    /// Failures that it may have counted.
    possible: u32,
    /// Answers of the last window, and when each came.
    window: VecDeque<(Moment, Sample)>,
    /// How many of these are failures.
    failed: u32,
    /// It must have opened.
    due: bool,
    /// Calls under way.
    sent: Vec<Moment>,
    /// When its server last went on after a pause.
    resumed: Option<Moment>,
}

impl Counts {
    /// It will soon be looked at.
    pub(super) fn warm(&self) {
        warm::value(&self.window);
        warm::value(&self.sent);
        warm::value(&self.resumed);
    }

    /// The same, after that, of what it names.
    pub(super) fn warm_rest(&self) {
        let (older, newer) = self.window.as_slices();
        let latest = if newer.is_empty() { older } else { newer };
        warm::row(older, 0);
        warm::row(latest, latest.len());
        warm::row(&self.sent, 0);
        warm::row(&self.sent, self.sent.len());
    }

    /// Its state changes, or its process is a new one.
    pub(super) fn begins(&mut self, since: Moment) {
        let (sent, resumed) = (std::mem::take(&mut self.sent), self.resumed);
        *self = Counts { since, sent, resumed, ..Counts::default() };
    }

    pub(super) fn boots(&mut self, at: Moment) {
        *self = Counts { since: at, ..Counts::default() };
    }

    /// Its server goes on. Its clock may have stood still meanwhile: then more of the past is in
    /// its window than in the one here, until that has passed.
    pub(super) fn resumes(&mut self, at: Moment) {
        self.resumed = Some(at);
    }

    /// A call is sent. Says whether the breaker must have opened before.
    pub(super) fn sends(&mut self, at: Moment, _kind: CallKind) -> bool {
        self.sent.push(at);
        std::mem::take(&mut self.due)
    }

    pub(super) fn answered(&mut self, at: Moment, sent: Moment, end: CallEnd, bounds: &Bounds) {
        if let Some(nth) = self.sent.iter().position(|known| *known == sent) {
            self.sent.swap_remove(nth);
        }
        let in_time = at.since(sent) < bounds.call_timeout_us;
        let failed = matches!(end, CallEnd::Failed(_) | CallEnd::Silent);
        self.possible += u32::from(failed || !in_time);
        // A call of the very moment at which the state changed may belong to either: what speaks
        // for opening must be later, what speaks against it need not.
        let counts = if failed { sent > self.since && in_time } else { sent >= self.since };
        if !counts || end == CallEnd::Silent {
            return;
        }
        self.in_row = if failed { self.in_row + 1 } else { 0 };
        let sample = match (failed, in_time) {
            (true, _) => Sample::Failed,
            (false, true) => Sample::Succeeded,
            (false, false) => Sample::Doubtful,
        };
        self.window.push_back((at, sample));
        self.failed += u32::from(sample == Sample::Failed);
        while let Some((then, oldest)) = self.window.front()
            && at.since(*then) >= bounds.window_us.1
        {
            self.failed -= u32::from(*oldest == Sample::Failed);
            self.window.pop_front();
        }
        self.due |= self.is_too_much(at, bounds);
    }

    fn is_too_much(&self, at: Moment, bounds: &Bounds) -> bool {
        let rules = &bounds.rules;
        if self.in_row >= rules.failures_max {
            return true;
        }
        let all = self.window.len() as u64;
        let over = |failed: u64| failed * 100 > all * u64::from(rules.error_percent_max);
        // Most windows are far from it: the rest is looked at one by one.
        if !over(u64::from(self.failed))
            || self.resumed.is_some_and(|resumed| at.since(resumed) < bounds.window_us.1)
        {
            return false;
        }
        let surely = |wanted: Sample| {
            let inside = |then: Moment| at.since(then) < bounds.window_us.0;
            let is = |&&(then, sample): &&(Moment, Sample)| sample == wanted && inside(then);
            self.window.iter().filter(is).count() as u64
        };
        let (failed, succeeded) = (surely(Sample::Failed), surely(Sample::Succeeded));
        failed + succeeded >= u64::from(rules.samples_min) && over(failed)
    }

    /// Whether too little has failed for a closed breaker to open.
    pub(super) fn is_too_little(&self, at: Moment, bounds: &Bounds) -> bool {
        let rules = &bounds.rules;
        let given_up = |sent: &&Moment| at.since(**sent) >= bounds.call_timeout_us;
        let given_up = self.sent.iter().filter(given_up).count() as u32;
        let by_rate = rules.samples_min * rules.error_percent_max / 100 + 1;
        self.possible + given_up < rules.failures_max.min(by_rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Error;
    use leasehold_core::chronicle::Rules;

    #[test]
    fn a_rate_that_must_open_is_not_held_against_a_server_that_has_just_been_paused() {
        let rules = Rules::CHRONICLE.breaker;
        let window_us = (60_000_000, 60_000_000);
        let bounds = Bounds { rules, window_us, call_timeout_us: 30_000_000 };
        let must_open = |resumed: Option<u64>| {
            let mut counts = Counts::default();
            for second in 1..=12 {
                let at = Moment::from_micros(second * 1_000_000);
                if resumed == Some(second) {
                    counts.resumes(at);
                }
                let failed = CallEnd::Failed(Error::InternalServerError);
                let end = if second % 4 == 0 { CallEnd::Done } else { failed };
                counts.sends(at, CallKind::Save);
                counts.answered(at.after(1), at, end, &bounds);
            }
            counts.sends(Moment::from_micros(13_000_000), CallKind::Save)
        };
        assert!(must_open(None), "nine of twelve have failed, never five in a row");
        assert!(!must_open(Some(2)));
    }

    #[test]
    fn an_answer_that_was_not_waited_for_is_no_sample() {
        let window_us = (60_000_000, 60_000_000);
        let bounds =
            Bounds { rules: Rules::CHRONICLE.breaker, window_us, call_timeout_us: 30_000_000 };
        let must_open = |last_took: u64| {
            let mut counts = Counts::default();
            let seconds = |s: u64| Moment::from_micros(s * 1_000_000);
            for second in 1..10 {
                let failed = CallEnd::Failed(Error::InternalServerError);
                let end = if second % 4 == 0 { CallEnd::Done } else { failed };
                counts.answered(seconds(40 + second), seconds(39 + second), end, &bounds);
            }
            counts.answered(seconds(50), seconds(50 - last_took), CallEnd::Done, &bounds);
            counts.sends(seconds(51), CallKind::Save)
        };
        assert!(must_open(29), "seven of ten have failed");
        assert!(!must_open(31), "seven of nine, and ten are the least that count");
    }
}
