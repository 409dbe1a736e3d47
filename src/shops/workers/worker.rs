//! The worker's side: the hidden command `worker`. It bounds its own memory, then answers until its input ends.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getppid, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::task::{Answer, Question};

/// The hidden command that `main` answers with [`worker_main`].
pub const WORKER: &str = "worker";
/// How it ends when a task takes too long.
pub(super) const OVERRAN: u8 = 3;

/// How often the watch looks.
const LOOK: Duration = Duration::from_millis(20);
/// The watch needs next to no stack, and what it has counts as memory.
const STACK: usize = 64 * 1024;

/// Processor time, in milliseconds of this process, at which the task at hand must be done.
static DEADLINE: AtomicU64 = AtomicU64::new(u64::MAX);

/// Answers questions on standard input until it ends. `main` calls it before it starts any thread.
///
/// # Errors
/// When the bounds cannot be set or a pipe breaks.
pub fn worker_main(memory: u64) -> io::Result<()> {
    bound_this_process(memory)?;
    watch()?;
    let (mut input, mut output) = (BufReader::new(io::stdin().lock()), io::stdout().lock());
    // From here on time is counted: how long a machine takes to start a process is no fault of the document.
    output.write_all(b"ready\n")?;
    output.flush()?;
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let question: Question = serde_json::from_str(&line)?;
        let mut document = vec![0; question.length];
        input.read_exact(&mut document)?;
        let document = String::from_utf8(document).map_err(io::Error::other)?;
        DEADLINE.store(spent().saturating_add(millis(question.time)), Ordering::Relaxed);
        let result = question.task.perform(&document);
        DEADLINE.store(u64::MAX, Ordering::Relaxed);
        let answer: Answer = result.as_ref().map(String::len).map_err(Clone::clone);
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.write_all(result.unwrap_or_default().as_bytes())?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

/// Ends this process when its task takes too long, or when nobody is left who wants the answer.
fn watch() -> io::Result<()> {
    let parent = getppid();
    let watch = move || {
        loop {
            std::thread::sleep(LOOK);
            if spent() > DEADLINE.load(Ordering::Relaxed) || getppid() != parent {
                std::process::exit(OVERRAN.into());
            }
        }
    };
    std::thread::Builder::new().stack_size(STACK).spawn(watch)?;
    Ok(())
}

/// Processor time of this process, in milliseconds.
fn spent() -> u64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let millis = time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000);
    u64::try_from(millis).unwrap_or_default()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2)
}

/// No more memory than `memory`, no core file, and no file beyond those that are open.
fn bound_this_process(memory: u64) -> io::Result<()> {
    // Data, not address space: how much of the program itself is mapped says nothing of what a document takes.
    for (resource, limit) in [(Resource::Data, memory), (Resource::Core, 0), (Resource::Nofile, 3)] {
        // Systems that do not keep one of these bounds still have the time limit.
        let set = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
        if cfg!(target_os = "linux") {
            set?;
        }
    }
    Ok(())
}
