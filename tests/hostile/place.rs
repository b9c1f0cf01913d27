//! A folder to try things in, and all that is in one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is gone when the trial is over.
pub(super) struct Place(PathBuf);

/// What something in a folder is. Links are themselves, wherever they lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    File(Vec<u8>),
    Link(PathBuf),
    Folder,
}

/// All that is in a folder, by its path inside.
pub(super) type Tree = BTreeMap<PathBuf, Thing>;

impl Place {
    pub(super) fn new() -> Place {
        static NTH: AtomicU32 = AtomicU32::new(0);
        let nth = NTH.fetch_add(1, Ordering::Relaxed);
        let name = format!("leasehold-hostile-{}-{nth}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("there is room for a trial");
        Place(path)
    }

    pub(super) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.0.join(inside)
    }

    pub(super) fn write(&self, inside: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap_or(&self.0)).expect("there is room for a trial");
        fs::write(path, bytes).expect("there is room for a trial");
    }

    /// Lays a tree into a folder of it.
    pub(super) fn lay(&self, folder: &str, tree: &Tree) {
        let root = self.path(folder);
        fs::create_dir_all(&root).expect("there is room for a trial");
        for (path, thing) in tree {
            match thing {
                Thing::File(bytes) => self.write(root.join(path), bytes),
                Thing::Folder => {
                    fs::create_dir_all(root.join(path)).expect("there is room for a trial");
                }
                Thing::Link(to) => {
                    std::os::unix::fs::symlink(to, root.join(path)).expect("a link can be made");
                }
            }
        }
    }

    /// All that is in a folder of it. What goes while it is looked at is not there.
    pub(super) fn tree(&self, folder: &str) -> Tree {
        let (root, mut tree) = (self.path(folder), Tree::new());
        gather(&root, Path::new(""), &mut tree);
        tree
    }
}

fn gather(root: &Path, inside: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(root.join(inside)).into_iter().flatten().flatten() {
        let (path, at) = (inside.join(entry.file_name()), entry.path());
        let Ok(is) = entry.file_type() else { continue };
        let thing = match () {
            () if is.is_symlink() => fs::read_link(&at).ok().map(Thing::Link),
            () if is.is_dir() => Some(Thing::Folder),
            () => fs::read(&at).ok().map(Thing::File),
        };
        if let Some(thing) = thing {
            tree.insert(path.clone(), thing);
        }
        if is.is_dir() {
            gather(root, &path, tree);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
