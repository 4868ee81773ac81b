//! Foreign keys of a legacy table, in both directions, after its rows have moved into a leaf.
//!
//! A foreign key cannot point at a leaf: the leaf has other columns, of other types, and a partition cannot have more columns than its parent. So a
//! legacy table that takes part in foreign keys gets a **key table** beside its leaf: `esclusa_key.<legacy name>`, which holds only the legacy
//! columns that occur in foreign keys, with their old types. It carries the legacy table's own foreign keys, under their names, as real ones;
//! triggers on the leaf keep it equal, statement by statement. So messages, SQLSTATE, actions, deferrability, locks and isolation are PostgreSQL's
//! own; and since a message names a table without its schema, its text is unchanged.
//!
//! Why the triggers do not do the checks themselves (the first plan): in REPEATABLE READ and above, a trigger written in SQL or PL/pgSQL sees the
//! transaction's snapshot. Whoever deletes a referenced row there does not see a referencing row that was committed after the snapshot, and no row
//! lock reveals it, because the referenced row was locked but not changed: a row without its parent would remain (`tests/foreign_key.rs` shows it).
//! The server's own trigger checks with a newer snapshot (`ri_PerformCheck` in ri_triggers.c: "test" and "crosscheck" snapshots), which only C code
//! can do.
//!
//! One thing a real foreign key does not do here: a client that locks a row of the look-up (`FOR UPDATE` on the view) locks the leaf's row, and a
//! new referencing row would only check the key table. So a trigger on the referencing table first takes `FOR KEY SHARE` on the leaf's row (the
//! *hold*).
//!
//! What differs all the same, shown in `tests/foreign_key.rs`:
//! - `pg_constraint.confrelid`, and what `\d` prints, name `esclusa_key.<table>`; constraints from a legacy table are in that schema. Around the
//!   proxy, `SET CONSTRAINTS <name>` needs the schema (ALL does not), errors carry it as their schema's name, and an error from the key table has a
//!   CONTEXT that names the trigger; the proxy leads all three back (`rewrite/constraint.rs`, `session/lead_back.rs`).
//! - If several foreign keys refuse a change, the one created first reports it, and a move creates those of its table again.
//! - A role that may write a table but not read it is shown the key in an error's detail, because the check runs as the table's owner; a deferred
//!   check does not show the key to a role that may read only some columns.
//! - An error for a repeated key that a cascade causes in the leaf lacks the server's own statement in its CONTEXT: the leaf follows later.
//! - One statement that changes both sides (a CTE that writes): the outcome is the same, but deleting a row and referring to it is reported in the
//!   words of the other side; a MERGE that renames a referenced key and inserts the old one again is refused.
//! - Around the proxy, `SET CONSTRAINTS <name> DEFERRED` defers the check but not the hold: the statement itself locks an existing row.
//! - A referencing row that waits while another transaction deletes the row and inserts it again is accepted; PostgreSQL refuses it without need,
//!   because its check uses a single snapshot.
//! - A cascade changes the key table first and then the leaf, a client's statement does the reverse: both on the same row at the same time may end
//!   in 40P01 where one would have waited.

pub mod key_table;
pub mod read;

mod functions;
mod point;

use crate::sql::quote::qualified;

pub use crate::relation::KEYS;

/// Creates the schema of the key tables. The server checks foreign keys as the tables' owners, who need USAGE on it.
pub const SCHEMA_SQL: &str = "CREATE SCHEMA IF NOT EXISTS esclusa_key; GRANT USAGE ON SCHEMA esclusa_key TO PUBLIC;";

/// A foreign key, as `pg_constraint` has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// `conname`.
    pub name: String,
    /// The referencing side.
    pub referencing: Side,
    /// The referenced side.
    pub referenced: Side,
    /// The unique index that it depends on, and whether a constraint owns that index.
    pub unique: Unique,
    /// MATCH FULL, not SIMPLE (PostgreSQL has no PARTIAL).
    pub full: bool,
    /// ON UPDATE.
    pub on_update: Action,
    /// ON DELETE.
    pub on_delete: Action,
    /// The columns of `ON DELETE SET NULL (...)`; empty for all.
    pub delete_columns: Vec<String>,
    /// DEFERRABLE.
    pub deferrable: bool,
    /// INITIALLY DEFERRED.
    pub deferred: bool,
    /// It is not NOT VALID.
    pub valid: bool,
    /// Its triggers are as the server created them: none is disabled or set to fire otherwise.
    pub enforced: bool,
    /// The referencing table is a partition and inherits it.
    pub inherited: bool,
    /// COMMENT ON CONSTRAINT.
    pub comment: Option<String>,
    /// How the sides are compared, by column.
    pub equal: Vec<Equal>,
    /// The function of the hold on the referencing table, if it already refers to a key table.
    pub hold: Option<String>,
}

/// One side of a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Schema of the table.
    pub schema: String,
    /// The table.
    pub table: String,
    /// Who owns it.
    pub owner: String,
    /// It is partitioned.
    pub partitioned: bool,
    /// It is UNLOGGED.
    pub unlogged: bool,
    /// The constraint's columns in order.
    pub columns: Vec<String>,
}

impl Side {
    /// The table as SQL.
    pub fn name(&self) -> String {
        qualified(&self.schema, &self.table)
    }

    /// Whether it is the table with this name.
    pub fn is(&self, schema: &str, table: &str) -> bool {
        self.schema == schema && self.table == table
    }
}

/// The unique index that a foreign key depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unique {
    /// The name of the index, and of the constraint that owns it.
    pub name: String,
    /// A constraint owns it; otherwise it was made by CREATE UNIQUE INDEX.
    pub constraint: bool,
}

