//! A key that somebody else holds (rules C1 to C7, D3, F3).

use crate::chronicle::{BreakerRules, Messaging, Resolution, Rules};
use crate::testing::check;

const PLAIN: Rules = Rules::CHRONICLE;
const STRICT: Rules = Rules::CHRONICLE_STRICT;

#[test]
fn c1_an_expired_lease_is_taken_at_once() {
    check(
        PLAIN,
        "0 A start
         10 A crash
         60.000001 B start",
        "0 A calls acquire
         0 A loaded new g1
         60.000001 B calls acquire
         60.000001 B conflict expired_lease_steal
         60.000001 B loaded expired g2",
    );
}

#[test]
fn c1_a_lease_at_its_very_end_is_still_fresh_and_its_owner_is_asked() {
    check(
        PLAIN,
        "0 A start
         10 A crash
         60 B start",
        "0 A calls acquire
         0 A loaded new g1
         60 B calls acquire
         60 B asks A",
    );
}

#[test]
fn c1_expired_means_by_the_readers_wall_clock() {
    check(
        PLAIN,
        "0 A start
         10 B wall 51
            B start",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B conflict expired_lease_steal
         10 B loaded expired g2",
    );
}

#[test]
fn c2_c4_f3_the_next_server_owns_2_s_after_it_has_asked_a_crashed_owner() {
    check(
        PLAIN,
        "0 A start
         10 A crash
            B start
         20",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2",
    );
}

#[test]
fn c8_f3_a_live_owner_is_taken_just_the_same_when_only_the_messages_are_lost() {
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         13 A show
            A save",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2
         13 A is active
         13 A calls save
         13 A save x1 lease_lost
         13 A lease lost taken
         13 A ended",
    );
}

#[test]
fn c3_an_owner_that_answers_in_time_ends_the_start_at_once() {
    check(
        PLAIN,
        "0 A start
         10 B start
         30",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         10 A answers B
         10 B conflict active_owner_confirmed
         10 B start failed lease_held
         10 B ended",
    );
}

#[test]
fn c2_c3_an_answer_counts_up_to_the_last_microsecond_and_not_after_the_two_seconds() {
    let start = "0 A start
         10 message hold
            B start";
    let lines = "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A";
    check(
        PLAIN,
        &format!("{start}\n 11 message deliver\n 11.999999 message deliver\n 13"),
        &format!(
            "{lines}
             11 A answers B
             11.999999 B conflict active_owner_confirmed
             11.999999 B start failed lease_held
             11.999999 B ended"
        ),
    );
    check(
        PLAIN,
        &format!("{start}\n 11 message deliver\n 12 message deliver\n 13"),
        &format!(
            "{lines}
             11 A answers B
             12 B calls acquire
             12 B conflict messaging_timeout_steal
             12 B loaded silent g2"
        ),
    );
}

#[test]
fn c4_the_theft_looks_whether_the_lease_is_still_the_one_that_was_challenged() {
    // A releases and C takes the key while B waits: C is asked in its turn, and answers.
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         11 A release
            C start
            message ok
         20",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         11 A calls release
         11 A released
         11 A ended
         11 C calls acquire
         11 C loaded free g2
         12 B calls acquire
         12 B asks C
         12 C answers B
         12 B conflict active_owner_confirmed
         12 B start failed lease_held
         12 B ended",
    );
}

#[test]
fn c4_a_lease_that_was_renewed_by_the_challenged_session_is_still_the_challenged_one() {
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         11 A save
         12 record",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         11 A calls save
         11 A saved c1
         11 A save x1 true
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2
         12 record B/n1 g2 c1 72 []",
    );
}

#[test]
fn c4_after_three_different_silent_holders_a_start_gives_up() {
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         11 A release
            C start
         13 C release
            D start
         15 D release
            E start
         20",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         11 A calls release
         11 A released
         11 A ended
         11 C calls acquire
         11 C loaded free g2
         12 B calls acquire
         12 B asks C
         13 C calls release
         13 C released
         13 C ended
         13 D calls acquire
         13 D loaded free g3
         14 B calls acquire
         14 B asks D
         15 D calls release
         15 D released
         15 D ended
         15 E calls acquire
         15 E loaded free g4
         16 B calls acquire
         16 B start failed lease_held
         16 B ended",
    );
}

#[test]
fn c4_c5_a_theft_whose_answer_is_lost_is_told_once_by_the_retry() {
    check(
        PLAIN,
        "0 A start
         10 message drop
            B start
         11 B calls hold
         12 B applied
         14 B ok
         20 B show",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         12 B calls acquire
         13 B calls acquire again1
         14 B conflict messaging_timeout_steal
         14 B loaded own g2
         20 B is active",
    );
}

#[test]
fn c5_there_are_exactly_three_resolutions_with_the_documents_names() {
    let names = [
        (Resolution::ExpiredLeaseSteal, "expired_lease_steal"),
        (Resolution::ActiveOwnerConfirmed, "active_owner_confirmed"),
        (Resolution::MessagingTimeoutSteal, "messaging_timeout_steal"),
    ];
    for (resolution, name) in names {
        assert_eq!(resolution.name(), name);
    }
}

