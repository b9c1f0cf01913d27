//! What each server's circuit breaker does, as far as its steps tell.
//!
//! ```text
//!   Closed --[CircuitOpened]--> Open --[a call is sent]--> Probing --[CircuitClosed]--> Closed
//!                                ^-------[CircuitOpened]------'
//!   any --[Crashed, Stopped]--> Down --[Booted]--> Closed
//! ```

use crate::ids::ServerId;
use crate::schedule::Moment;
use crate::step::{Fact, Step};

/// State of a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BreakerState {
    /// It lets all calls through.
    #[default]
    Closed,
    /// It lets none through.
    Open {
        /// Since when.
        since: Moment,
        /// For how long, in microseconds of its server's stopwatch.
        timeout_us: u64,
    },
    /// It has let one through, and waits for what becomes of it.
    Probing {
        /// Since when.
        since: Moment,
        /// For how long it was open before, in microseconds.
        timeout_us: u64,
    },
    /// Its server is gone.
    Down {
        /// Since when.
        since: Moment,
    },
}

/// All servers' breakers.
#[derive(Debug)]
pub struct Breakers {
    servers: Vec<BreakerState>,
    /// What the breaker of the present step's server did before it.
    before: BreakerState,
    /// How many are neither closed nor down: as long as none is, a call that is sent changes
    /// nothing.
    active: u32,
}

impl Breakers {
    pub(crate) fn new(servers: u32) -> Breakers {
        let servers = vec![BreakerState::Closed; servers as usize];
        Breakers { servers, before: BreakerState::Closed, active: 0 }
    }

    /// What a server's breaker does.
    pub fn of(&self, server: ServerId) -> BreakerState {
        self.servers[server.index()]
    }

    /// What the breaker of the present step's server did before it.
    pub fn before(&self) -> BreakerState {
        self.before
    }

    /// Whether any breaker was open, or let a probe through, before or after the present step.
    pub fn is_active(&self) -> bool {
        self.active > 0 || is_active(self.before)
    }

    #[inline]
    pub(crate) fn on_step(&mut self, step: &Step) {
        let Some(server) = step.server else { return };
        let (state, since) = (&mut self.servers[server.index()], step.at);
        self.before = *state;
        let next = match (step.fact, *state) {
            (Fact::CircuitOpened { timeout_us, .. }, _) => BreakerState::Open { since, timeout_us },
            (Fact::CircuitClosed | Fact::Booted, _) => BreakerState::Closed,
            (Fact::Crashed | Fact::Stopped { .. }, _) => BreakerState::Down { since },
            (Fact::Sent { .. }, BreakerState::Open { timeout_us, .. }) => {
                BreakerState::Probing { since, timeout_us }
            }
            _ => return,
        };
        self.active = self.active + u32::from(is_active(next)) - u32::from(is_active(*state));
        *state = next;
    }
}

fn is_active(state: BreakerState) -> bool {
    matches!(state, BreakerState::Open { .. } | BreakerState::Probing { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause;
    use crate::library::{CallKind, CircuitStats};

    #[test]
    fn the_first_call_through_an_open_breaker_is_a_probe_and_a_new_server_has_a_closed_one() {
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 0 };
        let (reason, stats) = (&cause::UNKNOWN, CircuitStats::default());
        let opened = Fact::CircuitOpened { reason, timeout_us: 30, stats };
        let at = Moment::from_micros;
        let open = |us| BreakerState::Open { since: at(us), timeout_us: 30 };
        let probing = |us| BreakerState::Probing { since: at(us), timeout_us: 30 };
        let mut breakers = Breakers::new(2);
        for (us, fact, state, active) in [
            (1, sent, BreakerState::Closed, false),
            (2, opened, open(2), true),
            (3, sent, probing(3), true),
            (4, sent, probing(3), true),
            (5, opened, open(5), true),
            (6, Fact::Crashed, BreakerState::Down { since: at(6) }, true),
            (7, sent, BreakerState::Down { since: at(6) }, false),
            (8, Fact::Booted, BreakerState::Closed, false),
        ] {
            let server = Some(ServerId::new(1));
            let before = breakers.of(ServerId::new(1));
            breakers.on_step(&Step { at: at(us), server, visit: None, key: None, fact });
            assert_eq!(
                (breakers.of(ServerId::new(1)), breakers.is_active()),
                (state, active),
                "{us}"
            );
            assert_eq!(breakers.before(), before, "{us}");
        }
        assert_eq!(breakers.of(ServerId::new(0)), BreakerState::Closed);
    }
}
