//! A folder on disk, as a whole or not at all; and what may make room for it.
//!
//! Everything is written into a folder beside the place where it belongs, and that folder is moved
//! there when it is complete. Whatever goes wrong before, a full disk or Ctrl-C, leaves what was
//! there as it was and nothing else.
//!
//! Who is killed can clean up nothing. The folder under way is locked, by a lock that goes with the
//! process; so whoever next makes a folder of that name sees that nobody is at work on what lies
//! beside it, and puts that right.
//!
//! ```text
//!   .NAME.PID.part, locked --[ the place is free ]-------------------> NAME
//!                          '--[ NAME --> .NAME.PID.old ]--> NAME, and the old one is removed
//! ```
//!
//! A folder is replaced by one of its own kind only, and only if nobody has put anything into it.

use crate::error::Error;
use crate::interrupt;
use std::fs::{self, DirEntry, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A kind of folder: what it is known by, and all that can be in it.
#[derive(Debug)]
pub(crate) struct DirKind {
    /// What a folder of this kind is called.
    pub(crate) name: &'static str,
    /// The name of the file that it is known by.
    pub(crate) marker: &'static str,
    /// Whether this tool wrote such a file: only then a folder is of this kind.
    pub(crate) is_ours: fn(&Path) -> bool,
    /// The names of its files.
    pub(crate) files: &'static [&'static str],
    /// The names of files that it has before it can be known: with nothing else in it, it is as
    /// good as empty.
    pub(crate) unfinished: &'static [&'static str],
    /// Whether folders of the same kind can be in it, by whatever name.
    pub(crate) nests: bool,
}

impl DirKind {
    /// Refuses a place that is neither free, nor an empty folder, nor one of this kind with nothing
    /// else in it. The error says what is in the way, and what would not be.
    pub(crate) fn check(&self, place: &Path) -> Result<(), Error> {
        if fs::symlink_metadata(place).is_err() {
            return Ok(());
        }
        let name = self.name;
        let why = match self.stranger(place) {
            _ if !place.is_dir() => "it is no folder".to_owned(),
            Err(why) => format!("it cannot be read ({why})"),
            Ok(Some(other)) => format!("{} in it is no part of a {name}", other.display()),
            Ok(None) if self.is_known(place) || self.is_started(place) => return Ok(()),
            Ok(None) => format!("it has no {} that this tool wrote for a {name}", self.marker),
        };
        let allowed = format!("an empty folder, or an earlier {name} with nothing else in it");
        let why = format!("{why}; only {allowed}, is replaced");
        Err(Error::InTheWay { path: place.to_owned(), why })
    }

    /// The first thing in a folder, by name, that is no part of this kind.
    fn stranger(&self, folder: &Path) -> io::Result<Option<PathBuf>> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<DirEntry>>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            // A link is neither a file nor a folder: what it leads to is not ours.
            let (name, is) = (PathBuf::from(entry.file_name()), entry.file_type()?);
            if self.nests && is.is_dir() && self.is_known(&entry.path()) {
                if let Some(inside) = self.stranger(&entry.path())? {
                    return Ok(Some(name.join(inside)));
                }
            } else if !(is.is_file() && self.has(&name)) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// Whether files of this name are part of it.
    fn has(&self, name: &Path) -> bool {
        self.files.iter().chain(self.unfinished).any(|file| name == Path::new(file))
    }

    fn is_known(&self, folder: &Path) -> bool {
        let marker = folder.join(self.marker);
        fs::symlink_metadata(&marker).is_ok_and(|is| is.is_file()) && (self.is_ours)(&marker)
    }

    fn is_started(&self, folder: &Path) -> bool {
        let unfinished =
            |entry: DirEntry| self.unfinished.iter().any(|file| entry.file_name() == *file);
        fs::read_dir(folder).is_ok_and(|entries| entries.flatten().all(unfinished))
    }
}

/// A folder that is being made. Dropped before it is finished, it is gone.
pub(crate) struct AtomicDir {
    kind: &'static DirKind,
    /// Where it belongs.
    place: PathBuf,
    /// Where it is made.
    beside: PathBuf,
    /// Folders that had to be made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Locked until it is closed, if the system locks folders.
    _lock: Option<File>,
}

