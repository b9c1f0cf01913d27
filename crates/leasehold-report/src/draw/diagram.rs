//! One page for a space-time diagram: lanes on the left, what happened in them on the right, row by
//! row.
//!
//! ```text
//! title
//! subtitle
//! legend
//!          s6     datastore     s7
//!   8.1 s  o-------->|           |     The datastore takes s6's acquire
//!   65 s   /         /           /     nothing happens
//!  73.2 s  |         |           o     The player comes to s7
//! notes
//! ```

use super::{
    BODY, LINES_MAX, MARGIN, QUIET, ROOM, SLACK, SMALL, marks, text, title, title_look, wrap,
};
use crate::canvas::{Canvas, Point};
use crate::chart::Colour;
use crate::diagram::{Arrow, Diagram, Look, Row, Stroke};
use crate::font::{Anchor, Fonts, Type};
use crate::palette::{BLACK, GREY, INK, PAPER, SOFT_INK, TINT, VERMILION};
use crate::picture::{DrawError, WIDTH};
use plotters::prelude::DrawingBackend;

/// The letters of the rows.
const WORDS: Type = Type { size: 23.0, bold: false, colour: INK };
const LOUD: Type = Type { size: 23.0, bold: true, colour: VERMILION };
const NAME: Type = Type { size: 25.0, bold: true, colour: INK };
const TIME: Type = Type { size: 20.0, bold: false, colour: SOFT_INK };

/// Height of a row of one line, of each further line, and of a mark for idle time.
const ROW: f64 = 34.0;
const LINE: f64 = 28.0;
const IDLE: f64 = 34.0;

/// Lines that the words of a row may take.
const ROW_LINES: usize = 4;

/// Room for the time of a row, which ends there: `12,345.678 s` fits.
const TIMES: f64 = 120.0;

/// Where the lanes begin, and how much room they have at the most, each and together.
const LANES_FROM: f64 = MARGIN + TIMES + 24.0;
const LANE_MAX: f64 = 170.0;
const LANE_WIDE: f64 = 140.0;
const LANES_ALL: f64 = 600.0;

/// Half the width of a bar; of a dot; of the head of an arrow, and its length.
const BAR: f64 = 9.0;
const DOT: f64 = 6.0;
const HEAD: (f64, f64) = (5.5, 14.0);

/// How far below the last row the lanes go on.
const TAIL: f64 = 26.0;

/// Where everything is.
struct Layout {
    /// The middle of each lane.
    lanes: Vec<f64>,
    /// Where words begin.
    words: f64,
    top: f64,
    /// The middle of the first line of each row, and its lines.
    rows: Vec<(f64, Vec<String>)>,
    bottom: f64,
    notes: Vec<String>,
    height: f64,
}

impl Layout {
    fn new(fonts: &Fonts, diagram: &Diagram) -> Layout {
        let apart = (LANES_ALL / diagram.lanes.len().max(1) as f64).min(LANE_MAX);
        let middle = |nth: usize| LANES_FROM + apart * (nth as f64 + 0.5);
        let lanes: Vec<f64> = (0..diagram.lanes.len()).map(middle).collect();
        let words = LANES_FROM + apart * lanes.len() as f64 + 10.0;
        let room = f64::from(WIDTH) - MARGIN - words;
        let (look_of_title, most) = title_look(fonts, &diagram.title);
        let title = wrap(fonts, &diagram.title, look_of_title, (ROOM, most)).len() as f64;
        let subtitle = wrap(fonts, &diagram.subtitle, QUIET, (ROOM, LINES_MAX)).len() as f64;
        let leading = super::LEADING;
        let above = title * look_of_title.size * leading + subtitle * QUIET.size * leading;
        let top = MARGIN + above + BODY.size * leading + 74.0;
        let mut y = top;
        let mut rows = Vec::new();
        for row in &diagram.rows {
            y += if row.idle.is_some() { IDLE } else { 0.0 };
            let lines = wrap(fonts, &row.words, look(row), (room, ROW_LINES));
            rows.push((y + ROW / 2.0, lines.clone()));
            y += ROW + LINE * (lines.len() as f64 - 1.0);
        }
        let notes: Vec<String> = diagram
            .notes
            .iter()
            .flat_map(|note| wrap(fonts, note, SMALL, (ROOM, LINES_MAX)))
            .collect();
        let bottom = y + TAIL;
        let height = bottom + 30.0 + notes.len() as f64 * SMALL.size * leading + 24.0;
        Layout { lanes, words, top, rows, bottom, notes, height }
    }

