//! What a library owes, and whether it pays: one ledger of obligations.
//!
//! A library that does nothing breaks no rule about what it does. So whoever asks it for something
//! is owed an answer, within a bound that the library gives, that the scenario sets, or that is the
//! default (see [`Contract`](crate::library::Contract)).
//!
//! ```text
//!   asked for a session ----------> granted or rejected            starts_are_answered
//!   asked to end it, or leaked ---> the seat is free               sessions_are_released
//!   Save() -----------------------> returned                       saves_return
//!   a change was accepted --------> stored, or the session is over changes_are_settled
//!   asked to listen to a topic ---> told whether it does           subscriptions_are_answered
//!   asked for a key of nobody's --> granted, unless calls fail     unowned_keys_are_granted
//! ```
//!
//! Excused is, and only, time before all faults have ended, if they do; while the server is paused;
//! while the datastore is out. Nothing is owed by a process that is gone. A failed call excuses a
//! start from being granted, not from being answered. Once a session is asked to end, its calls of
//! `Save()` may return with it: how long that takes is then what the end owes.
//!
//! Laws: what is owed is remembered for as long as its session lasts and no longer; nothing is
//! scanned before the end of the run.

mod excuses;
pub(super) mod grants;
mod leaks;

use super::{About, Findings, Invariant, Known, Location, Observer};
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::library::Obligation;
use crate::model::Models;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use excuses::{Debt, Excuses};
use grants::Grants;
use leaks::Leaks;
use leasehold_core::Key;
use leasehold_data::numbers;
use strum::EnumCount;

pub(super) static STARTS: Invariant =
    Invariant::liveness("starts_are_answered", "every session start ends, granted or rejected");

pub(super) static ENDS: Invariant =
    Invariant::safety("sessions_are_released", "a session is released when its player leaves")
        .about(About::Release);

pub(super) static SAVES: Invariant =
    Invariant::liveness("saves_return", "every call of Save() returns").about(About::Data);

pub(super) static CHANGES: Invariant = Invariant::liveness(
    "changes_are_settled",
    "every change that was accepted is stored, or its session is over",
)
.about(About::Data);

pub(super) static SUBSCRIPTIONS: Invariant = Invariant::liveness(
    "subscriptions_are_answered",
    "who asks to listen to a topic is told whether it does",
);

static STUCK: Cause = Cause::new("stuck", Class::Owed, "what was owed never came");
static LATE: Cause = Cause::new("late", Class::Late, "what was owed came too late");
static FORGOTTEN: Cause =
    Cause::new("forgotten", Class::Owed, "the session ended without an answer");

/// The ledger of a run.
pub(crate) struct Obligations {
    /// By obligation, in microseconds of true time.
    limits_us: [u64; Obligation::COUNT],
    excuses: Excuses,
    visits: Rows<Visit>,
    grants: Grants,
    /// Subscriptions that were not answered, by server: of the oldest, since when, and how many.
    subscriptions: Vec<Option<(Debt, u32)>>,
    leaks: Leaks,
}

/// What is owed to a visit.
#[derive(Clone, Default)]
struct Visit {
    session: Option<Session>,
    start: Option<Debt>,
    end: Option<Debt>,
    /// Of the calls of `Save()` that have not returned: the oldest, and how many there are.
    saves: Option<(Debt, u32)>,
    /// It was granted, or has written: its key may be its own until it is over, and longer.
    holds: bool,
}

/// Where something is owed, and about whose key.
type Place = (ServerId, Option<Key>);

impl Obligations {
    pub(super) fn new(known: &Known) -> Option<Obligations> {
        let limit_us = |nth| known.most(known.bounds.of(Obligation::ALL[nth]).within);
        Some(Obligations {
            limits_us: std::array::from_fn(limit_us),
            excuses: Excuses::new(known.servers, known.heal),
            visits: Rows::default(),
            grants: Grants::new(known),
            subscriptions: vec![None; known.servers as usize],
            leaks: Leaks::default(),
        })
    }

