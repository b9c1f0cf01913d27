//! The one gate that every fault goes through, and the names by which faults are known.
//!
//! Each place where something can go wrong asks the gate, naming the occasion. Without a tape the
//! gate answers by the scenario's rates and the seed; with one, a fault fires if and only if its
//! occasion is on the tape. Either way it notes what fired. Workload, latencies, clocks and ties
//! never go through here: they come from the seed alone.

use crate::ids::ServerId;
use crate::library::MessageKind;
use crate::units::Chance;
use leasehold_core::Key;
use std::fmt;
use std::str::FromStr;
use strum::VariantArray;

macro_rules! sites {
    ($($(#[$doc:meta])* $site:ident = $name:literal;)*) => {
        /// Kind of fault, in the order of reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Site {
            $($(#[$doc])* $site,)*
            /// Nothing at all: a site that a test asks at to see that it changes nothing. It is
            /// none of [`Site::ALL`].
            #[cfg(test)]
            Unrelated,
        }

        impl Site {
            /// All sites.
            pub const ALL: &'static [Site] = &[$(Site::$site),*];

            /// Its name on a tape and in reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Site::$site => $name,)*
                    #[cfg(test)]
                    Site::Unrelated => "unrelated",
                }
            }
        }
    };
}

sites! {
    /// A call fails and was not applied.
    FailsBefore = "fails unapplied";
    /// A call is applied, but answered with an error.
    FailsAfter = "fails applied";
    /// A call is applied, but never answered.
    NeverAnswers = "never answers";
    /// A call is lost on its way: neither applied nor answered.
    NeverArrives = "never arrives";
    /// A write is damaged where it is stored.
    Damaged = "is damaged";
    /// A call is rejected as too much.
    Throttled = "is throttled";
    /// A call reads the version before.
    ReadsStale = "reads stale";
    /// A call reads nothing, for a key that exists.
    ReadsNil = "reads nil";
    /// A call goes to another scope.
    WrongScope = "has wrong scope";
    /// A message is lost.
    Lost = "is lost";
    /// A message comes twice.
    Duplicated = "comes twice";
    /// The platform does not note that a purchase is granted.
    Unnoted = "is not noted";
    /// A server's process is gone.
    Crash = "crash";
    /// A server's process is paused.
    Pause = "pause";
    /// A server's wall clock is set.
    Step = "step";
    /// A server runs out of memory.
    OutOfMemory = "out of memory";
    /// The datastore is out, or slow, for a while.
    Incident = "incident";
    /// A line of the scenario's timeline.
    Timeline = "timeline";
    /// A server's subscription fails.
    SubscribeFails = "subscribe-fails";
    /// A server's subscription never ends.
    SubscribeHangs = "subscribe-hangs";
    /// Messages to or from a server get lost for a while.
    Partition = "partition";
    /// A record is operated on from outside its session.
    Operation = "operation";
}

/// Whom a fault hits, on which of their occasions. Occasions are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// A session's call for its own record: `k17.2 call 5` is the 5th call of k17's 2nd session.
    Call {
        /// The key.
        key: Key,
        /// Which of its sessions.
        session: u32,
        /// Which of the session's calls.
        nth: u32,
    },
    /// A message about a key: `k17 challenge 3` is the 3rd challenge for k17.
    Message {
        /// The key.
        key: Key,
        /// What it is.
        kind: MessageKind,
        /// Which of the key's messages of this kind.
        nth: u32,
    },
    /// A purchase: `k17 grant 3` is the 3rd time that one of k17's receipts is granted.
    Receipt {
        /// The key.
        key: Key,
        /// Which of the key's grants.
        nth: u32,
    },
    /// A server: `s3 crash 2` is its 2nd crash.
    Server {
        /// The server.
        server: ServerId,
        /// Which time.
        nth: u32,
    },
    /// The world: `incident 1` is the scenario's first.
    World {
        /// Which of the scenario's list.
        nth: u32,
    },
    /// A call that a server makes on nobody's behalf: `s3 call 7` is its 7th.
    Own {
        /// The server.
        server: ServerId,
        /// Which of its calls.
        nth: u32,
    },
    /// A message about no key: `any challenge 3` is the 3rd such challenge of the run.
    Unaddressed {
        /// What it is.
        kind: MessageKind,
        /// Which of its kind.
        nth: u32,
    },
    /// An operation from outside a session: `operation 2.5` is the 5th of the scenario's second
    /// entry.
    Operation {
        /// Which of the scenario's list.
        entry: u32,
        /// Which of the entry's.
        nth: u32,
    },
}

