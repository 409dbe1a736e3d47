//! The message that says which products are new at a shop.

use super::plain::{plain, title};

/// Products that are named; the rest are counted.
const NAMED: usize = 10;

/// What is new at the shop with this host: titles, and addresses where there are any.
#[must_use]
pub fn new_products(host: &str, products: &[(String, Option<String>)]) -> String {
    let named = products.iter().take(NAMED);
    let lines = named.map(|(name, url)| match url {
        Some(url) => format!("{} – {url}", title(name)),
        None => title(name),
    });
    let mut lines: Vec<String> = lines.collect();
    if products.len() > NAMED {
        lines.push(format!("and {} more", products.len() - NAMED));
    }
    let opening = format!("New at {}:", plain(host));
    if lines.len() == 1 { format!("{opening} {}", lines[0]) } else { format!("{opening}\n{}", lines.join("\n")) }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn one_stands_in_a_line_and_many_are_counted() {
        let products = |count: usize| -> Vec<_> {
            (1..=count).map(|n| (format!("Jacket {n}"), Some(format!("https://shop.example/products/{n}")))).collect()
        };
        assert_snapshot!(new_products("shop.example", &products(1)), @"New at shop.example: Jacket 1 – https://shop.example/products/1");
        assert_snapshot!(new_products("shop.example", &[("Hat".to_owned(), None), ("@everyone".to_owned(), None)]), @"
        New at shop.example:
        Hat
        @ everyone
        ");
        assert!(new_products("shop.example", &products(12)).ends_with("10\nand 2 more"));
    }
}
