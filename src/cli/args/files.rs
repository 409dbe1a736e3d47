//! `import`, `backup`, `restore`, `copy` and `completions`.

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

pub(super) const COPY: &str = "\
Example:
  coatcheck copy --to postgres://coatcheck:secret@db.internal/coatcheck
  DATABASE_URL=postgres://… coatcheck copy --to sqlite://coatcheck.db

The service must be stopped. The copy is whole or does not happen, and the database copied from is not changed. Afterwards set \
DATABASE_URL to the new database, and keep the key: the copy does not contain it.";

/// `copy`
#[derive(Debug, Args)]
pub(in crate::cli) struct Copy {
    /// The database to copy to; it must be empty
    #[arg(long, value_name = "URL", value_parser = database)]
    pub to: String,
}

fn database(text: &str) -> Result<String, String> {
    crate::config::database_fault(text).map_or_else(|| Ok(text.to_owned()), |fault| Err(format!("it {fault}")))
}

/// `completions`
#[derive(Debug, Args)]
pub(in crate::cli) struct Completions {
    /// The shell
    pub shell: Shell,
}
