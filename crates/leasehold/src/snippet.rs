//! Draws what is wrong with a file, or does nothing in it: the line, an arrow below it, and what is
//! allowed there.

use crate::{paint, printable};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use leasehold_sim::{Problem, Problems, Severity};
use std::collections::BTreeSet;
use std::path::Path;

/// The longest line that is drawn; a longer one is told by its place alone.
const LINE_MAX: usize = 400;

/// The longest list of what is allowed that is told more than once.
const ALLOWED_MAX: usize = 200;

/// Everything that is wrong with a file, in colours if somebody looks at it.
pub(crate) fn drawn(path: &Path, text: &str, problems: &Problems) -> String {
    let in_colours = paint::is_wanted(&std::io::stderr());
    let renderer = if in_colours { Renderer::styled() } else { Renderer::plain() };
    let name = printable::line(&path.display().to_string()).into_owned();
    let drawable = text.lines().all(|line| line.len() <= LINE_MAX);
    let mut drawn = String::new();
    let mut told = BTreeSet::new();
    for problem in &problems.0 {
        let mut problem = problem.clone();
        if problem.allowed.len() > ALLOWED_MAX && !told.insert(problem.allowed.clone()) {
            "as above".clone_into(&mut problem.allowed);
        }
        match problem.span {
            Some(_) if drawable => drawn.push_str(&renderer.render(&[one(&name, text, &problem)])),
            _ => drawn.push_str(&plain(&name, &problem)),
        }
        drawn.push('\n');
    }
    let shown = if in_colours { printable::coloured(&drawn) } else { printable::text(&drawn) };
    let drawn = shown.into_owned();
    if problems.0.iter().all(|problem| problem.severity == Severity::Warning) {
        return drawn;
    }
    let n = problems.0.len();
    let mistakes = if n == 1 { "1 mistake" } else { "mistakes" };
    let told = if n == 1 { mistakes.to_owned() } else { format!("{n} {mistakes}") };
    drawn + &format!("{name}: {told}; nothing was run or written\n")
}

fn one<'a>(name: &'a str, text: &'a str, problem: &'a Problem) -> Group<'a> {
    let visible = |span: &std::ops::Range<usize>| {
        let start = span.start.min(text.len());
        start..span.end.clamp(start, text.len())
    };
    let span = problem.span.as_ref().map_or(0..0, visible);
    let mut label = "here".to_owned();
    let mut snippet = Snippet::source(text).path(name);
    let mut unseen = Vec::new();
    for related in &problem.related {
        let is = format!("{} is {}", related.path, related.found);
        match related.span.as_ref().map(visible) {
            // The field that is to blame is not in the file: this one is what it does not fit to.
            Some(place) if place == span => label = is,
            Some(place) => {
                snippet = snippet.annotation(AnnotationKind::Context.span(place).label(is));
            }
            None => unseen.push(format!("{is} by default")),
        }
    }
    let snippet = snippet.annotation(AnnotationKind::Primary.span(span).label(label));
    let level = match problem.severity {
        Severity::Mistake => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level.primary_title(problem.found.as_str()).element(snippet);
    if !problem.allowed.is_empty() {
        group = group.element(Level::HELP.message(format!("allowed: {}", problem.allowed)));
    }
    if !unseen.is_empty() {
        group = group.element(Level::NOTE.message(unseen.join(", ")));
    }
    group
}

fn plain(name: &str, problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Mistake => "error",
        Severity::Warning => "warning",
    };
    format!("{level}: {name}: {problem}")
}
