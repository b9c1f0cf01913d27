//! A world small enough to be played by hand: servers, one datastore, and a script that says what
//! happens when.
//!
//! A script has one command per line: `[time] who what`. The time is in seconds; before the
//! command, every deadline up to and including it has its tick. `<time` moves the clock without the
//! ticks that are due exactly then, so that the command goes first. Both clocks of all servers show
//! the same, unless `wall` says otherwise.
//!
//! | command                                 | what it does                                                     |
//! |-----------------------------------------|------------------------------------------------------------------|
//! | `A start`, `edit 7`, `save`, `release`, `cancel`, `close` | an input of server A's store; a last word `seat1` names a seat   |
//! | `A calls hold`, `ok`, `fail`, `lost`    | what becomes of calls from now on; `lost`: no reply, not applied |
//! | `A ok`, `fail`, `throttled`             | A's oldest held call is answered                                 |
//! | `A applied`                             | it is applied, but reported as failed                            |
//! | `A late 3`                              | A's third call is committed now, and its reply reaches A         |
//! | `A wall 5`, `pause`, `resume`, `crash`  | A's wall clock is 5 s ahead from now on, ...                     |
//! | `A show`, `record`                      | whether A considers itself owner; what is stored                 |
//! | `message drop`, `hold`, `ok`, `deliver` | what becomes of messages; held ones are delivered                |

use super::{KEY, Log, template};
use crate::chronicle::{Call, Effect, Input, Message, Notice, Outcome, Rules, Store, StoreError};
use crate::effects::Effects;
use crate::ids::{JobId, Key, OpId, Seat};
use crate::record::Stored;
use crate::time::{Instant, Now, Stamp};
use std::collections::{BTreeMap, VecDeque};

/// Plays a script and compares what has happened, line by line.
#[track_caller]
pub(crate) fn check(rules: Rules, script: &str, expect: &str) {
    let mut hand = Hand::new(rules);
    hand.play(script);
    let lines = |text: &str| {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    let (heard, expect) = (hand.lines.join("\n"), lines(expect));
    assert!(heard == expect, "heard:\n{heard}\n\nexpected:\n{expect}\n");
}

/// The world.
pub(crate) struct Hand {
    rules: Rules,
    pub(crate) now: Instant,
    pub(crate) stored: BTreeMap<Key, Stored<Log>>,
    servers: Vec<Server>,
    message: Fate,
    held_messages: Vec<(JobId, Message)>,
    todo: VecDeque<(usize, Input<Log>)>,
    /// What has happened.
    pub(crate) lines: Vec<String>,
    /// How many servers have considered themselves owner of [`KEY`] at once, at most,
    /// paused ones left out (rule D1).
    pub(crate) owners_max: usize,
}

struct Server {
    store: Store<Log>,
    ahead_us: i64,
    up: bool,
    paused: bool,
    fate: Fate,
    calls: Vec<Call<Log>>,
    held: VecDeque<usize>,
}

/// What becomes of calls or messages.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Ok,
    Hold,
    Fail,
    Lost,
}

impl Hand {
    pub(crate) fn new(rules: Rules) -> Hand {
        Hand {
            rules,
            now: Instant::default(),
            stored: BTreeMap::new(),
            servers: Vec::new(),
            message: Fate::Ok,
            held_messages: Vec::new(),
            todo: VecDeque::new(),
            lines: Vec::new(),
            owners_max: 0,
        }
    }

    /// Plays a script.
    #[track_caller]
    pub(crate) fn play(&mut self, script: &str) {
        for line in script.lines() {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            let Some(first) = words.first() else { continue };
            let (time, first_goes) = match first.strip_prefix('<') {
                Some(time) => (time, true),
                None => (*first, false),
            };
            if time.starts_with(|letter: char| letter.is_ascii_digit()) {
                self.advance(parse_time(time), !first_goes);
                words.remove(0);
            }
            if !words.is_empty() {
                self.command(&words);
            }
        }
    }

