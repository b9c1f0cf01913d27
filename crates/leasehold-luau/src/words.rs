//! Words of modules and adapters, kept for ever, as a run's steps are plain data.
//!
//! The program keeps each text once, and 16 MiB of them at the most: whoever prints the time in
//! every line does not fill its memory. What comes after that is counted and not kept.

use leasehold_sim::cause::{Cause, Class};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// How long a text may be, in bytes; what is longer loses its end.
const TEXT_MAX: usize = 2_000;
/// How long all texts may be together, in bytes.
const TEXTS_MAX: usize = 16 << 20;
/// How many words an adapter may have for why something came about, and how long one may be.
const CAUSES_MAX: usize = 1_000;
const CAUSE_MAX: usize = 60;

static OTHER: Cause = Cause::new("other", Class::Other, "the adapter had a word for it");

struct Texts {
    kept: BTreeMap<&'static str, ()>,
    bytes: usize,
}

/// A text that is kept.
pub(crate) fn text(words: &str) -> &'static str {
    static TEXTS: Mutex<Texts> = Mutex::new(Texts { kept: BTreeMap::new(), bytes: 0 });
    let words = &without_addresses(head(words, TEXT_MAX));
    let mut texts = TEXTS.lock().expect("nobody fails in here");
    if let Some((known, ())) = texts.kept.get_key_value(words.as_str()) {
        return known;
    }
    if texts.bytes + words.len() > TEXTS_MAX {
        return "(this program keeps no more texts)";
    }
    texts.bytes += words.len();
    let words: &'static str = Box::leak(words.clone().into_boxed_str());
    texts.kept.insert(words, ());
    words
}

/// The beginning of a text that is not longer than this.
fn head(text: &str, max: usize) -> &str {
    let end = (0..=max.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// A text in which each address of this process is told as one: `0x` and more digits than 32 bits
/// have, as what the host itself counts is smaller.
pub(crate) fn without_addresses(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].chars().take_while(char::is_ascii_hexdigit).count();
        let (before, number) = (&rest[..at], &rest[at + 2..at + 2 + digits]);
        let small = u64::from_str_radix(number, 16).is_ok_and(|it| it <= u64::from(u32::MAX));
        out.push_str(before);
        out.push_str("0x");
        out.push_str(if small || number.is_empty() { number } else { "..." });
        rest = &rest[at + 2 + digits..];
    }
    out + rest
}

/// The cause that an adapter's word is. A word that is the name of a class has its meaning.
pub(crate) fn cause(word: &str) -> &'static Cause {
    static CAUSES: Mutex<BTreeMap<&'static str, &'static Cause>> = Mutex::new(BTreeMap::new());
    let word = head(word.trim(), CAUSE_MAX);
    if let Some(known) = MEANINGS.iter().find(|cause| cause.name == word) {
        return known;
    }
    let mut causes = CAUSES.lock().expect("nobody fails in here");
    if let Some(known) = causes.get(word) {
        return known;
    }
    if word.is_empty() || causes.len() >= CAUSES_MAX {
        return &OTHER;
    }
    let name: &'static str = Box::leak(word.to_owned().into_boxed_str());
    let words: &'static str = Box::leak(word.replace('_', " ").into_boxed_str());
    let cause: &'static Cause = Box::leak(Box::new(Cause::new(name, Class::Other, words)));
    causes.insert(name, cause);
    cause
}

macro_rules! meanings {
    ($($name:literal => $class:ident, $words:literal;)*) => {
        /// The words that have a meaning outside the adapter.
        const MEANINGS: &[&Cause] = &[$(
            {
                static CAUSE: Cause = Cause::new($name, Class::$class, $words);
                &CAUSE
            }
        ),*];
    };
}

meanings! {
    "unowned" => Unowned, "nobody had it";
    "own" => Own, "its own server had it";
    "expired" => Expiry, "the lease was taken to be over";
    "assumed_dead" => AssumedDead, "the owner was taken to be dead";
    "no_answer" => Silence, "the owner did not give it up in time";
    "handed_over" => HandedOver, "the owner gave it up";
    "owner_alive" => OwnerAlive, "the owner says that it is alive";
    "busy" => Busy, "its own server has a session for it";
    "held" => Held, "another server has it";
    "interrupted" => Interrupted, "a newer start has taken its place";
    "timed_out" => TimedOut, "it took too long";
    "unavailable" => Unavailable, "the datastore failed";
    "cancelled" => Cancelled, "nobody wanted it any more";
    "closing" => Closing, "its server was closing";
    "damaged" => Damaged, "the record was damaged";
    "taken" => TakenOver, "another session has taken it";
    "lapsed" => Lapsed, "its lease had run out";
    "fenced" => Fenced, "it could not know that its lease still held";
    "superseded" => Superseded, "a newer session of its server has replaced it";
    "kicked" => Other, "the module threw the player out";
    "error" => Failed, "the module had an error";
    "nil" => Other, "the module gave nothing, and no reason";
    "failed" => Failed, "the module said that it had failed";
    "stopped" => Failed, "its server's scripts were stopped";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_cause_and_a_known_one_has_its_meaning() {
        assert!(std::ptr::eq(cause("something_new"), cause("something_new")));
        assert_eq!(cause("something_new").words, "something new");
        assert_eq!(cause("held").class, Class::Held);
        assert_eq!(cause(""), &OTHER);
        assert_eq!(cause(&"x".repeat(200)).name.len(), CAUSE_MAX);
    }

    #[test]
    fn addresses_of_this_process_are_in_no_text() {
        for (text, told) in [
            ("table: 0x0000000000000012", "table: 0x0000000000000012"),
            ("table: 0x00007f3a1c2d9988 x", "table: 0x... x"),
            ("0x12, 0x100000000", "0x12, 0x..."),
            ("0x", "0x"),
        ] {
            assert_eq!(without_addresses(text), told);
        }
    }

    #[test]
    fn a_long_text_loses_its_end_and_never_half_a_character() {
        assert_eq!(text(&"é".repeat(TEXT_MAX)).chars().count(), TEXT_MAX / 2);
    }
}
