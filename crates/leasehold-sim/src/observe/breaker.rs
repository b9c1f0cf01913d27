//! An open breaker lets one probe through at a time, when it is due (rules B2, B3).
//!
//! The model of breakers knows what each one did before a step; here that is held against what a
//! breaker may do. While it is open it must let nothing through, and what comes then is a single
//! call. Each opening after a failed probe must last twice as long as the one before, up to the
//! limit.

use super::{Findings, Invariant, Known, Observer};
use crate::cause::{Cause, Class};
use crate::model::{BreakerState, Models};
use crate::step::{Fact, FactKind, Facts, Step};
use leasehold_core::chronicle::BreakerRules;
use leasehold_core::micros;
use leasehold_data::numbers;
use std::time::Duration;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "breaker_keeps_its_schedule",
    "an open breaker lets one probe through at a time, when it is due",
);

static TIMEOUT: Cause = Cause::new("timeout", Class::Other, "it opened for the wrong time");
static CLOSING: Cause = Cause::new("closing", Class::Other, "no probe was under way");
static CALL: Cause = Cause::new("call", Class::Call, "it should have let no call through");

pub(crate) struct Breaker {
    known: Known,
    rules: BreakerRules,
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
        Some(Breaker { known: *known, rules: known.contract.breaker? })
    }

    fn opens(&self, step: &Step, before: BreakerState, timeout_us: u64, out: &mut Findings) {
        let due = match before {
            BreakerState::Closed | BreakerState::Down { .. } => Some(micros(self.rules.open_for)),
            BreakerState::Probing { timeout_us, .. } => {
                Some((2 * timeout_us).min(micros(self.rules.open_max)))
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

    fn sent(&self, step: &Step, before: BreakerState, out: &mut Findings) {
        let why = match before {
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
}

impl Observer for Breaker {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::CircuitClosed, FactKind::CircuitOpened, FactKind::Sent]) }
    }

    fn on_step(&mut self, step: &Step, seen: &Models, out: &mut Findings) {
        let before = seen.breakers.before();
        match step.fact {
            Fact::CircuitOpened { timeout_us, .. } => self.opens(step, before, timeout_us, out),
            Fact::Sent { .. } => self.sent(step, before, out),
            // Only the answer to a probe closes a breaker (rule B3).
            Fact::CircuitClosed if !matches!(before, BreakerState::Probing { .. }) => {
                out.violated(
                    &INVARIANT,
                    step,
                    &CLOSING,
                    || "the breaker closed although no probe was under way",
                );
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, known, step};
    use super::*;
    use crate::cause;
    use crate::library::{CallKind, CircuitStats, Contract};
    use leasehold_core::chronicle::Rules;

    fn violations(facts: &[(u64, Fact)]) -> u64 {
        watch(facts).count()
    }

    fn watch(facts: &[(u64, Fact)]) -> Told<Breaker> {
        let breaker = Some(Rules::CHRONICLE.breaker);
        let contract = Contract { breaker, ..Contract::default() };
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

    #[test]
    fn one_probe_when_it_is_due_and_twice_the_time_after_it_failed() {
        let fine = [
            (0, SENT),
            (1, opened(30)),
            (31, SENT),
            (32, opened(60)),
            (92, SENT),
            (93, Fact::CircuitClosed),
            (93, SENT),
            (93, SENT),
        ];
        assert_eq!(violations(&fine), 0);
    }

    #[test]
    fn a_probe_has_a_mark_of_its_own_only_if_it_comes_exactly_on_time() {
        let on_time = watch(&[(1, opened(30)), (31, SENT), (32, opened(60)), (92, SENT)]);
        let probes = |told: &Told<Breaker>| {
            told.out.marks().keys().filter(|mark| mark.contains("after")).count()
        };
        assert_eq!(probes(&on_time), 2, "{:?}", on_time.out.marks());
        assert_eq!(probes(&watch(&[(1, opened(30)), (32, SENT)])), 0);
    }

    #[test]
    fn a_call_too_early_a_second_probe_and_a_wrong_timeout_are_found() {
        assert_eq!(violations(&[(1, opened(30)), (30, SENT)]), 1);
        assert_eq!(violations(&[(1, opened(30)), (31, SENT), (32, SENT)]), 1);
        assert_eq!(violations(&[(1, opened(30)), (31, SENT), (32, opened(30))]), 1);
        assert_eq!(violations(&[(1, opened(60))]), 1);
        assert_eq!(violations(&[(1, opened(30)), (2, Fact::CircuitClosed)]), 1);
    }
}
