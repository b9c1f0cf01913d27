//! What the datastore is like for whom, at the moment: as its world says, unless an incident
//! says otherwise.
//!
//! ```text
//!   as usual       latency a   fails 0 %
//!   incident 1   [ latency b                    ]            what it does not name
//!   incident 2             [ fails 50 % ]                    stays as it is
//!                ----------------------------------------> time
//!                a         b     b, 50 %  b     a
//! ```
//!
//! The incident that begins last decides each field that it names; of those that begin at once, the
//! last of the list. An outage is an outage, whatever else is the case. Calls ask by the server
//! that sends them: what is worked out here changes only when an incident begins or ends, and costs
//! a call nothing.

use crate::config::{DatastoreWorld, Incident};
use crate::ids::ServerId;
use crate::latency::Latency;
use crate::units::Chance;
use std::collections::{BTreeMap, BTreeSet};

/// What the datastore is like, for everybody or for one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Which of the tables.
    latency: usize,
    /// Every call fails, those under way too.
    pub(crate) out: bool,
    /// Every call goes to another scope.
    pub(crate) in_wrong_scope: bool,
    pub(crate) fail_before: Chance,
    pub(crate) fail_after: Chance,
    pub(crate) never_answers: Chance,
    pub(crate) never_arrives: Chance,
    pub(crate) throttle: Chance,
    pub(crate) stale_read: Chance,
    pub(crate) false_nil: Chance,
    pub(crate) corrupt: Chance,
    pub(crate) wrong_scope: Chance,
}

/// What the datastore is like now.
#[derive(Debug)]
pub(crate) struct Conditions {
    usual: Condition,
    /// That of the usual condition, then one for each incident that names one.
    tables: Vec<Latency>,
    incidents: Vec<Window>,
    /// Which of them have started and not ended: the one that decides last comes last.
    under_way: BTreeSet<(u64, u32)>,
    now: Condition,
    /// Servers for which it is another one.
    apart: BTreeMap<ServerId, Condition>,
}

/// An incident, with its table made.
#[derive(Debug)]
struct Window {
    says: Incident,
    latency: Option<usize>,
}

impl Conditions {
    /// The conditions of a datastore whose latencies are valid, before any incident.
    pub(crate) fn new(world: &DatastoreWorld) -> Conditions {
        let mut tables = vec![world.latency().table().expect("checked")];
        let mut incidents = Vec::with_capacity(world.incidents.len());
        for says in &world.incidents {
            let latency = says.latency().map(|latency| {
                tables.push(latency.table().expect("checked"));
                tables.len() - 1
            });
            incidents.push(Window { says: says.clone(), latency });
        }
        let usual = Condition {
            latency: 0,
            out: false,
            in_wrong_scope: false,
            fail_before: world.fail_before(),
            fail_after: world.fail_after(),
            never_answers: world.never_answers,
            never_arrives: world.never_arrives,
            throttle: world.throttle,
            stale_read: world.stale_read,
            false_nil: world.false_nil,
            corrupt: world.corrupt,
            wrong_scope: world.wrong_scope,
        };
        let (under_way, apart) = (BTreeSet::new(), BTreeMap::new());
        Conditions { usual, tables, incidents, under_way, now: usual, apart }
    }

    /// What it is like for the calls of a server.
    pub(crate) fn of(&self, server: ServerId) -> &Condition {
        if self.apart.is_empty() {
            return &self.now;
        }
        self.apart.get(&server).unwrap_or(&self.now)
    }

    /// How long the calls of a server take.
    pub(crate) fn latency(&self, server: ServerId) -> &Latency {
        &self.tables[self.of(server).latency]
    }

    /// Whether an incident, by its place in the list, is a state that begins and ends. If not, it
    /// only changes rates, and each call asks for itself.
    pub(crate) fn is_state(&self, incident: u32) -> bool {
        let incident = &self.incidents[incident as usize];
        incident.latency.is_some() || incident.says.is_outage() || incident.says.is_in_wrong_scope()
    }

    /// Whether an incident is an outage for everybody.
    pub(crate) fn is_outage(&self, incident: u32) -> bool {
        let says = &self.incidents[incident as usize].says;
        says.is_outage() && says.servers.is_none()
    }

    /// An incident begins.
    pub(crate) fn begin(&mut self, incident: u32) {
        let at_us = self.incidents[incident as usize].says.at.us();
        self.under_way.insert((at_us, incident));
        self.work_out();
    }

    /// An incident ends; whether it was under way is returned.
    pub(crate) fn end(&mut self, incident: u32) -> bool {
        let at_us = self.incidents[incident as usize].says.at.us();
        let was = self.under_way.remove(&(at_us, incident));
        self.work_out();
        was
    }

    /// All incidents end.
    pub(crate) fn heal(&mut self) {
        self.under_way.clear();
        self.work_out();
    }

