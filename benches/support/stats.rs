//! Medians, percentiles and time, of the clock and of the processor.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The value below which this share of the samples lies.
pub(crate) fn percentile(samples: &[Duration], share: f64) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).copied().unwrap_or_default()
}

/// How long one call takes, by the median of `rounds` rounds of `calls`.
pub(crate) fn per_call(rounds: usize, calls: u32, mut call: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut samples = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let began = Instant::now();
        for _ in 0..calls {
            call()?;
        }
        samples.push(began.elapsed() / calls);
    }
    Ok(percentile(&samples, 0.5))
}

/// What passed on the clock, and on the processors for this process.
pub(crate) struct Spent {
    pub(crate) time: Duration,
    pub(crate) cpu: Duration,
}

/// A stopwatch for [`Spent`].
pub(crate) struct Watch {
    began: Instant,
    cpu: Duration,
}

impl Watch {
    /// Starts it.
    pub(crate) fn start() -> Result<Self> {
        Ok(Self { began: Instant::now(), cpu: own_cpu() })
    }

    /// What passed so far.
    pub(crate) fn read(&self) -> Result<Spent> {
        Ok(Spent { time: self.began.elapsed(), cpu: own_cpu().saturating_sub(self.cpu) })
    }
}

/// Time of this process on all processors, to the nanosecond.
fn own_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Time of a process on all processors, user and system, in steps of 10 ms (`man 5 proc`: fields 14 and 15 of `stat`).
pub(crate) fn cpu(process: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name may hold blanks; what follows its bracket may not.
    let (_, fields) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks = |index: usize| -> Result<u64> {
        Ok(fields.split_whitespace().nth(index).context("stat is too short")?.parse()?)
    };
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// How many a second.
pub(crate) fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}
