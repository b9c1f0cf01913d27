//! What people write first, as a scenario sets it.

use crate::units::Span;
use leasehold_core::naive::Rules;
use serde::{Deserialize, Serialize};

/// The settings of [`Protocol::Naive`](super::Protocol::Naive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NaiveRules {
    /// From one write of an active session to the next. 5 min.
    pub autosave_every: Span,
    /// Whether a player whose data could not be read plays on with the template. Yes.
    pub play_on_failed_load: bool,
}

impl Default for NaiveRules {
    fn default() -> NaiveRules {
        let Rules { autosave_every, play_on_failed_load } = Rules::NAIVE;
        NaiveRules { autosave_every: Span(autosave_every), play_on_failed_load }
    }
}

impl NaiveRules {
    /// For the library.
    pub fn rules(&self) -> Rules {
        let NaiveRules { autosave_every, play_on_failed_load } = *self;
        Rules { autosave_every: autosave_every.0, play_on_failed_load }
    }
}
