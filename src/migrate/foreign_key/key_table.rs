//! The key table of a legacy table: its contents, the SQL that creates it and points the foreign keys at it, and the SQL that removes all of it.

use crate::catalog::Database;
use crate::error::{Error, Result};
use crate::sql::quote::{ident, literal, qualified};

use super::super::CONTROL;
use super::read::foreign_keys;
use super::{Action, ForeignKey, KEYS, Rows, Unique, bounded, pinned, point};

/// The expression of a legacy column over the leaf's row, given the column's name and the row's alias.
pub type Read<'l> = &'l (dyn Fn(&str, &str) -> String + Sync);
/// The SET list of an UPDATE of the leaf, given legacy columns with their new values and the row's alias.
pub type Write<'l> = &'l (dyn Fn(&[(String, String)], &str) -> String + Sync);

/// A legacy table that has, or will have, a leaf.
#[derive(Clone, Copy)]
pub struct Leaf<'l> {
    /// Schema of the legacy table, as errors name it.
    pub schema: &'l str,
    /// The legacy table.
    pub table: &'l str,
    /// Where the legacy table is now, qualified: under its name, or in the archive.
    pub legacy: &'l str,
    /// The leaf, qualified.
    pub leaf: &'l str,
    /// The table that the leaf is a partition of. A write through that name would bypass the key table, so it is refused.
    pub parent: Option<&'l str>,
    /// Columns of the leaf that identify its rows, under a unique index. Where foreign keys of the legacy table change its rows, no UPDATE may
    /// change these columns: the key table would have to be changed in the middle of a cascade.
    pub identity: &'l [&'l str],
    /// Reads a legacy column.
    pub read: Read<'l>,
    /// Writes legacy columns; `None` where the leaf's rows must not be changed.
    pub write: Option<Write<'l>>,
}

impl Leaf<'_> {
    /// What a foreign key may do to its rows.
    pub fn rows(&self) -> Rows {
        if self.write.is_some() { Rows::Written } else { Rows::Audit }
    }
}

impl std::fmt::Debug for Leaf<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leaf").field("table", &self.table).field("leaf", &self.leaf).finish_non_exhaustive()
    }
}

/// The plan of a key table.
#[derive(Debug)]
pub struct KeyTable {
    pub(super) schema: String,
    pub(super) table: String,
    pub(super) leaf: String,
    pub(super) identity: Vec<Identity>,
    pub(super) columns: Vec<Column>,
    /// All legacy columns with the expressions that read them from row `t`.
    pub(super) legacy: Vec<(String, String)>,
    at: String,
    parent: Option<String>,
    owner: String,
    /// `TRUNCATE TO someone`: the legacy table's grants that apply to the key table. A role that may read the table is shown the key in an error
    /// (source, ri_triggers.c, ri_ReportViolation).
    grants: Vec<String>,
    keys: Vec<ForeignKey>,
    lead: String,
}

/// A column of the key table that identifies the row of the leaf.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) name: String,
    pub(super) leaf: String,
    type_name: String,
}

/// A legacy column in the key table.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) not_null: bool,
    type_name: String,
    collation: Option<String>,
    default: Option<String>,
    expression: String,
}

impl Column {
    /// Its value in the leaf's row `t`.
    pub(super) fn read(&self) -> String {
        self.expression.clone()
    }
}

impl KeyTable {
    /// The key table that a legacy table's foreign keys need; `None` where there are none. The leaf must exist. The session's search path must be
    /// the migration's, so that types and defaults are printed qualified.
    pub async fn plan(database: &Database, leaf: &Leaf<'_>) -> Result<Option<KeyTable>> {
        let legacy = database.origin(leaf.legacy);
        let mut keys = foreign_keys(database, &legacy).await?;
        // The legacy table may be in the archive; keys are matched by its present place and renamed to its own name.
        let here = database.one("finding the legacy table", PLACE, &[&legacy]).await?;
        let (schema, table): (String, String) = (here.get(0), here.get(1));
        for key in &mut keys {
            for side in [&mut key.referencing, &mut key.referenced] {
                if side.is(&schema, &table) {
                    (side.schema, side.table) = (leaf.schema.to_owned(), leaf.table.to_owned());
                }
            }
        }
        if keys.is_empty() {
            return Ok(None);
        }
        if let Some(refusal) = super::refusals(&keys, leaf.schema, leaf.table, leaf.rows()).first() {
            let (message, detail) = (format!("{} cannot be kept", refusal.name), Some(refusal.reason.clone()));
            return Err(Error::Refused { message, detail, hint: None });
        }
        let mut plan = KeyTable {
            schema: leaf.schema.to_owned(),
            table: leaf.table.to_owned(),
            leaf: leaf.leaf.to_owned(),
            identity: identity(database, leaf).await?,
            columns: Vec::new(),
            legacy: Vec::new(),
            at: leaf.legacy.to_owned(),
            parent: leaf.parent.map(str::to_owned),
            owner: here.get(2),
            grants: here.get(3),
            keys,
            lead: String::new(),
        };
        let (taking_part, all) = columns(database, leaf, &plan).await?;
        (plan.columns, plan.legacy) = (taking_part, all);
        plan.lead = plan.lead(leaf.write.unwrap_or(&|_, _| String::new()));
        Ok(Some(plan))
    }