#[test]
fn r1_c5_a_released_lease_is_no_conflict() {
    check(
        PLAIN,
        "0 A start
         10 A release
            B start",
        "0 A calls acquire
         0 A loaded new g1
         10 A calls release
         10 A released
         10 A ended
         10 B calls acquire
         10 B loaded free g2",
    );
}

#[test]
fn c6_an_owner_does_not_answer_for_a_session_that_is_not_the_challenged_one() {
    // B asks about A's first session; by the time that A hears it, its second one holds the key.
    check(
        PLAIN,
        "0 A start
         10 message hold
            B start
         11 A release
            A start seat1
            message ok
            message deliver",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         11 A calls release
         11 A released
         11 A ended
         11 A seat1 calls acquire
         11 A seat1 loaded free g2",
    );
}

#[test]
fn c6_l4_an_owner_that_has_fenced_itself_does_not_answer() {
    check(
        STRICT,
        "0 A start
           A calls lost
         57 B start
         57.5 A show",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         57 A lease lost fenced
         57 A ended
         57 B calls acquire
         57 B asks A
         57.5 A is not active",
    );
}

#[test]
fn c7_f3_strict_owns_within_60_s_and_the_margin_and_one_poll_of_a_crash() {
    // The lease ends at 60 s and counts as expired past 63 s; looks at 3, 8, ..., 63 and 68 s.
    check(
        STRICT,
        "0 A start
         1 A crash
           B start
         100",
        &("0 A calls acquire
         0 A loaded new g1
         1 B calls acquire
         1 B asks A
         "
        .to_owned()
            + &(0..=12).map(|n| format!("{} B calls acquire\n", 3 + 5 * n)).collect::<String>()
            + "68 B calls acquire
               68 B conflict expired_lease_steal
               68 B loaded expired g2"),
    );
}

#[test]
fn c7_strict_notices_a_release_at_its_next_look() {
    check(
        STRICT,
        "0 A start
         10 message drop
            B start
         20 A release
         30",
        "0 A calls acquire
         0 A loaded new g1
         10 B calls acquire
         10 B asks A
         12 B calls acquire
         17 B calls acquire
         20 A calls release
         20 A released
         20 A ended
         22 B calls acquire
         22 B loaded free g2",
    );
}

#[test]
fn c7_strict_gives_up_90_s_after_the_start() {
    let polls: String = (0..=17).map(|n| format!("{} B calls acquire\n", 12 + 5 * n)).collect();
    let mut lines: Vec<(u64, String)> = polls
        .lines()
        .map(|line| (line.split(' ').next().unwrap().parse().unwrap(), line.to_owned()))
        .collect();
    lines.extend([(0, "0 A calls acquire".into()), (0, "0 A loaded new g1".into())]);
    lines.extend([(10, "10 B calls acquire".into()), (10, "10 B asks A".into())]);
    lines.extend([(50, "50 A calls renew".into()), (100, "100 A calls renew".into())]);
    lines.extend([(100, "100 B start failed timeout".into()), (100, "100 B ended".into())]);
    lines.sort_by_key(|(at, _)| *at);
    let expect: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    check(STRICT, "0 A start\n 10 message drop\n B start\n 120", &expect.join("\n"));
}

#[test]
fn d3_strict_a_taken_owner_would_have_to_own_past_its_fence_and_does_not() {
    // A's calls are lost from 1 s on: it stops at 57 s, six seconds before B may take the key.
    check(
        STRICT,
        "0 A start
         1 A calls lost
           message drop
         56.999999 A show
         57 A show
         63 B start
         63.000001 C start",
        "0 A calls acquire
         0 A loaded new g1
         50 A calls renew
         56.999999 A is active
         57 A lease lost fenced
         57 A ended
         57 A is not active
         63 B calls acquire
         63 B asks A
         63.000001 C calls acquire
         63.000001 C conflict expired_lease_steal
         63.000001 C loaded expired g2",
    );
}

#[test]
fn m3_with_messaging_off_nobody_is_asked() {
    let play = |messaging, expect: &str| {
        let lines = "0 A calls acquire\n 0 A loaded new g1\n 10 B calls acquire\n";
        let rules = Rules { messaging, ..PLAIN };
        check(rules, "0 A start\n 10 B start\n 20", &format!("{lines}{expect}"));
    };
    play(
        Messaging::PresumeAlive,
        "10 B conflict active_owner_confirmed
         10 B start failed lease_held
         10 B ended",
    );
    play(
        Messaging::PresumeDead,
        "10 B calls acquire
         10 B conflict messaging_timeout_steal
         10 B loaded silent g2",
    );
}

#[test]
fn b5_a_held_lease_is_no_failure_of_the_datastore() {
    let breaker = BreakerRules { failures_max: 2, ..PLAIN.breaker };
    check(
        Rules { breaker, ..PLAIN },
        "0 A start
         10 B calls fail
            B start k5 seat5
            B calls ok
            B start
            B calls fail
            B start k6 seat6",
        "0 A calls acquire
         0 A loaded new g1
         10 B seat5 calls acquire
         10 B calls acquire
         10 B asks A
         10 A answers B
         10 B conflict active_owner_confirmed
         10 B start failed lease_held
         10 B ended
         10 B seat6 calls acquire",
    );
}
