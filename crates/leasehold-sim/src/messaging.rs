//! Who listens to which topic, and how much each may say and hear.
//!
//! Publishing is handing a letter in: that it was accepted says nothing about who will read it.
//!
//! ```text
//!   publish --[too long, sent too much]--> refused
//!      '--> accepted --[nobody is subscribed]--> without subscriber
//!              '--> a copy for each subscriber --[lost, or the sender is cut off]--> lost
//!                      '--> arrives --[subscriber gone]--> without subscriber
//!                              |------[subscriber cut off]--> lost
//!                              |------[topic or game heard too much]--> dropped
//!                              '--> delivered
//! ```
//!
//! Laws: a copy goes to those whose subscription is registered when the message is published, each
//! with its own latency and its own faults; a subscription dies with its process. Copies overtake
//! each other whenever their latencies say so.

use crate::cause::{Cause, Class};
use crate::config::Direction;
use crate::ids::ServerId;
use crate::library::Topic;
use crate::limits::{Budget, Era, MessageLimits};
use crate::schedule::Moment;
use leasehold_core::JobId;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The longest message, in bytes: 1 kB (creator-docs,
/// reference/engine/classes/MessagingService.yaml; the same for as long as it is documented).
const MESSAGE_MAX: u32 = 1_024;

/// A budget for messages holds at most what comes in within a minute, and begins with that. An
/// assumption: how the service counts its minutes is not documented.
const CAP_MINUTES: u32 = 1;

// Why the service does not do what it is asked to.
static TOO_MANY_REQUESTS: Cause =
    Cause::new("too many subscribe requests", Class::Limit, "it asks to subscribe too often");
static TOO_MANY_SUBSCRIPTIONS: Cause =
    Cause::new("too many subscriptions", Class::Limit, "it listens to too much already");
static TOO_LONG: Cause = Cause::new("too long", Class::Limit, "the message is too long");
static SENT_TOO_MUCH: Cause =
    Cause::new("sent too much", Class::Limit, "the server publishes too much");
static TOPIC_HEARD_TOO_MUCH: Cause =
    Cause::new("topic heard too much", Class::Limit, "too much is published to the topic");
static GAME_HEARD_TOO_MUCH: Cause =
    Cause::new("game heard too much", Class::Limit, "too much is published in the game");
pub(crate) static SUBSCRIBE_FAILED: Cause =
    Cause::new("subscribing failed", Class::Failed, "the service said no");
pub(crate) static SUBSCRIBE_HANGS: Cause =
    Cause::new("subscribing never ended", Class::Failed, "the service never answered");
pub(crate) static ANSWER_LOST: Cause =
    Cause::new("the answer was lost", Class::Failed, "the server was paused when it came");

/// A process that listens to a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subscriber {
    pub(crate) server: ServerId,
    pub(crate) job: JobId,
    /// When the subscription is registered.
    from: Moment,
}

/// A topic that somebody listens to.
#[derive(Debug, Default)]
struct Row {
    subscribers: SmallVec<[Subscriber; 1]>,
    /// What its subscribers may still be handed; full until somebody is.
    heard: Option<Budget>,
}

/// A server's end of the messages.
#[derive(Debug)]
struct Desk {
    players: u32,
    /// What its process listens to.
    topics: Vec<Topic>,
    sent: Budget,
    subscribing: Budget,
    inbound_cut_until: Moment,
    outbound_cut_until: Moment,
}

/// Topics and limits.
#[derive(Debug)]
pub(crate) struct Messaging {
    limits: Option<MessageLimits>,
    topics: BTreeMap<Topic, Row>,
    desks: Vec<Desk>,
    /// Servers that are up.
    servers: u32,
    /// What all subscribers may still be handed.
    heard: Budget,
}

impl Messaging {
    pub(crate) fn new(era: Era) -> Messaging {
        let limits = era.message();
        let rate = limits.map_or(0, |limits| limits.heard.base);
        let (topics, heard) = (BTreeMap::new(), full(Moment::ZERO, rate));
        Messaging { limits, topics, desks: Vec::new(), servers: 0, heard }
    }

    /// A server's process begins: the next server's, or that of one which was gone.
    pub(crate) fn opened(&mut self, now: Moment, server: ServerId) {
        let limits = self.limits;
        let rate = |formula: Option<crate::limits::Formula>| formula.map_or(0, |f| f.of(0));
        let desk = |players| Desk {
            players,
            topics: Vec::new(),
            sent: full(now, rate(limits.map(|limits| limits.sent))),
            subscribing: full(now, rate(limits.and_then(|limits| limits.subscribing))),
            inbound_cut_until: Moment::ZERO,
            outbound_cut_until: Moment::ZERO,
        };
        // Spare servers come late, and in any order.
        self.desks.resize_with(self.desks.len().max(server.index() + 1), || desk(0));
        let players = self.desks[server.index()].players;
        self.desks[server.index()] = desk(players);
        self.players(now, server, 0);
        self.count(now, self.servers + 1);
    }

    /// A server's process is gone, and its subscriptions with it.
    pub(crate) fn gone(&mut self, now: Moment, server: ServerId) {
        for topic in std::mem::take(&mut self.desks[server.index()].topics) {
            self.strike(topic, server);
        }
        self.count(now, self.servers - 1);
    }

