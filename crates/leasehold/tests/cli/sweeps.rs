//! Sweeps: the same rows however many workers there are, however often they are killed, and in
//! however many parts they ran.

use crate::place::{End, LOSSY, Place};
use std::process::Stdio;
use std::time::Duration;

/// A small world that violates in some seeds and not in others.
const SOMETIMES: &str = "duration = \"2m\"\nservers.count = 3\nmessaging.loss = \"10%\"\n\
    players = { count = 6, arrive = \"0s..20s\", stay = \"20s..1m\", hop = \"90%\", \
    noticed_after = \"0s..9s\" }\n";

/// All files of a sweep's folder, by name.
fn files(place: &Place, folder: &str) -> Vec<(String, String)> {
    let read = |name: String| (name.clone(), place.read(&format!("{folder}/{name}")));
    place.names(folder).into_iter().map(read).collect()
}

fn rows(place: &Place, folder: &str) -> String {
    place.read(&format!("{folder}/rows.csv"))
}

/// A row with the checksum that it must have: FNV-1a of what is before it.
fn sealed(row: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{row},{:016x}", row.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// The field of a row, by the name of its column.
fn field<'a>(rows: &'a str, nth: usize, column: &str) -> &'a str {
    let place = rows.lines().next().and_then(|line| line.split(',').position(|c| c == column));
    rows.lines().nth(nth).and_then(|line| line.split(',').nth(place?)).expect("it is there")
}

