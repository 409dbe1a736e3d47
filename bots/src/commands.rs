//! What people can say: the table of commands, the parser that reads them, the help rendered from them.
//!
//! ```text
//! text ─parse─▶ Said { command, words } ─arguments─▶ Arguments ─(the catalogue, above)─▶ what is meant
//! ```

mod arguments;
mod command;
mod help;
mod lookup;
mod near;
mod parse;
mod plain_speech;
mod quantities;
mod row;
mod said;
mod table;

pub use arguments::{Arguments, arguments};
pub use command::Command;
pub use help::{help, help_for};
pub use near::nearest;
pub use parse::{LONGEST_TEXT, ParseError, addressee, parse, parse_to_us};
pub use quantities::{NotADuration, code, duration};
pub use row::{Argument, Kind, May, Row};
pub use said::{Said, Word};
pub use table::TABLE;
