//! Counts per bin of virtual time: every track of a dataset's series, in one flat table.

use leasehold_data::{Series, track};

/// The largest number of bins in a series.
const BINS: u64 = 240;

/// Widths that a bin may have, in seconds: whole parts of a minute or an hour.
const WIDTHS: [u64; 14] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600];

/// What is counted. The discriminant is the row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Track {
    Overlap,
    Acquire,
    Save,
    Renew,
    Release,
    Other,
    Retry,
    Failed,
    ShortCircuited,
    Sent,
    Challenges,
    ChallengesAnswered,
    Delivered,
    Lost,
    Duplicated,
    Stopped,
    NoSubscriber,
}

/// The names of the tracks, in the order of [`Track`].
const NAMES: [&str; 17] = [
    track::DOUBLE_OWNERSHIP,
    track::ACQUIRE,
    track::SAVE,
    track::RENEW,
    track::RELEASE,
    track::OTHER,
    track::RETRY,
    track::FAILED,
    track::SHORT_CIRCUITED,
    track::MESSAGES_SENT,
    track::CHALLENGES,
    track::CHALLENGES_ANSWERED,
    track::MESSAGES_DELIVERED,
    track::MESSAGES_LOST,
    track::MESSAGES_DUPLICATED,
    track::MESSAGES_STOPPED,
    track::MESSAGES_NO_SUBSCRIBER,
];

/// How virtual time is cut into bins.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Grid {
    pub(crate) bin_us: u64,
    pub(crate) bins: usize,
}

impl Grid {
    pub(crate) fn new(duration_us: u64) -> Grid {
        let seconds = duration_us.div_ceil(1_000_000);
        let hours = seconds.div_ceil(BINS).div_ceil(3_600).max(1) * 3_600;
        let width = WIDTHS.into_iter().find(|width| seconds <= width * BINS).unwrap_or(hours);
        let bins = seconds.div_ceil(width).max(1) as usize;
        Grid { bin_us: width * 1_000_000, bins }
    }

    /// When a bin is over. The last one never is: what happens at the very end is in it.
    pub(crate) fn end(&self, bin: usize) -> u64 {
        if bin + 1 < self.bins { (bin as u64 + 1) * self.bin_us } else { u64::MAX }
    }

    /// The bin of a moment; what happens at the very end is in the last one.
    pub(crate) fn bin(&self, at_us: u64) -> usize {
        ((at_us / self.bin_us) as usize).min(self.bins - 1)
    }
}

/// All counts.
pub(crate) struct Tracks {
    grid: Grid,
    counts: Vec<u64>,
}

impl Tracks {
    pub(crate) fn new(grid: Grid) -> Tracks {
        Tracks { grid, counts: vec![0; NAMES.len() * grid.bins] }
    }

    /// Counts one in a bin.
    pub(crate) fn count(&mut self, track: Track, bin: usize) {
        self.counts[track as usize * self.grid.bins + bin] += 1;
    }

    pub(crate) fn rows(&self) -> Series {
        let counts = self.counts.chunks(self.grid.bins);
        let named = NAMES.iter().zip(counts);
        let tracks = named.map(|(name, counts)| ((*name).to_owned(), counts.to_vec())).collect();
        Series { bin_us: self.grid.bin_us, tracks }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_whole_seconds_and_at_most_240_whatever_the_length() {
        for (seconds, bin, bins) in
            [(1, 1, 1), (90, 1, 90), (600, 5, 120), (3_600, 15, 240), (10_801, 60, 181)]
        {
            let grid = Grid::new(seconds * 1_000_000);
            assert_eq!((grid.bin_us / 1_000_000, grid.bins), (bin, bins), "{seconds} s");
        }
        assert!(Grid::new(366 * 86_400_000_000).bins <= 240);
    }

    #[test]
    fn what_happens_at_the_very_end_is_in_the_last_bin() {
        assert_eq!(Grid::new(10_000_000).bin(10_000_000), 9);
    }

    #[test]
    fn each_track_has_its_own_name_and_counts() {
        let mut tracks = Tracks::new(Grid::new(3_000_000));
        tracks.count(Track::Overlap, 0);
        tracks.count(Track::ShortCircuited, 1);
        tracks.count(Track::NoSubscriber, 2);
        let rows = tracks.rows().tracks;
        assert_eq!(rows.len(), NAMES.len());
        assert_eq!(rows[track::DOUBLE_OWNERSHIP], [1, 0, 0]);
        assert_eq!(rows[track::SHORT_CIRCUITED], [0, 1, 0]);
        assert_eq!(rows[track::MESSAGES_NO_SUBSCRIBER], [0, 0, 1]);
        assert_eq!(rows.values().flatten().sum::<u64>(), 3);
    }
}
