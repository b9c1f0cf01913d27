//! What the README shows is what its commands print. `LEASEHOLD_BLESS=1` writes it anew.

use crate::place::Place;
use std::fs;
use std::path::{Path, PathBuf};

/// All that a command prints; its files go elsewhere in a test.
fn printed(command: &str) -> String {
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let place = Place::new();
    for folder in ["sims", "bugs/lossy-messaging-1"] {
        copy(&project().join(folder), &place.path(folder));
    }
    let no_charts = if args[0] == "run" { &["--no-charts"][..] } else { &[] };
    let end = place.run(&[&args[..], no_charts].concat());
    // Bugs that still fail are a violation.
    end.ends(i32::from(args[0] == "bugs")).out
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a test can write");
    for entry in fs::read_dir(from).expect("the project has it") {
        let path = entry.expect("it can be read").path();
        let name = path.file_name().expect("it has a name");
        if path.is_file() {
            fs::copy(&path, to.join(name)).expect("a test can write");
        }
    }
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    let path = project().join("README.md");
    let readme = fs::read_to_string(&path).expect("there is a README");
    let mut parts = readme.split("<!-- output of: ");
    let mut anew = parts.next().unwrap_or_default().to_owned();
    let mut shown = 0;
    for part in parts {
        let (command, rest) = part.split_once(" -->\n```text\n").expect("a block follows");
        let (block, after) = rest.split_once("```").expect("the block has an end");
        let printed = printed(command);
        if std::env::var_os("LEASEHOLD_BLESS").is_none() {
            assert_eq!(block, printed, "{command}");
        }
        anew.push_str(&format!("<!-- output of: {command} -->\n```text\n{printed}```{after}"));
        shown += 1;
    }
    assert_eq!(shown, 6, "a run, a sweep, two runs that are shrunk, a bug, and why it is one");
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        fs::write(&path, anew).expect("the README can be written");
    }
}
