//! Swarms: what is drawn, what it depends on, and what becomes of draws that contradict each other.

use super::super::SCENARIO;
use super::*;
use crate::schema::Words;

fn swarm(draws: &str) -> Scenario {
    let text = format!("[swarm.draw]\n{draws}");
    Scenario::parse(&text).unwrap_or_else(|why| panic!("{text}\n{why}"))
}

fn drawn(scenario: &Scenario, seed: u64) -> Drawn {
    scenario.drawn(&Seed::of(seed)).unwrap_or_else(|why| panic!("{why}"))
}

/// Every field of the schema that is no table, with its path.
fn leaves() -> Vec<(String, &'static Field)> {
    fn walk(fields: &'static [Field], path: &str, found: &mut Vec<(String, &'static Field)>) {
        for field in fields {
            match field.shape {
                Shape::Table(inner) => walk(inner, &format!("{path}{}.", field.name), found),
                _ => found.push((format!("{path}{}", field.name), field)),
            }
        }
    }
    let mut found = Vec::new();
    walk(SCENARIO, "", &mut found);
    found
}

/// Something that a field can be drawn from, if it can be drawn.
fn something(shape: &Shape) -> Option<String> {
    let span = |span| super::super::Span(span);
    Some(match *shape {
        Shape::Flag => "{ any = [true, false] }".to_owned(),
        Shape::Choice(Words { names: words, .. }) | Shape::Mark(words) => {
            format!("{{ any = {words:?} }}")
        }
        Shape::WordOr(Words { names: words, .. }, _) => format!("{{ any = {words:?} }}"),
        Shape::Count(min, max) => format!("{{ from = {min}, to = {max} }}"),
        Shape::Span(min, max) => format!("{{ from = \"{}\", to = \"{}\" }}", span(min), span(max)),
        Shape::Spread { from_min, .. } | Shape::Drawn { from_min, .. } => {
            format!("{{ from = \"{}\", to = \"8784h\" }}", span(from_min))
        }
        Shape::Latency(_) => "{ from = \"0s\", to = \"1h\" }".to_owned(),
        Shape::Chance | Shape::Rate => "{ from = 0, to = 1 }".to_owned(),
        Shape::Millis => "{ from = 0.5, to = 1000 }".to_owned(),
        Shape::Text(_) | Shape::Bound | Shape::Table(_) | Shape::Tables(..) => return None,
        Shape::List(..)
        | Shape::Invariants(_)
        | Shape::Settings(_)
        | Shape::FileOr(_)
        | Shape::Draws
        | Shape::Free
        | Shape::Shift => {
            return None;
        }
    })
}

#[test]
fn every_scalar_field_of_the_schema_can_be_drawn_over_all_that_it_may_be() {
    let mut fields = 0;
    for (path, field) in leaves().iter().filter(|(path, _)| !path.starts_with("swarm.")) {
        let Some(draw) = something(&field.shape) else { continue };
        let text = format!("swarm.draw.{path} = {draw}");
        let values: Vec<Option<Value>> = match Scenario::parse(&text) {
            Ok(scenario) => {
                let draws = (0..12).map(|seed| scenario.drawn(&Seed::of(seed)));
                draws.filter_map(|drawn| Some(drawn.ok()?.fields.remove(0).1)).collect()
            }
            // Some ranges are too wide for anything in them to go together with the rest.
            Err(why) => {
                assert!(why.to_string().contains("hardly any draw goes together"), "{text}\n{why}");
                continue;
            }
        };
        if values.iter().all(Option::is_none) {
            continue;
        }
        assert!(values.iter().any(|value| *value != values[0]), "{text}: {values:?}");
        fields += 1;
    }
    assert!(fields > 50, "only {fields} fields could be drawn");
}

#[test]
fn no_two_fields_share_a_number_and_those_that_are_known_never_change() {
    let mut seen = BTreeMap::new();
    for (path, _) in leaves() {
        assert_eq!(seen.insert(subject(&path), path.clone()), None, "{path}");
    }
    assert_eq!(subject("servers.count"), 4_128_879_774);
}