/// ON UPDATE and ON DELETE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// An error, at the end of the statement or transaction, unless the key is there again.
    NoAction,
    /// An error at the end of the statement.
    Restrict,
    /// The referencing rows follow.
    Cascade,
    /// The referencing columns become NULL.
    SetNull,
    /// The referencing columns get their defaults.
    SetDefault,
}

impl Action {
    /// From `confupdtype` and `confdeltype` (manual, pg_constraint).
    pub fn parse(code: &str) -> Action {
        match code {
            "r" => Action::Restrict,
            "c" => Action::Cascade,
            "n" => Action::SetNull,
            "d" => Action::SetDefault,
            _ => Action::NoAction,
        }
    }

    /// As SQL.
    pub fn sql(self) -> &'static str {
        match self {
            Action::NoAction => "NO ACTION",
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }

    /// Whether it changes the referencing table.
    pub fn writes(self) -> bool {
        !matches!(self, Action::NoAction | Action::Restrict)
    }
}

/// The operators of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equal {
    /// Referenced = referencing (`conpfeqop`).
    pub across: Operator,
    /// Referenced = referenced (`conppeqop`).
    pub within: Operator,
}

/// An operator with its schema, and its operand types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// `OPERATOR(pg_catalog.=)`.
    pub sql: String,
    /// Type of the left operand; `None` for a polymorphic operator, which takes the column as it is.
    pub left: Option<String>,
    /// Type of the right operand.
    pub right: Option<String>,
}

impl Operator {
    /// Both expressions compared.
    pub fn apply(&self, left: &str, right: &str) -> String {
        let cast = |e: &str, t: &Option<String>| t.as_ref().map_or_else(|| format!("({e})"), |t| format!("({e})::{}", pinned(t)));
        format!("{} {} {}", cast(left, &self.left), self.sql, cast(right, &self.right))
    }
}

/// A foreign key that cannot be kept by the move, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `constraint "x" on table "y"`.
    pub name: String,
    /// Why, and what to do.
    pub reason: String,
}

/// What a foreign key may do to the rows of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Update and delete them.
    Written,
    /// Nothing, because they are audit records (a captured history).
    Audit,
}

/// The foreign keys of `schema.table` that cannot be kept.
pub fn refusals(keys: &[ForeignKey], schema: &str, table: &str, rows: Rows) -> Vec<Refusal> {
    let mut found = Vec::new();
    for key in keys {
        let out = key.referencing.is(schema, table);
        let own = if out { &key.referencing } else { &key.referenced };
        let mut refuse = |reason: &str| {
            let name = format!("constraint \"{}\" on table \"{}\"", key.name, key.referencing.table);
            found.push(Refusal { name, reason: reason.to_owned() });
        };
        if !key.enforced {
            refuse("its triggers are disabled, so nothing checks it today; enable them, or drop it");
        }
        if own.partitioned {
            refuse("the legacy table is partitioned");
        }
        if out && key.inherited {
            refuse("the legacy table inherits it as a partition");
        }
        if out && key.referenced.unlogged {
            refuse("it refers to an unlogged table, which a key table cannot do: run ALTER TABLE ... SET LOGGED first");
        }
        if out && (key.on_update.writes() || key.on_delete.writes()) {
            match rows {
                Rows::Written => {}
                Rows::Audit => refuse("it changes or deletes rows of the legacy table, which are audit records"),
            }
        }
    }
    found
}

/// A type, as `format_type` prints it in the migration's session, for a statement that runs under any search path: type names of the grammar always
/// mean the server's types, and a type of another schema is already printed with its schema.
fn pinned(type_name: &str) -> String {
    const GRAMMAR: [&str; 12] = [
        "bigint",
        "bit",
        "boolean",
        "character",
        "double",
        "integer",
        "interval",
        "numeric",
        "real",
        "smallint",
        "time",
        "timestamp",
    ];
    let first = type_name.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
    match GRAMMAR.contains(&first) || type_name.contains('.') {
        true => type_name.to_owned(),
        false => format!("pg_catalog.{type_name}"),
    }
}

/// A name that fits into an identifier: one longer than 63 bytes is cut and ends in a hash of the whole name.
pub(super) fn bounded(name: String) -> String {
    if name.len() <= 63 {
        return name;
    }
    // FNV-1a: the same on every machine and in every version.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let cut = (0..=46).rev().find(|&i| name.is_char_boundary(i)).unwrap_or(0);
    format!("{}_{hash:016x}", &name[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters_and_stays_its_own() {
        let (a, b) = (bounded(format!("hold_{}a", "ñ".repeat(40))), bounded(format!("hold_{}b", "ñ".repeat(40))));
        assert!(a.len() <= 63 && b.len() <= 63 && a != b, "{a} {b}");
        assert_eq!(bounded("hold_short".into()), "hold_short");
    }

    #[test]
    fn an_operator_casts_to_its_types_and_leaves_polymorphic_ones_alone() {
        let operator = |left: Option<&str>| Operator {
            sql: "OPERATOR(pg_catalog.=)".into(),
            left: left.map(Into::into),
            right: left.map(Into::into),
        };
        assert_eq!(operator(Some("text")).apply("a", "b"), "(a)::pg_catalog.text OPERATOR(pg_catalog.=) (b)::pg_catalog.text");
        assert_eq!(operator(Some("numeric")).apply("a", "b"), "(a)::numeric OPERATOR(pg_catalog.=) (b)::numeric");
        assert_eq!(operator(None).apply("a", "b"), "(a) OPERATOR(pg_catalog.=) (b)");
    }
}
