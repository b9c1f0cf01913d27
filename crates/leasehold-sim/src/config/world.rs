//! A world as a whole, and how far apart its clocks may come to be.

use super::secs;
use super::{DatastoreWorld, Faults, MessagingWorld, Operation, Players, Servers, TimelineEntry};
use crate::units::Span;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

/// A world: a set of servers, its players, what is around them, and what goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// How long it is run. 10 min.
    pub duration: Span,
    /// When what is counted begins. All of the run counts if absent.
    pub warm_up: Option<Span>,
    /// When all faults end; afterwards progress is owed. Never if absent.
    pub heal: Option<Span>,
    /// The fleet.
    pub servers: Servers,
    /// The players.
    pub players: Players,
    /// The datastore.
    pub datastore: DatastoreWorld,
    /// The messages between servers.
    pub messaging: MessagingWorld,
    /// What happens to servers, at random.
    pub faults: Faults,
    /// Single events, at a given time.
    pub timeline: Vec<TimelineEntry>,
    /// What is done to players' records from outside their sessions.
    pub operations: Vec<Operation>,
}

/// How long a world is run, unless somebody says otherwise.
pub(crate) const DURATION: Span = secs(600);

impl Default for World {
    fn default() -> World {
        World {
            duration: DURATION,
            warm_up: None,
            heal: None,
            servers: Servers::default(),
            players: Players::default(),
            datastore: DatastoreWorld::default(),
            messaging: MessagingWorld::default(),
            faults: Faults::default(),
            timeline: Vec::new(),
            operations: Vec::new(),
        }
    }
}

impl World {
    /// How far apart the wall clocks of two servers may ever be: by how they are set at the start,
    /// by their drift, and by every step that may befall them.
    pub fn clocks_apart(&self) -> Duration {
        let servers = &self.servers;
        let drift_us = 2 * self.duration.us() * u64::from(servers.drift_ppm) / 1_000_000;
        servers.skew.0 + Duration::from_micros(drift_us) + self.steps_apart()
    }

    /// How much further apart steps may put two wall clocks.
    ///
    /// A reading from before a step may be compared with one from after it, so it counts how far
    /// forward the one clock has ever been, and how far back the other.
    fn steps_apart(&self) -> Duration {
        let random = self.faults.step_every.map_or(Duration::ZERO, |_| self.faults.step_by.0);
        // A clock that is never set stands for the other one, if there is no better.
        let pairs = self.furthest(1).into_iter().flat_map(|(forward, one)| {
            let others = self.furthest(-1).into_iter().filter(move |(_, other)| *other != one);
            others.map(move |(back, _)| forward.saturating_add(back))
        });
        random + Duration::from_micros(pairs.max().unwrap_or(0).unsigned_abs())
    }

    /// How far the timeline sets clocks in a direction, in microseconds: the two that get furthest,
    /// with their servers, and one that is never set.
    fn furthest(&self, sign: i64) -> Vec<(i64, Option<u32>)> {
        let within = self.timeline.iter().filter(|line| line.at <= self.duration);
        let mut steps: Vec<(Span, i64, u32)> =
            within.filter_map(|line| Some((line.at, -sign * line.by?.us(), line.server))).collect();
        // As if of steps at the same moment that in this direction were the first.
        steps.sort_unstable();
        let mut clocks = BTreeMap::<u32, (i64, i64)>::new();
        for (_, back, server) in steps {
            let (now, most) = clocks.entry(server).or_default();
            *now = now.saturating_sub(back);
            *most = (*most).max(*now);
        }
        let mut clocks: Vec<_> =
            clocks.into_iter().map(|(server, (_, most))| (most, Some(server))).collect();
        clocks.sort_unstable_by_key(|clock| Reverse(*clock));
        clocks.truncate(2);
        clocks.push((0, None));
        clocks
    }
}
