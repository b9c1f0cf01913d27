//! A library that does what it is told, when it is told, and writes down what it sees: for tests of
//! the datastore.
//!
//! A script is a list of `time server verb arguments`, with times in milliseconds:
//!
//! ```text
//!   0 s0 set 5; 1000 s1 add 2; 1500 s0 get
//! ```
//!
//! `save` is `add` by another name, `own` is an `add` that the server makes on nobody's behalf, and
//! `other` one whose write turns out to be that of whoever sits in the second seat.
//! `set` and `add` may name a size in bytes. What was found is written down as `5 v1 100..300`: the
//! value, its version, when its key was made and when it was written, in milliseconds of the
//! backend's clock since the run began.

use super::{CallKind, Effect, Found, Input, Library, Op, Reply, Request};
use super::{Decision, Place, Version, VersionInfo, View, Write};
use crate::clock::backend_ms;
use crate::schedule::Moment;
use leasehold_core::{Instant, JobId, Key, Now, Seat};
use std::sync::Arc;

/// A line of a script.
#[derive(Clone, Debug)]
pub(crate) struct TimelineEntry {
    at: Instant,
    job: JobId,
    verb: String,
    number: u64,
    bytes: u64,
}

/// Reads a script.
pub(crate) fn parse(script: &str) -> Arc<[TimelineEntry]> {
    let lines = script.split(';').map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |nth: usize| words.get(nth).map(|word| word.parse().expect(line));
        let job = words[1].strip_prefix('s').and_then(|job| job.parse().ok()).expect(line);
        TimelineEntry {
            at: Instant::from_micros(number(0).expect(line) * 1_000),
            job: JobId(job),
            verb: words[2].to_owned(),
            number: number(3).unwrap_or(0),
            bytes: number(4).unwrap_or(1),
        }
    });
    lines.collect()
}

/// What it stores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    number: u64,
    bytes: u64,
}

/// The library of one server.
pub(crate) struct Script {
    job: JobId,
    lines: Arc<[TimelineEntry]>,
    next: usize,
    pub(crate) log: Vec<(Instant, String)>,
}

impl Script {
    /// The next line of this server.
    fn due(&self) -> Option<usize> {
        (self.next..self.lines.len()).find(|&nth| self.lines[nth].job == self.job)
    }

    fn say(&mut self, op: Op, now: Now, what: &str) {
        let TimelineEntry { job, verb, .. } = &self.lines[op.0 as usize];
        let ms = now.mono.as_micros() / 1_000;
        self.log.push((now.mono, format!("{ms} s{} {verb}{what}", job.0)));
    }

    fn write(&self, op: Op, on: u64) -> Write<Note> {
        let TimelineEntry { number, bytes, ref verb, .. } = self.lines[op.0 as usize];
        let seat = (verb == "other").then_some(Seat(1));
        Write { seat, ..Write::plain(Note { number: on + number, bytes }) }
    }
}

fn since_ms(ms: i64) -> i64 {
    ms - backend_ms(Moment::ZERO)
}

fn told(found: Option<Found<'_, Note>>) -> String {
    let Some(Found { value, info }) = found else { return "nil".to_owned() };
    let (created, updated) = (since_ms(info.created_ms), since_ms(info.updated_ms));
    format!("{} v{} {created}..{updated}", value.number, info.version.0)
}

impl Library for Script {
    type Config = Arc<[TimelineEntry]>;
    type Stored = Note;
    type Message = ();

    const NAME: &'static str = "script";

    fn new(lines: &Arc<[TimelineEntry]>, job: JobId) -> Script {
        Script { job, lines: lines.clone(), next: 0, log: Vec::new() }
    }

    fn on(&mut self, now: Now, input: Input<()>, out: &mut Vec<Effect<()>>) {
        match input {
            Input::Replied { op, result, .. } => match result {
                Ok(Reply::Value(_)) => self.say(op, now, ": value"),
                Ok(Reply::Nil) => self.say(op, now, ": nil"),
                Err(error) => self.say(op, now, &format!(": {error}")),
            },
            Input::Tick => {
                while let Some(nth) = self.due().filter(|&nth| self.lines[nth].at <= now.mono) {
                    let line = &self.lines[nth];
                    let (request, kind) = match line.verb.as_str() {
                        "get" => (Request::Get { use_cache: true }, CallKind::Read),
                        "fetch" => (Request::Get { use_cache: false }, CallKind::Read),
                        "set" => (Request::Set, CallKind::Overwrite),
                        "remove" => (Request::Remove, CallKind::Remove),
                        "list" => (Request::ListVersions, CallKind::Versions),
                        "version" => {
                            let version = Version(line.number as u32);
                            (Request::GetVersion(version), CallKind::Versions)
                        }
                        "save" => (Request::Update, CallKind::Save),
                        _ => (Request::Update, CallKind::Message),
                    };
                    let (op, place) = (Op(nth as u32), Place::Player(Key(0)));
                    let seat = (line.verb != "own").then_some(Seat(0));
                    out.push(Effect::Call { op, place, seat, request, kind, attempt: 0 });
                    self.next = nth + 1;
                }
            }
            _ => {}
        }
    }

    fn transform(&mut self, op: Op, now: Now, found: Option<Found<'_, Note>>) -> Decision<Note> {
        self.say(op, now, &format!(" runs on {}", told(found)));
        match self.lines[op.0 as usize].verb.as_str() {
            "cancel" => Decision::Cancel,
            "throw" => Decision::Throw,
            _ => Decision::Write(self.write(op, found.map_or(0, |found| found.value.number))),
        }
    }

    fn value(&mut self, op: Op, _: Now) -> Write<Note> {
        self.write(op, 0)
    }

    fn read(&mut self, op: Op, now: Now, found: Option<Found<'_, Note>>) {
        self.say(op, now, &format!(" finds {}", told(found)));
    }

    fn versions(&mut self, op: Op, now: Now, versions: &[VersionInfo]) {
        let rows = versions.iter().map(|row| {
            let removed = if row.removed { " removed" } else { "" };
            format!(" v{} {}{removed}", row.version.0, since_ms(row.created_ms))
        });
        let rows: Vec<String> = rows.collect();
        self.say(op, now, &format!(" finds{}", rows.join(",")));
    }

    fn deadline(&self) -> Option<Instant> {
        self.due().map(|nth| self.lines[nth].at)
    }

    fn owns(&self, _: Seat, _: Now) -> bool {
        false
    }

    fn view(note: &Note) -> Option<View> {
        let owner = Some((JobId(0), 0));
        let (generation, commit) = (Some(0), Some(0));
        Some(View { owner, generation, commit, released: false, edits: note.number })
    }

    fn size(note: &Note) -> u64 {
        note.bytes
    }
}
