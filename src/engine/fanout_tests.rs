//! A restock that cannot be fanned out.

use coatcheck_domain::watch::Mode;

use super::*;
use crate::store::tests::sqlite::scene::{IN, OUT, RULES, Scene, jacket};

#[tokio::test]
async fn a_restock_that_cannot_be_fanned_out_is_set_aside_and_holds_up_no_other() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Every).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    let broken = scene.number("SELECT max(id) FROM restock").await;
    // What the fan-out of this one would store is refused, whoever stores it.
    let refuse = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON delivery WHEN NEW.restock_id = {broken} \
         BEGIN SELECT RAISE(ABORT, 'refused'); END"
    );
    scene.run(&refuse).await;
    let fanout = Fanout::new(scene.db.clone(), RULES);
    assert_eq!(fanout.tick().await.expect("looked"), 0);
    scene.pass(3600);
    scene.read(source, &jacket(&[("M", OUT)])).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(fanout.tick().await.expect("looked"), 1, "the next one is not held up");
    for _ in 0..2 {
        assert_eq!(fanout.tick().await.expect("looked"), 0);
    }
    let open = "SELECT count(*) FROM restock WHERE done_at IS NULL";
    assert_eq!(scene.number(open).await, 0, "after three failures it is left alone");
    let incidents = scene.db.open_incidents().await.expect("asked");
    assert!(incidents[0].0.contains(&format!("restock {broken} could not be fanned out")), "{incidents:?}");
    assert_eq!(scene.db.trouble().now(), None, "the database is well");
}