    /// A place along the lanes, in rows.
    fn y(&self, rows: f64) -> f64 {
        let last = self.rows.len().saturating_sub(1);
        if rows < 0.0 {
            return self.top - 8.0;
        }
        let (whole, part) = (rows.floor() as usize, rows.fract());
        if whole >= last {
            return if rows > last as f64 { self.bottom } else { self.rows[last].0 };
        }
        let (from, to) = (self.rows[whole].0, self.rows[whole + 1].0);
        from + (to - from) * part
    }
}

fn look(row: &Row) -> Type {
    if row.fault || row.finding { LOUD } else { WORDS }
}

/// How high the page is.
pub(crate) fn height(diagram: &Diagram) -> Result<u32, DrawError> {
    let fonts = Fonts::load().map_err(|error| DrawError::Font(error.to_string()))?;
    Ok(Layout::new(&fonts, diagram).height.ceil() as u32)
}

/// Draws a diagram on an empty page of its height.
pub(crate) fn page<DB: DrawingBackend>(
    diagram: &Diagram,
    mut canvas: Canvas<'_, DB>,
) -> Result<(), DrawError> {
    let layout = Layout::new(canvas.fonts(), diagram);
    canvas.rect((0.0, 0.0), (f64::from(WIDTH), layout.height.ceil()), PAPER)?;
    let mut y = MARGIN - 12.0;
    y = title(&mut canvas, &diagram.title, y)?;
    y = text(&mut canvas, &diagram.subtitle, y + 2.0, QUIET)?;
    legend(&mut canvas, diagram, y + 14.0)?;
    grounds(&mut canvas, diagram, &layout)?;
    lanes(&mut canvas, diagram, &layout)?;
    for arrow in &diagram.arrows {
        draw_arrow(&mut canvas, diagram, &layout, arrow)?;
    }
    for (row, (y, lines)) in diagram.rows.iter().zip(&layout.rows) {
        draw_row(&mut canvas, &layout, row, *y, lines)?;
    }
    let mut y = layout.bottom + 30.0;
    for note in &layout.notes {
        canvas.text(note, (MARGIN, y + SMALL.size), SMALL, Anchor::Start)?;
        y += SMALL.size * super::LEADING;
    }
    canvas.finish()
}

/// Shades the rows of faults, and marks where nothing happens.
fn grounds<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    diagram: &Diagram,
    layout: &Layout,
) -> Result<(), DrawError> {
    for (row, (y, lines)) in diagram.rows.iter().zip(&layout.rows) {
        let top = y - ROW / 2.0;
        let bottom = top + ROW + LINE * (lines.len() as f64 - 1.0);
        let right = f64::from(WIDTH) - MARGIN;
        if row.fault {
            canvas.rect((MARGIN - 12.0, top), (right + 12.0, bottom), TINT)?;
        }
    }
    Ok(())
}

fn lanes<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    diagram: &Diagram,
    layout: &Layout,
) -> Result<(), DrawError> {
    let narrow = layout.lanes.windows(2).any(|pair| pair[1] - pair[0] < LANE_WIDE);
    for (name, x) in diagram.lanes.iter().zip(&layout.lanes) {
        // The longest of the names is known, and can be said in fewer letters.
        let name = if narrow && name == "datastore" { "store" } else { name };
        canvas.text(name, (*x, layout.top - 18.0), NAME, Anchor::Middle)?;
        canvas.rect((x - 1.0, layout.top - 8.0), (x + 1.0, layout.bottom), GREY)?;
    }
    for bar in &diagram.bars {
        let x = layout.lanes[bar.lane];
        let corners = ((x - BAR, layout.y(bar.from)), (x + BAR, layout.y(bar.to)));
        match bar.look {
            Look::Solid(colour) => canvas.rect(corners.0, corners.1, colour)?,
            Look::Hatched(colour) => marks::hatched(canvas, corners, colour)?,
            Look::Arrow(_) => {}
        }
    }
    for (row, (y, _)) in diagram.rows.iter().zip(&layout.rows) {
        let Some(idle) = &row.idle else { continue };
        let middle = y - ROW / 2.0 - IDLE / 2.0;
        for x in &layout.lanes {
            torn(canvas, (*x, middle))?;
        }
        let at = (MARGIN + TIMES, middle + TIME.size * 0.36);
        canvas.text(&format!("+ {idle}"), at, TIME, Anchor::End)?;
    }
    Ok(())
}

/// A lane is torn: time is left out.
fn torn<DB: DrawingBackend>(canvas: &mut Canvas<'_, DB>, (x, y): Point) -> Result<(), DrawError> {
    let wave = |up: f64| {
        let points: [Point; 4] = [
            (x - 16.0, y + 4.0 + up),
            (x - 5.0, y - 4.0 + up),
            (x + 5.0, y + 4.0 + up),
            (x + 16.0, y - 4.0 + up),
        ];
        points
    };
    let (above, below) = (wave(-4.0), wave(4.0));
    let gap: Vec<Point> = above.into_iter().chain(below.into_iter().rev()).collect();
    canvas.polygon(&gap, PAPER)?;
    canvas.path(&above, 1.5, GREY)?;
    canvas.path(&below, 1.5, GREY)
}

