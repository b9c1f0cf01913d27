//! `leasehold schema`: the fields of scenarios, for editors and for people, and the columns
//! of rows.

use crate::args;
use crate::error::Error;
use crate::stdout;
use crate::sweep::schema_of_all;
use leasehold_sim::Scenario;

/// What the schema's file is called beside a scenario.
pub(crate) const FILE: &str = "leasehold.schema.json";

/// Prints the JSON Schema, the reference, or what rows have.
pub(crate) fn schema(args: &args::Schema) -> Result<(), Error> {
    let text = match (args.reference, args.rows) {
        (true, _) => Scenario::reference(),
        (false, true) => schema_of_all(),
        (false, false) => text(),
    };
    stdout::put_data(&text)
}

/// The text of the schema's file.
pub(crate) fn text() -> String {
    format!("{:#}\n", Scenario::json_schema())
}
