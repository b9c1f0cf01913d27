//! Renewing and self-fencing (rules L2, L4, W3, D1), and the machine's laws.

use super::{Input, Lease};
use crate::chronicle::rules::Rules;
use crate::testing::{both, sec, stamp, us};
use crate::time::{Deadline, Instant, Now, Stamp, Timer};
use proptest::prelude::*;

const STRICT: Rules = Rules::CHRONICLE_STRICT;
const PLAIN: Rules = Rules::CHRONICLE;

/// Won by a call that was sent at 0 s and answered at once.
fn lease(rules: &Rules) -> Lease {
    Lease::new(rules, both(sec(0)), sec(0), stamp(60))
}

fn at(at: Instant, why: Timer) -> Option<Deadline> {
    Some(Deadline { at, why })
}

#[test]
fn l2_a_lease_is_renewed_50_s_after_it_was_sent_for_and_not_a_microsecond_sooner() {
    for (rules, after) in [(PLAIN, 50), (Rules::CHRONICLE_EAGER, 10)] {
        let mut lease = lease(&rules);
        assert_eq!(lease.deadline(), at(sec(after), Timer::Renewal));
        let before = us(after * 1_000_000 - 1);
        lease.on(&rules, both(before), Input::Tick);
        assert!(!lease.is_due());
        lease.on(&rules, both(sec(after)), Input::Tick);
        assert!(lease.is_due());
    }
}

#[test]
fn l2_w3_a_write_counts_from_when_it_was_sent_not_from_when_it_was_answered() {
    let mut lease = lease(&PLAIN);
    let extended = Input::Extended { sent: sec(20), expires_at: stamp(85) };
    lease.on(&PLAIN, both(sec(29)), extended);
    assert_eq!(lease.deadline(), at(sec(70), Timer::Renewal));
}

#[test]
fn w6_a_lease_is_over_for_certain_only_a_whole_lease_after_its_answer() {
    let mut lease = lease(&PLAIN);
    assert_eq!(lease.over_at(), sec(60));
    // The transform ran at 25 s, between sending and answer: 80 s would be too early.
    let extended = Input::Extended { sent: sec(20), expires_at: stamp(85) };
    lease.on(&PLAIN, both(sec(29)), extended);
    assert_eq!(lease.over_at(), sec(89));
}

#[test]
fn l2_a_newer_write_that_was_answered_quickly_counts_although_an_older_answer_came_later() {
    let mut lease = lease(&PLAIN);
    let newer = Input::Extended { sent: sec(30), expires_at: stamp(90) };
    lease.on(&PLAIN, both(sec(30)), newer);
    let older = Input::Extended { sent: sec(29), expires_at: stamp(99) };
    lease.on(&PLAIN, both(sec(40)), older);
    assert_eq!(lease.over_at(), sec(90));
    assert_eq!(lease.deadline(), at(sec(80), Timer::Renewal));
}

#[test]
fn l2_a_confirmed_write_ends_a_renewal_that_was_due() {
    let mut lease = lease(&PLAIN);
    lease.on(&PLAIN, both(sec(50)), Input::Tick);
    let extended = Input::Extended { sent: sec(50), expires_at: stamp(110) };
    lease.on(&PLAIN, both(sec(51)), extended);
    assert!(!lease.is_due());
    assert_eq!(lease.deadline(), at(sec(100), Timer::Renewal));
}

#[test]
fn l2_an_answer_that_was_overtaken_does_not_shorten_the_lease() {
    let mut lease = lease(&STRICT);
    let newer = Input::Extended { sent: sec(30), expires_at: stamp(90) };
    lease.on(&STRICT, both(sec(30)), newer);
    let newest = lease;
    let older = Input::Extended { sent: sec(10), expires_at: stamp(70) };
    lease.on(&STRICT, both(sec(31)), older);
    assert_eq!(lease, newest);
}

#[test]
fn l4_without_self_fencing_a_lease_is_relied_on_until_a_call_says_otherwise() {
    let mut lease = lease(&PLAIN);
    lease.on(&PLAIN, both(sec(50)), Input::Tick);
    assert_eq!(lease.deadline(), None);
    lease.on(&PLAIN, both(sec(100_000)), Input::Tick);
    assert!(lease.is_active(both(sec(100_000))) && !lease.is_fenced());
}

#[test]
fn l4_strict_stops_relying_on_it_a_margin_before_the_end_by_either_clock() {
    let held = lease(&STRICT);
    let (before, wall_before) = (us(56_999_999), Stamp::from_micros(56_999_999));
    assert!(held.is_active(Now { mono: before, wall: wall_before }));
    assert!(!held.is_active(Now { mono: sec(57), wall: stamp(0) }), "by the monotonic clock");
    assert!(!held.is_active(Now { mono: sec(0), wall: stamp(57) }), "by the wall clock");
}

#[test]
fn d1_ownership_ends_by_itself_and_the_tick_only_says_so() {
    let mut lease = lease(&STRICT);
    lease.on(&STRICT, both(sec(50)), Input::Tick);
    assert_eq!(lease.deadline(), at(sec(57), Timer::SelfFence));
    assert!(!lease.is_active(both(sec(57))) && !lease.is_fenced());
    lease.on(&STRICT, both(sec(57)), Input::Tick);
    assert!(lease.is_fenced());
    assert_eq!(lease.deadline(), None);
}

