//! Small worlds in which servers close, boot, be paused and are set right.

use super::*;
use crate::draws::Seed;
use crate::fault::Gate;
use crate::ids::ServerId;
use crate::library::Chronicle;
use crate::players::Doing;
use crate::scenario::Scenario;
use crate::sinks::Watch;

/// Where the players of server 0 play once it was shut down, after 1 min, with this timeline.
fn after_a_shutdown(timeline: &str) -> Vec<ServerId> {
    after_a_shutdown_with("", timeline)
}

/// The same, with more fields.
fn after_a_shutdown_with(fields: &str, timeline: &str) -> Vec<ServerId> {
    let text = format!(
        "duration = \"2m\"\nservers.count = 4\n{fields}\ntimeline = [{timeline}]\n\
         [players]\ncount = 80\narrive = \"0s..20s\"\nstay = \"1h\"\nretry = \"100%\""
    );
    let scenario = Scenario::parse(&text).unwrap();
    let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
    let seed = Seed::of(1);
    let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
    while world.now() < Moment::from_micros(59_000_000) && world.advance() {}
    let on_0 = |player: &crate::players::Player| player.server == Some(ServerId::new(0));
    let moved: Vec<usize> = (0..80).filter(|&name| on_0(&world.players[name])).collect();
    while world.advance() {}
    let players = moved.iter().map(|&name| &world.players[name]);
    players.filter(|one| one.state == Doing::Playing).filter_map(|one| one.server).collect()
}

#[test]
fn players_of_a_closing_server_go_where_they_are_sent_or_anywhere_if_nowhere_is_named() {
    let anywhere = after_a_shutdown("{ at = '1m', server = 0, do = 'shutdown' }");
    assert!((1..4).all(|server| anywhere.contains(&ServerId::new(server))), "{anywhere:?}");
    let sent = after_a_shutdown("{ at = '1m', server = 0, do = 'shutdown', to = 2 }");
    assert!(sent.len() > 10 && sent.iter().all(|&server| server == ServerId::new(2)), "{sent:?}");
}

#[test]
fn players_who_are_sent_to_a_server_that_is_down_go_to_the_next_that_is_up() {
    let crash = "{ at = '50s', server = 2, do = 'crash' }";
    let sent =
        after_a_shutdown(&format!("{crash}, {{ at = '1m', server = 0, do = 'shutdown', to = 2 }}"));
    assert!(sent.len() > 10 && sent.iter().all(|&server| server == ServerId::new(3)), "{sent:?}");
}

/// Runs a world and keeps what was counted.
fn outcome(text: &str, seed: u64) -> crate::Outcome {
    let scenario = Scenario::parse(text).unwrap_or_else(|why| panic!("{why}\n{text}"));
    crate::run("world", &scenario, Seed::of(seed), None, &mut |_| {})
}

fn marked(outcome: &crate::Outcome, mark: &str) -> u64 {
    outcome.dataset.marks.get(mark).copied().unwrap_or(0)
}

#[test]
fn a_spare_server_is_down_until_a_event_boots_it_and_a_healed_world_leaves_it_alone() {
    let world = |timeline: &str| {
        let text = format!(
            "duration = \"4m\"\nheal = \"2m\"\nservers = {{ count = 3, spare = 2 }}\n\
             timeline = [{timeline}]\nplayers = {{ count = 60, stay = \"10s..20s\", hop = \"100%\" }}"
        );
        let scenario = Scenario::parse(&text).unwrap();
        let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
        let seed = Seed::of(1);
        let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
        while world.advance() {}
        let there = |server| Some(ServerId::new(server));
        let on = |server| world.players.iter().filter(|one| one.server == there(server)).count();
        [on(0), on(1), on(2)]
    };
    assert_eq!(world(""), [60, 0, 0]);
    let [first, booted, spare] = world("{ at = '1m', server = 1, do = 'boot' }");
    assert!(first > 10 && booted > 10 && spare == 0, "{first} {booted} {spare}");
}

#[test]
fn all_players_of_a_server_that_is_restarted_land_on_the_fresh_one() {
    let restart = "{ at = '1m', server = 0, do = 'restart', to = 3 }";
    let moved = after_a_shutdown_with("servers.spare = 1\nheal = \"90s\"", restart);
    assert!(
        moved.len() > 10 && moved.iter().all(|&server| server == ServerId::new(3)),
        "{moved:?}"
    );
}

