//! What the README shows is what its commands print. `LEASEHOLD_BLESS=1` writes it anew.

use crate::place::Place;
use std::path::Path;

/// All that a command prints; its files go elsewhere in a test.
fn printed(command: &str) -> String {
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let place = Place::new();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(project.join(args[1])).expect("it is shipped");
    std::fs::create_dir(place.path("sims")).expect("a test can write");
    place.write(args[1], text);
    let no_charts = if args[0] == "run" { &["--no-charts"][..] } else { &[] };
    place.run(&[&args[..], no_charts].concat()).ends(0).out
}

#[test]
fn the_readme_shows_what_its_commands_print() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README");
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
    assert_eq!(shown, 2, "a run and a sweep");
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        std::fs::write(&path, anew).expect("the README can be written");
    }
}
