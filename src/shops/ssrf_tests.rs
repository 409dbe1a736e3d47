//! Ways to make us ask an address inside: spellings, names, names that change their mind, redirects.

use proptest::prelude::*;
use url::Host;

use super::client::GuardedResolver;
use super::*;

/// Every way to write loopback, metadata and private addresses that some parser somewhere understands.
const INSIDE: &[&str] = &[
    "http://127.0.0.1/",
    "http://127.0.0.1./",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0X7F.0X0.0X0.0X1/",
    "http://0177.0.0.01/",
    "http://017700000001/",
    "http://0x7f.0.0.1/",
    "http://127.0x0.0.1/",
    "http://127.000.000.001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://0x0/",
    "http:127.0.0.1/",
    "http:/127.0.0.1/",
    "http:\\\\127.0.0.1\\",
    "http:////127.0.0.1/",
    "HTTP://127.0.0.1/",
    "ht\ntp://127.0.0.1/",
    "http://127.0.0.1\t/",
    " http://127.0.0.1/ ",
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://１２７.０.０.１/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/",
    "http://0x7f。1/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[::]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/",
    "http://[64:ff9b:1::127.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001::1]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://10.0.0.1/",
    "http://0xa.1/",
    "http://192.168.1/",
    "http://172.16.0.1/",
    "http://100.100.100.200/",
    "http://255.255.255.255/",
    "http://224.0.0.1/",
    "http://198.18.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1:443/",
    "http://127.0.0.1:80/",
    // Users, ports, schemes.
    "http://shop.example@127.0.0.1/",
    "http://shop.example:80@127.0.0.1/",
    "http://127.0.0.1\\@shop.example/",
    "http://user@shop.example/",
    "http://:secret@shop.example/",
    "http://shop.example:8080/",
    "http://shop.example:0/",
    "https://shop.example:22/",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "gopher://127.0.0.1:6379/_x",
    "data:application/json,{}",
    "javascript:alert(1)",
    "ws://shop.example/",
    "unix:/run/docker.sock",
    "blob:http://127.0.0.1/x",
];

/// Spellings that are no address at all.
const NOWHERE: &[&str] = &[
    "http://[fe80::1%25eth0]/",
    "http://[::1%lo]/",
    "http://256.0.0.1/",
    "http://127.0.0.0.1/",
    "http://0x7f.0.0.0.1/",
    "http://1.2.3.09/",
    "http://4294967296/",
    "http://[::1/",
    "http://127.0.0.1:99999/",
    "http://sh%00op.example/",
    "http://sh op.example/",
    "http:///",
    "http://",
    "//127.0.0.1/",
    "127.0.0.1",
];

/// Names that lead inside: literals they are not, so the resolver's answer decides.
const NAMES: &[&str] = &[
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://ｌｏｃａｌｈｏｓｔ/",
    "http://loc%61lhost/",
    "http://127.0.0.1.nip.io/",
    "http://metadata.google.internal/",
    "http://shop.example#@127.0.0.1/",
    "http://shop.example?@127.0.0.1/",
    "http://shop.example\\@127.0.0.1/",
];

fn guard(allow: &str) -> Guard {
    Guard::new(allow.parse().expect("hosts"))
}

fn inside() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("a time")))
}

#[test]
fn no_spelling_of_an_inner_address_passes() {
    for text in INSIDE {
        let url = Url::parse(text).unwrap_or_else(|why| panic!("{text:?} belongs to the other list: {why}"));
        assert!(guard("").check_url(&url).is_err(), "{text:?} passes as {url}");
        // One shop of the operator's own opens no sink to another.
        assert!(guard("127.0.0.2, 10.0.0.9:8080, shop.internal").check_url(&url).is_err(), "{text:?}");
    }
    for text in NOWHERE {
        assert!(Url::parse(text).is_err(), "{text:?} belongs to the other list");
    }
}

#[tokio::test]
async fn names_that_lead_inside_are_refused_when_they_are_dialled() {
    for text in NAMES {
        let url = Url::parse(text).unwrap_or_else(|why| panic!("{text:?}: {why}"));
        assert_eq!(guard("").check_url(&url), Ok(()), "{text:?}: the resolver decides");
        let shops = reader("", Leads(vec!["127.0.0.1".parse().expect("address")]), &inside());
        let error = shops.read(&SourceSpec::new(url), &Unwatched).await.expect_err(text);
        assert!(error.is_refused(), "{text:?}: {error}");
    }
}

