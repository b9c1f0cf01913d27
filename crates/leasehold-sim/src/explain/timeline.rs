//! A run step by step: its trace as columns, with what came of what.
//!
//! ```text
//!   run once more, watched --> rows --> words with gaps, lanes, spans --> columns
//!                                '----> graph -----------------------> links
//! ```
//!
//! Laws: the watched run has the digest of the plain one; no more steps than there is room for;
//! where steps are left out, they are those of whole keys, and a sentence says how many: what was
//! found comes first.

use super::graph::graph;
use super::sentences::{Words, lane_of};
use crate::ids::ServerId;
use crate::model::Owners;
use crate::observe::Violation;
use crate::run::{Outcome, Run, Tell, Watched};
use crate::step::Fact;
use crate::trace::{Trace, TraceRow};
use leasehold_core::{JobId, Key};
use leasehold_data::numbers::{count, plural};
use leasehold_data::{How, Lane, Links, Template, Timeline, TimelineFinding};
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// So many keys are shown of a run that has too many steps, if there are steps enough for them.
const KEYS_MAX: usize = 64;

/// No run has fewer steps than a quarter of its events.
const EVENTS_A_STEP: u64 = 4;

/// The kinds of steps, in the order of their numbers.
const KINDS: [&str; 7] = ["session", "call", "commit", "message", "fault", "server", "player"];

/// How a step comes of another, in the order of their numbers.
const HOWS: [How; 10] = [
    How::WentOn,
    How::SameSession,
    How::Read,
    How::Based,
    How::Replaced,
    How::Missed,
    How::Clock,
    How::During,
    How::Player,
    How::Needed,
];

/// The timeline of a run that had this outcome; nothing if it was told to stop.
pub(crate) fn timeline(
    run: &Run<'_>,
    outcome: &Outcome,
    steps_max: usize,
    progress: Tell<'_>,
) -> Option<Timeline> {
    // Of every event some step is told, more or less: there is no need to look.
    let far_too_many = outcome.dataset.manifest.events / EVENTS_A_STEP > steps_max as u64;
    if !far_too_many {
        let whole = follow(run, outcome, Vec::new(), progress)?;
        if whole.first == 0 && whole.rows.len() <= steps_max {
            return Some(Columns::of(run, outcome, &whole, None));
        }
    }
    let wanted = wanted(run, outcome);
    let trace = follow(run, outcome, wanted.clone(), progress)?;
    let kept = fitting(&trace, &wanted, steps_max);
    let players = run.sim.scenario().players.count;
    let sentence = format!(
        "{} of {} are shown, those of findings first, as a page has room for {} steps",
        plural(kept.len() as u64, "key"),
        count(players),
        count(steps_max as u64)
    );
    Some(Columns::of(run, outcome, &trace, Some((kept, sentence))))
}

/// The run once more, with the steps of some keys; of all, if none is named.
fn follow(
    run: &Run<'_>,
    outcome: &Outcome,
    keys: Vec<Key>,
    progress: Tell<'_>,
) -> Option<Box<Trace>> {
    let mut trace = Some(Box::new(Trace::to_the_end(keys)));
    let watched = run.watched(None, Watched::Trace(&mut trace), progress)?;
    assert_eq!(watched.digest(), outcome.digest(), "to watch a run changes nothing of it");
    trace
}

