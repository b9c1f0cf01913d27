//! What a starting session does about a fresh lease of somebody else: ask them, and draw
//! conclusions from silence.
//!
//! ```text
//!   Idle --[held]--> Waiting --[answered]--> Idle, and the start fails
//!    ^                  '------[challenge_timeout]--> Silent, and the record is read again
//!    |                                                   |
//!    '--[held by another: a new round]-------------------+--[held by the same, and we may not steal]--> wait, read again
//! ```
//!
//! With `steal_on_silence` the second reading may take the lease, if it is still the one that was
//! challenged (rule C4); without, it only looks whether the lease has become free (rule C7).
//!
//! Laws: at most `conflict_rounds_max` holders are challenged, each once; an answer counts only
//! while it is waited for. Not here: reading the record, retrying, and the limit on the whole start
//! (`start`).

use super::rules::{Messaging, Rules};
use crate::effects::Effects;
use crate::planted::Planted;
use crate::record::Claim;
use crate::time::{Deadline, Instant, Timer};
use std::time::Duration;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The record was read: this lease is fresh and not ours.
    Held(Claim),
    /// The holder of this lease says that it is alive.
    Answered(Claim),
    /// Time has passed.
    Tick,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Ask the holder whether it is alive.
    Publish(Claim),
    /// Read the record again, and take the lease although it is fresh if it still is this one.
    Read {
        /// The silent holder that may lose its lease.
        silent: Option<Claim>,
    },
    /// The holder is alive (rule C3).
    Confirmed,
    /// Too many different holders (rule C4).
    Exhausted,
}

/// The machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Challenge {
    state: ChallengeState,
    rounds: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum ChallengeState {
    #[default]
    Idle,
    Waiting {
        claim: Claim,
        until: Instant,
    },
    Silent {
        claim: Claim,
        poll_at: Option<Instant>,
    },
}

impl Challenge {
    /// Handles an input. At most one effect.
    pub(super) fn on(
        &mut self,
        rules: &Rules,
        now: Instant,
        input: Input,
        out: &mut Effects<Effect>,
    ) {
        match (self.state, input) {
            (ChallengeState::Silent { claim, .. }, Input::Held(held))
                if held == claim && !rules.steal_on_silence =>
            {
                self.state =
                    ChallengeState::Silent { claim, poll_at: Some(now + rules.poll_every) };
            }
            (_, Input::Held(claim)) => self.begin(rules, now, claim, out),
            (ChallengeState::Waiting { claim, .. }, Input::Answered(answered))
                if answered == claim =>
            {
                self.state = ChallengeState::Idle;
                out.push(Effect::Confirmed);
            }
            // Too late, or from somebody whom we did not ask.
            (
                ChallengeState::Idle
                | ChallengeState::Waiting { .. }
                | ChallengeState::Silent { .. },
                Input::Answered(_),
            ) => {}
            (ChallengeState::Waiting { claim, until }, Input::Tick) if now >= until => {
                self.silence(rules, claim, out);
            }
            (ChallengeState::Silent { claim, poll_at: Some(at) }, Input::Tick) if now >= at => {
                self.state = ChallengeState::Silent { claim, poll_at: None };
                out.push(Effect::Read { silent: None });
            }
            (
                ChallengeState::Idle
                | ChallengeState::Waiting { .. }
                | ChallengeState::Silent { .. },
                Input::Tick,
            ) => {}
        }
    }

    fn begin(&mut self, rules: &Rules, now: Instant, claim: Claim, out: &mut Effects<Effect>) {
        self.rounds += 1;
        if self.rounds > rules.conflict_rounds_max {
            self.state = ChallengeState::Idle;
            out.push(Effect::Exhausted);
            return;
        }
        match rules.messaging {
            Messaging::Enabled => {
                let at_once = rules.planted.has(Planted::ChallengeNotAwaited);
                let wait = if at_once { Duration::ZERO } else { rules.challenge_timeout };
                self.state = ChallengeState::Waiting { claim, until: now + wait };
                out.push(Effect::Publish(claim));
            }
            Messaging::PresumeAlive => {
                self.state = ChallengeState::Idle;
                out.push(Effect::Confirmed);
            }
            Messaging::PresumeDead => self.silence(rules, claim, out),
        }
    }

    fn silence(&mut self, rules: &Rules, claim: Claim, out: &mut Effects<Effect>) {
        self.state = ChallengeState::Silent { claim, poll_at: None };
        let steals = rules.steal_on_silence || rules.planted.has(Planted::StealsOnSilence);
        out.push(Effect::Read { silent: steals.then_some(claim) });
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.state {
            ChallengeState::Waiting { until, .. } => {
                Some(Deadline { at: until, why: Timer::Challenge })
            }
            ChallengeState::Silent { poll_at: Some(at), .. } => {
                Some(Deadline { at, why: Timer::Poll })
            }
            ChallengeState::Idle | ChallengeState::Silent { poll_at: None, .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
