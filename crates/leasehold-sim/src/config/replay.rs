//! What players did, as somebody has logged it: who came when, and where to; when they left, hopped
//! and changed something.
//!
//! ```text
//!   { players = ["j12.5@3 e20 h95@1 l300", "j2 l90"] }
//!                 |           |
//!                 |           a hop to server 1 at 95 s
//!                 a join at 12.5 s, on server 3
//! ```
//!
//! A text for each player, so that the scenario that a report keeps stands alone. This crate reads
//! no files: `scenario/joins.rs` makes these texts from the text of a log.

use super::players::{HopTo, Players};
use super::{Arrivals, Process};
use crate::schema::{Declared, Field, Shape, choices, declare};
use crate::units::{Chance, decimal};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};

choices! {
    /// What a player did.
    pub enum LoggedEvent {
        /// They came.
        Join,
        /// They left.
        Leave,
        /// They left for another server.
        Hop,
        /// They changed their data.
        Edit,
    }
}

impl LoggedEvent {
    fn letter(self) -> char {
        match self {
            LoggedEvent::Join => 'j',
            LoggedEvent::Leave => 'l',
            LoggedEvent::Hop => 'h',
            LoggedEvent::Edit => 'e',
        }
    }
}

/// A row of a log: what a player did, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoggedRow {
    /// From the start of the run, in microseconds.
    pub at_us: u64,
    /// What they did.
    pub what: LoggedEvent,
    /// The server that they came to, if that is known: of a join or a hop.
    pub server: Option<u32>,
}

/// The longest text of a player, in characters.
const TEXT_MAX: usize = 900_000;

declare! {
    /// Rows of a log that was read.
    #[derive(Eq)]
    #[derive(Debug)]
    pub struct Logged {
        /// What each player did.
        players: Vec<String>, shape(TEXTS), required("[\"j0.5@3 e20.25 h60 l300\", \"j2 l90\"]");
    }
}

const TEXTS: Shape = Shape::List(&Shape::Text(TEXT_MAX), 1, 100_000);

/// What players do, as somebody has logged it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Log {
    /// A file that is yet to be read: see [`crate::Scenario::replay`].
    File(String),
    /// What was in it.
    Rows(Logged),
}

impl Declared for Log {
    const SHAPE: Shape = Shape::FileOr(LOG_TABLE);
}

const LOG_TABLE: &[Field] = Logged::FIELDS;

impl fmt::Display for LoggedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.at_us / 1_000_000, self.at_us % 1_000_000);
        let fraction = format!(".{rest:06}");
        let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
        write!(f, "{}{whole}{fraction}", self.what.letter())?;
        self.server.map_or(Ok(()), |server| write!(f, "@{server}"))
    }
}

impl LoggedRow {
    /// Reads `j12.5@3`.
    fn read(text: &str) -> Option<LoggedRow> {
        let letter = text.chars().next()?;
        let what = LoggedEvent::ALL.iter().copied().find(|what| what.letter() == letter)?;
        let (at, server) = match text[1..].split_once('@') {
            Some((at, server)) => (at, Some(server.parse().ok()?)),
            None => (&text[1..], None),
        };
        let server = server.filter(|_| what.has_server());
        Some(LoggedRow { at_us: decimal(at, 1_000_000)?, what, server })
    }
}

impl LoggedEvent {
    /// Whether it is a coming to a server.
    pub(crate) fn has_server(self) -> bool {
        matches!(self, LoggedEvent::Join | LoggedEvent::Hop)
    }
}

/// How far a player's rows go: where they are by the last of them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    inside: bool,
    last_us: u64,
}

impl Course {
    /// Takes the next row of the player, or says what is wrong with it and what is allowed.
    pub(crate) fn take(&mut self, row: &LoggedRow, servers: u32) -> Result<(), String> {
        if row.at_us < self.last_us {
            let last = self.last_us as f64 / 1e6;
            return Err(format!(
                "comes before the player's row before it, at {last} s; allowed: the rows of a \
                 player in the order of their times"
            ));
        }
        if let Some(server) = row.server.filter(|server| *server >= servers) {
            let last = servers - 1;
            return Err(format!("server {server} does not exist; allowed: servers 0 to {last}"));
        }
        match (row.what, self.inside) {
            (LoggedEvent::Join, true) => {
                return Err("join of a player who is there; allowed: leave, hop, edit".to_owned());
            }
            (LoggedEvent::Join, false) => self.inside = true,
            (what, false) => {
                let what = what.name();
                return Err(format!("{what} of a player who is not there; allowed: join"));
            }
            (what, true) => self.inside = what != LoggedEvent::Leave,
        }
        self.last_us = row.at_us;
        Ok(())
    }
}

