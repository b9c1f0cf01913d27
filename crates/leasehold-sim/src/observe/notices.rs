//! A library tells its game what happens to a session in the order that its trait documents.
//!
//! The world knows what each seat has been told, and says when a word comes out of turn; such a
//! word has no other effect, but for an `Ended`, which frees its seat all the same. Here it becomes
//! a finding, so that whoever writes a library reads what was wrong with it instead of wondering
//! about everything that follows.

use super::memory::Memory;
use super::{Checker, Findings, Invariant, Known};
use crate::cause::{Cause, Class};
use crate::model::Models;
use crate::step::{Fact, FactKind, Facts, Slip, Step};

pub(super) static INVARIANT: Invariant = Invariant::safety(
    "notices_in_order",
    "a library tells what happens to a session in the documented order",
);

/// No state of its own: a slip is seen where it happens.
pub(crate) struct Notices;

impl Notices {
    pub(super) fn new(_known: &Known) -> Option<Notices> {
        Some(Notices)
    }
}

macro_rules! slips {
    ($($slip:ident = $name:literal, $words:literal;)*) => {
        impl Slip {
            /// The same, as the cause of what comes of it.
            pub fn cause(self) -> &'static Cause {
                match self {
                    $(Slip::$slip => {
                        static CAUSE: Cause = Cause::new($name, Class::Other, $words);
                        &CAUSE
                    })*
                }
            }
        }
    };
}

slips! {
    NobodyThere = "nobody there", "it told something about a seat in which nobody sits: nothing comes after Ended, or before Join";
    AnsweredTwice = "answered twice", "it answered a start for the second time: Granted or Rejected comes once";
    EndedUnanswered = "ended unanswered", "it ended a start that it had not answered: Granted or Rejected comes first";
    Early = "early", "it told something about a session whose start it had not answered: Granted or Rejected comes first";
    AfterTheEnd = "after the end", "it told something else than Ended about a session that was over";
    ReturnedTooMany = "returned too many", "more calls of Save() returned than were made";
    UnknownMark = "unknown mark", "it remarked something that is none of its MARKS";
}

impl Checker for Notices {
    fn invariant(&self) -> &'static Invariant {
        &INVARIANT
    }

    #[inline]
    fn wants(&self) -> Facts {
        const { Facts::of(&[FactKind::Misspoke]) }
    }

    fn on_step(&mut self, step: &Step, _rows: &mut Memory, _seen: &Models, out: &mut Findings) {
        if let Fact::Misspoke { slip } = step.fact {
            let cause = slip.cause();
            out.violated(&INVARIANT, step, cause, || cause.words);
        }
    }
}
