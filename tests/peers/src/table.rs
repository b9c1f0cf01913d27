//! From the lines of runs to a table: medians, and ratios round by round.
//!
//! The n-th line of a simulator and a workload is its n-th round. A machine that is busy is so for
//! everybody in a round, so ratios are taken within one, and their median is what is printed.

use std::fmt::Write;

/// The lock file and SimPy's requirements say which versions were run.
const LOCK: &str = include_str!("../Cargo.lock");
const REQUIREMENTS: &str = include_str!("../simpy/requirements.txt");

/// What all ratios are to, and whose event is set against everybody's.
const FLOOR: &str = "heap";
const OURS: &str = "leasehold";

struct Row<'a> {
    peer: &'a str,
    workload: &'a str,
    events: u64,
    /// A cost for each round.
    ns_per_event: Vec<f64>,
}

pub(crate) fn print(lines: &str) -> Result<String, String> {
    let rows = rows(lines)?;
    let floor = |workload: &str| {
        // A sweep is no workload of the others: it is set against their pings.
        let workload = if workload == "sweep" { "ping" } else { workload };
        let is_floor = |row: &&Row<'_>| row.peer == FLOOR && row.workload == workload;
        rows.iter().find(is_floor).ok_or_else(|| format!("no run of {workload} in {FLOOR}"))
    };
    let ours = rows.iter().find(|row| row.peer == OURS);
    let mut table = String::from(
        "| simulator | workload | events | ns an event | to the heap | Leasehold's to it |\n\
         |---|---|---|---|---|---|\n",
    );
    for row in &rows {
        let to_floor = ratio(row, floor(row.workload)?);
        let ours_to_it = match ours {
            Some(ours) if row.peer != OURS => times(ratio(ours, row)),
            _ => "-".to_owned(),
        };
        let costs = &row.ns_per_event;
        let (least, most) = costs
            .iter()
            .fold((f64::MAX, 0.0_f64), |(least, most), cost| (least.min(*cost), most.max(*cost)));
        writeln!(
            table,
            "| {} | {} | {:.1} M | {:.0} ({least:.0} to {most:.0}) | {} | {ours_to_it} |",
            name(row.peer),
            row.workload,
            row.events as f64 / 1e6,
            median(costs.clone()),
            times(to_floor),
        )
        .expect("a text takes any text");
    }
    Ok(table + FOOT)
}

const FOOT: &str = "
Processor time of one thread, median (least to most) of rounds in which each took its turn; ratios
are medians of those within a round. \"To the heap\" is what an event costs in terms of the heap's
under the same workload, for a sweep of a ping's; \"Leasehold's to it\" is what an event of
Leasehold's costs in terms of this one's.

Not comparable: an event of Leasehold's includes the library's protocol, faults and budgets, some
twenty observers and the digest, and its processor time is the whole command's, with the building of
each world and what it writes. A timer or a ping has none of that: it draws a delay and is put back
into the queue. Nor are the others alike: in nexosim a request is two messages between models beside
its three events, in SimPy it is one process that waits three times.";

fn rows(lines: &str) -> Result<Vec<Row<'_>>, String> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for line in lines.lines() {
        let wrong = || format!("not PEER WORKLOAD EVENTS CPU_SECONDS: {line}");
        let words: Vec<&str> = line.split_whitespace().collect();
        let [peer, workload, events, seconds] = words[..] else { return Err(wrong()) };
        let events: u64 = events.parse().ok().filter(|events| *events > 0).ok_or_else(wrong)?;
        let seconds: f64 = seconds.parse().map_err(|_| wrong())?;
        let nth = rows.iter().position(|row| row.peer == peer && row.workload == workload);
        let nth = nth.unwrap_or_else(|| {
            rows.push(Row { peer, workload, events, ns_per_event: Vec::new() });
            rows.len() - 1
        });
        rows[nth].ns_per_event.push(seconds * 1e9 / events as f64);
    }
    Ok(rows)
}

/// The median of what one row costs in terms of another one, round by round.
fn ratio(row: &Row<'_>, to: &Row<'_>) -> f64 {
    let rounds = row.ns_per_event.iter().zip(&to.ns_per_event);
    median(rounds.map(|(its, other)| its / other).collect())
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    let middle = all.len() / 2;
    if all.len() % 2 == 1 { all[middle] } else { (all[middle - 1] + all[middle]) / 2.0 }
}

/// Two digits.
fn times(ratio: f64) -> String {
    match ratio {
        10.0.. => format!("{ratio:.0}"),
        1.0.. => format!("{ratio:.1}"),
        _ => format!("{ratio:.2}"),
    }
}

fn name(peer: &str) -> String {
    let locked = || {
        let mut after = LOCK.lines().skip_while(|line| *line != format!("name = \"{peer}\""));
        after.nth(1)?.split('"').nth(1)
    };
    match peer {
        FLOOR => "BinaryHeap, by hand".to_owned(),
        OURS => "Leasehold".to_owned(),
        "simpy" => format!("SimPy {}", REQUIREMENTS.trim().trim_start_matches("simpy==")),
        _ => [peer, locked().unwrap_or_default()].join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDS: &str = "\
heap hold 1000000 0.040
heap ping 1000000 0.060
nexosim ping 1000000 0.900
simpy ping 10000 0.018
leasehold sweep 1000000 0.300
heap hold 1000000 0.080
heap ping 1000000 0.120
nexosim ping 1000000 1.200
simpy ping 10000 0.036
leasehold sweep 1000000 0.540
heap hold 1000000 0.050
heap ping 1000000 0.080
nexosim ping 1000000 1.600
simpy ping 10000 0.024
leasehold sweep 1000000 0.440
";

    #[test]
    fn ratios_are_medians_of_those_within_a_round() {
        let table = print(ROUNDS).expect("these are lines of runs");
        let rows: Vec<&str> = table.lines().skip(2).take(5).collect();
        let expected = [
            "| BinaryHeap, by hand | hold | 1.0 M | 50 (40 to 80) | 1.0 | 7.5 |",
            "| BinaryHeap, by hand | ping | 1.0 M | 80 (60 to 120) | 1.0 | 5.0 |",
            "| nexosim 1.0.0 | ping | 1.0 M | 1200 (900 to 1600) | 15 | 0.33 |",
            "| SimPy 4.1.2 | ping | 0.0 M | 2400 (1800 to 3600) | 30 | 0.17 |",
            "| Leasehold | sweep | 1.0 M | 440 (300 to 540) | 5.0 | - |",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn without_a_program_there_is_no_ratio_of_it() {
        let table = print("heap ping 1000000 0.060\n").expect("it is a line of a run");
        let row = "| BinaryHeap, by hand | ping | 1.0 M | 60 (60 to 60) | 1.0 | - |";
        assert_eq!(table.lines().nth(2), Some(row));
    }

    #[test]
    fn what_is_no_line_of_a_run_is_said() {
        for line in ["heap ping 5", "heap ping 0 1.0", "heap ping many 1.0", "desque ping 5 1.0"] {
            assert!(print(line).is_err(), "{line}");
        }
    }
}
