//! What happened, in words: each sentence says what a step says, and no more.

use crate::fault::{Misled, Site};
use crate::library::{CallKind, MailKind, View};
use crate::observe::{CallEnd, Fact, Rule};
use crate::schedule::Moment;
use crate::slab::NONE;
use crate::trail::{Broken, Of, Row, Trail};
use leasehold_data::{StoryEvent, StorySpan};
use std::collections::{BTreeMap, BTreeSet};

/// A server's or a key's name: `s7`.
pub(super) fn name(letter: char, nth: u32) -> String {
    format!("{letter}{nth}")
}

/// The lane of what the datastore does.
pub(super) const DATASTORE: &str = "datastore";

/// The words for the rows of a trail, and what they need to know of other rows.
pub(super) struct Words<'a> {
    rows: Vec<&'a Row>,
    first: u32,
    /// Which server each process is on.
    jobs: BTreeMap<u32, u32>,
    /// What each call is for.
    kinds: BTreeMap<u32, CallKind>,
    /// Calls that read nothing, though the key was there.
    nils: BTreeSet<u32>,
    /// Between whom each message is: from, to.
    mails: BTreeMap<u32, (u32, Option<u32>)>,
    /// Of a call that a timer sent: since when its session had waited for an answer.
    waited: BTreeMap<usize, Moment>,
    /// Of such a call: what is still on its way between the session and whom it asked.
    on_way: BTreeMap<usize, (MailKind, u32)>,
    /// When each server stood still or went down, by the row at which that ends.
    stood: BTreeMap<usize, Moment>,
}

