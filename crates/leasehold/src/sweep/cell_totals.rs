//! What the rows of one cell, a setting at a point, add up to.

use super::converge::Path;
use super::folder::SCENARIO;
use super::interval::{self, Ratio, Sums};
use super::rates::Trials;
use super::row::{self, Row};
use super::settings::Settings;
use super::spread::Counts;
use crate::error::Error;
use crate::source;
use leasehold_data::{
    Checkpoint, Count, Foretold, Metric, Rate, SettingTotals, Unseen, ViolationClass,
};
use leasehold_sim::scenario::Expected;
use leasehold_sim::{HARMS, INVARIANTS, Invariant, Scenario, Verdict};
use std::collections::BTreeMap;

/// How many of the seeds in which a class came are named.
const NAMED: usize = 5;

/// What the rows of one cell add up to.
#[derive(Debug)]
pub(super) struct OfCell {
    pub(super) seeds: u64,
    verdicts: [u64; Verdict::ALL.len()],
    pub(super) sums: Vec<Sums>,
    /// In how many seeds each number is more than 0.
    any: Vec<u64>,
    /// How many seeds have how much of each.
    counts: Vec<Counts>,
    /// The places of what was played, and of hand-offs: in the whole run, since findings are of
    /// that, if it says so; else as they are counted.
    per: [[usize; 2]; 2],
    /// What findings are counted over.
    over: [Sums; 2],
    risks: [Risk; RISKS.len()],
    classes: BTreeMap<String, Seen>,
    /// How many seeds have how much of each class that came.
    by_class: BTreeMap<String, Counts>,
    marks: BTreeMap<String, Seen>,
    /// How rates became what they are, if that is told.
    path: Option<Path>,
    /// The most different numbers that are counted one by one.
    kept: usize,
}

/// What can happen to data, of whatever cause: the numbers by which a setting is safe.
pub(crate) const RISKS: [&str; 8] = [
    "double_ownership",
    "writes_without_ownership",
    "changes_lost",
    "changes_rolled_back",
    "items_lost",
    "items_duplicated",
    "purchases_lost",
    "purchases_twice",
];

/// One of them, for what was played and for hand-offs.
#[derive(Debug)]
struct Risk {
    column: usize,
    seen: Seen,
}

impl Risk {
    fn total(&self, cell: &OfCell) -> Rate {
        let name = row::numbers().nth(self.column).expect("a column");
        cell.rate(&name, &self.seen)
    }
}

/// Something that came in some seeds.
#[derive(Debug, Default)]
pub(super) struct Seen {
    seeds: u64,
    times: u64,
    /// For what was played, and for hand-offs.
    pub(super) by: [Ratio; 2],
    first: Vec<u64>,
    /// The fewest and the most in a seed that has any.
    least: u64,
    most: u64,
}

impl Seen {
    fn add(&mut self, seed: u64, times: u64, per: [u64; 2]) {
        self.seeds += 1;
        self.times = self.times.saturating_add(times);
        self.least = if self.seeds == 1 { times } else { self.least.min(times) };
        self.most = self.most.max(times);
        for (by, per) in self.by.iter_mut().zip(per) {
            by.add(times, per);
        }
        if self.first.len() < NAMED {
            self.first.push(seed);
        }
    }
}

/// An hour, in microseconds.
pub(super) const HOUR_US: f64 = 3.6e9;

/// The place of a number among those of a row.
pub(super) fn column(name: &str) -> usize {
    row::numbers().position(|number| number == name).expect("a column")
}

impl OfCell {
    /// Nothing yet, of so many different numbers at the most. `converges`: it says how its rates
    /// became what they are.
    pub(super) fn new(kept: usize, converges: bool) -> OfCell {
        OfCell {
            seeds: 0,
            verdicts: [0; Verdict::ALL.len()],
            sums: row::numbers().map(|_| Sums::new()).collect(),
            any: row::numbers().map(|_| 0).collect(),
            counts: row::numbers().map(|_| Counts::new(kept)).collect(),
            per: [["played_whole_us", "played_us"], ["hand_offs_whole", "hand_offs"]]
                .map(|names| names.map(column)),
            over: [Sums::new(), Sums::new()],
            risks: RISKS.map(|name| Risk { column: column(name), seen: Seen::default() }),
            classes: BTreeMap::new(),
            by_class: BTreeMap::new(),
            marks: BTreeMap::new(),
            path: converges.then(Path::default),
            kept,
        }
    }

