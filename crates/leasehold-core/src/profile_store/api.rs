//! What is said to a store and what it says: words, no behaviour of their own.
//!
//! A method of the library that yields is an input with a seat of the caller's choice, and returns
//! by a [`Notice`]; the seat is free again after [`Notice::Ended`].

use super::inbox::Handler;
use super::notice::{Notice, Signal, StoreError};
use super::record::{Record, Server, SessionGuid, Stored};
use super::update::SaveKind;
use crate::document::Document;
use crate::ids::{JobId, Key, OpId, Seat};
use crate::value::Value;

/// An input: what happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<D: Document> {
    /// The module has been required; the first input of all.
    Open {
        /// What it knows of the datastore. [`DataStoreState::NotReady`] means that the server runs
        /// in Studio and has to find out, with one call.
        state: DataStoreState,
    },
    /// The user calls `StartSessionAsync(key, params)`.
    Start {
        /// Where the session will be.
        seat: Seat,
        /// For which key.
        key: Key,
        /// The parameters of the start.
        params: Params,
    },
    /// The cancel condition of a start has become true. It is looked at when the library would call
    /// it, and only if the start was given one.
    Cancel {
        /// Seat of the session.
        seat: Seat,
    },
    /// The user changes `Profile.Data`, of a session or of a view.
    Edit {
        /// Seat of the session.
        seat: Seat,
        /// The change to the data.
        edit: D::Edit,
    },
    /// The user sets `Profile.Data` to something that is not a table (hazard
    /// [H-G4](super::protocol#H-G4)).
    Spoil {
        /// Seat of the session.
        seat: Seat,
    },
    /// `Profile:Reconcile()`.
    Reconcile {
        /// Seat of the session.
        seat: Seat,
    },
    /// `Profile:AddUserId(user)`.
    AddUserId {
        /// Seat of the session.
        seat: Seat,
        /// Who. Negative ids are Studio's test players.
        user: i64,
    },
    /// `Profile:RemoveUserId(user)`.
    RemoveUserId {
        /// Seat of the session.
        seat: Seat,
        /// The user whose id is removed.
        user: i64,
    },
    /// The user sets `Profile.RobloxMetaData`.
    SetMetadata {
        /// Seat of the session.
        seat: Seat,
        /// To what.
        metadata: Value,
    },
    /// `Profile:Save()`.
    Save {
        /// Seat of the session.
        seat: Seat,
    },
    /// `Profile:EndSession()`.
    EndSession {
        /// Seat of the session.
        seat: Seat,
    },
    /// `Profile:SetAsync()` of a view.
    Set {
        /// Seat of the session.
        seat: Seat,
    },
    /// `MessageAsync(key, payload)`.
    Message {
        /// Whose call.
        seat: Seat,
        /// To whom.
        key: Key,
        /// The change that the message carries.
        payload: D::Edit,
        /// Called on `.Mock`.
        mock: bool,
    },
    /// `Profile:MessageHandler(handler)`.
    Handle {
        /// Seat of the session.
        seat: Seat,
        /// The handler that is called.
        handler: Handler,
    },
    /// A handler acks a message, after it has yielded.
    Ack {
        /// Seat of the session.
        seat: Seat,
        /// Which message.
        index: u64,
    },
    /// `GetAsync(key, version)`. The view that comes of it has the seat until [`Input::Forget`].
    Get {
        /// Where the view will be.
        seat: Seat,
        /// Of which key.
        key: Key,
        /// Of which version, if not the latest.
        version: Option<VersionId>,
        /// Called on `.Mock`.
        mock: bool,
    },
    /// `RemoveAsync(key)`.
    Remove {
        /// Whose call.
        seat: Seat,
        /// The key whose record is removed.
        key: Key,
        /// Called on `.Mock`.
        mock: bool,
    },
    /// `VersionQuery(key, ..)`. It has the seat until [`Input::Forget`].
    Query {
        /// Seat of the session.
        seat: Seat,
        /// Of which key.
        key: Key,
        /// Which versions, in which order.
        range: Range,
        /// Called on `.Mock`.
        mock: bool,
    },
    /// `VersionQuery:NextAsync()`.
    Next {
        /// Which query.
        seat: Seat,
        /// Where the view will be.
        view: Seat,
    },
    /// The user has no more use for a view or a query.
    Forget {
        /// Seat of the session.
        seat: Seat,
    },
    /// The user connects to a signal.
    Listen {
        /// Of which profile.
        seat: Seat,
        /// The callback, and when it acts.
        listener: Listener<D>,
    },
    /// The thread that called a method is cancelled from outside, in the middle of it (hazard
    /// [H-G2](super::protocol#H-G2)). Its seat is never free again.
    Kill {
        /// Whose call.
        seat: Seat,
    },
    /// A call was answered.
    Replied {
        /// Name of the call that was answered.
        op: OpId,
        /// What it came to: an answer, or an error.
        result: Result<Response<D>, StoreError>,
    },
    /// `SubscribeAsync` has returned. If it failed, the session hears nothing: it is not tried
    /// again.
    Subscribed {
        /// Whose topic.
        guid: SessionGuid,
        /// It did not fail.
        ok: bool,
    },
    /// A message came in on a topic.
    Heard {
        /// Whose topic.
        guid: SessionGuid,
        /// The message.
        end_request: EndRequest,
    },
    /// The server is closing (`BindToClose`).
    Close,
    /// Time has passed.
    Tick,
}

