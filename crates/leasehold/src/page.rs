//! The page of a run: what it has besides the dataset, and the file itself.
//!
//! ```text
//!   page.json    why the worst of it happened, the run step by step, commands: to draw it again
//!   index.html   the page
//! ```

use crate::error::Error;
use crate::next::Next;
use crate::{interrupt, threads};
use leasehold_data::{Dataset, Manifest, Story, Timeline};
use leasehold_report::page::{RunPage, run};
use leasehold_sim::{Outcome, Run};
use serde::{Deserialize, Serialize};
use std::ops::ControlFlow;

/// The file of what the page has besides the dataset.
pub(crate) const JSON: &str = "page.json";
/// The page.
pub(crate) const HTML: &str = "index.html";

/// A run of more events is not run again for its page: how it came about is asked for by hand.
const EVENTS_MAX: u64 = 5_000_000;

/// A page has room for so many steps of its run: more could not be looked at smoothly.
pub(crate) const STEPS_MAX: usize = 50_000;

/// What a page has besides the dataset.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    manifest: Manifest,
    missing: Vec<String>,
    story: Option<Story>,
    timeline: Option<Timeline>,
    commands: Vec<(String, String)>,
}

/// Why the worst of a run happened, if anything did, and the run step by step, with so many steps
/// at the most as far as that goes. Takes a few runs.
pub(crate) fn told(
    run: &Run<'_>,
    outcome: &Outcome,
    steps_max: usize,
) -> Result<(Option<Story>, Option<Timeline>), Error> {
    if outcome.dataset.manifest.events > EVENTS_MAX {
        return Ok((None, None));
    }
    let go_on = |_| match interrupt::asked() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let found = outcome.dataset.findings().any(|row| row.violations > 0);
    let story = || {
        let explained = found.then(|| run.explain_outcome(outcome.clone(), None, &mut { go_on }));
        explained.and_then(Result::ok)
    };
    let timeline = || run.timeline_until(outcome, steps_max, &mut { go_on });
    let (story, timeline) = threads::both(story, timeline);
    interrupt::check()?;
    Ok((story.map(|explained| explained.story), timeline))
}

impl Page {
    pub(crate) fn of(
        outcome: &Outcome,
        next: &[Next],
        story: Option<Story>,
        timeline: Option<Timeline>,
    ) -> Page {
        let manifest = outcome.dataset.manifest.clone();
        let mut commands = vec![("Run it again".to_owned(), manifest.command.clone())];
        for next in next {
            let class = next.class();
            commands.push((format!("Why: {class}"), next.explain().to_owned()));
            commands.push((format!("Shrink: {class}"), next.shrink().to_owned()));
        }
        Page { manifest, missing: outcome.missing.clone(), story, timeline, commands }
    }

    pub(crate) fn print(&self) -> String {
        serde_json::to_string(self).expect("a page is plain rows")
    }

    /// The page as a file.
    pub(crate) fn html(&self, dataset: &Dataset, scenario: &str) -> Result<String, Error> {
        let page = RunPage {
            dataset,
            missing: &self.missing,
            story: self.story.as_ref(),
            timeline: self.timeline.as_ref(),
            scenario,
            commands: &self.commands,
        };
        run(&page).map_err(|why| Error::Chart { name: HTML.to_owned(), why: why.to_string() })
    }
}
