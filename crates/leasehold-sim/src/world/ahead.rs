//! Running ahead: for how long a library that ticks is left alone.
//!
//! A library that looks sixty times a second whether it may go on has nothing to say on most of its
//! ticks, and each is an event. So before one it is told until when nothing but ticks can come to
//! it, and does with this one what it will do until then. The time is short, but never too long:
//!
//! ```text
//!   now          a tick of another         the next event
//!    |               server    |           that is no tick
//!    v                  v      v                 v
//!    +------------------+------+-----------------+----> time
//!    '--- left alone ---'- + -'  until the earliest that anything may come of it
//! ```
//!
//! Nothing befalls a server but by an event that is there already, or by one that comes of another
//! server's tick: a message, which takes its time, or a player, who takes theirs. But for one: a
//! session that becomes an owner has all others of its key looked at, at once. So whoever owns
//! what somebody else has a seat for is left alone until the next tick of any other server at most.
//!
//! Messages are quick, so what is sure is little more than a frame. But hardly any library says
//! something to others on a tick: they do when a call is answered. A bold world counts on that, and
//! is misjudged as soon as one does: it is not to be believed, and has to be run anew, surely.
//!
//! Laws: a run is the same whether a library makes use of it or not, and in whichever pace. Nothing
//! here is kept for libraries that do not.

use super::World;
use crate::ids::{PlayerId, ServerId};
use crate::library::Library;
use crate::schedule::{Event, Moment};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// From so many servers on, to look when each of them ticks costs more than it brings: somebody is
/// held to tick at once.
const SERVERS_MOST: usize = 32;

/// How far libraries may run ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As far as is sure.
    Sure,
    /// As far as is sure if nobody says anything to others on a tick.
    Bold,
}

/// What is known of events to come.
#[derive(Debug)]
pub(super) struct Horizon {
    pace: Pace,
    /// The moments of those that are no ticks.
    others: BinaryHeap<Reverse<Moment>>,
    /// How long it takes, in microseconds, until what a server does on a tick can reach another.
    apart_us: u64,
    /// A library is told that time has passed.
    ticks: bool,
    /// Somebody has said something on a tick.
    misjudged: bool,
    /// How many seats each player has on all servers.
    seats: Vec<u32>,
}

impl Horizon {
    pub(super) fn new(pace: Pace) -> Horizon {
        let (others, seats) = (BinaryHeap::new(), Vec::new());
        Horizon { pace, others, apart_us: 0, ticks: false, misjudged: false, seats }
    }

    pub(super) fn will_come(&mut self, at: Moment, event: Event) {
        if !matches!(event, Event::Wake(_)) {
            self.others.push(Reverse(at));
        }
    }

    pub(super) fn comes(&mut self, at: Moment, event: Event) {
        if !matches!(event, Event::Wake(_)) {
            let known = self.others.pop();
            debug_assert_eq!(known, Some(Reverse(at)), "what comes was to come");
        }
    }
}

impl<L: Library> World<'_, L> {
    /// The world, of so many players, is about to begin.
    pub(super) fn sees_horizon(&mut self, players: u32) {
        if L::RUNS_AHEAD {
            let (player_us, message_us) = (self.plans.between_servers(), self.tables.message.min());
            self.horizon.apart_us = match self.horizon.pace {
                Pace::Sure => player_us.min(message_us),
                Pace::Bold => player_us,
            };
            self.horizon.seats = vec![0; players as usize];
        }
    }

    /// A player takes a seat, or one of theirs is free again.
    pub(super) fn sits(&mut self, player: PlayerId, more: i32) {
        if L::RUNS_AHEAD {
            let seats = &mut self.horizon.seats[player.index()];
            *seats = seats.saturating_add_signed(more);
        }
    }

    /// A library says something to others.
    pub(super) fn speaks(&mut self) {
        let Horizon { pace, ticks, misjudged, .. } = &mut self.horizon;
        *misjudged |= *ticks && *pace == Pace::Bold;
    }

    /// Whether the world was run too far ahead: what it says is not to be believed.
    pub(crate) fn is_misjudged(&self) -> bool {
        self.horizon.misjudged
    }

    pub(super) fn has_ticked(&mut self) {
        self.horizon.ticks = false;
    }

    /// A server's library is about to tick: it is told for how long it is left alone.
    pub(super) fn leave_alone(&mut self, server: ServerId) {
        self.horizon.ticks = true;
        let until = self.left_alone_until(server);
        let node = &mut self.nodes[server.index()];
        if let Some(ahead) = node.clock.ahead(until).filter(|_| node.runs()) {
            node.library.left_alone(ahead);
        }
    }

    fn left_alone_until(&self, server: ServerId) -> Moment {
        let (now, end) = (self.schedule.now(), self.end.after(1));
        let event = self.horizon.others.peek().map_or(end, |Reverse(at)| *at);
        let until = event.min(end).min(self.draws.forks_at());
        if until <= now {
            return until;
        }
        let ticks = match self.nodes.len() {
            ..=SERVERS_MOST => {
                let others = self.nodes.iter().enumerate();
                let others = others.filter(|(nth, _)| *nth != server.index());
                others.map(|(_, node)| node.wake_at).min().unwrap_or(Moment::NEVER)
            }
            _ => now,
        };
        // One request that waits for the experience's budget goes when another's is through.
        let waits = self.quotas.as_ref().is_some_and(|quotas| quotas.turn().is_some());
        let at_once = waits || self.may_be_looked_at(server);
        until.min(ticks.after(if at_once { 0 } else { self.horizon.apart_us }))
    }

    /// Whether a session of a server is an owner of what another one has a seat for.
    fn may_be_looked_at(&self, server: ServerId) -> bool {
        let visits = self.nodes[server.index()].visits().filter(|(.., seat)| seat.owns);
        let mut players = visits.map(|(_, visit, _)| self.visits.of(visit).player);
        players.any(|player| self.horizon.seats[player.index()] > 1)
    }
}
