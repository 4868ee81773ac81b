//! COPY: out of the relation's SELECT, into the view that stands in schema `esclusa` under the same name, whose trigger writes the
//! new table. COPY cannot read from a sub-select into which rows are inserted, and a view with a trigger counts its rows.

use sqlparser::tokenizer::Token;

use super::splice::Edit;
use super::{Entry, Work};
use crate::sql::Span;
use crate::sql::quote::{ident, qualified};

impl Work<'_, '_> {
    pub(super) fn copy_to(&mut self, index: usize, entry: &Entry) {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        if relation.is_retained() && columns.is_some() {
            return;
        }
        let named = |i: usize| columns.as_ref().is_none_or(|c| c.contains(&relation.columns[i].name));
        let select = relation.select(&named, &[], "");
        // A column list may have an order of its own; without one the heap's order is what a dump shows.
        let (list, from) = match &columns {
            Some(columns) => (
                columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", "),
                format!("({select}) AS {}", ident(&relation.table)),
            ),
            None => {
                let order = relation.order.map_or(String::new(), |o| format!(" ORDER BY {o}"));
                self.edits.push(Edit::replace(span, format!("({select}{order})")));
                return;
            }
        };
        self.edits.push(Edit::replace(span, format!("(SELECT {list} FROM {from})")));
    }

    pub(super) fn copy_from(&mut self, index: usize, entry: &Entry) {
        let relation = &entry.relation;
        let (span, columns) = self.copy_target(index);
        if !relation.is_retained() {
            let name = self.shape.references[index].name.span();
            self.edits.push(Edit::replace(name, qualified("esclusa", &relation.table)));
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
