//! What is wrong with a file that somebody wrote: where, what was found there, and what is allowed.
//!
//! Plain data. Drawing it, with the line and an arrow below it, is left to whoever shows it to
//! people.

use std::fmt;
use std::ops::Range;

/// How many problems of one file are told. Whoever has more than that is helped by none of them.
pub(crate) const PROBLEMS_MAX: usize = 50;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be run.
    Mistake,
    /// What is there does nothing, or makes a run take hours, which is hardly what was meant.
    Warning,
}

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// The field, such as `servers.count` or `timeline[2].at`; empty if it is about the whole file.
    pub path: String,
    /// Which bytes of the file, if it is about any.
    pub span: Option<Range<usize>>,
    /// The line and the column, in characters, at which they begin; from 1.
    pub at: Option<(usize, usize)>,
    /// What is there and what is wrong with it, in a sentence that names the field.
    pub found: String,
    /// What is allowed; may be empty if the sentence says it all.
    pub allowed: String,
    /// Other places that it has to do with.
    pub related: Vec<Related>,
    /// It is that something is not there at all.
    pub missing: bool,
}

/// Another place that a problem has to do with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The field.
    pub path: String,
    /// Which bytes of the file; none if the field has its default.
    pub span: Option<Range<usize>>,
    /// What is there.
    pub found: String,
}

impl Problem {
    pub(crate) fn new(
        path: impl Into<String>,
        span: Option<Range<usize>>,
        found: impl Into<String>,
        allowed: impl Into<String>,
    ) -> Problem {
        let (path, found, allowed) = (path.into(), found.into(), allowed.into());
        let (severity, related) = (Severity::Mistake, Vec::new());
        Problem { severity, path, span, at: None, found, allowed, related, missing: false }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.at {
            write!(f, "line {line}, column {column}: ")?;
        }
        f.write_str(&self.found)?;
        if !self.allowed.is_empty() {
            write!(f, "; allowed: {}", self.allowed)?;
        }
        let mut others = self.related.iter().map(|r| format!("{} is {}", r.path, r.found));
        if let Some(first) = others.next() {
            write!(f, " ({})", others.fold(first, |all, one| format!("{all}, {one}")))?;
        }
        Ok(())
    }
}

/// Everything that is wrong with a file, in the order of the file. It prints as a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Collects problems in the order of their places, and no more of them than help.
    pub(crate) fn of(text: &str, mut problems: Vec<Problem>) -> Problems {
        problems.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        problems.truncate(PROBLEMS_MAX);
        for problem in &mut problems {
            problem.at = problem.span.as_ref().map(|span| place(text, span.start));
        }
        Problems(problems)
    }

    /// One that has no place.
    pub(crate) fn one(found: impl Into<String>, allowed: impl Into<String>) -> Problems {
        Problems(vec![Problem::new("", None, found, allowed)])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.0.iter().enumerate() {
            if nth > 0 {
                writeln!(f)?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// The line and the column of a byte.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..byte.min(text.len())];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    (line, 1 + String::from_utf8_lossy(&before[start..]).chars().count())
}

/// What the parser found, which knows nothing of fields.
pub(crate) fn syntax(error: &toml::de::Error) -> Problem {
    let (found, allowed) = match error.message() {
        "duplicate key" => ("this key is here for the second time", "each key once"),
        "recursion limit" => ("this is nested too deeply", "80 levels"),
        message => match message.split_once(", expected ") {
            Some((found, "u64" | "u32")) => (found, "a whole number, 0 or more"),
            Some((found, expected)) => (found, expected),
            None => (message, ""),
        },
    };
    Problem::new("", error.span(), clipped(found), clipped(allowed))
}

/// A sentence of the parser, which may quote all that is there: how it begins and how it ends.
fn clipped(sentence: &str) -> String {
    const CHARS: usize = 120;
    let all: Vec<char> = sentence.chars().collect();
    match all.len().checked_sub(CHARS) {
        Some(end) if end > CHARS => {
            let part = |of: &[char]| of.iter().collect::<String>();
            format!("{}...{}", part(&all[..CHARS]), part(&all[end..]))
        }
        _ => sentence.to_owned(),
    }
}

/// A piece of a file, short enough for a sentence.
pub(crate) fn quoted(text: &str) -> String {
    const CHARS: usize = 60;
    let line = text.lines().next().unwrap_or_default().trim();
    let short: String = line.chars().take(CHARS).collect();
    if short.len() < text.trim().len() { format!("{short}...") } else { short }
}
