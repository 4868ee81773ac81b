//! Step by step: what a client sees of a switch, reply by reply, for every way to prepare a statement.

use esclusa::mode::Mode;
use esclusa::rewrite::HitOutcome;

use crate::common::proxy::{Proxy, Raw, b, b_to, c, d, direct, e, e_of, h, p, q, s};
use crate::common::{Bed, SCHEMA};

/// A look-up that was migrated, and is read through its view until it is switched. No view: only the rewriting can answer.
pub(super) async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
         INSERT INTO tipocolor VALUES (1, 'rojo'), (2, 'verde'), (3, 'azul');",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    (bed, proxy)
}

const BY_ID: &str = "SELECT nombre FROM tipocolor WHERE id = $1";

/// Switches to rewrite and drops the view.
async fn switch(bed: &Bed, proxy: &Proxy) {
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; DROP SCHEMA mig_old CASCADE")).await;
}

/// The text that the server holds under a name.
async fn held(client: &mut Raw, name: &str) -> String {
    client.query(&format!("SELECT statement LIKE '%esclusa.tipocolor%' FROM pg_prepared_statements WHERE name = '{name}'")).await
}

#[tokio::test]
async fn a_named_statement_follows_a_switch() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    assert_eq!(client.ask(&[p("s", BY_ID), d("s"), b("s", &["2"]), e(), s()]).await, "1 t[1700] T 2 (verde) [SELECT 1] ZI");
    switch(&bed, &proxy).await;
    assert_eq!(client.ask(&[b("s", &["3"]), e(), s()]).await, "2 (azul) [SELECT 1] ZI");
    assert_eq!(held(&mut client, "s").await, "T (t) [SELECT 1] ZI");
    assert_eq!(client.ask(&[d("s"), s()]).await, "t[1700] T ZI");
    assert_eq!(client.ask(&[p("s", "SELECT 1"), s()]).await, "<42P05 prepared statement \"s\" already exists> ZI");
    assert_eq!(client.ask(&[c("s"), b("s", &["3"]), s()]).await, "3 <26000 prepared statement \"s\" does not exist> ZI");
    assert_eq!(client.query("SELECT count(*) FROM pg_prepared_statements").await, "T (0) [SELECT 1] ZI");
}

#[tokio::test]
async fn describe_alone_and_the_unnamed_statement_follow_too() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), p("", BY_ID), s()]).await;
    switch(&bed, &proxy).await;
    assert_eq!(client.ask(&[d("s"), d(""), s()]).await, "t[1700] T t[1700] T ZI");
    assert_eq!(client.ask(&[b("", &["1"]), e(), b("s", &["1"]), e(), s()]).await, "2 (rojo) [SELECT 1] 2 (rojo) [SELECT 1] ZI");
    client.query("SELECT 1").await;
    assert_eq!(client.ask(&[b("", &["1"]), s()]).await, "<26000 unnamed prepared statement does not exist> ZI");
}

/// Everything in one packet, also across Sync, before the first reply is read: each Bind finds what it should.
#[tokio::test]
async fn pipelines_stay_one_transaction_and_in_order() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), p("u", "UPDATE tipocolor SET nombre = $1 WHERE id = 1"), s()]).await;
    switch(&bed, &proxy).await;
    let one = [b("u", &["gris"]), e(), b("s", &["1"]), e(), p("", "SELECT 1/0"), b("", &[]), e(), b("s", &["1"]), e(), s()];
    let two = [b("s", &["1"]), e(), s()];
    client.send(&[one.concat(), two.concat(), q("SELECT 7"), two.concat()]).await;
    assert_eq!(
        client.until_ready(4).await,
        "2 [UPDATE 1] 2 (gris) [SELECT 1] 1 <22012 division by zero> ZI 2 (rojo) [SELECT 1] ZI T (7) [SELECT 1] ZI 2 (rojo) [SELECT 1] ZI"
    );
}

#[tokio::test]
async fn a_pipeline_that_waits_for_its_flush_is_answered_at_once() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), s()]).await;
    switch(&bed, &proxy).await;
    client.send(&[b("s", &["1"]), e(), h()]).await;
    assert_eq!(client.until("[SELECT 1]").await, "2 (rojo) [SELECT 1]");
    client.send(&[b("s", &["2"]), e(), s()]).await;
    assert_eq!(client.until_ready(1).await, "2 (verde) [SELECT 1] ZI");
}

