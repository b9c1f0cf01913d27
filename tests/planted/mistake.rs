//! Mistakes that whoever writes a library could make, by name.
//!
//! Each is one that shows in what a library is told, in what it wants or in what it writes: so it
//! can be made from outside, by [`Faulty`](super::Faulty), whatever the library is.

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $mistake:ident = $name:literal;)+) => {
        /// A mistake of a library.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mistake { $($(#[doc = $doc])+ $mistake),+ }

        impl Mistake {
            /// All of them.
            pub const ALL: &'static [Mistake] = &[$(Mistake::$mistake),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Mistake::$mistake => $name),+ }
            }

            /// What is wrong, in a sentence without its end.
            pub const fn about(self) -> &'static str {
                match self { $(Mistake::$mistake => concat!($($doc),+)),+ }
            }
        }
    };
}

mistakes! {
    /// Nothing
    None = "none";
    /// It is never told that a player leaves
    LeavesDropped = "every Leave dropped";
    /// Every fifth time it is not told that a player leaves
    SomeLeavesDropped = "every fifth Leave dropped";
    /// It is not told that nobody wants a start any more
    CancelsDropped = "Cancel never forwarded";
    /// It is not told that its server closes, nor of anything that comes of it
    CloseDropped = "Close never forwarded";
    /// Calls of `Save()` are ignored
    SavesDropped = "Save() ignored";
    /// Every fifth change is accepted and forgotten
    EditsDropped = "changes forgotten";
    /// Every fifth change is made twice
    EditsTwice = "changes made twice";
    /// Changes are accepted, whatever the library says
    RefusalsSwallowed = "refusals swallowed";
    /// It hears no message
    MessagesDropped = "messages never heard";
    /// It asks others, and hears no answer
    AnswersDropped = "answers never heard";
    /// It listens to nothing
    NeverSubscribes = "never subscribes";
    /// It answers for every session that it is asked for, whoever has it
    AnswersForAnybody = "answers for sessions that are gone";
    /// It turns every start away
    RejectsAll = "every start rejected";
    /// It turns every fifth start away
    RejectsSome = "every fifth start rejected";
    /// It begins a start four minutes after it was asked to
    HoldsStarts = "starts held up";
    /// It never says how a start ends
    StartsUnanswered = "starts never answered";
    /// It says that a session is active when it is asked for one
    GrantsEarly = "Granted before the lease";
    /// It says twice that a session is active
    GrantsTwice = "Granted twice";
    /// It never says that a session has ended
    NeverEnds = "Ended swallowed";
    /// It says twice that a session has ended
    EndsTwice = "Ended twice";
    /// It says that a session is released as soon as it is asked to
    ReleasedEarly = "Released before the write";
    /// It says of every release that all is saved
    ReleasedUnsaved = "Released says saved whatever was";
    /// It keeps it to itself that a session is lost, and over
    LossHidden = "loss hidden";
    /// It acknowledges a save when it is sent
    SavedEarly = "Saved before the write";
    /// It acknowledges every save twice
    SavedTwice = "Saved twice";
    /// It acknowledges a save with each change
    SavedAlways = "Saved without a write";
    /// Calls of `Save()` never return
    ReturnsSwallowed = "SaveReturned swallowed";
    /// Calls of `Save()` return twice
    ReturnsTwice = "SaveReturned twice";
    /// Calls of `Save()` return true at once
    ReturnsEarly = "SaveReturned before the write";
    /// A session considers itself the owner until it has ended, released or not
    OwnsTooLong = "owns for too long";
    /// A session never considers itself the owner
    OwnsNever = "owns for too short";
    /// The wall clock of every other server is 40 s ahead
    ClockAhead = "clock 40 s ahead";
    /// The wall clock of every other server is 40 s behind
    ClockBehind = "clock 40 s behind";
    /// Whoever looks at another's lease looks at a clock that is 90 s ahead
    HastyAcquire = "clock 90 s ahead in an acquire";
    /// Timers fire 20 s late
    TimersLate = "timers 20 s late";
    /// Two calls are made where one is due
    CallsTwice = "two calls at once for a key";
    /// A call that failed is made again at once, up to 30 times
    RetriesAtOnce = "retry without pause";
    /// A session is released once more 5 s after it has ended, whoever has the key
    ReleasesTwice = "released twice";
    /// What was last saved is written again 20 s later, whatever is there
    WritesLate = "late blind write";
    /// Every save has one more right after it
    SavesOften = "a save after each save";
    /// Calls are made for the next player's key
    WrongKey = "calls for another's key";
    /// A transform does not look at what it found
    FoundIgnored = "transform ignores what it found";
    /// A transform that runs again writes what it wrote the first time
    DecisionReused = "transform remembers its first run";
    /// Every fifth save brings the data of an earlier one
    DataReplayed = "old payload replayed";
    /// Every fifth save writes a whole earlier record
    RecordReplayed = "older record written";
    /// Every lease that is found is taken for a free one
    LeaseIgnored = "lease ignored by a start";
    /// Every save gives the lease back
    SaveReleases = "save gives the lease back";
    /// The record names another server as its owner
    OwnerForged = "answers for another in the record";
    /// A lease is written so that it never ends
    LeaseEndless = "lease without an end";
    /// Saves are never sent
    SavesUnsent = "saves never sent";
    /// Every tenth save is acknowledged and cancelled
    SavesCancelled = "save cancelled and acknowledged";
    /// A record is written with a wrong hash
    HashWrong = "record written damaged";
}
