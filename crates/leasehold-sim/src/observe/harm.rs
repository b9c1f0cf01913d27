//! Harm: what players feel, whether or not anybody has promised that it will not happen.
//!
//! That players lost progress or could not get in breaks no invariant of most libraries, and is
//! what people come for. So each kind is a class of findings like any other, by its cause: counted,
//! shrunk, explained, and bounded by a scenario that does not want it.
//!
//! ```text
//!   lost, rolled_back             progress: changes, counted one by one
//!   gave_up, slow_to_play         players, from their first attempt on
//!   rejected_start, slow_start    starts
//!   lost_session, orphaned_lock   sessions
//!   mark                          anything else that came up, by its name
//! ```
//!
//! Here are the kinds, and the observer of all that are not about changes.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known, Location};
use crate::cause::{self, Cause, Class};
use crate::library::View;
use crate::model::{Models, Wish};
use crate::schedule::Moment;
use crate::step::{Fact, FactKind, Facts, Session, Step};
use leasehold_core::{JobId, Key};
use leasehold_data::numbers;
use std::collections::BTreeMap;

/// Changes that were accepted and never stored, by how their session ended.
pub(crate) static LOST: Invariant =
    Invariant::harm("lost", "changes that were accepted and never stored").about(About::Data);
/// Changes that were stored and are not there any more, by what wrote over them.
pub(crate) static ROLLED_BACK: Invariant =
    Invariant::harm("rolled_back", "changes that were stored and written over").about(About::Data);
static GAVE_UP: Invariant = Invariant::harm("gave_up", "players who wanted in and gave up");
/// Sessions that ended against the player's will, by what ended them.
pub(crate) static LOST_SESSION: Invariant =
    Invariant::harm("lost_session", "sessions that ended while their player was there");
/// Records that are left with the name of a session that is over, by how that ended.
pub(crate) static ORPHANED_LOCK: Invariant =
    Invariant::harm("orphaned_lock", "records left locked by a session that is over")
        .about(About::Release);
static REJECTED_START: Invariant = Invariant::harm("rejected_start", "starts that were rejected");
static SLOW_TO_PLAY: Invariant =
    Invariant::harm("slow_to_play", "players who waited too long, rejections included");
static SLOW_START: Invariant = Invariant::harm("slow_start", "starts that took too long");

/// That a mark was reached, as a finding: its class has the mark's name for a cause.
pub(crate) static MARK: Invariant = Invariant::harm("mark", "a state that came up");
pub(crate) static REACHED: Cause = Cause::new("mark", Class::Other, "it came up");

static PATIENCE: Cause = Cause::new("patience", Class::Cancelled, "the player had waited enough");

/// All kinds of harm, the worst first.
pub static HARMS: [&Invariant; 8] = [
    &LOST,
    &ROLLED_BACK,
    &GAVE_UP,
    &LOST_SESSION,
    &ORPHANED_LOCK,
    &REJECTED_START,
    &SLOW_TO_PLAY,
    &SLOW_START,
];

pub(crate) struct Harm {
    slow_start_us: u64,
    slow_to_play_us: u64,
    /// Since when records are left locked, by key.
    orphaned: BTreeMap<Key, Moment>,
    /// For how long records were, as far as that is over, in microseconds.
    pub(crate) orphaned_us: u64,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Visit {
    /// How it came by its key, while its start is open.
    conflict: Option<&'static Cause>,
    /// By what name it has locked its record.
    lock: Lock,
    ended: Option<&'static Cause>,
}

/// Who has locked a record: a server process, and which of its sessions. Nobody, if nobody has.
pub(super) type Lock = Option<(JobId, u32)>;

/// The lock that a record shows.
fn lock(view: View) -> Lock {
    view.owner.filter(|_| !view.released)
}

impl Harm {
    pub(super) fn new(known: &Known) -> Option<Harm> {
        Some(Harm {
            slow_start_us: leasehold_core::micros(known.slow.start),
            slow_to_play_us: leasehold_core::micros(known.slow.to_play),
            orphaned: BTreeMap::new(),
            orphaned_us: 0,
        })
    }

    fn wish(&self, at: Moment, wish: Wish, out: &mut Findings) {
        let Wish { key, server, since, granted, rejected } = wish;
        let (place, waited_us) = (Location { at, server, key: Some(key) }, at.since(since));
        let cause = rejected.unwrap_or(if granted { &cause::STARTED } else { &PATIENCE });
        if !granted {
            out.harmed(&GAVE_UP, place, cause, 1, || {
                format!("the player of {key} gives up after {}", numbers::time(waited_us))
            });
        } else if waited_us > self.slow_to_play_us {
            out.harmed(&SLOW_TO_PLAY, place, cause, 1, || {
                format!("the player of {key} is in the game after {}", numbers::time(waited_us))
            });
        }
    }