#[test]
fn a_sweep_leaves_a_row_for_each_seed_in_their_order_and_totals() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let end = place.run(&["sweep", "world.toml", "--seeds", "5..44"]).ends(1);
    for expected in
        ["world, seeds 5 to 44", "40 seeds run", "95 % interval", "no_double_ownership", "Unseen"]
    {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    let folder = "reports/world-seeds-5-44";
    assert_eq!(
        place.names(folder),
        ["index.html", "rows.csv", "scenario.toml", "sweep.json", "totals.json"]
    );
    let rows = rows(&place, folder);
    let seeds = rows.lines().skip(1).map(|row| row.split(',').next().expect("a seed"));
    let expected: Vec<String> = (5..=44).map(|seed| seed.to_string()).collect();
    assert_eq!(seeds.collect::<Vec<&str>>(), expected);
    let totals: serde_json::Value =
        serde_json::from_str(&place.read(&format!("{folder}/totals.json"))).expect("JSON");
    assert_eq!(
        (totals["seeds"].as_u64(), totals["verdict"].as_str()),
        (Some(40), Some("violated"))
    );
    assert_eq!(totals["tool"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    let page = include_str!("../../../../docs/formats.md");
    for field in totals.as_object().expect("an object").keys() {
        assert!(page.contains(&format!("`{field}`")), "the manual tells what {field} is");
    }
    // A row says what a run of its seed says.
    place.run(&["run", "world.toml", "--seed", "7", "--no-charts"]);
    let run: serde_json::Value =
        serde_json::from_str(&place.read("reports/world-7/dataset.json")).expect("JSON");
    assert_eq!(Some(field(&rows, 3, "digest")), run["manifest"]["digest"].as_str());
    assert_eq!(Some(field(&rows, 3, "verdict")), run["manifest"]["verdict"].as_str());
    let granted = run["summary"]["starts"]["granted"].to_string();
    assert_eq!(field(&rows, 3, "sessions_granted"), granted);
}

#[test]
fn everything_is_the_same_for_any_number_of_jobs() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    for jobs in ["1", "2", "7"] {
        let args = ["sweep", "world.toml", "--seeds", "1..60", "--jobs", jobs, "--out", jobs];
        place.run(&args).ends(1);
    }
    assert_eq!(files(&place, "1"), files(&place, "2"));
    assert_eq!(files(&place, "1"), files(&place, "7"));
}

#[test]
fn four_parts_joined_are_the_whole_byte_by_byte() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    place.run(&["sweep", "world.toml", "--seeds", "3..45", "--out", "whole"]).ends(1);
    for nth in 1..=4 {
        let (shard, out) = (format!("{nth}/4"), format!("part-{nth}"));
        let args = ["sweep", "world.toml", "--seeds", "3..45", "--shard", &shard, "--out", &out];
        place.run(&args);
    }
    let args = ["merge", "part-3", "part-1", "part-4", "part-2", "--out", "joined"];
    let end = place.run(&args).ends(1);
    assert!(end.out.contains("seeds 3 to 45") && end.out.contains("43 seeds run"), "{}", end.out);
    assert_eq!(files(&place, "joined"), files(&place, "whole"));
    let totals: serde_json::Value =
        serde_json::from_str(&place.read("joined/totals.json")).expect("JSON");
    let setting = &totals["settings"][0];
    let [spread, never] = [&setting["metrics"][0]["spread"], &setting["never"]];
    assert!(spread["p05"].as_u64() < spread["p95"].as_u64(), "seeds differ: {spread}");
    let seeds: Vec<u64> =
        never.as_array().into_iter().flatten().filter_map(|at| at["seeds"].as_u64()).collect();
    assert_eq!(seeds, [1, 2, 5, 10, 20, 43]);
    let page = place.read("joined/index.html");
    for section in ["seeds", "rates", "numbers"] {
        assert!(page.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    for (args, expected) in [
        (&["merge", "part-1", "part-2", "part-4"][..], "part 3 is missing"),
        (&["merge", "part-1", "part-2", "part-3"], "part 4 is missing"),
        (&["merge", "part-1", "part-2", "part-2"], "part 2 of 4 is there twice"),
        (&["merge", "part-1", "whole"], "no part of the same sweep"),
        (&["merge", "world.toml"], "it is no folder"),
        (&["merge", "nothing"], "there is no sweep in it"),
    ] {
        let end = place.run(args);
        assert!(end.err.contains(expected) && end.code != Some(0), "{args:?} {end:?}");
    }
}

#[test]
fn parts_with_rows_that_are_cut_or_missing_are_not_joined_and_nothing_is_written() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    for nth in ["1", "2"] {
        let shard = format!("{nth}/2");
        place.run(&["sweep", "world.toml", "--seeds", "1..8", "--shard", &shard, "--out", nth]);
    }
    place.run(&["merge", "1", "2", "--out", "joined"]);
    let (joined, whole) = (files(&place, "joined"), rows(&place, "2"));
    let lines: Vec<&str> = whole.lines().collect();
    for (cut, expected) in [
        (lines[..3].join("\n") + "\n", "2/rows.csv: the row of seed 6 is missing"),
        (whole[..whole.len() - 60].to_owned(), "2/rows.csv: line 5 is no row of this sweep"),
        (whole[9..].to_owned(), "2/rows.csv: its first line does not name the columns"),
        (String::new(), "2/rows.csv: the row of seed 2 is missing"),
        (whole.replacen(",holds,", ",stuck,", 1), "is no row of this sweep"),
    ] {
        place.write("2/rows.csv", cut);
        for out in ["new", "joined"] {
            let end = place.run(&["merge", "1", "2", "--out", out]).ends(2);
            assert!(end.err.contains(expected) && end.err.lines().count() == 1, "{}", end.err);
        }
        assert!(!place.path("new").exists());
        assert_eq!(files(&place, "joined"), joined, "what was joined before stays");
    }
}

#[test]
fn more_parts_than_seeds_are_joined_as_well_and_the_empty_ones_are_refused() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    place.run(&["sweep", "world.toml", "--seeds", "1..2", "--out", "whole"]);
    for nth in ["1", "2"] {
        let shard = format!("{nth}/4");
        place.run(&["sweep", "world.toml", "--seeds", "1..2", "--shard", &shard, "--out", nth]);
    }
    place.run(&["sweep", "world.toml", "--seeds", "1..2", "--shard", "3/4"]).ends(2);
    place.run(&["merge", "1", "2", "--out", "joined"]);
    assert_eq!(files(&place, "joined"), files(&place, "whole"));
}

