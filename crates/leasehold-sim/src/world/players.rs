//! Players, as the world sees them: they come, change their data, hop, leave, and are refused or
//! thrown out.

use super::trade::Who;
use super::{StalePlayer, Visit, World};
use crate::cause::Cause;
use crate::config::WhenLost;
use crate::ids::{PlayerId, ServerId, VisitId};
use crate::library::{Change, Input, Library};
use crate::node::ProcessState;
use crate::planted::WorldMistake;
use crate::players::{Doing, Next};
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;
use crate::units::Chance;

/// How long a player waits before looking again for a server when none is up.
const NO_SERVER_US: u64 = 5_000_000;

/// How long a second device takes to ask for a session after the first was thrown out: as good as
/// nothing, but not nothing, or an account could log in for ever within one moment.
const LOGIN_US: u64 = 1_000;

impl<L: Library> World<'_, L> {
    /// Lets a player act at a moment, and not at any other that was planned.
    pub(super) fn act_at(&mut self, name: PlayerId, at: Moment) {
        self.players[name.index()].act_at = at;
        if at <= self.end {
            self.at(at, Tie::Act(name), Event::Act(name));
        }
    }

    pub(super) fn act(&mut self, name: PlayerId) {
        let (player, now) = (self.players[name.index()], self.schedule.now());
        if player.act_at != now {
            return; // An old plan.
        }
        self.players[name.index()].act_at = Moment::NEVER;
        let here = player.server.filter(|_| player.state != Doing::Away);
        let here = here.map(|server| self.nodes[server.index()].state);
        match (player.state, here) {
            (_, Some(ProcessState::Paused { since, until, .. })) => {
                self.wait_or_leave(name, since, until);
            }
            (Doing::Away, _) => self.join(name),
            (Doing::Joining, _) => self.lose_patience(name),
            (Doing::Playing, _) if now >= player.leave_at => self.leave(name),
            (Doing::Playing, _) => self.edit(name),
        }
    }

    /// The player's server is paused: they wait for it, but not for ever.
    fn wait_or_leave(&mut self, name: PlayerId, since: Moment, until: Moment) {
        let gives_up_at = since + self.config.players.timeout.0;
        if self.schedule.now() >= gives_up_at {
            self.give_a_paused_server_up(name);
        } else {
            self.act_at(name, gives_up_at.min(until.after(1)));
        }
    }

    pub(super) fn give_a_paused_server_up(&mut self, name: PlayerId) {
        if let Some((_, visit)) = self.seated(name) {
            self.will_be_noticed(name, visit);
        }
        self.turn_away(name, None);
    }

    pub(super) fn join(&mut self, name: PlayerId) {
        let servers = self.nodes.len() as u32;
        let player = self.players[name.index()];
        let first =
            player.bound.unwrap_or_else(|| self.plans.server(&self.draws, &player, name, servers));
        let open = (0..servers).map(|n| ServerId::new((first.number() + n) % servers));
        let mut open = open.filter(|server| self.nodes[server.index()].state == ProcessState::Up);
        let Some(server) = open.next() else {
            return self.act_at(name, self.schedule.now().after(NO_SERVER_US));
        };
        let nth = player.visits + 1;
        let visit = self.visits.add(Visit::new(name, nth, server, self.schedule.now()));
        self.look_for_own_release(name, server);
        let node = self.node(server);
        node.players += 1;
        let seat = node.sit(visit);
        self.visits.of_mut(visit).seat = seat;
        self.headcount(server, 1);
        self.sits(name, 1);
        let player = self.player(name);
        player.state = Doing::Joining;
        player.visit = Some(visit);
        player.visits = nth;
        player.server = Some(server);
        player.bound = None;
        player.edits = 0;
        player.burst = 0;
        player.saves_next = None;
        if let Some(patience) = self.config.players.patience {
            self.act_at(name, self.schedule.now() + patience.0);
        }
        self.step_in(visit, Fact::Asked);
        self.tell(server, Input::Join { seat, key: name.key() });
    }

    pub(super) fn loaded(
        &mut self,
        visit: VisitId,
        how: &'static Cause,
        edits: u64,
        (calls, retries): (u32, u32),
    ) {
        let now = self.schedule.now();
        let this = self.visits.of_mut(visit);
        this.loaded = true;
        this.how.get_or_insert(how);
        let (name, nth, latency_us) = (this.player, this.nth, now.since(this.asked));
        let loaded = Fact::Loaded { how, edits, latency_us, calls, retries };
        self.step_in(visit, loaded);
        self.shows_profile(visit, loaded);
        if self.players[name.index()].visit != Some(visit) {
            return; // The player is gone; their leaving is still on its way to this server.
        }
        let stay = self.plans.stay(&self.draws, name, nth);
        let player = self.player(name);
        player.state = Doing::Playing;
        player.leave_at = now.after(stay);
        self.step_in(visit, Fact::Playing);
        self.opens(visit, edits == 0);
        self.plan_edit(name);
    }

    fn plan_edit(&mut self, name: PlayerId) {
        if self.plans.are_logged() {
            return self.act_at(name, Moment::NEVER); // The log says when.
        }
        let player = self.players[name.index()];
        let click = self.plans.click(&self.draws, name, player.visits, &player);
        let this = self.player(name);
        (this.burst, this.saves_next) = (click.burst, Some(click.save));
        let at = match self.config.players.edits_max {
            Some(max) if player.edits >= max => player.leave_at,
            _ => self.schedule.now().after(click.after_us).min(player.leave_at),
        };
        self.act_at(name, at);
    }

    pub(super) fn edit(&mut self, name: PlayerId) {
        match self.seated(name) {
            Some((_, visit)) => {
                let save = self.saves_next(name);
                let nth = self.players[name.index()].edits;
                if !self.deals(visit, Who::Player, nth) {
                    self.change(visit, save);
                }
            }
            None => {
                let server = self.players[name.index()].server;
                self.step(server, None, Some(name.key()), Fact::EditRefused);
            }
        }
        self.players[name.index()].edits += 1;
        self.plan_edit(name);
    }

    /// Whether the game calls `Save()` with a player's next change.
    fn saves_next(&mut self, name: PlayerId) -> bool {
        let known = self.player(name).saves_next.take();
        let player = self.players[name.index()];
        let drawn = || self.plans.click(&self.draws, name, player.visits, &player).save;
        #[cfg(test)]
        assert!(self.draws.planted || known.is_none_or(|known| known == drawn()), "{name}");
        known.unwrap_or_else(drawn)
    }

    /// The draws are other ones from now on: what was drawn ahead of its time is forgotten.
    pub(super) fn forget_drawn(&mut self) {
        self.players.iter_mut().for_each(|player| player.saves_next = None);
    }

    /// A change of the data of a visit that has a seat.
    fn change(&mut self, visit: VisitId, save: bool) {
        if self.alter(visit, Change::Earn) && save {
            self.save(visit, None);
        }
    }

    /// Changes the data of a visit that has a seat, and says whether that was accepted.
    pub(super) fn alter(&mut self, visit: VisitId, change: Change) -> bool {
        let Visit { server, seat, .. } = *self.visits.of(visit);
        let accepted = !self.tell(server, Input::Edit { seat, change });
        if accepted {
            self.step_in(visit, Fact::Edited);
        }
        accepted
    }

    /// The server and visit of a player whose session has not ended.
    fn seated(&self, name: PlayerId) -> Option<(ServerId, VisitId)> {
        let visit = self.players[name.index()].visit?;
        let this = self.visits.of(visit);
        this.seated.then_some((this.server, visit))
    }

    /// The player leaves as planned.
    fn leave(&mut self, name: PlayerId) {
        let nth = self.players[name.index()].visits;
        if let Some(for_us) = self.plans.second_device(&self.draws, name, nth) {
            return self.second_device(name, for_us);
        }
        let next = self.plans.after_stay(&self.draws, name, nth);
        self.leave_for(name, next);
    }

    /// The player leaves the game, and their server in time.
    pub(super) fn leave_for(&mut self, name: PlayerId, next: Next) {
        let nth = self.players[name.index()].visits;
        let seated = self.seated(name);
        self.go(name, next);
        let Some((server, visit)) = seated else { return };
        if self.plans.leaks(&self.draws, name, nth) {
            self.visits.of_mut(visit).leaked = true;
            return self.step_in(visit, Fact::Leaked);
        }
        if self.will_be_noticed(name, visit) == self.schedule.now() {
            let seat = self.visits.of(visit).seat;
            self.tell(server, Input::Leave { seat });
        }
    }

    /// The account logs in elsewhere. The player is there from now on; the server that they were on
    /// throws them out, but goes on acting for them until it is done with it.
    fn second_device(&mut self, name: PlayerId, for_us: u64) {
        let seated = self.seated(name);
        self.go(name, Next::Join(LOGIN_US));
        let Some((_, visit)) = seated else { return };
        self.step_in(visit, Fact::SecondDevice);
        self.visits.of_mut(visit).stale_player =
            Some(Box::new(StalePlayer { act_at: Moment::NEVER, edits: 0, burst: 0 }));
        self.arrives(visit);
        self.notices_after(visit, for_us.max(1));
        self.plan_act_stale(visit);
    }

    fn plan_act_stale(&mut self, visit: VisitId) {
        let now = self.schedule.now();
        let Visit { player, nth, ref mut stale_player, .. } = *self.visits.of_mut(visit);
        let Some(stale_player) = stale_player else { return };
        let click = self.plans.stale_player(
            &self.draws,
            player,
            nth,
            stale_player.edits,
            stale_player.burst,
        );
        stale_player.burst = click.burst;
        stale_player.act_at = now.after(click.after_us);
        let at = stale_player.act_at;
        self.at(at, Tie::ActStale(player, nth), Event::ActStale(visit));
    }

    /// A server changes the data of a player who is elsewhere.
    pub(super) fn act_stale(&mut self, visit: VisitId) {
        let now = self.schedule.now();
        let Some(Visit {
            server,
            nth,
            player,
            noticed_at,
            seated,
            stale_player: Some(stale_player),
            ..
        }) = self.visits.get(visit)
        else {
            return;
        };
        let due = stale_player.act_at == now && now < *noticed_at;
        if !due || !seated || !self.nodes[server.index()].runs() {
            return;
        }
        let click = self.plans.stale_player(
            &self.draws,
            *player,
            *nth,
            stale_player.edits,
            stale_player.burst,
        );
        let nth = stale_player.edits;
        if !self.deals(visit, Who::StalePlayer, nth) {
            self.change(visit, click.save);
        }
        if let Some(stale_player) = &mut self.visits.of_mut(visit).stale_player {
            stale_player.edits += 1;
        }
        self.plan_act_stale(visit);
    }

    /// Whether a player comes back to a server that still has their last session.
    fn look_for_own_release(&mut self, name: PlayerId, server: ServerId) {
        if self.config.players.rejoin == Chance::NEVER {
            return;
        }
        let own = |visit: VisitId| self.visits.of(visit).player == name;
        if self.nodes[server.index()].visits().any(|(_, visit, _)| own(visit)) {
            let mark = "a player was back before their release had ended";
            self.step_on(server, Fact::Remarked { mark });
        }
    }

    /// Plans when the server will notice that the player of a visit has left, and says when.
    fn will_be_noticed(&mut self, name: PlayerId, visit: VisitId) -> Moment {
        let nth = self.visits.of(visit).nth;
        let after = self.plans.noticed_after(&self.draws, name, nth);
        self.notices_after(visit, after)
    }

    fn notices_after(&mut self, visit: VisitId, after: u64) -> Moment {
        let Visit { player: name, nth, .. } = *self.visits.of(visit);
        let at = self.schedule.now().after(after);
        if after > 0 && !self.planted.has(WorldMistake::LeaveForgotten) {
            self.visits.of_mut(visit).noticed_at = at;
            self.at(at, Tie::Leave(name, nth), Event::Leave(visit));
        }
        at
    }

    /// The server notices that the player of a visit has left.
    pub(super) fn noticed(&mut self, name: VisitId) {
        let now = self.schedule.now();
        let Some(visit) = self.visits.get(name) else { return };
        let (server, seat) = (visit.server, visit.seat);
        let input = if visit.loaded { Input::Leave { seat } } else { Input::Cancel { seat } };
        // One that is paused notices when it goes on; one that is gone never does.
        if visit.noticed_at == now && visit.seated && self.nodes[server.index()].runs() {
            self.tell(server, input);
            self.close_if_empty(server);
        }
    }

    /// The player has waited for their data for too long: they leave as everybody does.
    fn lose_patience(&mut self, name: PlayerId) {
        let nth = self.players[name.index()].visits;
        let next = self.plans.after_rejection(&self.draws, name, nth);
        self.stop_waiting(name, next);
    }

    /// The player waits no longer to be let in.
    pub(super) fn stop_waiting(&mut self, name: PlayerId, next: Next) {
        let seated = self.seated(name);
        self.not_let_in(name, next);
        if let Some((server, visit)) = seated
            && self.will_be_noticed(name, visit) == self.schedule.now()
        {
            let seat = self.visits.of(visit).seat;
            self.tell(server, Input::Cancel { seat });
        }
    }

    pub(super) fn refused(&mut self, visit: VisitId, reason: &'static Cause) {
        self.step_in(visit, Fact::Rejected { reason });
        let Visit { player, nth, .. } = *self.visits.of(visit);
        if self.players[player.index()].visit == Some(visit) {
            let next = self.plans.after_rejection(&self.draws, player, nth);
            self.not_let_in(player, next);
        }
    }

    /// A player who wanted in goes away, to try again or to give up.
    fn not_let_in(&mut self, name: PlayerId, next: Next) {
        if let Next::Away(_) = next {
            self.step(None, None, Some(name.key()), Fact::GaveUp);
        }
        self.go(name, next);
    }

    pub(super) fn lost(&mut self, visit: VisitId, reason: &'static Cause) {
        self.step_in(visit, Fact::Ended { how: reason, saved: false });
        let Visit { player, nth, .. } = *self.visits.of(visit);
        let here = self.players[player.index()].visit == Some(visit);
        if here && self.config.players.when_lost == WhenLost::Kick {
            let next = self.plans.after_rejection(&self.draws, player, nth);
            self.go(player, next);
        }
    }

    /// The player's server is gone, closing or unreachable: they appear on another after a while.
    /// `visit`, if given, is the one that they must still be in.
    pub(super) fn turn_away(&mut self, name: PlayerId, visit: Option<VisitId>) {
        let player = self.players[name.index()];
        if visit.is_none_or(|visit| player.visit == Some(visit)) {
            let after = self.plans.hop_delay(&self.draws, name, player.visits);
            self.go(name, Next::Join(after));
        }
    }

    /// Players come to a server, or leave it: what it may do depends on how many it has.
    fn headcount(&mut self, server: ServerId, more: i32) {
        self.messaging.players(self.schedule.now(), server, more);
        if let Some(quotas) = &mut self.quotas {
            quotas.players(self.schedule.now(), server, more);
            self.look(server);
        }
    }

    /// The player is away now; the session that they had is told by whoever calls this.
    pub(super) fn go(&mut self, name: PlayerId, next: Next) {
        if let Some(visit) = self.player(name).visit.take() {
            self.visits.of_mut(visit).left = true;
            self.departs(visit);
        }
        let player = self.player(name);
        let server = player.server;
        if let Next::Rejoin(_) = next {
            player.bound = server;
        }
        let was = std::mem::replace(&mut player.state, Doing::Away);
        if was == Doing::Playing {
            self.step(server, None, Some(name.key()), Fact::Left);
        }
        if let Some(server) = server.filter(|_| was != Doing::Away) {
            self.node(server).players -= 1;
            self.headcount(server, -1);
            self.close_if_empty(server);
        }
        let (Next::Rejoin(after) | Next::Join(after) | Next::Away(after)) = next;
        self.act_at(name, self.schedule.now().after(after));
    }
}
