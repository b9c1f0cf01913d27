//! Threads to work with: as many as were asked for, or a sentence about why there are none.

use crate::error::Error;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// So many threads.
pub(crate) fn pool(jobs: usize) -> Result<ThreadPool, Error> {
    let built = ThreadPoolBuilder::new().num_threads(jobs).build();
    built.map_err(|why| Error::Threads { jobs, why: why.to_string() })
}

/// Does some work on a thread for each core, or on this one alone if the system gives no others.
pub(crate) fn anyhow<T: Send>(work: impl FnOnce(bool) -> T + Send) -> T {
    match pool(0) {
        Ok(pool) => pool.install(|| work(true)),
        Err(_) => work(false),
    }
}

/// Does two things at once, if the system gives threads.
pub(crate) fn both<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    // Whoever is on a thread of some pool already shares that one.
    match rayon::current_thread_index() {
        Some(_) => rayon::join(one, other),
        None => anyhow(|many| match many {
            true => rayon::join(one, other),
            false => (one(), other()),
        }),
    }
}

/// Does something with each of some things, several at once if the system gives threads. The error
/// is one of those that came.
pub(crate) fn each<T: Sync>(
    all: &[T],
    work: impl Fn(&T) -> Result<(), Error> + Send + Sync,
) -> Result<(), Error> {
    match rayon::current_thread_index() {
        Some(_) => all.par_iter().try_for_each(work),
        None => anyhow(|many| match many {
            true => all.par_iter().try_for_each(work),
            false => all.iter().try_for_each(work),
        }),
    }
}
