//! Counts what happened, for people: totals, distributions, series over time, and the story of the
//! most contested key.
//!
//! It takes in every step, and most of them are none of its business; so each one costs an addition
//! or two in a table with a dense index. Memory does not grow with the run: whatever could is cut
//! into a fixed number of bins, or keeps its latest entries and says so. One file per thing that
//! has rows of its own.

mod age;
mod breakers;
mod conflicts;
mod exposure;
mod hand_offs;
mod histogram;
mod incidents;
mod joins;
mod ownership;
mod series;
mod starts;
mod stays;

use crate::cause::{Cause, Class};
use crate::config::World;
use crate::ids::{ServerId, VisitId};
use crate::library::{CallKind, Contract, Error, MessageKind};
use crate::model::{Models, Overlap};
use crate::observe::Items;
use crate::schedule::Moment;
use crate::step::{CallEnd, Fact, Step};
use age::DirtyAges;
use breakers::BreakerStats;
use conflicts::Conflicts;
use exposure::Exposures;
use hand_offs::HandOffs;
use incidents::Incidents;
use joins::Joins;
use leasehold_core::Key;
use leasehold_data::{
    Ages, Breakers, Calls, Exposure, Incident, JoinTimes, Messages, Ownership, Play,
};
use leasehold_data::{
    Progress, Quantiles, Resolution, Saves, Series, StartCalls, Starts, Waits, Whole,
};
use ownership::OwnershipStats;
use series::{Grid, Track, Tracks};
use starts::StartTimes;
use stays::Stays;
use std::collections::BTreeMap;

pub(crate) struct Measure {
    grid: Grid,
    /// The bin that is being filled, and when it is over; or when counting begins, if that is
    /// sooner.
    bin: usize,
    bin_end_us: u64,
    /// When counting begins, if it has not.
    begins_us: Option<u64>,
    /// What there was before it began.
    before: Option<Whole>,
    end_us: u64,
    tracks: Tracks,
    asked: u64,
    refused: Tally,
    start_calls: StartCalls,
    status: Tally,
    start_times: StartTimes,
    calls: [Calls; CallKind::COUNT],
    /// By the error's discriminant.
    errors: [u64; Error::NUMBERS],
    conflicts: Conflicts,
    messages: Messages,
    /// Where the last answer was heard: when, on which server, about which key.
    heard: Option<(Moment, Option<ServerId>, Option<Key>)>,
    throttled: Tally,
    waits: Waits,
    message_rejected: Tally,
    message_dropped: Tally,
    not_subscribed: Tally,
    /// Whether the library has circuit breakers.
    has_breakers: bool,
    breaker_openings: u64,
    progress: Progress,
    /// When, and whose, a release was done that had changes with it.
    released: Option<(Moment, Option<VisitId>)>,
    saves: Saves,
    save_errors: Tally,
    stays: Stays,
    hand_offs: HandOffs,
    /// Sessions that the game has forgotten to release and that have not come to an end since.
    leaks: BTreeMap<VisitId, ServerId>,
    ages: DirtyAges,
    breaker_stats: BreakerStats,
    incidents: Incidents,
    ownership_stats: OwnershipStats,
    exposures: Exposures,
    joins: Joins,
}

/// Counts by name. There are a handful of names, so they are searched and nothing is allocated.
#[derive(Default)]
struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    fn count(&mut self, name: &'static str) {
        self.add(name, 1);
    }

    fn add(&mut self, name: &'static str, more: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, n)) => *n += more,
            None => self.0.push((name, more)),
        }
    }

    fn all(&self) -> u64 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    fn rows(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
    }
}

impl Measure {
    /// Of a world in which nothing has happened, whose library promises this.
    pub(crate) fn new(world: &World, contract: &Contract) -> Measure {
        let end_us = world.duration.us();
        let grid = Grid::new(end_us);
        let begins_us = world.warm_up.map(|warm_up| warm_up.us());
        Measure {
            grid,
            bin: 0,
            bin_end_us: begins_us.unwrap_or(u64::MAX).min(grid.end(0)),
            begins_us,
            before: None,
            end_us,
            tracks: Tracks::new(grid),
            asked: 0,
            refused: Tally::default(),
            start_calls: StartCalls::default(),
            status: Tally::default(),
            start_times: StartTimes::default(),
            calls: Default::default(),
            errors: [0; Error::NUMBERS],
            conflicts: Conflicts::new(grid),
            messages: Messages::default(),
            heard: None,
            throttled: Tally::default(),
            waits: Waits::default(),
            message_rejected: Tally::default(),
            message_dropped: Tally::default(),
            not_subscribed: Tally::default(),
            has_breakers: contract.breaker.is_some(),
            breaker_openings: 0,
            progress: Progress::default(),
            released: None,
            saves: Saves::default(),
            save_errors: Tally::default(),
            stays: Stays::new(world.players.count),
            hand_offs: HandOffs::new(world.players.count),
            leaks: BTreeMap::new(),
            ages: DirtyAges::new(grid, end_us, contract),
            breaker_stats: BreakerStats::new(world.servers.count),
            incidents: Incidents::new(world),
            ownership_stats: OwnershipStats::new(world.players.count, contract.lease),
            exposures: Exposures::new(grid),
            joins: Joins::default(),
        }
    }

