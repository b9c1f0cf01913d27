//! Frames that run together: a run is the same as if each came at its time.

use super::{real, script, world};
use leasehold_luau::{Heartbeats, Modules, Source};
use leasehold_sim::Simulate;

/// All that can befall a server between two of its frames.
const WORLD: &str = r#"
title = "Whatever comes between frames"
duration = "3m"
players = { count = 8, arrive = "0s..20s", hop = "80%" }

[swarm]
zero = "40%"

[swarm.draw]
servers.count = { from = 1, to = 4 }
servers.skew = { from = "0s", to = "4s" }
servers.drift_ppm = { any = [0, 0, 0, 0, 300] }
servers.whole_seconds = { any = [true, false] }
players.stay = { from = "10s", to = "2m" }
players.rejoin = { from = "1%", to = "40%" }
players.save = { from = "0.5%", to = "20%" }
players.second_device = { any = ["0%", "0%", "0%", "0%", "20%"] }
players.noticed_after = { from = "0s", to = "60s" }
players.hop_delay = { any = ["2s..15s", "2s..15s", "100ms..1s", "0s"] }
datastore.latency = { any = ["healthy", "slow_2020", "0s"] }
datastore.fail_before = { from = "0.5%", to = "20%" }
messaging.latency = { any = ["fast", "documented", "0s..200ms"] }
messaging.loss = { from = "1%", to = "100%" }
messaging.duplicate = { from = "1%", to = "30%" }
faults.crash_every = { from = "1m", to = "10m" }
faults.pause_every = { from = "1m", to = "10m" }
faults.pause_for = { from = "5s", to = "1m" }
faults.step_every = { from = "1m", to = "10m" }
"#;

/// What does everything that can be done on a frame, and writes down what it reads there. How much
/// of it, `BUSY` says; with `TALKS`, servers also tell each other things on frames.
const RESTLESS: &str = r#"
local DataStoreService = game:GetService("DataStoreService")
local MessagingService = game:GetService("MessagingService")
local RunService = game:GetService("RunService")
local store = DataStoreService:GetDataStore("Players")
local adapter, sessions, frames, mark = {}, {}, 0, 0

-- All that can be read on a frame; it is stored with each record, as a commit.
local function readings()
	local updates = Enum.DataStoreRequestType.UpdateAsync
	local budget = DataStoreService:GetRequestBudgetForRequestType(updates)
	local millis = DateTime.now().UnixTimestampMillis
	for _, number in
		{ os.clock() * 1e6, os.time(), millis, tick(), math.random(1e6), frames, budget }
	do
		mark = (mark * 31 + math.floor(number)) % 2 ^ 40
	end
	return mark
end

local function every(count, f)
	RunService.Heartbeat:Connect(function(delta)
		if frames % count == 0 then f(delta) end
	end)
end

