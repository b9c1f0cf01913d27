//! Modules that are wrong in some way: each is a finding, and none stops the tool.

use super::{balanced, script, world};
use leasehold_luau::{Fault, Modules, Source};
use leasehold_sim::Fact;
use std::collections::BTreeMap;

/// A sound adapter, of which a test replaces some functions.
const SOUND: &str = r#"
local DataStoreService = game:GetService("DataStoreService")
local MessagingService = game:GetService("MessagingService")
local RunService = game:GetService("RunService")
local Players = game:GetService("Players")
local HttpService = game:GetService("HttpService")
local store = DataStoreService:GetDataStore("Players")
local adapter = {}
function adapter.start(key, seat)
	local data = store:UpdateAsync(key, function(old)
		return old or { Edits = 0 }
	end)
	return { key = key, seat = seat, data = data, active = true }
end
function adapter.stop(session)
	store:UpdateAsync(session.key, function() return session.data end)
	session.active = false
	return true
end
function adapter.is_active(session) return session.active end
function adapter.data(session) return session.data end
function adapter.save(session)
	store:SetAsync(session.key, session.data)
	session.seat:saved()
	return true
end
function adapter.describe(stored) return { data = stored } end
"#;

const WORLD: &str = r#"
duration = "40s"
servers.count = 2
timeline = [{ at = "30s", server = 0, do = "shutdown", for = "5s" }]
players = { count = 4, arrive = "0s..2s", stay = "5s..10s", hop = "50%", edit_every = "1s..2s", save = "50%" }
"#;

/// An adapter that is sound but for this.
fn adapted(but: &str) -> Source {
    let text = format!("{SOUND}\n{but}\nreturn adapter\n");
    let mut source = Source::new(script("adapter.luau", &text));
    (source.memory, source.steps) = (4 << 20, 100_000);
    source
}

/// What is found, by invariant and cause, and the first words of each.
fn findings(source: Source) -> BTreeMap<String, String> {
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let world = world(WORLD, &modules);
    let mut found = BTreeMap::new();
    for seed in 1..=2 {
        let outcome = world.seed(seed).run();
        for row in &outcome.dataset.invariants {
            let words = row.first.first().map(|first| first.why.clone()).unwrap_or_default();
            for (cause, count) in &row.causes {
                if *count > 0 {
                    found.insert(format!("{}: {cause}", row.name), words.clone());
                }
            }
        }
    }
    balanced(modules.counts());
    found
}

/// Finds that a module is not sound, for this cause, in these words.
fn unsound(name: &str, but: &str, cause: &str, words: &str) {
    let found = findings(adapted(but));
    let said = found.get(&format!("module_is_sound: {cause}"));
    let said = said.unwrap_or_else(|| panic!("{name}: {found:#?}"));
    let any = found.values().any(|said| said.contains(words));
    assert!(any, "{name}: no `{words}` in `{said}`");
    assert!(said.lines().count() <= 1, "{name}: {said}");
}

#[test]
fn a_sound_module_is_found_to_be_sound() {
    let found = findings(adapted(""));
    assert!(found.keys().all(|name| !name.starts_with("module_is_sound")), "{found:#?}");
}

/// What is said as a session starts is a step of its own, before the game is told of the start.
#[test]
fn what_a_module_says_as_a_session_starts_hides_nothing_of_how_it_came_by_its_key() {
    let but = "local start = adapter.start function adapter.start(...) \
               local session = start(...) print('it starts') return session end";
    let modules = Modules::new(adapted(but)).unwrap_or_else(|fault| panic!("{fault}"));
    let (mut said, mut owners) = (0, 0);
    let outcome = world(WORLD, &modules).seed(1).history(&mut |entry| match entry.step.fact {
        Fact::Said { .. } => said += 1,
        Fact::Owns { how } => {
            owners += 1;
            assert_eq!(how.name, "started", "{:?}", entry.step);
        }
        _ => {}
    });
    assert!(said >= owners && owners > 4, "{said} and {owners} in {:?}", outcome.verdict);
}

