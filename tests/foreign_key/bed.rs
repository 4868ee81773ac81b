//! Two databases with the same tables and foreign keys: in one they are unchanged, in the other some have moved into leaves made by
//! hand, with views under their names. A statement is written once, and rendered for each as the proxy would write it.
#![allow(dead_code, reason = "each test crate uses a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use esclusa::catalog::Database;
use esclusa::migrate::PINNED;
use esclusa::migrate::foreign_key::key_table::{KeyTable, Leaf, restoring};
use esclusa::migrate::foreign_key::{KEYS, SCHEMA_SQL};
use esclusa::sql::quote::{ident, literal, qualified};

use crate::common::{Bed, SCHEMA, Session};

/// The shape of a moved table: its code, and all its columns with their types.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) table: String,
    pub(crate) code: String,
    pub(crate) columns: Vec<(String, String)>,
    /// Columns of the leaf that identify its rows.
    pub(crate) identity: &'static [&'static str],
}

impl Shape {
    pub(crate) async fn of(db: &Database, table: &str, code: &str) -> Shape {
        let sql = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
                   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
        let rows = db.query("test", sql, &[&qualified(SCHEMA, table)]).await.unwrap();
        let columns = rows.iter().map(|r| (r.get(0), r.get(1))).collect();
        Shape { table: table.to_owned(), code: code.to_owned(), columns, identity: &["dv_id"] }
    }

    pub(crate) fn leaf(&self) -> String {
        qualified("esclusa_leaf", &self.table)
    }

    fn type_of(&self, column: &str) -> &str {
        &self.columns.iter().find(|(name, _)| name == column).unwrap_or_else(|| panic!("{column} of {}", self.table)).1
    }

    pub(crate) fn read(&self, column: &str, alias: &str) -> String {
        let dot = if alias.is_empty() { String::new() } else { format!("{alias}.") };
        let place =
            if column == self.code { format!("{dot}dv_code") } else { format!("{dot}dv_extra_json ->> {}", literal(column)) };
        format!("({place})::{}", self.type_of(column))
    }

    pub(crate) fn write(&self, values: &[(String, String)], alias: &str) -> String {
        let (codes, others): (Vec<_>, Vec<_>) = values.iter().partition(|(column, _)| *column == self.code);
        let mut set: Vec<String> = codes.iter().map(|(c, v)| format!("dv_code = (({v})::{})::text", self.type_of(c))).collect();
        if !others.is_empty() {
            let pairs = others.iter().map(|(c, v)| format!("{}, ({v})::{}", literal(c), self.type_of(c)));
            let pairs = pairs.collect::<Vec<_>>().join(", ");
            set.push(format!("dv_extra_json = {alias}.dv_extra_json || pg_catalog.jsonb_build_object({pairs})"));
        }
        set.join(", ")
    }

