//! Where a story ends: the rows that the violation is made of.
//!
//! An observer says where and when, about which thing, by which write, and whose session owed it.
//! Each of these is a row, and the story goes backwards from them.

use crate::cause::Class;
use crate::library::CallKind;
use crate::model::Owners;
use crate::observe::{About, OwedBy, Subject, Violation};
use crate::step::Fact;
use crate::trace::{Trace, TraceRow};
use std::collections::BTreeMap;

/// The rows that the violation is made of: where it is, and whoever else is owner.
pub(super) fn anchors(broken: &Violation, trace: &Trace, rows: &[&TraceRow]) -> Vec<u32> {
    let place = broken.place;
    let found = trace.found.and_then(|found| found.checked_sub(trace.first));
    let here = |row: &&TraceRow| (row.place.server, row.place.key) == (place.server, place.key);
    let mut anchors = match broken.invariant.about {
        About::Overlap => owners_at_once(broken, rows),
        About::Release => kept(broken, rows),
        About::Data | About::Other => Vec::new(),
    };
    if anchors.is_empty() {
        let at = |row: &&TraceRow| here(row) && row.place.at <= place.at;
        let last = match found {
            Some(_) => rows.iter().rposition(at),
            // It was found when the run was over: what was owed never came.
            None => rows.iter().rposition(here).or_else(|| rows.iter().rposition(at)),
        };
        anchors.extend(last.map(|nth| nth as u32).into_iter().chain(found));
    }
    anchors.extend(halves(broken, rows));
    anchors.extend(broken.detail.owed.and_then(|owed| replaced(owed, rows)));
    if anchors.is_empty() {
        anchors.extend(rows.len().checked_sub(1).map(|last| last as u32));
    }
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

/// Of two owners at once: since when the one that came later is owner, and all who did then.
fn owners_at_once(broken: &Violation, rows: &[&TraceRow]) -> Vec<u32> {
    let Some(key) = broken.place.key else { return Vec::new() };
    let mut owners = Owners::new(key.0 + 1);
    let mut since = BTreeMap::new();
    for (nth, row) in rows.iter().enumerate() {
        let Some(step) = row.step() else { continue };
        if step.key != Some(key) || step.at > broken.place.at {
            continue;
        }
        if let Fact::Owns { .. } = step.fact {
            if (step.server, step.at) == (broken.place.server, broken.place.at) {
                let others = owners.live(key).filter_map(|owner| since.get(&Some(owner.visit)));
                return others.copied().chain([nth as u32]).collect();
            }
            since.insert(step.visit, nth as u32);
        }
        owners.on_step(&step);
    }
    Vec::new()
}

/// Of a session that was kept: the moment since which it is, and the last start that it turned
/// away.
fn kept(broken: &Violation, rows: &[&TraceRow]) -> Vec<u32> {
    let at = |row: &&TraceRow| row.place == broken.place;
    let leaked = |row: &&TraceRow| at(row) && matches!(row.fact, Some(Fact::Leaked));
    let leaked = rows.iter().position(leaked).or_else(|| rows.iter().position(at));
    let Some(leaked) = leaked else { return Vec::new() };
    let turned_away = |row: &&TraceRow| {
        row.place.key == broken.place.key
            && match row.fact {
                Some(Fact::Rejected { reason }) => reason.class == Class::Busy,
                Some(Fact::Conflict { resolution }) => resolution.class == Class::OwnerAlive,
                _ => false,
            }
    };
    let last = rows[leaked..].iter().rposition(turned_away).map(|nth| leaked + nth);
    [Some(leaked), last].into_iter().flatten().map(|row| row as u32).collect()
}

/// Of an item that was duplicated or lost: its last trade, and the write that the observer names.
fn halves(broken: &Violation, rows: &[&TraceRow]) -> Vec<u32> {
    let Some(subject) = broken.detail.subject else { return Vec::new() };
    let traded = |row: &&TraceRow| match (row.fact, subject) {
        (Some(Fact::Traded { item: one, .. }), Subject::Item(item)) => one == item,
        _ => false,
    };
    let wrote = |row: &&TraceRow| {
        matches!(row.fact, Some(Fact::Committed { .. } | Fact::Removed { .. } | Fact::Damaged))
    };
    let written = broken.detail.written;
    let named = |row: &&TraceRow| wrote(row) && written.is_some_and(|by| row.place == by.place);
    let halves = [rows.iter().rposition(traded), rows.iter().rposition(named)];
    halves.into_iter().flatten().map(|row| row as u32).collect()
}

/// Of a thing whose half is missing: the acquire that took the key from the session that owed it.
fn replaced(owed: OwedBy, rows: &[&TraceRow]) -> Option<u32> {
    let of_key = |row: &TraceRow| row.place.key == owed.place.key;
    let theirs = |row: &TraceRow| of_key(row) && row.place.server == owed.place.server;
    let end = rows.iter().rposition(|row| theirs(row) && matches!(row.fact, Some(Fact::Over)));
    let rows = &rows[..end.unwrap_or(rows.len())];
    let took = |row: &TraceRow| match row.fact {
        Some(Fact::Committed {
            kind: CallKind::Acquire,
            before: Some(before),
            after: Some(after),
            ..
        }) => before.owner != after.owner,
        _ => false,
    };
    let taken = rows.iter().rposition(|row| of_key(row) && took(row))?;
    (!theirs(rows[taken])).then_some(taken as u32)
}
