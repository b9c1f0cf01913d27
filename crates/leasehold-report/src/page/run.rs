//! The page of a run: what was run, what held and what went wrong, why the worst of it did, and
//! then everything else.

use super::{Cell, Frame, Section, commands, facts, figure, table, verdict};
use crate::charts;
use crate::picture::DrawError;
use crate::story::diagram;
use leasehold_data::numbers::{count, moment, plural, time, times};
use leasehold_data::{Dataset, Invariant, Manifest, Story, StoryEvent, Summary, Timeline};
use maud::{Markup, PreEscaped, html};
use std::collections::BTreeMap;

/// All that a run's page is made of.
#[derive(Clone, Copy, Debug)]
pub struct RunPage<'a> {
    /// The run.
    pub dataset: &'a Dataset,
    /// What was expected and did not come, in words.
    pub missing: &'a [String],
    /// Why the worst that was found happened; nothing if nothing was found.
    pub story: Option<&'a Story>,
    /// The run step by step, if that was asked for.
    pub timeline: Option<&'a Timeline>,
    /// What was run, as a file.
    pub scenario: &'a str,
    /// Commands that go on with it: what each does, and the command.
    pub commands: &'a [(String, String)],
}

/// The page of a run.
///
/// # Errors
/// If a chart cannot be drawn.
pub fn run(page: &RunPage<'_>) -> Result<String, DrawError> {
    let manifest = &page.dataset.manifest;
    let timeline = page
        .timeline
        .map(|timeline| serde_json::to_string(timeline).expect("a timeline is plain columns"));
    let mut sections = vec![found(page)];
    if let Some(story) = page.story {
        sections.push(why(manifest, story)?);
    }
    if page.timeline.is_some() {
        let body = html! { (PreEscaped(super::VIEW)) };
        sections.push(Section { id: "time", title: "Timeline", body });
    }
    let mut drawn = Vec::new();
    for chart in charts(page.dataset) {
        drawn.push(figure(&chart)?);
    }
    sections.push(Section {
        id: "charts",
        title: "Charts",
        body: html! { @for figure in drawn { (figure) } },
    });
    sections.push(numbers(&page.dataset.summary));
    sections.push(Section {
        id: "configuration",
        title: "Configuration",
        body: html! { pre class="copy" tabindex="0" { (page.scenario) } },
    });
    sections.push(Section { id: "commands", title: "Commands", body: commands(page.commands) });
    let title = format!("{}, seed {}", manifest.scenario, manifest.seed);
    let frame = Frame { title, header: header(page), sections, timeline: timeline.as_deref() };
    Ok(frame.print())
}

fn header(page: &RunPage<'_>) -> Markup {
    let Manifest { scenario, title, protocol, seed, forks, digest, servers, players, .. } =
        &page.dataset.manifest;
    let Manifest { duration_us, events, tool, .. } = &page.dataset.manifest;
    let mut known = vec![
        ("Library", protocol.clone()),
        ("Seed", seed.to_string()),
        ("World", format!("{}, {}", plural(*servers, "server"), plural(*players, "player"))),
        ("Virtual time", time(*duration_us)),
        ("Events", count(*events)),
        ("Digest", digest.clone()),
        ("Leasehold", tool.clone()),
    ];
    if !forks.is_empty() {
        known.insert(2, ("Forks", forks.join(", ")));
    }
    html! {
        h1 { (scenario) }
        button type="button" id="theme" hidden {}
        @if !title.is_empty() { p class="lead" { (title) } }
        (facts(&known))
        (verdict(&page.dataset.manifest.verdict, &meaning(page)))
    }
}

/// The verdict in a sentence.
fn meaning(page: &RunPage<'_>) -> String {
    let broken = page.dataset.invariants.iter().filter(|one| one.violations > 0);
    let (wanted, unwanted): (Vec<_>, Vec<_>) = broken.partition(|one| one.expected != "holds");
    let names = |of: &[&Invariant]| {
        let name = |one: &&Invariant| format!("{} ({})", one.name, times(one.violations));
        of.iter().map(name).collect::<Vec<_>>()
    };
    match (unwanted.is_empty(), wanted.is_empty(), page.missing.first()) {
        (false, ..) => format!("broken: {}", names(&unwanted).join(", ")),
        (true, _, Some(missing)) => missing.clone(),
        (true, false, None) => {
            format!("what is broken is expected: {}", names(&wanted).join(", "))
        }
        (true, true, None) => "every promise was kept".to_owned(),
    }
}

