//! Tells where a jq program is wrong: line, column, and what stands there.

use jaq_core::compile::Undefined;
use jaq_core::load::{self, File};

use super::error::JqError;

type Errors<'a, E> = Vec<(File<&'a str, ()>, E)>;

/// A program that cannot be read.
pub(super) fn misread<'a>(program: &'a str, errors: Errors<'a, load::Error<&'a str>>) -> JqError {
    let first = errors.into_iter().next().and_then(|(_, error)| match error {
        load::Error::Io(files) => {
            files.into_iter().next().map(|(piece, _)| (piece, "other files cannot be used".to_owned()))
        }
        load::Error::Lex(found) => {
            found.into_iter().next().map(|(due, piece)| (piece, format!("expected {}", due.as_str())))
        }
        load::Error::Parse(found) => {
            found.into_iter().next().map(|(due, piece)| (piece, format!("expected {}", due.as_str())))
        }
    });
    located(program, first)
}

/// A program that uses what does not exist.
pub(super) fn undefined<'a>(program: &'a str, errors: Errors<'a, Vec<(&'a str, Undefined)>>) -> JqError {
    let first = errors.into_iter().next().and_then(|(_, found)| found.into_iter().next());
    located(program, first.map(|(piece, kind)| (piece, words(&kind))))
}

fn words(kind: &Undefined) -> String {
    match kind {
        Undefined::Filter(0) => "there is no such filter".to_owned(),
        Undefined::Filter(arity) => format!("there is no such filter with {arity} argument(s)"),
        other => format!("there is no such {}", other.as_str()),
    }
}

fn located(program: &str, found: Option<(&str, String)>) -> JqError {
    let (piece, what) = found.unwrap_or((program, "it does not compile".to_owned()));
    // The piece is a part of the program, unless it is made up: then it is looked for.
    let offset = (piece.as_ptr() as usize).checked_sub(program.as_ptr() as usize).filter(|at| *at <= program.len());
    let offset = offset.or_else(|| program.find(piece)).unwrap_or(0);
    let before = program.get(..offset).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let shown: String = program.get(offset..).unwrap_or_default().chars().take(20).collect();
    JqError::Compile {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        piece: if shown.is_empty() { "the end".to_owned() } else { shown },
        what,
    }
}
