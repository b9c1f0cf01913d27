//! Circuit breaker: stop calling a datastore that keeps failing, and probe it gently until it
//! answers.
//!
//! Think of a doorman who counts complaints. After too many the door stays shut for a while; then
//! one guest is let in to look, and only if that guest comes back content does the queue move
//! again.
//!
//! ```text
//!   Closed --[failures in a row, or too many of the last minute's]--> Open --[timeout, then a caller]--> Probing
//!      ^                                                               ^ ----[failed: twice the timeout]----'
//!      '------------------------------[answered: all is forgotten]------------------------------------------'
//! ```
//!
//! Every call that is let through carries an [`Epoch`], and each change of state begins a new one.
//! So an answer to a call from before the door was shut, or from before it was opened again, is
//! recognised and ignored (rule B3).
//!
//! Laws: one probe at most is under way; a probe is let through at most `open_max` after the
//! opening, if anybody asks; what was not let through is neither a sample nor a failure (rule B5).
//! Not here: what to call again, and when (`session`).

use super::rules::BreakerRules;
use crate::effects::Effects;
use crate::planted::Planted;
use crate::time::Instant;
use std::collections::VecDeque;
use std::time::Duration;

/// Between two changes of the breaker's state. A call belongs to the one in which it was let
/// through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Epoch(u32);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// Somebody wants to call.
    Ask,
    /// A call that was let through has been answered, or given up on.
    Answered {
        /// The epoch with which it was let through.
        epoch: Epoch,
        /// Whether the datastore failed. A refusal by the protocol's own rules is no failure (rule
        /// B5).
        failed: bool,
    },
}

/// What is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// The call may be made; its answer must come back with this epoch.
    Pass(Epoch),
    /// The call may not be made. It is worth asking again at `retry_at`.
    FailFast {
        /// When a probe may be let through; while one is under way, a second from now.
        retry_at: Instant,
    },
    /// The breaker has opened (rule B4).
    Opened(Opening),
    /// The breaker has closed: a probe was answered.
    Closed,
}

/// An opening of the breaker: why and for how long, for the `OnCircuitOpen` hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What was too much.
    pub reason: OpeningReason,
    /// Failures in a row, this one included.
    pub consecutive_failures: u32,
    /// Failed calls within the window.
    pub failed: u32,
    /// All calls within the window.
    pub samples: u32,
    /// For how long it stays open.
    pub timeout: Duration,
}

impl Opening {
    /// Share of the window's calls that failed, from 0 to 1: `stats.error_rate` of the hook. For
    /// people: what decides is [`failed`](Opening::failed) and [`samples`](Opening::samples).
    pub fn error_rate(&self) -> f64 {
        f64::from(self.failed) / f64::from(self.samples.max(1))
    }
}

/// Reason for which the breaker opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningReason {
    /// Too many failures in a row.
    ConsecutiveFailures,
    /// Too many failures among the last window's calls.
    ErrorRate,
    /// The probe failed.
    ProbeFailed,
}

impl OpeningReason {
    /// Its name, as the hook gives it.
    pub const fn name(self) -> &'static str {
        match self {
            OpeningReason::ConsecutiveFailures => "consecutive_failures",
            OpeningReason::ErrorRate => "error_rate",
            OpeningReason::ProbeFailed => "probe_failed",
        }
    }
}

/// The machine. It has no deadline: an open breaker waits to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Breaker {
    rules: BreakerRules,
    state: CircuitState,
    epoch: Epoch,
    samples: Window,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum CircuitState {
    Closed { consecutive: u32 },
    Open { until: Instant, timeout: Duration, consecutive: u32 },
    Probing { timeout: Duration, consecutive: u32 },
}

/// Phase of a breaker, as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerPhase {
    /// Calls pass.
    Closed,
    /// Calls fail fast.
    Open,
    /// Calls fail fast, but for one that is under way.
    HalfOpen,
}

impl Breaker {
    /// A closed breaker.
    pub(super) fn new(rules: BreakerRules) -> Breaker {
        let state = CircuitState::Closed { consecutive: 0 };
        Breaker { rules, state, epoch: Epoch::default(), samples: Window::default() }
    }

