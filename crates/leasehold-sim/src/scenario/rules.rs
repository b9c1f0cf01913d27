//! The library under test, by name, and the fields of its rules that a scenario may change.

use crate::schema::{MILLI, SECOND, choices, declare};
use crate::units::Span;
use leasehold_core::chronicle::Rules;
use std::time::Duration;

choices! {
    /// A library, by the name of its preset.
    pub enum Protocol {
        /// ChronicleStore, as documented.
        Chronicle,
        /// ChronicleStore with the other reading of its renewal: every 10 s.
        ChronicleEager,
        /// ChronicleStore made safe: owners fence themselves, and a silent owner keeps its lease.
        ChronicleStrict,
        /// ProfileStore, as released.
        ProfileStore,
        /// What people write first: read, keep, write back blindly.
        Naive,
        /// A module in Luau that somebody brings, itself.
        Module,
    }
}

/// The names of protocols.
pub const PROTOCOLS: &[&str] = Protocol::WORDS.names;

impl Protocol {
    /// The protocol of this name.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::ALL.iter().copied().find(|protocol| protocol.name() == name)
    }

    /// Those with a model here: all but the modules that people bring.
    pub fn shipped() -> impl Iterator<Item = Protocol> {
        Protocol::ALL.iter().copied().filter(|protocol| *protocol != Protocol::Module)
    }

    /// ChronicleStore's rules, of which this is a preset; those as documented, if it is another
    /// library.
    pub fn rules(self) -> Rules {
        match self {
            Protocol::Chronicle | Protocol::ProfileStore | Protocol::Naive | Protocol::Module => {
                Rules::CHRONICLE
            }
            Protocol::ChronicleEager => Rules::CHRONICLE_EAGER,
            Protocol::ChronicleStrict => Rules::CHRONICLE_STRICT,
        }
    }
}

/// Declares the overrides once: a field as in [`declare`], and where it goes.
macro_rules! overrides {
    ($(
        $(#[doc = $about:literal])+
        $field:ident: $kind:ty => $($to:ident).+ $(, $say:ident($($said:expr),*))*;
    )+) => {
        declare! {
            /// Fields that differ from the preset. ChronicleStore's documented names are accepted
            /// too.
            #[derive(Debug)]
    pub struct RuleOverrides {
                $(
                    $(#[doc = $about])+
                    $field: Option<$kind> = None $(, $say($($said),*))*;
                )+
            }
        }

        impl RuleOverrides {
            /// These rules with the overrides put over them.
            pub fn over(&self, mut rules: Rules) -> Rules {
                $(if let Some(value) = self.$field {
                    rules.$($to).+ = value.into();
                })+
                rules
            }

            /// Every field of these rules, as if each was overridden.
            pub fn full(rules: &Rules) -> RuleOverrides {
                RuleOverrides { $($field: Some(rules.$($to).+.into()),)+ }
            }

            /// These overrides where they are given, else those.
            pub fn or(&self, base: &RuleOverrides) -> RuleOverrides {
                RuleOverrides { $($field: self.$field.or(base.$field),)+ }
            }
        }
    };
}

impl From<Span> for std::time::Duration {
    fn from(span: Span) -> std::time::Duration {
        span.0
    }
}

impl From<std::time::Duration> for Span {
    fn from(span: std::time::Duration) -> Span {
        Span(span)
    }
}

overrides! {
    /// How long a lease lasts after a write.
    lease_duration: Span => lease_duration, least(SECOND), alias("LEASE_DURATION");
    /// How long after the last successful write the lease is renewed. Less than `lease_duration`.
    renew_after: Span => renew_after, least(MILLI), alias("LEASE_RENEW_AFTER");
    /// Stop relying on a lease that may have run out.
    self_fence: bool => self_fence;
    /// How long before the end of its lease a self-fencing owner stops. Less than `lease_duration`
    /// - `renew_after`.
    clock_margin: Span => clock_margin;
    /// How long after the end of a lease another server waits before it counts as expired.
    takeover_margin: Span => takeover_margin;
    /// Take the lease of an owner that does not answer.
    steal_on_silence: bool => steal_on_silence;
    /// How long an owner has to answer a challenge.
    challenge_timeout: Span => challenge_timeout, least(MILLI), alias("CHALLENGE_TIMEOUT");
    /// How many different holders a start challenges before it gives up.
    conflict_rounds_max: u32 => conflict_rounds_max, within(1, 1_000);
    /// How often a start that may not steal looks again.
    poll_every: Span => poll_every, least(MILLI);
    /// How long a session start may take. At least `challenge_timeout`.
    start_timeout: Span => start_timeout, least(MILLI);
    /// How long a datastore call is waited for; afterwards its outcome is unknown.
    call_timeout: Span => call_timeout, least(MILLI);
    /// The ceiling of the first wait between two tries.
    backoff_first: Span => backoff.first, least(MILLI);
    /// How many times larger each further ceiling is.
    backoff_factor: u32 => backoff.factor, within(1, 1_000);
    /// The largest ceiling. At least `backoff_first`.
    backoff_cap: Span => backoff.cap, least(MILLI);
    /// How many retries a session start has.
    retries: u32 => backoff.retries, within(0, 1_000), alias("MAX_RETRIES");
    /// How long after the last change a save is made.
    coalesce_window: Span => coalesce_window, alias("WRITE_COALESCE_WINDOW");
    /// How long after the first unsaved change a save is forced. At least `coalesce_window`.
    max_delay: Span => max_delay, alias("MAX_WRITE_DELAY");
    /// Whether a session that is being released still answers challenges.
    answer_while_releasing: bool => answer_while_releasing;
    /// Consecutive failures that open the circuit breaker.
    breaker_failures_max: u32 => breaker.failures_max, within(1, 1_000_000);
    /// Failed calls in a hundred, within the window, that may not be exceeded.
    breaker_error_percent_max: u32 => breaker.error_percent_max, within(0, 100);
    /// How far back the error rate looks.
    breaker_window: Span => breaker.window, most(Duration::from_secs(3_600));
    /// Samples in the window from which the error rate counts.
    breaker_samples_min: u32 => breaker.samples_min, within(0, 1_000_000);
    /// How long the breaker stays open the first time.
    breaker_open_for: Span => breaker.open_for, least(MILLI);
    /// How long it stays open at most; each failed probe doubles. At least `breaker_open_for`.
    breaker_open_max: Span => breaker.open_max, least(MILLI);
    /// Save nothing, but let players in, if there is no datastore at the start.
    auto_fallback: bool => auto_fallback;
}
