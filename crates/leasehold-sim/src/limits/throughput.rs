//! How much of one key may be read and written: so many kilobytes in any minute.
//!
//! Each request counts as whole kilobytes, and for the 60 s after it. What is remembered is a word
//! a request, for those of the last minute only: a few dozen bytes for a quiet key, and for the
//! busiest no more than it can have requests in a minute.
//!
//! ```text
//!   --1---2-------4--|--------60 s---------|     4 + 1 + 2 kB count now; the earlier ones do not
//!                    '-4-------1---------2-'now
//! ```
//!
//! Law: exact; a request goes through if it and all of the 60 s before it fit together.

use crate::schedule::Moment;
use leasehold_core::warm;
use smallvec::SmallVec;

/// The window: creator-docs, cloud-services/data-stores/error-codes-and-limits.md, as all of the
/// figures here.
const WINDOW_US: u64 = 60_000_000;

/// What may be written to a key in the window, in kB: 4 MB.
const WRITE_KB_MAX: u32 = 4 * 1_024;

/// What may be read of a key in the window, in kB: 25 MB.
const READ_KB_MAX: u32 = 25 * 1_024;

/// What a request of so many bytes counts as, in kB: rounded up. One without any still counts as
/// one (an assumption).
pub(crate) fn kilobytes(bytes: u64) -> u16 {
    u16::try_from(bytes.div_ceil(1_024).max(1)).unwrap_or(u16::MAX)
}

/// One direction of one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// When and how much, in one word: 48 and 16 bits. The oldest first.
    requests: SmallVec<[u64; 3]>,
    /// Their sum, in kB. Some of them may be old by now.
    used: u32,
}

impl Window {
    fn forget(&mut self, now: Moment) {
        let old = |word: u64| now.as_micros() >= (word >> 16) + WINDOW_US;
        let over = self.requests.iter().take_while(|word| old(**word)).count();
        if over > 0 {
            let over = self.requests.drain(..over);
            self.used -= over.map(|word| u32::from(word as u16)).sum::<u32>();
        }
    }

    fn has(&mut self, now: Moment, kb: u16, max: u32) -> bool {
        // What fits beside the old ones fits without them: mostly nothing has to be looked at.
        if self.used + u32::from(kb) > max {
            self.forget(now);
        }
        self.used + u32::from(kb) <= max
    }

    /// Adds a request, and says whether another one like it would be too much.
    fn add(&mut self, now: Moment, kb: u16, max: u32) -> bool {
        // Old ones are forgotten when there is no room left, so memory does not grow with time.
        if self.requests.len() == self.requests.capacity() {
            self.forget(now);
        }
        self.requests.push(now.as_micros() << 16 | u64::from(kb));
        self.used += u32::from(kb);
        !self.has(now, kb, max)
    }

    /// When another request as large as the last one will fit.
    fn ready(&mut self, now: Moment, max: u32) -> Moment {
        self.forget(now);
        let Some(&last) = self.requests.last() else { return now };
        let mut used = self.used + u32::from(last as u16);
        let mut at = now;
        for word in &self.requests {
            if used <= max {
                break;
            }
            used -= u32::from(*word as u16);
            at = Moment::from_micros((word >> 16) + WINDOW_US);
        }
        at
    }
}

/// Both directions of one key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Throughput {
    read: Window,
    write: Window,
}

impl Throughput {
    /// It will soon be added to.
    pub(crate) fn warm(&self) {
        for window in [&self.read, &self.write] {
            if window.requests.spilled() {
                warm::row(&window.requests, window.requests.len());
            }
        }
    }

    /// Reads so many kB, if that still fits. Says whether it does, and whether the same would not
    /// any more.
    pub(crate) fn read(&mut self, now: Moment, kb: u16) -> (bool, bool) {
        if self.read.has(now, kb, READ_KB_MAX) {
            (true, self.read.add(now, kb, READ_KB_MAX))
        } else {
            (false, true)
        }
    }

