//! Tables as sea-orm knows them, for plain reading and writing. Statements about many rows at once are SQL text, beside
//! what they are for.

#![expect(missing_docs, reason = "the text of the schema says what each column holds")]

pub mod allowance;
pub mod api_token;
pub mod audit;
pub mod consent;
pub mod conversation;
pub mod destination;
pub mod link_code;
pub mod moved_address;
pub mod session;
pub mod setting;
pub mod subscriber;
