//! A receipt is never stored twice, nor lost once it is granted.
//!
//! The platform asks for a receipt to be granted until it has noted that it was: on each join, on
//! each purchase, on two servers at once if the player is on both. The game must put it into the
//! player's data once, and say so only when it is stored.
//!
//! The game keeps the last few receipts and forgets older ones; their goods stay. So what a record
//! holds cannot be read off its receipts, and is told by the last grant that it has seen: each
//! grant comes after another one, or first, in the data that it goes into.
//!
//! ```text
//!   1 <- 2 <- 5 <- 6      a record with 6 holds the goods of 1, 2, 5 and 6
//!        ^--- 3 <- 4      if a record with 4 is written over it, 5 and 6 are gone, 3 and 4 come
//! ```
//!
//! Two records differ by the grants since they last were the same one, so a write costs what it
//! changes, however much its player ever bought.
//!
//! The model is, for each receipt, how often the stored record holds its goods, and whether the
//! platform was told. Goods that are in the data of a living visit are pending: they may still be
//! stored. What is found is told with the write that put it there or took it out, and with the
//! session that had it and was over without saving it.

use super::debt::{End, written_by};
use super::memory::Memory;
use super::{Checker, Detail, Findings, Invariant, Known, Location, OwedBy, Subject, WrittenBy};
use crate::cause::{self, Cause, Class};
use crate::ids::VisitId;
use crate::library::{Holdings, Receipt};
use crate::model::Models;
use crate::rows::Rows;
use crate::step::{Fact, FactKind, Facts, Step};
use leasehold_core::Key;
use leasehold_data::Purchases as Counts;
use smallvec::SmallVec;
use std::collections::BTreeSet;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "purchases_are_granted_once",
    "a receipt is never stored twice, nor lost once it is granted",
);

static TWICE: Cause = Cause::new("granted twice", Class::Harm, "it is stored more than once");
static FORGOTTEN: Cause =
    Cause::new("granted again", Class::Harm, "the game had forgotten it and granted it again");
static NEVER_SAVED: Cause = Cause::new("never saved", Class::Harm, "nobody has saved it");
static OVERWRITTEN: Cause = Cause::new("overwritten", Class::Harm, "a write took it out");

pub(crate) struct Purchases {
    /// The last grant in what is stored, by key.
    stored: Vec<GrantId>,
    /// Visits that may have something in their data, by key.
    living: Vec<SmallVec<[VisitId; 2]>>,
    visits: Rows<Held>,
    /// All grants, by their numbers from 1 on, which are those of the steps that told of them.
    grants: Vec<Granted>,
    receipts: Vec<ReceiptState>,
    /// How many receipts the game keeps.
    kept: u32,
    pub(crate) counts: Counts,
}

/// A grant by its number; 0 is before the first one.
type GrantId = u32;

/// A receipt that has come into somebody's data.
struct Granted {
    receipt: Receipt,
    /// The last grant that the data had seen before.
    before: GrantId,
}

/// What a visit has in its data, and what has ended it.
#[derive(Clone, Default)]
struct Held {
    key: Option<Key>,
    last: GrantId,
    end: End,
}

#[derive(Clone, Default)]
struct ReceiptState {
    /// Whose it is; nobody's before it is bought.
    key: Option<Key>,
    /// How often the stored record of its key holds its goods.
    stored: u32,
    /// By how much the write that is looked at changes that.
    change: i32,
    /// The write that last put it into the stored record, or took it out.
    committed: Option<WrittenBy>,
    /// The last visit that had it and was over without having stored it.
    owed: Option<OwedBy>,
    /// The platform was told that it is granted.
    granted: bool,
    twice: bool,
    lost: bool,
}

impl ReceiptState {
    /// Whether there should be goods, and no record has them.
    fn missing(&self) -> bool {
        self.granted && self.stored == 0 && !self.lost
    }
}

impl Purchases {
    /// For worlds with trades or purchases.
    pub(super) fn new(known: &Known) -> Option<Purchases> {
        known.trades.then(|| Purchases {
            stored: vec![0; known.players as usize],
            living: vec![SmallVec::new(); known.players as usize],
            visits: Rows::default(),
            grants: Vec::new(),
            receipts: Vec::new(),
            kept: known.receipts_kept,
            counts: Counts::default(),
        })
    }

