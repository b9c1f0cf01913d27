//! What the picture of a story claims: who was owner, what was lost, and where time is left out.

use crate::sample;
use leasehold_data::Story;
use leasehold_report::{Diagram, Look, Stroke, story};

fn drawn(story: &Story) -> Diagram {
    story::diagram(&sample::typical(60_000_000, 60, 3).manifest, story)
}

#[test]
fn the_title_says_what_broke_and_what_it_came_of() {
    let cases = [
        (2, "k7: two owners at once for 2 s, as s0's answer to s1 is lost"),
        (
            3,
            "k7: two owners at once for 2 s, as s0's answer to s1 is lost, and s1's answer to s2 is lost",
        ),
        (5, "k7: two owners at once for 2 s, as 4 messages are lost"),
    ];
    for (servers, title) in cases {
        assert_eq!(drawn(&sample::story(servers)).title, title);
    }
    let mut healthy = sample::story(2);
    healthy.events.iter_mut().for_each(|event| event.fault = None);
    assert_eq!(drawn(&healthy).title, "k7: two owners at once for 2 s");
    let invariant = "sessions_are_released".to_owned();
    let leak = |why: &str| Story {
        invariant: invariant.clone(),
        overlap: false,
        why: why.to_owned(),
        ..healthy.clone()
    };
    let kept = "it was not released; s0 has kept it";
    assert_eq!(drawn(&leak(kept)).title, format!("k7: {kept}"));
}

#[test]
fn lanes_are_servers_as_they_come_up_beside_the_datastore_and_the_last_stay_if_there_are_many() {
    assert_eq!(drawn(&sample::story(3)).lanes, ["s0", "datastore", "s1", "s2"]);
    let many = drawn(&sample::story(9));
    assert_eq!(many.lanes, ["s3", "datastore", "s4", "s5", "s6", "s7", "s8"]);
    assert!(many.notes.iter().any(|note| note.contains("of other servers")), "{:?}", many.notes);
    // A server's steps stand in its own lane, or nowhere; where it ends stays, however early it
    // came up.
    let mut story = sample::story(9);
    let last = story.events.len() - 1;
    story.events[last].lane = "s1".to_owned();
    let diagram = drawn(&story);
    assert!(diagram.lanes.contains(&"s1".to_owned()) && !diagram.lanes.contains(&"s0".to_owned()));
    assert!(
        diagram.rows.iter().all(|row| !row.words.starts_with("s0 ") || row.words.contains("s1"))
    );
}

#[test]
fn a_lost_message_ends_on_its_way_and_a_call_goes_there_and_back() {
    let diagram = drawn(&sample::story(2));
    let lost: Vec<_> = diagram.arrows.iter().filter(|arrow| arrow.to.is_none()).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!((lost[0].line, diagram.lanes[lost[0].lane].as_str()), (Stroke::Lost, "s1"));
    assert!(diagram.rows[lost[0].from].fault);
    let calls = diagram.arrows.iter().filter(|arrow| arrow.line == Stroke::Goes);
    let ways: Vec<_> = calls.map(|arrow| (diagram.rows[arrow.from].lane, arrow.lane)).collect();
    assert_eq!(ways, [(1, 0), (2, 1), (1, 2)]);
}

#[test]
fn both_owners_are_red_for_as_long_as_they_own_together() {
    let diagram = drawn(&sample::story(2));
    let (red, _) = &diagram.legend[1];
    let bars: Vec<_> = diagram.bars.iter().filter(|bar| bar.look == *red).collect();
    assert_eq!(bars.len(), 2);
    let taken = diagram.rows.len() as f64 - 2.0;
    for bar in bars {
        assert!(bar.from == taken && bar.to > taken, "{bar:?}");
    }
    assert!(matches!(red, Look::Solid(_)));
}

#[test]
fn idle_time_is_marked_where_it_is_long_and_nowhere_else() {
    let diagram = drawn(&sample::story(2));
    let idle: Vec<_> = diagram.rows.iter().map(|row| row.idle.as_deref()).collect();
    assert_eq!(idle, [None, None, Some("37.8 s"), Some("2 s"), None, None, None]);
}
