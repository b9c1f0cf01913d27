//! The shapes of the layers, in the plot and before their entries in the legend.

use super::{BODY, Frame, SWATCH};
use crate::canvas::Canvas;
use crate::chart::{Colour, Column, Flag, Layer, Marks};
use crate::palette::PAPER;
use crate::picture::DrawError;
use plotters::prelude::DrawingBackend;

/// Width of the lines of data, and of the paper that sets them off from what they cross.
const STROKE: f64 = 3.5;
const HALO: f64 = 7.0;

/// Columns narrower than this stand without gaps: they are read as an area.
const GAPS_FROM: f64 = 6.0;

/// What happened for a moment only is still to be seen: no shape is narrower.
const WIDTH_MIN: f64 = 2.0;

/// Half the width of a triangle; the heights of the one that says least and of the one that says
/// most.
const FLAG_HALF: f64 = 8.0;
const FLAG_LOW: f64 = 9.0;
const FLAG_HIGH: f64 = 26.0;

/// Half the width of a dot.
const DOT: f64 = 9.0;

/// Distance between the lines of a hatched place.
const HATCH: f64 = 9.0;

/// Draws a layer into the plot.
pub(super) fn draw<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    layer: &Layer,
) -> Result<(), DrawError> {
    match &layer.marks {
        Marks::Columns(columns) => columns.iter().try_for_each(|c| column(canvas, frame, layer, c)),
        Marks::Line(pieces) => pieces.iter().try_for_each(|piece| {
            let points: Vec<_> = piece.iter().map(|&(x, y)| (frame.x(x), frame.y(y))).collect();
            canvas.path(&points, HALO, PAPER)?;
            canvas.path(&points, STROKE, layer.colour)
        }),
        Marks::Dots(dots) => {
            dots.iter().try_for_each(|&(x, y)| dot(canvas, (frame.x(x), frame.y(y)), layer.colour))
        }
        Marks::Area(pieces) => pieces.iter().try_for_each(|piece| {
            let (mut below, mut above): (Vec<_>, Vec<_>) = piece
                .iter()
                .map(|&(x, low, high)| ((frame.x(x), frame.y(low)), (frame.x(x), frame.y(high))))
                .unzip();
            above.reverse();
            below.extend(above);
            canvas.area(&below, layer.colour)
        }),
        Marks::Flags(flags) => row(canvas, frame, layer, flags),
        Marks::Bands(bands) => bands.iter().try_for_each(|&(from, to)| {
            let from = frame.x(from);
            let to = frame.x(to).max(from + WIDTH_MIN);
            canvas.rect((from, frame.top), (to, frame.bottom), layer.colour)
        }),
        Marks::Hatched(places) => places.iter().try_for_each(|place| {
            let left = frame.x(place.from);
            let right = frame.x(place.to).max(left + WIDTH_MIN);
            let corners = ((left, frame.y(place.top)), (right, frame.y(place.base)));
            hatched(canvas, corners, layer.colour)
        }),
    }
}

/// Draws what stands before a layer's words in the legend.
pub(super) fn swatch<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    layer: &Layer,
    x: f64,
    baseline: f64,
) -> Result<(), DrawError> {
    let middle = baseline - BODY.size * 0.34;
    let corners = ((x + 2.0, middle - 9.0), (x + 20.0, middle + 9.0));
    match &layer.marks {
        Marks::Columns(_) | Marks::Bands(_) => canvas.rect(corners.0, corners.1, layer.colour),
        Marks::Dots(_) => dot(canvas, (x + SWATCH / 2.0, middle), layer.colour),
        Marks::Area(_) => {
            let ((left, top), (right, bottom)) = corners;
            let all = [(left, top), (right, top), (right, bottom), (left, bottom)];
            canvas.area(&all, layer.colour)
        }
        Marks::Hatched(_) => hatched(canvas, corners, layer.colour),
        Marks::Line(_) => {
            let (top, bottom) = (middle - STROKE / 2.0, middle + STROKE / 2.0);
            canvas.rect((x, top), (x + SWATCH, bottom), layer.colour)
        }
        Marks::Flags(_) => {
            let tip = (x + SWATCH / 2.0, middle + 8.0);
            triangle(canvas, tip, (FLAG_HALF, 2.0 * FLAG_HALF), layer)
        }
    }
}

/// A round dot, set off from what it lies on.
fn dot<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    at: (f64, f64),
    colour: Colour,
) -> Result<(), DrawError> {
    canvas.circle(at, DOT + 2.0, PAPER)?;
    canvas.circle(at, DOT, colour)
}

fn column<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    layer: &Layer,
    column: &Column,
) -> Result<(), DrawError> {
    let (from, to) = (frame.x(column.from), frame.x(column.to));
    let gap = if to - from < GAPS_FROM { 0.0 } else { 1.0 };
    // One that would leave the plot for being too narrow begins earlier.
    let to = (to - gap).max(from + WIDTH_MIN).min(frame.right);
    let from = from.min(to - WIDTH_MIN);
    canvas.rect((from, frame.y(column.top)), (to, frame.y(column.base)), layer.colour)
}

/// Draws the row of triangles. Where they are close they get narrower, so that none hides another.
fn row<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    layer: &Layer,
    flags: &[Flag],
) -> Result<(), DrawError> {
    let most = flags.iter().map(|flag| flag.count).max().unwrap_or(0);
    let apart = flags.windows(2).map(|pair| frame.x(pair[1].at) - frame.x(pair[0].at));
    let half = apart.fold(2.0 * FLAG_HALF, f64::min).max(2.0 * WIDTH_MIN) / 2.0;
    flags.iter().try_for_each(|flag| {
        let share = flag.count as f64 / most.max(1) as f64;
        let height = if most > 1 { FLAG_LOW + (FLAG_HIGH - FLAG_LOW) * share } else { 16.0 };
        triangle(canvas, (frame.x(flag.at), frame.top - 4.0), (half, height), layer)
    })
}

/// A triangle that points down to `tip`.
fn triangle<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    (x, y): (f64, f64),
    (half, height): (f64, f64),
    layer: &Layer,
) -> Result<(), DrawError> {
    canvas.polygon(&[(x - half, y - height), (x + half, y - height), (x, y)], layer.colour)
}

/// Fills a rectangle with lines from the lower left to the upper right, and frames it.
pub(super) fn hatched<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    ((left, top), (right, bottom)): ((f64, f64), (f64, f64)),
    colour: Colour,
) -> Result<(), DrawError> {
    canvas.rect((left, top), (right, bottom), PAPER)?;
    let (width, height) = (right - left, bottom - top);
    let mut along = HATCH / 2.0;
    while along < width + height {
        // Both ends of the line whose lower end, were the place wide enough, is `along` its bottom.
        let low = (along.min(width), (along - width).max(0.0));
        let high = ((along - height).max(0.0), along.min(height));
        let (from, to) = ((left + low.0, top + low.1), (left + high.0, top + high.1));
        canvas.path(&[from, to], 1.5, colour)?;
        along += HATCH;
    }
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)];
    canvas.path(&corners, 2.0, colour)
}
