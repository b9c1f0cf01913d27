//! What was acknowledged is never overwritten by older data; and what became of every change that
//! players made.
//!
//! Which changes a write leaves out is a key's [lineage](super::lineage): those that were stored
//! are *rolled back*, until somebody writes them again, and it is a violation if any of them was
//! acknowledged. When nothing of a visit can commit any more, the changes that were accepted but
//! never committed are *lost*, by how its session ended.
//!
//! ```text
//!   made = stored + rolled back + lost + what a living session has not saved yet
//! ```
//!
//! A write that commits in another scope than the one that is meant has committed nowhere. A
//! session that gets a lease brings no data: if there is less of it afterwards, what was there was
//! overwritten. That an acknowledged save was stored at all is another property: see `stored`.

use super::lineage::{Branch, Lineage, Version, Written};
use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known, LOST, ROLLED_BACK};
use crate::cause::{self, Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use leasehold_core::{JobId, Key, warm};
use leasehold_data::numbers;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "acknowledged_saves_survive",
    "what was acknowledged is never overwritten by older data",
)
.about(About::Data);

static OVERWRITTEN: Cause = Cause::new("overwritten", Class::Harm, "a start overwrote it");
static DAMAGED: Cause = Cause::new("damaged", Class::Damaged, "the record was damaged");

pub(crate) struct Progress {
    /// A write that changes nothing may be one that has found another's record.
    echoes: bool,
    /// Servers that run without a datastore.
    fallen: BTreeSet<ServerId>,
    /// Changes that never became durable, or were damaged, by cause.
    pub(crate) lost: BTreeMap<&'static str, u64>,
    /// Durable changes that were wiped out, and are not there again.
    pub(crate) rolled_back: u64,
}

/// A lease: whose, and the how manyth of the key, if the record counts that.
type Lease = ((JobId, u32), Option<u64>);

/// The lease that a record shows, if it names an owner.
fn lease(view: View) -> Option<Lease> {
    Some((view.owner?, view.generation))
}

#[derive(Clone, Default)]
pub(super) struct Visit {
    /// By which lease it holds the key; nothing before it does.
    lease: Option<Lease>,
    /// Where its changes go; nothing before it has begun.
    branch: Option<Branch>,
    /// Changes that the data had seen when the session got it.
    base: u64,
    accepted: u64,
    /// How many of these have committed at some time.
    committed: u64,
    /// What it last wrote.
    wrote: Option<u64>,
    /// When it was paused, until a call that was sent later has done what it should.
    paused_at: Option<Moment>,
    /// It has written to another scope.
    wrong_scope: bool,
    cause: Option<&'static Cause>,
}

/// What is known of a key's record.
#[derive(Clone)]
pub(super) struct Record {
    /// By which lease it was last written; nothing before it was.
    lease: Option<Lease>,
    lineage: Lineage,
    /// What the session went by that holds the key, if not by what was there.
    taken: Option<&'static Cause>,
}

impl Record {
    pub(super) fn new(reads_old: bool) -> Record {
        Record { lease: None, lineage: Lineage::new(reads_old), taken: None }
    }

    /// It will soon be looked at.
    pub(super) fn warm(&self) {
        warm::value(&self.lease);
        self.lineage.warm();
    }
}

impl Progress {
    pub(super) fn new(known: &Known) -> Option<Progress> {
        Some(Progress {
            echoes: known.contract.echoes,
            fallen: BTreeSet::new(),
            lost: BTreeMap::new(),
            rolled_back: 0,
        })
    }

    /// A session begins, or begins anew, with so many changes; those of a version, if that is
    /// known.
    fn begins(
        &mut self,
        rows: &mut Memory,
        Session { visit, key, .. }: Session,
        from: Option<Version>,
        edits: u64,
    ) {
        let visit = &mut rows.visits.of(visit).progress;
        let lineage = &mut rows.keys.of(key).record.lineage;
        let known = from.map_or(0, |from| from.changes) == edits;
        let branch = if known { lineage.begins(from) } else { lineage.begins_elsewhere(edits) };
        if let Some(old) = visit.branch.replace(branch) {
            lineage.ends(old);
        }
        visit.base = edits;
    }

    /// A session that takes no lease goes by what it has read.
    fn got(&mut self, rows: &mut Memory, session: Session, edits: u64, behind: u32) {
        if rows.visits.of(session.visit).progress.lease.is_none() {
            let from = rows.keys.of(session.key).record.lineage.before(behind);
            self.begins(rows, session, from, edits);
        }
    }

    /// A session that has made no call of its own begins with what its server has taken; one that
    /// could not read begins with something else than what is stored.
    fn loaded(&mut self, rows: &mut Memory, session: Session, edits: u64) {
        let Record { lease, ref lineage, .. } = rows.keys.of(session.key).record;
        let now = lineage.now();
        let visit = &mut rows.visits.of(session.visit).progress;
        if visit.lease.is_some() {
            return;
        }
        visit.lease = lease;
        if lease.is_some() || visit.branch.is_none() {
            self.begins(rows, session, now, edits);
        } else if visit.base != edits {
            self.begins(rows, session, None, edits);
        }
    }