fn draw_row<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    layout: &Layout,
    row: &Row,
    y: f64,
    lines: &[String],
) -> Result<(), DrawError> {
    let x = layout.lanes[row.lane];
    let loud = row.fault || row.finding;
    if !row.finding {
        dot(canvas, (x, y), if loud { VERMILION } else { BLACK })?;
    }
    let baseline = y + WORDS.size * 0.36;
    canvas.text(&row.time, (MARGIN + TIMES, baseline), TIME, Anchor::End)?;
    for (nth, line) in lines.iter().enumerate() {
        let at = (layout.words, baseline + LINE * nth as f64);
        canvas.text(line, at, look(row), Anchor::Start)?;
    }
    Ok(())
}

fn dot<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    at: Point,
    colour: Colour,
) -> Result<(), DrawError> {
    canvas.polygon(&disc(at, DOT + 2.0), PAPER)?;
    canvas.polygon(&disc(at, DOT), colour)
}

fn disc((x, y): Point, radius: f64) -> Vec<Point> {
    let corner = |nth: u32| {
        let angle = std::f64::consts::TAU * f64::from(nth) / 16.0;
        (x + radius * angle.cos(), y + radius * angle.sin())
    };
    (0..16).map(corner).collect()
}

fn draw_arrow<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    diagram: &Diagram,
    layout: &Layout,
    arrow: &Arrow,
) -> Result<(), DrawError> {
    let from = (layout.lanes[diagram.rows[arrow.from].lane], layout.rows[arrow.from].0);
    let to_x = layout.lanes[arrow.lane];
    let to = match arrow.to {
        Some(row) => (to_x, layout.rows[row].0),
        None => (from.0 + (to_x - from.0) * 0.6, from.1 + 4.0),
    };
    line(canvas, from, to, arrow.line)
}

/// An arrow from one point to another; a lost one ends in a cross.
fn line<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    from: Point,
    to: Point,
    line: Stroke,
) -> Result<(), DrawError> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).sqrt().max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let along = |far: f64| (from.0 + ux * far, from.1 + uy * far);
    let end = length - if line == Stroke::Lost { 0.0 } else { DOT + 2.0 };
    let colour = match line {
        Stroke::Goes => INK,
        Stroke::Lost | Stroke::Reason => VERMILION,
    };
    if line == Stroke::Reason {
        let mut at = DOT;
        while at < end - HEAD.1 {
            canvas.path(&[along(at), along((at + 8.0).min(end - HEAD.1))], 2.0, colour)?;
            at += 14.0;
        }
    } else {
        let stop = if line == Stroke::Lost { end } else { end - HEAD.1 / 2.0 };
        canvas.path(&[along(0.0), along(stop)], 2.5, colour)?;
    }
    let (tip, back) = (along(end), along(end - HEAD.1));
    if line == Stroke::Lost {
        let arm = |sx: f64, sy: f64| (tip.0 + sx * 8.0, tip.1 + sy * 8.0);
        canvas.path(&[arm(-1.0, -1.0), arm(1.0, 1.0)], 3.5, colour)?;
        return canvas.path(&[arm(-1.0, 1.0), arm(1.0, -1.0)], 3.5, colour);
    }
    let side = |way: f64| (back.0 - uy * HEAD.0 * way, back.1 + ux * HEAD.0 * way);
    canvas.polygon(&[tip, side(1.0), side(-1.0)], colour)
}

fn legend<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    diagram: &Diagram,
    y: f64,
) -> Result<(), DrawError> {
    let (mut x, middle) = (MARGIN, y + BODY.size * 0.66);
    for (look, words) in &diagram.legend {
        let wide = match look {
            Look::Solid(colour) => {
                canvas.rect((x + 2.0, middle - 9.0), (x + 20.0, middle + 9.0), *colour)?;
                22.0
            }
            Look::Hatched(colour) => {
                let corners = ((x + 2.0, middle - 9.0), (x + 20.0, middle + 9.0));
                marks::hatched(canvas, corners, *colour)?;
                22.0
            }
            Look::Arrow(kind) => {
                line(canvas, (x, middle), (x + 46.0, middle), *kind)?;
                50.0
            }
        };
        x += wide + 12.0;
        canvas.text(words, (x, y + BODY.size), BODY, Anchor::Start)?;
        x += canvas.fonts().width(words, BODY) * SLACK + 20.0;
    }
    Ok(())
}
