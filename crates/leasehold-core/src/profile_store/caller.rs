//! The methods that make one call and return what came of it: `MessageAsync`, `GetAsync` and
//! `RemoveAsync` (sections 6.1 and 7).
//!
//! ```text
//!   Ready? --> Calling --[answered]--> over
//!                ^  '----[failed]----> Sleeping, or over if it is not tried again
//!                '-------[time]-----------'
//! ```

use super::rules::{BACKOFF, Rules};
use super::words::{Purpose, Request, VersionId};
use crate::document::Document;
use crate::ids::OpId;
use crate::time::Instant;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller<D: Document> {
    /// What is to be done.
    pub task: Task<D>,
    /// Failures so far.
    pub failures: u32,
    state: State,
}

/// What a caller wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Task<D: Document> {
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
    pub fn new(task: Task<D>) -> Caller<D> {
        Caller { task, failures: 0, state: State::Ready }
    }

    /// Whether it waits for the datastore's state to be known.
    pub fn is_waiting_for_the_store(&self) -> bool {
        self.state == State::Ready
    }

    /// It makes this call.
    pub fn call(&mut self, op: OpId) {
        self.state = State::Calling(op);
    }

    /// The call has failed: it will be tried again.
    pub fn sleep(&mut self, rules: &Rules, now: Instant) {
        let until = rules.wait(now, BACKOFF.ceiling(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.state = State::Sleeping { until };
    }

    /// The call whose answer is awaited.
    pub fn awaits(&self) -> Option<OpId> {
        match self.state {
            State::Calling(op) => Some(op),
            State::Ready | State::Sleeping { .. } => None,
        }
    }

    /// When this wants a tick.
    pub fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Sleeping { until } => Some(until),
            State::Ready | State::Calling(_) => None,
        }
    }
}

impl<D: Document> Task<D> {
    /// The call that does it.
    pub fn request(&self) -> Request {
        match self {
            Task::Message(_) => Request::Update(Purpose::Message),
            Task::Get => Request::Get,
            Task::GetVersion(version) => Request::GetVersion(*version),
            Task::Remove => Request::Remove,
        }
    }
}
