//! What may be replaced by what: a folder by one of its own kind that holds nothing else, and by
//! nobody else.

use crate::place::{LOSSY, Place, shipped};
use std::fs;
use std::path::Path;

/// What one kind of folder is called, the command that leaves it, and how that ends.
type Kind = (&'static str, &'static [&'static str], i32);

const KINDS: [Kind; 4] = [
    ("report", &["run", "world.toml", "--no-charts"], 1),
    ("bug", &["shrink", "world.toml"], 0),
    ("story", &["explain", "world.toml"], 0),
    ("sweep", &["sweep", "world.toml", "--seeds", "1..3"], 1),
];

/// A folder of each kind, by its name.
fn one_of_each() -> Place {
    let place = Place::new();
    let variant = "[[compare]]\nname = \"strict\"\nprotocol = \"chronicle_strict\"\n";
    place.write("world.toml", format!("{LOSSY}{variant}"));
    for (name, command, code) in KINDS {
        place.run(&[command, &["--out", name]].concat()).ends(code);
    }
    place
}

/// Everything in a folder, with what the files say: links, and where they lead, are themselves.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).expect("it is there");
    for path in entries.map(|entry| entry.expect("it can be read").path()) {
        let name = path.to_string_lossy().into_owned();
        if path.is_symlink() {
            let to = fs::read_link(&path).expect("it is a link");
            found.push((name, to.to_string_lossy().into_owned().into_bytes()));
        } else if path.is_dir() {
            found.push((name, Vec::new()));
            found.extend(all(&path));
        } else {
            found.push((name, fs::read(&path).expect("it can be read")));
        }
    }
    found.sort();
    found
}

/// Whether a command leaves all as it is, and says in one sentence what is in the way and where.
fn is_left(place: &Place, command: &[&str], out: &str, what: &str) {
    let before = all(&place.path(""));
    let end = place.run(&[command, &["--out", out]].concat()).ends(5);
    let expected = format!("leasehold: {out} is left as it is: {what}");
    assert_eq!(end.err.trim_end(), expected, "{command:?} into {out}");
    assert!(end.out.is_empty(), "{}", end.out);
    assert!(all(&place.path("")) == before, "{command:?} changes {out}");
}

/// The same; and it says what would not be in the way.
fn is_refused(place: &Place, (name, command, _): Kind, out: &str, what: &str) {
    let how = if name == "sweep" { "with nothing else in it" } else { "as it was left" };
    let allowed = format!("an empty folder, or an earlier {name} {how}");
    is_left(place, command, out, &format!("{what}; only {allowed}, is replaced"));
}

/// What is said of a thing that was not left in a folder of a kind.
fn no_part(name: &str, thing: &str) -> String {
    let which = if name == "sweep" { "a" } else { "that" };
    format!("{thing} in it is no part of {which} {name}")
}

#[test]
fn of_its_own_kind_a_folder_is_replaced_and_of_no_other() {
    let place = one_of_each();
    for kind in KINDS {
        let (name, command, code) = kind;
        let before = all(&place.path(name));
        place.run(&[command, &["--out", name]].concat()).ends(code);
        assert!(all(&place.path(name)) == before, "{name} is what it was");
        fs::create_dir(place.path("empty")).expect("there is room for a test");
        place.run(&[command, &["--out", "empty"]].concat()).ends(code);
        assert_eq!(place.names("empty"), place.names(name));
        fs::remove_dir_all(place.path("empty")).expect("it is there");
        for (there, ..) in KINDS.into_iter().filter(|there| there.0 != name) {
            let first = place.names(there).into_iter().next().expect("it has files");
            let what = match (name, there) {
                ("sweep", _) => format!("{first} in it is no part of a sweep"),
                (_, "sweep") => {
                    format!("{first} is in it, and nothing says that this tool has left it there")
                }
                _ => format!("it is a {there}, and no {name}"),
            };
            is_refused(&place, kind, there, &what);
        }
    }
}

#[test]
fn what_somebody_has_worked_on_is_theirs() {
    let place = one_of_each();
    for kind in KINDS.into_iter().filter(|kind| kind.0 != "sweep") {
        let name = kind.0;
        let file = if name == "story" { "story.svg" } else { "tape.toml" };
        let path = format!("{name}/{file}");
        let text = place.read(&path);
        for changed in [format!("# a remark\n{text}"), text.replacen('a', "b", 1)] {
            place.write(&path, changed);
            is_refused(&place, kind, name, &format!("{file} in it was changed"));
        }
        place.write(&path, text);
    }
    // Not even by its own run, and wherever it is.
    let of = |command: &'static [&'static str], out: &'static str, file: &str| {
        let what = format!("{file} in it is what this reads; `--out` leads elsewhere");
        is_left(&place, command, out, &what);
    };
    let tape = "report/tape.toml";
    of(&["run", "world.toml", "--no-charts", "--tape", "report/tape.toml"], "report", tape);
    of(&["run", "report/scenario.toml", "--no-charts"], "report", "report/scenario.toml");
    of(&["explain", "bug/scenario.toml", "--tape", "bug/tape.toml"], "bug", "bug/scenario.toml");
    of(&["shrink", "bug/scenario.toml", "--tape", "bug/tape.toml"], "bug", "bug/scenario.toml");
}

