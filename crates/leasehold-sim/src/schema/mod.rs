//! What a field of a scenario can be, and the words for it.
//!
//! A field is declared once, by the struct that it is part of, with [`declare`]: its type, its
//! default, what it may be, its other name and what it is about. The reader of files, the template,
//! the reference and the JSON Schema are all made from the [`Field`] that comes of it. Nothing here
//! knows what a file is.

mod declare;

pub(crate) use declare::{Declared, choices, declare, named};

use crate::units::{SPAN_MAX, Span};
use std::time::Duration;

/// A field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: &'static str,
    /// Another name that is accepted: the one in the library's own document.
    pub(crate) alias: Option<&'static str>,
    /// Whether it must be there.
    pub(crate) required: bool,
    /// What it may be.
    pub(crate) shape: Shape,
    /// What it is about, in a sentence or two, as it was written.
    about: &'static str,
    /// A value to show for a field that has none by default.
    pub(crate) example: &'static str,
}

/// What a field may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
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
    /// The same, or a distribution of durations by numbers or by a sample that was measured.
    Drawn {
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
    Choice(Words),
    /// One of these words, or a table of these fields.
    WordOr(Words, &'static [Field]),
    /// The path of a file, or a table of these fields.
    FileOr(&'static [Field]),
    /// One of these marks, or another of a library of one's own.
    Mark(&'static [&'static str]),
    /// A bound on a number of a run.
    Bound,
    /// A table of fields.
    Table(&'static [Field]),
    /// At most so many tables of fields.
    Tables(&'static [Field], usize),
    /// At least and at most so many values of a shape.
    List(&'static Shape, usize, usize),
    /// A table from the names of invariants to one of these words.
    Invariants(Words),
    /// At most so many tables, each with a name and any fields of a scenario.
    Settings(usize),
    /// A table from fields to what they are drawn from.
    Draws,
    /// A table whose fields somebody else knows.
    Free,
}

/// The words that a choice is made from, in their order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words {
    /// As a file has them.
    pub(crate) names: &'static [&'static str],
    /// What each is about.
    pub(crate) abouts: &'static [&'static str],
}

/// What a field's declaration says of it beside its type.
impl Field {
    /// A field of which nothing closer is said.
    pub(crate) const fn new(name: &'static str, shape: Shape, about: &'static str) -> Field {
        Field { name, alias: None, required: false, shape, about, example: "" }
    }

    pub(crate) const fn alias(self, alias: &'static str) -> Field {
        Field { alias: Some(alias), ..self }
    }

    pub(crate) const fn required(self, example: &'static str) -> Field {
        Field { required: true, example, ..self }
    }

    /// For a field that is absent by default.
    pub(crate) const fn example(self, example: &'static str) -> Field {
        Field { example, ..self }
    }

    /// For a field that may be less than its type, or something else.
    pub(crate) const fn shape(self, shape: Shape) -> Field {
        Field { shape, ..self }
    }

    /// The least and the most: of a number, of a text's characters, of a list's entries.
    pub(crate) const fn within(self, min: u64, max: u64) -> Field {
        let shape = match self.shape {
            Shape::Count(..) => Shape::Count(min, max),
            Shape::Text(_) => Shape::Text(max as usize),
            Shape::Tables(fields, _) => Shape::Tables(fields, max as usize),
            Shape::List(of, ..) => Shape::List(of, min as usize, max as usize),
            _ => panic!("only what is counted is within two numbers"),
        };
        self.shape(shape)
    }

    /// The least of a duration, or of every duration in a range.
    pub(crate) const fn least(self, least: Duration) -> Field {
        let shape = match self.shape {
            Shape::Span(_, max) => Shape::Span(least, max),
            Shape::Spread { .. } => Shape::Spread { from_min: least, to_min: least },
            Shape::Drawn { .. } => Shape::Drawn { from_min: least, to_min: least },
            _ => panic!("only a duration has a least one"),
        };
        self.shape(shape)
    }

    /// The most of a duration.
    pub(crate) const fn most(self, most: Duration) -> Field {
        let Shape::Span(min, _) = self.shape else { panic!("only a duration has a longest one") };
        self.shape(Shape::Span(min, most))
    }

    /// The presets of a latency.
    pub(crate) const fn presets(self, presets: &'static [&'static str]) -> Field {
        self.shape(Shape::Latency(presets))
    }

    /// Whether this is its name, or the other one that is accepted.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.alias == Some(name)
    }

    /// What it is about, without the blanks of the lines that it was written in.
    pub(crate) fn about(&self) -> &'static str {
        self.about.trim()
    }
}

