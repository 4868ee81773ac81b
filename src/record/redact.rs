//! Replaces values in a session's frames as the rules demand, before anything is written: literals, parameters and lines of COPY get pseudonyms
//! (`record/pseudonym.rs`). Where a rule applies to a frame that cannot be parsed, the session is cut: in doubt nothing goes to the disk.
//!
//! Statements that set passwords of roles are left out without any rule, and values near words like `password` and `token` are hidden (module `password`).
//!
//! Not found: a value that a function builds into a statement, a parameter that is part of such a value, and a value that is written to another
//! table than the rule's. Names of tables, columns, statements and portals are not values.

mod body;
mod certain;
mod counted;
mod lines;
mod names;
mod password;
mod prepared;
mod rules;
mod statement;

use std::collections::BTreeSet;
use std::ops::Range;

use super::event::Cut;
use super::pseudonym::Pseudonyms;
use super::seal::Key;
use crate::error::Result;
use crate::sql::Lexed;
use crate::sql::quote::literal;
use crate::sql::token::Literal;
use crate::wire::frame::{self, HEADER_BYTES, cstr};
use crate::wire::tag::{about, client, status};
use names::Made;
pub use password::LEFT_OUT;
use password::without_role_passwords;
use prepared::{Prepared, Statements};
pub use rules::Rules;
use statement::Copy;

/// The session is cut at a longer line of COPY.
const LINE_BYTES: usize = 4 * 1024 * 1024;
/// Of more relations that a session makes nothing can be remembered.
const MADE: usize = 10_000;

/// The rules, and the pseudonyms under this recording's key.
#[derive(Debug)]
pub(super) struct Redaction {
    rules: Rules,
    pseudonyms: Pseudonyms,
}

/// What redaction remembers of one session.
#[derive(Debug, Default)]
pub(super) struct SessionRedaction {
    /// Prepared statements: what is meant of each.
    prepared: Statements,
    /// What becomes of the lines of the COPY that was begun last.
    copy: Option<Copy>,
    /// The same of the COPYs that are bound: any of them may be executed. With the number of the last one's stretch.
    bound: Option<(u64, Copy)>,
    /// The beginning of a line of COPY.
    line: Vec<u8>,
    /// Tables, views and functions that this session has made, and that a rule was about.
    made: Made,
}

impl SessionRedaction {
    /// The server waits for the rows of a COPY.
    pub(super) fn copy_begins(&mut self) {
        self.prepared.copy_begins();
    }

    /// ReadyForQuery, with its status; whether an error came since the last one.
    pub(super) fn answered(&mut self, status: u8, has_failed: bool) {
        let over = self.prepared.answered(has_failed);
        // No portal outlives its transaction but that of a cursor, which executes no COPY.
        if status == status::IDLE && self.bound.as_ref().is_some_and(|(stretch, _)| over.is_some_and(|over| *stretch <= over)) {
            self.bound = None;
        }
    }

    /// What is done with the rows that are sent next.
    fn copies(&mut self, copy: Option<Copy>) {
        self.copy = Copy::either(copy, self.bound.as_ref().map(|(_, bound)| bound.clone()));
    }
}

impl Redaction {
    pub(super) fn new(rules: &[String], key: &Key) -> Result<Redaction> {
        Ok(Redaction { rules: Rules::parse(rules)?, pseudonyms: Pseudonyms::new(key.of_pseudonyms()?) })
    }

    /// Redacts start-up parameters; user and database stay.
    pub(super) fn startup(&self, parameters: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let one = |(name, value): (Vec<u8>, Vec<u8>)| match name.as_slice() {
            b"user" | b"database" => (name, value),
            b"options" => {
                let (text, is_utf8) = read(&value);
                let kept = password::without_option_passwords(&text, |value| self.pseudonyms.text(value));
                (name, written(&self.matched(&kept), is_utf8))
            }
            _ if password::mentions(&name) || password::mentions(&value) => {
                let (text, is_utf8) = read(&value);
                (name, written(&self.pseudonyms.text(&text), is_utf8))
            }
            _ => (name, self.matched_bytes(&value)),
        };
        parameters.into_iter().map(one).collect()
    }

    /// Redacts whole frames.
    pub(super) fn frames(&self, state: &mut SessionRedaction, frames: Vec<u8>) -> Result<Vec<u8>, Cut> {
        let is_plain = self.rules.is_empty() && state.prepared.is_empty() && !password::may_be_near(&frames);
        let mut out = Vec::with_capacity(if is_plain { 0 } else { frames.len() });
        let mut rest = frames.as_slice();
        while let Some(Ok(header)) = frame::header(rest) {
            let (whole, behind) = rest.split_at(header.total.min(rest.len()));
            if !is_plain {
                self.frame(state, header.tag, whole, &mut out)?;
            }
            state.prepared.sends(header.tag);
            rest = behind;
        }
        Ok(if is_plain { frames } else { out })
    }

    fn frame(&self, state: &mut SessionRedaction, tag: u8, whole: &[u8], out: &mut Vec<u8>) -> Result<(), Cut> {
        let body = &whole[HEADER_BYTES..];
        match tag {
            // Without rules only statements, parameters and a CopyFail's message can hold something to hide.
            client::COPY_DATA | client::COPY_DONE if self.rules.is_empty() => out.extend_from_slice(whole),
            client::FUNCTION_CALL if self.rules.is_empty() && !password::mentions(body) => out.extend_from_slice(whole),
            client::QUERY => {
                let (text, behind) = cstr(body).ok_or(Cut::Unredactable)?;
                let (text, found) = self.statement(state, text)?;
                state.copies(found.copy);
                frame::write(out, tag, &[&text, &[0], behind]);
            }
            client::PARSE => {
                let (name, rest) = cstr(body).ok_or(Cut::Unredactable)?;
                let (text, types) = cstr(rest).ok_or(Cut::Unredactable)?;
                let (text, mut found) = self.statement(state, text)?;
                found.types = types.get(2..).unwrap_or_default().chunks_exact(4).map(number).collect();
                state.prepared.parses(name, found);
                frame::write(out, tag, &[name, &[0], &text, &[0], types]);
            }
            client::BIND => frame::write(out, tag, &[&self.bind(state, body).ok_or(Cut::Unredactable)?]),
            client::CLOSE => {
                if let Some((&about::STATEMENT, name)) = body.split_first() {
                    state.prepared.closes(cstr(name).map_or(name, |(name, _)| name));
                }
                out.extend_from_slice(whole);
            }
            client::COPY_DATA => self.copy_data(state, body, out)?,
            client::COPY_DONE | client::COPY_FAIL => {
                let line = std::mem::take(&mut state.line);
                if !line.is_empty() {
                    frame::write(out, client::COPY_DATA, &[&self.line(state, &line)?]);
                }
                match cstr(body).filter(|_| tag == client::COPY_FAIL) {
                    Some((why, behind)) => frame::write(out, tag, &[&self.given_up(state, why), &[0], behind]),
                    None => out.extend_from_slice(whole),
                }
            }
            client::FUNCTION_CALL => return Err(Cut::Unredactable),
            _ => out.extend_from_slice(whole),
        }
        Ok(())
    }

