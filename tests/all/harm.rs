//! What a library owes, and what players feel: found, bounded, shrunk and explained in whole
//! worlds.

use leasehold_data::{Dataset, Invariant};
use leasehold_sim::{HARMS, Outcome, Scenario, Seed, Verdict, Wanted};
use leasehold_tests::{project, run, shipped, simulate};

fn world(text: &str) -> Outcome {
    let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{text}\n{why}"));
    run("world", &scenario, Seed::of(1), None)
}

fn case(name: &str) -> String {
    let path = project("tests/cases").join(format!("{name}.toml"));
    std::fs::read_to_string(path).expect("a case can be read")
}

fn row<'a>(dataset: &'a Dataset, name: &str) -> Option<&'a Invariant> {
    dataset.findings().find(|row| row.name == name)
}

/// Forty players, one crash, and a change every ten seconds that is saved after five minutes.
const CRASH: &str = "
    duration = \"10m\"
    protocol = \"profile_store\"
    servers.count = 2
    players = { count = 40, arrive = \"0s..5s\", stay = \"1h\", edit_every = \"10s\", retry = \"100%\" }
    datastore.latency = \"100ms\"
    timeline = [{ at = \"4m\", server = 0, do = \"crash\", for = \"30s\" }]
";

#[test]
fn a_start_that_never_ends_is_stuck_under_a_library_that_never_gives_up() {
    let text = case("a-load-never-returns");
    for (protocol, verdict) in [
        ("profile_store", Verdict::Stuck),
        ("naive", Verdict::Stuck),
        ("chronicle", Verdict::Holds),
    ] {
        let outcome = world(&text.replace("\"profile_store\"", &format!("{protocol:?}")));
        assert_eq!(outcome.verdict, verdict, "{protocol}: {outcome}");
        let starts = row(&outcome.dataset, "starts_are_answered").expect("all are held to it");
        assert_eq!(starts.violations > 0, verdict == Verdict::Stuck, "{protocol}");
        if let Some(first) = starts.first.first() {
            assert!(first.why.contains("still unanswered after 8 min: s0"), "{}", first.why);
        }
    }
    // The scenario's word goes before the default.
    let patient = format!("expect.within = {{ starts = \"9m\", grants = \"9m\" }}\n{text}");
    assert_eq!(world(&patient).verdict, Verdict::Holds);
}

#[test]
fn sessions_that_are_lost_though_nobody_wants_their_keys_are_counted_by_cause() {
    let outcome = world(&case("more-leases-than-calls"));
    let summary = &outcome.dataset.summary;
    let lost = summary.sessions_lost.get("expired").copied().unwrap_or(0);
    assert!(lost > 100, "{:?}", summary.sessions_lost);
    let harm = row(&outcome.dataset, "lost_session").expect("sessions were lost");
    assert_eq!(harm.violations, lost);
    assert!(summary.play.gave_up > 0 && summary.play.p99_us.is_none(), "{:?}", summary.play);
}

#[test]
fn harm_changes_no_verdict_unless_the_scenario_bounds_it() {
    let lost = |outcome: &Outcome| outcome.dataset.summary.progress.lost.values().sum::<u64>();
    let free = world(CRASH);
    assert_eq!(free.verdict, Verdict::Holds, "{free}");
    let harm = row(&free.dataset, "lost").expect("the crash cost changes");
    assert_eq!((harm.violations, lost(&free)), (harm.causes["crash"], harm.causes["crash"]));
    let bounded = |bound: &str| world(&format!("{CRASH}expect.bounds = [{bound:?}]"));
    for (bound, verdict) in [
        ("changes_lost = 0", Verdict::Violated),
        ("changes_lost < 1000", Verdict::Holds),
        ("time_to_play.p50 < 1s", Verdict::Holds),
        ("time_to_play.max < 1s", Verdict::Violated),
        ("calls_per_player_hour < 1", Verdict::Violated),
    ] {
        let outcome = bounded(bound);
        assert_eq!(outcome.verdict, verdict, "{bound}: {outcome}");
        let told = outcome.missing.iter().any(|why| why.starts_with(bound));
        assert_eq!(told, verdict == Verdict::Violated, "{bound}: {:?}", outcome.missing);
        assert_eq!(outcome.digest(), free.digest(), "what is expected changes nothing of a run");
    }
    let forbidden = "expect.forbidden_marks = [\"a crash cost changes\"]";
    assert_eq!(world(&format!("{CRASH}{forbidden}")).verdict, Verdict::Violated);
}

#[test]
fn what_nobody_has_promised_is_explained_and_shrunk_as_what_somebody_has() {
    let scenario = Scenario::parse(CRASH).expect("valid");
    let simulation = leasehold_sim::shipped("crash", &scenario).expect("sound");
    let run = simulation.seed(1);
    // No invariant is broken: the worst harm is what there is to explain.
    let explained = run.explain().expect("there is harm");
    assert_eq!(explained.class.name(), "lost:crash");
    let text = explained.to_string();
    assert!(text.contains("No invariant was broken."), "{text}");
    assert!(text.contains("s0 crashes"), "{text}");
    let wanted = |class: &str| class.parse::<Wanted>().expect(class);
    let bug = run.shrink(wanted("lost:crash")).expect("it is there");
    assert_eq!(bug.scenario.players.only.len().max(1), 1, "{}", bug.scenario_text());
    assert_eq!(bug.class.name(), "lost:crash");
    let mark = Wanted::of_mark("a lock was stolen");
    let marked = run.explain_until(Some(&mark), &mut |_| std::ops::ControlFlow::Continue(()));
    let marked = marked.expect("the next server has stolen the lock");
    assert_eq!(marked.class.name(), "mark:a lock was stolen");
    let bug = run.shrink(mark).expect("the mark is there");
    assert_eq!(bug.class.name(), "mark:a lock was stolen");
}

#[test]
fn the_harm_of_every_shipped_scenario_is_what_its_summary_counts() {
    for name in shipped() {
        let Dataset { summary, harm, .. } = &simulate(&name, 1).dataset;
        let of = |kind: &str| harm.iter().find(|row| row.name == kind);
        let count = |kind: &str| of(kind).map_or(0, |row| row.violations);
        let all = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
        assert_eq!(count("rejected_start"), all(&summary.starts.failed), "{name}");
        assert_eq!(count("gave_up"), summary.play.gave_up, "{name}");
        assert_eq!(count("lost_session"), all(&summary.sessions_lost), "{name}");
        assert_eq!(count("orphaned_lock"), all(&summary.locks_orphaned), "{name}");
        assert!(count("rolled_back") >= summary.progress.rolled_back, "{name}");
        for row in harm {
            assert!(HARMS.iter().any(|kind| kind.name == row.name), "{name}: {}", row.name);
            assert_eq!(row.violations, all(&row.causes), "{name}: {}", row.name);
            assert!(!row.first.is_empty(), "{name}: {}", row.name);
        }
    }
}
