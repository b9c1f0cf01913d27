//! Hazards of time, of messaging and of calls whose outcome is unknown: H-T, H-M and H-U of section
//! 10.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "H-T1",
        "the least time of a handoff",
        "0 A start; 20 B start; 30",
        &[("B loaded since 20", "5.1s")],
    ),
    case(
        "H-T2",
        "message lost: two owners, and data lost",
        "0 A start; end_request drop; 10 A x 7; 20 B start; 310",
        &[
            ("B loaded", "65.4s"),
            ("A OnSessionEnd", "300.1s"),
            ("count A OnLastSave", "0"),
            ("stored x", "0"),
        ],
    ),
    case(
        "H-T3",
        "clock ahead by 379 s, last save 250 s ago",
        "0 A start; 250 A save; 500 B wall 379; B start; 520",
        &[("B loaded since 500", "5.1s")],
    ),
    case(
        "H-T3",
        "clock ahead by 381 s, last save 250 s ago",
        "0 A start; 250 A save; 500 B wall 381; B start; 520",
        &[("B loaded since 500", "0.05s"), ("A is active", "yes")],
    ),
    case(
        "H-T3",
        "owner dead for 1000 s, clock behind by 1000 s",
        "0 A start; 1 A crash; 1000 B wall -1000; B start; 1060",
        &[("B loaded since 1000", "45.367s")],
    ),
    case(
        "H-T4",
        "taken for dead without any fault",
        "0 A starts 0 99; 446 A ends 0 98; 640 B start k99; 641",
        &[("B loaded since 640", "0.05s"), ("A.99 is active", "yes")],
    ),
    case(
        "H-T5",
        "an outage",
        "0 A start; 5 A x 7; 10 A calls fail; 640 A calls ok; 645 B start; 646",
        &[("B loaded since 645", "0.05s"), ("B has x", "0"), ("A has x", "7")],
    ),
    case(
        "H-T6",
        "owner paused, messages kept",
        "0 A start; 10 A x 7; 20 A pause; B start; 80 A resume; 310",
        &[
            ("B loaded", "65.4s"),
            ("A OnLastSave(External)", "80.0s"),
            ("stored x", "0"),
            ("stored owner", "B"),
        ],
    ),
    case(
        "H-T6",
        "owner paused, messages dropped",
        "0 A start; 10 A x 7; 20 A pause deaf; B start; 80 A resume; 310",
        &[("B loaded", "65.4s"), ("A OnSessionEnd", "300.1s"), ("count A OnLastSave", "0")],
    ),
    case(
        "H-T7",
        "the release takes 60 s to commit",
        "0 A start; 10 A x 7; A latency 60 0.025; 20 B start; 100",
        &[
            ("A OnLastSave(External)", "20.17s"),
            ("B loaded", "65.4s"),
            ("stored x", "0"),
            ("stored owner", "B"),
        ],
    ),
    case(
        "H-T8",
        "a crash loses all since the last commit",
        "0 A start; 10 A x 7; 299 A crash; 300",
        &[("stored x", "0"), ("stored commits", "1")],
    ),
    case(
        "H-M1",
        "subscribing takes 3 s, and the message comes before",
        "0 A subscribe 3; A start; 1 B start; 30",
        &[("B loaded since 1", "15.15s")],
    ),
    case(
        "H-M2",
        "subscribing fails: a session without messages",
        "0 A subscribe fail; A start; 20 B start; 80",
        &[("B loaded since 20", "45.367s"), ("A is active", "yes")],
    ),
    case(
        "H-M3",
        "a message within 6 s of another is ignored",
        "0 A start; 20 C send 1; 20.6 B start; 60",
        &[
            ("A OnSave", "20.17s"),
            ("all A OnLastSave(External)", "35.9s"),
            ("B loaded since 20.6", "25.25s"),
        ],
    ),
    case(
        "H-M4",
        "a clock that begins at 0",
        "0 A up clock 0; A start; 1 B start; 30",
        &[("B loaded since 1", "15.15s")],
    ),
    case(
        "H-M5a",
        "the acquiring call is ambiguous, and tried again",
        "0 A calls ambiguous 1; A start; 20 B start; 80",
        &[("A loaded 2", "1.1s"), ("B loaded since 20", "45.367s"), ("A is active", "yes")],
    ),
    case(
        "H-M5b",
        "a start joined to a load under way",
        "0 A start; A.1 start; 20 B start; 80",
        &[("B loaded since 20", "45.367s"), ("A.1 is active", "yes")],
    ),
    case(
        "H-M5c",
        "a reload while the record still names this server",
        "0 A start; 10 A calls fail 1; A end; 10.3 A.1 start; 20 B start; 80",
        &[("B loaded since 20", "45.367s"), ("A.1 is active", "yes")],
    ),
    case(
        "H-M6",
        "a request that comes 30 s late, and nobody wants it any more",
        "0 A start; 1 end_request late 30; 20 B start cancel; 21 B cancel; 60",
        &[
            ("B refused cancelled", "25.05s"),
            ("A OnLastSave(External)", "50.05s"),
            ("stored owner", "nobody"),
        ],
    ),
    case(
        "H-M7",
        "duplicates are harmless",
        "0 A start; end_request twice; 20 B start; 30",
        &[("count A OnLastSave(External)", "1"), ("B loaded since 20", "5.1s")],
    ),
    case(
        "H-M8",
        "a message sent where a stale session lives",
        "0 A start; end_request drop; 20 B start steal; 21 B handler watch; 21 end_request ok; 30 A.1 send 1; 330",
        &[("cost A.1", "1U"), ("A OnSessionEnd", "30.1s"), ("B handler0(1) since 30", "290s")],
    ),
    case(
        "H-U3",
        "an ambiguous auto-save",
        "0 A start; 1 A x 1; 2 A save; 3 A x 5; 4 A calls ambiguous 1; A save; 200",
        &[("stored x", "5"), ("A saved x", "1"), ("count A U", "3")],
    ),
    case(
        "H-U4",
        "an ambiguous final save, nobody else",
        "0 A start; 1 A x 5; 2 A calls ambiguous 1; A end; 10",
        &[("stored x", "5"), ("count A U", "3"), ("stored owner", "nobody")],
    ),
    case(
        "H-U4",
        "an ambiguous final save, and B acquires in the gap",
        "0 A start; 1 A x 5; 2 A calls ambiguous 1; A end; 2.2 B start; 2.5 B x 9; B save; 3; 10",
        &[("B has x", "9"), ("stored x", "9"), ("stored owner", "B"), ("count A U", "3")],
    ),
    case(
        "H-U5",
        "an ambiguous removal",
        "0 A start; 1 A end; 2 A.1 calls ambiguous 1; A.1 remove; 3",
        &[("A.1 removed false", "2.05s"), ("stored x", "nothing"), ("count A error", "0")],
    ),
];
