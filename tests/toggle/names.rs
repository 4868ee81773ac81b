//! What a name means changes inside a batch, a pipeline, a transaction: every statement is decided with the meaning of names that the server will
//! use. The same frames go to a direct client on the legacy table, as the reference.

use esclusa::mode::Mode;

use crate::common::proxy::{Proxy, Raw, b, direct, e, h, p, q, s};
use crate::common::{Bed, SCHEMA};

const TABLES: &str = "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
    INSERT INTO tipocolor VALUES (1, 'rojo');
    CREATE SCHEMA otro; CREATE TABLE otro.tipocolor (id numeric(5,0) NOT NULL, nombre varchar(20));
    INSERT INTO otro.tipocolor VALUES (1, 'otro');
    CREATE SCHEMA postgres; CREATE TABLE postgres.tipocolor (id numeric(5,0) NOT NULL, nombre varchar(20));
    INSERT INTO postgres.tipocolor VALUES (1, 'propio');";

const READ: &str = "SELECT nombre FROM tipocolor";

/// A client on the legacy table, and one through the proxy on the consolidated one, with nothing under the legacy name.
pub(super) async fn sides() -> (Raw, Raw, Proxy, [Bed; 2]) {
    let legacy = Bed::new(TABLES).await;
    let mut bed = Bed::new(TABLES).await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate_all().await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; DROP SCHEMA mig_old CASCADE")).await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    (direct(&legacy).await, proxy.client(&bed).await, proxy, [legacy, bed])
}

/// The same packets on both sides, each with so many ReadyForQuery.
async fn same(packets: &[(Vec<Vec<u8>>, usize)]) -> String {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    let mut told = Vec::new();
    for (frames, ready) in packets {
        old.send(frames).await;
        new.send(frames).await;
        let (expected, found) = (old.until_ready(*ready).await, new.until_ready(*ready).await);
        assert_eq!(expected, found, "behind {told:?}");
        told.push(found);
    }
    told.join(" ")
}

/// Parse, Bind, Execute of one text.
pub(super) fn run(text: &str) -> Vec<u8> {
    [p("", text), b("", &[]), e()].concat()
}

/// Simple queries, all in one packet.
async fn same_queries(texts: &[&str]) -> String {
    same(&[(texts.iter().map(|t| q(t)).collect(), texts.len())]).await
}

#[tokio::test]
async fn pipelined_queries_see_the_path_of_those_before() {
    let told = same_queries(&[
        READ,
        "SET search_path = otro, cf_quere_pro",
        READ,
        "BEGIN",
        "SET LOCAL search_path = cf_quere_pro",
        READ,
        "SAVEPOINT a",
        "SET search_path = otro",
        READ,
        "ROLLBACK TO a",
        READ,
        "COMMIT",
        READ,
        "RESET search_path",
        READ,
        "SELECT set_config('search_path', 'otro', false)",
        READ,
        "DISCARD ALL",
        READ,
        "SET search_path = \"$user\", cf_quere_pro",
        READ,
    ])
    .await;
    let seen: Vec<&str> = told.split(' ').filter(|w| w.starts_with('(')).collect();
    let expected = ["rojo", "otro", "rojo", "otro", "rojo", "otro", "rojo", "otro", "otro", "rojo", "propio"];
    assert_eq!(seen, expected.map(|w| format!("({w})")));
}

#[tokio::test]
async fn one_pipeline_sees_its_own_changes() {
    let told = same(&[
        (vec![run(READ), run("SET search_path = otro"), run(READ), run("SET search_path = cf_quere_pro"), run(READ), s()], 1),
        (vec![run("BEGIN"), run("SET LOCAL search_path = otro"), run(READ), run("ROLLBACK"), run(READ), s()], 1),
        (vec![run("SET LOCAL search_path = otro"), run(READ), s(), run(READ), s()], 2),
        (vec![run("SET search_path = otro"), run("SELECT 1/0"), run(READ), s(), run(READ), s()], 2),
        (vec![run("SET search_path = otro"), q(READ), q("SET search_path = cf_quere_pro"), run(READ), s()], 3),
    ])
    .await;
    assert!(told.contains("(otro)") && told.contains("(rojo)"));
}

