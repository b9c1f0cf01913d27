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
use super::words::{Words, name};
use crate::library::{CallKind, Item, Receipt};
use crate::observe::{CallEnd, Fact, INVARIANTS, Rule};
use crate::slab::NONE;
use crate::trail::{Broken, Row, Trail};
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
pub(super) fn story(broken: &Broken, trail: &Trail, end_us: u64) -> Story {
    let rows: Vec<&Row> = trail.rows.iter().collect();
    let mut graph = graph(trail);
    let anchors = anchors(broken, trail, &rows);
    let last = graph.add_node(());
    for anchor in &anchors {
        let from = NodeIndex::new(*anchor as usize);
        graph.add_edge(from, last, Edge { how: How::WentOn, cost: 0 });
    }
    let costs = dijkstra(Reversed(&graph), last, None, |edge| edge.weight().cost);
    let cost = |row: usize| costs.get(&NodeIndex::new(row)).copied();
    let slice: Vec<(usize, u32)> =
        (0..rows.len()).filter_map(|row| Some((row, cost(row)?))).collect();
    let told = told(broken, &rows, &slice, &anchors, trail.is_whole());
    let (links, untold) = links(&graph, &slice, &told, last.index());
    let words = Words::new(trail);
    let mut events: Vec<StoryEvent> = told.iter().map(|row| words.event(*row, broken)).collect();
    let lanes: BTreeSet<u32> = told.iter().map(|row| rows[*row].place.server).collect();
    let at_end = trail.found.is_none().then_some(end_us);
    let spans = Spans::new(&rows, broken.place.key, &lanes, at_end);
    events.push(words.violation(broken, &anchors, &spans.believed, at_end));
    let (number, key) = (broken.place.at.as_micros(), broken.place.key);
    Story {
        invariant: INVARIANTS[broken.rule].0.to_owned(),
        cause: broken.cause.clone(),
        why: broken.why.clone(),
        at_us: number,
        key: if key == NONE { String::new() } else { name('k', key) },
        events,
        links,
        believed: spans.believed,
        frozen: spans.frozen,
        down: spans.down,
        untold,
        kept_from_us: (trail.first > 0)
            .then(|| rows.first().map_or(0, |row| row.place.at.as_micros())),
    }
}

