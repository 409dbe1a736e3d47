//! A stop that clients try to hold up.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::healthy::Healthy;

fn stops_in_time(signal: Signal, words: &str) {
    let healthy = Healthy::beside(&[]);
    let running = healthy.serve(Stdio::null());
    let mut client = running.connect();
    client.write_all(words.as_bytes()).expect("sent");
    let _idle = running.connect();
    // The half request has arrived before the signal does.
    running.get("/healthz");
    let (status, took) = running.stop(signal);
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn half_a_head_does_not_hold_up_sigterm() {
    stops_in_time(Signal::TERM, "GET /healthz HTTP/1.1\r\nhost: ");
}

#[test]
fn half_a_body_does_not_hold_up_sigint() {
    stops_in_time(Signal::INT, "POST /hooks/telegram HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{");
}

#[test]
fn a_closed_terminal_is_a_graceful_stop() {
    stops_in_time(Signal::HUP, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
}
