//! Strings under `standard_conforming_strings = off`, where a backslash escapes in every plain string (manual, section 4.1.2.2):
//! each string with a backslash gets an E before it, with which it means the same under either setting. Nothing else in a text
//! changes.
//!
//! This scanner recognises only what can contain or hide a quote: strings, quoted names, dollar quotes, comments (source, scan.l).

/// What was inserted into a text: byte offsets in the resulting text, and the number of bytes inserted there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added(Vec<(usize, usize)>);

impl Added {
    /// How many bytes were inserted before a position. All are ASCII characters.
    pub fn before(&self, at: usize) -> usize {
        self.0.iter().take_while(|(start, _)| *start < at).map(|(_, bytes)| bytes).sum()
    }
}

/// A text with every escaping string marked; `None` where the server would refuse it, or a string or comment does not end.
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
                    // Under this setting the server refuses Unicode escapes; a national string with an E would no longer be
                    // national.
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

/// The character before a quote that belongs to it: `e`, `n`, `b` for B and X, `&` for U&.
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

/// Where a string ends, with its continuations after line breaks, and whether it contains a backslash.
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

/// The quote with which a string continues: after white space and line comments that include a line break.
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

/// Where a dollar quote ends; one byte further where none begins (a parameter).
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
