//! The committed pictures are what their commands draw, and whoever shows one says its title.
//! `LEASEHOLD_BLESS=1` draws them anew, and writes the titles.

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
        if ["-compared-", "-studied-"].iter().any(|kind| scenario.contains(kind)) {
            continue; // Its command is one that the manual shows: see `documents`.
        }
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
            let drawing =
                place.read(&format!("drawn/{}", Path::new(name).with_extension("svg").display()));
            shown_with(&format!("{scenario}/{}", name.to_string_lossy()), &title(&drawing));
            pictures += 1;
        }
    }
    assert!(pictures > 0, "the gallery is empty");
}

/// The title of a drawing: its first text; one that is too long for a line goes on in the next.
pub(crate) fn title(svg: &str) -> String {
    let bold = svg.split("font-weight=\"bold\">\n").skip(1);
    let lines = bold.filter_map(|text| text.split_once("\n</text>").map(|(line, _)| line));
    let count = svg.matches("font-size=\"40\"").count();
    assert!(count > 0, "a title is written in letters of this size");
    lines.take(count).collect::<Vec<_>>().join(" ").replace("&apos;", "'")
}

/// Holds that each page which shows a picture says its title for those who do not see it.
pub(crate) fn shown_with(picture: &str, title: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_dir(root.join("docs")).expect("there is a manual");
    let pages = docs.map(|page| page.expect("it can be read").path());
    let pages = pages.filter(|page| page.extension().is_some_and(|end| end == "md"));
    for page in pages.chain([root.join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let link = format!("reports/gallery/{picture})");
        let Some((before, _)) = text.split_once(&link) else { continue };
        let (_, alt) = before.rsplit_once("![").expect("it is shown as a picture");
        let (said, _) = alt.split_once("](").expect("the title ends before the link");
        if said != title && std::env::var_os("LEASEHOLD_BLESS").is_some() {
            // Another picture may say the same.
            let (shown, name) = (format!("![{said}]("), format!("![{title}]("));
            let (head, tail) = text.split_at(before.len() - alt.len() - "![".len());
            let blessed = format!("{head}{}", tail.replacen(&shown, &name, 1));
            fs::write(&page, blessed).expect("the page can be written");
            continue;
        }
        assert_eq!(said, title, "{} shows {picture}", page.display());
    }
}
