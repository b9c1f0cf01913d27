//! Looking ahead: what coming events will look at is asked for while others happen.
//!
//! An event of a world that outgrows the cache waits for some thirty lines of memory, one after the
//! other, since each names the next. So of the events that come soon, the queue knows which, each
//! is looked at five times before it happens:
//!
//! ```text
//!   first    what the event names       a request, a player, a server
//!   second   the rest of that
//!   third    what that names            a record, a visit, what observers know of both
//!   fourth   what these name            a seat, and its row in the library
//!   last     what that row names        the session's state
//! ```
//!
//! Laws: nothing is changed, so a world is the same with and without; what turns out wrong, as
//! something has come in between, has cost a line. Where everything is in the cache it is in vain,
//! and costs more than it brings.

use super::World;
use crate::datastore::Phase;
use crate::ids::{PlayerId, RequestId, ServerId};
use crate::library::Library;
use crate::observe::Coming;
use crate::schedule::Event;
use leasehold_core::{Seat, warm};

/// From how many players on a world looks ahead: a few thousand fit into the cache of a core.
pub(super) const PLAYERS_LEAST: u32 = 5_000;

/// How many events ahead. It matters little: long enough for memory to answer, and not so long that
/// the cache has lost it again.
pub(super) const FIRST: usize = 28;
const SECOND: usize = 22;
const THIRD: usize = 16;
const FOURTH: usize = 10;
const LAST: usize = 4;

impl<L: Library> World<'_, L> {
    /// Looks at those of the coming events whose turn it is.
    pub(super) fn look_ahead(&self) {
        if let Some(event) = self.schedule.ahead(FIRST) {
            self.first(event);
        }
        if let Some(Event::Request(request)) = self.schedule.ahead(SECOND) {
            self.rest_of(request);
        }
        if let Some(event) = self.schedule.ahead(THIRD) {
            self.third(event);
        }
        if let Some(event) = self.schedule.ahead(FOURTH) {
            self.fourth(event);
        }
        if let Some((server, seat)) =
            self.schedule.ahead(LAST).and_then(|event| self.seat_of(event))
        {
            self.nodes[server.index()].library.warm_session(seat);
        }
    }

    fn first(&self, event: Event) {
        match event {
            Event::Request(request) => self.datastore.requests.warm(request),
            Event::Act(player) => warm::row(&self.players, player.index()),
            Event::Wake(server) => self.nodes[server.index()].warm(),
            _ => {}
        }
    }

    fn rest_of(&self, name: RequestId) {
        let Some(request) = self.datastore.requests.get(name) else { return };
        warm::value(&request.phase);
        warm::value(&request.leg_us);
        warm::value(&request.value);
        warm::value(&request.info);
        warm::value(&request.draw);
    }

    fn third(&self, event: Event) {
        match event {
            Event::Request(request) => self.request_comes(request),
            Event::Act(player) => self.player_comes(player),
            Event::Wake(server) => {
                let node = &self.nodes[server.index()];
                if let Some(seat) = node.library.due() {
                    node.warm_seat(seat);
                }
                self.sinks.warm_server(server);
            }
            _ => {}
        }
    }

    fn fourth(&self, event: Event) {
        if let Event::Request(request) = event {
            self.request_is_near(request);
        }
        let Some((server, seat)) = self.seat_of(event) else { return };
        let node = &self.nodes[server.index()];
        match (event, node.visit(seat)) {
            (Event::Wake(_), Some(visit)) => {
                self.visits.warm(visit);
                self.sinks.warm_visit(visit, Coming::Call);
                self.sinks.warm_server_rest(server);
            }
            (Event::Wake(_), None) => {}
            _ => node.warm_seat(seat),
        }
    }

    /// The seat that an event is about, as far as it looks now.
    fn seat_of(&self, event: Event) -> Option<(ServerId, Seat)> {
        let visit = match event {
            Event::Wake(server) => {
                return Some((server, self.nodes[server.index()].library.due()?));
            }
            Event::Act(player) => self.players[player.index()].visit?,
            Event::Request(request) => {
                let request = self.datastore.requests.get(request)?;
                let here = matches!(request.phase, Phase::Transform | Phase::Answer(_));
                request.visit.filter(|_| here)?
            }
            _ => return None,
        };
        let visit = self.visits.get(visit)?;
        Some((visit.server, visit.seat))
    }

    fn request_comes(&self, name: RequestId) {
        let Some(request) = self.datastore.requests.get(name) else { return };
        let read = matches!(request.phase, Phase::Read);
        let written = matches!(request.phase, Phase::Write);
        if read || written {
            self.datastore.warm(request.cell);
            if let Some(quotas) = &self.quotas {
                quotas.warm(request.cell, false);
            }
        } else {
            self.nodes[request.server.index()].warm();
            self.sinks.warm_server(request.server);
        }
        let coming = match request.phase {
            Phase::Write => Coming::Write,
            Phase::Answer(_) => Coming::Answer,
            // Nothing is told of these.
            Phase::Read | Phase::Transform | Phase::Cancelled => {
                return request.visit.into_iter().for_each(|visit| self.visits.warm(visit));
            }
        };
        if let Some(key) = request.key {
            self.sinks.warm_key(key, coming);
        }
        if let Some(visit) = request.visit {
            self.visits.warm(visit);
            self.sinks.warm_visit(visit, coming);
        }
    }

    fn request_is_near(&self, name: RequestId) {
        let Some(request) = self.datastore.requests.get(name) else { return };
        match (&request.phase, &self.quotas) {
            (Phase::Read | Phase::Write, Some(quotas)) => quotas.warm(request.cell, true),
            (Phase::Read | Phase::Write, None) => {}
            (Phase::Transform | Phase::Answer(_) | Phase::Cancelled, _) => {
                self.nodes[request.server.index()].library.warm_call(request.op);
                self.sinks.warm_server_rest(request.server);
            }
        }
    }

    fn player_comes(&self, name: PlayerId) {
        let player = &self.players[name.index()];
        if let Some(visit) = player.visit {
            self.visits.warm(visit);
            self.sinks.warm_visit(visit, Coming::Change);
            self.sinks.models.owners.warm(name.key());
            self.sinks.warm_key(name.key(), Coming::Change);
        }
        if let Some(server) = player.server {
            self.nodes[server.index()].warm();
        }
    }
}