impl Shape {
    /// Whether it is a value that somebody writes down, and not made of fields.
    pub(crate) fn is_value(&self) -> bool {
        use Shape::{Draws, Free, Settings, Table, Tables};
        !matches!(self, Table(_) | Tables(..) | Settings(_) | Draws | Free)
    }

    /// What is allowed, as a sentence.
    pub(crate) fn sentence(&self) -> String {
        let mut allowed = self.allowed();
        allowed[..1].make_ascii_uppercase();
        allowed + "."
    }

    /// What is allowed, in words.
    pub(crate) fn allowed(&self) -> String {
        let span = |span: Duration| Span(span).to_string();
        match *self {
            Shape::Text(max) => format!("a text of at most {max} characters"),
            Shape::Flag => "true or false".to_owned(),
            Shape::Count(min, max) => format!("a whole number, {min} to {max}"),
            Shape::Span(min, max) => {
                format!("a duration such as \"1m30s\" or \"250ms\", {} to {}", span(min), span(max))
            }
            Shape::Spread { from_min, to_min } => format!(
                "a duration such as \"5s\" or a range such as \"5s..20s\", {}",
                within(from_min, to_min)
            ),
            Shape::Drawn { from_min, to_min } => format!(
                "a duration such as \"5s\", a range such as \"5s..20s\", \
                 {{ p50 = \"5s\", p99 = \"1m\" }}, {{ quantiles = [\"1s\", \"20s\"] }} or a sample \
                 {{ from = \"durations.csv\" }}; {}",
                within(from_min, to_min)
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
            Shape::Choice(Words { names: words, .. }) | Shape::Mark(words) => {
                format!("one of {}", quoted(words))
            }
            Shape::WordOr(Words { names: words, .. }, fields) => {
                format!("one of {}; or {}", quoted(words), shown(fields))
            }
            Shape::FileOr(fields) => {
                format!("the path of a file, at most {PATH_MAX} characters; or {}", shown(fields))
            }
            Shape::Bound => "a number of a run and its bound, such as \"changes_lost = 0\", \
                             \"time_to_play.p99 < 5s\" or \"calls_per_player_hour < 200\"; \
                             `leasehold list` names the numbers"
                .to_owned(),
            Shape::Table(_) => "a table".to_owned(),
            Shape::Tables(_, max) => format!("a list of at most {max} tables"),
            Shape::List(Shape::Mark(words), ..) => {
                format!("a list of {}", quoted(words))
            }
            Shape::List(of, min, max) => {
                format!("a list of {min} to {max}, each {}", of.allowed())
            }
            Shape::Invariants(words) => {
                format!("a table from the names of invariants to one of {}", quoted(words.names))
            }
            Shape::Free => "a table, of whatever the library takes".to_owned(),
            Shape::Settings(max) => {
                format!("a list of at most {max} tables, each with a name and fields of a scenario")
            }
            Shape::Draws => {
                "a table from fields to what they are drawn from: { from = .., to = .. } or \
                 { any = [..] }"
                    .to_owned()
            }
        }
    }
}

/// The longest path of a file, in characters.
pub(crate) const PATH_MAX: usize = 500;

/// A table of fields, with an example of each.
fn shown(fields: &[Field]) -> String {
    let each = |field: &Field| format!("{} = {}", field.name, field.example);
    let fields: Vec<String> = fields.iter().map(each).collect();
    format!("{{ {} }}", fields.join(", "))
}

/// Within which durations the shortest and the longest of some must be.
fn within(from_min: Duration, to_min: Duration) -> String {
    let (least, longest, most) = (Span(from_min), Span(to_min), Span(SPAN_MAX));
    match (from_min, to_min) {
        (ZERO, ZERO) => format!("up to {most}"),
        (ZERO, _) => format!("up to {most}; the longest at least {longest}"),
        _ => format!("{least} to {most}"),
    }
}

impl Words {
    /// What each is about, in their order.
    pub(crate) fn abouts(self) -> impl Iterator<Item = &'static str> {
        self.abouts.iter().map(|about| about.trim())
    }
}

/// Words in a sentence.
pub(crate) fn quoted(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    words.join(", ")
}

pub(crate) const ZERO: Duration = Duration::ZERO;
pub(crate) const MILLI: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// A time that is not always nothing: without it, a player could come and go for ever within one
/// moment.
pub(crate) const SOME_TIME: Shape = Shape::Drawn { from_min: ZERO, to_min: MILLI };