    /// Counts what a write has done.
    fn count(&mut self, step: &Step, cause: &'static Cause, written: Written, out: &mut Findings) {
        let Written { left_out, back, undamaged, .. } = written;
        if left_out > 0 {
            out.harmed(&ROLLED_BACK, step, cause, left_out, || {
                let changes = numbers::plural(left_out, "stored change");
                format!("{changes} gone, written over: {}", cause.words)
            });
        }
        self.rolled_back = (self.rolled_back + left_out).saturating_sub(back - undamaged);
        if undamaged > 0 {
            let lost = self.lost.entry(DAMAGED.name).or_default();
            *lost = lost.saturating_sub(undamaged);
        }
    }

    /// Somebody who brings no data has written: if there is less than there was, over data.
    fn carried(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        key: Key,
        (kind, edits): (CallKind, u64),
        out: &mut Findings,
    ) {
        let written = rows.keys.of(key).record.lineage.carried(edits);
        let starts = kind == CallKind::Acquire;
        let cause = if starts { &OVERWRITTEN } else { kind.cause() };
        self.count(step, cause, written, out);
        if written.acknowledged > 0 {
            out.violated(&INVARIANT, step, cause, || {
                let who = if starts { "a start" } else { kind.cause().words };
                format!("{who} overwrote {}", changes(written.acknowledged))
            });
        }
    }

    fn committed(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        kind: CallKind,
        (before, after): (Option<View>, View),
        out: &mut Findings,
    ) {
        let Some(key) = step.key else { return };
        let Some(session) = step.session() else {
            return self.carried(rows, step, key, (kind, after.edits), out);
        };
        let (mine, holds) = (lease(after), rows.visits.of(session.visit).progress.lease);
        if self.echoes && before == Some(after) && holds != mine {
            return self.carried(rows, step, key, (kind, after.edits), out);
        }
        match kind {
            CallKind::Save | CallKind::Release => {
                self.written(rows, step, session, kind, after, out);
            }
            _ => self.carried(rows, step, key, (kind, after.edits), out),
        }
        let record = &mut rows.keys.of(key).record;
        record.lease = mine;
        if kind == CallKind::Acquire {
            record.taken = out.bad_read();
            let now = record.lineage.now();
            // An earlier try that commits late, on its own session's lease, is no new beginning.
            if holds != mine {
                rows.visits.of(session.visit).progress.lease = mine;
                self.begins(rows, session, now, after.edits);
            }
        }
    }

    /// Data has been written.
    fn written(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        session: Session,
        kind: CallKind,
        after: View,
        out: &mut Findings,
    ) {
        if rows.visits.of(session.visit).progress.branch.is_none() {
            self.begins(rows, session, None, 0);
        }
        let visit = &mut rows.visits.of(session.visit).progress;
        visit.committed = visit.committed.max(after.edits.saturating_sub(visit.base));
        visit.wrote = Some(after.edits);
        let lineage = &mut rows.keys.of(session.key).record.lineage;
        let to = visit.branch.and_then(|branch| lineage.at(branch, after.edits));
        let written = lineage.written(to);
        self.count(step, kind.cause(), written, out);
        if written.acknowledged > 0 {
            out.violated(&INVARIANT, step, kind.cause(), || {
                let wiped = changes(written.acknowledged);
                format!("the {kind} based on older data wiped out {wiped}")
            });
        }
    }

    /// A key was removed, and with it what was in it.
    fn removed(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        key: Key,
        kind: CallKind,
        out: &mut Findings,
    ) {
        let written = rows.keys.of(key).record.lineage.written(None);
        self.count(step, kind.cause(), written, out);
        if written.acknowledged > 0 {
            out.violated(&INVARIANT, step, kind.cause(), || {
                format!("the {kind} wiped out {}", changes(written.acknowledged))
            });
        }
    }

    /// What a session has stored is acknowledged.
    fn acknowledged(&mut self, rows: &mut Memory, Session { visit, key, .. }: Session) {
        let Visit { branch: Some(branch), wrote: Some(wrote), .. } = rows.visits.of(visit).progress
        else {
            return;
        };
        let lineage = &mut rows.keys.of(key).record.lineage;
        if let Some(version) = lineage.at(branch, wrote) {
            lineage.acknowledged(version);
        }
    }

