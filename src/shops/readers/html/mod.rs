//! Web pages: variant data of the shop's own, JSON-LD, microdata, RDFa, OpenGraph, and words and buttons, ranked in this
//! order. The page is read in a worker that can be killed; see `workers`.

mod about;
mod carried;
mod finding;
mod flat;
mod items;
mod jsonld;
mod listing;
mod mend;
mod opengraph;
mod schema;
mod state;
mod text;
mod woo;

use coatcheck_domain::{Rank, Reading};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::follow;
use super::reader::{Attempt, Reader, ReaderKind};
use crate::shops::error::ReadError;
use crate::shops::html::{Element, Page};
use about::About;
use finding::{Finding, Scope, named};
use items::Syntax;

/// Reads web pages.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Reader for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn attempts(&self, _url: &Url) -> Vec<Attempt> {
        Vec::new()
    }

    fn recognises(&self, _document: &Value) -> bool {
        false
    }

    fn read(&self, _document: &Value, _url: &Url) -> Result<Reading, ReadError> {
        Err(ReadError::shape("the document", "expected a web page, got JSON"))
    }

    fn identity(&self, _asked: &Url, _answered: &Url) -> Option<bool> {
        None
    }

    fn reads_pages(&self) -> bool {
        true
    }
}

/// Is it this reader?
#[must_use]
pub fn kind() -> ReaderKind {
    ReaderKind::of(&Html)
}

/// What was found on a page, as the worker passes it on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OnPage {
    /// What it says.
    pub said: Said,
    /// Where the shop's API would say more, if the page names one.
    pub better: Option<Better>,
}

/// An API that would say more than a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Better {
    /// The reader that knows it.
    pub reader: String,
    /// Its address; where it is asked by a query, the page's own.
    pub url: Url,
    /// What speaks for it, for people.
    pub by: String,
}

/// The API that WordPress names in a header of its pages.
#[must_use]
pub fn by_link(header: &str, page: &Url) -> Option<Better> {
    woo::api_of_link(header, page)
}

impl OnPage {
    /// Does the page leave open what is in stock?
    #[must_use]
    pub fn leaves_open(&self) -> bool {
        match &self.said {
            Said::Reading(reading) => reading.silence().is_some(),
            Said::Nothing { .. } => true,
            Said::Refused(_) => false,
        }
    }
}

/// What a page says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// A reading.
    Reading(Reading),
    /// Nothing that can be used: what the page is, and what each kind of evidence said.
    Nothing {
        /// The page's title.
        title: String,
        /// A sentence for each kind.
        tried: Vec<String>,
    },
    /// It is not read at all.
    Refused(String),
}

/// Reads a page.
#[must_use]
pub fn read(html: &str, url: &Url) -> OnPage {
    let page = match Page::parse(html) {
        Ok(page) => page,
        Err(error) => return OnPage { said: Said::Refused(error.to_string()), better: None },
    };
    let about = About::of(&page, url);
    let (findings, tried) = findings(&about);
    let reading = finding::reading(findings, &about);
    let nothing = || {
        let blocks: Vec<_> = jsonld::blocks(&page).into_iter().map(|block| block.value).collect();
        let tried = listing::why(&about, &blocks).into_iter().chain(tried).collect();
        Said::Nothing { title: about.title.clone().unwrap_or_default(), tried }
    };
    OnPage { said: reading.map_or_else(nothing, Said::Reading), better: api(&about) }
}

/// Where the shop's API would say more.
fn api(about: &About<'_>) -> Option<Better> {
    woo::api(about).or_else(|| magento(about)).or_else(|| oscar(about))
}

/// django-oscar's pages load a script of its own.
fn oscar(about: &About<'_>) -> Option<Better> {
    let is_its = |element: &Element<'_>| element.get("src").is_some_and(|src| src.contains("/oscar/js/oscar/"));
    let has_script = about.page.elements().any(|(_, element)| element.name == "script" && is_its(element));
    let url = follow::oscar_api(about.url).into_iter().find(|api| api != about.url)?;
    has_script.then(|| Better { reader: "oscar".to_owned(), url, by: "its script".to_owned() })
}

/// Magento's pages carry scripts of a type of their own; its GraphQL is asked for the product at the page's address.
fn magento(about: &About<'_>) -> Option<Better> {
    let is_its = |(_, element): (usize, &Element<'_>)| element.get("type") == Some("text/x-magento-init");
    let url = about.own.get(1).filter(|own| own.origin() == about.url.origin()).unwrap_or(about.url).clone();
    let better = Better { reader: "magento".to_owned(), url, by: "its scripts' type".to_owned() };
    about.page.elements().any(is_its).then_some(better)
}

/// What each kind of evidence says, and a sentence for each that says nothing.
fn findings(about: &About<'_>) -> (Vec<Finding>, Vec<String>) {
    let page = about.page;
    let (mut found, mut tried) = (Vec::new(), Vec::new());
    let blocks = jsonld::blocks(page);
    let microdata = items::blocks(page, Syntax::Microdata);
    let rdfa = items::blocks(page, Syntax::Rdfa);
    let of = |kind: &str, blocks: usize| match blocks {
        0 => format!("no {kind}"),
        _ => format!("{kind} that describes no product of this page"),
    };
    let mut take = |finding: Option<Finding>, missing: String| match finding {
        Some(finding) => found.push(finding),
        None => tried.push(missing),
    };
    take(woo::find(about), "no WooCommerce form".to_owned());
    take(state::find(about), "no product data of a known platform in its scripts".to_owned());
    take(schema::find(&blocks, Rank::JsonLd, about), of("JSON-LD", blocks.len()));
    take(schema::find(&microdata, Rank::Microdata, about), of("microdata", microdata.len()));
    take(schema::find(&rdfa, Rank::Microdata, about), of("RDFa", rdfa.len()));
    take(opengraph::find(about), "no OpenGraph tags about stock or price".to_owned());
    // Words are a guess: only where nothing better speaks.
    let speaks = |finding: &Finding| {
        finding.scope != Scope::Whole || finding.variants.iter().any(|variant| variant.availability.is_definite())
    };
    if !found.iter().any(speaks) {
        match text::find(about) {
            Some(finding) => found.push(finding),
            None => tried.push("no button or line that speaks of stock".to_owned()),
        }
    }
    (found, tried)
}

/// The reading of a page, or why there is none.
///
/// # Errors
/// When nothing on it can be used; the error says what was looked for.
pub fn reading(page: OnPage) -> Result<Reading, ReadError> {
    match page.said {
        Said::Reading(reading) => Ok(reading),
        Said::Refused(why) => Err(ReadError::shape("the page", why)),
        Said::Nothing { title, tried } => {
            let title: String = title.chars().take(80).collect();
            let holds = format!("a web page titled {title:?}: {}", tried.join("; "));
            Err(ReadError::Unrecognised { holds, example: PAGE_EXAMPLE })
        }
    }
}

/// A program to begin with, for pages.
pub const PAGE_EXAMPLE: &str = ".scripts[].json | .variants[] | {size: .title, in_stock: .available}";

/// A kind of evidence, for people.
#[must_use]
pub fn evidence_name(rank: Rank) -> &'static str {
    named(rank)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(test)]
#[path = "state_tests.rs"]
mod state_tests;
