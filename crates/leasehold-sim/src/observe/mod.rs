//! Observers: what should be, held against what is. One property a file.
//!
//! The world tells them each step and they can change nothing. What several of them know (who
//! considers itself owner, which changes are unsaved, what state a breaker is in) is a model that
//! they share; all else each keeps for itself, made of steps alone. They never ask the library or
//! the datastore, whose word is what is being checked.

mod bad_reads;
mod breaker;
mod call_exclusivity;
mod changes;
mod corruption;
mod cost;
mod debt;
mod dirty;
mod double_ownership;
mod findings;
mod foreign_writes;
mod harm;
mod items;
mod lineage;
mod marks;
mod memory;
mod notices;
mod obligations;
mod order;
mod progress;
mod purchases;
mod stored;
#[cfg(test)]
mod testing;

use crate::ids::{ServerId, VisitId};
use crate::library::{Bounds, Contract, Holdings};
use crate::model::Models;
use crate::schedule::Moment;
use crate::step::{FactKind, Facts, Step};
use leasehold_core::Key;
pub(crate) use memory::Coming;
use memory::Memory;
use std::fmt;
use std::time::Duration;
use strum::EnumCount;

pub use findings::{Detail, Findings, KEPT, Location, OwedBy, Subject, Violation, WrittenBy};
pub use harm::HARMS;
pub(crate) use harm::{LOST, LOST_SESSION, MARK, ORPHANED_LOCK, REACHED, ROLLED_BACK};
pub(crate) use items::Items;
pub use marks::MARKS;

/// Something that can be promised.
#[derive(Debug)]
pub struct Invariant {
    /// What it is called: in reports, in `[expect.invariants]`, in classes of violations.
    pub name: &'static str,
    /// The promise, in a sentence.
    pub promise: &'static str,
    /// What it means if it is broken.
    pub kind: Property,
    /// What it is about.
    pub about: About,
}

/// Subject of an invariant: what the story of its violation has to follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// That a key has two owners at once.
    Overlap,
    /// What is stored under a key.
    Data,
    /// How sessions are given back.
    Release,
    /// None of these.
    Other,
}

/// Kind of property: what it means if it is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Property {
    /// Something bad has happened: the run is violated.
    Safety,
    /// Something good that was owed has not happened: the run is stuck.
    Liveness,
    /// Something has happened that nobody wants and nobody has promised against: the run is what
    /// the scenario says of it.
    Harm,
}

impl Invariant {
    /// Something that must never happen.
    pub const fn safety(name: &'static str, promise: &'static str) -> Invariant {
        Invariant { name, promise, kind: Property::Safety, about: About::Other }
    }

    /// Something that must happen in the end.
    pub const fn liveness(name: &'static str, promise: &'static str) -> Invariant {
        Invariant { name, promise, kind: Property::Liveness, about: About::Other }
    }

    /// Something that players feel, whether or not it was promised that it would not happen.
    pub const fn harm(name: &'static str, promise: &'static str) -> Invariant {
        Invariant { name, promise, kind: Property::Harm, about: About::Other }
    }

    /// The same, about something.
    #[must_use]
    pub const fn about(self, about: About) -> Invariant {
        Invariant { about, ..self }
    }

    /// A shipped invariant by its name, or a kind of harm.
    pub fn named(name: &str) -> Option<&'static Invariant> {
        INVARIANTS.into_iter().chain(HARMS).find(|invariant| invariant.name == name)
    }
}

impl PartialEq for Invariant {
    fn eq(&self, other: &Invariant) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
    }
}

impl Eq for Invariant {}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

/// What every library is held to, and what some promise, in the order of reports.
pub static INVARIANTS: [&Invariant; 21] = [
    &double_ownership::INVARIANT,
    &foreign_writes::INVARIANT,
    &order::INVARIANT,
    &progress::INVARIANT,
    &stored::INVARIANT,
    &corruption::INVARIANT,
    &breaker::INVARIANT,
    &dirty::INVARIANT,
    &cost::INVARIANT,
    &obligations::STARTS,
    &obligations::ENDS,
    &obligations::SAVES,
    &obligations::CHANGES,
    &obligations::SUBSCRIPTIONS,
    &obligations::grants::INVARIANT,
    &items::DUPLICATED,
    &items::LOST,
    &purchases::INVARIANT,
    &call_exclusivity::INVARIANT,
    &notices::INVARIANT,
    &changes::INVARIANT,
];

