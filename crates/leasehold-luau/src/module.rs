//! A module as a library of the world.

use crate::errors;
use crate::host;
use crate::machine::Machine;
use crate::modules::Modules;
use crate::shared::Pending;
use crate::stored::{self, Stored};
use crate::value::Tree;
use leasehold_sim::library::{
    Ahead, Allowance, Change, Contract, Decision, Effect, Found, Grant, Holdings, Input, Instant,
    Item, JobId, Key, KeyInfo, Library, Message, Notice, Now, Op, Receipt, Reply, Seat, Topic,
    VersionInfo, View, Write,
};
use mlua::{Table, Value};
use std::sync::Arc;

/// What a server says to others by a topic.
#[derive(Clone, Debug)]
pub struct Letter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    topic: String,
    key: Option<Key>,
    data: Tree,
    size: u32,
    /// When it was published, in seconds since the Unix epoch.
    sent: i64,
}

impl Letter {
    pub(crate) fn new(topic: &str, key: Option<Key>, data: Tree, sent: i64) -> Letter {
        let size = u32::try_from(data.size()).unwrap_or(u32::MAX);
        Letter(Arc::new(Inner { topic: topic.to_owned(), key, data, size, sent }))
    }
}

impl Message for Letter {
    fn key(&self) -> Option<Key> {
        self.0.key
    }

    fn size(&self) -> u32 {
        self.0.size
    }
}

/// One server's scripts. A server on which nothing has happened has no machine.
pub struct Module {
    modules: Modules,
    job: JobId,
    machine: Option<Machine>,
    deadline: Option<Instant>,
    /// What a frame has to say that ran ahead of its time.
    held: Option<Held>,
    /// The time of the last frame that ran.
    ran_to: Instant,
}

/// A frame that ran ahead of its time: what it wants waits until then.
#[derive(Clone, Copy)]
struct Held {
    at: Instant,
    /// What is due after it.
    next: Option<Instant>,
}

impl Library for Module {
    type Config = Modules;
    type Stored = Stored;
    type Message = Letter;

    const NAME: &'static str = "module";
    const TITLE: &'static str = "Module";
    const RUNS_AHEAD: bool = true;
    const ASKS_ALLOWANCE: bool = true;

    fn new(modules: &Modules, job: JobId) -> Module {
        let (machine, deadline, held, ran_to) = (None, None, None, Instant::from_micros(0));
        Module { modules: modules.clone(), job, machine, deadline, held, ran_to }
    }

    fn contract(modules: &Modules) -> Contract {
        modules.contract()
    }

    fn on(&mut self, now: Now, input: Input<Letter>, out: &mut Vec<Effect<Letter>>) {
        if let Input::Open { datastore, random } = input {
            self.open(random, datastore);
            if !datastore {
                out.push(Effect::Tell { seat: Seat(0), notice: Notice::FellBack });
            }
        }
        let Some(machine) = &self.machine else { return };
        if let Input::Join { seat, .. } = input {
            machine.shared.seat_is_taken(seat);
        }
        if let Some(held) = self.held {
            assert!(matches!(input, Input::Tick), "{input:?} comes to who was to be left alone");
            if held.at > now.mono {
                return;
            }
            machine.shared.ahead.set(None);
            self.held = None;
            self.deadline = held.next;
        } else if machine.shared.halt.get().is_none() {
            self.enters(now, input);
        }
        if self.held.is_none() {
            self.says(out);
        }
    }

    fn allowed(&mut self, allowance: Allowance) {
        if let Some(machine) = &self.machine {
            machine.shared.allowance.set(Some(allowance));
            machine.shared.spent.borrow_mut().clear();
        }
    }

    fn left_alone(&mut self, ahead: Ahead) {
        if let Some(machine) = self.machine.as_ref().filter(|_| self.modules.runs_ahead) {
            machine.shared.ahead.set(Some(ahead));
        }
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Stored>>,
    ) -> Decision<Stored> {
        let Some(machine) = self.machine.as_ref().filter(|it| it.shared.halt.get().is_none())
        else {
            return Decision::Throw;
        };
        let decision = machine.decided(op, now, found);
        if !machine.shared.out.borrow().is_empty() || machine.shared.halt.get().is_some() {
            self.deadline = Some(now.mono);
        }
        decision
    }

