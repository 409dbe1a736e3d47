//! How pages look and are answered: the frame around them, errors, times, styles and the script.

pub(super) mod answer;
pub(super) mod assets;
pub(super) mod head;
pub(super) mod when;

/// What the frame around a page says.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// The title of the window.
    pub(super) title: String,
    /// What the page is about, for search engines and previews.
    pub(super) about: String,
    /// Which part of the site it is: `board`, `status`, … or nothing.
    pub(super) here: &'static str,
}

impl Frame {
    pub(super) fn new(here: &'static str, title: impl Into<String>, about: impl Into<String>) -> Self {
        Self { title: title.into(), about: about.into(), here }
    }

    /// The address of the styles. It changes with them, so that they may be kept for ever.
    pub(super) fn css(&self) -> &'static str {
        assets::css_address()
    }

    /// The address of the script.
    pub(super) fn script(&self) -> &'static str {
        assets::script_address()
    }

    /// This version.
    pub(super) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
