//! The page of a gallery: what there is to look at, and what was found in each.

use super::{Frame, Section, colour, facts};
use maud::{Markup, html};

/// A page of the gallery.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Where it is, from the gallery's own page.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// What to look for in it.
    pub title: String,
    /// The library under test, or several.
    pub library: String,
    /// The verdict of its runs.
    pub verdict: String,
    /// What was found, in words.
    pub found: Vec<String>,
}

/// The page of a gallery: scenarios first, then what was run many times.
pub fn gallery(tool: &str, scenarios: &[Shown], many: &[Shown]) -> String {
    let mut sections = vec![Section {
        id: "scenarios",
        title: "A seed of each scenario",
        body: table("Scenarios", scenarios),
    }];
    if !many.is_empty() {
        let body = table("Many seeds", many);
        sections.push(Section { id: "many", title: "Many seeds", body });
    }
    let header = html! {
        h1 { "Gallery" }
        button type="button" id="theme" hidden {}
        p class="lead" {
            "What the shipped scenarios show: each has a page with its verdict, why the worst of it \
             happened, a timeline and charts."
        }
        (facts(&[("Leasehold", tool.to_owned())]))
        p class="note" {
            "A scenario holds if no promise was broken but those that it is there to see broken."
        }
    };
    let title = "Leasehold: the gallery".to_owned();
    Frame { title, header, sections, timeline: None }.print()
}

fn table(label: &str, shown: &[Shown]) -> Markup {
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(label) {
            table {
                thead {
                    tr {
                        @for name in ["", "what to look for", "library", "verdict", "found"] {
                            th scope="col" { (name) }
                        }
                    }
                }
                tbody {
                    @for one in shown {
                        tr {
                            td { a href=(one.href) { (one.name) } }
                            td { (one.title) }
                            td { (one.library) }
                            td class=(colour(&one.verdict)) { (one.verdict) }
                            td { (one.found.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}
