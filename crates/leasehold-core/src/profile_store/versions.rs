//! A version query: a list in pages, and one call for each version that is wanted (section 7).
//!
//! ```text
//!   Unlisted --> Paging --[page]--> Page --[its end, and not the last]--> Paging
//!                   '-----[failed]--> Dead <---[failed, or empty]-----------'
//! ```
//!
//! A call of `NextAsync` that finds a page reads its version and returns. One that has to fetch the
//! page first, or finds one being fetched, leaves the reading to another thread and looks once a
//! frame whether that is done. So does the call that fetches: it has queued a second call of
//! `NextAsync` in its own place, and waits for that one, which waits in the same way.
//!
//! Laws: one page call at a time; calls of `NextAsync` meanwhile wait, and whoever made the page
//! call is served first; there is no page call after the last page; a result is seen on a
//! heartbeat, and by an outer thread never before an inner one.

use super::api::{Method, Range, VersionId};
use super::profile::Profile;
use super::rules::Rules;
use crate::document::Document;
use crate::ids::{OpId, Seat};
use crate::time::Instant;
use std::collections::VecDeque;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    range: Range,
    state: ListState,
    page: VecDeque<VersionId>,
    last: bool,
    /// The calls that wait for the page, by where their views will be.
    queue: VecDeque<Seat>,
    threads: u64,
    /// The user has no more use for it.
    pub forgotten: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListState {
    Unlisted,
    Paging {
        op: OpId,
        /// The call whose own thread fetches, unless a thread of the query does.
        by: Option<Seat>,
        first: bool,
    },
    Page,
    Dead,
}

/// What a call of `NextAsync` comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This version is to be read.
    Version(VersionId),
    /// A page is to be fetched first.
    Page(Method),
    /// It returns nil.
    Nothing,
}

impl Query {
    /// A query that has made no call.
    pub(super) fn new(range: Range) -> Query {
        Query {
            range,
            state: ListState::Unlisted,
            page: VecDeque::new(),
            last: false,
            queue: VecDeque::new(),
            threads: 0,
            forgotten: false,
        }
    }

    /// The turn of a call that does not have to wait for a page under way.
    pub(super) fn next(&mut self) -> Next {
        match self.state {
            ListState::Dead | ListState::Paging { .. } => Next::Nothing,
            ListState::Unlisted => Next::Page(Method::ListVersions(self.range)),
            ListState::Page => match self.page.pop_front() {
                Some(version) => Next::Version(version),
                None if self.last => Next::Nothing,
                None => Next::Page(Method::NextPage),
            },
        }
    }

    /// A call waits for the page under way.
    pub(super) fn wait(&mut self, view: Seat) {
        self.queue.push_back(view);
    }

    /// A call that needs the page waits for it, before all others.
    pub(super) fn wait_first(&mut self, view: Seat) {
        self.queue.push_front(view);
    }

    /// The page call is made, by the thread of this call or by one of the query's own.
    pub(super) fn page(&mut self, op: OpId, by: Option<Seat>) {
        let first = self.state == ListState::Unlisted;
        self.state = ListState::Paging { op, by, first };
    }

    /// Whether this is the page call under way.
    pub(super) fn awaits(&self, op: OpId) -> bool {
        matches!(self.state, ListState::Paging { op: under_way, .. } if under_way == op)
    }

    /// Whether a page call is under way.
    pub(super) fn is_paging(&self) -> bool {
        matches!(self.state, ListState::Paging { .. })
    }

    /// The page call under way, if it is the thread of this call that makes it.
    pub(super) fn fetched_by(&self, view: Seat) -> Option<OpId> {
        match self.state {
            ListState::Paging { op, by, .. } if by == Some(view) => Some(op),
            _ => None,
        }
    }

    /// The page has come, or never will: a later one without anything in it is as good as none.
    /// Returns the call whose own thread has fetched it.
    pub(super) fn paged(&mut self, page: Option<(Vec<VersionId>, bool)>) -> Option<Seat> {
        let ListState::Paging { by, first, .. } = self.state else { return None };
        self.state = ListState::Dead;
        if let Some((versions, last)) = page
            && (first || !versions.is_empty())
        {
            (self.page, self.last) = (versions.into(), last);
            self.state = ListState::Page;
        }
        by
    }

    /// The next of those who have waited, unless another page has to be fetched before its turn.
    pub(super) fn turn(&mut self) -> Option<Seat> {
        if self.is_paging() { None } else { self.queue.pop_front() }
    }

    /// Whether nobody waits for it.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_paging() && self.queue.is_empty()
    }

    /// Another thread begins to look once a frame: the later ones look after the earlier ones.
    pub(super) fn thread(&mut self) -> Looker {
        self.threads += 1;
        Looker(self.threads)
    }
}

/// A thread that looks once a frame, by its place among those of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Looker(u64);

/// It does not look yet, and so will be the last.
const NOT_YET: Looker = Looker(u64::MAX);

/// A call of `NextAsync` that waits.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NextCall<D: Document> {
    /// Of which query.
    pub query: Seat,
    /// The threads that look for its result, the call's own first. Each waits for the one after it.
    threads: Vec<Looker>,
    found: Option<(Instant, Option<Box<Profile<D>>>)>,
}

impl<D: Document> NextCall<D> {
    /// A call that has not started.
    pub(super) fn new(query: Seat) -> NextCall<D> {
        NextCall { query, threads: Vec::new(), found: None }
    }

    /// The innermost of its threads waits for a further one.
    pub(super) fn looks(&mut self, looker: Looker) {
        self.threads.push(looker);
    }

    /// Its own thread fetches a page, and looks later.
    pub(super) fn fetches(&mut self) {
        self.threads.push(NOT_YET);
    }

    /// Its own thread has fetched its page, and looks from now on.
    pub(super) fn fetched(&mut self, looker: Looker) {
        if let Some(own) = self.threads.first_mut().filter(|own| **own == NOT_YET) {
            *own = looker;
        }
    }

    /// There is a view, or none; the innermost thread sees it at `first`. An outer thread sees it
    /// on the same heartbeat, unless it has looked by then.
    pub(super) fn found(&mut self, rules: &Rules, first: Instant, view: Option<Box<Profile<D>>>) {
        let late = self.threads.windows(2).filter(|pair| pair[0] < pair[1]).count();
        let at = (0..late).fold(first, |at, _| rules.next_heartbeat(at));
        self.found = Some((at, view));
    }

    /// What it returns, which is nil if there is no view.
    pub(super) fn returned(self) -> Option<Box<Profile<D>>> {
        self.found.and_then(|(_, view)| view)
    }

    /// When it returns.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.found.as_ref().map(|(at, _)| *at)
    }
}
