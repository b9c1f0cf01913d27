//! What was acknowledged is never overwritten by older data; and what became of every change that
//! players made.
//!
//! The model counts changes by visit: accepted, landed, acknowledged. A write that lands brings all
//! its session's changes so far. If it is based on an older state than the one it replaces, it
//! wipes out what others have written since: a *rollback*, and a violation if any of that was
//! acknowledged. When nothing of a visit can land any more, the changes that were accepted but
//! never landed are *lost*, by how its session ended.
//!
//! A write that lands in another scope than the one that is meant has landed nowhere: what it
//! acknowledges vanishes. And a session that gets a lease brings no data: if there is less of it
//! afterwards, what was there was overwritten.

use super::{CallEnd, Fact, Findings, Known, Observer, Rows, Rule, Step};
use crate::fault::Misled;
use crate::library::{CallKind, View};
use crate::schedule::Moment;
use crate::slab::NONE;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Progress {
    /// A write that changes nothing may be one that has found another's record.
    echoes: bool,
    visits: Rows<Visit>,
    keys: Vec<Key>,
    /// Servers that run without a datastore.
    fallen: BTreeSet<u32>,
    /// Changes that never became durable, by cause.
    pub(crate) lost: BTreeMap<&'static str, u64>,
    /// Durable changes that were wiped out.
    pub(crate) rolled_back: u64,
}

#[derive(Clone, Default)]
struct Visit {
    /// With which generation it holds the key; 0 before it does.
    generation: u64,
    /// Changes that the data had seen when the session got it.
    base_edits: u64,
    /// Writes of data that the key had seen then.
    base_writes: u32,
    accepted: u64,
    landed: u64,
    acknowledged: u64,
    /// Writes of data that have landed and were not acknowledged yet.
    unanswered: u32,
    /// When it was frozen, until a call that was sent later has done what it should.
    frozen_at: Option<Moment>,
    /// It has written to another scope.
    astray: bool,
    cause: Option<&'static str>,
}

#[derive(Clone)]
struct Key {
    /// With which generation its record was last written.
    generation: u64,
    writes: u32,
    /// The visit that wrote last.
    writer: u32,
    landed: u64,
    acknowledged: u64,
    /// Changes that the data had seen in all when it was last acknowledged.
    safe: u64,
    /// What the session went by that holds the key, if not by what was there.
    robbed: Option<&'static str>,
}

impl Progress {
    pub(super) fn new(known: Known, keys: usize) -> Progress {
        let key = Key {
            generation: 0,
            writes: 0,
            writer: NONE,
            landed: 0,
            acknowledged: 0,
            safe: 0,
            robbed: None,
        };
        Progress {
            echoes: known.contract.echoes,
            visits: Rows::default(),
            keys: vec![key; keys],
            fallen: BTreeSet::new(),
            lost: BTreeMap::new(),
            rolled_back: 0,
        }
    }

    /// A session that takes no lease goes by what it has read.
    fn got(&mut self, step: &Step, edits: u64, stale: bool) {
        let writes = self.keys[step.key as usize].writes;
        let visit = self.visits.of(step.visit);
        if visit.generation == 0 {
            visit.base_edits = edits;
            visit.base_writes = writes.saturating_sub(u32::from(stale));
        }
    }

    /// A session that has made no call of its own begins with what its server has taken.
    fn loaded(&mut self, step: &Step, edits: u64) {
        let Key { generation, writes, .. } = self.keys[step.key as usize];
        let visit = self.visits.of(step.visit);
        if visit.generation == 0 && generation > 0 {
            (visit.generation, visit.base_edits, visit.base_writes) = (generation, edits, writes);
        }
    }

    /// A session has got its lease, over data that there was more of.
    fn overwritten(&mut self, step: &Step, before: View, after: View, out: &mut Findings) {
        let key = &mut self.keys[step.key as usize];
        self.rolled_back += before.edits - after.edits;
        let acknowledged = before.edits.min(key.safe).saturating_sub(after.edits);
        (key.landed, key.acknowledged, key.safe) = (0, 0, after.edits);
        if acknowledged > 0 {
            out.violated(Rule::Acknowledged, step.place(), "overwritten", || {
                format!("a start overwrote {acknowledged} acknowledged changes")
            });
        }
    }

