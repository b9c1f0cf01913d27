//! A breaker opens when too much has failed, and lets one probe through at a time, when it is due
//! (rules B1 to B3).
//!
//! The model of breakers knows what each one did before a step; here that is held against what a
//! breaker may do. While it is open it must let nothing through, and what comes then is a single
//! call. Each opening after a failed probe must last twice as long as the one before, up to the
//! limit. What opens it, `counts` knows: five failures in a row leave no breaker closed, and none
//! opens without. And who asks once a probe is due, or is over, is not turned away.

mod counts;

use super::memory::Memory;
use super::{Checker, Findings, Invariant, Known};
use crate::cause::{Cause, Class};
use crate::ids::ServerId;
use crate::library::CallKind;
use crate::model::{BreakerState, Models};
use crate::schedule::Moment;
use crate::step::{Fact, FactKind, Facts, Step};
use counts::{Bounds, Counts};
use leasehold_core::micros;
use leasehold_data::numbers;
use std::time::Duration;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "breaker_keeps_its_schedule",
    "a breaker opens when too much fails, and lets one probe through at a time, when it is due",
);

static TIMEOUT: Cause = Cause::new("timeout", Class::Other, "it opened for the wrong time");
static CLOSING: Cause = Cause::new("closing", Class::Other, "no probe was under way");
static CLOSED: Cause = Cause::new("closed", Class::Other, "it should have been open");
static OPENED: Cause = Cause::new("opened", Class::Other, "too little had failed");
static TURNED_AWAY: Cause = Cause::new("turned away", Class::Other, "a probe was due");
static CALL: Cause = Cause::new("call", Class::Call, "it should have let no call through");

pub(crate) struct Breaker {
    known: Known,
    bounds: Bounds,
    servers: Vec<Server>,
}

#[derive(Clone, Default)]
struct Server {
    counts: Counts,
    /// When its process last went on after a pause: its clock may have stood still until then.
    resumed: Moment,
}

/// Probes that came to the microsecond when the documented schedule says, which takes a caller who
/// waits for it.
const PROBES: [(u64, &str); 5] = [
    (30, "a probe 30 s after an opening"),
    (60, "a probe 60 s after an opening"),
    (120, "a probe 120 s after an opening"),
    (240, "a probe 240 s after an opening"),
    (300, "a probe 300 s after an opening"),
];

impl Breaker {
    /// For a library that has one.
    pub(super) fn new(known: &Known) -> Option<Breaker> {
        let rules = known.contract.breaker?;
        let window_us = (known.least(rules.window), known.most(rules.window));
        let bounds = Bounds { rules, window_us, call_timeout_us: known.call_timeout_us() };
        let servers = vec![Server::default(); known.servers as usize];
        Some(Breaker { known: *known, bounds, servers })
    }

    /// There will soon be a call of a server, or an answer.
    pub(super) fn warm(&self, server: ServerId) {
        self.servers[server.index()].counts.warm();
    }

    /// The same, after that, of what its row names.
    pub(super) fn warm_rest(&self, server: ServerId) {
        self.servers[server.index()].counts.warm_rest();
    }

    fn server(&mut self, server: ServerId) -> &mut Server {
        &mut self.servers[server.index()]
    }

    fn opens(&mut self, step: &Step, before: BreakerState, timeout_us: u64, out: &mut Findings) {
        if let (BreakerState::Closed, Some(server)) = (before, step.server)
            && self.servers[server.index()].counts.is_too_little(step.at, &self.bounds)
        {
            out.violated(
                &INVARIANT,
                step,
                &OPENED,
                || "the breaker opened, and too little had failed",
            );
        }
        let due = match before {
            BreakerState::Closed | BreakerState::Down { .. } => {
                Some(micros(self.bounds.rules.open_for))
            }
            BreakerState::Probing { timeout_us, .. } => {
                Some((2 * timeout_us).min(micros(self.bounds.rules.open_max)))
            }
            BreakerState::Open { .. } => None,
        };
        if due != Some(timeout_us) {
            out.violated(&INVARIANT, step, &TIMEOUT, || {
                let due = due.map_or("nothing".to_owned(), numbers::time);
                format!("the breaker opened for {}; due was {due}", numbers::time(timeout_us))
            });
        }
    }

