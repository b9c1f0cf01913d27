//! What observers find: violations as data, and marks.
//!
//! A violation names its invariant, its cause, where and when, and what it is about; sentences are
//! made for people at the end and are never read back. All are counted by cause; the oldest ten of
//! an invariant are kept in full.

use super::Invariant;
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::library::{CallKind, Item, Receipt};
use crate::schedule::Moment;
use crate::step::Step;
use leasehold_core::Key;
use std::collections::BTreeMap;
use std::fmt;

/// How many violations of an invariant are kept in full; the others are counted.
pub const KEPT: usize = 10;

/// Server, key and moment at which something was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    /// The moment at which it happened.
    pub at: Moment,
    /// On which server, if on any.
    pub server: Option<ServerId>,
    /// About which player's key, if about any.
    pub key: Option<Key>,
}

impl From<&Step> for Location {
    fn from(step: &Step) -> Location {
        Location { at: step.at, server: step.server, key: step.key }
    }
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: &'static Invariant,
    /// What let it happen.
    pub cause: &'static Cause,
    /// Where and when.
    pub place: Location,
    /// What it is about, and how it came to be seen.
    pub detail: Detail,
}

/// Subject of a violation, and what its explanation starts from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// What happened, in a sentence for people.
    pub sentence: String,
    /// The thing that it is about, if it is about one.
    pub subject: Option<Subject>,
    /// The write that put the thing into a stored record, or took it out.
    pub written: Option<WrittenBy>,
    /// The session that was over without having saved the thing.
    pub owed: Option<OwedBy>,
}

impl From<String> for Detail {
    fn from(sentence: String) -> Detail {
        Detail { sentence, ..Detail::default() }
    }
}

impl From<&str> for Detail {
    fn from(sentence: &str) -> Detail {
        Detail::from(sentence.to_owned())
    }
}

/// A thing with an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An item.
    Item(Item),
    /// A receipt.
    Receipt(Receipt),
    /// A mark.
    Mark(&'static str),
}

/// A write that put something into a stored record, or took it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenBy {
    /// Where and when.
    pub place: Location,
    /// Whether it put the thing there; else it took it out.
    pub put: bool,
    /// By which call, and as which commit if the record counts them; nothing if it was damage.
    pub call: Option<(CallKind, Option<u64>)>,
}

/// A session that was over without having saved what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwedBy {
    /// Where and when it was over.
    pub place: Location,
    /// Whether it should have put the thing there; else it should have taken it.
    pub put: bool,
    /// What had ended it.
    pub how: &'static Cause,
}

/// A name that may be nobody's.
struct Named<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for Named<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => name.fmt(f),
            None => f.write_str("nobody"),
        }
    }
}

impl fmt::Display for WrittenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { at, server, key } = self.place;
        let (server, key) = (Named(server), Named(key));
        let what = if self.put { "put it there" } else { "took it out" };
        match self.call {
            Some((kind, Some(commit))) => {
                write!(f, ": the {kind} of {server} {what}, as commit {commit} of {key} at {at}")
            }
            Some((kind, None)) => write!(f, ": the {kind} of {server} {what} at {at}"),
            None => write!(f, ": damage of {key} {what} at {at}"),
        }
    }
}

impl fmt::Display for OwedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { at, server, key } = self.place;
        let (server, key) = (Named(server), Named(key));
        let what = if self.put { "put it into" } else { "took it out of" };
        let how = self.how;
        write!(
            f,
            "; the session of {server} that {what} {key} was over at {at} without saving it: {how}"
        )
    }
}

/// Findings of the observers of a run.
#[derive(Debug, Default)]
pub struct Findings {
    rows: Vec<Row>,
    marks: BTreeMap<&'static str, u64>,
    /// Where each mark was reached first.
    first_marks: BTreeMap<&'static str, Location>,
    /// The present step's place.
    place: Option<Location>,
    /// Only violations by a cause of this name are kept, if somebody asks for it.
    only: Option<String>,
    /// What the visit of the present step goes by instead of what is there: the cause of whatever
    /// breaks by it.
    bad_read: Option<&'static Cause>,
}

/// What was found of one invariant.
#[derive(Debug)]
struct Row {
    invariant: &'static Invariant,
    count: u64,
    causes: BTreeMap<&'static str, (Class, u64)>,
    kept: Vec<Violation>,
}

impl Findings {
    /// Nothing so far. Of violations, only those by a cause of the name `only` are kept in full, if
    /// it is given.
    pub(crate) fn new(only: Option<String>) -> Findings {
        Findings { only, ..Findings::default() }
    }

