//! What must hold when all is at rest: the database against the model and against what the platforms took.

use std::collections::{BTreeMap, BTreeSet};

use crate::instance::FALLBACK_AFTER;
use crate::log::{Event, RestockKey, Told};
use crate::model::{Drop, Stock, due};
use crate::play::Play;
use crate::rows::{name, number, rows, text, told};
use crate::shops::SOURCES;

/// All of them.
pub(crate) async fn hold(play: &Play) {
    play.stage.shops.were_never_crowded();
    let mut stock = Stock::default();
    let timeline: Vec<(Event, Vec<Drop>)> = play
        .log
        .iter()
        .map(|event| match event {
            Event::Stored { source, number, said, read, at } => {
                (event.clone(), stock.store(*number, said, SOURCES[*source].1, (*read, *at)))
            }
            _ => (event.clone(), Vec::new()),
        })
        .collect();
    restocks_are_those_of_the_model(play, &timeline).await;
    for (person, subscriber) in play.people.subscribers().iter().enumerate() {
        let told = told(&play.admin, *subscriber).await;
        who_waits_is_told(play, person, *subscriber, &timeline, &told).await;
    }
    rows_and_requests_agree(play).await;
    posts_say_what_is_true(play).await;
    hops_follow_one_another(play).await;
    history_is_true(play, &stock).await;
}

async fn restocks_are_those_of_the_model(play: &Play, timeline: &[(Event, Vec<Drop>)]) {
    let expected: BTreeMap<RestockKey, BTreeSet<String>> = timeline
        .iter()
        .flat_map(|(_, restocks)| restocks)
        .map(|restock| (restock.key, restock.sizes.iter().map(|size| (*size).to_owned()).collect()))
        .collect();
    let sql = "SELECT p.external_id, r.number, v.size FROM restock r JOIN product p ON p.id = r.product_id \
               JOIN restock_variant s ON s.restock_id = r.id JOIN variant v ON v.id = s.variant_id";
    let mut found: BTreeMap<RestockKey, BTreeSet<String>> = BTreeMap::new();
    for row in rows(&play.admin, sql).await {
        found.entry((name(&text(&row, 0)), number(&row, 1))).or_default().insert(text(&row, 2));
    }
    assert_eq!(found, expected, "P1, P6, P9: restocks are what the readings say, and nothing else");
}

async fn who_waits_is_told(
    play: &Play,
    person: usize,
    subscriber: i64,
    timeline: &[(Event, Vec<Drop>)],
    told: &BTreeMap<RestockKey, Told>,
) {
    let sql = format!("SELECT id FROM destination WHERE state = 'active' AND subscriber_id = {subscriber}");
    // An address that is gone stays so here: whoever has one at the end always had one.
    let reachable = !rows(&play.admin, &sql).await.is_empty();
    let due = due(person, timeline, told);
    let removed = play.log.iter().any(|event| matches!(event, Event::Removed { person: who, .. } if *who == person));
    for (restock, sizes) in due.must.iter().filter(|_| reachable) {
        let one = told
            .get(restock)
            .unwrap_or_else(|| panic!("P1: {person} waited for {restock:?} and has no alert: {told:?}"));
        for size in sizes {
            assert!(one.sizes.contains(*size), "P1: {person} is notified of {restock:?} without {size}: {one:?}");
        }
        assert!(!one.unwatched || removed, "P1: {person} still watches, and {restock:?} was suppressed");
    }
    for restock in told.keys() {
        assert!(
            due.must.contains_key(restock) || due.may.contains(restock),
            "P7: {person} is notified of {restock:?} unasked"
        );
    }
}

async fn rows_and_requests_agree(play: &Play) {
    let taken = play.stage.sink.taken();
    let sql = "SELECT d.dedupe_key, d.state, d.attempts, \
               (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'unknown'), \
               (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id), d.restock_id, d.subscriber_id, d.hop, \
               'b:' || CAST(COALESCE(d.batch_id, 0) AS TEXT) FROM delivery d";
    let (mut keys, mut together_keys) = (BTreeSet::new(), BTreeSet::new());
    for row in rows(&play.admin, sql).await {
        let (key, state) = (text(&row, 0), text(&row, 1));
        let times = i64::from(taken.get(&key).copied().unwrap_or_default());
        let attempts = row.try_get_by_index::<i32>(2).expect("a number");
        assert_eq!(number(&row, 4), i64::from(attempts), "P3: each attempt of {key} is judged once");
        // An edit in doubt is done again: it says the same.
        let is_edit = key.contains(":e");
        assert!(
            is_edit || times <= 1 + number(&row, 3),
            "P5: {key} was taken {times} times, {} unknown",
            number(&row, 3)
        );
        // Several alerts of one chat may have gone out as one message, which has a key of its own.
        let together = text(&row, 8);
        let went = times > 0 || taken.contains_key(&together);
        assert!(state != "sent" || went, "{key} is said to be sent, and nobody took it");
        together_keys.insert(together);
        assert!(keys.insert(key), "P2: no row twice");
    }
    for key in taken.keys() {
        assert!(keys.contains(key) || together_keys.contains(key), "{key} was taken, and no row says so");
    }
}

