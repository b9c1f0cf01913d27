//! ProfileStore as a library of the world: the core's store, the transforms of its calls, and the
//! game around it, which does what the library's own example does.
//!
//! The example asks whether a profile is active before it changes it, throws a player out when
//! their session ends, and ends the session of one who is gone by the time it begins. What the
//! library does not tell its game, such as how it came by a lock, is told to the world all the
//! same, by name: it is for reports only.

mod causes;

use super::{
    CallKind, Contract, Decision, Effect, Found, GameDocument, GameSave, Holdings, Input, Library,
};
use super::{Error, Message, Notice, Op, Outside, Place, Request, Topic, View, Write};
use crate::slab::Slab;
use causes::{Amiss, Came, Deaf, Ousted, Wait};
use leasehold_core::profile_store::{self as core, Active, DataStoreState, Host, Params, Purpose};
use leasehold_core::profile_store::{Reason, Record, Refusal, Response, Rules, SaveKind, Server};
use leasehold_core::profile_store::{
    SessionGuid, Signal, Store, StoreError, Stored, Taken, Update,
};
use leasehold_core::{Effects, Instant, JobId, Key, Now, OpId, Seat, warm};
use std::collections::VecDeque;

/// The library's numbers, and how the game around it uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The library's.
    pub rules: Rules,
    /// Whether starts have a `Cancel` that is true once their player is gone.
    pub cancel: bool,
}

/// One server's ProfileStore, and its game.
pub struct ProfileStore<D: GameDocument = GameSave> {
    store: Store<D>,
    cancel: bool,
    calls: Slab<Op, Pending<D>>,
    seats: Vec<SeatState>,
}

struct Pending<D: GameDocument> {
    op: OpId,
    kind: CallKind,
    written: Option<Box<Record<D>>>,
    /// What a `GetAsync` has found.
    found: Option<Box<Stored<D>>>,
    /// How many `Save()`s had been called when its transform ran: it brings what they are about.
    savers: u32,
}

/// What the game, and whoever watches, know of a seat.
#[derive(Clone, Default)]
struct SeatState {
    key: Key,
    /// It is not a session's: somebody looks at a record, or changes it, without one.
    outside: Option<Looks>,
    /// The player is gone.
    unwanted: bool,
    /// The start has found another's lock.
    contested: bool,
    /// How it came by the lock, if it has made a call for it itself.
    taken: Option<Taken>,
    /// The topic that the record names.
    topic: Option<SessionGuid>,
    /// The topic of the last call that took the lock, perhaps without knowing it.
    took: Option<SessionGuid>,
    retries: u32,
    loaded: bool,
    /// Why the session ends, if the library has said that it does.
    ends: Option<Reason>,
    over: bool,
    /// The game was told that it was released.
    released: bool,
    /// `Save()`s whose data the game has not seen among what was saved yet.
    savers: u32,
    /// Of the save that is being answered: how many of them it brought, and whether it was written.
    answered: (u32, bool),
}

/// A method of the library that was called without a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    /// The view that comes of it is written later.
    ToWrite,
    /// Nothing comes of it.
    Only,
}

/// A message, with the topic that it was published to and the key that it is about.
#[derive(Clone, Copy, Debug)]
pub struct ProfileStoreMessage {
    guid: SessionGuid,
    key: Key,
    end_request: core::EndRequest,
}

const ASKED_BY_MESSAGE: &str = "an owner was asked to leave by message";
const ASKED_ON_SAVE: &str = "an owner found on a save that it was asked to leave";
const ASSUMED_DEAD: &str = "an owner was assumed to be dead";
const NOT_SUBSCRIBED: &str = "a session was not subscribed";
const INTERRUPTED: &str = "a waiter was interrupted";
const STOLEN: &str = "a lock was stolen";
const ZOMBIE: &str = "a profile became a zombie";

/// All servers of a game run the same place.
const PLACE: u32 = 1;

impl<D: GameDocument> Library for ProfileStore<D> {
    type Config = Settings;
    type Stored = Stored<D>;
    type Message = ProfileStoreMessage;