    /// Makes the leaf, fills it, attaches it, and replaces the table by the view.
    pub(crate) async fn shift(&self, bed: &Bed) {
        let (leaf, legacy, name) = (self.leaf(), qualified(SCHEMA, &self.table), literal(&self.table));
        let (code, owner) = (
            ident(&self.code),
            bed.cell(&format!("SELECT quote_ident(pg_get_userbyid(relowner)) FROM pg_class WHERE oid = '{legacy}'::regclass"))
                .await,
        );
        let image = self.columns.iter().filter(|(c, _)| *c != self.code);
        let image = image.map(|(c, _)| format!("{}, {}", literal(c), ident(c))).collect::<Vec<_>>().join(", ");
        let columns = self.columns.iter().map(|(c, _)| format!("{} AS {}", self.read(c, ""), ident(c)));
        let columns = columns.collect::<Vec<_>>().join(", ");
        let sql = format!(
            "CREATE TABLE {leaf} (dv_id bigint NOT NULL DEFAULT nextval('public.dv_id'), dv_domain varchar(50) NOT NULL DEFAULT {name}, \
                 dv_code varchar(100) COLLATE \"C\" NOT NULL, dv_extra_json jsonb NOT NULL DEFAULT '{{}}', \
                 PRIMARY KEY (dv_domain, dv_id), UNIQUE (dv_domain, dv_code));
             INSERT INTO {leaf} (dv_code, dv_extra_json) SELECT {code}::text, jsonb_build_object({image}) FROM {legacy} ORDER BY ctid;
             ALTER TABLE public.dv ATTACH PARTITION {leaf} FOR VALUES IN ({name});
             ALTER TABLE {leaf} OWNER TO {owner};
             ALTER TABLE {legacy} SET SCHEMA mig_old;
             CREATE VIEW {legacy} AS SELECT {columns} FROM {leaf};
             ALTER VIEW {legacy} OWNER TO {owner}"
        );
        bed.sql(&sql).await;
        for unique in bed.rows(&format!(
            "SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid \
             AND a.attnum = ANY (i.indkey) WHERE i.indrelid = 'mig_old.{}'::regclass AND i.indisunique GROUP BY i.indexrelid", ident(&self.table)
        )).await {
            let list = unique.split(',').map(|c| format!("({})", self.read(c, ""))).collect::<Vec<_>>().join(", ");
            bed.sql(&format!("CREATE UNIQUE INDEX ON {leaf} ({list})")).await;
        }
    }
}

/// Both databases.
pub(crate) struct Pair {
    pub(crate) old: Bed,
    pub(crate) new: Bed,
    pub(crate) moved: BTreeMap<String, Shape>,
}