    fn value(&mut self, op: Op, _: Now) -> Write<Stored> {
        let described = self.machine.as_ref().and_then(|machine| machine.brought(op));
        described.unwrap_or_else(|| Write::plain(Stored::plain(Tree::Nil)))
    }

    fn read(&mut self, op: Op, _: Now, found: Option<Found<'_, Stored>>) {
        self.with(op, |pending| pending.value = found.map(|found| found.value.clone()));
    }

    fn versions(&mut self, op: Op, _: Now, versions: &[VersionInfo]) {
        self.with(op, |pending| pending.rows = versions.to_vec());
    }

    fn forget(&mut self, op: Op) {
        let Some(machine) = &self.machine else { return };
        machine.shared.calls.borrow_mut().remove(&op.0);
        machine.ask::<()>(&machine.entries.forget, op.0);
    }

    fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    fn owns(&self, seat: Seat, now: Now) -> bool {
        let Some(machine) = &self.machine else { return false };
        assert!(now.mono >= self.ran_to, "{seat} is looked at while it was to be left alone");
        if let Some(active) = machine.shared.seen_active(seat, now) {
            return active;
        }
        let clocks = (now.mono.as_micros() as f64, now.wall.as_micros() as f64);
        machine.ask(&machine.entries.owns, (clocks.0, clocks.1, seat.0)).unwrap_or(false)
    }

    fn view(stored: &Stored) -> Option<View> {
        stored.0.view
    }

    fn size(stored: &Stored) -> u64 {
        stored.0.size
    }

    fn holdings(stored: &Stored, out: &mut Holdings) {
        out.items.extend_from_slice(&stored.0.holdings.items);
        out.receipts.extend_from_slice(&stored.0.holdings.receipts);
        out.last_grant = stored.0.holdings.last_grant;
    }

    fn profile(&self, seat: Seat, out: &mut Holdings) {
        let Some(machine) = &self.machine else { return };
        let data: Option<Value> = machine.ask(&machine.entries.data, seat.0);
        if let Some(Ok(data)) = data.map(|data| Tree::of(&data)) {
            stored::held(&data, out);
        }
    }

    fn lingers(&self) -> bool {
        self.machine.as_ref().is_some_and(|machine| machine.shared.lingered.get())
    }

    fn damage(stored: &mut Stored, word: u32) {
        stored.damage(word);
    }
}

impl Module {
    fn open(&mut self, random: u64, datastore: bool) {
        match Machine::new(&self.modules, self.job, random) {
            Ok(machine) => {
                machine.shared.closed_to.set(!datastore);
                self.machine = Some(machine);
            }
            // It was made once already, to look at the adapter: it can be made.
            Err(error) => panic!("a machine cannot be made: {error}"),
        }
    }

    /// Hands an input to the machine. If frames ran ahead, what the last of them has to say waits.
    fn enters(&mut self, now: Now, input: Input<Letter>) {
        let machine = self.machine.as_ref().expect("it was there");
        let shared = &machine.shared;
        assert!(now.mono >= self.ran_to, "{input:?} comes to who was to be left alone");
        let looks = !matches!(input, Input::Tick | Input::Edit { .. } | Input::Outside { .. });
        let due = Self::entered(machine, now, input, self.deadline);
        shared.ahead.set(None);
        if looks && due.is_some() {
            shared.looked.set(Some(now));
        }
        let next = match due {
            Some(due) => (due >= 0.0).then(|| Instant::from_micros(due as u64)),
            None => self.deadline,
        };
        self.deadline = next;
        self.ran_to = shared.now.get().map_or(now.mono, |it| it.mono);
        if self.ran_to > now.mono && shared.has_to_say() {
            self.held = Some(Held { at: self.ran_to, next });
            self.deadline = Some(self.ran_to);
        }
    }

    /// What the machine has to say, now.
    fn says(&mut self, out: &mut Vec<Effect<Letter>>) {
        let machine = self.machine.as_ref().expect("it was there");
        if machine.shared.halt.get().is_some() {
            machine.shared.all_out();
            self.deadline = None;
        }
        machine.shared.lingered.set(machine.shared.lingers.get());
        out.append(&mut machine.shared.out.borrow_mut());
    }

    fn with(&self, op: Op, f: impl FnOnce(&mut Pending)) {
        let Some(machine) = &self.machine else { return };
        if let Some(pending) = machine.shared.calls.borrow_mut().get_mut(&op.0) {
            f(pending);
        }
    }

