//! How much of their request budgets servers use.

use serde::{Deserialize, Serialize};

/// Budgets over time: equal bins of virtual time, no shorter than ten seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budgets {
    /// The width of a bin, in microseconds.
    pub bin_us: u64,
    /// The bins, a few hundred at most; the run may end before the last one does.
    pub bins: Vec<BudgetBin>,
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
    /// The most requests that waited for a budget at once, on all servers together.
    pub waiting: u64,
    /// Requests that found their queue full.
    pub dropped: u64,
}