    fn landed(
        &mut self,
        step: &Step,
        kind: CallKind,
        (before, after): (Option<View>, View),
        out: &mut Findings,
    ) {
        if let Some(before) = before.filter(|_| kind == CallKind::Acquire)
            && before.edits > after.edits
        {
            self.overwritten(step, before, after, out);
        }
        let visit = self.visits.of(step.visit);
        let key = &mut self.keys[step.key as usize];
        if self.echoes && before == Some(after) && visit.generation != after.generation {
            return;
        }
        key.generation = after.generation;
        match kind {
            CallKind::Acquire => {
                key.robbed = out.misled;
                // An earlier try that lands late, on its own session's lease, is no new beginning.
                if visit.generation != after.generation {
                    visit.generation = after.generation;
                    visit.base_edits = after.edits;
                    visit.base_writes = key.writes;
                }
                return;
            }
            CallKind::Renew
            | CallKind::Read
            | CallKind::Message
            | CallKind::Remove
            | CallKind::Versions => return,
            CallKind::Save | CallKind::Release | CallKind::Overwrite => {}
        }
        let mine = after.edits.saturating_sub(visit.base_edits);
        let others = key.writer != step.visit && key.writes > visit.base_writes;
        let (wiped, acknowledged) = if others {
            (key.landed, key.acknowledged)
        } else {
            (visit.landed.saturating_sub(mine), visit.acknowledged.saturating_sub(mine))
        };
        self.rolled_back += wiped;
        if acknowledged > 0 {
            out.violated(Rule::Acknowledged, step.place(), kind.name(), || {
                format!(
                    "the {kind} based on older data wiped out {acknowledged} acknowledged changes"
                )
            });
        }
        visit.landed = mine;
        visit.unanswered += 1;
        *key = Key {
            generation: key.generation,
            writes: key.writes + 1,
            writer: step.visit,
            landed: mine,
            acknowledged: visit.acknowledged,
            safe: key.safe.min(after.edits),
            robbed: key.robbed,
        };
    }

    fn saved(&mut self, step: &Step, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        if std::mem::take(&mut visit.unanswered) == 0 {
            let place = if visit.astray { "landed in another scope" } else { "has not landed" };
            out.violated(Rule::Acknowledged, step.place(), "nothing landed", || {
                format!("a save was acknowledged that {place}")
            });
        }
        self.acknowledged(step);
    }

    fn acknowledged(&mut self, step: &Step) {
        let visit = self.visits.of(step.visit);
        visit.acknowledged = visit.landed;
        let key = &mut self.keys[step.key as usize];
        if key.writer == step.visit {
            key.acknowledged = visit.acknowledged;
            key.safe = visit.base_edits + visit.acknowledged;
        }
    }

    /// A release that is said to have stored everything acknowledges as a save does.
    fn released(&mut self, step: &Step, out: &mut Findings) {
        let visit = self.visits.of(step.visit);
        if visit.landed < visit.accepted {
            let missing = visit.accepted - visit.landed;
            out.violated(Rule::Acknowledged, step.place(), "nothing landed", || {
                format!("a release said that all is saved; {missing} changes have not landed")
            });
        }
        self.acknowledged(step);
    }

    fn ended(&mut self, step: &Step, how: &'static str, saved: bool, out: &mut Findings) {
        if saved {
            self.released(step, out);
        }
        let misled = out.misled.or(self.keys[step.key as usize].robbed);
        let visit = self.visits.of(step.visit);
        visit.cause = Some(match how {
            "crash" | "out of memory" => how,
            _ if self.fallen.contains(&step.server) => "no datastore",
            _ if visit.astray => Misled::Scope.name(),
            "taken" | "removed" if misled.is_some() => misled.unwrap_or(how),
            _ if visit.frozen_at.is_some() => "freeze",
            _ => how,
        });
    }

    fn answered(
        &mut self,
        step: &Step,
        kind: CallKind,
        end: CallEnd,
        sent: Moment,
        out: &mut Findings,
    ) {
        let visit = self.visits.of(step.visit);
        let Some(frozen_at) = visit.frozen_at else { return };
        match end {
            CallEnd::Done if sent > frozen_at => visit.frozen_at = None,
            CallEnd::Refused if kind == CallKind::Save => {
                out.reached("a save was refused after a freeze");
            }
            CallEnd::Done | CallEnd::Refused | CallEnd::Failed(_) | CallEnd::Silent => {}
        }
    }

    fn over(&mut self, step: &Step, out: &mut Findings) {
        let visit = std::mem::take(self.visits.of(step.visit));
        let lost = visit.accepted.saturating_sub(visit.landed);
        if lost > 0 {
            *self.lost.entry(visit.cause.unwrap_or("unknown")).or_default() += lost;
            if visit.cause == Some("crash") {
                out.reached("a crash cost changes");
            }
        }
        let key = &mut self.keys[step.key as usize];
        if key.writer == step.visit {
            // The name may be used again; whoever comes next is based on this write or later.
            key.writer = NONE;
        }
    }
}

