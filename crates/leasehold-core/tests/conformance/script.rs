//! The language of the cases: one command per line, `[time] who what`.
//!
//! The time is in seconds of the story. `A` is the first server's seat 0, `A.3` its seat 3; the
//! servers are started when they are first spoken of, in the order of the alphabet. The key is `k0`
//! unless a word says `k5`.
//!
//! | command                                             | what it does                                        |
//! |-----------------------------------------------------|-----------------------------------------------------|
//! | `A up [clock 0] [noaccess]`                         | starts a server that is special                     |
//! | `A up studio [fail] [probe 2]`                      | so does this; `fail`, `forbidden`, `nointernet`: what its probe says, after how long |
//! | `A start [steal] [cancel] [mock] [object]`          | an input; so are the next ones                      |
//! | `A cancel`, `x 7`, `save`, `end`, `set`, `close`    | `x 7` changes the data                              |
//! | `A send 5 [mock]`, `handler apply`, `ack 1`         | a message with the payload 5 (added to `gold`)      |
//! | `A get`, `version 0`, `remove`, `query`, `next 3`   | `next 3` makes a view in seat 3                     |
//! | `A spoil`, `kill`, `user 5`, `nouser 5`, `reconcile`, `forget` |                                          |
//! | `A on OnSave end 3`                                 | a listener: what it does, and how often             |
//! | `A starts 0 9`, `A ends 0 8`                        | seats and keys of these numbers                     |
//! | `A calls fail [2]`                                  | `ok`, `fail`, `ambiguous`, `hang`; for how many     |
//! | `A latency 1 2`                                     | seconds before and after the commit                 |
//! | `A subscribe 3`, `subscribe fail`                   | how long subscribing takes                          |
//! | `A wall 380`, `pause`, `pause deaf`, `resume`, `crash` | the wall clock is 380 s ahead                    |
//! | `end_request drop`, `ok`, `twice`, `late 30`               | what becomes of messages                            |
//! | `set auto_save_period 10`, `set frame 0.01`, `page 2` | a constant, before the first server               |
//! | `inject nothing`, `text`, `empty`, ...              | somebody else writes                                |

use super::world::{CallFate, EndRequestFate, Paused, WALL_US, World};
use leasehold_core::profile_store::{
    Act, Active, DataStoreState, Handler, Input, Listener, Message, Meta, Notice, Params, Range,
    Record, Server, Signal, Stored, Updates, VersionId,
};
use leasehold_core::{JobId, Key, Seat, Stamp, Value, ValueEdit};
use std::time::Duration;

pub(super) fn play(world: &mut World, script: &str) {
    for line in script.split(['\n', ';']) {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let Some(first) = words.first() else { continue };
        if first.starts_with(|letter: char| letter.is_ascii_digit()) {
            world.advance(micros(first));
            words.remove(0);
        }
        if !words.is_empty() {
            command(world, &words);
        }
    }
}

pub(super) fn micros(seconds: &str) -> u64 {
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let part: u64 = format!("{part:0<6}")[..6].parse().expect("a time");
    whole.parse::<u64>().expect("a time") * 1_000_000 + part
}

fn number<T: std::str::FromStr>(word: &str) -> T {
    word.parse().unwrap_or_else(|_| panic!("{word} is no number"))
}

/// A server and a seat: `A`, `B.3`.
pub(super) fn who(word: &str) -> (usize, Seat) {
    let (server, seat) = word.split_once('.').unwrap_or((word, "0"));
    (usize::from(server.as_bytes()[0] - b'A'), Seat(number(seat)))
}

fn command(world: &mut World, words: &[&str]) {
    match *words {
        ["end_request", ref fate @ ..] => {
            world.end_request = match *fate {
                ["drop"] => EndRequestFate::Drop,
                ["twice"] => EndRequestFate::Twice,
                ["late", seconds] => EndRequestFate::Late(micros(seconds)),
                _ => EndRequestFate::Ok,
            };
        }
        ["set", name, value] => set(world, name, value),
        ["page", length] => world.page = number(length),
        ["inject", ref what @ ..] => inject(world, what),
        [name, "up", ref how @ ..] => {
            assert_eq!(who(name).0, world.servers.len(), "servers start in order");
            let clock = how.windows(2).find(|pair| pair[0] == "clock");
            let state = match (how.contains(&"studio"), how.contains(&"noaccess")) {
                (true, _) => DataStoreState::NotReady,
                (false, true) => DataStoreState::NoAccess,
                (false, false) => DataStoreState::Access,
            };
            let origin = clock.map(|pair| micros(pair[1]));
            world.boot(origin, state, how.contains(&"studio").then(|| probe(how)));
        }
        [name, ref what @ ..] => {
            let (server, seat) = who(name);
            while world.servers.len() <= server {
                world.boot(None, DataStoreState::Access, None);
            }
            if !around(world, server, what) {
                for input in inputs(seat, what) {
                    world.put(server, input);
                }
            }
        }
        [] => {}
    }
}

