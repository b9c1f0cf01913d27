//! One server: its process, its clocks, and the library that it runs.
//!
//! ```text
//!   Up --[pause]--> Paused --[resume]--> Up        what comes in meanwhile is kept for later, or lost
//!   Up --[shutdown, empty]--> Closing --[done, or time is up]--> Down --[boot]--> Up, as another job
//!   Closing --[pause]--> Paused, and its time runs on --[resume]--> Closing
//!   Paused --[shutdown]--> Paused, and its time runs --[resume]--> Closing
//!   Paused --[its time is up]--> Down
//!   any --[crash]--> Down
//! ```
//!
//! A spare server is down from the beginning. The clocks belong to the machine: they go on whatever
//! becomes of its processes.

use crate::cause::Cause;
use crate::clock::Clock;
use crate::config::RandomFault;
use crate::ids::{ServerId, VisitId};
use crate::library::{Library, Notice};
use crate::schedule::{Event, Moment};
use crate::step::Slip;
use leasehold_core::{JobId, Seat, warm};

pub(crate) struct Node<L> {
    pub(crate) clock: Clock,
    pub(crate) job: JobId,
    pub(crate) library: L,
    pub(crate) state: ProcessState,
    /// When the queue will wake it; later deadlines wait for that, earlier ones get a wake-up of
    /// their own.
    pub(crate) wake_at: Moment,
    /// When it had its last tick, and how many it has had at that moment.
    pub(crate) ticked: (Moment, u32),
    /// What came in while it was paused.
    pub(crate) held: Vec<Event>,
    /// How often each kind of random fault was planned for it.
    pub(crate) random_faults: [u32; RandomFault::ALL.len()],
    /// Where random steps have put its wall clock, in microseconds from where it was at the start.
    pub(crate) stepped_us: i64,
    /// Its being down is no fault, and not healed: it is spare, or was told to close.
    pub(crate) down_on_purpose: bool,
    /// When it comes back; an event at any other time is an old one.
    pub(crate) boot_at: Moment,
    /// How many processes it has had.
    pub(crate) boots: u32,
    /// How often it was asked to close.
    pub(crate) closings: u32,
    /// Players who are here, whatever the server has noticed.
    pub(crate) players: u32,
    /// How often its processes have asked for a subscription.
    pub(crate) subscribed: u32,
    /// How often its processes have published something and waited for what becomes of it.
    pub(crate) published: u32,
    /// How many calls its processes have made on nobody's behalf.
    pub(crate) own_calls: u32,
    seats: Vec<SeatState>,
    free: Vec<Seat>,
}

/// Who sits in a seat.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SeatState {
    visit: Option<VisitId>,
    /// An operation from outside a session has it.
    outside: bool,
    /// The session considers itself the owner of its key.
    pub(crate) owns: bool,
    pub(crate) told: Told,
}

/// What a library has told of the session in a seat: the order is the trait's.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// The start was granted or rejected.
    answered: bool,
    /// The session was lost, released or abandoned.
    over: bool,
    /// Calls of `Save()` that have not returned.
    pub(crate) savers: u32,
}

