//! The queue alone, for a benchmark: each event that is taken adds another one.

use super::{Event, Moment, Schedule};
use crate::ids::PlayerId;

/// Holds so many events in a queue, through so many of them: each is followed by another one, after
/// a time that is drawn evenly from nothing to twenty seconds for one in eight, and to half a
/// second for all others, as calls and players have it. Returns something that depends on all of
/// it.
#[doc(hidden)]
pub fn hold(pending: u32, events: u64) -> u64 {
    let mut schedule = Schedule::default();
    let mut random = 1u64;
    let mut after = move || {
        random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        let most_us = if random >> 61 == 0 { 20_000_000 } else { 500_000 };
        ((random >> 20) % most_us, (random >> 3) as u16)
    };
    for player in (0..pending).map(PlayerId::new) {
        let (us, tie) = after();
        schedule.at(Moment::from_micros(us), tie, Event::Act(player));
    }
    let mut seen = 0u64;
    for _ in 0..events {
        let Some((at, event)) = schedule.pop() else { break };
        seen = seen.rotate_left(7) ^ at.as_micros();
        let (us, tie) = after();
        schedule.at(at.after(us), tie, event);
    }
    seen
}