/// What Studio's probe says, and after how long.
fn probe(how: &[&str]) -> (CallFate, u64) {
    let fates = ["fail", "forbidden", "nointernet"];
    let fate = how.iter().find(|word| fates.contains(word)).map_or(CallFate::Ok, |it| fate(it));
    let wait = how.windows(2).find(|pair| pair[0] == "probe");
    (fate, wait.map_or(50_000, |pair| micros(pair[1])))
}

fn fate(word: &str) -> CallFate {
    match word {
        "ok" => CallFate::Ok,
        "fail" => CallFate::Fail,
        "ambiguous" => CallFate::Ambiguous,
        "hang" => CallFate::Hang,
        "nointernet" => CallFate::NoInternet,
        "forbidden" => CallFate::Forbidden,
        _ => panic!("no fate {word}"),
    }
}

fn set(world: &mut World, name: &str, value: &str) {
    let seconds = || Duration::from_micros(micros(value));
    let rules = &mut world.rules;
    match name {
        "auto_save_period" => rules.auto_save_period = seconds(),
        "max_message_queue" => rules.max_message_queue = number(value),
        "session_steal" => rules.session_steal = seconds(),
        "start_session_timeout" => rules.start_session_timeout = seconds(),
        "frame" => rules.frame = seconds(),
        _ => panic!("no constant {name}"),
    }
}

/// What happens to a server from outside. False if it is none of that.
fn around(world: &mut World, server: usize, words: &[&str]) -> bool {
    let node = &mut world.servers[server];
    match *words {
        ["calls", word, ref count @ ..] => {
            node.fated = count.first().map_or(u32::MAX, |count| number(count));
            node.fate = fate(word);
        }
        ["latency", before, after] => {
            (node.before_us, node.after_us) = (micros(before), micros(after));
        }
        ["subscribe", "fail"] => node.subscribe = None,
        ["subscribe", seconds] => node.subscribe = Some(micros(seconds)),
        ["wall", ahead] => node.ahead_us = number::<i64>(ahead) * 1_000_000,
        ["pause"] => node.paused = Some(Paused::Hearing),
        ["pause", "deaf"] => node.paused = Some(Paused::Deaf),
        ["resume"] => world.resume(server),
        ["crash"] => node.up = false,
        _ => return false,
    }
    true
}

fn inputs(seat: Seat, words: &[&str]) -> Vec<Input<Value>> {
    let has = |word| words.contains(&word);
    let key = words.iter().find_map(|word| word.strip_prefix('k')?.parse().ok());
    let (key, mock) = (Key(key.unwrap_or(0)), has("mock"));
    let params = Params {
        steal: has("steal"),
        cancel: has("cancel"),
        mock,
        object: u8::from(has("object")),
    };
    let seats = |from: &str, to: &str| number::<u32>(from)..=number(to);
    let one = match *words {
        ["starts", from, to] => {
            let start = |nth| Input::Start { seat: Seat(nth), key: Key(nth), params };
            return seats(from, to).map(start).collect();
        }
        ["ends", from, to] => {
            return seats(from, to).map(|nth| Input::EndSession { seat: Seat(nth) }).collect();
        }
        ["start", ..] => Input::Start { seat, key, params },
        ["cancel"] => Input::Cancel { seat },
        ["x", value] => Input::Edit {
            seat,
            edit: ValueEdit::Set(vec!["x".into()], Value::Number(number(value))),
        },
        ["save"] => Input::Save { seat },
        ["end"] => Input::EndSession { seat },
        ["set"] => Input::Set { seat },
        ["send", value, ..] => {
            let payload = ValueEdit::Add(vec!["gold".into()], number(value));
            Input::Message { seat, key, payload, mock }
        }
        ["handler", "apply"] => Input::Handle { seat, handler: Handler::Apply },
        ["handler", "ack"] => Input::Handle { seat, handler: Handler::Ack },
        ["handler", "watch"] => Input::Handle { seat, handler: Handler::Watch },
        ["ack", index] => Input::Ack { seat, index: number(index) },
        ["get", ..] => Input::Get { seat, key, version: None, mock },
        ["version", nth, ..] => {
            Input::Get { seat, key, version: Some(VersionId(number(nth))), mock }
        }
        ["remove", ..] => Input::Remove { seat, key, mock },
        ["query", ..] => {
            let range = Range { descending: has("descending"), ..Range::default() };
            Input::Query { seat, key, range, mock }
        }
        ["next", view] => Input::Next { seat, view: Seat(number(view)) },
        ["forget"] => Input::Forget { seat },
        ["spoil"] => Input::Spoil { seat },
        ["reconcile"] => Input::Reconcile { seat },
        ["user", user] => Input::AddUserId { seat, user: number(user) },
        ["nouser", user] => Input::RemoveUserId { seat, user: number(user) },
        ["kill"] => Input::Kill { seat },
        ["close"] => Input::Close,
        ["on", signal, ref act @ ..] => Input::Listen { seat, listener: listener(signal, act) },
        _ => panic!("what is {words:?}?"),
    };
    vec![one]
}

