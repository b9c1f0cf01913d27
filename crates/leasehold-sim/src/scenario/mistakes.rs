//! What people get wrong in scenario files, and what they are told.

use super::Scenario;
use crate::problem::Problems;

fn problems(text: &str) -> Problems {
    Scenario::parse(text).expect_err(text)
}

/// Texts with one mistake each, and what is told of it.
pub(super) const MISTAKES: &[(&str, &str)] = &[
    (
        "durration = \"1m\"",
        "line 1, column 1: unknown field `durration`; allowed: perhaps \"duration\"?",
    ),
    (
        "[servers]\ncuont = 1",
        "line 2, column 1: unknown field `cuont` in servers; allowed: perhaps \"count\"?",
    ),
    ("colour = 1", "unknown field `colour`; allowed: one of \"title\", \"duration\""),
    ("[rules]\nLEASE_DURATON = \"5s\"", "perhaps \"LEASE_DURATION\"?"),
    (
        "duration = \"1 minute\"",
        "line 1, column 12: duration = \"1 minute\" is not a duration: its unit must be us, ms, s, m or h; allowed: a duration such as \"1m30s\" or \"250ms\", 1ms to 8784h",
    ),
    ("duration = 60", "duration = 60 is a number without a unit"),
    ("duration = \"-5s\"", "duration = \"-5s\" is negative"),
    ("duration = \"0s\"", "is too small; allowed: a duration such as \"1m30s\" or \"250ms\", 1ms"),
    ("duration = \"99999999999999999999h\"", "is not a number that fits"),
    ("duration = \"9999h\"", "is too long"),
    ("duration = 2026-11-21", "is a date or a time"),
    ("players.arrive = \"9s..5s\"", "ends before it begins"),
    (
        "players.arrivals = \"poison\"",
        "players.arrivals = \"poison\" is not known; allowed: perhaps \"poisson\"?",
    ),
    (
        "players.arrivals = 3",
        "is a whole number; allowed: one of \"even\", \"poisson\"; or { by_hour = [3, 2",
    ),
    (
        "players.arrivals = { by_hour = [1, 2] }",
        "players.arrivals.by_hour has 2 entries; allowed: a list of 24",
    ),
    ("players.arrivals = {}", "players.arrivals.by_hour is missing; allowed: a list of 24"),
    (
        "players.arrivals = { by_hour = [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }",
        "players.arrivals.by_hour lets nobody come in the hours of players.arrive; allowed: more than 0 in one of these hours (players.arrive is 0s..1m)",
    ),
    ("players.edit_every = \"0s..5s\"", "is too small; allowed: a duration such as"),
    (
        "players.stay = \"healthy\"",
        "players.stay = \"healthy\" is not a duration: a number must come first; allowed: a duration such as \"5s\", a range such",
    ),
    ("players.stay = \"0s\"", "8784h; the longest at least 1ms"),
    ("players.stay = 5", "players.stay = 5 is a number without a unit"),
    (
        "players.stay = { quantiles = [\"0s\", \"100us\"] }",
        "players.stay = { quantiles = [0s, 100us] } is never longer than 100us; allowed: the longest at least 1ms",
    ),
    (
        "players.edit_every = { p50 = \"20ms\", p99 = \"1s\" }",
        "us; allowed: the shortest at least 1ms",
    ),
    ("players.hop_delay = { p50 = \"2s\" }", "players.hop_delay.p99 is missing"),
    ("faults.pause_for = { quantiles = [\"1s\"] }", "faults.pause_for.quantiles has 1 entries"),
    ("players.arrive = { p50 = \"1s\", p99 = \"2s\" }", "is a table; allowed: a duration such as"),
    ("players.retry_after = \"0s\"", "the longest at least 1ms"),
    (
        "datastore.fail_before = 1.5",
        "datastore.fail_before = 1.5 is not a probability; allowed: a probability such as 0.05 or \"5%\", 0 to 1",
    ),
    ("datastore.fail_before = nan", "= nan is not a probability"),
    ("datastore.fail_before = \"150%\"", "is not a probability"),
    ("datastore.fail_before = inf", "is not a probability"),
    ("datastore.fail_before = true", "is true or false; allowed: a probability"),
    (
        "datastore.latency = \"quick\"",
        "allowed: one of \"healthy\", \"slow_2020\", \"degraded\", \"outage\"; a duration",
    ),
    (
        "datastore.latency = \"documented\"",
        "datastore.latency = \"documented\" is a preset for something else; allowed: one of \"healthy\"",
    ),
    ("messaging.latency = \"degraded\"", "allowed: one of \"fast\", \"documented\"; a duration"),
    ("datastore.latency = { p50 = \"1s\" }", "datastore.latency.p99 is missing"),
    ("datastore.latency = { p50 = \"2s\", p99 = \"1s\" }", "at most p99 = 1s"),
    (
        "datastore.latency = { quantiles = [\"1s\"] }",
        "datastore.latency.quantiles has 1 entries; allowed: a list of 2 to 65, each a duration",
    ),
    (
        "datastore.latency = { quantiles = [\"1s\", \"fast\", \"3s\"] }",
        "line 1, column 42: datastore.latency.quantiles[1] = \"fast\" is not a duration",
    ),
    (
        "datastore.latency = { quantiles = [\"2s\", \"3s\", \"1s\"] }",
        "the quantile 1s comes after 3s; none may be less than the one before",
    ),
    (
        "datastore.latency = { quantiles = [\"2s\", \"3s\"], p50 = \"1s\" }",
        "unknown field `p50` in datastore.latency",
    ),
    ("datastore.latency = { from = 3 }", "datastore.latency.from = 3 is a whole number"),
    ("datastore.condition = \"degradd\"", "perhaps \"degraded\"?"),
    (
        "datastore.incidents = [{ at = \"1m\", lasts = \"1m\" }]",
        "datastore.incidents[0] changes nothing; allowed: a condition, a latency or a rate",
    ),
    (
        "datastore.incidents = [{ at = \"1m\", lasts = \"1m\", condition = \"outage\", servers = [3, 10] }]",
        "datastore.incidents[0].servers[1] = 10 does not exist; allowed: servers are 0 to 9",
    ),
    (
        "datastore.incidents = [{ at = \"1m\", lasts = \"1m\", condition = \"outage\", servers = [] }]",
        "datastore.incidents[0].servers has 0 entries; allowed: a list of 1 to 100000, each",
    ),
    ("servers.count = 0", "servers.count = 0 is too small; allowed: a whole number, 1 to 100000"),
    ("servers.count = 10_000_000", "servers.count = 10_000_000 is too large"),
    ("servers.count = -1", "is too small"),
    ("servers.count = 99999999999999999999999999999999999999999999", "is too large"),
    ("servers.count = 3.5", "is a number with a fraction; allowed: a whole number"),
    ("servers.count = \"ten\"", "is a text; allowed: a whole number"),
    ("servers = 3", "servers = 3 is a whole number; allowed: a table"),
    ("servers.whole_seconds = \"yes\"", "allowed: true or false"),
    ("protocol = \"chronicel\"", "perhaps \"chronicle\"?"),
    ("timeline = 1", "allowed: a list of at most 10000 tables"),
    ("timeline = [{ server = 1, do = \"crash\" }]", "timeline[0].at is missing"),
    (
        "operations = [{ do = \"remove\" }]",
        "operations[0] has no moment; allowed: `at`, `every` or both",
    ),
    (
        "operations = [{ do = \"remove\", at = \"1s\", player = 100 }]",
        "operations[0].player = 100 does not exist; allowed: players are 0 to 99",
    ),
    (
        "operations = [{ do = \"remove\", at = \"1s\", server = 10 }]",
        "operations[0].server = 10 does not exist; allowed: servers are 0 to 9",
    ),
    (
        "operations = [{ do = \"remove\", at = \"1s\", takes = \"1s\" }]",
        "operations[0].takes = 1s means nothing; allowed: only with do = \"overwrite\"",
    ),
    (
        "operations = [{ do = \"message\", at = \"1s\" }]",
        "operations[0].do = \"message\" takes a library, and a script has none",
    ),
    (
        "timeline = [{ at = \"1s\", server = 10, do = \"crash\" }]",
        "line 1, column 35: timeline[0].server = 10 does not exist; allowed: servers are 0 to 9 (servers.count is 10)",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"shutdown\", to = 1 }]",
        "timeline[0].to = 1 leads nowhere",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"shutdown\", to = 10 }]",
        "timeline[0].to = 10 leads nowhere",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"crash\", to = 2 }]",
        "timeline[0].to = 2 leads nowhere",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"restart\" }]",
        "timeline[0].to is missing; allowed: with do = \"restart\", a server that is down",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"restart\", to = 2 }]",
        "timeline[0].to = 2 is up: a restart moves players to a fresh server",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"step\" }]",
        "timeline[0].by is missing; allowed: with do = \"step\", such as \"-3s\"",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"crash\", by = \"3s\" }]",
        "timeline[0].by = +3s means nothing; allowed: only with do = \"step\"",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"step\", by = \"3\" }]",
        "allowed: a duration with a sign such as \"+3s\" or \"-250ms\", up to 8784h either way",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"step\", by = 3 }]",
        "is a number without a unit",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"boot\", for = \"3s\" }]",
        "timeline[0].for = 3s means nothing",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"crash\", closes = true }]",
        "timeline[0].closes = true means nothing; allowed: only with do = \"out_of_memory\"",
    ),
    (
        "servers.count = 1\nplayers.second_device = 0.1",
        "players.second_device = 10% has no second server to log in on; allowed: a second device needs servers.count to be at least 2 (servers.count is 1)",
    ),
    (
        "players = { count = 4_000_000, trade = 0.1 }",
        "needs about 10 GB of memory; allowed: 8 GB, at 2600 bytes a player",
    ),
    (
        "servers = { count = 3, spare = 3 }",
        "servers.spare = 3 leaves no server up; allowed: less than servers.count",
    ),
    (
        "timeline = [{ at = \"1s\", server = 1, do = \"dance\" }]",
        "\"crash\", \"pause\", \"shutdown\"",
    ),
    (
        "warm_up = \"10m\"",
        "warm_up = 10m leaves nothing to count; allowed: less than duration (duration is 10m)",
    ),
    (
        "heal = \"1h\"",
        "heal = 1h comes after the end; allowed: heal must be at most duration (duration is 10m)",
    ),
    (
        "[rules]\nrenew_after = \"60s\"",
        "line 2, column 15: rules.renew_after = 1m does not fit; allowed: less than lease_duration (rules.lease_duration is 1m)",
    ),
    (
        "[rules]\nLEASE_DURATION = \"20s\"",
        "line 2, column 18: rules.renew_after = 50s does not fit",
    ),
    ("[rules]\nmax_delay = \"1s\"", "allowed: at least coalesce_window"),
    (
        "protocol = \"chronicle_strict\"\nrules.renew_after = \"58s\"",
        "line 2, column 21: rules.clock_margin = 3s does not fit",
    ),
    (
        "[rules]\nlease_duration = \"60s\"\nLEASE_DURATION = \"60s\"",
        "rules.lease_duration is here twice",
    ),
    ("[[compare]]\nname = \"a/b\"", "letters, digits, - and _"),
    ("[[compare]]\nname = \"a\"\n[[compare]]\nname = \"A\"", "is taken"),
    (
        "[[compare]]\nname = \"a\"\nrules.renew_after = \"2m\"",
        "line 3, column 21: compare[0].rules.renew_after = 2m does not fit",
    ),
    (
        "rules.renew_after = \"58s\"\n[[compare]]\nname = \"a\"\nprotocol = \"chronicle_strict\"",
        "(rules.renew_after is 58s, compare[0].protocol is chronicle_strict",
    ),
    (
        "compare = [{ name = \"other\", expect = { marks = [\"a breaker opend\"] } }]",
        "perhaps \"a breaker opened\"?",
    ),
    ("expect.marks = [\"a breaker opend\"]", "perhaps \"a breaker opened\"?"),
    (
        "[expect.invariants]\nno_overlap = \"any\"",
        "expect.invariants.no_overlap is no invariant; allowed: one of \"no_double_ownership\"",
    ),
    (
        "[expect.invariants]\nno_double_ownership = \"maybe\"",
        "allowed: one of \"holds\", \"violated\", \"any\"",
    ),
    (
        "players = { count = 10_000_000, trade = \"1%\" }",
        "needs about 26 GB of memory; allowed: 8 GB",
    ),
    (
        "duration = \"8784h\"\nplayers = { count = 1_000_000, edit_every = \"1ms\" }",
        "events; allowed: about 100000000000 events",
    ),
    (
        "duration = \"1m\"\nduration = \"2m\"",
        "line 2, column 1: this key is here for the second time; allowed: each key once",
    ),
    ("duration = ", "line 1, column 12: string values must be quoted"),
    ("[swarm]\nzeroes = \"1%\"", "line 2, column 1: unknown field `zeroes` in swarm"),
    ("swarm.zero = 2", "swarm.zero = 2 is not a probability"),
    ("swarm.draw = 2", "allowed: a table from fields to what they are drawn from"),
    (
        "[swarm.draw]\nservers.cuont = { from = 1, to = 2 }",
        "line 2, column 9: unknown field `cuont` in swarm.draw.servers; allowed: perhaps \"count\"?",
    ),
    (
        "[swarm]\ndraw.\"servers.cuont\" = { from = 1, to = 2 }",
        "line 2, column 6: unknown field `cuont` in swarm.draw.servers; allowed: perhaps \"count\"?",
    ),
    ("swarm.draw.\"server.count\" = 1", "unknown field `server` in swarm.draw; allowed: perhaps"),
    ("swarm.draw.\"heal.x\" = 1", "unknown field `x` in swarm.draw.heal; allowed: nothing inside"),
    (
        "swarm.draw.servers.count = { from = 40, to = 2 }",
        "line 1, column 28: swarm.draw.servers.count = { from = 40, to = 2 } ends before it begins",
    ),
    (
        "swarm.draw.servers.count = { from = 0, to = 2 }",
        "swarm.draw.servers.count.from = 0 is too small; allowed: a whole number, 1 to 100000",
    ),
    (
        "swarm.draw.servers.skew = { from = 0, to = \"1s\" }",
        "swarm.draw.servers.skew.from = 0 is a number without a unit; allowed: a duration",
    ),
    ("swarm.draw.messaging.loss = { from = 0, to = 2 }", "to = 2 is not a probability"),
    (
        "swarm.draw.players.stay = { from = \"1s..2s\", to = \"1m\" }",
        "swarm.draw.players.stay.from = \"1s..2s\"",
    ),
    (
        "swarm.draw.players.stay = { any = [\"1s..2s\", 3] }",
        "stay.any[1] = 3 is a number without a unit; allowed: a duration",
    ),
    ("swarm.draw.servers.count = { from = 2 }", "has no `to`; allowed: { from = .., to = .. }, or"),
    ("swarm.draw.servers.count = { to = 2 }", "has no `from`"),
    ("swarm.draw.servers.count = {}", "says nothing to draw from"),
    ("swarm.draw.servers.count = 3", "swarm.draw.servers.count = 3 says nothing to draw from"),
    ("swarm.draw.servers.count = { from = 1, to = 2, any = [1] }", "says two things at once"),
    ("swarm.draw.servers.count = { any = [] }", "any = [] is nothing to draw one of"),
    (
        "swarm.draw.servers.count = { least = 1 }",
        "unknown field `least` in swarm.draw.servers.count",
    ),
    (
        "swarm.draw.servers.whole_seconds = { from = false }",
        "allowed: { any = [..] } with what to draw one of",
    ),
    (
        "swarm.draw.protocol = { any = [\"chronicel\"] }",
        "swarm.draw.protocol.any[0] = \"chronicel\" is not known; allowed: perhaps \"chronicle\"?",
    ),
    ("swarm.draw.title = { any = [\"a\"] }", "swarm.draw.title cannot be drawn; allowed: numbers"),
    ("swarm.draw.servers = { any = [1] }", "unknown field `any` in swarm.draw.servers"),
    ("swarm.draw.servers = 3", "swarm.draw.servers cannot be drawn"),
    ("swarm.draw.timeline = { any = [] }", "swarm.draw.timeline cannot be drawn"),
    ("swarm.draw.swarm.zero = { any = [0.1] }", "swarm.draw.swarm cannot be drawn"),
    (
        "[swarm.draw]\nservers.count = { from = 1, to = 2 }\n\"servers.count\" = { any = [1] }",
        "swarm.draw.servers.count is here twice, as `servers.count` too",
    ),
    (
        "[swarm.draw]\nheal = { from = \"11m\", to = \"20m\" }",
        "line 2, column 8: hardly any draw goes together: heal =",
    ),
    (
        "[swarm.draw]\nrules.LEASE_DURATION = { from = \"10s\", to = \"49s\" }",
        "line 2, column 24: hardly any draw goes together: rules.renew_after = 50s does not fit",
    ),
];

