//! A sweep on disk: rows as they come, and what they come to.
//!
//! ```text
//!   sweep.lock        somebody is at work: there is one at a time
//!   rows.part.csv     rows as seeds finish                         \  while it is
//!   sweep.part.json   which sweep that is: held against             } under way
//!                     whoever wants to go on                       /
//!   rows.csv          the rows in the order of seeds     \
//!   totals.json       what they add up to                 } of a sweep
//!   scenario.toml     what was run, with every field      } that is over
//!   sweep.json        which sweep that was               /
//!   *.svg, *.png      its charts, if settings are compared
//! ```
//!
//! A row is on disk when its seed is finished, so whoever is killed has at most half a row at the
//! end, which has no end of line and is dropped. A sweep that is over stays as it is while another
//! one is under way in its place. Files are written beside their places and moved there, and
//! `sweep.part.json` last, to be `sweep.json`: until then, whoever goes on can do it again.

use super::cells::{CELLS_MAX, Cells};
use super::lock::{LOCK, Lock};
use super::order::Order;
use super::page;
use super::parquet::ParquetRows;
use super::plan::Plan;
use super::row::{self, Row};
use super::settings::Settings;
use super::tally::Tally;
use crate::args::RowFormat;
use crate::atomic_file::replace;
use crate::error::Error;
use crate::{interrupt, modules, output, source};
use leasehold_data::{SWEEP_FORMAT, SweepManifest, SweepTotals};
use leasehold_report::{comparison, pareto, study};
use leasehold_sim::scenario::{ModuleRules, TEXT_MAX};
use leasehold_sim::{Scenario, Verdict};
use serde::Serialize;
use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "sweep.json";
const PART_MANIFEST: &str = "sweep.part.json";
const PART: &str = "rows.part.csv";
const ROWS: &str = "rows.csv";
const PARQUET: &str = "rows.parquet";
const TOTALS: &str = "totals.json";
pub(crate) const SCENARIO: &str = "scenario.toml";

/// What can be in the folder of a sweep, of this version or another. The file that it is known by
/// comes last: so what is removed only in part is still known.
const FILES: [&str; 13] = [
    page::HTML,
    "index.html.part",
    PARQUET,
    "rows.parquet.part",
    TOTALS,
    "totals.json.part",
    ROWS,
    "rows.csv.part",
    SCENARIO,
    "scenario.toml.part",
    PART,
    PART_MANIFEST,
    MANIFEST,
];

/// What is in it before it can be known: with nothing else, it is as good as empty.
const UNFINISHED: [&str; 2] = [LOCK, "sweep.part.json.part"];

/// The longest `sweep.json` that is read, in bytes: it has the scenario's text in it.
const MANIFEST_MAX: usize = 2 * TEXT_MAX + 1_000_000;

/// A row is no longer than this, in bytes.
const LINE_MAX: u64 = 1 << 16;

/// The folder of a sweep that is under way.
pub(crate) struct Folder {
    path: PathBuf,
    pub(super) plan: Plan,
    manifest: SweepManifest,
    rows: File,
    /// Where the last whole row ends in it.
    whole: u64,
    /// Held until the sweep is over.
    _lock: Lock,
}

/// Which seeds have their row, by place.
#[derive(Debug)]
pub(crate) struct Had {
    pub(super) places: Order<()>,
    /// How many of them violate.
    pub(super) violated: u64,
    /// The place of the first that does.
    pub(super) first_violated: Option<u64>,
}

impl Had {
    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.places.count()
    }

    pub(super) fn note_violated(&mut self, place: u64) {
        self.violated += 1;
        self.first_violated = Some(self.first_violated.map_or(place, |first| first.min(place)));
    }
}

