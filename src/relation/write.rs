//! What the columns of the new table are written with, by an INSERT, an UPDATE and the backfill; and checks that the legacy table
//! made and the new table does not.

use super::schemas::CONTROL;
use super::value::SqlType;
use super::{Field, Relation, Value};
use crate::sql;
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;

/// A column of the new table, and the expression it is written with: holes are the columns of the new legacy row.
pub type Written = (&'static str, Sql);

impl Relation {
    /// The columns and expressions of an INSERT of one legacy row.
    pub fn insert(&self) -> Vec<Written> {
        let written = |field: &Field| Some((field.name, self.expression(&field.write)?));
        self.home().chain(self.fields.iter().filter_map(written)).collect()
    }

    /// The columns and values that copy a whole row of the legacy table, which is called `row` there.
    pub fn copy(&self, row: &str) -> Vec<(&'static str, String)> {
        let written = |field: &Field| {
            let value = self.expression(field.backfill.as_ref().unwrap_or(&field.write))?;
            Some((field.name, self.of_row(&value, row)))
        };
        let home = self.home().map(|(name, value)| (name, value.render()));
        home.chain(self.fields.iter().filter_map(written)).collect()
    }

    /// An expression over the columns of a whole legacy row, which is called `row`. An image of all of them is made at once, which takes half the
    /// time, if that gives the same.
    pub fn of_row(&self, value: &Sql, row: &str) -> String {
        let all: Vec<usize> = (0..self.columns.len()).collect();
        match *value == self.image(&all) && self.columns.iter().all(|c| c.sql_type.is_plain_in_image()) {
            true => format!("pg_catalog.to_jsonb({row}.*)"),
            false => value.fill(|i| Sql::text(qualified(row, &self.columns[i].name))).render(),
        }
    }

    /// The new table's column that tells whose row it is.
    fn home(&self) -> impl Iterator<Item = Written> {
        self.home.iter().map(|h| (h.target.discriminator, Sql::text(literal(&h.value))))
    }

    /// The assignments of an UPDATE that changes `changed`. Holes are left for the changed columns; the others are read from `row`.
    pub fn update(&self, changed: &[usize], row: &str) -> Vec<Written> {
        let value = |i: usize| if changed.contains(&i) { Sql::column(i) } else { Sql::text(self.read(i, Some(row))) };
        let written = |field: &Field| {
            let expression = match &field.write {
                Value::Default => return None,
                Value::Image(columns) => {
                    let part: Vec<usize> = columns.iter().copied().filter(|c| changed.contains(c)).collect();
                    let old = format!("{}.{}", ident(row), field.name);
                    match part.len() {
                        0 => return None,
                        // All of the image changes.
                        n if n == columns.len() => self.image(&part),
                        _ => sql!("{} OPERATOR(pg_catalog.||) {}", old, self.image(&part)),
                    }
                }
                Value::Expression(expression) => {
                    let depends = expression.columns().iter().any(|i| changed.contains(i));
                    if !depends && !field.always {
                        return None;
                    }
                    expression.clone()
                }
            };
            Some((field.name, expression.fill(value)))
        };
        self.fields.iter().filter_map(written).collect()
    }

    /// The expression of one field of a backfill.
    pub fn field(&self, name: &str) -> Option<Sql> {
        let field = self.fields.iter().find(|f| f.name == name)?;
        self.expression(field.backfill.as_ref().unwrap_or(&field.write))
    }

    fn expression(&self, value: &Value) -> Option<Sql> {
        match value {
            Value::Default => None,
            Value::Expression(expression) => Some(expression.clone()),
            Value::Image(columns) => Some(self.image(columns)),
        }
    }

    /// An image of these columns. A function takes at most 100 arguments, so long images are built in parts.
    pub fn image(&self, columns: &[usize]) -> Sql {
        let pair = |&i: &usize| sql!("{}, {}", literal(&self.columns[i].name), self.columns[i].sql_type.image(&Sql::column(i)));
        let part = |chunk: &[usize]| sql!("pg_catalog.jsonb_build_object({})", Sql::join(chunk.iter().map(pair), ", "));
        if columns.is_empty() {
            return sql!("'{}'::pg_catalog.jsonb", "{}");
        }
        Sql::join(columns.chunks(45).map(part), " OPERATOR(pg_catalog.||) ")
    }

    /// A condition that raises 23502, as the legacy table would, for the first NOT NULL column among `columns` whose value is NULL;
    /// `None` when there is none. Holes are the columns of the whole new row.
    pub fn null_check(&self, columns: &[usize]) -> Option<Sql> {
        let mut checked: Vec<usize> = columns.iter().copied().filter(|&i| self.columns[i].not_null).collect();
        checked.sort_unstable();
        if checked.is_empty() {
            return None;
        }
        let shown = |(i, sql_type): (usize, &SqlType)| sql_type.shown(&Sql::column(i));
        Some(sql!(
            "CASE WHEN ROW({}) IS NOT NULL THEN true ELSE {}({}, {}, ARRAY[{}], ARRAY[{}], ARRAY[{}]) END",
            Sql::join(checked.iter().map(|&i| Sql::column(i)), ", "),
            qualified(CONTROL, "refuse_null"),
            literal(&self.schema),
            literal(&self.table),
            Sql::join(checked.iter().map(|&i| Sql::text(literal(&self.columns[i].name))), ", "),
            Sql::join(checked.iter().map(|i| Sql::text((i + 1).to_string())), ", "),
            Sql::join(self.columns.iter().map(|c| &c.sql_type).enumerate().map(shown), ", "),
        ))
    }

    /// Makes the first of a row's expressions evaluate these columns in their order, as an INSERT or UPDATE of the legacy table
    /// does, and then check for NULLs. So of several faults in a row the client is told the same one, and none for a row that WHERE
    /// excludes.
    pub fn check_first(&self, written: &mut [Written], columns: &[usize]) {
        let Some((_, first)) = written.first_mut() else { return };
        let mut ordered = columns.to_vec();
        ordered.sort_unstable();
        let counts = |part: &[usize]| sql!("pg_catalog.num_nulls({})", Sql::join(part.iter().map(|&i| Sql::column(i)), ", "));
        // A function takes at most 100 arguments.
        let all = Sql::join(ordered.chunks(90).map(counts), " OPERATOR(pg_catalog.+) ");
        let evaluated = (ordered.len() > 1).then(|| sql!("({}) OPERATOR(pg_catalog.>=) 0", all));
        let conditions: Vec<Sql> = [evaluated, self.null_check(columns)].into_iter().flatten().collect();
        if !conditions.is_empty() {
            *first = sql!("CASE WHEN {} THEN {} END", Sql::join(conditions, " AND "), &*first);
        }
    }
}
