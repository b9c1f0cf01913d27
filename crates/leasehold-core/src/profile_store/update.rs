//! What a call does to a record, as data: the transforms that `UpdateAsync` runs (sections 2.1,
//! 3.2, 4.2).
//!
//! A session's data is taken when the transform *runs*, not when the call is made. So a call is
//! asked for its [`Update`] as it stands now (`Store::update`), each time that the datastore wants
//! to run it; the update itself is a plain value, and [`Update::apply`] a pure function of it, of
//! what is stored and of the caller's wall clock.
//!
//! ```text
//!   stored --> absent ------------------------.
//!          |-> messages only ---(kept)--------+--> Missing hook --.
//!          |-> malformed ---------------------'                   +--> Edit hook --> Write
//!          '-> well-formed --> Existing hook ---------------------'         '------> Throw
//! ```
//!
//! No transform ever cancels its call: one that changes nothing writes what it found, which costs
//! as much. A transform that throws writes nothing, and its call fails like any other.
//!
//! Laws (V1, V2, V4, V5 of section 10): data changes by a caller that passes the fence, by
//! `SetAsync`, or where nothing well-formed was; the load count grows by one per acquisition; the
//! last update moves with acquisitions and owned saves only; the message index never falls while
//! the record is well-formed.

use super::record::{Active, Message, Meta, Record, Server, SessionGuid, Stored, Updates};
use crate::document::Document;
use crate::time::{Stamp, micros};
use crate::value::Value;
use std::sync::Arc;
use std::time::Duration;

/// One run of a transform, as data.
#[derive(Clone, Debug, PartialEq)]
pub enum Update<D: Document> {
    /// Of a session start (section [3.2](super::protocol#3.2)).
    Load(Load<D>),
    /// Of a save, a final save, or `SetAsync` (section [4.2](super::protocol#4.2)).
    Save(Save<D>),
    /// Of `MessageAsync` (section [2.1](super::protocol#2.1)).
    Message {
        /// What is sent.
        payload: D::Edit,
        /// How many messages a record keeps.
        kept: u32,
    },
}

/// Arguments of a session start's call.
#[derive(Clone, Debug, PartialEq)]
pub struct Load<D> {
    /// What a new record holds.
    pub template: Arc<D>,
    /// Who asks.
    pub me: Server,
    /// The GUID of this attempt.
    pub guid: SessionGuid,
    /// No conflict has been found yet: ask the owner to go.
    pub first: bool,
    /// The owner had its time: take the lock if it is still we who asked.
    pub steal: bool,
    /// Take the lock whoever has it (the `Steal` parameter).
    pub steal_at_once: bool,
    /// The server is closing, or the start is cancelled: leave everything as it is.
    pub stop: bool,
    /// How old the last update of a dead owner is at least.
    pub assume_dead: Duration,
}

/// Arguments of a call of a session, or of a view.
#[derive(Clone, Debug, PartialEq)]
pub struct Save<D> {
    /// Who writes.
    pub me: Server,
    /// The load count that the session got.
    pub loads: u64,
    /// What for.
    pub kind: SaveKind,
    /// `Profile.Data` as it is now; absent if it is not a table.
    pub data: Option<D>,
    /// `Profile.RobloxMetaData` as it is now.
    pub metadata: Value,
    /// `Profile.UserIds` as they are now.
    pub user_ids: Vec<i64>,
    /// The messages that were acked and are still stored.
    pub acked: Vec<u64>,
}

/// Purpose of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SaveKind {
    /// The session goes on.
    Save,
    /// The session has ended.
    Final,
    /// `SetAsync`: whoever owns the record.
    Overwrite,
}

/// Result of a transform that writes. The datastore replaces the user ids and the metadata of the
/// key by what comes with the record, and clears what does not come.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<D: Document> {
    /// The value.
    pub record: Record<D>,
    /// The user ids.
    pub user_ids: Option<Vec<i64>>,
    /// The metadata.
    pub metadata: Option<Value>,
    /// How a session start came by the lock, if it did. The library does not know it.
    pub taken: Option<Taken>,
}

