//! The queue of what will happen, and the only place where time moves.
//!
//! Order is (moment, tie, sequence): the tie is drawn from the seed, so that simultaneous events
//! come in any order but in the same one each time; the sequence ends ties of ties. All of it, and
//! the event, is one 128-bit number:
//!
//! ```text
//!   | moment: 48 | tie: 16 | sequence: 32 | kind: 4 | entity: 28 |
//! ```
//!
//! Nothing is ever cancelled here. An event that is not wanted any more finds that out when it
//! comes.

mod hold;
mod wheel;

use crate::ids::{AnswerId, CellId, MessageId, PlanId, PlayerId, RequestId, ServerId, VisitId};
use crate::library::MessageKind;
use leasehold_core::{Key, micros};
use leasehold_data::numbers;
use serde::{Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU64;
use std::ops::Add;
use std::time::Duration;
use wheel::Wheel;

pub use hold::hold;

/// The world's own time, which no server can read: microseconds since the run began, less than 2^48
/// (8.9 years). Kept as one more than that, so that one that may be missing takes no more room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(NonZeroU64);

impl Moment {
    /// The beginning.
    pub const ZERO: Moment = Moment(NonZeroU64::MIN);
    /// Later than everything that can be scheduled.
    pub const NEVER: Moment = Moment(NonZeroU64::MAX);
    /// The last moment that can be scheduled.
    pub const MAX: Moment = Moment::from_micros((1 << 48) - 1);

    /// The moment this many microseconds after the beginning.
    pub const fn from_micros(us: u64) -> Moment {
        Moment::ZERO.after(us)
    }

    /// Microseconds since the beginning.
    pub const fn as_micros(self) -> u64 {
        self.0.get() - 1
    }

    /// Microseconds since `earlier`, or 0 if that is later.
    pub const fn since(self, earlier: Moment) -> u64 {
        self.0.get().saturating_sub(earlier.0.get())
    }

    /// The moment `us` microseconds later.
    pub const fn after(self, us: u64) -> Moment {
        Moment(self.0.saturating_add(us))
    }
}

impl Add<Duration> for Moment {
    type Output = Moment;
    fn add(self, span: Duration) -> Moment {
        self.after(micros(span))
    }
}

impl Default for Moment {
    fn default() -> Moment {
        Moment::ZERO
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(self.as_micros())
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Moment({})", self.as_micros())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&numbers::moment(self.as_micros()))
    }
}

/// Something that will happen to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A server has something due.
    Wake(ServerId),
    /// A datastore request enters its next phase.
    Request(RequestId),
    /// A message arrives.
    Deliver(MessageId),
    /// A player does something.
    Act(PlayerId),
    /// A line of the fault plan comes due.
    Plan(PlanId),
    /// A server that is closing has used up its time.
    Kill(ServerId),
    /// A dead server comes back.
    Boot(ServerId),
    /// A paused server goes on.
    Resume(ServerId),
    /// A server's waiting requests may go on.
    Drain(ServerId),
    /// A server notices that the player of a visit has left.
    Leave(VisitId),
    /// A server acts for a player who is elsewhere.
    ActStale(VisitId),
    /// The service has answered a server that subscribed or published.
    Answered(AnswerId),
    /// A player does what a log says next.
    Row(PlayerId),
}

impl Event {
    fn pack(self) -> u32 {
        let (kind, entity) = match self {
            Event::Wake(server) => (0, server.number()),
            Event::Request(request) => (1, request.number()),
            Event::Deliver(message) => (2, message.number()),
            Event::Act(player) => (3, player.number()),
            Event::Plan(line) => (4, line.number()),
            Event::Kill(server) => (5, server.number()),
            Event::Boot(server) => (6, server.number()),
            Event::Resume(server) => (7, server.number()),
            Event::Leave(visit) => (8, visit.number()),
            Event::Drain(server) => (10, server.number()),
            Event::ActStale(visit) => (9, visit.number()),
            Event::Answered(answer) => (11, answer.number()),
            Event::Row(player) => (12, player.number()),
        };
        assert!(entity < 1 << 28, "there are fewer than 2^28 of anything");
        kind << 28 | entity
    }

    fn unpack(packed: u32) -> Event {
        let entity = packed & 0x0fff_ffff;
        match packed >> 28 {
            0 => Event::Wake(ServerId::new(entity)),
            1 => Event::Request(RequestId::new(entity)),
            2 => Event::Deliver(MessageId::new(entity)),
            3 => Event::Act(PlayerId::new(entity)),
            4 => Event::Plan(PlanId::new(entity)),
            5 => Event::Kill(ServerId::new(entity)),
            6 => Event::Boot(ServerId::new(entity)),
            7 => Event::Resume(ServerId::new(entity)),
            8 => Event::Leave(VisitId::new(entity)),
            10 => Event::Drain(ServerId::new(entity)),
            9 => Event::ActStale(VisitId::new(entity)),
            11 => Event::Answered(AnswerId::new(entity)),
            12 => Event::Row(PlayerId::new(entity)),
            kind => unreachable!("no event is packed as kind {kind}"),
        }
    }
}

