//! An entry of a history: a step, and whose word it is.
//!
//! What a library tells its game is what it would print in a real server, so it stands after the
//! library's own name, as [`Library::TITLE`](crate::library::Library::TITLE) has it. All else
//! nobody in that world could print: it is the simulator's word for what players, the datastore,
//! the messaging service and the rest of the world have done.
//!
//! ```text
//!   [player]               73.184 s  s7    k131   asked for a session
//!   [datastore]            73.184 s  s7    k131   sends acquire, attempt 0
//!   [ChronicleStore]       75.408 s  s7    k131   loaded 12 edits by ... after 2.22 s, 0 retries
//! ```
//!
//! Laws: an entry says all that its step says, in text by the words that a fact prints as, in JSON
//! by the names of its fields; so no fact can be left out.

use super::{Fact, Step};
use crate::cause::Class;
use leasehold_core::Key;
use serde::{Serialize, Serializer};
use std::fmt;

/// An entry of a run's history. It prints as a line of text, and serializes as a flat object.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What the library under test calls itself.
    pub library: &'a str,
    /// What happened.
    pub step: Step,
}

/// Source of an entry: whose word it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// The library under test, which tells its game.
    Library,
    /// The player, or the game on the player's behalf.
    Player,
    /// The datastore and the calls to it.
    Datastore,
    /// The messaging service and the messages through it.
    Messaging,
    /// The rest of the world: servers, and what only somebody knows who looks at all of them.
    World,
}

impl Entry<'_> {
    /// The name of whose word it is.
    pub fn source(&self) -> &str {
        match self.step.source() {
            Source::Library => self.library,
            Source::Player => "player",
            Source::Datastore => "datastore",
            Source::Messaging => "messaging",
            Source::World => "world",
        }
    }
}

impl Step {
    /// Whose word it is.
    pub fn source(&self) -> Source {
        match self.fact {
            // A session that goes down with its server ends without a word of its library's.
            Fact::Ended { how, .. }
                if matches!(how.class, Class::Crash | Class::OutOfMemory | Class::Stopped) =>
            {
                Source::World
            }
            // Where there is no session, there is nobody but the game to refuse.
            Fact::EditRefused if self.visit.is_none() => Source::Player,
            Fact::Loaded { .. }
            | Fact::Rejected { .. }
            | Fact::EditRefused
            | Fact::Ended { .. }
            | Fact::ShortCircuited { .. }
            | Fact::Saved
            | Fact::SaveReturned { .. }
            | Fact::Conflict { .. }
            | Fact::CircuitOpened { .. }
            | Fact::CircuitClosed
            | Fact::Corrupted { .. }
            | Fact::Unheard { .. }
            | Fact::Said { .. }
            | Fact::Complained { .. }
            | Fact::FellBack => Source::Library,
            Fact::Asked
            | Fact::Playing
            | Fact::GaveUp
            | Fact::Left
            | Fact::Edited
            | Fact::SaveCalled
            | Fact::EndAsked
            | Fact::Leaked
            | Fact::SecondDevice
            | Fact::Minted { .. }
            | Fact::Traded { .. }
            | Fact::Bought { .. }
            | Fact::Received { .. }
            | Fact::Granted { .. } => Source::Player,
            Fact::Sent { .. }
            | Fact::Answered { .. }
            | Fact::Got { .. }
            | Fact::Removed { .. }
            | Fact::Committed { .. }
            | Fact::Damaged
            | Fact::RanAgain { .. }
            | Fact::WrongScope { .. }
            | Fact::BadRead { .. }
            | Fact::Queued { .. }
            | Fact::Dequeued { .. }
            | Fact::Dropped { .. }
            | Fact::IncidentBegins { .. }
            | Fact::IncidentEnds { .. } => Source::Datastore,
            Fact::Published { .. }
            | Fact::MessageLost { .. }
            | Fact::MessageDuplicated
            | Fact::Delivered { .. }
            | Fact::NoSubscriber
            | Fact::MessageRejected { .. }
            | Fact::MessageDropped { .. }
            | Fact::Subscribing
            | Fact::Subscribed { .. }
            | Fact::NotSubscribed { .. }
            | Fact::CutOff { .. } => Source::Messaging,
            Fact::Owns { .. }
            | Fact::OwnsNoMore
            | Fact::OwnerPaused
            | Fact::SeatFreed { .. }
            | Fact::Over
            | Fact::Booted
            | Fact::Crashed
            | Fact::Paused
            | Fact::Resumed
            | Fact::Stepped { .. }
            | Fact::OutOfMemory { .. }
            | Fact::Emptied
            | Fact::Closing
            | Fact::Stopped { .. }
            | Fact::Healed
            | Fact::Remarked { .. }
            | Fact::Misspoke { .. } => Source::World,
        }
    }
}

