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

use super::memory::{Memory, OfVisit};
use super::{About, Checker, Findings, Invariant, Known, Location};
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::library::Obligation;
use crate::model::{BreakerState, Models};
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, FactKind, Facts, Session, Step};
use excuses::{Debt, Excuses};
use grants::Grants;
pub(super) use grants::Holding;
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
static IDLE: Cause = Cause::new("idle", Class::Owed, "nothing was done about it");
static FORGOTTEN: Cause =
    Cause::new("forgotten", Class::Owed, "the session ended without an answer");

/// The ledger of a run.
pub(crate) struct Obligations {
    /// By obligation, in microseconds of true time.
    limits_us: [u64; Obligation::COUNT],
    /// How long a library may do nothing about a session that is to end, likewise.
    idle_us: u64,
    excuses: Excuses,
    grants: Grants,
    /// Subscriptions that were not answered, by server: of the oldest, since when, and how many.
    subscriptions: Vec<Option<(Debt, u32)>>,
    leaks: Leaks,
}

/// What is owed to a visit.
#[derive(Clone, Default)]
pub(super) struct Visit {
    session: Option<Session>,
    start: Option<Debt>,
    end: Option<Debt>,
    /// Something has been done about that: a call was sent, or stopped.
    end_attempted: bool,
    /// It waits for an answer that will never come.
    waits: bool,
    /// Of the calls of `Save()` that have not returned: the oldest, and how many there are.
    saves: Option<(Debt, u32)>,
    /// It was granted, or has written: its key may be its own until it is over, and longer.
    holds: bool,
}

impl Visit {
    fn does_something(&mut self) {
        self.end_attempted |= self.end.is_some();
    }
}

/// Where something is owed, and about whose key.
type Place = (ServerId, Option<Key>);

