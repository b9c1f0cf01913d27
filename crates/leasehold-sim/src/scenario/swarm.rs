//! A swarm: a scenario that gives ranges instead of numbers. The seed draws the configuration.
//!
//! One configuration, however many seeds run it, finds only what that configuration can show. Think
//! of a road test in which nobody ever takes the car out in snow, or always does: so servers,
//! latencies and faults are drawn, and now and then a fault is left out altogether, since one that
//! is always there hides what the others do.
//!
//! ```text
//! scenario with [swarm] --[draw, by the seed]--> plain scenario --[relations hold]--> run
//!                            ^                        |
//!                            '--[the fields that do not go together]
//! ```
//!
//! Laws: what a field is drawn to depends on the seed, its path and what it is drawn from, never on
//! the other lines of the file, unless the draws contradict each other. The drawn scenario has no
//! swarm, and it alone, with the same seed, is the same run. No float is drawn or compared.

use super::Scenario;
use super::field;
use super::reader::{self, Names};
use super::relations::{Conflict, conflicts};
use crate::draws::{DrawKey, Draws, Seed, SwarmWord, of};
use crate::problem::{Problem, Problems, Related};
use crate::schema::{Declared, Field, Shape, declare};
use crate::units::Chance;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use toml::{Table, Value};

pub(super) mod range;

use range::{Range, pick};

declare! {
    /// Fields that the seed draws, each with what from.
    #[derive(Debug)]
    pub struct Swarm {
        /// How often a drawn probability is 0 instead, and a drawn field that may be absent is left
        /// out. Each for itself.
        zero: Chance = Chance::percent(20), example("\"20%\"");
        // By their paths, such as `servers.count`.
        /// What fields are drawn from. Whole numbers are drawn evenly; durations and probabilities
        /// with every doubling as likely, unless they begin at zero.
        draw: BTreeMap<String, Draw> = BTreeMap::new(), example(DRAWS);
    }
}

const DRAWS: &str = "servers.count = { from = 2, to = 40 }\n\
                     messaging.loss = { from = \"0%\", to = \"40%\" }\n\
                     datastore.latency = { any = [\"healthy\", \"slow_2020\", \"1s..2s\"] }\n\
                     players.stay = { from = \"20s\", to = \"10m\" }\n\
                     faults.crash_every = { from = \"1m\", to = \"30m\" }";

impl Declared for BTreeMap<String, Draw> {
    const SHAPE: Shape = Shape::Draws;
}

/// Set that a field is drawn from, in values as the field itself may have them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Draw {
    /// From the least to the largest, both included.
    ///
    /// Whole numbers are drawn evenly. Durations and probabilities are drawn so that every doubling
    /// is as likely, and evenly within one: from `"1s"` to `"64s"`, what is below 8 s is as likely
    /// as what is above. From zero on, which is no doubling away from anything, they are drawn
    /// evenly. They come in three digits, for those who read them.
    ///
    /// Of a field that is a range of durations itself, the longest is drawn, and then the shortest
    /// up to it.
    Range {
        /// The least.
        from: Value,
        /// The largest.
        to: Value,
    },
    /// One of these, each as likely; one that is there twice is twice as likely.
    Any {
        /// At least one.
        any: Vec<Value>,
    },
}

impl fmt::Display for Draw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Draw::Range { from, to } => write!(f, "{from} to {to}"),
            Draw::Any { any } => {
                let words: Vec<String> = any.iter().map(Value::to_string).collect();
                write!(f, "any of {}", words.join(", "))
            }
        }
    }
}

/// A field that was drawn: its path, and its value as a file says it; nothing if it was left out.
pub type DrawnField = (String, Option<Value>);

/// A scenario that was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// It, without a swarm.
    pub scenario: Scenario,
    /// The fields that were drawn, in the order of their paths.
    pub fields: Vec<DrawnField>,
}

impl Draw {
    /// Whether a text may be drawn.
    pub(crate) fn may_be(&self, text: &str) -> bool {
        match self {
            Draw::Range { .. } => false,
            Draw::Any { any } => any.iter().any(|value| value.as_str() == Some(text)),
        }
    }
}

/// How often a seed draws what does not go together before it is given up. Where one draw in twenty
/// does, a seed is given up once in thirty thousand.
const TRIES: u8 = 200;

/// The same, when a file is read: there it is only asked whether anything goes together at all.
const TRIES_READING: u8 = 20;

impl Scenario {
    /// The scenario that the seed draws: this one, with a value for every field of its swarm. It
    /// is itself if it has none.
    ///
    /// Fields that contradict each other are drawn again, and only they; so a seed always has a
    /// scenario unless hardly any draw goes together.
    ///
    /// # Errors
    /// What is wrong with the swarm; or what did not go together in the last of 200 draws.
    pub fn drawn(&self, seed: &Seed) -> Result<Drawn, Problems> {
        if self.swarm.draw.is_empty() {
            let scenario = Scenario { swarm: Swarm::default(), ..self.clone() };
            return Ok(Drawn { scenario, fields: Vec::new() });
        }
        let (scenario, _) = reader::read(&self.print(), Names::Any)?;
        settle(&scenario, seed, TRIES).map_err(|contradictions| {
            let problem = |conflict: Conflict| {
                let Conflict { path, found, allowed, others } = conflict;
                let found = format!("seed {} drew {TRIES} times, and {found}", seed.root);
                let related = others.into_iter();
                let related = related.map(|(path, found)| Related { path, span: None, found });
                Problem { related: related.collect(), ..Problem::new(path, None, found, allowed) }
            };
            Problems(contradictions.into_iter().map(problem).collect())
        })
    }
}

