//! Answers that lie about themselves, byte by byte: a cut one is never a reading, an endless one ends.

use std::io::Write;

use coatcheck_domain::Clock;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const STOCK: &str = r#"{"Black":[{"size":"S","available":true}]}"#;
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// What a liar sends. Then it hangs up.
enum Lie {
    /// These bytes.
    Says(Vec<u8>),
    /// These bytes, then these again and again, with a pause before each time.
    Goes(Vec<u8>, Vec<u8>, Duration),
}

/// Says what comes of a shop that answers every request but that for robots.txt with this lie.
async fn told(lie: Lie) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let liar = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever is lied to may hang up.
            let _ = answer(stream, &lie).await;
        }
    });
    let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("a time")));
    let shops = reader(&at.to_string(), Leads(vec![]), &clock);
    let spec = SourceSpec::new(format!("http://{at}/stock").parse().expect("url"));
    let outcome = shops.read(&spec, &Unwatched).await;
    liar.abort();
    match outcome {
        Ok(ReadOutcome::Read(read)) => format!("a reading of {} variants", read.reading.products[0].variants.len()),
        Ok(ReadOutcome::NotModified { .. }) => "nothing new".to_owned(),
        Err(error) => error.to_string().replace(&at.to_string(), "SHOP"),
    }
}

async fn answer(mut stream: TcpStream, lie: &Lie) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    if request.starts_with(b"GET /robots.txt") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    }
    match lie {
        Lie::Says(bytes) => stream.write_all(bytes).await?,
        Lie::Goes(head, more, pause) => {
            stream.write_all(head).await?;
            loop {
                tokio::time::sleep(*pause).await;
                stream.write_all(more).await?;
            }
        }
    }
    // Nothing more will come, but what was sent arrives.
    stream.shutdown().await?;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.map(|_| ())
}

