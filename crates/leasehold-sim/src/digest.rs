//! The running digest of a run: equal runs, equal digests, on every machine.
//!
//! What goes in is the meaning of each step in a fixed encoding: when, where, to which key, what.
//! What stays out is how the simulator does it: queue numbers, names of slots, the order in which
//! memory is used. So a faster queue moves no digest. It finds accidents, not attackers.

use crate::cause::Cause;
use crate::library::{Applied, CallKind, Holdings, MessageKind, View};
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, Step};
use leasehold_core::JobId;

/// Nobody, and nothing.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digest(u64);

impl Digest {
    pub(crate) fn new(seed: u64) -> Digest {
        let mut digest = Digest(0xcbf2_9ce4_8422_2325);
        digest.word(seed);
        digest
    }

    #[inline]
    fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        for byte in text.bytes() {
            self.word(u64::from(byte));
        }
    }

    fn view(&mut self, view: &View) {
        let (JobId(job), session) = view.owner.unwrap_or((JobId(NONE), 0));
        self.word(u64::from(job) << 32 | u64::from(session));
        self.word(view.generation.unwrap_or(0) << 1 | u64::from(view.released));
        self.word(view.commit.unwrap_or(0));
        self.word(view.edits);
    }

    /// What is there now; or that it makes no sense.
    fn now_there(&mut self, view: Option<&View>) {
        match view {
            Some(view) => self.view(view),
            None => self.word(u64::MAX),
        }
    }

    /// Takes a step in.
    pub(crate) fn step(&mut self, step: &Step) {
        if step.fact.is_told_only() {
            return;
        }
        self.word(step.at.as_micros());
        let server = step.server.map_or(NONE, |server| server.number());
        let key = step.key.map_or(NONE, |key| key.0);
        self.word(u64::from(server) << 32 | u64::from(key));
        self.fact(&step.fact);
    }

    /// The numbers are part of what a digest means: they may be added to, never changed. A fact
    /// that is left out says why.
    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Asked => self.word(1),
            // Each call is a step of its own.
            Fact::Loaded { how, edits, latency_us, retries, calls: _ } => {
                self.word(2);
                self.text(how.name);
                self.word(*edits);
                self.word(*latency_us);
                self.word(u64::from(*retries));
            }
            Fact::Rejected { reason } => self.named(3, reason),
            Fact::Owns { how } => self.named(4, how),
            Fact::OwnsNoMore => self.word(5),
            Fact::OwnerPaused => self.word(6),
            Fact::Edited => self.word(7),
            Fact::EditRefused => self.word(8),
            Fact::Leaked => self.word(9),
            Fact::Ended { how, .. } => self.named(10, how),
            Fact::Over => self.word(11),
            Fact::Sent { kind, attempt } => self.word(12 | call(*kind) | u64::from(*attempt) << 16),
            Fact::ShortCircuited { kind } => self.word(13 | call(*kind)),
            Fact::Answered { kind, end, sent } => self.answered(*kind, *end, *sent),
            Fact::Committed { kind, before, after, .. } => {
                self.replaced(15 | call(*kind), before.as_ref());
                self.now_there(after.as_ref());
            }
            Fact::Damaged => self.word(16),
            Fact::Saved => self.word(17),
            Fact::Conflict { resolution } => self.named(18, resolution),
            // Why it opened is in the steps before.
            Fact::CircuitOpened { timeout_us, reason: _, stats: _ } => {
                self.word(19);
                self.word(*timeout_us);
            }
            Fact::CircuitClosed => self.word(20),
            Fact::Corrupted { kind } => self.named(21, kind),
            Fact::FellBack => self.word(22),
            Fact::Published { kind } => self.word(23 | message(*kind)),
            Fact::MessageLost { kind, to } => {
                self.word(24 | message(*kind) | u64::from(to.number()) << 16);
            }
            Fact::MessageDuplicated => self.word(25),
            Fact::Delivered { kind } => self.word(26 | message(*kind)),
            Fact::NoSubscriber => self.word(27),
            Fact::Booted => self.word(28),
            Fact::Crashed => self.word(29),
            Fact::Paused => self.word(30),
            Fact::Resumed => self.word(31),
            Fact::Closing => self.word(32),
            Fact::Stopped { done } => self.word(33 | u64::from(*done) << 8),
            Fact::IncidentBegins { outage: true, .. } => self.word(34),
            Fact::IncidentEnds { outage: true, .. } => self.word(35),
            Fact::Healed => self.word(36),
            Fact::Removed { kind, before } => self.replaced(40 | call(*kind), before.as_ref()),
            Fact::Got { edits, stale, .. } => {
                self.word(41 | u64::from(*stale) << 8);
                self.word(*edits);
            }
            Fact::Queued { kind } => self.word(50 | call(*kind)),
            Fact::Dropped { kind, error } => {
                self.word(51 | call(*kind) | u64::from(error.digest()) << 16);
            }
            Fact::MessageRejected { kind, why } => self.named(52 | message(*kind), why),
            Fact::MessageDropped { kind, why } => self.named(53 | message(*kind), why),
            Fact::NotSubscribed { why } => self.named(54, why),
            Fact::CutOff { way, until } => {
                self.word(55);
                self.text(way.name());
                self.word(until.as_micros());
            }
            Fact::RanAgain { kind } => self.word(60 | call(*kind)),
            Fact::IncidentBegins { nth, outage: false } => self.word(61 | u64::from(*nth) << 8),
            Fact::IncidentEnds { nth, outage: false } => self.word(62 | u64::from(*nth) << 8),
            Fact::WrongScope { kind, before, after } => {
                self.replaced(63 | call(*kind), before.as_ref());
                self.now_there(after.as_ref());
            }
            Fact::BadRead { how } => self.word(64 | (*how as u64) << 8),
            Fact::Stepped { by_us } => {
                self.word(70);
                self.word(*by_us as u64);
            }
            Fact::OutOfMemory { closes } => self.word(71 | u64::from(*closes) << 8),
            Fact::Emptied => self.word(72),
            Fact::Traded { item, to_key, .. } => {
                self.word(81);
                self.word(u64::from(item.0) << 32 | u64::from(to_key.0));
            }
            Fact::Minted { item } => self.word(82 | u64::from(item.0) << 32),
            Fact::Bought { receipt } => self.word(83 | u64::from(receipt.0) << 32),
            Fact::Granted { receipt, noted } => {
                self.word(84 | u64::from(*noted) << 8 | u64::from(receipt.0) << 32);
            }
            Fact::Received { receipt } => self.word(85 | u64::from(receipt.0) << 32),
            Fact::SecondDevice => self.word(86),
            Fact::Misspoke { slip } => self.word(87 | (*slip as u64) << 8),
            Fact::Complained { kind, .. } => self.named(88, kind),
            // See `Fact::is_told_only`.
            Fact::Dequeued { .. }
            | Fact::Remarked { .. }
            | Fact::Said { .. }
            | Fact::Unheard { .. }
            | Fact::EndAsked
            | Fact::SeatFreed { .. }
            | Fact::Playing
            | Fact::Left
            | Fact::GaveUp
            | Fact::SaveCalled
            | Fact::SaveReturned { .. }
            | Fact::Subscribing
            | Fact::Subscribed { .. } => {}
        }
    }

    fn answered(&mut self, kind: CallKind, end: CallEnd, sent: Moment) {
        let end = match end {
            CallEnd::Done => 0,
            CallEnd::Refused => 1,
            // Which of the backend's errors it is follows from the call's own draw.
            CallEnd::Failed(error) if error.applied() == Applied::Maybe => 2,
            CallEnd::Silent => 3,
            CallEnd::Failed(error) => 4 | u64::from(error.digest()) << 8,
        };
        self.word(14 | call(kind) | end << 16);
        self.word(sent.as_micros());
    }

    /// What was there before, if it made any sense.
    fn replaced(&mut self, code: u64, before: Option<&View>) {
        self.word(code | u64::from(before.is_some()) << 16);
        if let Some(before) = before {
            self.view(before);
        }
    }

    /// Takes in what a record holds, after the step that it belongs to.
    pub(crate) fn holdings(&mut self, held: &Holdings) {
        self.word(80 | (held.items.len() as u64) << 8 | (held.receipts.len() as u64) << 32);
        held.items.iter().for_each(|item| self.word(u64::from(item.0)));
        held.receipts.iter().for_each(|receipt| self.word(u64::from(receipt.0)));
    }

    fn named(&mut self, code: u64, cause: &Cause) {
        self.word(code);
        self.text(cause.name);
    }

    /// The digest so far, as 16 hexadecimal digits.
    pub(crate) fn print(&self) -> String {
        format!("{:016x}", self.0)
    }
}

fn call(kind: CallKind) -> u64 {
    let code = match kind {
        CallKind::Acquire => 0,
        CallKind::Save => 1,
        CallKind::Renew => 2,
        CallKind::Release => 3,
        CallKind::Read => 4,
        CallKind::Message => 5,
        CallKind::Overwrite => 6,
        CallKind::Remove => 7,
        CallKind::Versions => 8,
    };
    code << 8
}

fn message(kind: MessageKind) -> u64 {
    match kind {
        MessageKind::Challenge => 0,
        MessageKind::Answer => 1 << 8,
    }
}
