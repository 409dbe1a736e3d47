//! Our own sentences as they are said on a platform: `/stock` is `/coatcheck stock` on Slack, and STOCK by text. Pure.

use coatcheck_bots::commands::TABLE;
use coatcheck_bots::{Platform, Who};

use super::platform;

/// The sentence with its commands as who is spoken to would type them. Only ours: a stranger's words may look like one.
pub(crate) fn spoken(who: &Who, sentence: &'static str) -> String {
    on(platform(who), sentence)
}

fn on(platform: Platform, sentence: &str) -> String {
    sentence.split(' ').map(|word| typed(platform, word)).collect::<Vec<_>>().join(" ")
}

fn typed(platform: Platform, word: &str) -> String {
    let command = word.strip_prefix('/').and_then(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let row = TABLE.iter().find(|row| row.name == &rest[..end])?;
        Some(format!("{}{}", row.command.typed(platform), &rest[end..]))
    });
    command.unwrap_or_else(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_named_as_it_is_typed_on_each_platform() {
        let said = |platform| on(platform, "Say /join and the word; /stock, /watch: and a/b or /nonsense.");
        assert_eq!(said(Platform::Telegram), "Say /join and the word; /stock, /watch: and a/b or /nonsense.");
        assert_eq!(
            said(Platform::Slack),
            "Say /coatcheck join and the word; /coatcheck stock, /watch: and a/b or /nonsense."
        );
        assert!(said(Platform::Sms).contains("STOCK, WATCH:"), "{}", said(Platform::Sms));
    }
}
