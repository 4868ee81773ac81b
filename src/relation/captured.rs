//! `capture = "trigger"`: the application does not write its history any more, the audit trigger of the base table does. The legacy
//! relation is then what was backfilled or written before, and the rows that the trigger has recorded since, made of its images: the
//! row after an INSERT or UPDATE, the last one at a DELETE, with the base's columns under the history's names.

use super::{Context, SqlType};
use crate::rule::{History, Rule};
use crate::sql::quote::literal;

/// Stands for the alias of the row of `audit_log`, with its dot.
const ROW: &str = "\u{1}";

/// How the trigger's rows become legacy rows.
#[derive(Debug, Clone)]
pub struct Captured {
    /// For each legacy column its value, typed.
    columns: Vec<String>,
    /// Rows that the trigger recorded before this moment stand beside what the application wrote, and are not shown.
    since: Option<String>,
    /// Columns that nothing is known of: they are NULL.
    pub unknown: Vec<String>,
}

impl Captured {
    /// The value of a column in one of the trigger's rows.
    pub(super) fn read(&self, column: usize, dot: &str) -> String {
        self.columns[column].replace(ROW, dot)
    }

    /// The condition on a row of the base table, whoever wrote it. A TRUNCATE of the base is recorded without a row.
    pub(super) fn filter(&self, legacy: &str, dot: &str) -> String {
        let legacy = literal(legacy);
        let shown = format!("coalesce({dot}al_legacy_table, {legacy}) = {legacy} AND {dot}al_old_data -> '_truncate' IS NULL");
        match &self.since {
            Some(since) => format!("{shown} AND ({dot}al_source <> 'T' OR {dot}al_changed_at >= timestamptz {})", literal(since)),
            None => shown,
        }
    }
}

/// Compiles the mapping of a history's rule.
pub(super) fn compile(rule: &Rule, history: &History, context: &Context) -> Captured {
    let mut unknown = Vec::new();
    let columns = rule.columns.iter().map(|column| {
        let name = Some(&column.column.name);
        let sql_type = SqlType::new(&column.column.type_name);
        let text = match (&column.expression, &column.base) {
            (Some(expression), _) => images(expression),
            (None, Some(base)) => image(base),
            // What the base does not know of itself, its audit row does.
            (None, None) if name == history.user.as_ref() => format!("{ROW}al_user_id"),
            (None, None) if name == history.operation.as_ref() => format!("{ROW}al_operation"),
            (None, None) if name == history.time.as_ref() && sql_type.has_zone() => format!("{ROW}al_changed_at"),
            (None, None) if name == history.time.as_ref() => {
                format!("({ROW}al_changed_at AT TIME ZONE {})", literal(&context.time_zone))
            }
            (None, None) => {
                unknown.push(column.column.name.clone());
                "NULL".to_owned()
            }
        };
        format!("({text})::{}", sql_type.name)
    });
    Captured { columns: columns.collect(), since: history.since.clone(), unknown }
}

/// The text of a base column's value. An UPDATE keeps the row before it, and what changed.
fn image(base: &str) -> String {
    let base = literal(base);
    format!(
        "CASE WHEN {ROW}al_changed_fields -> {base} IS NULL THEN coalesce({ROW}al_new_data, {ROW}al_old_data) ->> {base} \
         ELSE {ROW}al_changed_fields -> {base} ->> 'new' END"
    )
}

/// A rule's expression, in which `{column}` stands for the text of a base column's value.
fn images(expression: &str) -> String {
    let mut out = String::new();
    let mut rest = expression;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((column, after)) = behind.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&format!("({})", image(column)));
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
        assert!(text.starts_with("(SELECT x FROM t WHERE y = (CASE WHEN \u{1}al_changed_fields -> 'a' IS NULL"));
        assert!(text.ends_with("->> 'new' END)::numeric AND z = '{')"));
    }
}