#[test]
fn fail_fast_ends_with_the_first_violating_seed_whoever_finds_it() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES.replace("10%", "2%"));
    place.run(&["sweep", "world.toml", "--seeds", "1..150", "--out", "all"]).ends(1);
    let all = rows(&place, "all");
    let first = (1..=150).find(|nth| field(&all, *nth, "verdict") == "violated");
    let first = first.expect("some seed violates");
    assert!((2..150).contains(&first), "the world violates in seed {first}: not at once, not late");
    let expected: Vec<&str> = all.lines().take(first + 1).collect();
    for jobs in ["1", "2", "5"] {
        let args = ["sweep", "world.toml", "--seeds", "1..150", "--fail-fast", "--jobs", jobs];
        let end = place.run(&[&args[..], &["--out", jobs]].concat()).ends(1);
        assert!(end.out.contains("ended with the first seed that violates"), "{}", end.out);
        assert_eq!(rows(&place, jobs).lines().collect::<Vec<&str>>(), expected);
    }
    assert_eq!(files(&place, "1"), files(&place, "5"));
    for nth in 1..=3 {
        let (shard, out) = (format!("{nth}/3"), format!("part-{nth}"));
        let args = ["sweep", "world.toml", "--seeds", "1..150", "--fail-fast", "--shard", &shard];
        place.run(&[&args[..], &["--out", &out]].concat());
    }
    place.run(&["merge", "part-1", "part-2", "part-3", "--out", "joined"]).ends(1);
    assert_eq!(files(&place, "1"), files(&place, "joined"));
    // Whoever wants to know the rest after all goes on.
    place.run(&["sweep", "world.toml", "--seeds", "1..150", "--resume", "--out", "1"]).ends(1);
    assert_eq!(files(&place, "1"), files(&place, "all"));
}

#[test]
#[cfg(unix)]
fn killed_at_any_moment_and_gone_on_with_it_has_the_rows_of_one_left_alone() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let sweep = |out: &'static str| {
        let args = ["sweep", "world.toml", "--seeds", "1..2000", "--jobs", "2", "--resume"];
        [&args[..], &["--out", out]].concat()
    };
    place.run(&sweep("alone")).ends(1);
    let count = || {
        let rows = std::fs::read(place.path("killed/rows.part.csv")).ok()?;
        Some(rows.iter().filter(|byte| **byte == b'\n').count())
    };
    let mut had = 0;
    for nth in 1..6 {
        let child = place.command(&sweep("killed")).stdout(Stdio::null()).spawn();
        let mut child = child.expect("it can be started");
        // It has come further than before, however busy the machine is; or it is over.
        while count().is_none_or(|lines| lines <= had + 5)
            && child.try_wait().expect("it is ours").is_none()
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        // A moment that has nothing to do with what the sweep is at.
        let odd = u64::from(child.id() % 23);
        std::thread::sleep(Duration::from_millis(nth * 5 + odd));
        child.kill().expect("it can be killed, by a signal that it cannot see");
        child.wait().expect("it ends");
        let Some(lines) = count() else { break };
        assert!(lines >= had, "what is finished is kept: {lines} rows after {had}");
        had = lines;
    }
    assert!(had > 5, "it was killed in the middle");
    let part = place.path("killed/rows.part.csv");
    if part.exists() {
        // Half a row, as a machine leaves it whose power is cut.
        let text = place.read("killed/rows.part.csv");
        place.write("killed/rows.part.csv", &text[..text.len() - 9]);
        place.run(&["sweep", "world.toml", "--seeds", "1..2000", "--out", "killed"]).ends(5);
    }
    place.run(&sweep("killed")).ends(1);
    assert_eq!(files(&place, "killed"), files(&place, "alone"));
}

#[test]
#[cfg(unix)]
fn an_interrupted_sweep_ends_with_130_and_what_is_finished_is_not_run_again() {
    let place = Place::new();
    place.write("world.toml", LOSSY.replace("5m", "20m"));
    let args = ["sweep", "world.toml", "--seeds", "1..100000", "--out", "sweep"];
    let child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("it can be started");
    let lines = || {
        let rows = std::fs::read_to_string(place.path("sweep/rows.part.csv")).unwrap_or_default();
        rows.lines().count()
    };
    while lines() < 4 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(sent.expect("there is a kill").success());
    let end = End::of(child.wait_with_output().expect("it ends")).ends(130);
    assert!(end.out.is_empty() && end.err.contains("--resume goes on"), "{end:?}");
    assert_eq!(place.names("sweep"), ["rows.part.csv", "sweep.part.json"]);
    // Rows that are there are owned: a changed digest stays.
    let text = place.read("sweep/rows.part.csv");
    let digest = field(&text, 1, "digest").to_owned();
    let (header, rest) = text.split_once('\n').expect("a header");
    let (row, _) = rest.lines().next().and_then(|row| row.rsplit_once(',')).expect("a row");
    let row = sealed(&row.replace(&digest, "fedcba9876543210"));
    place.write("sweep/rows.part.csv", format!("{header}\n{row}\n"));
    let manifest = place.read("sweep/sweep.part.json").replace("100000", "3");
    place.write("sweep/sweep.part.json", manifest);
    let args = ["sweep", "world.toml", "--seeds", "1..3", "--out", "sweep", "--resume"];
    place.run(&args).ends(1);
    assert!(rows(&place, "sweep").contains("fedcba9876543210"));
}