#[test]
fn what_goes_on_for_ever_or_takes_all_memory_is_found_and_stopped() {
    for (name, but) in [
        ("start", "function adapter.start() while true do end end"),
        (
            "caught",
            "function adapter.start() while true do pcall(function() while true do end end) end end",
        ),
        ("open", "function adapter.open() repeat until false end"),
        ("is_active", "function adapter.is_active() while true do end end"),
        ("describe", "function adapter.describe() while true do end end"),
        (
            "frame",
            "game:GetService('RunService').Heartbeat:Connect(function() while true do end end)",
        ),
        ("spawn bomb", "function adapter.start() while true do task.spawn(function() end) end end"),
        (
            "defer bomb",
            "local function again() task.defer(again) end function adapter.open() again() end",
        ),
        (
            "transform",
            "function adapter.start(key) store:UpdateAsync(key, function() while true do end end) end",
        ),
    ] {
        unsound(name, but, "too many steps", "adapter.luau");
    }
    for (name, but) in [
        ("table", "function adapter.start() local t = {} for i = 1, 1e9 do t[i] = {} end end"),
        ("string", "function adapter.start() return { data = string.rep('x', 2 ^ 30) } end"),
        (
            "kept",
            "kept = {} game:GetService('RunService').Heartbeat:Connect(function() table.insert(kept, table.create(10000, 1)) end)",
        ),
    ] {
        let found = findings(adapted(but));
        let memory = ["too much memory", "too many steps", "an error"]
            .iter()
            .any(|cause| found.contains_key(&format!("module_is_sound: {cause}")));
        assert!(memory, "{name}: {found:#?}");
    }
}

#[test]
fn what_cannot_be_stored_or_asked_is_found() {
    let write = |value: &str| {
        format!(
            "function adapter.stop(session) session.active = false store:UpdateAsync(session.key, function() return {value} end) end"
        )
    };
    for value in ["{ f = print }", "{ 1, nil, 3 }", "{ 1, a = 2 }", "game", "0/0", "'\\255'"] {
        unsound(value, &write(value), "a value that cannot be stored", "104: Cannot store");
    }
    for (name, call, words) in [
        ("no key", "store:GetAsync()", "Argument 1"),
        ("a table for a key", "store:GetAsync({})", "Argument 1"),
        ("an empty key", "store:GetAsync('')", "101"),
        ("a long key", "store:GetAsync(string.rep('k', 51))", "102"),
        ("no transform", "store:UpdateAsync('k')", "Argument 2"),
        ("a transform that is none", "store:UpdateAsync('k', {})", "Argument 2"),
        ("a function set", "store:SetAsync('k', print)", "104"),
        ("a version that is none", "store:GetVersionAsync('k', 'x')", "not valid"),
        ("a long topic", "MessagingService:PublishAsync(string.rep('t', 200), 1)", "80"),
        ("no topic", "MessagingService:SubscribeAsync(nil, print)", "Argument 1"),
        ("a function published", "MessagingService:PublishAsync('t', print)", "104"),
    ] {
        let but = format!("function adapter.open() {call} end");
        unsound(name, &but, "a refused call", words);
    }
}

#[test]
fn what_is_not_there_is_named() {
    for (but, words) in [
        ("game:GetService('MemoryStoreService')", "MemoryStoreService"),
        ("store:ListKeysAsync()", "ListKeysAsync"),
        ("DataStoreService:GetOrderedDataStore('x'):GetSortedAsync(true, 5)", "GetSortedAsync"),
        ("RunService.Rubbish:Connect(print)", "RunService.Rubbish"),
        ("HttpService:RequestAsync({})", "HttpService.RequestAsync"),
        ("Players.LocalPlayer:Kick()", "Players.LocalPlayer"),
        ("local _ = Enum.Rubbish", "Enum.Rubbish"),
        ("Instance.new('Part')", "Part"),
        ("require('Nothing')", "Nothing"),
        ("require(script.Parent)", "Packages"),
    ] {
        unsound(but, &format!("function adapter.open() {but} end"), "not there", words);
    }
}

#[test]
fn errors_of_a_module_are_found_with_their_line_and_traceback() {
    for (name, but) in [
        ("open", "function adapter.open() error('trouble') end"),
        ("start", "function adapter.start() error('trouble') end"),
        ("stop", "function adapter.stop(session) session.active = false error('trouble') end"),
        ("is_active", "function adapter.is_active() error('trouble') end"),
        ("data", "function adapter.data() error('trouble') end"),
        ("save", "function adapter.save() error('trouble') end"),
        ("change", "function adapter.change() error('trouble') end"),
        ("describe", "function adapter.describe() error('trouble') end"),
        ("kind", "function adapter.kind() error('trouble') end"),
        ("is_finished", "function adapter.is_finished() error('trouble') end"),
        ("thread", "function adapter.open() task.delay(1, function() error('trouble') end) end"),
        ("frame", "RunService.Heartbeat:Connect(function() error('trouble') end)"),
        ("close", "game:BindToClose(function() error('trouble') end)"),
        ("joined", "Players.PlayerAdded:Connect(function() error('trouble') end)"),
        (
            "transform",
            "function adapter.start(key) return store:UpdateAsync(key, function() error('trouble') end) end",
        ),
    ] {
        unsound(name, but, "an error", "adapter.luau:");
        unsound(name, but, "an error", "trouble");
    }
    let deep = "function adapter.start() local function deep() return 1 + deep() end deep() end";
    unsound("deep", deep, "an error", "stack overflow");
    let yields = "function adapter.start(key) return { data = store:UpdateAsync(key, function() task.wait() end) } end";
    unsound("yields", yields, "a yield in a transform", "Callbacks cannot yield");
    let raw = "function adapter.start(key) return { data = store:UpdateAsync(key, function() coroutine.yield() end) } end";
    unsound("yields", raw, "a yield in a transform", "Callbacks cannot yield");
}

