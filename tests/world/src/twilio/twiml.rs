//! Reads TwiML as strictly as Twilio does: a document it cannot read is an error (12100), and nobody gets anything.

/// The messages of a `<Response>`.
pub(super) fn messages(xml: &str) -> Result<Vec<String>, String> {
    let xml = xml.trim();
    let xml = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap_or(xml).trim();
    if xml == "<Response/>" {
        return Ok(Vec::new());
    }
    let inside = xml.strip_prefix("<Response>").and_then(|xml| xml.strip_suffix("</Response>"));
    let mut rest = inside.ok_or_else(|| format!("no <Response>: {xml}"))?.trim();
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let after = rest.strip_prefix("<Message>").ok_or_else(|| format!("no <Message>: {rest}"))?;
        let (text, behind) = after.split_once("</Message>").ok_or("a <Message> does not end")?;
        messages.push(unescaped(text)?);
        rest = behind.trim();
    }
    Ok(messages)
}

fn unescaped(text: &str) -> Result<String, String> {
    if text.contains(['<', '>']) {
        return Err(format!("markup inside a message: {text}"));
    }
    let mut plain = String::new();
    let mut parts = text.split('&');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (entity, behind) = part.split_once(';').ok_or_else(|| format!("a bare & in {text}"))?;
        plain.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            other => return Err(format!("no such entity: &{other};")),
        });
        plain.push_str(behind);
    }
    if plain.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(format!("a control character in {plain:?}"));
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_sound_is_read() {
        let read = |inside: &str| messages(&format!("<Response>{inside}</Response>"));
        assert_eq!(read(""), Ok(Vec::new()));
        assert_eq!(
            read("<Message>M &amp; L\n&lt;3</Message><Message>b</Message>"),
            Ok(vec!["M & L\n<3".into(), "b".into()])
        );
        for bad in
            ["hello", "<Message>M & L</Message>", "<Message>a", "<Message><b/></Message>", "<Message>&x;</Message>"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(messages("").is_err());
    }
}