#[test]
fn zero_switches_off_chances_and_whatever_is_absent_by_default_and_nothing_else() {
    let default = Table::try_from(Scenario::default()).unwrap();
    let has = |path: &str| {
        let mut names = path.split('.');
        let first = default.get(names.next().unwrap_or_default());
        names.fold(first, |value, name| value?.get(name)).is_some()
    };
    for (path, field) in leaves() {
        // A rule that is absent is the preset's, and what makes up a module is not drawn.
        if ["rules.", "swarm.", "module."].iter().any(|section| path.starts_with(section)) {
            continue;
        }
        let expected = match field.shape {
            Shape::Chance => Some(Some("\"0%\"".to_owned())),
            Shape::Rate => Some(Some("0.0".to_owned())),
            // Everything takes some time.
            Shape::Latency(_) => None,
            // It cannot be drawn.
            Shape::FileOr(_) => None,
            _ if has(&path) => None,
            _ => Some(None),
        };
        let told = off(field).map(|value| value.map(|value| value.to_string()));
        assert_eq!(told, expected, "{path}");
    }
}

#[test]
fn zeros_come_as_often_as_they_should_each_for_itself() {
    let scenario = swarm(
        "messaging.loss = { from = \"1%\", to = \"40%\" }\n\
         faults.crash_every = { from = \"1m\", to = \"30m\" }\n\
         servers.count = { from = 2, to = 40 }\n",
    );
    let (mut crash, mut loss, mut both) = (0, 0, 0);
    for seed in 0..2_000 {
        let world = drawn(&scenario, seed).scenario;
        let (no_crash, no_loss) =
            (world.faults.crash_every.is_none(), world.messaging.loss == Chance::NEVER);
        crash += u32::from(no_crash);
        loss += u32::from(no_loss);
        both += u32::from(no_crash && no_loss);
        assert!((2..=40).contains(&world.servers.count));
    }
    for (n, expected) in [(crash, 400), (loss, 400), (both, 80)] {
        assert!(n > expected * 3 / 4 && n < expected * 5 / 4, "{n}, not {expected}");
    }
    let never = Scenario {
        swarm: Swarm { zero: Chance::NEVER, ..scenario.swarm.clone() },
        ..scenario.clone()
    };
    assert!((0..500).all(|seed| drawn(&never, seed).scenario.messaging.loss != Chance::NEVER));
    let always = Scenario { swarm: Swarm { zero: Chance::ALWAYS, ..scenario.swarm }, ..never };
    assert!((0..500).all(|seed| drawn(&always, seed).scenario.faults.crash_every.is_none()));
}

#[test]
fn another_line_changes_no_other_draw_wherever_it_stands() {
    let one = swarm(
        "servers.count = { from = 2, to = 4000 }\nservers.skew = { from = \"1s\", to = \"9s\" }",
    );
    let other = swarm(
        "datastore.latency = { from = \"1ms\", to = \"9s\" }\n\
         servers.skew = { from = \"1s\", to = \"9s\" }\nservers.drift_ppm = { from = 0, to = 100 }\n\
         \"servers.count\" = { from = 2, to = 4000 }",
    );
    for seed in 0..50 {
        let (one, other) = (drawn(&one, seed).scenario, drawn(&other, seed).scenario);
        assert_eq!(
            (one.servers.count, one.servers.skew),
            (other.servers.count, other.servers.skew)
        );
    }
}