    /// The legacy table's owner, who will own it and its functions.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name as SQL. TRUNCATE of the legacy table names the leaf and this table.
    pub fn name(&self) -> String {
        qualified(KEYS, &self.table)
    }

    /// Foreign keys that point at the legacy table, its own included.
    pub(super) fn incoming(&self) -> impl Iterator<Item = &ForeignKey> {
        self.keys.iter().filter(|k| k.referenced.is(&self.schema, &self.table))
    }

    fn outgoing(&self) -> impl Iterator<Item = &ForeignKey> {
        self.keys.iter().filter(|k| k.referencing.is(&self.schema, &self.table))
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Whether a foreign key of the legacy table sets this column.
    pub(super) fn is_written(&self, name: &str) -> bool {
        let sets = |k: &ForeignKey| {
            let nulls = matches!(k.on_delete, Action::SetNull | Action::SetDefault);
            let listed = k.delete_columns.is_empty() || k.delete_columns.iter().any(|c| c == name);
            k.referencing.columns.iter().any(|c| c == name) && (k.on_update.writes() || (nulls && listed))
        };
        self.outgoing().any(sets)
    }

    /// The unique indexes that foreign keys depend on, each once, with its columns in the order of a foreign key, which does not matter for
    /// uniqueness.
    pub(super) fn uniques(&self) -> Vec<(&Unique, &[String])> {
        let mut found: Vec<_> = self.incoming().map(|k| (&k.unique, k.referenced.columns.as_slice())).collect();
        found.sort();
        found.dedup_by_key(|(unique, _)| *unique);
        found
    }

    /// Where a side of a foreign key is, now that the key table stands in for the legacy table.
    fn place(&self, side: &super::Side) -> String {
        if side.is(&self.schema, &self.table) { self.name() } else { side.name() }
    }

    /// Creates the key table, fills it, makes it follow the leaf, and points the foreign keys at it. To be run in the transaction that moves the
    /// table, when the leaf has its rows, its unique indexes and its owner. The schema comes from [`super::SCHEMA_SQL`].
    pub fn creation(&self) -> String {
        let mut sql = self.table_sql();
        sql.push_str(&self.functions());
        sql.push_str(&self.triggers());
        for key in &self.keys {
            let out = key.referencing.is(&self.schema, &self.table);
            let from = if out { self.at.clone() } else { key.referencing.name() };
            sql.push_str(&point::drop(key, &from));
        }
        for key in &self.keys {
            let (referencing, referenced) = (self.place(&key.referencing), self.place(&key.referenced));
            sql.push_str(&point::add(key, &referencing, &referenced));
            let hold = if key.referenced.is(&self.schema, &self.table) { Some(self.hold_name(key)) } else { key.hold.clone() };
            sql.push_str(&hold.map_or_else(String::new, |function| point::hold(key, &referencing, &function)));
        }
        sql
    }

    /// Validates the foreign keys that were valid before, each in a transaction of its own, after the move: this reads the referencing table
    /// without blocking its writers. Until then `pg_constraint` truthfully shows them as not valid.
    pub fn validation(&self) -> Vec<String> {
        self.keys.iter().filter_map(|k| point::validate(k, &self.place(&k.referencing))).collect()
    }

    /// Counts the rows that only the leaf or only the key table has: always 0.
    pub fn check(&self) -> String {
        let identity = self.identity.iter().map(|c| (format!("m.{}", c.name), format!("t.{}", c.leaf)));
        let columns = self.columns.iter().map(|c| (format!("m.{}", ident(&c.name)), c.read()));
        let (own, read): (Vec<String>, Vec<String>) = identity.chain(columns).unzip();
        let own = format!("SELECT ROW({})::text FROM {} AS m", own.join(", "), self.name());
        let read = format!("SELECT ROW({})::text FROM {} AS t", read.join(", "), self.leaf);
        format!("SELECT count(*) FROM (({own} EXCEPT ALL {read}) UNION ALL ({read} EXCEPT ALL {own})) AS d")
    }

    fn table_sql(&self) -> String {
        let name = self.name();
        let mut columns: Vec<String> = self.identity.iter().map(|c| format!("{} {} NOT NULL", c.name, c.type_name)).collect();
        for column in &self.columns {
            let collation = column.collation.as_ref().map_or(String::new(), |c| format!(" COLLATE {c}"));
            let default = column.default.as_ref().map_or(String::new(), |d| format!(" DEFAULT {d}"));
            columns.push(format!("{} {}{collation}{default}", ident(&column.name), column.type_name));
        }
        let identity = self.identity.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        let mut sql = format!(
            "CREATE TABLE {name} ({}, CONSTRAINT {} UNIQUE ({identity}));\n{};\n",
            columns.join(", "),
            ident(&bounded(format!("esclusa_row_{}", self.table))),
            self.fill(),
        );
        sql.push_str(&format!("ALTER TABLE {name} REPLICA IDENTITY FULL;\n"));
        let list = |columns: &[String]| columns.iter().map(|c| ident(c)).collect::<Vec<_>>().join(", ");
        for (unique, columns) in self.uniques() {
            let (index, columns) = (ident(&unique.name), list(columns));
            sql.push_str(&if unique.constraint {
                format!("ALTER TABLE {name} ADD CONSTRAINT {index} UNIQUE ({columns});\n")
            } else {
                format!("CREATE UNIQUE INDEX {index} ON {name} ({columns});\n")
            });
        }
        for key in self.outgoing().filter(|k| !self.uniques().iter().any(|(_, columns)| *columns == k.referencing.columns)) {
            sql.push_str(&format!("CREATE INDEX ON {name} ({});\n", list(&key.referencing.columns)));
        }
        sql.push_str(&format!("ANALYZE {name};\nALTER TABLE {name} OWNER TO {};\n", ident(&self.owner)));
        sql.extend(self.grants.iter().map(|grant| format!("GRANT {};\n", grant.replacen(" TO ", &format!(" ON {name} TO "), 1))));
        sql
    }

    fn function_name(&self, what: &str) -> String {
        qualified(CONTROL, &bounded(format!("{what}_{}", self.table)))
    }

    fn hold_name(&self, key: &ForeignKey) -> String {
        let side = &key.referencing;
        qualified(CONTROL, &bounded(format!("hold_{}_{}_{}_{}", self.table, side.schema, side.table, key.name)))
    }

    fn functions(&self) -> String {
        // Rows are joined only by nested loops, to keep their order, see `follow`.
        let joins = " SET enable_hashjoin = off SET enable_mergejoin = off";
        let path = " SET search_path = pg_catalog, pg_temp";
        let mut all = vec![
            (self.function_name("follow"), "trigger", joins, self.follow()),
            (self.function_name("refill"), "void", path, format!("BEGIN\n  {};\nEND", self.fill())),
            (self.function_name("compare"), "bigint", path, format!("BEGIN\n  RETURN ({});\nEND", self.check())),
        ];
        if self.outgoing().next().is_some() {
            all.push((self.function_name("lead"), "trigger", path, self.lead.clone()));
        }
        all.extend(self.incoming().map(|k| (self.hold_name(k), "trigger", path, self.hold(k))));
        let one = |(name, returns, settings, body): (String, &str, &str, String)| {
            format!(
                "CREATE FUNCTION {name}() RETURNS {returns} LANGUAGE plpgsql SECURITY DEFINER{settings} AS {};\nREVOKE ALL ON FUNCTION {name}() FROM PUBLIC;\n\
                 ALTER FUNCTION {name}() OWNER TO {};\nCOMMENT ON FUNCTION {name}() IS {};\n",
                literal(&body),
                ident(&self.owner),
                literal(&tag(&self.table)),
            )
        };
        all.into_iter().map(one).collect()
    }

    /// ENABLE ALWAYS: a session with `session_replication_role = replica`, in which no foreign key is checked, writes the leaf too.
    fn triggers(&self) -> String {
        let (follow, lead) = (self.function_name("follow"), self.function_name("lead"));
        let mut sql = String::new();
        let mut one = |table: &str, name: &str, event: &str, each: &str, function: &str| {
            sql.push_str(&format!(
                "CREATE TRIGGER {name} AFTER {event} ON {table} {each} EXECUTE FUNCTION {function}();\n\
                 ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
            ));
        };
        let statement = |tables: &str| format!("{tables} FOR EACH STATEMENT");
        let (new, old) = ("NEW TABLE AS new_rows", "OLD TABLE AS old_rows");
        one(&self.leaf, FOLLOW[0], "INSERT", &statement(&format!("REFERENCING {new}")), &follow);
        one(&self.leaf, FOLLOW[1], "UPDATE", &statement(&format!("REFERENCING {old} {new}")), &follow);
        one(&self.leaf, FOLLOW[2], "DELETE", &statement(&format!("REFERENCING {old}")), &follow);
        one(&self.leaf, FOLLOW[3], "TRUNCATE", &statement(""), &follow);
        let key = self.name();
        if self.outgoing().next().is_some() {
            one(&key, "esclusa_lead_truncate", "TRUNCATE", &statement(""), &lead);
        }
        if self.outgoing().any(|k| k.on_delete == Action::Cascade) {
            one(&key, "esclusa_lead_delete", "DELETE", "FOR EACH ROW", &lead);
        }
        let written: Vec<String> = self.columns.iter().filter(|c| self.is_written(&c.name)).map(|c| ident(&c.name)).collect();
        if !written.is_empty() {
            let row = |of: &str| written.iter().map(|c| format!("{of}.{c}")).collect::<Vec<_>>();
            let when = format!("FOR EACH ROW WHEN ({})", point::differ(&row("old"), &row("new")));
            one(&key, "esclusa_lead_update", "UPDATE", &when, &lead);
        }
        sql.push_str(&self.parent.as_deref().map_or_else(String::new, guard));
        sql
    }
}

/// The triggers on the leaf.
const FOLLOW: [&str; 4] = ["esclusa_follow_insert", "esclusa_follow_update", "esclusa_follow_delete", "esclusa_follow_truncate"];

const PLACE: &str = "SELECT n.nspname::text, c.relname::text, pg_get_userbyid(c.relowner)::text,
    ARRAY(SELECT a.privilege_type || ' TO ' || CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
                 || CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
          FROM aclexplode(c.relacl) a WHERE a.privilege_type IN ('SELECT', 'TRUNCATE', 'REFERENCES') AND a.grantee <> c.relowner ORDER BY 1)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)";

