//! What a command that has found something says to type next, typed.

use crate::place::{End, LOSSY, Place};
use std::process::Command;

/// What stands beside a label, and below it.
fn beside<'o>(out: &'o str, label: &str) -> Vec<&'o str> {
    let mut lines = out.lines().skip_while(|line| line.split(' ').next() != Some(label));
    let first = lines.next().map(|line| line[label.len()..].trim_start());
    let rest = lines.take_while(|line| line.starts_with(' ')).map(str::trim_start);
    let all = first.into_iter().chain(rest);
    all.filter(|line| line.starts_with("leasehold ")).collect()
}

/// Types a line into a shell.
fn typed(place: &Place, line: &str) -> End {
    let program = env!("CARGO_BIN_EXE_leasehold");
    let script = format!("leasehold() {{ '{program}' \"$@\"; }}\n{line}");
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(script).current_dir(place.path(""));
    End::of(shell.output().expect("there is a shell"))
}

/// Types what is said to be typed next, and looks that it finds the class that it names.
#[track_caller]
fn goes_on(place: &Place, out: &str) -> Vec<String> {
    let (why, shrink) = (beside(out, "Why"), beside(out, "Shrink"));
    assert!(!why.is_empty() && why.len() == shrink.len(), "{out}");
    let mut classes = Vec::new();
    for line in why {
        let class = line.rsplit(' ').next().expect("a class").to_owned();
        let told = class.replace(':', " by ");
        let end = typed(place, &format!("{line} --out why")).ends(0);
        assert!(end.out.lines().next().is_some_and(|head| head.ends_with(&told)), "{}", end.out);
        classes.push(class);
    }
    let end = typed(place, &format!("{} --budget 60 --out bug", shrink[0])).ends(0);
    assert!(end.out.contains(&classes[0].replace(':', " by ")), "{}", end.out);
    std::fs::remove_dir_all(place.path("bug")).expect("it is there");
    classes
}

#[test]
#[cfg(unix)]
fn a_run_ends_with_the_commands_that_explain_and_shrink_each_class_of_what_it_has_found() {
    let place = Place::new();
    let compare = "[[compare]]\nname = \"eager\"\nprotocol = \"chronicle_eager\"\n";
    place.write("my world's.toml", format!("{LOSSY}{compare}"));
    let words = ["run", "my world's.toml", "--no-charts", "--out", "my report"];
    let end = place.run(&words).ends(1);
    let (why, own) = (beside(&end.out, "Why"), "leasehold explain 'my world'\\''s.toml' --seed 1 ");
    assert!(why[0].starts_with(own), "{why:?}");
    assert!(goes_on(&place, &end.out)[0].starts_with("no_double_ownership:"));
    let end = place.run(&[&words[..], &["--json"]].concat()).ends(1);
    let object: serde_json::Value = serde_json::from_str(&end.out).expect("an object");
    let setting = object["compare"][0]["next"][0]["explain"].as_str().expect("a command");
    assert!(setting.starts_with("leasehold explain 'my report/eager/scenario.toml' --seed 1 "));
    typed(&place, &format!("{setting} --out why")).ends(0);
    let more = ["--tape", "my report/tape.toml", "--json", "--fork", "2m:3"];
    let end = place.run(&[&words[..3], &more[..]].concat());
    let object: serde_json::Value = serde_json::from_str(&end.out).expect("an object");
    let next = &object["next"][0];
    let expected = "leasehold explain 'my world'\\''s.toml' --fork 2m:3 --tape 'my report/tape.toml' \
                    --class no_double_ownership:";
    let explain = next["explain"].as_str().expect("a command");
    assert!(
        explain.starts_with(expected)
            && explain.ends_with(next["class"].as_str().expect("a class"))
    );
    // What finds nothing says nothing.
    place.write("quiet.toml", "duration = \"1m\"\nplayers.count = 3\n");
    let end = place.run(&["run", "quiet.toml", "--no-charts"]).ends(0);
    assert!(beside(&end.out, "Why").is_empty() && beside(&end.out, "Shrink").is_empty());
}

#[test]
#[cfg(unix)]
fn a_sweep_and_its_joined_parts_end_with_the_commands_for_the_first_seed_of_each_class() {
    let place = Place::new();
    place.write("world.toml", LOSSY);
    let end = place.run(&["sweep", "world.toml", "--seeds", "3..6"]).ends(1);
    let whole = goes_on(&place, &end.out);
    assert!(beside(&end.out, "Why")[0].starts_with("leasehold explain world.toml --seed 3 "));
    for part in ["1/2", "2/2"] {
        place.run(&[
            "sweep",
            "world.toml",
            "--seeds",
            "3..6",
            "--shard",
            part,
            "--out",
            &part[..1],
        ]);
    }
    let end = place.run(&["merge", "1", "2", "--out", "all"]).ends(1);
    assert_eq!(goes_on(&place, &end.out), whole);
    assert!(
        beside(&end.out, "Why")[0].starts_with("leasehold explain all/scenario.toml --seed 3 ")
    );
}
