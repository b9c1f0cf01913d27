//! What is done to players' records from outside their sessions: by an administrator's script, or
//! by a server that has no session for them.

use super::servers::SERVER;
use crate::schema::{SECOND, Shape, choices, declare};
use crate::units::Span;

declare! {
    /// Something that is done to a player's record from outside its session: once, or again and
    /// again.
    #[derive(Copy, Eq)]
    #[derive(Debug)]
    pub struct Operation {
        /// What.
        what as "do": OperationKind, required("\"overwrite\"");
        /// When, or when first if there is more than one, from the start of the run.
        at: Option<Span>, example("\"3m\"");
        /// Mean time from the end of one to the next. It is done once if absent, `at` its moment.
        every: Option<Span>, least(SECOND), example("\"10m\"");
        /// To whose record: the player's number, from 0. Somebody's, drawn each time, if absent.
        player: Option<u32>, shape(Shape::Count(0, 9_999_999)), example("7");
        /// On which server, from 0, by its library as far as that has such a method. By a script
        /// without a library, straight in the datastore, if absent.
        server: Option<u32>, shape(SERVER), example("0");
        /// How long an overwrite takes from reading to writing. 30 s if absent.
        takes: Option<Span>, example("\"5s\"");
    }
}

choices! {
    /// What can be done to a record from outside.
    pub enum OperationKind {
        /// It is read, and written back after a while over whatever is there by then: a lock, if
        /// there was none.
        Overwrite,
        /// The key is removed.
        Remove,
        /// It is read by a server's library.
        Read,
        /// A server's library leaves a message for whoever has the session, or for the next one
        /// if nobody has.
        Message,
    }
}

impl Operation {
    /// How long it takes from its first call to its last, in microseconds.
    pub(crate) fn takes_us(&self) -> u64 {
        let default = super::secs(30);
        self.takes.unwrap_or(default).us()
    }
}
