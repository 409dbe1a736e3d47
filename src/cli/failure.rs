//! How a command fails: a documented exit status, and a sentence a person can act on.

use std::fmt::{self, Display};
use std::io::Write;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::app::{NoKeys, NotFollowed, NotOpened, NotServing};
use crate::store::StoreError;
use crate::store::db::backup::NotCopied;
use crate::store::db::copy::NotTransferred;

/// A failed command.
#[derive(Debug)]
pub(super) struct Failure {
    status: u8,
    words: String,
}

/// The outcome of a command.
pub(super) type Outcome = Result<(), Failure>;

impl Failure {
    /// It did not work.
    pub(super) fn failed(words: impl Display) -> Self {
        Self { status: 1, words: words.to_string() }
    }

    /// Wrong usage.
    pub(super) fn usage(words: impl Display) -> Self {
        Self { status: 2, words: words.to_string() }
    }

    /// A shop could not be read.
    pub(super) fn unreadable(words: impl Display) -> Self {
        Self { status: 3, words: words.to_string() }
    }

    /// Not permitted, or not now.
    pub(super) fn refused(words: impl Display) -> Self {
        Self { status: 4, words: words.to_string() }
    }

    /// Whoever read standard output has gone (`| head`): nothing to say, and the status that a shell gives to SIGPIPE.
    pub(super) fn broken_pipe() -> Self {
        Self { status: 141, words: String::new() }
    }

    /// Says it and gives the exit status. Where standard error cannot be written to, the status says enough.
    pub(super) fn report(self) -> ExitCode {
        if self.words.is_empty() {
            return ExitCode::from(self.status);
        }
        let words = format!("coatcheck: {}\n", self.words);
        // In a thread: a pipe that nobody reads must not hold up the end.
        let (tell, told) = sync_channel(1);
        std::thread::spawn(move || tell.send(std::io::stderr().write_all(words.as_bytes())));
        let _ = told.recv_timeout(Duration::from_secs(1));
        ExitCode::from(self.status)
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked { .. } | StoreError::Newer { .. } | StoreError::Older => Self::refused(error),
            other => Self::failed(other),
        }
    }
}

impl From<NotCopied> for Failure {
    fn from(error: NotCopied) -> Self {
        match error {
            NotCopied::Postgres | NotCopied::Exists(_) => Self::refused(error),
            other => Self::failed(other),
        }
    }
}

impl From<NotTransferred> for Failure {
    fn from(error: NotTransferred) -> Self {
        match error {
            NotTransferred::Store(error) => error.into(),
            NotTransferred::NotEmpty(_) | NotTransferred::InUse(_) | NotTransferred::Shapes => Self::refused(error),
            NotTransferred::Differs { .. } => Self::failed(error),
        }
    }
}

impl From<sea_orm::DbErr> for Failure {
    fn from(error: sea_orm::DbErr) -> Self {
        StoreError::from(error).into()
    }
}

impl From<NotOpened> for Failure {
    fn from(error: NotOpened) -> Self {
        match error {
            NotOpened::Store(error) => error.into(),
            NotOpened::Keys(error @ (NoKeys::Setting(_) | NoKeys::Needed)) => Self::usage(error),
            other => Self::failed(other),
        }
    }
}

impl From<NotServing> for Failure {
    fn from(error: NotServing) -> Self {
        match error {
            NotServing::Store(error) => error.into(),
            other @ NotServing::Listen { .. } => Self::failed(other),
        }
    }
}

impl From<NotFollowed> for Failure {
    fn from(error: NotFollowed) -> Self {
        match error {
            NotFollowed::Store(error) => error.into(),
            other => Self::refused(other),
        }
    }
}