    fn state(&mut self, receipt: Receipt) -> &mut ReceiptState {
        let nth = receipt.0 as usize;
        if nth >= self.receipts.len() {
            self.receipts.resize(nth + 1, ReceiptState::default());
        }
        &mut self.receipts[nth]
    }

    fn grant(&self, nth: GrantId) -> &Granted {
        let place = (nth as usize).checked_sub(1).expect("nothing comes before the first grant");
        self.grants.get(place).expect("data holds what the world has granted")
    }

    /// The receipts of the last grant of some data and of those before it, the last one first.
    fn history(&self, last: GrantId) -> impl Iterator<Item = Receipt> {
        let nth = |nth: GrantId| (nth > 0).then_some(nth);
        let all = std::iter::successors(nth(last), move |last| nth(self.grant(*last).before));
        all.map(|nth| self.grant(nth).receipt)
    }

    /// The receipts that only the first of two histories has, and those that only the second one
    /// has, in order. A grant has a higher number than any before it.
    fn differences(&self, mut old: GrantId, mut new: GrantId) -> [SmallVec<[Receipt; 2]>; 2] {
        let [mut gone, mut come] = [SmallVec::new(), SmallVec::new()];
        while old != new {
            let (last, list) =
                if old > new { (&mut old, &mut gone) } else { (&mut new, &mut come) };
            let grant = self.grant(*last);
            list.push(grant.receipt);
            *last = grant.before;
        }
        gone.reverse();
        come.reverse();
        [gone, come]
    }

    /// What living visits have in their data and no record holds.
    fn pending(&self, key: Key) -> BTreeSet<Receipt> {
        let stored = self.stored[key.0 as usize];
        let living = self.living[key.0 as usize].iter().filter_map(|name| self.visits.get(*name));
        living.flat_map(|visit| self.differences(stored, visit.last)[1].clone()).collect()
    }

    fn has(&mut self, visit: VisitId, key: Key, last: GrantId) {
        let row = self.visits.of(visit);
        if row.key.replace(key).is_none() {
            self.living[key.0 as usize].push(visit);
        }
        row.last = last;
    }

    fn receives(&mut self, visit: VisitId, key: Key, receipt: Receipt) {
        let before = self.visits.of(visit).last;
        self.grants.push(Granted { receipt, before });
        self.has(visit, key, self.grants.len() as GrantId);
    }

    /// Nothing of a visit can commit any more, or a new one has its name.
    fn forget(&mut self, visit: VisitId) -> Held {
        let held = std::mem::take(self.visits.of(visit));
        if let Some(key) = held.key {
            self.living[key.0 as usize].retain(|other| *other != visit);
        }
        held
    }

    fn over(&mut self, step: &Step, out: &mut Findings) {
        let Some(session) = step.session() else { return };
        let Held { key: Some(key), last, end } = self.forget(session.visit) else { return };
        let [_, mut unsaved] = self.differences(self.stored[key.0 as usize], last);
        unsaved.retain(|receipt| self.state(*receipt).stored == 0);
        for receipt in &unsaved {
            let owed = OwedBy { place: Location::from(step), put: true, how: end.how() };
            self.state(*receipt).owed = Some(owed);
        }
        self.settle(key, &unsaved, step, out);
    }

    fn stored(&mut self, step: &Step, last: GrantId, out: &mut Findings) {
        let Some(key) = step.key else { return };
        let before = std::mem::replace(&mut self.stored[key.0 as usize], last);
        let [gone, come] = self.differences(before, last);
        gone.iter().for_each(|receipt| self.state(*receipt).change -= 1);
        come.iter().for_each(|receipt| self.state(*receipt).change += 1);
        let mut changed: SmallVec<[Receipt; 2]> = SmallVec::new();
        for receipt in gone.iter().chain(&come) {
            let state = self.state(*receipt);
            let change = std::mem::take(&mut state.change);
            if change == 0 || state.key != Some(key) {
                continue;
            }
            state.stored = state.stored.saturating_add_signed(change);
            state.committed = Some(written_by(step, change > 0));
            if change > 0 {
                state.owed = None;
            }
            changed.push(*receipt);
        }
        self.settle(key, &changed, step, out);
    }

