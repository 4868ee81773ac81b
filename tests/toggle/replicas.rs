//! Two proxies over one database: a switch that either of them makes, or the command line, is in force on both when it returns, with no
//! statement on its way that was decided about before. What used the name before may then go.

use std::time::{Duration, Instant};

use esclusa::control;
use esclusa::mode::Mode;

use super::load::{Load, library_client};
use crate::common::proxy::Proxy;
use crate::common::{Bed, SCHEMA};

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
        // Nobody reads the view any more: it may go.
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
    // It has gone without a word: told at once.
    bed.sql("INSERT INTO esclusa.replica (instance, generation, seen_at) VALUES ('gone:7', 1, clock_timestamp() - interval '2 minutes')").await;
    let (note, took) = switch(Mode::Rewrite).await;
    assert!(note.contains("gone:7 has been silent for 12") && took < Duration::from_secs(5), "{note} {took:?}");
    // It is there and does not follow: waited for.
    bed.sql("UPDATE esclusa.replica SET seen_at = clock_timestamp() + interval '1 minute' WHERE instance = 'gone:7'").await;
    let (note, took) = switch(Mode::Refuse).await;
    assert!(note.contains("gone:7 has not followed within 8 s") && took >= Duration::from_secs(8), "{note} {took:?}");
    bed.sql("DELETE FROM esclusa.replica WHERE instance = 'gone:7'").await;
    let replicas = "SELECT count(*) FROM esclusa.replica";
    assert_eq!(bed.cell(replicas).await, "1");
    // Who ends says so.
    proxy.server.stop().await;
    assert_eq!(bed.cell(replicas).await, "0");
    assert_eq!(switch(Mode::Rewrite).await.0, "");
}
