//! Two sessions never consider themselves owner of a key at once (rule D1).
//!
//! Who is owner is known to the model of owners. An overlap is two owners over an interval that is
//! not empty; it counts once it is over, by what let the later one in. A holder on a paused session
//! of a paused server is no owner; if somebody else does meanwhile, it is a *paused owner*:
//! counted, but no violation until it wakes up and still considers itself owner.
//!
//! Where a lease was taken because it had run out, two clocks were compared: the taker's, and that
//! by which the end of the lease had been written. This observer remembers both, so that a finding
//! can say how far they were apart.

use super::memory::Memory;
use super::{About, Checker, Findings, Invariant, Known, Location};
use crate::cause::{Cause, Class};
use crate::ids::{ServerId, VisitId};
use crate::library::{MessageKind, View};
use crate::model::{Models, Overlap, Owner};
use crate::schedule::Moment;
use crate::step::{Fact, FactKind, Facts, Session, Step};
use leasehold_core::Key;
use leasehold_data::numbers;
use std::fmt;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "no_double_ownership",
    "two sessions never consider themselves owner of a key at once",
)
.about(About::Overlap);

pub(crate) struct DoubleOwnership {
    /// How often a paused owner was overtaken, or came after one.
    pub(crate) paused_owner: u64,
    /// The longest overlap, in microseconds.
    pub(crate) overlap_max_us: Option<u64>,
    /// All overlaps together, in microseconds.
    pub(crate) overlaps_us: u64,
    /// The largest difference of two clocks that were compared where an overlap began, in
    /// microseconds.
    pub(crate) clocks_apart_max_us: Option<u64>,
}

/// What is known of an owning visit besides what the model knows.
#[derive(Clone, Copy, Default)]
pub(super) struct Visit {
    /// Somebody else has been owner while it was paused.
    paused_owner: bool,
    /// If its lease was taken as it had run out.
    compared: Option<Compared>,
    /// What it goes by, if not by what is stored.
    bad_read: Option<&'static Cause>,
}

/// What is known of the clocks behind a key's lease.
#[derive(Clone, Copy, Default)]
pub(super) struct Lease {
    /// By which clock its end was written, or when it was last written.
    written: Option<Clock>,
    /// The visit that has taken it last: nobody else's writes renew it.
    holder: Option<VisitId>,
    /// The visit that took it last from another session, and the clocks that were compared for
    /// that.
    taken: Option<(VisitId, Compared)>,
}

/// A server's wall clock as it was read: how far it was ahead of true time, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Clock {
    server: ServerId,
    ahead_us: i64,
}

/// The taker's clock, and the one by which the end of the lease had been written.
#[derive(Clone, Copy, Debug)]
struct Compared {
    taker: Clock,
    writer: Clock,
}

impl Compared {
    fn ahead_us(&self) -> i64 {
        self.taker.ahead_us - self.writer.ahead_us
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (apart_us, owner) = (self.ahead_us().unsigned_abs(), self.writer.server);
        let apart = numbers::time(apart_us);
        match self.ahead_us() {
            0 => write!(f, "its wall clock agreed with {owner}'s")?,
            1.. => write!(f, "its wall clock was {apart} ahead of {owner}'s")?,
            _ => write!(f, "its wall clock was {apart} behind {owner}'s")?,
        }
        Ok(())
    }
}

impl DoubleOwnership {
    pub(super) fn new(_known: &Known) -> Option<DoubleOwnership> {
        Some(DoubleOwnership {
            paused_owner: 0,
            overlap_max_us: None,
            overlaps_us: 0,
            clocks_apart_max_us: None,
        })
    }

