//! Reads what players did from the text of a log: comma-separated, a row a line, under a header.
//!
//! ```text
//!   at_s,player,event,server
//!   12.5,8812,join,3
//!   20,8812,edit,
//!   300,8812,leave,
//! ```
//!
//! Whose file it is knows whoever reads files; from here on it is a text. Players are numbered as
//! they first appear. The rows of one player come in the order of their times; those of different
//! players may be mixed in any way, or stand one player after the other.

use super::Scenario;
use crate::config::{Course, Log, Logged, LoggedEvent, LoggedRow};
use crate::problem::quoted;
use crate::units::{Span, decimal};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many bytes the rows of a log may take in a scenario, which is a file that can be read again.
const ROWS_MAX: usize = 800_000;

/// The longest name of a player that is kept while a log is read, in bytes.
const NAME_MAX: usize = 200;

/// The most players that a log has.
const PLAYERS_MAX: usize = 100_000;

/// The longest text of a log that is read, in bytes.
pub const LOG_MAX: usize = 16_000_000;

/// The columns that a log must have, and the one that it may have.
const COLUMNS: [&str; 4] = ["at_s", "player", "event", "server"];

impl Scenario {
    /// The file of a log that `players.trace` names and nobody has read.
    pub fn unread_log(&self) -> Option<&str> {
        self.players.unread_log()
    }

    /// Lets players do what a log says, in the place of the file that `players.trace` names.
    ///
    /// # Errors
    /// The first row that is wrong, with its line and what is allowed. Then nothing has changed.
    pub fn replay(&mut self, csv: &str) -> Result<(), String> {
        let mut log = Reader {
            end_us: self.duration.us(),
            servers: self.servers.count,
            columns: None,
            names: BTreeMap::new(),
            players: Vec::new(),
        };
        for (nth, line) in csv.lines().enumerate() {
            let line = line.trim_start_matches('\u{feff}').trim();
            if !line.is_empty() && !line.starts_with('#') {
                log.line(line).map_err(|why| format!("line {}: {why}", nth + 1))?;
            }
        }
        if log.players.is_empty() {
            return Err(format!("it has no rows; allowed: {}", form()));
        }
        let rows: Vec<Vec<LoggedRow>> = log.players.into_iter().map(|(_, rows)| rows).collect();
        let logged = Logged::of(&rows);
        let bytes: usize = logged.players.iter().map(|text| text.len() + 4).sum();
        if bytes > ROWS_MAX {
            let n: usize = rows.iter().map(Vec::len).sum();
            return Err(format!(
                "its {n} rows take {bytes} bytes in a scenario; allowed: {ROWS_MAX} bytes, which is \
                 some 70000 rows: fewer players, less time, or times of fewer digits"
            ));
        }
        self.players.count = rows.len() as u32;
        self.players.trace = Some(Log::Rows(logged));
        Ok(())
    }
}

/// How a log begins.
fn form() -> String {
    format!("a header {} and rows such as 12.5,8812,join,3", COLUMNS.join(","))
}

