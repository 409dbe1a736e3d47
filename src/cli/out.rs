//! Standard output: lines, JSON and tables. A closed pipe (`| head`) ends the program quietly.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use super::failure::{Failure, Outcome};

/// Prints one line.
///
/// # Errors
/// When standard output is gone.
pub(super) fn line(text: &str) -> Outcome {
    bytes(format!("{text}\n").as_bytes())
}

/// Prints bytes as they are.
///
/// # Errors
/// When standard output is gone.
pub(super) fn bytes(bytes: &[u8]) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|why| match why.kind() {
        ErrorKind::BrokenPipe => Failure::broken_pipe(),
        _ => Failure::failed(format!("cannot write to standard output: {why}")),
    })
}

/// Says something beside what is printed for machines. Nobody is stopped where standard error is gone.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "Note: {text}");
}

/// Prints a value as JSON.
///
/// # Errors
/// When standard output is gone.
pub(super) fn json<T: Serialize>(value: &T) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(Failure::failed)?;
    line(&text)
}

/// A table with a heading, columns as wide as they need to be; the last one is never padded.
#[must_use]
pub(super) fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = heading.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (column, cell) in row.iter().enumerate().take(widths.len()) {
            widths[column] = widths[column].max(width(cell));
        }
    }
    let heading: Vec<String> = heading.iter().map(|cell| (*cell).to_owned()).collect();
    let lines = std::iter::once(&heading).chain(rows).map(|row| {
        let cells =
            row.iter().zip(&widths).map(|(cell, wide)| format!("{cell}{}", " ".repeat(wide - width(cell).min(*wide))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Columns a text takes on a terminal.
fn width(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let rows = vec![vec!["黒".to_owned(), "in stock".to_owned()], vec!["Black".to_owned(), String::new()]];
        insta::assert_snapshot!(table(&["STYLE", "M"], &rows), @r"
        STYLE  M
        黒     in stock
        Black
        ");
    }
}
