//! Where a call goes: the record of a player of this world, or anything else.
//!
//! A module names stores, scopes and keys by texts of its own. Which of them is where players'
//! records are is learned from the first call that a thread of a start makes: its key has the
//! player's name in it, or their user id, or ends with the number. What stands before and after it
//! is the module's habit; the same habit in the same store and scope is another player's record
//! from then on.

use leasehold_sim::library::{Key, Place};
use std::collections::BTreeMap;

/// The user id of the first player: a number that no account has is 0.
pub(crate) const USER_IDS: u32 = 1_000_000;

/// The records' store and scope, what stands around the number in their keys, and which number the
/// first player has there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Habit {
    store: String,
    scope: String,
    before: String,
    after: String,
    first: u32,
}

/// What one server has called for.
#[derive(Debug)]
pub(crate) struct Places {
    /// What stands before the number in a player's name.
    prefix: String,
    habit: Option<Habit>,
    /// What is no player's record, by a number of its own.
    others: Vec<Place>,
    numbers: BTreeMap<(String, String, String), usize>,
}

/// A number as a name has it: without zeros before it.
fn number(text: &str) -> Option<Key> {
    let canonical = text == "0" || !text.starts_with(['0', '+', '-']);
    text.parse().ok().filter(|_| canonical).map(Key)
}

impl Places {
    pub(crate) fn new(prefix: &str) -> Places {
        let (others, numbers) = (Vec::new(), BTreeMap::new());
        Places { prefix: prefix.to_owned(), habit: None, others, numbers }
    }

    /// The name of a player.
    pub(crate) fn name(&self, key: Key) -> String {
        format!("{}{}", self.prefix, key.0)
    }

    /// A place by a number: the player's own, or one below 0. `here` is for whom the calling
    /// thread acts.
    pub(crate) fn number(&mut self, store: &str, scope: &str, key: &str, here: Option<Key>) -> i64 {
        if self.habit.is_none() {
            self.habit = self.learned((store, scope), key, here);
        }
        if let Some(key) = self.habit.as_ref().and_then(|habit| habit.key((store, scope), key)) {
            return i64::from(key.0);
        }
        let name = (store.to_owned(), scope.to_owned(), key.to_owned());
        let others = &mut self.others;
        let nth = *self.numbers.entry(name).or_insert_with(|| {
            others.push(Place::named(store, scope, key));
            others.len() - 1
        });
        -1 - nth as i64
    }

    /// The place of a number.
    pub(crate) fn place(&self, number: i64) -> Place {
        match u32::try_from(number) {
            Ok(key) => Place::Player(Key(key)),
            Err(_) => self.others[(-1 - number) as usize].clone(),
        }
    }

    fn learned(&self, at: (&str, &str), key: &str, here: Option<Key>) -> Option<Habit> {
        // Nobody's thread shows a habit only by the very name of a player.
        let named = key.strip_prefix(&self.prefix).and_then(number);
        let who = here.map_or(named, Some)?.0;
        let (name, user) = (format!("{}{who}", self.prefix), (who + USER_IDS).to_string());
        let (before, after, first) = if let Some((before, after)) = key.split_once(&name) {
            (format!("{before}{}", self.prefix), after, 0)
        } else if let Some((before, after)) = key.split_once(&user) {
            (before.to_owned(), after, USER_IDS)
        } else {
            (key.strip_suffix(&who.to_string())?.to_owned(), "", 0)
        };
        let (store, scope, after) = (at.0.to_owned(), at.1.to_owned(), after.to_owned());
        let alone = !before.ends_with(|c: char| c.is_ascii_digit())
            && !after.starts_with(|c: char| c.is_ascii_digit());
        alone.then_some(Habit { store, scope, before, after, first })
    }
}

impl Habit {
    fn key(&self, (store, scope): (&str, &str), key: &str) -> Option<Key> {
        let key = key.strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        let Key(number) = number(key).filter(|_| store == self.store && scope == self.scope)?;
        number.checked_sub(self.first).map(Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_where_the_first_call_of_a_start_goes() {
        for (key, other) in [
            ("Player_7", "Player_8"),
            ("data/Player_7", "data/Player_8"),
            ("Player_7#main", "Player_8#main"),
            ("7", "8"),
            ("save-7", "save-8"),
            ("1000007", "1000008"),
            ("user_1000007/data", "user_1000008/data"),
        ] {
            let mut places = Places::new("Player_");
            assert!(places.number("Index", "global", "all", None) < 0);
            assert_eq!(places.number("Players", "global", key, Some(Key(7))), 7, "{key}");
            assert_eq!(places.number("Players", "global", other, None), 8, "{other}");
            assert!(places.number("Backup", "global", key, None) < 0);
            assert!(places.number("Players", "other", key, None) < 0);
            assert!(places.number("Players", "global", "all", None) < 0);
        }
    }

    #[test]
    fn each_other_place_has_one_number_and_is_found_by_it() {
        let mut places = Places::new("Player_");
        let first = places.number("Index", "global", "all", None);
        assert_eq!(places.number("Index", "global", "all", None), first);
        let second = places.number("Index", "global", "none", None);
        assert_eq!(places.place(first), Place::named("Index", "global", "all"));
        assert_eq!(places.place(second), Place::named("Index", "global", "none"));
        assert_eq!(places.place(3), Place::Player(Key(3)));
        assert_eq!(places.name(Key(3)), "Player_3");
    }

    #[test]
    fn numbers_that_only_look_alike_are_nobodys() {
        let mut places = Places::new("Player_");
        assert_eq!(places.number("Players", "global", "Player_1", Some(Key(1))), 1);
        for key in ["Player_01", "Player_", "Player_1x", "Player_-1", "Player_99999999999"] {
            assert!(places.number("Players", "global", key, None) < 0, "{key}");
        }
    }
}
