//! What people write first, as a library of the world: the core's store, and its calls.

mod causes;

use super::{
    CallKind, Decision, Effect, Found, GameDocument, GameSave, Holdings, Input, Library, Notice, Op,
};
use super::{Place, Request, View, Write};
use crate::slab::Slab;
use causes::Failure;
use leasehold_core::naive::{self, Failed, Rules, Store};
use leasehold_core::{Effects, Instant, JobId, Key, Now, OpId, Seat, warm};

/// One server's scripts.
pub struct Naive<D: GameDocument = GameSave> {
    store: Store<D>,
    calls: Slab<Op, Pending<D>>,
    /// The key of each seat.
    keys: Vec<Key>,
    /// Calls that will never be answered, until the next tick.
    unanswered: Vec<OpId>,
}

struct Pending<D> {
    op: OpId,
    /// What a write brings, until it is sent; what a read found.
    data: Option<D>,
}

impl<D: GameDocument> Library for Naive<D> {
    type Config = Rules;
    type Stored = D;
    type Message = ();

    const NAME: &'static str = "naive";

    fn new(rules: &Rules, _: JobId) -> Naive<D> {
        let store = Store::new(*rules, D::template());
        Naive { store, calls: Slab::new(), keys: Vec::new(), unanswered: Vec::new() }
    }

    fn on(&mut self, now: Now, input: Input<()>, out: &mut Vec<Effect<()>>) {
        for op in std::mem::take(&mut self.unanswered) {
            self.tell(now, naive::Input::Unanswered { op }, out);
        }
        let input = match input {
            Input::Open { .. }
            | Input::Subscribed { .. }
            | Input::Published { .. }
            | Input::Heard(())
            | Input::Outside { .. } => return,
            Input::Join { seat, key } => {
                let nth = seat.0 as usize;
                self.keys.resize(self.keys.len().max(nth + 1), key);
                self.keys[nth] = key;
                naive::Input::Start { seat }
            }
            Input::Cancel { seat } | Input::Leave { seat } => naive::Input::Release { seat },
            Input::Edit { seat, change } => naive::Input::Edit { seat, edit: D::edit(change) },
            Input::Save { seat } => naive::Input::Save { seat },
            Input::Close => naive::Input::Close,
            Input::Tick => naive::Input::Tick,
            Input::Replied { op, result, .. } => {
                let Pending { op, data } = self.calls.take(op);
                let result = result.map(|_| data).map_err(|_| Failed);
                naive::Input::Replied { op, result }
            }
        };
        self.tell(now, input, out);
    }

    /// It gets and sets: it never asks for an update.
    fn transform(&mut self, _: Op, _: Now, _: Option<Found<'_, D>>) -> Decision<D> {
        Decision::Cancel
    }

    fn value(&mut self, op: Op, _: Now) -> Write<D> {
        let data = self.calls.of_mut(op).data.take();
        Write::plain(data.expect("a write is sent once"))
    }

    fn read(&mut self, op: Op, _: Now, found: Option<Found<'_, D>>) {
        self.calls.of_mut(op).data = found.map(|found| found.value.clone());
    }

    fn forget(&mut self, op: Op) {
        self.unanswered.push(self.calls.take(op).op);
    }

    fn deadline(&self) -> Option<Instant> {
        let at_once = (!self.unanswered.is_empty()).then_some(Instant::from_micros(0));
        at_once.or(self.store.deadline())
    }

    fn owns(&self, seat: Seat, _: Now) -> bool {
        self.store.data(seat).is_some()
    }

    fn view(stored: &D) -> Option<View> {
        let (owner, generation, commit) = (None, None, None);
        Some(View { owner, generation, commit, released: true, edits: stored.edits() })
    }

    fn size(stored: &D) -> u64 {
        stored.size()
    }

    fn holdings(stored: &D, out: &mut Holdings) {
        stored.holdings(out);
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
        self.store.warm_seat(seat);
    }

    fn warm_session(&self, seat: Seat) {
        self.calls.warm_next();
        self.store.warm_session(seat);
    }

    fn warm_call(&self, op: Op) {
        self.calls.warm(op);
    }

    fn damage(stored: &mut D, _: u32) {
        stored.damage();
    }
}

impl<D: GameDocument> Naive<D> {
    fn tell(&mut self, now: Now, input: naive::Input<D>, out: &mut Vec<Effect<()>>) {
        let mut effects = Effects::new();
        self.store.on(now, input, &mut effects);
        for effect in effects.drain() {
            let effect = self.effect(effect);
            out.extend(effect);
        }
    }

    fn effect(&mut self, effect: naive::Effect<D>) -> Option<Effect<()>> {
        let (op, data, request, kind) = match effect {
            // Whoever has not thought of locks has not thought of the cache.
            naive::Effect::Get { op } => {
                (op, None, Request::Get { use_cache: true }, CallKind::Read)
            }
            naive::Effect::Set { op, data, last } => {
                let kind = if last { CallKind::Release } else { CallKind::Save };
                (op, Some(data), Request::Set, kind)
            }
            naive::Effect::Tell { seat, notice } => {
                return self.notice(seat, notice).map(|notice| Effect::Tell { seat, notice });
            }
        };
        let (seat, place) = (Some(op.seat), Place::Player(self.keys[op.seat.0 as usize]));
        let op = self.calls.add(Pending { op, data });
        Some(Effect::Call { op, place, seat, request, kind, attempt: 0 })
    }

    fn notice(&self, seat: Seat, notice: naive::Notice) -> Option<Notice> {
        Some(match notice {
            naive::Notice::Loaded { from } => Notice::Granted {
                how: causes::source(from),
                edits: self.store.data(seat).map_or(0, GameDocument::edits),
                calls: 1,
                retries: 0,
            },
            naive::Notice::Unavailable => {
                Notice::Rejected { reason: causes::failure(Failure::Unavailable) }
            }
            naive::Notice::ShuttingDown => {
                Notice::Rejected { reason: causes::failure(Failure::ShuttingDown) }
            }
            naive::Notice::Saved => Notice::Saved,
            naive::Notice::SaveReturned { saved } => {
                let result = if saved { Ok(()) } else { Err(causes::failure(Failure::Failed)) };
                Notice::SaveReturned { callers: 1, result }
            }
            naive::Notice::EditRefused => Notice::EditRefused,
            naive::Notice::Left { saved: true } => Notice::Released { saved: true },
            naive::Notice::Left { saved: false } => Notice::Abandoned,
            naive::Notice::Ended => Notice::Ended,
        })
    }
}
