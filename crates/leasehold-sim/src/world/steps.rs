//! A world from step to step, for whoever wants every one of them as it comes.
//!
//! A step that was taken is forgotten, so a run of any length is told in the memory of one event.

use super::World;
use crate::digest::Digest;
use crate::library::Library;
use crate::sinks::Watch;
use crate::step::Step;

impl<L: Library> World<'_, L> {
    /// The next step, and the digest after it; nothing once the run is over, which `over` says
    /// then. The world is watched by [`Watch::steps`].
    pub(crate) fn next_step(&mut self, over: &mut bool) -> Option<(Step, Digest)> {
        loop {
            let Watch::Steps(steps) = &mut self.sinks.watch else {
                unreachable!("its steps are watched")
            };
            if let Some(step) = steps.pop_front() {
                return Some(step);
            }
            if *over {
                return None;
            }
            if !self.advance() {
                self.finish();
                *over = true;
            }
        }
    }
}
