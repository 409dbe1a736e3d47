//! Is an answer a bot wall: a challenge page, a block page, a waiting room? Several signs must agree: good pages carry
//! their guards' scripts and cookies, too. A wall is recognised and respected, never evaded. Pure.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, SET_COOKIE};

/// So much of a page is looked at.
const LOOKED_AT: usize = 64 * 1024;
/// A page with more words than this is no challenge.
const SHELL: usize = 1200;

/// Who guards a shop, and how that shows. All in lower case.
struct Guard {
    name: &'static str,
    /// Headers that only its challenges have, and with them the name of what they say.
    decisive: &'static [&'static str],
    /// Headers of whatever passes through it, and what they hold.
    headers: &'static [(&'static str, &'static str)],
    /// Cookies of whatever passes through it, by how their names begin.
    cookies: &'static [&'static str],
    /// Words of its challenges. Some stand in good pages, too: alone they prove nothing.
    marks: &'static [&'static str],
    /// Titles of its challenges.
    titles: &'static [&'static str],
}

const GUARDS: [Guard; 13] = [
    Guard {
        name: "Cloudflare",
        decisive: &["cf-mitigated"],
        headers: &[("server", "cloudflare"), ("cf-ray", "")],
        cookies: &["__cf_bm", "cf_chl_", "__cfwaitingroom"],
        marks: &["_cf_chl_opt", "orchestrate/chl_page", "cf-browser-verification", "sorry, you have been blocked"],
        titles: &["just a moment", "attention required! | cloudflare", "please wait... | cloudflare", "waiting room"],
    },
    Guard {
        name: "Akamai",
        decisive: &[],
        headers: &[("server", "akamaighost"), ("x-akamai-", "")],
        cookies: &["_abck", "ak_bmsc", "bm_sz"],
        marks: &["errors.edgesuite.net", "sec-if-cpt-container", "/_sec/cp_challenge", "cpr_chlge", "bm-verify="],
        titles: &["access denied", "challenge validation"],
    },
    Guard {
        name: "DataDome",
        decisive: &[],
        headers: &[("x-datadome", ""), ("x-dd-b", "")],
        cookies: &["datadome"],
        marks: &["captcha-delivery.com", "var dd={"],
        titles: &[],
    },
    Guard {
        name: "PerimeterX",
        decisive: &[],
        headers: &[("x-px-", "")],
        cookies: &["_px3", "_pxhd", "_pxvid"],
        marks: &["px-captcha", "_pxappid", "\"appid\":\"px", "captcha.px-cdn.net"],
        titles: &["access to this page has been denied", "access denied"],
    },
    Guard {
        name: "Imperva",
        decisive: &[],
        headers: &[("x-iinfo", ""), ("x-cdn", "imperva"), ("x-cdn", "incapsula")],
        cookies: &["visid_incap_", "incap_ses_", "reese84"],
        marks: &["_incapsula_resource", "incapsula incident id", "pardon our interruption"],
        titles: &["pardon our interruption", "request unsuccessful"],
    },
    Guard {
        name: "Kasada",
        decisive: &[],
        headers: &[("x-kpsdk-", "")],
        cookies: &["kp_uid", "tkrm_"],
        marks: &["window.kpsdk", "/ips.js?"],
        titles: &[],
    },
    Guard {
        name: "AWS WAF",
        decisive: &["x-amzn-waf-action"],
        headers: &[("x-amzn-waf-", "")],
        cookies: &["aws-waf-token"],
        marks: &["awswafcookiedomainlist", "awswafintegration", "gokuprops", "token.awswaf.com"],
        titles: &["human verification"],
    },
    Guard {
        name: "Queue-it",
        decisive: &[],
        headers: &[("x-queueit-", "")],
        cookies: &["queueitaccepted", "queue-it"],
        marks: &["queue-it.net", "queueittoken", "queueit_"],
        titles: &["queue-it", "you are now in line", "you are in line", "waiting room"],
    },
    Guard {
        name: "Shopify's checkpoint",
        decisive: &[],
        headers: &[("powered-by", "shopify"), ("x-shopify-stage", ""), ("x-sorting-hat-shopid", "")],
        cookies: &["_shopify_"],
        marks: &["your connection needs to be verified before you can proceed", "/throttle/queue", "shopify-challenge"],
        titles: &["checkpoint", "verify your connection"],
    },
    Guard {
        name: "Vercel",
        decisive: &["x-vercel-mitigated"],
        headers: &[("server", "vercel")],
        cookies: &["_vcrcs"],
        marks: &["vercel security checkpoint"],
        titles: &["vercel security checkpoint"],
    },
    Guard {
        name: "Sucuri",
        decisive: &["x-sucuri-block"],
        headers: &[("server", "sucuri"), ("x-sucuri-id", "")],
        cookies: &["sucuri_cloudproxy"],
        marks: &["sucuri website firewall", "sucuri_cloudproxy_js"],
        titles: &["sucuri website firewall"],
    },
    Guard {
        name: "DDoS-Guard",
        decisive: &[],
        headers: &[("server", "ddos-guard")],
        cookies: &["__ddg"],
        marks: &["/.well-known/ddos-guard/", "check.ddos-guard.net"],
        titles: &["ddos-guard"],
    },
    Guard {
        name: "F5",
        decisive: &[],
        headers: &[("server", "bigip")],
        cookies: &["ts01", "bigipserver"],
        marks: &["the requested url was rejected. please consult with your administrator"],
        titles: &["request rejected", "client challenge"],
    },
];

