//! Strings under `standard_conforming_strings = off`, where a backslash escapes in every plain one (manual, section 4.1.2.2): each that has one is
//! marked as an E string, which reads the same under either setting. Nothing else of a text changes.
//!
//! The scanner here knows only what can hold a quote or hide one: strings, names in quotes, dollar quotes, comments (source, scan.l).

/// What was put into a text: byte offsets in the text that came of it, with how many bytes stand there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added(Vec<(usize, usize)>);

impl Added {
    /// How many bytes were put in before a place. All of them are ASCII characters.
    pub fn before(&self, at: usize) -> usize {
        self.0.iter().take_while(|(start, _)| *start < at).map(|(_, bytes)| bytes).sum()
    }
}

/// A text with every escaping string marked; `None` where the server would refuse it, or it does not end what it begins.
pub fn conforming(text: &str) -> Option<(String, Added)> {
    let bytes = text.as_bytes();
    let (mut out, mut added) = (String::with_capacity(text.len() + 16), Added::default());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        at = match bytes[at] {
            b'\'' => {
                let kind = prefix(bytes, at);
                let (end, escapes) = string(bytes, at, kind != Some(b'b'))?;
                match kind {
                    // Under this setting the server takes no Unicode escapes; a national string would not be one behind E.
                    Some(b'&') => return None,
                    Some(b'n') if escapes => return None,
                    None if escapes => {
                        out.push_str(&text[copied..at]);
                        let mark = if at > 0 && is_name(bytes[at - 1]) { " E" } else { "E" };
                        added.0.push((out.len(), mark.len()));
                        out.push_str(mark);
                        copied = at;
                    }
                    _ => {}
                }
                end
            }
            b'"' => memchr::memchr(b'"', &bytes[at + 1..])? + at + 2,
            b'-' if bytes[at..].starts_with(b"--") => line_end(bytes, at),
            b'/' if bytes[at..].starts_with(b"/*") => comment(bytes, at)?,
            b'$' if at == 0 || !is_name(bytes[at - 1]) => dollar(bytes, at)?,
            _ => at + 1,
        };
    }
    out.push_str(&text[copied..]);
    Some((out, added))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80
}

/// What stands before a quote and belongs to it: `e`, `n`, `b` for B and X, `&` for U&.
fn prefix(bytes: &[u8], at: usize) -> Option<u8> {
    let before = |n: usize| at.checked_sub(n).map(|i| bytes[i]);
    let alone = |n: usize| before(n).is_none_or(|b| !is_name(b));
    match before(1)?.to_ascii_lowercase() {
        b'&' if before(2).is_some_and(|b| b.eq_ignore_ascii_case(&b'u')) && alone(3) => Some(b'&'),
        b'x' | b'b' if alone(2) => Some(b'b'),
        letter @ (b'e' | b'n') if alone(2) => Some(letter),
        _ => None,
    }
}

/// Where a string ends, with the parts that go on behind a line break, and whether a backslash stands in it.
fn string(bytes: &[u8], start: usize, can_escape: bool) -> Option<(usize, bool)> {
    let (mut at, mut escapes) = (start + 1, false);
    loop {
        at += memchr::memchr2(b'\'', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'\\' {
            escapes |= can_escape;
            at += if can_escape { 2 } else { 1 };
        } else if bytes.get(at + 1) == Some(&b'\'') {
            at += 2;
        } else {
            match continued(bytes, at + 1) {
                Some(next) => at = next + 1,
                None => return Some((at + 1, escapes)),
            }
        }
    }
}

/// The quote with which a string goes on: behind blanks and comments of lines with a line break among them.
fn continued(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut breaks = false;
    loop {
        match bytes.get(at)? {
            b'\n' | b'\r' => (breaks, at) = (true, at + 1),
            b' ' | b'\t' | 0x0b | 0x0c => at += 1,
            b'-' if bytes[at..].starts_with(b"--") => at = line_end(bytes, at),
            b'\'' if breaks => return Some(at),
            _ => return None,
        }
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    memchr::memchr2(b'\n', b'\r', &bytes[at..]).map_or(bytes.len(), |n| at + n)
}

/// Where a comment ends; they nest.
fn comment(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut depth) = (start + 2, 1);
    while depth > 0 {
        at += memchr::memchr2(b'*', b'/', bytes.get(at..)?)?;
        match bytes.get(at..at + 2) {
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            _ => at += 1,
        }
    }
    Some(at)
}

/// Where a dollar quote ends; one byte on where none begins (a parameter).
fn dollar(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = &bytes[start + 1..];
    let length = rest.iter().position(|b| *b == b'$' || !is_name(*b)).unwrap_or(rest.len());
    if rest.get(length) != Some(&b'$') || rest.first().is_some_and(u8::is_ascii_digit) {
        return Some(start + 1);
    }
    let mark = &bytes[start..start + length + 2];
    let body = start + mark.len();
    memchr::memmem::find(&bytes[body..], mark).map(|n| body + n + mark.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_with_a_backslash_is_marked_and_no_other() {
        let cases = [
            (r"select 'a', 'b\'c', E'd\'e'", r"select 'a', E'b\'c', E'd\'e'"),
            (r"select'a\\'", r"select E'a\\'"),
            (r#"select "a\" , 'x\''"#, r#"select "a\" , E'x\''"#),
            (r"select $$ 'a\' $$, $q$ 'b\' $$ $q$, 'c\''", r"select $$ 'a\' $$, $q$ 'b\' $$ $q$, E'c\''"),
            (r"select 1 -- it's \", r"select 1 -- it's \"),
            (r"select /* 'a\' /* ' */ */ 'b\''", r"select /* 'a\' /* ' */ */ E'b\''"),
            ("select 'a'\n 'b\\'c'", "select E'a'\n 'b\\'c'"),
            ("select 'a' -- no\n 'b\\'c'", "select E'a' -- no\n 'b\\'c'"),
            (r"select date'2020', b'01', x'1\'", r"select date'2020', b'01', x'1\'"),
            (r"select 'a''\'', $1, a$1 from t", r"select E'a''\'', $1, a$1 from t"),
            (r"select 'ñ\n', 'ñ'", r"select E'ñ\n', 'ñ'"),
        ];
        for (text, expected) in cases {
            assert_eq!(conforming(text).unwrap().0, expected, "{text}");
        }
        for text in [r"select U&'a\0061'", r"select N'a\''", r"select 'a\'", "select /* '", "select $$ '", "select \"a"] {
            assert_eq!(conforming(text), None, "{text}");
        }
    }

    #[test]
    fn places_are_led_back_past_what_was_put_in() {
        let (text, added) = conforming(r"select'a\n', 'b\n', x").unwrap();
        assert_eq!(text, r"select E'a\n', E'b\n', x");
        let back = |word: &str| text.find(word).unwrap() - added.before(text.find(word).unwrap());
        assert_eq!((back(", E"), back("x")), (11, 20));
        assert_eq!(added.before(3), 0);
    }
}
