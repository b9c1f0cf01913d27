//! Calls: one queue for each key, and where answers go (sections 5.1 and 5.2).
//!
//! Whoever is answered lets the next one of the queue go first, and looks at the answer then. In
//! memory, the next one may be over before it is back: it has let the one after it go by then.

use super::{Machine, Store};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Key, OpId, Seat};
use crate::profile_store::api::{
    Call, DataStoreState, Effect, Method, Mode, Purpose, Response, Token,
};
use crate::profile_store::caller::Task;
use crate::profile_store::notice::{Notice, StoreError};
use crate::profile_store::record::Record;
use crate::profile_store::update::Update;
use crate::time::Now;

/// A call that is queued or under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    token: Token,
    request: Method,
    attempt: u32,
    issued: bool,
    /// Its thread was cancelled: nobody will let the queue go on.
    dead: bool,
}

#[cfg(test)]
impl Flight {
    /// Whether it is a call that has its key.
    pub(super) fn is_under_way(&self, token: Token) -> bool {
        self.token == token && self.issued && is_queued(self.request)
    }
}

/// What has become of a call that had its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Issued {
    UnderWay,
    /// It was one in memory, and its transform has raised.
    Over,
}

/// The seat of the calls that are nobody's: the probe's. No caller has it.
const NOBODY: Seat = Seat(u32::MAX);

impl<D: Document> Store<D> {
    /// Asks whether there is access, in Studio.
    pub(super) fn probe(&mut self, out: &mut Effects<Effect<D>>) {
        let op = OpId { seat: NOBODY, nth: 1 };
        let token = Token { mode: Mode::Live, key: Key(0) };
        let request = Method::Probe;
        self.flights.insert(op, Flight { token, request, attempt: 0, issued: true, dead: false });
        out.push(Effect::Call(Call { op, key: token.key, attempt: 0, request }));
    }

    /// Makes a call, as soon as its key is free. Lists of versions wait for nobody.
    pub(super) fn enqueue(
        &mut self,
        now: Now,
        op: OpId,
        request: Method,
        attempt: u32,
        out: &mut Effects<Effect<D>>,
    ) {
        let token = self.slot(op.seat).token;
        self.flights.insert(op, Flight { token, request, attempt, issued: false, dead: false });
        if is_queued(request) {
            let queue = self.queues.entry(token).or_default();
            queue.push_back(op);
            if queue.len() > 1 {
                return;
            }
        }
        if self.issue(now, op, out) == Issued::Over {
            self.replied(now, op, Err(StoreError::Threw), out);
        }
    }

    fn issue(&mut self, now: Now, op: OpId, out: &mut Effects<Effect<D>>) -> Issued {
        let Some(flight) = self.flights.get_mut(&op).filter(|flight| !flight.dead) else {
            // A dead thread was given the key, and will keep it (hazard H-G2).
            return Issued::UnderWay;
        };
        flight.issued = true;
        let Flight { token, request, attempt, .. } = *flight;
        if token.mode == Mode::Live {
            out.push(Effect::Call(Call { op, key: token.key, attempt, request }));
            return Issued::UnderWay;
        }
        match request {
            Method::Update(_) => {
                let Some(update) = self.update(op) else { return Issued::UnderWay };
                if self.mock.update(&self.rules, now, op, token, &update).is_err() {
                    return Issued::Over;
                }
            }
            Method::Remove => self.mock.remove(&self.rules, now, op, token),
            // There are no versions in memory; nobody asks for them either.
            _ => self.mock.get(&self.rules, now, op, token, &self.template),
        }
        Issued::UnderWay
    }

