//! The cost of the audit trigger, compared with a plain one: no trigger, a plain PL/pgSQL trigger with JSONB images, `fn_audit_trigger`, and the
//! function that is written for the table; on identical tables, into logs with the same indexes. Rounds are interleaved, the ways in
//! turn; the quickest round of each counts. Time is the processor time of the server's process (Linux, `schedstat`), which other
//! work on the machine disturbs least; elsewhere, wall-clock time. The last column is the median of the ratios within each round.
//!
//! The plain trigger makes two images and their difference, and inserts one row: no canonical key, no diff by text, no pinned settings, no
//! check of the types, no user of the application; its log is one table without partitions and CHECKs.
//!
//! `cargo bench --bench audit -- [rounds] [rows]`; the work is the server's, so `--profile dev` measures the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::time::Instant;

use esclusa::catalog::Database;
use esclusa::config::Settings;
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::migrate::schema;
use esclusa::relation::Context;
use esclusa::table::ColumnType::Text;
use esclusa::table::Table;

const SCHEMA: &str = "cf_quere_pro";

/// As an application's own trigger is written, with a right of its own to the log.
const PLAIN: &str = "
    CREATE TABLE plain_log (al_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, al_table_name varchar(63) NOT NULL, al_record_key text COLLATE \"C\" NOT NULL,
      al_operation char(1) NOT NULL, al_old_data jsonb, al_new_data jsonb, al_changed_fields jsonb, al_user_id varchar(63) NOT NULL,
      al_changed_at timestamptz NOT NULL DEFAULT clock_timestamp());
    CREATE INDEX ON plain_log (al_table_name, al_record_key, al_changed_at);
    CREATE INDEX ON plain_log (al_user_id, al_changed_at);
    CREATE INDEX ON plain_log USING gin (al_changed_fields);
    CREATE FUNCTION plain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      old_image jsonb;
      new_image jsonb;
      changed   jsonb;
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        old_image := to_jsonb(OLD);
        new_image := to_jsonb(NEW);
        SELECT jsonb_object_agg(n.key, jsonb_build_object('old', old_image -> n.key, 'new', n.value)) INTO changed
          FROM jsonb_each(new_image) AS n WHERE old_image -> n.key IS DISTINCT FROM n.value;
        INSERT INTO cf_quere_pro.plain_log (al_table_name, al_record_key, al_operation, al_old_data, al_changed_fields, al_user_id)
          VALUES (TG_TABLE_NAME, old_image ->> TG_ARGV[0], 'U', old_image, changed, session_user);
      ELSIF TG_OP = 'DELETE' THEN
        old_image := to_jsonb(OLD);
        INSERT INTO cf_quere_pro.plain_log (al_table_name, al_record_key, al_operation, al_old_data, al_user_id)
          VALUES (TG_TABLE_NAME, old_image ->> TG_ARGV[0], 'D', old_image, session_user);
      ELSE
        new_image := to_jsonb(NEW);
        INSERT INTO cf_quere_pro.plain_log (al_table_name, al_record_key, al_operation, al_new_data, al_user_id)
          VALUES (TG_TABLE_NAME, new_image ->> TG_ARGV[0], 'I', new_image, session_user);
      END IF;
      RETURN NULL;
    END $$;";

/// A base table of the legacy schema's kind: numbers, texts, stamps. `{more}` widens it.
const COLUMNS: &str = "id numeric(5,0) PRIMARY KEY, des varchar(60), cod char(4), n1 numeric(10,2), n2 numeric(5,0), n3 numeric(10,0), t1 timestamp, \
    t2 timestamp, sn char(1), usu varchar(10), txt varchar(200), n4 numeric(5,0)";
const VALUES: &str =
    "n, 'descripcion ' || n, 'ab', n / 7.0, n, n, localtimestamp, localtimestamp, 'S', 'USUARIO', repeat('x', 50), 7";

/// No trigger, the plain one, the general one, the one for the table.
const WAYS: [&str; 4] = ["none", "plain", "general", "compiled"];

async fn tables(db: &Database, more: usize) {
    let columns: String = (0..more).map(|n| format!(", c{n} varchar(20)")).collect();
    for way in WAYS {
        let trigger = match way {
            "none" => String::new(),
            "plain" => "plain_audit('id')".into(),
            "general" => format!("fn_audit_trigger('id', '', 'b_{way}')"),
            _ => format!("esclusa.audit_b('id', '', 'b_{way}')"),
        };
        let table = format!("DROP TABLE IF EXISTS b_{way}; CREATE TABLE b_{way} ({COLUMNS}{columns});");
        db.batch("a table", &table).await.unwrap();
        if way == "compiled" {
            let sql = "SELECT format('CREATE OR REPLACE FUNCTION esclusa.audit_b() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L', \
                       esclusa.compiled_audit('b_compiled', 'id', '', 'b_compiled')), cardinality(esclusa.compiled_settings('b_compiled'))";
            let row = db.text("compiling", sql).await.unwrap().concat();
            assert_eq!(row[1].as_deref(), Some("1"), "only the search path has to be pinned");
            db.batch("compiling", row[0].as_deref().unwrap()).await.unwrap();
            db.batch("compiling", "SELECT esclusa.give('esclusa.audit_b()', 'esclusa_audit')").await.unwrap();
        }
        if !trigger.is_empty() {
            let sql =
                format!("CREATE TRIGGER t AFTER INSERT OR UPDATE OR DELETE ON b_{way} FOR EACH ROW EXECUTE FUNCTION {trigger}");
            db.batch("a trigger", &sql).await.unwrap();
        }
    }
}

