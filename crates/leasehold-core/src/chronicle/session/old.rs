//! The session as it was, with its lease and its coalescer: what the new one is held against.
#![allow(dead_code, unreachable_pub)]

mod coalescer;
mod lease;

use self::coalescer::Coalescer;
use self::lease::Lease;
use super::{Effect, Input};
use crate::chronicle::notice::{CallKind, Notice, SaveError, StoreError};
use crate::chronicle::rules::Rules;
use crate::chronicle::start::Won;
use crate::chronicle::update::{Loss, Outcome, Payload, Template, Update, Write, WriteOutcome};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Commit, OpId, OpIds, Owner};
use crate::integrity::Hash;
use crate::record::{Claim, Corruption};
use crate::time::{Deadline, Instant, Now, Timer};

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Session<D> {
    data: D,
    claim: Claim,
    lease: Lease,
    coalescer: Coalescer,
    ops: OpIds,
    state: State,
    lane: Lane,
    /// The last commit index known to be stored.
    commit: Commit,
    /// The last payload that was made.
    payload: u32,
    /// Payloads made since `commit` was stored: each of them may have landed.
    unsettled: u32,
    /// The data was changed since the last payload was made.
    changed: bool,
    /// The data was changed since the last payload that is known to be stored.
    dirty: bool,
    /// Failures in a row.
    attempt: u32,
    /// Callers of `Save()` who wait for the call in the lane, and for the one after it.
    callers: u32,
    next_callers: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    Releasing,
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Idle,
    Calling { op: OpId, kind: CallKind, sent: Instant, until: Instant },
    Backoff { until: Instant },
}

impl<D: Document> Session<D> {
    /// The session that begins with a won lease. Reconciling with the template makes nothing dirty
    /// (rule S2).
    pub fn new(
        rules: &Rules,
        template: &Template<D>,
        now: Now,
        owner: Owner,
        won: Won<D>,
    ) -> Session<D> {
        let mut data = won.grant.data;
        data.reconcile(template.data());
        Session {
            data,
            claim: Claim { owner, generation: won.grant.generation },
            lease: Lease::new(rules, now, won.sent, won.grant.expires_at),
            coalescer: Coalescer::Clean,
            ops: won.ops,
            state: State::Active,
            lane: Lane::Idle,
            commit: won.grant.commit,
            payload: 0,
            unsettled: 0,
            changed: false,
            dirty: false,
            attempt: 0,
            callers: 0,
            next_callers: 0,
        }
    }

    /// Handles an input.
    pub fn on(&mut self, rules: &Rules, now: Now, input: Input<D>, out: &mut Effects<Effect<D>>) {
        match (self.state, input) {
            (State::Ended, _) => {}
            (State::Active, Input::Edit(edit)) if self.is_active(now) => {
                self.data.apply(&edit);
                self.changed = true;
                self.dirty = true;
                self.coalesce(rules, now, coalescer::Input::Edited);
            }
            (State::Active | State::Releasing, Input::Edit(_)) => {
                out.push(Effect::Tell(Notice::EditRefused));
            }
            (State::Active, Input::Save) if self.is_active(now) => {
                self.next_callers += 1;
                self.hurry();
            }
            (State::Active | State::Releasing, Input::Save) => {
                let result = Err(SaveError::Inactive);
                out.push(Effect::Tell(Notice::SaveReturned { callers: 1, result }));
            }
            (State::Active, Input::Release) => {
                self.state = State::Releasing;
                self.hurry();
            }
            (State::Releasing, Input::Release) => {}
            (State::Active | State::Releasing, Input::Replied { op, result, luck }) => {
                self.replied(rules, now, op, result, luck, out);
            }
            (State::Active | State::Releasing, Input::FailedFast { retry_at }) => {
                self.failed(SaveError::CircuitOpen, retry_at, rules, now, out);
            }
            (State::Active | State::Releasing, Input::Tick) => self.tick(rules, now, out),
        }
        self.send(rules, now, out);
    }

    fn tick(&mut self, rules: &Rules, now: Now, out: &mut Effects<Effect<D>>) {
        match self.lane {
            Lane::Calling { until, .. } if now.mono >= until => {
                out.push(Effect::TimedOut);
                let retry_at = now.mono + rules.backoff.ceiling(self.attempt);
                self.attempt += 1;
                self.failed(SaveError::Failed, retry_at, rules, now, out);
            }
            Lane::Backoff { until } if now.mono >= until => self.lane = Lane::Idle,
            Lane::Idle | Lane::Calling { .. } | Lane::Backoff { .. } => {}
        }
        match self.state {
            State::Active => {
                self.coalesce(rules, now, coalescer::Input::Tick);
                let mut wanted = Effects::new();
                self.lease.on(rules, now, lease::Input::Tick, &mut wanted);
                if wanted.iter().any(|effect| *effect == lease::Effect::Fence) {
                    self.lost(Loss::Fenced, out);
                }
            }
            State::Releasing => self.abandon_if_over(now, out),
            State::Ended => {}
        }
    }

