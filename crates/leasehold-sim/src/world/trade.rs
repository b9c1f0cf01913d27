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
use crate::draws::{Draw, DrawKey, PurchaseWord, ReceiptWord, TradeWord, of};
use crate::fault::{Occasion, Site};
use crate::ids::{PlayerId, ServerId, VisitId};
use crate::library::{Change, Grant, Holdings, Input, Item, Library, Receipt};
use crate::rows::Rows;
use crate::step::{Fact, Step};
use crate::units::Chance;
use leasehold_core::{Key, Seat};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What there is besides the players' data.
#[derive(Default)]
pub(super) struct Trades {
    /// How many items and receipts there have been.
    items: u32,
    receipts: u32,
    /// How many times a receipt came into somebody's data: each has a step.
    grants: u32,
    /// Visits whose players can trade, by server.
    present: Vec<Vec<VisitId>>,
    visits: Rows<Row>,
    /// Receipts that the platform has not noted as granted, by player.
    open: BTreeMap<PlayerId, BTreeSet<Receipt>>,
    /// How often the platform was told so, by player: the names of occasions.
    told: BTreeMap<PlayerId, u32>,
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
    unsaved: BTreeSet<Receipt>,
    /// How many receipts there were when its player's were last asked for, and those of them that
    /// have to be asked for again, if the platform still wants them.
    known: u32,
    due: BTreeSet<Receipt>,
}

/// Who makes a change: the numbers are kinds of questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Player = 0,
    StalePlayer = 1,
}

impl Trades {
    pub(super) fn new(servers: u32) -> Trades {
        Trades { present: vec![Vec::new(); servers as usize], ..Trades::default() }
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

    /// The receipts that the platform asks a visit for: all that its player has open but those
    /// whose call has not returned there. They are due until they are asked for.
    fn wanted(&mut self, player: PlayerId, visit: VisitId) -> Vec<Receipt> {
        let row = self.visits.of(visit);
        let Some(open) = self.open.get(&player) else { return Vec::new() };
        row.due.retain(|receipt| open.contains(receipt));
        row.due.extend(open.range(Receipt(row.known)..));
        row.known = self.receipts;
        row.due.iter().copied().collect()
    }

    fn leave(&mut self, server: ServerId, visit: VisitId) {
        let Some(place) = self.visits.of(visit).place.take() else { return };
        let list = &mut self.present[server.index()];
        list.swap_remove(place);
        if let Some(moved) = list.get(place) {
            self.visits.of(*moved).place = Some(place);
        }
    }
}

impl<L: Library> World<'_, L> {
    /// A step after which a key holds what was looked at last. What is no player's record holds
    /// nothing that anybody counts.
    pub(super) fn holds(
        &mut self,
        (server, visit, key): (Option<ServerId>, Option<VisitId>, Option<Key>),
        fact: Fact,
    ) {
        self.step(server, visit, key, fact);
        if key.is_some() {
            let at = self.schedule.now();
            self.show(&Step { at, server, visit, key, fact });
        }
    }

    /// Shows what was looked at last, as what a step was about.
    fn show(&mut self, step: &Step) {
        if let Some(trades) = &self.trades {
            self.sinks.holdings(step, &trades.held);
        }
    }

    /// A visit has its data: what is in it is shown.
    pub(super) fn shows_profile(&mut self, visit: VisitId, fact: Fact) {
        let Visit { server, seat, player, .. } = *self.visits.of(visit);
        if self.look_at_profile(server, seat) {
            let (at, server, key) = (self.schedule.now(), Some(server), Some(player.key()));
            self.show(&Step { at, server, visit: Some(visit), key, fact });
        }
    }

    fn look_at_profile(&mut self, server: ServerId, seat: Seat) -> bool {
        let Some(trades) = &mut self.trades else { return false };
        trades.held.clear();
        self.nodes[server.index()].library.profile(seat, &mut trades.held);
        true
    }

