//! A piece of text that may be a statement or a part of one, with its line numbers.

/// A piece.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// The text.
    pub(super) text: String,
    /// Where lines begin in it: offset and line number, in order.
    lines: Vec<(usize, u64)>,
    /// The kind of file that it comes from.
    pub(super) source: &'static str,
    /// Whether it names the table that a class or an element is mapped to.
    pub(super) mapping: bool,
}

impl Piece {
    /// An empty one.
    pub(super) fn new(source: &'static str) -> Self {
        Piece { source, ..Piece::default() }
    }

    /// A text that begins on a line.
    pub(super) fn of(source: &'static str, text: &str, line: u64) -> Self {
        let mut piece = Piece::new(source);
        piece.add(text, line);
        piece
    }

    /// Adds text that begins on a line.
    pub(super) fn add(&mut self, text: &str, line: u64) {
        let begin = self.text.len();
        self.lines.push((begin, line));
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| begin + at + 1);
        self.lines.extend(ends.zip(line + 1..));
        self.text.push_str(text);
    }

    /// The line of an offset.
    pub(super) fn line(&self, at: usize) -> u64 {
        let behind = self.lines.partition_point(|(begin, _)| *begin <= at);
        self.lines.get(behind.saturating_sub(1)).map_or(0, |(_, line)| *line)
    }
}

/// Bytes as text: UTF-8, UTF-16 with a byte order mark, or else Latin-1, in which any bytes are valid.
pub(super) fn decoded(bytes: Vec<u8>) -> String {
    let wide = |of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes).unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_the_line_that_it_was_written_on() {
        let mut piece = Piece::of("java", "ab\ncd", 7);
        piece.add("ef", 20);
        assert_eq!((0..8).map(|at| piece.line(at)).collect::<Vec<_>>(), [7, 7, 7, 8, 8, 20, 20, 20]);
    }

    #[test]
    fn any_bytes_are_text() {
        assert_eq!(decoded(b"a\xf1o".to_vec()), "año");
        assert_eq!(decoded("año".as_bytes().to_vec()), "año");
        assert_eq!(decoded(b"\xff\xfea\0b\0".to_vec()), "ab");
        assert_eq!(decoded(b"\xfe\xff\0a\0b\0".to_vec()), "ab");
    }
}