impl Folder {
    /// Begins a sweep, or goes on with one that was interrupted. Says what there is already.
    pub(crate) fn open(
        path: &Path,
        manifest: SweepManifest,
        resume: bool,
    ) -> Result<(Folder, Had), Error> {
        // Refused before anything is made.
        if resume {
            earlier(path)?;
        } else {
            check(path)?;
        }
        let lock = take(path)?;
        let earlier = if resume { earlier(path)? } else { None };
        match &earlier {
            Some(earlier) => same(path, earlier.manifest(), &manifest)?,
            None => make_room(path)?,
        }
        begin(path, &manifest)?;
        let part = path.join(PART);
        if let Some(Earlier::Over(_)) = earlier {
            // Its rows are there already, and in their order.
            let moved = fs::rename(path.join(ROWS), &part);
            moved.map_err(|why| Error::io("write", &part, why))?;
        }
        let open = || OpenOptions::new().read(true).append(true).create(true).open(&part);
        let rows = open().map_err(|why| Error::io("write", &part, why))?;
        let (path, plan) = (path.to_owned(), Plan::of(&manifest));
        let mut folder = Folder { path, plan, manifest, rows, whole: 0, _lock: lock };
        let had = folder.begin_rows()?;
        Ok((folder, had))
    }

    /// How many runs there are: each seed under each setting.
    pub(crate) fn count(&self) -> u64 {
        self.plan.count()
    }

    /// Drops half a row, writes the first line if there is none, and reads which seeds have a row.
    fn begin_rows(&mut self) -> Result<Had, Error> {
        let place = self.path.join(PART);
        let cannot = |why| Error::io("read", &place, why);
        let whole = whole_lines(&mut self.rows).map_err(cannot)?;
        self.rows.set_len(whole).map_err(|why| Error::io("write", &place, why))?;
        self.whole = whole;
        let mut had = Had { places: Order::new(), violated: 0, first_violated: None };
        if whole == 0 {
            self.append(&row::header(&self.manifest))?;
            return Ok(had);
        }
        for row in rows(&place, &self.manifest)? {
            let (place, row, _) = row?;
            if had.places.has(place) {
                continue;
            }
            had.places.put(place, ());
            while had.places.take().is_some() {}
            if row.verdict == Verdict::Violated {
                had.note_violated(place);
            }
        }
        Ok(had)
    }

    /// Writes a row down: after this, its seed is finished. Of one that does not fit nothing stays.
    pub(super) fn append(&mut self, line: &str) -> Result<(), Error> {
        if let Err(why) = self.rows.write_all(line.as_bytes()) {
            // Where even that fails, whoever goes on drops what has no end of line.
            let _ = self.rows.set_len(self.whole);
            return Err(Error::io("write", &self.path.join(PART), why));
        }
        self.whole += line.len() as u64;
        Ok(())
    }

    /// All seeds have run, as far as they had to: puts the rows in order and adds them up, and of
    /// no more seeds than these.
    pub(crate) fn finish(
        self,
        settings: &Settings,
        seeds: u64,
        format: RowFormat,
    ) -> Result<SweepTotals, Error> {
        finish((&self.path, format), &self.manifest, settings, |put| {
            let (mut order, mut left) = (Order::new(), seeds.saturating_mul(self.plan.cells()));
            for row in rows(&self.path.join(PART), &self.manifest)? {
                let (place, row, line) = row?;
                order.put(place, (row, line));
                while let Some((row, line)) = order.take().filter(|_| left > 0) {
                    put(&row, &line)?;
                    left -= 1;
                }
            }
            Ok(())
        })
    }

    /// How many runs a seed has.
    pub(crate) fn cells(&self) -> u64 {
        self.plan.cells()
    }
}

/// Takes a row and its line.
pub(super) type Put<'a> = &'a mut dyn FnMut(&Row, &str) -> Result<(), Error>;

