//! What the datastore gets wrong about a request: it is throttled, sent to another scope, or shown
//! something else than what is stored.
//!
//! ```text
//!                    +-- throttled: rejected, never applied
//!   request arrives -+-- has wrong scope: reads and writes another scope, which is empty, and succeeds
//!                    +-- reads stale: the version before
//!                    '-- reads nil: nothing, for a key that exists
//! ```
//!
//! A stale or a false read is caught by the compare step, as the version is another one: the
//! transform runs again, on what is there. It is caught no more if the transform has cancelled its
//! call by then; and a false nil is not caught at all if the compare step trusts the same wrong
//! read.

use super::World;
use crate::conditions::Condition;
use crate::draws::CallWord;
use crate::fault::Site;
use crate::ids::RequestId;
use crate::library::{Error, KeyInfo, Library, Request};
use crate::step::{BadRead, Fact};

impl<L: Library> World<'_, L> {
    /// A request arrives: whether it is rejected as too much, and if not, in which scope it is.
    pub(super) fn throttled(&mut self, name: RequestId) -> Option<Error> {
        let Condition { throttle, wrong_scope, in_wrong_scope, .. } = *self.condition(name);
        if self.fault(name, Site::Throttled, throttle, CallWord::Throttled) {
            // Whoever is rejected so meets no error of the backend: that word is free.
            let draw = self.datastore.requests.of(name).draw;
            return Some(Error::of_a_storm(draw.word(CallWord::Error)));
        }
        if in_wrong_scope || self.fault(name, Site::WrongScope, wrong_scope, CallWord::WrongScope) {
            let request = self.datastore.requests.of_mut(name);
            request.wrong_scope = true;
            request.bad_read = Some(BadRead::WrongScope);
        }
        None
    }

    /// A request has read: perhaps it has not read what is there.
    pub(super) fn read_badly(&mut self, name: RequestId) {
        let Condition { stale_read, false_nil, .. } = *self.condition(name);
        let request = self.datastore.requests.of(name);
        let reads = matches!(request.asks, Request::Update | Request::Get { .. });
        if !reads || request.wrong_scope {
            return;
        }
        let (exists, stale) = (request.value.is_some(), self.datastore.has_previous(request.cell));
        if stale && self.fault(name, Site::ReadsStale, stale_read, CallWord::ReadsStale) {
            self.datastore.read_previous(name);
            self.datastore.requests.of_mut(name).bad_read = Some(BadRead::Stale);
        } else if exists && self.fault(name, Site::ReadsNil, false_nil, CallWord::ReadsNil) {
            let trusted = self.config.datastore.false_nil_trusted;
            let request = self.datastore.requests.of_mut(name);
            let nothing = KeyInfo::default();
            let version = if trusted { request.info.version } else { nothing.version };
            request.value = None;
            request.info = KeyInfo { version, ..nothing };
            request.bad_read = Some(BadRead::Nil);
        }
    }

    /// What follows is what comes of a wrong read, if there was one.
    pub(super) fn tell_bad_read(&mut self, name: RequestId) {
        let request = self.datastore.requests.of(name);
        let (server, visit, key) = (request.server, request.visit, request.key);
        if let Some(how) = request.bad_read {
            self.step(Some(server), visit, key, Fact::BadRead { how });
        }
    }

    fn condition(&self, name: RequestId) -> &Condition {
        self.conditions.of(self.datastore.requests.of(name).server)
    }
}
