//! Real time, which no result may depend on: only when a sweep ends that was given so many minutes,
//! and how fast it went, for people.
#![expect(clippy::disallowed_types, reason = "the one place with a real clock")]

use std::time::{Duration, Instant};

/// Runs from when it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Stopwatch {
        Stopwatch(Instant::now())
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A moment at which something ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Stopwatch, Duration);

impl Deadline {
    /// So long from now.
    pub(crate) fn after(span: Duration) -> Deadline {
        Deadline(Stopwatch::start(), span)
    }

    pub(crate) fn is_over(self) -> bool {
        self.0.elapsed() >= self.1
    }
}
