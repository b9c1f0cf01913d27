//! Modules in Luau, as somebody types it: ours with a mistake, and those that npm has.
//!
//! What npm has is installed by `npm ci --prefix sims/modules --ignore-scripts`. Where it is not
//! there, the tests of it are skipped with a sentence; with LEASEHOLD_MODULES_REQUIRED they fail.

#[path = "cli/place.rs"]
#[allow(dead_code, reason = "the other tests use more of it")]
mod place;

use place::{Place, project};
use std::env;
use std::fs;
use std::path::Path;

/// A folder with the scenarios and modules of the project in it.
fn with_modules() -> Place {
    let place = Place::new();
    copy(&project().join("sims/modules"), &place.path("sims/modules"));
    place
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a test can write");
    for entry in fs::read_dir(from).expect("the project has it") {
        let path = entry.expect("it can be read").path();
        let to = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a test can write");
        }
    }
}

/// Whether npm's modules are there.
fn installed() -> bool {
    let there = project().join("sims/modules/node_modules/@rbxts").is_dir();
    let required = env::var_os("LEASEHOLD_MODULES_REQUIRED").is_some();
    assert!(there || !required, "npm ci --prefix sims/modules --ignore-scripts was not run");
    if !there {
        eprintln!("skipped: sims/modules/node_modules is not there; npm ci --prefix sims/modules");
    }
    there
}

#[test]
fn a_mistake_in_a_module_is_found_made_small_kept_and_explained() {
    let place = with_modules();
    let run = place.run(&["run", "sims/modules/locker.toml", "--twice"]).ends(0);
    assert!(run.out.contains("\nmodule "), "{}", run.out);
    assert!(run.out.contains("violated  no_double_ownership"), "{}", run.out);
    let shrunk = place.run(&["shrink", "sims/modules/locker.toml"]).ends(0);
    assert!(shrunk.out.contains("12 -> 1\n"), "{}", shrunk.out);
    let folder = place.names("bugs").remove(0);
    let (scenario, tape) =
        (format!("bugs/{folder}/scenario.toml"), format!("bugs/{folder}/tape.toml"));
    let text = place.read(&scenario);
    assert!(text.contains("adapter = \"../../sims/modules/locker-adapter.luau\""), "{text}");
    let story = place.run(&["explain", &scenario, "--tape", &tape]).ends(0);
    assert!(story.out.contains("considers itself owner of"), "{}", story.out);

    let again = place.run(&["bugs"]).ends(1);
    assert!(again.out.contains("the same run to the last step"), "{}", again.out);
    assert!(!again.err.contains("is not what it was"), "{}", again.err);
    let test = place.run(&["bugs", "--test", &folder]).ends(2);
    assert!(test.err.contains("no Rust test can run"), "{}", test.err);
    // The mistake is mended.
    let module = place.read("sims/modules/locker.luau");
    let mended = module.replace("EXPIRES_AFTER = 30", "EXPIRES_AFTER = 300");
    place.write("sims/modules/locker.luau", mended);
    let gone = place.run(&["bugs"]).ends(0);
    assert!(gone.out.contains("passes"), "{}", gone.out);
    assert!(gone.err.contains("the module is not what it was"), "{}", gone.err);
}

#[test]
fn a_module_that_hangs_on_the_order_of_objects_is_told_so() {
    let place = with_modules();
    let perturbed = |place: &Place| {
        place.run(&["run", "sims/modules/locker.toml", "--no-charts", "--perturb", "1000"])
    };
    perturbed(&place).ends(0);
    let module = place.read("sims/modules/locker.luau");
    let pick = "local function pick()\n\tlocal set = {}\n\tfor nth = 1, 9 do\n\t\tset[{}] = nth\n\tend\n\
                \tfor _, nth in set do\n\t\treturn nth\n\tend\nend\n\nlocal Locker = {}";
    let module = module.replace("local Locker = {}", pick).replace("wait(5)", "wait(pick())");
    place.write("sims/modules/locker.luau", module);
    let end = perturbed(&place).ends(1);
    assert!(end.err.contains("the first step that differs: "), "{}", end.err);
    let native = place.run(&["new", "plain"]).ends(0);
    assert!(native.out.contains("plain.toml"), "{}", native.out);
    let end = place.run(&["run", "plain.toml", "--no-charts", "--perturb", "7"]).ends(2);
    assert!(end.err.contains("--perturb is about a module"), "{}", end.err);
}