/// What an event is called among those of the same moment: the name by which its tie is drawn. It
/// depends on what happens, and on no accident of this program. Names may be added, never changed.
///
/// The uppermost four bits tell the kinds apart, except those of calls and of messages, which use
/// them for more sessions and keys than a run has: a collision costs nothing but that two ties are
/// drawn alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    Wake(ServerId),
    Act(PlayerId),
    Plan(PlanId),
    Boot(ServerId),
    Resume(ServerId),
    Kill(ServerId),
    /// Which of the player's visits ends.
    Leave(PlayerId, u32),
    /// Which of the player's visits it is for.
    ActStale(PlayerId, u32),
    Drain(ServerId),
    /// Which of the server's subscriptions is answered.
    Subscribed(ServerId, u32),
    /// Which of the server's publications is answered.
    Published(ServerId, u32),
    /// Which of the player's rows is due.
    Row(PlayerId, u32),
    /// Which of a session's calls goes on.
    Call {
        cell: CellId,
        session: u32,
        nth: u32,
    },
    /// Which of the server's own calls goes on.
    OwnCall(ServerId, u32),
    Deliver {
        key: Option<Key>,
        nth: u32,
        kind: MessageKind,
        /// Which of its copies.
        time: u64,
    },
}

impl Tie {
    #[inline]
    pub(crate) fn name(self) -> u64 {
        let of = |number: u32, kind: u64| u64::from(number) | kind << 60;
        let pair = |number: u32, bits: u32, nth: u32, kind: u64| {
            u64::from(number) << bits | u64::from(nth) | kind << 60
        };
        match self {
            Tie::Wake(server) => of(server.number(), 0),
            Tie::Act(player) => of(player.number(), 1),
            Tie::Plan(entry) => of(entry.number(), 2),
            Tie::Boot(server) => of(server.number(), 3),
            Tie::Resume(server) => of(server.number(), 4),
            Tie::Kill(server) => of(server.number(), 5),
            Tie::Leave(player, nth) => pair(player.number(), 24, nth, 6),
            Tie::ActStale(player, nth) => pair(player.number(), 24, nth, 7),
            Tie::Drain(server) => of(server.number(), 8),
            Tie::Subscribed(server, nth) => pair(server.number(), 32, nth, 9),
            Tie::Published(server, nth) => pair(server.number(), 32, nth, 10),
            Tie::OwnCall(server, nth) => pair(server.number(), 32, nth, 11),
            Tie::Row(player, nth) => pair(player.number(), 32, nth, 12),
            Tie::Call { cell, session, nth } => {
                u64::from(cell.number()) << 32 | u64::from(session) << 12 | u64::from(nth)
            }
            Tie::Deliver { key, nth, kind, time } => {
                let key = key.map_or(u32::MAX, |key| key.0);
                u64::from(key) << 32 | u64::from(nth) << 8 | (kind as u64) << 4 | time
            }
        }
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    wheel: Wheel,
    sequence: u32,
    now: Moment,
}

impl Schedule {
    /// One of which so many events to come are known, if they are near.
    pub(crate) fn looking_ahead(known: usize) -> Schedule {
        Schedule { wheel: Wheel::looking_ahead(known), ..Schedule::default() }
    }

    /// Adds an event. One in the past happens now.
    pub(crate) fn at(&mut self, at: Moment, tie: u16, event: Event) {
        let at = at.max(self.now).min(Moment::MAX);
        let packed = u128::from(at.as_micros()) << 80
            | u128::from(tie) << 64
            | u128::from(self.sequence) << 32
            | u128::from(event.pack());
        self.sequence = self.sequence.wrapping_add(1);
        self.wheel.push(packed);
    }

    /// Takes the next event, and moves time to it.
    pub(crate) fn pop(&mut self) -> Option<(Moment, Event)> {
        let packed = self.wheel.pop()?;
        let at = Moment::from_micros((packed >> 80) as u64);
        debug_assert!(at >= self.now, "time never goes back");
        self.now = at;
        Some((at, Event::unpack(packed as u32)))
    }

    /// The nth event from now on, as far as that is known: others may still come before it.
    #[inline]
    pub(crate) fn ahead(&self, nth: usize) -> Option<Event> {
        self.wheel.ahead(nth).map(|packed| Event::unpack(packed as u32))
    }

