//! The letters: Roboto, carried along so that a picture looks the same on every machine.
//!
//! SVG names the font, with others to fall back on, and leaves the drawing to whoever looks at it.
//! A bitmap needs the outlines, and a layout needs the widths before anything is drawn. Both come
//! from the same files here.

use crate::chart::Colour;
use ab_glyph::{Font, FontRef, Glyph, PxScale, ScaleFont, point};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle, FontFamily, FontStyle};
use std::convert::Infallible;

/// What SVG viewers are asked for, best first.
pub(crate) const FAMILY: &str = "Roboto, 'Helvetica Neue', Helvetica, Arial, sans-serif";

/// Where plotters' SVG puts the baseline below the top of a text, in font sizes; bitmaps follow it.
const ASCENT: f64 = 0.76;

/// plotters divides a text's size by this to get SVG's font size.
const SVG_SIZE: f64 = 1.24;

/// The two weights of a page.
pub(crate) struct Fonts {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

/// How a text looks; sizes in page units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type {
    /// Font size: the height of an em.
    pub(crate) size: f64,
    /// For what should be read first.
    pub(crate) bold: bool,
    /// Its colour.
    pub(crate) colour: Colour,
}

/// Which end of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Its beginning.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

impl Fonts {
    /// Reads both weights from the program itself.
    pub(crate) fn load() -> Result<Fonts, ab_glyph::InvalidFont> {
        Ok(Fonts {
            regular: FontRef::try_from_slice(include_bytes!("../fonts/Roboto-Regular.ttf"))?,
            bold: FontRef::try_from_slice(include_bytes!("../fonts/Roboto-Bold.ttf"))?,
        })
    }

    /// The width of a text, in page units.
    pub(crate) fn width(&self, text: &str, look: Type) -> f64 {
        let (_, end) = self.glyphs(text, look, 1.0);
        f64::from(end)
    }

    /// How plotters draws a text of this look on a canvas of this scale.
    pub(crate) fn style(&self, look: Type, anchor: Anchor, scale: f64) -> Style<'_> {
        Style { fonts: self, look, anchor, scale }
    }

    fn of(&self, look: Type) -> &FontRef<'static> {
        if look.bold { &self.bold } else { &self.regular }
    }

    /// Each letter at its place on the baseline, and where the next one would go.
    fn glyphs(&self, text: &str, look: Type, scale: f64) -> (Vec<Glyph>, f32) {
        let font = self.of(look);
        let em = font.units_per_em().unwrap_or(font.height_unscaled());
        let px = PxScale::from((look.size * scale) as f32 * font.height_unscaled() / em);
        let scaled = font.as_scaled(px);
        let baseline = (ASCENT * look.size * scale) as f32;
        let (mut glyphs, mut caret, mut before) = (Vec::new(), 0.0, None);
        for letter in text.chars() {
            let id = font.glyph_id(letter);
            caret += before.map_or(0.0, |before| scaled.kern(before, id));
            glyphs.push(id.with_scale_and_position(px, point(caret, baseline)));
            caret += scaled.h_advance(id);
            before = Some(id);
        }
        (glyphs, caret)
    }
}

/// The look of one text, as plotters' backends ask for it.
pub(crate) struct Style<'a> {
    fonts: &'a Fonts,
    look: Type,
    anchor: Anchor,
    scale: f64,
}

impl Style<'_> {
    /// How far the top of the text is above its baseline, in page units.
    pub(crate) fn ascent(&self) -> f64 {
        ASCENT * self.look.size
    }
}

impl BackendTextStyle for Style<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        let Colour(r, g, b) = self.look.colour;
        BackendColor { alpha: 1.0, rgb: (r, g, b) }
    }

    fn size(&self) -> f64 {
        self.look.size * self.scale * SVG_SIZE
    }

    fn style(&self) -> FontStyle {
        if self.look.bold { FontStyle::Bold } else { FontStyle::Normal }
    }

    fn anchor(&self) -> Pos {
        let h_pos = match self.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        Pos::new(h_pos, VPos::Top)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::Name(FAMILY)
    }

    fn layout_box(&self, text: &str) -> Result<((i32, i32), (i32, i32)), Infallible> {
        let (_, end) = self.fonts.glyphs(text, self.look, self.scale);
        Ok(((0, 0), (end.round() as i32, (self.look.size * self.scale).round() as i32)))
    }

    fn draw<E, DrawFunc: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        pos: BackendCoord,
        mut draw: DrawFunc,
    ) -> Result<Result<(), E>, Infallible> {
        let font = self.fonts.of(self.look);
        let (glyphs, _) = self.fonts.glyphs(text, self.look, self.scale);
        let mut drawn = Ok(());
        for outline in glyphs.into_iter().filter_map(|glyph| font.outline_glyph(glyph)) {
            let corner = outline.px_bounds().min;
            let (left, top) = (pos.0 + corner.x as i32, pos.1 + corner.y as i32);
            outline.draw(|x, y, cover| {
                if drawn.is_ok() && cover > 0.0 {
                    let colour = self.color().mix(f64::from(cover.min(1.0)));
                    drawn = draw(left + x as i32, top + y as i32, colour);
                }
            });
        }
        Ok(drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Type = Type { size: 100.0, bold: false, colour: Colour(0, 0, 0) };

    #[test]
    fn a_text_is_as_wide_as_its_letters_and_grows_with_its_size() {
        let fonts = Fonts::load().unwrap();
        let one = fonts.width("conflicts", PLAIN);
        assert!((one - 384.67).abs() < 0.1, "the sum of the font's own advances, not {one}");
        let half = fonts.width("conflicts", Type { size: 50.0, ..PLAIN });
        assert!((one / half - 2.0).abs() < 0.01);
        assert!(fonts.width("conflicts", Type { bold: true, ..PLAIN }) > one);
    }

    #[test]
    fn letters_stand_on_the_baseline() {
        let fonts = Fonts::load().unwrap();
        let (mut lowest, mut highest) = (0, i32::MAX);
        let mut see = |_, y: i32, _| -> Result<(), Infallible> {
            (lowest, highest) = (lowest.max(y), highest.min(y));
            Ok(())
        };
        fonts.style(PLAIN, Anchor::Start, 1.0).draw("H", (0, 0), &mut see).unwrap().unwrap();
        assert_eq!(lowest, 75, "the last row above the baseline");
        assert_eq!(highest, 4, "a capital of 0.71 em");
    }
}
