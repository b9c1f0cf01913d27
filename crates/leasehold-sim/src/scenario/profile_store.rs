//! ProfileStore, as a scenario sets it: the library's constants, its frames, and how the game uses
//! it.

use crate::library::Settings;
use crate::schema::{MILLI, declare};
use crate::units::Span;
use leasehold_core::profile_store::Rules;
use std::time::Duration;

const RULES: Rules = Rules::PROFILE_STORE;

/// 60 frames a second are a trifle less than 1/60 s apart: see [`Rules::frame`].
const SECOND_NS: u64 = 1_000_000_000;

declare! {
    /// The settings of [`Protocol::ProfileStore`](super::Protocol::ProfileStore). The library's own
    /// constant names are accepted too.
    #[derive(Copy, Eq)]
    #[derive(Debug)]
    pub struct ProfileStoreRules {
        /// One full round of the auto-save over all active profiles of a server.
        auto_save_period: Span = Span(RULES.auto_save_period),
            least(MILLI), alias("AUTO_SAVE_PERIOD");
        /// The wait between two looks at a lock that somebody else has, from the second wait on.
        load_repeat_period: Span = Span(RULES.load_repeat_period),
            least(MILLI), alias("LOAD_REPEAT_PERIOD");
        /// The wait between the first look and the second.
        first_load_repeat: Span = Span(RULES.first_load_repeat), alias("FIRST_LOAD_REPEAT");
        /// How many `load_repeat_period`s an owner is given before its lock is stolen, as a time.
        session_steal: Span = Span(RULES.session_steal), alias("SESSION_STEAL");
        /// A lock that was not written for longer, by the wall clock of whoever asks, is taken at
        /// once.
        assume_dead: Span = Span(RULES.assume_dead), alias("ASSUME_DEAD");
        /// When a start without `cancel` gives up; looked at after failed calls only.
        start_session_timeout: Span = Span(RULES.start_session_timeout),
            alias("START_SESSION_TIMEOUT");
        /// How many failed calls make the state critical.
        critical_state_error_count: u32 = RULES.critical_state_error_count,
            within(1, 1_000_000), alias("CRITICAL_STATE_ERROR_COUNT");
        /// For how long a failed call counts.
        critical_state_error_expire: Span = Span(RULES.critical_state_error_expire),
            alias("CRITICAL_STATE_ERROR_EXPIRE");
        /// How long after that the state stays critical.
        critical_state_expire: Span = Span(RULES.critical_state_expire),
            alias("CRITICAL_STATE_EXPIRE");
        /// How many messages a record keeps.
        max_message_queue: u32 = RULES.max_message_queue,
            within(0, 1_000_000), alias("MAX_MESSAGE_QUEUE");
        /// How many frames a second has. Waits end on one; with 0 they end when they are over.
        frames_per_second: u32 = (SECOND_NS / RULES.frame.as_nanos() as u64) as u32,
            within(0, 1_000);
        /// Whether starts are given a `Cancel` that is true once their player is gone, as the
        /// library's readme recommends.
        cancel: bool = true;
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
