//! A lease of one's own, from nothing: written, run on many seeds, and its broken twin found out.
//!
//! ```text
//!   cargo run -p leasehold-sim --example my_lease              every seed holds
//!   cargo run -p leasehold-sim --example my_lease -- broken    found, shrunk, explained
//! ```
//!
//! The record says who owns it until when. A server takes it if nobody does, or if that time is
//! over by its own clock; it writes again every third of a lease, and considers itself owner no
//! longer than what it has last written. The broken twin takes a lease that has a third of its time
//! left.

use leasehold_sim::cause::{Cause, Class};
use leasehold_sim::library::{
    CallKind, Decision, Effect, Error, Found, Input, Instant, JobId, Key, Library, Notice, Now, Op,
    Place, Request, Seat, Stamp, View, Write,
};
use leasehold_sim::{Scenario, Simulation, Wanted};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

static FREE: Cause = Cause::new("free", Class::Unowned, "nobody had it");
static EXPIRED: Cause = Cause::new("expired", Class::Expiry, "the lease was taken to be over");
static HELD: Cause = Cause::new("held", Class::Held, "another server has it");
static DOWN: Cause = Cause::new("down", Class::Unavailable, "the datastore failed");
static UNWANTED: Cause = Cause::new("unwanted", Class::Cancelled, "nobody wanted it any more");
static TAKEN: Cause = Cause::new("taken", Class::TakenOver, "another server has taken it");

/// How long a lease is. A server thinks that it is over by so much too early, if it is broken.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Lease {
    pub(crate) seconds: u64,
    #[serde(default)]
    pub(crate) early: u64,
}

#[derive(Clone)]
pub(crate) struct Record {
    owner: Option<(JobId, u32)>,
    until: Stamp,
    edits: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Starting,
    Active,
    /// Wanted no more; what is under way comes first.
    Leaving,
    Releasing,
}

struct Session {
    key: Key,
    nth: u32,
    granted: bool,
    state: State,
    edits: u64,
    until: Stamp,
    next: Option<Instant>,
    /// What the transform that ran last has decided: how it came by the record, if it did.
    wrote: Option<&'static Cause>,
}

pub(crate) struct MyLease {
    lease: Lease,
    job: JobId,
    starts: u32,
    sessions: BTreeMap<Op, (Seat, Session)>,
}

impl Library for MyLease {
    type Config = Lease;
    type Stored = Record;
    type Message = ();
    const NAME: &'static str = "my_lease";

    fn new(lease: &Lease, job: JobId) -> MyLease {
        MyLease { lease: *lease, job, starts: 0, sessions: BTreeMap::new() }
    }

    fn on(&mut self, now: Now, input: Input<()>, out: &mut Vec<Effect<()>>) {
        match input {
            Input::Join { seat, key } => {
                self.starts += 1;
                let (nth, state) = (self.starts, State::Starting);
                let (granted, edits, until, next, wrote) = (false, 0, now.wall, None, None);
                let session = Session { key, nth, granted, state, edits, until, next, wrote };
                self.sessions.insert(Op(seat.0), (seat, session));
                self.call(seat, CallKind::Acquire, out);
            }
            Input::Edit { seat, .. } => self.session(seat).edits += 1,
            Input::Leave { seat } | Input::Cancel { seat } => self.leave(seat, out),
            Input::Close => {
                let seats: Vec<Seat> = self.sessions.values().map(|(seat, _)| *seat).collect();
                seats.into_iter().for_each(|seat| self.leave(seat, out));
            }
            Input::Tick => self.save_what_is_due(now, out),
            Input::Replied { op, result, .. } => self.replied(now, op, result.err(), out),
            _ => {}
        }
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Record>>,
    ) -> Decision<Record> {
        let (lease, job) = (self.lease, self.job);
        let (_, session) = self.sessions.get_mut(&op).expect("it has called");
        let me = Some((job, session.nth));
        let found = found.map(|found| found.value);
        let over = |record: &Record| record.until <= now.wall + Duration::from_secs(lease.early);
        session.wrote = match found {
            Some(record) if record.owner == me => Some(&FREE),
            Some(_) if session.granted || session.state == State::Releasing => None,
            Some(record) if record.owner.is_some() && !over(record) => None,
            Some(record) if record.owner.is_some() => Some(&EXPIRED),
            _ => Some(&FREE),
        };
        if session.wrote.is_none() {
            return Decision::Cancel;
        }
        let stored = found.map_or(0, |record| record.edits);
        session.edits = session.edits.max(stored);
        session.until = now.wall + Duration::from_secs(lease.seconds);
        let owner = me.filter(|_| session.state != State::Releasing);
        Decision::Write(Write::plain(Record { owner, until: session.until, edits: session.edits }))
    }

    fn deadline(&self) -> Option<Instant> {
        self.sessions.values().filter_map(|(_, session)| session.next).min()
    }

