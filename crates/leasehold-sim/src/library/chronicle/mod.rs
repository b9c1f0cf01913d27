//! ChronicleStore as a library of the world: the core's store, and the transforms of its calls.

mod causes;

use super::{
    Change, CircuitStats, Clocks, Contract, Decision, Effect, Error, Found, GameSave, Holdings,
    Input, Library,
};
use super::{
    Message, MessageKind, Notice, Op, Place, Promise, Request, Topic, View, Write,
    foretold::{self, Foretold, Hazards},
};
use crate::slab::Slab;
use leasehold_core::chronicle::{self, Mode, Rules, Store, StoreError, Template, Update};
use leasehold_core::record::{Record, Stored};
use leasehold_core::{Document, Effects, Instant, JobId, Key, Now, OpId, Seat, micros, warm};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A document that the world can change, count and damage.
pub trait GameDocument: Document + 'static {
    /// What a new player has.
    fn template() -> Self;
    /// A change, as this document has it.
    fn edit(change: Change) -> Self::Edit;
    /// How many changes it has seen, of any kind.
    fn edits(&self) -> u64;
    /// How long it is as JSON, in bytes.
    fn size(&self) -> u64;
    /// What it holds, in order: added to `out`.
    fn holdings(&self, _out: &mut Holdings) {}
    /// Damages it.
    fn damage(&mut self);
}

/// One server's ChronicleStore. What the data is like changes nothing about a world.
pub struct Chronicle<D: GameDocument = GameSave> {
    store: Store<D>,
    calls: Slab<Op, Pending<D>>,
    /// The world's datastore plays that of simulation mode, or no two servers would ever meet.
    shared: bool,
    /// What a server without a datastore keeps instead (rule M2).
    memory: BTreeMap<Key, Stored<D>>,
}

struct Pending<D> {
    op: OpId,
    update: Update<D>,
    outcome: Option<chronicle::Outcome<D>>,
}

impl<D: GameDocument> Library for Chronicle<D> {
    type Config = Arc<Rules>;
    type Stored = Stored<D>;
    type Message = chronicle::Message;

    const NAME: &'static str = "chronicle";
    const TITLE: &'static str = "ChronicleStore";
    const CACHED_READS: bool = false;

    fn new(rules: &Arc<Rules>, job: JobId) -> Chronicle<D> {
        let template = Template::new(D::template()).expect("a game's template can be stored");
        Chronicle {
            store: Store::new(rules.clone(), template, job),
            calls: Slab::new(),
            shared: rules.simulation,
            memory: BTreeMap::new(),
        }
    }

    fn contract(rules: &Arc<Rules>) -> Contract {
        Contract {
            fenced: true,
            counted: true,
            echoes: false,
            calls_are_exclusive: false,
            saved_within: Some(rules.max_delay),
            coalesced_for: Some(rules.coalesce_window),
            retried_within: Some(rules.backoff.cap),
            lease: Some(rules.lease_duration),
            renewed_after: Some(rules.renew_after),
            breaker: Some(rules.breaker),
            started_within: Some(rules.start_timeout + rules.call_timeout),
            // A start is asked whether it is still wanted before its next call (rule S4), and what
            // it wins after all is released: the call under way, and retries for as long as the
            // lease lasts, the last one included (rule W6).
            ended_within: Some(rules.start_timeout + rules.lease_duration + 3 * rules.call_timeout),
            // A wait after a call that has failed comes first (rule S3).
            end_attempted_within: Some(rules.backoff.cap),
            // The call under way, the wait after it if it failed, and its own.
            returned_within: Some(rules.backoff.cap + 2 * rules.call_timeout),
            settled_within: None,
            // The lease that whoever is gone has left behind, and the wait beyond it; then it is
            // looked at again (rules C1, C2, C7), by one call.
            granted_within: Some(
                rules.lease_duration
                    + rules.takeover_margin
                    + rules.challenge_timeout
                    + rules.poll_every
                    + rules.call_timeout,
            ),
            call_timeout: Some(rules.call_timeout),
        }
    }

    fn promise(rules: &Arc<Rules>, clocks: Clocks) -> Promise {
        rules.promise(clocks.skew, clocks.drift_ppm, clocks.step)
    }

    fn foretold(rules: &Arc<Rules>, hazards: Hazards, clocks: Clocks) -> Foretold {
        foretold::chronicle(rules, hazards, clocks)
    }

