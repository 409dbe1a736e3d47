//! Inline keyboards: links and buttons that Telegram takes.

use teloxide::types::{InlineKeyboardButton, InlineKeyboardMarkup};
use url::{Host, Url};

use crate::Button;
use crate::words::{plain, shortened};

/// Bytes in a button's data, at most.
const LONGEST_DATA: usize = 64;
/// Characters on a button that can still be read on a phone.
const LONGEST_LABEL: usize = 40;
/// Characters in a row of buttons, and buttons, at most.
const ROW: (usize, usize) = (32, 8);

/// Links first, one a row, then the buttons, side by side where they are short. `None` where there is nothing.
pub(super) fn keyboard(links: &[(String, Url)], buttons: &[Button]) -> Option<InlineKeyboardMarkup> {
    let linked = links.iter().map(|(label, url)| vec![InlineKeyboardButton::url(labelled(label), url.clone())]);
    let rows: Vec<Vec<InlineKeyboardButton>> = linked.chain(rows(buttons)).collect();
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}

/// The rows of links that a message keeps, then other buttons.
pub(super) fn keyboard_below(links: &[Vec<InlineKeyboardButton>], buttons: &[Button]) -> Option<InlineKeyboardMarkup> {
    let rows: Vec<Vec<InlineKeyboardButton>> = links.iter().cloned().chain(rows(buttons)).collect();
    (!rows.is_empty()).then(|| InlineKeyboardMarkup::new(rows))
}

/// A button whose data is too long would cost the whole message; it cannot come from us.
fn rows(buttons: &[Button]) -> Vec<Vec<InlineKeyboardButton>> {
    let mut rows: Vec<Vec<InlineKeyboardButton>> = Vec::new();
    let mut width = 0;
    for button in buttons.iter().filter(|button| button.data.len() <= LONGEST_DATA) {
        let label = labelled(&button.label);
        let wide = label.chars().count() + 2;
        let pressed = InlineKeyboardButton::callback(label, button.data.clone());
        match rows.last_mut() {
            Some(row) if row.len() < ROW.1 && width + wide <= ROW.0 => {
                row.push(pressed);
                width += wide;
            }
            _ => {
                rows.push(vec![pressed]);
                width = wide;
            }
        }
    }
    rows
}

fn labelled(label: &str) -> String {
    let label = shortened(&plain(label), LONGEST_LABEL);
    if label.is_empty() { "…".to_owned() } else { label }
}

/// Does Telegram take this address on a button? It refuses the whole message for a host that is no public name.
pub(super) fn can_be_pressed(url: &Url) -> bool {
    let public = matches!(url.host(), Some(Host::Domain(name)) if name.trim_end_matches('.').contains('.'));
    public && matches!(url.scheme(), "http" | "https") && url.as_str().len() <= 2048
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(buttons: &[(&str, &str)]) -> String {
        let button = |&(label, data): &(&str, &str)| Button { label: label.into(), data: data.into() };
        let rows = rows(&buttons.iter().map(button).collect::<Vec<_>>());
        let line = |row: &Vec<InlineKeyboardButton>| format!("{:?}", row.iter().map(|b| &b.text).collect::<Vec<_>>());
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn short_buttons_stand_side_by_side() {
        let long = "x".repeat(65);
        insta::assert_snapshot!(shown(&[("1", "c:1:1"), ("2", "c:1:2"), ("Stop Corps Jacket — M / Black", "stop:1"), ("\u{202e}\n", "a"), ("lost", &long)]), @r#"
        ["1", "2"]
        ["Stop Corps Jacket — M / Black"]
        ["…"]
        "#);
    }

    #[test]
    fn only_public_names_are_put_on_buttons() {
        let can = |text: &str| can_be_pressed(&Url::parse(text).expect(text));
        assert!(can("https://shop.example/p?size=M"));
        for refused in ["http://localhost:8080/p", "http://127.0.0.1/p", "http://[::1]/p", "ftp://shop.example/"] {
            assert!(!can(refused), "{refused}");
        }
    }
}
