//! What an event costs: one table of processor time, by protocol and by size of the world.
//!
//! `cargo bench -p leasehold-tests` prints all rows, `-- NAME` those whose names have that in them,
//! such as `-- chronicle` or `-- 100000`. Each row is a process of its own, so that its memory is
//! its own. A world counts from its 40th second on, when all players have come; before that it is
//! built and filled. Times are of the processor, not of the wall: another program beside this one
//! still shares its cache, so compare what was run in the same minutes.
#![allow(clippy::disallowed_types, reason = "a benchmark reads a real clock")]

mod machines;

use leasehold_sim::library::{Chronicle, Naive, ProfileStore};
use leasehold_sim::{Scenario, Seed, Wanted, hold, shipped};
use std::env;
use std::ops::ControlFlow;
use std::process::Command;
use std::time::Instant;

/// Sessions at once.
const SIZES: [u32; 4] = [200, 10_000, 100_000, 1_000_000];
const PROTOCOLS: [&str; 3] = ["chronicle", "profile_store", "naive"];
/// Events that wait in the queue.
const PENDING: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// What is counted of a world: so many events from this second on.
const STEADY_US: u64 = 40_000_000;
const EVENTS: u64 = 400_000;

fn main() {
    let asked: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some(row) = asked.first().and_then(|first| first.strip_prefix("row:")) {
        return print(row);
    }
    println!("{:24} {:>9} {:>9} {:>8} {:>8}", "", "events", "ns/event", "B/key", "B/session");
    let queues = PENDING.map(|pending| format!("queue {pending}"));
    let alone = PROTOCOLS.map(|protocol| format!("alone {protocol}"));
    let worlds = PROTOCOLS
        .into_iter()
        .flat_map(|protocol| SIZES.map(|sessions| format!("{protocol} {sessions}")));
    let many = ["sweep 1000", "shrink 1000"].map(str::to_owned);
    let program = env::current_exe().expect("it runs");
    for row in queues.into_iter().chain(alone).chain(worlds).chain(many) {
        if asked.iter().all(|part| row.contains(part)) {
            let status = Command::new(&program).arg(format!("row:{row}")).status();
            assert!(status.expect("it starts").success(), "{row}");
        }
    }
}

/// Measures a row and prints it.
fn print(row: &str) {
    let (what, size) = row.split_once(' ').expect("a name and a size");
    let number = || size.parse().expect("a number");
    match what {
        "queue" => queue(row, number()),
        "alone" => alone(row, size),
        "sweep" => sweep(row, number()),
        "shrink" => shrink(row, number()),
        protocol => world(row, protocol, number()),
    }
}

/// What some work costs, in nanoseconds of the processor; what comes of it.
fn spent<T>(work: impl FnOnce() -> T) -> (u64, T) {
    let begins = processor_ns();
    let done = std::hint::black_box(work());
    (processor_ns() - begins, done)
}

fn queue(row: &str, pending: u32) {
    let events = 4 * u64::from(pending).max(EVENTS);
    let (filled, _) = spent(|| hold(pending, 0));
    let (all, _) = spent(|| hold(pending, events));
    println!("{row:24} {events:>9} {:>9.1}", all.saturating_sub(filled) as f64 / events as f64);
}

/// A library without a world: what it costs to be told something, and to be answered.
fn alone(row: &str, protocol: &str) {
    let rules = Scenario::parse("").expect("a valid scenario");
    let (ns, inputs) = spent(|| match protocol {
        "chronicle" => machines::drive::<Chronicle>(&rules.rules().into(), EVENTS),
        "profile_store" => machines::drive::<ProfileStore>(&rules.profile_store.settings(), EVENTS),
        _ => machines::drive::<Naive>(&rules.naive.rules(), EVENTS),
    });
    println!("{row:24} {inputs:>9} {:>9.1}", ns as f64 / inputs as f64);
}

/// Small worlds, each built and run to its end.
fn sweep(row: &str, seeds: u32) {
    let scenario = Scenario::parse(include_str!("small.toml")).expect("a valid scenario");
    let sim = shipped(row, &scenario).expect("a valid scenario");
    let events = |seed| sim.seed(seed).run().dataset.manifest.events;
    let (ns, events) = spent(|| (1..=u64::from(seeds)).map(events).sum::<u64>());
    let rate = f64::from(seeds) * 1e9 / ns as f64;
    println!("{row:24} {events:>9} {:>9.1} {rate:>8.0} seeds a second", ns as f64 / events as f64);
}

/// The search for the least that fails in a shipped world of lost messages, with so many runs at
/// the most.
fn shrink(row: &str, budget: u32) {
    let text = include_str!("../../sims/lossy-messaging.toml");
    let sim = shipped(row, &Scenario::parse(text).expect("a valid scenario")).expect("the same");
    let wanted: Wanted = "no_double_ownership".parse().expect("an invariant");
    let run = sim.seed(1);
    let mut runs = 0;
    let (ns, shrunk) = spent(|| {
        run.shrink_until(Some(&wanted), budget.into(), &mut |stage| {
            runs = stage.runs;
            ControlFlow::Continue(())
        })
    });
    assert!(shrunk.is_ok(), "it fails");
    let (each, rate) = (ns as f64 / runs as f64, runs as f64 * 1e9 / ns as f64);
    println!("{row:24} {:>9} {each:>9.0} {rate:>8.0} runs a second", "");
}

fn world(row: &str, protocol: &str, sessions: u32) {
    let text = format!(
        "protocol = \"{protocol}\"\nduration = \"24h\"\nservers.count = {}\n\
         players = {{ count = {sessions}, arrive = \"0s..30s\", stay = \"30s..3m\", hop = \"90%\", \
         hop_delay = \"0s..2s\", edit_every = \"3s..15s\" }}",
        sessions.div_ceil(100).max(10)
    );
    let scenario = Scenario::parse(&text).expect("a valid scenario");
    let sim = shipped(row, &scenario).expect("a valid scenario");
    let (before, mut built, mut begun) = (resident(), None, None);
    let mut over = (0, 0.0, 0);
    let stopped = sim.seeded(Seed::of(1)).run_until(&mut |done| {
        built.get_or_insert_with(resident);
        if done.now_us < STEADY_US {
            return ControlFlow::Continue(());
        }
        let (events, ns) = *begun.get_or_insert_with(|| (done.events, processor_ns()));
        if done.events < events + EVENTS {
            return ControlFlow::Continue(());
        }
        let events = done.events - events;
        over = (events, (processor_ns() - ns) as f64 / events as f64, resident());
        ControlFlow::Break(())
    });
    assert!(stopped.is_none(), "it has more than a day's events");
    let (events, ns, steady) = over;
    let built = built.expect("something has happened");
    let each = |more: u64| more / u64::from(sessions);
    let memory = match sessions {
        ..10_000 => String::new(),
        _ => format!("{:>8} {:>8}", each(built - before), each(steady.saturating_sub(built))),
    };
    println!("{row:24} {events:>9} {ns:>9.1} {memory}");
}

/// Processor time that this process has used, in nanoseconds: of the wall where nobody says.
fn processor_ns() -> u64 {
    let spent = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let spent = spent.split(' ').next().and_then(|ns| ns.parse().ok());
    spent.unwrap_or_else(|| {
        use std::sync::OnceLock;
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        BEGUN.get_or_init(Instant::now).elapsed().as_nanos() as u64
    })
}

/// Bytes of memory that this process has in use; 0 where nobody says.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: Option<u64> = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * 4_096
}
