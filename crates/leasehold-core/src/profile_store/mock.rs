//! The datastore in memory that stands in for a real one, on `.Mock` or without access (section 7).
//!
//! A call does what it does at once, and returns on the next heartbeat. It never fails, unless its
//! transform does: then it is over at once, since the frame of waiting would come after it. What a
//! transform changes it changes in the stored table itself, so one that raises leaves behind what
//! it had done by then. The least that an update leaves is an entry, in which there is nothing:
//! whoever reads the key from then on finds *something*.

use super::api::{Response, Token};
use super::notice::StoreError;
use super::record::{Record, Stored, Updates};
use super::rules::Rules;
use super::update::{Thrown, Update, view};
use crate::document::Document;
use crate::ids::OpId;
use crate::time::{Instant, Now};
use std::collections::{BTreeMap, VecDeque};

/// What a call comes back with.
pub(super) type Answer<D> = Result<Response<D>, StoreError>;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mock<D: Document> {
    /// The entries, and what is in each.
    values: BTreeMap<Token, Option<Stored<D>>>,
    answers: VecDeque<(Instant, OpId, Answer<D>)>,
}

impl<D: Document> Mock<D> {
    /// With nothing stored.
    pub(super) fn new() -> Mock<D> {
        Mock { values: BTreeMap::new(), answers: VecDeque::new() }
    }

    /// `UpdateAsync`.
    ///
    /// # Errors
    /// [`Thrown`] if its transform raises. The call is over then.
    pub(super) fn update(
        &mut self,
        rules: &Rules,
        now: Now,
        op: OpId,
        token: Token,
        update: &Update<D>,
    ) -> Result<(), Thrown> {
        let entry = self.values.entry(token).or_default();
        let written = update.apply_in_place(entry, now.wall)?;
        self.answer(rules, now, op, Response::Updated(Box::new(written.record)));
        Ok(())
    }

    /// `GetAsync`. It reads what is there now, not when it returns.
    pub(super) fn get(&mut self, rules: &Rules, now: Now, op: OpId, token: Token, template: &D) {
        let got = self.values.get(&token).map(|entry| {
            let blank = || Record { updates: Some(Updates::none()), ..Record::empty() };
            let stored = entry.clone().unwrap_or_else(|| Stored::Record(blank()));
            Box::new(Stored::Record(view(&stored, template, now.wall)))
        });
        self.answer(rules, now, op, Response::Got(got));
    }

    /// `RemoveAsync`.
    pub(super) fn remove(&mut self, rules: &Rules, now: Now, op: OpId, token: Token) {
        self.values.remove(&token);
        self.answer(rules, now, op, Response::Done);
    }

    fn answer(&mut self, rules: &Rules, now: Now, op: OpId, response: Response<D>) {
        self.answers.push_back((rules.next_heartbeat(now.mono), op, Ok(response)));
    }

    /// The next call that returns, if it does by now.
    pub(super) fn returned(&mut self, now: Instant) -> Option<(OpId, Answer<D>)> {
        self.answers.front().filter(|(at, ..)| *at <= now)?;
        self.answers.pop_front().map(|(_, op, answer)| (op, answer))
    }

    /// When the next call returns.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.answers.front().map(|(at, ..)| *at)
    }
}

impl<D: Document> Default for Mock<D> {
    fn default() -> Mock<D> {
        Mock::new()
    }
}
