//! From the graph to what is told: the part that leads to the violation, and of that the few steps
//! that tell.
//!
//! Told is what the violation is made of; the faults without which it is not there, with what each
//! of them first changed; and the steps through which every way leads from these to the violation.
//! The room that is left is for those that are close to the violation and no routine, such as a
//! save that was acknowledged. Of a step that comes again and again, the first and the last are
//! told.
//!
//! ```text
//!   rows --backwards from the violation--> slice --what decided, then near--> told --linked--> story
//! ```

use super::anchors::anchors;
use super::graph::{Edge, Graph, graph};
use super::links::links;
use super::sentences::Words;
use super::slow::slow;
use super::spans::Spans;
use super::without::Tried;
use crate::config::Incident;
use crate::ids::{ServerId, VisitId};
use crate::library::CallKind;
use crate::observe::{About, Subject, Violation};
use crate::step::{CallEnd, Fact, FactKind};
use crate::trace::{Of, Trace, TraceRow};
use leasehold_core::Key;
use leasehold_data::{How, Story, StoryEvent};
use petgraph::algo::dominators::simple_fast;
use petgraph::algo::{dijkstra, has_path_connecting};
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeRef, Reversed};
use std::collections::{BTreeMap, BTreeSet};

/// So many steps are told at the most, besides the violation itself and the sending of calls.
const TOLD_MAX: usize = 28;

/// Farther steps are told only if they are faults; and those only up to here.
const NEAR: u32 = 18;
const FAR: u32 = 60;

/// What leads to a violation, before it is told.
pub(super) struct Tale<'a> {
    broken: &'a Violation,
    trace: &'a Trace,
    incidents: &'a [Incident],
    rows: Vec<&'a TraceRow>,
    graph: Graph,
    anchors: Vec<u32>,
    /// The node of the violation.
    last: NodeIndex,
    /// How far back each row is that leads there.
    costs: BTreeMap<usize, u32>,
    /// Of the faults that were tried: whether the violation is not there without it.
    tried: BTreeMap<usize, bool>,
    /// How many were not.
    untried: u64,
    /// What the needed ones first changed.
    changed: BTreeSet<usize>,
}

