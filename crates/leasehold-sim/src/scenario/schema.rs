//! The fields of a scenario file: their names, what each may be, and what it is about.
//!
//! The structs say what a scenario *is*; this table says what a file may *say*, in words that a
//! person can use. The reader holds files against it, and the template and the reference are
//! printed from it. A new field of a scenario is written down here as well; a test finds those that
//! were forgotten.

use super::units::SPAN_MAX;
use std::time::Duration;

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Another name that is accepted: the one in the library's own document.
    pub alias: Option<&'static str>,
    /// Whether it must be there.
    pub required: bool,
    /// What it may be.
    pub shape: Shape,
    /// What it is about, in a sentence or two.
    pub about: &'static str,
    /// A value to show for a field that has none by default.
    pub example: &'static str,
}

/// What a field may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text of at most so many characters.
    Text(usize),
    /// Yes or no.
    Flag,
    /// A whole number between two, both included.
    Count(u64, u64),
    /// A duration between two, both included.
    Span(Duration, Duration),
    /// A duration or a range of durations. Its shortest and its longest are at least this.
    Spread {
        /// The least that its shortest may be.
        from_min: Duration,
        /// The least that its longest may be.
        to_min: Duration,
    },
    /// A probability.
    Chance,
    /// A probability, as a number only.
    Rate,
    /// A number of milliseconds.
    Millis,
    /// How long something takes: a preset, a duration, a range, or a lognormal distribution.
    Latency,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A table of fields.
    Table(&'static [Field]),
    /// At most so many tables of fields.
    Tables(&'static [Field], usize),
    /// At most so many texts, each one of these words if there are any.
    Words(&'static [&'static str], usize),
    /// A table from the names of invariants to one of these words.
    Invariants(&'static [&'static str]),
}

impl Field {
    const fn new(name: &'static str, shape: Shape, about: &'static str) -> Field {
        Field { name, alias: None, required: false, shape, about, example: "" }
    }

    const fn alias(self, alias: &'static str) -> Field {
        Field { alias: Some(alias), ..self }
    }

    const fn required(self, example: &'static str) -> Field {
        Field { required: true, example, ..self }
    }

    /// For a field that is absent by default.
    const fn example(self, example: &'static str) -> Field {
        Field { example, ..self }
    }
}

impl Shape {
    /// What is allowed, in words.
    pub fn allowed(&self) -> String {
        let span = |span: Duration| super::Span(span).to_string();
        match *self {
            Shape::Text(max) => format!("a text of at most {max} characters"),
            Shape::Flag => "true or false".to_owned(),
            Shape::Count(min, max) => format!("a whole number, {min} to {max}"),
            Shape::Span(min, max) => {
                format!("a duration such as \"1m30s\" or \"250ms\", {} to {}", span(min), span(max))
            }
            Shape::Spread { to_min: Duration::ZERO, .. } => {
                format!(
                    "a duration such as \"5s\" or a range such as \"5s..20s\", up to {}",
                    span(SPAN_MAX)
                )
            }
            Shape::Spread { from_min: Duration::ZERO, to_min } => format!(
                "a duration such as \"5s\" or a range such as \"5s..20s\", up to {}; \
                 the longest at least {}",
                span(SPAN_MAX),
                span(to_min)
            ),
            Shape::Spread { from_min, .. } => format!(
                "a duration such as \"5s\" or a range such as \"5s..20s\", {} to {}",
                span(from_min),
                span(SPAN_MAX)
            ),
            Shape::Chance => "a probability such as 0.05 or \"5%\", 0 to 1".to_owned(),
            Shape::Rate => "a number, 0 to 1".to_owned(),
            Shape::Millis => format!("a number of milliseconds, 0 to {}", SPAN_MAX.as_millis()),
            Shape::Latency => format!(
                "one of {}; a duration or a range such as \"1s..2s\"; or \
                 {{ p50 = \"200ms\", p99 = \"2s\" }}",
                quoted(&super::latency_presets())
            ),
            Shape::Choice(words) => format!("one of {}", quoted(words)),
            Shape::Table(_) => "a table".to_owned(),
            Shape::Tables(_, max) => format!("a list of at most {max} tables"),
            Shape::Words([], max) => format!("a list of at most {max} texts"),
            Shape::Words(words, _) => format!("a list of {}", quoted(words)),
            Shape::Invariants(words) => {
                format!("a table from the names of invariants to one of {}", quoted(words))
            }
        }
    }
}

pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

