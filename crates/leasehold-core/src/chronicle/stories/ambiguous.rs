//! Calls whose outcome is unknown (rule W5).

use crate::chronicle::Rules;
use crate::testing::check;

const PLAIN: Rules = Rules::CHRONICLE;

#[track_caller]
fn after_start(script: &str, expect: &str) {
    let started = "0 A calls acquire\n 0 A loaded new g1\n";
    let script = format!("0 A start\n A calls hold\n{script}");
    check(PLAIN, &script, &format!("{started}{expect}"));
}

#[test]
fn w5_a_save_that_was_applied_though_reported_failed_is_counted_once() {
    after_start(
        "10 A edit 7
         12 A applied
            record
         13 A ok
            record",
        "12 A calls save
         12 record A/n1 g1 c1 72 [7]
         13 A calls save again1
         13 A saved c1
         13 record A/n1 g1 c1 73 [7]",
    );
}

#[test]
fn w5_a_newer_payload_goes_over_an_ambiguous_one_that_has_committed() {
    after_start(
        "10 A edit 7
         12 A applied
            A edit 8
         13 A ok
            record",
        "12 A calls save
         13 A calls save again1
         13 A saved c2
         13 record A/n1 g1 c2 73 [7, 8]",
    );
}

#[test]
fn w5_a_newer_payload_goes_over_an_ambiguous_one_that_has_not_committed_and_never_will() {
    after_start(
        "10 A edit 7
         12 A fail
            A edit 8
         13 A ok
         14 A late 2
            record",
        "12 A calls save
         13 A calls save again1
         13 A saved c1
         14 record A/n1 g1 c1 73 [7, 8]",
    );
}

#[test]
fn w5_three_ambiguous_payloads_land_in_any_order_and_the_newest_wins() {
    // Calls 2, 3 and 4 carry 7, then 8 too, then 9 too. All were reported failed; call 5 repeats
    // the last.
    let orders = [[2, 3, 4], [2, 4, 3], [3, 2, 4], [3, 4, 2], [4, 2, 3], [4, 3, 2]];
    for order in orders {
        let [first, second, third] = order;
        // A payload commits if no newer one has committed before it.
        let commits = match order {
            [2, 3, 4] => 3,
            [2, 4, 3] | [3, 2, 4] | [3, 4, 2] => 2,
            _ => 1,
        };
        after_start(
            &format!(
                "10 A edit 7
                 12 A fail
                    A edit 8
                 13 A fail
                    A edit 9
                 15 A fail
                    A late {first}
                    A late {second}
                    A late {third}
                 19 A ok
                    record"
            ),
            &format!(
                "12 A calls save
                 13 A calls save again1
                 15 A calls save again2
                 19 A calls save again3
                 19 A saved c{commits}
                 19 record A/n1 g1 c{commits} 79 [7, 8, 9]"
            ),
        );
    }
}

#[test]
fn w5_a_late_write_commits_between_a_newer_ones_sending_and_its_landing() {
    after_start(
        "10 A edit 7
         12 A fail
            A edit 8
         13 A late 2
            record
            A ok
            record",
        "12 A calls save
         13 A calls save again1
         13 record A/n1 g1 c1 73 [7]
         13 A saved c2
         13 record A/n1 g1 c2 73 [7, 8]",
    );
}

#[test]
fn w5_s8_a_save_that_timed_out_may_land_at_any_time_and_changes_nothing_newer() {
    after_start(
        "10 A edit 7
         42 A edit 8
         44 A late 3
            A late 2
            record",
        "12 A calls save
         43 A calls save again1
         44 A saved c1
         44 record A/n1 g1 c1 104 [7, 8]",
    );
}

#[test]
fn w5_a_renewal_that_commits_twice_only_moves_the_end_of_the_lease() {
    after_start(
        "50 A applied
         51 A ok
         52 A late 2
            record",
        "50 A calls renew
         51 A calls renew again1
         52 record A/n1 g1 c0 112 []",
    );
}

#[test]
fn w5_a_save_that_commits_after_the_release_does_not_bring_the_lease_back() {
    after_start(
        "10 A edit 7
         12 A fail
            A release
            A ok
         13 A late 2
            record",
        "12 A calls save
         12 A calls release
         12 A saved c1
         12 A released
         12 A ended
         13 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w5_a_save_that_committed_after_all_is_not_written_again_by_the_release() {
    after_start(
        "10 A edit 7
         12 A applied
            A release
            A ok
            record",
        "12 A calls save
         12 A calls release
         12 A saved c1
         12 A released
         12 A ended
         12 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w5_a_release_that_was_applied_though_reported_failed_is_done_by_its_retry() {
    after_start(
        "10 A edit 7
         11 A release
            A applied
            record
         12 A ok
            record",
        "11 A calls release
         11 record A/n1 g1 c1 free [7]
         12 A calls release again1
         12 A saved c1
         12 A released
         12 A ended
         12 record A/n1 g1 c1 free [7]",
    );
}

#[test]
fn w5_a_release_that_finds_another_owner_is_done_and_admits_what_it_could_not_save() {
    after_start(
        "10 message drop
            B start
         13 A edit 7
            A release
            A ok
            record",
        "10 B calls acquire
         10 B asks A
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2
         13 A calls release
         13 A released unsaved
         13 A ended
         13 record B/n1 g2 c0 72 []",
    );
}

#[test]
fn w5_a_late_save_of_a_taken_session_does_not_touch_the_new_owners_data() {
    after_start(
        "10 message drop
            A edit 7
            B start
         12 A fail
            B edit 9
            B save
         13 A late 2
            record",
        "10 B calls acquire
         10 B asks A
         12 A calls save
         12 B calls acquire
         12 B conflict messaging_timeout_steal
         12 B loaded silent g2
         12 B calls save
         12 B saved c1
         12 B save x1 true
         13 A calls save again1
         13 record B/n1 g2 c1 72 [9]",
    );
}
