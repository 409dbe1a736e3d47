//! Walls as guards of shops build them, and good pages that carry the same guards' scripts.

use reqwest::header::{HeaderName, HeaderValue};

use super::*;

fn said(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let mut all = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().expect("a name");
        all.append(name, HeaderValue::from_str(value).expect("a value"));
    }
    let status = StatusCode::from_u16(status).expect("a status");
    evidence(status, &all, body.as_bytes(), body.starts_with('<')).unwrap_or_else(|| "none".to_owned())
}

#[test]
fn each_guard_is_recognised_by_signs_that_agree() {
    let cloudflare = "<html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>";
    let akamai = "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>You don't have permission. Reference&#32;&#35;18 https://errors.edgesuite.net/18";
    let datadome =
        "<html><title>shop.example</title><script>var dd={'rt':'c','host':'geo.captcha-delivery.com'}</script>";
    let perimeter = "<html><title>Access to this page has been denied.</title><div id=px-captcha></div>";
    for (guard, said) in [
        ("cf-mitigated", said(403, &[("cf-mitigated", "challenge")], cloudflare)),
        ("Cloudflare", said(503, &[("server", "cloudflare")], cloudflare)),
        ("Cloudflare", said(200, &[("server", "cloudflare")], "<title>Waiting Room</title><p>You are in the queue")),
        ("Akamai", said(403, &[("server", "AkamaiGHost")], akamai)),
        ("Akamai", said(428, &[("set-cookie", "_abck=1")], r#"{"sec-cp-challenge":"true","cpr_chlge":"true"}"#)),
        ("DataDome", said(403, &[("x-datadome", "protected"), ("set-cookie", "datadome=x")], datadome)),
        ("DataDome", said(403, &[("x-dd-b", "1")], r#"{"url":"https://geo.captcha-delivery.com/captcha/"}"#)),
        ("PerimeterX", said(403, &[], perimeter)),
        ("PerimeterX", said(403, &[], r#"{"appId":"PXabc","jsClientSrc":"/x/init.js"}"#)),
        (
            "Imperva",
            said(200, &[("x-iinfo", "9-1")], "<html><script src=/_Incapsula_Resource?SWJIYLWA=1></script></html>"),
        ),
        ("Kasada", said(429, &[("x-kpsdk-ct", "0a")], "")),
        ("x-amzn-waf-action", said(202, &[("x-amzn-waf-action", "challenge")], "")),
        ("AWS WAF", said(200, &[], "<html><script>window.awsWafCookieDomainList=[];gokuProps={}</script>")),
        ("you are in line", said(200, &[], "<title>You are in line</title><h1>You are now in line</h1>")),
        ("Queue-it", said(200, &[], "<title>Queue-it</title><script src=https://static.queue-it.net/x.js></script>")),
        (
            "Shopify's checkpoint",
            said(429, &[("powered-by", "Shopify")], "<p>Your connection needs to be verified before you can proceed"),
        ),
        ("x-vercel-mitigated", said(429, &[("x-vercel-mitigated", "challenge")], "")),
        ("verify you are human", said(403, &[], "<p>Please verify you are human</p>")),
    ] {
        assert!(said.contains(guard), "{guard}: {said}");
    }
}

#[test]
fn good_pages_that_carry_a_guard_are_no_walls() {
    let goods = "<title>Rain jacket</title><script type=application/ld+json>{}</script><h1>Rain jacket</h1>";
    let words = format!("<title>Captchas and you</title><p>{}", "We write about captchas. ".repeat(100));
    for (status, headers, body) in [
        (200, vec![("server", "cloudflare"), ("cf-ray", "1"), ("set-cookie", "__cf_bm=1")], goods.to_owned()),
        (200, vec![], format!("{goods}<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>")),
        (
            200,
            vec![("x-datadome", "protected"), ("set-cookie", "datadome=1")],
            format!("{goods}<meta content=captcha-delivery.com>"),
        ),
        (200, vec![("x-iinfo", "1")], format!("{goods}<script src=/_Incapsula_Resource?a></script>")),
        (200, vec![("set-cookie", "_px3=1")], format!("{goods}<script>window._pxAppId='PX'</script>")),
        (200, vec![("x-kpsdk-ct", "1")], format!("{goods}<script>window.KPSDK={{}}</script>")),
        (200, vec![], format!("{goods}<script>window.awsWafCookieDomainList=[]</script>")),
        (200, vec![], format!("{goods}<script src=https://static.queue-it.net/script/queueclient.min.js></script>")),
        (200, vec![], words),
        (200, vec![], "<title>Waiting Room by Fugazi</title><h1>Waiting Room</h1>".to_owned()),
        (200, vec![], "<title>Opening soon</title><form action=/password>".to_owned()),
        (200, vec![("x-datadome", "protected")], r#"{"title":"captcha-delivery.com tee, px-captcha"}"#.to_owned()),
        (503, vec![("server", "cloudflare")], "<title>shop.example | 521: Web server is down</title>".to_owned()),
        (503, vec![("server", "AkamaiGHost")], "<h1>Down for maintenance</h1>".to_owned()),
        (429, vec![("server", "cloudflare"), ("set-cookie", "__cf_bm=1")], String::new()),
        (429, vec![("x-datadome", "protected"), ("set-cookie", "datadome=1")], String::new()),
        (430, vec![("powered-by", "Shopify")], String::new()),
        (401, vec![], r#"{"message":"a token is needed"}"#.to_owned()),
        (403, vec![("powered-by", "Shopify")], "<title>403</title><p>Forbidden".to_owned()),
        (404, vec![("set-cookie", "datadome=1")], "<title>Not found</title>".to_owned()),
    ] {
        assert_eq!(said(status, &headers, &body), "none", "{status} {headers:?} {body}");
    }
}

#[test]
fn words_that_people_read_are_counted_without_scripts() {
    assert_eq!(words("<p>a <b>bc</b><script>if (a < b) {}</script><style>p{}</style> d"), 4);
    assert_eq!(words("<script>never ended"), 0);
    assert_eq!(words("a < b"), 1);
    for hostile in ["<", "<script", "</", "<script></script", "é<script>é</scripté", "<title></title>"] {
        let _ = words(hostile);
    }
}
