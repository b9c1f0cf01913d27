//! What a library is told of the time in which it is left alone.

use leasehold_core::{Instant, Now, Stamp};

/// For how long nobody but its own clock has anything to say to a library, and what that shows.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    /// It is left alone before its server's stopwatch shows this.
    pub until: Instant,
    /// How far the wall clock is ahead of the stopwatch, in microseconds, before it is rounded.
    pub wall_us: i64,
    /// Whether the wall clock is read in whole seconds.
    pub whole_seconds: bool,
}

impl Ahead {
    /// What the clocks show at a tick that comes when a deadline is due, if it comes while the
    /// library is left alone.
    pub fn at(&self, due: Instant) -> Option<Now> {
        let wall = Stamp::from_micros(due.as_micros() as i64 + self.wall_us);
        let wall = if self.whole_seconds { wall.floor_to_second() } else { wall };
        (due < self.until).then_some(Now { mono: due, wall })
    }
}
