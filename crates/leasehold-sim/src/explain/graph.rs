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

use crate::config::Direction;
use crate::ids::ServerId;
use crate::library::{CallKind, MessageKind};
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact};
use crate::trace::{Of, Trace, TraceRow};
use leasehold_core::Key;
use leasehold_data::How;
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

/// The graph of a trace.
pub(super) fn graph(trace: &Trace) -> Graph {
    let mut builder = GraphBuilder { first: trace.first, ..GraphBuilder::default() };
    for row in &trace.rows {
        builder.row(row);
    }
    builder.graph
}

/// Adds row after row. What it remembers are the last rows of each kind that a later one may come
/// of.
#[derive(Default)]
struct GraphBuilder {
    graph: Graph,
    /// The number of the first row.
    first: u32,
    /// The row that is being added, and whether it has a cause that is certain.
    this: u32,
    certain: bool,
    calls: BTreeMap<u32, u32>,
    /// Calls with a fault of their own.
    faulty: Vec<u32>,
    sessions: BTreeMap<Session, u32>,
    /// How the last call of each session went.
    called: BTreeMap<Session, u32>,
    servers: BTreeMap<Server, u32>,
    /// The rows of the present event: whose, and which row.
    event: (u64, Vec<(Session, u32)>),
    /// The last write of each key, and by whom.
    stored: BTreeMap<Option<Key>, (u32, Server)>,
    /// What a session waits for in vain.
    missed: BTreeMap<Session, Vec<u32>>,
    publishers: BTreeMap<u32, Server>,
    /// Whom a session has asked, and was not answered.
    asked: BTreeMap<Session, Server>,
    stepped: BTreeMap<Server, u32>,
    /// The last change of its server that each session has felt.
    felt: BTreeMap<Session, u32>,
    /// Servers that are down or be paused.
    still: BTreeMap<Server, u32>,
    unsubscribed: BTreeMap<Server, u32>,
    /// Sessions that listen where nobody speaks to them.
    unheard: BTreeMap<Session, u32>,
    cuts: Vec<Cut>,
    /// Servers that have no datastore, and know it.
    fallen: BTreeMap<Server, u32>,
    /// The incidents that are on.
    incidents: BTreeMap<u32, u32>,
    /// Where each key's player is, and since which row.
    players: BTreeMap<Option<Key>, (Server, u32)>,
    receipts: BTreeMap<u32, u32>,
    items: BTreeMap<u32, u32>,
}

/// A server, if it is one's.
type Server = Option<ServerId>;

/// A session, as far as rows tell: its server and its key, if it has any.
type Session = (Server, Option<Key>);

/// A server is cut off from messages for some time.
struct Cut {
    row: u32,
    server: Server,
    way: Direction,
    until: Moment,
}

impl GraphBuilder {
    fn row(&mut self, row: &TraceRow) {
        self.this = self.graph.add_node(()).index() as u32;
        self.certain = false;
        if self.event.0 != row.event {
            self.event = (row.event, Vec::new());
        }
        self.same_call(row);
        if matches!(row.fact, Some(Fact::Answered { .. } | Fact::ShortCircuited { .. })) {
            self.called.insert((row.place.server, row.place.key), self.this);
        }
        self.same_message(row);
        self.same_event(row);
        self.reads(row);
        self.waits(row);
        self.troubles(row);
        self.trades(row);
        self.same_session(row);
        self.server_changes(row);
        self.event.1.push(((row.place.server, row.place.key), self.this));
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
        if row.fault.is_some() {
            self.faulty.push(call);
        }
    }

    fn same_message(&mut self, row: &TraceRow) {
        let Of::Message(message) = row.of else { return };
        let published = self.node(message);
        if matches!(row.fact, Some(Fact::Published { .. })) {
            self.publishers.insert(self.this, row.place.server);
        } else {
            self.certainly(published, How::WentOn, 1);
        }
    }

