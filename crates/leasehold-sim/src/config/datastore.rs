//! The datastore of a world: how long calls take, and how they fail.

use super::incidents::{Condition, Incident};
use super::latency::LatencySpec;
use crate::limits::{Budgeted, Era};
use crate::units::Chance;
use serde::{Deserialize, Serialize};

/// The datastore.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatastoreWorld {
    /// What it is like: `latency`, `fail_before` and `fail_after`, where these are absent.
    pub condition: Condition,
    /// How long a call takes: a quarter of it to the read, the transform, the write and the answer
    /// each. The condition's if absent.
    pub latency: Option<LatencySpec>,
    /// How likely a call fails without having been applied. The condition's if absent.
    pub fail_before: Option<Chance>,
    /// How likely a call that was applied is answered with an error. The condition's if absent.
    pub fail_after: Option<Chance>,
    /// How likely a call is applied, but never answered.
    pub never_answers: Chance,
    /// How likely a call is lost on its way: it is neither applied nor answered.
    pub never_arrives: Chance,
    /// How likely a call is rejected as too much, and never applied: a throttle storm.
    pub throttle: Chance,
    /// How likely a call first reads the version before the present one.
    pub stale_read: Chance,
    /// How likely a call reads nothing for a key that exists, as in the winter of 2018
    /// (<https://devforum.roblox.com/t/private-games-data-stores-incident-report/239553>).
    pub false_nil: Chance,
    /// Whether the compare step trusts the same wrong read, so that what is there is overwritten.
    /// Nobody knows. No.
    pub false_nil_trusted: bool,
    /// How likely a write is damaged where it is stored.
    pub corrupt: Chance,
    /// What a key's name is before its number.
    pub key_prefix: String,
    /// Whether old versions are kept for 30 days. They cost memory: a value for each key and hour.
    pub versions: bool,
    /// Whether the first run of an update's transform may see what its server remembers.
    pub first_transform_reads_cache: bool,
    /// What the caller sees of a transform that throws.
    pub thrown: Thrown,
    /// How likely a call goes to another scope, which is empty, and succeeds, as in October 2020
    /// (<https://devforum.roblox.com/t/datastores-incident-report/829962>).
    pub wrong_scope: Chance,
    /// Whether servers find a datastore at all when they start (rule
    /// [M2](leasehold_core::chronicle::protocol#M2)).
    pub available: bool,
    /// How much may be asked of it: Roblox's limits of a year, or none.
    pub limits: Era,
    /// A server's own figures for reading, writing and removing, as its creator may set them.
    pub budget: Budgeted,
    /// Windows in which it is not as usual. Where they overlap, the one that begins last decides
    /// each field that it names, and of those that begin at once the last of the list; but an
    /// outage is an outage, whatever else is the case.
    pub incidents: Vec<Incident>,
}

impl Default for DatastoreWorld {
    fn default() -> DatastoreWorld {
        DatastoreWorld {
            condition: Condition::Healthy,
            latency: None,
            fail_before: None,
            fail_after: None,
            never_answers: Chance::NEVER,
            never_arrives: Chance::NEVER,
            throttle: Chance::NEVER,
            stale_read: Chance::NEVER,
            false_nil: Chance::NEVER,
            false_nil_trusted: false,
            corrupt: Chance::NEVER,
            key_prefix: "Player_".to_owned(),
            versions: false,
            first_transform_reads_cache: false,
            thrown: Thrown::Nil,
            wrong_scope: Chance::NEVER,
            available: true,
            limits: Era::default(),
            budget: Budgeted::default(),
            incidents: Vec::new(),
        }
    }
}

impl DatastoreWorld {
    /// How long a call takes, unless there is an incident.
    pub fn latency(&self) -> LatencySpec {
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

/// What the caller of `UpdateAsync` sees if its transform throws. Nothing is written either way.
///
/// Libraries disagree: DocumentService and SessionLocker have seen nil, with the error in another
/// thread; Nevermore's mock raises it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thrown {
    /// nil, as if the transform had cancelled.
    Nil,
    /// The error.
    Error,
}
