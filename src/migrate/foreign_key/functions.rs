//! The bodies of the trigger functions: the key table follows the leaf (*follow*), the leaf follows the key table where a foreign key of the legacy
//! table changes it (*lead*), and a referencing row holds the row that it refers to (*hold*).

use crate::sql::quote::{ident, literal};

use super::key_table::{Column, KeyTable, Write};
use super::{Action, ForeignKey};

/// `ROW(...)` compared as images, so that 1.5 and 1.50 differ: a cascade must pass on that change too.
fn differ(left: &[String], right: &[String]) -> String {
    format!("ROW({})::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW({})::pg_catalog.record", left.join(", "), right.join(", "))
}

fn joined(parts: impl IntoIterator<Item = String>, by: &str) -> String {
    parts.into_iter().collect::<Vec<_>>().join(by)
}

impl KeyTable {
    /// Columns of the key table in order: the leaf row's identity, then the legacy columns.
    fn names(&self) -> Vec<String> {
        let identity = self.identity.iter().map(|c| c.name.clone());
        identity.chain(self.columns.iter().map(|c| ident(&c.name))).collect()
    }

    /// Their values, read from the leaf's row `t`.
    fn values(&self) -> Vec<String> {
        let identity = self.identity.iter().map(|c| format!("t.{}", c.leaf));
        identity.chain(self.columns.iter().map(Column::read)).collect()
    }

    fn of(&self, alias: &str) -> Vec<String> {
        self.names().iter().map(|n| format!("{alias}.{n}")).collect()
    }

    /// The condition that the key table's row `m` belongs to the leaf's row `t`.
    fn same_row(&self, m: &str, t: &str) -> String {
        joined(self.identity.iter().map(|c| format!("{m}.{} OPERATOR(pg_catalog.=) {t}.{}", c.name, c.leaf)), " AND ")
    }

    fn set(&self, values: &[String]) -> String {
        joined(self.names().iter().zip(values).map(|(n, v)| format!("{n} = {v}")), ", ")
    }

    /// Puts rows of the leaf, or of a transition table with its columns, into the key table.
    pub(super) fn take(&self, from: &str) -> String {
        let identity = joined(self.identity.iter().map(|c| c.name.clone()), ", ");
        let excluded = self.of("excluded");
        format!(
            "{} ON CONFLICT ({identity}) DO UPDATE SET {} WHERE {}",
            self.insert(from),
            self.set(&excluded),
            differ(&self.of("m"), &excluded)
        )
    }

    /// Puts all rows of the leaf into an empty key table, in the leaf's order, so that later changes happen in that order too.
    pub(super) fn fill(&self) -> String {
        self.insert(&format!("{} AS t ORDER BY t.ctid", self.leaf))
    }

    fn insert(&self, from: &str) -> String {
        format!("INSERT INTO {} AS m ({}) SELECT {} FROM {from}", self.name(), self.names().join(", "), self.values().join(", "))
    }

    /// The key table follows the leaf: one statement for each of the client's, so that a foreign key sees all its rows at once. Actions of a
    /// foreign key on other tables fire those tables' triggers inside this function, and they must see the client's search path. So the function
    /// sets none, although it runs with its owner's rights, and names every operator, function and type with its schema.
    pub(super) fn follow(&self) -> String {
        let key = self.name();
        format!(
            "BEGIN\n  IF TG_OP OPERATOR(pg_catalog.=) 'TRUNCATE' THEN\n    \
             IF EXISTS (SELECT FROM {key}) THEN TRUNCATE {key}; END IF;\n  \
             ELSIF TG_OP OPERATOR(pg_catalog.=) 'INSERT' THEN\n    {};\n  \
             ELSIF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN\n{}    DELETE FROM {key} AS m USING old_rows AS t WHERE {};\n  \
             ELSIF EXISTS (SELECT FROM new_rows) THEN\n    {};\n  \
             END IF;\n  RETURN NULL;\nEND",
            self.take("new_rows AS t"),
            self.take_over(),
            self.same_row("m", "t"),
            self.follow_update(),
        )
    }