#[test]
fn two_scenarios_of_one_name_do_not_replace_each_other() {
    let place = Place::new();
    for folder in ["a", "b"] {
        fs::create_dir(place.path(folder)).expect("there is room for a test");
        place.write(&format!("{folder}/x.toml"), LOSSY);
    }
    let commands = [
        (&["run", "--no-charts"][..], 1, "report", "reports/x-1"),
        (&["explain"], 0, "story", "reports/x-1-why"),
        (&["shrink"], 0, "bug", "bugs/x-1"),
    ];
    for (command, code, name, folder) in commands {
        place.run(&[command, &["./a/x.toml"]].concat()).ends(code);
        place.run(&[command, &["a/x.toml"]].concat()).ends(code);
        let before = all(&place.path(folder));
        let end = place.run(&[command, &["b/x.toml"]].concat()).ends(5);
        let what = format!("it is the {name} of a/x.toml; `--out` leads elsewhere");
        assert_eq!(end.err.trim_end(), format!("leasehold: {folder} is left as it is: {what}"));
        assert!(all(&place.path(folder)) == before);
        place.run(&[command, &["b/x.toml", "--out", folder]].concat()).ends(code);
    }
}

#[test]
fn with_every_picture_that_there_is_a_report_is_replaced() {
    let place = Place::new();
    let run = ["run", &shipped("trade-then-crash"), "--out", "report"];
    place.run(&run).ends(0);
    let before = all(&place.path("report"));
    assert!(place.path("report/exposure.png").exists(), "with trades there is one more");
    place.run(&run).ends(0);
    assert!(all(&place.path("report")) == before);
}

#[test]
fn with_anything_of_somebody_else_in_it_a_folder_of_any_kind_is_left_as_it_is() {
    let place = one_of_each();
    for kind in KINDS {
        let (name, ..) = kind;
        // Also by a name whose end is that of one of ours.
        for stranger in ["a.svg", "my.csv", "notes.txt", "x.toml", ".hidden", "sweep.json.old"] {
            let path = format!("{name}/{stranger}");
            place.write(&path, "mine");
            is_refused(&place, kind, name, &no_part(name, stranger));
            fs::remove_file(place.path(&path)).expect("it is there");
        }
        let folder = place.path(&format!("{name}/mine"));
        fs::create_dir(&folder).expect("there is room for a test");
        is_refused(&place, kind, name, &no_part(name, "mine"));
        fs::remove_dir(&folder).expect("it is there");
        // Not even if it is one of the same kind.
        let files = place.names(name);
        fs::create_dir(&folder).expect("there is room for a test");
        for file in files.iter().filter(|file| place.path(name).join(file).is_file()) {
            let text = fs::read(place.path(&format!("{name}/{file}"))).expect("it is there");
            fs::write(folder.join(file), text).expect("a test can write");
        }
        is_refused(&place, kind, name, &no_part(name, "mine"));
        fs::remove_dir_all(&folder).expect("it is there");
        // A folder by the name of one of our files is none of ours.
        let ours = if name == "story" { "story.svg" } else { "scenario.toml" };
        let path = place.path(&format!("{name}/{ours}"));
        fs::remove_file(&path).expect("it is there");
        fs::create_dir(&path).expect("there is room for a test");
        fs::write(path.join("precious"), "mine").expect("a test can write");
        is_refused(&place, kind, name, &no_part(name, ours));
        fs::remove_dir_all(&path).expect("it is there");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../world.toml", &path).expect("a link");
            is_refused(&place, kind, name, &no_part(name, ours));
            fs::remove_file(&path).expect("it is there");
        }
    }
    place.write("report/strict/notes.md", "mine");
    let what = Path::new("strict").join("notes.md");
    let what = no_part("report", &what.display().to_string());
    is_refused(&place, KINDS[0], "report", &what);
}

