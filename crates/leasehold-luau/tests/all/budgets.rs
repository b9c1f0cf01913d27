//! Request budgets as scripts are told of them: what is said to be left goes at once, and one more
//! waits.

use super::{script, world};
use leasehold_luau::{Modules, Source};
use leasehold_sim::Fact;
use std::collections::BTreeMap;

/// Asks how many calls of a type are left before each that it makes, until none is.
const SPENDER: &str = r#"
local DataStoreService = game:GetService("DataStoreService")
local store = DataStoreService:GetDataStore("Others")
local Types = Enum.DataStoreRequestType
local fresh = Instance.new("DataStoreGetOptions")
fresh.UseCache = false
local adapter, waiting = {}, 0

local CALLS = {
	{ Types.StandardWrite, function(key) store:SetAsync(key, 1) end },
	{ Types.SetIncrementAsync, function(key) store:SetAsync(key, 2) end },
	{ Types.UpdateAsync, function(key) store:UpdateAsync(key, function() return 3 end) end },
	{ Types.StandardRead, function(key) store:GetAsync(key, fresh) end },
	{ Types.GetAsync, function(key) store:GetAsync(key, fresh) end },
	{ Types.StandardRemove, function(key) store:RemoveAsync(key) end },
	{ Types.StandardList, function(key) store:ListVersionsAsync(key) end },
}

local function left(of)
	return DataStoreService:GetRequestBudgetForRequestType(of)
end

function adapter.open()
	local nth = 0
	while true do
		task.wait(math.random() * 4)
		local of, call = table.unpack(CALLS[math.random(#CALLS)])
		repeat task.wait() until waiting == 0
		local some = math.random(0, 3)
		repeat task.wait() until left(of) >= some
		repeat
			local count = left(of)
			print(count)
			waiting += 1
			nth += 1
			task.spawn(function()
				pcall(call, `key{nth}`)
				waiting -= 1
			end)
		until count == 0
	end
end

function adapter.start(key, seat) return { key = key, data = { Edits = 0 }, active = true } end
function adapter.stop(session) session.active = false end
function adapter.is_active(session) return session.active end
function adapter.data(session) return session.data end
return adapter
"#;

const WORLD: &str = r#"
duration = "6m"
servers.count = 2
players = { count = 12, stay = "5s..40s", hop = "80%", hop_delay = "1s..5s" }
faults = { crash_every = "4m", pause_every = "4m", pause_for = "5s..30s" }
"#;

#[test]
fn so_many_calls_go_at_once_as_are_said_to_be_left_and_the_next_one_waits() {
    let modules = Modules::new(Source::new(script("spender.luau", SPENDER)));
    let modules = modules.unwrap_or_else(|fault| panic!("{fault}"));
    for limits in ["limits = 'roblox_2023'", "budget = { base = 20, per_player = 3 }"] {
        let world = world(&format!("{WORLD}\ndatastore = {{ {limits} }}"), &modules);
        let mut calls = [0, 0];
        for seed in 1..=4 {
            // What was said last on each server, and whether a call has been made since.
            let mut told = BTreeMap::new();
            let _ = world.seed(seed).history(&mut |entry| {
                let Some(server) = entry.step.server else { return };
                match entry.step.fact {
                    Fact::Said { words } => {
                        let left: u32 = words.parse().expect("a number was said");
                        told.insert(server, (left, None));
                    }
                    Fact::Sent { .. } => {
                        let (left, sent) = told.get_mut(&server).expect("it was said before");
                        assert_eq!(*sent, None, "it is said before each");
                        *sent = Some(*left > 0);
                        calls[usize::from(*left > 0)] += 1;
                    }
                    Fact::Queued { .. } => {
                        let (left, _) = told[&server];
                        let at = entry.step.at;
                        assert_eq!(
                            left, 0,
                            "{limits}, seed {seed}: a call of {server} waits at {at}"
                        );
                        told.insert(server, (1, Some(true)));
                    }
                    _ => {}
                }
                // One that was said not to go has been seen to wait before anything else is said.
                let stays = told.get(&server).is_some_and(|(_, sent)| *sent == Some(false));
                let sent = matches!(entry.step.fact, Fact::Sent { .. });
                assert!(!stays || sent, "{limits}, seed {seed}: {:?}", entry.step);
            });
        }
        println!("{limits}: {calls:?} calls waited and went");
        assert!(calls[0] > 100 && calls[1] > 500, "{limits}: {calls:?}");
    }
}