    /// Finds what is wrong with receipts of a key, of which something has changed.
    fn settle(&mut self, key: Key, receipts: &[Receipt], step: &Step, out: &mut Findings) {
        let mut pending = None;
        for receipt in receipts {
            let state = self.state(*receipt);
            if state.stored > 1 && !std::mem::replace(&mut state.twice, true) {
                self.twice(key, *receipt, step, out);
            } else if state.missing() {
                let pending = pending.get_or_insert_with(|| self.pending(key));
                if !pending.contains(receipt) {
                    self.state(*receipt).lost = true;
                    self.lost(key, *receipt, step, out);
                }
            }
        }
    }

    fn twice(&mut self, key: Key, receipt: Receipt, step: &Step, out: &mut Findings) {
        self.counts.twice += 1;
        let ReceiptState { stored, committed: written, .. } = *self.state(receipt);
        let mut history = self.history(self.stored[key.0 as usize]);
        history.find(|known| *known == receipt);
        let known = history.take(self.kept as usize).any(|known| known == receipt);
        let cause = if known { &TWICE } else { &FORGOTTEN };
        let place = Location { key: Some(key), ..Location::from(step) };
        out.violated(&INVARIANT, place, cause, || {
            let told = written.map(|by| by.to_string()).unwrap_or_default();
            let forgotten = ", as the game had forgotten it and granted it again";
            let why = if known { "" } else { forgotten };
            let nth = receipt.0;
            let sentence = format!("receipt {nth} of {key} is stored {stored} times{why}{told}");
            Detail { sentence, subject: Some(Subject::Receipt(receipt)), written, owed: None }
        });
    }

    fn lost(&mut self, key: Key, receipt: Receipt, step: &Step, out: &mut Findings) {
        self.counts.lost += 1;
        let ReceiptState { owed, committed: written, .. } = *self.state(receipt);
        let cause = match step.fact {
            Fact::Damaged => &cause::DAMAGE,
            Fact::Over => &NEVER_SAVED,
            _ => &OVERWRITTEN,
        };
        let place = Location { key: Some(key), ..Location::from(step) };
        out.violated(&INVARIANT, place, cause, || {
            let told = written.map(|by| by.to_string()).unwrap_or_default();
            let owing = owed.map(|by| by.to_string()).unwrap_or_default();
            let nth = receipt.0;
            let sentence = format!(
                "receipt {nth} of {key} was granted, and nothing has it: {cause}{told}{owing}"
            );
            Detail { sentence, subject: Some(Subject::Receipt(receipt)), written, owed }
        });
    }
}

