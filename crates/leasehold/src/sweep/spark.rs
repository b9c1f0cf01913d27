//! Numbers as a row of bars, as high as they are between the least and the largest of them.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each number; nothing if there is none.
pub(super) fn spark(values: &[f64]) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bar = |value: &f64| {
        let share = if most > least { (value - least) / (most - least) } else { 0.0 };
        BARS[((share * BARS.len() as f64) as usize).min(BARS.len() - 1)]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_is_the_lowest_bar_and_the_largest_the_highest() {
        assert_eq!(spark(&[0.0, 10.0, 5.0]), "▁█▅");
        assert_eq!(spark(&[7.0, 7.0]), "▁▁");
        assert_eq!(spark(&[]), "");
    }
}
