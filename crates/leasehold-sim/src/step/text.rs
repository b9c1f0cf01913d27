//! A step in words, for whoever reads two runs side by side.
//!
//! Short and complete: every fact says all that it carries. Sentences are made elsewhere, by those
//! who know what the step is part of.

use crate::library::View;
use crate::step::{CallEnd, Fact, Step};
use leasehold_data::numbers;
use std::fmt;

impl fmt::Display for Step {
    /// `75.408 s on s7, k131: sends a save`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.at)?;
        match (self.server, self.key) {
            (Some(server), Some(key)) => write!(f, " on {server}, {key}")?,
            (Some(server), None) => write!(f, " on {server}")?,
            (None, Some(key)) => write!(f, " on {key}")?,
            (None, None) => {}
        }
        write!(f, ": {}", self.fact)
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Fact::Asked => f.write_str("asked for a session"),
            Fact::Loaded { how, edits, latency_us, retries, .. } => {
                let (edits, after) = (numbers::plural(edits, "edit"), numbers::time(latency_us));
                let retries = numbers::some(retries, "retry", "retries");
                write!(f, "loaded {edits} by {how} after {after}, {retries}")
            }
            Fact::Rejected { reason } => write!(f, "rejected: {reason}"),
            Fact::Owns { how } => write!(f, "considers itself owner, by {how}"),
            Fact::OwnsNoMore => f.write_str("considers itself owner no more"),
            Fact::OwnerPaused => f.write_str("is no owner while it is paused"),
            Fact::Edited => f.write_str("edited"),
            Fact::EditRefused => f.write_str("an edit refused"),
            Fact::EndAsked => f.write_str("asked to end the session"),
            Fact::SeatFreed { gone: false } => f.write_str("the seat is free"),
            Fact::SeatFreed { gone: true } => f.write_str("the seat is gone"),
            Fact::Playing => f.write_str("the player is in the game"),
            Fact::Left => f.write_str("the player leaves the game"),
            Fact::GaveUp => f.write_str("the player gives up"),
            Fact::SaveCalled => f.write_str("Save() is called"),
            Fact::SaveReturned { callers, why } => {
                let calls = numbers::plural(u64::from(callers), "call");
                match why {
                    None => write!(f, "{calls} of Save() return true"),
                    Some(why) => write!(f, "{calls} of Save() return false: {why}"),
                }
            }
            Fact::Leaked => f.write_str("never released"),
            Fact::SecondDevice => f.write_str("the player is on a second device"),
            Fact::Minted { item } => write!(f, "item {} minted", item.0),
            Fact::Traded { item, to, to_key } => {
                write!(f, "item {} traded to {to_key} in visit {to}", item.0)
            }
            Fact::Bought { receipt } => write!(f, "receipt {} bought", receipt.0),
            Fact::Received { receipt } => write!(f, "receipt {} received", receipt.0),
            Fact::Granted { receipt, noted } => {
                let noted = if noted { "noted" } else { "not noted" };
                write!(f, "receipt {} granted, {noted}", receipt.0)
            }
            Fact::Ended { how, saved } => {
                let saved = if saved { "saved" } else { "not saved" };
                write!(f, "ended by {how}, {saved}")
            }
            Fact::Over => f.write_str("nothing of it can commit any more"),
            Fact::Sent { kind, attempt } => write!(f, "sends {kind}, attempt {attempt}"),
            Fact::ShortCircuited { kind } => write!(f, "{kind} short-circuited"),
            Fact::Answered { kind, end, sent } => write!(f, "{kind} of {sent} is {end}"),
            Fact::Got { edits, stale, .. } => {
                let stale = if stale { "stale" } else { "fresh" };
                write!(f, "read {}, {stale}", numbers::plural(edits, "edit"))
            }
            Fact::Removed { kind, before } => write!(f, "{kind} removes {}", Was(before)),
            Fact::Committed { kind, before, after, clock_us } => {
                let (before, after) = (Was(before), Was(after));
                write!(f, "{kind} commits on {before}, now {after}, by a clock {clock_us} us off")
            }
            Fact::Damaged => f.write_str("damaged where it is stored"),
            Fact::RanAgain { kind } => write!(f, "{kind} runs again"),
            Fact::WrongScope { kind, before, after } => {
                let (before, after) = (Was(before), Was(after));
                write!(f, "{kind} commits in another scope on {before}, now {after}")
            }
            Fact::BadRead { how } => write!(f, "a bad read: {}", how.cause().words),
            Fact::Saved => f.write_str("saved"),
            Fact::Conflict { resolution } => write!(f, "a conflict ends by {resolution}"),
            Fact::CircuitOpened { timeout_us, .. } => {
                write!(f, "the breaker opens for {}", numbers::time(timeout_us))
            }
            Fact::CircuitClosed => f.write_str("the breaker closes"),
            Fact::Corrupted { kind } => write!(f, "the record is damaged: {kind}"),
            Fact::FellBack => f.write_str("runs without a datastore"),
            Fact::Published { kind } => write!(f, "{kind} published"),
            Fact::MessageLost { kind, to } => write!(f, "{kind} lost on its way to {to}"),
            Fact::MessageDuplicated => f.write_str("the message is duplicated"),
            Fact::Delivered { kind } => write!(f, "{kind} delivered"),
            Fact::NoSubscriber => f.write_str("nobody hears the message"),
            Fact::Queued { kind } => write!(f, "{kind} queued"),
            Fact::Dequeued { waited_us } => {
                write!(f, "out of the queue after {}", numbers::time(waited_us))
            }
            Fact::Dropped { kind, error } => write!(f, "{kind} dropped: {error}"),
            Fact::MessageRejected { kind, why } => write!(f, "{kind} not published: {why}"),
            Fact::MessageDropped { kind, why } => write!(f, "{kind} not delivered: {why}"),
            Fact::Subscribing => f.write_str("asks to listen to a topic"),
            Fact::Subscribed { ok: true } => f.write_str("listens to a topic"),
            Fact::Subscribed { ok: false } => f.write_str("does not listen to a topic"),
            Fact::NotSubscribed { why } => write!(f, "not subscribed: {why}"),
            Fact::CutOff { way, until } => write!(f, "cut off ({}) until {until}", way.name()),
            Fact::Booted => f.write_str("up"),
            Fact::Crashed => f.write_str("crashed"),
            Fact::Paused => f.write_str("paused"),
            Fact::Resumed => f.write_str("resumed"),
            Fact::Stepped { by_us } => write!(f, "the clock is set by {by_us} us"),
            Fact::OutOfMemory { closes } => {
                write!(f, "out of memory, {}", if closes { "closes" } else { "gone" })
            }
            Fact::Emptied => f.write_str("the last player has left"),
            Fact::Closing => f.write_str("asked to close"),
            Fact::Stopped { done } => {
                write!(f, "gone, {}", if done { "with all done" } else { "its time is up" })
            }
            Fact::IncidentBegins { nth, outage } => {
                write!(f, "incident {} begins{}", nth + 1, if outage { ", an outage" } else { "" })
            }
            Fact::IncidentEnds { nth, outage } => {
                write!(f, "incident {} ends{}", nth + 1, if outage { ", an outage" } else { "" })
            }
            Fact::Healed => f.write_str("all faults end"),
            Fact::Unheard { why } => write!(f, "nobody will speak to it: {why}"),
            Fact::Remarked { mark } => write!(f, "remarked: {mark}"),
            Fact::Said { words } => f.write_str(words),
            Fact::Complained { kind, words } => write!(f, "{kind}: {words}"),
            Fact::Misspoke { slip } => write!(f, "a notice out of order: {}", slip.cause().words),
        }
    }
}

