//! Charts as files would hold them: SVG text and PNG bytes, in memory.

use crate::canvas::Canvas;
use crate::chart::Chart;
use crate::draw;
use plotters::prelude::{BitMapBackend, SVGBackend};
use std::fmt;

/// Width of every picture, in pixels.
pub const WIDTH: u32 = 1_600;

/// Height of every picture, in pixels.
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

impl Chart {
    /// The chart as an SVG document.
    pub fn svg(&self) -> Result<String, DrawError> {
        let mut text = String::new();
        let mut backend = SVGBackend::with_string(&mut text, (WIDTH, HEIGHT));
        draw::page(self, Canvas::new(&mut backend, 1.0)?)?;
        drop(backend);
        Ok(text)
    }

    /// The chart as a PNG image.
    pub fn png(&self) -> Result<Vec<u8>, DrawError> {
        let (width, height) = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING);
        let mut pixels = vec![0xFF; (width * height * 3) as usize];
        let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        draw::page(self, Canvas::new(&mut backend, f64::from(OVERSAMPLING))?)?;
        drop(backend);
        encode(&shrink(&pixels)).map_err(|error| DrawError::Encoding(error.to_string()))
    }
}

/// Each pixel the mean of those that it was drawn with.
fn shrink(large: &[u8]) -> Vec<u8> {
    let n = OVERSAMPLING as usize;
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let mut small = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let at = |i: usize| ((y * n + i / n) * width * n + x * n + i % n) * 3 + channel;
                let sum: usize = (0..n * n).map(|i| usize::from(large[at(i)])).sum();
                small.push((sum / (n * n)) as u8);
            }
        }
    }
    small
}

fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
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
