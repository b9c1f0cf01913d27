//! Joins the parts of a sweep into what the whole sweep would have left, byte by byte.

use super::folder::{self, Earlier};
use super::plan::Plan;
use super::row::Row;
use super::settings::Settings;
use crate::args::RowFormat;
use crate::error::Error;
use leasehold_data::{Shard, SweepManifest, SweepTotals};
use leasehold_sim::{Scenario, Verdict};
use std::fs;
use std::path::{Path, PathBuf};

/// The parts of one sweep, each of them once.
pub(crate) struct Parts {
    /// In the order of parts.
    parts: Vec<Part>,
}

struct Part {
    path: PathBuf,
    rows: PathBuf,
    manifest: SweepManifest,
}

impl Parts {
    /// Looks whether these folders are the parts of one sweep.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Parts, Error> {
        let mut parts = Vec::with_capacity(paths.len());
        for path in paths {
            let bad = |why: &str| Error::Bad { path: path.clone(), why: why.to_owned() };
            let manifest = match folder::earlier(path)? {
                None => return Err(bad("there is no sweep in it")),
                Some(Earlier::UnderWay(_)) => {
                    return Err(bad("this part is not over: `leasehold sweep --resume` ends it"));
                }
                Some(Earlier::Over(manifest)) => manifest,
            };
            parts.push(Part { path: path.clone(), rows: folder::rows_of(path), manifest });
        }
        parts.sort_by_key(|part| part.manifest.shard.nth);
        let parts = Parts { parts };
        parts.check()?;
        Ok(parts)
    }

    fn check(&self) -> Result<(), Error> {
        let first = &self.parts[0];
        for (nth, part) in (1..).zip(&self.parts) {
            let Part { path, manifest, .. } = part;
            let bad = |why: String| Err(Error::Bad { path: path.clone(), why });
            if whole(manifest) != whole(&first.manifest) {
                let other = first.path.display();
                return bad(format!(
                    "it is no part of the same sweep as {other}: version, scenario, settings, \
                     seeds, number of parts and --fail-fast must be the same"
                ));
            }
            let Shard { nth: found, of } = manifest.shard;
            if found < nth {
                return bad(format!("part {found} of {of} is there twice"));
            }
            if found > nth {
                return bad(format!("it is part {found} of {of}, and part {nth} is missing"));
            }
        }
        let SweepManifest { first_seed, last_seed, shard: Shard { of, .. }, .. } = first.manifest;
        // There are no more parts than seeds.
        let (found, all) = (self.parts.len() as u64, of.min(last_seed - first_seed + 1));
        if found < all {
            let why = format!("it is part {found} of {of}, and part {} is missing", found + 1);
            let path = self.parts[self.parts.len() - 1].path.clone();
            return Err(Error::Bad { path, why });
        }
        Ok(())
    }

    /// Which sweep the parts make up.
    pub(crate) fn whole(&self) -> SweepManifest {
        SweepManifest { shard: Shard { nth: 1, of: 1 }, ..self.parts[0].manifest.clone() }
    }

    /// What each seed was run under.
    pub(crate) fn settings(&self) -> Result<Settings, Error> {
        let whole = self.whole();
        let bad = |why: String| Error::Bad { path: self.parts[0].path.clone(), why };
        let scenario = Scenario::parse(&whole.text)
            .map_err(|problems| bad(format!("its scenario cannot be read: {problems}")))?;
        Settings::recorded(&scenario, &whole).map_err(bad)
    }

    /// Writes the whole sweep into a folder.
    pub(crate) fn join(
        &self,
        path: &Path,
        settings: &Settings,
        format: RowFormat,
    ) -> Result<SweepTotals, Error> {
        let manifest = self.whole();
        let place = |path: &Path| fs::canonicalize(path).ok();
        if path.exists() && self.parts.iter().any(|part| place(&part.path) == place(path)) {
            let why = "it is one of the parts that are joined".to_owned();
            return Err(Error::InTheWay { path: path.to_owned(), why });
        }
        // Nothing is started, and no earlier sweep removed, before every row has been read.
        self.each_row(&manifest, |_, _| Ok(()))?;
        folder::check(path)?;
        let _lock = folder::take(path)?;
        folder::make_room(path)?;
        folder::begin(path, &manifest)?;
        folder::finish((path, format), &manifest, settings, |put| self.each_row(&manifest, put))
    }

    /// Takes the rows of the whole in the order of seeds, as far as it goes.
    fn each_row(
        &self,
        whole: &SweepManifest,
        mut take: impl FnMut(&Row, &str) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut files = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            files.push(folder::rows(&part.rows, &part.manifest)?);
        }
        let plan = Plan::of(whole);
        for place in 0..plan.count() {
            let seed = place / plan.cells();
            let part = (seed % files.len() as u64) as usize;
            let (row, line) = next(&mut files[part], (&plan, place), &self.parts[part].rows)?;
            take(&row, &line)?;
            if whole.fail_fast && row.verdict == Verdict::Violated {
                break;
            }
        }
        Ok(())
    }
}

/// A part, without which part it is.
fn whole(part: &SweepManifest) -> SweepManifest {
    SweepManifest { shard: Shard { nth: 1, of: part.shard.of }, ..part.clone() }
}

/// The row of a place, which must come next in its part.
fn next(
    rows: &mut impl Iterator<Item = folder::Found>,
    (plan, place): (&Plan, u64),
    path: &Path,
) -> Result<(Row, String), Error> {
    match rows.next().transpose()? {
        Some((_, row, line)) if plan.place(&row) == Some(place) => Ok((row, line)),
        _ => {
            let (seed, _) = plan.at(place);
            let why = format!(
                "the row of seed {seed} is missing, or out of order; a part that ended with its \
                 budget is gone on with by --resume"
            );
            Err(Error::Bad { path: path.to_owned(), why })
        }
    }
}
