//! What a run costs, foretold from its scenario: about how many events it has, about how long they
//! take, and which field most of them come from.
//!
//! Nobody should find out by waiting that a run takes hours. So the estimate is made of what the
//! scenario says and of nothing else, in whole numbers, as if all went well:
//!
//! ```text
//!   a player:  [-- start, release --][-- edits, saves, renewals --][-- away --]  again and again
//!   a server:  faults of each kind, each after its mean time
//!   the file:  operations, each after its mean time
//!   a module:  a frame of each server after the other, or a heartbeat
//! ```
//!
//! It is for people: nothing in a run depends on it. Where players wait for each other, are refused
//! or thrown out, it is off; where most starts fail, as calls do, or take minutes, or find damaged
//! records, it is far too high. All shipped scenarios hold it within a factor of five; of worlds at
//! random it is held only that none has more than five times as many events. Frames of a module
//! that run together are one event each here, and cost what they cost; where heartbeats are far
//! between, what threads cost that wait for a frame is not foretold.

use super::{Protocol, Scenario};
use crate::config::{LoggedEvent, OperationKind, RandomFault};
use crate::units::Chance;
use leasehold_core::micros;
use std::time::Duration;

/// What a run is expected to cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// How many events it has, about.
    pub events: u64,
    /// How long it takes, about, on one core of a small machine.
    pub time: Duration,
    /// The field that most of that time comes from.
    pub most: String,
}

/// From which length on people are told before they wait.
const LONG: Duration = Duration::from_secs(3_600);

/// A start and a release: their calls, messages and subscriptions, and the player's own steps.
const VISIT_EVENTS: u128 = 20;
/// A start that nobody waits for, even if it has got no further than its first call.
const TURN_EVENTS: u128 = 10;
/// The same where there is no time for a call.
const SHORT_TURN_EVENTS: u128 = 4;
/// A call with its way there, its transform and its way back, and what a wait for it takes.
const CALL_EVENTS: u128 = 5;
/// A fault and its end; one that finds its server down is one event.
const FAULT_EVENTS: u128 = 2;

/// What an event takes in a small world, and in a world that is in no cache, in nanoseconds:
/// measured, and rounded up.
const EVENT_NS: u128 = 400;
const EVENT_IN_LARGE_NS: u128 = 1_500;
/// What an event takes that scripts of a module answer, and a frame of theirs in which somebody
/// listens or waits, in nanoseconds: measured with ProfileStore, and rounded up.
const SCRIPT_NS: u128 = 12_000;
const FRAME_NS: u128 = 800;
/// How many players and servers a large world has.
const LARGE: u128 = 100_000;

/// The faults of servers by their fields.
const FAULTS: [(RandomFault, &str); 5] = [
    (RandomFault::Crash, "crash_every"),
    (RandomFault::Pause, "pause_every"),
    (RandomFault::Step, "step_every"),
    (RandomFault::OutOfMemory, "oom_every"),
    (RandomFault::Partition, "partition_every"),
];

impl Scenario {
    /// What a run of it is expected to cost. Of a swarm, what it is before anything is drawn.
    pub fn cost(&self) -> Cost {
        let size = u128::from(self.players.count) + u128::from(self.servers.count);
        let ns = match self.protocol {
            Protocol::Module => SCRIPT_NS,
            _ => EVENT_NS + (EVENT_IN_LARGE_NS - EVENT_NS) * size.min(LARGE) / LARGE,
        };
        let parts = parts(self).into_iter().map(|(path, events)| (path, events, ns));
        let parts = parts.chain(frames(self).map(|(path, events)| (path, events, FRAME_NS)));
        let (mut events, mut all_ns, mut most) = (0, 0, (String::new(), 0));
        for (path, of_part, ns) in parts {
            events += of_part;
            all_ns += of_part * ns;
            if of_part * ns > most.1 {
                most = (path, of_part * ns);
            }
        }
        let seconds = whole(all_ns / 1_000_000_000);
        Cost { events: whole(events), time: Duration::from_secs(seconds), most: most.0 }
    }
}

