//! How much of their request budgets servers use, and how many requests wait for one.

use serde::{Deserialize, Serialize};

/// Budgets over time, in equal bins of virtual time, a few hundred at most; the run may end before
/// the last one of them does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// The width of a bin of `used`, in microseconds: a minute at least, as budgets come in by the
    /// minute.
    pub bin_us: u64,
    /// How much was used.
    pub used: Vec<BudgetBin>,
    /// The width of a bin of `queue`, in microseconds.
    pub queue_bin_us: u64,
    /// What had to wait.
    pub queue: Vec<QueueBin>,
}

/// What was asked for in a bin, as a share of what came into the budgets meanwhile, in millionths:
/// of each kind of request by itself, and that of the kind which used most. More than all of it is
/// what had been saved up before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetBin {
    /// Of the server that used most of its own.
    pub busiest_ppm: u64,
    /// Of the server in the middle, of those that were up.
    pub median_ppm: u64,
    /// Of all servers together, of what the experience may; nothing if it has no budget.
    pub experience_ppm: Option<u64>,
}

/// Requests that had no budget in a bin, on all servers together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueBin {
    /// The most that waited at once.
    pub waiting: u64,
    /// Those that found their queue full.
    pub dropped: u64,
}