impl Observer for Progress {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Edited => self.visits.of(step.visit).accepted += 1,
            Fact::Freezes => self.visits.of(step.visit).frozen_at = Some(step.at),
            Fact::Answered { kind, end, sent } => self.answered(step, kind, end, sent, out),
            Fact::Landed { kind, before, after, .. } => {
                self.landed(step, kind, (before, after), out);
            }
            Fact::Strayed { .. } => self.visits.of(step.visit).astray = true,
            Fact::Loaded { edits, .. } => self.loaded(step, edits),
            Fact::Got { edits, stale } => self.got(step, edits, stale),
            Fact::Saved => self.saved(step, out),
            Fact::Ended { how, saved } => self.ended(step, how, saved, out),
            Fact::Over => self.over(step, out),
            Fact::FellBack => {
                self.fallen.insert(step.server);
            }
            Fact::Booted => {
                self.fallen.remove(&step.server);
            }
            // Whatever was durable is not any more, and that is nobody's write.
            Fact::Damaged => {
                let key = &mut self.keys[step.key as usize];
                let landed = std::mem::take(&mut key.landed);
                (key.acknowledged, key.safe) = (0, 0);
                key.writer = NONE;
                if landed > 0 {
                    *self.lost.entry("damaged").or_default() += landed;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Contract;

    struct Story(Progress, Findings);

    impl Story {
        fn new() -> Story {
            let (contract, drift_ppm, heal) = (Contract::NAIVE, 0, None);
            let known = Known { contract, drift_ppm, heal, goods: false };
            Story(Progress::new(known, 1), Findings::default())
        }

        fn tell(&mut self, visit: u32, fact: Fact) -> &mut Story {
            self.0.on_step(&Step { at: Moment::ZERO, server: 0, visit, key: 0, fact }, &mut self.1);
            self
        }

        fn lands(&mut self, visit: u32, kind: CallKind, edits: u64) -> &mut Story {
            let after =
                View { owner: (visit, 1), generation: 1, commit: 0, released: false, edits };
            self.tell(visit, Fact::Landed { kind, before: None, after, clock_us: 0 })
        }

        fn violations(&self) -> u64 {
            self.1.count(Rule::Acknowledged as usize)
        }
    }

    #[test]
    fn changes_that_never_landed_are_lost_by_how_the_session_ended() {
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).tell(1, Fact::Edited).tell(1, Fact::Edited);
        story.lands(1, CallKind::Save, 1).tell(1, Fact::Saved);
        story.tell(1, Fact::Ended { how: "crash", saved: false }).tell(1, Fact::Over);
        assert_eq!(story.0.lost.get("crash"), Some(&1));
        assert_eq!((story.0.rolled_back, story.violations()), (0, 0));
    }

    #[test]
    fn a_freeze_is_to_blame_only_until_a_call_that_was_sent_later_is_done() {
        let done = |sent: u64| Fact::Answered {
            kind: CallKind::Save,
            end: CallEnd::Done,
            sent: Moment::from_micros(sent),
        };
        for (sent, cause) in [(0, "freeze"), (1, "taken")] {
            let mut story = Story::new();
            story.lands(1, CallKind::Acquire, 0).tell(1, Fact::Freezes).tell(1, done(sent));
            story
                .tell(1, Fact::Edited)
                .tell(1, Fact::Ended { how: "taken", saved: false })
                .tell(1, Fact::Over);
            assert_eq!(story.0.lost.get(cause), Some(&1), "{:?}", story.0.lost);
        }
    }

    #[test]
    fn what_a_server_without_a_datastore_acknowledges_is_lost_and_says_so() {
        let mut story = Story::new();
        story.tell(NONE, Fact::FellBack).tell(1, Fact::Edited).tell(1, Fact::Saved);
        story.tell(1, Fact::Ended { how: "released", saved: false }).tell(1, Fact::Over);
        assert_eq!(story.0.lost.get("no datastore"), Some(&1));
        assert_eq!(story.violations(), 1);
    }

    #[test]
    fn a_blind_write_based_on_older_data_rolls_back_what_was_acknowledged() {
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).lands(2, CallKind::Acquire, 0);
        story.lands(2, CallKind::Save, 3).tell(2, Fact::Saved);
        story.lands(1, CallKind::Save, 5);
        assert_eq!((story.0.rolled_back, story.violations()), (3, 1));
    }

    #[test]
    fn an_older_payload_of_the_same_session_landing_late_is_found() {
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).lands(1, CallKind::Save, 4).tell(1, Fact::Saved);
        story.lands(1, CallKind::Save, 2);
        assert_eq!((story.0.rolled_back, story.violations()), (2, 1));
    }

    #[test]
    fn an_acquire_that_lands_late_on_its_own_lease_is_no_new_beginning() {
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).lands(1, CallKind::Save, 4).tell(1, Fact::Saved);
        story.lands(1, CallKind::Acquire, 4).lands(1, CallKind::Save, 5);
        assert_eq!((story.0.rolled_back, story.violations()), (0, 0));
    }

    #[test]
    fn a_release_that_says_all_is_saved_acknowledges_and_must_be_right() {
        let said = Fact::Ended { how: "released", saved: true };
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).tell(1, Fact::Edited).tell(1, said);
        assert_eq!(story.violations(), 1, "nothing has landed");
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).lands(2, CallKind::Acquire, 0).tell(1, Fact::Edited);
        story.lands(1, CallKind::Release, 1).tell(1, said);
        assert_eq!(story.violations(), 0);
        story.lands(2, CallKind::Save, 2);
        assert_eq!((story.0.rolled_back, story.violations()), (1, 1), "a stale write wiped it out");
    }

    #[test]
    fn an_acknowledgement_without_a_write_is_found() {
        let mut story = Story::new();
        story.lands(1, CallKind::Acquire, 0).tell(1, Fact::Saved);
        assert_eq!(story.violations(), 1);
    }
}
