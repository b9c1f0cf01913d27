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
//! A folder is replaced only if all that is in it is what this tool has left there: see
//! [`Inventory`]. That is asked before the work, and again in the moment of the exchange, of the
//! folder that nobody can reach any more by its name.
//!
//! Laws: no file is removed or written over that is not in an inventory, as it was written; nothing
//! beside a place is touched that carries no inventory, or before the place itself is accepted. Of
//! who is killed before there is an inventory an empty folder stays, in nobody's way.

use crate::error::Error;
use crate::interrupt;
use crate::inventory::{DirKind, Inventory};
use crate::source;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What a folder is for, and what its run has to do with what is on disk.
#[derive(Clone, Debug)]
pub(crate) struct Purpose {
    /// What kind of folder it is.
    kind: DirKind,
    /// What it is about: the scenario's file, or nothing if that is no matter.
    of: Option<String>,
    /// Somebody has named it: what the folder there is about does not matter.
    named: bool,
    /// Files that the run reads.
    inputs: Vec<PathBuf>,
}

impl Purpose {
    /// What comes of a scenario's file, and perhaps a tape.
    pub(crate) fn of(kind: DirKind, scenario: &Path, tape: Option<&Path>, named: bool) -> Purpose {
        let inputs = [scenario].into_iter().chain(tape).map(Path::to_owned).collect();
        Purpose { kind, of: Some(source::spelled(scenario)), named, inputs }
    }

    /// The same as is in a folder, once more.
    pub(crate) fn again(kind: DirKind, folder: &Path) -> Purpose {
        let there = Inventory::read(folder).ok().flatten();
        Purpose { kind, of: there.and_then(|there| there.of), named: true, inputs: Vec::new() }
    }

    /// Refuses a place that is neither free, nor an empty folder, nor one of this kind as this tool
    /// has left it. The error says what is in the way, and what would not be.
    fn check(&self, folder: &Path, place: &Path) -> Result<(), Error> {
        let in_the_way = |why: String| Error::InTheWay { path: folder.to_owned(), why };
        if fs::symlink_metadata(folder).is_err() {
            return Ok(());
        }
        let elsewhere = "`--out` leads elsewhere";
        if let Some(input) = self.inputs.iter().find(|input| is_within(input, place)) {
            let input = input.display();
            return Err(in_the_way(format!("{input} in it is what this reads; {elsewhere}")));
        }
        if is_mounted(place) {
            let why = "it is a mount point, which nothing can take the place of";
            return Err(in_the_way(format!("{why}; a folder in it can be made")));
        }
        if std::env::current_dir().is_ok_and(|here| here.starts_with(place)) {
            return Err(in_the_way(format!("it is the current folder, or has it; {elsewhere}")));
        }
        let there = Inventory::check(place, self.kind).map_err(in_the_way)?;
        match (there.and_then(|there| there.of), &self.of) {
            (Some(there), Some(of)) if there != *of && !self.named => {
                let name = self.kind.name();
                Err(in_the_way(format!("it is the {name} of {there}; {elsewhere}")))
            }
            _ => Ok(()),
        }
    }
}

/// A folder that is being made. Dropped before it is finished, it is gone.
pub(crate) struct AtomicDir {
    purpose: Purpose,
    /// What it was called.
    folder: PathBuf,
    /// Where it belongs.
    place: PathBuf,
    /// Where it is made.
    beside: PathBuf,
    /// What was put into it, by its path inside.
    files: Mutex<BTreeMap<String, String>>,
    /// Folders that had to be made for it, the innermost first.
    made: Vec<PathBuf>,
    /// Locked until it is closed, if the system locks folders.
    _lock: Option<File>,
}

