//! Modules in worlds: those that are wrong in some way, real ones from npm, and ours with a bug.
#![cfg(feature = "vm")]

mod ahead;
mod books;
mod budgets;
mod determinism;
mod engine;
mod hostile;
mod names;
mod planted;
mod real;

use leasehold_luau::{Counts, Modules, Package, Script, Source, adapter, simulation};
use leasehold_sim::{Scenario, Simulate};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn script(name: &str, text: &str) -> Script {
    Script { name: name.to_owned(), text: text.to_owned() }
}

fn package(name: &str, files: Vec<Script>) -> Package {
    Package { name: name.to_owned(), files }
}

/// A scenario of a few lines.
fn scenario(text: &str) -> Scenario {
    Scenario::parse(text).unwrap_or_else(|why| panic!("{why}"))
}

/// Modules in a world.
fn world(text: &str, modules: &Modules) -> Box<dyn Simulate> {
    simulation("test", &scenario(text), modules.clone()).unwrap_or_else(|why| panic!("{why}"))
}

/// Each call is one of three things.
fn balanced(counts: Counts) {
    let Counts { asked, booked, seatless, refused } = counts;
    assert_eq!(asked, booked + seatless + refused, "{counts:?}");
}

/// Scripts of a folder that npm has installed; nothing if it has not.
fn installed(path: &str) -> Option<Vec<Script>> {
    let root = project("sims/modules/node_modules").join(path);
    if !root.exists() {
        assert!(
            std::env::var_os("LEASEHOLD_MODULES_REQUIRED").is_none(),
            "{} is missing: npm ci --ignore-scripts in sims/modules",
            root.display()
        );
        return None;
    }
    let mut files = Vec::new();
    read_below(&root, &root, &mut files);
    Some(files)
}

fn read_below(root: &Path, path: &Path, files: &mut Vec<Script>) {
    if path.is_file() {
        let name = path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
        if name.is_empty() || name.ends_with(".luau") || name.ends_with(".lua") {
            let text = fs::read_to_string(path).expect("a script is text");
            files.push(Script { name, text });
        }
        return;
    }
    let entries = fs::read_dir(path).expect("it is a folder");
    let mut below: Vec<PathBuf> = entries.map(|entry| entry.expect("it is there").path()).collect();
    below.sort();
    below.iter().for_each(|path| read_below(root, path, files));
}

/// A real module with its shipped adapter; nothing, and a sentence, if npm has not installed it.
fn real(name: &str) -> Option<Source> {
    let packages: &[(&str, &str)] = match name {
        "profile_store" => &[("ProfileStore", "@rbxts/profile-store/src/init.luau")],
        "profile_service" => &[("ProfileService", "@rbxts/profileservice/src/init.lua")],
        _ => &[
            ("Lapis", "@rbxts/lapis/out/lapis"),
            ("Promise", "@rbxts-js/roblox-lua-promise/lib/init.lua"),
        ],
    };
    let text = adapter(name).expect("it is shipped");
    let mut source = Source::new(script(&format!("{name}.luau"), text));
    for (name, path) in packages {
        let Some(files) = installed(path) else {
            eprintln!(
                "skipped: run npm ci --ignore-scripts in sims/modules, which installs {name}"
            );
            return None;
        };
        source.packages.push(package(name, files));
    }
    Some(source)
}

/// The same, compiled.
fn real_modules(name: &str) -> Option<Modules> {
    let source = real(name)?;
    Some(Modules::new(source).unwrap_or_else(|fault| panic!("{fault}")))
}
