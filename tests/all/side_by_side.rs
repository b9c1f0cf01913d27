//! Five worlds under four libraries: the table in the manual. `LEASEHOLD_BLESS=1` writes it anew.

use leasehold_data::Summary;
use leasehold_data::numbers::{count, ratio, time};
use leasehold_sim::Seed;
use leasehold_sim::scenario::Protocol;
use leasehold_tests::{known, project, scenario, starts};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;

const BEGINS: &str = "<!-- side by side: written by a test -->\n";
const ENDS: &str = "<!-- end -->\n";

const WORLDS: [&str; 5] = ["server-hop", "lossy-messaging", "crashes", "restart", "trade-then-hop"];
const LIBRARIES: [Protocol; 4] =
    [Protocol::Chronicle, Protocol::ChronicleStrict, Protocol::ProfileStore, Protocol::Naive];

fn measured() -> Vec<[Summary; 4]> {
    let runs: Vec<(&str, Protocol)> =
        WORLDS.into_iter().flat_map(|world| LIBRARIES.map(|library| (world, library))).collect();
    let summaries: Vec<Summary> = runs
        .par_iter()
        .map(|(world, library)| {
            let scenario = scenario(world).under(*library);
            known(&scenario, &Seed::of(1)).dataset.summary
        })
        .collect();
    summaries
        .chunks_exact(LIBRARIES.len())
        .map(|four| std::array::from_fn(|nth| four[nth].clone()))
        .collect()
}

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

fn per_session(summary: &Summary) -> String {
    ratio(summary.calls.values().map(|calls| calls.sent).sum::<u64>(), summary.starts.granted)
}

fn per_hour(summary: &Summary) -> String {
    count(summary.calls_per_player_hour.expect("somebody plays"))
}

/// From a player's first attempt on, those who were turned away included.
fn into_play(summary: &Summary) -> String {
    let quantile = |us: Option<u64>| us.map_or("never".to_owned(), time);
    format!("{} / {}", quantile(summary.play.p50_us), quantile(summary.play.p99_us))
}

fn cells(summary: &Summary) -> Vec<String> {
    let (starts, latency) = (&summary.starts, starts(summary));
    let items = summary.trades.as_ref().map_or("–".to_owned(), |trades| {
        format!("{} / {}", count(sum(&trades.duplicated)), count(sum(&trades.lost)))
    });
    vec![
        format!("{} of {}", count(starts.granted), count(starts.asked)),
        format!("{} / {}", time(latency.p50_us), time(latency.p99_us)),
        into_play(summary),
        format!("{} / {}", per_session(summary), per_hour(summary)),
        count(sum(&summary.overlaps.double_ownership)),
        format!("{} / {}", count(sum(&summary.progress.lost)), count(summary.progress.rolled_back)),
        items,
    ]
}

/// What each world shows, in a sentence.
fn sentence(world: &str, [chronicle, strict, profile, naive]: &[Summary; 4]) -> String {
    let p99 = |summary: &Summary| time(starts(summary).p99_us);
    let lost = |summary: &Summary| count(sum(&summary.progress.lost));
    let overlaps = |summary: &Summary| sum(&summary.overlaps.double_ownership);
    match world {
        "server-hop" => format!(
            "ChronicleStore saves every few seconds, {} calls a session, and rejects {} starts \
             whose last server is still releasing; ProfileStore makes {} calls and lets all in, \
             one in a hundred after {} or more; and what has no lock overwrites {} changes.",
            per_session(chronicle),
            count(sum(&chronicle.starts.failed)),
            per_session(profile),
            p99(profile),
            count(naive.progress.rolled_back),
        ),
        "lossy-messaging" => format!(
            "A lost message makes ChronicleStore take the leases of {} live owners; its strict rules take the lease of {}, and \
             ProfileStore, which waits for 45 s before it steals, {} here, where servers notice \
             within 20 s, at the price of {} for half of the starts.",
            overlaps(chronicle),
            overlaps(strict),
            overlaps(profile),
            time(starts(profile).p50_us),
        ),
        "crashes" => format!(
            "The same crashes cost {} changes with ChronicleStore, which saves within seconds, and \
             {} with ProfileStore, which saves every five minutes; and one start in a hundred \
             takes {} and {}, or more.",
            lost(chronicle),
            lost(profile),
            p99(chronicle),
            p99(profile),
        ),
        "restart" => format!(
            "When all players of a server arrive at once on another, ChronicleStore turns {} starts \
             away while their last server releases, ProfileStore {}, which lets one in a hundred wait \
             for {} or more; without locks, {} stored changes are overwritten.",
            count(sum(&chronicle.starts.failed)),
            count(sum(&profile.starts.failed)),
            p99(profile),
            count(naive.progress.rolled_back),
        ),
        "trade-then-hop" => {
            let items = |summary: &Summary| {
                let trades = summary.trades.as_ref().expect("there are trades");
                (count(sum(&trades.duplicated)), count(sum(&trades.lost)))
            };
            let ((a, b), (c, d)) = (items(chronicle), items(naive));
            let ((e, f), (g, h)) = (items(strict), items(profile));
            format!(
                "Without locks {c} items are duplicated and {d} lost; ChronicleStore, taking on \
                 silence, duplicates {a} and loses {b}; its strict rules {e} and {f}; ProfileStore \
                 {g} and {h}, as no owner here stays for the 45 s that a steal takes.",
            )
        }
        _ => unreachable!("every world has its sentence"),
    }
}