impl AtomicDir {
    /// Begins a folder. Its place must be free, or hold what may be replaced: see
    /// [`Inventory`]. And it must be possible to write there.
    pub(crate) fn begin(folder: &Path, purpose: Purpose) -> Result<AtomicDir, Error> {
        let in_the_way =
            |why: &str| Error::InTheWay { path: folder.to_owned(), why: why.to_owned() };
        let place = match (fs::canonicalize(folder), fs::symlink_metadata(folder)) {
            (Ok(place), _) => place,
            (Err(_), Ok(_)) => return Err(in_the_way("it is a link that leads nowhere")),
            (Err(_), Err(_)) => folder.to_owned(),
        };
        let no_name = || in_the_way("it has no name that could be given to a folder");
        let name = place.file_name().ok_or_else(no_name)?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        purpose.check(folder, &place)?;
        let hidden = format!(".{}.", name.to_string_lossy());
        tidy(&parent, &hidden, &place, purpose.kind);
        // What came back is as good as what was there.
        purpose.check(folder, &place)?;
        let (made, folder) = (missing(&parent), folder.to_owned());
        let hide = || fs::create_dir_all(&parent).and_then(|()| hidden_folder(&parent, &hidden));
        let beside = hide().map_err(|why| {
            unmake(&made);
            Error::io("make the folder", &folder, why)
        })?;
        let files = Mutex::default();
        let mut dir = AtomicDir { purpose, folder, beside, files, made, place, _lock: None };
        dir._lock = File::open(&dir.beside).ok().filter(|made| made.try_lock().is_ok());
        // A folder can often be made where no byte can be written.
        let probe = dir.beside.join("probe");
        Inventory::new(dir.purpose.kind, dir.purpose.of.as_deref())
            .write(&dir.beside)
            .and_then(|()| fs::write(&probe, [0; 4096]))
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|why| Error::io("write into the folder", &dir.folder, why))?;
        Ok(dir)
    }

    /// Writes a file; `name` is its path inside.
    pub(crate) fn put(&self, name: &Path, bytes: &[u8]) -> Result<(), Error> {
        interrupt::check()?;
        let place = self.place.join(name);
        let path = self.beside.join(name);
        let folder = path.parent().unwrap_or(&self.beside);
        fs::create_dir_all(folder).map_err(|why| Error::io("make the folder", &place, why))?;
        fs::write(path, bytes).map_err(|why| Error::io("write", &place, why))?;
        let mut files = self.files.lock().expect("nobody panics while a file is noted");
        files.insert(Inventory::named(name), Inventory::mark(bytes));
        Ok(())
    }

    /// Moves the folder to its place. What was there is gone afterwards, as a whole; if it is not
    /// what it was, it stays.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        interrupt::check()?;
        let (kind, of) = (self.purpose.kind, self.purpose.of.as_deref());
        let cannot = |why| Error::io("write the folder", &self.folder, why);
        let mut inventory = Inventory::new(kind, of);
        inventory.files = std::mem::take(&mut *self.files.lock().expect("nobody panics meanwhile"));
        inventory.write(&self.beside).map_err(cannot)?;
        let earlier = self.beside.with_extension("old");
        let replaces = fs::symlink_metadata(&self.place).is_ok();
        if replaces {
            self.purpose.check(&self.folder, &self.place)?;
            if let Ok(is) = fs::metadata(&self.place) {
                fs::set_permissions(&self.beside, is.permissions()).map_err(cannot)?;
            }
            fs::rename(&self.place, &earlier).map_err(cannot)?;
            // By its name nobody can reach it any more: what was put there meanwhile is seen now.
            if let Err(why) = Inventory::check(&earlier, kind) {
                fs::rename(&earlier, &self.place).map_err(cannot)?;
                return Err(Error::InTheWay { path: self.folder.clone(), why });
            }
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
            Inventory::remove(&earlier)
                .map_err(|why| Error::io("remove the earlier folder", &earlier, why))?;
        }
        Ok(())
    }
}

impl Drop for AtomicDir {
    fn drop(&mut self) {
        // What cannot be removed stays: there is nothing more to be done about it.
        let _ = fs::remove_dir_all(&self.beside);
        unmake(&self.made);
    }
}

/// Removes folders that had to be made, as far as nothing is in them.
fn unmake(made: &[PathBuf]) {
    for folder in made {
        let _ = fs::remove_dir(folder);
    }
}

