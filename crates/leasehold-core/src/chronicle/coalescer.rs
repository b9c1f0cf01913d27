//! Write coalescing: many changes, few saves (rule W1).
//!
//! Think of somebody who posts letters. One more letter arrives, so they wait two seconds for the
//! next; but whoever keeps them waiting does so for half a minute at most, then they go to the post
//! box with what they have.
//!
//! ```text
//!   Clean --[edited]--> Waiting --[window since the last change, or max_delay since the first]--> Due
//!     ^                    |                                                                     |  ^
//!     '----[saving]--------+--------------------------------[saving]-----------------------------'  |
//!     '-----------------------------------[save failed]---------------------------------------------'
//! ```
//!
//! Laws: a save is due at most `max_delay` after the first change that it covers; a clean coalescer
//! has no deadline. Not here: when a due save may be sent, and what to do when it fails
//! (`session`).

use super::rules::Rules;
use crate::planted::Planted;
use crate::time::{Deadline, Instant, Timer};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The data was changed.
    Edited,
    /// All changes so far are on their way to the datastore (rules W2, W6).
    Saving,
    /// They did not arrive, or nobody knows.
    Failed,
    /// Time has passed.
    Tick,
}

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coalescer {
    /// Nothing is unsaved.
    Clean,
    /// Changes wait for more.
    Waiting {
        /// When the window since the last change closes.
        closes: Instant,
        /// When the first change has waited for long enough.
        forced: Instant,
    },
    /// A save is due.
    Due,
}

impl Coalescer {
    /// Handles an input. It wants nothing done: whether a save is due is read off its state.
    pub(super) fn on(&mut self, rules: &Rules, now: Instant, input: Input) {
        let due = self.due();
        match (&mut *self, input) {
            (_, Input::Edited) if rules.planted.has(Planted::WindowIgnored) => {
                *self = Coalescer::Due;
            }
            (Coalescer::Clean, Input::Edited) => {
                *self = Coalescer::Waiting {
                    closes: now + rules.coalesce_window,
                    forced: if rules.planted.has(Planted::MaxDelayIgnored) {
                        Instant::from_micros(u64::MAX)
                    } else {
                        now + rules.max_delay
                    },
                };
            }
            (Coalescer::Waiting { closes, .. }, Input::Edited) => {
                *closes = now + rules.coalesce_window;
            }
            // A due save takes along whatever is there when it is sent.
            (Coalescer::Due, Input::Edited) => {}
            (_, Input::Saving) => *self = Coalescer::Clean,
            (_, Input::Failed) => *self = Coalescer::Due,
            (Coalescer::Waiting { .. }, Input::Tick) if due.is_some_and(|due| now >= due) => {
                *self = Coalescer::Due;
            }
            (Coalescer::Clean | Coalescer::Waiting { .. } | Coalescer::Due, Input::Tick) => {}
        }
    }

    fn due(&self) -> Option<Instant> {
        match self {
            Coalescer::Waiting { closes, forced } => Some(*closes.min(forced)),
            Coalescer::Clean | Coalescer::Due => None,
        }
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.due().map(|at| Deadline { at, why: Timer::Save })
    }
}

#[cfg(test)]
mod tests;
