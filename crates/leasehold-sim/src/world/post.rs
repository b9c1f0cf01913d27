//! Messages, from being published to being heard, or not: see `messaging` for the picture.

use super::{Mail, Subscription, Watch, World};
use crate::config::{Inbound, Way};
use crate::fault::{Occasion, Site};
use crate::library::{Input, Library, Topic};
use crate::luck::{Question, Stream};
use crate::messaging::Subscriber;
use crate::node::State;
use crate::observe::Fact;
use crate::schedule::{Event, Moment};
use crate::slab::NONE;

/// A copy of a message, by what its faults are known by.
#[derive(Clone, Copy)]
struct Copy {
    topic: Topic,
    from: u32,
    to: Subscriber,
    /// Which of the key's messages of this kind; each copy of a message is one.
    nth: u32,
}

impl<L: Library> World<'_, L> {
    /// A server asks to listen to a topic. It will, after a while, or stays deaf to it. Its library
    /// is told which, unless asking hangs.
    pub(super) fn subscribe(&mut self, server: u32, topic: Topic) {
        let now = self.schedule.now();
        let node = &mut self.nodes[server as usize];
        node.subscribed += 1;
        let (job, nth) = (node.job, node.subscribed);
        if let Err(why) = self.messaging.ask(now, server) {
            self.answers(Subscription { topic, server, job, ok: false }, nth, now);
            return self.stays_deaf(server, why);
        }
        let question = Question {
            stream: Stream::Subscribe,
            subject: server,
            session: 0,
            kind: 0,
            nth,
            attempt: 0,
        };
        let block = self.dice.ask(question);
        let (world, occasion) = (&self.config.messaging, Occasion::Server { server, nth });
        if self.gate.fault(Site::SubscribeFails, world.subscribe_fails, block.word(1), occasion) {
            let at = now.after(self.tables.mail.pick(block.word(0)));
            self.answers(Subscription { topic, server, job, ok: false }, nth, at);
            return self.stays_deaf(server, "subscribing failed");
        }
        if self.gate.fault(Site::SubscribeHangs, world.subscribe_hangs, block.word(2), occasion) {
            return self.stays_deaf(server, "subscribing never ended");
        }
        let registered = now.after(self.tables.mail.pick(block.word(0)));
        self.messaging.register(topic, server, job, registered);
        self.answers(Subscription { topic, server, job, ok: true }, nth, registered);
    }

    fn answers(&mut self, subscription: Subscription, nth: u32, at: Moment) {
        let what = u64::from(subscription.server) << 32 | u64::from(nth) | 9 << 60;
        let name = self.subscriptions.add(subscription);
        self.at(at, what, Event::Subscribed(name));
    }

    /// A subscription is back where it was asked for, if that process is still there.
    pub(super) fn subscribed(&mut self, name: u32) {
        let Subscription { topic, server, job, ok } = *self.subscriptions.of(name);
        let node = &mut self.nodes[server as usize];
        let alive = node.job == job && node.state != State::Down;
        let frozen = alive && node.is_frozen();
        if frozen && self.config.faults.frozen_inbound == Inbound::Buffered {
            return node.held.push(Event::Subscribed(name));
        }
        self.subscriptions.take(name);
        if frozen && ok {
            self.messaging.unsubscribe(topic, server);
            self.stays_deaf(server, "the answer was lost");
        } else if alive && !frozen {
            self.tell(server, Input::Subscribed { topic, ok });
        }
    }

    fn stays_deaf(&mut self, server: u32, why: &'static str) {
        self.step(server, NONE, NONE, Fact::NotSubscribed { why });
    }

    pub(super) fn publish(&mut self, server: u32, topic: Topic, mail: L::Mail) {
        let (kind, key) = L::mail(&mail);
        let now = self.schedule.now();
        self.step(server, NONE, key.0, Fact::Published { kind });
        if let Err(why) = self.messaging.publish(now, server, L::mail_size(&mail)) {
            return self.step(server, NONE, key.0, Fact::MailRefused { kind, why });
        }
        let subscribers = self.messaging.subscribers(now, topic);
        let first = self.players[key.0 as usize].mails[kind as usize] + 1;
        self.players[key.0 as usize].mails[kind as usize] += subscribers.len().max(1) as u32;
        if subscribers.is_empty() {
            return self.step(server, NONE, key.0, Fact::Unheard);
        }
        let mute = self.messaging.is_mute(now, server);
        for (to, nth) in subscribers.into_iter().zip(first..) {
            if mute {
                self.step(server, NONE, key.0, Fact::MailLost { kind, to: to.server });
            } else {
                self.post(Copy { topic, from: server, to, nth }, mail);
            }
        }
    }

    /// Puts a copy on its way to a subscriber, unless it is lost; perhaps twice.
    fn post(&mut self, copy: Copy, mail: L::Mail) {
        let Copy { topic, from, to, nth } = copy;
        let (kind, key) = L::mail(&mail);
        let block = self.dice.ask(Question {
            stream: Stream::Message,
            subject: key.0,
            session: 0,
            kind: kind as u8,
            nth,
            attempt: 0,
        });
        let occasion = Occasion::Mail { key: key.0, kind, nth };
        let world = &self.config.messaging;
        if self.gate.fault(Site::Lost, world.loss, block.word(2), occasion) {
            return self.step(from, NONE, key.0, Fact::MailLost { kind, to: to.server });
        }
        let twice = self.gate.fault(Site::Duplicated, world.duplicate, block.word(3), occasion);
        if twice {
            self.step(from, NONE, key.0, Fact::MailDoubled);
        }
        for time in 0..1 + usize::from(twice) {
            let at = self.schedule.now().after(self.tables.mail.pick(block.word(time)));
            let name = self.mails.add(Mail { topic, from, to, kind, key, mail, held: false });
            if let Watch::Trail(trail) = &mut self.watch {
                trail.posted(name);
            }
            let what =
                u64::from(key.0) << 32 | u64::from(nth) << 8 | (kind as u64) << 4 | time as u64;
            self.at(at, what, Event::Deliver(name));
        }
    }

    /// A copy arrives. Whether it gets through is decided now: a process that stands still is given
    /// it later, or never.
    pub(super) fn deliver(&mut self, name: u32) {
        let Mail { topic, from, to, key, kind, held, .. } = *self.mails.of(name);
        let (now, server) = (self.schedule.now(), to.server);
        let node = &self.nodes[server as usize];
        let frozen = node.is_frozen();
        if node.job != to.job || node.state == State::Down || !self.messaging.listens(topic, to) {
            self.mails.take(name);
            return self.step(server, NONE, key.0, Fact::Unheard);
        }
        if !held && self.messaging.is_deaf(now, server) {
            self.mails.take(name);
            return self.step(from, NONE, key.0, Fact::MailLost { kind, to: server });
        }
        let limited = if held { Ok(()) } else { self.messaging.hear(now, topic) };
        if let Err(why) = limited {
            self.mails.take(name);
            return self.step(server, NONE, key.0, Fact::MailDropped { kind, why });
        }
        if frozen && self.config.faults.frozen_inbound == Inbound::Buffered {
            self.mails.of_mut(name).held = true;
            return self.nodes[server as usize].held.push(Event::Deliver(name));
        }
        let mail = self.mails.take(name).mail;
        if frozen {
            return self.step(server, NONE, key.0, Fact::MailLost { kind, to: server });
        }
        self.step(server, NONE, key.0, Fact::Delivered { kind });
        self.tell(server, Input::Heard(mail));
    }

    /// Messages to or from a server get lost until a moment; its datastore calls do not.
    pub(super) fn cut_off(&mut self, server: u32, way: Way, until: Moment) {
        self.messaging.cut(server, way, until);
        self.step(server, NONE, NONE, Fact::CutOff { way: way.name(), until });
    }
}

