//! What each path costs: section 8.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case("8", "Studio load", "0 A up studio; 1", &[("cost A", "1SetAsync")]),
    case("8", "start, uncontended", "0 A start; 1", &[("cost A", "1U 1S")]),
    case(
        "8",
        "start, owner reachable by message",
        "0 A start; 20 B start; 30",
        &[("cost B", "2U 1P 1S"), ("cost A from 10", "1U")],
    ),
    case(
        "8",
        "start, message lost, owner saves inside the window",
        "0 A start; 1 end_request drop; 20 B start; 30 A save; 60",
        &[("cost B", "3U 2P 1S"), ("cost A from 10", "2U")],
    ),
    case(
        "8",
        "start, owner dead",
        "0 A start; 1 A crash; 20 B start; 80",
        &[("cost B", "6U 5P 1S"), ("cost A from 10", "0")],
    ),
    case(
        "8",
        "start, owner not subscribed",
        "0 A subscribe fail; A start; 20 B start; 310",
        &[("cost B to 80", "6U 5P 1S"), ("cost A from 10", "1U")],
    ),
    case("8", "start, assume-dead", "0 inject session 700; A start; 1", &[("cost A", "1U 1S")]),
    case(
        "8",
        "start, `Steal`",
        "0 A start; 20 B start steal; 310",
        &[("cost B to 21", "1U 1S"), ("B loaded since 20", "0.05s"), ("cost A from 10", "1U")],
    ),
    case(
        "8",
        "start, interrupted at poll 2",
        "0 A start; 1 A crash; 20 B start; 21 C start; 30",
        &[("cost B", "2U 1P"), ("B refused interrupted since 20", "5.1s")],
    ),
    case(
        "8",
        "start, interrupted at poll 3",
        "0 A start; 1 A crash; 20 B start; 28 C start; 40",
        &[("cost B", "3U 2P"), ("count B refused interrupted", "1")],
    ),
    case(
        "8",
        "start, store down, no cancel condition",
        "0 A latency 0 0; A calls fail; A start; 200",
        &[("cost A", "11U")],
    ),
    case(
        "8",
        "start joined to one under way",
        "0 A start; A.1 start; A.2 start; 1",
        &[("cost A", "1U 1S"), ("count A refused load_stolen", "2"), ("A.2 loaded", "0.067s")],
    ),
    case("8", "active", "0 A start; 3010", &[("count A U from 1", "10")]),
    case("8", "Save", "0 A start; 10 A save; 11", &[("cost A from 10", "1U")]),
    case("8", "EndSession", "0 A start; 10 A end; 11", &[("cost A from 10", "1U")]),
    case(
        "8",
        "a foreign request found on an auto-save",
        "0 A start; 290 inject force; 310",
        &[("cost A from 10", "2U")],
    ),
    case(
        "8",
        "lock lost",
        "0 A start; 290 inject active other; 310",
        &[("cost A from 10", "1U"), ("stored commits", "2")],
    ),
    case("8", "shutdown", "0 A starts 0 4; 10 A close; 11", &[("cost A from 10", "5U")]),
    case(
        "8",
        "MessageAsync, same server",
        "0 A start; 10 A.1 send 1; 11",
        &[("cost A from 10", "2U")],
    ),
    case(
        "8",
        "MessageAsync, remote owner",
        "0 A start; 20 B send 1; 21",
        &[("cost B", "1U 1P"), ("cost A from 10", "1U")],
    ),
    case("8", "MessageAsync, no owner", "0 A send 1; 1", &[("cost A", "1U")]),
    case("8", "GetAsync", "0 A get; 1", &[("cost A", "1G")]),
    case("8", "GetAsync of a version", "0 A version 0; 1", &[("cost A", "1V")]),
    case(
        "8",
        "SetAsync under a live session",
        "0 A start; 20 B get; 21 B set; 310",
        &[("cost B from 21", "1U"), ("cost A from 10", "1U"), ("A is active", "no")],
    ),
    case("8", "RemoveAsync", "0 A remove; 1", &[("cost A", "1R")]),
    case(
        "8",
        "NextAsync, first and next",
        "0 A start; 1 A save; 2 A end; 10 B query; B next 1; 11 B next 2; 12",
        &[("cost B to 10.5", "1L 1V"), ("cost B from 11", "1V")],
    ),
    case(
        "8",
        "NextAsync through 6 versions in pages of 2",
        "0 A start; 1 A save; 2 A save; 3 A save; 4 A save; 5 A end; \
         10 B query; B next 1; 11 B next 2; 12 B next 3; 13 B next 4; 14 B next 5; 15 B next 6; \
         16 B next 7; 17",
        &[("cost B", "1L 2A 6V"), ("count B got true", "6"), ("B.7 got false", "16s")],
    ),
    case(
        "8",
        "a zombie",
        "0 A start; 20 B start; 22 B.1 start; 629",
        &[("count B.1 U from 28", "2")],
    ),
    case(
        "9",
        "official test #1: started and ended twice, back to back",
        "0 A start; 1 A x 1; A end; A.1 start; 2 A.1 end; A.2 get; 3 A.3 remove; A.4 get; 4",
        &[("cost A", "4U 2G 1R 2S"), ("A.2 has x", "1"), ("A.4 got false", "3.1s")],
    ),
    case(
        "9",
        "official test #2: a second start while active raises",
        "0 A start; 1 A.1 start; 2 A end; 3 A start; 4",
        &[("A.1 refused already_active", "1s"), ("A loaded 2", "3.05s")],
    ),
    case(
        "9",
        "official test #3: three starts at once",
        "0 A start; A.1 start; A.2 start; 1 A.2 end; 2 A remove; 3",
        &[("cost A", "2U 1R 1S")],
    ),
    case(
        "9",
        "official test #5: a request with a wrong load count ends the session as lost",
        "set auto_save_period 10; 0 A start; 1 inject force; inject loads 0; A x 1; 12",
        &[("A OnSessionEnd", "10.1s"), ("count A OnLastSave", "0"), ("stored x", "0")],
    ),
    case(
        "9",
        "with the true count it ends by the request",
        "set auto_save_period 10; 0 A start; 1 inject force; A x 1; 12",
        &[("A OnLastSave(External)", "10.1s"), ("stored x", "1")],
    ),
];
