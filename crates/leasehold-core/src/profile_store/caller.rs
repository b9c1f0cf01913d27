//! The methods that make one call and return what came of it: `MessageAsync`, `GetAsync` and
//! `RemoveAsync` (sections 6.1 and 7).
//!
//! ```text
//!   Ready? --> Calling --[answered]--> over
//!                ^  '----[failed]----> Sleeping, or over if it is not tried again
//!                '-------[time]-----------'
//! ```

use super::api::{Method, Purpose, VersionId};
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
    state: CallerState,
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
enum CallerState {
    Ready,
    Calling(OpId),
    Sleeping { until: Instant },
}

impl<D: Document> Caller<D> {
    /// A caller that waits until the datastore's state is known.
    pub(super) fn new(task: Task<D>) -> Caller<D> {
        Caller { task, failures: 0, state: CallerState::Ready }
    }

    /// It makes this call.
    pub(super) fn call(&mut self, op: OpId) {
        self.state = CallerState::Calling(op);
    }

    /// The call has failed: it will be tried again.
    pub(super) fn sleep(&mut self, rules: &Rules, now: Instant) {
        let until = rules.wait(now, BACKOFF.ceiling(self.failures));
        self.failures = self.failures.saturating_add(1);
        self.state = CallerState::Sleeping { until };
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            CallerState::Sleeping { until } => Some(until),
            CallerState::Ready | CallerState::Calling(_) => None,
        }
    }
}

impl<D: Document> Task<D> {
    /// The call that does it.
    pub(super) fn request(&self) -> Method {
        match self {
            Task::Message(_) => Method::Update(Purpose::Message),
            Task::Get => Method::Get,
            Task::GetVersion(version) => Method::GetVersion(*version),
            Task::Remove => Method::Remove,
        }
    }
}