    /// Hands an input to a machine: when it wants to be called again.
    fn entered(
        machine: &Machine,
        now: Now,
        input: Input<Letter>,
        deadline: Option<Instant>,
    ) -> Option<f64> {
        match input {
            Input::Tick => {
                // A clock was set: nothing is due.
                if deadline.is_none_or(|at| at > now.mono) {
                    return None;
                }
                machine.frame(now)
            }
            Input::Replied { op, result, .. } => machine.replied(now, op, result),
            Input::Open { datastore, random } => {
                let phase = (random % (1 << 20)) as f64;
                machine.enter(now, |it, mono, wall| it.open.call((mono, wall, phase, datastore)))
            }
            Input::Join { seat, key } => {
                let name = machine.shared.places.borrow().name(key);
                let who = (seat.0, key.0, name);
                machine.enter(now, |it, mono, wall| it.join.call((mono, wall, who.0, who.1, who.2)))
            }
            Input::Cancel { seat } | Input::Leave { seat } => {
                machine.enter(now, |it, mono, wall| it.leave.call((mono, wall, seat.0)))
            }
            Input::Edit { seat, change } => {
                let (what, thing, nth, keep) = told(change);
                machine.enter(now, |it, mono, wall| {
                    it.edit.call((mono, wall, seat.0, what, thing, nth, keep))
                })
            }
            Input::Save { seat } => {
                machine.shared.save_is_called(seat);
                machine.enter(now, |it, mono, wall| it.save.call((mono, wall, seat.0)))
            }
            Input::Subscribed { topic, ok } => {
                let name = machine.topic(topic)?;
                machine.enter(now, |it, mono, wall| it.subscribed.call((mono, wall, &*name, ok)))
            }
            Input::Published { topic, ok } => {
                let name = machine.topic(topic)?;
                machine.enter(now, |it, mono, wall| it.published.call((mono, wall, &*name, ok)))
            }
            Input::Heard(Letter(letter)) => machine.enter(now, |it, mono, wall| {
                let data = letter.data.to_lua(&machine.lua)?;
                let (topic, sent) = (letter.topic.as_str(), letter.sent as f64);
                it.heard.call((mono, wall, topic, data, sent))
            }),
            Input::Close => machine.enter(now, |it, mono, wall| it.close.call((mono, wall))),
            Input::Outside { .. } => None,
        }
    }
}

/// A change of data as scripts are told of it.
fn told(change: Change) -> (&'static str, u32, u32, u32) {
    match change {
        Change::Earn => ("earn", 0, 0, 0),
        Change::Mint(Item(item)) | Change::Give(Item(item)) => ("give", item, 0, 0),
        Change::Take(Item(item)) => ("take", item, 0, 0),
        Change::Grant(Grant { receipt: Receipt(receipt), nth, keep }) => {
            ("grant", receipt, nth, keep)
        }
    }
}

/// A version, when it was made and changed, and what is beside it: as a script is given them.
type Info = (Option<String>, f64, f64, Option<Vec<u64>>, Option<Table>);

impl Machine {
    fn topic(&self, topic: Topic) -> Option<Arc<str>> {
        self.shared.topics.borrow().get(&topic).cloned()
    }

    fn info(&self, info: &KeyInfo) -> mlua::Result<Info> {
        let version = Some(host::version_text(info.version));
        let (users, metadata) = match &info.labels {
            Some(labels) => (Some(labels.users.clone()), Some(host::metadata(&self.lua, labels)?)),
            None => (None, None),
        };
        Ok((version, info.created_ms as f64, info.updated_ms as f64, users, metadata))
    }

