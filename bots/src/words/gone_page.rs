//! The message that says that the pages of products have been missing for a day.

use super::plain::title;

/// Products that are named; the rest are counted.
const NAMED: usize = 3;

/// The message to a person who waits for these products: their titles, and the addresses that are not found.
#[must_use]
pub fn gone_pages(products: &[(String, String)]) -> String {
    let (what, they) = match products.len() {
        1 => ("The page of this product has", "It"),
        _ => ("The pages of these products have", "They"),
    };
    let mut lines = vec![format!("{what} been missing for a day:")];
    lines.extend(products.iter().take(NAMED).map(|(name, url)| format!("{} – {url}", title(name))));
    if products.len() > NAMED {
        lines.push(format!("and {} more", products.len() - NAMED));
    }
    lines.push(format!(
        "{they} may be gone for good. We keep looking and tell you if your size comes back; /unwatch ends that."
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_few_are_named_and_the_rest_counted() {
        let products = |count: usize| -> Vec<_> {
            (1..=count).map(|n| (format!("Jacket {n}"), format!("https://shop.example/products/jacket-{n}"))).collect()
        };
        assert_snapshot!(gone_pages(&products(1)), @"
        The page of this product has been missing for a day:
        Jacket 1 – https://shop.example/products/jacket-1
        It may be gone for good. We keep looking and tell you if your size comes back; /unwatch ends that.
        ");
        assert_snapshot!(gone_pages(&products(5)), @"
        The pages of these products have been missing for a day:
        Jacket 1 – https://shop.example/products/jacket-1
        Jacket 2 – https://shop.example/products/jacket-2
        Jacket 3 – https://shop.example/products/jacket-3
        and 2 more
        They may be gone for good. We keep looking and tell you if your size comes back; /unwatch ends that.
        ");
    }
}
