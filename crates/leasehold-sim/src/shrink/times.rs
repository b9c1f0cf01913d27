//! Pulls the times of faults apart: from when to when may it begin, how long may it last, and the
//! run still fails?
//!
//! A random fault of a server has no time that could be moved, so it first becomes a line of the
//! timeline: the same event to the same server at the moment that was recorded, if the run fails
//! with it still. Then each time is moved alone, in both directions, in steps that double until the
//! class is gone, and back by halves; at last evenly in between:
//!
//! ```text
//!            passes   fails ........... as it is ........... fails   passes
//!   ------------|-------|--|--|---|--|----|--|--|--|-|--|--|--|--------|------> its length
//!                 <0.1 s                                        <0.1 s
//! ```
//!
//! Only these points were tried: a gap between two of them would not be seen. They are tried in
//! runs as long as the one that failed first, so that it need not be the end of the run that ends
//! the failure; but only if the fault is needed in so long a run too. What a value did is
//! remembered, so no point counts twice; one that no scenario can have counts as none.

use super::reducer::{Found, Reducer};
use crate::fault::{Fault, Occasion, Site};
use crate::scenario::Scenario;
use crate::units::{Shift, Span};
use std::collections::BTreeMap;
use std::time::Duration;

/// How finely times are moved, in microseconds: 0.1 s.
pub(super) const STEP_US: i64 = 100_000;

/// Times are rounded to the coarsest of these that the failure bears, in microseconds.
const ROUND_US: [i64; 4] = [10_000_000, 1_000_000, 100_000, 1_000];

/// An interval is tried at about so many points on each side of the value that it was found at.
const PROBES: i64 = 32;

/// Part of a fault that is moved.
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

/// Finding beyond an end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// 0.1 s further, or less, the class of violation is gone.
    Passes,
    /// It is there as far as anybody looked.
    Limit,
    /// It is there, and 0.1 s further, or less, is nothing that a scenario can say.
    Invalid,
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
    /// How many other values were tried, in it and around it.
    pub points: u32,
}

impl Interval {
    pub(super) fn is_cut_short(&self) -> bool {
        self.least.1 == Edge::Unknown || self.most.1 == Edge::Unknown
    }
}

