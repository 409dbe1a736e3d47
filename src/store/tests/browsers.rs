//! Browsers that are notified by web push: their addresses are sealed, and those that nobody needs are forgotten.

use std::time::Duration;

use coatcheck_domain::Destination;
use coatcheck_domain::watch::Mode;
use secrecy::ExposeSecret;

use super::scene::{OUT, Scene};
use crate::store::StoreError;

const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);
const SUBSCRIPTION: &str = r#"{"endpoint":"https://push.example/s3cret","p256dh":"x","auth":"y"}"#;

fn browser(number: u64) -> Destination {
    format!("push:push.example/{number:024x}").parse().expect("a browser")
}

async fn with_browser(scene: &Scene, number: u64) -> i64 {
    let there = scene.db.destination_for(&browser(number), || Some(SUBSCRIPTION.to_owned())).await.expect("stored");
    there.subscriber_id
}

async fn people(scene: &Scene) -> i64 {
    scene.number("SELECT count(*) FROM subscriber").await
}

#[tokio::test]
async fn where_a_browser_is_pushed_to_is_sealed() {
    let scene = Scene::new().await;
    with_browser(&scene, 1).await;
    assert!(!scene.stores("s3cret").await);
    assert_eq!(scene.number("SELECT count(*) FROM destination WHERE secret IS NOT NULL").await, 1);
}

#[tokio::test]
async fn a_browser_that_is_gone_or_watches_nothing_is_forgotten_after_a_month() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let [waits, idle, gone] =
        [with_browser(&scene, 1).await, with_browser(&scene, 2).await, with_browser(&scene, 3).await];
    let person = scene.person(9).await;
    for subscriber in [waits, gone] {
        scene.watch(subscriber, product, "M", Mode::Once).await;
    }
    let now = "(SELECT created_at FROM subscriber ORDER BY id DESC LIMIT 1)";
    scene.run(&format!("UPDATE destination SET state = 'gone', gone_at = {now} WHERE subscriber_id = {gone}")).await;
    assert_eq!(scene.db.forget_browsers(MONTH).await.expect("asked"), 0);
    scene.clock.advance(MONTH + Duration::from_secs(120));
    assert_eq!(scene.db.forget_browsers(MONTH).await.expect("asked"), 2);
    let left = format!("SELECT count(*) FROM subscriber WHERE id IN ({waits}, {person})");
    assert_eq!((scene.number(&left).await, people(&scene).await), (2, 2), "{idle} and {gone} are forgotten");
}

#[tokio::test]
async fn a_browser_is_kept_for_a_month_after_its_last_watch() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = with_browser(&scene, 1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.clock.advance(2 * MONTH);
    scene.db.close_watches(ann, &[watch]).await.expect("closed");
    scene.db.delete_old(MONTH).await.expect("deleted");
    assert_eq!(scene.db.forget_browsers(MONTH).await.expect("asked"), 0);
    scene.clock.advance(MONTH + Duration::from_secs(1));
    scene.db.delete_old(MONTH).await.expect("deleted");
    assert_eq!(scene.db.forget_browsers(MONTH).await.expect("asked"), 1);
}

#[tokio::test]
async fn the_push_key_is_made_once_and_sealed() {
    let scene = Scene::new().await;
    let first = scene.db.push_key(|| "first-push-key".into()).await.expect("made");
    let again = scene.another().await.push_key(|| "second".into()).await.expect("kept");
    assert_eq!(first.expose_secret(), again.expose_secret());
    assert!(!scene.stores("first-push-key").await);
    assert!(matches!(scene.without_keys().await.push_key(|| "x".into()).await, Err(StoreError::NoKey)));
    assert!(matches!(scene.with_keys(&[2]).await.check_keys().await, Err(StoreError::WrongKey { .. })));
}