    /// Runs a transform.
    fn decided(&self, op: Op, now: Now, found: Option<Found<'_, Stored>>) -> Decision<Stored> {
        type Decided = (bool, Value, Value, Value);
        let was = found.map(|found| found.value);
        let before = was.and_then(|was| was.0.view);
        let result: Option<Decided> = self.enter(now, |it, mono, wall| match found {
            Some(found) => {
                let value = found.value.0.tree.to_lua(&self.lua)?;
                let (version, created, updated, users, beside) = self.info(found.info)?;
                let info = (version, created, updated, users, beside);
                it.transform.call((mono, wall, op.0, value, info.0, info.1, info.2, info.3, info.4))
            }
            None => it.transform.call((mono, wall, op.0)),
        });
        let Some((true, value, users, metadata)) = result else { return Decision::Throw };
        let writer = self.writer(op, &value);
        let wanted = (!value.is_nil()).then(|| {
            let brings = |name| self.shared.brings(name, writer.or_else(|| self.caller(op)));
            Stored::new((&value, &metadata), was, &self.entries.describe, brings)
        });
        let mut calls = self.shared.calls.borrow_mut();
        let Some(pending) = calls.get_mut(&op.0) else { return Decision::Throw };
        let Some(wanted) = wanted else {
            pending.value = None;
            if let Some(seat) = pending.seat.filter(|_| !pending.granted) {
                self.shared.starts(seat, before.as_ref(), before.as_ref());
            }
            return Decision::Cancel;
        };
        let stored = match wanted {
            Ok(stored) => stored,
            Err(unfit) => {
                self.shared.complain(&host::UNFIT, &unfit.0, pending.seat);
                pending.value = None;
                return Decision::Throw;
            }
        };
        let after = stored.0.view.as_ref();
        let (kind, seat) = self.shared.writes(pending, writer, before.as_ref(), after);
        let labels = host::labels(&users, &metadata);
        pending.value = Some(stored.clone());
        Decision::Write(Write { value: stored, labels, kind, seat })
    }

    /// Whose session's data a call is about to write, if it is somebody's who sits there for the
    /// same player.
    fn writer(&self, op: Op, value: &Value) -> Option<Seat> {
        let caller = self.shared.calls.borrow().get(&op.0)?.seat?;
        if !value.is_table() {
            return None;
        }
        self.ask::<Option<u32>>(&self.entries.writer, (caller.0, value)).flatten().map(Seat)
    }

    /// What a call brings that writes whatever is there.
    fn brought(&self, op: Op) -> Option<Write<Stored>> {
        let (plain, labels) = {
            let calls = self.shared.calls.borrow();
            let pending = calls.get(&op.0)?;
            (pending.value.clone()?, pending.labels.clone())
        };
        let described = || {
            let value = plain.0.tree.to_lua(&self.lua).ok()?;
            let beside = labels.as_ref().map(|labels| host::metadata(&self.lua, labels));
            let beside = beside.transpose().ok()?.map_or(Value::Nil, Value::Table);
            let brings = |name| self.shared.brings(name, self.caller(op));
            Stored::new((&value, &beside), None, &self.entries.describe, brings).ok()
        };
        let value = described().unwrap_or_else(|| plain.clone());
        Some(Write { value, labels, kind: None, seat: None })
    }

    /// Whose call it is, as far as that was known when it was made.
    fn caller(&self, op: Op) -> Option<Seat> {
        self.shared.calls.borrow().get(&op.0)?.seat
    }

    /// A call was answered.
    fn replied(
        &self,
        now: Now,
        op: Op,
        result: Result<Reply, leasehold_sim::library::Error>,
    ) -> Option<f64> {
        let pending = self.shared.calls.borrow_mut().remove(&op.0)?;
        self.enter(now, |it, mono, wall| {
            let found = match result {
                Err(error) => {
                    return it.deliver.call((mono, wall, op.0, false, errors::words(error)));
                }
                Ok(_) if pending.lists => {
                    return it.deliver.call((mono, wall, op.0, true, self.rows(&pending)?));
                }
                Ok(Reply::Nil) => return it.deliver.call((mono, wall, op.0, true)),
                Ok(Reply::Value(info)) => info,
            };
            if pending.sets {
                let version = host::version_text(found.version);
                return it.deliver.call((mono, wall, op.0, true, version));
            }
            let value = match &pending.value {
                Some(stored) => stored.0.tree.to_lua(&self.lua)?,
                None => Value::Nil,
            };
            let info = self.info(&found)?;
            it.deliver.call((mono, wall, op.0, true, value, info.0, info.1, info.2, info.3, info.4))
        })
    }

    /// What a list of versions found.
    fn rows(&self, pending: &Pending) -> mlua::Result<Table> {
        let table = self.lua.create_table()?;
        for (row, nth) in pending.rows.iter().zip(1..) {
            let one = self.lua.create_table()?;
            one.raw_set("Version", host::version_text(row.version))?;
            one.raw_set("CreatedTime", row.created_ms as f64)?;
            one.raw_set("IsDeleted", row.removed)?;
            table.raw_seti(nth, one)?;
        }
        Ok(table)
    }
}
