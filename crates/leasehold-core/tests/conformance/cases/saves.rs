//! Auto-saves, saves and ends: sections 4.1 to 4.5, 5.1 and 5.3.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "4.1",
        "10 profiles loaded at 0",
        "0 A starts 0 9; 760",
        &[
            ("all A OnSave to 430", "150s 180s 210s 240s 270s 300s 330s 360s 390s 420s"),
            ("all A.0 OnSave", "150s 450s 750s"),
            ("all A.9 OnSave", "420s 720s"),
        ],
    ),
    case(
        "4.1",
        "100 loaded at 0, 99 leave at 446",
        "0 A starts 0 99; 446 A ends 0 98; 800",
        &[("all A.99 OnSave", "744s")],
    ),
    case(
        "4.1",
        "49 join one that was alone for 299 s (H-A1)",
        "0 A start; 299 A starts 1 49; 310",
        &[("count A.0 OnSave to 299.5", "49"), ("count A.0 U", "52")],
    ),
    case(
        "4.1",
        "9 join one that was alone for 200 s (H-A1)",
        "0 A start; 200 A starts 1 9; 201",
        &[("count A.0 OnSave", "6")],
    ),
    case(
        "4.1",
        "a server is paused for 900 s (H-A2)",
        "0 A start; 10 A pause; 910 A resume; 911",
        &[("count A OnSave", "3"), ("all A OnSave", "910s 910s 910s")],
    ),
    case(
        "4.1",
        "a save restarts the timer of the only profile",
        "0 A start; 200 A save; 850",
        &[("all A OnSave", "200s 500s 800s")],
    ),
    case(
        "4.1",
        "and not the timer of two",
        "0 A starts 0 1; 200 A save; 460",
        &[("all A.0 OnSave", "150s 200s 450s")],
    ),
    case(
        "4.2",
        "changes after the end and before its call are kept, in a retry too",
        "0 A start; 10 A calls fail 1; A x 1; A end; 10.01 A x 2; 10.5 A x 3; 20",
        &[("stored x", "3"), ("count A OnSave", "1"), ("stored owner", "nobody")],
    ),
    case(
        "4.2",
        "the final save for another server is made in the middle of the save that found it asking",
        "0 end_request drop; A start; 10 B start; 12 A save; 12.03 A calls fail; 14",
        &[("A jobs", "0 2"), ("count A OnLastSave(External)", "1")],
    ),
    case(
        "4.2",
        "and both are over when it is answered",
        "0 end_request drop; A start; 10 B start; 12 A save; 12.03 A calls fail; 14 A calls ok; 20",
        &[("A jobs", "0 0"), ("count A OnAfterSave", "1"), ("A is active", "no")],
    ),
    case(
        "4.2",
        "`Data` is no table any more when that final save begins: both threads die (H-G4)",
        "0 end_request drop; A latency 0.025 2; A start; 10 B start; 12 A save; 13 A spoil; \
         16 A close; 60",
        &[
            ("A complains NotATable(Final)", "14.025s"),
            ("count A OnLastSave", "0"),
            ("A jobs", "0 1"),
            ("A is active", "yes"),
            ("A closed", "never"),
        ],
    ),
    case(
        "4.2",
        "the list of messages is gone when that final save is answered: both threads die (H-F6)",
        "0 end_request drop; A start; 10 B start; 12 A save; 12.03 inject messages none; 20",
        &[("A jobs", "0 2"), ("stored owner", "B"), ("count A OnLastSave(External)", "1")],
    ),
    case(
        "4.2",
        "that final save is ambiguous",
        "0 end_request drop; A start; 10 B start; 12 A save; 12.03 A calls ambiguous 1; 20",
        &[("A jobs", "0 0"), ("count A U from 12", "3"), ("stored owner", "B")],
    ),
    case(
        "4.2",
        "two saves find another server asking: the second is over at once",
        "0 end_request drop; A start; 10 B start; 12 A save; A save; 14",
        &[
            ("A jobs", "0 0"),
            (
                "story A from 11",
                "OnSave U OnSave U OnSave OnLastSave(External) unsubscribes OnSessionEnd U OnAfterSave",
            ),
        ],
    ),
    case(
        "4.2",
        "`Data` is no table any more when the transform runs",
        "0 A start; 1 A x 5; A save; 2 A save; 2.01 A spoil; 3 B start; 10",
        &[
            ("A saved x", "nothing"),
            ("count A OnAfterSave", "2"),
            ("B overwritten", "3.05s"),
            ("B loaded 1", "3.05s"),
        ],
    ),
    case("4.3", "Save", "0 A start; 10 A save; 11", &[("story A from 10", "OnSave U OnAfterSave")]),
    case(
        "4.3",
        "EndSession",
        "0 A start; 10 A end; 11",
        &[("story A from 10", "OnSave OnLastSave(Manual) unsubscribes OnSessionEnd U OnAfterSave")],
    ),
    case(
        "4.3",
        "an EndSession message",
        "0 A start; 20 B start; 21",
        &[(
            "story A from 10",
            "OnSave OnLastSave(External) unsubscribes OnSessionEnd U OnAfterSave",
        )],
    ),
    case(
        "4.3",
        "a foreign request seen on a save",
        "0 A start; 1 end_request drop; 20 B start; 21 A x 1; A save; 21.04 A x 2; 22",
        &[
            (
                "story A from 10",
                "OnSave U OnSave OnLastSave(External) unsubscribes OnSessionEnd U OnAfterSave",
            ),
            ("stored x", "2"),
        ],
    ),
    case(
        "4.3",
        "the lock is lost",
        "0 A start; 10 inject active other; A x 1; A save; 11",
        &[("story A from 10", "OnSave U unsubscribes OnSessionEnd OnAfterSave"), ("stored x", "0")],
    ),
    case(
        "4.3",
        "shutdown",
        "0 A start; 10 A close; 11",
        &[(
            "story A from 10",
            "OnSave OnLastSave(Shutdown) unsubscribes OnSessionEnd U OnAfterSave closed",
        )],
    ),
    case(
        "4.3",
        "closed while it is acquired (4.5)",
        "0 A latency 1 1; A start; 1.5 A close; 10",
        &[
            (
                "story A",
                "U S OnSave OnLastSave(Manual) OnSessionEnd U unsubscribes OnAfterSave refused closing closed",
            ),
            ("cost A", "2U 1S"),
            ("count A unsubscribes", "1"),
        ],
    ),
    case(
        "4.3",
        "SetAsync of a view",
        "0 A start; 1 A end; 9 B get; 10 B x 5; B set; 11",
        &[("story B from 10", "OnSave U set"), ("stored x", "5")],
    ),
    case(
        "4.5",
        "shutdown in an outage (H-S1)",
        "0 A start; 10 A latency 0 0; A calls fail; A close; 50",
        &[
            ("all A U from 10", "10s 11s 13s 17s 25s 33s 41s 49s"),
            ("count A U from 10 to 40", "6"),
            ("A closed", "never"),
        ],
    ),
    case(
        "4.5",
        "shutdown while an ended session is retried",
        "0 A start; 10 A latency 0 0; A calls fail; A end; 10 A close; 45",
        &[("all A U from 10", "10s 11s 13s 17s 25s 41s"), ("count A U from 10 to 40", "5")],
    ),
    case(
        "4.5",
        "shutdown during a conflict wait: the request stays",
        "0 A start; 1 A crash; 20 B start; 22 B close; 30",
        &[("B closed since 22", "0.017s"), ("stored force", "B")],
    ),
    case(
        "4.5",
        "shutdown during the sleep of a failing start",
        "0 A latency 0 0; A calls fail; A start; 32 A close; 60",
        &[("A closed since 32", "19s")],
    ),
    case(
        "4.5",
        "what ends on a frame is seen on that frame: an answer, and a start that gives up",
        "set frame 0.01; 0 A start; 3 A close; 20 C start; 21 C crash; 22 B start; 23.005 B close; 24",
        &[
            ("exact A closed", "3050.000ms"),
            ("exact B refused closing", "23010.000ms"),
            ("exact B closed", "23010.000ms"),
        ],
    ),
    case(
        "4.5",
        "shutdown without access saves nothing",
        "0 A up noaccess; A start; 10 A x 1; A close; 11",
        &[("A closed since 10", "0.017s"), ("count A OnSave", "0"), ("cost A", "0")],
    ),
    case(
        "5.1",
        "5 saves and an end at 2 s each",
        "0 A start; 10 A latency 1 1; A save; A save; A save; A save; A save; A end; 30",
        &[("all A OnAfterSave", "12s 14s 16s 18s 20s 22s")],
    ),
    case(
        "5.1",
        "the next call goes out before an answer is looked at",
        "0 A start; 1 A save; A save; 2",
        &[
            ("story A from 1", "OnSave U OnSave U OnAfterSave OnAfterSave"),
            ("all A U from 1", "1.0s 1.05s"),
            ("A OnAfterSave", "1.05s"),
        ],
    ),
    case(
        "5.3",
        "five errors at one second",
        "0 A starts 0 4; 1 A latency 0 0; A calls fail 5; A.0 save; A.1 save; A.2 save; A.3 save; A.4 save; 300",
        &[("A critical true", "1.0s"), ("A critical false", "241s"), ("count A error", "5")],
    ),
    case(
        "5.3",
        "one failing start",
        "0 A latency 0 0; A calls fail; A start; 30",
        &[("A critical true", "15s")],
    ),
];
