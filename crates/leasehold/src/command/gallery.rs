//! `leasehold gallery`: a page for each shipped scenario, for a comparison and for a study, and
//! the pictures that the documents show.
//!
//! Nothing in it tells where, when or by how many threads it was made: whoever makes it again has
//! the same bytes.

use super::sweep::manifest;
use crate::args;
use crate::atomic_dir::{AtomicDir, Purpose};
use crate::catalog::{self, Shipped};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::next::Named;
use crate::page::{self, Page};
use crate::sweep::seeds::Range;
use crate::sweep::settings::Settings;
use crate::sweep::workers::Work;
use crate::sweep::{self, in_memory};
use crate::{interrupt, output, progress, source, stdout, threads};
use indicatif::ProgressBar;
use leasehold_data::numbers::{count, plural};
use leasehold_data::{Dataset, Shard, SweepTotals};
use leasehold_report::page::Shown;
use leasehold_report::{Chart, charts};
use leasehold_sim::scenario::Axis;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// The seed that is shown of each scenario.
const SEED: u64 = 1;

/// A page here has room for so many steps, to be small: a run of one's own shows them all.
const STEPS_MAX: usize = 2_000;

/// The pictures that the documents show, as files.
const PICTURES: [(&str, &str); 6] = [
    ("lossy-messaging", "conflicts"),
    ("lossy-messaging", "ownership"),
    ("lossy-messaging", "starts"),
    ("outage", "ages"),
    ("outage", "breakers"),
    ("server-hop", "calls"),
];

/// A scenario that is run many times.
struct Many {
    name: &'static str,
    of: &'static str,
    with: &'static [&'static str],
    vary: &'static [&'static str],
    seeds: Range,
}

const MANY: [Many; 2] = [
    Many {
        name: "crashes-compared-1-20",
        of: "crashes",
        with: &["chronicle_strict", "profile_store", "naive"],
        vary: &[],
        seeds: Range { first: 1, last: 20 },
    },
    Many {
        name: "safety-studied-1-10",
        of: "safety",
        with: &[],
        vary: &["servers.skew=0s..40s:5", "messaging.loss=0%..20%:3"],
        seeds: Range { first: 1, last: 10 },
    },
];

/// Makes all of it, or some scenarios of it.
pub(crate) fn gallery(args: &args::Gallery) -> Result<(), Error> {
    let named = args.scenarios.iter().map(|name| Shipped::named(name));
    let named = named.collect::<Result<Vec<Shipped>, Error>>()?;
    let (wanted, many) = match named.is_empty() {
        true => (catalog::all(), &MANY[..]),
        false => (named, &[][..]),
    };
    interrupt::notice();
    let purpose = Purpose::again(DirKind::Gallery, &args.out);
    let dir = AtomicDir::begin(&args.out, purpose)?;
    let bar = progress::line((wanted.len() + many.len()) as u64);
    let one = |scenario: &Shipped| shown(&dir, scenario, &bar);
    let scenarios = threads::anyhow(|cores| match cores {
        true => wanted.par_iter().map(one).collect::<Result<Vec<Shown>, Error>>(),
        false => wanted.iter().map(one).collect(),
    })?;
    let many = many.iter().map(|one| swept(&dir, one, &bar));
    let many = many.collect::<Result<Vec<Shown>, Error>>()?;
    bar.finish_and_clear();
    let index = leasehold_report::page::gallery(env!("CARGO_PKG_VERSION"), &scenarios, &many);
    dir.put(Path::new(page::HTML), index.as_bytes())?;
    dir.finish()?;
    let pages = plural((scenarios.len() + many.len()) as u64, "page");
    let at = args.out.join(page::HTML);
    stdout::put(&format!("{pages}; look at {}\n", at.display()))
}

/// The file that a scenario of the catalog has where the project is checked out.
fn file(scenario: &Shipped) -> PathBuf {
    Path::new(args::SIMS).join(format!("{}.toml", scenario.name))
}

