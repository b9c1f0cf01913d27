//! What came of a search, in one sentence: it claims no more than was tried, and says how much that
//! was.

use super::Shrunk;
use super::times::{Edge, Interval, Moved, time};
use crate::fault::{Fault, Occasion, Site};
use crate::scenario::{Direction, FaultEvent};
use crate::units::{Shift, Span};
use leasehold_data::numbers;
use std::fmt::Write;
use std::time::Duration;

/// A sentence names no more faults than this.
const NAMED: usize = 8;

impl Shrunk {
    /// When it fails, as far as was tried.
    pub fn sentence(&self) -> String {
        let faults = &self.bug.tape.faults;
        let named = faults.iter().take(NAMED).map(|fault| self.words(*fault, true));
        let mut happens: Vec<String> = named.collect();
        if let Some(more @ 1..) = faults.len().checked_sub(NAMED) {
            let more = numbers::plural(more as u64, "more fault");
            happens.push(format!("and {more} of the tape"));
        }
        // An interval was tried at its ends only, so no more than "if" is known.
        let only = if self.whole && self.intervals.is_empty() { "if and only if" } else { "if" };
        // Only the class was looked at, which matters if anything else is broken without it.
        let fails = if self.others.is_empty() { "Fails" } else { "Fails in this class" };
        let mut text = match happens.as_slice() {
            [] => format!("{fails} without any fault"),
            [one] => format!("{fails} {only} {one}"),
            [one, other] => format!("{fails} {only} both {one} and {other}"),
            all => format!("{fails} {only} all of these happen: {}", all.join("; ")),
        };
        if only == "if" && !faults.is_empty() {
            text.push_str(&self.without());
        }
        let (runs, seed) = (self.runs, self.bug.tape.origin.seed);
        let runs = numbers::plural(runs, "run");
        let _ = write!(text, ", as far as {runs} with seed {seed} tell");
        let parts = self.whole && faults.len() > 1;
        if parts {
            text.push_str(", with every part of these faults tried");
        }
        if !self.intervals.is_empty() {
            let points: u32 = self.intervals.iter().map(|interval| interval.points).sum();
            let and = if parts { " and" } else { ", with" };
            let _ = write!(
                text,
                "{and} each time moved alone, to {} in all",
                numbers::plural(points, "other value")
            );
        }
        if !self.others.is_empty() {
            let others: Vec<String> = self.others.iter().map(ToString::to_string).collect();
            let _ = write!(text, "; tries without this class broke {}", others.join(", "));
        }
        if self.exhausted {
            text.push_str("; the budget ran out, so more could perhaps be left out");
        }
        text
    }

    /// What is known of runs without some of the faults.
    fn without(&self) -> String {
        let (needed, all) = (self.needed.len(), self.bug.tape.faults.len());
        match (self.whole, needed) {
            (true, 1) => ", and not without it".to_owned(),
            (true, _) => ", and with no part of that".to_owned(),
            (false, 0) => ", and none was shown to be needed".to_owned(),
            _ if needed == all => ", and not without any one of them".to_owned(),
            _ => format!(", of which {needed} of {all} were each shown to be needed"),
        }
    }

    /// A fault as a clause: what happens to whom, when it does.
    pub fn clause(&self, fault: Fault) -> String {
        self.words(fault, false)
    }

