//! That a module is sound: none of its code fails, wants what is not there, or does not end.
//!
//! What the world does to a module is no excuse: an error that it does not catch would stand in
//! red in the console of a real server too.

use crate::module::Module;
use crate::modules::Modules;
use leasehold_sim::model::Models;
use leasehold_sim::{
    Fact, FactKind, Facts, Findings, Invariant, Observer, Problems, Scenario, Simulate, Simulation,
    Step,
};

/// Each complaint about a module, or about its adapter, breaks it.
pub static MODULE_IS_SOUND: Invariant = Invariant::safety(
    "module_is_sound",
    "no code of the module fails, asks for what is not there, or goes on for ever",
);

/// Shows each complaint as what it is.
#[derive(Default)]
pub struct ModuleIsSound;

impl Observer for ModuleIsSound {
    fn invariant(&self) -> &'static Invariant {
        &MODULE_IS_SOUND
    }

    fn wants(&self) -> Facts {
        Facts::of(&[FactKind::Complained])
    }

    fn on_step(&mut self, step: &Step, _seen: &Models, out: &mut Findings) {
        if let Fact::Complained { kind, words } = step.fact {
            out.violated(&MODULE_IS_SOUND, step, kind, || words);
        }
    }
}

/// A scenario with modules in it, under a name.
///
/// # Errors
/// What does not hold in the scenario and must.
pub fn simulation(
    name: &str,
    scenario: &Scenario,
    modules: Modules,
) -> Result<Box<dyn Simulate>, Problems> {
    let modules = modules.for_players(&scenario.datastore.key_prefix);
    let called = format!("module {}", &modules.hash()[..12]);
    let simulation = Simulation::<Module>::new(scenario, modules)?.with_library_called(&called);
    Ok(Box::new(simulation.named(name).observe(ModuleIsSound::default)))
}