    /// A player is in the game: a fresh profile gets its items, and what was bought is granted.
    pub(super) fn opens(&mut self, visit: VisitId, fresh: bool) {
        if self.trades.is_none() {
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

    fn mint(&mut self, visit: VisitId) {
        let Some(trades) = &mut self.trades else { return };
        let item = Item(trades.items);
        trades.items += 1;
        if self.alter(visit, Change::Mint(item)) {
            self.step_in(visit, Fact::Minted { item });
        }
    }

    /// A visit's player can trade from now on.
    pub(super) fn arrives(&mut self, visit: VisitId) {
        let server = self.visits.of(visit).server;
        if let Some(trades) = &mut self.trades {
            let list = &mut trades.present[server.index()];
            trades.visits.of(visit).place = Some(list.len());
            list.push(visit);
        }
    }

    /// A visit's player is gone from its server.
    pub(super) fn departs(&mut self, visit: VisitId) {
        let server = self.visits.of(visit).server;
        if let Some(trades) = &mut self.trades {
            trades.leave(server, visit);
        }
    }

    /// A visit's session is over: nobody waits for it any more.
    pub(super) fn closes(&mut self, visit: VisitId) {
        self.departs(visit);
        if let Some(trades) = &mut self.trades {
            *trades.visits.of(visit) = Row::default();
        }
    }

    /// Whether the `nth` change of a visit is a trade or a purchase, which then happens.
    pub(super) fn deals(&mut self, visit: VisitId, who: Who, nth: u32) -> bool {
        self.trades.is_some() && (self.purchase(visit, who, nth) || self.trade(visit, who, nth))
    }

    fn trade(&mut self, visit: VisitId, who: Who, nth: u32) -> bool {
        let plan = &self.config.players;
        if plan.trade == Chance::NEVER {
            return false;
        }
        let Visit { player, nth: session, .. } = *self.visits.of(visit);
        let block = self.draws.draw(of::Trade, occasion(player, session, who, nth));
        if !plan.trade.hits(block.word(TradeWord::Happens)) {
            return false;
        }
        let saves = plan.trade_saves.hits(block.word(TradeWord::Saves));
        let Some(to) = self.partner(visit, &block) else { return false };
        let Visit { server, seat, .. } = *self.visits.of(visit);
        let (to_seat, to_key) = (self.visits.of(to).seat, self.visits.of(to).player.key());
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
        self.step_in(visit, Fact::Traded { item, to, to_key });
        if saves {
            self.save(visit, None);
            self.save(to, None);
        }
        true
    }

    /// Somebody else on a visit's server.
    fn partner(&mut self, visit: VisitId, block: &Draw<TradeWord>) -> Option<VisitId> {
        let Visit { server, player, .. } = *self.visits.of(visit);
        let trades = self.trades.as_mut()?;
        let mine = trades.visits.of(visit).place?;
        let list = &trades.present[server.index()];
        let others = (list.len() as u64).checked_sub(2)?;
        let other = block.upto(TradeWord::With, others) as usize;
        let to = list[other + usize::from(other >= mine)];
        (self.visits.of(to).player != player).then_some(to)
    }

    /// Something that the player in a seat has.
    fn offer(&mut self, server: ServerId, seat: Seat, block: &Draw<TradeWord>) -> Option<Item> {
        self.look_at_profile(server, seat);
        let items = &self.trades.as_ref()?.held.items;
        let last = (items.len() as u64).checked_sub(1)?;
        Some(items[block.upto(TradeWord::Item, last) as usize])
    }

    fn has_session(&self, server: ServerId, seat: Seat) -> bool {
        let node = &self.nodes[server.index()];
        node.runs() && node.library.owns(seat, node.clock.now(self.schedule.now()))
    }

    fn purchase(&mut self, visit: VisitId, who: Who, nth: u32) -> bool {
        let chance = self.config.players.purchase;
        if chance == Chance::NEVER {
            return false;
        }
        let Visit { player, nth: session, .. } = *self.visits.of(visit);
        let block = self.draws.draw(of::Purchase, occasion(player, session, who, nth));
        let hits = chance.hits(block.word(PurchaseWord::Happens));
        let Some(trades) = self.trades.as_mut().filter(|_| hits) else { return false };
        let receipt = Receipt(trades.receipts);
        trades.receipts += 1;
        trades.open.entry(player).or_default().insert(receipt);
        self.step_in(visit, Fact::Bought { receipt });
        self.process(visit);
        true
    }

    /// `ProcessReceipt` for all receipts that a visit's player has open. One whose call has not
    /// returned is not asked for again on the same server.
    fn process(&mut self, visit: VisitId) {
        let Visit { server, seat, player, .. } = *self.visits.of(visit);
        let Some(trades) = &mut self.trades else { return };
        let wanted = trades.wanted(player, visit);
        if wanted.is_empty() {
            return;
        }
        // Looked at once: granting one thing changes nothing of another.
        self.look_at_profile(server, seat);
        if let Some(trades) = &mut self.trades {
            trades.held.receipts.sort_unstable();
        }
        let held = |receipt: &Receipt| {
            let trades = self.trades.as_ref();
            trades.is_some_and(|trades| trades.held.receipts.binary_search(receipt).is_ok())
        };
        let had: Vec<bool> = wanted.iter().map(held).collect();
        for (receipt, has) in wanted.into_iter().zip(had) {
            let Some(trades) = &mut self.trades else { return };
            let row = trades.visits.of(visit);
            let checks = self.config.players.check_receipts;
            let unsaved = row.unsaved.contains(&receipt);
            if checks && has && !unsaved {
                let mark = "a receipt was found to be granted already";
                row.due.remove(&receipt);
                self.step_in(visit, Fact::Remarked { mark });
                self.granted(visit, receipt);
                continue;
            }
            if !(checks && has) {
                let (nth, keep) = (trades.grants + 1, self.config.players.receipts_kept);
                if !self.alter(visit, Change::Grant(Grant { receipt, nth, keep })) {
                    return;
                }
                self.step_in(visit, Fact::Received { receipt });
                if let Some(trades) = &mut self.trades {
                    trades.grants = nth;
                    trades.visits.of(visit).unsaved.insert(receipt);
                }
            }
            self.save(visit, Some(receipt));
        }
    }

    /// The game calls `Save()` for a visit, perhaps to grant a receipt when it returns true.
    pub(super) fn save(&mut self, visit: VisitId, receipt: Option<Receipt>) {
        let Visit { server, seat, .. } = *self.visits.of(visit);
        if self.trades.is_some() {
            if !self.has_session(server, seat) {
                return;
            }
            if let Some(trades) = &mut self.trades {
                let row = trades.visits.of(visit);
                row.savers.push_back(receipt);
                receipt.iter().for_each(|receipt| _ = row.due.remove(receipt));
            }
        }
        self.tell(server, Input::Save { seat });
    }

    /// The oldest calls of `Save()` return.
    pub(super) fn saves_return(&mut self, visit: VisitId, callers: u32, saved: bool) {
        for _ in 0..callers {
            let Some(trades) = &mut self.trades else { return };
            let row = trades.visits.of(visit);
            let Some(caller) = row.savers.pop_front() else { return };
            row.due.extend(caller);
            let Some(receipt) = caller.filter(|_| saved) else { continue };
            row.unsaved.remove(&receipt);
            self.granted(visit, receipt);
        }
    }

    /// The platform is told that a receipt is granted; it notes it, unless that is lost.
    fn granted(&mut self, visit: VisitId, receipt: Receipt) {
        let Visit { player, .. } = *self.visits.of(visit);
        let Some(trades) = &mut self.trades else { return };
        let told = trades.told.entry(player).or_default();
        *told += 1;
        let (nth, chance) = (*told, self.config.players.receipt_lost);
        let lost = self.gate.can(chance) && {
            let question = DrawKey { subject: player.number(), nth, ..DrawKey::default() };
            let word = self.draws.draw(of::Receipt, question).word(ReceiptWord::Unnoted);
            let occasion = Occasion::Receipt { key: player.key(), nth };
            self.gate.fault(Site::Unnoted, chance, word, occasion)
        };
        if lost {
            trades.visits.of(visit).due.insert(receipt);
        } else if let Some(open) = trades.open.get_mut(&player) {
            open.remove(&receipt);
        }
        self.step_in(visit, Fact::Granted { receipt, noted: !lost });
    }
}

/// Which change of a visit, by whom.
fn occasion(player: PlayerId, session: u32, who: Who, nth: u32) -> DrawKey {
    let (subject, kind) = (player.number(), who as u8);
    DrawKey { subject, session, kind, nth, attempt: 0 }
}
