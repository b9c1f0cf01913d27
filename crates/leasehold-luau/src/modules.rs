//! Modules, compiled: what all servers of a world run.

use crate::guid::Guid;
use crate::machine::Machine;
use crate::shared::COUNTS;
use crate::source::{Heartbeats, Package, Setting, Source};
use leasehold_sim::library::{Contract, JobId};
use mlua::chunk::Compiler;
use mlua::{Table, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Modules with their adapter, compiled. Cheap to clone.
#[derive(Clone)]
pub struct Modules {
    pub(crate) code: Arc<Code>,
    /// What stands before the number in a player's name.
    pub(crate) prefix: Arc<str>,
    /// How many objects a machine makes before anything else.
    pub(crate) perturbation: u32,
    /// How much memory is in use when garbage is collected, in bytes.
    pub(crate) collects_at: usize,
    /// Whether frames run together that nothing can come between.
    pub(crate) runs_ahead: bool,
}

/// What is the same wherever modules run.
pub(crate) struct Code {
    /// Bytecode by the path in the tree of scripts, with the name that errors have.
    pub(crate) scripts: BTreeMap<String, (String, Vec<u8>)>,
    /// Bytecode of the parts of Roblox.
    pub(crate) parts: BTreeMap<&'static str, Vec<u8>>,
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) contract: Contract,
    pub(crate) frame_us: f64,
    pub(crate) beat_us: u64,
    pub(crate) memory: usize,
    pub(crate) steps: u64,
    hash: String,
    pub(crate) counts: [AtomicU64; COUNTS],
}

/// What became of the calls of modules, in all runs so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that scripts have made.
    pub asked: u64,
    /// Those that were booked to a seat.
    pub booked: u64,
    /// Those that were made on nobody's behalf.
    pub seatless: u64,
    /// Those that were refused before they were made.
    pub refused: u64,
}

/// Why modules cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// In which file.
    pub file: String,
    /// In which of its lines, if it is in one.
    pub line: Option<u32>,
    /// What is wrong.
    pub words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.words),
            None => write!(f, "{}: {}", self.file, self.words),
        }
    }
}

impl std::error::Error for Fault {}

macro_rules! parts {
    ($($name:literal),*) => {
        /// The parts of Roblox, each a script of this crate.
        const PARTS: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("roblox/", $name, ".luau")))),*];
    };
}

parts!(
    "datastore",
    "game",
    "globals",
    "machine",
    "messaging",
    "objects",
    "scheduler",
    "seats",
    "signal",
    "tree",
    "types"
);

/// Where the adapter is in the tree of scripts.
const ADAPTER: &str = "adapter";

/// Garbage is collected when so much is in use, if the limit allows.
const COLLECTS_AT: usize = 6 << 20;

impl Modules {
    /// Compiles modules, and looks at their adapter.
    ///
    /// # Errors
    /// Where a script cannot be compiled, and what an adapter lacks.
    pub fn new(source: Source) -> Result<Modules, Fault> {
        let mut scripts = BTreeMap::new();
        for (path, text) in source.packages.iter().flat_map(Package::paths) {
            let code = compiled(&path, text)?;
            scripts.insert(path.clone(), (path, code));
        }
        let adapter = &source.adapter;
        let code = compiled(&adapter.name, &adapter.text)?;
        scripts.insert(ADAPTER.to_owned(), (adapter.name.clone(), code));
        let mut parts = BTreeMap::new();
        for &(name, text) in PARTS {
            parts.insert(name, compiled(&shim(name), text)?);
        }
        let beat_us = match source.heartbeats {
            Heartbeats::Exact => 0,
            Heartbeats::Every(us) => us,
        };
        let code = Code {
            scripts,
            parts,
            hash: hash(&source),
            contract: Contract::default(),
            frame_us: 1e6 / f64::from(source.frames_per_second.max(1)),
            beat_us,
            memory: usize::try_from(source.memory).unwrap_or(usize::MAX),
            steps: source.steps.max(1),
            settings: source.settings,
            counts: Default::default(),
        };
        let collects_at = COLLECTS_AT.min(code.memory / 2);
        let mut modules = Modules {
            code: Arc::new(code),
            prefix: Arc::from("Player_"),
            perturbation: 0,
            collects_at,
            runs_ahead: true,
        };
        let contract = modules.promised(&source.adapter.name)?;
        let code = Arc::get_mut(&mut modules.code);
        code.expect("the machine is gone, and nobody else has it").contract = contract;
        Ok(modules)
    }

    /// The contract of the adapter, which has all that it must have.
    fn promised(&self, file: &str) -> Result<Contract, Fault> {
        let fault = |words: String| Fault { file: file.to_owned(), line: None, words };
        let machine = Machine::new(self, JobId(0), 0).map_err(|error| located(file, &error))?;
        let adapter = machine.adapter().map_err(|error| located(file, &error))?;
        let Value::Table(adapter) = adapter else {
            return Err(fault(format!(
                "it returns a {}, and must return a table of functions",
                adapter.type_name()
            )));
        };
        let of = |name: &str| adapter.get::<Value>(name).unwrap_or(Value::Nil);
        for name in ["start", "stop", "is_active", "data"] {
            if !of(name).is_function() {
                return Err(fault(format!("it has no function `{name}`")));
            }
        }
        for name in ["open", "change", "save", "is_finished", "describe", "kind"] {
            if !(of(name).is_function() || of(name).is_nil()) {
                return Err(fault(format!("its `{name}` is no function")));
            }
        }
        match of("contract") {
            Value::Nil => Ok(Contract::default()),
            Value::Table(said) => contract(&said).map_err(fault),
            _ => Err(fault("its `contract` is no table".to_owned())),
        }
    }

