//! The statements of the rights matrix, as a client would send them, with values that fit the table's columns.

use esclusa::catalog::Database;
use esclusa::rule::Rule;
use esclusa::sql::quote::{ident, literal};
use esclusa::twin::Client;
use esclusa::twin::answer::Reply;

use crate::common::proxy::{q, tell};

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// What it is, for the list of known differences.
    pub(crate) name: &'static str,
    pub(crate) sql: String,
    /// For COPY FROM STDIN: the lines.
    copy: Option<String>,
}

impl Operation {
    /// Runs it in a transaction that is rolled back; rows sorted by their texts, because their order is not defined.
    pub(crate) async fn play(&self, client: &mut Client) -> String {
        let mut replies = match &self.copy {
            None => {
                client.send(&[q("BEGIN"), q(&self.sql), q("ROLLBACK")].concat()).await.unwrap();
                client.until_ready().await.unwrap();
                let answer = client.until_ready().await.unwrap();
                client.until_ready().await.unwrap();
                answer.0
            }
            Some(lines) => {
                client.query("BEGIN").await.unwrap();
                let answer = client.query_with(&self.sql, lines.as_bytes()).await.unwrap();
                client.query("ROLLBACK").await.unwrap();
                answer.0
            }
        };
        replies.retain(|r| !matches!(r, Reply::Notice(_)));
        let row = |r: &Reply| matches!(r, Reply::Row(_) | Reply::CopyData(_));
        let mut rows: Vec<String> = replies.iter().filter(|r| row(r)).map(tell).collect();
        rows.sort_unstable();
        let told: Vec<String> = replies.iter().filter(|r| !row(r)).map(tell).collect();
        format!("{} {}", told.join(" "), rows.join(" ")).trim().to_owned()
    }
}

/// A value of its own for a column of a key, so that the row is a new one.
fn new_key(type_name: &str, number: usize) -> String {
    match type_name {
        t if t.starts_with("numeric") => (70 + number).to_string(),
        t if t.starts_with("timestamp") || t == "date" => literal("2031-01-01"),
        t if t.starts_with("char") => literal("z"),
        _ => "NULL".to_owned(),
    }
}

/// A row as the table has it, as literals, with another key; and as a line of COPY.
async fn a_row(db: &Database, rule: &Rule) -> Option<(Vec<String>, String)> {
    let columns = rule.columns.iter().map(|c| format!("{}::text", ident(&c.column.name))).collect::<Vec<_>>().join(", ");
    let table = format!("cf_quere_pro.{}", ident(&rule.table));
    let rows = db.text("a row", &format!("SELECT {columns} FROM {table} ORDER BY {columns} LIMIT 1")).await.unwrap();
    let row = rows.into_iter().next()?;
    let lookup = rule.target.history().is_none();
    let cell = |(number, (cell, column)): (usize, (&Option<String>, &esclusa::rule::Column))| match cell {
        _ if lookup && rule.key.columns.contains(&column.column.name) => new_key(&column.column.type_name, number),
        Some(text) => literal(text),
        None => "NULL".to_owned(),
    };
    let values: Vec<String> = row.iter().zip(&rule.columns).enumerate().map(cell).collect();
    let line = |value: &String| match value.as_str() {
        "NULL" => "\\N".to_owned(),
        text => text.trim_matches('\'').replace("''", "'").replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"),
    };
    Some((values.clone(), values.iter().map(line).collect::<Vec<_>>().join("\t") + "\n"))
}

