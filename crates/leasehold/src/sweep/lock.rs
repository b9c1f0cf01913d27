//! Who is at work in a sweep's folder: one process at a time.
//!
//! A file is there as long as somebody is, and is locked. The lock is the system's, and goes with
//! the process however it ends, so the file that a killed one leaves behind is in nobody's way.
//!
//! ```text
//!   take: make or open the file --> lock it --[ still the file of this name ]--> at work
//!               ^                     |  '--[ removed meanwhile ]--.               |
//!               |               [ another's ]                      |        remove, unlock
//!               |                     v                            |
//!               |                  refused                         |
//!               '--------------------------------------------------'
//! ```

use crate::error::Error;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

/// The file's name.
pub(super) const LOCK: &str = "sweep.lock";

/// A folder that is ours until this is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    place: PathBuf,
    /// Locked until it is closed.
    _file: File,
}

impl Lock {
    /// Takes a folder that is there, or says that another process is at work in it.
    pub(super) fn take(folder: &Path) -> Result<Lock, Error> {
        let place = folder.join(LOCK);
        let cannot = |why| Error::io("write", &place, why);
        loop {
            let open = OpenOptions::new().write(true).create(true).truncate(false).open(&place);
            let file = open.map_err(cannot)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let why = "another process is at work on the sweep in it".to_owned();
                    return Err(Error::InTheWay { path: folder.to_owned(), why });
                }
                // Some network file systems know no locks; there everybody has to take care.
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            if is_named(&file, &place) {
                return Ok(Lock { place, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is locked: whoever has opened it by now finds that it has no name.
        let _ = fs::remove_file(&self.place);
    }
}

/// Whether a file is the one that has this name.
#[cfg(unix)]
fn is_named(file: &File, place: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let ours = file.metadata().map(|is| (is.dev(), is.ino()));
    let named = fs::metadata(place).map(|is| (is.dev(), is.ino()));
    matches!((ours, named), (Ok(ours), Ok(named)) if ours == named)
}

/// An open file keeps its name here.
#[cfg(not(unix))]
fn is_named(_file: &File, _place: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_folder_is_one_owners_at_a_time_and_free_again_afterwards() {
        let folder = std::env::temp_dir().join(format!("leasehold-lock-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is room for a test");
        let ours = Lock::take(&folder).expect("it is free");
        let refused = Lock::take(&folder).expect_err("it is ours");
        assert!(refused.to_string().contains("another process is at work"), "{refused}");
        drop(ours);
        assert_eq!(fs::read_dir(&folder).expect("it is there").count(), 0);
        // What a killed process leaves is not locked.
        fs::write(folder.join(LOCK), "").expect("a test can write");
        drop(Lock::take(&folder).expect("it is free"));
        let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        if let Ok(_ours) = Lock::take(&folder) {
                            most.fetch_max(
                                inside.fetch_add(1, Ordering::SeqCst) + 1,
                                Ordering::SeqCst,
                            );
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 1, "never two at once");
        fs::remove_dir_all(&folder).expect("it is there");
    }
}
