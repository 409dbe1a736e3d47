//! The service's log: lines on standard error that hold up nothing. A thread writes them; where it cannot (a full disk, a
//! reader that is gone or does not read), lines are dropped and counted, and the count is logged once it can again.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

#[cfg(feature = "otlp")]
use super::otlp::Otlp;
use crate::config::{LogFormat, Settings};

/// Lines that wait to be written, at most.
const WAITING: usize = 1024;
/// Bytes of one line; the rest is cut.
const LONGEST: usize = 16 * 1024;

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum NoLog {
    /// The setting is no filter.
    #[error("COATCHECK_LOG={filter:?} cannot be read: {why}")]
    Filter {
        /// The setting.
        filter: String,
        /// What is wrong with it.
        why: tracing_subscriber::filter::ParseError,
    },
    /// There is no standard error, or no thread for it.
    #[error("cannot log to standard error: {0}")]
    Io(#[from] io::Error),
}

/// Logs events that pass `filter` to standard error from now on, and panics too.
///
/// # Errors
/// [`NoLog`], in words for who started it.
pub fn log_to_stderr(filter: &str, settings: &Settings) -> Result<LogLines, NoLog> {
    let format = settings.log_format;
    // Callers log the driver's errors themselves, and migrations are logged as one event. At some levels the gateway's
    // client would log all it receives: people's messages, and tokens to answer them.
    let parsed = EnvFilter::try_new(format!("sqlx=warn,sea_orm_migration=warn,{filter},serenity::gateway=error"))
        .map_err(|why| NoLog::Filter { filter: filter.to_owned(), why })?;
    #[cfg_attr(not(feature = "otlp"), expect(unused_mut, reason = "they go to one place more with it"))]
    let mut lines = LogLines::to_stderr()?;
    #[cfg(feature = "otlp")]
    if let Some(otlp) = &settings.otlp {
        lines.otlp = Some(Otlp::start(otlp)?);
    }
    // A line that is lost is counted by `LogLines`; the library would print its own words about it, and panic where it cannot.
    let log = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(lines.clone())
        .with_ansi(format == LogFormat::Text && io::stderr().is_terminal())
        .log_internal_errors(false);
    match format {
        LogFormat::Text => install(log.finish(), &lines),
        LogFormat::Json => {
            let json = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
            install(json.finish(), &lines);
        }
    }
    Ok(lines)
}

#[cfg(not(feature = "otlp"))]
fn install(log: impl Subscriber + Send + Sync + 'static, _: &LogLines) {
    log.init();
}

#[cfg(feature = "otlp")]
fn install(log: impl Subscriber + Send + Sync + 'static, lines: &LogLines) {
    use tracing_subscriber::layer::SubscriberExt;
    log.with(lines.otlp.clone()).init();
}

/// Logs panics as events. The default would write to standard error itself, and wait where nobody reads it.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let words = panic.payload_as_str().unwrap_or("no words");
        tracing::error!(place, "panic: {words}");
    }));
}

enum Message {
    Line(Vec<u8>),
    /// Answered when everything before it has been written.
    Flush(SyncSender<()>),
}

/// Where log lines go.
#[derive(Clone)]
pub struct LogLines {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
    #[cfg(feature = "otlp")]
    otlp: Option<Otlp>,
}

impl LogLines {
    /// Lines to standard error.
    ///
    /// # Errors
    /// When there is no standard error, or no thread for it.
    pub fn to_stderr() -> io::Result<Self> {
        // Not by `std::io::stderr`: whoever waits there holds its lock, and others would wait for that.
        Self::to(File::from(io::stderr().as_fd().try_clone_to_owned()?))
    }

    fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, messages) = sync_channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let lines = Self {
            queue,
            lost: Arc::clone(&lost),
            #[cfg(feature = "otlp")]
            otlp: None,
        };
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&messages, out, &lost))?;
        Ok(lines)
    }

    /// Waits until what was logged so far has been written, but not for longer than `patience`.
    pub fn flush(&self, patience: Duration) {
        #[cfg(feature = "otlp")]
        if let Some(otlp) = &self.otlp {
            otlp.flush(patience);
        }
        let end = Instant::now() + patience;
        let (tell, told) = sync_channel(1);
        let mut message = Message::Flush(tell);
        while let Err(TrySendError::Full(back)) = self.queue.try_send(message) {
            if Instant::now() >= end {
                return;
            }
            message = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        // No answer in time: the reader does not read, and nothing more can be done for it.
        let _ = told.recv_timeout(end.saturating_duration_since(Instant::now()));
    }

    fn push(&self, line: Vec<u8>) {
        if self.queue.try_send(Message::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn write_all(messages: &Receiver<Message>, mut out: impl Write, lost: &AtomicU64) {
    while let Ok(message) = messages.recv() {
        match message {
            Message::Line(line) if out.write_all(&line).is_ok() => tell_of_losses(&mut out, lost),
            Message::Line(_) => {
                lost.fetch_add(1, Ordering::Relaxed);
            }
            // Nobody waits any more: they had no time left.
            Message::Flush(tell) => drop(tell.try_send(())),
        }
    }
}

fn tell_of_losses(out: &mut impl Write, lost: &AtomicU64) {
    let count = lost.swap(0, Ordering::Relaxed);
    if count > 0 && writeln!(out, "WARN log lines lost count={count}").is_err() {
        lost.fetch_add(count, Ordering::Relaxed);
    }
}

/// One line in the making.
pub struct Line<'a> {
    text: Vec<u8>,
    lines: &'a LogLines,
}

/// Errors that were logged since the process began.
static ERRORS: AtomicU64 = AtomicU64::new(0);

/// How many errors were logged so far.
pub(super) fn errors_logged() -> u64 {
    ERRORS.load(Ordering::Relaxed)
}

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = Line<'a>;

    fn make_writer_for(&'a self, event: &tracing::Metadata<'_>) -> Line<'a> {
        if *event.level() == tracing::Level::ERROR {
            ERRORS.fetch_add(1, Ordering::Relaxed);
        }
        self.make_writer()
    }

    fn make_writer(&'a self) -> Line<'a> {
        Line { text: Vec::new(), lines: self }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = LONGEST.saturating_sub(self.text.len());
        self.text.extend_from_slice(&bytes[..bytes.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.lines.push(one_line(&std::mem::take(&mut self.text)));
    }
}

/// The text of one event in one line: shops and people could otherwise write lines that look like ours, or turn the
/// direction of the text. (The formatter has escaped the escape character already.)
fn one_line(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut line = String::with_capacity(text.len() + 1);
    for c in text.trim_end_matches('\n').chars() {
        match c {
            '\n' | '\r' | '\u{2028}' | '\u{2029}' => line.extend(c.escape_default()),
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                line.extend(c.escape_unicode());
            }
            c => line.push(c),
        }
    }
    line.push('\n');
    line.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::channel;

    use super::*;

    /// Fails as often as it is told to, then writes.
    #[derive(Clone, Default)]
    struct Disk {
        full: Arc<Mutex<bool>>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if *self.full.lock().expect("no test panics here") {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.written.lock().expect("no test panics here").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say(lines: &LogLines, text: &str) {
        lines.make_writer().write_all(text.as_bytes()).expect("a line always takes what it is given");
    }

    #[test]
    fn a_full_disk_costs_lines_and_says_how_many() {
        let disk = Disk::default();
        let lines = LogLines::to(disk.clone()).expect("a thread");
        *disk.full.lock().expect("no panic") = true;
        say(&lines, "one\n");
        say(&lines, "two\n");
        lines.flush(Duration::from_secs(10));
        *disk.full.lock().expect("no panic") = false;
        say(&lines, "three\n");
        lines.flush(Duration::from_secs(10));
        let written = String::from_utf8(disk.written.lock().expect("no panic").clone()).expect("text");
        assert_eq!(written, "three\nWARN log lines lost count=2\n");
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nobody() {
        struct Stuck(Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                // Until the test is over.
                let _ = self.0.recv();
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (_reader, never) = channel();
        let lines = LogLines::to(Stuck(never)).expect("a thread");
        for _ in 0..WAITING * 2 {
            say(&lines, "a line\n");
        }
        assert!(lines.lost.load(Ordering::Relaxed) >= WAITING as u64 - 1);
        let began = Instant::now();
        lines.flush(Duration::from_millis(50));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[test]
    fn an_event_is_one_line_whatever_a_shop_says() {
        let line = one_line("WARN read failed title=Jacket\nINFO all is well\r\u{202e}kcatta\n".as_bytes());
        let line = String::from_utf8(line).expect("text");
        assert_eq!(line, "WARN read failed title=Jacket\\nINFO all is well\\r\\u{202e}kcatta\n");
    }

    #[test]
    fn a_line_has_an_end() {
        let disk = Disk::default();
        let lines = LogLines::to(disk.clone()).expect("a thread");
        say(&lines, &"x".repeat(LONGEST * 3));
        lines.flush(Duration::from_secs(10));
        let written = disk.written.lock().expect("no panic").clone();
        assert_eq!((written.len(), written.last()), (LONGEST + 1, Some(&b'\n')));
    }
}
