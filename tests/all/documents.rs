//! The README and the manual tell the truth, as far as a program can see.

use leasehold_sim::{INVARIANTS, Invariant, Scenario};
use leasehold_tests::{documents, project, shipped};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The README is for whoever has never been here; all else has a page of the manual.
const README_MAX: usize = 200;

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn page(path: &str) -> String {
    text(&project(path))
}

/// The blocks of a document that are marked as one language, each with the line before it.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<(&'a str, &'a str)> {
    let mut found = Vec::new();
    let mut rest = text;
    let fence = format!("```{language}\n");
    while let Some((before, after)) = rest.split_once(&fence) {
        let (block, left) = after.split_once("```").expect("a block has an end");
        found.push((before.lines().last().unwrap_or_default(), block));
        rest = left;
    }
    found
}

#[test]
fn the_readme_is_short_and_the_manual_has_the_rest() {
    let lines = page("README.md").lines().count();
    assert!(lines <= README_MAX, "the README has {lines} lines: move something to docs/");
    let summary = page("docs/SUMMARY.md");
    for path in leasehold_tests::files("docs", "md") {
        let name = path.strip_prefix(project("docs")).expect("it is there").display().to_string();
        assert!(name == "SUMMARY.md" || summary.contains(&format!("({name})")), "{name}");
    }
}

#[test]
fn every_scenario_that_is_shown_is_valid() {
    let mut shown = 0;
    for path in documents() {
        for (_, block) in blocks(&text(&path), "toml") {
            Scenario::parse(block)
                .unwrap_or_else(|why| panic!("{}: {why}\n{block}", path.display()));
            shown += 1;
        }
    }
    assert!(shown >= 3, "the README and the manual show scenarios");
}

#[test]
fn the_manual_names_every_shipped_scenario_and_promises_every_invariant_in_its_own_words() {
    let catalog = page("docs/catalog.md");
    for name in shipped() {
        assert!(catalog.contains(&format!("`{name}`")), "{name} is not in the catalogue");
    }
    let invariants = page("docs/invariants.md").replace("`max_delay`", "max_delay");
    for Invariant { name, promise, .. } in INVARIANTS {
        let row = format!("| `{name}` | {promise} |");
        assert!(invariants.contains(&row), "no row {row}");
    }
}

/// An excerpt leaves out what it likes; what it has stands in its file, in the same order.
#[test]
fn code_that_is_shown_is_an_excerpt_of_the_file_that_it_names() {
    let mut shown = 0;
    for path in documents() {
        for (before, block) in blocks(&text(&path), "rust") {
            let Some(file) = before.strip_prefix("<!-- from: ") else { continue };
            let source = page(file.trim_end_matches(" -->"));
            let mut lines = source.lines();
            for line in block.lines() {
                let found = lines.any(|its| its == line);
                assert!(found, "{}: not in {file}, or not there: {line}", path.display());
            }
            shown += 1;
        }
    }
    assert!(shown >= 3, "the README and the manual show code");
}

#[test]
fn every_file_that_the_documents_speak_of_is_there() {
    for document in documents() {
        for word in text(&document).split(['`', '(', ')', ' ', '\n']) {
            let looks_like_a_path = ["sims/", "reports/gallery/", "crates/", "tests/", "docs/"]
                .iter()
                .any(|folder| word.starts_with(folder) && word.len() > folder.len());
            if looks_like_a_path {
                let path = word.split('#').next().unwrap_or_default();
                let path = project(path.trim_end_matches(['.', ',', ':', ';']));
                assert!(path.exists(), "{} speaks of {word}", document.display());
            }
        }
    }
}

/// A document without what is shown as it is: blocks, and code within a line.
fn prose(text: &str) -> String {
    let outside = text.split("```").step_by(2);
    outside.flat_map(|part| part.split('`').step_by(2)).collect()
}

/// What can be linked to in a document: its headings as GitHub and mdBook name them, and anchors.
fn anchors(text: &str) -> BTreeSet<String> {
    let outside: String = text.split("```").step_by(2).collect();
    let headings = outside.lines().filter(|line| line.starts_with('#'));
    let slug = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    let marks = text.split("<a id=\"").skip(1).filter_map(|part| part.split('"').next());
    headings.map(slug).chain(marks.map(str::to_owned)).collect()
}

#[test]
fn headings_and_anchors_are_named_as_they_are_linked_to() {
    let text =
        "# A sweep's folder\n```sh\n# none\n```\n## The `leasehold` command\n<a id=\"W5\"></a>";
    let expected = ["W5", "a-sweeps-folder", "the-leasehold-command"].map(str::to_owned);
    assert_eq!(anchors(text), BTreeSet::from(expected));
}

#[test]
fn every_link_within_the_project_leads_to_a_file_and_a_place_in_it() {
    let (mut broken, mut links) = (Vec::new(), 0);
    for document in documents() {
        let text = text(&document);
        let folder = document.parent().expect("a document is in a folder");
        for link in prose(&text).split("](").skip(1) {
            let link = link.split(')').next().unwrap_or_default();
            if link.starts_with("http") {
                continue;
            }
            links += 1;
            let (file, place) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { document.clone() } else { folder.join(file) };
            let is_there =
                path.exists() && (place.is_empty() || anchors(&self::text(&path)).contains(place));
            if !is_there {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(links > 60, "links are looked for as they are written: {links}");
    assert!(broken.is_empty(), "these lead nowhere:\n{}", broken.join("\n"));
}
