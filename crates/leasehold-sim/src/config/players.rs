//! The players of a world: when they come, how long they stay, what they do.

use super::{Arrivals, Distribution, Log, Process, even, secs};
use crate::schema::{MILLI, SOME_TIME, Shape, choices, declare};
use crate::units::{Chance, Span, Spread};
use std::time::Duration;

declare! {
    /// The players. Each has one key.
    #[derive(Debug)]
    pub struct Players {
        /// How many.
        count: u32 = 100, within(0, 10_000_000);
        /// Those of them who come at all, by their numbers from 0, in order. Everybody if empty.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        only: Vec<u32> = Vec::new(), shape(SOME_PLAYERS), example("[17, 31]");
        /// What they do, as somebody has logged it, in the place of what other fields say of that:
        /// who joins, leaves, hops and changes something, and when. Absent by default.
        trace: Option<Log> = None;
        /// When they come first.
        arrive: Spread = Spread { from: secs(0), to: secs(60) };
        /// How their first arrivals lie in it.
        arrivals: Arrivals = Arrivals::Process(Process::Even);
        /// How long they stay, from having their data.
        stay: Distribution = even(60, 300), shape(SOME_TIME);
        /// How likely they come straight back to the server that they leave.
        rejoin: Chance = Chance::NEVER;
        // An assumption: no duration of a teleport is published, and nothing keeps a player from
        // clicking at once.
        /// From leaving a server to being back on it.
        rejoin_after: Distribution = millis(200, 5_000);
        /// How likely they hop to another server when they leave one and do not rejoin it.
        hop: Chance = Chance::percent(50);
        /// Which servers they hop between: all, or back and forth between the same two.
        hop_to: HopTo = HopTo::Any;
        // An assumption, no figure is published.
        /// From leaving a server to appearing on the next.
        hop_delay: Distribution = even(2, 15);
        /// From leaving to the server noticing it: only then is the session released. Longer than
        /// `hop_delay`, it makes the next server meet a live owner.
        noticed_after: Distribution = even(0, 0);
        /// From leaving for good to coming back.
        away: Distribution = even(60, 300), shape(SOME_TIME);
        /// From one change of their data to the next.
        edit_every: Distribution = even(5, 20), least(MILLI);
        /// How many changes they make in a visit at the most. Not limited if absent.
        edits_max: Option<u32> = None, within(0, 1_000_000), example("0");
        /// How likely a change is the first of a burst.
        burst: Chance = Chance::NEVER;
        /// How many changes follow the first one.
        burst_size: u32 = 10, within(1, 10_000);
        /// From one change of a burst to the next.
        burst_every: Distribution = millis(100, 500), least(MILLI);
        /// How likely the game calls `Save()` after a change.
        save: Chance = Chance::NEVER;
        /// How likely a refused player tries again instead of going away.
        retry: Chance = Chance::percent(80);
        /// From being refused, or thrown out, to trying again.
        retry_after: Distribution = even(5, 15), shape(SOME_TIME);
        /// How long they wait to be let in before they leave. Not limited if absent.
        patience: Option<Span> = None, least(MILLI), example("\"40s\"");
        // An assumption.
        /// How long they wait for a server that is paused before they leave it.
        timeout: Span = secs(10), least(MILLI);
        /// What they do when the session under them is lost: they are thrown out, or play on
        /// unsaved.
        when_lost: WhenLost = WhenLost::Kick;
        /// How likely the game forgets to release a session when its player leaves.
        leak: Chance = Chance::NEVER;
        // The first device is thrown out, but its server goes on acting for it:
        // <https://github.com/Kampfkarren/Roblox/issues/144>.
        /// How likely the same account logs in elsewhere during a visit: both servers act for it.
        second_device: Chance = Chance::NEVER;
        // An assumption.
        /// For how long the first server goes on acting for a player who is elsewhere.
        second_device_for: Distribution = even(1, 10);
        /// How likely a change is a trade: an item goes to somebody else on the server.
        trade: Chance = Chance::NEVER;
        /// Items that a fresh profile begins with, in a world with trades.
        items: u32 = 5, within(0, 100);
        /// How likely the game calls `Save()` for both players after a trade.
        trade_saves: Chance = Chance::NEVER;
        /// How likely a change is a purchase.
        purchase: Chance = Chance::NEVER;
        /// Whether the game looks for a receipt in the player's data before it grants it.
        check_receipts: bool = true;
        // What ProfileStore's own example keeps (`PURCHASE_ID_CACHE_SIZE`):
        // <https://madstudioroblox.github.io/ProfileStore/devproducts/>.
        /// How many receipts the game keeps in a player's data: the last ones that it granted. One
        /// that is asked for again after that is granted again.
        receipts_kept: u32 = 100, within(1, 10_000);
        // Documented to happen, not how often (`MarketplaceService.ProcessReceipt`).
        /// How likely the platform does not note that a purchase is granted, and asks again.
        receipt_lost: Chance = Chance::NEVER;
    }
}

const SOME_PLAYERS: Shape = Shape::List(&Shape::Count(0, 9_999_999), 0, 10_000);

impl Players {
    /// Whether there is anything with an identity: trades or purchases.
    pub(crate) fn trade_or_buy(&self) -> bool {
        self.trade > Chance::NEVER || self.purchase > Chance::NEVER
    }
}

const fn millis(from: u64, to: u64) -> Distribution {
    let (from, to) = (Duration::from_millis(from), Duration::from_millis(to));
    Distribution::Even(Spread { from: Span(from), to: Span(to) })
}

choices! {
    /// Which servers a player hops between.
    pub enum HopTo {
        /// All of them.
        Any,
        /// The same two, back and forth: each player has a pair.
        Pair,
    }
}

choices! {
    /// What a player does when the session under them is lost (rule
    /// [W10](leasehold_core::chronicle::protocol#W10)).
    pub enum WhenLost {
        /// They are thrown out, and may come back.
        Kick,
        /// They play on; nothing of it is saved.
        PlayOn,
    }
}
