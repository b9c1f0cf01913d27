//! Starting a session: win the lease and read the data in one call, or say why not (rules S1 to S8,
//! C1 to C7).
//!
//! ```text
//!   Queued --[our own server's release of the key has ended]--> Calling --[granted]--> Ended, and a session begins
//!                                                                ^   |
//!                       Backoff --[time]-------------------------'   +--[failed]--> Backoff
//!                       Challenging --[silence, poll]------------'   '--[held]----> Challenging --[answered]--> Ended
//! ```
//!
//! Laws: at most one call is awaited; the start ends, granted or failed, within `start_timeout`
//! plus one call; after it has ended every input is inert. Not here: whether a call may be made
//! (`breaker`), what becomes of a granted lease (`session`).

use super::challenge::{self, Challenge};
use super::notice::{Load, Notice, Resolution, StartError, StoreError};
use super::rules::Rules;
use super::update::{Acquire, AcquireOutcome, Grant, Outcome, Taken, Template, Update};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Key, OpId, OpIds, Owner};
use crate::planted::Planted;
use crate::record::Claim;
use crate::time::{Deadline, Instant, Now, Timer};

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input<D> {
    /// The way is free: nobody on this server holds the key any more.
    Begin,
    /// The caller does not want it any more, for this reason.
    Cancel(StartError),
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
    /// The holder of a lease that we challenged says that it is alive.
    Answered(Claim),
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
        /// How many calls of this kind have failed just before it.
        attempt: u32,
        /// The transform.
        update: Update<D>,
    },
    /// The awaited call is given up on.
    TimedOut,
    /// Ask the holder of this lease whether it is alive.
    Publish(Claim),
    /// Tell the user.
    Tell(Notice),
    /// The lease is granted: a session begins. The start has ended.
    Won(Won<D>),
    /// The start has failed and ended; the user was told.
    Ended,
}

