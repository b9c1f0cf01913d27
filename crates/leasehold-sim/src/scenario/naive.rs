//! What people write first, as a scenario sets it.

use crate::schema::{MILLI, declare};
use crate::units::Span;
use leasehold_core::naive::Rules;

declare! {
    /// The settings of [`Protocol::Naive`](super::Protocol::Naive).
    #[derive(Copy, Eq)]
    #[derive(Debug)]
    pub struct NaiveRules {
        /// From one write of an active session to the next. Longer than anybody stays: only at the
        /// end.
        autosave_every: Span = Span(Rules::NAIVE.autosave_every), least(MILLI);
        /// Whether a player whose data could not be read plays on with a new player's, with which
        /// theirs is overwritten later.
        play_on_failed_load: bool = Rules::NAIVE.play_on_failed_load;
    }
}

impl NaiveRules {
    /// For the library.
    pub fn rules(&self) -> Rules {
        let NaiveRules { autosave_every, play_on_failed_load } = *self;
        Rules { autosave_every: autosave_every.0, play_on_failed_load }
    }
}
