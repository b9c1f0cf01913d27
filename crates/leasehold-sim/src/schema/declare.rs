//! Fields and choices, each declared once.

use super::{Field, Shape};
use crate::units::{Chance, SPAN_MAX, Shift, Span, Spread};
use std::time::Duration;

/// What a value of a type may be, unless its field says something closer.
pub(crate) trait Declared {
    const SHAPE: Shape;
    const FIELDS: &'static [Field] = &[];
}

/// How many entries a list may have, unless its field says something else.
const LIST_MAX: usize = 10_000;

impl Declared for bool {
    const SHAPE: Shape = Shape::Flag;
}

impl Declared for u32 {
    const SHAPE: Shape = Shape::Count(0, u32::MAX as u64);
}

impl Declared for String {
    const SHAPE: Shape = Shape::Text(500);
}

impl Declared for Span {
    const SHAPE: Shape = Shape::Span(Duration::ZERO, SPAN_MAX);
}

impl Declared for Spread {
    const SHAPE: Shape = Shape::Spread { from_min: Duration::ZERO, to_min: Duration::ZERO };
}

impl Declared for Shift {
    const SHAPE: Shape = Shape::Shift;
}

impl Declared for Chance {
    const SHAPE: Shape = Shape::Chance;
}

impl<T: Declared> Declared for Option<T> {
    const SHAPE: Shape = T::SHAPE;
}

impl<T: Declared> Declared for Vec<T> {
    const SHAPE: Shape = match T::SHAPE {
        Shape::Table(fields) => Shape::Tables(fields, LIST_MAX),
        _ => Shape::List(&T::SHAPE, 0, LIST_MAX),
    };
}

/// Declares a struct of fields: with a default each, or without any for the entries of a list.
///
/// ```text
/// /// What the field is about, for whoever reads the code, the template, or an editor.
/// name: Type = default, within(1, 10), alias("NAME");
/// name as "name in a file": Type, required("an example");
/// ```
///
/// What stands behind a field are the methods of [`Field`]. The comments are what users read, so
/// where a figure comes from stands in a comment with two strokes.
macro_rules! declare {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $about:literal])+
                $(#[serde $serde:tt])*
                $field:ident $(as $file:literal)?: $type:ty = $default:expr
                    $(, $say:ident($($said:expr),*))*;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $(
                $(#[doc = $about])+
                #[doc = concat!("\n\nDefault: `", stringify!($default), "`.")]
                $(#[serde $serde])*
                $(#[serde(rename = $file)])?
                pub $field: $type,
            )+
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default,)+ }
            }
        }

        $crate::schema::declare! {
            @fields $name $($field [$($file)?] $type, ($($about),+), [$(.$say($($said),*))*];)+
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                $(#[doc = $about:literal])+
                $(#[serde $serde:tt])*
                $field:ident $(as $file:literal)?: $type:ty $(, $say:ident($($said:expr),*))*;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[doc = $about])+
                $(#[serde $serde])*
                $(#[serde(rename = $file)])?
                pub $field: $type,
            )+
        }

        $crate::schema::declare! {
            @fields $name $($field [$($file)?] $type, ($($about),+), [$(.$say($($said),*))*];)+
        }
    };
    (@fields $name:ident $(
        $field:ident [$($file:literal)?] $type:ty, ($($about:literal),+), [$($say:tt)*];
    )+) => {
        impl $crate::schema::Declared for $name {
            const SHAPE: $crate::schema::Shape = $crate::schema::Shape::Table(Self::FIELDS);
            const FIELDS: &'static [$crate::schema::Field] = &[$(
                $crate::schema::Field::new(
                    $crate::schema::named!($field $($file)?),
                    <$type as $crate::schema::Declared>::SHAPE,
                    concat!($($about),+),
                )$($say)*
            ),+];
        }
    };
}

/// What a field is called in a file.
macro_rules! named {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $file:literal) => {
        $file
    };
}

/// Declares an enum whose variants are words in a file, each with what it is about.
macro_rules! choices {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $($(#[doc = $about:literal])+ $variant:ident $(= $word:literal)?,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize,
            strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name {
            $(
                $(#[doc = $about])+
                $(#[serde(rename = $word)] #[strum(serialize = $word)])?
                $variant,
            )+
        }

        impl $name {
            /// All, in their order.
            pub const ALL: &'static [$name] = <$name as strum::VariantArray>::VARIANTS;

            /// Its name in a file.
            pub fn name(self) -> &'static str {
                self.into()
            }

            pub(crate) const WORDS: $crate::schema::Words = $crate::schema::Words {
                names: <$name as strum::VariantNames>::VARIANTS,
                abouts: &[$(concat!($($about),+)),+],
            };
        }

        impl $crate::schema::Declared for $name {
            const SHAPE: $crate::schema::Shape = $crate::schema::Shape::Choice($name::WORDS);
        }
    };
}

pub(crate) use {choices, declare, named};