/// Parameters of a session start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params {
    /// `Steal`: take the lock whoever has it. Ignored on `.Mock`.
    pub steal: bool,
    /// A `Cancel` condition is given: there is no timeout then. Ignored on `.Mock`.
    pub cancel: bool,
    /// Called on `.Mock`.
    pub mock: bool,
    /// Which of the server's store objects of this name: loads are shared within one only (hazard
    /// [H-E3](super::protocol#H-E3)).
    pub object: u8,
}

/// A listener, as data: what it does while the signal is being fired.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener<D: Document> {
    /// To what.
    pub signal: Signal,
    /// How often, before it does nothing any more.
    pub times: u32,
    /// What the callback does.
    pub act: Act<D>,
}

/// Action of a listener.
#[derive(Clone, Debug, PartialEq)]
pub enum Act<D: Document> {
    /// Changes the data.
    Edit(D::Edit),
    /// Saves the profile.
    Save,
    /// Ends the session.
    EndSession,
    /// Ends the session of another profile.
    EndSessionOf(Seat),
    /// Starts another session.
    Start {
        /// The seat that the session will have.
        seat: Seat,
        /// For which key.
        key: Key,
    },
}

/// An effect: what is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect<D: Document> {
    /// Call the datastore.
    Call(Call),
    /// Subscribe to a topic; then say [`Input::Subscribed`].
    Subscribe {
        /// Whose session.
        seat: Seat,
        /// Its topic.
        guid: SessionGuid,
    },
    /// Listen to it no more.
    Unsubscribe(SessionGuid),
    /// Publish a message.
    Publish {
        /// On behalf of whom.
        seat: Seat,
        /// To which topic.
        guid: SessionGuid,
        /// The request to end the session that is published.
        end_request: EndRequest,
    },
    /// Tell the user something about a seat; about the module, seat 0 is named.
    Tell {
        /// The seat.
        seat: Seat,
        /// What the game is told.
        notice: Notice<D>,
    },
}

/// A call to the datastore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name: the answer must carry it.
    pub op: OpId,
    /// The key.
    pub key: Key,
    /// How many tries of it have failed just before.
    pub attempt: u32,
    /// What is asked.
    pub request: Method,
}

/// Method of the datastore that a call calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `UpdateAsync`. Its transform is what `Store::update` says at the moment when it runs.
    Update(Purpose),
    /// `GetAsync`.
    Get,
    /// `GetVersionAsync`.
    GetVersion(VersionId),
    /// `ListVersionsAsync`.
    ListVersions(Range),
    /// `AdvanceToNextPageAsync`, of the list that the seat of the call has made last.
    NextPage,
    /// `RemoveAsync`.
    Remove,
    /// `SetAsync` of the key `____PS` in the store `____PS`: Studio's way to find out whether there
    /// is access. The key of the call means nothing.
    Probe,
}

/// Purpose of an `UpdateAsync`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// A session start.
    Load,
    /// A save.
    Save(SaveKind),
    /// A message.
    Message,
}

/// A successful answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Response<D: Document> {
    /// To an update: a copy of what was written.
    Updated(Box<Record<D>>),
    /// To a get, of the latest value or of a version: what was there, if anything.
    Got(Option<Box<Stored<D>>>),
    /// To a list or a next page.
    Page {
        /// The versions.
        versions: Vec<VersionId>,
        /// There is no further page.
        last: bool,
    },
    /// To everything else.
    Done,
}

/// A version of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(pub u64);

/// Range of versions that a list asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Newest first.
    pub descending: bool,
    /// Not older than this, in milliseconds of the Unix epoch.
    pub min_ms: Option<i64>,
    /// Not newer than this, likewise.
    pub max_ms: Option<i64>,
}

/// State of the datastore, as the module knows it (section [7](super::protocol#7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataStoreState {
    /// Nothing yet: every method waits.
    NotReady,
    /// It may be used.
    Access,
    /// It may not: everything is kept in memory and lost with the server.
    NoAccess,
    /// There is no way to it: likewise.
    NoInternet,
}

/// Place where a call's data goes: the prefix of the session token (section
/// [1.2](super::protocol#1.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// To the datastore (`L_`).
    Live,
    /// To memory, because there is no access (`M_`).
    NoAccess,
    /// To memory, because the user called `.Mock` (`U_`).
    Mock,
}

/// A session token: there is one queue of calls and one active profile for it on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    /// Where the data goes.
    pub mode: Mode,
    /// The key.
    pub key: Key,
}

/// A message from one server to another: give the session up (section [3.5](super::protocol#3.5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndRequest {
    /// The load count of the session that is meant.
    pub loads: u64,
    /// It shall end. Otherwise it shall save, since a message waits in its record.
    pub end_session: bool,
}

/// Server that a store runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    /// How records name it.
    pub me: Server,
    /// This life of it, by which its GUIDs are unique.
    pub life: JobId,
}