/// The rows that the violation is made of: where it is, and whoever else believes.
fn anchors(broken: &Broken, trail: &Trail, rows: &[&Row]) -> Vec<u32> {
    let place = broken.place;
    let found = trail.found.and_then(|found| found.checked_sub(trail.first));
    let here = |row: &&Row| (row.place.server, row.place.key) == (place.server, place.key);
    let mut believers: BTreeMap<u32, u32> = BTreeMap::new();
    let mut late = None;
    for (nth, row) in rows.iter().enumerate().filter(|_| broken.rule == Rule::Belief as usize) {
        if row.place.key != place.key || row.place.at > place.at {
            continue;
        }
        match row.fact {
            Some(Fact::Believes { .. }) => {
                if here(row) && row.place.at == place.at {
                    late = Some(nth as u32);
                    break;
                }
                believers.insert(row.place.server, nth as u32);
            }
            Some(Fact::Ceases | Fact::Freezes | Fact::Ended { .. }) => {
                believers.remove(&row.place.server);
            }
            _ => {}
        }
    }
    let mut anchors: Vec<u32> = match late {
        Some(late) => believers.into_values().chain([late]).collect(),
        None => {
            let at = |row: &&Row| here(row) && row.place.at <= place.at;
            let last = match found {
                Some(_) => rows.iter().rposition(at),
                // It was found when the run was over: what was owed never came.
                None => rows.iter().rposition(here).or_else(|| rows.iter().rposition(at)),
            };
            last.map(|nth| nth as u32).into_iter().chain(found).collect()
        }
    };
    anchors.extend(halves(broken, rows));
    anchors.extend(replaced(broken, rows));
    if broken.rule == Rule::Leaks as usize {
        let leaked = |row: &&Row| here(row) && matches!(row.fact, Some(Fact::Leaked));
        anchors.extend(rows.iter().rposition(leaked).map(|row| row as u32));
    }
    if anchors.is_empty() {
        anchors.extend(rows.len().checked_sub(1).map(|last| last as u32));
    }
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

/// Which item or receipt a violation is about: the observer names it first.
fn subject(broken: &Broken) -> Option<u32> {
    let mut words = broken.why.split(' ');
    let named = matches!(words.next(), Some("item" | "receipt"));
    words.next().filter(|_| named)?.parse().ok()
}

/// Of an item that was duplicated or lost: its last trade, and the write that the observer names.
fn halves(broken: &Broken, rows: &[&Row]) -> Vec<u32> {
    let Some(item) = subject(broken).filter(|_| broken.rule == Rule::Items as usize) else {
        return Vec::new();
    };
    let traded =
        |row: &&Row| matches!(row.fact, Some(Fact::Traded { item: Item(nth), .. }) if nth == item);
    let words: Vec<&str> = broken.why.split(' ').collect();
    let named = words.windows(4).find(|words| words[0] == "commit" && words[2] == "of");
    let landed = |row: &&Row| match (row.fact, named) {
        (Some(Fact::Landed { after, .. }), Some([_, commit, _, key])) => {
            *commit == after.commit.to_string() && *key == name('k', row.place.key)
        }
        _ => false,
    };
    let halves = [rows.iter().rposition(traded), rows.iter().rposition(landed)];
    halves.into_iter().flatten().map(|row| row as u32).collect()
}

/// Of an item whose half is missing: the acquire that took the key from the session that owed it.
fn replaced(broken: &Broken, rows: &[&Row]) -> Option<u32> {
    subject(broken).filter(|_| broken.rule == Rule::Items as usize)?;
    let words: Vec<&str> = broken.why.split(' ').collect();
    let server = words.windows(3).find(|words| words[0] == "session" && words[1] == "of")?[2];
    let over = |words: &&[&str]| words[0].starts_with('k') && words[1..] == ["was", "over"];
    let key = words.windows(3).find(over)?[0];
    let of_key = |row: &Row| name('k', row.place.key) == key;
    let owed = |row: &Row| of_key(row) && name('s', row.place.server) == server;
    let end = rows.iter().rposition(|row| owed(row) && matches!(row.fact, Some(Fact::Over)));
    let rows = &rows[..end.unwrap_or(rows.len())];
    let took = |row: &Row| match row.fact {
        Some(Fact::Landed { kind: CallKind::Acquire, before: Some(before), after, .. }) => {
            before.owner != after.owner
        }
        _ => false,
    };
    let taken = rows.iter().rposition(|row| of_key(row) && took(row))?;
    (!owed(rows[taken])).then_some(taken as u32)
}

/// The rows that are told, in order.
fn told(
    broken: &Broken,
    rows: &[&Row],
    slice: &[(usize, u32)],
    anchors: &[u32],
    whole: bool,
) -> Vec<usize> {
    let about = About { data: is_about_data(broken.rule), goods: subject(broken) };
    let near = if about.goods.is_some() { NEAR / 4 } else { NEAR };
    let far = if whole { FAR } else { near + NEAR };
    let faults = slice.iter().filter(|(row, _)| rows[*row].fault.is_some()).count();
    let mut ranked: Vec<(u32, usize)> = Vec::new();
    for &(row, cost) in slice {
        let fault = rows[row].fault.is_some();
        let rank = if anchors.contains(&(row as u32)) || (fault && whole && faults <= FAULTS_FEW) {
            0
        } else {
            let Some(more) = telling(rows[row], about) else { continue };
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

/// The sending of each call that is told to have landed, but of no more than can be read.
fn sendings(rows: &[&Row], told: &[usize]) -> Vec<usize> {
    let lands = |row: &Row| matches!(row.fact, Some(Fact::Landed { .. } | Fact::Strayed { .. }));
    let sends = |row: &Row| matches!(row.fact, Some(Fact::Sent { .. }));
    let landed = told.iter().rev().filter(|row| lands(rows[**row]));
    let sent = landed.filter_map(|landed| {
        let named = rows[*landed].call()?;
        rows[..*landed].iter().rposition(|row| sends(row) && row.call() == Some(named))
    });
    sent.take(TOLD_MAX.saturating_sub(told.len())).collect()
}

/// What a story is about, as far as it makes steps more telling.
#[derive(Clone, Copy)]
struct About {
    /// What is stored: every write counts.
    data: bool,
    /// An item or a receipt.
    goods: Option<u32>,
}

/// Whether an invariant is about what is stored, so that every write counts.
fn is_about_data(rule: usize) -> bool {
    [Rule::Acknowledged, Rule::Effect, Rule::Order, Rule::Corruption]
        .iter()
        .any(|known| *known as usize == rule)
}

/// How far back a step is put for being less telling than others; nothing if it is routine.
fn telling(row: &Row, about: About) -> Option<u32> {
    let About { data, goods } = about;
    if row.fault.is_some() {
        return Some(0);
    }
    let fact = row.fact?;
    Some(match fact {
        Fact::Believes { .. }
        | Fact::Strayed { .. }
        | Fact::Damaged
        | Fact::Misled { .. }
        | Fact::MailLost { .. }
        | Fact::MailDropped { .. }
        | Fact::MailRefused { .. }
        | Fact::Unheard
        | Fact::Crashed
        | Fact::Froze
        | Fact::Thawed
        | Fact::Stepped { .. }
        | Fact::OutOfMemory { .. }
        | Fact::CutOff { .. }
        | Fact::NotSubscribed { .. }
        | Fact::Leaked
        | Fact::IncidentBegins { .. } => 0,
        Fact::Landed { before, after, .. } => {
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
        Fact::Traded { item: Item(nth), .. }
        | Fact::Bought { receipt: Receipt(nth) }
        | Fact::Received { receipt: Receipt(nth) }
        | Fact::Granted { receipt: Receipt(nth), .. } => (goods == Some(nth)).then_some(0)?,
        Fact::Asked
        | Fact::Answered { end: CallEnd::Refused | CallEnd::Failed(_), .. }
        | Fact::Sent { kind: CallKind::Acquire | CallKind::Read, .. }
        | Fact::FailedFast { .. }
        | Fact::Dropped { .. }
        | Fact::MailDoubled
        | Fact::Closing
        | Fact::Stopped { .. } => 2,
        Fact::Saved => data.then_some(2)?,
        Fact::Ended { how, .. } if !matches!(how, "crash" | "out of memory") => 3,
        Fact::Sent { kind: CallKind::Release, .. } | Fact::Refused { .. } | Fact::Got { .. } => 4,
        Fact::RanAgain { .. } | Fact::Queued { .. } => 6,
        _ => return None,
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

/// When sessions believed, and when servers stood still or were down.
#[derive(Default)]
struct Spans {
    believed: Vec<StorySpan>,
    frozen: Vec<StorySpan>,
    down: Vec<StorySpan>,
}

impl Spans {
    fn new(rows: &[&Row], key: u32, lanes: &BTreeSet<u32>, at_end: Option<u64>) -> Spans {
        let mut spans = Spans::default();
        let mut open: [BTreeMap<u32, u64>; 3] = Default::default();
        let last_us = rows.last().map_or(0, |row| row.place.at.as_micros());
        let end_us = at_end.unwrap_or(last_us);
        for row in rows.iter().filter(|row| lanes.contains(&row.place.server)) {
            let (server, at_us) = (row.place.server, row.place.at.as_micros());
            let [believing, frozen, down] = &mut open;
            let span = |from_us| StorySpan {
                lane: name('s', server),
                during: Interval { from_us, to_us: at_us },
            };
            match row.fact {
                Some(Fact::Believes { .. }) if row.place.key == key => {
                    believing.entry(server).or_insert(at_us);
                }
                Some(Fact::Ceases | Fact::Freezes | Fact::Ended { .. }) if row.place.key == key => {
                    spans.believed.extend(believing.remove(&server).map(span));
                }
                Some(Fact::Froze) => {
                    frozen.insert(server, at_us);
                }
                Some(Fact::Thawed) => spans.frozen.extend(frozen.remove(&server).map(span)),
                Some(Fact::Crashed | Fact::Stopped { .. }) => {
                    spans.frozen.extend(frozen.remove(&server).map(span));
                    down.insert(server, at_us);
                }
                Some(Fact::Booted) => spans.down.extend(down.remove(&server).map(span)),
                _ => {}
            }
        }
        let lists = [&mut spans.believed, &mut spans.frozen, &mut spans.down];
        for (list, open) in lists.into_iter().zip(open) {
            list.extend(open.into_iter().map(|(server, from_us)| StorySpan {
                lane: name('s', server),
                during: Interval { from_us, to_us: end_us },
            }));
            list.sort_by_key(|span| (span.during.from_us, span.during.to_us));
        }
        spans
    }
}