    fn count(&mut self, now: Moment, servers: u32) {
        self.servers = servers;
        if let Some(limits) = self.limits {
            self.heard.set_rate(now, limits.heard.of(servers));
        }
    }

    /// Players come to a server, or leave it.
    pub(crate) fn players(&mut self, now: Moment, server: ServerId, more: i32) {
        let desk = &mut self.desks[server.index()];
        desk.players = desk.players.saturating_add_signed(more);
        if let Some(limits) = self.limits {
            desk.sent.set_rate(now, limits.sent.of(desk.players));
        }
    }

    /// A server asks for one more subscription; or why it gets none. What was asked for counts,
    /// even if it is refused.
    pub(crate) fn ask(&mut self, now: Moment, server: ServerId) -> Result<(), &'static Cause> {
        let Some(limits) = self.limits else { return Ok(()) };
        let desk = &mut self.desks[server.index()];
        if limits.subscribing.is_some() && !desk.subscribing.take(now, 1) {
            Err(&TOO_MANY_REQUESTS)
        } else if desk.topics.len() >= limits.subscriptions.of(desk.players) as usize {
            Err(&TOO_MANY_SUBSCRIPTIONS)
        } else {
            Ok(())
        }
    }

    /// A server's process will be heard of at a topic from a moment on. If it listens already,
    /// nothing changes.
    pub(crate) fn register(&mut self, topic: Topic, server: ServerId, job: JobId, from: Moment) {
        let row = self.topics.entry(topic).or_default();
        if row.subscribers.iter().all(|known| known.server != server) {
            row.subscribers.push(Subscriber { server, job, from });
            self.desks[server.index()].topics.push(topic);
        }
    }

    /// A server does not listen to a topic any more.
    pub(crate) fn unsubscribe(&mut self, topic: Topic, server: ServerId) {
        self.desks[server.index()].topics.retain(|known| *known != topic);
        self.strike(topic, server);
    }

    fn strike(&mut self, topic: Topic, server: ServerId) {
        let Some(row) = self.topics.get_mut(&topic) else { return };
        row.subscribers.retain(|known| known.server != server);
        if row.subscribers.is_empty() {
            self.topics.remove(&topic);
        }
    }

    /// A server publishes a message of so many bytes; or why it is refused.
    pub(crate) fn publish(
        &mut self,
        now: Moment,
        server: ServerId,
        bytes: u32,
    ) -> Result<(), &'static Cause> {
        if self.limits.is_none() {
            Ok(())
        } else if bytes > MESSAGE_MAX {
            Err(&TOO_LONG)
        } else if !self.desks[server.index()].sent.take(now, 1) {
            Err(&SENT_TOO_MUCH)
        } else {
            Ok(())
        }
    }

    /// Whose subscriptions to a topic are registered.
    pub(crate) fn subscribers(&self, now: Moment, topic: Topic) -> SmallVec<[Subscriber; 2]> {
        let row = self.topics.get(&topic).map_or(&[][..], |row| &row.subscribers);
        row.iter().filter(|subscriber| subscriber.from <= now).copied().collect()
    }

    /// Whether a subscription still is one.
    pub(crate) fn listens(&self, topic: Topic, subscriber: Subscriber) -> bool {
        self.topics.get(&topic).is_some_and(|row| row.subscribers.contains(&subscriber))
    }

    /// A subscriber of a topic is handed a message; or why it is not. The topic's limit grows with
    /// the servers that are up now.
    pub(crate) fn hear(&mut self, now: Moment, topic: Topic) -> Result<(), &'static Cause> {
        let (Some(limits), Some(row)) = (self.limits, self.topics.get_mut(&topic)) else {
            return Ok(());
        };
        let rate = limits.heard_of_topic.of(self.servers);
        let heard = row.heard.get_or_insert_with(|| full(now, rate));
        heard.set_rate(now, rate);
        if !heard.has(now, 1) {
            Err(&TOPIC_HEARD_TOO_MUCH)
        } else if !self.heard.take(now, 1) {
            Err(&GAME_HEARD_TOO_MUCH)
        } else {
            heard.take(now, 1);
            Ok(())
        }
    }

    /// Cuts a server off until a moment, in one direction or in both.
    pub(crate) fn cut(&mut self, server: ServerId, way: Direction, until: Moment) {
        let desk = &mut self.desks[server.index()];
        if way != Direction::Outbound {
            desk.inbound_cut_until = desk.inbound_cut_until.max(until);
        }
        if way != Direction::Inbound {
            desk.outbound_cut_until = desk.outbound_cut_until.max(until);
        }
    }

    /// Ends all cuts.
    pub(crate) fn mend(&mut self) {
        for desk in &mut self.desks {
            (desk.inbound_cut_until, desk.outbound_cut_until) = (Moment::ZERO, Moment::ZERO);
        }
    }

    /// Whether a server hears nothing.
    pub(crate) fn inbound_is_cut(&self, now: Moment, server: ServerId) -> bool {
        now < self.desks[server.index()].inbound_cut_until
    }

    /// Whether nothing that a server publishes gets anywhere.
    pub(crate) fn outbound_is_cut(&self, now: Moment, server: ServerId) -> bool {
        now < self.desks[server.index()].outbound_cut_until
    }
}

/// A budget with all that it can hold.
fn full(now: Moment, rate: u32) -> Budget {
    Budget::new(now, rate, rate, CAP_MINUTES)
}

#[cfg(test)]
mod tests;