fn listener(signal: &str, act: &[&str]) -> Listener<Value> {
    let signals = [Signal::OnSave, Signal::OnLastSave, Signal::OnSessionEnd, Signal::OnAfterSave];
    let signal = signals.into_iter().find(|it| format!("{it:?}") == signal).expect("a signal");
    let (act, times) = match *act {
        ["end", times] => (Act::EndSession, times),
        ["save", times] => (Act::Save, times),
        ["end", seat, times] => (Act::EndSessionOf(Seat(number(seat))), times),
        ["start", seat, times] => (Act::Start { seat: Seat(number(seat)), key: Key(0) }, times),
        _ => panic!("what is {act:?}?"),
    };
    Listener { signal, times: number(times), act }
}

/// Somebody else writes under `k0`. `session 600` is one of a server that is long dead, and whose
/// last update is 600 s old.
fn inject(world: &mut World, what: &[&str]) {
    let wall = Stamp::from_micros(WALL_US + world.now_us as i64);
    let history = world.keys.entry(Key(0)).or_default();
    let dead = Server { place: 9, job: JobId(99) };
    let present = match history.value.take() {
        Some(Stored::Record(record)) => Some(record),
        _ => None,
    };
    let made = || Record {
        data: Some(Value::map([("x", 0.0.into())])),
        meta: Some(Meta {
            created: Some(wall),
            loads: Some(1),
            active: Active::Nobody,
            force: None,
            updated: None,
        }),
        updates: Some(Updates::none()),
        ..Record::empty()
    };
    let mut record = present.unwrap_or_else(made);
    let mut meta = record.meta.unwrap_or_else(|| made().meta.expect("it was made with one"));
    let session = Active::Session { server: dead, topic: None };
    match *what {
        ["nothing"] => return,
        ["text"] => return history.value = Some(Stored::NotATable),
        ["empty"] => return history.value = Some(Stored::Record(Record::empty())),
        ["session", age] => {
            let age = number::<i64>(age) * 1_000_000;
            let at = Stamp::from_micros(wall.as_micros() - age).floor_to_second();
            (meta.active, meta.updated) = (session, Some(at));
        }
        ["active", "other"] => meta.active = session,
        ["active", "number"] => meta.active = Active::Scalar,
        ["active", "string"] => meta.active = Active::Text,
        ["active", "nobody"] => meta.active = Active::Nobody,
        ["force"] => meta.force = Some(dead),
        ["loads", "none"] => meta.loads = None,
        ["loads", loads] => meta.loads = Some(number(loads)),
        ["messages", "none"] => record.updates = Some(Updates { last: 0, list: None }),
        ["users", ref users @ ..] => {
            record.user_ids = Some(users.iter().map(|user| number(user)).collect());
        }
        ["message", index] => {
            let payload = ValueEdit::Add(vec!["gold".into()], 1.0);
            let message = Message { index: number(index), payload };
            record.updates = Some(Updates { last: message.index, list: Some(vec![message]) });
        }
        _ => panic!("what is {what:?}?"),
    }
    record.meta = Some(meta);
    history.value = Some(Stored::Record(record));
}

/// A notice, as a line of what has happened shows it.
pub(super) fn word(notice: &Notice<Value>) -> String {
    match notice {
        Notice::Loaded(load) => format!("loaded {}", load.loads),
        Notice::Refused(why) => format!("refused {}", why.name()),
        Notice::Fired(signal) => format!("{signal:?}"),
        Notice::LastSave(reason) => format!("OnLastSave({})", reason.name()),
        Notice::Delivered { handler, index, .. } => format!("handler{handler}({index})"),
        Notice::MessageReturned(sent) => format!("sent {sent}"),
        Notice::Got(got) => format!("got {got}"),
        Notice::SetReturned => "set".to_owned(),
        Notice::Removed(removed) => format!("removed {removed}"),
        Notice::Complaint(complaint) => format!("complains {complaint:?}"),
        Notice::Error { .. } => "error".to_owned(),
        Notice::Overwritten(_) => "overwritten".to_owned(),
        Notice::Critical(up) => format!("critical {up}"),
        Notice::HeartbeatRaised => "heartbeat raised".to_owned(),
        Notice::Closed => "closed".to_owned(),
        Notice::Ended => "ended".to_owned(),
    }
}