/// Facts about the world that an observer needs besides its steps.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// What the library promises.
    pub contract: Contract,
    /// Within which times what is owed is to come.
    pub bounds: Bounds,
    /// From when on waiting is harm.
    pub slow: Slow,
    /// How far a server's stopwatch may be from true time, in parts per million.
    pub drift_ppm: u32,
    /// How far two servers' wall clocks may be apart as they are read, in microseconds.
    pub apart_us: u64,
    /// When all faults end, if they do.
    pub heal: Option<Moment>,
    /// Whether there are trades or purchases.
    pub trades: bool,
    /// How many receipts the game keeps in a player's data.
    pub receipts_kept: u32,
    /// How many players there are, and so how many keys.
    pub players: u32,
    /// How many servers there are.
    pub servers: u32,
    /// Whether somebody may read what has been written over since.
    pub reads_old: bool,
}

/// From when on waiting is harm.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// Of one start.
    pub start: Duration,
    /// Of a player, from the first attempt on.
    pub to_play: Duration,
}

impl Slow {
    /// Where nobody says: half a minute of a loading screen is one that players leave, and a minute
    /// of attempts is one that they complain of.
    pub const DEFAULT: Slow =
        Slow { start: Duration::from_secs(30), to_play: Duration::from_secs(60) };
}

impl Known {
    /// Of a library with a contract in a world with nobody in it, whose clocks agree and whose
    /// faults, if there are any, do not end.
    fn plain(contract: Contract) -> Known {
        Known {
            contract,
            bounds: Bounds::new(&contract, |_| None),
            slow: Slow::DEFAULT,
            drift_ppm: 0,
            apart_us: 0,
            heal: None,
            trades: false,
            receipts_kept: 0,
            players: 0,
            servers: 0,
            reads_old: true,
        }
    }

    /// After how many microseconds a call is given up at the earliest; never, if it never is.
    pub fn call_timeout_us(&self) -> u64 {
        self.contract.call_timeout.map_or(u64::MAX, |span| self.least(span))
    }

    /// The shortest true time in which a server's clock can measure a span, in microseconds.
    pub fn least(&self, span: Duration) -> u64 {
        let us = leasehold_core::micros(span);
        us - us * u64::from(self.drift_ppm) / 1_000_000 - u64::from(self.drift_ppm > 0)
    }

    /// The longest true time in which a server's clock can measure a span, in microseconds.
    pub fn most(&self, span: Duration) -> u64 {
        let us = leasehold_core::micros(span);
        us + us * 2 * u64::from(self.drift_ppm) / 1_000_000 + 1
    }
}

/// One property. It reads the steps and changes nothing.
///
/// A property of one's own is a struct with this trait: `examples/my_invariant.rs` is one. It is
/// made afresh for each run, is shown what it [wants](Observer::wants), and says what it finds.
/// Whatever it finds is counted, shrunk and explained as the shipped invariants are.
pub trait Observer {
    /// The property.
    fn invariant(&self) -> &'static Invariant;

    /// All properties, where one model is enough for several.
    fn invariants(&self) -> Vec<&'static Invariant> {
        vec![self.invariant()]
    }

    /// The facts that it wants to be shown: what it does not name costs nothing.
    fn wants(&self) -> Facts {
        Facts::ALL
    }

    /// Takes a step in. The models have taken it in already.
    fn on_step(&mut self, step: &Step, seen: &Models, out: &mut Findings);

    /// Is told what a record holds: after a step that says that it has committed or was damaged,
    /// the stored one; after one that says that it was loaded, the one that the game sees. Only in
    /// worlds with trades or purchases.
    fn on_holdings(&mut self, _step: &Step, _held: &Holdings, _out: &mut Findings) {}

    /// The run is over.
    fn at_end(&mut self, _end: Moment, _seen: &Models, _out: &mut Findings) {}
}

/// An observer that is shipped: the same, but what it remembers of visits and of keys is its part
/// of rows that it is lent.
trait Checker {
    fn invariant(&self) -> &'static Invariant;

    fn invariants(&self) -> Vec<&'static Invariant> {
        vec![self.invariant()]
    }

    fn wants(&self) -> Facts {
        Facts::ALL
    }

    fn on_step(&mut self, step: &Step, rows: &mut Memory, seen: &Models, out: &mut Findings);

    fn on_holdings(&mut self, _step: &Step, _held: &Holdings, _out: &mut Findings) {}

    fn at_end(&mut self, _end: Moment, _rows: &mut Memory, _seen: &Models, _out: &mut Findings) {}
}

