//! Modules that name their sessions by themselves, in the record or in its metadata: whose write it
//! is that goes over another's shows all the same.

use super::{script, world};
use leasehold_luau::{Modules, Source};
use leasehold_sim::Outcome;

/// A lock with a name that is drawn, which counts for 20 s. `BESIDE` keeps it in the metadata;
/// `LOOKS` looks before it writes whether the lock is still its own.
const DRAWN: &str = r#"
local store = game:GetService("DataStoreService"):GetDataStore("Players")
local adapter = { contract = { fenced = true } }

local function lock_of(old, info)
	return if BESIDE then info and info:GetMetadata() or {} else old or {}
end

local function locked(record, name)
	local lock = { Owner = name, At = os.time() }
	if BESIDE then
		return record, {}, lock
	end
	record.Owner, record.At = lock.Owner, lock.At
	return record
end

function adapter.start(key)
	local session = { key = key, name = string.format("%x", math.random(0, 2 ^ 30)) }
	for _ = 1, 10 do
		store:UpdateAsync(key, function(old, info)
			local lock = lock_of(old, info)
			session.data = nil
			if lock.Owner and os.time() - lock.At < 20 then
				return nil
			end
			local record = old or { Data = { Edits = 0 } }
			session.data = table.clone(record.Data)
			return locked(record, session.name)
		end)
		if session.data then
			session.active = true
			return session
		end
		task.wait(5)
	end
	return nil, "held"
end

function adapter.stop(session)
	store:UpdateAsync(session.key, function(old, info)
		if LOOKS and lock_of(old, info).Owner ~= session.name then
			return nil
		end
		old.Data = session.data
		return locked(old, nil)
	end)
	session.active = false
end

function adapter.is_active(session) return session.active end
function adapter.data(session) return session.data end
function adapter.describe(stored, metadata)
	return { owner = if BESIDE then metadata.Owner else stored.Owner, data = stored.Data }
end
return adapter
"#;

const WORLD: &str = r#"
duration = "10m"
servers.count = 3
players = { count = 8, arrive = "0s..5s", stay = "10s..1m", hop = "80%", noticed_after = "0s..40s" }
faults = { crash_every = "4m" }
"#;

fn runs(beside: bool, looks: bool) -> Vec<Outcome> {
    let text = format!("local BESIDE, LOOKS = {beside}, {looks}\n{DRAWN}");
    let source = Source::new(script("drawn.luau", &text));
    let modules = Modules::new(source).unwrap_or_else(|fault| panic!("{fault}"));
    let world = world(WORLD, &modules);
    (1..=4).map(|seed| world.seed(seed).run()).collect()
}

fn violations<'a>(outcomes: &'a [Outcome], name: &str) -> Vec<&'a str> {
    let rows = outcomes.iter().flat_map(|outcome| &outcome.dataset.invariants);
    let rows = rows.filter(|row| row.name == name && row.violations > 0);
    rows.flat_map(|row| &row.first).map(|first| first.why.as_str()).collect()
}

#[test]
fn a_session_is_known_by_the_name_that_it_has_brought() {
    for beside in [false, true] {
        let sound = runs(beside, true);
        assert_eq!(violations(&sound, "module_is_sound"), [""; 0]);
        assert_eq!(violations(&sound, "no_write_without_ownership"), [""; 0]);
        let sent = |kind| sound.iter().map(move |it| it.dataset.summary.calls[kind].sent).sum();
        let (releases, saves): (u64, u64) = (sent("release"), sent("save"));
        assert!(releases > 40 && saves == 0, "{releases} releases and {saves} saves");
        assert!(!violations(&sound, "no_double_ownership").is_empty(), "a lock of 20 s is taken");

        let careless = runs(beside, false);
        let over = violations(&careless, "no_write_without_ownership");
        assert!(!over.is_empty(), "it writes without looking");
        // Processes are counted from 0 on: none of these is a number of nobody's.
        assert!(over.iter().all(|why| !why.contains("j4294")), "{over:?}");
    }
}

#[test]
fn an_owner_that_is_no_name_is_a_fault_of_the_adapter() {
    let text = DRAWN.replace("owner = if BESIDE", "owner = true or BESIDE");
    let text = format!("local BESIDE, LOOKS = false, true\n{text}");
    let text = text.replace("true or BESIDE then metadata.Owner else stored.Owner", "true");
    let modules = Modules::new(Source::new(script("drawn.luau", &text))).expect("it can be read");
    let outcomes = [world(WORLD, &modules).seed(1).run()];
    let said = violations(&outcomes, "module_is_sound");
    assert!(said[0].contains("describe returned a boolean as owner, not a name"), "{said:?}");
}
