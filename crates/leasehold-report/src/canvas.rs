//! Paper: a plotters backend that is spoken to in page units, so that SVG and PNG come from the
//! same strokes.
//!
//! The page is measured once, in units of an SVG pixel. A bitmap is drawn larger than that and
//! shrunk afterwards, which is how its slanted edges get smooth; `scale` is all that the drawing
//! has to know about it.

use crate::chart::Colour;
use crate::font::{Anchor, Fonts, Type};
use crate::picture::DrawError;
use plotters::prelude::{DrawingBackend, RGBColor};
use plotters::style::{Color, ShapeStyle};

/// A page to draw on.
pub(crate) struct Canvas<'a, DB> {
    backend: &'a mut DB,
    scale: f64,
    fonts: Fonts,
}

/// How much of what is behind an area it hides.
const AREA: f64 = 0.25;

/// A position on the page: right, down.
pub(crate) type Point = (f64, f64);

impl<'a, DB: DrawingBackend> Canvas<'a, DB> {
    /// Backend pixels per page unit: `scale`.
    pub(crate) fn new(backend: &'a mut DB, scale: f64) -> Result<Canvas<'a, DB>, DrawError> {
        let fonts = Fonts::load().map_err(|error| DrawError::Font(error.to_string()))?;
        backend.ensure_prepared().map_err(failed)?;
        Ok(Canvas { backend, scale, fonts })
    }

    /// To measure with.
    pub(crate) fn fonts(&self) -> &Fonts {
        &self.fonts
    }

    /// Fills a rectangle between two corners. One that rounds to nothing is not drawn.
    pub(crate) fn rect(&mut self, from: Point, to: Point, colour: Colour) -> Result<(), DrawError> {
        let (from, to) = (self.at(from), self.at(to));
        if from.0 == to.0 || from.1 == to.1 {
            return Ok(());
        }
        let upper_left = (from.0.min(to.0), from.1.min(to.1));
        let lower_right = (from.0.max(to.0), from.1.max(to.1));
        self.backend.draw_rect(upper_left, lower_right, &rgb(colour), true).map_err(failed)
    }

    /// Fills a shape.
    pub(crate) fn polygon(&mut self, points: &[Point], colour: Colour) -> Result<(), DrawError> {
        let points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        self.backend.fill_polygon(points, &rgb(colour)).map_err(failed)
    }

    /// Fills a circle.
    pub(crate) fn circle(
        &mut self,
        at: Point,
        radius: f64,
        colour: Colour,
    ) -> Result<(), DrawError> {
        let radius = (radius * self.scale).round().max(1.0) as u32;
        self.backend.draw_circle(self.at(at), radius, &rgb(colour), true).map_err(failed)
    }

    /// Fills a shape through which what is behind it can be seen.
    pub(crate) fn area(&mut self, points: &[Point], colour: Colour) -> Result<(), DrawError> {
        let points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        self.backend.fill_polygon(points, &rgb(colour).mix(AREA)).map_err(failed)
    }

    /// Draws a line through points.
    pub(crate) fn path(
        &mut self,
        points: &[Point],
        width: f64,
        colour: Colour,
    ) -> Result<(), DrawError> {
        let mut points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        points.dedup();
        let stroke_width = (width * self.scale).round().max(1.0) as u32;
        let style = ShapeStyle { color: rgb(colour).to_rgba(), filled: false, stroke_width };
        self.backend.draw_path(points, &style).map_err(failed)
    }

    /// Writes a text with its baseline at this height.
    pub(crate) fn text(
        &mut self,
        text: &str,
        at: Point,
        look: Type,
        anchor: Anchor,
    ) -> Result<(), DrawError> {
        let style = self.fonts.style(look, anchor, self.scale);
        let top = self.at((at.0, at.1 - style.ascent()));
        self.backend.draw_text(text, &style, top).map_err(failed)
    }

    /// Nothing is kept back after this.
    pub(crate) fn finish(self) -> Result<(), DrawError> {
        self.backend.present().map_err(failed)
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }
}

fn rgb(colour: Colour) -> RGBColor {
    RGBColor(colour.0, colour.1, colour.2)
}

fn failed(error: impl std::fmt::Display) -> DrawError {
    DrawError::Backend(error.to_string())
}