    /// The redacted text, and which of its parameters are to be hidden.
    fn statement(&self, state: &mut SessionRedaction, bytes: &[u8]) -> Result<(Vec<u8>, Prepared), Cut> {
        let (text, is_utf8) = read(bytes);
        let is_about = |text: &str| self.rules.may_name(text, &state.made) || password::mentions(text.as_bytes());
        let Ok(lexed) = Lexed::new(&text) else {
            // The server rejects it too, or reads it differently.
            if is_about(&text) {
                return Err(Cut::Unredactable);
            }
            return Ok((written(&self.matched(&text), is_utf8), Prepared::default()));
        };
        if (!self.rules.patterns.is_empty() || is_about(&text)) && is_ambiguous(&lexed) {
            return Err(Cut::Unredactable);
        }
        match without_role_passwords(&text) {
            Some(rest) => {
                let lexed = Lexed::new(&rest).map_err(|_| Cut::Unredactable)?;
                let (kept, found) = self.lexed(state, &lexed)?;
                Ok((written(&kept, is_utf8), found))
            }
            None => self.lexed(state, &lexed).map(|(kept, found)| (written(&kept, is_utf8), found)),
        }
    }

    /// The text with its values to be hidden replaced. If a rule applies to it, its comments are dropped, because they may hold statements.
    fn lexed(&self, state: &mut SessionRedaction, lexed: &Lexed<'_>) -> Result<(String, Prepared), Cut> {
        let text = lexed.text;
        let (mut meant, mut found) = (statement::Redactions::default(), Prepared::default());
        for range in lexed.statements() {
            found.copy = Copy::either(found.copy, statement::copy(lexed, &range, &self.rules.names, &state.made));
            let here = self.meant(state, lexed, &range)?;
            meant.values.extend(here.values);
            meant.bodies.extend(here.bodies);
            meant.words.extend(here.words);
            meant.is_about |= here.is_about;
            meant.values.extend(self.pieces(lexed, &range));
        }
        found.is_about = meant.is_about && !self.rules.names.is_empty();
        meant.is_about |= password::mentions(text.replace(LEFT_OUT, "").as_bytes());
        // Text between values can match a pattern too.
        let (mut out, mut between, mut from) = (String::with_capacity(text.len()), String::new(), 0);
        for (at, lexeme) in lexed.lexemes.iter().enumerate() {
            between.push_str(without_comment(&text[from..lexeme.span.start], meant.is_about));
            from = lexeme.span.end;
            let original = lexed.at_text(at);
            if let Some(word) = lexeme.word().filter(|_| meant.words.contains(&at)) {
                out.push_str(&self.matched(&std::mem::take(&mut between)));
                out.push_str(&literal(&self.string(&word.value)));
                continue;
            }
            let Some(value) = lexeme.literal() else {
                between.push_str(original);
                found.parameters.extend(lexeme.parameter().filter(|_| meant.values.contains(&at)));
                continue;
            };
            out.push_str(&self.matched(&std::mem::take(&mut between)));
            let code = match value {
                Literal::Text(code) if meant.bodies.contains(&at) => self.code(code).map(|code| literal(&code)),
                _ => None,
            };
            let is_meant = meant.values.contains(&at) || meant.bodies.contains(&at);
            out.push_str(&code.or_else(|| self.value(value, is_meant)).unwrap_or_else(|| original.to_owned()));
        }
        between.push_str(without_comment(&text[from..], meant.is_about));
        out.push_str(&self.matched(&between));
        Ok((out, found))
    }

    /// Which values of a statement are to be hidden; follows PREPARE and EXECUTE, and objects that the session makes.
    fn meant(&self, state: &mut SessionRedaction, lexed: &Lexed<'_>, range: &Range<usize>) -> Result<statement::Redactions, Cut> {
        let mut found = statement::found(lexed, range, &self.rules.names, &state.made);
        let word = |at: usize, word: &str| lexed.lexemes.get(at).filter(|_| at < range.end).is_some_and(|l| l.is(word));
        let name = |at: usize| lexed.lexemes.get(at).and_then(|l| l.name()).map(String::into_bytes);
        // EXPLAIN and CREATE TABLE AS execute too. All arguments are hidden, not only the parameters concerned.
        let executed = range.clone().filter(|at| word(*at, "EXECUTE")).find_map(|at| Some(state.prepared.find(&name(at + 1)?)));
        if let Some(executed) = executed.filter(|executed| executed.is_about || !executed.parameters.is_empty()) {
            found.values.extend(range.clone().filter(|_| !executed.parameters.is_empty()));
            found.is_about = true;
        }
        if found.is_about && !self.rules.is_empty() {
            state.made.names.extend(statement::makes(lexed, range));
            let (_, is_readable) = body::language(lexed, range);
            let bodies = body::strings(lexed, range);
            for (run, text) in body::runs(lexed, range) {
                let is_body = run.clone().any(|at| bodies.contains(&at));
                let made = if is_body && !is_readable { None } else { statement::makes_by_code(&text) };
                // A string that is no code names nothing by it.
                state.made.is_anything |= is_body && made.is_none() && statement::may_make(&text);
                state.made.names.extend(made.unwrap_or_default());
            }
            if state.made.names.len() >= MADE {
                return Err(Cut::Unredactable);
            }
        }
        if let Some(name) = name(range.start + 1).filter(|_| word(range.start, "PREPARE") && found.is_about) {
            let is_bound = found.values.iter().any(|at| lexed.lexemes[*at].parameter().is_some());
            let parameters = is_bound.then_some(0).into_iter().collect();
            state.prepared.prepares(&name, &Prepared { parameters, is_about: true, ..Prepared::default() });
        }
        Ok(found)
    }

    /// The pieces of strings that match a pattern only when joined.
    fn pieces(&self, lexed: &Lexed<'_>, range: &Range<usize>) -> BTreeSet<usize> {
        let runs = body::runs(lexed, range).into_iter().filter(|(run, _)| run.len() > 1 && !self.rules.patterns.is_empty());
        runs.filter(|(_, text)| self.matched(text) != *text).flat_map(|(run, _)| run).collect()
    }

    /// Code without its values and comments; `None` if it cannot be parsed.
    fn code(&self, text: &str) -> Option<String> {
        let lexed = Lexed::new(text).ok()?;
        if is_ambiguous(&lexed) {
            return None;
        }
        let all = 0..lexed.lexemes.len();
        let (kept, words) = (counted::counted(&lexed, &all), password::words(&lexed, &all));
        let (mut out, mut from) = (String::with_capacity(text.len()), 0);
        for (at, lexeme) in lexed.lexemes.iter().enumerate() {
            out.push_str(without_comment(&text[from..lexeme.span.start], true));
            from = lexeme.span.end;
            let original = &text[lexeme.span.range()];
            match lexeme.literal() {
                Some(value) if !kept.contains(&at) => {
                    let code = match value {
                        Literal::Text(inner) if body::is_run(&lexed, at) => self.code(inner).map(|code| literal(&code)),
                        _ => None,
                    };
                    out.push_str(&code.or_else(|| self.value(value, true)).unwrap_or_default());
                }
                None if words.contains(&at) => out.push_str(&literal(&self.string(original.trim_matches('"')))),
                _ => out.push_str(&self.matched(original)),
            }
        }
        Some(out)
    }