    /// Handles an input. At most one effect.
    pub(super) fn on(&mut self, now: Instant, input: Input, out: &mut Effects<Effect>) {
        match (&self.state, input) {
            (CircuitState::Closed { .. }, Input::Ask) => out.push(Effect::Pass(self.epoch)),
            (&CircuitState::Open { until, .. }, Input::Ask) if self.passes_untried(now, until) => {
                self.enter(CircuitState::Closed { consecutive: 0 });
                out.push(Effect::Pass(self.epoch));
            }
            (&CircuitState::Open { until, timeout, consecutive }, Input::Ask) if now >= until => {
                self.enter(CircuitState::Probing { timeout, consecutive });
                out.push(Effect::Pass(self.epoch));
            }
            (&CircuitState::Open { until, .. }, Input::Ask) => {
                out.push(Effect::FailFast { retry_at: until });
            }
            (CircuitState::Probing { .. }, Input::Ask) if self.wrong(Planted::SecondProbe) => {
                out.push(Effect::Pass(self.epoch));
            }
            (CircuitState::Probing { .. }, Input::Ask) => {
                out.push(Effect::FailFast { retry_at: now + Duration::from_secs(1) });
            }
            // Late: the call was let through before the state last changed (rule B3).
            (_, Input::Answered { epoch, .. }) if epoch != self.epoch => {}
            (CircuitState::Open { .. }, Input::Answered { .. }) => {}
            (
                &CircuitState::Probing { timeout, consecutive },
                Input::Answered { failed: true, .. },
            ) => {
                self.samples.push(now, true, self.rules.window);
                let factor = if self.wrong(Planted::TimeoutNotDoubled) { 1 } else { 2 };
                let timeout = timeout.saturating_mul(factor).min(self.rules.open_max);
                self.open(now, OpeningReason::ProbeFailed, timeout, consecutive + 1, out);
            }
            (CircuitState::Probing { .. }, Input::Answered { failed: false, .. }) => {
                self.samples = Window::default();
                self.enter(CircuitState::Closed { consecutive: 0 });
                out.push(Effect::Closed);
            }
            (&CircuitState::Closed { consecutive }, Input::Answered { failed, .. }) => {
                self.samples.push(now, failed, self.rules.window);
                let consecutive = if failed { consecutive + 1 } else { 0 };
                self.state = CircuitState::Closed { consecutive };
                if let Some(reason) = self.too_much(consecutive) {
                    self.open(now, reason, self.rules.open_for, consecutive, out);
                }
            }
        }
    }

    fn wrong(&self, mistake: Planted) -> bool {
        self.rules.planted.has(mistake)
    }

    fn passes_untried(&self, now: Instant, until: Instant) -> bool {
        self.wrong(Planted::ClosesUntried) && now >= until
    }

    /// What is too much, if anything (rule B1).
    fn too_much(&self, consecutive: u32) -> Option<OpeningReason> {
        if self.wrong(Planted::NeverOpens) {
            return None;
        }
        if self.wrong(Planted::OpensAtOnce) && consecutive > 0 {
            return Some(OpeningReason::ConsecutiveFailures);
        }
        let Window { failed, .. } = self.samples;
        let samples = self.samples.len();
        let over =
            u64::from(failed) * 100 > u64::from(samples) * u64::from(self.rules.error_percent_max);
        if consecutive >= self.rules.failures_max {
            Some(OpeningReason::ConsecutiveFailures)
        } else if samples >= self.rules.samples_min
            && over
            && !self.wrong(Planted::ErrorRateIgnored)
        {
            Some(OpeningReason::ErrorRate)
        } else {
            None
        }
    }

    fn open(
        &mut self,
        now: Instant,
        reason: OpeningReason,
        timeout: Duration,
        consecutive: u32,
        out: &mut Effects<Effect>,
    ) {
        let never = self.wrong(Planted::NeverProbes);
        let until = if never { Instant::from_micros(u64::MAX) } else { now + timeout };
        self.enter(CircuitState::Open { until, timeout, consecutive });
        out.push(Effect::Opened(Opening {
            reason,
            consecutive_failures: consecutive,
            failed: self.samples.failed,
            samples: self.samples.len(),
            timeout,
        }));
    }

    fn enter(&mut self, state: CircuitState) {
        self.state = state;
        self.epoch.0 = self.epoch.0.wrapping_add(1);
    }

    /// How it looks from outside.
    pub(super) fn phase(&self) -> BreakerPhase {
        match self.state {
            CircuitState::Closed { .. } => BreakerPhase::Closed,
            CircuitState::Open { .. } => BreakerPhase::Open,
            CircuitState::Probing { .. } => BreakerPhase::HalfOpen,
        }
    }
}

/// The calls of the last window, oldest first; each is its time in microseconds, doubled, plus
/// one if it failed. Bounded by what a server can call within a window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Window {
    calls: VecDeque<u64>,
    failed: u32,
}

impl Window {
    fn push(&mut self, now: Instant, failed: bool, window: Duration) {
        self.calls.push_back(now.as_micros() << 1 | u64::from(failed));
        self.failed += u32::from(failed);
        while let Some(&oldest) = self.calls.front()
            && now.since(Instant::from_micros(oldest >> 1)) >= window
        {
            self.calls.pop_front();
            self.failed -= (oldest & 1) as u32;
        }
    }

    fn len(&self) -> u32 {
        self.calls.len() as u32
    }
}

#[cfg(test)]
mod tests;
