//! What a run was like, in words for people or as one JSON object with the same content.

use crate::command::Done;
use crate::next;
use crate::table::{self, Column::Number, Column::Text};
use crate::{paint, printable};
use leasehold_data::numbers::{count, moment, plural, ratio, share, time, times};
use leasehold_data::{
    Calls, Dataset, Invariant, Manifest, Messages, Play, Quantiles, StartCalls, Summary,
};
use leasehold_data::{Saves, Violation, Waits, numbers};
use leasehold_sim::scenario::DrawnField;
use leasehold_sim::{Applied, Error, Fault, Origin, Outcome, Promise, Site, Tape};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

mod json;

pub(crate) use json::json;

/// What all runs of a command have in common.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    /// What was drawn for them.
    pub(crate) fields: &'a [DrawnField],
    /// The tape that was replayed.
    pub(crate) tape: Option<&'a Tape>,
    /// Each was run twice, and was the same.
    pub(crate) twice: bool,
}

/// The summary of a command's runs, for people.
pub(crate) fn text(runs: &[Done], about: About<'_>) -> String {
    let mut text = String::new();
    let [first, others @ ..] = runs else { return text };
    describe(&mut text, first, about).expect("writing to a string does not fail");
    if about.twice {
        text.push_str("Twice    the same to the last step\n");
    }
    if !others.is_empty() {
        compare(&mut text, runs).expect("writing to a string does not fail");
    }
    for run in others.iter().filter(|run| run.outcome.verdict != leasehold_sim::Verdict::Holds) {
        judged(&mut text, run).expect("writing to a string does not fail");
    }
    let _ = writeln!(text, "\nFiles    {}", first.folder.display());
    for (nth, log) in runs.iter().filter_map(|run| run.log.as_ref()).enumerate() {
        let label = if nth == 0 { "Log" } else { "" };
        let (path, lines) = (log.path.display(), count(log.lines));
        let _ = writeln!(text, "{label:9}{path}: {lines} of {}", plural(log.steps, "step"));
    }
    let _ = writeln!(text, "Again    {}", first.outcome.dataset.manifest.command);
    text.push_str(&next::text(runs.iter().flat_map(|run| &run.next), 9));
    text
}

/// The verdict of another setting, with what it has broken that it must not.
fn judged(text: &mut String, run: &Done) -> std::fmt::Result {
    write!(text, "\n{}: ", run.name)?;
    verdict(text, &run.outcome)?;
    let broken = |row: &&Invariant| row.violations > 0 && row.expected == "holds";
    run.outcome
        .dataset
        .invariants
        .iter()
        .filter(broken)
        .try_for_each(|row| describe_broken(text, row))
}

/// A drawn field in words.
pub(crate) fn drawn((path, value): &DrawnField) -> String {
    match value {
        Some(value) => format!("{path} = {value}"),
        None => format!("{path} left out"),
    }
}

fn describe(text: &mut String, run: &Done, about: About<'_>) -> std::fmt::Result {
    let Dataset { manifest, summary, invariants, harm, marks, .. } = &run.outcome.dataset;
    head(text, manifest)?;
    warm_up(text, summary)?;
    promise(text, run.outcome.promise)?;
    for (nth, field) in about.fields.iter().enumerate() {
        let label = if nth == 0 { "Drawn" } else { "" };
        writeln!(text, "{label:11}{}", drawn(field))?;
    }
    writeln!(text)?;
    counts(text, summary, manifest.updates_per_player_hour)?;
    writeln!(text, "\nInvariants")?;
    let (holding, broken): (Vec<&Invariant>, Vec<_>) =
        invariants.iter().partition(|invariant| invariant.violations == 0);
    broken.into_iter().try_for_each(|invariant| describe_broken(text, invariant))?;
    hold(text, &holding)?;
    self::harm(text, harm)?;
    if !marks.is_empty() {
        writeln!(text, "\nMarks reached")?;
        for (mark, n) in marks {
            writeln!(text, "  {:>8}  {mark}", count(*n))?;
        }
    }
    if let Some(tape) = about.tape {
        replayed(text, &run.outcome, tape)?;
    }
    if run.outcome.tape.is_none() {
        writeln!(text, "Too many faults for a tape: none was written.")?;
    }
    write!(text, "\nVerdict  ")?;
    verdict(text, &run.outcome)
}

