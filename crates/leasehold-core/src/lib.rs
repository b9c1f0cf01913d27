//! Session locks by lease, as pure state machines.
//!
//! A *session-locked* store lets exactly one game server at a time own a player's saved data.
//! Whoever wants the data takes a **lease**: it writes its name and an end into the record itself,
//! renews it while it works, and gives it back when it is done. Nobody else may write meanwhile; if
//! the owner dies, its lease runs out. That is simple as long as every call is answered, every
//! message arrives and all clocks agree. This crate is the protocol for when they do not.
//!
//! Think of the key to a shared workshop that hangs in the office, with a book to sign. Sign, and
//! it is yours until the time that you wrote down. Work longer, and you sign again. If somebody
//! else has signed, you knock at the workshop's door ("are you there?") before you take the key;
//! and if the office does not pick up the phone, you stop calling for a while. [`chronicle`] says
//! which part of the code each of these is.
//!
//! [`profile_store`] is an older answer to the same question, modelled as it is: a lock without an
//! end, which is taken from an owner that does not give it up in time. The two are compared.
//!
//! # The shape of a machine
//!
//! Nothing here knows a clock, a network, a thread, a file or a random number. Every machine is a
//! value with one way in and one way out:
//!
//! ```text
//! // What happened -> what is wanted.
//! fn on(&mut self, now: Now, input: Input, out: &mut Effects<Effect>)
//! // When it next wants an `Input::Tick`.
//! fn deadline(&self) -> Option<Instant>
//! ```
//!
//! A machine that only keeps an account, such as when a lease is to be renewed, wants nothing done:
//! it has no `out`, and whoever holds it reads its state.
//!
//! Time comes in with [`Now`]: a monotonic [`Instant`] for waits, and a wall-clock [`Stamp`] for
//! what is written into a record and read by servers whose clocks may differ. They are two types
//! because mixing them up is where leases go wrong. A datastore call goes out as data
//! ([`chronicle::Call`]), and the transform that it runs is a pure function,
//! [`chronicle::Update::apply`]. So a thousand servers run in one thread, at any speed,
//! and twice the same.
//!
//! # Laws
//!
//! Each machine is tested for these on random inputs:
//!
//! - It is *total*: no input from outside, in whatever order, makes it panic.
//! - A tick before the deadline changes nothing; at the deadline, the deadline moves later or goes.
//! - Equal states and inputs give equal states and effects, and an input has a bounded number of
//!   effects.
//! - A reply that nobody waits for is inert.
//!
//! Of the record they keep: only a legal acquire passes a lease on; a save is counted once, however
//! often it is sent and whenever it commits; an older save never replaces a newer one; and what was
//! acknowledged is stored.
//!
//! # Driving a store by hand
//!
//! The caller owns both clocks and the datastore. Here the datastore is one variable, and answers
//! at once.
//!
//! ```
//! use leasehold_core::chronicle::{Effect, Input, Notice, Rules, Store, Template};
//! use leasehold_core::record::Stored;
//! use leasehold_core::{Commit, Effects, Instant, JobId, Key, Now, Seat, Stamp, Value, ValueEdit};
//!
//! /// Hands over one input at a second of both clocks, answers the calls that come of it, and
//! /// returns what is told.
//! fn on(
//!     store: &mut Store<Value>, stored: &mut Option<Stored<Value>>, second: u64, input: Input<Value>,
//! ) -> Vec<Notice> {
//!     let wall = Stamp::from_micros(second as i64 * 1_000_000);
//!     let now = Now { mono: Instant::from_micros(second * 1_000_000), wall };
//!     let (mut inputs, mut told) = (vec![input], Vec::new());
//!     while let Some(input) = inputs.pop() {
//!         let mut effects = Effects::new();
//!         store.on(now, input, &mut effects);
//!         for effect in effects {
//!             match effect {
//!                 Effect::Call(call) => {
//!                     let transformed = call.update.apply(stored.as_ref(), now.wall);
//!                     *stored = transformed.write.map(Stored::Record).or(stored.take());
//!                     inputs.push(Input::Replied { op: call.op, result: Ok(transformed.outcome), random: 0 });
//!                 }
//!                 Effect::Tell { notice, .. } => told.push(notice),
//!                 Effect::Subscribe(_) | Effect::Publish { .. } | Effect::ShortCircuited { .. } => {}
//!             }
//!         }
//!     }
//!     told
//! }
//!
//! let template = Template::new(Value::map([("Coins", 100.0.into())])).expect("it is finite");
//! let (mut store, mut stored) = (Store::new(Rules::CHRONICLE, template, JobId(1)), None);
//! let (seat, key) = (Seat(0), Key(17));
//!
//! on(&mut store, &mut stored, 0, Input::Open { datastore: true });
//! let told = on(&mut store, &mut stored, 0, Input::Start { seat, key });
//! assert!(matches!(told[..], [Notice::Loaded(_)]));
//! assert_eq!(store.data(seat).and_then(|data| data.at(&["Coins"])), Some(&100.0.into()));
//!
//! // A change is not written at once: more may follow within two seconds.
//! let edit = ValueEdit::Add(vec!["Coins".into()], 5.0);
//! assert_eq!(on(&mut store, &mut stored, 10, Input::Edit { seat, edit }), []);
//! assert_eq!(store.deadline(), Some(Instant::from_micros(12_000_000)));
//! let told = on(&mut store, &mut stored, 12, Input::Tick);
//! assert!(matches!(told[..], [Notice::Saved(saved)] if saved.commit == Commit(1)));
//! let Some(Stored::Record(record)) = &stored else { panic!("nothing is stored") };
//! assert_eq!(record.data.at(&["Coins"]), Some(&105.0.into()));
//! assert_eq!(store.metadata(seat).map(|metadata| metadata.commit), Some(Commit(1)));
//! // The save has renewed the lease.
//! assert_eq!(record.lease.expires_at, Stamp::from_micros(72_000_000));
//!
//! let told = on(&mut store, &mut stored, 20, Input::Release { seat });
//! // Everything was saved, so nothing is told but that.
//! assert_eq!(told, [Notice::Released { saved: true }, Notice::Ended]);
//! let stored = stored.expect("it was saved");
//! let record = stored.verified().expect("it is not damaged");
//! assert!(record.lease.released);
//! ```
#![deny(missing_docs)]

mod backoff;
mod canonical;
pub mod chronicle;
mod deadlines;
mod document;
mod effects;
mod ids;
mod integrity;
pub mod naive;
#[doc(hidden)]
pub mod planted;
pub mod profile_store;
pub mod record;
mod template;
#[cfg(test)]
mod testing;
mod time;
mod value;
#[doc(hidden)]
pub mod warm;

pub use document::{Document, NotCanonical};
pub use effects::Effects;
pub use ids::{Commit, Generation, JobId, Key, OpId, Owner, SEATS_MAX, Seat, SessionId};
pub use integrity::Hash;
pub use time::{Instant, Now, Stamp, micros};
pub use value::{Value, ValueEdit};