/// A seed of a scenario: its page, and what there is to say of it.
fn shown(dir: &AtomicDir, shipped: &Shipped, bar: &ProgressBar) -> Result<Shown, Error> {
    let (name, file) = (shipped.name, file(shipped));
    let scenario = source::drawn(&file, &shipped.scenario(), SEED)?.scenario;
    let simulation = source::simulation(&file, name, &scenario)?;
    let (run, named) = (simulation.seed(SEED), Named::seed(&file, SEED));
    let mut outcome = run.run_until(&mut |_| go_on()).ok_or(Error::Interrupted)?;
    outcome.dataset.manifest.command = named.command("run");
    let (story, timeline) = page::told(&run, &outcome, STEPS_MAX)?;
    let page = Page::of(&outcome, &named.all(outcome.dataset.findings()), story, timeline);
    let html = page.html(&outcome.dataset, &scenario.print())?;
    dir.put(&Path::new(name).join(page::HTML), html.as_bytes())?;
    pictures(dir, name, &charts(&outcome.dataset))?;
    bar.inc(1);
    let manifest = &outcome.dataset.manifest;
    Ok(Shown {
        href: format!("{name}/{}", page::HTML),
        name: name.to_owned(),
        title: manifest.title.clone(),
        library: manifest.protocol.clone(),
        verdict: manifest.verdict.clone(),
        found: found(&outcome.dataset),
    })
}

fn go_on() -> ControlFlow<()> {
    if interrupt::asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
}

/// What came of a run, most often first.
fn found(dataset: &Dataset) -> Vec<String> {
    let mut found: Vec<_> = dataset.findings().filter(|one| one.violations > 0).collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.violations));
    found.iter().map(|one| format!("{} {}", count(one.violations), one.name)).collect()
}

/// Many seeds of a scenario: their page, and what there is to say of them.
fn swept(dir: &AtomicDir, many: &Many, bar: &ProgressBar) -> Result<Shown, Error> {
    let Many { name, of, with, vary, seeds } = many;
    let shipped = Shipped::named(of)?;
    let (file, scenario) = (file(&shipped), shipped.scenario());
    let sound = "what is shown goes together";
    let with: Vec<String> = with.iter().map(|one| (*one).to_owned()).collect();
    let axes = vary.iter().map(|axis| Axis::parse(axis).expect(sound)).collect();
    let settings = Settings::with(&scenario, &with).and_then(|all| all.varied(axes)).expect(sound);
    let settings = settings.possible(&file, of, seeds.first)?;
    let manifest = manifest((*seeds, Shard { nth: 1, of: 1 }), of, &settings);
    let work =
        Work { name: of, file: &file, settings: &settings, jobs: 0, fail_fast: false, ends: None };
    let totals = in_memory::totals(&work, &manifest, &settings)?;
    let html = sweep::page::html(&manifest, &totals, &file)?;
    dir.put(&Path::new(name).join(page::HTML), html.as_bytes())?;
    bar.inc(1);
    Ok(told(name, &totals))
}

fn told(name: &str, totals: &SweepTotals) -> Shown {
    let names = totals.settings.iter().filter(|one| one.point == totals.settings[0].point);
    let names: Vec<&str> = names.map(|one| one.name.as_str()).collect();
    let axes = totals.axes.iter().map(|axis| axis.path.as_str()).collect::<Vec<_>>();
    let found = match axes.is_empty() {
        true => format!("{} libraries in the same worlds", names.len()),
        false => format!("what {} do", axes.join(" and ")),
    };
    Shown {
        href: format!("{name}/{}", page::HTML),
        name: name.to_owned(),
        title: totals.title.clone(),
        library: names.join(", "),
        verdict: totals.verdict.clone(),
        found: vec![found],
    }
}

/// Leaves those of a run's charts that documents show.
fn pictures(dir: &AtomicDir, name: &str, charts: &[Chart]) -> Result<(), Error> {
    for (_, slug) in PICTURES.iter().filter(|(folder, _)| *folder == name) {
        let chart = charts.iter().find(|chart| chart.slug == *slug).expect("a chart of each run");
        let (_, png) = output::draw(chart)?;
        dir.put(&Path::new(name).join(format!("{slug}.png")), &png)?;
    }
    Ok(())
}
