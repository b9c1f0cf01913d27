//! How long players take into the game, from their first attempt on, and how that ends: one
//! histogram for each way.

use super::histogram::{Histogram, THREE_DIGITS};
use crate::model::{Models, Wish};
use crate::schedule::Moment;
use crate::step::Step;
use leasehold_data::{JoinEnd, JoinTimes, Play, Reached};

/// Points of a curve, at most. A page is not much finer than that.
const POINTS: u64 = 160;

/// Of those who were let in; those who gave up took longer than any.
#[derive(Default)]
pub(super) struct Joins {
    playing: Ended,
    out_of_patience: Ended,
    /// A library knows a handful of reasons, so they are searched, not looked up.
    rejected: Vec<(&'static str, Ended)>,
}

/// Joins that ended in one way.
#[derive(Default)]
struct Ended {
    waited: Histogram<THREE_DIGITS>,
    rejected: u64,
}

impl Ended {
    fn add(&mut self, waited_us: u64, rejected: bool) {
        self.waited.add(waited_us);
        self.rejected += u64::from(rejected);
    }

    fn row(&self, end: JoinEnd) -> JoinTimes {
        let point = |(within_us, joins)| Reached { within_us, joins };
        let points = self.waited.curve(POINTS).into_iter().map(point).collect();
        JoinTimes { end, count: self.waited.count(), rejected: self.rejected, points }
    }
}

impl Joins {
    pub(super) fn on_step(&mut self, step: &Step, seen: &Models) {
        let Some(Wish { since, granted, rejected, .. }) = seen.wishes.ended() else { return };
        let ended = match rejected {
            _ if granted => &mut self.playing,
            None => &mut self.out_of_patience,
            Some(reason) => self.by_reason(reason.name),
        };
        ended.add(step.at.since(since), rejected.is_some());
    }

    fn by_reason(&mut self, reason: &'static str) -> &mut Ended {
        let place = self.rejected.iter().position(|(known, _)| *known == reason);
        let place = place.unwrap_or_else(|| {
            self.rejected.push((reason, Ended::default()));
            self.rejected.len() - 1
        });
        &mut self.rejected[place].1
    }

    /// The run is over, at this moment. Who waits then counts as not let in for as long as they
    /// have waited, and not at all beyond that: nobody knows.
    pub(super) fn play(&self, end: Moment, seen: &Models) -> Play {
        let mut waiting: Vec<u64> = seen.wishes.open().map(|wish| end.since(wish.since)).collect();
        waiting.sort_unstable();
        let longer = |us: u64| (waiting.len() - waiting.partition_point(|it| *it <= us)) as u64;
        let let_in = &self.playing.waited;
        let rejected = self.rejected.iter().map(|(_, ended)| ended);
        let gave_up = rejected.chain([&self.out_of_patience]);
        let gave_up: u64 = gave_up.map(|ended| ended.waited.count()).sum();
        let all = let_in.count() + gave_up;
        let within = |percent: u64| {
            // As many as that, of all; nothing if they are not among those who were let in.
            let rank = |us| ((all + longer(us)) * percent).div_ceil(100).max(1);
            let_in.rows().find(|(us, sum)| *sum >= rank(*us)).map(|(us, _)| us)
        };
        Play {
            in_game: let_in.count(),
            gave_up,
            waiting: waiting.len() as u64,
            p50_us: within(50),
            p90_us: within(90),
            p99_us: within(99),
            max_us: (gave_up == 0 && all > 0)
                .then(|| let_in.longest_us())
                .filter(|longest| longer(*longest) == 0),
        }
    }

    /// The run is over, at this moment: one curve for each way in which joins have ended.
    pub(super) fn rows(&self, end: Moment, seen: &Models) -> Vec<JoinTimes> {
        let mut waiting = Ended::default();
        for wish in seen.wishes.open() {
            waiting.add(end.since(wish.since), wish.rejected.is_some());
        }
        let mut rejected: Vec<_> = self.rejected.iter().collect();
        rejected.sort_unstable_by_key(|(reason, _)| *reason);
        let rejected = rejected
            .into_iter()
            .map(|(reason, ended)| ended.row(JoinEnd::Rejected((*reason).to_owned())));
        let rows = [
            self.playing.row(JoinEnd::Playing),
            self.out_of_patience.row(JoinEnd::OutOfPatience),
            waiting.row(JoinEnd::Waiting),
        ];
        rows.into_iter().chain(rejected).filter(|row| row.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::{Cause, Class};
    use crate::ids::{ServerId, VisitId};
    use crate::step::Fact;
    use leasehold_core::Key;

    static HELD: Cause = Cause::new("held", Class::Held, "");

    #[test]
    fn a_join_is_timed_from_the_first_attempt_and_told_by_how_it_ended() {
        let (mut joins, mut models) = (Joins::default(), Models::new(4, 1));
        let rejected = Fact::Rejected { reason: &HELD };
        for (seconds, key, fact) in [
            (0, 0, Fact::Asked),
            (1, 1, Fact::Asked),
            (2, 0, rejected),
            (3, 2, Fact::Asked),
            (3, 3, Fact::Asked),
            (5, 0, Fact::Asked),
            (6, 0, Fact::Playing),
            (7, 1, Fact::GaveUp),
            (8, 2, rejected),
            (8, 2, Fact::GaveUp),
        ] {
            let at = Moment::from_micros(seconds * 1_000_000);
            let (server, visit) = (Some(ServerId::new(0)), Some(VisitId::new(key)));
            let step = Step { at, server, visit, key: Some(Key(key)), fact };
            models.on_step(&step);
            joins.on_step(&step, &models);
        }
        let rows = joins.rows(Moment::from_micros(10_000_000), &models);
        let told = rows.iter().map(|JoinTimes { end, count, rejected, points }| {
            (end.clone(), *count, *rejected, points[0].within_us / 1_000_000)
        });
        let expected = [
            (JoinEnd::Playing, 1, 1, 6),
            (JoinEnd::OutOfPatience, 1, 0, 6),
            (JoinEnd::Waiting, 1, 0, 7),
            (JoinEnd::Rejected("held".to_owned()), 1, 1, 5),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        let play = joins.play(Moment::from_micros(10_000_000), &models);
        assert_eq!((play.in_game, play.gave_up, play.waiting), (1, 2, 1));
    }

    #[test]
    fn who_still_waits_is_not_in_for_as_long_as_they_have_waited() {
        let (mut joins, mut models) = (Joins::default(), Models::new(10, 1));
        let mut take = |seconds: u64, key, fact| {
            let at = Moment::from_micros(seconds * 1_000_000);
            let (server, visit) = (Some(ServerId::new(0)), Some(VisitId::new(key)));
            let step = Step { at, server, visit, key: Some(Key(key)), fact };
            models.on_step(&step);
            joins.on_step(&step, &models);
        };
        // Nine come in after a second; one, who came with them, never does.
        (0..10).for_each(|key| take(0, key, Fact::Asked));
        (0..9).for_each(|key| take(1, key, Fact::Playing));
        let times = |end| {
            let play = joins.play(Moment::from_micros(end), &models);
            [play.p50_us, play.p90_us, play.p99_us, play.max_us].map(|us| us.is_some())
        };
        assert_eq!(times(60_000_000), [true, true, false, false]);
        // Had the run ended at once, nobody would know.
        assert_eq!(times(900_000), [true; 4]);
    }
}
