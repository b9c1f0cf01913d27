//! The README tells the truth, as far as a program can see.

use leasehold_sim::{INVARIANTS, Invariant, Scenario};
use leasehold_tests::{project, shipped};

fn readme() -> String {
    std::fs::read_to_string(project("README.md")).expect("there is a README")
}

#[test]
fn the_readmes_scenario_is_valid() {
    let readme = readme();
    let blocks: Vec<&str> = readme.split("```toml\n").skip(1).collect();
    assert!(!blocks.is_empty(), "the README shows a scenario");
    for block in blocks {
        let text = block.split("```").next().unwrap_or_default();
        Scenario::parse(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    }
}

#[test]
fn the_readme_names_every_shipped_scenario_and_promises_every_invariant_in_its_own_words() {
    let readme = readme();
    for name in shipped() {
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in the README");
    }
    for Invariant { name, promise, .. } in INVARIANTS {
        let row = format!("| `{name}` | {promise} |");
        assert!(readme.replace("`max_delay`", "max_delay").contains(&row), "no row {row}");
    }
}

#[test]
fn every_file_that_the_documents_speak_of_is_there() {
    for document in ["README.md", "ARCHITECTURE.md", "DESIGN.md", "reports/README.md"] {
        let text = std::fs::read_to_string(project(document)).expect(document);
        for word in text.split(['`', '(', ')', ' ', '\n']) {
            let looks_like_a_path = ["sims/", "reports/gallery/", "crates/", "tests/"]
                .iter()
                .any(|folder| word.starts_with(folder) && word.len() > folder.len());
            if looks_like_a_path {
                let path = project(word.trim_end_matches(['.', ',', ':', ';']));
                assert!(path.exists(), "{document} speaks of {word}");
            }
        }
    }
}
