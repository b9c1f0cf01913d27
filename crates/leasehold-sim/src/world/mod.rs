//! The world: turns what libraries want into events, and events into what libraries are told. It
//! decides nothing.
//!
//! ```text
//!   Schedule --event--> World --input--> Library (one a server) --effect--> World --event--> Schedule
//!                         |                                                   |
//!                         '--- step ---> Digest, Observers, Measure <--- step-'
//! ```
//!
//! One event at a time, one thread, no clock but the schedule's. `calls` follows a datastore
//! request through its phases, `post` the messages, `people` the players, `market` what they trade
//! and buy, `fleet` the servers.

#[cfg(test)]
mod ambiguous;
mod calls;
mod fleet;
mod market;
mod people;
mod plan;
mod post;
mod toll;
mod wrong;

use crate::conditions::Conditions;
use crate::config::{self, Line};
use crate::datastore::Datastore;
use crate::digest::Digest;
use crate::fault::{Fault, Gate, Site};
use crate::latency::Latency;
use crate::library::{CallKind, Contract, Effect, Input, Library, MailKind, Notice, Topic};
use crate::limits::Quotas;
use crate::luck::{Dice, Luck};
use crate::measure::Measure;
use crate::messaging::{Messaging, Subscriber};
use crate::node::{Node, Trouble};
use crate::observe::{Fact, Known, Observers, Step};
use crate::players::{Plans, Player};
use crate::schedule::{Event, Moment, Schedule};
use crate::slab::{NONE, Slab};
use crate::trail::Trail;
use leasehold_core::{JobId, Key, Seat};
use market::Market;
use plan::Item;
use std::collections::VecDeque;

pub(crate) struct World<'a, L: Library> {
    pub(crate) config: &'a config::World,
    /// How the library under test is set.
    library: L::Config,
    dice: Dice,
    pub(crate) gate: Gate,
    schedule: Schedule,
    nodes: Vec<Node<L>>,
    /// How many server processes there have been.
    jobs: u32,
    datastore: Datastore<L::Stored>,
    conditions: Conditions,
    /// Nothing if there are no limits.
    quotas: Option<Quotas>,
    messaging: Messaging,
    mails: Slab<Mail<L::Mail>>,
    subscriptions: Slab<Subscription>,
    plans: Plans,
    players: Vec<Player>,
    visits: Slab<Visit>,
    items: Vec<Item>,
    /// The name of the first server's look whether it is empty; the others' follow.
    empties: u32,
    /// Trades and purchases, if there are any.
    market: Option<Box<Market>>,
    tables: Tables,
    effects: Vec<Effect<L::Mail>>,
    edit_refused: bool,
    pub(crate) observers: Observers,
    pub(crate) measure: Measure,
    pub(crate) digest: Digest,
    pub(crate) events: u64,
    /// Leaked sessions that have come to an end all the same.
    pub(crate) leaks_ended: u64,
    end: Moment,
    /// The random faults of servers, as lines of a timeline: see [`World::write_down`].
    pub(crate) lines: Vec<(Fault, Line)>,
    pub(crate) watch: Watch,
    /// Ask questions that nobody needs the answers to.
    #[cfg(test)]
    unrelated: bool,
}

/// Who watches a world's steps.
pub(crate) enum Watch {
    Nobody,
    /// Somebody takes them: those that were not yet taken, each with the digest after it.
    Twin(VecDeque<(Step, Digest)>),
    /// Somebody will ask why.
    Trail(Box<Trail>),
}

/// A player's time on a server, and the session that they have there.
struct Visit {
    /// The player, whose key has the same number.
    player: u32,
    /// Which of the player's visits.
    nth: u32,
    server: u32,
    seat: Seat,
    asked: Moment,
    /// How the session came by its lease.
    how: &'static str,
    /// How many calls of each kind it has made.
    calls: [u32; CallKind::ALL.len()],
    /// Requests that have not come to an end.
    under_way: u32,
    /// It has a seat: the library has not ended the session.
    seated: bool,
    loaded: bool,
    /// The player is gone.
    left: bool,
    /// When the server notices; an event at any other time is an old one.
    noticed_at: Moment,
    leaked: bool,
    /// Its server goes on acting for the player, who is elsewhere.
    ghost: Option<Box<Ghost>>,
}

/// A player whom a server has not noticed to be elsewhere.
struct Ghost {
    /// When it changes something next; an event at any other time is an old one.
    act_at: Moment,
    edits: u32,
    /// How many of the burst that it is in are still to come.
    burst: u32,
}

