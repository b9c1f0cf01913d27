//! `StartSessionAsync`: ask for the lock, wait, ask again, and take it in the end (section 3.1).
//!
//! ```text
//!   Ready? --> [closing, cancelled?] --> Attempt --> answered --[ours]---------------------------> Ended, with a record
//!                     ^                                 |  '----[another's, our request stands]--> Waiting
//!                     |                                 |  '----[anything else]------------------> Ended
//!                     '----[time]--- Waiting, Sleeping <'-------[failed]-------------------------> Sleeping
//! ```
//!
//! There is no overall deadline on the way through `Waiting`, and none on a call that hangs.
//!
//! Laws: the numbers of polls, of published requests and of failures grow only, errors in between
//! included; an ended start is inert. Not here: how starts of one server share a call, and the
//! queue of a key (`store`).

use super::api::{EndRequest, Params};
use super::notice::Refusal;
use super::record::{Active, Record, Server, SessionGuid};
use super::rules::{BACKOFF, Rules};
use super::update::Load;
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::OpId;
use crate::time::Instant;
use std::sync::Arc;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input<D: Document> {
    /// The datastore's state is known, and no other session of the key is active here.
    Enter,
    /// The cancel condition has become true.
    Cancel,
    /// The server is closing.
    Close,
    /// An attempt has ended: with what was written, or with nothing if the call failed.
    Answered(Option<Box<Record<D>>>),
    /// An attempt has ended: another start has taken its result over.
    Stolen,
    /// Time has passed.
    Tick,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect<D: Document> {
    /// Make an attempt, or share the one that is under way.
    Attempt,
    /// Ask the owner to end its session.
    Publish(SessionGuid, EndRequest),
    /// The lock is ours. The start has ended.
    Won(Box<Record<D>>),
    /// The start has ended without a session.
    Refused(Refusal),
}

/// What a start needs to know of its server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// The numbers.
    pub rules: &'a Rules,
    /// The server.
    pub me: Server,
    /// It is closing.
    pub closing: bool,
}

