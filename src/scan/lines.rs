//! Lines of a file of any size: a line that is longer than the bound is cut, and its rest is skipped.

use std::io::BufRead;

/// The most bytes of a line that are kept.
pub(super) const LINE_BYTES: usize = 1 << 20;

/// A file, line by line.
pub(super) struct Lines<R> {
    reader: R,
    /// The number of the line in `line`, from 1.
    pub(super) number: u64,
    line: Vec<u8>,
    /// The first line that was cut.
    pub(super) cut: Option<u64>,
    /// The next call returns the same line again.
    is_kept: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Lines { reader, number: 0, line: Vec::new(), cut: None, is_kept: false }
    }

    /// The next line without its end; `None` after the last.
    pub(super) fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        if std::mem::take(&mut self.is_kept) {
            return Ok(Some(&self.line));
        }
        self.line.clear();
        let mut is_any = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                break;
            }
            is_any = true;
            let end = buffer.iter().position(|b| *b == b'\n');
            let room = LINE_BYTES - self.line.len();
            let part = &buffer[..end.unwrap_or(buffer.len())];
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if part.len() > room {
                self.cut.get_or_insert(self.number + 1);
            }
            let read = end.map_or(buffer.len(), |end| end + 1);
            self.reader.consume(read);
            if end.is_some() {
                break;
            }
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.number += u64::from(is_any);
        Ok(is_any.then_some(&self.line))
    }

    /// Makes the next call return the same line again.
    pub(super) fn again(&mut self) {
        self.is_kept = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_and_numbered() {
        let long = vec![b'x'; LINE_BYTES + 100];
        let text = [b"a\r\n\n".to_vec(), long, b"\nb".to_vec()].concat();
        let mut lines = Lines::new(std::io::BufReader::with_capacity(7, text.as_slice()));
        let mut told = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            told.push(line.len());
            let number = lines.number;
            assert_eq!(number, u64::try_from(told.len()).unwrap());
        }
        assert_eq!(told, [1, 0, LINE_BYTES, 1]);
        assert_eq!(lines.cut, Some(3));
        let mut lines = Lines::new(&b"a\nb\n"[..]);
        assert_eq!(lines.next().unwrap(), Some(&b"a"[..]));
        lines.again();
        assert_eq!(lines.next().unwrap(), Some(&b"a"[..]));
        assert_eq!((lines.next().unwrap().map(<[u8]>::len), lines.next().unwrap()), (Some(1), None));
    }
}
