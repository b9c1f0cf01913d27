//! Two runs of the same world, side by side: are they the same to the last step?
//!
//! They must be, or no seed, no tape and no digest is worth anything. Whatever makes two runs
//! differ, an unordered map or a clock that somebody read, shows in a step first. So both worlds
//! are driven from step to step, and the first that is not the same on both sides is told.
//!
//! ```text
//!   one    --step--step--step--s3, k7: sent save-------
//!   other  --step--step--step--s3, k7: sent renew------     the 4th step differs
//! ```

use crate::digest::Digest;
use crate::library::Library;
use crate::progress::{PROGRESS_EVERY, Progress};
use crate::step::Step;
use crate::world::World;
use std::fmt;
use std::ops::ControlFlow;

/// The first step in which two runs of the same world differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which step it is, counted from 1.
    pub nth: u64,
    /// What happened on either side: when, where, what; nothing if that run was over.
    pub sides: [Option<String>; 2],
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one, other] =
            self.sides.each_ref().map(|side| side.as_deref().unwrap_or("nothing: it was over"));
        let nth = self.nth;
        write!(f, "two runs differ in step {nth}\n  first run   {one}\n  second run  {other}")
    }
}

/// Runs two worlds to their end, if they are the same to the end. Nothing if `progress` says that
/// it is enough.
pub(crate) fn lockstep<'a, L: Library>(
    mut worlds: [World<'a, L>; 2],
    end_us: u64,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Option<Result<World<'a, L>, Difference>> {
    let mut over = [false; 2];
    let (mut nth, mut told) = (0, 0);
    loop {
        nth += 1;
        let [one, other] = std::array::from_fn(|side| worlds[side].next_step(&mut over[side]));
        let hash = |side: &Option<(Step, Digest)>| side.as_ref().map(|(_, digest)| *digest);
        if hash(&one) != hash(&other) {
            let sides = [one, other].map(|side| side.map(|(step, _)| step.to_string()));
            return Some(Err(Difference { nth, sides }));
        }
        let [world, _] = &worlds;
        if over[0] && one.is_none() {
            break;
        }
        if world.events >= told + PROGRESS_EVERY {
            told = world.events;
            let now_us = world.now().as_micros();
            if progress(Progress { now_us, end_us, events: world.events }).is_break() {
                return None;
            }
        }
    }
    let [world, _] = worlds;
    Some(Ok(world))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Seed;
    use crate::fault::Gate;
    use crate::library::Chronicle;
    use crate::scenario::Scenario;
    use crate::sinks::Watch;

    const WORLD: &str = "duration = \"10m\"\nservers.count = 4\nmessaging.loss = \"20%\"\n\
        players = { count = 40, stay = \"10s..60s\", hop = \"90%\" }";

    /// Two runs of a world, in one or both of which a mistake is planted.
    fn twins(planted: [bool; 2]) -> Result<String, Difference> {
        let scenario = Scenario::parse(WORLD).expect("valid");
        let config = scenario.world();
        let seed = Seed::of(1);
        let worlds = planted.map(|planted| {
            let (rules, gate) = (scenario.rules(), Gate::new(None));
            let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::steps());
            world.plant(planted);
            world
        });
        let done = lockstep(worlds, 0, &mut |_| ControlFlow::Continue(()));
        done.expect("nothing stops it").map(|world| world.sinks.digest.print())
    }

    #[test]
    fn two_runs_are_the_same_and_a_planted_mistake_is_found_with_both_its_sides() {
        let scenario = Scenario::parse(WORLD).expect("valid");
        let alone = crate::run("world", &scenario, Seed::of(1), None, &mut |_| {});
        assert_eq!(twins([false, false]), Ok(alone.dataset.manifest.digest));
        for planted in [[true, true], [true, false]] {
            let difference = twins(planted).expect_err("a mistake is planted");
            let [one, other] = &difference.sides;
            assert_ne!(one, other, "{difference}");
            assert!(difference.nth > 1, "both begin alike: {difference}");
            assert!(one.as_ref().is_some_and(|side| side.contains(" on s")), "{difference}");
        }
    }

    #[test]
    fn a_fork_changes_nothing_before_its_moment_and_something_after_it() {
        let scenario = Scenario::parse(WORLD).expect("valid");
        let config = scenario.world();
        for (fork, from) in [("3m:7", 180.0), ("3m:0", 180.0), ("7m30s:1", 450.0)] {
            let forked = Seed { root: 1, forks: vec![fork.parse().expect("a fork")] };
            let seeds = [Seed::of(1), forked];
            let worlds = seeds.each_ref().map(|seed| {
                let (rules, gate) = (scenario.rules(), Gate::new(None));
                World::<Chronicle>::plain(&config, rules, seed, gate, Watch::steps())
            });
            let done = lockstep(worlds, 0, &mut |_| ControlFlow::Continue(()));
            let difference = done.expect("nothing stops it").err().expect("it forks");
            let at = difference.sides.each_ref().map(|side| {
                let time = side.as_ref().and_then(|side| side.split(" s").next());
                time.and_then(|time| time.parse::<f64>().ok()).expect("a time")
            });
            assert!(at.iter().all(|at| (from..from + 30.0).contains(at)), "{fork}: {difference}");
        }
    }
}