#[tokio::test]
async fn an_aborted_transaction_loses_nothing() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), s()]).await;
    client.query("BEGIN; SELECT 1/0").await;
    switch(&bed, &proxy).await;
    let aborted = "<25P02 current transaction is aborted, commands ignored until end of transaction block> ZE";
    assert_eq!(client.ask(&[b("s", &["1"]), e(), s()]).await, aborted);
    assert_eq!(client.ask(&[d("s"), s()]).await, aborted);
    assert_eq!(client.query("EXECUTE s(1)").await, aborted);
    client.query("ROLLBACK").await;
    assert_eq!(held(&mut client, "s").await, "T (f) [SELECT 1] ZI");
    assert_eq!(client.ask(&[b("s", &["1"]), e(), s()]).await, "2 (rojo) [SELECT 1] ZI");
}

#[tokio::test]
async fn open_portals_finish_as_they_were() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.query("BEGIN").await;
    client.ask(&[p("s", "SELECT nombre FROM tipocolor ORDER BY id"), b_to("p", "s", &[]), e_of("p", 1), s()]).await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    assert_eq!(client.ask(&[b("s", &[]), e_of("", 1), e_of("p", 1), s()]).await, "2 (rojo) s (verde) s ZT");
    assert_eq!(client.ask(&[e_of("p", 0), s()]).await, "(azul) [SELECT 1] ZT");
}

/// The error of a text that is refused now comes where the Bind's would; the statement is still there when the table is switched back.
#[tokio::test]
async fn a_refusal_takes_the_place_of_the_bind_and_the_statement_stays() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), s()]).await;
    client.query("PREPARE q AS SELECT nombre FROM tipocolor WHERE id = 1").await;
    proxy.set(&["tipocolor"], Mode::Refuse).await;
    let refused = "<42P01 relation \"tipocolor\" does not exist> ZI";
    assert_eq!(client.ask(&[b("s", &["1"]), e(), s()]).await, refused);
    assert_eq!(client.query("EXECUTE q").await, refused);
    assert_eq!(client.query("EXECUTE s(1)").await, refused);
    assert_eq!(client.ask(&[p("", "EXECUTE q"), b("", &[]), e(), s()]).await, refused);
    proxy.set(&["tipocolor"], Mode::Observe).await;
    assert_eq!(client.ask(&[b("s", &["1"]), e(), s()]).await, "2 (rojo) [SELECT 1] ZI");
    assert_eq!(client.query("EXECUTE q").await, "T (rojo) [SELECT 1] ZI");
}

/// SQL and the protocol share one namespace, before and after a switch.
#[tokio::test]
async fn sql_and_protocol_share_their_names() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), p("t", BY_ID), s()]).await;
    client.query("PREPARE \"Q\" (numeric) AS SELECT nombre FROM tipocolor WHERE id = $1; PREPARE r AS SELECT 1 AS uno").await;
    client
        .ask(&[p("", "PREPARE x AS UPDATE tipocolor SET nombre = 'lila' WHERE id = 3 RETURNING nombre"), b("", &[]), e(), s()])
        .await;
    switch(&bed, &proxy).await;
    assert_eq!(client.query("EXECUTE s(2)").await, "T (verde) [SELECT 1] ZI");
    assert_eq!(client.query("EXECUTE \"Q\"(1); EXECUTE r").await, "T (rojo) [SELECT 1] T (1) [SELECT 1] ZI");
    assert_eq!(client.ask(&[b("x", &[]), e(), s()]).await, "2 (lila) [UPDATE 1] ZI");
    assert!(client.query("EXPLAIN (VERBOSE, COSTS OFF) EXECUTE x").await.contains("esclusa_leaf.tipocolor"));
    assert_eq!(client.ask(&[b("Q", &["3"]), e(), s()]).await, "2 (lila) [SELECT 1] ZI");
    assert_eq!(client.query("DEALLOCATE s").await, "[DEALLOCATE] ZI");
    assert_eq!(client.ask(&[b("s", &["2"]), s()]).await, "<26000 prepared statement \"s\" does not exist> ZI");
    assert_eq!(client.query("DEALLOCATE ALL").await, "[DEALLOCATE ALL] ZI");
    assert_eq!(client.query("SELECT count(*) FROM pg_prepared_statements").await, "T (0) [SELECT 1] ZI");
    assert_eq!(client.query("EXECUTE \"Q\"(1)").await, "<26000 prepared statement \"Q\" does not exist> ZI");
}

