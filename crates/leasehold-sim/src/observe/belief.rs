//! Two sessions never believe at once that they own a key (rule D1).
//!
//! The model is, for each key, who believes and since when. An overlap is two believers over an
//! interval that is not empty; it counts once it is over, by what let the later one in. A holder on
//! a frozen server believes nothing; if somebody else does meanwhile, it is *latent*: counted, but
//! no violation until it wakes up and still believes.
//!
//! Where a lease was taken because it had run out, two clocks were compared: the taker's, and that
//! by which the end of the lease had been written. The model remembers both, so that a finding can
//! say how far they were apart.

use super::{Fact, Findings, Observer, Rule, Step};
use crate::library::{MailKind, View};
use crate::schedule::Moment;
use crate::slab::NONE;
use smallvec::SmallVec;
use std::fmt;

pub(super) struct Belief {
    keys: Vec<SmallVec<[Holder; 1]>>,
    leases: Vec<Lease>,
}

/// What is known of the clocks behind a key's lease.
#[derive(Clone, Copy)]
struct Lease {
    /// By which clock its end was written, or when it was last written.
    written: Clock,
    /// The visit that has taken it last: nobody else's writes renew it.
    holder: u32,
    /// The visit that took it last from another session, and the clocks that were compared for
    /// that.
    taken: (u32, Compared),
}

/// A server's wall clock as it was read: how far it was ahead of true time, in microseconds.
#[derive(Clone, Copy, Debug)]
struct Clock {
    server: u32,
    ahead_us: i64,
}

/// The taker's clock, and the one by which the end of the lease had been written.
#[derive(Clone, Copy, Debug)]
struct Compared {
    taker: Clock,
    writer: Clock,
}

impl Compared {
    fn ahead_us(&self) -> i64 {
        self.taker.ahead_us - self.writer.ahead_us
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (apart_us, owner) = (self.ahead_us().unsigned_abs(), self.writer.server);
        let apart = format!("{}.{:03} s", apart_us / 1_000_000, apart_us / 1_000 % 1_000);
        match self.ahead_us() {
            0 => write!(f, "its wall clock agreed with s{owner}'s")?,
            1.. => write!(f, "its wall clock was {apart} ahead of s{owner}'s")?,
            _ => write!(f, "its wall clock was {apart} behind s{owner}'s")?,
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug)]
struct Holder {
    visit: u32,
    server: u32,
    /// Since when it believes; for a frozen one, since when it does not.
    since: Moment,
    frozen: bool,
    /// Somebody else has believed while this one was frozen.
    latent: bool,
    how: &'static str,
    /// If the lease was taken as it had run out.
    compared: Option<Compared>,
    /// What it goes by, if not by what is stored.
    misled: Option<&'static str>,
}

impl Belief {
    pub(super) fn new(keys: usize) -> Belief {
        let nobody = Clock { server: NONE, ahead_us: 0 };
        let taken = (NONE, Compared { taker: nobody, writer: nobody });
        let lease = Lease { written: nobody, holder: NONE, taken };
        let leases = vec![lease; keys];
        Belief { keys: vec![SmallVec::new(); keys], leases }
    }

    /// A write renews the lease, or passes it on.
    fn landed(&mut self, step: &Step, before: Option<View>, after: View, clock_us: i64) {
        let lease = &mut self.leases[step.key as usize];
        let clock = Clock { server: step.server, ahead_us: clock_us };
        let passes = |before: View| {
            (before.owner, before.generation) != (after.owner, after.generation) && !after.released
        };
        if before.is_none_or(passes) {
            lease.holder = step.visit;
        }
        if before.is_some_and(|before| before.owner != after.owner) && !after.released {
            lease.taken = (step.visit, Compared { taker: clock, writer: lease.written });
        }
        // Another's call may have looked only, and written back what it found.
        if lease.holder == step.visit {
            lease.written = clock;
        }
    }

    fn begins(&mut self, step: &Step, how: &'static str, out: &mut Findings) {
        let holders = &mut self.keys[step.key as usize];
        let thawed = holders.iter().position(|holder| holder.visit == step.visit);
        let how = match thawed {
            Some(place) => {
                holders.remove(place);
                "thaw"
            }
            None => how,
        };
        let (taker, compared) = self.leases[step.key as usize].taken;
        let by_clock = written_by(how).is_some() && taker == step.visit;
        let compared = by_clock.then_some(compared);
        if holders.is_empty() && matches!(how, "messaging_timeout_steal" | "session_steal") {
            out.reached("a silent owner was gone");
        }
        for other in holders.iter_mut() {
            if other.frozen && !other.latent {
                other.latent = true;
                out.latent += 1;
                out.reached("a frozen holder was overtaken");
            }
            if how != "thaw" && !other.frozen && other.since < step.at {
                out.reached("a believing owner was overtaken");
                if compared.is_some_and(|clocks| clocks.ahead_us() > 0) {
                    out.reached("a skewed clock overtook a believing owner");
                }
            }
        }
        let (visit, server, since) = (step.visit, step.server, step.at);
        let misled = out.misled;
        let (frozen, latent) = (false, false);
        holders.push(Holder { visit, server, since, frozen, latent, how, compared, misled });
    }