    /// How many lines contain this.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.lines.iter().filter(|line| line.contains(what)).count()
    }

    /// The store of a server.
    pub(crate) fn store(&self, who: &str) -> &Store<Log> {
        &self.servers[usize::from(who.as_bytes()[0] - b'A')].store
    }

    /// Lets time pass, with a tick at each deadline.
    pub(crate) fn advance(&mut self, to: Instant, inclusive: bool) {
        assert!(to >= self.now, "time goes back to {to:?}");
        loop {
            let awake = self.servers.iter().enumerate().filter(|(_, one)| one.up && !one.paused);
            let due = awake.filter_map(|(nth, one)| Some((one.store.deadline()?, nth))).min();
            match due {
                Some((at, nth)) if at < to || inclusive && at == to => {
                    self.now = self.now.max(at);
                    self.put(nth, Input::Tick);
                }
                _ => break,
            }
        }
        self.now = to;
    }

    fn command(&mut self, words: &[&str]) {
        match words {
            ["record"] => self.show_record(),
            ["message", "deliver"] => {
                for (to, message) in std::mem::take(&mut self.held_messages) {
                    self.deliver(to, message);
                }
                self.settle();
            }
            ["message", fate] => self.message = parse_fate(fate),
            [who, rest @ ..] => {
                let nth = self.server(who);
                self.command_to(nth, rest);
            }
            [] => {}
        }
    }

    fn command_to(&mut self, nth: usize, words: &[&str]) {
        let (words, seat) = match words {
            [words @ .., last] if last.starts_with("seat") => {
                (words, Seat(last[4..].parse().expect("a seat")))
            }
            words => (words, Seat(0)),
        };
        match words {
            ["start"] => self.put(nth, Input::Start { seat, key: KEY }),
            ["start", key] => {
                let key = Key(key[1..].parse().expect("a key"));
                self.put(nth, Input::Start { seat, key });
            }
            ["cancel"] => self.put(nth, Input::Cancel { seat }),
            ["edit", what] => {
                let edit = what.parse().expect("a change");
                self.put(nth, Input::Edit { seat, edit });
            }
            ["save"] => self.put(nth, Input::Save { seat }),
            ["release"] => self.put(nth, Input::Release { seat }),
            ["close"] => self.put(nth, Input::Close),
            ["calls", fate] => self.servers[nth].fate = parse_fate(fate),
            ["ok" | "fail" | "throttled" | "applied"] => self.answer(nth, words[0]),
            ["late", call] => {
                let op = self.servers[nth].calls[call.parse::<usize>().expect("a call") - 1].op;
                let outcome = self.apply(nth, op);
                self.put(nth, Input::Replied { op, result: Ok(outcome), random: u64::MAX });
            }
            ["wall", ahead] => {
                self.servers[nth].ahead_us = ahead.parse::<i64>().expect("seconds") * 1_000_000;
            }
            ["pause"] => self.servers[nth].paused = true,
            ["resume"] => {
                self.servers[nth].paused = false;
                self.advance(self.now, true);
            }
            ["crash"] => self.servers[nth].up = false,
            ["show"] => self.show(nth, seat),
            _ => panic!("what is {words:?}?"),
        }
    }

    fn answer(&mut self, nth: usize, how: &str) {
        let call = self.servers[nth].held.pop_front().expect("a held call");
        let op = self.servers[nth].calls[call].op;
        let result = match how {
            "ok" => Ok(self.apply(nth, op)),
            "applied" => {
                self.apply(nth, op);
                Err(StoreError::Failed)
            }
            "throttled" => Err(StoreError::Throttled),
            _ => Err(StoreError::Failed),
        };
        self.put(nth, Input::Replied { op, result, random: u64::MAX });
    }

    /// The server of this name; it is started when it is first spoken of.
    fn server(&mut self, who: &str) -> usize {
        let nth = usize::from(who.as_bytes()[0] - b'A');
        while self.servers.len() <= nth {
            let job = JobId(self.servers.len() as u32);
            self.servers.push(Server {
                store: Store::new(self.rules, template(), job),
                ahead_us: 0,
                up: true,
                paused: false,
                fate: Fate::Ok,
                calls: Vec::new(),
                held: VecDeque::new(),
            });
            self.put(self.servers.len() - 1, Input::Open { datastore: true });
        }
        nth
    }

    /// Hands an input to a server, and carries out everything that comes of it.
    pub(crate) fn put(&mut self, nth: usize, input: Input<Log>) {
        self.todo.push_back((nth, input));
        self.settle();
    }

    fn settle(&mut self) {
        while let Some((nth, input)) = self.todo.pop_front() {
            let now = self.clocks(nth);
            let mut effects = Effects::new();
            self.servers[nth].store.on(now, input, &mut effects);
            for effect in effects {
                self.carry_out(nth, effect);
            }
        }
        let awake = (0..self.servers.len()).filter(|nth| self.is_awake(*nth));
        let owns = |nth: &usize| {
            let (store, now) = (&self.servers[*nth].store, self.clocks(*nth));
            store.is_active(Seat(0), now)
        };
        self.owners_max = self.owners_max.max(awake.filter(owns).count());
    }

    /// Whether a server is up and not paused.
    pub(crate) fn is_awake(&self, nth: usize) -> bool {
        self.servers.get(nth).is_none_or(|server| server.up && !server.paused)
    }

    /// How many calls a server has made, and how many of them are held.
    pub(crate) fn calls(&self, nth: usize) -> (usize, usize) {
        self.servers.get(nth).map_or((0, 0), |server| (server.calls.len(), server.held.len()))
    }

    fn carry_out(&mut self, nth: usize, effect: Effect<Log>) {
        match effect {
            Effect::Subscribe(_) => {}
            Effect::Call(call) => {
                let retry = if call.attempt > 0 {
                    format!(" again{}", call.attempt)
                } else {
                    String::new()
                };
                self.say(nth, call.op.seat, format!("calls {}{retry}", call.kind));
                self.call(nth, call);
            }
            Effect::Publish { to, message } => {
                let what =
                    if matches!(message, Message::Challenge { .. }) { "asks" } else { "answers" };
                self.say(nth, Seat(0), format!("{what} {}", name(to.0 as usize)));
                match self.message {
                    Fate::Ok => self.deliver(to, message),
                    Fate::Hold => self.held_messages.push((to, message)),
                    Fate::Fail | Fate::Lost => {}
                }
            }
            Effect::Tell { seat, notice: Notice::Ended } => self.say(nth, seat, "ended".into()),
            Effect::Tell { seat, notice } => self.say(nth, seat, tell(notice)),
            Effect::ShortCircuited { seat, kind } => {
                self.say(nth, seat, format!("fails fast {kind}"));
            }
        }
    }

    fn call(&mut self, nth: usize, call: Call<Log>) {
        let op = call.op;
        self.servers[nth].calls.push(call);
        let result = match self.servers[nth].fate {
            Fate::Ok => Ok(self.apply(nth, op)),
            Fate::Fail => Err(StoreError::Failed),
            Fate::Lost => return,
            Fate::Hold => {
                let last = self.servers[nth].calls.len() - 1;
                return self.servers[nth].held.push_back(last);
            }
        };
        self.todo.push_back((nth, Input::Replied { op, result, random: u64::MAX }));
    }

    /// Runs a call's transform on what is stored now.
    fn apply(&mut self, nth: usize, op: OpId) -> Outcome<Log> {
        let wall = self.clocks(nth).wall;
        let call = self.servers[nth].calls.iter().find(|call| call.op == op).expect("a call");
        let transformed = call.update.apply(self.stored.get(&call.key), wall);
        if let Some(record) = transformed.write {
            self.stored.insert(call.key, Stored::Record(record));
        }
        transformed.outcome
    }

    fn deliver(&mut self, to: JobId, message: Message) {
        let nth = to.0 as usize;
        if self.servers.get(nth).is_some_and(|server| server.up && !server.paused) {
            self.todo.push_back((nth, Input::Heard(message)));
        }
    }

    fn clocks(&self, nth: usize) -> Now {
        let wall = self.now.as_micros() as i64 + self.servers[nth].ahead_us;
        Now { mono: self.now, wall: Stamp::from_micros(wall) }
    }

    fn say(&mut self, nth: usize, seat: Seat, what: String) {
        let seat = if seat == Seat(0) { String::new() } else { format!("seat{} ", seat.0) };
        self.lines.push(format!("{} {} {seat}{what}", print_time(self.now), name(nth)));
    }

    fn show(&mut self, nth: usize, seat: Seat) {
        let active = self.servers[nth].store.is_active(seat, self.clocks(nth));
        self.say(nth, seat, if active { "is active" } else { "is not active" }.into());
    }

    fn show_record(&mut self) {
        let time = print_time(self.now);
        self.lines.push(match self.stored.get(&KEY) {
            None => format!("{time} record none"),
            Some(Stored::NotARecord) => format!("{time} record garbage"),
            Some(Stored::Record(record)) => {
                let (lease, commit) = (record.lease, record.metadata.commit);
                let who = name(lease.owner.job.0 as usize);
                let session = lease.owner.session;
                let until = if lease.released {
                    "free".to_owned()
                } else {
                    print_time(Instant::from_micros(lease.expires_at.as_micros() as u64))
                };
                let data = &record.data.0;
                format!(
                    "{time} record {who}/{session} {} {commit} {until} {data:?}",
                    lease.generation
                )
            }
        });
    }
}

