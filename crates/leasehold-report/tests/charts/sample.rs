//! Made-up runs, for tests and for the gallery: plausible counts from a small fixed generator.

#[path = "rows.rs"]
mod rows;

use leasehold_data::{
    Ages, Breakers, Dataset, FORMAT, Invariant, Manifest, Resolution, Series, Summary, track,
};
use leasehold_data::{How, Interval, Story, StoryEvent, StoryLink, StorySpan};
use std::collections::BTreeMap;

/// A run without any track: what a dataset of another tool may look like.
pub(crate) fn bare(duration_us: u64, heal_us: Option<u64>) -> Dataset {
    let manifest = Manifest {
        updates_per_player_hour: Some(1_200),
        format: FORMAT,
        tool: "0.1.0".to_owned(),
        scenario: "message_loss".to_owned(),
        title: "A tenth of all messages is lost".to_owned(),
        protocol: "chronicle".to_owned(),
        seed: 42,
        forks: Vec::new(),
        digest: "8f3a61c0d25be974".to_owned(),
        servers: 12,
        players: 1_200,
        duration_us,
        heal_us,
        events: 184_220,
        command: "leasehold run message_loss --seed 42".to_owned(),
        verdict: "violated".to_owned(),
    };
    Dataset {
        manifest,
        summary: Summary::default(),
        series: Series::default(),
        join_times: Vec::new(),
        ages: Ages::default(),
        breakers: Some(Breakers::default()),
        resolutions: Vec::new(),
        incidents: Vec::new(),
        budgets: None,
        ownership: None,
        exposure: None,
        invariants: Vec::new(),
        harm: Vec::new(),
        marks: BTreeMap::new(),
    }
}

/// A run with all tracks, `rows` long; `count(track, row)` fills them.
pub(crate) fn filled(
    duration_us: u64,
    heal_us: Option<u64>,
    rows: usize,
    count: impl Fn(&str, usize) -> u64,
) -> Dataset {
    let mut dataset = bare(duration_us, heal_us);
    let bin_us = duration_us.div_ceil(rows as u64);
    let fill = |name: &str| (name.to_owned(), (0..rows).map(|row| count(name, row)).collect());
    let tracks = TRACKS.iter().map(|name| fill(name)).collect();
    dataset.series = Series { bin_us, tracks };
    let bins = rows.min(240);
    let age = |bin: usize| count("ages", bin * rows / bins);
    dataset.ages = rows::ages(duration_us.div_ceil(bins as u64), bins, age);
    let oldest = dataset.ages.bins.iter().map(|bin| bin.oldest_us).max();
    dataset.summary.progress.dirty_age_max_us = oldest.filter(|us| *us > 0);
    dataset.resolutions = RESOLUTIONS.map(|(name, class)| resolution(&dataset, name, class)).into();
    dataset
}

/// A run like those that the simulator makes: faults until two thirds of it, then peace. `busy`
/// scales its traffic.
pub(crate) fn typical(duration_us: u64, rows: usize, busy: u64) -> Dataset {
    let faulty = rows * 2 / 3;
    let heal_us = duration_us.div_ceil(rows as u64) * faulty as u64;
    let mut dataset = filled(duration_us, Some(heal_us), rows, |name, row| {
        let noise = noise(name, row);
        let storm = row < faulty && (row * 12 / rows) % 3 == 1;
        let wave = 100 + ((row * 60 / rows) % 40) as u64;
        match name {
            track::RENEW => busy * wave * 2 / 100 + noise % (busy + 1),
            track::SAVE => busy * wave / 130 + noise % (busy + 1),
            track::ACQUIRE | track::RELEASE => busy * wave / 400 + noise % (busy / 2 + 1),
            track::RETRY if storm => busy * 4 / 5 + noise % busy,
            track::FAILED if storm => busy + noise % busy,
            track::FAILED if row < faulty => noise % (busy / 4 + 1),
            track::SHORT_CIRCUITED if storm => noise % (busy / 2 + 1),
            ALIVE => noise % 5 * busy / 8 * u64::from(noise.is_multiple_of(3)),
            EXPIRED => noise % 5 * busy / 9 * u64::from(noise.is_multiple_of(4)),
            SILENT if storm => noise % 7 * busy / 12,
            track::DOUBLE_OWNERSHIP if storm => noise % 3 / 2,
            track::MESSAGES_SENT => noise % 9 * busy / 4,
            track::CHALLENGES => noise % 5 * busy / 4,
            track::CHALLENGES_ANSWERED => noise % 3 * busy / 4,
            track::MESSAGES_DELIVERED => noise % 8 * busy / 4,
            track::MESSAGES_LOST | track::MESSAGES_NO_SUBSCRIBER if storm => noise % 3 * busy / 4,
            track::MESSAGES_DUPLICATED if storm => noise % 2,
            "ages" => 3 + noise % (busy + 5) + u64::from(storm) * 30,
            _ => 0,
        }
    });
    dataset.join_times = rows::join_times(busy);
    dataset.summary.starts.asked = 500 * busy;
    dataset.summary.starts.failed =
        [("lease_held".to_owned(), 90 * busy), ("circuit_open".to_owned(), 7)].into();
    dataset.budgets = Some(rows::budgets(duration_us, 60));
    dataset.summary.waits.queued = 40 * busy;
    let causes = ["crash", "release_abandoned", "messaging_timeout_steal"];
    let harm = |name: &str| Invariant {
        name: name.to_owned(),
        causes: causes.iter().zip(1..).map(|(cause, n)| ((*cause).to_owned(), n * busy)).collect(),
        ..Invariant::default()
    };
    dataset.harm = vec![harm("lost"), harm("rolled_back")];
    dataset.breakers = Some(rows::breakers(duration_us, 64.min(busy as u32)));
    dataset.ownership = Some(rows::ownership(duration_us, busy as u32 + 1));
    dataset.exposure =
        Some(rows::exposure(duration_us, rows.min(240), |bin| noise("items", bin) / busy));
    dataset.summary.trades = Some(rows::trades(dataset.exposure.as_ref().expect("just made")));
    dataset
}

