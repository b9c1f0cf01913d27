//! The players: who plays where and for how long, and what they do when they are refused.
//!
//! A player's plan is drawn up front, in the sense that counts: each part of it is a function of
//! the seed, the player and the visit, and of nothing that happens. So two protocols can be shown
//! to the very same people.
//!
//! ```text
//!   Away --> Joining --[loaded]--> Playing --[stay is over]--> Away, on the way to another server or for a while
//!               '--[refused]--> Away, to try again or for a while
//! ```

use crate::luck::{Dice, Question, Stream};
use crate::observe::NONE;
use crate::scenario::Players as Plan;
use crate::schedule::Moment;

/// A player.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Player {
    pub(crate) state: Doing,
    /// When they do something next; an event at any other time is an old one.
    pub(crate) act_at: Moment,
    /// Their visit, while there is one.
    pub(crate) visit: u32,
    /// How many visits they have begun.
    pub(crate) visits: u32,
    /// The server that they were on last.
    pub(crate) server: u32,
    /// The server that they were sent to, or [`NONE`].
    pub(crate) bound: u32,
    /// How many changes they have made in this visit.
    pub(crate) edits: u32,
    pub(crate) leave_at: Moment,
    /// How many messages have been sent about their key: challenges, answers.
    pub(crate) mails: [u32; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Away,
    Joining,
    Playing,
}

impl Player {
    pub(crate) fn new() -> Player {
        Player {
            state: Doing::Away,
            act_at: Moment::NEVER,
            visit: NONE,
            visits: 0,
            server: NONE,
            bound: NONE,
            edits: 0,
            leave_at: Moment::NEVER,
            mails: [0; 2],
        }
    }
}

/// What comes after a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The player comes again after so many microseconds.
    Join(u64),
    /// They come again as well, but not at once: so many microseconds.
    Away(u64),
}

/// Looks a player's plan up.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    plan: Plan,
}

impl Plans {
    pub(crate) fn new(plan: &Plan) -> Plans {
        Plans { plan: plan.clone() }
    }

    /// When a player comes first.
    pub(crate) fn arrival(&self, dice: &Dice, player: u32) -> Moment {
        let block = dice.ask(question(Stream::Arrival, player, 0, 0));
        Moment::from_micros(self.plan.arrive.pick(block.word(0)))
    }

    /// Which of `servers` servers a player's visit would go to: another one than the last, if there
    /// is another.
    pub(crate) fn server(&self, dice: &Dice, player: &Player, name: u32, servers: u32) -> u32 {
        let block = dice.ask(question(Stream::Arrival, name, player.visits + 1, 0));
        if player.server == NONE || servers == 1 {
            return block.upto(0, u64::from(servers) - 1) as u32;
        }
        let other = block.upto(0, u64::from(servers) - 2) as u32;
        other + u32::from(other >= player.server)
    }

    /// How long a visit is, in microseconds from having the data.
    pub(crate) fn stay(&self, dice: &Dice, name: u32, visit: u32) -> u64 {
        self.plan.stay.pick(dice.ask(question(Stream::Visit, name, visit, 0)).word(0))
    }

    /// What comes after a visit that ended as planned.
    pub(crate) fn after_stay(&self, dice: &Dice, name: u32, visit: u32) -> Next {
        let block = dice.ask(question(Stream::Visit, name, visit, 0));
        if self.plan.hop.hits(block.word(1)) {
            Next::Join(self.plan.hop_delay.pick(block.word(2)))
        } else {
            Next::Away(self.plan.away.pick(block.word(3)))
        }
    }

    /// How long a player whom a server threw out, or left behind, takes to appear on another.
    pub(crate) fn hop_delay(&self, dice: &Dice, name: u32, visit: u32) -> u64 {
        self.plan.hop_delay.pick(dice.ask(question(Stream::Visit, name, visit, 0)).word(2))
    }

    /// What comes after being refused, or thrown out.
    pub(crate) fn after_refusal(&self, dice: &Dice, name: u32, visit: u32) -> Next {
        let block = dice.ask(question(Stream::Visit, name, visit, 0));
        if self.plan.retry.hits(block.word(4)) {
            Next::Join(self.plan.retry_after.pick(block.word(5)))
        } else {
            Next::Away(self.plan.away.pick(block.word(3)))
        }
    }

    /// How long the server takes to notice that the player of this visit has left, in microseconds.
    pub(crate) fn noticed_after(&self, dice: &Dice, name: u32, visit: u32) -> u64 {
        self.plan.noticed_after.pick(dice.ask(question(Stream::Visit, name, visit, 0)).word(7))
    }

    /// Whether the game forgets to release the session of this visit.
    pub(crate) fn leaks(&self, dice: &Dice, name: u32, visit: u32) -> bool {
        self.plan.leak.hits(dice.ask(question(Stream::Visit, name, visit, 0)).word(6))
    }

    /// How long until the next change, in microseconds, and whether the game calls `Save()` after
    /// the present one.
    pub(crate) fn edit(&self, dice: &Dice, name: u32, visit: u32, nth: u32) -> (u64, bool) {
        let block = dice.ask(question(Stream::Edit, name, visit, nth));
        (self.plan.edit_every.pick(block.word(0)), self.plan.save.hits(block.word(1)))
    }
}

fn question(stream: Stream, subject: u32, session: u32, nth: u32) -> Question {
    Question { stream, subject, session, kind: 0, nth, attempt: 0 }
}