fn table(measured: &[[Summary; 4]]) -> String {
    let mut text = String::new();
    text.push_str(
        "| scenario | library | starts granted | start p50 / p99 | into play p50 / p99 | calls a session / player-hour | two owners | \
         changes lost / rolled back | items duplicated / lost |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (world, four) in WORLDS.iter().zip(measured) {
        for (nth, (library, summary)) in LIBRARIES.iter().zip(four).enumerate() {
            let world = if nth == 0 { format!("`{world}`") } else { String::new() };
            let cells = cells(summary).join(" | ");
            let _ = writeln!(text, "| {world} | `{}` | {cells} |", library.name());
        }
    }
    text.push('\n');
    for (world, four) in WORLDS.iter().zip(measured) {
        let _ = writeln!(text, "- `{world}`: {}", sentence(world, four));
    }
    text
}

/// The worlds of the README's table, which is a part of the manual's.
const SHOWN: [&str; 2] = ["lossy-messaging", "crashes"];

fn short_table(measured: &[[Summary; 4]]) -> String {
    let shown = WORLDS.iter().zip(measured).filter(|(world, _)| SHOWN.contains(world));
    let shown: Vec<_> = shown.collect();
    let mut text = String::from("| library |");
    for (world, _) in &shown {
        let _ = write!(text, " `{world}`: into play p50 / p99, two owners, lost, calls |");
    }
    text.push_str("\n|---|---|---|\n");
    for (nth, library) in LIBRARIES.iter().enumerate() {
        let _ = write!(text, "| `{}` |", library.name());
        for (_, four) in &shown {
            let summary = &four[nth];
            let lost = sum(&summary.progress.lost) + summary.progress.rolled_back;
            let (owners, lost) = (count(sum(&summary.overlaps.double_ownership)), count(lost));
            let (play, calls) = (into_play(summary), per_hour(summary));
            let _ = write!(text, " {play}; {owners}; {lost}; {calls} |");
        }
        text.push('\n');
    }
    text
}

/// Holds a part of a page that is written here, or writes it.
fn hold(page: &str, table: &str) {
    let path = project(page);
    let page = std::fs::read_to_string(&path).expect("there is a page");
    let (before, rest) = page.split_once(BEGINS).expect("the page has the table");
    let (shown, after) = rest.split_once(ENDS).expect("the table has an end");
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        let page = format!("{before}{BEGINS}{table}{ENDS}{after}");
        std::fs::write(&path, page).expect("the page can be written");
    } else {
        assert_eq!(shown, table, "see the head of this file");
    }
}

#[test]
fn the_manual_shows_five_worlds_under_four_libraries_side_by_side() {
    let measured = measured();
    hold("docs/compare.md", &table(&measured));
    hold("README.md", &short_table(&measured));
}

/// The sentences say why; this says that it is so.
#[test]
fn only_what_has_no_lock_or_robs_on_silence_duplicates_items() {
    for seed in 1..4 {
        let duplicated = LIBRARIES.map(|library| {
            let scenario = scenario("trade-then-hop").under(library);
            let outcome = known(&scenario, &Seed::of(seed));
            let trades = outcome.dataset.summary.trades.expect("there are trades");
            sum(&trades.duplicated)
        });
        let [chronicle, strict, profile, naive] = duplicated;
        assert!(naive > chronicle && chronicle > 0, "seed {seed}: {duplicated:?}");
        assert_eq!((strict, profile), (0, 0), "seed {seed}");
    }
}
