//! What a text costs, counted as Twilio does; told apart from how CoatCheck counts, so that one can be wrong alone.

/// Characters of one septet, and of two.
const ONE: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const TWO: &str = "^{}\\[~]|€";

/// `1 × GSM-7`.
pub(super) fn of(text: &str) -> String {
    let gsm: Option<Vec<usize>> =
        text.chars().map(|c| if ONE.contains(c) { Some(1) } else { TWO.contains(c).then_some(2) }).collect();
    match gsm {
        Some(septets) => format!("{} × GSM-7", segments(&septets, 160, 153)),
        None => {
            let units: Vec<usize> = text.chars().map(char::len_utf16).collect();
            format!("{} × UCS-2", segments(&units, 70, 67))
        }
    }
}

/// How many `num_segments` are said.
pub(super) fn number(text: &str) -> String {
    of(text).split(' ').next().unwrap_or_default().to_owned()
}

/// One, if all fits into it; else each is a little shorter, and no character is parted.
fn segments(lengths: &[usize], alone: usize, together: usize) -> usize {
    if lengths.iter().sum::<usize>() <= alone {
        return 1;
    }
    let (mut segments, mut filled) = (1, 0);
    for length in lengths {
        if filled + length > together {
            (segments, filled) = (segments + 1, 0);
        }
        filled += length;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wellknown_bounds() {
        let cost = |c: &str, count: usize| of(&c.repeat(count));
        assert_eq!((cost("a", 160), cost("a", 161)), ("1 × GSM-7".into(), "2 × GSM-7".into()));
        assert_eq!((cost("€", 80), cost("€", 81)), ("1 × GSM-7".into(), "2 × GSM-7".into()));
        assert_eq!((cost("a", 306), cost("a", 307)), ("2 × GSM-7".into(), "3 × GSM-7".into()));
        assert_eq!((cost("€", 152), cost("€", 153)), ("2 × GSM-7".into(), "3 × GSM-7".into()), "none is parted");
        assert_eq!((cost("黒", 70), cost("黒", 71)), ("1 × UCS-2".into(), "2 × UCS-2".into()));
        assert_eq!((cost("🔥", 35), cost("🔥", 36)), ("1 × UCS-2".into(), "2 × UCS-2".into()));
    }
}