/// Titles of challenges and waiting rooms, whoever makes them.
const TITLES: [&str; 14] = [
    "just a moment",
    "you are in line",
    "you are now in line",
    "waiting room",
    "access denied",
    "are you a robot",
    "robot check",
    "human verification",
    "bot verification",
    "security check",
    "security checkpoint",
    "checking your browser",
    "verifying your browser",
    "please verify you are human",
];

/// What challenges and waiting rooms ask or say.
const ASKS: [&str; 14] = [
    "captcha",
    "are you a robot",
    "verify you are human",
    "verify that you are human",
    "verifying you are human",
    "enable javascript and cookies to continue",
    "checking your browser",
    "you are now in line",
    "you are in line",
    "press &amp; hold",
    "press & hold",
    "unusual traffic",
    "automated access",
    "your connection needs to be verified",
];

/// What only pages of shops carry.
const OF_SHOPS: [&str; 7] =
    ["application/ld+json", "og:type", "itemprop=", "__next_data__", "product:price", "add-to-cart", "data-product"];

/// What gives a bot wall away, in words; nothing where it is none.
pub(super) fn evidence(status: StatusCode, headers: &HeaderMap, body: &[u8], is_html: bool) -> Option<String> {
    for guard in &GUARDS {
        if let Some((name, said)) = guard.decisive.iter().find_map(|name| Some((name, text(headers, name)?))) {
            return Some(format!("{name}: {}", said.chars().take(60).collect::<String>()));
        }
    }
    let refused = matches!(status.as_u16(), 202 | 401 | 403 | 405 | 406 | 412 | 428 | 429 | 430 | 503);
    // Whatever a good answer of data says, it is data.
    if !refused && !is_html {
        return None;
    }
    let page = Page::new(body, is_html);
    let is_shell = is_html && page.is_shell();
    if !refused && !is_shell {
        return None;
    }
    let at = if status == StatusCode::OK { String::new() } else { format!(", status {}", status.as_u16()) };
    let by_guard = GUARDS.iter().find_map(|guard| {
        let signs = guard.signs(status, headers, &page, refused)?;
        Some(format!("a page of {}: {}{at}", guard.name, signs.join(", ")))
    });
    by_guard.or_else(|| page.asks(refused).map(|signs| format!("{signs}{at}")))
}

