//! What the README shows is what a run prints. `LEASEHOLD_BLESS=1` writes it anew.

use crate::place::Place;
use std::path::Path;

const SHOWN: &str = "<!-- output of: leasehold run sims/lossy-messaging.toml -->\n```text\n";

/// All that a run prints but for where it left its files, which is elsewhere in a test.
fn printed() -> String {
    let place = Place::new();
    let sims = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims");
    let text = std::fs::read_to_string(sims.join("lossy-messaging.toml")).expect("it is shipped");
    std::fs::create_dir(place.path("sims")).expect("a test can write");
    place.write("sims/lossy-messaging.toml", text);
    let end = place.run(&["run", "sims/lossy-messaging.toml", "--no-charts"]).ends(0);
    end.out
}

#[test]
fn the_readme_shows_what_a_run_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(&path).expect("there is a README");
    let (before, rest) = readme.split_once(SHOWN).expect("the README shows a run");
    let (shown, after) = rest.split_once("```").expect("the block has an end");
    let printed = printed();
    if std::env::var_os("LEASEHOLD_BLESS").is_some() {
        let readme = format!("{before}{SHOWN}{printed}```{after}");
        std::fs::write(&path, readme).expect("the README can be written");
    } else {
        assert_eq!(shown, printed);
    }
}