    /// What tells these modules from others, adapter, settings and this crate's own Roblox
    /// included: 64 hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.code.hash
    }

    /// What the adapter promises.
    pub fn contract(&self) -> Contract {
        self.code.contract
    }

    /// What became of all calls so far, of all runs of these modules.
    pub fn counts(&self) -> Counts {
        let [asked, booked, seatless, refused] =
            std::array::from_fn(|nth| self.code.counts[nth].load(Ordering::Relaxed));
        Counts { asked, booked, seatless, refused }
    }

    /// The same with other addresses of all objects: machines make so many objects before anything
    /// else. A run that differs by it hangs on the order of tables that have objects as keys.
    #[must_use]
    pub fn with_perturbation(self, objects: u32) -> Modules {
        Modules { perturbation: objects, ..self }
    }

    /// The same with garbage that is collected when so many bytes are in use: no run differs by it.
    #[must_use]
    pub fn collecting_at(self, bytes: usize) -> Modules {
        Modules { collects_at: bytes, ..self }
    }

    /// The same with each frame at its time, even where nothing can come between some: no run
    /// differs by it.
    #[must_use]
    pub fn frame_by_frame(self) -> Modules {
        Modules { runs_ahead: false, ..self }
    }

    /// The same in a world whose players' names begin like this.
    pub(crate) fn for_players(self, prefix: &str) -> Modules {
        Modules { prefix: Arc::from(prefix), ..self }
    }

    /// The name of a server process, as scripts know it.
    pub(crate) fn job_name(job: JobId, random: u64) -> String {
        Guid { job, key: None, nth: 0 }.text(random)
    }
}

/// The name of a part of Roblox in a traceback.
pub(crate) fn shim(name: &str) -> String {
    format!("[roblox]/{name}")
}

/// `typeof` and `getmetatable` are the shim's own: a compiler that knows better would not ask them.
fn compiled(name: &str, text: &str) -> Result<Vec<u8>, Fault> {
    let compiler = Compiler::new()
        .set_optimization_level(2)
        .set_debug_level(1)
        .set_disabled_builtins(["typeof", "getmetatable"]);
    compiler.compile(text).map_err(|error| {
        let words = match &error {
            mlua::Error::SyntaxError { message, .. } => message.clone(),
            other => other.to_string(),
        };
        // Its line comes first.
        Fault { file: name.to_owned(), ..split(&format!(":{words}"), name) }
    })
}

/// The fault in an error of a machine; in this file, if it names no other.
fn located(file: &str, error: &mlua::Error) -> Fault {
    let words = crate::host::words(error);
    split(words.lines().next().unwrap_or_default(), file)
}

/// `file:12: words` apart; of a text that cannot be compiled, the file is this one.
fn split(words: &str, file: &str) -> Fault {
    let whole = Fault { file: file.to_owned(), line: None, words: words.trim().to_owned() };
    for (at, _) in words.match_indices(':') {
        let Some((number, rest)) = words[at + 1..].split_once(':') else { continue };
        let Ok(line) = number.trim().parse() else { continue };
        let named = words[..at].trim();
        let named = if named.is_empty() || named.contains('\n') { file } else { named };
        let words = rest.trim().to_owned();
        return Fault { file: named.to_owned(), line: Some(line), words };
    }
    whole
}

/// A contract as an adapter writes it: times are in seconds.
fn contract(said: &Table) -> Result<Contract, String> {
    let mut contract = Contract::default();
    for pair in said.pairs::<String, Value>() {
        let (name, value) = pair.map_err(|_| "a name in its `contract` is no text".to_owned())?;
        let wrong = |what: &str| format!("its contract's `{name}` is not {what}");
        let yes = || value.as_boolean().ok_or_else(|| wrong("true or false"));
        let time = || {
            let seconds = value.as_f64().filter(|seconds| (0.0..1e9).contains(seconds));
            let seconds = seconds.ok_or_else(|| wrong("a number of seconds"))?;
            Ok::<_, String>(Some(Duration::from_secs_f64(seconds)))
        };
        match name.as_str() {
            "fenced" => contract.fenced = yes()?,
            "counted" => contract.counted = yes()?,
            "echoes" => contract.echoes = yes()?,
            "calls_are_exclusive" => contract.calls_are_exclusive = yes()?,
            "saved_within" => contract.saved_within = time()?,
            "retried_within" => contract.retried_within = time()?,
            "lease" => contract.lease = time()?,
            "renewed_after" => contract.renewed_after = time()?,
            "started_within" => contract.started_within = time()?,
            "ended_within" => contract.ended_within = time()?,
            "end_attempted_within" => contract.end_attempted_within = time()?,
            "returned_within" => contract.returned_within = time()?,
            "settled_within" => contract.settled_within = time()?,
            "granted_within" => contract.granted_within = time()?,
            "call_timeout" => contract.call_timeout = time()?,
            _ => return Err(format!("its contract has `{name}`, which is no promise")),
        }
    }
    Ok(contract)
}

fn hash(source: &Source) -> String {
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    PARTS.iter().for_each(|(name, text)| {
        part(name);
        part(text);
    });
    part(&source.adapter.text);
    for package in &source.packages {
        package.paths().for_each(|(path, text)| {
            part(&path);
            part(text);
        });
    }
    for (name, setting) in &source.settings {
        part(name);
        part(&setting.to_string());
    }
    let Source { frames_per_second, heartbeats, memory, steps, .. } = source;
    part(&format!("{frames_per_second} {heartbeats:?} {memory} {steps}"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
