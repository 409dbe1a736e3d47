//! A restock in words.

use coatcheck_domain::{Availability, Money};
use url::Url;

use super::count::counted;
use super::plain::{lines, plain, shortened, title};
use crate::message::{Alert, AlertVariant, Message, SoldOut};

/// Variants that are named one by one; of more there is the number.
const NAMED: usize = 12;
/// With so few variants each can have its own link.
const LINKED: usize = 3;
/// Characters of a size or style, at most.
const LONGEST_LABEL: usize = 60;

/// An alert in parts, for platforms that lay them out in their own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertText {
    /// "Back in stock: Corps Jacket — M / Black, 129.00 EUR (3 left)".
    pub head: String,
    /// A line a variant, when there are several.
    pub variants: Vec<String>,
    /// How many more there are than lines.
    pub more: usize,
    /// What is sold out again while the rest is not, a line each; for posts in rooms.
    pub sold_out: Vec<String>,
    /// The one link, where one is enough.
    pub link: Option<Url>,
    /// A link that puts the one variant into the cart, where the shop has such links.
    pub cart: Option<Url>,
}

impl AlertText {
    /// All of it as lines of text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![self.head.clone()];
        lines.extend(self.variants.iter().map(|line| format!("• {line}")));
        if self.more > 0 {
            lines.push(format!("and {} more", self.more));
        }
        lines.extend(self.sold_out.iter().cloned());
        lines.extend(self.link.as_ref().map(ToString::to_string));
        lines.extend(self.cart.as_ref().map(|cart| format!("Add to cart: {cart}")));
        lines.join("\n")
    }
}

/// Any message as lines of text.
#[must_use]
pub fn message(message: &Message) -> String {
    match message {
        Message::Alert(told) => alert(told).text(),
        Message::Notice(notice) => lines(&notice.text),
    }
}

/// An alert in words. Several variants that cost the same have one price, in the head.
#[must_use]
pub fn alert(alert: &Alert) -> AlertText {
    let mut text = match alert.variants.as_slice() {
        [one] => about_one(alert, one),
        several => about_several(alert, several),
    };
    text.sold_out = alert.post.as_ref().map(|post| sold_out(&post.sold_out)).unwrap_or_default();
    if alert.test {
        text.head = format!("This is how an alert looks.\n{}", text.head);
    }
    text
}

/// "M sold out again after 4 min", the first ones by name.
fn sold_out(gone: &[SoldOut]) -> Vec<String> {
    let line = |one: &SoldOut| {
        let label = variant_label(&one.variant).unwrap_or_else(|| "One variant".to_owned());
        let words = super::gone_after(one.after);
        format!("{label} {}{}", words[..1].to_lowercase(), &words[1..])
    };
    let mut lines: Vec<String> = gone.iter().take(NAMED).map(line).collect();
    if gone.len() > NAMED {
        lines.push(format!("and {} more sold out again", gone.len() - NAMED));
    }
    lines
}

