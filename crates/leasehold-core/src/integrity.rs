//! The hash that a record carries, so that a reader can tell that its data is what was written
//! (rule R2).

use crate::document::{Document, NotCanonical};
use fnv::FnvHasher;
use std::fmt;
use std::hash::Hasher;

/// A 64-bit FNV-1a hash. It finds accidents, not attackers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hash(pub u64);

impl Hash {
    /// The hash of a document's canonical bytes.
    ///
    /// # Errors
    /// [`NotCanonical`] if the document cannot be stored.
    pub(crate) fn of<D: Document>(data: &D) -> Result<Hash, NotCanonical> {
        let mut hasher = FnvHasher::default();
        data.canonical(&mut |piece| hasher.write(piece))?;
        Ok(Hash(hasher.finish()))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn the_hash_is_fnv_1a_of_64_bits_on_its_published_vectors() {
        let vectors = [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ];
        for (text, expected) in vectors {
            let mut hasher = FnvHasher::default();
            hasher.write(text.as_bytes());
            assert_eq!(hasher.finish(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_document_that_can_be_stored_has_a_hash_and_one_that_cannot_has_none() {
        let data = Value::map([("Coins", 100.0.into()), ("Inventory", Value::empty())]);
        assert_eq!(Hash::of(&data).map(|hash| hash.to_string()).as_deref(), Ok("4159be511e09a4ac"));
        assert_eq!(Hash::of(&Value::Number(f64::NAN)), Err(NotCanonical));
    }
}
