//! How long players were in the game, all together: what costs are told by.
//!
//! A player is in the game from having their data until they leave, whatever their server knows of
//! it, and in one place at a time. So a moment for each player is enough.

use crate::schedule::Moment;
use leasehold_core::Key;

pub(crate) struct Stays {
    /// Since when each player is in the game, if they are.
    since: Vec<Option<Moment>>,
    /// Of stays that are over, in microseconds.
    over_us: u64,
}

impl Stays {
    pub(crate) fn new(players: u32) -> Stays {
        Stays { since: vec![None; players as usize], over_us: 0 }
    }

    pub(crate) fn begins(&mut self, player: Key, at: Moment) {
        self.since[player.0 as usize] = Some(at);
    }

    pub(crate) fn ends(&mut self, player: Key, at: Moment) {
        if let Some(since) = self.since[player.0 as usize].take() {
            self.over_us += at.since(since);
        }
    }

    /// What was before this moment does not count.
    pub(crate) fn begin(&mut self, at: Moment) {
        self.over_us = 0;
        self.since.iter_mut().flatten().for_each(|since| *since = at);
    }

    /// How long all stays were by the end of the run, in microseconds.
    pub(crate) fn all_us(&self, end: Moment) -> u64 {
        let under_way = self.since.iter().flatten().map(|since| end.since(*since));
        self.over_us + under_way.sum::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_counts_until_the_player_leaves_or_the_run_is_over() {
        let mut stays = Stays::new(3);
        let at = Moment::from_micros;
        stays.begins(Key(0), at(10));
        stays.begins(Key(2), at(15));
        stays.ends(Key(0), at(30));
        stays.ends(Key(1), at(30));
        assert_eq!(stays.all_us(at(100)), 20 + 85);
        stays.begins(Key(0), at(90));
        assert_eq!(stays.all_us(at(100)), 20 + 85 + 10);
        stays.begin(at(95));
        assert_eq!(stays.all_us(at(100)), 5 + 5);
        stays.ends(Key(0), at(98));
        assert_eq!(stays.all_us(at(100)), 3 + 5);
    }
}
