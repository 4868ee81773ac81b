//! Java and similar languages: string literals, joined where the program joins them (`+`, `append` on one builder). Other operands between two
//! literals are gaps. Comments are not read.

use super::piece::Piece;

/// A longer text is passed on in parts.
const PIECE_BYTES: usize = 64 << 10;
/// Annotations that name the table of a class.
const MAPPINGS: [&str; 5] = ["Table", "SecondaryTable", "JoinTable", "CollectionTable", "TableGenerator"];

/// Calls `each` with every text that the program builds. `line` is the line on which the code begins.
pub(super) fn pieces(code: &str, line: u64, source: &'static str, each: &mut dyn FnMut(Piece)) {
    let mut reader = Reader { code, at: 0, line, source, open: None, between: Between::default(), annotation: None, each };
    reader.read();
    reader.close();
}

/// What was between the last literal and the present position.
#[derive(Debug, Default)]
struct Between {
    /// `+`, or `append` on the same builder.
    joins: bool,
    /// Something whose value is not known.
    gap: bool,
    /// Something that separates them, unless `append` follows.
    parts: bool,
    /// The last word, and the one before it.
    words: [String; 2],
    /// The builder that the last literal was appended to.
    builder: Option<String>,
}

struct Reader<'c, 'e> {
    code: &'c str,
    at: usize,
    line: u64,
    source: &'static str,
    open: Option<Piece>,
    between: Between,
    /// The name of the annotation that is being read.
    annotation: Option<String>,
    each: &'e mut dyn FnMut(Piece),
}

impl Reader<'_, '_> {
    fn read(&mut self) {
        while let Some(letter) = self.code[self.at..].chars().next() {
            let rest = &self.code[self.at..];
            match letter {
                _ if rest.starts_with("//") => self.pass(rest.find('\n').unwrap_or(rest.len())),
                _ if rest.starts_with("/*") => self.pass(rest[2..].find("*/").map_or(rest.len(), |end| end + 4)),
                _ if rest.starts_with("\"\"\"") => self.literal(3),
                '"' => self.literal(1),
                '\'' => self.character(),
                _ if letter.is_alphanumeric() || letter == '_' || letter == '$' => self.word(),
                _ => self.sign(letter),
            }
        }
    }

    /// Advances by so many bytes.
    fn pass(&mut self, bytes: usize) {
        let passed = &self.code.as_bytes()[self.at..self.at + bytes];
        self.line += passed.iter().map(|b| u64::from(*b == b'\n')).sum::<u64>();
        self.at += bytes;
    }