    /// The transform of a call as it stands now: data is taken, and a wish to stop is heard, when
    /// the datastore runs it. None if there is nobody left to run it; the call then writes nothing
    /// \[I\].
    pub fn update(&self, op: OpId) -> Option<Update<D>> {
        let flight = self.flights.get(&op).filter(|flight| flight.issued && !flight.dead)?;
        match (self.machine(op.seat)?, flight.request) {
            (Machine::Start(start), Method::Update(Purpose::Load)) => {
                Some(Update::Load(start.update(self.context(), &self.template)))
            }
            (Machine::Profile(profile), Method::Update(Purpose::Save(kind))) => {
                Some(Update::Save(profile.update(self.host.me, kind)))
            }
            (Machine::Caller(caller), Method::Update(Purpose::Message)) => match &caller.task {
                Task::Message(payload) => Some(Update::Message {
                    payload: payload.clone(),
                    kept: self.rules.max_message_queue,
                }),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn replied(
        &mut self,
        now: Now,
        op: OpId,
        result: Result<Response<D>, StoreError>,
        out: &mut Effects<Effect<D>>,
    ) {
        let Some(flight) = self.flights.get(&op).copied() else { return };
        if !flight.issued || flight.dead {
            return;
        }
        self.flights.remove(&op);
        let mut over = Vec::new();
        if is_queued(flight.request) {
            self.release(now, flight.token, &mut over, out);
        }
        // Each has let the next one go before it looks at its own answer.
        for (op, flight) in over.into_iter().rev() {
            self.answered_with(now, (op, flight), Err(StoreError::Threw), out);
        }
        self.answered_with(now, (op, flight), result, out);
    }

    fn answered_with(
        &mut self,
        now: Now,
        (op, flight): (OpId, Flight),
        result: Result<Response<D>, StoreError>,
        out: &mut Effects<Effect<D>>,
    ) {
        // An answer to some other question is as good as none.
        let result = result.and_then(|response| match (&response, flight.request) {
            (Response::Updated(_), Method::Update(_))
            | (Response::Got(_), Method::Get | Method::GetVersion(_))
            | (Response::Page { .. }, Method::ListVersions(_) | Method::NextPage)
            | (Response::Done, Method::Remove | Method::Probe) => Ok(response),
            _ => Err(StoreError::Failed),
        });
        self.report(now, flight, &result, out);
        match flight.request {
            Method::Update(Purpose::Load) => self.loaded(now, op.seat, written(result), out),
            Method::Update(Purpose::Save(_)) => self.saved(now, op, written(result), out),
            Method::GetVersion(_) if matches!(self.machine(op.seat), Some(Machine::Next(_))) => {
                self.next_answered(now, op.seat, result);
            }
            Method::Update(Purpose::Message)
            | Method::Get
            | Method::GetVersion(_)
            | Method::Remove => self.caller_answered(now, op.seat, result, out),
            Method::ListVersions(_) | Method::NextPage => {
                let page = match result {
                    Ok(Response::Page { versions, last }) => Some((versions, last)),
                    _ => None,
                };
                self.paged(now, op, page, out);
            }
            Method::Probe => {
                let state = match result {
                    Err(StoreError::ConnectFail) => DataStoreState::NoInternet,
                    Err(StoreError::Forbidden) => DataStoreState::NoAccess,
                    // Any other error counts as access.
                    Ok(_) | Err(_) => DataStoreState::Access,
                };
                self.known(state, Some(self.seen_at(now)));
            }
        }
    }

    /// The next call of the queue goes out; and the one after it, if that one is over at once.
    fn release(
        &mut self,
        now: Now,
        token: Token,
        over: &mut Vec<(OpId, Flight)>,
        out: &mut Effects<Effect<D>>,
    ) {
        while let Some(queue) = self.queues.get_mut(&token) {
            queue.pop_front();
            let Some(next) = queue.front().copied() else {
                self.queues.remove(&token);
                return;
            };
            if self.issue(now, next, out) == Issued::UnderWay {
                return;
            }
            over.extend(self.flights.remove(&next).map(|flight| (next, flight)));
        }
    }

    /// What the library says of a call that it has wrapped: an error, or a malformed value that was
    /// replaced (sections 5.2 and 5.4).
    fn report(
        &mut self,
        now: Now,
        flight: Flight,
        result: &Result<Response<D>, StoreError>,
        out: &mut Effects<Effect<D>>,
    ) {
        let (seat, key) = (Seat(0), flight.token.key);
        match (flight.request, result) {
            (Method::Update(_) | Method::Get, Err(error)) => {
                self.critical.issue(now.mono, self.heard_at(now));
                out.push(Effect::Tell { seat, notice: Notice::Error { key, error: *error } });
            }
            (Method::Update(_), Ok(Response::Updated(record)))
                if record.overwritten == Some(true) =>
            {
                out.push(Effect::Tell { seat, notice: Notice::Overwritten(key) });
            }
            _ => {}
        }
    }

    /// A thread is cancelled. What it had to do will not be done, the letting go of a queue
    /// included.
    pub(super) fn kill(&mut self, seat: Seat) {
        let dead = match self.machine(seat) {
            Some(Machine::Start(_) | Machine::Caller(_)) => {
                OpId { seat, nth: 0 }..=OpId { seat, nth: u32::MAX }
            }
            // Of what it waits for, it does itself no more than fetch a page.
            Some(Machine::Next(call)) => {
                let query = self.query(call.query);
                let page = query.and_then(|query| query.fetched_by(seat));
                let none = OpId { seat: NOBODY, nth: 0 };
                page.map_or(none..=none, |op| op..=op)
            }
            _ => return,
        };
        for (_, flight) in self.flights.range_mut(dead) {
            flight.dead = true;
        }
        self.slot(seat).machine = Machine::Dead;
        self.waiting.retain(|waiting| *waiting != seat);
        self.rearm(seat);
    }
}

fn written<D: Document>(result: Result<Response<D>, StoreError>) -> Option<Box<Record<D>>> {
    match result {
        Ok(Response::Updated(record)) => Some(record),
        _ => None,
    }
}

fn is_queued(request: Method) -> bool {
    match request {
        Method::Update(_) | Method::Get | Method::GetVersion(_) | Method::Remove => true,
        Method::ListVersions(_) | Method::NextPage | Method::Probe => false,
    }
}
