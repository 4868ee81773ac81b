//! COPY: out of a SELECT from the relation's view, in the order of the leaf, which is that of the legacy heap; into the view itself, whose
//! trigger writes the leaf and counts its rows.

use sqlparser::tokenizer::Token;

use super::splice::Edit;
use super::{Entry, Work};
use crate::sql::Span;
use crate::sql::quote::ident;

impl Work<'_, '_> {
    pub(super) fn copy_to(&mut self, index: usize, entry: &Entry) {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        if relation.is_retained() && columns.is_some() {
            return;
        }
        let list = columns.map_or_else(
            || relation.columns.iter().map(|c| ident(&c.name)).collect::<Vec<_>>().join(", "),
            |columns| columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", "),
        );
        let from = if relation.is_retained() { relation.rows() } else { relation.view() };
        self.edits.push(Edit::replace(span, format!("(SELECT {list} FROM {from})")));
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
