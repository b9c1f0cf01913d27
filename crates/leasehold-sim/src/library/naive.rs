//! What people write first, as a library of the world: the core's store, and its calls.

use super::{CallKind, Effect, Found, GameDocument, Holdings, Input, Library, Notice, Op, Reply};
use super::{Request, Verdict, VersionInfo, View, Write};
use crate::library::MailKind;
use crate::slab::{NONE, Slab};
use leasehold_core::naive::{self, Failed, Rules, Source, Store};
use leasehold_core::{Effects, Instant, JobId, Key, Now, OpId, Seat};

/// One server's scripts.
pub struct Naive<D: GameDocument> {
    store: Store<D>,
    calls: Slab<Pending<D>>,
    effects: Effects<naive::Effect<D>>,
}

struct Pending<D> {
    op: OpId,
    /// What a write brings, until it is sent; what a read found.
    data: Option<D>,
}

/// Its servers say nothing to each other.
#[derive(Clone, Copy, Debug)]
pub enum Silence {}

impl<D: GameDocument> Library for Naive<D> {
    type Config = Rules;
    type Stored = D;
    type Mail = Silence;

    fn new(rules: &Rules, _: JobId) -> Naive<D> {
        let store = Store::new(*rules, D::template());
        Naive { store, calls: Slab::new(), effects: Effects::new() }
    }

    fn on(&mut self, now: Now, input: Input<Silence>, out: &mut Vec<Effect<Silence>>) {
        let input = match input {
            Input::Open { .. } | Input::Subscribed { .. } => return,
            Input::Join { seat, .. } => naive::Input::Start { seat },
            Input::Cancel { seat } | Input::Leave { seat } => naive::Input::Release { seat },
            Input::Edit { seat, change } => naive::Input::Edit { seat, edit: D::edit(change) },
            Input::Save { seat } => naive::Input::Save { seat },
            Input::Heard(silence) => match silence {},
            Input::Close => naive::Input::Close,
            Input::Tick => naive::Input::Tick,
            Input::Replied { op, result, .. } => {
                let Pending { op, data } = self.calls.take(op.0);
                let result = match result {
                    Ok(Reply::Value | Reply::Nil) => Ok(data),
                    Err(_) => Err(Failed),
                };
                naive::Input::Replied { op, result }
            }
        };
        let mut effects = std::mem::take(&mut self.effects);
        self.store.on(now, input, &mut effects);
        for effect in effects.drain() {
            let effect = self.effect(effect);
            out.extend(effect);
        }
        self.effects = effects;
    }

    fn transform(&mut self, _: Op, _: Now, _: Option<Found<'_, D>>) -> Verdict<D> {
        unreachable!("{GETS_AND_SETS}")
    }

    fn value(&mut self, op: Op, _: Now) -> Write<D> {
        let data = self.calls.of_mut(op.0).data.take();
        Write::plain(data.expect("a write is sent once"))
    }

    fn read(&mut self, op: Op, _: Now, found: Option<Found<'_, D>>) {
        self.calls.of_mut(op.0).data = found.map(|found| found.value.clone());
    }

    fn versions(&mut self, _: Op, _: Now, _: &[VersionInfo]) {
        unreachable!("{GETS_AND_SETS}")
    }

    fn forget(&mut self, op: Op) {
        self.calls.take(op.0);
    }

    fn deadline(&self) -> Option<Instant> {
        self.store.deadline()
    }

    fn believes(&self, seat: Seat, _: Now) -> bool {
        self.store.data(seat).is_some()
    }

    fn view(stored: &D) -> Option<View> {
        let owner = (NONE, 0);
        Some(View { owner, generation: 0, commit: 0, released: true, edits: stored.edits() })
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

    fn damage(stored: &mut D, _: u32) {
        stored.damage();
    }

    fn mail(mail: &Silence) -> (MailKind, Key) {
        match *mail {}
    }

    fn mail_size(mail: &Silence) -> u32 {
        match *mail {}
    }
}

impl<D: GameDocument> Naive<D> {
    fn effect(&mut self, effect: naive::Effect<D>) -> Option<Effect<Silence>> {
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
        let seat = op.seat;
        let op = Op(self.calls.add(Pending { op, data }));
        Some(Effect::Call { op, seat, request, kind, attempt: 0 })
    }

    fn notice(&self, seat: Seat, notice: naive::Notice) -> Option<Notice> {
        Some(match notice {
            naive::Notice::Loaded { from } => Notice::Loaded {
                how: match from {
                    Source::Stored => "read",
                    Source::Template => "new",
                    Source::Guess => "guess",
                },
                edits: self.store.data(seat).map_or(0, GameDocument::edits),
                calls: 1,
                retries: 0,
            },
            naive::Notice::Unavailable => Notice::Refused { reason: "unavailable" },
            naive::Notice::ShuttingDown => Notice::Refused { reason: "shutting_down" },
            naive::Notice::Saved => Notice::Saved,
            naive::Notice::SaveFailed => Notice::SaveReturned { callers: 1, result: Err("failed") },
            naive::Notice::EditRefused => Notice::EditRefused,
            naive::Notice::Left { saved: true } => Notice::Released { saved: true },
            naive::Notice::Left { saved: false } => Notice::Abandoned,
            naive::Notice::Ended => Notice::Ended,
        })
    }
}

const GETS_AND_SETS: &str = "what people write first calls GetAsync and SetAsync only";
