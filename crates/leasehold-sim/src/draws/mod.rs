//! Randomness by occasion: the answer to a question depends on the seed and the question, never on
//! what was asked before.
//!
//! "How long does the 3rd renewal of k17's 2nd session take?" is looked up, not drawn: the question
//! is packed, without collisions, into the stream number and the block counter of ChaCha8, and the
//! block found there is the answer. So a new question somewhere else changes no answer here, and
//! two protocols can be compared with common random numbers.
//!
//! A *fork* changes the draws from a moment on: whatever is asked then or later is looked up with
//! its salt. What came before is the same to the last step, so the same past can be given many
//! futures.
//!
//! ```text
//!   seed 1              ------------------------------------------------------->
//!   seed 1, fork 3m:7   ----------- the same ------|3m~~~~~~ salt 7 ~~~~~~~~~~~~>
//! ```

mod block;
mod streams;

use crate::schedule::Moment;
use crate::units::{Span, scale};
use block::CipherKey;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::cmp::Reverse;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

pub(crate) use streams::*;

/// Seed from which all of a run's randomness comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The number from which all comes; less than 2^63.
    pub root: u64,
    /// Where it forks, in any order. Of two at the same moment the later in this list counts.
    pub forks: Vec<Fork>,
}

impl Seed {
    /// A seed without forks.
    pub fn of(root: u64) -> Seed {
        Seed { root, forks: Vec::new() }
    }
}

/// From this moment on, other draws: it prints, and is read back, as `3m:7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Whatever is drawn at this moment or later is drawn with the salt.
    pub at: Moment,
    /// Which other draws. It replaces that of an earlier fork.
    pub salt: u64,
}

impl fmt::Display for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Span(Duration::from_micros(self.at.as_micros())), self.salt)
    }
}

impl FromStr for Fork {
    type Err = String;

    fn from_str(text: &str) -> Result<Fork, String> {
        let wrong = || format!("{text:?} is no fork: a time and a number, such as \"3m:7\"");
        let (at, salt) = text.split_once(':').ok_or_else(wrong)?;
        let at = Moment::from_micros(Span::parse(at)?.us());
        Ok(Fork { at, salt: salt.parse().map_err(|_| wrong())? })
    }
}

/// A question: who, on which of their occasions. Whoever leaves a part out means 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DrawKey {
    /// A key, a player or a server.
    pub(crate) subject: u32,
    /// Which of its sessions, from 1; 24 bits.
    pub(crate) session: u32,
    /// What kind of thing happens in it; 8 bits.
    pub(crate) kind: u8,
    /// Which of its kind.
    pub(crate) nth: u32,
    /// Which attempt at it.
    pub(crate) attempt: u8,
}

/// Looks answers up.
#[derive(Clone, Debug)]
pub(crate) struct Draws {
    seed: u64,
    origin: CipherKey,
    ties: u64,
    /// The forks that are still to come, the next one last.
    forks: Vec<Fork>,
    /// Answer differently each time: see [`planted`].
    #[cfg(any(test, feature = "planted-nondeterminism"))]
    pub(crate) planted: bool,
}

/// An answer: sixteen words, each evenly drawn; what each is for, its stream says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw<W>([u32; 16], PhantomData<W>);

impl Draws {
    pub(crate) fn new(seed: &Seed) -> Draws {
        let mut forks = seed.forks.clone();
        forks.reverse();
        forks.sort_by_key(|fork| Reverse(fork.at));
        let (origin, ties) = origin(seed.root, None);
        Draws {
            seed: seed.root,
            origin,
            ties,
            forks,
            #[cfg(any(test, feature = "planted-nondeterminism"))]
            planted: cfg!(feature = "planted-nondeterminism"),
        }
    }

    /// When the seed forks next.
    pub(crate) fn forks_at(&self) -> Moment {
        self.forks.last().map_or(Moment::NEVER, |fork| fork.at)
    }

    /// Time has come to `now`: forks until then are taken.
    pub(crate) fn fork(&mut self, now: Moment) {
        while let Some(fork) = self.forks.pop_if(|fork| fork.at <= now) {
            (self.origin, self.ties) = origin(self.seed, Some(fork.salt));
        }
    }

    /// The answer to a question.
    pub(crate) fn draw<S: Of>(&self, _stream: S, key: DrawKey) -> Draw<S::Word> {
        let DrawKey { subject, session, kind, nth, attempt } = key;
        debug_assert!(session < 1 << 24, "a subject has fewer than 2^24 sessions");
        let stream =
            (S::STREAM as u64) << 56 | u64::from(session & 0xff_ffff) << 32 | u64::from(subject);
        let block = u64::from(kind) << 40 | u64::from(nth) << 8 | u64::from(attempt);
        #[cfg(any(test, feature = "planted-nondeterminism"))]
        let stream = if self.planted && planted::now() { stream ^ 1 } else { stream };
        Draw(self.origin.block(stream, block), PhantomData)
    }

    /// The place of an event among those of the same moment: an even draw of its own for each, so
    /// that races are explored and still replay. Cheap, since every event needs one; nothing else
    /// is decided by it.
    pub(crate) fn tie(&self, at: u64, what: u64) -> u16 {
        let mut x = self.ties ^ at.rotate_left(32) ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x >> 48) as u16
    }
}