    pub(super) fn add(&mut self, row: &Row) {
        self.seeds += 1;
        self.verdicts[row.verdict as usize] += 1;
        let all = self.sums.iter_mut().zip(&mut self.any).zip(&mut self.counts);
        for (((sums, any), counts), number) in all.zip(&row.numbers) {
            if let Some(number) = number {
                sums.add(*number);
                *any += u64::from(*number > 0);
                counts.add(*number);
            }
        }
        let number = |place| row.numbers[place];
        let per = self.per.map(|places| places.into_iter().find_map(number));
        for (over, per) in self.over.iter_mut().zip(per) {
            per.into_iter().for_each(|per| over.add(per));
        }
        let per = per.map(|per| per.unwrap_or(0));
        for Risk { column, seen } in &mut self.risks {
            let times = row.numbers[*column].unwrap_or(0);
            if times > 0 {
                seen.add(row.seed, times, per);
            }
        }
        for (seen, counts) in [(&mut self.classes, &row.classes), (&mut self.marks, &row.marks)] {
            for (name, times) in counts {
                seen.entry(name.clone()).or_default().add(row.seed, *times, per);
            }
        }
        for (name, times) in &row.classes {
            let counts = || Counts::new(self.kept);
            self.by_class.entry(name.clone()).or_insert_with(counts).add(*times);
        }
        if let Some(path) = &mut self.path {
            path.note(self.seeds, &self.over[0], &self.classes);
        }
    }

    /// What it comes to, as the totals of a cell.
    ///
    /// # Errors
    /// If a module that was run is not there any more: it says what it is held to.
    pub(super) fn totals(&self, nth: usize, settings: &Settings) -> Result<SettingTotals, Error> {
        let scenario = &settings.expected(nth);
        let simulation = source::simulation(SCENARIO.as_ref(), &scenario.title, scenario)?;
        let held = simulation.invariants();
        let (verdict, missing) = self.verdict(scenario, &held);
        let foretold = simulation.foretold();
        let cells = settings.cells();
        let count = |name: &str, seeds: u64| Count {
            name: name.to_owned(),
            seeds,
            share: interval::share(seeds, self.seeds),
        };
        let verdicts = Verdict::ALL.iter().zip(self.verdicts);
        let [played, handed_off] = &self.over;
        Ok(SettingTotals {
            name: cells.setting(nth).to_owned(),
            point: cells.values(cells.get(nth)),
            protocol: settings.protocol(nth).map(|protocol| protocol.name().to_owned()),
            foretold: told(&foretold).filter(|_| is_known(scenario)),
            seeds: self.seeds,
            verdict: verdict.name().to_owned(),
            missing,
            verdicts: verdicts.map(|(verdict, seeds)| count(verdict.name(), seeds)).collect(),
            metrics: self.metrics(),
            violations: self.violations(scenario),
            session_hours: played.sum as f64 / HOUR_US,
            hand_offs: u64::try_from(handed_off.sum).unwrap_or(u64::MAX),
            rates: self.rates(&held),
            never: self.converged(None),
            risks: self.risks.iter().map(|risk| risk.total(self)).collect(),
            marks: self.marks.iter().map(|(mark, seen)| count(mark, seen.seeds)).collect(),
            unseen: self.unseen(),
        })
    }

    fn metrics(&self) -> Vec<Metric> {
        let all = row::numbers().zip(&self.sums).zip(&self.any).zip(&self.counts);
        let metric = |(((name, sums), any), counts): (((String, &Sums), &u64), &Counts)| {
            let there = |number: u64| (sums.n > 0).then_some(number);
            let (min, max) = (there(sums.min), there(sums.max));
            let spread = min.zip(max).map(|ends| counts.spread(sums.n, ends));
            Metric { name, seeds: sums.n, seeds_any: *any, mean: sums.mean(), min, max, spread }
        };
        all.map(metric).collect()
    }

