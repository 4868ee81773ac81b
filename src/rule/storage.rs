//! What a rule says about where a table's values are stored. It must not change while the rows are there: writes would put values
//! where readers do not look for them. Wave, notes and what the audit trigger captures may change at any time.

use super::Rule;
use super::kind::Field;

/// Keys of `[target]` that say nothing about rows which are stored: `capture` is switched by a command of its own.
const FREE: [&str; 1] = ["capture"];

impl Rule {
    /// One line for each fact, as in a rule file; equal for rules that store rows alike.
    pub fn storage(&self) -> Vec<String> {
        let kind = self.target.kind();
        let column = |c: &super::Column| {
            let c = &c.column;
            let null = if c.not_null { " NOT NULL" } else { "" };
            let default = c.default.as_ref().map(|d| format!(" DEFAULT {d}")).unwrap_or_default();
            format!("column {} {}{null}{default}", c.name, c.type_name)
        };
        let field = |(key, field): (&str, Field<'_>)| {
            let value = match field {
                Field::Text(text) | Field::Column(text) => text.unwrap_or("-").to_owned(),
                Field::Columns(columns) => columns.join(", "),
            };
            format!("target.{key} = {value}")
        };
        let mut lines = vec![format!("kind = {}", kind.name()), format!("key.columns = {}", self.key.columns.join(", "))];
        lines.extend(self.columns.iter().map(column));
        lines.extend(kind.fields().into_iter().filter(|(key, _)| !FREE.contains(key)).map(field));
        lines
    }
}
