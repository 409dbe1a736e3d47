//! Why a shop could not be checked, for people in chats: never what a name resolves to, nor what settings would help.

/// The cause of a failed poll by its fault code: the end of "I couldn't check that page: …".
pub(crate) fn why(fault: Option<&str>, error: Option<&str>) -> &'static str {
    let is_missing = error.is_some_and(|error| error.contains("(404)") || error.contains("(410)"));
    match fault.unwrap_or_default() {
        "status" if is_missing => "the shop says there is no such page. Check the address",
        "status" => "the shop answered with an error",
        "timeout" => "the shop didn't answer in time",
        "connect" | "broken" => "the connection to the shop failed",
        // One answer for names that lead nowhere and names that lead to our network.
        "dns" | "refused" => "there is no public shop at that address. Check the spelling",
        "bot_wall" => "the shop blocks automated checks",
        "robots" => "the shop asks not to be checked automatically",
        "redirect" => "the shop sends visitors of that page somewhere else",
        "shape" | "wrong_content" | "identity" | "program" | "too_large" => "I can't find a product on it",
        "too_long" | "overran" => "reading it took too long",
        "busy" => "many other pages are being read right now",
        _ => "something went wrong at the shop",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_nothing_of_our_network() {
        let error = "shop.internal is refused: 10.0.0.7 is a private address; list it in COATCHECK_ALLOW_HOSTS";
        assert_eq!(why(Some("refused"), Some(error)), "there is no public shop at that address. Check the spelling");
        assert_eq!(
            why(Some("refused"), Some(error)),
            why(Some("dns"), Some("no such name")),
            "an internal name is none"
        );
        assert_eq!(
            why(Some("status"), Some("there is nothing here (404)")),
            "the shop says there is no such page. Check the address"
        );
        for fault in ["overran", "busy", "drift", "program"] {
            let said = why(Some(fault), Some("jq[0].size: took more than 3000 ms at /srv/x, --jq"));
            assert!(!said.contains("jq") && !said.contains('/'), "{said}");
        }
        assert_eq!(why(None, None), "something went wrong at the shop");
    }
}
