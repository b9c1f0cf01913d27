//! Every rule that code, tests and scenarios name stands in a document, and every rule of a
//! document is held by something.
//!
//! A rule is an anchor of `docs/protocols`: `<a id="W5"></a>`. It is named in comments (`rule W5`,
//! `section 4.1`, `hazard H-T2`), by tests in their names (`w5_a_late_write_..`), and by the cases
//! of the conformance table. ChronicleStore's document ends with its tests, rule by rule.

use leasehold_tests::{files, project};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The documents.
const DOCUMENTS: [&str; 2] = ["docs/protocols/chronicle.md", "docs/protocols/profile-store.md"];

/// ChronicleStore's, which ends with a table of its rules and their tests.
const CHRONICLE: &str = DOCUMENTS[0];

/// What that table begins after.
const TABLE: &str =
    "<!-- tests: LEASEHOLD_BLESS=1 cargo test -p leasehold-tests --test all rules -->\n";

/// Where rules are held: folders, and how the names of their files end.
const HELD: [(&str, &str); 3] = [("crates", "rs"), ("tests", "rs"), ("sims", "toml")];

/// The letters of ChronicleStore's rules; ProfileStore's properties have a V.
const LETTERS: &str = "RSLDCWBMFV";

/// What a rule that nothing holds must say for itself.
const NOT_MODELLED: &str = "*Not modelled:*";

/// The rules of all documents, each with what is said of it.
fn rules() -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(project(document)).expect(document);
        for part in text.split("<a id=\"").skip(1) {
            let (id, said) = part.split_once("\"></a>").expect("an anchor is closed at once");
            let before = rules.insert(id.to_owned(), said.to_owned());
            assert!(before.is_none(), "{id} stands twice");
        }
    }
    rules
}

/// Whether a word is the name of a rule, a hazard or a property.
fn is_rule(word: &str) -> bool {
    let digits = |text: &str| (1..=2).contains(&text.len()) && text.parse::<u8>().is_ok();
    let (letter, rest) = word.split_at_checked(1).unwrap_or_default();
    let hazard = word.strip_prefix("H-").and_then(|rest| rest.split_at_checked(1));
    match hazard {
        Some((kind, number)) => {
            kind.chars().all(|c| c.is_ascii_uppercase())
                && digits(number.trim_end_matches(['a', 'b', 'c']))
        }
        None => letter.len() == 1 && LETTERS.contains(letter) && digits(rest),
    }
}

/// Whether a word is the number of a section.
fn is_section(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
        && word.split('.').count() <= 2
        && word.split('.').all(|part| part.parse::<u8>().is_ok())
}

/// The names between two of the same kind: B1 to B5, 4.1 to 4.5.
fn between(from: &str, to: &str) -> Vec<String> {
    let last = |text: &str| text.chars().rev().take_while(char::is_ascii_digit).count();
    let (head, first) = from.split_at(from.len() - last(from));
    let (same, end) = to.split_at(to.len() - last(to));
    let bounds = (first.parse::<u8>(), end.parse::<u8>());
    match bounds {
        (Ok(first), Ok(end)) if head == same => {
            (first..=end).map(|nth| format!("{head}{nth}")).collect()
        }
        _ => vec![from.to_owned(), to.to_owned()],
    }
}

/// The rules that a text names: names of rules anywhere, numbers after the word for a section.
fn named_in(text: &str) -> BTreeSet<String> {
    // Of a link, what is read.
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once(')').map_or(part, |(_, after)| after));
    let text: String = [first].into_iter().chain(rest).collect();
    let apart = |c: char| !(c.is_alphanumeric() || c == '-' || c == '.');
    let words: Vec<&str> = text
        .split(apart)
        .map(|word| word.trim_matches('.'))
        .filter(|word| !word.is_empty())
        .collect();
    let (mut found, mut sections, mut last) = (BTreeSet::new(), false, None::<&str>);
    for (nth, word) in words.iter().enumerate() {
        let names = is_rule(word) || sections && is_section(word);
        sections = match *word {
            "section" | "sections" | "Section" | "Sections" => true,
            "and" | "to" => sections,
            _ => sections && names,
        };
        if names {
            let from = last.filter(|_| nth > 0 && words[nth - 1] == "to").unwrap_or(word);
            found.extend(between(from, word));
            last = Some(word);
        }
    }
    found
}

/// What a source file says to people, as one text: its comments, the names of its tests, and what a
/// conformance case is about.
fn prose(path: &Path, text: &str) -> String {
    if path.extension().is_some_and(|end| end == "md") {
        return text.to_owned();
    }
    let is_case = path.to_string_lossy().contains("conformance/cases");
    let mut prose = String::new();
    for line in text.lines().map(str::trim_start) {
        let is_comment = line.starts_with("//") || line.starts_with('#');
        if let Some(name) = line.strip_prefix("fn ") {
            let is_number = |word: &&str| is_rule(&word.to_ascii_uppercase());
            let rules = name.split('_').take_while(is_number).map(str::to_ascii_uppercase);
            prose.extend(rules.map(|rule| rule + " "));
        } else if let Some((_, comment)) = line.split_once("// ").filter(|_| !is_comment) {
            prose.push_str(comment);
        } else if let Some(what) = line.strip_prefix('"').filter(|_| is_case) {
            let what = what.trim_end_matches(['"', ',']);
            prose.push_str(if is_section(what) { "section " } else { "" });
            prose.push_str(what);
            // A word that ends what is said here.
            prose.push_str(" -");
        } else if is_comment {
            prose.push_str(line.trim_start_matches(['/', '!', '#']));
        }
        prose.push(' ');
    }
    prose
}