    fn on(
        &mut self,
        now: Now,
        input: Input<chronicle::Message>,
        out: &mut Vec<Effect<chronicle::Message>>,
    ) {
        let input = match input {
            Input::Open { datastore, .. } => chronicle::Input::Open { datastore },
            Input::Join { seat, key } => chronicle::Input::Start { seat, key },
            Input::Cancel { seat } => chronicle::Input::Cancel { seat },
            Input::Edit { seat, change } => chronicle::Input::Edit { seat, edit: D::edit(change) },
            Input::Save { seat } => chronicle::Input::Save { seat },
            Input::Leave { seat } => chronicle::Input::Release { seat },
            // A server that hears no message is challenged in vain, and taken: it does not know it.
            Input::Subscribed { .. } | Input::Published { .. } => return,
            Input::Heard(message) => chronicle::Input::Heard(message),
            Input::Outside { .. } => return,
            Input::Close => chronicle::Input::Close,
            Input::Tick => chronicle::Input::Tick,
            Input::Replied { op, result, random } => {
                let pending = self.calls.take(op);
                let result = result
                    .map_err(store_error)
                    .map(|_| pending.outcome.expect("a call that succeeded has run its transform"));
                chronicle::Input::Replied { op: pending.op, result, random }
            }
        };
        self.drive(now, input, out);
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Stored<D>>>,
    ) -> Decision<Stored<D>> {
        let pending = self.calls.of_mut(op);
        let transformed = pending.update.apply(found.map(|found| found.value), now.wall);
        pending.outcome = Some(transformed.outcome);
        match transformed.write {
            Some(record) => Decision::Write(Write::plain(Stored::Record(record))),
            None => Decision::Cancel,
        }
    }

    fn forget(&mut self, op: Op) {
        self.calls.take(op);
    }

    fn deadline(&self) -> Option<Instant> {
        self.store.deadline()
    }

    fn owns(&self, seat: Seat, now: Now) -> bool {
        self.store.is_active(seat, now)
    }

    fn view(stored: &Stored<D>) -> Option<View> {
        let Stored::Record(record) = stored else { return None };
        Some(View {
            owner: Some((record.lease.owner.job, record.lease.owner.session.0)),
            generation: Some(record.lease.generation.0),
            commit: Some(record.metadata.commit.0),
            released: record.lease.released,
            edits: record.data.edits(),
        })
    }

    fn size(stored: &Stored<D>) -> u64 {
        match stored {
            Stored::Record(record) => RECORD.len() as u64 + record.data.size(),
            Stored::NotARecord => "null".len() as u64,
        }
    }

    fn holdings(stored: &Stored<D>, out: &mut Holdings) {
        if let Stored::Record(record) = stored {
            record.data.holdings(out);
        }
    }

    fn profile(&self, seat: Seat, out: &mut Holdings) {
        if let Some(data) = self.store.data(seat) {
            data.holdings(out);
        }
    }

    fn status(&self) -> Option<&'static str> {
        Some(self.store.status().mode.name())
    }

    fn due(&self) -> Option<Seat> {
        self.store.due()
    }

    fn warm(&self) {
        warm::value(&self.calls);
        self.store.warm();
    }

    fn warm_seat(&self, seat: Seat) {
        self.calls.warm_free();
        self.store.warm_seat(seat);
    }

    fn warm_session(&self, seat: Seat) {
        self.calls.warm_next();
        self.store.warm_session(seat);
    }

    fn warm_call(&self, op: Op) {
        self.calls.warm(op);
    }

    fn damage(stored: &mut Stored<D>, word: u32) {
        let Stored::Record(Record { schema, data, integrity, .. }) = stored else { return };
        match word % 4 {
            0 => data.damage(),
            1 => *integrity = None,
            2 => *schema += 1,
            _ => *stored = Stored::NotARecord,
        }
    }
}

impl Message for chronicle::Message {
    fn kind(&self) -> MessageKind {
        match self {
            chronicle::Message::Challenge { .. } => MessageKind::Challenge,
            chronicle::Message::Answer { .. } => MessageKind::Answer,
        }
    }

    fn key(&self) -> Option<Key> {
        match self {
            chronicle::Message::Challenge { key, .. } | chronicle::Message::Answer { key, .. } => {
                Some(*key)
            }
        }
    }

    /// A key's name, a lease and an owner in JSON: about 200 bytes, far from the limit.
    fn size(&self) -> u32 {
        200
    }
}

