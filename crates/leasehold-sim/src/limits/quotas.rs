//! All that stands between a server's request and the datastore: its server's budgets and queues,
//! the experience's budgets, and each key's throughput.
//!
//! ```text
//!   admit --[budgets are there]--------------------------> go
//!     '--[a place in the queue]--> wait --[next: its turn and its budgets]--> go
//!     '--[none]--> dropped, never applied
//! ```
//!
//! Servers that wait for the experience's budget take turns, one request each: a token that comes
//! in wakes one of them, however many wait.
//!
//! Laws: a request leaves only if every budget that it is counted in has a token for it, and takes
//! them all at once; nobody overtakes in a queue but for a throttled key.

use super::budget::Budget;
use super::formula::Formula;
use super::presets::{Budgeted, Era, Limits};
use super::queue::{Queue, QueueKind, Waiting};
use super::throughput::{Throughput, kilobytes};
use super::usage::{History, Used};
use crate::ids::{CellId, RequestId, ServerId};
use crate::library::{Allowance, RequestType};
use crate::schedule::Moment;
use leasehold_core::warm;
use leasehold_data::{BudgetBin, Budgets, QueueBin};
use std::collections::VecDeque;

const KINDS: usize = RequestType::COUNT;

/// What becomes of a request that wants to leave its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Go,
    Wait,
    /// It is dropped, and whose limit it was.
    Drop(Layer),
}

/// Whose limit it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Server,
    Experience,
}

#[derive(Debug)]
struct Server {
    budgets: [Budget; KINDS],
    players: u32,
    is_up: bool,
    used: Used,
    /// Nothing as long as nobody waits.
    queues: Option<Box<[Queue; QueueKind::COUNT]>>,
    /// When somebody looks whether one of them can go.
    look_at: Moment,
    /// It is among those that take turns.
    takes_turns: bool,
}

#[derive(Clone, Debug, Default)]
struct Key {
    throughput: Throughput,
    /// How large its value is.
    stored_kb: u16,
}

/// The state of all limits of a datastore that has any.
#[derive(Debug)]
pub(crate) struct Quotas {
    limits: Limits,
    servers: Vec<Server>,
    experience: Option<[Budget; KINDS]>,
    players: u32,
    /// What the experience has used of its budgets.
    used: Used,
    /// When that was last looked at.
    looked_at: Moment,
    /// Requests that wait.
    waiting: u64,
    /// The most that did, and how many were dropped, since somebody last looked.
    waiting_max: u64,
    dropped: u64,
    history: History,
    /// Servers that wait for the experience's budget, in order.
    turns: VecDeque<ServerId>,
    keys: Vec<Key>,
    /// A key has come near its limit. As long as none ever has, as in most worlds, no key that a
    /// request waits for has to be looked at.
    tight: bool,
}

/// The limits of an era, if it has any, with a server's own figures.
fn limits(era: Era, budget: Budgeted) -> Option<Limits> {
    let mut limits = era.datastore()?;
    for kind in [RequestType::Read, RequestType::Write, RequestType::Remove] {
        let formula = &mut limits.server[kind as usize];
        formula.base = budget.base.unwrap_or(formula.base);
        formula.per_unit = budget.per_player.unwrap_or(formula.per_unit);
    }
    Some(limits)
}

/// How many updates an hour each player adds to what is allowed: an update counts as a read and as
/// a write, with its server and with the experience.
pub(crate) fn updates_per_player_hour(era: Era, budget: Budgeted) -> Option<u64> {
    let limits = limits(era, budget)?;
    let all = [Some(limits.server), limits.experience];
    let each = |formulas: [Formula; KINDS]| {
        [RequestType::Read, RequestType::Write].map(|kind| formulas[kind as usize].per_unit)
    };
    let a_minute = all.into_iter().flatten().flat_map(each).min()?;
    Some(60 * u64::from(a_minute))
}

/// How many updates servers may make all together, given how long they were up and how long players
/// were on them, in microseconds: an update counts as a read and as a write.
pub(crate) fn updates_allowed(
    (era, budget): (Era, Budgeted),
    server_us: u128,
    player_us: u128,
) -> Option<u64> {
    const MINUTE_US: u128 = 60_000_000;
    let formulas = limits(era, budget)?.server;
    let allowed = [RequestType::Read, RequestType::Write].map(|kind| {
        let Formula { base, per_unit } = formulas[kind as usize];
        (u128::from(base) * server_us + u128::from(per_unit) * player_us) / MINUTE_US
    });
    u64::try_from(allowed[0].min(allowed[1])).ok()
}