/// What a library with a contract is held to, in a world with trades or purchases or without.
pub(crate) fn held_to(contract: Contract, trades: bool) -> Vec<&'static Invariant> {
    let known = Known { trades, ..Known::plain(contract) };
    Observers::new(&known, Vec::new(), Findings::default()).invariants()
}

/// An observer that one has made, as a run takes it.
pub type Boxed = Box<dyn Observer>;

/// Who is shown a step: a bit for each observer that is shipped.
type Shown = u32;

/// The kinds of facts of which a set of observers is shown some: one bit of a row each.
type Routes = [Shown; FactKind::COUNT];

macro_rules! shipped {
    ($($field:ident: $module:ident::$observer:ident;)*) => {
        /// The bits of those that are shipped.
        #[allow(non_camel_case_types, reason = "they are named as the fields are")]
        #[derive(Clone, Copy)]
        enum Bit { $($field),* }

        /// The observers of a run: those that are shipped, without a dynamic call, and those that
        /// its caller has brought.
        pub(crate) struct Observers {
            bad_read: bad_reads::Rows,
            rows: Memory,
            $(pub(crate) $field: Option<$module::$observer>,)*
            own: Vec<Boxed>,
            /// What any of the caller's observers wants.
            wanted: Facts,
            /// By kind of fact, to whom of those that are shipped it is shown.
            routes: Routes,
            pub(crate) findings: Findings,
        }

        impl Observers {
            /// Those that the library under test is held to, and the caller's own.
            pub(crate) fn new(known: &Known, own: Vec<Boxed>, findings: Findings) -> Observers {
                let wanted = own.iter().fold(Facts::NONE, |all, one| all.and(one.wants()));
                let mut observers = Observers {
                    bad_read: bad_reads::Rows::default(),
                    rows: Memory::new(known),
                    $($field: $module::$observer::new(known),)*
                    own,
                    wanted,
                    routes: [0; FactKind::COUNT],
                    findings,
                };
                $(if let Some(observer) = &observers.$field {
                    route(&mut observers.routes, Bit::$field as u32, observer.wants());
                })*
                observers
            }

            /// That two sessions never own a key at once.
            pub(crate) fn double_ownership(&self) -> &'static Invariant {
                &double_ownership::INVARIANT
            }

            /// That nothing is written under another session's lease.
            pub(crate) fn foreign_writes(&self) -> &'static Invariant {
                &foreign_writes::INVARIANT
            }

            /// What the run is held to, in the order of reports.
            pub(crate) fn invariants(&self) -> Vec<&'static Invariant> {
                let shipped = [
                    $(self.$field.as_ref().map(Checker::invariants)),*
                ];
                let held = |one: &&Invariant| {
                    shipped.iter().flatten().flatten().any(|held| held == one)
                };
                let own = self.own.iter().flat_map(|one| one.invariants());
                INVARIANTS.into_iter().filter(held).chain(own).collect()
            }

            pub(crate) fn on_step(&mut self, step: &Step, seen: &Models) {
                let shown = self.routes[FactKind::from(&step.fact) as usize];
                self.show(step, seen, shown);
                if !self.own.is_empty() {
                    self.show_own(step, seen);
                }
            }

            /// Shows a step to some of those that are shipped.
            #[inline]
            fn show(&mut self, step: &Step, seen: &Models, shown: Shown) {
                let out = &mut self.findings;
                let bad_read = self.bad_read.of(step, seen, out);
                out.begin(Some(Location::from(step)), bad_read);
                marks::on_step(step, out);
                $(if shown >> Bit::$field as u32 & 1 == 1
                    && let Some(observer) = &mut self.$field
                {
                    observer.on_step(step, &mut self.rows, seen, out);
                })*
            }

            /// Shows a step to the caller's observers, by what they want.
            #[inline(never)]
            fn show_own(&mut self, step: &Step, seen: &Models) {
                let this = Facts::like(&step.fact);
                if self.wanted.have(this) {
                    for observer in self.own.iter_mut().filter(|one| one.wants().have(this)) {
                        observer.on_step(step, seen, &mut self.findings);
                    }
                }
            }

            pub(crate) fn warm_visit(&self, visit: VisitId, coming: Coming) {
                self.rows.warm_visit(visit, coming);
            }

            pub(crate) fn warm_key(&self, key: Key, coming: Coming) {
                self.rows.warm_key(key, coming);
            }

            pub(crate) fn warm_server(&self, server: ServerId) {
                if let Some(breaker) = &self.breaker {
                    breaker.warm(server);
                }
            }

            pub(crate) fn warm_server_rest(&self, server: ServerId) {
                if let Some(breaker) = &self.breaker {
                    breaker.warm_rest(server);
                }
            }

            pub(crate) fn on_holdings(&mut self, step: &Step, held: &Holdings) {
                let out = &mut self.findings;
                $(if let Some(observer) = &mut self.$field {
                    observer.on_holdings(step, held, out);
                })*
                for observer in &mut self.own {
                    observer.on_holdings(step, held, out);
                }
            }

            pub(crate) fn at_end(&mut self, end: Moment, seen: &Models) {
                let out = &mut self.findings;
                out.begin(None, None);
                $(if let Some(observer) = &mut self.$field {
                    observer.at_end(end, &mut self.rows, seen, out);
                })*
                for observer in &mut self.own {
                    observer.at_end(end, seen, out);
                }
            }
        }
    };
}

