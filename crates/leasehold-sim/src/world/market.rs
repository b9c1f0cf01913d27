//! Trades and purchases: what players do to each other's data, and what the platform wants of it.
//!
//! A trade moves an item between two players of one server at one instant, by a change of each
//! one's data; each side is saved by its own profile, whenever that saves. A purchase is asked for
//! by the platform until it has noted that it was granted:
//!
//! ```text
//!   bought --[ProcessReceipt]--> in the data --[Save() returns true]--> granted --[noted]--> done
//!     ^                               |                                    |
//!     '----------[next join, next purchase: asked again]-------------------'
//! ```
//!
//! Worlds without either have none of this.

use super::{Visit, World};
use crate::fault::{Occasion, Site};
use crate::library::{Change, Holdings, Input, Item, Library, Receipt};
use crate::luck::{Block, Question, Stream};
use crate::observe::{Fact, Rows, Step};
use crate::units::Chance;
use leasehold_core::Seat;
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// What there is besides the players' data.
pub(super) struct Market {
    /// How many items and receipts there have been.
    items: u32,
    receipts: u32,
    /// Visits whose players can trade, by server.
    present: Vec<Vec<u32>>,
    visits: Rows<Row>,
    /// Receipts that the platform has not noted as granted, by player.
    open: BTreeMap<u32, Vec<Receipt>>,
    /// How often the platform was told so, by player: the names of occasions.
    told: BTreeMap<u32, u32>,
    /// What was looked at last; kept for its memory.
    held: Holdings,
}

#[derive(Clone, Default)]
struct Row {
    /// Where it is in its server's list.
    place: Option<usize>,
    /// Callers of `Save()` who wait, the oldest first, and the receipt that each wants to grant.
    savers: VecDeque<Option<Receipt>>,
    /// Receipts that came into its data and are not known to be stored.
    unsaved: SmallVec<[Receipt; 1]>,
}

/// Who makes a change: the numbers are kinds of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Player = 0,
    Ghost = 1,
}

impl Market {
    pub(super) fn new(servers: usize) -> Market {
        Market {
            items: 0,
            receipts: 0,
            present: vec![Vec::new(); servers],
            visits: Rows::default(),
            open: BTreeMap::new(),
            told: BTreeMap::new(),
            held: Holdings::default(),
        }
    }

    /// Looks at what a stored value holds.
    pub(super) fn look<L: Library>(&mut self, stored: &L::Stored) {
        self.held.clear();
        L::holdings(stored, &mut self.held);
    }

    /// Looks where nothing is stored.
    pub(super) fn look_at_nothing(&mut self) {
        self.held.clear();
    }

    fn leave(&mut self, server: u32, visit: u32) {
        let Some(place) = self.visits.of(visit).place.take() else { return };
        let list = &mut self.present[server as usize];
        list.swap_remove(place);
        if let Some(moved) = list.get(place) {
            self.visits.of(*moved).place = Some(place);
        }
    }
}

