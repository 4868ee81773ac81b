//! `esclusa benchmark`: both forms of a read are run, compared, and reported with their indexes; statements that must not be run are not. Durations are
//! not tested here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::time::Duration;

use common::Bed;
use common::proxy::Proxy;
use esclusa::config::{Settings, Url};
use esclusa::server::benchmark::{self, Bench, COLUMNS, Case};
use esclusa::table::Table;
use esclusa::twin::client::Extended;

async fn bed() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE base (id numeric(5,0) PRIMARY KEY, nombre varchar(20)); INSERT INTO base SELECT i, 'b' FROM generate_series(1, 50) i;
         CREATE TABLE hisx (id numeric(5,0) NOT NULL, nombre varchar(20), hora timestamp, CONSTRAINT hisx_pkey PRIMARY KEY (id, hora));
         INSERT INTO hisx SELECT 1 + i % 50, 'n' || i, timestamp '2020-01-01' + i * interval '1 hour' FROM generate_series(1, 3000) i;
         CREATE TABLE tipox (cod numeric(5,0) NOT NULL PRIMARY KEY, des varchar(20)); INSERT INTO tipox SELECT i, 'd' || i FROM generate_series(1, 20) i;
         CREATE TABLE hisgone (id numeric(5,0) NOT NULL, nombre varchar(20)); INSERT INTO hisgone VALUES (1, 'x');
         CREATE FUNCTION public.evil() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    .await;
    bed.kept = true;
    bed.rule("hisx", "history", "{ base = 'base', time = 'hora' }", "{ columns = ['id'], base = ['id'] }").await;
    bed.lookup("tipox", "cod").await;
    bed.history("hisgone", "id").await;
    bed.migrate_all().await;
    bed.sql("DROP TABLE mig_old.hisgone").await;
    bed
}

async fn settings(bed: &Bed) -> Settings {
    let mut settings = Settings::defaults().unwrap();
    let port = common::server().await.port;
    settings.control.url = Url::new(format!("postgres://postgres@127.0.0.1:{port}/{}", bed.name()));
    settings
}

/// Each read's row as text, by its verdict and the columns that do not depend on the clock.
async fn measured(bed: &Bed, cases: &[Case]) -> Vec<[String; 5]> {
    let settings = settings(bed).await;
    let bench = Bench::new(&bed.db, &settings, &bed.rules, 3).await.unwrap();
    let mut table = Table::new(COLUMNS);
    for case in cases {
        bench.measure(case, &mut table).await.unwrap();
    }
    table.rows.iter().map(|row| [6, 7, 8, 9, 10].map(|i| row[i].text())).collect()
}

#[tokio::test]
async fn both_forms_are_run_and_compared() {
    let bed = bed().await;
    let file = "SELECT * FROM hisx WHERE id = 7 ORDER BY hora;
        SELECT des FROM cf_quere_pro.tipox WHERE cod = 3;
        SELECT h.nombre, t.des, b.nombre FROM hisx AS h JOIN base AS b USING (id) LEFT JOIN tipox AS t ON t.cod = h.id WHERE h.id IN (1, 2);
        SELECT count(*) FROM hisx;";
    let cases = benchmark::of_file(file).unwrap();
    assert_eq!(cases.len(), 4);
    let rows = measured(&bed, &cases).await;
    for (row, count) in rows.iter().zip(["60", "1", "120", "1"]) {
        assert_eq!((row[0].as_str(), row[1].as_str()), (count, "yes"), "{row:?}");
        assert!(row[4].starts_with("pass") || row[4].starts_with("fail: slower"), "{row:?}");
    }
    assert!(rows[0][2].contains("hisx_pkey") && !rows[0][3].contains("whole"), "{:?}", rows[0]);

    // Which rows a LIMIT without ORDER BY returns depends on the plan.
    bed.sql("DELETE FROM cf_quere_pro.tipox WHERE cod = 1").await;
    // The archive has room at its beginning now, and the leaf has none.
    bed.sql("VACUUM mig_old.tipox").await;
    bed.sql("INSERT INTO cf_quere_pro.tipox VALUES (1, 'd1')").await;
    let first = |table: &str| format!("SELECT des FROM {table} LIMIT 1");
    assert_ne!(bed.cell(&first("mig_old.tipox")).await, bed.cell(&first("cf_quere_pro.tipox")).await);
    let limited = benchmark::of_file("SELECT des FROM tipox LIMIT 1; SELECT des FROM tipox ORDER BY cod LIMIT 1").unwrap();
    for row in measured(&bed, &limited).await {
        assert_eq!((row[0].as_str(), row[1].as_str()), ("1", "yes"), "{row:?}");
    }

    // A row that differs is found, however long the reads take.
    bed.sql("UPDATE mig_old.tipox SET des = 'otro' WHERE cod = 3").await;
    assert_eq!(measured(&bed, &cases[1..2]).await[0][4], "fail: another result");
}