const ZERO: Duration = Duration::ZERO;
const MILLI: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
/// Any duration.
const ANY: Shape = Shape::Span(ZERO, SPAN_MAX);
/// A duration in which something happens: not so short that the world would stand still for it.
const SOME: Shape = Shape::Span(MILLI, SPAN_MAX);
const ANY_SPREAD: Shape = Shape::Spread { from_min: ZERO, to_min: ZERO };
/// A spread that is not always nothing: without it, a player could come and go for ever within one
/// moment.
const SOME_SPREAD: Shape = Shape::Spread { from_min: ZERO, to_min: MILLI };

/// The fields of a scenario.
pub const SCENARIO: &[Field] = &[
    Field::new("title", Shape::Text(500), "What to look for, in one sentence."),
    Field::new("duration", SOME, "How long the run is, in virtual time."),
    Field::new(
        "heal",
        ANY,
        "When all faults end; afterwards progress is owed. At most `duration`. Never if absent.",
    )
    .example("\"8m\""),
    Field::new("protocol", Shape::Choice(PROTOCOLS), "The library under test, by its preset."),
    Field::new(
        "document",
        Shape::Choice(&["save", "value"]),
        "What a player's data is: a few numbers (fast), or a tree of tables as games have it.",
    ),
    Field::new(
        "rules",
        Shape::Table(RULES),
        "Fields of the protocol that differ from the preset. Each is the preset's if absent.",
    ),
    Field::new("servers", Shape::Table(SERVERS), "The fleet."),
    Field::new("players", Shape::Table(PLAYERS), "The players. Each has one key."),
    Field::new("datastore", Shape::Table(DATASTORE), "The datastore."),
    Field::new("messaging", Shape::Table(MESSAGING), "The messages between servers."),
    Field::new(
        "faults",
        Shape::Table(FAULTS),
        "What happens to servers, at random: a mean time between two, for each server on its own.",
    ),
    Field::new("timeline", Shape::Tables(LINE, 10_000), "Single events, at a given time."),
    Field::new(
        "compare",
        Shape::Tables(VARIANT, 16),
        "Other settings of the same world, run on the same luck and shown beside it.",
    ),
    Field::new("expect", Shape::Table(EXPECT), "What is expected of the run."),
    Field::new(
        "SimulationMode",
        Shape::Flag,
        "Whether ChronicleStore's own test set-up is used, in the words of its document.",
    )
    .example("false"),
    Field::new(
        "SimulationConfig",
        Shape::Table(SIMULATION),
        "That set-up. With it, the datastore's own latency and error rates must not be set.",
    ),
];

const SIMULATION: &[Field] = &[
    Field::new("FailureRate", Shape::Rate, "How likely a call fails.").example("0"),
    Field::new("LatencyMs", Shape::Millis, "How long a call takes, in milliseconds.").example("0"),
    Field::new("CorruptionRate", Shape::Rate, "How likely a write is damaged.").example("0"),
    Field::new(
        "LeaseContention",
        Shape::Flag,
        "Whether players come back before their last server has noticed that they left.",
    )
    .example("false"),
    Field::new(
        "MessagingFailure",
        Shape::Flag,
        "Whether the owner of a fresh lease is taken to be dead, instead of alive.",
    )
    .example("false"),
];

/// The names of protocols.
pub const PROTOCOLS: &[&str] = &["chronicle", "chronicle_eager", "chronicle_strict"];

const SERVERS: &[Field] = &[
    Field::new("count", Shape::Count(1, 100_000), "How many."),
    Field::new("skew", ANY, "The largest difference of two servers' wall clocks at the start."),
    Field::new(
        "drift_ppm",
        Shape::Count(0, 100_000),
        "The largest drift of a server's clocks, in millionths.",
    ),
    Field::new(
        "whole_seconds",
        Shape::Flag,
        "Whether wall clocks are read in whole seconds, as `os.time` is.",
    ),
    Field::new("close_budget", ANY, "How long a closing server may take before it is gone."),
];

