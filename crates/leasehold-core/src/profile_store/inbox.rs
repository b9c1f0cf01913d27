//! The messages of a session or a view, and who handles them (section 6.3).
//!
//! A message stays in the record until a save takes out what was acked by then. So it is delivered
//! at least once, and an ack that comes after the save's transform waits for the next save.
//!
//! Laws: a message that was there before a handler is shown to it whatever others saw; one that
//! comes later goes from handler to handler until one acks at once.

use super::record::{Message, Updates};
use crate::document::Document;
use std::collections::BTreeSet;

/// A handler, as data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handler {
    /// Changes the data as the message says, and acks, before it yields.
    Apply,
    /// Acks before it yields.
    Ack,
    /// Yields. It may ack later.
    Watch,
}

impl Handler {
    /// Whether it acks before it yields: nobody else is then shown the message.
    pub(super) fn acks_at_once(self) -> bool {
        matches!(self, Handler::Apply | Handler::Ack)
    }
}

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inbox<D: Document> {
    stored: Vec<Message<D>>,
    /// Acked, and still stored as far as is known.
    acked: Vec<u64>,
    seen: BTreeSet<u64>,
    handlers: Vec<Handler>,
}

impl<D: Document> Inbox<D> {
    /// The messages that a record came with.
    pub(super) fn new(updates: Option<&Updates<D>>) -> Inbox<D> {
        let stored = updates.map_or_else(Vec::new, |updates| updates.messages().to_vec());
        let seen = stored.iter().map(|message| message.index).collect();
        Inbox { stored, acked: Vec::new(), seen, handlers: Vec::new() }
    }

    /// A save has come back with this list. Returns what is new in it.
    pub(super) fn returned(&mut self, list: &[Message<D>]) -> Vec<Message<D>> {
        let mut new = Vec::new();
        for message in list {
            if !self.acked.contains(&message.index) && self.seen.insert(message.index) {
                new.push(message.clone());
            }
        }
        self.acked.retain(|index| list.iter().any(|message| message.index == *index));
        self.stored = list.to_vec();
        new
    }

    /// Adds a handler, and returns its number and what it is shown at once.
    pub(super) fn handle(&mut self, handler: Handler) -> (u32, Vec<Message<D>>) {
        let nth = self.handlers.len() as u32;
        self.handlers.push(handler);
        let unacked = self.stored.iter().filter(|message| !self.acked.contains(&message.index));
        (nth, unacked.cloned().collect())
    }

    /// A message is acked. One that was never here is no message.
    pub(super) fn ack(&mut self, index: u64) {
        if self.seen.contains(&index) && !self.acked.contains(&index) {
            self.acked.push(index);
        }
    }

    /// What was acked and is still stored.
    pub(super) fn acked(&self) -> &[u64] {
        &self.acked
    }

    /// The handlers, in the order of registration.
    pub(super) fn handlers(&self) -> &[Handler] {
        &self.handlers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Log;

    fn list(indexes: &[u64]) -> Vec<Message<Log>> {
        indexes.iter().map(|index| Message { index: *index, payload: 1 }).collect()
    }

    fn indexes(messages: &[Message<Log>]) -> Vec<u64> {
        messages.iter().map(|message| message.index).collect()
    }

    #[test]
    fn what_is_new_is_new_once_and_what_is_acked_waits_until_it_is_gone() {
        let updates = Updates { last: 2, list: Some(list(&[1, 2])) };
        let mut inbox = Inbox::new(Some(&updates));
        assert_eq!(indexes(&inbox.handle(Handler::Ack).1), [1, 2]);
        inbox.ack(1);
        inbox.ack(99);
        assert_eq!(inbox.acked(), [1]);
        assert_eq!(indexes(&inbox.handle(Handler::Watch).1), [2], "whatever the first one saw");
        assert_eq!(indexes(&inbox.returned(&list(&[1, 2, 3]))), [3]);
        assert_eq!(inbox.acked(), [1], "the save was too early for it");
        assert_eq!(indexes(&inbox.returned(&list(&[2, 3]))), Vec::<u64>::new());
        assert_eq!(inbox.acked(), Vec::<u64>::new());
    }
}
