//! `completions` and `man`: rendered from the commands themselves. They need neither settings nor a database.

use clap::CommandFactory;

use super::args::{Cli, Completions};
use super::failure::Outcome;
use super::out;

/// Prints the completions of a shell.
///
/// # Errors
/// When standard output is gone.
pub(super) fn completions(args: &Completions) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "coatcheck", &mut text);
    out::bytes(&text)
}

/// Prints the manual page.
///
/// # Errors
/// When standard output is gone.
pub(super) fn man() -> Outcome {
    out::bytes(page().as_bytes())
}

fn page() -> String {
    let mut command = Cli::command();
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = format!(
        ".TH COATCHECK 1 \"\" \"coatcheck {}\" \"User Commands\"\n.SH NAME\ncoatcheck \\- {}\n",
        env!("CARGO_PKG_VERSION"),
        roff(&about)
    );
    sections(&command, &mut page);
    page.push_str(
        ".SH EXIT STATUS\n.nf\n0  done\n1  failed\n2  usage error\n3  a shop could not be read\n4  refused (locked, or not permitted)\n.fi\n",
    );
    page
}

/// A section for each command with the words of its `--help`.
fn sections(command: &clap::Command, page: &mut String) {
    let help = command.clone().max_term_width(78).render_long_help().to_string();
    let name = command.get_bin_name().unwrap_or("coatcheck").to_uppercase();
    page.push_str(&format!(".SH {name}\n.nf\n{}\n.fi\n", roff(&help)));
    for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
        sections(child, page);
    }
}

/// Text that the formatter leaves as it is.
fn roff(text: &str) -> String {
    let lines = text.trim_end().lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_each_command_with_an_example() {
        fn names(command: &clap::Command, found: &mut Vec<String>) {
            for child in command.get_subcommands().filter(|child| child.get_name() != "help") {
                found.push(child.get_bin_name().unwrap_or_default().to_owned());
                names(child, found);
            }
        }
        let (page, mut command) = (page(), Cli::command());
        command.build();
        let mut all = Vec::new();
        names(&command, &mut all);
        assert!(all.len() > 15, "{all:?}");
        for name in all {
            assert!(page.contains(&format!(".SH {}\n", name.to_uppercase())), "{name} has no section");
            assert!(page.contains(&format!("  {}", roff(&name))), "{name} has no example");
        }
        assert!(!page.lines().any(|line| line.starts_with('\'')), "a line would be taken for a request");
    }
}
