//! Statements on legacy names, side by side: through the proxy on the consolidated tables, through the same proxy on the legacy
//! tables, and on the plain cast view. Twenty thousand rows of each of two histories, a million rows of audit_log, six months that
//! live; the first two interleaved, medians in milliseconds, ratios. All of it runs on one processor.
//!
//! `cargo bench --bench passage -- [runs per statement] [other audit rows] [live months]`: with 24 and with 120 live months instead of six
//! it shows that statements on a legacy name cost the same as the years pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use esclusa::config::{Address, Month};
use esclusa::demo::stage::{APPLICATION, LEGACY, Plot, Stage, TARGET};
use esclusa::table::ColumnType::Text;
use esclusa::table::Table;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

/// More rows for two histories, one with a key of one column and one with a key of two; a third of them in the last six months.
const PROLOGUE: &str = "
    CREATE INDEX ON histipooficina (htofid);
    CREATE INDEX ON hisaccesos (hacctipo, haccobjid);
    CREATE INDEX ON histipooficina (htofhsthora);
    INSERT INTO histipooficina SELECT 100 + n % 2000, 'oficina ' || n, 'S', 'N', 'user' || n % 50,
      date_trunc('second', localtimestamp) - CASE WHEN n % 3 = 0 THEN n % 170 ELSE 200 + n % 4000 END * interval '1 day' - n % 80000 * interval '1 second', 'es'
      FROM generate_series(1, 20000) AS n;
    INSERT INTO hisaccesos (hacchstusu, hacchsthora, hacctipo, haccobjid)
      SELECT 'user' || n % 50, date_trunc('second', localtimestamp) - CASE WHEN n % 3 = 0 THEN n % 170 ELSE 200 + n % 4000 END * interval '1 day',
        100 + n % 20, n % 2000 FROM generate_series(1, 20000) AS n;
    ANALYZE histipooficina; ANALYZE hisaccesos";

/// What the audit trigger has written for everything else in the schema in the months that live.
const OTHERS: &str = "
    INSERT INTO cf_quere_pro.audit_log (al_table_name, al_record_key, al_operation, al_old_data, al_new_data, al_changed_fields, al_user_id, al_changed_at, al_source)
    SELECT 'other' || n % 100, (n % 50000)::text, 'U', jsonb_build_object('id', n, 'text', repeat('x', 60), 'more', n % 7), NULL,
      jsonb_build_object('more', n % 7), 'user' || n % 50,
      clock_timestamp() - n % {days} * interval '1 day', 'T'
    FROM generate_series(1, {rows}) AS n";

/// A statement with the values of its parameters as text; the same is run by the simple protocol with the values in it.
struct Case {
    name: &'static str,
    sql: &'static str,
    values: &'static [i32],
    /// Values that are read out of JSON.
    json: u32,
    /// A whole table is read.
    whole: bool,
}

/// What a value may cost that is read out of JSON, in milliseconds.
const JSON_MS: f64 = 0.0006;

impl Case {
    /// The most that the median may be, for the legacy table's.
    fn bar(&self, legacy: f64, prepared: bool) -> f64 {
        let ratio = match (self.whole, prepared) {
            (true, _) => return legacy * 2.2,
            (false, true) => 1.2,
            (false, false) => 1.35,
        };
        legacy * ratio + f64::from(self.json) * JSON_MS
    }
}