    fn coalesce(&mut self, rules: &Rules, now: Now, input: coalescer::Input) {
        // A due save is read off the coalescer's state: `send` looks whenever the lane is free.
        self.coalescer.on(rules, now.mono, input, &mut Effects::new());
    }

    /// Somebody is waiting: do not sit out the rest of a backoff.
    fn hurry(&mut self) {
        if let Lane::Backoff { .. } = self.lane {
            self.lane = Lane::Idle;
        }
    }

    /// Sends what is owed most, if the lane is free.
    fn send(&mut self, rules: &Rules, now: Now, out: &mut Effects<Effect<D>>) {
        if self.lane != Lane::Idle {
            return;
        }
        let write = Write { claim: self.claim, duration: rules.lease_duration };
        match self.state {
            State::Releasing => {
                let payload = if self.is_dirty() { self.make_payload(out) } else { None };
                self.call(rules, now, CallKind::Release, Update::Release(write, payload), out);
            }
            State::Active => {
                if self.coalescer == Coalescer::Due || self.next_callers > 0 {
                    self.coalesce(rules, now, coalescer::Input::Saving);
                    self.callers = std::mem::take(&mut self.next_callers);
                    if let Some(payload) = self.make_payload(out) {
                        let update = Update::Save(write, payload);
                        return self.call(rules, now, CallKind::Save, update, out);
                    }
                    // The data cannot be stored as it is: only a change can mend that, and the
                    // lease must not suffer.
                    self.return_saves(Err(SaveError::Failed), out);
                }
                if self.lease.is_due() {
                    self.call(rules, now, CallKind::Renew, Update::Renew(write), out);
                }
            }
            State::Ended => {}
        }
    }

    fn call(
        &mut self,
        rules: &Rules,
        now: Now,
        kind: CallKind,
        update: Update<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        let op = self.ops.take();
        let until = now.mono + rules.call_timeout;
        self.lane = Lane::Calling { op, kind, sent: now.mono, until };
        out.push(Effect::Call { op, kind, attempt: self.attempt, update });
    }

    /// The payload to send now: the last one again if its outcome is unknown and nothing has
    /// changed since, else a new one. `None` if the data cannot be stored, which the user is told.
    fn make_payload(&mut self, out: &mut Effects<Effect<D>>) -> Option<Payload<D>> {
        let Ok(hash) = Hash::of(&self.data) else {
            out.push(Effect::Tell(Notice::Corrupted(Corruption::NotCanonical)));
            return None;
        };
        let again = self.unsettled > 0 && !self.changed;
        if !again {
            self.payload += 1;
            self.unsettled += 1;
            self.changed = false;
        }
        Some(Payload {
            nth: self.payload,
            after: self.commit,
            unsettled: self.unsettled - 1,
            data: self.data.clone(),
            hash,
        })
    }

    fn replied(
        &mut self,
        rules: &Rules,
        now: Now,
        op: OpId,
        result: Result<Outcome<D>, StoreError>,
        luck: u64,
        out: &mut Effects<Effect<D>>,
    ) {
        let Lane::Calling { op: awaited, kind, sent, .. } = self.lane else { return };
        if op != awaited {
            return;
        }
        let error = match result {
            Ok(Outcome::Write(outcome)) => {
                return self.answered(rules, now, kind, sent, outcome, out);
            }
            // An answer to some other question is as good as none.
            Ok(Outcome::Acquire(_)) | Err(StoreError::Failed) => SaveError::Failed,
            Err(StoreError::Throttled) => SaveError::Throttled,
        };
        let retry_at = now.mono + rules.backoff.delay(self.attempt, luck);
        self.attempt += 1;
        self.failed(error, retry_at, rules, now, out);
    }

    fn answered(
        &mut self,
        rules: &Rules,
        now: Now,
        kind: CallKind,
        sent: Instant,
        outcome: WriteOutcome,
        out: &mut Effects<Effect<D>>,
    ) {
        self.lane = Lane::Idle;
        self.attempt = 0;
        match outcome {
            WriteOutcome::Kept { commit, expires_at } => {
                let extended = lease::Input::Extended { sent, expires_at };
                self.lease.on(rules, now, extended, &mut Effects::new());
                if kind == CallKind::Save {
                    self.commit = commit;
                    self.unsettled = 0;
                    self.dirty = self.changed;
                    let latency = now.mono.since(sent);
                    out.push(Effect::Tell(Notice::Saved { commit, latency }));
                    self.return_saves(Ok(()), out);
                }
            }
            WriteOutcome::Released { saved, .. } => {
                // Data that could not be stored was not brought; changes during the call were
                // refused.
                let saved = saved && !self.changed;
                if saved {
                    // What they wanted saved is stored, if not by a call of their own.
                    self.callers += std::mem::take(&mut self.next_callers);
                    self.return_saves(Ok(()), out);
                }
                self.end(Notice::Released { saved }, out);
            }
            WriteOutcome::Lost(loss) => self.lost(loss, out),
            WriteOutcome::Superseded => self.lost(Loss::Superseded, out),
            WriteOutcome::Corrupt(corruption) => {
                out.push(Effect::Tell(Notice::Corrupted(corruption)));
                self.lost(Loss::Corrupt, out);
            }
        }
    }