#[cfg(test)]
mod tests {
    use crate::luck::Luck;
    use crate::scenario::Scenario;
    use leasehold_data::Summary;

    /// A world of hoppers whose last servers notice late that they have left, so that owners are
    /// challenged.
    fn summary(more: &str) -> Summary {
        let text = format!(
            "duration = \"10m\"\nservers.count = 2\n\
             players = {{ count = 40, stay = \"20s..60s\", hop = \"100%\", \
             noticed_after = \"10s..20s\" }}\n{more}"
        );
        let scenario = Scenario::parse(&text).expect(&text);
        crate::run("post", &scenario, Luck::of(1), None, &mut |_| {}).dataset.summary
    }

    fn partition(way: &str) -> String {
        let line = |server| {
            format!("{{ at = \"0s\", server = {server}, do = \"partition\", way = \"{way}\" }}")
        };
        format!(
            "timeline = [{}, {}]\nexpect.invariants.no_belief_overlap = \"any\"",
            line(0),
            line(1)
        )
    }

    #[test]
    fn a_fleet_that_is_deaf_or_mute_loses_every_message_and_no_call() {
        let healthy = summary("");
        assert!(healthy.messages.delivered > 100, "{:?}", healthy.messages);
        assert_eq!((healthy.messages.lost, healthy.messages.unheard), (0, 0));
        for way in ["deaf", "mute", "both"] {
            let cut = summary(&partition(way));
            assert_eq!(cut.messages.delivered, 0, "{way}: {:?}", cut.messages);
            assert!(cut.messages.lost + 10 > cut.messages.sent, "{way}: {:?}", cut.messages);
            assert!(cut.messages.sent > 100, "{way}: {:?}", cut.messages);
            assert_eq!(cut.calls.values().map(|calls| calls.failed).sum::<u64>(), 0, "{way}");
        }
    }

