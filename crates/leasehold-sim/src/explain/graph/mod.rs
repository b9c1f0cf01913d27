//! What came of what: the rows of a trace as a directed graph without cycles.
//!
//! Each row is a node, and every edge goes from an earlier row to a later one, with how the later
//! came of the earlier. What can be known exactly is: the phases of a call, a message and its
//! hearing, the write that a call has read. Where it cannot, as with a timer that the session set
//! some time before, the session's last step stands for all before it.
//!
//! ```text
//!   published --went on--> lost --missed--> sent again --went on--> committed --went on--> owns
//!                                                                     ^
//!   committed (another's) ------------------------read------------------'
//! ```
//!
//! Laws: whatever has no cause in the world has none here, such as a fault at random; nothing comes
//! of a state that is over.

mod conditions;
mod messages;

use crate::cause::Class;
use crate::config::Incident;
use crate::ids::ServerId;
use crate::library::CallKind;
use crate::step::{CallEnd, Fact};
use crate::trace::{Of, Trace, TraceRow};
use conditions::Conditions;
use leasehold_core::{JobId, Key};
use leasehold_data::How;
use messages::Messages;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;

/// An edge: how, and what it costs to go back along it. The cheaper, the closer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) how: How,
    pub(super) cost: u32,
}

/// What it costs to go back to why a player came here at all: in a world of many, where one player
/// goes is for many reasons, and none of them tells.
const BACKGROUND: u32 = 40;

/// Nodes are rows, in their order.
pub(super) type Graph = DiGraph<(), Edge>;

/// The graph of a trace, in a world with these incidents.
pub(super) fn graph(trace: &Trace, incidents: &[Incident]) -> Graph {
    let conditions = Conditions::of(incidents);
    let mut builder = GraphBuilder { first: trace.first, conditions, ..GraphBuilder::default() };
    for row in &trace.rows {
        builder.row(row);
    }
    builder.graph
}

/// Adds row after row. What it remembers are the last rows of each kind that a later one may come
/// of.
#[derive(Default)]
struct GraphBuilder<'a> {
    graph: Graph,
    /// The number of the first row.
    first: u32,
    /// The row that is being added, and whether it has a cause that is certain.
    this: u32,
    certain: bool,
    calls: BTreeMap<u32, u32>,
    sessions: BTreeMap<Session, u32>,
    /// Calls of each session that have failed since one was done, or are under way.
    failing: BTreeMap<Session, Vec<u32>>,
    /// The row by which each session has its data, if that takes no lease.
    based: BTreeMap<Session, u32>,
    /// The rows of the present event: whose, and which row.
    event: (u64, Vec<(Session, u32)>),
    /// The last write of each key, and by whom.
    stored: BTreeMap<Option<Key>, (u32, Server)>,
    /// Whose each process is, and so who holds each key.
    jobs: BTreeMap<JobId, Server>,
    holders: BTreeMap<Option<Key>, Server>,
    messages: Messages,
    conditions: Conditions<'a>,
    /// Where each key's player is, and since which row.
    players: BTreeMap<Option<Key>, (Server, u32)>,
    /// The session of each key whose player has left, and which was not released.
    leaked: BTreeMap<Session, u32>,
    receipts: BTreeMap<u32, u32>,
    items: BTreeMap<u32, u32>,
}

/// A server, if it is one's.
type Server = Option<ServerId>;

/// A session, as far as rows tell: its server and its key, if it has any.
type Session = (Server, Option<Key>);

