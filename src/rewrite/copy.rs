//! COPY: out of a SELECT from the relation's view, in the order of the leaf, which is that of the legacy heap; into the view itself, whose
//! trigger writes the leaf and counts its rows.

use sqlparser::tokenizer::Token;

use super::policy::Entry;
use super::refuse::Refusal;
use super::splice::Edit;
use super::work::Work;
use crate::sql::Span;
use crate::sql::quote::ident;

impl Work<'_, '_> {
    pub(super) fn copy_to(&mut self, index: usize, entry: &Entry) -> Result<(), Refusal> {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        // The table is there and answers for its columns: pg_dump names those of ours too, which the catalog shows.
        if relation.is_retained() && columns.is_some() {
            return Ok(());
        }
        // A SELECT would say it otherwise, or take a column twice (source, copy.c, CopyGetAttnums, which tells no place).
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
        Ok(())
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
