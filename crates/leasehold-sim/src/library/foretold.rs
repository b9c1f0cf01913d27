//! Whether two sessions can consider themselves owner at once, as a library's own rules foretell
//! it, before anything is run.
//!
//! What a run finds is then held beside it: a finding where none was foretold is news about the
//! library, and none where one was foretold is a world that does not come to it.

use super::{Clocks, Promise};
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

/// What of a world lets a library down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hazards {
    /// Messages may be lost.
    pub loss: bool,
    /// A server may hear no messages for a while, or ever.
    pub deaf: bool,
    /// The longest that a message takes, one way.
    pub slowest_message: Duration,
    /// The longest that a datastore call takes.
    pub slowest_call: Duration,
    /// Datastore calls may fail, or get lost.
    pub calls_fail: bool,
    /// Servers may be paused.
    pub pauses: bool,
}

/// What the rules of ChronicleStore foretell: a promise, where owners fence themselves and nobody
/// takes the lease of a silent one; else, that a live owner is taken for dead, or a renewed lease
/// for one that has run out.
pub(super) fn chronicle(rules: &Rules, hazards: Hazards, clocks: Clocks) -> Foretold {
    let promise = rules.promise(clocks.skew, clocks.drift_ppm, clocks.step);
    if promise != Promise::None {
        return Foretold::by_promise(promise);
    }
    let Hazards { loss, deaf, slowest_message, slowest_call, calls_fail, pauses } = hazards;
    let late = slowest_message.saturating_mul(2) > rules.challenge_timeout;
    let fresh = rules.lease_duration.saturating_sub(rules.renew_after) + rules.takeover_margin;
    let apart = clocks.skew.saturating_add(clocks.step);
    let (silence, unfenced) = (rules.steal_on_silence, !rules.self_fence);
    let ways = [
        (silence && loss, "a challenge or its answer may be lost"),
        (silence && late, "an answer may take longer than challenge_timeout"),
        (silence && deaf, "an owner may hear no challenge"),
        (
            unfenced && apart > fresh.saturating_sub(slowest_call),
            "clocks may differ by more than a renewed lease has left",
        ),
        (unfenced && calls_fail, "renewals may fail for as long as a lease lasts"),
        (pauses, "an owner may be paused, and go on after somebody else has taken the key"),
    ];
    let ways = ways.into_iter().filter(|(possible, _)| *possible);
    let ways: Vec<String> = ways.map(|(_, words)| words.to_owned()).collect();
    match ways.is_empty() {
        true => Foretold::Impossible("no answer is lost or late, and no lease runs out".to_owned()),
        false => Foretold::Possible(ways),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Hazards = Hazards {
        loss: false,
        deaf: false,
        slowest_message: Duration::from_millis(900),
        slowest_call: Duration::from_millis(300),
        calls_fail: false,
        pauses: false,
    };

    fn ways(rules: &Rules, hazards: Hazards, skew: u64) -> Option<usize> {
        let (skew, step) = (Duration::from_secs(skew), Duration::ZERO);
        match chronicle(rules, hazards, Clocks { skew, drift_ppm: 0, step }) {
            Foretold::Impossible(_) => Some(0),
            Foretold::Possible(ways) => Some(ways.len()),
            Foretold::Unknown => None,
        }
    }

    #[test]
    fn each_hazard_is_a_way_of_its_own_for_rules_that_do_not_rule_it_out() {
        let own = Rules::CHRONICLE;
        assert_eq!(ways(&own, SAFE, 0), Some(0));
        // 60 s less the 50 s at which it is renewed, less a call.
        assert_eq!((ways(&own, SAFE, 9), ways(&own, SAFE, 10)), (Some(0), Some(1)));
        let late = Hazards { slowest_message: Duration::from_millis(1_001), ..SAFE };
        let each = [
            Hazards { loss: true, ..SAFE },
            Hazards { deaf: true, ..SAFE },
            late,
            Hazards { calls_fail: true, ..SAFE },
            Hazards { pauses: true, ..SAFE },
        ];
        let all = Hazards { loss: true, deaf: true, calls_fail: true, pauses: true, ..late };
        let strict = Rules::CHRONICLE_STRICT;
        for hazards in each {
            assert_eq!(ways(&own, hazards, 0), Some(1), "{hazards:?}");
            assert_eq!(ways(&strict, hazards, 6), Some(0), "{hazards:?}");
        }
        assert_eq!((ways(&own, all, 10), ways(&strict, all, 7)), (Some(6), Some(1)));
    }
}
