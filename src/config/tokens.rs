//! Tokens that cannot be right: named at start, before a platform refuses them. Only where the platform itself is asked, for
//! a test server has tokens of its own. Errors never show a token.

/// Why a token cannot be one.
pub(super) type Check = fn(&str) -> Result<(), &'static str>;

/// Why a Discord bot token cannot be one: three parts of base64url, separated by dots.
pub(super) fn discord(token: &str) -> Result<(), &'static str> {
    if token.to_ascii_lowercase().starts_with("bot ") {
        return Err("starts with the word Bot; leave that out");
    }
    let is_part =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let parts: Vec<&str> = token.split('.').collect();
    if parts.len() == 3 && parts.iter().all(|part| is_part(part)) {
        return Ok(());
    }
    Err("is not a bot token: that has three parts with dots between them (docs/setup/discord.md, step 1)")
}

/// Why a Telegram bot token cannot be one: the bot's number, a colon, 35 characters.
pub(super) fn telegram(token: &str) -> Result<(), &'static str> {
    if let Some((number, secret)) = token.split_once(':') {
        let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        let is_secret = secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if is_number && is_secret && secret.len() >= 30 {
            return Ok(());
        }
    }
    Err("is not a bot token: that looks like 110201543:AAH… and comes from @BotFather")
}

/// Is it one of Twilio's ids: two capitals and 32 hexadecimal digits?
pub(super) fn is_twilio_id(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(is_hexadecimal)
}

/// Is it 32 hexadecimal digits, as Twilio's auth tokens are?
pub(super) fn is_hexadecimal(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_token_is_named() {
        assert_eq!(discord("MTIzNDU2Nzg5.Gabcde.do-not_show"), Ok(()));
        for token in ["your-bots-token", "a.b", "a.b.c.d", "a..c", "Bot MTIz.G.x", "a.b.c d", "\"a.b.c\""] {
            assert!(discord(token).is_err(), "{token}");
        }
        assert_eq!(telegram("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"), Ok(()));
        for token in
            ["123456:your-bots-token", "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "bot1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"]
        {
            assert!(telegram(token).is_err(), "{token}");
        }
        assert!(is_twilio_id("AC00000000000000000000000000000000", "AC"));
        assert!(!is_twilio_id("SK00000000000000000000000000000000", "AC") && !is_twilio_id("AC1", "AC"));
    }
}
