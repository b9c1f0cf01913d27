//! The world of the conformance table: servers, one datastore, messages, and a clock that goes from
//! one thing that happens to the next.

use leasehold_core::profile_store::{
    Call, DataStoreState, Effect, EndRequest, Host, Input, Method, Range, Response, Rules, Server,
    SessionGuid, Store, StoreError, Stored, VersionId,
};
use leasehold_core::{Effects, Instant, JobId, Key, Now, OpId, Seat, Stamp, Value};
use std::collections::{BTreeMap, VecDeque};

/// What the clocks show when a story begins, in microseconds: far enough from their origins.
const MONO_US: u64 = 1_000_000_000;
pub(super) const WALL_US: i64 = 1_000_000_000_000;

pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) now_us: u64,
    events: BTreeMap<(u64, u64), Event>,
    next_event: u64,
    pub(super) servers: Vec<Node>,
    pub(super) keys: BTreeMap<Key, History>,
    /// What is listened to, and on which server.
    topics: BTreeMap<SessionGuid, usize>,
    pub(super) end_request: EndRequestFate,
    pub(super) lines: Vec<Line>,
    pub(super) page: usize,
}

/// A server.
pub(super) struct Node {
    pub(super) store: Store<Value>,
    origin_us: u64,
    pub(super) ahead_us: i64,
    pub(super) up: bool,
    /// Paused: what comes in is kept, or lost if it is a message and the server deaf.
    pub(super) paused: Option<Paused>,
    pub(super) before_us: u64,
    pub(super) after_us: u64,
    pub(super) fate: CallFate,
    /// For how many more calls.
    pub(super) fated: u32,
    pub(super) subscribe: Option<u64>,
    probe: Option<(CallFate, u64)>,
    pages: BTreeMap<Seat, VecDeque<VersionId>>,
    kept: Vec<Input<Value>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Paused {
    Hearing,
    Deaf,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CallFate {
    Ok,
    Fail,
    /// Committed, but reported as failed.
    Ambiguous,
    Hang,
    /// The probe's answers.
    NoInternet,
    Forbidden,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EndRequestFate {
    Ok,
    Drop,
    Twice,
    Late(u64),
}

/// What was stored under a key, and is.
#[derive(Default)]
pub(super) struct History {
    pub(super) value: Option<Stored<Value>>,
    pub(super) versions: Vec<Option<Stored<Value>>>,
}

/// Something that has happened.
pub(super) struct Line {
    pub(super) at_us: u64,
    pub(super) server: usize,
    pub(super) seat: Seat,
    pub(super) what: String,
}

enum Event {
    Commit { server: usize, call: Call, fate: CallFate },
    Reply { server: usize, op: OpId, result: Result<Response<Value>, StoreError> },
    Deliver { guid: SessionGuid, end_request: EndRequest },
    Subscribed { server: usize, guid: SessionGuid, ok: bool },
}

impl World {
    pub(super) fn new(rules: Rules) -> World {
        World {
            rules,
            now_us: 0,
            events: BTreeMap::new(),
            next_event: 0,
            servers: Vec::new(),
            keys: BTreeMap::new(),
            topics: BTreeMap::new(),
            end_request: EndRequestFate::Ok,
            lines: Vec::new(),
            page: 2,
        }
    }

    /// Starts the next server. In Studio all have the same name, and begin with a probe, of which
    /// it is known what it says and after how long.
    pub(super) fn boot(
        &mut self,
        origin_us: Option<u64>,
        state: DataStoreState,
        studio: Option<(CallFate, u64)>,
    ) {
        let nth = self.servers.len() as u32;
        let job = if studio.is_some() { JobId(0) } else { JobId(nth + 1) };
        let host = Host { me: Server { place: 1, job }, life: JobId(nth + 1) };
        let template = Value::map([("x", 0.0.into())]);
        self.servers.push(Node {
            store: Store::new(self.rules, template, host),
            origin_us: origin_us.unwrap_or(MONO_US),
            ahead_us: 0,
            up: true,
            paused: None,
            before_us: 25_000,
            after_us: 25_000,
            fate: CallFate::Ok,
            fated: 0,
            subscribe: Some(50_000),
            probe: studio,
            pages: BTreeMap::new(),
            kept: Vec::new(),
        });
        let server = nth as usize;
        self.put(server, Input::Open { state });
    }

    pub(super) fn clocks(&self, server: usize) -> Now {
        let node = &self.servers[server];
        let wall = WALL_US + self.now_us as i64 + node.ahead_us;
        let mono = Instant::from_micros(self.now_us + node.origin_us);
        Now { mono, wall: Stamp::from_micros(wall) }
    }

    /// Lets time pass. Ticks go before events of the same moment.
    pub(super) fn advance(&mut self, to_us: u64) {
        assert!(to_us >= self.now_us, "time goes back to {to_us} us");
        loop {
            let awake = self.servers.iter().enumerate();
            let awake = awake.filter(|(_, node)| node.up && node.paused.is_none());
            let tick = awake.filter_map(|(nth, node)| {
                let at = node.store.deadline()?.as_micros().saturating_sub(node.origin_us);
                Some((at.max(self.now_us), nth))
            });
            let tick = tick.min();
            let event = self.events.first_key_value().map(|(at, _)| *at);
            match (tick, event) {
                (Some((at, server)), event)
                    if at <= to_us && event.is_none_or(|(other, _)| at <= other) =>
                {
                    self.now_us = at;
                    self.put(server, Input::Tick);
                }
                (_, Some(at)) if at.0 <= to_us => {
                    self.now_us = at.0;
                    let event = self.events.remove(&at).expect("it is the first");
                    self.happen(event);
                }
                _ => break,
            }
        }
        self.now_us = to_us;
    }

    fn later(&mut self, wait_us: u64, event: Event) {
        self.next_event += 1;
        self.events.insert((self.now_us + wait_us, self.next_event), event);
    }

    /// Hands an input to a server, and carries out what comes of it.
    pub(super) fn put(&mut self, server: usize, input: Input<Value>) {
        let node = &mut self.servers[server];
        if !node.up {
            return;
        }
        match node.paused {
            Some(Paused::Deaf) if matches!(input, Input::Heard { .. }) => return,
            Some(_) => return node.kept.push(input),
            None => {}
        }
        let now = self.clocks(server);
        let mut effects = Effects::new();
        self.servers[server].store.on(now, input, &mut effects);
        for effect in effects {
            self.carry_out(server, effect);
        }
    }

    pub(super) fn resume(&mut self, server: usize) {
        self.servers[server].paused = None;
        for input in std::mem::take(&mut self.servers[server].kept) {
            self.put(server, input);
        }
    }

    pub(super) fn say(&mut self, server: usize, seat: Seat, what: String) {
        self.lines.push(Line { at_us: self.now_us, server, seat, what });
    }

    fn carry_out(&mut self, server: usize, effect: Effect<Value>) {
        match effect {
            Effect::Call(call) => self.call(server, call),
            Effect::Subscribe { seat, guid } => {
                self.say(server, seat, "S".to_owned());
                let wait = self.servers[server].subscribe;
                let ok = wait.is_some();
                self.later(wait.unwrap_or(50_000), Event::Subscribed { server, guid, ok });
            }
            Effect::Unsubscribe(guid) => {
                self.say(server, Seat(0), "unsubscribes".to_owned());
                self.topics.remove(&guid);
            }
            Effect::Publish { seat, guid, end_request } => {
                self.say(server, seat, "P".to_owned());
                let event = || Event::Deliver { guid, end_request };
                match self.end_request {
                    EndRequestFate::Ok => self.later(120_000, event()),
                    EndRequestFate::Drop => {}
                    EndRequestFate::Twice => {
                        self.later(120_000, event());
                        self.later(120_000, event());
                    }
                    EndRequestFate::Late(us) => self.later(us, event()),
                }
            }
            Effect::Tell { seat, notice } => self.say(server, seat, super::script::word(&notice)),
        }
    }

    fn call(&mut self, server: usize, call: Call) {
        let letter = match call.request {
            Method::Update(_) => "U",
            Method::Get => "G",
            Method::GetVersion(_) => "V",
            Method::ListVersions(_) => "L",
            Method::NextPage => "A",
            Method::Remove => "R",
            Method::Probe => "SetAsync",
        };
        self.say(server, call.op.seat, letter.to_owned());
        let node = &mut self.servers[server];
        if let Some((fate, wait)) = node.probe.take() {
            let wait = wait.saturating_sub(node.after_us);
            return self.later(wait, Event::Commit { server, call, fate });
        }
        let fate = node.fate;
        node.fated = node.fated.saturating_sub(1);
        if node.fated == 0 {
            node.fate = CallFate::Ok;
        }
        let wait = node.before_us;
        if fate != CallFate::Hang {
            self.later(wait, Event::Commit { server, call, fate });
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Commit { server, call, fate } => {
                if !self.servers[server].up {
                    return;
                }
                let result = match fate {
                    CallFate::Ok | CallFate::Hang => self.commit(server, call),
                    CallFate::Ambiguous => self.commit(server, call).and(Err(StoreError::Failed)),
                    CallFate::Fail => Err(StoreError::Failed),
                    CallFate::NoInternet => Err(StoreError::ConnectFail),
                    CallFate::Forbidden => Err(StoreError::Forbidden),
                };
                let wait = self.servers[server].after_us;
                self.later(wait, Event::Reply { server, op: call.op, result });
            }
            Event::Reply { server, op, result } => self.put(server, Input::Replied { op, result }),
            Event::Deliver { guid, end_request } => {
                if let Some(server) = self.topics.get(&guid).copied() {
                    self.put(server, Input::Heard { guid, end_request });
                }
            }
            Event::Subscribed { server, guid, ok } => {
                if ok {
                    self.topics.insert(guid, server);
                }
                self.put(server, Input::Subscribed { guid, ok });
            }
        }
    }

    fn commit(&mut self, server: usize, call: Call) -> Result<Response<Value>, StoreError> {
        let wall = self.clocks(server).wall;
        let history = self.keys.entry(call.key).or_default();
        let boxed = |stored: &Option<Stored<Value>>| stored.clone().map(Box::new);
        match call.request {
            Method::Update(_) => {
                let update = self.servers[server].store.update(call.op);
                let update = update.ok_or(StoreError::Failed)?;
                let written = update.apply(history.value.as_ref(), wall);
                let record = written.map_err(|_| StoreError::Threw)?.record;
                history.value = Some(Stored::Record(record.clone()));
                history.versions.push(history.value.clone());
                Ok(Response::Updated(Box::new(record)))
            }
            Method::Get => Ok(Response::Got(boxed(&history.value))),
            Method::GetVersion(VersionId(nth)) => {
                Ok(Response::Got(history.versions.get(nth as usize).and_then(boxed)))
            }
            Method::Remove => {
                history.value = None;
                history.versions.push(None);
                Ok(Response::Done)
            }
            Method::ListVersions(Range { descending, .. }) => {
                let count = history.versions.len() as u64;
                let mut all: VecDeque<_> = (0..count).map(VersionId).collect();
                if descending {
                    all = all.into_iter().rev().collect();
                }
                self.servers[server].pages.insert(call.op.seat, all);
                Ok(self.turn(server, call.op.seat))
            }
            Method::NextPage => Ok(self.turn(server, call.op.seat)),
            Method::Probe => Ok(Response::Done),
        }
    }

    /// The next page of the list that a seat has made.
    fn turn(&mut self, server: usize, seat: Seat) -> Response<Value> {
        let rest = self.servers[server].pages.entry(seat).or_default();
        let versions = rest.drain(..self.page.min(rest.len())).collect();
        Response::Page { versions, last: rest.is_empty() }
    }
}