#[test]
fn a_mistake_is_told_with_its_place_what_was_found_and_what_is_allowed() {
    for &(text, expected) in MISTAKES {
        let problems = problems(text);
        assert_eq!(problems.0.len(), 1, "{text}\n{problems}");
        let told = problems.to_string();
        assert!(told.contains(expected), "{text}\ntold: {told}\nexpected: {expected}");
    }
}

#[test]
fn several_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "durration = \"1m\"\n[servers]\ncount = 0\nskew = 5\n[rules]\nrenew_after = \"2m\"\n\
                [players]\nhop = 2\n[[compare]]\nprotocol = 7\n";
    let found: Vec<String> = problems(text).0.into_iter().map(|problem| problem.path).collect();
    let expected = [
        "durration",
        "servers.count",
        "servers.skew",
        "rules.renew_after",
        "players.hop",
        "compare[0].name",
        "compare[0].protocol",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_relation_with_a_field_that_is_wrong_by_itself_is_not_worth_a_word() {
    let text =
        "duration = 60\nheal = \"1h\"\n[rules]\nrenew_after = \"one\"\nlease_duration = \"5s\"\n";
    let found: Vec<String> = problems(text).0.into_iter().map(|problem| problem.path).collect();
    assert_eq!(found, ["duration", "rules.renew_after"]);
}

#[test]
fn after_a_broken_line_the_others_are_still_looked_at() {
    let told =
        problems("duration = 1 minute\n[servers]\ncount = 0\n[players\nhop = 3\n").to_string();
    assert!(told.contains("line 1") && told.contains("servers.count = 0"), "{told}");
    assert!(!told.contains("duration = 1 is"), "{told}");
}

#[test]
fn nesting_without_end_is_refused_and_exhausts_nothing() {
    let many = 100_000;
    let texts = [
        format!("title = {}", "[".repeat(many)),
        format!("title = {}1{}", "[".repeat(many), "]".repeat(many)),
        format!("title = {}", "{a=".repeat(many)),
        format!("{}a = 1", "a.".repeat(many)),
        format!("[{}a]\nb = 1", "a.".repeat(many)),
        format!("[[{}a]]\nb = 1", "a.".repeat(many)),
        "[[a]]\n".repeat(many),
        "[a]\n".repeat(many),
        "timeline = [".to_owned() + &"{},".repeat(many) + "]",
        "[[compare]]\nname = \"a\"\n".repeat(many / 4),
        (0..many).fold(String::new(), |text, n| text + &format!("a{n} = 1\n")),
        format!("{} = 1", "a".repeat(900_000)),
        format!("title = \"{}\"", "a".repeat(900_000)),
        "a".repeat(super::TEXT_MAX + 1),
        "\u{0}".repeat(many),
        "\"".repeat(many),
        "\r".repeat(many),
    ];
    for text in texts {
        let told = problems(&text);
        let length = told.to_string().len();
        assert!(!told.0.is_empty() && told.0.len() <= 50 && length < 100_000, "{length}");
    }
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    assert!(Scenario::parse("\u{feff}title = \"x\"\r\n[servers]\r\ncount = 3\r\n").is_ok());
}