    /// The replacement of a literal; `None` if it stays.
    fn value(&self, value: Literal<'_>, is_meant: bool) -> Option<String> {
        match (value, is_meant) {
            (Literal::Number(text), true) => Some(self.number(text)),
            (Literal::Text(text), true) => Some(literal(&self.string(text))),
            (Literal::Bits(digits), true) => {
                let hidden = self.pseudonyms.bytes(digits.as_bytes(), digits.len());
                Some(format!("X'{}'", hidden.iter().map(|b| format!("{:x}", b & 15)).collect::<String>()))
            }
            (Literal::Number(text) | Literal::Bits(text), false) => {
                let matched = self.matched(text);
                (matched != text).then_some(matched)
            }
            (Literal::Text(text), false) => {
                let matched = self.matched(text);
                (matched != text).then(|| literal(&matched))
            }
        }
    }

    /// The pseudonym of a string. One that is only an interval or a unit of time (`'3 days'`, `'month'`) keeps its words.
    fn string(&self, text: &str) -> String {
        const UNITS: &[&str] =
            &["second", "minute", "hour", "day", "week", "month", "quarter", "year", "dow", "isodow", "doy", "epoch"];
        let is_unit = |word: &str| UNITS.contains(&word.to_lowercase().trim_end_matches('s'));
        let is_number = |word: &str| word.contains(|c: char| c.is_ascii_digit()) && !word.contains(char::is_alphabetic);
        let words: Vec<&str> = text.split(' ').collect();
        if words.iter().any(|word| is_unit(word)) && words.iter().all(|word| is_unit(word) || is_number(word)) {
            let one = |word: &&str| if is_unit(word) { (*word).to_owned() } else { self.pseudonyms.text(word) };
            return words.iter().map(one).collect::<Vec<_>>().join(" ");
        }
        self.pseudonyms.text(text)
    }

    /// The pseudonym of a number. An exponent and the prefix of another base stay.
    fn number(&self, text: &str) -> String {
        match text.find(|c: char| c.is_alphabetic()) {
            Some(at) if text[..at] != *"0" => format!("{}{}", self.pseudonyms.text(&text[..at]), &text[at..]),
            Some(_) => "0".into(),
            None => self.pseudonyms.text(text),
        }
    }

    /// The text with every match of a pattern replaced.
    fn matched(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for pattern in &self.rules.patterns {
            out = pattern.replace_all(&out, |found: &regex_lite::Captures<'_>| self.pseudonyms.text(&found[0])).into_owned();
        }
        out
    }

    fn matched_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let (text, is_utf8) = read(bytes);
        written(&self.matched(&text), is_utf8)
    }

    /// Redacts the body of a Bind (manual, section 55.7); `None` if it cannot be parsed.
    fn bind(&self, state: &mut SessionRedaction, body: &[u8]) -> Option<Vec<u8>> {
        let (_, rest) = cstr(body)?;
        let (name, rest) = cstr(rest)?;
        let prepared = state.prepared.find(name);
        if prepared.copy.is_some() {
            let bound = Copy::either(prepared.copy.clone(), state.bound.take().map(|(_, bound)| bound));
            state.bound = bound.map(|bound| (state.prepared.stretch(), bound));
            state.copies(None);
        }
        let (formats, behind) = list(rest, 2)?;
        let format = |at: usize| match formats.len() {
            0 => 0,
            1 => number(formats[0]),
            _ => formats.get(at).map_or(0, |format| number(format)),
        };
        let (count, mut values) = behind.split_first_chunk::<2>()?;
        let mut out = body[..body.len() - values.len()].to_vec();
        for at in 0..usize::from(u16::from_be_bytes(*count)) {
            let (length, rest) = values.split_first_chunk::<4>()?;
            values = rest;
            let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
                out.extend_from_slice(&(-1_i32).to_be_bytes());
                continue;
            };
            let (value, rest) = values.split_at_checked(length)?;
            values = rest;
            let is_meant = [0, at + 1].iter().any(|number| prepared.parameters.contains(number));
            let oid = prepared.types.get(at).copied().unwrap_or(0);
            let kept = self.parameter(value, format(at) == 1, oid, is_meant);
            let length = kept.as_ref().map_or(-1, |kept| i32::try_from(kept.len()).unwrap_or(i32::MAX));
            out.extend_from_slice(&length.to_be_bytes());
            out.extend(kept.unwrap_or_default());
        }
        out.extend_from_slice(values);
        Some(out)
    }

    /// The replacement of a parameter's value; `None` is NULL, for a value whose binary format is not known here.
    fn parameter(&self, value: &[u8], is_binary: bool, oid: u32, is_meant: bool) -> Option<Vec<u8>> {
        let is_meant = is_meant || password::mentions(value);
        let (text, is_utf8) = read(value);
        let is_text = !text.is_empty() && is_utf8 && !text.contains(char::is_control);
        match (is_meant, is_binary) {
            (true, false) => Some(written(&self.pseudonyms.text(&text), is_utf8)),
            (true, true) => binary(&self.pseudonyms, oid, value, is_text.then_some(&*text)),
            (false, true) if !is_text => Some(value.to_vec()),
            (false, _) => Some(self.matched_bytes(value)),
        }
    }

    /// Redacts the message of a CopyFail, which may quote the row that failed.
    fn given_up(&self, state: &SessionRedaction, why: &[u8]) -> Vec<u8> {
        let is_meant = matches!(state.copy, Some(Copy::Fields(_) | Copy::Unreadable)) || password::mentions(why);
        let (text, is_utf8) = read(why);
        written(&if is_meant { self.pseudonyms.text(&text) } else { self.matched(&text) }, is_utf8)
    }

    /// Redacts lines of COPY. They come in pieces that end anywhere: an incomplete line waits.
    fn copy_data(&self, state: &mut SessionRedaction, data: &[u8], out: &mut Vec<u8>) -> Result<(), Cut> {
        match state.copy {
            Some(Copy::Unreadable) => return Err(Cut::Unredactable),
            Some(Copy::Patterns) if self.rules.patterns.is_empty() => {
                frame::write(out, client::COPY_DATA, &[data]);
                return Ok(());
            }
            _ => {}
        }
        state.line.extend_from_slice(data);
        // Of no fields that are meant it is not even known whether they are in text format.
        let has_fields = matches!(state.copy, Some(Copy::Fields(_)));
        let end =
            if has_fields { lines::whole(&state.line).1 } else { memchr::memrchr(b'\n', &state.line).map_or(0, |end| end + 1) };
        if end == 0 {
            return if state.line.len() > LINE_BYTES { Err(Cut::Long) } else { Ok(()) };
        }
        let rest = state.line.split_off(end);
        let whole = std::mem::replace(&mut state.line, rest);
        let lines = if has_fields { lines::whole(&whole).0 } else { vec![&whole[..]] };
        let mut kept = Vec::with_capacity(whole.len());
        for line in lines {
            kept.extend(self.line(state, line)?);
        }
        frame::write(out, client::COPY_DATA, &[&kept]);
        Ok(())
    }

    /// One line, with what ends it; or any number, where no field is meant.
    fn line(&self, state: &SessionRedaction, line: &[u8]) -> Result<Vec<u8>, Cut> {
        let places = match &state.copy {
            Some(Copy::Fields(places)) => places,
            Some(Copy::Unreadable) => return Err(Cut::Unredactable),
            Some(Copy::Patterns) | None => {
                return Ok(line.split_inclusive(|b| *b == b'\n').flat_map(|line| self.matched_bytes(line)).collect());
            }
        };
        let (fields, end) = lines::fields(line);
        if fields == [b"\\."] {
            return Ok(line.to_vec());
        }
        // With another number of fields, or a backslash that may be none, places are not what they seem.
        let places = places.as_ref().filter(|places| places.count == fields.len() && !lines::is_doubtful(line));
        let one = |(place, field): (usize, &&[u8])| {
            if *field == b"\\N" || places.is_some_and(|places| !places.meant.contains(&place)) {
                return self.matched_bytes(field);
            }
            let (text, is_utf8) = read(field);
            written(&self.pseudonyms.text(&lines::without_escapes(&text)), is_utf8)
        };
        let kept: Vec<Vec<u8>> = fields.iter().enumerate().map(one).collect();
        Ok([kept.join(&b'\t'), end.to_vec()].concat())
    }
}