    /// The width of a bin in a run of this length, in microseconds.
    pub(crate) fn bin_us(duration_us: u64) -> u64 {
        Grid::new(duration_us).bin_us
    }

    /// Time comes to a moment: bins that are over by then are closed, with what the models know
    /// before anything of that moment has happened.
    #[inline]
    pub(crate) fn turn(&mut self, at: Moment, seen: &Models) {
        if at.as_micros() >= self.bin_end_us {
            if let Some(begins_us) = self.begins_us.take_if(|us| *us <= at.as_micros()) {
                self.begin(Moment::from_micros(begins_us));
            }
            self.bin = self.grid.bin(at.as_micros());
            let begins_us = self.begins_us.unwrap_or(u64::MAX);
            self.bin_end_us = self.grid.end(self.bin).min(begins_us);
            self.ages.turn(self.bin, &seen.unsaved);
        }
    }

    /// The world is warm: what was counted so far is forgotten, and what is under way goes on. A
    /// start, a message or a stay that came before counts from now on.
    ///
    /// What lies over time stays as it is, since it shows when it was; and so does what is found.
    fn begin(&mut self, at: Moment) {
        let (played_us, handed_off) = (self.stays.all_us(at), self.hand_offs.begin());
        self.before = Some(Whole { from_us: at.as_micros(), played_us, handed_off });
        self.start_times.begin();
        self.asked = self.start_times.pending();
        self.refused = Tally::default();
        self.start_calls = StartCalls::default();
        self.calls = Default::default();
        self.errors = [0; Error::NUMBERS];
        let Messages { sent, delivered, lost, duplicated, no_subscriber, .. } = self.messages;
        let arrived = delivered + lost + no_subscriber + self.message_dropped.all();
        let sent = (sent + duplicated).saturating_sub(arrived);
        self.messages = Messages { sent, ..Messages::default() };
        self.throttled = Tally::default();
        self.waits = Waits::default();
        self.message_rejected = Tally::default();
        self.message_dropped = Tally::default();
        self.not_subscribed = Tally::default();
        self.breaker_openings = 0;
        self.progress = Progress::default();
        let returned = self.saves.returned_true + self.save_errors.all();
        self.saves =
            Saves { called: self.saves.called.saturating_sub(returned), ..Saves::default() };
        self.save_errors = Tally::default();
        self.stays.begin(at);
        self.joins = Joins::default();
    }

