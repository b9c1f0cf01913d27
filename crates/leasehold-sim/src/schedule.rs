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

use dary_heap::QuaternaryHeap;
use leasehold_core::micros;
use std::cmp::Reverse;
use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// The world's own time, which no server can read: microseconds since the run began, less than 2^48
/// (8.9 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// The beginning.
    pub const ZERO: Moment = Moment(0);
    /// Later than everything that can be scheduled.
    pub const NEVER: Moment = Moment(u64::MAX);
    /// The last moment that can be scheduled.
    pub const MAX: Moment = Moment((1 << 48) - 1);

    /// The moment this many microseconds after the beginning.
    pub const fn from_micros(us: u64) -> Moment {
        Moment(us)
    }

    /// Microseconds since the beginning.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Microseconds since `earlier`, or 0 if that is later.
    pub const fn since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
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

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}s", self.0 / 1_000_000, self.0 / 1_000 % 1_000)
    }
}

/// Something that will happen to an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A server has something due.
    Wake(u32),
    /// A datastore request enters its next phase.
    Request(u32),
    /// A message arrives.
    Deliver(u32),
    /// A player does something.
    Act(u32),
    /// A line of the fault plan comes due.
    Plan(u32),
    /// A server that is closing has used up its time.
    Kill(u32),
    /// A dead server comes back.
    Boot(u32),
    /// A frozen server goes on.
    Thaw(u32),
    /// A server's waiting requests may go on.
    Drain(u32),
    /// A server notices that the player of a visit has left.
    Leave(u32),
    /// A server acts for a player who is elsewhere.
    Haunt(u32),
    /// A subscription has come about, or will not.
    Subscribed(u32),
}

impl Event {
    fn pack(self) -> u32 {
        let (kind, entity) = match self {
            Event::Wake(server) => (0, server),
            Event::Request(request) => (1, request),
            Event::Deliver(message) => (2, message),
            Event::Act(player) => (3, player),
            Event::Plan(line) => (4, line),
            Event::Kill(server) => (5, server),
            Event::Boot(server) => (6, server),
            Event::Thaw(server) => (7, server),
            Event::Leave(visit) => (8, visit),
            Event::Drain(server) => (10, server),
            Event::Haunt(visit) => (9, visit),
            Event::Subscribed(subscription) => (11, subscription),
        };
        assert!(entity < 1 << 28, "there are fewer than 2^28 of anything");
        kind << 28 | entity
    }

    fn unpack(packed: u32) -> Event {
        let entity = packed & 0x0fff_ffff;
        match packed >> 28 {
            0 => Event::Wake(entity),
            1 => Event::Request(entity),
            2 => Event::Deliver(entity),
            3 => Event::Act(entity),
            4 => Event::Plan(entity),
            5 => Event::Kill(entity),
            6 => Event::Boot(entity),
            7 => Event::Thaw(entity),
            8 => Event::Leave(entity),
            10 => Event::Drain(entity),
            9 => Event::Haunt(entity),
            11 => Event::Subscribed(entity),
            kind => unreachable!("no event is packed as kind {kind}"),
        }
    }
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    heap: QuaternaryHeap<Reverse<u128>>,
    sequence: u32,
    now: Moment,
}

impl Schedule {
    /// Adds an event. One in the past happens now.
    pub(crate) fn at(&mut self, at: Moment, tie: u16, event: Event) {
        let at = at.max(self.now).min(Moment::MAX);
        let packed = u128::from(at.0) << 80
            | u128::from(tie) << 64
            | u128::from(self.sequence) << 32
            | u128::from(event.pack());
        self.sequence = self.sequence.wrapping_add(1);
        self.heap.push(Reverse(packed));
    }

    /// Takes the next event, and moves time to it.
    pub(crate) fn pop(&mut self) -> Option<(Moment, Event)> {
        let Reverse(packed) = self.heap.pop()?;
        let at = Moment((packed >> 80) as u64);
        debug_assert!(at >= self.now, "time never goes back");
        self.now = at;
        Some((at, Event::unpack(packed as u32)))
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
                schedule.at(Moment(*at), *tie, Event::Act(*entity));
            }
            let mut expected: Vec<_> =
                events.iter().enumerate().map(|(n, e)| (e.0, e.1, n, e.2)).collect();
            expected.sort_unstable();
            let popped: Vec<_> = std::iter::from_fn(|| schedule.pop()).collect();
            let expected: Vec<_> =
                expected.into_iter().map(|(at, _, _, e)| (Moment(at), Event::Act(e))).collect();
            prop_assert_eq!(popped, expected);
        }
    }

    #[test]
    fn every_event_survives_packing() {
        let events = [
            Event::Wake(1),
            Event::Request(2),
            Event::Deliver(3),
            Event::Act(4),
            Event::Plan(5),
            Event::Kill(6),
            Event::Boot(7),
            Event::Thaw(8),
            Event::Drain(11),
            Event::Leave((1 << 28) - 1),
        ];
        for event in events {
            assert_eq!(Event::unpack(event.pack()), event);
        }
    }

    #[test]
    fn an_event_in_the_past_happens_now() {
        let mut schedule = Schedule::default();
        schedule.at(Moment(9), 0, Event::Wake(0));
        schedule.pop();
        schedule.at(Moment(3), 0, Event::Wake(1));
        assert_eq!(schedule.pop(), Some((Moment(9), Event::Wake(1))));
    }
}
