//! Conversations, held once over SQLite and once over PostgreSQL.

#[path = "chats/suite.rs"]
#[expect(clippy::duplicate_mod, reason = "each conversation is held on both databases")]
mod postgres;
#[path = "chats/suite.rs"]
#[expect(clippy::duplicate_mod, reason = "each conversation is held on both databases")]
mod sqlite;