impl<'a> Tale<'a> {
    /// What leads to a violation, in a world with these incidents.
    pub(super) fn new(
        broken: &'a Violation,
        trace: &'a Trace,
        incidents: &'a [Incident],
    ) -> Tale<'a> {
        let rows: Vec<&TraceRow> = trace.rows.iter().collect();
        let mut graph = graph(trace, incidents);
        let anchors = anchors(broken, trace, &rows);
        let last = graph.add_node(());
        for anchor in &anchors {
            let from = NodeIndex::new(*anchor as usize);
            graph.add_edge(from, last, Edge { how: How::WentOn, cost: 0 });
        }
        let mut tale = Tale {
            broken,
            trace,
            incidents,
            rows,
            graph,
            anchors,
            last,
            costs: BTreeMap::new(),
            tried: BTreeMap::new(),
            untried: 0,
            changed: BTreeSet::new(),
        };
        tale.measure();
        tale
    }

    /// Works out what leads to the violation, and how far back it is.
    fn measure(&mut self) {
        let costs = dijkstra(Reversed(&self.graph), self.last, None, |edge| edge.weight().cost);
        let rows = 0..self.rows.len();
        let cost = |row| Some((row, *costs.get(&NodeIndex::new(row))?));
        self.costs = rows.filter_map(cost).collect();
    }

    /// The rows that lead to the violation, in their order.
    pub(super) fn slice(&self) -> Vec<usize> {
        self.costs.keys().copied().collect()
    }

    /// The rows of faults: first those that are known to lead there, the closest first, then those
    /// that may, the latest first.
    pub(super) fn faults(&self) -> Vec<usize> {
        let at = |row: usize| self.rows[row].place.at <= self.broken.place.at;
        let late = self.trace.found.is_none();
        let all = (0..self.rows.len()).rev();
        let faults = all.filter(|row| self.rows[*row].fault.is_some() && (late || at(*row)));
        let mut faults: Vec<usize> = faults.collect();
        faults.sort_by_key(|row| self.costs.get(row).copied().unwrap_or(u32::MAX));
        faults
    }

    /// Takes in which faults decided, of so many. One that is needed led there, whatever else is
    /// known of it.
    pub(super) fn decided(&mut self, tried: &[Tried], of: usize) {
        self.untried = (of - tried.len()) as u64;
        for Tried { row, needed, first } in tried {
            self.tried.insert(*row, *needed);
            if !needed {
                continue;
            }
            let from = NodeIndex::new(*row);
            let to = first.map_or(self.last, NodeIndex::new);
            self.changed.extend(first);
            if !has_path_connecting(&self.graph, from, to, None) {
                self.graph.update_edge(from, to, Edge { how: How::Needed, cost: 1 });
            }
        }
        self.measure();
    }

    /// The story; the run lasts so many microseconds.
    pub(super) fn story(&self, end_us: u64) -> Story {
        let (broken, trace, rows) = (self.broken, self.trace, &self.rows);
        let told = self.told();
        let slice: Vec<(usize, u32)> = self.costs.iter().map(|(row, cost)| (*row, *cost)).collect();
        let (links, untold) =
            links(&self.graph, &slice, (&told, self.last.index()), self.travels());
        let words = Words::new(trace, self.incidents);
        let event = |row: &usize| StoryEvent {
            needed: self.tried.get(row).copied(),
            begins: !self.has_causes(*row),
            ..words.event(*row, Some(broken))
        };
        let mut events: Vec<StoryEvent> = told.iter().map(event).collect();
        let lanes: BTreeSet<Option<ServerId>> =
            told.iter().map(|row| rows[*row].place.server).collect();
        let at_end = trace.found.is_none().then_some(end_us);
        let spans = Spans::new(rows, broken.place.key, &lanes, at_end);
        events.push(words.violation(broken, &self.anchors, &spans.owned, at_end));
        Story {
            invariant: broken.invariant.name.to_owned(),
            cause: broken.cause.name.to_owned(),
            why: broken.detail.sentence.clone(),
            at_us: broken.place.at.as_micros(),
            key: broken.place.key.map(|key| key.to_string()).unwrap_or_default(),
            overlap: broken.invariant.about == About::Overlap,
            events,
            links,
            owned: spans.owned,
            paused: spans.paused,
            down: spans.down,
            untold,
            untried: self.untried,
            kept_from_us: (trace.first > 0)
                .then(|| rows.first().map_or(0, |row| row.place.at.as_micros())),
        }
    }

    /// Whether between two rows a call or a message is on its way, or the second is what came of a
    /// call's answer.
    fn travels(&self) -> impl Fn(usize, usize) -> bool {
        let answered = |row: &&TraceRow| matches!(row.fact, Some(Fact::Answered { .. }));
        let answers = self.rows.iter().filter(|row| answered(row));
        let answers: BTreeMap<Of, u64> = answers.map(|row| (row.of, row.event)).collect();
        move |from, to| {
            let (cause, effect) = (self.rows[from], self.rows[to]);
            match (cause.of, effect.of) {
                (Of::Message(_), Of::Message(_)) | (Of::Call(_), Of::Call(_)) => {
                    cause.of == effect.of
                }
                (Of::Call(_), _) => answers.get(&cause.of) == Some(&effect.event),
                _ => false,
            }
        }
    }

    /// Whether anything is known that a row came of.
    fn has_causes(&self, row: usize) -> bool {
        let node = NodeIndex::new(row);
        self.graph.neighbors_directed(node, petgraph::Incoming).next().is_some()
    }

    /// The rows that are told, in order.
    fn told(&self) -> Vec<usize> {
        let subject = self.broken.detail.subject;
        let about = (self.broken.invariant.about == About::Data, subject);
        let near = if subject.is_some() { NEAR / 4 } else { NEAR };
        let far = if self.trace.is_whole() { FAR } else { near + NEAR };
        let (slow, ways) = (slow(&self.rows), self.only_ways());
        let mut ranked: Vec<(u32, usize)> = Vec::new();
        for (&row, &cost) in &self.costs {
            let this = self.rows[row];
            let slow = this.call().is_some_and(|call| slow.contains_key(&call));
            let matters = self.matters(row, slow);
            let telling = telling(this, matters, about);
            let needed = self.tried.get(&row) == Some(&true);
            let rank = if needed || self.anchors.contains(&(row as u32)) {
                0
            } else if self.changed.contains(&row) || (telling.is_some() && ways.contains(&row)) {
                1
            } else {
                let Some(more) = telling else { continue };
                cost + more
            };
            if rank <= if this.fault.is_some() { far } else { near } {
                ranked.push((rank, row));
            }
        }
        self.without_repeats(&mut ranked);
        ranked.sort_by_key(|(rank, row)| (*rank, std::cmp::Reverse(*row)));
        // What is needed is told, however much that is.
        let needed = ranked.iter().filter(|(rank, _)| *rank == 0).count();
        ranked.truncate(TOLD_MAX.max(needed));
        let mut told: Vec<usize> = ranked.into_iter().map(|(_, row)| row).collect();
        told.extend(sendings(&self.rows, &told));
        told.sort_unstable();
        told.dedup();
        self.without_the_finding(told)
    }

    /// Whether a row that is no trouble of itself is one here: it is what was missed, or a slow
    /// call while the datastore was slow.
    fn matters(&self, row: usize, slow: bool) -> bool {
        let node = NodeIndex::new(row);
        let missed = |edge: petgraph::graph::EdgeReference<'_, Edge>| {
            edge.weight().how == How::Missed && self.costs.contains_key(&edge.target().index())
        };
        let during =
            |edge: petgraph::graph::EdgeReference<'_, Edge>| edge.weight().how == How::During;
        self.graph.edges(node).any(missed)
            || (slow && self.graph.edges_directed(node, petgraph::Incoming).any(during))
    }

    /// The rows through which every way leads from a needed fault to the violation.
    fn only_ways(&self) -> BTreeSet<usize> {
        let needed = self.tried.iter().filter(|(_, needed)| **needed).map(|(row, _)| *row);
        let needed: Vec<usize> = needed.collect();
        if needed.is_empty() {
            return BTreeSet::new();
        }
        let ways = simple_fast(Reversed(&self.graph), self.last);
        let through = |row| ways.strict_dominators(NodeIndex::new(row)).into_iter().flatten();
        needed.into_iter().flat_map(through).map(NodeIndex::index).collect()
    }

    /// Of a step that comes again and again, the first and the last stay; unless it decided.
    fn without_repeats(&self, ranked: &mut Vec<(u32, usize)>) {
        ranked.sort_by_key(|(_, row)| *row);
        let mut same: BTreeMap<Again, Vec<usize>> = BTreeMap::new();
        for (_, row) in ranked.iter().filter(|(rank, _)| *rank > 1) {
            let this = again(self.rows[*row]);
            this.into_iter().for_each(|this| same.entry(this).or_default().push(*row));
        }
        let between = same.into_values().filter(|rows| rows.len() > 2);
        let between: BTreeSet<usize> =
            between.flat_map(|rows| rows[1..rows.len() - 1].to_vec()).collect();
        ranked.retain(|(_, row)| !between.contains(row));
    }

    /// The violation says itself what its own row would say.
    fn without_the_finding(&self, mut told: Vec<usize>) -> Vec<usize> {
        let says = |fact| matches!(fact, Some(Fact::Misspoke { .. } | Fact::Complained { .. }));
        let misspoke = |row: usize| says(self.rows[row].fact);
        let is_it = |row: &usize| misspoke(*row) && self.anchors.last() == Some(&(*row as u32));
        if told.len() > 1 {
            told.retain(|row| !is_it(row));
        }
        told
    }
}

