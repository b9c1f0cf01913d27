//! The players: who plays where and for how long, and what they do when they are refused.
//!
//! A player's plan is drawn up front, in the sense that counts: each part of it is a function of
//! the seed, the player and the visit, and of nothing that happens. So two protocols can be shown
//! to the very same people.
//!
//! ```text
//!   Away --> Joining --[loaded]--> Playing --[stay is over]--> Away, on the way to another server or for a while
//!               |                     '--[a second device]--> Joining elsewhere; a stale_player stays behind
//!               '--[refused]--> Away, to try again or for a while
//! ```
//!
//! A *stale_player* is a player who plays elsewhere already, and whose server has not noticed.

use crate::config::{HopTo, LoggedRow, Players as Plan, Sampler};
use crate::draws::ArrivalWord;
use crate::draws::{ClickWord, Draw, DrawKey, Draws, HabitWord, Of, TurnWord, VisitWord, Word, of};
use crate::ids::{PlayerId, ServerId, VisitId};
use crate::schedule::Moment;
use crate::units::{Chance, scale};

/// A player.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Player {
    pub(crate) state: Doing,
    /// When they do something next; an event at any other time is an old one.
    pub(crate) act_at: Moment,
    /// Their visit, while there is one.
    pub(crate) visit: Option<VisitId>,
    /// How many visits they have started.
    pub(crate) visits: u32,
    /// The server that they were on last.
    pub(crate) server: Option<ServerId>,
    /// The server that they were sent to, if they were sent to one.
    pub(crate) bound: Option<ServerId>,
    /// How many changes they have made in this visit.
    pub(crate) edits: u32,
    /// How many of the burst that they are in are still to come.
    pub(crate) burst: u32,
    /// Whether the game calls `Save()` with the next change, if that was drawn with its time; a
    /// fork of the seed in between draws it anew.
    pub(crate) saves_next: Option<bool>,
    pub(crate) leave_at: Moment,
    /// Which row of a log is the next.
    pub(crate) row: u32,
    /// How many messages have been sent about their key: challenges, answers.
    pub(crate) messages: [u32; 2],
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
            visit: None,
            visits: 0,
            server: None,
            bound: None,
            edits: 0,
            burst: 0,
            saves_next: None,
            leave_at: Moment::NEVER,
            row: 0,
            messages: [0; 2],
        }
    }
}

/// What comes after a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The player comes again after so many microseconds, to the same server.
    Rejoin(u64),
    /// The player comes again after so many microseconds.
    Join(u64),
    /// They come again as well, but not at once: so many microseconds.
    Away(u64),
}

/// For how long a player is away of whom a log says when they come again, in microseconds.
pub(crate) const FOR_GOOD: u64 = u64::MAX;

/// A change that a player makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Click {
    /// How long after the one before it, in microseconds.
    pub(crate) after_us: u64,
    /// Whether the game calls `Save()` then.
    pub(crate) save: bool,
    /// How many quick ones follow it.
    pub(crate) burst: u32,
}

/// Looks a player's plan up.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    plan: Plan,
    times: Times,
    /// What players do, by a log; empty if there is none.
    rows: Vec<Vec<LoggedRow>>,
}

/// How long what players do takes.
#[derive(Clone, Debug)]
struct Times {
    stay: Sampler,
    rejoin_after: Sampler,
    hop_delay: Sampler,
    noticed_after: Sampler,
    away: Sampler,
    edit_every: Sampler,
    burst_every: Sampler,
    retry_after: Sampler,
    second_device_for: Sampler,
}