struct Reader {
    end_us: u64,
    servers: u32,
    /// Where each column is, in the order of [`COLUMNS`].
    columns: Option<[Option<usize>; 4]>,
    names: BTreeMap<String, usize>,
    players: Vec<(Course, Vec<LoggedRow>)>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let cells = cells(line);
        let Some(columns) = self.columns else {
            self.columns = Some(header(&cells)?);
            return Ok(());
        };
        let cell = |nth: usize| {
            columns[nth].and_then(|place| cells.get(place)).map(String::as_str).unwrap_or_default()
        };
        let row = self.row(cell(0), cell(2), cell(3))?;
        let name = cell(1);
        if name.is_empty() || name.len() > NAME_MAX {
            let short = quoted(name);
            return Err(format!(
                "{short:?} is no player; allowed: any name or number, of 1 to {NAME_MAX} bytes"
            ));
        }
        let next = self.players.len();
        let nth = *self.names.entry(name.to_owned()).or_insert(next);
        if nth == next {
            if next == PLAYERS_MAX {
                return Err(format!("a log has at most {PLAYERS_MAX} players"));
            }
            self.players.push((Course::default(), Vec::new()));
        }
        let (course, rows) = &mut self.players[nth];
        course.take(&row, self.servers)?;
        rows.push(row);
        Ok(())
    }

    fn row(&self, at: &str, event: &str, server: &str) -> Result<LoggedRow, String> {
        let end = Span(Duration::from_micros(self.end_us));
        let at_us = decimal(at, 1_000_000).ok_or_else(|| {
            let (short, most) = (quoted(at), self.end_us as f64 / 1e6);
            format!("{short:?} is no time; allowed: seconds from the start of the run, 0 to {most}")
        })?;
        if at_us > self.end_us {
            return Err(format!(
                "{at} s is after the end of the run; allowed: up to {end}, which is duration"
            ));
        }
        let what = LoggedEvent::ALL.iter().copied().find(|what| what.name() == event);
        let what = what.ok_or_else(|| {
            let names: Vec<&str> = LoggedEvent::ALL.iter().map(|what| what.name()).collect();
            format!("{:?} is no event; allowed: {}", quoted(event), names.join(", "))
        })?;
        let server = match server {
            "" => None,
            text => Some(text.parse::<u32>().map_err(|_| {
                let (short, last) = (quoted(text), self.servers - 1);
                format!("{short:?} is no server; allowed: 0 to {last}, or nothing")
            })?),
        };
        Ok(LoggedRow { at_us, what, server: server.filter(|_| what.has_server()) })
    }
}

fn header(cells: &[String]) -> Result<[Option<usize>; 4], String> {
    let place = |name: &str| cells.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let columns = COLUMNS.map(place);
    let missing = COLUMNS[..3].iter().zip(&columns).find(|(_, place)| place.is_none());
    match missing {
        Some((name, _)) => Err(format!("no column is called {name}; allowed: {}", form())),
        None => Ok(columns),
    }
}

