//! Messages, from being published to being heard, or not: see `messaging` for the picture.

use super::servers::occasion;
use super::{Answer, Asked, Envelope, World};
use crate::config::{Direction, Inbound};
use crate::draws::{DrawKey, MessageWord, PublishWord, SubscribeWord, of};
use crate::fault::{Occasion, Site};
use crate::ids::{AnswerId, MessageId, PlayerId, ServerId};
use crate::library::{Input, Library, Message, MessageKind, Topic};
use crate::messaging::{ANSWER_LOST, SUBSCRIBE_FAILED, SUBSCRIBE_HANGS, Subscriber};
use crate::node::ProcessState;
use crate::planted::WorldMistake;
use crate::schedule::{Event, Moment, Tie};
use crate::sinks::Watch;
use crate::step::Fact;
use leasehold_core::Key;

/// A copy of a message, by what its faults are known by.
#[derive(Clone, Copy)]
struct Copy {
    topic: Topic,
    from: ServerId,
    to: Subscriber,
    kind: MessageKind,
    /// The key that it is about, if it is about one.
    key: Option<Key>,
    /// Which of the key's messages of this kind; each copy of a message is one.
    nth: u32,
}

impl<L: Library> World<'_, L> {
    /// A server asks to listen to a topic. It will, after a while, or stays without it. Its library
    /// is told which, unless asking hangs.
    pub(super) fn subscribe(&mut self, server: ServerId, topic: Topic) {
        let now = self.schedule.now();
        let node = self.node(server);
        node.subscribed += 1;
        let (job, nth) = (node.job, node.subscribed);
        self.step_on(server, Fact::Subscribing);
        if let Err(why) = self.messaging.ask(now, server) {
            self.answered_at(
                Answer { topic, server, job, ok: false, to: Asked::Subscribe },
                nth,
                now,
            );
            return self.step_on(server, Fact::NotSubscribed { why });
        }
        let block = self.draws.draw(of::Subscribe, occasion(server, nth));
        let (world, fault) = (&self.config.messaging, Occasion::Server { server, nth });
        let registered = now.after(self.tables.message.pick(block.word(SubscribeWord::Latency)));
        let fails = block.word(SubscribeWord::Fails);
        if self.gate.fault(Site::SubscribeFails, world.subscribe_fails, fails, fault) {
            self.answered_at(
                Answer { topic, server, job, ok: false, to: Asked::Subscribe },
                nth,
                registered,
            );
            return self.step_on(server, Fact::NotSubscribed { why: &SUBSCRIBE_FAILED });
        }
        let hangs = block.word(SubscribeWord::Hangs);
        if self.gate.fault(Site::SubscribeHangs, world.subscribe_hangs, hangs, fault) {
            return self.step_on(server, Fact::NotSubscribed { why: &SUBSCRIBE_HANGS });
        }
        self.messaging.register(topic, server, job, registered);
        self.answered_at(
            Answer { topic, server, job, ok: true, to: Asked::Subscribe },
            nth,
            registered,
        );
    }

    fn answered_at(&mut self, answer: Answer, nth: u32, at: Moment) {
        let tie = Tie::Subscribed(answer.server, nth);
        let name = self.answers.add(answer);
        self.at(at, tie, Event::Answered(name));
    }

    /// The service's answer is back where it was asked, if that process is still there.
    pub(super) fn answered(&mut self, name: AnswerId) {
        let Answer { topic, server, job, ok, to } = *self.answers.of(name);
        let node = &mut self.nodes[server.index()];
        let alive = node.job == job && node.state != ProcessState::Down;
        let paused = alive && node.is_paused();
        if paused && self.config.faults.paused_inbound == Inbound::Buffered {
            return node.held.push(Event::Answered(name));
        }
        self.answers.remove(name);
        match to {
            Asked::Subscribe if paused && ok => {
                self.messaging.unsubscribe(topic, server);
                self.step_on(server, Fact::NotSubscribed { why: &ANSWER_LOST });
            }
            Asked::Subscribe if alive && !paused => {
                if self.planted.has(WorldMistake::SubscriptionUnanswered) {
                    return;
                }
                self.step_on(server, Fact::Subscribed { ok });
                self.tell(server, Input::Subscribed { topic, ok });
            }
            Asked::Publish if alive && !paused => {
                self.tell(server, Input::Published { topic, ok });
            }
            Asked::Subscribe | Asked::Publish => {}
        }
    }

    /// A server publishes a message, and awaits what becomes of it, or does not.
    pub(super) fn publish(
        &mut self,
        server: ServerId,
        topic: Topic,
        message: L::Message,
        awaited: bool,
    ) {
        if L::RUNS_AHEAD {
            self.speaks();
        }
        let ok = self.spread(server, topic, message);
        if awaited {
            let node = self.node(server);
            node.published += 1;
            let (job, nth) = (node.job, node.published);
            let block = self.draws.draw(of::Publish, occasion(server, nth));
            let latency_us = self.tables.message.pick(block.word(PublishWord::Latency));
            let at = self.schedule.now().after(latency_us);
            let name = self.answers.add(Answer { topic, server, job, ok, to: Asked::Publish });
            self.at(at, Tie::Published(server, nth), Event::Answered(name));
        }
    }

    /// Copies a message to whoever listens. Whether the service took it is said: a limit refuses
    /// it, and a server that is cut off does not get through.
    fn spread(&mut self, server: ServerId, topic: Topic, message: L::Message) -> bool {
        let (kind, key) = (message.kind(), message.key());
        let now = self.schedule.now();
        self.step(Some(server), None, key, Fact::Published { kind });
        if let Err(why) = self.messaging.publish(now, server, message.size()) {
            self.step(Some(server), None, key, Fact::MessageRejected { kind, why });
            return false;
        }
        let subscribers = self.messaging.subscribers(now, topic);
        let counts = match key {
            Some(key) => &mut self.players[PlayerId::of(key).index()].messages,
            None => &mut self.unaddressed,
        };
        let first = counts[kind as usize] + 1;
        counts[kind as usize] += subscribers.len().max(1) as u32;
        if subscribers.is_empty() {
            self.step(Some(server), None, key, Fact::NoSubscriber);
            return true;
        }
        let cut = self.messaging.outbound_is_cut(now, server);
        for (to, nth) in subscribers.into_iter().zip(first..) {
            if cut {
                self.step(Some(server), None, key, Fact::MessageLost { kind, to: to.server });
            } else {
                self.post(Copy { topic, from: server, to, kind, key, nth }, message.clone());
            }
        }
        !cut
    }

    /// Puts a copy on its way to a subscriber, unless it is lost; perhaps twice.
    fn post(&mut self, copy: Copy, message: L::Message) {
        let Copy { topic, from, to, kind, key, nth } = copy;
        let subject = key.map_or(u32::MAX, |key| key.0);
        let question = DrawKey { subject, kind: kind as u8, nth, ..DrawKey::default() };
        let block = self.draws.draw(of::Message, question);
        let occasion = match key {
            Some(key) => Occasion::Message { key, kind, nth },
            None => Occasion::Unaddressed { kind, nth },
        };
        let world = &self.config.messaging;
        if self.gate.fault(Site::Lost, world.loss, block.word(MessageWord::Lost), occasion) {
            return self.step(Some(from), None, key, Fact::MessageLost { kind, to: to.server });
        }
        let word = block.word(MessageWord::Duplicated);
        let twice = self.gate.fault(Site::Duplicated, world.duplicate, word, occasion);
        if twice {
            self.step(Some(from), None, key, Fact::MessageDuplicated);
        }
        let latencies = [MessageWord::Latency, MessageWord::LatencyAgain];
        for (time, word) in latencies.into_iter().enumerate().take(1 + usize::from(twice)) {
            let at = self.schedule.now().after(self.tables.message.pick(block.word(word)));
            let message = message.clone();
            let name =
                self.messages.add(Envelope { topic, from, to, kind, key, message, held: false });
            if let Watch::Trace(trace) = &mut self.sinks.watch {
                trace.posted(name);
            }
            let tie = Tie::Deliver { key, nth, kind, time: time as u64 };
            self.at(at, tie, Event::Deliver(name));
        }
    }

    /// A copy arrives. Whether it gets through is decided now: a process that is paused is given
    /// it later, or never.
    pub(super) fn deliver(&mut self, name: MessageId) {
        let Envelope { topic, from, to, key, kind, held, .. } = *self.messages.of(name);
        let (now, server) = (self.schedule.now(), to.server);
        let node = &self.nodes[server.index()];
        let paused = node.is_paused();
        if node.job != to.job
            || node.state == ProcessState::Down
            || !self.messaging.listens(topic, to)
        {
            self.messages.remove(name);
            return self.step(Some(server), None, key, Fact::NoSubscriber);
        }
        if !held && self.messaging.inbound_is_cut(now, server) {
            self.messages.remove(name);
            return self.step(Some(from), None, key, Fact::MessageLost { kind, to: server });
        }
        let limited = if held { Ok(()) } else { self.messaging.hear(now, topic) };
        if let Err(why) = limited {
            self.messages.remove(name);
            return self.step(Some(server), None, key, Fact::MessageDropped { kind, why });
        }
        if paused && self.config.faults.paused_inbound == Inbound::Buffered {
            self.messages.of_mut(name).held = true;
            return self.node(server).held.push(Event::Deliver(name));
        }
        let message = self.messages.take(name).message;
        if paused {
            return self.step(Some(server), None, key, Fact::MessageLost { kind, to: server });
        }
        self.step(Some(server), None, key, Fact::Delivered { kind });
        let next = ServerId::new((server.number() + 1) % self.nodes.len() as u32);
        let astray = self.planted.has(WorldMistake::Misrouted) && self.nodes[next.index()].runs();
        self.tell(if astray { next } else { server }, Input::Heard(message));
    }

    /// Messages to or from a server get lost until a moment; its datastore calls do not.
    pub(super) fn cut_off(&mut self, server: ServerId, way: Direction, until: Moment) {
        self.messaging.cut(server, way, until);
        self.step_on(server, Fact::CutOff { way, until });
    }
}

