//! The order of moves follows traffic: tables used together are recorded as they are used, and `esclusa order` shows what moves when, together with
//! what, and what holds it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "order/planner.rs"]
mod planner;

use std::time::Duration;

use std::collections::BTreeMap;

use common::proxy::{Proxy, b, e, p, s};
use common::{Bed, SCHEMA, wait_for};
use esclusa::catalog::Database;
use esclusa::migrate::dependents::concerned;
use esclusa::migrate::migration::Migration;

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
    // In one transaction, by the extended protocol, with BEGIN and COMMIT in the same stretches as other statements.
    let run = |text: &str| [p("", text), b("", &[]), e()].concat();
    client.ask(&[run("BEGIN"), run("SELECT 1 FROM tipoe"), s()]).await;
    client.ask(&[run("SELECT 1 FROM tipof"), run("COMMIT"), run("SELECT 4 FROM tipog"), s()]).await;
    // Without BEGIN a stretch is one transaction.
    client.ask(&[run("SELECT 2 FROM tipoe"), run("SELECT 2 FROM tipof"), s()]).await;
    // Statements after ROLLBACK are separate, and so is another session.
    for text in ["BEGIN", "SELECT 2 FROM tipod", "ROLLBACK", "SELECT 3 FROM tipoh"] {
        client.query(text).await;
    }
    proxy.client(&bed).await.query("SELECT 5 FROM tipog").await;
    wait_for(&bed.db, "SELECT coalesce(sum(hits), 0) = 22 FROM esclusa.hit_total").await;
    assert_eq!(pairs(&bed).await, "ab statement 3, cd transaction 1, ef transaction 2");
    proxy.server.stop().await;
    assert_eq!(bed.cell("SELECT sum(pairs_lost) || ' ' || sum(lost) FROM esclusa.recorder").await, "0 0");
}

/// Runs the program, as a role that need not be a superuser; it must succeed. Returns its output.
async fn esclusa(bed: &Bed, proxy: &Proxy, user: &str, arguments: &[&str]) -> String {
    let url = format!("postgres://{user}@127.0.0.1:{}/{}", common::server().await.port, bed.name());
    // The proxy must run meanwhile, because a table that moves waits for its answer.
    let said = tokio::process::Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .args(arguments)
        .envs([("ESCLUSA_CONTROL_URL", url.as_str()), ("ESCLUSA_MIGRATE_WAVE_TABLES", "4")])
        .env("ESCLUSA_RULES_DIRECTORY", &proxy.rules)
        .output()
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, faults) = (text(said.stdout), text(said.stderr));
    assert!(said.status.success(), "{arguments:?}: {out}{faults}");
    out
}

/// The rows of a JSON table, by their first cell; cells joined by a bar.
fn lines(json: &str, columns: &[&str]) -> BTreeMap<String, String> {
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(json).unwrap();
    let cell = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |row: &serde_json::Map<_, _>| columns.iter().map(|c| cell(&row[*c])).collect::<Vec<_>>().join("|");
    rows.iter().map(|row| (cell(row.values().next().unwrap()), line(row))).collect()
}

/// The setup of the test below: the dependents of its tables, and traffic.
async fn used() -> (Bed, Proxy) {
    let mut bed = bed().await;
    bed.sql(&format!(
        "SET search_path = {SCHEMA};
         CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER noted BEFORE INSERT ON tipoc FOR EACH ROW EXECUTE FUNCTION noted();
         CREATE VIEW shown AS SELECT texto FROM tipod;
         CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM cf_quere_pro.tipoe';
         ALTER TABLE tipof ADD FOREIGN KEY (id) REFERENCES tipog;
         RESET search_path;
         DO $$ BEGIN CREATE ROLE order_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         ALTER VIEW cf_quere_pro.shown OWNER TO order_reader;
         GRANT USAGE ON SCHEMA cf_quere_pro, esclusa TO order_reader; GRANT SELECT ON ALL TABLES IN SCHEMA esclusa TO order_reader"
    ))
    .await;
    for (table, wave) in [("tipoa", "W1-A"), ("tipob", "W1-B"), ("tipoc", "W1-A"), ("tipoh", "W1-B")] {
        bed.rules.rules.get_mut(table).unwrap().wave = wave.into();
    }
    let proxy = proxy(&bed).await;
    let mut client = proxy.client(&bed).await;
    client.query("SELECT * FROM tipob JOIN tipoa USING (id)").await;
    for text in ["BEGIN", "INSERT INTO tipoe VALUES (1, 'x')", "SELECT 1 FROM tipod", "COMMIT"] {
        client.query(text).await;
    }
    client.query("DO $$ BEGIN PERFORM 1 FROM tipoh; END $$").await;
    // A tool that reads every table (pg_dump) connects none of them.
    client.query("SET application_name = 'pg_dump'").await;
    client.query("SELECT 1 FROM tipoa, tipob, tipoc, tipod, tipoe, tipof, tipog, tipoh LIMIT 1").await;
    wait_for(&bed.db, "SELECT sum(hits) = 13 FROM esclusa.hit_total").await;
    (bed, proxy)
}

