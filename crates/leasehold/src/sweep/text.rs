//! What a sweep came to, in words for people.

use leasehold_data::numbers::{count, number, percent, plural, some, time, times};
use leasehold_data::{Count, Estimate, Metric, SweepTotals, ViolationClass};
use leasehold_sim::Scenario;
use std::fmt::Write;
use std::path::Path;

/// The summary of a sweep.
pub(crate) fn text(totals: &SweepTotals, scenario: &Scenario, path: &Path) -> String {
    let mut text = String::new();
    describe(&mut text, totals, scenario).expect("writing to a string does not fail");
    let _ = writeln!(text, "\nFiles    {}", path.display());
    text
}

fn describe(text: &mut String, totals: &SweepTotals, scenario: &Scenario) -> std::fmt::Result {
    head(text, totals, scenario)?;
    writeln!(text, "\nSeeds                share   95 % interval")?;
    for verdict in totals.verdicts.iter().filter(|verdict| verdict.seeds > 0) {
        counted(text, verdict)?;
    }
    writeln!(text, "\nPer seed                            mean   95 % interval")?;
    for metric in &totals.metrics {
        // What never happened needs no line, and violations have a table of their own.
        if metric.max > Some(0) && !metric.name.starts_with("violations.") {
            describe_metric(text, metric, totals.seeds)?;
        }
    }
    if !totals.violations.is_empty() {
        writeln!(text, "\nViolations           share   95 % interval")?;
        for class in &totals.violations {
            describe_class(text, class)?;
        }
    }
    if !totals.marks.is_empty() {
        writeln!(text, "\nMarks                share   95 % interval")?;
        for mark in &totals.marks {
            counted(text, mark)?;
        }
    }
    unseen(text, totals)?;
    if totals.seeds < totals.seeds_asked {
        writeln!(
            text,
            "It ended with the first seed that violates: shares and means are of the seeds up to \
             it, and say little about others."
        )?;
    }
    writeln!(text, "\nVerdict  {}", totals.verdict)?;
    for missing in &totals.missing {
        writeln!(text, "         {missing}")?;
    }
    Ok(())
}

fn head(text: &mut String, totals: &SweepTotals, scenario: &Scenario) -> std::fmt::Result {
    let SweepTotals { scenario: name, title, protocol, first_seed, last_seed, shard, .. } = totals;
    let title = if title.is_empty() { String::new() } else { format!(": {title}") };
    let part = match shard.of {
        1 => String::new(),
        of => format!(", part {} of {of}", shard.nth),
    };
    writeln!(text, "{name}, seeds {first_seed} to {last_seed}{part}{title}")?;
    if !scenario.swarm.draw.is_empty() {
        let fields = plural(scenario.swarm.draw.len() as u64, "field");
        writeln!(text, "drawn for each seed: {fields} of the scenario")?;
    }
    // What is drawn is another in each seed, whatever the scenario itself says of it.
    let is_drawn = |path: &str| scenario.swarm.draw.contains_key(path);
    let number = |path: &str, number: u32| match is_drawn(path) {
        true => "drawn".to_owned(),
        false => count(number),
    };
    let length = match is_drawn("duration") {
        true => "a drawn span".to_owned(),
        false => time(scenario.duration.us()),
    };
    writeln!(
        text,
        "{}, servers: {}, players: {}, {} of virtual time each; {} run, version {}",
        protocol.as_deref().unwrap_or("protocol: drawn"),
        number("servers.count", scenario.servers.count),
        number("players.count", scenario.players.count),
        length,
        plural(totals.seeds, "seed"),
        totals.tool,
    )
}

fn counted(text: &mut String, Count { name, seeds, share }: &Count) -> std::fmt::Result {
    writeln!(text, "  {:>8}  {}  {name}", count(*seeds), shares(share))
}

/// A line of a metric that some seed has, of so many.
fn describe_metric(text: &mut String, metric: &Metric, all: u64) -> std::fmt::Result {
    let Metric { name, seeds, mean: Some(mean), min: Some(min), max: Some(max) } = metric else {
        return Ok(());
    };
    let is_time = name.ends_with("_us");
    let shown = |value: f64| if is_time { time(value.round() as u64) } else { number(value) };
    let whole = |n: u64| if is_time { time(n) } else { count(n) };
    let name = name.strip_suffix("_us").unwrap_or(name).replace('_', " ");
    let interval = match (mean.low, mean.high) {
        (Some(low), Some(high)) => format!("{} to {}", shown(low), shown(high)),
        _ => "one seed has no spread".to_owned(),
    };
    let of = match *seeds < all {
        true => format!(", of {}", plural(*seeds, "seed")),
        false => String::new(),
    };
    let ends = format!("({} to {}){of}", whole(*min), whole(*max));
    writeln!(text, "  {name:24}{:>14}   {interval:26}  {ends}", shown(mean.value))
}

fn describe_class(text: &mut String, class: &ViolationClass) -> std::fmt::Result {
    let ViolationClass { invariant, cause, expected, violations, seeds, share, first_seeds } =
        class;
    let asked = match expected.as_str() {
        "violated" => ", as expected",
        "any" => ", which may be",
        _ => ", which must not be",
    };
    writeln!(text, "  {:>8}  {}  {invariant}: {cause}{asked}", count(*seeds), shares(share))?;
    let first: Vec<String> = first_seeds.iter().map(u64::to_string).collect();
    let more = if *seeds > first.len() as u64 { ", ..." } else { "" };
    writeln!(text, "            {}, in seeds {}{more}", times(*violations), first.join(", "))
}

fn unseen(text: &mut String, totals: &SweepTotals) -> std::fmt::Result {
    let unseen = &totals.unseen;
    let chance = match (unseen.chance.low, unseen.chance.high) {
        (Some(low), Some(high)) => format!(
            "{}, 95 % between {} and {}",
            percent(unseen.chance.value),
            percent(low),
            percent(high)
        ),
        _ => format!("{}, and no interval can be given", percent(unseen.chance.value)),
    };
    writeln!(
        text,
        "\nUnseen     {} of violations and marks were seen, {} of them in one seed of {}.\n           \
         The next seed shows another one with a chance of {chance} (Good and Turing).\n           \
         One that comes in at least {} of seeds would have been seen with 95 % confidence.",
        some(unseen.classes, "class", "classes"),
        count(unseen.in_one_seed),
        count(totals.seeds),
        percent(unseen.would_have_been_seen),
    )
}

fn shares(share: &Estimate) -> String {
    let ends = match (share.low, share.high) {
        (Some(low), Some(high)) => format!("{} to {}", percent(low), percent(high)),
        _ => "-".to_owned(),
    };
    format!("{:>9}   {ends:19}", percent(share.value))
}
