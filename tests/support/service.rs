//! A running `coatcheck serve`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::process::Command;

use super::Process;

/// The service, running.
pub(crate) struct Service {
    process: Process,
    address: String,
}

impl Service {
    /// Waits until it says where it listens: from then on every loop runs.
    #[track_caller]
    pub(crate) fn start(command: Command) -> Self {
        let process = Process::start(command);
        let line = process.wait_for_log("health=http://");
        let (_, rest) = line.split_once("health=http://").expect("just found");
        let address = rest.split('/').next().expect("a split has a first part").to_owned();
        Self { process, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Asks for a page: its status line and its body.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> (String, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address))
    }

    /// Posts JSON: the status line and the body of the answer.
    #[track_caller]
    pub(crate) fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> (String, String) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        self.ask(&format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}",
            self.address
        ))
    }

    #[track_caller]
    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("it answers");
        let (head, body) = text.split_once("\r\n\r\n").expect("an HTTP answer");
        (head.lines().next().unwrap_or_default().to_owned(), body.to_owned())
    }

    /// See [`Process::kill9`].
    pub(crate) fn kill9(self) -> Vec<String> {
        self.process.kill9()
    }

    /// See [`Process::stop`].
    #[track_caller]
    pub(crate) fn stop(self) -> std::process::ExitStatus {
        self.process.stop()
    }
}

impl Deref for Service {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.process
    }
}

impl DerefMut for Service {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}
