//! Modules, read and compiled: each once in a process, however many seeds and settings run it.

use crate::error::{self, Error};
use crate::source::{self, regular};
use leasehold_luau::{Heartbeats, Modules, Package, Script, Setting, Source, adapter};
use leasehold_sim::scenario::{ModuleRules, Protocol, is_file};
use leasehold_sim::{Scenario, Simulate};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use toml::Value;

/// The longest script that is read, in bytes.
const SCRIPT_MAX: usize = 4_000_000;
/// The most scripts of a package, and how deep its folders may be.
const SCRIPTS_MAX: usize = 2_000;
const DEPTH_MAX: usize = 32;
/// How many modules are kept: those of all settings of a comparison.
const KEPT: usize = 32;

/// A simulation of the module that a scenario names. Says so if it is not what it was when the
/// scenario was written.
pub(crate) fn simulation(
    path: &Path,
    name: &str,
    scenario: &Scenario,
) -> Result<Box<dyn Simulate>, Error> {
    let modules = modules(path, &scenario.module)?;
    let known = &scenario.module.hash;
    if !known.is_empty() && known != modules.hash() {
        told_once(&format!(
            "{}: the module is not what it was: its hash was {}, and is {}",
            path.display(),
            short(known),
            short(modules.hash())
        ));
    }
    let bad =
        |why: leasehold_sim::Problems| Error::Bad { path: path.to_owned(), why: why.to_string() };
    leasehold_luau::simulation(name, scenario, modules).map_err(bad)
}

/// The same where so many objects are made before all others.
pub(crate) fn perturbed(
    path: &Path,
    name: &str,
    scenario: &Scenario,
    objects: u32,
) -> Result<Box<dyn Simulate>, Error> {
    let bad = |why: String| Error::Bad { path: path.to_owned(), why };
    if scenario.protocol != Protocol::Module {
        let protocol = scenario.protocol.name();
        return Err(bad(format!("--perturb is about a module, and this runs {protocol}")));
    }
    let modules = modules(path, &scenario.module)?.with_perturbation(objects);
    leasehold_luau::simulation(name, scenario, modules).map_err(|why| bad(why.to_string()))
}

/// An adapter to begin with.
pub(crate) fn template() -> Result<&'static str, Error> {
    Ok(leasehold_luau::template())
}

/// The hash of the module that a scenario names, if it names one that can be read.
pub(crate) fn hash(scenario: &Scenario) -> String {
    let modules = modules(Path::new(""), &scenario.module);
    modules.map_or_else(|_| scenario.module.hash.clone(), |modules| modules.hash().to_owned())
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// Says something, and not again.
fn told_once(words: &str) {
    static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let mut told = TOLD.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !told.iter().any(|known| known == words) {
        told.push(words.to_owned());
        error::complain(words);
    }
}

/// The modules of some rules, from the files as they were when they were read first.
fn modules(path: &Path, rules: &ModuleRules) -> Result<Modules, Error> {
    static READ: Mutex<Vec<(ModuleRules, Modules)>> = Mutex::new(Vec::new());
    let rules = ModuleRules { hash: String::new(), ..rules.clone() };
    let mut read = READ.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, modules)) = read.iter().find(|(known, _)| *known == rules) {
        return Ok(modules.clone());
    }
    let bad = |why: String| Error::Bad { path: path.to_owned(), why };
    let source = in_words(path, sources(&rules))?;
    let modules = Modules::new(source).map_err(|fault| bad(format!("module: {fault}")))?;
    if read.len() == KEPT {
        read.remove(0);
    }
    read.push((rules, modules.clone()));
    Ok(modules)
}

/// What is wrong with a file that a scenario names is wrong with the scenario.
fn in_words<T>(path: &Path, done: Result<T, Error>) -> Result<T, Error> {
    done.map_err(|why| match why {
        Error::Io { .. } | Error::Bad { .. } if !path.as_os_str().is_empty() => {
            Error::Bad { path: path.to_owned(), why: format!("module: {why}") }
        }
        other => other,
    })
}

