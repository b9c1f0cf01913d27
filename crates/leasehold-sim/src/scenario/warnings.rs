//! What a scenario says that does nothing: no mistake, but hardly what somebody meant.
//!
//! A file that is read in silence is taken at its word. So whatever in it is never looked at, or
//! can never come up, is told with its place; the run goes on all the same.

use super::reader::drawn;
use super::{
    ModuleRules, NaiveRules, OperationKind, ProfileStoreRules, Protocol, RuleOverrides, Scenario,
    Variant,
};
use crate::units::Chance;
use std::collections::BTreeMap;
use std::ops::Range;

/// Something that does nothing: the field, and why.
pub(super) struct Idle {
    pub(super) path: String,
    pub(super) found: String,
}

fn idle(path: impl Into<String>, found: impl Into<String>) -> Idle {
    Idle { path: path.into(), found: found.into() }
}

/// Whether a protocol reads a section.
type Reads = fn(Protocol) -> bool;

/// The sections of the shipped libraries, and whose each is.
const SECTIONS: [(&str, Reads); 4] = [
    ("rules", |protocol| {
        !matches!(protocol, Protocol::ProfileStore | Protocol::Naive | Protocol::Module)
    }),
    ("profile_store", |protocol| protocol == Protocol::ProfileStore),
    ("naive", |protocol| protocol == Protocol::Naive),
    ("module", |protocol| protocol == Protocol::Module),
];

/// Everything in a scenario that does nothing. `places` has the paths that the file names.
pub(super) fn warnings(scenario: &Scenario, places: &BTreeMap<String, Range<usize>>) -> Vec<Idle> {
    let mut found = Vec::new();
    if scenario.library.is_empty() {
        sections(scenario, places, &mut found);
    }
    after_the_end(scenario, &mut found);
    operations(scenario, &mut found);
    nobody(scenario, places, &mut found);
    found
}

/// Whether the seed draws a field, so that the file alone does not say what it is.
fn is_drawn(scenario: &Scenario, path: &str) -> bool {
    scenario.swarm.draw.contains_key(path)
}

/// Whether a section says no more than what is so anyway: a program writes every field of it down.
fn is_default(scenario: &Scenario, section: &str) -> bool {
    match section {
        "rules" => scenario.rules == RuleOverrides::default(),
        "profile_store" => scenario.profile_store == ProfileStoreRules::default(),
        "naive" => scenario.naive == NaiveRules::default(),
        "module" => scenario.module == ModuleRules::default(),
        _ => false,
    }
}

/// The constants of a library that nothing here is run under.
fn sections(scenario: &Scenario, places: &BTreeMap<String, Range<usize>>, found: &mut Vec<Idle>) {
    if is_drawn(scenario, "protocol") {
        return;
    }
    let own = scenario.protocol;
    let compared = |nth: usize| scenario.compare[nth].protocol().unwrap_or(own);
    let first = |section: &str| {
        let inside =
            |path: &&String| path.strip_prefix(section).is_some_and(|at| at.starts_with('.'));
        places.keys().filter(inside).min_by_key(|path| places[*path].start).cloned()
    };
    for (section, is_whose) in SECTIONS {
        let read = is_whose(own) || (0..scenario.compare.len()).any(|nth| is_whose(compared(nth)));
        for path in [section.to_owned(), drawn(section)] {
            let said = !is_default(scenario, &path);
            if let Some(path) = first(&path).filter(|_| said && !read) {
                found.push(idle(path, not_read(section, own)));
            }
        }
    }
    for nth in 0..scenario.compare.len() {
        for (section, is_whose) in SECTIONS {
            if let Some(path) = first(&format!("compare[{nth}].{section}"))
                && !is_whose(compared(nth))
            {
                found.push(idle(path, not_read(section, compared(nth))));
            }
        }
    }
}

fn not_read(section: &str, protocol: Protocol) -> String {
    let name = protocol.name();
    let theirs = match protocol {
        Protocol::ProfileStore => "profile_store",
        Protocol::Naive => "naive",
        Protocol::Module => "module",
        _ => "rules",
    };
    format!("[{section}] is not read: this is run under {name}, whose constants are in [{theirs}]")
}

/// Methods that no library here has.
fn operations(scenario: &Scenario, found: &mut Vec<Idle>) {
    let protocols = scenario.compare.iter().filter_map(Variant::protocol);
    let mut protocols = protocols.chain([scenario.protocol]);
    let has = protocols.any(|protocol| protocol == Protocol::ProfileStore);
    if has || !scenario.library.is_empty() || is_drawn(scenario, "protocol") {
        return;
    }
    for (nth, entry) in scenario.operations.iter().enumerate() {
        if matches!(entry.what, OperationKind::Read | OperationKind::Message) {
            let (path, name) = (format!("operations[{nth}].do"), scenario.protocol.name());
            let what = entry.what.name();
            let none = format!("{path} = {what:?} does nothing: {name} has no such method");
            found.push(idle(path, none));
        }
    }
}

/// What would happen when the run is over.
fn after_the_end(scenario: &Scenario, found: &mut Vec<Idle>) {
    if is_drawn(scenario, "duration") {
        return;
    }
    let end = scenario.duration;
    let timeline = scenario.timeline.iter().enumerate();
    let timeline = timeline.map(|(nth, line)| (format!("timeline[{nth}].at"), line.at));
    let incidents = scenario.datastore.incidents.iter().enumerate();
    let incidents =
        incidents.map(|(nth, incident)| (format!("datastore.incidents[{nth}].at"), incident.at));
    let operations = scenario.operations.iter().enumerate();
    let operations =
        operations.filter_map(|(nth, entry)| Some((format!("operations[{nth}].at"), entry.at?)));
    let all = timeline.chain(incidents).chain(operations);
    for (path, at) in all.filter(|(_, at)| *at > end) {
        found.push(idle(&path, format!("{path} = {at} never comes: the run ends at {end}")));
    }
}

/// Players without anywhere to go, and worlds without players.
fn nobody(scenario: &Scenario, places: &BTreeMap<String, Range<usize>>, found: &mut Vec<Idle>) {
    let players = &scenario.players;
    if players.count == 0 && !is_drawn(scenario, "players.count") {
        let nobody = "players.count = 0: nobody plays, so nothing can go wrong";
        found.push(idle("players.count", nobody));
    }
    if scenario.servers.count > 1 || is_drawn(scenario, "servers.count") {
        return;
    }
    let hops = players.hop > Chance::NEVER && !is_drawn(scenario, "players.hop");
    let named = ["players.hop", "players.hop_to", "players.hop_delay"];
    if let Some(path) = named.into_iter().find(|path| hops && places.contains_key(*path)) {
        let back = format!("{path} has no second server to hop to: players come back to the same");
        found.push(idle(path, back));
    }
}
