//! Who asks for a key that nobody owns gets it, while its calls succeed.
//!
//! A key is nobody's when every session that had it, or wrote it, is over and what those had under
//! way has committed. What they left behind may keep others out for a while: a lease that has to
//! run out, by another clock. That is what a library's bound is about; clocks that are apart make
//! it longer. Where the record itself says that the key was given back, there is nothing to wait
//! for: whoever asks after that and is turned away was turned away for nothing.
//!
//! Excused is a start beside which another one is asked for the same key, and one of whose calls
//! has failed, was stopped, read what is not there, or waited for a budget.

use super::excuses::{Debt, Excuses};
use super::{Obligation, came};
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::model::Models;
use crate::observe::{Findings, Invariant, Known, Location};
use crate::schedule::Moment;
use crate::step::Session;
use leasehold_core::Key;
use leasehold_data::numbers;

pub(in crate::observe) static INVARIANT: Invariant = Invariant::liveness(
    "unowned_keys_are_granted",
    "who asks for a key that nobody owns gets it, while its calls succeed",
);

static TURNED_AWAY: Cause =
    Cause::new("turned away", Class::Owed, "it was turned away from a key that nobody owned");

/// What is owed to whoever asks for a key that nobody owns.
pub(super) struct Grants {
    /// In microseconds of true time.
    limit_us: u64,
}

/// Who may hold a key: whoever was asked for it and is not done with it.
#[derive(Clone, Copy)]
pub(in crate::observe) struct Holding {
    seats: u32,
    /// The record says that it was given back, or there never was one.
    given_back: bool,
    /// When somebody who had it, or wrote it, was last done with it, or wrote it last.
    free_since: Moment,
    /// When a call for it last failed.
    failed_at: Option<Moment>,
}

impl Holding {
    pub(in crate::observe) const NEW: Holding =
        Holding { seats: 0, given_back: true, free_since: Moment::ZERO, failed_at: None };

    /// Since when a start that was asked for then waits for nobody; nothing if somebody else may
    /// hold the key, or a call has failed since.
    fn waits_since(&self, asked: Moment) -> Option<Moment> {
        let clear = self.seats <= 1 && self.failed_at.is_none_or(|failed| failed < asked);
        clear.then(|| asked.max(self.free_since))
    }

    pub(super) fn asked(&mut self) {
        self.seats += 1;
    }

    /// A session is over; whether it had the key, or wrote it.
    pub(super) fn freed(&mut self, held: bool, now: Moment) {
        self.seats = self.seats.saturating_sub(1);
        if held {
            self.free_since = now;
        }
    }

    /// The key is written, and who did is not about to start; whether the record says that it was
    /// given back.
    pub(super) fn written(&mut self, given_back: bool, now: Moment) {
        (self.given_back, self.free_since) = (given_back, now);
    }

    /// The key is written by a start, which has it from now on if it learns of it.
    pub(super) fn taken(&mut self) {
        self.given_back = false;
    }

    /// A call for the key has failed, was not made, or has read what is not there.
    pub(super) fn failed(&mut self, now: Moment) {
        self.failed_at = Some(now);
    }
}

impl Grants {
    pub(super) fn new(known: &Known) -> Grants {
        let bound = known.bounds.of(Obligation::Grant).within;
        Grants { limit_us: known.most(bound).saturating_add(known.apart_us) }
    }

    /// How long a start has waited of whose key nobody was the owner while none of its calls
    /// failed, in microseconds that count; nothing if that is not so now.
    pub(super) fn waited_us(
        &self,
        holding: Holding,
        server: ServerId,
        debt: Debt,
        excuses: &Excuses,
        now: Moment,
    ) -> Option<u64> {
        let since = holding.waits_since(debt.since)?;
        let debt = if since > debt.since { excuses.debt_since(since) } else { debt };
        Some(excuses.owed_us(server, debt, now)).filter(|waited_us| *waited_us > self.limit_us)
    }

    /// A start was granted: whether for too long nobody had the key that it waited for.
    pub(super) fn granted(
        &self,
        holding: Holding,
        (server, key): (ServerId, Key),
        debt: Debt,
        excuses: &Excuses,
        now: Moment,
        out: &mut Findings,
    ) {
        let Some(waited_us) = self.waited_us(holding, server, debt, excuses, now) else {
            return;
        };
        let place = Location { at: now, server: Some(server), key: Some(key) };
        out.violated(&INVARIANT, place, &super::LATE, || {
            format!("{} only after {}", came(Obligation::Grant), numbers::time(waited_us))
        });
    }

    /// A start was rejected as if somebody held the key: whether nobody has for too long.
    pub(super) fn rejected(
        &self,
        holding: Holding,
        Session { server, visit, key }: Session,
        (reason, debt): (&'static Cause, Debt),
        (excuses, seen): (&Excuses, &Models),
        now: Moment,
        out: &mut Findings,
    ) {
        let turned_away = match reason.class {
            Class::Held | Class::OwnerAlive | Class::Busy => true,
            // It may wait for a call just as well as for the key.
            Class::TimedOut => seen.unsaved.of(visit).busy.is_none(),
            _ => false,
        };
        if !turned_away || holding.waits_since(debt.since).is_none() {
            return;
        }
        let since = holding.failed_at.map_or(holding.free_since, |at| at.max(holding.free_since));
        let free_us = excuses.owed_us(server, excuses.debt_since(since), now);
        let at_once = holding.given_back && holding.free_since < debt.since;
        if at_once || free_us > self.limit_us {
            let place = Location { at: now, server: Some(server), key: Some(key) };
            out.violated(&INVARIANT, place, &TURNED_AWAY, || {
                let free = numbers::time(free_us);
                format!("a start was rejected, {reason}; for {free} nobody had owned the key")
            });
        }
    }
}
