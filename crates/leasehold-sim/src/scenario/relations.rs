//! What must hold between the fields of a scenario, and what no machine could run.

use super::rules::RuleOverrides;
use super::{
    Chance, Distribution, FaultEvent, Log, OperationKind, Scenario, Span, TimelineEntry, Variant,
    field,
};
use crate::latency::Latency;
use crate::library::{TOPIC_MAX, topic_fits};
use crate::schema::Shape;
use leasehold_core::chronicle::RuleError;
use std::collections::BTreeSet;
use std::time::Duration;
use toml::Table;

/// Fields that do not go together.
pub(super) struct Conflict {
    /// The field that is to blame, if any is.
    pub(super) path: String,
    /// What it is.
    pub(super) found: String,
    /// What would be allowed.
    pub(super) allowed: String,
    /// The other fields, and what they are.
    pub(super) others: Vec<(String, String)>,
}

impl Conflict {
    /// All fields that take part.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.path).chain(self.others.iter().map(|(path, _)| path))
    }
}

/// The largest memory that a world may need, in bytes.
pub const MEMORY_MAX: u64 = 8_000_000_000;

/// The largest number of events that a world may be expected to have: a day, at a million a second.
pub const EVENTS_MAX: u64 = 100_000_000_000;

/// What a server needs, in bytes; measured, and rounded up.
const SERVER_BYTES: u64 = 1_500;

/// What a player needs, in bytes: the stored record, the session, and what observers remember of
/// both. Measured in worlds in which everybody plays at once, and rounded up.
fn player_bytes(scenario: &Scenario) -> u64 {
    // Items and receipts are stored, held, and remembered by their observers.
    2_000 + if scenario.players.trade_or_buy() { 600 } else { 0 }
}

/// Everything that does not go together.
pub(super) fn conflicts(scenario: &Scenario) -> Vec<Conflict> {
    let mut found = of_one(scenario);
    variants(scenario, &mut found);
    found
}

/// The same, but for other settings.
fn of_one(scenario: &Scenario) -> Vec<Conflict> {
    let mut found = Vec::new();
    times(scenario, &mut found);
    spare(scenario, &mut found);
    timeline(scenario, &mut found);
    chosen(scenario, &mut found);
    distributions(scenario, &mut found);
    incidents(scenario, &mut found);
    operations(scenario, &mut found);
    players(scenario, &mut found);
    logged(scenario, &mut found);
    topics(scenario, &mut found);
    simulation(scenario, &mut found);
    load(scenario, &mut found);
    rules(scenario, &mut found);
    found
}

fn conflict(
    path: impl Into<String>,
    found: impl Into<String>,
    allowed: impl Into<String>,
    others: &[(&str, String)],
) -> Conflict {
    let others = others.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
    Conflict { path: path.into(), found: found.into(), allowed: allowed.into(), others }
}

fn times(scenario: &Scenario, found: &mut Vec<Conflict>) {
    if let Some(warm_up) = scenario.warm_up
        && warm_up >= scenario.duration
    {
        found.push(conflict(
            "warm_up",
            format!("warm_up = {warm_up} leaves nothing to count"),
            "less than duration",
            &[("duration", scenario.duration.to_string())],
        ));
    }
    if let Some(heal) = scenario.heal
        && heal > scenario.duration
    {
        found.push(conflict(
            "heal",
            format!("heal = {heal} comes after the end"),
            "heal must be at most duration",
            &[("duration", scenario.duration.to_string())],
        ));
    }
}

fn spare(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let (count, spare) = (scenario.servers.count, scenario.servers.spare);
    if spare >= count {
        found.push(conflict(
            "servers.spare",
            format!("servers.spare = {spare} leaves no server up"),
            "less than servers.count",
            &[("servers.count", count.to_string())],
        ));
    }
}

fn timeline(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let servers = scenario.servers.count;
    for (nth, line) in scenario.timeline.iter().enumerate() {
        if line.server >= servers {
            found.push(conflict(
                format!("timeline[{nth}].server"),
                format!("timeline[{nth}].server = {} does not exist", line.server),
                format!("servers are 0 to {}", servers - 1),
                &[("servers.count", servers.to_string())],
            ));
        }
        line_to(scenario, nth, line, found);
        line_rest(nth, line, found);
    }
}

