//! How long session starts take, by how they end: one histogram for each outcome.

use super::histogram::{Histogram, THREE_DIGITS};
use crate::cause::Cause;
use crate::rows::Rows;
use crate::schedule::Moment;
use crate::step::Step;
use leasehold_data::{GRANTED, Quantiles, Reached, StartTimes};

/// Points of a curve, at most. A page is not much finer than that.
const POINTS: u64 = 160;

/// How long starts took: to three digits, but for the longest, which is exact.
type Times = Histogram<THREE_DIGITS>;

#[derive(Default)]
pub(crate) struct Curves {
    /// When each visit asked for its session, while it has no answer.
    asked: Rows<Option<Moment>>,
    /// Visits that came to an end without one.
    unanswered: u64,
    granted: Times,
    /// The protocol knows a handful of reasons, so they are searched, not looked up.
    refused: Vec<(&'static str, Times)>,
}

impl Curves {
    pub(crate) fn asked(&mut self, step: &Step) {
        if let Some(visit) = step.visit {
            *self.asked.of(visit) = Some(step.at);
        }
    }

    pub(crate) fn granted(&mut self, step: &Step, latency_us: u64) {
        self.granted.add(latency_us);
        self.answered(step);
    }

    /// A session came to its end.
    pub(crate) fn ended(&mut self, step: &Step) {
        self.unanswered += u64::from(self.answered(step).is_some());
    }

    /// A visit waits no longer: since when it did.
    fn answered(&mut self, step: &Step) -> Option<Moment> {
        self.asked.of(step.visit?).take()
    }

    /// What was answered so far does not count; who waits goes on waiting.
    pub(crate) fn begin(&mut self) {
        self.unanswered = 0;
        self.granted = Times::default();
        self.refused.clear();
    }

    /// Starts without an answer so far, whether or not one can still come.
    pub(crate) fn pending(&self) -> u64 {
        let waiting = self.asked.iter().filter(|(_, asked)| asked.is_some());
        self.unanswered + waiting.count() as u64
    }

    pub(crate) fn refused(&mut self, step: &Step, reason: &'static Cause) {
        let Some(asked) = self.answered(step) else { return };
        let latency_us = step.at.since(asked);
        let place = self.refused.iter().position(|(known, _)| *known == reason.name);
        let place = place.unwrap_or_else(|| {
            self.refused.push((reason.name, Times::default()));
            self.refused.len() - 1
        });
        self.refused[place].1.add(latency_us);
    }

    /// How many starts were successful.
    pub(crate) fn count(&self) -> u64 {
        self.granted.count()
    }

    /// The distribution over the successful starts; nothing if there was none.
    pub(crate) fn quantiles(&self) -> Option<Quantiles> {
        (self.count() > 0).then(|| Quantiles {
            count: self.count(),
            p50_us: self.granted.within(50),
            p90_us: self.granted.within(90),
            p99_us: self.granted.within(99),
            max_us: self.granted.longest_us(),
        })
    }

    pub(crate) fn rows(&self) -> Vec<StartTimes> {
        let refused = self.refused.iter().filter(|(_, times)| times.count() > 0);
        let mut refused: Vec<_> = refused.collect();
        refused.sort_unstable_by_key(|(reason, _)| *reason);
        let granted = (self.count() > 0).then_some((GRANTED, &self.granted));
        let refused = refused.into_iter().map(|(reason, times)| (*reason, times));
        granted.into_iter().chain(refused).map(|(outcome, times)| row(outcome, times)).collect()
    }
}

/// The curve of one outcome: a point at the fastest start, at each further 160th of them, and at
/// the slowest.
fn row(outcome: &str, times: &Times) -> StartTimes {
    let count = times.count();
    let mut points = Vec::new();
    let mut due = 0;
    for (within_us, starts) in times.rows() {
        if starts * POINTS >= due * count {
            points.push(Reached { within_us, starts });
            due = starts * POINTS / count + 1;
        }
    }
    StartTimes { outcome: outcome.to_owned(), count, points }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::Class;
    use crate::ids::VisitId;
    use crate::step::Fact;

    fn step(us: u64, visit: u32, fact: Fact) -> Step {
        let visit = Some(VisitId::new(visit));
        Step { at: Moment::from_micros(us), server: None, visit, key: None, fact }
    }

    static LATE: Cause = Cause::new("late", Class::TimedOut, "");
    static HELD: Cause = Cause::new("held", Class::Held, "");

    #[test]
    fn a_curve_goes_from_the_fastest_start_to_the_slowest_in_few_points() {
        let mut curves = Curves::default();
        (1..=10_000).for_each(|ms| curves.granted(&step(ms, 0, Fact::Asked), ms * 1_000));
        let rows = curves.rows();
        let points = &rows[0].points;
        assert!((100..=POINTS as usize + 2).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0].starts, 1);
        assert_eq!(*points.last().unwrap(), Reached { within_us: 10_000_000, starts: 10_000 });
        assert!(points.is_sorted_by(|one, two| one.within_us < two.within_us));
        // Each point tells the truth to a thousandth, which is how exact the histogram is.
        let exact = |p: &Reached| (p.within_us as f64 / 1e3 - p.starts as f64).abs() / 1e1;
        assert!(points.iter().all(|p| exact(p) <= p.starts as f64 / 1e3 + 1.0));
    }

    #[test]
    fn refusals_are_told_apart_and_timed_from_when_their_own_visit_asked() {
        let mut curves = Curves::default();
        for (visit, asked, refused, reason) in
            [(0, 10, 30, &LATE), (5, 12, 13, &HELD), (0, 40, 47, &HELD)]
        {
            curves.asked(&step(asked, visit, Fact::Asked));
            curves.refused(&step(refused, visit, Fact::Rejected { reason }), reason);
        }
        let rows = curves.rows();
        let ends = rows.iter().map(|row| (row.outcome.as_str(), row.points.last().unwrap()));
        let ends: Vec<_> = ends.map(|(name, end)| (name, end.starts, end.within_us)).collect();
        assert_eq!(ends, [("held", 2, 7), ("late", 1, 20)]);
    }

    #[test]
    fn a_start_is_pending_until_it_is_answered_and_for_good_if_its_session_ends_first() {
        let mut curves = Curves::default();
        for visit in 0..4 {
            curves.asked(&step(10, visit, Fact::Asked));
        }
        let ended = Fact::Ended { how: &crate::cause::CRASH, saved: false };
        curves.granted(&step(20, 0, Fact::Asked), 10);
        curves.refused(&step(20, 1, Fact::Rejected { reason: &HELD }), &HELD);
        assert_eq!(curves.pending(), 2);
        (0..3).for_each(|visit| curves.ended(&step(30, visit, ended)));
        assert_eq!(curves.pending(), 2, "one has ended unanswered, one still waits");
        curves.asked(&step(40, 2, Fact::Asked));
        assert_eq!(curves.pending(), 3);
    }
}
