//! How many texts of one number, and of all, are answered.

use super::*;
use crate::commands::Texting;

fn text(number: &str) -> Who {
    Who { destination: Destination::Sms(number.parse().expect(number)), may_manage: true, room: None }
}

async fn by_text(per_day: u32) -> Chat {
    let mut chat = Chat::with_two_jackets().await;
    let rules = coatcheck_domain::SmsRules { per_day, ..coatcheck_domain::SmsRules::default() };
    chat.commands.db = chat.db.clone().with_keys(testing::keys(&[1])).with_sms_rules(rules);
    let new_code: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(|| "123456".to_owned());
    chat.commands.texting = Some(Texting {
        countries: "US,CA".parse().expect("two"),
        hours: "0-24".parse().expect("all"),
        per_day,
        new_code,
    });
    chat.whisper(text("+14155550123"))
}

/// How many of these texts are answered.
async fn answered(chat: &Chat, body: &str, texts: usize) -> usize {
    let mut answered = 0;
    for _ in 0..texts {
        answered += usize::from(chat.say(body).await.lines().count() > 1);
    }
    answered
}

#[tokio::test]
async fn a_number_is_answered_so_often_a_day_and_obeyed_all_the_same() {
    let chat = by_text(1000).await;
    assert_eq!(answered(&chat, "STOCK rain", 25).await, 20);
    assert_eq!(chat.commands.unclear(&chat.who, "That is too long for me.".to_owned()).await, Reply::default());
    assert_eq!(answered(&chat, "WATCH corps m black", 1).await, 0);
    assert_eq!(chat.db.watch_counts().await.expect("read").armed, 1);
    assert_eq!(answered(&chat, "STOP", 1).await, 1, "whoever wants an end hears of it");
    let chat = chat.whisper(text("+14155550177"));
    assert_eq!(answered(&chat, "STOCK rain", 1).await, 1, "others are answered");
    chat.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(answered(&chat, "STOCK rain", 1).await, 1);
}

#[tokio::test]
async fn a_number_abroad_is_answered_once_in_thirty_days() {
    let chat = by_text(1000).await.whisper(text("+4915112345678"));
    assert_eq!(answered(&chat, "STOCK rain", 3).await, 1);
    chat.clock.advance(Duration::from_secs(29 * 24 * 3600));
    assert_eq!(answered(&chat, "STOCK rain", 3).await, 0);
    chat.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(answered(&chat, "STOCK rain", 3).await, 1);
}

#[tokio::test]
async fn once_the_texts_of_a_day_are_spent_only_stop_start_and_help_are_answered() {
    let mut chat = by_text(3).await;
    for number in ["+14155550101", "+14155550102", "+14155550103"] {
        chat = chat.whisper(text(number));
        assert_eq!(answered(&chat, "STOCK rain", 1).await, 1);
    }
    let told = chat.db.open_incidents().await.expect("read");
    assert!(format!("{told:?}").contains("3 of 3 texts of the day are sent"), "whoever pays hears of it: {told:?}");
    chat = chat.whisper(text("+14155550104"));
    assert_eq!(answered(&chat, "STOCK rain", 1).await, 0);
    for word in ["HELP", "STOP", "START"] {
        assert_eq!(answered(&chat, word, 1).await, 1, "{word}");
    }
}
