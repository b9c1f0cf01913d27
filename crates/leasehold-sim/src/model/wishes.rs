//! Which players want in, and since when: a wish begins with the first attempt and ends in the game
//! or with giving up, however many starts are rejected on the way.
//!
//! ```text
//!   Asked --> wants in --[Rejected, Asked]*--> Playing
//!                 '------[Rejected]*---------> GaveUp
//! ```

use crate::cause::Cause;
use crate::ids::ServerId;
use crate::schedule::Moment;
use crate::step::{Fact, Step};
use leasehold_core::Key;

/// A wish: one that the present step has ended, or one that is open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wish {
    /// The player's key.
    pub key: Key,
    /// The server that it last asked.
    pub server: Option<ServerId>,
    /// When the player first tried.
    pub since: Moment,
    /// Whether they are in the game; else they have given up, or still want in.
    pub granted: bool,
    /// Why a start of it was last rejected, if one was.
    pub rejected: Option<&'static Cause>,
}

/// What is open of a key.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    since: Option<Moment>,
    server: Option<ServerId>,
    rejected: Option<&'static Cause>,
}

/// The wishes of all players.
#[derive(Debug)]
pub struct Wishes {
    keys: Vec<Open>,
    ended: Option<Wish>,
}

impl Wishes {
    pub(crate) fn new(players: u32) -> Wishes {
        Wishes { keys: vec![Open::default(); players as usize], ended: None }
    }

    /// The wish that the present step has ended.
    pub fn ended(&self) -> Option<Wish> {
        self.ended
    }

    /// Whether a player wants in and is not.
    pub(crate) fn is_open(&self, key: Key) -> bool {
        self.keys[key.0 as usize].since.is_some()
    }

    /// The wishes of those who want in and are not.
    pub fn open(&self) -> impl Iterator<Item = Wish> + '_ {
        let keys = self.keys.iter().zip(0u32..);
        keys.filter_map(|(Open { since, server, rejected }, key)| {
            let (key, server, since) = (Key(key), *server, (*since)?);
            Some(Wish { key, server, since, granted: false, rejected: *rejected })
        })
    }

    #[inline]
    pub(crate) fn on_step(&mut self, step: &Step) {
        self.ended = None;
        let Some(key) = step.key else { return };
        match step.fact {
            Fact::Asked => {
                let open = &mut self.keys[key.0 as usize];
                open.since.get_or_insert(step.at);
                open.server = step.server;
            }
            Fact::Rejected { reason } => self.keys[key.0 as usize].rejected = Some(reason),
            Fact::Playing | Fact::GaveUp => {
                let Open { since, server, rejected } =
                    std::mem::take(&mut self.keys[key.0 as usize]);
                let granted = matches!(step.fact, Fact::Playing);
                self.ended = since.map(|since| Wish { key, server, since, granted, rejected });
            }
            _ => {}
        }
    }
}
