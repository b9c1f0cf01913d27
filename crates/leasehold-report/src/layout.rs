//! Where the words of a chart end up, and what is wrong with that: told without a picture.
//!
//! The drawing module puts a chart on a backend that draws nothing and remembers every text. Texts
//! are as wide as the widest font that a viewer may put in place of ours. So whoever makes a chart
//! can hold it to this: no two texts meet, none leaves the picture, and what is written into the
//! plot stays there.

use crate::canvas::Canvas;
use crate::chart::Chart;
use crate::draw;
use crate::picture::{DrawError, HEIGHT, WIDTH};
use plotters_backend::text_anchor::HPos;
use plotters_backend::{BackendColor, BackendCoord, BackendTextStyle};
use plotters_backend::{DrawingBackend, DrawingErrorKind};
use std::convert::Infallible;

/// How much wider than ours the widest usual font is.
const WIDER: f64 = 1.15;

/// A rectangle of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Its left edge.
    pub left: f64,
    /// Its upper edge.
    pub top: f64,
    /// Its right edge.
    pub right: f64,
    /// Its lower edge.
    pub bottom: f64,
}

impl Area {
    /// Whether two rectangles share more than an edge.
    fn meets(&self, other: &Area) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn holds(&self, other: &Area) -> bool {
        self.left <= other.left
            && other.right <= self.right
            && self.top <= other.top
            && other.bottom <= self.bottom
    }
}

/// A text of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedText {
    /// What is written: a long text is several of these, one for each line.
    pub text: String,
    /// Where.
    pub area: Area,
}

/// Where things are in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// The plot.
    pub plot: Area,
    /// Every text.
    pub texts: Vec<PlacedText>,
    /// Those of them that belong into the plot.
    inner: Vec<String>,
}

impl Chart {
    /// Where the texts of the chart's picture are.
    pub fn layout(&self) -> Result<Layout, DrawError> {
        let mut recorder = Recorder::default();
        let plot = draw::page(self, Canvas::new(&mut recorder, 1.0)?)?;
        let inner = self.words.iter().map(|word| &word.text).chain(&self.message);
        Ok(Layout { plot, texts: recorder.texts, inner: inner.cloned().collect() })
    }
}

impl Layout {
    /// What a reader would stumble over, a sentence each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = faults(&self.texts, HEIGHT);
        for PlacedText { text, area } in &self.texts {
            if self.inner.contains(text) && !self.plot.holds(area) {
                faults.push(format!("{text:?} leaves the plot"));
            }
        }
        faults
    }

    /// The texts of which something had to be left out.
    pub fn cut(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|placed| placed.text.as_str()).filter(|text| text.ends_with('…'))
    }
}

/// Texts that leave a picture of this height, or meet another one.
pub(crate) fn faults(texts: &[PlacedText], height: u32) -> Vec<String> {
    let (right, bottom) = (f64::from(WIDTH), f64::from(height));
    let page = Area { left: 0.0, top: 0.0, right, bottom };
    let mut faults = Vec::new();
    for (nth, PlacedText { text, area }) in texts.iter().enumerate() {
        if !page.holds(area) {
            faults.push(format!("{text:?} leaves the picture"));
        }
        let others = texts[nth + 1..].iter().filter(|other| area.meets(&other.area));
        faults.extend(others.map(|other| format!("{text:?} meets {:?}", other.text)));
    }
    faults
}

/// A backend that draws nothing and remembers every text's place.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) texts: Vec<PlacedText>,
}

impl DrawingBackend for Recorder {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        (WIDTH, HEIGHT)
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        _: BackendCoord,
        _: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_line<S: plotters_backend::BackendStyle>(
        &mut self,
        _: BackendCoord,
        _: BackendCoord,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_rect<S: plotters_backend::BackendStyle>(
        &mut self,
        _: BackendCoord,
        _: BackendCoord,
        _: &S,
        _: bool,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_path<S: plotters_backend::BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        _: I,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn fill_polygon<S: plotters_backend::BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        _: I,
        _: &S,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let size = style.layout_box(text).map(|(_, size)| size);
        let (width, height) = size.unwrap_or_default();
        let width = f64::from(width) * WIDER;
        let left = match style.anchor().h_pos {
            HPos::Left => f64::from(x),
            HPos::Center => f64::from(x) - width / 2.0,
            HPos::Right => f64::from(x) - width,
        };
        let (top, bottom) = (f64::from(y), f64::from(y + height));
        let area = Area { left, top, right: left + width, bottom };
        self.texts.push(PlacedText { text: text.to_owned(), area });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str, left: f64, top: f64) -> PlacedText {
        let area = Area { left, top, right: left + 10.0, bottom: top + 10.0 };
        PlacedText { text: text.to_owned(), area }
    }

    #[test]
    fn texts_that_meet_or_leave_the_picture_or_their_plot_are_faults() {
        let texts = [text("a", 0.0, 0.0), text("b", 9.0, 9.0), text("c", 19.0, 9.0)];
        assert_eq!(faults(&texts, 100), ["\"a\" meets \"b\""], "an edge is no overlap");
        assert_eq!(faults(&[text("a", -1.0, 0.0)], 100), ["\"a\" leaves the picture"]);
        assert_eq!(faults(&[text("a", 0.0, 91.0)], 100), ["\"a\" leaves the picture"]);
        let plot = Area { left: 50.0, top: 50.0, right: 90.0, bottom: 90.0 };
        let texts = vec![text("in", 50.0, 80.0), text("out", 45.0, 60.0), text("title", 5.0, 5.0)];
        let layout = Layout { plot, texts, inner: vec!["in".to_owned(), "out".to_owned()] };
        assert_eq!(layout.faults(), ["\"out\" leaves the plot"]);
    }
}