#[tokio::test]
async fn the_order_follows_traffic_and_what_hangs_on_tables() {
    let (bed, proxy) = used().await;
    // Without a right on the legacy tables.
    let told = esclusa(&bed, &proxy, "order_reader", &["order", "--format", "json"]).await;
    let columns = ["state", "wave", "cluster", "held_back", "remarks", "plan"];
    let order = lines(&told, &columns);
    assert_eq!(order["tipoa"], "can move|2|tipoa|null|null|W1-A");
    assert_eq!(order["tipob"], "can move|2|tipoa|null|null|W1-B");
    let blocked = "held back|null|null|trigger noted: it reads rows of the table, but rows of the leaf are written|used 1 times by applications that read everything (migrate.reads_all), and by no other|W1-A";
    assert_eq!(order["tipoc"], blocked);
    assert_eq!(
        order["tipod"],
        "can move|3|tipod|null|view cf_quere_pro.shown: is made again over the view, and stays the same object|null"
    );
    assert!(
        order["tipoe"].starts_with("can move|3|tipod|null|function text cf_quere_pro.counted(): its body names the table"),
        "{}",
        order["tipoe"]
    );
    assert!(order["tipoe"].ends_with("1 writes were seen: it moves after tables that are only read|null"));
    assert!(order["tipof"].starts_with("can move|1|tipof|null|foreign key constraint \"tipof_id_fkey\""), "{}", order["tipof"]);
    assert!(order["tipog"].starts_with("can move|1|tipof|null|foreign key"), "{}", order["tipog"]);
    assert_eq!(order["tipoh"], "held back|null|null|1 statements were not understood|null|W1-B");
    // Unchanged input gives unchanged output; more of the same does not reshuffle.
    let mut client = proxy.client(&bed).await;
    client.query("SELECT * FROM tipob JOIN tipoa USING (id)").await;
    wait_for(&bed.db, "SELECT sum(hits) = 15 FROM esclusa.hit_total").await;
    assert_eq!(esclusa(&bed, &proxy, "order_reader", &["order", "--format", "json"]).await, told);
    let waves = lines(
        &esclusa(&bed, &proxy, "postgres", &["report", "waves", "--format", "json"]).await,
        &["wave", "tables", "use", "names", "remarks"],
    );
    assert_eq!(
        waves["plan"],
        "W1-B|2|only read|tipob tipoh|1 are held back: tipoh; it separates tables that are used together: tipoa+tipob (2 x, W1-A)"
    );
    assert_eq!(waves["traffic"], "3|2|written|tipod tipoe|null");
    let basis =
        lines(&esclusa(&bed, &proxy, "order_reader", &["report", "basis", "--format", "json"]).await, &["value", "means"]);
    assert_eq!(basis["uses of legacy names"], "15|null");
    assert!(basis["rows a second"].starts_with("20000|assumed"), "{basis:?}");
    assert!(basis["whole days"].starts_with("0|not yet seen: a working day"), "{basis:?}");
    let shown = esclusa(&bed, &proxy, "order_reader", &["order", "--table", "tipoc", "--lang", "es"]).await;
    assert!(shown.contains("retenida") && shown.contains("Se basa en:") && !shown.contains("tipoa"), "{shown}");
    for (name, rows) in [("order", 8), ("waves", 5)] {
        let report = esclusa::report::find(name).unwrap();
        assert_eq!(proxy.server.admin().recorded(report).await.unwrap().rows.len(), rows, "SHOW {name}");
    }
    proxy.server.stop().await;
}

#[tokio::test]
async fn the_next_wave_is_typed_as_it_is_told() {
    let (bed, proxy) = used().await;
    let next = async || esclusa(&bed, &proxy, "postgres", &["order", "next", "--format", "csv"]).await;
    let told = next().await;
    let commands = |told: &str| -> Vec<String> {
        let commands = told.lines().filter(|line| line.starts_with("command,"));
        commands.map(|line| line.split(',').nth(2).unwrap().to_owned()).filter(|c| c.starts_with("esclusa ")).collect()
    };
    assert!(
        told.contains("gate,2,the traffic was recorded through every kind of day,no,\"not yet seen: a working day"),
        "{told}"
    );
    assert!(told.contains("gate,4,\"every proxy is up to date, with the same rules\",yes,"), "{told}");
    assert_eq!(
        commands(&told),
        [
            "esclusa schema check",
            "esclusa migrate tipof tipog",
            "esclusa verify tipof tipog",
            "esclusa report comparisons",
            "esclusa status tipof tipog",
            "esclusa rollback tipof tipog"
        ]
    );
    for command in commands(&told).iter().take(5) {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        esclusa(&bed, &proxy, "postgres", &words).await;
    }
    for wave in ["esclusa migrate tipoa tipob", "esclusa migrate tipod tipoe"] {
        let then = next().await;
        assert_eq!(commands(&then)[1], wave);
        esclusa(&bed, &proxy, "postgres", &wave.split(' ').skip(1).collect::<Vec<_>>()).await;
    }
    let last = next().await;
    assert!(last.contains("wave,1,none,,\"2 tables are left, and each is held back: esclusa order tells why\""), "{last}");
    // The durations of moves are measured.
    bed.sql(
        "INSERT INTO esclusa.run (command, started_at) VALUES ('test', now() - interval '200 s');
         INSERT INTO esclusa.run_table (run_id, legacy_table, step, row_count, finished_at)
         SELECT max(id), 'x' || n, 'migrate', 1234000, now() - interval '100 s' * (2 - n) FROM esclusa.run, generate_series(1, 2) AS n GROUP BY n",
    )
    .await;
    let basis = lines(&esclusa(&bed, &proxy, "postgres", &["report", "basis", "--format", "json"]).await, &["value", "means"]);
    assert_eq!(basis["rows a second"], "12000|measured over 2 moves of 2468000 rows");
    proxy.server.stop().await;
}

