//! What each server's circuit breaker does, for the servers whose breaker opens first.
//!
//! An outage can open the breakers of all servers, a picture shows a score of them: the first
//! [`SERVERS`] get a row, the others are counted.

use crate::cause::Cause;
use crate::ids::ServerId;
use crate::library::CircuitStats;
use crate::model::{BreakerState as State, Models};
use crate::schedule::Moment;
use crate::step::{Fact, Step};
use leasehold_data::{BreakerOpening, BreakerRow, BreakerSpan, BreakerState, Breakers, Interval};

/// Servers that have a row.
const SERVERS: usize = 64;

/// Spans that a row holds; later ones are counted.
const SPANS: usize = 512;

/// Where a server's row is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Its breaker has not opened.
    Nowhere,
    /// Its row has this index.
    Row(u32),
    /// Its breaker has opened when all rows were taken.
    Other,
}

pub(crate) struct BreakerStats {
    /// By server.
    places: Vec<Place>,
    rows: Vec<Row>,
    others: u64,
}

struct Row {
    row: BreakerRow,
    /// What goes on, and since when; nothing while the breaker is closed.
    now: Option<(BreakerState, Moment)>,
}

impl BreakerStats {
    pub(crate) fn new(servers: u32) -> BreakerStats {
        let places = vec![Place::Nowhere; servers as usize];
        BreakerStats { places, rows: Vec::new(), others: 0 }
    }

    /// A step has changed what a breaker does, or nothing.
    pub(crate) fn on_step(&mut self, step: &Step, seen: &Models) {
        let Some(server) = step.server else { return };
        let now = seen.breakers.of(server);
        if now == seen.breakers.before() {
            return;
        }
        if matches!(now, State::Open { .. }) && self.places[server.index()] == Place::Nowhere {
            self.places[server.index()] = self.place(server);
        }
        if let Place::Row(nth) = self.places[server.index()] {
            let row = &mut self.rows[nth as usize];
            row.becomes(step.at, now);
            if let Fact::CircuitOpened { reason, stats, .. } = step.fact {
                row.opened(step.at, reason, stats);
            }
        }
    }

    /// A place for a server whose breaker opens for the first time.
    fn place(&mut self, server: ServerId) -> Place {
        if self.rows.len() == SERVERS {
            self.others += 1;
            return Place::Other;
        }
        let row = BreakerRow { server: server.number(), ..BreakerRow::default() };
        self.rows.push(Row { row, now: None });
        Place::Row(self.rows.len() as u32 - 1)
    }

    pub(crate) fn rows(&mut self, end_us: u64) -> Breakers {
        let rows = std::mem::take(&mut self.rows).into_iter().map(|Row { mut row, now }| {
            if let Some((state, since)) = now {
                let during = Interval { from_us: since.as_micros(), to_us: end_us };
                add(&mut row, BreakerSpan { during, state });
            }
            row
        });
        Breakers { servers: rows.collect(), others: self.others }
    }
}

impl Row {
    fn becomes(&mut self, at: Moment, state: State) {
        if let Some((state, since)) = self.now.take() {
            let during = Interval { from_us: since.as_micros(), to_us: at.as_micros() };
            add(&mut self.row, BreakerSpan { during, state });
        }
        self.now = match state {
            State::Closed => None,
            State::Open { timeout_us, .. } => {
                self.row.openings += 1;
                Some((BreakerState::Open { timeout_us }, at))
            }
            State::Probing { .. } => Some((BreakerState::HalfOpen, at)),
            State::Down { .. } => Some((BreakerState::Down, at)),
        };
    }
}

impl Row {
    fn opened(&mut self, at: Moment, reason: &Cause, stats: CircuitStats) {
        let CircuitStats { consecutive_failures, failed, samples } = stats;
        if self.row.opened.len() < SPANS {
            self.row.opened.push(BreakerOpening {
                at_us: at.as_micros(),
                reason: reason.name.to_owned(),
                consecutive_failures,
                failed,
                samples,
                error_rate: stats.error_rate(),
            });
        }
    }
}