/// A text of a frame without its statements about passwords of roles; `None` where it has none.
pub fn without_passwords(text: &[u8]) -> Option<Vec<u8>> {
    let (text, is_utf8) = read(text);
    without_role_passwords(&text).map(|kept| written(&kept, is_utf8))
}

/// Whether the strings may end elsewhere for the server: a backslash before a quote may be an escape.
fn is_ambiguous(lexed: &Lexed<'_>) -> bool {
    let ends = |text: &str| text.starts_with('\'') && text.contains("\\'");
    (0..lexed.lexemes.len()).any(|at| ends(lexed.at_text(at)))
}

/// The text between two lexemes. If a rule applies, without comments, except the one that replaces a statement.
fn without_comment(gap: &str, is_about: bool) -> &str {
    match is_about && !gap.trim().is_empty() {
        true if gap.contains(LEFT_OUT) => LEFT_OUT,
        // Adjacent strings are joined only across a line break, so it has to stay.
        true => "\n",
        false => gap,
    }
}

/// The pseudonym of a value in binary format, of its declared type or of the type that its bytes suggest (PostgreSQL source, the `*_recv` functions).
fn binary(pseudonyms: &Pseudonyms, oid: u32, value: &[u8], text: Option<&str>) -> Option<Vec<u8>> {
    let integer = |least: i64, most: i64, size: usize| {
        let wide = value.iter().fold(if value.first()? & 0x80 == 0 { 0 } else { -1 }, |n: i64, b| n << 8 | i64::from(*b));
        Some(pseudonyms.integer(wide, least, most).to_be_bytes()[8 - size..].to_vec())
    };
    match (oid, value.len()) {
        (16, 1) => Some(vec![pseudonyms.bytes(&[], 1)[0] & 1 ^ value[0]]),
        (17, length) => Some(pseudonyms.bytes(value, length)),
        (2950, 16) => Some(pseudonyms.bytes(value, 16)),
        (21, 2) => integer(i16::MIN.into(), i16::MAX.into(), 2),
        (23 | 26 | 1082, 4) => integer(i32::MIN.into(), i32::MAX.into(), 4),
        (20 | 1114 | 1184, 8) => integer(i64::MIN, i64::MAX, 8),
        (18 | 19 | 25 | 1042 | 1043 | 114, _) => text.map(|text| pseudonyms.text(text).into_bytes()),
        (1700, _) => numeric(pseudonyms, value),
        // Not declared: the server infers the type, which is not known here.
        (0, _) if text.is_some() => text.map(|text| pseudonyms.text(text).into_bytes()),
        (0, 2) => integer(i16::MIN.into(), i16::MAX.into(), 2),
        (0, 4) => integer(i32::MIN.into(), i32::MAX.into(), 4),
        (0, 8) => integer(i64::MIN, i64::MAX, 8),
        (0, 16) => Some(pseudonyms.bytes(value, 16)),
        (0, _) => numeric(pseudonyms, value),
        _ => None,
    }
}

/// The digits of a numeric: groups to the base 10,000 after a head of four words.
fn numeric(pseudonyms: &Pseudonyms, value: &[u8]) -> Option<Vec<u8>> {
    let (head, groups) = value.split_at_checked(8)?;
    let word = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
    let is_one = usize::from(word(&head[..2])) * 2 == groups.len() && groups.chunks_exact(2).all(|group| word(group) < 10_000);
    if !is_one || groups.is_empty() {
        return None;
    }
    let digits: String = groups.chunks_exact(2).map(|group| format!("{:04}", word(group))).collect();
    let first = digits.len() - digits.trim_start_matches('0').len();
    let hidden = format!("{}{}", &digits[..first], pseudonyms.text(&digits[first..]));
    let groups = (0..hidden.len() / 4).flat_map(|i| hidden[i * 4..i * 4 + 4].parse::<u16>().unwrap_or(0).to_be_bytes());
    Some(head.iter().copied().chain(groups).collect())
}

/// A count of words, then the words.
fn list(bytes: &[u8], size: usize) -> Option<(Vec<&[u8]>, &[u8])> {
    let (count, rest) = bytes.split_first_chunk::<2>()?;
    let (words, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*count)) * size)?;
    Some((words.chunks_exact(size).collect(), rest))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, b| n << 8 | u32::from(*b))
}

/// Bytes as text: as UTF-8 if they are valid, otherwise byte by byte as Latin-1.
fn read(bytes: &[u8]) -> (String, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), true),
        Err(_) => (bytes.iter().map(|b| char::from(*b)).collect(), false),
    }
}