    /// A holder's belief ends now: its overlaps with all others end too.
    fn ends(&mut self, step: &Step, out: &mut Findings) {
        let holders = &mut self.keys[step.key as usize];
        let Some(place) = holders.iter().position(|holder| holder.visit == step.visit) else {
            return;
        };
        let holder = holders.remove(place);
        if !holder.frozen {
            for other in holders.iter().filter(|other| !other.frozen) {
                overlap(step.key, &holder, other, step.at, out);
            }
        }
    }

    fn freezes(&mut self, step: &Step, out: &mut Findings) {
        let holders = &self.keys[step.key as usize];
        let Some(holder) = holders.iter().find(|holder| holder.visit == step.visit).copied() else {
            return;
        };
        self.ends(step, out);
        let holders = &mut self.keys[step.key as usize];
        let latent = holders.iter().any(|other| !other.frozen);
        out.latent += u64::from(latent);
        holders.push(Holder { since: step.at, frozen: true, latent, ..holder });
    }

    fn is_live(&self, key: u32, server: u32) -> bool {
        let mut holders = self.keys[key as usize].iter();
        holders.any(|holder| holder.server == server && !holder.frozen)
    }
}

/// What another's clock had written, if a lease that was taken like this was judged by it.
fn written_by(how: &str) -> Option<&'static str> {
    match how {
        "expired_lease_steal" => Some("the end of the lease"),
        "assume_dead" => Some("when the lock was last saved"),
        _ => None,
    }
}

fn overlap(key: u32, one: &Holder, other: &Holder, until: Moment, out: &mut Findings) {
    let (early, late) = if one.since <= other.since { (one, other) } else { (other, one) };
    let length_us = until.since(late.since);
    if length_us == 0 {
        return;
    }
    out.overlaps.push(late.since);
    out.overlap_max_us = out.overlap_max_us.max(length_us);
    let apart_us = late.compared.map_or(0, |clocks| clocks.ahead_us().unsigned_abs());
    out.clocks_apart_max_us = out.clocks_apart_max_us.max(apart_us);
    let cause = late.misled.or(early.misled).unwrap_or(late.how);
    out.violated(Rule::Belief, (late.since, late.server, key), cause, || {
        format!(
            "s{} had believed since {}; s{} got k{key} by {}{}; both believed for {}.{:03} s",
            early.server,
            early.since,
            late.server,
            late.how,
            match (late.compared, written_by(late.how)) {
                (Some(clocks), Some(what)) => format!(": {clocks}, which had written {what}"),
                _ => String::new(),
            },
            length_us / 1_000_000,
            length_us / 1_000 % 1_000,
        )
    });
}

