//! Who asked whom, what became of it on its way, and why nobody heard.
//!
//! Laws: what was lost is missed by who asked, as soon as they act without it; nobody misses what
//! has come.

use super::{GraphBuilder, Server, Session};
use crate::config::Direction;
use crate::library::MessageKind;
use crate::schedule::Moment;
use crate::step::Fact;
use crate::trace::{Of, TraceRow};
use leasehold_data::How;
use std::collections::BTreeMap;

/// What is known of messages.
#[derive(Default)]
pub(super) struct Messages {
    /// What a session waits for in vain.
    missed: BTreeMap<Session, Vec<u32>>,
    publishers: BTreeMap<u32, Server>,
    /// Whom a session has asked, and was not answered.
    asked: BTreeMap<Session, Server>,
    /// Servers and sessions that do not hear, and since which row.
    deaf: BTreeMap<Session, u32>,
    /// How each session became the owner.
    owns: BTreeMap<Session, u32>,
    cuts: Vec<Cut>,
}

/// A server is cut off from messages for some time.
struct Cut {
    row: u32,
    server: Server,
    way: Direction,
    until: Moment,
}

impl GraphBuilder<'_> {
    pub(super) fn same_message(&mut self, row: &TraceRow) {
        let Of::Message(message) = row.of else { return };
        let published = self.node(message);
        if matches!(row.fact, Some(Fact::Published { .. })) {
            self.messages.publishers.insert(self.this, row.place.server);
        } else {
            self.certainly(published, How::WentOn, 1);
        }
    }

    /// What was lost is missed by who asked, as soon as they act without it.
    pub(super) fn waits(&mut self, row: &TraceRow) {
        self.may_hear(row);
        let (server, key) = (row.place.server, row.place.key);
        let publisher = match row.of {
            Of::Message(message) => self
                .node(message)
                .and_then(|message| self.messages.publishers.get(&message).copied()),
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
            self.messages.missed.entry((asker, key)).or_default().push(self.this);
            self.no_subscriber(row);
        }
        match row.fact {
            Some(Fact::Published { kind: MessageKind::Challenge }) => {
                let owner = self.holders.get(&key).copied();
                self.messages.asked.extend(owner.map(|owner| ((server, key), owner)));
            }
            // An owner that has heard can hear: if nothing comes back, its answer was lost.
            Some(Fact::Delivered { kind: MessageKind::Challenge }) => {
                let asker = publisher.map(|asker| (asker, key));
                let asked = &mut self.messages.asked;
                if asker.and_then(|asker| asked.get(&asker)) == Some(&server) {
                    asker.and_then(|asker| asked.remove(&asker));
                }
            }
            Some(Fact::Delivered { kind: MessageKind::Answer }) => {
                self.messages.missed.remove(&(server, key));
                self.messages.asked.remove(&(server, key));
            }
            Some(Fact::Sent { .. }) if row.timer => {
                for lost in self.messages.missed.remove(&(server, key)).unwrap_or_default() {
                    self.certainly(Some(lost), How::Missed, 1);
                }
                // Whoever was asked may not have been there to answer.
                let asked = self.messages.asked.remove(&(server, key));
                let still = asked.and_then(|owner| self.conditions.still.get(&owner)).copied();
                self.certainly(still, How::Missed, 1);
            }
            _ => {}
        }
    }

    /// Who does not hear, from when on: a server or a session whose subscription came to nothing,
    /// or a server that is cut off.
    fn may_hear(&mut self, row: &TraceRow) {
        let session = (row.place.server, row.place.key);
        match row.fact {
            Some(Fact::NotSubscribed { .. } | Fact::Unheard { .. }) => {
                self.messages.deaf.insert(session, self.this);
            }
            Some(Fact::CutOff { way, until }) => {
                let (row, server) = (self.this, row.place.server);
                self.messages.cuts.push(Cut { row, server, way, until });
            }
            Some(Fact::Owns { .. }) => {
                self.messages.owns.insert(session, self.this);
            }
            Some(Fact::Asked) => {
                self.messages.deaf.remove(&session);
                self.messages.owns.remove(&session);
            }
            // What a library remarks about a session, it says as that becomes the owner.
            Some(Fact::Remarked { .. }) => {
                let of_event = self.event.1.iter().rev().map(|(session, _)| *session);
                let about = of_event.into_iter().find(|one| one.1.is_some() && one.0 == session.0);
                let owns = about.and_then(|about| self.messages.owns.get_mut(&about));
                owns.into_iter().for_each(|owns| *owns = self.this);
            }
            Some(Fact::Booted) => {
                self.messages.deaf.retain(|(server, _), _| *server != session.0);
                self.messages.owns.retain(|(server, _), _| *server != session.0);
            }
            Some(Fact::Healed) => self.messages.cuts.clear(),
            _ => {}
        }
    }

    /// Why nobody heard: who should have is down, paused, cut off or not subscribed; or who spoke
    /// was cut off. An owner that is there, and hears nothing, does not listen: since it is one.
    fn no_subscriber(&mut self, row: &TraceRow) {
        let (server, key, at) = (row.place.server, row.place.key, row.place.at);
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
                why.extend(self.messages.cuts.iter().filter(on).map(|cut| cut.row));
                if left && why.is_empty() {
                    why.extend(self.conditions.still.get(&Some(to)));
                }
            }
            Some(Fact::NoSubscriber) => {
                let holder = self.holders.get(&key).copied();
                let to = if left { Some(server) } else { holder };
                why.extend(to.and_then(|to| self.conditions.still.get(&to)));
                for whose in [None, key] {
                    why.extend(to.and_then(|to| self.messages.deaf.get(&(to, whose))));
                }
                if why.is_empty() {
                    why.extend(to.and_then(|to| self.messages.owns.get(&(to, key))));
                }
            }
            _ => {}
        }
        why.into_iter().for_each(|since| self.edge(since, How::Missed, 1));
    }
}