#[test]
fn another_sweep_is_not_gone_on_with_and_nothing_else_is_replaced() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    place.write("other.toml", SOMETIMES);
    let sweep = |file: &str, seeds: &str, more: &[&str]| {
        place.run(&[&["sweep", file, "--seeds", seeds, "--out", "sweep"], more].concat())
    };
    sweep("world.toml", "1..3", &[]);
    let before = files(&place, "sweep");
    for (file, seeds, shard, expected) in [
        ("world.toml", "1..4", "1/1", "it is a sweep of seeds 1..3, shard 1/1, not of seeds 1..4"),
        ("world.toml", "1..3", "1/2", "not of seeds 1..3, shard 1/2"),
        ("other.toml", "1..3", "1/1", "it is a sweep of world, not of other"),
    ] {
        let end = sweep(file, seeds, &["--shard", shard, "--resume"]).ends(2);
        assert!(end.err.contains(expected) && end.err.lines().count() == 1, "{}", end.err);
    }
    place.write("world.toml", SOMETIMES.replace("10%", "11%"));
    let end = sweep("world.toml", "1..3", &["--resume"]).ends(2);
    assert!(end.err.contains("its scenario is not this one any more"), "{}", end.err);
    assert_eq!(files(&place, "sweep"), before);
    // One that is over is replaced by another; what is no sweep is not.
    sweep("other.toml", "1..2", &[]);
    assert_eq!(rows(&place, "sweep").lines().count(), 3);
    place.run(&["sweep", "other.toml", "--seeds", "1..2", "--out", "."]).ends(5);
    assert_eq!(place.names("."), ["other.toml", "sweep", "world.toml"]);
}

#[test]
#[cfg(unix)]
fn a_sweep_that_is_over_stays_until_the_next_one_is_over_too() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    place.write("long.toml", LOSSY.replace("5m", "20m"));
    let over = ["sweep", "world.toml", "--seeds", "1..5", "--out", "sweep"];
    place.run(&over).ends(1);
    let before = files(&place, "sweep");
    let next = ["sweep", "long.toml", "--seeds", "1..100000", "--out", "sweep"];
    for signal in ["-INT", "-KILL"] {
        let child = place.command(&next).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("it can be started");
        let lines = || {
            let rows = std::fs::read_to_string(place.path("sweep/rows.part.csv"));
            rows.unwrap_or_default().lines().count()
        };
        while lines() < 3 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &pid]).status();
        assert!(sent.expect("there is a kill").success());
        child.wait().expect("it ends");
        for (name, text) in &before {
            assert_eq!(place.read(&format!("sweep/{name}")), *text, "{name}");
        }
        let end = place.run(&over).ends(5);
        assert!(end.err.contains("a sweep that is not over"), "{}", end.err);
        std::fs::remove_file(place.path("sweep/rows.part.csv")).expect("it is there");
    }
    // Nothing is lost, and nobody is in the way any more.
    place.run(&over).ends(1);
    assert_eq!(files(&place, "sweep"), before);
}

#[test]
fn what_is_required_and_comes_in_no_seed_makes_a_sweep_vacuous() {
    let place = Place::new();
    let mark =
        "[expect]\nmarks = [\"a breaker opened\"]\ninvariants.no_double_ownership = \"any\"\n";
    place.write("world.toml", format!("{SOMETIMES}{mark}"));
    let end = place.run(&["sweep", "world.toml", "--seeds", "1..5"]).ends(4);
    let expected = "the mark \"a breaker opened\" was reached in no seed";
    assert!(end.out.contains("Verdict  vacuous") && end.out.contains(expected), "{}", end.out);
    // Reached in some seeds but not in each is enough.
    let mark = mark.replace("a breaker opened", "a challenge to a live owner was lost");
    place.write("some.toml", format!("{SOMETIMES}{mark}"));
    let end = place.run(&["sweep", "some.toml", "--seeds", "1..60"]).ends(0);
    assert!(end.out.contains("vacuous"), "some runs alone are vacuous\n{}", end.out);
}

