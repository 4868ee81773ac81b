//! A catalog from a running server (PostgreSQL manual, chapter 53: `pg_class`, `pg_attribute`, `pg_constraint`).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use super::database::Params;
use super::{Catalog, Column, Database, Key};
use crate::error::Result;

/// What restricts a query to some relations. It is part of the text only where it is wanted, so that the prepared query finds them by their index.
const SOME: &str = " AND c.relname = ANY ($2)";

const COLUMNS: &str = "
SELECT c.relname, c.relkind::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(pg_get_expr(d.adbin, d.adrelid),
                CASE WHEN a.attgenerated = '' AND c.relkind IN ('r', 'p', 'f') THEN pg_get_expr(t.typdefaultbin, 0) END)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition";

const KEYS: &str = "
SELECT c.relname, k.conname, k.contype = 'p' AND NOT k.condeferrable,
       (SELECT array_agg(a.attname::text ORDER BY u.i) FROM unnest(k.conkey) WITH ORDINALITY AS u(attnum, i)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND k.contype IN ('p', 'u') AND NOT c.relispartition";

/// Only views are examined whose grants name columns, or allow a change without SELECT, or whose owner revoked a right from itself (which it still
/// has on the leaf); there are few, so all roles can be checked for them.
const PARTS: &str = "
  SELECT c.oid, c.relname, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind = 'v'
    AND (EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL)
         OR EXISTS (SELECT FROM aclexplode(c.relacl) AS a GROUP BY a.grantee
                    HAVING bool_or(a.privilege_type IN ('UPDATE', 'DELETE')) AND NOT bool_or(a.privilege_type = 'SELECT'))
         OR EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS a(right_)
                    WHERE NOT EXISTS (SELECT FROM aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) AS g
                                      WHERE g.grantee = c.relowner AND g.privilege_type = a.right_)))";

const LIMITED: &str = "
SELECT r.rolname::text, p.relname::text FROM part p JOIN pg_roles r ON NOT r.rolsuper
WHERE EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS a(right_)
              WHERE has_any_column_privilege(r.oid, p.oid, right_) AND NOT has_table_privilege(r.oid, p.oid, right_))
   OR has_table_privilege(r.oid, p.oid, 'UPDATE, DELETE') AND NOT has_table_privilege(r.oid, p.oid, 'SELECT')
   OR pg_has_role(r.oid, p.relowner, 'USAGE')
      AND EXISTS (SELECT FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS a(right_)
                  WHERE NOT has_table_privilege(r.oid, p.oid, right_))
UNION ALL SELECT r.rolname::text, '' FROM pg_roles r, pg_namespace n WHERE n.nspname = $1 AND NOT has_schema_privilege(r.oid, n.oid, 'USAGE')";

/// A mark of each relation that changes whenever something of it in the catalog changes, and one of all types, without a name. Every change of a row
/// of the system catalogs gives it a new `xmin` (manual, section 5.6), which freezing does not alter.
const MARKS: &str = "
WITH c AS (SELECT c.oid, c.xmin, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition),
rows AS (SELECT c.oid AS relation, 0::bigint AS place, c.xmin FROM c
         UNION ALL SELECT a.attrelid, a.attnum, a.xmin FROM pg_attribute a WHERE a.attnum > 0 AND a.attrelid IN (SELECT oid FROM c)
         UNION ALL SELECT d.adrelid, d.adnum + 2000, d.xmin FROM pg_attrdef d WHERE d.adrelid IN (SELECT oid FROM c)
         UNION ALL SELECT k.conrelid, - k.oid::bigint, k.xmin FROM pg_constraint k WHERE k.conrelid IN (SELECT oid FROM c)
         UNION ALL SELECT 0, t.oid::bigint, t.xmin FROM pg_type t WHERE t.oid >= 16384 AND t.typtype IN ('d', 'e', 'r'))
SELECT coalesce(c.relname::text, ''), (sum(hashint8extended(rows.xmin::text::bigint, (relation::bigint << 16) + place)) % 1000000000000000000)::bigint
FROM rows LEFT JOIN c ON c.oid = rows.relation GROUP BY 1";

/// See [`Catalog::limited`]: (role, view).
pub type Limited = HashSet<(String, String)>;

/// What was known of limited rights, with what [`Catalog::limited_some`] tells now of these views.
pub fn limited_anew(before: &Limited, views: &[String], now: &Limited) -> Limited {
    let is_other = |(_, view): &&(String, String)| !view.is_empty() && !views.contains(view);
    before.iter().filter(is_other).chain(now).cloned().collect()
}

/// See [`Catalog::marks`].
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Marks(BTreeMap<String, i64>);