/// A granted lease, and what the session needs to know about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Won<D> {
    /// What was granted.
    pub grant: Grant<D>,
    /// When the winning call was sent.
    pub sent: Instant,
    /// What the start was like.
    pub load: Load,
    /// The caller does not want it any more: it must be given back (rule [S4](super::protocol#S4)).
    pub unwanted: Option<StartError>,
    /// The ids of the seat's further calls.
    pub ops: OpIds,
}

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Start {
    key: Key,
    owner: Owner,
    ops: OpIds,
    state: StartState,
    challenge: Challenge,
    /// The silent holder that the next call may take the lease of.
    silent: Option<Claim>,
    began: Instant,
    gives_up_at: Instant,
    calls: u32,
    retries: u32,
    /// Failures of the present call.
    attempt: u32,
    /// The last thing in the way was the breaker.
    short_circuited: bool,
    unwanted: Option<StartError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StartState {
    Queued,
    Calling { op: OpId, sent: Instant, until: Instant },
    Backoff { until: Instant },
    Challenging,
    Ended,
}

impl Start {
    /// A start that waits for [`Input::Begin`].
    pub(super) fn new(rules: &Rules, now: Instant, key: Key, owner: Owner, ops: OpIds) -> Start {
        Start {
            key,
            owner,
            ops,
            state: StartState::Queued,
            challenge: Challenge::default(),
            silent: None,
            began: now,
            gives_up_at: if rules.planted.has(Planted::StartTimeoutIgnored) {
                Instant::from_micros(u64::MAX)
            } else {
                now + rules.start_timeout
            },
            calls: 0,
            retries: 0,
            attempt: 0,
            short_circuited: false,
            unwanted: None,
        }
    }

    /// Handles an input.
    pub(super) fn on<D: Document>(
        &mut self,
        (rules, template): (&Rules, &Template<D>),
        now: Now,
        input: Input<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        match (self.state, input) {
            (StartState::Ended, _) => {}
            (StartState::Queued, Input::Begin) => self.call((rules, template), now, out),
            (
                StartState::Queued | StartState::Backoff { .. } | StartState::Challenging,
                Input::Cancel(why),
            ) => {
                self.unwanted = Some(why);
                // A closing server waits for nobody; a caller is asked before the next call (rule
                // S4).
                if why == StartError::ShuttingDown || self.state == StartState::Queued {
                    self.fail(why, out);
                }
            }
            (StartState::Calling { .. }, Input::Cancel(why)) => self.unwanted = Some(why),
            (
                StartState::Calling { op, sent, .. },
                Input::Replied { op: answered, result, random },
            ) if answered == op => {
                match result {
                    Ok(Outcome::Acquire(outcome)) => {
                        self.attempt = 0;
                        self.answered((rules, template), now, sent, outcome, out);
                    }
                    // An answer to some other question is as good as none.
                    Ok(Outcome::Write(_)) | Err(_) => self.retry(rules, now, random, out),
                }
            }
            (StartState::Calling { .. }, Input::ShortCircuited { retry_at }) => {
                self.calls -= 1;
                self.short_circuited = true;
                if retry_at > self.gives_up_at {
                    self.fail(StartError::CircuitOpen, out);
                } else {
                    self.state = StartState::Backoff { until: retry_at };
                }
            }
            (StartState::Challenging, Input::Answered(claim)) => {
                self.ask((rules, template), now, challenge::Input::Answered(claim), out);
            }
            (StartState::Calling { until, .. }, Input::Tick) if now.mono >= until => {
                out.push(Effect::TimedOut);
                self.retry(rules, now, u64::MAX, out);
            }
            (
                StartState::Queued | StartState::Backoff { .. } | StartState::Challenging,
                Input::Tick,
            ) if now.mono >= self.gives_up_at => {
                self.give_up(out);
            }
            (StartState::Backoff { until }, Input::Tick) if now.mono >= until => {
                self.call((rules, template), now, out);
            }
            (StartState::Challenging, Input::Tick) => {
                self.ask((rules, template), now, challenge::Input::Tick, out);
            }
            // Not yet due.
            (
                StartState::Queued | StartState::Calling { .. } | StartState::Backoff { .. },
                Input::Tick,
            ) => {}
            // Late: a call that was given up on, or an answer to a challenge that was.
            (_, Input::Replied { .. } | Input::Answered(_)) => {}
            // Not addressed to this state: the parent is not waiting for it.
            (_, Input::Begin | Input::ShortCircuited { .. }) => {}
        }
    }

    /// Makes a call, unless the caller does not want it any more.
    fn call<D: Document>(
        &mut self,
        (rules, template): (&Rules, &Template<D>),
        now: Now,
        out: &mut Effects<Effect<D>>,
    ) {
        if let Some(why) = self.unwanted {
            return self.fail(why, out);
        }
        let op = self.ops.take();
        self.calls += 1;
        self.state = StartState::Calling { op, sent: now.mono, until: rules.gives_up(now.mono) };
        let update = Update::Acquire(Acquire {
            key: self.key,
            owner: self.owner,
            template: template.clone(),
            duration: rules.lease_duration,
            margin: rules.takeover_margin,
            silent: self.silent,
            planted: rules.planted,
        });
        out.push(Effect::Call { op, attempt: self.attempt, update });
    }

    fn answered<D: Document>(
        &mut self,
        context: (&Rules, &Template<D>),
        now: Now,
        sent: Instant,
        outcome: AcquireOutcome<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        self.short_circuited = false;
        match outcome {
            AcquireOutcome::Won(grant) => self.granted(now, sent, grant, out),
            AcquireOutcome::Held(_) if self.unwanted == Some(StartError::ShuttingDown) => {
                self.fail(StartError::ShuttingDown, out);
            }
            AcquireOutcome::Held(claim) => {
                self.silent = None;
                self.state = StartState::Challenging;
                self.ask(context, now, challenge::Input::Held(claim), out);
            }
            AcquireOutcome::Superseded => self.fail(StartError::LeaseHeld, out),
            AcquireOutcome::Corrupt(corruption) => {
                out.push(Effect::Tell(Notice::Corrupted(corruption)));
                self.fail(StartError::Corrupted, out);
            }
        }
    }

    fn granted<D: Document>(
        &mut self,
        now: Now,
        sent: Instant,
        grant: Grant<D>,
        out: &mut Effects<Effect<D>>,
    ) {
        let resolution = match grant.how {
            Taken::Expired { .. } => Some(Resolution::ExpiredLeaseSteal),
            Taken::Silent => Some(Resolution::MessagingTimeoutSteal),
            // An earlier try took it, and its answer was lost; all we know is what that try was
            // allowed to do.
            Taken::Own => self.silent.map(|_| Resolution::MessagingTimeoutSteal),
            Taken::New | Taken::Free | Taken::Orphan => None,
        };
        if let Some(resolution) = resolution {
            out.push(Effect::Tell(Notice::LeaseConflict(resolution)));
        }
        let load = Load {
            how: grant.how,
            generation: grant.generation,
            latency: now.mono.since(self.began),
            calls: self.calls,
            retries: self.retries,
        };
        self.state = StartState::Ended;
        out.push(Effect::Won(Won { grant, sent, load, unwanted: self.unwanted, ops: self.ops }));
    }

    /// Lets the challenge decide, and carries out what it says.
    fn ask<D: Document>(
        &mut self,
        (rules, template): (&Rules, &Template<D>),
        now: Now,
        input: challenge::Input,
        out: &mut Effects<Effect<D>>,
    ) {
        let mut wanted = Effects::new();
        self.challenge.on(rules, now.mono, input, &mut wanted);
        for effect in wanted {
            match effect {
                challenge::Effect::Publish(claim) => out.push(Effect::Publish(claim)),
                challenge::Effect::Read { silent } => {
                    self.silent = silent;
                    self.call((rules, template), now, out);
                }
                challenge::Effect::Confirmed => {
                    let resolution = Resolution::ActiveOwnerConfirmed;
                    out.push(Effect::Tell(Notice::LeaseConflict(resolution)));
                    self.fail(StartError::LeaseHeld, out);
                }
                challenge::Effect::Exhausted => self.fail(StartError::LeaseHeld, out),
            }
        }
    }

    /// Tries the failed call again after a while, as long as there are tries and time left (rule
    /// S3).
    fn retry<D: Document>(
        &mut self,
        rules: &Rules,
        now: Now,
        random: u64,
        out: &mut Effects<Effect<D>>,
    ) {
        self.short_circuited = false;
        if self.unwanted == Some(StartError::ShuttingDown) {
            return self.fail(StartError::ShuttingDown, out);
        }
        if self.retries >= rules.backoff.retries {
            return self.fail(StartError::Unavailable, out);
        }
        if now.mono >= self.gives_up_at {
            return self.give_up(out);
        }
        let until = now.mono + rules.backoff.delay(self.retries, random);
        self.retries += 1;
        self.attempt += 1;
        self.state = StartState::Backoff { until };
    }

    fn give_up<D>(&mut self, out: &mut Effects<Effect<D>>) {
        let why = if self.short_circuited { StartError::CircuitOpen } else { StartError::Timeout };
        self.fail(self.unwanted.unwrap_or(why), out);
    }

    fn fail<D>(&mut self, why: StartError, out: &mut Effects<Effect<D>>) {
        self.state = StartState::Ended;
        out.push(Effect::Tell(Notice::StartFailed(why)));
        out.push(Effect::Ended);
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Deadline> {
        let limit = Some(Deadline { at: self.gives_up_at, why: Timer::StartTimeout });
        match self.state {
            StartState::Queued => limit,
            StartState::Calling { until, .. } => {
                Some(Deadline { at: until, why: Timer::CallTimeout })
            }
            StartState::Backoff { until } => {
                Deadline::soonest(Some(Deadline { at: until, why: Timer::Retry }), limit)
            }
            StartState::Challenging => Deadline::soonest(self.challenge.deadline(), limit),
            StartState::Ended => None,
        }
    }

    /// The call whose answer is awaited.
    pub(super) fn awaits(&self) -> Option<OpId> {
        match self.state {
            StartState::Calling { op, .. } => Some(op),
            StartState::Queued
            | StartState::Backoff { .. }
            | StartState::Challenging
            | StartState::Ended => None,
        }
    }

    /// Who it starts a session for.
    pub(super) fn owner(&self) -> Owner {
        self.owner
    }

    /// The seat's ids, for whoever sits there next.
    pub(super) fn ops(&self) -> OpIds {
        self.ops
    }
}

#[cfg(test)]
mod tests;
