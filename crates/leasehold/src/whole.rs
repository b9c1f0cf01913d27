//! A folder on disk, as a whole or not at all.
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

use crate::error::Error;
use crate::interrupt;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder that is being made. Dropped before it is finished, it is gone.
pub(crate) struct Whole {
    /// Where it belongs.
    place: PathBuf,
    /// Where it is made.
    beside: PathBuf,
    /// Folders that had to be made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Locked until it is closed, if the system locks folders.
    _lock: Option<File>,
}

impl Whole {
    /// Begins a folder. Its place must be free, or hold what may be replaced: of anything else,
    /// `replaceable` says why not. And it must be possible to write there.
    pub(crate) fn begin(
        folder: &Path,
        replaceable: impl Fn(&Path) -> Result<(), String>,
    ) -> Result<Whole, Error> {
        let place = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let in_the_way = |why| Error::InTheWay { path: folder.to_owned(), why };
        let name = place.file_name().ok_or_else(|| {
            in_the_way("it has no name that could be given to a folder".to_owned())
        })?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let hidden = format!(".{}.", name.to_string_lossy());
        tidy(&parent, &hidden, &place);
        if place.exists() {
            replaceable(&place).map_err(in_the_way)?;
        }
        let beside = parent.join(format!("{hidden}{}.part", std::process::id()));
        let mut whole = Whole { beside, made: missing(&parent), place, _lock: None };
        let cannot = |why| Error::io("make the folder", folder, why);
        fs::create_dir_all(&parent).map_err(cannot)?;
        fs::create_dir(&whole.beside).map_err(cannot)?;
        whole._lock = File::open(&whole.beside).ok().filter(|made| made.try_lock().is_ok());
        // A folder can often be made where no byte can be written.
        let probe = whole.beside.join("probe");
        fs::write(&probe, [0; 4096])
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|why| Error::io("write into the folder", folder, why))?;
        Ok(whole)
    }

    /// Writes a file; `name` is its path inside.
    pub(crate) fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), Error> {
        interrupt::check()?;
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

impl Drop for Whole {
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
fn is_nobodys(part: &Path) -> bool {
    match File::open(part) {
        Ok(part) => part.try_lock().is_ok(),
        Err(why) => why.kind() == ErrorKind::NotFound,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_hid_comes_back_and_what_others_are_at_work_on_stays() {
        let room = std::env::temp_dir().join(format!("leasehold-whole-{}", std::process::id()));
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
        drop(Whole::begin(&place, |_| Ok(())).expect("it can be made"));
        assert_eq!(names(), [".report.8.part", ".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is back"), ".report.7.old");
        // Killed after both: the new one stays.
        fs::create_dir(room.join(".report.7.old")).expect("there is room for a test");
        let refused = Whole::begin(&place, |_| Err("it is mine".to_owned()));
        assert!(refused.is_err_and(|why| why.to_string().contains("it is mine")));
        assert_eq!(names(), [".report.8.part", ".report.x.part", "report"]);
        drop(others);
        let whole = Whole::begin(&place, |_| Ok(())).expect("it may be replaced");
        whole.put(Path::new("file"), b"new").expect("there is room");
        whole.finish().expect("it can be moved");
        assert_eq!(names(), [".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is there"), "new");
        fs::remove_dir_all(&room).expect("it is there");
    }
}
