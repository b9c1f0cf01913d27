//! The adapters that are shipped, and the one to begin with.

const SHIPPED: [(&str, &str); 3] = [
    ("lapis", include_str!("../adapters/lapis.luau")),
    ("profile_service", include_str!("../adapters/profile_service.luau")),
    ("profile_store", include_str!("../adapters/profile_store.luau")),
];

/// The text of a shipped adapter: `profile_store`, `profile_service` or `lapis`.
pub fn adapter(name: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The text of an adapter to begin with: it says what an adapter can say, and works as it is.
pub fn template() -> &'static str {
    include_str!("../adapters/template.luau")
}