/// Way in which a session start came by the lock (section [3.2](super::protocol#3.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Taken {
    /// There was no record, or a malformed one.
    New,
    /// Nobody had it.
    Free,
    /// This server had it already, and its old topic stays (hazard [H-M5](super::protocol#H-M5)).
    Own,
    /// Its owner had not written for so long that it counted as dead.
    AssumedDead,
    /// Its owner had its time to go (`SESSION_STEAL`).
    Stolen,
    /// The caller wanted it whoever had it (`Steal`).
    Forced,
}

/// A transform raised an error: nothing is stored, and the call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thrown;

/// What the prelude finds (section 2.1).
struct Found<D: Document> {
    record: Record<D>,
    existing: bool,
    overwritten: bool,
}

impl<D: Document> Update<D> {
    /// Runs the transform on what is stored, by the calling server's wall clock. Pure.
    ///
    /// # Errors
    /// [`Thrown`] if the library's own code fails on what it finds.
    pub fn apply(&self, stored: Option<&Stored<D>>, wall: Stamp) -> Result<Written<D>, Thrown> {
        let mut found = Found::of(stored);
        let taken = self.run(&mut found, wall)?;
        Ok(found.written(taken))
    }

    /// Runs the transform on the stored table itself, as memory does: of a transform that raises,
    /// what it has changed by then stays changed.
    ///
    /// # Errors
    /// [`Thrown`] if the library's own code fails on what it finds.
    pub(super) fn apply_in_place(
        &self,
        stored: &mut Option<Stored<D>>,
        wall: Stamp,
    ) -> Result<Written<D>, Thrown> {
        let mut found = Found::of(stored.as_ref());
        let thrown = match self.run(&mut found, wall) {
            Ok(taken) => {
                let written = found.written(taken);
                *stored = Some(Stored::Record(written.record.clone()));
                return Ok(written);
            }
            Err(thrown) => thrown,
        };
        // A well-formed table is what the transform works on. Of any other it has the messages at
        // most; the rest was made anew.
        match stored {
            Some(Stored::Record(record)) if found.existing => *record = found.record,
            Some(Stored::Record(record)) if !found.overwritten => {
                record.updates = found.record.updates;
            }
            _ => {}
        }
        Err(thrown)
    }

    fn run(&self, found: &mut Found<D>, wall: Stamp) -> Result<Option<Taken>, Thrown> {
        let wall = wall.floor_to_second();
        match self {
            Update::Load(load) => return load.apply(found, wall),
            Update::Save(save) => save.apply(&mut found.record, wall)?,
            Update::Message { payload, kept } => append(&mut found.record, payload, *kept)?,
        }
        Ok(None)
    }
}

/// The record that `GetAsync` makes of a stored value. A view of the template stands in for data
/// that is missing or malformed; nothing is written (sections 2.1 and 7).
pub(super) fn view<D: Document>(stored: &Stored<D>, template: &D, wall: Stamp) -> Record<D> {
    let Found { mut record, existing, .. } = Found::of(Some(stored));
    if !existing {
        record.data = Some(template.clone());
        record.meta = Some(fresh_meta(wall.floor_to_second()));
    }
    record
}

fn fresh_meta(wall: Stamp) -> Meta {
    Meta { created: Some(wall), loads: Some(0), active: Active::Nobody, force: None, updated: None }
}

impl<D: Document> Found<D> {
    fn of(stored: Option<&Stored<D>>) -> Found<D> {
        let missing = |updates, overwritten| Found {
            record: Record { updates: Some(updates), ..Record::empty() },
            existing: false,
            overwritten,
        };
        let Some(stored) = stored else { return missing(Updates::none(), false) };
        let Stored::Record(record) = stored else { return missing(Updates::none(), true) };
        match (&record.data, &record.meta, &record.updates) {
            (Some(_), Some(_), Some(_)) => {
                let record = Record { overwritten: Some(false), ..record.clone() };
                Found { record, existing: true, overwritten: false }
            }
            (None, None, Some(updates)) => missing(updates.clone(), false),
            _ => missing(Updates::none(), true),
        }
    }

    fn written(self, taken: Option<Taken>) -> Written<D> {
        let mut record = self.record;
        if self.overwritten {
            record.overwritten = Some(true);
        }
        let (user_ids, metadata) = (record.user_ids.clone(), record.metadata.clone());
        Written { record, user_ids, metadata, taken }
    }
}

