//! A gzip bomb, made without packing all it unpacks to: one packed block, said again and again.

use std::io::{self, Write};

use axum::body::Body;
use bytes::Bytes;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use futures_util::stream;

/// What one block unpacks to. Whole blocks only: the last one may be more than was asked for.
const BLOCK: usize = 1 << 20;
/// Deflate, no flags, no time, any system (RFC 1952, 2.3).
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// An empty last block (RFC 1951, 3.2.6).
const END: [u8; 2] = [3, 0];

/// A body that unpacks to at least `bytes` blanks.
pub(super) fn body(bytes: u64) -> Body {
    let blanks = vec![b' '; BLOCK];
    // Writing to memory does not fail; if it did, an empty bomb would fail the test that ordered it.
    let packed = packed(&blanks).map(Bytes::from).unwrap_or_default();
    let blocks = bytes.div_ceil(BLOCK as u64);
    let parts = std::iter::once(Bytes::from_static(&HEAD))
        .chain((0..blocks).map(move |_| packed.clone()))
        .chain(std::iter::once(tail(&blanks, blocks)));
    Body::from_stream(stream::iter(parts.map(Ok::<_, io::Error>)))
}

/// One block that ends on a byte and refers to nothing before itself, so that it can be repeated.
fn packed(blanks: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(blanks)?;
    encoder.flush()?;
    Ok(encoder.get_ref().clone())
}

/// The end: checksum and size (modulo 2^32) of all that unpacks.
fn tail(blanks: &[u8], blocks: u64) -> Bytes {
    let (mut one, mut all) = (Crc::new(), Crc::new());
    one.update(blanks);
    (0..blocks).for_each(|_| all.combine(&one));
    [&END[..], &all.sum().to_le_bytes(), &all.amount().to_le_bytes()].concat().into()
}
