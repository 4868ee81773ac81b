//! Lines of COPY in text format (manual, COPY, "Text Format"): a backslash takes the next byte into its field, a tab and a line feed as well.

/// Where a byte stands that no backslash is before.
pub(super) fn unescaped(bytes: &[u8], byte: u8) -> impl Iterator<Item = usize> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = from + memchr::memchr2(b'\\', byte, bytes.get(from..)?)?;
            if bytes[at] == byte {
                from = at + 1;
                return Some(at);
            }
            from = at + 2;
        }
    })
}

/// The whole lines, each with what ends it, and how many bytes they are.
pub(super) fn whole(bytes: &[u8]) -> (Vec<&[u8]>, usize) {
    let (mut lines, mut from) = (Vec::new(), 0);
    for end in unescaped(bytes, b'\n') {
        lines.push(&bytes[from..=end]);
        from = end + 1;
    }
    (lines, from)
}

/// A line's fields, and what ends it.
pub(super) fn fields(line: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").filter(|_| text.len() < line.len()).unwrap_or(text);
    let (mut fields, mut from) = (Vec::new(), 0);
    for end in unescaped(text, b'\t').chain([text.len()]) {
        fields.push(&text[from..end]);
        from = end + 1;
    }
    (fields, &line[text.len()..])
}

/// Whether a backslash may be the second byte of a character, as in SJIS or BIG5, where it would escape what ends a field or a line.
pub(super) fn is_doubtful(line: &[u8]) -> bool {
    line.windows(3).any(|bytes| !bytes[0].is_ascii() && bytes[1] == b'\\' && matches!(bytes[2], b'\t' | b'\n' | b'\r' | b'\\'))
}

/// A field without what is written by escapes: each as it is written, but for what would end a field or a line.
pub(super) fn without_escapes(field: &str) -> String {
    let mut is_escaped = false;
    let mut plain = |c: char| {
        let escapes = c == '\\' && !is_escaped;
        let out = match c {
            '\\' => '/',
            '\t' | '\n' | '\r' if is_escaped => '/',
            c => c,
        };
        is_escaped = escapes;
        out
    };
    field.chars().map(&mut plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_takes_what_follows_into_its_field() {
        let told = |line: &[u8]| {
            let (fields, end) = fields(line);
            let fields: Vec<String> = fields.iter().map(|f| without_escapes(&String::from_utf8_lossy(f))).collect();
            (fields.join("|"), String::from_utf8_lossy(end).into_owned())
        };
        for (line, fields, end) in [
            (&b"1\ta\tb\n"[..], "1|a|b", "\n"),
            (b"1\ta\\\tb\tc\r\n", "1|a//b|c", "\r\n"),
            (b"1\ta\\\\\tb\n", "1|a//|b", "\n"),
            (b"1\ta\\\nb\\tc\t\n", "1|a//b/tc|", "\n"),
            (b"a\\\\\\\tb", "a////b", ""),
            (b"\n", "", "\n"),
            (b"a\\", "a/", ""),
        ] {
            assert_eq!(told(line), (fields.to_owned(), end.to_owned()), "{line:?}");
        }
    }

    #[test]
    fn a_line_ends_where_its_line_feed_is_none_of_a_field() {
        for (bytes, lines, rest) in
            [(&b"a\nb\nc"[..], 2, 1), (b"a\\\nb\nc", 1, 1), (b"a\\\\\nb\n", 2, 0), (b"a\\", 0, 2), (b"a\\\n", 0, 3), (b"", 0, 0)]
        {
            let (whole, length) = whole(bytes);
            assert_eq!((whole.len(), bytes.len() - length), (lines, rest), "{bytes:?}");
        }
        assert!(is_doubtful(b"\x83\\\tx") && is_doubtful("ñ\\\n".as_bytes()) && !is_doubtful("ñ\\n\\\t".as_bytes()));
    }
}
