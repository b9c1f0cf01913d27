//! What the README and the manual show is what their commands print. `LEASEHOLD_BLESS=1` writes it
//! anew.

use crate::gallery::{shown_with, title};
use crate::place::{Place, project};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A picture that is shown, and its title.
type Picture = (String, String);

/// All that a command prints, and what it draws; its files go elsewhere in a test.
fn printed(command: &str) -> (String, Vec<Picture>) {
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let place = Place::new();
    // What is left anew is in nobody's way.
    let bugs = if args[0] == "shrink" { None } else { Some("bugs/lossy-messaging-1") };
    for folder in ["sims"].into_iter().chain(bugs) {
        copy(&project().join(folder), &place.path(folder));
    }
    let no_charts = if args[0] == "run" { &["--no-charts"][..] } else { &[] };
    let end = place.run(&[&args[..], no_charts].concat());
    match args[0] {
        // Some of what is compared breaks what it must not, and that is what is shown.
        "compare" | "study" => assert!(matches!(end.code, Some(0 | 1)), "{}", end.err),
        // Bugs that still fail are a violation.
        "bugs" => assert_eq!(end.code, Some(1), "{}", end.err),
        _ => assert_eq!(end.code, Some(0), "{}", end.err),
    }
    (end.out, drawn(&place))
}

/// Holds the manual's pictures of whatever the command has left beside what it has drawn.
fn drawn(place: &Place) -> Vec<Picture> {
    let mut titles = Vec::new();
    let Ok(reports) = fs::read_dir(place.path("reports")) else { return titles };
    for folder in reports {
        let name = folder.expect("it can be read").file_name();
        let shown = project().join("docs/pictures").join(&name);
        let Ok(pictures) = fs::read_dir(&shown) else { continue };
        for picture in pictures {
            let picture = picture.expect("it can be read").path();
            let file = picture.file_name().expect("a picture has a name");
            let drawn = place.path("reports").join(&name).join(file);
            let drawn = fs::read(drawn).expect("the command draws it");
            if std::env::var_os("LEASEHOLD_BLESS").is_some() {
                fs::write(&picture, &drawn).expect("the gallery can be written");
            }
            let same = fs::read(&picture).expect("it is there") == drawn;
            assert!(same, "{} is not what its command draws", picture.display());
            // What a bitmap says is said by the drawing beside it.
            let (folder, stem) = (name.to_string_lossy(), Path::new(file).with_extension("svg"));
            let drawing = place.read(&format!("reports/{folder}/{}", stem.display()));
            titles.push((format!("pictures/{folder}/{}", file.to_string_lossy()), title(&drawing)));
        }
    }
    titles
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

/// The README, and the pages of the manual.
fn documents() -> Vec<PathBuf> {
    let pages = fs::read_dir(project().join("docs")).expect("there is a manual");
    let pages = pages.map(|entry| entry.expect("it can be read").path());
    let pages = pages.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut all: Vec<PathBuf> = pages.chain([project().join("README.md")]).collect();
    all.sort();
    all
}

/// A command without `| head -N`, and how many lines of it are shown.
fn first(command: &str) -> (&str, usize) {
    match command.split_once(" | head -") {
        Some((whole, lines)) => (whole, lines.parse().expect("a number of lines")),
        None => (command, usize::MAX),
    }
}

#[test]
fn the_documents_show_what_their_commands_print() {
    let is_blessing = std::env::var_os("LEASEHOLD_BLESS").is_some();
    // The same command prints the same wherever it is shown.
    let mut all: BTreeMap<String, (String, Vec<Picture>)> = BTreeMap::new();
    for path in documents() {
        let document = fs::read_to_string(&path).expect("a document is text");
        let mut parts = document.split("<!-- output of: ");
        let mut anew = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (command, rest) = part.split_once(" -->\n```text\n").expect("a block follows");
            let (block, after) = rest.split_once("```").expect("the block has an end");
            let (whole, lines) = first(command);
            let (printed, _) = all.entry(whole.to_owned()).or_insert_with(|| printed(whole));
            let shown: String = printed.split_inclusive('\n').take(lines).collect();
            if !is_blessing {
                assert_eq!(block, shown, "{}: {command}", path.display());
            }
            anew.push_str(&format!("<!-- output of: {command} -->\n```text\n{shown}```{after}"));
        }
        if is_blessing {
            fs::write(&path, anew).expect("a document can be written");
        }
    }
    let pictures = all.values().flat_map(|(_, pictures)| pictures);
    pictures.for_each(|(picture, title)| shown_with(picture, title));
    let kinds: BTreeSet<&str> =
        all.keys().filter_map(|command| command.split(' ').nth(1)).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["bugs", "compare", "explain", "run", "shrink", "study", "sweep"])
    );
}