#[test]
fn bad_arguments_end_with_2_and_what_cannot_be_written_with_5_in_one_sentence() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    place.write("a-file", "mine");
    for bad in [
        &["--seeds", "9..1"][..],
        &["--seeds", "1"],
        &["--seeds", "1..x"],
        &["--seeds", "0..9223372036854775808"],
        &["--seeds", "1..9", "--shard", "3/2"],
        &["--seeds", "1..9", "--shard", "0/2"],
        &["--seeds", "1..9", "--jobs", "0"],
        &[],
    ] {
        let end = place.run(&[&["sweep", "world.toml"], bad].concat()).ends(2);
        assert!(end.out.is_empty() && !end.err.is_empty(), "{bad:?} {end:?}");
    }
    for out in ["a-file", "a-file/below"] {
        let end = place.run(&["sweep", "world.toml", "--seeds", "1..9", "--out", out]).ends(5);
        assert!(end.out.is_empty() && end.err.lines().count() == 1, "{end:?}");
    }
    assert_eq!(place.names("."), ["a-file", "world.toml"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_within_a_row_keeps_the_whole_rows_before_it_and_the_sweep_goes_on() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let args = ["sweep", "world.toml", "--seeds", "1..200", "--jobs", "3", "--out"];
    place.run(&[&args[..], &["alone"]].concat()).ends(1);
    // No file may be longer than some blocks: the system writes as much of a row as fits. Then
    // there is room again for whoever is still at work.
    let shell = format!(
        "trap '' XFSZ; ulimit -f 16; exec '{}' {} full",
        env!("CARGO_BIN_EXE_leasehold"),
        args.join(" ")
    );
    let mut full = std::process::Command::new("sh");
    let end = full.args(["-c", &shell]).current_dir(place.path("")).output().expect("a shell");
    let end = End::of(end).ends(5);
    assert!(end.err.contains("cannot write full/rows.part.csv"), "{}", end.err);
    assert!(end.out.is_empty() && end.err.lines().count() == 1, "{end:?}");
    let (kept, all) = (place.read("full/rows.part.csv"), rows(&place, "alone"));
    assert!(kept.ends_with('\n') && kept.lines().count() > 9, "whole rows:\n{kept}");
    assert!(kept.lines().all(|row| all.lines().any(|whole| whole == row)), "{kept}");
    place.run(&[&args[..], &["full", "--resume"]].concat()).ends(1);
    assert_eq!(files(&place, "full"), files(&place, "alone"));
}

#[test]
fn a_time_of_which_a_seed_had_none_is_empty_there_and_its_mean_is_of_the_others() {
    let place = Place::new();
    let world = "duration = \"40s\"\nservers.count = 2\ndatastore.latency = \"1s..2s\"\n\
        players = { count = 1, arrive = \"0s..1m\", stay = \"20s..1m\" }\n";
    place.write("world.toml", world);
    let end = place.run(&["sweep", "world.toml", "--seeds", "1..20", "--out", "sweep"]).ends(0);
    let rows = rows(&place, "sweep");
    let mut times: Vec<u64> = Vec::new();
    for nth in 1..=20 {
        let (granted, time) =
            (field(&rows, nth, "sessions_granted"), field(&rows, nth, "start_p50_us"));
        assert_eq!(granted == "0", time.is_empty(), "seed {nth}: {granted} granted, {time:?}");
        times.extend(time.parse::<u64>());
    }
    assert!((2..20).contains(&times.len()), "some seeds have no start: {times:?}");
    let totals: serde_json::Value =
        serde_json::from_str(&place.read("sweep/totals.json")).expect("JSON");
    let metric = |name: &str| {
        let metrics = totals["settings"][0]["metrics"].as_array().expect("a list");
        metrics.iter().find(|metric| metric["name"] == name).expect("it is a column").clone()
    };
    let start = metric("start_p50_us");
    assert_eq!(start["seeds"].as_u64(), Some(times.len() as u64));
    assert_eq!(start["min"].as_u64(), times.iter().min().copied());
    let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
    assert!((start["mean"]["value"].as_f64().expect("a mean") - mean).abs() < 1.0, "{start}");
    assert!(end.out.contains(&format!("  of {} seeds", times.len())), "{}", end.out);
    assert!(metric("waits_longest_us")["mean"].is_null(), "nobody waited");
    // What came in one seed of twenty came no less than never.
    for metric in totals["settings"][0]["metrics"].as_array().expect("a list") {
        assert!(metric["mean"]["low"].as_f64().is_none_or(|low| low >= 0.0), "{metric}");
    }
}

#[test]
fn what_was_started_without_fail_fast_is_not_cut_short_by_it() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let args = ["sweep", "world.toml", "--seeds", "1..40", "--out", "sweep", "--resume"];
    place.run(&args).ends(1);
    let before = files(&place, "sweep");
    let end = place.run(&[&args[..], &["--fail-fast"]].concat()).ends(2);
    assert!(end.err.contains("it was started without --fail-fast"), "{}", end.err);
    assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    assert_eq!(files(&place, "sweep"), before);
}

