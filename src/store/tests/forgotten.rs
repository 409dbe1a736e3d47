//! Whoever wants to be forgotten is.

use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::filled::{fill, mentions};
use super::phones::{number, phone};
use super::scene::{IN, OUT, Scene, jacket};
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};
use crate::store::people::person::Forgotten;

async fn told(variants: usize) -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    for number in 2..=variants {
        let other = scene.person(u64::try_from(number).expect("few")).await;
        scene.watch(other, product, "M", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, ann)
}

#[tokio::test]
async fn whoever_is_forgotten_is_told_nothing_more_and_leaves_no_name() {
    let (scene, ann) = told(2).await;
    let forgotten = scene.db.forget(ann).await.expect("forgotten");
    assert_eq!(forgotten, Forgotten { watches: 1, under_way: 0, stop_kept: false, ban_kept: false });
    assert_eq!(scene.told().await, ["nowhere suppressed M", "discord:2 pending M"]);
    assert_eq!(scene.db.addresses(ann).await.expect("asked"), Vec::<String>::new());
    assert_eq!(scene.number("SELECT count(*) FROM destination").await, 1, "the other one stays");
    let lease = scene.take_lane("us").await;
    assert_eq!(scene.start(&lease).await.len(), 1, "only the other one is told");
}

#[tokio::test]
async fn a_request_under_way_ends_without_its_address() {
    let (scene, ann) = told(1).await;
    let lease = scene.take_lane("us").await;
    let started = scene.start(&lease).await;
    assert_eq!(scene.db.forget(ann).await.expect("forgotten").under_way, 1);
    assert_eq!(scene.told().await, ["nowhere sending M"]);
    let outcome = SendOutcome::Retry { after: None, why: "503".to_owned() };
    scene.finish(&lease, &started[0], outcome).await;
    scene.pass(60);
    assert_eq!(scene.start(&lease).await.len(), 0, "there is nobody to try again for");
    assert_eq!(scene.told().await, ["nowhere suppressed M"]);
}

#[tokio::test]
async fn of_a_phone_that_is_forgotten_nothing_stays_but_a_stop() {
    use ConsentWord::{Anytime, Start, Stop};
    for (said, stays) in [(vec![Start, Anytime], 0), (vec![Start, Stop, Anytime], 1), (vec![Stop, Start], 0)] {
        let scene = Scene::new().await;
        let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
        for word in &said {
            scene.db.consent(&number(), *word, ConsentSource::Text).await.expect("stored");
        }
        let forgotten = scene.db.forget(ann).await.expect("forgotten");
        assert_eq!(forgotten.stop_kept, stays == 1, "{said:?}");
        assert_eq!(scene.number("SELECT count(*) FROM consent").await, stays, "{said:?}");
        assert_eq!(scene.number("SELECT count(*) FROM destination").await, 0);
        let standing = if stays == 1 { Standing::Stopped } else { Standing::Unknown };
        assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), standing, "{said:?}");
    }
}

#[tokio::test]
async fn forgetting_one_phone_forgets_nothing_of_another() {
    let scene = Scene::new().await;
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    let other = "+14155550124".parse().expect("a number");
    scene.db.consent(&other, ConsentWord::Start, ConsentSource::Text).await.expect("stored");
    scene.db.forget(ann).await.expect("forgotten");
    assert_eq!(scene.db.phone_standing(&other).await.expect("asked"), Standing::Consented);
}

#[tokio::test]
async fn whatever_tables_there_are_none_names_who_was_forgotten() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    fill(&scene.db, 2).await;
    assert!(mentions(&scene.db, 1).await.len() > 10, "nothing to forget");
    // A ban is kept: see `bans`.
    scene.run("UPDATE subscriber SET banned_at = NULL").await;
    scene.db.forget(1).await.expect("forgotten");
    // How often somebody tried is kept for 30 days at most: forgetting must not make new tries.
    assert_eq!(mentions(&scene.db, 1).await, ["allowance.who"]);
    assert!(mentions(&scene.db, 2).await.len() > 10, "others are forgotten, too");
}

#[tokio::test]
async fn an_export_has_rows_of_all_tables_that_hold_something_of_a_person_and_no_secrets() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    fill(&scene.db, 2).await;
    let rows = scene.db.rows_of_person(1).await.expect("exported");
    let exported: Vec<&str> = rows.iter().map(|(table, _)| table.as_str()).collect();
    let mentioned = mentions(&scene.db, 1).await;
    for place in &mentioned {
        let table = place.split('.').next().expect("a table");
        // A count of tries, and where a room has moved to: nothing of a person that is not in other tables.
        assert!(exported.contains(&table) || ["allowance", "moved_address"].contains(&table), "{table}: {exported:?}");
    }
    let text = serde_json::to_string(&rows.into_iter().collect::<serde_json::Map<_, _>>()).expect("JSON");
    for secret in ["destination.secret", "destination.sealed", "challenge.code_hash", "link_code.code", "look_up"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("watch.size 1") && !text.contains("watch.size 2"), "{text}");
}