    fn on_session(&mut self, rows: &mut Memory, step: &Step, session: Session, out: &mut Findings) {
        let Session { visit, key, server } = session;
        match step.fact {
            Fact::Asked => rows.visits.of(visit).harm = Visit::default(),
            Fact::Conflict { resolution } => rows.visits.of(visit).harm.conflict = Some(resolution),
            Fact::Loaded { how, latency_us, .. } if latency_us > self.slow_start_us => {
                let cause = rows.visits.of(visit).harm.conflict.unwrap_or(how);
                out.harmed(&SLOW_START, step, cause, 1, || {
                    let after = numbers::time(latency_us);
                    format!("{server} has its session of {key} after {after}")
                });
            }
            Fact::Rejected { reason } => {
                rows.visits.of(visit).harm.ended.get_or_insert(reason);
                out.harmed(&REJECTED_START, step, reason, 1, || {
                    format!("{server} rejects a start of {key}: {}", reason.words)
                });
            }
            Fact::Ended { how, .. } => {
                rows.visits.of(visit).harm.ended.get_or_insert(how);
                if is_lost(how) {
                    out.harmed(&LOST_SESSION, step, how, 1, || {
                        format!("{server} loses its session of {key}: {}", how.words)
                    });
                }
            }
            Fact::Over => self.over(rows, step, session, out),
            _ => {}
        }
    }

    /// Nothing of a session can be stored any more: whether its record still names it.
    fn over(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        Session { visit, key, server }: Session,
        out: &mut Findings,
    ) {
        let Visit { lock, ended, .. } = std::mem::take(&mut rows.visits.of(visit).harm);
        if lock.is_some() && lock == rows.keys.of(key).lock {
            let cause = ended.unwrap_or(&cause::UNKNOWN);
            self.orphaned.entry(key).or_insert(step.at);
            out.harmed(&ORPHANED_LOCK, step, cause, 1, || {
                format!("the record of {key} is left locked by a session of {server}")
            });
        }
    }

    /// A record is not locked any more by whoever had left it locked.
    fn freed(&mut self, at: Moment, key: Key) {
        if !self.orphaned.is_empty()
            && let Some(since) = self.orphaned.remove(&key)
        {
            self.orphaned_us += at.since(since);
        }
    }

    fn committed(&mut self, rows: &mut Memory, step: &Step, key: Key, after: Option<View>) {
        let now = after.and_then(lock);
        if now == std::mem::replace(&mut rows.keys.of(key).lock, now) {
            // Whoever only writes a lock back, to ask its owner to let go, has none by that.
            return;
        }
        self.freed(step.at, key);
        if let Some(session) = step.session() {
            rows.visits.of(session.visit).harm.lock = now;
        }
    }
}

/// Whether a session was ended by its library, against its player's will: not by its process being
/// gone, and not as it should.
fn is_lost(how: &Cause) -> bool {
    !matches!(
        how.class,
        Class::Crash
            | Class::OutOfMemory
            | Class::Stopped
            | Class::Released
            | Class::Abandoned
            | Class::Cancelled
            | Class::Closing
    )
}

impl Checker for Harm {
    fn invariant(&self) -> &'static Invariant {
        &REJECTED_START
    }