/// The reverse.
fn written(text: &str, is_utf8: bool) -> Vec<u8> {
    if is_utf8 { text.as_bytes().to_vec() } else { text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(rules: &[&str]) -> Redaction {
        // Always the same key: the pseudonym of a short value is the value itself by one key in ten.
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "5a".repeat(32)).unwrap();
        let key = Key::read(file.path()).unwrap();
        let rules: Vec<String> = rules.iter().map(|r| (*r).to_owned()).collect();
        Redaction::new(&rules, &key).unwrap()
    }

    fn framed(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        frame::write(&mut out, tag, parts);
        out
    }

    fn bind(name: &str, is_binary: bool, values: &[Option<&[u8]>]) -> Vec<u8> {
        let mut body = [b"\0", name.as_bytes(), &[0, 0, 1, 0, u8::from(is_binary)]].concat();
        body.extend((values.len() as u16).to_be_bytes());
        for value in values {
            body.extend(value.map_or(-1, |v| v.len() as i32).to_be_bytes());
            body.extend_from_slice(value.unwrap_or_default());
        }
        framed(client::BIND, &[&body, &[0, 0]])
    }

    #[test]
    fn rules_are_read_and_what_is_none_is_told() {
        let parse = |rule: &str| Rules::parse(&[rule.to_owned()]);
        for rule in ["usuario", "usuario.correo", "*.rfc", "/[0-9]{16}/"] {
            parse(rule).unwrap();
        }
        for rule in ["", "a.b.c", "*", "*.*", "a b", "/[/", "/x*/", ".a", "a."] {
            assert!(parse(rule).unwrap_err().to_string().starts_with("record.redact: "), "{rule}");
        }
    }

    #[test]
    fn parameters_are_found_by_the_statement_that_they_are_bound_to() {
        let redaction = redaction(&["usuario.correo", "/[0-9]{16}/"]);
        let mut state = SessionRedaction::default();
        let parse = framed(
            client::PARSE,
            &[b"s\0", b"INSERT INTO usuario (id, correo) VALUES ($1, $2)\0", &[0, 2], &[0, 0, 0, 23], &[0; 4]],
        );
        assert_eq!(redaction.frames(&mut state, parse.clone()).unwrap(), parse);
        let sent = bind("s", false, &[Some(b"7"), Some(b"ana@cea.mx")]);
        let kept = redaction.frames(&mut state, sent.clone()).unwrap();
        assert_eq!((kept.len(), memchr::memmem::find(&kept, b"ana")), (sent.len(), None));
        assert_eq!(kept, redaction.frames(&mut state, sent).unwrap());
        let other = bind("", false, &[Some(b"card 1234567812345678."), None]);
        let kept = redaction.frames(&mut state, other).unwrap();
        assert!(memchr::memmem::find(&kept, b"card ").is_some() && memchr::memmem::find(&kept, b"12345678").is_none());
        // Binary values of undeclared types: text, an integer, and NULL for an unrecognised one.
        let kept = redaction.frames(&mut state, bind("s", true, &[Some(&[0, 0, 0, 7]), Some("ana@cea.mx".as_bytes())])).unwrap();
        assert!(memchr::memmem::find(&kept, &[0, 0, 0, 7]).is_some() && memchr::memmem::find(&kept, b"ana").is_none());
        let kept = redaction.frames(&mut state, bind("s", true, &[None, Some(&[1, 2, 3])])).unwrap();
        assert!(memchr::memmem::find(&kept, &[1, 2, 3]).is_none());
    }

    #[test]
    fn texts_keep_all_but_the_values() {
        let redaction = redaction(&["usuario.correo", "/[0-9]{16}/", "secreto"]);
        let mut state = SessionRedaction::default();
        let mut kept = |text: &[u8]| {
            let frames = redaction.frames(&mut state, framed(client::QUERY, &[text, &[0]]))?;
            Ok::<_, Cut>(String::from_utf8_lossy(&frames[HEADER_BYTES..frames.len() - 1]).into_owned())
        };
        let plain = "SELECT 'ana' FROM cliente -- año\n WHERE x = E'a\\nb'";
        assert_eq!(kept(plain.as_bytes()).unwrap(), plain);
        let text = kept(b"/* 1234567812345678 */ UPDATE usuario SET correo = 'ana''s' WHERE id = 3").unwrap();
        assert!(text.ends_with("' WHERE id = 3") && !text.contains("ana") && !text.contains("12345678"), "{text}");
        let latin1 = kept(b"UPDATE usuario SET correo = 'pe\xf1a' WHERE nombre = '\xe1na'").unwrap();
        assert!(!latin1.contains("pe") && latin1.contains("\u{fffd}na"), "{latin1}");
        // A constant in two pieces.
        let text = kept(b"SELECT '12345678' -- and\n '12345678', 'x'\n'y'").unwrap();
        assert!(!text.contains("12345678") && text.contains("'x'\n'y'"), "{text}");
        // PREPARE and EXECUTE.
        kept(b"PREPARE p AS UPDATE usuario SET correo = $1 WHERE id = $2").unwrap();
        assert!(!kept(b"EXECUTE p('ana', 77)").unwrap().contains("ana"));
        assert!(kept(b"EXECUTE q('ana')").unwrap().contains("ana"));
        // Text that cannot be parsed is recorded where no rule applies.
        assert!(kept(b"SELECT 'unterminated").is_ok());
        assert_eq!(kept(b"SELECT 'x' FROM secreto WHERE a = 'unterminated"), Err(Cut::Unredactable));
        assert_eq!(redaction.frames(&mut state, framed(client::FUNCTION_CALL, &[&[0; 8]])), Err(Cut::Unredactable));
    }

    #[test]
    fn passwords_of_roles_are_taken_out_without_a_rule() {
        let redaction = redaction(&[]);
        let mut state = SessionRedaction::default();
        let mut kept = |text: &str| {
            let frames = redaction.frames(&mut state, framed(client::QUERY, &[text.as_bytes(), &[0]]))?;
            Ok::<_, Cut>(String::from_utf8_lossy(&frames).into_owned())
        };
        assert!(!kept("ALTER ROLE ana WITH Password 'hunter2' LOGIN").unwrap().contains("hunter2"));
        assert!(kept("SELECT 'x' FROM t WHERE password = 'y'").unwrap().contains("'y'"), "that is a rule's");
        assert_eq!(kept("ALTER ROLE ana PASSWORD 'hunter2"), Err(Cut::Unredactable));
        for text in [
            "/* password hunter2 */ CREATE USER ana PASSWORD 'hun' -- password hunter2\n 'ter2' VALID UNTIL '2030-01-01'",
            "DO $$BEGIN EXECUTE 'create role ana password ''hunter2'''; END$$",
            "DO $a$BEGIN EXECUTE $b$ DO 'BEGIN ALTER ROLE ana PASSWORD ''hunter2''; END' $b$; END$a$",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'ALTER ROLE ana PASSWORD ''hunter2'''",
            "SELECT dblink_exec('host=x password=hunter2', 'alter role ana password ''hunter2''')",
            "SELECT dblink_exec('c', E'alter role ana p\\x61ssword ''hunter2''')",
            "SELECT format('alter role ana password %L', 'hunter2')",
            "CREATE SUBSCRIPTION s CONNECTION 'password=hunter2' PUBLICATION p",
            "CREATE USER MAPPING FOR ana SERVER s OPTIONS (user 'hunter2', password 'hunter2')",
            "NOTIFY c, 'password hunter2'",
            "SET my.password TO hunter2",
            "SET app.Token = 'hunter2'",
            "SELECT set_config('app.api_key', 'hunter2', false)",
            "SELECT http_get('https://x/?secret=hunter2')",
            "SET app.\"contraseña\" TO 'hunter2'",
            "SET LOCAL my.\"Password\" = \"hunter2\"",
            "ALTER DATABASE aqua SET my.password TO hunter2",
            "CREATE FUNCTION f() RETURNS void LANGUAGE sql SET my.password TO hunter2 AS 'x'",
            "DO $$BEGIN SET my.password TO hunter2; EXECUTE 'set my.password to hunter2'; END$$",
        ] {
            let told = kept(text).unwrap();
            assert!(!told.contains("hun") && !told.contains("ter2"), "{told}");
        }
        let left_out = kept("BEGIN; ALTER ROLE ana PASSWORD 'hunter2'; COMMIT").unwrap();
        assert!(left_out.contains(&format!("BEGIN; {LEFT_OUT}; COMMIT")), "{left_out}");
    }

    #[test]
    fn a_password_is_no_option_either() {
        let redaction = redaction(&[]);
        let pair = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let kept = redaction.startup(vec![
            pair("user", "password"),
            pair("options", "-c my.password=hunter2 -c geqo=off"),
            pair("my.password", "hunter2"),
            pair("application_name", "psql password=hunter2"),
            pair("client_encoding", "UTF8"),
        ]);
        let values: Vec<String> = kept.into_iter().map(|(_, value)| String::from_utf8(value).unwrap()).collect();
        assert!(values.iter().all(|value| !value.contains("hunter2")), "{values:?}");
        assert!(values[1].starts_with("-c my.password=") && values[1].ends_with(" -c geqo=off"), "{values:?}");
        assert_eq!((values[0].as_str(), values[4].as_str()), ("password", "UTF8"));
    }

    #[test]
    fn a_password_is_no_parameter_either() {
        let redaction = redaction(&[]);
        let mut state = SessionRedaction::default();
        let parse = framed(client::PARSE, &[b"s\0SELECT format('alter role %I password %L', $1, $2)\0", &[0, 0]]);
        redaction.frames(&mut state, parse).unwrap();
        for (name, values) in [("s", [&b"ana"[..], b"hunter2"]), ("t", [b"alter role ana password 'hunter2'", b"x"])] {
            let kept = redaction.frames(&mut state, bind(name, false, &values.map(Some))).unwrap();
            assert!(memchr::memmem::find(&kept, b"hunter2").is_none(), "{name}");
        }
        let call = framed(client::FUNCTION_CALL, &[b"password"]);
        assert_eq!(redaction.frames(&mut state, call), Err(Cut::Unredactable));
    }

    #[test]
    fn code_keeps_its_words_and_what_a_session_makes_is_remembered() {
        let redaction = redaction(&["usuario.usudesc", "*.husulogin"]);
        let mut state = SessionRedaction::default();
        let mut kept = |text: &str| {
            let frames = redaction.frames(&mut state, framed(client::QUERY, &[text.as_bytes(), &[0]]))?;
            Ok::<_, Cut>(String::from_utf8_lossy(&frames[HEADER_BYTES..frames.len() - 1]).into_owned())
        };
        let body = "DO $$ BEGIN /* SECRETO */ EXECUTE 'update usuario set usudesc = ''SECRETO'' limit 1'; END $$";
        let told = kept(body).unwrap();
        assert!(
            told.contains("update usuario set usudesc = ''") && told.contains("limit 1") && !told.contains("SECRETO"),
            "{told}"
        );
        for text in [
            "CREATE TEMP VIEW vv AS SELECT usudesc AS dd FROM usuario",
            "SELECT 1 FROM vv WHERE dd = 'SECRETO'",
            "SELECT usudesc INTO TEMP tt FROM usuario",
            "UPDATE tt SET a = 'SECRETO'",
            "CREATE FUNCTION pg_temp.g(t text) RETURNS int LANGUAGE sql AS 'SELECT 1 FROM usuario WHERE usudesc=''SECRETO'''",
            "SELECT pg_temp.g('SECRETO')",
            "CREATE FUNCTION h() RETURNS int LANGUAGE plpython3u AS 'x = \"SECRETO\" # usuario'",
            "SELECT usuid FROM usuario -- and usudesc = 'SECRETO'\n WHERE usuid = 3",
            "DO 'BEGIN UPDATE usuario SET a = ''x'\n'SECRETO'' WHERE b = ''x''; END'",
            "DO $$BEGIN EXECUTE E'update usu\\x61rio set a = ''SECRETO'''; END$$",
            "DO $$BEGIN EXECUTE 'update usuario set a = ' || quote_literal('SECRETO'); END$$",
            "SELECT f('update usuario set a = ' || $q$'SECRETO'$q$)",
            "PREPARE p AS SELECT 1 FROM usuario u WHERE u = $1",
            "EXECUTE p('SECRETO')",
            "EXPLAIN (ANALYZE) EXECUTE p('SECRETO')",
            "CREATE TEMP TABLE z AS EXECUTE p('SECRETO')",
            "INSERT INTO z VALUES ('SECRETO')",
            "CREATE TEMP TABLE z2 (LIKE z)",
            "ALTER TABLE z2 RENAME TO z3",
            "INSERT INTO z3 VALUES ('SECRETO')",
            "PREPARE q AS SELECT usudesc FROM usuario",
            "CREATE TABLE z4 AS EXECUTE q",
            "INSERT INTO z4 VALUES ('SECRETO')",
            "ALTER TABLE usuario RENAME COLUMN usudesc TO d",
            "UPDATE usuario SET d = 'SECRETO'",
            "DO $$ BEGIN CREATE TEMP TABLE z5 AS SELECT * FROM usuario; ALTER TABLE z5 RENAME TO z6; END $$",
            "INSERT INTO z6 VALUES ('SECRETO')",
            "DO $$ BEGIN CREATE TABLE z7 (a text); INSERT INTO z7 SELECT usudesc FROM usuario; EXECUTE 'alter table z7 rename to z8'; END $$",
            "UPDATE z8 SET a = 'SECRETO'",
            "CREATE PROCEDURE q() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE z9 AS TABLE usuario; END $$",
            "CALL q()",
            "SELECT 1 FROM z9 WHERE a = 'SECRETO'",
            "EXPLAIN ANALYZE SELECT * INTO z10 FROM usuario",
            "DELETE FROM z10 WHERE a = 'SECRETO'",
            "SELECT exec('create table z11 as select * from usuario')",
            "DELETE FROM z11 WHERE a = 'SECRETO'",
        ] {
            let told = kept(text).unwrap();
            assert!(!told.contains("SECRETO"), "{told}");
        }
        assert!(kept("SELECT 1 FROM otra WHERE dd = 'se queda' -- y esto").unwrap().ends_with("'se queda' -- y esto"));
        let told = kept("SELECT date_trunc('month', a) FROM usuario WHERE a > now() - interval '3 days'").unwrap();
        assert!(told.contains("'month'") && told.contains(" days'") && !told.contains("3 days"), "{told}");
        assert!(kept("SELECT a FROM usuario WHERE a > 1.5e10 * 2").unwrap().contains("e10 * "));
        assert_eq!(kept(r"SELECT 1 FROM usuario WHERE a = 'x\'SECRETO'"), Err(Cut::Unredactable));
        // What is made under a name that is put together can have any.
        kept("DO $$ BEGIN EXECUTE 'create table ' || 'ot' || 'ra as table usuario'; END $$").unwrap();
        assert!(!kept("SELECT 1 FROM otra WHERE dd = 'SECRETO'").unwrap().contains("SECRETO"));
    }

    #[test]
    fn a_statement_of_prepare_may_be_bound_and_a_copy_given_up() {
        let redaction = redaction(&["usuario", "/[0-9]{16}/"]);
        let mut state = SessionRedaction::default();
        let mut kept = |frame: Vec<u8>| String::from_utf8_lossy(&redaction.frames(&mut state, frame).unwrap()).into_owned();
        let query = |text: &str| framed(client::QUERY, &[text.as_bytes(), &[0]]);
        kept(query("PREPARE p AS INSERT INTO usuario VALUES ($1, $2)"));
        let told = kept(bind("p", false, &[Some(b"secret"), Some(b"hidden")]));
        assert!(!told.contains("secret") && !told.contains("hidden"), "{told}");
        kept(query("COPY otra FROM STDIN"));
        let told = kept(framed(client::COPY_FAIL, &[b"bad row 1234567812345678\0"]));
        assert!(told.contains("bad row ") && !told.contains("12345678"), "{told}");
        kept(query("COPY usuario FROM STDIN"));
        assert!(!kept(framed(client::COPY_FAIL, &[b"bad row secret\0"])).contains("secret"));
    }

    #[test]
    fn what_is_in_doubt_is_not_kept() {
        let redaction = redaction(&["Usuario.CORREO"]);
        let mut state = SessionRedaction::default();
        let mut kept = |frame: Vec<u8>| redaction.frames(&mut state, frame).map(|f| String::from_utf8_lossy(&f).into_owned());
        let query = |text: &str| framed(client::QUERY, &[text.as_bytes(), &[0]]);
        // With standard_conforming_strings off these are two strings, with a secret in each.
        assert_eq!(kept(query(r"UPDATE usuario SET correo = 'a\'secret', n = 'b\'c'")), Err(Cut::Unredactable));
        assert!(!kept(query(r"UPDATE USUARIO SET Correo = E'a\'secret'")).unwrap().contains("secret"));
        // A statement under a name that is taken is refused, and the earlier one is bound.
        let parse = |text: &str| framed(client::PARSE, &[b"s\0", text.as_bytes(), &[0, 0, 0]]);
        kept(parse("SELECT 1 FROM usuario WHERE correo = $1")).unwrap();
        kept(parse("SELECT 1 FROM cliente WHERE id = $1")).unwrap();
        assert!(!kept(bind("s", false, &[Some(b"secret")])).unwrap().contains("secret"));
        kept(framed(client::CLOSE, &[b"Ss\0"])).unwrap();
        kept(parse("SELECT 1 FROM cliente WHERE id = $1")).unwrap();
        assert!(kept(bind("s", false, &[Some(b"known")])).unwrap().contains("known"));
    }

    /// What a session sends, as letters with what stands behind them, and how its stretches end: `Z` well, `!` with an error.
    fn conversation(redaction: &Redaction, state: &mut SessionRedaction, said: &[(char, &str)]) -> String {
        let mut kept = Vec::new();
        for (letter, text) in said {
            let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
            let frame = match letter {
                'Z' | '!' => {
                    state.answered(b'I', *letter == '!');
                    continue;
                }
                'G' => {
                    state.copy_begins();
                    continue;
                }
                'Q' => framed(client::QUERY, &[text.as_bytes(), &[0]]),
                'P' => framed(client::PARSE, &[name.as_bytes(), &[0], rest.as_bytes(), &[0, 0, 0]]),
                'B' => bind(name, false, &rest.split(' ').map(|value| Some(value.as_bytes())).collect::<Vec<_>>()),
                'C' => framed(client::CLOSE, &[b"S", name.as_bytes(), &[0]]),
                'd' => framed(client::COPY_DATA, &[text.as_bytes()]),
                'c' => framed(client::COPY_DONE, &[]),
                'E' => framed(client::EXECUTE, &[&[0; 5]]),
                _ => framed(client::SYNC, &[]),
            };
            kept.extend(redaction.frames(state, frame).unwrap());
        }
        String::from_utf8_lossy(&kept).into_owned()
    }

    const RULED: &str = "SELECT * FROM usuario WHERE correo = $1";
    const OTHER: &str = "SELECT * FROM cliente WHERE id = $1";

    #[test]
    fn a_name_stands_for_all_that_it_may_stand_for() {
        let redaction = redaction(&["usuario.correo"]);
        let (ruled, other) = (format!("dd {RULED}"), format!("dd {OTHER}"));
        let (anew, unnamed) = (format!(" {RULED}"), format!(" {OTHER}"));
        let (by_sql, again) = (format!("PREPARE dd AS {RULED}"), format!("DEALLOCATE dd; PREPARE dd AS {OTHER}"));
        let long = "d".repeat(63);
        let (long_ruled, long_bound) = (format!("{long}a {RULED}"), format!("{long}b secret"));
        let hidden: [&[(char, &str)]; 12] = [
            // Closed, in a stretch that went well, in one that did not, and in one of which nothing is known.
            &[('Z', ""), ('P', &ruled), ('S', ""), ('Z', ""), ('C', "dd"), ('S', ""), ('Z', ""), ('B', "dd secret")],
            &[('Z', ""), ('P', &ruled), ('S', ""), ('Z', ""), ('C', "dd"), ('S', ""), ('!', ""), ('B', "dd secret")],
            &[('P', &ruled), ('C', "dd"), ('B', "dd secret")],
            // A Close that the server skips, and with it the Parse behind it.
            &[
                ('Z', ""),
                ('P', &ruled),
                ('S', ""),
                ('Z', ""),
                ('P', "x SELECT 1/0"),
                ('B', "x 1"),
                ('E', ""),
                ('C', "dd"),
                ('S', ""),
                ('!', ""),
                ('B', "dd secret"),
            ],
            &[
                ('Z', ""),
                ('P', &ruled),
                ('S', ""),
                ('Z', ""),
                ('C', "dd"),
                ('P', &other),
                ('S', ""),
                ('!', ""),
                ('B', "dd secret"),
            ],
            &[('Z', ""), ('P', &ruled), ('S', ""), ('Z', ""), ('C', "dd"), ('P', &other), ('S', ""), ('B', "dd secret")],
            // One that was sent behind another stretch whose end came first.
            &[
                ('Z', ""),
                ('P', &ruled),
                ('S', ""),
                ('C', "dd"),
                ('P', &other),
                ('S', ""),
                ('Z', ""),
                ('B', "dd secret"),
                ('S', ""),
                ('!', ""),
                ('Z', ""),
            ],
            // The unnamed one, and one by SQL, whose DEALLOCATE fails.
            &[('Z', ""), ('P', &anew), ('S', ""), ('Z', ""), ('P', &unnamed), ('S', ""), ('!', ""), ('B', " secret")],
            &[('Z', ""), ('Q', &by_sql), ('Z', ""), ('Q', &again), ('!', ""), ('B', "dd secret")],
            &[('Z', ""), ('Q', &by_sql), ('Z', ""), ('P', &other), ('S', ""), ('!', ""), ('Q', "EXECUTE dd('secret')")],
            &[('P', &long_ruled), ('S', ""), ('B', &long_bound)],
            // A Sync that a COPY passes over, or may.
            &[
                ('Z', ""),
                ('P', &ruled),
                ('S', ""),
                ('Z', ""),
                ('P', "c COPY cliente FROM STDIN"),
                ('B', "c 1"),
                ('E', ""),
                ('S', ""),
                ('G', ""),
                ('d', "x\n"),
                ('S', ""),
                ('C', "dd"),
                ('P', &other),
                ('S', ""),
                ('Z', ""),
                ('B', "dd secret"),
            ],
        ];
        for said in hidden {
            let told = conversation(&redaction, &mut SessionRedaction::default(), said);
            assert!(!told.contains("secret"), "{said:?}: {told}");
        }
        let kept: [&[(char, &str)]; 5] = [
            &[
                ('Z', ""),
                ('P', &ruled),
                ('S', ""),
                ('Z', ""),
                ('C', "dd"),
                ('P', &other),
                ('S', ""),
                ('Z', ""),
                ('B', "dd known"),
            ],
            &[('Z', ""), ('P', &ruled), ('S', ""), ('Z', ""), ('C', "dd"), ('P', &other), ('B', "dd known")],
            &[('Z', ""), ('P', &anew), ('S', ""), ('Z', ""), ('P', &unnamed), ('B', " known")],
            &[('Z', ""), ('P', &anew), ('S', ""), ('!', ""), ('P', &unnamed), ('S', ""), ('Z', ""), ('B', " known")],
            &[('Z', ""), ('P', &ruled), ('S', ""), ('Z', ""), ('C', "dd"), ('S', ""), ('Z', ""), ('B', "ee known")],
        ];
        for said in kept {
            let told = conversation(&redaction, &mut SessionRedaction::default(), said);
            assert!(told.contains("known"), "{said:?}: {told}");
        }
    }

    #[test]
    fn a_session_with_too_many_names_has_the_parameters_of_all_others_hidden() {
        let redaction = redaction(&["usuario.correo"]);
        let mut state = SessionRedaction::default();
        for n in 0..=10_000 {
            conversation(&redaction, &mut state, &[('P', &format!("s{n} {RULED}"))]);
        }
        let told = conversation(&redaction, &mut state, &[('B', "s10000 secret"), ('Q', "EXECUTE s10000('secret')")]);
        assert!(!told.contains("secret"), "{told}");
    }

    #[test]
    fn an_escape_does_not_end_a_field_or_a_line() {
        let redaction = redaction(&["usuario.correo", "/[0-9]{16}/"]);
        let copy = ('Q', "COPY usuario (id, correo, n) FROM STDIN");
        let hidden: [&[(char, &str)]; 9] = [
            &[copy, ('d', "1\ta\\\tsecret\tx\n"), ('c', "")],
            &[copy, ('d', "1\ta\\\nsecret\tx\n"), ('c', "")],
            &[copy, ('d', "1\ta\\"), ('d', "\nsecret\tx\n2\tb\\"), ('d', "\tsecret\ty\n"), ('c', "")],
            &[copy, ('d', "1\ta\\\\\\\nsecret\tx"), ('c', "")],
            // Another end of line, another number of fields, a backslash that may belong to a character of two bytes.
            &[copy, ('d', "1\tsecret\tx\r2\tsecret\ty\r"), ('c', "")],
            &[copy, ('d', "1\tx\tsecret\ty\n"), ('c', "")],
            &[copy, ('d', "ñ\\\tx\tsecret\ty\n"), ('c', "")],
            // Two in one text, and one of several that are bound.
            &[('Q', "COPY usuario (id, correo) FROM STDIN; COPY cliente (a, b) FROM STDIN"), ('d', "1\tsecret\n"), ('c', "")],
            &[
                ('P', "p COPY usuario (id, correo) FROM STDIN"),
                ('P', "q COPY cliente FROM STDIN"),
                ('B', "p 1"),
                ('B', "q 1"),
                ('E', ""),
                ('d', "1\tsecret\n"),
            ],
        ];
        for said in hidden {
            let told = conversation(&redaction, &mut SessionRedaction::default(), said);
            assert!(!told.contains("secret"), "{said:?}: {told}");
        }
        let mut state = SessionRedaction::default();
        let told = conversation(&redaction, &mut state, &[copy, ('d', "id\\\t7\ta\\\tb\\\nc\tkn\\\nown\r\n\\.\n"), ('c', "")]);
        assert!(told.contains("id\\\t7\t") && told.contains("\tkn\\\nown\r\n\\.\n"), "{told:?}");
        assert_eq!(told.matches('\t').count(), 3, "the others are hidden as they are written: {told:?}");
        // What is in another format is not kept.
        for text in ["CSV", "(FORMAT csv, ESCAPE '!')", "CSV QUOTE '\"' ESCAPE 'x'", "(FORMAT 'csv')", "DELIMITER ','", "BINARY"]
        {
            let mut state = SessionRedaction::default();
            conversation(&redaction, &mut state, &[('Q', &format!("COPY usuario (id, correo, n) FROM STDIN {text}"))]);
            let row = framed(client::COPY_DATA, &[b"1,\"a\nsecret\",x\n"]);
            assert_eq!(redaction.frames(&mut state, row), Err(Cut::Unredactable), "{text}");
        }
        // Of another table all rows are looked at for patterns, whatever their format is.
        let said =
            [('Q', "COPY cliente FROM STDIN CSV"), ('d', "1,\"1234567812345678\n1234567812345678"), ('d', "\"\n"), ('c', "")];
        assert!(!conversation(&redaction, &mut SessionRedaction::default(), &said).contains("1234567812345678"));
    }

    #[test]
    fn without_a_rule_rows_are_kept_as_they_came() {
        let redaction = redaction(&[]);
        let mut state = SessionRedaction::default();
        for piece in [&b"my password\nhalf a "[..], b"line\n"] {
            let frame = framed(client::COPY_DATA, &[piece]);
            assert_eq!(redaction.frames(&mut state, frame.clone()).unwrap(), frame);
        }
    }

    #[test]
    fn lines_of_copy_are_put_together_first() {
        let redaction = redaction(&["usuario.correo"]);
        let mut state = SessionRedaction::default();
        let query = |text: &[u8]| framed(client::QUERY, &[text, &[0]]);
        redaction.frames(&mut state, query(b"COPY usuario (id, correo, n) FROM STDIN")).unwrap();
        let mut kept = Vec::new();
        for piece in [&b"1\tana@ce"[..], b"a.mx\tx\n2\t\\N\ty\n3\tev", b"a\tz"] {
            kept.extend(redaction.frames(&mut state, framed(client::COPY_DATA, &[piece])).unwrap());
        }
        kept.extend(redaction.frames(&mut state, framed(client::COPY_DONE, &[])).unwrap());
        let text = String::from_utf8_lossy(&kept);
        assert!(!text.contains("ana") && !text.contains("eva"), "{text:?}");
        assert!(text.contains("\tx\n2\t\\N\ty\n") && text.contains("\tz"), "{text:?}");
        redaction.frames(&mut state, query(b"COPY usuario (id, correo) FROM STDIN CSV")).unwrap();
        assert_eq!(redaction.frames(&mut state, framed(client::COPY_DATA, &[b"1,ana"])), Err(Cut::Unredactable));
    }

    #[test]
    fn numbers_in_binary_keep_their_form() {
        let redaction = redaction(&["x"]);
        // 12345.60, as the server sends it.
        let number = [0, 3, 0, 1, 0, 0, 0, 2, 0, 1, 9, 41, 23, 112];
        let hidden = binary(&redaction.pseudonyms, 1700, &number, None).unwrap();
        assert_eq!((hidden.len(), &hidden[..8]), (14, &number[..8]));
        assert!(hidden != number && hidden[8..].chunks_exact(2).all(|g| u16::from_be_bytes([g[0], g[1]]) < 10_000));
        assert_eq!(binary(&redaction.pseudonyms, 23, &[255, 255, 255, 251], None).unwrap()[0], 255, "a sign stays");
        assert_eq!(binary(&redaction.pseudonyms, 600, &[0; 16], None), None);
    }
}
