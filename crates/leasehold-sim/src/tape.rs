//! A tape: the faults of one run, in words, so that the run can be repeated with exactly these.
//!
//! Replaying the tape that a run recorded gives the same digest. An empty tape is a world without
//! faults. An entry that names something which does not come up is not an error: it is reported as
//! not reached. Nor is a line that names no fault which this version knows, if another version
//! recorded the tape: it is kept apart, reported, and nothing fires for it. On a tape of this
//! version it is a mistake, and told with its place.

use crate::draws::Fork;
use crate::fault::Fault;
use crate::problem::{PROBLEMS_MAX, Problem, Problems, quoted, syntax};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The layout of a tape file.
const FORMAT: u32 = 2;

/// This version of the tool.
pub(crate) const TOOL: &str = env!("CARGO_PKG_VERSION");

/// The faults of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tape {
    /// Where it was recorded, for people.
    pub origin: Origin,
    /// The faults, in the order in which they fired.
    pub faults: Vec<Fault>,
    /// Lines of another version that name no fault which this one knows. None fires for them.
    pub unknown: Vec<String>,
}

/// Origin of a tape: the run that it was recorded in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Origin {
    /// The version of the tool.
    pub tool: String,
    /// The scenario's name.
    pub scenario: String,
    /// The seed: the tape decides on faults only, everything else comes from here.
    pub seed: u64,
    /// Where the seed forks.
    #[serde(with = "forks", skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<Fork>,
    /// The digest of the run.
    pub digest: String,
    /// Its verdict: what the tape reproduces.
    pub verdict: String,
    /// The class of violation that it was shrunk to, see [`crate::Class::name`]; empty if it was
    /// not.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    /// The other classes of violations that it shows: whether they stay says nothing about the one
    /// that it was shrunk to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<String>,
}

/// Of a tape that does not say where it is from: the seed is that of a run without one.
impl Default for Origin {
    fn default() -> Origin {
        Origin {
            tool: String::new(),
            scenario: String::new(),
            seed: 1,
            forks: Vec::new(),
            digest: String::new(),
            verdict: String::new(),
            class: String::new(),
            beside: Vec::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[serde(default)]
    origin: Origin,
    faults: Vec<Spanned<String>>,
}

/// Forks as they are written: `["3m:7"]`.
mod forks {
    use super::Fork;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(forks: &[Fork], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(forks.iter().map(ToString::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Fork>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| text.parse().map_err(D::Error::custom)).collect()
    }
}

impl Tape {
    /// Reads a tape file.
    ///
    /// # Errors
    /// What is wrong, with its place and with what is allowed.
    pub fn parse(text: &str) -> Result<Tape, Problems> {
        let file: File =
            toml::from_str(text).map_err(|error| Problems::of(text, vec![syntax(&error)]))?;
        if file.format != FORMAT {
            let found = format!("the tape has format {}", file.format);
            return Err(Problems::one(found, format!("this version reads format {FORMAT}")));
        }
        if i64::try_from(file.origin.seed).is_err() {
            let found = format!("origin.seed = {}", file.origin.seed);
            return Err(Problems::one(found, "0 to 9223372036854775807, which is 2^63 - 1"));
        }
        // Another version may know more faults; this one writes none that it does not know.
        let foreign = !["", TOOL].contains(&file.origin.tool.as_str());
        let (mut faults, mut unknown) = (Vec::with_capacity(file.faults.len()), Vec::new());
        let mut problems = Vec::new();
        for line in file.faults {
            match line.get_ref().parse() {
                Ok(fault) => faults.push(fault),
                Err(_) if foreign => unknown.push(line.into_inner()),
                Err(_) if problems.len() >= PROBLEMS_MAX => {}
                Err(_) => {
                    let found = format!("{:?} names no fault", quoted(line.get_ref()));
                    let allowed = "lines such as \"k17.2 save 5 fails applied\"";
                    problems.push(Problem::new("faults", Some(line.span()), found, allowed));
                }
            }
        }
        if !problems.is_empty() {
            return Err(Problems::of(text, problems));
        }
        Ok(Tape { origin: file.origin, faults, unknown })
    }

    /// Writes a tape file.
    pub fn print(&self) -> String {
        let mut text = String::from(
            "# The faults of one run. Replay it with `--tape`; delete lines to see which of them matter.\n",
        );
        let head = File { format: FORMAT, origin: self.origin.clone(), faults: Vec::new() };
        let printed = toml::to_string(&head).expect("a tape's head is plain strings and numbers");
        let (numbers, origin) = printed.split_once("\n[origin]").unwrap_or((&printed, ""));
        text.push_str(numbers.replace("faults = []", "faults = [\n").trim_end_matches('\n'));
        text.push('\n');
        for fault in &self.faults {
            text.push_str(&format!("    \"{fault}\",\n"));
        }
        for line in &self.unknown {
            text.push_str(&format!("    {},\n", toml::Value::from(line.as_str())));
        }
        text.push_str("]\n\n[origin]");
        text.push_str(origin);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_is_read_back_from_what_it_prints() {
        let origin = Origin {
            tool: "9.9.9".into(),
            scenario: "lossy".into(),
            seed: 7,
            forks: vec!["3m:7".parse().expect("a fork")],
            digest: "0123".into(),
            verdict: "holds".into(),
            class: "no_double_ownership:clock".into(),
            beside: vec!["sessions_are_released:leak".into()],
        };
        for faults in
            [vec![], vec!["s4 pause 2".parse().unwrap(), "k3 answer 1 is lost".parse().unwrap()]]
        {
            let unknown = vec!["k3 swap 1 is \"lost\"".to_owned()];
            let tape = Tape { origin: origin.clone(), faults, unknown };
            assert_eq!(Tape::parse(&tape.print()), Ok(tape.clone()), "{}", tape.print());
        }
    }

    #[test]
    fn a_broken_tape_says_what_is_wrong() {
        let cases = [
            ("faults = []", "format"),
            ("format = 1\nfaults = []", "reads format 2"),
            ("format = 2\nfaults = [\"k1 is sad\"]", "names no fault"),
            ("format = 2\nfaults = [1]", "allowed: a string"),
            ("format = 2\nfaults = []\norigin.forks = [\"3m\"]", "no fork"),
            ("format = 2\nfaults = []\ncolour = 1", "unknown field"),
        ];
        for (text, expected) in cases {
            let error = Tape::parse(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
    #[test]
    fn a_line_of_another_version_that_names_no_fault_is_kept_apart() {
        let text = "format = 2\nfaults = [\"k1 is sad\", \"s4 pause 2\"]\norigin.tool = ";
        let ours = Tape::parse(&format!("{text}{TOOL:?}"));
        assert!(ours.is_err(), "on a tape of this version it is a mistake");
        let tape = Tape::parse(&format!("{text}\"9.9.9\"")).expect("of another version");
        assert_eq!(tape.faults, ["s4 pause 2".parse().expect("a fault")]);
        assert_eq!(tape.unknown, ["k1 is sad"]);
    }
}
