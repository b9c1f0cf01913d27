//! Runs that are shrunk, and the bugs that come of it: what is written, what is said of each later,
//! and the test that one of them makes.

use crate::place::{End, LOSSY, Place, healthy};
use std::process::Stdio;

const DIR: &str = "bugs/world-1";

/// A world that fails, and the bug that it makes.
fn shrunk() -> (Place, End) {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let end = place.run(&["shrink", "world.toml"]).ends(0);
    (place, end)
}

#[test]
fn a_failing_run_is_shrunk_to_a_folder_of_two_short_files() {
    let (place, end) = shrunk();
    for expected in ["Servers          3 -> 2", ": needed", "Fails if and only if", DIR] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    let settings = end.out.lines().find(|line| line.starts_with("Settings"));
    assert!(settings.is_some_and(|line| line.contains("players.hop")), "{}", end.out);
    assert!(end.err.is_empty(), "no line of progress where nobody looks: {}", end.err);
    assert_eq!(place.names("bugs"), ["world-1"]);
    assert_eq!(place.names(DIR), [".leasehold", "scenario.toml", "tape.toml"]);
    let scenario = place.read(&format!("{DIR}/scenario.toml"));
    assert!(scenario.starts_with("# no_double_ownership by messaging_timeout_steal. Fails if"));
    assert!(scenario.lines().count() < 30, "{scenario}");
    let tape = place.read(&format!("{DIR}/tape.toml"));
    for expected in
        ["is lost", "class = \"no_double_ownership:messaging_timeout_steal\"", "violated"]
    {
        assert!(tape.contains(expected), "{expected}\n{tape}");
    }
    // The two files are a run like any other, and it is violated.
    let (scenario, tape) = (format!("{DIR}/scenario.toml"), format!("{DIR}/tape.toml"));
    let run = place.run(&["run", &scenario, "--tape", &tape, "--no-charts"]).ends(1);
    assert!(run.out.contains("the same run again"), "{}", run.out);
    // Asked for by its own folder it is run alone.
    let alone = place.run(&["bugs", DIR]).ends(1);
    assert!(alone.out.contains("world-1  still fails"), "{}", alone.out);
    // From its own tape it is shrunk to the same thing.
    let again = ["shrink", &scenario, "--tape", &tape, "--out", "again"];
    place.run(&again).ends(0);
    assert_eq!(faults(&place.read("again/tape.toml")), faults(&place.read(&tape)));
}

/// The lines of a tape that name faults.
fn faults(tape: &str) -> Vec<&str> {
    tape.lines().filter(|line| line.starts_with("    \"")).collect()
}

#[test]
fn what_does_not_fail_is_not_shrunk_and_nothing_is_written() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.write("healthy.toml", healthy());
    let cases: [(&[&str], &str); 4] = [
        (&["shrink", "healthy.toml"], "seed 1 breaks no invariant"),
        (
            &["shrink", "world.toml", "--class", "no_write_without_ownership"],
            "does not show no_write_with",
        ),
        (
            &["shrink", "world.toml", "--class", "no_overlap"],
            "no invariant and no kind of harm has this name",
        ),
        (&["shrink", "world.toml", "--budget", "1"], "2..=1000000"),
    ];
    for (args, expected) in cases {
        let end = place.run(args).ends(2);
        assert!(end.out.is_empty() && end.err.contains(expected), "{args:?} {end:?}");
    }
    assert_eq!(place.names("."), ["healthy.toml", "world.toml"]);
}

