//! What in a file does nothing is told, with its place, and the run goes on.

use crate::place::Place;

/// What is told of a scenario, if it is valid and holds.
fn warnings(text: &str) -> String {
    let place = Place::new();
    place.write("a.toml", text);
    let checked = place.run(&["check", "a.toml"]).ends(0);
    assert!(checked.out.starts_with("a.toml: valid"), "{}", checked.out);
    checked.err
}

#[test]
fn what_does_nothing_is_told_with_its_place() {
    let cases = [
        (
            "protocol = \"profile_store\"\n[rules]\nlease_duration = \"10m\"\n",
            3,
            "[rules] is not read",
        ),
        ("[profile_store]\nauto_save_period = \"1m\"\n", 2, "[profile_store] is not read"),
        ("naive.autosave_every = \"1m\"\n", 1, "[naive] is not read"),
        (
            "[[timeline]]\nat = \"3h\"\nserver = 0\ndo = \"crash\"\n",
            2,
            "timeline[0].at = 3h never comes",
        ),
        (
            "[datastore]\nincidents = [{ at = \"11m\", lasts = \"1m\", condition = \"outage\" }]\n",
            2,
            "incidents[0].at = 11m never comes",
        ),
        ("servers.count = 1\nplayers.hop = \"90%\"\n", 2, "players.hop has no second server"),
        ("players.count = 0\n", 1, "nobody plays"),
        (
            "[[compare]]\nname = \"other\"\nprotocol = \"naive\"\nrules.retries = 1\n",
            4,
            "[rules] is not read: this is run under naive",
        ),
        (
            "swarm.draw.naive.autosave_every = { any = [\"1m\", \"2m\"] }\n",
            1,
            "[naive] is not read",
        ),
    ];
    for (text, line, sentence) in cases {
        let told = warnings(text);
        assert!(told.starts_with("warning: "), "{text}{told}");
        assert!(told.contains(sentence), "{text}{told}");
        assert!(told.contains(&format!("a.toml:{line}:")), "{text}{told}");
        assert_eq!(told.matches("warning: ").count(), 1, "{told}");
    }
}

#[test]
fn what_is_read_or_may_come_is_not_warned_of() {
    for text in [
        "rules.retries = 1\n",
        "protocol = \"naive\"\nnaive.autosave_every = \"1m\"\n",
        "naive.autosave_every = \"1m\"\n[[compare]]\nname = \"other\"\nprotocol = \"naive\"\n",
        "naive.autosave_every = \"1m\"\nswarm.draw.protocol = { any = [\"naive\", \"chronicle\"] }\n",
        "servers.count = 1\n",
        "servers.count = 1\nplayers.hop = \"0%\"\n",
        "players.hop = \"90%\"\nservers.count = 1\nswarm.draw.servers.count = { from = 1, to = 3 }\n",
        "protocol = \"profile_store\"\n[library]\nlease = \"60s\"\n[rules]\nretries = 1\n",
    ] {
        assert_eq!(warnings(text), "", "{text}");
    }
}

#[test]
fn a_run_and_a_sweep_tell_it_too_and_go_on() {
    let place = Place::new();
    place.write("a.toml", "duration = \"1s\"\nplayers.count = 0\n");
    for args in [&["run", "a.toml", "--no-charts"][..], &["sweep", "a.toml", "--seeds", "1..3"]] {
        let told = place.run(args).ends(0).err;
        assert_eq!(told.matches("warning: ").count(), 1, "{told}");
    }
}
