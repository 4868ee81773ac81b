//! The order of moves follows traffic: what is used together is recorded as it happens, and `esclusa order` says what moves when, with what,
//! and what holds it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::time::Duration;

use common::proxy::{Proxy, b, e, p, s};
use common::{Bed, wait_for};

/// Eight look-ups, `tipoa` to `tipoh`.
async fn bed() -> Bed {
    let tables = ["tipoa", "tipob", "tipoc", "tipod", "tipoe", "tipof", "tipog", "tipoh"];
    let table = |t: &str| format!("CREATE TABLE {t} (id numeric(5,0) PRIMARY KEY, texto varchar(30));");
    let mut bed = Bed::new(&tables.map(table).concat()).await;
    for table in tables {
        bed.lookup(table, "id").await;
    }
    bed
}

async fn proxy(bed: &Bed) -> Proxy {
    Proxy::start_with(bed, |settings| {
        settings.control.flush_interval = Duration::from_millis(50);
        settings.control.spool_interval = Duration::from_millis(50);
    })
    .await
}

/// Pairs as the database has them: the tables' last letters, how, and how often.
async fn pairs(bed: &Bed) -> String {
    bed.cell(
        "SELECT string_agg(right(first_table, 1) || right(second_table, 1) || ' ' || how || ' ' || times, ', '
            ORDER BY first_table, second_table, how) FROM (SELECT first_table, second_table, how, sum(times) AS times
            FROM esclusa.statement_pair GROUP BY 1, 2, 3) AS t",
    )
    .await
}

#[tokio::test]
async fn tables_of_one_statement_and_of_one_transaction_are_pairs_and_others_are_none() {
    let bed = bed().await;
    let proxy = proxy(&bed).await;
    let mut client = proxy.client(&bed).await;
    for _ in 0..3 {
        client.query("SELECT * FROM tipob JOIN tipoa USING (id) JOIN tipob AS again USING (id)").await;
    }
    // In transactions of their own.
    client.query("SELECT 1 FROM tipog").await;
    client.query("SELECT 1 FROM tipoh").await;
    client.ask(&[p("", "SELECT 2 FROM tipog"), b("", &[]), e(), s()]).await;
    client.ask(&[p("", "SELECT 2 FROM tipoh"), b("", &[]), e(), s()]).await;
    // In one, by the simple protocol, with something else between.
    for text in [
        "BEGIN",
        "SELECT 1 FROM tipod",
        "SELECT 1",
        "SELECT 1 FROM tipoc",
        "SELECT 2 FROM tipoc",
        "COMMIT",
        "SELECT 3 FROM tipog",
    ] {
        client.query(text).await;
    }
    // In one, by the extended protocol, its BEGIN and COMMIT in the stretches of others.
    let run = |text: &str| [p("", text), b("", &[]), e()].concat();
    client.ask(&[run("BEGIN"), run("SELECT 1 FROM tipoe"), s()]).await;
    client.ask(&[run("SELECT 1 FROM tipof"), run("COMMIT"), run("SELECT 4 FROM tipog"), s()]).await;
    // Without BEGIN a stretch is one transaction.
    client.ask(&[run("SELECT 2 FROM tipoe"), run("SELECT 2 FROM tipof"), s()]).await;
    // What follows ROLLBACK is on its own, and so is another session.
    for text in ["BEGIN", "SELECT 2 FROM tipod", "ROLLBACK", "SELECT 3 FROM tipoh"] {
        client.query(text).await;
    }
    proxy.client(&bed).await.query("SELECT 5 FROM tipog").await;
    wait_for(&bed.db, "SELECT coalesce(sum(hits), 0) = 22 FROM esclusa.hit_total").await;
    assert_eq!(pairs(&bed).await, "ab statement 3, cd transaction 1, ef transaction 2");
    proxy.server.stop().await;
    assert_eq!(bed.cell("SELECT sum(pairs_lost) || ' ' || sum(lost) FROM esclusa.recorder").await, "0 0");
}