fn add(row: &mut BreakerRow, span: BreakerSpan) {
    if row.spans.len() < SPANS {
        row.spans.push(span);
    } else {
        row.later += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause;
    use crate::library::CallKind;

    /// Rows on their way, with the model that they are read from.
    struct Told {
        breaker_stats: BreakerStats,
        models: Models,
    }

    impl Told {
        fn of(servers: u32) -> Told {
            Told { breaker_stats: BreakerStats::new(servers), models: Models::new(0, servers) }
        }

        fn at(&mut self, us: u64, server: u32, fact: Fact) {
            let (at, server) = (Moment::from_micros(us), Some(ServerId::new(server)));
            let step = Step { at, server, visit: None, key: None, fact };
            self.models.on_step(&step);
            self.breaker_stats.on_step(&step, &self.models);
        }

        fn rows(&mut self, end_us: u64) -> Breakers {
            self.breaker_stats.rows(end_us)
        }
    }

    const SENT: Fact = Fact::Sent { kind: CallKind::Save, attempt: 0 };

    const fn opened(timeout_us: u64) -> Fact {
        let stats = CircuitStats { consecutive_failures: 2, failed: 3, samples: 4 };
        Fact::CircuitOpened { reason: &cause::UNKNOWN, timeout_us, stats }
    }

    fn spans(row: &BreakerRow) -> Vec<(u64, u64, BreakerState)> {
        let tell = |span: &BreakerSpan| (span.during.from_us, span.during.to_us, span.state);
        row.spans.iter().map(tell).collect()
    }

    #[test]
    fn an_open_breaker_is_half_open_from_the_first_call_that_it_lets_through() {
        let mut breaker_stats = Told::of(3);
        breaker_stats.at(1, 2, SENT);
        breaker_stats.at(5, 2, opened(30));
        breaker_stats.at(36, 1, SENT);
        breaker_stats.at(36, 2, SENT);
        breaker_stats.at(37, 2, opened(60));
        breaker_stats.at(99, 2, SENT);
        breaker_stats.at(100, 2, Fact::CircuitClosed);
        breaker_stats.at(101, 2, SENT);
        let rows = breaker_stats.rows(200);
        assert_eq!((rows.servers.len(), rows.servers[0].openings), (1, 2));
        let expected = [
            (5, 36, BreakerState::Open { timeout_us: 30 }),
            (36, 37, BreakerState::HalfOpen),
            (37, 99, BreakerState::Open { timeout_us: 60 }),
            (99, 100, BreakerState::HalfOpen),
        ];
        assert_eq!(spans(&rows.servers[0]), expected);
        let seen = |it: &BreakerOpening| (it.at_us, it.consecutive_failures, it.error_rate);
        let opened: Vec<_> = rows.servers[0].opened.iter().map(seen).collect();
        assert_eq!(opened, [(5, 2, 0.75), (37, 2, 0.75)]);
    }

    #[test]
    fn a_server_that_is_gone_takes_its_breaker_along_and_comes_back_with_a_closed_one() {
        let mut breaker_stats = Told::of(1);
        breaker_stats.at(1, 0, Fact::Crashed);
        breaker_stats.at(2, 0, Fact::CircuitClosed);
        breaker_stats.at(5, 0, opened(30));
        breaker_stats.at(8, 0, Fact::Crashed);
        breaker_stats.at(20, 0, Fact::CircuitClosed);
        breaker_stats.at(25, 0, SENT);
        let rows = breaker_stats.rows(50);
        let open = BreakerState::Open { timeout_us: 30 };
        assert_eq!(spans(&rows.servers[0]), [(5, 8, open), (8, 20, BreakerState::Down)]);
    }

    #[test]
    fn what_exceeds_the_rows_is_counted_once_a_server() {
        let mut breaker_stats = Told::of(SERVERS as u32 + 2);
        for server in 0..SERVERS as u32 + 2 {
            breaker_stats.at(1, server, opened(30));
            breaker_stats.at(40, server, opened(60));
        }
        let rows = breaker_stats.rows(50);
        assert_eq!((rows.servers.len(), rows.others), (SERVERS, 2));
        let mut breaker_stats = Told::of(1);
        (0..SPANS as u64 + 5).for_each(|us| breaker_stats.at(us, 0, opened(30)));
        let row = breaker_stats.rows(9_999).servers.remove(0);
        assert_eq!((row.spans.len(), row.opened.len(), row.later), (SPANS, SPANS, 5));
    }
}
