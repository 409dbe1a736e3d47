//! What readings look like, whatever they say: a shop that changes its pages is noticed by a shape that is suddenly
//! another. Pure.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::reading::Reading;

/// A reading of another shape counts only once the shape has lasted so long: a broken answer is soon mended, a new shop
/// software stays.
pub const BELIEVED_AFTER: Duration = Duration::from_secs(15 * 60);
/// Fewer variants say nothing by all having or lacking something.
const FEWEST: u32 = 3;

/// How many variants a reading has, and how many of them have what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// All of them.
    pub variants: u32,
    /// Those that say whether they can be had.
    pub definite: u32,
    /// Those that can be had.
    pub buyable: u32,
    /// Those with a price.
    pub priced: u32,
    /// Those with an id or an article number.
    pub named: u32,
    /// Those with options.
    pub optioned: u32,
}

impl Shape {
    /// The shape of a reading.
    #[must_use]
    pub fn of(reading: &Reading) -> Self {
        let mut shape = Self::default();
        for variant in reading.products.iter().flat_map(|product| &product.variants) {
            shape.variants += 1;
            shape.definite += u32::from(variant.availability.is_definite());
            shape.buyable += u32::from(variant.availability.is_buyable());
            shape.priced += u32::from(variant.price.is_some());
            shape.named += u32::from(variant.external_id.is_some() || variant.sku.is_some());
            shape.optioned += u32::from(!variant.options.is_empty());
        }
        shape
    }

    /// What this shape has lost that the one before it had, if that is so much that somebody should look at the shop.
    #[must_use]
    pub fn lost(self, before: Self) -> Option<String> {
        let lost = |what: &str, was: u32, is: u32| {
            format!(
                "the shop's answer has another shape: {is} of {} variants {what}, it was {was} of {}; \
                 nothing of it counts until that has lasted 15 min",
                self.variants, before.variants
            )
        };
        if self.variants == 0 || before.variants == 0 {
            return None;
        }
        let had = |count: u32| before.variants >= FEWEST && count * 4 >= before.variants * 3;
        if had(before.definite) && self.variants >= FEWEST && self.definite * 4 <= self.variants {
            return Some(lost("say whether they can be had", before.definite, self.definite));
        }
        if had(before.named) && self.named == 0 {
            return Some(lost("have an id", before.named, self.named));
        }
        if had(before.optioned) && self.variants >= 2 && self.optioned == 0 {
            return Some(lost("have a size or another option", before.optioned, self.optioned));
        }
        // Many shops show no price of what is sold out.
        if had(before.priced) && self.variants >= FEWEST && self.priced == 0 && self.buyable > 0 {
            return Some(lost("have a price", before.priced, self.priced));
        }
        None
    }

    fn numbers(self) -> [u32; 6] {
        [self.variants, self.definite, self.buyable, self.priced, self.named, self.optioned]
    }
}

/// As it stands in tables: `variants definite buyable priced named optioned`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.numbers().map(|number| number.to_string());
        f.write_str(&numbers.join(" "))
    }
}

/// A text that is no shape.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not the shape of a reading")]
pub struct NotAShape(String);

