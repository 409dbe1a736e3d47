//! `backup`, `restore` and `completions`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `backup`
#[derive(Debug, Args)]
pub(in crate::cli) struct Backup {
    /// The file to write; it must not exist
    pub file: PathBuf,
}

/// `restore`
#[derive(Debug, Args)]
pub(in crate::cli) struct Restore {
    /// A file that `backup` wrote
    pub file: PathBuf,
}

/// `completions`
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    pub shell: Shell,
}