impl Guard {
    /// The signs of a challenge, where enough of them agree: a mark or a title of its own on a page without goods, or a
    /// refusal by whoever has its headers and cookies.
    fn signs(&self, status: StatusCode, headers: &HeaderMap, page: &Page, refused: bool) -> Option<Vec<String>> {
        let title = self.titles.iter().find(|title| page.is_titled(title)).map(|title| format!("the title {title:?}"));
        let mark = self.marks.iter().find(|mark| page.text.contains(*mark)).map(|mark| format!("{mark:?}"));
        let header = self.headers.iter().find(|(name, held)| has_header(headers, name, held));
        let header = header.map(|(name, _)| format!("the header {}", name.trim_end_matches('-')));
        let cookie =
            self.cookies.iter().find(|name| has_cookie(headers, name)).map(|name| format!("the cookie {name}"));
        // Some titles are nobody's own.
        let agree = (mark.is_some() && (refused || page.is_html))
            || (title.is_some() && (header.is_some() || cookie.is_some() || mark.is_some()));
        // Challenges for programs may have neither. A mere "slow down" is none.
        let forbidden = matches!(status.as_u16(), 403 | 405 | 428);
        let mute = forbidden && !page.has_words && header.is_some() && cookie.is_some();
        let own_header = match self.name {
            "DataDome" => forbidden && header.is_some(),
            "Kasada" => matches!(status.as_u16(), 403 | 429) && header.is_some(),
            _ => false,
        };
        if !agree && !mute && !own_header {
            return None;
        }
        Some([title, mark, header, cookie].into_iter().flatten().collect())
    }
}

/// A page, as far as it is looked at.
struct Page {
    /// In lower case.
    text: String,
    title: String,
    is_html: bool,
    /// Has it anything that people read?
    has_words: bool,
    words: usize,
}

impl Page {
    fn new(body: &[u8], is_html: bool) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]).to_lowercase();
        let title = between(&text, "<title", "</title").and_then(|inner| inner.split_once('>')).map(|(_, title)| title);
        let title = title.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let words = if is_html { words(&text) } else { text.trim().len() };
        Self { title, is_html, has_words: words > 0, words, text }
    }

    /// Has it hardly a word, and nothing that a page of a shop has?
    fn is_shell(&self) -> bool {
        self.words <= SHELL && !OF_SHOPS.iter().any(|part| self.text.contains(part))
    }

    /// Is this its title, and no title of a product that has these words in it?
    fn is_titled(&self, title: &str) -> bool {
        self.title.trim_end_matches(['.', '…', '!', '?', ' ']) == title.trim_end_matches(['.', '!'])
    }

    /// A page of nobody that we know: its words ask whether we are human, and its status or its title say so, too.
    fn asks(&self, refused: bool) -> Option<String> {
        let ask = ASKS.iter().find(|ask| self.text.contains(*ask));
        let title = TITLES.iter().find(|title| self.is_titled(title));
        match (ask, title) {
            (Some(ask), Some(title)) => Some(format!("the title {title:?} with {ask:?}")),
            (Some(ask), None) if refused && self.is_html => Some(format!("{ask:?}")),
            _ => None,
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A header of this name (of all that begin so, where it ends in `-`), and with this in it.
fn has_header(headers: &HeaderMap, name: &str, held: &str) -> bool {
    let is_it = |known: &str| if name.ends_with('-') { known.starts_with(name) } else { known == name };
    headers
        .iter()
        .filter(|(known, _)| is_it(known.as_str()))
        .any(|(_, value)| value.to_str().is_ok_and(|value| value.to_lowercase().contains(held)))
}

fn has_cookie(headers: &HeaderMap, name: &str) -> bool {
    let mut cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.any(|cookie| cookie.trim_start().to_lowercase().starts_with(name))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = text.find(from)? + from.len();
    let end = start + text[start..].find(to)?;
    Some(&text[start..end])
}

/// Characters that people read: neither tags nor scripts, styles and titles.
fn words(page: &str) -> usize {
    let (mut rest, mut count) = (page, 0);
    while let Some(open) = rest.find('<') {
        count += rest[..open].split_whitespace().map(str::len).sum::<usize>();
        let tag = &rest[open..];
        let hidden = ["script", "style", "title", "noscript"].iter().find(|name| tag[1..].starts_with(**name));
        let end = match hidden {
            Some(name) => tag.find(&format!("</{name}")),
            None => Some(0),
        };
        let end = end.and_then(|at| tag[at..].find('>').map(|end| at + end));
        match end {
            Some(end) => rest = &tag[end + 1..],
            None => return count,
        }
    }
    count + rest.split_whitespace().map(str::len).sum::<usize>()
}

#[cfg(test)]
#[path = "wall_tests.rs"]
mod tests;