impl GraphBuilder<'_> {
    fn row(&mut self, row: &TraceRow) {
        self.this = self.graph.add_node(()).index() as u32;
        self.certain = false;
        if self.event.0 != row.event {
            self.event = (row.event, Vec::new());
        }
        self.same_call(row);
        self.same_message(row);
        self.same_event(row);
        self.reads(row);
        self.waits(row);
        self.under_conditions(row);
        self.fails(row);
        self.trades(row);
        self.same_session(row);
        self.server_changes(row);
        // A mark is a word about what happened, as is what is printed: nothing comes of a word.
        if !matches!(row.fact, Some(Fact::Remarked { .. } | Fact::Said { .. })) {
            self.event.1.push(((row.place.server, row.place.key), self.this));
        }
    }

    fn edge(&mut self, from: u32, how: How, cost: u32) {
        if from < self.this {
            let (from, to) = (NodeIndex::new(from as usize), NodeIndex::new(self.this as usize));
            let known = self.graph.find_edge(from, to).map(|known| self.graph[known].cost);
            if known.is_none_or(|known| cost < known) {
                self.graph.update_edge(from, to, Edge { how, cost });
            }
        }
    }

    fn certainly(&mut self, from: Option<u32>, how: How, cost: u32) {
        if let Some(from) = from {
            self.certain = true;
            self.edge(from, how, cost);
        }
    }

    /// The node of a row that is known by its number, if it is still kept.
    fn node(&self, number: u32) -> Option<u32> {
        number.checked_sub(self.first)
    }

    fn same_call(&mut self, row: &TraceRow) {
        let Of::Call(call) = row.of else { return };
        let before = self.calls.insert(call, self.this);
        self.certainly(before, How::WentOn, 1);
    }

    /// What comes later in the same event, on the same server, comes of what came earlier; but a
    /// fault comes of its occasion at the most.
    fn same_event(&mut self, row: &TraceRow) {
        if row.fault.is_some() && row.place.key.is_none() {
            return;
        }
        let (server, key) = (row.place.server, row.place.key);
        let akin = |((s, k), _): &&(Session, u32)| {
            (*s == server || s.is_none()) && (*k == key || k.is_none() || key.is_none())
        };
        let before = self.event.1.iter().rev().find(akin).map(|(_, before)| *before);
        self.certainly(before, How::WentOn, 1);
    }

    fn reads(&mut self, row: &TraceRow) {
        let Some(fact) = &row.fact else { return };
        let key = row.place.key;
        let ends = matches!(
            fact,
            Fact::Committed { .. }
                | Fact::Removed { .. }
                | Fact::Got { .. }
                | Fact::Answered { end: CallEnd::Refused, .. }
        );
        let read = row.read.and_then(|read| self.node(read)).filter(|_| ends);
        // What was given back is free: how it was held before hardly matters.
        let free = matches!(fact, Fact::Committed { before: Some(was), .. } if was.released);
        self.certainly(read, How::Read, if free { 8 } else { 2 });
        self.based(row, fact);
        let writes = matches!(fact, Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged);
        if !writes {
            return;
        }
        let before = self.stored.insert(key, (self.this, row.place.server));
        let holder = self.held(row, fact);
        let Some((before, writer)) = before else { return };
        let holder = holder.unwrap_or(writer);
        if read != Some(before) {
            self.edge(before, How::Replaced, 2);
        }
        // A lease that has run out is judged by two clocks.
        if let Fact::Committed {
            kind: CallKind::Acquire,
            before: Some(was),
            after: Some(after),
            ..
        } = fact
            && was.owner != after.owner
        {
            // It is taken as its owner does not write, or is thought to be gone.
            if !was.released && holder != row.place.server {
                let failing = self.failing.get(&(holder, key)).cloned().unwrap_or_default();
                failing.into_iter().for_each(|call| self.edge(call, How::Missed, 2));
                let still = self.conditions.still.get(&holder).copied();
                still.into_iter().for_each(|still| self.edge(still, How::Missed, 2));
            }
            for server in [row.place.server, writer] {
                if let Some(set) = self.conditions.stepped.get(&server).copied() {
                    self.edge(set, How::Clock, 1);
                }
            }
        }
    }

    /// Who holds a key after a write; says who held it before. A process is known by the server on
    /// which it first took a key.
    fn held(&mut self, row: &TraceRow, fact: &Fact) -> Option<Server> {
        let Fact::Committed { after: Some(after), .. } = fact else { return None };
        let (job, _) = after.owner?;
        let holder = *self.jobs.entry(job).or_insert(row.place.server);
        self.holders.insert(row.place.key, holder)
    }

    /// A session that takes no lease has its data by a read; or by none, if that failed. What it
    /// writes is based on that.
    fn based(&mut self, row: &TraceRow, fact: &Fact) {
        let session = (row.place.server, row.place.key);
        match fact {
            Fact::Got { .. }
            | Fact::ShortCircuited { kind: CallKind::Read }
            | Fact::Answered {
                kind: CallKind::Read,
                end: CallEnd::Failed(_) | CallEnd::Silent,
                ..
            } => {
                self.based.insert(session, self.this);
            }
            Fact::Asked => {
                self.based.remove(&session);
            }
            Fact::Committed {
                kind: CallKind::Save | CallKind::Release | CallKind::Overwrite,
                ..
            } => {
                let based = self.based.get(&session).copied();
                based.into_iter().for_each(|read| self.edge(read, How::Based, 1));
            }
            _ => {}
        }
    }

    /// What a session could not do: it loses its lease by calls that fail, or that are not done.
    fn fails(&mut self, row: &TraceRow) {
        let session = (row.place.server, row.place.key);
        match row.fact {
            Some(Fact::Sent { .. }) => {
                self.failing.entry(session).or_default().push(self.this);
            }
            Some(Fact::Answered { end: CallEnd::Done, .. } | Fact::Asked) => {
                self.failing.remove(&session);
            }
            Some(Fact::Answered { .. } | Fact::ShortCircuited { .. }) => {
                let failing = self.failing.insert(session, vec![self.this]).unwrap_or_default();
                // A call that finds its own lease may not use it any more: it was not renewed.
                let own = self.holders.get(&session.1) == Some(&session.0);
                let refused =
                    matches!(row.fact, Some(Fact::Answered { end: CallEnd::Refused, .. }));
                if own && refused {
                    failing.into_iter().for_each(|call| self.edge(call, How::Missed, 1));
                }
            }
            Some(Fact::Ended { how, .. })
                if matches!(how.class, Class::Lapsed | Class::Fenced | Class::Unavailable) =>
            {
                let failing = self.failing.remove(&session).unwrap_or_default();
                failing.into_iter().for_each(|call| self.edge(call, How::Missed, 1));
            }
            _ => {}
        }
    }

    fn trades(&mut self, row: &TraceRow) {
        let before = match row.fact {
            Some(
                Fact::Bought { receipt }
                | Fact::Received { receipt }
                | Fact::Granted { receipt, .. },
            ) => self.receipts.insert(receipt.0, self.this),
            Some(Fact::Minted { item } | Fact::Traded { item, .. }) => {
                self.items.insert(item.0, self.this)
            }
            _ => None,
        };
        if let Some(before) = before {
            self.edge(before, How::WentOn, 2);
        }
    }

    /// What becomes of a call or a message on its way is not its session's doing. Only what the
    /// session hears of it is among the session's steps.
    fn goes_its_way(&mut self, row: &TraceRow) -> bool {
        let known = match row.of {
            Of::Call(_) => !matches!(row.fact, Some(Fact::Sent { .. })),
            Of::Message(_) => !matches!(row.fact, Some(Fact::Published { .. })),
            Of::Nothing => false,
        };
        let heard = matches!(row.fact, Some(Fact::Answered { .. } | Fact::Delivered { .. }));
        if known && heard {
            self.sessions.insert((row.place.server, row.place.key), self.this);
        }
        known
    }

    fn same_session(&mut self, row: &TraceRow) {
        let (server, key) = (row.place.server, row.place.key);
        if key.is_none() || server.is_none() || self.goes_its_way(row) {
            return;
        }
        let mut keys = vec![key];
        if let Some(Fact::Traded { to_key, .. }) = row.fact {
            keys.push(Some(to_key));
        }
        let asked = matches!(row.fact, Some(Fact::Asked));
        for key in keys {
            let before = self.sessions.insert((server, key), self.this);
            if let Some(before) = before.filter(|_| !asked) {
                // A timer was set by the session, some time before.
                let cost = if row.timer && !self.certain { 1 } else { 5 };
                self.edge(before, How::SameSession, cost);
            }
        }
        self.of_its_server(row);
        match row.fact {
            Some(Fact::Leaked) => {
                self.leaked.insert((server, key), self.this);
            }
            // Its server has the session still that was not released.
            Some(Fact::Rejected { reason }) if reason.class == Class::Busy => {
                let leaked = self.leaked.get(&(server, key)).copied();
                self.certainly(leaked, How::SameSession, 1);
            }
            _ => {}
        }
        if asked {
            let came = self.players.get(&key).map(|(_, since)| *since);
            self.certainly(came, How::Player, BACKGROUND);
        }
        let goes = matches!(
            row.fact,
            Some(
                Fact::Loaded { .. }
                    | Fact::Owns { .. }
                    | Fact::Rejected { .. }
                    | Fact::Ended { .. }
                    | Fact::SecondDevice
            )
        );
        let here = self.players.get(&key).is_some_and(|(at, _)| *at == server);
        if asked || (goes && here) {
            self.players.insert(key, (server, self.this));
        }
    }
}
