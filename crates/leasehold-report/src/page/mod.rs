//! Pages: one file that works from a disk, with no network, in which all that somebody needs to
//! judge a result stands in the order in which it is asked.
//!
//! ```text
//!   dataset, story, timeline, charts --[run, swept]--> sections --[frame]--> HTML with its styles,
//!                                                                            its one script and
//!                                                                            its data inside
//! ```
//!
//! Laws: whatever comes from a scenario, a library or a log is escaped; a policy in the page allows
//! its own style and its own script by their hashes, and nothing else; equal results give equal
//! bytes.

mod chart_numbers;
mod gallery;
mod run;
mod swept;

pub use gallery::{Shown, gallery};
pub use run::{RunPage, run};
pub use swept::{SweptPage, swept};

use crate::chart::Chart;
use crate::picture::DrawError;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");

/// The parts of the script, one after the other: the first is enough for a page without a timeline.
const BASE: &str = include_str!("page.js");
const TIMELINE: [&str; 6] = [
    include_str!("data.js"),
    include_str!("view.js"),
    include_str!("marks.js"),
    include_str!("draw.js"),
    include_str!("panel.js"),
    include_str!("timeline.js"),
];

/// What a timeline is drawn into.
const VIEW: &str = include_str!("timeline.html");

/// A section: its id, its title, and what is in it.
struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The parts of a page that are the same for all kinds.
struct Frame<'a> {
    title: String,
    header: Markup,
    sections: Vec<Section>,
    /// The timeline's data, if there is one.
    timeline: Option<&'a str>,
}

impl Frame<'_> {
    fn print(self) -> String {
        let mut script = format!("(() => {{\n'use strict';\n{BASE}");
        if self.timeline.is_some() {
            TIMELINE.iter().for_each(|part| script.push_str(part));
        }
        script.push_str("})();\n");
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:",
            hash(STYLE),
            hash(&script)
        );
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a class="skip" href="#main" { "To the results" }
                    header { (self.header) }
                    nav aria-label="Sections" {
                        ul {
                            @for section in &self.sections {
                                li { a href={ "#" (section.id) } { (section.title) } }
                            }
                        }
                    }
                    main id="main" {
                        @for section in &self.sections {
                            section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                                h2 id={ (section.id) "-title" } { (section.title) }
                                (section.body)
                            }
                        }
                    }
                    @if let Some(timeline) = self.timeline {
                        script type="application/json" id="timeline" { (PreEscaped(data(timeline))) }
                    }
                    script { (PreEscaped(&script)) }
                }
            }
        };
        page.into_string() + "\n"
    }
}

/// JSON that cannot end the element that it stands in.
fn data(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// What a policy knows a text by.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())))
}

/// Facts of a header, each with its name.
fn facts(facts: &[(&str, String)]) -> Markup {
    html! {
        dl class="facts" {
            @for (name, fact) in facts {
                div { dt { (name) } dd { (fact) } }
            }
        }
    }
}

/// A verdict, and what it means.
fn verdict(name: &str, meaning: &str) -> Markup {
    let class = match name {
        "holds" => "good",
        "violated" => "bad",
        _ => "warn",
    };
    html! { p class={ "verdict " (class) } { strong { (name) } " " span { (meaning) } } }
}

/// The class of a cell that says a verdict.
fn colour(name: &str) -> &'static str {
    match name {
        "holds" => "good",
        "violated" => "bad",
        _ => "warn",
    }
}

/// A cell of a table.
enum Cell {
    Text(String),
    Number(String),
    Verdict(String),
}

/// A table that scrolls inside itself where there is no room.
fn table(label: &str, head: &[&str], rows: &[Vec<Cell>]) -> Markup {
    // A head lies as what is below it.
    let is_number = |nth: usize| {
        let first = rows.first().and_then(|row| row.get(nth));
        matches!(first, Some(Cell::Number(_))).then_some("number")
    };
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(label) {
            table {
                thead {
                    tr {
                        @for (nth, name) in head.iter().enumerate() {
                            th scope="col" class=[is_number(nth)] { (name) }
                        }
                    }
                }
                tbody {
                    @for row in rows {
                        tr {
                            @for cell in row {
                                @match cell {
                                    Cell::Text(text) => td { (text) },
                                    Cell::Number(text) => td class="number" { (text) },
                                    Cell::Verdict(text) => td class=(colour(text)) { (text) },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A chart with its numbers, which can be had as a file.
fn figure(chart: &Chart) -> Result<Markup, DrawError> {
    let svg = chart.svg()?;
    Ok(html! {
        figure class="chart" id={ "chart-" (chart.slug) } {
            h3 class="spoken" { (chart.title) }
            div class="drawing" role="img" aria-label=(chart.title) { (PreEscaped(svg)) }
            (chart_numbers::details(chart))
        }
    })
}

/// Commands to be copied, each with what it does.
fn commands(commands: &[(String, String)]) -> Markup {
    html! {
        @for (what, command) in commands {
            h3 { (what) }
            pre class="copy command" tabindex="0" { (command) }
        }
    }
}

#[cfg(test)]
mod tests;
