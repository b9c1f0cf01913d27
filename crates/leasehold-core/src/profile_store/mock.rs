//! The datastore in memory that stands in for a real one, on `.Mock` or without access (section 7).
//!
//! A call does what it does at once, and returns on the next heartbeat. It never fails, unless its
//! transform does. The library changes the stored table in place, so that a transform that raises
//! leaves half of its change behind; here it leaves nothing \[I\].

use super::api::{Response, Token};
use super::notice::StoreError;
use super::record::Stored;
use super::rules::Rules;
use super::update::Update;
use crate::document::Document;
use crate::ids::OpId;
use crate::time::{Instant, Now};
use std::collections::{BTreeMap, VecDeque};

/// What a call comes back with.
pub(super) type Answer<D> = Result<Response<D>, StoreError>;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mock<D: Document> {
    values: BTreeMap<Token, Stored<D>>,
    answers: VecDeque<(Instant, OpId, Answer<D>)>,
}

impl<D: Document> Mock<D> {
    /// With nothing stored.
    pub(super) fn new() -> Mock<D> {
        Mock { values: BTreeMap::new(), answers: VecDeque::new() }
    }

    /// `UpdateAsync`.
    pub(super) fn update(
        &mut self,
        rules: &Rules,
        now: Now,
        op: OpId,
        token: Token,
        update: &Update<D>,
    ) {
        let answer = match update.apply(self.values.get(&token), now.wall) {
            Ok(written) => {
                self.values.insert(token, Stored::Record(written.record.clone()));
                Ok(Response::Updated(Box::new(written.record)))
            }
            Err(_) => Err(StoreError::Threw),
        };
        self.answer(rules, now, op, answer);
    }

    /// `GetAsync`.
    pub(super) fn get(&mut self, rules: &Rules, now: Now, op: OpId, token: Token) {
        let got = self.values.get(&token).map(|stored| Box::new(stored.clone()));
        self.answer(rules, now, op, Ok(Response::Got(got)));
    }

    /// `RemoveAsync`.
    pub(super) fn remove(&mut self, rules: &Rules, now: Now, op: OpId, token: Token) {
        self.values.remove(&token);
        self.answer(rules, now, op, Ok(Response::Done));
    }

    fn answer(&mut self, rules: &Rules, now: Now, op: OpId, answer: Answer<D>) {
        self.answers.push_back((rules.next_heartbeat(now.mono), op, answer));
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