impl<D: GameDocument> Chronicle<D> {
    fn drive(
        &mut self,
        now: Now,
        input: chronicle::Input<D>,
        out: &mut Vec<Effect<chronicle::Message>>,
    ) {
        let mut effects = Effects::new();
        self.store.on(now, input, &mut effects);
        for effect in effects.drain() {
            match effect {
                chronicle::Effect::Call(call) if call.mode == Mode::Simulation && !self.shared => {
                    self.remember(now, call, out);
                }
                chronicle::Effect::Call(call) => {
                    let (seat, place) = (Some(call.op.seat), Place::Player(call.key));
                    let (kind, attempt) = (call.kind.into(), call.attempt);
                    let pending = Pending { op: call.op, update: call.update, outcome: None };
                    let (op, request) = (self.calls.add(pending), Request::Update);
                    out.push(Effect::Call { op, place, seat, request, kind, attempt });
                }
                chronicle::Effect::Subscribe(job) => out.push(Effect::Subscribe(topic(job))),
                chronicle::Effect::Publish { to, message } => {
                    let topic = topic(to);
                    out.push(Effect::Publish { topic, message, awaited: false });
                }
                chronicle::Effect::Tell { seat, notice } => {
                    let notice = self.notice(seat, notice);
                    out.push(Effect::Tell { seat, notice });
                }
                chronicle::Effect::ShortCircuited { seat, kind } => {
                    out.push(Effect::ShortCircuited { seat, kind: kind.into() });
                }
            }
        }
    }

    /// A call of a server without a datastore: its own memory answers at once.
    fn remember(
        &mut self,
        now: Now,
        call: chronicle::Call<D>,
        out: &mut Vec<Effect<chronicle::Message>>,
    ) {
        let transformed = call.update.apply(self.memory.get(&call.key), now.wall);
        if let Some(record) = transformed.write {
            self.memory.insert(call.key, Stored::Record(record));
        }
        let reply =
            chronicle::Input::Replied { op: call.op, result: Ok(transformed.outcome), random: 0 };
        self.drive(now, reply, out);
    }

    fn notice(&self, seat: Seat, notice: chronicle::Notice) -> Notice {
        match notice {
            chronicle::Notice::Loaded(load) => Notice::Granted {
                how: causes::taken(load.how),
                edits: self.store.data(seat).map_or(0, GameDocument::edits),
                calls: load.calls,
                retries: load.retries,
            },
            chronicle::Notice::StartFailed(error) => {
                Notice::Rejected { reason: causes::start_error(error) }
            }
            chronicle::Notice::LeaseConflict(resolution) => {
                Notice::Conflict { resolution: causes::resolution(resolution) }
            }
            chronicle::Notice::Saved(_) => Notice::Saved,
            chronicle::Notice::SaveReturned { callers, result } => {
                Notice::SaveReturned { callers, result: result.map_err(causes::save_error) }
            }
            chronicle::Notice::EditRefused => Notice::EditRefused,
            chronicle::Notice::Corrupted(corruption) => {
                Notice::Corrupted { kind: causes::corruption(corruption) }
            }
            chronicle::Notice::CircuitOpened(opening) => Notice::CircuitOpened {
                reason: causes::opening(opening.reason),
                timeout_us: micros(opening.timeout),
                stats: CircuitStats {
                    consecutive_failures: opening.consecutive_failures,
                    failed: opening.failed,
                    samples: opening.samples,
                },
            },
            chronicle::Notice::CircuitClosed => Notice::CircuitClosed,
            chronicle::Notice::LeaseLost { loss, .. } => {
                Notice::Lost { reason: causes::lost(loss) }
            }
            chronicle::Notice::Released { saved } => Notice::Released { saved },
            chronicle::Notice::ReleaseAbandoned { .. } => Notice::Abandoned,
            chronicle::Notice::Ended => Notice::Ended,
            chronicle::Notice::FellBack => Notice::FellBack,
        }
    }
}

/// A record's JSON around its data, with numbers as long as they get and a job id as Roblox has
/// them: throughput is counted in whole kilobytes, so a digit more or less is no matter.
const RECORD: &str = concat!(
    r#"{"Schema":1,"Data":,"Metadata":{"Key":"Player_1234567890","SessionId":"1234567890","#,
    r#""Generation":12345,"Commit":1234567,"Payload":12345,"CreatedAt":1767225600,"#,
    r#""UpdatedAt":1767225600},"Lease":{"Owner":"00000000-0000-0000-0000-000000000000","#,
    r#""Session":1234567,"ExpiresAt":1767225600,"Generation":12345,"Released":false},"#,
    r#""Integrity":"0123456789abcdef"}"#,
);

/// What the core makes of an error: of a throttle it knows that nothing was written.
fn store_error(error: Error) -> StoreError {
    if error.is_throttle() { StoreError::Throttled } else { StoreError::Failed }
}

/// Every server process has a topic of its own.
fn topic(job: JobId) -> Topic {
    Topic(u64::from(job.0))
}