    fn limit_us(&self, obligation: Obligation) -> u64 {
        self.limits_us[obligation as usize]
    }

    /// Something that was owed has come: whether that was in time.
    fn paid(&self, what: Obligation, place: Place, debt: Debt, now: Moment, out: &mut Findings) {
        self.came(what, place, self.excuses.owed_us(place.0, debt, now), now, out);
    }

    fn came(
        &self,
        what: Obligation,
        (server, key): Place,
        waited_us: u64,
        now: Moment,
        out: &mut Findings,
    ) {
        if waited_us > self.limit_us(what) {
            let place = Location { at: now, server: Some(server), key };
            out.violated(invariant(what), place, &LATE, || {
                format!("{} only after {}", came(what), numbers::time(waited_us))
            });
        }
    }

    /// Something that is owed has not come by the end of the run: whether it should have.
    fn unpaid(
        &self,
        what: Obligation,
        (server, key): Place,
        (since, waited_us): (Moment, u64),
        why: impl Fn() -> String,
        out: &mut Findings,
    ) {
        if waited_us > self.limit_us(what) {
            let place = Location { at: since, server: Some(server), key };
            out.violated(invariant(what), place, &STUCK, || {
                format!("{} after {}{}", pending(what), numbers::time(waited_us), why())
            });
        }
    }

    fn on_session(&mut self, step: &Step, session: Session, seen: &Models, out: &mut Findings) {
        let Session { server, visit, key } = session;
        let (now, place) = (step.at, (server, Some(key)));
        let debt = self.excuses.debt(server, now);
        match step.fact {
            Fact::Asked => {
                self.grants.asked(key);
                *self.visits.of(visit) =
                    Visit { session: Some(session), start: Some(debt), ..Visit::default() };
            }
            Fact::Loaded { .. } => {
                let row = self.visits.of(visit);
                row.holds = true;
                let start = row.start.take();
                if let Some(debt) = start {
                    self.paid(Obligation::Start, place, debt, now, out);
                    self.grants.granted((server, key), debt, &self.excuses, now, out);
                }
            }
            Fact::Rejected { reason } => {
                if let Some(debt) = self.visits.of(visit).start.take() {
                    self.paid(Obligation::Start, place, debt, now, out);
                    self.grants.rejected(session, (reason, debt), (&self.excuses, seen), now, out);
                }
            }
            Fact::EndAsked => {
                self.visits.of(visit).end.get_or_insert(debt);
            }
            Fact::SaveCalled => {
                self.visits.of(visit).saves.get_or_insert((debt, 0)).1 += 1;
            }
            Fact::SaveReturned { callers, .. } => self.returned(session, callers, now, out),
            Fact::Saved => self.settled(session, seen, now, out),
            Fact::Answered { end, .. } => {
                self.settled(session, seen, now, out);
                if matches!(end, CallEnd::Failed(_) | CallEnd::Silent) {
                    self.grants.failed(key, now);
                }
            }
            // The call before was answered with an error, or was given up on.
            Fact::Sent { attempt: 1.., .. } => self.grants.failed(key, now),
            Fact::ShortCircuited { .. } | Fact::Dequeued { .. } | Fact::BadRead { .. } => {
                self.grants.failed(key, now);
            }
            Fact::Committed { after, .. } => {
                let row = self.visits.of(visit);
                row.holds |= row.session.is_some();
                match row.start {
                    Some(_) => self.grants.taken(key),
                    None => self.grants.written(key, after.is_some_and(|view| view.released), now),
                }
            }
            Fact::Removed { .. } | Fact::Damaged | Fact::WrongScope { .. } => {
                self.grants.written(key, false, now);
            }
            Fact::SeatFreed { gone } => self.freed(session, gone, now, out),
            _ => {}
        }
    }

