//! The queue itself: a wheel of slots, and a run of what comes next, in order.
//!
//! Think of a calendar with sheets for years, months, days. What is far away is noted on the sheet
//! of its year, unsorted, and copied to finer sheets only when that year has come; what comes next
//! is on a list, in order. Most entries are written once or twice, and sorted among a few.
//!
//! ```text
//!   level 2   [ | | |x|x| | ]      64 slots a level, each as long as a whole level below: a moment
//!   level 1       [ |x|x|x| ]      goes to the level of the highest six bits in which it and `base`
//!                                  differ
//!   run           [x x x x x x)    everything before `run_ends`, sorted
//! ```
//!
//! The run can be looked at from its front on, so one knows what will happen soon. It is kept
//! short, as inserting moves its entries; what finds it long goes to a heap beside it, the `crowd`,
//! which is empty but when a great many things happen at once.
//!
//! Laws: entries come out in order, as out of a heap; each is an addition and a few moves, however
//! many there are.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Bits of a moment that a level tells apart.
const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
/// Enough for moments of 48 bits.
const LEVELS: usize = 8;

/// A slot of more entries is dealt out to the level below instead of being sorted.
const SORTED: usize = 16;
/// A run of more entries is shortened.
const LONG: usize = 512;
/// As long as the run is not empty, no slot is added to it that is longer than a slot of this
/// level: a run that covers much time is in the way of whatever comes up in it.
const NEAR: usize = 3;
/// A slot with room for more gives its memory back once it is empty.
const KEPT: usize = 1_024;

/// Entries in the order of their numbers, whose upper 48 bits are a moment.
#[derive(Clone, Debug)]
pub(super) struct Wheel {
    run: VecDeque<u128>,
    /// How many entries of the run there are at least, if some are near. A run of one is the
    /// cheapest: what comes up is hardly ever before its end.
    known: usize,
    crowd: BinaryHeap<Reverse<u128>>,
    /// Whatever is in the slots is not before this.
    run_ends: u64,
    /// The beginning of the slot that was dealt out or sorted last.
    base: u64,
    /// All slots, level by level.
    slots: Vec<Vec<u128>>,
    /// Which slots of a level have something in them, and which levels have.
    taken: [u64; LEVELS],
    levels: u32,
}

impl Default for Wheel {
    fn default() -> Wheel {
        Wheel {
            run: VecDeque::new(),
            known: 1,
            crowd: BinaryHeap::new(),
            run_ends: 0,
            base: 0,
            slots: vec![Vec::new(); LEVELS * SLOTS],
            taken: [0; LEVELS],
            levels: 0,
        }
    }
}

fn moment(entry: u128) -> u64 {
    (entry >> 80) as u64
}

impl Wheel {
    /// One in which the next `known` entries can be looked at.
    pub(super) fn looking_ahead(known: usize) -> Wheel {
        Wheel { known, ..Wheel::default() }
    }

    /// Adds an entry, which is not before the last one that was taken.
    #[inline]
    pub(super) fn push(&mut self, entry: u128) {
        if moment(entry) >= self.run_ends {
            return self.file(entry);
        }
        if self.run.len() >= LONG {
            return self.push_long(entry);
        }
        let place = self.run.partition_point(|other| *other < entry);
        self.run.insert(place, entry);
    }