/// The cells of a line. In quotes a comma is a comma, and two quotes are one.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut inside) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => inside = !inside,
            ',' if !inside => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(csv: &str) -> Result<Scenario, String> {
        let text = "duration = \"10m\"\nservers.count = 4\nplayers.trace = \"joins.csv\"";
        let mut scenario = Scenario::parse(text).expect("a file may name a log");
        scenario.replay(csv).map(|()| scenario)
    }

    #[test]
    fn players_are_numbered_as_they_appear_and_the_scenario_stands_alone() {
        let scenario = read(
            "\u{feff}# from our own logs\n\nserver,Event,\"player\",at_s,note\n3,join,Zoe,0.5,\n\
             ,join,\"a,\"\"b\"\"\",2,x\n9,edit,Zoe,20.25,\r\n1,hop,Zoe,60.000000000000123,\n,leave,Zoe,300\n",
        )
        .expect("it is right");
        let texts = ["j0.5@3 e20.25 h60@1 l300".to_owned(), "j2".to_owned()];
        let rows = Some(Log::Rows(Logged { players: texts.to_vec() }));
        assert_eq!((scenario.players.count, &scenario.players.trace), (2, &rows));
        assert_eq!(scenario.check(), Vec::<String>::new());
        assert_eq!(Scenario::parse(&scenario.print()), Ok(scenario.clone()));
        assert_eq!(Scenario::parse(&scenario.to_string()), Ok(scenario));
    }

    #[test]
    fn a_row_that_is_wrong_is_named_with_its_line_and_what_is_allowed() {
        let head = "at_s,player,event,server\n";
        for (rows, told) in [
            ("1,a,enter,", "line 2: \"enter\" is no event; allowed: join, leave, hop, edit"),
            (
                "soon,a,join,",
                "line 2: \"soon\" is no time; allowed: seconds from the start of the run, 0 to 600",
            ),
            ("-1,a,join,", "line 2: \"-1\" is no time"),
            ("1.5.5,a,join,", "line 2: \"1.5.5\" is no time"),
            ("1.0000000000.5,a,join,", "line 2: \"1.0000000000.5\" is no time"),
            ("600.1,a,join,", "line 2: 600.1 s is after the end of the run; allowed: up to 10m"),
            ("1,,join,", "line 2: \"\" is no player; allowed: any name"),
            ("1,a,join,x", "line 2: \"x\" is no server; allowed: 0 to 3, or nothing"),
            ("1,a,join,4", "line 2: server 4 does not exist; allowed: servers 0 to 3"),
            ("1,a,leave,", "line 2: leave of a player who is not there; allowed: join"),
            (
                "1,a,join,\n2,b,join,\n1,b,edit,",
                "line 4: comes before the player's row before it, at 2 s",
            ),
            (
                "1,a,join,\n\n2,a,join,",
                "line 4: join of a player who is there; allowed: leave, hop",
            ),
        ] {
            let why = read(&format!("{head}{rows}\n")).expect_err(rows);
            assert!(why.starts_with(told), "{rows}: {why}");
        }
        for (csv, told) in [
            ("", "it has no rows; allowed: a header at_s,player,event,server and rows such as"),
            ("at_s,player,event\n", "it has no rows"),
            ("at_s,who,event\n1,a,join\n", "line 1: no column is called player; allowed: a header"),
            ("1,a,join,3\n", "line 1: no column is called at_s; allowed: a header"),
        ] {
            assert!(read(csv).expect_err(csv).starts_with(told), "{csv}");
        }
    }

    #[test]
    fn a_log_that_no_scenario_could_hold_is_refused_in_a_sentence() {
        let mut csv = "at_s,player,event\n".to_owned();
        (0..90_000).for_each(|n| csv.push_str(&format!("1.000001,p{n},join\n")));
        let why = read(&csv).expect_err("too much");
        assert!(why.starts_with("its 90000 rows take "), "{why}");
        (0..20_000).for_each(|n| csv.push_str(&format!("1,q{n},join\n")));
        assert_eq!(read(&csv), Err("line 100002: a log has at most 100000 players".to_owned()));
    }

    #[test]
    fn a_scenario_says_what_players_do_by_a_log_or_by_its_fields_and_not_by_both() {
        let told = |text: &str| Scenario::parse(text).expect_err(text).to_string();
        let log = "players.trace = { players = [\"j1 l2\", \"j3\"] }\n";
        for (fields, why) in [
            (
                "players.stay = \"5m\"",
                "players.stay = 5m beside players.trace, which says what players do",
            ),
            (
                "players.count = 3",
                "players.count = 3 does not fit players.trace; allowed: 2, as many as it has players",
            ),
            ("players.hop = \"10%\"\nplayers.count = 2", "players.hop = 10% beside players.trace"),
            (
                "players.arrive = \"1s\"\nplayers.count = 2",
                "players.arrive = 1s beside players.trace",
            ),
        ] {
            let found = told(&format!("{log}{fields}"));
            assert!(found.contains(why), "{fields}: {found}");
        }
        assert!(Scenario::parse(&format!("{log}players.count = 2\nplayers.hop = 0")).is_ok());
        let found = told("players.trace = \"joins.csv\"\nplayers.count = 7");
        assert!(found.contains("players.count = 7 beside players.trace"), "{found}");
        let found = told("players.trace = { players = [\"j1\", \"l2\"] }\nplayers.count = 2");
        assert!(
            found.contains("players.trace.players[1]: \"l2\": leave of a player who"),
            "{found}"
        );
        let unread = Scenario::parse("players.trace = \"joins.csv\"\nplayers.only = [140]");
        let found = unread.expect("the file may have so many").check();
        assert!(
            found.len() == 1 && found[0].contains("\"joins.csv\" has not been read"),
            "{found:?}"
        );
    }
}
