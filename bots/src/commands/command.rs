//! The commands as one enum; what can be said of each stands in the table.

/// A command of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Wait for a product.
    Watch,
    /// Stop waiting.
    Unwatch,
    /// List my watches.
    Watches,
    /// What is there now.
    Stock,
    /// When it was there.
    History,
    /// Re-arm what has fired.
    Again,
    /// Add a phone.
    Phone,
    /// Prove that the phone is mine.
    Verify,
    /// Quiet for a while.
    Pause,
    /// No longer quiet.
    Resume,
    /// How an alert looks.
    Test,
    /// What is known of me.
    Export,
    /// Delete it.
    Forget,
    /// Make another chat mine too.
    Link,
    /// Say the invite word.
    Join,
    /// Announce something in a team channel.
    Announce,
    /// The shops that are followed.
    Shop,
    /// Health.
    Status,
    /// This list.
    Help,
    /// A greeting; Telegram's deep links; after STOP the way back.
    Start,
    /// Silence this number for everything. SMS only.
    Stop,
    /// Texts may come at night. SMS only.
    Anytime,
    /// A number that answers an open question. It has no name: the number is all.
    Answer,
}
