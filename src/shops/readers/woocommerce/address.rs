//! Where WooCommerce's Store API tells of what. Pure.

use url::Url;

/// Products or variations that one request names.
pub(super) const IDS: usize = 100;
/// Items of one page, the most that the API gives.
pub(super) const PAGE: usize = 100;
/// Requests for the variations of one document or list, in each round.
const MOST: usize = 20;
/// Variations that are asked for one by one.
const ONE_BY_ONE: usize = 10;
/// Without this, a shop that hides what is sold out hides it from those who ask by id or name, too.
const ANY_STOCK: (&str, &str) = ("stock_status", "instock,outofstock,onbackorder");

/// The whole list of products that an address of the API stands for, or nothing where it names some of them.
pub(super) fn list(url: &Url) -> Option<Url> {
    let path = route(url)?;
    let is_list = path.trim_end_matches('/').ends_with("/products");
    let names_some = |name: &str| matches!(name, "slug" | "sku" | "include" | "parent" | "search") || name == "type";
    if !is_list || url.query_pairs().any(|(name, _)| names_some(&name)) {
        return None;
    }
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !matches!(name.as_ref(), "per_page" | "rest_route"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    products(url, &kept)
}

/// One page of a list.
pub(super) fn page(list: &Url, number: usize) -> Url {
    let mut page = list.clone();
    page.query_pairs_mut().append_pair("per_page", &PAGE.to_string()).append_pair("page", &number.to_string());
    page
}

/// Where the API tells of the product of a page, by both forms of its addresses; a shop that hides what is sold out
/// answers with an empty list, and is asked again for any stock.
pub(super) fn of_page(page: &Url) -> Vec<Url> {
    let plain = match route(page) {
        Some(_) if list(page).is_some() => Vec::new(),
        Some(_) => vec![page.clone()],
        None => {
            let bases = ["/wp-json/", "/?rest_route=/"].iter().filter_map(|base| page.join(base).ok());
            bases.filter_map(|base| at_base(&base, page)).collect()
        }
    };
    plain.into_iter().flat_map(|url| [Some(url.clone()), in_any_stock(&url)]).flatten().collect()
}

/// The same for whatever its stock is, where the address names the product.
fn in_any_stock(url: &Url) -> Option<Url> {
    let has = |wanted: &str| url.query_pairs().any(|(name, _)| name == wanted);
    let mut any = url.clone();
    any.query_pairs_mut().append_pair(ANY_STOCK.0, ANY_STOCK.1);
    (has("slug") && !has(ANY_STOCK.0)).then_some(any)
}

/// Where the API with this base tells of the product of a page.
pub(in crate::shops::readers) fn at_base(base: &Url, page: &Url) -> Option<Url> {
    let slug = page.path_segments()?.rfind(|part| !part.is_empty())?.to_owned();
    let slug = url::form_urlencoded::parse(slug.replace('+', "%2B").as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect::<String>();
    let mut api = base.clone();
    if base.query_pairs().any(|(name, _)| name == "rest_route") {
        api.set_query(None);
        api.query_pairs_mut().append_pair("rest_route", "/wc/store/v1/products");
    } else {
        api = base.join("wc/store/v1/products").ok()?;
    }
    api.query_pairs_mut().append_pair("slug", &slug);
    Some(api)
}

/// The list that a product is in, by the address by which the product is read.
pub(super) fn list_of(product: &Url) -> Option<Url> {
    products(of_page(product).first()?, &[])
}

/// These products, whatever their stock is.
pub(super) fn of_ids(list: &Url, ids: &[String]) -> Option<Url> {
    let all_plain = ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_digit()) && !id.is_empty());
    if !all_plain || ids.is_empty() {
        return None;
    }
    products(list, &[("include", &ids.join(",")), ("per_page", &PAGE.to_string()), ANY_STOCK])
}

/// The pages of all variations of these products, each with how many it has.
pub(super) fn of_parents(url: &Url, parents: &[(&str, usize)]) -> Vec<Url> {
    let mut groups: Vec<(Vec<&str>, usize)> = Vec::new();
    for (id, count) in parents {
        match groups.last_mut().filter(|(ids, all)| ids.len() < IDS && all + count <= PAGE) {
            Some((ids, all)) => {
                ids.push(*id);
                *all += count;
            }
            None => groups.push((vec![*id], *count)),
        }
    }
    let pages = |(ids, count): (Vec<&str>, usize)| {
        let ids = ids.join(",");
        let pages = 1..=count.div_ceil(PAGE).max(1);
        pages.filter_map(move |page| {
            let page = page.to_string();
            products(url, &[("type", "variation"), ("parent", &ids), ("per_page", "100"), ("page", &page)])
        })
    };
    groups.into_iter().flat_map(pages).take(MOST).collect()
}

/// Variations by their ids, hidden ones too.
pub(super) fn of_variations(url: &Url, ids: &[&str]) -> Vec<Url> {
    let asked = |ids: &[&str]| {
        let per_page = PAGE.to_string();
        products(url, &[("type", "variation"), ("include", &ids.join(",")), ("per_page", &per_page), ANY_STOCK])
    };
    ids.chunks(IDS).filter_map(asked).take(MOST).collect()
}

/// Each by its own address, where they are few: that answers whatever lists hide.
pub(super) fn one_by_one(url: &Url, ids: &[&str]) -> Vec<Url> {
    if ids.len() > ONE_BY_ONE {
        return Vec::new();
    }
    let one = |id: &&str| below(url, &format!("/{id}"), &[]);
    ids.iter().filter_map(one).collect()
}

