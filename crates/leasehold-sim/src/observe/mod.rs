//! Observers: what should be, held against what is. One property a file.
//!
//! The world tells them each step and they can change nothing. Each keeps its own model, made of
//! steps alone: it never asks the library or the datastore, whose word is what is being checked.

mod belief;
mod breaker;
mod corruption;
mod cost;
mod debt;
mod dirty;
mod effect;
mod items;
mod leaks;
mod marks;
mod misled;
mod order;
mod progress;
mod purchases;
mod starts;
mod turns;

use crate::fault::Misled;
use crate::library::{CallKind, Contract, Error, Holdings, Item, MailKind, Receipt, View};
use crate::schedule::Moment;
use std::collections::BTreeMap;
use std::time::Duration;

pub use marks::MARKS;

pub(crate) use items::Items;
pub(crate) use progress::Progress;
pub(crate) use purchases::Purchases;

/// What can be promised, by name, and the promise in a sentence. `[expect.invariants]` uses the
/// names.
pub const INVARIANTS: [(&str, &str); 13] = [
    ("no_belief_overlap", "two sessions never believe at once that they own a key"),
    ("no_effect_overlap", "nothing is written under another session's lease"),
    ("generations_in_order", "a key's generation and commit index never go back and never skip"),
    ("acknowledged_saves_survive", "what was acknowledged is never overwritten by older data"),
    ("corrupted_data_stays_out", "a damaged record is never handed to a session, nor overwritten"),
    (
        "breaker_keeps_its_schedule",
        "an open breaker lets one probe through at a time, when it is due",
    ),
    (
        "dirty_age_is_bounded",
        "a change is sent to be saved within max_delay, or right after the call under way, unless calls fail",
    ),
    ("renewals_are_piggybacked", "no renewal is sent while a recent write still renews the lease"),
    ("starts_are_answered", "every session start ends, won or refused"),
    ("sessions_are_released", "a session is released when its player leaves"),
    (
        "items_are_neither_duplicated_nor_lost",
        "a stored item is in one stored record, unless a session still owes half of a trade",
    ),
    ("purchases_are_granted_once", "a receipt is never stored twice, nor lost once it is granted"),
    ("calls_take_turns", "a server has one call under way for a key at a time"),
];

/// The invariants, as indices into [`INVARIANTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Belief,
    Effect,
    Order,
    Acknowledged,
    Corruption,
    Breaker,
    Dirty,
    Cost,
    Starts,
    Leaks,
    Items,
    Purchases,
    Turns,
}

impl Rule {
    /// All, in the order of [`INVARIANTS`].
    pub(crate) const ALL: [Rule; INVARIANTS.len()] = [
        Rule::Belief,
        Rule::Effect,
        Rule::Order,
        Rule::Acknowledged,
        Rule::Corruption,
        Rule::Breaker,
        Rule::Dirty,
        Rule::Cost,
        Rule::Starts,
        Rule::Leaks,
        Rule::Items,
        Rule::Purchases,
        Rule::Turns,
    ];

    /// Whether a library with this contract is held to it, in a world with trades or purchases or
    /// without.
    pub(crate) fn applies(self, contract: &Contract, goods: bool) -> bool {
        match self {
            Rule::Effect | Rule::Order => contract.fenced,
            Rule::Breaker => contract.breaker.is_some(),
            Rule::Dirty => contract.saved_within.is_some(),
            Rule::Cost => contract.renewed_after.is_some(),
            Rule::Starts => contract.started_within.is_some(),
            Rule::Items | Rule::Purchases => goods,
            Rule::Turns => contract.calls_take_turns,
            Rule::Belief | Rule::Acknowledged | Rule::Corruption | Rule::Leaks => true,
        }
    }
}