    #[test]
    fn a_cut_ends_with_the_faults_of_the_run() {
        let cut = summary(&format!("heal = \"5m\"\n{}", partition("both")));
        assert!(cut.messages.lost > 50 && cut.messages.delivered > 50, "{:?}", cut.messages);
    }

    #[test]
    fn what_reaches_a_server_that_is_frozen_and_deaf_is_lost_and_not_heard_later() {
        let freeze = "{ at = '1m', server = 1, do = 'freeze', for = '4m' }";
        let deaf = "{ at = '1m', server = 1, do = 'partition', way = 'deaf', for = '3m' }";
        let lost = |lines: &[&str]| {
            let any = "expect.invariants.no_belief_overlap = 'any'";
            summary(&format!("timeline = [{}]\n{any}", lines.join(", "))).messages.lost
        };
        assert_eq!(lost(&[freeze]), 0);
        assert!(lost(&[freeze, deaf]) > 0);
    }

    #[test]
    fn the_answer_to_a_subscription_is_lost_on_a_frozen_server_that_drops_what_comes_in() {
        let world = |inbound| {
            let freeze = "at = '500ms', do = 'freeze', for = '5s'";
            summary(&format!(
                "messaging.latency = '1s..2s'\nfaults.frozen_inbound = '{inbound}'\n\
                 timeline = [{{ server = 0, {freeze} }}, {{ server = 1, {freeze} }}]"
            ))
            .messages
        };
        let (kept, lost) = (world("buffered"), world("dropped"));
        assert!(kept.not_subscribed.is_empty(), "{kept:?}");
        assert_eq!(lost.not_subscribed, [("the answer was lost".to_owned(), 2)].into(), "{lost:?}");
        assert_eq!(lost.delivered, 0, "{lost:?}");
    }

    #[test]
    fn nobody_hears_what_is_published_to_a_topic_whose_subscription_failed_or_hangs() {
        for (field, why) in [
            ("subscribe_fails", "subscribing failed"),
            ("subscribe_hangs", "subscribing never ended"),
        ] {
            let deaf = summary(&format!("messaging.{field} = \"100%\"")).messages;
            assert_eq!((deaf.delivered, deaf.unheard), (0, deaf.sent), "{deaf:?}");
            assert_eq!(deaf.not_subscribed, [(why.to_owned(), 2)].into(), "{deaf:?}");
        }
    }
}