/// The frames of a module's servers, and the field that says how many there are.
fn frames(scenario: &Scenario) -> Option<(String, u128)> {
    if scenario.protocol != Protocol::Module {
        return None;
    }
    let seen = u128::from(scenario.duration.us()) * u128::from(scenario.servers.count);
    let frames = match scenario.module.heartbeats {
        Some(every) => seen / u128::from(every.us().max(1)),
        None => seen * u128::from(scenario.module.frames_per_second) / 1_000_000,
    };
    Some(("module.heartbeats".to_owned(), frames))
}

fn whole(number: u128) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// The field and the sentence for a scenario that takes hours. A swarm is none before it is drawn.
pub(super) fn warning(scenario: &Scenario) -> Option<(String, String)> {
    let Cost { events, time, most } = scenario.cost();
    if time < LONG || !scenario.swarm.draw.is_empty() {
        return None;
    }
    let millions = events / 1_000_000;
    let hours = time.as_secs() / 3_600;
    let sentence = format!(
        "duration = {} is about {millions} million events, which may take {hours} h: most of them \
         come from {most}",
        scenario.duration
    );
    Some((most, sentence))
}

/// The events of a scenario, by the fields that they come from.
fn parts(scenario: &Scenario) -> Vec<(String, u128)> {
    let duration = u128::from(scenario.duration.us());
    let times = |every_us: u64, events: u128| duration * events / u128::from(every_us.max(1));
    let mut parts = Vec::new();
    if scenario.players.are_logged() {
        logged(scenario, &mut parts);
        faults(scenario, &mut parts);
        return parts;
    }
    let life = Life::of(scenario);
    let count = u128::from(scenario.players.count);
    let visits = count * times(life.cycle_us(), life.events);
    parts.push((life.field.to_owned(), visits));
    let playing =
        |events: u128| count * events * u128::from(life.stay_us) / life.cycle_us().max(1) as u128;
    let (field, click_us) = clicks(scenario);
    parts.push((field.to_owned(), playing(times(click_us, 1))));
    let (field, save_us) = saves(scenario, click_us);
    // Calls of a session wait for each other.
    let save_us = save_us.max(life.call_us);
    parts.push((field.to_owned(), playing(times(save_us, CALL_EVENTS))));
    faults(scenario, &mut parts);
    parts
}

/// The events of what befalls servers and records.
fn faults(scenario: &Scenario, parts: &mut Vec<(String, u128)>) {
    let duration = u128::from(scenario.duration.us());
    let times = |every_us: u64, events: u128| duration * events / u128::from(every_us.max(1));
    let servers = u128::from(scenario.servers.count);
    for (fault, field) in FAULTS {
        if let Some(every) = scenario.faults.every(fault) {
            let path = format!("faults.{}", field);
            parts.push((path, servers * times(every.us(), FAULT_EVENTS)));
        }
    }
    for (nth, operation) in scenario.operations.iter().enumerate() {
        if let Some(every) = operation.every {
            let takes_us =
                if operation.what == OperationKind::Overwrite { operation.takes_us() } else { 0 };
            let every_us = every.us() + takes_us;
            parts.push((format!("operations[{nth}].every"), times(every_us, 2 * CALL_EVENTS)));
        }
    }
}

