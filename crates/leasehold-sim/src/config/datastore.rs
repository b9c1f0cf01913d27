//! The datastore of a world: how long calls take, and how they fail.

use super::distribution::{CALL_PRESETS, Distribution};
use super::incidents::{Condition, Incident};
use crate::limits::{Budgeted, Era};
use crate::schema::{choices, declare};
use crate::units::Chance;

declare! {
    /// The datastore.
    #[derive(Debug)]
    pub struct DatastoreWorld {
        /// What it is like: latency, fail_before and fail_after, where these are absent.
        condition: Condition = Condition::Healthy;
        // A quarter of it to the read, the transform, the write and the answer each.
        /// How long a call takes. The condition's if absent.
        latency: Option<Distribution> = None, presets(CALL_PRESETS), example("\"200ms\"");
        /// Whether each answer takes as long as a write's: a failure's, and a cancelled update's
        /// too. If not, they come as soon as they are known.
        whole_latency: bool = false;
        /// How likely a call fails unapplied. The condition's if absent.
        fail_before: Option<Chance> = None, example("\"10%\"");
        /// How likely a call is applied, but answered with an error. The condition's if absent.
        fail_after: Option<Chance> = None, example("\"10%\"");
        /// How likely a call is applied, but never answered.
        never_answers: Chance = Chance::NEVER;
        /// How likely a call is lost on its way: neither applied nor answered.
        never_arrives: Chance = Chance::NEVER;
        /// How likely a call is rejected as too much, unapplied.
        throttle: Chance = Chance::NEVER;
        /// How likely a call first reads the version before the present one.
        stale_read: Chance = Chance::NEVER;
        // As in the winter of 2018:
        // <https://devforum.roblox.com/t/private-games-data-stores-incident-report/239553>.
        /// How likely a call reads nothing for a key that exists.
        false_nil: Chance = Chance::NEVER;
        /// Whether the compare step trusts the same wrong read, so that what is there is
        /// overwritten. Nobody knows.
        false_nil_trusted: bool = false;
        /// How likely a write is damaged where it is stored.
        corrupt: Chance = Chance::NEVER;
        // As in October 2020: <https://devforum.roblox.com/t/datastores-incident-report/829962>.
        /// How likely a call goes to another scope, which is empty, and succeeds.
        wrong_scope: Chance = Chance::NEVER;
        /// What a key's name is before its number. Names of more than 50 characters are refused.
        key_prefix: String = "Player_".to_owned(), within(0, 200);
        /// Whether old versions are kept for 30 days, one for each hour of UTC in which a key was
        /// written. That costs memory.
        versions: bool = false;
        /// Whether the first run of an update's transform may see what its server has read or
        /// written in the last 4 s. Nobody has published whether it does.
        first_transform_reads_cache: bool = false;
        /// What the caller of an update sees if its transform throws. Nothing is written either
        /// way.
        thrown: Thrown = Thrown::Nil;
        /// How much may be asked of it: Roblox's limits of that year, or none.
        limits: Era = Era::Roblox2026;
        // Rule [M2](leasehold_core::chronicle::protocol#M2).
        /// Whether servers find a datastore at all when they start.
        available: bool = true;
        // Of those that begin at once, the last of the list decides.
        /// Windows in which it is not as usual. The one that begins last decides each field that
        /// it names; an outage is an outage, whatever else is the case.
        incidents: Vec<Incident> = Vec::new();
        /// A server's requests a minute, for reading, writing and removing each, as its creator may
        /// set them.
        budget: Budgeted = Budgeted::default();
    }
}

impl DatastoreWorld {
    /// How long a call takes, unless there is an incident.
    pub fn latency(&self) -> Distribution {
        let usual = || self.condition.latency().or_else(|| Condition::Healthy.latency());
        self.latency.clone().or_else(usual).expect("a healthy datastore has a latency")
    }

    /// How likely a call fails without having been applied, unless there is an incident.
    pub fn fail_before(&self) -> Chance {
        self.fail_before.unwrap_or(self.condition.fail_before())
    }

    /// Whether a call may read an older version, at any time.
    pub(crate) fn reads_stale(&self) -> bool {
        let incidents = self.incidents.iter().filter_map(|incident| incident.stale_read);
        incidents.chain([self.stale_read]).any(|rate| rate > Chance::NEVER)
    }

    /// How likely a call that was applied is answered with an error, unless there is an incident.
    pub fn fail_after(&self) -> Chance {
        self.fail_after.unwrap_or(self.condition.fail_after())
    }
}

choices! {
    /// What the caller of `UpdateAsync` sees if its transform throws. Nothing is written either
    /// way.
    ///
    /// Libraries disagree: DocumentService and SessionLocker have seen nil, with the error in
    /// another thread; Nevermore's mock raises it again.
    pub enum Thrown {
        /// nil, as if the transform had cancelled.
        Nil,
        /// The error.
        Error,
    }
}