impl Observer for Belief {
    fn on_step(&mut self, step: &Step, out: &mut Findings) {
        match step.fact {
            Fact::Believes { how } => self.begins(step, how, out),
            // A frozen holder whose session ends has no belief left to cease.
            Fact::Ceases | Fact::Ended { .. } => self.ends(step, out),
            Fact::Freezes => self.freezes(step, out),
            Fact::Landed { before, after, clock_us, .. } => {
                self.landed(step, before, after, clock_us);
            }
            Fact::MailLost { kind: MailKind::Challenge, to } if self.is_live(step.key, to) => {
                out.reached("a challenge to a live owner was lost");
            }
            Fact::MailLost { kind: MailKind::Answer, .. }
                if self.is_live(step.key, step.server) =>
            {
                out.reached("an answer of a live owner was lost");
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: Moment, out: &mut Findings) {
        for (key, holders) in self.keys.iter().enumerate() {
            for (nth, holder) in holders.iter().enumerate() {
                for other in
                    holders[nth + 1..].iter().filter(|other| !other.frozen && !holder.frozen)
                {
                    overlap(key as u32, holder, other, end, out);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::CallKind;

    fn step(us: u64, visit: u32, fact: Fact) -> Step {
        Step { at: Moment::from_micros(us), server: visit, visit, key: 0, fact }
    }

    fn watch(steps: &[Step]) -> Findings {
        let (mut belief, mut out) = (Belief::new(1), Findings::default());
        for step in steps {
            belief.on_step(step, &mut out);
        }
        belief.at_end(Moment::from_micros(100), &mut out);
        out
    }

    const TAKES: Fact = Fact::Believes { how: "messaging_timeout_steal" };

    #[test]
    fn two_believers_at_once_are_found_and_explained_by_what_let_the_second_in() {
        let out = watch(&[step(1, 1, TAKES), step(5, 2, TAKES), step(9, 1, Fact::Ceases)]);
        assert_eq!(out.count(Rule::Belief as usize), 1);
        assert_eq!(out.causes(Rule::Belief as usize).get("messaging_timeout_steal"), Some(&1));
        assert_eq!(out.overlap_max_us, 4);
    }

    #[test]
    fn a_steal_from_an_owner_that_believes_no_more_is_told_from_a_robbery() {
        let mark = "a silent owner was gone";
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::Ceases), step(5, 2, TAKES)];
        assert_eq!(watch(&gone).marks.get(mark), Some(&2));
        assert_eq!(watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]).marks.get(mark), Some(&1));
    }

    #[test]
    fn a_belief_that_ends_at_the_moment_the_next_begins_is_no_overlap_in_either_order() {
        let ends_first = [step(1, 1, TAKES), step(5, 1, Fact::Ceases), step(5, 2, TAKES)];
        let begins_first = [step(1, 1, TAKES), step(5, 2, TAKES), step(5, 1, Fact::Ceases)];
        assert_eq!(watch(&ends_first).count(0) + watch(&begins_first).count(0), 0);
    }

    #[test]
    fn a_frozen_holder_that_is_overtaken_is_latent_and_violates_only_if_it_wakes_believing() {
        let mut steps = vec![step(1, 1, TAKES), step(3, 1, Fact::Freezes), step(5, 2, TAKES)];
        steps.push(step(7, 1, Fact::Ceases));
        let out = watch(&steps);
        assert_eq!((out.count(0), out.latent), (0, 1));
        steps[3] = step(7, 1, TAKES);
        let out = watch(&steps);
        assert_eq!(out.causes(Rule::Belief as usize).get("thaw"), Some(&1));
    }

    fn writes(us: u64, visit: u32, kind: CallKind, before: Option<u32>, clock_us: i64) -> Step {
        let view = |owner| View {
            owner: (owner, 1),
            generation: u64::from(owner),
            commit: 0,
            released: false,
            edits: 0,
        };
        let (before, after) = (before.map(view), view(visit));
        step(us, visit, Fact::Landed { kind, before, after, clock_us })
    }

    #[test]
    fn a_take_by_a_clock_that_is_ahead_names_both_clocks_and_how_far_they_were_apart() {
        let take = |ahead_us| {
            watch(&[
                writes(1, 1, CallKind::Acquire, None, 9_000_000),
                step(1, 1, Fact::Believes { how: "new" }),
                // The clock has been set since; what was written by it counts.
                writes(2, 1, CallKind::Renew, Some(1), -500_000),
                writes(4, 2, CallKind::Acquire, Some(1), ahead_us),
                // Its own call landed once more: nothing was compared for that.
                writes(5, 2, CallKind::Acquire, Some(2), 77_000_000),
                step(6, 2, Fact::Believes { how: "expired_lease_steal" }),
            ])
        };
        let cases = [
            (14_500_000, "its wall clock was 15.000 s ahead of s1's", 15_000_000),
            (-1_750_000, "its wall clock was 1.250 s behind s1's", 1_250_000),
            (-500_000, "its wall clock agreed with s1's", 0),
        ];
        for (ahead_us, words, apart_us) in cases {
            let mut out = take(ahead_us);
            let marked = out.marks.contains_key("a skewed clock overtook a believing owner");
            assert_eq!((out.clocks_apart_max_us, marked), (apart_us, ahead_us > 0));
            let why = &out.kept(Rule::Belief as usize)[0].why;
            let whole = format!(
                "s2 got k0 by expired_lease_steal: {words}, which had written the end of the lease; \
                 both believed for"
            );
            assert!(why.contains(&whole), "{why}");
        }
    }

    #[test]
    fn clocks_are_not_blamed_where_none_were_compared() {
        let silent = [
            writes(1, 1, CallKind::Acquire, None, 0),
            step(1, 1, TAKES),
            writes(4, 2, CallKind::Acquire, Some(1), 15_000_000),
            step(5, 2, TAKES),
        ];
        let mut out = watch(&silent);
        assert_eq!(out.clocks_apart_max_us, 0);
        assert!(!out.kept(Rule::Belief as usize)[0].why.contains("clock"));
    }

    #[test]
    fn a_frozen_holder_whose_session_has_ended_is_latent_no_more() {
        let ended = step(4, 1, Fact::Ended { how: "crash", saved: false });
        let out = watch(&[step(1, 1, TAKES), step(3, 1, Fact::Freezes), ended, step(5, 2, TAKES)]);
        assert_eq!((out.count(0), out.latent), (0, 0));
    }

    #[test]
    fn an_overlap_that_lasts_to_the_end_of_the_run_counts() {
        assert_eq!(watch(&[step(1, 1, TAKES), step(5, 2, TAKES)]).count(0), 1);
    }

    #[test]
    fn the_mark_needs_a_live_owner_at_the_other_end() {
        let lost = step(6, 9, Fact::MailLost { kind: MailKind::Challenge, to: 1 });
        let mark = "a challenge to a live owner was lost";
        assert_eq!(watch(&[step(1, 1, TAKES), lost]).marks.get(mark), Some(&1));
        let gone = [step(1, 1, TAKES), step(2, 1, Fact::Ceases), lost];
        assert_eq!(watch(&gone).marks.get(mark), None);
    }
}
