//! The one gate that every fault goes through, and the names by which faults are known.
//!
//! Each place where something can go wrong asks the gate, naming the occasion. Without a tape the
//! gate answers by the scenario's rates and the seed; with one, a fault fires if and only if its
//! occasion is on the tape. Either way it notes what fired. Workload, latencies, clocks and ties
//! never go through here: they come from the seed alone.

use crate::library::{CallKind, MailKind};
use crate::units::Chance;
use std::fmt;
use std::str::FromStr;

/// What can go wrong, in the order of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Site {
    /// A call fails and was not applied.
    FailsBefore,
    /// A call is applied, but answered with an error.
    FailsAfter,
    /// A call is applied, but never answered.
    NeverAnswers,
    /// A call is lost on its way: neither applied nor answered.
    NeverArrives,
    /// A write is damaged where it is stored.
    Damaged,
    /// A call is rejected as too much.
    Throttled,
    /// A call reads the version before.
    ReadsStale,
    /// A call reads nothing, for a key that exists.
    ReadsNil,
    /// A call goes to another scope.
    Strays,
    /// A message is lost.
    Lost,
    /// A message comes twice.
    Duplicated,
    /// The platform does not note that a purchase is granted.
    Unnoted,
    /// A server's process is gone.
    Crash,
    /// A server's process stands still.
    Freeze,
    /// A server's wall clock is set.
    Step,
    /// A server runs out of memory.
    OutOfMemory,
    /// The datastore is out, or slow, for a while.
    Incident,
    /// A line of the scenario's timeline.
    Timeline,
    /// A server's subscription fails.
    SubscribeFails,
    /// A server's subscription never ends.
    SubscribeHangs,
    /// Messages to or from a server get lost for a while.
    Partition,
    /// Nothing at all: a site that a test asks at to see that it changes nothing. It is none of
    /// [`Site::ALL`].
    #[cfg(test)]
    Unrelated,
}

impl Site {
    /// All sites.
    pub const ALL: [Site; 21] = [
        Site::FailsBefore,
        Site::FailsAfter,
        Site::NeverAnswers,
        Site::NeverArrives,
        Site::Damaged,
        Site::Throttled,
        Site::ReadsStale,
        Site::ReadsNil,
        Site::Strays,
        Site::Lost,
        Site::Duplicated,
        Site::Unnoted,
        Site::Crash,
        Site::Freeze,
        Site::Step,
        Site::OutOfMemory,
        Site::Incident,
        Site::Timeline,
        Site::SubscribeFails,
        Site::SubscribeHangs,
        Site::Partition,
    ];

    /// Its name on a tape and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Site::FailsBefore => "fails unapplied",
            Site::FailsAfter => "fails applied",
            Site::NeverAnswers => "never answers",
            Site::NeverArrives => "never arrives",
            Site::Damaged => "is damaged",
            Site::Throttled => "is throttled",
            Site::ReadsStale => "reads stale",
            Site::ReadsNil => "reads nil",
            Site::Strays => "goes astray",
            Site::Lost => "is lost",
            Site::Duplicated => "comes twice",
            Site::Unnoted => "is not noted",
            Site::Crash => "crash",
            Site::Freeze => "freeze",
            Site::Step => "step",
            Site::OutOfMemory => "out of memory",
            Site::Incident => "incident",
            Site::Timeline => "timeline",
            Site::SubscribeFails => "subscribe-fails",
            Site::SubscribeHangs => "subscribe-hangs",
            Site::Partition => "partition",
            #[cfg(test)]
            Site::Unrelated => "unrelated",
        }
    }
}

/// How what a call has read is not what is there. The numbers are part of what a digest means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misled {
    Stale = 0,
    Nil = 1,
    Scope = 2,
}

impl Misled {
    /// Its name, as a cause of what comes of it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Misled::Stale => "stale read",
            Misled::Nil => "false nil",
            Misled::Scope => "wrong scope",
        }
    }
}

/// Whom a fault hits, on which of their occasions. Occasions are counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Occasion {
    /// A datastore call: `k17.2 save 5` is the 5th save of k17's 2nd session.
    Call {
        /// The key.
        key: u32,
        /// Which of its sessions.
        session: u32,
        /// What the call is for.
        kind: CallKind,
        /// Which of the session's calls of this kind.
        nth: u32,
    },
    /// A message: `k17 challenge 3` is the 3rd challenge for k17.
    Mail {
        /// The key.
        key: u32,
        /// What it is.
        kind: MailKind,
        /// Which of the key's messages of this kind.
        nth: u32,
    },
    /// A purchase: `k17 receipt 3` is the 3rd time that one of k17's is granted.
    Receipt {
        /// The key.
        key: u32,
        /// Which of the key's grants.
        nth: u32,
    },
    /// A server: `s3 crash 2` is its 2nd crash.
    Server {
        /// The server.
        server: u32,
        /// Which time.
        nth: u32,
    },
    /// The world: `incident 1` is the scenario's first.
    World {
        /// Which of the scenario's list.
        nth: u32,
    },
}

