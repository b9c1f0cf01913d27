//! The house rules that a compiler does not check.

use leasehold_tests::{files, project};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// All Rust files below a folder of the project, sorted.
fn sources(folder: &str) -> Vec<PathBuf> {
    files(folder, "rs")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).expect("a source file is text")
}

fn all_sources() -> Vec<PathBuf> {
    [sources("crates"), sources("tests")].concat()
}

#[test]
fn every_file_begins_with_why_it_exists() {
    for path in all_sources() {
        assert!(text(&path).starts_with("//! "), "{}", path.display());
    }
}

/// How wide a line is without what stands between quotes: a long text is one line wherever it is
/// read, so it is one in the code as well.
fn width(line: &str) -> usize {
    let (mut width, mut quoted, mut escaped) = (0, false, false);
    for c in line.chars() {
        let quote = c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        width += usize::from(!quoted || quote);
        quoted ^= quote;
    }
    width
}

#[test]
fn what_stands_between_quotes_does_not_count_and_what_stands_beside_it_does() {
    let cases = [
        ("let a = 1;", 10),
        ("say(\"a long text\", 1);", 11),
        ("say(\"one \\\" two\", \"three\");", 12),
        ("say(\"\\\\\", 1);", 11),
        ("\"a text that goes on", 1),
    ];
    for (line, expected) in cases {
        assert_eq!(width(line), expected, "{line}");
    }
}

#[test]
fn no_line_of_code_or_comment_is_wider_than_100_columns() {
    let mut wide = Vec::new();
    for path in all_sources() {
        // A text that began on an earlier line goes on until a line that does not end in `\`.
        let mut goes_on = false;
        for (nth, line) in text(&path).lines().enumerate() {
            let whole = if goes_on { format!("\"{line}") } else { line.to_owned() };
            let code = line.trim_start();
            goes_on = line.ends_with('\\');
            // What is meant to be seen as it is: a picture or a table in a comment.
            let picture = ["//!   ", "//! |", "/// |"].iter().any(|head| code.starts_with(head));
            if !picture && width(&whole) > 100 {
                wide.push(format!("{}:{}", path.display(), nth + 1));
            }
        }
    }
    assert!(wide.is_empty(), "wider than 100 columns:\n{}", wide.join("\n"));
}

/// Whether a function is a match over all cases, with a few lines before it: however many cases
/// there are, it is read as a table.
fn is_a_table(body: &[&str], end: &str) -> bool {
    const BEFORE: usize = 10;
    let inside = format!("{}    ", end.trim_end_matches('}'));
    let own = |line: &str| line.strip_prefix(&inside).is_some_and(|code| !code.starts_with(' '));
    let opens = |line: &&str| own(line) && line.contains("match ") && line.ends_with('{');
    let Some(open) = body.iter().position(opens) else { return false };
    let after = body[open + 1..].iter().filter(|line| own(line)).count();
    open <= BEFORE && after == 1
}

#[test]
fn every_function_fits_a_screen() {
    for path in all_sources() {
        let text = text(&path);
        let mut open: Option<(usize, String, String)> = None;
        for (nth, line) in text.lines().enumerate() {
            let code = line.trim_start();
            let indent = line.len() - code.len();
            let starts = ["fn ", "pub fn ", "pub(crate) fn ", "pub(super) fn "];
            if starts.iter().any(|start| code.starts_with(start)) && !code.ends_with(';') {
                open = Some((nth, " ".repeat(indent) + "}", code.to_owned()));
            }
            if let Some((from, end, name)) = &open
                && line == end
            {
                let lines = nth - from + 1;
                let body: Vec<&str> = text.lines().take(nth).skip(from + 1).collect();
                assert!(
                    lines <= 70 || is_a_table(&body, end),
                    "{}: {name} has {lines} lines",
                    path.display()
                );
                open = None;
            }
        }
    }
}

/// The room of a source file: the folder or file right below `src`.
fn room(path: &Path) -> Option<String> {
    let mut parts = path.iter().skip_while(|part| *part != "src").skip(1);
    Some(parts.next()?.to_str()?.trim_end_matches(".rs").to_owned())
}

/// Code without what it is tested with and what is said about it.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The rooms that code names as its crate's.
fn needs(text: &str) -> BTreeSet<String> {
    let named = code(text).flat_map(|line| line.split("crate::").skip(1));
    let room = |rest: &str| rest.split(|c: char| !c.is_alphabetic()).next().map(str::to_owned);
    named.filter_map(room).collect()
}

