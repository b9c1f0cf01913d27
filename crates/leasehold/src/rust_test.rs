//! A bug as a Rust test: a file of its own that needs nothing but `leasehold-sim`.

use crate::bug::Bug;
use crate::printable;

/// The test. It passes as long as the bug is there, as that is what reproducing it means.
pub(crate) fn text(bug: &Bug) -> String {
    let (name, function) = (bug.name.escape_debug(), function(&bug.name));
    // A test has no files: what a sample came to stands in its place.
    let scenario = match bug.names_samples {
        true => literal(&bug.scenario.print()),
        false => literal(&bug.texts[0]),
    };
    let tape = literal(&bug.texts[1]);
    let class = &bug.tape.origin.class;
    let there = match &bug.wanted {
        None => "!classes.is_empty()",
        Some(wanted) if wanted.cause.is_none() => {
            "classes.iter().any(|name| name.starts_with(class))"
        }
        Some(_) => "classes.iter().any(|name| name == class)",
    };
    let class = match &bug.wanted {
        None => String::new(),
        Some(_) => format!("    let class = {class:?};\n"),
    };
    format!(
        r##"//! The bug `{name}`, as a test that reproduces it.

use leasehold_sim::{{Class, Scenario, Seed, Tape, shipped}};

const SCENARIO: &str = {scenario};

const TAPE: &str = {tape};

/// Passes as long as the bug is there. When it is fixed, turn the assertion around.
#[test]
fn {function}() {{
{class}    let scenario = Scenario::parse(SCENARIO).expect("the scenario is valid");
    let tape = Tape::parse(TAPE).expect("the tape is valid");
    let seed = Seed {{ root: tape.origin.seed, forks: tape.origin.forks.clone() }};
    let simulation = shipped(&tape.origin.scenario, &scenario).expect("the scenario is sound");
    let outcome = simulation.seeded(seed).tape(&tape).run();
    let classes = Class::all(outcome.dataset.findings());
    let classes: Vec<String> = classes.iter().map(Class::name).collect();
    assert!({there}, "{{classes:?}}");
}}
"##
    )
}

/// A name that Rust can read: `lossy-messaging-1` as `lossy_messaging_1_is_reproduced`.
fn function(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = name.chars().map(letter).collect();
    let head = if name.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "bug_" };
    format!("{head}{name}_is_reproduced")
}

/// The most hashes that a raw string may have in Rust.
const HASHES_MAX: usize = 255;

/// A text as Rust writes it: as it is, with as many hashes as it takes, if Rust can read that;
/// otherwise line by line, with what cannot be written escaped.
fn literal(text: &str) -> String {
    let mut hashes = String::new();
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    let plain = |c: char| matches!(c, '\n' | '\t') || !(printable::is_obeyed(c) || c == BOM);
    if hashes.len() <= HASHES_MAX && text.chars().all(plain) {
        return format!("r{hashes}\"\n{text}\"{hashes}");
    }
    let mut lines = String::new();
    for line in text.split_inclusive('\n') {
        lines.push_str(&format!("    {line:?},\n"));
    }
    format!("concat!(\n{lines})")
}

/// The mark at the beginning of some files. Rust skips it at the beginning of its own.
const BOM: char = '\u{feff}';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_such_as_rust_reads() {
        assert_eq!(function("lossy-messaging-1"), "lossy_messaging_1_is_reproduced");
        assert_eq!(function("7 Ä"), "bug_7___is_reproduced");
        assert_eq!(literal("plain"), "r\"\nplain\"");
        assert_eq!(literal("a \"#b\" c"), "r##\"\na \"#b\" c\"##");
        let hashes = format!("\"{}", "#".repeat(HASHES_MAX));
        for odd in ["\u{feff}a = 1", "a\r\nb", "# \u{202e}", "\u{1b}", &hashes] {
            let written = literal(odd);
            assert!(written.starts_with("concat!("), "{written}");
            assert!(!written.contains(|c: char| c != '\n' && printable::is_obeyed(c) || c == BOM));
        }
    }
}