    /// A write renews the lease, or passes it on.
    fn committed(
        &mut self,
        rows: &mut Memory,
        session: Session,
        before: Option<View>,
        after: View,
        clock_us: i64,
    ) {
        let Session { server, visit, key } = session;
        let lease = &mut rows.keys.of(key).lease;
        let clock = Clock { server, ahead_us: clock_us };
        let passes = |before: View| {
            (before.owner, before.generation) != (after.owner, after.generation) && !after.released
        };
        if before.is_none_or(passes) {
            lease.holder = Some(visit);
        }
        if before.is_some_and(|before| before.owner != after.owner) && !after.released {
            let writer = lease.written;
            lease.taken = writer.map(|writer| (visit, Compared { taker: clock, writer }));
        }
        // Another's call may have looked only, and written back what it found.
        if lease.holder == Some(visit) {
            lease.written = Some(clock);
        }
    }

    fn begins(
        &mut self,
        rows: &mut Memory,
        at: Moment,
        session: Session,
        seen: &Models,
        out: &mut Findings,
    ) {
        let owners = seen.owners.of(session.key);
        let Some((this, others)) = owners.split_last() else { return };
        let taken = rows.keys.of(session.key).lease.taken;
        let taken = taken.filter(|(taker, _)| *taker == session.visit);
        let by_clock = this.how.class.compares_clocks().is_some();
        let compared = taken.filter(|_| by_clock).map(|(_, compared)| compared);
        if others.is_empty() && this.how.class == Class::Silence {
            out.reached("a silent owner was gone");
        }
        for other in others {
            let known = &mut rows.visits.of(other.visit).owner;
            if other.paused && !std::mem::replace(&mut known.paused_owner, true) {
                self.paused_owner += 1;
                out.reached("a paused owner was overtaken");
            }
            if this.how.class != Class::Paused && !other.paused && other.since < at {
                out.reached("an owner was overtaken");
                if compared.is_some_and(|clocks| clocks.ahead_us() > 0) {
                    out.reached("a skewed clock overtook an owner");
                }
            }
        }
        let (paused_owner, bad_read) = (false, out.bad_read());
        rows.visits.of(session.visit).owner = Visit { paused_owner, compared, bad_read };
    }

    fn pauses(&mut self, rows: &mut Memory, session: Session, seen: &Models) {
        let owners = seen.owners.of(session.key);
        if owners.iter().any(|owner| owner.visit == session.visit) {
            let paused_owner = seen.owners.live(session.key).next().is_some();
            self.paused_owner += u64::from(paused_owner);
            rows.visits.of(session.visit).owner.paused_owner = paused_owner;
        }
    }

    fn overlapped(&mut self, rows: &mut Memory, overlap: &Overlap, out: &mut Findings) {
        let Overlap { key, early, late, .. } = *overlap;
        let visit = |owner: Owner| {
            rows.visits.get(owner.visit).map_or_else(Visit::default, |row| row.owner)
        };
        let (first, second) = (visit(early), visit(late));
        let length_us = overlap.length_us();
        self.overlap_max_us = self.overlap_max_us.max(Some(length_us));
        self.overlaps_us = self.overlaps_us.saturating_add(length_us);
        let apart_us = second.compared.map(|clocks| clocks.ahead_us().unsigned_abs());
        self.clocks_apart_max_us = self.clocks_apart_max_us.max(apart_us);
        let cause = second.bad_read.or(first.bad_read).unwrap_or(late.how);
        let place = Location { at: late.since, server: Some(late.server), key: Some(key) };
        out.violated(&INVARIANT, place, cause, || {
            format!(
                "{} had considered itself owner since {}; {} got {key} by {}{}; both did for {}",
                early.server,
                early.since,
                late.server,
                late.how,
                match (second.compared, late.how.class.compares_clocks()) {
                    (Some(clocks), Some(what)) => format!(": {clocks}, which had written {what}"),
                    _ => String::new(),
                },
                numbers::time(length_us),
            )
        });
    }

    fn ended_overlaps(&mut self, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        for overlap in seen.owners.overlaps() {
            self.overlapped(rows, overlap, out);
        }
    }
}