    /// The moment of the last event that was taken.
    pub(crate) fn now(&self) -> Moment {
        self.now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_come_by_moment_then_tie_then_order_of_arrival(
            events in prop::collection::vec((0u64..4, 0u16..3, 0u32..1 << 28), 0..60),
        ) {
            let mut schedule = Schedule::default();
            for (at, tie, entity) in &events {
                schedule.at(Moment::from_micros(*at), *tie, Event::Act(PlayerId::new(*entity)));
            }
            let mut expected: Vec<_> =
                events.iter().enumerate().map(|(n, e)| (e.0, e.1, n, e.2)).collect();
            expected.sort_unstable();
            let popped: Vec<_> = std::iter::from_fn(|| schedule.pop()).collect();
            let act = |entity| Event::Act(PlayerId::new(entity));
            let at = Moment::from_micros;
            let expected = expected.into_iter().map(|(us, _, _, e)| (at(us), act(e)));
            let expected: Vec<_> = expected.collect();
            prop_assert_eq!(popped, expected);
        }
    }

    #[test]
    fn every_event_survives_packing() {
        let events = [
            Event::Wake(ServerId::new(1)),
            Event::Request(RequestId::new(2)),
            Event::Deliver(MessageId::new(3)),
            Event::Act(PlayerId::new(4)),
            Event::Plan(PlanId::new(5)),
            Event::Kill(ServerId::new(6)),
            Event::Boot(ServerId::new(7)),
            Event::Resume(ServerId::new(8)),
            Event::Drain(ServerId::new(11)),
            Event::Leave(VisitId::new((1 << 28) - 1)),
            Event::ActStale(VisitId::new(12)),
            Event::Answered(AnswerId::new(13)),
        ];
        for event in events {
            assert_eq!(Event::unpack(event.pack()), event);
        }
    }

    #[test]
    fn an_event_in_the_past_happens_now() {
        let mut schedule = Schedule::default();
        schedule.at(Moment::from_micros(9), 0, Event::Wake(ServerId::new(0)));
        schedule.pop();
        schedule.at(Moment::from_micros(3), 0, Event::Wake(ServerId::new(1)));
        assert_eq!(schedule.pop(), Some((Moment::from_micros(9), Event::Wake(ServerId::new(1)))));
    }

    #[test]
    fn ties_of_different_things_have_different_names() {
        let (server, player, entry) = (ServerId::new(7), PlayerId::new(7), PlanId::new(7));
        let ties = [
            Tie::Wake(server),
            Tie::Act(player),
            Tie::Plan(entry),
            Tie::Boot(server),
            Tie::Resume(server),
            Tie::Kill(server),
            Tie::Leave(player, 1),
            Tie::ActStale(player, 1),
            Tie::Row(player, 1),
            Tie::Drain(server),
            Tie::Subscribed(server, 1),
            Tie::Published(server, 1),
            Tie::OwnCall(server, 1),
        ];
        let kinds: std::collections::BTreeSet<u64> =
            ties.iter().map(|tie| tie.name() >> 60).collect();
        assert_eq!(kinds.len(), ties.len());
        let call = |cell, session, nth| Tie::Call { cell: CellId::new(cell), session, nth }.name();
        let names = [call(3, 2, 1), call(3, 2, 2), call(3, 3, 1), call(4, 2, 1)];
        assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn the_names_of_ties_never_change() {
        let (server, player, entry) = (ServerId::new(7), PlayerId::new(7), PlanId::new(7));
        let call = Tie::Call { cell: CellId::new(7), session: 2, nth: 3 };
        let deliver =
            Tie::Deliver { key: Some(Key(7)), nth: 3, kind: MessageKind::Answer, time: 1 };
        for (tie, name) in [
            (Tie::Wake(server), 0x7),
            (Tie::Act(player), 0x1000_0000_0000_0007),
            (Tie::Row(player, 2), 0xc000_0007_0000_0002),
            (Tie::Plan(entry), 0x2000_0000_0000_0007),
            (Tie::Boot(server), 0x3000_0000_0000_0007),
            (Tie::Resume(server), 0x4000_0000_0000_0007),
            (Tie::Kill(server), 0x5000_0000_0000_0007),
            (Tie::Leave(player, 2), 0x6000_0000_0700_0002),
            (Tie::ActStale(player, 2), 0x7000_0000_0700_0002),
            (Tie::Drain(server), 0x8000_0000_0000_0007),
            (Tie::Subscribed(server, 2), 0x9000_0007_0000_0002),
            (Tie::Published(server, 2), 0xa000_0007_0000_0002),
            (Tie::OwnCall(server, 2), 0xb000_0007_0000_0002),
            (call, 0x7_0000_2003),
            (deliver, 0x7_0000_0311),
        ] {
            assert_eq!(tie.name(), name, "{tie:?}");
        }
    }
}
