//! What the datastore says when it says no, by the names of its documentation.
//!
//! Two questions decide what a library may do with an error: can the request have been applied all
//! the same, and is it worth another try? The documentation answers the second for some errors, and
//! says of the first only that a failed write may have been applied. So: what is refused before it
//! leaves the server (a bad argument) or is dropped from a queue or at a throttle was never
//! applied; what fails on the way or at the backend may have been (an assumption; nothing is
//! published on how often).
//!
//! Source: creator-docs, `cloud-services/data-stores/error-codes-and-limits.md`. What nothing here
//! can raise is left out:
//!
//! - those of ordered data stores and of Studio: there are none here;
//! - 103 and 104: a library stores nothing but what can be written as JSON;
//! - 401 and 402: a server that closes may call until its process is gone;
//! - 503: that a key is not there is no error to a request of these, but nil;
//! - 512: the list of user ids has no limit here.
//!
//! Two errors are called `InternalError` there and differ by their number; here each has a variant
//! of its own.

use serde::{Serialize, Serializer};
use std::fmt;

/// An error that a call is answered with. The numbers are part of what a digest means: they are
/// added to, never changed, and one that is free is not given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Error {
    /// The key has no name.
    KeyNameEmpty = 0,
    /// The key's name is longer than 50 characters.
    KeyNameLimit = 1,
    /// A value of more than 4,194,304 bytes of JSON.
    ValueTooLarge = 4,
    /// Throttled, and the queue was full.
    GetAsyncThrottle = 5,
    /// Throttled, and the queue was full.
    SetAsyncThrottle = 6,
    /// Throttled, and the queue was full.
    UpdateAsyncThrottle = 7,
    /// Throttled, and the queue was full.
    RemoveAsyncThrottle = 8,
    /// Throttled, and the queue was full.
    GetVersionAsyncThrottle = 9,
    /// Throttled, and the queue was full.
    ListVersionsAsyncThrottle = 10,
    /// The response could not be parsed.
    ResponseUnparsable = 13,
    /// The backend rejected the request with an error of its own.
    RequestRejected = 14,
    /// The request was successful, but the response was malformed.
    ResponseMalformed = 16,
    /// The metadata are too large.
    AttributeSizeTooLarge = 17,
    /// Too much for the experience: reads.
    StandardReadExperienceThrottled = 19,
    /// Too much for the experience: writes.
    StandardWriteExperienceThrottled = 20,
    /// Too much for the experience: lists.
    StandardListExperienceThrottled = 21,
    /// Too much for the experience: removals.
    StandardRemoveExperienceThrottled = 22,
    /// Too much for the server: reads.
    StandardReadGameServerThrottled = 23,
    /// Too much for the server: writes.
    StandardWriteGameServerThrottled = 24,
    /// Too much for the server: lists.
    StandardListGameServerThrottled = 25,
    /// Too much for the server: removals.
    StandardRemoveGameServerThrottled = 26,
    /// Too much for the data store.
    DatastoreThrottled = 27,
    /// Too much for the key.
    KeyThrottled = 28,
    /// Something went wrong at the backend.
    InternalServerError = 29,
    /// The transform threw, and the caller is told. Not the documentation's: it has no name for it.
    TransformThrew = 30,
}

/// Effect of a request that was answered with an error: taken, not taken, or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It has not and will not.
    Never,
    /// Nobody can tell without reading.
    Maybe,
}

use Error as E;

/// Name, number, and what may be made of it.
const TABLE: [(Error, &str, Option<u16>, Class); 25] = [
    (E::KeyNameEmpty, "KeyNameEmpty", Some(101), Class::Refused),
    (E::KeyNameLimit, "KeyNameLimit", Some(102), Class::Refused),
    (E::ValueTooLarge, "ValueTooLarge", Some(105), Class::Refused),
    (E::GetAsyncThrottle, "GetAsyncThrottle", Some(301), Class::Throttled),
    (E::SetAsyncThrottle, "SetAsyncThrottle", Some(302), Class::Throttled),
    (E::UpdateAsyncThrottle, "UpdateAsyncThrottle", Some(304), Class::Throttled),
    (E::RemoveAsyncThrottle, "RemoveAsyncThrottle", Some(306), Class::Throttled),
    (E::GetVersionAsyncThrottle, "GetVersionAsyncThrottle", None, Class::Throttled),
    (E::ListVersionsAsyncThrottle, "ListVersionsAsyncThrottle", None, Class::Throttled),
    (E::ResponseUnparsable, "InternalError", Some(501), Class::Unknown),
    (E::RequestRejected, "RequestRejected", Some(502), Class::Unknown),
    (E::ResponseMalformed, "InternalError", Some(504), Class::Unknown),
    (E::AttributeSizeTooLarge, "AttributeSizeTooLarge", Some(511), Class::Refused),
    (E::StandardReadExperienceThrottled, "StandardReadExperienceThrottled", None, Class::Throttled),
    (
        E::StandardWriteExperienceThrottled,
        "StandardWriteExperienceThrottled",
        None,
        Class::Throttled,
    ),
    (E::StandardListExperienceThrottled, "StandardListExperienceThrottled", None, Class::Throttled),
    (
        E::StandardRemoveExperienceThrottled,
        "StandardRemoveExperienceThrottled",
        None,
        Class::Throttled,
    ),
    (E::StandardReadGameServerThrottled, "StandardReadGameServerThrottled", None, Class::Throttled),
    (
        E::StandardWriteGameServerThrottled,
        "StandardWriteGameServerThrottled",
        None,
        Class::Throttled,
    ),
    (E::StandardListGameServerThrottled, "StandardListGameServerThrottled", None, Class::Throttled),
    (
        E::StandardRemoveGameServerThrottled,
        "StandardRemoveGameServerThrottled",
        None,
        Class::Throttled,
    ),
    (E::DatastoreThrottled, "DatastoreThrottled", None, Class::Throttled),
    (E::KeyThrottled, "KeyThrottled", None, Class::Throttled),
    (E::InternalServerError, "InternalServerError", None, Class::Unknown),
    (E::TransformThrew, "TransformThrew", None, Class::Refused),
];

