//! From the graph to what is told: the part that leads to the violation, and of that the few steps
//! that tell.
//!
//! A step is worth telling if it is close to the violation and is no routine: a save that was
//! acknowledged, a renewal. What is left out is bridged: a cause that leads to an effect by way of
//! untold steps is told as its cause. So whatever is left out, no path is cut.
//!
//! ```text
//!   rows --backwards from the violation--> slice --near, no routine--> told --bridged, reduced--> story
//! ```

use super::graph::{Edge, Graph, graph};
use super::sentences::Words;
use crate::ids::ServerId;
use crate::library::CallKind;
use crate::model::Owners;
use crate::observe::{About, OwedBy, Subject, Violation};
use crate::step::{CallEnd, Fact};
use crate::trace::{Trace, TraceRow};
use leasehold_core::Key;
use leasehold_data::{How, Interval, Story, StoryEvent, StoryLink, StorySpan};
use petgraph::adj::List;
use petgraph::algo::dijkstra;
use petgraph::algo::tred::dag_transitive_reduction_closure;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeRef, Reversed};
use std::collections::{BTreeMap, BTreeSet};

/// So many steps are told at the most, besides the violation itself.
const TOLD_MAX: usize = 28;

/// Farther steps are told only if they are faults; and those only up to here.
const NEAR: u32 = 18;
const FAR: u32 = 60;

/// If the story of a small world has so few faults, all are told.
pub(super) const FAULTS_FEW: usize = 8;

/// The story of a violation, from what was kept of its run, which lasts so many microseconds.
pub(super) fn story(broken: &Violation, trace: &Trace, end_us: u64) -> Story {
    let rows: Vec<&TraceRow> = trace.rows.iter().collect();
    let mut graph = graph(trace);
    let anchors = anchors(broken, trace, &rows);
    let last = graph.add_node(());
    for anchor in &anchors {
        let from = NodeIndex::new(*anchor as usize);
        graph.add_edge(from, last, Edge { how: How::WentOn, cost: 0 });
    }
    let costs = dijkstra(Reversed(&graph), last, None, |edge| edge.weight().cost);
    let cost = |row: usize| costs.get(&NodeIndex::new(row)).copied();
    let slice: Vec<(usize, u32)> =
        (0..rows.len()).filter_map(|row| Some((row, cost(row)?))).collect();
    let told = told(broken, &rows, &slice, &anchors, trace.is_whole());
    let (links, untold) = links(&graph, &slice, &told, last.index());
    let words = Words::new(trace);
    let mut events: Vec<StoryEvent> = told.iter().map(|row| words.event(*row, broken)).collect();
    let lanes: BTreeSet<Option<ServerId>> =
        told.iter().map(|row| rows[*row].place.server).collect();
    let at_end = trace.found.is_none().then_some(end_us);
    let spans = Spans::new(&rows, broken.place.key, &lanes, at_end);
    events.push(words.violation(broken, &anchors, &spans.owned, at_end));
    Story {
        invariant: broken.invariant.name.to_owned(),
        cause: broken.cause.name.to_owned(),
        why: broken.detail.sentence.clone(),
        at_us: broken.place.at.as_micros(),
        key: broken.place.key.map(|key| key.to_string()).unwrap_or_default(),
        overlap: broken.invariant.about == About::Ownership,
        events,
        links,
        owned: spans.owned,
        paused: spans.paused,
        down: spans.down,
        untold,
        kept_from_us: (trace.first > 0)
            .then(|| rows.first().map_or(0, |row| row.place.at.as_micros())),
    }
}

