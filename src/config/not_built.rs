//! Platforms that this build was made without: their settings are refused, not ignored.

/// Settings that cannot be: the platform is not in this build.
#[derive(Debug, Clone)]
pub enum NotBuilt {}

impl super::reader::Reader<'_> {
    fn not_built(&mut self, name: &str, feature: &str) -> Option<NotBuilt> {
        if self.is_set(name) {
            self.wrong.push(format!(
                "{name} is set, but this build has no {feature}; leave it out, or build with `--features {feature}`"
            ));
        }
        None
    }

    #[cfg(not(feature = "discord"))]
    pub(super) fn discord(&mut self) -> Option<NotBuilt> {
        self.not_built("DISCORD_TOKEN", "discord")
    }

    #[cfg(not(feature = "slack"))]
    pub(super) fn slack(&mut self, _: Option<&url::Url>) -> Option<NotBuilt> {
        self.not_built("SLACK_BOT_TOKEN", "slack")
    }

    #[cfg(not(feature = "telegram"))]
    pub(super) fn telegram(&mut self, _: Option<&url::Url>) -> Option<NotBuilt> {
        self.not_built("TELEGRAM_TOKEN", "telegram")
    }

    #[cfg(not(feature = "sms"))]
    pub(super) fn twilio(&mut self) -> Option<NotBuilt> {
        self.not_built("TWILIO_ACCOUNT_SID", "sms")
    }
}
