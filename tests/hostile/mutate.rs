//! Files as nobody would write them: changes to those that somebody did.
//!
//! Most changes are of the structure, so that much of what comes of them is still read far enough
//! to be understood: lines, tables, numbers, quantities, texts, keys. The others are of bytes.

use super::dice::Dice;
use super::words::{NUMBERS, QUANTITIES, TEXTS, TOKENS};
use std::ops::Range;

/// No file grows longer by changes than this, in bytes.
const LONG: usize = 4_000_000;

/// A changed file. `others` are what else it may become.
pub(super) fn mutated(dice: &mut Dice, text: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..=dice.below(4) {
        change(dice, &mut text, others);
    }
    text.truncate(LONG);
    text
}

fn change(dice: &mut Dice, text: &mut Vec<u8>, others: &[Vec<u8>]) {
    match dice.below(20) {
        0 => bytes(dice, text),
        1 => {
            let at = dice.below(text.len() + 1);
            text.splice(at..at, dice.pick(&TOKENS).bytes());
        }
        2 => {
            let other = dice.pick(others);
            text.truncate(dice.below(text.len() + 1));
            text.extend_from_slice(&other[dice.below(other.len() + 1)..]);
        }
        3..=5 => blocks(dice, text, lines),
        6 | 7 => blocks(dice, text, tables),
        8 => {
            let other = dice.pick(others);
            let from = lines(other);
            if !from.is_empty() {
                let line = other[dice.pick(&from).clone()].to_vec();
                let to = lines(text);
                let at = if to.is_empty() { 0 } else { dice.pick(&to).start };
                text.splice(at..at, line);
            }
        }
        9..=12 => number(dice, text),
        13..=16 => quoted(dice, text),
        _ => {
            let words = runs(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !words.is_empty() {
                let word = text[dice.pick(&words).clone()].to_vec();
                let place = dice.pick(&words).clone();
                text.splice(place, word);
            }
        }
    }
}

/// A few bytes become others, go, or are joined by some.
fn bytes(dice: &mut Dice, text: &mut Vec<u8>) {
    let at = dice.below(text.len() + 1);
    let to = (at + 1 + dice.below(40)).min(text.len());
    match dice.below(4) {
        0 if at < text.len() => text[at] = dice.byte(),
        1 => drop(text.drain(at..to)),
        2 => text.truncate(at),
        _ => {
            let some: Vec<u8> = (0..=dice.below(8)).map(|_| dice.byte()).collect();
            text.splice(at..at, some);
        }
    }
}

/// A line or table goes, is repeated, or comes to another place.
fn blocks(dice: &mut Dice, text: &mut Vec<u8>, cut: impl Fn(&[u8]) -> Vec<Range<usize>>) {
    let found = cut(text);
    if found.is_empty() {
        return;
    }
    let (one, other) = (dice.pick(&found).clone(), dice.pick(&found).start);
    let block = text[one.clone()].to_vec();
    match dice.below(4) {
        0 => drop(text.drain(one)),
        1 => {
            let at = if other > one.start { other - block.len() } else { other };
            text.drain(one);
            text.splice(at..at, block);
        }
        _ => {
            let often = if dice.one_in(8) { 1 + dice.below(200) } else { 1 };
            let often = often.min(LONG / block.len().max(1));
            text.splice(other..other, block.repeat(often));
        }
    }
}

/// A number becomes another one: from far away, or a neighbour.
fn number(dice: &mut Dice, text: &mut Vec<u8>) {
    let found = runs(text, |byte| byte.is_ascii_digit() || byte == b'.');
    if found.is_empty() {
        return;
    }
    let place = dice.pick(&found).clone();
    let is: f64 = String::from_utf8_lossy(&text[place.clone()]).parse().unwrap_or(1.0);
    let becomes = match dice.below(8) {
        0 => (is + 1.0).to_string(),
        1 => (is - 1.0).to_string(),
        2 => (is * 10.0).to_string(),
        3 => (is / 2.0).floor().to_string(),
        4 => dice.below(100).to_string(),
        _ => (*dice.pick(&NUMBERS)).to_owned(),
    };
    text.splice(place, becomes.into_bytes());
}

/// What is between two quotes becomes something else.
fn quoted(dice: &mut Dice, text: &mut Vec<u8>) {
    let quotes: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'"').collect();
    if quotes.len() < 2 {
        return;
    }
    let nth = dice.below(quotes.len() - 1);
    let inside = quotes[nth] + 1..quotes[nth + 1];
    let is_quantity = text[inside.clone()].first().is_some_and(u8::is_ascii_digit);
    let becomes = match dice.below(8) {
        0 => dice.pick(&TEXTS).repeat(1 + dice.below(3)).into_bytes(),
        1 => dice.pick(&["a", "#", "\\\"", "\u{301}", "\u{202e}"]).repeat(10_000).into_bytes(),
        2 => (0..4).map(|_| dice.byte()).collect(),
        3 => {
            let other = dice.below(quotes.len() - 1);
            text[quotes[other] + 1..quotes[other + 1]].to_vec()
        }
        4..=6 if is_quantity => dice.pick(&QUANTITIES).bytes().collect(),
        _ => dice.pick(&TEXTS).bytes().collect(),
    };
    text.splice(inside, becomes);
}

/// The lines of a text, with their ends.
fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        found.push(from..from + line.len());
        from += line.len();
    }
    found
}

/// The tables of a text, each from its head to the next one.
fn tables(text: &[u8]) -> Vec<Range<usize>> {
    let heads = lines(text).into_iter().filter(|line| text[line.start] == b'[');
    let heads: Vec<usize> = heads.map(|line| line.start).collect();
    let ends = heads.iter().skip(1).copied().chain([text.len()]);
    heads.iter().zip(ends).map(|(from, to)| *from..to).collect()
}

/// The runs of bytes of which all are of a kind.
fn runs(text: &[u8], of: impl Fn(u8) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = None;
    for at in 0..=text.len() {
        match (text.get(at).is_some_and(|byte| of(*byte)), from) {
            (true, None) => from = Some(at),
            (false, Some(open)) => {
                found.push(open..at);
                from = None;
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_all_of_its_parts() {
        let text = b"a = 1\n[b]\nc = 22\n[[d]]\n";
        assert_eq!(lines(text), [0..6, 6..10, 10..17, 17..23]);
        assert_eq!(tables(text), [6..17, 17..23]);
        assert_eq!(runs(text, |byte| byte.is_ascii_digit()), [4..5, 14..16]);
        assert_eq!((lines(b"").len(), tables(b"a").len(), runs(b"", |_| true).len()), (0, 0, 0));
    }

    #[test]
    fn a_seed_and_a_number_make_one_file_and_few_files_are_alike() {
        let text = b"title = \"a\"\nduration = \"1m\"\n[players]\ncount = 10\n".to_vec();
        let file = |nth| mutated(&mut Dice::of(1, nth), &text, std::slice::from_ref(&text));
        let files: Vec<Vec<u8>> = (0..200).map(file).collect();
        assert!((0..200).map(file).eq(files.iter().cloned()));
        let different: std::collections::BTreeSet<_> = files.iter().collect();
        assert!(different.len() > 150, "{} different files of 200", different.len());
    }
}