    const NAME: &'static str = "profile_store";
    const TITLE: &'static str = "ProfileStore";
    const CACHED_READS: bool = false;
    const OPERATES: bool = true;
    const MARKS: &'static [&'static str] = &[
        ASKED_BY_MESSAGE,
        ASKED_ON_SAVE,
        ASSUMED_DEAD,
        NOT_SUBSCRIBED,
        INTERRUPTED,
        STOLEN,
        ZOMBIE,
    ];

    fn new(settings: &Settings, job: JobId) -> ProfileStore<D> {
        let host = Host { me: Server { place: PLACE, job }, life: job };
        ProfileStore {
            store: Store::new(settings.rules, D::template(), host),
            cancel: settings.cancel,
            calls: Slab::new(),
            seats: Vec::new(),
        }
    }

    /// It counts its sessions, and promises nothing about time: starts may wait for ever, and so
    /// may calls.
    fn contract(_: &Settings) -> Contract {
        Contract { fenced: true, echoes: true, calls_are_exclusive: true, ..Contract::default() }
    }

    fn on(
        &mut self,
        now: Now,
        input: Input<ProfileStoreMessage>,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) {
        let input = match input {
            Input::Open { datastore: true, .. } => {
                core::Input::Open { state: DataStoreState::Access }
            }
            Input::Open { datastore: false, .. } => {
                out.push(tell(Seat(0), Notice::FellBack));
                core::Input::Open { state: DataStoreState::NoAccess }
            }
            Input::Join { seat, key } => {
                *self.seat_state(seat) = SeatState { key, ..SeatState::default() };
                let params = Params { cancel: self.cancel, ..Params::default() };
                core::Input::Start { seat, key, params }
            }
            Input::Cancel { seat } | Input::Leave { seat } => {
                self.seat_state(seat).unwanted = true;
                match self.store.profile(seat) {
                    Some(_) => core::Input::EndSession { seat },
                    None => core::Input::Cancel { seat },
                }
            }
            Input::Outside { seat, key, what, last } => self.outside((seat, key), what, last),
            Input::Edit { seat, .. } if !self.store.is_active(seat) => {
                return out.push(tell(seat, Notice::EditRefused));
            }
            Input::Edit { seat, change } => core::Input::Edit { seat, edit: D::edit(change) },
            Input::Save { seat } => {
                self.seat_state(seat).savers += 1;
                core::Input::Save { seat }
            }
            Input::Published { .. } => return,
            Input::Subscribed { topic, ok } => core::Input::Subscribed { guid: guid(topic), ok },
            Input::Heard(ProfileStoreMessage { guid, end_request, .. }) => {
                core::Input::Heard { guid, end_request }
            }
            Input::Close => core::Input::Close,
            Input::Tick => core::Input::Tick,
            Input::Replied { op, result, .. } => {
                return self.replied(now, op, result.map(drop), out);
            }
        };
        let unsubscribed = matches!(input, core::Input::Subscribed { ok: false, .. });
        if unsubscribed {
            out.push(tell(Seat(0), Notice::Remark { mark: NOT_SUBSCRIBED }));
        }
        let why = match input {
            core::Input::Heard { .. } => Ousted::ByMessage,
            _ => Ousted::OnSave,
        };
        self.drive(now, input, why, out);
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Stored<D>>>,
    ) -> Decision<Stored<D>> {
        let pending = self.calls.of_mut(op);
        // Of a thread that is gone nothing is left that could be run.
        let Some(update) = self.store.update(pending.op) else { return Decision::Throw };
        let Ok(written) = update.apply(found.map(|found| found.value), now.wall) else {
            return Decision::Throw;
        };
        pending.written = Some(Box::new(written.record.clone()));
        let seat = pending.op.seat;
        pending.savers = self.seats.get(seat.0 as usize).map_or(0, |seat_state| seat_state.savers);
        if let Update::Load(_) = update {
            let (active, taken) = (written.record.active(), written.taken);
            let seat_state = self.seat_state(seat);
            (seat_state.taken, seat_state.topic) = (taken, active.topic());
            if taken.is_some_and(|taken| taken != Taken::Own) {
                seat_state.took = active.topic();
            }
            seat_state.contested |= taken.is_none() && matches!(active, Active::Session { .. });
        }
        Decision::Write(Write::plain(Stored::Record(written.record)))
    }

    fn read(&mut self, op: Op, _: Now, found: Option<Found<'_, Stored<D>>>) {
        self.calls.of_mut(op).found = found.map(|found| Box::new(found.value.clone()));
    }

    fn forget(&mut self, op: Op) {
        self.calls.take(op);
    }

    fn deadline(&self) -> Option<Instant> {
        self.store.deadline()
    }

    fn owns(&self, seat: Seat, _: Now) -> bool {
        self.store.is_active(seat)
    }

    fn view(stored: &Stored<D>) -> Option<View> {
        let Stored::Record(Record { data: Some(data), meta: Some(meta), updates: Some(_), .. }) =
            stored
        else {
            return None;
        };
        let owner = match meta.active {
            Active::Session { server, topic } => {
                Some((server.job, topic.map_or(0, |guid| guid.nth)))
            }
            Active::Nobody | Active::Text | Active::Scalar => None,
        };
        Some(View {
            owner,
            generation: meta.loads,
            commit: None,
            released: owner.is_none(),
            edits: data.edits(),
        })
    }

    fn size(stored: &Stored<D>) -> u64 {
        match stored {
            Stored::Record(record) => {
                RECORD.len() as u64 + record.data.as_ref().map_or(0, GameDocument::size)
            }
            Stored::NotATable => "false".len() as u64,
        }
    }

    fn holdings(stored: &Stored<D>, out: &mut Holdings) {
        if let Stored::Record(Record { data: Some(data), .. }) = stored {
            data.holdings(out);
        }
    }

    fn profile(&self, seat: Seat, out: &mut Holdings) {
        if let Some(data) = self.store.data(seat) {
            data.holdings(out);
        }
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
        warm::row(&self.seats, seat.0 as usize);
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
        let Stored::Record(record) = stored else { return };
        match word % 4 {
            // Nothing tells it: the library has no way to see that its data was changed.
            0 => {
                if let Some(data) = &mut record.data {
                    data.damage();
                }
            }
            1 => record.meta = None,
            2 => record.updates = None,
            _ => *stored = Stored::NotATable,
        }
    }
}

