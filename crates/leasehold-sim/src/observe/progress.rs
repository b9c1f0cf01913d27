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
use super::{About, Findings, Invariant, Known, LOST, Observer, ROLLED_BACK};
use crate::cause::{self, Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use leasehold_core::{JobId, Key};
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
    visits: Rows<Visit>,
    keys: Vec<Record>,
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
struct Visit {
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
#[derive(Default)]
struct Record {
    /// By which lease it was last written; nothing before it was.
    lease: Option<Lease>,
    lineage: Lineage,
    /// What the session went by that holds the key, if not by what was there.
    taken: Option<&'static Cause>,
}

impl Progress {
    pub(super) fn new(known: &Known) -> Option<Progress> {
        Some(Progress {
            echoes: known.contract.echoes,
            visits: Rows::default(),
            keys: (0..known.players).map(|_| Record::default()).collect(),
            fallen: BTreeSet::new(),
            lost: BTreeMap::new(),
            rolled_back: 0,
        })
    }

    fn record(&mut self, key: Key) -> &mut Record {
        &mut self.keys[key.0 as usize]
    }

    /// A session begins, or begins anew, with so many changes; those of a version, if that is
    /// known.
    fn begins(&mut self, Session { visit, key, .. }: Session, from: Option<Version>, edits: u64) {
        let visit = self.visits.of(visit);
        let lineage = &mut self.keys[key.0 as usize].lineage;
        let known = from.map_or(0, |from| from.changes) == edits;
        let branch = if known { lineage.begins(from) } else { lineage.begins_elsewhere(edits) };
        if let Some(old) = visit.branch.replace(branch) {
            lineage.ends(old);
        }
        visit.base = edits;
    }

    /// A session that takes no lease goes by what it has read.
    fn got(&mut self, session: Session, edits: u64, behind: u32) {
        if self.visits.of(session.visit).lease.is_none() {
            let from = self.record(session.key).lineage.before(behind);
            self.begins(session, from, edits);
        }
    }

    /// A session that has made no call of its own begins with what its server has taken; one that
    /// could not read begins with something else than what is stored.
    fn loaded(&mut self, session: Session, edits: u64) {
        let Record { lease, ref lineage, .. } = *self.record(session.key);
        let now = lineage.now();
        let visit = self.visits.of(session.visit);
        if visit.lease.is_some() {
            return;
        }
        visit.lease = lease;
        if lease.is_some() || visit.branch.is_none() {
            self.begins(session, now, edits);
        } else if visit.base != edits {
            self.begins(session, None, edits);
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
        step: &Step,
        key: Key,
        (kind, edits): (CallKind, u64),
        out: &mut Findings,
    ) {
        let written = self.record(key).lineage.carried(edits);
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
        step: &Step,
        kind: CallKind,
        (before, after): (Option<View>, View),
        out: &mut Findings,
    ) {
        let Some(key) = step.key else { return };
        let Some(session) = step.session() else {
            return self.carried(step, key, (kind, after.edits), out);
        };
        let (mine, holds) = (lease(after), self.visits.of(session.visit).lease);
        if self.echoes && before == Some(after) && holds != mine {
            return self.carried(step, key, (kind, after.edits), out);
        }
        match kind {
            CallKind::Save | CallKind::Release => self.written(step, session, kind, after, out),
            _ => self.carried(step, key, (kind, after.edits), out),
        }
        let record = self.record(key);
        record.lease = mine;
        if kind == CallKind::Acquire {
            record.taken = out.bad_read();
            let now = record.lineage.now();
            // An earlier try that commits late, on its own session's lease, is no new beginning.
            if holds != mine {
                self.visits.of(session.visit).lease = mine;
                self.begins(session, now, after.edits);
            }
        }
    }

    /// Data has been written.
    fn written(
        &mut self,
        step: &Step,
        session: Session,
        kind: CallKind,
        after: View,
        out: &mut Findings,
    ) {
        if self.visits.of(session.visit).branch.is_none() {
            self.begins(session, None, 0);
        }
        let visit = self.visits.of(session.visit);
        visit.committed = visit.committed.max(after.edits.saturating_sub(visit.base));
        visit.wrote = Some(after.edits);
        let lineage = &mut self.keys[session.key.0 as usize].lineage;
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
    fn removed(&mut self, step: &Step, key: Key, kind: CallKind, out: &mut Findings) {
        let written = self.record(key).lineage.written(None);
        self.count(step, kind.cause(), written, out);
        if written.acknowledged > 0 {
            out.violated(&INVARIANT, step, kind.cause(), || {
                format!("the {kind} wiped out {}", changes(written.acknowledged))
            });
        }
    }

    /// What a session has stored is acknowledged.
    fn acknowledged(&mut self, Session { visit, key, .. }: Session) {
        let Visit { branch: Some(branch), wrote: Some(wrote), .. } = *self.visits.of(visit) else {
            return;
        };
        let lineage = &mut self.record(key).lineage;
        if let Some(version) = lineage.at(branch, wrote) {
            lineage.acknowledged(version);
        }
    }

    fn ended(&mut self, session: Session, how: &'static Cause, bad_read: Option<&'static Cause>) {
        let bad_read = bad_read.or(self.record(session.key).taken);
        let fallen = self.fallen.contains(&session.server);
        let visit = self.visits.of(session.visit);
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
        visit: VisitId,
        kind: CallKind,
        end: CallEnd,
        sent: Moment,
        out: &mut Findings,
    ) {
        let visit = self.visits.of(visit);
        let Some(paused_at) = visit.paused_at else { return };
        match end {
            CallEnd::Done if sent > paused_at => visit.paused_at = None,
            CallEnd::Refused if kind == CallKind::Save => {
                out.reached("a save was rejected after a pause");
            }
            CallEnd::Done | CallEnd::Refused | CallEnd::Failed(_) | CallEnd::Silent => {}
        }
    }

    fn over(&mut self, step: &Step, session: Session, out: &mut Findings) {
        let visit = std::mem::take(self.visits.of(session.visit));
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
            self.record(session.key).lineage.ends(branch);
        }
    }

    /// Whatever was durable is not any more, and that is nobody's write.
    fn damaged(&mut self, step: &Step, key: Key, out: &mut Findings) {
        let gone = self.record(key).lineage.damaged();
        if gone > 0 {
            *self.lost.entry(DAMAGED.name).or_default() += gone;
            out.harmed(&LOST, step, &DAMAGED, gone, || {
                format!("damage took {} of {key}", numbers::plural(gone, "stored change"))
            });
        }
    }

    fn on_session(&mut self, step: &Step, session: Session, out: &mut Findings) {
        let visit = session.visit;
        match step.fact {
            Fact::Edited => self.visits.of(visit).accepted += 1,
            Fact::OwnerPaused => self.visits.of(visit).paused_at = Some(step.at),
            Fact::Answered { kind, end, sent } => self.answered(visit, kind, end, sent, out),
            Fact::WrongScope { .. } => self.visits.of(visit).wrong_scope = true,
            Fact::Loaded { edits, .. } => self.loaded(session, edits),
            Fact::Got { edits, behind, .. } => self.got(session, edits, behind),
            Fact::Saved => self.acknowledged(session),
            Fact::Ended { how, saved } => {
                if saved {
                    self.acknowledged(session);
                }
                self.ended(session, how, out.bad_read());
            }
            Fact::Over => self.over(step, session, out),
            _ => {}
        }
    }
}

impl Observer for Progress {
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

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        match (step.fact, step.server, step.key) {
            (Fact::Committed { kind, before, after: Some(after), .. }, ..) => {
                self.committed(step, kind, (before, after), out);
            }
            (Fact::Removed { kind, .. }, _, Some(key)) => self.removed(step, key, kind, out),
            (Fact::Damaged, _, Some(key)) => self.damaged(step, key, out),
            (Fact::FellBack, Some(server), _) => {
                self.fallen.insert(server);
            }
            (Fact::Booted, Some(server), _) => {
                self.fallen.remove(&server);
            }
            _ => {
                if let Some(session) = step.session() {
                    self.on_session(step, session, out);
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
mod tests {
    use super::super::testing::{Told, known, on_server, step};
    use super::*;
    use crate::library::Contract;
    use leasehold_core::JobId;

    /// Everything happens on s0.
    struct Story(Told<Progress>);

    impl Story {
        fn new() -> Story {
            let progress = Progress::new(&known(Contract::default()));
            Story(Told::to(progress.expect("all are held to it")))
        }

        fn tell(&mut self, visit: u32, fact: Fact) -> &mut Story {
            self.0.step(Step { server: Some(ServerId::new(0)), ..step(0, visit, fact) });
            self
        }

        fn commits(&mut self, visit: u32, kind: CallKind, edits: u64) -> &mut Story {
            let (owner, generation) = (Some((JobId(visit), 1)), Some(1));
            let after = Some(View { owner, generation, commit: Some(0), released: false, edits });
            self.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 })
        }

        fn lost(&self, cause: &str) -> Option<u64> {
            self.0.observer.lost.get(cause).copied()
        }

        fn found(&self) -> (u64, u64) {
            (self.0.observer.rolled_back, self.0.count())
        }
    }

    static TAKEN: Cause = Cause::new("taken", Class::TakenOver, "");

    const fn ended(how: &'static Cause, saved: bool) -> Fact {
        Fact::Ended { how, saved }
    }

    #[test]
    fn a_record_that_counts_no_generations_begins_anew_with_each_owner_all_the_same() {
        let mut story = Story::new();
        let commits = |story: &mut Story, visit, kind, edits| {
            let owner = Some((JobId(visit), 1));
            let after =
                Some(View { owner, generation: None, commit: None, released: false, edits });
            story.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 });
        };
        for (visit, edits) in [(0, 0), (1, 1), (2, 2)] {
            story.tell(visit, Fact::Asked);
            commits(&mut story, visit, CallKind::Acquire, edits);
            story.tell(visit, Fact::Edited);
            commits(&mut story, visit, CallKind::Save, edits + 1);
            story.tell(visit, Fact::Saved);
        }
        assert_eq!(story.0.out.count(&INVARIANT), 0);
    }

    #[test]
    fn changes_that_never_committed_are_lost_by_how_the_session_ended() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).tell(1, Fact::Edited).tell(1, Fact::Edited);
        story.commits(1, CallKind::Save, 1).tell(1, Fact::Saved);
        story.tell(1, ended(&cause::CRASH, false)).tell(1, Fact::Over);
        assert_eq!(story.lost("crash"), Some(1));
        assert_eq!(story.found(), (0, 0));
    }

    #[test]
    fn a_pause_is_to_blame_only_until_a_call_that_was_sent_later_is_done() {
        let done = |sent: u64| Fact::Answered {
            kind: CallKind::Save,
            end: CallEnd::Done,
            sent: Moment::from_micros(sent),
        };
        for (sent, cause) in [(0, "paused"), (1, "taken")] {
            let mut story = Story::new();
            story.commits(1, CallKind::Acquire, 0).tell(1, Fact::OwnerPaused).tell(1, done(sent));
            story.tell(1, Fact::Edited).tell(1, ended(&TAKEN, false)).tell(1, Fact::Over);
            assert_eq!(story.lost(cause), Some(1), "{:?}", story.0.observer.lost);
        }
    }

    #[test]
    fn what_a_server_without_a_datastore_acknowledges_is_lost_and_says_so() {
        let mut story = Story::new();
        story.0.step(on_server(0, 0, Fact::FellBack));
        story.tell(1, Fact::Edited).tell(1, Fact::Saved);
        story.tell(1, ended(&cause::RELEASED, false)).tell(1, Fact::Over);
        assert_eq!(story.lost("no datastore"), Some(1));
    }

    #[test]
    fn a_blind_write_based_on_older_data_rolls_back_what_was_acknowledged() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).commits(2, CallKind::Acquire, 0);
        story.commits(2, CallKind::Save, 3).tell(2, Fact::Saved);
        story.commits(1, CallKind::Save, 5);
        assert_eq!(story.found(), (3, 1));
    }

    #[test]
    fn an_older_payload_of_the_same_session_landing_late_is_found() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
        story.commits(1, CallKind::Save, 2);
        assert_eq!(story.found(), (2, 1));
    }

    #[test]
    fn an_acquire_that_commits_late_on_its_own_lease_is_no_new_beginning() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
        story.commits(1, CallKind::Acquire, 4).commits(1, CallKind::Save, 5);
        assert_eq!(story.found(), (0, 0));
    }

    #[test]
    fn a_release_that_says_all_is_saved_acknowledges() {
        let said = ended(&cause::RELEASED, true);
        let mut story = Story::new();
        story
            .commits(1, CallKind::Acquire, 0)
            .commits(2, CallKind::Acquire, 0)
            .tell(1, Fact::Edited);
        story.commits(1, CallKind::Release, 1).tell(1, said);
        assert_eq!(story.0.count(), 0);
        story.commits(2, CallKind::Save, 2);
        assert_eq!(story.found(), (1, 1), "a stale write wiped it out");
    }

    /// A library that reads when it begins, and writes over whatever is there.
    fn blind(story: &mut Story, visit: u32, read: Option<u64>, edits: u64) {
        if let Some(edits) = read {
            story.tell(visit, Fact::Got { edits, stale: false, behind: 0 });
        }
        let edits_read = read.unwrap_or(0);
        let loaded = Fact::Loaded {
            how: &cause::STARTED,
            edits: edits_read,
            latency_us: 0,
            calls: 1,
            retries: 0,
        };
        story.tell(visit, loaded);
        for _ in 0..edits {
            story.tell(visit, Fact::Edited);
        }
    }

    fn writes(story: &mut Story, visit: u32, edits: u64) {
        let (owner, generation, commit) = (None, None, None);
        let after = Some(View { owner, generation, commit, released: true, edits });
        let kind = CallKind::Save;
        story.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 });
        story.tell(visit, Fact::Saved);
    }

    #[test]
    fn what_all_have_stored_before_is_wiped_out_by_one_who_could_not_read_it() {
        let mut story = Story::new();
        for (visit, read) in [(0, 0), (1, 50), (2, 100)] {
            blind(&mut story, visit, Some(read), 50);
            writes(&mut story, visit, read + 50);
            story.tell(visit, ended(&cause::RELEASED, true)).tell(visit, Fact::Over);
        }
        // One whose last visit changed nothing wipes out no less.
        blind(&mut story, 3, Some(150), 0);
        writes(&mut story, 3, 150);
        story.tell(3, ended(&cause::RELEASED, true)).tell(3, Fact::Over);
        assert_eq!(story.found(), (0, 0));
        blind(&mut story, 4, None, 11);
        writes(&mut story, 4, 11);
        assert_eq!(story.found(), (150, 1));
        let [sentence] = &story.0.sentences()[..] else { panic!("one is found") };
        assert!(sentence.contains(" wiped out 150 acknowledged changes"), "{sentence}");
    }

    #[test]
    fn changes_that_are_written_again_are_not_rolled_back_any_more_nor_lost() {
        let mut story = Story::new();
        blind(&mut story, 1, Some(0), 3);
        blind(&mut story, 2, Some(0), 2);
        for (visit, edits, gone) in [(1, 3, 0), (2, 2, 3), (1, 3, 2), (2, 2, 3)] {
            writes(&mut story, visit, edits);
            assert_eq!(story.found().0, gone);
        }
        for visit in [1, 2] {
            story.tell(visit, ended(&cause::RELEASED, true)).tell(visit, Fact::Over);
        }
        assert!(story.0.observer.lost.is_empty());
        assert_eq!(story.found(), (3, 3), "each write that wiped out what was acknowledged");
    }

    #[test]
    fn a_removed_key_takes_all_that_was_acknowledged_with_it() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
        story.tell(2, Fact::Removed { kind: CallKind::Remove, before: None });
        assert_eq!(story.found(), (4, 1));
    }
}
