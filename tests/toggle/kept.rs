//! Plans that a session keeps for literal reads: the client sees what it always saw, whatever happens to names, settings, statements
//! and the table in between.

use esclusa::mode::Mode;

use super::names::{run, sides};
use super::steps::bed;
use crate::common::SCHEMA;
use crate::common::proxy::{Proxy, Raw, b, direct, e, p, q, s};

/// As often as makes a plan kept, and twice more.
const OFTEN: usize = 7;

fn read(id: usize) -> String {
    format!("SELECT id, nombre FROM tipocolor WHERE id = {id}")
}

/// Statements of ours that the server holds for a session.
async fn kept(client: &mut Raw) -> String {
    client
        .query("SELECT count(*), sum(generic_plans + custom_plans) FROM pg_prepared_statements WHERE name LIKE 'esclusa kept%'")
        .await
}

/// The same packets on both sides; what was told.
async fn alike(old: &mut Raw, new: &mut Raw, packets: &[Vec<u8>], ready: usize) -> String {
    old.send(packets).await;
    new.send(packets).await;
    let (expected, found) = (old.until_ready(ready).await, new.until_ready(ready).await);
    assert_eq!(expected, found);
    found
}

#[tokio::test]
async fn a_plan_is_kept_from_the_fifth_use_on() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for id in 1..OFTEN {
        alike(&mut old, &mut new, &[q(&read(id % 2))], 1).await;
        let expected = if id < 5 { "T (0,null) [SELECT 1] ZI".to_owned() } else { format!("T (1,{}) [SELECT 1] ZI", id - 4) };
        assert_eq!(kept(&mut new).await, expected, "behind use {id}");
    }
    // The extended protocol runs the same one, with every form of result.
    let columns = crate::common::proxy::d("");
    for id in 1..3 {
        let told = alike(&mut old, &mut new, &[p("", &read(id)), columns.clone(), b("", &[]), e(), s()], 1).await;
        assert!(told.starts_with("1 t[] T 2 "), "{told}");
    }
    assert_eq!(kept(&mut new).await, "T (1,4) [SELECT 1] ZI");
}

/// Like a Query they leave no unnamed statement and no unnamed portal behind, and an implicit transaction.
#[tokio::test]
async fn a_query_ends_as_a_query() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for _ in 0..OFTEN {
        alike(&mut old, &mut new, &[q(&read(1))], 1).await;
        alike(&mut old, &mut new, &[p("", "SELECT 7"), s(), q(&read(1)), b("", &[]), e(), s()], 3).await;
        alike(&mut old, &mut new, &[p("", "SELECT 7"), s()], 1).await;
        alike(&mut old, &mut new, &[q(&read(1))], 1).await;
        assert!(alike(&mut old, &mut new, &[b("", &[]), s()], 1).await.starts_with("<26000"));
        alike(&mut old, &mut new, &[q("BEGIN")], 1).await;
        alike(&mut old, &mut new, &[q(&read(1))], 1).await;
        assert!(alike(&mut old, &mut new, &[e(), s()], 1).await.starts_with("<34000"));
        assert!(alike(&mut old, &mut new, &[q(&read(1))], 1).await.starts_with("<25P02"));
        alike(&mut old, &mut new, &[q("ROLLBACK")], 1).await;
        // In a pipeline, behind what is not answered.
        alike(&mut old, &mut new, &[q("BEGIN"), q(&read(1)), q("SET LOCAL search_path = otro"), q(&read(1)), q("COMMIT")], 5)
            .await;
        alike(&mut old, &mut new, &[run(&read(1)), run(&read(0)), run("SELECT 1/0"), s(), q(&read(1))], 2).await;
    }
}

#[tokio::test]
async fn what_frees_statements_frees_it_and_it_comes_back() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for free in ["DEALLOCATE ALL", "DISCARD ALL", "DISCARD PLANS", "DEALLOCATE PREPARE ALL", "BEGIN; DEALLOCATE ALL; ROLLBACK"] {
        for _ in 0..OFTEN {
            alike(&mut old, &mut new, &[q(&read(1))], 1).await;
        }
        assert!(!kept(&mut new).await.starts_with("T (0"), "before {free}");
        alike(&mut old, &mut new, &[q(free)], 1).await;
        alike(&mut old, &mut new, &[q("SET search_path = cf_quere_pro")], 1).await;
        alike(&mut old, &mut new, &[q(&read(1)), q(free), q("SET search_path = cf_quere_pro"), q(&read(1))], 4).await;
        alike(&mut old, &mut new, &[run(free), run(&read(1)), s(), q("ROLLBACK")], 2).await;
    }
}

/// Freed where nobody sees it: one use fails, and no more.
#[tokio::test]
async fn what_a_function_frees_is_made_again() {
    let (_old, mut new, _proxy, _beds) = sides().await;
    for _ in 0..2 {
        for _ in 0..OFTEN {
            assert_eq!(new.query(&read(1)).await, "T (1,rojo) [SELECT 1] ZI");
        }
        assert!(kept(&mut new).await.starts_with("T (1,"));
        new.query("DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$").await;
        assert!(new.query(&read(1)).await.starts_with("<26000"));
    }
}