/// What the library sends to an owner is a challenge: it wants something of it.
impl Message for ProfileStoreMessage {
    fn key(&self) -> Option<Key> {
        Some(self.key)
    }

    /// A number and a flag in JSON.
    fn size(&self) -> u32 {
        40
    }
}

impl<D: GameDocument> ProfileStore<D> {
    fn seat_state(&mut self, seat: Seat) -> &mut SeatState {
        let nth = seat.0 as usize;
        if nth >= self.seats.len() {
            self.seats.resize_with(nth + 1, SeatState::default);
        }
        &mut self.seats[nth]
    }

    /// What a call without a session is to the library.
    fn outside(&mut self, (seat, key): (Seat, Key), what: Outside, last: bool) -> core::Input<D> {
        let mock = false;
        if what == Outside::Overwrite {
            self.seat_state(seat).outside = Some(Looks::Only);
            // What has not been read by now is not written.
            return core::Input::Set { seat };
        }
        let looks = if last { Looks::Only } else { Looks::ToWrite };
        *self.seat_state(seat) = SeatState { key, outside: Some(looks), ..SeatState::default() };
        match what {
            Outside::Read | Outside::Overwrite => {
                core::Input::Get { seat, key, version: None, mock }
            }
            Outside::Remove => core::Input::Remove { seat, key, mock },
            Outside::Message => {
                let payload = D::edit(super::Change::Earn);
                core::Input::Message { seat, key, payload, mock }
            }
        }
    }