/// The comment that marks the functions of a key table, by which they are found again.
fn tag(table: &str) -> String {
    format!("esclusa: key table {table}")
}

/// A write through the name of the parent fires none of the leaf's statement triggers.
pub fn guard(parent: &str) -> String {
    let function = qualified(CONTROL, "write_leaf_only");
    format!(
        "CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $esclusa$\n\
         BEGIN\n  RAISE EXCEPTION USING ERRCODE = '0A000', MESSAGE = format('cannot write table \"%s\" by its name', TG_TABLE_NAME),\n    \
         DETAIL = 'Foreign keys lean on rows of it, and are told of changes by the leaf alone.', \
         HINT = 'Write the leaf in schema esclusa_leaf.';\nEND $esclusa$;\nREVOKE ALL ON FUNCTION {function}() FROM PUBLIC;\n\
         CREATE OR REPLACE TRIGGER {GUARD} BEFORE INSERT OR UPDATE OR DELETE ON {parent} FOR EACH STATEMENT EXECUTE FUNCTION {function}();\n"
    )
}

/// The trigger of [`guard`].
pub const GUARD: &str = "esclusa_write_leaf_only";

async fn identity(database: &Database, leaf: &Leaf<'_>) -> Result<Vec<Identity>> {
    let sql = "SELECT format_type(atttypid, atttypmod) || CASE WHEN attcollation = typcollation THEN '' ELSE ' COLLATE ' ||
                   (SELECT format('%I.%I', nspname, collname) FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
                    WHERE c.oid = attcollation) END
               FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE attrelid = to_regclass($1) AND attname = $2::text";
    let mut found = Vec::new();
    // The leaf has the columns of its parent.
    let of = leaf.parent.unwrap_or(leaf.leaf);
    for (place, column) in (1..).zip(leaf.identity) {
        let row = database.one(&format!("reading column {column} of {}", leaf.leaf), sql, &[&of, column]).await?;
        found.push(Identity { name: format!("esclusa_{place}"), leaf: ident(column), type_name: row.get(0) });
    }
    Ok(found)
}