/// The timed work: a statement over all rows, or many that each commit. `{t}` is the table, `{id}` a key.
struct Work {
    name: &'static str,
    sql: &'static str,
    single: bool,
}

impl Work {
    /// The same for one row that is not among the timed rows.
    fn warm(table: &str) -> String {
        format!("INSERT INTO {table} (id) VALUES (0); UPDATE {table} SET n1 = 0 WHERE id = 0; DELETE FROM {table} WHERE id = 0")
    }
}

const WORK: [Work; 6] = [
    Work { name: "UPDATE of one column, all rows", sql: "UPDATE {t} SET n1 = n1 + 1", single: false },
    Work {
        name: "UPDATE of six columns, all rows",
        sql: "UPDATE {t} SET n1 = n1 + 1, n2 = n2 + 1, des = des || '.', t1 = t1 + interval '1 day', sn = 'N', cod = 'x'",
        single: false,
    },
    Work { name: "UPDATE that changes nothing, all rows", sql: "UPDATE {t} SET n1 = n1", single: false },
    Work { name: "UPDATE by key, COMMIT each", sql: "UPDATE {t} SET n1 = n1 + 1 WHERE id = {id}", single: true },
    Work {
        name: "INSERT of all rows",
        sql: "INSERT INTO {t} SELECT {values} FROM generate_series(1, {rows}) AS n",
        single: false,
    },
    Work { name: "DELETE of all rows", sql: "DELETE FROM {t}", single: false },
];

/// Processor seconds of a server process; `None` if the system does not report them.
fn busy(pid: i32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// Seconds of some work.
async fn timed(pid: i32, work: impl AsyncFnOnce()) -> f64 {
    let (started, before) = (Instant::now(), busy(pid));
    work().await;
    match (before, busy(pid)) {
        (Some(before), Some(after)) => after - before,
        _ => started.elapsed().as_secs_f64(),
    }
}

/// Seconds a row for each way.
async fn once(db: &Database, pid: i32, work: &Work, rows: usize, round: usize) -> [f64; 4] {
    let mut times = [0.0; 4];
    for turn in 0..WAYS.len() {
        let i = (turn + round) % WAYS.len();
        let table = format!("b_{}", WAYS[i]);
        let filled = format!("INSERT INTO {table} SELECT {VALUES} FROM generate_series(1, {rows}) AS n");
        db.batch("emptying", &format!("TRUNCATE {table}")).await.unwrap();
        if !work.sql.starts_with("INSERT") {
            db.batch("filling", &format!("SET session_replication_role = replica; {filled}; RESET session_replication_role"))
                .await
                .unwrap();
        }
        db.batch("emptying", "TRUNCATE plain_log, audit_log").await.unwrap();
        db.batch("settling", &format!("VACUUM ANALYZE {table}")).await.unwrap();
        let sql = work.sql.replace("{t}", &table).replace("{values}", VALUES).replace("{rows}", &rows.to_string());
        // The first statement after a TRUNCATE plans again, for either.
        db.batch("warming", &Work::warm(&table)).await.unwrap();
        let times_each = if work.single { rows / 5 } else { 1 };
        let took = timed(pid, async || {
            for n in 0..times_each {
                db.batch("timing", &sql.replace("{id}", &(1 + n * 7 % rows).to_string())).await.unwrap();
            }
        });
        times[i] = took.await / if work.single { times_each } else { rows } as f64;
    }
    times
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let argument = |i: usize, default: usize| arguments.get(i).map_or(default, |a| a.parse().expect("a number"));
    let (rounds, rows) = (argument(0, 15), argument(1, 2_000));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let postgres = Postgres::start(&Options { settings: vec!["autovacuum = off".into()], ..Options::default() })
            .await
            .expect("a server");
        let db = postgres.connect("postgres").await.expect("a connection");
        schema::apply(&db, &Context::new(&Settings::defaults().expect("settings"))).await.expect("a schema");
        db.batch("a schema", &format!("SET search_path = {SCHEMA}; {PLAIN}")).await.expect("a plain trigger");
        // Like the sessions of a Java application.
        db.batch("a session", "SET extra_float_digits = 3; SET timezone = 'America/Mexico_City'").await.expect("settings");
        let pid: i32 = db.one("asking", "SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
        let mut out = Table::new(&[
            ("statement", Text),
            ("columns", Text),
            ("none_us", Text),
            ("plain_us", Text),
            ("general_us", Text),
            ("compiled_us", Text),
            ("general_of_plain", Text),
            ("compiled_of_plain", Text),
            ("paired", Text),
        ]);
        for more in [0, 28] {
            tables(&db, more).await;
            for work in &WORK {
                let mut all = Vec::new();
                for round in 0..=rounds {
                    all.push(once(&db, pid, work, rows, round).await);
                }
                all.remove(0); // warms up
                let of = |i: usize| all.iter().map(|t| t[i] * 1e6).fold(f64::INFINITY, f64::min);
                let ratio = |i: usize| of(i) / of(1);
                let paired = median(all.iter().map(|t| t[3] / t[1]).collect());
                let us = |v: f64| format!("{v:.1}");
                out.push(vec![
                    work.name.into(),
                    (12 + more).to_string().as_str().into(),
                    us(of(0)).into(),
                    us(of(1)).into(),
                    us(of(2)).into(),
                    us(of(3)).into(),
                    format!("{:.2}", ratio(2)).into(),
                    format!("{:.2}", ratio(3)).into(),
                    format!("{paired:.2}").into(),
                ]);
                eprintln!("{} ({} columns)", work.name, 12 + more);
            }
        }
        println!(
            "microseconds a row, quickest of {rounds} rounds of {rows} rows; the server's own work of the statement is in them"
        );
        println!("{}", out.aligned());
    });
}
