//! The colours: Okabe and Ito's, which stay apart for colour-blind readers, and the greys of the
//! page.
//!
//! Warm colours are kept for what a reader should worry about. Their yellow is left out: it drowns
//! on white.

use crate::chart::Colour;

pub(crate) const SKY: Colour = Colour(0x56, 0xB4, 0xE9);
pub(crate) const BLUE: Colour = Colour(0x00, 0x72, 0xB2);
pub(crate) const GREEN: Colour = Colour(0x00, 0x9E, 0x73);
pub(crate) const PURPLE: Colour = Colour(0xCC, 0x79, 0xA7);
pub(crate) const ORANGE: Colour = Colour(0xE6, 0x9F, 0x00);
pub(crate) const YELLOW: Colour = Colour(0xF0, 0xE4, 0x42);
pub(crate) const VERMILION: Colour = Colour(0xD5, 0x5E, 0x00);
pub(crate) const BLACK: Colour = Colour(0x11, 0x11, 0x11);

/// Behind everything else: what a band of time is shaded with.
pub(crate) const TINT: Colour = Colour(0xFB, 0xE3, 0xD2);
/// The same, for what is less bad.
pub(crate) const PALE: Colour = Colour(0xF7, 0xF1, 0xDC);
/// What hatched places are hatched with.
pub(crate) const GREY: Colour = Colour(0x8A, 0x8A, 0x8A);

pub(crate) const PAPER: Colour = Colour(0xFF, 0xFF, 0xFF);
pub(crate) const INK: Colour = Colour(0x1A, 0x1A, 0x1A);
pub(crate) const SOFT_INK: Colour = Colour(0x4D, 0x4D, 0x4D);
pub(crate) const GRID: Colour = Colour(0xE2, 0xE2, 0xE2);

/// What is compared, each in a colour of its own.
pub(crate) const COMPARED: [Colour; 7] = [BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK];

/// From nothing at all, by little, to much: of harm, and of what costs. Each step is darker, so
/// that they stay apart without colours too.
pub(crate) const WARM: [Colour; 6] = [
    Colour(0xEE, 0xF3, 0xEE),
    Colour(0xFD, 0xE2, 0xB8),
    Colour(0xFB, 0xBE, 0x7E),
    Colour(0xEE, 0x8C, 0x4A),
    Colour(0xC9, 0x4F, 0x10),
    Colour(0x84, 0x2B, 0x00),
];
pub(crate) const COOL: [Colour; 6] = [
    Colour(0xF2, 0xF4, 0xF7),
    Colour(0xCF, 0xE3, 0xF2),
    Colour(0xA2, 0xCA, 0xE8),
    Colour(0x65, 0xA5, 0xD6),
    Colour(0x1F, 0x72, 0xB0),
    Colour(0x06, 0x3F, 0x73),
];
