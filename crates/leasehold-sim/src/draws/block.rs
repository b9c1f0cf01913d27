//! One block of ChaCha8, and no more.
//!
//! An occasion needs one block of sixteen words. `rand_chacha`, which says what the stream is,
//! makes four at a time, as one wants of a stream that is read on, and keeps them in an object of
//! three hundred bytes. Here is the same function for a single block; a test holds it to
//! `rand_chacha`, word by word.
//!
//! ```text
//!   constants                   a | a quarter of a round works on four columns at once, then
//!   key, eight words         b, c | the rows are turned so that diagonals stand as columns, and
//!   block: 64, stream: 64       d | back; eight rounds are four pairs of these
//! ```

/// A row of the state: the four columns' words.
type Row = [u32; 4];

/// What ChaCha's state begins with: "expand 32-byte k".
const CONSTANTS: Row = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// The key of a stream cipher, as the words of two rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CipherKey([Row; 2]);

impl CipherKey {
    pub(super) fn new(bytes: [u8; 32]) -> CipherKey {
        let word = |nth: usize| {
            let byte = |of: usize| u32::from(bytes[4 * nth + of]);
            byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24
        };
        let row = |first: usize| std::array::from_fn(|nth| word(first + nth));
        CipherKey([row(0), row(4)])
    }

    /// The sixteen words of a block of a stream.
    #[inline]
    pub(super) fn block(&self, stream: u64, block: u64) -> [u32; 16] {
        let [key_b, key_c] = self.0;
        let place = [block as u32, (block >> 32) as u32, stream as u32, (stream >> 32) as u32];
        let mut rows = [CONSTANTS, key_b, key_c, place];
        for _ in 0..4 {
            quarters(&mut rows);
            rows = [rows[0], turned(rows[1], 1), turned(rows[2], 2), turned(rows[3], 3)];
            quarters(&mut rows);
            rows = [rows[0], turned(rows[1], 3), turned(rows[2], 2), turned(rows[3], 1)];
        }
        let first = [CONSTANTS, key_b, key_c, place];
        std::array::from_fn(|nth| rows[nth / 4][nth % 4].wrapping_add(first[nth / 4][nth % 4]))
    }
}

/// A quarter round of each column.
#[inline(always)]
fn quarters(rows: &mut [Row; 4]) {
    let [mut a, mut b, mut c, mut d] = *rows;
    (a, d) = mixed(a, b, d, 16);
    (c, b) = mixed(c, d, b, 12);
    (a, d) = mixed(a, b, d, 8);
    (c, b) = mixed(c, d, b, 7);
    *rows = [a, b, c, d];
}

/// `to` with `by` added, and `other` mixed with that and rotated.
#[inline(always)]
fn mixed(to: Row, by: Row, other: Row, bits: u32) -> (Row, Row) {
    let sum: Row = std::array::from_fn(|nth| to[nth].wrapping_add(by[nth]));
    (sum, std::array::from_fn(|nth| (other[nth] ^ sum[nth]).rotate_left(bits)))
}

/// A row, turned to the left by so many columns.
#[inline(always)]
fn turned(row: Row, by: usize) -> Row {
    std::array::from_fn(|nth| row[(nth + by) % 4])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    proptest! {
        #[test]
        fn a_block_is_what_rand_chacha_says_it_is(
            key in any::<[u8; 32]>(), stream in any::<u64>(), block in any::<u64>(),
        ) {
            let mut rng = ChaCha8Rng::from_seed(key);
            rng.set_stream(stream);
            rng.set_word_pos(u128::from(block) * 16);
            let expected: [u32; 16] = std::array::from_fn(|_| rng.next_u32());
            prop_assert_eq!(CipherKey::new(key).block(stream, block), expected);
        }
    }
}