impl Reducer<'_> {
    /// Makes lines of the timeline of the random faults of servers; whether it made any.
    pub(super) fn give_times(&mut self, found: &mut Found) -> bool {
        self.stage = "giving faults a time";
        let of_server = |fault: &Fault| matches!(fault.occasion, Occasion::Server { .. });
        if !found.faults.iter().any(of_server) {
            return false;
        }
        let tape = super::reducer::tape(&found.faults);
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

    /// Moves each time of the needed faults alone: in runs of this length, if such a run fails too
    /// and needs the fault too; else in runs as they were found.
    pub(super) fn pull_apart(
        &mut self,
        found: &Found,
        needed: &[Fault],
        duration: Span,
    ) -> Vec<Interval> {
        let mut long = found.clone();
        long.scenario.duration = duration;
        self.stage = "trying it for longer";
        let timed =
            |fault: Fault| Moved::ALL.iter().any(|m| time(&found.scenario, fault, *m).is_some());
        let needed: Vec<Fault> = needed.iter().copied().filter(|fault| timed(*fault)).collect();
        let lasts = !needed.is_empty()
            && duration > found.scenario.duration
            && self.fails(&long.scenario, &long.faults).is_some();
        let mut intervals = Vec::new();
        for fault in needed {
            self.stage = "trying it for longer";
            let within = if lasts && self.passes_without(&long, fault) { &long } else { found };
            self.stage = "pulling times apart";
            let moved = Moved::ALL.into_iter();
            intervals.extend(moved.filter_map(|moved| self.interval(within, fault, moved)));
        }
        intervals
    }

    /// How far a time of a fault can be moved alone, if the fault has it.
    fn interval(&mut self, found: &Found, fault: Fault, moved: Moved) -> Option<Interval> {
        let is_us = time(&found.scenario, fault, moved)?;
        let far = found.scenario.duration.us() as i64;
        // A clock that is set back is not set forward.
        let (low, high) = match moved {
            Moved::Start | Moved::Length => (0, far),
            Moved::Shift if is_us > 0 => (STEP_US.min(is_us), far),
            Moved::Shift => (-far, (-STEP_US).max(is_us)),
        };
        let mut knob = Knob { found, fault, moved, tried: BTreeMap::new() };
        let least = self.edge(&mut knob, is_us, low.min(is_us));
        let most = self.edge(&mut knob, is_us, high.max(is_us));
        let points = knob.tried.values().filter(|tried| **tried != Tried::Invalid).count() as u32;
        Some(Interval { fault, moved, is_us, least, most, points })
    }

    /// How far a time can be moved from a value at which it fails, on the way to `limit`.
    fn edge(&mut self, knob: &mut Knob<'_>, from: i64, limit: i64) -> (i64, Edge) {
        let way = (limit - from).signum();
        let (mut fails, mut stride) = (from, STEP_US);
        let edge = loop {
            if fails == limit {
                break (fails, Edge::Limit);
            }
            let next = if (limit - fails).abs() <= stride { limit } else { fails + way * stride };
            match self.at(knob, next) {
                None => return (fails, Edge::Unknown),
                Some(Tried::Fails) => (fails, stride) = (next, stride * 2),
                Some(Tried::Passes) => break self.between(knob, fails, next),
                Some(Tried::Invalid) => break self.before(knob, fails, next),
            }
        };
        // The strides were long at last: what lies in between is looked at too.
        let mut fails = from;
        for nth in 1..PROBES {
            let next = from + (edge.0 - from) / STEP_US * nth / PROBES * STEP_US;
            if next == fails {
                continue;
            }
            match self.at(knob, next) {
                None => return (fails, Edge::Unknown),
                Some(Tried::Fails) => fails = next,
                Some(Tried::Passes) => return self.between(knob, fails, next),
                Some(Tried::Invalid) => return self.before(knob, fails, next),
            }
        }
        edge
    }

    /// Where it ends to fail, between a value at which it does and one at which it does not.
    fn between(&mut self, knob: &mut Knob<'_>, mut fails: i64, mut passes: i64) -> (i64, Edge) {
        while (passes - fails).abs() > STEP_US {
            let next = half(fails, passes);
            match self.at(knob, next) {
                None => return (fails, Edge::Unknown),
                Some(Tried::Fails) => fails = next,
                Some(Tried::Passes) => passes = next,
                Some(Tried::Invalid) => return self.before(knob, fails, next),
            }
        }
        (fails, Edge::Passes)
    }

    /// The same, between a value at which it fails and one that a scenario cannot have: the last
    /// that it can have is as far as there is anything to try.
    fn before(&mut self, knob: &mut Knob<'_>, fails: i64, mut invalid: i64) -> (i64, Edge) {
        let mut last = fails;
        while (invalid - last).abs() > STEP_US {
            let next = half(last, invalid);
            if knob.scenario(next).is_some() { last = next } else { invalid = next }
        }
        if last == fails {
            return (fails, Edge::Invalid);
        }
        match self.at(knob, last) {
            None => (fails, Edge::Unknown),
            Some(Tried::Passes) => self.between(knob, fails, last),
            Some(Tried::Fails | Tried::Invalid) => (last, Edge::Invalid),
        }
    }

    /// What becomes of it with a time at this value; or nothing, if there is no run left.
    fn at(&mut self, knob: &mut Knob<'_>, us: i64) -> Option<Tried> {
        if let Some(tried) = knob.tried.get(&us) {
            return Some(*tried);
        }
        let tried = match knob.scenario(us) {
            None => Tried::Invalid,
            Some(_) if self.is_over() => return None,
            Some(scenario) => match self.fails(&scenario, &knob.found.faults) {
                Some(_) => Tried::Fails,
                None if self.is_stopped() => return None,
                None => Tried::Passes,
            },
        };
        knob.tried.insert(us, tried);
        Some(tried)
    }
}

/// A value about halfway on, a whole number of steps from the first.
fn half(from: i64, to: i64) -> i64 {
    let (way, far) = ((to - from).signum(), (to - from).abs());
    from + way * (far / 2 / STEP_US * STEP_US).max(STEP_US)
}

/// A time that is moved.
struct Knob<'a> {
    found: &'a Found,
    fault: Fault,
    moved: Moved,
    /// To which other values, and what became of it.
    tried: BTreeMap<i64, Tried>,
}

/// What became of a case with another time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tried {
    Fails,
    Passes,
    /// No scenario can have this value, so there was no run.
    Invalid,
}

impl Knob<'_> {
    /// The scenario with the time at this value, if it can have it.
    fn scenario(&self, us: i64) -> Option<Scenario> {
        let mut scenario = self.found.scenario.clone();
        set_time(&mut scenario, self.fault, self.moved, us);
        scenario.check().is_empty().then_some(scenario)
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
