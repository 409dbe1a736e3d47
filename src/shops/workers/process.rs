//! Our side of one worker: a process that is kept warm, asked in turn, and made anew after it died.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::task::{Answer, Question, Task};
use super::worker::{OVERRAN, WORKER};
use crate::shops::readers::jq::JqError;

/// A process that is not ready after so long never will be.
const START: Duration = Duration::from_secs(10);
/// So long a task waits for its turn, at most.
const TURN: Duration = Duration::from_secs(20);
/// A machine that is busy gives a process less than all of a processor: how much longer than its processor time a task is
/// waited for.
const WALL_TIME_FACTOR: u32 = 5;

/// Why a task has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoResult {
    /// The program's own fault, or the document's.
    Failed(JqError),
    /// It took more time than it may.
    TooLong,
    /// Its process ended, probably for want of memory.
    Died(String),
    /// No process can be started. No fault of the document.
    NotStarted(String),
    /// Its turn did not come. No fault of the document either.
    Busy,
}

/// One worker, with so much memory.
#[derive(Debug)]
pub(super) struct Process {
    executable: PathBuf,
    memory: u64,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    // Killed when dropped: also when the one who asked goes away in between.
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    pub(super) fn new(executable: PathBuf, memory: u64) -> Self {
        Self { executable, memory, running: Mutex::new(None) }
    }

    /// The result of a task, in turn: JSON text.
    pub(super) async fn perform(&self, task: &Task, document: &str, time: Duration) -> Result<String, NoResult> {
        #[cfg(test)]
        if self.executable.as_os_str().is_empty() {
            return task.perform(document).map_err(NoResult::Failed);
        }
        let Ok(mut kept) = timeout(TURN, self.running.lock()).await else { return Err(NoResult::Busy) };
        // One that ended while it had nothing to do is no fault of this task.
        let alive = kept.take().and_then(|mut it| matches!(it.child.try_wait(), Ok(None)).then_some(it));
        let mut running = match alive {
            Some(running) => running,
            None => self.start().await.map_err(|error| NoResult::NotStarted(error.to_string()))?,
        };
        let question = Question { task: task.clone(), time, length: document.len() };
        match timeout(time * WALL_TIME_FACTOR, running.ask(&question, document)).await {
            Ok(Ok(result)) => {
                *kept = Some(running);
                result.map_err(NoResult::Failed)
            }
            Ok(Err(error)) => Err(running.end(&error).await),
            Err(_) => Err(NoResult::TooLong),
        }
    }

    async fn start(&self) -> std::io::Result<Running> {
        let mut child = Command::new(&self.executable)
            .args([WORKER, &self.memory.to_string()])
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let pipe = || std::io::Error::other("it has no pipe");
        let questions = child.stdin.take().ok_or_else(pipe)?;
        let mut answers = BufReader::new(child.stdout.take().ok_or_else(pipe)?);
        let mut ready = String::new();
        let started = timeout(START, answers.read_line(&mut ready)).await;
        match started {
            Ok(Ok(count)) if count > 0 => Ok(Running { child, questions, answers }),
            _ => Err(std::io::Error::other("it did not get ready")),
        }
    }
}

impl Running {
    async fn ask(&mut self, question: &Question, document: &str) -> std::io::Result<Result<String, JqError>> {
        let mut line = serde_json::to_vec(question)?;
        line.push(b'\n');
        self.questions.write_all(&line).await?;
        self.questions.write_all(document.as_bytes()).await?;
        self.questions.flush().await?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let length = match serde_json::from_str::<Answer>(&line)? {
            Ok(length) => length,
            Err(error) => return Ok(Err(error)),
        };
        let mut result = vec![0; length];
        self.answers.read_exact(&mut result).await?;
        String::from_utf8(result).map(Ok).map_err(std::io::Error::other)
    }

    /// How it ended, after its pipe broke.
    async fn end(&mut self, why: &std::io::Error) -> NoResult {
        let ended = timeout(Duration::from_secs(1), self.child.wait()).await;
        match ended.ok().and_then(Result::ok) {
            Some(status) if status.code() == Some(OVERRAN.into()) => NoResult::TooLong,
            status => NoResult::Died(status.map_or_else(|| why.to_string(), |status: ExitStatus| status.to_string())),
        }
    }
}
