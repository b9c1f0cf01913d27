//! A story on disk and in words: what led to a violation, line by line.
//!
//! ```text
//!   story.json                 the story as plain rows, with the run that it is about
//!   story.svg, story.png       the same as a picture
//! ```

use crate::atomic_dir::{AtomicDir, Purpose};
use crate::error::Error;
use crate::inventory::DirKind;
use crate::source;
use leasehold_data::{Manifest, Story};
use leasehold_sim::Explained;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::path::Path;

/// The file by which a story is known.
const JSON: &str = "story.json";
const SVG: &str = "story.svg";
const PNG: &str = "story.png";

/// What is to be told, and where.
pub(crate) struct About<'a> {
    pub(crate) explained: &'a Explained,
    pub(crate) folder: &'a Path,
    /// The command that does it again.
    pub(crate) again: String,
}

/// A story with its run, as the file has it.
#[derive(Serialize, Deserialize)]
struct SavedStory {
    manifest: Manifest,
    story: Story,
}

/// Writes the files of a story, and moves them to their place.
pub(crate) fn write(dir: AtomicDir, about: &About<'_>) -> Result<(), Error> {
    let Explained { outcome, story, .. } = about.explained;
    let mut manifest = outcome.dataset.manifest.clone();
    manifest.command.clone_from(&about.again);
    let told = SavedStory { manifest, story: story.clone() };
    let json = serde_json::to_string_pretty(&told).expect("a story is plain rows");
    finish(dir, &told, &json)
}

/// Whether a folder has a story.
pub(crate) fn is_in(folder: &Path) -> bool {
    folder.join(JSON).is_file()
}

/// Draws a story again, and leaves it elsewhere or in its own place; says which one it is.
pub(crate) fn redraw(folder: &Path, out: &Path) -> Result<String, Error> {
    let path = folder.join(JSON);
    let (json, told) = source::rows::<SavedStory>(&path)?;
    if let Some(why) = nonsense(&told.story) {
        return Err(Error::Bad { path, why: format!("it is broken: {why}") });
    }
    finish(AtomicDir::begin(out, Purpose::again(DirKind::Story, folder))?, &told, &json)?;
    let Manifest { scenario, seed, tool, .. } = &told.manifest;
    Ok(format!("{scenario}, seed {seed}, run by version {tool}: 1 story\n"))
}

/// What is wrong with a story as such, if anything is.
fn nonsense(story: &Story) -> Option<&'static str> {
    let (events, links) = (&story.events, &story.links);
    let ordered = events.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us);
    let known = links.iter().all(|link| link.from < link.to && link.to < events.len());
    match () {
        () if events.is_empty() => Some("nothing happens in it"),
        () if !ordered => Some("its events are not in order"),
        () if !known => Some("a link does not lead from an event to a later one"),
        () => None,
    }
}

/// Writes the files of a story, and moves them to their place.
fn finish(dir: AtomicDir, told: &SavedStory, json: &str) -> Result<(), Error> {
    dir.put(Path::new(JSON), json.as_bytes())?;
    let diagram = leasehold_report::story::diagram(&told.manifest, &told.story);
    let name = || diagram.slug.to_owned();
    let broken =
        |why: leasehold_report::DrawError| Error::Chart { name: name(), why: why.to_string() };
    dir.put(Path::new(SVG), diagram.svg().map_err(broken)?.as_bytes())?;
    dir.put(Path::new(PNG), &diagram.png().map_err(broken)?)?;
    dir.finish()
}

/// The story, for people.
pub(crate) fn text(about: &About<'_>) -> String {
    let mut text = String::new();
    tell(&mut text, about).expect("writing to a string does not fail");
    text
}

fn tell(text: &mut String, about: &About<'_>) -> std::fmt::Result {
    writeln!(text, "{}", about.explained)?;
    let file = |name: &str| about.folder.join(name).display().to_string();
    writeln!(text, "Files     {}", about.folder.display())?;
    writeln!(text, "Picture   {}", file(SVG))?;
    writeln!(text, "Again     {}", about.again)
}
