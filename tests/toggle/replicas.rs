//! Two proxies over one database: a switch that either of them makes, or the command line, is in force on both when it returns, and no
//! statement decided under the old mode is still running. The relation that had the name may then be dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use esclusa::config::Settings;
use esclusa::control;
use esclusa::mode::Mode;
use esclusa::server::facts::{Facts, Known};

use super::load::{Load, library_client};
use crate::common::proxy::Proxy;
use crate::common::{Bed, SCHEMA, server, wait_for};

async fn moved() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
         INSERT INTO tipocolor SELECT i, 'color ' || i FROM generate_series(1, 40) i;",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate("tipocolor").await.unwrap();
    bed
}

#[tokio::test]
async fn a_switch_is_in_force_on_every_replica() {
    let bed = moved().await;
    let proxies = [Proxy::start(&bed).await, Proxy::start(&bed).await];
    let mut load = Load::new();
    for n in 0..6 {
        let client = library_client(&bed, &proxies[n % 2]).await;
        load.add(|turn| async move {
            let read = client.prepare("SELECT nombre FROM tipocolor WHERE id = $1::int4").await.unwrap();
            while let Some(round) = turn.next() {
                let id = i32::try_from(round % 40).unwrap() + 1;
                let prepared = client.query_one(&read, &[&id]).await.unwrap();
                assert_eq!(prepared.get::<_, String>(0), format!("color {id}"));
                let simple = client.simple_query(&format!("SELECT nombre FROM tipocolor WHERE id = {id}")).await.unwrap();
                assert_eq!(simple.len(), 3, "{simple:?}");
            }
        });
    }
    let hide = format!("ALTER VIEW {SCHEMA}.tipocolor RENAME TO hidden");
    let show = format!("ALTER VIEW {SCHEMA}.hidden RENAME TO tipocolor");
    for round in 0..8 {
        load.go_on(3).await;
        let notes = match round % 3 {
            0 | 1 => {
                let admin = proxies[round % 3].server.admin();
                admin.set_modes(&["tipocolor".into()], Mode::Rewrite, "test", None).await.unwrap()
            }
            _ => {
                let mut changes = bed.set("tipocolor", Mode::Rewrite).await.unwrap();
                control::behind(&bed.db, &mut changes).await.unwrap();
                changes
            }
        };
        assert_eq!(notes[0].note, None, "round {round}");
        // No session reads the view any more: it may be dropped.
        bed.sql(&hide).await;
        load.go_on(3).await;
        bed.sql(&show).await;
        let back = proxies[0].server.admin().set_modes(&["tipocolor".into()], Mode::Observe, "test", None).await.unwrap();
        assert_eq!(back[0].note.as_deref(), Some("it has been moved: the compatibility view cf_quere_pro.tipocolor answers"));
    }
    load.end().await;
}

#[tokio::test]
async fn a_replica_that_does_not_follow_is_told() {
    let bed = moved().await;
    let proxy = Proxy::start(&bed).await;
    let switch = async |mode| {
        let begun = Instant::now();
        let mut changes = bed.set("tipocolor", mode).await.unwrap();
        control::behind(&bed.db, &mut changes).await.unwrap();
        (changes[0].note.clone().unwrap_or_default(), begun.elapsed())
    };
    // Its connection ended without notice: reported at once.
    bed.sql("INSERT INTO esclusa.replica (instance, generation, seen_at) VALUES ('gone:7', 1, clock_timestamp() - interval '2 minutes')").await;
    let (note, took) = switch(Mode::Rewrite).await;
    assert!(note.contains("gone:7 has been silent for 12") && took < Duration::from_secs(5), "{note} {took:?}");
    // It is connected and does not follow: waited for.
    bed.sql("UPDATE esclusa.replica SET seen_at = clock_timestamp() + interval '1 minute' WHERE instance = 'gone:7'").await;
    let (note, took) = switch(Mode::Refuse).await;
    assert!(note.contains("gone:7 has not followed within 8 s") && took >= Duration::from_secs(8), "{note} {took:?}");
    bed.sql("DELETE FROM esclusa.replica WHERE instance = 'gone:7'").await;
    let replicas = "SELECT count(*) FROM esclusa.replica";
    assert_eq!(bed.cell(replicas).await, "1");
    // A proxy that ends announces it.
    proxy.server.stop().await;
    assert_eq!(bed.cell(replicas).await, "0");
    assert_eq!(switch(Mode::Rewrite).await.0, "");
}

