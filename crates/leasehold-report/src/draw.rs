//! One page for every chart: words above, the plot between, where the numbers come from below.
//!
//! ```text
//! title
//! subtitle
//! legend
//! unit of y     name of a rule
//!               flags
//! ticks of y | plot
//!              ticks and label of x
//! source, notes
//! ```
//!
//! The words take the height they need, the plot has the rest. Texts are laid out a little wider
//! than they are, because whoever looks at an SVG may not have the font.

pub(crate) mod diagram;
mod marks;

use crate::canvas::Canvas;
use crate::chart::{Axis, Chart, Layer, Marks, Rule, Word};
use crate::font::{Anchor, Fonts, Type};
use crate::layout::Area;
use crate::palette::{GRID, INK, PAPER, SOFT_INK};
use crate::picture::{DrawError, HEIGHT, WIDTH};
use plotters::prelude::DrawingBackend;

const TITLE: Type = Type { size: 40.0, bold: true, colour: INK };
const BODY: Type = Type { size: 25.0, bold: false, colour: INK };
const QUIET: Type = Type { size: 25.0, bold: false, colour: SOFT_INK };
const SMALL: Type = Type { size: 20.0, bold: false, colour: SOFT_INK };
const MESSAGE: Type = Type { size: 32.0, bold: false, colour: SOFT_INK };

/// Empty paper at the edges.
const MARGIN: f64 = 50.0;

/// The least between a text and the edge of the picture.
const EDGE: f64 = 4.0;

/// The least between two labels of an axis.
const GAP: f64 = 8.0;

/// The width of a line of text.
const ROOM: f64 = WIDTH as f64 - 2.0 * MARGIN;

/// How much wider another font may be: DejaVu Sans, the widest of the usual ones, is 15 % wider
/// than Roboto.
const SLACK: f64 = 1.16;

/// The width of a label of the vertical axis, at the most.
const LABEL_MAX: f64 = ROOM / 3.0;

/// Lines that a text may take before it is cut off.
const LINES_MAX: usize = 2;

/// Distance between baselines, in font sizes.
const LEADING: f64 = 1.36;

/// The square before a legend entry, and the paper after it.
const SWATCH: f64 = 22.0;
const SWATCH_GAP: f64 = 12.0;
const ENTRY_GAP: f64 = 20.0;

/// Height of the row of triangles.
const FLAGS: f64 = 30.0;

/// Where the plot is, and where data goes in it.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x_max: f64,
    y_max: f64,
}

/// Draws a chart on an empty page; says where its plot is.
pub(crate) fn page<DB: DrawingBackend>(
    chart: &Chart,
    mut canvas: Canvas<'_, DB>,
) -> Result<Area, DrawError> {
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    canvas.rect((0.0, 0.0), (width, height), PAPER)?;
    let mut y = MARGIN - 12.0;
    y = title(&mut canvas, &chart.title, y)?;
    y = text(&mut canvas, &chart.subtitle, y + 2.0, QUIET)?;
    y = legend(&mut canvas, &chart.layers, y + 14.0)?;
    let foot = foot(&mut canvas, chart, height - 28.0)?;

    canvas.text(&chart.y.label, (MARGIN, y + 34.0), QUIET, Anchor::Start)?;
    let label = canvas.fonts().width(&chart.y.label, QUIET) * SLACK;
    y += 44.0;
    let flags = chart.layers.iter().any(|layer| matches!(layer.marks, Marks::Flags(_)));
    let labels = chart.y.ticks.iter().map(|tick| {
        let label = short(canvas.fonts(), &tick.label, QUIET, LABEL_MAX);
        canvas.fonts().width(&label, QUIET)
    });
    let left = MARGIN + labels.fold(0.0, f64::max) * SLACK + 14.0;
    let mut frame = Frame {
        left,
        right: width - MARGIN,
        top: 0.0,
        bottom: foot - 92.0,
        x_max: chart.x.max,
        y_max: chart.y.max,
    };
    // The name of a rule may stand in the same row as the unit, unless they would meet.
    let clear = MARGIN + label + 24.0;
    let names = chart.rules.iter().map(|rule| rule_name(canvas.fonts(), &frame, rule).1);
    let beside = names.fold(f64::INFINITY, f64::min) > clear;
    let names_at = if beside || chart.rules.is_empty() { y - 10.0 } else { y + 22.0 };
    frame.top = names_at + 24.0 + if flags { FLAGS - 8.0 } else { 0.0 };

    let behind = |layer: &&Layer| matches!(layer.marks, Marks::Bands(_));
    for layer in chart.layers.iter().filter(behind) {
        marks::draw(&mut canvas, &frame, layer)?;
    }
    axes(&mut canvas, &frame, &chart.x, &chart.y)?;
    for layer in chart.layers.iter().filter(|layer| !behind(layer)) {
        marks::draw(&mut canvas, &frame, layer)?;
    }
    let mut taken = Vec::new();
    for entry in &chart.words {
        word(&mut canvas, &frame, entry, &mut taken)?;
    }
    canvas.rect((frame.left, frame.bottom), (frame.right, frame.bottom + 2.0), INK)?;
    for entry in &chart.rules {
        rule(&mut canvas, &frame, entry, names_at)?;
    }
    if let Some(words) = &chart.message {
        message(&mut canvas, &frame, words)?;
    }
    canvas.finish()?;
    let Frame { left, top, right, bottom, .. } = frame;
    Ok(Area { left, top, right, bottom })
}