/// The statement that changes the path is itself prepared, so that nothing in the packet says so.
#[tokio::test]
async fn a_prepared_statement_changes_the_path() {
    same(&[
        (vec![p("other", "SET search_path = otro"), p("back", "ROLLBACK"), p("read", READ), s()], 1),
        (vec![b("read", &[]), e(), b("other", &[]), e(), b("read", &[]), e(), s()], 1),
        (vec![q("SET search_path = cf_quere_pro"), q("BEGIN"), b("other", &[]), e(), s(), b("read", &[]), e(), s()], 4),
        (vec![b("back", &[]), e(), b("read", &[]), e(), s()], 1),
    ])
    .await;
}

#[tokio::test]
async fn one_text_sees_its_own_changes() {
    same_queries(&[
        &format!("SET search_path = otro; {READ}; SET search_path = cf_quere_pro; {READ}"),
        &format!("BEGIN; SET LOCAL search_path = otro; {READ}; COMMIT; {READ}"),
        &format!("BEGIN; SET search_path = otro; ROLLBACK; {READ}"),
        READ,
    ])
    .await;
}

#[tokio::test]
async fn a_temporary_table_comes_first_while_it_is_there() {
    let create = "CREATE TEMP TABLE tipocolor AS SELECT 'temporal'::varchar(20) AS nombre";
    let told = same_queries(&[
        create,
        READ,
        "DROP TABLE tipocolor",
        READ,
        "BEGIN",
        "CREATE TEMP TABLE tipocolor (nombre varchar(20)) ON COMMIT DROP",
        "INSERT INTO tipocolor VALUES ('breve')",
        READ,
        "COMMIT",
        READ,
        "BEGIN",
        create,
        READ,
        "ROLLBACK",
        READ,
        create,
        "ALTER TABLE tipocolor RENAME TO otro_color",
        READ,
        "ALTER TABLE otro_color RENAME TO tipocolor",
        READ,
        "DISCARD TEMP",
        READ,
        &format!("DO $$ BEGIN {create}; END $$"),
        READ,
        "DROP TABLE tipocolor",
        READ,
    ])
    .await;
    assert_eq!((told.matches("(temporal)").count(), told.matches("(breve)").count(), told.matches("(rojo)").count()), (4, 1, 6));
}

#[tokio::test]
async fn a_temporary_table_within_one_pipeline_and_one_text() {
    let create = "CREATE TEMP TABLE tipocolor AS SELECT 'temporal'::varchar(20) AS nombre";
    same(&[
        (vec![run(create), run(READ), run("DROP TABLE tipocolor"), run(READ), s()], 1),
        (vec![q(&format!("{create}; {READ}; DROP TABLE pg_temp.tipocolor; {READ}"))], 1),
        (vec![q(&format!("BEGIN; {create}; {READ}; ROLLBACK; {READ}")), q(READ)], 2),
        (vec![run(create), p("read", READ), b("read", &[]), e(), s()], 1),
        (vec![b("read", &[]), e(), run("DISCARD TEMP"), b("read", &[]), e(), s()], 1),
    ])
    .await;
}

/// Our own query takes no snapshot and drops no statement: SET TRANSACTION and the unnamed statement work as without it.
#[tokio::test]
async fn nobody_notices_the_question() {
    let (mut old, mut new, _proxy, _beds) = sides().await;
    for client in [&mut old, &mut new] {
        for text in ["BEGIN", "SET LOCAL search_path = cf_quere_pro", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"] {
            assert!(!client.query(text).await.contains('<'), "{text}");
        }
        client.ask(&[p("", "SELECT 7"), s()]).await;
        client.send(&[p("read", READ), h()]).await;
        assert_eq!(client.until("1").await, "1");
        assert_eq!(client.ask(&[b("", &[]), e(), b("read", &[]), e(), s()]).await, "2 (7) [SELECT 1] 2 (rojo) [SELECT 1] ZT");
        let own = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'esclusa%'";
        assert_eq!(client.query(own).await, "T (0) [SELECT 1] ZT");
    }
}
