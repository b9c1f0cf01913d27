//! Wake-ups: a library has a deadline, and the world keeps one wake-up a server that is never
//! later than it.
//!
//! Nothing is cancelled in the queue. A deadline that moved later is noticed when its old wake-up
//! comes, which then takes the new place; one that moved earlier gets a wake-up of its own, and
//! the other, when it comes, is seen to be an old one.

use super::World;
use crate::ids::ServerId;
use crate::library::{Input, Library};
use crate::planted::WorldMistake;
use crate::schedule::{Event, Moment, Tie};

impl<L: Library> World<'_, L> {
    pub(super) fn rearm(&mut self, server: ServerId) {
        let asleep = !self.planted.has(WorldMistake::PauseKeepsTimers);
        let node = &mut self.nodes[server.index()];
        if !node.runs() && asleep {
            return;
        }
        let Some(deadline) = node.library.deadline() else { return };
        let at = node.clock.reaches(deadline).max(self.schedule.now());
        if at < node.wake_at {
            node.wake_at = at;
            self.at(at, Tie::Wake(server), Event::Wake(server));
        }
    }

    pub(super) fn wake(&mut self, server: ServerId) {
        let now = self.schedule.now();
        let awake = self.planted.has(WorldMistake::PauseKeepsTimers);
        let node = self.node(server);
        if node.wake_at != now {
            return; // An old wake-up: a later or an earlier one has taken its place.
        }
        node.wake_at = Moment::NEVER;
        if !(node.runs() || awake && node.is_paused()) {
            return;
        }
        // What was due has been put off since: a tick would change nothing.
        if node.library.deadline().is_none_or(|at| at > node.clock.now(now).mono) {
            return self.rearm(server);
        }
        if L::RUNS_AHEAD {
            self.leave_alone(server);
        }
        self.tell(server, Input::Tick);
        if L::RUNS_AHEAD {
            self.has_ticked();
        }
        self.must_let_time_pass(server);
    }

    /// A library that wants tick after tick at one moment would keep the world there for ever.
    pub(super) fn must_let_time_pass(&mut self, server: ServerId) {
        const MOST: u32 = 1_000;
        let now = self.schedule.now();
        let node = self.node(server);
        let ticks = if node.ticked.0 == now { node.ticked.1 + 1 } else { 1 };
        node.ticked = (now, ticks);
        if ticks < MOST {
            return;
        }
        let Some(deadline) = node.library.deadline() else { return };
        panic!(
            "{} on {server} has had {MOST} ticks at {now} and wants another: its deadline is {} us \
             by its stopwatch, which shows {} us; a tick moves it later or takes it away",
            L::NAME,
            deadline.as_micros(),
            node.clock.now(now).mono.as_micros(),
        );
    }
}