/// All operations on a table. It must have a row.
pub(crate) async fn operations(db: &Database, rule: &Rule) -> Vec<Operation> {
    let (values, line) = a_row(db, rule).await.unwrap_or_else(|| panic!("{} has no row", rule.table));
    let t = ident(&rule.table);
    let names: Vec<String> = rule.columns.iter().map(|c| ident(&c.column.name)).collect();
    let (first, last) = (&names[0], &names[names.len() - 1]);
    let (second, second_value) = (&names[1 % names.len()], &values[1 % names.len()]);
    let all = values.join(", ");
    let mut out = Vec::new();
    let mut add = |name, sql: String| out.push(Operation { name, sql, copy: None });
    add("SELECT *", format!("SELECT * FROM {t}"));
    add("SELECT *, qualified", format!("SELECT * FROM cf_quere_pro.{t} AS x"));
    add("SELECT one column", format!("SELECT {first} FROM {t}"));
    add("SELECT another column", format!("SELECT {second} FROM {t} WHERE {last} IS NOT NULL"));
    add("SELECT count", format!("SELECT count(*) FROM {t}"));
    add("SELECT nothing", format!("SELECT 1 FROM {t}"));
    add("SELECT whole rows", format!("SELECT count(x) FROM {t} AS x"));
    add("SELECT below", format!("SELECT EXISTS (SELECT FROM {t} WHERE {first} IS NOT NULL), (SELECT max({first}) FROM {t})"));
    add("SELECT FOR UPDATE", format!("SELECT {first} FROM {t} FOR UPDATE"));
    add("SELECT FOR KEY SHARE", format!("SELECT {first} FROM {t} FOR KEY SHARE"));
    add("INSERT", format!("INSERT INTO {t} VALUES ({all})"));
    add("INSERT, qualified", format!("INSERT INTO cf_quere_pro.{t} ({}) VALUES ({all})", names.join(", ")));
    add("INSERT one column", format!("INSERT INTO {t} ({first}) VALUES ({})", values[0]));
    add("INSERT RETURNING", format!("INSERT INTO {t} VALUES ({all}) RETURNING {first}"));
    add("INSERT SELECT", format!("INSERT INTO {t} SELECT * FROM {t} LIMIT 0"));
    add("UPDATE", format!("UPDATE {t} SET {second} = {second_value} WHERE false"));
    add("UPDATE all", format!("UPDATE {t} SET {last} = {}", values[names.len() - 1]));
    add("UPDATE WHERE", format!("UPDATE {t} SET {second} = {second} WHERE {first} IS NOT NULL"));
    add("UPDATE RETURNING", format!("UPDATE {t} SET {last} = {last} RETURNING {first}"));
    add("UPDATE FROM", format!("UPDATE {t} SET {last} = {} FROM (VALUES (1)) AS v (n) WHERE v.n = 2", values[names.len() - 1]));
    add("DELETE", format!("DELETE FROM {t}"));
    add("DELETE WHERE", format!("DELETE FROM {t} WHERE {first} IS NULL"));
    add("DELETE RETURNING", format!("DELETE FROM {t} WHERE {last} IS NULL RETURNING {first}"));
    add("MERGE", format!("MERGE INTO {t} AS m USING (VALUES (1)) AS v (n) ON false WHEN NOT MATCHED THEN INSERT VALUES ({all})"));
    add("TRUNCATE", format!("TRUNCATE {t}"));
    add("LOCK ACCESS SHARE", format!("LOCK TABLE {t} IN ACCESS SHARE MODE"));
    add("LOCK ROW EXCLUSIVE", format!("LOCK TABLE {t} IN ROW EXCLUSIVE MODE NOWAIT"));
    add("LOCK ACCESS EXCLUSIVE", format!("LOCK TABLE {t}"));
    add("ANALYZE", format!("ANALYZE {t}"));
    add("ANALYZE a column", format!("ANALYZE {t} ({first})"));
    add("ANALYZE no column", format!("ANALYZE {t} ({first}, nosuch)"));
    add("ANALYZE a column twice", format!("ANALYZE {t} ({first}, {first})"));
    add("COPY TO", format!("COPY {t} TO STDOUT"));
    add("COPY TO one column", format!("COPY {t} ({first}) TO STDOUT"));
    add("COPY (SELECT)", format!("COPY (SELECT {first} FROM {t}) TO STDOUT"));
    out.push(Operation { name: "COPY FROM", sql: format!("COPY {t} FROM STDIN"), copy: Some(line) });
    out
}