/// A switch changes modes: the catalog of a large schema is read again only where something in it has changed.
#[tokio::test]
async fn a_switch_reads_the_catalog_where_it_has_changed() {
    let bed = moved().await;
    let sql = async |text: &str| bed.sql(&format!("SET LOCAL search_path = {SCHEMA}; {text}")).await;
    sql("CREATE TABLE other (id int, note varchar(5)); CREATE TYPE shade AS ENUM ('light')").await;
    let mut settings = Settings::defaults().unwrap();
    settings.control.url = server().await.url(bed.name());
    let mut known = Known::default();
    let build = async |known: &mut Known| {
        let facts = Facts::asked(&settings, &bed.db, known).await.unwrap();
        facts.catalog().clone()
    };
    let mut before = build(&mut known).await;
    bed.set("tipocolor", Mode::Rewrite).await.unwrap();
    sql("INSERT INTO other VALUES (1, 'x'); ANALYZE other; CREATE TEMP TABLE passing (id int)").await;
    assert!(Arc::ptr_eq(&before, &build(&mut known).await), "nothing has changed in the catalog");
    for change in [
        "ALTER TABLE other ADD COLUMN more int",
        "ALTER TABLE other RENAME COLUMN note TO remark",
        "ALTER TABLE other ALTER COLUMN remark TYPE varchar(7)",
        "ALTER TABLE other ALTER COLUMN id SET NOT NULL",
        "ALTER TABLE other ALTER COLUMN id SET DEFAULT 3",
        "ALTER TABLE other ADD CONSTRAINT other_key UNIQUE (id)",
        "ALTER TABLE other RENAME CONSTRAINT other_key TO other_id",
        "ALTER TABLE other DROP COLUMN more",
        "ALTER TABLE other RENAME TO another",
        "CREATE VIEW seen AS SELECT id FROM another",
        "DROP VIEW seen",
        "ALTER TYPE shade RENAME TO tone",
    ] {
        sql(change).await;
        let after = build(&mut known).await;
        assert!(!Arc::ptr_eq(&before, &after), "{change}");
        assert!(Arc::ptr_eq(&after, &build(&mut known).await), "{change}, and nothing since");
        before = after;
    }
}

#[tokio::test]
async fn a_replica_with_other_rules_is_shown() {
    let bed = moved().await;
    let one = Proxy::start(&bed).await;
    let other = bed.rules.rules["tipocolor"].clone();
    let replica = async |rules: &str| {
        let sql =
            format!("SELECT count(*) FROM esclusa.replica WHERE rules {rules} AND seen_at > clock_timestamp() - interval '60 s'");
        bed.cell(&sql).await.parse::<i64>().unwrap()
    };
    wait_for(&bed.db, "SELECT count(*) = 1 FROM esclusa.replica WHERE rules IS NOT NULL").await;
    let directory = tempfile::tempdir().unwrap();
    let mut text = esclusa::rule::file::print(&other);
    text = text.replace("domain = \"", "domain = \"X");
    std::fs::write(directory.path().join("tipocolor.toml"), &text).unwrap();
    let place = directory.path().to_owned();
    let two = Proxy::start_with(&bed, |settings| settings.rules.directory = place).await;
    wait_for(&bed.db, "SELECT count(DISTINCT rules) = 2 FROM esclusa.replica").await;
    assert_eq!(replica("IS NOT NULL").await, 2);
    let report = esclusa::report::find("replicas").unwrap();
    let shown = one.server.admin().recorded(report).await.unwrap();
    let findings = shown.rows.iter().filter(|row| row[5].text().contains("not those of most others")).count();
    assert_eq!((shown.rows.len(), findings), (2, 1), "{}", shown.aligned());
    assert!(shown.rows.iter().all(|row| row[3].text() == "yes"), "{}", shown.aligned());
    drop(two);
}