#[test]
fn a_file_is_no_folder_and_what_only_looks_like_one_of_ours_is_none() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    place.write("a-file", "mine");
    let markers = ["dataset.json", "tape.toml", "story.json", "sweep.json"];
    for (kind, marker) in KINDS.into_iter().zip(markers) {
        let (name, command, _) = kind;
        is_refused(&place, kind, "a-file", "it is no folder");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", place.path("link")).expect("a link");
            match name {
                "sweep" => is_refused(&place, kind, "link", "it is no folder"),
                _ => is_left(&place, command, "link", "it is a link that leads nowhere"),
            }
            fs::remove_file(place.path("link")).expect("it is there");
        }
        fs::create_dir(place.path(name)).expect("there is room for a test");
        let what = match name {
            "sweep" => format!("it has no {marker} that this tool wrote for a {name}"),
            _ => format!("{marker} is in it, and nothing says that this tool has left it there"),
        };
        for text in ["", "{}", "format = 2\nfaults = []\n", "{\"manifest\": {\"format\": 1}}"] {
            place.write(&format!("{name}/{marker}"), text);
            is_refused(&place, kind, name, &what);
        }
    }
    is_left(
        &place,
        KINDS[0].1,
        ".",
        "world.toml in it is what this reads; `--out` leads elsewhere",
    );
    let here = place.path("here");
    fs::create_dir(&here).expect("there is room for a test");
    let run = ["run", "../world.toml", "--no-charts", "--out", "."];
    let end = place.command(&run).current_dir(&here).output().expect("it can be started");
    let told = String::from_utf8_lossy(&end.stderr).into_owned();
    let why = "it is the current folder, or has it; `--out` leads elsewhere";
    assert_eq!(told.trim_end(), format!("leasehold: . is left as it is: {why}"));
}

#[test]
fn an_earlier_sweep_is_replaced_by_one_that_is_joined_and_nothing_else_is() {
    let place = one_of_each();
    let merge: Kind = ("sweep", &["merge", "part"], 1);
    place.run(&["sweep", "world.toml", "--seeds", "1..2", "--out", "part"]).ends(1);
    place.run(&[merge.1, &["--out", "sweep"]].concat()).ends(1);
    place.write("sweep/notes.txt", "mine");
    is_refused(&place, merge, "sweep", "notes.txt in it is no part of a sweep");
    is_refused(&place, merge, "report", ".leasehold in it is no part of a sweep");
    is_refused(&place, merge, "world.toml", "it is no folder");
}

#[test]
#[cfg(unix)]
fn a_file_is_written_beside_its_place_but_never_through_a_link_there() {
    let place = one_of_each();
    place.write("victim", "mine");
    std::os::unix::fs::symlink("../victim", place.path("sweep/totals.json.part")).expect("a link");
    let before = place.read("sweep/rows.csv");
    place.run(&[KINDS[3].1, &["--out", "sweep", "--resume"]].concat()).ends(1);
    assert_eq!((place.read("victim"), place.read("sweep/rows.csv")), ("mine".into(), before));
    let charts = ["changes-lost.png", "changes-lost.svg", "double-ownership.png"];
    let more = ["double-ownership.svg", "index.html", "players-given-up.png"];
    let others = ["players-given-up.svg", "rows.csv", "scenario.toml", "sweep.json", "totals.json"];
    let others = [&more[..], &others].concat();
    assert_eq!(place.names("sweep"), [&charts[..], &others[..]].concat());
    assert!(!place.path("sweep/sweep.json").is_symlink());
}

#[test]
#[cfg(unix)]
fn what_has_the_name_of_a_file_of_a_sweep_and_is_none_is_neither_written_nor_read() {
    let place = one_of_each();
    place.write("victim", "mine\nhalf a line");
    for file in ["rows.part.csv", "rows.csv", "sweep.json", "sweep.part.json", "sweep.lock"] {
        let path = place.path(&format!("sweep/{file}"));
        let kept = fs::read(&path).ok();
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink("../victim", &path).expect("a link");
        let command = [KINDS[3].1, &["--out", "sweep", "--resume"]].concat();
        let end = place.run(&command).ends(5);
        assert!(end.err.contains(&format!("{file} in it is no")), "{file}: {}", end.err);
        assert_eq!(place.read("victim"), "mine\nhalf a line", "{file}");
        fs::remove_file(&path).expect("the link is there");
        if let Some(kept) = kept {
            fs::write(&path, kept).expect("a test can write");
        }
    }
}