/// Makes a hidden folder by the process's number, or by a later one: a number comes again, in a
/// container each time, and what lies there by it is somebody else's.
fn hidden_folder(parent: &Path, hidden: &str) -> io::Result<PathBuf> {
    for number in std::process::id()..=u32::MAX {
        let [part, old] = ["part", "old"].map(|end| parent.join(format!("{hidden}{number}.{end}")));
        if fs::symlink_metadata(old).is_ok() {
            continue;
        }
        match fs::create_dir(&part) {
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| part),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The folders that would have to be made for this one to be there, the innermost first.
fn missing(folder: &Path) -> Vec<PathBuf> {
    let is_missing = |folder: &&Path| **folder != *Path::new("") && !folder.exists();
    folder.ancestors().take_while(is_missing).map(Path::to_owned).collect()
}

/// Whether a file is in a folder, wherever links lead.
fn is_within(file: &Path, folder: &Path) -> bool {
    fs::canonicalize(file).is_ok_and(|file| file.starts_with(folder))
}

/// Whether something else is mounted there than around it.
#[cfg(unix)]
fn is_mounted(place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| fs::metadata(path).map(|is| is.dev());
    let around = place.parent().map(device);
    matches!((device(place), around), (Ok(here), Some(Ok(around))) if here != around)
}

/// Nothing is known of mount points here.
#[cfg(not(unix))]
fn is_mounted(_place: &Path) -> bool {
    false
}

/// Puts right what killed processes left beside a place: what was half made is removed, and what
/// was to be replaced goes back if nothing has replaced it. What carries no inventory of this kind
/// is nobody's business, and what cannot be put right stays.
fn tidy(parent: &Path, hidden: &str, place: &Path, kind: DirKind) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let rest = name.strip_prefix(hidden).and_then(|rest| rest.split_once('.'));
        let Some((pid, state)) = rest.filter(|(pid, _)| pid.parse::<u32>().is_ok()) else {
            continue;
        };
        let part = parent.join(format!("{hidden}{pid}.part"));
        let ours = entry.file_type().is_ok_and(|is| is.is_dir())
            && Inventory::read(&path).is_ok_and(|there| there.is_some_and(|it| it.is(kind)));
        if !ours || !is_nobodys(&part) {
            continue;
        }
        let _ = match state {
            "part" => fs::remove_dir_all(&path),
            "old" if fs::symlink_metadata(place).is_err() => fs::rename(&path, place),
            "old" if Inventory::check(&path, kind).is_ok() => Inventory::remove(&path),
            _ => Ok(()),
        };
    }
}