function adapter.open(settings)
	local busy = settings.BUSY
	RunService.Stepped:Once(function(now, delta) print("stepped", now, delta) end)
	RunService.Heartbeat:Connect(function() frames += 1 end)
	if busy > 0 then
		every(601 // busy, function(delta) print(delta, readings()) end)
		every(701 // busy, function() print("waited", task.wait(), readings()) end)
		every(797 // busy, function() print("waited", task.wait(0.2), readings()) end)
		every(977 // busy, function() error(`failed {frames}`) end)
		every(353 // busy, function() task.defer(readings) end)
		every(359 // busy, function() task.delay(0, print, "delayed", frames) end)
		every(367 // busy, function() task.delay(0.1, print, "delayed", readings()) end)
		every(419 // busy, function()
			local co = coroutine.create(function() return task.wait() end)
			print("resumed", coroutine.resume(co))
		end)
		every(523 // busy, function() task.cancel(task.spawn(task.wait)) end)
		every(557 // busy, function()
			local other
			other = RunService.Heartbeat:Connect(function() other:Disconnect() readings() end)
		end)
		every(461 // busy, function()
			for _, session in sessions do session.quiet = not session.quiet end
		end)
	end
	if settings.TALKS then
		MessagingService:SubscribeAsync("all", function(message)
			print("heard", message.Data, readings())
		end)
		task.spawn(function()
			while true do
				task.wait(7)
				repeat task.wait() until frames % 100 == 0
				pcall(MessagingService.PublishAsync, MessagingService, "all", frames)
			end
		end)
	end
	while true do
		local from = frames
		repeat task.wait() until frames > from + 250
		readings()
	end
end

function adapter.start(key, seat)
	local session = { key = key, seat = seat, active = true, since = os.clock() }
	-- Whoever came last has it, without a word to others.
	session.data = store:UpdateAsync(key, function(old)
		return old or { Edits = 0 }
	end)
	session.until_frame = frames + 1500
	table.insert(sessions, session)
	repeat task.wait() until os.clock() > session.since + 1
	return session
end

function adapter.stop(session)
	local from = os.clock()
	repeat task.wait() until os.clock() > from + 0.5
	session.data.mark = readings()
	local ok = pcall(store.UpdateAsync, store, session.key, function() return session.data end)
	session.active = false
	table.remove(sessions, table.find(sessions, session))
	return ok
end

-- It goes by frames, by the clock, and by what a listener has changed.
function adapter.is_active(session)
	return session.active and not session.quiet and frames < session.until_frame
		and os.clock() < session.since + 40
end

function adapter.is_finished(session) return not session.active end
function adapter.data(session) return session.data end
function adapter.describe(stored) return { data = stored, commit = stored.mark } end
return adapter
"#;

fn restless(busy: u32, talks: bool) -> Source {
    let mut source = Source::new(script("restless.luau", RESTLESS));
    source.settings.insert("BUSY".to_owned(), leasehold_luau::Setting::Number(f64::from(busy)));
    source.settings.insert("TALKS".to_owned(), leasehold_luau::Setting::Bool(talks));
    source
}

/// A run with frames together, as far as is sure and boldly, is that with each at its time. How
/// many events they had.
fn same(name: &str, together: &dyn Simulate, alone: &dyn Simulate, seed: u64) -> [u64; 3] {
    let told = alone.seed(seed).run();
    let bold = together.seed(seed).run();
    let sure = together.seed(seed).history(&mut |_| {});
    assert_eq!(bold.digest(), told.digest(), "{name}, seed {seed}, boldly");
    assert_eq!(sure.digest(), told.digest(), "{name}, seed {seed}, surely");
    let rows = |outcome: &leasehold_sim::Outcome| {
        let mut dataset = outcome.dataset.clone();
        dataset.manifest.events = 0;
        serde_json::to_string(&dataset).expect("it is a dataset")
    };
    assert_eq!(rows(&bold), rows(&told), "{name}, seed {seed}");
    [&told, &sure, &bold].map(|outcome| outcome.dataset.manifest.events)
}

fn sums(name: &str, source: Source, seeds: std::ops::Range<u64>) -> [u64; 3] {
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let (together, alone) = (world(WORLD, &modules), world(WORLD, &modules.frame_by_frame()));
    let mut sums = [0; 3];
    for seed in seeds {
        let events = same(name, &*together, &*alone, seed);
        sums.iter_mut().zip(events).for_each(|(sum, more)| *sum += more);
    }
    sums
}

#[test]
fn frames_that_run_together_are_the_same_frames_whatever_a_script_does_on_them() {
    for (busy, talks) in [(0, false), (1, false), (4, false), (1, true)] {
        let name = format!("restless {busy} {talks}");
        let [alone, sure, bold] = sums(&name, restless(busy, talks), 1..9);
        println!("{name}: {alone} events alone, {sure} surely, {bold} boldly");
        assert!(bold <= sure && sure < alone, "{name}: {alone}, {sure}, {bold}");
    }
}

#[test]
fn frames_that_run_together_are_the_same_frames_for_real_modules() {
    for name in ["profile_store", "profile_service", "lapis"] {
        for heartbeats in [Heartbeats::Exact, Heartbeats::Every(250_000)] {
            let Some(mut source) = real(name) else { return };
            source.heartbeats = heartbeats;
            let [alone, sure, bold] = sums(name, source, 1..13);
            println!("{name} {heartbeats:?}: {alone} alone, {sure} surely, {bold} boldly");
            assert!(bold <= sure && sure < alone, "{name}: {alone}, {sure}, {bold}");
        }
    }
}
