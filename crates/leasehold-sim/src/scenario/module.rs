//! A module that somebody brings, as a scenario names it: files by their paths. Nothing here reads
//! them, and nothing here knows what is in them.

use super::{Scenario, Variant};
use crate::schema::{MILLI, PATH_MAX, declare};
use crate::units::Span;
use toml::{Table, Value};

declare! {
    /// The module of [`Protocol::Module`](super::Protocol::Module), and how it is run.
    #[derive(Debug)]
    pub struct ModuleRules {
        /// What ties the module to the world: `profile_store`, `profile_service`, `lapis`, or the
        /// path of a file of one's own, which ends with `.luau` or `.lua`.
        adapter: String = String::new(), within(0, PATH_MAX as u64), example("\"profile_store\"");
        /// What the adapter may require: a name, and the path of a file or of a folder.
        packages: Table = Table::new(), example("{ ProfileStore = \"ProfileStore.luau\" }");
        /// What the adapter is given when a server opens: names with numbers, texts, true or false.
        settings: Table = Table::new(), example("{ ASSUME_DEAD = 300 }");
        /// Frames of a server each second: after which a thread that waits goes on.
        frames_per_second: u32 = 60, within(1, 1_000);
        /// How often heartbeats come where no thread waits for a frame. Far between they cost less,
        /// and what hangs on one comes so much later. With each frame if absent.
        heartbeats: Option<Span> = None, least(MILLI), example("\"250ms\"");
        /// Memory that a server's scripts may take, in megabytes.
        memory_mb: u32 = 16, within(1, 4_000);
        /// Steps that one thing may cost which happens to a server: calls, returns, turns of loops.
        steps: u32 = 10_000_000, within(1_000, 4_000_000_000);
        /// What the module was when this was written: a program writes it down.
        hash: String = String::new(), within(0, 64), example("\"\"");
    }
}

/// Whether an adapter is a file, and not one that is shipped.
pub fn is_file(adapter: &str) -> bool {
    adapter.ends_with(".luau") || adapter.ends_with(".lua") || adapter.contains(['/', '\\'])
}

impl Scenario {
    /// Every path in it that leads to a part of a module, those of its comparisons too.
    pub fn module_paths_mut(&mut self) -> impl Iterator<Item = &mut String> {
        let ModuleRules { adapter, packages, .. } = &mut self.module;
        let compared = self.compare.iter_mut().flat_map(named);
        let adapter = Some(adapter).filter(|adapter| is_file(adapter));
        adapter.into_iter().chain(texts(packages)).chain(compared)
    }
}

/// The texts of a table.
fn texts(table: &mut Table) -> impl Iterator<Item = &mut String> {
    table.iter_mut().filter_map(|(_, value)| text(value))
}

fn text(value: &mut Value) -> Option<&mut String> {
    if let Value::String(text) = value { Some(text) } else { None }
}

/// The paths that another setting names.
fn named(variant: &mut Variant) -> Vec<&mut String> {
    let Some(Value::Table(module)) = variant.fields.get_mut("module") else { return Vec::new() };
    let mut paths = Vec::new();
    for (name, value) in module.iter_mut() {
        match value {
            Value::String(adapter) if name == "adapter" && is_file(adapter) => paths.push(adapter),
            Value::Table(packages) if name == "packages" => paths.extend(texts(packages)),
            _ => {}
        }
    }
    paths
}
