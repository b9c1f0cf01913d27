//! What this tool has left in a folder: a file that says so, and what each of the others was.
//!
//! A name is no proof of who wrote a file, and a file that somebody has worked on is theirs. So a
//! folder has an inventory, `.leasehold`: of which kind it is, what it is about, and each file with
//! its length and a hash. What is not in there, or is not as it is in there, is not ours, and who
//! has it in a folder keeps the folder.
//!
//! Laws: links are not followed; nothing is read further than it is known to be long.

use fnv::FnvHasher;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry, File};
use std::hash::Hasher;
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

/// The inventory's name.
pub(crate) const INVENTORY: &str = ".leasehold";

/// The longest inventory that is read, in bytes: a report has ten files, and as many for each
/// setting that it compares.
const INVENTORY_MAX: u64 = 4_000_000;

/// A kind of folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DirKind {
    /// Runs, with their datasets and charts.
    Report,
    /// A small case that fails.
    Bug,
    /// What led to a violation.
    Story,
    /// Pages of the shipped scenarios.
    Gallery,
    /// Two results side by side.
    TwoResults,
}

impl DirKind {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            DirKind::Report => "report",
            DirKind::Bug => "bug",
            DirKind::Story => "story",
            DirKind::Gallery => "gallery",
            DirKind::TwoResults => "page of two results",
        }
    }
}

/// Inventory of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inventory {
    kind: DirKind,
    /// What the folder is about: the file of a scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<String>,
    /// Each file by its path inside, with slashes: its length and hash. Empty while the folder is
    /// under way.
    pub(crate) files: BTreeMap<String, String>,
}

impl Inventory {
    /// Of a folder in which there is nothing yet.
    pub(crate) fn new(kind: DirKind, of: Option<&str>) -> Inventory {
        Inventory { kind, of: of.map(str::to_owned), files: BTreeMap::new() }
    }

    pub(crate) fn is(&self, kind: DirKind) -> bool {
        self.kind == kind
    }

    /// How a file is called in it.
    pub(crate) fn named(path: &Path) -> String {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// What it says of a file with these bytes.
    pub(crate) fn mark(bytes: &[u8]) -> String {
        let mut hash = FnvHasher::default();
        hash.write(bytes);
        format!("{} {:016x}", bytes.len(), hash.finish())
    }

    /// Writes it into its folder.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).expect("it is plain rows");
        // Half of one would leave a folder that nobody knows: whoever is killed leaves the earlier.
        let part = folder.join(format!("{INVENTORY}.part"));
        fs::write(&part, text + "\n")?;
        fs::rename(part, folder.join(INVENTORY))
    }

    /// Reads that of a folder; nothing, if it has none.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Inventory>> {
        let path = folder.join(INVENTORY);
        match fs::symlink_metadata(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(why),
            Ok(is) if !is.is_file() || is.len() > INVENTORY_MAX => return Ok(None),
            Ok(_) => {}
        }
        let mut text = String::new();
        File::open(path)?.take(INVENTORY_MAX).read_to_string(&mut text)?;
        Ok(serde_json::from_str(&text).ok())
    }

    /// Looks whether a folder may be replaced by one of a kind: it is empty, or all in it is what
    /// was left there. The error says what is in the way, and what would not be.
    pub(crate) fn check(folder: &Path, kind: DirKind) -> Result<Option<Inventory>, String> {
        let name = kind.name();
        let why = match Inventory::looked_at(folder, kind) {
            Ok(Ok(there)) => return Ok(there),
            Ok(Err(why)) => why,
            Err(_) if !folder.is_dir() => "it is no folder".to_owned(),
            Err(why) => format!("it cannot be read ({why})"),
        };
        let allowed = format!("an empty folder, or an earlier {name} as it was left");
        Err(format!("{why}; only {allowed}, is replaced"))
    }

    fn looked_at(folder: &Path, kind: DirKind) -> io::Result<Result<Option<Inventory>, String>> {
        let name = kind.name();
        let Some(there) = Inventory::read(folder)? else {
            let first = entries(folder)?.into_iter().next();
            return Ok(first.map_or(Ok(None), |first| {
                let first = first.file_name().to_string_lossy().into_owned();
                Err(format!("{first} is in it, and nothing says that this tool has left it there"))
            }));
        };
        if !there.is(kind) {
            let theirs = there.kind.name();
            return Ok(Err(format!("it is a {theirs}, and no {name}")));
        }
        Ok(match there.stranger(folder, Path::new(""))? {
            Some((path, true)) => Err(format!("{} in it was changed", path.display())),
            Some((path, false)) => {
                Err(format!("{} in it is no part of that {name}", path.display()))
            }
            None => Ok(Some(there)),
        })
    }

    /// The first thing in a folder, by name, that is not as it was left; and whether it was left
    /// there at all.
    fn stranger(&self, folder: &Path, inside: &Path) -> io::Result<Option<(PathBuf, bool)>> {
        for entry in entries(&folder.join(inside))? {
            // A link is neither a file nor a folder: what it leads to is not ours.
            let (path, is) = (inside.join(entry.file_name()), entry.file_type()?);
            let named = Inventory::named(&path);
            let below = format!("{named}/");
            let holds = |file: &String| file.starts_with(&below);
            let known = self.files.get(&named);
            match known {
                _ if is.is_file() && named == INVENTORY => {}
                Some(mark) if is.is_file() => {
                    if !is_as_it_was(&entry.path(), mark)? {
                        return Ok(Some((path, true)));
                    }
                }
                None if is.is_dir() && self.files.keys().any(holds) => {
                    if let Some(found) = self.stranger(folder, &path)? {
                        return Ok(Some(found));
                    }
                }
                _ => return Ok(Some((path, false))),
            }
        }
        Ok(None)
    }

    /// Removes what is in a folder's inventory, and the folder, if there is nothing else in it.
    pub(crate) fn remove(folder: &Path) -> io::Result<()> {
        let there = Inventory::read(folder)?;
        let files = there.iter().flat_map(|there| there.files.keys());
        let mut folders = vec![folder.to_owned()];
        for file in files.map(Path::new).chain([Path::new(INVENTORY)]) {
            let path = folder.join(file);
            match fs::remove_file(&path) {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
                _ => {}
            }
            let inside = file.ancestors().skip(1).filter(|part| *part != Path::new(""));
            folders.extend(inside.map(|part| folder.join(part)));
        }
        // The innermost first.
        folders.sort_by_key(|folder| std::cmp::Reverse(folder.components().count()));
        folders.dedup();
        for folder in folders {
            match fs::remove_dir(&folder) {
                Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is in a folder, by name.
fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<DirEntry>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// Whether a file has the length and the hash that it was left with.
fn is_as_it_was(path: &Path, mark: &str) -> io::Result<bool> {
    let Some((long, hash)) = mark.split_once(' ') else { return Ok(false) };
    let mut file = File::open(path)?;
    let there = file.metadata()?.len();
    if long.parse() != Ok(there) {
        return Ok(false);
    }
    let (mut hasher, mut block) = (FnvHasher::default(), vec![0; 1 << 16]);
    let mut left = there;
    while left > 0 {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(false);
        }
        hasher.write(&block[..read]);
        left = left.saturating_sub(read as u64);
    }
    Ok(format!("{:016x}", hasher.finish()) == hash)
}