/// What of a tape did not happen: faults that did not come up, and lines that name none.
pub(crate) fn unplayed(
    text: &mut String,
    unreached: &[Fault],
    unknown: &[String],
) -> std::fmt::Result {
    some(text, unreached.iter().map(|fault| format!("Not reached on the tape: {fault}")))?;
    let unknown = unknown.iter();
    some(text, unknown.map(|line| format!("No fault that is known, on the tape: {line:?}")))
}

/// What became of a tape.
fn replayed(text: &mut String, outcome: &Outcome, tape: &Tape) -> std::fmt::Result {
    unplayed(text, &outcome.unreached, &tape.unknown)?;
    let Origin { tool, scenario, digest, verdict, .. } = &tape.origin;
    if verdict.is_empty() {
        return Ok(());
    }
    let now = outcome.verdict.name();
    let same = if *digest == outcome.dataset.manifest.digest {
        "the same run again"
    } else if verdict == now {
        "another run with the same verdict"
    } else {
        "another verdict"
    };
    writeln!(text, "\nTape     of {scenario}, version {tool}, {verdict}; now {now}: {same}")
}

/// How many lines of a tape that did not come up, or name no fault, are told. The JSON of a run has
/// all that did not come up.
const LINES_TOLD: usize = 20;

/// The first few lines, and how many more there are.
fn some(text: &mut String, lines: impl ExactSizeIterator<Item = String>) -> std::fmt::Result {
    let more = lines.len().saturating_sub(LINES_TOLD);
    for line in lines.take(LINES_TOLD) {
        writeln!(text, "{line}")?;
    }
    if more > 0 {
        writeln!(text, "and {} more", count(more as u64))?;
    }
    Ok(())
}

fn head(text: &mut String, manifest: &Manifest) -> std::fmt::Result {
    let Manifest { scenario, title, protocol, seed, digest, .. } = manifest;
    let (servers, players) = (count(manifest.servers), count(manifest.players));
    let title =
        if title.is_empty() { String::new() } else { format!(": {}", printable::line(title)) };
    let forks: String = manifest.forks.iter().map(|fork| format!(", forked at {fork}")).collect();
    writeln!(text, "{scenario}, seed {seed}{forks}{title}")?;
    writeln!(
        text,
        "{protocol}, servers: {servers}, players: {players}, {} of virtual time, {} events, digest {digest}",
        time(manifest.duration_us),
        count(manifest.events),
    )
}

/// From when on it is counted, if that is not the beginning.
fn warm_up(text: &mut String, summary: &Summary) -> std::fmt::Result {
    let Some(whole) = &summary.whole else { return Ok(()) };
    writeln!(text, "counted after a warm-up of {}; what is found is of all", time(whole.from_us))
}

fn promise(text: &mut String, promise: Promise) -> std::fmt::Result {
    match promise {
        Promise::None => Ok(()),
        Promise::Kept { needed, allowed } => writeln!(
            text,
            "inside the promise: clocks may be apart by {} of {} that the margins cover",
            time(micros(needed)),
            time(micros(allowed))
        ),
        Promise::Outside { needed, allowed } => writeln!(
            text,
            "OUTSIDE THE PROMISE: clocks may be apart by {}, the margins cover {}",
            time(micros(needed)),
            time(micros(allowed))
        ),
    }
}

/// The run in numbers; `allowed` is how many updates an hour each player adds to the limits.
fn counts(text: &mut String, summary: &Summary, allowed: Option<u64>) -> std::fmt::Result {
    let Summary { starts, messages, progress, overlaps, .. } = summary;
    // Of data that goes where it belongs there is nothing to say.
    if summary.status.keys().any(|status| status != "production") {
        writeln!(text, "Status     {}", by_name(&summary.status))?;
    }
    writeln!(
        text,
        "Sessions   {} asked for, {} granted, rejected: {}; {} pending",
        count(starts.asked),
        count(starts.granted),
        by_name(&starts.failed),
        count(starts.pending),
    )?;
    writeln!(text, "Start      {}", latency(summary.start_latency.as_ref()))?;
    let StartCalls { retried, retries, .. } = summary.start_calls;
    if retried > 0 {
        let retries = numbers::some(retries, "retry", "retries");
        writeln!(text, "           {} needed {retries}", plural(retried, "start"))?;
    }
    play(text, &summary.play)?;
    calls(text, &summary.calls)?;
    cost(text, summary, allowed)?;
    queues(text, &summary.waits)?;
    if let Some(errors) = errors(&summary.errors) {
        writeln!(text, "Errors     {errors}")?;
    }
    writeln!(text, "Conflicts  {}", by_name(&summary.conflicts))?;
    self::messages(text, messages)?;
    if let Some(openings) = summary.breaker_openings {
        writeln!(text, "Breakers   opened {}", times(openings))?;
    }
    writeln!(
        text,
        "Changes    {} made, {} refused, lost: {}; {} rolled back{}",
        count(progress.edits),
        count(progress.refused),
        by_name(&progress.lost),
        count(progress.rolled_back),
        if_any("; longest unsaved ", progress.dirty_age_max_us),
    )?;
    saves(text, &summary.saves)?;
    writeln!(
        text,
        "Overlaps   double ownership: {}{}{}; writes without ownership: {}; paused owners: {}",
        by_name(&overlaps.double_ownership),
        if_any(", the longest ", overlaps.double_ownership_max_us),
        if_any(", by clocks apart by up to ", overlaps.clocks_apart_max_us),
        count(overlaps.write_without_ownership),
        count(overlaps.paused_owner),
    )?;
    trades(text, summary)?;
    writeln!(text, "Faults     {}", faults(&summary.faults))
}

