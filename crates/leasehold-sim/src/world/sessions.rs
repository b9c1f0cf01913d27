//! Sessions as the world follows them: what a library says of one becomes a step, whether one
//! considers itself the owner is looked at, and a seat is free when its library says so.
//!
//! Before a session becomes an owner, all others of its key are looked at: an ownership that the
//! clock has ended is never counted as a double one.

use super::{Visit, World};
use crate::cause;
use crate::ids::{ServerId, VisitId};
use crate::library::{Library, Notice};
use crate::step::{Fact, Slip};
use leasehold_core::Seat;
use smallvec::SmallVec;

impl<L: Library> World<'_, L> {
    /// A library tells its game something.
    pub(super) fn notice(&mut self, server: ServerId, seat: Seat, notice: Notice) {
        match notice {
            Notice::CircuitOpened { reason, timeout_us, stats } => {
                return self.step_on(server, Fact::CircuitOpened { reason, timeout_us, stats });
            }
            Notice::CircuitClosed => return self.step_on(server, Fact::CircuitClosed),
            Notice::FellBack => return self.step_on(server, Fact::FellBack),
            Notice::Remark { mark } if !L::MARKS.contains(&mark) => {
                return self.step_on(server, Fact::Misspoke { slip: Slip::UnknownMark });
            }
            Notice::Remark { mark } => return self.step_on(server, Fact::Remarked { mark }),
            Notice::Complaint { kind, words } => {
                return self.step_about(server, seat, Fact::Complained { kind, words });
            }
            Notice::Said { words } => return self.step_about(server, seat, Fact::Said { words }),
            _ => {}
        }
        let Some(visit) = self.nodes[server.index()].visit(seat) else {
            return self.told_outside(server, seat, notice);
        };
        if let Some(slip) = self.node(server).seat(seat).told.take(&notice) {
            self.step_in(visit, Fact::Misspoke { slip });
            if notice != Notice::Ended {
                return;
            }
        }
        let fact = match notice {
            Notice::Granted { how, edits, calls, retries } => {
                return self.loaded(visit, how, edits, (calls, retries));
            }
            Notice::Rejected { reason } => return self.refused(visit, reason),
            Notice::Lost { reason } => return self.lost(visit, reason),
            Notice::Ended => return self.stand_up(server, seat, visit),
            Notice::SaveReturned { callers, result } => {
                self.step_in(visit, Fact::SaveReturned { callers, why: result.err() });
                return self.saves_return(visit, callers, result.is_ok());
            }
            Notice::Conflict { resolution } => {
                self.visits.of_mut(visit).how = Some(resolution);
                Fact::Conflict { resolution }
            }
            Notice::Unheard { why } => Fact::Unheard { why },
            Notice::EditRefused => Fact::EditRefused,
            Notice::Saved => Fact::Saved,
            Notice::Corrupted { kind } => Fact::Corrupted { kind },
            Notice::Released { saved } => Fact::Ended { how: &cause::RELEASED, saved },
            Notice::Abandoned => Fact::Ended { how: &cause::ABANDONED, saved: false },
            Notice::CircuitOpened { .. }
            | Notice::CircuitClosed
            | Notice::FellBack
            | Notice::Complaint { .. }
            | Notice::Said { .. }
            | Notice::Remark { .. } => return,
        };
        self.step_in(visit, fact);
    }

    /// A library says something of a seat that no session has: an operation from outside may.
    pub(super) fn told_outside(&mut self, server: ServerId, seat: Seat, notice: Notice) {
        let node = self.node(server);
        if node.is_outside(seat) && notice == Notice::Ended {
            node.stand_up(seat);
            self.outside_is_over(server, seat);
            return self.stop_if_done(server);
        }
        self.step_on(server, Fact::Misspoke { slip: Slip::NobodyThere });
    }

    /// Looks whether the session in a seat considers itself the owner, and says so if that has
    /// changed. Before a session is an owner, all others of its key are looked at: what they were
    /// an owner by may be over, and none of them has said so.
    pub(super) fn refresh(&mut self, server: ServerId, seat: Seat) {
        let node = &mut self.nodes[server.index()];
        let Some(visit) = node.visit(seat) else { return };
        let now = node.clock.now(self.schedule.now());
        let owns = node.runs() && node.library.owns(seat, now);
        if node.seat(seat).owns == owns {
            return;
        }
        node.seat(seat).owns = owns;
        if !owns {
            return self.step_in(visit, Fact::OwnsNoMore);
        }
        let this = self.visits.of(visit);
        let (key, how) = (this.player.key(), this.how.unwrap_or(&cause::STARTED));
        let others = self.sinks.models.owners.live(key).map(|owner| owner.visit);
        for other in others.collect::<SmallVec<[VisitId; 1]>>() {
            self.refresh_visit(other);
        }
        self.step_in(visit, Fact::Owns { how });
    }

    /// Looks whether a session considers itself the owner, if it is not over.
    pub(super) fn refresh_visit(&mut self, visit: VisitId) {
        let &Visit { server, seat, seated, .. } = self.visits.of(visit);
        if seated {
            self.refresh(server, seat);
        }
    }

    /// A session is over for its library: the seat is free.
    pub(super) fn stand_up(&mut self, server: ServerId, seat: Seat, visit: VisitId) {
        let node = self.node(server);
        let owned = node.seat(seat).owns;
        node.stand_up(seat);
        if owned {
            self.step_in(visit, Fact::OwnsNoMore);
        }
        self.step_in(visit, Fact::SeatFreed { gone: false });
        self.visits.of_mut(visit).seated = false;
        self.sits(self.visits.of(visit).player, -1);
        self.closes(visit);
        self.over_if_done(visit);
        self.stop_if_done(server);
    }

    /// Forgets a visit of which nothing can come any more.
    pub(super) fn over_if_done(&mut self, visit: VisitId) {
        let this = self.visits.of(visit);
        if this.seated || this.under_way > 0 {
            return;
        }
        let player = this.player;
        self.step_in(visit, Fact::Over);
        self.visits.remove(visit);
        let player = self.player(player);
        if player.visit == Some(visit) {
            player.visit = None;
        }
    }
}
