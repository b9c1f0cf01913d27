//! The settings that each seed is run under: the scenario's own, those that it compares itself
//! with, and other libraries in its world; each of them at every point of the fields that are
//! varied.
//!
//! They share the seed, and what a swarm draws of it; and a draw is asked for by its occasion, not
//! by its turn. So two settings have the same players, troubles and random numbers as long as they
//! do the same things, and differ by what they do.

use super::cells::{CELLS_MAX, Cells};
use crate::error::Error;
use crate::source;
use leasehold_data::{self as data, LeftOut, SweepManifest};
use leasehold_sim::Scenario;
use leasehold_sim::scenario::{Axis, Expected, PROTOCOLS, Protocol};
use std::path::Path;

/// The scenario's own setting, and others, each with a name; and the fields that are varied.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    scenario: Scenario,
    all: Vec<(String, Setting)>,
    axes: Vec<Axis>,
    left_out: Vec<LeftOut>,
    cells: Cells,
}

/// How a setting comes from the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting {
    Own,
    /// One of `[[compare]]`.
    Variant(usize),
    /// Another library in the same world, of which the scenario expects nothing.
    Library(Protocol),
}

impl Settings {
    /// The scenario's own, and all that it compares itself with.
    pub(crate) fn own(scenario: &Scenario) -> Settings {
        let names: Vec<String> =
            scenario.compare.iter().map(|variant| variant.name.clone()).collect();
        Settings::with(scenario, &names).expect("they are the scenario's")
    }

    /// The scenario's own, and those of these names: of `[[compare]]`, or a library's.
    pub(crate) fn with(scenario: &Scenario, names: &[String]) -> Result<Settings, String> {
        let mut all = vec![(own(scenario), Setting::Own)];
        for name in names {
            let variant = scenario.compare.iter().position(|variant| variant.name == *name);
            let setting = match (variant, Protocol::named(name)) {
                (Some(nth), _) => Setting::Variant(nth),
                (None, Some(protocol)) => Setting::Library(protocol),
                (None, None) => return Err(unknown(scenario, name)),
            };
            if !all.iter().any(|(known, _)| known == name) {
                all.push((name.clone(), setting));
            }
        }
        let names = all.iter().map(|(name, _)| name.clone()).collect();
        let (axes, left_out, cells) = (Vec::new(), Vec::new(), Cells::new(names, Vec::new(), &[]));
        Ok(Settings { scenario: scenario.clone(), all, axes, left_out, cells })
    }

    /// These settings at every point of some fields, which are not drawn any more.
    pub(crate) fn varied(self, axes: Vec<Axis>) -> Result<Settings, String> {
        let twice = |nth: &usize| axes[..*nth].iter().any(|one| one.path() == axes[*nth].path());
        if let Some(nth) = (1..axes.len()).find(twice) {
            return Err(format!("{} is varied twice", axes[nth].path()));
        }
        let count = Cells::count_all(self.all.len(), axes.iter().map(Axis::count));
        if count.is_none_or(|count| count > CELLS_MAX) {
            let all = count.map_or("too many".to_owned(), |count| count.to_string());
            return Err(format!(
                "that makes {all} settings and points together; allowed: {CELLS_MAX}"
            ));
        }
        let scenario = self.scenario.not_drawing(&axes);
        Ok(Settings { scenario, axes, ..self }.without(Vec::new()))
    }

    /// The same, but some cells are left out.
    fn without(self, left_out: Vec<LeftOut>) -> Settings {
        let axes = self.axes.iter().map(Axis::texts).collect();
        let cells = Cells::new(self.names(), axes, &left_out);
        Settings { left_out, cells, ..self }
    }

    /// Those of a sweep that has been begun.
    pub(crate) fn recorded(
        scenario: &Scenario,
        manifest: &SweepManifest,
    ) -> Result<Settings, String> {
        let others = manifest.settings.get(1..).unwrap_or_default();
        let axis =
            |axis: &data::Axis| Axis::parse(&format!("{}={}", axis.path, axis.written.join(",")));
        let axes = manifest.axes.iter().map(axis).collect::<Result<_, _>>()?;
        let settings = Settings::with(scenario, others)?.varied(axes)?;
        match settings.names() == manifest.settings && settings.axes() == manifest.axes {
            true => Ok(settings.without(manifest.left_out.clone())),
            false => Err("its settings are not those of its scenario".to_owned()),
        }
    }

