//! How often something took how long, in bounded memory: to two or three digits, but for the
//! longest, which is exact.
//!
//! Durations that share their leading bits share a place, so a minute is cut as finely for its size
//! as a millisecond. Which places are in use is known, in order: so reading and emptying cost what
//! was counted, not what could have been, and every bin of a small world can be read for itself.
//!
//! ```text
//!   places   0 1 2 3 4 5 6 7 | 8  10  12  14  | 16  20  24  28  | ...   of three bits
//!   used         '-----'-------------'---------------'
//! ```

/// Two digits: 128 places for each doubling.
pub(super) const TWO_DIGITS: u32 = 8;

/// Three digits: 1,024 places for each doubling.
pub(super) const THREE_DIGITS: u32 = 11;

/// The histogram. `BITS` is how many leading bits of a duration count.
#[derive(Default)]
pub(super) struct Histogram<const BITS: u32> {
    /// By place, up to the last that was ever used.
    counts: Vec<u64>,
    /// Places whose count is not zero, in order.
    used: Vec<usize>,
    count: u64,
    longest_us: u64,
}

impl<const BITS: u32> Histogram<BITS> {
    /// Counts a duration.
    pub(super) fn add(&mut self, us: u64) {
        let place = Self::place(us);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        if self.counts[place] == 0 {
            self.used.insert(self.used.partition_point(|known| *known < place), place);
        }
        self.counts[place] += 1;
        self.count += 1;
        self.longest_us = self.longest_us.max(us);
    }

    /// Forgets all that was counted.
    pub(super) fn clear(&mut self) {
        let Histogram { counts, used, count, longest_us } = self;
        used.drain(..).for_each(|place| counts[place] = 0);
        (*count, *longest_us) = (0, 0);
    }

    /// How many were counted.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The longest, in microseconds; 0 if there is none.
    pub(super) fn longest_us(&self) -> u64 {
        self.longest_us
    }

    /// How many took at most how many microseconds: a row for each place in use, the shortest
    /// first.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut sum = 0;
        self.used.iter().map(move |place| {
            sum += self.counts[*place];
            (Self::last(*place).min(self.longest_us), sum)
        })
    }

    /// The same in fewer rows: the shortest, one for each further part of so many, and the longest.
    pub(super) fn curve(&self, parts: u64) -> Vec<(u64, u64)> {
        let mut due = 0;
        let kept = self.rows().filter(|(_, sum)| {
            let keep = sum * parts >= due * self.count;
            due = if keep { sum * parts / self.count + 1 } else { due };
            keep
        });
        kept.collect()
    }

    /// Within how many microseconds so many of a hundred were done; 0 if there is none.
    pub(super) fn within(&self, percent: u64) -> u64 {
        let done = (self.count * percent).div_ceil(100);
        self.rows().find(|(_, sum)| *sum >= done).map_or(0, |(us, _)| us)
    }

    /// Where a duration is counted.
    fn place(us: u64) -> usize {
        let shift = u64::BITS.saturating_sub(us.leading_zeros() + BITS);
        ((u64::from(shift) << (BITS - 1)) + (us >> shift)) as usize
    }

    /// The longest duration of a place.
    fn last(place: usize) -> u64 {
        let place = place as u64;
        let shift = (place >> (BITS - 1)).saturating_sub(1);
        let leading = place - (shift << (BITS - 1));
        ((leading + 1) << shift) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Two = Histogram<TWO_DIGITS>;

    #[test]
    fn every_place_is_where_its_last_duration_is_counted_and_the_next_begins_after_it() {
        let durations = (0..70_000).chain((17..48).map(|bit| (1 << bit) + 12_345));
        for us in durations {
            let (place, last) = (Two::place(us), Two::last(Two::place(us)));
            assert_eq!((Two::place(last), Two::place(last + 1)), (place, place + 1), "{us}");
            assert!((us..=us + us / 128).contains(&last), "{us} is {last} to two digits");
        }
    }

    #[test]
    fn a_curve_goes_from_the_shortest_to_the_longest_in_few_points() {
        let mut histogram = Histogram::<THREE_DIGITS>::default();
        (1..=10_000).for_each(|ms| histogram.add(ms * 1_000));
        let points = histogram.curve(160);
        assert!((100..=162).contains(&points.len()), "{}", points.len());
        assert_eq!(points[0].1, 1);
        assert_eq!(*points.last().unwrap(), (10_000_000, 10_000));
        assert!(points.is_sorted_by(|one, two| one.0 < two.0));
        // Each point tells the truth to a thousandth, which is how exact the histogram is.
        let exact = |(us, sum): &(u64, u64)| (*us as f64 / 1e3 - *sum as f64).abs() / 1e1;
        assert!(points.iter().all(|point| exact(point) <= point.1 as f64 / 1e3 + 1.0));
    }

    proptest! {
        #[test]
        fn a_share_is_done_within_what_the_durations_in_order_say_to_two_digits(
            mut durations in prop::collection::vec(
                prop_oneof![0u64..300, 0u64..100_000_000, Just(1 << 47)], 1..200,
            ),
            before in prop::collection::vec(0u64..1_000_000, 0..50),
        ) {
            let mut histogram = Two::default();
            before.into_iter().for_each(|us| histogram.add(us));
            histogram.clear();
            durations.iter().for_each(|us| histogram.add(*us));
            durations.sort_unstable();
            let (count, longest_us) = (durations.len(), durations[durations.len() - 1]);
            prop_assert_eq!(histogram.count(), count as u64);
            prop_assert_eq!(histogram.longest_us(), longest_us);
            for percent in [50, 90, 99, 100] {
                let exact = durations[(count * percent).div_ceil(100) - 1];
                let most = (exact + exact / 128).min(longest_us);
                prop_assert!((exact..=most).contains(&histogram.within(percent as u64)));
            }
            prop_assert_eq!(histogram.rows().last(), Some((longest_us, count as u64)));
        }
    }
}
