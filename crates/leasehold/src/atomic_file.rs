//! A file on disk, as a whole or not at all.
//!
//! It is written beside its place, as `NAME.part`, and moved there when it is complete; whatever
//! goes wrong before leaves what was there. Who is killed leaves the part, under its own name, and
//! the next file of that name takes its place: it is locked, by a lock that goes with the process,
//! so a part that somebody is at work on is told from one that is nobody's.

use crate::atomic_dir::is_nobodys;
use crate::error::Error;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that is being written. Dropped before it is finished, it is gone.
pub(crate) struct AtomicFile {
    /// What it was called.
    named: PathBuf,
    /// Where it belongs.
    place: PathBuf,
    /// Where it is written.
    beside: PathBuf,
    /// Nothing once it is in its place.
    out: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Begins a file. A link in its place stays, and what it leads to is replaced.
    pub(crate) fn begin(file: &Path) -> Result<AtomicFile, Error> {
        let place = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let mut beside = place.clone().into_os_string();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let in_the_way = |why: &str| Error::InTheWay { path: file.to_owned(), why: why.to_owned() };
        if place.is_dir() {
            return Err(in_the_way("it is a folder"));
        }
        if beside.exists() && !is_nobodys(&beside) {
            return Err(in_the_way("somebody else is writing it"));
        }
        // A link there would be written through.
        let _ = fs::remove_file(&beside);
        let out = File::create_new(&beside).map_err(|why| Error::io("write", file, why))?;
        // Where files cannot be locked, there is one writer at a time.
        let _ = out.try_lock();
        Ok(AtomicFile { named: file.to_owned(), place, beside, out: Some(BufWriter::new(out)) })
    }

    /// Moves it to its place, complete.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let moved = self.flush().and_then(|()| fs::rename(&self.beside, &self.place));
        moved.map_err(|why| Error::io("write", &self.named, why))?;
        // Locked until here: nobody else has begun another one beside it.
        self.out = None;
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.out.take().is_some() {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// Writes a file, as a whole or not at all.
pub(crate) fn replace<T>(
    place: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut file = AtomicFile::begin(place)?;
    let written = write(&mut file)?;
    file.finish()?;
    Ok(written)
}
