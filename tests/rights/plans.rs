//! Where the legacy table's plan used an index, the plan of the same statement through the proxy uses that index, which was carried over
//! to the leaf under its name. Each index is tested by itself: the others of its table are made invalid meanwhile, and sequential scans are
//! disabled on both sides, so that sizes and costs do not decide.

use super::{LEGACY, SCHEMA, stage};
use crate::common::real::TARGET;
use esclusa::catalog::Database;
use esclusa::sql::quote::{ident, literal};
use esclusa::twin::Client;

/// An index with, by column, what it is over, its collation where that is not the column's own, and whether it is for patterns.
struct Index {
    name: String,
    method: String,
    columns: Vec<(String, bool)>,
    predicate: Option<String>,
}

const INDEXES: &str = "
SELECT c.relname::text, m.amname::text, pg_get_expr(i.indpred, i.indrelid),
  ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) || coalesce((SELECT format(' COLLATE %I', l.collname) FROM pg_collation AS l, pg_attribute AS a
          WHERE l.oid = i.indcollation[k - 1] AND a.attrelid = i.indrelid AND a.attnum = i.indkey[k - 1] AND a.attcollation <> l.oid), '')
        FROM generate_series(1, i.indnkeyatts) AS k),
  ARRAY(SELECT o.opcname LIKE '%pattern%' FROM generate_series(1, i.indnkeyatts) AS k, pg_opclass AS o WHERE o.oid = i.indclass[k - 1] ORDER BY k)
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS m ON m.oid = c.relam
WHERE i.indrelid = to_regclass($1) ORDER BY 1";

async fn indexes(db: &Database, table: &str) -> Vec<Index> {
    let rows = db.query("reading indexes", INDEXES, &[&table]).await.unwrap();
    let index = |r: &tokio_postgres::Row| {
        let (columns, patterns): (Vec<String>, Vec<bool>) = (r.get(3), r.get(4));
        Index { name: r.get(0), method: r.get(1), predicate: r.get(2), columns: columns.into_iter().zip(patterns).collect() }
    };
    rows.iter().map(index).collect()
}

/// Statements that an index serves, with values of a row that the table has.
async fn statements(db: &Database, table: &str, index: &Index) -> Vec<String> {
    let expressions: Vec<String> = index.columns.iter().map(|(e, _)| format!("({e})::text")).collect();
    let filled: Vec<String> = index.columns.iter().map(|(e, _)| format!("({e}) IS NOT NULL")).collect();
    let predicate = index.predicate.as_ref().map_or_else(String::new, |p| format!(" AND {p}"));
    let sql = format!("SELECT {} FROM {table} WHERE {}{predicate} LIMIT 1", expressions.join(", "), filled.join(" AND "));
    let Some(row) = db.text("a row", &sql).await.unwrap().into_iter().next() else { return Vec::new() };
    let values: Vec<String> = row.into_iter().map(|v| literal(&v.unwrap_or_default())).collect();
    let one = |((expression, pattern), value): (&(String, bool), &String)| match pattern {
        true => format!("{expression} LIKE {}", literal("a%")),
        false => format!("{expression} = {value}"),
    };
    let equal: Vec<String> = index.columns.iter().zip(&values).map(one).collect();
    let select = |condition: &str, tail: &str| format!("SELECT * FROM {table} WHERE {condition}{predicate}{tail}");
    let mut all = vec![select(&equal.join(" AND "), ""), select(&equal[0], "")];
    if index.method == "btree" && !index.columns[0].1 {
        let columns: Vec<&str> = index.columns.iter().map(|(e, _)| e.as_str()).collect();
        all.push(select("true", &format!(" ORDER BY {} LIMIT 3", columns.join(", "))));
        all.push(select(&format!("{} > {}", columns[0], values[0]), ""));
        all.push(format!("SELECT max({}) FROM {table} WHERE true{predicate}", columns[0]));
        all.push(format!(
            "UPDATE {table} SET {0} = {0} WHERE {1}{predicate}",
            columns.last().filter(|c| c.chars().all(|c| c.is_alphanumeric() || c == '_')).unwrap_or(&"ctid"),
            equal.join(" AND ")
        ));
        all.retain(|s| !s.contains("SET ctid"));
        all.push(format!("DELETE FROM {table} WHERE {}{predicate}", equal.join(" AND ")));
    }
    all
}

/// The names of the indexes that a plan uses.
async fn used(client: &mut Client, statement: &str) -> Vec<String> {
    let answer = client.query(&format!("EXPLAIN (FORMAT JSON) {statement}")).await.unwrap();
    assert!(answer.error().is_none(), "{statement}: {answer:?}");
    let plan: String = answer.rows().into_iter().flatten().flatten().collect();
    let mut names: Vec<String> =
        plan.split("\"Index Name\": \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    names
}

/// Makes all indexes of a table but one invalid, in the session's transaction.
async fn only(client: &mut Client, table: &str, index: &str) {
    let sql = format!(
        "UPDATE pg_index SET indisvalid = false FROM pg_class AS c WHERE c.oid = indexrelid AND indrelid = '{table}'::regclass AND c.relname <> {}",
        literal(index)
    );
    assert!(client.query(&sql).await.unwrap().error().is_none());
}

#[tokio::test]
async fn what_used_an_index_uses_it_still() {
    let stage = stage().await;
    let world = stage.world;
    let legacy = world.real.postgres.connect(LEGACY).await.unwrap();
    let path = format!("{SCHEMA}, public");
    let parameters =
        |database| [("user", "postgres"), ("database", database), ("search_path", &*path), ("enable_seqscan", "off")];
    let mut before = Client::connect(&world.server(), &parameters(LEGACY)).await.unwrap();
    let mut after = Client::connect(&stage.proxy.address, &parameters(TARGET)).await.unwrap();
    let (mut asked, mut faults) = (0, Vec::new());
    for rule in &world.tables {
        let table = ident(&rule.table);
        for index in indexes(&legacy, &format!("{SCHEMA}.{table}")).await {
            let statements = statements(&legacy, &format!("{SCHEMA}.{table}"), &index).await;
            for client in [&mut before, &mut after] {
                client.query("BEGIN").await.unwrap();
            }
            only(&mut before, &format!("{SCHEMA}.{table}"), &index.name).await;
            only(&mut after, &format!("esclusa_leaf.{table}"), &index.name).await;
            for statement in statements {
                let (old, new) = (used(&mut before, &statement).await, used(&mut after, &statement).await);
                asked += usize::from(old.contains(&index.name));
                if old.contains(&index.name) && !new.contains(&index.name) {
                    faults.push(format!("{statement}\n  used {}, and now {new:?}", index.name));
                }
            }
            for client in [&mut before, &mut after] {
                client.query("ROLLBACK").await.unwrap();
            }
        }
    }
    println!("{asked} plans by an index, {} without it now", faults.len());
    assert!(asked > 10 * world.tables.len(), "{asked}");
    assert!(
        faults.is_empty(),
        "{} of {asked}\n{}",
        faults.len(),
        faults.iter().take(4000).cloned().collect::<Vec<_>>().join("\n")
    );
}
