//! Relations of a legacy name in other schemas of the search path, before the legacy one: what PostgreSQL means is what is read and written.

use esclusa::mode::Mode;
use esclusa::wire::frame;

use crate::common::proxy::{Proxy, Raw, direct};
use crate::common::{Bed, SCHEMA};

/// The table itself lies in `antes`, and what the proxy makes of it under its own name. Each side has schemas of its own for other relations,
/// and these are told apart by their rows: those of the legacy table are 1, 2 and 3.
async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipovalvula (cod numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(40));
         INSERT INTO tipovalvula VALUES (1, 'a'), (2, 'b'), (3, 'c');",
    )
    .await;
    bed.lookup("tipovalvula", "cod").await;
    bed.migrate_all().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipovalvula"], Mode::Rewrite).await;
    bed.sql(
        "CREATE SCHEMA antes; ALTER TABLE mig_old.tipovalvula SET SCHEMA antes;
         CREATE SCHEMA first_old; CREATE SCHEMA first_new; CREATE SCHEMA second_old; CREATE SCHEMA second_new",
    )
    .await;
    (bed, proxy)
}

/// A text for one side: `LEGACY`, `FIRST` and `SECOND` are its schemas, `THIRD` and `FOURTH` such as do not exist.
fn for_side(text: &str, is_proxied: bool) -> String {
    let (legacy, side) = if is_proxied { (SCHEMA, "new") } else { ("antes", "old") };
    let schemas = ["FIRST", "SECOND", "THIRD", "FOURTH"];
    let named = |text: String, schema: &str| text.replace(schema, &format!("{}_{side}", schema.to_lowercase()));
    schemas.into_iter().fold(text.replace("LEGACY", legacy), named)
}

/// Sends a simple query, or a text by Parse, Bind, Execute where it begins with `> `; what comes back, without the words of errors.
async fn ask(client: &mut Raw, text: &str) -> String {
    let mut out = Vec::new();
    match text.strip_prefix("> ") {
        Some(text) => {
            frame::write(&mut out, b'P', &[&[0], text.as_bytes(), &[0, 0, 0]]);
            frame::write(&mut out, b'B', &[&[0; 8]]);
            frame::write(&mut out, b'E', &[&[0; 5]]);
            frame::write(&mut out, b'S', &[]);
        }
        None => frame::write(&mut out, b'Q', &[text.as_bytes(), &[0]]),
    }
    client.send(&[out]).await;
    let told = client.until_ready(1).await;
    told.replace("first_new", "FIRST")
        .replace("first_old", "FIRST")
        .replace("second_new", "SECOND")
        .replace("second_old", "SECOND")
}

