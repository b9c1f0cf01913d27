//! The questions that a case may ask when its story is over.
//!
//! | question                    | its answer                                                     |
//! |-----------------------------|----------------------------------------------------------------|
//! | `B loaded`                  | when the first line of B begins so; `never` if none does       |
//! | `B loaded since 20`         | the same, counted from 20 s                                    |
//! | `all A OnSave`              | all such times                                                 |
//! | `exact ..`                  | the same two, to the microsecond: they must be met exactly     |
//! | `count A U`                 | how many lines of A begin so                                   |
//! | `count A U to 60`           | how many of them up to 60 s; `from 60` is likewise             |
//! | `cost A`, `cost A from 20`  | calls of a server (`A`) or seat (`A.0`), as `6U 5P 1S`         |
//! | `story A from 20`           | all lines of A from then on, without times                     |
//! | `A is active`, `listed`     | `yes` or `no`                                                  |
//! | `A has x`, `A saved x`      | a field of `Data`, of `LastSavedData`                          |
//! | `A jobs`                    | loads and saves under way                                      |
//! | `A users`                   | its user ids                                                   |
//! | `stored x`, `owner`, `force`, `loads`, `index`, `messages`, `commits` | what is stored under `k0` |

use super::script::{micros, who};
use super::world::{Line, World};
use leasehold_core::profile_store::{Active, Meta, Record, Server, Stored};
use leasehold_core::{Key, Value};

pub(super) fn answer(world: &World, question: &str) -> String {
    let words: Vec<&str> = question.split(' ').collect();
    match *words {
        ["exact", "all", name, ref what @ ..] => all(world, name, what, exact),
        ["exact", name, ref what @ ..] => {
            let first = lines(world, name, what).next();
            first.map_or("never".to_owned(), |line| exact(line.at_us))
        }
        ["all", name, ref what @ ..] => all(world, name, what, time),
        ["count", name, ref what @ ..] => lines(world, name, what).count().to_string(),
        ["cost", name, ref when @ ..] => cost(world, name, when),
        ["story", name, ref when @ ..] => {
            let told = lines(world, name, when).filter(|line| line.what != "ended");
            let told: Vec<_> = told.map(|line| line.what.as_str()).collect();
            told.join(" ")
        }
        ["stored", what] => stored(world, what),
        [name, "is", "active"] => {
            let (server, seat) = who(name);
            yes(world.servers[server].store.is_active(seat))
        }
        [name, "is", "listed"] => {
            let (server, seat) = who(name);
            yes(world.servers[server].store.is_listed(seat))
        }
        [name, "jobs"] => {
            let store = &world.servers[who(name).0].store;
            format!("{} {}", store.load_jobs(), store.save_jobs())
        }
        [name, "users"] => {
            let (server, seat) = who(name);
            let profile = world.servers[server].store.profile(seat);
            profile.map_or("nothing".to_owned(), |profile| format!("{:?}", profile.user_ids))
        }
        [name, "has", field] => {
            let (server, seat) = who(name);
            field_of(world.servers[server].store.data(seat), field)
        }
        [name, "saved", field] => {
            let (server, seat) = who(name);
            let profile = world.servers[server].store.profile(seat);
            field_of(profile.and_then(|profile| profile.last_saved.as_ref()), field)
        }
        [name, ref what @ .., "since", from] => {
            let from = micros(from);
            let first = lines(world, name, what).map(|line| line.at_us).find(|at| *at >= from);
            first.map_or("never".to_owned(), |at| time(at - from))
        }
        [name, ref what @ ..] => {
            let first = lines(world, name, what).next();
            first.map_or("never".to_owned(), |line| time(line.at_us))
        }
        [] => String::new(),
    }
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn all(world: &World, name: &str, what: &[&str], show: fn(u64) -> String) -> String {
    let times: Vec<_> = lines(world, name, what).map(|line| show(line.at_us)).collect();
    if times.is_empty() { "never".to_owned() } else { times.join(" ") }
}

/// A time that must be met to the letter.
fn exact(us: u64) -> String {
    format!("{}.{:03}ms", us / 1_000, us % 1_000)
}

fn time(us: u64) -> String {
    let ms = (us + 500) / 1_000;
    format!("{}.{:03}s", ms / 1_000, ms % 1_000)
}

/// The lines of a server, or of one of its seats, that begin like this, within a time.
fn lines<'a>(world: &'a World, name: &str, what: &[&str]) -> impl Iterator<Item = &'a Line> {
    let (server, seat) = who(name);
    let (mut what, mut from, mut to) = (what, 0, u64::MAX);
    while let [rest @ .., kind @ ("from" | "to"), when] = what {
        what = rest;
        let bound = if *kind == "from" { &mut from } else { &mut to };
        *bound = micros(when);
    }
    let (begin, one_seat) = (what.join(" "), name.contains('.'));
    world.lines.iter().filter(move |line| {
        let begins = line.what.strip_prefix(begin.as_str());
        line.server == server
            && (!one_seat || line.seat == seat)
            && (from..=to).contains(&line.at_us)
            && begins.is_some_and(|rest| begin.is_empty() || rest.is_empty() || begin.len() > 1)
    })
}

fn cost(world: &World, name: &str, when: &[&str]) -> String {
    let letters = ["SetAsync", "U", "G", "L", "A", "V", "R", "P", "S"];
    let counts = letters.iter().filter_map(|letter| {
        let count = lines(world, name, when).filter(|line| line.what == *letter).count();
        (count > 0).then(|| format!("{count}{letter}"))
    });
    let counts: Vec<_> = counts.collect();
    if counts.is_empty() { "0".to_owned() } else { counts.join(" ") }
}

fn field_of(data: Option<&Value>, field: &str) -> String {
    match data.and_then(|data| data.at(&[field])) {
        Some(Value::Number(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => "nothing".to_owned(),
    }
}

fn name_of(server: Server) -> String {
    match server.job.0 {
        nth @ 1..=26 => char::from(b'A' + (nth - 1) as u8).to_string(),
        _ => "other".to_owned(),
    }
}

fn stored(world: &World, what: &str) -> String {
    let history = world.keys.get(&Key(0));
    if what == "commits" {
        return history.map_or(0, |history| history.versions.len()).to_string();
    }
    let record = match history.and_then(|history| history.value.as_ref()) {
        Some(Stored::Record(record)) => record,
        Some(Stored::NotATable) => return "not a table".to_owned(),
        None => return "nothing".to_owned(),
    };
    match what {
        "index" => record.updates.as_ref().map_or("none".to_owned(), |it| it.last.to_string()),
        "messages" => messages(record),
        "owner" | "force" | "loads" => match &record.meta {
            Some(meta) => of_meta(meta, what),
            None => "none".to_owned(),
        },
        "users" => format!("{:?}", record.user_ids),
        field => field_of(record.data.as_ref(), field),
    }
}

fn messages(record: &Record<Value>) -> String {
    let updates = record.updates.as_ref();
    let messages = updates.map_or(&[][..], |updates| updates.messages());
    let indexes: Vec<_> = messages.iter().map(|message| message.index.to_string()).collect();
    if indexes.is_empty() { "none".to_owned() } else { indexes.join(" ") }
}

fn of_meta(meta: &Meta, what: &str) -> String {
    match what {
        "owner" => match meta.active {
            Active::Nobody => "nobody".to_owned(),
            Active::Session { server, .. } => name_of(server),
            Active::Text | Active::Scalar => "odd".to_owned(),
        },
        "force" => meta.force.map_or("nobody".to_owned(), name_of),
        _ => meta.loads.map_or("none".to_owned(), |loads| loads.to_string()),
    }
}
