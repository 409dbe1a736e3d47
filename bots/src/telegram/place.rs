//! Where on Telegram: a chat and perhaps a topic in it; and which message there.

use coatcheck_domain::Destination;
use teloxide::types::{ChatId, MessageId, Recipient, ThreadId};

/// The topic that each forum has. It is no thread: what is sent there names none.
const GENERAL: i32 = 1;

/// A chat, and the topic inside a forum group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) chat: i64,
    pub(super) topic: Option<i32>,
}

impl Place {
    pub(super) fn new(chat: i64, topic: Option<i32>) -> Self {
        Self { chat, topic: topic.filter(|topic| *topic != GENERAL) }
    }

    /// None where the destination is another channel's.
    pub(super) fn of(destination: &Destination) -> Option<Self> {
        match *destination {
            Destination::Telegram { chat, topic } => Some(Self::new(chat, topic)),
            _ => None,
        }
    }

    pub(super) fn destination(self) -> Destination {
        Destination::Telegram { chat: self.chat, topic: self.topic }
    }

    pub(super) fn recipient(self) -> Recipient {
        Recipient::Id(ChatId(self.chat))
    }

    pub(super) fn thread(self) -> Option<ThreadId> {
        self.topic.map(|topic| ThreadId(MessageId(topic)))
    }
}

/// A message's name in the outbox: `-100123:7`. With the chat it was really sent to, which may have moved since.
pub(super) fn provider_ref(chat: i64, message: i64) -> String {
    format!("{chat}:{message}")
}

/// The chat and the message of a name.
pub(super) fn read_ref(provider_ref: &str) -> Option<(i64, i32)> {
    let (chat, message) = provider_ref.split_once(':')?;
    Some((chat.parse().ok()?, message.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_name() {
        assert_eq!(read_ref(&provider_ref(-100_123, 7)), Some((-100_123, 7)));
        for strange in ["", "7", "a:7", "7:b"] {
            assert_eq!(read_ref(strange), None, "{strange}");
        }
    }
}