impl Plans {
    pub(crate) fn new(plan: &Plan) -> Plans {
        let times = Times {
            stay: Sampler::new(&plan.stay),
            rejoin_after: Sampler::new(&plan.rejoin_after),
            hop_delay: Sampler::new(&plan.hop_delay),
            noticed_after: Sampler::new(&plan.noticed_after),
            away: Sampler::new(&plan.away),
            edit_every: Sampler::new(&plan.edit_every),
            burst_every: Sampler::new(&plan.burst_every),
            retry_after: Sampler::new(&plan.retry_after),
            second_device_for: Sampler::new(&plan.second_device_for),
        };
        Plans { plan: plan.clone(), times, rows: plan.logged_rows() }
    }

    /// Whether players do what a log says.
    pub(crate) fn are_logged(&self) -> bool {
        !self.rows.is_empty()
    }

    /// How long it takes at least, in microseconds, from whatever befalls a player on one server
    /// until they are on another.
    pub(crate) fn between_servers(&self) -> u64 {
        let Times { rejoin_after, hop_delay, away, retry_after, .. } = &self.times;
        let ways = [rejoin_after, hop_delay, away, retry_after].map(Sampler::min);
        // A second device asks at once; and what a log says may come at any time.
        let at_once = self.plan.second_device > Chance::NEVER || self.are_logged();
        ways.into_iter().min().filter(|_| !at_once).unwrap_or(0)
    }

    /// A row of a player's log, if it has so many.
    pub(crate) fn row(&self, name: PlayerId, nth: u32) -> Option<LoggedRow> {
        self.rows.get(name.index())?.get(nth as usize).copied()
    }

    /// Which of `servers` servers a player's visit would go to: another one than the last, if there
    /// is another.
    pub(crate) fn server(
        &self,
        draws: &Draws,
        player: &Player,
        name: PlayerId,
        servers: u32,
    ) -> ServerId {
        let last = u64::from(servers) - 1;
        if self.plan.hop_to == HopTo::Pair && servers > 1 {
            let block = ask(draws, of::Habit, name, 0, 0);
            let first = ServerId::new(block.upto(HabitWord::First, last) as u32);
            let back = player.server == Some(first);
            return if back { other(&block, HabitWord::Other, first, servers) } else { first };
        }
        let block = ask(draws, of::Arrival, name, player.visits + 1, 0);
        match player.server.filter(|_| servers > 1) {
            Some(this) => other(&block, ArrivalWord::WhenOrWhere, this, servers),
            None => ServerId::new(block.upto(ArrivalWord::WhenOrWhere, last) as u32),
        }
    }

    /// How long a visit is, in microseconds from having the data: until the player leaves, or until
    /// they log in on a second device, if they do.
    pub(crate) fn stay(&self, draws: &Draws, name: PlayerId, nth: u32) -> u64 {
        let stay = self.times.stay.pick(ask(draws, of::Visit, name, nth, 0).word(VisitWord::Stay));
        if self.plan.second_device == Chance::NEVER {
            return stay;
        }
        let block = self.turn(draws, name, nth);
        if self.plan.second_device.hits(block.word(TurnWord::SecondDevice)) {
            scale(block.word(TurnWord::When), stay)
        } else {
            stay
        }
    }

    /// Whether a visit ends with a login on a second device, and for how long its server then goes
    /// on acting for the player, in microseconds.
    pub(crate) fn second_device(&self, draws: &Draws, name: PlayerId, nth: u32) -> Option<u64> {
        if self.plan.second_device == Chance::NEVER {
            return None;
        }
        let block = self.turn(draws, name, nth);
        let hits = self.plan.second_device.hits(block.word(TurnWord::SecondDevice));
        hits.then(|| self.times.second_device_for.pick(block.word(TurnWord::Lasts)))
    }

    /// The answers to how a visit turns out.
    fn turn(&self, draws: &Draws, name: PlayerId, nth: u32) -> Draw<TurnWord> {
        ask(draws, of::Turn, name, nth, 0)
    }

