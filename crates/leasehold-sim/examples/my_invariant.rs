//! An invariant of one's own: nobody who comes is turned away because somebody else holds the key.
//!
//! ```text
//!   cargo run -p leasehold-sim --example my_invariant
//! ```

use leasehold_sim::cause::Class;
use leasehold_sim::library::Chronicle;
use leasehold_sim::model::Models;
use leasehold_sim::{
    Fact, FactKind, Facts, Findings, Invariant, Observer, Scenario, Simulation, Step,
};

static NOBODY_WAITS_IN_VAIN: Invariant = Invariant::liveness(
    "nobody_waits_in_vain",
    "no player is turned away because another server has the key",
);

#[derive(Default)]
struct NobodyWaitsInVain;

impl Observer for NobodyWaitsInVain {
    fn invariant(&self) -> &'static Invariant {
        &NOBODY_WAITS_IN_VAIN
    }

    fn wants(&self) -> Facts {
        Facts::of(&[FactKind::Rejected])
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        if let Fact::Rejected { reason } = step.fact
            && reason.class == Class::Held
        {
            out.violated(&NOBODY_WAITS_IN_VAIN, step, reason, || reason.words);
        }
    }
}

const WORLD: &str = r#"
    duration = "5m"
    servers.count = 4
    players = { count = 30, stay = "20s..1m", hop = "90%", noticed_after = "5s..30s" }
"#;

fn main() {
    print!("{}", told());
}

/// What is to be said of the invariant.
pub(crate) fn told() -> String {
    let scenario = Scenario::parse(WORLD).expect("the world is sound");
    let lease = Simulation::<Chronicle>::new(&scenario, scenario.rules())
        .expect("the world is sound")
        .observe(NobodyWaitsInVain::default);
    let bug = lease.seed(1).shrink(&NOBODY_WAITS_IN_VAIN).expect("somebody is turned away");
    let story = lease.explain(&bug).expect("it fails");
    format!("{}\n{story}", lease.seed(1).run())
}
