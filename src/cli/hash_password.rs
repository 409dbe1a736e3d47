//! `hash-password`: for `COATCHECK_ADMIN_PASSWORD_HASH`.

use std::io::{BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::failure::{Failure, Outcome};
use super::out;
use crate::engine::Rng;
use crate::web::password::PasswordHash;

/// Reads a password, without showing it where it is typed, and prints its hash.
///
/// # Errors
/// Status 2 when it is too short, or typed differently the second time.
pub(super) fn run() -> Outcome {
    let password = if std::io::stdin().is_terminal() {
        let first = typed("Password: ")?;
        if typed("The same again: ")? != first {
            return Err(Failure::usage("the two passwords differ; nothing was hashed"));
        }
        first
    } else {
        line()?
    };
    let hash = PasswordHash::of(&password, &Rng::from_system().bytes()).map_err(Failure::usage)?;
    out::line(hash.as_str())
}

/// One line, while the terminal shows nothing of it.
fn typed(prompt: &str) -> Result<String, Failure> {
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).map_err(Failure::failed)?;
    let hidden = Hidden::begin()?;
    let line = line();
    drop(hidden);
    writeln!(stderr).map_err(Failure::failed)?;
    line
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Failure::failed)?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// The terminal echoes nothing as long as this lives.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self, Failure> {
        let before = tcgetattr(std::io::stdin()).map_err(Failure::failed)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &quiet).map_err(Failure::failed)?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs no echo.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}
