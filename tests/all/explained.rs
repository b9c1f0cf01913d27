//! Stories that decide: on what has happened to others, the cause is told; and on bugs of all
//! classes, every fault that is needed is told, and what is told to be needed is.

use leasehold_data::{How, Story, StoryEvent};
use leasehold_sim::scenario::Protocol;
use leasehold_sim::{Class, Fault, Scenario, Shrunk, Stage, Tape, Wanted, shipped};
use leasehold_tests::{project, run, scenario};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The scenario of a case in `tests/cases`.
fn case(name: &str) -> Scenario {
    let path = project("tests/cases").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(&path).expect("a case can be read");
    Scenario::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The story of a scenario's first violation of a class.
fn story(name: &str, scenario: &Scenario, seed: u64, class: &str) -> Story {
    let simulation = shipped(name, scenario).expect("it is sound");
    let wanted: Wanted = class.parse().expect("a class");
    let go_on = &mut |_| ControlFlow::Continue(());
    let explained = simulation.seed(seed).explain_until(Some(&wanted), go_on);
    explained.unwrap_or_else(|why| panic!("{name}: {why}")).story
}

/// A story as lines.
fn text(story: &Story) -> String {
    let line = |event: &StoryEvent| {
        let fault = event.fault.as_ref().map(|fault| format!(" FAULT {:?} {fault}", event.needed));
        format!(
            "{:.3} {}: {}{}",
            event.at_us as f64 / 1e6,
            event.lane,
            event.words,
            fault.unwrap_or_default()
        )
    };
    let lines: Vec<String> = story.events.iter().map(line).collect();
    format!("{}\n{}", lines.join("\n"), story.why)
}

/// Where a step with these words is told.
fn place(story: &Story, words: &str) -> usize {
    let told = story.events.iter().position(|event| event.words.contains(words));
    told.unwrap_or_else(|| panic!("{words:?} is not told:\n{}", text(story)))
}

/// Whether one step is said to come of another, by whatever steps between.
fn comes_of(story: &Story, effect: usize, cause: usize) -> bool {
    let mut known = BTreeSet::from([effect]);
    for to in (0..=effect).rev() {
        if known.contains(&to) {
            known.extend(story.links.iter().filter(|link| link.to == to).map(|link| link.from));
        }
    }
    known.contains(&cause)
}

/// Steps that are told, each of which came of the one before.
fn assert_chain(name: &str, class: &str, chain: &[&str]) -> Story {
    let story = story(name, &case(name), 1, class);
    let places: Vec<usize> = chain.iter().map(|words| place(&story, words)).collect();
    for pair in places.windows(2) {
        let comes = comes_of(&story, pair[1], pair[0]);
        assert!(comes, "{name}: step {} comes not of {}:\n{}", pair[1], pair[0], text(&story));
    }
    let last = story.events.len() - 1;
    assert!(comes_of(&story, last, places[0]), "{name}:\n{}", text(&story));
    story
}

const SURVIVE: &str = "acknowledged_saves_survive";
const OWNERS: &str = "no_double_ownership";

#[test]
fn a_read_that_came_too_early_is_told_as_what_the_write_is_based_on() {
    for name in ["teleported-before-saving", "shut-down-and-back-at-once"] {
        let story = story(name, &case(name), 1, SURVIVE);
        let based = story.links.iter().rfind(|link| link.how == How::Based);
        let based = based.unwrap_or_else(|| panic!("{name}:\n{}", text(&story)));
        let (read, write) = (&story.events[based.from], &story.events[based.to]);
        assert!(read.words.contains(" reads k0"), "{name}:\n{}", text(&story));
        // What it wiped out was stored in between.
        let replaced =
            story.links.iter().find(|link| link.to == based.to && link.how == How::Replaced);
        let replaced = &story.events[replaced.expect("it replaced something").from];
        assert!(read.at_us < replaced.at_us && replaced.at_us < write.at_us, "{}", text(&story));
    }
}

#[test]
fn a_slow_datastore_and_the_renewal_that_hangs_are_told() {
    assert_chain(
        "renewal-hangs",
        OWNERS,
        &["begins: latency for s0", "s0 renews its lease of k0; ", "generation 2, from s0"],
    );
    let slow = story("slow", &case("given-up-while-saving"), 1, DUPLICATED);
    let incident = place(&slow, "begins: latency for s0");
    assert!(comes_of(&slow, slow.events.len() - 1, incident), "{}", text(&slow));
}

const DUPLICATED: &str = "items_are_not_duplicated";
const LOST: &str = "items_are_not_lost";

#[test]
fn data_that_could_not_be_read_is_told_with_the_outage() {
    let name = "could-not-be-read";
    assert_chain(
        name,
        SURVIVE,
        &["is out from now on", "is told that its read of", "stored changes are gone"],
    );
}

#[test]
fn why_nobody_hears_is_told() {
    let name = "acquired-and-told-it-failed";
    let story = assert_chain(
        name,
        OWNERS,
        &["is done, and said to have failed", "from its own past", "nobody hears", "from s1"],
    );
    // Once and again is enough to see that it goes on.
    let asks = story.events.iter().filter(|event| event.words.starts_with("nobody hears"));
    assert_eq!(asks.count(), 2, "{}", text(&story));
}

#[test]
fn of_a_session_that_is_never_released_no_other_visit_is_told() {
    let name = "never-released";
    let chain = ["forgets to release it", ": already_active"];
    let story = assert_chain(name, "sessions_are_released", &chain);
    let others = story.events.iter().filter(|event| event.words.starts_with("nothing of "));
    assert_eq!(others.count(), 0, "{}", text(&story));
}

#[test]
fn a_receipt_has_one_number_and_a_record_without_commits_has_none() {
    let name = "receipt-asked-for-again";
    let story = story(name, &case(name), 1, "purchases_are_granted_once");
    let lost = place(&story, "which does not note it");
    let event = &story.events[lost];
    let fault = event.fault.as_ref().expect("it is one");
    assert!(fault.contains(" grant ") && event.needed == Some(true), "{}", text(&story));
    let receipt = |words: &str| {
        let (_, after) = words.split_once("receipt ").expect("it is about one");
        after.split(' ').next().map(str::to_owned)
    };
    assert_eq!(receipt(&event.words), receipt(&story.why), "{}", text(&story));
    assert!(!text(&story).contains("commit 0"), "{}", text(&story));
}

#[test]
fn a_random_pause_comes_of_nothing_and_an_outage_is_told_where_it_decided() {
    let eager = case("game").under(Protocol::ChronicleEager);
    let pauses = story("game", &eager, 1, LOST);
    for (nth, event) in pauses.events.iter().enumerate() {
        if event.words.ends_with(" is paused") {
            let causes = pauses.links.iter().filter(|link| link.to == nth).count();
            assert_eq!(causes, 0, "{}", text(&pauses));
        }
    }
    let outage = story("game", &eager, 4, &format!("{LOST}:expired"));
    let out = &outage.events[place(&outage, "is out from now on")];
    assert_eq!(out.needed, Some(true), "{}", text(&outage));
}

#[test]
fn a_bug_whose_only_fault_is_a_pause_has_that_for_its_fault() {
    let class: Wanted = "acknowledged_saves_are_stored:never stored".parse().expect("a class");
    let game = shipped("game", &case("game")).expect("it is sound");
    let go_on = &mut |_: &Stage| ControlFlow::Continue(());
    let shrunk = game.seed(1).shrink_until(Some(&class), 400, go_on).expect("it is broken");
    let again = shipped("game", &shrunk.bug.scenario).expect("it is sound");
    let story = again.explain(&shrunk.bug).expect("it is broken").story;
    let faults: Vec<&StoryEvent> = story.events.iter().filter(|one| one.fault.is_some()).collect();
    assert_eq!(faults.len(), 1, "{}", text(&story));
    assert!(faults[0].words.ends_with(" is paused"), "{}", text(&story));
    assert_eq!(faults[0].needed, Some(true), "{}", text(&story));
}

/// Scenarios whose violations come of faults of all kinds.
const BROKEN: [&str; 19] = [
    "lossy-messaging",
    "purchases",
    "skew",
    "documented-latency",
    "trade-then-crash",
    "trade-then-hop",
    "second-device",
    "fallback",
    "simulation-mode",
    "leak",
    "false-nil",
    "false-nil-trusted",
    "pause",
    "profile-store/message-lost",
    "profile-store/clock-ahead",
    "profile-store/zombie",
    "profile-store/interrupted-waiters",
    "profile-store/outage-at-shutdown",
    "crashes",
];

/// How many bugs are told: `LEASEHOLD_STORIES` says so, or else so many.
const STORIES: usize = 20;

#[test]
fn every_needed_fault_of_a_bug_is_told_and_every_told_one_is_needed_or_said_not_to_be() {
    let wanted = std::env::var("LEASEHOLD_STORIES").ok().and_then(|many| many.parse().ok());
    let wanted: usize = wanted.unwrap_or(STORIES);
    let (mut told, mut classes, mut faults) = (0, BTreeSet::new(), 0);
    'seeds: for seed in 1.. {
        let before = told;
        for name in BROKEN {
            for shrunk in shrunk(name, seed, &classes) {
                faults += judge(&format!("{name}, seed {seed}"), &shrunk);
                classes.insert(shrunk.bug.class.clone());
                told += 1;
                if told == wanted {
                    break 'seeds;
                }
            }
        }
        assert!(told > before, "{told} bugs of {} classes, and no more", classes.len());
    }
    println!("{told} stories of {} classes, with {faults} needed faults", classes.len());
    assert!(faults * 2 >= told, "{told} bugs have {faults} faults");
}

