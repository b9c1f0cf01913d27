//! A session: one player's data on the server that owns it, from winning the lease to giving it
//! back.
//!
//! There is one lane to the datastore, and at most one call in it (rule W4). Whenever the lane is
//! free, the session sends what it owes most: the release, else a save, else a renewal. A save
//! renews the lease too, so a session that saves often never renews (rule W3); a call that failed
//! keeps the lane shut for a while.
//!
//! ```text
//!   Active --[release]--> Releasing --[answered, or the lease is over for certain]--> Ended
//!      '---[lease lost, by an answer or by our own clocks]------------------------------^
//! ```
//!
//! Saves are numbered (`saves`). A save whose outcome is unknown is sent again as it was, under its
//! number; if the data has changed since, the next number goes out and may follow on whatever of
//! its predecessors has committed. So a late write never overwrites newer data and nothing is
//! counted twice (rule W5).
//!
//! Whoever calls `Save()` waits in the state for the next save, and then in the lane for the one
//! under way. Leaving either takes them out: nobody is told twice, and nobody is forgotten.
//!
//! Laws: what was acknowledged is stored; every input is total; an ended session is inert.

use super::api::ProfileMetadata;
use super::coalescer::{self, Coalescer};
use super::lane::{Calling, Errand, Failures, Lane};
use super::lease::{self, Lease};
use super::notice::{CallKind, Notice, SaveError, Saved, StoreError};
use super::rules::Rules;
use super::saves::{Number, Saves};
use super::start::Won;
use super::update::{Loss, Outcome, Payload, Template, Update, Write, WriteOutcome};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Commit, Key, OpId, OpIds, Owner};
use crate::integrity::Hash;
use crate::planted::Planted;
use crate::record::{Claim, Corruption};
use crate::time::{Deadline, Instant, Now, Stamp, Timer};
use crate::warm;

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input<D: Document> {
    /// The user changes the data.
    Edit(D::Edit),
    /// The user calls `Save()`.
    Save,
    /// The user calls `Release()`, or the server is closing.
    Release,
    /// A call was answered.
    Replied {
        /// Name of the call that was answered.
        op: OpId,
        /// What it came to: an answer, or an error.
        result: Result<Outcome<D>, StoreError>,
        /// An evenly drawn random number.
        random: u64,
    },
    /// The breaker did not let the call through.
    ShortCircuited {
        /// When it is worth asking again.
        retry_at: Instant,
    },
    /// Time has passed.
    Tick,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect<D> {
    /// Make this call.
    Call {
        /// Its name.
        op: OpId,
        /// What it is for.
        kind: CallKind,
        /// How many calls for the same have failed just before it.
        attempt: u32,
        /// The transform.
        update: Update<D>,
    },
    /// The awaited call is given up on (rule S8).
    TimedOut,
    /// Tell the user.
    Tell(Notice),
    /// The session has ended; the user was told why.
    Ended,
}

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Session<D> {
    data: D,
    claim: Claim,
    /// When the record was made, and when it was last known to be written.
    times: (Stamp, Stamp),
    ops: OpIds,
    lease: Lease,
    saves: Saves,
    /// The calls that have brought data since it was last known to be stored.
    effort: Option<Effort>,
    lane: Lane,
    state: SessionState,
}

/// What a save has taken so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Effort {
    /// When the first call was sent.
    since: Instant,
    /// How many there were.
    calls: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SessionState {
    /// `waiting` callers of `Save()` wait for the save after the call that is under way.
    Active { coalescer: Coalescer, waiting: u32 },
    /// They wait for the release now: it saves, too.
    Releasing { waiting: u32 },
    /// A call may have been under way.
    Ended { stray: Option<(OpId, Instant)> },
}

impl<D: Document> Session<D> {
    /// The session that begins with a granted lease. Reconciling with the template makes nothing
    /// dirty (rule S2).
    pub(super) fn new(
        rules: &Rules,
        template: &Template<D>,
        now: Now,
        owner: Owner,
        granted: Won<D>,
    ) -> Session<D> {
        let mut data = granted.grant.data;
        data.reconcile(template.data());
        Session {
            data,
            claim: Claim { owner, generation: granted.grant.generation },
            times: (granted.grant.created, written_at(rules, granted.grant.expires_at)),
            ops: granted.ops,
            lease: Lease::new(rules, now, granted.sent, granted.grant.expires_at),
            saves: Saves::new(granted.grant.commit),
            effort: None,
            lane: Lane::Idle { failures: Failures::default() },
            state: SessionState::Active { coalescer: Coalescer::Clean, waiting: 0 },
        }
    }

    /// Something will soon be said to it.
    pub(super) fn warm(&self) {
        warm::value(&self.data);
        warm::value(&self.lease);
        warm::value(&self.saves);
        warm::value(&self.lane);
        warm::value(&self.state);
        warm::value(&self.claim);
    }

    /// Handles an input.
    pub(super) fn on(
        &mut self,
        rules: &Rules,
        now: Now,
        input: Input<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        match (&mut self.state, input) {
            (SessionState::Ended { .. }, _) => {}
            (SessionState::Active { coalescer, .. }, Input::Edit(edit))
                if self.lease.is_active(now) =>
            {
                self.data.apply(&edit);
                self.saves.edited();
                coalescer.on(rules, now.mono, coalescer::Input::Edited);
            }
            (SessionState::Releasing { .. }, Input::Edit(edit))
                if rules.planted.has(Planted::EditsWhileReleasing) =>
            {
                self.data.apply(&edit);
            }
            (SessionState::Active { .. } | SessionState::Releasing { .. }, Input::Edit(_)) => {
                out.push(Effect::Tell(Notice::EditRefused));
            }
            (SessionState::Active { waiting, .. }, Input::Save) if self.lease.is_active(now) => {
                *waiting += 1;
                self.lane.hurry();
            }
            (SessionState::Active { .. } | SessionState::Releasing { .. }, Input::Save) => {
                return_saves(1, Err(SaveError::Inactive), out);
            }
            (SessionState::Active { .. }, Input::Release)
                if rules.planted.has(Planted::ReleaseIgnored) => {}
            (&mut SessionState::Active { waiting, .. }, Input::Release) => {
                self.state = SessionState::Releasing { waiting };
                self.lane.hurry();
            }
            (SessionState::Releasing { .. }, Input::Release) => {}
            (
                SessionState::Active { .. } | SessionState::Releasing { .. },
                Input::Replied { op, result, random },
            ) => {
                if let Some(call) = self.lane.take(op) {
                    self.replied(rules, now, call, result, random, out);
                }
            }
            (
                SessionState::Active { .. } | SessionState::Releasing { .. },
                Input::ShortCircuited { retry_at },
            ) => {
                // It was never made, so it is no failure of the datastore's.
                if let Lane::Calling(call) = self.lane {
                    self.never_sent(call);
                    let shut = Lane::Backoff { failures: call.failures, until: retry_at };
                    self.failed(rules, now, call, SaveError::CircuitOpen, shut, out);
                }
            }
            (SessionState::Active { .. } | SessionState::Releasing { .. }, Input::Tick) => {
                self.tick(rules, now, out);
            }
        }
        self.send(rules, now, out);
    }

    fn tick(&mut self, rules: &Rules, now: Now, out: &mut Effects<Effect<D>>) {
        match self.lane {
            Lane::Calling(call) if now.mono >= call.until => {
                out.push(Effect::TimedOut);
                let until = now.mono + rules.backoff.ceiling(call.failures.count);
                let shut = Lane::Backoff { failures: call.failures.and(call.errand.kind()), until };
                self.failed(rules, now, call, SaveError::Failed, shut, out);
            }
            Lane::Backoff { until, .. } if now.mono >= until => self.lane.hurry(),
            Lane::Idle { .. } | Lane::Calling(_) | Lane::Backoff { .. } => {}
        }
        match &mut self.state {
            SessionState::Active { coalescer, .. } => {
                coalescer.on(rules, now.mono, coalescer::Input::Tick);
                self.lease.on(rules, now, lease::Input::Tick);
                if self.lease.is_fenced() {
                    self.lost(0, Loss::Fenced, out);
                }
            }
            SessionState::Releasing { .. } => self.abandon_if_over(now, out),
            SessionState::Ended { .. } => {}
        }
    }

    /// Sends what is owed most, if the lane is free.
    fn send(&mut self, rules: &Rules, now: Now, out: &mut Effects<Effect<D>>) {
        let Lane::Idle { failures } = self.lane else { return };
        let (claim, duration, planted) = (self.claim, rules.lease_duration, rules.planted);
        let write = Write { claim, duration, planted };
        let Some((errand, update)) = self.owed(rules, now, write, out) else { return };
        let (op, kind) = (self.ops.take(), errand.kind());
        let (sent, until) = (now.mono, rules.gives_up(now.mono));
        if errand.saves() {
            let effort = self.effort.get_or_insert(Effort { since: sent, calls: 0 });
            effort.calls = effort.calls.saturating_add(1);
        }
        self.lane = Lane::Calling(Calling { op, errand, failures, sent, until });
        out.push(Effect::Call { op, kind, attempt: failures.attempt(kind), update });
    }

    /// The breaker has not let a call through: it counts for nothing (rule B5).
    fn never_sent(&mut self, call: Calling) {
        if call.errand.saves() {
            let before = self.effort.map(|it| Effort { calls: it.calls - 1, ..it });
            self.effort = before.filter(|effort| effort.calls > 0);
        }
    }

    /// What is owed most, if anything: a release, else a save, else a renewal.
    fn owed(
        &mut self,
        rules: &Rules,
        now: Now,
        write: Write,
        out: &mut Effects<Effect<D>>,
    ) -> Option<(Errand, Update<D>)> {
        match &mut self.state {
            &mut SessionState::Releasing { waiting } => {
                // Whoever has called `Save()` gets one, as a clean profile does (rule W2).
                let owed = (waiting > 0 || self.is_dirty())
                    && !rules.planted.has(Planted::ReleaseDropsChanges);
                let payload = if owed { self.make_payload(out) } else { None };
                let saves = payload.is_some();
                Some((Errand::Release { saves }, Update::Release(write, payload)))
            }
            SessionState::Active { coalescer, waiting } => {
                if *coalescer == Coalescer::Due || *waiting > 0 {
                    coalescer.on(rules, now.mono, coalescer::Input::Saving);
                    let callers = std::mem::take(waiting);
                    if let Some(payload) = self.make_payload(out) {
                        return Some((Errand::Save { callers }, Update::Save(write, payload)));
                    }
                    // The data cannot be stored as it is: only a change can mend that, and the
                    // lease must not suffer.
                    return_saves(callers, Err(SaveError::Failed), out);
                }
                self.lease.is_due().then(|| (Errand::Renew, Update::Renew(write)))
            }
            SessionState::Ended { .. } => None,
        }
    }

    /// The payload to send now. `None` if the data cannot be stored, which the user is told.
    fn make_payload(&mut self, out: &mut Effects<Effect<D>>) -> Option<Payload<D>> {
        let Ok(hash) = Hash::of(&self.data) else {
            out.push(Effect::Tell(Notice::Corrupted(Corruption::NotCanonical)));
            return None;
        };
        let Number { nth, after, unsettled } = self.saves.number();
        Some(Payload { nth, after, unsettled, data: self.data.clone(), hash })
    }

    fn replied(
        &mut self,
        rules: &Rules,
        now: Now,
        call: Calling,
        result: Result<Outcome<D>, StoreError>,
        random: u64,
        out: &mut Effects<Effect<D>>,
    ) {
        let error = match result {
            Ok(Outcome::Write(outcome)) => return self.answered(rules, now, call, outcome, out),
            // An answer to some other question is as good as none.
            Ok(Outcome::Acquire(_)) | Err(StoreError::Failed) => SaveError::Failed,
            Err(StoreError::Throttled) => SaveError::Throttled,
        };
        let until = now.mono + rules.backoff.delay(call.failures.count, random);
        let shut = Lane::Backoff { failures: call.failures.and(call.errand.kind()), until };
        self.failed(rules, now, call, error, shut, out);
    }

    fn answered(
        &mut self,
        rules: &Rules,
        now: Now,
        call: Calling,
        outcome: WriteOutcome,
        out: &mut Effects<Effect<D>>,
    ) {
        let callers = call.errand.callers();
        match outcome {
            WriteOutcome::Kept { commit, expires_at } => {
                let extended = lease::Input::Extended { sent: call.sent, expires_at };
                self.lease.on(rules, now, extended);
                self.times.1 = written_at(rules, expires_at);
                if let Errand::Save { callers } = call.errand {
                    self.saves.stored(commit);
                    self.tell_saved(now, commit, out);
                    return_saves(callers, Ok(()), out);
                }
            }
            WriteOutcome::Released { saved, commit } => {
                if let Some(commit) = commit.filter(|_| saved && call.errand.saves()) {
                    self.tell_saved(now, commit, out);
                }
                // Data that could not be stored was not brought; changes during the call were
                // refused.
                let saved = saved && !self.saves.is_ahead()
                    || rules.planted.has(Planted::ReleaseDropsChanges);
                // What the callers wanted saved is stored then, if not by a call of their own.
                let result = if saved { Ok(()) } else { Err(SaveError::LeaseLost) };
                self.end(callers, result, Notice::Released { saved }, out);
            }
            WriteOutcome::Lost(loss) => self.lost(callers, loss, out),
            WriteOutcome::Superseded => self.lost(callers, Loss::Superseded, out),
            WriteOutcome::Corrupt(corruption) => {
                out.push(Effect::Tell(Notice::Corrupted(corruption)));
                self.lost(callers, Loss::Corrupt, out);
            }
        }
    }

    /// `OnSave`: a write that brought data is confirmed (rule W2).
    fn tell_saved(&mut self, now: Now, commit: Commit, out: &mut Effects<Effect<D>>) {
        let Some(Effort { since, calls }) = self.effort.take() else { return };
        let (latency, retries) = (now.mono.since(since), calls - 1);
        out.push(Effect::Tell(Notice::Saved(Saved { commit, latency, calls, retries })));
    }

    /// A call failed, may have failed, or was never made. What it brought is owed still, and the
    /// lane is shut.
    fn failed(
        &mut self,
        rules: &Rules,
        now: Now,
        call: Calling,
        error: SaveError,
        shut: Lane,
        out: &mut Effects<Effect<D>>,
    ) {
        self.lane = shut;
        if rules.planted.has(Planted::FailedSaveAcknowledged)
            && let Errand::Save { callers } = call.errand
        {
            self.tell_saved(now, Commit(0), out);
            return_saves(callers, Ok(()), out);
            return self.abandon_if_over(now, out);
        }
        if let (SessionState::Active { coalescer, .. }, Errand::Save { .. }) =
            (&mut self.state, call.errand)
            && !rules.planted.has(Planted::FailedSaveForgotten)
        {
            coalescer.on(rules, now.mono, coalescer::Input::Failed);
        }
        return_saves(call.errand.callers(), Err(error), out);
        if rules.planted.has(Planted::AbandonsEarly) && self.is_releasing() {
            let notice = Notice::ReleaseAbandoned { unsaved: self.is_dirty() };
            return self.end(0, Err(SaveError::LeaseLost), notice, out);
        }
        self.abandon_if_over(now, out);
    }

    /// A release that keeps failing ends with the lease (rule W6).
    fn abandon_if_over(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        let releasing = self.is_releasing() && self.lane.calling().is_none();
        if releasing && now.mono >= self.lease.over_at() {
            let notice = Notice::ReleaseAbandoned { unsaved: self.is_dirty() };
            self.end(0, Err(SaveError::LeaseLost), notice, out);
        }
    }

    /// `callers` waited for the call that said so.
    fn lost(&mut self, callers: u32, loss: Loss, out: &mut Effects<Effect<D>>) {
        let notice = Notice::LeaseLost { loss, unsaved: self.is_dirty() };
        self.end(callers, Err(SaveError::LeaseLost), notice, out);
    }

    /// Ends the session. Everybody who waits for a save hears the same: `callers` who waited for
    /// the last answer, those of a call that is under way, and those who came after it.
    fn end(
        &mut self,
        callers: u32,
        result: Result<(), SaveError>,
        notice: Notice,
        out: &mut Effects<Effect<D>>,
    ) {
        let idle = Lane::Idle { failures: Failures::default() };
        let call = std::mem::replace(&mut self.lane, idle).calling();
        let stray = call.map(|call| (call.op, call.until));
        let waiting = match std::mem::replace(&mut self.state, SessionState::Ended { stray }) {
            SessionState::Active { waiting, .. } | SessionState::Releasing { waiting } => waiting,
            SessionState::Ended { .. } => 0,
        };
        let under_way = call.map_or(0, |call| call.errand.callers());
        return_saves(callers + under_way + waiting, result, out);
        out.push(Effect::Tell(notice));
        out.push(Effect::Ended);
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let other = match (self.state, self.lane) {
            (SessionState::Active { coalescer, .. }, _) => {
                Deadline::soonest(coalescer.deadline(), self.lease.deadline())
            }
            (SessionState::Releasing { .. }, Lane::Calling(_)) => None,
            (SessionState::Releasing { .. }, Lane::Idle { .. } | Lane::Backoff { .. }) => {
                Some(Deadline { at: self.lease.over_at(), why: Timer::LeaseEnd })
            }
            (SessionState::Ended { .. }, _) => return None,
        };
        Deadline::soonest(self.lane.deadline(), other)
    }

    /// The call whose answer is awaited.
    pub(super) fn awaits(&self) -> Option<OpId> {
        self.lane.calling().map(|call| call.op)
    }

    /// A call that is under way although the session has ended: its answer means nothing here any
    /// more. And until when an answer may come.
    pub(super) fn stray(&self) -> Option<(OpId, Instant)> {
        match self.state {
            SessionState::Ended { stray } => stray,
            SessionState::Active { .. } | SessionState::Releasing { .. } => None,
        }
    }

    /// Whether the session considers itself owner of its key (rules D1, W7). Pure: it does not
    /// depend on a tick.
    pub(super) fn is_active(&self, now: Now) -> bool {
        matches!(self.state, SessionState::Active { .. }) && self.lease.is_active(now)
    }

    /// Whether a challenge of this lease is answered (rules C6, W6).
    pub(super) fn answers(&self, rules: &Rules, now: Now, claim: Claim) -> bool {
        let up = match self.state {
            SessionState::Active { .. } => true,
            SessionState::Releasing { .. } => rules.answer_while_releasing,
            SessionState::Ended { .. } => false,
        };
        up && self.claim == claim && self.lease.is_active(now)
    }

    /// Whether the session is giving its lease back.
    pub(super) fn is_releasing(&self) -> bool {
        matches!(self.state, SessionState::Releasing { .. })
    }

    /// Whether there are changes that are not known to be stored.
    pub(super) fn is_dirty(&self) -> bool {
        self.saves.is_dirty()
    }

    /// The data, with all changes so far.
    pub(super) fn data(&self) -> &D {
        &self.data
    }

    /// `Profile.Metadata`: what is known of the stored record of this key.
    pub(super) fn metadata(&self, key: Key) -> ProfileMetadata {
        let (created, updated) = self.times;
        ProfileMetadata {
            key,
            session: self.claim.owner.session,
            generation: self.claim.generation,
            commit: self.saves.commit(),
            created,
            updated,
        }
    }

    /// The seat's ids, for whoever sits there next.
    pub(super) fn ops(&self) -> OpIds {
        self.ops
    }
}

/// When a write was made that gave the lease this end, by the wall clock of its server.
fn written_at(rules: &Rules, expires_at: Stamp) -> Stamp {
    expires_at.before(rules.lease_duration)
}

/// Tells the callers of `Save()` what it returns, if there are any.
fn return_saves<D>(callers: u32, result: Result<(), SaveError>, out: &mut Effects<Effect<D>>) {
    if callers > 0 {
        out.push(Effect::Tell(Notice::SaveReturned { callers, result }));
    }
}

#[cfg(test)]
mod tests;
