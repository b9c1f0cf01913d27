//! What a chart says, before anybody draws it.
//!
//! Positions are plain numbers in the axes' own units, already stacked and already binned; every
//! word that will be read is here. So a test can ask what a picture claims without looking at
//! pixels, and a new chart needs no new drawing code unless it needs a new kind of [`Marks`].

use std::borrow::Cow;

/// A picture with one plot: what it shows and how that is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// File name without its ending: lower case, no spaces, different for each chart.
    pub slug: Cow<'static, str>,
    /// What there is to see, in a sentence computed from the data.
    pub title: String,
    /// What is drawn, and over which bins it was counted.
    pub subtitle: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What is drawn, from the back to the front; also the legend, in this order.
    pub layers: Vec<Layer>,
    /// Instants that concern everything that is drawn.
    pub rules: Vec<Rule>,
    /// Written into the plot, each only if there is room for it.
    pub words: Vec<Word>,
    /// Said in the middle of the plot if there is nothing to draw.
    pub message: Option<String>,
    /// Where the numbers come from: scenario, protocol, seed, size, tool.
    pub source: String,
    /// What a careful reader needs to know besides.
    pub notes: Vec<String>,
}

/// An axis from zero on. Positions on it are linear; one that shows something else, such as
/// logarithms or a window of time, says so in its label and in its ticks, and which values its
/// positions are in its scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The quantity and its unit: `virtual time, minutes`.
    pub label: String,
    /// Where the axis ends; above zero.
    pub max: f64,
    /// Labelled positions.
    pub ticks: Vec<Tick>,
    /// Whether each tick names a lane, one unit high and with the tick in its middle, instead of a
    /// value. Grid lines then run between lanes.
    pub lanes: bool,
    /// What its positions are.
    pub scale: Scale,
}

/// Which value a position on an axis is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// As far from the beginning as the position says.
    Linear {
        /// The value at the beginning.
        from: f64,
    },
    /// The beginning times ten, as many times as the position says.
    Log {
        /// The value at the beginning.
        from: f64,
    },
    /// None: each position is the middle of the place of a name, which is a tick's.
    Names,
    /// A logarithm that has a zero: units, one more of them each time ten, less one.
    LogOfMore {
        /// Below so much it is nearly linear.
        unit: f64,
    },
}

impl Scale {
    /// The value at a position.
    pub(crate) fn value(self, position: f64) -> f64 {
        match self {
            Scale::Linear { from } => from + position,
            Scale::Names => position,
            Scale::Log { from } => from * 10_f64.powf(position),
            Scale::LogOfMore { unit } => unit * (10_f64.powf(position) - 1.0),
        }
    }

    /// Where a value is: before the beginning too, where it is drawn at the edge.
    pub(crate) fn position(self, value: f64) -> f64 {
        match self {
            Scale::Linear { from } => value - from,
            Scale::Names => value,
            Scale::Log { from } => (value / from).log10(),
            Scale::LogOfMore { unit } => (value.max(0.0) / unit + 1.0).log10(),
        }
    }
}

/// A labelled position on an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The position, in the axis's unit.
    pub at: f64,
    /// What is written there.
    pub label: String,
}

/// One thing that is drawn, and its entry in the legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its words in the legend, with the total over the whole run. Empty if it has no entry,
    /// because it belongs to another layer.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// Its shapes.
    pub marks: Marks,
}

impl Layer {
    /// How far up its shapes reach; zero if they have nothing to do with the vertical axis.
    pub(crate) fn top(&self) -> f64 {
        match &self.marks {
            Marks::Columns(columns) | Marks::Hatched(columns) => {
                columns.iter().map(|column| column.top).fold(0.0, f64::max)
            }
            Marks::Dots(dots) => dots.iter().map(|dot| dot.1).fold(0.0, f64::max),
            Marks::Line(pieces) => pieces.iter().flatten().map(|point| point.1).fold(0.0, f64::max),
            Marks::Area(pieces) => pieces.iter().flatten().map(|point| point.2).fold(0.0, f64::max),
            Marks::Flags(_) | Marks::Bands(_) => 0.0,
        }
    }
}

/// The shapes of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Marks {
    /// Filled columns; a stack is several layers of them, each standing on the one before.
    Columns(Vec<Column>),
    /// A line, in as many pieces as it has gaps; each through its points of (x, y), left to right.
    Line(Vec<Vec<(f64, f64)>>),
    /// Small triangles in a row of their own above the plot: that something happened; the higher,
    /// the more often.
    Flags(Vec<Flag>),
    /// Shaded stretches of the horizontal axis, over the whole height, behind the grid.
    Bands(Vec<(f64, f64)>),
    /// Dots of one size, each at its point of (x, y).
    Dots(Vec<(f64, f64)>),
    /// What lies between two lines, in as many pieces as it has gaps; each through its points of
    /// (x, lower y, upper y), left to right. What is behind it shines through.
    Area(Vec<Vec<(f64, f64, f64)>>),
    /// Rectangles filled with slanted lines: that something was not as it should be.
    Hatched(Vec<Column>),
}

/// A filled rectangle between two positions on each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Left edge.
    pub from: f64,
    /// Right edge.
    pub to: f64,
    /// Lower edge.
    pub base: f64,
    /// Upper edge.
    pub top: f64,
}

/// Something that happened, once or several times, about here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flag {
    /// Where, on the horizontal axis.
    pub at: f64,
    /// How often.
    pub count: u64,
}

/// A vertical line at an instant, with its name at the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Where, on the horizontal axis.
    pub at: f64,
    /// What happened then.
    pub label: String,
}

/// A text in the plot, in the middle of the place that it is about, or else just above or below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// The rectangle that it is about.
    pub place: Column,
    /// How much of the vertical axis is free above the place, and again below.
    pub beside: f64,
    /// What is written.
    pub text: String,
    /// Its colour inside its place. Beside it, where paper is, it has that of all texts.
    pub colour: Colour,
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);
