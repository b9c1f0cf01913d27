//! What is known of a run so far: one model for each thing that several want to know.
//!
//! ```text
//!   step --> Owners    who considers itself the owner of a key, and since when
//!        --> Unsaved   which changes of a session no answered save has taken along
//!        --> Wishes    which players want in, and since when
//!        --> Breakers  what each server's circuit breaker does
//!                '--> observers, measures, explanations
//! ```
//!
//! Models are made of steps alone. They take a step in before anybody else does, so whoever reads
//! them sees the world after it; what the step has ended is kept until the next one.

mod breakers;
mod owners;
mod unsaved;
mod wishes;

pub use breakers::{BreakerState, Breakers};
pub use owners::{Overlap, Owner, Owners};
pub use unsaved::{Changes, Unsaved};
pub use wishes::{Wish, Wishes};

use crate::schedule::Moment;
use crate::step::Step;

/// The models of a run.
#[derive(Debug)]
pub struct Models {
    /// Who considers itself the owner of which key.
    pub owners: Owners,
    /// Which changes are not saved.
    pub unsaved: Unsaved,
    /// Which players want in.
    pub wishes: Wishes,
    /// What the servers' circuit breakers do.
    pub breakers: Breakers,
}

impl Models {
    /// Of a world with so many players and servers, in which nothing has happened.
    pub(crate) fn new(players: u32, servers: u32) -> Models {
        Models {
            owners: Owners::new(players),
            unsaved: Unsaved::default(),
            wishes: Wishes::new(players),
            breakers: Breakers::new(servers),
        }
    }

    /// Takes a step in.
    #[inline]
    pub(crate) fn on_step(&mut self, step: &Step) {
        self.owners.on_step(step);
        self.unsaved.on_step(step);
        self.wishes.on_step(step);
        self.breakers.on_step(step);
    }

    /// The run is over: what goes on ends.
    pub(crate) fn at_end(&mut self, end: Moment) {
        self.owners.at_end(end);
    }
}
