//! What a space-time diagram says, before anybody draws it.
//!
//! Time runs downwards, one row after the other, each as high as its words need; lanes stand side
//! by side. So nothing that is said overlaps, however close it was in time. Positions along the
//! lanes are in rows: 2.5 is halfway between the third row and the fourth.

use crate::chart::Colour;

/// A picture of what happened where, in which order, and what came of what.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagram {
    /// File name without its ending.
    pub slug: &'static str,
    /// What there is to see, in a sentence.
    pub title: String,
    /// What is drawn, and how it is to be read.
    pub subtitle: String,
    /// The names of the lanes, from left to right.
    pub lanes: Vec<String>,
    /// What happened, from top to bottom.
    pub rows: Vec<Row>,
    /// Stretches of a lane, from the back to the front.
    pub bars: Vec<Bar>,
    /// From one row's place to another's.
    pub arrows: Vec<Arrow>,
    /// The words of the legend, each with how its thing is drawn.
    pub legend: Vec<(Look, String)>,
    /// Where the facts come from, and what a careful reader needs to know besides.
    pub notes: Vec<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// When; empty if it is the moment of the row above.
    pub time: String,
    /// In which lane.
    pub lane: usize,
    /// What, in words.
    pub words: String,
    /// Whether it is what went wrong.
    pub fault: bool,
    /// Whether it is what came of it.
    pub finding: bool,
    /// How long nothing happened before it, if that is worth a mark.
    pub idle: Option<String>,
}

/// A stretch of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Which lane.
    pub lane: usize,
    /// From where, in rows.
    pub from: f64,
    /// To where; beyond the last row it goes on.
    pub to: f64,
    /// How it is drawn.
    pub look: Look,
}

/// An arrow from one lane to another: what is at its end came of what is at its beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The row where it begins.
    pub from: usize,
    /// The row where it ends; nothing if it never arrives.
    pub to: Option<usize>,
    /// The lane that it goes to.
    pub lane: usize,
    /// How it is drawn.
    pub line: Stroke,
}

/// The style of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A filled area of this colour.
    Solid(Colour),
    /// Filled with slanted lines.
    Hatched(Colour),
    /// An arrow.
    Arrow(Stroke),
}

/// The style of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// A call or a message.
    Goes,
    /// A message that is lost: it ends in a cross.
    Lost,
    /// What was waited for in vain, or is the reason otherwise.
    Reason,
}