    /// A call failed, may have failed, or was never made. What it brought is owed still.
    fn failed(
        &mut self,
        error: SaveError,
        retry_at: Instant,
        rules: &Rules,
        now: Now,
        out: &mut Effects<Effect<D>>,
    ) {
        if let Lane::Calling { kind: CallKind::Save, .. } = self.lane {
            self.coalesce(rules, now, coalescer::Input::Failed);
        }
        self.lane = Lane::Backoff { until: retry_at };
        self.return_saves(Err(error), out);
        if self.state == State::Releasing {
            self.abandon_if_over(now, out);
        }
    }

    fn return_saves(&mut self, result: Result<(), SaveError>, out: &mut Effects<Effect<D>>) {
        let callers = std::mem::take(&mut self.callers);
        if callers > 0 {
            out.push(Effect::Tell(Notice::SaveReturned { callers, result }));
        }
    }

    fn abandon_if_over(&mut self, now: Now, out: &mut Effects<Effect<D>>) {
        let calling = matches!(self.lane, Lane::Calling { .. });
        if !calling && now.mono >= self.lease.over_at() {
            self.end(Notice::ReleaseAbandoned { unsaved: self.is_dirty() }, out);
        }
    }

    fn lost(&mut self, loss: Loss, out: &mut Effects<Effect<D>>) {
        self.end(Notice::LeaseLost { loss, unsaved: self.is_dirty() }, out);
    }

    fn end(&mut self, notice: Notice, out: &mut Effects<Effect<D>>) {
        self.state = State::Ended;
        self.callers += std::mem::take(&mut self.next_callers);
        self.return_saves(Err(SaveError::LeaseLost), out);
        out.push(Effect::Tell(notice));
        out.push(Effect::Ended);
    }

    /// When this wants a tick.
    pub fn deadline(&self) -> Option<Deadline> {
        let lane = match self.lane {
            Lane::Idle => None,
            Lane::Calling { until, .. } => Some(Deadline { at: until, why: Timer::CallTimeout }),
            Lane::Backoff { until } => Some(Deadline { at: until, why: Timer::Retry }),
        };
        let other = match (self.state, self.lane) {
            (State::Active, _) => {
                Deadline::soonest(self.coalescer.deadline(), self.lease.deadline())
            }
            (State::Releasing, Lane::Calling { .. }) => None,
            (State::Releasing, _) => {
                Some(Deadline { at: self.lease.over_at(), why: Timer::LeaseEnd })
            }
            (State::Ended, _) => return None,
        };
        Deadline::soonest(lane, other)
    }

    /// The call whose answer is awaited.
    pub fn awaits(&self) -> Option<OpId> {
        match self.lane {
            Lane::Calling { op, .. } => Some(op),
            Lane::Idle | Lane::Backoff { .. } => None,
        }
    }

    /// A call that is under way although the session has ended: its answer means nothing here any
    /// more. And until when an answer may come.
    pub fn stray(&self) -> Option<(OpId, Instant)> {
        match (self.state, self.lane) {
            (State::Ended, Lane::Calling { op, until, .. }) => Some((op, until)),
            _ => None,
        }
    }

    /// Whether the session believes that it owns its key (rules D1, W7). Pure: it does not depend
    /// on a tick.
    pub fn is_active(&self, now: Now) -> bool {
        self.state == State::Active && self.lease.is_active(now)
    }

    /// Whether a challenge of this lease is answered (rules C6, W6).
    pub fn answers(&self, rules: &Rules, now: Now, claim: Claim) -> bool {
        let up = match self.state {
            State::Active => true,
            State::Releasing => rules.answer_while_releasing,
            State::Ended => false,
        };
        up && self.claim == claim && self.lease.is_active(now)
    }

    /// Whether the session is giving its lease back.
    pub fn is_releasing(&self) -> bool {
        self.state == State::Releasing
    }

    /// Whether there are changes that are not known to be stored.
    pub fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// The data, with all changes so far.
    pub fn data(&self) -> &D {
        &self.data
    }

    /// The lease that it holds.
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// The seat's ids, for whoever sits there next.
    pub fn ops(&self) -> OpIds {
        self.ops
    }
}
