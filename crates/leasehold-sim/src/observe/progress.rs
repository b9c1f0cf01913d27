//! What was acknowledged is never overwritten by older data; and what became of every change that
//! players made.
//!
//! The model counts changes by visit: accepted, committed, acknowledged. A write that commits
//! brings all its session's changes so far. If it is based on an older state than the one it
//! replaces, it wipes out what others have written since: a *rollback*, and a violation if any of
//! that was acknowledged. When nothing of a visit can commit any more, the changes that were
//! accepted but never committed are *lost*, by how its session ended.
//!
//! A write that commits in another scope than the one that is meant has committed nowhere: what it
//! acknowledges vanishes. And a session that gets a lease brings no data: if there is less of it
//! afterwards, what was there was overwritten.

use super::{About, Findings, Invariant, Known, Observer};
use crate::cause::{self, Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, View};
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use leasehold_core::{JobId, Key};
use std::collections::{BTreeMap, BTreeSet};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "acknowledged_saves_survive",
    "what was acknowledged is never overwritten by older data",
)
.about(About::Data);

static OVERWRITTEN: Cause = Cause::new("overwritten", Class::Harm, "a start overwrote it");
static NOTHING_LANDED: Cause =
    Cause::new("nothing committed", Class::Harm, "what was acknowledged has not committed");
static DAMAGED: Cause = Cause::new("damaged", Class::Damaged, "the record was damaged");

pub(crate) struct Progress {
    /// A write that changes nothing may be one that has found another's record.
    echoes: bool,
    visits: Rows<Visit>,
    keys: Vec<Record>,
    /// Servers that run without a datastore.
    fallen: BTreeSet<ServerId>,
    /// Changes that never became durable, by cause.
    pub(crate) lost: BTreeMap<&'static str, u64>,
    /// Durable changes that were wiped out.
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
    /// Changes that the data had seen when the session got it.
    base_edits: u64,
    /// Writes of data that the key had seen then.
    base_writes: u32,
    accepted: u64,
    committed: u64,
    acknowledged: u64,
    /// Writes of data that have committed and were not acknowledged yet.
    pending: u32,
    /// When it was paused, until a call that was sent later has done what it should.
    paused_at: Option<Moment>,
    /// It has written to another scope.
    wrong_scope: bool,
    cause: Option<&'static Cause>,
}

/// What is known of a key's record.
#[derive(Clone, Default)]
struct Record {
    /// By which lease it was last written; nothing before it was.
    lease: Option<Lease>,
    writes: u32,
    /// The visit that wrote last.
    writer: Option<VisitId>,
    committed: u64,
    acknowledged: u64,
    /// Changes that the data had seen in all when it was last acknowledged.
    safe: u64,
    /// What the session went by that holds the key, if not by what was there.
    taken: Option<&'static Cause>,
}

impl Progress {
    pub(super) fn new(known: &Known) -> Option<Progress> {
        Some(Progress {
            echoes: known.contract.echoes,
            visits: Rows::default(),
            keys: vec![Record::default(); known.players as usize],
            fallen: BTreeSet::new(),
            lost: BTreeMap::new(),
            rolled_back: 0,
        })
    }

    fn record(&mut self, key: Key) -> &mut Record {
        &mut self.keys[key.0 as usize]
    }

    /// A session that takes no lease goes by what it has read.
    fn got(&mut self, Session { visit, key, .. }: Session, edits: u64, stale: bool) {
        let writes = self.record(key).writes;
        let visit = self.visits.of(visit);
        if visit.lease.is_none() {
            visit.base_edits = edits;
            visit.base_writes = writes.saturating_sub(u32::from(stale));
        }
    }

    /// A session that has made no call of its own begins with what its server has taken.
    fn loaded(&mut self, Session { visit, key, .. }: Session, edits: u64) {
        let Record { lease, writes, .. } = *self.record(key);
        let visit = self.visits.of(visit);
        if visit.lease.is_none() && lease.is_some() {
            (visit.lease, visit.base_edits, visit.base_writes) = (lease, edits, writes);
        }
    }

