//! The statements that drop a foreign key and create it again between other tables, with its hold.

use crate::sql::quote::{ident, literal};

use super::{ForeignKey, bounded};

fn list(columns: &[String]) -> String {
    columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ")
}

/// Drops the foreign key and its hold from a table.
pub(super) fn drop(key: &ForeignKey, referencing: &str) -> String {
    format!("ALTER TABLE {referencing} DROP CONSTRAINT {};\n{}", ident(&key.name), unhold(key, referencing))
}

/// Creates the foreign key on `referencing`. It is NOT VALID at first: its rows obeyed it before, and checking all of them would hold a lock on
/// both tables. A partitioned table does not allow that.
pub(super) fn add(key: &ForeignKey, referencing: &str, referenced: &str) -> String {
    let columns = match key.delete_columns.as_slice() {
        [] => String::new(),
        columns => format!(" ({})", list(columns)),
    };
    let constraint = ident(&key.name);
    let mut sql = format!(
        "ALTER TABLE {referencing} ADD CONSTRAINT {constraint} FOREIGN KEY ({}) REFERENCES {referenced} ({}) MATCH {} \
         ON UPDATE {} ON DELETE {}{columns}{}{}{};\n",
        list(&key.referencing.columns),
        list(&key.referenced.columns),
        if key.full { "FULL" } else { "SIMPLE" },
        key.on_update.sql(),
        key.on_delete.sql(),
        if key.deferrable { " DEFERRABLE" } else { "" },
        if key.deferred { " INITIALLY DEFERRED" } else { "" },
        if key.referencing.partitioned { "" } else { " NOT VALID" },
    );
    if let Some(comment) = &key.comment {
        sql.push_str(&format!("COMMENT ON CONSTRAINT {constraint} ON {referencing} IS {};\n", literal(comment)));
    }
    sql
}

/// Validates it, in a transaction of its own; `None` where it was not valid before, or is already.
pub(super) fn validate(key: &ForeignKey, referencing: &str) -> Option<String> {
    let needed = key.valid && !key.referencing.partitioned;
    needed.then(|| format!("ALTER TABLE {referencing} VALIDATE CONSTRAINT {};\n", ident(&key.name)))
}

/// Rows compared as images, for the condition of a trigger. It is a function because the server prints an operator between rows in a form that it
/// reads back as a column-by-column comparison, so that a dump would change it.
pub(super) fn differ(left: &[String], right: &[String]) -> String {
    format!("pg_catalog.record_image_ne(ROW({}), ROW({}))", left.join(", "), right.join(", "))
}

/// The triggers sort before those of the foreign key, which are called `RI_ConstraintTrigger_...`.
fn hold_names(key: &ForeignKey) -> [String; 2] {
    ["insert", "update"].map(|event| ident(&bounded(format!("ESCLUSA_hold_{event}_{}", key.name))))
}

/// The hold of the referencing table, by `function`. The hold of a deferrable foreign key can be deferred by SET CONSTRAINTS ALL like the check
/// itself; it cannot have the same name.
pub(super) fn hold(key: &ForeignKey, referencing: &str, function: &str) -> String {
    let new: Vec<String> = key.referencing.columns.iter().map(|c| format!("new.{}", ident(c))).collect();
    let old: Vec<String> = key.referencing.columns.iter().map(|c| format!("old.{}", ident(c))).collect();
    let present = new.iter().map(|c| format!("{c} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
    let other = format!("{} AND {present}", differ(&new, &old));
    let (kind, when) = match (key.deferrable, key.deferred) {
        (false, _) => ("", ""),
        (true, false) => ("CONSTRAINT ", " DEFERRABLE"),
        (true, true) => ("CONSTRAINT ", " DEFERRABLE INITIALLY DEFERRED"),
    };
    let [insert, update] = hold_names(key);
    let one = |name: &str, event: &str, condition: &str| {
        format!(
            "CREATE {kind}TRIGGER {name} AFTER {event} ON {referencing}{when} FOR EACH ROW WHEN ({condition}) \
             EXECUTE FUNCTION {function}({});\n",
            literal(&key.name)
        )
    };
    one(&insert, "INSERT", &present) + &one(&update, "UPDATE", &other)
}

/// Drops the hold, where there is one.
pub(super) fn unhold(key: &ForeignKey, referencing: &str) -> String {
    if key.hold.is_none() {
        return String::new();
    }
    hold_names(key).map(|name| format!("DROP TRIGGER IF EXISTS {name} ON {referencing};\n")).concat()
}
