//! From SVG to PNG, with the bundled letters and at twice the size, for screens that show it sharp.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::Chart;
use super::labels::in_our_letters;
use super::letters::{FAMILY, FILES};

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
    Png(String),
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

pub(super) fn png(chart: &Chart) -> Result<Vec<u8>, NotDrawn> {
    let options =
        Options { fontdb: Arc::clone(&LETTERS), font_family: FAMILY.to_owned(), ..Options::default() };
    let tree = Tree::from_str(&in_our_letters(chart).svg(), &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE).unwrap_or(tree.size().to_int_size());
    let (width, height) = (size.width(), size.height());
    let mut pixels = Pixmap::new(width, height).ok_or(NotDrawn::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| NotDrawn::Png(error.to_string()))
}
