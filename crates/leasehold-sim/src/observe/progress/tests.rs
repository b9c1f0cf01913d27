//! What is lost and what is written over, in small stories and against a brute-force model.

use super::super::testing::{Told, known, on_server, step};
use super::*;
use crate::library::Contract;
use leasehold_core::JobId;

/// Everything happens on s0.
struct Story(Told<Progress>);

impl Story {
    fn new() -> Story {
        let progress = Progress::new(&known(Contract::default()));
        Story(Told::to(progress.expect("all are held to it")))
    }

    fn tell(&mut self, visit: u32, fact: Fact) -> &mut Story {
        self.0.step(Step { server: Some(ServerId::new(0)), ..step(0, visit, fact) });
        self
    }

    fn commits(&mut self, visit: u32, kind: CallKind, edits: u64) -> &mut Story {
        let (owner, generation) = (Some((JobId(visit), 1)), Some(1));
        let after = Some(View { owner, generation, commit: Some(0), released: false, edits });
        self.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 })
    }

    fn lost(&self, cause: &str) -> Option<u64> {
        self.0.observer.lost.get(cause).copied()
    }

    fn found(&self) -> (u64, u64) {
        (self.0.observer.rolled_back, self.0.count())
    }
}

static TAKEN: Cause = Cause::new("taken", Class::TakenOver, "");

const fn ended(how: &'static Cause, saved: bool) -> Fact {
    Fact::Ended { how, saved }
}

#[test]
fn a_record_that_counts_no_generations_begins_anew_with_each_owner_all_the_same() {
    let mut story = Story::new();
    let commits = |story: &mut Story, visit, kind, edits| {
        let owner = Some((JobId(visit), 1));
        let after = Some(View { owner, generation: None, commit: None, released: false, edits });
        story.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 });
    };
    for (visit, edits) in [(0, 0), (1, 1), (2, 2)] {
        story.tell(visit, Fact::Asked);
        commits(&mut story, visit, CallKind::Acquire, edits);
        story.tell(visit, Fact::Edited);
        commits(&mut story, visit, CallKind::Save, edits + 1);
        story.tell(visit, Fact::Saved);
    }
    assert_eq!(story.0.out.count(&INVARIANT), 0);
}

#[test]
fn changes_that_never_committed_are_lost_by_how_the_session_ended() {
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).tell(1, Fact::Edited).tell(1, Fact::Edited);
    story.commits(1, CallKind::Save, 1).tell(1, Fact::Saved);
    story.tell(1, ended(&cause::CRASH, false)).tell(1, Fact::Over);
    assert_eq!(story.lost("crash"), Some(1));
    assert_eq!(story.found(), (0, 0));
}

#[test]
fn a_pause_is_to_blame_only_until_a_call_that_was_sent_later_is_done() {
    let done = |sent: u64| Fact::Answered {
        kind: CallKind::Save,
        end: CallEnd::Done,
        sent: Moment::from_micros(sent),
    };
    for (sent, cause) in [(0, "paused"), (1, "taken")] {
        let mut story = Story::new();
        story.commits(1, CallKind::Acquire, 0).tell(1, Fact::OwnerPaused).tell(1, done(sent));
        story.tell(1, Fact::Edited).tell(1, ended(&TAKEN, false)).tell(1, Fact::Over);
        assert_eq!(story.lost(cause), Some(1), "{:?}", story.0.observer.lost);
    }
}

#[test]
fn what_a_server_without_a_datastore_acknowledges_is_lost_and_says_so() {
    let mut story = Story::new();
    story.0.step(on_server(0, 0, Fact::FellBack));
    story.tell(1, Fact::Edited).tell(1, Fact::Saved);
    story.tell(1, ended(&cause::RELEASED, false)).tell(1, Fact::Over);
    assert_eq!(story.lost("no datastore"), Some(1));
}

#[test]
fn a_blind_write_based_on_older_data_rolls_back_what_was_acknowledged() {
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).commits(2, CallKind::Acquire, 0);
    story.commits(2, CallKind::Save, 3).tell(2, Fact::Saved);
    story.commits(1, CallKind::Save, 5);
    assert_eq!(story.found(), (3, 1));
}

