//! Why an invariant was broken: the steps that led there, and how each came of others.

use crate::Interval;
use serde::{Deserialize, Serialize};

/// The chain from its beginnings to a broken invariant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The name of the invariant.
    pub invariant: String,
    /// The observer's word for what broke it.
    pub cause: String,
    /// The violation in the observer's words.
    pub why: String,
    /// Whether it is that two consider themselves owner at once, which is what [`Story::owned`]
    /// shows then.
    pub overlap: bool,
    /// When it was broken, in microseconds.
    pub at_us: u64,
    /// The key that it is about, `k131`; empty if it is about none.
    pub key: String,
    /// What happened, in order: no later line comes before an earlier one. The last is the
    /// violation.
    pub events: Vec<StoryEvent>,
    /// What came of what: from an earlier event to a later one. No link says what others say
    /// together.
    pub links: Vec<StoryLink>,
    /// When sessions considered themselves owner of the key, as far as the story goes.
    pub owned: Vec<StorySpan>,
    /// When servers of the story were paused.
    pub paused: Vec<StorySpan>,
    /// When servers of the story were down.
    pub down: Vec<StorySpan>,
    /// Steps that are between those that are told, and are not.
    pub untold: u64,
    /// Faults before it that were not tried: whether it would be there without one is not known.
    #[serde(default)]
    pub untried: u64,
    /// From when on steps were kept, in microseconds, if what was before is out of reach.
    pub kept_from_us: Option<u64>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryEvent {
    /// When, in microseconds.
    pub at_us: u64,
    /// Where: `s7`, or `datastore`.
    pub lane: String,
    /// What, in words.
    pub words: String,
    /// Where it was going and did not arrive, if it is a message that was lost: `s7`.
    pub towards: Option<String>,
    /// Its name on a tape, if it is a fault.
    pub fault: Option<String>,
    /// What was lost, if it is a message that was: `s6's answer to s7`.
    pub lost: Option<String>,
    /// If it is a fault that was tried: whether the violation is not there without it.
    #[serde(default)]
    pub needed: Option<bool>,
    /// Whether nothing is known that it came of.
    #[serde(default)]
    pub begins: bool,
}

/// That something came of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryLink {
    /// The cause, as an index into the events.
    pub from: usize,
    /// What came of it, likewise; later.
    pub to: usize,
    /// What kind of link it is.
    pub how: How,
    /// How many steps between them are not told.
    pub untold: u64,
    /// Whether it is a call or a message on its way, or what came of a call's answer.
    #[serde(default)]
    pub travels: bool,
}

/// Way in which one thing comes of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It goes on: a call, a message, what a server does next.
    WentOn,
    /// The same session's next step, or that of its server.
    SameSession,
    /// A call found what the write had left.
    Read,
    /// What was written is what was read, and changed.
    Based,
    /// A write replaced what the write had left.
    Replaced,
    /// What was lost was waited for in vain.
    Missed,
    /// A wall clock had been set.
    Clock,
    /// The datastore was not as usual.
    During,
    /// The player went on to somewhere else.
    Player,
    /// Without the fault it is not there, as a run has shown; why is not known.
    Needed,
}

impl How {
    /// In words, after "from 8.256 s:" and before nothing.
    pub fn name(self) -> &'static str {
        match self {
            How::WentOn => "went on",
            How::SameSession => "same session",
            How::Read => "read what was stored",
            How::Based => "based on that",
            How::Replaced => "replaced what was stored",
            How::Missed => "missed",
            How::Clock => "by that clock",
            How::During => "meanwhile",
            How::Player => "same player",
            How::Needed => "not without it",
        }
    }
}

/// A stretch of time on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorySpan {
    /// The server: `s7`.
    pub lane: String,
    /// From when to when. What had not ended yet ends with what is known.
    pub during: Interval,
}