    /// Takes the first entry out.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<u128> {
        while self.run.len() < self.known && self.lengthen() {}
        if let Some(Reverse(first)) = self.crowd.peek()
            && self.run.front().is_none_or(|next| first < next)
        {
            return self.crowd.pop().map(|Reverse(first)| first);
        }
        self.run.pop_front()
    }

    /// The nth entry from now on, as far as that is known: something may still come before it.
    #[inline]
    pub(super) fn ahead(&self, nth: usize) -> Option<u128> {
        self.run.get(nth).copied()
    }

    /// Puts an entry into its slot.
    #[inline]
    fn file(&mut self, entry: u128) {
        let at = moment(entry);
        let level = (at ^ self.base | 1).ilog2() / BITS;
        let nth = (at >> (level * BITS)) as usize % SLOTS;
        self.slots[level as usize * SLOTS + nth].push(entry);
        self.taken[level as usize] |= 1 << nth;
        self.levels |= 1 << level;
    }

    /// Adds the first slot to the run. Says whether there is one that should be.
    fn lengthen(&mut self) -> bool {
        while self.levels != 0 {
            let level = self.levels.trailing_zeros() as usize;
            if level > NEAR && !self.run.is_empty() {
                return false;
            }
            let nth = self.taken[level].trailing_zeros() as usize;
            let shift = level as u32 * BITS;
            self.base = self.base >> (shift + BITS) << (shift + BITS) | (nth as u64) << shift;
            self.taken[level] &= !(1 << nth);
            self.levels &= !(u32::from(self.taken[level] == 0) << level);
            let mut slot = std::mem::take(&mut self.slots[level * SLOTS + nth]);
            let sorted = level == 0 || slot.len() <= SORTED;
            if sorted {
                slot.sort_unstable();
                self.run.extend(slot.drain(..));
                self.run_ends = self.base + (1 << shift);
            } else {
                slot.drain(..).for_each(|entry| self.file(entry));
            }
            if slot.capacity() <= KEPT {
                self.slots[level * SLOTS + nth] = slot;
            }
            if sorted {
                return true;
            }
        }
        false
    }

    /// Adds an entry that would be in a long run: its later half goes back into slots, as far as it
    /// has come out of the last one; if that is of no use, the crowd takes the entry.
    #[cold]
    fn push_long(&mut self, entry: u128) {
        let first = self.run.front().map_or(0, |first| moment(*first));
        let middle = self.run.get(LONG / 2).map_or(0, |middle| moment(*middle));
        let ends = middle.max(first + 1).max(self.base);
        while let Some(last) = self.run.pop_back() {
            if moment(last) < ends {
                self.run.push_back(last);
                break;
            }
            self.run_ends = ends;
            self.file(last);
        }
        if moment(entry) < self.run_ends && self.run.len() >= LONG {
            self.crowd.push(Reverse(entry));
        } else {
            self.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is done to both: so many entries are added, as far after the last one that was taken as
    /// a power of two says; then as many are taken out.
    #[derive(Clone, Debug)]
    struct Operation {
        count: u32,
        bits: u32,
        taken: usize,
    }

    fn operations() -> impl Strategy<Value = Vec<Operation>> {
        let few = (0u32..9, 0u32..44, 0usize..9);
        let many = (0u32..3_000, 0u32..44, 0usize..3_000);
        let operation = prop_oneof![8 => few, 1 => many];
        let operation = operation.prop_map(|(count, bits, taken)| Operation { count, bits, taken });
        prop::collection::vec(operation, 1..60)
    }

    proptest! {
        #[test]
        fn a_wheel_is_a_heap(operations in operations(), seed in any::<u64>()) {
            let (mut wheel, mut heap) = (Wheel::default(), BinaryHeap::new());
            let (mut now, mut random, mut sequence) = (0, seed | 1, 0u128);
            for Operation { count, bits, taken } in operations {
                for _ in 0..count {
                    random = random.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ seed;
                    let at = (now + random % (1 << bits)).min((1 << 48) - 1);
                    let entry = u128::from(at) << 80 | u128::from(random >> 48) << 64 | sequence;
                    sequence += 1;
                    wheel.push(entry);
                    heap.push(Reverse(entry));
                }
                for _ in 0..taken {
                    let next = wheel.pop();
                    prop_assert_eq!(next, heap.pop().map(|Reverse(entry)| entry));
                    now = next.map_or(now, moment);
                }
            }
            while let Some(Reverse(entry)) = heap.pop() {
                prop_assert_eq!(wheel.pop(), Some(entry));
            }
            prop_assert_eq!(wheel.pop(), None);
        }
    }

    fn entry(at: u64, nth: u64) -> u128 {
        u128::from(at) << 80 | u128::from(nth)
    }

    #[test]
    fn a_crowd_at_one_moment_that_grows_while_it_is_served_comes_in_order() {
        let mut wheel = Wheel::default();
        (0..5_000).for_each(|nth| wheel.push(entry(7, 2 * nth)));
        for nth in 0..5_000 {
            assert_eq!(wheel.pop(), Some(entry(7, 2 * nth)));
            wheel.push(entry(7, 2 * nth + 1));
            assert_eq!(wheel.pop(), Some(entry(7, 2 * nth + 1)));
        }
        assert!(!wheel.crowd.is_empty() || wheel.pop().is_none());
    }

    #[test]
    fn what_comes_soon_is_known_and_in_order() {
        const KNOWN: usize = 32;
        let mut wheel = Wheel::looking_ahead(KNOWN);
        (0..10_000).for_each(|nth| wheel.push(entry(1 + nth * 7_919 % 10_000, 0)));
        for at in 1..9_000 {
            assert_eq!(wheel.pop(), Some(entry(at, 0)));
            for nth in 0..KNOWN - 1 {
                assert_eq!(wheel.ahead(nth), Some(entry(at + 1 + nth as u64, 0)));
            }
        }
    }

    #[test]
    fn a_burst_within_the_time_of_a_run_goes_back_into_slots() {
        let mut wheel = Wheel::default();
        (0..100).for_each(|nth| wheel.push(entry((1 << 36) + nth, 0)));
        assert_eq!(wheel.pop(), Some(entry(1 << 36, 0)));
        (0..9_000).for_each(|nth| wheel.push(entry((1 << 36) + 50 + nth * 7_919 % 9_000, 1)));
        assert!(wheel.run.len() <= LONG && wheel.crowd.is_empty(), "{}", wheel.run.len());
    }
}