    fn owns(&self, seat: Seat, now: Now) -> bool {
        let session = self.sessions.get(&Op(seat.0)).map(|(_, session)| session);
        session.is_some_and(|one| one.state == State::Active && now.wall < one.until)
    }

    fn view(stored: &Record) -> Option<View> {
        let (owner, edits) = (stored.owner, stored.edits);
        Some(View { owner, generation: None, commit: None, released: owner.is_none(), edits })
    }
}

impl MyLease {
    fn session(&mut self, seat: Seat) -> &mut Session {
        &mut self.sessions.get_mut(&Op(seat.0)).expect("somebody sits there").1
    }

    fn call(&mut self, seat: Seat, kind: CallKind, out: &mut Vec<Effect<()>>) {
        let place = Place::Player(self.session(seat).key);
        let (op, request) = (Op(seat.0), Request::Update);
        out.push(Effect::Call { op, place, seat: Some(seat), request, kind, attempt: 0 });
    }

    fn save_what_is_due(&mut self, now: Now, out: &mut Vec<Effect<()>>) {
        let due = |one: &Session| one.next.is_some_and(|at| at <= now.mono);
        let all = self.sessions.values().filter(|(_, one)| due(one));
        let seats: Vec<Seat> = all.map(|(seat, _)| *seat).collect();
        for seat in seats {
            self.session(seat).next = None;
            self.call(seat, CallKind::Save, out);
        }
    }

    fn replied(&mut self, now: Now, op: Op, error: Option<Error>, out: &mut Vec<Effect<()>>) {
        let renew_after = Duration::from_secs(self.lease.seconds) / 3;
        let (seat, session) = self.sessions.get_mut(&op).expect("it has called");
        let seat = *seat;
        let mut tell = |notice| out.push(Effect::Tell { seat, notice });
        match (session.state, error, session.wrote) {
            (State::Starting, None, Some(how)) => {
                (session.state, session.granted) = (State::Active, true);
                session.next = Some(now.mono + renew_after);
                let (edits, calls, retries) = (session.edits, 1, 0);
                return tell(Notice::Granted { how, edits, calls, retries });
            }
            (State::Starting, error, _) => {
                let reason = if error.is_some() { &DOWN } else { &HELD };
                tell(Notice::Rejected { reason });
            }
            (State::Active, None, Some(_)) => {
                session.next = Some(now.mono + renew_after);
                return tell(Notice::Saved);
            }
            (State::Active, Some(_), _) => {
                session.next = Some(now.mono + Duration::from_secs(1));
                return;
            }
            (State::Active, None, None) => tell(Notice::Lost { reason: &TAKEN }),
            (State::Leaving, ..) => {
                session.next = Some(now.mono);
                return self.leave(seat, out);
            }
            (State::Releasing, ..) if session.granted => {
                let saved = error.is_none() && session.wrote.is_some();
                tell(Notice::Released { saved });
            }
            (State::Releasing, ..) => tell(Notice::Rejected { reason: &UNWANTED }),
        }
        tell(Notice::Ended);
        self.sessions.remove(&op);
    }

    /// Gives the lease back: at once, or after the call that is under way.
    fn leave(&mut self, seat: Seat, out: &mut Vec<Effect<()>>) {
        let session = self.session(seat);
        if session.state != State::Releasing {
            session.state = State::Leaving;
            if session.next.take().is_some() {
                session.state = State::Releasing;
                self.call(seat, CallKind::Release, out);
            }
        }
    }
}

const WORLD: &str = r#"
    duration = "10m"
    servers.count = 4
    players = { count = 20, stay = "30s..2m", hop = "80%", noticed_after = "0s..20s" }
    faults = { crash_every = "4m", pause_every = "4m", pause_for = "20s..1m" }
    library = { seconds = 30 }
"#;

fn main() {
    print!("{}", told(std::env::args().nth(1).as_deref() == Some("broken")));
}

/// What is to be said of the lease, or of its broken twin.
pub(crate) fn told(broken: bool) -> String {
    let scenario = Scenario::parse(WORLD).expect("the world is sound");
    if !broken {
        let lease = Simulation::<MyLease>::configured(&scenario).expect("it has its constants");
        lease.named("my-lease").seeds(0..100).assert_holds();
        return "100 seeds: no two servers consider themselves owner of a key at once.\n"
            .to_owned();
    }
    let lease = Lease { seconds: 30, early: 10 };
    let lease = Simulation::<MyLease>::new(&scenario, lease).expect("the world is sound");
    let class: Wanted = "no_double_ownership".parse().expect("an invariant");
    let failures = lease.seeds(0..100).failures();
    let shrunk = failures.iter().find_map(|(seed, _)| lease.seed(*seed).shrink(class.clone()).ok());
    let bug = shrunk.expect("two servers consider themselves owner at once");
    let story = lease.explain(&bug).expect("it fails");
    format!(
        "{} of 100 seeds fail. One of them:\n\n{}\n{story}",
        failures.len(),
        bug.scenario_text()
    )
}
