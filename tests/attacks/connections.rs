//! Clients that take and do not give.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::healthy::{Healthy, Running};

const CROWD: usize = 1000;

/// How many connections the service ends of those that are open.
fn ended(connections: &mut [TcpStream]) -> usize {
    let mut byte = [0];
    let is_ended = |stream: &mut TcpStream| {
        stream.set_nonblocking(true).expect("it is open");
        match stream.read(&mut byte) {
            Ok(count) => count == 0,
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    };
    connections.iter_mut().map(is_ended).filter(|is_ended| *is_ended).count()
}

fn crowd(running: &Running, first_words: &str) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = running.connect();
        // It may be thrown out while it says so.
        let _ = stream.write_all(first_words.as_bytes());
        stream
    };
    (0..CROWD).map(connect).collect()
}

#[tokio::test]
async fn a_thousand_silent_connections_keep_nobody_out() {
    let healthy = Healthy::beside(&[]);
    let running = healthy.serve(Stdio::null());
    let mut silent = crowd(&running, "");
    healthy.is_served(&running).await;
    assert!(running.files() < 700, "{} files open", running.files());
    assert!(ended(&mut silent) >= CROWD - 512);
}

#[tokio::test]
async fn a_thousand_half_requests_keep_nobody_out_and_end_by_themselves() {
    let healthy = Healthy::beside(&[]);
    let running = healthy.serve(Stdio::null());
    let mut half = crowd(&running, "GET /healthz HTTP/1.1\r\nhost:");
    healthy.is_served(&running).await;
    let began = Instant::now();
    while ended(&mut half) < CROWD {
        assert!(began.elapsed() < Duration::from_secs(15), "{} of {CROWD} ended", ended(&mut half));
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let healthy = Healthy::beside(&[]);
    let running = healthy.serve(Stdio::null());
    let mut stream = running.connect();
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{}", "x-filler: 0123456789\r\n".repeat(100_000));
    // The rest is not taken any more.
    let _ = stream.write_all(head.as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    healthy.is_served(&running).await;
}

#[tokio::test]
async fn clients_that_read_no_answers_cost_little() {
    let healthy = Healthy::beside(&[]);
    let running = healthy.serve(Stdio::null());
    let requests = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(400);
    let mut deaf = Vec::new();
    for _ in 0..50 {
        let mut stream = running.connect();
        stream.set_write_timeout(Some(Duration::from_millis(20))).expect("a time limit");
        let _ = stream.write_all(requests.as_bytes());
        deaf.push(stream);
    }
    healthy.is_served(&running).await;
}

/// Bodies as large as any that is read, signed by nobody: each is read no further than the memory for such ones goes.
#[tokio::test]
async fn a_thousand_large_bodies_cost_little() {
    let healthy = Healthy::beside(&[])
        .with("PUBLIC_URL", "https://coat.example")
        .with("TWILIO_ACCOUNT_SID", "AC1")
        .with("TWILIO_AUTH_TOKEN", "token")
        .with("TWILIO_FROM", "+14155550100")
        .with("TWILIO_API_BASE", "http://127.0.0.1:9");
    let running = healthy.serve(Stdio::null());
    let body = "x".repeat(250_000);
    let post = |signature: &str| {
        format!("POST /hooks/twilio/sms HTTP/1.1\r\nhost: x\r\n{signature}content-length: 262144\r\n\r\n{body}")
    };
    let mut unsigned = running.connect();
    let _ = unsigned.write_all(post("").as_bytes());
    let mut answer = [0; 12];
    unsigned.read_exact(&mut answer).expect("an answer before the end of the body");
    assert_eq!(&answer, b"HTTP/1.1 403");
    let forged = crowd(&running, &post("x-twilio-signature: AAAA\r\n"));
    healthy.is_served(&running).await;
    drop(forged);
}
