//! Settings on the same seeds: what is said of how they differ, and that it is one sweep.

use crate::place::Place;

/// A small world with two more settings, one of which changes what only a scenario can.
const WORLD: &str = "title = \"How often?\"\nduration = \"4m\"\nprotocol = \"profile_store\"\n\
    servers.count = 3\nfaults = { crash_every = \"1m\", down_for = \"5s\" }\n\
    players = { count = 20, arrive = \"0s..20s\", stay = \"1m..3m\", edit_every = \"5s\" }\n\
    [[compare]]\nname = \"often\"\nprofile_store.auto_save_period = \"10s\"\n\
    [[compare]]\nname = \"idle\"\nplayers.edit_every = \"2m\"\n";

fn files(place: &Place, folder: &str) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let bytes = std::fs::read(place.path(&format!("{folder}/{name}"))).expect("it is there");
        (name, bytes)
    };
    place.names(folder).into_iter().map(read).collect()
}

#[test]
fn what_differs_is_in_a_table_and_a_sentence_and_what_does_not_is_in_none() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let args = ["compare", "world.toml", "--seeds", "1..12"];
    let end = place.run(&args).ends(0);
    let line = |begins: &str| end.out.lines().find(|line| line.trim_start().starts_with(begins));
    let head = line("Mean per seed").expect("a table");
    assert_eq!(
        head.split_whitespace().skip(3).collect::<Vec<_>>(),
        ["profile_store", "often", "idle"]
    );
    let saves = line("calls save").expect("a row");
    assert_eq!(saves.matches('*').count(), 1, "only one saves more: {saves}");
    let lost = line("changes lost").expect("a row");
    assert_eq!(lost.matches('*').count(), 2, "both lose less: {lost}");
    let (_, often) = end.out.split_once("often beside profile_store\n").expect("sentences");
    assert!(
        often.starts_with("  changes lost: ") && often.contains(" less per seed, 95 % "),
        "{often}"
    );
    assert!(
        often.contains("calls save a player-hour: ") && often.contains(" more per seed"),
        "{often}"
    );
    assert!(
        !end.out.contains("  calls acquire a player-hour: "),
        "the players are the same: {}",
        end.out
    );
    let folder = "reports/world-compared-1-12";
    let names = place.names(folder);
    assert!(names.contains(&"changes-lost.svg".to_owned()), "{names:?}");
    let rows = place.read(&format!("{folder}/rows.csv"));
    let settings = rows.lines().skip(1).map(|row| row.split(',').nth(1).expect("a column"));
    let settings: Vec<&str> = settings.take(4).collect();
    assert_eq!(settings, ["profile_store", "often", "idle", "profile_store"]);
    // A row is what a run of its seed is.
    place.run(&["run", "world.toml", "--seed", "2", "--no-charts"]).ends(0);
    for (nth, run) in [(4, "world-2"), (5, "world-2/often"), (6, "world-2/idle")] {
        let digest = rows.lines().nth(nth).and_then(|row| row.split(',').nth(3)).expect("a row");
        let dataset = place.read(&format!("reports/{run}/dataset.json"));
        assert!(dataset.contains(&format!("\"digest\":\"{digest}\"")), "{run}");
    }
}

#[test]
fn a_comparison_is_a_sweep_in_parts_and_for_any_number_of_jobs() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let with = ["compare", "world.toml", "--with", "naive,often,chronicle", "--seeds", "1..7"];
    for jobs in ["1", "3"] {
        place.run(&[&with[..], &["--jobs", jobs, "--out", jobs]].concat());
    }
    assert_eq!(files(&place, "1"), files(&place, "3"));
    for part in ["1/2", "2/2"] {
        let out = format!("part-{}", &part[..1]);
        place.run(&[&with[..], &["--shard", part, "--out", &out]].concat());
    }
    place.run(&["merge", "part-1", "part-2", "--out", "joined"]);
    assert_eq!(files(&place, "joined"), files(&place, "1"));
    // Gone on with, it is the same; with other settings it is another one.
    place.run(&[&with[..], &["--out", "1", "--resume"]].concat());
    assert_eq!(files(&place, "1"), files(&place, "3"));
    let other = ["compare", "world.toml", "--with", "naive", "--seeds", "1..7", "--out", "1"];
    let end = place.run(&[&other[..], &["--resume"]].concat()).ends(2);
    assert!(
        end.err.contains("it is a sweep of the settings profile_store, naive, often"),
        "{}",
        end.err
    );
}

#[test]
fn what_cannot_be_compared_is_one_sentence() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    place.write("alone.toml", "duration = \"1m\"\n");
    place.write(
        "odd.toml",
        "duration = \"1m\"\nrules.lease_duration = \"10s\"\nrules.renew_after = \"9s\"\n",
    );
    for (args, told) in [
        (
            &["world.toml", "--with", "nobody"][..],
            "no setting \"nobody\"; allowed: often, idle, chron",
        ),
        (&["alone.toml"], "there is nothing to compare with"),
        (&["alone.toml", "--with", "chronicle"], "there is nothing to compare with"),
        (&["odd.toml", "--with", "chronicle_strict"], "rules.clock_margin = 3s does not fit"),
    ] {
        let end = place.run(&[&["compare"], args, &["--seeds", "1..2"]].concat()).ends(2);
        assert!(end.err.contains(told) && end.err.lines().count() == 1, "{}", end.err);
    }
    assert_eq!(place.names("."), ["alone.toml", "odd.toml", "world.toml"], "nothing was written");
}

#[test]
fn a_sweep_runs_what_its_scenario_compares_and_another_library_alone() {
    let place = Place::new();
    place.write("world.toml", WORLD);
    let end = place.run(&["sweep", "world.toml", "--seeds", "1..3", "--out", "all"]).ends(0);
    for expected in ["\noften\n", "\nidle\n", "Mean per seed"] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    let args =
        ["sweep", "world.toml", "--seeds", "1..3", "--protocol", "chronicle", "--out", "other"];
    let end = place.run(&args);
    assert!(
        end.out.contains("Again    leasehold sweep world.toml --seeds 1..3 --protocol chronicle")
    );
    assert_eq!(place.read("other/rows.csv").lines().count(), 4);
}