/// The rows that the violation is made of: where it is, and whoever else is owner.
fn anchors(broken: &Violation, trace: &Trace, rows: &[&TraceRow]) -> Vec<u32> {
    let place = broken.place;
    let found = trace.found.and_then(|found| found.checked_sub(trace.first));
    let here = |row: &&TraceRow| (row.place.server, row.place.key) == (place.server, place.key);
    let mut anchors = match broken.invariant.about {
        About::Ownership => owners_at_once(broken, rows),
        About::Data | About::Release | About::Other => Vec::new(),
    };
    if anchors.is_empty() {
        let at = |row: &&TraceRow| here(row) && row.place.at <= place.at;
        let last = match found {
            Some(_) => rows.iter().rposition(at),
            // It was found when the run was over: what was owed never came.
            None => rows.iter().rposition(here).or_else(|| rows.iter().rposition(at)),
        };
        anchors.extend(last.map(|nth| nth as u32).into_iter().chain(found));
    }
    anchors.extend(halves(broken, rows));
    anchors.extend(broken.detail.owed.and_then(|owed| replaced(owed, rows)));
    if broken.invariant.about == About::Release {
        let leaked = |row: &&TraceRow| here(row) && matches!(row.fact, Some(Fact::Leaked));
        anchors.extend(rows.iter().rposition(leaked).map(|row| row as u32));
    }
    if anchors.is_empty() {
        anchors.extend(rows.len().checked_sub(1).map(|last| last as u32));
    }
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

/// Of two owners at once: since when the one that came later is owner, and all who did then.
fn owners_at_once(broken: &Violation, rows: &[&TraceRow]) -> Vec<u32> {
    let Some(key) = broken.place.key else { return Vec::new() };
    let mut owners = Owners::new(key.0 + 1);
    let mut since = BTreeMap::new();
    for (nth, row) in rows.iter().enumerate() {
        let Some(step) = row.step() else { continue };
        if step.key != Some(key) || step.at > broken.place.at {
            continue;
        }
        if let Fact::Owns { .. } = step.fact {
            if (step.server, step.at) == (broken.place.server, broken.place.at) {
                let others = owners.live(key).filter_map(|owner| since.get(&Some(owner.visit)));
                return others.copied().chain([nth as u32]).collect();
            }
            since.insert(step.visit, nth as u32);
        }
        owners.on_step(&step);
    }
    Vec::new()
}

/// Of an item that was duplicated or lost: its last trade, and the write that the observer names.
fn halves(broken: &Violation, rows: &[&TraceRow]) -> Vec<u32> {
    let Some(Subject::Item(item)) = broken.detail.subject else { return Vec::new() };
    let traded =
        |row: &&TraceRow| matches!(row.fact, Some(Fact::Traded { item: one, .. }) if one == item);
    let written = broken.detail.written;
    let committed = |row: &&TraceRow| match (row.fact, written) {
        (Some(Fact::Committed { after: Some(after), .. }), Some(by)) => {
            let commit = by.call.map(|(_, commit)| commit);
            row.place.key == by.place.key && commit == Some(after.commit)
        }
        _ => false,
    };
    let halves = [rows.iter().rposition(traded), rows.iter().rposition(committed)];
    halves.into_iter().flatten().map(|row| row as u32).collect()
}

/// Of a thing whose half is missing: the acquire that took the key from the session that owed it.
fn replaced(owed: OwedBy, rows: &[&TraceRow]) -> Option<u32> {
    let of_key = |row: &TraceRow| row.place.key == owed.place.key;
    let theirs = |row: &TraceRow| of_key(row) && row.place.server == owed.place.server;
    let end = rows.iter().rposition(|row| theirs(row) && matches!(row.fact, Some(Fact::Over)));
    let rows = &rows[..end.unwrap_or(rows.len())];
    let took = |row: &TraceRow| match row.fact {
        Some(Fact::Committed {
            kind: CallKind::Acquire,
            before: Some(before),
            after: Some(after),
            ..
        }) => before.owner != after.owner,
        _ => false,
    };
    let taken = rows.iter().rposition(|row| of_key(row) && took(row))?;
    (!theirs(rows[taken])).then_some(taken as u32)
}

/// The rows that are told, in order.
fn told(
    broken: &Violation,
    rows: &[&TraceRow],
    slice: &[(usize, u32)],
    anchors: &[u32],
    whole: bool,
) -> Vec<usize> {
    let subject = broken.detail.subject;
    let data = broken.invariant.about == About::Data;
    let near = if subject.is_some() { NEAR / 4 } else { NEAR };
    let far = if whole { FAR } else { near + NEAR };
    let faults = slice.iter().filter(|(row, _)| rows[*row].fault.is_some()).count();
    let mut ranked: Vec<(u32, usize)> = Vec::new();
    for &(row, cost) in slice {
        let fault = rows[row].fault.is_some();
        let rank = if anchors.contains(&(row as u32)) || (fault && whole && faults <= FAULTS_FEW) {
            0
        } else {
            let Some(more) = telling(rows[row], data, subject) else { continue };
            cost + more
        };
        if rank <= if fault { far } else { near } {
            ranked.push((rank, row));
        }
    }
    ranked.sort_by_key(|(rank, row)| (*rank, std::cmp::Reverse(*row)));
    ranked.truncate(TOLD_MAX);
    let mut told: Vec<usize> = ranked.into_iter().map(|(_, row)| row).collect();
    told.extend(sendings(rows, &told));
    told.sort_unstable();
    told.dedup();
    told
}

/// The sending of each call that is told to have committed, but of no more than can be read.
fn sendings(rows: &[&TraceRow], told: &[usize]) -> Vec<usize> {
    let commits =
        |row: &TraceRow| matches!(row.fact, Some(Fact::Committed { .. } | Fact::WrongScope { .. }));
    let sends = |row: &TraceRow| matches!(row.fact, Some(Fact::Sent { .. }));
    let committed = told.iter().rev().filter(|row| commits(rows[**row]));
    let sent = committed.filter_map(|committed| {
        let named = rows[*committed].call()?;
        rows[..*committed].iter().rposition(|row| sends(row) && row.call() == Some(named))
    });
    sent.take(TOLD_MAX.saturating_sub(told.len())).collect()
}

/// How far back a step is put for being less telling than others; nothing if it is routine. Where a
/// story is about `data`, every write counts; where it is about a thing, what happens to that.
fn telling(row: &TraceRow, data: bool, subject: Option<Subject>) -> Option<u32> {
    if row.fault.is_some() {
        return Some(0);
    }
    let fact = row.fact?;
    Some(match fact {
        Fact::Owns { .. }
        | Fact::WrongScope { .. }
        | Fact::Damaged
        | Fact::BadRead { .. }
        | Fact::MessageLost { .. }
        | Fact::MessageDropped { .. }
        | Fact::MessageRejected { .. }
        | Fact::NoSubscriber
        | Fact::Crashed
        | Fact::Paused
        | Fact::Resumed
        | Fact::Stepped { .. }
        | Fact::OutOfMemory { .. }
        | Fact::CutOff { .. }
        | Fact::NotSubscribed { .. }
        | Fact::Unheard { .. }
        | Fact::Leaked
        | Fact::IncidentBegins { .. } => 0,
        Fact::Committed { after: None, .. } => 0,
        Fact::Committed { before, after: Some(after), .. } => {
            let same = before.is_some_and(|before| {
                (before.owner, before.generation) == (after.owner, after.generation)
            });
            match (same && !after.released, after.released) {
                (true, _) => data.then_some(3)?,
                (false, true) => 3,
                (false, false) => 0,
            }
        }
        Fact::Answered { end: CallEnd::Silent, .. }
        | Fact::Published { .. }
        | Fact::Delivered { .. }
        | Fact::CircuitOpened { .. }
        | Fact::FellBack
        | Fact::Corrupted { .. }
        | Fact::SecondDevice
        | Fact::Removed { .. }
        | Fact::Got { stale: true, .. } => 1,
        Fact::Traded { item, .. } => (subject == Some(Subject::Item(item))).then_some(0)?,
        Fact::Bought { receipt } | Fact::Received { receipt } | Fact::Granted { receipt, .. } => {
            (subject == Some(Subject::Receipt(receipt))).then_some(0)?
        }
        Fact::Asked
        | Fact::Answered { end: CallEnd::Refused | CallEnd::Failed(_), .. }
        | Fact::Sent { kind: CallKind::Acquire | CallKind::Read, .. }
        | Fact::ShortCircuited { .. }
        | Fact::Dropped { .. }
        | Fact::MessageDuplicated
        | Fact::Closing
        | Fact::Stopped { .. } => 2,
        Fact::Saved => data.then_some(2)?,
        Fact::Ended { how, .. } => (!how.class.is_sudden()).then_some(3)?,
        Fact::Sent { kind: CallKind::Release, .. } | Fact::Rejected { .. } | Fact::Got { .. } => 4,
        Fact::RanAgain { .. } | Fact::Queued { .. } => 6,
        Fact::Misspoke { .. } => 0,
        Fact::Loaded { .. }
        | Fact::OwnsNoMore
        | Fact::OwnerPaused
        | Fact::Edited
        | Fact::EditRefused
        | Fact::Minted { .. }
        | Fact::Over
        | Fact::Sent {
            kind:
                CallKind::Save
                | CallKind::Renew
                | CallKind::Message
                | CallKind::Overwrite
                | CallKind::Remove
                | CallKind::Versions,
            ..
        }
        | Fact::Answered { end: CallEnd::Done, .. }
        | Fact::Conflict { .. }
        | Fact::CircuitClosed
        | Fact::Dequeued { .. }
        | Fact::Booted
        | Fact::Emptied
        | Fact::IncidentEnds { .. }
        | Fact::Healed
        | Fact::EndAsked
        | Fact::SeatFreed { .. }
        | Fact::Playing
        | Fact::Left
        | Fact::GaveUp
        | Fact::SaveCalled
        | Fact::SaveReturned { .. }
        | Fact::Subscribing
        | Fact::Subscribed { .. }
        | Fact::Remarked { .. } => return None,
    })
}

/// A way from one told event to another: how it ends, and how many untold steps are on it.
type Way = (How, u64);

/// What comes of what among the told, without what others say together; and how many steps of the
/// slice are not told.
fn links(
    graph: &Graph,
    slice: &[(usize, u32)],
    told: &[usize],
    last: usize,
) -> (Vec<StoryLink>, u64) {
    let place =
        |row: usize| if row == last { Some(told.len()) } else { told.binary_search(&row).ok() };
    let mut near: BTreeMap<usize, BTreeMap<usize, Way>> = BTreeMap::new();
    for row in slice.iter().map(|(row, _)| *row).chain([last]) {
        let mut ways: BTreeMap<usize, Way> = BTreeMap::new();
        for edge in graph.edges_directed(NodeIndex::new(row), petgraph::Incoming) {
            let (from, how) = (edge.source().index(), edge.weight().how);
            let mut way = |cause: usize, untold: u64| {
                let known = ways.entry(cause).or_insert((how, untold));
                if untold < known.1 {
                    *known = (how, untold);
                }
            };
            match place(from) {
                Some(cause) => way(cause, 0),
                None => near.get(&from).into_iter().flatten().for_each(|(cause, (_, untold))| {
                    way(*cause, untold + 1);
                }),
            }
        }
        near.insert(row, ways);
    }
    let ends = |row: &usize| near.get(row).cloned().unwrap_or_default();
    let told_or_last = told.iter().chain([&last]);
    let ways: Vec<BTreeMap<usize, Way>> = told_or_last.map(ends).collect();
    (reduced(&ways), (slice.len() - told.len()) as u64)
}

/// Whether a link says what no others say together: which write was read, or what was missing.
fn says_more(how: How, untold: u64) -> bool {
    untold == 0 && matches!(how, How::Missed | How::During | How::Clock | How::Read)
}

/// The links that no others say together, and those that say more.
fn reduced(ways: &[BTreeMap<usize, Way>]) -> Vec<StoryLink> {
    let mut all = List::<(), u32>::with_capacity(ways.len());
    for _ in ways {
        all.add_node();
    }
    // Effects are added in their order, which is that of time: the reduction relies on it.
    for (to, causes) in ways.iter().enumerate() {
        for from in causes.keys() {
            all.add_edge(*from as u32, to as u32, ());
        }
    }
    let (reduced, _) = dag_transitive_reduction_closure(&all);
    let mut links = Vec::new();
    for (to, causes) in ways.iter().enumerate() {
        for (from, (how, untold)) in causes {
            if says_more(*how, *untold) || reduced.contains_edge(*from as u32, to as u32) {
                links.push(StoryLink { from: *from, to, how: *how, untold: *untold });
            }
        }
    }
    links
}

/// When sessions owned, and when servers were paused or were down.
#[derive(Default)]
struct Spans {
    owned: Vec<StorySpan>,
    paused: Vec<StorySpan>,
    down: Vec<StorySpan>,
}

impl Spans {
    fn new(
        rows: &[&TraceRow],
        key: Option<Key>,
        lanes: &BTreeSet<Option<ServerId>>,
        at_end: Option<u64>,
    ) -> Spans {
        let mut spans = Spans::default();
        let mut owners = Owners::new(key.map_or(0, |key| key.0 + 1));
        let [mut paused, mut down]: [BTreeMap<ServerId, u64>; 2] = Default::default();
        let last_us = rows.last().map_or(0, |row| row.place.at.as_micros());
        let end_us = at_end.unwrap_or(last_us);
        let span = |server: ServerId, from_us, to_us| StorySpan {
            lane: server.to_string(),
            during: Interval { from_us, to_us },
        };
        let there = rows.iter().filter(|row| lanes.contains(&row.place.server));
        for step in there.filter_map(|row| row.step()) {
            let (Some(server), at_us) = (step.server, step.at.as_micros()) else { continue };
            if step.key == key && key.is_some() {
                owners.on_step(&step);
                let ended = owners.ended().filter(|owner| !owner.paused);
                let since = ended.map(|owner| (owner.server, owner.since.as_micros()));
                spans.owned.extend(since.map(|(server, since)| span(server, since, at_us)));
            }
            match step.fact {
                Fact::Paused => {
                    paused.insert(server, at_us);
                }
                Fact::Resumed => {
                    let since = paused.remove(&server);
                    spans.paused.extend(since.map(|since| span(server, since, at_us)));
                }
                Fact::Crashed | Fact::Stopped { .. } => {
                    let since = paused.remove(&server);
                    spans.paused.extend(since.map(|since| span(server, since, at_us)));
                    down.insert(server, at_us);
                }
                Fact::Booted => {
                    let since = down.remove(&server);
                    spans.down.extend(since.map(|since| span(server, since, at_us)));
                }
                _ => {}
            }
        }
        let still = key.into_iter().flat_map(|key| owners.live(key));
        let still = still.map(|owner| span(owner.server, owner.since.as_micros(), end_us));
        spans.owned.extend(still);
        spans.paused.extend(paused.into_iter().map(|(server, us)| span(server, us, end_us)));
        spans.down.extend(down.into_iter().map(|(server, us)| span(server, us, end_us)));
        for list in [&mut spans.owned, &mut spans.paused, &mut spans.down] {
            list.sort_by_key(|span| (span.during.from_us, span.during.to_us));
        }
        spans
    }
}
