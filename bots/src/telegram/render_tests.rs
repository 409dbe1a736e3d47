//! Messages as people see them.

use proptest::prelude::*;
use teloxide::types::InlineKeyboardButtonKind;

use super::*;
use crate::examples::{alert as example, variant};
use crate::message::Notice;

fn buttons() -> Vec<Button> {
    [("Watch again", "again:1"), ("Got it", "got:1")]
        .map(|(label, data)| Button { label: label.into(), data: data.into() })
        .to_vec()
}

/// The HTML, and below it the buttons.
fn seen(shown: &Shown) -> String {
    let mut lines = vec![shown.html.clone()];
    for row in shown.keyboard.iter().flat_map(|keyboard| &keyboard.inline_keyboard) {
        let one = row.iter().map(|button| match &button.kind {
            InlineKeyboardButtonKind::Url(url) => format!("[{}]({url})", button.text),
            InlineKeyboardButtonKind::CallbackData(data) => format!("[{}]<{data}>", button.text),
            other => format!("{other:?}"),
        });
        lines.push(one.collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

fn told(alert: Alert) -> String {
    seen(&message(&Message::Alert(Box::new(alert)), &buttons(), Links::OnButtons))
}

#[test]
fn one_size_has_its_links_and_buttons() {
    let mut one = example(vec![variant("M", "Black")]);
    one.variants[0].cart_url = Url::parse("https://shop.example/cart/1:1").ok();
    insta::assert_snapshot!(told(one.clone()), @"
    <b>Back in stock: Corps Jacket — M / Black, 129.00 EUR</b>
    [Open in shop](https://shop.example/products/jacket?size=M)
    [Add to cart](https://shop.example/cart/1:1)
    [Watch again]<again:1> [Got it]<got:1>
    ");
    one.gone_after = Some(250);
    insta::assert_snapshot!(told(one), @"
    <s>Back in stock: Corps Jacket — M / Black, 129.00 EUR</s>
    <b>Sold out again after 4 min</b>
    [Open in shop](https://shop.example/products/jacket?size=M)
    [Watch again]<again:1> [Got it]<got:1>
    ");
}

#[test]
fn a_few_sizes_have_a_link_each_and_many_share_one() {
    let sizes = |sizes: &[&str]| example(sizes.iter().map(|size| variant(size, "Black")).collect());
    insta::assert_snapshot!(told(sizes(&["M", "L"])), @"
    <b>Back in stock: Corps Jacket, 129.00 EUR — 2 variants</b>
    • M / Black
    • L / Black
    [M / Black](https://shop.example/products/jacket?size=M)
    [L / Black](https://shop.example/products/jacket?size=L)
    [Watch again]<again:1> [Got it]<got:1>
    ");
    insta::assert_snapshot!(told(sizes(&["S", "M", "L", "XL"])), @"
    <b>Back in stock: Corps Jacket, 129.00 EUR — 4 variants</b>
    • S / Black
    • M / Black
    • L / Black
    • XL / Black
    [Open in shop](https://shop.example/products/jacket)
    [Watch again]<again:1> [Got it]<got:1>
    ");
}

#[test]
fn a_link_that_telegram_refuses_on_buttons_is_written_out() {
    let mut local = example(vec![variant("M", "Black")]);
    local.variants[0].url = Url::parse("http://127.0.0.1:8080/p?a=1&b=2").ok();
    local.test = true;
    insta::assert_snapshot!(told(local), @"
    This is how an alert looks.
    <b>Back in stock: Corps Jacket — M / Black, 129.00 EUR</b>
    Open in shop: http://127.0.0.1:8080/p?a=1&amp;b=2
    [Watch again]<again:1> [Got it]<got:1>
    ");
    let public = Message::Alert(Box::new(example(vec![variant("M", "Black")])));
    insta::assert_snapshot!(seen(&message(&public, &[], Links::InText)), @"
    <b>Back in stock: Corps Jacket — M / Black, 129.00 EUR</b>
    Open in shop: https://shop.example/products/jacket?size=M
    ");
}

#[test]
fn a_hostile_title_is_only_words() {
    let mut hostile = example(vec![variant("</b><a href=\"https://evil.example\">M", "@durov")]);
    hostile.product = "\u{202e}<b>Jacket</b>\n@everyone \u{7}&amp;".to_owned();
    hostile.variants[0].url = None;
    insta::assert_snapshot!(told(hostile), @"
    <b>Back in stock: &lt;b&gt;Jacket&lt; /b&gt; @ everyone &amp;amp; — &lt; /b&gt;&lt;a href=&quot;https: //evil.example&quot;&gt;M / @ durov, 129.00 EUR</b>
    [Open in shop](https://shop.example/products/jacket)
    [Watch again]<again:1> [Got it]<got:1>
    ");
}

#[test]
fn a_long_answer_is_several_messages_and_its_buttons_stand_below_the_last() {
    let long = Reply::text("A line of words.\n".repeat(600)).with_button("1", "c:1:1");
    let pages = reply(&long);
    let keyboards: Vec<bool> = pages.iter().map(|page| page.shown.keyboard.is_some()).collect();
    assert_eq!(keyboards, [false, false, true]);
    assert!(pages.iter().all(|page| length(&page.shown.html) <= LONGEST_TEXT));
}

/// What each message of an answer is.
fn kinds(answer: &Reply) -> String {
    let kind = |page: &Page| match &page.attached {
        None => format!("text {}", length(&page.shown.html)),
        Some(Attached::Picture(_)) => format!("picture {:?}", page.shown.html),
        Some(Attached::File(file)) => format!("file {} {:?}", file.name, page.shown.html),
    };
    reply(answer).iter().map(kind).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_picture_carries_a_short_answer_and_goes_before_a_long_one() {
    let short = Reply::text("Last in stock: <today>").with_picture(vec![1], "Stock of 90 days");
    insta::assert_snapshot!(kinds(&short), @r#"picture "Last in stock: &lt;today&gt;""#);
    let long = Reply::text("word ".repeat(300)).with_picture(vec![1], "Stock of <90> days");
    insta::assert_snapshot!(kinds(&long), @r#"picture "Stock of &lt;90&gt; days", text 1499"#);
}

#[test]
fn a_file_follows_the_words() {
    let export = Reply::text("All I know of you:").with_file("coatcheck.json", "{}");
    insta::assert_snapshot!(kinds(&export), @r#"text 18, file coatcheck.json """#);
}

proptest! {
    /// What a stranger's shop says is never markup, and never too long.
    #[test]
    fn whatever_a_shop_says_fits_and_parses(
        product in "\\PC{0,300}|[<>&\"/ab]{0,200}",
        size in "\\PC{0,80}",
        count in 1_usize..40,
        notice in "[a<&👍 \\n]{0,6000}",
    ) {
        let mut alert = example(vec![variant(&size, "</b>"); count]);
        alert.product = product;
        let shown = message(&Message::Alert(Box::new(alert)), &buttons(), Links::InText);
        let inside = shown.html.replacen("<b>", "", 1).replacen("</b>", "", 1);
        prop_assert!(!inside.contains(['<', '>']), "{inside}");
        prop_assert!(length(&shown.html) <= LONGEST_TEXT + 600, "entities count once when parsed");
        let plain = message(&Message::Notice(Notice { text: notice }), &[], Links::OnButtons).html;
        let parsed = plain.replace("&lt;", "<").replace("&amp;", "&");
        prop_assert!(length(&parsed) <= LONGEST_TEXT);
    }
}
