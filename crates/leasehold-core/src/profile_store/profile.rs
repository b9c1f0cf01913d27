//! A profile: data in memory, and the saves of it that are under way (sections 4.2 and 7).
//!
//! It is a session's, or a view that `GetAsync` has made. Whether a session is *active* is not
//! known here: the store's token map points at it or does not. So several profiles of one key may
//! live on one server, and only one of them is told when it ends (hazard H-E2).
//!
//! ```text
//!   job:  queued, calling --[answered]--> over
//!                  ^  '-----[failed]----> over, or Sleeping if it is final
//!                  |  '-----[wanted]----> Around a final save, and over when that one is
//!                  '---------[time]----------------------'
//! ```
//!
//! Laws: a final save is tried until it is answered, without an end; data is taken when a call's
//! transform runs; a save that has found another server's request is over no sooner than the final
//! save that it begins, and never if that one's thread dies.

use super::api::EndRequest;
use super::inbox::{Handler, Inbox};
use super::notice::Reason;
use super::record::{Message, Record, Server, SessionGuid};
use super::rules::{BACKOFF, Rules, SHUTDOWN_BACKOFF};
use super::update::{Save, SaveKind, owns};
use crate::backoff::Backoff;
use crate::document::Document;
use crate::ids::OpId;
use crate::time::{Instant, Stamp};
use crate::value::Value;
use crate::warm;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile<D: Document> {
    /// `Profile.Data`; absent if the user has made it something that is not a table.
    pub data: Option<D>,
    /// `Profile.LastSavedData`; absent if what was saved last was not a table.
    pub last_saved: Option<D>,
    /// `Profile.RobloxMetaData`.
    pub metadata: Value,
    /// `Profile.UserIds`.
    pub user_ids: Vec<i64>,
    /// `Profile.SessionLoadCount`.
    pub loads: u64,
    /// `Profile.FirstSessionTime`.
    pub first_session: Stamp,
    /// Its messages.
    pub(super) inbox: Inbox<D>,
    /// What it is.
    pub(super) kind: ProfileKind,
    jobs: Vec<SaveJob>,
    /// How many saves were started: their names.
    started: u32,
}

/// What a profile is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProfileKind {
    /// A session's.
    Session {
        /// The topic that it listens to, which the record may not know of (hazard H-M5).
        guid: SessionGuid,
        /// When it was built.
        loaded_at: Instant,
        /// When it last heeded a message; the origin of the clock if never, as in the library
        /// (hazard H-M4).
        heard_at: Instant,
    },
    /// A view.
    View {
        /// The user has no more use for it.
        forgotten: bool,
    },
}

/// A save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SaveJob {
    /// What for.
    pub(super) kind: SaveKind,
    /// Of a final one, why.
    pub(super) reason: Reason,
    /// Failures so far.
    pub(super) failures: u32,
    /// Which of the profile's saves it is.
    nth: u32,
    /// The save in the middle of which it is made.
    within: Option<u32>,
    state: JobState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum JobState {
    /// Queued, or under way.
    Calling(OpId),
    Sleeping {
        until: Instant,
    },
    /// It is over when the final save is that it has started.
    Around,
    /// Its thread has died: it is never over (hazard H-F6).
    Stuck,
}

/// What an answered save finds (section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ownership {
    /// The record is ours.
    pub(super) owner: bool,
    /// Another server wants it.
    pub(super) wanted: bool,
}

impl<D: Document> Profile<D> {
    /// Something will soon be said about it.
    pub(super) fn warm(&self) {
        warm::value(&self.data);
        warm::value(&self.last_saved);
        warm::value(&self.metadata);
        warm::value(&self.inbox);
        warm::value(&self.kind);
        warm::value(&self.jobs);
    }

    /// The profile of a record that was loaded or read.
    pub(super) fn new(record: Record<D>, template: &D, kind: ProfileKind) -> Profile<D> {
        let data = record.data.unwrap_or_else(|| template.clone());
        let meta = record.meta;
        Profile {
            last_saved: Some(data.clone()),
            data: Some(data),
            metadata: record.metadata.unwrap_or_else(Value::empty),
            user_ids: record.user_ids.unwrap_or_default(),
            loads: meta.and_then(|meta| meta.loads).unwrap_or(0),
            first_session: meta.and_then(|meta| meta.created).unwrap_or(Stamp::EPOCH),
            inbox: Inbox::new(record.updates.as_ref()),
            kind,
            jobs: Vec::new(),
            started: 0,
        }
    }

    /// Whether it is a view.
    pub(super) fn is_view(&self) -> bool {
        matches!(self.kind, ProfileKind::View { .. })
    }

    /// The topic that it listens to.
    pub fn guid(&self) -> Option<SessionGuid> {
        match self.kind {
            ProfileKind::Session { guid, .. } => Some(guid),
            ProfileKind::View { .. } => None,
        }
    }