/// The quick check of all tables misses no table with dependents that the thorough check would report.
#[tokio::test]
async fn the_quick_look_misses_nothing() {
    let shapes = [
        "",
        "DROP; CREATE TABLE {t} (id numeric(5,0) PRIMARY KEY, texto varchar(30)) PARTITION BY RANGE (id)",
        "CREATE TABLE child_{t} () INHERITS ({t})",
        "ALTER TABLE {t} ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY p ON {t} USING (true)",
        "CREATE TRIGGER x BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION nothing()",
        "CREATE RULE r AS ON DELETE TO {t} DO INSTEAD NOTHING",
        "ALTER TABLE {t} ADD CONSTRAINT u UNIQUE (texto) DEFERRABLE",
        "ALTER TABLE {t} ADD g integer GENERATED ALWAYS AS (1) STORED",
        "ALTER TABLE {t} ADD i integer GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE {t} ADD CONSTRAINT c CHECK ({t} IS NOT NULL)",
        "ALTER TABLE {t} ADD CONSTRAINT e EXCLUDE USING hash (texto WITH =)",
        "CREATE VIEW v_{t} AS SELECT id FROM {t}",
        "CREATE MATERIALIZED VIEW m_{t} AS SELECT id FROM {t}",
        "CREATE FUNCTION f_{t}(r {t}) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION g_{t}() RETURNS SETOF {t} LANGUAGE sql AS 'SELECT 1::numeric(5,0), ''x''::varchar(30)'",
        "CREATE FUNCTION h_{t}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM {t}; END",
        "CREATE FUNCTION i_{t}() RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE ''DELETE FROM {T}''; END'",
        "CREATE TABLE of_{t} (r {t})",
        "CREATE TABLE other_{t} (id numeric(5,0) REFERENCES {t})",
        "ALTER TABLE {t} ADD FOREIGN KEY (id) REFERENCES base",
        "CREATE RULE r AS ON INSERT TO base DO ALSO DELETE FROM {t}",
        "CREATE POLICY p_{t} ON base USING (EXISTS (SELECT FROM {t}))",
        "CREATE PUBLICATION p_{t} FOR TABLE {t}",
        "CREATE TYPE k_{t} AS (r {t})",
    ];
    let name = |n: usize| format!("tipo{n:02}");
    let table = |n: usize| {
        let (name, shape) = (name(n), shapes[n].replace("{t}", &name(n)).replace("{T}", &name(n).to_uppercase()));
        match shape.strip_prefix("DROP; ") {
            Some(shape) => format!("{shape};"),
            None => format!("CREATE TABLE {name} (id numeric(5,0) PRIMARY KEY, texto varchar(30)); {shape};"),
        }
    };
    let all: Vec<String> = (0..shapes.len()).map(table).collect();
    let head = "CREATE TABLE base (id numeric(5,0) PRIMARY KEY); CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';";
    let mut bed = Bed::new(&format!("{head}{}", all.concat())).await;
    for n in 0..shapes.len() {
        bed.lookup(&name(n), "id").await;
    }
    let names: Vec<String> = (0..shapes.len()).map(name).collect();
    let db: &Database = &bed.db;
    let quick = concerned(db, SCHEMA, &names.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    let migration = Migration::new(db, &bed.rules, bed.context.clone()).await.unwrap();
    for (n, name) in names.iter().enumerate() {
        let found = migration.dependents(&bed.rules.rules[name]).await.unwrap();
        let own = ["comment", "check constraint", "extended statistics"];
        let told: Vec<&str> = found.iter().filter(|d| d.blocks || !own.contains(&d.kind)).map(|d| d.kind).collect();
        assert_eq!(told.is_empty(), n == 0, "{}: {found:?}", shapes[n]);
        assert_eq!(quick.contains(name), n > 0, "{}: {told:?}", shapes[n]);
    }
}