#[test]
fn two_versions_of_a_module_are_compared_on_the_same_random_numbers() {
    let place = with_modules();
    let module = place.read("sims/modules/locker.luau");
    place.write(
        "sims/modules/mended.luau",
        module.replace("EXPIRES_AFTER = 30", "EXPIRES_AFTER = 90"),
    );
    let text = place.read("sims/modules/locker.toml");
    let other = "[[compare]]\nname = \"mended\"\nmodule.packages.Locker = \"mended.luau\"\n\
                 expect.invariants.no_double_ownership = \"holds\"\n";
    place.write("sims/modules/two.toml", text + other);
    let end = place.run(&["compare", "sims/modules/two.toml", "--seeds", "1..6", "--jobs", "2"]);
    let end = end.ends(0);
    assert!(end.out.contains("mended"), "{}", end.out);
    // In parts, and merged, it is the same.
    for part in ["1/2", "2/2"] {
        let out = format!("parts/{}", &part[..1]);
        let args =
            ["sweep", "sims/modules/two.toml", "--seeds", "1..6", "--shard", part, "--out", &out];
        place.run(&args).ends(0);
    }
    place.run(&["merge", "parts/1", "parts/2", "--out", "whole"]).ends(0);
    let folder = place.names("reports").remove(0);
    let rows = place.read(&format!("reports/{folder}/rows.csv"));
    assert_eq!(place.read("whole/rows.csv"), rows);
    assert!(rows.contains("mended"), "{rows}");
    // What is in a folder of results can be run again from there.
    place.run(&["run", "whole/scenario.toml", "--no-charts", "--out", "again"]).ends(0);
    // Where the module is gone, nobody knows what it is held to.
    fs::remove_file(place.path("sims/modules/mended.luau")).expect("it was there");
    for args in [&["merge", "parts/1", "parts/2", "--out", "more"][..], &["report", "whole"]] {
        let end = place.run(args);
        assert!(matches!(end.code, Some(2 | 5)) && end.err.contains("mended.luau"), "{}", end.err);
        assert!(!end.err.contains("panicked"), "{}", end.err);
    }
}

#[test]
fn an_adapter_is_looked_into_before_anything_is_run() {
    let place = with_modules();
    let check = |place: &Place| place.run(&["check", "sims/modules/locker.toml"]);
    let end = check(&place).ends(0);
    assert!(end.out.contains("seat:saved() is never called"), "{}", end.out);
    let adapter = place.read("sims/modules/locker-adapter.luau");
    for (from, to, said) in [
        ("{ owner = stored.Owner, data = stored.Data }", "nil", "describe() makes nothing of what"),
        ("return session, if", "return nil, if", "no start is granted"),
        ("return session.active", "return session.aktive.really", "module_is_sound"),
        ("return session:close()", "while true do end", "module_is_sound"),
    ] {
        let changed = adapter.replace(from, to);
        assert_ne!(changed, adapter, "{from}");
        place.write("sims/modules/locker-adapter.luau", changed);
        let end = check(&place).ends(0);
        assert!(end.out.contains(said), "{said}: {}", end.out);
    }
    for (adapter, said) in [
        ("local x =", "locker-adapter.luau"),
        ("return 7", "locker-adapter"),
        ("local M = require(\"Nothing\") return {}", "Nothing"),
    ] {
        place.write("sims/modules/locker-adapter.luau", adapter);
        let end = check(&place);
        let told = format!("{}{}", end.out, end.err);
        assert!(told.contains(said) && !told.contains("panicked"), "{said}: {told}");
    }
}

