//! What a chart says, before anybody draws it.
//!
//! Positions are plain numbers in the axes' own units, already stacked and already binned; every
//! word that will be read is here. So a test can ask what a picture claims without looking at
//! pixels, and a new chart needs no new drawing code unless it needs a new kind of [`Marks`].

/// A picture with one plot: what it shows and how that is to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// File name without its ending: lower case, no spaces, different for each chart.
    pub slug: &'static str,
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
    /// Said in the middle of the plot if there is nothing to draw.
    pub message: Option<String>,
    /// Where the numbers come from: scenario, protocol, seed, size, tool.
    pub source: String,
    /// What a careful reader needs to know besides.
    pub notes: Vec<String>,
}

/// A linear axis that begins at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The quantity and its unit: `virtual time, minutes`.
    pub label: String,
    /// Where the axis ends; above zero.
    pub max: f64,
    /// Labelled positions, ascending, from zero.
    pub ticks: Vec<Tick>,
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
    /// Its words in the legend, with the total over the whole run.
    pub label: String,
    /// Its colour.
    pub colour: Colour,
    /// Its shapes.
    pub marks: Marks,
}

/// The shapes of a layer.
#[derive(Clone, Debug, PartialEq)]
pub enum Marks {
    /// Filled columns; a stack is several layers of them, each standing on the one before.
    Columns(Vec<Column>),
    /// A line, in as many pieces as it has gaps; each through its points of (x, y), left to right.
    Line(Vec<Vec<(f64, f64)>>),
    /// Small triangles in a row of their own above the plot: that something happened, not how much.
    Flags(Vec<Flag>),
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

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);