fn cases() -> Vec<Case> {
    let case = |name, sql, values, json| Case { name, sql, values, json, whole: false };
    let whole = |name, sql| Case { name, sql, values: &[], json: 0, whole: true };
    vec![
        case("look-up by code", "select * from tipooficina where tofid = $1", &[3], 4),
        case("look-up by code, one column", "select tofdescritxtid from tipooficina where tofid = $1", &[3], 0),
        case("look-up, codes", "select tofid, tofsnpresen from tipooficina where tofid in ($1, $2, $3)", &[1, 2, 3], 3),
        case(
            "look-up joined by code",
            "select o.ofiid, t.tofsnpresen from oficina o join tipooficina t on t.tofid = o.ofitofid where o.ofiid = $1",
            &[3],
            1,
        ),
        case("look-up, all", "select * from tipooficina order by tofid", &[], 48),
        case("look-up, count", "select count(*) from tipooficina", &[], 0),
        case(
            "ten look-ups joined",
            "select a.tofid, b.tofsnpresen, c.tofsngestpda from tipooficina a join tipooficina b using (tofid) join tipooficina c using (tofid) \
             join tipooficina d using (tofid) join tipooficina e using (tofid) join tipooficina f using (tofid) join tipooficina g using (tofid) \
             join tipooficina h using (tofid) join tipooficina i using (tofid) join tipooficina j using (tofid) where a.tofid = $1",
            &[3],
            2,
        ),
        case("junction by one end", "select * from tipobonifdoc where tbdtbid = $1", &[3], 12),
        case("junction by both ends", "select * from tipobonifdoc where tbdtbid = $1 and tbddconid = $2", &[3, 3], 4),
        case(
            "junction joined",
            "select b.tbid, d.tbddconid from tipobonif b join tipobonifdoc d on d.tbdtbid = b.tbid where b.tbid = $1",
            &[3],
            0,
        ),
        case("history by key", "select * from histipooficina where htofid = $1", &[777], 60),
        case("history by key, two columns", "select htofhsthora, htofhstusu from histipooficina where htofid = $1", &[778], 10),
        case(
            "history by key, latest first",
            "select * from histipooficina where htofid = $1 order by htofhsthora desc limit 1",
            &[779],
            60,
        ),
        case("history by key, count", "select count(*) from histipooficina where htofid = $1", &[780], 0),
        case(
            "history by key and time",
            "select * from histipooficina where htofid = $1 and htofhsthora >= current_date - 60",
            &[781],
            12,
        ),
        case("history by key that is not there", "select * from histipooficina where htofid = $1", &[99], 0),
        case("history by two columns", "select * from hisaccesos where hacctipo = $1 and haccobjid = $2", &[110, 10], 40),
        case("history by two columns, row", "select * from hisaccesos where (hacctipo, haccobjid) = ($1, $2)", &[111, 11], 40),
        case("history by keys", "select * from histipooficina where htofid in ($1, $2, $3)", &[777, 778, 779], 180),
        case("history by part of the key", "select count(*) from hisaccesos where hacctipo = $1", &[112], 0),
        case("history, last days", "select count(*) from histipooficina where htofhsthora > current_date - $1::int", &[3], 0),
        case("history, latest 20", "select * from histipooficina order by htofhsthora desc limit 20", &[], 120),
        // No index serves these orders: what is sorted must not be whole rows.
        case("history, latest 20, sorted", "select * from hisaccesos order by hacchsthora desc limit 20", &[], 60),
        case(
            "history, page by two columns",
            "select * from histipooficina where htofhsthora > current_date - $1::int order by htofhstusu, htofhsthora limit 20 offset 40",
            &[300],
            7_100,
        ),
        case("history, last stamp", "select max(htofhsthora) from histipooficina", &[], 0),
        case("history, keys between", "select * from histipooficina where htofid between $1 and $2", &[777, 779], 180),
        case("history, key of a sub-select", "select * from histipooficina where htofid = (select $1::numeric)", &[777], 60),
        case(
            "history, key or stamp",
            "select * from histipooficina where htofid = $1 or htofhsthora > current_date + 1",
            &[777],
            60,
        ),
        case("history, optional key", "select * from histipooficina where ($1::int is null or htofid = $1)", &[777], 60),
        case(
            "history joined by key",
            "select o.tofid, count(h.htofid) from tipooficina o left join histipooficina h on h.htofid = o.tofid where o.tofid = $1 group by 1",
            &[3],
            20,
        ),
        case(
            "five histories joined",
            "select a.htofid from histipooficina a join histipooficina b using (htofid, htofhsthora) join histipooficina c using (htofid, htofhsthora) \
             join histipooficina d using (htofid, htofhsthora) join histipooficina e using (htofid, htofhsthora) where a.htofid = $1",
            &[777],
            60,
        ),
        whole("small history, all of 200 rows", "select * from hiscalle"),
        whole("small history, group", "select hcalhstusu, count(*) from hiscalle group by 1"),
        whole("history, all of 20,000 rows", "select * from histipooficina"),
        whole("history, 20,000 rows grouped", "select htofhstusu, count(*) from histipooficina group by 1"),
        whole("history, 20,000 rows counted", "select count(*) from histipooficina"),
    ]
}

/// Runs that are not counted: by then a prepared statement has its lasting plan.
const WARM_UP: usize = 20;

struct Way {
    name: &'static str,
    client: Client,
}

