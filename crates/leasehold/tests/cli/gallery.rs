//! The gallery is the same wherever and whenever it is made; and whoever shows one of its pictures
//! says the picture's title. `LEASEHOLD_BLESS=1` writes the titles. That what is committed is what
//! `leasehold gallery` makes is looked at by `.ci/run`, as it takes the optimised program.

use crate::place::{Place, project};
use std::fs;
use std::path::{Path, PathBuf};

/// All files of a folder and its folders, by their paths in it, with what is in them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("it can be read") {
            let path = entry.expect("it can be read").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let inside = path.strip_prefix(folder).expect("it is in there").to_owned();
                    found.push((inside, fs::read(&path).expect("it can be read")));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_gallery_is_the_same_wherever_it_is_made_and_nobody_elses_folder_is_replaced() {
    let place = Place::new();
    let make = |out: &str| place.run(&["gallery", "empty-server", "crash", "--out", out]);
    make("one").ends(0);
    fs::create_dir_all(place.path("elsewhere/deep")).expect("a test can write");
    make("elsewhere/deep/another").ends(0);
    let one = files(&place.path("one"));
    assert_eq!(one, files(&place.path("elsewhere/deep/another")));
    let names: Vec<String> = one.iter().map(|(name, _)| name.display().to_string()).collect();
    let pages = ["empty-server/index.html", "index.html", "profile-store/crash/index.html"];
    assert_eq!(names[1..], pages, "{names:?}");
    let index = place.read("one/index.html");
    assert!(
        pages.iter().all(|page| *page == "index.html" || index.contains(&format!("\"{page}\"")))
    );
    // An earlier one is replaced; one that somebody has worked on is not.
    make("one").ends(0);
    place.write("one/notes.txt", "mine");
    let end = make("one").ends(5);
    assert!(end.err.contains("notes.txt"), "{}", end.err);
    assert_eq!(place.read("one/notes.txt"), "mine");
    place.run(&["gallery", "nothing", "--out", "none"]).ends(2);
}

#[test]
fn whoever_shows_a_picture_of_the_gallery_says_its_title() {
    let gallery = project().join("reports/gallery");
    let pictures = files(&gallery).into_iter().map(|(path, _)| path);
    let pictures: Vec<PathBuf> =
        pictures.filter(|path| path.extension().is_some_and(|end| end == "png")).collect();
    assert!(pictures.len() >= 6, "{pictures:?}");
    for picture in pictures {
        // The page beside it has the same chart as a drawing.
        let page = gallery.join(&picture).with_file_name("index.html");
        let page = fs::read_to_string(page).expect("each has a page");
        let slug = picture.file_stem().expect("it has a name").to_string_lossy();
        let (_, rest) = page.split_once(&format!("id=\"chart-{slug}\"")).expect("it is there");
        let (_, rest) = rest.split_once("<h3 class=\"spoken\">").expect("it has a title");
        let (title, _) = rest.split_once("</h3>").expect("which ends");
        let title = title.replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
        shown_with(&format!("reports/gallery/{}", picture.display()), &title);
    }
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
    let docs = fs::read_dir(project().join("docs")).expect("there is a manual");
    let pages = docs.map(|page| page.expect("it can be read").path());
    let pages = pages.filter(|page| page.extension().is_some_and(|end| end == "md"));
    for page in pages.chain([project().join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page can be read");
        let link = format!("{picture})");
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
