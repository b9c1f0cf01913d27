//! What is done to records from outside their sessions: it happens when and to whom it should, and
//! what it breaks is said to come of it.

use leasehold_data::Dataset;
use leasehold_sim::{Outcome, Scenario, Seed};
use leasehold_tests::run;

/// One player, who stays, on one server, under a protocol; and these operations.
fn world(protocol: &str, operations: &str) -> Outcome {
    let text = format!(
        "duration = \"10m\"\nprotocol = {protocol:?}\noperations = [{operations}]\n\
         servers.count = 2\n\
         players = {{ count = 1, arrive = \"0s\", stay = \"9m\", edit_every = \"5s\", save = \"50%\" }}\n\
         datastore.latency = \"200ms\"\n\
         expect.invariants = {{ acknowledged_saves_survive = \"any\", \
         acknowledged_saves_are_stored = \"any\", no_write_without_ownership = \"any\", \
         no_double_ownership = \"any\", generations_in_order = \"any\" }}\n"
    );
    let scenario = Scenario::parse(&text).unwrap_or_else(|why| panic!("{text}{why}"));
    run("operations", &scenario, Seed::of(1), None)
}

fn causes(dataset: &Dataset, name: &str) -> Vec<String> {
    let found = dataset.invariants.iter().find(|known| known.name == name).expect(name);
    found.causes.keys().cloned().collect()
}

#[test]
fn a_script_that_writes_back_what_it_has_read_wipes_out_what_was_saved_meanwhile() {
    for protocol in ["chronicle", "chronicle_strict", "profile_store", "naive"] {
        let back = "{ do = \"overwrite\", at = \"3m\", player = 0, takes = \"2m\" }";
        let Outcome { dataset, tape, .. } = world(protocol, back);
        assert_eq!(
            causes(&dataset, "acknowledged_saves_survive"),
            ["outside overwrite"],
            "{protocol}"
        );
        assert_eq!(dataset.summary.faults["operation"], 1, "{protocol}");
        let faults: Vec<String> =
            tape.expect("few faults").faults.iter().map(ToString::to_string).collect();
        assert_eq!(faults, ["operation 1.1"], "{protocol}");
        let marks = &dataset.marks;
        assert!(
            marks.contains_key("a record was changed from outside under a live owner"),
            "{protocol}: {marks:?}"
        );
    }
}

#[test]
fn a_record_that_is_removed_under_its_owner_is_lost_and_says_by_whom() {
    for protocol in ["chronicle", "profile_store", "naive"] {
        let dataset = world(protocol, "{ do = \"remove\", at = \"4m\", player = 0 }").dataset;
        let name = "acknowledged_saves_survive";
        assert_eq!(causes(&dataset, name), ["outside removal"], "{protocol}");
    }
}

#[test]
fn a_server_does_it_with_its_librarys_own_methods_where_there_are_some() {
    let all = "{ do = \"read\", at = \"1m\", player = 0, server = 1 }, \
               { do = \"message\", at = \"2m\", player = 0, server = 1 }, \
               { do = \"overwrite\", at = \"3m\", player = 0, server = 1 }, \
               { do = \"remove\", at = \"5m\", player = 0, server = 1 }";
    let dataset = world("profile_store", all).dataset;
    let calls = &dataset.summary.calls;
    for kind in ["message", "overwrite", "remove"] {
        assert_eq!(calls[kind].sent, 1, "{kind}: {calls:?}");
    }
    // One to look, and one to look at what is set.
    assert_eq!(calls["read"].sent, 2, "{calls:?}");
    assert!(causes(&dataset, "notices_in_order").is_empty());
}

#[test]
fn operations_at_a_rate_come_as_often_as_they_should_whatever_else_happens() {
    let often = "{ do = \"overwrite\", every = \"20s\", takes = \"1s\" }";
    let counts = ["chronicle", "naive"]
        .map(|protocol| world(protocol, often).dataset.summary.faults["operation"]);
    assert!((20..40).contains(&counts[0]), "{counts:?}");
    assert_eq!(counts[0], counts[1]);
}
