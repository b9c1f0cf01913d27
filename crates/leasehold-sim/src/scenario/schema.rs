//! What a field of a scenario file can be, and the words for it.
//!
//! The tables of fields are in `fields/`; the reader holds files against them.

use crate::units::{SPAN_MAX, Span};
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
    /// A duration with a sign: how far a clock is set forward or back.
    Shift,
    /// A probability.
    Chance,
    /// A probability, as a number only.
    Rate,
    /// A number of milliseconds.
    Millis,
    /// How long something takes: one of these presets, a duration, a range, a lognormal
    /// distribution, quantiles, or a sample that was measured.
    Latency(&'static [&'static str]),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these marks, or another of a library of one's own.
    Mark(&'static [&'static str]),
    /// A table of fields.
    Table(&'static [Field]),
    /// At most so many tables of fields.
    Tables(&'static [Field], usize),
    /// At least and at most so many values of a shape.
    List(&'static Shape, usize, usize),
    /// A table from the names of invariants to one of these words.
    Invariants(&'static [&'static str]),
    /// A table from fields to what they are drawn from.
    Draws,
    /// A table whose fields somebody else knows.
    Free,
}

impl Field {
    pub(super) const fn new(name: &'static str, shape: Shape, about: &'static str) -> Field {
        Field { name, alias: None, required: false, shape, about, example: "" }
    }

    /// Whether this is its name, or the other one that is accepted.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias == Some(name)
    }

    pub(super) const fn alias(self, alias: &'static str) -> Field {
        Field { alias: Some(alias), ..self }
    }

    pub(super) const fn required(self, example: &'static str) -> Field {
        Field { required: true, example, ..self }
    }

    /// The same field, for somebody else.
    pub(super) const fn about(self, about: &'static str) -> Field {
        Field { about, ..self }
    }

    /// For a field that is absent by default.
    pub(super) const fn example(self, example: &'static str) -> Field {
        Field { example, ..self }
    }
}

impl Shape {
    /// What is allowed, in words.
    pub fn allowed(&self) -> String {
        let span = |span: Duration| Span(span).to_string();
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
            Shape::Shift => format!(
                "a duration with a sign such as \"+3s\" or \"-250ms\", up to {} either way",
                span(SPAN_MAX)
            ),
            Shape::Chance => "a probability such as 0.05 or \"5%\", 0 to 1".to_owned(),
            Shape::Rate => "a number, 0 to 1".to_owned(),
            Shape::Millis => format!("a number of milliseconds, 0 to {}", SPAN_MAX.as_millis()),
            Shape::Latency(presets) => format!(
                "{}a duration or a range such as \"1s..2s\"; \
                 {{ p50 = \"200ms\", p99 = \"2s\" }}; \
                 {{ quantiles = [\"100ms\", \"2s\"] }} with 2 to 65 of them, evenly from 0 to 1; or \
                 {{ from = \"latencies.csv\" }}, a sample that was measured: one number of \
                 milliseconds a line, or a header with a column ms, s or us",
                match presets {
                    [] => String::new(),
                    presets => format!("one of {}; ", quoted(presets)),
                }
            ),
            Shape::Choice(words) | Shape::Mark(words) => format!("one of {}", quoted(words)),
            Shape::Table(_) => "a table".to_owned(),
            Shape::Tables(_, max) => format!("a list of at most {max} tables"),
            Shape::List(Shape::Choice(words) | Shape::Mark(words), ..) => {
                format!("a list of {}", quoted(words))
            }
            Shape::List(of, min, max) => {
                format!("a list of {min} to {max}, each {}", of.allowed())
            }
            Shape::Invariants(words) => {
                format!("a table from the names of invariants to one of {}", quoted(words))
            }
            Shape::Free => "a table, of whatever the library takes".to_owned(),
            Shape::Draws => {
                "a table from fields to what they are drawn from: { from = .., to = .. } or \
                 { any = [..] }"
                    .to_owned()
            }
        }
    }
}

pub(super) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

pub(super) const ZERO: Duration = Duration::ZERO;
pub(super) const MILLI: Duration = Duration::from_millis(1);
pub(super) const SECOND: Duration = Duration::from_secs(1);
/// Any duration.
pub(super) const ANY: Shape = Shape::Span(ZERO, SPAN_MAX);
/// A duration in which something happens: not so short that the world would be paused for it.
pub(super) const SOME: Shape = Shape::Span(MILLI, SPAN_MAX);
pub(super) const ANY_SPREAD: Shape = Shape::Spread { from_min: ZERO, to_min: ZERO };
/// A spread that is not always nothing: without it, a player could come and go for ever within one
/// moment.
pub(super) const SOME_SPREAD: Shape = Shape::Spread { from_min: ZERO, to_min: MILLI };
