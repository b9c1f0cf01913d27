//! Each limit of messages at its exact edge, in virtual time.

use super::*;
use crate::library::topic_fits;

const TOPIC: Topic = Topic(7);
const S0: ServerId = ServerId::new(0);

fn at(ms: u64) -> Moment {
    Moment::from_micros(ms * 1_000)
}

/// So many servers, all up, with one player on the first.
fn experience(era: Era, servers: u32) -> Messaging {
    let mut messaging = Messaging::new(era);
    for server in ServerId::first(servers) {
        messaging.opened(at(0), server);
    }
    messaging.players(at(0), S0, 1);
    messaging
}

/// How often something goes well, one after the other, and why it does not then.
fn until_refused(mut once: impl FnMut() -> Result<(), &'static Cause>) -> (u32, &'static str) {
    let mut went = 0;
    loop {
        match once() {
            Ok(()) => went += 1,
            Err(why) => return (went, why.name),
        }
    }
}

#[test]
fn names_of_topics_have_1_to_80_characters() {
    assert_eq!([0, 1, 80, 81].map(topic_fits), [false, true, true, false]);
}

#[test]
fn a_message_of_1024_bytes_is_accepted_and_one_of_1025_is_not() {
    let mut messaging = experience(Era::Roblox2026, 1);
    assert_eq!(messaging.publish(at(0), S0, 1_024), Ok(()));
    assert_eq!(messaging.publish(at(0), S0, 1_025), Err(&TOO_LONG));
    assert_eq!(experience(Era::None, 1).publish(at(0), S0, 1_025), Ok(()));
}

#[test]
fn what_a_server_may_publish_grows_with_its_players() {
    for (era, first, a_minute) in [(Era::Roblox2026, 600, 840), (Era::Roblox2023, 150, 210)] {
        let mut messaging = experience(era, 1);
        let sent = until_refused(|| messaging.publish(at(0), S0, 100));
        assert_eq!(sent, (first, "sent too much"), "{era:?}");
        let sent = until_refused(|| messaging.publish(at(60_000), S0, 100));
        assert_eq!(sent, (a_minute, "sent too much"), "{era:?}");
    }
}

#[test]
fn the_241st_subscribe_request_of_a_minute_is_refused_even_if_those_before_it_were() {
    let mut messaging = experience(Era::Roblox2026, 1);
    for nth in 0..240u64 {
        let expected = if nth < 28 { Ok(()) } else { Err(&TOO_MANY_SUBSCRIPTIONS) };
        assert_eq!(messaging.ask(at(0), S0), expected, "{nth}");
        if expected.is_ok() {
            messaging.register(Topic(nth), ServerId::new(0), JobId(0), at(100));
        }
    }
    assert_eq!(messaging.ask(at(0), S0), Err(&TOO_MANY_REQUESTS));
    assert_eq!(messaging.ask(at(249), S0), Err(&TOO_MANY_REQUESTS));
    messaging.unsubscribe(Topic(3), S0);
    assert_eq!(messaging.ask(at(250), S0), Ok(()));
}

#[test]
fn a_server_listens_to_20_topics_and_8_for_each_player() {
    for (era, most) in [(Era::Roblox2026, 28), (Era::Roblox2023, 7)] {
        let mut messaging = experience(era, 1);
        let mut nth = 0;
        let asked = until_refused(|| {
            messaging.ask(at(0), S0)?;
            nth += 1;
            messaging.register(Topic(nth), ServerId::new(0), JobId(0), at(0));
            Ok(())
        });
        assert_eq!(asked, (most, "too many subscriptions"), "{era:?}");
    }
}

#[test]
fn what_a_topic_and_what_the_game_may_hear_grow_with_the_servers() {
    let mut messaging = experience(Era::Roblox2026, 3);
    messaging.register(TOPIC, ServerId::new(0), JobId(0), at(0));
    messaging.register(Topic(8), ServerId::new(1), JobId(1), at(0));
    messaging.register(Topic(9), ServerId::new(2), JobId(2), at(0));
    // 40 + 80 for each of three servers; the game began with 400 and had three servers at once.
    let heard = until_refused(|| messaging.hear(at(0), TOPIC));
    assert_eq!(heard, (280, "topic heard too much"));
    let heard = until_refused(|| messaging.hear(at(0), Topic(8)));
    assert_eq!(heard, (120, "game heard too much"));
    // A minute later both are full: 280, and 1,000 for the game.
    let topics = [TOPIC, Topic(8), Topic(9)];
    let heard = topics.map(|topic| until_refused(|| messaging.hear(at(60_000), topic)).0);
    assert_eq!(heard, [280, 280, 280]);
}

#[test]
fn only_those_who_are_registered_are_sent_a_copy_and_only_as_long_as_they_live() {
    let mut messaging = experience(Era::Roblox2026, 3);
    for server in 0..3 {
        let at = at(u64::from(server) * 10);
        messaging.register(TOPIC, ServerId::new(server), JobId(server), at);
    }
    let servers = |messaging: &Messaging, ms| -> Vec<u32> {
        messaging.subscribers(at(ms), TOPIC).iter().map(|known| known.server.number()).collect()
    };
    assert_eq!(servers(&messaging, 0), [0]);
    assert_eq!(servers(&messaging, 9), [0]);
    assert_eq!(servers(&messaging, 10), [0, 1]);
    let second = messaging.subscribers(at(10), TOPIC)[1];
    assert!(messaging.listens(TOPIC, second));
    messaging.gone(at(11), ServerId::new(1));
    assert!(!messaging.listens(TOPIC, second));
    // The process that comes after it is another one, even if it listens to the same topic.
    messaging.opened(at(12), ServerId::new(1));
    messaging.register(TOPIC, ServerId::new(1), JobId(9), at(12));
    assert!(!messaging.listens(TOPIC, second));
    assert_eq!(servers(&messaging, 20), [0, 2, 1]);
}

#[test]
fn a_cut_ends_when_it_is_over_when_all_is_mended_or_with_the_process() {
    let mut messaging = experience(Era::Roblox2026, 2);
    let state = |messaging: &Messaging, ms| {
        (messaging.inbound_is_cut(at(ms), S0), messaging.outbound_is_cut(at(ms), S0))
    };
    messaging.cut(S0, Direction::Inbound, at(10));
    messaging.cut(S0, Direction::Outbound, at(20));
    assert_eq!(
        [0, 9, 10, 19, 20].map(|ms| state(&messaging, ms)),
        [(true, true), (true, true), (false, true), (false, true), (false, false)]
    );
    messaging.cut(S0, Direction::Both, at(99));
    messaging.mend();
    assert_eq!(state(&messaging, 30), (false, false));
    messaging.cut(S0, Direction::Both, at(99));
    messaging.gone(at(31), ServerId::new(0));
    messaging.opened(at(32), ServerId::new(0));
    assert_eq!(state(&messaging, 32), (false, false));
}