const PLAYERS: &[Field] = &[
    Field::new("count", Shape::Count(0, 10_000_000), "How many."),
    Field::new("arrive", ANY_SPREAD, "When they come first."),
    Field::new("stay", SOME_SPREAD, "How long they stay, from having their data."),
    Field::new("hop", Shape::Chance, "How likely they hop to another server when they leave one."),
    Field::new("hop_delay", ANY_SPREAD, "From leaving a server to appearing on the next."),
    Field::new(
        "noticed_after",
        ANY_SPREAD,
        "From leaving to the server noticing it: only then is the session released. Longer than \
         `hop_delay`, it makes the next server meet a live owner.",
    ),
    Field::new("away", SOME_SPREAD, "From leaving for good to coming back."),
    Field::new(
        "edit_every",
        Shape::Spread { from_min: MILLI, to_min: MILLI },
        "From one change of their data to the next.",
    ),
    Field::new("save", Shape::Chance, "How likely the game calls `Save()` after a change."),
    Field::new(
        "retry",
        Shape::Chance,
        "How likely a refused player tries again instead of going away.",
    ),
    Field::new("retry_after", SOME_SPREAD, "From being refused, or thrown out, to trying again."),
    Field::new(
        "patience",
        SOME,
        "How long they wait to be let in before they leave. Not limited if absent.",
    )
    .example("\"40s\""),
    Field::new(
        "timeout",
        SOME,
        "How long they wait for a server that stands still before they leave it.",
    ),
    Field::new(
        "when_lost",
        Shape::Choice(&["kick", "play_on"]),
        "What they do when the session under them is lost: they are thrown out, or play on unsaved.",
    ),
    Field::new(
        "leak",
        Shape::Chance,
        "How likely the game forgets to release a session when its player leaves.",
    ),
];

const DATASTORE: &[Field] = &[
    Field::new("latency", Shape::Latency, "How long a call takes."),
    Field::new("fail_before", Shape::Chance, "How likely a call fails unapplied."),
    Field::new(
        "fail_after",
        Shape::Chance,
        "How likely a call is applied, but answered with an error.",
    ),
    Field::new("never_answers", Shape::Chance, "How likely a call is applied, but never answered."),
    Field::new("corrupt", Shape::Chance, "How likely a write is damaged where it is stored."),
    Field::new(
        "available",
        Shape::Flag,
        "Whether servers find a datastore at all when they start.",
    ),
    Field::new("outages", Shape::Tables(WINDOW, 10_000), "Windows in which every call fails."),
];

const WINDOW: &[Field] = &[
    Field::new("at", ANY, "When it begins.").required("\"2m\""),
    Field::new("lasts", ANY, "How long it lasts.").required("\"30s\""),
];

/// A lognormal distribution.
pub(super) const LOGNORMAL: &[Field] = &[
    Field::new("p50", Shape::Span(Duration::from_micros(1), SPAN_MAX), "Half are faster.")
        .required("\"200ms\""),
    Field::new("p99", ANY, "One in a hundred is slower.").required("\"2s\""),
];

const MESSAGING: &[Field] = &[
    Field::new("latency", Shape::Latency, "How long a message takes, one way."),
    Field::new("loss", Shape::Chance, "How likely a message is lost."),
    Field::new("duplicate", Shape::Chance, "How likely a message comes twice."),
];

const FAULTS: &[Field] = &[
    Field::new(
        "crash_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between crashes of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("down_for", ANY_SPREAD, "How long a crashed or closed server is gone."),
    Field::new(
        "freeze_every",
        Shape::Span(SECOND, SPAN_MAX),
        "Mean time between freezes of a server. Never if absent.",
    )
    .example("\"10m\""),
    Field::new("freeze_for", ANY_SPREAD, "How long a frozen server stands still."),
];

const LINE: &[Field] = &[
    Field::new("at", ANY, "When.").required("\"3m\""),
    Field::new(
        "server",
        Shape::Count(0, 99_999),
        "To which server, from 0; less than `servers.count`.",
    )
    .required("0"),
    Field::new("do", Shape::Choice(&["crash", "freeze", "shutdown"]), "What.")
        .required("\"shutdown\""),
    Field::new(
        "for",
        ANY,
        "How long a frozen server stands still, or another one is gone. For good if absent.",
    )
    .example("\"20s\""),
    Field::new(
        "to",
        Shape::Count(0, 99_999),
        "Where the players of a server that is shut down go, as long as that one is up. Anywhere \
         if absent.",
    )
    .example("1"),
];

const VARIANT: &[Field] = &[
    Field::new(
        "name",
        Shape::Text(64),
        "What it is called; also the name of its folder: letters, digits, - and _.",
    )
    .required("\"strict\""),
    Field::new("protocol", Shape::Choice(PROTOCOLS), "Another library, by its preset.")
        .example("\"chronicle_strict\""),
    Field::new(
        "rules",
        Shape::Table(RULES),
        "Fields of the protocol that differ from the scenario's.",
    ),
    Field::new("expect", Shape::Table(EXPECT), "What is expected of it, if not the same."),
];

const EXPECT: &[Field] = &[
    Field::new(
        "marks",
        Shape::Words(super::MARKS, 100),
        "Marks that the run must reach: without them it tested nothing.",
    ),
    Field::new(
        "invariants",
        Shape::Invariants(&["holds", "violated", "any"]),
        "What is expected of an invariant, by its name; those not named must hold.",
    ),
];

const RULES: &[Field] = &[
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