    /// What comes after a visit that ended as planned.
    pub(crate) fn after_stay(&self, draws: &Draws, name: PlayerId, nth: u32) -> Next {
        if self.plan.rejoin > Chance::NEVER {
            let block = self.turn(draws, name, nth);
            if self.plan.rejoin.hits(block.word(TurnWord::Rejoin)) {
                return Next::Rejoin(
                    self.times.rejoin_after.pick(block.word(TurnWord::RejoinAfter)),
                );
            }
        }
        let block = ask(draws, of::Visit, name, nth, 0);
        if self.plan.hop.hits(block.word(VisitWord::Hop)) {
            Next::Join(self.times.hop_delay.pick(block.word(VisitWord::HopDelay)))
        } else {
            Next::Away(self.times.away.pick(block.word(VisitWord::Away)))
        }
    }

    /// How long a player whom a server threw out, or left behind, takes to appear on another.
    pub(crate) fn hop_delay(&self, draws: &Draws, name: PlayerId, nth: u32) -> u64 {
        self.times.hop_delay.pick(ask(draws, of::Visit, name, nth, 0).word(VisitWord::HopDelay))
    }

    /// What comes after being refused, or thrown out.
    pub(crate) fn after_rejection(&self, draws: &Draws, name: PlayerId, nth: u32) -> Next {
        let block = ask(draws, of::Visit, name, nth, 0);
        if self.plan.retry.hits(block.word(VisitWord::Retry)) {
            Next::Join(self.times.retry_after.pick(block.word(VisitWord::RetryAfter)))
        } else if self.are_logged() {
            Next::Away(FOR_GOOD)
        } else {
            Next::Away(self.times.away.pick(block.word(VisitWord::Away)))
        }
    }

    /// How long the server takes to notice that the player of this visit has left, in microseconds.
    pub(crate) fn noticed_after(&self, draws: &Draws, name: PlayerId, nth: u32) -> u64 {
        let after = &self.times.noticed_after;
        let drawn =
            || after.pick(ask(draws, of::Visit, name, nth, 0).word(VisitWord::NoticedAfter));
        after.always().unwrap_or_else(drawn)
    }

    /// Whether the game forgets to release the session of this visit.
    pub(crate) fn leaks(&self, draws: &Draws, name: PlayerId, nth: u32) -> bool {
        self.plan.leak > Chance::NEVER
            && self.plan.leak.hits(ask(draws, of::Visit, name, nth, 0).word(VisitWord::Leak))
    }

    /// A change: when, after the one before it; whether the game calls `Save()` then; and whether a
    /// burst follows. Within a burst no other begins.
    pub(crate) fn click(&self, draws: &Draws, name: PlayerId, nth: u32, player: &Player) -> Click {
        let block = ask(draws, of::Edit, name, nth, player.edits);
        self.answer(&block, player.burst)
    }

    /// The same of a stale_player's change, after so many others, of which `burst` of a burst are
    /// to come.
    pub(crate) fn stale_player(
        &self,
        draws: &Draws,
        name: PlayerId,
        nth: u32,
        edits: u32,
        burst: u32,
    ) -> Click {
        self.answer(&ask(draws, of::StalePlayer, name, nth, edits), burst)
    }

    fn answer(&self, block: &Draw<ClickWord>, burst: u32) -> Click {
        let save = self.plan.save.hits(block.word(ClickWord::Save));
        if burst > 0 {
            let after_us = self.times.burst_every.pick(block.word(ClickWord::BurstEvery));
            return Click { after_us, save, burst: burst - 1 };
        }
        let begins = self.plan.burst.hits(block.word(ClickWord::Burst));
        let burst = if begins { self.plan.burst_size } else { 0 };
        let after_us = self.times.edit_every.pick(block.word(ClickWord::After));
        Click { after_us, save, burst }
    }
}

/// Another of `servers` servers than `this`.
fn other<W: Word>(block: &Draw<W>, word: W, this: ServerId, servers: u32) -> ServerId {
    let other = block.upto(word, u64::from(servers) - 2) as u32;
    ServerId::new(other + u32::from(other >= this.number()))
}