async fn connect(address: &Address, database: &str, name: &'static str) -> Way {
    let Address::Tcp(host, port) = address else { panic!("a TCP address") };
    let config = format!("host={host} port={port} user={APPLICATION} dbname={database} options='-c search_path=cf_quere_pro'");
    let (client, connection) = tokio_postgres::connect(&config, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    Way { name, client }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let argument = |i: usize, default: usize| arguments.get(i).map_or(default, |a| a.parse().expect("a number"));
    let (runs, rows, days) = (argument(0, 300), argument(1, 950_000), argument(2, 6) * 365 / 12 - 12);
    stay_on_one_processor();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let plot = Plot { views: true, prologue: PROLOGUE.to_owned(), first_month: Some(month_before(days)), ..Plot::default() };
        let stage = Stage::build(&plot, &mut |step| eprintln!("{step}")).await.expect("a stage");
        let admin = stage.postgres.connect(TARGET).await.expect("a connection");
        eprintln!("filling audit_log");
        admin
            .batch("filling audit_log", &OTHERS.replace("{rows}", &rows.to_string()).replace("{days}", &days.to_string()))
            .await
            .expect("rows");
        admin.batch("settling", "VACUUM ANALYZE").await.expect("statistics");
        let legacy = stage.postgres.connect(LEGACY).await.expect("a connection");
        legacy.batch("settling", "VACUUM ANALYZE").await.expect("statistics");
        legacy.batch("settling", "CHECKPOINT").await.expect("a checkpoint");
        let ways = [
            connect(&stage.proxy.address, LEGACY, "legacy").await,
            connect(&stage.proxy.address, TARGET, "esclusa").await,
            connect(&stage.direct(), TARGET, "view").await,
        ];
        let mut table = Table::new(
            &["statement", "protocol", "legacy_ms", "esclusa_ms", "view_ms", "ratio", "of_view", "bar"].map(|name| (name, Text)),
        );
        let mut missed = 0;
        for case in cases() {
            for prepared in [false, true] {
                let [legacy, esclusa, view] = medians(&ways, &case, prepared, runs).await;
                let (ratio, of_view) = (esclusa / legacy, view / esclusa);
                let bar = case.bar(legacy, prepared);
                missed += usize::from(esclusa > bar);
                let bar = format!("{} <= {bar:.3}", if esclusa > bar { "MISSED" } else { "met" });
                let ms = |v: f64| format!("{v:.3}");
                let protocol = if prepared { "prepared" } else { "simple" };
                table.push(vec![
                    case.name.into(),
                    protocol.into(),
                    ms(legacy).into(),
                    ms(esclusa).into(),
                    ms(view).into(),
                    format!("{ratio:.2}").into(),
                    format!("{of_view:.1}").into(),
                    bar.into(),
                ]);
            }
        }
        println!("{}", table.aligned());
        println!("bars missed: {missed}");
        stage.strike().await;
    });
}

/// Client, proxy and server take turns on one processor. Where the scheduler puts them, and how long an idle processor takes to wake, is half of the time of a
/// short statement otherwise, and differs from session to session.
fn stay_on_one_processor() {
    let mut one = rustix::thread::CpuSet::new();
    let all = rustix::thread::sched_getaffinity(None).expect("the processors");
    one.set((0..rustix::thread::CpuSet::MAX_CPU).rev().find(|cpu| all.is_set(*cpu)).expect("a processor"));
    rustix::thread::sched_setaffinity(None, &one).expect("a processor of its own");
}

/// The month of so many days ago: the oldest audit rows lie in it.
fn month_before(days: usize) -> Month {
    let today = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() as f64 / 86_400.0;
    Month { year: 1970, month: 1 }.plus(((today - days as f64) / 365.2425 * 12.0) as usize)
}

/// Medians in milliseconds, the ways interleaved.
async fn medians(ways: &[Way; 3], case: &Case, prepared: bool, runs: usize) -> [f64; 3] {
    let values: Vec<String> = case.values.iter().map(ToString::to_string).collect();
    let mut text = case.sql.to_owned();
    for (n, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!("${}", n + 1), value);
    }
    let mut statements = Vec::new();
    for way in ways {
        let held = if prepared {
            Some(way.client.prepare(case.sql).await.unwrap_or_else(|e| panic!("{} {}: {e:?}", way.name, case.sql)))
        } else {
            None
        };
        statements.push(held);
    }
    let mut times: [Vec<f64>; 3] = Default::default();
    // The two that are compared take turns; the view comes behind them, because a scan of a whole history empties the processor's caches.
    let [legacy, esclusa, view] = [0, 1, 2];
    let turns = (0..runs + WARM_UP).flat_map(|run| [(run, legacy), (run, esclusa)]);
    for (run, i) in turns.chain((0..runs / 4 + WARM_UP).map(|run| (run, view))) {
        let client = &ways[i].client;
        let started = Instant::now();
        match &statements[i] {
            Some(statement) => {
                let numbers: Vec<Number> = case.values.iter().map(|v| Number(*v)).collect();
                let parameters: Vec<&(dyn ToSql + Sync)> = numbers.iter().map(|n| n as _).collect();
                client.query(statement, &parameters).await.expect("an answer");
            }
            None => {
                client.simple_query(&text).await.expect("an answer");
            }
        }
        if run >= WARM_UP {
            times[i].push(started.elapsed().as_secs_f64() * 1000.0);
        }
    }
    times.map(|mut all| {
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    })
}

/// A number as text, whatever number type the parameter has.
#[derive(Debug)]
struct Number(i32);

impl ToSql for Number {
    fn to_sql(
        &self,
        _: &tokio_postgres::types::Type,
        out: &mut bytes::BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.to_string().as_bytes());
        Ok(tokio_postgres::types::IsNull::No)
    }
    fn accepts(_: &tokio_postgres::types::Type) -> bool {
        true
    }
    fn encode_format(&self, _: &tokio_postgres::types::Type) -> tokio_postgres::types::Format {
        tokio_postgres::types::Format::Text
    }
    tokio_postgres::types::to_sql_checked!();
}
