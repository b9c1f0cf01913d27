//! Draws all charts of made-up runs into a folder, to look at them: `cargo run --example gallery --
//! some/folder`.

#[path = "../tests/charts/sample.rs"]
mod sample;

use leasehold_data::track;
use std::{env, error::Error, fs, path::PathBuf};

const MINUTE: u64 = 60_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).ok_or("usage: gallery <folder>")?);
    fs::create_dir_all(&folder)?;
    let few = |name: &str, row: usize| match (name, row) {
        (sample::EXPIRED, 40 | 41 | 233) | (sample::ALIVE, 90) => 1,
        (sample::SILENT | track::DOUBLE_OWNERSHIP, 92) => 1,
        (track::RENEW, row) if row.is_multiple_of(6) => 2,
        (track::SAVE, row) if row % 25 == 3 => 1,
        (track::ACQUIRE, 5 | 40 | 90 | 92 | 233) | (track::FAILED, 91) | (track::RETRY, 92) => 1,
        _ => 0,
    };
    let huge = |_: &str, row: usize| 1_000_000_000_000_000 - (row as u64 % 7) * 90_000_000_000_000;
    let runs = [
        ("typical", sample::typical(60 * MINUTE, 360, 10)),
        ("dense", sample::typical(60 * MINUTE, 400, 600)),
        ("sparse", sample::filled(60 * MINUTE, Some(2 * MINUTE), 360, few)),
        ("short", sample::typical(90_000_000, 90, 8)),
        ("long", sample::typical(180 * MINUTE, 400, 40)),
        ("late_heal", sample::filled(1_440 * MINUTE, Some(1_430 * MINUTE), 400, few)),
        ("one_bin", sample::filled(90_000_000, None, 1, |_, _| 3)),
        ("huge", sample::filled(60 * MINUTE, None, 40, huge)),
        ("zero", sample::filled(60 * MINUTE, Some(30 * MINUTE), 360, |_, _| 0)),
        ("bare", sample::bare(60 * MINUTE, None)),
    ];
    for (name, dataset) in &runs {
        for chart in leasehold_report::charts(dataset) {
            let path = folder.join(format!("{name}_{}", chart.slug));
            fs::write(path.with_extension("svg"), chart.svg()?)?;
            fs::write(path.with_extension("png"), chart.png()?)?;
        }
    }
    Ok(())
}
