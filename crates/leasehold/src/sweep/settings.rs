//! The settings that each seed is run under: the scenario's own, those that it compares itself
//! with, and other libraries in its world.
//!
//! They share the seed, and what a swarm draws of it; and a draw is asked for by its occasion, not
//! by its turn. So two settings have the same players, troubles and random numbers as long as they
//! do the same things, and differ by what they do.

use leasehold_sim::Scenario;
use leasehold_sim::scenario::{PROTOCOLS, Protocol};

/// The scenario's own setting, and others, each with a name.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    scenario: Scenario,
    all: Vec<(String, Setting)>,
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
        let mut settings =
            Settings { scenario: scenario.clone(), all: vec![(own(scenario), Setting::Own)] };
        for name in names {
            let variant = scenario.compare.iter().position(|variant| variant.name == *name);
            let setting = match (variant, Protocol::named(name)) {
                (Some(nth), _) => Setting::Variant(nth),
                (None, Some(protocol)) => Setting::Library(protocol),
                (None, None) => return Err(unknown(scenario, name)),
            };
            if !settings.all.iter().any(|(known, _)| known == name) {
                settings.all.push((name.clone(), setting));
            }
        }
        Ok(settings)
    }

    /// Those of a sweep that has been begun, by their names.
    pub(crate) fn named(scenario: &Scenario, names: &[String]) -> Result<Settings, String> {
        let others = names.get(1..).unwrap_or_default();
        let settings = Settings::with(scenario, others)?;
        match settings.names() == names {
            true => Ok(settings),
            false => Err("its settings are not those of its scenario".to_owned()),
        }
    }

    /// How many there are; at least one.
    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.all.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The scenario that a setting is, where what a seed draws has been drawn.
    pub(crate) fn of(&self, nth: usize, drawn: &Scenario) -> Scenario {
        match self.all[nth].1 {
            Setting::Own => Scenario { compare: Vec::new(), ..drawn.clone() },
            Setting::Variant(variant) => drawn.variant(&drawn.compare[variant]),
            Setting::Library(protocol) => Scenario { compare: Vec::new(), ..drawn.under(protocol) },
        }
    }

    /// The same where nothing has been drawn: what is expected of it, and of which library.
    pub(crate) fn expected(&self, nth: usize) -> Scenario {
        let swarm = self.scenario.swarm.clone();
        let plain = Scenario { swarm: Default::default(), ..self.scenario.clone() };
        Scenario { swarm, ..self.of(nth, &plain) }
    }

    /// The library of a setting; nothing if each seed draws it.
    pub(crate) fn protocol(&self, nth: usize) -> Option<Protocol> {
        let drawn = self.scenario.swarm.draw.contains_key("protocol");
        match self.all[nth].1 {
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
        let again = Settings::named(&scenario, &settings.names()).expect("they are its own");
        assert_eq!(again.names(), settings.names());
        let protocols = (0..3).map(|nth| settings.protocol(nth).map(Protocol::name));
        let expected = ["chronicle", "profile_store", "naive"].map(Some);
        assert_eq!(protocols.collect::<Vec<_>>(), expected);
        let told = Settings::with(&scenario, &["nave".to_owned()]).expect_err("unknown");
        assert!(told.contains("allowed: often, chronicle, chronicle_eager"), "{told}");
        assert!(Settings::named(&scenario, &["naive".to_owned()]).is_err());
    }
}
