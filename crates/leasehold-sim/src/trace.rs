//! The trace of a watched run: its steps about one key, each with what only the world knows of it.
//!
//! A step says what happened, not which call or message it belongs to, nor what a transform had
//! before it: names of requests are the world's own. So the world says it here, once, and only
//! where somebody watches.
//!
//! ```text
//!   event --begins--> which call, which message --steps, faults--> rows, the last 131,072 of them
//! ```
//!
//! Laws: the rows are in the order of the steps; what is kept changes nothing of the run.

use crate::fault::{Fault, Occasion, Site};
use crate::ids::{MessageId, RequestId, ServerId, VisitId};
use crate::observe::{Findings, Location, Subject, Violation};
use crate::schedule::{Event, Moment};
use crate::step::{BadRead, Fact, Step};
use leasehold_core::Key;
use std::collections::{BTreeMap, VecDeque};

/// How many rows are kept, some 25 MB: of a run with more, the last.
const KEPT: usize = 1 << 17;

/// What a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    Nothing,
    /// A call, by a number that no other call of the run has.
    Call(u32),
    /// A message, by the number of the row that published it.
    Message(u32),
}

/// A step, or a fault that shows in no step of its own.
#[derive(Clone, Debug)]
pub(crate) struct TraceRow {
    /// Where, when, to which key; of a fault alone, so is it.
    pub(crate) place: Location,
    /// In whose visit, if in any.
    pub(crate) visit: Option<VisitId>,
    /// What happened; nothing if a fault is all.
    pub(crate) fact: Option<Fact>,
    /// The fault that it shows.
    pub(crate) fault: Option<Fault>,
    /// Which event of the run it is part of.
    pub(crate) event: u64,
    /// The event came because a server had something due.
    pub(crate) timer: bool,
    pub(crate) of: Of,
    /// The row of the write that its call has read, if it has read one.
    pub(crate) read: Option<u32>,
}

impl TraceRow {
    /// The step that it is, if it is one.
    pub(crate) fn step(&self) -> Option<Step> {
        let Location { at, server, key } = self.place;
        Some(Step { at, server, visit: self.visit, key, fact: self.fact? })
    }

    /// The call that it belongs to.
    pub(crate) fn call(&self) -> Option<u32> {
        match self.of {
            Of::Call(call) => Some(call),
            Of::Nothing | Of::Message(_) => None,
        }
    }
}

/// A call on its way.
#[derive(Clone, Copy)]
struct Call {
    nth: u32,
    server: ServerId,
    read: Option<u32>,
}

/// What was kept of a run.
pub(crate) struct Trace {
    /// The violation that is to be explained.
    /// If there is none, all is kept to the end of the run.
    broken: Option<Violation>,
    /// The keys whose steps are kept; all if none are named.
    keys: Vec<Key>,
    pub(crate) rows: VecDeque<TraceRow>,
    /// The number of the first row that is kept.
    pub(crate) first: u32,
    /// The row at which the violation was found.
    pub(crate) found: Option<u32>,
    counted: u64,
    event: u64,
    timer: bool,
    at: Moment,
    calls: BTreeMap<RequestId, Call>,
    messages: BTreeMap<MessageId, u32>,
    calls_ever: u32,
    /// The call and the message that the present event is about.
    call: Option<RequestId>,
    message: Option<u32>,
    /// The last two writes of each key.
    stored: BTreeMap<Key, (Option<u32>, Option<u32>)>,
    /// The last step of the present event that was not kept.
    passed: Option<TraceRow>,
    /// How many of the run's faults were seen.
    faults: usize,
}

impl Trace {
    pub(crate) fn new(broken: Violation, keys: Vec<Key>) -> Trace {
        Trace { broken: Some(broken), ..Trace::empty(keys) }
    }

    fn empty(keys: Vec<Key>) -> Trace {
        Trace {
            broken: None,
            keys,
            rows: VecDeque::new(),
            first: 0,
            found: None,
            counted: 0,
            event: 0,
            timer: false,
            at: Moment::ZERO,
            calls: BTreeMap::new(),
            messages: BTreeMap::new(),
            calls_ever: 0,
            call: None,
            message: None,
            stored: BTreeMap::new(),
            passed: None,
            faults: 0,
        }
    }

    /// One that goes on to the end of the run, whatever is found.
    pub(crate) fn to_the_end(keys: Vec<Key>) -> Trace {
        Trace::empty(keys)
    }

    /// An event begins; `fired` are the faults of the run so far.
    pub(crate) fn begins(&mut self, at: Moment, event: Event, fired: &[Fault]) {
        self.alone(fired);
        self.event += 1;
        self.at = at;
        self.passed = None;
        self.timer = matches!(event, Event::Wake(_));
        self.call = if let Event::Request(name) = event { Some(name) } else { None };
        self.message = match event {
            Event::Deliver(name) => self.messages.get(&name).copied(),
            _ => None,
        };
    }