/// The sizes of a title, the first in which it fits into its lines, and how many those may be.
const TITLES: [(f64, usize); 3] = [(TITLE.size, 2), (32.0, 3), (26.0, 4)];

/// The letters of a title: it is a sentence, and must not be cut off; so a long one is smaller.
fn title_look(fonts: &Fonts, title: &str) -> (Type, usize) {
    let look = |(size, most)| (Type { size, ..TITLE }, most);
    let fits = |(look, most): &(Type, usize)| {
        let lines = wrap(fonts, title, *look, (ROOM, *most));
        lines.last().is_none_or(|line| !line.ends_with('…'))
    };
    let looks = TITLES.map(look);
    looks.into_iter().find(fits).unwrap_or(look(TITLES[2]))
}

/// Writes a title below `y`; says where it ends.
fn title<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    title: &str,
    y: f64,
) -> Result<f64, DrawError> {
    let (look, most) = title_look(canvas.fonts(), title);
    lines(canvas, title, y, look, most)
}

/// Writes a text below `y`, over as many lines as it may need; says where it ends.
fn text<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    text: &str,
    y: f64,
    look: Type,
) -> Result<f64, DrawError> {
    lines(canvas, text, y, look, LINES_MAX)
}

/// Writes a text below `y`, over so many lines at the most; says where it ends.
fn lines<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    text: &str,
    y: f64,
    look: Type,
    most: usize,
) -> Result<f64, DrawError> {
    let mut end = y;
    for line in wrap(canvas.fonts(), text, look, (ROOM, most)) {
        canvas.text(&line, (MARGIN, end + look.size), look, Anchor::Start)?;
        end += look.size * LEADING;
    }
    Ok(end)
}

/// Writes source and notes so that the last line ends at `bottom`; says where the first one begins.
fn foot<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    chart: &Chart,
    bottom: f64,
) -> Result<f64, DrawError> {
    let texts = chart.notes.iter().chain([&chart.source]);
    let lines = texts.flat_map(|text| wrap(canvas.fonts(), text, SMALL, (ROOM, LINES_MAX)));
    let lines: Vec<String> = lines.collect();
    let top = bottom - lines.len() as f64 * SMALL.size * LEADING;
    for (i, line) in lines.iter().enumerate() {
        let baseline = top + i as f64 * SMALL.size * LEADING + SMALL.size;
        canvas.text(line, (MARGIN, baseline), SMALL, Anchor::Start)?;
    }
    Ok(top)
}

/// What may follow a number, and is not parted from it.
const UNITS: [&str; 5] = ["ms", "s", "min", "h", "%"];

fn is_number(word: &str) -> bool {
    word.ends_with(|c: char| c.is_ascii_digit())
}