    /// A character literal, or a Scala symbol, which begins like one.
    fn character(&mut self) {
        let rest = &self.code[self.at + 1..];
        let mut letters = rest.char_indices();
        let end = match letters.next() {
            Some((_, '\\')) => rest.char_indices().skip(2).take(6).find(|(_, c)| *c == '\'').map(|(at, _)| at),
            Some(_) => letters.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at),
            None => None,
        };
        self.between.gap = true;
        self.pass(end.map_or(1, |end| end + 2));
    }

    fn word(&mut self) {
        let rest = &self.code[self.at..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
        let word = &rest[..end];
        let before = std::mem::replace(&mut self.between.words[0], word.to_owned());
        self.between.words[1] = before;
        if word == "append" || word == "concat" {
            // The builder is the word before; it is empty after the `)` of the previous append.
            let of = self.between.words[1].as_str();
            self.between.joins |= of.is_empty() || self.between.builder.as_deref() == Some(of) || !self.between.parts;
        } else if ["class", "interface", "enum", "public", "protected", "private"].contains(&word) {
            self.annotation = None;
        } else {
            self.between.gap = true;
        }
        self.pass(end);
    }

    fn sign(&mut self, letter: char) {
        match letter {
            '+' => self.between.joins = true,
            ';' => {
                // What follows is another statement, possibly on the same builder.
                self.between.gap = false;
                self.between.parts = true;
                self.between.joins = false;
                self.between.words = Default::default();
                self.annotation = None;
            }
            '{' | '}' => {
                self.close();
                self.annotation = None;
            }
            ',' | '=' | '?' | ':' | '&' | '|' | '<' | '>' => self.between.parts = true,
            '@' => {
                let rest = &self.code[self.at + 1..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
                self.annotation = rest[..end].rsplit('.').next().map(str::to_owned);
                self.close();
                self.pass(end);
            }
            _ => {}
        }
        self.pass(letter.len_utf8());
    }

    /// A literal between quotes, one or three of them on either side.
    fn literal(&mut self, quotes: usize) {
        self.pass(quotes);
        let (begin, line) = (self.at, self.line);
        let bytes = self.code.as_bytes();
        let closing = &"\"\"\""[..quotes];
        let mut end = begin;
        // A literal in single quotes ends at the end of its line, so that an unclosed one does not swallow the rest of the file.
        while end < bytes.len()
            && !self.code.as_bytes()[end..].starts_with(closing.as_bytes())
            && (quotes == 3 || bytes[end] != b'\n')
        {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let end = end.min(bytes.len());
        let end = (end..=bytes.len()).find(|at| self.code.is_char_boundary(*at)).unwrap_or(bytes.len());
        let text = unescaped(&self.code[begin..end]);
        self.pass(end - begin);
        if bytes[end..].starts_with(closing.as_bytes()) {
            self.pass(quotes);
        }
        self.add(&text, line);
    }

    fn add(&mut self, text: &str, line: u64) {
        let between = std::mem::take(&mut self.between);
        let is_appended = between.words[0] == "append";
        let builder = if is_appended && !between.words[1].is_empty() { Some(between.words[1].clone()) } else { between.builder };
        let joins = between.joins && (!between.parts || is_appended);
        if !joins || self.open.as_ref().is_some_and(|piece| piece.text.len() > PIECE_BYTES) {
            self.close();
        }
        let mapping = self.annotation.as_deref().is_some_and(|name| MAPPINGS.contains(&name));
        let source = self.source;
        let piece = self.open.get_or_insert_with(|| Piece::new(source));
        piece.mapping |= mapping;
        if between.gap && !is_appended && !piece.text.is_empty() {
            piece.add(" ? ", line);
        }
        piece.add(text, line);
        self.between.builder = builder;
    }

    /// Passes on the text built so far.
    fn close(&mut self) {
        self.between = Between::default();
        if let Some(piece) = self.open.take() {
            (self.each)(piece);
        }
    }
}

/// A literal without its escapes.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('n' | 't' | 'r' | 'f' | 's' | '\n') => out.push(' '),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => out.push(other),
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str) -> Vec<String> {
        let mut told = Vec::new();
        pieces(code, 1, "java", &mut |piece| {
            told.push(format!("{}{}", piece.text, if piece.mapping { " (mapping)" } else { "" }))
        });
        told
    }

    #[test]
    fn literals_are_put_together_as_the_program_does() {
        for (code, expected) in [
            (r#"x = "a" + "b"; y = "c";"#, &["ab", "c"][..]),
            (r#"f("a" + /* "no" */ n + "b", "c") // "no""#, &["a ? b", "c"]),
            (r#"sb.append("a").append("b"); sb.append("c"); other("d");"#, &["abc", "d"]),
            (r#"sb.append("a"); tb.append("b");"#, &["a", "b"]),
            ("s = \"\"\"\n  select 'x'\n  \"\"\";", &["\n  select 'x'\n  "]),
            (r#"c = '"'; s = "a\"b\u0041";"#, &["a\"bA"]),
            (r#"@Table(name = "t") class T { @Column(name="c") int x; }"#, &["t (mapping)", "c"]),
            ("s = \"not closed\nt = \"b\";", &["not closed", "b"]),
            (r#"a = {"x", "y"}; b = p ? "q" : "r";"#, &["x", "y", "q", "r"]),
            ("\"\\", &[""][..]),
            ("'", &[]),
        ] {
            assert_eq!(told(code), expected, "{code}");
        }
    }

    #[test]
    fn whatever_is_cut_off_is_read() {
        let code = "s = \"ñ\\u00e1\" + '\\u0041' + \"\"\"ñ\\\"\"\"; /* ñ */ // ñ\n@ñ.Table(\"x\")";
        for (at, _) in code.char_indices() {
            told(&code[..at]);
            told(&code[at..]);
        }
    }
}
