//! Asking for memory before it is looked at.
//!
//! In a world that outgrows the cache an event waits for some thirty lines of memory, one after the
//! other. Whoever knows what comes next can ask for them all at once, some events earlier. That is
//! a hint to the machine: it reads nothing, changes nothing, and what turns out wrong has cost a
//! little bandwidth.

use prefetch_index::prefetch_index;

/// Bytes of a line.
const LINE: usize = 64;

/// Asks for a row: the line in which it begins, and that in which the next one does, if rows do not
/// keep to lines.
#[inline(always)]
pub fn row<T>(rows: &[T], nth: usize) {
    prefetch_index(rows, nth);
    if size_of::<T>() > 16 && align_of::<T>() < LINE {
        prefetch_index(rows, nth.wrapping_add(1));
    }
}

/// Asks for the line in which a value begins.
#[inline(always)]
pub fn value<T>(value: &T) {
    prefetch_index(std::slice::from_ref(value), 0);
}
