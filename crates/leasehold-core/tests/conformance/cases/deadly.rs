//! Hazards of contention, of one server's own concurrency, of damaged records, of queues and of the
//! rest: H-C, H-E, H-F, H-G, H-A, H-S and H-V of section 10.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "H-C1",
        "a later waiter takes the place of an earlier one",
        "0 A subscribe fail; A start; 20 B start; 30 C start; 100",
        &[("B refused interrupted since 20", "15.15s"), ("C loaded since 30", "45.367s")],
    ),
    case(
        "H-C2",
        "the owner leaves after C's request, but B looks first",
        "0 A subscribe fail; A start; 20 B start; 24 C start; 24.5 A end; 40",
        &[("B loaded since 20", "5.1s"), ("C refused interrupted since 24", "5.1s")],
    ),
    case(
        "H-C3",
        "everybody loses",
        "0 A subscribe fail; A start; 20 B start; 22 C start cancel; 23 C cancel; 310",
        &[
            ("count B refused interrupted", "1"),
            ("count C refused cancelled", "1"),
            ("A OnLastSave(External)", "300.1s"),
            ("stored owner", "nobody"),
        ],
    ),
    case(
        "H-C4",
        "a request that was given up",
        "0 A subscribe fail; A start; 20 B start cancel; 21 B cancel; 310",
        &[("B refused cancelled since 20", "5.05s"), ("A OnLastSave(External)", "300.1s")],
    ),
    case(
        "H-C5",
        "the player comes back to the owner while B waits",
        "0 A start; 1 end_request drop; 19 A calls fail 1; A end; 19.1 B start; 19.5 A.1 start; 40",
        &[("A.1 loaded 2 since 19.5", "0.05s"), ("count B refused interrupted", "1")],
    ),
    case(
        "H-E1",
        "a rejoin in the gap of a failed final save",
        "0 A start; 1 A x 1; A save; 5 A x 777; 10 A calls fail 1; A end; 10.3 A.1 start; 20",
        &[
            ("A.1 loaded 2 since 10.3", "0.05s"),
            ("A.1 has x", "1"),
            ("stored x", "1"),
            ("A.1 is active", "yes"),
        ],
    ),
    case(
        "H-E2",
        "a zombie profile",
        "0 A start; 20 B start; 22 B.1 start; 629",
        &[
            ("B.1 loaded", "22.05s"),
            ("B.0 loaded", "25.1s"),
            ("B.0 is active", "yes"),
            ("B.1 is active", "no"),
            ("B.1 is listed", "yes"),
            ("count B.1 OnSessionEnd", "0"),
        ],
    ),
    case(
        "H-E3",
        "two store objects of one name",
        "0 A start; A.1 start object; 1",
        &[
            ("A.0 loaded 1", "0.05s"),
            ("A.1 loaded 2", "0.1s"),
            ("A.0 is active", "no"),
            ("A.1 is active", "yes"),
        ],
    ),
    case(
        "H-E4",
        "a start from a listener to OnSessionEnd",
        "0 A start; 1 A x 1; A save; 5 A x 777; A on OnSessionEnd start 1 1; 10 A end; 20",
        &[("A.1 has x", "1"), ("stored x", "1"), ("A.1 loaded 2", "10.05s")],
    ),
    case(
        "H-E5",
        "removed under a failing final save, and started again",
        "0 A start; 5 A x 7; 10 A calls fail 1; A end; 10.2 A.2 remove; 10.4 A.1 start; 10.6 A.1 x 9; 20",
        &[
            ("A.1 loaded 1", "10.45s"),
            ("stored x", "7"),
            ("stored owner", "nobody"),
            ("A.1 is active", "yes"),
        ],
    ),
    case(
        "H-E6",
        "`Steal` leaks to whoever joins",
        "0 A start; 20 B start steal; B.1 start; 21",
        &[("B.1 loaded 2 since 20", "0.067s"), ("B.0 refused load_stolen since 20", "0.05s")],
    ),
    case(
        "H-F1",
        "removed under a live session",
        "0 A start; 5 B remove; 10 A save; 11 A latency 0 0; A end; 80",
        &[
            ("A error", "10.05s"),
            ("all A U from 11", "11s 12s 14s 18s 26s 42s 62s"),
            ("A jobs", "0 1"),
        ],
    ),
    case(
        "H-F1",
        "until somebody makes the record anew",
        "0 A start; 5 B remove; 11 A end; 30 B start; 60",
        &[("A jobs", "0 0"), ("stored owner", "B")],
    ),
    case(
        "H-F2",
        "damaged under a live session",
        "0 A start; 5 inject text; 10 A save; 11 A end; 80",
        &[("A jobs", "0 1"), ("count A overwritten", "0"), ("stored x", "not a table")],
    ),
    case(
        "H-F3",
        "SetAsync under a live session",
        "0 A start; 5 A x 7; 20 B get; 21 B x 9; B set; 310",
        &[("A OnSessionEnd", "300.1s"), ("count A OnLastSave", "0"), ("stored x", "9")],
    ),
    case(
        "H-F4",
        "SetAsync where there is no record any more",
        "0 A start; 1 A end; 2 B get; 3 A.1 remove; 4 B x 9; B set; 5",
        &[("story B from 3.5", "OnSave U error set"), ("stored x", "nothing")],
    ),
    case(
        "H-F5",
        "a message that can never be written",
        "0 A latency 0 0; A calls fail; A send 1; 495",
        &[("count A sent", "0")],
    ),
    case(
        "H-F6",
        "a record whose list of messages is missing",
        "0 inject messages none; A start; 10 A end; 20 A close; 100",
        &[
            ("A loaded", "0.05s"),
            ("stored owner", "nobody"),
            ("A jobs", "0 1"),
            ("A closed", "never"),
        ],
    ),
    case(
        "H-F6",
        "the list of messages is gone, and one of them was acked: the transform throws, nothing is written",
        "1 A start; 2 A handler ack; 3 A.1 send 5; 5 inject messages none; 6 A save; 8",
        &[
            ("all A error", "6.05s"),
            ("A jobs", "0 0"),
            ("stored commits", "3"),
            ("A is active", "yes"),
        ],
    ),
    case(
        "H-F6",
        "and so for ever, at the end",
        "1 A start; 2 A handler ack; 3 A.1 send 5; 5 inject messages none; 6 A end; 30 A close; 60",
        &[("A jobs", "0 1"), ("stored owner", "A"), ("stored commits", "3"), ("A closed", "never")],
    ),
    case(
        "H-F6",
        "a message cannot be added to a list that is not there",
        "0 inject messages none; A latency 0 0; A send 1; 6",
        &[("all A U", "0s 1s 3s"), ("A sent", "never"), ("stored index", "0")],
    ),
    case(
        "H-G1",
        "a call that hangs",
        "0 A start; 10 A calls hang 1; A save; 11 A end; 20 B start; 80",
        &[("count A U from 1", "1"), ("B loaded since 20", "45.367s")],
    ),
    case(
        "H-G2",
        "a queued caller is cancelled from outside",
        "0 A start; 10 A save; A.1 get; 10.01 A.1 kill; 11 A end; 400",
        &[("count A U from 11", "0"), ("A jobs", "0 1"), ("stored owner", "A")],
    ),
    case(
        "H-G2",
        "the start that loads is cancelled from outside",
        "0 A start; 0.01 A kill; 5 A.1 start; 400",
        &[("A jobs", "2 0"), ("A.1 loaded", "never"), ("A.1 refused", "never")],
    ),
    case(
        "H-G4",
        "data that is no table",
        "0 A starts 0 1; 5 A.0 spoil; 6 A.0 end; 10 A close; 60",
        &[
            ("A.0 complains NotATable(Final)", "6s"),
            ("A.0 is active", "yes"),
            ("stored owner", "A"),
            ("A.1 OnLastSave(Shutdown)", "10s"),
            ("A closed", "never"),
        ],
    ),
    case(
        "H-G5",
        "a listener to OnSave that ends the session",
        "0 A start; 5 A on OnSave end 20; A save; 20",
        &[("count A OnSave", "21")],
    ),
    case(
        "H-G5",
        "a listener to OnLastSave that ends the session",
        "0 A start; 5 A on OnLastSave end 1; A end; 20",
        &[("count A OnSessionEnd", "2"), ("count A U from 1", "2")],
    ),
    case(
        "H-A3",
        "a stall, and a listener to OnSave that ends sessions",
        "0 A starts 0 1; 5 A.0 on OnSave end 1 1; A.0 on OnSave end 1; 10 A pause; 910 A resume; 911",
        &[("count A heartbeat raised", "1")],
    ),
    case(
        "H-S1",
        "killed in an outage at shutdown: the lock stays",
        "0 A start; 10 A calls fail; A close; 40 A crash; 41 B start; 100",
        &[("B loaded since 41", "45.367s"), ("stored owner", "B")],
    ),
    case(
        "H-S2",
        "two servers in Studio have one name",
        "0 A up studio; B up studio; 1 A start; 20 B start; 21 A save; 22",
        &[
            ("B loaded 2 since 20", "0.05s"),
            ("A OnSessionEnd", "21.05s"),
            ("count A OnLastSave", "0"),
        ],
    ),
    case(
        "H-V1",
        "a removed version in the middle of the list",
        "0 A start; 1 A end; 2 A.1 remove; 3 A start; 4 A end; \
         10 B query; B next 1; 11 B next 2; 12 B next 3; 13 B next 4; 14",
        &[("B.1 got true", "10.1s"), ("B.3 got false", "12.1s"), ("B.4 got true", "13.05s")],
    ),
    case(
        "H-V2",
        "a view that is set later overwrites what is newer",
        "0 A start; 10 B get; 20 A x 5; A save; 21 B set; 22",
        &[("stored x", "0"), ("stored owner", "nobody")],
    ),
];