/// The simulator's source files that are no tests, each with its room.
fn rooms_of_the_simulator() -> impl Iterator<Item = (String, PathBuf)> {
    let tests = |path: &PathBuf| {
        ["tests.rs", "ambiguous.rs", "script.rs"].iter().any(|name| path.ends_with(name))
    };
    let code = sources("crates/leasehold-sim/src").into_iter().filter(move |path| !tests(path));
    let all = code.map(|path| (room(&path).expect("a file is in a room"), path));
    all.filter(|(room, _)| room != "lib")
}

#[test]
fn no_two_rooms_of_the_simulator_need_each_other_by_whatever_way() {
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (room, path) in rooms_of_the_simulator() {
        rooms.entry(room).or_default().extend(needs(&text(&path)));
    }
    assert!(rooms["world"].contains("datastore"), "what a room needs is found: {rooms:?}");
    // Whatever needs nothing that is left can be taken away; a circle stays.
    loop {
        let free = |needs: &BTreeSet<String>, room: &String, left: &BTreeSet<String>| {
            needs.iter().all(|need| need == room || !left.contains(need))
        };
        let left: BTreeSet<String> = rooms.keys().cloned().collect();
        rooms.retain(|room, needs| !free(needs, room, &left));
        if rooms.len() == left.len() {
            break;
        }
    }
    assert!(rooms.is_empty(), "these need each other: {:?}", rooms.keys());
}

/// The rooms of the simulator that know what a file is, and what they read it with.
const FORMAT: [&str; 3] = ["problem", "scenario", "tape"];
const PARSERS: [&str; 2] = ["strsim", "toml::"];

/// The rooms that stand above both the files and the world. All others are the world's own.
const ABOVE: [&str; 8] =
    ["explain", "run", "seeds", "shrink", "simulation", "strategy", "determinism", "verdict"];

