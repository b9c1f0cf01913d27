//! GUIDs: names that look drawn, and tell who made them.
//!
//! A module names its sessions by GUIDs, writes them into records and calls topics by them. So the
//! host, which makes them, can read from one which process made it, for which player, and which of
//! that process's it is. They differ from seed to seed. What was not made here is not read as one:
//! 32 of the 122 bits are a check.
//!
//! ```text
//!   job 24 | player 24 | nth 22 | drawn 20 | check 32  --four rounds over two halves--> 122 bits
//! ```

use leasehold_sim::library::{JobId, Key};

/// What a GUID tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guid {
    /// The process that made it.
    pub(crate) job: JobId,
    /// The player for whom.
    pub(crate) key: Option<Key>,
    /// Which of that process's it is; 0 is the name of the process itself.
    pub(crate) nth: u32,
}

const HALF: u32 = 61;
const MASK: u64 = (1 << HALF) - 1;
const NOBODY: u64 = (1 << 24) - 1;
const NTH_MAX: u64 = (1 << 22) - 1;

/// One half by the other, in one of four ways.
fn round(half: u64, nth: u64) -> u64 {
    let mut word = half ^ (nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (word ^ word >> 31) & MASK
}

fn check(fields: u128) -> u128 {
    let (low, high) = (fields as u64, (fields >> 64) as u64);
    u128::from((round(low & MASK, 7) ^ round(high << 3 | low >> HALF, 11)) as u32)
}

impl Guid {
    /// Its text, with a random number.
    pub(crate) fn text(self, random: u64) -> String {
        let key = self.key.map_or(NOBODY, |key| u64::from(key.0)) & NOBODY;
        let job = u64::from(self.job.0) & ((1 << 24) - 1);
        let nth = u64::from(self.nth) & NTH_MAX;
        let fields = u128::from(job) << 66
            | u128::from(key) << 42
            | u128::from(nth) << 20
            | u128::from(random & ((1 << 20) - 1));
        let word = fields << 32 | check(fields);
        let (mut left, mut right) = ((word >> HALF) as u64 & MASK, word as u64 & MASK);
        for nth in 0..4 {
            (left, right) = (right, left ^ round(right, nth));
        }
        // Twelve digits, three, and fifteen and a half: the rest says that it is a random GUID.
        let all = u128::from(left) << HALF | u128::from(right);
        let (first, mid, last) = (all >> 74, all >> 62 & 0xfff, all & ((1 << 62) - 1));
        let last = last | 0b10 << 62;
        format!(
            "{:08x}-{:04x}-4{mid:03x}-{:04x}-{:012x}",
            first >> 16,
            first & 0xffff,
            last >> 48,
            last & 0xffff_ffff_ffff
        )
    }

    /// What a text tells that is a GUID, if it was made here.
    pub(crate) fn of(text: &str) -> Option<Guid> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 || [8, 13, 18, 23].iter().any(|at| bytes[*at] != b'-') {
            return None;
        }
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let word = u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32)?;
        let (first, mid) = (word >> 80, word >> 64 & 0xfff);
        let all = first << 74 | mid << 62 | word & ((1 << 62) - 1);
        let (mut left, mut right) = ((all >> HALF) as u64 & MASK, all as u64 & MASK);
        for nth in (0..4).rev() {
            (left, right) = (right ^ round(left, nth), left);
        }
        let word = u128::from(left) << HALF | u128::from(right);
        let fields = word >> 32;
        let part = |at: u32, bits: u32| (fields >> at) as u64 & ((1 << bits) - 1);
        let key = part(42, 24);
        let guid = Guid {
            job: JobId(part(66, 24) as u32),
            key: (key != NOBODY).then_some(Key(key as u32)),
            nth: part(20, 22) as u32,
        };
        (check(fields) == word & 0xffff_ffff).then_some(guid)
    }

    /// The first one that a text has in it.
    pub(crate) fn within(text: &str) -> Option<Guid> {
        let starts = text.char_indices().map(|(at, _)| at);
        starts.filter_map(|at| text.get(at..at + 36)).find_map(Guid::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_tells_who_made_it_for_whom() {
        for (job, key, nth) in [(0, None, 0), (3, Some(Key(0)), 1), (70_000, Some(Key(99)), 4_000)]
        {
            let guid = Guid { job: JobId(job), key, nth };
            let text = guid.text(0x1234_5678_9abc_def0);
            assert_eq!(Guid::of(&text), Some(guid), "{text}");
            assert_eq!(Guid::within(&format!("PS_{text}!")), Some(guid), "{text}");
            assert_eq!((text.len(), &text[14..15]), (36, "4"), "{text}");
            assert_ne!(text, guid.text(1));
        }
    }

    #[test]
    fn what_nobody_here_has_made_tells_nothing() {
        let made = Guid { job: JobId(1), key: None, nth: 2 }.text(3);
        let other = made.replace(['1', '2'], "3");
        for text in [
            "",
            "PS_",
            "00000000-0000-4000-8000-000000000001",
            "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz",
            "ééééééééé-ééééééé-éééé",
            &other,
        ] {
            assert_eq!(Guid::of(text), None, "{text}");
            assert_eq!(Guid::within(text), None, "{text}");
        }
    }
}
