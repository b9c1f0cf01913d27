//! `leasehold run --perturb`: is a module's run the same where its objects have other addresses?

use crate::error::Error;
use crate::interrupt;
use fnv::FnvHasher;
use leasehold_sim::{Entry, Outcome, Run};
use std::hash::Hasher;
use std::ops::ControlFlow;

/// Runs the other one too, and says in which step it differs from the first, if it does.
pub(super) fn compare(
    name: &str,
    (one, outcome): (&Run<'_>, &Outcome),
    other: &Run<'_>,
) -> Result<(), Error> {
    let go_on = || match interrupt::asked() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let perturbed = other.run_until(&mut |_| go_on()).ok_or(Error::Interrupted)?;
    if perturbed.digest() == outcome.digest() {
        return Ok(());
    }
    let (mut steps, mut nth, mut first) = (Vec::new(), 0, None);
    let told = one.history_until(
        &mut |entry| {
            steps.push(hash(entry));
            ControlFlow::Continue(())
        },
        &mut |_| go_on(),
    );
    let _ = told.ok_or(Error::Interrupted)?;
    let _ = other.history_until(
        &mut |entry| {
            if steps.get(nth) != Some(&hash(entry)) {
                first = Some(entry.to_string());
                return ControlFlow::Break(());
            }
            nth += 1;
            ControlFlow::Continue(())
        },
        &mut |_| go_on(),
    );
    let step = first.unwrap_or_else(|| "it ends early".to_owned());
    Err(Error::Perturbed { name: name.to_owned(), step })
}

/// A step as its line says it, in a word.
fn hash(entry: &Entry<'_>) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(entry.to_string().as_bytes());
    hasher.finish()
}
