//! How far a run has come: told now and then to whoever runs it, who may then stop it.

/// Progress of a run.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Virtual microseconds so far.
    pub now_us: u64,
    /// Virtual microseconds in all.
    pub end_us: u64,
    /// Events so far.
    pub events: u64,
}

/// Events between two calls of the progress function: so few that whoever wants an end gets one
/// within a second, though an event takes ten milliseconds.
pub(crate) const PROGRESS_EVERY: u64 = 1 << 6;
