//! Runs each mistake in its world until its checker finds it, and writes down who found what.

use super::books::{BOOKS, Books};
use super::faulty::Faulty;
use super::laws::Laws;
use super::mistake::Mistake;
use super::table::{Fault, Made, TABLE};
use super::tamper::{Forge, Tamper};
use crate::scenario;
use leasehold_core::planted::Planted;
use leasehold_sim::library::{Chronicle, Library};
use leasehold_sim::library::{Naive, ProfileStore};
use leasehold_sim::scenario::{Chance, Protocol, Scenario};
use leasehold_sim::{INVARIANTS, Outcome, Seed, Simulate, Simulation};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What became of a mistake.
#[derive(Clone, Debug)]
pub struct Kill {
    /// The first seed with which each checker found it, of those that were run.
    pub found: BTreeMap<String, u64>,
    /// How many seeds were run: until the checker that it is meant for found it.
    pub seeds: u64,
}

impl Kill {
    /// Whether the checker that a mistake is meant for has found it.
    pub fn meets(&self, fault: &Fault) -> bool {
        fault.by.is_some_and(|by| self.found.contains_key(by))
    }
}

/// The plain scenario of a world by its name, as a seed draws it.
fn world(name: &str, seed: u64) -> Scenario {
    let (file, variant) = match name.rsplit_once('#') {
        Some((file, variant)) => (file, Some(variant)),
        None => (name, None),
    };
    let drawn = scenario(file).drawn(&Seed::of(seed)).expect("a shipped scenario can be drawn");
    let drawn = drawn.scenario;
    match variant {
        None => drawn,
        Some(variant) => {
            let named = drawn.compare.iter().find(|known| known.name == variant);
            drawn.variant(named.expect("a variant that there is"))
        }
    }
}

/// Runs a scenario with a mistake in it, and says who found something. A world is compiled for each
/// library, so all of them are behind the wrapper, which may be right.
///
/// # Panics
/// If it is a world of trades under another library than ChronicleStore.
fn run(scenario: &Scenario, made: Made, seed: u64) -> BTreeSet<String> {
    let players = &scenario.players;
    let trades = players.trade > Chance::NEVER || players.purchase > Chance::NEVER;
    match scenario.protocol {
        Protocol::Chronicle | Protocol::ChronicleEager | Protocol::ChronicleStrict => {
            let rules = match made {
                Made::Core(mistake) => scenario.rules().wrong(mistake),
                Made::Library(_) | Made::World(_) => scenario.rules(),
            };
            with::<Chronicle>(scenario, rules.into(), made, seed)
        }
        _ if trades => unreachable!("no mistake is planted among other libraries' trades"),
        Protocol::ProfileStore => {
            let settings = scenario.profile_store.settings();
            with::<ProfileStore>(scenario, settings, made, seed)
        }
        Protocol::Naive => with::<Naive>(scenario, scenario.naive.rules(), made, seed),
        Protocol::Module => unreachable!("no mistake is planted in modules of others"),
    }
}

fn with<L>(scenario: &Scenario, config: L::Config, made: Made, seed: u64) -> BTreeSet<String>
where
    L: Library,
    L::Stored: Tamper,
    L::Message: Forge,
{
    let mistake = match made {
        Made::Library(mistake) => mistake,
        Made::Core(_) | Made::World(_) => Mistake::None,
    };
    let sim = Simulation::<Faulty<L>>::new(scenario, (config, mistake));
    let mut sim = sim.unwrap_or_else(|why| panic!("{why}"));
    if let Made::World(mistake) = made {
        sim = sim.wrong(mistake);
    }
    let books = Books::default();
    let (laws, counted) = (scenario.clone(), books.clone());
    let sim = sim.observe(move || Laws::new(&laws)).observe(move || counted.clone());
    found(&sim, &books, seed)
}

/// Who finds something in a run: invariants that were expected to hold, and those here.
fn found(sim: &dyn Simulate, books: &Books, seed: u64) -> BTreeSet<String> {
    let run = catch_unwind(AssertUnwindSafe(|| sim.seed(seed).run()));
    let Ok(outcome) = run else { return ["a panic".to_owned()].into() };
    if std::env::var_os("LEASEHOLD_MUTANTS").is_some() {
        eprintln!("{outcome}\n{:?}", books.wrong(&outcome));
    }
    let mut found = broken(&outcome);
    if !books.wrong(&outcome).is_empty() {
        found.insert(BOOKS.name.to_owned());
    }
    found
}

fn broken(outcome: &Outcome) -> BTreeSet<String> {
    let rows = outcome.dataset.invariants.iter();
    let rows = rows.filter(|row| row.violations > 0 && row.expected == "holds");
    let mut found: BTreeSet<String> = rows.map(|row| row.name.clone()).collect();
    if !outcome.missing.is_empty() {
        found.insert("expected".to_owned());
    }
    found
}

