//! Adds rows up. Sums are whole numbers; what is printed is made of them at the very end.

use super::interval::{self, Ratio, Sums};
use super::paired::{self, Paired};
use super::row::{self, Row};
use super::settings::Settings;
use leasehold_data::{
    Comparison, Count, Metric, SWEEP_FORMAT, SettingTotals, SweepManifest, SweepTotals, Unseen,
    ViolationClass,
};
use leasehold_sim::scenario::{Expected, Protocol};
use leasehold_sim::{HARMS, INVARIANTS, Scenario, Verdict, shipped};
use std::collections::BTreeMap;

/// How many of the seeds in which a class came are named.
const NAMED: usize = 5;

/// What all rows so far add up to.
#[derive(Debug)]
pub(super) struct Tally {
    settings: Vec<OfSetting>,
    /// Each setting but the first beside it, and each number.
    paired: Vec<Vec<Paired>>,
    /// The rows of the seed that is not complete.
    waiting: Vec<Row>,
}

/// What the rows of one setting add up to.
#[derive(Debug)]
struct OfSetting {
    name: String,
    seeds: u64,
    verdicts: [u64; Verdict::ALL.len()],
    sums: Vec<Sums>,
    /// The places of what was played, and of sessions that were granted: in the whole run, since
    /// findings are of that, if it says so; else as they are counted.
    per: [[usize; 2]; 2],
    /// What findings are counted over.
    over: [Sums; 2],
    classes: BTreeMap<String, Seen>,
    marks: BTreeMap<String, Seen>,
}

/// Something that came in some seeds.
#[derive(Debug, Default)]
struct Seen {
    seeds: u64,
    times: u64,
    /// For what was played, and for sessions that were granted.
    by_played: Ratio,
    by_granted: Ratio,
    first: Vec<u64>,
}

impl Seen {
    fn add(&mut self, seed: u64, times: u64, [played, granted]: [u64; 2]) {
        self.seeds += 1;
        self.times = self.times.saturating_add(times);
        self.by_played.add(times, played);
        self.by_granted.add(times, granted);
        if self.first.len() < NAMED {
            self.first.push(seed);
        }
    }
}

/// An hour, in microseconds.
const HOUR_US: f64 = 3.6e9;

/// The place of a number among those of a row.
fn column(name: &str) -> usize {
    row::numbers().position(|number| number == name).expect("a column")
}

impl Tally {
    pub(super) fn new(settings: &[String]) -> Tally {
        let paired = settings.iter().skip(1);
        let paired = paired.map(|_| row::numbers().map(|_| Paired::new()).collect()).collect();
        let settings = settings.iter().map(|name| OfSetting::new(name)).collect();
        Tally { settings, paired, waiting: Vec::new() }
    }

    /// Takes a row in. They come in the order of seeds, and of settings.
    pub(super) fn add(&mut self, row: Row) {
        self.settings[self.waiting.len()].add(&row);
        self.waiting.push(row);
        if self.waiting.len() < self.settings.len() {
            return;
        }
        let rows = std::mem::take(&mut self.waiting);
        let (first, others) = rows.split_first().expect("there is a setting");
        for (paired, other) in self.paired.iter_mut().zip(others) {
            let numbers = first.numbers.iter().zip(&other.numbers);
            for (paired, (first, other)) in paired.iter_mut().zip(numbers) {
                if let (Some(first), Some(other)) = (first, other) {
                    paired.add(*first, *other);
                }
            }
        }
    }

    /// What it all comes to. There has been a row.
    pub(super) fn totals(
        &self,
        manifest: &SweepManifest,
        asked: u64,
        settings: &Settings,
    ) -> SweepTotals {
        // A sweep that ended early may have ended before it came to the others.
        let had = self.settings.iter().enumerate().filter(|(_, setting)| setting.seeds > 0);
        let totals = had
            .map(|(nth, setting)| setting.totals(&settings.expected(nth), settings.protocol(nth)));
        let totals: Vec<SettingTotals> = totals.collect();
        let verdict = |name: &str| Verdict::ALL.into_iter().find(|one| one.name() == name);
        let verdicts = totals.iter().filter_map(|setting| verdict(&setting.verdict));
        SweepTotals {
            format: SWEEP_FORMAT,
            tool: manifest.tool.clone(),
            scenario: manifest.scenario.clone(),
            title: manifest.title.clone(),
            first_seed: manifest.first_seed,
            last_seed: manifest.last_seed,
            shard: manifest.shard,
            fail_fast: manifest.fail_fast,
            seeds: self.settings[0].seeds,
            seeds_asked: asked,
            verdict: Verdict::worst(verdicts).name().to_owned(),
            settings: totals,
            comparisons: self.comparisons(),
            intervals: interval::HOW.to_owned(),
        }
    }

