//! The console: alerts printed where the service runs, and a prompt to talk to it. No accounts.

mod prompt;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use coatcheck_domain::Clock;
use coatcheck_domain::delivery::SendOutcome;

use crate::message::{Alert, Message};
use crate::words;
use crate::{Capabilities, Channel, Envelope};

pub use prompt::prompt;

/// Where the console writes: standard output in the binary, a buffer in tests. Shared by alerts and answers, so that
/// none is printed into the other.
pub type Output = Arc<Mutex<dyn Write + Send>>;

/// The channel that prints.
pub struct Console {
    output: Output,
    clock: Arc<dyn Clock>,
}

impl Console {
    /// A console that prints to `output`.
    #[must_use]
    pub fn new(output: Output, clock: Arc<dyn Clock>) -> Self {
        Self { output, clock }
    }

    /// `(sent 0.4 s after the shop reported it)`. Nothing where the shop said nothing: in a test alert, or
    /// when the clock was set back in between.
    fn delay(&self, alert: &Alert) -> Option<String> {
        let passed = (self.clock.now() - alert.at).to_std().ok().filter(|_| !alert.test)?;
        Some(format!("(sent {} after the shop reported it)", words::lasting(passed)))
    }
}

#[async_trait]
impl Channel for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: 1, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let mut text = words::message(&envelope.message);
        if let Message::Alert(alert) = &envelope.message
            && let Some(delay) = self.delay(alert)
        {
            text.push('\n');
            text.push_str(&delay);
        }
        match print(&self.output, &text) {
            Ok(()) => SendOutcome::Sent { provider_ref: None },
            Err(error) => SendOutcome::Retry { after: None, why: format!("the console cannot be written to: {error}") },
        }
    }
}

/// Writes one piece of text and its line end in one go.
fn print(output: &Output, text: &str) -> io::Result<()> {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write_all(format!("{text}\n").as_bytes())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use coatcheck_domain::Destination;
    use coatcheck_domain::clock::ManualClock;

    use super::*;
    use crate::examples::{alert, variant};

    fn envelope(alert: Alert) -> Envelope {
        Envelope {
            key: "a:1:2:0".to_owned(),
            destination: Destination::Console,
            secret: None,
            message: Message::Alert(Box::new(alert)),
            manage: None,
            buttons: Vec::new(),
        }
    }

    #[tokio::test]
    async fn an_alert_says_how_fast_it_was() {
        let told = alert(vec![variant("M", "Black")]);
        let clock = Arc::new(ManualClock::at(told.at));
        clock.advance(Duration::from_millis(412));
        let written = Arc::new(Mutex::new(Vec::new()));
        let console = Console::new(written.clone(), clock);
        assert_eq!(console.send(&envelope(told)).await, SendOutcome::Sent { provider_ref: None });
        insta::assert_snapshot!(String::from_utf8_lossy(&written.lock().expect("the buffer")), @"
        Back in stock: Corps Jacket — M / Black, 129.00 EUR
        https://shop.example/products/jacket?size=M
        (sent 0.4 s after the shop reported it)
        ");
    }

    #[tokio::test]
    async fn a_closed_terminal_is_tried_again() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::Error::new(io::ErrorKind::BrokenPipe, "closed"))
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let told = alert(vec![variant("M", "Black")]);
        let console = Console::new(Arc::new(Mutex::new(Closed)), Arc::new(ManualClock::at(told.at)));
        let outcome = console.send(&envelope(told)).await;
        insta::assert_snapshot!(format!("{outcome:?}"), @r#"Retry { after: None, why: "the console cannot be written to: closed" }"#);
    }
}
