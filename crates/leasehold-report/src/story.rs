//! Why it happened: the story of a violation as a space-time diagram.
//!
//! A lane for each server that takes part and one for the datastore; who considers itself owner is
//! a thick bar. Where two bars are red side by side, the lock has failed, and the arrows above say
//! how it came to that.

use crate::diagram::{Arrow, Bar, Diagram, Look, Row, Stroke};
use crate::{caption, palette, words};
use leasehold_data::{How, Interval, Manifest, Story, StoryEvent, StoryLink, StorySpan, numbers};

/// What a title may have besides its violation, if it is no longer than so many letters.
const TITLE_MAX: usize = 120;

/// More lanes would leave no room for words.
const LANES: usize = 6;

/// Nothing is said of an idle time that is shorter, in microseconds; nor of one that is a smaller
/// part of the whole than one in so many.
const IDLE_MIN_US: u64 = 1_000_000;
const IDLE_PART: u64 = 25;

/// Draws nothing, decides everything: a story as a [`Diagram`].
pub fn diagram(manifest: &Manifest, story: &Story) -> Diagram {
    let lanes = lanes(story);
    let all = story.events.len();
    let story = &among(story, &lanes);
    let scale = Scale { story, lanes: &lanes };
    let mut notes = Vec::new();
    if story.untold > 0 {
        let steps = numbers::plural(story.untold, "step");
        notes.push(format!("Left out: {steps} that are routine, or farther back."));
    }
    if all > story.events.len() {
        let steps = numbers::plural((all - story.events.len()) as u128, "step");
        notes.push(format!("Not drawn, for want of room: {steps} of other servers."));
    }
    if let Some(from_us) = story.kept_from_us {
        notes.push(format!("What was before {} is out of reach.", numbers::moment(from_us)));
    }
    notes.push(caption::source(manifest));
    Diagram {
        slug: "story",
        title: title(story),
        subtitle: subtitle(story),
        rows: rows(story, &lanes),
        bars: scale.bars(),
        arrows: arrows(story, &lanes),
        legend: legend(story, &scale),
        lanes,
        notes,
    }
}

/// The lanes in the order in which they come up, but the datastore is second. If there are too
/// many, those stay in which it ends: where the violation is, where two own, and the last.
fn lanes(story: &Story) -> Vec<String> {
    let owners = overlaps(story).into_iter().rev().flat_map(|(lanes, _)| lanes);
    let last = story.events.iter().rev().map(|event| event.lane.clone());
    let mut shown: Vec<String> = Vec::new();
    for lane in last.clone().take(1).chain(owners).chain(last) {
        if lane != DATASTORE && !shown.contains(&lane) && shown.len() < LANES {
            shown.push(lane);
        }
    }
    let came_up = |lane: &String| story.events.iter().position(|event| event.lane == *lane);
    shown.sort_by_key(came_up);
    shown.insert(shown.len().min(1), DATASTORE.to_owned());
    shown
}

/// What happens in some lanes.
fn among(story: &Story, lanes: &[String]) -> Story {
    let shown: Vec<usize> =
        (0..story.events.len()).filter(|nth| lanes.contains(&story.events[*nth].lane)).collect();
    let at = |nth: usize| shown.binary_search(&nth).ok();
    let link = |link: &StoryLink| {
        Some(StoryLink { from: at(link.from)?, to: at(link.to)?, ..link.clone() })
    };
    Story {
        events: shown.iter().map(|nth| story.events[*nth].clone()).collect(),
        links: story.links.iter().filter_map(link).collect(),
        ..story.clone()
    }
}

const DATASTORE: &str = "datastore";

fn place(lanes: &[String], lane: &str) -> usize {
    lanes.iter().position(|known| known == lane).expect("what is drawn has a lane")
}