/// Whether nobody is at work on a folder, as far as the system can tell: if it cannot, somebody is.
pub(crate) fn is_nobodys(part: &Path) -> bool {
    match File::open(part) {
        Ok(part) => part.try_lock().is_ok(),
        Err(why) => why.kind() == io::ErrorKind::NotFound,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::inventory::INVENTORY;

    fn purpose() -> Purpose {
        Purpose::of(DirKind::Report, Path::new("x.toml"), None, false)
    }

    struct Room(PathBuf);

    impl Room {
        fn new(name: &str) -> Room {
            let name = format!("leasehold-atomic-dir-{name}-{}", std::process::id());
            let room = Room(std::env::temp_dir().join(name));
            fs::create_dir_all(&room.0).expect("there is room for a test");
            room
        }

        /// A folder that was left with one file.
        fn left(&self, name: &str, kind: DirKind, text: &str) -> PathBuf {
            let folder = self.0.join(name);
            fs::create_dir_all(&folder).expect("there is room for a test");
            fs::write(folder.join("file"), text).expect("a test can write");
            let mut inventory = Inventory::new(kind, Some("x.toml"));
            inventory.files.insert("file".to_owned(), Inventory::mark(text.as_bytes()));
            inventory.write(&folder).expect("a test can write");
            folder
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("it is there").flatten();
            let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
            let mut names: Vec<String> = entries.map(name).collect();
            names.sort();
            names
        }
    }

    impl Drop for Room {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn refusal(place: &Path, purpose: Purpose) -> String {
        AtomicDir::begin(place, purpose).err().map(|why| why.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_a_killed_process_hid_comes_back_and_what_others_are_at_work_on_stays() {
        let room = Room::new("tidy");
        let place = room.0.join("report");
        for name in [".report.7.old", ".report.7.part", ".report.8.part", ".report.x.part"] {
            room.left(name, DirKind::Report, name);
        }
        let others = File::open(room.0.join(".report.8.part")).expect("it is there");
        others.lock().expect("it is free");
        // Killed between two moves: the place is empty, and what was there is hidden.
        drop(AtomicDir::begin(&place, purpose()).expect("it can be made"));
        assert_eq!(room.names(), [".report.8.part", ".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is back"), ".report.7.old");
        // Killed after both: the new one stays.
        room.left(".report.7.old", DirKind::Report, "old");
        drop(others);
        let dir = AtomicDir::begin(&place, purpose()).expect("it may be replaced");
        dir.put(Path::new("file"), b"new").expect("there is room");
        dir.finish().expect("it can be moved");
        assert_eq!(room.names(), [".report.x.part", "report"]);
        assert_eq!(fs::read_to_string(place.join("file")).expect("it is there"), "new");
    }

    #[test]
    fn what_only_looks_like_ours_beside_a_place_stays_and_nothing_is_tidied_for_who_is_refused() {
        let room = Room::new("beside");
        let place = room.0.join("data");
        for name in [".data.7.part", ".data.2024.old"] {
            fs::create_dir_all(room.0.join(name)).expect("there is room for a test");
            fs::write(room.0.join(name).join("thesis"), "mine").expect("a test can write");
        }
        fs::write(room.0.join(".data.1.old"), "mine").expect("a test can write");
        room.left(".data.9.old", DirKind::Story, "another kind");
        let before = room.names();
        drop(AtomicDir::begin(&place, purpose()).expect("it can be made"));
        assert_eq!(room.names(), before);
        room.left("data", DirKind::Report, "ours");
        room.left(".data.8.part", DirKind::Report, "ours");
        let before = room.names();
        fs::write(place.join("notes"), "mine").expect("a test can write");
        assert!(refusal(&place, purpose()).contains("notes in it is no part of that report"));
        assert_eq!(room.names(), before);
    }

    #[test]
    fn what_lies_beside_a_place_by_the_number_of_the_process_stays_and_is_in_nobodys_way() {
        let room = Room::new("number");
        let place = room.left("report", DirKind::Report, "ours");
        let pid = std::process::id();
        let theirs = [0, 1].map(|more| pid + more);
        let theirs = [format!(".report.{}.part", theirs[0]), format!(".report.{}.old", theirs[1])];
        for name in &theirs {
            fs::create_dir(room.0.join(name)).expect("there is room for a test");
            fs::write(room.0.join(name).join("thesis"), "mine").expect("a test can write");
        }
        for finished in [false, true] {
            let dir = AtomicDir::begin(&place, purpose()).expect("it can be made");
            dir.put(Path::new("file"), b"new").expect("there is room");
            match finished {
                true => dir.finish().expect("it can be moved"),
                false => drop(dir),
            }
            assert_eq!(room.names(), [&theirs[0], &theirs[1], "report"]);
            for name in &theirs {
                let thesis = fs::read_to_string(room.0.join(name).join("thesis"));
                assert_eq!(thesis.expect("it is there"), "mine");
            }
        }
    }

    #[test]
    fn what_is_put_into_a_place_while_a_folder_is_made_for_it_stays() {
        let room = Room::new("race");
        // Where there was nothing, and where there was an earlier one.
        for earlier in [false, true] {
            let place = room.0.join(format!("report{earlier}"));
            if earlier {
                room.left(&format!("report{earlier}"), DirKind::Report, "ours");
            }
            let dir = AtomicDir::begin(&place, purpose()).expect("it can be made");
            dir.put(Path::new("file"), b"new").expect("there is room");
            fs::create_dir_all(place.join("mine")).expect("there is room for a test");
            fs::write(place.join("mine/thesis"), "mine").expect("a test can write");
            let why = dir.finish().expect_err("somebody has put something there");
            assert!(why.to_string().contains("is left as it is: mine"), "{why}");
            assert_eq!(fs::read_to_string(place.join("mine/thesis")).expect("there"), "mine");
            assert_eq!(place.join("file").exists(), earlier);
        }
        assert_eq!(room.names(), ["reportfalse", "reporttrue"]);
    }

    #[test]
    fn what_was_changed_what_is_read_and_what_is_about_another_file_is_not_replaced() {
        let room = Room::new("owned");
        let place = room.left("report", DirKind::Report, "ours");
        let file = place.join("file");
        let inputs = vec![file.clone()];
        assert!(refusal(&place, Purpose { inputs, ..purpose() }).contains("is what this reads"));
        let other = Purpose { of: Some("y.toml".to_owned()), ..purpose() };
        assert!(refusal(&place, other.clone()).contains("it is the report of x.toml"));
        assert_eq!(refusal(&place, Purpose { named: true, ..other }), "");
        let bug = Purpose { kind: DirKind::Bug, ..purpose() };
        assert!(refusal(&place, bug).contains("it is a report, and no bug"));
        for text in ["mine", "ours and mine"] {
            fs::write(&file, text).expect("a test can write");
            assert!(refusal(&place, purpose()).contains("file in it was changed"));
        }
        fs::remove_file(&file).expect("it is there");
        std::os::unix::fs::symlink("../elsewhere", &file).expect("a link");
        assert!(refusal(&place, purpose()).contains("file in it is no part of that report"));
        fs::remove_file(&file).expect("it is there");
        assert_eq!(refusal(&place, purpose()), "", "what is missing is in nobody's way");
        fs::remove_file(place.join(INVENTORY)).expect("it is there");
        fs::write(&file, "ours").expect("a test can write");
        assert!(
            refusal(&place, purpose()).contains("nothing says that this tool has left it there")
        );
    }
}