    /// The step before was the sending of a call, which the world calls by this name.
    pub(crate) fn sent(&mut self, name: RequestId, server: ServerId) {
        let nth = self.calls_ever;
        self.calls_ever += 1;
        self.calls.insert(name, Call { nth, server, read: None });
        self.call = Some(name);
        if let Some(row) = self.rows.back_mut()
            && matches!(row.fact, Some(Fact::Sent { .. }))
            && row.event == self.event
        {
            row.of = Of::Call(nth);
        }
    }

    /// The call that the present event is about reads its key; or what is not there.
    pub(crate) fn read(&mut self, name: RequestId, key: Option<Key>, bad_read: Option<BadRead>) {
        let stored = key.and_then(|key| self.stored.get(&key).copied());
        let (before, last) = stored.unwrap_or_default();
        if let Some(call) = self.calls.get_mut(&name) {
            call.read = match bad_read {
                None => last,
                Some(BadRead::Stale) => before,
                Some(BadRead::Nil | BadRead::WrongScope) => None,
            };
        }
    }

    /// What was published last is on its way under this name.
    pub(crate) fn posted(&mut self, name: MessageId) {
        if let Some(message) = self.message {
            self.messages.insert(name, message);
        }
    }

    /// A step has been taken.
    pub(crate) fn step(&mut self, step: &Step, fired: &[Fault]) {
        if self.found.is_some() {
            return;
        }
        let Step { at, server, visit, key, fact } = *step;
        self.at = at;
        let shown = fired.get(self.faults..).unwrap_or_default().last().copied();
        let shown = shown.filter(|fault| shows(&fact, fault));
        self.alone(&fired[..fired.len() - usize::from(shown.is_some())]);
        self.faults = fired.len();
        let next = self.first + self.rows.len() as u32;
        if let Fact::Published { .. } = fact {
            self.message = Some(next);
        }
        let call =
            self.call.and_then(|name| self.calls.get(&name)).filter(|_| part(&fact) == Part::Call);
        let message = self.message.filter(|_| part(&fact) == Part::Message);
        let of = match (call, message) {
            (Some(call), _) => Of::Call(call.nth),
            (None, Some(message)) => Of::Message(message),
            (None, None) => Of::Nothing,
        };
        let read = call.and_then(|call| call.read);
        let place = Location { at, server, key };
        let (event, timer) = (self.event, self.timer);
        let row = TraceRow { place, visit, fact: Some(fact), fault: shown, event, timer, of, read };
        if !self.keeps(key)
            && !matches!(fact, Fact::Traded { to_key, .. } if self.keeps(Some(to_key)))
        {
            self.passed = Some(row);
            return;
        }
        // What opens a breaker may be a call for any key.
        if let (Fact::CircuitOpened { .. }, Some(passed)) = (&fact, self.passed.take()) {
            self.push(passed);
        }
        if let Some(key) = key
            && matches!(fact, Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged)
        {
            let this = self.first + self.rows.len() as u32;
            let (before, last) = self.stored.get(&key).copied().unwrap_or_default();
            // What is damaged is the same version as before.
            let before = if let Fact::Damaged = fact { before } else { last };
            self.stored.insert(key, (before, Some(this)));
        }
        self.push(row);
    }

    /// Whether the steps of all keys are kept.
    pub(crate) fn is_whole(&self) -> bool {
        self.keys.is_empty()
    }

    /// Looks whether the violation has been found by the step before.
    pub(crate) fn look(&mut self, findings: &Findings) {
        let Some(broken) = &self.broken else { return };
        if let Some(Subject::Mark(mark)) = broken.detail.subject {
            if self.found.is_none() && findings.first_marks().contains_key(mark) {
                self.found = Some((self.first + self.rows.len() as u32).saturating_sub(1));
            }
            return;
        }
        let count = findings.count(broken.invariant);
        if self.found.is_some() || std::mem::replace(&mut self.counted, count) == count {
            return;
        }
        let is = |one: &&Violation| (one.place, one.cause) == (broken.place, broken.cause);
        if findings.so_far(broken.invariant).iter().any(|one| is(&one)) {
            self.found = Some((self.first + self.rows.len() as u32).saturating_sub(1));
        }
    }

    fn keeps(&self, key: Option<Key>) -> bool {
        self.keys.is_empty() || key.is_none_or(|key| self.keys.contains(&key))
    }

    fn push(&mut self, row: TraceRow) {
        if self.rows.len() == KEPT {
            self.rows.pop_front();
            self.first += 1;
        }
        self.rows.push_back(row);
    }

    /// Faults that fired and show in no step are rows of their own.
    fn alone(&mut self, fired: &[Fault]) {
        let new = fired.get(self.faults..).unwrap_or_default();
        self.faults = fired.len();
        if self.found.is_some() {
            return;
        }
        for fault in new {
            let call = self.call.and_then(|name| self.calls.get(&name)).copied();
            let (server, key) = match fault.occasion {
                Occasion::Call { key, .. } => (call.map(|call| call.server), Some(key)),
                Occasion::Own { server, .. } | Occasion::Server { server, .. } => {
                    (Some(server), None)
                }
                Occasion::Message { key, .. } | Occasion::Receipt { key, .. } => (None, Some(key)),
                Occasion::World { .. }
                | Occasion::Unaddressed { .. }
                | Occasion::Operation { .. } => (None, None),
            };
            if !self.keeps(key) {
                continue;
            }
            let of = call.map_or(Of::Nothing, |call| Of::Call(call.nth));
            let place = Location { at: self.at, server, key };
            let (event, timer, fault) = (self.event, self.timer, Some(*fault));
            self.push(TraceRow {
                place,
                visit: None,
                fact: None,
                fault,
                event,
                timer,
                of,
                read: None,
            });
        }
    }
}