#[test]
fn a_folder_in_which_a_sweep_had_just_started_is_as_good_as_empty() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let args = ["sweep", "world.toml", "--seeds", "1..3", "--out"];
    place.run(&[&args[..], &["expected"]].concat()).ends(1);
    for (out, more) in [("again", &[][..]), ("on", &["--resume"])] {
        std::fs::create_dir(place.path(out)).expect("there is room for a test");
        place.write(&format!("{out}/sweep.part.json.part"), "{ \"for");
        place.write(&format!("{out}/sweep.lock"), "");
        place.run(&[&args[..], &[out], more].concat()).ends(1);
        assert_eq!(files(&place, out), files(&place, "expected"));
    }
}

#[test]
fn a_folder_is_one_sweeps_at_a_time_and_a_killed_one_keeps_nobody_out() {
    let place = Place::new();
    place.write("world.toml", LOSSY.replace("5m", "20m"));
    let long = ["sweep", "world.toml", "--seeds", "1..100000", "--jobs", "1", "--out", "sweep"];
    let mut child = place.command(&long).stdout(Stdio::null()).spawn().expect("it can be started");
    let lines = || {
        let rows = std::fs::read_to_string(place.path("sweep/rows.part.csv")).unwrap_or_default();
        rows.lines().count()
    };
    while lines() < 3 {
        std::thread::sleep(Duration::from_millis(1));
    }
    place.write("small.toml", SOMETIMES);
    place.run(&["sweep", "small.toml", "--seeds", "1..3", "--out", "part"]).ends(1);
    for args in [
        &[&long[..], &["--resume"]].concat()[..],
        &long,
        &["sweep", "small.toml", "--seeds", "1..3", "--out", "sweep"],
        &["merge", "part", "--out", "sweep"],
    ] {
        let end = place.run(args).ends(5);
        let expected = "sweep is left as it is: another process is at work on the sweep in it";
        assert!(end.out.is_empty() && end.err.contains(expected), "{args:?} {end:?}");
        assert_eq!(end.err.lines().count(), 1, "{}", end.err);
    }
    child.kill().expect("it can be killed, by a signal that it cannot see");
    child.wait().expect("it ends");
    assert_eq!(place.names("sweep"), ["rows.part.csv", "sweep.lock", "sweep.part.json"]);
    let manifest = place.read("sweep/sweep.part.json").replace("100000", "5");
    let rows: Vec<String> =
        place.read("sweep/rows.part.csv").lines().take(4).map(str::to_owned).collect();
    place.write("sweep/sweep.part.json", manifest);
    place.write("sweep/rows.part.csv", rows.join("\n") + "\n");
    let short = ["sweep", "world.toml", "--seeds", "1..5", "--out", "sweep", "--resume"];
    place.run(&short).ends(1);
    assert_eq!(
        place.names("sweep"),
        ["index.html", "rows.csv", "scenario.toml", "sweep.json", "totals.json"]
    );
}