/// Several alerts in one message, a line each.
#[must_use]
pub fn several_alerts(alerts: &[&Alert], with_links: bool) -> String {
    let count = i64::try_from(alerts.len()).unwrap_or(i64::MAX);
    let mut lines = vec![format!("{} back in stock:", counted(count, "product is", "products are"))];
    lines.extend(alerts.iter().map(|alert| {
        let labels: Vec<String> = alert.variants.iter().take(LINKED).filter_map(variant_label).collect();
        let more = alert.variants.len().saturating_sub(LINKED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let what = if labels.is_empty() { String::new() } else { format!(" — {}{more}", labels.join(", ")) };
        let price = same_price(&alert.variants).map(priced).unwrap_or_default();
        let page = alert.variants.first().filter(|_| alert.variants.len() == 1).and_then(|only| only.url.as_ref());
        let link = page.or(alert.url.as_ref()).filter(|_| with_links).map(|url| format!(" {url}")).unwrap_or_default();
        format!("• {}{what}{price}{link}", title(&alert.product))
    }));
    lines.join("\n")
}

fn about_one(alert: &Alert, variant: &AlertVariant) -> AlertText {
    let opening = opening(&alert.variants);
    let name = title(&alert.product);
    let name = variant_label(variant).map_or(name.clone(), |label| format!("{name} — {label}"));
    let price = variant.price.as_ref().map(priced).unwrap_or_default();
    let head = format!("{opening}: {name}{price}{}", remark(variant, opening));
    let link = variant.url.clone().or_else(|| alert.url.clone());
    AlertText { head, variants: Vec::new(), more: 0, sold_out: Vec::new(), link, cart: variant.cart_url.clone() }
}

fn about_several(alert: &Alert, several: &[AlertVariant]) -> AlertText {
    let opening = opening(several);
    let price = same_price(several).map(priced).unwrap_or_default();
    let head = format!("{opening}: {}{price} — {} variants", title(&alert.product), several.len());
    let each_linked = several.len() <= LINKED && several.iter().all(|variant| variant.url.is_some());
    let variants: Vec<String> = several
        .iter()
        .take(NAMED)
        .map(|variant| {
            let link = variant.url.as_ref().filter(|_| each_linked).map(|url| format!(" {url}")).unwrap_or_default();
            format!("{}{link}", line(variant, opening, price.is_empty()))
        })
        .collect();
    let link = alert.url.clone().or_else(|| several.iter().find_map(|variant| variant.url.clone()));
    let more = several.len().saturating_sub(NAMED);
    AlertText { head, variants, more, sold_out: Vec::new(), link: link.filter(|_| !each_linked), cart: None }
}

fn line(variant: &AlertVariant, opening: &str, with_price: bool) -> String {
    let label = variant_label(variant).unwrap_or_else(|| "one variant".to_owned());
    let price = variant.price.as_ref().filter(|_| with_price).map(priced).unwrap_or_default();
    format!("{label}{price}{}", remark(variant, opening))
}

/// `M / Black`: the size, then the style; other options where there is neither; nothing where there are none.
#[must_use]
pub fn variant_label(variant: &AlertVariant) -> Option<String> {
    let mut parts: Vec<&str> = variant.size.iter().chain(&variant.style).map(String::as_str).collect();
    if parts.is_empty() {
        parts = variant.options.iter().map(|(_, value)| value.as_str()).collect();
    }
    let label = plain(&parts.join(" / "));
    (!label.is_empty()).then(|| shortened(&label, LONGEST_LABEL))
}

/// "Back in stock" as soon as one can be bought; otherwise the first one's own word.
pub(crate) fn opening(variants: &[AlertVariant]) -> &'static str {
    match variants.first() {
        Some(first) if !variants.iter().any(|variant| variant.availability.is_buyable()) => match first.availability {
            Availability::PreOrder => "Pre-order",
            Availability::BackOrder => "Back-order",
            Availability::MadeToOrder => "Made to order",
            Availability::InStoreOnly => "In store only",
            _ => "Changed",
        },
        _ => "Back in stock",
    }
}

fn priced(price: &Money) -> String {
    format!(", {price}")
}

pub(crate) fn same_price(variants: &[AlertVariant]) -> Option<&Money> {
    let first = variants.first()?.price.as_ref()?;
    variants.iter().all(|variant| variant.price.as_ref() == Some(first)).then_some(first)
}

