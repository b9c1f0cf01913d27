//! Mistakes on purpose, to see that whoever watches a store finds them.
//!
//! A checker that has never caught anything is worth as much as a smoke detector that has never
//! smelled smoke. So the machines know how to be wrong: each mistake here is one line in a machine,
//! which asks `Plants::has`. Without the feature `planted` that is `false` as a constant, and
//! nothing of a mistake is left in what is built.
//!
//! Laws: a store without a mistake does the same whether the feature is on or off. Not here: who
//! finds which mistake, and where (`leasehold-tests`).

macro_rules! mistakes {
    ($($(#[doc = $doc:literal])+ $mistake:ident = $name:literal;)+) => {
        /// A mistake that a machine of ChronicleStore can make.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Planted { $($(#[doc = $doc])+ $mistake),+ }

        impl Planted {
            /// All of them.
            pub const ALL: &'static [Planted] = &[$(Planted::$mistake),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Planted::$mistake => $name),+ }
            }

            /// What is wrong, in a sentence without its end.
            pub const fn about(self) -> &'static str {
                match self { $(Planted::$mistake => concat!($($doc),+)),+ }
            }
        }
    };
}

mistakes! {
    /// A call of `Release()` is ignored
    ReleaseIgnored = "release ignored";
    /// A call that is not answered is waited for as long as it takes
    NeverGivesUp = "call never given up";
    /// A save that failed is acknowledged
    FailedSaveAcknowledged = "failed save acknowledged";
    /// A save that failed is not made again
    FailedSaveForgotten = "failed save forgotten";
    /// A release that failed once is given up
    AbandonsEarly = "release abandoned at its first failure";
    /// A release brings no data and says that all is saved
    ReleaseDropsChanges = "release drops changes";
    /// A change is accepted while the session is being released
    EditsWhileReleasing = "changes accepted while releasing";
    /// An owner that should fence itself does not
    FenceIgnored = "fence ignored";
    /// A lease is renewed after half the time
    RenewsEarly = "renewal at half the time";
    /// A lease is never renewed by a call of its own
    NeverRenews = "renewal never sent";
    /// A change may wait for as long as others follow it
    MaxDelayIgnored = "max_delay not enforced";
    /// A save is sent with each change
    WindowIgnored = "changes not coalesced";
    /// A payload whose call comes late replaces a newer one
    OlderPayloadReplaces = "older payload replaces a newer one";
    /// A start goes on for as long as it takes
    StartTimeoutIgnored = "start timeout not enforced";
    /// A holder is taken to be silent as soon as it was asked
    ChallengeNotAwaited = "challenge not waited for";
    /// A silent holder loses its lease where the rules let it keep it
    StealsOnSilence = "lease taken from a silent owner";
    /// A session that nobody wants any more when it is granted is kept
    UnwantedKept = "unwanted session kept";
    /// A key gets a second session on the same server
    SecondSession = "second session of a key";
    /// A call that outlives its session is forgotten, though it may be the probe
    StraysForgotten = "stray probe forgotten";
    /// A failed probe opens the breaker for as long as before
    TimeoutNotDoubled = "breaker timeout not doubled";
    /// A second call is let through beside the probe
    SecondProbe = "second probe let through";
    /// The breaker never opens
    NeverOpens = "breaker never opens";
    /// Failures in a row open the breaker, the error rate does not
    ErrorRateIgnored = "error rate ignored";
    /// The first failure opens the breaker
    OpensAtOnce = "breaker opens at the first failure";
    /// An open breaker lets nothing through ever again
    NeverProbes = "breaker never probes";
    /// An open breaker closes when its time is over, without a probe
    ClosesUntried = "breaker closes without a probe";
    /// Another's lease is taken 10 s before it ends
    TakenEarly = "lease taken before it ends";
    /// A lease is taken as soon as it has run out, whatever the margin
    MarginIgnored = "takeover margin ignored";
    /// A lease passes on without a new generation
    GenerationKept = "generation not incremented";
    /// The commit index grows by two
    CommitSkips = "commit index skips";
    /// The commit index does not grow
    CommitKept = "commit index not incremented";
    /// A record's hash is not compared with its data
    HashNotChecked = "integrity hash not checked";
    /// A record is written whoever holds its lease
    LeaseNotChecked = "lease not checked by a write";
    /// Who takes a lease puts the template in the place of the data
    DataReset = "data reset by a start";
    /// A release writes the data and leaves the lease as it is
    ReleaseKeepsLease = "release keeps the lease";
}

/// The mistake that is planted, if one is. Takes no room without the feature `planted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plants {
    #[cfg(feature = "planted")]
    mistake: Option<Planted>,
}

impl Plants {
    /// No mistake.
    pub const NONE: Plants = Plants {
        #[cfg(feature = "planted")]
        mistake: None,
    };

    /// This one.
    #[cfg(feature = "planted")]
    pub const fn one(mistake: Planted) -> Plants {
        Plants { mistake: Some(mistake) }
    }

    /// Whether it is this one.
    #[cfg(feature = "planted")]
    #[inline]
    pub(crate) fn has(self, mistake: Planted) -> bool {
        self.mistake == Some(mistake)
    }

    /// It never is.
    #[cfg(not(feature = "planted"))]
    #[inline(always)]
    pub(crate) const fn has(self, _mistake: Planted) -> bool {
        false
    }
}

#[cfg(all(test, not(feature = "planted")))]
mod tests {
    use super::Plants;

    #[test]
    fn what_is_not_planted_takes_no_room() {
        assert_eq!(size_of::<Plants>(), 0);
    }
}
