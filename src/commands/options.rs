//! Sizes and a style that were given as options of the command line: the same rules as in a sentence. Pure.

use coatcheck_bots::commands::{Arguments, Word};
use coatcheck_bots::words;
use coatcheck_domain::SizeKey;
use coatcheck_domain::size::{Answer, Listing};

use super::resolve::{Meant, fixed};
use super::wants::{MeantSize, Want};
use crate::store::stock::catalogue::Product;

/// What `--size` and `--style` mean for a product, or why they mean nothing, in words. A size that the shop does not
/// list is taken as it is, where none sounds like it.
pub(crate) fn wanted(product: &Product, sizes: &[String], style: Option<&str>) -> Result<Vec<Want>, String> {
    let named = |name: &str, value: &str| [Word::plain(name), Word::quoted(value)];
    let mut bare: Vec<Word> = sizes.iter().flat_map(|size| named("size", size)).collect();
    bare.extend(style.into_iter().flat_map(|style| named("style", style)));
    let Meant { wants, strange, .. } = fixed(product, &Arguments { bare, ..Arguments::default() });
    let listing = Listing::of(product.sizes.iter().map(|(_, label)| label.as_str()));
    let mut taken = Vec::new();
    for strange in strange {
        let is_like_one =
            listing.listed(&strange.text) != Answer::None || !listing.nearest(&strange.text, 1).is_empty();
        if is_like_one {
            return Err(no_such_size(product, &listing, &strange.text));
        }
        taken.push(MeantSize { key: SizeKey::fold(&strange.text), text: strange.text });
    }
    Ok(with(wants, taken))
}

/// The sizes that were taken as they are, each with every style.
fn with(wants: Vec<Want>, taken: Vec<MeantSize>) -> Vec<Want> {
    if taken.is_empty() {
        return wants;
    }
    let mut styles: Vec<Option<String>> = Vec::new();
    for want in &wants {
        if !styles.contains(&want.style) {
            styles.push(want.style.clone());
        }
    }
    let further = taken.into_iter().flat_map(|size| {
        styles.clone().into_iter().map(move |style| Want { size: Some(size.clone()), style }).collect::<Vec<_>>()
    });
    wants.iter().filter(|want| want.size.is_some()).cloned().chain(further).collect()
}

fn no_such_size(product: &Product, listing: &Listing, text: &str) -> String {
    let labels: Vec<String> = listing.labels().take(20).map(words::plain).collect();
    let near = match listing.listed(text) {
        Answer::Several(places) => places.into_iter().map(|(place, _)| place).collect(),
        _ => listing.nearest(text, 3),
    };
    let near: Vec<String> = near.into_iter().map(|place| format!("{:?}", words::plain(listing.label(place)))).collect();
    format!(
        "{} has no size {:?}; did you mean {}? It lists: {}",
        words::title(&product.title),
        words::shortened(&words::plain(text), 40),
        near.join(" or "),
        labels.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::super::resolve::tests::product;
    use super::*;

    fn meant(labels: &[&str], sizes: &[&str], style: Option<&str>) -> String {
        let product = product(1, "Pants", &[], labels, &["Black"]);
        let sizes: Vec<String> = sizes.iter().map(|size| (*size).to_owned()).collect();
        let shown = |want: &Want| format!("{}/{}", want.wish().size, want.wish().style);
        match wanted(&product, &sizes, style) {
            Ok(wants) => wants.iter().map(shown).collect::<Vec<_>>().join(" "),
            Err(why) => why,
        }
    }

    #[test]
    fn the_shops_own_sizes_go_before_the_comma() {
        assert_eq!(meant(&["28, Long", "28, Reg", "Long"], &["28, Long"], None), "28 long/");
        assert_eq!(meant(&["M", "L"], &["M,L"], Some("black")), "m/black l/black");
        assert_eq!(meant(&["M", "L"], &["M", "extra large"], None), "m/ xl/");
        assert_eq!(meant(&["M", "L"], &["petite"], Some("black")), "petite/black");
        assert_eq!(meant(&["M", "L"], &[], Some("sky blue")), "/sky blue");
        assert_eq!(meant(&["M", "L"], &[], None), "/");
    }

    #[test]
    fn a_slip_is_refused_with_what_it_may_have_meant() {
        assert_eq!(
            meant(&["M", "L"], &["M/L"], None),
            "Pants has no size \"M/L\"; did you mean \"M\" or \"L\"? It lists: M, L"
        );
        assert_eq!(
            meant(&["US 9 / EU 42", "US 8 / EU 9"], &["9"], None),
            "Pants has no size \"9\"; did you mean \"US 9 / EU 42\" or \"US 8 / EU 9\"? It lists: US 9 / EU 42, US 8 / EU 9"
        );
    }
}