/// The events of players who do what a log says: as long as they are there, something is saved.
fn logged(scenario: &Scenario, parts: &mut Vec<(String, u128)>) {
    let (mut visits, mut edits, mut there_us) = (0_u128, 0_u128, 0_u128);
    for rows in scenario.players.logged_rows() {
        let mut since_us = None;
        for row in rows {
            match row.what {
                LoggedEvent::Join => since_us = Some(row.at_us),
                LoggedEvent::Leave => {
                    there_us += u128::from(row.at_us - since_us.take().unwrap_or(row.at_us));
                }
                LoggedEvent::Hop => {}
                LoggedEvent::Edit => edits += 1,
            }
            visits += u128::from(row.what.has_server());
        }
        let end_us = scenario.duration.us();
        there_us += since_us.map_or(0, |since| u128::from(end_us.saturating_sub(since)));
    }
    // As if nobody changed anything, what is saved is a renewal.
    let (_, save_us) = saves(scenario, u64::MAX);
    let renewals = there_us * CALL_EVENTS / u128::from(save_us.max(1));
    let events = visits * VISIT_EVENTS + edits * (1 + CALL_EVENTS) + renewals;
    parts.push(("players.trace".to_owned(), events));
}

/// A visit and the time until the next one, in microseconds.
struct Life {
    stay_us: u64,
    gap_us: u64,
    /// How long a call takes.
    call_us: u64,
    /// How many events it is besides what the player does.
    events: u128,
    /// The field that says how often it begins anew.
    field: &'static str,
}

impl Life {
    fn of(scenario: &Scenario) -> Life {
        let players = &scenario.players;
        let call_us = scenario.datastore.latency().mean();
        if let Some(patience) = players.patience.filter(|patience| patience.us() < call_us) {
            let gap_us = mixed(players.retry, players.retry_after.mean(), players.away.mean());
            let gap_us = gap_us + patience.us();
            let events = if gap_us > call_us { TURN_EVENTS } else { SHORT_TURN_EVENTS };
            return Life { stay_us: 0, gap_us, call_us, events, field: "players.patience" };
        }
        let stay_us = players.stay.mean().max(1_000);
        let hop = mixed(players.hop, players.hop_delay.mean(), players.away.mean());
        // A start and a release.
        let gap_us = mixed(players.rejoin, players.rejoin_after.mean(), hop) + 2 * call_us;
        Life { stay_us, gap_us, call_us, events: VISIT_EVENTS, field: "players.stay" }
    }

    fn cycle_us(&self) -> u64 {
        self.stay_us + self.gap_us
    }
}

/// The mean of two times, of which the first comes so often.
fn mixed(likely: Chance, first: u64, second: u64) -> u64 {
    let (billion, likely) = (1_000_000_000, u128::from(likely.billionths()));
    let sum = likely * u128::from(first) + (billion - likely) * u128::from(second);
    whole(sum / billion)
}

/// From one change of a player's data to the next, and the field that says so.
fn clicks(scenario: &Scenario) -> (&'static str, u64) {
    let players = &scenario.players;
    let every = players.edit_every.mean();
    // Each change begins a burst, or none.
    let size = u128::from(players.burst.billionths()) * u128::from(players.burst_size);
    let (all, billion) = (u128::from(every) * 1_000_000_000, 1_000_000_000);
    let burst = size * u128::from(players.burst_every.mean());
    let click_us = whole((all + burst) / (billion + size));
    let field = if size > billion { "players.burst_every" } else { "players.edit_every" };
    (field, click_us)
}

/// From one call of a session to the next, and the field that says so.
fn saves(scenario: &Scenario, click_us: u64) -> (&'static str, u64) {
    let rules = scenario.rules();
    match scenario.protocol {
        Protocol::Naive => ("naive.autosave_every", micros(scenario.naive.rules().autosave_every)),
        Protocol::ProfileStore => {
            ("profile_store.auto_save_period", scenario.profile_store.auto_save_period.us())
        }
        _ => {
            // A change is saved when none has come for a while, but not much later than that.
            let window = micros(rules.coalesce_window);
            let held = if click_us > window { click_us } else { micros(rules.max_delay) };
            let renewal = micros(rules.renew_after);
            if renewal < held {
                ("rules.renew_after", renewal)
            } else {
                ("players.edit_every", held)
            }
        }
    }
}
