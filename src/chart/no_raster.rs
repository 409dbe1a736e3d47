//! In place of `raster`, in a build without the feature `pictures`.

use super::{Chart, Preview};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[error("this build draws no pictures; build with `--features pictures`")]
pub struct NotDrawn;

/// No picture.
///
/// # Errors
/// Always; the words of a history are enough without it.
pub async fn render(_: Chart) -> Result<Vec<u8>, NotDrawn> {
    Err(NotDrawn)
}

/// No picture.
///
/// # Errors
/// Always; a link works without it.
pub async fn render_preview(_: Preview) -> Result<Vec<u8>, NotDrawn> {
    Err(NotDrawn)
}
