//! An answer as a text: plain words. Pictures and files stay out; of buttons only the numbers of a question are said.

use super::text::fitted;
use crate::words::lines;
use crate::{Button, Reply};

/// What begins a button that answers a question.
const CHOICE: &str = "c:";

/// The words of an answer; none where there is nothing to say.
pub(super) fn text(reply: &Reply) -> String {
    let words = lines(&reply.text);
    let words = match &reply.picture {
        Some(picture) if words.trim().is_empty() => lines(&picture.alt),
        _ => words,
    };
    let question = asked(&reply.buttons).map(|question| format!("\n{question}")).unwrap_or_default();
    fitted(&words, &question).trim().to_owned()
}

/// "Reply 1 or 2.", for a question: its choices carry their numbers.
fn asked(buttons: &[Button]) -> Option<String> {
    let number = |button: &Button| button.data.strip_prefix(CHOICE)?.rsplit(':').next()?.parse::<u32>().ok();
    let numbers: Vec<u32> = buttons.iter().filter_map(number).collect();
    match numbers.as_slice() {
        [] => None,
        [one] => Some(format!("Reply {one}.")),
        [first, second] => Some(format!("Reply {first} or {second}.")),
        [first, .., last] => Some(format!("Reply with a number, {first} to {last}.")),
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_world::Twilio;

    use super::*;

    fn choices(count: usize) -> Reply {
        let reply = Reply::text("Which one?\n1. Men’s Jacket\n2. Women’s Jacket");
        (1..=count)
            .fold(reply, |reply, n| reply.with_button(["Men’s Jacket", "Women’s Jacket"][n % 2], format!("c:7:{n}")))
    }

    #[test]
    fn a_question_says_how_it_is_answered() {
        insta::assert_snapshot!(text(&choices(2)), @"
        Which one?
        1. Men's Jacket
        2. Women's Jacket
        Reply 1 or 2.
        ");
        assert!(text(&choices(3)).ends_with("\nReply with a number, 1 to 3."));
        assert!(text(&choices(1)).ends_with("\nReply 1."));
        let pressed = Reply::text("Watching.").with_button("Stop", "stop:1").with_picture(vec![1], "a chart");
        assert_eq!(text(&pressed), "Watching.");
        assert_eq!(text(&Reply::default().with_picture(vec![1], "Jacket M: a chart")), "Jacket M: a chart");
        assert_eq!(text(&Reply::default()), "");
    }

    #[test]
    fn a_long_answer_is_three_texts_that_end_with_a_line_and_keeps_its_question() {
        let long = Reply { text: "M / Black, 129.00 EUR\n".repeat(60), ..choices(2) };
        let text = text(&long);
        assert!(text.ends_with("EUR\n(41 more lines)\nReply 1 or 2."), "{text}");
        assert_eq!(Twilio::cost(&text), "3 × GSM-7");
    }
}
