//! As little HTTP/1.1 as our requests need: kept connections, bodies with a length, nothing else.

use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request.
pub(crate) struct Asked<'a> {
    /// Like `GET`.
    pub(crate) method: &'a str,
    /// Path and query.
    pub(crate) path: &'a str,
    /// Does it bring a validator?
    pub(crate) conditional: bool,
    /// When its first byte was here.
    pub(crate) first_byte: Instant,
}

/// What a server says.
pub(crate) trait Answers: Send + Sync + 'static {
    /// A whole answer, head and body.
    fn answer(&self, asked: &Asked<'_>) -> Vec<u8>;

    /// The answer's last byte was given to the kernel.
    fn answered(&self, _asked: &Asked<'_>, _at: Instant) {}
}

/// Answers every connection until it is dropped.
pub(crate) async fn serve(listener: TcpListener, answers: Arc<dyn Answers>) {
    while let Ok((stream, _)) = listener.accept().await {
        let answers = Arc::clone(&answers);
        // A broken connection is its caller's affair.
        tokio::spawn(async move { connection(stream, &*answers).await.ok() });
    }
}

async fn connection(mut stream: TcpStream, answers: &dyn Answers) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut heard: Vec<u8> = Vec::with_capacity(1024);
    let mut first_byte = None;
    loop {
        let Some((head, length)) = complete(&heard) else {
            if stream.read_buf(&mut heard).await? == 0 {
                return Ok(());
            }
            first_byte.get_or_insert_with(Instant::now);
            continue;
        };
        let text = String::from_utf8_lossy(&heard[..head]).into_owned();
        let mut words = text.split(' ');
        let asked = Asked {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            conditional: header(&text, "if-none-match").is_some(),
            first_byte: first_byte.take().unwrap_or_else(Instant::now),
        };
        stream.write_all(&answers.answer(&asked)).await?;
        answers.answered(&asked, Instant::now());
        heard.drain(..length);
    }
}

/// Where the head ends and where the request does, once all of it is here.
fn complete(heard: &[u8]) -> Option<(usize, usize)> {
    let head = heard.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&heard[..head]).unwrap_or_default();
    let body = header(text, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    (heard.len() >= head + body).then_some((head, head + body))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then(|| value.trim()))
}

/// A whole answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()).into_bytes()
}