    /// Rows are changed in the order in which the leaf's rows were (the two transition tables have that order, and a nested loop keeps it), so that
    /// a unique index accepts the same sequence of changes. Only what has changed in the leaf is copied: a running cascade may have changed another
    /// column of the key table before that change reaches the leaf. A column counts as changed when its text has; comparing as text also keeps
    /// `unnest` from splitting array values.
    fn follow_update(&self) -> String {
        let olds = self
            .columns
            .iter()
            .map(|c| format!("pg_catalog.unnest(ARRAY(SELECT ({})::pg_catalog.text FROM old_rows AS t)), ", c.read()));
        let aliases = (1..=self.columns.len()).map(|i| format!(", esclusa_old_{i}"));
        let kept = (1..).zip(&self.columns).map(|(i, column)| {
            let (new, name) = (column.read(), ident(&column.name));
            let changed = differ(&[format!("t.esclusa_old_{i}")], &[format!("({new})::pg_catalog.text")]);
            format!("CASE WHEN {changed} THEN {new} ELSE m.{name} END")
        });
        let identity = self.identity.iter().map(|c| format!("t.{}", c.leaf));
        let values: Vec<String> = identity.chain(kept).collect();
        format!(
            "UPDATE {key} AS m SET {set} FROM ROWS FROM (\
             pg_catalog.unnest(ARRAY(SELECT (SELECT m.ctid FROM {key} AS m WHERE {same}) FROM old_rows AS t)), {olds}\
             pg_catalog.unnest(ARRAY(SELECT ROW(n.*)::{leaf} FROM new_rows AS n))) AS t (esclusa_at{aliases}) \
             WHERE m.ctid OPERATOR(pg_catalog.=) t.esclusa_at AND {differ}",
            key = self.name(),
            set = self.set(&values),
            same = self.same_row("m", "t"),
            olds = olds.collect::<String>(),
            leaf = self.leaf,
            aliases = aliases.collect::<String>(),
            differ = differ(&self.of("m"), &values),
        )
    }

    /// A key that the same statement deleted and inserted again moves to the new row: NO ACTION checks whether it exists at the end
    /// (`ri_Check_Pk_Match`), and the other actions happen in any case.
    fn take_over(&self) -> String {
        let mut sql = String::new();
        for (unique, _) in self.uniques() {
            let mut pointing = self.incoming().filter(|k| k.unique == *unique);
            let Some(first) = pointing.next() else { continue };
            if first.on_delete != Action::NoAction || pointing.any(|k| k.on_delete != Action::NoAction) {
                continue;
            }
            let same = joined(
                first.referenced.columns.iter().zip(&first.equal).filter_map(|(column, equal)| {
                    let column = self.column(column)?;
                    Some(equal.within.apply(&column.read(), &format!("m.{}", ident(&column.name))))
                }),
                " AND ",
            );
            sql.push_str(&format!(
                "    UPDATE {} AS m SET {} FROM old_rows AS o, {} AS t WHERE {} AND {same};\n",
                self.name(),
                self.set(&self.values()),
                self.leaf,
                self.same_row("m", "o"),
            ));
        }
        sql
    }

