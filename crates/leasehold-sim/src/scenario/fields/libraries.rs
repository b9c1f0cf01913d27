//! What a file may say of the libraries' own settings.

use crate::scenario::schema::{ANY, Field, SECOND, SOME, Shape, ZERO};
use crate::units::SPAN_MAX;
use std::time::Duration;

pub(super) const RULES: &[Field] = &[
    Field::new(
        "lease_duration",
        Shape::Span(SECOND, SPAN_MAX),
        "How long a lease lasts after a write.",
    )
    .alias("LEASE_DURATION"),
    Field::new(
        "renew_after",
        SOME,
        "How long after the last successful write the lease is renewed. Less than \
         `lease_duration`.",
    )
    .alias("LEASE_RENEW_AFTER"),
    Field::new("self_fence", Shape::Flag, "Stop relying on a lease that may have run out."),
    Field::new(
        "clock_margin",
        ANY,
        "How long before the end of its lease a self-fencing owner stops. Less than \
         `lease_duration` - `renew_after`.",
    ),
    Field::new(
        "takeover_margin",
        ANY,
        "How long after the end of a lease another server waits before it counts as expired.",
    ),
    Field::new("steal_on_silence", Shape::Flag, "Take the lease of an owner that does not answer."),
    Field::new("challenge_timeout", SOME, "How long an owner has to answer a challenge.")
        .alias("CHALLENGE_TIMEOUT"),
    Field::new(
        "conflict_rounds_max",
        Shape::Count(1, 1_000),
        "How many different holders a start challenges before it gives up.",
    ),
    Field::new("poll_every", SOME, "How often a start that may not steal looks again."),
    Field::new(
        "start_timeout",
        SOME,
        "How long a session start may take. At least `challenge_timeout`.",
    ),
    Field::new(
        "call_timeout",
        SOME,
        "How long a datastore call is waited for; afterwards its outcome is unknown.",
    ),
    Field::new("backoff_first", SOME, "The ceiling of the first wait between two tries."),
    Field::new(
        "backoff_factor",
        Shape::Count(1, 1_000),
        "How many times larger each further ceiling is.",
    ),
    Field::new("backoff_cap", SOME, "The largest ceiling. At least `backoff_first`."),
    Field::new("retries", Shape::Count(0, 1_000), "How many retries a session start has.")
        .alias("MAX_RETRIES"),
    Field::new("coalesce_window", ANY, "How long after the last change a save is made.")
        .alias("WRITE_COALESCE_WINDOW"),
    Field::new(
        "max_delay",
        ANY,
        "How long after the first unsaved change a save is forced. At least `coalesce_window`.",
    )
    .alias("MAX_WRITE_DELAY"),
    Field::new(
        "answer_while_releasing",
        Shape::Flag,
        "Whether a session that is being released still answers challenges.",
    ),
    Field::new(
        "breaker_failures_max",
        Shape::Count(1, 1_000_000),
        "Consecutive failures that open the circuit breaker.",
    ),
    Field::new(
        "breaker_error_percent_max",
        Shape::Count(0, 100),
        "Failed calls in a hundred, within the window, that may not be exceeded.",
    ),
    Field::new(
        "breaker_window",
        Shape::Span(ZERO, Duration::from_secs(3_600)),
        "How far back the error rate looks.",
    ),
    Field::new(
        "breaker_samples_min",
        Shape::Count(0, 1_000_000),
        "Samples in the window from which the error rate counts.",
    ),
    Field::new("breaker_open_for", SOME, "How long the breaker stays open the first time."),
    Field::new(
        "breaker_open_max",
        SOME,
        "How long it stays open at most; each failed probe doubles. At least `breaker_open_for`.",
    ),
    Field::new(
        "auto_fallback",
        Shape::Flag,
        "Save nothing, but let players in, if there is no datastore at the start.",
    ),
];

pub(super) const PROFILE_STORE: &[Field] = &[
    Field::new(
        "auto_save_period",
        SOME,
        "One full round of the auto-save over all active profiles of a server.",
    )
    .alias("AUTO_SAVE_PERIOD"),
    Field::new(
        "load_repeat_period",
        SOME,
        "The wait between two looks at a lock that somebody else has, from the second wait on.",
    )
    .alias("LOAD_REPEAT_PERIOD"),
    Field::new("first_load_repeat", ANY, "The wait between the first look and the second.")
        .alias("FIRST_LOAD_REPEAT"),
    Field::new(
        "session_steal",
        ANY,
        "How many `load_repeat_period`s an owner is given before its lock is stolen, as a time.",
    )
    .alias("SESSION_STEAL"),
    Field::new(
        "assume_dead",
        ANY,
        "A lock that was not written for longer, by the wall clock of whoever asks, is taken at \
         once.",
    )
    .alias("ASSUME_DEAD"),
    Field::new(
        "start_session_timeout",
        ANY,
        "When a start without `cancel` gives up; looked at after failed calls only.",
    )
    .alias("START_SESSION_TIMEOUT"),
    Field::new(
        "critical_state_error_count",
        Shape::Count(1, 1_000_000),
        "How many failed calls make the state critical.",
    )
    .alias("CRITICAL_STATE_ERROR_COUNT"),
    Field::new("critical_state_error_expire", ANY, "For how long a failed call counts.")
        .alias("CRITICAL_STATE_ERROR_EXPIRE"),
    Field::new("critical_state_expire", ANY, "How long after that the state stays critical.")
        .alias("CRITICAL_STATE_EXPIRE"),
    Field::new(
        "max_message_queue",
        Shape::Count(0, 1_000_000),
        "How many messages a record keeps.",
    )
    .alias("MAX_MESSAGE_QUEUE"),
    Field::new(
        "frames_per_second",
        Shape::Count(0, 1_000),
        "How many frames a second has. Waits end on one; with 0 they end when they are over.",
    ),
    Field::new(
        "cancel",
        Shape::Flag,
        "Whether starts are given a `Cancel` that is true once their player is gone, as the \
         library's readme recommends.",
    ),
];

pub(super) const NAIVE: &[Field] = &[
    Field::new(
        "autosave_every",
        SOME,
        "From one write of an active session to the next. Longer than anybody stays: only at the \
         end.",
    ),
    Field::new(
        "play_on_failed_load",
        Shape::Flag,
        "Whether a player whose data could not be read plays on with a new player's, with which \
         theirs is overwritten later.",
    ),
];
