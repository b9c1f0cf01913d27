//! The words of what people write first, and what each comes down to.

use super::super::causes::causes;
use leasehold_core::naive::Source;

causes! {
    /// Where a session's data came from. It asks nobody whether it may have them.
    source(Source) {
        Source::Stored => "read", Other, "it was read";
        Source::Template => "new", Unowned, "there was no record";
        Source::Guess => "guess", Other, "reading failed";
    }
}

/// Why there is no session, or a save failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Reading failed.
    Unavailable,
    /// The server is closing.
    ShuttingDown,
    /// Writing failed.
    Failed,
}

causes! {
    /// What failed.
    failure(Failure) {
        Failure::Unavailable => "unavailable", Unavailable, "the datastore failed";
        Failure::ShuttingDown => "shutting_down", Closing, "the server is closing";
        Failure::Failed => "failed", Failed, "the call failed";
    }
}
