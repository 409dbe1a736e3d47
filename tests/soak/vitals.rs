//! What the process takes of the machine, second by second.

use std::fmt::Write;
use std::time::Duration;

/// Samples of one process.
pub(crate) struct Vitals {
    pid: u32,
    samples: Vec<Sample>,
}

#[derive(Clone, Copy)]
struct Sample {
    at: Duration,
    /// KiB, the workers' memory not included.
    memory: u64,
    files: u64,
    threads: u64,
}

/// What is measured before this is warming up, or before the half of a shorter run.
const WARM: Duration = Duration::from_secs(20 * 60);
/// Growth of memory over an hour, in parts of a hundred, that is noise.
const NOISE_PERCENT: f64 = 5.0;
/// Files that a busy moment may have more than another.
const BUSY: u64 = 40;

impl Vitals {
    pub(crate) fn of(pid: u32) -> Self {
        Self { pid, samples: Vec::new() }
    }

    pub(crate) fn look(&mut self, at: Duration) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("it runs");
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).expect("a number")
        };
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.pid)).expect("it runs").count() as u64;
        self.samples.push(Sample { at, memory: number("VmRSS:"), files, threads: number("Threads:") });
    }

    /// The samples that count.
    fn warm(&self) -> &[Sample] {
        let lasted = self.samples.last().map_or(Duration::ZERO, |last| last.at);
        let from = WARM.min(lasted / 2);
        let first = self.samples.partition_point(|sample| sample.at < from);
        &self.samples[first..]
    }

    /// KiB an hour, by least squares.
    #[expect(clippy::cast_precision_loss, reason = "kilobytes of a process")]
    fn slope(&self) -> f64 {
        let warm = self.warm();
        let count = warm.len() as f64;
        let hours = |sample: &Sample| sample.at.as_secs_f64() / 3600.0;
        let (x, y) = (
            warm.iter().map(hours).sum::<f64>() / count,
            warm.iter().map(|sample| sample.memory as f64).sum::<f64>() / count,
        );
        let over: f64 = warm.iter().map(|sample| (hours(sample) - x) * (sample.memory as f64 - y)).sum();
        let under: f64 = warm.iter().map(|sample| (hours(sample) - x).powi(2)).sum();
        if under == 0.0 { 0.0 } else { over / under }
    }

    /// Files and threads are as many at the end as when it was warm. Memory does not grow; a run of less than 40 minutes is
    /// too short to tell that from warming up.
    #[expect(clippy::cast_precision_loss, reason = "kilobytes of a process")]
    pub(crate) fn flat(&self) {
        let warm = self.warm();
        let (first, last) = warm.split_at(warm.len() / 2);
        let most = |samples: &[Sample], of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or_default();
        for of in [|sample: &Sample| sample.files, |sample: &Sample| sample.threads] {
            let (before, after) = (most(first, of), most(last, of));
            assert!(after <= before + BUSY, "{before}, then {after}");
        }
        if warm.last().is_some_and(|last| last.at >= WARM * 2) {
            let memory = most(warm, |sample| sample.memory) as f64;
            assert!(self.slope() < memory * NOISE_PERCENT / 100.0, "memory grows by {:.0} KiB an hour", self.slope());
        }
    }

    /// A line a minute, or all of a short run's quarters.
    pub(crate) fn report(&self) -> String {
        let mut text = "| minute | memory (MB) | files | threads |\n|---|---|---|---|\n".to_owned();
        let mut next = Duration::ZERO;
        for sample in &self.samples {
            if sample.at >= next {
                next = sample.at + Duration::from_secs(60);
                let (minute, memory) = (sample.at.as_secs() / 60, sample.memory / 1024);
                let _ = writeln!(text, "| {minute} | {memory} | {} | {} |", sample.files, sample.threads);
            }
        }
        let _ = writeln!(text, "\nMemory after warming up: {:+.1} MB an hour.", self.slope() / 1024.0);
        text
    }
}
