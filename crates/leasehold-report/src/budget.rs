//! How much of their request budgets servers use, against what they may.
//!
//! Budgets come in by the minute and can be saved up for a while, so a server may be above the line
//! for a moment: it lives on what it had. If it stays there, its calls begin to wait, and then to
//! be dropped.

use crate::caption;
use crate::chart::{Chart, Colour, Layer, Marks};
use crate::scale::Window;
use crate::{kinds, palette, scale};
use leasehold_data::{BudgetBin, Budgets, Dataset, QueueBin, Waits, numbers};

/// Draws nothing, decides everything: the request budgets of a run as a [`Chart`]; none if it has
/// none.
pub fn chart(dataset: &Dataset) -> Option<Chart> {
    let budgets = dataset.budgets.as_ref()?;
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let mut layers: Vec<Layer> = caption::incidents(dataset, &window);
    let line = |label: &str, colour: Colour, share: &dyn Fn(&BudgetBin) -> Option<u64>| Layer {
        label: label.to_owned(),
        colour,
        marks: Marks::Line(steps(budgets, &window, share)),
    };
    let median = |bin: &BudgetBin| Some(bin.median_ppm);
    layers.push(line("Median server", palette::SKY, &median));
    layers.push(line("Busiest server", palette::BLUE, &|bin| Some(bin.busiest_ppm)));
    if budgets.used.iter().any(|bin| bin.experience_ppm.is_some()) {
        let label = "All servers together, of the budget of the experience";
        layers.push(line(label, palette::PURPLE, &|bin| bin.experience_ppm));
    }
    let end = window.at(window.to_us);
    let limit = Marks::Line(vec![vec![(0.0, 100.0), (end, 100.0)]]);
    let label = "Limit: what comes in meanwhile".to_owned();
    layers.push(Layer { label, colour: palette::BLACK, marks: limit });
    let highest = layers.iter().map(Layer::top).fold(100.0, f64::max);
    Some(Chart {
        slug: "budget".into(),
        title: title(budgets, &dataset.summary.waits),
        subtitle: subtitle(budgets),
        x: window.axis(),
        y: scale::amount_axis("used, % of what comes in".to_owned(), highest, false),
        layers,
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: budgets.used.is_empty().then(|| "Nothing of it was recorded.".to_owned()),
        source: caption::source(&dataset.manifest),
        notes: Vec::new(),
    })
}

/// How many requests waited for a budget at once; none if none did.
pub fn queue(dataset: &Dataset) -> Option<Chart> {
    let budgets = dataset.budgets.as_ref()?;
    let waits = &dataset.summary.waits;
    let any = |bin: &QueueBin| bin.waiting > 0 || bin.dropped > 0;
    if !budgets.queue.iter().any(any) {
        return None;
    }
    let window = Window::whole(dataset.manifest.duration_us.max(1));
    let mut layers: Vec<Layer> = caption::incidents(dataset, &window);
    let most = budgets.queue.iter().map(|bin| bin.waiting).max().unwrap_or(0);
    let label = format!("Waiting at once, at the most (up to {})", numbers::count(most));
    let waiting = kinds::gauge(budgets.queue_bin_us, &budgets.queue, &window, |bin| bin.waiting);
    layers.push(Layer { label, colour: palette::BLUE, marks: Marks::Columns(waiting) });
    let dropped: u128 = budgets.queue.iter().map(|bin| u128::from(bin.dropped)).sum();
    if dropped > 0 {
        let flags =
            kinds::flags(budgets.queue_bin_us, &budgets.queue, &window, 0.5, |bin| bin.dropped);
        let label = format!("Dropped: the queue was full ({})", numbers::count(dropped));
        layers.push(Layer { label, colour: palette::VERMILION, marks: Marks::Flags(flags) });
    }
    let highest = layers.iter().map(Layer::top).fold(0.0, f64::max);
    Some(Chart {
        slug: "queue".into(),
        title: queue_title(waits, most, dropped),
        subtitle: format!(
            "Calls that wait on their servers until there is a budget for them: the most at once, \
             on all servers together{}.{}",
            per(budgets.queue_bin_us),
            if dropped > 0 { " Triangles: the taller, the more were dropped." } else { "" }
        ),
        x: window.axis(),
        y: scale::amount_axis("calls that wait".to_owned(), highest, true),
        layers,
        rules: caption::heal(&dataset.manifest, &window),
        words: Vec::new(),
        message: None,
        source: caption::source(&dataset.manifest),
        notes: Vec::new(),
    })
}

/// A line that is level over each bin.
fn steps(
    budgets: &Budgets,
    window: &Window,
    share: &dyn Fn(&BudgetBin) -> Option<u64>,
) -> Vec<Vec<(f64, f64)>> {
    let level = |(bin, nth): (&BudgetBin, u64)| {
        let percent = share(bin).map_or(0.0, |ppm| ppm as f64 / 1e4);
        let from = nth.saturating_mul(budgets.bin_us);
        let to = from.saturating_add(budgets.bin_us);
        [(window.at(from), percent), (window.at(to), percent)]
    };
    let line: Vec<_> = budgets.used.iter().zip(0u64..).flat_map(level).collect();
    if line.is_empty() { Vec::new() } else { vec![line] }
}

fn percent(ppm: u64) -> String {
    numbers::share(ppm, 1_000_000u64)
}

fn title(budgets: &Budgets, waits: &Waits) -> String {
    let most = |share: fn(&BudgetBin) -> u64| budgets.used.iter().map(share).max().unwrap_or(0);
    let (busiest, all) = (most(|bin| bin.busiest_ppm), most(|bin| bin.experience_ppm.unwrap_or(0)));
    let waited = match (waits.queued, waits.dropped.values().sum::<u64>()) {
        (0, 0) => "no call waited".to_owned(),
        (queued, 0) => format!("{} waited", numbers::plural(queued, "call")),
        (queued, dropped) => format!(
            "{} waited, {} dropped",
            numbers::plural(queued, "call"),
            numbers::some(dropped, "was", "were")
        ),
    };
    match all > busiest {
        _ if all.max(busiest) == 0 => "No call took anything from a request budget".to_owned(),
        true => format!(
            "All servers used at most {} of the experience's request budget; {waited}",
            percent(all)
        ),
        false => format!(
            "The busiest server used at most {} of its request budget; {waited}",
            percent(busiest)
        ),
    }
}

fn queue_title(waits: &Waits, most: u64, dropped: u128) -> String {
    let queued = numbers::plural(waits.queued, "call");
    let longest = waits.longest_us.map(|us| format!(", for up to {}", numbers::time(us)));
    let dropped = match dropped {
        0 => "; none was dropped".to_owned(),
        n => format!("; {} dropped", numbers::some(n, "was", "were")),
    };
    let (longest, most) = (longest.unwrap_or_default(), numbers::count(most));
    format!("{queued} waited for a budget, up to {most} at once{longest}{dropped}")
}

fn per(us: u64) -> String {
    if us == 0 { String::new() } else { format!(", {}", numbers::per(us)) }
}

fn subtitle(budgets: &Budgets) -> String {
    let over = match budgets.bin_us {
        0 => String::new(),
        us => format!(", averaged over {}", numbers::time(us)),
    };
    format!(
        "Requests as a share of what came into the budget meanwhile, of the scarcest kind{over}. \
         What is not used is saved up for a while; calls wait when more come at once than is there."
    )
}
