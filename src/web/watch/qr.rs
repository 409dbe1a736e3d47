//! QR codes, as SVG that is part of the page.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

/// Blank modules around it, which readers need.
const BORDER: i32 = 4;

/// The picture. `None`: the text is too long for one.
pub(super) fn svg(text: &str, says: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let side = code.size() + 2 * BORDER;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let wide = (x..code.size()).take_while(|x| code.get_module(*x, y)).count();
            if wide > 0 {
                let _ = write!(path, "M{},{}h{wide}v1h-{wide}z", x + BORDER, y + BORDER);
            }
            x += i32::try_from(wide).unwrap_or_default() + 1;
        }
    }
    Some(format!(
        "<svg class=\"qr\" role=\"img\" aria-label=\"{says}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0,0h{side}v{side}h-{side}z\"/><path fill=\"#000\" d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_that_says_what_it_is_for() {
        let svg = svg("sms:+14155550100?body=W-ABCD2345", "Write the text").expect("it fits");
        assert!(
            svg.starts_with("<svg class=\"qr\" role=\"img\" aria-label=\"Write the text\" viewBox=\"0 0 37 37\""),
            "{svg}"
        );
        assert!(super::svg(&"x".repeat(5000), "").is_none());
    }
}
