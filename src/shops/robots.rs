//! robots.txt (RFC 9309): which paths a shop asks us not to read. Pure; `fetch` gets it and remembers it.

/// The rules that hold for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    allow: bool,
    pattern: String,
}

/// Our name in robots.txt.
const PRODUCT_TOKEN: &str = "coatcheck";

impl Robots {
    /// Reads a robots.txt. Nothing in it is an error: what is not understood is no rule (RFC 9309, 2.2).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let groups = groups(text);
        let of = |name: &str| -> Vec<Rule> {
            let named = groups.iter().filter(|group| group.agents.iter().any(|agent| agent == name));
            named.flat_map(|group| group.rules.clone()).collect()
        };
        let named = groups.iter().any(|group| group.agents.iter().any(|agent| agent == PRODUCT_TOKEN));
        Self { rules: of(if named { PRODUCT_TOKEN } else { "*" }) }
    }

    /// May this path (with its query) be read?
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        self.against(path).is_none()
    }

    /// The rule that forbids a path: the longest match decides, and of two equals the one that allows.
    #[must_use]
    pub fn against(&self, path: &str) -> Option<&str> {
        let path = normal(path);
        if path == "/robots.txt" {
            return None;
        }
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        let decisive = matching.max_by_key(|rule| (rule.pattern.len(), rule.allow))?;
        (!decisive.allow).then_some(decisive.pattern.as_str())
    }
}

struct Group {
    agents: Vec<String>,
    rules: Vec<Rule>,
}

fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut naming = false;
    // A line may end in CR, LF or both (RFC 9309, 2.2).
    for line in text.trim_start_matches('\u{FEFF}').split(['\r', '\n']) {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match key.trim().to_ascii_lowercase().as_str() {
            "user-agent" => {
                if !naming {
                    groups.push(Group { agents: Vec::new(), rules: Vec::new() });
                }
                naming = true;
                if let Some(group) = groups.last_mut() {
                    group.agents.push(token(value));
                }
            }
            key @ ("allow" | "disallow") => {
                naming = false;
                if let Some(group) = groups.last_mut().filter(|_| !value.is_empty()) {
                    group.rules.push(Rule { allow: key == "allow", pattern: normal(value) });
                }
            }
            _ => {}
        }
    }
    groups
}

/// `CoatCheck/1.0` names the same robot as `coatcheck`.
fn token(value: &str) -> String {
    if value.starts_with('*') {
        return "*".to_owned();
    }
    let end = value.find(|c: char| !(c.is_ascii_alphabetic() || c == '_' || c == '-')).unwrap_or(value.len());
    value[..end].to_ascii_lowercase()
}

/// One spelling of a path: bytes beyond ASCII percent-encoded, hex digits in capitals, needless encodings undone.
fn normal(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let encoded = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(hex);
        let byte = encoded.unwrap_or(bytes[at]);
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || (encoded.is_none() && byte.is_ascii());
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        at += if encoded.is_some() { 3 } else { 1 };
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(text, 16).ok()
}

/// Does the pattern match the beginning of the path? `*` is anything, a final `$` is the end.
///
/// Walks both once and goes back only to the last `*`: no pattern makes it slow.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, to_end) = pattern.strip_suffix('$').map_or((pattern, false), |pattern| (pattern, true));
    let (pattern, path) = (pattern.as_bytes(), path.as_bytes());
    let (mut p, mut s) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        if p == pattern.len() && (!to_end || s == path.len()) {
            return true;
        }
        if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p + 1, s));
            p += 1;
        } else if p < pattern.len() && s < path.len() && pattern[p] == path[s] {
            p += 1;
            s += 1;
        } else {
            let Some((after, from)) = star.filter(|(_, from)| *from < path.len()) else { return false };
            star = Some((after, from + 1));
            (p, s) = (after, from + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_rule_decides() {
        let robots =
            Robots::parse("User-agent: *\nDisallow: /products\nAllow: /products/*.js$ # data\nDisallow: /*?q=\n");
        for (path, allowed) in [
            ("/", true),
            ("/products/jacket", false),
            ("/products/jacket.js", true),
            ("/products/jacket.js?x", false),
            ("/search?q=jacket", false),
            ("/robots.txt", true),
        ] {
            assert_eq!(robots.allows(path), allowed, "{path}");
        }
    }

    #[test]
    fn lines_end_in_any_way_and_blanks_mean_nothing() {
        for text in [
            "User-agent: *\rDisallow: /a\r",
            "User-agent: *\r\nDisallow: /a",
            "\u{FEFF}  User-agent : *\n\n\tSitemap: https://x.example/s\n   Disallow:/a",
            "user-agent:*\ndisallow:\ndisallow:/a",
        ] {
            assert!(!Robots::parse(text).allows("/a"), "{text:?}");
            assert!(Robots::parse(text).allows("/b"), "{text:?}");
        }
    }

    #[test]
    fn our_own_group_wins_over_everybodys() {
        let text = "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: CoatCheck/2\nDisallow: /cart\n\nUser-agent: coatcheck\nDisallow: /admin";
        let robots = Robots::parse(text);
        assert!(robots.allows("/products/jacket.js"));
        assert!(!robots.allows("/cart"));
        assert!(!robots.allows("/admin"));
    }

    #[test]
    fn spellings_of_one_path_are_one_path() {
        let robots = Robots::parse("user-agent:*\ndisallow: /caf%c3%a9\ndisallow: /%7Ejoe");
        assert_eq!(robots.against("/café/menu"), Some("/caf%C3%A9"));
        assert!(!robots.allows("/~joe"));
    }

    #[test]
    fn of_two_equal_rules_the_kind_one_holds() {
        assert!(Robots::parse("User-agent: *\nDisallow: /a\nAllow: /a").allows("/a"));
        assert!(Robots::parse("User-agent: *\nDisallow:").allows("/a"));
        assert!(Robots::parse("<html>not found</html>").allows("/a"));
    }

    proptest! {
        #[test]
        fn nothing_panics_or_hangs(text in "(user-agent: \\*\n)?(disallow: [/a*$%é]{0,40}\n){0,3}", path in "/[a%é/]{0,80}") {
            let _ = Robots::parse(&text).allows(&path);
        }

        #[test]
        fn a_literal_rule_is_a_prefix(rule in "/[a-c/]{0,6}", path in "/[a-c/]{0,8}") {
            prop_assert_eq!(matches(&rule, &path), path.starts_with(&rule));
        }
    }
}