    /// A run that does not reach what its scenario is about tested nothing; a sweep, if none of
    /// its runs does.
    fn verdict(&self, scenario: &Scenario, held: &[&'static Invariant]) -> (Verdict, Vec<String>) {
        let broken = |class: &String, name: &str| class.split(':').next() == Some(name);
        let missing = leasehold_sim::missing(
            scenario,
            held,
            leasehold_sim::Seen::Seeds,
            |name| self.classes.keys().any(|class| broken(class, name)),
            |mark| self.marks.contains_key(mark),
        );
        let came = Verdict::ALL.into_iter().filter(|verdict| self.verdicts[*verdict as usize] > 0);
        let wrong = came.filter(|verdict| *verdict != Verdict::Vacuous);
        let vacuous = missing.iter().map(|_| Verdict::Vacuous);
        (Verdict::worst(wrong.chain(vacuous)), missing)
    }

    fn violations(&self, scenario: &Scenario) -> Vec<ViolationClass> {
        let rows = self.classes.iter().map(|(class, seen)| {
            let (invariant, cause) = class.split_once(':').unwrap_or((class, ""));
            let harm = HARMS.iter().any(|harm| harm.name == invariant);
            let otherwise = if harm { Expected::Any } else { Expected::Holds };
            let expected = scenario.expect.invariants.get(invariant).copied();
            let expected = expected.unwrap_or(otherwise);
            let counts = &self.by_class[class];
            let (min, max) = (if seen.seeds < self.seeds { 0 } else { seen.least }, seen.most);
            ViolationClass {
                invariant: invariant.to_owned(),
                cause: cause.to_owned(),
                expected: expected.name().to_owned(),
                violations: seen.times,
                seeds: seen.seeds,
                share: interval::share(seen.seeds, self.seeds),
                first_seeds: seen.first.clone(),
                min,
                max,
                spread: counts.spread(self.seeds, (min, max)),
            }
        });
        let mut rows: Vec<ViolationClass> = rows.collect();
        // In the order in which invariants are told everywhere, then by how often.
        let place = |row: &ViolationClass| {
            INVARIANTS.iter().chain(&HARMS).position(|one| one.name == row.invariant)
        };
        rows.sort_by_key(|row| (place(row), std::cmp::Reverse(row.seeds)));
        rows
    }

    /// How likely each class is, and what no seed has shown: all that the library is held to, and
    /// all harm.
    fn rates(&self, held: &[&'static Invariant]) -> Vec<Rate> {
        let came = self.classes.iter().map(|(class, seen)| Rate {
            converged: self.converged(Some(class)),
            ..self.rate(class, seen)
        });
        let never = held.iter().chain(&HARMS).filter(|one| {
            !self.classes.keys().any(|class| class.split(':').next() == Some(one.name))
        });
        let none = Seen::default();
        came.chain(never.map(|one| self.rate(one.name, &none))).collect()
    }

    fn rate(&self, name: &str, seen: &Seen) -> Rate {
        let hours = Trials::new(&self.over[0], HOUR_US);
        let hand_offs = Trials::new(&self.over[1], 1.0);
        Rate {
            name: name.to_owned(),
            times: seen.times,
            seeds: seen.seeds,
            per_session_hour: hours.rate(&seen.by[0]),
            per_hand_off: hand_offs.rate(&seen.by[1]),
            converged: Vec::new(),
        }
    }

    /// How the rate of a class, or of what never came, became what it is, if that is told.
    fn converged(&self, class: Option<&str>) -> Vec<Checkpoint> {
        let path = self.path.as_ref();
        path.map_or(Vec::new(), |path| path.of((self.seeds, &self.over[0], &self.classes), class))
    }

    fn unseen(&self) -> Unseen {
        let seen = || self.classes.values().chain(self.marks.values());
        let in_seeds = |n: u64| seen().filter(|seen| seen.seeds == n).count() as u64;
        let (once, twice) = (in_seeds(1), in_seeds(2));
        let would_have_been_seen = (3.0 / self.seeds as f64).min(1.0);
        Unseen {
            classes: seen().count() as u64,
            in_one_seed: once,
            in_two_seeds: twice,
            chance: interval::unseen(once, twice, self.seeds),
            would_have_been_seen,
            note: NOTE.to_owned(),
        }
    }
}

/// Whether each seed has the world that the scenario says, but for what its players do.
fn is_known(scenario: &Scenario) -> bool {
    scenario.swarm.draw.keys().all(|path| path.starts_with("players."))
}

/// What rules foretell, as totals say it.
fn told(foretold: &leasehold_sim::Foretold) -> Option<Foretold> {
    match foretold {
        leasehold_sim::Foretold::Unknown => None,
        leasehold_sim::Foretold::Impossible(why) => {
            Some(Foretold { possible: false, why: vec![why.clone()] })
        }
        leasehold_sim::Foretold::Possible(ways) => {
            Some(Foretold { possible: true, why: ways.clone() })
        }
    }
}

/// What an estimate of the unseen says and does not.
const NOTE: &str = "Classes are violations by invariant and cause, and marks; each counts once a \
    seed. The chance that the next seed shows one that no seed has shown is estimated by Good and \
    Turing: classes seen in exactly one seed, divided by seeds. If seeds show several new classes \
    at once it is too high. Its 95 % interval is Esty's, normal and rough below some ten such \
    classes; there is none where no class was seen in one seed or two. It is about this scenario \
    and this list of classes: what has no name here is not counted.";
