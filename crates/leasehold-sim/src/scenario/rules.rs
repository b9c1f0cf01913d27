//! The library under test, by name, and the fields of its rules that a scenario may change.

use crate::units::Span;
use leasehold_core::chronicle::Rules;
use serde::{Deserialize, Serialize};

/// A library, by the name of its preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// ChronicleStore, as documented.
    Chronicle,
    /// ChronicleStore with the other reading of its renewal: every 10 s.
    ChronicleEager,
    /// ChronicleStore made safe: owners fence themselves, nobody takes the lease of a silent owner.
    ChronicleStrict,
    /// ProfileStore, as released.
    ProfileStore,
    /// What people write first: read, keep, write back blindly.
    Naive,
}

impl Protocol {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Chronicle => "chronicle",
            Protocol::ChronicleEager => "chronicle_eager",
            Protocol::ChronicleStrict => "chronicle_strict",
            Protocol::ProfileStore => "profile_store",
            Protocol::Naive => "naive",
        }
    }

    /// The protocol of this name.
    pub fn named(name: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.name() == name)
    }

    /// All, in the order of reports.
    pub const ALL: [Protocol; 5] = [
        Protocol::Chronicle,
        Protocol::ChronicleEager,
        Protocol::ChronicleStrict,
        Protocol::ProfileStore,
        Protocol::Naive,
    ];

    /// ChronicleStore's rules, of which this is a preset; those as documented, if it is another
    /// library.
    pub fn rules(self) -> Rules {
        match self {
            Protocol::Chronicle | Protocol::ProfileStore | Protocol::Naive => Rules::CHRONICLE,
            Protocol::ChronicleEager => Rules::CHRONICLE_EAGER,
            Protocol::ChronicleStrict => Rules::CHRONICLE_STRICT,
        }
    }
}

/// Declares the overrides once: field, type in the file, documented names, and where it goes.
macro_rules! overrides {
    ($($field:ident: $kind:ty $(| $alias:literal)* => $($to:ident).+;)+) => {
        /// Fields that differ from the preset. ChronicleStore's documented names are accepted
        /// too.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct RuleOverrides {
            $(
                #[doc = concat!("Overrides `Rules::", stringify!($($to).+), "`.")]
                $(#[serde(alias = $alias)])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )+
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
    lease_duration: Span | "LEASE_DURATION" => lease_duration;
    renew_after: Span | "LEASE_RENEW_AFTER" => renew_after;
    self_fence: bool => self_fence;
    clock_margin: Span => clock_margin;
    takeover_margin: Span => takeover_margin;
    steal_on_silence: bool => steal_on_silence;
    challenge_timeout: Span | "CHALLENGE_TIMEOUT" => challenge_timeout;
    conflict_rounds_max: u32 => conflict_rounds_max;
    poll_every: Span => poll_every;
    start_timeout: Span => start_timeout;
    call_timeout: Span => call_timeout;
    backoff_first: Span => backoff.first;
    backoff_factor: u32 => backoff.factor;
    backoff_cap: Span => backoff.cap;
    retries: u32 | "MAX_RETRIES" => backoff.retries;
    coalesce_window: Span | "WRITE_COALESCE_WINDOW" => coalesce_window;
    max_delay: Span | "MAX_WRITE_DELAY" => max_delay;
    answer_while_releasing: bool => answer_while_releasing;
    breaker_failures_max: u32 => breaker.failures_max;
    breaker_error_percent_max: u32 => breaker.error_percent_max;
    breaker_window: Span => breaker.window;
    breaker_samples_min: u32 => breaker.samples_min;
    breaker_open_for: Span => breaker.open_for;
    breaker_open_max: Span => breaker.open_max;
    auto_fallback: bool => auto_fallback;
}
