//! The reason of a switch: one line, kept in the history, wherever it was typed. It is shown in terminals and on pages, so it must
//! not contain characters that are invisible or change the text around them.

/// The most characters of a reason; the page's template has the same number.
pub const LONGEST: usize = 500;

/// The reason without spaces around it; an error if it may not be used.
pub fn checked(text: &str) -> Result<&str, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a reason has at least one character that is no blank".to_owned());
    }
    if text.chars().count() > LONGEST {
        return Err(format!("a reason has at most {LONGEST} characters"));
    }
    match text.chars().find(|c| c.is_control() || is_unseen(*c)) {
        Some(c) => Err(format!("a reason is one line of what is seen: U+{:04X} may not stand in it", u32::from(c))),
        None => Ok(text),
    }
}

/// Characters that change the direction of text (Unicode Standard Annex 9, table 2), end a line, or are invisible.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_that_is_seen() {
        for good in ["ticket 4711", "  ola 3, año nuevo: «sí» 👩‍🔧 ", "سبب"] {
            assert_eq!(checked(good), Ok(good.trim()));
        }
        assert_eq!(checked(&"ñ".repeat(LONGEST)).map(str::len), Ok(2 * LONGEST));
        assert!(checked(&"ñ".repeat(LONGEST + 1)).unwrap_err().contains("500 characters"));
        for bad in
            ["", " \t ", "a\nb", "a\0b", "a\u{1b}[31m", "a\u{202e}b", "a\u{2066}b", "a\u{200f}b", "a\u{2028}b", "a\u{feff}b"]
        {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
        assert!(checked("a\u{202e}b").unwrap_err().contains("U+202E"));
    }
}