    fn comparisons(&self) -> Vec<Comparison> {
        let baseline = &self.settings[0].name;
        let others = self.settings.iter().skip(1).zip(&self.paired);
        let compared = others.map(|(setting, paired)| {
            let any = row::numbers().zip(paired).filter(|(_, paired)| paired.is_any());
            let differences = any.map(|(name, paired)| paired.difference(name)).collect();
            Comparison { name: setting.name.clone(), baseline: baseline.clone(), differences }
        });
        let mut compared: Vec<Comparison> = compared.collect();
        paired::correct(compared.iter_mut().flat_map(|one| &mut one.differences));
        compared
    }
}

impl OfSetting {
    fn new(name: &str) -> OfSetting {
        OfSetting {
            name: name.to_owned(),
            seeds: 0,
            verdicts: [0; Verdict::ALL.len()],
            sums: row::numbers().map(|_| Sums::new()).collect(),
            per: [["played_whole_us", "played_us"], ["sessions_granted_whole", "sessions_granted"]]
                .map(|names| names.map(column)),
            over: [Sums::new(), Sums::new()],
            classes: BTreeMap::new(),
            marks: BTreeMap::new(),
        }
    }

    fn add(&mut self, row: &Row) {
        self.seeds += 1;
        self.verdicts[row.verdict as usize] += 1;
        for (sums, number) in self.sums.iter_mut().zip(&row.numbers) {
            if let Some(number) = number {
                sums.add(*number);
            }
        }
        let number = |place| row.numbers[place];
        let per = self.per.map(|places| places.into_iter().find_map(number));
        for (over, per) in self.over.iter_mut().zip(per) {
            per.into_iter().for_each(|per| over.add(per));
        }
        let per = per.map(|per| per.unwrap_or(0));
        for (seen, counts) in [(&mut self.classes, &row.classes), (&mut self.marks, &row.marks)] {
            for (name, times) in counts {
                seen.entry(name.clone()).or_default().add(row.seed, *times, per);
            }
        }
    }

    fn totals(&self, scenario: &Scenario, protocol: Option<Protocol>) -> SettingTotals {
        let (verdict, missing) = self.verdict(scenario);
        let count = |name: &str, seeds: u64| Count {
            name: name.to_owned(),
            seeds,
            share: interval::share(seeds, self.seeds),
        };
        let verdicts = Verdict::ALL.iter().zip(self.verdicts);
        let metrics = row::numbers().zip(&self.sums).map(|(name, sums)| {
            let there = |number: u64| (sums.n > 0).then_some(number);
            let (min, max) = (there(sums.min), there(sums.max));
            Metric { name, seeds: sums.n, mean: sums.mean(), min, max }
        });
        SettingTotals {
            name: self.name.clone(),
            protocol: protocol.map(|protocol| protocol.name().to_owned()),
            seeds: self.seeds,
            verdict: verdict.name().to_owned(),
            missing,
            verdicts: verdicts.map(|(verdict, seeds)| count(verdict.name(), seeds)).collect(),
            metrics: metrics.collect(),
            violations: self.violations(scenario),
            marks: self.marks.iter().map(|(mark, seen)| count(mark, seen.seeds)).collect(),
            unseen: self.unseen(),
        }
    }

