//! Old versions of keys, as the datastore keeps them for 30 days.
//!
//! The first write of a UTC hour leaves what it replaces where it is, as a version; later writes of
//! that hour overwrite one another. A removal is a version too, a tombstone: it overwrites nothing,
//! and is overwritten by nothing, so that what was there a moment ago can still be read (that it is
//! so within one hour is an assumption). The latest version never goes; a replaced one goes 30 days
//! after it was replaced.
//!
//! ```text
//!   10:10 v1   10:50 v2   11:05 v3   11:20 removed   11:30 v5
//!   gone       kept       kept       kept            the latest
//! ```
//!
//! Source: creator-docs, `cloud-services/data-stores/versioning-listing-and-caching.md`.

use super::Cell;
use crate::ids::CellId;
use crate::library::{KeyInfo, Version, VersionInfo};
use std::collections::BTreeMap;

const HOUR_MS: i64 = 3_600_000;

/// How long a version lives once it was replaced.
const LIVES_MS: i64 = 30 * 24 * HOUR_MS;

/// The replaced versions of all keys.
#[derive(Debug)]
pub(super) struct History<S> {
    /// By cell, the oldest first.
    cells: BTreeMap<CellId, Vec<Replaced<S>>>,
}

#[derive(Clone, Debug)]
struct Replaced<S> {
    /// Nothing is a tombstone.
    value: Option<S>,
    info: KeyInfo,
    at_ms: i64,
}

impl<S: Clone> History<S> {
    pub(super) fn new() -> History<S> {
        History { cells: BTreeMap::new() }
    }

    fn of(&self, cell: CellId) -> &[Replaced<S>] {
        self.cells.get(&cell).map_or(&[], Vec::as_slice)
    }

    /// A key is about to be written, or removed: keeps what is there if it is to be kept.
    pub(super) fn replaced(&mut self, key: CellId, cell: &Cell<S>, now_ms: i64, removed: bool) {
        let versions = self.cells.entry(key).or_default();
        versions.retain(|version| version.lives(now_ms));
        let tombstone = removed || cell.value.is_none();
        let same_hour = cell.info.updated_ms / HOUR_MS == now_ms / HOUR_MS;
        if cell.info.version != Version(0) && (tombstone || !same_hour) {
            let (value, info) = (cell.value.clone(), cell.info.clone());
            versions.push(Replaced { value, info, at_ms: now_ms });
        }
    }

    /// The replaced versions that still live, the latest first.
    pub(super) fn list(&self, cell: CellId, now_ms: i64) -> impl Iterator<Item = VersionInfo> {
        let living = self.of(cell).iter().rev();
        let living = living.filter(move |version| version.lives(now_ms));
        living.map(|version| row(&version.info, version.value.is_none()))
    }

    /// A replaced version, if it still lives and is no tombstone.
    pub(super) fn find(
        &self,
        cell: CellId,
        version: Version,
        now_ms: i64,
    ) -> Option<(&Option<S>, &KeyInfo)> {
        let mut living = self.of(cell).iter().filter(|old| old.lives(now_ms));
        living.find(|old| old.info.version == version).map(|old| (&old.value, &old.info))
    }
}

impl<S> Replaced<S> {
    fn lives(&self, now_ms: i64) -> bool {
        now_ms - self.at_ms < LIVES_MS
    }
}

/// How a version is listed.
pub(super) fn row(info: &KeyInfo, removed: bool) -> VersionInfo {
    VersionInfo { version: info.version, created_ms: info.updated_ms, removed }
}