/// The tracks of three resolutions.
pub(crate) const EXPIRED: &str = "conflict.expired_lease_steal";
pub(crate) const ALIVE: &str = "conflict.active_owner_confirmed";
pub(crate) const SILENT: &str = "conflict.messaging_timeout_steal";

const RESOLUTIONS: [(&str, &str); 3] =
    [(ALIVE, "owner_alive"), (EXPIRED, "expiry"), (SILENT, "silence")];

/// A resolution as the tracks have it.
fn resolution(dataset: &Dataset, track: &str, class: &str) -> Resolution {
    let sum = |track: &str| {
        let counts = dataset.series.tracks[track].iter();
        counts.fold(0u64, |sum, n| sum.saturating_add(*n))
    };
    let conflicts = sum(track);
    let live = if class == "silence" { sum(track::DOUBLE_OWNERSHIP) } else { 0 };
    Resolution {
        name: track.trim_start_matches("conflict.").to_owned(),
        class: class.to_owned(),
        words: "so it was".to_owned(),
        conflicts,
        from_live_owners: live.min(conflicts),
    }
}

const TRACKS: [&str; 20] = [
    EXPIRED,
    ALIVE,
    SILENT,
    track::DOUBLE_OWNERSHIP,
    track::ACQUIRE,
    track::SAVE,
    track::RENEW,
    track::RELEASE,
    track::OTHER,
    track::RETRY,
    track::FAILED,
    track::SHORT_CIRCUITED,
    track::MESSAGES_SENT,
    track::CHALLENGES,
    track::CHALLENGES_ANSWERED,
    track::MESSAGES_DELIVERED,
    track::MESSAGES_LOST,
    track::MESSAGES_DUPLICATED,
    track::MESSAGES_STOPPED,
    track::MESSAGES_NO_SUBSCRIBER,
];

/// FNV-1a over the track's name and the row, stirred: scattered, and the same everywhere.
fn noise(name: &str, row: usize) -> u64 {
    let bytes = name.bytes().chain((row as u64).to_le_bytes());
    let stir = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    let hash = bytes.fold(0xCBF2_9CE4_8422_2325, stir);
    (hash ^ (hash >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
}

/// A story of so many servers, each of which takes the lease of the one before it, as an answer is
/// lost; two of them at a time are owner.
#[allow(dead_code)]
pub(crate) fn story(servers: u64) -> Story {
    const SECOND: u64 = 1_000_000;
    let lane = |nth: u64| format!("s{nth}");
    let event = |at: u64, lane: &str, words: String| StoryEvent {
        at_us: at * SECOND / 10,
        lane: lane.to_owned(),
        words,
        towards: None,
        fault: None,
        lost: None,
        needed: None,
        begins: false,
    };
    let (mut events, mut owned) = (Vec::new(), Vec::new());
    for nth in 0..servers {
        let (at, this) = (nth * 400, lane(nth));
        if nth > 0 {
            let owner = lane(nth - 1);
            let mut lost = event(at, &owner, format!("lost: {owner}'s answer to {this}"));
            (lost.towards, lost.fault) = (Some(this.clone()), Some(format!("k7 answer {nth}")));
            lost.lost = Some(format!("{owner}'s answer to {this}"));
            events.push(lost);
            events.push(event(at + 20, &this, format!("{this} has heard nothing for 2.000 s")));
        }
        let takes = format!("the datastore takes {this}'s acquire of k7: generation {nth}");
        events.push(event(at + 21, "datastore", takes));
        events.push(event(at + 22, &this, format!("{this} considers itself owner of k7")));
        let during = Interval { from_us: (at + 22) * SECOND / 10, to_us: (at + 442) * SECOND / 10 };
        owned.push(StorySpan { lane: this, during });
    }
    let (at_us, last) = (events.last().map_or(0, |event| event.at_us), events.len());
    let violation = StoryEvent {
        at_us,
        lane: lane(servers - 1),
        words: "two consider themselves owner of k7".to_owned(),
        towards: None,
        fault: None,
        lost: None,
        needed: None,
        begins: false,
    };
    events.push(violation);
    let how = |to: usize| match events[to - 1].fault {
        Some(_) => How::Missed,
        None => How::WentOn,
    };
    let links = (1..=last).map(|to| StoryLink {
        from: to - 1,
        to,
        how: how(to),
        untold: 0,
        travels: how(to) == How::WentOn,
    });
    Story {
        invariant: "no_double_ownership".to_owned(),
        overlap: true,
        cause: "messaging_timeout_steal".to_owned(),
        why: "both were owner".to_owned(),
        at_us,
        key: "k7".to_owned(),
        links: links.collect(),
        events,
        owned,
        paused: Vec::new(),
        down: Vec::new(),
        untold: 9,
        untried: 0,
        kept_from_us: None,
    }
}
