//! The library under test, by name, and the fields of its rules that a scenario may change.

use super::schema::{ANY, Field, SECOND, SOME, Shape, ZERO};
use crate::units::{SPAN_MAX, Span};
use leasehold_core::chronicle::Rules;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A library, by the name of its preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// ChronicleStore, as documented.
    Chronicle,
    /// ChronicleStore with the other reading of its renewal: every 10 s.
    ChronicleEager,
    /// ChronicleStore made safe: owners fence themselves, nobody robs a silent owner.
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

/// Declares the overrides once: field, type in the file, names in the document, and where it goes.
macro_rules! overrides {
    ($($field:ident: $kind:ty $(| $alias:literal)* => $($to:ident).+;)+) => {
        /// Fields that differ from the preset. The document's own constant names are accepted too.
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

pub(super) const RULES: &[Field] = &[
    Field::new(
        "lease_duration",
        Shape::Span(SECOND, SPAN_MAX),
        "How long a lease lasts after a write.",
    )
    .alias("LEASE_DURATION"),
    Field::new(
        "renew_after",
        SOME,
        "How long after the last successful write the lease is renewed. Less than \
         `lease_duration`.",
    )
    .alias("LEASE_RENEW_AFTER"),
    Field::new("self_fence", Shape::Flag, "Stop believing in a lease that may have run out."),
    Field::new(
        "clock_margin",
        ANY,
        "How long before the end of its lease a self-fencing owner stops. Less than \
         `lease_duration` - `renew_after`.",
    ),
    Field::new(
        "takeover_margin",
        ANY,
        "How long after the end of a lease another server waits before it counts as expired.",
    ),
    Field::new("steal_on_silence", Shape::Flag, "Take the lease of an owner that does not answer."),
    Field::new("challenge_timeout", SOME, "How long an owner has to answer a challenge.")
        .alias("CHALLENGE_TIMEOUT"),
    Field::new(
        "conflict_rounds_max",
        Shape::Count(1, 1_000),
        "How many different holders a start challenges before it gives up.",
    ),
    Field::new("poll_every", SOME, "How often a start that may not steal looks again."),
    Field::new(
        "start_timeout",
        SOME,
        "How long a session start may take. At least `challenge_timeout`.",
    ),
    Field::new(
        "call_timeout",
        SOME,
        "How long a datastore call is waited for; afterwards its outcome is unknown.",
    ),
    Field::new("backoff_first", SOME, "The ceiling of the first wait between two tries."),
    Field::new(
        "backoff_factor",
        Shape::Count(1, 1_000),
        "How many times larger each further ceiling is.",
    ),
    Field::new("backoff_cap", SOME, "The largest ceiling. At least `backoff_first`."),
    Field::new("retries", Shape::Count(0, 1_000), "How many retries a session start has.")
        .alias("MAX_RETRIES"),
    Field::new("coalesce_window", ANY, "How long after the last change a save is made.")
        .alias("WRITE_COALESCE_WINDOW"),
    Field::new(
        "max_delay",
        ANY,
        "How long after the first unsaved change a save is forced. At least `coalesce_window`.",
    )
    .alias("MAX_WRITE_DELAY"),
    Field::new(
        "answer_while_releasing",
        Shape::Flag,
        "Whether a session that is being released still answers challenges.",
    ),
    Field::new(
        "breaker_failures_max",
        Shape::Count(1, 1_000_000),
        "Consecutive failures that open the circuit breaker.",
    ),
    Field::new(
        "breaker_error_percent_max",
        Shape::Count(0, 100),
        "Failed calls in a hundred, within the window, that may not be exceeded.",
    ),
    Field::new(
        "breaker_window",
        Shape::Span(ZERO, Duration::from_secs(3_600)),
        "How far back the error rate looks.",
    ),
    Field::new(
        "breaker_samples_min",
        Shape::Count(0, 1_000_000),
        "Samples in the window from which the error rate counts.",
    ),
    Field::new("breaker_open_for", SOME, "How long the breaker stays open the first time."),
    Field::new(
        "breaker_open_max",
        SOME,
        "How long it stays open at most; each failed probe doubles. At least `breaker_open_for`.",
    ),
    Field::new(
        "auto_fallback",
        Shape::Flag,
        "Save nothing, but let players in, if there is no datastore at the start.",
    ),
];