#[test]
fn an_older_payload_of_the_same_session_landing_late_is_found() {
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
    story.commits(1, CallKind::Save, 2);
    assert_eq!(story.found(), (2, 1));
}

#[test]
fn an_acquire_that_commits_late_on_its_own_lease_is_no_new_beginning() {
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
    story.commits(1, CallKind::Acquire, 4).commits(1, CallKind::Save, 5);
    assert_eq!(story.found(), (0, 0));
}

#[test]
fn a_release_that_says_all_is_saved_acknowledges() {
    let said = ended(&cause::RELEASED, true);
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).commits(2, CallKind::Acquire, 0).tell(1, Fact::Edited);
    story.commits(1, CallKind::Release, 1).tell(1, said);
    assert_eq!(story.0.count(), 0);
    story.commits(2, CallKind::Save, 2);
    assert_eq!(story.found(), (1, 1), "a stale write wiped it out");
}

/// A library that reads when it begins, and writes over whatever is there.
fn blind(story: &mut Story, visit: u32, read: Option<u64>, edits: u64) {
    if let Some(edits) = read {
        story.tell(visit, Fact::Got { edits, stale: false, behind: 0 });
    }
    let edits_read = read.unwrap_or(0);
    let loaded = Fact::Loaded {
        how: &cause::STARTED,
        edits: edits_read,
        latency_us: 0,
        calls: 1,
        retries: 0,
    };
    story.tell(visit, loaded);
    for _ in 0..edits {
        story.tell(visit, Fact::Edited);
    }
}

fn writes(story: &mut Story, visit: u32, edits: u64) {
    let (owner, generation, commit) = (None, None, None);
    let after = Some(View { owner, generation, commit, released: true, edits });
    let kind = CallKind::Save;
    story.tell(visit, Fact::Committed { kind, before: None, after, clock_us: 0 });
    story.tell(visit, Fact::Saved);
}

#[test]
fn what_all_have_stored_before_is_wiped_out_by_one_who_could_not_read_it() {
    let mut story = Story::new();
    for (visit, read) in [(0, 0), (1, 50), (2, 100)] {
        blind(&mut story, visit, Some(read), 50);
        writes(&mut story, visit, read + 50);
        story.tell(visit, ended(&cause::RELEASED, true)).tell(visit, Fact::Over);
    }
    // One whose last visit changed nothing wipes out no less.
    blind(&mut story, 3, Some(150), 0);
    writes(&mut story, 3, 150);
    story.tell(3, ended(&cause::RELEASED, true)).tell(3, Fact::Over);
    assert_eq!(story.found(), (0, 0));
    blind(&mut story, 4, None, 11);
    writes(&mut story, 4, 11);
    assert_eq!(story.found(), (150, 1));
    let [sentence] = &story.0.sentences()[..] else { panic!("one is found") };
    assert!(sentence.contains(" wiped out 150 acknowledged changes"), "{sentence}");
}

#[test]
fn changes_that_are_written_again_are_not_rolled_back_any_more_nor_lost() {
    let mut story = Story::new();
    blind(&mut story, 1, Some(0), 3);
    blind(&mut story, 2, Some(0), 2);
    for (visit, edits, gone) in [(1, 3, 0), (2, 2, 3), (1, 3, 2), (2, 2, 3)] {
        writes(&mut story, visit, edits);
        assert_eq!(story.found().0, gone);
    }
    for visit in [1, 2] {
        story.tell(visit, ended(&cause::RELEASED, true)).tell(visit, Fact::Over);
    }
    assert!(story.0.observer.lost.is_empty());
    assert_eq!(story.found(), (3, 3), "each write that wiped out what was acknowledged");
}

#[test]
fn a_removed_key_takes_all_that_was_acknowledged_with_it() {
    let mut story = Story::new();
    story.commits(1, CallKind::Acquire, 0).commits(1, CallKind::Save, 4).tell(1, Fact::Saved);
    story.tell(2, Fact::Removed { kind: CallKind::Remove, before: None });
    assert_eq!(story.found(), (4, 1));
}