impl fmt::Display for Entry<'_> {
    /// `[datastore]            73.184 s  s7    k131   sends acquire, attempt 0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { at, server, key, fact, .. } = self.step;
        let source = format!("[{}]", self.source());
        let (at, server) = (at.to_string(), server.map(|server| server.to_string()));
        let (server, key) = (server.unwrap_or_default(), key.map(|key| key.to_string()));
        let key = key.unwrap_or_default();
        write!(f, "{source:16} {at:>14}  {server:5} {key:6} {fact}")
    }
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Flat<'a> {
            at_us: u64,
            source: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            server: Option<super::ServerId>,
            #[serde(skip_serializing_if = "Option::is_none")]
            key: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            visit: Option<super::VisitId>,
            #[serde(flatten)]
            fact: &'a Fact,
        }
        let Step { at, server, visit, key, ref fact } = self.step;
        let (at_us, source) = (at.as_micros(), self.source());
        let key = key.map(|key| key.to_string());
        Flat { at_us, source, server, key, visit, fact }.serialize(out)
    }
}

/// A key by its name.
pub(super) fn printed<S: Serializer>(key: &Key, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::{CRASH, RELEASED};
    use crate::ids::{ServerId, VisitId};
    use crate::library::{CallKind, Error, View};
    use crate::schedule::Moment;
    use crate::step::{CallEnd, FactKind};
    use leasehold_core::JobId;
    use serde_json::{Value, json};

    fn step(fact: Fact) -> Step {
        let (server, visit, key) = (ServerId::new(7), VisitId::new(3), Key(131));
        let at = Moment::from_micros(75_408_000);
        Step { at, server: Some(server), visit: Some(visit), key: Some(key), fact }
    }

    fn as_json(step: Step) -> Value {
        serde_json::to_value(Entry { library: "MyLease", step }).expect("it is plain")
    }

    #[test]
    fn an_entry_is_flat_and_has_the_fields_of_its_fact_by_their_names() {
        let sent = Moment::from_micros(75_000_000);
        let end = CallEnd::Failed(Error::RequestRejected);
        let failed = as_json(step(Fact::Answered { kind: CallKind::Save, end, sent }));
        let expected = json!({
            "at_us": 75_408_000, "source": "datastore", "server": "s7", "key": "k131", "visit": "v3",
            "fact": "answered", "kind": "save", "end": "failed", "error": "RequestRejected (502)",
            "sent_us": 75_000_000,
        });
        assert_eq!(failed, expected);
        let end = CallEnd::Done;
        let done = as_json(step(Fact::Answered { kind: CallKind::Save, end, sent }));
        assert_eq!((&done["end"], done.get("error")), (&json!("done"), None));
        let owner = Some((JobId(4), 1));
        let after = View { owner, generation: Some(2), commit: None, released: false, edits: 12 };
        let kind = CallKind::Acquire;
        let (before, after, clock_us) = (None, Some(after), -5);
        let committed = as_json(step(Fact::Committed { kind, before, after, clock_us }));
        let expected = json!({
            "owner": { "job": "j4", "session": 1 }, "generation": 2, "commit": null,
            "released": false, "edits": 12,
        });
        assert_eq!((&committed["before"], &committed["after"]), (&Value::Null, &expected));
        let healed = Step { server: None, visit: None, key: None, ..step(Fact::Healed) };
        let expected = json!({ "at_us": 75_408_000, "source": "world", "fact": "healed" });
        assert_eq!(as_json(healed), expected);
    }

    #[test]
    fn a_session_that_goes_down_with_its_server_ends_without_a_word_of_its_librarys() {
        let ended = |how| step(Fact::Ended { how, saved: false });
        let line = |step| Entry { library: "MyLease", step }.to_string();
        let (words, place) = ("ended by released, not saved", "      75.408 s  s7    k131   ");
        assert_eq!(line(ended(&RELEASED)), format!("[MyLease]        {place}{words}"));
        assert_eq!(ended(&CRASH).source(), Source::World);
        let refused = step(Fact::EditRefused);
        assert_eq!(refused.source(), Source::Library);
        assert_eq!(Step { visit: None, ..refused }.source(), Source::Player);
    }

    #[test]
    fn a_kind_has_the_name_that_its_facts_have_and_is_found_by_it() {
        let scenario = crate::Scenario::parse(
            "duration = '6m'\nservers = { count = 3 }\nmessaging.loss = '20%'\n\
             players = { count = 30, stay = '20s..60s', hop = '90%', trade = '20%', \
             purchase = '20%', leak = '10%' }\n\
             datastore = { fail_before = '10%', fail_after = '5%', corrupt = '1%' }\n\
             faults = { crash_every = '2m', pause_every = '2m', step_every = '2m' }",
        );
        let sim = crate::shipped("all sorts", &scenario.expect("valid")).expect("valid");
        let mut seen = std::collections::BTreeSet::new();
        let _ = sim.seed(1).history(&mut |entry| {
            let kind = FactKind::from(entry.step.fact);
            if seen.insert(kind) {
                assert_eq!(as_json(entry.step)["fact"], kind.name());
                assert_eq!(kind.name().parse(), Ok(kind));
                assert!(entry.to_string().ends_with(&entry.step.fact.to_string()));
            }
        });
        assert!(seen.len() > 30, "{seen:?}");
    }
}
