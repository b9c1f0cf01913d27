//! Ctrl-C, and a request of the system to end: noticed here, acted upon where there is something to
//! tidy up.

use crate::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on, being interrupted is noticed. Asked a second time, the program ends at once.
pub(crate) fn notice() {
    // If the system does not allow it, Ctrl-C ends the program as it would have anyway.
    let _ = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
}

/// Whether it is time to end.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::SeqCst)
}

/// An error if it is time to end.
pub(crate) fn check() -> Result<(), Error> {
    if asked() { Err(Error::Interrupted) } else { Ok(()) }
}
