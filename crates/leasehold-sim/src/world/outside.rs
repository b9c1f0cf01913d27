//! Operations from outside a session: a script in the datastore, or a server's library, changes a
//! player's record that somebody may be playing with.
//!
//! ```text
//!   due --[gate]--> script: read ----- takes -----> written back over whatever is there
//!                   library: Outside(Read) -- takes --> Outside(Overwrite) --> Ended
//! ```
//!
//! One operation of an entry is over before the next is drawn. Whose record it is, and when the
//! next comes, depends on which of the entry's operations it is, and on nothing that happened.

use super::World;
use super::plan::PlanEntry;
use crate::config::{Operation, OperationKind};
use crate::draws::{Draw, DrawKey, OperationWord, of};
use crate::fault::{Occasion, Site};
use crate::ids::{PlanId, PlayerId, ServerId};
use crate::latency::Latency;
use crate::library::{CallKind, Input, Library, Outside, Place};
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;
use crate::units::Chance;
use crate::{clock, config};
use leasehold_core::{JobId, Key, Seat};

/// The operations of one entry.
pub(super) struct Operations<S> {
    /// From one to the next, if there are several.
    every: Option<Latency>,
    /// How many have been due.
    due: u32,
    /// Its places in the fault plan: where it begins, and where it writes back.
    begins: PlanId,
    writes: PlanId,
    /// What is under way.
    open: Option<Open<S>>,
}

/// An overwrite that has read.
enum Open<S> {
    /// A script, with what it has read.
    Script(Key, S),
    /// A server's library, in this seat of this process.
    Library(ServerId, JobId, Seat, Key),
}

impl<S> Operations<S> {
    fn new(entry: &Operation) -> Operations<S> {
        let every = entry.every.map(|every| Latency::exponential(every.0));
        let none = PlanId::new(0);
        Operations { every, due: 0, begins: none, writes: none, open: None }
    }
}

/// The operations of a world at its beginning, by entry.
pub(super) fn operations<S>(config: &config::World) -> Vec<Operations<S>> {
    config.operations.iter().map(Operations::new).collect()
}

