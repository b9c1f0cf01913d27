//! Stories that the observer of items must object to, and some that it must not.

use super::super::testing::{Told, at_key, known};
use super::*;
use crate::library::{CallKind, Contract, View};
use crate::observe::Violation;
use leasehold_core::JobId;

const SWORD: Item = Item(0);

/// A story, told second by second. Each visit has its own key and server, of the same number.
struct Story {
    told: Told<Items>,
    second: u64,
}

impl Story {
    /// Two players have their data; the first has the sword, stored.
    fn new() -> Story {
        let items = Items::new(&known(Contract::default())).expect("there are trades");
        let mut story = Story { told: Told::to(items), second: 0 };
        story.loads(1, 1, &[]).loads(2, 2, &[]);
        story.step(1, 1, Fact::Minted { item: SWORD }).commits(1, 1, &[SWORD]);
        story
    }

    fn at(&mut self, visit: u32, key: u32, fact: Fact) -> Step {
        self.second += 1;
        at_key(self.second * 1_000_000, key, visit, key, fact)
    }

    fn step(&mut self, visit: u32, key: u32, fact: Fact) -> &mut Story {
        let step = self.at(visit, key, fact);
        self.told.step(step);
        self
    }

    fn held(&mut self, visit: u32, key: u32, fact: Fact, items: &[Item]) -> &mut Story {
        let step = self.at(visit, key, fact);
        let held = Holdings { items: items.to_vec(), ..Holdings::default() };
        self.told.holding(step, &held);
        self
    }

    fn loads(&mut self, visit: u32, key: u32, items: &[Item]) -> &mut Story {
        self.step(visit, key, Fact::Asked);
        let how = &cause::STARTED;
        self.held(
            visit,
            key,
            Fact::Loaded { how, edits: 0, latency_us: 0, calls: 1, retries: 0 },
            items,
        )
    }

    fn commits(&mut self, visit: u32, key: u32, items: &[Item]) -> &mut Story {
        let (owner, generation, commit) = (Some((JobId(0), 0)), Some(1), Some(7));
        let after = Some(View { owner, generation, commit, released: false, edits: 0 });
        let fact = Fact::Committed { kind: CallKind::Save, before: None, after, clock_us: 0 };
        self.held(visit, key, fact, items)
    }

    fn trades(&mut self, from: u32, to: u32) -> &mut Story {
        let (to, to_key) = (VisitId::new(to), Key(to));
        self.step(from, from, Fact::Traded { item: SWORD, to, to_key })
    }

    fn ends(&mut self, visit: u32, key: u32, how: &'static Cause) -> &mut Story {
        self.step(visit, key, Fact::Ended { how, saved: false }).step(visit, key, Fact::Over)
    }

    fn items(&self) -> &Items {
        &self.told.observer
    }

    /// Exposed now, duplicated, lost.
    fn counts(&self) -> (u64, u64, u64) {
        let sum = |counts: &BTreeMap<&'static str, u64>| counts.values().sum();
        (self.items().exposed, sum(&self.items().duplicated), sum(&self.items().lost))
    }

    fn found(&self) -> Violation {
        let kept = |one| self.told.out.kept(one);
        let found = [kept(&DUPLICATED), kept(&LOST)].concat();
        let [found] = &found[..] else { panic!("one violation") };
        found.clone()
    }
}

static TAKEN: Cause = Cause::new("taken", Class::TakenOver, "");

#[test]
fn a_trade_of_which_both_halves_are_saved_exposes_its_item_for_a_while_and_no_longer() {
    let mut story = Story::new();
    assert_eq!(story.trades(1, 2).counts(), (0, 0, 0));
    assert_eq!(story.commits(2, 2, &[SWORD]).counts(), (1, 0, 0));
    assert_eq!(story.commits(1, 1, &[]).counts(), (0, 0, 0));
    assert_eq!(story.trades(2, 1).commits(2, 2, &[]).counts(), (1, 0, 0));
    assert_eq!(story.commits(1, 1, &[SWORD]).counts(), (0, 0, 0));
    story.ends(1, 1, &cause::RELEASED).ends(2, 2, &cause::RELEASED);
    assert_eq!((story.counts(), story.items().exposed_max), ((0, 0, 0), 1));
}

