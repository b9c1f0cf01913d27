//! Modules of ours with a bug: found, made small, explained.

use super::{balanced, package, project, script, world};
use leasehold_luau::{Modules, Source, sound};
use leasehold_sim::Wanted;
use std::fs;

/// Nothing fails in it: players hop, and servers notice late that they have left.
const WORLD: &str = r#"
duration = "5m"
servers.count = 3
players = { count = 12, stay = "20s..2m", hop = "90%", noticed_after = "0s..60s" }
"#;

fn locker() -> Modules {
    let read = |name: &str| {
        let path = project("sims/modules").join(name);
        fs::read_to_string(path).expect("it is in the project")
    };
    let mut source = Source::new(script("locker-adapter.luau", &read("locker-adapter.luau")));
    let module = vec![script("locker.luau", &read("locker.luau"))];
    source.packages.push(package("Locker", module));
    Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"))
}

#[test]
fn a_lock_that_expires_before_it_is_renewed_is_found_shrunk_and_explained() {
    let modules = locker();
    let world = world(WORLD, &modules);
    let class: Wanted = "no_double_ownership".parse().expect("an invariant");
    let failures = world.seeds(1..11).failures();
    let shrunk = failures.iter().find_map(|(seed, _)| world.seed(*seed).shrink(class.clone()).ok());
    let bug = shrunk.expect("two servers consider themselves owner at once");
    let players = bug.scenario.players.only.len().min(bug.scenario.players.count as usize);
    assert!(players <= 2, "one player is enough: {}", bug.scenario_text());
    let story = world.explain(&bug).expect("it fails").to_string();
    assert!(story.contains("considers itself owner"), "{story}");
    assert!(!story.contains("[roblox]"), "{story}");
    balanced(modules.counts());
    let sound = failures.iter().all(|(_, outcome)| {
        let rows = &outcome.dataset.invariants;
        rows.iter().all(|row| row.name != sound::MODULE_IS_SOUND.name || row.violations == 0)
    });
    assert!(sound, "its code does not fail");
}

/// It does not expect that a call can fail.
const CARELESS: &str = r#"
local store = game:GetService("DataStoreService"):GetDataStore("Players")
local adapter = {}
function adapter.start(key)
	return { key = key, data = store:GetAsync(key) or { Edits = 0 }, active = true }
end
function adapter.stop(session)
	pcall(store.SetAsync, store, session.key, session.data)
	session.active = false
end
function adapter.is_active(session) return session.active end
function adapter.data(session) return session.data end
return adapter
"#;

#[test]
fn a_call_that_fails_and_nobody_catches_is_found_shrunk_and_explained() {
    let source = Source::new(script("careless.luau", CARELESS));
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let faults = "datastore.fail_before = '5%'\nmessaging.loss = '20%'\nfaults.pause_every = '1m'";
    let world = world(&format!("{WORLD}\n{faults}"), &modules);
    let bug = world.seed(1).shrink(&sound::MODULE_IS_SOUND).expect("its code fails");
    let players = bug.scenario.players.only.len().min(bug.scenario.players.count as usize);
    assert_eq!(players, 1, "{}", bug.scenario_text());
    let story = world.explain(&bug).expect("it fails").to_string();
    for words in ["an error", "start: 502: API", "(at careless.luau:5 function start)"] {
        assert!(story.contains(words), "{words}: {story}");
    }
    assert!(!story.contains("[roblox]"), "{story}");
    balanced(modules.counts());
}