#[test]
fn rubbish_from_an_adapter_is_found() {
    for (name, but) in [
        ("is_active", "function adapter.is_active() return 'yes' end"),
        ("data", "function adapter.data() return 7 end"),
        ("describe", "function adapter.describe() return true end"),
        ("reason", "function adapter.start() return nil, {} end"),
        (
            "lost",
            "local start = adapter.start function adapter.start(key, seat) local s = start(key, seat) seat:lost({}) return s end",
        ),
    ] {
        unsound(name, but, "a broken adapter", "");
    }
    // Odd, and nobody's business.
    for but in [
        "function adapter.start() return 7 end function adapter.is_active() return false end function adapter.data() return { Edits = 'many' } end",
        "function adapter.data() return setmetatable({}, { __index = function() error('no') end }) end",
        "function adapter.kind() return {} end",
        "function adapter.kind() return 'rubbish' end",
        "function adapter.describe() return { owner = {}, session = print, generation = 'x', edits = {} , data = print } end",
        "function adapter.describe() return { owner = 'somebody', generation = -1, edits = 0/0 } end",
        "function adapter.describe(stored) task.spawn(function() store:GetAsync('x') end) return { data = stored } end",
        "function adapter.save() return 'saved' end",
        "function adapter.start(key, seat) seat:saved() seat:lost() seat:conflict() seat:corrupted() return nil end",
        "function adapter.start(key, seat) seat.player:Kick() task.wait(1) return { data = {} , active = true } end",
        "function adapter.start(key, seat) task.cancel(coroutine.running()) end",
        "function adapter.start(key, seat) coroutine.yield() end",
        "function adapter.start(key, seat) local co = coroutine.running() task.delay(1, function() coroutine.close(co) end) task.wait(2) end",
        "RunService.Heartbeat:Connect(function() coroutine.yield() end)",
        "local c c = RunService.Heartbeat:Connect(function() c:Disconnect() c:Disconnect() end)",
        "function adapter.open() MessagingService:SubscribeAsync('t', function() error('heard') end) task.spawn(function() while true do task.wait(1) MessagingService:PublishAsync('t', string.rep('x', 2000)) end end) end",
    ] {
        findings(adapted(but));
    }
}

#[test]
fn an_adapter_that_cannot_be_one_is_refused_with_its_line() {
    let fault = |text: &str| match Modules::new(Source::new(script("mine.luau", text))) {
        Ok(_) => panic!("it is taken: {text}"),
        Err(fault) => fault,
    };
    let at = |fault: &Fault| (fault.file.clone(), fault.line);
    let mine = "mine.luau".to_owned();
    for (text, line, words) in [
        ("local x =\nlocal y", Some(2), "Expected"),
        ("\nerror('at once')", Some(2), "at once"),
        ("return 7", None, "a table of functions"),
        ("return {}", None, "start"),
        ("return { start = 1, stop = 1 }", None, "start"),
        ("local x = nil\nreturn x.y", Some(2), "nil"),
        ("require('Nothing')", Some(1), "Nothing"),
    ] {
        let fault = fault(text);
        assert_eq!(at(&fault), (mine.clone(), line), "{text}: {fault}");
        assert!(fault.words.contains(words), "{text}: {fault}");
    }
    let contract =
        |words: &str| fault(&format!("{SOUND}\nadapter.contract = {words}\nreturn adapter"));
    assert!(contract("{ unheard_of = true }").words.contains("unheard_of"));
    assert!(contract("{ fenced = 7 }").words.contains("fenced"));
    assert!(contract("{ lease = -1 }").words.contains("lease"));
}
