//! Watches prepared on web pages: by a word said elsewhere, or by a code that was texted.

use coatcheck_bots::message::{Message, Notice};

use super::phones::{number, phone};
use super::scene::{OUT, Scene};
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};
use crate::store::people::sign_up::{Confirmed, Prepared};

const CODE: &str = "123456";

/// Prepares a watch whose code is texted to [`number`], and counts the texts that wait then.
async fn ask(scene: &Scene, product: i64, word: &str) -> i64 {
    let prepared = Prepared { word, product_id: product, doing: "{}" };
    let text = Message::Notice(Notice { text: CODE.to_owned() });
    assert!(scene.db.prepare_watch_of_phone(prepared, &number(), (CODE, &text), true).await.expect("stored"));
    scene.number("SELECT count(*) FROM delivery WHERE kind = 'code'").await
}

#[tokio::test]
async fn a_code_is_good_once_on_its_own_page_and_makes_the_phone_its_owners() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    assert_eq!(ask(&scene, product, "one").await, 1);
    assert_eq!(ask(&scene, product, "other").await, 2);
    assert!(scene.db.known_destination(&phone()).await.expect("asked").is_none(), "typed by anybody");
    assert!(matches!(scene.db.confirm_watch("made-up", CODE).await, Ok(Confirmed::Over)));
    assert!(matches!(scene.db.confirm_watch("one", "000000").await, Ok(Confirmed::Wrong { tries_left: 4 })));
    assert!(matches!(scene.db.confirm_watch("one", CODE).await, Ok(Confirmed::Yes { .. })));
    assert!(matches!(scene.db.confirm_watch("one", CODE).await, Ok(Confirmed::Over)), "a second time");
    assert!(scene.db.known_destination(&phone()).await.expect("asked").is_some());
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Consented);
}

#[tokio::test]
async fn a_code_is_not_found_by_trying() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    ask(&scene, product, "one").await;
    for left in [4, 3, 2, 1] {
        let tried = scene.db.confirm_watch("one", "000000").await.expect("tried");
        assert!(matches!(tried, Confirmed::Wrong { tries_left } if tries_left == left), "{left}");
    }
    assert!(!matches!(scene.db.confirm_watch("one", "000000").await, Ok(Confirmed::Yes { .. })));
    assert!(matches!(scene.db.confirm_watch("one", CODE).await, Ok(Confirmed::Over)), "the right one, too late");
    ask(&scene, product, "late").await;
    scene.pass(601);
    assert!(matches!(scene.db.confirm_watch("late", CODE).await, Ok(Confirmed::Over)));
}

#[tokio::test]
async fn a_phone_that_stopped_or_is_banned_gets_no_code_and_no_code_is_right() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.db.consent(&number(), ConsentWord::Stop, ConsentSource::Text).await.expect("stored");
    assert_eq!(ask(&scene, product, "stopped").await, 0);
    assert!(!matches!(scene.db.confirm_watch("stopped", CODE).await, Ok(Confirmed::Yes { .. })));
    scene.db.consent(&number(), ConsentWord::Start, ConsentSource::Text).await.expect("stored");
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    scene.db.ban(ann).await.expect("banned");
    assert_eq!(ask(&scene, product, "banned").await, 0);
    scene.db.unban(ann).await.expect("lifted");
    assert_eq!(ask(&scene, product, "again").await, 1);
}

#[tokio::test]
async fn a_word_is_taken_once_and_not_after_half_an_hour() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let prepare = async |word| {
        let prepared = Prepared { word, product_id: product, doing: "{\"a\":1}" };
        assert!(scene.db.prepare_watch(prepared).await.expect("stored"));
    };
    prepare("W-ONE").await;
    assert!(scene.db.is_prepared("W-ONE").await.expect("asked"));
    let taken = scene.db.take_prepared("W-ONE").await.expect("taken");
    assert_eq!(taken.as_deref(), Some("{\"a\":1}"));
    assert_eq!(scene.db.take_prepared("W-ONE").await.expect("asked"), None);
    prepare("W-LATE").await;
    scene.pass(30 * 60 + 1);
    assert_eq!(scene.db.take_prepared("W-LATE").await.expect("asked"), None);
    // A phone's page has a word, too: nobody takes it without the code.
    ask(&scene, product, "W-PHONE").await;
    assert_eq!(scene.db.take_prepared("W-PHONE").await.expect("asked"), None);
}

#[tokio::test]
async fn many_pages_for_one_phone_give_no_more_codes_to_guess() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT)]).await;
    for page in 0..6 {
        ask(&scene, product, &format!("page {page}")).await;
    }
    assert_eq!(scene.number("SELECT count(*) FROM sign_up WHERE code_hash IS NOT NULL").await, 3, "three a day");
    for page in 3..6 {
        let tried = scene.db.confirm_watch(&format!("page {page}"), CODE).await;
        assert!(matches!(tried, Ok(Confirmed::Wrong { .. })), "no code is right there: {page}");
    }
}