    /// Whether a message is heeded: it is meant for this load, and the last one was long enough ago
    /// (section 3.5).
    pub(super) fn heeds(&mut self, now: Instant, end_request: EndRequest) -> bool {
        let ProfileKind::Session { heard_at, .. } = &mut self.kind else { return false };
        if end_request.loads != self.loads || now.since(*heard_at) <= super::rules::MESSAGE_GAP {
            return false;
        }
        *heard_at = now;
        true
    }

    /// Changes the data, if it is a table.
    pub(super) fn edit(&mut self, edit: &D::Edit) {
        if let Some(data) = &mut self.data {
            data.apply(edit);
        }
    }

    /// A handler that does not yield does all that it does.
    pub(super) fn run(&mut self, handler: Handler, message: &Message<D>) {
        if handler == Handler::Apply {
            self.edit(&message.payload);
        }
        if handler.acks_at_once() {
            self.inbox.ack(message.index);
        }
    }

    /// The transform of a save, should it run now.
    pub(super) fn update(&self, me: Server, kind: SaveKind) -> Save<D> {
        Save {
            me,
            loads: self.loads,
            kind,
            data: self.data.clone(),
            metadata: self.metadata.clone(),
            user_ids: self.user_ids.clone(),
            acked: self.inbox.acked().to_vec(),
        }
    }

    /// What a record says of this session.
    pub(super) fn ownership(&self, me: Server, record: &Record<D>) -> Ownership {
        let Some(meta) = &record.meta else { return Ownership { owner: false, wanted: false } };
        Ownership {
            owner: owns(meta, me, self.loads),
            wanted: meta.force.is_some_and(|server| server != me),
        }
    }

    /// A save begins, with this call; perhaps in the middle of the save whose call was `within`.
    pub(super) fn begin(
        &mut self,
        op: OpId,
        (kind, reason): (SaveKind, Reason),
        within: Option<OpId>,
    ) {
        let outer = within.and_then(|outer| self.job_mut(outer)).map(|outer| {
            outer.state = JobState::Around;
            outer.nth
        });
        self.started = self.started.wrapping_add(1);
        let state = JobState::Calling(op);
        let (nth, within) = (self.started, outer);
        self.jobs.push(SaveJob { kind, reason, failures: 0, nth, within, state });
    }

    /// The save whose call this is.
    pub(super) fn job(&self, op: OpId) -> Option<SaveJob> {
        self.jobs.iter().find(|job| job.state == JobState::Calling(op)).copied()
    }

    /// A save's call is over, and the save with it, and those in the middle of which it was made.
    /// Returns how many they are.
    pub(super) fn finish(&mut self, op: OpId) -> u32 {
        let mut over = self.job(op).map(|job| job.nth);
        let mut count = 0;
        while let Some(at) = self.jobs.iter().position(|job| Some(job.nth) == over) {
            over = self.jobs.remove(at).within;
            count += 1;
        }
        count
    }

    /// A save's call is over, and its thread has died.
    pub(super) fn stick(&mut self, op: OpId) {
        if let Some(job) = self.job_mut(op) {
            job.state = JobState::Stuck;
        }
    }

    /// A final save's call has failed: it will be tried again.
    pub(super) fn sleep(&mut self, rules: &Rules, now: Instant, op: OpId) {
        if let Some(job) = self.job_mut(op) {
            let until = rules.wait(now, job.backoff().ceiling(job.failures));
            job.failures = job.failures.saturating_add(1);
            job.state = JobState::Sleeping { until };
        }
    }

    fn job_mut(&mut self, op: OpId) -> Option<&mut SaveJob> {
        self.jobs.iter_mut().find(|job| job.state == JobState::Calling(op))
    }

    /// A final save whose sleep is over calls again, with this call. Returns it, if there is one.
    pub(super) fn retry(&mut self, now: Instant, op: OpId) -> Option<SaveJob> {
        let due =
            |job: &&mut SaveJob| matches!(job.state, JobState::Sleeping { until } if until <= now);
        let job = self.jobs.iter_mut().find(due)?;
        job.state = JobState::Calling(op);
        Some(*job)
    }

    /// Whether a save is due again.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// Saves under way, retries and dead ones included.
    pub(super) fn jobs(&self) -> usize {
        self.jobs.len()
    }

    /// When this wants a tick.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let until = self.jobs.iter().filter_map(|job| match job.state {
            JobState::Sleeping { until } => Some(until),
            JobState::Calling(_) | JobState::Around | JobState::Stuck => None,
        });
        until.min()
    }
}

impl SaveJob {
    fn backoff(&self) -> Backoff {
        if self.reason == Reason::Shutdown { SHUTDOWN_BACKOFF } else { BACKOFF }
    }
}
