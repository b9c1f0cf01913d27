//! Which visits go by something else than what is stored: the cause of whatever breaks by it.
//!
//! No property of its own. A call that has read something wrong, or that goes to another scope,
//! says so right before what comes of it: a write that commits, or the answer of a call. From then
//! on its visit goes by what is not there, and what it breaks is broken by that. An attempt to get
//! a lease that was only turned away is none the worse for it.
//!
//! A record that was changed from outside its session is such a case for everybody who has it then:
//! until the last of them is no owner any more, what breaks about it is broken by that.

use super::Findings;
use crate::cause::{self, Cause};
use crate::ids::VisitId;
use crate::library::CallKind;
use crate::model::Models;
use crate::step::{BadRead, CallEnd, Fact, Step};
use leasehold_core::Key;
use smallvec::SmallVec;
use std::collections::BTreeMap;

#[derive(Default)]
pub(super) struct Rows {
    visits: crate::rows::Rows<Option<BadRead>>,
    /// Nobody was bad_read so far, as in most worlds: nothing has to be looked up.
    anybody: bool,
    /// What the next step comes of.
    pending: Option<BadRead>,
    /// Keys that were changed from outside, and who had them then.
    outside: BTreeMap<Key, (SmallVec<[VisitId; 1]>, &'static Cause)>,
}

/// Whether a step may be one from which on somebody goes by what is not there.
fn is_bad(step: &Step) -> bool {
    match step.fact {
        Fact::BadRead { .. } | Fact::WrongScope { .. } | Fact::Removed { .. } => true,
        Fact::Committed { kind, .. } => kind == CallKind::Overwrite,
        _ => false,
    }
}

impl Rows {
    /// What a step comes of, if its visit goes by something that is not there, or its record was
    /// changed from outside.
    #[inline]
    pub(super) fn of(
        &mut self,
        step: &Step,
        seen: &Models,
        out: &mut Findings,
    ) -> Option<&'static Cause> {
        // As a rule there is nobody of whom anything could be said.
        if !self.anybody && self.outside.is_empty() && !is_bad(step) {
            return None;
        }
        let outside = self.outside(step, seen, out);
        outside.or(self.read(step, out))
    }

    fn outside(
        &mut self,
        step: &Step,
        seen: &Models,
        out: &mut Findings,
    ) -> Option<&'static Cause> {
        let key = step.key?;
        let changed = match step.fact {
            _ if step.visit.is_some() => None,
            Fact::Committed { kind: CallKind::Overwrite, .. } => Some(&cause::OVERWRITTEN_OUTSIDE),
            Fact::Removed { .. } => Some(&cause::REMOVED_OUTSIDE),
            _ => None,
        };
        if let Some(cause) = changed {
            let live = seen.owners.live(key).map(|owner| owner.visit);
            let live: SmallVec<[VisitId; 1]> = live.collect();
            if !live.is_empty() {
                out.reached("a record was changed from outside under a live owner");
            }
            self.outside.insert(key, (live, cause));
        }
        if self.outside.is_empty() {
            return None;
        }
        let (live, cause) = self.outside.get_mut(&key)?;
        let cause = *cause;
        if let Some(over) = seen.owners.ended() {
            live.retain(|visit| *visit != over.visit);
        }
        if live.is_empty() {
            self.outside.remove(&key);
        }
        Some(cause)
    }

    /// What the visit of a step goes by, if not by what is there.
    fn read(&mut self, step: &Step, out: &mut Findings) -> Option<&'static Cause> {
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
