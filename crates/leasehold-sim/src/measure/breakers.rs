//! What each server's circuit breaker does, for the servers whose breaker opens first.
//!
//! An outage can open the breakers of a whole fleet, a picture shows a score of them: the first
//! [`SERVERS`] get a row, the others are counted.

use crate::observe::Step;
use leasehold_data::{BreakerRow, BreakerSpan, BreakerState, Breakers, Interval};

/// Servers that have a row.
const SERVERS: usize = 64;

/// Spans that a row holds; later ones are counted.
const SPANS: usize = 512;

/// The row of a server whose breaker has not opened.
const NONE: u32 = u32::MAX;

/// The row of a server whose breaker has opened when all rows were taken.
const OTHER: u32 = u32::MAX - 1;

pub(crate) struct Doors {
    /// The row of each server.
    places: Vec<u32>,
    rows: Vec<Row>,
    others: u64,
    /// Rows that are open: as long as there is none, a call that is sent is no probe.
    open: u32,
}

struct Row {
    row: BreakerRow,
    /// What goes on, and since when; nothing while the breaker is closed.
    now: Option<(BreakerState, u64)>,
}

impl Doors {
    pub(crate) fn new(servers: usize) -> Doors {
        Doors { places: vec![NONE; servers], rows: Vec::new(), others: 0, open: 0 }
    }

    pub(crate) fn opened(&mut self, step: &Step, timeout_us: u64) {
        let place = &mut self.places[step.server as usize];
        if *place == NONE {
            if self.rows.len() == SERVERS {
                *place = OTHER;
                self.others += 1;
            } else {
                *place = self.rows.len() as u32;
                let row = BreakerRow { server: step.server, ..BreakerRow::default() };
                self.rows.push(Row { row, now: None });
            }
        }
        self.becomes(step, Some(BreakerState::Open { timeout_us }));
    }

    /// A call is sent: if the breaker is open, this is the probe.
    pub(crate) fn sent(&mut self, step: &Step) {
        if self.open == 0 {
            return;
        }
        let place = self.places[step.server as usize] as usize;
        let now = self.rows.get(place).and_then(|row| row.now);
        if matches!(now, Some((BreakerState::Open { .. }, _))) {
            self.becomes(step, Some(BreakerState::HalfOpen));
        }
    }

    /// The breaker is closed, or new with its server.
    pub(crate) fn closed(&mut self, step: &Step) {
        self.becomes(step, None);
    }

    /// The server is gone.
    pub(crate) fn gone(&mut self, step: &Step) {
        self.becomes(step, Some(BreakerState::Down));
    }

    fn becomes(&mut self, step: &Step, state: Option<BreakerState>) {
        let place = self.places[step.server as usize] as usize;
        let Some(Row { row, now }) = self.rows.get_mut(place) else { return };
        let at = step.at.as_micros();
        let is_open =
            |now: Option<BreakerState>| u32::from(matches!(now, Some(BreakerState::Open { .. })));
        self.open += is_open(state);
        row.openings += u64::from(is_open(state));
        if let Some((state, from_us)) = now.take() {
            self.open -= is_open(Some(state));
            add(row, BreakerSpan { during: Interval { from_us, to_us: at }, state });
        }
        *now = state.map(|state| (state, at));
    }

    pub(crate) fn rows(&mut self, end_us: u64) -> Breakers {
        let rows = std::mem::take(&mut self.rows).into_iter().map(|Row { mut row, now }| {
            if let Some((state, from_us)) = now {
                add(&mut row, BreakerSpan { during: Interval { from_us, to_us: end_us }, state });
            }
            row
        });
        Breakers { servers: rows.collect(), others: self.others }
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
    use crate::observe::Fact;
    use crate::schedule::Moment;

    fn at(us: u64, server: u32) -> Step {
        Step { at: Moment::from_micros(us), server, visit: 0, key: 0, fact: Fact::Booted }
    }

    fn spans(row: &BreakerRow) -> Vec<(u64, u64, BreakerState)> {
        let tell = |span: &BreakerSpan| (span.during.from_us, span.during.to_us, span.state);
        row.spans.iter().map(tell).collect()
    }

    #[test]
    fn an_open_breaker_is_half_open_from_the_first_call_that_it_lets_through() {
        let mut doors = Doors::new(3);
        doors.sent(&at(1, 2));
        doors.opened(&at(5, 2), 30);
        doors.sent(&at(36, 1));
        doors.sent(&at(36, 2));
        doors.opened(&at(37, 2), 60);
        doors.sent(&at(99, 2));
        doors.closed(&at(100, 2));
        doors.sent(&at(101, 2));
        let rows = doors.rows(200);
        assert_eq!((rows.servers.len(), rows.servers[0].openings), (1, 2));
        let expected = [
            (5, 36, BreakerState::Open { timeout_us: 30 }),
            (36, 37, BreakerState::HalfOpen),
            (37, 99, BreakerState::Open { timeout_us: 60 }),
            (99, 100, BreakerState::HalfOpen),
        ];
        assert_eq!(spans(&rows.servers[0]), expected);
    }

    #[test]
    fn a_server_that_is_gone_takes_its_breaker_along_and_comes_back_with_a_closed_one() {
        let mut doors = Doors::new(1);
        doors.gone(&at(1, 0));
        doors.closed(&at(2, 0));
        doors.opened(&at(5, 0), 30);
        doors.gone(&at(8, 0));
        doors.closed(&at(20, 0));
        doors.sent(&at(25, 0));
        let rows = doors.rows(50);
        let open = BreakerState::Open { timeout_us: 30 };
        assert_eq!(spans(&rows.servers[0]), [(5, 8, open), (8, 20, BreakerState::Down)]);
    }

    #[test]
    fn what_exceeds_the_rows_is_counted_once_a_server() {
        let mut doors = Doors::new(SERVERS + 2);
        for server in 0..SERVERS as u32 + 2 {
            doors.opened(&at(1, server), 30);
            doors.opened(&at(40, server), 60);
        }
        let rows = doors.rows(50);
        assert_eq!((rows.servers.len(), rows.others), (SERVERS, 2));
        let mut doors = Doors::new(1);
        (0..SPANS as u64 + 5).for_each(|us| doors.opened(&at(us, 0), 30));
        let row = doors.rows(9_999).servers.remove(0);
        assert_eq!((row.spans.len(), row.later), (SPANS, 5));
    }
}