impl AtomicDir {
    /// Begins a folder. Its place must be free, or hold what may be replaced: see
    /// [`DirKind::check`]. And it must be possible to write there.
    pub(crate) fn begin(folder: &Path, kind: &'static DirKind) -> Result<AtomicDir, Error> {
        let place = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let name = place.file_name().ok_or_else(|| Error::InTheWay {
            path: folder.to_owned(),
            why: "it has no name that could be given to a folder".to_owned(),
        })?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let hidden = format!(".{}.", name.to_string_lossy());
        tidy(&parent, &hidden, &place);
        kind.check(folder)?;
        let beside = parent.join(format!("{hidden}{}.part", std::process::id()));
        let mut dir = AtomicDir { kind, beside, made: missing(&parent), place, _lock: None };
        let cannot = |why| Error::io("make the folder", folder, why);
        fs::create_dir_all(&parent).map_err(cannot)?;
        fs::create_dir(&dir.beside).map_err(cannot)?;
        dir._lock = File::open(&dir.beside).ok().filter(|made| made.try_lock().is_ok());
        // A folder can often be made where no byte can be written.
        let probe = dir.beside.join("probe");
        fs::write(&probe, [0; 4096])
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|why| Error::io("write into the folder", folder, why))?;
        Ok(dir)
    }

    /// Writes a file; `name` is its path inside.
    pub(crate) fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), Error> {
        interrupt::check()?;
        // Or the folder would be in its own way the next time.
        debug_assert!(name.file_name().is_some_and(|name| self.kind.has(Path::new(name))));
        let place = self.place.join(name);
        let path = self.beside.join(name);
        let folder = path.parent().unwrap_or(&self.beside);
        fs::create_dir_all(folder).map_err(|why| Error::io("make the folder", &place, why))?;
        fs::write(path, bytes).map_err(|why| Error::io("write", &place, why))
    }

    /// Moves the folder to its place. What was there is gone afterwards, as a whole.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        interrupt::check()?;
        let cannot = |why| Error::io("write the folder", &self.place, why);
        let earlier = self.beside.with_extension("old");
        let replaces = self.place.exists();
        if replaces {
            fs::rename(&self.place, &earlier).map_err(cannot)?;
        }
        if let Err(why) = fs::rename(&self.beside, &self.place) {
            if replaces {
                // Better the earlier one than none.
                let _ = fs::rename(&earlier, &self.place);
            }
            return Err(cannot(why));
        }
        self.made.clear();
        if replaces {
            match fs::remove_dir_all(&earlier) {
                Err(why) if why.kind() != ErrorKind::NotFound => {
                    return Err(Error::io("remove the earlier folder", &earlier, why));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        // What cannot be removed stays: there is nothing more to be done about it.
        let _ = fs::remove_dir_all(&self.beside);
        for folder in &self.made {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// The folders that would have to be made for this one to be there, the innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| **folder != *Path::new("") && !folder.exists();
    folder.ancestors().take_while(is_missing).map(Path::to_owned).collect()
}

/// Puts right what killed processes left beside a place: what was half made is removed, and what
/// was to be replaced goes back if nothing has replaced it. What cannot be put right stays.
fn tidy(parent: &Path, hidden: &str, place: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let rest = name.strip_prefix(hidden).and_then(|rest| rest.split_once('.'));
        let Some((pid, kind)) = rest.filter(|(pid, _)| pid.parse::<u32>().is_ok()) else {
            continue;
        };
        let part = parent.join(format!("{hidden}{pid}.part"));
        if !matches!(kind, "part" | "old") || !is_nobodys(&part) {
            continue;
        }
        let _ = match kind {
            "old" if !place.exists() => fs::rename(&path, place),
            _ => fs::remove_dir_all(&path),
        };
    }
}

/// Whether nobody is at work on a folder, as far as the system can tell: if it cannot, somebody is.
pub(crate) fn is_nobodys(part: &Path) -> bool {
    match File::open(part) {
        Ok(part) => part.try_lock().is_ok(),
        Err(why) => why.kind() == ErrorKind::NotFound,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const KIND: DirKind = DirKind {
        name: "test",
        marker: "file",
        is_ours: |file| fs::read_to_string(file).is_ok_and(|text| text != "mine"),
        files: &["file"],
        unfinished: &[],
        nests: false,
    };

    #[test]
    fn what_a_killed_process_hid_comes_back_and_what_others_are_at_work_on_stays() {
        let room =
            std::env::temp_dir().join(format!("leasehold-atomic-dir-{}", std::process::id()));
        let place = room.join("report");
        for folder in [".report.7.old", ".report.7.part", ".report.8.part", ".report.x.part"] {
            fs::create_dir_all(room.join(folder)).expect("there is room for a test");
            fs::write(room.join(folder).join("file"), folder).expect("a test can write");
        }
        let others = File::open(room.join(".report.8.part")).expect("it is there");
        others.lock().expect("it is free");
        let names = || {
            let entries = fs::read_dir(&room).expect("it is there").flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        // Killed between two moves: the place is empty, and what was there is hidden.
        drop(AtomicDir::begin(&place, &KIND).expect("it can be made"));
        assert_eq!(names(), [".report.8.part", ".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is back"), ".report.7.old");
        // Killed after both: the new one stays.
        fs::create_dir(room.join(".report.7.old")).expect("there is room for a test");
        fs::write(place.join("file"), "mine").expect("a test can write");
        let refused = AtomicDir::begin(&place, &KIND);
        assert!(
            refused.is_err_and(|why| why.to_string().contains("it has no file that this tool"))
        );
        assert_eq!(names(), [".report.8.part", ".report.x.part", "report"]);
        drop(others);
        fs::write(place.join("file"), "ours").expect("a test can write");
        let dir = AtomicDir::begin(&place, &KIND).expect("it may be replaced");
        dir.put(Path::new("file"), b"new").expect("there is room");
        dir.finish().expect("it can be moved");
        assert_eq!(names(), [".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is there"), "new");
        fs::remove_dir_all(&room).expect("it is there");
    }
}