/// Which rules are named in the files of these folders, and where.
fn named(folders: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let root = project("");
    for (folder, end) in folders {
        for path in files(folder, end) {
            let text = fs::read_to_string(&path).expect("a file of the project is text");
            let place = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            if place.ends_with("all/rules.rs") {
                continue;
            }
            for rule in named_in(&prose(&path, &text)) {
                named.entry(rule).or_default().push(place.clone());
            }
        }
    }
    named
}

/// The tests of ChronicleStore's rules, by rule: the name of each, and its file.
fn tests() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut tests: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    let root = project("");
    for path in ["crates", "tests"].into_iter().flat_map(|folder| files(folder, "rs")) {
        let text = fs::read_to_string(&path).expect("a file of the project is text");
        let place = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
        for part in text.split("#[test]").skip(1) {
            let Some((_, rest)) = part.split_once("fn ") else { continue };
            let name = rest.split_once('(').map_or(rest, |(name, _)| name);
            let words = name.split('_').map(str::to_ascii_uppercase);
            for rule in words.take_while(|word| is_rule(word) && !word.starts_with('V')) {
                tests.entry(rule).or_default().insert((name.to_owned(), place.clone()));
            }
        }
    }
    tests
}

/// The table of rules and tests, as the document has it.
fn table() -> String {
    let mut table = "| rule | test | in |\n|---|---|---|\n".to_owned();
    let tests = tests();
    for rule in rules_in(CHRONICLE) {
        let held = tests.get(&rule).into_iter().flatten();
        for (nth, (test, place)) in held.enumerate() {
            let rule = if nth == 0 { format!("[{rule}](#{rule})") } else { String::new() };
            table += &format!("| {rule} | `{test}` | `{place}` |\n");
        }
    }
    table
}

/// The rules of a document, in its order.
fn rules_in(document: &str) -> Vec<String> {
    let text = fs::read_to_string(project(document)).expect(document);
    let anchors = text.split("<a id=\"").skip(1);
    anchors.filter_map(|part| part.split_once('"')).map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn every_rule_of_chronicle_store_has_tests_and_its_document_names_them() {
    let tests = tests();
    let untested: Vec<String> =
        rules_in(CHRONICLE).into_iter().filter(|rule| !tests.contains_key(rule)).collect();
    assert!(untested.is_empty(), "no test has their name: {untested:?}");
    let (text, table) = (fs::read_to_string(project(CHRONICLE)).expect(CHRONICLE), table());
    let (before, _) = text.split_once(TABLE).expect("a place for the table");
    let whole = format!("{before}{TABLE}\n{table}");
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        fs::write(project(CHRONICLE), &whole).expect("the document can be written");
    }
    assert!(text == whole || std::env::var_os("LEASEHOLD_BLESS").is_some(), "bless {CHRONICLE}");
}

#[test]
fn names_of_rules_are_found_and_nothing_else_is() {
    let cases: [(&str, &[&str]); 7] = [
        ("late (rule W5).", &["W5"]),
        ("rules C2 to C4, C7, M3), and B12", &["B12", "C2", "C3", "C4", "C7", "M3"]),
        ("hazards H-M5a and H-T2; S, H-C of it, W123, F x", &["H-M5a", "H-T2"]),
        ("sections 4.1 to 4.3, 6 and 7: after 150 s", &["4.1", "4.2", "4.3", "6", "7"]),
        ("section 3.2. It takes 630 s", &["3.2"]),
        ("a section of 10 lines, 4.5 s", &[]),
        ("sections [4.1](a#4.1), [5.2](b#9) and 6", &["4.1", "5.2", "6"]),
    ];
    for (text, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|id| (*id).to_owned()).collect();
        assert_eq!(named_in(text), expected, "{text}");
    }
}

#[test]
fn every_rule_that_is_named_stands_in_its_document() {
    let (rules, named) = (rules(), named(&[&HELD[..], &[("", "md")]].concat()));
    assert!(named.len() > 80, "names are looked for as they are written: {named:?}");
    let unknown: BTreeMap<_, _> = named.iter().filter(|(id, _)| !rules.contains_key(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_rule_of_a_document_is_held_by_something_or_says_why_it_is_not_modelled() {
    let named = named(&HELD);
    // What a part of it holds holds a section or a hazard as well.
    let is_part_of = |part: &str, whole: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.starts_with(['.', 'a', 'b', 'c']))
    };
    let is_held =
        |id: &str| named.contains_key(id) || named.keys().any(|part| is_part_of(part, id));
    for (id, said) in rules() {
        let is_out = said.contains(NOT_MODELLED);
        assert_ne!(is_held(&id), is_out, "{id}: named in {:?}", named.get(&id));
    }
}