    /// Somebody who brings no data has written over data that there was more of.
    fn overwritten(
        &mut self,
        step: &Step,
        who: &str,
        before: View,
        after: View,
        out: &mut Findings,
    ) {
        let Some(key) = step.key else { return };
        self.rolled_back += before.edits - after.edits;
        let record = self.record(key);
        let acknowledged = before.edits.min(record.safe).saturating_sub(after.edits);
        (record.committed, record.acknowledged, record.safe) = (0, 0, after.edits);
        if acknowledged > 0 {
            out.violated(&INVARIANT, step, &OVERWRITTEN, || {
                format!("{who} overwrote {acknowledged} acknowledged changes")
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
        let shrinks = before.filter(|before| before.edits > after.edits);
        let Some(session) = step.session() else {
            if let Some(before) = shrinks {
                self.overwritten(step, "a write on nobody's behalf", before, after, out);
            }
            return;
        };
        if let Some(before) = shrinks.filter(|_| kind == CallKind::Acquire) {
            self.overwritten(step, "a start", before, after, out);
        }
        let visit = self.visits.of(session.visit);
        let record = &mut self.keys[session.key.0 as usize];
        if self.echoes && before == Some(after) && visit.lease != lease(after) {
            return;
        }
        record.lease = lease(after);
        match kind {
            CallKind::Acquire => {
                record.taken = out.bad_read();
                // An earlier try that commits late, on its own session's lease, is no new
                // beginning.
                if visit.lease != lease(after) {
                    visit.lease = lease(after);
                    visit.base_edits = after.edits;
                    visit.base_writes = record.writes;
                }
            }
            CallKind::Renew
            | CallKind::Read
            | CallKind::Message
            | CallKind::Remove
            | CallKind::Versions => {}
            CallKind::Save | CallKind::Release | CallKind::Overwrite => {
                self.written(step, session, kind, after, out);
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
        let visit = self.visits.of(session.visit);
        let record = &mut self.keys[session.key.0 as usize];
        let mine = after.edits.saturating_sub(visit.base_edits);
        let others = record.writer != Some(session.visit) && record.writes > visit.base_writes;
        let (wiped, acknowledged) = if others {
            (record.committed, record.acknowledged)
        } else {
            (visit.committed.saturating_sub(mine), visit.acknowledged.saturating_sub(mine))
        };
        self.rolled_back += wiped;
        if acknowledged > 0 {
            out.violated(&INVARIANT, step, kind.cause(), || {
                format!(
                    "the {kind} based on older data wiped out {acknowledged} acknowledged changes"
                )
            });
        }
        visit.committed = mine;
        visit.pending += 1;
        *record = Record {
            lease: record.lease,
            writes: record.writes + 1,
            writer: Some(session.visit),
            committed: mine,
            acknowledged: visit.acknowledged,
            safe: record.safe.min(after.edits),
            taken: record.taken,
        };
    }

    fn saved(&mut self, step: &Step, session: Session, out: &mut Findings) {
        let visit = self.visits.of(session.visit);
        if std::mem::take(&mut visit.pending) == 0 {
            let place =
                if visit.wrong_scope { "committed in another scope" } else { "has not committed" };
            out.violated(&INVARIANT, step, &NOTHING_LANDED, || {
                format!("a save was acknowledged that {place}")
            });
        }
        self.acknowledged(session);
    }

    fn acknowledged(&mut self, session: Session) {
        let visit = self.visits.of(session.visit);
        visit.acknowledged = visit.committed;
        let record = &mut self.keys[session.key.0 as usize];
        if record.writer == Some(session.visit) {
            record.acknowledged = visit.acknowledged;
            record.safe = visit.base_edits + visit.acknowledged;
        }
    }

    /// A release that is said to have stored everything acknowledges as a save does.
    fn released(&mut self, step: &Step, session: Session, out: &mut Findings) {
        let visit = self.visits.of(session.visit);
        if visit.committed < visit.accepted {
            let missing = visit.accepted - visit.committed;
            out.violated(&INVARIANT, step, &NOTHING_LANDED, || {
                format!("a release said that all is saved; {missing} changes have not committed")
            });
        }
        self.acknowledged(session);
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

    fn over(&mut self, session: Session, out: &mut Findings) {
        let visit = std::mem::take(self.visits.of(session.visit));
        let lost = visit.accepted.saturating_sub(visit.committed);
        if lost > 0 {
            let cause = visit.cause.unwrap_or(&cause::UNKNOWN);
            *self.lost.entry(cause.name).or_default() += lost;
            if cause.class == Class::Crash {
                out.reached("a crash cost changes");
            }
        }
        let record = self.record(session.key);
        if record.writer == Some(session.visit) {
            // The name may be used again; whoever comes next is based on this write or later.
            record.writer = None;
        }
    }

    /// Whatever was durable is not any more, and that is nobody's write.
    fn damaged(&mut self, key: Key) {
        let record = self.record(key);
        let committed = std::mem::take(&mut record.committed);
        (record.acknowledged, record.safe, record.writer) = (0, 0, None);
        if committed > 0 {
            *self.lost.entry(DAMAGED.name).or_default() += committed;
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
            Fact::Got { edits, stale } => self.got(session, edits, stale),
            Fact::Saved => self.saved(step, session, out),
            Fact::Ended { how, saved } => {
                if saved {
                    self.released(step, session, out);
                }
                self.ended(session, how, out.bad_read());
            }
            Fact::Over => self.over(session, out),
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
            (Fact::Damaged, _, Some(key)) => self.damaged(key),
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
        assert_eq!(story.0.count(), 1);
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
    fn a_release_that_says_all_is_saved_acknowledges_and_must_be_right() {
        let said = ended(&cause::RELEASED, true);
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).tell(1, Fact::Edited).tell(1, said);
        assert_eq!(story.0.count(), 1, "nothing has committed");
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

    #[test]
    fn an_acknowledgement_without_a_write_is_found() {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).tell(1, Fact::Saved);
        assert_eq!(story.0.count(), 1);
    }
}
