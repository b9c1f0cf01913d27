//! What holds of every story, on runs of all kinds; and the faults that a shrunk run needs are in
//! its story.

use super::*;
use crate::luck::Luck;
use crate::scenario::Scenario;
use crate::shrink::{Shrunk, shrink};
use std::collections::BTreeSet;

fn case(name: &str, text: &str, seed: u64) -> Case {
    let scenario = Scenario::parse(text).expect(name);
    Case { name: name.to_owned(), scenario, luck: Luck::of(seed), tape: None }
}

fn explained(case: &Case) -> Explained {
    explain(case, None, &mut |_| ControlFlow::Continue(())).expect("it fails")
}

/// The shipped scenarios that break something.
const SHIPPED: [(&str, &str); 12] = [
    ("lossy-messaging", include_str!("../../../../sims/lossy-messaging.toml")),
    ("purchases", include_str!("../../../../sims/purchases.toml")),
    ("skew", include_str!("../../../../sims/skew.toml")),
    ("wrong-scope", include_str!("../../../../sims/wrong-scope.toml")),
    ("documented-latency", include_str!("../../../../sims/documented-latency.toml")),
    ("trade-then-crash", include_str!("../../../../sims/trade-then-crash.toml")),
    ("trade-then-hop", include_str!("../../../../sims/trade-then-hop.toml")),
    ("message-lost", include_str!("../../../../sims/profile-store/message-lost.toml")),
    ("clock-ahead", include_str!("../../../../sims/profile-store/clock-ahead.toml")),
    ("zombie", include_str!("../../../../sims/profile-store/zombie.toml")),
    (
        "outage-of-eleven-minutes",
        include_str!("../../../../sims/profile-store/outage-of-eleven-minutes.toml"),
    ),
    ("freeze", FREEZE),
];

/// A server stands still, is robbed, and wakes up believing.
const FREEZE: &str = r#"
    duration = "6m"
    servers.count = 2
    players = { count = 4, arrive = "1s", stay = "20m", hop_delay = "2s..15s", edit_every = "10s",
        timeout = "10s", noticed_after = "60s..5m" }
    timeline = [
        { at = "0s", server = 1, do = "crash", for = "30s" },
        { at = "35s", server = 0, do = "freeze", for = "2m" },
    ]
    "#;

/// What holds of a story, whatever it is about.
fn laws(name: &str, story: &Story) {
    let last = story.events.len() - 1;
    let causes: BTreeSet<usize> = story.links.iter().map(|link| link.to).collect();
    let effects: BTreeSet<usize> = story.links.iter().map(|link| link.from).collect();
    assert!(last > 0 && story.events.len() <= 40, "{name}: {} events", story.events.len());
    assert!(causes.contains(&last), "{name}: nothing leads to the violation");
    for link in &story.links {
        assert!(link.from < link.to && link.to <= last, "{name}: {link:?}");
    }
    for (nth, pair) in story.events.windows(2).enumerate() {
        assert!(pair[0].at_us <= pair[1].at_us, "{name}: event {nth} comes after the next");
    }
    for (nth, event) in story.events.iter().enumerate() {
        assert!(nth == last || effects.contains(&nth), "{name}: {event:?} leads to nothing");
        assert!(!event.words.is_empty(), "{name}: {event:?}");
        for word in [&event.words, &event.lane] {
            assert!(!word.contains("4294967295"), "{name}: nobody has this name: {event:?}");
        }
    }
}

#[test]
fn what_holds_of_every_story_holds_for_the_shipped_scenarios() {
    for (name, text) in SHIPPED {
        if name == "wrong-scope" || name.starts_with("outage") {
            continue; // Long runs, which are looked at when they are shrunk.
        }
        let explained = explained(&case(name, text, 1));
        laws(name, &explained.story);
        assert_eq!(explained.story.invariant, explained.class.invariant, "{name}");
    }
}

fn shrunk(name: &str, text: &str, seed: u64) -> Option<Shrunk> {
    let case = case(name, text, seed);
    shrink(&case, None, 400, &mut |_| ControlFlow::Continue(())).ok()
}

#[test]
fn the_faults_that_a_shrunk_run_needs_are_in_its_story() {
    let mut missing = Vec::new();
    for (name, text) in SHIPPED {
        for seed in 1..=2 {
            let Some(shrunk) = shrunk(name, text, seed) else { continue };
            if shrunk.after.players as usize > WHOLE_MAX {
                continue; // What comes from other keys is told of small worlds only.
            }
            let Shrunk { scenario, tape, needed, class, .. } = shrunk;
            let luck = Luck::of(seed);
            let case = Case { name: name.to_owned(), scenario, luck, tape: Some(tape) };
            let wanted = Wanted { invariant: class.invariant, cause: Some(class.cause) };
            let explained = explain(&case, Some(&wanted), &mut |_| ControlFlow::Continue(()));
            let story = explained.expect("it still fails").story;
            laws(name, &story);
            let told: Vec<&String> =
                story.events.iter().filter_map(|event| event.fault.as_ref()).collect();
            for fault in needed {
                if !told.contains(&&fault.to_string()) {
                    let words = story.events.iter().map(|event| event.words.clone());
                    missing.push((name, seed, fault.to_string(), words.collect::<Vec<_>>()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
