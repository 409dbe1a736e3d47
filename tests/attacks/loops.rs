//! A loop that ends although nobody told it to.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::House;

/// What `/healthz` promises.
const SEEN_WITHIN: Duration = Duration::from_secs(15);

#[test]
fn a_loop_that_panics_ends_the_process_with_a_reason() {
    for name in ["poll", "fanout", "send", "web", "clock", "notifications", "fallback", "housekeeping", "wishes"] {
        let house = House::open(&[]);
        let began = Instant::now();
        let mut serve = house.command(&["serve"]);
        let output = serve.env("COATCHECK_BREAK_LOOP", name).stdin(Stdio::null()).output().expect("it starts");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {log}");
        assert!(log.contains(&format!("the {name} loop panicked: broken on purpose; the service stops")), "{log}");
        assert!(began.elapsed() < SEEN_WITHIN, "{name}: {:?}", began.elapsed());
    }
}
