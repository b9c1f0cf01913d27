//! Where worlds are run, one after another: the memory that one has needed, the next begins with.
//!
//! Think of a fairground. Each show sets its tents up where the last one has taken its own down,
//! and finds the poles in place; what was played there before is nobody's business. A sweep of ten
//! thousand small worlds spends its time on their events then, and not on asking for memory.
//!
//! ```text
//!   Bare --[run]--> World --[its end]--> Memory --[run of the same library]--> World --> ...
//!    ^                |                    '------[run of another one]---> World, a part of it anew
//!    '---[stopped, panic]
//! ```
//!
//! Laws: a used ground gives to the last digit what a bare one gives, whatever ran on it before;
//! what a run leaves on it is taken before the next begins, so a run that does not end leaves
//! nothing.

use crate::library::Library;
use crate::scenario::Scenario;
use crate::world::{Common, Memory, Own};
use std::any::Any;

/// Where worlds are run, one after another. It keeps the most memory that any of them needed, until
/// it is dropped.
#[derive(Default)]
pub struct Ground {
    /// The last scenario that was looked at and holds what it must: a sweep's worlds have the same.
    sound: Option<Scenario>,
    common: Common,
    /// The [`Own`] of the last library.
    own: Option<Box<dyn Any + Send>>,
}

impl Ground {
    /// A bare one.
    pub fn new() -> Ground {
        Ground::default()
    }

    /// What [`Scenario::check`] says; the same scenario is not looked at twice in a row.
    pub(crate) fn check(&mut self, scenario: &Scenario) -> Vec<String> {
        if self.sound.as_ref() == Some(scenario) {
            return Vec::new();
        }
        let errors = scenario.check();
        if errors.is_empty() {
            self.sound = Some(scenario.clone());
        }
        errors
    }

    /// Takes what earlier worlds have left.
    pub(crate) fn take<L: Library>(&mut self) -> Memory<L> {
        let own = self.own.take().and_then(|own| own.downcast::<Own<L>>().ok());
        Memory {
            common: std::mem::take(&mut self.common),
            own: own.map(|own| *own).unwrap_or_default(),
        }
    }

    /// A world leaves its memory.
    pub(crate) fn put<L: Library>(&mut self, memory: Memory<L>) {
        self.common = memory.common;
        self.own = Some(Box::new(memory.own));
    }
}
