//! A form as Twilio posts it: fields in their order, some perhaps more than once.

use url::form_urlencoded;

/// The fields. It holds numbers and words of people, so it does not print itself.
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a body. What is no form has no fields that mean anything.
    #[must_use]
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The first field of that name.
    #[must_use]
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// All of them, as they are signed.
    pub(super) fn sorted(&self) -> Vec<(&str, &str)> {
        let mut fields: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        fields.sort_unstable();
        fields
    }

    /// The same, each value of a name once.
    pub(super) fn sorted_once(&self) -> Vec<(&str, &str)> {
        let mut fields = self.sorted();
        fields.dedup();
        fields
    }
}