impl Logged {
    /// The rows of each player.
    ///
    /// # Errors
    /// The first that is wrong: of which player, and what is allowed.
    pub(crate) fn rows(&self, servers: u32) -> Result<Vec<Vec<LoggedRow>>, (usize, String)> {
        let mut all = Vec::with_capacity(self.players.len());
        for (player, text) in self.players.iter().enumerate() {
            let (mut course, mut rows) = (Course::default(), Vec::new());
            for word in text.split_whitespace() {
                let short: String = word.chars().take(40).collect();
                let row = LoggedRow::read(word).ok_or_else(|| {
                    let why = "is no row; allowed: such as \"j12.5@3\", \"e20\", \"h95\", \"l300\"";
                    (player, format!("{short:?} {why}"))
                })?;
                course.take(&row, servers).map_err(|why| (player, format!("{short:?}: {why}")))?;
                rows.push(row);
            }
            all.push(rows);
        }
        Ok(all)
    }

    /// What these players did, as a file has it.
    pub(crate) fn of(rows: &[Vec<LoggedRow>]) -> Logged {
        let text = |rows: &Vec<LoggedRow>| {
            let mut text = String::new();
            for row in rows {
                let gap = if text.is_empty() { "" } else { " " };
                write!(text, "{gap}{row}").expect("a text can be written to");
            }
            text
        };
        Logged { players: rows.iter().map(text).collect() }
    }
}

impl Players {
    /// Whether they do what a log says.
    pub(crate) fn are_logged(&self) -> bool {
        self.trace.is_some()
    }

    /// The file of a log that has not been read.
    pub(crate) fn unread_log(&self) -> Option<&str> {
        match &self.trace {
            Some(Log::File(file)) => Some(file),
            _ => None,
        }
    }

    /// The rows of each player of a log that has been read and is right; else nothing.
    pub(crate) fn logged_rows(&self) -> Vec<Vec<LoggedRow>> {
        match &self.trace {
            Some(Log::Rows(logged)) => logged.rows(u32::MAX).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Whether a log has anybody hop.
    pub(crate) fn hop_by_log(&self) -> bool {
        let mut rows = self.logged_rows().into_iter().flatten();
        rows.any(|row| row.what == LoggedEvent::Hop)
    }

    /// Fields that say something else than a log does: their names, and what they are.
    pub(crate) fn beside_log(&self) -> Vec<(&'static str, String)> {
        let usual = Players::default();
        let often = |chance: Chance, usual: Chance| chance != usual && chance != Chance::NEVER;
        let count = self.unread_log().is_some() && self.count != usual.count;
        let all = [
            (count, "players.count", self.count.to_string()),
            (self.arrive != usual.arrive, "players.arrive", self.arrive.to_string()),
            (
                self.arrivals != Arrivals::Process(Process::Even),
                "players.arrivals",
                "no even spread".to_owned(),
            ),
            (self.stay != usual.stay, "players.stay", self.stay.to_string()),
            (often(self.rejoin, usual.rejoin), "players.rejoin", self.rejoin.to_string()),
            (often(self.hop, usual.hop), "players.hop", self.hop.to_string()),
            (self.hop_to != HopTo::Any, "players.hop_to", format!("{:?}", self.hop_to.name())),
            (self.away != usual.away, "players.away", self.away.to_string()),
            (
                self.edit_every != usual.edit_every,
                "players.edit_every",
                self.edit_every.to_string(),
            ),
            (often(self.burst, usual.burst), "players.burst", self.burst.to_string()),
            (
                often(self.second_device, usual.second_device),
                "players.second_device",
                self.second_device.to_string(),
            ),
        ];
        all.into_iter().filter(|one| one.0).map(|(_, path, value)| (path, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(texts: &[&str]) -> Logged {
        Logged { players: texts.iter().map(|text| (*text).to_owned()).collect() }
    }

    #[test]
    fn rows_are_written_as_they_are_read() {
        let texts = ["j0.5@3 e20.25 h60 h61.000001@0 l300", "j2 l90 j90 l90", ""];
        let rows = logged(&texts).rows(4).expect("they are right");
        assert_eq!(Logged::of(&rows), logged(&texts));
        let first = LoggedRow { at_us: 500_000, what: LoggedEvent::Join, server: Some(3) };
        assert_eq!(rows[0][0], first);
        // Of a change the server says nothing.
        let edit = logged(&["j1 e2@9"]).rows(4).expect("they are right");
        assert_eq!(edit[0][1].server, None);
    }

    #[test]
    fn the_first_row_that_is_wrong_is_named_with_what_is_allowed() {
        for (text, told) in [
            ("x3", "\"x3\" is no row; allowed: such as"),
            ("j", "\"j\" is no row"),
            ("j-3", "\"j-3\" is no row"),
            ("j1@x", "\"j1@x\" is no row"),
            ("é", "\"é\" is no row"),
            ("j5 e4", "\"e4\": comes before the player's row before it, at 5 s; allowed: the rows"),
            ("j5 j6", "\"j6\": join of a player who is there; allowed: leave, hop, edit"),
            ("l6", "\"l6\": leave of a player who is not there; allowed: join"),
            ("j1 l2 e3", "\"e3\": edit of a player who is not there; allowed: join"),
            ("j1@4", "\"j1@4\": server 4 does not exist; allowed: servers 0 to 3"),
        ] {
            let (player, why) = logged(&["j1", text]).rows(4).expect_err(text);
            assert_eq!(player, 1);
            assert!(why.starts_with(told), "{text}: {why}");
        }
    }
}
