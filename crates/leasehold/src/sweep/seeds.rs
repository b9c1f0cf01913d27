//! Which seeds a sweep runs: a range, or every so-many-th of it.
//!
//! ```text
//!   --seeds 10..19             10 11 12 13 14 15 16 17 18 19
//!   --seeds 10..19 --shard 2/4    11          15          19
//! ```

use leasehold_data::Shard;

/// The most seeds of a sweep: sums of squares of all that is counted stay within 128 bits.
pub(crate) const SEEDS_MAX: u64 = u32::MAX as u64;

/// A range of seeds, both ends included; not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Range {
    pub(crate) fn count(self) -> u64 {
        self.last - self.first + 1
    }
}

/// What stands after `--seeds`.
pub(crate) fn range(text: &str) -> Result<Range, String> {
    let (first, last) = text.split_once("..").ok_or("it looks like 1..1000, both included")?;
    let seed = |text: &str| {
        let seed = text.parse().ok().filter(|seed| i64::try_from(*seed).is_ok());
        seed.ok_or_else(|| format!("{text:?} is no seed: a whole number, 0 to 2^63 - 1"))
    };
    let range = Range { first: seed(first)?, last: seed(last)? };
    if range.last < range.first {
        return Err("the last seed comes before the first".to_owned());
    }
    if range.last - range.first >= SEEDS_MAX {
        return Err(format!("a sweep has at most {SEEDS_MAX} seeds"));
    }
    Ok(range)
}

/// What stands after `--shard`.
pub(crate) fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(nth, of)| {
        let shard = Shard { nth: nth.parse().ok()?, of: of.parse().ok()? };
        (1..=shard.of).contains(&shard.nth).then_some(shard)
    });
    parts.ok_or_else(|| "it looks like 2/4, the second of four; they are counted from 1".to_owned())
}

/// The seeds of one part of a sweep, each with a place: 0, 1, 2, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seeds {
    range: Range,
    shard: Shard,
}

impl Seeds {
    /// There must not be more parts than seeds.
    pub(crate) fn new(range: Range, shard: Shard) -> Seeds {
        assert!((1..=range.count()).contains(&shard.nth), "a part has seeds");
        Seeds { range, shard }
    }

    pub(crate) fn count(self) -> u64 {
        (self.range.count() - self.shard.nth) / self.shard.of + 1
    }

    /// The seed at a place.
    pub(crate) fn at(self, place: u64) -> u64 {
        self.range.first + self.shard.nth - 1 + place * self.shard.of
    }

    /// The place of a seed, if it is one of these.
    pub(crate) fn place(self, seed: u64) -> Option<u64> {
        let beyond = seed.checked_sub(self.at(0))?;
        let (place, rest) = (beyond / self.shard.of, beyond % self.shard.of);
        (rest == 0 && place < self.count()).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_range_have_each_of_its_seeds_once() {
        let range = range("10..19").expect("a range");
        for of in 1..=10 {
            let mut all = Vec::new();
            for nth in 1..=of {
                let seeds = Seeds::new(range, Shard { nth, of });
                for place in 0..seeds.count() {
                    assert_eq!(seeds.place(seeds.at(place)), Some(place));
                    all.push(seeds.at(place));
                }
                assert_eq!(seeds.place(seeds.at(seeds.count())), None, "beyond the last");
                assert_eq!((seeds.place(9), seeds.place(u64::MAX)), (None, None));
            }
            all.sort_unstable();
            assert_eq!(all, (10..=19).collect::<Vec<u64>>(), "{of} parts");
        }
    }

    #[test]
    fn what_is_no_range_and_no_part_is_told() {
        for bad in ["", "7", "7..", "..7", "9..7", "1..x", "-1..4", "1..9223372036854775808"] {
            assert!(range(bad).is_err(), "{bad}");
        }
        assert!(range("0..4294967295").is_err(), "one too many");
        assert_eq!(range("7..7"), Ok(Range { first: 7, last: 7 }));
        for bad in ["", "2", "0/4", "5/4", "1/0", "a/b", "1/"] {
            assert!(shard(bad).is_err(), "{bad}");
        }
        assert_eq!(shard("4/4"), Ok(Shard { nth: 4, of: 4 }));
    }
}
