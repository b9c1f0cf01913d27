//! Charts as files would hold them: SVG text and PNG bytes, in memory.

use crate::canvas::Canvas;
use crate::chart::Chart;
use crate::diagram::Diagram;
use crate::draw;
use crate::font::FAMILY;
use plotters::prelude::{BitMapBackend, DrawingBackend, SVGBackend};
use std::fmt;

/// Width of every picture, in pixels.
pub const WIDTH: u32 = 1_600;

/// Height of every chart, in pixels. A diagram is as high as its rows are many.
pub const HEIGHT: u32 = 900;

/// A bitmap is drawn this many times larger and then shrunk: that smooths edges.
const OVERSAMPLING: u32 = 2;

/// A picture that could not be made. Nothing of it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawError {
    /// The font that comes with the program cannot be read.
    Font(String),
    /// The drawing library refused a stroke.
    Backend(String),
    /// The pixels could not be coded as PNG.
    Encoding(String),
}

/// Something that fills a page.
trait Page {
    fn draw<DB: DrawingBackend>(&self, canvas: Canvas<'_, DB>) -> Result<(), DrawError>;
}

impl Page for Chart {
    fn draw<DB: DrawingBackend>(&self, canvas: Canvas<'_, DB>) -> Result<(), DrawError> {
        draw::page(self, canvas).map(|_| ())
    }
}

impl Page for Diagram {
    fn draw<DB: DrawingBackend>(&self, canvas: Canvas<'_, DB>) -> Result<(), DrawError> {
        draw::diagram::page(self, canvas)
    }
}

impl Chart {
    /// The chart as an SVG document.
    pub fn svg(&self) -> Result<String, DrawError> {
        svg(self, HEIGHT)
    }

    /// The chart as a PNG image.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        png(self, HEIGHT)
    }
}

impl Diagram {
    /// The diagram as an SVG document.
    pub fn svg(&self) -> Result<String, DrawError> {
        svg(self, draw::diagram::height(self)?)
    }

    /// The diagram as a PNG image.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        png(self, draw::diagram::height(self)?)
    }
}

fn svg(page: &impl Page, height: u32) -> Result<String, DrawError> {
    let mut text = String::new();
    let mut backend = SVGBackend::with_string(&mut text, (WIDTH, height));
    page.draw(Canvas::new(&mut backend, 1.0)?)?;
    drop(backend);
    Ok(compact(&text))
}

/// The same drawing with what is said of each element, and is always the same, said once or not at
/// all. What is text in it has no quotes, so nothing of it is taken for an attribute.
fn compact(svg: &str) -> String {
    let font = format!(" font-family=\"{}\"", FAMILY.replace('\'', "&apos;"));
    let usual = [" opacity=\"1\"", " stroke=\"none\"", font.as_str()];
    let bare = usual.iter().fold(svg.to_owned(), |text, usual| text.replace(usual, ""));
    bare.replacen(" xmlns=", &format!("{font} xmlns="), 1)
}

fn png(page: &impl Page, height: u32) -> Result<Vec<u8>, DrawError> {
    let large = (WIDTH * OVERSAMPLING, height * OVERSAMPLING);
    let mut pixels = vec![0xFF; (large.0 * large.1 * 3) as usize];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, large);
    page.draw(Canvas::new(&mut backend, f64::from(OVERSAMPLING))?)?;
    drop(backend);
    let small = shrink(&pixels, (WIDTH as usize, height as usize));
    encode(&small, (WIDTH, height)).map_err(|error| DrawError::Encoding(error.to_string()))
}

/// Each pixel the mean of those that it was drawn with: two times two.
fn shrink(large: &[u8], (width, height): (usize, usize)) -> Vec<u8> {
    const { assert!(OVERSAMPLING == 2) };
    let line = width * 2 * 3;
    let mut small = Vec::with_capacity(width * height * 3);
    for lines in large.chunks_exact(line * 2) {
        let (upper, lower) = lines.split_at(line);
        let (upper, lower) = (upper.as_chunks::<6>().0, lower.as_chunks::<6>().0);
        for (up, low) in upper.iter().zip(lower) {
            let mean = |nth: usize| {
                let all = [up[nth], up[nth + 3], low[nth], low[nth + 3]];
                (all.map(u16::from).iter().sum::<u16>() / 4) as u8
            };
            small.extend([mean(0), mean(1), mean(2)]);
        }
    }
    small
}

fn encode(pixels: &[u8], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Somebody waits for them: by this a picture has some 180 kB and is coded in 5 ms, and not in
    // 25 ms with half of the bytes. Drawings are flat, so that most of what a filter leaves is 0.
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::FilterType::Paeth);
    encoder.set_adaptive_filter(png::AdaptiveFilterType::NonAdaptive);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

impl fmt::Display for DrawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DrawError::Font(why) => write!(f, "the chart's font cannot be read: {why}"),
            DrawError::Backend(why) => write!(f, "the chart cannot be drawn: {why}"),
            DrawError::Encoding(why) => write!(f, "the chart cannot be coded as PNG: {why}"),
        }
    }
}

impl std::error::Error for DrawError {}
