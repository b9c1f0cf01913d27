//! What a run's history shows of its calls, whoever booked them: which session each write was
//! made by, by the names in the records, and what is stored in the end.
//!
//! A name is not a session's alone: a start may take over what another start of its server has
//! called for, and goes by its name from then on; and where a record was damaged, counts begin anew
//! and an old session may take a new one's for its own. A start that its player has given up on
//! takes over the lock that it finds its own process to have, whosever, as it is, and gives it back
//! in that one's name. So a write is held to be booked wrong only if it went by the name that a
//! session of somebody else had brought into the record and was granted by, which no start of whose
//! it is has come upon in its own process' hands, and the record never was damaged.

use leasehold_sim::library::{CallKind, JobId, Key, View};
use leasehold_sim::{Fact, ServerId, Step, VisitId};
use std::collections::{BTreeMap, BTreeSet};

/// A session by its name in records: its process, which of that one's it is, and how often the
/// record has changed hands.
type Name = (JobId, u32, Option<u64>);

fn name(view: Option<View>) -> Option<Name> {
    let view = view?;
    view.owner.map(|(job, nth)| (job, nth, view.generation))
}

/// A record: whose process has it, how often it has changed hands, how many changes it has seen.
pub(crate) type Record = (Option<JobId>, Option<u64>, u64);

/// The books of a run.
#[derive(Default)]
pub(crate) struct Books {
    damaged: BTreeSet<Key>,
    /// Which of all visits one is: their numbers are used again.
    visits: BTreeMap<VisitId, u32>,
    /// The process that each visit is in, by how many visits there were before: its server, and how
    /// often that has been started.
    homes: Vec<(Option<ServerId>, u32)>,
    boots: BTreeMap<ServerId, u32>,
    /// Names that a start has found its own process to have.
    found: BTreeSet<(u32, Name)>,
    /// The visit that has brought a session's name into a record.
    sessions: BTreeMap<Name, u32>,
    /// Visits whose sessions were granted.
    granted: BTreeSet<u32>,
    /// Writes that went by the name that another visit had brought: whose, and what.
    others: Vec<(u32, String)>,
    /// How many went by the name of their own.
    pub(crate) right: u64,
    /// Complaints about the module, by kind and by words without numbers.
    pub(crate) complaints: BTreeMap<String, u64>,
    /// What is stored in the end.
    stored: BTreeMap<Key, Option<View>>,
}

/// Words without what differs from one time to the next.
fn kind_of(words: &str) -> String {
    let words = words.split(" (at ").next().unwrap_or_default();
    let mut out = String::new();
    for part in words.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()) {
        let sign = if out.is_empty() { "" } else { "#" };
        out = out + sign + part;
    }
    out
}

impl Books {
    pub(crate) fn take(&mut self, step: &Step) {
        if let (Fact::Asked, Some(visit)) = (step.fact, step.visit) {
            self.visits.insert(visit, self.homes.len() as u32);
            let boots = step.server.and_then(|server| self.boots.get(&server)).copied();
            self.homes.push((step.server, boots.unwrap_or(0)));
        }
        let visit = step.visit.and_then(|visit| self.visits.get(&visit).copied());
        match step.fact {
            Fact::Booted => {
                let boots = step.server.map(|server| self.boots.entry(server).or_default());
                boots.into_iter().for_each(|boots| *boots += 1);
            }
            Fact::Loaded { .. } => self.granted.extend(visit),
            Fact::Complained { kind, words } => {
                let kind = format!("{}: {}", kind.name, kind_of(words));
                *self.complaints.entry(kind).or_default() += 1;
            }
            Fact::Removed { .. } | Fact::Damaged => {
                self.damaged.extend(step.key.filter(|_| step.fact == Fact::Damaged));
                self.stored.extend(step.key.map(|key| (key, None)));
            }
            Fact::Committed { kind, before, after, .. } => {
                if let Some(visit) = visit
                    && step.key.is_some_and(|key| !self.damaged.contains(&key))
                {
                    self.write(visit, kind, before, after, step);
                }
                self.stored.extend(step.key.map(|key| (key, after)));
            }
            _ => {}
        }
    }

    fn write(
        &mut self,
        visit: u32,
        kind: CallKind,
        before: Option<View>,
        after: Option<View>,
        step: &Step,
    ) {
        let edits = |view: Option<View>| view.map(|view| view.edits);
        let name = match (name(before), name(after)) {
            // Its name was not there before: it has brought it.
            (was, Some(is)) if was != Some(is) => {
                self.sessions.entry(is).or_insert(visit);
                is
            }
            (Some(was), None) => was,
            // Whatever writes a record back as it was may do so in anybody's name.
            (_, Some(is)) if edits(before) != edits(after) => is,
            (_, Some(is)) if kind == CallKind::Acquire => {
                let home = |visit: u32| self.homes[visit as usize];
                let here = self.sessions.get(&is).is_some_and(|by| home(*by) == home(visit));
                self.found.extend(here.then_some((visit, is)));
                return;
            }
            _ => return,
        };
        match self.sessions.get(&name) {
            Some(known) if *known != visit && self.found.contains(&(visit, name)) => {}
            Some(known) if *known != visit => {
                self.others.push((*known, format!("{kind:?} as {name:?}, {step:?}")));
            }
            Some(_) => self.right += 1,
            None => {}
        }
    }

    /// Writes that were booked to another session than the one by whose name they went.
    pub(crate) fn wrong(&self) -> Vec<&str> {
        let wrong = self.others.iter().filter(|(known, _)| self.granted.contains(known));
        wrong.map(|(_, words)| words.as_str()).collect()
    }

    /// Owner's process, generation and changes of each record in the end.
    pub(crate) fn records(&self) -> BTreeMap<Key, Option<Record>> {
        let seen = |view: View| (view.owner.map(|(job, _)| job), view.generation, view.edits);
        self.stored.iter().map(|(key, view)| (*key, view.map(seen))).collect()
    }
}
