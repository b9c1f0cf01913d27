//! The random choices of a trial. They come from a seed and the trial's number and from nothing
//! else, so whoever knows both does the same again.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

/// The choices of one trial.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn of(seed: u64, nth: u64) -> Dice {
        let mut choices = ChaCha8Rng::seed_from_u64(seed);
        choices.set_stream(nth);
        Dice(choices)
    }

    /// One of `many` numbers, from 0 on; 0 if there are none.
    pub(super) fn below(&mut self, many: usize) -> usize {
        (self.0.next_u64() % many.max(1) as u64) as usize
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// One of several.
    ///
    /// # Panics
    /// If there are none.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A time shorter than this.
    pub(super) fn within(&mut self, time: Duration) -> Duration {
        let us = usize::try_from(time.as_micros()).expect("a trial is short");
        Duration::from_micros(self.below(us) as u64)
    }
}
