//! Identities of the simulator: a server is never mistaken for a player, nor a visit for a request.
//!
//! Each is a small dense number, and prints as people read it: `s3`, `p17`. Keys, jobs and seats
//! are the core's ([`Key`], [`JobId`](leasehold_core::JobId), [`Seat`](leasehold_core::Seat)).
//! "Nobody" is `None`, which costs no memory.

use leasehold_core::Key;
use serde::{Serialize, Serializer};
use std::fmt;
use std::num::NonZeroU32;

macro_rules! ids {
    ($($(#[$doc:meta])* $vis:vis $name:ident $prefix:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(NonZeroU32);

        impl $name {
            /// The identity with a number; there is none of `u32::MAX`.
            ///
            /// # Panics
            /// If the number is `u32::MAX`.
            #[inline]
            $vis const fn new(number: u32) -> $name {
                match NonZeroU32::new(number.wrapping_add(1)) {
                    Some(number) => $name(number),
                    None => panic!("an identity is less than u32::MAX"),
                }
            }

            /// The identity with a number, if there is one.
            #[allow(dead_code, reason = "not every identity is read from a file")]
            pub(crate) fn checked(number: u32) -> Option<$name> {
                NonZeroU32::new(number.wrapping_add(1)).map($name)
            }

            /// Its number, from 0.
            #[inline]
            $vis const fn number(self) -> u32 {
                self.0.get() - 1
            }

            /// Its place in a list.
            #[inline]
            pub(crate) const fn index(self) -> usize {
                self.number() as usize
            }

            /// The first so many, in order.
            #[allow(dead_code, reason = "not every identity is counted through")]
            pub(crate) fn first(count: u32) -> impl DoubleEndedIterator<Item = $name> {
                (0..count).map($name::new)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.number())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
                out.collect_str(self)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl crate::slab::Name for $name {
            fn of(number: u32) -> $name {
                $name::new(number)
            }

            fn index(self) -> usize {
                $name::index(self)
            }
        }
    )* };
}

ids! {
    /// A server of the servers: the machine, whatever process runs on it.
    pub ServerId "s";
    /// A player. Their record's key has the same number.
    pub PlayerId "p";
    /// A player's time on a server and the session that they have there. The number is free again
    /// once nothing of the visit can happen any more.
    pub VisitId "v";
    /// A datastore call on its way. The number is free again once it has ended.
    pub(crate) RequestId "r";
    /// A copy of a message on its way. The number is free again once it has arrived or is lost.
    pub(crate) MessageId "m";
    /// The service's answer on its way back to a server that has subscribed or published.
    pub(crate) AnswerId "b";
    /// A value of the datastore: the players' records first, then whatever else is called for, in
    /// the order of the first calls.
    pub(crate) CellId "c";
    /// An entry of the fault plan.
    pub(crate) PlanId "f";
}

impl PlayerId {
    /// The key of the player's record.
    #[inline]
    pub const fn key(self) -> Key {
        Key(self.number())
    }

    /// The player whose record has this key.
    #[inline]
    pub const fn of(key: Key) -> PlayerId {
        PlayerId::new(key.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_keeps_its_number_and_nobody_costs_nothing() {
        for number in [0, 1, 17, u32::MAX - 1] {
            assert_eq!(ServerId::new(number).number(), number);
        }
        assert_eq!(size_of::<Option<ServerId>>(), size_of::<u32>());
        assert_eq!(
            (ServerId::new(3).to_string(), format!("{:?}", PlayerId::new(17))),
            ("s3".into(), "p17".into())
        );
        assert_eq!(PlayerId::of(PlayerId::new(4).key()), PlayerId::new(4));
        assert!(std::panic::catch_unwind(|| VisitId::new(u32::MAX)).is_err());
    }
}
