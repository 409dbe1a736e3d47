//! `/watch` while a restock is being stored: the answer says "in stock", or an alert comes. Never neither.

use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket};

/// What a person does: the watch is stored, then the stock is read. Says whether it was there.
async fn watch_and_look(scene: &Scene, person: i64, product: i64) -> bool {
    scene.watch(person, product, "M", Mode::Once).await;
    scene.number("SELECT count(*) FROM variant WHERE availability = 'in_stock'").await == 1
}

async fn is_notified(scene: &Scene) -> bool {
    scene.fan_out().await;
    !scene.deliveries().await.is_empty()
}

#[tokio::test]
async fn a_watch_said_at_any_statement_of_a_restock_is_answered_or_told() {
    let (mut answered, mut told) = (0, 0);
    for nth in 1.. {
        let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
        let ann = scene.person(1).await;
        let polled = scene.poll(source).await;
        scene.faults.ring_at(nth);
        let restock = jacket(&[("M", IN)]);
        let store = async {
            scene.store(&polled, &restock, "body").await.expect("stored");
            if !scene.faults.over() {
                // The last statement has passed: said after all of it.
                return false;
            }
            true
        };
        let said = async {
            scene.faults.rung().await;
            watch_and_look(&scene, ann, product).await
        };
        let (reached, saw_it) = tokio::join!(store, async {
            tokio::time::timeout(std::time::Duration::from_secs(2), said).await.unwrap_or(true)
        });
        if !reached {
            break;
        }
        let is_notified = is_notified(&scene).await;
        assert!(saw_it || is_notified, "said at statement {nth}: neither answered nor told");
        answered += u32::from(saw_it);
        told += u32::from(is_notified);
    }
    assert!(answered > 0 && answered + told > 8, "answered {answered}, told {told}");
}

#[tokio::test]
async fn a_restock_at_any_statement_of_a_watch_is_answered_or_told() {
    let (mut answered, mut told) = (0, 0);
    for nth in 1.. {
        let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
        let ann = scene.person(1).await;
        let polled = scene.poll(source).await;
        scene.faults.ring_at(nth);
        let restock = jacket(&[("M", IN)]);
        let store = async {
            scene.faults.rung().await;
            scene.store(&polled, &restock, "body").await.expect("stored");
        };
        let said = async {
            let saw_it = watch_and_look(&scene, ann, product).await;
            (scene.faults.over(), saw_it)
        };
        let (_, (reached, saw_it)) =
            tokio::join!(async { tokio::time::timeout(std::time::Duration::from_secs(2), store).await }, said);
        if !reached {
            break;
        }
        let is_notified = is_notified(&scene).await;
        assert!(saw_it || is_notified, "restock at statement {nth}: neither answered nor told");
        answered += u32::from(saw_it);
        told += u32::from(is_notified);
    }
    assert!(told > 0 && answered + told >= 3, "answered {answered}, told {told}");
}