impl Obligations {
    pub(super) fn new(known: &Known) -> Option<Obligations> {
        let limit_us = |nth| known.most(known.bounds.of(Obligation::ALL[nth]).within);
        Some(Obligations {
            limits_us: std::array::from_fn(limit_us),
            idle_us: known
                .contract
                .end_attempted_within
                .map_or(u64::MAX, |within| known.most(within)),
            excuses: Excuses::new(known.servers, known.heal),
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

    fn on_session(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        session: Session,
        seen: &Models,
        out: &mut Findings,
    ) {
        let Session { server, visit, key } = session;
        let (now, place) = (step.at, (server, Some(key)));
        let debt = self.excuses.debt(server, now);
        match step.fact {
            Fact::Asked => {
                rows.keys.of(key).holding.asked();
                rows.visits.of(visit).owed =
                    Visit { session: Some(session), start: Some(debt), ..Visit::default() };
            }
            Fact::Loaded { .. } => {
                let row = &mut rows.visits.of(visit).owed;
                row.holds = true;
                let start = row.start.take();
                if let Some(debt) = start {
                    self.paid(Obligation::Start, place, debt, now, out);
                    let holding = rows.keys.at(key).holding;
                    self.grants.granted(holding, (server, key), debt, &self.excuses, now, out);
                }
            }
            Fact::Rejected { reason } => {
                if let Some(debt) = rows.visits.of(visit).owed.start.take() {
                    self.paid(Obligation::Start, place, debt, now, out);
                    self.grants.rejected(
                        rows.keys.at(key).holding,
                        session,
                        (reason, debt),
                        (&self.excuses, seen),
                        now,
                        out,
                    );
                }
            }
            Fact::EndAsked => {
                let row = &mut rows.visits.of(visit).owed;
                row.end.get_or_insert(debt);
                // A start that nobody wants any more may have to wait for another's first; a call
                // may be under way, or the breaker have said when to ask again.
                let breaker = seen.breakers.of(server);
                row.end_attempted |= row.start.is_some()
                    || row.waits
                    || seen.unsaved.of(visit).busy.is_some()
                    || !matches!(breaker, BreakerState::Closed | BreakerState::Down { .. });
            }
            Fact::SaveCalled => {
                rows.visits.of(visit).owed.saves.get_or_insert((debt, 0)).1 += 1;
            }
            Fact::SaveReturned { callers, .. } => self.returned(rows, session, callers, now, out),
            Fact::SeatFreed { gone } => self.freed(rows, session, gone, now, out),
            _ => self.on_call(rows, step, session, seen, out),
        }
    }

    /// What a session's calls do: nothing of that is owed to anybody, but it pays and it excuses.
    fn on_call(
        &mut self,
        rows: &mut Memory,
        step: &Step,
        session: Session,
        seen: &Models,
        out: &mut Findings,
    ) {
        let (now, Session { visit, key, .. }) = (step.at, session);
        match step.fact {
            Fact::Saved => self.settled(session, seen, now, out),
            Fact::Answered { end, .. } => {
                self.settled(session, seen, now, out);
                rows.visits.of(visit).owed.waits |= end == CallEnd::Silent;
                if matches!(end, CallEnd::Failed(_) | CallEnd::Silent) {
                    rows.keys.of(key).holding.failed(now);
                }
            }
            // The call before was answered with an error, or was given up on.
            Fact::Sent { attempt, .. } => {
                let row = &mut rows.visits.of(visit).owed;
                row.does_something();
                row.waits = false;
                if attempt > 0 {
                    rows.keys.of(key).holding.failed(now);
                }
            }
            Fact::ShortCircuited { .. } | Fact::Dequeued { .. } => {
                rows.visits.of(visit).owed.does_something();
                rows.keys.of(key).holding.failed(now);
            }
            Fact::BadRead { .. } => rows.keys.of(key).holding.failed(now),
            Fact::Committed { after, .. } => {
                let row = &mut rows.visits.of(visit).owed;
                row.holds |= row.session.is_some();
                match row.start {
                    Some(_) => rows.keys.of(key).holding.taken(),
                    None => rows
                        .keys
                        .of(key)
                        .holding
                        .written(after.is_some_and(|view| view.released), now),
                }
            }
            Fact::Removed { .. } | Fact::Damaged | Fact::WrongScope { .. } => {
                rows.keys.of(key).holding.written(false, now);
            }
            _ => {}
        }
    }

    fn returned(
        &mut self,
        rows: &mut Memory,
        session: Session,
        callers: u32,
        now: Moment,
        out: &mut Findings,
    ) {
        let Session { server, visit, key } = session;
        let row = &mut rows.visits.of(visit).owed;
        let ends = row.end.is_some();
        let Some((debt, count)) = row.saves.take() else { return };
        if !ends {
            self.paid(Obligation::Save, (server, Some(key)), debt, now, out);
        }
        if let Some(left @ 1..) = count.checked_sub(callers) {
            // Since when the next one waits is not kept: from now on, at least.
            rows.visits.of(visit).owed.saves = Some((self.excuses.debt(server, now), left));
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

    fn freed(
        &mut self,
        rows: &mut Memory,
        session: Session,
        gone: bool,
        now: Moment,
        out: &mut Findings,
    ) {
        let Session { server, visit, key } = session;
        let row = std::mem::take(&mut rows.visits.of(visit).owed);
        rows.keys.of(key).holding.freed(row.holds, now);
        self.idle(session, &row, now, out);
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

    /// Whether for too long nothing was done about a session that is to end.
    fn idle(
        &self,
        Session { server, key, .. }: Session,
        row: &Visit,
        now: Moment,
        out: &mut Findings,
    ) {
        let Some(debt) = row.end.filter(|_| !row.end_attempted) else { return };
        let idle_us = self.excuses.able_us(server, debt, now);
        if idle_us > self.idle_us {
            let place = Location { at: now, server: Some(server), key: Some(key) };
            out.violated(&ENDS, place, &IDLE, || {
                let idle = numbers::time(idle_us);
                format!("a session was asked to end, and for {idle} nothing was done about it")
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

impl Checker for Obligations {
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

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        match (step.session(), step.server) {
            (Some(session), _) => {
                self.leaks.on_step(step, session, out);
                self.on_session(rows, step, session, seen, out);
            }
            (None, server) => {
                self.excuses.on_step(step);
                if let (Some(key), Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged) =
                    (step.key, step.fact)
                {
                    rows.keys.of(key).holding.written(false, step.at);
                }
                if let Some(server) = server {
                    self.on_server(step, server, out);
                }
            }
        }
    }

    fn at_end(&mut self, end: Moment, rows: &mut Memory, seen: &Models, out: &mut Findings) {
        self.leaks.at_end(end, out);
        for (visit, OfVisit { owed: row, .. }) in rows.visits.iter() {
            let Some(session) = row.session else { continue };
            let Session { server, key, .. } = session;
            let place = (server, Some(key));
            self.idle(session, row, end, out);
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
                && let Some(waited_us) = self.grants.waited_us(
                    rows.keys.at(key).holding,
                    server,
                    debt,
                    &self.excuses,
                    end,
                )
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
mod tests;