    /// Takes a step in. The models have taken it in already.
    pub(crate) fn on_step(&mut self, step: &Step, seen: &Models) {
        self.ownership_stats.on_step(step, seen);
        if matches!(step.fact, Fact::Playing | Fact::GaveUp) {
            self.joins.on_step(step, seen);
        }
        for overlap in seen.owners.overlaps() {
            self.overlap(overlap);
        }
        match step.fact {
            Fact::Asked => {
                self.asked += 1;
                self.start_times.asked(step);
            }
            Fact::Loaded { latency_us, calls, retries, .. } => {
                self.start_times.granted(step, latency_us);
                if let (Some(key), Some(server)) = (step.key, step.server) {
                    self.hand_offs.granted(key, server);
                }
                self.start_calls.calls += u64::from(calls);
                self.start_calls.retries += u64::from(retries);
                self.start_calls.retried += u64::from(retries > 0);
            }
            Fact::Rejected { reason } => {
                self.refused.count(reason.name);
                self.start_times.answered(step);
            }
            Fact::Leaked => {
                self.leaks.extend(step.visit.zip(step.server));
            }
            Fact::Over => {
                self.start_times.ended(step);
                if let Some(visit) = step.visit
                    && !self.leaks.is_empty()
                {
                    self.leaks.remove(&visit);
                }
            }
            Fact::Edited => self.progress.edits += 1,
            Fact::EditRefused => self.progress.refused += 1,
            Fact::SaveCalled => self.saves.called += 1,
            Fact::SaveReturned { callers, why } => self.save_returned(callers.into(), why),
            Fact::Playing => {
                if let Some(key) = step.key {
                    self.stays.begins(key, step.at);
                }
            }
            Fact::Left => {
                if let Some(key) = step.key {
                    self.stays.ends(key, step.at);
                }
            }
            Fact::Saved => {
                self.progress.acknowledged += 1;
                self.released = None;
                self.ages.on_step(step, seen);
            }
            Fact::Sent { kind, attempt } => {
                self.sent(kind, attempt);
                self.breaker_stats.on_step(step, seen);
            }
            Fact::Queued { .. } => self.waits.queued += 1,
            Fact::Dequeued { waited_us } => {
                self.waits.longest_us = self.waits.longest_us.max(Some(waited_us));
            }
            Fact::Dropped { error, .. } => self.throttled.count(error.name()),
            Fact::ShortCircuited { kind } => {
                self.calls[kind as usize].short_circuited += 1;
                self.count(Track::ShortCircuited);
                self.ages.on_step(step, seen);
            }
            Fact::Answered { kind, end, .. } => {
                self.answered(kind, end);
                if kind == CallKind::Release && seen.unsaved.settled_us().is_some() {
                    self.released = Some((step.at, step.visit));
                }
                self.ages.on_step(step, seen);
            }
            Fact::Ended { saved, .. } => {
                // A release that has stored changes acknowledges them, if its library has not said
                // so of a last save just before.
                let released = self.released.take() == Some((step.at, step.visit));
                self.progress.acknowledged += u64::from(saved && released);
                self.start_times.ended(step);
                self.ages.on_step(step, seen);
            }
            Fact::OwnerPaused => self.ages.on_step(step, seen),
            Fact::Conflict { resolution } => self.conflict(step, resolution),
            Fact::Published { kind } => {
                self.messages.sent += 1;
                self.count(Track::Sent);
                if kind == MessageKind::Challenge {
                    self.count(Track::Challenges);
                }
            }
            Fact::MessageLost { .. } => {
                self.messages.lost += 1;
                self.count(Track::Lost);
            }
            Fact::MessageDuplicated => {
                self.messages.duplicated += 1;
                self.count(Track::Duplicated);
            }
            Fact::Delivered { kind } => {
                self.messages.delivered += 1;
                self.count(Track::Delivered);
                if kind == MessageKind::Answer {
                    self.heard = Some((step.at, step.server, step.key));
                }
            }
            Fact::NoSubscriber => {
                self.messages.no_subscriber += 1;
                self.count(Track::NoSubscriber);
            }
            Fact::MessageRejected { why, .. } => {
                self.message_rejected.count(why.name);
                self.count(Track::Stopped);
            }
            Fact::MessageDropped { why, .. } => {
                self.message_dropped.count(why.name);
                self.count(Track::Stopped);
            }
            Fact::NotSubscribed { why } => self.not_subscribed.count(why.name),
            Fact::CircuitOpened { .. } => {
                self.breaker_openings += 1;
                self.breaker_stats.on_step(step, seen);
            }
            Fact::CircuitClosed | Fact::Booted | Fact::Crashed | Fact::Stopped { .. } => {
                self.breaker_stats.on_step(step, seen);
            }
            Fact::IncidentBegins { nth, .. } => self.incidents.begins(step, nth),
            Fact::IncidentEnds { nth, .. } => self.incidents.ends(step, nth),
            Fact::Healed => self.incidents.healed(step),
            // Who owns what is the business of `ownership_stats`, and of nobody else here.
            Fact::Owns { .. } | Fact::OwnsNoMore | Fact::Committed { .. } => {}
            // Counted by the observers of items and purchases.
            Fact::Minted { .. }
            | Fact::Traded { .. }
            | Fact::Bought { .. }
            | Fact::Received { .. }
            | Fact::Granted { .. } => {}
            // Shown as marks, or counted as faults that fired.
            Fact::SecondDevice
            | Fact::Got { .. }
            | Fact::Removed { .. }
            | Fact::Damaged
            | Fact::RanAgain { .. }
            | Fact::WrongScope { .. }
            | Fact::BadRead { .. }
            | Fact::Corrupted { .. }
            | Fact::FellBack
            | Fact::CutOff { .. }
            | Fact::Paused
            | Fact::Resumed
            | Fact::Stepped { .. }
            | Fact::OutOfMemory { .. }
            | Fact::Emptied
            | Fact::Closing
            | Fact::Remarked { .. }
            | Fact::Said { .. }
            | Fact::Complained { .. }
            | Fact::Unheard { .. }
            | Fact::EndAsked
            | Fact::GaveUp
            | Fact::SeatFreed { .. }
            | Fact::Subscribing
            | Fact::Subscribed { .. }
            | Fact::Misspoke { .. } => {}
        }
    }

