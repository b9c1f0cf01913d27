//! Session starts: sections 3.2 to 3.6, and 5.4.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "3.3",
        "dead owner, no latency",
        "0 A start; 1 A crash; 2 B latency 0 0; 2 B start; 60",
        &[
            ("all B U", "2s 7s 17s 27s 37s 47s"),
            ("all B P", "2s 7s 17s 27s 37s"),
            ("B loaded since 2", "45.0s"),
            ("stored commits", "7"),
        ],
    ),
    case(
        "1.2",
        "dead owner, RTT 0.05 s",
        "0 A start; 1 A crash; 2 B start; 60",
        &[("B loaded since 2", "45.367s"), ("cost B", "6U 5P 1S")],
    ),
    case(
        "3.3",
        "healthy owner, RTT 0.05 s",
        "0 A start; 20 B start; 30",
        &[("B loaded since 20", "5.1s")],
    ),
    case(
        "3.3",
        "healthy owner, RTT 1 s",
        "0 A start; 20 A latency 0.5 0.5; 20 B latency 0.5 0.5; 20 B start; 40",
        &[("B loaded since 20", "7.0s")],
    ),
    case(
        "3.3",
        "healthy owner, RTT 3 s",
        "0 A start; 20 A latency 1.5 1.5; 20 B latency 1.5 1.5; 20 B start; 40",
        &[("B loaded since 20", "11.0s")],
    ),
    case(
        "3.3",
        "healthy owner, RTT 6 s",
        "0 A start; 20 A latency 3 3; 20 B latency 3 3; 20 B start; 40",
        &[("B loaded since 20", "17.0s")],
    ),
    case(
        "1.1",
        "630 s old: waits",
        "0 inject session 630; A start; 10",
        &[("A loaded", "5.1s"), ("count A U", "2")],
    ),
    case(
        "1.1",
        "631 s old: taken",
        "0 inject session 631; A start; 10",
        &[("A loaded", "0.05s"), ("cost A", "1U 1S")],
    ),
    case(
        "3.2",
        "600 s old: grows too old while it is asked for",
        "0 inject session 600; A start; 60",
        &[("A loaded", "35s"), ("count A U", "5")],
    ),
    case(
        "3.6",
        "the datastore fails at once",
        "0 A latency 0 0; A calls fail; A start; 200",
        &[
            ("all A U", "0s 1s 3s 7s 15s 31s 51s 71s 91s 111s 131s"),
            ("A refused timeout", "131s"),
            ("count A U", "11"),
        ],
    ),
    case(
        "3.6",
        "the datastore fails at once, with a cancel condition",
        "0 A latency 0 0; A calls fail; A start cancel; 700",
        &[("count A U", "39"), ("A refused", "never")],
    ),
    case(
        "3.6",
        "the timeout counts from when the datastore's state is known",
        "set start_session_timeout 4; 0 A up studio fail probe 1.79; 0.1 A start; 0.2 A calls fail; 20",
        &[("count A U", "4"), ("A refused timeout", "9.0s")],
    ),
    case(
        "3.6",
        "a cancelled wait is over when its time is",
        "0 A start; 1 A crash; 2 B start cancel; 3 B cancel; 20",
        &[("B refused cancelled since 2", "5.05s"), ("stored force", "B")],
    ),
    case(
        "3.6",
        "closing ends a conflict wait within a frame",
        "0 A start; 1 A crash; 2 B start; 3 B close; 20",
        &[("B refused closing since 3", "0.017s")],
    ),
    case(
        "3.6",
        "a stored session that is a string, and one that is a number",
        "0 inject active string; A latency 0 0; A start; 1 inject active number; A start; 200",
        &[
            ("A refused no_session", "0.0s"),
            ("count A U from 1", "11"),
            ("count A refused timeout", "1"),
        ],
    ),
    case(
        "5.4",
        "no load count: every try throws",
        "0 inject loads none; A latency 0 0; A start; 200",
        &[
            ("count A U", "11"),
            ("A refused timeout", "131s"),
            ("stored loads", "none"),
            ("stored commits", "0"),
        ],
    ),
    case(
        "5.4",
        "a stored session that is a number: there is no view of it",
        "0 inject active number; 1 A get; 2",
        &[("A complains OddSession", "1.05s"), ("A got", "never"), ("count A error", "0")],
    ),
    case(
        "5.4",
        "one that is a string: there is a view",
        "0 inject active string; 1 A get; 2",
        &[("A got true", "1.05s")],
    ),
    case(
        "5.4",
        "a version whose session is a number: who reads it raises, who lets another read it waits for ever",
        "page 9; 0 A start; 1 A end; 2 inject active number; A.1 send 1; \
         10 B query; B next 1; 11 B next 2; 12 B next 3; 13 B next 4; \
         20 B.9 query descending; B.9 next 5; 21 B.9 next 6; 60",
        &[
            ("B.3 complains OddSession", "12.05s"),
            ("B.4 got false", "13s"),
            ("B.5 got", "never"),
            ("B.5 complains", "never"),
            ("B.6 got true", "21.05s"),
        ],
    ),
    case(
        "5.4",
        "a malformed value: told of by starts and messages, not by gets",
        "0 inject text; A get; 1 inject text; A.1 start; 2 inject empty; A.2 send 5 k0; 3 A.2 get; 4",
        &[
            ("A got", "0.05s"),
            ("A has x", "0"),
            ("all A overwritten", "1.05s 2.05s"),
            ("A.1 loaded 1 since 1", "0.05s"),
            ("stored index", "1"),
        ],
    ),
];
