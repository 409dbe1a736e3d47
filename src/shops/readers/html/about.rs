//! What a page says of itself: its address, title, headings and tags. It tells the page's own product from others.

use coatcheck_domain::fold::fold;
use url::Url;

use crate::shops::html::{Page, squeeze};
use crate::shops::same_address::same_address;

/// Words of a heading that are kept.
const LONGEST: usize = 500;

/// Signs between the name of a product and what stands beside it.
const BESIDE: [char; 7] = ['|', '–', '—', '-', '·', ':', '•'];

/// Parts of names of page sections that show other products.
const OF_OTHERS: [&str; 16] = [
    "related",
    "recommend",
    "upsell",
    "up-sell",
    "cross-sell",
    "crosssell",
    "similar",
    "also-like",
    "alsolike",
    "also-bought",
    "carousel",
    "recently",
    "bestsell",
    "mini-cart",
    "minicart",
    "cart-drawer",
];

/// A page, and what it is about.
pub(super) struct About<'a> {
    pub(super) page: &'a Page<'a>,
    /// The address that answered.
    pub(super) url: &'a Url,
    /// The addresses by which the page names itself.
    pub(super) own: Vec<Url>,
    pub(super) title: Option<String>,
    pub(super) headings: Vec<String>,
    /// `<meta>` tags: property or name in lower case, and content.
    pub(super) tags: Vec<(String, String)>,
}

impl<'a> About<'a> {
    pub(super) fn of(page: &'a Page<'a>, url: &'a Url) -> Self {
        let mut about = Self { page, url, own: vec![url.clone()], title: None, headings: Vec::new(), tags: Vec::new() };
        for (at, element) in page.elements() {
            match element.name.as_ref() {
                "title" if about.title.is_none() => about.title = words(page, at),
                "h1" if !of_others(page, at) => about.headings.extend(words(page, at)),
                "link" if element.get("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                    about.own.extend(element.get("href").and_then(|href| url.join(href.trim()).ok()));
                }
                "meta" => {
                    let name =
                        element.get("property").or_else(|| element.get("name")).or_else(|| element.get("itemprop"));
                    let content = element.get("content").map(squeeze).filter(|content| !content.is_empty());
                    about.tags.extend(name.map(|name| name.trim().to_lowercase()).zip(content));
                }
                _ => {}
            }
        }
        let og_url = about.tag("og:url").and_then(|text| url.join(text).ok());
        about.own.extend(og_url);
        about
    }

    /// The first tag of that name.
    pub(super) fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|(known, _)| known == name).map(|(_, content)| content.as_str())
    }

    /// The name of what the page is about, where nothing better tells it.
    pub(super) fn name(&self) -> Option<&str> {
        let heading = self.headings.first().map(String::as_str);
        heading.or_else(|| self.tag("og:title")).or(self.title.as_deref())
    }

    /// Does the page call itself so?
    pub(super) fn is_called(&self, name: &str) -> bool {
        let name = fold(name);
        let own = self.headings.iter().map(String::as_str).chain(self.tag("og:title")).chain(self.title.as_deref());
        !name.is_empty()
            && own.map(fold).any(|own| own == name || own.contains(&name) || (own.len() > 3 && name.contains(&own)))
    }

    /// Is this the page's name, perhaps with more behind a dash? A part of the name is the name of something else.
    pub(super) fn is_titled(&self, name: &str) -> bool {
        let name = squeeze(name).to_lowercase();
        let is_it = |own: &str| {
            let own = own.to_lowercase();
            own.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with(BESIDE))
        };
        let mut own = self.headings.iter().map(String::as_str).chain(self.tag("og:title")).chain(self.title.as_deref());
        !name.is_empty() && own.any(is_it)
    }

    /// Is this the address of the page?
    pub(super) fn is_at(&self, address: &str) -> bool {
        let Ok(address) = self.url.join(address.trim()) else { return false };
        let is_page =
            |own: &Url| own.host_str() == address.host_str() && own.path().len() > 1 && same_address(own, &address);
        self.own.iter().any(is_page)
    }

    /// Is this another page of the same shop?
    pub(super) fn is_elsewhere(&self, address: &str) -> bool {
        let Ok(address) = self.url.join(address.trim()) else { return false };
        self.own.iter().any(|own| own.host_str() == address.host_str()) && !self.is_at(address.as_str())
    }

    /// Does the page name this article?
    pub(super) fn has_article(&self, number: &str) -> bool {
        ["sku", "product:retailer_item_id", "product:sku"].iter().any(|name| self.tag(name) == Some(number))
    }

    /// A link on the page.
    pub(super) fn link(&self, text: &str) -> Option<Url> {
        let text = text.trim();
        let url = self.url.join(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.filter(|_| !text.is_empty())
    }
}

fn words(page: &Page<'_>, at: usize) -> Option<String> {
    Some(page.words(at, LONGEST)).filter(|words| !words.is_empty())
}

/// Does it stand in a part of the page that is about something else: navigation, footer, other products?
pub(super) fn of_others(page: &Page<'_>, at: usize) -> bool {
    page.element(at).into_iter().chain(page.around(at)).any(|element| {
        let named = |attribute: &str| {
            let name = element.get(attribute).unwrap_or_default().to_ascii_lowercase();
            // A page's outermost elements carry words about all that is in it.
            !matches!(element.name.as_ref(), "body" | "html" | "main")
                && OF_OTHERS.iter().any(|part| name.contains(part))
        };
        matches!(element.name.as_ref(), "nav" | "footer" | "aside" | "template" | "noscript")
            || named("class")
            || named("id")
    })
}
