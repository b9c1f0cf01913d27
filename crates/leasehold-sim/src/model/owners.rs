//! Who considers itself the owner of which key (rule D1).
//!
//! ```text
//!   --[Owns]--> owner --[OwnerPaused]--> paused owner --[Owns]--> owner again, by resume
//!                     '--[OwnsNoMore, Ended]--> nobody <--[OwnsNoMore, Ended]--'
//! ```
//!
//! A holder on a server that is paused is no owner for the time; it is kept as paused, since it may
//! go on. Two owners at once are an overlap, which is known when it is over; one of no length is
//! none.

use crate::cause::{self, Cause};
use crate::ids::{ServerId, VisitId};
use crate::schedule::Moment;
use crate::step::{Fact, Session, Step};
use leasehold_core::{Key, warm};
use smallvec::SmallVec;

/// A session that considers itself the owner of its key, or did when its server paused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Owner {
    /// The session's visit.
    pub visit: VisitId,
    /// Its server.
    pub server: ServerId,
    /// Since when it is an owner; of a paused one, since when it is paused.
    pub since: Moment,
    /// Its server is paused.
    pub paused: bool,
    /// How it came to be an owner.
    pub how: &'static Cause,
}

/// Two sessions that were owners of a key at once, for a time that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// The key.
    pub key: Key,
    /// The one that was an owner first.
    pub early: Owner,
    /// The one that became an owner besides: the overlap begins with it.
    pub late: Owner,
    /// When it was over.
    pub until: Moment,
}

impl Overlap {
    /// How long it was, in microseconds.
    pub fn length_us(&self) -> u64 {
        self.until.since(self.late.since)
    }
}

/// The owners of all keys.
#[derive(Debug)]
pub struct Owners {
    keys: Vec<SmallVec<[Owner; 1]>>,
    overlaps: Vec<Overlap>,
    ended: Option<Owner>,
}

impl Owners {
    pub(crate) fn new(players: u32) -> Owners {
        Owners { keys: vec![SmallVec::new(); players as usize], overlaps: Vec::new(), ended: None }
    }

    /// The owners of a key, paused ones included.
    pub fn of(&self, key: Key) -> &[Owner] {
        &self.keys[key.0 as usize]
    }

    /// The owners of a key whose servers run.
    pub fn live(&self, key: Key) -> impl Iterator<Item = &Owner> {
        self.of(key).iter().filter(|owner| !owner.paused)
    }

    pub(crate) fn warm(&self, key: Key) {
        warm::row(&self.keys, key.0 as usize);
    }

    /// The overlaps that the present step has ended.
    pub fn overlaps(&self) -> &[Overlap] {
        &self.overlaps
    }

    /// Who is no owner any more since the present step, or is a paused one from it on.
    pub fn ended(&self) -> Option<Owner> {
        self.ended
    }

    #[inline]
    pub(crate) fn on_step(&mut self, step: &Step) {
        if !self.overlaps.is_empty() {
            self.overlaps.clear();
        }
        self.ended = None;
        let Some(session) = step.session() else { return };
        match step.fact {
            Fact::Owns { how } => self.begins(step.at, session, how),
            Fact::OwnerPaused => self.pauses(step.at, session),
            // A paused holder whose session ends has nothing left to cease.
            Fact::OwnsNoMore | Fact::Ended { .. } => {
                self.ends(step.at, session);
            }
            _ => {}
        }
    }

    fn begins(&mut self, at: Moment, session: Session, how: &'static Cause) {
        let Session { server, visit, key } = session;
        let owners = &mut self.keys[key.0 as usize];
        let before = owners.iter().position(|owner| owner.visit == visit);
        let how = if before.is_some() { &cause::RESUMED } else { how };
        if let Some(place) = before {
            owners.remove(place);
        }
        owners.push(Owner { visit, server, since: at, paused: false, how });
    }