/// How players came into the game, rejections included.
fn play(text: &mut String, play: &Play) -> std::fmt::Result {
    let Play { in_game, gave_up, waiting, p50_us, p90_us, p99_us, max_us, .. } = *play;
    let within = |us: Option<u64>| us.map_or("never".to_owned(), time);
    let ended = in_game + gave_up;
    if ended + waiting == 0 {
        return Ok(());
    }
    write!(text, "Into play  ")?;
    if ended > 0 {
        let [p50, p90, p99, max] = [p50_us, p90_us, p99_us, max_us].map(within);
        write!(text, "p50 {p50}, p90 {p90}, p99 {p99}, longest {max} ")?;
    }
    let ways = [(in_game, "came in"), (gave_up, "gave up"), (waiting, "still waiting")];
    let ways = ways.into_iter().filter(|(n, _)| *n > 0);
    let ways: Vec<String> = ways.map(|(n, how)| format!("{} {how}", count(n))).collect();
    writeln!(text, "(from the first attempt on; {})", ways.join(", "))
}

/// How long starts took, if any was granted.
fn latency(latency: Option<&Quantiles>) -> String {
    let Some(Quantiles { count, p50_us, p90_us, p99_us, max_us }) = latency else {
        return "none was granted".to_owned();
    };
    let [p50, p90, p99, max] = [p50_us, p90_us, p99_us, max_us].map(|us| time(*us));
    let starts = plural(*count, "start");
    format!("p50 {p50}, p90 {p90}, p99 {p99}, longest {max} (of {starts}, 1 seed)")
}

/// A time with the words before it; nothing if there is none.
fn if_any(words: &str, us: Option<u64>) -> String {
    us.map_or(String::new(), |us| format!("{words}{}", time(us)))
}

