//! What a file may say of the datastore, as it usually is and in an incident.

use crate::config::CALL_PRESETS;
use crate::limits::ERAS;
use crate::scenario::schema::{ANY, Field, Shape};

pub(super) const DATASTORE: &[Field] = &[
    Field::new(
        "condition",
        CONDITION,
        "What it is like: latency, fail_before and fail_after, where these are absent.",
    ),
    LATENCY.about("How long a call takes. The condition's if absent."),
    FAIL_BEFORE.about("How likely a call fails unapplied. The condition's if absent."),
    FAIL_AFTER.about(
        "How likely a call is applied, but answered with an error. The condition's if absent.",
    ),
    NEVER_ANSWERS,
    NEVER_ARRIVES,
    THROTTLE,
    STALE_READ,
    FALSE_NIL,
    Field::new(
        "false_nil_trusted",
        Shape::Flag,
        "Whether the compare step trusts the same wrong read, so that what is there is \
         overwritten. Nobody knows.",
    ),
    CORRUPT,
    WRONG_SCOPE,
    Field::new(
        "key_prefix",
        Shape::Text(200),
        "What a key's name is before its number. Names of more than 50 characters are refused.",
    ),
    Field::new(
        "versions",
        Shape::Flag,
        "Whether old versions are kept for 30 days, one for each hour of UTC in which a key was \
         written. That costs memory.",
    ),
    Field::new(
        "first_transform_reads_cache",
        Shape::Flag,
        "Whether the first run of an update's transform may see what its server has read or \
         written in the last 4 s. Nobody has published whether it does.",
    ),
    Field::new(
        "thrown",
        Shape::Choice(&["nil", "error"]),
        "What the caller of an update sees if its transform throws. Nothing is written either way.",
    ),
    Field::new(
        "limits",
        Shape::Choice(ERAS),
        "How much may be asked of it: Roblox's limits of that year, or none.",
    ),
    Field::new(
        "available",
        Shape::Flag,
        "Whether servers find a datastore at all when they start.",
    ),
    Field::new(
        "incidents",
        Shape::Tables(INCIDENT, 10_000),
        "Windows in which it is not as usual. The one that begins last decides each field that it \
         names; an outage is an outage, whatever else is the case.",
    ),
    Field::new(
        "budget",
        Shape::Table(BUDGET),
        "A server's requests a minute, for reading, writing and removing each, as its creator may \
         set them.",
    ),
];

/// As SetRateLimitForRequestType allows.
const BUDGET: &[Field] = &[
    Field::new("base", Shape::Count(0, 10_000), "Without players. The limits' own if absent.")
        .example("60"),
    Field::new(
        "per_player",
        Shape::Count(0, 200),
        "More with each player. The limits' own if absent.",
    )
    .example("40"),
];

const CONDITION: Shape = Shape::Choice(&["healthy", "slow_2020", "degraded", "outage"]);

/// Fields that an incident and the datastore itself have in common.
const LATENCY: Field =
    Field::new("latency", Shape::Latency(CALL_PRESETS), "How long a call takes.")
        .example("\"200ms\"");
const FAIL_BEFORE: Field =
    Field::new("fail_before", Shape::Chance, "How likely a call fails unapplied.")
        .example("\"10%\"");
const FAIL_AFTER: Field = Field::new(
    "fail_after",
    Shape::Chance,
    "How likely a call is applied, but answered with an error.",
)
.example("\"10%\"");
const NEVER_ANSWERS: Field =
    Field::new("never_answers", Shape::Chance, "How likely a call is applied, but never answered.")
        .example("\"1%\"");
const NEVER_ARRIVES: Field = Field::new(
    "never_arrives",
    Shape::Chance,
    "How likely a call is lost on its way: neither applied nor answered.",
)
.example("\"1%\"");
const THROTTLE: Field =
    Field::new("throttle", Shape::Chance, "How likely a call is rejected as too much, unapplied.")
        .example("\"50%\"");
const STALE_READ: Field = Field::new(
    "stale_read",
    Shape::Chance,
    "How likely a call first reads the version before the present one.",
)
.example("\"5%\"");
const FALSE_NIL: Field = Field::new(
    "false_nil",
    Shape::Chance,
    "How likely a call reads nothing for a key that exists.",
)
.example("\"1%\"");
const WRONG_SCOPE: Field = Field::new(
    "wrong_scope",
    Shape::Chance,
    "How likely a call goes to another scope, which is empty, and succeeds.",
)
.example("\"100%\"");
const CORRUPT: Field =
    Field::new("corrupt", Shape::Chance, "How likely a write is damaged where it is stored.")
        .example("\"0.1%\"");

const INCIDENT: &[Field] = &[
    Field::new("at", ANY, "When it begins.").required("\"2m\""),
    Field::new("lasts", ANY, "How long it lasts.").required("\"30s\""),
    Field::new("condition", CONDITION, "What the datastore is like meanwhile.")
        .example("\"outage\""),
    LATENCY,
    FAIL_BEFORE,
    FAIL_AFTER,
    NEVER_ANSWERS,
    NEVER_ARRIVES,
    THROTTLE,
    STALE_READ,
    FALSE_NIL,
    CORRUPT,
    WRONG_SCOPE,
    Field::new(
        "servers",
        Shape::List(&Shape::Count(0, 99_999), 1, 100_000),
        "Of which servers the calls are meant, from 0. All if absent.",
    )
    .example("[0, 1]"),
];
