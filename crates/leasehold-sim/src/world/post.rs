//! Messages, from being published to being heard, or not.

use super::{Mail, World};
use crate::fault::{Occasion, Site};
use crate::library::{Input, Library};
use crate::luck::{Question, Stream};
use crate::node::State;
use crate::observe::{Fact, NONE};
use crate::scenario::Inbound;
use crate::schedule::Event;
use leasehold_core::JobId;

impl<L: Library> World<'_, L> {
    pub(super) fn publish(&mut self, server: u32, topic: JobId, mail: L::Mail) {
        let (kind, key) = L::mail(&mail);
        let sent = &mut self.players[key.0 as usize].mails[kind as usize];
        *sent += 1;
        let nth = *sent;
        self.step(server, NONE, key.0, Fact::Published { kind });
        let block = self.dice.ask(Question {
            stream: Stream::Message,
            subject: key.0,
            session: 0,
            kind: kind as u8,
            nth,
            attempt: 0,
        });
        let occasion = Occasion::Mail { key: key.0, kind, nth };
        let world = &self.scenario.messaging;
        if self.gate.fault(Site::Lost, world.loss, block.word(2), occasion) {
            let to = self.jobs[topic.0 as usize];
            return self.step(server, NONE, key.0, Fact::MailLost { kind, to });
        }
        let twice = self.gate.fault(Site::Duplicated, world.duplicate, block.word(3), occasion);
        if twice {
            self.step(server, NONE, key.0, Fact::MailDoubled);
        }
        for copy in 0..1 + usize::from(twice) {
            let at = self.schedule.now().after(self.tables.mail.pick(block.word(copy)));
            let name = self.mails.add(Mail { to: topic, kind, key, mail });
            let what =
                u64::from(key.0) << 32 | u64::from(nth) << 8 | (kind as u64) << 4 | copy as u64;
            self.at(at, what, Event::Deliver(name));
        }
    }

    pub(super) fn deliver(&mut self, name: u32) {
        let Mail { to, key, kind, .. } = *self.mails.of(name);
        let server = self.jobs[to.0 as usize];
        let node = &mut self.nodes[server as usize];
        let alive = node.job == to && node.state != State::Down && self.listening[to.0 as usize];
        if alive && node.is_frozen() {
            match self.scenario.faults.frozen_inbound {
                Inbound::Buffered => node.held.push(Event::Deliver(name)),
                Inbound::Dropped => {
                    self.mails.take(name);
                    self.step(server, NONE, key.0, Fact::MailLost { kind, to: server });
                }
            }
            return;
        }
        let mail = self.mails.take(name).mail;
        let fact = if alive { Fact::Delivered { kind } } else { Fact::Unheard };
        self.step(server, NONE, key.0, fact);
        if alive {
            self.tell(server, Input::Heard(mail));
        }
    }
}