    fn work_out(&mut self) {
        let under_way = || self.under_way.iter().map(|(_, nth)| &self.incidents[*nth as usize]);
        let servers: BTreeSet<u32> =
            under_way().flat_map(|window| window.says.servers.iter().flatten().copied()).collect();
        let of = |server: Option<u32>| {
            let mut condition = self.usual;
            for window in under_way() {
                let servers = window.says.servers.as_ref();
                if servers.is_none_or(|some| server.is_some_and(|one| some.contains(&one))) {
                    window.change(&mut condition);
                }
            }
            condition
        };
        let apart = servers.into_iter().map(|server| (ServerId::new(server), of(Some(server))));
        let (now, apart) = (of(None), apart.collect());
        (self.now, self.apart) = (now, apart);
    }
}

impl Window {
    fn change(&self, condition: &mut Condition) {
        let says = &self.says;
        *condition = Condition {
            latency: self.latency.unwrap_or(condition.latency),
            out: condition.out || says.is_outage(),
            in_wrong_scope: says
                .wrong_scope
                .map_or(condition.in_wrong_scope, |_| says.is_in_wrong_scope()),
            fail_before: says.fail_before().unwrap_or(condition.fail_before),
            fail_after: says.fail_after().unwrap_or(condition.fail_after),
            never_answers: says.never_answers.unwrap_or(condition.never_answers),
            never_arrives: says.never_arrives.unwrap_or(condition.never_arrives),
            throttle: says.throttle.unwrap_or(condition.throttle),
            stale_read: says.stale_read.unwrap_or(condition.stale_read),
            false_nil: says.false_nil.unwrap_or(condition.false_nil),
            corrupt: says.corrupt.unwrap_or(condition.corrupt),
            // As a whole it is one fault, and no call asks for itself.
            wrong_scope: match says.wrong_scope {
                Some(Chance::ALWAYS) => Chance::NEVER,
                rate => rate.unwrap_or(condition.wrong_scope),
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    fn conditions(text: &str) -> Conditions {
        Conditions::new(&Scenario::parse(text).expect(text).datastore)
    }

    fn slowest_ms(conditions: &Conditions, server: u32) -> u64 {
        conditions.latency(ServerId::new(server)).max() / 1_000
    }

    #[test]
    fn of_incidents_that_overlap_the_last_to_begin_decides_each_field_that_it_names() {
        let mut conditions = conditions(
            "datastore = { latency = '1s', fail_before = '1%', incidents = [\n\
             { at = '2m', lasts = '9m', latency = '2s', fail_before = '2%' },\n\
             { at = '1m', lasts = '9m', latency = '3s', never_answers = '3%' },\n\
             { at = '2m', lasts = '1m', latency = '4s' },\n\
             ] }",
        );
        // In whatever order those that begin at once are told.
        for nth in [1, 2, 0] {
            conditions.begin(nth);
        }
        assert_eq!(slowest_ms(&conditions, 0), 4_000);
        assert_eq!(conditions.of(ServerId::new(0)).fail_before, Chance::percent(2));
        assert_eq!(conditions.of(ServerId::new(0)).never_answers, Chance::percent(3));
        assert!(conditions.end(2) && !conditions.end(2));
        assert_eq!(slowest_ms(&conditions, 0), 2_000);
        assert!(conditions.end(0));
        assert_eq!(slowest_ms(&conditions, 0), 3_000);
        conditions.heal();
        assert_eq!(slowest_ms(&conditions, 0), 1_000);
        assert_eq!(conditions.of(ServerId::new(0)), &conditions.usual);
    }

    #[test]
    fn an_outage_is_an_outage_whatever_begins_meanwhile() {
        let mut conditions = conditions(
            "datastore.incidents = [\n\
             { at = '1m', lasts = '9m', condition = 'outage' },\n\
             { at = '2m', lasts = '1m', condition = 'degraded' },\n\
             { at = '3m', lasts = '1m', condition = 'outage', fail_before = '50%' },\n\
             ]",
        );
        assert_eq!([0, 1, 2].map(|nth| conditions.is_outage(nth)), [true, false, false]);
        conditions.begin(2);
        assert!(!conditions.of(ServerId::new(0)).out, "its own rate is less than an outage's");
        conditions.begin(0);
        conditions.begin(1);
        assert!(conditions.of(ServerId::new(0)).out);
        assert!(conditions.end(0) && !conditions.of(ServerId::new(0)).out);
    }

    #[test]
    fn an_incident_of_some_servers_is_none_of_the_others_business() {
        let mut conditions = conditions(
            "datastore.incidents = [\n\
             { at = '1m', lasts = '9m', condition = 'outage', servers = [1, 2] },\n\
             { at = '2m', lasts = '9m', corrupt = '5%' },\n\
             ]",
        );
        assert!(!conditions.is_outage(0) && conditions.is_state(0) && !conditions.is_state(1));
        conditions.begin(0);
        conditions.begin(1);
        assert_eq!(
            [0, 1, 2, 3].map(|server| conditions.of(ServerId::new(server)).out),
            [false, true, true, false]
        );
        for server in ServerId::first(4) {
            assert_eq!(conditions.of(server).corrupt, Chance::percent(5));
        }
    }
}
