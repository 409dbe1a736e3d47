//! A conversation on the console: a line in, an answer out, until the input ends.

use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::{Output, print};
use crate::commands::{arguments, parse};
use crate::words::{lines, plain};
use crate::{Button, Command, Inbox, Platform, Pressed, Reply, Who};

/// Reads lines from `input`, hands them to `inbox` as said by `who`, prints the answers to `output`. Ends with the input.
///
/// Buttons are printed as numbered choices; a line with only that number presses one. There is no prompt sign: alerts
/// are printed at any moment, and would stand behind it.
///
pub async fn prompt<R>(mut input: R, output: &Output, inbox: &dyn Inbox, who: &Who) -> io::Result<()>
where
    R: AsyncBufRead + Unpin,
{
    let mut offered: Vec<Button> = Vec::new();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).await? > 0 {
        match answer(&String::from_utf8_lossy(&line), &offered, inbox, who).await {
            None => {}
            Some(Answer::Slip(words)) => print(output, &lines(&words))?,
            Some(Answer::Reply(reply)) => {
                print(output, &rendered(&reply))?;
                offered = reply.buttons;
            }
        }
        line.clear();
    }
    Ok(())
}

enum Answer {
    Reply(Reply),
    /// The line meant nothing. What was offered before can still be chosen, and is not printed again.
    Slip(String),
}

/// The answer to one line; none to an empty one.
async fn answer(line: &str, offered: &[Button], inbox: &dyn Inbox, who: &Who) -> Option<Answer> {
    if line.trim().is_empty() {
        return None;
    }
    let said = match parse(line, Platform::Console) {
        Ok(said) => said,
        Err(error) => return Some(Answer::Slip(error.to_string())),
    };
    let number = arguments(&said).number.filter(|_| said.command == Command::Answer && !offered.is_empty());
    Some(match number {
        None => Answer::Reply(inbox.said(who, said).await),
        Some(number) => match number.checked_sub(1).and_then(|index| offered.get(index)) {
            Some(button) => Answer::Reply(inbox.pressed(who, &button.data).await),
            None => Answer::Slip(format!("There is no choice {number}. Choose 1 to {}.", offered.len())),
        },
    })
}

fn rendered(reply: &Reply) -> String {
    let mut text = match &reply.pressed {
        Pressed::Note(note) if reply.text.is_empty() => lines(note),
        _ => lines(&reply.text),
    };
    if let Some(file) = &reply.file {
        let _ = write!(text, "\n{}:\n{}", file.name, lines(file.content.trim_end()));
    }
    for (index, button) in reply.buttons.iter().enumerate() {
        let _ = write!(text, "\n  [{}] {}", index + 1, plain(&button.label));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use coatcheck_domain::Destination;

    use super::*;
    use crate::Said;

    /// Repeats what it was told, and offers two buttons after a watch.
    struct Echo;

    #[async_trait]
    impl Inbox for Echo {
        async fn said(&self, _: &Who, said: Said) -> Reply {
            let reply = Reply::text(format!("{}: {}", said.command.name(), said.text()));
            match said.command {
                Command::Watch => reply.with_button("Corps Jacket", "p:1").with_button("Rain Jacket", "p:2"),
                _ => reply,
            }
        }

        async fn pressed(&self, _: &Who, data: &str) -> Reply {
            Reply::text(format!("pressed {data}\u{1b}[2J"))
        }

        async fn complete(&self, _: &Who, _: Command, _: &str, _: &str) -> Vec<String> {
            Vec::new()
        }
    }

    #[tokio::test]
    async fn a_conversation_with_choices_and_slips() {
        let typed = b"jacket M\n9\n/wacth\n2\n\n2\n\xff\xfe cap\nhelp stock";
        let written = Arc::new(Mutex::new(Vec::new()));
        let output: Output = written.clone();
        let who = Who { destination: Destination::Console, may_manage: false, room: None };
        prompt(&typed[..], &output, &Echo, &who).await.expect("a buffer");
        insta::assert_snapshot!(String::from_utf8_lossy(&written.lock().expect("the buffer")), @r#"
        watch: jacket M
          [1] Corps Jacket
          [2] Rain Jacket
        There is no choice 9. Choose 1 to 2.
        I don't know "/wacth". Did you mean /watch? /help lists what I understand.
        pressed p:2 [2J
        answer: 2
        watch: �� cap
          [1] Corps Jacket
          [2] Rain Jacket
        help: stock
        "#);
    }
}
