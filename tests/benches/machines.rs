//! A library alone: a hundred sessions on one server, under a datastore that answers at once. What
//! is left of an event's cost when there is no world around it.

use leasehold_sim::library::{
    Change, Decision, Effect, Found, Input, KeyInfo, Library, Notice, Op,
};
use leasehold_sim::library::{Instant, JobId, Key, Now, Place, Reply, Request, Seat, Stamp};

const SEATS: u32 = 100;

/// Microseconds from one change of some player's to the next: each changes something twice a
/// minute.
const STEP_US: u64 = 300_000;

/// A server's library with the records that its players have.
struct Alone<L: Library> {
    library: L,
    records: Vec<Option<L::Stored>>,
    now_us: u64,
    effects: Vec<Effect<L::Message>>,
    /// Inputs that were handed over.
    inputs: u64,
    granted: u32,
}

/// Hands over that many inputs at least, and says how many.
pub(crate) fn drive<L: Library>(config: &L::Config, inputs: u64) -> u64 {
    let mut alone = Alone::<L> {
        library: L::new(config, JobId(1)),
        records: (0..SEATS).map(|_| None).collect(),
        now_us: 0,
        effects: Vec::new(),
        inputs: 0,
        granted: 0,
    };
    alone.on(Input::Open { datastore: true, random: 7 });
    for seat in 0..SEATS {
        alone.on(Input::Join { seat: Seat(seat), key: Key(seat) });
    }
    let mut nth = 0;
    while alone.inputs < inputs {
        alone.until(alone.now_us + STEP_US);
        alone.on(Input::Edit { seat: Seat(nth % SEATS), change: Change::Earn });
        nth += 1;
    }
    assert_eq!(alone.granted, SEATS, "everybody plays");
    alone.inputs
}

impl<L: Library> Alone<L> {
    fn now(&self) -> Now {
        let wall = Stamp::from_micros(self.now_us as i64);
        Now { mono: Instant::from_micros(self.now_us), wall }
    }

    /// Ticks whenever a tick is wanted, up to a moment.
    fn until(&mut self, to_us: u64) {
        while let Some(at) = self.library.deadline().filter(|at| at.as_micros() <= to_us) {
            self.now_us = at.as_micros().max(self.now_us);
            self.on(Input::Tick);
        }
        self.now_us = to_us;
    }

    /// Hands over an input, and answers what comes of it.
    fn on(&mut self, input: Input<L::Message>) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.inputs += 1;
            let now = self.now();
            self.library.on(now, input, &mut self.effects);
            for effect in std::mem::take(&mut self.effects) {
                match effect {
                    Effect::Call { op, place: Place::Player(key), request, .. } => {
                        let result = Ok(self.answer(op, key, request));
                        inputs.push(Input::Replied { op, result, random: 7 });
                    }
                    Effect::Subscribe(topic) => inputs.push(Input::Subscribed { topic, ok: true }),
                    Effect::Tell { notice: Notice::Granted { .. }, .. } => self.granted += 1,
                    _ => {}
                }
            }
        }
    }

    fn answer(&mut self, op: Op, Key(key): Key, request: Request) -> Reply {
        let (now, info) = (self.now(), KeyInfo::default());
        let record = &mut self.records[key as usize];
        let found = record.as_ref().map(|value| Found { value, info: &info });
        match request {
            Request::Update => match self.library.transform(op, now, found) {
                Decision::Write(write) => *record = Some(write.value),
                Decision::Cancel | Decision::Throw => return Reply::Nil,
            },
            Request::Set => *record = Some(self.library.value(op, now).value),
            _ => self.library.read(op, now, found),
        }
        if record.is_some() { Reply::Value(info) } else { Reply::Nil }
    }
}
