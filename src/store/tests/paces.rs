//! How often sources are polled: less often while nobody wants them or their shop pushes, and at once as asked again.

use std::time::Duration;

use coatcheck_domain::pace::Pace;
use coatcheck_domain::watch::Mode;
use secrecy::SecretString;

use super::scene::{OUT, Scene};

async fn pace(scene: &Scene, source: i64) -> (Pace, u64, u64) {
    let one = scene.db.source(source).await.expect("asked").expect("there");
    (one.pace, one.interval.as_secs(), one.asked_interval.as_secs())
}

async fn hours_pass(scene: &Scene, hours: u64) {
    scene.pass(hours * 3600);
    scene.db.end_sources().await.expect("ended");
    scene.db.set_paces().await.expect("set");
}

#[tokio::test]
async fn what_nobody_wants_is_polled_less_often_until_somebody_does() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let asked = scene.db.source(source).await.expect("asked").expect("there").interval.as_secs();
    scene.run("UPDATE source SET listed = FALSE").await;
    hours_pass(&scene, 0).await;
    assert_eq!(pace(&scene, source).await, (Pace::Asked, asked, asked));
    hours_pass(&scene, 10).await;
    assert_eq!(pace(&scene, source).await, (Pace::Unwatched, 900, asked));
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    assert_eq!(pace(&scene, source).await, (Pace::Asked, asked, asked), "at once, not at the next look");
    let held = scene.poll(source).await;
    assert_eq!(held.schedule.interval, Duration::from_secs(asked));
    assert!(held.next_poll_at <= scene.db.now(), "and it is due");
    hours_pass(&scene, 10).await;
    assert_eq!(pace(&scene, source).await, (Pace::Asked, asked, asked));
}

#[tokio::test]
async fn a_shop_that_pushes_is_polled_less_often_while_it_does() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let asked = scene.db.source(source).await.expect("asked").expect("there").interval.as_secs();
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    scene.db.set_hook_secret(shop, &SecretString::from("whsec_test")).await.expect("set");
    hours_pass(&scene, 0).await;
    assert_eq!(pace(&scene, source).await.0, Pace::Asked, "no push was seen yet");
    scene.run(&format!("UPDATE shop_hook SET pushed_at = {}", scene.db.now().timestamp_micros())).await;
    hours_pass(&scene, 1).await;
    assert_eq!(pace(&scene, source).await, (Pace::Pushed, 300, asked));
    hours_pass(&scene, 6).await;
    assert_eq!(pace(&scene, source).await, (Pace::Asked, asked, asked), "its pushes have stopped");
}