/// The keys of what was found, each once, and then others, evenly.
fn wanted(run: &Run<'_>, outcome: &Outcome) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let found = outcome.violations.iter().filter_map(|one| one.place.key);
    let players = run.sim.scenario().players.count.max(1);
    let step = (players as usize / KEYS_MAX).max(1);
    let others = (0..players).step_by(step).map(Key);
    for key in found.chain(others) {
        if keys.len() < KEYS_MAX && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// As many of these keys as there is room for.
fn fitting(trace: &Trace, wanted: &[Key], steps_max: usize) -> Vec<Key> {
    let mut counts: BTreeMap<Option<Key>, usize> = BTreeMap::new();
    for row in &trace.rows {
        *counts.entry(row.place.key).or_default() += 1;
    }
    let mut steps = counts.get(&None).copied().unwrap_or(0);
    let mut kept = Vec::new();
    for key in wanted {
        steps += counts.get(&Some(*key)).copied().unwrap_or(0);
        if steps > steps_max && !kept.is_empty() {
            break;
        }
        kept.push(*key);
    }
    kept
}

/// A timeline that is being put together.
#[derive(Default)]
struct Columns {
    made: Timeline,
    lanes: BTreeMap<Option<ServerId>, usize>,
    keys: BTreeMap<Key, usize>,
    templates: BTreeMap<(String, usize), usize>,
    last_us: u64,
    /// The number of each row's step, if it has one.
    steps: Vec<Option<usize>>,
    /// The last step of each key, with when it was.
    of_key: BTreeMap<Key, Vec<(u64, usize)>>,
}

/// The lanes that are always there.
const DATASTORE: usize = 0;
const MESSAGING: usize = 1;

impl Columns {
    fn of(
        run: &Run<'_>,
        outcome: &Outcome,
        trace: &Trace,
        sampled: Option<(Vec<Key>, String)>,
    ) -> Timeline {
        let scenario = run.drawn().map(|drawn| drawn.scenario);
        let world = scenario.map(|scenario| scenario.world()).unwrap_or_default();
        let incidents = &world.datastore.incidents;
        let mut columns = Columns::default();
        let (kept, sentence) = sampled.unzip();
        columns.made.sampled = sentence;
        columns.begin(trace, world.servers.count);
        let words = Words::new(trace, incidents);
        for (nth, row) in trace.rows.iter().enumerate() {
            let shown =
                kept.as_ref().zip(row.place.key).is_none_or(|(kept, key)| kept.contains(&key));
            let step = shown.then(|| columns.step(row, &words.event(nth, None).words));
            columns.steps.push(step);
        }
        columns.links(trace, incidents);
        columns.spans(trace, kept.as_deref(), outcome.dataset.manifest.duration_us);
        for incident in incidents {
            let (from, lasts) = (incident.at.us(), incident.lasts.us());
            columns.made.trouble.push((incident.what(), from, from + lasts));
        }
        let mut found: Vec<&Violation> = outcome.violations.iter().collect();
        found.sort_by_key(|one| one.place.at);
        found.into_iter().for_each(|one| columns.finding(one));
        columns.made
    }

    fn begin(&mut self, trace: &Trace, servers: u32) {
        let lane = |name: String, kind: &str| Lane { name, kind: kind.to_owned() };
        self.made.lanes = vec![
            lane("datastore".to_owned(), "datastore"),
            lane("messages".to_owned(), "messaging"),
        ];
        let seen = trace.rows.iter().filter_map(|row| row.place.server).map(|s| s.number() + 1);
        for number in 0..servers.max(seen.max().unwrap_or(0)) {
            let server = ServerId::new(number);
            self.lanes.insert(Some(server), self.made.lanes.len());
            self.made.lanes.push(lane(server.to_string(), "server"));
        }
        self.made.kinds = KINDS.map(str::to_owned).to_vec();
        self.made.hows = HOWS.map(|how| how.name().to_owned()).to_vec();
    }

    /// Adds a step, and says its number.
    fn step(&mut self, row: &TraceRow, words: &str) -> usize {
        let at_us = row.place.at.as_micros();
        let (lane, key) = (self.lane(row), row.place.key.map(|key| self.key(key)));
        let (words, numbers) = gaps(words);
        let entry = (words, kind(row));
        let next = self.templates.len();
        let template = *self.templates.entry(entry.clone()).or_insert(next);
        if template == next {
            self.made.templates.push(Template { words: entry.0, kind: entry.1 });
        }
        let events = &mut self.made.events;
        let nth = events.at.len();
        events.at.push(at_us - self.last_us);
        events.lane.push(lane);
        events.template.push(template);
        events.key.push(key.map_or(-1, |key| key as i64));
        events.numbers.extend(numbers);
        self.last_us = at_us;
        if let Some(key) = row.place.key {
            self.of_key.entry(key).or_default().push((at_us, nth));
        }
        nth
    }

    fn lane(&self, row: &TraceRow) -> usize {
        match row.fact {
            Some(
                Fact::MessageLost { .. }
                | Fact::MessageDuplicated
                | Fact::NoSubscriber
                | Fact::MessageDropped { .. },
            ) => MESSAGING,
            _ => lane_of(row).map_or(DATASTORE, |server| self.lanes[&Some(server)]),
        }
    }

    fn key(&mut self, key: Key) -> usize {
        let next = self.keys.len();
        let nth = *self.keys.entry(key).or_insert(next);
        if nth == next {
            self.made.keys.push(key.to_string());
        }
        nth
    }

    fn links(&mut self, trace: &Trace, incidents: &[crate::config::Incident]) {
        let graph = graph(trace, incidents);
        let mut links: Vec<(usize, usize, usize)> = Vec::new();
        for edge in graph.edge_references() {
            let step = |node: petgraph::graph::NodeIndex| self.steps[node.index()];
            let (Some(from), Some(to)) = (step(edge.source()), step(edge.target())) else {
                continue;
            };
            let how = HOWS.iter().position(|how| *how == edge.weight().how).unwrap_or(0);
            links.push((to, from, how));
        }
        links.sort_unstable();
        let mut last = 0;
        let Links { to: tos, from: froms, how: hows } = &mut self.made.links;
        for (to, from, how) in links {
            tos.push(to - last);
            froms.push(to - from);
            hows.push(how);
            last = to;
        }
    }

    /// Who owned what, who was stored as its owner, and when servers stood still.
    fn spans(&mut self, trace: &Trace, kept: Option<&[Key]>, end_us: u64) {
        self.made.end_us = end_us;
        let keys = trace.rows.iter().filter_map(|row| row.place.key).map(|key| key.0 + 1);
        let mut owners = Owners::new(keys.max().unwrap_or(0));
        let mut stored: BTreeMap<Key, (ServerId, u64)> = BTreeMap::new();
        let mut jobs: BTreeMap<JobId, ServerId> = BTreeMap::new();
        let [mut paused, mut down]: [BTreeMap<ServerId, u64>; 2] = Default::default();
        let shown = |key: Key| kept.is_none_or(|kept| kept.contains(&key));
        for step in trace.rows.iter().filter_map(TraceRow::step) {
            let at = step.at.as_micros();
            owners.on_step(&step);
            if let (Some(key), Some(owner)) = (step.key, owners.ended())
                && !owner.paused
                && shown(key)
            {
                self.owned(key, (owner.server, owner.since.as_micros(), at));
            }
            let Some(server) = step.server else { continue };
            match (step.fact, step.key) {
                (Fact::Committed { after, .. }, Some(key)) if shown(key) => {
                    let owner = after.filter(|after| !after.released).and_then(|after| after.owner);
                    let owner = owner.map(|(job, _)| *jobs.entry(job).or_insert(server));
                    self.stored_as(&mut stored, key, owner, at);
                }
                (Fact::Removed { .. }, Some(key)) => self.stored_as(&mut stored, key, None, at),
                (Fact::Paused, _) => {
                    paused.insert(server, at);
                }
                (Fact::Resumed, _) => self.stood(paused.remove(&server), server, at, true),
                (Fact::Crashed | Fact::Stopped { .. }, _) => {
                    self.stood(paused.remove(&server), server, at, true);
                    down.insert(server, at);
                }
                (Fact::Booted, _) => self.stood(down.remove(&server), server, at, false),
                _ => {}
            }
        }
        let keys: Vec<Key> = self.keys.keys().copied().collect();
        for key in keys {
            let live =
                owners.live(key).map(|owner| (owner.server, owner.since.as_micros(), end_us));
            let live: Vec<_> = live.collect();
            live.into_iter().for_each(|span| self.owned(key, span));
            self.stored_as(&mut stored, key, None, end_us);
        }
        paused.into_iter().for_each(|(server, at)| self.stood(Some(at), server, end_us, true));
        down.into_iter().for_each(|(server, at)| self.stood(Some(at), server, end_us, false));
        self.made.owned.sort_unstable();
        self.made.stored.sort_unstable();
    }

    fn owned(&mut self, key: Key, (server, from, to): (ServerId, u64, u64)) {
        let span = (self.key(key), self.lanes[&Some(server)], from, to);
        self.made.owned.push(span);
    }

    /// A record names another owner from now on, or none.
    fn stored_as(
        &mut self,
        stored: &mut BTreeMap<Key, (ServerId, u64)>,
        key: Key,
        owner: Option<ServerId>,
        at: u64,
    ) {
        if stored.get(&key).map(|(server, _)| *server) == owner {
            return;
        }
        if let Some((server, since)) = stored.remove(&key) {
            let span = (self.key(key), self.lanes[&Some(server)], since, at);
            self.made.stored.push(span);
        }
        stored.extend(owner.map(|server| (key, (server, at))));
    }

    fn stood(&mut self, since: Option<u64>, server: ServerId, at: u64, paused: bool) {
        let spans = if paused { &mut self.made.paused } else { &mut self.made.down };
        spans.extend(since.map(|since| (self.lanes[&Some(server)], since, at)));
    }

    fn finding(&mut self, one: &Violation) {
        let at_us = one.place.at.as_micros();
        let last = one.place.key.and_then(|key| {
            let steps = self.of_key.get(&key)?;
            let until = steps.partition_point(|(at, _)| *at <= at_us);
            Some(steps.get(until.checked_sub(1)?)?.1)
        });
        let key = one.place.key.and_then(|key| self.keys.get(&key)).copied();
        let lane = self.lanes.get(&one.place.server).copied();
        let index = |nth: Option<usize>| nth.map_or(-1, |nth| nth as i64);
        self.made.findings.push(TimelineFinding {
            class: format!("{}: {}", one.invariant.name, one.cause.name),
            why: one.detail.sentence.clone(),
            at_us,
            key: index(key),
            lane: index(lane),
            event: index(last),
        });
    }
}

/// What kind of step a row is, as an index.
fn kind(row: &TraceRow) -> usize {
    let [session, call, commit, message, fault, server, player] = [0, 1, 2, 3, 4, 5, 6];
    if row.fault.is_some() {
        return fault;
    }
    match row.fact {
        None => fault,
        Some(
            Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged | Fact::WrongScope { .. },
        ) => commit,
        Some(
            Fact::Sent { .. }
            | Fact::Answered { .. }
            | Fact::Got { .. }
            | Fact::Queued { .. }
            | Fact::Dequeued { .. }
            | Fact::Dropped { .. }
            | Fact::RanAgain { .. }
            | Fact::BadRead { .. }
            | Fact::ShortCircuited { .. },
        ) => call,
        Some(
            Fact::Published { .. }
            | Fact::Delivered { .. }
            | Fact::MessageLost { .. }
            | Fact::MessageDuplicated
            | Fact::NoSubscriber
            | Fact::MessageRejected { .. }
            | Fact::MessageDropped { .. }
            | Fact::Subscribing
            | Fact::Subscribed { .. }
            | Fact::NotSubscribed { .. }
            | Fact::Unheard { .. },
        ) => message,
        Some(
            Fact::Booted
            | Fact::Crashed
            | Fact::Paused
            | Fact::Resumed
            | Fact::Stepped { .. }
            | Fact::OutOfMemory { .. }
            | Fact::Emptied
            | Fact::Closing
            | Fact::Stopped { .. }
            | Fact::CutOff { .. }
            | Fact::CircuitOpened { .. }
            | Fact::CircuitClosed
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. }
            | Fact::Healed,
        ) => server,
        Some(
            Fact::Playing
            | Fact::Left
            | Fact::GaveUp
            | Fact::Edited
            | Fact::EditRefused
            | Fact::Minted { .. }
            | Fact::Traded { .. }
            | Fact::Bought { .. }
            | Fact::Received { .. }
            | Fact::Granted { .. }
            | Fact::SecondDevice
            | Fact::SaveCalled,
        ) => player,
        Some(_) => session,
    }
}

/// A sentence with gaps for its numbers, and these. A number that would be written otherwise, such
/// as one with zeros before it, stays in its place.
fn gaps(words: &str) -> (String, Vec<u64>) {
    let (mut template, mut numbers) = (String::with_capacity(words.len()), Vec::new());
    let mut rest = words;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        template.push_str(before);
        match digits.parse::<u64>() {
            Ok(number) if number.to_string() == digits && number < 1 << 53 => {
                template.push_str("{}");
                numbers.push(number);
            }
            _ => template.push_str(digits),
        }
        rest = after;
    }
    template.push_str(rest);
    (template, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Scenario, shipped};
    use leasehold_data::Events;
    use std::ops::ControlFlow;

    #[test]
    fn a_sentence_is_its_template_with_its_numbers() {
        let (template, numbers) = gaps("s6 asks s12 for k0, 0.050 s after 1,200 changes {}");
        assert_eq!(template, "s{} asks s{} for k{}, {}.050 s after {},{} changes {}");
        assert_eq!(numbers, [6, 12, 0, 0, 1, 200]);
    }

    const STEPS_MAX: usize = 50_000;

    fn of(text: &str) -> (Outcome, Timeline) {
        let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}"));
        let simulation = shipped("world", &scenario).expect("valid");
        let run = simulation.seed(1);
        let outcome = run.run();
        let timeline = run.timeline_until(&outcome, STEPS_MAX, &mut |_| ControlFlow::Continue(()));
        (outcome, timeline.expect("nothing stops it"))
    }

    const LOSSY: &str = "duration = \"5m\"\nservers.count = 3\nmessaging.loss = \"30%\"\n\
        players = { count = 20, stay = \"20s..1m\", hop = \"90%\", noticed_after = \"9s\" }\n\
        faults.crash_every = \"3m\"";

    #[test]
    fn columns_are_as_long_as_each_other_and_links_go_back() {
        let (outcome, timeline) = of(LOSSY);
        let Events { at, lane, template, key, numbers } = &timeline.events;
        let all = at.len();
        assert!(all > 1_000, "{all}");
        assert_eq!([lane.len(), template.len(), key.len()], [all; 3]);
        let gaps = |nth: &usize| timeline.templates[*nth].words.matches("{}").count();
        assert_eq!(numbers.len(), template.iter().map(gaps).sum::<usize>());
        assert!(at.iter().sum::<u64>() <= timeline.end_us);
        assert!(lane.iter().all(|lane| *lane < timeline.lanes.len()));
        let mut to = 0;
        for (step, back) in timeline.links.to.iter().zip(&timeline.links.from) {
            to += step;
            assert!(to < all && *back > 0 && *back <= to);
        }
        assert_eq!(timeline.findings.len(), outcome.violations.len());
        let double = timeline.findings.iter().find(|one| one.class.starts_with("no_double"));
        let double = double.expect("messages get lost");
        // At that moment two sessions own the key, and one of them is stored.
        let at = |spans: &[(usize, usize, u64, u64)]| {
            let at = double.at_us;
            let here = |span: &&(usize, usize, u64, u64)| {
                span.0 as i64 == double.key && span.2 <= at && at < span.3
            };
            spans.iter().filter(here).count()
        };
        assert_eq!((at(&timeline.owned), at(&timeline.stored)), (2, 1));
        assert!(!timeline.down.is_empty() && timeline.sampled.is_none());
        assert!(timeline.templates.len() < 800, "{} templates", timeline.templates.len());
    }

    #[test]
    fn of_a_large_run_whole_keys_are_left_out_and_it_says_so() {
        let (_, timeline) =
            of("duration = \"20m\"\nplayers = { count = 400, edit_every = \"1s..2s\" }\n\
            messaging.loss = \"30%\"");
        let all = timeline.events.at.len();
        assert!(all <= STEPS_MAX && all > STEPS_MAX / 3, "{all}");
        let told = timeline.sampled.as_deref().unwrap_or_default();
        assert!(told.contains(" of 400 are shown"), "{told}");
    }
}