impl fmt::Display for CallEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallEnd::Done => f.write_str("done"),
            CallEnd::Refused => f.write_str("cancelled by its transform"),
            CallEnd::Failed(error) => write!(f, "failed: {error}"),
            CallEnd::Silent => f.write_str("never answered"),
        }
    }
}

/// What was or is there.
struct Was(Option<View>);

impl fmt::Display for Was {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(view) => write!(f, "[{view}, {}]", numbers::plural(view.edits, "edit")),
            None => f.write_str("[nothing readable]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ServerId;
    use crate::library::CallKind;
    use crate::schedule::Moment;
    use leasehold_core::{JobId, Key};

    #[test]
    fn a_step_says_when_where_and_all_that_it_carries() {
        let (at, visit) = (Moment::from_micros(75_408_000), None);
        let (server, key) = (Some(ServerId::new(7)), Some(Key(131)));
        let sent = Fact::Sent { kind: CallKind::Save, attempt: 2 };
        let step = Step { at, server, visit, key, fact: sent };
        assert_eq!(step.to_string(), "75.408 s on s7, k131: sends save, attempt 2");
        let owner = Some((JobId(4), 1));
        let after = View { owner, generation: Some(3), commit: None, released: false, edits: 12 };
        let committed = Fact::Committed {
            kind: CallKind::Acquire,
            before: None,
            after: Some(after),
            clock_us: -5,
        };
        let step = Step { server: None, key: None, fact: committed, ..step };
        let text = step.to_string();
        for part in ["acquire", "nothing readable", "generation 3", "12 edits", "-5 us"] {
            assert!(text.contains(part), "{text}: {part}");
        }
    }
}
