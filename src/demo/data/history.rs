//! The rows of a history table: its base's rows over time, with a user and a stamp on each.
//!
//! A history is not just another table: the consolidation must not lose how its rows relate to the
//! base, to each other (some are exact duplicates) and to the clock. It does not simulate the life of
//! single rows: the next base row is chosen at random.

use std::collections::BTreeMap;

use super::filled::{Filled, Row};
use super::sizes::Sizes;
use super::values::{Cell, Field, Kind, Values, fit};
use crate::catalog::Table;
use crate::rule::plan::{Plan, PlanRow};

/// Every row whose number is a multiple of this repeats the row before it, because no primary key forbids that.
pub(super) const DUPLICATE_EVERY: usize = 17;

/// A history table and its data in the plan.
pub(super) struct History<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a PlanRow,
}

/// The source of the values of a history's column.
enum Source {
    /// The user who made the change.
    User,
    /// When it was made.
    Time,
    /// A column of the base: always for the record key, else in four rows of five.
    Base { column: usize, is_key: bool },
    /// A random value.
    Own,
}

impl<'a> History<'a> {
    /// Makes the rows, in the order of their stamps.
    pub(super) fn fill(&self, base: Option<&Filled>, plan: &Plan, sizes: &Sizes) -> Filled<'a> {
        let fields = Field::all(self.table);
        let base_fields = base.map_or_else(Vec::new, |base| Field::all(base.table));
        let base_rows = base.map_or(&[][..], |base| &base.rows);
        let sources = self.sources(&fields, &base_fields, plan);
        let mut values = Values::new(sizes, &self.table.name);
        let mut stamps: Vec<String> = (0..sizes.rows).map(|_| values.timestamp()).collect();
        stamps.sort_unstable();
        let mut rows: Vec<Row> = Vec::with_capacity(sizes.rows);
        for stamp in &stamps {
            let duplicate = (rows.len() + 1).is_multiple_of(DUPLICATE_EVERY);
            if duplicate && let Some(last) = rows.last().cloned() {
                rows.push(last);
                continue;
            }
            let base_row = values.one_of(base_rows);
            let cell = |(field, source)| history_cell(field, source, stamp, base_row, &mut values);
            rows.push(fields.iter().zip(&sources).map(cell).collect());
        }
        Filled::new(self.table, rows)
    }

    /// The source of each column, in order.
    fn sources(&self, fields: &[Field], base_fields: &[Field], plan: &Plan) -> Vec<Source> {
        let of_this = plan.map.iter().filter(|(history, ..)| *history == self.table.name);
        let base_names: BTreeMap<&str, &str> = of_this.map(|(_, own, base)| (own.as_str(), base.as_str())).collect();
        let user = stamp_column(self.row.get("history_user_column"));
        let time = stamp_column(self.row.get("history_time_column"));
        let key = column_names(self.row.get("his_record_key"));
        let mirrored = |field: &Field| {
            let name = base_names.get(field.name)?;
            let column = base_fields.iter().position(|base| base.name == *name)?;
            field.kind.takes(base_fields[column].kind).then_some(column)
        };
        let source = |field: &Field| {
            let is_text = matches!(field.kind, Kind::Text { .. });
            let is_key = key.contains(&field.name);
            match mirrored(field) {
                _ if field.name == time => Source::Time,
                _ if field.name == user && is_text => Source::User,
                Some(column) => Source::Base { column, is_key },
                None => Source::Own,
            }
        };
        fields.iter().map(source).collect()
    }
}

/// The first column in a note such as `[hcmffini|hcmffin]`: brackets mark a guess, bars
/// alternatives.
fn stamp_column(note: &str) -> &str {
    let columns = note.trim_matches(['[', ']']);
    columns.split_once('|').map_or(columns, |(first, _)| first)
}

fn history_cell(field: &Field, source: &Source, stamp: &str, base_row: Option<&Row>, values: &mut Values) -> Cell {
    match *source {
        Source::User | Source::Time if field.nullable && values.chance(3) => None,
        Source::Time if field.kind == Kind::Timestamp => Some(stamp.to_owned()),
        Source::Time => Some(values.value(field)),
        Source::User if values.chance(2) => Some(" ".to_owned()),
        Source::User => Some(fit(values.user(), field.limit())),
        Source::Base { column, is_key } if is_key || values.chance(80) => match base_row.and_then(|row| row.get(column)) {
            Some(Some(text)) => Some(fit(text, field.limit())),
            Some(None) if field.nullable => None,
            _ => values.cell(field),
        },
        Source::Base { .. } | Source::Own => values.cell(field),
    }
}

/// The column names in a list such as `tpforigen+tpfopera`.
pub(super) fn column_names(list: &str) -> Vec<&str> {
    list.split('+').filter(|name| !name.is_empty()).collect()
}
