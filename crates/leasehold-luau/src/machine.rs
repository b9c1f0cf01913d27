//! A Luau machine with Roblox in it: one server process.

use crate::host;
use crate::modules::{Modules, shim};
use crate::shared::Shared;
use leasehold_sim::library::{Instant, JobId, Now};
use mlua::{Function, IntoLuaMulti, Lua, Table, Value, VmState};
use std::cell::Cell;
use std::rc::Rc;

/// How much more memory than it may keep a server's scripts may use between two looks, as garbage
/// is collected at those only.
const GARBAGE: usize = 4;

/// What may have come of the last frame that ran, by the numbers of `scheduler.luau`.
const FULL: u8 = 2;

const SECOND_US: u64 = 1_000_000;

/// How many steps there are beyond the last to say which line of a module goes on for ever.
const OVERTIME: u32 = 1_000;

pub(crate) struct Machine {
    pub(crate) lua: Lua,
    pub(crate) shared: Rc<Shared>,
    pub(crate) entries: Entries,
}

macro_rules! entries {
    ($($name:ident),*) => {
        /// What the host calls.
        pub(crate) struct Entries {
            $(pub(crate) $name: Function),*
        }

        impl Entries {
            fn new(table: &Table) -> mlua::Result<Entries> {
                Ok(Entries { $($name: table.raw_get(stringify!($name))?),* })
            }
        }
    };
}

entries!(
    adapter, open, join, leave, edit, save, close, frame, clock, deliver, subscribed, published,
    heard, transform, owns, forget, describe, data, writer
);

impl Machine {
    /// A machine of a server process, before anything has happened.
    pub(crate) fn new(modules: &Modules, job: JobId, random: u64) -> mlua::Result<Machine> {
        // The first handle collects all garbage when it is dropped: here, where there is none.
        let lua = Lua::new().clone();
        lua.gc_stop();
        let shared = Rc::new(Shared::new(modules, job, random));
        perturb(&lua, modules.perturbation)?;
        let part = modules.code.parts.get("machine").expect("it is one of the parts");
        let start = host::function(&lua, &shim("machine"), part)?;
        let table: Table =
            start.call((host::table(&lua, &shared)?, host::loader(&lua, &shared)?))?;
        // Nobody writes there any more. Whatever looks at it by `getfenv` has made it slow.
        lua.globals().set_readonly(true);
        lua.globals().set_safeenv(true);
        let entries = Entries::new(&table)?;
        limit(&lua, &shared)?;
        Ok(Machine { lua, shared, entries })
    }

    /// The adapter as its script returns it.
    pub(crate) fn adapter(&self) -> mlua::Result<Value> {
        self.shared.steps.set(self.shared.modules.code.steps);
        self.entries.adapter.call(())
    }

    /// Calls what begins with the clocks. Nothing, if it failed or the machine has to stop.
    pub(crate) fn enter<R: mlua::FromLuaMulti>(
        &self,
        now: Now,
        entry: impl FnOnce(&Entries, f64, f64) -> mlua::Result<R>,
    ) -> Option<R> {
        let shared = &self.shared;
        shared.now.set(Some(now));
        shared.looked.set(None);
        shared.steps.set(shared.modules.code.steps);
        let (mono, wall) = (now.mono.as_micros() as f64, now.wall.as_micros() as f64);
        let result = entry(&self.entries, mono, wall);
        self.tidy();
        match result {
            Ok(result) if shared.halt.get().is_none() => Some(result),
            Ok(_) => None,
            Err(error) => {
                self.failed(&error);
                None
            }
        }
    }

    /// Runs the frame that is due, and those after it while the server is left alone: when the next
    /// one is due. The time that is known then is that of the last.
    pub(crate) fn frame(&self, now: Now) -> Option<f64> {
        let shared = &self.shared;
        let ahead = shared.ahead.take().filter(|_| shared.out.borrow().is_empty());
        shared.now.set(Some(now));
        shared.looked.set(None);
        shared.steps.set(shared.modules.code.steps);
        let (mono, wall) = (now.mono.as_micros(), now.wall.as_micros());
        // Frames that run together share the steps of one entry: never more than those of a second.
        let till = ahead.map_or(0, |it| it.until.as_micros().min(mono + SECOND_US));
        let clock = match ahead {
            Some(it) => (it.wall_us, if it.whole_seconds { SECOND_US } else { 1 }),
            None => (wall - mono as i64, 1),
        };
        let args = (mono as f64, till as f64, clock.0 as f64, clock.1 as f64, self.full_kb());
        let result = self.entries.frame.call::<(f64, u8, f64)>(args);
        let last = match &result {
            Ok((.., last)) => *last,
            Err(_) => self.clock().unwrap_or(mono as f64),
        };
        if last > mono as f64 {
            shared.now.set(ahead.and_then(|it| it.at(Instant::from_micros(last as u64))));
        }
        let (due, came, _) = result.map_err(|error| self.failed(&error)).ok()?;
        if came == FULL {
            self.collect();
        }
        shared.halt.get().is_none().then_some(due)
    }