impl Marks {
    /// The relations that have changed, come or gone between these marks and later ones; `None` if types have, which any relation may use.
    pub fn changed(&self, later: &Marks) -> Option<Vec<String>> {
        let differ = |(a, b): (&Marks, &Marks)| {
            a.0.iter().filter(|(name, mark)| b.0.get(*name) != Some(mark)).map(|(name, _)| name.clone()).collect::<BTreeSet<_>>()
        };
        let changed = &differ((self, later)) | &differ((later, self));
        (!changed.contains("")).then(|| changed.into_iter().collect())
    }
}

impl Catalog {
    /// The marks of a schema's catalog: much less to read than the catalog itself.
    pub async fn marks(database: &Database, schema: &str) -> Result<Marks> {
        let rows = database.query("looking for changes of the catalog", MARKS, &[&schema]).await?;
        Ok(Marks(rows.into_iter().map(|row| (row.get(0), row.get(1))).collect()))
    }

    /// Reads every relation of a schema. Partitions are left out: their parent stands for them.
    pub async fn read(database: &Database, schema: &str) -> Result<Catalog> {
        Catalog::read_some(database, schema, None).await
    }

    /// Reads the relations of these names only.
    pub async fn read_tables(database: &Database, schema: &str, tables: &[String]) -> Result<Catalog> {
        Catalog::read_some(database, schema, Some(tables)).await
    }

    /// The mark of relations with these names in other schemas, and of who may use those schemas: a search path may find them first.
    pub async fn mark_of_others(database: &Database, schema: &str, names: &[&str]) -> Result<(i64, i64)> {
        let sql = "SELECT count(*), coalesce(sum(hashtextextended(concat_ws(' ', c.oid, n.oid, c.relname, n.nspname, n.nspacl), 0)) % 1000000000000000000, 0)::bigint
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relname = ANY ($2) AND n.nspname <> $1 AND n.nspname !~ '^pg_'";
        let row = database.one("looking for names in other schemas", sql, &[&schema, &names]).await?;
        Ok((row.get(0), row.get(1)))
    }

    /// Roles with limited rights on a view of a schema: on some of its columns only, or a right to change what they may not read. A role that may
    /// not use the schema has an entry with an empty view name.
    pub async fn limited(database: &Database, schema: &str) -> Result<Limited> {
        Catalog::limited_on(database, schema, None).await
    }

    /// The same, of some views only.
    pub async fn limited_some(database: &Database, schema: &str, views: &[String]) -> Result<Limited> {
        Catalog::limited_on(database, schema, Some(views)).await
    }

    async fn limited_on(database: &Database, schema: &str, views: Option<&[String]>) -> Result<Limited> {
        let some = if views.is_some() { SOME } else { "" };
        let both: Params<'_> = &[&schema, &views];
        let params = if views.is_some() { both } else { &both[..1] };
        let sql = format!("WITH part AS ({PARTS}{some}) {LIMITED}");
        let rows = database.query("looking for rights on parts of tables", &sql, params).await?;
        Ok(rows.into_iter().map(|r| (r.get(0), r.get(1))).collect())
    }

    async fn read_some(database: &Database, schema: &str, tables: Option<&[String]>) -> Result<Catalog> {
        let mut catalog = Catalog { schema: schema.to_owned(), ..Catalog::default() };
        let some = if tables.is_some() { SOME } else { "" };
        let both: Params<'_> = &[&schema, &tables];
        let params = if tables.is_some() { both } else { &both[..1] };
        for row in database.query("reading the catalog", &format!("{COLUMNS}{some} ORDER BY c.relname, a.attnum"), params).await?
        {
            let (name, kind): (String, String) = (row.get(0), row.get(1));
            let column = Column { name: row.get(2), type_name: row.get(3), not_null: row.get(4), default: row.get(5) };
            let table = Arc::make_mut(catalog.tables.entry(name.clone()).or_default());
            table.name = name;
            table.kind = kind.chars().next().unwrap_or('r');
            table.columns.push(column);
        }
        for row in database.query("reading the keys", &format!("{KEYS}{some} ORDER BY c.relname, k.conname"), params).await? {
            if let Some(table) = catalog.tables.get_mut(row.get::<_, &str>(0)) {
                Arc::make_mut(table).keys.push(Key { name: row.get(1), primary: row.get(2), columns: row.get(3) });
            }
        }
        Ok(catalog)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_named() {
        let marks = |of: &[(&str, i64)]| Marks(of.iter().map(|(name, mark)| ((*name).to_owned(), *mark)).collect());
        let before = marks(&[("", 1), ("a", 1), ("b", 1), ("c", 1)]);
        assert_eq!(before.changed(&before), Some(vec![]));
        let after = marks(&[("", 1), ("a", 1), ("b", 2), ("d", 1)]);
        assert_eq!(before.changed(&after), Some(vec!["b".to_owned(), "c".to_owned(), "d".to_owned()]));
        assert_eq!(before.changed(&marks(&[("", 2), ("a", 1), ("b", 1), ("c", 1)])), None);
        assert_eq!(marks(&[]).changed(&marks(&[("", 1)])), None);
    }
}