/// A copy of a message on its way.
struct Mail<M> {
    topic: Topic,
    /// The server that published it.
    from: u32,
    to: Subscriber,
    kind: MailKind,
    key: Key,
    mail: M,
    /// It has arrived, and waits for its receiver's process to go on.
    held: bool,
}

/// A subscription that was asked for, on its way back to the server that did.
struct Subscription {
    topic: Topic,
    server: u32,
    job: JobId,
    ok: bool,
}

struct Tables {
    mail: Latency,
    /// From one trouble of a kind to the next.
    troubles: [Option<Latency>; Trouble::ALL.len()],
}

impl Tables {
    fn new(config: &config::World) -> Tables {
        let every = |trouble| {
            let span = config.faults.every(trouble);
            span.map(|span| Latency::exponential(span.0))
        };
        Tables {
            mail: config.messaging.latency.table().expect("checked"),
            troubles: Trouble::ALL.map(every),
        }
    }
}

impl<'a, L: Library> World<'a, L> {
    /// A world at its beginning, with a library in it that promises what `contract` says.
    ///
    /// What is configured must make sense: whoever is named exists, and every latency has a table.
    pub(crate) fn new(
        config: &'a config::World,
        contract: Contract,
        library: L::Config,
        luck: &Luck,
        gate: Gate,
    ) -> Self {
        let mut world = World::unbegun(config, contract, library, luck, gate);
        world.begin();
        world
    }

    /// The same world, watched.
    pub(crate) fn watched(
        config: &'a config::World,
        contract: Contract,
        library: L::Config,
        luck: &Luck,
        gate: Gate,
        watch: Watch,
    ) -> Self {
        let mut world = World::unbegun(config, contract, library, luck, gate);
        world.watch = watch;
        world.begin();
        world
    }

    fn unbegun(
        config: &'a config::World,
        contract: Contract,
        library: L::Config,
        luck: &Luck,
        gate: Gate,
    ) -> Self {
        let (servers, players) = (config.servers.count as usize, config.players.count as usize);
        let goods = config.players.goods();
        let known = Known {
            contract,
            drift_ppm: config.servers.drift_ppm,
            heal: config.heal.map(|heal| Moment::from_micros(heal.us())),
            goods,
        };
        let store = &config.datastore;
        let reads_stale = store.reads_stale() || gate.has(Site::ReadsStale);
        let cached = L::CACHED_READS || store.first_transform_reads_cache;
        let caches = if cached { servers } else { 0 };
        World {
            config,
            library,
            dice: Dice::new(luck),
            gate,
            schedule: Schedule::default(),
            nodes: Vec::with_capacity(servers),
            jobs: 0,
            datastore: Datastore::new(store, players, caches, reads_stale),
            conditions: Conditions::new(store),
            quotas: Quotas::new(store.limits, store.budget, players),
            messaging: Messaging::new(config.messaging.limits),
            mails: Slab::new(),
            subscriptions: Slab::new(),
            plans: Plans::new(&config.players),
            players: vec![Player::new(); players],
            visits: Slab::new(),
            items: Vec::new(),
            empties: 0,
            market: goods.then(|| Box::new(Market::new(servers))),
            tables: Tables::new(config),
            effects: Vec::new(),
            edit_refused: false,
            observers: Observers::new(known, players, servers),
            measure: Measure::new(config, &contract),
            digest: Digest::new(luck.seed),
            events: 0,
            leaks_ended: 0,
            end: Moment::from_micros(config.duration.us()),
            lines: Vec::new(),
            watch: Watch::Nobody,
            #[cfg(test)]
            unrelated: false,
        }
    }

    fn begin(&mut self) {
        self.dice.fork(Moment::ZERO);
        if self.config.heal.is_some_and(|heal| heal.us() == 0) {
            self.gate.heal(); // Servers do things as soon as they are built.
        }
        for server in 0..self.config.servers.count {
            self.build(server);
        }
        self.plan();
        let all: Vec<u32> = (0..self.players.len() as u32).collect();
        let only = &self.config.players.only;
        for &player in if only.is_empty() { &all } else { only } {
            let at = self.plans.arrival(&self.dice, player);
            self.act_at(player, at);
        }
    }

