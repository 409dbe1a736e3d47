//! THE table: every command, its arguments, its help line, its names per platform; and the parser.

/// A command of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// `/watch`
    Watch,
}

/// What a person said, parsed but not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which command.
    pub command: Command,
    /// The words after it, in order.
    pub words: Vec<String>,
}
