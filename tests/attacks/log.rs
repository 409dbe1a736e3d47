//! A log that cannot be written.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use crate::healthy::Healthy;

/// Everything goes on, and a stop is a stop.
async fn goes_on(stderr: Stdio, level: &str) {
    let healthy = Healthy::beside(&[]).with("COATCHECK_LOG", level);
    let running = healthy.serve(stderr);
    healthy.is_served(&running).await;
    let (status, took) = running.stop(Signal::TERM);
    assert_eq!(status.code(), Some(0), "{status}");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test]
async fn a_full_log_disk_stops_nothing() {
    goes_on(File::options().write(true).open("/dev/full").expect("Linux has one").into(), "debug").await;
}

#[tokio::test]
async fn a_log_whose_reader_is_gone_stops_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    goes_on(Stdio::from(OwnedFd::from(writer)), "debug").await;
}

#[tokio::test]
async fn a_log_whose_reader_does_not_read_stops_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    goes_on(Stdio::from(OwnedFd::from(writer)), "trace").await;
    drop(reader);
}
