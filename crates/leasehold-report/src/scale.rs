//! Axes with round numbers: time in the unit that fits the run, amounts in steps of 1, 2 or 5.

use crate::chart::{Axis, Scale, Tick};
use leasehold_data::{Interval, numbers};

/// The unit that a run's time is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    /// For runs up to three minutes.
    Second,
    /// For runs up to three hours.
    Minute,
    /// For longer ones.
    Hour,
}

impl TimeUnit {
    /// The unit in which a run of this length needs neither many digits nor many fractions.
    pub(crate) fn fit(duration_us: u64) -> TimeUnit {
        match duration_us {
            0..=180_000_000 => TimeUnit::Second,
            180_000_001..=10_800_000_000 => TimeUnit::Minute,
            _ => TimeUnit::Hour,
        }
    }

    /// Its length.
    pub(crate) fn us(self) -> u64 {
        match self {
            TimeUnit::Second => 1_000_000,
            TimeUnit::Minute => 60_000_000,
            TimeUnit::Hour => 3_600_000_000,
        }
    }

    /// A time in this unit.
    pub(crate) fn of(self, us: u64) -> f64 {
        us as f64 / self.us() as f64
    }

    fn plural(self) -> &'static str {
        match self {
            TimeUnit::Second => "seconds",
            TimeUnit::Minute => "minutes",
            TimeUnit::Hour => "hours",
        }
    }

    /// The steps that a clock's reader expects, ascending; beyond them 1, 2 and 5 go on.
    fn steps(self) -> &'static [f64] {
        match self {
            TimeUnit::Second | TimeUnit::Minute => &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0],
            TimeUnit::Hour => &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0],
        }
    }
}

/// The stretch of virtual time that a chart shows: a whole run, or a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// When it begins.
    pub(crate) from_us: u64,
    /// When it ends.
    pub(crate) to_us: u64,
    /// What positions on its axis are counted in, from its beginning.
    unit: TimeUnit,
    whole: bool,
}

impl Window {
    /// A run from its beginning.
    pub(crate) fn whole(end_us: u64) -> Window {
        Window { from_us: 0, to_us: end_us, unit: TimeUnit::fit(end_us), whole: true }
    }

    /// A part of a run. Its axis is labelled like a clock, so that times can be found elsewhere.
    pub(crate) fn part(from_us: u64, to_us: u64) -> Window {
        Window { from_us, to_us, unit: TimeUnit::Second, whole: false }
    }

    /// Whether any time of an interval is in the window.
    pub(crate) fn meets(&self, during: &Interval) -> bool {
        during.from_us <= self.to_us && during.to_us >= self.from_us
    }

    /// Where a moment is on the axis. One outside is at its edge.
    pub(crate) fn at(&self, us: u64) -> f64 {
        self.unit.of(us.clamp(self.from_us, self.to_us.max(self.from_us)) - self.from_us)
    }

    /// `12.5 min`; within a part of a run `12:30`, as on its axis.
    pub(crate) fn say(&self, us: u64) -> String {
        if self.whole { numbers::time(us) } else { clock(us) }
    }

    /// The horizontal axis.
    pub(crate) fn axis(&self) -> Axis {
        if self.whole {
            return time_axis(self.to_us);
        }
        let max = self.unit.of((self.to_us - self.from_us).max(1));
        let usual = CLOCK_STEPS.into_iter().find(|step| max / *step as f64 <= TIME_STEPS_MAX);
        let step_us = usual.unwrap_or(3_600 * (max / 36_000.0).ceil() as u64) * 1_000_000;
        let first = self.from_us.div_ceil(step_us);
        let marks = (first..=self.to_us / step_us).map(|nth| nth * step_us);
        let ticks = marks.map(|us| Tick { at: self.at(us), label: clock(us) }).collect();
        let scale = Scale::Linear { from: self.unit.of(self.from_us) };
        Axis { label: "virtual time, min:s".to_owned(), max, ticks, lanes: false, scale }
    }
}

/// Steps of a clock's axis, in seconds.
const CLOCK_STEPS: [u64; 13] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1_200, 1_800];

