//! The bug `lossy-messaging-1`, as a test that reproduces it.

use leasehold_sim::{Class, Scenario, Seed, Tape, shipped};

const SCENARIO: &str = r#"
# no_double_ownership by messaging_timeout_steal. Fails if and only if k131 answer 1 is
# lost, as far as 63 runs with seed 1 tell.
duration = "1m16s"
title = "Lost messages alone are enough to take a lease from a live owner"

[players]
count = 200
edits_max = 0
hop = 0.8
hop_delay = "1s..5s"
noticed_after = "0s..20s"
only = [131]
stay = "1m..4m"

[servers]
only = [6, 7]
"#;

const TAPE: &str = r#"
# The faults of one run. Replay it with `--tape`; delete lines to see which of them matter.
format = 2
faults = [
    "k131 answer 1 is lost",
]

[origin]
tool = "0.1.0"
scenario = "lossy-messaging"
seed = 1
digest = "4fe1717ae29d241a"
verdict = "violated"
class = "no_double_ownership:messaging_timeout_steal"
"#;

/// Passes as long as the bug is there. When it is fixed, turn the assertion around.
#[test]
fn lossy_messaging_1_is_reproduced() {
    let class = "no_double_ownership:messaging_timeout_steal";
    let scenario = Scenario::parse(SCENARIO).expect("the scenario is valid");
    let tape = Tape::parse(TAPE).expect("the tape is valid");
    let seed = Seed { root: tape.origin.seed, forks: tape.origin.forks.clone() };
    let simulation = shipped(&tape.origin.scenario, &scenario).expect("the scenario is sound");
    let outcome = simulation.seeded(seed).tape(&tape).run();
    let classes = Class::all(outcome.dataset.findings());
    let classes: Vec<String> = classes.iter().map(Class::name).collect();
    assert!(classes.iter().any(|name| name == class), "{classes:?}");
}