fn title(story: &Story) -> String {
    let both = overlaps(story);
    let key = words::line(&story.key);
    let of = if key.is_empty() { String::new() } else { format!("{key}: ") };
    let faults: Vec<&StoryEvent> = story.events.iter().filter(|event| decided(event)).collect();
    let after = match faults.as_slice() {
        [] => String::new(),
        [one] => format!(", as {}", happened(one)),
        [one, other] => format!(", as {}, and {}", happened(one), happened(other)),
        all if all.iter().all(|event| event.lost.is_some()) => {
            format!(", as {} are lost", numbers::plural(all.len() as u128, "message"))
        }
        all => format!(", after {}", numbers::plural(all.len() as u128, "fault")),
    };
    match both.last().filter(|_| story.overlap) {
        Some((_, during)) => {
            let time = numbers::time(during.to_us - during.from_us);
            format!("{of}two owners at once for {time}{after}")
        }
        None => {
            let why = format!("{of}{}", words::line(&story.why));
            // A long one says it all.
            let both = format!("{why}{after}");
            if both.chars().count() <= TITLE_MAX { both } else { why }
        }
    }
}

/// Whether an event is a fault without which it would not have come to this, as far as was tried.
fn decided(event: &StoryEvent) -> bool {
    event.fault.is_some() && event.needed != Some(false)
}

/// A fault as part of a sentence: `s6's answer to s7 is lost`.
fn happened(event: &StoryEvent) -> String {
    match &event.lost {
        Some(what) => format!("{} is lost", words::line(what)),
        None => words::line(&event.words),
    }
}

fn subtitle(story: &Story) -> String {
    let from = story.events.first().map_or(0, |event| event.at_us);
    let to = story.events.last().map_or(0, |event| event.at_us);
    format!(
        "Broken: {} by {}. Time runs downwards from {} to {}, not to scale: a row for each step that matters.",
        words::line(&story.invariant),
        words::line(&story.cause),
        numbers::moment(from),
        numbers::moment(to)
    )
}

fn rows(story: &Story, lanes: &[String]) -> Vec<Row> {
    let ends = [story.events.first(), story.events.last()];
    let [from, to] = ends.map(|event| event.map_or(0, |event| event.at_us));
    let least = ((to - from) / IDLE_PART).max(IDLE_MIN_US);
    let mut before: Option<u64> = None;
    let mut rows = Vec::with_capacity(story.events.len());
    for (nth, event) in story.events.iter().enumerate() {
        let time = numbers::moment(event.at_us);
        let same = before.is_some_and(|before| numbers::moment(before) == time);
        let gap = before.map_or(0, |before| event.at_us - before);
        rows.push(Row {
            time: if same { String::new() } else { time },
            lane: place(lanes, &event.lane),
            words: words::line(&event.words),
            fault: decided(event),
            finding: nth + 1 == story.events.len(),
            idle: (gap >= least).then(|| numbers::time(gap)),
        });
        before = Some(event.at_us);
    }
    rows
}

fn arrows(story: &Story, lanes: &[String]) -> Vec<Arrow> {
    let mut arrows = Vec::new();
    for StoryLink { from, to, how, untold, travels } in &story.links {
        let (cause, effect) = (&story.events[*from], &story.events[*to]);
        let line = match how {
            _ if *travels => Stroke::Goes,
            How::Read | How::Replaced if cause.lane == DATASTORE => Stroke::Reason,
            How::Missed | How::Clock | How::During if *untold < 2 => Stroke::Reason,
            How::Based | How::Needed => Stroke::Reason,
            _ => continue,
        };
        let last = to + 1 == story.events.len();
        let seen = cause.lane == effect.lane || cause.towards.as_ref() == Some(&effect.lane);
        if seen || last {
            continue;
        }
        arrows.push(Arrow { from: *from, to: Some(*to), lane: place(lanes, &effect.lane), line });
    }
    for (from, event) in story.events.iter().enumerate() {
        if let Some(towards) = event.towards.as_ref().filter(|to| lanes.contains(to)) {
            let lane = place(lanes, towards);
            arrows.push(Arrow { from, to: None, lane, line: Stroke::Lost });
        }
    }
    arrows
}

