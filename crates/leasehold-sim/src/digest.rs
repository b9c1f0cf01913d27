//! The running digest of a run: equal runs, equal digests, on every machine.
//!
//! What goes in is the meaning of each step in a fixed encoding: when, where, to which key, what.
//! What stays out is how the simulator does it: queue numbers, names of slots, the order in which
//! memory is used. So a faster queue moves no digest. It finds accidents, not attackers.

use crate::library::{Applied, CallKind, Holdings, MailKind, View};
use crate::observe::{CallEnd, Fact, Step};
use crate::schedule::Moment;

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
        self.word(u64::from(view.owner.0) << 32 | u64::from(view.owner.1));
        self.word(view.generation << 1 | u64::from(view.released));
        self.word(view.commit);
        self.word(view.edits);
    }

    /// Takes a step in.
    pub(crate) fn step(&mut self, step: &Step) {
        self.word(step.at.as_micros());
        self.word(u64::from(step.server) << 32 | u64::from(step.key));
        self.fact(&step.fact);
    }

    /// The numbers are part of what a digest means: they may be added to, never changed.
    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Asked => self.word(1),
            Fact::Loaded { how, edits, latency_us, retries } => {
                self.word(2);
                self.text(how);
                self.word(*edits);
                self.word(*latency_us);
                self.word(u64::from(*retries));
            }
            Fact::Refused { reason } => self.named(3, reason),
            Fact::Believes { how } => self.named(4, how),
            Fact::Ceases => self.word(5),
            Fact::Freezes => self.word(6),
            Fact::Edited => self.word(7),
            Fact::EditRefused => self.word(8),
            Fact::Leaked => self.word(9),
            Fact::Ended { how, .. } => self.named(10, how),
            Fact::Over => self.word(11),
            Fact::Sent { kind, attempt } => self.word(12 | call(*kind) | u64::from(*attempt) << 16),
            Fact::FailedFast { kind } => self.word(13 | call(*kind)),
            Fact::Answered { kind, end, sent } => self.answered(*kind, *end, *sent),
            Fact::Landed { kind, before, after, .. } => {
                self.replaced(15 | call(*kind), before.as_ref());
                self.view(after);
            }
            Fact::Got { edits, stale } => {
                self.word(41 | u64::from(*stale) << 8);
                self.word(*edits);
            }
            Fact::Removed { kind, before } => self.replaced(40 | call(*kind), before.as_ref()),
            Fact::RanAgain { .. } | Fact::Strayed { .. } | Fact::Misled { .. } => self.wrong(fact),
            Fact::Damaged => self.word(16),
            Fact::Saved => self.word(17),
            Fact::Conflict { resolution } => self.named(18, resolution),
            Fact::CircuitOpened { timeout_us } => {
                self.word(19);
                self.word(*timeout_us);
            }
            Fact::CircuitClosed => self.word(20),
            Fact::Corrupted { kind } => self.named(21, kind),
            Fact::FellBack => self.word(22),
            Fact::Queued { kind } => self.word(50 | call(*kind)),
            Fact::Dropped { kind, error } => {
                self.word(51 | call(*kind) | u64::from(error.digest()) << 16);
            }
            Fact::SecondDevice => self.word(86),
            Fact::Traded { .. }
            | Fact::Minted { .. }
            | Fact::Bought { .. }
            | Fact::Granted { .. }
            | Fact::Received { .. } => self.goods(fact),
            // One that is forgotten in all of them stops the first run that meets it.
            _ => self.of_the_world(fact),
        }
    }

    /// What happens to items and receipts.
    fn goods(&mut self, fact: &Fact) {
        match fact {
            Fact::Traded { item, to_key, .. } => {
                self.word(81);
                self.word(u64::from(item.0) << 32 | u64::from(*to_key));
            }
            Fact::Minted { item } => self.word(82 | u64::from(item.0) << 32),
            Fact::Bought { receipt } => self.word(83 | u64::from(receipt.0) << 32),
            Fact::Granted { receipt, noted } => {
                self.word(84 | u64::from(*noted) << 8 | u64::from(receipt.0) << 32);
            }
            Fact::Received { receipt } => self.word(85 | u64::from(receipt.0) << 32),
            _ => unreachable!("it happens to no item or receipt"),
        }
    }

    /// What happens to messages, to servers and to the datastore as a whole.
    fn of_the_world(&mut self, fact: &Fact) {
        match fact {
            Fact::Published { kind } => self.word(23 | mail(*kind)),
            Fact::MailLost { kind, to } => self.word(24 | mail(*kind) | u64::from(*to) << 16),
            Fact::MailDoubled => self.word(25),
            Fact::Delivered { kind } => self.word(26 | mail(*kind)),
            Fact::Unheard => self.word(27),
            Fact::MailRefused { kind, why } => self.named(52 | mail(*kind), why),
            Fact::MailDropped { kind, why } => self.named(53 | mail(*kind), why),
            Fact::NotSubscribed { why } => self.named(54, why),
            Fact::CutOff { way, until } => {
                self.named(55, way);
                self.word(until.as_micros());
            }
            Fact::Booted => self.word(28),
            Fact::Crashed => self.word(29),
            Fact::Froze => self.word(30),
            Fact::Thawed => self.word(31),
            Fact::Closing => self.word(32),
            Fact::Stopped { done } => self.word(33 | u64::from(*done) << 8),
            Fact::IncidentBegins { outage: true, .. } => self.word(34),
            Fact::IncidentEnds { outage: true, .. } => self.word(35),
            Fact::Healed => self.word(36),
            Fact::IncidentBegins { nth, .. } => self.word(61 | u64::from(*nth) << 8),
            Fact::IncidentEnds { nth, .. } => self.word(62 | u64::from(*nth) << 8),
            Fact::Stepped { by_us } => {
                self.word(70);
                self.word(*by_us as u64);
            }
            Fact::OutOfMemory { closes } => self.word(71 | u64::from(*closes) << 8),
            Fact::Emptied => self.word(72),
            _ => unreachable!("it happens to a session"),
        }
    }

    fn answered(&mut self, kind: CallKind, end: CallEnd, sent: Moment) {
        let end = match end {
            CallEnd::Done => 0,
            CallEnd::Refused => 1,
            // Which of the backend's errors it is follows from the call's own luck.
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

    /// A read that was not, or not any more, what is there.
    fn wrong(&mut self, fact: &Fact) {
        match fact {
            Fact::RanAgain { kind } => self.word(60 | call(*kind)),
            Fact::Strayed { kind, before, after } => {
                self.replaced(63 | call(*kind), before.as_ref());
                self.view(after);
            }
            Fact::Misled { how } => self.word(64 | (*how as u64) << 8),
            _ => {}
        }
    }

    /// Takes in what a record holds, after the step that it belongs to.
    pub(crate) fn holdings(&mut self, held: &Holdings) {
        self.word(80 | (held.items.len() as u64) << 8 | (held.receipts.len() as u64) << 32);
        held.items.iter().for_each(|item| self.word(u64::from(item.0)));
        held.receipts.iter().for_each(|receipt| self.word(u64::from(receipt.0)));
    }

    fn named(&mut self, code: u64, name: &str) {
        self.word(code);
        self.text(name);
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

fn mail(kind: MailKind) -> u64 {
    match kind {
        MailKind::Challenge => 0,
        MailKind::Answer => 1 << 8,
    }
}
