//! A receipt is never stored twice, nor lost once it is granted.
//!
//! The platform asks for a receipt to be granted until it has noted that it was: on each join, on
//! each purchase, on two servers at once if the player is on both. The game must put it into the
//! player's data once, and say so only when it is stored.
//!
//! The model is, for each receipt, how often the stored record holds it, which visits have it in
//! their data, and whether the platform was told. One that is in the data of a living visit is
//! pending: it may still be stored. What is found is told with the write that put it there or took
//! it out, and with the session that had it and was over without saving it.

use super::debt::{End, written_by};
use super::{Detail, Findings, Invariant, Known, Location, Observer, OwedBy, Subject, WrittenBy};
use crate::cause::{self, Cause, Class};
use crate::ids::VisitId;
use crate::library::{Holdings, Receipt};
use crate::model::Models;
use crate::rows::Rows;
use crate::step::{Fact, FactKind, Facts, Step};
use leasehold_core::Key;
use leasehold_data::Purchases as Counts;
use smallvec::SmallVec;

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "purchases_are_granted_once",
    "a receipt is never stored twice, nor lost once it is granted",
);

static TWICE: Cause = Cause::new("granted twice", Class::Harm, "it is stored more than once");
static NEVER_SAVED: Cause = Cause::new("never saved", Class::Harm, "nobody has saved it");
static OVERWRITTEN: Cause = Cause::new("overwritten", Class::Harm, "a write took it out");

pub(crate) struct Purchases {
    /// What is stored, by key.
    stored: Vec<SmallVec<[Receipt; 2]>>,
    /// What visits have in their data.
    visits: Rows<Held>,
    receipts: Vec<ReceiptState>,
    pub(crate) counts: Counts,
}

/// What a visit has in its data, and what has ended it.
#[derive(Clone, Default)]
struct Held {
    receipts: SmallVec<[Receipt; 2]>,
    end: End,
}