    fn replied(
        &mut self,
        now: Now,
        op: Op,
        result: Result<(), Error>,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) {
        let pending = self.calls.take(op);
        let seat = pending.op.seat;
        let mut corrupted = false;
        let result = match (result, pending.written) {
            (Ok(()), Some(record)) => {
                corrupted = record.overwritten == Some(true);
                Ok(Response::Updated(record))
            }
            (Ok(()), None) if pending.kind == CallKind::Read => Ok(Response::Got(pending.found)),
            (Ok(()), None) if pending.kind == CallKind::Remove => Ok(Response::Done),
            // A transform that threw may look like one that has cancelled.
            (Ok(()), None) => Err(StoreError::Threw),
            (Err(error), _) if error.is_throttle() => Err(StoreError::Throttled),
            (Err(_), _) => Err(StoreError::Failed),
        };
        let written = result.as_ref().is_ok_and(|written| self.is_mine(seat, written));
        let seat_state = self.seat_state(seat);
        seat_state.answered = (pending.savers, written);
        seat_state.retries += u32::from(pending.kind == CallKind::Acquire && result.is_err());
        let op = pending.op;
        let from = out.len();
        self.drive(now, core::Input::Replied { op, result }, Ousted::OnSave, out);
        if corrupted && self.seat_state(seat).outside.is_none() {
            let kind = causes::amiss(Amiss::Overwritten);
            tell_last(seat, Notice::Corrupted { kind }, from, out);
        }
    }

    /// Whether what a save came back with is the profile's own: then `LastSavedData` has what the
    /// game looks for.
    fn is_mine(&self, seat: Seat, written: &Response<D>) -> bool {
        let (Response::Updated(record), Some(profile)) = (written, self.store.profile(seat)) else {
            return false;
        };
        record.meta.is_some_and(|meta| meta.loads == Some(profile.loads))
    }

    /// Hands an input to the store. `why` is what brings an owner to end its session for another
    /// server, if this input does.
    fn drive(
        &mut self,
        now: Now,
        input: core::Input<D>,
        why: Ousted,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) {
        let mut effects = Effects::new();
        let mut then = VecDeque::new();
        self.store.on(now, input, &mut effects);
        for effect in effects.drain() {
            match effect {
                core::Effect::Call(call) => self.call(call, out),
                core::Effect::Subscribe { guid, .. } => out.push(Effect::Subscribe(topic(guid))),
                core::Effect::Unsubscribe(guid) => out.push(Effect::Unsubscribe(topic(guid))),
                core::Effect::Publish { seat, guid, end_request } => {
                    let message =
                        ProfileStoreMessage { guid, key: self.seat_state(seat).key, end_request };
                    out.push(Effect::Publish { topic: topic(guid), message, awaited: false });
                }
                core::Effect::Tell { seat, notice } => {
                    then.extend(self.hears(seat, notice, why, out));
                }
            }
        }
        for input in then {
            self.drive(now, input, why, out);
        }
    }

    fn call(&mut self, call: core::Call, out: &mut Vec<Effect<ProfileStoreMessage>>) {
        let (request, kind) = match call.request {
            core::Method::Update(purpose) => (Request::Update, kind(purpose)),
            // An assumption: whoever looks from outside does not want what the cache has.
            core::Method::Get => (Request::Get { use_cache: false }, CallKind::Read),
            core::Method::Remove => (Request::Remove, CallKind::Remove),
            _ => unreachable!("{METHODS}"),
        };
        let (seat, attempt) = (call.op.seat, call.attempt);
        let place = Place::Player(self.seat_state(seat).key);
        let pending = Pending { op: call.op, kind, written: None, found: None, savers: 0 };
        let (op, seat) = (self.calls.add(pending), Some(seat));
        out.push(Effect::Call { op, place, seat, request, kind, attempt });
    }