/// Breaks a text between words into lines of this width, and so many at the most; the last line is
/// cut off if there is still more.
fn wrap(fonts: &Fonts, text: &str, look: Type, (room, most): (f64, usize)) -> Vec<String> {
    let fits = |line: &str| fonts.width(line, look) * SLACK <= room;
    let mut lines: Vec<String> = Vec::new();
    let mut words = text.split(' ').peekable();
    while let Some(word) = words.next() {
        let last = lines.len() == most;
        // A number stays with its unit.
        let unit = words.peek().filter(|next| {
            is_number(word) && UNITS.contains(&next.trim_end_matches([',', ';', '.']))
        });
        let whole = unit.map_or(word.to_owned(), |unit| format!("{word} {unit}"));
        match lines.last_mut() {
            Some(line) if last || fits(&format!("{line} {whole}")) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    for line in &mut lines {
        if !fits(line) {
            while !fits(&format!("{line}…")) && line.pop().is_some() {}
            line.push('…');
        }
    }
    lines
}

/// A text that fits on a line of this width: cut off if need be.
fn short(fonts: &Fonts, text: &str, look: Type, room: f64) -> String {
    wrap(fonts, text, look, (room, 1)).pop().unwrap_or_default()
}

/// Draws an entry for each layer, from left to right and in further rows if need be; says where the
/// last one ends.
fn legend<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    layers: &[Layer],
    y: f64,
) -> Result<f64, DrawError> {
    let (mut x, mut row) = (MARGIN, y);
    let mut entries = layers.iter().filter(|layer| !layer.label.is_empty()).peekable();
    if entries.peek().is_none() {
        return Ok(y);
    }
    for layer in entries {
        let label = short(canvas.fonts(), &layer.label, BODY, ROOM - SWATCH - SWATCH_GAP);
        let width = SWATCH + SWATCH_GAP + canvas.fonts().width(&label, BODY) * SLACK;
        if x > MARGIN && x + width > f64::from(WIDTH) - MARGIN {
            (x, row) = (MARGIN, row + BODY.size * LEADING);
        }
        marks::swatch(canvas, layer, x, row + BODY.size - 1.0)?;
        let baseline = row + BODY.size;
        canvas.text(&label, (x + SWATCH + SWATCH_GAP, baseline), BODY, Anchor::Start)?;
        x += width + ENTRY_GAP;
    }
    Ok(row + BODY.size * LEADING)
}

/// Draws the grid, the ticks and their labels, and the label of the horizontal axis.
fn axes<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    x: &Axis,
    y: &Axis,
) -> Result<(), DrawError> {
    let look = tick_look(frame, y);
    for tick in &y.ticks {
        let line = frame.y(if y.lanes { tick.at - 0.5 } else { tick.at });
        canvas.rect((frame.left, line - 0.5), (frame.right, line + 1.0), GRID)?;
        let baseline = frame.y(tick.at) + look.size * 0.36;
        let label = short(canvas.fonts(), &tick.label, QUIET, LABEL_MAX);
        canvas.text(&label, (frame.left - 14.0, baseline), look, Anchor::End)?;
    }
    // Where numbers are long a label may have no room beside the one before: its tick says enough.
    let mut free = f64::NEG_INFINITY;
    for tick in &x.ticks {
        let (at, below) = (frame.x(tick.at), frame.bottom + 2.0);
        canvas.rect((at - 1.0, below), (at + 1.0, below + 8.0), INK)?;
        // The last one may be too wide to have its middle there.
        let half = canvas.fonts().width(&tick.label, QUIET) * SLACK / 2.0;
        let middle = at.min(f64::from(WIDTH) - EDGE - half);
        if middle - half >= free {
            canvas.text(&tick.label, (middle, below + 34.0), QUIET, Anchor::Middle)?;
            free = middle + half + GAP;
        }
    }
    let middle = (frame.left + frame.right) / 2.0;
    canvas.text(&x.label, (middle, frame.bottom + 70.0), QUIET, Anchor::Middle)
}

/// The letters of the vertical axis: smaller ones where lanes are narrow.
fn tick_look(frame: &Frame, y: &Axis) -> Type {
    let lane = (frame.bottom - frame.top) / y.max;
    if y.lanes && lane < QUIET.size * LEADING { SMALL } else { QUIET }
}