impl<L: Library> World<'_, L> {
    /// A step after which a key holds what was looked at last.
    pub(super) fn holds(&mut self, server: u32, visit: u32, key: u32, fact: Fact) {
        self.step(server, visit, key, fact);
        self.show(server, visit, key, fact);
    }

    /// Shows what was looked at last, as what the step before was about.
    pub(super) fn show(&mut self, server: u32, visit: u32, key: u32, fact: Fact) {
        let Some(market) = &self.market else { return };
        let step = Step { at: self.schedule.now(), server, visit, key, fact };
        self.digest.holdings(&market.held);
        self.observers.on_holdings(&step, &market.held);
        if let super::Watch::Trail(trail) = &mut self.watch {
            trail.look(&self.observers.findings);
        }
        self.chart_items(step.at);
    }

    /// Counts how many items are exposed, and what came of it.
    pub(super) fn chart_items(&mut self, at: crate::schedule::Moment) {
        self.measure.exposures.exposed(at.as_micros(), self.observers.items.exposed);
        for (at, lost) in self.observers.findings.incidents.drain(..) {
            self.measure.exposures.incident(at.as_micros(), lost);
        }
    }

    /// A visit has its data: what is in it is shown.
    pub(super) fn shows_profile(&mut self, visit: u32, fact: Fact) {
        let Visit { server, seat, player, .. } = *self.visits.of(visit);
        if self.look_at_profile(server, seat) {
            self.show(server, visit, player, fact);
        }
    }

    fn look_at_profile(&mut self, server: u32, seat: Seat) -> bool {
        let Some(market) = &mut self.market else { return false };
        market.held.clear();
        self.nodes[server as usize].library.profile(seat, &mut market.held);
        true
    }

    /// A player is in the game: a fresh profile gets its items, and what was bought is granted.
    pub(super) fn opens(&mut self, visit: u32, fresh: bool) {
        if self.market.is_none() {
            return;
        }
        self.arrives(visit);
        let players = &self.config.players;
        if fresh && players.trade > Chance::NEVER {
            for _ in 0..players.items {
                self.mint(visit);
            }
        }
        self.process(visit);
    }

    fn mint(&mut self, visit: u32) {
        let Some(market) = &mut self.market else { return };
        let item = Item(market.items);
        market.items += 1;
        if self.alter(visit, Change::Mint(item)) {
            let Visit { server, player, .. } = *self.visits.of(visit);
            self.step(server, visit, player, Fact::Minted { item });
        }
    }

    /// A visit's player can trade from now on.
    pub(super) fn arrives(&mut self, visit: u32) {
        let server = self.visits.of(visit).server;
        if let Some(market) = &mut self.market {
            let list = &mut market.present[server as usize];
            market.visits.of(visit).place = Some(list.len());
            list.push(visit);
        }
    }

    /// A visit's player is gone from its server.
    pub(super) fn departs(&mut self, visit: u32) {
        let server = self.visits.of(visit).server;
        if let Some(market) = &mut self.market {
            market.leave(server, visit);
        }
    }

    /// A visit's session is over: nobody waits for it any more.
    pub(super) fn closes(&mut self, visit: u32) {
        self.departs(visit);
        if let Some(market) = &mut self.market {
            *market.visits.of(visit) = Row::default();
        }
    }

    fn ask(&self, stream: Stream, visit: u32, who: Who, nth: u32) -> Block {
        let Visit { player, nth: session, .. } = *self.visits.of(visit);
        self.dice.ask(Question {
            stream,
            subject: player,
            session,
            kind: who as u8,
            nth,
            attempt: 0,
        })
    }

    /// Whether the `nth` change of a visit is a trade or a purchase, which then happens.
    pub(super) fn deals(&mut self, visit: u32, who: Who, nth: u32) -> bool {
        self.market.is_some() && (self.purchase(visit, who, nth) || self.trade(visit, who, nth))
    }

    fn trade(&mut self, visit: u32, who: Who, nth: u32) -> bool {
        let plan = &self.config.players;
        if plan.trade == Chance::NEVER {
            return false;
        }
        let block = self.ask(Stream::Trade, visit, who, nth);
        if !plan.trade.hits(block.word(0)) {
            return false;
        }
        let saves = plan.trade_saves.hits(block.word(3));
        let Some(to) = self.partner(visit, &block) else { return false };
        let Visit { server, seat, player, .. } = *self.visits.of(visit);
        let (to_seat, to_key) = (self.visits.of(to).seat, self.visits.of(to).player);
        if !self.has_session(server, seat) || !self.has_session(server, to_seat) {
            return false;
        }
        let Some(item) = self.offer(server, seat, &block) else { return false };
        if !self.alter(visit, Change::Take(item)) {
            return false;
        }
        if !self.alter(to, Change::Give(item)) {
            self.alter(visit, Change::Give(item));
            return true;
        }
        self.step(server, visit, player, Fact::Traded { item, to, to_key });
        if saves {
            self.save(visit, None);
            self.save(to, None);
        }
        true
    }

    /// Somebody else on a visit's server.
    fn partner(&mut self, visit: u32, block: &Block) -> Option<u32> {
        let Visit { server, player, .. } = *self.visits.of(visit);
        let market = self.market.as_mut()?;
        let mine = market.visits.of(visit).place?;
        let list = &market.present[server as usize];
        let others = (list.len() as u64).checked_sub(2)?;
        let other = block.upto(1, others) as usize;
        let to = list[other + usize::from(other >= mine)];
        (self.visits.of(to).player != player).then_some(to)
    }

    /// Something that the player in a seat has.
    fn offer(&mut self, server: u32, seat: Seat, block: &Block) -> Option<Item> {
        self.look_at_profile(server, seat);
        let items = &self.market.as_ref()?.held.items;
        let last = (items.len() as u64).checked_sub(1)?;
        Some(items[block.upto(2, last) as usize])
    }

    fn has_session(&self, server: u32, seat: Seat) -> bool {
        let node = &self.nodes[server as usize];
        node.runs() && node.library.believes(seat, node.clock.now(self.schedule.now()))
    }

    fn purchase(&mut self, visit: u32, who: Who, nth: u32) -> bool {
        let chance = self.config.players.purchase;
        if chance == Chance::NEVER {
            return false;
        }
        let hits = chance.hits(self.ask(Stream::Purchase, visit, who, nth).word(0));
        let Visit { server, player, .. } = *self.visits.of(visit);
        let Some(market) = self.market.as_mut().filter(|_| hits) else { return false };
        let receipt = Receipt(market.receipts);
        market.receipts += 1;
        market.open.entry(player).or_default().push(receipt);
        self.step(server, visit, player, Fact::Bought { receipt });
        self.process(visit);
        true
    }

    /// `ProcessReceipt` for all receipts that a visit's player has open. One whose call has not
    /// returned is not asked for again on the same server.
    fn process(&mut self, visit: u32) {
        let Visit { server, seat, player, .. } = *self.visits.of(visit);
        let Some(market) = &mut self.market else { return };
        let Some(open) = market.open.get(&player).filter(|open| !open.is_empty()) else { return };
        for receipt in open.clone() {
            self.look_at_profile(server, seat);
            let Some(market) = &mut self.market else { return };
            let row = market.visits.of(visit);
            if row.savers.contains(&Some(receipt)) {
                continue;
            }
            let checks = self.config.players.check_receipts;
            let (has, unsaved) =
                (market.held.receipts.contains(&receipt), row.unsaved.contains(&receipt));
            if checks && has && !unsaved {
                self.observers.remark("a receipt was found to be granted already");
                self.granted(visit, receipt);
                continue;
            }
            if !(checks && has) {
                if !self.alter(visit, Change::Grant(receipt)) {
                    return;
                }
                self.step(server, visit, player, Fact::Received { receipt });
                if let Some(market) = &mut self.market {
                    market.visits.of(visit).unsaved.push(receipt);
                }
            }
            self.save(visit, Some(receipt));
        }
    }

    /// The game calls `Save()` for a visit, perhaps to grant a receipt when it returns true.
    pub(super) fn save(&mut self, visit: u32, receipt: Option<Receipt>) {
        let Visit { server, seat, .. } = *self.visits.of(visit);
        if self.market.is_some() {
            if !self.has_session(server, seat) {
                return;
            }
            if let Some(market) = &mut self.market {
                market.visits.of(visit).savers.push_back(receipt);
            }
        }
        self.tell(server, Input::Save { seat });
    }

    /// The oldest calls of `Save()` return.
    pub(super) fn saves_return(&mut self, visit: u32, callers: u32, saved: bool) {
        for _ in 0..callers {
            let Some(market) = &mut self.market else { return };
            let row = market.visits.of(visit);
            let Some(caller) = row.savers.pop_front() else { return };
            let Some(receipt) = caller.filter(|_| saved) else { continue };
            row.unsaved.retain(|unsaved| *unsaved != receipt);
            self.granted(visit, receipt);
        }
    }

    /// The platform is told that a receipt is granted; it notes it, unless that is lost.
    fn granted(&mut self, visit: u32, receipt: Receipt) {
        let Visit { server, player, .. } = *self.visits.of(visit);
        let Some(market) = &mut self.market else { return };
        let told = market.told.entry(player).or_default();
        *told += 1;
        let (nth, chance) = (*told, self.config.players.receipt_lost);
        let lost = self.gate.can(chance) && {
            let stream = Stream::Receipt;
            let question =
                Question { stream, subject: player, session: 0, kind: 0, nth, attempt: 0 };
            let word = self.dice.ask(question).word(0);
            self.gate.fault(Site::Unnoted, chance, word, Occasion::Receipt { key: player, nth })
        };
        if !lost && let Some(open) = market.open.get_mut(&player) {
            open.retain(|known| *known != receipt);
        }
        self.step(server, visit, player, Fact::Granted { receipt, noted: !lost });
    }
}
