//! Causes: why something came about, as data.
//!
//! A library has words of its own for how a session came by its lease, why a start was rejected,
//! what ended a session. Nobody outside it knows these words, and nobody has to: each comes with
//! its *class*, which is what observers, measures and explanations ask for.
//!
//! ```text
//!   library: Cause { name: "messaging_timeout_steal", class: Silence, words: "the owner ..." }
//!                        |                               |                    |
//!                 reports, digests                observers, measures     explanations
//! ```
//!
//! Laws: two causes of one library have two names; nothing but a library's own code matches a name.

use serde::{Serialize, Serializer};
use std::fmt;

/// A cause: why something came about, in a library's own word or the world's.
#[derive(Clone, Copy)]
pub struct Cause {
    /// The word, as reports and files have it. It is part of what a digest means.
    pub name: &'static str,
    /// What it comes down to.
    pub class: Class,
    /// The same in words that complete a sentence: "the owner did not answer".
    pub words: &'static str,
}

impl Cause {
    /// A cause.
    pub const fn new(name: &'static str, class: Class, words: &'static str) -> Cause {
        Cause { name, class, words }
    }
}

impl PartialEq for Cause {
    fn eq(&self, other: &Cause) -> bool {
        std::ptr::eq(self, other) || self.name == other.name
    }
}

impl Eq for Cause {}

impl Serialize for Cause {
    /// Its name.
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.name)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.name, f)
    }
}

/// Class of a cause: what it comes down to, whatever a library calls it. Added to, never guessed:
/// what is none of these is [`Class::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// The key had no owner: a new record, or one that was given back.
    Unowned,
    /// The server took the lease over from its own past, or shares one of its own.
    Own,
    /// The lease had run out: the taker's clock was compared with what the owner's had written.
    Expiry,
    /// The owner had not written for so long that it was taken to be dead, by the same comparison.
    AssumedDead,
    /// The owner was asked, and did not answer in time.
    Silence,
    /// The owner was asked, and gave the key up.
    HandedOver,
    /// The owner was asked, and says that it is alive.
    OwnerAlive,
    /// The server itself has a session for the key.
    Busy,
    /// Somebody else holds the key.
    Held,
    /// A waiting start has given way to a newer one.
    Interrupted,
    /// It took too long.
    TimedOut,
    /// The datastore failed, or is not there, or was not called since it keeps failing.
    Unavailable,
    /// The player did not want it any more.
    Cancelled,
    /// The server is closing.
    Closing,
    /// The record is damaged.
    Damaged,
    /// The session was ended as it should be.
    Released,
    /// The session was ended, and the record does not know it.
    Abandoned,
    /// Another session has taken the key, or the record is gone.
    TakenOver,
    /// The session's own lease had run out.
    Lapsed,
    /// The session gave up since it could not know that its lease still held.
    Fenced,
    /// A newer session of the same server has replaced it.
    Superseded,
    /// The server's process was gone at once.
    Crash,
    /// The server's process ran out of memory.
    OutOfMemory,
    /// The server was closed.
    Stopped,
    /// The server's process was paused, or went on after that.
    Paused,
    /// What was read is not what is there, or what was written went elsewhere.
    WrongRead,
    /// The record was changed from outside its session.
    Outside,
    /// A limit of the service.
    Limit,
    /// The service did not do what it was asked to.
    Failed,
    /// A kind of call.
    Call,
    /// A bound in time was passed.
    Late,
    /// What was owed never came.
    Owed,
    /// Data was written over, or never written.
    Harm,
    /// None of these.
    Other,
}

impl Class {
    /// Its name, as files have it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a lease is taken from another by comparing two servers' clocks: what the owner's
    /// clock had written then, in words.
    pub fn compares_clocks(self) -> Option<&'static str> {
        match self {
            Class::Expiry => Some("the end of the lease"),
            Class::AssumedDead => Some("when the lock was last saved"),
            _ => None,
        }
    }

    /// Whether a process ended without any of its code running.
    pub fn is_sudden(self) -> bool {
        matches!(self, Class::Crash | Class::OutOfMemory)
    }
}

macro_rules! causes {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $class:ident, $words:literal;)*) => {
        $($(#[$doc])* pub(crate) static $id: Cause = Cause::new($name, Class::$class, $words);)*

        /// The world's own causes.
        #[cfg(test)]
        const WORLD: &[&Cause] = &[$(&$id),*];
    };
}

// What the world itself knows, whatever the library.
causes! {
    CRASH = "crash", Crash, "its server's process was gone at once";
    OUT_OF_MEMORY = "out of memory", OutOfMemory, "its server had no memory left";
    SHUTDOWN = "shutdown", Stopped, "its server was shut down";
    RESTART = "restart", Stopped, "its server was restarted";
    SERVER_EMPTY = "server empty", Stopped, "its server closed, as nobody was there";
    RELEASED = "released", Released, "it was released";
    ABANDONED = "release abandoned", Abandoned, "its release was given up";
    RESUMED = "resumed", Paused, "its server was resumed after a pause";
    PAUSED = "paused", Paused, "its server was paused";
    STARTED = "start", Other, "it was started";
    NO_DATASTORE = "no datastore", Unavailable, "its server had no datastore";
    UNKNOWN = "unknown", Other, "nobody knows why";
    STALE_READ = "stale read", WrongRead, "an older version was read";
    FALSE_NIL = "false nil", WrongRead, "nothing was read, though the key is there";
    WRONG_SCOPE = "wrong scope", WrongRead, "the call went to another scope";
    OVERWRITTEN_OUTSIDE = "outside overwrite", Outside, "somebody outside its session overwrote the record";
    REMOVED_OUTSIDE = "outside removal", Outside, "somebody outside its session removed the record";
    DAMAGE = "damage", Damaged, "the record was damaged where it is stored";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_of_the_worlds_causes_has_a_name_of_its_own_and_words() {
        let names: BTreeSet<&str> = WORLD.iter().map(|cause| cause.name).collect();
        assert_eq!(names.len(), WORLD.len());
        assert!(WORLD.iter().all(|cause| !cause.words.is_empty()));
    }

    #[test]
    fn a_cause_is_told_by_its_name_and_clocks_are_blamed_by_class() {
        assert_eq!(CRASH, Cause::new("crash", Class::Crash, ""));
        assert_ne!(CRASH, PAUSED);
        assert_eq!((CRASH.to_string(), format!("{CRASH:?}")), ("crash".into(), "\"crash\"".into()));
        assert!(Class::Expiry.compares_clocks().is_some());
        assert_eq!(Class::Silence.compares_clocks(), None);
    }
}