/// Neither the author of the file nor the sender of a statement can make it run anything but reads that use only PostgreSQL's own functions.
#[tokio::test]
async fn what_may_not_be_run_is_told() {
    let bed = bed().await;
    let reads = [
        ("SELECT public.evil(), id FROM hisx", "not measured: it can reach"),
        ("SELECT evil() FROM hisx", "not measured: "),
        ("DELETE FROM hisx", "not measured: "),
        ("SELECT * FROM base", "not measured: it names no table that was moved"),
        ("SELECT * FROM hisgone", "not measured: the legacy table hisgone is gone"),
        ("SELECT no_column FROM hisx", "not measured: 42703"),
        ("SELECT id / 0 FROM hisx", "not measured: 22012"),
        ("SELECT pg_sleep(1) FROM hisx; DROP TABLE base", "not measured: "),
    ];
    let cases: Vec<Case> = reads.iter().map(|(text, _)| Case { text: (*text).to_owned(), hits: None }).collect();
    for (row, (text, why)) in measured(&bed, &cases).await.iter().zip(reads) {
        assert!(row[4].starts_with(why), "{text}: {row:?}");
    }
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisx").await, "3000");
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.base").await, "50");
}

/// The most frequent statements of clients are measured with values from the tables.
#[tokio::test]
async fn the_most_frequent_reads_get_values() {
    let bed = bed().await;
    let proxy = Proxy::start_with(&bed, |settings| settings.control.flush_interval = Duration::from_millis(50)).await;
    let mut client = proxy.client(&bed).await;
    for id in [3, 4, 5] {
        client.query(&format!("SELECT nombre FROM cf_quere_pro.hisx WHERE id = {id} AND hora > '2020-02-01' LIMIT 5")).await;
    }
    client.query("SELECT des FROM cf_quere_pro.tipox WHERE cod IN (1, 2) AND des LIKE 'd%'").await;
    client.query("SELECT 5 + 3 FROM cf_quere_pro.tipox").await;
    // As a JDBC driver sends it: a parameter is used twice, or stands beside a column of a table that stays.
    for text in [
        "SELECT h.nombre FROM cf_quere_pro.hisx AS h JOIN cf_quere_pro.base AS b USING (id) WHERE $1 = b.id AND h.id <= $1 LIMIT $2",
        "SELECT des FROM cf_quere_pro.tipox WHERE cod BETWEEN $1 AND $2",
    ] {
        let values = vec![Some("3".to_owned()), Some("7".to_owned())];
        client.0.extended(text, &Extended { types: Vec::new(), values, images: None, binary: false }).await.unwrap();
    }
    // It reads only as part of a write, so it is not a read.
    client.query("CREATE TEMPORARY TABLE mio AS SELECT * FROM cf_quere_pro.tipox").await;
    common::wait_for(&bed.db, "SELECT sum(hits) = 8 FROM esclusa.hit_total").await;
    let cases = benchmark::of_traffic(&bed.db, common::SCHEMA, 20).await.unwrap();
    let filled: Vec<&Case> = cases.iter().filter(|(_, missing)| missing.is_none()).map(|(case, _)| case).collect();
    assert_eq!((cases.len(), filled.len(), filled[0].hits), (5, 4, Some(3)), "{cases:?}");
    let cases: Vec<Case> = filled.into_iter().cloned().collect();
    for row in measured(&bed, &cases).await {
        assert!(row[1] == "yes" && row[0] != "0", "{row:?}");
    }
}