/// Writes what a sweep leaves when it is over. `each` puts its rows in the order of seeds. If it
/// ends with the first violation, there is nothing after it, even if other workers had gone on
/// meanwhile.
pub(super) fn finish(
    (path, format): (&Path, RowFormat),
    manifest: &SweepManifest,
    settings: &Settings,
    each: impl FnOnce(Put<'_>) -> Result<(), Error>,
) -> Result<SweepTotals, Error> {
    // Also of what has come meanwhile.
    regular(path)?;
    let place = path.join(ROWS);
    let cannot = |why| Error::io("write", &place, why);
    let totals = replace(&place, |out| {
        let (mut tally, mut over) = (Tally::new(manifest), false);
        out.write_all(row::header(manifest).as_bytes()).map_err(cannot)?;
        each(&mut |row, line| {
            if over {
                return Ok(());
            }
            over = manifest.fail_fast && row.verdict == Verdict::Violated;
            tally.add(row.clone());
            writeln!(out, "{line}").map_err(cannot)
        })?;
        let totals = tally.totals(manifest, Plan::of(manifest).seeds(), settings)?;
        put(path, SCENARIO, kept(manifest, path).as_bytes())?;
        show(path, manifest, &totals)?;
        Ok(totals)
    })?;
    parquet(path, manifest, format)?;
    let begun = path.join(PART_MANIFEST);
    let moved = fs::rename(&begun, path.join(MANIFEST));
    moved.map_err(|why| Error::io("write", &path.join(MANIFEST), why))?;
    remove(&path.join(PART))?;
    Ok(totals)
}

/// What was swept, as a file in its folder.
fn kept(manifest: &SweepManifest, path: &Path) -> String {
    match Scenario::parse(&manifest.text) {
        Ok(scenario) if scenario.module != ModuleRules::default() => {
            modules::kept(&scenario, path).print()
        }
        _ => manifest.text.clone(),
    }
}

/// Writes what it comes to, in numbers, as charts and as a page.
pub(super) fn show(
    path: &Path,
    manifest: &SweepManifest,
    totals: &SweepTotals,
) -> Result<(), Error> {
    put(path, TOTALS, json(totals).as_bytes())?;
    draw(path, totals)?;
    put(path, page::HTML, page::html(manifest, totals, Path::new(SCENARIO))?.as_bytes())
}

/// Whether a folder has a sweep that is over.
pub(crate) fn is_in(folder: &Path) -> bool {
    folder.join(MANIFEST).is_file() && folder.join(ROWS).is_file()
}

/// Writes the rows once more, if that is wanted; those of an earlier sweep go.
fn parquet(path: &Path, manifest: &SweepManifest, format: RowFormat) -> Result<(), Error> {
    let place = path.join(PARQUET);
    if format == RowFormat::Csv {
        return remove(&place);
    }
    let cannot = |why| Error::io("write", &place, why);
    replace(&place, |out| {
        let mut parquet = ParquetRows::new(out, manifest).map_err(cannot)?;
        for row in rows(&path.join(ROWS), manifest)? {
            let (_, row, _) = row?;
            parquet.add(row).map_err(cannot)?;
        }
        parquet.finish().map_err(cannot)
    })
}

/// Refuses a place that is neither free, nor an empty folder, nor a sweep with nothing else in it.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let charts = charts_in(path);
    let ours = |name: &Path| {
        let named = |file: &str| name == Path::new(file);
        FILES.iter().chain(&UNFINISHED).any(|file| named(file))
            || charts.iter().any(|chart| named(chart) || named(&format!("{chart}.part")))
    };
    let why = match entries(path) {
        _ if !path.is_dir() => "it is no folder".to_owned(),
        Err(why) => format!("it cannot be read ({why})"),
        Ok(entries) => {
            // A link is neither a file nor a folder: what it leads to is not ours.
            let stranger = entries.iter().find(|(name, is_file)| !is_file || !ours(name));
            let begun = |(name, _): &(PathBuf, bool)| {
                UNFINISHED.iter().any(|file| *name == Path::new(file))
            };
            let text = |name| source::text(&path.join(name), MANIFEST_MAX).ok();
            let known = || text(MANIFEST).or_else(|| text(PART_MANIFEST));
            match stranger {
                Some((name, _)) => format!("{} in it is no part of a sweep", name.display()),
                None if entries.iter().all(begun) => return Ok(()),
                None if known().is_some_and(|text| format(&text).is_some()) => return Ok(()),
                None => format!("it has no {MANIFEST} that this tool wrote for a sweep"),
            }
        }
    };
    let allowed = "an empty folder, or an earlier sweep with nothing else in it";
    let why = format!("{why}; only {allowed}, is replaced");
    Err(Error::InTheWay { path: path.to_owned(), why })
}

