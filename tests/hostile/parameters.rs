//! Types that a client declares: every type, in every place where a parameter can stand, against every kind of column. Whether the statement is
//! prepared, with which parameter types, or why not and where, is what the legacy table says.

use esclusa::mode::Mode;
use esclusa::twin::answer::Reply;

use crate::common::proxy::{Proxy, Raw, b, d, direct, e, p_typed, q, s};
use crate::common::{Bed, SCHEMA};

/// The bed; the legacy table itself is `antes.tiposuma`.
async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tiposuma (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20), letra char(3), hora timestamp, dia date, activo boolean);
         INSERT INTO tiposuma VALUES (1, 'uno', 'a', '2026-03-05 10:00', '2026-03-05', true), (2, NULL, NULL, NULL, NULL, NULL);",
    )
    .await;
    bed.lookup("tiposuma", "id").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tiposuma"], Mode::Rewrite).await;
    bed.sql("CREATE SCHEMA antes; ALTER TABLE mig_old.tiposuma SET SCHEMA antes").await;
    (bed, proxy)
}

/// bool, bytea, char, int8, int2, int4, text, float4, float8, bpchar, varchar, date, timestamp, timestamptz, numeric, uuid; none, unknown.
const TYPES: [u32; 18] = [0, 705, 16, 17, 18, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184, 1700, 2950];
const COLUMNS: [&str; 6] = ["id", "nombre", "letra", "hora", "dia", "activo"];

/// Places; `{c}` is a column.
const PLACES: [&str; 22] = [
    "UPDATE tiposuma SET {c} = $1",
    "UPDATE tiposuma SET {c} = ($1)",
    "UPDATE tiposuma SET ({c}) = ROW ($1)",
    "UPDATE tiposuma SET {c} = $1 WHERE {c} = $1",
    "UPDATE tiposuma SET {c} = coalesce($1, {c})",
    "UPDATE tiposuma SET {c} = (SELECT $1)",
    "INSERT INTO tiposuma ({c}) VALUES ($1)",
    "INSERT INTO tiposuma ({c}) VALUES ($1), (NULL)",
    "INSERT INTO tiposuma ({c}) SELECT $1",
    "INSERT INTO tiposuma ({c}) SELECT DISTINCT $1",
    "INSERT INTO tiposuma (id) VALUES (9) ON CONFLICT (id) DO UPDATE SET {c} = $1",
    "INSERT INTO tiposuma (id) VALUES (9) ON CONFLICT (id) DO UPDATE SET {c} = excluded.{c} WHERE tiposuma.{c} = $1",
    "MERGE INTO tiposuma t USING (SELECT 1 AS k) x ON t.id = x.k WHEN MATCHED THEN UPDATE SET {c} = $1",
    "MERGE INTO tiposuma t USING (SELECT 1 AS k) x ON t.id = x.k WHEN NOT MATCHED THEN INSERT ({c}) VALUES ($1)",
    "SELECT * FROM tiposuma WHERE {c} = $1",
    "SELECT * FROM tiposuma WHERE {c} IN ($1, $2)",
    "SELECT * FROM tiposuma WHERE {c} BETWEEN $1 AND $2",
    "SELECT * FROM tiposuma t WHERE $1 <> '' AND t.{c} = $1",
    "SELECT $1 + 1 FROM tiposuma t WHERE t.{c} = $1",
    "DELETE FROM tiposuma WHERE {c} = $1",
    "DELETE FROM tiposuma WHERE $1 <> '' AND id = $1::int RETURNING {c}",
    "SELECT CASE WHEN {c} = $1 THEN $2 ELSE {c} END FROM tiposuma ORDER BY {c}",
];

/// What Parse and Describe say: parameter and column types, or an error with its place.
async fn prepared(client: &mut Raw, text: &str, types: &[u32]) -> String {
    client.send(&[p_typed("", text, types), d(""), s()]).await;
    told(client, false).await
}

