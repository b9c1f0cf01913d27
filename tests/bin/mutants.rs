//! `leasehold-mutants`: runs mistakes that are made on purpose, and says who finds them.
//!
//! ```text
//!   leasehold-mutants                 all of them, as docs/kill-matrix.md
//!   leasehold-mutants NAME            those whose name has this in it, a line each
//!   leasehold-mutants NAME WORLD N    the same in another world, with up to N seeds
//!   leasehold-mutants --clean WORLD N a world without a mistake: what is found there is a false alarm
//! ```

use leasehold_tests::planted::{Fault, TABLE, kill, kills, page, run_clean};
use rayon::prelude::*;

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => print!("{}", page(&kills())),
        ["--clean", world, seeds] => {
            let seeds: u64 = seeds.parse().expect("a number of seeds");
            let found = (1..=seeds).into_par_iter().map(|seed| (seed, run_clean(world, seed)));
            let alarms: Vec<_> = found.filter(|(_, found)| !found.is_empty()).collect();
            for (seed, found) in &alarms {
                println!("{world}, seed {seed}: {found:?}");
            }
            println!("{} false alarms in {seeds} seeds of {world}", alarms.len());
        }
        [part, elsewhere @ ..] => {
            let wanted = |fault: &&Fault| {
                *part == "all" || fault.made.name().contains(part) || fault.world.contains(part)
            };
            if !TABLE.iter().any(|fault| wanted(&fault)) {
                eprintln!("no mistake has {part:?} in its name; docs/kill-matrix.md has them all");
                std::process::exit(2);
            }
            for fault in TABLE.iter().filter(wanted) {
                let fault = &match elsewhere {
                    [world, seeds] => {
                        let within = seeds.parse().expect("a number of seeds");
                        Fault { world: String::leak((*world).to_owned()), within, ..*fault }
                    }
                    _ => *fault,
                };
                let kill = kill(fault);
                let says = if kill.meets(fault) { "killed" } else { "SURVIVES" };
                let (name, world, by) = (fault.made.name(), fault.world, fault.by.unwrap_or("-"));
                let (found, seeds) = (&kill.found, kill.seeds);
                println!("{says} {name} in {world} by {by}: {seeds} seeds: {found:?}");
            }
        }
    }
}
