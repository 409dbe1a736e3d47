//! `import`, `backup`, `restore` and `completions`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

pub(super) fn import() -> String {
    format!(
        "Example:\n  coatcheck import watchlist.txt\n  printf '%s\\n' 'https://shop.example/products/jacket size=M to=console:' | coatcheck import -\n\n\
         Each line is an address, with what else is wanted of it:\n  \
         https://shop.example/products/jacket name=jacket interval=60s size=M,L style=black to=telegram:12345\n\
         Values with spaces are in quotes (name=\"corps jacket\"). Empty lines and lines that begin with # are skipped.\n\
         A line may also be a JSON object with the same keys and \"url\". With size, style or every a line needs to.\n\n\
         What could not be read is reported at the end, in the form of a file that can be imported again. \
         Exit status 3 if any address could not be read.\n\n{}",
        super::DESTINATIONS
    )
}

/// `import`
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// The file; - is standard input
    pub file: PathBuf,
    /// Track addresses even if they cannot be read now
    #[arg(long)]
    pub keep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

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
