//! From SVG to PNG, with the bundled letters and at twice the size, for screens that show it sharp.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::labels::in_our_letters;
use super::letters::{FAMILY, FILES};
use super::{Chart, Preview};

/// Pixels per unit.
const SCALE: f32 = 2.0;

/// Only our own letters: a picture looks the same on every machine.
static LETTERS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut letters = Database::new();
    for file in FILES {
        letters.load_font_source(Source::Binary(Arc::new(file)));
    }
    Arc::new(letters)
});

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum NotDrawn {
    /// The SVG could not be read back.
    #[error("the picture's SVG cannot be read: {0}")]
    Svg(#[from] resvg::usvg::Error),
    /// No memory for so many pixels.
    #[error("a picture of {width} × {height} pixels cannot be held")]
    Size {
        /// Across.
        width: u32,
        /// Down.
        height: u32,
    },
    /// The pixels could not be written as PNG.
    #[error("the picture cannot be written as PNG: {0}")]
    Png(#[from] png::EncodingError),
    /// The thread that drew is gone.
    #[error("the picture's drawing was cut off: {0}")]
    CutOff(#[from] tokio::task::JoinError),
}

/// The picture as a PNG file, 800 pixels wide; drawn beside the asynchronous threads, for it takes tens of milliseconds.
///
/// # Errors
/// [`NotDrawn`]; the words of a history are enough without it.
pub async fn render(chart: Chart) -> Result<Vec<u8>, NotDrawn> {
    tokio::task::spawn_blocking(move || png(&chart)).await?
}

/// A preview as a PNG file, 1200 × 630 pixels.
///
/// # Errors
/// [`NotDrawn`]; a link works without it.
pub async fn render_preview(preview: Preview) -> Result<Vec<u8>, NotDrawn> {
    tokio::task::spawn_blocking(move || png_of(&preview.svg())).await?
}

pub(super) fn png(chart: &Chart) -> Result<Vec<u8>, NotDrawn> {
    png_of(&in_our_letters(chart).svg())
}

fn png_of(svg: &str) -> Result<Vec<u8>, NotDrawn> {
    let options = Options { fontdb: Arc::clone(&LETTERS), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).unwrap_or(tree.size().to_int_size());
    let (width, height) = (size.width(), size.height());
    let mut pixels = Pixmap::new(width, height).ok_or(NotDrawn::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    Ok(written(&pixels)?)
}

/// Flat colours and soft edges are about a hundred colours: with a palette the file is half as large.
fn written(pixels: &Pixmap) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width(), pixels.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    if let Some((palette, indices)) = indexed(pixels) {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_palette(palette);
        encoder.write_header()?.write_image_data(&indices)?;
    } else {
        encoder.set_color(png::ColorType::Rgb);
        let colours: Vec<u8> = colours(pixels).flatten().collect();
        encoder.write_header()?.write_image_data(&colours)?;
    }
    Ok(file)
}

/// The colours, and for each pixel which one it has; nothing when there are more than a palette holds.
fn indexed(pixels: &Pixmap) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut palette, mut known) = (Vec::new(), HashMap::new());
    let mut indices = Vec::with_capacity(pixels.pixels().len());
    let mut last = None;
    for colour in colours(pixels) {
        // Most pixels have their neighbour's colour.
        let index = match last {
            Some((of_last, index)) if of_last == colour => index,
            _ => u8::try_from(entry(&mut known, &mut palette, colour)).ok()?,
        };
        last = Some((colour, index));
        indices.push(index);
    }
    Some((palette, indices))
}

/// The card covers all of it, so no pixel is see-through.
fn colours(pixels: &Pixmap) -> impl Iterator<Item = [u8; 3]> {
    pixels.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
}

/// The number of this colour, which is a new one if it is not known yet.
fn entry(known: &mut HashMap<[u8; 3], usize>, palette: &mut Vec<u8>, colour: [u8; 3]) -> usize {
    let next = known.len();
    let index = *known.entry(colour).or_insert(next);
    if index == next {
        palette.extend(colour);
    }
    index
}