    /// A server process is open, and its library says where its data goes.
    pub(crate) fn opened(&mut self, status: &'static str) {
        self.status.count(status);
    }

    /// Items are exposed, or turned out to be duplicated or lost.
    pub(crate) fn on_items(&mut self, at: Moment, items: &Items) {
        self.exposures.exposed(at.as_micros(), items.exposed);
        for lost in items.shown() {
            self.exposures.incident(at.as_micros(), *lost);
        }
    }

    /// The run is over.
    pub(crate) fn at_end(&mut self, seen: &Models) {
        // Nothing may have happened since.
        if let Some(begins_us) = self.begins_us.take() {
            self.begin(Moment::from_micros(begins_us));
        }
        for overlap in seen.owners.overlaps() {
            self.overlap(overlap);
        }
    }

    fn sent(&mut self, kind: CallKind, attempt: u32) {
        let calls = &mut self.calls[kind as usize];
        calls.sent += 1;
        calls.retries += u64::from(attempt > 0);
        self.count(match kind {
            _ if attempt > 0 => Track::Retry,
            CallKind::Acquire => Track::Acquire,
            CallKind::Save => Track::Save,
            CallKind::Renew => Track::Renew,
            CallKind::Release => Track::Release,
            CallKind::Read
            | CallKind::Message
            | CallKind::Overwrite
            | CallKind::Remove
            | CallKind::Versions => Track::Other,
        });
    }

    fn answered(&mut self, kind: CallKind, end: CallEnd) {
        match end {
            CallEnd::Done => {}
            CallEnd::Refused => self.calls[kind as usize].refused += 1,
            CallEnd::Failed(_) | CallEnd::Silent => {
                if let CallEnd::Failed(error) = end {
                    self.errors[error as usize] += 1;
                }
                self.calls[kind as usize].failed += 1;
                self.count(Track::Failed);
            }
        }
    }

    fn save_returned(&mut self, callers: u64, why: Option<&'static Cause>) {
        match why {
            None => self.saves.returned_true += callers,
            Some(why) => self.save_errors.add(why.name, callers),
        }
    }

    /// Counts one in the bin that is being filled.
    fn count(&mut self, track: Track) {
        self.tracks.count(track, self.bin);
    }

    /// Counts a double ownership where it began; it is known only when it is over.
    fn overlap(&mut self, overlap: &Overlap) {
        self.conflicts.overlapped(overlap);
        self.tracks.count(Track::Overlap, self.grid.bin(overlap.late.since.as_micros()));
    }

    /// A conflict was resolved. That its owner is alive was said by the answer that was heard just
    /// now, or else it was found out in another way.
    fn conflict(&mut self, step: &Step, resolution: &'static Cause) {
        self.conflicts.resolved(resolution, self.bin);
        let here = Some((step.at, step.server, step.key));
        if resolution.class == Class::OwnerAlive && self.heard == here {
            self.count(Track::ChallengesAnswered);
        }
    }

    /// Session starts, by how they ended.
    pub(crate) fn starts(&self) -> Starts {
        let (granted, failed) = (self.start_times.count(), self.refused.rows());
        let (pending, handed_off) = (self.start_times.pending(), self.hand_offs.count());
        Starts { asked: self.asked, granted, handed_off, failed, pending }
    }

    /// The run is over: how players came into the game.
    pub(crate) fn play(&self, seen: &Models) -> Play {
        self.joins.play(Moment::from_micros(self.end_us), seen)
    }

    pub(crate) fn latency(&self) -> Option<Quantiles> {
        self.start_times.quantiles()
    }

    /// What the successful starts took.
    pub(crate) fn start_calls(&self) -> StartCalls {
        self.start_calls.clone()
    }

    /// Server processes by where their data goes.
    pub(crate) fn status(&self) -> BTreeMap<String, u64> {
        self.status.rows()
    }