    /// Leaves out what does not go together, if nothing that varies is drawn anew for each seed:
    /// looked at in the world that one seed draws.
    ///
    /// # Errors
    /// If nothing is left, or there are no points: then nothing may be wrong.
    pub(crate) fn possible(self, file: &Path, name: &str, seed: u64) -> Result<Settings, Error> {
        let drawn = source::drawn(file, &self.scenario, seed)?.scenario;
        let mut left_out = Vec::new();
        for (nth, cell) in self.cells.iter().enumerate() {
            let made = self.of(file, nth, &drawn);
            let made = made.and_then(|scenario| source::simulation(file, name, &scenario));
            match made {
                Ok(_) => {}
                Err(Error::Bad { why, .. }) if !self.axes.is_empty() => left_out.push(LeftOut {
                    setting: self.cells.setting(nth).to_owned(),
                    point: self.cells.values(cell),
                    why: why.lines().next().unwrap_or_default().to_owned(),
                }),
                Err(error) => return Err(error),
            }
        }
        match left_out.first() {
            Some(first) if left_out.len() == self.cells.count() => {
                let why = format!("no point goes together with the rest: {}", first.why);
                Err(Error::Bad { path: file.to_owned(), why })
            }
            _ => Ok(self.without(left_out)),
        }
    }

    /// How many cells there are; at least one.
    pub(crate) fn count(&self) -> usize {
        self.cells.count()
    }

    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    pub(crate) fn cells(&self) -> &Cells {
        &self.cells
    }

    pub(crate) fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.all.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The fields that are varied, as files have them.
    pub(crate) fn axes(&self) -> Vec<data::Axis> {
        let axis = |axis: &Axis| data::Axis {
            path: axis.path().to_owned(),
            constant: axis.constant().map(str::to_owned),
            values: axis.texts(),
            written: (0..axis.count()).map(|nth| axis.written(nth)).collect(),
        };
        self.axes.iter().map(axis).collect()
    }

    /// The scenario that a cell is, where what a seed draws has been drawn, with the samples that
    /// it names.
    pub(crate) fn of(&self, file: &Path, nth: usize, drawn: &Scenario) -> Result<Scenario, Error> {
        let bad = |why: String| Error::Bad { path: file.to_owned(), why };
        let mut scenario = self.made(nth, drawn).map_err(bad)?;
        source::read_samples(file, &mut scenario)?;
        Ok(scenario)
    }

    fn made(&self, nth: usize, drawn: &Scenario) -> Result<Scenario, String> {
        let cell = self.cells.get(nth);
        let setting = match self.all[cell.setting].1 {
            Setting::Own => Scenario { compare: Vec::new(), ..drawn.clone() },
            Setting::Variant(variant) => drawn.variant(&drawn.compare[variant]),
            Setting::Library(protocol) => Scenario { compare: Vec::new(), ..drawn.under(protocol) },
        };
        let point: Vec<_> = self.axes.iter().zip(cell.point.iter().copied()).collect();
        if point.is_empty() {
            return Ok(setting);
        }
        let mut scenario = setting.at(&point)?;
        // What a file expects to see, it expects of its own values.
        scenario.expect.marks.clear();
        let shown = |expected: &&mut Expected| **expected == Expected::Violated;
        let shown = scenario.expect.invariants.values_mut().filter(shown);
        shown.for_each(|expected| *expected = Expected::Any);
        Ok(scenario)
    }

    /// The same where nothing has been drawn: what is expected of it, and of which library.
    pub(crate) fn expected(&self, nth: usize) -> Scenario {
        let swarm = self.scenario.swarm.clone();
        let plain = Scenario { swarm: Default::default(), ..self.scenario.clone() };
        let made = self.made(nth, &plain).expect("cells that cannot be are left out");
        Scenario { swarm, ..made }
    }

