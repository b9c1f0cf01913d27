//! Memory in place of a datastore, Studio before it knows which, and lists of versions: section 7.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "7",
        "user ids in Studio: with access as on a live server, without and on a mock any",
        "0 A up studio; 1 A start; A.1 start k1 mock; 2 A user -1; A.1 user -1; A.1 user -1; 3",
        &[("A users", "[]"), ("A.1 users", "[-1]")],
    ),
    case(
        "7",
        "and without",
        "0 A up studio forbidden; 1 A start; 2 A user -1; 3",
        &[("A users", "[-1]")],
    ),
    case(
        "7",
        "of a user id that is there twice the first one is removed",
        "0 inject users 5 6 5; A start; 1 A nouser 5; 2",
        &[("A users", "[6, 5]")],
    ),
    case(
        "7",
        "in memory, a transform that raises takes no frame, again and again",
        "set frame 0.01; 1 A start mock; 2 A.1 remove mock; 3 A end; 5.5",
        &[("exact all A error", "3000.000ms 4000.000ms"), ("A jobs", "0 1")],
    ),
    case(
        "7",
        "and lets the next call go at once",
        "set frame 0.01; 1 A start mock; 2 A.1 remove mock; \
         3 A.2 get mock; A.0 save; A.0 save; A.3 get mock; 4",
        &[
            ("exact A.2 got false", "3010.000ms"),
            ("exact all A error", "3010.000ms 3010.000ms"),
            ("exact A.3 got true", "3020.000ms"),
            ("A jobs", "0 0"),
        ],
    ),
    case(
        "7",
        "what it leaves is an entry: a get finds the template",
        "1 A start mock; A x 5; 2 A.1 remove mock; 3 A save; 4 A.2 get mock; 6",
        &[("A.2 got true", "4.017s"), ("A.2 has x", "0")],
    ),
    case(
        "7",
        "and a start makes it anew",
        "1 A start mock; 2 A end; 3 A.1 get mock; 4 A.2 remove mock; 5 A.1 set; 6 A.3 start mock; 7",
        &[("A.1 set", "5s"), ("A.3 loaded 1", "6.017s"), ("count A overwritten", "0")],
    ),
    case(
        "7",
        "`SetAsync` raises on messages alone: in memory it has taken out what was acked by then",
        "0 A.1 send 5 mock; 1 A get mock; 1.5 A handler ack; 2 A set; 3 A.2 get mock; 3.5 A.2 handler watch; 4",
        &[("count A error", "1"), ("A.2 got true", "3.017s"), ("A.2 handler0", "never")],
    ),
    case(
        "7",
        "in the datastore it has not",
        "0 A.1 send 5; 1 A get; 1.5 A handler ack; 2 A set; 3 A.2 get; 3.5 A.2 handler watch; 4",
        &[("count A error", "1"), ("A.2 handler0(1)", "3.5s")],
    ),
    case(
        "7",
        "in memory, a start that joins sees the result on the frame of the answer",
        "set frame 0.01; 1 A start mock; 1.005 A.1 start mock; 1.015 A.2 start mock; 3",
        &[
            ("exact A.1 loaded 1", "1010.000ms"),
            ("A.0 refused load_stolen", "1.01s"),
            ("exact A.2 refused already_active", "1015.000ms"),
        ],
    ),
    case(
        "7",
        "and with the calls of others before it in the queue",
        "set frame 0.01; 1 A.3 get mock; A start mock; 1.005 A.1 start mock; 3",
        &[("exact A.3 got false", "1010.000ms"), ("exact A.1 loaded 1", "1020.000ms")],
    ),
    case(
        "7",
        "the datastore's state is seen a frame after the probe's answer",
        "set frame 0.01; 0 A up studio probe 5.356; A.1 query; A.1 next 2; 5.358 A start; A.3 get mock; A.4 remove k1; 6",
        &[
            ("exact all A U", "5360.000ms"),
            ("exact all A R", "5360.000ms"),
            ("exact all A L", "5360.000ms"),
            ("exact A.3 got false", "5370.000ms"),
        ],
    ),
    case(
        "7",
        "so a start that is made meanwhile does not overtake those that wait",
        "0 A up studio forbidden probe 5.356; A.2 start; A.3 start; A.4 send 1; 5.36 A.9 start; 15",
        &[
            ("A.2 refused load_stolen", "5.383s"),
            ("A.3 refused load_stolen", "5.383s"),
            ("A.9 loaded 1", "5.383s"),
            ("A.4 sent true", "5.4s"),
        ],
    ),
    case(
        "7",
        "and nobody has heard of a shutdown that begins before",
        "set frame 0.01; 0 A up studio probe 5.356; 5.358 A close; 6 A start; 7",
        &[("A loaded 1", "6.05s"), ("A closed", "never")],
    ),
    case(
        "7",
        "`NextAsync` waits for the datastore's state",
        "0 A start; B up studio probe 0.705; 0.5 B query; 0.6 B next 1; 4",
        &[("B.1 got true", "0.833s"), ("cost B", "1SetAsync 1L 1V")],
    ),
    case(
        "7",
        "and returns nil if there is no access, or on a mock",
        "0 A up studio forbidden probe 0.705; A query; A next 1; 2 A.2 query mock; A.2 next 3; 3",
        &[("A.1 got false", "0.717s"), ("A.3 got false", "2s"), ("cost A", "1SetAsync")],
    ),
    case(
        "7",
        "`NextAsync` that fetches a page, or waits for one, sees its version a frame later or two",
        "set frame 0.01; page 1; A latency 0.0234 0.0288; 1 A start; 1.5 A save; \
         2 A.1 query; A.1 next 2; A.1 next 3; 4",
        &[("exact A.2 got true", "2110.000ms"), ("exact A.3 got true", "2170.000ms")],
    ),
    case(
        "7",
        "one that finds its page returns when its version is read",
        "set frame 0.01; A latency 0.0234 0.0288; 1 A start; 1.5 A save; 2 A.1 query; A.1 next 2; 3 A.1 next 3; 4",
        &[("exact A.2 got true", "2110.000ms"), ("exact A.3 got true", "3052.200ms")],
    ),
    case(
        "7",
        "a list that fails: a frame later for who fetched, at once from then on",
        "set frame 0.01; A latency 0.0234 0.0288; 1 A query; A calls fail 1; A next 1; 2 A next 2; 3",
        &[("exact A.1 got false", "1060.000ms"), ("exact A.2 got false", "2000.000ms")],
    ),
    case(
        "7",
        "of calls that wait for one page, each is served when its version is read",
        "set frame 0.01; page 9; A latency 0.0234 0.0288; 1 A start; 1.2 A save; 1.4 A save; \
         2 A.1 query; A.1 next 2; A.1 next 3; A.1 next 4; A.1 next 5; 4",
        &[
            ("exact A.2 got true", "2110.000ms"),
            ("exact A.3 got true", "2160.000ms"),
            ("exact A.4 got true", "2210.000ms"),
            ("exact A.5 got false", "2060.000ms"),
        ],
    ),
    case(
        "7",
        "the server closes while a page is fetched: who waits gets nothing, and the page is turned all the same",
        "set frame 0.01; page 1; A latency 0.0234 0.0288; 1 A start; 1.2 A save; 1.4 A end; \
         2 A.1 query; A.1 next 2; A.1 next 3; 2.02 A close; 4",
        &[
            ("exact A.2 got false", "2060.000ms"),
            ("exact A.3 got false", "2060.000ms"),
            ("cost A from 2", "1L 1A"),
        ],
    ),
];
