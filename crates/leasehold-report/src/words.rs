//! Somebody else's words, as a picture can carry them.

/// A text on one line: what a picture's format could not carry becomes a space.
pub(crate) fn line(text: &str) -> String {
    let clean =
        |c: char| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c };
    text.chars().map(clean).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_words_lose_what_xml_cannot_carry() {
        assert_eq!(line("two\n lines\u{1}<&>"), "two lines <&>");
    }
}
