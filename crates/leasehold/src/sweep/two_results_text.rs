//! Two results beside each other, in words: what has changed in what was run, and what came of it.

use super::side_by_side::{compared, note, tabled};
use super::two_results::{Changed, TwoResults};
use crate::printable;
use crate::table::{self, Column::Text};
use leasehold_data::numbers::{count, plural};
use leasehold_data::{SettingTotals, SweepTotals};
use std::fmt::Write;

/// What `leasehold report` says of two folders.
pub(crate) fn text(two: &TwoResults) -> String {
    let mut text = String::new();
    tell(&mut text, two).expect("writing to a string does not fail");
    text
}

fn tell(text: &mut String, two: &TwoResults) -> std::fmt::Result {
    let [before, after] = &two.names;
    let first = &two.pairs[0];
    let seeds = match two.seeds {
        1 => format!("seed {}", first.first_seed),
        seeds => {
            format!("{} from {} to {}", plural(seeds, "seed"), first.first_seed, first.last_seed)
        }
    };
    writeln!(text, "{after} beside {before}: {}, {seeds} of both", first.scenario)?;
    writeln!(text, "\nWhat has changed in what was run")?;
    writeln!(text, "{}", changed(two).trim_end())?;
    writeln!(text, "\nWhat came of it")?;
    writeln!(
        text,
        "  the same to the last step in {} of {}",
        count(two.same),
        plural(two.seeds, "seed")
    )?;
    if two.same == two.seeds {
        return Ok(());
    }
    let mut alike = 0_u64;
    for totals in &two.pairs {
        let differences = &totals.comparisons[0].differences;
        if two.pairs.len() > 1 && differences.iter().all(|one| one.difference.value == 0.0) {
            alike += 1;
            continue;
        }
        pair(text, two, totals)?;
    }
    if alike > 0 {
        writeln!(text, "\nNothing differs under {} more.", plural(alike, "setting"))?;
    }
    if two.seeds == 1 {
        writeln!(
            text,
            "\nOne seed cannot tell whether a difference is more than chance: sweep both over the \
             same seeds, and lay\nthe two sweeps side by side."
        )?;
        return Ok(());
    }
    let tested: usize = two.pairs.iter().map(|one| one.comparisons[0].differences.len()).sum();
    writeln!(text, "\n{}", note(before, &two.pairs, tested))
}

/// Field by field, and the version.
fn changed(two: &TwoResults) -> String {
    let [before, after] = &two.names;
    let value = |value: &Option<String>| {
        value.as_ref().map_or("-".to_owned(), |text| printable::line(text).into_owned())
    };
    let mut rows = vec![vec!["  field".to_owned(), before.clone(), after.clone()]];
    if two.tools[0] != two.tools[1] {
        rows.push(vec![
            "  version of leasehold".to_owned(),
            two.tools[0].clone(),
            two.tools[1].clone(),
        ]);
    }
    for Changed { path, values } in &two.changed {
        rows.push(vec![format!("  {path}"), value(&values[0]), value(&values[1])]);
    }
    match rows.len() {
        1 => "  nothing: the same scenario, in the same version\n".to_owned(),
        _ => table::text(&[Text, Text, Text], &rows),
    }
}

fn pair(text: &mut String, two: &TwoResults, totals: &SweepTotals) -> std::fmt::Result {
    if two.pairs.len() > 1 {
        writeln!(text, "\n{}", totals.title)?;
    }
    // Of one seed there is nothing to say but what it was.
    let told = if two.seeds == 1 { tabled(totals) } else { compared(totals) };
    write!(text, "\n{told}")?;
    let [before, after] = &totals.settings[..] else { unreachable!("there are two") };
    for (name, gone, there) in [(&two.names[1], before, after), (&two.names[0], after, before)] {
        let only = only(gone, there);
        if !only.is_empty() {
            writeln!(text, "\nFound in {name} alone: {}", only.join(", "))?;
        }
    }
    Ok(())
}

/// The classes that one has and the other has not.
fn only(without: &SettingTotals, with: &SettingTotals) -> Vec<String> {
    let class = |setting: &SettingTotals| -> Vec<String> {
        let classes = setting.violations.iter();
        classes.map(|class| format!("{}:{}", class.invariant, class.cause)).collect()
    };
    let known = class(without);
    class(with).into_iter().filter(|class| !known.contains(class)).collect()
}