impl Quotas {
    /// The quotas of an era, if it has any. `budget` stands for a server's own figures for reading,
    /// writing and removing. What is used is told in bins of this width, until the run ends.
    pub(crate) fn new(
        (era, budget): (Era, Budgeted),
        players: u32,
        (bin_us, end_us): (u64, u64),
    ) -> Option<Quotas> {
        let limits = limits(era, budget)?;
        let full = |formula: Formula| {
            let rate = formula.of(0);
            let tokens = rate.saturating_mul(limits.cap_minutes);
            Budget::new(Moment::ZERO, tokens, rate, limits.cap_minutes)
        };
        Some(Quotas {
            limits,
            servers: Vec::new(),
            experience: limits.experience.map(|formulas| formulas.map(full)),
            players: 0,
            used: Used::default(),
            looked_at: Moment::ZERO,
            waiting: 0,
            waiting_max: 0,
            dropped: 0,
            history: History::new(bin_us, end_us),
            turns: VecDeque::new(),
            keys: vec![Key::default(); players as usize],
            tight: false,
        })
    }

    /// Whether errors say whose limit it was.
    pub(crate) fn layered(&self) -> bool {
        self.limits.layered
    }

    /// A server's process begins, with the burst that it has at its start.
    pub(crate) fn opened(&mut self, now: Moment, server: ServerId) {
        self.tell_until(now);
        let Limits { server: formulas, start, cap_minutes, .. } = self.limits;
        let new = |players, is_up| {
            let rate = |formula: Formula| formula.of(players);
            let budget = |formula| Budget::new(now, start, rate(formula), cap_minutes);
            let (budgets, look_at) = (formulas.map(budget), Moment::NEVER);
            let used = Used::default();
            let takes_turns = false;
            Server { budgets, players, is_up, used, queues: None, look_at, takes_turns }
        };
        // Spare servers come late, and in any order.
        self.servers.resize_with(self.servers.len().max(server.index() + 1), || new(0, false));
        let this = &mut self.servers[server.index()];
        // Another process of a server is the same one to whoever looks how much was used.
        let mut used = std::mem::take(&mut this.used);
        used.was_up = true;
        *this = Server { used, ..new(this.players, true) };
    }

    /// A server's process is gone, and with it the requests that waited there.
    pub(crate) fn gone(&mut self, now: Moment, server: ServerId) -> Vec<RequestId> {
        self.tell_until(now);
        self.pass(server);
        let this = &mut self.servers[server.index()];
        this.is_up = false;
        let queues = this.queues.take();
        let queues = queues.iter().flat_map(|queues| queues.iter());
        let gone = queues.flat_map(|queue| queue.iter().map(|waiting| waiting.request));
        let gone: Vec<RequestId> = gone.collect();
        self.waiting -= gone.len() as u64;
        gone
    }

    /// Something is about to happen: bins that are over by now are told.
    #[inline]
    fn tell_until(&mut self, now: Moment) {
        while let Some(at) = self.history.is_over(now) {
            self.tell(at);
        }
    }

    /// A bin is over.
    #[cold]
    fn tell(&mut self, at: Moment) {
        let waiting = std::mem::replace(&mut self.waiting_max, self.waiting);
        let queue = QueueBin { waiting, dropped: std::mem::take(&mut self.dropped) };
        let used = self.history.tells_use(at).then(|| self.used(at));
        self.history.push(at, queue, used);
    }

    /// How much was used since this was last asked.
    fn used(&mut self, now: Moment) -> BudgetBin {
        let us = now.since(self.looked_at);
        let mut shares: Vec<u64> = Vec::with_capacity(self.servers.len());
        for Server { players, is_up, used, .. } in &mut self.servers {
            used.players(now, *players);
            let share = used.take(&self.limits.server, us);
            if std::mem::replace(&mut used.was_up, *is_up) {
                shares.push(share);
            }
        }
        shares.sort_unstable();
        self.used.players(now, self.players);
        let experience = self.limits.experience.map(|formulas| self.used.take(&formulas, us));
        self.looked_at = now;
        BudgetBin {
            busiest_ppm: shares.last().copied().unwrap_or(0),
            median_ppm: shares.get(shares.len() / 2).copied().unwrap_or(0),
            experience_ppm: experience,
        }
    }

    /// The run is over: how much was used, and what waited.
    pub(crate) fn rows(mut self, end: Moment) -> Budgets {
        self.tell_until(end);
        self.tell(end);
        self.history.rows()
    }

    /// Players come to a server, or leave it.
    pub(crate) fn players(&mut self, now: Moment, server: ServerId, more: i32) {
        self.tell_until(now);
        let this = &mut self.servers[server.index()];
        this.used.players(now, this.players);
        this.players = this.players.saturating_add_signed(more);
        for (budget, formula) in this.budgets.iter_mut().zip(self.limits.server) {
            budget.set_rate(now, formula.of(this.players));
        }
        self.used.players(now, self.players);
        self.players = self.players.saturating_add_signed(more);
        if let (Some(budgets), Some(formulas)) = (&mut self.experience, self.limits.experience) {
            for (budget, formula) in budgets.iter_mut().zip(formulas) {
                budget.set_rate(now, formula.of(self.players));
            }
        }
    }

