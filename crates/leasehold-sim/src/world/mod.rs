//! The world: turns what libraries want into events, and events into what libraries are told. It
//! decides nothing.
//!
//! ```text
//!   Schedule --event--> World --input--> Library (one a server) --effect--> World --event--> Schedule
//!                         |                                                   |
//!                         '--------------- step ---> sinks <--- step ---------'
//! ```
//!
//! One event at a time, one thread, no clock but the schedule's. `calls` follows a datastore
//! request through its phases, `network` the messages, `players` the players, `replay` those of a
//! log, `trades` what they trade and buy, `servers` the servers.

mod admission;
mod ahead;
#[cfg(test)]
mod ambiguous;
mod calls;
mod network;
mod outside;
mod plan;
mod players;
mod replay;
mod servers;
mod sessions;
mod steps;
mod trade;
mod wake;
mod warm;
mod wrong;

use crate::arrivals::FirstArrivals;
use crate::cause::Cause;
use crate::conditions::Conditions;
use crate::config::{self, TimelineEntry};
use crate::config::{RandomFault, Sampler};
use crate::datastore::Datastore;
use crate::draws::{Draws, Seed};
use crate::fault::{Fault, Gate, Site};
use crate::ids::{AnswerId, MessageId, PlayerId, ServerId, VisitId};
use crate::latency::Latency;
use crate::library::{Bounds, Contract, Effect, Input, Library, MessageKind, Notice, Topic};
use crate::limits::Quotas;
use crate::measure::Measure;
use crate::messaging::{Messaging, Subscriber};
use crate::node::Node;
use crate::observe::{Boxed, Known, Slow};
use crate::planted::{Plants, WorldMistake};
use crate::players::{Plans, Player};
use crate::schedule::{Event, Moment, Schedule, Tie};
use crate::sinks::{Sinks, Watch};
use crate::slab::Slab;
use crate::step::{Fact, Step};
pub(crate) use ahead::Pace;

use ahead::Horizon;
use leasehold_core::{JobId, Key, Seat};
use leasehold_data::Budgets;
use outside::Operations;
use plan::PlanEntry;
use trade::Trades;

/// What a world is made of.
pub(crate) struct Setup<'a, L: Library> {
    /// What it is. Whoever is named in it exists, and every latency has a table.
    pub(crate) config: &'a config::World,
    /// How the library under test is set.
    pub(crate) library: L::Config,
    /// What the library promises.
    pub(crate) contract: Contract,
    /// Within which times what it owes is to come.
    pub(crate) bounds: Bounds,
    /// From when on waiting is harm.
    pub(crate) slow: Slow,
    pub(crate) seed: &'a Seed,
    pub(crate) gate: Gate,
    /// Observers that the caller has brought.
    pub(crate) own: Vec<Boxed>,
    /// Of violations, only those by a cause of this name are kept in full, if it is given.
    pub(crate) only: Option<String>,
    pub(crate) watch: Watch,
    /// A mistake of the world, on purpose.
    pub(crate) planted: Plants,
    /// How far libraries may run ahead.
    pub(crate) pace: Pace,
}

#[cfg(test)]
impl<'a, L: Library> World<'a, L> {
    /// A world that nobody watches, of nobody's own observers.
    pub(crate) fn plain(
        config: &'a config::World,
        library: impl Into<L::Config>,
        seed: &'a Seed,
        gate: Gate,
        watch: Watch,
    ) -> World<'a, L> {
        let library = library.into();
        let contract = L::contract(&library);
        let (own, only) = (Vec::new(), None);
        let bounds = Bounds::new(&contract, |_| None);
        let (slow, planted) = (Slow::DEFAULT, Plants::default());
        World::new(Setup {
            config,
            library,
            contract,
            bounds,
            slow,
            seed,
            gate,
            own,
            only,
            watch,
            planted,
            pace: Pace::Sure,
        })
    }
}

pub(crate) struct World<'a, L: Library> {
    pub(crate) config: &'a config::World,
    /// How the library under test is set.
    library: L::Config,
    draws: Draws,
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
    messages: Slab<MessageId, Envelope<L::Message>>,
    /// How many messages about no key there have been, by kind.
    unaddressed: [u32; 2],
    answers: Slab<AnswerId, Answer>,
    plans: Plans,
    players: Vec<Player>,
    visits: Slab<VisitId, Visit>,
    items: Vec<PlanEntry>,
    /// What is done to records from outside, by the scenario's entries.
    operations: Vec<Operations<L::Stored>>,
    /// The index in `items` of the first server's look whether it is empty; the others' follow.
    empties: u32,
    /// Trades and purchases, if there are any.
    trades: Option<Box<Trades>>,
    tables: Tables,
    effects: Vec<Effect<L::Message>>,
    pub(crate) sinks: Sinks,
    pub(crate) events: u64,
    /// It is so large that looking ahead is worth it.
    looks_ahead: bool,
    horizon: Horizon,
    end: Moment,
    /// The random faults of servers, as lines of a timeline: see [`World::write_down`].
    pub(crate) lines: Vec<(Fault, TimelineEntry)>,
    /// A mistake on purpose.
    planted: Plants,
    /// Ask questions that nobody needs the answers to.
    #[cfg(test)]
    unrelated: bool,
}

