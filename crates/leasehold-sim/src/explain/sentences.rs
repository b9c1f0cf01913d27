//! What happened, in words: each sentence says what a step says, and no more.

use super::post::{Between, Post};
use super::slow::{Takes, slow};
use crate::cause::{self, Cause, Class};
use crate::config::Incident;
use crate::fault::Site;
use crate::ids::ServerId;
use crate::library::{CallKind, MessageKind, View};
use crate::model::Owners;
use crate::observe::{About, Violation};
use crate::schedule::Moment;
use crate::step::{BadRead, CallEnd, Fact};
use crate::trace::{Of, Trace, TraceRow};
use leasehold_core::{JobId, Key};
use leasehold_data::{StoryEvent, StorySpan, numbers};
use std::collections::{BTreeMap, BTreeSet};

/// A server's name, `s7`.
fn server(server: Option<ServerId>) -> String {
    server.map_or_else(|| "somebody".to_owned(), |server| server.to_string())
}

/// A key's name, `k7`.
fn key(key: Option<Key>) -> String {
    key.map_or_else(|| "something".to_owned(), |key| key.to_string())
}

/// A row's server and key, by name.
fn names(row: &TraceRow) -> (String, String) {
    (server(row.place.server), key(row.place.key))
}

/// The lane of what the datastore does.
pub(super) const DATASTORE: &str = "datastore";

/// The words for the rows of a trace, and what they need to know of other rows.
pub(super) struct Words<'a> {
    rows: Vec<&'a TraceRow>,
    first: u32,
    incidents: &'a [Incident],
    /// Calls that take long.
    slow: BTreeMap<u32, Takes>,
    /// Which server each process is on.
    jobs: BTreeMap<JobId, Option<ServerId>>,
    /// What each call is for.
    kinds: BTreeMap<u32, CallKind>,
    /// Calls that read nothing, though the key was there.
    nils: BTreeSet<u32>,
    /// Between whom each message is.
    messages: BTreeMap<u32, Between>,
    /// Of a call that a timer sent: since when its session had waited for an answer.
    waited: BTreeMap<usize, Moment>,
    /// Of such a call: what is still on its way between the session and whom it asked.
    on_way: BTreeMap<usize, (MessageKind, ServerId)>,
    /// When each server was paused or went down, by the row at which that ends.
    stood: BTreeMap<usize, Moment>,
    /// Of a row at which a server becomes an owner: which others do then.
    others: BTreeMap<usize, BTreeSet<ServerId>>,
}