#[derive(Clone, Default)]
struct ReceiptState {
    /// Whose it is; nobody's before it is bought.
    key: Option<Key>,
    bearers: u32,
    /// How often the stored record of its key holds it.
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

impl Purchases {
    /// For worlds with trades or purchases.
    pub(super) fn new(known: &Known) -> Option<Purchases> {
        known.trades.then(|| Purchases {
            stored: vec![SmallVec::new(); known.players as usize],
            visits: Rows::default(),
            receipts: Vec::new(),
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

    fn gains(&mut self, visit: VisitId, receipt: Receipt) {
        self.visits.of(visit).receipts.push(receipt);
        self.state(receipt).bearers += 1;
    }

    /// Nothing of a visit can commit any more, or a new one has its name.
    fn forget(&mut self, visit: VisitId) -> Held {
        let held = std::mem::take(self.visits.of(visit));
        held.receipts.iter().for_each(|receipt| self.state(*receipt).bearers -= 1);
        held
    }

    fn over(&mut self, step: &Step, out: &mut Findings) {
        let Some(session) = step.session() else { return };
        let Held { receipts, end } = self.forget(session.visit);
        for receipt in receipts {
            if self.state(receipt).stored == 0 {
                let owed = OwedBy { place: Location::from(step), put: true, how: end.how() };
                self.state(receipt).owed = Some(owed);
            }
            self.settle(receipt, step, out);
        }
    }

    fn stored(&mut self, step: &Step, held: &[Receipt], out: &mut Findings) {
        let Some(key) = step.key else { return };
        // A record holds all that its player ever bought, and a write adds to the end of that: only
        // where it differs is it looked at closely.
        let stored = &mut self.stored[key.0 as usize];
        let same = stored.iter().zip(held).take_while(|(old, new)| old == new).count();
        let gone: SmallVec<[Receipt; 2]> = stored.drain(same..).collect();
        let come = &held[same..];
        stored.extend_from_slice(come);
        gone.iter().for_each(|receipt| self.state(*receipt).change -= 1);
        come.iter().for_each(|receipt| self.state(*receipt).change += 1);
        for receipt in gone.iter().chain(come) {
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
            self.settle(*receipt, step, out);
        }
    }

    fn settle(&mut self, receipt: Receipt, step: &Step, out: &mut Findings) {
        let Some(key) = self.state(receipt).key else { return };
        let state = self.state(receipt);
        let stored = state.stored;
        let place = Location { key: Some(key), ..Location::from(step) };
        let (subject, written) = (Some(Subject::Receipt(receipt)), state.committed);
        let told = || written.map(|by| by.to_string()).unwrap_or_default();
        if stored > 1 && !std::mem::replace(&mut state.twice, true) {
            self.counts.twice += 1;
            out.violated(&INVARIANT, place, &TWICE, || {
                let (nth, told) = (receipt.0, told());
                let sentence = format!("receipt {nth} of {key} is stored {stored} times{told}");
                Detail { sentence, subject, written, owed: None }
            });
            return;
        }
        let state = self.state(receipt);
        let gone = state.granted && stored == 0 && state.bearers == 0;
        if gone && !std::mem::replace(&mut state.lost, true) {
            let owed = state.owed;
            self.counts.lost += 1;
            let cause = match step.fact {
                Fact::Damaged => &cause::DAMAGE,
                Fact::Over => &NEVER_SAVED,
                _ => &OVERWRITTEN,
            };
            out.violated(&INVARIANT, place, cause, || {
                let (nth, told) = (receipt.0, told());
                let owing = owed.map(|by| by.to_string()).unwrap_or_default();
                let sentence = format!(
                    "receipt {nth} of {key} was granted, and nothing has it: {cause}{told}{owing}"
                );
                Detail { sentence, subject, written, owed }
            });
        }
    }
}

impl Observer for Purchases {
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

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        let Some(visit) = step.visit else { return };
        match step.fact {
            Fact::Asked => drop(self.forget(visit)),
            Fact::Bought { receipt } => {
                self.counts.bought += 1;
                self.state(receipt).key = step.key;
            }
            Fact::Received { receipt } => {
                self.counts.received += 1;
                self.gains(visit, receipt);
            }
            Fact::Granted { receipt, noted } => {
                self.counts.granted += 1;
                self.counts.unnoted += u64::from(!noted);
                self.state(receipt).granted = true;
                self.settle(receipt, step, out);
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
                let Some(visit) = step.visit else { return };
                held.receipts.iter().for_each(|receipt| self.gains(visit, *receipt));
            }
            _ => self.stored(step, &held.receipts, out),
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

    /// How a story breaks the rule. Each step is of a visit to k0 on s0, with what is held then.
    fn found(story: &[(u32, Fact, &[Receipt])]) -> Told<Purchases> {
        let purchases = Purchases::new(&known(Contract::default()));
        let mut told = Told::to(purchases.expect("there are purchases"));
        for &(visit, fact, held) in story {
            let step = at_key(0, 0, visit, 0, fact);
            if matches!(fact, Fact::Loaded { .. } | Fact::Committed { .. } | Fact::Damaged) {
                told.holding(step, &Holdings { items: Vec::new(), receipts: held.to_vec() });
            } else {
                told.step(step);
            }
        }
        told
    }

    fn violations(story: &[(u32, Fact, &[Receipt])]) -> Vec<&'static str> {
        found(story).causes()
    }

    fn sentences(story: &[(u32, Fact, &[Receipt])]) -> Vec<String> {
        found(story).sentences()
    }

    fn committed() -> Fact {
        let (owner, generation, commit) = (Some((JobId(0), 0)), Some(1), Some(1));
        let after = Some(View { owner, generation, commit, released: false, edits: 0 });
        Fact::Committed { kind: CallKind::Save, before: None, after, clock_us: 0 }
    }

    #[test]
    fn a_receipt_that_is_stored_and_then_granted_is_fine_and_so_is_granting_it_again() {
        let story = [
            (0, LOADED, &[][..]),
            (0, BOUGHT, &[]),
            (0, RECEIVED, &[]),
            (0, committed(), &[GEMS]),
            (0, Fact::Granted { receipt: GEMS, noted: false }, &[]),
            (0, Fact::Over, &[]),
            (1, LOADED, &[GEMS]),
            (1, GRANTED, &[]),
            (1, Fact::Over, &[]),
        ];
        assert_eq!(violations(&story), [""; 0]);
    }

    #[test]
    fn a_receipt_that_is_stored_twice_is_found_once() {
        let story = [
            (0, LOADED, &[][..]),
            (0, BOUGHT, &[]),
            (0, committed(), &[GEMS]),
            (0, committed(), &[GEMS, GEMS]),
            (0, committed(), &[GEMS, GEMS, GEMS]),
        ];
        assert_eq!(violations(&story), ["granted twice"]);
    }

    #[test]
    fn a_receipt_that_was_granted_and_never_stored_is_found_when_its_visit_is_over() {
        let story = [
            (0, LOADED, &[][..]),
            (0, BOUGHT, &[]),
            (0, RECEIVED, &[]),
            (0, GRANTED, &[]),
            (0, Fact::Over, &[]),
        ];
        assert_eq!(violations(&story[..4]), [""; 0], "it is pending");
        assert_eq!(violations(&story), ["never saved"]);
    }

    #[test]
    fn a_receipt_that_was_granted_and_stored_and_is_wiped_out_is_found() {
        let story = [
            (0, LOADED, &[][..]),
            (0, BOUGHT, &[]),
            (0, RECEIVED, &[]),
            (0, committed(), &[GEMS]),
            (0, GRANTED, &[]),
            (0, Fact::Over, &[]),
            (1, committed(), &[]),
        ];
        assert_eq!(violations(&story), ["overwritten"]);
        let damaged = [&story[..6], &[(1, Fact::Damaged, &[])]].concat();
        assert_eq!(violations(&damaged), ["damage"]);
    }
    #[test]
    fn a_loss_is_told_with_the_session_that_never_saved_and_what_had_ended_it() {
        let crash = Fact::Ended { how: &cause::CRASH, saved: false };
        let told = |how: &[(u32, Fact, &[Receipt])]| {
            let begin = [(0, LOADED, &[][..]), (0, BOUGHT, &[]), (0, RECEIVED, &[])];
            let end = [(0, GRANTED, &[][..]), (0, crash, &[]), (0, Fact::Over, &[])];
            sentences(&[&begin[..], how, &end[..]].concat())
        };
        for (how, cause) in [(&[][..], "crash"), (&[(0, Fact::OwnerPaused, &[][..])], "paused")] {
            let [sentence] = &told(how)[..] else { panic!("one is lost") };
            let begin = "receipt 0 of k0 was granted, and nothing has it: never saved; the \
                         session of s0 that put it into k0 was over at ";
            assert!(sentence.starts_with(begin), "{sentence}");
            assert!(sentence.ends_with(&format!(" without saving it: {cause}")), "{sentence}");
        }
    }

    #[test]
    fn a_receipt_that_is_gone_or_there_twice_is_told_with_the_commit_that_did_it() {
        let twice = [(0, LOADED, &[][..]), (0, BOUGHT, &[]), (0, committed(), &[GEMS, GEMS])];
        let [sentence] = &sentences(&twice)[..] else { panic!("it is there twice") };
        let did = ": the save of s0 put it there, as commit 1 of k0 at ";
        assert!(sentence.contains(did), "{sentence}");
        let gone = [
            (0, LOADED, &[][..]),
            (0, BOUGHT, &[]),
            (0, committed(), &[GEMS]),
            (0, GRANTED, &[]),
            (1, committed(), &[]),
        ];
        let [sentence] = &sentences(&gone)[..] else { panic!("it is gone") };
        let did = "overwritten: the save of s0 took it out, as commit 1 of k0 at ";
        assert!(sentence.contains(did), "{sentence}");
    }
}
