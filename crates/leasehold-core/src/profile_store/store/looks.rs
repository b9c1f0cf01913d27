//! What can be seen of a store from outside, without changing it.

use super::{Closing, Machine, Store};
use crate::document::Document;
use crate::ids::Seat;
use crate::profile_store::api::DataStoreState;
use crate::profile_store::profile::Profile;
use crate::profile_store::versions::Query;

impl<D: Document> Store<D> {
    /// `Profile:IsActive()`: the session in a seat is its key's active one on this server. It says
    /// nothing of who has the lock by now.
    pub fn is_active(&self, seat: Seat) -> bool {
        let slot = self.slots.get(seat.0 as usize);
        slot.is_some_and(|slot| self.active.get(&slot.token) == Some(&seat))
    }

    /// The profile in a seat, a session's or a view.
    pub fn profile(&self, seat: Seat) -> Option<&Profile<D>> {
        match self.machine(seat) {
            Some(Machine::Profile(profile)) => Some(profile),
            _ => None,
        }
    }

    pub(super) fn profile_mut(&mut self, seat: Seat) -> Option<&mut Profile<D>> {
        match self.slots.get_mut(seat.0 as usize).map(|slot| &mut slot.machine) {
            Some(Machine::Profile(profile)) => Some(profile),
            _ => None,
        }
    }

    pub(super) fn query(&self, seat: Seat) -> Option<&Query> {
        match self.machine(seat) {
            Some(Machine::Query(query)) => Some(query),
            _ => None,
        }
    }

    pub(super) fn query_mut(&mut self, seat: Seat) -> Option<&mut Query> {
        match self.slots.get_mut(seat.0 as usize).map(|slot| &mut slot.machine) {
            Some(Machine::Query(query)) => Some(query),
            _ => None,
        }
    }

    pub(super) fn machine(&self, seat: Seat) -> Option<&Machine<D>> {
        self.slots.get(seat.0 as usize).map(|slot| &slot.machine)
    }

    /// `Profile.Data` of the profile in a seat.
    pub fn data(&self, seat: Seat) -> Option<&D> {
        self.profile(seat).and_then(|profile| profile.data.as_ref())
    }

    /// Whether the auto-save goes round with the profile in a seat, active or not (hazard
    /// [H-E2](super::super::protocol#H-E2)).
    pub fn is_listed(&self, seat: Seat) -> bool {
        self.autosave.contains(seat)
    }

    /// `DataStoreState`.
    pub fn state(&self) -> DataStoreState {
        self.state
    }

    /// `IsClosing`.
    pub(super) fn is_closing(&self) -> bool {
        self.closing != Closing::No
    }

    /// Starts under way, dead ones included.
    pub fn load_jobs(&self) -> u32 {
        self.load_jobs
    }

    /// Saves under way, dead ones included.
    pub fn save_jobs(&self) -> u32 {
        self.save_jobs
    }
}