/// What kind of error it is: everything else follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// The request is no good, or its server is not: another try ends the same way.
    Refused,
    /// It was too much for now: dropped, to be sent again later.
    Throttled,
    /// It failed somewhere, before or after it was applied; the documentation says to try again.
    Unknown,
}

impl Error {
    /// All errors, in the order of their declaration.
    pub fn all() -> impl Iterator<Item = Error> {
        TABLE.iter().map(|(error, ..)| *error)
    }

    /// One more than the largest of their numbers.
    pub(crate) const NUMBERS: usize = Error::TransformThrew as usize + 1;

    fn row(self) -> &'static (Error, &'static str, Option<u16>, Class) {
        TABLE.iter().find(|(error, ..)| *error == self).expect("every error has a row")
    }

    fn class(self) -> Class {
        self.row().3
    }

    /// Its name in the documentation.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Its number, if it has one: those that came in 2026 have none, nor have the backend's own.
    pub fn code(self) -> Option<u16> {
        self.row().2
    }

    /// Whether the request can have been applied all the same.
    pub fn applied(self) -> Applied {
        match self.class() {
            Class::Refused | Class::Throttled => Applied::Never,
            Class::Unknown => Applied::Maybe,
        }
    }

    /// Whether it was dropped because it was too much.
    pub fn is_throttle(self) -> bool {
        self.class() == Class::Throttled
    }

    /// Whether the documentation says to try again.
    pub fn is_worth_a_retry(self) -> bool {
        self.class() != Class::Refused
    }

    /// What a digest knows it by: added to, never changed.
    pub(crate) fn digest(self) -> u8 {
        self as u8
    }

    /// The name that a fault of the backend has, by an even draw. How often which is seen is not
    /// published; that 502 is the usual one is what developers' reports look like (an assumption).
    pub(crate) fn of_the_backend(word: u32) -> Error {
        match word % 20 {
            0 => Error::ResponseUnparsable,
            1 => Error::ResponseMalformed,
            2..8 => Error::InternalServerError,
            _ => Error::RequestRejected,
        }
    }

    /// The name of a throttle storm: too much for the key, or for the data store as a whole. Which
    /// is seen how often is not published; even odds are an assumption.
    pub(crate) fn of_a_storm(word: u32) -> Error {
        if word.is_multiple_of(2) { Error::KeyThrottled } else { Error::DatastoreThrottled }
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl fmt::Display for Error {
    /// Its name, and its number if it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            Some(code) => write!(f, "{} ({code})", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_error_has_a_row_of_its_own_and_prints_differently() {
        assert!(TABLE.is_sorted_by(|(one, ..), (next, ..)| one < next));
        assert!(Error::all().all(|error| (error as usize) < Error::NUMBERS));
        let printed: BTreeSet<String> = Error::all().map(|error| error.to_string()).collect();
        assert_eq!(printed.len(), TABLE.len());
        assert_eq!(Error::UpdateAsyncThrottle.to_string(), "UpdateAsyncThrottle (304)");
        assert_eq!(Error::KeyThrottled.to_string(), "KeyThrottled");
    }

    #[test]
    fn only_the_backend_s_own_errors_leave_it_open_whether_a_request_was_applied() {
        let open = Error::all().filter(|error| error.applied() == Applied::Maybe);
        let open: Vec<Error> = open.collect();
        let expected = [
            Error::ResponseUnparsable,
            Error::RequestRejected,
            Error::ResponseMalformed,
            Error::InternalServerError,
        ];
        assert_eq!(open, expected);
        for word in 0..1_000 {
            assert_eq!(Error::of_the_backend(word).applied(), Applied::Maybe);
        }
        for error in Error::all().filter(|error| error.is_throttle()) {
            assert!(error.is_worth_a_retry() && error.name().contains("Throttle"), "{error}");
        }
    }
}
