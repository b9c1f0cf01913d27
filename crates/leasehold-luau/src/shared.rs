//! What a machine and its host both look at: effects on their way out, calls under way, seats, and
//! how many steps are left.

use crate::guid::Guid;
use crate::module::Letter;
use crate::modules::Modules;
use crate::places::Places;
use crate::stored::{Name, Stored, turned_out};
use crate::words;
use leasehold_sim::cause::{Cause, Class};
use leasehold_sim::library::{
    Ahead, Allowance, CallKind, Effect, JobId, Key, Labels, Notice, Now, Request, RequestType,
    Seat, Topic, VersionInfo, View,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What calls are counted as.
pub(crate) const COUNTS: usize = 4;

/// Fates of a call.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Asked,
    Booked,
    Seatless,
    Refused,
}

/// Who sits in a seat: which of all joins of its server that was.
type Who = (Seat, u32);

pub(crate) struct Shared {
    pub(crate) modules: Modules,
    pub(crate) job: JobId,
    /// The random number that its server was opened with.
    pub(crate) random: u64,
    pub(crate) out: RefCell<Vec<Effect<Letter>>>,
    pub(crate) calls: RefCell<BTreeMap<u32, Pending>>,
    pub(crate) places: RefCell<Places>,
    pub(crate) seats: RefCell<Vec<SeatState>>,
    /// How many joins there were.
    pub(crate) joins: Cell<u32>,
    /// The names of all topics that were spoken of.
    pub(crate) topics: RefCell<BTreeMap<Topic, Arc<str>>>,
    pub(crate) now: Cell<Option<Now>>,
    pub(crate) next_op: Cell<u32>,
    /// For whom each GUID was made.
    pub(crate) guids: RefCell<Vec<Option<Who>>>,
    /// Names of sessions that scripts have made by themselves, each with for whom: they are
    /// numbered as if they were GUIDs.
    own_names: RefCell<BTreeMap<(Name, Option<Who>), u32>>,
    /// There is no datastore.
    pub(crate) closed_to: Cell<bool>,
    /// Something that is bound to the game's close still runs.
    pub(crate) lingers: Cell<bool>,
    /// The same, as far as the world has been told.
    pub(crate) lingered: Cell<bool>,
    pub(crate) steps: Cell<u64>,
    /// What the server might ask of the datastore when the entry began, if that is limited; and
    /// what it has asked for since.
    pub(crate) allowance: Cell<Option<Allowance>>,
    pub(crate) spent: RefCell<Vec<Request>>,
    /// For how long the server is left alone: frames until then may run with the one that is due.
    pub(crate) ahead: Cell<Option<Ahead>>,
    /// Garbage is collected when so much is in use.
    pub(crate) collects_at: Cell<usize>,
    /// When all seats were last looked at, if nothing has run since.
    pub(crate) looked: Cell<Option<Now>>,
    /// Why nothing here may run any more.
    pub(crate) halt: Cell<Option<&'static Cause>>,
}

/// A call under way.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) seat: Option<Seat>,
    pub(crate) kind: Option<CallKind>,
    /// Its seat's session had been granted when it was made.
    pub(crate) granted: bool,
    /// Its thread acts for nobody who sits there: whose it is was guessed.
    pub(crate) guessed: bool,
    /// It is a `SetAsync`.
    pub(crate) sets: bool,
    /// It asks for versions.
    pub(crate) lists: bool,
    /// What is to be written, what a transform returned last, or what was found.
    pub(crate) value: Option<Stored>,
    pub(crate) labels: Labels,
    pub(crate) rows: Vec<VersionInfo>,
}

/// What the host knows of a seat.
#[derive(Clone, Copy, Default)]
pub(crate) struct SeatState {
    taken: bool,
    /// Which of all joins of its server.
    nth: u32,
    answered: bool,
    granted: bool,
    /// Its session was active when that was last asked.
    active: bool,
    told_over: bool,
    savers: u32,
    /// A transform of its start has found somebody else's record.
    contested: bool,
    /// How its start came by the record.
    came: Option<&'static Cause>,
    /// Its adapter has said how a conflict ended.
    conflict: bool,
}

static UNOWNED: Cause = Cause::new("unowned", Class::Unowned, "nobody had it");
static OWN: Cause = Cause::new("own", Class::Own, "its own server had it");
static HANDED_OVER: Cause =
    Cause::new("handed_over", Class::HandedOver, "the owner gave it up while it waited");
static TAKEN: Cause =
    Cause::new("taken from an owner", Class::Other, "the record named another owner");
static STARTED: Cause = Cause::new("started", Class::Other, "its module started it");

