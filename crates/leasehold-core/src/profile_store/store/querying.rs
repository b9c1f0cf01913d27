//! `VersionQuery` and its `NextAsync` (section 7).

use super::{Machine, Store};
use crate::document::Document;
use crate::effects::Effects;
use crate::ids::{Key, OpId, Seat};
use crate::profile_store::api::{DataStoreState, Effect, Method, Range, Response, VersionId};
use crate::profile_store::caller::{Caller, Task};
use crate::profile_store::notice::{Notice, StoreError};
use crate::profile_store::profile::Profile;
use crate::profile_store::versions::{Next, NextCall, Query};
use crate::time::Now;

/// Who does what a call of `NextAsync` comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thread {
    /// The one that has called.
    Own,
    /// One of the query's, since the call had to wait.
    Another,
}

impl<D: Document> Store<D> {
    /// `VersionQuery`.
    pub(super) fn new_query(
        &mut self,
        seat: Seat,
        (key, mock): (Key, bool),
        range: Range,
        out: &mut Effects<Effect<D>>,
    ) {
        if !self.is_vacant(seat, out) {
            return;
        }
        let token = self.token(key, mock);
        let slot = self.slot(seat);
        (slot.token, slot.mock) = (token, mock);
        slot.machine = Machine::Query(Box::new(Query::new(range)));
    }

    /// `NextAsync`.
    pub(super) fn next(&mut self, now: Now, seat: Seat, view: Seat, out: &mut Effects<Effect<D>>) {
        if self.query_mut(seat).is_none() || !self.is_vacant(view, out) {
            return;
        }
        let (key, mock) = (self.slot(seat).token.key, self.slot(seat).mock);
        let slot = self.slot(view);
        (slot.token.key, slot.mock) = (key, mock);
        slot.machine = Machine::Next(Box::new(NextCall::new(seat)));
        if self.ready {
            self.enter(now, view, out);
        } else {
            self.waiting.push_back(view);
        }
    }

    /// A call of `NextAsync` knows the datastore's state. There are versions in the datastore only.
    pub(super) fn next_first(&mut self, now: Now, view: Seat, out: &mut Effects<Effect<D>>) {
        let seat = match self.machine(view) {
            Some(Machine::Next(call)) => call.query,
            _ => return,
        };
        let lists = self.state == DataStoreState::Access && !self.slot(view).mock;
        let able = lists && !self.is_closing();
        match self.query_mut(seat) {
            Some(query) if able && query.is_paging() => {
                let looker = query.thread();
                query.wait(view);
                self.with_next(view, |call| call.looks(looker));
            }
            Some(_) if able => self.run_next(now, seat, view, Thread::Own, out),
            _ => self.no_view(view, out),
        }
        self.drop_query(seat, out);
    }

    /// Does what a call of `NextAsync` comes to, now that no page is under way.
    fn run_next(
        &mut self,
        now: Now,
        seat: Seat,
        view: Seat,
        thread: Thread,
        out: &mut Effects<Effect<D>>,
    ) {
        let Some(query) = self.query_mut(seat) else { return };
        match (query.next(), thread) {
            (Next::Version(version), Thread::Own) => {
                let task = Task::GetVersion(version);
                self.slot(view).machine = Machine::Caller(Caller::new(task));
                self.call_again(now, view, out);
            }
            (Next::Version(_), Thread::Another) if self.is_closing() => {
                self.found(now, view, None);
            }
            (Next::Version(version), Thread::Another) => {
                let op = self.slot(view).ops.take();
                self.enqueue(now, op, Method::GetVersion(version), 0, out);
            }
            (Next::Nothing, Thread::Own) => self.no_view(view, out),
            (Next::Nothing, Thread::Another) => self.found(now, view, None),
            (Next::Page(request), thread) => {
                self.fetch(now, (seat, view), request, thread, out);
            }
        }
    }

    /// Fetches a page for a call, which waits for it in its own place before all others. A closing
    /// server does not wait for what it fetches.
    fn fetch(
        &mut self,
        now: Now,
        (seat, view): (Seat, Seat),
        request: Method,
        thread: Thread,
        out: &mut Effects<Effect<D>>,
    ) {
        let closing = self.is_closing();
        let op = self.slot(seat).ops.take();
        let Some(query) = self.query_mut(seat) else { return };
        query.page(op, Some(view).filter(|_| thread == Thread::Own));
        if closing {
            self.found(now, view, None);
        } else {
            let looker = query.thread();
            query.wait_first(view);
            self.with_next(view, |call| {
                if thread == Thread::Own {
                    call.fetches();
                }
                call.looks(looker);
            });
        }
        self.enqueue(now, op, request, 0, out);
    }

    /// A page has come, or never will.
    pub(super) fn paged(
        &mut self,
        now: Now,
        op: OpId,
        page: Option<(Vec<VersionId>, bool)>,
        out: &mut Effects<Effect<D>>,
    ) {
        let seat = op.seat;
        let Some(query) = self.query_mut(seat).filter(|query| query.awaits(op)) else { return };
        let by = query.paged(page);
        while let Some(view) = self.query_mut(seat).and_then(Query::turn) {
            self.run_next(now, seat, view, Thread::Another, out);
        }
        if let Some(view) = by
            && let Some(query) = self.query_mut(seat)
        {
            let looker = query.thread();
            self.with_next(view, |call| call.fetched(looker));
        }
        self.drop_query(seat, out);
    }

    /// A version was read for a call that looks for it once a frame. If its record cannot be shown,
    /// the thread that has read it is dead, and the call looks for ever.
    pub(super) fn next_answered(
        &mut self,
        now: Now,
        view: Seat,
        result: Result<Response<D>, StoreError>,
    ) {
        match result {
            Ok(Response::Got(Some(stored))) => match self.view(now, &stored) {
                Some(profile) => self.found(now, view, Some(profile)),
                None => self.slot(view).machine = Machine::Dead,
            },
            _ => self.found(now, view, None),
        }
    }

    fn found(&mut self, now: Now, view: Seat, profile: Option<Box<Profile<D>>>) {
        let (rules, first) = (self.rules, self.seen_at(now));
        self.with_next(view, |call| call.found(&rules, first, profile));
        self.rearm(view);
    }

    /// A call of `NextAsync` sees what has become of it.
    pub(super) fn next_returns(&mut self, view: Seat, out: &mut Effects<Effect<D>>) {
        let machine = std::mem::replace(&mut self.slot(view).machine, Machine::Empty);
        let Machine::Next(call) = machine else { return };
        match call.returned() {
            Some(profile) => self.show_view(view, profile, out),
            None => self.no_view(view, out),
        }
    }

    pub(super) fn no_view(&mut self, view: Seat, out: &mut Effects<Effect<D>>) {
        out.push(Effect::Tell { seat: view, notice: Notice::Got(false) });
        self.ended(view, out);
    }

    /// Changes a waiting call, unless its thread was cancelled.
    fn with_next(&mut self, view: Seat, change: impl FnOnce(&mut NextCall<D>)) {
        if let Machine::Next(call) = &mut self.slot(view).machine {
            change(call);
        }
    }

    /// Frees the seat of a query that nobody has any use for.
    pub(super) fn drop_query(&mut self, seat: Seat, out: &mut Effects<Effect<D>>) {
        let asked = |view: &Seat| match self.machine(*view) {
            Some(Machine::Next(call)) => call.query == seat,
            _ => false,
        };
        let asked = self.waiting.iter().any(asked);
        if !asked && self.query_mut(seat).is_some_and(|query| query.forgotten && query.is_idle()) {
            self.ended(seat, out);
        }
    }
}
