//! No switch hides rows: a table that has not been moved is not rewritten, compared or refused, by whatever command; and a retained
//! history is rewritten before it gets columns that its clients do not know.

use std::time::Duration;

use esclusa::config::Address;
use esclusa::error::Error;
use esclusa::mode::Mode;
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::common::proxy::{Proxy, b, e, p, s};
use crate::common::{Bed, SCHEMA, said, wait_for};

/// Two look-ups and a history that stays, none of them moved.
async fn bed() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20));
         INSERT INTO tipocolor VALUES (1, 'rojo'), (2, 'verde'), (3, 'azul');
         CREATE TABLE tipoforma (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO tipoforma VALUES (1), (2);
         CREATE TABLE hisret (id numeric(5,0) NOT NULL, hora timestamp); INSERT INTO hisret VALUES (7, '2020-01-01');",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.lookup("tipoforma", "id").await;
    bed.rule("hisret", "retained", "{ base = 'base', time = 'hora' }", "{ columns = ['id'] }").await;
    bed
}

/// What the console answers, cells joined by a bar, NULL as `-`; or its error.
pub(super) async fn console(proxy: &Proxy, text: &str) -> Vec<String> {
    let Address::Tcp(_, port) = proxy.server.console else { panic!("the console listens on TCP") };
    let mut config = tokio_postgres::Config::new();
    let (client, connection) =
        config.host("127.0.0.1").port(port).user("esclusa").dbname("esclusa").connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let messages = match client.simple_query(text).await {
        Ok(messages) => messages,
        Err(error) => {
            let db = error.as_db_error().unwrap();
            let parts = [Some(db.message()), db.detail(), db.hint()];
            return std::iter::once(db.code().code()).chain(parts.into_iter().flatten()).map(str::to_owned).collect();
        }
    };
    let row = |m: &SimpleQueryMessage| match m {
        SimpleQueryMessage::Row(row) => Some((0..row.len()).map(|i| row.get(i).unwrap_or("-")).collect::<Vec<_>>().join("|")),
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}

/// The mode in force.
fn mode(proxy: &Proxy, table: &str) -> Mode {
    let policy = proxy.server.shared.policy.load();
    policy.entries().find(|e| e.relation.table == table).unwrap().mode
}

async fn until_in_force(proxy: &Proxy, table: &str, expected: Mode) {
    let limit = std::time::Instant::now() + Duration::from_secs(20);
    while mode(proxy, table) != expected {
        assert!(std::time::Instant::now() < limit, "{table} is in mode {}", mode(proxy, table));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_table_that_has_not_been_moved_is_not_switched() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client(&bed).await;
    for command in
        ["SET MODE rewrite FOR tipocolor", "SET MODE shadow FOR tipocolor", "SET MODE refuse FOR tipocolor", "ENABLE tipocolor"]
    {
        let word = command.split(' ').nth(2).filter(|_| command.starts_with("SET")).unwrap_or("rewrite");
        assert_eq!(
            console(&proxy, command).await,
            [
                "55000".to_owned(),
                format!("tipocolor cannot be in mode {word}, and nothing was switched"),
                "tipocolor: it has not been moved".to_owned(),
                "`esclusa migrate tipocolor` moves what has not been moved".to_owned(),
            ],
            "{command}"
        );
        assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
    }
    assert_eq!(bed.cell("SELECT count(*) FROM esclusa.mode").await, "0");
    assert_eq!(bed.cell("SELECT count(*) FROM esclusa.mode_history").await, "0");
    // All or nothing: one that has been moved waits for the other.
    bed.migrate("tipocolor").await.unwrap();
    let both = console(&proxy, "ENABLE tipocolor, tipoforma").await;
    assert_eq!(both[1..3], ["tipoforma cannot be in mode rewrite, and nothing was switched", "tipoforma: it has not been moved"]);
    assert_eq!((mode(&proxy, "tipocolor"), bed.cell("SELECT count(*) FROM esclusa.mode").await), (Mode::Observe, "0".to_owned()));
    // Neither does a command of another process, nor an API.
    let error = bed.set("tipoforma", Mode::Rewrite).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && said(&error).contains("esclusa migrate tipoforma"), "{}", said(&error));
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
}

/// ALL switches the tables that may be switched, and the answer reports each.
#[tokio::test]
async fn all_tells_each_tables_fate() {
    let bed = bed().await;
    bed.migrate("tipocolor").await.unwrap();
    let proxy = Proxy::start(&bed).await;
    let held = "not switched: it has not been moved (`esclusa migrate tipoforma`)";
    assert_eq!(
        console(&proxy, "SET MODE rewrite FOR ALL").await,
        [
            "hisret|observe|-|rewrite|-".to_owned(),
            "tipocolor|observe|-|rewrite|-".to_owned(),
            format!("tipoforma|observe|-|observe|{held}")
        ]
    );
    assert_eq!(bed.rows("SELECT legacy_table FROM esclusa.mode ORDER BY 1").await, ["hisret", "tipocolor"]);
    assert_eq!([mode(&proxy, "tipocolor"), mode(&proxy, "tipoforma")], [Mode::Rewrite, Mode::Observe]);
    // A history that stays may not be refused before it has been improved.
    let refused = console(&proxy, "SET MODE refuse FOR ALL").await;
    assert!(
        refused[0].ends_with("rewrite|not switched: it does not have its new columns yet (`esclusa migrate hisret`)"),
        "{refused:?}"
    );
    assert!(refused[1].starts_with("tipocolor|rewrite|") && refused[1].ends_with("|refuse|-"), "{refused:?}");
}

/// Back in observe, statements use the compatibility view, and the console's answer says so.
#[tokio::test]
async fn who_answers_after_a_switch_back_is_said() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    assert_eq!(console(&proxy, "DISABLE tipocolor").await, ["tipocolor|observe|-|observe|-"]);
    bed.migrate("tipocolor").await.unwrap();
    bed.migrate("hisret").await.unwrap();
    for word in ["off", "observe", "shadow"] {
        let told = console(&proxy, &format!("SET MODE {word} FOR tipocolor")).await.concat();
        assert!(
            told.ends_with(&format!("|{word}|it has been moved: the compatibility view {SCHEMA}.tipocolor answers")),
            "{told}"
        );
    }
    let told = console(&proxy, "DISABLE hisret").await.concat();
    assert!(
        told.ends_with(&format!("|observe|{SCHEMA}.hisret itself answers: SELECT * shows hst_id and hst_operation too")),
        "{told}"
    );
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor")).await;
    let told = console(&proxy, "DISABLE tipocolor").await.concat();
    assert!(told.ends_with(&format!("nothing has the name {SCHEMA}.tipocolor: statements fail with 42P01")), "{told}");
}

