//! Which visits go by something else than what is stored: the cause of whatever breaks by it.
//!
//! No property of its own. A call that has read something wrong, or that goes to another scope,
//! says so right before what comes of it: a write that commits, or the answer of a call. From then
//! on its visit goes by what is not there, and what it breaks is broken by that. An attempt to get
//! a lease that was only turned away is none the worse for it.

use super::Findings;
use crate::cause::Cause;
use crate::library::CallKind;
use crate::step::{BadRead, CallEnd, Fact, Step};

#[derive(Default)]
pub(super) struct Rows {
    visits: crate::rows::Rows<Option<BadRead>>,
    /// Nobody was bad_read so far, as in most worlds: nothing has to be looked up.
    anybody: bool,
    /// What the next step comes of.
    pending: Option<BadRead>,
}

impl Rows {
    /// What the visit of a step goes by, if not by what is there.
    pub(super) fn of(&mut self, step: &Step, out: &mut Findings) -> Option<&'static Cause> {
        if let Fact::BadRead { how } = step.fact {
            self.anybody = true;
            self.pending = Some(how);
            return None;
        }
        if let Fact::WrongScope { .. } = step.fact {
            self.anybody = true;
            self.pending = Some(BadRead::WrongScope);
        }
        if !self.anybody {
            return None;
        }
        let visit = self.visits.of(step.visit?);
        let pending = self.pending.take();
        match step.fact {
            Fact::Asked => *visit = None,
            Fact::Answered { end: CallEnd::Refused, kind: CallKind::Acquire, .. } => {}
            Fact::Answered { end: CallEnd::Refused, .. } if pending.is_some() => {
                *visit = pending;
                out.reached("a wrong read ended a session");
            }
            Fact::Committed { .. } if pending == Some(BadRead::Nil) => {
                *visit = pending;
                out.reached("a false nil overwrote a record");
            }
            _ => *visit = pending.or(*visit),
        }
        visit.map(BadRead::cause)
    }
}
