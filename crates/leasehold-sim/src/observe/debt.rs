//! What ends a session that may still owe something.
//!
//! Items and receipts are lost, or there twice, because one write has committed and another has
//! not. Whoever finds that out says both: who wrote last, as which commit; and whose session was
//! over without writing, and what had ended it.
//!
//! ```text
//!   has it --[saved]--> has it --[pause, end]--> ended, and how --[over, not stored]--> owed
//! ```

use super::{Findings, Location, WrittenBy};
use crate::cause::{self, Cause};
use crate::step::{Fact, Step};

/// What ends a visit, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(super) struct End {
    ended: Option<&'static Cause>,
    /// Its server was paused since it last saved.
    paused: bool,
}

impl End {
    pub(super) fn on(&mut self, fact: &Fact, out: &Findings) {
        match *fact {
            Fact::OwnerPaused => self.paused = true,
            Fact::Saved => self.paused = false,
            Fact::Ended { how, .. } => {
                // A session that a wrong read has ended owes what it owes because of that.
                let bad_read = out.bad_read().filter(|_| !how.class.is_sudden());
                self.ended.get_or_insert(bad_read.unwrap_or(how));
            }
            _ => {}
        }
    }

    pub(super) fn how(self) -> &'static Cause {
        if self.paused { &cause::PAUSED } else { self.ended.unwrap_or(&cause::UNKNOWN) }
    }
}

/// A step that put something into a stored record, or took it out.
pub(super) fn written_by(step: &Step, put: bool) -> WrittenBy {
    let call = match &step.fact {
        Fact::Committed { kind, after, .. } => Some((*kind, after.and_then(|after| after.commit))),
        _ => None,
    };
    WrittenBy { place: Location::from(step), put, call }
}