    /// A run that does not reach what its scenario is about tested nothing; a sweep, if none of
    /// its runs does.
    fn verdict(&self, scenario: &Scenario) -> (Verdict, Vec<String>) {
        let broken = |class: &String, name: &str| class.split(':').next() == Some(name);
        let sound = "a scenario that was swept holds what it must";
        let held = shipped(&scenario.title, scenario).expect(sound).invariants();
        let missing = leasehold_sim::missing(
            scenario,
            &held,
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
            ViolationClass {
                invariant: invariant.to_owned(),
                cause: cause.to_owned(),
                expected: expected.name().to_owned(),
                violations: seen.times,
                seeds: seen.seeds,
                share: interval::share(seen.seeds, self.seeds),
                per_player_hour: seen.by_played.of(&self.over[0], HOUR_US),
                per_session: seen.by_granted.of(&self.over[1], 1.0),
                first_seeds: seen.first.clone(),
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

/// What an estimate of the unseen says and does not.
const NOTE: &str = "Classes are violations by invariant and cause, and marks; each counts once a \
    seed. The chance that the next seed shows one that no seed has shown is estimated by Good and \
    Turing: classes seen in exactly one seed, divided by seeds. If seeds show several new classes \
    at once it is too high. Its 95 % interval is Esty's, normal and rough below some ten such \
    classes; there is none where no class was seen in one seed or two. It is about this scenario \
    and this list of classes: what has no name here is not counted.";

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_data::Shard;

    fn row(seed: u64, verdict: Verdict, classes: &[&str], marks: &[&str]) -> Row {
        let counts = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 2)).collect();
        Row {
            seed,
            setting: "chronicle".to_owned(),
            verdict,
            digest: "0".repeat(16),
            numbers: row::numbers().map(|_| Some(seed)).collect(),
            classes: counts(classes),
            marks: counts(marks),
        }
    }

    fn totals(expect: &str, rows: &[Row]) -> SettingTotals {
        let totals = whole(expect, rows);
        assert_eq!((totals.seeds, totals.seeds_asked), (rows.len() as u64, 9));
        totals.settings.into_iter().next().expect("a setting")
    }

    fn whole(expect: &str, rows: &[Row]) -> SweepTotals {
        let text = format!("[expect]\n{expect}");
        let scenario = Scenario::parse(&text).expect("a valid scenario");
        let settings = Settings::own(&scenario);
        let mut tally = Tally::new(&settings.names());
        rows.iter().for_each(|row| tally.add(row.clone()));
        let manifest = SweepManifest {
            format: SWEEP_FORMAT,
            tool: "1".to_owned(),
            scenario: "world".to_owned(),
            title: String::new(),
            first_seed: 1,
            last_seed: 9,
            shard: Shard { nth: 1, of: 1 },
            fail_fast: false,
            settings: settings.names(),
            text,
        };
        tally.totals(&manifest, 9, &settings)
    }

    #[test]
    fn a_mark_that_is_required_must_be_reached_in_some_seed_not_in_each() {
        use Verdict::{Holds, Stuck, Vacuous, Violated};
        let mark = "marks = [\"a breaker opened\"]";
        let quiet = row(1, Vacuous, &[], &[]);
        let reached = row(2, Holds, &[], &["a breaker opened"]);
        let stuck = row(3, Stuck, &["starts_are_answered:stuck"], &[]);
        let broken = row(4, Violated, &["no_double_ownership:resumed"], &[]);
        let cases: [(&[&Row], &str, usize); 5] = [
            (&[&quiet], "vacuous", 1),
            (&[&quiet, &reached], "holds", 0),
            (&[&quiet, &stuck], "stuck", 1),
            (&[&reached, &stuck], "stuck", 0),
            (&[&quiet, &stuck, &broken], "violated", 1),
        ];
        for (rows, verdict, missing) in cases {
            let rows: Vec<Row> = rows.iter().map(|row| (*row).clone()).collect();
            let totals = totals(mark, &rows);
            assert_eq!((totals.verdict.as_str(), totals.missing.len()), (verdict, missing));
        }
    }

    #[test]
    fn a_documented_weakness_must_show_in_some_seed() {
        let expect = "invariants.no_double_ownership = \"violated\"";
        let shown = row(1, Verdict::Holds, &["no_double_ownership:resumed"], &[]);
        let quiet = row(2, Verdict::Vacuous, &[], &[]);
        assert_eq!(totals(expect, &[shown, quiet.clone()]).verdict, "holds");
        let totals = totals(expect, &[quiet]);
        assert_eq!(totals.verdict, "vacuous");
        assert!(totals.missing[0].contains("no_double_ownership"), "{:?}", totals.missing);
    }

    #[test]
    fn a_mean_is_of_the_seeds_that_have_the_number_and_of_none_there_is_none() {
        let place = row::numbers().position(|name| name == "start_p50_us").expect("a column");
        let without = |mut row: Row| {
            row.numbers[place] = None;
            row
        };
        let seed = |seed| row(seed, Verdict::Holds, &[], &[]);
        let some = totals("", &[seed(2), without(seed(3)), seed(4)]);
        let start = &some.metrics[place];
        assert_eq!((start.seeds, start.min, start.max), (2, Some(2), Some(4)));
        assert_eq!(start.mean.map(|mean| mean.value), Some(3.0));
        let none = totals("", &[without(seed(2))]);
        let start = &none.metrics[place];
        assert_eq!((start.seeds, start.mean, start.min, start.max), (0, None, None, None));
    }

    #[test]
    fn classes_are_counted_in_seeds_and_in_times_and_say_where_they_came_first() {
        let (resume, steal) = ("no_double_ownership:resumed", "no_double_ownership:steal");
        let (usual, last) = ([resume], [resume, steal]);
        let of = |seed| if seed == 8 { &last[..] } else { &usual[..] };
        let rows: Vec<Row> =
            (1..=8).map(|seed| row(seed, Verdict::Violated, of(seed), &[])).collect();
        let totals = totals("", &rows);
        let [often, once] = &totals.violations[..] else { panic!("{:?}", totals.violations) };
        assert_eq!((often.cause.as_str(), often.seeds, often.violations), ("resumed", 8, 16));
        assert_eq!(often.first_seeds, [1, 2, 3, 4, 5]);
        assert_eq!((once.cause.as_str(), once.first_seeds.as_slice()), ("steal", &[8][..]));
        let unseen = &totals.unseen;
        assert_eq!((unseen.classes, unseen.in_one_seed, unseen.in_two_seeds), (2, 1, 0));
        assert_eq!(unseen.chance.value, 0.125);
        // Row n has n sessions and n microseconds of play: 16 in 36.
        assert_eq!(often.per_session.map(|rate| rate.value), Some(16.0 / 36.0));
        assert_eq!(often.per_player_hour.map(|rate| rate.value), Some(16.0 / 36.0 * HOUR_US));
        let events = &totals.metrics[0];
        assert_eq!(events.mean.map(|mean| mean.value), Some(4.5));
        assert_eq!((events.seeds, events.max), (8, Some(8)));
    }

    #[test]
    fn settings_are_compared_seed_by_seed() {
        let text = "[[compare]]\nname = \"other\"\nprotocol = \"profile_store\"\n";
        let scenario = Scenario::parse(text).expect("a valid scenario");
        let settings = Settings::own(&scenario);
        let mut tally = Tally::new(&settings.names());
        for seed in 1..=6 {
            let one = row(seed, Verdict::Holds, &[], &[]);
            let mut other = Row { setting: "other".to_owned(), ..one.clone() };
            other.numbers[column("messages_sent")] = Some(3 * seed);
            tally.add(one);
            tally.add(other);
        }
        let manifest = SweepManifest {
            format: SWEEP_FORMAT,
            tool: "1".to_owned(),
            scenario: "world".to_owned(),
            title: String::new(),
            first_seed: 1,
            last_seed: 6,
            shard: Shard { nth: 1, of: 1 },
            fail_fast: false,
            settings: settings.names(),
            text: String::new(),
        };
        let totals = tally.totals(&manifest, 6, &settings);
        assert_eq!(totals.settings.len(), 2);
        let [comparison] = &totals.comparisons[..] else { panic!("{:?}", totals.comparisons) };
        assert_eq!((&*comparison.name, &*comparison.baseline), ("other", "chronicle"));
        let differ: Vec<_> =
            comparison.differences.iter().filter(|one| one.p < Some(1.0)).collect();
        let [messages] = &differ[..] else { panic!("{differ:?}") };
        assert_eq!((&*messages.name, messages.difference.value), ("messages_sent", 7.0));
    }
}