#[test]
fn a_seed_for_which_nothing_goes_together_ends_a_sweep_there_and_the_rows_before_it_stay() {
    let place = Place::new();
    let swarm = "[swarm]\ndraw.rules.lease_duration = { from = \"30s\", to = \"50500ms\" }\n";
    place.write("world.toml", format!("{SOMETIMES}{swarm}"));
    let draws = |seed: u64| {
        let seed = seed.to_string();
        place.run(&["check", "world.toml", "--seed", &seed]).code == Some(0)
    };
    let first = (1..99).find(|seed| draws(*seed)).expect("some seed draws something");
    let last = (first..99).find(|seed| !draws(*seed)).expect("and some does not");
    assert!(last - first >= 2, "there are rows before it: {first}..{last}");
    let seeds = format!("{first}..{}", last + 40);
    let mut kept = Vec::new();
    for jobs in ["1", "3"] {
        let args = ["sweep", "world.toml", "--seeds", &seeds, "--jobs", jobs, "--out", jobs];
        let end = place.run(&args).ends(2);
        assert!(end.out.is_empty() && end.err.lines().count() == 1, "{end:?}");
        let drew = format!("world.toml: seed {last} drew 200 times");
        let rows = format!("the sweep ends before it, and the rows so far are in {jobs}");
        assert!(end.err.contains(&drew) && end.err.contains(&rows), "{}", end.err);
        assert_eq!(place.names(jobs), ["rows.part.csv", "sweep.part.json"]);
        let text = place.read(&format!("{jobs}/rows.part.csv"));
        let before = (first..last).map(|seed| format!("{seed},"));
        assert!(before.into_iter().all(|seed| text.lines().any(|row| row.starts_with(&seed))));
        // Nothing that is done is done again, and the end is the same.
        let again = place.run(&[&args[..], &["--resume"]].concat()).ends(2);
        assert_eq!(again.err, end.err);
        assert!(place.read(&format!("{jobs}/rows.part.csv")).starts_with(&text));
        kept.push(end.err.replace(&format!("in {jobs}"), ""));
    }
    assert_eq!(kept[0], kept[1], "whoever came to it first");
    // Where the very first seed is such a one, there is nothing to be kept.
    let seeds = format!("{last}..{}", last + 9);
    let end = place.run(&["sweep", "world.toml", "--seeds", &seeds, "--out", "none"]).ends(2);
    assert!(end.err.contains("drew 200 times") && !place.path("none").exists(), "{end:?}");
}

#[test]
fn measured_latencies_are_swept_as_they_are_run() {
    let place = Place::new();
    place.write("latencies.csv", "ms\n100\n200\n300\n900\n");
    let measured = "{ from = \"latencies.csv\" }";
    place.write("world.toml", format!("{SOMETIMES}datastore.latency = {measured}\n"));
    let draw = format!("[swarm]\ndraw.datastore.latency = {{ any = [\"healthy\", {measured}] }}\n");
    place.write("swarm.toml", format!("{SOMETIMES}{draw}"));
    for file in ["world", "swarm"] {
        let toml = format!("{file}.toml");
        let end = place.run(&["sweep", &toml, "--seeds", "1..4", "--out", file]);
        assert!(end.code == Some(0) || end.code == Some(1), "{end:?}");
        place.run(&["run", &toml, "--seed", "3", "--no-charts"]);
        let run: serde_json::Value =
            serde_json::from_str(&place.read(&format!("reports/{file}-3/dataset.json")))
                .expect("JSON");
        let swept = rows(&place, file);
        assert_eq!(Some(field(&swept, 3, "digest")), run["manifest"]["digest"].as_str());
    }
}

#[test]
fn a_sweep_that_another_version_left_is_not_gone_on_with_but_may_be_replaced() {
    let place = Place::new();
    place.write("world.toml", SOMETIMES);
    let sweep = |more: &[&str]| {
        place.run(&[&["sweep", "world.toml", "--seeds", "1..3", "--out", "sweep"], more].concat())
    };
    sweep(&[]);
    let expected = files(&place, "sweep");
    let manifest = place.read("sweep/sweep.json");
    let other = manifest.replacen("\"format\": 10", "\"format\": 1", 1);
    assert_ne!(manifest, other);
    place.write("sweep/sweep.json", other);
    let end = sweep(&["--resume"]).ends(2);
    assert!(end.err.contains("it has format 1, this version reads 10"), "{}", end.err);
    let end = place.run(&["merge", "sweep", "--out", "joined"]).ends(2);
    assert!(end.err.contains("it has format 1, this version reads 10"), "{}", end.err);
    assert_eq!(sweep(&[]).err, "");
    assert_eq!(files(&place, "sweep"), expected);
}
