//! What is owed, paid, late, excused and forgotten, in small stories.

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
fn a_library_that_does_nothing_about_an_end_is_named_though_its_process_goes() {
    let contract =
        Contract { end_attempted_within: Some(Duration::from_secs(20)), ..Contract::default() };
    let play = |facts: &[(u64, Fact)]| {
        let mut told = Told::to(Obligations::new(&known(contract)).expect("all owe"));
        for (seconds, fact) in [&STARTED[..], facts].concat() {
            told.step(step(seconds * SECOND, 0, fact));
        }
        broken(&told)
    };
    let (asked, gone) = ((10, Fact::EndAsked), Fact::SeatFreed { gone: true });
    let idle = [("sessions_are_released", "idle")];
    let (kind, sent) = (CallKind::Release, Fact::Sent { kind: CallKind::Release, attempt: 0 });
    assert_eq!(play(&[asked, (31, gone)]), idle);
    assert_eq!(play(&[asked, (30, gone)]), [], "it had 20 s");
    assert_eq!(play(&[asked, (12, sent), (99, gone)]), []);
    assert_eq!(play(&[asked, (12, Fact::ShortCircuited { kind }), (99, gone)]), []);
    assert_eq!(play(&[(9, sent), asked, (99, gone)]), [], "a call was under way");
    let silent = Fact::Answered { kind, end: CallEnd::Silent, sent: Moment::ZERO };
    assert_eq!(play(&[(7, sent), (9, silent), asked, (99, gone)]), [], "nobody knows yet");
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