    /// From how many kilobytes in use on garbage is collected.
    fn full_kb(&self) -> f64 {
        (self.shared.collects_at.get() >> 10) as f64
    }

    /// The time of the frame that has failed.
    fn clock(&self) -> Option<f64> {
        self.shared.steps.set(self.shared.modules.code.steps);
        let last = self.entries.clock.call(()).ok();
        self.shared.steps.set(0);
        last
    }

    /// What no script has caught has come through: its own code never fails, so this is the end.
    fn failed(&self, error: &mlua::Error) {
        if self.shared.halt.get().is_none() {
            let memory = matches!(error, mlua::Error::MemoryError(_));
            let kind = if memory { &host::MEMORY } else { &host::ERROR };
            self.shared.halt.set(Some(kind));
            self.shared.complain(kind, &host::told(&host::words(error), ""), None);
        }
    }

    /// Collects garbage, if there is so much that it is time to.
    fn tidy(&self) {
        let used = self.lua.used_memory();
        if used > self.shared.collects_at.get() && self.shared.halt.get().is_none() {
            self.collect();
        }
    }

    fn collect(&self) {
        let (base, memory) = (self.shared.modules.collects_at, self.shared.modules.code.memory);
        let collected = self.lua.gc_collect();
        let used = self.lua.used_memory();
        if collected.is_err() || used > memory {
            let words = format!("the module keeps {used} bytes, and may keep {memory}");
            self.shared.halt.set(Some(&host::MEMORY));
            return self.shared.complain(&host::MEMORY, &words, None);
        }
        self.shared.collects_at.set(base.max(2 * used));
    }

    /// Calls a function that takes no time.
    pub(crate) fn ask<R: mlua::FromLuaMulti>(
        &self,
        function: &Function,
        args: impl IntoLuaMulti,
    ) -> Option<R> {
        if self.shared.halt.get().is_some() {
            return None;
        }
        self.shared.steps.set(self.shared.modules.code.steps);
        let result = function.call(args);
        result.map_err(|error| self.failed(&error)).ok()
    }
}

/// Moves all that will be made to other addresses.
fn perturb(lua: &Lua, objects: u32) -> mlua::Result<()> {
    if objects == 0 {
        return Ok(());
    }
    let kept = lua.create_table()?;
    for nth in 1..=objects as usize {
        kept.raw_seti(nth, lua.create_table_with_capacity(nth % 7, 0)?)?;
    }
    lua.set_named_registry_value("kept", kept)
}

/// Each entry has so many steps, and the machine so much memory.
fn limit(lua: &Lua, shared: &Rc<Shared>) -> mlua::Result<()> {
    let (this, overtime) = (shared.clone(), Cell::new(OVERTIME));
    lua.set_interrupt(move |lua| {
        let left = this.steps.get();
        if left > 0 {
            this.steps.set(left - 1);
            return Ok(VmState::Continue);
        }
        if this.halt.get().is_none() {
            // The shim's own lines say nothing to whoever has written a module, so there are a few
            // steps more to come to one of theirs.
            let at = (0..100).map_while(|level| lua.inspect_stack(level, place_of));
            let at = at.flatten().next();
            if at.is_none() && overtime.get() > 0 {
                overtime.set(overtime.get() - 1);
                return Ok(VmState::Continue);
            }
            let (at, steps) = (at.unwrap_or_default(), this.modules.code.steps);
            this.complain(&host::STEPS, &format!("{at}still not done after {steps} steps"), None);
            this.halt.set(Some(&host::STEPS));
        }
        Err(mlua::Error::runtime("the script goes on for ever"))
    });
    let memory = shared.modules.code.memory.max(1 << 20).saturating_mul(GARBAGE);
    lua.set_memory_limit(memory).map(drop)
}

fn place_of(debug: &mlua::debug::Debug<'_>) -> Option<String> {
    let line = debug.current_line()?;
    let name = debug.source().short_src?.into_owned();
    (!name.starts_with(&shim(""))).then(|| format!("{name}:{line}: "))
}