/// A kept statement is one of a session's names as they are now.
#[tokio::test]
async fn it_follows_the_names() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for text in [
        "SET search_path = otro, cf_quere_pro",
        "SET search_path = cf_quere_pro",
        "CREATE TEMP TABLE tipocolor AS SELECT 1::numeric(5,0) AS id, 'temporal'::varchar(20) AS nombre",
        "DROP TABLE tipocolor",
        "BEGIN; SET LOCAL search_path = otro",
        "ROLLBACK",
        "SET TimeZone = 'America/Mexico_City'",
        "SET DateStyle = 'German'",
        "RESET ALL",
    ] {
        for _ in 0..OFTEN {
            alike(&mut old, &mut new, &[q(&read(1))], 1).await;
        }
        alike(&mut old, &mut new, &[q(text)], 1).await;
    }
}

/// What a constant means when it is parsed may hang on a setting.
#[tokio::test]
async fn a_literal_is_read_under_the_settings_of_its_time() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    let text =
        "SELECT nombre, timestamptz '2020-01-02 00:00:00' AS at FROM tipocolor WHERE id = 1 AND date '01/02/2020' < '2020-01-20'";
    let mut told = Vec::new();
    for setting in [
        "SET TimeZone = 'UTC'",
        "SET DateStyle = 'ISO, DMY'",
        "SET TimeZone = 'America/Mexico_City'",
        "SET DateStyle = 'ISO, MDY'",
    ] {
        alike(&mut old, &mut new, &[q(setting)], 1).await;
        for _ in 0..OFTEN {
            told.push(alike(&mut old, &mut new, &[q(text)], 1).await);
        }
    }
    told.dedup();
    assert!(told.len() == 3 && kept(&mut new).await.starts_with("T (4,"), "{told:?}");
}

#[tokio::test]
async fn it_follows_a_switch_and_the_table_may_go() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    for turn in 0..3 {
        for (mode, own) in [(Mode::Observe, turn.min(1)), (Mode::Rewrite, 1)] {
            proxy.set(&["tipocolor"], mode).await;
            for _ in 0..OFTEN {
                assert_eq!(client.query(&read(2)).await, "T (2,verde) [SELECT 1] ZI");
            }
            assert!(kept(&mut client).await.starts_with(&format!("T ({own},")), "{mode:?}");
        }
    }
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; DROP SCHEMA mig_old CASCADE")).await;
    assert_eq!(client.query(&read(3)).await, "T (3,azul) [SELECT 1] ZI");
    proxy.set(&["tipocolor"], Mode::Refuse).await;
    let refused = client.query(&read(3)).await;
    assert!(refused.starts_with("<42P01"), "{refused}");
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    assert_eq!(client.query(&read(1)).await, "T (1,rojo) [SELECT 1] ZI");
}

/// Errors while a plan is made, or of the row, are the statement's own; the next one goes on.
#[tokio::test]
async fn errors_are_those_of_the_statement() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for _ in 0..OFTEN {
        for divisor in [1, 0, 1] {
            let text = format!("SELECT id / {divisor} AS n FROM tipocolor WHERE id = 1");
            let told = alike(&mut old, &mut new, &[q(&text)], 1).await;
            assert_eq!(told.contains("<22012"), divisor == 0, "{told}");
            alike(&mut old, &mut new, &[run(&text), run("SELECT 1"), s()], 1).await;
        }
    }
}

/// While the plan is made somebody holds the table: the statement times out as it would have, and the next one goes on.
#[tokio::test]
async fn a_timeout_while_the_plan_is_made_is_the_statements_own() {
    let (mut old, mut new, _proxy, beds) = sides().await;
    for transaction in [false, true] {
        for use_ in 1..=2 * OFTEN {
            let mut holders = [direct(&beds[0]).await, direct(&beds[1]).await];
            for (holder, table) in holders.iter_mut().zip(["tipocolor", "domain_value"]) {
                holder.query(&format!("BEGIN; LOCK TABLE {SCHEMA}.{table}")).await;
            }
            if transaction {
                alike(&mut old, &mut new, &[q("BEGIN")], 1).await;
            }
            alike(&mut old, &mut new, &[q("SET statement_timeout = '100ms'")], 1).await;
            let told = alike(&mut old, &mut new, &[q(&read(1))], 1).await;
            assert!(told.starts_with("<57014"), "use {use_}: {told}");
            for holder in &mut holders {
                holder.query("ROLLBACK").await;
            }
            alike(&mut old, &mut new, &[q("ROLLBACK")], 1).await;
            alike(&mut old, &mut new, &[q("SET statement_timeout = 0")], 1).await;
            for _ in 0..use_ {
                alike(&mut old, &mut new, &[q(&read(1))], 1).await;
            }
        }
    }
}

#[tokio::test]
async fn no_more_plans_than_the_limit() {
    let (bed, _) = bed().await;
    for (limit, expected) in [(0, "T (0,"), (2, "T (2,")] {
        let proxy = Proxy::start_with(&bed, |settings| settings.limits.kept_plans = limit).await;
        proxy.set(&["tipocolor"], Mode::Rewrite).await;
        let mut client = proxy.client(&bed).await;
        for n in 0..4 * OFTEN {
            let text = format!("SELECT nombre AS n{} FROM tipocolor WHERE id = 1", n / OFTEN);
            assert_eq!(client.query(&text).await, "T (rojo) [SELECT 1] ZI");
        }
        assert!(kept(&mut client).await.starts_with(expected), "limit {limit}");
    }
}