/// The list of products of the API that answered at `url`, asked for other things.
fn products(url: &Url, pairs: &[(&str, &str)]) -> Option<Url> {
    below(url, "", pairs)
}

fn below(url: &Url, rest: &str, pairs: &[(&str, &str)]) -> Option<Url> {
    let path = route(url)?;
    let at = path.find("/products")?;
    let path = format!("{}{rest}", &path[..at + "/products".len()]);
    let mut to = url.clone();
    to.set_fragment(None);
    let is_in_query = url.query_pairs().any(|(name, _)| name == "rest_route");
    to.set_query(None);
    if is_in_query {
        to.query_pairs_mut().append_pair("rest_route", &path);
    } else {
        to.set_path(&path);
    }
    if !pairs.is_empty() {
        to.query_pairs_mut().extend_pairs(pairs);
    }
    Some(to)
}

/// The path within the API that an address leads to; nothing where it is none of the Store API's.
fn route(url: &Url) -> Option<String> {
    let route = url.query_pairs().find(|(name, _)| name == "rest_route").map(|(_, route)| route.into_owned());
    Some(route.unwrap_or_else(|| url.path().to_owned())).filter(|path| path.contains("/wc/store/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://s.example/shop/wp-json/wc/store/v1/products";
    const BY_QUERY: &str = "https://s.example/?rest_route=/wc/store/v1/products";

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    fn shown(urls: impl IntoIterator<Item = Url>) -> Vec<String> {
        urls.into_iter().map(|url| url.as_str().replace("%2C", ",").replace("%2F", "/")).collect()
    }

    #[test]
    fn a_page_has_its_product_at_two_addresses_each_also_for_any_stock() {
        assert_eq!(
            shown(of_page(&url("https://s.example/product/rain-coat/?a=1"))),
            [
                "https://s.example/wp-json/wc/store/v1/products?slug=rain-coat",
                "https://s.example/wp-json/wc/store/v1/products?slug=rain-coat&stock_status=instock,outofstock,onbackorder",
                "https://s.example/?rest_route=/wc/store/v1/products&slug=rain-coat",
                "https://s.example/?rest_route=/wc/store/v1/products&slug=rain-coat&stock_status=instock,outofstock,onbackorder",
            ]
        );
        let one = format!("{API}/8");
        assert_eq!(shown(of_page(&url(&one))), [one]);
        assert!(of_page(&url(API)).is_empty(), "the list is read page by page");
    }

    #[test]
    fn a_list_is_all_products_or_those_of_a_category() {
        let of = |text: &str| list(&url(text)).map(|url| url.to_string());
        assert_eq!(of(&format!("{API}?per_page=5&category=3")).as_deref(), Some(&*format!("{API}?category=3")));
        assert_eq!(of(API).as_deref(), Some(API));
        assert!(of(BY_QUERY).is_some());
        for none in [&format!("{API}?slug=x"), &format!("{API}/8"), "https://s.example/products"] {
            assert_eq!(of(none), None, "{none}");
        }
        assert_eq!(page(&url(API), 2).as_str(), format!("{API}?per_page=100&page=2"));
    }

    #[test]
    fn variations_are_asked_for_where_the_product_was() {
        let of = |pairs: &str| format!("{API}?type=variation&{pairs}");
        let asked = |parents: &[(&str, usize)]| shown(of_parents(&url(&format!("{API}?slug=coat")), parents));
        assert_eq!(asked(&[("8", 120)]), [of("parent=8&per_page=100&page=1"), of("parent=8&per_page=100&page=2")]);
        assert_eq!(
            asked(&[("8", 60), ("9", 40), ("10", 1)]),
            [of("parent=8,9&per_page=100&page=1"), of("parent=10&per_page=100&page=1")]
        );
        let many: Vec<(&str, usize)> = vec![("1", 5000)];
        assert_eq!(asked(&many).len(), MOST);
        assert_eq!(
            shown(of_parents(&url(&format!("{BY_QUERY}/8")), &[("8", 1)])),
            ["https://s.example/?rest_route=/wc/store/v1/products&type=variation&parent=8&per_page=100&page=1"]
        );
    }

    #[test]
    fn what_lists_hide_is_asked_by_id() {
        let any = "per_page=100&stock_status=instock,outofstock,onbackorder";
        assert_eq!(
            shown(of_variations(&url(API), &["11", "13"])),
            [format!("{API}?type=variation&include=11,13&{any}")]
        );
        let ids: Vec<String> = ["8", "9"].map(str::to_owned).to_vec();
        assert_eq!(shown(of_ids(&url(API), &ids)), [format!("{API}?include=8,9&{any}")]);
        assert_eq!(of_ids(&url(API), &["8&x".to_owned()]), None);
        assert_eq!(shown(one_by_one(&url(API), &["11"])), [format!("{API}/11")]);
        assert_eq!(
            shown(one_by_one(&url(BY_QUERY), &["11"])),
            ["https://s.example/?rest_route=/wc/store/v1/products/11"]
        );
        assert!(one_by_one(&url(API), &["1"; ONE_BY_ONE + 1]).is_empty());
    }

    #[test]
    fn a_product_page_is_in_the_list_of_its_shop() {
        let of = |text: &str| list_of(&url(text)).map(String::from);
        assert_eq!(
            of("https://s.example/product/coat/").as_deref(),
            Some("https://s.example/wp-json/wc/store/v1/products")
        );
        assert_eq!(of(&format!("{API}?slug=coat")).as_deref(), Some(API));
        assert_eq!(of(API), None);
    }
}
