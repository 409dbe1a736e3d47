//! Runs a jq program over a document, within bounds. Pure: no files, no environment, no clock, no network.
//!
//! Time and memory cannot be bounded from inside; `workers` run this in a process of their own.

mod compile;
mod error;

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use error::JqError;

/// How much a program may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JqBounds {
    /// Rows.
    pub rows: usize,
    /// Bytes of all rows as JSON.
    pub bytes: usize,
}

impl Default for JqBounds {
    fn default() -> Self {
        Self { rows: 10_000, bytes: 8 * 1024 * 1024 }
    }
}

/// Programs longer than this are not compiled.
const LONGEST_PROGRAM: usize = 16 * 1024;

/// What reaches out of the program: environment, time of day, the end of the process, its log.
const NATIVES_WITHHELD: [&str; 8] =
    ["env", "now", "halt", "localtime", "strflocaltime", "debug_empty", "stderr_empty", "input"];
/// Library definitions that rest on these.
const DEFINITIONS_WITHHELD: [&str; 4] = ["halt", "halt_error", "debug", "stderr"];

/// What the program makes of the document (as JSON text): its rows, given as a stream or as one list.
///
/// # Errors
/// When it does not compile, stops with an error or gives more than the bounds allow.
pub fn evaluate(program: &str, document: &str, bounds: JqBounds) -> Result<Vec<Value>, JqError> {
    if program.len() > LONGEST_PROGRAM {
        return Err(JqError::TooMuch(format!("{LONGEST_PROGRAM} characters of program")));
    }
    let arena = Arena::default();
    let filter = compiled(program, &arena)?;
    let input = read::parse_single(document.as_bytes()).map_err(|error| JqError::Failed(error.to_string()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut rows = Rows { bounds, bytes: 0, rows: Vec::new() };
    for output in filter.id.run((context, input)).map(unwrap_valr) {
        rows.take(&output.map_err(|error| JqError::Failed(shortened(&error.to_string())))?)?;
    }
    Ok(rows.rows)
}

type Filter = jaq_core::Filter<data::JustLut<Val>>;

fn compiled(program: &str, arena: &Arena) -> Result<Filter, JqError> {
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.filter(|definition| !DEFINITIONS_WITHHELD.contains(&definition.name));
    let natives = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let natives = natives.filter(|(name, _, _)| !NATIVES_WITHHELD.contains(name));
    let modules = Loader::new(definitions)
        .load(arena, File { code: program, path: () })
        .map_err(|errors| compile::misread(program, errors))?;
    jaq_core::Compiler::default()
        .with_funs(natives)
        .compile(modules)
        .map_err(|errors| compile::undefined(program, errors))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 300 { text.to_owned() } else { text.chars().take(299).chain(['…']).collect() }
}

struct Rows {
    bounds: JqBounds,
    bytes: usize,
    rows: Vec<Value>,
}

impl Rows {
    fn take(&mut self, output: &Val) -> Result<(), JqError> {
        match output {
            Val::Arr(items) => items.iter().try_for_each(|item| self.push(item)),
            row => self.push(row),
        }
    }

    fn push(&mut self, row: &Val) -> Result<(), JqError> {
        if self.rows.len() == self.bounds.rows {
            return Err(JqError::TooMuch(format!("{} rows", self.bounds.rows)));
        }
        let text = row.to_string();
        self.bytes += text.len();
        if self.bytes > self.bounds.bytes {
            return Err(JqError::TooMuch(format!("{} bytes of rows", self.bounds.bytes)));
        }
        self.rows
            .push(serde_json::from_str(&text).map_err(|error| JqError::Failed(format!("a row is no JSON: {error}")))?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn run(program: &str, document: &str) -> String {
        match evaluate(program, document, JqBounds { rows: 5, bytes: 1000 }) {
            Ok(rows) => Value::Array(rows).to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn rows_come_as_a_stream_or_as_one_list() {
        assert_eq!(run(".[]|{id:.}", "[1,2]"), r#"[{"id":1},{"id":2}]"#);
        assert_eq!(run("map({id:.})", "[1,2]"), r#"[{"id":1},{"id":2}]"#);
        assert_eq!(
            run(r#"to_entries[]|{size:.key,in_stock:.value}"#, r#"{"M":true,"L":false}"#),
            r#"[{"size":"M","in_stock":true},{"size":"L","in_stock":false}]"#
        );
        assert_eq!(
            run("{id, price}", r#"{"id":9007199254740993,"price":129.10}"#),
            r#"[{"id":9007199254740993,"price":129.1}]"#
        );
    }

    #[test]
    fn a_slip_is_shown_where_it_is() {
        assert_snapshot!(run(".a |\n  foo(.b)", "{}").replace("\n", " "), @r#"error: line 2 column 3, at "foo(.b)": there is no such filter with 1 argument(s)"#);
        assert_snapshot!(run(".a |\n  (.b", "{}"), @r#"error: line 2 column 6, at "the end": expected closing parenthesis"#);
        assert_snapshot!(run(".a | | .b", "{}"), @r#"error: line 1 column 6, at "| .b": expected term"#);
        assert_snapshot!(run("$x", "{}"), @r#"error: line 1 column 1, at "$x": there is no such variable"#);
        assert_snapshot!(run(".[] |", "{}"), @r#"error: line 1 column 6, at "the end": expected term"#);
        assert_snapshot!(run("import \"a\" as a; .", "{}"), @r#"error: line 1 column 9, at "a\" as a; .": other files cannot be used"#);
    }

    #[test]
    fn a_program_cannot_look_around() {
        for program in [
            "env",
            "$ENV",
            "now",
            "halt",
            "input",
            "inputs",
            "input_filename",
            "debug",
            "stderr",
            "localtime",
            "$__loc__",
        ] {
            assert!(run(program, "0").starts_with("error: "), "{program}: {}", run(program, "0"));
        }
    }

    #[test]
    fn a_program_cannot_flood_us() {
        assert_snapshot!(run("range(9)", "0"), @"error: it gives more than 5 rows");
        assert_snapshot!(run(r#""x" * 2000"#, "0"), @"error: it gives more than 1000 bytes of rows");
        assert_snapshot!(run("error(\"no list\")", "0"), @r#"error: it stopped: "no list""#);
        assert_snapshot!(run(".[].a", "7"), @"error: it stopped: cannot use 7 as iterable (array or object)");
        assert!(run(&"1+".repeat(9000), "0").contains("characters of program"));
    }
}