/// Calls by kind, and what became of them.
fn calls(text: &mut String, calls: &BTreeMap<String, Calls>) -> std::fmt::Result {
    let heads = ["Calls", "sent", "retries", "failed", "refused", "short-circuited"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for (kind, Calls { sent, retries, failed, refused, short_circuited, .. }) in calls {
        let counts = [sent, retries, failed, refused, short_circuited].map(|n| count(*n));
        rows.push([vec![format!("           {kind}")], counts.to_vec()].concat());
    }
    text.write_str(&table::text(&[&[Text][..], &[Number; 5]].concat(), &rows))
}

/// What a player in the game costs, if there was any.
fn cost(text: &mut String, summary: &Summary, allowed: Option<u64>) -> std::fmt::Result {
    let Some(calls) = summary.calls_per_player_hour else { return Ok(()) };
    let played = time(summary.played_us);
    write!(text, "Cost       {} per player-hour ({played} in game)", plural(calls, "call"))?;
    match allowed {
        Some(allowed) => {
            let (share, allowed) = (share(calls, allowed), count(allowed));
            writeln!(text, "; {share} of the {allowed} that each player adds to the limits")
        }
        None => writeln!(text),
    }
}

/// The errors that calls were answered with, if they say more than that calls failed: if any of
/// them tells why, and that the call was not applied.
fn errors(counts: &BTreeMap<String, u64>) -> Option<String> {
    let mut refusals = Error::all().filter(|error| error.applied() == Applied::Never);
    refusals.any(|error| counts.contains_key(&error.to_string())).then(|| by_name(counts))
}

/// What games were told of their calls of `Save()`, if they made any.
fn saves(text: &mut String, saves: &Saves) -> std::fmt::Result {
    let Saves { called, returned_true, returned_false } = saves;
    if *called == 0 {
        return Ok(());
    }
    let ended = returned_true + returned_false.values().sum::<u64>();
    let never = match called.saturating_sub(ended) {
        0 => String::new(),
        n => format!("; {} never returned", count(n)),
    };
    let (called, stored) = (times(*called), count(*returned_true));
    let failed = by_name(returned_false);
    writeln!(text, "Save()     called {called}: {stored} true; false: {failed}{never}")
}

/// Trades and purchases, where there are any; and sessions that were never released.
fn trades(text: &mut String, summary: &Summary) -> std::fmt::Result {
    if let Some(trades) = &summary.trades {
        writeln!(
            text,
            "Trades     {} of {}; exposed: {}, {} at the most; duplicated: {}; lost: {}",
            count(trades.made),
            plural(trades.minted, "item"),
            count(trades.exposed),
            count(trades.exposed_max),
            by_name(&trades.duplicated),
            by_name(&trades.lost),
        )?;
    }
    if let Some(purchases) = &summary.purchases {
        writeln!(
            text,
            "Purchases  {} made, put into the data {}, granted {}, {} of them not noted; \
             stored twice: {}; lost: {}",
            count(purchases.bought),
            times(purchases.received),
            times(purchases.granted),
            count(purchases.unnoted),
            count(purchases.twice),
            count(purchases.lost),
        )?;
    }
    writeln!(text, "Leaks      {}", count(summary.leaks))
}

/// Calls that had to wait for a budget; nothing if none had to.
fn queues(text: &mut String, waits: &Waits) -> std::fmt::Result {
    if !waits.is_none() {
        writeln!(
            text,
            "Queues     {} waited{}; dropped: {}",
            plural(waits.queued, "call"),
            if_any(", the longest ", waits.longest_us),
            by_name(&waits.dropped),
        )?;
    }
    Ok(())
}

fn messages(text: &mut String, messages: &Messages) -> std::fmt::Result {
    writeln!(
        text,
        "Messages   {} sent, {} delivered, {} lost, {} duplicated, {} without subscriber{}",
        count(messages.sent),
        count(messages.delivered),
        count(messages.lost),
        count(messages.duplicated),
        count(messages.no_subscriber),
        match messages.under_way {
            0 => String::new(),
            n => format!(", {} under way at the end", count(n)),
        },
    )?;
    let stopped = [
        ("refused", &messages.refused),
        ("dropped", &messages.dropped),
        ("not subscribed", &messages.not_subscribed),
    ];
    for (what, reasons) in stopped.into_iter().filter(|(_, reasons)| !reasons.is_empty()) {
        writeln!(text, "           {what}: {}", by_name(reasons))?;
    }
    Ok(())
}

/// Counts by name as `131 lease_held, 2 timeout`, or `none`.
fn by_name(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let parts = counts.iter().map(|(name, n)| format!("{} {name}", count(*n)));
    parts.collect::<Vec<String>>().join(", ")
}

/// Microseconds of a duration.
fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// What went wrong, in nouns. Tapes and JSON keep the short names.
fn faults(counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return "none".to_owned();
    }
    let parts = counts.iter().map(|(name, n)| {
        let site = Site::ALL.iter().copied().find(|site| site.name() == name);
        let (one, many) = match site {
            Some(site) => nouns(site),
            None => (name.as_str(), name.as_str()),
        };
        numbers::some(*n, one, many)
    });
    parts.collect::<Vec<String>>().join(", ")
}

