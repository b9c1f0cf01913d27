//! What scripts find around them: things of the engine, as they are there, and scripts that run by
//! themselves.

use super::{installed, package, scenario, script, world};
use leasehold_luau::{Modules, Source, simulation};
use leasehold_sim::{Fact, Outcome};
use std::fs;

const QUIET: &str = "duration = '1m'\nservers.count = 1\nplayers = { count = 1, stay = '5s' }";

/// An adapter that lets nobody in, and does this when a server opens.
fn opens(code: &str) -> Source {
    let text = format!(
        r#"
local adapter = {{}}
function adapter.open()
{code}
end
function adapter.start() return nil, "none" end
function adapter.stop() end
function adapter.is_active() return false end
function adapter.data() return {{}} end
return adapter
"#
    );
    Source::new(script("adapter.luau", &text))
}

fn run(source: Source) -> Outcome {
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    world(QUIET, &modules).seed(1).run()
}

/// What is complained of first.
fn complaint(outcome: &Outcome) -> Option<String> {
    let mut rows = outcome.dataset.invariants.iter();
    let row = rows.find(|row| row.name == "module_is_sound").expect("it is held");
    row.first.first().map(|first| first.why.clone())
}

#[test]
fn things_of_the_engine_are_what_they_are_there() {
    let code = include_str!("../scripts/things.luau");
    let modules = Modules::new(opens(code)).unwrap_or_else(|fault| panic!("{fault}"));
    let mut said = Vec::new();
    let outcome = world(QUIET, &modules).seed(1).history(&mut |entry| match entry.step.fact {
        Fact::Said { words } => said.push(words.to_string()),
        // What is refused is complained of, too.
        Fact::Complained { words, .. }
            if !(words.starts_with("Setting ") || words.starts_with("SetAsync: 104")) =>
        {
            said.push(words.to_string());
        }
        _ => {}
    });
    assert!(outcome.dataset.manifest.events > 0);
    assert_eq!(said, ["all is as it is there"]);
}

#[test]
fn a_member_that_there_is_not_says_its_name() {
    for (code, words) in [
        ("game:GetService('MemoryStoreService')", "MemoryStoreService is not there"),
        ("game:GetService('DataStoreService'):GetDataStore('x'):OnUpdate()", "DataStore:OnUpdate"),
        ("print(game.Players.PlayerAdded.Fired)", "RBXScriptSignal.Fired is not there"),
        ("print(DateTime.now().Year)", "DateTime.Year is not there"),
        ("print(Enum.KeyCode.A)", "Enum.KeyCode is not there"),
        ("Instance.new('Part')", "Instance.new(\"Part\") is not there"),
    ] {
        let said = complaint(&run(opens(code))).unwrap_or_default();
        assert!(said.contains(words), "{code}: {said}");
    }
}

#[test]
fn scripts_that_are_called_so_run_when_a_server_opens() {
    let mut source = opens("_G.opened = true");
    let says = "print(script.Name, script.ClassName, _G.opened, require('Tool').here)";
    let tool = script("Tool.luau", "return { here = game.ServerScriptService.Game.Name }");
    source.packages = vec![
        package("Tool", vec![tool]),
        package("Main", vec![script("Main.server.luau", says)]),
        package(
            "Game",
            vec![
                script("init.luau", "return {}"),
                script("server/init.server.lua", says),
                script("Deep.server.luau", says),
                script("Menu.client.luau", "error('this is no player')"),
            ],
        ),
    ];
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let mut said = Vec::new();
    let outcome = world(QUIET, &modules).seed(1).history(&mut |entry| {
        if let Fact::Said { words } = entry.step.fact {
            said.push(words.to_string());
        }
    });
    assert_eq!(complaint(&outcome), None);
    let names = ["Deep", "server", "Main"];
    assert_eq!(said, names.map(|name| format!("{name} Script true Game")));

    let mut source = opens("require('Main')");
    source.packages = vec![package("Main", vec![script("x.server.luau", "print('it ran')")])];
    let said = complaint(&run(source)).expect("it is no module");
    assert!(said.contains("nothing to require: Main is a Script"), "{said}");
}

#[test]
fn threads_stop_and_go_on_as_they_do_there() {
    let code = include_str!("../scripts/threads.luau");
    let modules = Modules::new(opens(code)).unwrap_or_else(|fault| panic!("{fault}"));
    let mut said = Vec::new();
    let outcome = world(QUIET, &modules).seed(1).history(&mut |entry| match entry.step.fact {
        Fact::Said { words } | Fact::Complained { words, .. } => said.push(words.to_string()),
        _ => {}
    });
    assert_eq!(said, ["all is as it is there"]);
    assert!(outcome.dataset.manifest.events > 0);
}

/// ProfileStore's own test is its authors': whoever has it says where.
#[test]
fn profile_store_passes_its_own_test_where_that_is_at_hand() {
    let Some(files) = installed("@rbxts/profile-store/src/init.luau") else { return };
    let Some(path) = std::env::var_os("LEASEHOLD_PROFILE_STORE_TEST") else {
        eprintln!("skipped: LEASEHOLD_PROFILE_STORE_TEST names no ProfileStoreTest.server.luau");
        return;
    };
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let mut source = opens("");
    source.packages = vec![
        package("ProfileStore", files),
        package("Test", vec![script("ProfileStoreTest.server.luau", &text)]),
    ];
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let world = scenario("duration = '5m'\nservers.count = 1\nplayers.count = 1");
    let world = simulation("test", &world, modules).expect("it holds");
    let mut said = Vec::new();
    let outcome = world.seed(1).history(&mut |entry| {
        if let Fact::Said { words } = entry.step.fact {
            said.push(words.to_string());
        }
    });
    assert_eq!(complaint(&outcome), None, "{said:#?}");
    let passed = said.iter().any(|words| words.contains("Test PASSED"));
    assert!(passed && !said.iter().any(|words| words.ends_with("FAIL ❌")), "{said:#?}");
}