/// Runs a mistake in its world, seed after seed, until its checker has found it.
pub fn kill(fault: &Fault) -> Kill {
    let mut found = BTreeMap::new();
    for seed in 1..=fault.within {
        for by in run(&world(fault.world, seed), fault.made, seed) {
            found.entry(by).or_insert(seed);
        }
        let kill = Kill { found, seeds: seed };
        if kill.meets(fault) {
            return kill;
        }
        found = kill.found;
    }
    Kill { found, seeds: fault.within }
}

/// What is found of a core that ignores every release, whatever the scenario expects of it.
pub fn release_ignored(name: &str, seed: u64) -> BTreeSet<String> {
    let mut scenario = world(name, seed);
    scenario.expect.invariants.clear();
    run(&scenario, Made::Core(Planted::ReleaseIgnored), seed)
}

/// What is found in a world in which nothing is planted: in the library, behind a wrapper, or in
/// the world.
pub fn run_clean(name: &str, seed: u64) -> BTreeSet<String> {
    run(&world(name, seed), Made::Library(Mistake::None), seed)
}

/// What becomes of each mistake of the table, in its order.
pub fn kills() -> Vec<Kill> {
    TABLE.par_iter().map(kill).collect()
}

/// The page of the matrix.
pub fn page(kills: &[Kill]) -> String {
    let mut page = HEAD.to_owned();
    let known = |found: &str| kills.iter().any(|kill| kill.found.contains_key(found));
    let shipped = INVARIANTS.into_iter().map(|one| one.name);
    let own = ["the_world_keeps_its_laws", "the_books_agree", "expected", "a panic"];
    let checkers: Vec<&str> = shipped.chain(own).filter(|name| known(name)).collect();
    legend(&mut page, &checkers);
    type IsOfPart = fn(&Made) -> bool;
    let parts: [(&str, IsOfPart); 3] = [
        ("Libraries, behind the door", |made| matches!(made, Made::Library(_))),
        ("ChronicleStore's machines", |made| matches!(made, Made::Core(_))),
        ("The world, its models and measures", |made| matches!(made, Made::World(_))),
    ];
    for (title, is_here) in parts {
        let rows: Vec<_> =
            TABLE.iter().zip(kills).filter(|(fault, _)| is_here(&fault.made)).collect();
        part(&mut page, title, &checkers, &rows);
    }
    survivors(&mut page, kills);
    page
}

const HEAD: &str = "\
# The kill matrix

Who checks the checkers? Everything that can be wrong is made wrong once, on purpose: in a library,
in ChronicleStore's machines, in the simulator itself. Each mistake is run in a shipped world, and
the checker that is there for it must find it within a stated number of seeds; a test holds that.

A number is the seed with which a checker found the mistake first, **bold** for the one that is
meant to. Seeds are run from 1 until that one has found it, so an empty cell says nothing about
other seeds. `expected` is what the scenario expects and does not come; `a panic` is an assertion.

```sh
cargo run --release -p leasehold-tests --bin leasehold-mutants            # this page, again
cargo run --release -p leasehold-tests --bin leasehold-mutants -- NAME    # some, a line each
```
";

fn legend(page: &mut String, checkers: &[&str]) {
    page.push_str("\nThe columns:\n\n");
    for (nth, name) in checkers.iter().enumerate() {
        let _ = writeln!(page, "{}. `{name}`", nth + 1);
    }
}

fn part(page: &mut String, title: &str, checkers: &[&str], rows: &[(&Fault, &Kill)]) {
    let _ = write!(page, "\n## {title}\n\n| mistake | world |");
    for nth in 1..=checkers.len() {
        let _ = write!(page, " {nth} |");
    }
    page.push_str("\n|---|---|");
    page.push_str(&"---:|".repeat(checkers.len()));
    page.push('\n');
    for (fault, kill) in rows {
        let _ = write!(page, "| {} | {} |", fault.made.about(), fault.world);
        for name in checkers {
            let cell = kill.found.get(*name).map(u64::to_string).unwrap_or_default();
            let meant = fault.by == Some(*name) && !cell.is_empty();
            let _ = if meant { write!(page, " **{cell}** |") } else { write!(page, " {cell} |") };
        }
        page.push('\n');
    }
}

fn survivors(page: &mut String, kills: &[Kill]) {
    let all = TABLE.iter().zip(kills);
    let named: Vec<_> = all.filter(|(fault, _)| fault.by.is_none()).collect();
    let killed = TABLE.len() - named.len();
    let _ = write!(page, "\n## Survivors\n\n{killed} of {} mistakes are found", TABLE.len());
    if named.is_empty() {
        page.push_str("; none is left.\n");
        return;
    }
    page.push_str(". The others, and why:\n\n");
    for (fault, _) in named {
        let _ = writeln!(page, "- {}: {}.", fault.made.about(), fault.why);
    }
}
