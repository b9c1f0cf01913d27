//! What servers and the datastore are like, and what comes of that: of a pause, of a closing
//! server, of an open breaker, of an incident.
//!
//! An incident is the cause of what it changes, on the servers that it is about, and of nothing
//! else: a slow one of calls that are sent meanwhile, an outage of calls that fail, a rate of the
//! faults of that kind.

use super::{BACKGROUND, GraphBuilder, Server, Session};
use crate::config::Incident;
use crate::fault::Site;
use crate::step::{CallEnd, Fact};
use crate::trace::TraceRow;
use leasehold_data::How;
use std::collections::BTreeMap;

/// What is known of servers and of the datastore.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    /// The world's incidents.
    incidents: &'a [Incident],
    /// Those that are on, and since which row.
    on: BTreeMap<u32, u32>,
    /// Servers that are down or paused.
    pub(super) still: BTreeMap<Server, u32>,
    /// The last time that a server's clock was set.
    pub(super) stepped: BTreeMap<Server, u32>,
    /// Servers that have no datastore, and know it.
    fallen: BTreeMap<Server, u32>,
    /// Why a server will close, or closes.
    closing: BTreeMap<Server, u32>,
    /// Servers whose breaker is open.
    opened: BTreeMap<Server, u32>,
    /// When a server came up, or went on, last.
    up: BTreeMap<Server, u32>,
    /// The last of these that each session has felt.
    felt: BTreeMap<Session, u32>,
}

impl Conditions<'_> {
    /// Nothing yet, in a world with these incidents.
    pub(super) fn of(incidents: &[Incident]) -> Conditions<'_> {
        Conditions { incidents, ..Conditions::default() }
    }

    /// The rows of the incidents that are on for a server and do something, the last at the end.
    fn that(&self, server: Server, does: impl Fn(&Incident) -> bool) -> Vec<u32> {
        let is_it = |nth: u32| {
            let incident = self.incidents.get(nth as usize);
            incident.is_some_and(|incident| {
                let servers = incident.servers.as_ref();
                let about = |all: &Vec<u32>| server.is_some_and(|one| all.contains(&one.number()));
                servers.is_none_or(about) && does(incident)
            })
        };
        let on = self.on.iter().filter(|(nth, _)| is_it(**nth));
        let mut rows: Vec<u32> = on.map(|(_, row)| *row).collect();
        rows.sort_unstable();
        rows
    }
}

/// Whether faults of this kind may come of an incident.
fn brings(incident: &Incident, site: Site) -> bool {
    match site {
        Site::FailsBefore => incident.fail_before().is_some(),
        Site::FailsAfter => incident.fail_after().is_some(),
        Site::NeverAnswers => incident.never_answers.is_some(),
        Site::NeverArrives => incident.never_arrives.is_some(),
        Site::Throttled => incident.throttle.is_some(),
        Site::ReadsStale => incident.stale_read.is_some(),
        Site::ReadsNil => incident.false_nil.is_some(),
        Site::Damaged => incident.corrupt.is_some(),
        Site::WrongScope => incident.wrong_scope.is_some(),
        _ => false,
    }
}

impl GraphBuilder<'_> {
    /// What comes of the incidents that are on, and of a server that has no datastore.
    pub(super) fn under_conditions(&mut self, row: &TraceRow) {
        let (server, this) = (row.place.server, self.this);
        let during = match (row.fact, row.fault) {
            (Some(Fact::IncidentBegins { nth, .. }), _) => {
                self.conditions.on.insert(nth, this);
                return;
            }
            (Some(Fact::IncidentEnds { nth, .. }), _) => {
                let began = self.conditions.on.remove(&nth);
                began.into_iter().for_each(|began| self.edge(began, How::WentOn, 1));
                return;
            }
            (Some(Fact::Healed), _) => {
                self.conditions.on.clear();
                return;
            }
            (_, Some(fault)) => self.conditions.that(server, |one| brings(one, fault.site)),
            // The one that began last decides.
            (Some(Fact::Sent { .. }), _) => {
                let slow = self.conditions.that(server, |one| one.latency().is_some());
                slow.last().copied().into_iter().collect()
            }
            (Some(Fact::Answered { end: CallEnd::Failed(_), .. }), _) => {
                self.conditions.that(server, Incident::is_outage)
            }
            (Some(Fact::WrongScope { .. } | Fact::BadRead { .. }), _) => {
                self.conditions.that(server, Incident::is_in_wrong_scope)
            }
            (Some(Fact::Saved | Fact::Loaded { .. }), _) => {
                let fallen = self.conditions.fallen.get(&server).copied();
                fallen.into_iter().for_each(|fallen| self.edge(fallen, How::WentOn, 1));
                return;
            }
            _ => return,
        };
        during.into_iter().for_each(|incident| self.edge(incident, How::During, 1));
    }

    /// What a session does since its server goes on, closes, or calls nobody.
    pub(super) fn of_its_server(&mut self, row: &TraceRow) {
        let (server, session) = (row.place.server, (row.place.server, row.place.key));
        let asked = matches!(row.fact, Some(Fact::Asked));
        let up = self.conditions.up.get(&server).copied();
        if let Some(up) = up
            && self.conditions.felt.insert(session, up) != Some(up)
        {
            // A session that begins owes little to what befell its server before.
            self.edge(up, How::SameSession, if asked { BACKGROUND } else { 2 });
        }
        let why = match row.fact {
            Some(Fact::ShortCircuited { .. }) => self.conditions.opened.get(&server),
            Some(Fact::Sent { .. } | Fact::Ended { .. } | Fact::Rejected { .. }) => {
                self.conditions.closing.get(&server)
            }
            _ => None,
        };
        why.copied().into_iter().for_each(|why| self.edge(why, How::SameSession, 2));
    }

    /// What becomes of a server, and what that comes of: a state before it, never a mere row
    /// before it.
    pub(super) fn server_changes(&mut self, row: &TraceRow) {
        let (server, this) = (row.place.server, self.this);
        let (Some(fact), None, Some(_)) = (row.fact, row.place.key, server) else { return };
        let of = &mut self.conditions;
        let before = match fact {
            Fact::Stepped { .. } => {
                of.stepped.insert(server, this);
                None
            }
            Fact::Emptied | Fact::OutOfMemory { closes: true } => {
                of.closing.insert(server, this);
                None
            }
            Fact::Closing => of.closing.insert(server, this),
            Fact::Crashed | Fact::OutOfMemory { closes: false } => {
                of.still.insert(server, this);
                None
            }
            Fact::Paused => {
                of.still.insert(server, this);
                None
            }
            Fact::Stopped { .. } => {
                of.still.insert(server, this);
                of.closing.get(&server).copied()
            }
            Fact::Resumed => {
                of.up.insert(server, this);
                of.still.remove(&server)
            }
            Fact::Booted => {
                for gone in [&mut of.fallen, &mut of.closing, &mut of.opened] {
                    gone.remove(&server);
                }
                of.up.insert(server, this);
                of.still.remove(&server)
            }
            Fact::CircuitOpened { .. } => {
                of.opened.insert(server, this);
                None
            }
            Fact::CircuitClosed => of.opened.remove(&server),
            Fact::FellBack => {
                of.fallen.insert(server, this);
                of.up.get(&server).copied()
            }
            Fact::NotSubscribed { .. } => of.up.get(&server).copied(),
            _ => None,
        };
        let fault = row.fault.is_some();
        before.filter(|_| !fault).into_iter().for_each(|one| self.edge(one, How::WentOn, 2));
    }
}
