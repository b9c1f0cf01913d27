//! The numbers of a session's saves: what of its data is stored, as far as it knows (rule W5).
//!
//! Think of parcels that are sent without a receipt. Whoever hears nothing sends the same parcel
//! again, under the same number, so that it is unpacked once; and if there is more to send by then,
//! the next parcel gets the next number and says which ones it may follow.
//!
//! ```text
//!   None --[edited]--> Changed --[numbered]--> InDoubt <--[edited, numbered]--.
//!    |                    ^                      | | '------------------------'
//!    '---[numbered]-------+----------------------' |
//!    ^                    '--[stored, and edited since]
//!    '--[stored]-----------------------------------'
//! ```
//!
//! Laws: a number stands for one state of the data; it is new exactly if the data has changed
//! since the last one, or if the last one is known to be stored; nothing is unsaved exactly if all
//! changes were numbered and are known to be stored. Not here: the data, and how a payload travels
//! (`session`).

use crate::ids::Commit;

/// The machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Saves {
    /// The last commit index known to be stored.
    commit: Commit,
    /// The number of the last payload that was made; 0 if there was none.
    last: u32,
    unsaved: Unsaved,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unsaved {
    /// The data is stored as it is.
    None,
    /// The data was changed since, and has no number yet.
    Changed,
    /// Payloads were made since, and each of them may have committed: the last one, and `earlier`
    /// ones before it.
    InDoubt { earlier: u32, last: Last },
}

/// What the last payload, which is in doubt, is to the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// All of it, and it brings no change.
    Unchanged,
    /// All of it, and it brings changes.
    Current,
    /// The data was changed since.
    Outdated,
}

/// What a payload is called, and which stored data it may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Which of its session's payloads it is, from 1.
    pub nth: u32,
    /// The last commit index known to be stored.
    pub after: Commit,
    /// How many earlier payloads may or may not have committed on top of that.
    pub unsettled: u32,
}

impl Saves {
    /// Nothing is unsaved, and this commit index is stored.
    pub(super) fn new(commit: Commit) -> Saves {
        Saves { commit, last: 0, unsaved: Unsaved::None }
    }

    /// The data was changed.
    pub(super) fn edited(&mut self) {
        self.unsaved = match self.unsaved {
            Unsaved::None | Unsaved::Changed => Unsaved::Changed,
            Unsaved::InDoubt { earlier, last: _ } => {
                Unsaved::InDoubt { earlier, last: Last::Outdated }
            }
        };
    }

    /// The number under which the data is sent now: the last one again if it is in doubt and
    /// nothing has changed since, else a new one.
    pub(super) fn number(&mut self) -> Number {
        let (new, earlier, last) = match self.unsaved {
            Unsaved::None => (true, 0, Last::Unchanged),
            Unsaved::Changed => (true, 0, Last::Current),
            Unsaved::InDoubt { earlier, last: Last::Outdated } => {
                (true, earlier + 1, Last::Current)
            }
            Unsaved::InDoubt { earlier, last } => (false, earlier, last),
        };
        self.last += u32::from(new);
        self.unsaved = Unsaved::InDoubt { earlier, last };
        Number { nth: self.last, after: self.commit, unsettled: earlier }
    }

    /// The last payload is stored, under this commit index.
    pub(super) fn stored(&mut self, commit: Commit) {
        self.commit = commit;
        self.unsaved = if self.is_ahead() { Unsaved::Changed } else { Unsaved::None };
    }

    /// The last commit index known to be stored.
    pub(super) fn commit(&self) -> Commit {
        self.commit
    }

    /// Whether there are changes that are not known to be stored.
    pub(super) fn is_dirty(&self) -> bool {
        match self.unsaved {
            Unsaved::None | Unsaved::InDoubt { last: Last::Unchanged, .. } => false,
            Unsaved::Changed | Unsaved::InDoubt { last: Last::Current | Last::Outdated, .. } => {
                true
            }
        }
    }

    /// Whether there are changes that no payload has brought.
    pub(super) fn is_ahead(&self) -> bool {
        match self.unsaved {
            Unsaved::Changed | Unsaved::InDoubt { last: Last::Outdated, .. } => true,
            Unsaved::None | Unsaved::InDoubt { last: Last::Unchanged | Last::Current, .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