/// The bugs of a seed of a shipped scenario, one a class; those that are known come last.
fn shrunk(name: &str, seed: u64, known: &BTreeSet<Class>) -> Vec<Shrunk> {
    let scenario = scenario(name);
    let simulation = shipped(name, &scenario).expect("it is sound");
    let run = simulation.seed(seed);
    let mut classes = Class::all(run.run().dataset.findings());
    classes.sort_by_key(|class| known.contains(class));
    let new = classes.iter().filter(|class| !known.contains(class)).count();
    let bug = |class: &Class| {
        let go_on = &mut |_: &Stage| ControlFlow::Continue(());
        run.shrink_until(Some(&class.into()), 300, go_on).expect("it is broken")
    };
    classes.iter().take(new.max(1)).map(bug).collect()
}

/// Holds the story of a bug against runs without each of its faults; says how many are needed.
fn judge(name: &str, shrunk: &Shrunk) -> usize {
    let bug = &shrunk.bug;
    let simulation = shipped(name, &bug.scenario).expect("it is sound");
    let story = simulation.explain(bug).unwrap_or_else(|why| panic!("{name}: {why}")).story;
    let why = format!("{name}, {}:\n{}", bug.class, text(&story));
    for fault in &shrunk.needed {
        let is_it =
            |event: &&StoryEvent| event.fault.as_deref() == Some(fault.to_string().as_str());
        let event = story.events.iter().find(is_it);
        let event = event.unwrap_or_else(|| panic!("{fault} is needed and not told: {why}"));
        assert_eq!(event.needed, Some(true), "{fault} is needed: {why}");
    }
    for event in story.events.iter().filter(|event| event.fault.is_some()) {
        let fault: Fault = event.fault.as_deref().expect("it is one").parse().expect("it is one");
        let mut without: Tape = bug.tape.clone();
        without.faults.retain(|one| *one != fault);
        let outcome = run("without", &bug.scenario, bug.seed.clone(), Some(&without));
        let there = bug.class.is_in(&outcome.dataset);
        assert_eq!(event.needed, Some(!there), "{fault}: {why}");
    }
    // It ends with what was found: nothing else has two owners at once.
    let end = story.events.last().expect("a story has an end");
    let (overlap, is_one) = (end.words.starts_with("two consider themselves owner"), story.overlap);
    assert_eq!((overlap, is_one), (bug.class.invariant == OWNERS, overlap), "{why}");
    assert!(overlap || end.words == story.why, "{why}");
    shrunk.needed.len()
}