    fn returned(&mut self, session: Session, callers: u32, now: Moment, out: &mut Findings) {
        let Session { server, visit, key } = session;
        let row = self.visits.of(visit);
        let ends = row.end.is_some();
        let Some((debt, count)) = row.saves.take() else { return };
        if !ends {
            self.paid(Obligation::Save, (server, Some(key)), debt, now, out);
        }
        if let Some(left @ 1..) = count.checked_sub(callers) {
            // Since when the next one waits is not kept: from now on, at least.
            self.visits.of(visit).saves = Some((self.excuses.debt(server, now), left));
        }
    }

    /// Whether a change that is stored now was not for too long.
    fn settled(&mut self, session: Session, seen: &Models, now: Moment, out: &mut Findings) {
        let Some(age_us) = seen.unsaved.settled_us() else { return };
        if age_us <= self.limit_us(Obligation::Change) {
            return;
        }
        let Session { server, key, .. } = session;
        let since = Moment::from_micros(now.as_micros() - age_us);
        let debt = self.excuses.debt_since(since);
        self.paid(Obligation::Change, (server, Some(key)), debt, now, out);
    }

    fn freed(&mut self, session: Session, gone: bool, now: Moment, out: &mut Findings) {
        let Session { server, visit, key } = session;
        let row = std::mem::take(self.visits.of(visit));
        self.grants.freed(key, row.holds, now);
        if gone {
            return;
        }
        if let Some(debt) = row.end {
            self.paid(Obligation::End, (server, Some(key)), debt, now, out);
        }
        if let Some((_, callers)) = row.saves {
            let place = Location { at: now, server: Some(server), key: Some(key) };
            out.violated(&SAVES, place, &FORGOTTEN, || {
                let calls = numbers::plural(u64::from(callers), "call");
                format!("the session is over, and {calls} of Save() never returned")
            });
        }
    }

    fn on_server(&mut self, step: &Step, server: ServerId, out: &mut Findings) {
        let debt = self.excuses.debt(server, step.at);
        let owed = &mut self.subscriptions[server.index()];
        match step.fact {
            Fact::Subscribing => owed.get_or_insert((debt, 0)).1 += 1,
            Fact::Subscribed { .. } => {
                let Some((since, count)) = owed.take() else { return };
                if let Some(left @ 1..) = count.checked_sub(1) {
                    *owed = Some((debt, left));
                }
                self.paid(Obligation::Subscription, (server, None), since, step.at, out);
            }
            Fact::Booted | Fact::Crashed | Fact::Stopped { .. } => *owed = None,
            _ => {}
        }
    }
}

impl Observer for Obligations {
    fn invariant(&self) -> &'static Invariant {
        &STARTS
    }

    fn invariants(&self) -> Vec<&'static Invariant> {
        Obligation::ALL.iter().map(|what| invariant(*what)).collect()
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Answered,
                FactKind::Asked,
                FactKind::BadRead,
                FactKind::Booted,
                FactKind::Committed,
                FactKind::Conflict,
                FactKind::Crashed,
                FactKind::Damaged,
                FactKind::Dequeued,
                FactKind::EndAsked,
                FactKind::Ended,
                FactKind::Healed,
                FactKind::IncidentBegins,
                FactKind::IncidentEnds,
                FactKind::Leaked,
                FactKind::Loaded,
                FactKind::Paused,
                FactKind::Rejected,
                FactKind::Removed,
                FactKind::Resumed,
                FactKind::SaveCalled,
                FactKind::SaveReturned,
                FactKind::Saved,
                FactKind::SeatFreed,
                FactKind::Sent,
                FactKind::ShortCircuited,
                FactKind::Stopped,
                FactKind::Subscribed,
                FactKind::Subscribing,
                FactKind::WrongScope,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, seen: &Models, out: &mut Findings) {
        match (step.session(), step.server) {
            (Some(session), _) => {
                self.leaks.on_step(step, session, out);
                self.on_session(step, session, seen, out);
            }
            (None, server) => {
                self.excuses.on_step(step);
                if let (Some(key), Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged) =
                    (step.key, step.fact)
                {
                    self.grants.written(key, false, step.at);
                }
                if let Some(server) = server {
                    self.on_server(step, server, out);
                }
            }
        }
    }

    fn at_end(&mut self, end: Moment, seen: &Models, out: &mut Findings) {
        self.leaks.at_end(end, out);
        for (visit, row) in self.visits.iter() {
            let Some(session) = row.session else { continue };
            let Session { server, key, .. } = session;
            let place = (server, Some(key));
            let why = || waits_for(session, seen, end);
            let save = row.saves.filter(|_| row.end.is_none()).map(|(debt, _)| debt);
            let owed = [
                (Obligation::Start, row.start),
                (Obligation::End, row.end),
                (Obligation::Save, save),
            ];
            for (what, debt) in owed.into_iter().filter_map(|(what, debt)| Some((what, debt?))) {
                let waited_us = self.excuses.owed_us(server, debt, end);
                self.unpaid(what, place, (debt.since, waited_us), why, out);
            }
            if let Some(since) = seen.unsaved.of(visit).oldest() {
                let waited_us = self.excuses.owed_us(server, self.excuses.debt_since(since), end);
                self.unpaid(Obligation::Change, place, (since, waited_us), why, out);
            }
            if let Some(debt) = row.start
                && let Some(waited_us) =
                    self.grants.waited_us((server, key), debt, &self.excuses, end)
            {
                self.unpaid(Obligation::Grant, place, (debt.since, waited_us), why, out);
            }
        }
        for (nth, owed) in self.subscriptions.iter().enumerate() {
            if let Some((debt, _)) = *owed {
                let server = ServerId::new(nth as u32);
                let waited_us = self.excuses.owed_us(server, debt, end);
                let owed = (debt.since, waited_us);
                self.unpaid(Obligation::Subscription, (server, None), owed, String::new, out);
            }
        }
    }
}