#[test]
fn l4_a_fence_never_opens_again() {
    let mut lease = lease(&STRICT);
    lease.on(&STRICT, both(sec(57)), Input::Tick);
    let fenced = lease;
    let late = Input::Extended { sent: sec(56), expires_at: stamp(116) };
    lease.on(&STRICT, both(sec(58)), late);
    assert_eq!(lease, fenced);
    assert!(!lease.is_active(both(sec(0))));
}

#[test]
fn l4_the_monotonic_fence_counts_from_sending_even_if_the_wall_clock_stands_still() {
    let mut lease = lease(&STRICT);
    let extended = Input::Extended { sent: sec(10), expires_at: stamp(75) };
    lease.on(&STRICT, Now { mono: sec(15), wall: stamp(15) }, extended);
    assert!(lease.is_active(Now { mono: us(66_999_999), wall: stamp(15) }));
    assert!(!lease.is_active(Now { mono: sec(67), wall: stamp(15) }));
}

#[test]
fn l4_a_wall_clock_that_was_set_back_moves_the_fence_back_too_but_not_past_the_monotonic_one() {
    // Sent at 0; the wall clock, 10 s ahead when the answer comes, foresees the fence at 47 s.
    let ahead = Now { mono: sec(0), wall: stamp(10) };
    let mut lease = Lease::new(&STRICT, ahead, sec(0), stamp(60));
    assert_eq!(lease.deadline(), at(sec(47), Timer::SelfFence));
    lease.on(&STRICT, both(sec(47)), Input::Tick);
    assert!(!lease.is_due() && !lease.is_fenced());
    assert_eq!(lease.deadline(), at(sec(50), Timer::Renewal));
    lease.on(&STRICT, both(sec(50)), Input::Tick);
    assert!(lease.is_due());
    assert_eq!(lease.deadline(), at(sec(57), Timer::SelfFence));
}

#[test]
fn l4_a_late_tick_that_renews_looks_after_the_fence_as_well() {
    let ahead = Now { mono: sec(0), wall: stamp(10) };
    let mut lease = Lease::new(&STRICT, ahead, sec(0), stamp(60));
    // Both the look at 47 s and the renewal at 50 s are overdue.
    lease.on(&STRICT, both(sec(51)), Input::Tick);
    assert!(lease.is_due());
    assert_eq!(lease.deadline(), at(sec(57), Timer::SelfFence));
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        3 => Just(Input::Tick),
        1 => (0u64..200, 0i64..260).prop_map(|(sent, expires)| {
            Input::Extended { sent: sec(sent), expires_at: stamp(expires) }
        }),
    ]
}

/// Steps of the monotonic clock, and readings of a wall clock that anybody may set.
fn any_steps() -> impl Strategy<Value = Vec<(u64, i64, Input)>> {
    let wall = prop_oneof![9 => 0i64..300_000_000, 1 => any::<i64>()];
    prop::collection::vec((0u64..20_000_000, wall, any_input()), 1..40)
}

proptest! {
    #[test]
    fn law_every_tick_at_the_deadline_moves_it_later_whatever_the_wall_clock_does(
        steps in any_steps(), strict in any::<bool>(),
    ) {
        let rules = if strict { STRICT } else { PLAIN };
        let (mut lease, mut mono, mut fenced) = (lease(&rules), 0, false);
        for (step, wall, input) in steps {
            mono += step;
            let now = Now { mono: us(mono), wall: Stamp::from_micros(wall) };
            let mut twin = lease;
            let (active, before) = (lease.is_active(now), lease.deadline());
            lease.on(&rules, now, input);
            twin.on(&rules, now, input);
            prop_assert_eq!(lease, twin);
            if input == Input::Tick {
                prop_assert_eq!(lease.is_active(now), active, "a tick only says what is so");
                if let Some(before) = before.filter(|before| before.at <= now.mono) {
                    let after = lease.deadline();
                    prop_assert!(after.is_none_or(|after| after.at > before.at));
                }
            }
            prop_assert!(!(fenced && lease.is_active(now)), "a fence has opened");
            fenced |= lease.is_fenced();
        }
    }

    #[test]
    fn law_a_tick_before_the_deadline_changes_nothing_while_both_clocks_run_alike(
        writes in prop::collection::vec((0u64..49_000_000, 0u64..7_000_000), 0..5),
        strict in any::<bool>(), ahead in -100i64..100,
    ) {
        let rules = if strict { STRICT } else { PLAIN };
        let clocks = |mono: u64| {
            let wall = mono as i64 + ahead * 1_000_000;
            Now { mono: us(mono), wall: Stamp::from_micros(wall) }
        };
        let expires_at = clocks(0).wall + rules.lease_duration;
        let mut lease = Lease::new(&rules, clocks(0), sec(0), expires_at);
        let mut mono = 0;
        for (gap, latency) in writes {
            let (sent, answered) = (mono + gap, mono + gap + latency);
            let expires_at = clocks(sent + latency / 2).wall + rules.lease_duration;
            let extended = Input::Extended { sent: us(sent), expires_at };
            lease.on(&rules, clocks(answered), extended);
            if lease.is_active(clocks(answered)) {
                prop_assert!(clocks(lease.over_at().as_micros()).wall >= expires_at);
            }
            let at = lease.deadline().expect("a held lease has one").at.as_micros();
            for tick in [answered, at - 1].into_iter().filter(|tick| *tick < at) {
                let before = lease;
                lease.on(&rules, clocks(tick), Input::Tick);
                prop_assert_eq!(lease, before);
            }
            mono = answered;
        }
    }
}
