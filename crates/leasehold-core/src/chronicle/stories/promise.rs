//! What strict promises (rule D3): no two servers ever consider themselves owner at once, whatever
//! is lost, late, paused or dead.

use crate::chronicle::Rules;
use crate::testing::{Hand, us};
use proptest::prelude::*;

/// What happens next: how long after the last thing, to which server, and what.
fn any_step() -> impl Strategy<Value = (u64, usize, String)> {
    let pause = prop_oneof![3 => 0u64..3_000_000, 1 => 0u64..70_000_000];
    let sure = |words: &'static [&'static str]| prop::sample::select(words).prop_map(String::from);
    let what = prop_oneof![
        6 => sure(&["start", "start", "edit 7", "save", "release", "cancel"]),
        4 => sure(&["calls ok", "calls ok", "calls hold", "calls fail", "calls lost"]),
        5 => sure(&["ok", "ok", "fail", "applied"]),
        2 => sure(&["pause", "resume", "resume", "crash"]),
        1 => sure(&["message ok", "message drop", "message hold", "message deliver"]),
        2 => (1usize..12).prop_map(|call| format!("late {call}")),
        2 => (0u64..=6).prop_map(|ahead| format!("wall {ahead}")),
    ];
    (pause, 0usize..3, what)
}

/// Plays it, without what cannot be: nobody hears a reply while paused or dead, nor one that there
/// is not.
fn play(rules: Rules, steps: &[(u64, usize, String)], skew_max: u64) -> Hand {
    let mut hand = Hand::new(rules);
    for (pause, nth, what) in steps {
        hand.advance(us(hand.now.as_micros() + pause), true);
        let (made, held) = hand.calls(*nth);
        let possible = match what.split(' ').collect::<Vec<_>>()[..] {
            ["resume"] | ["message", _] => true,
            ["ok" | "fail" | "applied"] => held > 0 && hand.is_awake(*nth),
            ["late", call] => {
                call.parse().is_ok_and(|call: usize| call <= made) && hand.is_awake(*nth)
            }
            ["wall", ahead] => ahead.parse().is_ok_and(|ahead: u64| ahead <= skew_max),
            _ => hand.is_awake(*nth),
        };
        let who = ["A", "B", "C"][*nth];
        if possible && what.starts_with("message") {
            hand.play(what);
        } else if possible {
            hand.play(&format!("{who} {what}"));
        }
    }
    hand
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Stamps are exact here, so that both margins of 3 s are there for the clocks' difference.
    #[test]
    fn d3_strict_never_has_two_owners_while_clocks_differ_by_no_more_than_both_margins(
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let hand = play(Rules::CHRONICLE_STRICT, &steps, 6);
        prop_assert!(hand.owners_max <= 1, "{}", hand.lines.join("\n"));
    }
}

#[test]
fn d3_outside_the_promise_and_without_it_two_servers_do_own_at_once() {
    let two = |rules, script: &str| {
        let mut hand = Hand::new(rules);
        hand.play(script);
        hand.owners_max
    };
    // B's wall clock is ahead, and A renews nothing: A owns until 57 s, B takes the key past 63
    // s of its own.
    let ahead = |by: u64, at: &str| {
        format!(
            "0 A start\n A calls lost\n message drop\n B wall {by}\n {at} B start\n {at} B show"
        )
    };
    assert_eq!(two(Rules::CHRONICLE_STRICT, &ahead(6, "56.999999")), 1);
    assert_eq!(two(Rules::CHRONICLE_STRICT, &ahead(7, "56.999999")), 2);
    assert_eq!(two(Rules::CHRONICLE, "0 A start\n 10 message drop\n B start\n 12"), 2);
}
