//! ProfileStore, as a scenario sets it: the library's constants, its frames, and how the game uses
//! it.

use crate::library::Settings;
use crate::units::Span;
use leasehold_core::profile_store::Rules;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The settings of [`Protocol::ProfileStore`](super::Protocol::ProfileStore). The library's own
/// constant names are accepted too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfileStoreRules {
    /// One full round of the auto-save over all active profiles. 5 min.
    #[serde(alias = "AUTO_SAVE_PERIOD")]
    pub auto_save_period: Span,
    /// The wait between two looks at a lock that somebody else has, from the second wait on. 10 s.
    #[serde(alias = "LOAD_REPEAT_PERIOD")]
    pub load_repeat_period: Span,
    /// The wait between the first look and the second. 5 s.
    #[serde(alias = "FIRST_LOAD_REPEAT")]
    pub first_load_repeat: Span,
    /// How many `load_repeat_period`s an owner is given before its lock is stolen, as a time. 40 s.
    #[serde(alias = "SESSION_STEAL")]
    pub session_steal: Span,
    /// A lock that was not written for longer is taken at once. 10 min 30 s.
    #[serde(alias = "ASSUME_DEAD")]
    pub assume_dead: Span,
    /// When a start without `cancel` gives up, if calls fail. 2 min.
    #[serde(alias = "START_SESSION_TIMEOUT")]
    pub start_session_timeout: Span,
    /// How many failed calls make the state critical. 5.
    #[serde(alias = "CRITICAL_STATE_ERROR_COUNT")]
    pub critical_state_error_count: u32,
    /// For how long a failed call counts. 2 min.
    #[serde(alias = "CRITICAL_STATE_ERROR_EXPIRE")]
    pub critical_state_error_expire: Span,
    /// How long after that the state stays critical. 2 min.
    #[serde(alias = "CRITICAL_STATE_EXPIRE")]
    pub critical_state_expire: Span,
    /// How many messages a record keeps. 1000.
    #[serde(alias = "MAX_MESSAGE_QUEUE")]
    pub max_message_queue: u32,
    /// How many frames a second has, on which waits end; 0: they end when they are over. 60.
    pub frames_per_second: u32,
    /// Whether starts are given a `Cancel` that is true once their player is gone. Yes.
    pub cancel: bool,
}

/// 60 frames a second are a trifle less than 1/60 s apart: see [`Rules::frame`].
const SECOND_NS: u64 = 1_000_000_000;

impl Default for ProfileStoreRules {
    fn default() -> ProfileStoreRules {
        let rules = Rules::PROFILE_STORE;
        let frame_ns = rules.frame.as_nanos() as u64;
        ProfileStoreRules {
            auto_save_period: Span(rules.auto_save_period),
            load_repeat_period: Span(rules.load_repeat_period),
            first_load_repeat: Span(rules.first_load_repeat),
            session_steal: Span(rules.session_steal),
            assume_dead: Span(rules.assume_dead),
            start_session_timeout: Span(rules.start_session_timeout),
            critical_state_error_count: rules.critical_state_error_count,
            critical_state_error_expire: Span(rules.critical_state_error_expire),
            critical_state_expire: Span(rules.critical_state_expire),
            max_message_queue: rules.max_message_queue,
            frames_per_second: (SECOND_NS / frame_ns) as u32,
            cancel: true,
        }
    }
}

impl ProfileStoreRules {
    /// For the library, and the game around it.
    pub fn settings(&self) -> Settings {
        let frame_ns = SECOND_NS.checked_div(u64::from(self.frames_per_second)).unwrap_or(0);
        let rules = Rules {
            auto_save_period: self.auto_save_period.0,
            load_repeat_period: self.load_repeat_period.0,
            first_load_repeat: self.first_load_repeat.0,
            session_steal: self.session_steal.0,
            assume_dead: self.assume_dead.0,
            start_session_timeout: self.start_session_timeout.0,
            critical_state_error_count: self.critical_state_error_count,
            critical_state_error_expire: self.critical_state_error_expire.0,
            critical_state_expire: self.critical_state_expire.0,
            max_message_queue: self.max_message_queue,
            frame: Duration::from_nanos(frame_ns),
        };
        Settings { rules, cancel: self.cancel }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn the_defaults_are_the_librarys_own() {
        let settings = ProfileStoreRules::default().settings();
        assert_eq!(settings, Settings { rules: Rules::PROFILE_STORE, cancel: true });
    }

    #[test]
    fn a_constant_may_be_called_by_the_librarys_own_name() {
        let text = "[profile_store]\nASSUME_DEAD = \"5m\"\nSESSION_STEAL = \"1m\"";
        let rules = Scenario::parse(text).expect("valid").profile_store.settings().rules;
        assert_eq!(rules.assume_dead, Duration::from_secs(300));
        assert_eq!(rules.steal_after(), 6);
    }
}
