//! The queues in which a server's requests wait until there is a budget for them.
//!
//! ```text
//!   set ........ [ 30 ]      over the limit, a request waits in the queue of its kind, and one that
//!   ordered set  [ 30 ]      finds it full is dropped. They leave in order of arrival; one whose
//!   get ........ [ 30 ]      key is throttled is passed over for the moment.
//!   ordered get  [ 30 ]
//! ```
//!
//! The figures and the rule: creator-docs, cloud-services/data-stores/error-codes-and-limits.md.

use crate::ids::{CellId, RequestId};
use crate::library::RequestType;
use crate::schedule::Moment;
use std::collections::VecDeque;

/// How many requests wait in a queue at most.
const PLACES: usize = 30;

/// Which queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueKind {
    Set,
    OrderedSet,
    Get,
    OrderedGet,
}

impl QueueKind {
    pub(crate) const COUNT: usize = QueueKind::ALL.len();
    pub(crate) const ALL: [QueueKind; 4] =
        [QueueKind::Set, QueueKind::OrderedSet, QueueKind::Get, QueueKind::OrderedGet];

    /// Where requests of a kind wait. Removing is a kind of writing, listing one of reading (an
    /// assumption: the documents name the queues and no more).
    pub(crate) fn of(kind: RequestType) -> QueueKind {
        match kind {
            RequestType::Write | RequestType::Remove => QueueKind::Set,
            RequestType::OrderedWrite | RequestType::OrderedRemove => QueueKind::OrderedSet,
            RequestType::Read | RequestType::List => QueueKind::Get,
            RequestType::OrderedRead | RequestType::OrderedList => QueueKind::OrderedGet,
        }
    }
}

/// A request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    /// Its name.
    pub(crate) request: RequestId,
    /// What it is for.
    pub(crate) cell: CellId,
    /// What it is counted as.
    pub(crate) kinds: &'static [RequestType],
    pub(crate) since: Moment,
}

/// A queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue(VecDeque<Waiting>);

impl Queue {
    /// Adds a request at the end. Says whether there was a place.
    pub(crate) fn push(&mut self, waiting: Waiting) -> bool {
        let free = self.0.len() < PLACES;
        if free {
            self.0.push_back(waiting);
        }
        free
    }

    /// Those who wait, in order of arrival.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.0.iter()
    }

    /// Takes the nth of them out.
    pub(crate) fn take(&mut self, nth: usize) -> Waiting {
        self.0.remove(nth).expect("it was just found there")
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_30th_waits_and_the_31st_finds_no_place() {
        let mut queue = Queue::default();
        let (cell, kinds, since) = (CellId::new(0), &[RequestType::Read][..], Moment::ZERO);
        let waiting = |request| Waiting { request: RequestId::new(request), cell, kinds, since };
        for request in 0..30 {
            assert!(queue.push(waiting(request)), "{request}");
        }
        assert!(!queue.push(waiting(30)));
        assert_eq!(queue.take(0), waiting(0));
        assert!(queue.push(waiting(31)));
    }
}