    /// It holds nobody to anything.
    fn invariants(&self) -> Vec<&'static Invariant> {
        Vec::new()
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Asked,
                FactKind::Committed,
                FactKind::Conflict,
                FactKind::Ended,
                FactKind::GaveUp,
                FactKind::Loaded,
                FactKind::Over,
                FactKind::Playing,
                FactKind::Rejected,
                FactKind::Removed,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        match (step.fact, step.key) {
            (Fact::Committed { after, .. }, Some(key)) => self.committed(rows, step, key, after),
            (Fact::Removed { .. }, Some(key)) => {
                rows.keys.of(key).lock = None;
                self.freed(step.at, key);
            }
            (Fact::Playing | Fact::GaveUp, _) => {
                if let Some(wish) = seen.wishes.ended() {
                    self.wish(step.at, wish, out);
                }
            }
            _ => {
                if let Some(session) = step.session() {
                    self.on_session(rows, step, session, out);
                }
            }
        }
    }

    fn at_end(&mut self, end: Moment, _rows: &mut Memory, _seen: &Models, _out: &mut Findings) {
        let left = std::mem::take(&mut self.orphaned);
        self.orphaned_us += left.values().map(|since| end.since(*since)).sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::library::{CallKind, Contract};

    static HELD: Cause = Cause::new("held", Class::Held, "");
    static TAKEN: Cause = Cause::new("taken", Class::TakenOver, "");
    const SECOND: u64 = 1_000_000;

    fn found(facts: &[(u64, Fact)]) -> Vec<(&'static str, Vec<&'static str>)> {
        let mut told = Told::to(Harm::new(&known(Contract::default())).expect("always"));
        for &(seconds, fact) in facts {
            told.step(step(seconds * SECOND, 0, fact));
        }
        let row = |harm: &&'static Invariant| {
            let causes: Vec<_> = told.out.causes(harm).into_keys().collect();
            (!causes.is_empty()).then_some((harm.name, causes))
        };
        HARMS.iter().filter_map(row).collect()
    }

    const LOADED: Fact = Fact::Loaded {
        how: &cause::STARTED,
        edits: 0,
        latency_us: 31 * SECOND,
        calls: 1,
        retries: 0,
    };
    const REJECTED: Fact = Fact::Rejected { reason: &HELD };

    #[test]
    fn a_player_is_slow_by_all_attempts_together_and_a_start_by_its_own() {
        let quick = Fact::Loaded {
            how: &cause::STARTED,
            edits: 0,
            latency_us: SECOND,
            calls: 1,
            retries: 0,
        };
        assert_eq!(found(&[(0, Fact::Asked), (1, quick), (1, Fact::Playing)]), []);
        let slow = [(0, Fact::Asked), (31, LOADED), (31, Fact::Playing)];
        assert_eq!(found(&slow), [("slow_start", vec!["start"])]);
        let again = [(0, Fact::Asked), (40, REJECTED), (60, Fact::Asked), (61, quick)];
        let again = [&again[..], &[(61, Fact::Playing)]].concat();
        let expected = [("rejected_start", vec!["held"]), ("slow_to_play", vec!["held"])];
        assert_eq!(found(&again), expected);
    }

    #[test]
    fn who_gives_up_does_so_by_the_last_rejection_or_out_of_patience() {
        let rejected = [(0, Fact::Asked), (1, REJECTED), (1, Fact::GaveUp)];
        let expected = [("gave_up", vec!["held"]), ("rejected_start", vec!["held"])];
        assert_eq!(found(&rejected), expected);
        let patience = [(0, Fact::Asked), (9, Fact::GaveUp)];
        assert_eq!(found(&patience), [("gave_up", vec!["patience"])]);
    }

    #[test]
    fn a_session_is_lost_if_it_is_taken_and_not_if_it_is_released_or_its_server_is_gone() {
        let ended = |how| found(&[(0, Fact::Asked), (9, Fact::Ended { how, saved: false })]);
        assert_eq!(ended(&TAKEN), [("lost_session", vec!["taken"])]);
        assert_eq!(ended(&cause::RELEASED), []);
        assert_eq!(ended(&cause::CRASH), []);
    }

    #[test]
    fn a_lock_is_orphaned_if_the_record_still_names_the_session_that_is_over() {
        let view = |released| {
            let owner = Some((JobId(3), 1));
            Some(View { owner, generation: None, commit: None, released, edits: 0 })
        };
        let commits = |kind, released| Fact::Committed {
            kind,
            before: None,
            after: view(released),
            clock_us: 0,
        };
        let (taken, given) = (commits(CallKind::Acquire, false), commits(CallKind::Release, true));
        let gone = Fact::Ended { how: &cause::CRASH, saved: false };
        let orphan = [(0, Fact::Asked), (1, taken), (5, gone), (6, Fact::Over)];
        assert_eq!(found(&orphan), [("orphaned_lock", vec!["crash"])]);
        let for_seconds = |facts: &[(u64, Fact)]| {
            let mut told = Told::to(Harm::new(&known(Contract::default())).expect("always"));
            for &(seconds, fact) in facts {
                told.step(step(seconds * SECOND, 0, fact));
            }
            told.end(90 * SECOND);
            told.observer.orphaned_us / SECOND
        };
        assert_eq!(for_seconds(&orphan), 84, "from 6 s to the end");
        let other = (36, commits(CallKind::Overwrite, true));
        assert_eq!(for_seconds(&[&orphan[..], &[other]].concat()), 30, "until it is free");
        let released = [(0, Fact::Asked), (1, taken), (4, given), (5, gone), (6, Fact::Over)];
        assert_eq!(found(&released), []);
    }

    #[test]
    fn a_lock_that_somebody_only_writes_back_is_not_theirs_to_leave() {
        let owner = Some((JobId(3), 1));
        let view = View { owner, generation: None, commit: None, released: false, edits: 0 };
        let written = Fact::Committed {
            kind: CallKind::Acquire,
            before: None,
            after: Some(view),
            clock_us: 0,
        };
        let mut told = Told::to(Harm::new(&known(Contract::default())).expect("always"));
        for (visit, fact) in [
            (0, Fact::Asked),
            (0, written),
            (1, Fact::Asked),
            // It asks the owner to let go, in the record itself, and is turned away.
            (1, written),
            (1, Fact::Over),
        ] {
            told.step(step(1, visit, fact));
        }
        assert!(told.out.causes(&ORPHANED_LOCK).is_empty(), "its owner is there");
        told.step(step(2, 0, Fact::Over));
        assert_eq!(told.out.causes(&ORPHANED_LOCK).len(), 1, "its owner is gone");
    }
}
