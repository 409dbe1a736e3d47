//! What the buttons below our messages mean. Pure; the rows in them are checked to belong to who presses.

use coatcheck_bots::Command;

use super::page::Pages;

/// What a button means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Button {
    /// Watch again.
    Again {
        watch: i64,
        below: Below,
    },
    /// Got it, below an answer that says where it is in stock.
    Got(i64),
    /// Stop this watch.
    Stop {
        watch: i64,
        below: Below,
    },
    /// Watch again, below the alert of this restock.
    AgainOf(i64),
    /// Got it, below the alert of this restock.
    GotOf(i64),
    Forget(i64),
    Unfollow(i64),
    /// A watch of one's own, below a post of this product.
    Mine(i64),
    /// Stop announcing this.
    Unannounce(i64),
    Page {
        of: Pages,
        number: usize,
    },
    Choice {
        question: i64,
        number: usize,
    },
}

/// Which message a button stands below, and so what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Below {
    /// An answer about this watch alone: the next answer takes its place.
    Answer,
    /// A page of a list: the page as it is then takes its place.
    Page(usize),
    /// An alert, or an answer with a link to the shop: it keeps its words, and a line is added.
    Alert,
}

impl Below {
    /// Behind the row in the data of a button.
    pub(crate) fn suffix(self) -> String {
        match self {
            Self::Answer => String::new(),
            Self::Page(number) => format!(":{number}"),
            Self::Alert => ":a".to_owned(),
        }
    }

    fn parse(suffix: Option<&str>) -> Option<Self> {
        match suffix {
            None => Some(Self::Answer),
            Some("a") => Some(Self::Alert),
            Some(number) => number.parse().ok().map(Self::Page),
        }
    }
}

/// Answers a button that is not known, any more or yet.
pub(crate) const UNKNOWN: &str = "This button no longer works. Please type the command instead.";

/// What this data means; `None` for what no button of ours says.
pub(crate) fn parse(data: &str) -> Option<Button> {
    let (name, rest) = data.split_once(':')?;
    match name {
        "again" => row(rest).map(|(watch, below)| Button::Again { watch, below }),
        "got" => rest.parse().ok().map(Button::Got),
        "stop" => row(rest).map(|(watch, below)| Button::Stop { watch, below }),
        "again-of" => rest.parse().ok().map(Button::AgainOf),
        "got-of" => rest.parse().ok().map(Button::GotOf),
        "forget" => rest.parse().ok().map(Button::Forget),
        "mine" => rest.parse().ok().map(Button::Mine),
        "unannounce" => rest.parse().ok().map(Button::Unannounce),
        "unfollow" => rest.parse().ok().map(Button::Unfollow),
        "page" => {
            let (of, number) = rest.split_once(':')?;
            Some(Button::Page { of: Pages::named(of)?, number: number.parse().ok()? })
        }
        "c" => {
            let (question, number) = rest.split_once(':')?;
            Some(Button::Choice { question: question.parse().ok()?, number: number.parse().ok()? })
        }
        _ => None,
    }
}

/// `7`, `7:2`, `7:a`.
fn row(rest: &str) -> Option<(i64, Below)> {
    let (row, suffix) = rest.split_once(':').map_or((rest, None), |(row, suffix)| (row, Some(suffix)));
    Some((row.parse().ok()?, Below::parse(suffix)?))
}

impl Button {
    /// The command it stands for, whose permission covers it; a choice has that of what it does.
    pub(crate) fn command(self) -> Option<Command> {
        match self {
            Self::Again { .. } | Self::AgainOf(_) => Some(Command::Again),
            Self::Got(_) | Self::GotOf(_) | Self::Stop { .. } => Some(Command::Unwatch),
            Self::Forget(_) => Some(Command::Forget),
            Self::Unfollow(_) | Self::Page { of: Pages::Sources, .. } => Some(Command::Shop),
            Self::Page { of: Pages::Watches, .. } => Some(Command::Watches),
            Self::Unannounce(_) => Some(Command::Announce),
            // What follows from it is asked for then.
            Self::Choice { .. } | Self::Mine(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buttons_carry_rows() {
        assert_eq!(parse("again:7"), Some(Button::Again { watch: 7, below: Below::Answer }));
        assert_eq!(parse("c:3:2"), Some(Button::Choice { question: 3, number: 2 }));
        assert_eq!(parse("stop:7:2"), Some(Button::Stop { watch: 7, below: Below::Page(2) }));
        assert_eq!(parse("again:7:a"), Some(Button::Again { watch: 7, below: Below::Alert }));
        assert_eq!(parse("page:w:2"), Some(Button::Page { of: Pages::Watches, number: 2 }));
        for strange in ["", "again", "again:x", "c:3", "c:3:-1", "restock:1", "stop:7:", "page:x:1"] {
            assert_eq!(parse(strange), None, "{strange}");
        }
    }

    proptest! {
        #[test]
        fn no_data_panics(data in "\\PC{0,20}|(again|c|got|stop|page):[0-9:w-]{0,25}") {
            let _ = parse(&data);
        }
    }
}