    /// The leaf follows a change that a foreign key of the legacy table made in the key table. It takes the present values, not those of this
    /// change, because the leaf's own trigger would carry older values back.
    pub(super) fn lead(&self, write: Write<'_>) -> String {
        let leaf = &self.leaf;
        let row = |of: &str| {
            joined(self.identity.iter().map(|c| format!("t.{} OPERATOR(pg_catalog.=) {of}.{}", c.leaf, c.name)), " AND ")
        };
        let written: Vec<&Column> = self.columns.iter().filter(|c| self.is_written(&c.name)).collect();
        let now = |c: &Column| format!("m.{}", ident(&c.name));
        let values: Vec<(String, String)> = written.iter().map(|c| (c.name.clone(), now(c))).collect();
        let mut update = written.iter().filter(|c| c.not_null).map(|c| self.null_check(c, &row("new"))).collect::<String>();
        if !values.is_empty() {
            update.push_str(&format!(
                "    UPDATE {leaf} AS t SET {} FROM {} AS m WHERE {} AND {} AND {};\n",
                write(&values, "t"),
                self.name(),
                joined(self.identity.iter().map(|c| format!("m.{0} OPERATOR(pg_catalog.=) new.{0}", c.name)), " AND "),
                row("m"),
                differ(
                    &written.iter().map(|c| c.read()).collect::<Vec<_>>(),
                    &written.iter().map(|c| now(c)).collect::<Vec<_>>()
                )
            ));
        }
        format!(
            "BEGIN\n  IF TG_OP = 'TRUNCATE' THEN\n    IF EXISTS (SELECT FROM {leaf}) THEN TRUNCATE {leaf}; END IF;\n  \
             ELSIF TG_OP = 'DELETE' THEN\n    DELETE FROM {leaf} AS t WHERE {};\n  ELSE\n{update}    NULL;\n  \
             END IF;\n  RETURN NULL;\nEND",
            row("old"),
        )
    }

    /// SET NULL on a NOT NULL column: the error that the table itself would report, with its row.
    fn null_check(&self, column: &Column, row: &str) -> String {
        let shown = self.legacy.iter().map(|(name, read)| {
            let value = match self.column(name).filter(|_| self.is_written(name)) {
                Some(_) => format!("new.{}", ident(name)),
                None => read.clone(),
            };
            // ExecBuildSlotValueDescription shows 64 bytes of a value.
            format!("coalesce(CASE WHEN octet_length(({value})::text) > 64 THEN left(({value})::text, 64) || '...' ELSE ({value})::text END, 'null')")
        });
        format!(
            "    IF new.{} IS NULL THEN\n      RAISE EXCEPTION USING ERRCODE = '23502', SCHEMA = {}, TABLE = {}, COLUMN = {},\n        \
             MESSAGE = {},\n        DETAIL = (SELECT format('Failing row contains (%s).', concat_ws(', ', {})) FROM {} AS t WHERE {row});\n    \
             END IF;\n",
            ident(&column.name),
            literal(&self.schema),
            literal(&self.table),
            literal(&column.name),
            literal(&format!(
                "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                column.name, self.table
            )),
            joined(shown, ", "),
            self.leaf,
        )
    }

    /// A referencing row locks the row of the leaf, as the foreign key would. If the same statement wrote the leaf, the key table may not have
    /// followed yet, and the foreign key checks there next: so the key table is brought up to date for this row now.
    pub(super) fn hold(&self, key: &ForeignKey) -> String {
        let pairs = |read: &dyn Fn(&Column) -> String| {
            let pair = |((own, other), equal): ((&String, &String), &super::Equal)| {
                Some(equal.across.apply(&read(self.column(own)?), &format!("new.{}", ident(other))))
            };
            let sides = key.referenced.columns.iter().zip(&key.referencing.columns);
            joined(sides.zip(&key.equal).filter_map(pair), " AND ")
        };
        let on_leaf = pairs(&Column::read);
        let on_key = pairs(&|c| format!("m.{}", ident(&c.name)));
        format!(
            "DECLARE\n  known boolean;\nBEGIN\n  \
             SELECT EXISTS (SELECT FROM {key} AS m WHERE {on_key}) INTO known FROM {leaf} AS t WHERE {on_leaf} FOR KEY SHARE OF t;\n  \
             IF NOT known THEN\n    {take};\n  END IF;\n  RETURN NULL;\nEND",
            leaf = self.leaf,
            key = self.name(),
            take = self.take(&format!("{} AS t WHERE {on_leaf}", self.leaf)),
        )
    }
}
