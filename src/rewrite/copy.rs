//! COPY TO becomes one of a SELECT from the relation's view, in the order of the leaf, which is that of the legacy heap; COPY FROM
//! writes the view, whose trigger writes the leaf and counts its rows. Options that only a table may have in older syntaxes move to
//! the options of a query.

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::sql;
use crate::sql::Span;
use crate::sql::quote::ident;
use crate::sql::template::Sql;
use crate::sql::token::Lexeme;

impl Work<'_, '_> {
    pub(super) fn copy_to(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        // The grammar reports this before it looks for the table (source, gram.y, CopyStmt); for a query the error would be
        // another.
        let words = self.lexemes.clone().map(|at| &self.lexed.lexemes[at]).filter(|l| l.depth == 0 && l.span.start > span.end);
        let words: Vec<_> = words.collect();
        let unfinished = |pair: &[&Lexeme]| pair[0].is("USING") && !pair[1].is("DELIMITERS");
        if words.iter().any(|l| l.is("WHERE")) || words.windows(2).any(unfinished) || words.last().is_some_and(|l| l.is("USING"))
        {
            return Ok(());
        }
        // The table is still there. pg_dump names all columns that the catalog shows, ours too, so the table itself answers.
        if relation.is_retained() && columns.is_some() {
            return Ok(());
        }
        // In a SELECT the error would be another, and a column could be repeated (source, copy.c, CopyGetAttnums, whose errors have
        // no position).
        for (n, name) in columns.iter().flatten().enumerate() {
            let error = |code, message: String| Err(Refusal::legacy(code, message, None));
            if relation.position(name).is_none() {
                return error("42703", format!("column \"{name}\" of relation \"{}\" does not exist", relation.table));
            }
            if columns.iter().flatten().take(n).any(|other| other == name) {
                return error("42701", format!("column \"{name}\" specified more than once"));
            }
        }
        let list = columns.map_or_else(
            || relation.columns.iter().map(|c| ident(&c.name)).collect::<Vec<_>>().join(", "),
            |columns| columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", "),
        );
        let from = if relation.is_retained() { relation.rows() } else { relation.view() };
        self.edits.push(Edit::replace(span, format!("(SELECT {list} FROM {from})")));
        self.older_options(span);
        Ok(())
    }

    /// `COPY BINARY t TO ... [USING] DELIMITERS ';'` (source, gram.y, opt_binary and copy_delimiter) is not allowed with a query:
    /// these words become the first of its options. `table` is the table with its columns.
    fn older_options(&mut self, table: Span) {
        let (Some(first), Some(to)) = (self.lexeme_at(table.start), self.lexeme_behind(table.end)) else { return };
        let end = self.lexemes.end;
        let is = |at: usize, word: &str| at < end && self.lexed.lexemes[at].is(word);
        let binary = (is(first - 1, "BINARY") && is(first - 2, "COPY")).then_some(first - 1);
        // After TO comes PROGRAM and a string, a string, or a word.
        let file = to + 1 + usize::from(is(to + 1, "PROGRAM"));
        let behind = self.behind_string(file);
        let word = behind + usize::from(is(behind, "USING"));
        let delimiter = is(word, "DELIMITERS").then(|| word + 1..self.behind_string(word + 1));
        if binary.is_none() && delimiter.is_none() {
            return;
        }
        let mut next = delimiter.as_ref().map_or(behind, |d| d.end);
        next += usize::from(is(next, "WITH"));
        let listed = next < end && self.lexed.lexemes[next].is_token(&Token::LParen);
        next += usize::from(listed);
        let format = if listed { "FORMAT binary" } else { "BINARY" };
        let mut options: Vec<Sql> = binary.iter().map(|_| Sql::text(format)).collect();
        options.extend(delimiter.map(|d| sql!("DELIMITER {}", Sql::client(self.span_of(&d)))));
        let options = Sql::join(options, if listed { ", " } else { " " });
        let at = self.lexed.lexemes[behind - 1].span.end;
        let replaced = Span { start: at, end: if next > behind { self.lexed.lexemes[next - 1].span.end } else { at } };
        let options = if listed { sql!(" ({}, ", options) } else { sql!(" {}{}", options, if next < end { " " } else { "" }) };
        self.edits.push(Edit::replace(replaced, options));
        self.edits.extend(binary.map(|at| Edit::replace(self.lexed.lexemes[at].span, "")));
    }

    /// The lexeme after a string and its UESCAPE.
    fn behind_string(&self, at: usize) -> usize {
        let escaped = self.lexed.lexemes.get(at + 1).is_some_and(|l| l.is("UESCAPE"));
        (at + if escaped { 3 } else { 1 }).min(self.lexemes.end)
    }

    fn lexeme_behind(&self, byte: usize) -> Option<usize> {
        let at = self.lexed.lexemes.partition_point(|l| l.span.start < byte);
        (at < self.lexemes.end).then_some(at)
    }

    pub(super) fn copy_from(&mut self, index: usize, entry: &Entry) {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        if !relation.is_retained() {
            let name = self.shape.references[index].name.span();
            self.edits.push(Edit::replace(name, relation.view()));
        } else if columns.is_none() {
            let list: Vec<String> = relation.columns.iter().map(|c| ident(&c.name)).collect();
            self.edits.push(Edit::insert(span.end, format!(" ({})", list.join(", "))));
        }
    }

    /// The table's name with its column list, and the columns.
    fn copy_target(&self, index: usize) -> (Span, Option<Vec<String>>) {
        let name = self.shape.references[index].name.span();
        let behind = self.lexed.lexemes.partition_point(|l| l.span.start < name.end);
        let open = self.lexed.lexemes.get(behind).filter(|l| l.is_token(&Token::LParen));
        let close = open.and_then(|_| crate::sql::edit::closing(self.lexed, behind, self.lexemes.end));
        match close {
            Some(close) => {
                let columns = self.lexed.lexemes[behind + 1..close].iter().filter_map(|l| l.name()).collect();
                (name.to(self.lexed.lexemes[close].span), Some(columns))
            }
            None => (name, None),
        }
    }
}
