//! The limits of Roblox's datastore and messages as figures, with where each comes from.
//!
//! ```text
//!   a request --> its server's budgets --> the experience's budgets --> the datastore
//!                   (players of the server)  (players of all servers)
//! ```
//!
//! Units: requests a minute, unless a comment says otherwise.

use super::formula::Formula;
use crate::library::RequestType;
use crate::schema::{choices, declare};

choices! {
    /// Which limits are in force.
    pub enum Era {
        /// The present ones.
        Roblox2026 = "roblox_2026",
        /// Those before the experience had limits of its own.
        Roblox2023 = "roblox_2023",
        /// No limits: every request is admitted.
        None,
    }
}

declare! {
    /// A server's figures, in requests a minute, that its creator has set (DataStoreService's
    /// SetRateLimitForRequestType, since 2026-02-25): the preset's where absent.
    #[derive(Copy, Eq)]
    #[derive(Debug)]
    pub struct Budgeted {
        /// Without players. The limits' own if absent.
        base: Option<u32> = None, within(0, 10_000), example("60");
        /// More with each player. The limits' own if absent.
        per_player: Option<u32> = None, within(0, 200), example("40");
    }
}

/// The limits of the datastore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Of a server, by [`RequestType`]: with each of its players.
    pub(crate) server: [Formula; RequestType::COUNT],
    /// Of the experience, by [`RequestType`]: with each player of it. Of nobody but the servers if
    /// absent.
    pub(crate) experience: Option<[Formula; RequestType::COUNT]>,
    /// Which kind's budget each kind is taken from.
    pub(crate) taken_from: [RequestType; RequestType::COUNT],
    /// What a server's budget holds when it starts, in requests. The service gives a one-time burst
    /// of unpublished size; an assumption after a community emulation of the service
    /// (buildthomas/MockDataStoreService: 100).
    pub(crate) start: u32,
    /// A budget grows until it holds what comes in so many minutes. An assumption after the same
    /// emulation (3), for the experience too, which starts with that much.
    pub(crate) cap_minutes: u32,
    /// Whether errors have the names of the present scheme, which say whose limit it was.
    pub(crate) layered: bool,
}

const fn f(base: u32, per_unit: u32) -> Formula {
    Formula::new(base, per_unit)
}

/// The present limits: creator-docs, cloud-services/data-stores/error-codes-and-limits.md,
/// 2026-08-22; the experience's base is 300 since 2026-07-14.
const ROBLOX_2026: Limits = Limits {
    //        read       write      remove     list      ordered: read, write, remove, list
    server: [f(60, 40), f(60, 40), f(60, 40), f(5, 2), f(60, 40), f(30, 5), f(30, 5), f(5, 2)],
    experience: Some([
        f(300, 40),
        f(300, 20),
        f(300, 40),
        f(300, 2),
        f(300, 40),
        f(300, 20),
        f(300, 40),
        f(300, 2),
    ]),
    taken_from: RequestType::ALL,
    start: 100,
    cap_minutes: 3,
    layered: true,
};

/// Before 2026-04: the same page's legacy categories. Get is one, Set, Increment, Update and Remove
/// share one; the 6 s between two writes of a key were given up in 2023 (devforum 2436230).
///
/// An update is counted as a read and a write before it leaves, here as under the present limits,
/// and keeps what it has taken. So one that is cancelled by its transform has paid for a write that
/// it never sent: an assumption, as nothing is published on when an update is counted, and one that
/// is too strict if the write is counted when it is sent.
const ROBLOX_2023: Limits = Limits {
    server: [f(60, 10), f(60, 10), f(60, 10), f(5, 2), f(60, 10), f(30, 5), f(30, 5), f(5, 2)],
    experience: None,
    taken_from: [
        RequestType::Read,
        RequestType::Write,
        RequestType::Write,
        RequestType::List,
        RequestType::Read,
        RequestType::OrderedWrite,
        RequestType::OrderedWrite,
        RequestType::OrderedList,
    ],
    layered: false,
    ..ROBLOX_2026
};

/// The limits of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageLimits {
    /// Published by a server: with each of its players.
    pub(crate) sent: Formula,
    /// Handed to subscribers of a topic: with each server.
    pub(crate) heard_of_topic: Formula,
    /// Handed to subscribers of any topic: with each server.
    pub(crate) heard: Formula,
    /// Topics that a server listens to, at once: with each of its players.
    pub(crate) subscriptions: Formula,
    /// Asked for by a server; without limit if absent.
    pub(crate) subscribing: Option<Formula>,
}

/// Since 2024-02-12: creator-docs, reference/engine/classes/MessagingService.yaml.
const MAIL_2026: MessageLimits = MessageLimits {
    sent: f(600, 240),
    heard_of_topic: f(40, 80),
    heard: f(400, 200),
    subscriptions: f(20, 8),
    subscribing: Some(f(240, 0)),
};

/// Before: the same file's history.
const MAIL_2023: MessageLimits = MessageLimits {
    sent: f(150, 60),
    heard_of_topic: f(10, 20),
    heard: f(100, 50),
    subscriptions: f(5, 2),
    subscribing: None,
};

impl Era {
    /// The datastore's limits, if there are any.
    pub(crate) fn datastore(self) -> Option<Limits> {
        match self {
            Era::Roblox2026 => Some(ROBLOX_2026),
            Era::Roblox2023 => Some(ROBLOX_2023),
            Era::None => None,
        }
    }

    /// The limits of messages, if there are any.
    pub(crate) fn message(self) -> Option<MessageLimits> {
        match self {
            Era::Roblox2026 => Some(MAIL_2026),
            Era::Roblox2023 => Some(MAIL_2023),
            Era::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_documents() {
        let (now, then) =
            (Era::Roblox2026.datastore().unwrap(), Era::Roblox2023.datastore().unwrap());
        let of = |limits: &Limits, kind: RequestType| limits.server[kind as usize].of(50);
        assert_eq!([of(&now, RequestType::Read), of(&now, RequestType::Write)], [2_060, 2_060]);
        assert_eq!([of(&then, RequestType::Read), of(&then, RequestType::Write)], [560, 560]);
        let experience = now.experience.unwrap();
        assert_eq!(experience[RequestType::Write as usize].of(10_000), 200_300);
        assert_eq!(then.experience, None);
        assert_eq!(then.taken_from[RequestType::Remove as usize], RequestType::Write);
        assert_eq!(Era::None.datastore(), None);
    }

    #[test]
    fn every_kind_has_its_own_place_in_the_tables() {
        for (nth, kind) in RequestType::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, nth);
        }
    }
}
