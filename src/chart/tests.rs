//! Stories of what a picture shows.

use chrono::TimeZone;
use coatcheck_domain::Availability::{self, Absent, InStock, LowStock, OutOfStock, PreOrder};
use proptest::prelude::*;
use resvg::tiny_skia::Pixmap;
use resvg::usvg::roxmltree::Document;

use super::looks::{Look, Run, runs};
use super::period::Period;
use super::*;

/// A Monday.
fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 3, 29, 12, 0, 0).single().expect("a date")
}

fn ago(minutes: i64) -> DateTime<Utc> {
    now() - chrono::Duration::minutes(minutes)
}

/// From so many minutes ago until so many ago; until 0, it is still so.
fn span(availability: Availability, from: i64, until: i64) -> Span {
    let (started_at, ended_at) = (ago(from), ago(until));
    Span { availability, price: None, started_at, last_seen: ended_at, ended_at, is_open: until == 0 }
}

fn line(size: &str, spans: Vec<Span>) -> Line {
    let back = spans.iter().enumerate().filter(|(at, span)| *at > 0 && span.availability.is_buyable());
    let restocks = back.map(|(_, span)| span.started_at).collect();
    Line { size: Some(size.to_owned()), style: None, spans, restocks }
}

fn chart(lines: Vec<Line>) -> Chart {
    Chart {
        title: "Corps Jacket".to_owned(),
        shop: "shop.example".to_owned(),
        lines,
        now: now(),
        read_at: Some(now()),
        gap_after: Duration::from_secs(180),
        zone: Tz::UTC,
    }
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Ten columns of a line alone, a letter each.
fn ten(line: &Line, others: &[Line]) -> String {
    let chart = chart([std::slice::from_ref(line), others].concat());
    let period = Period::until(now(), chart.known_since());
    let letter = |look| match look {
        Look::Here => "#",
        Look::Low => "+",
        Look::Order => "o",
        Look::Out => "_",
        Look::Unlisted => ".",
        Look::Unknown => "?",
    };
    let width = |run: &Run| run.until - run.from;
    runs(&chart, line, &period, 10).iter().map(|run| letter(run.look).repeat(width(run))).collect()
}

#[test]
fn a_gap_is_a_gap_and_never_sold_out() {
    let gap = line("M", vec![span(OutOfStock, 10 * HOUR, 8 * HOUR), span(InStock, 5 * HOUR, 3 * HOUR)]);
    assert_eq!(ten(&gap, &[]), "__???##???");
}

#[test]
fn what_was_so_at_the_last_reading_is_believed_until_nobody_looked_for_too_long() {
    let believed = Span { is_open: true, ..span(InStock, 10 * HOUR, 3) };
    let silent = Span { is_open: true, ..span(InStock, 10 * HOUR, 5 * HOUR) };
    assert_eq!(ten(&line("M", vec![believed]), &[]), "##########");
    assert_eq!(ten(&line("M", vec![silent]), &[]), "#####?????");
}

#[test]
fn what_was_before_anybody_looked_is_no_gap_and_stays_blank() {
    assert_eq!(ten(&line("M", vec![span(OutOfStock, 5, 0)]), &[]), "_____", "the second half of ten minutes");
    assert!(!chart(vec![line("M", vec![span(OutOfStock, 1, 0)])]).svg().contains("not known"));
}

#[test]
fn four_minutes_in_stock_are_seen_in_ninety_days() {
    let day = 55 * DAY;
    let short = vec![span(OutOfStock, 90 * DAY, day), span(LowStock, day, day - 4), span(OutOfStock, day - 4, 0)];
    assert_eq!(ten(&line("M", short), &[]), "___+______");
}

#[test]
fn a_size_that_came_later_was_not_listed_where_others_were_known() {
    let late = line("M", vec![span(PreOrder, 2 * HOUR, HOUR), span(Absent, HOUR, 0)]);
    let other = line("L", vec![span(OutOfStock, 10 * HOUR, 8 * HOUR), span(OutOfStock, 5 * HOUR, 0)]);
    assert_eq!(ten(&late, &[other]), "..???...o.");
}

#[test]
fn a_picture_of_one_size() {
    let m = vec![span(OutOfStock, 12 * HOUR, 6 * HOUR), span(InStock, 6 * HOUR, 3 * HOUR), span(OutOfStock, HOUR, 0)];
    insta::assert_snapshot!(Chart { title: "A & B <Jacket>".to_owned(), ..chart(vec![line("M", m)]) }.svg(), @r##"
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 178" width="400" height="178" role="img" font-family="Noto Sans, system-ui, sans-serif">
    <title>A &amp; B &lt;Jacket&gt;</title>
    <desc>Last in stock on 29 Mar, 09:00</desc>
    <defs><pattern id="coatcheck-not-known" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#f1f1f4"/><path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke="#b4b4bf" stroke-width="1.2"/></pattern><pattern id="coatcheck-not-listed" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="2" height="5" fill="#a5a5b0"/></pattern></defs>
    <rect x="0" y="0" width="400" height="178" fill="#ffffff"/>
    <rect x="0.5" y="0.5" width="399" height="177" fill="none" stroke="#d4d4dc"/>
    <text x="18" y="33" font-size="18" font-weight="600" fill="#1b1b1f">A &amp; B &lt;Jacket&gt;</text>
    <text x="18" y="55" font-size="13.5" fill="#55555f">Last in stock on 29 Mar, 09:00</text>
    <path d="M41.0 69.0V97.0" stroke="#e4e4ea"/>
    <text x="59.89" y="111" font-size="11.5" text-anchor="middle" fill="#55555f">29 Mar</text>
    <path d="M126.2 69.0V97.0" stroke="#e4e4ea"/>
    <text x="126.25" y="111" font-size="11.5" text-anchor="middle" fill="#55555f">03:00</text>
    <path d="M211.5 69.0V97.0" stroke="#e4e4ea"/>
    <text x="211.5" y="111" font-size="11.5" text-anchor="middle" fill="#55555f">06:00</text>
    <path d="M296.8 69.0V97.0" stroke="#e4e4ea"/>
    <text x="296.75" y="111" font-size="11.5" text-anchor="middle" fill="#55555f">09:00</text>
    <path d="M382.0 69.0V97.0" stroke="#e4e4ea"/>
    <text x="367.3" y="111" font-size="11.5" text-anchor="middle" fill="#55555f">12:00</text>
    <text x="18" y="88" font-size="13" fill="#1b1b1f">M</text>
    <path d="M297 77h57v13h-57z" fill="url(#coatcheck-not-known)"/>
    <path d="M41 88.5h170v1.5h-170zM354 88.5h28v1.5h-28z" fill="#a5a5b0"/>
    <path d="M211 77h86v13h-86z" fill="#15803d"/>
    <path d="M208.0 70.0h7l-3.5 5.5z" fill="#1b1b1f"/>
    <path d="M18 126h14v13h-14z" fill="#15803d"/>
    <text x="37" y="137" font-size="11.5" fill="#55555f">in stock</text>
    <path d="M94.34 137.5h14v1.5h-14z" fill="#a5a5b0"/>
    <text x="113.34" y="137" font-size="11.5" fill="#55555f">sold out</text>
    <path d="M173.05 126h14v13h-14z" fill="url(#coatcheck-not-known)"/>
    <text x="192.05" y="137" font-size="11.5" fill="#55555f">not known</text>
    <path d="M269.1 129.5h7l-3.5 5.5z" fill="#1b1b1f"/>
    <text x="284.6" y="137" font-size="11.5" fill="#55555f">came back</text>
    <text x="18" y="162" font-size="11.5" fill="#55555f">Read on 29 Mar, 12:00 · times: UTC</text>
    </svg>
    "##);
}

/// The pixel at these units, as red, green, blue.
fn pixel(png: &[u8], x: f32, y: f32) -> [u8; 3] {
    let pixels = Pixmap::decode_png(png).expect("a PNG");
    let at = |unit: f32| u32::try_from((unit * 2.0) as i32).expect("inside");
    let colour = pixels.pixel(at(x), at(y)).expect("inside").demultiply();
    [colour.red(), colour.green(), colour.blue()]
}

#[test]
fn the_bar_is_green_where_it_was_in_stock_and_the_card_where_it_was_not() {
    let m = vec![span(OutOfStock, 12 * HOUR, 6 * HOUR), span(InStock, 6 * HOUR, 3 * HOUR), span(OutOfStock, HOUR, 0)];
    let png = raster::png(&chart(vec![line("M", m)])).expect("drawn");
    let bar = 82.0;
    let colours = [100.0, 260.0].map(|x| pixel(&png, x, bar));
    assert_eq!(colours, [[255, 255, 255], [0x15, 0x80, 0x3d]]);
    let hatched = pixel(&png, 331.0, bar);
    assert!(hatched[0] >= 0xb0 && hatched[0] < 0xff, "neither in stock nor sold out, but {hatched:?}");
    assert_eq!(pixel(&png, 1.0, 1.0), [255, 255, 255], "its own ground, in dark chats too");
}

#[test]
fn thirty_sizes_are_eighteen_and_twelve_more_and_those_that_came_are_among_them() {
    let never = |nth: usize| line(&format!("size {nth}."), vec![span(OutOfStock, 9 * DAY, 0)]);
    let mut lines: Vec<Line> = (1..=30).map(never).collect();
    lines[27].spans = vec![span(OutOfStock, 9 * DAY, DAY), span(InStock, DAY, 0)];
    let svg = chart(lines).svg();
    assert!(svg.contains("and 12 more; name a size to see it"));
    assert!(svg.contains(">size 28.<") && svg.contains(">size 17.<") && !svg.contains(">size 18.<"));
}

#[test]
fn styles_that_differ_are_headings_and_alone_they_are_the_labels() {
    let of = |style: &str, size: Option<&str>| Line {
        size: size.map(str::to_owned),
        style: Some(style.to_owned()),
        ..line("", vec![span(InStock, DAY, 0)])
    };
    let texts = |lines: Vec<Line>| {
        let svg = chart(lines).svg();
        let document = Document::parse(&svg).expect("XML");
        let texts = document.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text());
        texts.filter(|text| ["Black", "Olive", "M", "L"].contains(text)).collect::<Vec<_>>().join(", ")
    };
    let sizes = vec![of("Black", Some("M")), of("Olive", Some("M")), of("Black", Some("L"))];
    assert_eq!(texts(sizes), "Black, M, L, Olive, M");
    assert_eq!(texts(vec![of("Black", None), of("Olive", None)]), "Black, Olive");
}

#[test]
fn what_cannot_be_written_in_our_letters_is_told_apart_all_the_same() {
    let mut chart = chart(vec![line("大", vec![]), line("小", vec![]), line("M", vec![])]);
    chart.title = "سترة شتوية 🔥".to_owned();
    let written = labels::in_our_letters(&chart);
    let sizes: Vec<&str> = written.lines.iter().filter_map(|line| line.size.as_deref()).collect();
    assert_eq!((written.title.as_str(), sizes), ("A product of shop.example", vec!["no. 1", "no. 2", "M"]));
    assert!(chart.svg().contains("سترة شتوية"), "browsers have more letters");
}

fn any_line() -> impl Strategy<Value = Line> {
    let piece =
        (prop::sample::select(Availability::ALL.to_vec()), 0i64..20_000, prop::sample::select(vec![0i64, 0, 400]));
    let label = || prop::option::of(any::<String>());
    let restocks = prop::collection::vec(0i64..200_000, 0..40);
    (label(), label(), prop::collection::vec(piece, 0..60), restocks, any::<bool>()).prop_map(
        |(size, style, pieces, restocks, is_open)| {
            let mut from = pieces.iter().map(|(_, minutes, silence)| minutes + silence).sum::<i64>();
            let mut spans = Vec::new();
            for (availability, minutes, silence) in pieces {
                spans.push(Span { is_open: false, ..span(availability, from, from - minutes) });
                from -= minutes + silence;
            }
            if let Some(last) = spans.last_mut() {
                last.is_open = is_open;
            }
            Line { size, style, spans, restocks: restocks.into_iter().map(ago).collect() }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_history_is_well_formed_and_of_a_size_that_fits_a_chat(
        title in any::<String>(),
        lines in prop::collection::vec(any_line(), 0..40),
        zone in prop::sample::select(vec![Tz::UTC, Tz::Asia__Kathmandu, Tz::America__St_Johns]),
    ) {
        let svg = Chart { title, zone, ..chart(lines) }.svg();
        let document = Document::parse(&svg).map_err(|error| TestCaseError::fail(format!("{error}: {svg}")))?;
        let root = document.root_element();
        let height: f32 = root.attribute("height").and_then(|height| height.parse().ok()).unwrap_or(f32::MAX);
        prop_assert!(height < 1200.0, "{height}");
        prop_assert!(svg.len() < 150_000, "{}", svg.len());
        // Nothing that a stranger wrote became an element.
        let ours = ["svg", "title", "desc", "defs", "pattern", "rect", "path", "text"];
        for node in document.descendants().filter(|node| node.is_element()) {
            prop_assert!(ours.contains(&node.tag_name().name()), "{:?}", node.tag_name());
        }
    }

    #[test]
    fn runs_cover_each_column_once(line in any_line(), columns in 1usize..400) {
        let chart = chart(vec![line.clone()]);
        let period = Period::until(now(), chart.known_since());
        let mut reached = 0;
        for run in runs(&chart, &line, &period, columns) {
            prop_assert_eq!(run.from, reached);
            prop_assert!(run.until > run.from);
            reached = run.until;
        }
        prop_assert_eq!(reached, columns);
    }
}