/// Whom a session waits for, as far as its steps tell.
fn waits_for(session: Session, seen: &Models, now: Moment) -> String {
    let Session { server, visit, key } = session;
    let owners = seen.owners.of(key).iter().filter(|owner| owner.visit != visit);
    let owners: Vec<String> = owners.map(|owner| owner.server.to_string()).collect();
    let busy = seen.unsaved.of(visit).busy;
    match (owners.as_slice(), busy) {
        ([], None) => format!(": {server} has no call under way, and nobody else owns {key}"),
        ([], Some(since)) => {
            let for_us = numbers::time(now.since(since));
            format!(": a call of {server} for {key} has been under way for {for_us}")
        }
        (owners, _) => format!(": {} owns {key}", owners.join(" and ")),
    }
}

fn invariant(what: Obligation) -> &'static Invariant {
    match what {
        Obligation::Start => &STARTS,
        Obligation::End => &ENDS,
        Obligation::Save => &SAVES,
        Obligation::Change => &CHANGES,
        Obligation::Subscription => &SUBSCRIPTIONS,
        Obligation::Grant => &grants::INVARIANT,
    }
}

/// What was owed, and came.
fn came(what: Obligation) -> &'static str {
    match what {
        Obligation::Start => "a start was answered",
        Obligation::End => "a session that was asked to end did",
        Obligation::Save => "a call of Save() returned",
        Obligation::Change => "a change was stored",
        Obligation::Subscription => "a subscription was answered",
        Obligation::Grant => "a start for a key that nobody owned was granted",
    }
}