impl Shared {
    pub(crate) fn new(modules: &Modules, job: JobId, random: u64) -> Shared {
        Shared {
            modules: modules.clone(),
            job,
            random,
            out: RefCell::default(),
            calls: RefCell::default(),
            places: RefCell::new(Places::new(&modules.prefix)),
            seats: RefCell::default(),
            joins: Cell::new(0),
            topics: RefCell::default(),
            now: Cell::new(None),
            next_op: Cell::new(0),
            guids: RefCell::default(),
            own_names: RefCell::default(),
            closed_to: Cell::new(false),
            lingers: Cell::new(false),
            lingered: Cell::new(false),
            steps: Cell::new(0),
            allowance: Cell::new(None),
            spent: RefCell::default(),
            ahead: Cell::new(None),
            collects_at: Cell::new(modules.collects_at),
            looked: Cell::new(None),
            halt: Cell::new(None),
        }
    }

    pub(crate) fn count(&self, fate: Fate) {
        self.modules.code.counts[fate as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests of types are left at a moment of the stopwatch: of each of them. Nothing
    /// if they are not limited.
    pub(crate) fn left(&self, types: &[RequestType], mono_us: u64) -> Option<u32> {
        let mut allowance = self.allowance.get()?;
        let since = self.now.get().map_or(mono_us, |now| now.mono.as_micros());
        allowance.pass(mono_us.saturating_sub(since));
        // What the server's cache answers is not counted, but only the server knows that.
        let spent = self.spent.borrow();
        spent.iter().for_each(|request| allowance.take(RequestType::of(*request, false)));
        types.iter().map(|of| allowance.left(*of)).min()
    }

    /// Whether the world has to be told something of what has run: an effect, that nothing runs any
    /// more, that a close need not be waited for.
    pub(crate) fn has_to_say(&self) -> bool {
        !self.out.borrow().is_empty()
            || self.halt.get().is_some()
            || self.lingers.get() != self.lingered.get()
    }

    pub(crate) fn push(&self, effect: Effect<Letter>) {
        self.out.borrow_mut().push(effect);
    }

    pub(crate) fn complain(&self, kind: &'static Cause, said: &str, seat: Option<Seat>) {
        // A seat that nobody has: it is about the server.
        let seat = seat.unwrap_or(Seat(u32::MAX));
        let words = words::text(said);
        self.push(Effect::Tell { seat, notice: Notice::Complaint { kind, words } });
    }

    pub(crate) fn seat_is_taken(&self, seat: Seat) {
        let mut seats = self.seats.borrow_mut();
        let nth = seat.0 as usize;
        if seats.len() <= nth {
            seats.resize_with(nth + 1, SeatState::default);
        }
        self.joins.set(self.joins.get() + 1);
        seats[nth] = SeatState { taken: true, nth: self.joins.get(), ..SeatState::default() };
    }

    /// Who sits in a seat.
    fn who(&self, seat: Seat) -> Option<Who> {
        Some((seat, self.seats.borrow().get(seat.0 as usize)?.nth))
    }

    /// Somebody's write brings a name that is none of ours into a record: what it is known as then.
    pub(crate) fn brings(&self, name: Name, seat: Option<Seat>) -> (JobId, u32) {
        let who = seat.and_then(|seat| self.who(seat));
        let mut guids = self.guids.borrow_mut();
        let nth = *self.own_names.borrow_mut().entry((name, who)).or_insert_with(|| {
            guids.push(who);
            guids.len() as u32
        });
        (self.job, nth)
    }

    /// A GUID for a player, by a thread that acts for a seat or for none.
    pub(crate) fn guid(&self, key: Option<Key>, seat: Option<Seat>) -> String {
        let mut guids = self.guids.borrow_mut();
        guids.push(seat.and_then(|seat| self.who(seat)));
        let nth = guids.len() as u32;
        let drawn = self.random.rotate_left(nth % 64) ^ u64::from(nth);
        Guid { job: self.job, key, nth }.text(drawn)
    }

    /// Whose write it turns out to be: a record names a session by a GUID of ours, which was made
    /// for whoever sits in a seat. They bring that name while they start, and go by it from then
    /// on.
    pub(crate) fn writer(&self, before: Option<&View>, after: Option<&View>) -> Option<Seat> {
        let owner = |view: Option<&View>| view.and_then(|view| view.owner);
        let named = owner(after).or(owner(before)).filter(|(job, _)| *job == self.job)?;
        let guids = self.guids.borrow();
        let (seat, nth) = (*guids.get(named.1.checked_sub(1)? as usize)?)?;
        let seats = self.seats.borrow();
        let brings = owner(after).is_some() && owner(after) != owner(before);
        let state = seats.get(seat.0 as usize).filter(|state| state.taken && state.nth == nth)?;
        (!brings || !state.answered).then_some(seat)
    }

    /// Whether the session in a seat was granted.
    pub(crate) fn is_granted(&self, seat: Seat) -> bool {
        self.seats.borrow().get(seat.0 as usize).is_some_and(|state| state.granted)
    }

    pub(crate) fn is_active(&self, seat: Seat, active: bool) {
        if let Some(state) = self.seats.borrow_mut().get_mut(seat.0 as usize) {
            state.active = active;
        }
    }

    /// Whether a session is active, if that was asked just now.
    pub(crate) fn seen_active(&self, seat: Seat, now: Now) -> Option<bool> {
        if self.looked.get() != Some(now) {
            return None;
        }
        let seats = self.seats.borrow();
        Some(seats.get(seat.0 as usize).is_some_and(|state| state.taken && state.active))
    }

    pub(crate) fn save_is_called(&self, seat: Seat) {
        if let Some(state) = self.seats.borrow_mut().get_mut(seat.0 as usize) {
            state.savers += 1;
        }
    }

    /// Tells the game something of a seat, in order.
    pub(crate) fn tell(
        &self,
        seat: Seat,
        what: &str,
        word: &str,
        [edits, calls, retries]: [u64; 3],
    ) {
        let mut seats = self.seats.borrow_mut();
        let Some(state) = seats.get_mut(seat.0 as usize) else { return };
        let said = || if word.is_empty() { &STARTED } else { words::cause(word) };
        let notice = match what {
            "granted" => {
                (state.answered, state.granted) = (true, true);
                let came = match state.came {
                    Some(came) if state.contested && came == &UNOWNED => &HANDED_OVER,
                    Some(came) => came,
                    None => &STARTED,
                };
                let how = if word.is_empty() { came } else { words::cause(word) };
                if state.contested && !state.conflict {
                    let notice = Notice::Conflict { resolution: how };
                    self.push(Effect::Tell { seat, notice });
                }
                let (calls, retries) = (calls as u32, retries as u32);
                Notice::Granted { how, edits, calls, retries }
            }
            "rejected" => {
                state.answered = true;
                Notice::Rejected { reason: said() }
            }
            "lost" => {
                state.told_over = true;
                Notice::Lost {
                    reason: if word.is_empty() { words::cause("taken") } else { said() },
                }
            }
            "released" | "released_saved" => {
                state.told_over = true;
                Notice::Released { saved: what == "released_saved" }
            }
            "conflict" => {
                state.conflict = true;
                Notice::Conflict { resolution: said() }
            }
            "corrupted" => Notice::Corrupted { kind: said() },
            "saved" => Notice::Saved,
            "edit_refused" => Notice::EditRefused,
            "save_returned" | "save_failed" => {
                state.savers = state.savers.saturating_sub(1);
                let result =
                    if what == "save_failed" { Err(words::cause("failed")) } else { Ok(()) };
                Notice::SaveReturned { callers: 1, result }
            }
            _ => {
                state.taken = false;
                Notice::Ended
            }
        };
        self.push(Effect::Tell { seat, notice });
    }

    /// A transform of a call has decided to write, and whose data, if that is known: what for, and
    /// how its start came by the record.
    pub(crate) fn writes(
        &self,
        pending: &Pending,
        writer: Option<Seat>,
        before: Option<&View>,
        after: Option<&View>,
    ) -> (Option<CallKind>, Option<Seat>) {
        let Some(guess) = pending.kind else { return (None, None) };
        let named = || self.writer(before, after).filter(|_| pending.guessed);
        let writer = writer.or_else(named);
        let other = writer.filter(|writer| pending.seat != Some(*writer));
        let granted = other.map_or(pending.granted, |seat| self.is_granted(seat));
        let kind = turned_out(guess, granted, self.job, before, after);
        if let Some(seat) = other.or(pending.seat)
            && !granted
            && kind.unwrap_or(guess) == CallKind::Acquire
        {
            self.starts(seat, before, after);
        }
        (kind, other)
    }

    /// A transform of a start has seen this, and leaves that.
    pub(crate) fn starts(&self, seat: Seat, before: Option<&View>, after: Option<&View>) {
        let mut seats = self.seats.borrow_mut();
        let Some(state) = seats.get_mut(seat.0 as usize) else { return };
        let job = |view: Option<&View>| view.and_then(|view| view.owner).map(|(job, _)| job);
        let (was, is) = (job(before), job(after));
        let others = was.is_some_and(|was| was != self.job);
        state.contested |= others;
        if is == Some(self.job) {
            state.came = Some(match was {
                None => &UNOWNED,
                Some(_) if others => &TAKEN,
                Some(_) => &OWN,
            });
        }
    }

    /// Nothing here runs any more: whoever has a seat is told so, and is out of it.
    pub(crate) fn all_out(&self) {
        let count = self.seats.borrow().len();
        for seat in (0..count as u32).map(Seat) {
            self.out_of(seat);
        }
        self.lingers.set(false);
    }

    /// The same of one seat.
    pub(crate) fn out_of(&self, seat: Seat) {
        let Some(state) = self.seats.borrow().get(seat.0 as usize).copied() else { return };
        if !state.taken {
            return;
        }
        if !state.answered {
            self.tell(seat, "rejected", "stopped", [0; 3]);
        } else if state.granted && !state.told_over {
            self.tell(seat, "lost", "stopped", [0; 3]);
        }
        for _ in 0..state.savers {
            self.tell(seat, "save_failed", "", [0; 3]);
        }
        self.tell(seat, "ended", "", [0; 3]);
    }
}
