//! A version query: a list in pages, and one call for each version that is wanted (section 7).
//!
//! ```text
//!   Unlisted --> Paging --[page]--> Page --[its end, and not the last]--> Paging
//!                   '-----[failed]--> Dead: every further call returns nil
//! ```
//!
//! Laws: one page call at a time; calls of `NextAsync` meanwhile wait, and whoever made the page
//! call is served first; there is no page call after the last page.

use super::api::{Method, Range, VersionId};
use crate::ids::{OpId, Seat};
use std::collections::VecDeque;

/// The machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Query {
    range: Range,
    state: ListState,
    page: VecDeque<VersionId>,
    last: bool,
    /// Where the views of waiting calls will be.
    waiting: VecDeque<Seat>,
    /// The user has no more use for it.
    pub forgotten: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListState {
    Unlisted,
    Paging(OpId),
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
    /// It waits for the page that is under way.
    Waits,
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
            waiting: VecDeque::new(),
            forgotten: false,
        }
    }

    /// `NextAsync`, for a view in this seat.
    pub(super) fn next(&mut self, view: Seat) -> Next {
        match self.state {
            ListState::Dead => Next::Nothing,
            ListState::Paging(_) => {
                self.waiting.push_back(view);
                Next::Waits
            }
            ListState::Unlisted => Next::Page(Method::ListVersions(self.range)),
            ListState::Page => match self.page.pop_front() {
                Some(version) => Next::Version(version),
                None if self.last => Next::Nothing,
                None => Next::Page(Method::NextPage),
            },
        }
    }

    /// The page call is made, for a view in this seat.
    pub(super) fn page(&mut self, op: OpId, view: Seat) {
        self.state = ListState::Paging(op);
        self.waiting.push_front(view);
    }

    /// Whether this is the page call under way.
    pub(super) fn awaits(&self, op: OpId) -> bool {
        self.state == ListState::Paging(op)
    }

    /// Whether a page call is under way.
    pub(super) fn is_paging(&self) -> bool {
        matches!(self.state, ListState::Paging(_))
    }

    /// The page has come, or never will. Returns who waited for it.
    pub(super) fn paged(&mut self, page: Option<(Vec<VersionId>, bool)>) -> VecDeque<Seat> {
        match page {
            Some((versions, last)) => {
                (self.page, self.last) = (versions.into(), last);
                self.state = ListState::Page;
            }
            None => self.state = ListState::Dead,
        }
        std::mem::take(&mut self.waiting)
    }
}
