//! What a request may bring: looked at on its own server, before it leaves. What is too long costs
//! no budget and no time, and nothing of it is ever applied.
//!
//! Source of the figures: creator-docs, `cloud-services/data-stores/error-codes-and-limits.md`.

use crate::library::{Error, Labels};

/// The most characters of a key's name.
const KEY_MAX: usize = 50;

/// The most bytes of a value as JSON: 4 MB.
const VALUE_MAX: u64 = 4_194_304;

/// The most characters of all metadata beside a value, of one of their names, and of one of them.
const METADATA_MAX: usize = 300;
const METADATA_NAME_MAX: usize = 50;
const METADATA_VALUE_MAX: usize = 250;

/// Whether a key may have a name of so many characters.
pub(super) fn key(chars: usize) -> Result<(), Error> {
    match chars {
        0 => Err(Error::KeyNameEmpty),
        1..=KEY_MAX => Ok(()),
        _ => Err(Error::KeyNameLimit),
    }
}

/// Whether a value of so many bytes may be written, with this beside it.
pub(super) fn value(bytes: u64, labels: &Labels) -> Result<(), Error> {
    if bytes > VALUE_MAX {
        return Err(Error::ValueTooLarge);
    }
    let Some(labels) = labels else { return Ok(()) };
    let sizes = labels.metadata.iter().map(|(name, it)| (name.chars().count(), it.chars().count()));
    let one = |(name, it): (usize, usize)| name > METADATA_NAME_MAX || it > METADATA_VALUE_MAX;
    let all: usize = sizes.clone().map(|(name, it)| name + it).sum();
    if all > METADATA_MAX || sizes.clone().any(one) {
        return Err(Error::AttributeSizeTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::KeyLabels;
    use std::sync::Arc;

    #[test]
    fn a_name_has_one_to_50_characters_and_a_value_at_most_4_194_304_bytes() {
        assert_eq!(key(0), Err(Error::KeyNameEmpty));
        assert_eq!((key(1), key(50)), (Ok(()), Ok(())));
        assert_eq!(key(51), Err(Error::KeyNameLimit));
        assert_eq!(value(4_194_304, &None), Ok(()));
        assert_eq!(value(4_194_305, &None), Err(Error::ValueTooLarge));
    }

    #[test]
    fn metadata_are_at_most_300_characters_in_all_50_in_a_name_and_250_in_a_value() {
        let labels = |entries: &[(usize, usize)]| {
            let entries = entries.iter().map(|&(name, it)| ("n".repeat(name), "v".repeat(it)));
            Some(Arc::new(KeyLabels { users: vec![1], metadata: entries.collect() }))
        };
        for fits in [&[(50, 250)][..], &[(1, 149), (2, 148)]] {
            assert_eq!(value(1, &labels(fits)), Ok(()), "{fits:?}");
        }
        for long in [&[(51, 1)][..], &[(1, 251)], &[(1, 149), (2, 149)]] {
            assert_eq!(value(1, &labels(long)), Err(Error::AttributeSizeTooLarge), "{long:?}");
        }
    }
}
