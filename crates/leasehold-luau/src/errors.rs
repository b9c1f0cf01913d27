//! Errors of the datastore, as the engine words them for scripts.
//!
//! Modules look for the number at the beginning. Those without one are told by name: how the engine
//! words them is not documented.

use leasehold_sim::library::Error;

/// What a script is told of an error.
pub(crate) fn words(error: Error) -> String {
    let full = |method: &str| {
        format!(
            "{method} request dropped. Request was throttled, but throttled request queue was full."
        )
    };
    let words = match error {
        Error::KeyNameEmpty => "Key name can't be empty.".to_owned(),
        Error::KeyNameLimit => "Key name exceeds the 50 character limit.".to_owned(),
        Error::ValueTooLarge => "Serialized value exceeds 4194304 limit.".to_owned(),
        Error::GetAsyncThrottle => full("GetAsync"),
        Error::SetAsyncThrottle => full("SetAsync"),
        Error::UpdateAsyncThrottle => full("UpdateAsync"),
        Error::RemoveAsyncThrottle => full("RemoveAsync"),
        Error::GetVersionAsyncThrottle => full("GetVersionAsync"),
        Error::ListVersionsAsyncThrottle => full("ListVersionsAsync"),
        Error::ResponseUnparsable => "Can't parse response. Data may be corrupted.".to_owned(),
        Error::RequestRejected => {
            "API Services rejected request with error. Error code: 502, Reason: RequestRejected"
                .to_owned()
        }
        Error::ResponseMalformed => {
            "Data retrieved from GetAsync was malformed. Data may be corrupted.".to_owned()
        }
        Error::AttributeSizeTooLarge => "Metadata attribute size exceeds limit.".to_owned(),
        Error::TransformThrew => "The transform of UpdateAsync has failed.".to_owned(),
        Error::InternalServerError => {
            "An internal server error occurred. Please try again.".to_owned()
        }
        _ => "Request was throttled. Try again later.".to_owned(),
    };
    match error.code() {
        Some(code) => format!("{code}: {words}"),
        None => format!("{}: {words}", error.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_begins_with_its_number_or_its_name() {
        for error in Error::all() {
            let words = words(error);
            let code = error.code().map(|code| code.to_string());
            assert!(words.starts_with(&code.unwrap_or(error.name().to_owned())), "{words}");
        }
        assert!(words(Error::RequestRejected).contains("Error code: 502"));
    }
}