/// The columns that occur in foreign keys; and all legacy columns with the expressions that read them.
async fn columns(database: &Database, leaf: &Leaf<'_>, plan: &KeyTable) -> Result<(Vec<Column>, Vec<(String, String)>)> {
    let sql = "SELECT a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                   CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format('%I.%I', n.nspname, c.collname)
                       FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid = a.attcollation) END,
                   pg_get_expr(d.adbin, d.adrelid)
               FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
               LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
               WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";
    let takes_part = |name: &String| {
        plan.incoming().any(|k| k.referenced.columns.contains(name))
            || plan.outgoing().any(|k| k.referencing.columns.contains(name))
    };
    let (mut found, mut all) = (Vec::new(), Vec::new());
    for row in database.query("reading the legacy columns", sql, &[&database.origin(leaf.legacy)]).await? {
        let (name, type_name): (String, String) = (row.get(0), row.get(1));
        let expression = format!("CAST({} AS {})", (leaf.read)(&name, "t"), pinned(&type_name));
        all.push((name.clone(), expression.clone()));
        if takes_part(&name) {
            found.push(Column { name, not_null: row.get(2), type_name, collation: row.get(3), default: row.get(4), expression });
        }
    }
    Ok((found, all))
}

/// The SQL that removes a key table and gives the legacy table its foreign keys again; empty where there is none. `leaf.legacy` is the legacy
/// table, back in its place with the present rows and its unique constraints. The key table's foreign keys are read from the catalog, so that one
/// dropped or added since the move is respected. The second value is like [`KeyTable::validation`].
pub async fn restoring(database: &Database, leaf: &Leaf<'_>) -> Result<(String, Vec<String>)> {
    let name = qualified(KEYS, leaf.table);
    let exists = database.one("looking for a key table", "SELECT to_regclass($1) IS NOT NULL", &[&name]).await?;
    if !exists.get::<_, bool>(0) {
        return Ok((String::new(), Vec::new()));
    }
    let place = |side: &super::Side| if side.is(KEYS, leaf.table) { leaf.legacy.to_owned() } else { side.name() };
    let keys = foreign_keys(database, &name).await?;
    let (mut sql, mut later) = (String::new(), Vec::new());
    for key in &keys {
        sql.push_str(&point::drop(key, &key.referencing.name()));
    }
    sql.push_str(&leftovers(database, leaf.table).await?);
    for trigger in FOLLOW {
        sql.push_str(&format!("DROP TRIGGER {trigger} ON {};\n", leaf.leaf));
    }
    sql.push_str(&format!("DROP TABLE {name};\n"));
    for function in functions(database, leaf.table).await? {
        sql.push_str(&format!("DROP FUNCTION {function}();\n"));
    }
    sql.push_str(&leaf.parent.map_or_else(String::new, unguard));
    for key in &keys {
        let referencing = place(&key.referencing);
        sql.push_str(&point::add(key, &referencing, &place(&key.referenced)));
        if let Some(function) = key.hold.as_ref().filter(|_| !key.referenced.is(KEYS, leaf.table)) {
            sql.push_str(&point::hold(key, &referencing, function));
        }
        later.extend(point::validate(key, &referencing));
    }
    Ok((sql, later))
}