/// Each live post in a room that can be reached says what came back in its episode and can be had now. A post is one row
/// of the outbox, whose edits follow one another.
async fn posts_say_what_is_true(play: &Play) {
    let sql = "SELECT p.id, p.provider_ref, p.product_id, p.episode FROM room_post p JOIN destination t \
                 ON t.subscriber_id = p.subscriber_id AND t.state = 'active' \
               WHERE p.ended_at IS NULL AND p.deleted_at IS NULL";
    for row in rows(&play.admin, sql).await {
        let (post, product, episode) = (text(&row, 1), number(&row, 2), number(&row, 3));
        let sql = format!(
            "SELECT DISTINCT v.id FROM variant v JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL \
               AND s.availability IN ('in_stock', 'low_stock') JOIN restock_variant w ON w.variant_id = v.id \
             JOIN restock r ON r.id = w.restock_id AND r.id >= {episode} WHERE v.product_id = {product}"
        );
        let here: BTreeSet<i64> = rows(&play.admin, &sql).await.iter().map(|row| number(row, 0)).collect();
        let shown = play.stage.sink.post(&post).unwrap_or_else(|| panic!("P5: nobody took {post:?}"));
        assert_eq!(shown, here, "P1: {post} of product {product} says what is true");
    }
    let sql = "SELECT COALESCE(max(n), 0) FROM (SELECT count(*) AS n FROM delivery WHERE kind = 'post' GROUP BY dedupe_key) AS k";
    assert!(number(&rows(&play.admin, sql).await[0], 0) <= 1, "P2: one post per room, product and episode");
}

/// The next hop begins only where the one before has ended untold. One that was taken over had waited long enough, at its
/// own failures or before a lane that was down, and nobody had taken it.
async fn hops_follow_one_another(play: &Play) {
    let after = i64::try_from(FALLBACK_AFTER.as_micros()).expect("short");
    let taken = play.stage.sink.taken();
    let sql = format!(
        "SELECT d.dedupe_key, d.state, \
           (SELECT count(*) FROM delivery e WHERE e.restock_id = d.restock_id AND e.subscriber_id = d.subscriber_id AND e.hop = d.hop + 1), \
           (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'unknown'), \
           (SELECT count(*) FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'retry' \
             AND d.started_at + {after} <= d.ended_at), \
           (SELECT count(*) FROM incident i WHERE i.kind = 'lane_down' AND i.subject = d.lane \
             AND i.opened_at + {after} <= d.ended_at AND COALESCE(i.closed_at, d.ended_at) >= d.ended_at \
             AND d.created_at + {after} <= d.ended_at) \
         FROM delivery d WHERE d.kind = 'alert'"
    );
    for row in rows(&play.admin, &sql).await {
        let (key, state) = (text(&row, 0), text(&row, 1));
        let [next, unknown, failing, down] = [2, 3, 4, 5].map(|column| number(&row, column));
        if next > 0 {
            assert!(
                matches!(state.as_str(), "cancelled" | "dead" | "suppressed"),
                "P5: {key} is {state} and has a next hop"
            );
        }
        if state == "cancelled" {
            assert_eq!(next, 1, "P1: {key} was taken over, and nothing took over");
            assert!(unknown == 0 && !taken.contains_key(&key), "P5: {key} may have arrived, and was taken over");
            assert!(failing > 0 || down > 0, "{key} was taken over without a reason");
        }
    }
}

/// A span: what was so, from which reading to which.
type Numbered = (String, i64, i64);

/// P6, by the numbers of the readings, which no clock can move.
async fn history_is_true(play: &Play, stock: &Stock) {
    let sql = "SELECT p.external_id, v.size, s.availability, s.first_reading, s.last_reading, c.readings, \
               CASE WHEN v.confirmed AND s.ended_at IS NULL THEN 1 ELSE 0 END \
               FROM span s JOIN variant v ON v.id = s.variant_id JOIN product p ON p.id = v.product_id \
               JOIN source c ON c.id = p.source_id ORDER BY s.id";
    let mut spans: BTreeMap<(String, String), Vec<Numbered>> = BTreeMap::new();
    for row in rows(&play.admin, sql).await {
        let open = row.try_get_by_index::<i32>(6).expect("a number") == 1;
        let last = if open { number(&row, 5) } else { number(&row, 4) };
        let one = spans.entry((text(&row, 0), text(&row, 1))).or_default();
        assert!(one.last().is_none_or(|before| before.2 < number(&row, 3)), "P6: spans of {row:?} overlap");
        one.push((text(&row, 2), number(&row, 3), last));
    }
    for ((product, size), sights) in &stock.sights {
        let own = spans.remove(&((*product).to_owned(), (*size).to_owned())).unwrap_or_default();
        for (reading, is) in sights {
            let covering: Vec<_> = own.iter().filter(|(_, first, last)| first <= reading && reading <= last).collect();
            assert_eq!(covering.len(), 1, "P6: reading {reading} of {product} {size} in {own:?}");
            assert_eq!(covering[0].0, is.as_str(), "P6: reading {reading} of {product} {size}");
        }
        for (_, first, last) in &own {
            let seen = |number: &i64| sights.iter().any(|(reading, _)| reading == number);
            assert!(seen(first) && seen(last), "P6: {product} {size} was seen at {first} and {last}");
        }
    }
    assert!(spans.is_empty(), "P6: spans that nobody saw: {spans:?}");
}