/// A fault that fired or could: it prints, and is read back, as `k17.2 call 5 fails applied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Whom, when.
    pub occasion: Occasion,
    /// The kind of fault.
    pub site: Site,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.site.name();
        match self.occasion {
            Occasion::Call { key, session, nth } => {
                write!(f, "{key}.{session} call {nth} {site}")
            }
            Occasion::Message { key, kind, nth } => write!(f, "{key} {} {nth} {site}", kind.name()),
            Occasion::Receipt { key, nth } => write!(f, "{key} grant {nth} {site}"),
            Occasion::Server { server, nth } => write!(f, "{server} {site} {nth}"),
            Occasion::World { nth } => write!(f, "{site} {nth}"),
            Occasion::Own { server, nth } => write!(f, "{server} call {nth} {site}"),
            Occasion::Unaddressed { kind, nth } => write!(f, "any {} {nth} {site}", kind.name()),
            Occasion::Operation { entry, nth } => write!(f, "{site} {entry}.{nth}"),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        parsed(text).filter(|fault| fault.to_string() == text).ok_or_else(|| {
            format!("{text:?} names no fault; they look like \"k17.2 call 5 fails applied\"")
        })
    }
}

fn parsed(text: &str) -> Option<Fault> {
    let (who, rest) = text.split_once(' ')?;
    if let Some(key) = who.strip_prefix('k') {
        return of_a_key(key, rest);
    }
    if who == "any" {
        let (kind, nth, site) = counted(rest)?;
        let occasion = Occasion::Unaddressed { kind: message_kind(kind)?, nth };
        return Some(Fault { occasion, site });
    }
    if let Some(server) = who.strip_prefix('s').and_then(|number| number.parse().ok()) {
        let server = ServerId::checked(server)?;
        if let Some(("call", nth, site)) = counted(rest) {
            return Some(Fault { occasion: Occasion::Own { server, nth }, site });
        }
        let (site, nth) = rest.rsplit_once(' ')?;
        let occasion = Occasion::Server { server, nth: nth.parse().ok()? };
        return Some(Fault { occasion, site: site_named(site)? });
    }
    let site = site_named(who)?;
    let occasion = if site == Site::Operation {
        let (entry, nth) = rest.split_once('.')?;
        Occasion::Operation { entry: entry.parse().ok()?, nth: nth.parse().ok()? }
    } else {
        Occasion::World { nth: rest.parse().ok()? }
    };
    Some(Fault { occasion, site })
}

/// `call 5 fails applied`: what, which, and the fault.
fn counted(text: &str) -> Option<(&str, u32, Site)> {
    let (what, rest) = text.split_once(' ')?;
    let (nth, site) = rest.split_once(' ')?;
    Some((what, nth.parse().ok()?, site_named(site)?))
}

fn of_a_key(key: &str, rest: &str) -> Option<Fault> {
    let (kind, nth, site) = counted(rest)?;
    let occasion = match key.split_once('.') {
        Some((key, session)) if kind == "call" => {
            Occasion::Call { key: Key(key.parse().ok()?), session: session.parse().ok()?, nth }
        }
        Some(_) => return None,
        None if kind == "grant" => Occasion::Receipt { key: Key(key.parse().ok()?), nth },
        None => Occasion::Message { key: Key(key.parse().ok()?), kind: message_kind(kind)?, nth },
    };
    Some(Fault { occasion, site })
}

fn message_kind(name: &str) -> Option<MessageKind> {
    MessageKind::VARIANTS.iter().copied().find(|kind| kind.name() == name)
}

fn site_named(name: &str) -> Option<Site> {
    Site::ALL.iter().copied().find(|site| site.name() == name)
}

/// How many faults a run notes. A tape that would be longer is not recorded, and says so.
pub(crate) const NOTED_MAX: usize = 1_000_000;

/// The gate.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The tape, sorted, with whether each entry was reached; or none: then the rates decide.
    tape: Option<Vec<(Fault, bool)>>,
    healed: bool,
    fired: Vec<Fault>,
    counts: [u64; Site::ALL.len()],
}

impl Gate {
    pub(crate) fn new(tape: Option<&[Fault]>) -> Gate {
        let tape = tape.map(|faults| {
            let mut faults: Vec<(Fault, bool)> =
                faults.iter().map(|fault| (*fault, false)).collect();
            faults.sort_unstable();
            faults.dedup();
            faults
        });
        Gate { tape, healed: false, fired: Vec::new(), counts: [0; Site::ALL.len()] }
    }

    /// Whether a fault happens on an occasion. `word` is evenly drawn, for this question only.
    #[inline]
    pub(crate) fn fault(
        &mut self,
        site: Site,
        chance: Chance,
        word: u32,
        occasion: Occasion,
    ) -> bool {
        if self.healed || (self.tape.is_none() && !chance.hits(word)) {
            return false;
        }
        let fault = Fault { occasion, site };
        if let Some(tape) = &mut self.tape {
            let Ok(place) = tape.binary_search_by(|(entry, _)| entry.cmp(&fault)) else {
                return false;
            };
            tape[place].1 = true;
        }
        self.counts[site as usize] += 1;
        if self.fired.len() < NOTED_MAX {
            self.fired.push(fault);
        }
        true
    }