/// Where a line sends players.
fn line_to(scenario: &Scenario, nth: usize, line: &TimelineEntry, found: &mut Vec<Conflict>) {
    let servers = &scenario.servers;
    let count = [("servers.count", servers.count.to_string())];
    let Some(to) = line.to else {
        if line.what == FaultEvent::Restart {
            found.push(conflict(
                format!("timeline[{nth}].to"),
                format!("timeline[{nth}].to is missing"),
                "with do = \"restart\", a server that is down",
                &[],
            ));
        }
        return;
    };
    let sends = matches!(line.what, FaultEvent::Shutdown | FaultEvent::Restart);
    if to >= servers.count || to == line.server || !sends {
        found.push(conflict(
            format!("timeline[{nth}].to"),
            format!("timeline[{nth}].to = {to} leads nowhere"),
            "another server, and only with do = \"shutdown\" or \"restart\"",
            &count,
        ));
        return;
    }
    let spare = to >= servers.count.saturating_sub(servers.spare);
    let ends =
        [FaultEvent::Crash, FaultEvent::Shutdown, FaultEvent::Restart, FaultEvent::OutOfMemory];
    let ended = |other: &TimelineEntry| {
        other.server == to && other.at < line.at && ends.contains(&other.what)
    };
    if line.what == FaultEvent::Restart && !spare && !scenario.timeline.iter().any(ended) {
        found.push(conflict(
            format!("timeline[{nth}].to"),
            format!("timeline[{nth}].to = {to} is up: a restart moves players to a fresh server"),
            "a spare server, or one that an earlier line takes down",
            &[("servers.spare", servers.spare.to_string())],
        ));
    }
}

/// How long a event lasts, and how far it goes.
fn line_rest(nth: usize, line: &TimelineEntry, found: &mut Vec<Conflict>) {
    if let Some(lasts) = line.lasts
        && matches!(line.what, FaultEvent::Boot | FaultEvent::Step)
    {
        found.push(conflict(
            format!("timeline[{nth}].for"),
            format!("timeline[{nth}].for = {lasts} means nothing"),
            "not with do = \"boot\" or \"step\"",
            &[],
        ));
    }
    if let Some(closes) = line.closes
        && line.what != FaultEvent::OutOfMemory
    {
        found.push(conflict(
            format!("timeline[{nth}].closes"),
            format!("timeline[{nth}].closes = {closes} means nothing"),
            "only with do = \"out_of_memory\"",
            &[],
        ));
    }
    let (path, step) = (format!("timeline[{nth}].by"), line.what == FaultEvent::Step);
    match line.by {
        None if step => {
            let sentence = format!("{path} is missing");
            found.push(conflict(path, sentence, "with do = \"step\", such as \"-3s\"", &[]));
        }
        Some(by) if !step => {
            let sentence = format!("{path} = {by} means nothing");
            found.push(conflict(path, sentence, "only with do = \"step\"", &[]));
        }
        Some(_) | None => {}
    }
}

/// The few who are there at all must be among those that there could be.
fn chosen(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let lists = [
        ("players", &scenario.players.only, players_max(scenario)),
        ("servers", &scenario.servers.only, scenario.servers.count),
    ];
    for (who, only, count) in lists {
        let rising = only.windows(2).all(|two| two[0] < two[1]);
        if !rising || only.last().is_some_and(|last| *last >= count) {
            found.push(conflict(
                format!("{who}.only"),
                format!("{who}.only = {only:?} does not fit"),
                format!("numbers from 0, each once and in order, less than {who}.count"),
                &[(&format!("{who}.count"), count.to_string())],
            ));
        }
    }
}

fn distributions(scenario: &Scenario, found: &mut Vec<Conflict>) {
    for (path, distribution) in scenario.clone().distributions_mut() {
        if matches!(distribution, Distribution::Measured(_)) {
            continue; // A file may say so; a run may not.
        }
        match distribution.table() {
            Err(why) => found.push(conflict(&path, format!("{path}: {why}"), "", &[])),
            Ok(table) => found.extend(too_short(&path, distribution, &table)),
        }
    }
}

/// A distribution that gets below what its field may be. One that is a text, the reader has looked
/// at.
fn too_short(path: &str, distribution: &Distribution, table: &Latency) -> Option<Conflict> {
    let Some(Shape::Drawn { from_min, to_min }) = field(path).map(|field| field.shape) else {
        return None;
    };
    let span = |us| Span(Duration::from_micros(us));
    let (shortest, longest) = (span(table.min()), span(table.max()));
    if shortest.0 < from_min {
        let least = Span(from_min);
        let sentence = format!("{path} = {distribution} gets as short as {shortest}");
        return Some(conflict(path, sentence, format!("the shortest at least {least}"), &[]));
    }
    let least = Span(to_min);
    let sentence = || format!("{path} = {distribution} is never longer than {longest}");
    let allowed = || format!("the longest at least {least}");
    (longest < least).then(|| conflict(path, sentence(), allowed(), &[]))
}