    fn sent(
        &mut self,
        step: &Step,
        (server, kind): (ServerId, CallKind),
        before: BreakerState,
        out: &mut Findings,
    ) {
        let open = self.server(server).counts.sends(step.at, kind);
        let why = match before {
            BreakerState::Closed if open => {
                return out.violated(
                    &INVARIANT,
                    step,
                    &CLOSED,
                    || "a call was sent although too much had failed: the breaker has not opened",
                );
            }
            BreakerState::Closed | BreakerState::Down { .. } => return,
            BreakerState::Open { since, timeout_us } => {
                out.reached("a breaker probed");
                let waited_us = step.at.since(since);
                let on_time = PROBES.iter().find(|(s, _)| s * 1_000_000 == waited_us);
                if let Some((_, mark)) = on_time {
                    out.reached(mark);
                }
                if waited_us >= self.known.least(Duration::from_micros(timeout_us)) {
                    return;
                }
                "a call was sent through an open breaker"
            }
            BreakerState::Probing { .. } => "a second call was sent beside the probe",
        };
        out.violated(&INVARIANT, step, &CALL, || why);
    }

    /// A call was stopped: the next probe must not be due, nor the last one over.
    fn stopped(&self, step: &Step, server: ServerId, seen: &Models, out: &mut Findings) {
        let call_timeout = self.known.contract.call_timeout.unwrap_or(Duration::MAX);
        let (since, within) = match seen.breakers.of(server) {
            BreakerState::Open { since, timeout_us } => (since, Duration::from_micros(timeout_us)),
            BreakerState::Probing { since, .. } => (since, call_timeout),
            BreakerState::Closed | BreakerState::Down { .. } => return,
        };
        let since = since.max(self.servers[server.index()].resumed);
        if step.at.since(since) > self.known.most(within) {
            out.violated(
                &INVARIANT,
                step,
                &TURNED_AWAY,
                || "a call was stopped although a probe was due",
            );
        }
    }
}

