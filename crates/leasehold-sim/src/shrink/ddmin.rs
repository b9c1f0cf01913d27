//! A smallest part of a list that still fails: delta debugging.
//!
//! Parts are left out, first large ones, then smaller, at last one by one. What stays is minimal in
//! the sense that counts: nothing in it can be left out alone. A smaller set that is no part of
//! what was tried may exist.

/// Leaves out of `items` whatever can be left out. `fails` says what came of trying some of them:
/// if it still failed, those that mattered at all, else nothing.
pub(super) fn ddmin<T: Clone>(
    items: Vec<T>,
    mut fails: impl FnMut(&[T]) -> Option<Vec<T>>,
) -> Vec<T> {
    let mut kept = items;
    let mut chunk = kept.len();
    while chunk > 0 {
        let (mut place, mut shorter) = (0, false);
        while place < kept.len() {
            let end = (place + chunk).min(kept.len());
            let rest = [&kept[..place], &kept[end..]].concat();
            match fails(&rest) {
                Some(came_up) => {
                    debug_assert!(came_up.len() <= rest.len(), "trying adds nothing");
                    kept = came_up;
                    shorter = true;
                }
                None => place = end,
            }
        }
        // The last round is repeated until it finds nothing: what is left out may free another.
        chunk = match chunk {
            1 if shorter => 1,
            1 => 0,
            _ => chunk.div_ceil(2).min(kept.len().max(1)),
        };
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn what_stays_fails_and_nothing_in_it_can_be_left_out_alone(
            size in 0usize..40,
            needs in prop::collection::vec(prop::collection::btree_set(0usize..40, 0..4), 1..4),
        ) {
            // It fails if all items of one of several sets are there.
            let all = |tried: &[usize], need: &BTreeSet<usize>| {
                need.iter().all(|one| tried.contains(one))
            };
            let fails = |tried: &[usize]| needs.iter().any(|need| all(tried, need));
            let items: Vec<usize> = (0..size).collect();
            prop_assume!(fails(&items));
            let kept = ddmin(items, |tried| fails(tried).then(|| tried.to_vec()));
            prop_assert!(fails(&kept));
            for place in 0..kept.len() {
                let mut without = kept.clone();
                without.remove(place);
                prop_assert!(!fails(&without), "{kept:?} without {}", kept[place]);
            }
        }
    }

    #[test]
    fn one_culprit_among_a_thousand_is_found_in_a_few_dozen_tries() {
        let mut tries = 0;
        let kept = ddmin((0..1_000).collect(), |tried: &[u32]| {
            tries += 1;
            tried.contains(&617).then(|| tried.to_vec())
        });
        assert_eq!(kept, [617]);
        assert!(tries < 40, "{tries}");
    }
}
