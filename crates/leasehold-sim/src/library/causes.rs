//! How a library declares its causes: one table of its own, from its own values to causes.

/// Declares a library's causes in one table: a value of the library's own, the word, what it comes
/// down to, and the same in words. Makes a function from the values to the causes. Where the
/// values have names of their own, the table is `named` and takes the words from them.
macro_rules! causes {
    ($(#[$doc:meta])* $function:ident($type:ty, named) {
        $($value:path => $class:ident, $words:literal;)*
    }) => {
        $(#[$doc])*
        pub(super) fn $function(value: $type) -> &'static $crate::cause::Cause {
            use $crate::cause::{Cause, Class};
            match value {
                $($value => {
                    static CAUSE: Cause = Cause::new($value.name(), Class::$class, $words);
                    &CAUSE
                })*
            }
        }
    };
    ($(#[$doc:meta])* $function:ident($type:ty) {
        $($pattern:pat => $name:literal, $class:ident, $words:literal;)*
    }) => {
        $(#[$doc])*
        pub(super) fn $function(value: $type) -> &'static $crate::cause::Cause {
            use $crate::cause::{Cause, Class};
            match value {
                $($pattern => {
                    static CAUSE: Cause = Cause::new($name, Class::$class, $words);
                    &CAUSE
                })*
            }
        }
    };
}

pub(super) use causes;