#[test]
fn an_old_boot_does_not_cut_a_later_absence_short() {
    let text = "duration = \"5m\"\nservers.count = 2\nplayers.count = 0\ntimeline = [\
                { at = '10s', server = 0, do = 'crash', for = '1m' },\
                { at = '20s', server = 0, do = 'boot' },\
                { at = '30s', server = 0, do = 'crash', for = '2m' },\
                { at = '2m', server = 0, do = 'boot' }]";
    // It is still down after 2 min: the last line finds something to boot.
    let summary = outcome(text, 1).dataset.summary;
    assert_eq!(summary.faults.get("timeline"), Some(&4));
}

#[test]
fn w8_what_a_closing_server_hears_of_first_changes_nothing_about_what_is_saved() {
    let world = |order: &str, seed| {
        let text = format!(
            "duration = \"3m\"\nservers = {{ count = 2, close_order = \"{order}\" }}\n\
             players = {{ count = 40, arrive = \"0s..20s\", stay = \"20m\", edit_every = \"1s..3s\" }}\n\
             timeline = [{{ at = '1m', server = 0, do = 'shutdown' }}]"
        );
        outcome(&text, seed)
    };
    for seed in 1..6 {
        for order in ["close_first", "leave_first", "either"] {
            let outcome = world(order, seed);
            assert_eq!(marked(&outcome, "a closing server was done in time"), 1, "{order}");
            let summary = &outcome.dataset.summary;
            assert!(summary.progress.lost.is_empty(), "{order}: {:?}", summary.progress.lost);
            assert!(
                summary.overlaps.double_ownership.is_empty(),
                "{order}: {:?}",
                summary.overlaps
            );
        }
    }
}

