//! One server: its process, its clocks, and the library that it runs.
//!
//! ```text
//!   Up --[freeze]--> Frozen --[thaw]--> Up        what comes in meanwhile is kept for later, or lost
//!   Up --[shutdown, empty]--> Closing --[done, or time is up]--> Down --[boot]--> Up, as another job
//!   Closing --[freeze]--> Frozen, and its time runs on --[thaw]--> Closing
//!   Frozen --[shutdown]--> Frozen, and its time runs --[thaw]--> Closing
//!   Frozen --[its time is up]--> Down
//!   any --[crash]--> Down
//! ```
//!
//! A spare server is down from the beginning. The clocks belong to the machine: they go on whatever
//! becomes of its processes.

use crate::clock::Clock;
use crate::library::Library;
use crate::schedule::{Event, Moment};
use crate::slab::NONE;
use leasehold_core::{JobId, Seat};

pub(crate) struct Node<L> {
    pub(crate) clock: Clock,
    pub(crate) job: JobId,
    pub(crate) library: L,
    pub(crate) state: State,
    /// When the queue will wake it; later deadlines wait for that, earlier ones get a wake-up of
    /// their own.
    pub(crate) wake_at: Moment,
    /// What came in while it stood still.
    pub(crate) held: Vec<Event>,
    /// How often each kind of trouble was planned for it.
    pub(crate) troubles: [u32; Trouble::ALL.len()],
    /// Where random steps have put its wall clock, in microseconds from where it was at the start.
    pub(crate) stepped_us: i64,
    /// Its being down is no fault, and not healed: it is spare, or was told to close.
    pub(crate) down_on_purpose: bool,
    /// When it comes back; an event at any other time is an old one.
    pub(crate) boot_at: Moment,
    /// How often it was asked to close.
    pub(crate) closings: u32,
    /// Players who are here, whatever the server has noticed.
    pub(crate) players: u32,
    /// How often its processes have asked for a subscription.
    pub(crate) subscribed: u32,
    seats: Vec<Taken>,
    free: Vec<Seat>,
}

/// Who sits in a seat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) visit: u32,
    pub(crate) believes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Up,
    Frozen {
        since: Moment,
        until: Moment,
        /// It was closing when it froze, or was asked to since.
        closing: Option<Closing>,
    },
    Closing(Closing),
    Down,
}

/// That a server was asked to close, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) why: &'static str,
    /// It is gone for so many microseconds afterwards, or for good.
    pub(crate) down_us: Option<u64>,
    /// When its time is up.
    pub(crate) until: Moment,
    /// Where its players all go; anywhere if nowhere.
    pub(crate) to: Option<u32>,
    /// The process has heard of it.
    pub(crate) heard: bool,
}

/// What befalls a server at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Crash,
    Freeze,
    /// Its wall clock is set.
    Step,
    OutOfMemory,
    /// It is cut off from messages.
    Partition,
}

impl Trouble {
    pub(crate) const ALL: [Trouble; 5] =
        [Trouble::Crash, Trouble::Freeze, Trouble::Step, Trouble::OutOfMemory, Trouble::Partition];
}

impl<L: Library> Node<L> {
    /// A server that is up, as this job.
    pub(crate) fn new(clock: Clock, job: JobId, config: &L::Config) -> Node<L> {
        Node {
            clock,
            job,
            library: L::new(config, job),
            state: State::Up,
            wake_at: Moment::NEVER,
            held: Vec::new(),
            troubles: [0; Trouble::ALL.len()],
            stepped_us: 0,
            down_on_purpose: false,
            boot_at: Moment::NEVER,
            closings: 0,
            players: 0,
            subscribed: 0,
            seats: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Whether the process executes.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.state, State::Up | State::Closing(_))
    }

    /// The order to close, if there is one, whether or not it was heard.
    pub(crate) fn closing(&self) -> Option<Closing> {
        match self.state {
            State::Closing(closing) => Some(closing),
            State::Frozen { closing, .. } => closing,
            State::Up | State::Down => None,
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        matches!(self.state, State::Frozen { .. })
    }

    pub(crate) fn sit(&mut self, visit: u32) -> Seat {
        let seat = self.free.pop().unwrap_or_else(|| {
            self.seats.push(Taken { visit: NONE, believes: false });
            Seat(self.seats.len() as u32 - 1)
        });
        self.seats[seat.0 as usize] = Taken { visit, believes: false };
        seat
    }

    pub(crate) fn stand_up(&mut self, seat: Seat) {
        self.seats[seat.0 as usize] = Taken { visit: NONE, believes: false };
        self.free.push(seat);
    }

    pub(crate) fn seat(&mut self, seat: Seat) -> &mut Taken {
        &mut self.seats[seat.0 as usize]
    }

    /// The visit in a seat, or [`NONE`].
    pub(crate) fn visit(&self, seat: Seat) -> u32 {
        self.seats.get(seat.0 as usize).map_or(NONE, |taken| taken.visit)
    }

    /// All visits that have a seat, by seat.
    pub(crate) fn visits(&self) -> impl Iterator<Item = (Seat, Taken)> + '_ {
        let seats = self.seats.iter().enumerate();
        seats
            .filter(|(_, taken)| taken.visit != NONE)
            .map(|(nth, taken)| (Seat(nth as u32), *taken))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.seats.len()
    }

    /// The process ends: nobody sits here any more.
    pub(crate) fn clear(&mut self) {
        self.seats.clear();
        self.free.clear();
        self.state = State::Down;
        self.wake_at = Moment::NEVER;
    }
}