impl Swarm {
    /// What is drawn, a line each: the path, and what it is drawn from.
    pub fn explain(&self) -> Vec<(String, String)> {
        let zero = self.zero;
        let line = |(path, draw): (&String, &Draw)| {
            let off = field(path).and_then(off).filter(|_| zero != Chance::NEVER);
            let off = off.map_or(String::new(), |off| match off {
                Some(value) => format!("; {value} in {zero} of all draws"),
                None => format!("; left out in {zero} of all draws"),
            });
            (path.clone(), format!("{draw}{off}"))
        };
        self.draw.iter().map(line).collect()
    }

    /// What a field is drawn to, by three words: whether it is zero, and two for its value. Nothing
    /// if it is left out.
    fn value(&self, field: &Field, draw: &Draw, words: [u32; 3]) -> Option<Value> {
        if let Some(off) = off(field)
            && self.zero.hits(words[0])
        {
            return off;
        }
        let words = [words[1], words[2]];
        Some(match draw {
            Draw::Range { from, to } => {
                let range =
                    Range::of(&field.shape).expect("the reader lets no other range through");
                range.value((from, to), words)
            }
            Draw::Any { any } => any[pick(words[0], any.len())].clone(),
        })
    }
}

/// What switches a field off: a value, or being left out. Nothing if it cannot be switched off.
///
/// A rule that is left out is the preset's, which is something else than nothing.
fn off(field: &Field) -> Option<Option<Value>> {
    match field.shape {
        Shape::Chance => Some(Some(Value::String(Chance::NEVER.to_string()))),
        Shape::Rate => Some(Some(Value::Float(0.0))),
        // What takes no time of its own takes that of its world's condition.
        Shape::Latency(_) => None,
        _ if !field.required && !field.example.is_empty() => Some(None),
        _ => None,
    }
}

/// Why nothing that could be drawn goes together; nothing if something does.
pub(super) fn contradictions(scenario: &Scenario) -> Vec<Conflict> {
    let corners = [[u32::MAX, 0, 0], [u32::MAX; 3]];
    let fits = |words| conflicts(&configured(scenario, &|_| words).scenario).is_empty();
    if corners.into_iter().any(fits) {
        return Vec::new();
    }
    let Err(mut found) = settle(scenario, &Seed::of(1), TRIES_READING) else {
        return Vec::new();
    };
    for conflict in &mut found {
        if conflict.paths().any(|path| scenario.swarm.draw.contains_key(own(path))) {
            conflict.found = format!("hardly any draw goes together: {}", conflict.found);
        }
    }
    found
}

/// Draws until what is drawn goes together.
fn settle(scenario: &Scenario, seed: &Seed, tries: u8) -> Result<Drawn, Vec<Conflict>> {
    let draws = Draws::new(seed);
    let paths = scenario.swarm.draw.keys();
    let mut attempts: BTreeMap<&str, u8> = paths.map(|path| (path.as_str(), 0)).collect();
    let mut found = Vec::new();
    for _ in 0..tries {
        let drawn = configured(scenario, &|path| words(&draws, path, attempts[path]));
        found = conflicts(&drawn.scenario);
        if found.is_empty() {
            return Ok(drawn);
        }
        // Where none of the fields is a drawn one, any of them may be behind it.
        let drawn = |conflict: &Conflict| conflict.paths().any(|p| attempts.contains_key(own(p)));
        let all = !found.iter().all(drawn);
        for (path, attempt) in &mut attempts {
            let mut named = found.iter().flat_map(Conflict::paths);
            *attempt += u8::from(all || named.any(|named| own(named) == *path));
        }
    }
    Err(found)
}

/// The path of the scenario's own field behind one of a variant.
fn own(path: &str) -> &str {
    path.strip_prefix("compare[").and_then(|rest| rest.split_once("].")).map_or(path, |own| own.1)
}

/// The scenario with what these words draw.
fn configured(scenario: &Scenario, words: &dyn Fn(&str) -> [u32; 3]) -> Drawn {
    let plain = Scenario { swarm: Swarm::default(), ..scenario.clone() };
    let mut table = Table::try_from(plain).expect("a scenario is plain fields");
    let mut fields = Vec::with_capacity(scenario.swarm.draw.len());
    for (path, draw) in &scenario.swarm.draw {
        let field = field(path).expect("the reader knows every field that it lets through");
        let value = scenario.swarm.value(field, draw, words(path));
        fields.push((path.clone(), value.clone()));
        put(&mut table, path, value);
    }
    let scenario = Scenario::deserialize(table).expect("what is drawn is what its field may be");
    Drawn { scenario, fields }
}

/// Puts a value at a path, or takes away what is there.
fn put(table: &mut Table, path: &str, value: Option<Value>) {
    let Some((name, rest)) = path.split_once('.') else {
        match value {
            Some(value) => table.insert(path.to_owned(), value),
            None => table.remove(path),
        };
        return;
    };
    let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    put(inner.as_table_mut().expect("a field with a path inside is a table"), rest, value);
}

/// What a field is drawn by. Whether it is switched off is drawn anew in every sixteenth attempt
/// only: else whatever contradicts something would be off more often than it should.
fn words(draws: &Draws, path: &str, attempt: u8) -> [u32; 3] {
    let subject = subject(path);
    let ask = |attempt| draws.draw(of::Swarm, DrawKey { subject, attempt, ..DrawKey::default() });
    let value = ask(attempt);
    let zero = ask(attempt & 0xf0).word(SwarmWord::Zero);
    [zero, value.word(SwarmWord::Value), value.word(SwarmWord::ValueRest)]
}

/// The number that stands for a path in a question: FNV-1a. A test sees that no two fields of the
/// schema share one.
fn subject(path: &str) -> u32 {
    let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    path.bytes().fold(0x811c_9dc5, mix)
}

#[cfg(test)]
mod tests;
