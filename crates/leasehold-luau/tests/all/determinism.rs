//! A run is a function of its seed: in whatever process, wherever its memory is, however often
//! garbage is collected.

use super::{real, script, world};
use leasehold_luau::{Modules, Source};
use std::process::Command;

/// Hoppers, lost messages, crashes, pauses, and calls that fail.
const WORLD: &str = r#"
duration = "4m"
servers = { count = 3, skew = "1s" }
players = { count = 10, stay = "20s..2m", hop = "80%", noticed_after = "0s..20s", save = "10%" }
datastore = { fail_before = "5%", fail_after = "2%" }
messaging = { loss = "10%" }
faults = { crash_every = "4m", pause_every = "4m", pause_for = "10s..60s" }
"#;

const MODULES: [&str; 3] = ["profile_store", "profile_service", "lapis"];

fn digests(modules: &Modules) -> Vec<String> {
    let world = world(WORLD, modules);
    (1..=6).map(|seed| world.seed(seed).run().digest().to_owned()).collect()
}

fn all_digests() -> Option<Vec<String>> {
    let each = MODULES.map(|name| {
        let modules = Modules::new(real(name)?).unwrap_or_else(|fault| panic!("{fault}"));
        Some(digests(&modules))
    });
    each.into_iter().collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// Where a process of this program prints its digests instead of testing anything.
const PRINTS: &str = "LEASEHOLD_PRINTS_DIGESTS";

#[test]
fn digests_do_not_hang_on_the_process_nor_on_where_its_memory_is() {
    let Some(here) = all_digests() else { return };
    if std::env::var_os(PRINTS).is_some() {
        println!("digests {}", here.join(" "));
        return;
    }
    let program = std::env::current_exe().expect("this is a program");
    let name = "determinism::digests_do_not_hang_on_the_process_nor_on_where_its_memory_is";
    let args = ["--exact", name, "--nocapture"];
    let fixed = Command::new("setarch").args(["-R", "true"]).status().is_ok_and(|it| it.success());
    for is_fixed in [false, true] {
        let mut command = Command::new(&program);
        if is_fixed {
            if !fixed {
                eprintln!("skipped: setarch -R, which fixes addresses, does not work here");
                continue;
            }
            command = Command::new("setarch");
            command.arg("-R").arg(&program);
        }
        let output = command.args(args).env(PRINTS, "1").output().expect("it runs");
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let there = output.lines().find_map(|line| Some(line.split_once("digests ")?.1));
        assert_eq!(there, Some(here.join(" ").as_str()), "{output}");
    }
}

#[test]
fn digests_do_not_hang_on_when_garbage_is_collected_nor_on_addresses() {
    for name in MODULES {
        let Some(source) = real(name) else { return };
        let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
        let usual = digests(&modules);
        for bytes in [1 << 20, 3 << 20] {
            assert_eq!(digests(&modules.clone().collecting_at(bytes)), usual, "{name} {bytes}");
        }
        assert_eq!(digests(&modules.with_perturbation(1_001)), usual, "{name}");
    }
}

/// It saves in the order in which a table with sessions as its keys has them.
const ORDERED_BY_ADDRESS: &str = r#"
local store = game:GetService("DataStoreService"):GetDataStore("Players")
local adapter, sessions = {}, {}
function adapter.open()
	while true do
		task.wait(5)
		for session in sessions do
			store:SetAsync(session.key, session.data)
		end
	end
end
function adapter.start(key)
	local session = { key = key, data = store:GetAsync(key) or { Edits = 0 }, active = true }
	sessions[session] = true
	return session
end
function adapter.stop(session) session.active, sessions[session] = false, nil end
function adapter.is_active(session) return session.active end
function adapter.data(session) return session.data end
return adapter
"#;

#[test]
fn a_module_that_hangs_on_the_order_of_objects_shows_it_when_they_are_moved() {
    let source = Source::new(script("ordered.luau", ORDERED_BY_ADDRESS));
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let usual = digests(&modules);
    let moved = |objects| digests(&modules.clone().with_perturbation(objects)) != usual;
    assert!((1..=8).any(|nth| moved(nth * 37)), "it saves in another order");
}