fn incidents(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let servers = scenario.servers.count;
    for (nth, incident) in scenario.datastore.incidents.iter().enumerate() {
        let path = format!("datastore.incidents[{nth}]");
        if !incident.names_anything() {
            let sentence = format!("{path} changes nothing");
            found.push(conflict(&path, sentence, "a condition, a latency or a rate", &[]));
        }
        let unknown = incident.servers.iter().flatten().position(|server| *server >= servers);
        if let Some(place) = unknown {
            let server = incident.servers.iter().flatten().nth(place).copied().unwrap_or(0);
            let path = format!("{path}.servers[{place}]");
            found.push(conflict(
                &path,
                format!("{path} = {server} does not exist"),
                format!("servers are 0 to {}", servers - 1),
                &[("servers.count", servers.to_string())],
            ));
        }
    }
}

/// When an operation comes, to whom, and from where.
fn operations(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let (servers, players) = (scenario.servers.count, players_max(scenario));
    for (nth, entry) in scenario.operations.iter().enumerate() {
        let path = format!("operations[{nth}]");
        if entry.at.is_none() && entry.every.is_none() {
            let sentence = format!("{path} has no moment");
            found.push(conflict(&path, sentence, "`at`, `every` or both", &[]));
        }
        if let Some(player) = entry.player.filter(|player| *player >= players) {
            found.push(conflict(
                format!("{path}.player"),
                format!("{path}.player = {player} does not exist"),
                format!("players are 0 to {}", players.saturating_sub(1)),
                &[("players.count", players.to_string())],
            ));
        }
        if let Some(server) = entry.server.filter(|server| *server >= servers) {
            found.push(conflict(
                format!("{path}.server"),
                format!("{path}.server = {server} does not exist"),
                format!("servers are 0 to {}", servers - 1),
                &[("servers.count", servers.to_string())],
            ));
        }
        let what = entry.what.name();
        if let Some(takes) = entry.takes.filter(|_| entry.what != OperationKind::Overwrite) {
            found.push(conflict(
                format!("{path}.takes"),
                format!("{path}.takes = {takes} means nothing"),
                "only with do = \"overwrite\"",
                &[("do", format!("{what:?}"))],
            ));
        }
        let library = matches!(entry.what, OperationKind::Read | OperationKind::Message);
        if library && entry.server.is_none() {
            found.push(conflict(
                format!("{path}.do"),
                format!("{path}.do = {what:?} takes a library, and a script has none"),
                "with a `server`",
                &[],
            ));
        }
    }
}

fn players(scenario: &Scenario, found: &mut Vec<Conflict>) {
    if scenario.players.nobody_comes() {
        let arrive = scenario.players.arrive;
        found.push(conflict(
            "players.arrivals",
            "players.arrivals.by_hour lets nobody come in the hours of players.arrive",
            "more than 0 in one of these hours",
            &[("players.arrive", arrive.to_string())],
        ));
    }
    let (likely, servers) = (scenario.players.second_device, scenario.servers.count);
    if likely > Chance::NEVER && servers < 2 {
        found.push(conflict(
            "players.second_device",
            format!("players.second_device = {likely} has no second server to log in on"),
            "a second device needs servers.count to be at least 2",
            &[("servers.count", servers.to_string())],
        ));
    }
}

/// How many players there may be: of a log that nobody has read, nobody knows.
fn players_max(scenario: &Scenario) -> u32 {
    if scenario.unread_log().is_some() { u32::MAX } else { scenario.players.count }
}

/// What players do, by a log and by nothing else.
fn logged(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let players = &scenario.players;
    if !players.are_logged() {
        return;
    }
    for (path, value) in players.beside_log() {
        let sentence = format!("{path} = {value} beside players.trace, which says what players do");
        found.push(conflict(path, sentence, "only one of both", &[]));
    }
    let Some(Log::Rows(logged)) = &players.trace else { return };
    let (count, all) = (players.count, logged.players.len());
    if usize::try_from(count) != Ok(all) {
        let sentence = format!("players.count = {count} does not fit players.trace");
        let allowed = format!("{all}, as many as it has players");
        found.push(conflict("players.count", sentence, allowed, &[]));
    }
    if let Err((player, why)) = logged.rows(scenario.servers.count) {
        let path = format!("players.trace.players[{player}]");
        found.push(conflict(&path, format!("{path}: {why}"), "", &[]));
    }
}

/// How long an id is that makes a topic's name unique: a UUID.
const ID_CHARS: usize = 36;

/// The service's own limit on the names of topics.
fn topics(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let chars = scenario.messaging.topic_prefix.chars().count() + ID_CHARS;
    if !topic_fits(chars) {
        found.push(conflict(
            "messaging.topic_prefix",
            format!("messaging.topic_prefix makes names of topics of {chars} characters"),
            format!("at most {TOPIC_MAX}, of which an id takes {ID_CHARS}"),
            &[],
        ));
    }
}