/// `12:30`: minutes, however many, and seconds.
pub(crate) fn clock(us: u64) -> String {
    let seconds = us / 1_000_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Positions are values.
pub(crate) const PLAIN: Scale = Scale::Linear { from: 0.0 };

/// The most powers of ten that an axis has with 1, 2 and 5 in each; beyond, each has one label.
const DECADES_MAX: u32 = 5;

/// Times from `least_us` to `most_us`, in seconds, on a logarithmic axis; and where it begins.
/// Positions on it are powers of ten from there.
pub(crate) fn log_axis(label: String, least_us: u64, most_us: u64) -> (Axis, f64) {
    let [least, most] = [least_us, most_us].map(|us| us.max(1) as f64 / 1e6);
    let (axis, begin) = log_amount_axis(label, (least, most));
    (axis, begin * 1e6)
}

/// Amounts above zero on a logarithmic axis, and where it begins.
pub(crate) fn log_amount_axis(label: String, (least, most): (f64, f64)) -> (Axis, f64) {
    let most = most.max(least);
    // A hair's breadth of tolerance, as everywhere where logarithms should be whole.
    let (low, high) = ((least.log10() + 1e-9).floor() as i32, (most.log10() - 1e-9).ceil() as i32);
    let all: &[f64] = if high.abs_diff(low) <= DECADES_MAX { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let values = (low..=high).flat_map(|power| all.iter().map(move |n| n * 10f64.powi(power)));
    let values: Vec<f64> = values.collect();
    let last_below = values.iter().rev().find(|value| **value <= least * (1.0 + 1e-9));
    let begin = *last_below.unwrap_or(&values[0]);
    let above = |value: &&f64| **value > begin && **value >= most * (1.0 - 1e-9);
    let end = *values.iter().find(above).unwrap_or(&(begin * 10.0));
    let shown = values.iter().filter(|value| (begin..=end).contains(*value));
    let tick = |value: &f64| Tick { at: (value / begin).log10(), label: numbers::number(*value) };
    let max = (end / begin).log10();
    let (ticks, scale) = (shown.map(tick).collect(), Scale::Log { from: begin });
    (Axis { label, max, ticks, lanes: false, scale }, begin)
}

/// How much of an axis a label needs.
const LABEL: f64 = 0.055;

/// Amounts from zero on, on a logarithmic axis: below `unit` it is nearly linear, so that zero has
/// a place. `text` says a value.
pub(crate) fn log_of_more_axis(
    label: String,
    (unit, most): (f64, f64),
    text: impl Fn(f64) -> String,
) -> Axis {
    let scale = Scale::LogOfMore { unit };
    let most = most.max(unit);
    let powers = ((most / unit).log10() - 1e-9).ceil().max(1.0) as i32;
    // More labels than some nine crowd the axis.
    let all: &[f64] = if powers <= 3 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let values = (0..=powers).step_by((powers as usize).div_ceil(8));
    let values = values.flat_map(|power| all.iter().map(move |n| n * unit * 10f64.powi(power)));
    let values: Vec<f64> = std::iter::once(0.0).chain(values).collect();
    let end = values.iter().find(|value| **value >= most * (1.0 - 1e-9)).copied().unwrap_or(most);
    let max = scale.position(end);
    let mut ticks: Vec<Tick> = Vec::new();
    for value in values.into_iter().filter(|value| *value <= end) {
        let at = scale.position(value);
        // Where labels would meet, the first has the place.
        if ticks.last().is_none_or(|last| at - last.at >= max * LABEL) {
            ticks.push(Tick { at, label: text(value) });
        }
    }
    Axis { label, max, ticks, lanes: false, scale }
}

/// Amounts on both sides of zero, with round numbers; zero is always on it.
pub(crate) fn signed_axis(label: String, (least, most): (f64, f64)) -> Axis {
    let (least, most) = (least.min(0.0), most.max(0.0));
    let span = if most > least { most - least } else { 1.0 };
    let step = round_step(span, AMOUNT_STEPS_MAX + 2.0);
    let (low, high) = ((least / step).floor(), (most / step).ceil());
    let high = if high > low { high } else { span / step };
    let scale = Scale::Linear { from: low * step };
    let tick = |nth: i32| {
        let value = f64::from(nth) * step;
        let sign = if nth < 0 { "-" } else { "" };
        let text = numbers::scaled(value.abs(), low.abs().max(high) * step);
        Tick { at: scale.position(value), label: format!("{sign}{text}") }
    };
    let ticks = (low as i32..=high as i32).map(tick).collect();
    Axis { label, max: (high - low) * step, ticks, lanes: false, scale }
}

/// The unit of time in which a rate is a number that one would say: its length, and its words.
pub(crate) fn rate_unit(per_second: f64) -> (u64, &'static str) {
    let enough = |(us, _): &&(u64, &str)| per_second * (us / RATES[0].0) as f64 >= RATE_MIN;
    *RATES.iter().find(enough).filter(|_| per_second > 0.0).unwrap_or(&RATES[0])
}

/// Units of time for a rate, the shortest first: the first in which the highest rate reaches
/// [`RATE_MIN`] is used.
const RATES: [(u64, &str); 3] =
    [(1_000_000, "per second"), (60_000_000, "per minute"), (3_600_000_000, "per hour")];

/// A highest rate below this reads better per longer unit.
const RATE_MIN: f64 = 0.5;

/// Named lanes, the first on top.
pub(crate) fn lane_axis(label: String, names: impl ExactSizeIterator<Item = String>) -> Axis {
    let lanes = names.len();
    let tick = |(nth, label)| Tick { at: lane(nth, lanes), label };
    Axis {
        label,
        max: lanes.max(1) as f64,
        ticks: names.enumerate().map(tick).collect(),
        lanes: true,
        scale: PLAIN,
    }
}

/// The middle of a lane.
pub(crate) fn lane(nth: usize, lanes: usize) -> f64 {
    (lanes - nth) as f64 - 0.5
}

/// More labels than this crowd a time axis.
const TIME_STEPS_MAX: f64 = 10.0;

/// More grid lines than this crowd the plot.
const AMOUNT_STEPS_MAX: f64 = 6.0;

/// Virtual time from zero to `end_us`.
pub(crate) fn time_axis(end_us: u64) -> Axis {
    let unit = TimeUnit::fit(end_us);
    let max = unit.of(end_us.max(1));
    let clock = unit.steps().iter().copied();
    let usual = clock.filter(|_| max >= 3.0).find(|step| max / step <= TIME_STEPS_MAX);
    let step = usual.unwrap_or_else(|| round_step(max, TIME_STEPS_MAX));
    let label = format!("virtual time, {}", unit.plural());
    let ticks = ticks(step, (max / step).floor(), max);
    Axis { label, max, ticks, lanes: false, scale: PLAIN }
}

/// An amount from zero to the first round number that is not below `max`. `whole`: only whole
/// numbers make sense.
pub(crate) fn amount_axis(label: String, max: f64, whole: bool) -> Axis {
    let max = if max > 0.0 { max } else { 1.0 };
    let step = round_step(max, AMOUNT_STEPS_MAX);
    let step = if whole { step.max(1.0) } else { step };
    let steps = (max / step).ceil();
    let max = steps * step;
    Axis { label, max, ticks: ticks(step, steps, max), lanes: false, scale: PLAIN }
}

/// The smallest 1, 2 or 5 times a power of ten that cuts `max` into at most `steps_max` steps.
fn round_step(max: f64, steps_max: f64) -> f64 {
    let mut power = 1e-9;
    loop {
        for step in [power, 2.0 * power, 5.0 * power] {
            // A hair's breadth of tolerance: 0.6 / 0.1 is a little more than 6.
            if max / step <= steps_max * (1.0 + 1e-9) {
                return tidy(step);
            }
        }
        power *= 10.0;
    }
}

/// Without the dust that repeated multiplication leaves behind.
fn tidy(step: f64) -> f64 {
    if step < 1.0 { (step * 1e9).round() / 1e9 } else { step.round() }
}

fn ticks(step: f64, steps: f64, max: f64) -> Vec<Tick> {
    let tick = |i: u32| {
        let at = f64::from(i) * step;
        Tick { at, label: numbers::scaled(at, max) }
    };
    (0..=steps as u32).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> String {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn time_is_told_in_the_unit_that_fits_with_round_steps() {
        for (us, label, ticks) in [
            (
                500_000,
                "seconds",
                "0 | 0.05 | 0.1 | 0.15 | 0.2 | 0.25 | 0.3 | 0.35 | 0.4 | 0.45 | 0.5",
            ),
            (90_000_000, "seconds", "0 | 10 | 20 | 30 | 40 | 50 | 60 | 70 | 80 | 90"),
            (3_600_000_000, "minutes", "0 | 10 | 20 | 30 | 40 | 50 | 60"),
            (10_800_000_000, "minutes", "0 | 20 | 40 | 60 | 80 | 100 | 120 | 140 | 160 | 180"),
            (86_400_000_000, "hours", "0 | 3 | 6 | 9 | 12 | 15 | 18 | 21 | 24"),
            (
                3_600_000_000_000,
                "hours",
                "0 | 100 | 200 | 300 | 400 | 500 | 600 | 700 | 800 | 900 | 1,000",
            ),
        ] {
            let axis = time_axis(us);
            assert_eq!(axis.label, format!("virtual time, {label}"));
            assert_eq!(labels(&axis), ticks);
        }
    }

    #[test]
    fn a_logarithm_can_have_a_zero_and_a_difference_two_sides() {
        let axis = log_of_more_axis("lost".to_owned(), (1.0, 400.0), numbers::number);
        assert_eq!(labels(&axis), "0 | 1 | 2 | 5 | 10 | 20 | 50 | 100 | 200 | 500");
        let wide = log_of_more_axis("lost".to_owned(), (1.0, 40_000.0), numbers::number);
        assert_eq!(labels(&wide), "0 | 1 | 10 | 100 | 1,000 | 10,000 | 100,000");
        for value in [0.0, 0.5, 7.0, 400.0] {
            let position = axis.scale.position(value);
            assert!((axis.scale.value(position) - value).abs() < 1e-9, "{value}");
            assert!((0.0..=axis.max).contains(&position), "{value}");
        }
        let signed = signed_axis("more".to_owned(), (-6.0, 3_038.0));
        assert_eq!(
            labels(&signed),
            "-500 | 0 | 500 | 1,000 | 1,500 | 2,000 | 2,500 | 3,000 | 3,500"
        );
        assert_eq!(signed.scale.value(0.0), -500.0);
        assert_eq!(
            labels(&signed_axis("more".to_owned(), (0.0, 0.0))),
            "0 | 0.2 | 0.4 | 0.6 | 0.8 | 1"
        );
    }

    #[test]
    fn a_run_without_length_still_has_an_axis() {
        let axis = time_axis(0);
        assert!(axis.max > 0.0);
        assert!(axis.ticks.len() > 1);
    }

    #[test]
    fn amounts_end_at_the_first_round_number_that_holds_the_highest() {
        for (max, whole, ticks) in [
            (0.0, true, "0 | 1"),
            (1.0, true, "0 | 1"),
            (0.6, false, "0 | 0.1 | 0.2 | 0.3 | 0.4 | 0.5 | 0.6"),
            (3.0, true, "0 | 1 | 2 | 3"),
            (7.0, true, "0 | 2 | 4 | 6 | 8"),
            (2_300.0, false, "0 | 500 | 1,000 | 1,500 | 2,000 | 2,500"),
            (
                2_500_000.0,
                true,
                "0 | 0.5 million | 1 million | 1.5 million | 2 million | 2.5 million",
            ),
            (
                2_500_000_000.0,
                true,
                "0 | 0.5 billion | 1 billion | 1.5 billion | 2 billion | 2.5 billion",
            ),
            (
                3e15,
                true,
                "0 | 500 trillion | 1,000 trillion | 1,500 trillion | 2,000 trillion \
                          | 2,500 trillion | 3,000 trillion",
            ),
        ] {
            let axis = amount_axis("calls".to_owned(), max, whole);
            assert_eq!(labels(&axis), ticks);
            assert!(axis.max >= max);
        }
    }
}