    pub(crate) fn calls(&self) -> BTreeMap<String, Calls> {
        let by_kind = CallKind::ALL
            .iter()
            .map(|kind| (*kind, &self.calls[*kind as usize]))
            .filter(|(kind, calls)| *kind <= CallKind::Release || calls.sent > 0)
            .map(|(kind, calls)| (kind.name().to_owned(), calls.clone()));
        by_kind.collect()
    }

    /// Errors that calls were answered with, by name.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        let counted = Error::all().map(|error| (error, self.errors[error as usize]));
        counted.filter(|(_, n)| *n > 0).map(|(error, n)| (error.to_string(), n)).collect()
    }

    pub(crate) fn conflicts(&self) -> BTreeMap<String, u64> {
        self.conflicts.by_name()
    }

    /// Calls that had to wait for a budget, or did not get one.
    pub(crate) fn waits(&self) -> Waits {
        Waits { dropped: self.throttled.rows(), ..self.waits.clone() }
    }

    pub(crate) fn messages(&self) -> Messages {
        Messages {
            refused: self.message_rejected.rows(),
            dropped: self.message_dropped.rows(),
            not_subscribed: self.not_subscribed.rows(),
            ..self.messages.clone()
        }
    }

    /// Sessions that the game forgot to release and that have not come to an end.
    pub(crate) fn leaks(&self) -> u64 {
        self.leaks.len() as u64
    }

    /// How often breakers opened; nothing if there are none.
    pub(crate) fn breaker_openings(&self) -> Option<u64> {
        self.breakers_are_there().then_some(self.breaker_openings)
    }

    /// Whether the library has circuit breakers, or opens some of which it has said nothing.
    fn breakers_are_there(&self) -> bool {
        self.has_breakers || self.breaker_openings > 0
    }

    /// Calls of `Save()`, by how they returned.
    pub(crate) fn saves(&self) -> Saves {
        Saves { returned_false: self.save_errors.rows(), ..self.saves.clone() }
    }

    /// The run is over: how long players were in the game, all together, in microseconds.
    pub(crate) fn played_us(&self) -> u64 {
        self.stays.all_us(Moment::from_micros(self.end_us))
    }

    /// The run is over: how much of it there was in all, if not all of it is counted.
    pub(crate) fn whole(&self) -> Option<Whole> {
        let before = self.before.clone()?;
        let played_us = before.played_us + self.played_us();
        let handed_off = before.handed_off + self.hand_offs.count();
        Some(Whole { played_us, handed_off, ..before })
    }

    /// Changes, as far as they are counted here.
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Lease conflicts by what they come down to, whatever the library calls them.
    pub(crate) fn conflict_classes(&self) -> BTreeMap<String, u64> {
        self.conflicts.by_class()
    }

    /// The run is over: how many items were exposed.
    pub(crate) fn exposures(&mut self) -> Exposure {
        self.exposures.rows()
    }

    /// The run is over: the oldest that an unsaved change became, in microseconds, if there was a
    /// change.
    pub(crate) fn dirty_age_max_us(&self, seen: &Models) -> Option<u64> {
        let longest_us = self.ages.longest_us(&seen.unsaved);
        (self.progress.edits > 0).then_some(longest_us)
    }

    pub(crate) fn series(&self) -> Series {
        let mut series = self.tracks.rows();
        series.tracks.extend(self.conflicts.tracks());
        series
    }

    /// The ways in which lease conflicts were resolved.
    pub(crate) fn resolutions(&self) -> Vec<Resolution> {
        self.conflicts.rows()
    }

    /// The run is over: how long players took into the game.
    pub(crate) fn join_times(&self, seen: &Models) -> Vec<JoinTimes> {
        self.joins.rows(Moment::from_micros(self.end_us), seen)
    }

    /// The run is over: how old unsaved changes became.
    pub(crate) fn ages(&mut self, seen: &Models) -> Ages {
        self.ages.rows(&seen.unsaved)
    }

    /// The run is over: what the breakers did, if there are any.
    pub(crate) fn breakers(&mut self) -> Option<Breakers> {
        self.breakers_are_there().then(|| self.breaker_stats.rows(self.end_us))
    }

    /// The run is over: when the datastore was not as usual.
    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.incidents.rows(self.end_us)
    }

    /// The run is over: who owned the most contested key, if any was contested.
    pub(crate) fn ownership(&mut self) -> Option<Ownership> {
        self.ownership_stats.row(self.end_us)
    }
}