/// The texts that some rules name.
fn sources(rules: &ModuleRules) -> Result<Source, Error> {
    let mut source = Source::new(read_adapter(&rules.adapter)?);
    for (name, value) in &rules.packages {
        let Value::String(at) = value else {
            return Err(wrong(
                &format!("packages.{name}"),
                value,
                "the path of a file or a folder",
            ));
        };
        let at = Path::new(at);
        let mut files = Vec::new();
        if fs::metadata(at).map_err(|why| Error::io("read", at, why))?.is_dir() {
            scripts(at, "", DEPTH_MAX, &mut files)?;
        } else {
            // What it is called says whether it runs by itself.
            let called = at.file_name().unwrap_or_default().to_string_lossy();
            files.push(script(at, &called)?);
        }
        source.packages.push(Package { name: name.clone(), files });
    }
    source.settings = settings(&rules.settings)?;
    source.frames_per_second = rules.frames_per_second;
    source.heartbeats =
        rules.heartbeats.map_or(Heartbeats::Exact, |every| Heartbeats::Every(every.us()));
    source.memory = u64::from(rules.memory_mb) << 20;
    source.steps = rules.steps.into();
    Ok(source)
}

fn wrong(field: &str, value: &Value, allowed: &str) -> Error {
    let why = format!("module.{field} = {value}; allowed: {allowed}");
    Error::Bad { path: PathBuf::from("the scenario"), why }
}

fn read_adapter(named: &str) -> Result<Script, Error> {
    if is_file(named) {
        return script(Path::new(named), named);
    }
    match adapter(named) {
        Some(text) => Ok(Script { name: format!("adapters/{named}.luau"), text: text.to_owned() }),
        None => {
            let allowed = "\"profile_store\", \"profile_service\", \"lapis\", or the path of a file \
                           that ends with .luau";
            Err(wrong("adapter", &Value::String(named.to_owned()), allowed))
        }
    }
}

fn script(path: &Path, name: &str) -> Result<Script, Error> {
    regular(path)?;
    Ok(Script { name: name.to_owned(), text: source::text(path, SCRIPT_MAX)? })
}

/// The scripts in a folder and in those that are in it, by their paths from there, in order.
fn scripts(folder: &Path, at: &str, depth: usize, all: &mut Vec<Script>) -> Result<(), Error> {
    let cannot = |why| Error::io("list", folder, why);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(cannot)? {
        names.push(entry.map_err(cannot)?.file_name());
    }
    names.sort();
    for name in names {
        let (path, name) = (folder.join(&name), name.to_string_lossy().into_owned());
        let inside = if at.is_empty() { name.clone() } else { format!("{at}/{name}") };
        if path.is_dir() {
            let many = || Error::Bad {
                path: folder.to_owned(),
                why: "its folders are too deep".to_owned(),
            };
            scripts(&path, &inside, depth.checked_sub(1).ok_or_else(many)?, all)?;
        } else if name.ends_with(".luau") || name.ends_with(".lua") {
            if all.len() == SCRIPTS_MAX {
                let why = format!("it has more than {SCRIPTS_MAX} scripts");
                return Err(Error::Bad { path: folder.to_owned(), why });
            }
            all.push(script(&path, &inside)?);
        }
    }
    Ok(())
}

fn settings(table: &toml::Table) -> Result<BTreeMap<String, Setting>, Error> {
    let setting = |(name, value): (&String, &Value)| {
        let setting = match value {
            Value::Integer(number) => Setting::Number(*number as f64),
            Value::Float(number) => Setting::Number(*number),
            Value::String(text) => Setting::Text(text.clone()),
            Value::Boolean(is) => Setting::Bool(*is),
            _ => {
                let allowed = "a number, a text, true or false";
                return Err(wrong(&format!("settings.{name}"), value, allowed));
            }
        };
        Ok((name.clone(), setting))
    };
    table.iter().map(setting).collect()
}
