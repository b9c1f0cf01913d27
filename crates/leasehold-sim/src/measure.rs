//! Counts what happened, for people: totals, distributions, series over time, and the story of the
//! most contested key.
//!
//! It takes in every step, and most of them are none of its business; so each one costs an addition
//! or two in a table with a dense index. Memory does not grow with the run: whatever could is cut
//! into a fixed number of bins, or keeps its latest entries and says so. One file per thing that
//! has rows of its own.

mod age;
mod breakers;
mod curve;
mod exposure;
mod histogram;
mod incidents;
mod ownership;
mod series;

use crate::config::World;
use crate::library::{CallKind, Contract, Error, MailKind};
use crate::observe::{CallEnd, Fact, Rows, Step};
use age::DirtyAges;
use breakers::Doors;
use curve::Curves;
use exposure::Exposures;
use incidents::Incidents;
use leasehold_data::{Ages, Breakers, Calls, Incident, Messages, Ownership, Progress, Quantiles};
use leasehold_data::{Series, StartTimes, Starts, Waits};
use ownership::Contests;
use series::{Grid, Track, Tracks};
use std::collections::BTreeMap;

pub(crate) struct Measure {
    grid: Grid,
    /// The bin that is being filled, and when it is over.
    bin: usize,
    bin_end_us: u64,
    end_us: u64,
    tracks: Tracks,
    asked: u64,
    refused: Tally,
    curves: Curves,
    calls: [Calls; CallKind::ALL.len()],
    /// By the error's discriminant.
    errors: [u64; Error::NUMBERS],
    conflicts: Tally,
    messages: Messages,
    throttled: Tally,
    /// Calls that waited for a budget, and how long the longest did.
    pub(crate) waits: Waits,
    mail_refused: Tally,
    mail_dropped: Tally,
    not_subscribed: Tally,
    pub(crate) breaker_openings: u64,
    pub(crate) progress: Progress,
    leaks: u64,
    ages: DirtyAges,
    doors: Doors,
    incidents: Incidents,
    contests: Contests,
    pub(crate) exposures: Exposures,
}

