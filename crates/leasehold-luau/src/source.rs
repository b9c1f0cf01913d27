//! What modules are made of: texts that somebody has read from files already.

use std::collections::BTreeMap;
use std::fmt;

/// A module and its adapter, as they were read, and how they are to be run.
#[derive(Clone, Debug)]
pub struct Source {
    /// What ties the module to the world.
    pub adapter: Script,
    /// What the adapter may require, and what that requires in its turn.
    pub packages: Vec<Package>,
    /// What the adapter is given when it opens.
    pub settings: BTreeMap<String, Setting>,
    /// How many frames a server has each second: 60 in a game.
    pub frames_per_second: u32,
    /// How often `RunService.Heartbeat` fires on a server where no thread waits for a frame.
    pub heartbeats: Heartbeats,
    /// How much memory a server's scripts may have, in bytes.
    pub memory: u64,
    /// How many steps of a machine (calls, returns, turns of loops) may come of one thing that
    /// happens to a server.
    pub steps: u64,
}

impl Source {
    /// An adapter with nothing beside it, and the usual for all else.
    pub fn new(adapter: Script) -> Source {
        Source {
            adapter,
            packages: Vec::new(),
            settings: BTreeMap::new(),
            frames_per_second: 60,
            heartbeats: Heartbeats::Exact,
            memory: 16 << 20,
            steps: 10_000_000,
        }
    }
}

/// A script: what it is called in errors and in a tree of scripts, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its path, with `/` between the parts; from its package's folder on, if it is in one.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// A folder of scripts, or one script, under a name that others require it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its scripts: files that end with `.luau` or `.lua`. One alone is the package itself,
    /// whatever it is called. A name that ends with `.server.luau` or `.server.lua` is of a script
    /// that runs by itself when its server opens.
    pub files: Vec<Script>,
}

impl Package {
    /// The paths of its scripts in the tree of all, with their texts; what is no script is nothing.
    pub(crate) fn paths(&self) -> impl Iterator<Item = (String, &str)> {
        let alone = self.files.len() == 1;
        let is_script = |name: &str| name.ends_with(".luau") || name.ends_with(".lua");
        let files = self.files.iter().filter(move |file| alone || is_script(&file.name));
        files.map(move |file| {
            let runs = [".server.luau", ".server.lua"].iter().any(|it| file.name.ends_with(it));
            let path = match (alone, runs) {
                (true, true) => format!("{}.server.luau", self.name),
                (true, false) => format!("{}.luau", self.name),
                (false, _) => format!("{}/{}", self.name, file.name),
            };
            (path, file.text.as_str())
        })
    }
}

/// Value of a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Yes or no.
    Bool(bool),
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Setting::Number(number) => write!(f, "{number}"),
            Setting::Text(text) => write!(f, "{text:?}"),
            Setting::Bool(is) => write!(f, "{is}"),
        }
    }
}

/// How often heartbeats come that nobody but their listeners would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeats {
    /// With each frame, as in a game.
    Exact,
    /// Every so many microseconds: much faster, and what hangs on a heartbeat is so much later.
    Every(u64),
}
