//! Players who do what a log says: each row at its moment, as far as the world lets them.
//!
//! ```text
//!            join              edit, if they play        hop              leave
//!   Away ------------> Joining --> Playing -------------------> Away .. Joining .. --------> Away
//!                         '--[refused, thrown out]--> Away, to try again until the log has them leave
//! ```
//!
//! What the log says of a player is when they want what. Whether they get in is for the library and
//! the rest of the world to decide, and what they do about that is as usual: they try again, wait,
//! give up. So a change is made only by who is in the game, and who leaves before they were let in
//! gives up.
//!
//! The next row is planned when the one before it is done. A player whose server is paused can do
//! nothing until it goes on, or they leave it.

use super::World;
use crate::config::{LoggedEvent, LoggedRow};
use crate::ids::PlayerId;
use crate::library::Library;
use crate::node::ProcessState;
use crate::players::{Doing, FOR_GOOD, Next};
use crate::schedule::{Event, Moment, Tie};
use crate::step::Fact;

impl<L: Library> World<'_, L> {
    /// Plans the next row of a player, if there is one.
    pub(super) fn plan_row(&mut self, name: PlayerId) {
        if let Some(row) = self.plans.row(name, self.players[name.index()].row) {
            self.row_at(name, Moment::from_micros(row.at_us).max(self.schedule.now()));
        }
    }

    fn row_at(&mut self, name: PlayerId, at: Moment) {
        if at <= self.end {
            let nth = self.players[name.index()].row;
            self.at(at, Tie::Row(name, nth), Event::Row(name));
        }
    }

    /// A player's next row is due.
    pub(super) fn row(&mut self, name: PlayerId) {
        let (player, now) = (self.players[name.index()], self.schedule.now());
        let Some(row) = self.plans.row(name, player.row) else { return };
        let here = player.server.filter(|_| player.state != Doing::Away);
        let here = here.map(|server| self.nodes[server.index()].state);
        if let Some(ProcessState::Paused { since, until, .. }) = here {
            let gives_up_at = since + self.config.players.timeout.0;
            if now < gives_up_at {
                return self.row_at(name, gives_up_at.min(until.after(1)));
            }
            self.give_a_paused_server_up(name);
        }
        self.player(name).row += 1;
        self.follow(name, row);
        self.plan_row(name);
    }

    fn follow(&mut self, name: PlayerId, row: LoggedRow) {
        let player = self.players[name.index()];
        let server = row.server.map(crate::ids::ServerId::new);
        match (row.what, player.state) {
            (LoggedEvent::Join, Doing::Away) => {
                self.player(name).bound = server;
                self.join(name);
            }
            // Who is there has come already.
            (LoggedEvent::Join, Doing::Joining | Doing::Playing) => {}
            (LoggedEvent::Edit, Doing::Playing) => {
                let most = self.config.players.edits_max;
                if most.is_none_or(|most| player.edits < most) {
                    self.edit(name);
                }
            }
            (LoggedEvent::Edit, Doing::Away | Doing::Joining) => {}
            (LoggedEvent::Leave, Doing::Away) => self.come_no_more(name),
            (LoggedEvent::Leave, Doing::Joining) => self.stop_waiting(name, Next::Away(FOR_GOOD)),
            (LoggedEvent::Leave, Doing::Playing) => self.leave_for(name, Next::Away(FOR_GOOD)),
            (LoggedEvent::Hop, Doing::Away) => {
                self.player(name).bound = server;
                // Who has given up comes again now; who is on their way has another way.
                if player.act_at > self.end {
                    self.join(name);
                }
            }
            (LoggedEvent::Hop, state) => {
                let after = self.plans.hop_delay(&self.draws, name, player.visits);
                match state {
                    Doing::Joining => self.stop_waiting(name, Next::Join(after)),
                    _ => self.leave_for(name, Next::Join(after)),
                }
                self.player(name).bound = server;
            }
        }
    }

    /// A player who would have tried again has left.
    fn come_no_more(&mut self, name: PlayerId) {
        if self.sinks.models.wishes.is_open(name.key()) {
            self.step(None, None, Some(name.key()), Fact::GaveUp);
        }
        self.go(name, Next::Away(FOR_GOOD));
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::Scenario;
    use crate::shipped;
    use crate::step::{Entry, Fact, FactKind};

    /// What happens to these players: when, in whole seconds, to whom, where and what.
    fn told(fields: &str, rows: &[&str]) -> Vec<String> {
        let count = rows.len();
        let text = format!(
            "duration = \"10m\"\nservers.count = 3\n[datastore]\nlatency = \"1s\"\n\
             [messaging]\nlatency = \"10ms\"\n[players]\ncount = {count}\n\
             trace = {{ players = {rows:?} }}\nhop_delay = \"2s\"\nretry = \"100%\"\n\
             retry_after = \"5s\"\n{fields}"
        );
        let scenario = Scenario::parse(&text).unwrap_or_else(|why| panic!("{text}\n{why}"));
        let mut told = Vec::new();
        let kinds = [FactKind::Asked, FactKind::Playing, FactKind::Edited, FactKind::Left];
        let mut each = |entry: &Entry<'_>| {
            let kind = FactKind::from(entry.step.fact);
            if kinds.contains(&kind) || matches!(entry.step.fact, Fact::GaveUp) {
                let step = &entry.step;
                let (at, key) = (step.at.as_micros() / 1_000_000, step.key.expect("a player's"));
                let server = step.server.map_or(String::new(), |server| format!(" {server}"));
                told.push(format!("{at} {key}{server} {kind:?}"));
            }
        };
        let sim = shipped("replayed", &scenario).expect("valid");
        let outcome = sim.seed(1).history(&mut each);
        let again = sim.seed(1).twice().expect("the same twice");
        assert_eq!(outcome.digest(), again.digest());
        told
    }

    #[test]
    fn players_come_change_hop_and_leave_when_the_log_says_so() {
        assert_eq!(
            told("", &["j10@1 e12 e20 e30.5 h40@2 e41 e50 l60 j100@0 l200"]),
            [
                "10 k0 s1 Asked",
                "11 k0 s1 Playing",
                "12 k0 s1 Edited",
                "20 k0 s1 Edited",
                "30 k0 s1 Edited",
                "40 k0 s1 Left",
                "42 k0 s2 Asked",
                "43 k0 s2 Playing",
                "50 k0 s2 Edited",
                "60 k0 s2 Left",
                "100 k0 s0 Asked",
                "101 k0 s0 Playing",
                "200 k0 s0 Left",
            ],
        );
    }

    #[test]
    fn who_is_refused_tries_again_until_the_log_has_them_leave() {
        let outage =
            "[[datastore.incidents]]\nat = \"0s\"\nlasts = \"1m\"\ncondition = \"outage\"\n";
        let long = told(outage, &["j1@0 e30 e100 l200"]);
        assert!(long.iter().filter(|line| line.ends_with("Asked")).count() > 1, "{long:?}");
        let last = long[long.len() - 3..].iter().map(|line| line.split(' ').next_back());
        let last: Vec<_> = last.flatten().collect();
        assert_eq!(last, ["Playing", "Edited", "Left"], "{long:?}");
        let short = told(outage, &["j1@0 l40"]);
        assert_eq!(short.last().map(String::as_str), Some("40 k0 GaveUp"), "{short:?}");
    }

    #[test]
    fn who_is_thrown_out_comes_back_until_they_leave_and_comes_again_as_the_log_says() {
        let crash = "[[timeline]]\nat = \"50s\"\nserver = 1\ndo = \"crash\"\nfor = \"1m\"\n";
        let lines = told(crash, &["j10@1 e60 l70 j300@1 l400", "j10@1 l51"]);
        let of = |key: &str| {
            let own = lines.iter().filter(|line| line.contains(key));
            own.map(String::as_str).collect::<Vec<_>>()
        };
        // The second leaves while they are on their way, and was in the game: they give up nothing.
        assert_eq!(of("k1"), ["10 k1 s1 Asked", "11 k1 s1 Playing", "50 k1 s1 Left"]);
        assert_eq!(of("k0")[2], "50 k0 s1 Left");
        assert!(of("k0")[3].starts_with("52 k0 ") && of("k0")[3].ends_with(" Asked"), "{lines:?}");
        assert_eq!(*of("k0").last().expect("they leave"), "400 k0 s1 Left");
    }

    #[test]
    fn a_player_on_a_paused_server_does_nothing_until_it_goes_on_or_they_have_had_enough() {
        let pause = |lasts: &str| {
            format!("[[timeline]]\nat = \"50s\"\nserver = 1\ndo = \"pause\"\nfor = \"{lasts}\"\n")
        };
        let short = told(&pause("5s"), &["j10@1 e52 l100"]);
        assert_eq!(short[2..], ["55 k0 s1 Edited", "100 k0 s1 Left"]);
        let long = told(&pause("5m"), &["j10@1 l52 j55@0 l100"]);
        assert_eq!(long[2..4], ["60 k0 s1 Left", "60 k0 s0 Asked"], "{long:?}");
    }

    #[test]
    fn leaving_a_player_out_moves_no_other() {
        let rows = ["j1@0 e9 l30", "j2@1 e8 h20@2 l40", "j3@2 e7 l50"];
        let all = told("", &rows);
        let some = told("only = [0, 2]\n", &rows);
        let expected: Vec<_> = all.into_iter().filter(|line| !line.contains("k1")).collect();
        assert_eq!(some, expected);
    }

    #[test]
    fn rows_that_do_not_fit_any_more_are_left_out_and_the_world_goes_on() {
        let scenario = Scenario::parse(
            "duration = \"30s\"\nservers.count = 1\n[players]\ncount = 1\nedits_max = 1\n\
             trace = { players = [\"j1 e5 e6 e7 l20 j25 l900\"] }",
        );
        let sim = shipped("short", &scenario.expect("valid")).expect("valid");
        let outcome = sim.seed(1).run();
        let summary = &outcome.dataset.summary;
        assert_eq!((summary.progress.edits, summary.starts.asked), (1, 2), "{summary:?}");
    }
}