impl Told {
    /// Takes a notice in, and says if it is out of order.
    pub(crate) fn take(&mut self, notice: &Notice) -> Option<Slip> {
        match notice {
            Notice::Granted { .. } | Notice::Rejected { .. } => {
                std::mem::replace(&mut self.answered, true).then_some(Slip::AnsweredTwice)
            }
            Notice::Ended => (!self.answered).then_some(Slip::EndedUnanswered),
            Notice::Lost { .. }
            | Notice::Released { .. }
            | Notice::Abandoned
            | Notice::Saved
            | Notice::EditRefused
            | Notice::SaveReturned { .. }
                if !self.answered =>
            {
                Some(Slip::Early)
            }
            Notice::Lost { .. } | Notice::Released { .. } | Notice::Abandoned => {
                std::mem::replace(&mut self.over, true).then_some(Slip::AfterTheEnd)
            }
            Notice::SaveReturned { callers, .. } => {
                let left = self.savers.checked_sub(*callers);
                self.savers = left.unwrap_or(0);
                left.is_none().then_some(Slip::ReturnedTooMany)
            }
            Notice::Saved
            | Notice::EditRefused
            | Notice::Conflict { .. }
            | Notice::Corrupted { .. }
            | Notice::CircuitOpened { .. }
            | Notice::CircuitClosed
            | Notice::FellBack
            | Notice::Unheard { .. }
            | Notice::Complaint { .. }
            | Notice::Said { .. }
            | Notice::Remark { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessState {
    Up,
    Paused {
        since: Moment,
        until: Moment,
        /// It was closing when it paused, or was asked to since.
        closing: Option<Closing>,
    },
    Closing(Closing),
    Down,
}

/// That a server was asked to close, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) why: &'static Cause,
    /// It is gone for so many microseconds afterwards, or for good.
    pub(crate) down_us: Option<u64>,
    /// When its time is up.
    pub(crate) until: Moment,
    /// Where its players all go; anywhere if nowhere.
    pub(crate) to: Option<ServerId>,
    /// The process has heard of it.
    pub(crate) heard: bool,
}

impl<L: Library> Node<L> {
    /// A server that is up, as this job.
    pub(crate) fn new(clock: Clock, job: JobId, config: &L::Config) -> Node<L> {
        Node {
            clock,
            job,
            library: L::new(config, job),
            state: ProcessState::Up,
            wake_at: Moment::NEVER,
            ticked: (Moment::NEVER, 0),
            held: Vec::new(),
            random_faults: [0; RandomFault::ALL.len()],
            stepped_us: 0,
            down_on_purpose: false,
            boot_at: Moment::NEVER,
            closings: 0,
            players: 0,
            subscribed: 0,
            published: 0,
            own_calls: 0,
            boots: 0,
            seats: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Whether the process executes.
    pub(crate) fn runs(&self) -> bool {
        matches!(self.state, ProcessState::Up | ProcessState::Closing(_))
    }

    /// The order to close, if there is one, whether or not it was heard.
    pub(crate) fn closing(&self) -> Option<Closing> {
        match self.state {
            ProcessState::Closing(closing) => Some(closing),
            ProcessState::Paused { closing, .. } => closing,
            ProcessState::Up | ProcessState::Down => None,
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        matches!(self.state, ProcessState::Paused { .. })
    }

    pub(crate) fn sit(&mut self, visit: VisitId) -> Seat {
        self.take(SeatState { visit: Some(visit), ..SeatState::default() })
    }

    /// A seat for an operation from outside a session.
    pub(crate) fn sit_outside(&mut self) -> Seat {
        self.take(SeatState { outside: true, ..SeatState::default() })
    }

    fn take(&mut self, state: SeatState) -> Seat {
        let seat = self.free.pop().unwrap_or_else(|| {
            self.seats.push(SeatState::default());
            Seat(self.seats.len() as u32 - 1)
        });
        self.seats[seat.0 as usize] = state;
        seat
    }

    /// Whether an operation from outside a session has a seat.
    pub(crate) fn is_outside(&self, seat: Seat) -> bool {
        self.seats.get(seat.0 as usize).is_some_and(|state| state.outside)
    }

    pub(crate) fn stand_up(&mut self, seat: Seat) {
        self.seats[seat.0 as usize] = SeatState::default();
        self.free.push(seat);
    }

    pub(crate) fn seat(&mut self, seat: Seat) -> &mut SeatState {
        &mut self.seats[seat.0 as usize]
    }

    /// The visit in a seat, if anybody sits there.
    pub(crate) fn visit(&self, seat: Seat) -> Option<VisitId> {
        self.seats.get(seat.0 as usize)?.visit
    }

    /// All visits that have a seat, by seat.
    pub(crate) fn visits(&self) -> impl Iterator<Item = (Seat, VisitId, SeatState)> + '_ {
        let seats = self.seats.iter().enumerate();
        seats.filter_map(|(nth, taken)| Some((Seat(nth as u32), taken.visit?, *taken)))
    }

    /// Something will soon happen on this server.
    pub(crate) fn warm(&self) {
        warm::value(&self.clock);
        warm::value(&self.state);
        warm::value(&self.wake_at);
        warm::value(&self.seats);
        self.library.warm();
    }

    /// Something will soon be said about a seat here.
    pub(crate) fn warm_seat(&self, seat: Seat) {
        warm::row(&self.seats, seat.0 as usize);
        self.library.warm_seat(seat);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.seats.len()
    }

    /// The process ends: nobody sits here any more.
    pub(crate) fn clear(&mut self) {
        self.seats.clear();
        self.free.clear();
        self.state = ProcessState::Down;
        self.wake_at = Moment::NEVER;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause;

    #[test]
    fn a_word_that_comes_out_of_order_is_noticed_and_says_how() {
        let granted = Notice::Granted { how: &cause::STARTED, edits: 0, calls: 1, retries: 0 };
        let rejected = Notice::Rejected { reason: &cause::UNKNOWN };
        let released = Notice::Released { saved: true };
        let returned = |callers| Notice::SaveReturned { callers, result: Ok(()) };
        let told = |savers, notices: &[Notice]| -> Vec<Slip> {
            let mut told = Told { savers, ..Told::default() };
            notices.iter().filter_map(|notice| told.take(notice)).collect()
        };
        for right in [
            &[rejected, Notice::Ended][..],
            &[granted, Notice::Ended],
            &[granted, Notice::Saved, returned(2), released, Notice::Ended],
        ] {
            assert_eq!(told(2, right), [], "{right:?}");
        }
        for (wrong, slip) in [
            (&[Notice::Ended][..], Slip::EndedUnanswered),
            (&[granted, rejected], Slip::AnsweredTwice),
            (&[Notice::Abandoned], Slip::Early),
            (&[Notice::Saved], Slip::Early),
            (&[Notice::EditRefused], Slip::Early),
            (&[returned(1)], Slip::Early),
            (&[granted, released, Notice::Abandoned], Slip::AfterTheEnd),
            (&[granted, returned(2), returned(1)], Slip::ReturnedTooMany),
        ] {
            assert_eq!(told(2, wrong), [slip], "{wrong:?}");
        }
    }
}