    /// A request wants to leave its server. `kinds` is what it is counted as, the one that its
    /// queue goes by last.
    pub(crate) fn admit(
        &mut self,
        now: Moment,
        server: ServerId,
        (request, cell): (RequestId, CellId),
        kinds: &'static [RequestType],
    ) -> Admission {
        self.tell_until(now);
        let short = match self.first_in(now, server, line(kinds)) {
            // Whoever came before goes first.
            Some(before) => self.short(now, server, before.1.kinds).or(Some(Layer::Server)),
            None => self.short(now, server, kinds),
        };
        let Some(layer) = short else {
            self.charge(now, server, kinds);
            return Admission::Go;
        };
        let queues = self.servers[server.index()].queues.get_or_insert_default();
        let waiting = Waiting { request, cell, kinds, since: now };
        if !queues[line(kinds) as usize].push(waiting) {
            self.dropped += 1;
            return Admission::Drop(layer);
        }
        self.waiting += 1;
        self.waiting_max = self.waiting_max.max(self.waiting);
        Admission::Wait
    }

    /// Which layer has no budget for a request of a server, if any.
    fn short(&mut self, now: Moment, server: ServerId, kinds: &[RequestType]) -> Option<Layer> {
        let budgets = &mut self.servers[server.index()].budgets;
        let from = |kind: &RequestType| self.limits.taken_from[*kind as usize] as usize;
        if !kinds.iter().all(|kind| budgets[from(kind)].has(now, 1)) {
            return Some(Layer::Server);
        }
        let budgets = self.experience.as_mut()?;
        let turn = self.turns.front().is_none_or(|first| *first == server);
        let there = turn && kinds.iter().all(|kind| budgets[*kind as usize].has(now, 1));
        (!there).then_some(Layer::Experience)
    }

    fn charge(&mut self, now: Moment, server: ServerId, kinds: &[RequestType]) {
        let Server { budgets, used, .. } = &mut self.servers[server.index()];
        for kind in kinds {
            let from = self.limits.taken_from[*kind as usize] as usize;
            let taken = budgets[from].take(now, 1);
            debug_assert!(taken, "it was there");
            used.count(from);
            if let Some(budgets) = &mut self.experience {
                budgets[*kind as usize].take(now, 1);
                self.used.count(*kind as usize);
            }
        }
    }

    /// The first of a queue whose key is not throttled, and its place.
    fn first_in(
        &mut self,
        now: Moment,
        server: ServerId,
        line: QueueKind,
    ) -> Option<(usize, Waiting)> {
        let queues = self.servers[server.index()].queues.as_deref()?;
        let mut waiting = queues[line as usize].iter().enumerate();
        let (tight, keys) = (self.tight, &mut self.keys);
        let free = waiting.find(|(_, waiting)| !tight || key_ready(keys, now, waiting) <= now);
        free.map(|(place, waiting)| (place, *waiting))
    }

    /// What a server may still ask for, as it is now.
    pub(crate) fn allowance(&mut self, now: Moment, server: ServerId) -> Allowance {
        let waits = QueueKind::ALL.map(|line| self.first_in(now, server, line).is_some());
        let tokens = |budget: Budget| budget.tokens(now);
        Allowance {
            server: self.servers[server.index()].budgets.map(tokens),
            experience: self.experience.map(|budgets| budgets.map(tokens)),
            taken_from: self.limits.taken_from.map(|kind| kind as u8),
            queue: RequestType::ALL.map(|kind| QueueKind::of(kind) as u8),
            waits,
            turn: self.turns.front().is_none_or(|first| *first == server),
        }
    }

    /// Takes out the next of a server's waiting requests that can go now, if one can.
    pub(crate) fn next(&mut self, now: Moment, server: ServerId) -> Option<Waiting> {
        self.tell_until(now);
        for line in QueueKind::ALL {
            let Some((place, waiting)) = self.first_in(now, server, line) else { continue };
            if self.short(now, server, waiting.kinds).is_some() {
                continue;
            }
            self.charge(now, server, waiting.kinds);
            if self.turns.front() == Some(&server) {
                self.turns.pop_front();
                self.servers[server.index()].takes_turns = false;
            }
            let queues = self.servers[server.index()].queues.as_mut().expect("one was there");
            queues[line as usize].take(place);
            self.waiting -= 1;
            if queues.iter().all(Queue::is_empty) {
                self.servers[server.index()].queues = None;
            }
            return Some(waiting);
        }
        None
    }

    /// When to look at a server's queues, if somebody waits there and nobody is to look by then.
    pub(crate) fn look(&mut self, now: Moment, server: ServerId) -> Option<Moment> {
        let at = self.ready(now, server);
        let this = &mut self.servers[server.index()];
        if this.look_at <= now {
            this.look_at = Moment::NEVER;
        }
        (at < this.look_at).then(|| {
            this.look_at = at;
            at
        })
    }