/// A mode from the settings, or one written into the table of modes, is not in force before the move; the end of the run puts it in force.
#[tokio::test]
async fn a_default_mode_waits_for_the_move() {
    let bed = bed().await;
    bed.migrate("tipoforma").await.unwrap();
    bed.sql("INSERT INTO esclusa.mode (legacy_table, mode, changed_by) VALUES ('tipocolor', 'refuse', 'a hand')").await;
    let proxy = Proxy::start_with(&bed, |settings| settings.rules.default_mode = Mode::Rewrite).await;
    assert_eq!(["tipocolor", "tipoforma", "hisret"].map(|t| mode(&proxy, t)), [Mode::Observe, Mode::Rewrite, Mode::Rewrite]);
    let mut client = proxy.client(&bed).await;
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
    let tables = console(&proxy, "SHOW TABLES WHERE table = 'tipocolor'").await.concat();
    assert!(tables.ends_with("|f|-|-|under its name|mode refuse is not in force: it has not been moved"), "{tables}");
    bed.sql("UPDATE esclusa.mode SET mode = 'rewrite'").await;
    bed.migrate("tipocolor").await.unwrap();
    until_in_force(&proxy, "tipocolor", Mode::Rewrite).await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor")).await;
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (3) [SELECT 1] ZI");
}

/// SHOW TABLES: moved or not, by which run, when, where the legacy table is; and what is wrong.
#[tokio::test]
async fn show_tables_says_where_a_table_stands() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let show = async |table: &str| {
        console(&proxy, "RELOAD").await;
        console(&proxy, &format!("SHOW TABLES WHERE table = '{table}'")).await.concat()
    };
    assert_eq!(show("tipocolor").await, "tipocolor|lookup|domain_value|observe|0|f|-|-|under its name|-");
    bed.migrate("tipocolor").await.unwrap();
    bed.migrate("hisret").await.unwrap();
    let ledger = "SELECT run_id || '|' || (finished_at AT TIME ZONE 'America/Mexico_City')::timestamp(0) || '-06' FROM esclusa.run_table WHERE legacy_table =";
    let (moved, improved) = (bed.cell(&format!("{ledger} 'tipocolor'")).await, bed.cell(&format!("{ledger} 'hisret'")).await);
    assert_eq!(show("tipocolor").await, format!("tipocolor|lookup|domain_value|observe|0|t|{moved}|mig_old|-"));
    assert_eq!(show("hisret").await, format!("hisret|retained|hisret|rewrite|0|t|{improved}|under its name|-"));
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    bed.sql("DROP SCHEMA mig_old CASCADE").await;
    assert_eq!(show("tipocolor").await, format!("tipocolor|lookup|domain_value|rewrite|0|t|{moved}|gone|-"));
    bed.sql("DROP VIEW esclusa.tipocolor").await;
    let told = show("tipocolor").await;
    assert!(told.ends_with("|gone|mode rewrite: it has been moved, but view esclusa.tipocolor is gone"), "{told}");
    let refused = console(&proxy, "ENABLE tipocolor").await;
    assert_eq!(
        refused[2..],
        ["tipocolor: it has been moved, but view esclusa.tipocolor is gone", "`esclusa schema apply` creates the views again"]
    );
}

