//! The players of a world: when they come, how long they stay, what they do.

use super::{LatencySpec, secs, spread};
use crate::units::{Chance, Span, Spread};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The players. Each has one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Players {
    /// How many. 100.
    pub count: u32,
    /// Those of them who come at all, by their numbers, in order. Everybody if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<u32>,
    /// When they come first. 0 to 60 s.
    pub arrive: Spread,
    /// How long they stay on a server, from having their data. 1 to 5 min.
    pub stay: LatencySpec,
    /// How likely they come straight back to the server that they leave. 0.
    pub rejoin: Chance,
    /// From leaving a server to being back on it. 0.2 to 5 s; an assumption: no duration of a
    /// teleport is published, and nothing keeps a player from clicking at once.
    pub rejoin_after: Spread,
    /// How likely they hop to another server when they leave one, if they do not rejoin it. 50 %.
    pub hop: Chance,
    /// Which servers they hop between.
    pub hop_to: HopTo,
    /// From leaving a server to appearing on the next. 2 to 15 s; an assumption, no figure is
    /// published.
    pub hop_delay: Spread,
    /// From a player's leaving to their server noticing it: only then is the session released. 0 s.
    /// Longer than `hop_delay`, it makes the next server meet a live owner.
    pub noticed_after: Spread,
    /// From leaving for good to coming back. 1 to 5 min.
    pub away: Spread,
    /// From one change of their data to the next. 5 to 20 s.
    pub edit_every: Spread,
    /// How many changes they make in a visit at the most. Not limited if absent.
    pub edits_max: Option<u32>,
    /// How likely a change is the first of a burst: clicks, not play. 0.
    pub burst: Chance,
    /// How many changes follow the first one of a burst. 10.
    pub burst_size: u32,
    /// From one change of a burst to the next. 0.1 to 0.5 s.
    pub burst_every: Spread,
    /// How likely the game calls `Save()` right after a change. 0.
    pub save: Chance,
    /// How likely a refused player tries again instead of going away. 80 %.
    pub retry: Chance,
    /// From being refused, or thrown out, to trying again. 5 to 15 s.
    pub retry_after: Spread,
    /// How long they wait to be let in before they leave. Not at all limited if absent.
    pub patience: Option<Span>,
    /// How long they wait for a server that is paused before they leave it. 10 s; an assumption.
    pub timeout: Span,
    /// What they do when the session under them is lost.
    pub when_lost: WhenLost,
    /// How likely the game forgets to release a session when its player leaves. 0.
    pub leak: Chance,
    /// How likely the same account logs in on a second device during a visit, on another server. 0.
    /// The first device is thrown out, but its server goes on acting for it
    /// (<https://github.com/Kampfkarren/Roblox/issues/144>).
    pub second_device: Chance,
    /// For how long it does, until it notices and releases the session. 1 to 10 s; an assumption.
    pub second_device_for: Spread,
    /// How likely a change is a trade with somebody else on the server. 0.
    pub trade: Chance,
    /// Items that a fresh profile begins with, in a world with trades. 5.
    pub items: u32,
    /// How likely the game calls `Save()` for both after a trade. 0.
    pub trade_saves: Chance,
    /// How likely a change is a purchase. 0.
    pub purchase: Chance,
    /// Whether the game looks for a receipt in the player's data before it grants it. It should.
    pub check_receipts: bool,
    /// How likely the platform does not note that a purchase is granted, and asks for it again. 0;
    /// documented to happen, not how often (`MarketplaceService.ProcessReceipt`).
    pub receipt_lost: Chance,
}

impl Players {
    /// Whether there is anything with an identity: trades or purchases.
    pub(crate) fn trade_or_buy(&self) -> bool {
        self.trade > Chance::NEVER || self.purchase > Chance::NEVER
    }
}

impl Default for Players {
    fn default() -> Players {
        Players {
            count: 100,
            only: Vec::new(),
            arrive: spread(0, 60),
            stay: LatencySpec::Named("1m..5m".to_owned()),
            rejoin: Chance::NEVER,
            rejoin_after: Spread { from: millis(200), to: secs(5) },
            hop: Chance::percent(50),
            hop_to: HopTo::Any,
            hop_delay: spread(2, 15),
            noticed_after: spread(0, 0),
            away: spread(60, 300),
            edit_every: spread(5, 20),
            edits_max: None,
            burst: Chance::NEVER,
            burst_size: 10,
            burst_every: Spread { from: millis(100), to: millis(500) },
            save: Chance::NEVER,
            retry: Chance::percent(80),
            retry_after: spread(5, 15),
            patience: None,
            timeout: secs(10),
            when_lost: WhenLost::Kick,
            leak: Chance::NEVER,
            second_device: Chance::NEVER,
            second_device_for: spread(1, 10),
            trade: Chance::NEVER,
            items: 5,
            trade_saves: Chance::NEVER,
            purchase: Chance::NEVER,
            check_receipts: true,
            receipt_lost: Chance::NEVER,
        }
    }
}

const fn millis(millis: u64) -> Span {
    Span(Duration::from_millis(millis))
}

/// Which servers a player hops between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HopTo {
    /// All of them.
    Any,
    /// The same two, back and forth: each player has a pair.
    Pair,
}

/// What a player does when the session under them is lost (rule
/// [W10](leasehold_core::chronicle::protocol#W10)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenLost {
    /// They are thrown out, and may come back.
    Kick,
    /// They play on; nothing of it is saved.
    PlayOn,
}