    /// Whether a question of this chance can be answered with yes at all: if not, it need not be
    /// asked.
    pub(crate) fn can(&self, chance: Chance) -> bool {
        self.tape.is_some() || chance > Chance::NEVER
    }

    /// Ends all faults.
    pub(crate) fn heal(&mut self) {
        self.healed = true;
    }

    /// Whether a tape decides.
    pub(crate) fn replays(&self) -> bool {
        self.tape.is_some()
    }

    /// Whether a tape has faults of a kind on it.
    pub(crate) fn has(&self, site: Site) -> bool {
        self.tape.iter().flatten().any(|(fault, _)| fault.site == site)
    }

    /// Whether all faults have ended.
    pub(crate) fn is_healed(&self) -> bool {
        self.healed
    }

    /// What fired so far, in order; the first million.
    pub(crate) fn fired(&self) -> &[Fault] {
        &self.fired
    }

    /// How often each site fired.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Site, u64)> + '_ {
        Site::ALL.iter().map(|site| (*site, self.counts[*site as usize]))
    }

    /// What fired, in order, or nothing if that was too much to note; and the entries of the tape
    /// that were not reached.
    pub(crate) fn into_parts(self) -> (Option<Vec<Fault>>, Vec<Fault>) {
        let total: u64 = self.counts.iter().sum();
        let fired = (total == self.fired.len() as u64).then_some(self.fired);
        let unreached = self.tape.unwrap_or_default().into_iter();
        (fired, unreached.filter(|(_, reached)| !reached).map(|(fault, _)| fault).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAVE: Occasion = Occasion::Call { key: Key(17), session: 2, nth: 5 };

    #[test]
    fn every_fault_is_read_back_from_what_it_prints() {
        let message = Occasion::Message { key: Key(3), kind: MessageKind::Answer, nth: 1 };
        let own = Occasion::Own { server: ServerId::new(3), nth: 7 };
        let unaddressed = Occasion::Unaddressed { kind: MessageKind::Challenge, nth: 2 };
        let faults = [
            (SAVE, Site::FailsAfter, "k17.2 call 5 fails applied"),
            (SAVE, Site::Throttled, "k17.2 call 5 is throttled"),
            (SAVE, Site::ReadsStale, "k17.2 call 5 reads stale"),
            (SAVE, Site::NeverArrives, "k17.2 call 5 never arrives"),
            (SAVE, Site::ReadsNil, "k17.2 call 5 reads nil"),
            (SAVE, Site::WrongScope, "k17.2 call 5 has wrong scope"),
            (message, Site::Lost, "k3 answer 1 is lost"),
            (Occasion::Server { server: ServerId::new(4), nth: 2 }, Site::Pause, "s4 pause 2"),
            (Occasion::Server { server: ServerId::new(3), nth: 2 }, Site::Step, "s3 step 2"),
            (
                Occasion::Server { server: ServerId::new(0), nth: 1 },
                Site::OutOfMemory,
                "s0 out of memory 1",
            ),
            (Occasion::World { nth: 1 }, Site::Incident, "incident 1"),
            (Occasion::Operation { entry: 2, nth: 5 }, Site::Operation, "operation 2.5"),
            (own, Site::FailsAfter, "s3 call 7 fails applied"),
            (unaddressed, Site::Lost, "any challenge 2 is lost"),
        ];
        for (occasion, site, text) in faults {
            let fault = Fault { occasion, site };
            assert_eq!(fault.to_string(), text);
            assert_eq!(text.parse(), Ok(fault));
        }
        for text in [
            "",
            "k17.2 call 5",
            "k17.2 save x is lost",
            "k17 call 5 is lost",
            "s4 pause  2",
            "x 1",
            "s4294967295 crash 1",
            "any call 1 is lost",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn with_a_tape_only_what_is_on_it_fires_and_what_was_not_reached_is_told() {
        let on = Fault { occasion: SAVE, site: Site::FailsAfter };
        let never = Fault { occasion: Occasion::World { nth: 9 }, site: Site::Incident };
        let mut gate = Gate::new(Some(&[never, on]));
        assert!(!gate.fault(Site::FailsBefore, Chance::ALWAYS, 0, SAVE));
        assert!(gate.fault(Site::FailsAfter, Chance::NEVER, 0, SAVE));
        assert_eq!(gate.into_parts(), (Some(vec![on]), vec![never]));
    }

    #[test]
    fn without_a_tape_the_rates_decide_until_everything_is_healed() {
        let mut gate = Gate::new(None);
        assert!(gate.fault(Site::Lost, Chance::percent(50), 1 << 30, SAVE));
        assert!(!gate.fault(Site::Lost, Chance::percent(50), 3 << 30, SAVE));
        gate.heal();
        assert!(!gate.fault(Site::Lost, Chance::ALWAYS, 0, SAVE));
        assert_eq!(gate.counts().map(|(_, n)| n).sum::<u64>(), 1);
    }
}