/// What everybody asks first, answered: can two servers own a player at once, what is lost, can
/// players get in, what does it cost?
fn short(summary: &Summary) -> Vec<String> {
    let causes = |of: &BTreeMap<String, u64>| {
        let causes = of.iter().map(|(cause, n)| format!("{} {cause}", count(*n)));
        causes.collect::<Vec<_>>().join(", ")
    };
    let overlaps = &summary.overlaps;
    let twice: u64 = overlaps.double_ownership.values().sum();
    let longest = overlaps.double_ownership_max_us.map_or(String::new(), |us| {
        format!(", {} in all, the longest {}", time(overlaps.double_ownership_us), time(us))
    });
    let owned = match twice {
        0 => "No two servers owned the same player's data at once.".to_owned(),
        _ => format!(
            "Two servers owned the same player's data at once {}{longest} ({}).",
            times(twice),
            causes(&overlaps.double_ownership)
        ),
    };
    let progress = &summary.progress;
    let (lost, rolled_back): (u64, u64) = (progress.lost.values().sum(), progress.rolled_back);
    let (all, back) = (count(progress.edits), count(rolled_back));
    let lost = match (lost, rolled_back) {
        (0, 0) => format!("None of {all} changes was lost."),
        (0, _) => format!("Of {all} changes, {back} were written over by older data."),
        (_, 0) => {
            format!("Of {all} changes, {} were lost ({}).", count(lost), causes(&progress.lost))
        }
        _ => format!(
            "Of {all} changes, {} were lost ({}), and {back} written over by older data.",
            count(lost),
            causes(&progress.lost)
        ),
    };
    let play = &summary.play;
    let within =
        |us: Option<u64>| us.map_or("never".to_owned(), |us| format!("within {}", time(us)));
    let mut came = format!(
        "Half of the players who wanted in were playing {}, 99 in a hundred {}",
        within(play.p50_us),
        within(play.p99_us)
    );
    if play.gave_up > 0 {
        came.push_str(&format!("; {} gave up", count(play.gave_up)));
    }
    let cost = summary.calls_per_player_hour.map(|calls| {
        let budget = summary.budget_used_ppm.map_or(String::new(), |ppm| {
            let share = leasehold_data::numbers::percent(ppm as f64 / 1e6);
            format!(", {share} of what servers may ask for")
        });
        format!("It cost {} for each player-hour{budget}.", plural(calls, "datastore call"))
    });
    [owned, lost, came + "."].into_iter().chain(cost).collect()
}

/// So many findings stand in the open.
const FIRST: usize = 5;

/// What held, what was broken, and what harm was done.
fn found(page: &RunPage<'_>) -> Section {
    let dataset = page.dataset;
    let broken: Vec<&Invariant> =
        dataset.invariants.iter().filter(|one| one.violations > 0).collect();
    let held: Vec<&str> = dataset
        .invariants
        .iter()
        .filter(|one| one.violations == 0)
        .map(|one| one.name.as_str())
        .collect();
    let row = |one: &&Invariant| {
        let causes: Vec<String> =
            one.causes.iter().map(|(cause, n)| format!("{} {cause}", count(*n))).collect();
        vec![
            Cell::Text(one.name.clone()),
            Cell::Number(count(one.violations)),
            Cell::Text(causes.join(", ")),
            Cell::Text(one.promise.clone()),
        ]
    };
    let head = ["", "times", "by", "what"];
    let findings: Vec<String> =
        page.timeline.iter().flat_map(|timeline| &timeline.findings).map(told).collect();
    let body = html! {
        ul class="short" { @for line in short(&dataset.summary) { li { (line) } } }
        @if !broken.is_empty() {
            h3 { "Broken" }
            (table("Broken promises", &head, &broken.iter().map(row).collect::<Vec<_>>()))
        }
        @if !dataset.harm.is_empty() {
            h3 { "Harm" }
            (table("Harm", &head, &dataset.harm.iter().map(|one| row(&one)).collect::<Vec<_>>()))
        }
        @if !findings.is_empty() {
            h3 { "The first findings" }
            ol class="findings" {
                @for (nth, finding) in (1..).zip(&findings).take(FIRST) {
                    li id={ "finding-" (nth) } { a href={ "#finding-" (nth) } { (finding) } }
                }
            }
            @if findings.len() > FIRST {
                details {
                    summary { (findings.len() - FIRST) " more" }
                    ol class="findings" start=(FIRST + 1) {
                        @for (nth, finding) in (1..).zip(&findings).skip(FIRST) {
                            li id={ "finding-" (nth) } { a href={ "#finding-" (nth) } { (finding) } }
                        }
                    }
                }
            }
        }
        @if !held.is_empty() { p { strong { "Held: " } (held.join(", ")) "." } }
        @if !page.missing.is_empty() {
            h3 { "Expected, and not seen" }
            ul { @for missing in page.missing { li { (missing) } } }
        }
    };
    Section { id: "verdict", title: "What was found", body }
}

