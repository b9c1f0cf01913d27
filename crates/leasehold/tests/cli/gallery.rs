//! The committed pictures are what their commands draw. `LEASEHOLD_BLESS=1` draws them anew.

use crate::place::{Place, shipped};
use std::fs;
use std::path::Path;

#[test]
fn the_gallery_is_what_the_shipped_scenarios_draw() {
    let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../reports/gallery");
    let mut pictures = 0;
    for folder in fs::read_dir(&gallery).expect("there is a gallery") {
        let folder = folder.expect("it can be read").path();
        let scenario = folder.file_name().expect("a folder has a name").to_string_lossy();
        let place = Place::new();
        match scenario.strip_suffix("-why") {
            Some(bug) => {
                let file = |name: &str| {
                    let path = gallery.join("../../bugs").join(bug).join(name);
                    path.to_string_lossy().into_owned()
                };
                let (scenario, tape) = (file("scenario.toml"), file("tape.toml"));
                let args = ["explain", &scenario, "--tape", &tape, "--out", "drawn"];
                place.run(&args).ends(0);
            }
            None => {
                place.run(&["run", &shipped(&scenario), "--out", "drawn"]).ends(0);
            }
        }
        for picture in fs::read_dir(&folder).expect("a folder of pictures") {
            let picture = picture.expect("it can be read").path();
            let name = picture.file_name().expect("a picture has a name");
            let drawn = fs::read(place.path("drawn").join(name)).expect("the run draws it");
            if std::env::var_os("LEASEHOLD_BLESS").is_some() {
                fs::write(&picture, &drawn).expect("the gallery can be written");
            }
            let same = fs::read(&picture).expect("it is there") == drawn;
            assert!(same, "{} is not what its command draws", picture.display());
            pictures += 1;
        }
    }
    assert!(pictures > 0, "the gallery is empty");
}