/// What is owed, and has not come.
fn pending(what: Obligation) -> &'static str {
    match what {
        Obligation::Start => "a start was still unanswered",
        Obligation::End => "a session that was asked to end still had not",
        Obligation::Save => "a call of Save() still had not returned",
        Obligation::Change => "a change was still not stored",
        Obligation::Subscription => "a subscription was still unanswered",
        Obligation::Grant => "a start for a key that nobody owned still waited",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Known;
    use super::super::testing::{Told, at_key, known, on_server, step};
    use super::*;
    use crate::cause;
    use crate::library::{CallKind, Contract, View};
    use std::time::Duration;

    const SECOND: u64 = 1_000_000;

    fn told(heal_s: Option<u64>, facts: &[(u64, Fact)], end_s: u64) -> Told<Obligations> {
        let within = Some(Duration::from_secs(120));
        let contract = Contract {
            started_within: within,
            ended_within: within,
            returned_within: within,
            settled_within: within,
            granted_within: within,
            ..Contract::default()
        };
        let heal = heal_s.map(|s| Moment::from_micros(s * SECOND));
        let ledger = Obligations::new(&Known { heal, ..known(contract) }).expect("all owe");
        let mut told = Told::to(ledger);
        for &(seconds, fact) in facts {
            let at = seconds * SECOND;
            told.step(match fact {
                Fact::Paused
                | Fact::Resumed
                | Fact::Crashed
                | Fact::IncidentBegins { .. }
                | Fact::IncidentEnds { .. }
                | Fact::Subscribing
                | Fact::Subscribed { .. } => on_server(at, 0, fact),
                _ => step(at, 0, fact),
            });
        }
        told.end(end_s * SECOND);
        told
    }

    /// What was found, by invariant and cause.
    fn found(facts: &[(u64, Fact)]) -> Vec<(&'static str, &'static str)> {
        broken(&told(None, facts, 200))
    }

    fn broken(told: &Told<Obligations>) -> Vec<(&'static str, &'static str)> {
        let of = |what: &Obligation| {
            let one = invariant(*what);
            told.out.causes(one).into_keys().map(|cause| (one.name, cause)).collect::<Vec<_>>()
        };
        Obligation::ALL.iter().flat_map(of).collect()
    }

    static HELD: Cause = Cause::new("held", Class::Held, "");
    static TIMEOUT: Cause = Cause::new("timeout", Class::TimedOut, "");
    const REJECTED: Fact = Fact::Rejected { reason: &cause::UNKNOWN };
    const LOADED: Fact =
        Fact::Loaded { how: &cause::STARTED, edits: 0, latency_us: 0, calls: 1, retries: 0 };
    const FREED: Fact = Fact::SeatFreed { gone: false };
    const STARTS: &str = "starts_are_answered";
    const GRANTS: &str = "unowned_keys_are_granted";
    const STARTED: [(u64, Fact); 2] = [(0, Fact::Asked), (1, LOADED)];

    fn after_start(facts: &[(u64, Fact)]) -> Vec<(&'static str, &'static str)> {
        found(&[&STARTED[..], facts].concat())
    }

    #[test]
    fn a_start_is_answered_in_time_or_late_or_never_and_a_young_one_owes_nothing() {
        assert_eq!(found(&[(70, Fact::Asked)]), [(STARTS, "stuck"), (GRANTS, "stuck")]);
        assert_eq!(found(&[(100, Fact::Asked)]), []);
        assert_eq!(found(&[(70, Fact::Asked), (75, REJECTED)]), []);
        assert_eq!(found(&[(10, Fact::Asked), (131, REJECTED)]), [(STARTS, "late")]);
        let late = [(10, Fact::Asked), (131, LOADED)];
        assert_eq!(found(&late), [(STARTS, "late"), (GRANTS, "late")]);
    }

    #[test]
    fn time_does_not_count_while_the_server_is_paused_or_the_datastore_is_out() {
        let out = (
            Fact::IncidentBegins { nth: 0, outage: true },
            Fact::IncidentEnds { nth: 0, outage: true },
        );
        for (begins, ends) in [(Fact::Paused, Fact::Resumed), out] {
            let between = |at: &[(u64, u64)]| {
                let mut facts = vec![(10, Fact::Asked)];
                for &(from, to) in at {
                    facts.extend([(from, begins), (to, ends)]);
                }
                found(&facts).len()
            };
            assert_eq!(between(&[(50, 51), (100, 101), (150, 151)]), 2, "it ran for 187 s");
            assert_eq!(between(&[(20, 60), (70, 110), (120, 160)]), 0, "it ran for 70 s");
        }
    }

    #[test]
    fn time_before_all_faults_ended_counts_for_nothing_and_is_taken_off_once() {
        let facts = [(10, Fact::Asked), (20, Fact::Paused), (90, Fact::Resumed)];
        let healed_at = |heal_s, facts| broken(&told(Some(heal_s), facts, 200)).len();
        assert_eq!(healed_at(90, &facts), 0, "110 s");
        assert_eq!(healed_at(60, &facts), 0, "110 s, as 30 of the 140 were paused");
        assert_eq!(healed_at(60, &facts[..1]), 2, "140 s");
    }

    #[test]
    fn a_session_that_is_asked_to_end_frees_its_seat_or_is_named() {
        let ends = |cause| [("sessions_are_released", cause)];
        assert_eq!(after_start(&[(10, Fact::EndAsked), (90, FREED)]), []);
        assert_eq!(after_start(&[(10, Fact::EndAsked), (131, FREED)]), ends("late"));
        assert_eq!(after_start(&[(10, Fact::EndAsked)]), ends("stuck"));
        // Nothing is owed by a process that is gone.
        let gone = Fact::SeatFreed { gone: true };
        assert_eq!(after_start(&[(10, Fact::EndAsked), (190, gone)]), []);
        // It is owed since it was first asked for.
        let twice = [(10, Fact::EndAsked), (100, Fact::EndAsked), (140, FREED)];
        assert_eq!(after_start(&twice), ends("late"));
    }

    #[test]
    fn every_call_of_save_returns_while_its_session_lasts() {
        let returned = |callers| Fact::SaveReturned { callers, why: None };
        let saves = |cause| [("saves_return", cause)];
        assert_eq!(after_start(&[(10, Fact::SaveCalled), (20, returned(1))]), []);
        assert_eq!(after_start(&[(10, Fact::SaveCalled), (140, returned(1))]), saves("late"));
        assert_eq!(after_start(&[(10, Fact::SaveCalled)]), saves("stuck"));
        assert_eq!(after_start(&[(10, Fact::SaveCalled), (20, FREED)]), saves("forgotten"));
        let two = [(10, Fact::SaveCalled), (11, Fact::SaveCalled), (20, returned(1))];
        assert_eq!(after_start(&two), saves("stuck"));
        assert_eq!(after_start(&[&two[..], &[(30, returned(1))]].concat()), []);
        // It returns with the session that is asked to end meanwhile, and not without.
        let ending = [(10, Fact::SaveCalled), (50, Fact::EndAsked)];
        let ending = |last: &[(u64, Fact)]| after_start(&[&ending[..], last].concat());
        assert_eq!(ending(&[(140, returned(1)), (141, FREED)]), []);
        assert_eq!(ending(&[(140, FREED)]), saves("forgotten"));
    }

    #[test]
    fn a_change_is_stored_or_its_session_is_over() {
        let changes = |cause| [("changes_are_settled", cause)];
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 0 };
        assert_eq!(after_start(&[(10, Fact::Edited)]), changes("stuck"));
        assert_eq!(after_start(&[(10, Fact::Edited), (90, sent), (100, Fact::Saved)]), []);
        let late = [(10, Fact::Edited), (90, sent), (140, Fact::Saved)];
        assert_eq!(after_start(&late), changes("late"));
        let ended = Fact::Ended { how: &cause::CRASH, saved: false };
        assert_eq!(after_start(&[(10, Fact::Edited), (190, ended)]), []);
    }

    #[test]
    fn a_subscription_is_answered_while_its_process_is_there() {
        let (asks, told) = (Fact::Subscribing, Fact::Subscribed { ok: false });
        // Nobody says how long it may take: five minutes.
        let found = |facts: &[(u64, Fact)]| broken(&self::told(None, facts, 400));
        let stuck = [("subscriptions_are_answered", "stuck")];
        assert_eq!(found(&[(10, asks)]), stuck);
        assert_eq!(found(&[(10, asks), (20, told)]), []);
        assert_eq!(found(&[(10, asks), (20, asks), (30, told)]), stuck);
        assert_eq!(found(&[(10, asks), (20, Fact::Crashed)]), []);
    }

    #[test]
    fn a_key_that_nobody_owns_is_granted_unless_somebody_holds_it_or_a_call_fails() {
        let at = |s: u64, visit, fact| at_key(s * SECOND, visit, visit, 0, fact);
        let rejected = Fact::Rejected { reason: &HELD };
        let wrote = |kind, released| {
            let (owner, generation, commit) = (None, None, None);
            let after = Some(View { owner, generation, commit, released, edits: 0 });
            Fact::Committed { kind, before: None, after, clock_us: 0 }
        };
        let play = |steps: &[Step]| {
            let mut told = told(None, &STARTED[..1], 1);
            told.step(at(0, 0, wrote(CallKind::Acquire, false))).step(at(1, 0, LOADED));
            steps.iter().for_each(|step| {
                told.step(*step);
            });
            broken(&told)
        };
        let freed = at(10, 0, Fact::SeatFreed { gone: true });
        let (asked, away) = (at(140, 1, Fact::Asked), at(141, 1, rejected));
        assert_eq!(play(&[asked, away]), [], "it is held");
        assert_eq!(play(&[freed, asked, away]), [(GRANTS, "turned away")]);
        let soon = [freed, at(20, 1, Fact::Asked), at(129, 1, rejected)];
        assert_eq!(play(&soon), [], "it was free for 119 s");
        let end = CallEnd::Silent;
        let kind = CallKind::Acquire;
        let failed = Fact::Answered { kind, end, sent: Moment::ZERO };
        assert_eq!(play(&[freed, asked, at(140, 1, failed), away]), []);
        let again = Fact::Sent { kind, attempt: 1 };
        assert_eq!(play(&[freed, asked, at(140, 1, again), away]), []);
        // What was given back is free at once, for whoever asks after that, until it is taken.
        let back = at(15, 0, wrote(CallKind::Release, true));
        let (early, late) = (at(14, 1, Fact::Asked), at(16, 1, Fact::Asked));
        assert_eq!(play(&[freed, back, late, at(17, 1, rejected)]), [(GRANTS, "turned away")]);
        assert_eq!(play(&[freed, early, back, at(17, 1, rejected)]), []);
        let (taken, gone) = (wrote(CallKind::Acquire, false), Fact::SeatFreed { gone: true });
        let taken = [late, at(17, 1, taken), at(18, 1, gone)];
        let away = [at(19, 2, Fact::Asked), at(20, 2, rejected)];
        assert_eq!(play(&[&[freed, back], &taken[..], &away].concat()), []);
        // Who has no call under way and is out of time was not slow: it was not let in.
        let timeout = at(141, 1, Fact::Rejected { reason: &TIMEOUT });
        assert_eq!(play(&[freed, asked, timeout]), [(GRANTS, "turned away")]);
        let sent = at(140, 1, Fact::Sent { kind, attempt: 0 });
        assert_eq!(play(&[freed, asked, sent, timeout]), []);
    }

    #[test]
    fn a_bound_that_nobody_gives_is_the_default() {
        let limit_us = |what: Obligation| leasehold_core::micros(what.default_bound());
        let ledger = Obligations::new(&known(Contract::default())).expect("all owe");
        let mut told = Told::to(ledger);
        told.step(step(0, 0, Fact::Asked)).step(step(9, 1, Fact::Asked));
        told.end(limit_us(Obligation::Start) + 2);
        assert_eq!(told.out.count(&super::STARTS), 1);
    }

    #[test]
    fn who_waits_is_told_with_whom_for() {
        let mut told = told(None, &[], 0);
        let owns = Fact::Owns { how: &cause::STARTED };
        told.step(step(0, 3, Fact::Asked)).step(step(0, 3, owns));
        told.step(step(0, 1, Fact::Asked)).end(200 * SECOND);
        let sentences: Vec<String> =
            told.out.kept(&super::STARTS).into_iter().map(|one| one.detail.sentence).collect();
        assert!(sentences.iter().any(|told| told.ends_with(": s3 owns k0")), "{sentences:?}");
    }
}
