//! The environment, and `.env` behind it. Errors name the line and the cure, and never show a value.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::BadSettings;

/// All variables: those of the process take precedence over those of the file.
#[derive(Debug)]
pub(super) struct Environment {
    process: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    /// Variables of the process that are not UTF-8.
    unreadable: Vec<String>,
}

impl Environment {
    /// The process's variables, and those of the nearest `.env` in this folder or above.
    ///
    /// # Errors
    /// When `.env` cannot be read: all its slips at once.
    pub(super) fn load() -> Result<Self, BadSettings> {
        let (mut process, mut unreadable) = (BTreeMap::new(), Vec::new());
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            match value.into_string() {
                Ok(value) => drop(process.insert(name, value)),
                Err(_) => unreadable.push(name),
            }
        }
        let file = match nearest_file() {
            None => BTreeMap::new(),
            Some(path) => {
                let bytes = std::fs::read(&path).map_err(|why| {
                    BadSettings(vec![format!("{} cannot be read: {why}; can this user read it?", path.display())])
                })?;
                parse(&path, &bytes, &process)?
            }
        };
        Ok(Self { process, file, unreadable })
    }

    /// One variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.process.get(name).or_else(|| self.file.get(name)).cloned()
    }

    /// The names of all variables that have a value.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let both = self.process.iter().chain(&self.file);
        both.filter(|(_, value)| !value.trim().is_empty()).map(|(name, _)| name.as_str())
    }

    /// Names of variables whose value is no text.
    pub(super) fn unreadable(&self) -> impl Iterator<Item = &str> {
        self.unreadable.iter().map(String::as_str)
    }
}

fn nearest_file() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())
}

/// The assignments of a file. A line is one assignment: no setting has a value of several lines.
fn parse(
    path: &Path,
    bytes: &[u8],
    process: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, BadSettings> {
    let name = path.display();
    let text = std::str::from_utf8(bytes)
        .map_err(|_| BadSettings(vec![format!("{name} is not UTF-8 text; save it as UTF-8")]))?;
    let mut lines: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let number = index + 1;
        let slip = |what: String| format!("{name} line {number}: {what}");
        if let Some(what) = unset_variable(line, process) {
            wrong.push(slip(what));
            continue;
        }
        match dotenvy::from_read_iter(line.as_bytes()).next() {
            None => {}
            Some(Err(_)) => wrong.push(slip(cure(line))),
            Some(Ok((key, value))) => {
                if let Some((first, _)) = lines.get(&key) {
                    wrong.push(slip(format!("{key} is set in line {first} already; keep one")));
                } else {
                    lines.insert(key, (number, value));
                }
            }
        }
    }
    if wrong.is_empty() {
        Ok(lines.into_iter().map(|(key, (_, value))| (key, value)).collect())
    } else {
        Err(BadSettings(wrong))
    }
}

/// The name before `=`, if it looks like one. Anything else may be a secret.
fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim().trim_start_matches("export ").trim();
    let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    (key.starts_with(|c: char| c.is_ascii_uppercase()) && key.chars().all(is_name)).then_some(key)
}

/// Outside single quotes `$NAME` stands for another variable. One that is not set would silently become nothing: usually
/// it is part of a password or of a hash.
fn unset_variable(line: &str, process: &BTreeMap<String, String>) -> Option<String> {
    let key = key_of(line)?;
    let (_, value) = line.split_once('=')?;
    let value = value.trim();
    if value.starts_with('\'') || value.starts_with('#') {
        return None;
    }
    let is_set = |rest: &str| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        process.contains_key(&rest[..end])
    };
    let mut before = ' ';
    for (at, c) in value.char_indices() {
        if c == '$' && before != '\\' && !is_set(&value[at + 1..]) {
            return Some(format!(
                "{key}: a $ in the value starts the name of another variable; put the value in single quotes: {key}='…'"
            ));
        }
        if c == '#' && before.is_whitespace() {
            return None;
        }
        before = c;
    }
    None
}

/// What is wrong with a line that cannot be parsed, and how to write it.
fn cure(line: &str) -> String {
    let Some((_, value)) = line.split_once('=') else {
        return "there is no =; write NAME=value, or # before a comment".to_owned();
    };
    let Some(key) = key_of(line) else {
        return "what is before the = is not a name; a name has capital letters, digits and _: NAME=value".to_owned();
    };
    let value = value.trim();
    for quote in ['\'', '"'] {
        if value.starts_with(quote) && value.matches(quote).count() < 2 {
            return format!("{key}: the quote {quote} is not closed; a value ends in the line where it begins");
        }
    }
    format!("{key}: a value with spaces, quotes or \\ is put in single quotes: {key}='…'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<BTreeMap<String, String>, BadSettings> {
        let process = std::env::vars().collect();
        parse(Path::new(".env"), text.as_bytes(), &process)
    }

    #[test]
    fn slips_are_all_named_with_line_and_cure_and_show_no_value() {
        let text = "# settings\n\
                    DISCORD_TOKEN=s3cret one\n\
                    TWILIO_AUTH_TOKEN=\"s3cret\n\
                    s3cret-alone\n\
                    s3cret/with=equals\n\
                    COATCHECK_ADMIN_PASSWORD_HASH=$argon2id$v=19$s3cret\n\
                    COATCHECK_INTERVAL=60s\n\
                    COATCHECK_INTERVAL=90s\n";
        let wrong = read(text).expect_err("six slips").to_string();
        insta::assert_snapshot!(wrong, @r#"
        .env line 2: DISCORD_TOKEN: a value with spaces, quotes or \ is put in single quotes: DISCORD_TOKEN='…'
        .env line 3: TWILIO_AUTH_TOKEN: the quote " is not closed; a value ends in the line where it begins
        .env line 4: there is no =; write NAME=value, or # before a comment
        .env line 5: what is before the = is not a name; a name has capital letters, digits and _: NAME=value
        .env line 6: COATCHECK_ADMIN_PASSWORD_HASH: a $ in the value starts the name of another variable; put the value in single quotes: COATCHECK_ADMIN_PASSWORD_HASH='…'
        .env line 8: COATCHECK_INTERVAL is set in line 7 already; keep one
        "#);
        assert!(!wrong.contains("s3cret") && !wrong.contains("argon2id"), "{wrong}");
    }

    #[test]
    fn what_editors_and_shells_write_is_read() {
        // Whichever variable this process has: its value is what stands in for it.
        let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "_/.".contains(c));
        let (set, value) =
            std::env::vars().find(|(name, value)| is_plain(name) && is_plain(value)).expect("a variable");
        let text = "\u{feff}export PUBLIC_URL=https://coat.example\r\n\
                    DATABASE_URL=sqlite://${SET}/coat.db # mine\r\n\
                    COATCHECK_ADMIN_PASSWORD_HASH='$argon2id$v=19$abc'\r\n\
                    COATCHECK_CONTACT=\"me at example\"\r\n\
                    EMPTY=\r\n";
        let read = read(&text.replace("SET", &set)).expect("all of it is fine");
        let line = |name: &str| read.get(name).map(String::as_str);
        assert_eq!(line("PUBLIC_URL"), Some("https://coat.example"));
        assert_eq!(line("DATABASE_URL"), Some(format!("sqlite://{value}/coat.db").as_str()));
        assert_eq!(line("COATCHECK_ADMIN_PASSWORD_HASH"), Some("$argon2id$v=19$abc"));
        assert_eq!(line("COATCHECK_CONTACT"), Some("me at example"));
        assert_eq!(line("EMPTY"), Some(""));
    }
}
