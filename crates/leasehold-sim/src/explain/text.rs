//! A story as text: a line for each step, with what it came of.

use leasehold_data::{How, Story, StoryLink, numbers};
use std::fmt;

/// A story, to be printed.
pub(super) struct Told<'a>(pub(super) &'a Story);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let story = self.0;
        writeln!(f, "{}\n", story.why)?;
        if let Some(from_us) = story.kept_from_us {
            writeln!(f, "What was before {} is out of reach.\n", numbers::moment(from_us))?;
        }
        let times: Vec<String> =
            story.events.iter().map(|event| numbers::moment(event.at_us)).collect();
        let wide = times.iter().map(String::len).max().unwrap_or(0);
        let lanes = story.events.iter().map(|event| event.lane.len()).max().unwrap_or(0);
        for (nth, event) in story.events.iter().enumerate() {
            let (time, lane, words) = (&times[nth], &event.lane, &event.words);
            write!(f, "{:>3}  {time:>wide$}  {lane:lanes$}  ", nth + 1)?;
            if let Some(fault) = &event.fault {
                let same = words.contains(fault.as_str());
                let fault = if same { String::new() } else { format!(" ({fault})") };
                write!(f, "{} {words}{fault}", mark(event.needed))?;
            } else {
                write!(f, "{words}")?;
            }
            writeln!(f, "{}", causes(story, nth))?;
        }
        match story.untold {
            0 => {}
            1 => writeln!(f, "\n1 more step leads there; it is routine, or farther back.")?,
            n => writeln!(f, "\n{n} more steps lead there; they are routine, or farther back.")?,
        }
        match story.untried {
            0 => Ok(()),
            1 => writeln!(f, "\n1 fault before it was not left out to see whether it decided."),
            n => {
                writeln!(f, "\n{n} faults before it were not left out to see whether they decided.")
            }
        }
    }
}

/// How a fault is marked: whether it decided.
fn mark(needed: Option<bool>) -> &'static str {
    match needed {
        Some(true) => "FAULT",
        Some(false) => "FAULT (not needed)",
        None => "FAULT (not tried)",
    }
}

/// What an event came of, unless that is the line above.
fn causes(story: &Story, nth: usize) -> String {
    let links: Vec<&StoryLink> = story.links.iter().filter(|link| link.to == nth).collect();
    let above = |link: &StoryLink| {
        link.from + 1 == nth && matches!(link.how, How::WentOn | How::SameSession)
    };
    match links.as_slice() {
        [] if nth > 0 && story.events[nth].begins => "  [begins here]".to_owned(),
        [] => String::new(),
        [link] if above(link) => String::new(),
        links => {
            let cause = |link: &&StoryLink| match link.how {
                How::WentOn | How::SameSession => (link.from + 1).to_string(),
                // How a longer way ends does not say what it is.
                _ if link.untold > 0 => (link.from + 1).to_string(),
                how => format!("{} ({})", link.from + 1, how.name()),
            };
            let causes: Vec<String> = links.iter().map(cause).collect();
            format!("  [from {}]", causes.join(", "))
        }
    }
}