/// Something happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) at: Moment,
    /// Where, or [`NONE`].
    pub(crate) server: u32,
    /// In whose visit, or [`NONE`]. The name of a visit that is over is used again.
    pub(crate) visit: u32,
    /// To which key, or [`NONE`].
    pub(crate) key: u32,
    pub(crate) fact: Fact,
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fact {
    /// A visit begins: its server is asked for a session.
    Asked,
    /// The session is active.
    Loaded { how: &'static str, edits: u64, latency_us: u64, retries: u32 },
    /// There will be no session.
    Refused { reason: &'static str },
    /// The session believes that it owns its key, from now on.
    Believes { how: &'static str },
    /// It does not any more.
    Ceases,
    /// Its server stands still: it believes nothing, and will again.
    Freezes,
    /// The player changed something.
    Edited,
    /// The player tried to.
    EditRefused,
    /// The player has left, and the game forgot to release the session.
    Leaked,
    /// The account has logged in elsewhere: the server goes on acting for a player who is gone.
    SecondDevice,
    /// A new item came into the player's data.
    Minted { item: Item },
    /// An item went from this visit's data into another's.
    Traded { item: Item, to: u32, to_key: u32 },
    /// The player bought something.
    Bought { receipt: Receipt },
    /// A purchase came into the player's data.
    Received { receipt: Receipt },
    /// The platform was told that a purchase is granted; whether it noted that is said.
    Granted { receipt: Receipt, noted: bool },
    /// The session ended, and how. `gone` is the end of its process. `saved` is the library's word
    /// that all changes are stored; it is not hashed, as it follows from the rest.
    Ended { how: &'static str, saved: bool },
    /// The visit is over, and nothing of it can land any more.
    Over,
    /// A call was sent.
    Sent { kind: CallKind, attempt: u32 },
    /// A call was stopped before it was sent.
    FailedFast { kind: CallKind },
    /// A call came to an end.
    Answered { kind: CallKind, end: CallEnd, sent: Moment },
    /// A read has taken a value along: the changes that it has seen, and whether there is something
    /// newer.
    Got { edits: u64, stale: bool },
    /// A key was removed: what was there, if it made any sense.
    Removed { kind: CallKind, before: Option<View> },
    /// A write has landed. `clock_us` is how far the wall clock by which it was made was ahead of
    /// true time, in microseconds, or behind if negative; it is not hashed, as it follows from the
    /// rest.
    Landed { kind: CallKind, before: Option<View>, after: View, clock_us: i64 },
    /// A stored value was damaged.
    Damaged,
    /// A transform runs again, as somebody has written since its call read.
    RanAgain { kind: CallKind },
    /// A write has landed in another scope than the one that is meant: nobody will look for it
    /// there.
    Strayed { kind: CallKind, before: Option<View>, after: View },
    /// What comes next comes of a wrong read: a write, or the answer of a call.
    Misled { how: Misled },
    /// The library acknowledged a save.
    Saved,
    /// A lease conflict was resolved.
    Conflict { resolution: &'static str },
    /// A breaker opened.
    CircuitOpened { timeout_us: u64 },
    /// A breaker closed.
    CircuitClosed,
    /// A library found a damaged record.
    Corrupted { kind: &'static str },
    /// A server runs without a datastore.
    FellBack,
    /// A message was published.
    Published { kind: MailKind },
    /// It was lost on its way to a server.
    MailLost { kind: MailKind, to: u32 },
    /// It will come twice.
    MailDoubled,
    /// It was handed over.
    Delivered { kind: MailKind },
    /// Nobody listens, or nobody does any more.
    Unheard,
    /// A call waits in its server's queue: there is no budget for it.
    Queued { kind: CallKind },
    /// A call found its server's queue full. It is answered with the error, and not applied.
    Dropped { kind: CallKind, error: Error },
    /// Its sender may not publish it: nothing of it is on its way.
    MailRefused { kind: MailKind, why: &'static str },
    /// It arrived, and its receiver may not hear it.
    MailDropped { kind: MailKind, why: &'static str },
    /// A server asked to listen to a topic and never will.
    NotSubscribed { why: &'static str },
    /// A server is cut off from messages, until a moment.
    CutOff { way: &'static str, until: Moment },
    /// A server is up.
    Booted,
    /// A server's process is gone at once.
    Crashed,
    /// A server's process stands still.
    Froze,
    /// It goes on.
    Thawed,
    /// A server's wall clock is set, by so many microseconds.
    Stepped { by_us: i64 },
    /// A server has run out of memory; whether it may close in order is said.
    OutOfMemory { closes: bool },
    /// A server's last player has left: it will close.
    Emptied,
    /// A server is asked to close.
    Closing,
    /// It is gone; whether it was done is said.
    Stopped { done: bool },
    /// The datastore is not as usual from now on: which of its incidents it is, and whether every
    /// call fails.
    IncidentBegins { nth: u32, outage: bool },
    /// That is over.
    IncidentEnds { nth: u32, outage: bool },
    /// All faults end.
    Healed,
}

/// How a call came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallEnd {
    /// As it should.
    Done,
    /// Its own transform cancelled it.
    Refused,
    /// With an error.
    Failed(Error),
    /// It will never be answered.
    Silent,
}

/// What the observers need to know of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) contract: Contract,
    pub(crate) drift_ppm: u32,
    pub(crate) heal: Option<Moment>,
    /// Whether there are trades or purchases.
    pub(crate) goods: bool,
}

impl Known {
    /// After how many microseconds a call is given up at the earliest; never, if it never is.
    pub(crate) fn call_timeout_us(&self) -> u64 {
        self.contract.call_timeout.map_or(u64::MAX, |span| self.least(span))
    }

    /// The shortest true time in which a server's clock can measure a span, in microseconds.
    pub(crate) fn least(&self, span: Duration) -> u64 {
        let us = leasehold_core::micros(span);
        us - us * u64::from(self.drift_ppm) / 1_000_000 - u64::from(self.drift_ppm > 0)
    }

    /// The longest true time in which a server's clock can measure a span, in microseconds.
    pub(crate) fn most(&self, span: Duration) -> u64 {
        let us = leasehold_core::micros(span);
        us + us * 2 * u64::from(self.drift_ppm) / 1_000_000 + 1
    }
}

/// One property. It reads the steps and changes nothing.
pub(crate) trait Observer {
    /// Takes a step in.
    fn on_step(&mut self, step: &Step, out: &mut Findings);
    /// Is told what a record holds: after a step that says that it has landed or was damaged, the
    /// stored one; after one that says that it was loaded, the one that the game sees. Only in
    /// worlds with trades or purchases.
    fn on_holdings(&mut self, _step: &Step, _held: &Holdings, _out: &mut Findings) {}
    /// The run is over.
    fn at_end(&mut self, _end: Moment, _out: &mut Findings) {}
}

/// A violation that an observer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) at: Moment,
    pub(crate) server: u32,
    pub(crate) key: u32,
    pub(crate) cause: &'static str,
    pub(crate) why: String,
}

/// How many violations of a rule are kept in full; the others are counted.
const KEPT: usize = 10;

/// What the observers found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    counts: [u64; INVARIANTS.len()],
    causes: [BTreeMap<&'static str, u64>; INVARIANTS.len()],
    kept: [Vec<Violation>; INVARIANTS.len()],
    pub(crate) marks: BTreeMap<&'static str, u64>,
    /// When belief overlaps began that are over now: the series takes them away.
    pub(crate) overlaps: Vec<Moment>,
    pub(crate) overlap_max_us: u64,
    /// The largest difference of two clocks that were compared where an overlap began.
    pub(crate) clocks_apart_max_us: u64,
    /// When items turned out to be duplicated, or lost: the series takes them away.
    pub(crate) incidents: Vec<(Moment, bool)>,
    pub(crate) latent: u64,
    pub(crate) dirty_age_max_us: u64,
    /// Only violations by this cause are kept, if somebody asks for it.
    pub(crate) only: Option<String>,
    /// What the visit of the present step goes by instead of what is there: the cause of whatever
    /// breaks by it.
    pub(crate) misled: Option<&'static str>,
}

impl Findings {
    /// A rule was broken.
    pub(crate) fn violated(
        &mut self,
        rule: Rule,
        step: (Moment, u32, u32),
        cause: &'static str,
        why: impl FnOnce() -> String,
    ) {
        let cause = self.misled.unwrap_or(cause);
        let nth = rule as usize;
        self.counts[nth] += 1;
        *self.causes[nth].entry(cause).or_default() += 1;
        if self.only.as_ref().is_some_and(|only| only != cause) {
            return;
        }
        let (at, server, key) = step;
        let kept = &mut self.kept[nth];
        if kept.len() == KEPT {
            // The oldest are kept, and they need not have been found first.
            let last = (0..KEPT).max_by_key(|nth| kept[*nth].at).unwrap_or(0);
            if kept[last].at <= at {
                return;
            }
            kept.swap_remove(last);
        }
        kept.push(Violation { at, server, key, cause, why: why() });
    }

    /// An interesting state was reached.
    pub(crate) fn reached(&mut self, mark: &'static str) {
        debug_assert!(MARKS.contains(&mark), "{mark:?} must be among the MARKS");
        *self.marks.entry(mark).or_default() += 1;
    }

    pub(crate) fn count(&self, rule: usize) -> u64 {
        self.counts[rule]
    }

    pub(crate) fn causes(&self, rule: usize) -> &BTreeMap<&'static str, u64> {
        &self.causes[rule]
    }

    /// What is kept of a rule's violations so far.
    pub(crate) fn so_far(&self, rule: usize) -> &[Violation] {
        &self.kept[rule]
    }

    pub(crate) fn kept(&mut self, rule: usize) -> Vec<Violation> {
        let mut kept = std::mem::take(&mut self.kept[rule]);
        kept.sort_by_key(|violation| violation.at);
        kept
    }
}

impl Step {
    /// Where and when, for a finding.
    pub(crate) fn place(&self) -> (Moment, u32, u32) {
        (self.at, self.server, self.key)
    }
}

/// All observers.
pub(crate) struct Observers {
    belief: belief::Belief,
    effect: Option<effect::Effect>,
    order: Option<order::Order>,
    pub(crate) progress: Progress,
    corruption: corruption::Corruption,
    breaker: Option<breaker::Breaker>,
    dirty: dirty::Dirty,
    cost: Option<cost::Cost>,
    starts: Option<starts::Starts>,
    leaks: leaks::Leaks,
    turns: Option<turns::Turns>,
    misled: misled::Rows,
    pub(crate) items: Items,
    pub(crate) purchases: Purchases,
    goods: bool,
    pub(crate) findings: Findings,
}

impl Observers {
    pub(crate) fn new(known: Known, keys: usize, servers: usize) -> Observers {
        let goods = if known.goods { keys } else { 0 };
        let fenced = known.contract.fenced;
        Observers {
            belief: belief::Belief::new(keys),
            effect: fenced.then(|| effect::Effect::new(known, keys)),
            order: fenced.then(|| order::Order::new(known, keys)),
            progress: Progress::new(known, keys),
            corruption: corruption::Corruption::new(keys),
            breaker: breaker::Breaker::new(known, servers),
            dirty: dirty::Dirty::new(known),
            cost: cost::Cost::new(known),
            starts: starts::Starts::new(known, servers),
            leaks: leaks::Leaks::default(),
            turns: known.contract.calls_take_turns.then(turns::Turns::default),
            misled: misled::Rows::default(),
            items: Items::new(goods),
            purchases: Purchases::new(goods),
            goods: known.goods,
            findings: Findings::default(),
        }
    }

    pub(crate) fn on_step(&mut self, step: &Step) {
        let out = &mut self.findings;
        out.misled = self.misled.of(step, out);
        marks::Marks.on_step(step, out);
        self.belief.on_step(step, out);
        if let Some(effect) = &mut self.effect {
            effect.on_step(step, out);
        }
        if let Some(order) = &mut self.order {
            order.on_step(step, out);
        }
        self.progress.on_step(step, out);
        self.corruption.on_step(step, out);
        if let Some(breaker) = &mut self.breaker {
            breaker.on_step(step, out);
        }
        self.dirty.on_step(step, out);
        if let Some(cost) = &mut self.cost {
            cost.on_step(step, out);
        }
        if let Some(starts) = &mut self.starts {
            starts.on_step(step, out);
        }
        self.leaks.on_step(step, out);
        if let Some(turns) = &mut self.turns {
            turns.on_step(step, out);
        }
        if self.goods {
            self.items.on_step(step, out);
            self.purchases.on_step(step, out);
        }
    }

    /// A mark that no step shows: somebody's word for what was done or found.
    pub(crate) fn remark(&mut self, mark: &'static str) {
        self.findings.reached(mark);
    }

    pub(crate) fn on_holdings(&mut self, step: &Step, held: &Holdings) {
        self.items.on_holdings(step, held, &mut self.findings);
        self.purchases.on_holdings(step, held, &mut self.findings);
    }

    pub(crate) fn at_end(&mut self, end: Moment) {
        let out = &mut self.findings;
        out.misled = None;
        self.belief.at_end(end, out);
        self.dirty.at_end(end, out);
        if let Some(starts) = &mut self.starts {
            starts.at_end(end, out);
        }
        self.leaks.at_end(end, out);
    }
}

/// A row per visit, grown as visits come. Names of visits are used again, so a row is reset when
/// one begins.
#[derive(Debug, Default)]
pub(crate) struct Rows<T>(Vec<T>);

impl<T: Default + Clone> Rows<T> {
    /// The row of a visit.
    pub(crate) fn of(&mut self, visit: u32) -> &mut T {
        let nth = visit as usize;
        if nth >= self.0.len() {
            self.0.resize(nth + 1, T::default());
        }
        &mut self.0[nth]
    }

    /// All rows, by visit.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}