/// A fault that fired or could: it prints, and is read back, as `k17.2 save 5 fails applied`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Whom, when.
    pub occasion: Occasion,
    /// What.
    pub site: Site,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let site = self.site.name();
        match self.occasion {
            Occasion::Call { key, session, kind, nth } => {
                write!(f, "k{key}.{session} {kind} {nth} {site}")
            }
            Occasion::Mail { key, kind, nth } => write!(f, "k{key} {} {nth} {site}", kind.name()),
            Occasion::Receipt { key, nth } => write!(f, "k{key} receipt {nth} {site}"),
            Occasion::Server { server, nth } => write!(f, "s{server} {site} {nth}"),
            Occasion::World { nth } => write!(f, "{site} {nth}"),
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let fault = || -> Option<Fault> {
            let (who, rest) = text.split_once(' ')?;
            if let Some(key) = who.strip_prefix('k') {
                let (kind, rest) = rest.split_once(' ')?;
                let (nth, site) = rest.split_once(' ')?;
                let (site, nth) = (site_named(site)?, nth.parse().ok()?);
                let occasion = match key.split_once('.') {
                    Some((key, session)) => Occasion::Call {
                        key: key.parse().ok()?,
                        session: session.parse().ok()?,
                        kind: *CallKind::ALL.iter().find(|known| known.name() == kind)?,
                        nth,
                    },
                    None if kind == "receipt" => Occasion::Receipt { key: key.parse().ok()?, nth },
                    None => Occasion::Mail {
                        key: key.parse().ok()?,
                        kind: *MailKind::ALL.iter().find(|known| known.name() == kind)?,
                        nth,
                    },
                };
                return Some(Fault { occasion, site });
            }
            if let Some(server) = who.strip_prefix('s') {
                let (site, nth) = rest.rsplit_once(' ')?;
                let (server, nth) = (server.parse().ok()?, nth.parse().ok()?);
                return Some(Fault {
                    occasion: Occasion::Server { server, nth },
                    site: site_named(site)?,
                });
            }
            let occasion = Occasion::World { nth: rest.parse().ok()? };
            Some(Fault { occasion, site: site_named(who)? })
        };
        fault().filter(|fault| fault.to_string() == text).ok_or_else(|| {
            format!("{text:?} names no fault; they look like \"k17.2 save 5 fails applied\"")
        })
    }
}

fn site_named(name: &str) -> Option<Site> {
    Site::ALL.into_iter().find(|site| site.name() == name)
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
        Site::ALL.into_iter().map(|site| (site, self.counts[site as usize]))
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

    const SAVE: Occasion = Occasion::Call { key: 17, session: 2, kind: CallKind::Save, nth: 5 };

    #[test]
    fn every_fault_is_read_back_from_what_it_prints() {
        let mail = Occasion::Mail { key: 3, kind: MailKind::Answer, nth: 1 };
        let faults = [
            (SAVE, Site::FailsAfter, "k17.2 save 5 fails applied"),
            (SAVE, Site::Throttled, "k17.2 save 5 is throttled"),
            (SAVE, Site::ReadsStale, "k17.2 save 5 reads stale"),
            (SAVE, Site::NeverArrives, "k17.2 save 5 never arrives"),
            (SAVE, Site::ReadsNil, "k17.2 save 5 reads nil"),
            (SAVE, Site::Strays, "k17.2 save 5 goes astray"),
            (mail, Site::Lost, "k3 answer 1 is lost"),
            (Occasion::Server { server: 4, nth: 2 }, Site::Freeze, "s4 freeze 2"),
            (Occasion::Server { server: 3, nth: 2 }, Site::Step, "s3 step 2"),
            (Occasion::Server { server: 0, nth: 1 }, Site::OutOfMemory, "s0 out of memory 1"),
            (Occasion::World { nth: 1 }, Site::Incident, "incident 1"),
        ];
        for (occasion, site, text) in faults {
            let fault = Fault { occasion, site };
            assert_eq!(fault.to_string(), text);
            assert_eq!(text.parse(), Ok(fault));
        }
        for text in [
            "",
            "k17.2 save 5",
            "k17.2 save x is lost",
            "k17 save 5 is lost",
            "s4 freeze  2",
            "x 1",
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