impl Checker for Breaker {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Answered,
                FactKind::Booted,
                FactKind::CircuitClosed,
                FactKind::CircuitOpened,
                FactKind::Resumed,
                FactKind::Sent,
                FactKind::ShortCircuited,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, _rows: &mut Memory, seen: &Models, out: &mut Findings) {
        let Some(server) = step.server else { return };
        let before = seen.breakers.before();
        match step.fact {
            Fact::Answered { end, sent, .. } => {
                let bounds = self.bounds;
                self.server(server).counts.answered(step.at, sent, end, &bounds);
            }
            Fact::Booted => self.server(server).counts.boots(step.at),
            Fact::Resumed => {
                self.server(server).resumed = step.at;
                self.server(server).counts.resumes(step.at);
            }
            Fact::ShortCircuited { .. } => self.stopped(step, server, seen, out),
            Fact::CircuitOpened { timeout_us, .. } => {
                self.opens(step, before, timeout_us, out);
                self.server(server).counts.begins(step.at);
            }
            Fact::Sent { kind, .. } => self.sent(step, (server, kind), before, out),
            // Only the answer to a probe closes a breaker (rule B3).
            Fact::CircuitClosed if !matches!(before, BreakerState::Probing { .. }) => {
                out.violated(
                    &INVARIANT,
                    step,
                    &CLOSING,
                    || "the breaker closed although no probe was under way",
                );
            }
            Fact::CircuitClosed => self.server(server).counts.begins(step.at),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::library::{CircuitStats, Contract, Error};
    use crate::step::CallEnd;
    use leasehold_core::chronicle::Rules;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        watch(facts).count()
    }

    fn watch(facts: &[(u64, Fact)]) -> Told<Breaker> {
        let breaker = Some(Rules::CHRONICLE.breaker);
        let call_timeout = Some(Duration::from_secs(30));
        let contract = Contract { breaker, call_timeout, ..Contract::default() };
        let mut told = Told::to(Breaker::new(&known(contract)).expect("it has one"));
        for &(seconds, fact) in facts {
            told.step(step(seconds * 1_000_000, 0, fact));
        }
        told
    }

    fn opened(seconds: u64) -> Fact {
        let (reason, stats) = (&cause::UNKNOWN, CircuitStats::default());
        Fact::CircuitOpened { reason, timeout_us: seconds * 1_000_000, stats }
    }

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    fn failed(sent: u64) -> Fact {
        let end = CallEnd::Failed(Error::RequestRejected);
        Fact::Answered { kind: CallKind::Save, end, sent: Moment::from_micros(sent * 1_000_000) }
    }

    /// So many calls, a second each, that fail.
    fn failures(n: u64) -> Vec<(u64, Fact)> {
        (1..=n).flat_map(|s| [(s, SENT), (s, failed(s))]).collect()
    }

    /// A story that begins when enough has failed.
    fn after_failures(facts: &[(u64, Fact)]) -> Told<Breaker> {
        let failures = failures(5);
        let later = facts.iter().map(|(at, fact)| (at + 10, *fact));
        watch(&[failures, later.collect()].concat())
    }

    fn broken(facts: &[(u64, Fact)]) -> u64 {
        after_failures(facts).count()
    }

    #[test]
    fn a_breaker_that_does_not_open_when_it_must_or_opens_when_it_must_not_is_found() {
        assert_eq!(violations(&[&failures(4)[..], &[(9, SENT)]].concat()), 0);
        assert_eq!(violations(&[&failures(5)[..], &[(9, SENT)]].concat()), 1, "not open");
        assert_eq!(violations(&[&failures(5)[..], &[(9, opened(30))]].concat()), 0);
        assert_eq!(violations(&[&failures(4)[..], &[(9, opened(30))]].concat()), 1, "too early");
        let waiting = [SENT; 5].map(|sent| (0, sent));
        let late = (31, opened(30));
        assert_eq!(violations(&[&waiting[..], &[late]].concat()), 0, "they were given up on");
        let good = |s: u64| {
            let (kind, end, sent) =
                (CallKind::Save, CallEnd::Done, Moment::from_micros(s * 1_000_000));
            [(s, SENT), (s, Fact::Answered { kind, end, sent })]
        };
        let often: Vec<_> = (1..13)
            .flat_map(|s| if s % 3 == 0 { good(s) } else { [(s, SENT), (s, failed(s))] })
            .collect();
        assert!(violations(&[&often[..], &[(13, SENT)]].concat()) > 0, "two in three fail");
    }

    #[test]
    fn who_asks_when_a_probe_is_due_and_is_turned_away_is_found() {
        let opened = (5, opened(30));
        let story = |at| {
            let stopped = (at, Fact::ShortCircuited { kind: CallKind::Save });
            violations(&[&failures(5)[..], &[opened, stopped]].concat())
        };
        assert_eq!((story(35), story(36)), (0, 1));
    }

    #[test]
    fn one_probe_when_it_is_due_and_twice_the_time_after_it_failed() {
        let fine = [
            (1, opened(30)),
            (31, SENT),
            (32, opened(60)),
            (92, SENT),
            (93, Fact::CircuitClosed),
            (93, SENT),
            (93, SENT),
        ];
        assert_eq!(broken(&fine), 0);
    }

    #[test]
    fn a_probe_has_a_mark_of_its_own_only_if_it_comes_exactly_on_time() {
        let on_time = after_failures(&[(1, opened(30)), (31, SENT), (32, opened(60)), (92, SENT)]);
        let probes = |told: &Told<Breaker>| {
            told.out.marks().keys().filter(|mark| mark.contains("after")).count()
        };
        assert_eq!(probes(&on_time), 2, "{:?}", on_time.out.marks());
        assert_eq!(probes(&after_failures(&[(1, opened(30)), (32, SENT)])), 0);
    }

    #[test]
    fn a_call_too_early_a_second_probe_and_a_wrong_timeout_are_found() {
        assert_eq!(broken(&[(1, opened(30)), (30, SENT)]), 1);
        assert_eq!(broken(&[(1, opened(30)), (31, SENT), (32, SENT)]), 1);
        assert_eq!(broken(&[(1, opened(30)), (31, SENT), (32, opened(30))]), 1);
        assert_eq!(broken(&[(1, opened(60))]), 1);
        assert_eq!(broken(&[(1, opened(30)), (2, Fact::CircuitClosed)]), 1);
    }
}