    /// The game hears something of the library, and may do something about it at once.
    fn hears(
        &mut self,
        seat: Seat,
        notice: core::Notice<D>,
        why: Ousted,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) -> Option<core::Input<D>> {
        match notice {
            core::Notice::Loaded(load) => {
                // The player of a start that was granted may be gone.
                let unwanted = self.loaded(seat, load.calls, out);
                return unwanted.then_some(core::Input::EndSession { seat });
            }
            core::Notice::Got(true) | core::Notice::SetReturned
                if self.seat_state(seat).outside == Some(Looks::Only) =>
            {
                return Some(core::Input::Forget { seat });
            }
            core::Notice::Refused(refusal) => self.refused(seat, refusal, out),
            core::Notice::LastSave(reason) => self.seat_state(seat).ends = Some(reason),
            core::Notice::Fired(Signal::OnSessionEnd) => self.ends(seat, why, out),
            core::Notice::Fired(Signal::OnAfterSave) => self.saved(seat, out),
            core::Notice::Ended => out.push(tell(seat, Notice::Ended)),
            // The game in this world has no use for the others, or does not ask for what they
            // answer.
            core::Notice::Fired(Signal::OnSave | Signal::OnLastSave)
            | core::Notice::Delivered { .. }
            | core::Notice::MessageReturned(_)
            | core::Notice::Got(_)
            | core::Notice::SetReturned
            | core::Notice::Removed(_)
            | core::Notice::Complaint(_)
            | core::Notice::Error { .. }
            | core::Notice::Overwritten(_)
            | core::Notice::Critical(_)
            | core::Notice::HeartbeatRaised
            | core::Notice::Closed => {}
        }
        None
    }

    fn loaded(
        &mut self,
        seat: Seat,
        calls: u32,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) -> bool {
        let listens = self.store.profile(seat).and_then(|profile| profile.guid());
        let edits = self.store.data(seat).map_or(0, GameDocument::edits);
        let live = self.store.state() == DataStoreState::Access;
        let other = if live { Came::Shared } else { Came::Memory };
        let seat_state = self.seat_state(seat);
        seat_state.loaded = true;
        let (key, retries, unwanted) = (seat_state.key, seat_state.retries, seat_state.unwanted);
        let (taken, contested) = (seat_state.taken, seat_state.contested);
        let deaf = match taken {
            None => Some(Deaf::Shared),
            Some(_) if seat_state.topic == listens => None,
            Some(_) if seat_state.topic == seat_state.took => Some(Deaf::TakenBack),
            Some(_) => Some(Deaf::Reloaded),
        };
        let how = causes::came(taken.map_or(other, Came::By));
        let resolution = match taken {
            Some(Taken::AssumedDead | Taken::Stolen | Taken::Forced) => Some(how),
            _ if contested => Some(causes::waited(Wait::HandedOver)),
            _ => None,
        };
        out.extend(resolution.map(|resolution| tell(seat, Notice::Conflict { resolution })));
        out.push(tell(seat, Notice::Granted { how, edits, calls, retries }));
        let remark = match taken {
            Some(Taken::AssumedDead) => Some(ASSUMED_DEAD),
            Some(Taken::Stolen) => Some(STOLEN),
            _ => None,
        };
        out.extend(remark.map(|mark| tell(seat, Notice::Remark { mark })));
        if let Some(deaf) = deaf.filter(|_| live) {
            out.push(tell(seat, Notice::Unheard { why: causes::deaf(deaf) }));
            out.push(tell(seat, Notice::Remark { mark: NOT_SUBSCRIBED }));
        }
        self.replaces(seat, key, out);
        unwanted
    }

    /// Another profile of the key on this server that was active is not any more, and nobody tells
    /// it (hazard H-E2).
    fn replaces(&mut self, seat: Seat, key: Key, out: &mut Vec<Effect<ProfileStoreMessage>>) {
        for (nth, seat_state) in self.seats.iter_mut().enumerate() {
            let other = Seat(nth as u32);
            let was_active =
                seat_state.loaded && !seat_state.over && seat_state.key == key && other != seat;
            if was_active && !self.store.is_active(other) {
                out.push(tell(other, Notice::Remark { mark: ZOMBIE }));
            }
        }
    }

    fn refused(
        &mut self,
        seat: Seat,
        refusal: Refusal,
        out: &mut Vec<Effect<ProfileStoreMessage>>,
    ) {
        if refusal == Refusal::Interrupted {
            out.push(tell(
                seat,
                Notice::Conflict { resolution: causes::waited(Wait::Interrupted) },
            ));
            out.push(tell(seat, Notice::Remark { mark: INTERRUPTED }));
        }
        out.push(tell(seat, Notice::Rejected { reason: causes::refusal(refusal) }));
    }

