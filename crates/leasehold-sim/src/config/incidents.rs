//! The conditions that a datastore can be in, and the incidents of a world: windows of time in
//! which it is in another one.

use super::distribution::{CALL_PRESETS, Distribution};
use super::servers::SERVER;
use crate::schema::{Shape, choices, declare};
use crate::units::{Chance, Span};
use leasehold_data::OUTAGE;

choices! {
    /// What a datastore is like: how long its calls take, and how many of them fail.
    pub enum Condition {
        /// Fast, and without an error.
        Healthy,
        /// As slow as in 2020, and without an error.
        Slow2020 = "slow_2020",
        // An assumption: no figures are published.
        /// Slow; one call in five is answered with an error, and half of those have been applied.
        Degraded,
        /// Every call fails, as fast or as slowly as it was answered before.
        Outage,
    }
}

impl Condition {
    /// How long its calls take, if it says anything about that.
    pub fn latency(self) -> Option<Distribution> {
        (self != Condition::Outage).then(|| Distribution::Preset(self.name().to_owned()))
    }

    /// How likely a call fails without having been applied.
    pub fn fail_before(self) -> Chance {
        match self {
            Condition::Healthy | Condition::Slow2020 => Chance::NEVER,
            Condition::Degraded => Chance::percent(10),
            Condition::Outage => Chance::ALWAYS,
        }
    }

    /// How likely a call that was applied is answered with an error.
    pub fn fail_after(self) -> Chance {
        match self {
            Condition::Healthy | Condition::Slow2020 | Condition::Outage => Chance::NEVER,
            // One in nine of the nine in ten that did not fail before is one in ten of all.
            Condition::Degraded => Chance::one_in(9),
        }
    }
}

declare! {
    /// A window of time in which the datastore is not as usual. A field that it does not name stays
    /// as it is.
    #[derive(Debug, Default)]
    pub struct Incident {
        /// When it begins.
        at: Span, required("\"2m\"");
        /// How long it lasts.
        lasts: Span, required("\"30s\"");
        /// What the datastore is like meanwhile.
        condition: Option<Condition>, example("\"outage\"");
        /// How long a call takes.
        latency: Option<Distribution>, presets(CALL_PRESETS), example("\"200ms\"");
        /// How likely a call fails unapplied. If always, it is an outage: calls under way fail too.
        fail_before: Option<Chance>, example("\"10%\"");
        /// How likely a call is applied, but answered with an error.
        fail_after: Option<Chance>, example("\"10%\"");
        /// How likely a call is applied, but never answered.
        never_answers: Option<Chance>, example("\"1%\"");
        /// How likely a call is lost on its way: neither applied nor answered.
        never_arrives: Option<Chance>, example("\"1%\"");
        /// How likely a call is rejected as too much, unapplied.
        throttle: Option<Chance>, example("\"50%\"");
        /// How likely a call first reads the version before the present one.
        stale_read: Option<Chance>, example("\"5%\"");
        /// How likely a call reads nothing for a key that exists.
        false_nil: Option<Chance>, example("\"1%\"");
        /// How likely a write is damaged where it is stored.
        corrupt: Option<Chance>, example("\"0.1%\"");
        /// How likely a call goes to another scope, which is empty, and succeeds. If always,
        /// servers are in the wrong scope as a whole.
        wrong_scope: Option<Chance>, example("\"100%\"");
        /// Of which servers the calls are meant, from 0. All if absent.
        servers: Option<Vec<u32>>, shape(Shape::List(&SERVER, 1, 100_000)), example("[0, 1]");
    }
}

impl Incident {
    /// Whether it names anything that is not as usual.
    pub(crate) fn names_anything(&self) -> bool {
        self.condition.is_some() || self.named().next().is_some()
    }

    /// What it is, in a word: an outage, another condition, or the fields that it names.
    pub(crate) fn what(&self) -> String {
        match self.condition {
            _ if self.is_outage() => OUTAGE.to_owned(),
            Some(condition) => condition.name().to_owned(),
            None => self.named().collect::<Vec<_>>().join(", "),
        }
    }

    /// The fields that it names, but for its condition.
    fn named(&self) -> impl Iterator<Item = &'static str> {
        let rates = [
            ("fail_before", self.fail_before),
            ("fail_after", self.fail_after),
            ("never_answers", self.never_answers),
            ("never_arrives", self.never_arrives),
            ("throttle", self.throttle),
            ("stale_read", self.stale_read),
            ("false_nil", self.false_nil),
            ("corrupt", self.corrupt),
            ("wrong_scope", self.wrong_scope),
        ];
        let rates = rates.into_iter().filter(|(_, rate)| rate.is_some());
        let latency = self.latency.is_some().then_some("latency");
        latency.into_iter().chain(rates.map(|(name, _)| name))
    }

    /// How long a call takes, if it says so.
    pub(crate) fn latency(&self) -> Option<Distribution> {
        self.latency.clone().or_else(|| self.condition?.latency())
    }

    /// How likely a call fails unapplied, if it says so.
    pub(crate) fn fail_before(&self) -> Option<Chance> {
        self.fail_before.or(self.condition.map(Condition::fail_before))
    }

    /// How likely a call is applied and answered with an error, if it says so.
    pub(crate) fn fail_after(&self) -> Option<Chance> {
        self.fail_after.or(self.condition.map(Condition::fail_after))
    }

    /// Whether every call goes to another scope.
    pub(crate) fn is_in_wrong_scope(&self) -> bool {
        self.wrong_scope == Some(Chance::ALWAYS)
    }

    /// Whether every call fails, those under way too.
    pub(crate) fn is_outage(&self) -> bool {
        self.fail_before() == Some(Chance::ALWAYS)
    }
}
