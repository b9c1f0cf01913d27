//! What a world leaves to the next one: its memory. What is in it says nothing any more.
//!
//! Part of it depends on the library, as servers and what is stored do; a world of another library
//! can use the rest.

use super::market::Market;
use super::plan::Item;
use super::{Mail, Subscription, Visit, World};
use crate::datastore::Datastore;
use crate::fault::Gate;
use crate::library::{Effect, Library};
use crate::limits::Quotas;
use crate::measure::Measure;
use crate::messaging::Messaging;
use crate::node::Node;
use crate::observe::Observers;
use crate::players::Player;
use crate::schedule::Schedule;
use crate::slab::Slab;

/// All of it, or none.
pub(crate) struct Memory<L: Library> {
    pub(crate) common: Common,
    pub(crate) own: Own<L>,
}

/// What any library's world can use.
#[derive(Default)]
pub(crate) struct Common {
    pub(super) schedule: Schedule,
    pub(super) quotas: Option<Quotas>,
    pub(super) messaging: Messaging,
    pub(super) subscriptions: Slab<Subscription>,
    pub(super) players: Vec<Player>,
    pub(super) visits: Slab<Visit>,
    pub(super) items: Vec<Item>,
    pub(super) market: Option<Box<Market>>,
    pub(super) observers: Observers,
    pub(super) measure: Measure,
}

/// What only worlds of the same library can.
pub(crate) struct Own<L: Library> {
    pub(super) nodes: Vec<Node<L>>,
    pub(super) datastore: Option<Datastore<L::Stored>>,
    pub(super) mails: Slab<Mail<L::Mail>>,
    pub(super) effects: Vec<Effect<L::Mail>>,
}

impl<L: Library> Default for Memory<L> {
    fn default() -> Memory<L> {
        Memory { common: Common::default(), own: Own::default() }
    }
}

impl<L: Library> Default for Own<L> {
    fn default() -> Own<L> {
        let (mails, effects) = (Slab::default(), Vec::new());
        Own { nodes: Vec::new(), datastore: None, mails, effects }
    }
}

impl<L: Library> World<'_, L> {
    /// The world is over: what is left are the faults that its gate has noted, and its memory.
    pub(crate) fn into_parts(self) -> (Gate, Memory<L>) {
        let World { schedule, quotas, messaging, subscriptions, players, visits, .. } = self;
        let World { items, market, observers, measure, .. } = self;
        let World { mut nodes, mut used, datastore, mails, effects, gate, .. } = self;
        let datastore = Some(datastore);
        // A world that is smaller than an earlier one has not taken all of its servers.
        used.append(&mut nodes);
        let common = Common {
            schedule,
            quotas,
            messaging,
            subscriptions,
            players,
            visits,
            items,
            market,
            observers,
            measure,
        };
        (gate, Memory { common, own: Own { nodes: used, datastore, mails, effects } })
    }
}