/// A legacy table that was brought back by hand has the rows that clients write: an earlier mode does not hide it.
#[tokio::test]
async fn a_legacy_table_that_is_back_has_the_say() {
    let bed = bed().await;
    bed.migrate("tipocolor").await.unwrap();
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; ALTER TABLE mig_old.tipocolor SET SCHEMA {SCHEMA}; INSERT INTO {SCHEMA}.tipocolor VALUES (4, 'gris')")).await;
    proxy.server.admin().reload().await.unwrap();
    assert_eq!(mode(&proxy, "tipocolor"), Mode::Observe);
    let mut client = proxy.client(&bed).await;
    assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (4) [SELECT 1] ZI");
    let told = console(&proxy, "SHOW TABLES WHERE table = 'tipocolor'").await.concat();
    assert!(
        told.ends_with("|under its name|mode rewrite: the legacy table has its name again, and clients write their rows there"),
        "{told}"
    );
}

/// `migrate` of a history that stays asks for mode rewrite, and its clients never see the new columns.
#[tokio::test]
async fn a_history_that_stays_is_rewritten_before_it_gets_its_columns() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client(&bed).await;
    let refused = bed.migrate_only("hisret").await.unwrap_err();
    assert_eq!(
        said(&refused),
        "hisret is not in mode rewrite, so SELECT * would return two more columns\n\
         detail: it stays a table and gets hst_id and hst_operation; its stored mode is none\n\
         hint: run `esclusa rules set hisret rewrite` first, or SET MODE rewrite FOR hisret on the console"
    );
    let columns = format!("SELECT count(*) FROM pg_attribute WHERE attrelid = '{SCHEMA}.hisret'::regclass AND attnum > 0");
    assert_eq!(bed.cell(&columns).await, "2");
    let row = "T (7,2020-01-01 00:00:00) [SELECT 1] ZI";
    assert_eq!(client.query("SELECT * FROM hisret").await, row);
    proxy.set(&["hisret"], Mode::Rewrite).await;
    assert_eq!(client.query("SELECT * FROM hisret").await, row);
    bed.migrate_only("hisret").await.unwrap();
    assert_eq!(bed.cell(&columns).await, "4");
    assert_eq!(client.query("SELECT * FROM hisret").await, row);
    assert_eq!(bed.rows("SELECT step FROM esclusa.run_table WHERE legacy_table = 'hisret'").await, ["retain"]);
    // An interrupted run can be continued in any mode, because the columns exist already.
    bed.sql(&format!("ALTER TABLE {SCHEMA}.hisret DROP CONSTRAINT hisret_hst_pkey")).await;
    proxy.set(&["hisret"], Mode::Observe).await;
    assert_eq!(bed.migrate_only("hisret").await.unwrap().notes, ["primary key on hst_id"]);
    let told = console(&proxy, "SHOW TABLES WHERE table = 'hisret'").await.concat();
    assert!(told.ends_with("|under its name|not rewritten: SELECT * shows hst_id and hst_operation"), "{told}");
}

/// The state of the only client in SHOW SESSIONS.
async fn shown(proxy: &Proxy, columns: &str) -> Vec<String> {
    let head = "id|database|user|application|address|port|since|server_pid|state|state_since|tables|rule|statement";
    let rows = console(proxy, "SHOW SESSIONS").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row: Vec<&str> = rows[0].split('|').collect();
    let at = |name: &str| head.split('|').position(|column| column == name).unwrap();
    columns.split('|').map(|name| row[at(name)].to_owned()).collect()
}

#[tokio::test]
async fn the_console_shows_what_a_client_does_and_kill_ends_it_on_the_server_too() {
    let (bed, proxy) = super::steps::bed().await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    let mut client = proxy.client(&bed).await;
    client.query("SELECT 1").await;
    assert_eq!(shown(&proxy, "state|tables|statement").await, ["idle", "-", "-"]);
    client.query("BEGIN").await;
    client.query("SELECT nombre FROM tipocolor WHERE id = 2").await;
    let statement = "select nombre from tipocolor where id = ?";
    assert_eq!(shown(&proxy, "state|tables|statement").await, ["idle in transaction", "tipocolor", statement]);
    client.query("SELECT 1/0").await;
    assert_eq!(shown(&proxy, "state|tables|statement").await, ["idle in transaction (aborted)", "-", "-"]);
    client.query("ROLLBACK").await;
    client.send(&[p("", "SELECT id, pg_sleep(60) FROM tipocolor"), b("", &[]), e(), s()]).await;
    wait_for(&bed.db, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()").await;
    let running = "select id, pg_sleep(?) from tipocolor";
    let told = shown(&proxy, "state|tables|statement|server_pid|id|port").await;
    assert_eq!(told[..3], ["active", "tipocolor", running]);
    assert_eq!(shown(&proxy, "rule").await, ["tipocolor (lookup, mode rewrite): rewritten"]);
    let alive = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {}", told[3]);
    assert_eq!(bed.cell(&alive).await, "1");
    assert!(told[5].parse::<u16>().is_ok(), "{told:?}");
    let began = std::time::Instant::now();
    console(&proxy, &format!("KILL {}", told[4])).await;
    wait_for(&bed.db, &alive.replace("count(*)", "count(*) = 0")).await;
    assert!(began.elapsed() < Duration::from_secs(20), "the server has not run it to its end");
    assert_eq!(console(&proxy, "SHOW SESSIONS").await, [""; 0]);
}