/// Whether a session of a server's considers itself owner of a key, and its server runs.
fn is_live(seen: &Models, key: Option<Key>, server: Option<ServerId>) -> bool {
    let Some(key) = key else { return false };
    seen.owners.live(key).any(|owner| Some(owner.server) == server)
}

impl Checker for DoubleOwnership {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Owns,
                FactKind::OwnsNoMore,
                FactKind::Ended,
                FactKind::OwnerPaused,
                FactKind::Committed,
                FactKind::MessageLost,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        match (step.fact, step.session()) {
            (Fact::Owns { .. }, Some(session)) => self.begins(rows, step.at, session, seen, out),
            (Fact::OwnsNoMore | Fact::Ended { .. }, _) => self.ended_overlaps(rows, seen, out),
            (Fact::OwnerPaused, Some(session)) => {
                self.ended_overlaps(rows, seen, out);
                self.pauses(rows, session, seen);
            }
            (Fact::Committed { before, after: Some(after), clock_us, .. }, Some(session)) => {
                self.committed(rows, session, before, after, clock_us);
            }
            (Fact::MessageLost { kind: MessageKind::Challenge, to }, _)
                if is_live(seen, step.key, Some(to)) =>
            {
                out.reached("a challenge to a live owner was lost");
            }
            (Fact::MessageLost { kind: MessageKind::Answer, .. }, _)
                if is_live(seen, step.key, step.server) =>
            {
                out.reached("an answer of a live owner was lost");
            }
            _ => {}
        }
    }

    fn at_end(&mut self, _end: Moment, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        self.ended_overlaps(rows, seen, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::library::{CallKind, Contract};
    use leasehold_core::JobId;

    static SILENT: Cause = Cause::new("nobody_answered", Class::Silence, "");
    static EXPIRED: Cause = Cause::new("ran_out", Class::Expiry, "");
    const TAKES: Fact = Fact::Owns { how: &SILENT };

    fn watch(steps: &[Step]) -> Told<DoubleOwnership> {
        let observer =
            DoubleOwnership::new(&known(Contract::default())).expect("all are held to it");
        let mut told = Told::to(observer);
        for step in steps {
            told.step(*step);
        }
        told.end(100);
        told
    }

    fn marked(told: &Told<DoubleOwnership>, mark: &str) -> Option<u64> {
        told.out.marks().get(mark).copied()
    }

    #[test]
    fn two_owners_at_once_are_found_and_explained_by_what_let_the_second_in() {
        let told = watch(&[step(1, 1, TAKES), step(5, 2, TAKES), step(9, 1, Fact::OwnsNoMore)]);
        assert_eq!(told.causes(), ["nobody_answered"]);
        assert_eq!((told.observer.overlap_max_us, told.observer.overlaps_us), (Some(4), 4));
    }

    #[test]
    fn a_steal_from_an_owner_that_owns_no_more_is_told_from_one_of_a_live_owner() {
        let mark = "a silent owner was gone";
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::OwnsNoMore), step(5, 2, TAKES)];
        assert_eq!(marked(&watch(&gone), mark), Some(2));
        assert_eq!(marked(&watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]), mark), Some(1));
    }

    #[test]
    fn a_ownership_that_ends_at_the_moment_the_next_begins_is_no_overlap_in_either_order() {
        let ends_first = [step(1, 1, TAKES), step(5, 1, Fact::OwnsNoMore), step(5, 2, TAKES)];
        let begins_first = [step(1, 1, TAKES), step(5, 2, TAKES), step(5, 1, Fact::OwnsNoMore)];
        assert_eq!(watch(&ends_first).count() + watch(&begins_first).count(), 0);
    }

    #[test]
    fn a_paused_holder_that_is_overtaken_is_a_paused_owner_and_violates_only_if_it_wakes_as_owner()
    {
        let mut steps = vec![step(1, 1, TAKES), step(3, 1, Fact::OwnerPaused), step(5, 2, TAKES)];
        steps.push(step(7, 1, Fact::OwnsNoMore));
        let told = watch(&steps);
        assert_eq!((told.count(), told.observer.paused_owner), (0, 1));
        steps[3] = step(7, 1, TAKES);
        assert_eq!(watch(&steps).causes(), ["resumed"]);
    }

    fn writes(us: u64, visit: u32, kind: CallKind, before: Option<u32>, clock_us: i64) -> Step {
        let view = |owner| View {
            owner: Some((JobId(owner), 1)),
            generation: Some(u64::from(owner)),
            commit: Some(0),
            released: false,
            edits: 0,
        };
        let (before, after) = (before.map(view), Some(view(visit)));
        step(us, visit, Fact::Committed { kind, before, after, clock_us })
    }

    #[test]
    fn a_take_by_a_clock_that_is_ahead_names_both_clocks_and_how_far_they_were_apart() {
        let take = |ahead_us| {
            watch(&[
                writes(1, 1, CallKind::Acquire, None, 9_000_000),
                step(1, 1, Fact::Owns { how: &cause::STARTED }),
                // The clock has been set since; what was written by it counts.
                writes(2, 1, CallKind::Renew, Some(1), -500_000),
                writes(4, 2, CallKind::Acquire, Some(1), ahead_us),
                // Its own call committed once more: nothing was compared for that.
                writes(5, 2, CallKind::Acquire, Some(2), 77_000_000),
                step(6, 2, Fact::Owns { how: &EXPIRED }),
            ])
        };
        let cases = [
            (14_500_000, "its wall clock was 15 s ahead of s1's", 15_000_000),
            (-1_750_000, "its wall clock was 1.25 s behind s1's", 1_250_000),
            (-500_000, "its wall clock agreed with s1's", 0),
        ];
        for (ahead_us, words, apart_us) in cases {
            let told = take(ahead_us);
            let marked = marked(&told, "a skewed clock overtook an owner").is_some();
            assert_eq!((told.observer.clocks_apart_max_us, marked), (Some(apart_us), ahead_us > 0));
            let whole = format!(
                "s2 got k0 by ran_out: {words}, which had written the end of the lease; \
                 both did for"
            );
            let sentence = &told.sentences()[0];
            assert!(sentence.contains(&whole), "{sentence}");
        }
    }

    #[test]
    fn clocks_are_not_blamed_where_none_were_compared() {
        let told = watch(&[
            writes(1, 1, CallKind::Acquire, None, 0),
            step(1, 1, TAKES),
            writes(4, 2, CallKind::Acquire, Some(1), 15_000_000),
            step(5, 2, TAKES),
        ]);
        assert_eq!(told.observer.clocks_apart_max_us, None);
        assert!(!told.sentences()[0].contains("clock"));
    }

    #[test]
    fn a_paused_holder_whose_session_has_ended_is_a_paused_owner_no_more() {
        let ended = step(4, 1, Fact::Ended { how: &cause::CRASH, saved: false });
        let told =
            watch(&[step(1, 1, TAKES), step(3, 1, Fact::OwnerPaused), ended, step(5, 2, TAKES)]);
        assert_eq!((told.count(), told.observer.paused_owner), (0, 0));
    }

    #[test]
    fn an_overlap_that_lasts_to_the_end_of_the_run_counts() {
        assert_eq!(watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]).count(), 1);
    }

    #[test]
    fn the_mark_needs_a_live_owner_at_the_other_end() {
        let challenge = MessageKind::Challenge;
        let lost = step(6, 9, Fact::MessageLost { kind: challenge, to: ServerId::new(1) });
        let mark = "a challenge to a live owner was lost";
        assert_eq!(marked(&watch(&[step(1, 1, TAKES), lost]), mark), Some(1));
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::OwnsNoMore), lost];
        assert_eq!(marked(&watch(&gone), mark), None);
    }
}
