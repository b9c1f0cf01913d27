//! Which changes of a session no answered save has taken along.
//!
//! ```text
//!   Edited --> waiting --[a save or release is sent]--> under way --[Saved, or the release is done]--> settled
//!                                                           '--[Ended]--> ended unsaved
//! ```
//!
//! A save takes along whatever waits. An answer counts only if it is that of the call under way: a
//! call that was given up on for another settles nothing when it is answered after all.

use crate::ids::VisitId;
use crate::library::CallKind;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, Session, Step};

/// The changes of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(align(64))]
pub struct Changes {
    /// When the oldest change was made that no save has taken along.
    pub waiting: Option<Moment>,
    /// When the oldest change was made that the save under way has.
    pub under_way: Option<Moment>,
    /// When the call under way was sent, whatever it is for.
    pub busy: Option<Moment>,
    /// When the last call came to its end.
    pub free_since: Moment,
    /// The session, since its first change.
    pub session: Option<Session>,
}

impl Changes {
    /// When the oldest change was made that is not known to be saved.
    pub fn oldest(&self) -> Option<Moment> {
        self.under_way.or(self.waiting)
    }
}

/// The unsaved changes of all sessions.
#[derive(Debug, Default)]
pub struct Unsaved {
    visits: Rows<Changes>,
    /// What the session of the present step was like before it.
    before: Changes,
    settled_us: Option<u64>,
    ended_us: Option<u64>,
}

impl Unsaved {
    /// The changes of a session.
    pub fn of(&self, visit: VisitId) -> Changes {
        self.visits.get(visit).copied().unwrap_or_default()
    }

    pub(crate) fn warm(&self, visit: VisitId) {
        self.visits.warm(visit);
    }

    /// The changes of all sessions, by visit.
    pub fn iter(&self) -> impl Iterator<Item = (VisitId, &Changes)> {
        self.visits.iter()
    }

    /// The changes of the present step's session before it, if the step is the sending or the
    /// answer of a call.
    pub fn before(&self) -> Changes {
        self.before
    }

    /// How old the oldest change was that the present step has settled, in microseconds.
    pub fn settled_us(&self) -> Option<u64> {
        self.settled_us
    }

    /// How old the oldest change was that the present step's session has ended without saving, in
    /// microseconds.
    pub fn ended_us(&self) -> Option<u64> {
        self.ended_us
    }

    #[inline]
    pub(crate) fn on_step(&mut self, step: &Step) {
        (self.settled_us, self.ended_us) = (None, None);
        let Some(session) = step.session() else { return };
        match step.fact {
            Fact::Asked => *self.visits.of(session.visit) = Changes::default(),
            Fact::Edited => {
                let changes = self.visits.of(session.visit);
                changes.waiting.get_or_insert(step.at);
                changes.session = Some(session);
            }
            Fact::Sent { kind, .. } => self.sent(session.visit, step.at, kind),
            Fact::Saved => self.settle(session.visit, step.at),
            Fact::Answered { kind, end, sent } => {
                let changes = self.visits.of(session.visit);
                self.before = *changes;
                if changes.busy != Some(sent) {
                    return;
                }
                (changes.busy, changes.free_since) = (None, step.at);
                if kind == CallKind::Release && end == CallEnd::Done {
                    self.settle(session.visit, step.at);
                }
            }
            Fact::Ended { .. } => {
                let changes = std::mem::take(self.visits.of(session.visit));
                self.ended_us = changes.oldest().map(|since| step.at.since(since));
            }
            _ => {}
        }
    }

    fn sent(&mut self, visit: VisitId, at: Moment, kind: CallKind) {
        let changes = self.visits.of(visit);
        self.before = *changes;
        changes.busy = Some(at);
        if matches!(kind, CallKind::Save | CallKind::Release) {
            changes.under_way = changes.oldest();
            changes.waiting = None;
        }
    }

    /// What was under way is saved.
    fn settle(&mut self, visit: VisitId, at: Moment) {
        let under_way = self.visits.of(visit).under_way.take();
        self.settled_us = under_way.map(|since| at.since(since));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause;
    use crate::ids::ServerId;
    use leasehold_core::Key;

    /// The ages that a story settles, and those that it ends with unsaved changes.
    fn ages(story: &[(u64, Fact)]) -> (Vec<u64>, Vec<u64>) {
        let (mut unsaved, mut settled, mut ended) = (Unsaved::default(), Vec::new(), Vec::new());
        for &(us, fact) in story {
            let (server, visit) = (Some(ServerId::new(0)), Some(VisitId::new(0)));
            let at = Moment::from_micros(us);
            unsaved.on_step(&Step { at, server, visit, key: Some(Key(0)), fact });
            settled.extend(unsaved.settled_us());
            ended.extend(unsaved.ended_us());
        }
        (settled, ended)
    }

    const fn sent(kind: CallKind) -> Fact {
        Fact::Sent { kind, attempt: 0 }
    }

    fn done(kind: CallKind, us: u64) -> Fact {
        Fact::Answered { kind, end: CallEnd::Done, sent: Moment::from_micros(us) }
    }

    #[test]
    fn a_save_settles_what_waited_when_it_was_sent_and_the_end_tells_what_never_was() {
        let story = [(1, Fact::Edited), (3, sent(CallKind::Save)), (5, Fact::Edited)];
        let rest = [(7, Fact::Saved), (9, Fact::Ended { how: &cause::CRASH, saved: false })];
        assert_eq!(ages(&[&story[..], &rest[..]].concat()), (vec![6], vec![4]));
    }

    #[test]
    fn a_release_settles_when_it_is_done_unless_it_was_given_up_on() {
        let release = sent(CallKind::Release);
        let story = [(1, Fact::Edited), (3, release), (8, done(CallKind::Release, 3))];
        assert_eq!(ages(&story).0, [7]);
        let again =
            [(1, Fact::Edited), (3, release), (6, release), (8, done(CallKind::Release, 3))];
        assert_eq!(ages(&again).0, [0; 0]);
    }
}
