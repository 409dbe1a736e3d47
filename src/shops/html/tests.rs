//! Pages as people write them, and as nobody should.

use std::time::{Duration, Instant};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

/// The elements, each within its parent.
fn shown(html: &str) -> String {
    let page = Page::parse(html).expect("small");
    let mut text = String::new();
    for (at, node) in page.nodes.iter().enumerate() {
        let depth = page.around(at).count();
        let what = match &node.what {
            What::Element(element) => format!("<{}>", element.name),
            What::Text(text) => text.trim().to_owned(),
        };
        text.push_str(&format!("{}{what}\n", "·".repeat(depth)));
    }
    text
}

#[test]
fn elements_stand_within_their_parents_although_end_tags_are_missing() {
    assert_snapshot!(shown("<body><ul><li>a<li><b>c</ul><p>d<div>e<br>f</div><table><tr><td>g</div>h<td>i</table>j"), @r"
    <body>
    ·<ul>
    ··<li>
    ···a
    ··<li>
    ···<b>
    ····c
    ·<p>
    ··d
    ·<div>
    ··e
    ··<br>
    ··f
    ·<table>
    ··<tr>
    ···<td>
    ····g
    ····h
    ···<td>
    ····i
    ·j
    ");
}

#[test]
fn words_are_those_that_people_see() {
    let page = Page::parse("<div id=a><h1>Rain &amp;\n <b>Wind</b></h1><script>x</script><style>y</style></div>z")
        .expect("small");
    assert_eq!(page.words(0, 1000), "Rain & Wind");
    assert_eq!(page.raw_text(3), "Wind");
    assert_eq!(page.around(2).map(|element| element.name.to_string()).collect::<Vec<_>>(), ["h1", "div"]);
}

#[test]
fn hostile_pages_end_soon() {
    let started = Instant::now();
    let many = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for piece in [
        "<div>",
        "</p>",
        "<a><b><i>",
        "<table><tr><td>",
        "<",
        "<!--",
        "<a b='",
        "<a b=1 ",
        "&amp",
        "</",
        "<script>",
        "<p>x",
        "<select><option>",
        "<svg/>",
        "<a =",
        "x",
    ] {
        let _ = Page::parse(&many(piece));
    }
    let attributes: String = (0..300_000).map(|n| format!(" a{n}=1")).collect();
    assert!(Page::parse(&format!("<a{attributes}>")).is_ok());
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    assert_eq!(Page::parse(&many("<br>")).map(|_| ()), Err(TooLarge));
}

proptest! {
    #[test]
    fn no_page_panics(html in "(<[a-z/!?]{0,3}|[ a=\"'/>]|-->|</?script|</?p>|</?td>|&[#x0-9a-z;]{0,6}|é){0,40}") {
        if let Ok(page) = Page::parse(&html) {
            for (at, node) in page.nodes.iter().enumerate() {
                prop_assert!(node.parent.is_none_or(|parent| parent < at && page.end(parent) >= node.end));
                let _ = page.words(at, 100);
            }
        }
    }
}