/// Whether a step is the fault that fired right before it.
fn shows(fact: &Fact, fault: &Fault) -> bool {
    match fault.site {
        Site::Lost => matches!(fact, Fact::MessageLost { .. }),
        Site::Duplicated => matches!(fact, Fact::MessageDuplicated),
        Site::Damaged => matches!(fact, Fact::Damaged),
        Site::Operation => matches!(fact, Fact::Removed { .. }),
        Site::NeverAnswers | Site::NeverArrives => matches!(fact, Fact::Answered { .. }),
        Site::Unnoted => matches!(fact, Fact::Granted { .. }),
        Site::Crash => matches!(fact, Fact::Crashed),
        Site::Pause => matches!(fact, Fact::Paused),
        Site::Step => matches!(fact, Fact::Stepped { .. }),
        Site::OutOfMemory => matches!(fact, Fact::OutOfMemory { .. }),
        Site::Partition => matches!(fact, Fact::CutOff { .. }),
        Site::Incident => matches!(fact, Fact::IncidentBegins { .. }),
        Site::SubscribeFails | Site::SubscribeHangs => matches!(fact, Fact::NotSubscribed { .. }),
        Site::Timeline => matches!(
            fact,
            Fact::Crashed
                | Fact::Paused
                | Fact::Closing
                | Fact::Booted
                | Fact::OutOfMemory { .. }
                | Fact::Stepped { .. }
                | Fact::CutOff { .. }
        ),
        Site::FailsBefore
        | Site::FailsAfter
        | Site::Throttled
        | Site::ReadsStale
        | Site::ReadsNil
        | Site::WrongScope => false,
        #[cfg(test)]
        Site::Unrelated => false,
    }
}

/// What a step is part of, if its event is about such a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Call,
    Message,
    Neither,
}

/// The sending of a call is part of it too, but the call has no name yet: see [`Trace::sent`].
fn part(fact: &Fact) -> Part {
    match fact {
        Fact::Queued { .. }
        | Fact::Dropped { .. }
        | Fact::Got { .. }
        | Fact::RanAgain { .. }
        | Fact::BadRead { .. }
        | Fact::Committed { .. }
        | Fact::Removed { .. }
        | Fact::WrongScope { .. }
        | Fact::Damaged
        | Fact::Answered { .. } => Part::Call,
        Fact::Published { .. }
        | Fact::MessageLost { .. }
        | Fact::MessageDuplicated
        | Fact::Delivered { .. }
        | Fact::NoSubscriber
        | Fact::MessageRejected { .. }
        | Fact::MessageDropped { .. } => Part::Message,
        Fact::Asked
        | Fact::Loaded { .. }
        | Fact::Rejected { .. }
        | Fact::Owns { .. }
        | Fact::OwnsNoMore
        | Fact::OwnerPaused
        | Fact::Edited
        | Fact::EditRefused
        | Fact::EndAsked
        | Fact::SeatFreed { .. }
        | Fact::Playing
        | Fact::Left
        | Fact::GaveUp
        | Fact::SaveCalled
        | Fact::SaveReturned { .. }
        | Fact::Subscribing
        | Fact::Subscribed { .. }
        | Fact::Leaked
        | Fact::SecondDevice
        | Fact::Minted { .. }
        | Fact::Traded { .. }
        | Fact::Bought { .. }
        | Fact::Received { .. }
        | Fact::Granted { .. }
        | Fact::Ended { .. }
        | Fact::Over
        | Fact::Sent { .. }
        | Fact::ShortCircuited { .. }
        | Fact::Saved
        | Fact::Conflict { .. }
        | Fact::CircuitOpened { .. }
        | Fact::CircuitClosed
        | Fact::Corrupted { .. }
        | Fact::FellBack
        | Fact::Dequeued { .. }
        | Fact::NotSubscribed { .. }
        | Fact::CutOff { .. }
        | Fact::Booted
        | Fact::Crashed
        | Fact::Paused
        | Fact::Resumed
        | Fact::Stepped { .. }
        | Fact::OutOfMemory { .. }
        | Fact::Emptied
        | Fact::Closing
        | Fact::Stopped { .. }
        | Fact::IncidentBegins { .. }
        | Fact::IncidentEnds { .. }
        | Fact::Healed
        | Fact::Remarked { .. }
        | Fact::Said { .. }
        | Fact::Complained { .. }
        | Fact::Unheard { .. }
        | Fact::Misspoke { .. } => Part::Neither,
    }
}
