//! Somebody else's words, as a picture can carry them.

/// A text on one line: what a picture's format could not carry becomes a space.
pub(crate) fn line(text: &str) -> String {
    let clean =
        |c: char| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c };
    text.chars().map(clean).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The longest name that a picture has room for, in letters.
const NAME_MAX: usize = 28;

/// A name on one line, that of a setting or of a scenario: shortened if it is long, and with
/// nothing in it that turns the direction of what stands around it.
pub(crate) fn name(text: &str) -> String {
    let turns = |c: &char| {
        matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    let plain: Vec<char> = line(text).chars().filter(|c| !turns(c)).collect();
    match plain.len() > NAME_MAX {
        true => plain[..NAME_MAX - 1].iter().collect::<String>().trim_end().to_owned() + "…",
        false => plain.into_iter().collect(),
    }
}

/// Names as a sentence has them: `a`, `a and b`, `a, b and c`.
pub(crate) fn list(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// With a large first letter.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shortened_and_turns_nothing_around() {
        assert_eq!(name("chronicle"), "chronicle");
        let long = name(&"x".repeat(500));
        assert_eq!((long.chars().count(), long.ends_with('…')), (28, true));
        assert_eq!(name("a\u{202e}b\u{2066}c\u{200f}"), "abc");
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            (list(&names, "and"), list(&names[..2], "or")),
            ("a, b and c".into(), "a or b".into())
        );
    }

    #[test]
    fn other_peoples_words_lose_what_xml_cannot_carry() {
        assert_eq!(line("two\n lines\u{1}<&>"), "two lines <&>");
    }
}
