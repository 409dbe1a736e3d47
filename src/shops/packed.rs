//! Bodies that are packed and do not say so, or that are packed twice: their first bytes say what they are.

use std::io::Read;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::fetch_error::FetchErrorKind;
use super::memory::Share;

const GZIP: [u8; 3] = [0x1F, 0x8B, 0x08];
const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// Nobody packs a document more often in earnest.
const MOST_LAYERS: usize = 3;

/// Unpacked in pieces of this size; between two of them others have their turn.
const PIECE: usize = 64 * 1024;

/// The body unpacked, at most `cap` bytes of it, in memory of a new `share`.
///
/// # Errors
/// When it is larger, cut, packed over and over, or packed in a way that is not read; when others have all memory.
pub(super) async fn unpacked(mut body: Bytes, cap: usize, share: impl Fn() -> Share) -> Result<Bytes, FetchErrorKind> {
    for _ in 0..MOST_LAYERS {
        if body.starts_with(&ZSTD) {
            return Err(unreadable("compressed data (zstd) that is not declared as such"));
        }
        if !body.starts_with(&GZIP) {
            return Ok(body);
        }
        body = layer(&body, cap, share()).await?;
    }
    Err(unreadable("data that is compressed (gzip) again and again"))
}

async fn layer(packed: &[u8], cap: usize, mut share: Share) -> Result<Bytes, FetchErrorKind> {
    let mut decoder = MultiGzDecoder::new(packed);
    let (mut out, mut piece) = (Vec::new(), vec![0; PIECE]);
    loop {
        let read = decoder.read(&mut piece);
        let read =
            read.map_err(|why| FetchErrorKind::Broken(format!("it is compressed (gzip) and ends too early: {why}")))?;
        if read == 0 {
            return Ok(share.keep(Bytes::from(out)));
        }
        if out.len() + read > cap {
            return Err(FetchErrorKind::TooLarge { limit: cap });
        }
        share.grow(out.len() + read).await?;
        out.extend_from_slice(&piece[..read]);
        tokio::task::yield_now().await;
    }
}

fn unreadable(got: &str) -> FetchErrorKind {
    FetchErrorKind::WrongContent { expected: "a document", got: got.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::memory::Memory;
    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).expect("memory");
        encoder.finish().expect("memory")
    }

    async fn read(body: Vec<u8>) -> Result<Bytes, FetchErrorKind> {
        let memory = Memory::default();
        unpacked(Bytes::from(body), 1000, || memory.others()).await
    }

    #[tokio::test]
    async fn what_is_packed_without_a_word_is_unpacked_once_or_twice() {
        for body in [b"{}".to_vec(), gzip(b"{}"), gzip(&gzip(b"{}"))] {
            assert_eq!(read(body).await.as_deref(), Ok(&b"{}"[..]));
        }
    }

    #[tokio::test]
    async fn what_is_cut_a_bomb_or_packed_otherwise_is_an_error_that_says_so() {
        let whole = gzip(&(0..=255).collect::<Vec<u8>>());
        for (body, said) in [
            (whole[..whole.len() / 2].to_vec(), "compressed (gzip) and ends too early"),
            (gzip(&[b' '; 100_000]), "larger"),
            (gzip(&gzip(&gzip(&gzip(b"{}")))), "again and again"),
            ([&ZSTD[..], b"..."].concat(), "zstd"),
        ] {
            let error = read(body).await.expect_err(said).to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