fn says(head: &str, body: impl AsRef<[u8]>) -> Lie {
    Lie::Says([format!("{HEAD}{head}\r\n").as_bytes(), body.as_ref()].concat())
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Each lie on a line, with what came of it.
async fn all(lies: Vec<(&str, Lie)>) -> String {
    let told = lies.into_iter().map(async |(name, lie)| format!("{name}: {}", told(lie).await));
    futures_util::future::join_all(told).await.join("\n")
}

#[tokio::test]
async fn lengths_that_lie_make_no_reading() {
    let length = STOCK.len();
    let half = &STOCK[..length / 2];
    let all = all(vec![
        ("true", says(&format!("content-length: {length}\r\n"), STOCK)),
        ("too long", says(&format!("content-length: {}\r\n", length + 1), STOCK)),
        ("too short", says(&format!("content-length: {}\r\n", length - 1), STOCK)),
        ("two lengths", says(&format!("content-length: {length}\r\ncontent-length: 7\r\n"), STOCK)),
        ("no number", says("content-length: many\r\n", STOCK)),
        ("negative", says("content-length: -1\r\n", STOCK)),
        ("beyond all", says("content-length: 99999999999999999999999\r\n", STOCK)),
        ("none, until the end", says("", STOCK)),
        ("none, half of it", says("", half)),
        ("HTTP/1.0, until the end", Lie::Says(format!("HTTP/1.0 200 OK\r\n\r\n{STOCK}").into_bytes())),
        ("HTTP/1.0, half of it", Lie::Says(format!("HTTP/1.0 200 OK\r\n\r\n{half}").into_bytes())),
        ("HTTP/0.9", Lie::Says(STOCK.as_bytes().to_vec())),
        ("no answer", Lie::Says(Vec::new())),
    ])
    .await;
    insta::assert_snapshot!(all, @"
    true: a reading of 1 variants
    too long: SHOP/stock: the answer broke off: end of file before message length reached
    too short: line 1 column 40: the JSON ends too early; the answer was cut
    two lengths: SHOP/stock: the answer broke off: invalid content-length parsed
    no number: SHOP/stock: the answer broke off: invalid content-length parsed
    negative: SHOP/stock: the answer broke off: invalid content-length parsed
    beyond all: SHOP/stock: the answer broke off: invalid content-length parsed
    none, until the end: a reading of 1 variants
    none, half of it: line 1 column 20: the JSON ends too early; the answer was cut
    HTTP/1.0, until the end: a reading of 1 variants
    HTTP/1.0, half of it: line 1 column 20: the JSON ends too early; the answer was cut
    HTTP/0.9: SHOP/stock: the answer broke off: invalid HTTP version parsed
    no answer: SHOP/stock: the answer broke off: connection closed before message completed
    ");
}

#[tokio::test]
async fn chunks_that_lie_make_no_reading() {
    let chunked = "transfer-encoding: chunked\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let whole = chunk(STOCK);
    let drops = STOCK.chars().map(|c| chunk(&c.to_string())).collect::<String>();
    let all = all(vec![
        ("true", says(chunked, format!("{whole}0\r\n\r\n"))),
        ("one byte each", says(chunked, format!("{drops}0\r\n\r\n"))),
        ("without an end", says(chunked, &whole)),
        ("with half an end", says(chunked, format!("{whole}0\r\n"))),
        ("a chunk too short", says(chunked, format!("ff\r\n{STOCK}\r\n0\r\n\r\n"))),
        ("no number", says(chunked, format!("zz\r\n{STOCK}\r\n0\r\n\r\n"))),
        ("beyond all", says(chunked, format!("fffffffffffffffff\r\n{STOCK}\r\n0\r\n\r\n"))),
        ("chunked and long", says(&format!("{chunked}content-length: 3\r\n"), format!("{whole}0\r\n\r\n"))),
        ("another coding", says("transfer-encoding: gzip\r\n", STOCK)),
    ])
    .await;
    insta::assert_snapshot!(all, @"
    true: a reading of 1 variants
    one byte each: a reading of 1 variants
    without an end: SHOP/stock: the answer broke off: unexpected EOF during chunk size line
    with half an end: SHOP/stock: the answer broke off: unexpected EOF during chunk size line
    a chunk too short: SHOP/stock: the answer broke off: end of file before message length reached
    no number: SHOP/stock: the answer broke off: Invalid chunk size line: missing size digit
    beyond all: SHOP/stock: the answer broke off: invalid chunk size: overflow
    chunked and long: a reading of 1 variants
    another coding: a reading of 1 variants
    ");
}

#[tokio::test]
async fn packed_answers_are_whole_or_nothing() {
    let (packed, gzip) = (gzipped(STOCK.as_bytes()), "content-encoding: gzip\r\n");
    let bomb = gzipped(&vec![b' '; 8 * 1024 * 1024]);
    let all = all(vec![
        ("true", says(gzip, &packed)),
        ("cut", says(gzip, &packed[..packed.len() - 9])),
        ("without its checksum", says(gzip, &packed[..packed.len() - 8])),
        ("not packed", says(gzip, STOCK)),
        ("packed in secret", says("", &packed)),
        ("packed twice", says("content-encoding: gzip, gzip\r\n", gzipped(&packed))),
        ("twice, said once", says(gzip, gzipped(&packed))),
        ("another packing", says("content-encoding: zstd\r\n", &packed)),
        ("8 MiB of nothing", says(gzip, &bomb)),
        ("a bomb in a bomb", says("content-encoding: gzip, gzip\r\n", gzipped(&bomb))),
        ("no brotli", says("content-encoding: br\r\n", &packed)),
    ])
    .await;
    insta::assert_snapshot!(all, @"
    true: a reading of 1 variants
    cut: SHOP/stock: the answer broke off: unexpected end of file
    without its checksum: SHOP/stock: the answer broke off: unexpected end of file
    not packed: SHOP/stock: the answer broke off: Invalid gzip header
    packed in secret: a reading of 1 variants
    packed twice: a reading of 1 variants
    twice, said once: a reading of 1 variants
    another packing: a reading of 1 variants
    8 MiB of nothing: SHOP/stock: the answer is larger than 1 MiB and was not read further
    a bomb in a bomb: SHOP/stock: the answer is larger than 1 MiB and was not read further
    no brotli: SHOP/stock: the answer broke off: brotli error
    ");
}

#[tokio::test]
async fn heads_without_measure_are_not_read_to_their_end() {
    let many = "x-a: b\r\n".repeat(200);
    let long = format!("x-a: {}\r\n", "b".repeat(1024 * 1024));
    let endless = |line: &str| Lie::Goes(HEAD.as_bytes().to_vec(), line.as_bytes().to_vec(), Duration::ZERO);
    let all = all(vec![
        ("many", says(&many, STOCK)),
        ("long", says(&long, STOCK)),
        ("endless lines", endless("x-a: b\r\n")),
        ("an endless line", endless("x-a-b-c-d-e-f")),
        ("continue, continue", Lie::Goes(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), Duration::ZERO)),
        ("a zero inside", says("x-a: b\0c\r\n", STOCK)),
        ("a folded line", says("x-a: b\r\n c: d\r\n", STOCK)),
    ])
    .await;
    // A head that is too long is cut by its bytes or by time, whichever comes first.
    let all = all.replace("the shop did not finish its answer in time", "ENOUGH");
    let all = all.replace("the answer broke off: message head is too large", "ENOUGH");
    insta::assert_snapshot!(all, @"
    many: SHOP/stock: ENOUGH
    long: SHOP/stock: ENOUGH
    endless lines: SHOP/stock: ENOUGH
    an endless line: SHOP/stock: ENOUGH
    continue, continue: SHOP/stock: ENOUGH
    a zero inside: SHOP/stock: the answer broke off: invalid HTTP header parsed
    a folded line: SHOP/stock: the answer broke off: invalid HTTP header parsed
    ");
}

/// Each byte comes in time, all of them do not.
#[tokio::test]
async fn drips_end_wherever_they_fall() {
    let pause = Duration::from_millis(30);
    let drip = |head: &str, more: &str| Lie::Goes(head.as_bytes().to_vec(), more.as_bytes().to_vec(), pause);
    let all = all(vec![
        ("in the status", drip("HTTP/1.1 20", "0")),
        ("in the head", drip(HEAD, "x-a: b\r\n")),
        ("in the body", drip(&format!("{HEAD}\r\n"), " ")),
        ("in the chunks", drip(&format!("{HEAD}transfer-encoding: chunked\r\n\r\n"), "1\r\n \r\n")),
    ])
    .await;
    insta::assert_snapshot!(all, @"
    in the status: SHOP/stock: the shop did not finish its answer in time
    in the head: SHOP/stock: the shop did not finish its answer in time
    in the body: SHOP/stock: the shop did not finish its answer in time
    in the chunks: SHOP/stock: the shop did not finish its answer in time
    ");
}

/// A chain of redirects, each slow but in time by itself, is given up as a whole: a claim lasts a minute.
#[tokio::test]
async fn a_slow_chain_of_redirects_is_given_up_as_a_whole() {
    let shop = Shop::serve(
        Router::new().fallback(|request: Request| async move {
            tokio::time::sleep(Duration::from_millis(700)).await;
            if request.uri().path() == "/robots.txt" { status(404) } else { with(302, "location", "/stock") }
        }),
        Arc::default(),
    )
    .await;
    let error = shop.read("/stock").await.expect_err("no end").to_string();
    assert!(error.ends_with("/stock: the shop did not finish its answer in time"), "{error}");
}

/// Lets time pass with each page, as a busy machine does.
struct Busy(Arc<ManualClock>);

#[async_trait]
impl Progress for Busy {
    async fn page(&self, _page: Page) -> ControlFlow<()> {
        self.0.advance(Duration::from_secs(3));
        ControlFlow::Continue(())
    }
}

/// What comes after the last byte (a queue, the reader's own work) does not make the reading younger.
#[tokio::test]
async fn a_reading_is_as_old_as_its_last_byte() {
    let shop = Shop::open(|_| json(products(0, 3))).await;
    let opened_at = shop.clock.now();
    let outcome = shop.shops.read(&SourceSpec::new(shop.url("/")), &Busy(Arc::clone(&shop.clock))).await;
    let Ok(ReadOutcome::Read(read)) = outcome else { panic!("{outcome:?}") };
    // The second page is the end of the list.
    assert_eq!(shop.clock.now() - opened_at, chrono::Duration::seconds(6));
    assert_eq!(read.received_at - opened_at, chrono::Duration::seconds(3));
}

#[tokio::test]
async fn every_charset_is_read_or_refused() {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let umlaut = STOCK.replace("Black", "Gr\u{fc}n");
    let latin1: Vec<u8> = umlaut.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    let product = "\u{FEFF}".to_owned() + PARKA;
    let typed = |kind: &str, body: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
        Lie::Says([head.as_bytes(), body].concat())
    };
    let all = all(vec![
        ("with a mark", typed("application/json", product.as_bytes())),
        ("UTF-16", typed("application/json", &utf16(&umlaut))),
        ("UTF-16 with a mark", typed("application/json", &utf16(&format!("\u{FEFF}{umlaut}")))),
        ("Latin-1", typed("application/json; charset=iso-8859-1", &latin1)),
        ("Latin-1 undeclared", typed("application/json", &latin1)),
        ("UTF-8 declared as Latin-1", typed("application/json; charset=iso-8859-1", umlaut.as_bytes())),
        ("null", typed("application/json", b"null")),
        ("true", typed("application/json", b"true")),
        ("text", typed("application/json", b"\"sold out\"")),
        ("{}", typed("application/json", b"{}")),
        ("[]", typed("application/json", b"[]")),
        ("[null]", typed("application/json", b"[null]")),
        ("nothing", typed("application/json", b"")),
        ("zeros", typed("application/json", &[0; 64])),
        ("a picture", typed("image/png", b"\x89PNG\r\n\x1a\n")),
    ])
    .await;
    insta::assert_snapshot!(all, @"
    with a mark: a reading of 1 variants
    UTF-16: a reading of 1 variants
    UTF-16 with a mark: a reading of 1 variants
    Latin-1: a reading of 1 variants
    Latin-1 undeclared: byte 4: this is not UTF-8, which is due here, and no other charset is declared
    UTF-8 declared as Latin-1: a reading of 1 variants
    null: no reader knows this document (null); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    true: no reader knows this document (true or false); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    text: no reader knows this document (text); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    {}: no reader knows this document (an empty object); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    []: no reader knows this document (an empty list); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    [null]: no reader knows this document (a list of 1, the first is null); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    nothing: SHOP/stock: expected a document but got an empty answer
    zeros: line 1 column 1: this is not JSON
    a picture: byte 0: this is not UTF-8, which is due here, and no other charset is declared
    ");
}