/// What is in a folder, by name, and whether it is a regular file.
fn entries(path: &Path) -> io::Result<Vec<(PathBuf, bool)>> {
    let entry = |entry: io::Result<DirEntry>| {
        let entry = entry?;
        Ok((PathBuf::from(entry.file_name()), entry.file_type()?.is_file()))
    };
    let mut entries = fs::read_dir(path)?.map(entry).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Refuses a folder in which something else has the name of one of a sweep's files: what a link
/// leads to is not ours to write, and a pipe is no file to read. What is half written and never
/// opened makes room for another.
fn regular(path: &Path) -> Result<(), Error> {
    let other = |name: &&&str| fs::symlink_metadata(path.join(name)).is_ok_and(|is| !is.is_file());
    let opened = FILES.iter().chain(&UNFINISHED).filter(|name| !name.ends_with(".part"));
    match opened.into_iter().find(other) {
        Some(name) => {
            let why = format!("{name} in it is no regular file");
            Err(Error::InTheWay { path: path.to_owned(), why })
        }
        None => Ok(()),
    }
}

/// A sweep that a folder holds.
pub(super) enum Earlier {
    /// One that can be gone on with.
    UnderWay(SweepManifest),
    /// One that has all its rows.
    Over(SweepManifest),
}

impl Earlier {
    fn manifest(&self) -> &SweepManifest {
        match self {
            Earlier::UnderWay(manifest) | Earlier::Over(manifest) => manifest,
        }
    }
}

/// The charts that a sweep with these settings can have.
fn charts(settings: &[String]) -> Vec<String> {
    let compared = comparison::slugs().chain(pareto::slugs().map(str::to_owned));
    let all = compared.chain(study::slugs(settings));
    all.flat_map(|slug| ["svg", "png"].map(|end| format!("{slug}.{end}"))).collect()
}

/// Those of a sweep that a folder holds, as far as it says which one it is.
fn charts_in(path: &Path) -> Vec<String> {
    let read = |name: &str| source::text(&path.join(name), MANIFEST_MAX).ok();
    let texts = [MANIFEST, PART_MANIFEST].into_iter().filter_map(read);
    let settings = texts.filter_map(|text| Some(manifest(&text).ok()?.settings));
    charts(&settings.flatten().collect::<Vec<String>>())
}

/// Draws the charts of settings that were compared; those of an earlier sweep go.
fn draw(path: &Path, totals: &SweepTotals) -> Result<(), Error> {
    charts_in(path).iter().try_for_each(|chart| remove(&path.join(chart)))?;
    let charts = match (totals.axes.is_empty(), totals.comparisons.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => comparison::charts(totals),
        (false, _) => study::charts(totals).into_iter().chain(pareto::charts(totals)).collect(),
    };
    for chart in charts {
        let (svg, png) = output::draw(&chart)?;
        put(path, &format!("{}.svg", chart.slug), svg.as_bytes())?;
        put(path, &format!("{}.png", chart.slug), &png)?;
    }
    Ok(())
}

/// Reads which sweep a folder holds, if there is one: the one that is under way, if there is one
/// that is over too. One that holds anything else is refused.
pub(super) fn earlier(path: &Path) -> Result<Option<Earlier>, Error> {
    let is_there = |name: &str| fs::symlink_metadata(path.join(name)).is_ok();
    let name = match is_under_way(path) {
        true => PART_MANIFEST,
        false if is_there(MANIFEST) && is_there(ROWS) => MANIFEST,
        false => return check(path).map(|()| None),
    };
    regular(path)?;
    let place = path.join(name);
    let text = source::text(&place, MANIFEST_MAX)?;
    let manifest = manifest(&text).map_err(|why| Error::Bad { path: place, why })?;
    let is_over = name == MANIFEST;
    Ok(Some(if is_over { Earlier::Over(manifest) } else { Earlier::UnderWay(manifest) }))
}

/// Whether there are rows of a sweep that is not over. One of the two files alone is what somebody
/// left who was killed before there was any row, or after all had found their place.
fn is_under_way(path: &Path) -> bool {
    let is_there = |name: &str| fs::symlink_metadata(path.join(name)).is_ok();
    is_there(PART) && is_there(PART_MANIFEST)
}

/// Reads which sweep it is.
fn manifest(text: &str) -> Result<SweepManifest, String> {
    let format = format(text).ok_or("it says nothing about a sweep")?;
    if format != u64::from(SWEEP_FORMAT) {
        return Err(format!("it has format {format}, this version reads {SWEEP_FORMAT}"));
    }
    let manifest: SweepManifest = serde_json::from_str(text)
        .map_err(|why| format!("it says nothing about a sweep: {why}"))?;
    let (first, last, shard) = (manifest.first_seed, manifest.last_seed, manifest.shard);
    let count = last.checked_sub(first).and_then(|more| more.checked_add(1)).unwrap_or(0);
    if count > u64::from(u32::MAX) || !(1..=count.min(shard.of)).contains(&shard.nth) {
        return Err("its seeds make no sense".to_owned());
    }
    let axes = manifest.axes.iter().map(|axis| axis.values.len());
    let cells = Cells::count_all(manifest.settings.len(), axes);
    if cells
        .is_none_or(|cells| !(1..=CELLS_MAX).contains(&cells) || cells <= manifest.left_out.len())
    {
        return Err("its settings and points make no sense".to_owned());
    }
    Ok(manifest)
}

/// The format of a sweep, also of one that only another version can read.
fn format(text: &str) -> Option<u64> {
    let tree: serde_json::Value = serde_json::from_str(text).ok()?;
    tree.get("first_seed")?;
    tree.get("format")?.as_u64()
}

/// Refuses to go on with another sweep than was asked for.
fn same(path: &Path, earlier: &SweepManifest, asked: &SweepManifest) -> Result<(), Error> {
    let seeds = |sweep: &SweepManifest| {
        let SweepManifest { first_seed, last_seed, shard, .. } = sweep;
        format!("seeds {first_seed}..{last_seed}, shard {}/{}", shard.nth, shard.of)
    };
    let why = if earlier.tool != asked.tool {
        let (theirs, ours) = (&earlier.tool, &asked.tool);
        format!("it was started by version {theirs} of this tool, which is {ours}")
    } else if earlier.scenario != asked.scenario {
        format!("it is a sweep of {}, not of {}", earlier.scenario, asked.scenario)
    } else if earlier.text != asked.text {
        "its scenario is not this one any more: something was changed".to_owned()
    } else if seeds(earlier) != seeds(asked) {
        format!("it is a sweep of {}, not of {}", seeds(earlier), seeds(asked))
    } else if earlier.settings != asked.settings {
        let (theirs, ours) = (earlier.settings.join(", "), asked.settings.join(", "));
        format!("it is a sweep of the settings {theirs}, not of {ours}")
    } else if earlier.axes != asked.axes || earlier.left_out != asked.left_out {
        "it varies other fields, or has other values of them".to_owned()
    } else if asked.fail_fast && !earlier.fail_fast {
        "it was started without --fail-fast, which would drop rows that are finished".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::Bad { path: path.to_owned(), why: format!("cannot go on with this sweep: {why}") })
}

/// Makes a folder, if it has to be made, and keeps everybody else out of it.
pub(super) fn take(path: &Path) -> Result<Lock, Error> {
    fs::create_dir_all(path).map_err(|why| Error::io("make the folder", path, why))?;
    Lock::take(path)
}

/// Makes sure that a folder is free for another sweep. An earlier one that is over stays until
/// this one is over too.
pub(super) fn make_room(path: &Path) -> Result<(), Error> {
    if is_under_way(path) {
        let why = format!(
            "it holds a sweep that is not over: go on with it by --resume, or remove {PART}"
        );
        return Err(Error::InTheWay { path: path.to_owned(), why });
    }
    check(path)?;
    // What was half written, by whoever was killed.
    let part = |file: &&&str| **file != LOCK && file.contains(".part");
    FILES.iter().chain(&UNFINISHED).filter(part).try_for_each(|file| remove(&path.join(file)))
}

/// Says in the folder which sweep is under way in it.
pub(super) fn begin(path: &Path, manifest: &SweepManifest) -> Result<(), Error> {
    put(path, PART_MANIFEST, json(manifest).as_bytes())
}

/// The rows of a sweep that is over.
pub(super) fn rows_of(path: &Path) -> PathBuf {
    path.join(ROWS)
}

/// Removes a file, if it is there.
fn remove(file: &Path) -> Result<(), Error> {
    match fs::remove_file(file) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => {
            Err(Error::io("remove the earlier", file, why))
        }
        _ => Ok(()),
    }
}

