//! What happened, in words: each sentence says what a step says, and no more.

use super::tell::call;
use super::trail::{Broken, Of, Row, Trail};
use crate::fault::{Fault, MailKind, Site};
use crate::library::{CallKind, View};
use crate::observe::{CallEnd, Fact, NONE, Rule};
use crate::schedule::Moment;
use leasehold_data::{StoryEvent, StorySpan};
use std::collections::BTreeMap;

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
    /// Between whom each message is: from, to.
    mails: BTreeMap<u32, (u32, Option<u32>)>,
    /// Of a call that a timer sent: since when its session had waited for an answer.
    waited: BTreeMap<usize, Moment>,
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
            mails: BTreeMap::new(),
            waited: BTreeMap::new(),
            stood: BTreeMap::new(),
        };
        let mut asking: BTreeMap<(u32, u32), Moment> = BTreeMap::new();
        let mut still: BTreeMap<u32, Moment> = BTreeMap::new();
        for nth in 0..words.rows.len() {
            let row = words.rows[nth];
            let (server, at) = (row.place.server, row.place.at);
            let session = (server, row.place.key);
            match row.fact {
                Some(Fact::Landed { kind: CallKind::Acquire, after, .. }) => {
                    words.jobs.entry(after.owner.0).or_insert(server);
                }
                Some(Fact::Sent { kind, .. }) => {
                    words.kinds.extend(call(row).map(|call| (call, kind)));
                    let since = asking.remove(&session).filter(|_| row.timer);
                    words.waited.extend(since.map(|since| (nth, since)));
                }
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
            words.mail(row);
        }
        words
    }

    /// Learns between whom a message is.
    fn mail(&mut self, row: &Row) {
        let Of::Mail(mail) = row.of else { return };
        let server = row.place.server;
        let entry = self.mails.entry(mail).or_insert((NONE, None));
        match row.fact {
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
        let (long, short) = match row.fact {
            Some(fact) => self.fact(nth, row, &fact, broken),
            None => self.fault_alone(row),
        };
        StoryEvent {
            at_us: row.place.at.as_micros(),
            lane: lane(row),
            words: long,
            short,
            fault: row.fault.map(|fault| fault.to_string()),
        }
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
        if broken.rule != Rule::Belief as usize {
            let at_us = at_end.unwrap_or(at_us).max(at_us);
            let words = broken.why.clone();
            return StoryEvent { at_us, lane, short: words.clone(), words, fault: None };
        }
        let at = |span: &&StorySpan| (span.during.from_us..span.during.to_us).contains(&at_us);
        let both: Vec<&StorySpan> = believed.iter().filter(at).collect();
        let until = both.iter().map(|span| span.during.to_us).min().unwrap_or(at_us);
        let since = |span: &&StorySpan| {
            format!("{} since {}", span.lane, Moment::from_micros(span.during.from_us))
        };
        let mut who: Vec<&StorySpan> = both.clone();
        who.sort_by_key(|span| span.during.from_us);
        let who: Vec<String> = who.iter().map(since).collect();
        let lasts = seconds(until - at_us);
        let long = format!("two believe that they own {key}, for {lasts}: {}", who.join(", "));
        let short = format!("two believe, for {lasts}");
        StoryEvent { at_us, lane, words: long, short, fault: None }
    }

    fn fact(&self, nth: usize, row: &Row, fact: &Fact, broken: &Broken) -> (String, String) {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        match fact {
            Fact::Asked => {
                (format!("the player of {k} comes to {s}"), format!("{k}'s player comes"))
            }
            Fact::Sent { kind, attempt } => self.sent(nth, row, *kind, *attempt),
            Fact::Answered { kind, end, .. } => self.answered(row, *kind, *end),
            Fact::Landed { kind, before, after, clock_us } => {
                let by_clock = matches!(broken.cause.as_str(), "expired_lease_steal" | "assume_dead");
                let clock_us = if by_clock { *clock_us } else { 0 };
                self.landed(row, *kind, before.as_ref(), after, clock_us)
            }
            Fact::Believes { how } => {
                let others = self.others(nth, row);
                let still = match others.as_slice() {
                    [] => String::new(),
                    others => format!("; {} still believes", others.join(" and ")),
                };
                let how = if matches!(*how, "new" | "start" | "released" | "own") {
                    String::new()
                } else {
                    format!(", by {how}")
                };
                (
                    format!("{s} believes that it owns {k}{how}{still}"),
                    format!("{s} believes"),
                )
            }
            Fact::Ended { how, .. } => {
                (format!("{s}'s session of {k} is over: {how}"), format!("over: {how}"))
            }
            Fact::Refused { reason } => {
                (format!("{s} refuses the player of {k}: {reason}"), format!("refused: {reason}"))
            }
            Fact::Saved => {
                (format!("{s} says that {k} is saved"), format!("{s} says: saved"))
            }
            Fact::FailedFast { kind } => (
                format!("the breaker of {s} stops the {kind} of {k}"),
                format!("breaker stops {kind}"),
            ),
            Fact::Got { stale: true, .. } => (
                format!("what {s} reads of {k} is not what is stored"),
                "reads what is not stored".to_owned(),
            ),
            Fact::Got { edits, .. } => (
                format!("{s} reads {k}, with {edits} changes"),
                format!("read: {edits} changes"),
            ),
            Fact::RanAgain { kind } => (
                format!("somebody has written since {s}'s {kind} read {k}: it reads again"),
                format!("{s}'s {kind} reads again"),
            ),
            Fact::Removed { .. } => (format!("{k} is removed by {s}"), format!("{k} is removed")),
            Fact::Misled { how } => (
                format!("what {s}'s call has read of {k} is wrong: {}", how.name()),
                how.name().to_owned(),
            ),
            Fact::Strayed { kind, after, .. } => (
                format!("{s}'s {kind} of {k} lands in another scope, where nobody will look for it: {} changes", after.edits),
                format!("{s}'s {kind} goes astray"),
            ),
            Fact::Damaged => {
                (format!("the record of {k} is damaged where it is stored"), "damaged".to_owned())
            }
            Fact::Corrupted { kind } => {
                (format!("{s} finds the record of {k} damaged: {kind}"), "finds damage".to_owned())
            }
            Fact::Queued { kind } => (
                format!("{s}'s {kind} of {k} waits: there is no budget for it"),
                format!("{kind} waits"),
            ),
            Fact::Dropped { kind, .. } => (
                format!("{s}'s {kind} of {k} is dropped by a full queue"),
                format!("{kind} is dropped"),
            ),
            Fact::Leaked => (
                format!("the player of {k} leaves, and the game of {s} forgets to release the session"),
                "left, not released".to_owned(),
            ),
            Fact::SecondDevice => (
                format!("the player of {k} logs in elsewhere; {s} goes on acting for them"),
                "logs in elsewhere".to_owned(),
            ),
            Fact::Published { .. }
            | Fact::MailLost { .. }
            | Fact::MailDoubled
            | Fact::Delivered { .. }
            | Fact::Unheard
            | Fact::MailRefused { .. }
            | Fact::MailDropped { .. } => self.message(row, fact),
            Fact::Traded { .. }
            | Fact::Minted { .. }
            | Fact::Bought { .. }
            | Fact::Received { .. }
            | Fact::Granted { .. } => goods(&s, &k, fact),
            _ => self.of_a_server(nth, &s, fact),
        }
    }

    /// Who else believes to own the key of a row.
    fn others(&self, nth: usize, row: &Row) -> Vec<String> {
        let mut believing = BTreeMap::new();
        for earlier in self.rows[..nth].iter().filter(|one| one.place.key == row.place.key) {
            match earlier.fact {
                Some(Fact::Believes { .. }) => {
                    believing.insert(earlier.place.server, ());
                }
                Some(Fact::Ceases | Fact::Freezes | Fact::Ended { .. }) => {
                    believing.remove(&earlier.place.server);
                }
                _ => {}
            }
        }
        believing.remove(&row.place.server);
        believing.into_keys().map(|server| name('s', server)).collect()
    }

    fn sent(&self, nth: usize, row: &Row, kind: CallKind, attempt: u32) -> (String, String) {
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
                (
                    format!("{s} has heard nothing for {waited}, and {does} {k}{again}"),
                    format!("heard nothing for {waited}"),
                )
            }
            None => (format!("{s} {does} {k}{again}"), format!("{kind}{again}")),
        }
    }

    fn answered(&self, row: &Row, kind: CallKind, end: CallEnd) -> (String, String) {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        match end {
            CallEnd::Refused => {
                let holder = self.read(row).filter(|view| !view.released);
                let holder = holder.and_then(|view| self.jobs.get(&view.owner.0));
                let finds = match holder {
                    Some(server) if *server == row.place.server => "finds its own lease there".to_owned(),
                    Some(server) => format!("finds that it is s{server}'s"),
                    None => "may not".to_owned(),
                };
                (format!("{s}'s {kind} of {k} {finds}: it writes nothing"), finds)
            }
            CallEnd::Failed(error) => (
                format!("{s} is told that its {kind} of {k} has failed: {error}"),
                format!("told: {kind} failed"),
            ),
            CallEnd::Silent => {
                let arrives = row.fault.is_some_and(|fault| fault.site == Site::NeverArrives);
                let how = if arrives { "is lost on its way" } else { "will never be answered" };
                (format!("{s}'s {kind} of {k} {how}"), format!("{kind} {how}"))
            }
            CallEnd::Done => {
                (format!("{s} is told that its {kind} of {k} is done"), format!("{kind} is done"))
            }
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
    ) -> (String, String) {
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        let head = format!("the datastore takes {s}'s {kind} of {k}");
        let wiped = before.map_or(0, |before| before.edits.saturating_sub(after.edits));
        let wipes = match wiped {
            0 => String::new(),
            1 => "; 1 stored change is gone".to_owned(),
            n => format!("; {n} stored changes are gone"),
        };
        if after.released {
            return (format!("{head}: it is free{wipes}"), format!("{k} is free"));
        }
        let generation = after.generation;
        let own = before.is_some_and(|b| (b.owner, b.generation) == (after.owner, generation));
        if own {
            let edits = after.edits;
            return (format!("{head}: {edits} changes{wipes}"), format!("{s}'s {kind}: {edits} changes"));
        }
        let from = match before.filter(|before| !before.released) {
            Some(before) => match self.jobs.get(&before.owner.0) {
                Some(server) if *server == row.place.server => ", from an earlier process of its own".to_owned(),
                Some(server) => format!(", from s{server}"),
                None => ", from another".to_owned(),
            },
            None => String::new(),
        };
        let ahead = seconds(clock_us.unsigned_abs());
        let clock = match clock_us {
            0 => String::new(),
            1.. => format!(", by a clock that is {ahead} ahead"),
            _ => format!(", by a clock that is {ahead} behind"),
        };
        (
            format!("{head}: generation {generation}{from}{clock}{wipes}"),
            format!("{k} is {s}'s, generation {generation}"),
        )
    }

    fn message(&self, row: &Row, fact: &Fact) -> (String, String) {
        let k = name('k', row.place.key);
        let (from, to) = match row.of {
            Of::Mail(mail) => self.mails.get(&mail).copied().unwrap_or((NONE, None)),
            _ => (NONE, None),
        };
        let from = if from == NONE { "somebody".to_owned() } else { name('s', from) };
        let to = to.map_or("the owner".to_owned(), |to| name('s', to));
        let kind = match fact {
            Fact::Published { kind }
            | Fact::MailLost { kind, .. }
            | Fact::Delivered { kind }
            | Fact::MailRefused { kind, .. }
            | Fact::MailDropped { kind, .. } => *kind,
            _ => self.mail_kind(row),
        };
        let what = match kind {
            MailKind::Challenge => format!("{from}'s question to {to}"),
            MailKind::Answer => format!("{from}'s answer to {to}"),
        };
        match (fact, kind) {
            (Fact::Published { .. }, MailKind::Challenge) => {
                (format!("{from} asks {to} for {k}"), format!("asks {to} for {k}"))
            }
            (Fact::Published { .. }, MailKind::Answer) => (
                format!("{from} answers {to} that it is alive"),
                format!("answers {to}: alive"),
            ),
            (Fact::Delivered { .. }, MailKind::Challenge) => {
                (format!("{to} hears that {from} asks for {k}"), format!("hears {from}"))
            }
            (Fact::Delivered { .. }, MailKind::Answer) => {
                (format!("{to} hears that {from} is alive"), format!("hears {from}"))
            }
            (Fact::MailLost { .. }, _) => (format!("lost: {what}"), format!("lost: to {to}")),
            (Fact::MailDoubled, _) => (format!("{what} will come twice"), "comes twice".to_owned()),
            (Fact::MailRefused { why, .. } | Fact::MailDropped { why, .. }, _) => {
                (format!("{what} goes no further: {why}"), format!("stopped: {why}"))
            }
            _ => (format!("nobody hears {what}"), "nobody hears it".to_owned()),
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

    fn of_a_server(&self, nth: usize, s: &str, fact: &Fact) -> (String, String) {
        let stood = self.stood.get(&nth).map(|since| self.rows[nth].place.at.since(*since));
        let after = stood.map(|us| format!(" after {}", seconds(us))).unwrap_or_default();
        let (long, short) = match fact {
            Fact::Booted => (format!("{s} is up{after}"), "up".to_owned()),
            Fact::Crashed => (format!("{s} crashes"), "crashes".to_owned()),
            Fact::Froze => (format!("{s} stands still"), "stands still".to_owned()),
            Fact::Thawed => (format!("{s} goes on{after}"), format!("goes on{after}")),
            Fact::Stepped { by_us } => {
                let way = if *by_us < 0 { "back" } else { "ahead" };
                let by = seconds(by_us.unsigned_abs());
                (format!("the clock of {s} is set {by} {way}"), format!("clock set {by} {way}"))
            }
            Fact::OutOfMemory { closes: true } => {
                (format!("{s} is out of memory, and closes"), "out of memory".to_owned())
            }
            Fact::OutOfMemory { closes: false } => {
                (format!("{s} is out of memory, and gone"), "out of memory".to_owned())
            }
            Fact::CutOff { way, until } => (
                format!("{s} is cut off from messages ({way}) until {until}"),
                format!("cut off: {way}"),
            ),
            Fact::NotSubscribed { why } => {
                (format!("{s} will hear no messages: {why}"), "deaf".to_owned())
            }
            Fact::CircuitOpened { timeout_us } => {
                let time = seconds(*timeout_us);
                (format!("the breaker of {s} opens, for {time}"), format!("breaker opens, {time}"))
            }
            Fact::CircuitClosed => (format!("the breaker of {s} closes"), "breaker closes".to_owned()),
            Fact::Closing => (format!("{s} is asked to close"), "closes".to_owned()),
            Fact::Stopped { done: true } => (format!("{s} is gone, with all done"), "gone".to_owned()),
            Fact::Stopped { done: false } => {
                (format!("{s} is gone: its time is up"), "gone: time is up".to_owned())
            }
            Fact::FellBack => (
                format!("{s} has no datastore: it keeps its data to itself"),
                "no datastore".to_owned(),
            ),
            Fact::OutageBegins => {
                ("the datastore is out from now on".to_owned(), "out".to_owned())
            }
            Fact::IncidentBegins { nth } => {
                let nth = nth + 1;
                (format!("incident {nth} of the datastore begins"), format!("incident {nth}"))
            }
            fact => {
                let words = crate::twin::plain(&format!("{fact:?}"));
                (format!("{s}: {words}"), words)
            }
        };
        (long, short)
    }

    /// A fault that shows in no step of its own.
    fn fault_alone(&self, row: &Row) -> (String, String) {
        let Some(fault) = row.fault else { return (String::new(), String::new()) };
        let (s, k) = (name('s', row.place.server), name('k', row.place.key));
        let kind = call(row).and_then(|call| self.kinds.get(&call));
        let kind = kind.map_or("call", |kind| kind.name());
        let what = format!("{s}'s {kind} of {k}");
        match fault.site {
            Site::FailsBefore => {
                (format!("{what} fails before anything is done"), format!("{kind} fails"))
            }
            Site::FailsAfter => (
                format!("{what} is done, and said to have failed"),
                format!("{kind} is said to fail"),
            ),
            Site::Throttled => (format!("{what} is rejected as too much"), format!("{kind} throttled")),
            Site::ReadsStale => (format!("{what} reads the version before"), format!("{kind} reads stale")),
            Site::ReadsNil => (
                format!("{what} reads nothing, though the key is there"),
                format!("{kind} reads nil"),
            ),
            Site::Strays => (format!("{what} goes to another scope"), format!("{kind} goes astray")),
            _ => alone(fault, &s),
        }
    }
}

fn alone(fault: Fault, s: &str) -> (String, String) {
    let words = fault.to_string();
    match fault.site {
        Site::Freeze | Site::Crash | Site::Step => (format!("{s}: {words}"), words),
        _ => (words.clone(), words),
    }
}

fn goods(s: &str, k: &str, fact: &Fact) -> (String, String) {
    match fact {
        Fact::Traded { item, to_key, .. } => (
            format!("{k} gives item {} to k{to_key} on {s}", item.0),
            format!("item {} to k{to_key}", item.0),
        ),
        Fact::Bought { receipt } => (
            format!("the player of {k} buys receipt {}", receipt.0),
            format!("buys receipt {}", receipt.0),
        ),
        Fact::Received { receipt } => (
            format!("{s} puts receipt {} into the data of {k}", receipt.0),
            format!("gets receipt {}", receipt.0),
        ),
        Fact::Granted { receipt, noted } => {
            let not = if *noted { "" } else { ", which does not note it" };
            (
                format!("{s} tells the platform that receipt {} is granted{not}", receipt.0),
                format!("grants receipt {}", receipt.0),
            )
        }
        _ => (format!("{k} has a new item"), "new item".to_owned()),
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
            | Fact::OutageBegins
            | Fact::OutageEnds
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. }
            | Fact::Healed,
        ) => true,
        Some(_) => false,
        None => call(row).is_some(),
    };
    if backend || row.place.server == NONE {
        DATASTORE.to_owned()
    } else {
        name('s', row.place.server)
    }
}

/// A time in seconds: `2.000 s`.
fn seconds(us: u64) -> String {
    format!("{}.{:03} s", us / 1_000_000, us / 1_000 % 1_000)
}
