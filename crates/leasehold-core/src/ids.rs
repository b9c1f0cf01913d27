//! Names for things, so that a key is never mistaken for a seat. They print as `k17`, `j3`,
//! `op2.41`.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty) $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

id! {
    /// A key of the datastore: one player's record. Dense: whoever owns the strings numbers them.
    Key(u32) "k"
}
id! {
    /// One life of a server process; it never returns after a restart (Roblox's `JobId`). Also the
    /// name of its topic.
    JobId(u32) "j"
}
id! {
    /// One session, counted by its server from 1; later sessions have larger numbers. Unique
    /// together with a [`JobId`].
    SessionId(u32) "n"
}
id! {
    /// How often a record's lease has passed to another session; the first holder has 1 (rule L1).
    /// A fencing token.
    Generation(u64) "g"
}
id! {
    /// How many saves a record has seen (rule W2).
    Commit(u64) "c"
}
id! {
    /// A place for one session on a server, named by the caller: small, dense, free again after
    /// `Notice::Ended`.
    Seat(u32) "seat"
}

/// How many seats a store has: those from 0 to one less.
///
/// A seat costs memory, and so do all that are numbered below it. A million is a thousand times as
/// many as a server has players; a larger number is a caller's mistake and must not cost gigabytes.
pub const SEATS_MAX: u32 = 1 << 20;

/// Holder of a lease: a session of a server's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Owner {
    /// The server's life.
    pub job: JobId,
    /// Its session.
    pub session: SessionId,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.job, self.session)
    }
}

/// A datastore call of one server: the seat that made it and a count that no other call of that
/// seat has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId {
    /// The seat that called.
    pub seat: Seat,
    /// Which of the seat's calls.
    pub nth: u32,
}

impl fmt::Display for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "op{}.{}", self.seat.0, self.nth)
    }
}

/// Hands out the [`OpId`]s of one seat. It outlives the sessions that sit there, so that a late
/// reply to one of them is never taken for a reply to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpIds {
    seat: Seat,
    next: u32,
}

impl OpIds {
    /// The ids of a seat, from the first.
    pub(crate) fn new(seat: Seat) -> OpIds {
        OpIds { seat, next: 0 }
    }

    /// The next id.
    pub(crate) fn take(&mut self) -> OpId {
        self.next = self.next.wrapping_add(1);
        OpId { seat: self.seat, nth: self.next }
    }
}
