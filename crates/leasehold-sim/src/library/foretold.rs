//! Whether two sessions can consider themselves owner at once, as a library's own rules foretell
//! it, before anything is run.
//!
//! What a run finds is then held beside it: a finding where none was foretold is news about the
//! library, and none where one was foretold is a world that does not come to it.

use super::{Clocks, Promise};
use crate::config::{FaultEvent, World};
use crate::units::Chance;
use leasehold_core::chronicle::Rules;
use std::time::Duration;

/// What a library's rules foretell of double ownership in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foretold {
    /// They say nothing.
    Unknown,
    /// There is none: this is why.
    Impossible(String),
    /// There may be: each of these lets it happen.
    Possible(Vec<String>),
}

impl Foretold {
    /// What a promise alone foretells.
    pub fn by_promise(promise: Promise) -> Foretold {
        let secs = |span: Duration| leasehold_data::numbers::time(leasehold_core::micros(span));
        match promise {
            Promise::None => Foretold::Unknown,
            Promise::Kept { needed, allowed } => {
                let (needed, allowed) = (secs(needed), secs(allowed));
                Foretold::Impossible(format!(
                    "clocks are off by {needed} at most, and the margins cover {allowed}"
                ))
            }
            Promise::Outside { needed, allowed } => {
                let (needed, allowed) = (secs(needed), secs(allowed));
                Foretold::Possible(vec![format!(
                    "clocks may be off by {needed}, and the margins cover {allowed}"
                )])
            }
        }
    }
}

/// What the rules of ChronicleStore foretell: a promise, where owners fence themselves and nobody
/// takes the lease of a silent one; else, that a live owner is taken for dead, or a renewed lease
/// for one that has run out.
pub(super) fn chronicle(rules: &Rules, world: &World, clocks: Clocks) -> Foretold {
    let promise = rules.promise(clocks.skew, clocks.drift_ppm, clocks.step);
    if promise != Promise::None {
        return Foretold::by_promise(promise);
    }
    let happens = |what| world.timeline.iter().any(|entry| entry.what == what);
    let mut ways = Vec::new();
    let mut way = |possible: bool, words: &str| {
        if possible {
            ways.push(words.to_owned());
        }
    };
    if rules.steal_on_silence {
        let messaging = &world.messaging;
        let slowest = messaging.latency.table().map_or(u64::MAX, |table| table.max());
        let late = slowest.saturating_mul(2) > leasehold_core::micros(rules.challenge_timeout);
        way(messaging.loss > Chance::NEVER, "a challenge or its answer may be lost");
        way(late, "an answer may take longer than challenge_timeout");
        let unheard = [messaging.subscribe_fails, messaging.subscribe_hangs];
        let cut_off = world.faults.partition_every.is_some() || happens(FaultEvent::Partition);
        let unheard = cut_off || unheard.iter().any(|rate| *rate > Chance::NEVER);
        way(unheard, "an owner may hear no challenge");
    }
    if !rules.self_fence {
        let call = world.datastore.latency().table().map_or(u64::MAX, |table| table.max());
        let fresh = rules.lease_duration.saturating_sub(rules.renew_after);
        let spare = leasehold_core::micros(fresh + rules.takeover_margin).saturating_sub(call);
        let apart = leasehold_core::micros(clocks.skew.saturating_add(clocks.step));
        way(apart > spare, "clocks may differ by more than a renewed lease has left");
        let fails = world.datastore.fail_before() > Chance::NEVER
            || world.datastore.never_arrives > Chance::NEVER
            || !world.datastore.incidents.is_empty();
        way(fails, "renewals may fail for as long as a lease lasts");
    }
    let pauses = world.faults.pause_every.is_some() || happens(FaultEvent::Pause);
    way(pauses, "an owner may be paused, and go on after somebody else has taken the key");
    match ways.is_empty() {
        true => Foretold::Impossible("no answer is lost or late, and no lease runs out".to_owned()),
        false => Foretold::Possible(ways),
    }
}
