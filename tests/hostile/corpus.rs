//! What there is to be changed: the files that the project ships, and those that its program
//! leaves.

use super::place::{Place, Thing, Tree};
use super::program::Program;
use crate::files;
use leasehold_sim::Scenario;
use std::path::Path;

/// Scenarios and tapes.
pub(super) struct Corpus {
    pub(super) scenarios: Vec<Vec<u8>>,
    pub(super) tapes: Vec<Vec<u8>>,
}

/// A tape with a line of each sort.
const TAPE: &str = "format = 2\nfaults = [\n    \"k17.2 call 5 fails applied\",\n    \
    \"s4 pause 2\",\n    \"k3 answer 1 is lost\",\n    \"incident 1\",\n    \
    \"s1 partition 1\",\n]\n\n[origin]\ntool = \"0.1.0\"\nseed = 7\nforks = [\"3m:7\"]\n\
    digest = \"4fe1717ae29d241a\"\nclass = \"no_double_ownership:clock\"\n";

impl Corpus {
    /// That of the project.
    pub(super) fn new() -> Corpus {
        let read = |path: &Path| std::fs::read(path).expect("a file of the project can be read");
        let (mut scenarios, mut tapes) = (Vec::new(), vec![TAPE.as_bytes().to_vec()]);
        for folder in ["sims", "tests/cases", "bugs"] {
            for path in files(folder, "toml") {
                let tape = path.ends_with("tape.toml");
                if tape { &mut tapes } else { &mut scenarios }.push(read(&path));
            }
        }
        scenarios.push(Scenario::template("a template").into_bytes());
        scenarios.push(Scenario::default().print().into_bytes());
        Corpus { scenarios, tapes }
    }
}

/// A small world in which messages get lost: what each command makes something of in a moment.
pub(super) const SMALL: &str = "title = \"lost messages\"\nduration = \"2m\"\n\
    [servers]\ncount = 3\n\
    [players]\ncount = 20\narrive = \"0s..20s\"\nstay = \"20s..1m\"\nhop = \"90%\"\n\
    hop_delay = \"1s..3s\"\nnoticed_after = \"0s..20s\"\nedit_every = \"2s..9s\"\n\
    [messaging]\nloss = \"50%\"\n[datastore]\nfail_before = \"5%\"\n\
    [faults]\ncrash_every = \"2m\"\n";

/// A sample of latencies.
pub(super) const SAMPLE: &str = "# measured\nwhen,latency_ms\n11:02:07,231.5\n11:02:08,80\n\
    11:02:09,1200\n11:02:10,95.25\n";

/// The folders that a program leaves, by what they are.
pub(super) struct Left {
    pub(super) report: Tree,
    pub(super) story: Tree,
    pub(super) bug: Tree,
    /// Of all seeds.
    pub(super) sweep: Tree,
    /// Of the same seeds, before the last of them have their rows.
    pub(super) half: Tree,
    /// Both in one folder.
    pub(super) again: Tree,
    /// One of its two parts.
    pub(super) shards: [Tree; 2],
}

/// The seeds of the sweeps.
pub(super) const SEEDS: &str = "1..6";

impl Left {
    /// What a program leaves of [`SMALL`].
    pub(super) fn by(program: &Program) -> Left {
        let place = Place::new();
        place.write("world.toml", SMALL.as_bytes());
        let left = |command: &[&str]| {
            let end = program.prepare(&place, &[command, &["--out", "left"]].concat());
            assert!(matches!(end.code, Some(0 | 1)), "{command:?}: {end:?}");
            let tree = place.tree("left");
            std::fs::remove_dir_all(place.path("left")).expect("it is there");
            tree
        };
        let sweep = ["sweep", "world.toml", "--jobs", "1", "--seeds", SEEDS];
        let whole = left(&sweep);
        let rows = file(&whole, "rows.csv");
        let rows = rows[..rows.len() * 2 / 3].to_vec();
        let half = [("sweep.part.json", file(&whole, "sweep.json")), ("rows.part.csv", rows)];
        let half: Tree = half.map(|(name, bytes)| (name.into(), Thing::File(bytes))).into();
        // Another one in the place of one that is over, and stays until then.
        let again = [whole.clone(), half.clone()].into_iter().flatten().collect();
        let shard = |nth| left(&[&sweep[..], &["--shard", nth]].concat());
        Left {
            report: left(&["run", "world.toml"]),
            story: left(&["explain", "world.toml"]),
            bug: left(&["shrink", "world.toml", "--budget", "100"]),
            half,
            again,
            sweep: whole,
            shards: [shard("1/2"), shard("2/2")],
        }
    }
}

/// A file of a folder.
///
/// # Panics
/// If there is none.
pub(super) fn file(tree: &Tree, name: &str) -> Vec<u8> {
    match tree.get(Path::new(name)) {
        Some(Thing::File(bytes)) => bytes.clone(),
        other => panic!("{name} is no file: {other:?}"),
    }
}