/// A player's time on a server, and the session that they have there. A line of memory.
#[repr(align(64))]
struct Visit {
    player: PlayerId,
    /// Which of the player's visits.
    nth: u32,
    server: ServerId,
    seat: Seat,
    asked: Moment,
    /// How the session came by its lease, once that is known.
    how: Option<&'static Cause>,
    /// How many calls it has made for its own record.
    calls: u32,
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
    stale_player: Option<Box<StalePlayer>>,
}

impl Visit {
    /// One that has just begun, and sits nowhere yet.
    fn new(player: PlayerId, nth: u32, server: ServerId, asked: Moment) -> Visit {
        Visit {
            player,
            nth,
            server,
            seat: Seat(0),
            asked,
            how: None,
            calls: 0,
            under_way: 0,
            seated: true,
            loaded: false,
            left: false,
            noticed_at: Moment::NEVER,
            leaked: false,
            stale_player: None,
        }
    }
}

/// A player whom a server has not noticed to be elsewhere.
struct StalePlayer {
    /// When it changes something next; an event at any other time is an old one.
    act_at: Moment,
    edits: u32,
    /// How many of the burst that it is in are still to come.
    burst: u32,
}

/// A copy of a message on its way.
struct Envelope<M> {
    topic: Topic,
    /// The server that published it.
    from: ServerId,
    to: Subscriber,
    kind: MessageKind,
    key: Option<Key>,
    message: M,
    /// It has arrived, and waits for its receiver's process to go on.
    held: bool,
}

/// The messaging service's answer, on its way back to the server that asked.
struct Answer {
    topic: Topic,
    server: ServerId,
    job: JobId,
    ok: bool,
    to: Asked,
}

/// What the messaging service was asked to do.
#[derive(Clone, Copy)]
enum Asked {
    Subscribe,
    Publish,
}

struct Tables {
    message: Latency,
    /// From one random fault of a kind to the next.
    random_faults: [Option<Latency>; RandomFault::ALL.len()],
    down_for: Sampler,
    pause_for: Sampler,
    partition_for: Sampler,
}

impl Tables {
    fn new(config: &config::World) -> Tables {
        let every = |random_fault| {
            let span = config.faults.every(random_fault);
            span.map(|span| Latency::exponential(span.0))
        };
        Tables {
            message: config.messaging.latency.table().expect("checked"),
            random_faults: RandomFault::ALL.map(every),
            down_for: Sampler::new(&config.faults.down_for),
            pause_for: Sampler::new(&config.faults.pause_for),
            partition_for: Sampler::new(&config.faults.partition_for),
        }
    }
}

impl<'a, L: Library> World<'a, L> {
    /// A world at its beginning.
    pub(crate) fn new(setup: Setup<'a, L>) -> Self {
        let Setup { config, library, contract, bounds, slow, seed, .. } = setup;
        let Setup { gate, own, only, watch, planted, pace, .. } = setup;
        let (servers, players) = (config.servers.count, config.players.count);
        let trades = config.players.trade_or_buy();
        let heal = config.heal.map(|heal| Moment::from_micros(heal.us()));
        let drift_ppm = config.servers.drift_ppm;
        let step_us = if config.servers.whole_seconds { 1_000_000 } else { 0 };
        let apart_us = leasehold_core::micros(config.clocks_apart()) + step_us;
        let store = &config.datastore;
        let reads_stale = store.reads_stale() || gate.has(Site::ReadsStale);
        let cached = L::CACHED_READS || store.first_transform_reads_cache;
        let known = Known {
            contract,
            bounds,
            slow,
            drift_ppm,
            apart_us,
            heal,
            trades,
            receipts_kept: config.players.receipts_kept,
            players,
            servers,
            reads_old: reads_stale || cached,
        };
        let caches = if cached { servers } else { 0 };
        let duration_us = config.duration.us();
        let bins = (Measure::bin_us(duration_us), duration_us);
        let looks_ahead = players >= warm::PLAYERS_LEAST;
        let mut world = World {
            config,
            library,
            draws: Draws::new(seed),
            gate,
            schedule: Schedule::looking_ahead(if looks_ahead { warm::FIRST + 1 } else { 1 }),
            nodes: Vec::with_capacity(servers as usize),
            jobs: 0,
            datastore: Datastore::new(store, players, caches, reads_stale),
            conditions: Conditions::new(store),
            quotas: Quotas::new((store.limits, store.budget), players, bins)
                .filter(|_| !planted.has(WorldMistake::BudgetsIgnored)),
            messaging: Messaging::new(config.messaging.limits),
            messages: Slab::new(),
            unaddressed: [0; 2],
            answers: Slab::new(),
            plans: Plans::new(&config.players),
            players: vec![Player::new(); players as usize],
            visits: Slab::new(),
            items: Vec::new(),
            operations: outside::operations(config),
            empties: 0,
            trades: trades.then(|| Box::new(Trades::new(servers))),
            tables: Tables::new(config),
            effects: Vec::new(),
            sinks: Sinks::new(config, &known, seed.root, own, only),
            events: 0,
            looks_ahead,
            horizon: Horizon::new(pace),
            end: Moment::from_micros(duration_us),
            lines: Vec::new(),
            planted,
            #[cfg(test)]
            unrelated: false,
        };
        world.sinks.watch = watch;
        world.sinks.planted = planted;
        world.sees_horizon(players);
        world.begin();
        world
    }