/// What one fault of a kind is called, and several.
fn nouns(site: Site) -> (&'static str, &'static str) {
    match site {
        Site::FailsBefore => ("call failed unapplied", "calls failed unapplied"),
        Site::FailsAfter => ("call failed though applied", "calls failed though applied"),
        Site::NeverAnswers => ("call never answered", "calls never answered"),
        Site::NeverArrives => ("call that never arrived", "calls that never arrived"),
        Site::Damaged => ("value damaged", "values damaged"),
        Site::Throttled => ("call throttled", "calls throttled"),
        Site::ReadsStale => ("stale read", "stale reads"),
        Site::ReadsNil => ("false nil", "false nils"),
        Site::WrongScope => ("call in the wrong scope", "calls in the wrong scope"),
        Site::Lost => ("message lost", "messages lost"),
        Site::Duplicated => ("message duplicated", "messages duplicated"),
        Site::Unnoted => ("grant not noted", "grants not noted"),
        Site::Crash => ("crash", "crashes"),
        Site::Pause => ("pause", "pauses"),
        Site::Step => ("clock step", "clock steps"),
        Site::OutOfMemory => ("server out of memory", "servers out of memory"),
        Site::Incident => ("incident", "incidents"),
        Site::Timeline => ("timeline event", "timeline events"),
        Site::SubscribeFails => ("subscription failed", "subscriptions failed"),
        Site::SubscribeHangs => ("subscription never ended", "subscriptions never ended"),
        Site::Partition => ("cut from messages", "cuts from messages"),
        Site::Operation => ("operation from outside", "operations from outside"),
    }
}

/// How wide the names of what holds are set.
const NAMES_WIDE: usize = 104;

/// What holds, by name: what each promises is told by `leasehold list`.
fn hold(text: &mut String, holding: &[&Invariant]) -> std::fmt::Result {
    let mut lines: Vec<String> = Vec::new();
    for (nth, Invariant { name, .. }) in holding.iter().enumerate() {
        let end = if nth + 1 < holding.len() { "," } else { "" };
        match lines.last_mut().filter(|line| line.len() + name.len() + 2 <= NAMES_WIDE) {
            Some(line) => write!(line, " {name}{end}")?,
            None => lines.push(format!("{name}{end}")),
        }
    }
    for (nth, line) in lines.iter().enumerate() {
        writeln!(text, "  {:8}  {line}", if nth == 0 { "hold" } else { "" })?;
    }
    Ok(())
}

fn describe_broken(text: &mut String, invariant: &Invariant) -> std::fmt::Result {
    let Invariant { name, promise, violations, expected, causes: _, first } = invariant;
    let state = if expected == "holds" { "VIOLATED" } else { "violated" };
    writeln!(text, "  {state:8}  {name:39}{promise}")?;
    let Some(Violation { at_us, server, key, why, .. }) = first.first() else { return Ok(()) };
    let place: Vec<&str> =
        [server, key].into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let asked = if expected == "violated" { ", as expected" } else { "" };
    writeln!(
        text,
        "            {}{asked}; first at {} on {}:",
        times(*violations),
        moment(*at_us),
        place.join(", ")
    )?;
    writeln!(text, "            {why}")
}

/// What players felt, by cause.
fn harm(text: &mut String, harm: &[Invariant]) -> std::fmt::Result {
    if harm.is_empty() {
        return Ok(());
    }
    writeln!(text, "\nHarm")?;
    let rows = harm.iter().map(|row| {
        let many = format!("  {}", count(row.violations));
        vec![many, row.name.clone(), format!("{}: {}", row.promise, by_name(&row.causes))]
    });
    text.write_str(&table::text(&[Number, Text, Text], &rows.collect::<Vec<_>>()))
}

fn verdict(text: &mut String, outcome: &Outcome) -> std::fmt::Result {
    writeln!(text, "{}", paint::verdict(outcome.verdict.name()))?;
    for missing in &outcome.missing {
        writeln!(text, "         {missing}")?;
    }
    if let Some(defaults) = outcome.bounds.defaults() {
        writeln!(text, "         {defaults}")?;
    }
    Ok(())
}