    /// Whether so many kB can be written.
    pub(crate) fn can_write(&mut self, now: Moment, kb: u16) -> bool {
        self.write.has(now, kb, WRITE_KB_MAX)
    }

    /// So many kB were written. Says whether the same would not fit any more.
    pub(crate) fn wrote(&mut self, now: Moment, kb: u16) -> bool {
        self.write.add(now, kb, WRITE_KB_MAX)
    }

    /// When the key is throttled no more, as far as its last requests tell.
    pub(crate) fn ready(&mut self, now: Moment, reads: bool, writes: bool) -> Moment {
        let read = if reads { self.read.ready(now, READ_KB_MAX) } else { now };
        let write = if writes { self.write.ready(now, WRITE_KB_MAX) } else { now };
        read.max(write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(us: u64) -> Moment {
        Moment::from_micros(us)
    }

    fn write(key: &mut Throughput, now: Moment, bytes: u64) -> bool {
        let kb = kilobytes(bytes);
        let fits = key.can_write(now, kb);
        if fits {
            key.wrote(now, kb);
        }
        fits
    }

    #[test]
    fn every_request_is_rounded_up_to_whole_kilobytes() {
        // The documents' own example: 800 B and 1.2 kB are 3 kB.
        assert_eq!(kilobytes(800) + kilobytes(1_200), 3);
        assert_eq!([0, 1, 1_024, 1_025, 4_194_304].map(kilobytes), [1, 1, 1, 2, 4_096]);
    }

    #[test]
    fn the_byte_that_breaks_4_mb_a_minute_is_refused_and_60_s_later_it_fits() {
        let mut key = Throughput::default();
        assert!(write(&mut key, at(5), 4_194_304 - 1_024));
        assert!(!write(&mut key, at(5), 1_025));
        assert!(write(&mut key, at(5), 1_024));
        assert!(!write(&mut key, at(60_000_004), 1));
        assert!(write(&mut key, at(60_000_005), 1));
    }

    #[test]
    fn reads_have_25_mb_of_their_own() {
        let mut key = Throughput::default();
        assert!(write(&mut key, at(0), 4_194_304));
        for _ in 0..25 {
            assert!(key.read(at(0), kilobytes(1_048_576)).0);
        }
        assert_eq!(key.read(at(59_999_999), kilobytes(1)), (false, true));
        assert_eq!(key.read(at(60_000_000), kilobytes(1)), (true, false));
    }

    #[test]
    fn a_throttled_key_says_when_a_request_like_its_last_one_fits() {
        let mut key = Throughput::default();
        for nth in 0..4 {
            assert!(write(&mut key, at(nth * 1_000), 1_048_576));
        }
        assert_eq!(key.ready(at(4_000), true, true), at(60_000_000));
        assert_eq!(key.ready(at(4_000), true, false), at(4_000));
    }

    #[test]
    fn a_quiet_key_costs_less_than_a_hundred_bytes() {
        assert!(size_of::<Throughput>() <= 96, "{}", size_of::<Throughput>());
    }

    proptest! {
        #[test]
        fn no_minute_ever_holds_more_than_it_may_and_nothing_is_refused_without_need(
            requests in prop::collection::vec((0u64..20_000_000, 1u16..2_500), 1..60),
        ) {
            let (mut key, mut now, mut committed) = (Throughput::default(), 0, Vec::new());
            for (gap, kb) in requests {
                now += gap;
                let before = committed.iter().filter(|(when, _)| when + WINDOW_US > now);
                let used: u32 = before.map(|(_, kb)| u32::from(*kb)).sum();
                let fits = key.can_write(at(now), kb);
                prop_assert_eq!(fits, used + u32::from(kb) <= WRITE_KB_MAX);
                if fits {
                    key.wrote(at(now), kb);
                    committed.push((now, kb));
                }
            }
        }
    }
}