#[test]
fn what_is_drawn_stands_in_the_place_of_what_the_file_says_and_the_rest_stays() {
    let scenario = Scenario::parse(
        "title = \"t\"\n[servers]\ncount = 50\nskew = \"1s\"\n[players]\npatience = \"9s\"\n\
         [swarm]\nzero = 1\ndraw.servers.count = { any = [7] }\n\
         draw.players.patience = { any = [\"1s\"] }\n",
    )
    .unwrap();
    let Drawn { scenario: world, fields } = drawn(&scenario, 1);
    assert_eq!((world.servers.count, world.players.patience), (7, None));
    assert_eq!(world.servers.skew.us(), 1_000_000);
    assert_eq!(
        fields,
        [
            ("players.patience".to_owned(), None),
            ("servers.count".to_owned(), Some(Value::Integer(7))),
        ]
    );
    assert_eq!(world.swarm, Swarm::default());
    assert_eq!(Scenario::parse(&world.print()), Ok(world.clone()));
    assert_eq!(drawn(&world, 2), Drawn { scenario: world, fields: Vec::new() });
}

#[test]
fn fields_that_contradict_each_other_are_drawn_again_and_only_they() {
    let others = "servers.count = { from = 2, to = 4000 }\n";
    let lease = "rules.lease_duration = { from = \"20s\", to = \"90s\" }\n\
                 rules.renew_after = { from = \"10s\", to = \"80s\" }\n";
    let (scenario, calm) = (swarm(&format!("{others}{lease}")), swarm(others));
    let mut again = 0;
    for seed in 0..200 {
        let world = drawn(&scenario, seed).scenario;
        let rules = world.rules();
        assert!(rules.renew_after < rules.lease_duration, "seed {seed}");
        assert_eq!(world.servers.count, drawn(&calm, seed).scenario.servers.count, "seed {seed}");
        let first = configured(&scenario, &|path| words(&Draws::new(&Seed::of(seed)), path, 0));
        again += u32::from(first.scenario != world);
    }
    assert!(again > 20, "only {again} of 200 seeds drew again");
}

#[test]
fn a_field_is_not_off_more_often_because_its_other_draws_contradict_something() {
    // Two in three of these come after the end.
    let scenario = swarm("heal = { from = \"0s\", to = \"30m\" }");
    let off = (0..2_000).filter(|seed| drawn(&scenario, *seed).scenario.heal.is_none()).count();
    assert!((300..500).contains(&off), "{off} of 2000, not 400");
}

#[test]
fn a_seed_for_which_nothing_goes_together_says_so_in_one_sentence_with_fields_and_values() {
    // Only the one corner holds: a lease of exactly 50.001 s.
    let scenario = swarm("rules.lease_duration = { from = \"1s\", to = \"50001ms\" }");
    let told = scenario.drawn(&Seed::of(7)).unwrap_err().to_string();
    let expected = "seed 7 drew 200 times, and rules.renew_after = 50s does not fit; allowed: less \
                    than lease_duration (rules.lease_duration is ";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn a_swarm_is_written_and_read_back() {
    let scenario = Scenario::parse(
        "[swarm]\nzero = \"5%\"\n[swarm.draw]\nmessaging.loss = { from = 0, to = \"40%\" }\n\
         datastore.latency = { any = [\"healthy\", { p50 = \"1s\", p99 = \"2s\" }] }\n\
         rules.LEASE_DURATION = { from = \"60s\", to = \"90s\" }\n",
    )
    .unwrap();
    assert!(scenario.swarm.draw.contains_key("rules.lease_duration"));
    assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario.clone()));
    assert!(scenario.check().is_empty());
}

#[test]
fn a_relation_is_only_held_against_what_may_be_drawn() {
    // The server of the timeline is one that the drawn world always has, and the default has not.
    let line = "timeline = [{ at = \"1s\", server = 15, do = \"crash\" }]\n";
    let text = format!("{line}[swarm.draw]\nservers.count = {{ from = 16, to = 40 }}");
    assert!(Scenario::parse(&text).is_ok());
}

#[test]
#[should_panic(expected = "variants are those of a drawn scenario")]
fn a_variant_of_what_is_not_drawn_yet_is_refused() {
    let text = "[swarm]\ndraw.servers.count = { any = [2] }\n[[compare]]\nname = \"a\"\n";
    let scenario = Scenario::parse(text).unwrap();
    let _ = scenario.variant(&scenario.compare[0]);
}