#[test]
fn a_budget_that_is_far_too_small_is_said_in_a_sentence_that_can_be_read() {
    let place = Place::new();
    place.write("world.toml", LOSSY.replace("5m", "30m"));
    let end = place.run(&["shrink", "world.toml", "--budget", "2"]).ends(0);
    for expected in [
        "more faults of the tape, and none was shown to be needed, as far as 3 runs",
        "the budget ran out",
        "more, on the tape",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    assert!(end.out.lines().all(|line| line.len() < 600), "{}", end.out);
}

#[test]
fn a_tape_that_does_not_say_where_it_is_from_is_replayed_with_the_usual_seed() {
    let place = Place::new();
    place.write("world.toml", healthy());
    place.write("tape.toml", "format = 2\nfaults = []\n");
    let end = place.run(&["run", "world.toml", "--tape", "tape.toml", "--no-charts"]).ends(0);
    assert!(end.out.starts_with("world, seed 1: "), "{}", end.out);
    let end = place.run(&["shrink", "world.toml", "--tape", "tape.toml"]).ends(2);
    place.write("minus.toml", "format = 2\nfaults = []\norigin.seed = -1\n");
    let minus = place.run(&["run", "world.toml", "--tape", "minus.toml"]).ends(2);
    assert!(minus.err.contains("allowed: a whole number, 0 or more"), "{}", minus.err);
    assert!(end.err.contains("seed 1 breaks no invariant"), "{}", end.err);
}

#[test]
fn only_an_earlier_bug_is_replaced() {
    let (place, _) = shrunk();
    let before = place.read(&format!("{DIR}/tape.toml"));
    place.run(&["shrink", "world.toml"]).ends(0);
    assert_eq!(place.read(&format!("{DIR}/tape.toml")), before);
    place.write(&format!("{DIR}/notes.txt"), "mine");
    let end = place.run(&["shrink", "world.toml"]).ends(5);
    assert!(end.err.contains("notes.txt"), "{}", end.err);
    // A run's report has a tape too, and is no bug.
    place.run(&["run", "world.toml", "--no-charts", "--out", "report"]).ends(1);
    let end = place.run(&["shrink", "world.toml", "--out", "report"]).ends(5);
    assert!(end.err.contains("it is a report, and no bug"), "{}", end.err);
    assert_eq!(place.names(DIR), [".leasehold", "notes.txt", "scenario.toml", "tape.toml"]);
}

/// Messages get lost, and some sessions are leaked whatever becomes of the messages.
fn leaky() -> Place {
    let place = Place::new();
    let text = "duration = \"10m\"\nservers.count = 3\nmessaging.loss = \"20%\"\n\
                players = { count = 20, stay = \"30s..60s\", hop = \"100%\", leak = \"30%\" }";
    place.write("leaky.toml", text);
    place
}

#[test]
fn each_class_of_a_seed_is_a_bug_of_its_own_and_none_replaces_another() {
    let place = leaky();
    for class in ["no_double_ownership:messaging_timeout_steal", "sessions_are_released"] {
        place.run(&["shrink", "leaky.toml", "--class", class]).ends(0);
    }
    let names =
        ["leaky-1-no_double_ownership-messaging_timeout_steal", "leaky-1-sessions_are_released"];
    assert_eq!(place.names("bugs"), names);
    let tape = format!("bugs/{}/tape.toml", names[0]);
    let (before, out) = (place.read(&tape), format!("bugs/{}", names[0]));
    let over = ["shrink", "leaky.toml", "--class", "sessions_are_released", "--out", &out];
    let end = place.run(&over).ends(5);
    assert!(end.err.contains("a bug of another class, no_double_ownership:mess"), "{}", end.err);
    assert_eq!(place.read(&tape), before);
}

#[test]
fn what_is_said_of_a_class_where_something_else_is_broken_too_is_what_the_bug_is_judged_by() {
    let place = leaky();
    let end = place.run(&["shrink", "leaky.toml", "--class", "no_double_ownership"]).ends(0);
    assert!(end.out.contains("Fails in this class if and only if k"), "{}", end.out);
    let others = "; tries without this class broke sessions_are_released by leak";
    assert!(end.out.contains(others), "{}", end.out);
    let folder = "bugs/leaky-1-no_double_ownership";
    let tape = place.read(&format!("{folder}/tape.toml"));
    assert!(tape.contains("beside = [\"sessions_are_released:leak\"]"), "{tape}");
    // Without the fault the class is gone, and what was there beside it is no news.
    let without = tape.replace(faults(&tape)[0], "");
    place.write(&format!("{folder}/tape.toml"), &without);
    let end = place.run(&["bugs"]).ends(0);
    assert!(end.out.contains("passes now"), "{}", end.out);
    place.write(&format!("{folder}/tape.toml"), without.replace("beside = ", "# beside = "));
    let end = place.run(&["bugs"]).ends(1);
    assert!(end.out.contains("fails otherwise    sessions_are_released by leak"), "{}", end.out);
}

#[test]
fn what_of_a_tape_does_not_come_up_is_said_as_a_run_says_it() {
    let (place, _) = shrunk();
    let tape = place.read(&format!("{DIR}/tape.toml"));
    let more = "faults = [\n    \"k9.1 call 900 fails applied\",\n    \"k1 is sad\",";
    let tool = format!("tool = {:?}", env!("CARGO_PKG_VERSION"));
    let tape = tape.replace("faults = [", more).replace(&tool, "tool = \"9.9.9\"");
    place.write("tape.toml", tape);
    let end = place.run(&["shrink", "world.toml", "--tape", "tape.toml"]).ends(0);
    for expected in [
        "Not reached on the tape: k9.1 call 900 fails applied",
        "No fault that is known, on the tape: \"k1 is sad\"",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
}

#[test]
fn each_bug_is_run_again_and_told_as_what_it_has_become() {
    let (place, _) = shrunk();
    let end = place.run(&["bugs"]).ends(1);
    assert!(end.out.contains("world-1  still fails"), "{}", end.out);
    assert!(end.out.contains("the same run to the last step"), "{}", end.out);
    let scenario = place.read(&format!("{DIR}/scenario.toml"));
    let tape = place.read(&format!("{DIR}/tape.toml"));
    let fault = faults(&tape)[0];
    let bug = |name: &str, scenario: &str, tape: &str| {
        std::fs::create_dir_all(place.path(&format!("bugs/{name}"))).expect("a test can write");
        place.write(&format!("bugs/{name}/scenario.toml"), scenario);
        place.write(&format!("bugs/{name}/tape.toml"), tape);
    };
    let strict = format!("protocol = \"chronicle_strict\"\n{scenario}");
    bug("fixed", &strict, &tape);
    bug("gone", &strict, &tape.replace(fault, "    \"k9.1 call 900 fails applied\","));
    bug("broken", "players.count = -1", &tape);
    bug("other", &scenario, &tape.replace("messaging_timeout_steal", "resumed"));
    let end = place.run(&["bugs"]).ends(1);
    for expected in [
        "broken   no longer applies",
        "fixed    passes now",
        "gone     no longer applies  1 of 1 faults on the tape did not come up",
        "other    fails otherwise    no_double_ownership by messaging_timeout_steal",
        "world-1  still fails",
        "Bugs in bugs: still fails: 1, fails otherwise: 1, passes now: 1, no longer applies: 2",
    ] {
        assert!(end.out.contains(expected), "{expected}\n{}", end.out);
    }
    for name in ["world-1", "other"] {
        std::fs::remove_dir_all(place.path(&format!("bugs/{name}"))).expect("it is there");
    }
    place.run(&["bugs"]).ends(4);
    for name in ["broken", "gone"] {
        std::fs::remove_dir_all(place.path(&format!("bugs/{name}"))).expect("it is there");
    }
    place.run(&["bugs", "bugs"]).ends(0);
    place.run(&["bugs", "nowhere"]).ends(5);
}

#[test]
fn a_bug_that_nobody_has_is_a_mistake_and_one_that_is_there_is_printed_as_a_test() {
    let (place, _) = shrunk();
    let end = place.run(&["bugs", "--test", "world-2"]).ends(2);
    assert!(end.err.contains("there is no bug \"world-2\""), "{}", end.err);
    let text = place.run(&["bugs", "--test", "world-1"]).ends(0).out;
    assert!(text.contains("fn world_1_is_reproduced()"), "{text}");
    for file in ["scenario", "tape"] {
        assert!(text.contains(&place.read(&format!("{DIR}/{file}.toml"))), "the whole {file}");
    }
}

/// The committed test is what is printed for the committed bug. `LEASEHOLD_BLESS=1` writes it anew.
#[test]
fn the_bug_that_is_shipped_and_its_test_are_what_the_commands_leave() {
    let project = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let name = "lossy-messaging-1";
    let place = Place::new();
    std::fs::create_dir(place.path("sims")).expect("a test can write");
    let read = |path: &str| std::fs::read_to_string(project.join(path)).unwrap_or_default();
    place.write("sims/lossy-messaging.toml", read("sims/lossy-messaging.toml"));
    place.run(&["shrink", "sims/lossy-messaging.toml", "--seed", "1"]).ends(0);
    let test = place.run(&["bugs", "--test", name]).ends(0).out;
    let files = [
        (format!("bugs/{name}/scenario.toml"), place.read(&format!("bugs/{name}/scenario.toml"))),
        (format!("bugs/{name}/tape.toml"), place.read(&format!("bugs/{name}/tape.toml"))),
        ("tests/all/lossy_messaging_1.rs".to_owned(), test),
    ];
    for (path, text) in files {
        if std::env::var_os("LEASEHOLD_BLESS").is_some() {
            std::fs::create_dir_all(project.join("bugs").join(name)).expect("it can be made");
            std::fs::write(project.join(&path), text).expect("it can be written");
        } else {
            assert_eq!(read(&path), text, "{path}");
        }
    }
    let bugs = project.join("bugs").to_string_lossy().into_owned();
    let end = place.run(&["bugs", &bugs]).ends(1);
    assert!(end.out.contains("lossy-messaging-1  still fails"), "{}", end.out);
}

#[test]
#[cfg(unix)]
fn a_search_that_is_interrupted_ends_with_130_and_writes_nothing() {
    let place = Place::new();
    place.write("long.toml", LOSSY.replace("5m", "8000h"));
    let mut command = place.command(&["shrink", "long.toml"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.expect("it can be started");
    // It is under way when its folder is there.
    while !place.path("bugs").is_dir() || place.names("bugs").is_empty() {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.expect("there is a kill").success());
    let end = End::of(child.wait_with_output().expect("it ends")).ends(130);
    assert!(end.out.is_empty() && end.err.contains("interrupted"), "{end:?}");
    assert_eq!(place.names("."), ["long.toml"]);
}

/// A Rust test's constant, as the text that it is.
fn constant(file: &syn::File, name: &str) -> String {
    let item = file.items.iter().find_map(|item| match item {
        syn::Item::Const(item) if item.ident == name => Some(&*item.expr),
        _ => None,
    });
    let literal = |expr: &syn::Expr| match expr {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => text.value(),
        _ => panic!("{name} is no text"),
    };
    match item.expect("there is one") {
        syn::Expr::Macro(of) => {
            assert!(of.mac.path.is_ident("concat"), "{name}");
            let parts = syn::punctuated::Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
            let parts = of.mac.parse_body_with(parts).expect("texts and commas");
            parts.iter().map(literal).collect()
        }
        expr => literal(expr),
    }
}

#[test]
fn a_bug_is_a_rust_test_whatever_is_in_its_files_and_its_name() {
    let (place, _) = shrunk();
    let scenario = place.read(&format!("{DIR}/scenario.toml"));
    let tape = place.read(&format!("{DIR}/tape.toml"));
    let sampled = format!("messaging.latency = {{ from = \"lat.csv\" }}\n{scenario}");
    let odd = [
        ("a\nfn main() {}", scenario.clone()),
        ("turned-\u{202e}", format!("# \u{202e} \u{2066}\n{scenario}")),
        ("marked", format!("\u{feff}{scenario}")),
        ("hashes", format!("# \"{}\n{scenario}", "#".repeat(256))),
        ("windows", scenario.replace('\n', "\r\n")),
        ("sampled", sampled),
    ];
    for (name, text) in odd {
        let folder = place.path("odd").join(name);
        std::fs::create_dir_all(&folder).expect("there is room for a test");
        std::fs::write(folder.join("scenario.toml"), text).expect("a test can write");
        std::fs::write(folder.join("tape.toml"), &tape).expect("a test can write");
        std::fs::write(folder.join("lat.csv"), "ms\n100\n200\n").expect("a test can write");
        let test = place.run(&["bugs", "odd", "--test", name]).ends(0).out;
        let turned = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!test.contains(turned), "the compiler refuses that: {test}");
        let file = syn::parse_file(&test).unwrap_or_else(|why| panic!("{name:?}: {why}\n{test}"));
        let functions = file.items.iter().filter(|item| matches!(item, syn::Item::Fn(_)));
        assert_eq!(functions.count(), 1, "{test}");
        // What the test has is the bug, without the files beside it.
        let alone = format!("alone-{}", test.len());
        std::fs::create_dir(place.path(&alone)).expect("there is room for a test");
        place.write(&format!("{alone}/scenario.toml"), constant(&file, "SCENARIO"));
        place.write(&format!("{alone}/tape.toml"), constant(&file, "TAPE"));
        let told = [&*place.path("odd").join(name).display().to_string(), &alone].map(|folder| {
            let end = place.run(&["bugs", folder]);
            let (_, became) = end.out.split_once("  ").expect("a line for it");
            (end.code, became.lines().next().map(str::to_owned))
        });
        assert_eq!(told[0], told[1], "{name:?}");
        assert!(name == "sampled" || told[0].0 == Some(1), "{name:?}: {told:?}");
    }
}