/// Counts by name. There are a handful of names, so they are searched and nothing is allocated.
#[derive(Default)]
struct Tally(Vec<(&'static str, u64)>);

impl Tally {
    fn count(&mut self, name: &'static str) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, n)) => *n += 1,
            None => self.0.push((name, 1)),
        }
    }

    fn rows(&self) -> BTreeMap<String, u64> {
        self.0.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
    }
}

impl Measure {
    pub(crate) fn new(config: &World, contract: &Contract) -> Measure {
        let end_us = config.duration.us();
        let grid = Grid::new(end_us);
        Measure {
            grid,
            bin: 0,
            bin_end_us: grid.end(0),
            end_us,
            tracks: Tracks::new(grid),
            asked: 0,
            refused: Tally::default(),
            curves: Curves::default(),
            calls: Default::default(),
            errors: [0; Error::NUMBERS],
            conflicts: Tally::default(),
            messages: Messages::default(),
            throttled: Tally::default(),
            waits: Waits::default(),
            mail_refused: Tally::default(),
            mail_dropped: Tally::default(),
            not_subscribed: Tally::default(),
            breaker_openings: 0,
            progress: Progress::default(),
            leaks: 0,
            ages: DirtyAges::new(grid, contract),
            doors: Doors::new(config.servers.count as usize),
            incidents: Incidents::new(config),
            contests: Contests::new(config.players.count as usize),
            exposures: Exposures::new(grid),
        }
    }

    pub(crate) fn on_step(&mut self, step: &Step) {
        if step.at.as_micros() >= self.bin_end_us {
            self.turn(step.at.as_micros());
        }
        match step.fact {
            Fact::Asked | Fact::Loaded { .. } | Fact::Refused { .. } | Fact::Leaked => {
                self.on_visit(step);
            }
            Fact::Edited => {
                self.progress.edits += 1;
                self.ages.edited(step);
            }
            Fact::EditRefused => self.progress.refused += 1,
            Fact::Saved => {
                self.progress.acknowledged += 1;
                self.ages.saved(step);
            }
            Fact::Sent { kind, attempt } => self.sent(step, kind, attempt),
            Fact::Queued { .. } => self.waits.queued += 1,
            Fact::Dropped { error, .. } => self.throttled.count(error.name()),
            Fact::FailedFast { kind } => {
                self.calls[kind as usize].failed_fast += 1;
                self.count(Track::FailedFast);
            }
            Fact::Answered { kind, end, .. } => self.answered(step, kind, end),
            Fact::Landed { kind, ref after, .. } => self.contests.landed(step, kind, after),
            Fact::Believes { .. } => self.contests.believes(step),
            Fact::Ceases => self.contests.ceases(step),
            Fact::Freezes => self.contests.freezes(step),
            Fact::Ended { .. } => {
                self.ages.reset(step);
                self.contests.ceases(step);
            }
            Fact::Conflict { resolution } => {
                self.conflicts.count(resolution);
                if let Some(track) = conflict_track(resolution) {
                    self.count(track);
                }
                self.contests.conflict(step, resolution);
            }
            Fact::Published { .. }
            | Fact::MailLost { .. }
            | Fact::MailDoubled
            | Fact::Delivered { .. }
            | Fact::MailRefused { .. }
            | Fact::MailDropped { .. }
            | Fact::NotSubscribed { .. }
            | Fact::Unheard => self.on_mail(step.fact),
            Fact::CircuitOpened { .. }
            | Fact::CircuitClosed
            | Fact::Booted
            | Fact::Crashed
            | Fact::Stopped { .. }
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. }
            | Fact::Healed => self.on_server(step),
            _ => {}
        }
    }

    fn on_visit(&mut self, step: &Step) {
        match step.fact {
            Fact::Asked => {
                self.asked += 1;
                self.curves.asked(step);
                self.ages.reset(step);
            }
            Fact::Loaded { latency_us, .. } => self.curves.won(latency_us),
            Fact::Refused { reason } => {
                self.refused.count(reason);
                self.curves.refused(step, reason);
            }
            Fact::Leaked => self.leaks += 1,
            _ => {}
        }
    }

    fn on_mail(&mut self, fact: Fact) {
        let (total, track) = match fact {
            Fact::Published { kind } => {
                if kind == MailKind::Challenge {
                    self.count(Track::Challenges);
                }
                (&mut self.messages.sent, Track::Sent)
            }
            Fact::MailLost { .. } => (&mut self.messages.lost, Track::Lost),
            Fact::MailDoubled => (&mut self.messages.duplicated, Track::Doubled),
            Fact::Delivered { .. } => (&mut self.messages.delivered, Track::Delivered),
            Fact::Unheard => (&mut self.messages.unheard, Track::Unheard),
            Fact::MailRefused { why, .. } => return self.mail_refused.count(why),
            Fact::MailDropped { why, .. } => return self.mail_dropped.count(why),
            Fact::NotSubscribed { why } => return self.not_subscribed.count(why),
            _ => return,
        };
        *total += 1;
        self.count(track);
    }

    fn on_server(&mut self, step: &Step) {
        match step.fact {
            Fact::CircuitOpened { timeout_us } => {
                self.breaker_openings += 1;
                self.doors.opened(step, timeout_us);
            }
            Fact::CircuitClosed => self.doors.closed(step),
            Fact::Booted => {
                self.contests.booted(step);
                self.doors.closed(step);
            }
            Fact::Crashed | Fact::Stopped { .. } => self.doors.gone(step),
            Fact::IncidentBegins { nth, .. } => self.incidents.begins(step, nth),
            Fact::IncidentEnds { nth, .. } => self.incidents.ends(step, nth),
            Fact::Healed => self.incidents.healed(step),
            _ => {}
        }
    }

    fn sent(&mut self, step: &Step, kind: CallKind, attempt: u32) {
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
        if matches!(kind, CallKind::Save | CallKind::Release) {
            self.ages.sent(step);
        }
        self.doors.sent(step);
    }

    fn answered(&mut self, step: &Step, kind: CallKind, end: CallEnd) {
        match end {
            CallEnd::Done if kind == CallKind::Release => self.ages.saved(step),
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

    /// Counts one in the bin that is being filled.
    fn count(&mut self, track: Track) {
        self.tracks.count(track, self.bin);
    }

    /// Begins the bin of this moment.
    fn turn(&mut self, at_us: u64) {
        self.bin = self.grid.bin(at_us);
        self.bin_end_us = self.grid.end(self.bin);
        self.ages.turn(self.bin);
    }

    /// Counts a belief overlap where it began; it is known only when it is over.
    pub(crate) fn overlap(&mut self, at_us: u64) {
        self.tracks.count(Track::BeliefOverlap, self.grid.bin(at_us));
    }

    /// Session starts, by how they ended.
    pub(crate) fn starts(&self) -> Starts {
        let (won, failed) = (self.curves.count(), self.refused.rows());
        let unanswered = self.asked - won - failed.values().sum::<u64>();
        Starts { asked: self.asked, won, failed, unanswered }
    }

    pub(crate) fn latency(&self) -> Quantiles {
        self.curves.quantiles()
    }

    pub(crate) fn calls(&self) -> BTreeMap<String, Calls> {
        let by_kind = CallKind::ALL
            .into_iter()
            .map(|kind| (kind, &self.calls[kind as usize]))
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
        self.conflicts.rows()
    }

    /// Calls that had to wait for a budget, or did not get one.
    pub(crate) fn waits(&self) -> Waits {
        Waits { dropped: self.throttled.rows(), ..self.waits.clone() }
    }

    pub(crate) fn messages(&self) -> Messages {
        Messages {
            refused: self.mail_refused.rows(),
            dropped: self.mail_dropped.rows(),
            not_subscribed: self.not_subscribed.rows(),
            ..self.messages.clone()
        }
    }

    /// Sessions that the game forgot to release, less those that `ended` since.
    pub(crate) fn leaks(&self, ended: u64) -> u64 {
        self.leaks - ended
    }

    pub(crate) fn series(&self) -> Series {
        self.tracks.rows()
    }

    pub(crate) fn start_times(&self) -> Vec<StartTimes> {
        self.curves.rows()
    }

    /// The run is over: how old unsaved changes became.
    pub(crate) fn ages(&mut self) -> Ages {
        self.ages.rows(self.end_us)
    }

    /// The run is over: what the breakers did.
    pub(crate) fn breakers(&mut self) -> Breakers {
        self.doors.rows(self.end_us)
    }

    /// The run is over: when the datastore was not as usual.
    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.incidents.rows(self.end_us)
    }

    /// The run is over: who owned the most contested key, if any was contested.
    pub(crate) fn ownership(&mut self) -> Option<Ownership> {
        self.contests.row(self.end_us)
    }
}

/// Where the charts count a conflict: its owner answered, was silent, or had run out of time. Who
/// was interrupted has met no owner.
fn conflict_track(resolution: &str) -> Option<Track> {
    match resolution {
        "active_owner_confirmed" | "handed_over" => Some(Track::ActiveOwnerConfirmed),
        "messaging_timeout_steal" | "session_steal" => Some(Track::MessagingTimeoutSteal),
        "interrupted" => None,
        _ => Some(Track::ExpiredLeaseSteal),
    }
}