/// Where the answers of a seed are, and what its ties are drawn with. The numbers are part of what
/// a seed and a salt mean.
fn origin(seed: u64, salt: Option<u64>) -> (CipherKey, u64) {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    if let Some(salt) = salt {
        key[8..16].copy_from_slice(&salt.to_le_bytes());
        key[16] = 1; // Salt 0 is other draws than none.
    }
    (CipherKey::new(key), ChaCha8Rng::from_seed(key).next_u64())
}

/// A mistake on purpose: after a while, now and then, an answer that depends on what this process
/// has asked before, in whichever run. Whoever compares two runs must find it.
#[cfg(any(test, feature = "planted-nondeterminism"))]
mod planted {
    use std::sync::atomic::{AtomicU64, Ordering};

    static ASKED: AtomicU64 = AtomicU64::new(0);

    pub(super) fn now() -> bool {
        let nth = ASKED.fetch_add(1, Ordering::Relaxed);
        nth > 500 && nth.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60 == 0
    }
}

impl<W: Word> Draw<W> {
    /// One of its words.
    pub(crate) fn word(&self, word: W) -> u32 {
        self.0[word.place()]
    }

    /// Two of its words as one number: this one, and the one after it, which is declared to be
    /// taken.
    pub(crate) fn wide(&self, word: W) -> u64 {
        u64::from(self.0[word.place()]) << 32 | u64::from(self.0[word.place() + 1])
    }

    /// An even draw from 0 to `max`, both included.
    pub(crate) fn upto(&self, word: W, max: u64) -> u64 {
        scale(self.word(word), max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(subject: u32, nth: u32) -> DrawKey {
        DrawKey { subject, session: 2, kind: 1, nth, attempt: 0 }
    }

    #[test]
    fn an_answer_does_not_depend_on_what_was_asked_before() {
        let (fresh, used) = (Draws::new(&Seed::of(7)), Draws::new(&Seed::of(7)));
        for nth in 0..100 {
            used.draw(of::Call, question(3, nth));
        }
        assert_eq!(fresh.draw(of::Call, question(17, 4)), used.draw(of::Call, question(17, 4)));
    }

    #[test]
    fn the_answers_of_a_seed_never_change() {
        let draws = Draws::new(&Seed::of(1));
        assert_eq!(
            draws.draw(of::Call, question(17, 4)).wide(CallWord::Latency),
            15_384_627_850_508_012_977
        );
        assert_eq!(draws.tie(5, 9), 32_133);
    }

    #[test]
    fn a_scaled_word_reaches_both_ends() {
        assert_eq!((scale(0, 9), scale(u32::MAX, 9)), (0, 9));
        assert_eq!(scale(u32::MAX, u64::MAX), u64::MAX - u64::from(u32::MAX));
        assert_eq!(scale(1 << 31, 1), 1);
    }

    #[test]
    fn a_fork_is_taken_at_its_moment_and_the_latest_counts() {
        let fork = |text: &str| text.parse::<Fork>().expect(text);
        let forks = vec![fork("5m:2"), fork("3m:7"), fork("3m:0")];
        let mut draws = Draws::new(&Seed { root: 1, forks });
        let answer = |draws: &Draws| (draws.draw(of::Call, question(1, 1)), draws.tie(5, 9));
        let at = |minutes: u64| Moment::from_micros(minutes * 60_000_000);
        let before = answer(&draws);
        assert_eq!(draws.forks_at(), at(3));
        draws.fork(at(2));
        assert_eq!(answer(&draws), before);
        draws.fork(at(3));
        let salted = |salt| answer(&after(salt));
        assert_eq!(answer(&draws), salted(0), "the later of the two in the list");
        assert_ne!(answer(&draws), before, "salt 0 is other draws than none");
        draws.fork(at(9));
        assert_eq!((answer(&draws), draws.forks_at()), (salted(2), Moment::NEVER));
    }

    fn after(salt: u64) -> Draws {
        let forks = vec![Fork { at: Moment::ZERO, salt }];
        let mut draws = Draws::new(&Seed { root: 1, forks });
        draws.fork(Moment::ZERO);
        draws
    }

    #[test]
    fn a_fork_is_read_back_from_what_it_prints() {
        for text in ["3m:7", "0s:0", "1h2m3.004005s:18446744073709551615"] {
            assert_eq!(text.parse::<Fork>().map(|fork| fork.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "3m", "3:7", "3m:", "3m:x", ":7", "3m:-1"] {
            assert!(bad.parse::<Fork>().is_err(), "{bad}");
        }
    }

    fn any_question() -> impl Strategy<Value = DrawKey> {
        (any::<u32>(), 0u32..1 << 24, any::<u8>(), any::<u32>(), any::<u8>()).prop_map(
            |(subject, session, kind, nth, attempt)| DrawKey {
                subject,
                session,
                kind,
                nth,
                attempt,
            },
        )
    }

    proptest! {
        #[test]
        fn different_questions_have_different_answers(
            one in any_question(), other in any_question(),
        ) {
            let draws = Draws::new(&Seed::of(1));
            prop_assert_eq!(one == other, draws.draw(of::Call, one) == draws.draw(of::Call, other));
        }
    }
}