impl FromStr for Shape {
    type Err = NotAShape;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotAShape(text.chars().take(40).collect());
        let numbers: Vec<u32> = text.split(' ').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        let [variants, definite, buyable, priced, named, optioned] =
            <[u32; 6]>::try_from(numbers).map_err(|_| wrong())?;
        Ok(Self { variants, definite, buyable, priced, named, optioned })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Availability, Money, ProductReading, VariantReading};

    fn shape(numbers: [u32; 6]) -> Shape {
        let [variants, definite, buyable, priced, named, optioned] = numbers;
        Shape { variants, definite, buyable, priced, named, optioned }
    }

    fn lost(before: [u32; 6], now: [u32; 6]) -> &'static str {
        let said = shape(now).lost(shape(before)).unwrap_or_default();
        ["whether they can be had", "an id", "a size", "a price"]
            .into_iter()
            .find(|what| said.contains(what))
            .unwrap_or("")
    }

    #[test]
    fn what_all_variants_had_and_none_has_is_another_shape() {
        let whole = [6, 6, 2, 6, 6, 6];
        assert_eq!(lost(whole, [6, 0, 0, 6, 6, 6]), "whether they can be had");
        assert_eq!(lost(whole, [6, 1, 1, 6, 6, 6]), "whether they can be had");
        assert_eq!(lost(whole, [6, 6, 6, 6, 0, 6]), "an id");
        assert_eq!(lost(whole, [6, 6, 6, 6, 6, 0]), "a size");
        assert_eq!(lost(whole, [6, 6, 6, 0, 6, 6]), "a price");
    }

    #[test]
    fn what_shops_do_every_day_is_none() {
        let whole = [6, 6, 2, 6, 6, 6];
        for now in [
            whole,
            [6, 6, 6, 6, 6, 6],
            [6, 6, 0, 0, 6, 6], // sold out, and without prices
            [1, 1, 0, 1, 1, 0], // sold out, and one line says so
            [2, 2, 2, 2, 2, 2], // hides what is sold out
            [6, 4, 1, 6, 6, 6],
            [0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(lost(whole, now), "", "{now:?}");
        }
        assert_eq!(lost([1, 1, 1, 1, 1, 0], [1, 1, 1, 0, 0, 0]), "", "one variant says little");
        assert_eq!(lost([0; 6], whole), "");
    }

    #[test]
    fn how_much_is_much_is_exact() {
        assert_eq!((BELIEVED_AFTER.as_secs(), FEWEST), (900, 3));
        let whole = [8, 8, 2, 8, 8, 8];
        assert_eq!(lost([4, 3, 0, 0, 0, 0], [4, 1, 1, 0, 0, 0]), "whether they can be had", "three of four had it");
        assert_eq!(lost([4, 2, 0, 0, 0, 0], [4, 0, 0, 0, 0, 0]), "", "two of four had it");
        assert_eq!(lost([3, 3, 0, 3, 3, 3], [3, 0, 0, 3, 3, 3]), "whether they can be had", "three are enough");
        assert_eq!(lost([2, 2, 0, 2, 2, 2], [3, 0, 0, 3, 0, 0]), "", "of two variants nothing follows");
        assert_eq!(lost(whole, [8, 2, 2, 8, 8, 8]), "whether they can be had", "a quarter is left");
        assert_eq!(lost(whole, [8, 3, 3, 8, 8, 8]), "", "more than a quarter is left");
        assert_eq!(lost(whole, [2, 0, 0, 2, 2, 2]), "", "two variants that say nothing");
        assert_eq!(lost(whole, [1, 1, 1, 1, 0, 1]), "an id");
        assert_eq!(lost(whole, [2, 2, 2, 2, 2, 0]), "a size");
        assert_eq!(lost(whole, [2, 2, 2, 0, 2, 2]), "", "two variants without a price");
        assert_eq!(lost(whole, [3, 3, 1, 0, 3, 3]), "a price");
        assert_eq!(lost(whole, [3, 3, 1, 1, 1, 1]), "");
        assert_eq!(lost(whole, [0, 0, 0, 0, 0, 0]), "");
    }

    #[test]
    fn a_reading_is_counted_by_what_its_variants_have() {
        let variant = |options: &[(&str, &str)], is| {
            VariantReading::bare(options.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(), is)
        };
        let variants = vec![
            VariantReading { external_id: Some("1".into()), ..variant(&[("Size", "M")], Availability::InStock) },
            VariantReading { sku: Some("A".into()), ..variant(&[("Size", "L")], Availability::OutOfStock) },
            VariantReading {
                price: Some(Money::minor(100, 2, None)),
                ..variant(&[("Size", "S")], Availability::LowStock)
            },
            variant(&[], Availability::Unknown),
        ];
        let product = ProductReading {
            external_id: None,
            handle: None,
            title: "Jacket".into(),
            url: None,
            image: None,
            complete: true,
            updated_at: None,
            variants,
        };
        let reading = Reading { products: vec![product], complete: true, doubts: Vec::new() };
        assert_eq!(Shape::of(&reading), shape([4, 3, 2, 1, 2, 3]));
    }

    #[test]
    fn what_is_said_of_it_has_before_and_after() {
        let said = shape([6, 0, 0, 6, 6, 6]).lost(shape([5, 5, 0, 5, 5, 5])).expect("another");
        assert!(said.contains("0 of 6 variants say whether they can be had, it was 5 of 5"), "{said}");
    }

    proptest! {
        #[test]
        fn a_shape_is_read_back_from_its_text(numbers in any::<[u32; 6]>()) {
            prop_assert_eq!(shape(numbers).to_string().parse::<Shape>().expect("its own text"), shape(numbers));
        }

        #[test]
        fn no_text_breaks_it(text in "[0-9 ]{0,30}") {
            let _ = text.parse::<Shape>();
        }

        #[test]
        fn what_loses_nothing_is_no_other_shape(numbers in prop::array::uniform6(0_u32..50)) {
            prop_assert_eq!(shape(numbers).lost(shape(numbers)).filter(|_| numbers[1] * 4 > numbers[0]), None);
        }
    }
}
