//! What was asked for on the command line.

use anyhow::{Result, bail};

/// The arguments of a run.
#[derive(Debug, Default)]
pub(crate) struct Args {
    /// Measure these only; all when there are none.
    pub(crate) names: Vec<String>,
    /// Smaller numbers: to see that it works, not to publish.
    pub(crate) quick: bool,
    /// A JSON object a line in place of tables.
    pub(crate) json: bool,
    /// Write the tables of `docs/PERFORMANCE.md`.
    pub(crate) write: bool,
}

impl Args {
    /// Reads the words after the program's name.
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let mut args = Self::default();
        for word in words {
            match word.as_str() {
                "--quick" => args.quick = true,
                "--json" => args.json = true,
                "--write" => args.write = true,
                // Cargo's own word to every bench.
                "--bench" => {}
                word if word.starts_with('-') => {
                    bail!("{word} is not known; there are names, --quick, --json and --write");
                }
                name => args.names.push(name.to_owned()),
            }
        }
        if args.quick && args.write {
            bail!("--quick is not for publishing: leave out --write");
        }
        Ok(args)
    }

    /// Is this measurement asked for?
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }

    /// One number for publishing, another for a quick look.
    pub(crate) fn pick<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
