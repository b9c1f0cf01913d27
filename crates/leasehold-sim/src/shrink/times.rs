//! Pulls the times of faults apart: from when to when may it begin, how long may it last, and the
//! run still fails?
//!
//! A random trouble of a server has no time that could be moved, so it first becomes a line of the
//! timeline: the same deed to the same server at the moment that was recorded, if the run fails
//! with it still. Then each time is moved alone, in both directions, in steps that double until the
//! class is gone, and back by halves:
//!
//! ```text
//!            passes   fails ........... as it is ........... fails   passes
//!   ------------|-------|--|------|-------|--|--|----|--------|--------|------> its length
//!                 <0.1 s                                        <0.1 s
//! ```
//!
//! Between the ends only these points were tried: a gap between two of them would not be seen.

use super::lab::{Found, Lab};
use crate::fault::{Fault, Occasion, Site};
use crate::scenario::{Scenario, Shift, Span};
use std::time::Duration;

/// How finely times are moved, in microseconds: 0.1 s.
pub(super) const STEP_US: i64 = 100_000;

/// Times are rounded to the coarsest of these that the failure bears, in microseconds.
const ROUND_US: [i64; 4] = [10_000_000, 1_000_000, 100_000, 1_000];

/// What of a fault is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// When it happens.
    Start,
    /// How long it lasts.
    Length,
    /// How far it sets a clock.
    Shift,
}

impl Moved {
    /// All of them.
    pub const ALL: [Moved; 3] = [Moved::Start, Moved::Length, Moved::Shift];
}

/// What is beyond an end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// 0.1 s further, or less, the class of violation is gone.
    Passes,
    /// It is there as far as anybody looked.
    Limit,
    /// The budget ran out.
    Unknown,
}

/// Over which values of a time a failure persists, as far as was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Whose time.
    pub fault: Fault,
    /// Which time.
    pub moved: Moved,
    /// What it is, in microseconds.
    pub is_us: i64,
    /// The least at which it was seen to fail, and what is below.
    pub least: (i64, Edge),
    /// The most at which it was seen to fail, and what is above.
    pub most: (i64, Edge),
}

impl Interval {
    pub(super) fn is_cut_short(&self) -> bool {
        self.least.1 == Edge::Unknown || self.most.1 == Edge::Unknown
    }
}

