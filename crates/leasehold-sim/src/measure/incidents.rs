//! When the datastore was not as usual: a row for each incident of the scenario that began.

use crate::config::World;
use crate::step::Step;
use leasehold_data::{Incident, Interval};

pub(crate) struct Incidents {
    /// What each incident of the scenario is, and for which servers.
    known: Vec<(String, Vec<u32>)>,
    open: Vec<Open>,
}

struct Open {
    nth: u32,
    from_us: u64,
    /// Nothing while it goes on.
    to_us: Option<u64>,
}

impl Incidents {
    pub(crate) fn new(world: &World) -> Incidents {
        let known = world.datastore.incidents.iter();
        let known =
            known.map(|incident| (incident.what(), incident.servers.clone().unwrap_or_default()));
        Incidents { known: known.collect(), open: Vec::new() }
    }

    pub(crate) fn begins(&mut self, step: &Step, nth: u32) {
        self.open.push(Open { nth, from_us: step.at.as_micros(), to_us: None });
    }

    pub(crate) fn ends(&mut self, step: &Step, nth: u32) {
        self.end(step.at.as_micros(), |open| open.nth == nth);
    }

    /// All faults end, and so do all incidents.
    pub(crate) fn healed(&mut self, step: &Step) {
        self.end(step.at.as_micros(), |_| true);
    }

    fn end(&mut self, at_us: u64, which: impl Fn(&Open) -> bool) {
        for open in self.open.iter_mut().filter(|open| which(open)) {
            open.to_us.get_or_insert(at_us);
        }
    }

    pub(crate) fn rows(&self, end_us: u64) -> Vec<Incident> {
        let row = |open: &Open| {
            let (what, servers) = self.known[open.nth as usize].clone();
            let to_us = open.to_us.unwrap_or(end_us);
            Incident { what, servers, during: Interval { from_us: open.from_us, to_us } }
        };
        self.open.iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;
    use crate::schedule::Moment;
    use crate::step::Fact;

    #[test]
    fn incidents_end_by_themselves_by_healing_or_with_the_run() {
        let at = |us: u64| {
            let at = Moment::from_micros(us);
            Step { at, server: None, visit: None, key: None, fact: Fact::Healed }
        };
        let scenario = Scenario::parse(
            "datastore.incidents = [\n\
             { at = '1m', lasts = '1m', condition = 'outage' },\n\
             { at = '1m', lasts = '1m', condition = 'degraded', servers = [0] },\n\
             { at = '1m', lasts = '1m', throttle = '5%', latency = '2s' },\n\
             ]",
        );
        let mut incidents = Incidents::new(&scenario.expect("a valid scenario").world());
        incidents.begins(&at(1), 2);
        incidents.begins(&at(3), 1);
        incidents.ends(&at(4), 2);
        incidents.healed(&at(9));
        incidents.begins(&at(11), 0);
        let rows: Vec<_> = incidents
            .rows(20)
            .into_iter()
            .map(|row| (row.what, row.servers, row.during.from_us, row.during.to_us))
            .collect();
        let expected = [
            ("latency, throttle".to_owned(), vec![], 1, 4),
            ("degraded".to_owned(), vec![0], 3, 9),
            ("outage".to_owned(), vec![], 11, 20),
        ];
        assert_eq!(rows, expected);
    }
}