#[test]
fn what_is_wrong_with_a_module_is_told_in_a_sentence() {
    let place = with_modules();
    let text = place.read("sims/modules/locker.toml");
    for (from, to, said) in [
        (
            "adapter = \"locker-adapter.luau\"",
            "adapter = \"nothing\"",
            "\"profile_store\", \"profile_service\"",
        ),
        ("adapter = \"locker-adapter.luau\"", "adapter = \"nothing.luau\"", "nothing.luau"),
        ("Locker = \"locker.luau\"", "Locker = \"nothing\"", "nothing"),
        ("Locker = \"locker.luau\"", "Locker = 7", "module.packages.Locker = 7; allowed"),
        ("[servers]", "settings = { a = [1] }\n[servers]", "module.settings.a"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        place.write("sims/modules/bad.toml", changed);
        let end = place.run(&["run", "sims/modules/bad.toml"]);
        assert!(matches!(end.code, Some(2 | 4 | 5)), "{:?} {}", end.code, end.err);
        assert!(end.err.contains(said) && !end.err.contains("panicked"), "{said}: {}", end.err);
    }
}

/// The scenarios of npm's modules, with what each is to show.
const CLAIMS: [(&str, &[&str]); 4] = [
    ("profile-store", &["violated  no_double_ownership", "taken from an owner"]),
    ("profile-service", &["no_double_ownership", "handed_over", "Verdict  holds"]),
    ("subscriptions", &["violated  starts_are_answered", "subscribing never ended"]),
    ("lapis", &["locked out", "held", "Verdict  holds"]),
];

#[test]
fn the_modules_that_npm_has_show_what_their_scenarios_claim() {
    if !installed() {
        return;
    }
    let place = with_modules();
    for (name, shown) in CLAIMS {
        let file = format!("sims/modules/{name}.toml");
        let check = place.run(&["check", &file]).ends(0);
        assert!(check.out.contains("in a quiet world of 8 min nothing is wrong"), "{}", check.out);
        let end = place.run(&["run", &file, "--no-charts"]).ends(0);
        for words in shown {
            assert!(end.out.contains(words), "{name}: {words}\n{}", end.out);
        }
    }
}

#[test]
fn the_manual_shows_what_three_commands_come_to() {
    if !installed() {
        return;
    }
    let page = project().join("docs/own-module.md");
    let text = fs::read_to_string(&page).expect("it is in the manual");
    let (before, rest) = text.split_once("<!-- of npm's modules: leasehold ").expect("a block");
    let (command, rest) = rest.split_once(" -->\n```text\n").expect("a block follows");
    let (block, after) = rest.split_once("```").expect("the block has an end");
    let place = with_modules();
    place.run(&["shrink", "sims/modules/profile-store.toml"]).ends(0);
    let told = place.run(&command.split(' ').collect::<Vec<_>>()).ends(0).out;
    if env::var_os("LEASEHOLD_BLESS").is_some() {
        let mark = format!("<!-- of npm's modules: leasehold {command} -->");
        let anew = format!("{before}{mark}\n```text\n{told}```{after}");
        return fs::write(page, anew).expect("the manual can be written");
    }
    assert_eq!(block, told);
}

#[test]
fn the_template_is_a_module_to_begin_with() {
    let place = Place::new();
    let made = place.run(&["new", "mine", "--module"]).ends(0);
    assert!(made.out.contains("mine.toml") && made.out.contains("mine.luau"), "{}", made.out);
    let end = place.run(&["check", "mine.toml"]).ends(0);
    assert!(end.out.contains("valid, module"), "{}", end.out);
    place.run(&["new", "mine", "--module"]).ends(5);
    let end = place.run(&["run", "mine.toml", "--no-charts"]);
    assert!(matches!(end.code, Some(0 | 1)), "{}", end.err);
}