    /// Runs to the next event, if there is one before the end.
    pub(crate) fn advance(&mut self) -> bool {
        match self.schedule.pop() {
            Some((at, event)) if at <= self.end => {
                self.events += 1;
                if at >= self.dice.forks_at() {
                    self.dice.fork(at);
                }
                #[cfg(test)]
                self.ask_unrelated();
                self.happen(event);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Ends the run: what can still be said is said.
    pub(crate) fn finish(&mut self) {
        for visit in self.visits.names() {
            let (server, key) = (self.visits.of(visit).server, self.visits.of(visit).player);
            if !self.visits.of(visit).seated {
                self.step_at(self.end, server, visit, key, Fact::Over);
            }
        }
        self.observers.at_end(self.end);
        self.chart_overlaps();
    }

    /// The moment of the last event.
    pub(crate) fn now(&self) -> Moment {
        self.schedule.now()
    }

    fn happen(&mut self, event: Event) {
        if let Watch::Trail(trail) = &mut self.watch {
            trail.begins(self.schedule.now(), event, self.gate.fired());
        }
        match event {
            Event::Wake(server) => self.wake(server),
            Event::Request(request) => self.request(request),
            Event::Deliver(mail) => self.deliver(mail),
            Event::Act(player) => self.act(player),
            Event::Plan(item) => self.item(item),
            Event::Kill(server) => self.kill(server),
            Event::Boot(server) => self.boot_if_due(server),
            Event::Thaw(server) => self.thaw(server),
            Event::Leave(visit) => self.noticed(visit),
            Event::Drain(server) => self.drain(server),
            Event::Haunt(visit) => self.haunt(visit),
            Event::Subscribed(subscription) => self.subscribed(subscription),
        }
    }

    /// Queues an event; `what` names it among those of the same moment, and depends on no accident
    /// of this program.
    fn at(&mut self, at: Moment, what: u64, event: Event) {
        let tie = self.dice.tie(at.as_micros(), what);
        self.schedule.at(at, tie, event);
    }

    fn step(&mut self, server: u32, visit: u32, key: u32, fact: Fact) {
        self.step_at(self.schedule.now(), server, visit, key, fact);
    }

    fn step_at(&mut self, at: Moment, server: u32, visit: u32, key: u32, fact: Fact) {
        let step = Step { at, server, visit, key, fact };
        self.digest.step(&step);
        match &mut self.watch {
            Watch::Nobody => {}
            Watch::Twin(steps) => steps.push_back((step, self.digest)),
            Watch::Trail(trail) => trail.step(&step, self.gate.fired()),
        }
        self.observers.on_step(&step);
        if let Watch::Trail(trail) = &mut self.watch {
            trail.look(&self.observers.findings);
        }
        self.measure.on_step(&step);
        self.chart_overlaps();
        if self.market.is_some() {
            self.chart_items(at);
        }
    }

    /// An overlap is known when it is over, and belongs into the series where it began.
    fn chart_overlaps(&mut self) {
        for began in self.observers.findings.overlaps.drain(..) {
            self.measure.overlap(began.as_micros());
        }
    }

    /// Tells a server's library something, and carries out what it wants.
    fn tell(&mut self, server: u32, input: Input<L::Mail>) {
        let node = &mut self.nodes[server as usize];
        let now = node.clock.now(self.schedule.now());
        let mut effects = std::mem::take(&mut self.effects);
        node.library.on(now, input, &mut effects);
        for effect in effects.drain(..) {
            self.carry_out(server, effect);
        }
        self.effects = effects;
        match input {
            Input::Join { seat, .. }
            | Input::Cancel { seat }
            | Input::Edit { seat, .. }
            | Input::Save { seat }
            | Input::Leave { seat } => self.refresh(server, seat),
            Input::Open { .. }
            | Input::Replied { .. }
            | Input::Subscribed { .. }
            | Input::Heard(_)
            | Input::Close
            | Input::Tick => {}
        }
        self.rearm(server);
    }

    fn carry_out(&mut self, server: u32, effect: Effect<L::Mail>) {
        match effect {
            Effect::Call { op, seat, request, kind, attempt } => {
                self.send(server, op, seat, request, kind, attempt);
            }
            Effect::FailedFast { seat, kind } => {
                let (visit, key) = self.who(server, seat);
                self.step(server, visit, key, Fact::FailedFast { kind });
            }
            Effect::Subscribe(topic) => self.subscribe(server, topic),
            Effect::Unsubscribe(topic) => self.messaging.unsubscribe(topic, server),
            Effect::Publish { topic, mail } => self.publish(server, topic, mail),
            Effect::Tell { seat, notice } => {
                self.notice(server, seat, notice);
                self.refresh(server, seat);
            }
        }
    }

    /// The visit in a seat, and its key.
    fn who(&self, server: u32, seat: Seat) -> (u32, u32) {
        match self.nodes[server as usize].visit(seat) {
            NONE => (NONE, NONE),
            visit => (visit, self.visits.of(visit).player),
        }
    }

    fn notice(&mut self, server: u32, seat: Seat, notice: Notice) {
        let (visit, key) = self.who(server, seat);
        match notice {
            Notice::CircuitOpened { timeout_us, .. } => {
                return self.step(server, NONE, NONE, Fact::CircuitOpened { timeout_us });
            }
            Notice::CircuitClosed => return self.step(server, NONE, NONE, Fact::CircuitClosed),
            Notice::FellBack => return self.step(server, NONE, NONE, Fact::FellBack),
            Notice::Remark { mark } => return self.observers.remark(mark),
            _ if visit == NONE => return,
            _ => {}
        }
        let fact = match notice {
            Notice::Loaded { how, edits, retries, .. } => {
                return self.loaded(visit, how, edits, retries);
            }
            Notice::Refused { reason } => return self.refused(visit, reason),
            Notice::Lost { reason } => return self.lost(visit, reason),
            Notice::Ended => return self.stand_up(server, seat),
            Notice::EditRefused => {
                self.edit_refused = true;
                Fact::EditRefused
            }
            Notice::Conflict { resolution } => {
                self.visits.of_mut(visit).how = resolution;
                Fact::Conflict { resolution }
            }
            Notice::Saved => Fact::Saved,
            Notice::Corrupted { kind } => Fact::Corrupted { kind },
            Notice::Released { saved } => Fact::Ended { how: "released", saved },
            Notice::Abandoned => Fact::Ended { how: "release abandoned", saved: false },
            Notice::SaveReturned { callers, result } => {
                return self.saves_return(visit, callers, result.is_ok());
            }
            Notice::CircuitOpened { .. }
            | Notice::CircuitClosed
            | Notice::FellBack
            | Notice::Remark { .. } => return,
        };
        self.step(server, visit, key, fact);
    }

    /// Looks whether the session in a seat believes, and says so if that has changed.
    fn refresh(&mut self, server: u32, seat: Seat) {
        let node = &mut self.nodes[server as usize];
        let visit = node.visit(seat);
        if visit == NONE {
            return;
        }
        let now = node.clock.now(self.schedule.now());
        let believes = node.runs() && node.library.believes(seat, now);
        if node.seat(seat).believes != believes {
            node.seat(seat).believes = believes;
            let (key, how) = (self.visits.of(visit).player, self.visits.of(visit).how);
            let fact = if believes { Fact::Believes { how } } else { Fact::Ceases };
            self.step(server, visit, key, fact);
        }
    }

    /// A session is over for its library: the seat is free.
    fn stand_up(&mut self, server: u32, seat: Seat) {
        let (visit, key) = self.who(server, seat);
        let node = &mut self.nodes[server as usize];
        let believed = node.seat(seat).believes;
        node.stand_up(seat);
        if believed {
            self.step(server, visit, key, Fact::Ceases);
        }
        self.visits.of_mut(visit).seated = false;
        self.closes(visit);
        self.over_if_done(visit);
        self.stop_if_done(server);
    }

    /// Forgets a visit of which nothing can come any more.
    fn over_if_done(&mut self, visit: u32) {
        let this = self.visits.of(visit);
        if this.seated || this.under_way > 0 {
            return;
        }
        let (server, player) = (this.server, this.player);
        self.leaks_ended += u64::from(this.leaked);
        self.step(server, visit, player, Fact::Over);
        self.visits.take(visit);
        let player = &mut self.players[player as usize];
        if player.visit == visit {
            player.visit = NONE;
        }
    }

    fn rearm(&mut self, server: u32) {
        let node = &mut self.nodes[server as usize];
        if !node.runs() {
            return;
        }
        let Some(deadline) = node.library.deadline() else { return };
        let at = node.clock.reaches(deadline).max(self.schedule.now());
        if at < node.wake_at {
            node.wake_at = at;
            self.at(at, u64::from(server), Event::Wake(server));
        }
    }

    fn wake(&mut self, server: u32) {
        let node = &mut self.nodes[server as usize];
        if node.wake_at != self.schedule.now() {
            return; // An old wake-up: a later or an earlier one has taken its place.
        }
        node.wake_at = Moment::NEVER;
        if node.runs() {
            self.tell(server, Input::Tick);
        }
    }
}

#[cfg(test)]
mod tests;