/// When two lanes considered themselves owner at once, and which.
fn overlaps(story: &Story) -> Vec<([String; 2], Interval)> {
    let mut both = Vec::new();
    for (nth, one) in story.owned.iter().enumerate() {
        for other in &story.owned[nth + 1..] {
            let from_us = one.during.from_us.max(other.during.from_us);
            let to_us = one.during.to_us.min(other.during.to_us);
            if one.lane != other.lane && from_us < to_us {
                let lanes = [one.lane.clone(), other.lane.clone()];
                both.push((lanes, Interval { from_us, to_us }));
            }
        }
    }
    both
}

/// Where moments are, in rows.
struct Scale<'a> {
    story: &'a Story,
    lanes: &'a [String],
}

impl Scale<'_> {
    /// Where something in a lane begins or ends: at the lane's own row of that moment, if it has
    /// one; the last of them if it begins, the first if it ends.
    fn at(&self, us: u64, lane: &str, begins: bool) -> f64 {
        let events = &self.story.events[..self.story.events.len() - 1];
        let own = |event: &StoryEvent| event.at_us == us && event.lane == lane;
        let own = match begins {
            true => events.iter().rposition(own),
            false => events.iter().position(own),
        };
        let any = || events.iter().rposition(|event| event.at_us == us);
        if let Some(row) = own.or_else(any) {
            return row as f64;
        }
        match events.iter().position(|event| event.at_us > us) {
            Some(0) => -0.5,
            Some(next) => {
                let (from, to) = (events[next - 1].at_us, events[next].at_us);
                (next - 1) as f64 + (us - from) as f64 / (to - from) as f64
            }
            None => self.story.events.len() as f64,
        }
    }

    fn bar(&self, span: &StorySpan, look: Look) -> Option<Bar> {
        let lane = self.lanes.iter().position(|known| *known == span.lane)?;
        let from = self.at(span.during.from_us, &span.lane, true);
        let to = self.at(span.during.to_us, &span.lane, false);
        let first = self.story.events.first()?.at_us;
        (span.during.to_us > first && to > from).then_some(Bar { lane, from, to, look })
    }

    fn bars(&self) -> Vec<Bar> {
        let story = self.story;
        let owned = story.owned.iter().filter_map(|span| self.bar(span, OWNS));
        let both = overlaps(story).into_iter().flat_map(|(lanes, during)| {
            lanes.map(|lane| self.bar(&StorySpan { lane, during }, BOTH)).into_iter().flatten()
        });
        let still = story.paused.iter().filter_map(|span| self.bar(span, STILL));
        let down = story.down.iter().filter_map(|span| self.bar(span, DOWN));
        down.chain(still).chain(owned).chain(both).collect()
    }
}

const OWNS: Look = Look::Solid(palette::SKY);
const BOTH: Look = Look::Solid(palette::VERMILION);
const STILL: Look = Look::Hatched(palette::BLUE);
const DOWN: Look = Look::Hatched(palette::GREY);

/// What is in the picture, and nothing else.
fn legend(story: &Story, scale: &Scale<'_>) -> Vec<(Look, String)> {
    let all = [
        (OWNS, "owner"),
        (BOTH, "two owners"),
        (STILL, "is paused"),
        (DOWN, "is down"),
        (Look::Arrow(Stroke::Goes), "call or message"),
        (Look::Arrow(Stroke::Lost), "lost"),
        (Look::Arrow(Stroke::Reason), "reason"),
    ];
    let bars = scale.bars();
    let arrows = arrows(story, scale.lanes);
    let drawn = |look: &Look| match look {
        Look::Arrow(line) => arrows.iter().any(|arrow| arrow.line == *line),
        look => bars.iter().any(|bar| bar.look == *look),
    };
    let shown = all.into_iter().filter(|(look, _)| drawn(look));
    shown.map(|(look, words)| (look, words.to_owned())).collect()
}
