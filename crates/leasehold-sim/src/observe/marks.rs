//! What came up in a run: states worth a test of their own, none of them right or wrong.
//!
//! A run in which a breaker never opened has not tested breakers, so a scenario can say which marks
//! it must reach. Here are those that a single step shows, whatever the library is and whatever it
//! promises; those that take a model are reached by the observer that has it.
//!
//! ```text
//!   step --> this file: a single step is enough ------.
//!   step --> owners, breaker, leaks ...: by a model --+--> how often each mark was reached
//!   a library, the world: what no step shows ---------'
//! ```

use super::Findings;
use crate::cause::Class;
use crate::step::{CallEnd, Fact, Step};

/// The marks that a run can reach, besides its verdict on the invariants: what came up in it.
pub const MARKS: &[&str] = &[
    "an owner was overtaken",
    "a breaker closed",
    "a breaker opened",
    "a breaker probed",
    "a call was never answered",
    "a challenge to a live owner was lost",
    "a closing server ran out of time",
    "a closing server was done in time",
    "a clock was set",
    "a crash cost changes",
    "a call was dropped by a full queue",
    "a call waited for a budget",
    "a damaged record was found",
    "a false nil overwrote a record",
    "a paused owner was overtaken",
    "a leaked session renewed its lease",
    "a leaked session turned a start away",
    "a limit stopped a message",
    "a player was back before their release had ended",
    "a probe 120 s after an opening",
    "a probe 240 s after an opening",
    "a probe 30 s after an opening",
    "a probe 300 s after an opening",
    "a probe 60 s after an opening",
    "a receipt was found to be granted already",
    "a save was rejected after a pause",
    "a record was changed from outside under a live owner",
    "a second device logged in",
    "a server fell back: nothing is saved",
    "a server ran out of memory",
    "a server was cut off from messages",
    "a silent owner was gone",
    "a skewed clock overtook an owner",
    "a subscription came to nothing",
    "a transform ran again",
    "a write had the wrong scope",
    "a wrong read ended a session",
    "an answer of a live owner was lost",
    "an empty server closed",
    "an item was duplicated",
    "an item was lost",
    "damage turned a start away",
    "half of a trade was saved",
];

/// Reaches the mark that a step shows, if it shows one.
pub(super) fn on_step(step: &Step, out: &mut Findings) {
    if let Some(mark) = shown(&step.fact) {
        out.reached(mark);
    }
}

/// The mark that is reached when this happens, if any is.
fn shown(fact: &Fact) -> Option<&'static str> {
    Some(match fact {
        Fact::Answered { end: CallEnd::Silent, .. } => "a call was never answered",
        Fact::RanAgain { .. } => "a transform ran again",
        Fact::WrongScope { .. } => "a write had the wrong scope",
        Fact::Queued { .. } => "a call waited for a budget",
        Fact::Dropped { .. } => "a call was dropped by a full queue",
        Fact::Corrupted { .. } => "a damaged record was found",
        Fact::Rejected { reason } if reason.class == Class::Damaged => "damage turned a start away",
        Fact::CircuitOpened { .. } => "a breaker opened",
        Fact::CircuitClosed => "a breaker closed",
        Fact::FellBack => "a server fell back: nothing is saved",
        Fact::MessageRejected { .. } | Fact::MessageDropped { .. } => "a limit stopped a message",
        Fact::NotSubscribed { .. } => "a subscription came to nothing",
        Fact::CutOff { .. } => "a server was cut off from messages",
        Fact::SecondDevice => "a second device logged in",
        Fact::Stepped { .. } => "a clock was set",
        Fact::OutOfMemory { .. } => "a server ran out of memory",
        Fact::Emptied => "an empty server closed",
        Fact::Stopped { done: true } => "a closing server was done in time",
        Fact::Stopped { done: false } => "a closing server ran out of time",
        Fact::Remarked { mark } => mark,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::draws::Seed;
    use crate::scenario::{Protocol, Scenario};

    /// How often a mark is reached where calls are slow, and some are never answered.
    fn reached(protocol: Protocol, mark: &str) -> u64 {
        let text = format!(
            "protocol = \"{}\"\nduration = \"10m\"\nservers.count = 3\n\
             datastore = {{ never_answers = \"10%\", latency = \"1s..3s\" }}\n\
             [players]\ncount = 30\nstay = \"30s..60s\"\nhop = \"100%\"\n\
             noticed_after = \"0s..9s\"",
            protocol.name()
        );
        let scenario = Scenario::parse(&text).expect("a valid scenario");
        let outcome = crate::run("world", &scenario, Seed::of(1), None, &mut |_| {});
        outcome.dataset.marks.get(mark).copied().unwrap_or(0)
    }

    #[test]
    fn what_befalls_a_call_is_marked_whatever_its_library_promises() {
        for protocol in Protocol::shipped() {
            assert!(reached(protocol, "a call was never answered") > 10, "{protocol:?}");
        }
        assert!(reached(Protocol::ProfileStore, "a transform ran again") > 0);
    }
}