#[test]
fn a_player_who_waits_to_be_let_in_as_their_server_closes_is_refused_in_either_order() {
    let reasons = |order: &str| {
        let text = format!(
            "duration = \"1m\"\nservers = {{ count = 1, close_order = \"{order}\" }}\n\
             players = {{ count = 9, arrive = \"9s\" }}\ndatastore.latency = \"4s\"\n\
             timeline = [{{ at = '10s', server = 0, do = 'shutdown' }}]"
        );
        outcome(&text, 1).dataset.summary.starts.failed.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(reasons("close_first"), ["shutting_down"]);
    assert_eq!(reasons("leave_first"), ["shutting_down"], "what it heard last");
}

#[test]
fn a_server_closes_when_its_last_player_has_left_and_it_knows_and_not_before() {
    let world = |noticed: &str, players: u32| {
        let text = format!(
            "duration = \"2m\"\nservers = {{ count = 1, close_when_empty = true }}\n\
             datastore.latency = \"400ms\"\n[players]\ncount = {players}\narrive = \"1s\"\n\
             stay = \"10s..20s\"\nhop = \"0%\"\naway = \"1h\"\nnoticed_after = \"{noticed}\"\n"
        );
        outcome(&text, 1)
    };
    assert_eq!(marked(&world("0s", 0), "an empty server closed"), 0, "nobody has left");
    assert_eq!(marked(&world("0s", 9), "an empty server closed"), 1);
    assert_eq!(marked(&world("30s", 9), "an empty server closed"), 1);
    assert_eq!(marked(&world("5m", 9), "an empty server closed"), 0, "it has not noticed");
}

#[test]
fn a_server_without_memory_closes_in_order_or_is_gone_as_often_as_said() {
    let world = |closes: &str| {
        let text = format!(
            "duration = \"10m\"\nplayers = {{ count = 100, edit_every = \"1s..3s\" }}\n\
             faults = {{ oom_every = \"2m\", oom_closes = \"{closes}\" }}"
        );
        outcome(&text, 1)
    };
    let (never, always) = (world("0%"), world("100%"));
    assert!(marked(&never, "a server ran out of memory") > 10);
    assert_eq!(marked(&never, "a closing server was done in time"), 0);
    assert!(never.dataset.summary.progress.lost["out of memory"] > 10);
    let closed = marked(&always, "a closing server was done in time");
    assert!(closed > 10 && closed <= marked(&always, "a server ran out of memory"));
    assert!(always.dataset.summary.progress.lost.is_empty());
    let both = world("50%");
    let closed = marked(&both, "a closing server was done in time");
    assert!(closed > 2 && closed < marked(&both, "a server ran out of memory"));
}

#[test]
fn random_lacks_of_memory_that_are_written_as_lines_do_the_same_again() {
    let fields = "duration = \"10m\"\nplayers = { count = 60, edit_every = \"1s..3s\" }\n";
    let text = format!("{fields}faults = {{ oom_every = \"2m\" }}");
    let (drawn, first) = (Scenario::parse(&text).unwrap(), outcome(&text, 1));
    let again = crate::run("world", &drawn, Seed::of(1), first.tape.as_ref(), &mut |_| {});
    let mut written = Scenario::parse(fields).unwrap();
    written.timeline = again.lines.into_iter().map(|(_, line)| line).collect();
    let timed = crate::run("world", &written, Seed::of(1), None, &mut |_| {});
    let told = |outcome: &crate::Outcome| {
        let marks = ["a server ran out of memory", "a closing server was done in time"];
        (marks.map(|mark| marked(outcome, mark)), outcome.dataset.summary.progress.lost.clone())
    };
    let ([ran_out, closed], _) = told(&first);
    assert!(0 < closed && closed < ran_out, "{closed} of {ran_out}");
    assert_eq!(told(&first), told(&timed));
}

/// What becomes of servers by a moment, with players who change their data all the time.
fn states(fields: &str, timeline: &str, at_s: u64) -> Vec<ProcessState> {
    let text = format!(
        "duration = \"1h\"\nservers.count = 5\n{fields}\ntimeline = [{timeline}]\n\
         players = {{ count = 50, arrive = \"0s..20s\", stay = \"1h\", edit_every = \"3s\" }}"
    );
    let scenario = Scenario::parse(&text).unwrap();
    let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
    let seed = Seed::of(1);
    let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
    while world.now() < Moment::from_micros(at_s * 1_000_000) && world.advance() {}
    world.nodes.iter().map(|node| node.state).collect()
}

#[test]
fn healing_boots_what_a_fault_took_down_and_leaves_alone_what_was_shut_down() {
    let timeline = "{ at = '30s', server = 0, do = 'shutdown' },\
                    { at = '30s', server = 1, do = 'shutdown', for = '50m' },\
                    { at = '30s', server = 2, do = 'crash' },\
                    { at = '30s', server = 3, do = 'out_of_memory', closes = true }";
    let [down, up] = [ProcessState::Down, ProcessState::Up];
    assert_eq!(states("heal = \"2m\"", timeline, 119), [down, down, down, down, up]);
    assert_eq!(states("heal = \"2m\"", timeline, 130), [down, down, up, up, up]);
    assert_eq!(states("heal = \"2m\"", timeline, 3_200), [down, up, up, up, up]);
}

#[test]
fn a_server_that_crashes_while_it_closes_comes_back_unless_it_was_closed_for_good() {
    let timeline = |closed: &str, crashed: &str| {
        format!(
            "{{ at = '60s', server = 0, do = 'shutdown'{closed} }},\
             {{ at = '61s', server = 0, {crashed} }}"
        )
    };
    let state = |closed: &str, crashed: &str, at_s| {
        let fields = "heal = \"2m\"\ndatastore.latency = \"6s\"";
        states(fields, &timeline(closed, crashed), at_s)[0]
    };
    let [down, up] = [ProcessState::Down, ProcessState::Up];
    for crash in ["do = 'crash'", "do = 'out_of_memory', closes = true"] {
        let back = |at_s| state(", for = '10s'", crash, at_s);
        assert_eq!((back(70), back(72)), (down, up), "10 s after the {crash}");
        let own = format!("{crash}, for = '20s'");
        let back = |at_s| state(", for = '10s'", &own, at_s);
        assert_eq!((back(80), back(82)), (down, up), "20 s after the {crash}");
        let healed = |at_s| state(", for = '50m'", crash, at_s);
        assert_eq!((healed(119), healed(130)), (down, up), "a {crash} is a fault");
        assert_eq!(state("", crash, 130), down, "a {crash} of what was closed for good");
    }
}

#[test]
fn w8_the_time_of_a_closing_server_runs_on_while_it_stands_still() {
    let timeline = |lasts: &str| {
        format!(
            "{{ at = '60s', server = 0, do = 'shutdown' }},\
             {{ at = '61s', server = 0, do = 'pause', for = '{lasts}' }}"
        )
    };
    let state = |lasts, at_s| states("datastore.latency = \"6s\"", &timeline(lasts), at_s)[0];
    assert!(matches!(state("10m", 89), ProcessState::Paused { .. }));
    assert_eq!(state("10m", 91), ProcessState::Down, "30 s after the order");
    assert!(matches!(state("5s", 67), ProcessState::Closing(_)), "it goes on closing");
    assert_eq!(state("5s", 85), ProcessState::Down, "and is done");
}

#[test]
fn w8_a_server_that_stands_still_hears_of_its_shutdown_when_it_goes_on_or_is_gone_before() {
    let timeline = |lasts: &str| {
        format!(
            "{{ at = '50s', server = 0, do = 'pause', for = '{lasts}' }},\
             {{ at = '60s', server = 0, do = 'shutdown' }}"
        )
    };
    let state = |lasts, at_s| states("datastore.latency = \"6s\"", &timeline(lasts), at_s)[0];
    assert!(matches!(state("10m", 89), ProcessState::Paused { .. }));
    assert_eq!(state("10m", 91), ProcessState::Down, "30 s after the order");
    assert!(matches!(state("15s", 66), ProcessState::Closing(_)), "it has heard");
    assert!(matches!(state("39s", 89), ProcessState::Closing(_)));
    assert_eq!(state("39s", 91), ProcessState::Down, "30 s after the order, not after it heard");
}

/// A server is paused for 20 s while players change their data and challenge it.
fn after_a_pause(inbound: &str) -> crate::Outcome {
    let text = format!(
        "duration = \"3m\"\nservers.count = 2\ndatastore.latency = \"2s\"\n\
         faults.paused_inbound = \"{inbound}\"\n\
         players = {{ count = 30, arrive = \"0s..20s\", stay = \"10m\", edit_every = \"3s\" }}\n\
         timeline = [{{ at = '1m', server = 0, do = 'pause', for = '20s' }}]"
    );
    outcome(&text, 1)
}

#[test]
fn what_comes_in_while_a_server_stands_still_is_kept_for_later_or_lost() {
    let (kept, lost) = (after_a_pause("buffered"), after_a_pause("dropped"));
    assert_eq!(marked(&kept, "a call was never answered"), 0);
    assert_eq!(kept.dataset.summary.messages.lost, 0);
    assert!(marked(&lost, "a call was never answered") > 0);
    assert!(lost.dataset.summary.messages.lost > 0, "{:?}", lost.dataset.summary.messages);
    assert!(lost.dataset.summary.starts.pending == 0, "{:?}", lost.dataset.summary.starts);
}

#[test]
fn random_steps_stay_within_their_bound_however_many_there_are() {
    let text = "duration = \"1h\"\nservers = { count = 3, skew = \"0s\" }\nplayers.count = 0\n\
                faults = { step_every = \"10s\", step_by = \"2s\" }";
    let scenario = Scenario::parse(text).unwrap();
    let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
    let seed = Seed::of(1);
    let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
    let (mut least, mut most) = (0, 0);
    while world.advance() {
        let now = world.now();
        let errors = world.nodes.iter().map(|node| node.clock.error_us(now));
        for error_us in errors {
            (least, most) = (error_us.min(least), error_us.max(most));
        }
    }
    assert!((-1_000_000..-990_000).contains(&least) && (990_000..=1_000_000).contains(&most));
}

/// How many of five sessions that were granted after 1 s still own at a moment.
fn owners_at_once(protocol: &str, fields: &str, at_s: u64) -> usize {
    let text = format!(
        "duration = \"10m\"\nprotocol = \"{protocol}\"\nservers.count = 1\n\
         datastore.latency = \"400ms\"\n{fields}\n\
         [players]\ncount = 5\narrive = \"1s\"\nstay = \"1h\"\nedit_every = \"1h\"\ntimeout = \"1h\""
    );
    let scenario = Scenario::parse(&text).unwrap();
    let (config, rules, gate) = (scenario.world(), scenario.rules(), Gate::new(None));
    let seed = Seed::of(1);
    let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::Nobody);
    while world.now() < Moment::from_micros(at_s * 1_000_000) && world.advance() {}
    world.nodes[0].visits().filter(|(_, _, taken)| taken.owns).count()
}