fn put(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let place = path.join(name);
    let cannot = |why| Error::io("write", &place, why);
    replace(&place, |out| out.write_all(bytes).map_err(cannot))
}

fn json(rows: &impl Serialize) -> String {
    serde_json::to_string_pretty(rows).expect("they are plain rows") + "\n"
}

/// Where the last line that has an end ends.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    let mut at = file.seek(SeekFrom::End(0))?;
    while at > 0 {
        let from = at.saturating_sub(LINE_MAX);
        let mut block = vec![0; usize::try_from(at - from).expect("a block is small")];
        file.seek(SeekFrom::Start(from))?;
        file.read_exact(&mut block)?;
        if let Some(end) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + end as u64 + 1);
        }
        at = from;
    }
    Ok(0)
}

/// A row, its place among the seeds, and its line.
pub(super) type Found = Result<(u64, Row, String), Error>;

/// The rows of a file, one after the other.
pub(super) fn rows(
    path: &Path,
    manifest: &SweepManifest,
) -> Result<impl Iterator<Item = Found> + use<>, Error> {
    let file = File::open(path).map_err(|why| Error::io("read", path, why))?;
    let mut lines = BufReader::new(file);
    let (path, plan, header) = (path.to_owned(), Plan::of(manifest), row::header(manifest));
    let mut nth = 0;
    Ok(std::iter::from_fn(move || {
        loop {
            if let Err(why) = interrupt::check() {
                return Some(Err(why));
            }
            let mut line = Vec::new();
            match lines.by_ref().take(LINE_MAX).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(why) => return Some(Err(Error::io("read", &path, why))),
            }
            // What is no text is no row either.
            let line = String::from_utf8(line).unwrap_or_default();
            nth += 1;
            if nth == 1 && line == header {
                continue;
            }
            let whole = line.strip_suffix('\n').unwrap_or(&line);
            let row = if nth == 1 { None } else { Row::parse(whole, plan.fields) };
            let row = row.and_then(|row| Some((plan.place(&row)?, row, whole.to_owned())));
            let why = match nth {
                1 => "its first line does not name the columns of this version".to_owned(),
                _ => format!("line {nth} is no row of this sweep"),
            };
            return Some(row.ok_or_else(|| Error::Bad { path: path.clone(), why }));
        }
    }))
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::testing;
    use super::*;
    use leasehold_sim::Scenario;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_that_comes_while_a_sweep_is_under_way_is_neither_followed_nor_replaced() {
        let room = std::env::temp_dir().join(format!("leasehold-folder-{}", std::process::id()));
        fs::create_dir_all(&room).expect("there is room for a test");
        fs::write(room.join("precious"), "mine").expect("there is room for a test");
        let scenario = Scenario::default();
        for name in [ROWS, TOTALS, SCENARIO, MANIFEST] {
            for to in ["../precious", "nowhere"] {
                let path = room.join("sweep");
                let opened = Folder::open(&path, testing::manifest(&scenario), false);
                let (folder, _) = opened.expect("it is free");
                symlink(to, path.join(name)).expect("a link can be made");
                let refused = folder
                    .finish(&Settings::own(&scenario), 1, RowFormat::Csv)
                    .expect_err("a link is not ours");
                assert!(matches!(refused, Error::InTheWay { .. }), "{refused}");
                let is = fs::read_link(path.join(name)).expect("it is there");
                assert_eq!(is, Path::new(to));
                fs::remove_dir_all(&path).expect("it is there");
            }
        }
        assert_eq!(fs::read_to_string(room.join("precious")).expect("it is there"), "mine");
        fs::remove_dir_all(&room).expect("it is there");
    }
}
