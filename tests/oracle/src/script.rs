//! Cuts a psql script into statements: PostgreSQL's regression scripts hold psql's own commands and inline COPY data.

/// A statement and the line that it begins in, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its text, without the closing semicolon.
    pub text: String,
    /// Where it stands.
    pub line: usize,
}

/// All statements of a script.
pub fn pieces(script: &str) -> Vec<Piece> {
    let mut scan = Scan { rest: script, line: 1, out: Vec::new(), text: String::new(), start: 1, depth: 0, atomic: 0 };
    while !scan.rest.is_empty() {
        scan.step();
    }
    scan.finish();
    scan.out
}

struct Scan<'s> {
    rest: &'s str,
    line: usize,
    out: Vec<Piece>,
    text: String,
    start: usize,
    depth: usize,
    /// Open BEGIN ATOMIC and CASE: their semicolons end nothing.
    atomic: usize,
}

impl<'s> Scan<'s> {
    /// Moves so many bytes from the script; into the statement if `keep`.
    fn take(&mut self, bytes: usize, keep: bool) {
        let (taken, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        if keep {
            self.text.push_str(taken);
        }
        self.line += taken.matches('\n').count();
        self.rest = rest;
    }

    fn step(&mut self) {
        if self.text.trim().is_empty() {
            self.text.clear();
            self.start = self.line;
        }
        let byte = self.rest.as_bytes()[0];
        let quoted = |s: &'s str, quote: char| s[1..].find(quote).map_or(s.len(), |at| at + 2);
        match byte {
            b'-' if self.rest.starts_with("--") => self.take(self.rest.find('\n').unwrap_or(self.rest.len()), true),
            b'/' if self.rest.starts_with("/*") => self.take(comment(self.rest), true),
            b'\'' => {
                let before = self.text.as_bytes();
                let escapes = matches!(before.last(), Some(b'e' | b'E'))
                    && !before.iter().rev().nth(1).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
                self.take(if escapes { escaped(self.rest) } else { quoted(self.rest, '\'') }, true);
            }
            b'"' => self.take(quoted(self.rest, '"'), true),
            b'$' => self.take(dollar(self.rest), true),
            b'\\' if self.rest.starts_with("\\;") => self.end(2),
            // A command of psql's ends with its line; \g and \gset end a statement too.
            b'\\' => {
                let command = self.rest.find('\n').unwrap_or(self.rest.len());
                let resets = self.rest.starts_with("\\r") || self.rest.starts_with("\\if");
                self.take(command, false);
                if resets { self.text.clear() } else { self.finish() }
            }
            b';' if self.depth == 0 && self.atomic == 0 => self.end(1),
            b'(' | b'[' => {
                self.depth += 1;
                self.take(1, true);
            }
            b')' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.take(1, true);
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => self.word(),
            _ => self.take(self.rest.chars().next().map_or(1, char::len_utf8), true),
        }
    }

    fn word(&mut self) {
        let end = self.rest.find(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_' && c != '$');
        let word = self.rest[..end.unwrap_or(self.rest.len())].to_lowercase();
        if word == "atomic" && self.text.trim_end().to_lowercase().ends_with("begin") || self.atomic > 0 && word == "case" {
            self.atomic += 1;
        } else if word == "end" {
            self.atomic = self.atomic.saturating_sub(1);
        }
        self.take(word.len(), true);
    }

    fn end(&mut self, bytes: usize) {
        self.take(bytes, false);
        let copies = is_copy_in(&self.text);
        self.finish();
        if copies {
            // Our own corpora have no inline data.
            let end = self.rest.find("\n\\.").map_or(0, |at| at + 3);
            self.take(end, false);
        }
    }

    fn finish(&mut self) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() {
            self.out.push(Piece { text: text.trim().to_owned(), line: self.start });
        }
        (self.depth, self.atomic) = (0, 0);
    }
}

fn is_copy_in(text: &str) -> bool {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let code: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with("--")).flat_map(str::split_whitespace).collect();
    code.first().is_some_and(|w| w.eq_ignore_ascii_case("copy"))
        && words.windows(2).any(|w| w[0] == "from" && w[1].starts_with("stdin"))
}

fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn escaped(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            b'\'' => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

fn dollar(text: &str) -> usize {
    let tag = text[1..].find('$').map(|at| &text[..at + 2]);
    let valid = |tag: &&str| {
        let name = &tag[1..tag.len() - 1];
        !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    match tag.filter(valid) {
        Some(tag) => text[tag.len()..].find(tag).map_or(text.len(), |at| at + 2 * tag.len()),
        None => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::pieces;

    fn texts(script: &str) -> Vec<String> {
        pieces(script).into_iter().map(|p| p.text).collect()
    }

    #[test]
    fn statements_commands_and_data() {
        let script = "select ';' as \"a;b\", E'\\';', $x$;$x$ /* ; /* ; */ */;\n\\d t\ncopy t from stdin;\n1;2\n\\.\n-- ;\nselect 2 \\gset\nselect 3\\; select 4;";
        assert_eq!(
            texts(script),
            [
                "select ';' as \"a;b\", E'\\';', $x$;$x$ /* ; /* ; */ */",
                "copy t from stdin",
                "-- ;\nselect 2",
                "select 3",
                "select 4"
            ]
        );
    }

    #[test]
    fn rules_and_atomic_bodies_keep_their_semicolons() {
        let rule = "create rule r as on insert to t do (select 1; select 2)";
        let body = "create function f() returns int begin atomic select case when a then 1 end; select 2; end";
        assert_eq!(texts(&format!("{rule}; {body}; select 3")), [rule, body, "select 3"]);
    }
}