impl Lab<'_> {
    /// Makes lines of the timeline of the random troubles of servers; whether it made any.
    pub(super) fn into_lines(&mut self, found: &mut Found) -> bool {
        self.stage = "giving faults a time";
        let of_server = |fault: &Fault| matches!(fault.occasion, Occasion::Server { .. });
        if !found.faults.iter().any(of_server) {
            return false;
        }
        let tape = super::lab::tape(&found.faults);
        let Some(outcome) = self.run(&found.scenario, Some(&tape)) else { return false };
        let mut made = false;
        for (fault, line) in outcome.lines {
            let mut tried = found.clone();
            tried.scenario.timeline.push(line);
            let nth = tried.scenario.timeline.len() as u32;
            let timed = Fault { occasion: Occasion::World { nth }, site: Site::Timeline };
            let was = tried.faults.iter_mut().find(|known| **known == fault);
            if let Some(was) = was {
                *was = timed;
                made |= self.take(found, tried);
            }
        }
        made
    }

    /// Gives times as few digits as the failure bears.
    pub(super) fn round_times(&mut self, found: &mut Found) {
        self.stage = "rounding times";
        for fault in found.faults.clone() {
            for moved in Moved::ALL {
                for unit in ROUND_US {
                    let Some(is_us) = time(&found.scenario, fault, moved) else { break };
                    if is_us % unit == 0 {
                        break;
                    }
                    let mut tried = found.clone();
                    let rounded = (is_us + unit / 2).div_euclid(unit) * unit;
                    set_time(&mut tried.scenario, fault, moved, rounded);
                    let faults = found.faults.clone();
                    if rounded != 0 && self.take(found, tried) && found.faults == faults {
                        break;
                    }
                }
            }
        }
    }

    /// Moves each time of the needed faults alone, in runs of this length.
    pub(super) fn pull_apart(
        &mut self,
        found: &Found,
        needed: &[Fault],
        duration: Span,
    ) -> Vec<Interval> {
        self.stage = "pulling times apart";
        let mut long = found.scenario.clone();
        long.duration = duration;
        let long = Found { scenario: long, faults: found.faults.clone() };
        let mut intervals = Vec::new();
        for &fault in needed {
            for moved in Moved::ALL {
                let Some(is_us) = time(&found.scenario, fault, moved) else { continue };
                let far = duration.us() as i64;
                // A clock that is set back is not set forward.
                let (low, high) = match moved {
                    Moved::Start | Moved::Length => (0, far),
                    Moved::Shift if is_us > 0 => (STEP_US.min(is_us), far),
                    Moved::Shift => (-far, (-STEP_US).max(is_us)),
                };
                let least = self.edge(&long, (fault, moved), is_us, low.min(is_us));
                let most = self.edge(&long, (fault, moved), is_us, high.max(is_us));
                intervals.push(Interval { fault, moved, is_us, least, most });
            }
        }
        intervals
    }

    /// The value nearest to `limit` at which it was seen to fail, on the way there from a value at
    /// which it does.
    fn edge(&mut self, found: &Found, of: (Fault, Moved), from: i64, limit: i64) -> (i64, Edge) {
        let way = (limit - from).signum();
        let (mut fails, mut passes, mut stride) = (from, None::<i64>, STEP_US);
        loop {
            let next = match passes {
                None if fails == limit => return (fails, Edge::Limit),
                None if (limit - fails).abs() <= stride => limit,
                None => fails + way * stride,
                Some(passes) => {
                    let apart = (passes - fails).abs();
                    if apart <= STEP_US {
                        return (fails, Edge::Passes);
                    }
                    fails + way * (apart / 2 / STEP_US * STEP_US).max(STEP_US)
                }
            };
            let mut scenario = found.scenario.clone();
            set_time(&mut scenario, of.0, of.1, next);
            if self.is_over() {
                return (fails, Edge::Unknown);
            }
            if self.fails(&scenario, &found.faults).is_some() {
                (fails, stride) = (next, stride * 2);
            } else if self.is_stopped() {
                return (fails, Edge::Unknown);
            } else {
                passes = Some(next);
            }
        }
    }
}

/// A time of a fault, in microseconds, if it has it.
pub(super) fn time(scenario: &Scenario, fault: Fault, moved: Moved) -> Option<i64> {
    let Occasion::World { nth } = fault.occasion else { return None };
    let place = nth as usize - 1;
    let us = |span: Span| i64::try_from(span.us()).ok();
    match (fault.site, moved) {
        (Site::Timeline, Moved::Start) => us(scenario.timeline.get(place)?.at),
        (Site::Timeline, Moved::Length) => us(scenario.timeline.get(place)?.lasts?),
        (Site::Timeline, Moved::Shift) => Some(scenario.timeline.get(place)?.by?.us()),
        (Site::Incident, Moved::Start) => us(scenario.datastore.incidents.get(place)?.at),
        (Site::Incident, Moved::Length) => us(scenario.datastore.incidents.get(place)?.lasts),
        _ => None,
    }
}

/// Sets a time that a fault has.
fn set_time(scenario: &mut Scenario, fault: Fault, moved: Moved, us: i64) {
    let Occasion::World { nth } = fault.occasion else { return };
    let place = nth as usize - 1;
    let span = Span(Duration::from_micros(us.unsigned_abs()));
    if fault.site == Site::Timeline {
        let line = &mut scenario.timeline[place];
        match moved {
            Moved::Start => line.at = span,
            Moved::Length => line.lasts = Some(span),
            Moved::Shift => line.by = Some(Shift::of_us(us)),
        }
    } else {
        let incident = &mut scenario.datastore.incidents[place];
        match moved {
            Moved::Start => incident.at = span,
            Moved::Length | Moved::Shift => incident.lasts = span,
        }
    }
}