    /// What comes later in the same event, on the same server, comes of what came earlier.
    fn same_event(&mut self, row: &TraceRow) {
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
        let writes = matches!(fact, Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged);
        if !writes {
            return;
        }
        let before = self.stored.insert(key, (self.this, row.place.server));
        let Some((before, writer)) = before else { return };
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
            // It is taken as its owner has not written for some time, or is thought to be gone.
            if !was.released && writer != row.place.server {
                let owner = self.called.get(&(writer, key)).copied();
                owner.into_iter().for_each(|owner| self.edge(owner, How::Missed, 3));
            }
            for server in [row.place.server, writer] {
                if let Some(set) = self.stepped.get(&server).copied() {
                    self.edge(set, How::Clock, 1);
                }
            }
        }
    }

    /// What was lost is missed by who asked, as soon as they act without it.
    fn waits(&mut self, row: &TraceRow) {
        let (server, key) = (row.place.server, row.place.key);
        let publisher = match row.of {
            Of::Message(message) => {
                self.node(message).and_then(|message| self.publishers.get(&message)).copied()
            }
            _ => None,
        };
        let asker = match row.fact {
            Some(Fact::MessageLost { kind: MessageKind::Answer, to }) => Some(Some(to)),
            Some(Fact::MessageLost { kind: MessageKind::Challenge, .. }) => Some(server),
            Some(Fact::MessageDropped { kind: MessageKind::Answer, .. }) => Some(server),
            Some(Fact::MessageRejected { kind: MessageKind::Challenge, .. }) => Some(server),
            Some(Fact::MessageDropped { .. } | Fact::NoSubscriber) => publisher,
            _ => None,
        };
        if let Some(asker) = asker {
            self.missed.entry((asker, key)).or_default().push(self.this);
            self.no_subscriber(row);
        }
        match row.fact {
            Some(Fact::Published { kind: MessageKind::Challenge }) => {
                let owner = self.stored.get(&key).map(|(_, writer)| *writer);
                self.asked.extend(owner.map(|owner| ((server, key), owner)));
            }
            // An owner that has heard can hear: if nothing comes back, its answer was lost.
            Some(Fact::Delivered { kind: MessageKind::Challenge }) => {
                let asker = publisher.map(|asker| (asker, key));
                if asker.and_then(|asker| self.asked.get(&asker)) == Some(&server) {
                    asker.and_then(|asker| self.asked.remove(&asker));
                }
            }
            Some(Fact::Delivered { kind: MessageKind::Answer }) => {
                self.missed.remove(&(server, key));
                self.asked.remove(&(server, key));
            }
            Some(Fact::Sent { .. }) if row.timer => {
                for lost in self.missed.remove(&(server, key)).unwrap_or_default() {
                    self.certainly(Some(lost), How::Missed, 1);
                }
                // Whoever was asked may not have been there to answer.
                let asked = self.asked.remove(&(server, key));
                let still = asked.and_then(|owner| self.still.get(&owner)).copied();
                self.certainly(still, How::Missed, 1);
            }
            _ => {}
        }
    }

    /// Why nobody heard: who should have is down, paused, cut off or not subscribed; or who spoke
    /// was cut off.
    fn no_subscriber(&mut self, row: &TraceRow) {
        let (server, at) = (row.place.server, row.place.at);
        let Of::Message(message) = row.of else { return };
        let published = self.node(message);
        // What is lost as it is published has not left its server.
        let left = !self.event.1.iter().any(|(_, row)| Some(*row) == published);
        let mut why = Vec::new();
        match row.fact {
            Some(Fact::MessageLost { .. }) if row.fault.is_some() => {}
            Some(Fact::MessageLost { to, .. }) => {
                let (who, unlike) = if left {
                    (Some(to), Direction::Outbound)
                } else {
                    (server, Direction::Inbound)
                };
                let on = |cut: &&Cut| cut.server == who && cut.way != unlike && at < cut.until;
                why.extend(self.cuts.iter().filter(on).map(|cut| cut.row));
                if left && why.is_empty() {
                    why.extend(self.still.get(&Some(to)));
                }
            }
            Some(Fact::NoSubscriber) => {
                let holder = self.stored.get(&row.place.key).map(|(_, writer)| *writer);
                let to = if left { Some(server) } else { holder };
                for gone in [&self.still, &self.unsubscribed] {
                    why.extend(to.and_then(|to| gone.get(&to)));
                }
                why.extend(to.and_then(|to| self.unheard.get(&(to, row.place.key))));
            }
            _ => {}
        }
        why.into_iter().for_each(|since| self.edge(since, How::Missed, 1));
    }

    fn troubles(&mut self, row: &TraceRow) {
        let (server, this) = (row.place.server, self.this);
        match row.fact {
            Some(Fact::Stepped { .. }) => {
                self.stepped.insert(server, this);
            }
            Some(Fact::Crashed | Fact::Paused | Fact::Stopped { .. }) => {
                self.still.insert(server, this);
            }
            Some(Fact::NotSubscribed { .. }) => {
                self.unsubscribed.insert(server, this);
            }
            Some(Fact::Unheard { .. }) => {
                self.unheard.insert((server, row.place.key), this);
            }
            Some(Fact::Over) => {
                self.unheard.remove(&(server, row.place.key));
            }
            Some(Fact::CutOff { way, until }) => {
                self.cuts.push(Cut { row: this, server, way, until });
            }
            Some(Fact::FellBack) => {
                self.fallen.insert(server, this);
            }
            Some(Fact::Resumed) => {
                self.still.remove(&server);
            }
            Some(Fact::Booted) => {
                for troubles in [&mut self.still, &mut self.unsubscribed, &mut self.fallen] {
                    troubles.remove(&server);
                }
            }
            Some(Fact::Saved) => {
                let fallen = self.fallen.get(&server).copied();
                fallen.into_iter().for_each(|fallen| self.edge(fallen, How::WentOn, 1));
            }
            Some(Fact::IncidentBegins { nth, .. }) => {
                self.incidents.insert(nth, this);
            }
            Some(Fact::IncidentEnds { nth, .. }) => {
                self.incidents.remove(&nth);
            }
            Some(Fact::Healed) => {
                self.incidents.clear();
                self.cuts.clear();
            }
            Some(
                Fact::WrongScope { .. }
                | Fact::BadRead { .. }
                | Fact::Answered { end: CallEnd::Failed(_), .. },
            ) if !matches!(row.of, Of::Call(call) if self.faulty.contains(&call)) => {
                for incident in self.incidents.values().copied().collect::<Vec<_>>() {
                    self.edge(incident, How::During, 1);
                }
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
            let up = self.servers.get(&server).copied();
            if let Some(up) = up
                && self.felt.insert((server, key), up) != Some(up)
            {
                // A session that begins owes little to what befell its server before.
                self.edge(up, How::SameSession, if asked { BACKGROUND } else { 2 });
            }
            if let Some(before) = before.filter(|_| !asked) {
                // A timer was set by the session, some time before.
                let cost = if row.timer && !self.certain { 1 } else { 5 };
                self.edge(before, How::SameSession, cost);
            }
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

    fn server_changes(&mut self, row: &TraceRow) {
        let (server, key) = (row.place.server, row.place.key);
        // A set clock is felt by whatever looks at it, and a cut by messages; by nothing else.
        let set = matches!(row.fact, Some(Fact::Stepped { .. } | Fact::CutOff { .. }));
        if key.is_some() || server.is_none() || set {
            return;
        }
        if let Some(before) = self.servers.insert(server, self.this) {
            self.edge(before, How::WentOn, 2);
        }
    }
}