/// `P s, DEALLOCATE ALL, P s, B s` in one pipeline is legal; what DEALLOCATE has freed is not brought back.
#[tokio::test]
async fn names_are_freed_in_order() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), p("all", "DEALLOCATE ALL"), p("one", "DEALLOCATE s"), s()]).await;
    switch(&bed, &proxy).await;
    assert_eq!(
        client.ask(&[b("one", &[]), e(), b("s", &["1"]), e(), s()]).await,
        "2 [DEALLOCATE] <26000 prepared statement \"s\" does not exist> ZI"
    );
    let frames = [p("s", BY_ID), b("all", &[]), e(), p("s", BY_ID), b("s", &["1"]), e(), s()];
    assert_eq!(client.ask(&frames).await, "1 2 [DEALLOCATE ALL] 1 2 (rojo) [SELECT 1] ZI");
    client.send(&[q("DEALLOCATE s"), b("s", &["1"]), e(), s()]).await;
    assert_eq!(client.until_ready(2).await, "[DEALLOCATE] ZI <26000 prepared statement \"s\" does not exist> ZI");
}

/// A statement whose text is the same as before is left alone: the server still has what was parsed first.
#[tokio::test]
async fn what_does_not_change_is_left_alone() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("s", BY_ID), p("other", "SELECT 1"), s()]).await;
    let parsed = "SELECT name, prepare_time FROM pg_prepared_statements ORDER BY 1";
    let before = client.query(parsed).await;
    for mode in [Mode::Off, Mode::Shadow, Mode::Observe] {
        proxy.set(&["tipocolor"], mode).await;
        assert_eq!(
            client.ask(&[b("s", &["1"]), e(), b("other", &[]), e(), s()]).await,
            "2 (rojo) [SELECT 1] 2 (1) [SELECT 1] ZI"
        );
    }
    assert_eq!(client.query(parsed).await, before);
    // One that was prepared while the table was off follows as well.
    proxy.set(&["tipocolor"], Mode::Off).await;
    client.ask(&[p("off", BY_ID), s()]).await;
    switch(&bed, &proxy).await;
    assert_eq!(client.ask(&[b("off", &["1"]), e(), s()]).await, "2 (rojo) [SELECT 1] ZI");
}

/// The same frames, directly and through the proxy, after a switch.
#[tokio::test]
async fn a_direct_client_sees_the_same() {
    let (bed, proxy) = bed().await;
    let (mut here, mut there) = (proxy.client(&bed).await, direct(&bed).await);
    let prepare = [p("s", BY_ID), p("w", "UPDATE tipocolor SET nombre = $2 WHERE id = $1"), s()];
    assert_eq!(here.ask(&prepare).await, there.ask(&prepare).await);
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    let text = "x".repeat(30);
    for frames in [
        vec![b("s", &["abc"]), e(), s()],
        vec![b("s", &[]), e(), s()],
        vec![b("w", &["1", &text]), e(), b("s", &["1"]), e(), s()],
        vec![d("nobody"), b("s", &["1"]), s()],
        vec![b("w", &["9", "a"]), e(), e(), s()],
    ] {
        assert_eq!(here.ask(&frames).await, there.ask(&frames).await);
    }
}

/// EXECUTE names no table itself: its errors and hits are those of the statement that it runs.
#[tokio::test]
async fn execute_answers_for_what_it_runs() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    client.query("PREPARE new AS INSERT INTO tipocolor VALUES ($1, $2)").await;
    switch(&bed, &proxy).await;
    let refused = "<23505 duplicate key value violates unique constraint \"tipocolor_pkey\"> ZI";
    assert_eq!(client.query("EXECUTE new (1, 'rosa')").await, refused);
    client.ask(&[p("again", "EXECUTE new (2, 'rosa')"), s()]).await;
    assert_eq!(client.ask(&[b("again", &[]), e(), s()]).await, format!("2 {refused}"));
    assert_eq!(client.query("EXECUTE new (9, 'rosa')").await, "[INSERT 0 1] ZI");
    let totals = proxy.server.shared.traffic.totals();
    let hits = totals.iter().filter(|t| t.operation == "insert" && t.outcome == HitOutcome::Rewritten.name());
    let counted: Vec<[u64; 2]> = hits.map(|t| [t.count.hits, t.errors]).collect();
    assert_eq!(counted, [[3, 2]]);
}

