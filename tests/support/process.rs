//! A child process whose lines are read while it runs, and that does not outlive the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::{PATIENCE, until};

/// Lines that came so far.
type Lines = Arc<Mutex<Vec<String>>>;

/// A running program.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    out: Lines,
    err: Lines,
    /// Reads standard output to its end.
    reader: Option<JoinHandle<()>>,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let (out, reader) = collect(child.stdout.take().expect("it is piped"));
        let (err, _) = collect(child.stderr.take().expect("it is piped"));
        let stdin = child.stdin.take();
        Self { child, stdin, out, err, reader: Some(reader) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The lines of standard output so far.
    pub(crate) fn out(&self) -> Vec<String> {
        self.out.lock().expect("no reader panics").clone()
    }

    /// The lines of standard error so far.
    pub(crate) fn err(&self) -> Vec<String> {
        self.err.lock().expect("no reader panics").clone()
    }

    /// How many lines of standard output hold these words.
    pub(crate) fn said(&self, words: &str) -> usize {
        self.out().iter().filter(|line| line.contains(words)).count()
    }

    /// Types a line.
    #[track_caller]
    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("nobody closed it");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("it listens");
    }

    /// Waits for a line of standard output with these words.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> String {
        self.wait_in(&self.out, words)
    }

    /// Waits for a line of standard error with these words.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, words: &str) -> String {
        self.wait_in(&self.err, words)
    }

    #[track_caller]
    fn wait_in(&self, lines: &Lines, words: &str) -> String {
        let started = Instant::now();
        loop {
            let found = lines.lock().expect("no reader panics").iter().find(|line| line.contains(words)).cloned();
            if let Some(line) = found {
                return line;
            }
            let said = || format!("out: {:#?}\nerr: {:#?}", self.out(), self.err());
            assert!(started.elapsed() < PATIENCE, "it never said {words:?}\n{}", said());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// SIGKILL: it has no time for anything. Gives all that it ever printed.
    pub(crate) fn kill9(mut self) -> Vec<String> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is our child");
        self.reader.take().expect("nobody else waits for it").join().expect("no reader panics");
        self.out()
    }

    /// SIGTERM, and its end.
    #[track_caller]
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.id()).expect("a pid")).expect("a pid is not 0");
        kill_process(pid, Signal::TERM).expect("it runs");
        self.ended()
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {:#?}", self.err());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }

    /// Waits until as many lines of standard output hold these words.
    #[track_caller]
    pub(crate) fn wait_for_times(&self, words: &str, times: usize) {
        until(words, || self.said(words) >= times);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(pipe: impl Read + Send + 'static) -> (Lines, JoinHandle<()>) {
    let lines = Lines::default();
    let into = Arc::clone(&lines);
    let reader = std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            into.lock().expect("nobody panics with it").push(line);
        }
    });
    (lines, reader)
}