    /// The first moment at which one of a server's waiting requests might go.
    fn ready(&mut self, now: Moment, server: ServerId) -> Moment {
        let mut at = Moment::NEVER;
        let mut wants_turn = false;
        for line in QueueKind::ALL {
            let Some(queues) = self.servers[server.index()].queues.as_deref() else { break };
            if self.tight {
                let keys = &mut self.keys;
                let throttled = queues[line as usize].iter().map(|one| key_ready(keys, now, one));
                let throttled = throttled.filter(|ready| *ready > now).min();
                at = at.min(throttled.unwrap_or(Moment::NEVER));
            }
            let Some((_, first)) = self.first_in(now, server, line) else { continue };
            match self.short(now, server, first.kinds) {
                Some(Layer::Experience) => {
                    wants_turn = true;
                    let takes_turns = &mut self.servers[server.index()].takes_turns;
                    if !std::mem::replace(takes_turns, true) {
                        self.turns.push_back(server);
                    }
                    if self.turns.front() == Some(&server) {
                        at = at.min(self.budgets_ready(now, server, first.kinds));
                    }
                }
                Some(Layer::Server) => {
                    at = at.min(self.budgets_ready(now, server, first.kinds));
                }
                // A turn is kept until it is taken: whoever looks does not lose it by that.
                None => {
                    at = now;
                    wants_turn = true;
                }
            }
        }
        if !wants_turn {
            self.pass(server);
        }
        at
    }

    /// When every budget has a token for a request of these kinds.
    fn budgets_ready(&mut self, now: Moment, server: ServerId, kinds: &[RequestType]) -> Moment {
        let mut at = now;
        for kind in kinds {
            let from = self.limits.taken_from[*kind as usize] as usize;
            at = at.max(self.servers[server.index()].budgets[from].ready(now, 1));
            if let Some(budgets) = &mut self.experience {
                at = at.max(budgets[*kind as usize].ready(now, 1));
            }
        }
        at
    }

    /// A server cannot take its turn at the experience's budget, and asks again later.
    pub(crate) fn pass(&mut self, server: ServerId) {
        if std::mem::take(&mut self.servers[server.index()].takes_turns) {
            self.turns.retain(|waiting| *waiting != server);
        }
    }

    /// Whose turn it is at the experience's budget.
    pub(crate) fn turn(&self) -> Option<ServerId> {
        self.turns.front().copied()
    }

    /// The throughput of a cell; of one that is called for the first time, a fresh one.
    fn key(&mut self, cell: CellId) -> &mut Key {
        let nth = cell.index();
        if nth >= self.keys.len() {
            self.keys.resize(nth + 1, Key::default());
        }
        &mut self.keys[nth]
    }

    /// A cell's throughput will soon be asked for, or what it keeps elsewhere.
    pub(crate) fn warm(&self, cell: CellId, near: bool) {
        match self.keys.get(cell.index()).filter(|_| near) {
            Some(key) => key.throughput.warm(),
            None => warm::row(&self.keys, cell.index()),
        }
    }

    /// A cell's value is read. Says whether its throughput allows that.
    pub(crate) fn read(&mut self, now: Moment, cell: CellId) -> bool {
        let key = self.key(cell);
        let (fits, tight) = key.throughput.read(now, key.stored_kb.max(1));
        self.tight |= tight;
        fits
    }

    /// Whether a cell's throughput allows so many bytes to be written.
    pub(crate) fn can_write(&mut self, now: Moment, cell: CellId, bytes: u64) -> bool {
        self.key(cell).throughput.can_write(now, kilobytes(bytes))
    }

    /// So many bytes were written to a cell.
    pub(crate) fn wrote(&mut self, now: Moment, cell: CellId, bytes: u64) {
        let (key, kb) = (self.key(cell), kilobytes(bytes));
        let tight = key.throughput.wrote(now, kb);
        key.stored_kb = kb;
        self.tight |= tight;
    }
}

fn line(kinds: &[RequestType]) -> QueueKind {
    QueueKind::of(*kinds.last().expect("a request is counted as something"))
}

/// When the key of a waiting request is throttled no more.
fn key_ready(keys: &mut [Key], now: Moment, waiting: &Waiting) -> Moment {
    let reads = waiting.kinds.contains(&RequestType::Read);
    let writes = waiting.kinds.iter().any(|kind| QueueKind::of(*kind) == QueueKind::Set);
    // One that waits has not been read or written yet: a cell may have no row.
    let key = keys.get_mut(waiting.cell.index());
    key.map_or(now, |key| key.throughput.ready(now, reads, writes))
}

#[cfg(test)]
mod tests;
