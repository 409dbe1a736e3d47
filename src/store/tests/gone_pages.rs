//! Pages that are not found for a day.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::watch::Mode;

use super::scene::{OUT, Scene, jacket, product};
use crate::store::polls::ended::{End, Ended, Failed, Written};
use crate::testing;

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Scene {
    /// The page of a source is not found.
    async fn not_found(&self, source: i64) {
        let polled = self.poll(source).await;
        let failed = Failed { fault: "status".into(), error: "404".into(), shop_failed: false, is_wall: false };
        let plan = poll::after(&polled.schedule, Outcome::NotFound, self.db.now(), 0.5);
        let ended =
            Ended { source: polled.into(), end: End::Failed(failed), plan, is_back: false, shop_not_before: None };
        let written = self.db.end_polls(testing::HOLDER, &[ended]).await.expect("written");
        assert_eq!(written, [Written::Done]);
    }

    async fn notices(&self) -> Vec<String> {
        let text = |payload: &str| match serde_json::from_str(payload).expect("a message") {
            Message::Notice(notice) => notice.text,
            Message::Alert(_) => panic!("an alert"),
        };
        let deliveries = self.deliveries().await;
        deliveries.iter().filter(|one| one.kind == Kind::Notice).map(|one| text(&one.payload)).collect()
    }
}

#[tokio::test]
async fn a_page_that_is_missing_for_a_day_is_told_once_to_each_who_waits() {
    let (scene, source, jacket_id) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    for (number, sizes) in [(1, vec!["M", "L"]), (2, vec!["M"])] {
        let person = scene.person(number).await;
        for size in sizes {
            scene.watch(person, jacket_id, size, Mode::Once).await;
        }
    }
    scene.not_found(source).await;
    assert_eq!(scene.db.tell_of_gone_pages(DAY).await.expect("told"), 0, "it is missing for a moment only");
    scene.pass(DAY.as_secs() + 1);
    scene.not_found(source).await;
    assert_eq!(scene.db.tell_of_gone_pages(DAY).await.expect("told"), 2);
    assert_eq!(scene.db.tell_of_gone_pages(DAY).await.expect("told"), 0, "once");
    let notices = scene.notices().await;
    assert_eq!(notices.len(), 2);
    assert!(notices.iter().all(|text| text.contains("https://shop.example/products/jacket")), "{notices:?}");

    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
    scene.not_found(source).await;
    scene.pass(DAY.as_secs() + 1);
    scene.not_found(source).await;
    assert_eq!(scene.db.tell_of_gone_pages(DAY).await.expect("told"), 2, "it was there in between");
}

#[tokio::test]
async fn nobody_is_told_page_by_page_of_a_shop_that_lost_many() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    let mut sources = Vec::new();
    for number in 1..=3 {
        let source = scene.source(&format!("https://shop.example/products/coat-{number}")).await;
        let coat = product(&number.to_string(), "Coat", &[("M", OUT)]);
        let reading = coatcheck_domain::Reading { products: vec![coat], complete: true, doubts: Vec::new() };
        scene.read(source, &reading).await;
        let id = scene.number(&format!("SELECT id FROM product WHERE source_id = {source}")).await;
        scene.watch(ann, id, "M", Mode::Once).await;
        sources.push(source);
    }
    for source in &sources {
        scene.not_found(*source).await;
    }
    scene.pass(DAY.as_secs() + 1);
    assert_eq!(scene.db.tell_of_gone_pages(DAY).await.expect("told"), 0);
    assert!(scene.notices().await.is_empty());
}