impl<D: Document> Load<D> {
    fn apply(&self, found: &mut Found<D>, wall: Stamp) -> Result<Option<Taken>, Thrown> {
        if !found.existing {
            found.record.data = Some(D::clone(&self.template));
            let active = if self.stop { Active::Nobody } else { self.active() };
            found.record.meta = Some(Meta { active, ..fresh_meta(wall) });
        }
        if self.stop {
            return Ok(None);
        }
        let meta = found.record.meta.as_mut().ok_or(Thrown)?;
        let taken = if found.existing { self.ask(meta, wall)? } else { Some(Taken::New) };
        if meta.active.is(self.me) {
            meta.loads = Some(meta.loads.ok_or(Thrown)?.saturating_add(1));
            meta.updated = Some(wall);
        }
        Ok(taken)
    }

    fn active(&self) -> Active {
        Active::Session { server: self.me, topic: Some(self.guid) }
    }

    /// The existing hook.
    fn ask(&self, meta: &mut Meta, wall: Stamp) -> Result<Option<Taken>, Thrown> {
        let taken = match meta.active {
            Active::Scalar => return Err(Thrown),
            Active::Text => None,
            Active::Nobody => Some(Taken::Free),
            Active::Session { server, .. } if server == self.me => {
                // The session stays as it is, its old GUID included (hazard H-M5).
                meta.force = None;
                return Ok(Some(Taken::Own));
            }
            Active::Session { .. } => {
                if self.finds_dead(meta, wall) {
                    Some(Taken::AssumedDead)
                } else if self.steal_at_once {
                    Some(Taken::Forced)
                } else if self.steal {
                    (meta.force == Some(self.me)).then_some(Taken::Stolen)
                } else {
                    if self.first {
                        meta.force = Some(self.me);
                    }
                    None
                }
            }
        };
        if taken.is_some() {
            meta.active = self.active();
            meta.force = None;
        }
        Ok(taken)
    }

    fn finds_dead(&self, meta: &Meta, wall: Stamp) -> bool {
        let age = |at: Stamp| i128::from(wall.as_micros()) - i128::from(at.as_micros());
        meta.updated.is_some_and(|at| age(at) > i128::from(micros(self.assume_dead)))
    }
}

impl<D: Document> Save<D> {
    fn apply(&self, record: &mut Record<D>, wall: Stamp) -> Result<(), Thrown> {
        // Without a Missing hook there is no `MetaData` to index (hazards H-F1, H-F2, H-F4). Who
        // overwrites looks at it last of all.
        if self.kind != SaveKind::Overwrite {
            let meta = record.meta.as_ref().ok_or(Thrown)?;
            if !owns(meta, self.me, self.loads) {
                return Ok(());
            }
        }
        if !self.acked.is_empty() {
            // The length of a list that is not there cannot be taken (hazard H-F6).
            let updates = record.updates.as_mut().ok_or(Thrown)?;
            let list = updates.list.as_mut().ok_or(Thrown)?;
            list.retain(|message| !self.acked.contains(&message.index));
        }
        record.data.clone_from(&self.data);
        record.metadata = Some(self.metadata.clone());
        record.user_ids = Some(self.user_ids.clone());
        let meta = record.meta.as_mut().ok_or(Thrown)?;
        match self.kind {
            SaveKind::Save => meta.updated = Some(wall),
            SaveKind::Final => {
                meta.updated = Some(wall);
                meta.active = Active::Nobody;
            }
            SaveKind::Overwrite => {
                meta.active = Active::Nobody;
                meta.force = None;
            }
        }
        Ok(())
    }
}

/// The fence: whether the session with this load count owns the record. The GUID is not compared
/// (section 3.4).
pub(super) fn owns(meta: &Meta, me: Server, loads: u64) -> bool {
    meta.active.is(me) && meta.loads == Some(loads)
}

fn append<D: Document>(record: &mut Record<D>, payload: &D::Edit, kept: u32) -> Result<(), Thrown> {
    let updates = record.updates.as_mut().ok_or(Thrown)?;
    updates.last = updates.last.saturating_add(1);
    // Inserting into a list that is not there raises.
    let list = updates.list.as_mut().ok_or(Thrown)?;
    list.push(Message { index: updates.last, payload: payload.clone() });
    list.drain(..list.len().saturating_sub(kept as usize));
    Ok(())
}

#[cfg(test)]
mod tests;
