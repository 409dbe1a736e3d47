//! Runs jq programs in a process of their own, so that time and memory can be bounded: the hidden command `jq-worker`.
//!
//! One worker is kept alive and asked in turn. It is killed when it runs too long, and made anew when it is needed.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use super::jq::{JqBounds, JqError, evaluate};

/// The hidden command that `main` answers with [`jq_worker_main`].
pub const JQ_WORKER: &str = "jq-worker";

/// Address space of a worker: documents of 16 MiB fit in, a program that eats memory dies.
const MEMORY: u64 = 768 * 1024 * 1024;

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub struct JqLimits {
    /// Time for one document, the start of a worker included.
    pub time: Duration,
    /// What it may give.
    pub bounds: JqBounds,
}

impl Default for JqLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(2), bounds: JqBounds::default() }
    }
}

/// Runs programs, one after the other.
#[derive(Debug)]
pub struct JqRunner {
    executable: PathBuf,
    limits: JqLimits,
    worker: Mutex<Option<Worker>>,
}

#[derive(Serialize)]
struct Question<'a> {
    program: &'a str,
    document: &'a str,
    bounds: JqBounds,
}

#[derive(Deserialize)]
struct Asked {
    program: String,
    document: String,
    bounds: JqBounds,
}

type Answer = Result<Vec<Value>, JqError>;

#[derive(Debug)]
struct Worker {
    // Killed when dropped: also when the one who asked goes away in between.
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl JqRunner {
    /// A runner whose workers are `executable jq-worker`: this very program, as a rule.
    #[must_use]
    pub fn new(executable: PathBuf, limits: JqLimits) -> Self {
        Self { executable, limits, worker: Mutex::new(None) }
    }

    /// What the program makes of the document (as JSON text).
    ///
    /// # Errors
    /// As [`evaluate`], and when it takes too long or too much memory.
    pub async fn run(&self, program: &str, document: &str) -> Result<Vec<Value>, JqError> {
        let question = Question { program, document, bounds: self.limits.bounds };
        let question = serde_json::to_vec(&question).map_err(|error| JqError::Failed(error.to_string()))?;
        let mut kept = self.worker.lock().await;
        if let Some(worker) = kept.take() {
            // One that died while idle is no fault of this program: ask a new one.
            match self.ask(worker, &question).await {
                Ok((answer, worker)) => {
                    *kept = Some(worker);
                    return answer;
                }
                Err(JqError::Died(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let (answer, worker) = self.ask(self.start()?, &question).await?;
        *kept = Some(worker);
        answer
    }

    fn start(&self) -> Result<Worker, JqError> {
        let died = |why: &str| JqError::Died(format!("it did not start: {why}"));
        let mut child = Command::new(&self.executable)
            .arg(JQ_WORKER)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| died(&error.to_string()))?;
        let questions = child.stdin.take().ok_or_else(|| died("no input"))?;
        let answers = child.stdout.take().ok_or_else(|| died("no output"))?;
        Ok(Worker { child, questions, answers: BufReader::new(answers) })
    }

    async fn ask(&self, mut worker: Worker, question: &[u8]) -> Result<(Answer, Worker), JqError> {
        let asked = tokio::time::timeout(self.limits.time, worker.ask(question)).await;
        match asked {
            Ok(Ok(answer)) => Ok((answer, worker)),
            Ok(Err(why)) => Err(JqError::Died(worker.last_words(&why).await)),
            Err(_) => Err(JqError::TimedOut(u64::try_from(self.limits.time.as_millis()).unwrap_or(u64::MAX))),
        }
    }
}

impl Worker {
    async fn ask(&mut self, question: &[u8]) -> std::io::Result<Answer> {
        self.questions.write_all(question).await?;
        self.questions.write_all(b"\n").await?;
        self.questions.flush().await?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    async fn last_words(&mut self, why: &std::io::Error) -> String {
        let status = tokio::time::timeout(Duration::from_millis(200), self.child.wait()).await;
        status.ok().and_then(Result::ok).map_or_else(|| why.to_string(), |status| status.to_string())
    }
}

/// The worker: bounds itself, then answers a line of JSON with a line of JSON until its input ends.
///
/// `main` calls it before it starts any thread, for the bound on memory counts their stacks.
///
/// # Errors
/// When the bounds cannot be set or a pipe breaks.
pub fn jq_worker_main() -> std::io::Result<()> {
    bound_this_process()?;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line?)?;
        let answer: Answer = evaluate(&asked.program, &asked.document, asked.bounds);
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// No more memory than [`MEMORY`], no core file, and no file beyond those that are open.
#[cfg(unix)]
fn bound_this_process() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, limit) in [(Resource::As, MEMORY), (Resource::Core, 0), (Resource::Nofile, 3)] {
        // Systems without one of these bounds (macOS has no usable RLIMIT_AS) still have the time limit.
        let set = setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) });
        if cfg!(target_os = "linux") {
            set?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn bound_this_process() -> std::io::Result<()> {
    Ok(())
}