    /// `OnSessionEnd`. Without a last save before it, the lock is lost.
    fn ends(&mut self, seat: Seat, why: Ousted, out: &mut Vec<Effect<ProfileStoreMessage>>) {
        let seat_state = self.seat_state(seat);
        seat_state.over = true;
        let ousted = match seat_state.ends {
            Some(Reason::Manual | Reason::Shutdown) => return,
            Some(Reason::External) => why,
            None => Ousted::Taken,
        };
        let mark = match ousted {
            Ousted::ByMessage => Some(ASKED_BY_MESSAGE),
            Ousted::OnSave => Some(ASKED_ON_SAVE),
            Ousted::Taken => None,
        };
        if seat_state.loaded {
            out.push(tell(seat, Notice::Lost { reason: causes::ousted(ousted) }));
            out.extend(mark.map(|mark| tell(seat, Notice::Remark { mark })));
        }
    }

    /// `OnAfterSave`: what the library calls saved. The game believes it, although it is fired too
    /// when the answer has shown that the lock is lost.
    fn saved(&mut self, seat: Seat, out: &mut Vec<Effect<ProfileStoreMessage>>) {
        let seat_state = self.seat_state(seat);
        if !seat_state.loaded {
            return;
        }
        let (brought, mine) = std::mem::take(&mut seat_state.answered);
        let callers = brought.min(seat_state.savers);
        seat_state.savers -= callers;
        // A save that was on its way when the session was ended is answered too.
        let ended = matches!(seat_state.ends, Some(Reason::Manual | Reason::Shutdown));
        let released = ended && !std::mem::replace(&mut seat_state.released, ended);
        out.push(tell(seat, Notice::Saved));
        if callers > 0 {
            let result = if mine { Ok(()) } else { Err(causes::amiss(Amiss::Lost)) };
            out.push(tell(seat, Notice::SaveReturned { callers, result }));
        }
        if released {
            out.push(tell(seat, Notice::Released { saved: false }));
        }
    }
}

fn tell(seat: Seat, notice: Notice) -> Effect<ProfileStoreMessage> {
    Effect::Tell { seat, notice }
}

/// Tells the game something of a seat after all else that came of the same input, as the world
/// looks at a seat with each word about it and how it was granted comes first; but before the seat
/// is free, after which there is nobody to tell.
fn tell_last(seat: Seat, notice: Notice, from: usize, out: &mut Vec<Effect<ProfileStoreMessage>>) {
    let frees = |effect: &Effect<ProfileStoreMessage>| match effect {
        Effect::Tell { seat: of, notice } => *of == seat && *notice == Notice::Ended,
        _ => false,
    };
    let at = out[from..].iter().position(frees).map_or(out.len(), |at| from + at);
    out.insert(at, tell(seat, notice));
}

fn topic(guid: SessionGuid) -> Topic {
    Topic(u64::from(guid.job.0) << 32 | u64::from(guid.nth))
}

fn guid(topic: Topic) -> SessionGuid {
    SessionGuid { job: JobId((topic.0 >> 32) as u32), nth: topic.0 as u32 }
}

/// What an `UpdateAsync` is for.
fn kind(purpose: Purpose) -> CallKind {
    match purpose {
        Purpose::Load => CallKind::Acquire,
        Purpose::Save(SaveKind::Save) => CallKind::Save,
        Purpose::Save(SaveKind::Final) => CallKind::Release,
        Purpose::Save(SaveKind::Overwrite) => CallKind::Overwrite,
        Purpose::Message => CallKind::Message,
    }
}

const METHODS: &str = "nobody here asks for old versions, nor runs in Studio";

/// A record's JSON around its data, with a job id and a GUID as Roblox has them.
const RECORD: &str = concat!(
    r#"{"Data":,"MetaData":{"ProfileCreateTime":1767225600,"SessionLoadCount":12345,"#,
    r#""ActiveSession":[1234567890,"00000000-0000-0000-0000-000000000000","#,
    r#""00000000-0000-0000-0000-000000000000"],"ForceLoadSession":[1234567890,"#,
    r#""00000000-0000-0000-0000-000000000000"],"LastUpdate":1767225600,"MetaTags":{}},"#,
    r#""GlobalUpdates":[0,[]],"RobloxMetaData":{},"UserIds":[],"WasOverwritten":false}"#,
);