    fn begin(&mut self) {
        self.draws.fork(Moment::ZERO);
        if self.config.heal.is_some_and(|heal| heal.us() == 0) {
            self.gate.heal(); // Servers do things as soon as they are built.
        }
        for server in ServerId::first(self.config.servers.count) {
            self.build(server);
        }
        self.plan();
        let all: Vec<u32> = (0..self.players.len() as u32).collect();
        let only = &self.config.players.only;
        let who = if only.is_empty() { &all } else { only };
        if self.plans.are_logged() {
            return who.iter().for_each(|player| self.plan_row(PlayerId::new(*player)));
        }
        let mut arrivals = FirstArrivals::new(&self.config.players, &self.draws);
        let each = who.iter().map(|player| PlayerId::new(*player));
        let arrivals: Vec<_> = each.map(|player| (player, arrivals.of(player))).collect();
        for (player, at) in arrivals {
            self.act_at(player, at);
        }
    }

    /// Runs to the next event, if there is one before the end.
    pub(crate) fn advance(&mut self) -> bool {
        if L::RUNS_AHEAD && self.is_misjudged() {
            return false;
        }
        match self.schedule.pop() {
            Some((at, event)) if at <= self.end => {
                self.events += 1;
                if L::RUNS_AHEAD {
                    self.horizon.comes(at, event);
                }
                if at >= self.draws.forks_at() {
                    self.draws.fork(at);
                    self.forget_drawn();
                }
                #[cfg(test)]
                self.ask_unrelated();
                if self.looks_ahead {
                    self.look_ahead();
                }
                self.happen(event);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Ends the run: what can still be said is said.
    pub(crate) fn finish(&mut self) {
        for visit in self.visits.names() {
            let this = self.visits.of(visit);
            if !this.seated {
                let (server, key) = (Some(this.server), Some(this.player.key()));
                let (at, visit, fact) = (self.end, Some(visit), Fact::Over);
                self.take(&Step { at, server, visit, key, fact });
            }
        }
        self.sinks.at_end(self.end);
    }

    /// The run is over: how much of their budgets servers used, if they had any.
    pub(crate) fn budgets(&mut self) -> Option<Budgets> {
        Some(self.quotas.take()?.rows(self.end))
    }

    /// How many messages are on their way, or kept for a server that is paused.
    pub(crate) fn messages_under_way(&self) -> u64 {
        self.messages.len() as u64
    }

    /// The moment of the last event.
    pub(crate) fn now(&self) -> Moment {
        self.schedule.now()
    }

    fn happen(&mut self, event: Event) {
        if let Watch::Trace(trace) = &mut self.sinks.watch {
            trace.begins(self.schedule.now(), event, self.gate.fired());
        }
        match event {
            Event::Wake(server) => self.wake(server),
            Event::Request(request) => self.request(request),
            Event::Deliver(message) => self.deliver(message),
            Event::Act(player) => self.act(player),
            Event::Plan(item) => self.item(item),
            Event::Kill(server) => self.kill(server),
            Event::Boot(server) => self.boot_if_due(server),
            Event::Resume(server) => self.resume(server),
            Event::Leave(visit) => self.noticed(visit),
            Event::Drain(server) => self.drain(server),
            Event::ActStale(visit) => self.act_stale(visit),
            Event::Answered(answer) => self.answered(answer),
            Event::Row(player) => self.row(player),
        }
    }

    /// Queues an event; `tie` names it among those of the same moment, and depends on no accident
    /// of this program.
    fn at(&mut self, at: Moment, tie: Tie, event: Event) {
        let tie = self.draws.tie(at.as_micros(), tie.name()).max(plan::RANKS);
        self.queue(at, tie, event);
    }

    /// The same, in a place of its own among those of the same moment.
    fn queue(&mut self, at: Moment, tie: u16, event: Event) {
        if L::RUNS_AHEAD {
            self.horizon.will_come(at.max(self.schedule.now()), event);
        }
        self.schedule.at(at, tie, event);
    }

    /// Something happens now.
    fn step(
        &mut self,
        server: Option<ServerId>,
        visit: Option<VisitId>,
        key: Option<Key>,
        fact: Fact,
    ) {
        let at = self.schedule.now();
        self.take(&Step { at, server, visit, key, fact });
    }

    /// Something happens to a server now.
    fn step_on(&mut self, server: ServerId, fact: Fact) {
        self.step(Some(server), None, None, fact);
    }

    /// Something happens to whoever sits in a seat now, or else to the server.
    fn step_about(&mut self, server: ServerId, seat: Seat, fact: Fact) {
        match self.nodes[server.index()].visit(seat) {
            Some(visit) => self.step_in(visit, fact),
            None => self.step_on(server, fact),
        }
    }

    /// Something happens in a visit now.
    fn step_in(&mut self, visit: VisitId, fact: Fact) {
        let this = self.visits.of(visit);
        let (server, key) = (Some(this.server), Some(this.player.key()));
        self.step(server, Some(visit), key, fact);
    }

    fn take(&mut self, step: &Step) {
        self.sinks.step(step, self.gate.fired());
    }

    fn node(&mut self, server: ServerId) -> &mut Node<L> {
        &mut self.nodes[server.index()]
    }

    fn player(&mut self, player: PlayerId) -> &mut Player {
        &mut self.players[player.index()]
    }

    /// Tells a server's library something, and carries out what it wants. Says whether it refused a
    /// change.
    fn tell(&mut self, server: ServerId, input: Input<L::Message>) -> bool {
        let node = &mut self.nodes[server.index()];
        let now = node.clock.now(self.schedule.now());
        let seat = input.seat();
        if L::ASKS_ALLOWANCE {
            self.tell_allowance(server);
        }
        self.says(server, &input);
        let node = &mut self.nodes[server.index()];
        let mut effects = std::mem::take(&mut self.effects);
        let lingered = node.library.lingers();
        node.library.on(now, input, &mut effects);
        let done = lingered && !node.library.lingers();
        let mut refused = false;
        for effect in effects.drain(..) {
            refused |= self.carry_out(server, effect);
        }
        self.effects = effects;
        if let Some(seat) = seat {
            self.refresh(server, seat);
        }
        self.rearm(server);
        if done {
            self.stop_if_done(server);
        }
        refused
    }

    /// What a library is about to be told is a step, if something is owed after it.
    fn says(&mut self, server: ServerId, input: &Input<L::Message>) {
        let (seat, fact) = match *input {
            Input::Save { seat } => (seat, Fact::SaveCalled),
            Input::Leave { seat } | Input::Cancel { seat } => (seat, Fact::EndAsked),
            _ => return,
        };
        let node = self.node(server);
        node.seat(seat).told.savers += u32::from(matches!(fact, Fact::SaveCalled));
        if let Some(visit) = node.visit(seat) {
            self.step_in(visit, fact);
        }
    }

    /// Carries out what a library wants. Says whether that was to refuse a change.
    fn carry_out(&mut self, server: ServerId, effect: Effect<L::Message>) -> bool {
        let refused = matches!(effect, Effect::Tell { notice: Notice::EditRefused, .. });
        match effect {
            Effect::Call { op, place, seat, request, kind, attempt } => {
                self.send(server, op, (&place, seat), request, (kind, attempt));
            }
            Effect::ShortCircuited { seat, kind } => {
                let visit = self.nodes[server.index()].visit(seat);
                let key = visit.map(|visit| self.visits.of(visit).player.key());
                self.step(Some(server), visit, key, Fact::ShortCircuited { kind });
            }
            Effect::Subscribe(topic) => self.subscribe(server, topic),
            Effect::Unsubscribe(topic) => self.messaging.unsubscribe(topic, server),
            Effect::Publish { topic, message, awaited } => {
                self.publish(server, topic, message, awaited);
            }
            Effect::Look { seat } => self.refresh(server, seat),
            Effect::Tell { seat, notice } => {
                // What is only said tells nothing of a session: how it has come by its key may be
                // told next.
                let says = matches!(notice, Notice::Said { .. } | Notice::Complaint { .. });
                self.notice(server, seat, notice);
                if !says {
                    self.refresh(server, seat);
                }
            }
        }
        refused
    }
}

#[cfg(test)]
mod tests;