async fn told(client: &mut Raw, rows: bool) -> String {
    let answer = client.0.until_ready().await.unwrap();
    let tell = |reply: &Reply| match reply {
        Reply::Error(fields) => {
            let of = |code| String::from_utf8_lossy(fields.get(code).unwrap_or_default()).into_owned();
            format!("<{} {} @{}>", of(b'C'), of(b'M'), of(b'P'))
        }
        Reply::Columns(columns) => columns
            .iter()
            .map(|c| format!("{} {} {}", String::from_utf8_lossy(&c.name), c.type_oid, c.modifier))
            .collect::<Vec<_>>()
            .join(","),
        Reply::Row(cells) if rows => format!("{cells:?}"),
        other => crate::common::proxy::tell(other),
    };
    answer.0.iter().map(tell).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn every_declared_type_in_every_place_is_judged_as_the_table_judges_it() {
    let (bed, proxy) = bed().await;
    let (mut old, mut new) = (direct(&bed).await, proxy.client(&bed).await);
    old.ask(&[q("SET search_path = antes")]).await;
    new.ask(&[q(&format!("SET search_path = {SCHEMA}"))]).await;
    let mut differing = Vec::new();
    let mut compared = 0;
    for place in PLACES {
        for column in COLUMNS {
            let text = place.replace("{c}", column);
            for first in TYPES {
                let types = [first, 0];
                let types = &types[..if text.contains("$2") { 2 } else { 1 }];
                let (was, is) = (prepared(&mut old, &text, types).await, prepared(&mut new, &text, types).await);
                compared += 1;
                if was != is {
                    differing.push(format!("{text} {types:?}\n  table {was}\n  proxy {is}"));
                }
            }
        }
    }
    assert_eq!(compared, PLACES.len() * COLUMNS.len() * TYPES.len());
    assert!(
        differing.is_empty(),
        "{} of {compared} differ:\n{}",
        differing.len(),
        differing[..differing.len().min(12)].join("\n")
    );
}

/// The list of PREPARE declares too; what is executed is what would have been written.
#[tokio::test]
async fn the_types_of_prepare_are_declared_types() {
    let (bed, proxy) = bed().await;
    let (mut old, mut new) = (direct(&bed).await, proxy.client(&bed).await);
    old.ask(&[q("SET search_path = antes")]).await;
    new.ask(&[q(&format!("SET search_path = {SCHEMA}"))]).await;
    for (list, value) in [
        ("(varchar)", "'7'"),
        ("(unknown)", "'7'"),
        ("", "'7'"),
        ("(numeric(5,0))", "7"),
        ("(int, text)", "7, ''"),
        ("(boolean)", "true"),
        ("(timestamp)", "now()"),
    ] {
        for column in COLUMNS {
            let prepare = format!("PREPARE x{list} AS UPDATE tiposuma SET {column} = $1 WHERE id = 2");
            for text in [
                prepare.as_str(),
                &format!("EXECUTE x({value})"),
                &format!("SELECT {column} IS NULL FROM tiposuma ORDER BY id"),
                "UPDATE tiposuma SET nombre = NULL, letra = NULL, hora = NULL, dia = NULL, activo = NULL WHERE id > 1",
                "DEALLOCATE x",
            ] {
                old.send(&[q(text)]).await;
                new.send(&[q(text)]).await;
                assert_eq!(told(&mut old, true).await, told(&mut new, true).await, "{prepare}: {text}");
            }
            for client in [&mut old, &mut new] {
                client.query("UPDATE tiposuma SET id = 2 WHERE id > 2").await;
            }
        }
    }
    let bound = [p_typed("", "UPDATE tiposuma SET nombre = $1 WHERE id = $2", &[1043, 23]), b("", &["tres", "1"]), e(), s()];
    assert_eq!(old.ask(&bound).await, new.ask(&bound).await);
}
