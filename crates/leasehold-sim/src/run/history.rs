//! The history of a run, told while it runs: every step to whoever wants it, and none is kept.

use super::{Each, Tell};
use crate::library::Library;
use crate::progress::{PROGRESS_EVERY, Progress};
use crate::step::Entry;
use crate::world::World;

/// Runs a world to its end and tells each of its steps. Nothing if somebody says that it is enough.
pub(super) fn told<'a, L: Library>(
    mut world: World<'a, L>,
    end_us: u64,
    each: Each<'_>,
    progress: Tell<'_>,
) -> Option<World<'a, L>> {
    let (mut over, mut told) = (false, 0);
    while let Some((step, _)) = world.next_step(&mut over) {
        if each(&Entry { library: L::TITLE, step }).is_break() {
            return None;
        }
        if world.events >= told + PROGRESS_EVERY {
            told = world.events;
            let now_us = world.now().as_micros();
            if progress(Progress { now_us, end_us, events: world.events }).is_break() {
                return None;
            }
        }
    }
    Some(world)
}
