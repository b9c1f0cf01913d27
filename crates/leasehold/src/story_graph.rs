//! A story as a graph, in the languages that trackers and tools draw: Mermaid and Graphviz's DOT.
//!
//! Each step is a node, each link an edge; faults stand out, and the violation is the last. Words
//! are quoted as each language wants it, so that none of them can end a node.

use leasehold_data::numbers::moment;
use leasehold_data::{Story, StoryEvent};
use std::fmt::Write;

/// As a Mermaid flowchart: a fenced block with it is drawn by GitHub and GitLab.
pub(crate) fn mermaid(story: &Story) -> String {
    let mut text = "flowchart TD\n".to_owned();
    let last = story.events.len().saturating_sub(1);
    for (nth, event) in story.events.iter().enumerate() {
        let words = label(event, "<br/>", mermaid_text);
        let class = match event.fault.is_some() {
            true => ":::fault",
            false if nth == last => ":::broken",
            false => "",
        };
        let _ = writeln!(text, "  n{nth}[\"{words}\"]{class}");
    }
    for link in &story.links {
        let _ = writeln!(text, "  n{} -->|{}| n{}", link.from, link.how.name(), link.to);
    }
    text.push_str("  classDef fault fill:#fbe3d2,stroke:#d55e00\n");
    text.push_str("  classDef broken fill:#d55e00,color:#ffffff\n");
    text
}

/// As a DOT digraph: `dot -Tsvg` draws it.
pub(crate) fn dot(story: &Story) -> String {
    let mut text = "digraph story {\n  node [shape=box, fontname=\"sans-serif\"];\n".to_owned();
    let last = story.events.len().saturating_sub(1);
    for (nth, event) in story.events.iter().enumerate() {
        let words = label(event, "\\n", dot_text);
        let look = match event.fault.is_some() {
            true => ", style=filled, fillcolor=\"#fbe3d2\", color=\"#d55e00\"",
            false if nth == last => ", style=filled, fillcolor=\"#d55e00\", fontcolor=white",
            false => "",
        };
        let _ = writeln!(text, "  n{nth} [label=\"{words}\"{look}];");
    }
    for link in &story.links {
        let (from, to, how) = (link.from, link.to, link.how.name());
        let _ = writeln!(text, "  n{from} -> n{to} [label=\"{how}\"];");
    }
    text + "}\n"
}

fn label(event: &StoryEvent, line: &str, quoted: fn(&str) -> String) -> String {
    let fault = event.fault.as_deref().map_or(String::new(), |fault| format!("fault {fault}: "));
    let head = format!("{} {}", moment(event.at_us), event.lane);
    format!("{}{line}{}", quoted(&head), quoted(&format!("{fault}{}", event.words)))
}

/// Mermaid's text in quotes: what would end it, or be taken for markup, is an entity.
fn mermaid_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("#quot;"),
            '<' => quoted.push_str("#lt;"),
            '>' => quoted.push_str("#gt;"),
            '#' => quoted.push_str("#35;"),
            '&' => quoted.push_str("#amp;"),
            '`' => quoted.push_str("#96;"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted
}

/// DOT's text in quotes.
fn dot_text(text: &str) -> String {
    let plain = text.replace('\\', "\\\\").replace('"', "\\\"");
    plain.replace(|c: char| c.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use leasehold_data::{How, StoryLink};

    fn event(words: &str, fault: Option<&str>) -> StoryEvent {
        StoryEvent {
            at_us: 1_500_000,
            lane: "s1".to_owned(),
            words: words.to_owned(),
            towards: None,
            fault: fault.map(str::to_owned),
            lost: None,
            needed: None,
            begins: false,
        }
    }

    fn story() -> Story {
        Story {
            invariant: "no_double_ownership".to_owned(),
            cause: "silence".to_owned(),
            why: String::new(),
            overlap: true,
            at_us: 1_500_000,
            key: "k1".to_owned(),
            events: vec![
                event("lost: \"<b>#1\"\\", Some("k1 answer 1 is lost")),
                event("two", None),
            ],
            links: vec![StoryLink { from: 0, to: 1, how: How::Missed, untold: 0, travels: false }],
            owned: Vec::new(),
            paused: Vec::new(),
            down: Vec::new(),
            untold: 0,
            untried: 0,
            kept_from_us: None,
        }
    }

    #[test]
    fn steps_are_nodes_links_are_edges_and_no_word_ends_one() {
        let text = mermaid(&story());
        let node = "n0[\"1.500 s s1<br/>fault k1 answer 1 is lost: \
                    lost: #quot;#lt;b#gt;#35;1#quot;\\\"]:::fault";
        assert!(text.contains(node), "{text}");
        assert!(text.contains("n0 -->|missed| n1") && text.contains("two\"]:::broken"), "{text}");
        let text = dot(&story());
        assert!(text.contains("lost: \\\"<b>#1\\\"\\\\\", style=filled"), "{text}");
        assert!(text.ends_with("  n0 -> n1 [label=\"missed\"];\n}\n"), "{text}");
    }
}