impl Pair {
    pub(crate) async fn new(tables: &str) -> Pair {
        let (old, new) = (Bed::new(tables).await, Bed::new(tables).await);
        let parent = "CREATE SEQUENCE public.dv_id; CREATE SCHEMA IF NOT EXISTS esclusa_leaf; GRANT USAGE ON SCHEMA esclusa_leaf TO PUBLIC;
             CREATE TABLE public.dv (dv_id bigint NOT NULL DEFAULT nextval('public.dv_id'), dv_domain varchar(50) NOT NULL, \
                 dv_code varchar(100) COLLATE \"C\" NOT NULL, dv_extra_json jsonb NOT NULL DEFAULT '{}', \
                 PRIMARY KEY (dv_domain, dv_id), UNIQUE (dv_domain, dv_code)) PARTITION BY LIST (dv_domain)";
        for sql in [PINNED, SCHEMA_SQL, parent] {
            new.sql(sql).await;
        }
        Pair { old, new, moved: BTreeMap::new() }
    }

    /// Moves a table on the new side; `code` goes to dv_code. Returns the plan of its key table.
    pub(crate) async fn shift(&mut self, table: &str, code: &str) -> Option<KeyTable> {
        let shape = Shape::of(&self.new.db, table, code).await;
        self.shift_shape(shape).await
    }

    /// The same, with a given shape.
    pub(crate) async fn shift_shape(&mut self, shape: Shape) -> Option<KeyTable> {
        let table = shape.table.as_str();
        self.new.sql("BEGIN").await;
        shape.shift(&self.new).await;
        let plan =
            with_leaf(&shape, &qualified("mig_old", table), async |leaf| KeyTable::plan(&self.new.db, leaf).await).await.unwrap();
        if let Some(plan) = &plan {
            self.new.sql(&plan.creation()).await;
        }
        self.new.sql("COMMIT").await;
        for valid in plan.iter().flat_map(KeyTable::validation) {
            self.new.sql(&valid).await;
        }
        self.moved.insert(table.to_owned(), shape.clone());
        plan
    }

    /// Brings a table back with its current rows and its foreign keys, and drops the leaf.
    pub(crate) async fn restore(&mut self, table: &str) {
        let shape = self.moved.remove(table).unwrap();
        let (legacy, archived) = (qualified(SCHEMA, table), qualified("mig_old", table));
        self.new
            .sql(&format!(
                "BEGIN; DELETE FROM {archived}; INSERT INTO {archived} SELECT * FROM {legacy}; DROP VIEW {legacy}; \
             ALTER TABLE {archived} SET SCHEMA {SCHEMA}"
            ))
            .await;
        let (sql, later) = with_leaf(&shape, &legacy, async |leaf| restoring(&self.new.db, leaf).await).await.unwrap();
        self.new.sql(&sql).await;
        self.new.sql(&format!("ALTER TABLE public.dv DETACH PARTITION {0}; DROP TABLE {0}; COMMIT", shape.leaf())).await;
        for valid in later {
            self.new.sql(&valid).await;
        }
    }

    /// A statement for both sides.
    pub(crate) fn render(&self, op: &Op) -> [String; 2] {
        [op.render(&BTreeMap::new()), op.render(&self.moved)]
    }

    /// Every key table is equal to its leaf, and every table reads the same on both sides.
    pub(crate) async fn equal_state(&self, tables: &[&str], plans: &[&KeyTable], after: &str) {
        for plan in plans {
            assert_eq!(self.new.cell(&plan.check()).await, "0", "{after}: {}", plan.name());
        }
        for table in tables {
            let sql = format!("SELECT * FROM {} AS t ORDER BY t::text", qualified(SCHEMA, table));
            assert_eq!(self.old.rows(&sql).await, self.new.rows(&sql).await, "{after}: {table}");
        }
    }
}

/// Calls with the leaf of a shape.
pub(crate) async fn with_leaf<T>(shape: &Shape, legacy: &str, work: impl AsyncFnOnce(&Leaf<'_>) -> T) -> T {
    let name = shape.leaf();
    let shape = Arc::new(shape.clone());
    let (reading, writing) = (Arc::clone(&shape), Arc::clone(&shape));
    let read = move |column: &str, alias: &str| reading.read(column, alias);
    let write = move |values: &[(String, String)], alias: &str| writing.write(values, alias);
    let leaf = Leaf {
        schema: SCHEMA,
        table: &shape.table,
        legacy,
        leaf: &name,
        parent: Some("public.dv"),
        identity: shape.identity,
        read: &read,
        write: Some(&write),
    };
    work(&leaf).await
}

/// A statement; `{column}` in its expressions is a column of the target.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Raw(String),
    /// Table, columns, rows of VALUES.
    Insert(String, Vec<String>, String),
    /// Table, SET, WHERE.
    Update(String, Vec<(String, String)>, String),
    Delete(String, String),
    /// Tables, and what follows.
    Truncate(Vec<String>, String),
    /// `SELECT ... FOR UPDATE` and the like: table, condition, strength.
    Lock(String, String, String),
    /// The first statement in WITH, then the second.
    With(Box<Op>, Box<Op>),
    /// The same, but the second, an INSERT, waits for the first.
    After(Box<Op>, Box<Op>),
}

pub(crate) fn raw(sql: &str) -> Op {
    Op::Raw(sql.to_owned())
}

pub(crate) fn insert(table: &str, columns: &str, rows: &str) -> Op {
    Op::Insert(table.to_owned(), columns.split(", ").map(str::to_owned).collect(), rows.to_owned())
}

pub(crate) fn update(table: &str, set: &[(&str, &str)], condition: &str) -> Op {
    Op::Update(table.to_owned(), set.iter().map(|&(c, v)| (c.to_owned(), v.to_owned())).collect(), condition.to_owned())
}

pub(crate) fn delete(table: &str, condition: &str) -> Op {
    Op::Delete(table.to_owned(), condition.to_owned())
}

pub(crate) fn lock(table: &str, condition: &str, strength: &str) -> Op {
    Op::Lock(table.to_owned(), condition.to_owned(), strength.to_owned())
}

pub(crate) fn truncate(tables: &[&str], more: &str) -> Op {
    Op::Truncate(tables.iter().map(|&t| t.to_owned()).collect(), more.to_owned())
}

pub(crate) fn with(first: Op, second: Op) -> Op {
    Op::With(Box::new(first), Box::new(second))
}

pub(crate) fn after(first: Op, second: Op) -> Op {
    Op::After(Box::new(first), Box::new(second))
}

impl Op {
    pub(crate) fn render(&self, moved: &BTreeMap<String, Shape>) -> String {
        let place = |table: &str| moved.get(table).map_or_else(|| qualified(SCHEMA, table), Shape::leaf);
        let fill = |table: &str, text: &str| {
            let mut text = text.to_owned();
            while let Some((before, rest)) = text.split_once('{') {
                let (column, after) = rest.split_once('}').unwrap();
                let read = moved.get(table).map_or_else(|| format!("t.{column}"), |s| s.read(column, "t"));
                text = format!("{before}{read}{after}");
            }
            text
        };
        match self {
            Op::Raw(sql) => sql.clone(),
            Op::Insert(table, columns, rows) => match moved.get(table) {
                None => format!("INSERT INTO {} ({}) VALUES {rows}", place(table), columns.join(", ")),
                Some(shape) => {
                    let others = columns.iter().filter(|c| **c != shape.code);
                    let image =
                        others.map(|c| format!("{}, v.{c}::{}", literal(c), shape.type_of(c))).collect::<Vec<_>>().join(", ");
                    format!(
                        "INSERT INTO {} (dv_code, dv_extra_json) SELECT v.{}::text, jsonb_build_object({image}) FROM (VALUES {rows}) AS v ({})",
                        place(table),
                        shape.code,
                        columns.join(", ")
                    )
                }
            },
            Op::Update(table, set, condition) => {
                let set: Vec<_> = set.iter().map(|(c, v)| (c.clone(), fill(table, v))).collect();
                let plain = || set.iter().map(|(c, v)| format!("{c} = {v}")).collect::<Vec<_>>().join(", ");
                let set = moved.get(table).map_or_else(plain, |s| s.write(&set, "t"));
                format!("UPDATE {} AS t SET {set} WHERE {}", place(table), fill(table, condition))
            }
            Op::Delete(table, condition) => format!("DELETE FROM {} AS t WHERE {}", place(table), fill(table, condition)),
            Op::Lock(table, condition, strength) => {
                format!("SELECT {} FROM {} AS t WHERE {} {strength}", fill(table, "{id}"), place(table), fill(table, condition))
            }
            Op::Truncate(tables, more) => {
                let names = tables.iter().map(|t| match moved.contains_key(t) {
                    true => format!("{}, {}", place(t), qualified(KEYS, t)),
                    false => place(t),
                });
                format!("TRUNCATE {} {more}", names.collect::<Vec<_>>().join(", "))
            }
            Op::With(first, second) => format!("WITH first AS ({} RETURNING 1) {}", first.render(moved), second.render(moved)),
            Op::After(first, second) => {
                let second = second.render(moved);
                let second = match second.split_once(" FROM (VALUES ") {
                    Some((into, rows)) => format!("{into} FROM first, (VALUES {rows}"),
                    None => second.replace(" VALUES ", " SELECT v.* FROM first, (VALUES ") + ") AS v",
                };
                format!("WITH first AS ({} RETURNING 1) {second}", first.render(moved))
            }
        }
    }
}

/// An answer of the new side, led back as by the proxy: the key table's schema becomes the legacy table's.
pub(crate) fn legacy_names(answer: &str) -> String {
    answer.replace(&format!("[{KEYS} "), &format!("[{SCHEMA} "))
}

/// Runs a statement on both sides; the answers are equal. Returns the answer.
pub(crate) async fn both(pair: &Pair, sessions: &[Session; 2], op: &Op, case: &str) -> String {
    let [old, new] = pair.render(op);
    let (old, new) = (sessions[0].say(&old).await, legacy_names(&sessions[1].say(&new).await));
    assert_eq!(old, new, "{case}: {op:?}");
    old
}