/// A row of the table of runs side by side: what it is called, and a run's cell. A row in which no
/// run has anything is left out.
type Beside = (&'static str, fn(&Summary) -> Option<String>);

const BESIDE: [Beside; 20] = [
    ("sessions granted", |s| Some(count(s.starts.granted))),
    ("starts rejected", |s| {
        let refused = sum(&s.starts.failed);
        Some(format!("{} ({})", count(refused), share(refused, s.starts.asked)))
    }),
    ("start p50", |s| s.start_latency.as_ref().map(|times| time(times.p50_us))),
    ("start p99", |s| s.start_latency.as_ref().map(|times| time(times.p99_us))),
    ("time to play p50", |s| time_to_play(s, s.play.p50_us)),
    ("time to play p99", |s| time_to_play(s, s.play.p99_us)),
    ("sessions lost", |s| Some(count(sum(&s.sessions_lost)))),
    ("calls per session", |s| {
        let calls = s.calls.values().map(|calls| calls.sent).sum::<u64>();
        Some(ratio(calls, s.starts.granted))
    }),
    ("calls per player-hour", |s| s.calls_per_player_hour.map(count)),
    ("renewals", |s| Some(count(s.calls.get("renew").map_or(0, |calls| calls.sent)))),
    ("messages", |s| Some(count(s.messages.sent))),
    ("double ownership", |s| Some(count(sum(&s.overlaps.double_ownership)))),
    ("changes lost", |s| Some(count(sum(&s.progress.lost)))),
    ("changes rolled back", |s| Some(count(s.progress.rolled_back))),
    ("Save() returned true", |s| {
        (s.saves.called > 0).then(|| share(s.saves.returned_true, s.saves.called))
    }),
    ("items duplicated", |s| s.trades.as_ref().map(|trades| count(sum(&trades.duplicated)))),
    ("items lost", |s| s.trades.as_ref().map(|trades| count(sum(&trades.lost)))),
    ("purchases granted", |s| s.purchases.as_ref().map(|bought| count(bought.granted))),
    ("receipts stored twice", |s| s.purchases.as_ref().map(|bought| count(bought.twice))),
    ("receipts lost", |s| s.purchases.as_ref().map(|bought| count(bought.lost))),
];

fn sum(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().sum()
}

/// A time from a player's first attempt on, if there was any.
fn time_to_play(summary: &Summary, us: Option<u64>) -> Option<String> {
    let anybody = summary.play.in_game + summary.play.gave_up + summary.play.waiting > 0;
    anybody.then(|| us.map_or("never".to_owned(), time))
}

/// The runs side by side: the same players with common random numbers.
fn compare(text: &mut String, runs: &[Done]) -> std::fmt::Result {
    let head = std::iter::once("").chain(runs.iter().map(|run| run.name.as_str()));
    let mut table = vec![head.map(str::to_owned).collect::<Vec<String>>()];
    for (label, cell) in BESIDE {
        let cells = runs.iter().map(|run| cell(&run.outcome.dataset.summary));
        let cells: Vec<Option<String>> = cells.collect();
        if cells.iter().any(Option::is_some) {
            let cells = cells.into_iter().map(|cell| cell.unwrap_or("-".to_owned()));
            table.push(std::iter::once(format!("  {label}")).chain(cells).collect());
        }
    }
    let columns = [vec![Text], vec![Number; runs.len()]].concat();
    write!(text, "\nSide by side, with common random numbers\n{}", table::text(&columns, &table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_if_any_of_them_says_more_than_that_a_call_failed() {
        let mut counts: BTreeMap<String, u64> = [("RequestRejected (502)".to_owned(), 12)].into();
        assert_eq!(errors(&counts), None);
        counts.insert(Error::KeyThrottled.to_string(), 3);
        let told = errors(&counts).expect("a throttle says more");
        assert!(
            told.contains("12 RequestRejected (502)") && told.contains("KeyThrottled"),
            "{told}"
        );
    }

    #[test]
    fn a_time_of_which_there_was_none_is_not_told_as_no_time() {
        let mut text = String::new();
        counts(&mut text, &Summary::default(), None).expect("a string takes it");
        assert!(text.contains("Start      none was granted"), "{text}");
        assert!(!text.contains("longest") && !text.contains("p50"), "{text}");
        let none = BESIDE.iter().filter(|(_, cell)| cell(&Summary::default()).is_none());
        let told: Vec<&str> = none.map(|(label, _)| *label).collect();
        assert!(["start p50", "start p99", "items lost"].iter().all(|row| told.contains(row)));
    }

    #[test]
    fn every_fault_is_told_in_a_noun_of_its_own_and_in_the_right_number() {
        assert_eq!(faults(&BTreeMap::new()), "none");
        let counts = |n: u64| Site::ALL.iter().map(move |site| (site.name().to_owned(), n));
        let (one, many) = (faults(&counts(1).collect()), faults(&counts(1_457).collect()));
        for site in Site::ALL.iter().copied() {
            assert!(one.contains(&format!("1 {}", nouns(site).0)), "{one}");
            assert!(many.contains(&format!("1,457 {}", nouns(site).1)), "{many}");
        }
        let known = [("is lost".to_owned(), 457), ("crash".to_owned(), 1)];
        assert_eq!(faults(&known.into()), "1 crash, 457 messages lost");
    }
}