fn tell(notice: Notice) -> String {
    match notice {
        Notice::Loaded(load) => {
            let how = format!("{:?}", load.how);
            let how = how.split_whitespace().next().unwrap_or_default().to_lowercase();
            format!("loaded {how} {}", load.generation)
        }
        Notice::StartFailed(why) => format!("start failed {}", why.name()),
        Notice::LeaseConflict(resolution) => format!("conflict {}", resolution.name()),
        Notice::Saved(saved) => format!("saved {}", saved.commit),
        Notice::SaveReturned { callers, result } => {
            format!("save x{callers} {}", result.map_or_else(|why| why.name(), |()| "true"))
        }
        Notice::EditRefused => "edit refused".into(),
        Notice::Corrupted(corruption) => format!("corrupted {}", corruption.name()),
        Notice::CircuitOpened(opening) => {
            format!("circuit open {} for {}s", opening.reason.name(), opening.timeout.as_secs())
        }
        Notice::CircuitClosed => "circuit closed".into(),
        Notice::LeaseLost { loss, unsaved } => {
            let loss = format!("{loss:?}").to_lowercase();
            format!("lease lost {loss}{}", if unsaved { " unsaved" } else { "" })
        }
        Notice::Released { saved } => format!("released{}", if saved { "" } else { " unsaved" }),
        Notice::ReleaseAbandoned { unsaved } => {
            format!("release abandoned{}", if unsaved { " unsaved" } else { "" })
        }
        Notice::Ended => "ended".into(),
        Notice::FellBack => "fell back".into(),
    }
}

fn name(nth: usize) -> char {
    char::from(b'A' + nth as u8)
}

fn parse_fate(fate: &str) -> Fate {
    match fate {
        "ok" => Fate::Ok,
        "hold" => Fate::Hold,
        "fail" => Fate::Fail,
        "lost" | "drop" => Fate::Lost,
        _ => panic!("what is {fate}?"),
    }
}

fn parse_time(text: &str) -> Instant {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: u64 = whole.parse().expect("seconds");
    let fraction: u64 = format!("{fraction:0<6}").parse().expect("a fraction of a second");
    Instant::from_micros(whole * 1_000_000 + fraction)
}

fn print_time(time: Instant) -> String {
    let us = time.as_micros();
    let text = format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