/// Inside functions nothing is rewritten: the view's trigger gets errors of the new table's constraints, and the client sees those of the legacy table's.
#[tokio::test]
async fn an_error_from_behind_a_view_names_the_legacy_table() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let refused = "<23505 duplicate key value violates unique constraint \"tipocolor_pkey\"> ZI";
    assert_eq!(client.query("DO $$ BEGIN INSERT INTO tipocolor VALUES (1, 'rosa'); END $$").await, refused);
    // Migrated and not yet switched: the view answers the statement itself.
    assert_eq!(client.query("INSERT INTO tipocolor VALUES (1, 'rosa')").await, refused);
}

/// A switch succeeds whatever is being written into the rule directory; only a reload reads the directory, and it removes no rule
/// that statements need.
#[tokio::test]
async fn rule_files_are_read_by_a_reload_and_by_nothing_else() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    switch(&bed, &proxy).await;
    let file = proxy.rules.join("tipocolor.toml");
    let rule = std::fs::read_to_string(&file).unwrap();
    let question = "SELECT count(*) FROM tipocolor";

    std::fs::write(&file, "half = [").unwrap();
    proxy.set(&["tipocolor"], Mode::Refuse).await;
    assert!(client.query(question).await.starts_with("<42P01"));
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    assert_eq!(client.query(question).await, "T (3) [SELECT 1] ZI");

    std::fs::remove_file(&file).unwrap();
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    let error = proxy.server.admin().reload().await.unwrap_err().to_string();
    assert!(error.contains("the rule of tipocolor is gone, and its mode is rewrite"), "{error}");
    assert_eq!(client.query(question).await, "T (3) [SELECT 1] ZI");

    proxy.set(&["tipocolor"], Mode::Observe).await;
    proxy.server.admin().reload().await.unwrap();
    assert!(client.query(question).await.starts_with("<42P01"));
    std::fs::write(&file, rule).unwrap();
    proxy.server.admin().reload().await.unwrap();
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    assert_eq!(client.query(question).await, "T (3) [SELECT 1] ZI");
}

/// What a switch waits for: statements that a policy decided about, EXECUTE among them, and nothing else that a session does.
#[tokio::test]
async fn a_switch_waits_for_what_it_changes_and_for_nothing_else() {
    let (bed, proxy) = bed().await;
    switch(&bed, &proxy).await;
    let mut client = proxy.client(&bed).await;
    client.ask(&[p("read", "SELECT pg_advisory_xact_lock(7) FROM tipocolor LIMIT 1"), s()]).await;
    client.query("PREPARE run AS SELECT pg_advisory_xact_lock(7) FROM tipocolor LIMIT 1").await;
    // The proxy is notified of its own switch too, sooner or later: a new generation with the same decisions.
    let generation = || proxy.server.shared.policy.load().generation;
    let run = |frames: Vec<Vec<u8>>| [frames, vec![e(), s()]].concat();
    for (frames, flies) in [
        (run(vec![b("read", &[])]), true),
        (vec![q("EXECUTE run")], true),
        (run(vec![p("", "EXECUTE run"), b("", &[])]), true),
        (run(vec![p("", "SELECT pg_advisory_xact_lock(7)"), b("", &[])]), false),
        (vec![q("SELECT pg_advisory_xact_lock(7)")], false),
    ] {
        let before = generation();
        bed.sql("BEGIN; SELECT pg_advisory_xact_lock(7)").await;
        client.send(&frames).await;
        let waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)";
        crate::common::wait_for(&bed.db, waits).await;
        let found: Vec<u64> =
            proxy.server.shared.clients.iter().map(|c| c.flight.load(std::sync::atomic::Ordering::Relaxed)).collect();
        let expected = if flies { before..=generation() } else { 0..=0 };
        assert!(matches!(found[..], [one] if expected.contains(&one)), "{found:?} {}", String::from_utf8_lossy(&frames.concat()));
        bed.sql("COMMIT").await;
        client.until_ready(1).await;
    }
}
