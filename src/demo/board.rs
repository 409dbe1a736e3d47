//! The demo's board: style × size, from the store.

use coatcheck_bots::words;

use crate::store::stock::catalogue::Variant;

/// A row per style, a column per size: `●` in stock, `·` sold out.
#[must_use]
pub(super) fn board(title: &str, variants: &[Variant]) -> String {
    let mut sizes: Vec<&str> = Vec::new();
    let mut styles: Vec<&str> = Vec::new();
    for variant in variants {
        let (size, style) = names(variant);
        if !sizes.contains(&size) {
            sizes.push(size);
        }
        if !styles.contains(&style) {
            styles.push(style);
        }
    }
    let mut text = format!("{:<14}", words::title(title));
    for size in &sizes {
        text.push_str(&format!("{size:>5}"));
    }
    for style in styles {
        text.push_str(&format!("\n  {style:<12}"));
        for size in &sizes {
            let there = variants.iter().any(|v| names(v) == (*size, style) && v.availability.is_buyable());
            text.push_str(&format!("{:>5}", if there { "●" } else { "·" }));
        }
    }
    text
}

fn names(variant: &Variant) -> (&str, &str) {
    (variant.size.as_deref().unwrap_or("-"), variant.style.as_deref().unwrap_or("-"))
}
