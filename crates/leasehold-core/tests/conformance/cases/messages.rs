//! Messages, and the other methods: sections 6 and 7.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "6.1",
        "a message to a key that was never loaded",
        "0 A send 5; 1 B start; 2 B handler apply; 3 B save; 4",
        &[
            ("A sent true", "0.05s"),
            ("cost A", "1U"),
            ("B handler0(1)", "2s"),
            ("B has gold", "5"),
            ("stored gold", "5"),
            ("stored messages", "none"),
            ("stored index", "1"),
        ],
    ),
    case(
        "6.1",
        "a message to a session of another server",
        "0 A start; 20 A handler apply; 20 B send 5; 30",
        &[("cost B", "1U 1P"), ("A handler0(1) since 20", "0.22s"), ("A has gold", "5")],
    ),
    case(
        "6.2",
        "at most 3 are kept of 5",
        "set max_message_queue 3; 0 A.1 send 1; A.2 send 2; A.3 send 3; A.4 send 4; A.5 send 5; 1",
        &[("stored messages", "3 4 5"), ("stored index", "5")],
    ),
    case(
        "6.3",
        "a new handler is shown all that is not acked, whatever others saw",
        "0 A.1 send 1; A.2 send 2; 1 A start; 2 A handler watch; 3 A handler ack; 4 A handler watch; 5",
        &[("story A.0 from 2", "handler0(1) handler0(2) handler1(1) handler1(2)")],
    ),
    case(
        "6.3",
        "a new message goes from handler to handler until one acks at once",
        "0 A start; 1 A handler watch; A handler ack; A handler watch; 20 B send 1; 30",
        &[("story A.0 from 2", "OnSave U handler0(1) handler1(1) OnAfterSave")],
    ),
    case(
        "6.4",
        "a handler that acks after yielding lets later ones run",
        "0 A start; 1 A handler watch; A handler watch; 20 B send 1; 21 A ack 1; 22 A save; 23",
        &[("count A handler0(1)", "1"), ("count A handler1(1)", "1"), ("stored messages", "none")],
    ),
    case(
        "6.4",
        "an ack after a save's transform waits for the next save",
        "0 A.1 send 1; 1 A start; 2 A handler watch; 3 A save; 3.04 A ack 1; 4",
        &[("stored messages", "1")],
    ),
    case(
        "6.4",
        "and goes with it",
        "0 A.1 send 1; 1 A start; 2 A handler watch; 3 A save; 3.04 A ack 1; 4 A save; 5",
        &[("stored messages", "none")],
    ),
    case(
        "6.4",
        "an ack after the final save's transform is lost",
        "0 A.1 send 1; 1 A start; 2 A handler watch; 3 A end; 3.04 A ack 1; 4 B start; 5 B handler watch; 6",
        &[("B handler0(1)", "5s")],
    ),
    case(
        "6.4",
        "a crash before the next save undoes change and ack together",
        "0 A.1 send 5; 1 A start; 2 A handler apply; 3 A crash; 4 B start; 60 B handler apply; 61 B end; 62",
        &[("A has gold", "5"), ("B handler0(1)", "60s"), ("stored gold", "5")],
    ),
    case(
        "6.4",
        "two ambiguous failures make three copies (H-U2)",
        "0 A calls ambiguous 2; A send 1; 10",
        &[("stored messages", "1 2 3"), ("cost A", "3U"), ("count A sent true", "1")],
    ),
    case(
        "6.4",
        "what comes with the answer that ends the session is not delivered",
        "0 A start; 1 A handler watch; end_request drop; 20 B start; 20.1 C send 1; 21 A save; 22",
        &[("count A handler", "0"), ("A OnLastSave(External)", "21.05s"), ("stored messages", "1")],
    ),
    case(
        "7",
        "GetAsync of nothing, and RemoveAsync",
        "0 A get; 1 A start; 2 A.1 get; 3 A end; 4 A.2 remove; 5 A.3 get; 6",
        &[
            ("A got false", "0.05s"),
            ("A.1 got true", "2.05s"),
            ("A.2 removed true", "4.05s"),
            ("A.3 got false", "5.05s"),
            ("stored x", "nothing"),
        ],
    ),
    case(
        "7",
        "a mock is kept apart, costs nothing and takes a frame",
        "0 A start mock; A.1 start; 1 A x 5; A end; 2 A.2 get mock; 3",
        &[
            ("A.0 loaded 1", "0.017s"),
            ("A.1 loaded 1", "0.05s"),
            ("cost A.0", "0"),
            ("A.2 has x", "5"),
            ("stored x", "0"),
        ],
    ),
    case(
        "7",
        "a mock ignores `Steal`, and there are no versions in it",
        "0 A start mock; 1 A end; 2 A.1 version 0 mock; 3",
        &[("A.1 got false", "2s"), ("cost A", "0")],
    ),
    case(
        "7",
        "Studio finds access, none, or no internet",
        "0 A up studio; A start; 1",
        &[("cost A", "1SetAsync 1U 1S"), ("A U", "0.067s")],
    ),
    case(
        "7",
        "user ids: no duplicates, negative ones only without a live server",
        "0 A start; 1 A user 5; A user 5; A user -1; A save; 2",
        &[("stored users", "Some([5])")],
    ),
];