async fn functions(database: &Database, table: &str) -> Result<Vec<String>> {
    let sql = "SELECT format('%I.%I', n.nspname, p.proname) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = $1 AND obj_description(p.oid, 'pg_proc') = $2 ORDER BY 1";
    let rows = database.query("looking for the functions of a key table", sql, &[&CONTROL, &tag(table)]).await?;
    Ok(rows.iter().map(|r| r.get(0)).collect())
}

/// Holds whose foreign key the application has dropped since.
async fn leftovers(database: &Database, table: &str) -> Result<String> {
    let sql = "SELECT format('DROP TRIGGER IF EXISTS %I ON %I.%I;', t.tgname, cn.nspname, c.relname)
               FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
               JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
               WHERE n.nspname = $1 AND p.proname LIKE 'hold\\_%' AND obj_description(p.oid, 'pg_proc') = $2 AND t.tgparentid = 0";
    let rows = database.query("looking for holds", sql, &[&CONTROL, &tag(table)]).await?;
    Ok(rows.iter().map(|r| r.get::<_, String>(0) + "\n").collect())
}

/// The guard is removed with the last leaf that has a key table.
fn unguard(parent: &str) -> String {
    format!(
        "DO $esclusa$ BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_trigger t ON t.tgrelid = i.inhrelid \
         WHERE i.inhparent = {}::regclass AND t.tgname = '{}') THEN DROP TRIGGER IF EXISTS {GUARD} ON {parent}; END IF; END $esclusa$;\n",
        literal(parent),
        FOLLOW[0],
    )
}
