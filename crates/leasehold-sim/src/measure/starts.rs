//! Session starts: those without an answer, and how long the granted ones took.

use super::histogram::{Histogram, THREE_DIGITS};
use crate::rows::Rows;
use crate::step::Step;
use leasehold_data::Quantiles;

#[derive(Default)]
pub(crate) struct StartTimes {
    /// Visits that have asked for a session and have no answer.
    open: Rows<bool>,
    /// Visits that came to an end without one.
    unanswered: u64,
    granted: Histogram<THREE_DIGITS>,
}

impl StartTimes {
    pub(crate) fn asked(&mut self, step: &Step) {
        if let Some(visit) = step.visit {
            *self.open.of(visit) = true;
        }
    }

    pub(crate) fn granted(&mut self, step: &Step, latency_us: u64) {
        self.granted.add(latency_us);
        self.answered(step);
    }

    /// A visit waits no longer: whether it did.
    pub(crate) fn answered(&mut self, step: &Step) -> bool {
        step.visit.is_some_and(|visit| std::mem::take(self.open.of(visit)))
    }

    /// A session came to its end.
    pub(crate) fn ended(&mut self, step: &Step) {
        self.unanswered += u64::from(self.answered(step));
    }

    /// What was answered so far does not count; who waits goes on waiting.
    pub(crate) fn begin(&mut self) {
        self.unanswered = 0;
        self.granted = Histogram::default();
    }

    /// Starts without an answer so far, whether or not one can still come.
    pub(crate) fn pending(&self) -> u64 {
        self.unanswered + self.open.iter().filter(|(_, open)| **open).count() as u64
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::VisitId;
    use crate::schedule::Moment;
    use crate::step::Fact;

    fn step(us: u64, visit: u32, fact: Fact) -> Step {
        let visit = Some(VisitId::new(visit));
        Step { at: Moment::from_micros(us), server: None, visit, key: None, fact }
    }

    #[test]
    fn a_start_is_pending_until_it_is_answered_and_for_good_if_its_session_ends_first() {
        let mut starts = StartTimes::default();
        for visit in 0..4 {
            starts.asked(&step(10, visit, Fact::Asked));
        }
        let ended = Fact::Ended { how: &crate::cause::CRASH, saved: false };
        starts.granted(&step(20, 0, Fact::Asked), 10);
        assert!(starts.answered(&step(20, 1, Fact::Asked)), "it is rejected");
        assert_eq!(starts.pending(), 2);
        (0..3).for_each(|visit| starts.ended(&step(30, visit, ended)));
        assert_eq!(starts.pending(), 2, "one has ended unanswered, one still waits");
        starts.asked(&step(40, 2, Fact::Asked));
        assert_eq!(starts.pending(), 3);
    }
}
