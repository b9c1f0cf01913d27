//! A story on disk and in words: what led to a violation, line by line.
//!
//! ```text
//!   story.json                 the story as plain rows, with the run that it is about
//!   story.svg, story.png       the same as a picture
//! ```

use crate::error::Error;
use crate::whole::Whole;
use leasehold_data::{Manifest, Story};
use leasehold_sim::Explained;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The file by which a story is known.
const STORY: &str = "story.json";

/// What is to be told, and where.
pub(crate) struct About<'a> {
    pub(crate) explained: &'a Explained,
    pub(crate) folder: &'a Path,
    /// The command that does it again.
    pub(crate) again: String,
}

/// A story with its run, as the file has it.
#[derive(Serialize, Deserialize)]
struct Told {
    manifest: Manifest,
    story: Story,
}

/// A place for a story: free, or one where an earlier story can be replaced.
pub(crate) fn begin(folder: &Path) -> Result<Whole, Error> {
    Whole::begin(folder, replaceable)
}

/// Says why a folder cannot be replaced, if it holds anything but an earlier story.
fn replaceable(place: &Path) -> Result<(), String> {
    let entries = fs::read_dir(place).map_err(|why| format!("it cannot be read ({why})"))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|why| format!("it cannot be read ({why})"))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    let known = [STORY, "story.svg", "story.png"];
    let other = names.iter().find(|name| !known.contains(&name.as_str()));
    let text = || fs::read_to_string(place.join(STORY)).unwrap_or_default();
    match other {
        _ if names.is_empty() => Ok(()),
        Some(other) => Err(format!("it holds {other}, which is no part of a story")),
        None if serde_json::from_str::<Told>(&text()).is_err() => {
            Err("it is not empty, and no earlier story".to_owned())
        }
        None => Ok(()),
    }
}

/// Writes the files of a story, and moves them to their place.
pub(crate) fn write(whole: Whole, about: &About<'_>) -> Result<(), Error> {
    let Explained { outcome, story, .. } = about.explained;
    let mut manifest = outcome.dataset.manifest.clone();
    manifest.command.clone_from(&about.again);
    let told = Told { manifest, story: story.clone() };
    let json = serde_json::to_string_pretty(&told).expect("a story is plain rows");
    whole.put(Path::new(STORY), json.as_bytes())?;
    let diagram = leasehold_report::story::diagram(&told.manifest, &told.story);
    let name = || diagram.slug.to_owned();
    let broken =
        |why: leasehold_report::DrawError| Error::Chart { name: name(), why: why.to_string() };
    whole.put(Path::new("story.svg"), diagram.svg().map_err(broken)?.as_bytes())?;
    whole.put(Path::new("story.png"), &diagram.png().map_err(broken)?)?;
    whole.finish()
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
    writeln!(text, "Picture   {}", file("story.svg"))?;
    writeln!(text, "Again     {}", about.again)
}
