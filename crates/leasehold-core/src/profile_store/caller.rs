//! The methods that make one call and return what came of it: `MessageAsync`, `GetAsync` and
//! `RemoveAsync` (sections 6.1 and 7).
//!
//! ```text
//!   Ready? --> Calling --[answered]--> over
//!                ^  '----[failed]----> Sleeping, or over if it is not tried again
//!                '-------[time]-----------'
//! ```

use super::api::{Purpose, Request, VersionId};
use super::rules::{BACKOFF, Rules};
use crate::document::Document;
use crate::ids::OpId;
use crate::time::Instant;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Caller<D: Document> {
    /// What is to be done.
    pub task: Task<D>,
    /// Failures so far.
    pub failures: u32,
    state: State,
}

/// What a caller wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Task<D: Document> {
    /// To send a message.
    Message(D::Edit),
    /// To read the latest value.
    Get,
    /// To read a version.
    GetVersion(VersionId),
    /// To remove the key.
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Calling(OpId),
    Sleeping { until: Instant },
}

impl<D: Document> Caller<D> {
    /// A caller that waits until the datastore's state is known.
    pub(super) fn new(task: Task<D>) -> Caller<D> {
        Caller { task, failures: 0, state: State::Ready }
    }

    /// It makes this call.
    pub(super) fn call(&mut self, op: OpId) {
        self.state = State::Calling(op);
    }

    /// The call has failed: it will be tried again.
    pub(super) fn sleep(&mut self, rules: &Rules, now: Instant) {
        let until = rules.wait(now, BACKOFF.ceiling(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.state = State::Sleeping { until };
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Sleeping { until } => Some(until),
            State::Ready | State::Calling(_) => None,
        }
    }
}

impl<D: Document> Task<D> {
    /// The call that does it.
    pub(super) fn request(&self) -> Request {
        match self {
            Task::Message(_) => Request::Update(Purpose::Message),
            Task::Get => Request::Get,
            Task::GetVersion(version) => Request::GetVersion(*version),
            Task::Remove => Request::Remove,
        }
    }
}