#[cfg(test)]
mod tests {
    use crate::draws::Seed;
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
        crate::run("post", &scenario, Seed::of(1), None, &mut |_| {}).dataset.summary
    }

    fn partition(way: &str) -> String {
        let line = |server| {
            format!("{{ at = \"0s\", server = {server}, do = \"partition\", way = \"{way}\" }}")
        };
        format!(
            "timeline = [{}, {}]\nexpect.invariants.no_double_ownership = \"any\"",
            line(0),
            line(1)
        )
    }

    #[test]
    fn a_group_of_servers_that_inbound_is_cut_or_mute_loses_every_message_and_no_call() {
        let healthy = summary("");
        assert!(healthy.messages.delivered > 100, "{:?}", healthy.messages);
        assert_eq!((healthy.messages.lost, healthy.messages.no_subscriber), (0, 0));
        for way in ["inbound", "outbound", "both"] {
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
    fn what_reaches_a_server_that_is_paused_and_cut_off_is_lost_and_not_heard_later() {
        let pause = "{ at = '1m', server = 1, do = 'pause', for = '4m' }";
        let cut_off = "{ at = '1m', server = 1, do = 'partition', way = 'inbound', for = '3m' }";
        let lost = |lines: &[&str]| {
            let any = "expect.invariants.no_double_ownership = 'any'";
            summary(&format!("timeline = [{}]\n{any}", lines.join(", "))).messages.lost
        };
        assert_eq!(lost(&[pause]), 0);
        assert!(lost(&[pause, cut_off]) > 0);
    }

    #[test]
    fn the_answer_to_a_subscription_is_lost_on_a_paused_server_that_drops_what_comes_in() {
        let world = |inbound| {
            let pause = "at = '500ms', do = 'pause', for = '5s'";
            summary(&format!(
                "messaging.latency = '1s..2s'\nfaults.paused_inbound = '{inbound}'\n\
                 timeline = [{{ server = 0, {pause} }}, {{ server = 1, {pause} }}]"
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
            let cut_off = summary(&format!("messaging.{field} = \"100%\"")).messages;
            assert_eq!(
                (cut_off.delivered, cut_off.no_subscriber),
                (0, cut_off.sent),
                "{cut_off:?}"
            );
            assert_eq!(cut_off.not_subscribed, [(why.to_owned(), 2)].into(), "{cut_off:?}");
        }
    }
}
