//! The session and what it was before, side by side: whatever happens, both want, wait for and show
//! the same.

use super::*;
use crate::chronicle::session::old;

/// What happens next.
#[derive(Clone, Debug)]
enum Event {
    /// An input of the user's, or a tick at any time.
    Of(Input<Log>),
    /// A tick exactly at the deadline, a microsecond before it, or this much after it.
    Due,
    Early,
    Late(u64),
    /// The awaited call is answered.
    Answer(Result<Outcome<Log>, StoreError>),
    /// One of the calls ever made is answered, the newest first: late, or again.
    Again(usize, Result<Outcome<Log>, StoreError>),
    /// The breaker stops the awaited call, for so long.
    FailFast(u64),
}

/// Mostly answers after which a session goes on.
fn any_answer() -> impl Strategy<Value = Result<Outcome<Log>, StoreError>> {
    let kept = (0u64..9, -5i64..200).prop_map(|(commit, expires)| {
        let commit = Commit(commit);
        Ok(Outcome::Write(WriteOutcome::Kept { commit, expires_at: stamp(expires) }))
    });
    let fails = prop_oneof![Just(StoreError::Failed), Just(StoreError::Throttled)];
    prop_oneof![9 => kept, 7 => fails.prop_map(Err), 1 => any_outcome()]
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => prop_oneof![6 => 0u32..9, 1 => Just(POISON), 1 => Just(777)]
            .prop_map(|edit| Event::Of(Input::Edit(edit))),
        5 => Just(Event::Of(Input::Save)),
        2 => Just(Event::Of(Input::Tick)),
        1 => Just(Event::Of(Input::Release)),
        8 => Just(Event::Due),
        2 => Just(Event::Early),
        2 => (0u64..40_000_000).prop_map(Event::Late),
        9 => any_answer().prop_map(Event::Answer),
        2 => (0usize..5, any_answer()).prop_map(|(nth, result)| Event::Again(nth, result)),
        2 => (0u64..20_000_000).prop_map(Event::FailFast),
    ]
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let presets = vec![PLAIN, Rules::CHRONICLE_EAGER, Rules::CHRONICLE_STRICT];
    (prop::sample::select(presets), any::<bool>(), 1u64..40).prop_map(|(rules, answers, call)| {
        let call_timeout = crate::testing::secs(call);
        Rules { answer_while_releasing: answers, call_timeout, ..rules }
    })
}

/// Both clocks: alike, or a wall clock that anybody may set.
fn any_wall() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![9 => Just(None), 1 => (0i64..200_000_000).prop_map(Some)]
}

struct Twins {
    rules: Rules,
    new: Session<Log>,
    old: old::Session<Log>,
    mono: u64,
    calls: Vec<OpId>,
    ended: bool,
}

impl Twins {
    fn new(rules: Rules) -> Twins {
        let template = template();
        let (generation, how) = (Generation(1), Taken::Free);
        let data = Log(vec![1]);
        let grant = Grant { data, generation, commit: Commit(5), expires_at: stamp(60), how };
        let load = Load { how, generation, latency: sec(0).since(sec(0)), calls: 1, retries: 0 };
        let ops = OpIds::new(Seat(0));
        let won = Won { grant, sent: sec(0), load, unwanted: None, ops };
        let old = old::Session::new(&rules, &template, both(sec(0)), owner(1, 1), won);
        let new = session(&rules);
        Twins { rules, new, old, mono: 0, calls: Vec::new(), ended: false }
    }

    /// The input that an event stands for, with the time passed. None if it does not apply.
    fn input(&mut self, step: u64, event: Event) -> Option<Input<Log>> {
        let due = self.old.deadline().map(|due| due.at.as_micros());
        let at = match event {
            Event::Due => due?,
            Event::Early => due?.saturating_sub(1),
            Event::Late(after) => due? + after,
            _ => self.mono + step,
        };
        self.mono = self.mono.max(at);
        let luck = self.mono.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Some(match event {
            Event::Of(input) => input,
            Event::Due | Event::Early | Event::Late(_) => Input::Tick,
            Event::Answer(result) => Input::Replied { op: self.old.awaits()?, result, luck },
            Event::Again(nth, result) => {
                let op = *self.calls.iter().rev().nth(nth)?;
                Input::Replied { op, result, luck }
            }
            // The store says so only when a call has just been made.
            Event::FailFast(wait) => {
                self.old.awaits()?;
                Input::FailedFast { retry_at: us(self.mono + 1 + wait) }
            }
        })
    }

    fn put(&mut self, now: Now, input: Input<Log>) -> Result<(), TestCaseError> {
        let (mut news, mut olds) = (Effects::new(), Effects::new());
        self.new.on(&self.rules, now, input.clone(), &mut news);
        self.old.on(&self.rules, now, input, &mut olds);
        prop_assert_eq!(&news, &olds);
        for effect in olds {
            match effect {
                Effect::Call { op, .. } => self.calls.push(op),
                Effect::Ended => self.ended = true,
                Effect::Tell(_) | Effect::TimedOut => {}
            }
        }
        let (new, old) = (&self.new, &self.old);
        prop_assert_eq!(new.deadline(), old.deadline());
        // The call of an ended session is a stray.
        let awaits = old.awaits().filter(|_| !self.ended);
        prop_assert_eq!((new.awaits(), new.stray()), (awaits, old.stray()));
        prop_assert_eq!(new.is_releasing(), old.is_releasing());
        prop_assert_eq!(new.is_dirty(), old.is_dirty());
        prop_assert_eq!((new.data(), new.claim()), (old.data(), old.claim()));
        prop_assert_eq!(new.ops(), old.ops());
        let later = [0, 1, 3_000_000, 20_000_000, 70_000_000].map(|us| self.mono + us);
        for now in [now].into_iter().chain(later.map(|mono| both(us(mono)))) {
            prop_assert_eq!(new.is_active(now), old.is_active(now));
            for claim in [claim(1, 1, 1), claim(1, 1, 2)] {
                let answers = old.answers(&self.rules, now, claim);
                prop_assert_eq!(new.answers(&self.rules, now, claim), answers);
            }
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn the_session_does_what_it_did(
        events in prop::collection::vec((0u64..9_000_000, any_wall(), any_event()), 60..150),
        rules in any_rules(),
    ) {
        let mut twins = Twins::new(rules);
        for (step, wall, event) in events {
            let Some(input) = twins.input(step, event) else { continue };
            let mut now = both(us(twins.mono));
            if let Some(wall) = wall {
                now.wall = Stamp::from_micros(wall);
            }
            twins.put(now, input)?;
        }
    }
}
