//! A folder on disk, as a whole or not at all.
//!
//! Everything is written into a folder beside the place where it belongs, and that folder is moved
//! there when it is complete. Whatever goes wrong before, a full disk or Ctrl-C, leaves what was
//! there as it was and nothing else.

use crate::error::Error;
use crate::interrupt;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is being made. Dropped before it is finished, it is gone.
pub(crate) struct Whole {
    /// Where it belongs.
    place: PathBuf,
    /// Where it is made.
    beside: PathBuf,
    /// Folders that had to be made for it, the innermost first.
    made: Vec<PathBuf>,
}

impl Whole {
    /// Begins a folder. Its place must be free, or hold what may be replaced: of anything else,
    /// `replaceable` says why not. And it must be possible to write there.
    pub(crate) fn begin(
        folder: &Path,
        replaceable: impl Fn(&Path) -> Result<(), String>,
    ) -> Result<Whole, Error> {
        let place = match fs::canonicalize(folder) {
            Ok(place) => {
                replaceable(&place)
                    .map_err(|why| Error::InTheWay { path: folder.to_owned(), why })?;
                place
            }
            Err(_) => folder.to_owned(),
        };
        let name = place.file_name().ok_or_else(|| {
            let why = "it has no name that could be given to a folder".to_owned();
            Error::InTheWay { path: folder.to_owned(), why }
        })?;
        let parent = match place.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = format!(".{}.{}.part", name.to_string_lossy(), std::process::id());
        let made = missing(&parent);
        let whole = Whole { beside: parent.join(name), made, place };
        let cannot = |why| Error::io("make the folder", folder, why);
        fs::create_dir_all(&parent).map_err(cannot)?;
        fs::create_dir(&whole.beside).map_err(cannot)?;
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
            fs::remove_dir_all(&earlier)
                .map_err(|why| Error::io("remove the earlier folder", &earlier, why))?;
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