#[test]
fn the_world_knows_no_file_and_nothing_below_knows_what_stands_above() {
    let (mut rooms, mut wrong) = (BTreeSet::new(), Vec::new());
    for (room, path) in rooms_of_the_simulator() {
        let (is_format, is_above) = (FORMAT.contains(&&*room), ABOVE.contains(&&*room));
        let text = text(&path);
        let parsers =
            PARSERS.iter().filter(|parser| code(&text).any(|line| line.contains(**parser)));
        for used in needs(&text).iter().map(String::as_str).chain(parsers.copied()) {
            let is_files = FORMAT.contains(&used) || PARSERS.contains(&used);
            if !is_above && (ABOVE.contains(&used) || is_files && !is_format) {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
        rooms.insert(room);
    }
    assert!(FORMAT.iter().chain(&ABOVE).all(|room| rooms.contains(*room)), "{rooms:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a crate may use, besides its own and the standard library. The arrows of ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 5] = [
    ("leasehold-core", &["fnv", "prefetch-index", "serde", "smallvec"]),
    ("leasehold-data", &["serde"]),
    (
        "leasehold-sim",
        &[
            "leasehold-core",
            "leasehold-data",
            "libm",
            "petgraph",
            "proptest",
            "rand_chacha",
            "serde",
            "serde_json",
            "smallvec",
            "strsim",
            "strum",
            "toml",
        ],
    ),
    ("leasehold-luau", &["leasehold-sim", "mlua", "serde_json", "sha2"]),
    (
        "leasehold-report",
        &[
            "ab_glyph",
            "base64",
            "leasehold-data",
            "maud",
            "plotters",
            "plotters-backend",
            "png",
            "serde_json",
            "sha2",
        ],
    ),
];

#[test]
fn no_crate_uses_more_than_its_arrows_allow() {
    for (name, allowed) in ARROWS {
        let manifest = text(&project("crates").join(name).join("Cargo.toml"));
        let dependencies = manifest.split("[dependencies]").nth(1).expect("it has dependencies");
        let dependencies = dependencies.split("\n[").next().unwrap_or_default();
        for line in dependencies.lines().filter(|line| line.contains("workspace")) {
            let used = line.split(['.', ' ', '=']).next().unwrap_or_default();
            assert!(allowed.contains(&used), "{name} must not use {used}");
        }
        assert!(!dependencies.contains("= \""), "{name}: versions belong in the root manifest");
    }
}

/// What runs on many seeds take: threads, and how many seeds somebody wants.
const SEEDS_MAY: [&str; 2] = ["std::env", "std::thread"];

#[test]
fn the_pure_crates_read_no_clock_no_file_and_no_environment_and_start_no_thread() {
    let banned =
        ["Instant::now", "SystemTime", "std::fs", "std::env", "std::thread", "std::net", "HashMap"];
    for name in ["leasehold-core", "leasehold-data", "leasehold-sim", "leasehold-report"] {
        for path in sources(&format!("crates/{name}/src")) {
            let text = text(&path);
            let code: String = text.lines().filter(|line| !line.trim().starts_with("//")).collect();
            // Runs on many seeds are the one place that starts threads and reads the environment.
            let seeds = path.ends_with("leasehold-sim/src/seeds.rs");
            for word in banned.iter().filter(|word| !(seeds && SEEDS_MAY.contains(word))) {
                assert!(!code.contains(word), "{} uses {word}", path.display());
            }
        }
    }
}

#[test]
fn the_readmes_two_commands_are_the_ones_that_ci_runs() {
    let (readme, ci) = (text(&project("README.md")), text(&project(".ci/run")));
    for command in ["cargo run --release", "cargo test --workspace"] {
        let above_the_fold: String = readme.lines().take(30).collect();
        assert!(above_the_fold.contains(command), "the README shows {command}");
        assert!(ci.contains(command), "CI runs {command}");
    }
}

/// A line of code without its comment.
fn bare(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

#[test]
fn a_librarys_word_for_how_a_conflict_ended_stands_in_its_own_folders_alone() {
    // Words that a library, and nobody else, has for a lease that it took or could not take.
    let words = ["_steal\"", "active_owner_confirmed", "assume_dead\"", "lease_held"];
    let own = ["leasehold-core/src/", "leasehold-sim/src/library/"];
    let mut strangers = Vec::new();
    let mut at_home = 0;
    for name in
        ["leasehold-core", "leasehold-data", "leasehold-sim", "leasehold-report", "leasehold"]
    {
        for path in sources(&format!("crates/{name}/src")) {
            let text = text(&path);
            let found =
                code(&text).filter(|line| words.iter().any(|word| bare(line).contains(word)));
            let is_own = own.iter().any(|folder| path.to_string_lossy().contains(folder));
            match is_own {
                true => at_home += found.count(),
                false => strangers.extend(found.map(|line| (path.clone(), line.to_owned()))),
            }
        }
    }
    // `assume_dead` is a setting of ProfileStore's, and its field in a scenario.
    let may = ["/scenario/", "/tests.rs"];
    strangers.retain(|(path, _)| !may.iter().any(|may| path.to_string_lossy().contains(may)));
    assert!(at_home >= 6, "the words are looked for as they are written");
    assert!(strangers.is_empty(), "{strangers:#?}");
}

#[test]
fn nobody_reads_back_what_was_written_for_people() {
    // Those that read what people write, and paths of fields; a document's own text; and who breaks
    // a text into lines.
    let readers = [
        "problem.rs",
        "tape.rs",
        "/scenario/",
        "config/replay.rs",
        "/units.rs",
        "/fault.rs",
        "/draws/",
    ];
    let others = [
        "shrink/mod.rs",
        "simulation.rs",
        "library/tables.rs",
        "script.rs",
        "draw.rs",
        "words.rs",
        "tests",
    ];
    let parsing = [
        "strip_prefix(",
        "strip_suffix(",
        "starts_with(\"",
        "ends_with(\"",
        ".split('",
        ".split([",
        "split_once(",
        "split_whitespace(",
    ];
    let mut found = Vec::new();
    for folder in ["crates/leasehold-sim/src", "crates/leasehold-report/src"] {
        for path in sources(folder) {
            let place = path.to_string_lossy().split("/src/").last().unwrap_or_default().to_owned();
            let place = format!("/{place}");
            if readers.iter().chain(&others).any(|reader| place.contains(reader)) {
                continue;
            }
            let text = text(&path);
            let lines = code(&text).filter(|line| parsing.iter().any(|p| bare(line).contains(p)));
            found.extend(lines.map(|line| format!("{place}: {}", line.trim())));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_world_is_made_by_a_run_and_every_run_by_a_simulation() {
    let mut makers = BTreeSet::new();
    for (room, path) in rooms_of_the_simulator() {
        let text = text(&path);
        if room != "world" && code(&text).any(|line| line.contains("World::<L>::new(")) {
            makers.insert(room);
        }
    }
    assert_eq!(makers, BTreeSet::from(["run".to_owned()]));
    for path in sources("crates/leasehold/src") {
        let text = text(&path);
        let asks = code(&text).any(|line| bare(line).contains("shipped("));
        let may = ["source.rs", "cell_totals.rs", "rust_test.rs"];
        let may = may.iter().any(|name| path.ends_with(name));
        assert!(!asks || may, "{} makes a simulation of its own", path.display());
    }
}