fn told(finding: &leasehold_data::TimelineFinding) -> String {
    format!("{}, {}: {}", moment(finding.at_us), finding.class, finding.why)
}

/// Why the worst of it happened: in a sentence, as a picture, and step by step.
fn why(manifest: &Manifest, story: &Story) -> Result<Section, DrawError> {
    let svg = diagram(manifest, story).svg()?;
    let from = |nth: usize| {
        let links = story.links.iter().filter(move |link| link.to == nth && link.from + 1 < nth);
        let told = links.map(|link| format!("from step {} ({})", link.from + 1, link.how.name()));
        told.collect::<Vec<_>>().join(", ")
    };
    let step = |(nth, event): (usize, &StoryEvent)| {
        let class = if event.fault.is_some() { "fault" } else { "" };
        let from = from(nth);
        html! {
            li class=[Some(class).filter(|class| !class.is_empty())] {
                time { (moment(event.at_us)) }
                span class="where" { (event.lane) }
                span class="what" {
                    @if let Some(fault) = &event.fault { "fault " (fault) ": " }
                    (event.words)
                }
                @if !from.is_empty() { span class="how" { (from) } }
            }
        }
    };
    let body = html! {
        p { strong { (story.invariant) ", by " (story.cause) ": " } (story.why) }
        figure class="chart" {
            div class="drawing" role="img" aria-label="What led to it, as a diagram of messages and calls" {
                (PreEscaped(svg))
            }
        }
        ol class="steps" { @for event in story.events.iter().enumerate() { (step(event)) } }
    };
    Ok(Section { id: "story", title: "Why it happened", body })
}

/// What was counted.
fn numbers(summary: &Summary) -> Section {
    let us = |us: Option<u64>| us.map_or("never".to_owned(), time);
    let line = |name: &str, value: String| vec![Cell::Text(name.to_owned()), Cell::Number(value)];
    let lost: u64 = summary.progress.lost.values().sum();
    let failed: u64 = summary.starts.failed.values().sum();
    let mut lines = vec![
        line("session starts asked for", count(summary.starts.asked)),
        line("granted", count(summary.starts.granted)),
        line("of those, hand-offs from another server", count(summary.starts.handed_off)),
        line("rejected", count(failed)),
        line("half of the players are in within", us(summary.play.p50_us)),
        line("99 in a hundred within", us(summary.play.p99_us)),
        line("players who gave up", count(summary.play.gave_up)),
        line("changes made", count(summary.progress.edits)),
        line("changes lost", count(lost)),
        line("changes written over by older data", count(summary.progress.rolled_back)),
        line("double ownership, all together", time(summary.overlaps.double_ownership_us)),
        line("writes without ownership", count(summary.overlaps.write_without_ownership)),
        line("locks left behind, all together for", time(summary.locks_orphaned_us)),
        line("messages sent", count(summary.messages.sent)),
    ];
    if let Some(calls) = summary.calls_per_player_hour {
        lines.push(line("datastore calls for each player-hour", count(calls)));
    }
    if let Some(ppm) = summary.budget_used_ppm {
        let share = leasehold_data::numbers::percent(ppm as f64 / 1e6);
        lines.push(line("of what servers may ask for", share));
    }
    let calls = summary.calls.iter().map(|(kind, calls)| {
        let hour = calls.per_player_hour.map_or(String::new(), count);
        let numbers = [calls.sent, calls.retries, calls.failed, calls.refused];
        let mut row = vec![Cell::Text(kind.clone())];
        row.extend(numbers.map(|n| Cell::Number(count(n))));
        row.push(Cell::Number(hour));
        row
    });
    let calls: Vec<Vec<Cell>> = calls.collect();
    let head = ["calls", "sent", "retries", "failed", "refused", "a player-hour"];
    let body = html! {
        (table("Numbers", &["", ""], &lines))
        h3 { "Datastore calls by kind" }
        (table("Calls", &head, &calls))
    };
    Section { id: "numbers", title: "Numbers", body }
}
