//! Threads to work with: as many as were asked for, or a sentence about why there are none.

use crate::error::Error;
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