fn simulation(scenario: &Scenario, found: &mut Vec<Conflict>) {
    if !scenario.simulation_mode {
        return;
    }
    for (path, theirs) in scenario.simulation_config.twice(scenario) {
        found.push(conflict(
            path,
            format!("{path} must not be set when SimulationMode is: {theirs} sets it"),
            "only one of both",
            &[("SimulationMode", "true".to_owned())],
        ));
    }
}

/// What no machine could run, or nobody could wait for.
fn load(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let (servers, players) = (u64::from(scenario.servers.count), u64::from(scenario.players.count));
    let each = player_bytes(scenario);
    let bytes = players * each + servers * SERVER_BYTES;
    if bytes > MEMORY_MAX {
        found.push(conflict(
            "players.count",
            format!("players.count = {players} needs about {} GB of memory", bytes / 1_000_000_000),
            format!(
                "{} GB, at {each} bytes a player: at most {} of them",
                MEMORY_MAX / 1_000_000_000,
                MEMORY_MAX.saturating_sub(servers * SERVER_BYTES) / each
            ),
            &[],
        ));
    }
    let events = scenario.cost().events;
    if events > EVENTS_MAX {
        let (edit_every, stay) = (&scenario.players.edit_every, &scenario.players.stay);
        found.push(conflict(
            "duration",
            format!("duration = {} is about {events} events", scenario.duration),
            format!("about {EVENTS_MAX} events: fewer players, less time, rarer changes"),
            &[
                ("players.count", players.to_string()),
                ("players.edit_every", edit_every.to_string()),
                ("players.stay", stay.to_string()),
            ],
        ));
    }
}

/// Which other fields a relation of the rules is about.
fn partners(field: &str) -> &'static [&'static str] {
    match field {
        "renew_after" => &["lease_duration"],
        "clock_margin" => &["lease_duration", "renew_after", "self_fence"],
        "start_timeout" => &["challenge_timeout"],
        "backoff_cap" => &["backoff_first"],
        "max_delay" => &["coalesce_window"],
        "breaker_open_max" => &["breaker_open_for"],
        _ => &[],
    }
}

/// The relations of the protocol itself.
fn rules(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let rules = scenario.rules();
    let values = table(&RuleOverrides::full(&rules));
    let value = |field: &str| match values.get(field) {
        Some(toml::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    for RuleError { field, needs } in rules.check() {
        let field = field.replace('.', "_");
        let path = format!("rules.{field}");
        let sentence = format!("{path} = {} does not fit", value(&field));
        let partner = |partner: &&str| (format!("rules.{partner}"), value(partner));
        let others = partners(&field).iter().map(partner).collect();
        found.push(Conflict { path, found: sentence, allowed: needs.into(), others });
    }
}

fn table(overrides: &RuleOverrides) -> Table {
    Table::try_from(overrides).expect("overrides are plain fields")
}

/// What does not go together in other settings: of each, what it says itself.
fn variants(scenario: &Scenario, found: &mut Vec<Conflict>) {
    let mut names = BTreeSet::new();
    let told = |conflict: &Conflict| format!("{} {:?}", conflict.found, conflict.others);
    // What a variant inherits it is not to blame for: that is told once.
    let mut had: BTreeSet<String> = found.iter().map(told).collect();
    for (nth, variant) in scenario.compare.iter().enumerate() {
        let (path, name) = (format!("compare[{nth}].name"), &variant.name);
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(letters) {
            let sentence = format!("{path} = {name:?} cannot be the name of a folder");
            found.push(conflict(&path, sentence, "letters, digits, - and _", &[]));
        }
        // Some file systems do not tell capital letters from small ones.
        if !names.insert(name.to_lowercase()) {
            let sentence = format!("{path} = {name:?} is taken");
            found.push(conflict(&path, sentence, "a name of its own, as it has a folder", &[]));
        }
        for conflict in of_one(&scenario.variant(variant)) {
            let conflict = of_variant(nth, variant, conflict);
            if had.insert(told(&conflict)) {
                found.push(conflict);
            }
        }
    }
}

/// What does not go together in a variant, with the paths of the fields that it says itself.
fn of_variant(nth: usize, variant: &Variant, conflict: Conflict) -> Conflict {
    let path = |path: &str| match variant.says(path) {
        true => format!("compare[{nth}].{path}"),
        false => path.to_owned(),
    };
    let Conflict { path: blamed, found, allowed, others } = conflict;
    let found = match found.strip_prefix(&blamed) {
        Some(rest) => path(&blamed) + rest,
        None => found,
    };
    let mut others: Vec<(String, String)> =
        others.into_iter().map(|(other, value)| (path(&other), value)).collect();
    if let Some(protocol) = variant.protocol().filter(|_| blamed.starts_with("rules.")) {
        others.push((format!("compare[{nth}].protocol"), protocol.name().to_owned()));
    }
    Conflict { path: path(&blamed), found, allowed, others }
}
