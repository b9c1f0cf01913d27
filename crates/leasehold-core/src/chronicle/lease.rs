//! The holder's side of a lease: when to renew it, and when to stop trusting it.
//!
//! Think of a parking ticket. Any proof of payment that the machine confirms moves its end; a while
//! before the end you go and pay again; and a careful driver leaves before the end if the machine
//! does not answer. You cannot know when the machine printed: some time after you *went* to it, and
//! before you *held* the ticket. So whoever must not stay too long counts from when they went, and
//! whoever waits for the place to be free for certain counts from when the ticket was in hand.
//!
//! ```text
//!   Held --[renew_after since the last write was sent]--> Due
//!     ^-----------------[a write was confirmed]-------------'
//!
//!   either --[clock_margin before the end, by either clock; only with self_fence]--> Fenced
//! ```
//!
//! Laws: `is_active` is a pure function of state and clocks, whether or not a tick has come; a
//! fence never opens again. Not here: how the renewal is sent and what its answer means
//! (`session`).

use super::rules::Rules;
use crate::planted::Planted;
use crate::time::{Deadline, Instant, Now, Stamp, Timer};
use std::time::Duration;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// A write that renews the lease was confirmed.
    Extended {
        /// When it was sent, by our monotonic clock.
        sent: Instant,
        /// Until when, by our own wall clock as the transform ran.
        expires_at: Stamp,
    },
    /// Time has passed.
    Tick,
}

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    state: LeaseState,
    /// When the write that it rests on was sent, by our monotonic clock. It was written at that
    /// moment or later, so the lease lasts until `sent + lease_duration` at least: what must not
    /// come too late, the renewal and the fence, counts from here.
    sent: Instant,
    /// The lease is over then for certain, by our monotonic clock: it was written before we were
    /// told so, and the lease is counted from the writing.
    over_at: Instant,
    fence: Option<Fence>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeaseState {
    Held { renew_at: Instant },
    Due,
    Fenced,
}

/// The two clocks' readings from which the lease is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fence {
    mono: Instant,
    wall: Stamp,
    /// The monotonic reading at which the first of the two will have come, as far as can be
    /// foreseen. A wall clock that is set forward, or that jumps whole seconds, comes earlier:
    /// `holds` is right all the same, the tick is late.
    look_at: Instant,
}

impl Fence {
    fn new(rules: &Rules, now: Now, sent: Instant, expires_at: Stamp) -> Fence {
        let margin_us = i64::try_from(rules.clock_margin.as_micros()).unwrap_or(i64::MAX);
        let wall = Stamp::from_micros(expires_at.as_micros().saturating_sub(margin_us));
        let mono = sent + rules.lease_duration.saturating_sub(rules.clock_margin);
        let mut fence = Fence { mono, wall, look_at: mono };
        fence.look_again(now);
        fence
    }

    /// Foresees again when the wall clock will be there: it may have been set since.
    fn look_again(&mut self, now: Now) {
        let left = self.wall.as_micros().saturating_sub(now.wall.as_micros());
        let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
        self.look_at = self.mono.min(now.mono + left);
    }

    fn holds(&self, now: Now) -> bool {
        now.mono < self.mono && now.wall < self.wall
    }
}

impl Lease {
    /// A lease that was granted by a call sent at `sent` and answered now, until `expires_at` by
    /// our own wall clock.
    pub(super) fn new(rules: &Rules, now: Now, sent: Instant, expires_at: Stamp) -> Lease {
        let renew_at = if rules.planted.has(Planted::RenewsEarly) {
            sent + rules.renew_after / 2
        } else if rules.planted.has(Planted::NeverRenews) {
            Instant::from_micros(u64::MAX)
        } else {
            sent + rules.renew_after
        };
        let fences = rules.self_fence && !rules.planted.has(Planted::FenceIgnored);
        Lease {
            state: LeaseState::Held { renew_at },
            sent,
            over_at: now.mono + rules.lease_duration,
            fence: fences.then(|| Fence::new(rules, now, sent, expires_at)),
        }
    }

    /// Handles an input. It wants nothing done: what is due is read off its state.
    pub(super) fn on(&mut self, rules: &Rules, now: Now, input: Input) {
        match (self.state, input) {
            // Nothing brings back a lease that we stopped trusting: somebody else may hold it by
            // now.
            (LeaseState::Fenced, Input::Extended { .. } | Input::Tick) => {}
            (LeaseState::Held { .. } | LeaseState::Due, Input::Extended { sent, expires_at }) => {
                // The answer to an older write, overtaken by that to a newer one, must not shorten
                // the lease.
                if sent >= self.sent {
                    *self = Lease::new(rules, now, sent, expires_at);
                }
            }
            (LeaseState::Held { .. } | LeaseState::Due, Input::Tick) if !self.is_active(now) => {
                self.state = LeaseState::Fenced;
            }
            (LeaseState::Held { .. } | LeaseState::Due, Input::Tick) => {
                if let Some(fence) = &mut self.fence
                    && now.mono >= fence.look_at
                {
                    fence.look_again(now);
                }
                if let LeaseState::Held { renew_at } = self.state
                    && now.mono >= renew_at
                {
                    self.state = LeaseState::Due;
                }
            }
        }
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let renewal = match self.state {
            LeaseState::Held { renew_at } => Some(Deadline { at: renew_at, why: Timer::Renewal }),
            LeaseState::Due => None,
            LeaseState::Fenced => return None,
        };
        let fence = self.fence.map(|fence| Deadline { at: fence.look_at, why: Timer::SelfFence });
        Deadline::soonest(renewal, fence)
    }

    /// Whether the lease may be relied on. Always, as long as it was not fenced, if the rules do
    /// not fence (rule L4).
    pub(super) fn is_active(&self, now: Now) -> bool {
        self.state != LeaseState::Fenced && self.fence.is_none_or(|fence| fence.holds(now))
    }

    /// Whether a renewal, or any other write, is due and has not been confirmed yet (rule L2).
    pub(super) fn is_due(&self) -> bool {
        self.state == LeaseState::Due
    }

    /// Whether a tick has found that the lease can no longer be trusted (rule L4).
    pub(super) fn is_fenced(&self) -> bool {
        self.state == LeaseState::Fenced
    }

    /// When the lease is over for certain, unless a write has renewed it that we were not told of.
    pub(super) fn over_at(&self) -> Instant {
        self.over_at
    }
}

#[cfg(test)]
mod tests;