impl<'a> Words<'a> {
    pub(super) fn new(trail: &'a Trail) -> Words<'a> {
        let mut words = Words {
            rows: trail.rows.iter().collect(),
            first: trail.first,
            jobs: BTreeMap::new(),
            kinds: BTreeMap::new(),
            nils: BTreeSet::new(),
            mails: BTreeMap::new(),
            waited: BTreeMap::new(),
            on_way: BTreeMap::new(),
            stood: BTreeMap::new(),
        };
        let mut asking: BTreeMap<(u32, u32), Moment> = BTreeMap::new();
        let mut still: BTreeMap<u32, Moment> = BTreeMap::new();
        let mut post = Post::default();
        let mut owners: BTreeMap<u32, u32> = BTreeMap::new();
        for nth in 0..words.rows.len() {
            let row = words.rows[nth];
            let (server, at) = (row.place.server, row.place.at);
            let session = (server, row.place.key);
            match row.fact {
                Some(Fact::Landed { kind: CallKind::Acquire, after, .. }) => {
                    words.jobs.entry(after.owner.0).or_insert(server);
                    owners.extend(words.jobs.get(&after.owner.0).map(|job| (row.place.key, *job)));
                }
                Some(Fact::Sent { kind, .. }) => {
                    words.kinds.extend(row.call().map(|call| (call, kind)));
                    let since = asking.remove(&session).filter(|_| row.timer);
                    words.waited.extend(since.map(|since| (nth, since)));
                    // A server that stands still may have the message already.
                    let under_way = post.under_way.get(&session).filter(|_| since.is_some());
                    let under_way = under_way.filter(|(.., to)| !still.contains_key(to));
                    words.on_way.extend(under_way.map(|(_, kind, to)| (nth, (*kind, *to))));
                }
                Some(Fact::Misled { how: Misled::Nil }) => words.nils.extend(row.call()),
                Some(Fact::Published { kind: MailKind::Challenge }) => {
                    asking.insert(session, at);
                }
                Some(Fact::Delivered { kind: MailKind::Answer }) => {
                    asking.remove(&session);
                }
                Some(Fact::Froze | Fact::Crashed | Fact::Stopped { .. }) => {
                    still.insert(server, at);
                }
                Some(Fact::Thawed | Fact::Booted) => {
                    words.stood.extend(still.remove(&server).map(|since| (nth, since)));
                }
                _ => {}
            }
            words.mail(row, owners.get(&row.place.key).copied());
            post.row(row, &words.mails);
        }
        words
    }

    /// Learns between whom a message is: a question goes to the owner.
    fn mail(&mut self, row: &Row, owner: Option<u32>) {
        let Of::Mail(mail) = row.of else { return };
        let server = row.place.server;
        let entry = self.mails.entry(mail).or_insert((NONE, None));
        match row.fact {
            Some(Fact::Published { kind: MailKind::Challenge }) => *entry = (server, owner),
            Some(Fact::Published { .. }) => entry.0 = server,
            Some(Fact::MailLost { to, .. }) => entry.1 = Some(to),
            Some(Fact::Delivered { .. } | Fact::MailDropped { .. }) => entry.1 = Some(server),
            Some(Fact::Unheard) if server != entry.0 => entry.1 = Some(server),
            _ => {}
        }
    }

    /// A row as an event of the story.
    pub(super) fn event(&self, nth: usize, broken: &Broken) -> StoryEvent {
        let row = self.rows[nth];
        let words = match row.fact {
            Some(fact) => self.fact(nth, row, &fact, broken),
            None => self.fault_alone(row),
        };
        let towards = match row.fact {
            Some(Fact::MailLost { .. } | Fact::Unheard) => self.between(row).1,
            _ => None,
        };
        let lane = lane(row);
        let towards = towards.map(|to| name('s', to)).filter(|to| *to != lane);
        let fault = row.fault.map(|fault| fault.to_string());
        StoryEvent { at_us: row.place.at.as_micros(), lane, words, towards, fault }
    }

    /// The end of the story.
    pub(super) fn violation(
        &self,
        broken: &Broken,
        anchors: &[u32],
        believed: &[StorySpan],
        at_end: Option<u64>,
    ) -> StoryEvent {
        let last = anchors.last().map_or(0, |nth| self.rows[*nth as usize].place.at.as_micros());
        let at_us = broken.place.at.as_micros().max(last);
        let (server, key) = (broken.place.server, name('k', broken.place.key));
        let lane = if server == NONE { DATASTORE.to_owned() } else { name('s', server) };
        let (towards, fault) = (None, None);
        if broken.rule != Rule::Belief as usize {
            let at_us = at_end.unwrap_or(at_us).max(at_us);
            return StoryEvent { at_us, lane, words: broken.why.clone(), towards, fault };
        }
        let at = |span: &&StorySpan| (span.during.from_us..span.during.to_us).contains(&at_us);
        let mut both: Vec<&StorySpan> = believed.iter().filter(at).collect();
        both.sort_by_key(|span| span.during.from_us);
        let until = both.iter().map(|span| span.during.to_us).min().unwrap_or(at_us);
        let since = |span: &&StorySpan| {
            format!("{} since {}", span.lane, Moment::from_micros(span.during.from_us))
        };
        let who: Vec<String> = both.iter().map(since).collect();
        let lasts = seconds(until - at_us);
        let words = format!("two believe that they own {key}, for {lasts}: {}", who.join(", "));
        StoryEvent { at_us, lane, words, towards, fault }
    }

    fn fact(&self, nth: usize, row: &Row, fact: &Fact, broken: &Broken) -> String {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        match fact {
            Fact::Asked => format!("the player of {k} comes to {s}"),
            Fact::Sent { kind, attempt } => self.sent(nth, row, *kind, *attempt),
            Fact::Landed { kind, before, after, clock_us } => {
                let by_clock = ["expired_lease_steal", "assume_dead"];
                let compared = by_clock.contains(&broken.cause.as_str());
                let clock_us = if compared { *clock_us } else { 0 };
                self.landed(row, *kind, before.as_ref(), after, clock_us)
            }
            Fact::Believes { how } => {
                let still = match self.others(nth, row).as_slice() {
                    [] => String::new(),
                    others => format!("; {} still believes", others.join(" and ")),
                };
                let how = match *how {
                    "new" | "start" | "released" | "own" => String::new(),
                    how => format!(", by {how}"),
                };
                format!("{s} believes that it owns {k}{how}{still}")
            }
            Fact::Ended { how, .. } => format!("{s}'s session of {k} is over: {how}"),
            Fact::Refused { reason } => format!("{s} refuses the player of {k}: {reason}"),
            Fact::Over => format!("nothing of {s}'s session of {k} can be stored any more"),
            Fact::Saved => format!("{s} says that {k} is saved"),
            Fact::Corrupted { kind } => format!("{s} finds the record of {k} damaged: {kind}"),
            Fact::Leaked => format!("the player of {k} leaves, and {s} forgets to release it"),
            Fact::SecondDevice => {
                format!("the player of {k} logs in elsewhere; {s} goes on acting for them")
            }
            Fact::Traded { .. }
            | Fact::Minted { .. }
            | Fact::Bought { .. }
            | Fact::Received { .. }
            | Fact::Granted { .. } => goods(&s, &k, fact),
            _ => match row.of {
                Of::Mail(_) => self.message(row, fact),
                Of::Call(_) => self.call(row, fact),
                Of::Nothing => self.of_a_server(nth, &s, fact),
            },
        }
    }

    /// What becomes of a call.
    fn call(&self, row: &Row, fact: &Fact) -> String {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        match fact {
            Fact::Answered { kind, end, .. } => self.answered(row, *kind, *end),
            Fact::Got { stale: true, .. } => format!("what {s} reads of {k} is not what is stored"),
            Fact::Got { edits, .. } => format!("{s} reads {k}: {}", changes(*edits)),
            Fact::RanAgain { kind } => {
                format!("somebody has written since {s}'s {kind} of {k} read: it reads again")
            }
            Fact::Removed { .. } => format!("{k} is removed by {s}"),
            Fact::Misled { how } => {
                format!("{s}'s call has not read what is there: {}", how.name())
            }
            Fact::Strayed { kind, after, .. } => {
                let edits = changes(after.edits);
                format!("{s}'s {kind} of {k} lands in another scope, where nobody looks: {edits}")
            }
            Fact::Damaged => format!("the record of {k} is damaged where it is stored"),
            Fact::Queued { kind } => {
                format!("{s}'s {kind} of {k} waits: there is no budget for it")
            }
            Fact::Dropped { kind, .. } => {
                format!("{s}'s {kind} of {k} is dropped: the queue is full")
            }
            fact => plain(&s, fact),
        }
    }

    /// Who else believes to own the key of a row.
    fn others(&self, nth: usize, row: &Row) -> Vec<String> {
        let mut believing = BTreeSet::new();
        for earlier in self.rows[..nth].iter().filter(|one| one.place.key == row.place.key) {
            match earlier.fact {
                Some(Fact::Believes { .. }) => {
                    believing.insert(earlier.place.server);
                }
                Some(Fact::Ceases | Fact::Freezes | Fact::Ended { .. }) => {
                    believing.remove(&earlier.place.server);
                }
                _ => {}
            }
        }
        believing.remove(&row.place.server);
        believing.into_iter().map(|server| name('s', server)).collect()
    }

    fn sent(&self, nth: usize, row: &Row, kind: CallKind, attempt: u32) -> String {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
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
        match self.waited.get(&nth) {
            Some(since) => {
                let waited = seconds(row.place.at.since(*since));
                let late = match self.on_way.get(&nth) {
                    Some((MailKind::Challenge, to)) => {
                        format!("; its question to s{to} is still on its way")
                    }
                    Some((MailKind::Answer, to)) => {
                        format!("; the answer of s{to} is still on its way")
                    }
                    None => String::new(),
                };
                format!("{s} has heard nothing for {waited}, and {does} {k}{again}{late}")
            }
            None => format!("{s} {does} {k}{again}"),
        }
    }

    fn answered(&self, row: &Row, kind: CallKind, end: CallEnd) -> String {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        let call = format!("{s}'s {kind} of {k}");
        match end {
            CallEnd::Refused if row.call().is_some_and(|call| self.nils.contains(&call)) => {
                format!("{call} finds nothing, and writes nothing")
            }
            CallEnd::Refused => {
                let holder = self.read(row).filter(|view| !view.released);
                match holder.and_then(|view| self.jobs.get(&view.owner.0)) {
                    Some(server) if *server == row.place.server => {
                        format!("{call} finds its own lease, and writes nothing")
                    }
                    Some(server) => format!("{call} finds s{server}'s lease, and writes nothing"),
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
    fn read(&self, row: &Row) -> Option<View> {
        let read = row.read.checked_sub(self.first).filter(|_| row.read != NONE)?;
        match self.rows.get(read as usize)?.fact {
            Some(Fact::Landed { after, .. }) => Some(after),
            _ => None,
        }
    }

    fn landed(
        &self,
        row: &Row,
        kind: CallKind,
        before: Option<&View>,
        after: &View,
        clock_us: i64,
    ) -> String {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        let head = format!("the datastore takes {s}'s {kind} of {k}");
        let wipes = match before.map_or(0, |before| before.edits.saturating_sub(after.edits)) {
            0 => String::new(),
            1 => "; 1 stored change is gone".to_owned(),
            n => format!("; {n} stored changes are gone"),
        };
        if after.released {
            let freed = before.is_some_and(|before| !before.released);
            let what = if freed { "it is free".to_owned() } else { changes(after.edits) };
            return format!("{head}: {what}{wipes}");
        }
        let as_it_was = before.is_some_and(|before| {
            (before.owner, before.edits, before.released) == (after.owner, after.edits, false)
        });
        let holder = self.jobs.get(&after.owner.0).filter(|_| as_it_was);
        if let Some(holder) = holder.filter(|holder| **holder != row.place.server) {
            match kind {
                CallKind::Acquire => {
                    return format!("{head}: the lock is s{holder}'s: {s} asks for it");
                }
                CallKind::Save | CallKind::Release | CallKind::Renew => {
                    return format!("{head}: the lock is s{holder}'s: nothing of {s}'s is stored");
                }
                _ => {}
            }
        }
        let generation = after.generation;
        if before.is_some_and(|b| (b.owner, b.generation) == (after.owner, generation)) {
            return format!("{head}: {}{wipes}", changes(after.edits));
        }
        let from = match before.filter(|before| !before.released) {
            Some(before) => match self.jobs.get(&before.owner.0) {
                Some(server) if *server == row.place.server => ", from its own past".to_owned(),
                Some(server) => format!(", from s{server}"),
                None => ", from another".to_owned(),
            },
            None => String::new(),
        };
        let off = seconds(clock_us.unsigned_abs());
        let clock = match clock_us {
            0 => String::new(),
            1.. => format!(", by a clock that is {off} ahead"),
            _ => format!(", by a clock that is {off} behind"),
        };
        format!("{head}: generation {generation}{from}{clock}{wipes}")
    }

    /// Between whom the message of a row is.
    fn between(&self, row: &Row) -> (u32, Option<u32>) {
        match row.of {
            Of::Mail(mail) => self.mails.get(&mail).copied().unwrap_or((NONE, None)),
            _ => (NONE, None),
        }
    }

    fn message(&self, row: &Row, fact: &Fact) -> String {
        let k = name('k', row.place.key);
        let (from, to) = self.between(row);
        let from = if from == NONE { "somebody".to_owned() } else { name('s', from) };
        let to = to.map_or("the owner".to_owned(), |to| name('s', to));
        let what = match self.mail_kind(row) {
            MailKind::Challenge => format!("{from}'s question to {to}"),
            MailKind::Answer => format!("{from}'s answer to {to}"),
        };
        match fact {
            Fact::Published { kind: MailKind::Challenge } => format!("{from} asks {to} for {k}"),
            Fact::Published { .. } => format!("{from} answers {to} that it is alive"),
            Fact::Delivered { kind: MailKind::Challenge } => {
                format!("{to} hears that {from} asks for {k}")
            }
            Fact::Delivered { .. } => format!("{to} hears that {from} is alive"),
            Fact::MailLost { .. } => format!("lost: {what}"),
            Fact::MailDoubled => format!("{what} will come twice"),
            Fact::MailRefused { why, .. } | Fact::MailDropped { why, .. } => {
                format!("{what} goes no further: {why}")
            }
            _ => format!("nobody hears {what}"),
        }
    }

    fn mail_kind(&self, row: &Row) -> MailKind {
        let Of::Mail(mail) = row.of else { return MailKind::Challenge };
        let published = mail.checked_sub(self.first).and_then(|nth| self.rows.get(nth as usize));
        match published.and_then(|row| row.fact) {
            Some(Fact::Published { kind }) => kind,
            _ => MailKind::Challenge,
        }
    }

    fn of_a_server(&self, nth: usize, s: &str, fact: &Fact) -> String {
        let stood = self.stood.get(&nth).map(|since| self.rows[nth].place.at.since(*since));
        let after = stood.map(|us| format!(" after {}", seconds(us))).unwrap_or_default();
        match fact {
            Fact::Booted => format!("{s} is up{after}"),
            Fact::Crashed => format!("{s} crashes"),
            Fact::Froze => format!("{s} stands still"),
            Fact::Thawed => format!("{s} goes on{after}"),
            Fact::Stepped { by_us } => {
                let way = if *by_us < 0 { "back" } else { "ahead" };
                format!("the clock of {s} is set {} {way}", seconds(by_us.unsigned_abs()))
            }
            Fact::OutOfMemory { closes: true } => format!("{s} is out of memory, and closes"),
            Fact::OutOfMemory { closes: false } => format!("{s} is out of memory, and gone"),
            Fact::CutOff { way, until } => {
                format!("{s} is cut off from messages ({way}) until {until}")
            }
            Fact::NotSubscribed { why } => format!("{s} will hear no messages: {why}"),
            Fact::CircuitOpened { timeout_us } => {
                format!("the breaker of {s} opens, for {}", seconds(*timeout_us))
            }
            Fact::CircuitClosed => format!("the breaker of {s} closes"),
            Fact::FailedFast { kind } => format!("the breaker of {s} stops the {kind}"),
            Fact::Closing => format!("{s} is asked to close"),
            Fact::Stopped { done: true } => format!("{s} is gone, with all done"),
            Fact::Stopped { done: false } => format!("{s} is gone: its time is up"),
            Fact::FellBack => format!("{s} has no datastore, and keeps its data to itself"),
            Fact::IncidentBegins { outage: true, .. } => {
                "the datastore is out from now on".to_owned()
            }
            Fact::IncidentBegins { nth, .. } => {
                format!("incident {} of the datastore begins", nth + 1)
            }
            fact => plain(s, fact),
        }
    }

    /// A fault that shows in no step of its own.
    fn fault_alone(&self, row: &Row) -> String {
        let Some(fault) = row.fault else { return String::new() };
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        let kind = row.call().and_then(|call| self.kinds.get(&call));
        let what = format!("{s}'s {} of {k}", kind.map_or("call", |kind| kind.name()));
        match fault.site {
            Site::FailsBefore => format!("{what} fails before anything is done"),
            Site::FailsAfter => format!("{what} is done, and said to have failed"),
            Site::Throttled => format!("{what} is rejected as too much"),
            Site::ReadsStale => format!("{what} reads the version before"),
            Site::ReadsNil => format!("{what} reads nothing, though the key is there"),
            Site::Strays => format!("{what} goes to another scope"),
            _ => fault.to_string(),
        }
    }
}

/// What is on its way to or from those who asked.
#[derive(Default)]
struct Post {
    /// By who asks for which key: the message, and with whom.
    under_way: BTreeMap<(u32, u32), (u32, MailKind, u32)>,
    /// Who was heard last: in which event, by which server, for which key.
    heard: Option<((u64, u32, u32), u32)>,
}

impl Post {
    fn row(&mut self, row: &Row, mails: &BTreeMap<u32, (u32, Option<u32>)>) {
        let Of::Mail(mail) = row.of else { return };
        let (server, key) = (row.place.server, row.place.key);
        let between = mails.get(&mail).copied().unwrap_or((NONE, None));
        match row.fact {
            Some(Fact::Published { kind: MailKind::Challenge }) => {
                let to = between.1.filter(|to| *to != server);
                self.under_way
                    .extend(to.map(|to| ((server, key), (mail, MailKind::Challenge, to))));
            }
            Some(Fact::Published { .. }) => {
                if let Some((here, asker)) = self.heard
                    && here == (row.event, server, key)
                {
                    self.under_way.insert((asker, key), (mail, MailKind::Answer, server));
                }
            }
            Some(Fact::MailDoubled) => {}
            _ => self.under_way.retain(|_, (known, ..)| *known != mail),
        }
        if let Some(Fact::Delivered { kind: MailKind::Challenge }) = row.fact {
            self.heard = Some(((row.event, server, key), between.0));
        }
    }
}

fn plain(s: &str, fact: &Fact) -> String {
    format!("{s}: {}", crate::twin::plain(&format!("{fact:?}")))
}

fn goods(s: &str, k: &str, fact: &Fact) -> String {
    match fact {
        Fact::Traded { item, to_key, .. } => {
            format!("{k} gives item {} to k{to_key} on {s}", item.0)
        }
        Fact::Bought { receipt } => format!("the player of {k} buys receipt {}", receipt.0),
        Fact::Received { receipt } => {
            format!("{s} puts receipt {} into the data of {k}", receipt.0)
        }
        Fact::Granted { receipt, noted } => {
            let not = if *noted { "" } else { ", which does not note it" };
            format!("{s} tells the platform that receipt {} is granted{not}", receipt.0)
        }
        _ => format!("{k} has a new item"),
    }
}

/// Where a row is told.
fn lane(row: &Row) -> String {
    let backend = match row.fact {
        Some(
            Fact::Landed { .. }
            | Fact::Removed { .. }
            | Fact::Strayed { .. }
            | Fact::Damaged
            | Fact::RanAgain { .. }
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. }
            | Fact::Healed,
        ) => true,
        Some(_) => false,
        None => row.call().is_some(),
    };
    if backend || row.place.server == NONE {
        DATASTORE.to_owned()
    } else {
        name('s', row.place.server)
    }
}

/// How much a record has seen.
fn changes(edits: u64) -> String {
    if edits == 1 { "1 change".to_owned() } else { format!("{edits} changes") }
}

/// A time in seconds: `2.000 s`.
fn seconds(us: u64) -> String {
    format!("{}.{:03} s", us / 1_000_000, us / 1_000 % 1_000)
}