    /// A session is no owner any more: its overlaps with all others end too.
    fn ends(&mut self, at: Moment, session: Session) -> Option<Owner> {
        let owners = &mut self.keys[session.key.0 as usize];
        let place = owners.iter().position(|owner| owner.visit == session.visit)?;
        let owner = owners.remove(place);
        self.ended = Some(owner);
        if !owner.paused {
            for other in owners.iter().filter(|other| !other.paused) {
                self.overlaps.extend(overlap(session.key, owner, *other, at));
            }
        }
        Some(owner)
    }

    fn pauses(&mut self, at: Moment, session: Session) {
        if let Some(owner) = self.ends(at, session) {
            let owners = &mut self.keys[session.key.0 as usize];
            owners.push(Owner { since: at, paused: true, ..owner });
        }
    }

    /// The run is over, and with it every overlap.
    pub(crate) fn at_end(&mut self, end: Moment) {
        self.overlaps.clear();
        for (key, owners) in self.keys.iter().enumerate() {
            for (nth, owner) in owners.iter().enumerate().filter(|(_, owner)| !owner.paused) {
                for other in owners[nth + 1..].iter().filter(|other| !other.paused) {
                    self.overlaps.extend(overlap(Key(key as u32), *owner, *other, end));
                }
            }
        }
    }
}

fn overlap(key: Key, one: Owner, other: Owner, until: Moment) -> Option<Overlap> {
    let (early, late) = if one.since <= other.since { (one, other) } else { (other, one) };
    let overlap = Overlap { key, early, late, until };
    (overlap.length_us() > 0).then_some(overlap)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAKES: Fact = Fact::Owns { how: &cause::STARTED };

    fn owners(steps: &[(u64, u32, Fact)]) -> (Owners, Vec<(u32, u32, u64)>) {
        let (mut owners, mut over) = (Owners::new(1), Vec::new());
        for &(us, visit, fact) in steps {
            let (server, visit) = (Some(ServerId::new(visit)), Some(VisitId::new(visit)));
            let at = Moment::from_micros(us);
            owners.on_step(&Step { at, server, visit, key: Some(Key(0)), fact });
            over.extend(owners.overlaps().iter().map(|overlap| {
                (overlap.early.visit.number(), overlap.late.visit.number(), overlap.length_us())
            }));
        }
        (owners, over)
    }

    #[test]
    fn an_overlap_is_told_once_it_is_over_and_begins_with_the_later_owner() {
        assert_eq!(owners(&[(1, 1, TAKES), (5, 2, TAKES)]).1, []);
        assert_eq!(
            owners(&[(1, 1, TAKES), (5, 2, TAKES), (9, 1, Fact::OwnsNoMore)]).1,
            [(1, 2, 4)]
        );
        let (mut all, _) = owners(&[(1, 1, TAKES), (5, 2, TAKES)]);
        all.at_end(Moment::from_micros(100));
        assert_eq!(all.overlaps()[0].length_us(), 95);
    }

    #[test]
    fn one_that_ends_when_the_next_begins_has_not_met_it_in_either_order() {
        assert_eq!(owners(&[(1, 1, TAKES), (5, 1, Fact::OwnsNoMore), (5, 2, TAKES)]).1, []);
        assert_eq!(owners(&[(1, 1, TAKES), (5, 2, TAKES), (5, 1, Fact::OwnsNoMore)]).1, []);
    }

    #[test]
    fn a_paused_owner_overlaps_with_nobody_and_is_back_by_resume() {
        let steps = [(1, 1, TAKES), (3, 1, Fact::OwnerPaused), (5, 2, TAKES), (7, 1, TAKES)];
        let (all, over) = owners(&steps);
        assert_eq!(over, []);
        let of: Vec<_> =
            all.of(Key(0)).iter().map(|owner| (owner.visit.number(), owner.how)).collect();
        assert_eq!(of, [(2, &cause::STARTED), (1, &cause::RESUMED)]);
    }
}