/// Answers in turn.
struct Turns(Mutex<Vec<Vec<&'static str>>>);

#[async_trait]
impl Resolver for Turns {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        let answer = self.0.lock().expect("no panic").remove(0);
        Ok(answer.into_iter().map(|address| address.parse().expect("an address")).collect())
    }
}

/// What may be dialled of each answer of the resolver, in turn.
async fn dialled(allow: &str, host: &str, answers: Vec<Vec<&'static str>>) -> Vec<String> {
    use reqwest::dns::Resolve;
    let count = answers.len();
    let resolver = GuardedResolver::new(Arc::new(guard(allow)), Arc::new(Turns(Mutex::new(answers))));
    let mut dialled = Vec::new();
    for _ in 0..count {
        dialled.push(match resolver.resolve(host.parse().expect("a name")).await {
            Ok(addresses) => addresses.map(|address| address.ip().to_string()).collect::<Vec<_>>().join(" "),
            Err(_) => "refused".to_owned(),
        });
    }
    dialled
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_checked_each_time_it_is_dialled() {
    let public = "23.227.38.65";
    let answers = vec![vec![public], vec!["127.0.0.1"], vec![public], vec!["::1"], vec![]];
    let dialled = dialled("", "shop.example", answers).await;
    assert_eq!(dialled, [public, "refused", public, "refused", "refused"]);
}

#[tokio::test]
async fn of_mixed_answers_only_the_public_ones_are_dialled() {
    let mixed = vec!["10.0.0.1", "23.227.38.65", "::ffff:127.0.0.1", "2606:4700::1", "169.254.169.254"];
    assert_eq!(dialled("", "shop.example", vec![mixed.clone()]).await, ["23.227.38.65 2606:4700::1"]);
    assert_eq!(dialled("other.example", "shop.example", vec![mixed.clone()]).await, ["23.227.38.65 2606:4700::1"]);
    assert_eq!(dialled("shop.example", "SHOP.example.", vec![mixed.clone()]).await, [mixed.join(" ")]);
}

#[tokio::test]
async fn each_hop_of_a_redirect_is_checked_again() {
    let hops = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hops);
    let shop = Shop::open(move |request| match request.uri().path() {
        "/decimal" => with(302, "location", "http://2130706433/"),
        "/mapped" => with(302, "location", "http://[::ffff:169.254.169.254]/"),
        "/short" => with(302, "location", "//127.1/"),
        "/user" => {
            with(302, "location", &format!("http://a:b@{}/stock", request.headers()["host"].to_str().expect("a host")))
        }
        "/file" => with(302, "location", "file:///etc/passwd"),
        "/port" => with(302, "location", "http://127.0.0.1:22/"),
        "/two" => Response::builder()
            .status(302)
            .header("location", "http://10.0.0.1/")
            .header("location", "/stock")
            .body(Body::empty())
            .expect("a response"),
        "/5" => with(302, "location", "/4"),
        "/4" => with(307, "location", "3"),
        "/3" => with(308, "location", "./2"),
        "/2" if request.uri().query() == Some("to=1") => with(302, "location", "/stock"),
        "/2" => with(301, "location", "?to=1"),
        "/6" => with(303, "location", "/5"),
        _ => {
            counted.fetch_add(1, Ordering::SeqCst);
            json(PARKA)
        }
    })
    .await;
    let mut said = Vec::new();
    for path in ["/decimal", "/mapped", "/short", "/user", "/file", "/port", "/two", "/6"] {
        let error = shop.read(path).await.expect_err(path).to_string();
        said.push(format!("{path}: {}", error.replace(&shop.at.to_string(), "SHOP")));
    }
    assert_eq!(hops.load(Ordering::SeqCst), 0, "one of them was followed");
    insta::assert_snapshot!(said.join("\n"), @"
    /decimal: SHOP/decimal: redirected to http://127.0.0.1/: that is another site; use its address if the shop moved there
    /mapped: SHOP/mapped: redirected to http://[::ffff:a9fe:a9fe]/: that is another site; use its address if the shop moved there
    /short: SHOP/short: redirected to http://127.0.0.1/: that is another site; use its address if the shop moved there
    /user: SHOP/stock: the address holds a user name or password; put what the shop needs into a header instead
    /file: SHOP/file: redirected to file:///etc/passwd: that is another site; use its address if the shop moved there
    /port: SHOP/port: redirected to http://127.0.0.1:22/: that is another site; use its address if the shop moved there
    /two: SHOP/two: redirected to http://10.0.0.1/: that is another site; use its address if the shop moved there
    /6: SHOP/stock: redirected more than 5 times
    ");
    let chain = shop.shops.fetcher.get(Ask::new(&shop.url("/5"), &[], Expect::Json)).await;
    assert_eq!(chain.expect("five hops are followed").final_url, shop.url("/stock"));
}

#[test]
fn an_encrypted_shop_is_never_followed_into_the_open() {
    let from = Url::parse("https://shop.example/a").expect("url");
    for location in ["http://shop.example/a", "http://www.shop.example/a", "HTTP://shop.example:443/a", "http:a"] {
        let target = redirect::target(&from, Some(location));
        assert!(!matches!(&target, Ok(url) if url.scheme() != "https"), "{location}: {target:?}");
    }
}

/// A host as somebody may write it who means harm.
fn host() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<u8>().prop_map(|n| n.to_string()),
        any::<u8>().prop_map(|n| format!("0x{n:x}")),
        any::<u8>().prop_map(|n| format!("0{n:o}")),
        any::<u32>().prop_map(|n| n.to_string()),
        Just("127".to_owned()),
        Just("%31".to_owned()),
        Just("１２７".to_owned()),
    ];
    let dot = prop_oneof![Just("."), Just("。"), Just("%2e")];
    let v4 = (prop::collection::vec(number, 1..5), dot, prop_oneof![Just(""), Just(".")])
        .prop_map(|(parts, dot, end)| parts.join(dot) + end);
    let v6 = any::<[u16; 8]>().prop_map(|parts| format!("[{}]", std::net::Ipv6Addr::from(parts)));
    let low6 =
        (prop_oneof![Just("::"), Just("::ffff:"), Just("64:ff9b::"), Just("2002:"), Just("fe80::")], any::<u32>())
            .prop_map(|(prefix, v4)| format!("[{prefix}{:x}:{:x}]", v4 >> 16, v4 & 0xffff));
    prop_oneof![v4, v6, low6, "[a-zA-Z0-9.%@:-]{1,20}", "\\PC{1,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What passes is a public literal or a name, and a name's addresses are judged when it is dialled.
    #[test]
    fn no_url_leads_to_a_forbidden_address(
        scheme in "(http|https|HTTP|ht\ttp|ftp|file|ws)",
        slashes in prop_oneof![Just(":"), Just("://"), Just(":///"), Just(":\\\\")],
        user in "(|a@|a:b@|127\\.0\\.0\\.1@|\\\\@)",
        host in host(),
        port in "(|:80|:443|:22|:8080|:0|:)",
        rest in "(|/|/a|\\?@b|#@c|\\\\d)",
        resolved in prop::collection::vec(any::<u32>(), 0..4),
    ) {
        let Ok(url) = Url::parse(&format!("{scheme}{slashes}{user}{host}{port}{rest}")) else { return Ok(()) };
        let guard = guard("");
        if guard.check_url(&url).is_err() {
            return Ok(());
        }
        prop_assert!(matches!(url.scheme(), "http" | "https"));
        prop_assert!(url.username().is_empty() && url.password().is_none());
        prop_assert!(matches!(url.port_or_known_default(), Some(80 | 443)), "{url}");
        match url.host().expect("it passed") {
            Host::Ipv4(literal) => prop_assert!(address::public(literal.into()).is_ok(), "{url}"),
            Host::Ipv6(literal) => prop_assert!(address::public(literal.into()).is_ok(), "{url}"),
            Host::Domain(name) => {
                // The client dials what looks like a literal without asking the resolver.
                prop_assert!(name.parse::<IpAddr>().is_err(), "{url}");
                let found = resolved.iter().map(|v4| IpAddr::V4((*v4).into())).collect();
                if let Ok(addresses) = client::dialable(&guard, name, found) {
                    for at in addresses {
                        prop_assert!(address::public(at.ip()).is_ok(), "{url} leads to {at}");
                    }
                }
            }
        }
    }
}
