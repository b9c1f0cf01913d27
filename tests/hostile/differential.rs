//! Two builds of the program on the same changed files.
//!
//! Law: a build changes nothing but time. The exit code, what is printed and all that is left are
//! the same, byte for byte.

use super::commands::Stock;
use super::dice::Dice;
use super::place::Place;
use super::program::Program;
use super::{Failure, Trials};
use rayon::prelude::*;
use std::path::PathBuf;

/// Tries two programs on as many changed files as asked; those with which they do not do the same.
///
/// # Panics
/// If one of the programs cannot be started.
#[must_use]
pub fn differential(one: &Program, other: &Program, trials: &Trials) -> Vec<Failure> {
    let stock = Stock::by(one);
    let differs = |nth: u64| {
        let trial = stock.trial(&mut Dice::of(trials.seed, nth));
        let places = [Place::new(), Place::new()];
        let ends = [trial.run(one, &places[0]), trial.run(other, &places[1])];
        // What is stopped, is stopped somewhere.
        if ends.iter().any(|end| end.is_slow()) {
            return None;
        }
        let [first, second] = &ends;
        let trees = places.map(|place| place.tree(""));
        let why = match () {
            () if first.code != second.code => {
                format!("one ends with {:?}, the other with {:?}", first.code, second.code)
            }
            () if first.out != second.out => "they do not print the same".to_owned(),
            () if first.err != second.err => "they do not complain alike".to_owned(),
            () if trees[0] != trees[1] => {
                let [here, there] = &trees;
                let all = here.keys().chain(there.keys());
                let differ = all.filter(|path| here.get(*path) != there.get(*path));
                let paths: Vec<&PathBuf> = differ.collect();
                format!("they do not leave the same: {paths:?}")
            }
            () => return None,
        };
        Some(trial.failure(nth, why))
    };
    trials.numbers().into_par_iter().filter_map(differs).collect()
}