/// What is drawn of a player, in which of their visits, on which occasion.
#[inline]
fn ask<S: Of>(draws: &Draws, of: S, name: PlayerId, session: u32, nth: u32) -> Draw<S::Word> {
    draws.draw(of, DrawKey { subject: name.number(), session, nth, ..DrawKey::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Distribution;
    use crate::draws::Seed;

    fn plans(change: impl FnOnce(&mut Plan)) -> (Plans, Draws) {
        let mut plan = Plan::default();
        change(&mut plan);
        (Plans::new(&plan), Draws::new(&Seed::of(1)))
    }

    #[test]
    fn a_player_with_a_pair_of_servers_goes_back_and_forth_between_two_and_others_have_other_pairs()
    {
        let (plans, draws) = plans(|plan| plan.hop_to = HopTo::Pair);
        let pair = |name| {
            let mut player = Player::new();
            let mut next = || {
                let server = plans.server(&draws, &player, name, 9);
                player.server = Some(server);
                player.visits += 1;
                server.number()
            };
            let been = [next(), next(), next(), next()];
            assert!(been[0] != been[1] && been[..2] == been[2..], "{been:?}");
            been[0] * 9 + been[1]
        };
        let mut pairs: Vec<u32> = PlayerId::first(100).map(pair).collect();
        pairs.sort_unstable();
        pairs.dedup();
        assert!(pairs.len() > 30, "{pairs:?}");
    }

    #[test]
    fn a_burst_is_as_long_and_as_quick_as_it_is_said_to_be_and_none_begins_within_it() {
        let (plans, draws) = plans(|plan| {
            plan.burst = Chance::ALWAYS;
            plan.burst_size = 3;
        });
        let mut player = Player::new();
        let mut slow = Vec::new();
        for nth in 0..12 {
            player.edits = nth;
            let click = plans.click(&draws, PlayerId::new(7), 1, &player);
            player.burst = click.burst;
            if click.after_us > 500_000 {
                slow.push(nth);
            }
        }
        assert_eq!(slow, [0, 4, 8]);
    }

    #[test]
    fn a_stay_is_drawn_from_any_distribution_and_a_text_means_what_it_always_meant() {
        let text = plans(|plan| plan.stay = Distribution::named("1m..5m"));
        let named = plans(|_| {});
        let span = |secs| crate::units::Span(std::time::Duration::from_secs(secs));
        let (p50, p99) = (span(300), span(3_600));
        let lognormal = plans(|plan| {
            plan.stay = Distribution::Lognormal(crate::config::Lognormal { p50, p99 });
        });
        let mut stays: Vec<u64> = Vec::new();
        for name in PlayerId::first(1_000) {
            let of = |(plans, draws): &(Plans, Draws)| plans.stay(draws, name, 1);
            assert_eq!(of(&text), of(&named));
            assert!((60_000_000..=300_000_000).contains(&of(&text)));
            stays.push(of(&lognormal));
        }
        stays.sort_unstable();
        assert!((270_000_000..330_000_000).contains(&stays[500]), "{}", stays[500]);
        assert!(stays[999] > 3_000_000_000, "{}", stays[999]);
    }

    #[test]
    fn a_second_device_comes_within_the_stay_and_only_as_often_as_it_should() {
        let (plans, draws) = plans(|plan| plan.second_device = Chance::percent(25));
        let alone = Plans::new(&Plan::default());
        let mut seconds = 0;
        for name in PlayerId::first(1_000) {
            let (stay, whole) = (plans.stay(&draws, name, 1), alone.stay(&draws, name, 1));
            match plans.second_device(&draws, name, 1) {
                Some(for_us) => {
                    seconds += 1;
                    assert!(stay <= whole && (1_000_000..=10_000_000).contains(&for_us));
                }
                None => assert_eq!(stay, whole),
            }
        }
        assert!((200..300).contains(&seconds), "{seconds}");
    }
}