#[test]
fn a_giver_who_crashes_before_the_save_leaves_a_duplicate_which_is_told_once_with_both_halves() {
    let mut story = Story::new();
    story.trades(1, 2).commits(2, 2, &[SWORD]).ends(1, 1, &cause::CRASH);
    assert_eq!(story.counts(), (0, 1, 0));
    // Both go on, and save, and trade: it is the same incident.
    story.loads(3, 1, &[SWORD]).commits(2, 2, &[SWORD]).ends(2, 2, &cause::RELEASED);
    story.loads(4, 2, &[SWORD]).ends(3, 1, &cause::CRASH).ends(4, 2, &cause::CRASH);
    assert_eq!(story.counts(), (0, 1, 0));
    let Violation { place, cause, detail, .. } = story.found();
    assert_eq!((place.server, place.key), (Some(ServerId::new(1)), Some(Key(1))));
    assert_eq!((cause, detail.subject), (&cause::CRASH, Some(Subject::Item(SWORD))));
    assert_eq!(
        detail.sentence,
        "item 0 is stored under k1 and k2: the save of s2 put it there, as commit 7 of k2 at 8.000 s; \
         the session of s1 that took it out of k1 was over at 10.000 s without saving it: crash"
    );
}

#[test]
fn a_receiver_who_crashes_before_the_save_loses_the_item() {
    let mut story = Story::new();
    story.trades(1, 2).ends(2, 2, &cause::CRASH);
    assert_eq!(story.counts(), (0, 0, 0), "the giver's record still has it");
    assert_eq!(story.commits(1, 1, &[]).counts(), (0, 0, 1));
    let Violation { place, cause, detail, .. } = story.found();
    assert_eq!((place.key, cause), (Some(Key(2)), &cause::CRASH));
    let begin = "item 0 is lost: the save of s1 took it out";
    assert!(detail.sentence.starts_with(begin), "{}", detail.sentence);
}

#[test]
fn a_trade_that_neither_side_saved_has_not_happened() {
    let mut story = Story::new();
    story.trades(1, 2).ends(1, 1, &cause::CRASH).ends(2, 2, &cause::CRASH);
    assert_eq!(story.counts(), (0, 0, 0));
}

#[test]
fn an_item_that_was_never_stored_cannot_be_lost() {
    let mut story = Story::new();
    story.step(2, 2, Fact::Minted { item: Item(1) }).ends(2, 2, &cause::CRASH);
    assert_eq!(story.counts(), (0, 0, 0));
}

#[test]
fn the_half_of_a_trade_is_owed_although_the_item_has_gone_on_to_a_third_player() {
    let mut story = Story::new();
    story.loads(3, 3, &[]).trades(1, 2).commits(2, 2, &[SWORD]).trades(2, 3);
    assert_eq!(story.counts(), (1, 0, 0));
    // The third has it in hand: the first player's record will never lose it.
    assert_eq!(story.ends(1, 1, &cause::CRASH).counts(), (0, 1, 0));
    assert_eq!(story.commits(3, 3, &[SWORD]).commits(2, 2, &[]).counts(), (0, 1, 0));
}

#[test]
fn a_save_of_older_data_and_damage_are_found_too() {
    let mut story = Story::new();
    story.trades(1, 2).commits(2, 2, &[SWORD]).commits(1, 1, &[]);
    story.ends(1, 1, &cause::RELEASED).commits(1, 1, &[SWORD]);
    assert_eq!(story.counts(), (0, 1, 0));
    assert_eq!(story.items().duplicated.get("two versions"), Some(&1));
    let mut story = Story::new();
    story.ends(1, 1, &cause::RELEASED).held(1, 1, Fact::Damaged, &[]);
    assert_eq!(story.items().lost.get("damage"), Some(&1));
}

#[test]
fn an_older_session_that_still_lives_may_yet_save_its_half() {
    let mut story = Story::new();
    story.trades(1, 2).commits(2, 2, &[SWORD]).loads(3, 1, &[SWORD]);
    assert_eq!(story.counts(), (1, 0, 0));
    assert_eq!(story.ends(1, 1, &TAKEN).counts(), (0, 1, 0));
    assert_eq!(story.items().duplicated.get("taken"), Some(&1));
}

#[test]
fn what_a_session_owes_that_a_wrong_read_has_ended_is_lost_by_the_wrong_read() {
    let mut story = Story::new();
    story.trades(1, 2).commits(1, 1, &[]);
    story.told.out.begin(None, Some(&cause::FALSE_NIL));
    story.step(2, 2, Fact::Ended { how: &TAKEN, saved: false });
    // What shows it comes of another step, perhaps of somebody who sees what is there.
    story.told.out.begin(None, None);
    story.step(2, 2, Fact::Over);
    assert_eq!(story.counts(), (0, 0, 1));
    assert_eq!(story.items().lost.get("false nil"), Some(&1), "{:?}", story.items().lost);
}