    /// An invariant was broken. The detail is asked for if the violation is kept. If the session of
    /// the step goes by a wrong read, that is the cause, whatever `cause` says.
    pub fn violated<D: Into<Detail>>(
        &mut self,
        invariant: &'static Invariant,
        place: impl Into<Location>,
        cause: &'static Cause,
        detail: impl FnOnce() -> D,
    ) {
        let cause = self.bad_read.unwrap_or(cause);
        self.found(invariant, place, cause, 1, detail);
    }

    /// Harm was done, to so many at once.
    pub fn harmed<D: Into<Detail>>(
        &mut self,
        harm: &'static Invariant,
        place: impl Into<Location>,
        cause: &'static Cause,
        count: u64,
        detail: impl FnOnce() -> D,
    ) {
        self.found(harm, place, cause, count, detail);
    }

    fn found<D: Into<Detail>>(
        &mut self,
        invariant: &'static Invariant,
        place: impl Into<Location>,
        cause: &'static Cause,
        count: u64,
        detail: impl FnOnce() -> D,
    ) {
        let row = match self.rows.iter().position(|row| row.invariant == invariant) {
            Some(nth) => &mut self.rows[nth],
            None => {
                let (count, causes, kept) = (0, BTreeMap::new(), Vec::new());
                self.rows.push(Row { invariant, count, causes, kept });
                self.rows.last_mut().expect("it was just pushed")
            }
        };
        row.count += count;
        row.causes.entry(cause.name).or_insert((cause.class, 0)).1 += count;
        if self.only.as_ref().is_some_and(|only| only != cause.name) {
            return;
        }
        let place = place.into();
        if row.kept.len() == KEPT {
            // The oldest are kept, and they need not have been found first.
            let last = (0..KEPT).max_by_key(|nth| row.kept[*nth].place.at).unwrap_or(0);
            if row.kept[last].place.at <= place.at {
                return;
            }
            row.kept.swap_remove(last);
        }
        row.kept.push(Violation { invariant, cause, place, detail: detail().into() });
    }

    /// An interesting state was reached.
    pub fn reached(&mut self, mark: &'static str) {
        *self.marks.entry(mark).or_default() += 1;
        if let Some(place) = self.place {
            self.first_marks.entry(mark).or_insert(place);
        }
    }

    /// How often each mark was reached.
    pub fn marks(&self) -> &BTreeMap<&'static str, u64> {
        &self.marks
    }

    /// Where each mark was reached first, of those that a step has shown.
    pub(crate) fn first_marks(&self) -> &BTreeMap<&'static str, Location> {
        &self.first_marks
    }

    /// How often an invariant was broken.
    pub fn count(&self, invariant: &Invariant) -> u64 {
        self.row(invariant).map_or(0, |row| row.count)
    }

    /// How often an invariant was broken, by the names of causes.
    pub fn causes(&self, invariant: &Invariant) -> BTreeMap<&'static str, u64> {
        let causes = self.row(invariant).into_iter().flat_map(|row| &row.causes);
        causes.map(|(name, (_, n))| (*name, *n)).collect()
    }

    /// The same by what the causes come down to.
    pub fn classes(&self, invariant: &Invariant) -> BTreeMap<&'static str, u64> {
        let mut classes = BTreeMap::new();
        for (class, n) in self.row(invariant).into_iter().flat_map(|row| row.causes.values()) {
            *classes.entry(class.name()).or_default() += n;
        }
        classes
    }

    /// The violations of an invariant that are kept, the oldest first.
    pub fn kept(&self, invariant: &Invariant) -> Vec<Violation> {
        let mut kept = self.row(invariant).map(|row| row.kept.clone()).unwrap_or_default();
        kept.sort_by_key(|violation| violation.place.at);
        kept
    }

    /// The same in the order in which they were found.
    pub(crate) fn so_far(&self, invariant: &Invariant) -> &[Violation] {
        self.row(invariant).map_or(&[], |row| &row.kept)
    }

    /// What the session of the present step goes by, if not by what is stored.
    pub fn bad_read(&self) -> Option<&'static Cause> {
        self.bad_read
    }

    /// A step is taken in, by whose session goes by a wrong read, if it does.
    pub(crate) fn begin(&mut self, place: Option<Location>, bad_read: Option<&'static Cause>) {
        (self.place, self.bad_read) = (place, bad_read);
    }

    fn row(&self, invariant: &Invariant) -> Option<&Row> {
        self.rows.iter().find(|row| row.invariant == invariant)
    }
}