impl<'a> Words<'a> {
    pub(super) fn new(trace: &'a Trace, incidents: &'a [Incident]) -> Words<'a> {
        let rows: Vec<&TraceRow> = trace.rows.iter().collect();
        let mut words = Words {
            slow: slow(&rows),
            rows,
            first: trace.first,
            incidents,
            jobs: BTreeMap::new(),
            kinds: BTreeMap::new(),
            nils: BTreeSet::new(),
            messages: BTreeMap::new(),
            waited: BTreeMap::new(),
            on_way: BTreeMap::new(),
            stood: BTreeMap::new(),
            others: BTreeMap::new(),
        };
        let keys = trace.rows.iter().filter_map(|row| row.place.key);
        let mut owners = Owners::new(keys.map(|key| key.0 + 1).max().unwrap_or(0));
        let mut asking = BTreeMap::new();
        let mut still = BTreeMap::new();
        let mut post = Post::default();
        let mut holders = BTreeMap::new();
        for nth in 0..words.rows.len() {
            let row = words.rows[nth];
            let (server, at) = (row.place.server, row.place.at);
            let session = (server, row.place.key);
            match row.fact {
                Some(Fact::Committed { kind: CallKind::Acquire, after: Some(after), .. }) => {
                    if let Some((job, _)) = after.owner {
                        let owner = *words.jobs.entry(job).or_insert(server);
                        holders.insert(row.place.key, owner);
                    }
                }
                Some(Fact::Sent { kind, .. }) => {
                    words.kinds.extend(row.call().map(|call| (call, kind)));
                    let since = asking.remove(&session).filter(|_| row.timer);
                    words.waited.extend(since.map(|since| (nth, since)));
                    // A server that is paused may have the message already.
                    let under_way = post.under_way.get(&session).filter(|_| since.is_some());
                    let under_way = under_way.filter(|(.., to)| !still.contains_key(&Some(*to)));
                    words.on_way.extend(under_way.map(|(_, kind, to)| (nth, (*kind, *to))));
                }
                Some(Fact::BadRead { how: BadRead::Nil }) => words.nils.extend(row.call()),
                Some(Fact::Published { kind: MessageKind::Challenge }) => {
                    asking.insert(session, at);
                }
                Some(Fact::Delivered { kind: MessageKind::Answer }) => {
                    asking.remove(&session);
                }
                Some(Fact::Paused | Fact::Crashed | Fact::Stopped { .. }) => {
                    still.insert(server, at);
                }
                Some(Fact::Resumed | Fact::Booted) => {
                    words.stood.extend(still.remove(&server).map(|since| (nth, since)));
                }
                _ => {}
            }
            words.message_in_words(row, holders.get(&row.place.key).copied().flatten());
            post.row(row, &words.messages);
            words.owners_at_once(nth, &mut owners);
        }
        words
    }

    /// Learns between whom a message is: a question goes to the owner.
    fn message_in_words(&mut self, row: &TraceRow, owner: Option<ServerId>) {
        let Of::Message(message) = row.of else { return };
        let server = row.place.server;
        let entry = self.messages.entry(message).or_default();
        match row.fact {
            Some(Fact::Published { kind: MessageKind::Challenge }) => *entry = (server, owner),
            Some(Fact::Published { .. }) => entry.0 = server,
            Some(Fact::MessageLost { to, .. }) => entry.1 = Some(to),
            Some(Fact::Delivered { .. } | Fact::MessageDropped { .. }) => entry.1 = server,
            Some(Fact::NoSubscriber) if server != entry.0 => entry.1 = server,
            _ => {}
        }
    }

    /// Learns who else is owner as a server comes to.
    fn owners_at_once(&mut self, nth: usize, owners: &mut Owners) {
        let Some(step) = self.rows[nth].step() else { return };
        if let (Fact::Owns { .. }, Some(key)) = (step.fact, step.key) {
            let live = owners.live(key).map(|owner| owner.server);
            self.others.insert(nth, live.filter(|other| Some(*other) != step.server).collect());
        }
        owners.on_step(&step);
    }

    /// A row as an event of the story.
    pub(super) fn event(&self, nth: usize, broken: Option<&Violation>) -> StoryEvent {
        let row = self.rows[nth];
        let words = match row.fact {
            Some(fact) => self.fact(nth, row, &fact, broken),
            None => self.fault_alone(row),
        };
        let towards = match row.fact {
            Some(Fact::MessageLost { .. } | Fact::NoSubscriber) => self.between(row).1,
            _ => None,
        };
        let lane = lane(row);
        let towards = towards.map(|to| to.to_string()).filter(|to| *to != lane);
        let fault = row.fault.map(|fault| fault.to_string());
        let lost = match row.fact {
            Some(Fact::MessageLost { .. }) => Some(self.message(row)),
            _ => None,
        };
        let at_us = row.place.at.as_micros();
        StoryEvent { at_us, lane, words, towards, fault, lost, needed: None, begins: false }
    }

    /// The end of the story.
    pub(super) fn violation(
        &self,
        broken: &Violation,
        anchors: &[u32],
        owned: &[StorySpan],
        at_end: Option<u64>,
    ) -> StoryEvent {
        let last = anchors.last().map_or(0, |nth| self.rows[*nth as usize].place.at.as_micros());
        let at_us = broken.place.at.as_micros().max(last);
        let key = key(broken.place.key);
        let lane = broken.place.server.map_or_else(|| DATASTORE.to_owned(), |s| s.to_string());
        let event = |at_us, words| StoryEvent {
            at_us,
            lane,
            words,
            towards: None,
            fault: None,
            lost: None,
            needed: None,
            begins: false,
        };
        if broken.invariant.about != About::Overlap {
            let at_us = at_end.unwrap_or(at_us).max(at_us);
            let words = broken.detail.sentence.clone();
            return event(at_us, words);
        }
        let at = |span: &&StorySpan| (span.during.from_us..span.during.to_us).contains(&at_us);
        let mut both: Vec<&StorySpan> = owned.iter().filter(at).collect();
        both.sort_by_key(|span| span.during.from_us);
        let until = both.iter().map(|span| span.during.to_us).min().unwrap_or(at_us);
        let since = |span: &&StorySpan| {
            format!("{} since {}", span.lane, Moment::from_micros(span.during.from_us))
        };
        let who: Vec<String> = both.iter().map(since).collect();
        let lasts = numbers::time(until - at_us);
        let words =
            format!("two consider themselves owner of {key}, for {lasts}: {}", who.join(", "));
        event(at_us, words)
    }

    /// What a row's step says, in words.
    fn fact(&self, nth: usize, row: &TraceRow, fact: &Fact, broken: Option<&Violation>) -> String {
        let (s, k) = names(row);
        match *fact {
            Fact::Asked => format!("the player of {k} comes to {s}"),
            Fact::Loaded { edits, .. } => {
                format!("{s}'s session of {k} is active: {}", changes(edits))
            }
            Fact::Rejected { reason } => format!("{s} refuses the player of {k}: {reason}"),
            Fact::Owns { how } => self.owns(nth, row, how),
            Fact::OwnsNoMore => format!("{s} does not consider itself owner of {k} any more"),
            Fact::OwnerPaused => format!("{s} is paused, and no owner of {k} meanwhile"),
            Fact::Edited => format!("the player of {k} changes something on {s}"),
            Fact::EditRefused => format!("{s} refuses a change of {k}"),
            Fact::Leaked => format!("the player of {k} leaves, and {s} forgets to release it"),
            Fact::SecondDevice => {
                format!("the player of {k} logs in elsewhere; {s} goes on acting for them")
            }
            Fact::Minted { .. } => format!("{k} has a new item"),
            Fact::Traded { item, to_key, .. } => {
                format!("{k} gives item {} to {to_key} on {s}", item.0)
            }
            Fact::Bought { receipt } => format!("the player of {k} buys receipt {}", receipt.0),
            Fact::Received { receipt } => {
                format!("{s} puts receipt {} into the data of {k}", receipt.0)
            }
            Fact::Granted { receipt, noted } => {
                let not = if noted { "" } else { ", which does not note it" };
                format!("{s} tells the platform that receipt {} is granted{not}", receipt.0)
            }
            Fact::Ended { how, .. } => format!("{s}'s session of {k} is over: {how}"),
            Fact::Over => format!("nothing of {s}'s session of {k} can be stored any more"),
            Fact::Sent { kind, attempt } => self.sent(nth, row, kind, attempt),
            Fact::ShortCircuited { kind } => format!("the breaker of {s} stops the {kind}"),
            Fact::Answered { kind, end, .. } => self.answered(row, kind, end),
            Fact::Got { stale: true, .. } => format!("what {s} reads of {k} is not what is stored"),
            Fact::Got { edits, stale: false, .. } => format!("{s} reads {k}: {}", changes(edits)),
            Fact::Removed { .. } => format!("{} removes {k}", outside(row)),
            Fact::Committed { kind: CallKind::Overwrite, before, after: Some(after), .. } => {
                let wiped = gone(before.as_ref(), &after);
                format!("{} overwrites {k} with {}{wiped}", outside(row), changes(after.edits))
            }
            Fact::Committed { kind, before, after: Some(after), clock_us } => {
                let compared =
                    broken.is_some_and(|one| one.cause.class.compares_clocks().is_some());
                let clock_us = if compared { clock_us } else { 0 };
                self.committed(row, kind, before.as_ref(), &after, clock_us)
            }
            Fact::Committed { kind, after: None, .. } => {
                format!("the datastore takes {s}'s {kind} of {k}: it makes no sense")
            }
            Fact::Damaged => format!("the record of {k} is damaged where it is stored"),
            Fact::RanAgain { kind } => {
                format!("somebody has written since {s}'s {kind} of {k} read: it reads again")
            }
            Fact::WrongScope { kind, after, .. } => {
                let what = after.map_or("it makes no sense".to_owned(), |it| changes(it.edits));
                format!("{s}'s {kind} of {k} commits in another scope, where nobody looks: {what}")
            }
            Fact::BadRead { how } => {
                format!("{s}'s call has not read what is there: {}", how.cause().words)
            }
            Fact::Saved => format!("{s} says that {k} is saved"),
            Fact::Conflict { resolution } => {
                format!("{s} is done with whoever else had {k}: {resolution}")
            }
            Fact::CircuitOpened { timeout_us, .. } => {
                format!("the breaker of {s} opens, for {}", numbers::time(timeout_us))
            }
            Fact::CircuitClosed => format!("the breaker of {s} closes"),
            Fact::Corrupted { kind } => format!("{s} finds the record of {k} damaged: {kind}"),
            Fact::FellBack => format!("{s} has no datastore, and keeps its data to itself"),
            Fact::Published { kind: MessageKind::Challenge } => {
                let (from, to) = self.parties(row);
                format!("{from} asks {to} for {k}")
            }
            Fact::Published { kind: MessageKind::Answer } => {
                let (from, to) = self.parties(row);
                format!("{from} answers {to} that it is alive")
            }
            Fact::MessageLost { .. } => format!("lost: {}", self.message(row)),
            Fact::MessageDuplicated => format!("{} will come twice", self.message(row)),
            Fact::Delivered { kind: MessageKind::Challenge } => {
                let (from, to) = self.parties(row);
                format!("{to} hears that {from} asks for {k}")
            }
            Fact::Delivered { kind: MessageKind::Answer } => {
                let (from, to) = self.parties(row);
                format!("{to} hears that {from} is alive")
            }
            Fact::NoSubscriber => format!("nobody hears {}", self.message(row)),
            Fact::Queued { kind } => {
                format!("{s}'s {kind} of {k} waits: there is no budget for it")
            }
            Fact::Dequeued { waited_us } => {
                format!("{s}'s call for {k} waits no more, after {}", numbers::time(waited_us))
            }
            Fact::Dropped { kind, .. } => {
                format!("{s}'s {kind} of {k} is dropped: the queue is full")
            }
            Fact::MessageRejected { why, .. } | Fact::MessageDropped { why, .. } => {
                format!("{} goes no further: {why}", self.message(row))
            }
            Fact::Unheard { why } => format!("{s} will not hear who asks for {k}: {}", why.words),
            Fact::NotSubscribed { why } => format!("{s} will hear no messages: {why}"),
            Fact::CutOff { way, until } => {
                format!("{s} is cut off from messages ({}) until {until}", way.name())
            }
            Fact::Booted => format!("{s} is up{}", self.stood(nth)),
            Fact::Crashed => format!("{s} crashes"),
            Fact::Paused => format!("{s} is paused"),
            Fact::Resumed => format!("{s} goes on{}", self.stood(nth)),
            Fact::Stepped { by_us } => {
                let way = if by_us < 0 { "back" } else { "ahead" };
                format!("the clock of {s} is set {} {way}", numbers::time(by_us.unsigned_abs()))
            }
            Fact::OutOfMemory { closes: true } => format!("{s} is out of memory, and closes"),
            Fact::OutOfMemory { closes: false } => format!("{s} is out of memory, and gone"),
            Fact::Emptied => format!("the last player of {s} has left"),
            Fact::Closing => format!("{s} is asked to close"),
            Fact::Stopped { done: true } => format!("{s} is gone, with all done"),
            Fact::Stopped { done: false } => format!("{s} is gone: its time is up"),
            Fact::IncidentBegins { outage: true, .. } => {
                "the datastore is out from now on".to_owned()
            }
            Fact::IncidentBegins { nth, outage: false } => {
                format!("incident {} of the datastore begins{}", nth + 1, self.what(nth))
            }
            Fact::IncidentEnds { outage: true, .. } => "the datastore is back".to_owned(),
            Fact::IncidentEnds { nth, outage: false } => {
                format!("incident {} of the datastore is over", nth + 1)
            }
            Fact::Healed => "all faults end".to_owned(),
            Fact::Remarked { mark } => format!("{s}: {mark}"),
            Fact::EndAsked => format!("{s} is asked to end the session of {k}"),
            Fact::SeatFreed { .. } => format!("{s} is done with its session of {k}"),
            Fact::Playing => format!("the player of {k} is in the game"),
            Fact::Left => format!("the player of {k} leaves the game"),
            Fact::GaveUp => format!("the player of {k} gives up"),
            Fact::SaveCalled => format!("the game calls Save() for {k}"),
            Fact::SaveReturned { why: None, .. } => format!("Save() of {k} returns true"),
            Fact::SaveReturned { why: Some(why), .. } => {
                format!("Save() of {k} returns false: {}", why.words)
            }
            Fact::Subscribing => format!("{s} asks to listen to a topic"),
            Fact::Subscribed { ok: true } => format!("{s} listens to a topic"),
            Fact::Subscribed { ok: false } => format!("{s} does not listen to a topic"),
            Fact::Said { words } => format!("{s} prints: {words}"),
            Fact::Complained { kind, words } => format!("{s}: {kind}: {words}"),
            Fact::Misspoke { slip } => {
                format!("{s} tells its game of {k} out of order: {}", slip.cause().words)
            }
        }
    }

    fn owns(&self, nth: usize, row: &TraceRow, how: &'static Cause) -> String {
        let (s, k) = names(row);
        let others = self.others.get(&nth).into_iter().flatten();
        let others: Vec<String> = others.map(ServerId::to_string).collect();
        let still = match others.as_slice() {
            [] => String::new(),
            others => format!("; {} still does", others.join(" and ")),
        };
        // What nobody else had is nothing to explain.
        let plain = matches!(how.class, Class::Own | Class::Unowned | Class::Released)
            || *how == cause::STARTED;
        let how = if plain { String::new() } else { format!(", by {how}") };
        format!("{s} considers itself owner of {k}{how}{still}")
    }

    /// What an incident is, and for whom.
    fn what(&self, nth: u32) -> String {
        let Some(incident) = self.incidents.get(nth as usize) else { return String::new() };
        let servers = incident.servers.iter().flatten().map(|nth| format!("s{nth}"));
        let servers: Vec<String> = servers.collect();
        let whose = if servers.is_empty() { "all".to_owned() } else { servers.join(", ") };
        format!(": {} for {whose}", incident.what())
    }

    /// For how long a server was paused or was down that goes on.
    fn stood(&self, nth: usize) -> String {
        let stood = self.stood.get(&nth).map(|since| self.rows[nth].place.at.since(*since));
        stood.map(|us| format!(" after {}", numbers::time(us))).unwrap_or_default()
    }

    fn sent(&self, nth: usize, row: &TraceRow, kind: CallKind, attempt: u32) -> String {
        let (s, k) = names(row);
        let does = match kind {
            CallKind::Acquire => "tries to take",
            CallKind::Release => "gives back",
            CallKind::Renew => "renews its lease of",
            CallKind::Save => "saves",
            CallKind::Read => "reads",
            CallKind::Message => "leaves a message with",
            CallKind::Overwrite => "overwrites",
            CallKind::Remove => "removes",
            CallKind::Versions => "looks at old versions of",
        };
        let again = if attempt > 0 { " again" } else { "" };
        let slow = match row.call().and_then(|call| self.slow.get(&call)) {
            Some(Takes::Us(us)) => format!("; this takes {}", numbers::time(*us)),
            Some(Takes::More(us)) => format!("; {} later this goes on", numbers::time(*us)),
            None => String::new(),
        };
        match self.waited.get(&nth) {
            Some(since) => {
                let waited = numbers::time(row.place.at.since(*since));
                let late = match self.on_way.get(&nth) {
                    Some((MessageKind::Challenge, to)) => {
                        format!("; its question to {to} is still on its way")
                    }
                    Some((MessageKind::Answer, to)) => {
                        format!("; the answer of {to} is still on its way")
                    }
                    None => String::new(),
                };
                format!("{s} has heard nothing for {waited}, and {does} {k}{again}{late}{slow}")
            }
            None => format!("{s} {does} {k}{again}{slow}"),
        }
    }

    fn answered(&self, row: &TraceRow, kind: CallKind, end: CallEnd) -> String {
        let (s, k) = names(row);
        let call = format!("{s}'s {kind} of {k}");
        match end {
            CallEnd::Refused if row.call().is_some_and(|call| self.nils.contains(&call)) => {
                format!("{call} finds nothing, and writes nothing")
            }
            CallEnd::Refused => {
                let holder = self.read(row).filter(|view| !view.released);
                match holder.and_then(|view| self.holder(view.owner)) {
                    Some(server) if server == row.place.server => {
                        format!("{call} finds its own lease, and writes nothing")
                    }
                    Some(holder) => {
                        format!("{call} finds {}'s lease, and writes nothing", server(holder))
                    }
                    None => format!("{call} writes nothing"),
                }
            }
            CallEnd::Failed(error) => format!("{s} is told that its {kind} of {k} failed: {error}"),
            CallEnd::Silent if row.fault.is_some_and(|one| one.site == Site::NeverArrives) => {
                format!("{call} is lost on its way")
            }
            CallEnd::Silent => format!("{call} will never be answered"),
            CallEnd::Done => format!("{s} is told that its {kind} of {k} is done"),
        }
    }

    /// What the call of a row has read.
    fn read(&self, row: &TraceRow) -> Option<View> {
        let read = row.read?.checked_sub(self.first)?;
        match self.rows.get(read as usize)?.fact {
            Some(Fact::Committed { after, .. }) => after,
            _ => None,
        }
    }

    /// The server of the process that a record names.
    fn holder(&self, owner: Option<(JobId, u32)>) -> Option<Option<ServerId>> {
        self.jobs.get(&owner?.0).copied()
    }

    fn committed(
        &self,
        row: &TraceRow,
        kind: CallKind,
        before: Option<&View>,
        after: &View,
        clock_us: i64,
    ) -> String {
        let (s, k) = names(row);
        let head = format!("the datastore takes {s}'s {kind} of {k}");
        let wipes = gone(before, after);
        if after.released {
            let freed = before.is_some_and(|before| !before.released);
            let what = if freed { "it is free".to_owned() } else { changes(after.edits) };
            return format!("{head}: {what}{wipes}");
        }
        let as_it_was = before.is_some_and(|before| {
            (before.owner, before.edits, before.released) == (after.owner, after.edits, false)
        });
        let holder = self.holder(after.owner).filter(|_| as_it_was);
        if let Some(holder) = holder.filter(|holder| *holder != row.place.server) {
            let holder = server(holder);
            match kind {
                CallKind::Acquire => {
                    return format!("{head}: the lock is {holder}'s: {s} asks for it");
                }
                CallKind::Save | CallKind::Release | CallKind::Renew => {
                    return format!("{head}: the lock is {holder}'s: nothing of {s}'s is stored");
                }
                _ => {}
            }
        }
        let generation = after.generation;
        if before.is_some_and(|b| (b.owner, b.generation) == (after.owner, generation)) {
            return format!("{head}: {}{wipes}", changes(after.edits));
        }
        let from = match before.filter(|before| !before.released) {
            Some(before) => match self.holder(before.owner) {
                Some(holder) if holder == row.place.server => ", from its own past".to_owned(),
                Some(holder) => format!(", from {}", server(holder)),
                None => ", from another".to_owned(),
            },
            None => String::new(),
        };
        let off = numbers::time(clock_us.unsigned_abs());
        let clock = match clock_us {
            0 => String::new(),
            1.. => format!(", by a clock that is {off} ahead"),
            _ => format!(", by a clock that is {off} behind"),
        };
        let now = match generation {
            Some(generation) => format!("generation {generation}"),
            None => format!("it is {}", held_by(&s, after)),
        };
        format!("{head}: {now}{from}{clock}{wipes}")
    }

    /// Between whom the message of a row is.
    fn between(&self, row: &TraceRow) -> Between {
        match row.of {
            Of::Message(message) => self.messages.get(&message).copied().unwrap_or_default(),
            Of::Call(_) | Of::Nothing => (None, None),
        }
    }

    /// The same in words.
    fn parties(&self, row: &TraceRow) -> (String, String) {
        let (from, to) = self.between(row);
        (server(from), to.map_or_else(|| "the owner".to_owned(), |to| to.to_string()))
    }

    /// The message of a row, `s6's answer to s7`.
    fn message(&self, row: &TraceRow) -> String {
        let (from, to) = self.parties(row);
        match self.message_kind(row) {
            MessageKind::Challenge => format!("{from}'s question to {to}"),
            MessageKind::Answer => format!("{from}'s answer to {to}"),
        }
    }

    fn message_kind(&self, row: &TraceRow) -> MessageKind {
        let Of::Message(message) = row.of else { return MessageKind::Challenge };
        let published = message.checked_sub(self.first).and_then(|nth| self.rows.get(nth as usize));
        match published.and_then(|row| row.fact) {
            Some(Fact::Published { kind }) => kind,
            _ => MessageKind::Challenge,
        }
    }

    /// A fault that shows in no step of its own.
    fn fault_alone(&self, row: &TraceRow) -> String {
        let Some(fault) = row.fault else { return String::new() };
        let (s, k) = names(row);
        let kind = row.call().and_then(|call| self.kinds.get(&call));
        let what = format!("{s}'s {} of {k}", kind.map_or("call", |kind| kind.name()));
        match fault.site {
            Site::FailsBefore => format!("{what} fails before anything is done"),
            Site::FailsAfter => format!("{what} is done, and said to have failed"),
            Site::Throttled => format!("{what} is rejected as too much"),
            Site::ReadsStale => format!("{what} reads the version before"),
            Site::ReadsNil => format!("{what} reads nothing, though the key is there"),
            Site::WrongScope => format!("{what} goes to another scope"),
            Site::Operation => "somebody outside begins to change a record".to_owned(),
            _ => fault.to_string(),
        }
    }
}

