//! What is printed is data: nothing of it moves the cursor, or changes a colour or the direction.
//!
//! Titles, names and paths come from files that anybody may have written. A terminal obeys some of
//! what can be in them, so those characters are shown as what they are, `\u{1b}`, on every way out.

use std::borrow::Cow;

/// A text of several lines.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    without(text, |c| !matches!(c, '\n' | '\t') && is_obeyed(c))
}

/// A text that is one line, whatever is in it: no line of somebody else's can be forged.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    without(text, is_obeyed)
}

/// The most characters of somebody's text that a sentence quotes.
const SHORT: usize = 60;

/// A piece of a file in quotes, short enough for a sentence.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(SHORT) {
        Some((cut, _)) => format!("{:?}...", &text[..cut]),
        None => format!("{text:?}"),
    }
}

/// A text with our own colours in it.
pub(crate) fn coloured(text: &str) -> Cow<'_, str> {
    without(text, |c| !matches!(c, '\n' | '\t' | '\u{1b}') && is_obeyed(c))
}

fn without(text: &str, obeyed: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' if obeyed(c) => shown.push_str("\\n"),
            c if obeyed(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal does something else with it than to show it: control characters of both
/// sets, and those that turn the direction of a line.
pub(crate) fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns || matches!(c, '\u{202a}'..='\u{202e}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_and_all_else_is_as_it_was() {
        let forged = "a\nVerdict  holds\u{1b}]0;pwned\u{7}\u{9b}31m\u{202e}";
        assert_eq!(line(forged), "a\\nVerdict  holds\\u{1b}]0;pwned\\u{7}\\u{9b}31m\\u{202e}");
        assert!(text(forged).starts_with("a\nVerdict  holds\\u{1b}]0;"));
        assert!(coloured(forged).contains("\u{1b}]0;pwned\\u{7}\\u{9b}"));
        let plain = "Größe ✓ → 한국어 \u{1f600}";
        assert!(matches!(line(plain), Cow::Borrowed(same) if same == plain));
    }
}
