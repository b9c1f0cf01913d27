//! What is sent again and what is numbered anew (rule W5), and the machine's laws.

use super::{Number, Saves};
use crate::ids::Commit;
use proptest::prelude::*;

fn number(nth: u32, after: u64, unsettled: u32) -> Number {
    Number { nth, after: Commit(after), unsettled }
}

#[test]
fn w5_what_is_in_doubt_is_sent_again_under_its_number_until_the_data_changes() {
    let mut saves = Saves::new(Commit(5));
    saves.edited();
    assert_eq!([saves.number(), saves.number()], [number(1, 5, 0); 2]);
    saves.edited();
    assert_eq!([saves.number(), saves.number()], [number(2, 5, 1); 2]);
    saves.stored(Commit(7));
    assert_eq!(saves.number(), number(3, 7, 0));
}

#[test]
fn w2_what_changed_while_a_save_was_under_way_is_unsaved_when_it_is_stored() {
    let mut saves = Saves::new(Commit(0));
    saves.edited();
    saves.number();
    saves.edited();
    saves.stored(Commit(1));
    assert!(saves.is_dirty() && saves.is_ahead());
    assert_eq!(saves.number(), number(2, 1, 0));
    assert!(saves.is_dirty() && !saves.is_ahead());
    saves.stored(Commit(2));
    assert!(!saves.is_dirty());
}

#[test]
fn w2_a_save_that_brings_no_change_leaves_nothing_unsaved_even_if_it_is_in_doubt() {
    let mut saves = Saves::new(Commit(0));
    saves.number();
    assert!(!saves.is_dirty());
    saves.edited();
    assert!(saves.is_dirty());
    assert_eq!(saves.number(), number(2, 0, 1));
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Edited,
    Numbered,
    Stored,
}

proptest! {
    #[test]
    fn law_a_number_stands_for_one_state_of_the_data_and_is_new_exactly_if_it_must_be(
        steps in prop::collection::vec(
            prop::sample::select(vec![Step::Edited, Step::Numbered, Step::Stored]), 1..60,
        ),
    ) {
        let mut saves = Saves::new(Commit(0));
        // How often the data was changed, of which change the stored data knows, and what each
        // payload since then has brought.
        let (mut edits, mut stored, mut commit) = (0, 0, 0);
        let mut sent: Vec<(u32, u32)> = Vec::new();
        let mut nth = 0;
        for step in steps {
            match step {
                Step::Edited => {
                    edits += 1;
                    saves.edited();
                }
                Step::Numbered => {
                    if sent.last().is_none_or(|&(_, brought)| brought != edits) {
                        nth += 1;
                        sent.push((nth, edits));
                    }
                    let expected = number(nth, commit, sent.len() as u32 - 1);
                    prop_assert_eq!(saves.number(), expected);
                }
                // Nothing is stored that was not sent.
                Step::Stored => {
                    let Some((_, brought)) = sent.last().copied() else { continue };
                    stored = brought;
                    commit += sent.len() as u64;
                    sent.clear();
                    saves.stored(Commit(commit));
                }
            }
            let numbered = sent.last().map_or(stored, |&(_, brought)| brought);
            prop_assert_eq!(saves.is_ahead(), numbered != edits);
            prop_assert_eq!(saves.is_dirty(), stored != edits);
        }
    }
}