    /// A fault as a clause, perhaps with the interval of how long or how far.
    fn words(&self, fault: Fault, ranged: bool) -> String {
        let at = self.is(fault, Moved::Start).map(|at| format!(" at {at}"));
        let at = at.unwrap_or_default();
        let length = self.over(fault, Moved::Length, ranged).map(|over| format!(" for {over}"));
        let length = length.unwrap_or_default();
        let Occasion::World { nth } = fault.occasion else { return fault.to_string() };
        if fault.site == Site::Incident {
            let what = self.bug.scenario.datastore.incidents.get(nth as usize - 1);
            let what = what.map(|incident| incident.what()).unwrap_or_default();
            return format!("incident {nth} ({what}) is on{length}{at}");
        }
        let Some(line) = self.bug.scenario.timeline.get(nth as usize - 1) else {
            return fault.to_string();
        };
        let server = line.server;
        match line.what {
            FaultEvent::Crash => format!("s{server} is down{length} after a crash{at}"),
            FaultEvent::Pause => format!("s{server} is paused{length}{at}"),
            FaultEvent::Shutdown => format!("s{server} is shut down{length}{at}"),
            FaultEvent::Restart => format!("s{server} is restarted{length}{at}"),
            FaultEvent::Boot => format!("s{server} boots{at}"),
            FaultEvent::OutOfMemory => {
                let how = match line.closes {
                    Some(true) => "closes, and is",
                    Some(false) => "is at once",
                    None => "is",
                };
                format!("s{server} is out of memory{at}, and {how} gone{length}")
            }
            FaultEvent::Partition => {
                let what = match line.way.unwrap_or(Direction::Both) {
                    Direction::Both => "cut off from messages",
                    Direction::Inbound => "inbound",
                    Direction::Outbound => "outbound",
                };
                format!("s{server} is {what}{length}{at}")
            }
            FaultEvent::Step => {
                let by = self.over(fault, Moved::Shift, ranged).map(|by| format!(" by {by}"));
                format!("the clock of s{server} is set{}{at}", by.unwrap_or_default())
            }
        }
    }

    /// What is known of a fault beside the sentence: whether it is needed, and when it may begin.
    pub fn note(&self, fault: Fault) -> String {
        let mut text = match self.needed.contains(&fault) {
            true => "needed".to_owned(),
            false => "not shown to be needed".to_owned(),
        };
        for interval in self.intervals.iter().filter(|interval| interval.fault == fault) {
            let what = match interval.moved {
                Moved::Start => "may begin at",
                Moved::Length => "may last",
                Moved::Shift => "may be",
            };
            let _ = write!(text, "; {what} {}", interval.range());
        }
        text
    }

    fn is(&self, fault: Fault, moved: Moved) -> Option<String> {
        time(&self.bug.scenario, fault, moved).map(|us| exact(moved, us))
    }

    fn over(&self, fault: Fault, moved: Moved, ranged: bool) -> Option<String> {
        let of = |known: &&Interval| ranged && known.fault == fault && known.moved == moved;
        match self.intervals.iter().find(of) {
            // It does not matter.
            Some(one) if one.least.1.is_last() && one.most.1.is_last() => None,
            Some(interval) => Some(interval.range()),
            None => self.is(fault, moved),
        }
    }
}

impl Edge {
    /// Whether nothing was tried beyond it.
    fn is_last(self) -> bool {
        matches!(self, Edge::Limit | Edge::Invalid)
    }
}

impl Interval {
    /// From where to where it was seen to fail: `9.1s to 14.8s`, `9.1s or more`.
    pub fn range(&self) -> String {
        let ((least, below), (most, above)) = (self.least, self.most);
        let [from, to] = [least, most].map(|us| exact(self.moved, us));
        let mut text = match (below, above) {
            _ if least == most => to,
            _ if below.is_last() && above.is_last() => {
                format!("{from} to {to}, all that was tried")
            }
            _ if above.is_last() => format!("{from} or more (tried up to {to})"),
            (Edge::Limit, _) => format!("{to} or less"),
            _ => format!("{from} to {to}"),
        };
        if self.is_cut_short() {
            text.push_str(" at least");
        }
        text
    }
}

/// A time as a scenario has it.
fn exact(moved: Moved, us: i64) -> String {
    match moved {
        Moved::Start | Moved::Length => Span(Duration::from_micros(us.unsigned_abs())).to_string(),
        Moved::Shift => Shift::of_us(us).to_string(),
    }
}
