//! A shop that is honest until it is told to turn.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) const HONEST: &str = r#"{"Black":[{"size":"M","available":false}]}"#;

/// What a shop answers with.
#[derive(Clone)]
pub(crate) struct Answer {
    content_type: &'static str,
    /// Compressed with gzip.
    body: Arc<[u8]>,
    /// Comes byte by byte, once so much has come at once.
    drips_after: Option<usize>,
}

impl Answer {
    pub(crate) fn new(content_type: &'static str, body: &[u8]) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(body).expect("memory");
        Self { content_type, body: gzip.finish().expect("memory").into(), drips_after: None }
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::new("application/json", body.as_bytes())
    }

    pub(crate) fn html(body: &str) -> Self {
        Self::new("text/html", body.as_bytes())
    }

    /// So many zeros, which fit into a thousandth of that.
    pub(crate) fn bomb(megabytes: usize) -> Self {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        let zeros = vec![b' '; 1024 * 1024];
        (0..megabytes).for_each(|_| gzip.write_all(&zeros).expect("memory"));
        Self { content_type: "application/json", body: gzip.finish().expect("memory").into(), drips_after: None }
    }

    /// Nearly all at once, and the rest never.
    pub(crate) fn dripping(body: &str) -> Self {
        let answer = Self::json(body);
        Self { drips_after: Some(answer.body.len() - 20), ..answer }
    }
}

/// The shop.
pub(crate) struct Hostile {
    host: String,
    answer: Arc<Mutex<Answer>>,
    asked: Arc<AtomicUsize>,
}

impl Hostile {
    pub(crate) fn open(honest: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        let answer = Arc::new(Mutex::new(honest));
        let asked = Arc::new(AtomicUsize::new(0));
        let (what, count) = (Arc::clone(&answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (what, count) = (Arc::clone(&what), Arc::clone(&count));
                // A client that goes away is what is hoped for.
                std::thread::spawn(move || drop(serve(stream, &what, &count)));
            }
        });
        Self { host, answer, asked }
    }

    pub(crate) fn host(&self) -> String {
        self.host.clone()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/stock.json", self.host)
    }

    /// From now on it answers so.
    pub(crate) fn turn(&self, answer: Answer) {
        *self.answer.lock().expect("nobody panics with it") = answer;
        self.asked.store(0, Ordering::SeqCst);
    }

    /// How often it was asked since it turned.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, answer: &Mutex<Answer>, asked: &AtomicUsize) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    if head.starts_with(b"GET /robots.txt") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let answer = answer.lock().expect("nobody panics with it").clone();
    asked.fetch_add(1, Ordering::SeqCst);
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        answer.content_type,
        answer.body.len()
    )?;
    let at_once = answer.drips_after.unwrap_or(answer.body.len());
    stream.write_all(&answer.body[..at_once])?;
    for byte in &answer.body[at_once..] {
        std::thread::sleep(Duration::from_secs(5));
        stream.write_all(&[*byte])?;
    }
    Ok(())
}
