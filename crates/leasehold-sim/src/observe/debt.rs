//! What a session owed and has not saved, and which write has brought about what is stored.
//!
//! Items and receipts are lost, or there twice, because one write has landed and another has not.
//! Whoever finds that out says both: who wrote last, as which commit; and whose session was over
//! without writing, and what had ended it.
//!
//! ```text
//!   has it --[saved]--> has it --[freeze, end]--> ended, and how --[over, not stored]--> owed
//! ```

use super::{Fact, Findings, Step};
use crate::schedule::Moment;

/// What ends a visit, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(super) struct End {
    ended: Option<&'static str>,
    /// Its server has stood still since it last saved.
    frozen: bool,
}

impl End {
    pub(super) fn on(&mut self, fact: &Fact, out: &Findings) {
        match *fact {
            Fact::Freezes => self.frozen = true,
            Fact::Saved => self.frozen = false,
            Fact::Ended { how, .. } => {
                // A session that a wrong read has ended owes what it owes because of that.
                let gone = matches!(how, "crash" | "out of memory");
                let misled = out.misled.filter(|_| !gone);
                self.ended.get_or_insert(misled.unwrap_or(how));
            }
            _ => {}
        }
    }

    pub(super) fn how(self) -> &'static str {
        if self.frozen { "freeze" } else { self.ended.unwrap_or("unknown") }
    }
}

/// A write that put something into a stored record, or took it out.
#[derive(Clone, Copy)]
pub(super) struct Landed {
    at: Moment,
    server: u32,
    key: u32,
    put: bool,
    /// By which call, as which commit; not if it was damage.
    call: Option<(&'static str, u64)>,
}

impl Landed {
    pub(super) fn of(step: &Step, put: bool) -> Landed {
        let call = match &step.fact {
            Fact::Landed { kind, after, .. } => Some((kind.name(), after.commit)),
            _ => None,
        };
        Landed { at: step.at, server: step.server, key: step.key, put, call }
    }

    pub(super) fn told(self) -> String {
        let Landed { at, server, key, put, call } = self;
        let what = if put { "put it there" } else { "took it out" };
        match call {
            Some((call, commit)) => {
                format!(": the {call} of s{server} {what}, as commit {commit} of k{key} at {at}")
            }
            None => format!(": damage of k{key} {what} at {at}"),
        }
    }
}

/// What a visit that is over has not saved.
#[derive(Clone, Copy)]
pub(super) struct Owed {
    pub(super) at: Moment,
    pub(super) server: u32,
    pub(super) key: u32,
    /// What it should have put there; else it should have taken it.
    pub(super) put: bool,
    pub(super) how: &'static str,
}

impl Owed {
    pub(super) fn told(self) -> String {
        let Owed { at, server, key, put, how } = self;
        let what = if put { "put it into" } else { "took it out of" };
        format!(
            "; the session of s{server} that {what} k{key} was over at {at} without saving it: {how}"
        )
    }
}