impl<L: Library> World<'_, L> {
    /// Writes down when the first one of each entry is due.
    pub(super) fn plan_operations(&mut self) {
        let config = self.config;
        for (nth, entry) in config.operations.iter().enumerate() {
            let this = nth as u32;
            self.operations[nth].writes = self.entry(PlanEntry::WriteBack(this));
            match (entry.at, entry.every) {
                (Some(at), None) => self.plan_entry(at.us(), PlanEntry::Operation(this)),
                (at, _) => {
                    let begins = self.entry(PlanEntry::Operation(this));
                    self.operations[nth].begins = begins;
                    match at.map(|at| Moment::from_micros(at.us())) {
                        Some(at) => self.at(at, Tie::Plan(begins), Event::Plan(begins)),
                        None => self.next_operation(this),
                    }
                }
            }
        }
    }

    fn next_operation(&mut self, entry: u32) {
        let Operations { every: Some(every), due, begins, .. } = &self.operations[entry as usize]
        else {
            return;
        };
        let begins = *begins;
        let after = every.pick(self.drawn(entry, due + 1).word(OperationWord::After)).max(1);
        let at = self.schedule.now().after(after);
        if at <= self.end {
            self.at(at, Tie::Plan(begins), Event::Plan(begins));
        }
    }

    fn drawn(&self, entry: u32, nth: u32) -> Draw<OperationWord> {
        self.draws.draw(of::Operation, DrawKey { subject: entry, nth, ..DrawKey::default() })
    }

    /// The next operation of an entry is due.
    pub(super) fn operation(&mut self, entry: u32) {
        let this = &mut self.operations[entry as usize];
        this.due += 1;
        let nth = this.due;
        let says = self.config.operations[entry as usize];
        let server = says.server.map(ServerId::new);
        let can = server.is_none_or(|server| self.nodes[server.index()].runs());
        let occasion = Occasion::Operation { entry: entry + 1, nth };
        if !can
            || self.players.is_empty()
            || !self.gate.fault(Site::Operation, Chance::ALWAYS, 0, occasion)
        {
            return self.next_operation(entry);
        }
        let last = self.players.len() as u64 - 1;
        let drawn = || self.drawn(entry, nth).upto(OperationWord::Whose, last) as u32;
        let key = PlayerId::new(says.player.unwrap_or_else(drawn)).key();
        match server {
            Some(server) if L::OPERATES => self.operate(entry, says, server, key),
            _ => self.script(entry, says, key),
        }
        if says.what == OperationKind::Overwrite {
            let (at, name) = (says.takes_us(), self.operations[entry as usize].writes);
            self.at(self.schedule.now().after(at), Tie::Plan(name), Event::Plan(name));
        } else {
            self.next_operation(entry);
        }
    }

    /// A server's library does it, in a seat of its own.
    fn operate(&mut self, entry: u32, says: Operation, server: ServerId, key: Key) {
        let node = self.node(server);
        let (job, seat) = (node.job, node.sit_outside());
        let overwrites = says.what == OperationKind::Overwrite;
        let what = match says.what {
            OperationKind::Overwrite | OperationKind::Read => Outside::Read,
            OperationKind::Remove => Outside::Remove,
            OperationKind::Message => Outside::Message,
        };
        if overwrites {
            let open = Open::Library(server, job, seat, key);
            self.operations[entry as usize].open = Some(open);
        }
        self.tell(server, Input::Outside { seat, key, what, last: !overwrites });
    }

    /// A script does it: it has no server, and asks nobody.
    fn script(&mut self, entry: u32, says: Operation, key: Key) {
        let (cell, _) = self.datastore.cell_of(&Place::Player(key));
        match says.what {
            OperationKind::Overwrite => {
                let read = self.datastore.peek(cell).cloned();
                let open = read.map(|read| Open::Script(key, read));
                self.operations[entry as usize].open = open;
            }
            OperationKind::Remove => {
                let now_ms = clock::backend_ms(self.schedule.now());
                let Some(before) = self.datastore.take_away(cell, now_ms) else { return };
                if let Some(trades) = &mut self.trades {
                    trades.look_at_nothing();
                }
                let removed = Fact::Removed { kind: CallKind::Remove, before: L::view(&before) };
                self.holds((None, None, Some(key)), removed);
            }
            // A script looks at what it likes, and leaves no message that a library could read.
            OperationKind::Read | OperationKind::Message => {}
        }
    }

    /// Somebody writes back what they have read.
    pub(super) fn write_back(&mut self, entry: u32) {
        match self.operations[entry as usize].open.take() {
            Some(Open::Library(server, job, seat, key)) => {
                let node = self.node(server);
                if node.job == job && node.runs() {
                    let what = Outside::Overwrite;
                    self.tell(server, Input::Outside { seat, key, what, last: true });
                }
            }
            Some(Open::Script(key, value)) => {
                let (cell, _) = self.datastore.cell_of(&Place::Player(key));
                let now_ms = clock::backend_ms(self.schedule.now());
                let commit = self.datastore.put(cell, value, now_ms);
                let (before, after) =
                    (commit.before.as_ref().and_then(L::view), L::view(commit.after));
                if let Some(trades) = &mut self.trades {
                    trades.look::<L>(commit.after);
                }
                let kind = CallKind::Overwrite;
                let written = Fact::Committed { kind, before, after, clock_us: 0 };
                self.holds((None, None, Some(key)), written);
            }
            None => {}
        }
        self.next_operation(entry);
    }

    /// A library is done with an operation: if it was to be written back, it has nothing to write.
    pub(super) fn outside_is_over(&mut self, server: ServerId, seat: Seat) {
        for one in &mut self.operations {
            if matches!(one.open, Some(Open::Library(s, _, at, _)) if (s, at) == (server, seat)) {
                one.open = None;
            }
        }
    }
}
