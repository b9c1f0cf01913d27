//! Colours for people at a terminal: of a verdict, and of nothing that can be read without.
//!
//! A text carries marks in place of colours, which take no room in a table's sums and are put in or
//! left out at the very end: put in if the standard output is a terminal that has colours, and
//! nobody has set `NO_COLOR` (<https://no-color.org>).

use std::io::IsTerminal;

/// Marks: characters that no text has, from the area that is for private use.
const MARKS: [(char, &str); 4] =
    [('\u{f0001}', "32"), ('\u{f0002}', "31"), ('\u{f0003}', "33"), ('\u{f0000}', "0")];

/// A verdict: green if it holds, red if it is violated, yellow if nothing was shown.
pub(crate) fn verdict(name: &str) -> String {
    let [good, bad, doubtful, end] = MARKS.map(|(mark, _)| mark);
    let colour = match name {
        "holds" => good,
        "violated" => bad,
        _ => doubtful,
    };
    format!("{colour}{name}{end}")
}

/// Whether somebody looks who wants colours.
pub(crate) fn is_wanted(out: &impl IsTerminal) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|it| !it.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
    out.is_terminal() && !unwanted && !dumb
}

/// A text with its colours, or without, for one of the standard outputs.
pub(crate) fn shown(text: &str, out: &impl IsTerminal) -> String {
    with_colours(text, is_wanted(out))
}

fn with_colours(text: &str, colours: bool) -> String {
    MARKS.into_iter().fold(text.to_owned(), |text, (mark, code)| {
        text.replace(mark, &if colours { format!("\u{1b}[{code}m") } else { String::new() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_painted_for_a_terminal_and_plain_for_everybody_else() {
        assert_eq!(with_colours(&verdict("holds"), true), "\u{1b}[32mholds\u{1b}[0m");
        assert_eq!(with_colours(&verdict("violated"), true), "\u{1b}[31mviolated\u{1b}[0m");
        assert_eq!(with_colours(&verdict("stuck"), false), "stuck");
    }
}
