//! `capture = "trigger"`: the application does not write its history any more, the audit trigger of the base table does. What it records
//! is projected into the history's leaf, as the row that the application would have written: the row after an INSERT or UPDATE, the last
//! one at a DELETE, with the base's columns under the history's names.

use super::{Context, SqlType};
use crate::rule::{History, Rule};
use crate::sql::quote::literal;

/// The parameters of the function that projects a change, in order: the image of the row, the operation, the user, the moment.
pub const PARAMETERS: [(&str, &str); 4] =
    [("image", "jsonb"), ("operation", "text"), ("user_name", "text"), ("changed_at", "timestamptz")];

/// How a recorded change becomes a legacy row.
#[derive(Debug, Clone)]
pub struct Projection {
    /// For each legacy column its value, typed, over the parameters `$1` to `$4`.
    pub columns: Vec<String>,
    /// Columns that nothing is known of: they are NULL.
    pub unknown: Vec<String>,
}

/// Compiles the mapping of a history's rule.
pub(super) fn compile(rule: &Rule, history: &History, context: &Context) -> Projection {
    let mut unknown = Vec::new();
    let columns = rule.columns.iter().map(|column| {
        let name = Some(&column.column.name);
        let sql_type = SqlType::new(&column.column.type_name);
        match (&column.expression, &column.base) {
            (Some(expression), _) => format!("({})::{}", images(expression), sql_type.cast()),
            (None, Some(base)) => sql_type.from_text(&image(base)),
            // What the base does not know of itself, its audit row does.
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

/// The text of a base column's value.
fn image(base: &str) -> String {
    format!("($1 OPERATOR(pg_catalog.->>) {})", literal(base))
}

/// A rule's expression, in which `{column}` stands for the text of a base column's value.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_name_columns_of_the_base() {
        let text = images("(SELECT x FROM t WHERE y = {a}::numeric AND z = '{')");
        assert_eq!(text, "(SELECT x FROM t WHERE y = ($1 OPERATOR(pg_catalog.->>) 'a')::numeric AND z = '{')");
    }
}
