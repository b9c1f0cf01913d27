//! A line on a terminal that says how far something has come; nothing where nobody looks.
//!
//! It is cut where the terminal ends, so the most important words come first. The cursor goes back
//! to its beginning, for whatever somebody types meanwhile (`^C`, say) is then cleared with it.
//! What stands under the cursor there is a space: lines are filled up with one.

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use leasehold_data::numbers;
use std::io::IsTerminal;

/// How fast it goes and how long it takes still, as the end of a sentence; nothing at first.
pub(crate) fn pace(bar: &ProgressBar) -> String {
    match bar.per_sec() {
        rate if rate > 0.0 => {
            let left = HumanDuration(bar.eta());
            format!(", {}/s, {left:#} left", numbers::number(rate))
        }
        _ => String::new(),
    }
}

/// An empty line, for `all` steps; its message is what is shown.
pub(crate) fn line(all: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(" {wide_msg}\r").expect("the template is well-formed");
    ProgressBar::new(all).with_style(style)
}