    fn ended(
        &mut self,
        rows: &mut Memory,
        session: Session,
        how: &'static Cause,
        bad_read: Option<&'static Cause>,
    ) {
        let bad_read = bad_read.or(rows.keys.of(session.key).record.taken);
        let fallen = self.fallen.contains(&session.server);
        let visit = &mut rows.visits.of(session.visit).progress;
        visit.cause = Some(match how.class {
            class if class.is_sudden() => how,
            _ if fallen => &cause::NO_DATASTORE,
            _ if visit.wrong_scope => &cause::WRONG_SCOPE,
            Class::TakenOver if bad_read.is_some() => bad_read.unwrap_or(how),
            _ if visit.paused_at.is_some() => &cause::PAUSED,
            _ => how,
        });
    }

    fn answered(
        &mut self,
        rows: &mut Memory,
        visit: VisitId,
        kind: CallKind,
        end: CallEnd,
        sent: Moment,
        out: &mut Findings,
    ) {
        let visit = &mut rows.visits.of(visit).progress;
        let Some(paused_at) = visit.paused_at else { return };
        match end {
            CallEnd::Done if sent > paused_at => visit.paused_at = None,
            CallEnd::Refused if kind == CallKind::Save => {
                out.reached("a save was rejected after a pause");
            }
            CallEnd::Done | CallEnd::Refused | CallEnd::Failed(_) | CallEnd::Silent => {}
        }
    }

    fn over(&mut self, rows: &mut Memory, step: &Step, session: Session, out: &mut Findings) {
        let visit = std::mem::take(&mut rows.visits.of(session.visit).progress);
        let lost = visit.accepted.saturating_sub(visit.committed);
        if lost > 0 {
            let cause = visit.cause.unwrap_or(&cause::UNKNOWN);
            *self.lost.entry(cause.name).or_default() += lost;
            out.harmed(&LOST, step, cause, lost, || {
                let changes = numbers::plural(lost, "change");
                format!("{changes} of {} never stored: {}", session.key, cause.words)
            });
            if cause.class == Class::Crash {
                out.reached("a crash cost changes");
            }
        }
        if let Some(branch) = visit.branch {
            rows.keys.of(session.key).record.lineage.ends(branch);
        }
    }

    /// Whatever was durable is not any more, and that is nobody's write.
    fn damaged(&mut self, rows: &mut Memory, step: &Step, key: Key, out: &mut Findings) {
        let gone = rows.keys.of(key).record.lineage.damaged();
        if gone > 0 {
            *self.lost.entry(DAMAGED.name).or_default() += gone;
            out.harmed(&LOST, step, &DAMAGED, gone, || {
                format!("damage took {} of {key}", numbers::plural(gone, "stored change"))
            });
        }
    }

    fn on_session(&mut self, rows: &mut Memory, step: &Step, session: Session, out: &mut Findings) {
        let visit = session.visit;
        match step.fact {
            Fact::Edited => rows.visits.of(visit).progress.accepted += 1,
            Fact::OwnerPaused => rows.visits.of(visit).progress.paused_at = Some(step.at),
            Fact::Answered { kind, end, sent } => self.answered(rows, visit, kind, end, sent, out),
            Fact::WrongScope { .. } => rows.visits.of(visit).progress.wrong_scope = true,
            Fact::Loaded { edits, .. } => self.loaded(rows, session, edits),
            Fact::Got { edits, behind, .. } => self.got(rows, session, edits, behind),
            Fact::Saved => self.acknowledged(rows, session),
            Fact::Ended { how, saved } => {
                if saved {
                    self.acknowledged(rows, session);
                }
                self.ended(rows, session, how, out.bad_read());
            }
            Fact::Over => self.over(rows, step, session, out),
            _ => {}
        }
    }
}

impl Checker for Progress {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Answered,
                FactKind::Booted,
                FactKind::Damaged,
                FactKind::Edited,
                FactKind::Ended,
                FactKind::FellBack,
                FactKind::OwnerPaused,
                FactKind::Got,
                FactKind::Committed,
                FactKind::Loaded,
                FactKind::Over,
                FactKind::Removed,
                FactKind::Saved,
                FactKind::WrongScope,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        match (step.fact, step.server, step.key) {
            (Fact::Committed { kind, before, after: Some(after), .. }, ..) => {
                self.committed(rows, step, kind, (before, after), out);
            }
            (Fact::Removed { kind, .. }, _, Some(key)) => self.removed(rows, step, key, kind, out),
            (Fact::Damaged, _, Some(key)) => self.damaged(rows, step, key, out),
            (Fact::FellBack, Some(server), _) => {
                self.fallen.insert(server);
            }
            (Fact::Booted, Some(server), _) => {
                self.fallen.remove(&server);
            }
            _ => {
                if let Some(session) = step.session() {
                    self.on_session(rows, step, session, out);
                }
            }
        }
    }
}

/// So many acknowledged changes, in words.
fn changes(acknowledged: u64) -> String {
    numbers::plural(acknowledged, "acknowledged change")
}

#[cfg(test)]
mod tests;