/// An observer is shown the facts that it wants.
fn route(routes: &mut Routes, bit: u32, wants: Facts) {
    for (nth, shown) in routes.iter_mut().enumerate() {
        *shown |= Shown::from(wants.has_nth(nth)) << bit;
    }
}

// In the order in which they take a step in.
shipped! {
    double_ownership: double_ownership::DoubleOwnership;
    foreign_writes: foreign_writes::ForeignWrites;
    order: order::Order;
    progress: progress::Progress;
    stored: stored::Stored;
    corruption: corruption::Corruption;
    breaker: breaker::Breaker;
    dirty: dirty::Dirty;
    cost: cost::Cost;
    obligations: obligations::Obligations;
    call_exclusivity: call_exclusivity::CallExclusivity;
    items: items::Items;
    purchases: purchases::Purchases;
    notices: notices::Notices;
    harm: harm::Harm;
    changes: changes::Changes;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draws::Seed;
    use crate::fault::Gate;
    use crate::library::{Chronicle, Library};
    use crate::scenario::Scenario;
    use crate::sinks::Watch;
    use crate::step::Fact;
    use crate::world::World;

    /// A world in which there is some of nearly everything.
    const ALL_SORTS: &str = r#"
        duration = "15m"
        servers = { count = 4, skew = "4s" }
        players = { count = 40, stay = "20s..90s", hop = "90%", noticed_after = "0s..20s",
            leak = "10%", trade = "20%", purchase = "10%", save = "10%", receipt_lost = "20%" }
        datastore = { fail_before = "10%", fail_after = "5%", stale_read = "2%", false_nil = "2%",
            corrupt = "1%", never_answers = "2%" }
        messaging.loss = "20%"
        faults = { crash_every = "4m", pause_every = "3m", step_every = "5m" }
    "#;

    #[test]
    fn an_observer_that_is_shown_what_it_wants_finds_what_one_finds_that_is_shown_everything() {
        let scenario = Scenario::parse(ALL_SORTS).expect("valid");
        let (config, rules) = (scenario.world(), scenario.rules());
        let (seed, gate) = (Seed::of(1), Gate::new(None));
        let contract = <Chronicle>::contract(&rules.into());
        let known = Known { trades: true, players: 40, servers: 4, ..Known::plain(contract) };
        let mut world = World::<Chronicle>::plain(&config, rules, &seed, gate, Watch::steps());
        while world.advance() {}
        let Watch::Steps(steps) = &world.sinks.watch else { unreachable!("it is watched") };
        let observers = || Observers::new(&known, Vec::new(), Findings::default());
        let (mut some, mut all, mut seen) = (observers(), observers(), Models::new(40, 4));
        // A history with gaps: sooner or later it breaks what no true one does. Visits end in it,
        // as their numbers are used again.
        let told = |nth: usize, fact: &Fact| !nth.is_multiple_of(5) || matches!(fact, Fact::Over);
        let steps = steps.iter().enumerate().filter(|(nth, (step, _))| told(*nth, &step.fact));
        for (step, _) in steps.map(|(_, row)| row) {
            seen.on_step(step);
            some.on_step(step, &seen);
            all.show(step, &seen, Shown::MAX);
        }
        let found = |of: &Observers| {
            let counts: Vec<_> =
                of.invariants().iter().map(|one| of.findings.causes(one)).collect();
            (counts, of.findings.marks().clone())
        };
        assert_eq!(found(&some), found(&all));
        let broken = found(&some).0.iter().filter(|causes| !causes.is_empty()).count();
        assert!(broken >= 7 && found(&some).1.len() >= 15, "{:?}", found(&some));
    }
}
