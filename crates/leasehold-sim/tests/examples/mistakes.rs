//! Libraries with a mistake that whoever writes one may make: each is told what is wrong, and on
//! which seed, in a sentence.

use leasehold_sim::library::{
    CallKind, Chronicle, Contract, Decision, Effect, Found, Input, Instant, JobId, Library, Notice,
    Now, Op, Place, Request, Seat, View,
};
use leasehold_sim::{Scenario, Simulation};
use std::panic::{AssertUnwindSafe, catch_unwind};

type Inner = Chronicle;
type Message = <Inner as Library>::Message;
type Stored = <Inner as Library>::Stored;

const NEVER_ANSWERS: u8 = 0;
const TELLS_BACKWARDS: u8 = 1;
const PANICS: u8 = 2;
const NEVER_LETS_TIME_PASS: u8 = 3;
const WRITES_NOTHING: u8 = 4;
const REMARKS_WHAT_IT_LIKES: u8 = 5;
const TALKS_TO_NOBODY: u8 = 6;

/// A library of which everything is right but one thing.
struct Wrong<const HOW: u8>(Inner);

impl<const HOW: u8> Library for Wrong<HOW> {
    type Config = <Inner as Library>::Config;
    type Stored = Stored;
    type Message = Message;
    const NAME: &'static str = "wrong";

    fn new(config: &Self::Config, job: JobId) -> Self {
        Wrong(Inner::new(config, job))
    }

    fn contract(_config: &Self::Config) -> Contract {
        Contract::default()
    }

    fn on(&mut self, now: Now, input: Input<Message>, out: &mut Vec<Effect<Message>>) {
        let edited = if let Input::Edit { seat, .. } = input { Some(seat) } else { None };
        self.0.on(now, input, out);
        match (HOW, edited) {
            (NEVER_ANSWERS, _) => out.retain(|effect| !matches!(effect, Effect::Tell { .. })),
            (TELLS_BACKWARDS, _) => out.reverse(),
            (PANICS, Some(_)) => panic!("a seat was not found"),
            (WRITES_NOTHING, Some(_)) => out.push(Effect::Call {
                op: Op(1_000),
                place: Place::named("store", "scope", "key"),
                seat: None,
                request: Request::Set,
                kind: CallKind::Overwrite,
                attempt: 0,
            }),
            (REMARKS_WHAT_IT_LIKES, Some(seat)) => {
                let notice = Notice::Remark { mark: "it rains" };
                out.push(Effect::Tell { seat, notice });
            }
            (TALKS_TO_NOBODY, Some(_)) => {
                out.push(Effect::Tell { seat: Seat(999), notice: Notice::Saved });
            }
            _ => {}
        }
    }

    fn transform(
        &mut self,
        op: Op,
        now: Now,
        found: Option<Found<'_, Stored>>,
    ) -> Decision<Stored> {
        self.0.transform(op, now, found)
    }

    fn forget(&mut self, op: Op) {
        self.0.forget(op);
    }

    fn deadline(&self) -> Option<Instant> {
        if HOW == NEVER_LETS_TIME_PASS { Some(Instant::from_micros(0)) } else { self.0.deadline() }
    }

    fn owns(&self, seat: Seat, now: Now) -> bool {
        self.0.owns(seat, now)
    }

    fn view(stored: &Stored) -> Option<View> {
        Inner::view(stored)
    }
}

/// What a test with this library says.
fn told<const HOW: u8>() -> String {
    let text = "duration = \"20m\"\nservers.count = 2\nplayers = { count = 3, hop = \"100%\" }";
    let scenario = Scenario::parse(text).expect(text);
    let sim = Simulation::<Wrong<HOW>>::new(&scenario, scenario.rules()).expect("it is sound");
    let panic = catch_unwind(AssertUnwindSafe(|| sim.seeds(3..6).assert_holds()));
    let panic = panic.expect_err("something is wrong");
    panic.downcast_ref::<String>().expect("a sentence").clone()
}

#[test]
fn every_mistake_is_told_in_a_sentence_with_the_seed_that_shows_it() {
    let tick =
        "has had 1000 ticks at 0.000 s and wants another: its deadline is 0 us by its stopwatch";
    for (told, expected) in [
        (told::<NEVER_ANSWERS>(), "a start was still unanswered after"),
        (
            told::<NEVER_ANSWERS>(),
            "held to defaults, as the library gives no bound of its own: starts 5 min",
        ),
        (told::<TELLS_BACKWARDS>(), "nothing comes after Ended, or before Join"),
        (told::<PANICS>(), "seed 3 panics: a seat was not found"),
        (told::<NEVER_LETS_TIME_PASS>(), tick),
        (told::<WRITES_NOTHING>(), "sends Request::Set, so it must implement Library::value"),
        (told::<REMARKS_WHAT_IT_LIKES>(), "it remarked something that is none of its MARKS"),
        (told::<TALKS_TO_NOBODY>(), "it told something about a seat in which nobody sits"),
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
        assert!(told.contains("run it again: LEASEHOLD_SEED=3 cargo test"), "{told}");
    }
}
