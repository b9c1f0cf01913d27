//! The hop that can be worked out on paper costs what its comment works out.

use leasehold_data::Summary;
use leasehold_tests::{project, simulate, variant};

/// The sums in the scenario's comment: what is counted, and the factors with what they make.
fn sums() -> Vec<(String, Vec<u64>, u64)> {
    let path = project("sims").join("server-hop-paper.toml");
    let text = std::fs::read_to_string(path).expect("it is there");
    let number = |text: &str| -> u64 {
        let digits = text.split_whitespace().next().expect("a number comes first");
        digits.parse().expect("a number")
    };
    let lines = text.lines().filter_map(|line| {
        let (name, sum) = line.strip_prefix("#   ")?.split_once(" = ")?;
        let (factors, product) = sum.rsplit_once('=').expect("a sum has a result");
        let factors = factors.split(" x ").map(number).collect();
        Some((name.trim().to_owned(), factors, number(product)))
    });
    lines.collect()
}

fn counted(summary: &Summary, what: &str) -> u64 {
    match what {
        "asked" => summary.starts.asked,
        "messages" => summary.messages.sent,
        kind => summary.calls[kind].sent,
    }
}

#[test]
fn calls_and_messages_are_those_that_the_comment_works_out() {
    let sums = sums();
    assert_eq!(sums.len(), 7, "the comment has a sum for each kind of call");
    for seed in 1..4 {
        let plain = simulate("server-hop-paper", seed).dataset.summary;
        let eager = variant("server-hop-paper", "eager", seed).dataset.summary;
        for (name, factors, product) in &sums {
            assert_eq!(factors.iter().product::<u64>(), *product, "{name}");
            let measured = match name.strip_prefix("eager: ") {
                Some(kind) => counted(&eager, kind),
                None => counted(&plain, name),
            };
            assert_eq!(measured, *product, "{name}, seed {seed}");
        }
        assert_eq!(plain.calls.values().map(|calls| calls.failed + calls.retries).sum::<u64>(), 0);
        assert!(plain.conflicts.is_empty(), "seed {seed}");
    }
}
