//! When sessions owned a key, and when servers stood still: the bars beside a story.

use crate::ids::ServerId;
use crate::model::Owners;
use crate::step::Fact;
use crate::trace::TraceRow;
use leasehold_core::Key;
use leasehold_data::{Interval, StorySpan};
use std::collections::{BTreeMap, BTreeSet};

/// When sessions owned, and when servers were paused or were down.
#[derive(Default)]
pub(super) struct Spans {
    pub(super) owned: Vec<StorySpan>,
    pub(super) paused: Vec<StorySpan>,
    pub(super) down: Vec<StorySpan>,
}

impl Spans {
    pub(super) fn new(
        rows: &[&TraceRow],
        key: Option<Key>,
        lanes: &BTreeSet<Option<ServerId>>,
        at_end: Option<u64>,
    ) -> Spans {
        let mut spans = Spans::default();
        let mut owners = Owners::new(key.map_or(0, |key| key.0 + 1));
        let [mut paused, mut down]: [BTreeMap<ServerId, u64>; 2] = Default::default();
        let last_us = rows.last().map_or(0, |row| row.place.at.as_micros());
        let end_us = at_end.unwrap_or(last_us);
        let span = |server: ServerId, from_us, to_us| StorySpan {
            lane: server.to_string(),
            during: Interval { from_us, to_us },
        };
        let there = rows.iter().filter(|row| lanes.contains(&row.place.server));
        for step in there.filter_map(|row| row.step()) {
            let (Some(server), at_us) = (step.server, step.at.as_micros()) else { continue };
            if step.key == key && key.is_some() {
                owners.on_step(&step);
                let ended = owners.ended().filter(|owner| !owner.paused);
                let since = ended.map(|owner| (owner.server, owner.since.as_micros()));
                spans.owned.extend(since.map(|(server, since)| span(server, since, at_us)));
            }
            match step.fact {
                Fact::Paused => {
                    paused.insert(server, at_us);
                }
                Fact::Resumed => {
                    let since = paused.remove(&server);
                    spans.paused.extend(since.map(|since| span(server, since, at_us)));
                }
                Fact::Crashed | Fact::Stopped { .. } => {
                    let since = paused.remove(&server);
                    spans.paused.extend(since.map(|since| span(server, since, at_us)));
                    down.insert(server, at_us);
                }
                Fact::Booted => {
                    let since = down.remove(&server);
                    spans.down.extend(since.map(|since| span(server, since, at_us)));
                }
                _ => {}
            }
        }
        let still = key.into_iter().flat_map(|key| owners.live(key));
        let still = still.map(|owner| span(owner.server, owner.since.as_micros(), end_us));
        spans.owned.extend(still);
        spans.paused.extend(paused.into_iter().map(|(server, us)| span(server, us, end_us)));
        spans.down.extend(down.into_iter().map(|(server, us)| span(server, us, end_us)));
        for list in [&mut spans.owned, &mut spans.paused, &mut spans.down] {
            list.sort_by_key(|span| (span.during.from_us, span.during.to_us));
        }
        spans
    }
}