/// Writes a text into the middle of its place if it fits, or else above or below that, wherever no
/// other one is yet; nowhere, if there is one everywhere. What is taken so far: left, right, middle
/// line.
fn word<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    word: &Word,
    taken: &mut Vec<[f64; 3]>,
) -> Result<(), DrawError> {
    let place = &word.place;
    let (left, right) = (frame.x(place.from), frame.x(place.to));
    let (top, bottom) = (frame.y(place.top), frame.y(place.base));
    let look = Type { colour: word.colour, ..SMALL };
    let width = canvas.fonts().width(&word.text, look) * SLACK + 8.0;
    let middle = (left + right) / 2.0;
    if width <= right - left && look.size <= bottom - top {
        let y = (top + bottom) / 2.0;
        if !take(taken, [middle - width / 2.0, middle + width / 2.0, y], look.size) {
            return Ok(());
        }
        return canvas.text(&word.text, (middle, y + look.size * 0.36), look, Anchor::Middle);
    }
    let room = frame.y(0.0) - frame.y(word.beside);
    if room < look.size * 1.2 {
        return Ok(());
    }
    let (least, most) = (frame.left + width / 2.0, frame.right - width / 2.0);
    let middle = middle.min(most).max(least);
    for y in [top - room / 2.0, bottom + room / 2.0] {
        if take(taken, [middle - width / 2.0, middle + width / 2.0, y], look.size) {
            let look = Type { colour: INK, ..look };
            return canvas.text(&word.text, (middle, y + look.size * 0.36), look, Anchor::Middle);
        }
    }
    Ok(())
}

/// Takes a place for a line of text so high, unless part of it is taken.
fn take(taken: &mut Vec<[f64; 3]>, place: [f64; 3], height: f64) -> bool {
    let [from, to, y] = place;
    let meets = |[l, r, line]: &[f64; 3]| from < *r && *l < to && (y - line).abs() < height;
    let free = !taken.iter().any(meets);
    if free {
        taken.push(place);
    }
    free
}

/// Draws the dashed line of a rule, with its name on that side where there is more room.
fn rule<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    rule: &Rule,
    baseline: f64,
) -> Result<(), DrawError> {
    let x = frame.x(rule.at);
    let mut y = baseline - 18.0;
    while y < frame.bottom {
        canvas.rect((x - 1.0, y), (x + 1.0, (y + 9.0).min(frame.bottom)), INK)?;
        y += 15.0;
    }
    let (anchor, _) = rule_name(canvas.fonts(), frame, rule);
    let at = if anchor == Anchor::Start { x + 10.0 } else { x - 10.0 };
    canvas.text(&rule.label, (at, baseline), QUIET, anchor)
}

/// Writes a text in the middle of the plot, on clean paper.
fn message<DB: DrawingBackend>(
    canvas: &mut Canvas<'_, DB>,
    frame: &Frame,
    words: &str,
) -> Result<(), DrawError> {
    let (x, y) = ((frame.left + frame.right) / 2.0, (frame.top + frame.bottom) / 2.0);
    let half = canvas.fonts().width(words, MESSAGE) * SLACK / 2.0 + 16.0;
    canvas.rect((x - half, y - MESSAGE.size * 1.2), (x + half, y + MESSAGE.size * 0.7), PAPER)?;
    canvas.text(words, (x, y), MESSAGE, Anchor::Middle)
}

/// On which side of its line the name of a rule goes, and where it then begins.
fn rule_name(fonts: &Fonts, frame: &Frame, rule: &Rule) -> (Anchor, f64) {
    let width = fonts.width(&rule.label, QUIET) * SLACK;
    let x = frame.x(rule.at);
    match x + 10.0 + width <= frame.right {
        true => (Anchor::Start, x - 1.0),
        false => (Anchor::End, x - 10.0 - width),
    }
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * share(value, self.x_max)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * share(value, self.y_max)
    }
}

/// How far along its axis a value is; what lies outside is drawn at the edge.
fn share(value: f64, max: f64) -> f64 {
    if max > 0.0 { (value / max).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests;