#[test]
fn l4_a_clock_that_is_set_past_the_end_of_a_lease_ends_strict_ownership_at_once_and_no_other() {
    let after = |protocol: &str, by: &str| {
        let step = format!("timeline = [{{ at = '20s', server = 0, do = 'step', by = '{by}' }}]");
        owners_at_once(protocol, &step, 20)
    };
    assert_eq!(after("chronicle_strict", "+20s"), 5);
    assert_eq!(after("chronicle_strict", "+50s"), 0);
    assert_eq!(after("chronicle_strict", "-1h"), 5);
    assert_eq!(after("chronicle", "+1h"), 5);
}

#[test]
fn l4_a_paused_machine_whose_stopwatch_stood_still_is_fenced_by_its_wall_clock() {
    let after = |protocol: &str, stops: bool| {
        let pause = format!(
            "faults.pause_stops_clock = {stops}\n\
             timeline = [{{ at = '20s', server = 0, do = 'pause', for = '100s' }}]"
        );
        owners_at_once(protocol, &pause, 120)
    };
    // By its stopwatch 20 s have passed, and renewing is not due for another 30 s.
    assert_eq!(after("chronicle_strict", true), 0);
    assert_eq!(after("chronicle_strict", false), 0);
    assert_eq!(after("chronicle", true), 5, "nobody knows that the lease is over");
}