/// Conversations of two sessions, `a` and `b`, on each side. They leave no relation behind.
const CONVERSATIONS: &[&[&str]] = &[
    // A table of the name is made, read, dropped, by the same session and by another.
    &[
        "a SET search_path = FIRST, LEGACY",
        "b SET search_path = FIRST, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "b > SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE FIRST.tipovalvula (cod int, nombre text)",
        "a SELECT count(*) FROM tipovalvula",
        "b > SELECT count(*) FROM tipovalvula",
        "b INSERT INTO tipovalvula VALUES (7, 'x')",
        "a DELETE FROM tipovalvula",
        "a SELECT count(*) FROM LEGACY.tipovalvula",
        "b BEGIN",
        "b DROP TABLE tipovalvula",
        "b SELECT count(*) FROM tipovalvula",
        "b ROLLBACK",
        "b SELECT count(*) FROM tipovalvula",
        "b BEGIN; DROP TABLE tipovalvula; COMMIT",
        "b SELECT count(*) FROM tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // In one Query, under a path that nobody has asked about.
    &[
        "a CREATE TABLE FIRST.tipovalvula (cod int)",
        "a SET search_path = LEGACY, public",
        "a SELECT count(*) FROM tipovalvula",
        "a BEGIN; SET LOCAL search_path = FIRST, LEGACY; SELECT count(*) FROM tipovalvula; DELETE FROM tipovalvula; COMMIT; SELECT count(*) FROM tipovalvula",
        "a SET search_path = FIRST, LEGACY; DROP TABLE tipovalvula; SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; ROLLBACK; SELECT count(*) FROM tipovalvula",
        "a CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; DROP TABLE tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // RENAME and SET SCHEMA, by a message each and in one.
    &[
        "a SET search_path = FIRST, LEGACY",
        "a CREATE TABLE FIRST.otra (cod int); CREATE TABLE SECOND.tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE otra RENAME TO tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula RENAME TO otra; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE otra RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula; ALTER TABLE FIRST.tipovalvula RENAME TO otra",
        "a ALTER TABLE SECOND.tipovalvula SET SCHEMA FIRST",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula SET SCHEMA SECOND; SELECT count(*) FROM tipovalvula",
        "a SET search_path = LEGACY; SELECT count(*) FROM tipovalvula; SET search_path = SECOND, LEGACY; SELECT count(*) FROM tipovalvula",
        "a DROP TABLE FIRST.otra, tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // Temporary relations, first and later in the path, with another name at first.
    &[
        "a SET search_path = LEGACY, pg_temp",
        "a CREATE TEMP TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a SET search_path = LEGACY; SELECT count(*) FROM tipovalvula; SET search_path = LEGACY, pg_temp; SELECT count(*) FROM tipovalvula",
        "a SET search_path = pg_temp, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a DROP TABLE pg_temp.tipovalvula",
        "a CREATE TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a DISCARD TEMP",
        "a SET search_path = LEGACY",
        "a CREATE TEMP TABLE zz (a int); ALTER TABLE zz RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE tipovalvula RENAME TO zz; SELECT count(*) FROM tipovalvula",
        "a ALTER TABLE zz RENAME TO tipovalvula; SELECT count(*) FROM tipovalvula; DROP TABLE pg_temp.tipovalvula; SELECT count(*) FROM tipovalvula",
    ],
    // A schema that does not exist, one that comes and goes with its relations, one that may not be used.
    &[
        "a SET search_path = THIRD, LEGACY",
        "a SELECT count(*) FROM tipovalvula",
        "a CREATE SCHEMA THIRD CREATE TABLE tipovalvula (cod int); SELECT count(*) FROM tipovalvula; ROLLBACK; SELECT count(*) FROM tipovalvula",
        "a BEGIN",
        "a CREATE SCHEMA THIRD CREATE TABLE tipovalvula (cod int)",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER SCHEMA THIRD RENAME TO FOURTH",
        "a SELECT count(*) FROM tipovalvula",
        "a ALTER SCHEMA FOURTH RENAME TO THIRD; SELECT count(*) FROM tipovalvula",
        "a DROP SCHEMA THIRD CASCADE",
        "a SELECT count(*) FROM tipovalvula",
        "a ROLLBACK",
        "a SELECT count(*) FROM tipovalvula",
    ],
    // The path was set before the transaction that a Query ends.
    &[
        "a SET search_path = LEGACY, public",
        "a BEGIN",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); COMMIT; DELETE FROM tipovalvula WHERE cod = 9",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK; DELETE FROM tipovalvula WHERE cod = 9",
        "a RESET search_path",
        "a SET search_path = LEGACY, SECOND",
        "a BEGIN",
        "a SAVEPOINT s; INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK TO s; COMMIT; DELETE FROM tipovalvula WHERE cod = 9",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a SAVEPOINT s",
        "a INSERT INTO tipovalvula VALUES (9, 'n'); ROLLBACK TO s; COMMIT AND CHAIN; DELETE FROM tipovalvula WHERE cod = 9; ROLLBACK AND CHAIN; SELECT count(*) FROM tipovalvula; COMMIT",
        "a SET search_path = LEGACY",
        "a BEGIN",
        "a DO $$ BEGIN PERFORM 1; END $$; SELECT count(*) FROM tipovalvula; COMMIT; SELECT count(*) FROM tipovalvula",
    ],
    // What is known of other schemas inside of a transaction, and LOCK TABLE where it comes first.
    &[
        "a SET search_path = FIRST, LEGACY",
        "a SELECT 1 FROM tipovalvula WHERE false",
        "a BEGIN ISOLATION LEVEL REPEATABLE READ",
        "a LOCK TABLE tipovalvula IN ACCESS SHARE MODE",
        "a SELECT count(*) FROM tipovalvula",
        "b CREATE TABLE FIRST.tipovalvula (cod int)",
        "a SELECT count(*) FROM LEGACY.tipovalvula",
        "a COMMIT",
        "a SELECT count(*) FROM tipovalvula",
        "b DROP TABLE FIRST.tipovalvula",
        "a SELECT count(*) FROM tipovalvula",
    ],
];

#[tokio::test]
async fn the_relation_that_the_path_finds_first_is_meant() {
    let (bed, proxy) = bed().await;
    let mut wrong = Vec::new();
    for (number, conversation) in CONVERSATIONS.iter().enumerate() {
        let mut sessions = Vec::new();
        for _ in 0..2 {
            sessions.push((direct(&bed).await, proxy.client(&bed).await));
        }
        for line in *conversation {
            let (who, text) = line.split_once(' ').unwrap();
            let (old, new) = &mut sessions[usize::from(who == "b")];
            let direct = ask(old, &for_side(text, false)).await;
            let proxied = ask(new, &for_side(text, true)).await;
            if direct != proxied {
                wrong.push(format!("conversation {}: {line}\n  directly: {direct}\n  proxied:  {proxied}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands elsewhere is no use of the legacy table; and what is made around the proxy is noticed.
#[tokio::test]
async fn only_uses_of_the_legacy_table_are_counted() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let selects = || {
        let totals = proxy.server.shared.traffic.totals();
        totals.into_iter().filter(|t| t.operation == "select").map(|t| t.count.hits).sum::<u64>()
    };
    ask(&mut client, &format!("SET search_path = first_new, {SCHEMA}")).await;
    ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
    assert_eq!(selects(), 1);
    bed.sql("CREATE TABLE first_new.tipovalvula (cod int)").await;
    let mut read = String::new();
    for _ in 0..100 {
        read = ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
        if read.contains("(0)") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(read.contains("(0)"), "{read}");
    let before = selects();
    ask(&mut client, "SELECT count(*) FROM tipovalvula").await;
    ask(&mut client, "> SELECT count(*) FROM tipovalvula").await;
    assert_eq!(selects(), before);
    ask(&mut client, &format!("SELECT count(*) FROM {SCHEMA}.tipovalvula")).await;
    assert_eq!(selects(), before + 1);
}