/// Where a row is told.
fn lane(row: &TraceRow) -> String {
    lane_of(row).map_or_else(|| DATASTORE.to_owned(), |server| server.to_string())
}

/// The server on whose lane a row is; nothing if it is on the datastore's.
pub(super) fn lane_of(row: &TraceRow) -> Option<ServerId> {
    let backend = match row.fact {
        Some(
            Fact::Committed { .. }
            | Fact::Removed { .. }
            | Fact::WrongScope { .. }
            | Fact::Damaged
            | Fact::RanAgain { .. }
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. }
            | Fact::Healed,
        ) => true,
        Some(_) => false,
        None => row.call().is_some(),
    };
    row.place.server.filter(|_| !backend)
}

/// Whose a record is now, after a write of `writer`'s.
fn held_by(writer: &str, after: &View) -> String {
    let whose = if after.owner.is_some() { writer } else { "nobody" };
    format!("{whose}'s")
}

/// Who changes a record without a session.
fn outside(row: &TraceRow) -> String {
    match row.place.server {
        Some(server) => format!("{server}, without a session,"),
        None => "an administrator's script".to_owned(),
    }
}

/// What a write has taken out of a record.
fn gone(before: Option<&View>, after: &View) -> String {
    match before.map_or(0, |before| before.edits.saturating_sub(after.edits)) {
        0 => String::new(),
        1 => "; 1 stored change is gone".to_owned(),
        n => format!("; {n} stored changes are gone"),
    }
}

/// How much a record has seen.
fn changes(edits: u64) -> String {
    numbers::plural(edits, "change")
}