/// What makes two steps the same one again.
type Again = (Option<ServerId>, Option<Key>, Option<VisitId>, FactKind, Option<CallKind>);

/// What a row has in common with those that say the same again; nothing if it is always another.
fn again(row: &TraceRow) -> Option<Again> {
    let fact = row.fact.filter(|_| row.fault.is_none())?;
    let kind = match fact {
        Fact::Sent { kind, .. } | Fact::ShortCircuited { kind } => Some(kind),
        Fact::Answered { kind, end: CallEnd::Refused | CallEnd::Failed(_), .. } => Some(kind),
        Fact::Published { .. } | Fact::Delivered { .. } | Fact::NoSubscriber => None,
        Fact::MessageLost { .. } | Fact::Saved | Fact::Got { .. } => None,
        Fact::Committed { kind, before: Some(before), after: Some(after), .. }
            if (before.owner, before.released) == (after.owner, after.released) =>
        {
            Some(kind)
        }
        _ => return None,
    };
    Some((row.place.server, row.place.key, row.visit, FactKind::from(fact), kind))
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
fn telling(row: &TraceRow, matters: bool, (data, subject): (bool, Option<Subject>)) -> Option<u32> {
    if row.fault.is_some() {
        return Some(0);
    }
    let fact = row.fact?;
    let alone = matches!(
        fact,
        Fact::Sent { .. }
            | Fact::Answered { .. }
            | Fact::ShortCircuited { .. }
            | Fact::Remarked { .. }
    );
    if matters && alone {
        return Some(1);
    }
    weight(fact, (data, subject))
}

/// How much a fact tells, the less the more; nothing of one that never does.
fn weight(fact: Fact, (data, subject): (bool, Option<Subject>)) -> Option<u32> {
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
        Fact::Misspoke { .. } | Fact::Complained { .. } => 0,
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
        | Fact::Said { .. }
        | Fact::Remarked { .. } => return None,
    })
}