    /// The library of a cell; nothing if each seed draws it.
    pub(crate) fn protocol(&self, nth: usize) -> Option<Protocol> {
        let drawn = self.scenario.swarm.draw.contains_key("protocol");
        if self.axes.iter().any(|axis| axis.path() == "protocol") {
            return Some(self.expected(nth).protocol);
        }
        match self.all[self.cells.get(nth).setting].1 {
            Setting::Library(protocol) => Some(protocol),
            Setting::Variant(variant) if drawn => self.scenario.compare[variant].protocol(),
            Setting::Own if drawn => None,
            _ => Some(self.expected(nth).protocol),
        }
    }
}

/// What the scenario's own setting is called: as its library, unless something else is.
fn own(scenario: &Scenario) -> String {
    let library = scenario.protocol.name();
    let drawn = scenario.swarm.draw.contains_key("protocol");
    match drawn || scenario.compare.iter().any(|variant| variant.name == library) {
        true => "own".to_owned(),
        false => library.to_owned(),
    }
}

fn unknown(scenario: &Scenario, name: &str) -> String {
    let variants = scenario.compare.iter().map(|variant| variant.name.as_str());
    let all: Vec<&str> = variants.chain(PROTOCOLS.iter().copied()).collect();
    format!("there is no setting {name:?}; allowed: {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    #[test]
    fn settings_are_the_scenarios_own_and_others_by_name_each_once() {
        let text = "[[compare]]\nname = \"often\"\nprotocol = \"profile_store\"\n\
            profile_store.auto_save_period = \"30s\"\n";
        let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(Settings::own(&scenario).names(), ["chronicle", "often"]);
        let names = ["often", "chronicle", "naive", "naive"].map(str::to_owned);
        let settings = Settings::with(&scenario, &names).expect("all are known");
        assert_eq!(settings.names(), ["chronicle", "often", "naive"]);
        let protocols = (0..3).map(|nth| settings.protocol(nth).map(Protocol::name));
        let expected = ["chronicle", "profile_store", "naive"].map(Some);
        assert_eq!(protocols.collect::<Vec<_>>(), expected);
        let told = Settings::with(&scenario, &["nave".to_owned()]).expect_err("unknown");
        assert!(told.contains("allowed: often, chronicle, chronicle_eager"), "{told}");
    }

    #[test]
    fn a_point_that_contradicts_its_setting_is_left_out_and_told() {
        let scenario = Scenario::parse("swarm.draw.messaging.loss.any = [\"1%\"]").expect("valid");
        let lease = Axis::parse("rules.lease_duration=20s,90s").expect("an axis");
        let loss = Axis::parse("messaging.loss=0%,5%").expect("an axis");
        let names = ["profile_store".to_owned()];
        let settings = Settings::with(&scenario, &names).expect("known");
        let file = Path::new("world.toml");
        let settings = settings.varied(vec![lease, loss.clone()]).expect("few");
        assert!(settings.scenario().swarm.draw.is_empty(), "what is varied is not drawn");
        let settings = settings.possible(file, "world", 1).expect("some go together");
        assert_eq!(settings.count(), 4);
        let [first, ..] = settings.left_out() else { panic!("{:?}", settings.left_out()) };
        assert_eq!((&*first.setting, &*first.point[0]), ("chronicle", "20s"));
        assert!(first.why.contains("rules.renew_after"), "{}", first.why);
        let of = |nth| settings.made(nth, settings.scenario()).expect("it is there");
        assert_eq!(of(1).rules.lease_duration.map(|span| span.to_string()), Some("1m30s".into()));
        let manifest = SweepManifest {
            settings: settings.names(),
            axes: settings.axes(),
            left_out: settings.left_out().to_vec(),
            ..testing::manifest(&scenario)
        };
        let again = Settings::recorded(&scenario, &manifest).expect("they are its own");
        assert_eq!((again.names(), again.count()), (settings.names(), 4));
        let other = SweepManifest { settings: vec!["naive".to_owned()], ..manifest };
        assert!(Settings::recorded(&scenario, &other).is_err());
        let own = || Settings::own(&scenario);
        assert!(own().varied(vec![loss.clone(), loss]).is_err_and(|why| why.contains("twice")));
        let many = Axis::parse("duration=1s..40m:1000").expect("an axis");
        let other = Axis::parse("servers.count=1,2").expect("an axis");
        assert!(own().varied(vec![many, other]).is_err_and(|why| why.contains("2000 settings")));
    }
}
