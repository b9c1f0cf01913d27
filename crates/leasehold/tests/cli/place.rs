//! A folder to try things in, and the command that is tried.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone when the test is over.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Place {
        static NTH: AtomicU32 = AtomicU32::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let name = format!("leasehold-cli-{}-{nth}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("there is room for a test");
        Place(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).expect("a test can write");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
    }

    /// The names of everything in a folder of it, hidden things too.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("the folder is there");
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.expect("it can be read").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leasehold"));
        command.args(args).current_dir(&self.0);
        command
    }

    /// Runs `leasehold` in this folder.
    pub(crate) fn run(&self, args: &[&str]) -> End {
        End::of(self.command(args).output().expect("the program can be started"))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl End {
    pub(crate) fn of(output: Output) -> End {
        let text = |bytes| String::from_utf8(bytes).expect("it prints text");
        End { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Checks the exit code, and that nobody panicked.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> End {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

/// The project's own folder.
pub(crate) fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A shipped scenario.
pub(crate) fn shipped(name: &str) -> String {
    let sims = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims");
    sims.join(format!("{name}.toml")).to_string_lossy().into_owned()
}

/// A small world in which messages get lost.
pub(crate) const LOSSY: &str = "title = \"lost messages\"\nduration = \"5m\"\n\
    [servers]\ncount = 3\n\
    [players]\ncount = 30\narrive = \"0s..20s\"\nstay = \"20s..1m\"\nhop = \"90%\"\n\
    hop_delay = \"1s..3s\"\nnoticed_after = \"0s..20s\"\nedit_every = \"2s..9s\"\n\
    [messaging]\nloss = \"30%\"\n";

/// The same without a lost message, of players who do not hop: nothing is broken, and no player
/// feels anything.
pub(crate) fn healthy() -> String {
    LOSSY.replace("30%", "0%").replace("hop = \"90%\"", "hop = \"0%\"")
}
