//! `capture = "trigger"`: the application no longer writes its history; the audit trigger of the base table does. Each change that
//! it records is written into the history's leaf as the row that the application would have written: the new row for INSERT or
//! UPDATE, the last one for DELETE, with the base's columns under the history's names.

use super::value::SqlType;
use super::{Context, Projection, Relation};
use crate::rule::{History, Rule};
use crate::sql::quote::{ident, literal, qualified};
use crate::sql::template::Sql;

/// The parameters of the function that projects a change, in order: the image of the row, the operation, the user, the moment.
pub const PARAMETERS: [(&str, &str); 4] =
    [("image", "jsonb"), ("operation", "text"), ("user_name", "text"), ("changed_at", "timestamptz")];

/// Compiles the mapping of a history's rule.
pub(super) fn compile(rule: &Rule, history: &History, context: &Context) -> Projection {
    let mut unknown = Vec::new();
    let columns = rule.columns.iter().map(|column| {
        let name = Some(&column.column.name);
        let sql_type = SqlType::new(&column.column.type_name);
        match (&column.expression, &column.base) {
            (Some(expression), _) => format!("({})::{}", images(expression), sql_type.cast()),
            (None, Some(base)) => sql_type.from_text(&image(base)),
            // What the base row does not have is taken from its audit row.
            (None, None) if name == history.user.as_ref() => format!("($3)::{}", sql_type.cast()),
            (None, None) if name == history.operation.as_ref() => format!("($2)::{}", sql_type.cast()),
            (None, None) if name == history.time.as_ref() && sql_type.has_zone() => format!("($4)::{}", sql_type.cast()),
            (None, None) if name == history.time.as_ref() => {
                format!("($4 AT TIME ZONE {})::{}", literal(&context.time_zone), sql_type.cast())
            }
            (None, None) => {
                unknown.push(column.column.name.clone());
                format!("NULL::{}", sql_type.cast())
            }
        }
    });
    Projection { columns: columns.collect(), unknown }
}

/// The value of a base column, as text.
fn image(base: &str) -> String {
    format!("($1 OPERATOR(pg_catalog.->>) {})", literal(base))
}

/// A rule's expression, with the values of base columns, as text, in the places of `{column}`.
fn images(expression: &str) -> String {
    let mut out = String::new();
    let mut rest = expression;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((column, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&image(column));
        rest = after;
    }
    out + rest
}

impl Relation {
    /// The INSERT that writes a recorded change into the leaf, over the parameters `$1` to `$4`; `None` where the application
    /// writes its history itself. User and time that the legacy row lacks are taken from the change.
    pub fn projected(&self) -> Option<String> {
        let projection = self.projection.as_ref()?;
        let new = |i: usize| Sql::text(qualified("r", &self.columns[i].name));
        let known = self.insert().into_iter().map(|(column, value)| {
            let captured = self.target().and_then(|t| t.captured).filter(|(source, _)| *source == column);
            let written = match column {
                _ if captured.is_some() => captured.map_or(String::new(), |(_, value)| literal(value)),
                "al_operation" => "$2".to_owned(),
                "al_user_id" if value.columns().is_empty() => "$3".to_owned(),
                _ => value.fill(new).render(),
            };
            (column, written)
        });
        let mut written: Vec<(&str, String)> = known.collect();
        if written.iter().all(|(column, _)| *column != "al_changed_at") {
            written.push(("al_changed_at", "$4".into()));
        }
        let (columns, values): (Vec<&str>, Vec<String>) = written.into_iter().unzip();
        let row: Vec<String> =
            self.columns.iter().zip(&projection.columns).map(|(c, value)| format!("{value} AS {}", ident(&c.name))).collect();
        Some(format!(
            "INSERT INTO {} ({})\n  SELECT {}\n  FROM (SELECT {}) AS r",
            self.rows(),
            columns.join(", "),
            values.join(",\n    "),
            row.join(",\n    ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_columns_of_the_base() {
        let text = images("(SELECT x FROM t WHERE y = {a}::numeric AND z = '{')");
        assert_eq!(text, "(SELECT x FROM t WHERE y = ($1 OPERATOR(pg_catalog.->>) 'a')::numeric AND z = '{')");
    }
}
