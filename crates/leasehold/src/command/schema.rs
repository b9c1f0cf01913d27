//! `leasehold schema`: the fields of scenarios, for editors and for people.

use crate::args;
use crate::error::Error;
use crate::stdout;
use leasehold_sim::Scenario;

/// What the schema's file is called beside a scenario.
pub(crate) const FILE: &str = "leasehold.schema.json";

/// Prints the JSON Schema, or the reference.
pub(crate) fn schema(args: &args::Schema) -> Result<(), Error> {
    let text = if args.reference { Scenario::reference() } else { text() };
    stdout::put_data(&text)
}

/// The text of the schema's file.
pub(crate) fn text() -> String {
    format!("{:#}\n", Scenario::json_schema())
}