/// Which attempt of which start: whoever wrote itself into a load job last has its result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LoadId(pub u64);

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Start {
    /// What was asked.
    pub params: Params,
    /// The cancel condition is true, should anybody look.
    cancelled: bool,
    /// When the datastore's state was known, and the first attempt made.
    began: Instant,
    /// No conflict was waited for yet.
    first: bool,
    /// Polls after the first.
    polls: u32,
    steal: bool,
    failures: u32,
    calls: u32,
    attempt: (LoadId, SessionGuid),
    state: LoadState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LoadState {
    Ready,
    Asking { op: Option<OpId> },
    Joining { wake: Option<Instant> },
    Waiting { until: Instant },
    Sleeping { until: Instant },
    Ended,
}

impl Start {
    /// A start that waits for [`Input::Enter`].
    pub(super) fn new(params: Params) -> Start {
        Start {
            params,
            cancelled: false,
            began: Instant::default(),
            first: true,
            polls: 0,
            steal: false,
            failures: 0,
            calls: 0,
            attempt: Default::default(),
            state: LoadState::Ready,
        }
    }

    /// Handles an input. At most one effect, but for a conflict, which has none or one as well.
    pub(super) fn on<D: Document>(
        &mut self,
        context: Context<'_>,
        now: Instant,
        input: Input<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        match (self.state, input) {
            (LoadState::Ended, _) => {}
            (LoadState::Ready, Input::Enter) => {
                self.began = now;
                self.loop_head(context, out);
            }
            (_, Input::Cancel) => self.cancelled |= self.params.cancel,
            (LoadState::Waiting { until }, Input::Close) => {
                let until = until.min(context.rules.seen(now));
                self.state = LoadState::Waiting { until };
            }
            // Nobody looks before the call has returned, or the sleep is over.
            (_, Input::Close) => {}
            (LoadState::Asking { .. } | LoadState::Joining { .. }, Input::Answered(record)) => {
                match record {
                    Some(record) => self.answered(context, now, record, out),
                    None => self.failed(context, now, out),
                }
            }
            (LoadState::Asking { .. } | LoadState::Joining { .. }, Input::Stolen) => {
                self.refuse(Refusal::LoadStolen, out);
            }
            (LoadState::Waiting { until }, Input::Tick) if now >= until => {
                self.first = false;
                self.loop_head(context, out);
            }
            (LoadState::Sleeping { until }, Input::Tick) if now >= until => {
                self.loop_head(context, out);
            }
            // Not yet due; a joiner's tick is its store's to handle.
            (_, Input::Tick) => {}
            // Not addressed to this state: the parent is not waiting for it.
            (_, Input::Enter | Input::Answered(_) | Input::Stolen) => {}
        }
    }

    /// Whether a transform, or a look at this point, finds that the caller wants it no more.
    pub(super) fn unwanted(&self, closing: bool) -> Option<Refusal> {
        if closing { Some(Refusal::Closing) } else { self.cancelled.then_some(Refusal::Cancelled) }
    }

    fn loop_head<D: Document>(&mut self, context: Context<'_>, out: &mut Effects<Effect<D>>) {
        match self.unwanted(context.closing) {
            Some(why) => self.refuse(why, out),
            None => {
                self.state = LoadState::Asking { op: None };
                out.push(Effect::Attempt);
            }
        }
    }

    fn answered<D: Document>(
        &mut self,
        context: Context<'_>,
        now: Instant,
        record: Box<Record<D>>,
        out: &mut Effects<Effect<D>>,
    ) {
        match record.active() {
            Active::Session { server, .. } if server == context.me => {
                self.state = LoadState::Ended;
                out.push(Effect::Won(record));
            }
            Active::Session { topic, .. } => self.conflict(context, now, topic, &record, out),
            Active::Nobody | Active::Text | Active::Scalar => {
                let why = self.unwanted(context.closing).unwrap_or(Refusal::NoSession);
                self.refuse(why, out);
            }
        }
    }

    fn conflict<D: Document>(
        &mut self,
        context: Context<'_>,
        now: Instant,
        owner: Option<SessionGuid>,
        record: &Record<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        if let Some(why) = self.unwanted(context.closing) {
            return self.refuse(why, out);
        }
        let meta = record.meta.as_ref();
        if meta.and_then(|meta| meta.force) != Some(context.me) {
            return self.refuse(Refusal::Interrupted, out);
        }
        if !self.first {
            self.polls = self.polls.saturating_add(1);
            self.steal |= self.polls >= context.rules.steal_after();
        }
        if let Some(guid) = owner {
            let loads = meta.and_then(|meta| meta.loads).unwrap_or(0);
            out.push(Effect::Publish(guid, EndRequest { loads, end_session: true }));
        }
        let Rules { first_load_repeat, load_repeat_period, .. } = *context.rules;
        let span = if self.first { first_load_repeat } else { load_repeat_period };
        self.state = LoadState::Waiting { until: context.rules.wait(now, span) };
    }

    fn failed<D: Document>(
        &mut self,
        context: Context<'_>,
        now: Instant,
        out: &mut Effects<Effect<D>>,
    ) {
        let late = now.since(self.began) >= context.rules.start_session_timeout;
        if let Some(why) = self.unwanted(context.closing) {
            self.refuse(why, out);
        } else if late && !self.params.cancel {
            self.refuse(Refusal::Timeout, out);
        } else {
            let until = context.rules.wait(now, BACKOFF.ceiling(self.failures));
            self.failures = self.failures.saturating_add(1);
            self.state = LoadState::Sleeping { until };
        }
    }

    fn refuse<D: Document>(&mut self, why: Refusal, out: &mut Effects<Effect<D>>) {
        self.state = LoadState::Ended;
        out.push(Effect::Refused(why));
    }

    /// The attempt makes a call of its own; it begins with drawing an id and a GUID.
    pub(super) fn ask(&mut self, load: LoadId, guid: SessionGuid, op: OpId) {
        self.attempt = (load, guid);
        self.calls = self.calls.saturating_add(1);
        self.state = LoadState::Asking { op: Some(op) };
    }

    /// The attempt shares a call that is under way; it draws a GUID all the same.
    pub(super) fn join(&mut self, load: LoadId, guid: SessionGuid) {
        self.attempt = (load, guid);
        self.state = LoadState::Joining { wake: None };
    }

    /// The shared call has a result, which is seen on this heartbeat.
    pub(super) fn wake(&mut self, at: Instant) {
        if let LoadState::Joining { wake: None } = self.state {
            self.state = LoadState::Joining { wake: Some(at) };
        }
    }

    /// Whether it is a joiner that looks at the result now.
    pub(super) fn is_awake(&self, now: Instant) -> bool {
        matches!(self.state, LoadState::Joining { wake: Some(at) } if at <= now)
    }

    /// The transform of the present attempt, should it run now.
    pub(super) fn update<D>(&self, context: Context<'_>, template: &Arc<D>) -> Load<D> {
        Load {
            template: Arc::clone(template),
            me: context.me,
            guid: self.attempt.1,
            first: self.first,
            steal: self.steal,
            steal_at_once: self.params.steal,
            stop: self.unwanted(context.closing).is_some(),
            assume_dead: context.rules.assume_dead,
        }
    }

    /// The id of the present attempt.
    pub(super) fn load(&self) -> LoadId {
        self.attempt.0
    }

    /// The GUID of the present attempt.
    pub(super) fn guid(&self) -> SessionGuid {
        self.attempt.1
    }

    /// Calls made so far.
    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    /// Failed calls so far.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            LoadState::Waiting { until } | LoadState::Sleeping { until } => Some(until),
            LoadState::Joining { wake } => wake,
            LoadState::Ready | LoadState::Asking { .. } | LoadState::Ended => None,
        }
    }
}