/// ` (3 left)`, ` (almost gone)`, ` (pre-order)` — or nothing. Shops that oversell count below zero: no number then.
pub(crate) fn remark(variant: &AlertVariant, opening: &str) -> String {
    match (variant.availability, variant.quantity) {
        (availability, Some(left)) if availability.is_buyable() && left > 0 => format!(" ({left} left)"),
        (Availability::InStock, _) => String::new(),
        (other, _) if other.words().eq_ignore_ascii_case(opening) => String::new(),
        (other, _) => format!(" ({})", other.words()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert as example, variant};
    use crate::message::Notice;

    fn read(told: &Alert) -> String {
        alert(told).text()
    }

    #[test]
    fn one_size_is_one_line_and_its_link() {
        let mut told = example(vec![variant("M", "Black")]);
        told.variants[0].quantity = Some(3);
        insta::assert_snapshot!(read(&told), @"
        Back in stock: Corps Jacket — M / Black, 129.00 EUR (3 left)
        https://shop.example/products/jacket?size=M
        ");
        told.test = true;
        insta::assert_snapshot!(read(&told), @"
        This is how an alert looks.
        Back in stock: Corps Jacket — M / Black, 129.00 EUR (3 left)
        https://shop.example/products/jacket?size=M
        ");
    }

    #[test]
    fn what_the_shop_does_not_say_is_not_said() {
        let mut told = example(vec![variant("M", "Black")]);
        told.url = None;
        let one = &mut told.variants[0];
        (one.size, one.style, one.price, one.url, one.quantity) = (None, None, None, None, Some(-4));
        one.options.clear();
        insta::assert_snapshot!(read(&told), @"Back in stock: Corps Jacket");
    }

    #[test]
    fn a_few_sizes_have_each_its_own_link() {
        let mut told = example(vec![variant("M", "Black"), variant("L", "Black")]);
        told.variants[1].availability = Availability::LowStock;
        insta::assert_snapshot!(read(&told), @"
        Back in stock: Corps Jacket, 129.00 EUR — 2 variants
        • M / Black https://shop.example/products/jacket?size=M
        • L / Black (almost gone) https://shop.example/products/jacket?size=L
        ");
    }

    #[test]
    fn eighteen_variants_are_one_readable_message() {
        let all: Vec<AlertVariant> = ["Black", "Olive", "Navy"]
            .iter()
            .flat_map(|style| ["XS", "S", "M", "L", "XL", "XXL"].iter().map(|size| variant(size, style)))
            .collect();
        insta::assert_snapshot!(read(&example(all)), @"
        Back in stock: Corps Jacket, 129.00 EUR — 18 variants
        • XS / Black
        • S / Black
        • M / Black
        • L / Black
        • XL / Black
        • XXL / Black
        • XS / Olive
        • S / Olive
        • M / Olive
        • L / Olive
        • XL / Olive
        • XXL / Olive
        and 6 more
        https://shop.example/products/jacket
        ");
    }

    #[test]
    fn different_prices_stand_with_their_variants_and_preorder_is_its_own_word() {
        let mut told = example(vec![variant("M", "Black"), variant("L", "Black")]);
        for one in &mut told.variants {
            one.url = None;
        }
        told.variants[0].price = Some(Money::minor(9900, 2, None));
        told.variants[1].availability = Availability::PreOrder;
        insta::assert_snapshot!(read(&told), @"
        Back in stock: Corps Jacket — 2 variants
        • M / Black, 99.00
        • L / Black, 129.00 EUR (pre-order)
        https://shop.example/products/jacket
        ");
        told.variants.remove(0);
        insta::assert_snapshot!(read(&told), @"
        Pre-order: Corps Jacket — L / Black, 129.00 EUR
        https://shop.example/products/jacket
        ");
    }

    #[test]
    fn a_hostile_title_cannot_speak_for_us() {
        let mut told = example(vec![variant("M\nBack in stock: gold", "@everyone")]);
        told.product = "\u{202e}Jacket\n\n@here ".repeat(20);
        insta::assert_snapshot!(read(&told), @"
        Back in stock: Jacket @ here Jacket @ here Jacket @…@ here Jacket @ here Jacket @ here — M Back in stock: gold / @ everyone, 129.00 EUR
        https://shop.example/products/jacket?size=MBack%20in%20stock:%20gold
        ");
        let notice =
            Message::Notice(Notice { text: "Shop example.com answers again.\nIt was away for 4 min.\u{1b}[2J".into() });
        insta::assert_snapshot!(message(&notice), @"
        Shop example.com answers again.
        It was away for 4 min. [2J
        ");
    }
}
