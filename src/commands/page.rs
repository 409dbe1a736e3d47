//! A long list is shown page by page. Pure.

use coatcheck_bots::{Platform, Reply};

/// Lines of one page; a message has its limits, and so has a screen.
const LINES: usize = 10;
/// By text each line costs.
const LINES_BY_TEXT: usize = 5;

/// Lists that have pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pages {
    Watches,
    Sources,
}

impl Pages {
    /// Its name in the data of buttons.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Watches => "w",
            Self::Sources => "s",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Watches, Self::Sources].into_iter().find(|pages| pages.as_str() == name)
    }
}

/// One page of a list.
pub(crate) struct Page<'a, T> {
    /// What stands on it.
    pub(crate) shown: &'a [T],
    /// The number of its first line, counted through all pages.
    pub(crate) first: usize,
    /// Which page, from 1.
    pub(crate) number: usize,
    count: usize,
}

impl<'a, T> Page<'a, T> {
    /// The page with this number; the last one if there are not so many.
    pub(crate) fn of(all: &'a [T], number: usize, platform: Platform) -> Self {
        let lines = if platform == Platform::Sms { LINES_BY_TEXT } else { LINES };
        let count = all.len().div_ceil(lines).max(1);
        let number = number.clamp(1, count);
        let from = (number - 1) * lines;
        Self { shown: &all[from..all.len().min(from + lines)], first: from + 1, number, count }
    }

    /// ` (page 2 of 3)`, or nothing where there is only one.
    pub(crate) fn which(&self) -> String {
        if self.count == 1 { String::new() } else { format!(" (page {} of {})", self.number, self.count) }
    }

    /// The number of the next page.
    pub(crate) fn next(&self) -> Option<usize> {
        (self.number < self.count).then_some(self.number + 1)
    }

    /// Buttons to the pages beside it.
    pub(crate) fn with_buttons(&self, mut reply: Reply, pages: Pages) -> Reply {
        if self.number > 1 {
            reply = reply.with_button("Previous page", format!("page:{}:{}", pages.as_str(), self.number - 1));
        }
        match self.next() {
            Some(next) => reply.with_button("Next page", format!("page:{}:{next}", pages.as_str())),
            None => reply,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_stands_on_one_page() {
        let all: Vec<usize> = (1..=23).collect();
        for platform in [Platform::Sms, Platform::Discord] {
            let mut seen: Vec<usize> = Vec::new();
            let mut next = Some(1);
            while let Some(number) = next {
                let page = Page::of(&all, number, platform);
                assert_eq!(page.first, seen.len() + 1);
                seen.extend(page.shown);
                next = page.next();
            }
            assert_eq!(seen, all, "{platform}");
        }
        assert_eq!(Page::of(&all, 99, Platform::Discord).shown, [21, 22, 23]);
        assert_eq!(Page::of(&all, 0, Platform::Discord).which(), " (page 1 of 3)");
        assert!(Page::<u8>::of(&[], 1, Platform::Sms).shown.is_empty());
    }
}