impl Checker for Purchases {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const {
            Facts::of(&[
                FactKind::Asked,
                FactKind::Bought,
                FactKind::Ended,
                FactKind::OwnerPaused,
                FactKind::Granted,
                FactKind::Over,
                FactKind::Received,
                FactKind::Saved,
            ])
        }
    }

    fn on_step(&mut self, step: &Step, _rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        let (Some(visit), Some(key)) = (step.visit, step.key) else { return };
        match step.fact {
            Fact::Asked => drop(self.forget(visit)),
            Fact::Bought { receipt } => {
                self.counts.bought += 1;
                self.state(receipt).key = Some(key);
            }
            Fact::Received { receipt } => {
                self.counts.received += 1;
                self.receives(visit, key, receipt);
            }
            Fact::Granted { receipt, noted } => {
                self.counts.granted += 1;
                self.counts.unnoted += u64::from(!noted);
                self.state(receipt).granted = true;
                self.settle(key, &[receipt], step, out);
            }
            Fact::OwnerPaused | Fact::Saved | Fact::Ended { .. } => {
                self.visits.of(visit).end.on(&step.fact, out);
            }
            Fact::Over => self.over(step, out),
            _ => {}
        }
    }

    fn on_holdings(&mut self, step: &Step, held: &Holdings, out: &mut Findings) {
        match step.fact {
            Fact::Loaded { .. } => {
                let (Some(visit), Some(key)) = (step.visit, step.key) else { return };
                self.has(visit, key, held.last_grant);
            }
            _ => self.stored(step, held.last_grant, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Told, at_key, known};
    use super::*;
    use crate::library::{CallKind, Contract, View};
    use leasehold_core::JobId;

    const GEMS: Receipt = Receipt(0);
    const BOUGHT: Fact = Fact::Bought { receipt: GEMS };
    const RECEIVED: Fact = Fact::Received { receipt: GEMS };
    const GRANTED: Fact = Fact::Granted { receipt: GEMS, noted: true };
    const LOADED: Fact =
        Fact::Loaded { how: &cause::STARTED, edits: 0, latency_us: 0, calls: 1, retries: 0 };

    /// How a story breaks the rule. Each step is of a visit to k0 on s0, with the last grant of
    /// what it is about; two receipts are kept.
    fn found(story: &[(u32, Fact, u32)]) -> Told<Purchases> {
        let purchases = Purchases::new(&known(Contract::default()));
        let mut told = Told::to(purchases.expect("there are purchases"));
        for &(visit, fact, last_grant) in story {
            let step = at_key(0, 0, visit, 0, fact);
            if matches!(fact, Fact::Loaded { .. } | Fact::Committed { .. } | Fact::Damaged) {
                told.holding(step, &Holdings { last_grant, ..Holdings::default() });
            } else {
                told.step(step);
            }
        }
        told
    }

    fn violations(story: &[(u32, Fact, u32)]) -> Vec<&'static str> {
        found(story).causes()
    }

    fn sentences(story: &[(u32, Fact, u32)]) -> Vec<String> {
        found(story).sentences()
    }

    fn committed() -> Fact {
        let (owner, generation, commit) = (Some((JobId(0), 0)), Some(1), Some(1));
        let after = Some(View { owner, generation, commit, released: false, edits: 0 });
        Fact::Committed { kind: CallKind::Save, before: None, after, clock_us: 0 }
    }

    fn bought(visit: u32, receipts: std::ops::Range<u32>) -> Vec<(u32, Fact, u32)> {
        let one = |nth| {
            let receipt = Receipt(nth);
            [(visit, Fact::Bought { receipt }, 0), (visit, Fact::Received { receipt }, 0)]
        };
        receipts.flat_map(one).collect()
    }

    #[test]
    fn a_receipt_that_is_stored_and_then_granted_is_fine_and_so_is_granting_it_again() {
        let story = [
            (0, LOADED, 0),
            (0, BOUGHT, 0),
            (0, RECEIVED, 0),
            (0, committed(), 1),
            (0, Fact::Granted { receipt: GEMS, noted: false }, 0),
            (0, Fact::Over, 0),
            (1, LOADED, 1),
            (1, GRANTED, 0),
            (1, Fact::Over, 0),
        ];
        assert_eq!(violations(&story), [""; 0]);
    }

    #[test]
    fn a_receipt_that_is_stored_twice_is_found_once() {
        let story = [
            (0, LOADED, 0),
            (0, BOUGHT, 0),
            (0, RECEIVED, 0),
            (0, committed(), 1),
            (0, RECEIVED, 0),
            (0, committed(), 2),
            (0, RECEIVED, 0),
            (0, committed(), 3),
        ];
        assert_eq!(violations(&story), ["granted twice"]);
    }

    #[test]
    fn a_receipt_that_was_forgotten_is_no_loss_and_is_found_when_it_is_granted_again() {
        for (others, cause) in [(1, "granted twice"), (2, "granted again"), (9, "granted again")] {
            let begin = [vec![(0, LOADED, 0)], bought(0, 0..1 + others)].concat();
            let last = 1 + others;
            let end = [
                (0, committed(), last),
                (0, GRANTED, 0),
                (0, Fact::Over, 0),
                (1, LOADED, last),
                (1, RECEIVED, 0),
                (1, Fact::Over, 0),
                (2, LOADED, last),
                (2, RECEIVED, 0),
                (2, committed(), last + 2),
            ];
            let story = [&begin[..], &end].concat();
            assert_eq!(violations(&story[..story.len() - 1]), [""; 0], "{others}");
            assert_eq!(violations(&story), [cause], "{others}");
        }
    }

    #[test]
    fn what_one_of_two_histories_has_is_lost_when_the_other_is_written_over_it() {
        let granted = |nth| (0, Fact::Granted { receipt: Receipt(nth), noted: true }, 0);
        let begin = [vec![(0, LOADED, 0), (1, LOADED, 0)], bought(0, 0..3)].concat();
        let stored = [(0, committed(), 3), granted(0), granted(1), granted(2)];
        let other = [&bought(1, 3..4)[..], &[(1, RECEIVED, 0), (1, committed(), 5)]].concat();
        let over = [(0, Fact::Over, 0)];
        let story = [&begin[..], &stored, &other].concat();
        assert_eq!(violations(&story), [""; 0], "the first session can write again");
        let story = [&begin[..], &stored, &over, &other].concat();
        assert_eq!(violations(&story), ["overwritten"; 2], "the other one has GEMS too");
    }

    #[test]
    fn a_receipt_that_was_granted_and_never_stored_is_found_when_its_visit_is_over() {
        let story =
            [(0, LOADED, 0), (0, BOUGHT, 0), (0, RECEIVED, 0), (0, GRANTED, 0), (0, Fact::Over, 0)];
        assert_eq!(violations(&story[..4]), [""; 0], "it is pending");
        assert_eq!(violations(&story), ["never saved"]);
    }

    #[test]
    fn a_receipt_that_was_granted_and_stored_and_is_wiped_out_is_found() {
        let story = [
            (0, LOADED, 0),
            (0, BOUGHT, 0),
            (0, RECEIVED, 0),
            (0, committed(), 1),
            (0, GRANTED, 0),
            (0, Fact::Over, 0),
            (1, committed(), 0),
        ];
        assert_eq!(violations(&story), ["overwritten"]);
        let damaged = [&story[..6], &[(1, Fact::Damaged, 0)]].concat();
        assert_eq!(violations(&damaged), ["damage"]);
    }

    #[test]
    fn a_loss_is_told_with_the_session_that_never_saved_and_what_had_ended_it() {
        let crash = Fact::Ended { how: &cause::CRASH, saved: false };
        let told = |how: &[(u32, Fact, u32)]| {
            let begin = [(0, LOADED, 0), (0, BOUGHT, 0), (0, RECEIVED, 0)];
            let end = [(0, GRANTED, 0), (0, crash, 0), (0, Fact::Over, 0)];
            sentences(&[&begin[..], how, &end[..]].concat())
        };
        for (how, cause) in [(&[][..], "crash"), (&[(0, Fact::OwnerPaused, 0)], "paused")] {
            let [sentence] = &told(how)[..] else { panic!("one is lost") };
            let begin = "receipt 0 of k0 was granted, and nothing has it: never saved; the \
                         session of s0 that put it into k0 was over at ";
            assert!(sentence.starts_with(begin), "{sentence}");
            assert!(sentence.ends_with(&format!(" without saving it: {cause}")), "{sentence}");
        }
    }

    #[test]
    fn a_receipt_that_is_gone_or_there_twice_is_told_with_the_commit_that_did_it() {
        let begin = [(0, LOADED, 0), (0, BOUGHT, 0), (0, RECEIVED, 0)];
        let twice = [&begin[..], &[(0, RECEIVED, 0), (0, committed(), 2)]].concat();
        let [sentence] = &sentences(&twice)[..] else { panic!("it is there twice") };
        let did = " 2 times: the save of s0 put it there, as commit 1 of k0 at ";
        assert!(sentence.contains(did), "{sentence}");
        let others = &bought(0, 1..3)[..];
        let again = [&begin[..], others, &[(0, RECEIVED, 0), (0, committed(), 4)]].concat();
        let [sentence] = &sentences(&again)[..] else { panic!("it is there twice") };
        let did = " 2 times, as the game had forgotten it and granted it again: the save of s0 ";
        assert!(sentence.contains(did), "{sentence}");
        let gone = [(0, committed(), 1), (0, GRANTED, 0), (0, Fact::Over, 0), (1, committed(), 0)];
        let [sentence] = &sentences(&[&begin[..], &gone].concat())[..] else {
            panic!("it is gone")
        };
        let did = "overwritten: the save of s0 took it out, as commit 1 of k0 at ";
        assert!(sentence.contains(did), "{sentence}");
    }
}
