//! What a migration costs beside the least that its work takes, on one history with nobody on it: the copying beside a bare
//! `INSERT ... SELECT to_jsonb(t)`, and the proof beside hashing the rows of both sides. Rounds in turn; medians of seconds, and ratios.
//!
//! `cargo bench --bench migration -- [rounds] [rows]`; the work is the server's, so `--profile dev` measures nearly the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::Mutex;
use std::time::Instant;

use common::Bed;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::online::{Progress, Told};
use esclusa::rule::Rule;
use esclusa::table::ColumnType::Text;
use esclusa::table::Table;

/// A history of the legacy schema's kind: a number of columns, its operation and stamps, an index by key.
const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'usuario ' || i FROM generate_series(1, 2000) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), nota varchar(200), n1 numeric(12,2), n2 numeric(5,0), t1 timestamp,
        sn char(1), txt varchar(100), usu varchar(10), hora timestamp);
    INSERT INTO hisusuario SELECT i % 2000 + 1, 'n' || i, repeat('x', 40 + i % 60), i / 7.0, i % 900, timestamp '2012-01-01' + i * interval '1 minute', 'S',
        md5(i::text), 'app' || i % 30, timestamp '2010-01-01' + i * interval '1 minute' FROM generate_series(1, {rows}) i;
    CREATE INDEX hisusuario_id ON hisusuario (id)";

/// When the first and the last word of each step was told.
#[derive(Default)]
struct Clock(Mutex<Vec<(&'static str, Instant)>>);

impl Told for Clock {
    fn progress(&self, progress: &Progress) {
        self.0.lock().unwrap().push((progress.step, Instant::now()));
    }
    fn word(&self, _: &str) {}
}

impl Clock {
    /// From `begun` to the last word of a step, or from the last word of the step before.
    fn seconds(&self, step: &str, begun: Instant) -> f64 {
        let told = self.0.lock().unwrap();
        let last = told.iter().rposition(|(name, _)| *name == step).unwrap_or_else(|| panic!("nothing of {step}: {told:?}"));
        let before = told[..last].iter().rfind(|(name, _)| *name != step).map_or(begun, |(_, at)| *at);
        (told[last].1 - before).as_secs_f64()
    }
}

async fn seconds(bed: &Bed, sql: &str) -> f64 {
    let begun = Instant::now();
    bed.sql(sql).await;
    begun.elapsed().as_secs_f64()
}

fn rule(bed: &Bed) -> &Rule {
    &bed.rules.rules["hisusuario"]
}

/// The table moved while it may be written, or under one lock; seconds in all, of the copying, of the proof.
async fn moved(bed: &Bed, online_above: u64) -> [f64; 3] {
    let clock = Clock::default();
    let mut migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    migration.told = &clock;
    migration.pace.online_above = online_above;
    migration.pace.hold = std::time::Duration::from_secs(600);
    let run = migration.begin("bench").await.unwrap();
    let begun = Instant::now();
    let outcome = migration.table(run, rule(bed)).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    let all = begun.elapsed().as_secs_f64();
    assert!(outcome.parity.unwrap().holds());
    migration.finish(run).await.unwrap();
    let step = |name| if online_above == 0 { clock.seconds(name, begun) } else { f64::NAN };
    [all, step("copying"), step("proving")]
}

/// One round: every way once, in seconds.
async fn round(rows: usize) -> [f64; 8] {
    let mut bed = Bed::new(&TABLES.replace("{rows}", &rows.to_string())).await;
    bed.kept = true;
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
    bed.sql("VACUUM ANALYZE cf_quere_pro.hisusuario").await;
    bed.sql("CHECKPOINT").await;
    bed.sql(
        "CREATE TABLE public.bare (id bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now(), image jsonb)",
    )
    .await;
    let bare = seconds(&bed, "INSERT INTO public.bare (image) SELECT to_jsonb(t) FROM cf_quere_pro.hisusuario AS t").await;
    let [online, copying, proving] = moved(&bed, 0).await;
    let verify = async |bed: &Bed| {
        let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
        let begun = Instant::now();
        assert!(migration.verify(rule(bed)).await.unwrap().unwrap().holds());
        begun.elapsed().as_secs_f64()
    };
    let verified = verify(&bed).await;
    let hash = |table| format!("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM {table} AS t");
    let hashing = seconds(&bed, &hash("mig_old.hisusuario")).await + seconds(&bed, &hash("cf_quere_pro.hisusuario")).await;
    // The leaf's own indexes, filled row by row as those of a table that lives.
    bed.sql("CREATE TABLE public.indexed (LIKE esclusa_leaf.hisusuario INCLUDING ALL)").await;
    let columns: String = bed
        .cell("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'public.indexed'::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped")
        .await;
    let indexed = seconds(
        &bed,
        &format!("INSERT INTO public.indexed ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM esclusa_leaf.hisusuario"),
    )
    .await;
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let run = migration.begin("back").await.unwrap();
    migration.back(run, rule(&bed)).await.unwrap_or_else(|e| panic!("{}", common::said(&e)));
    migration.finish(run).await.unwrap();
    drop(migration);
    let [short, ..] = moved(&bed, u64::MAX).await;
    [bare, indexed, copying, proving, online, short, hashing, verified]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let argument = |i: usize, default: usize| arguments.get(i).map_or(default, |a| a.parse().expect("a number"));
    let (rounds, rows) = (argument(0, 3), argument(1, 300_000));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut times: [Vec<f64>; 8] = Default::default();
        for turn in 0..rounds {
            for (all, one) in times.iter_mut().zip(round(rows).await) {
                all.push(one);
            }
            eprintln!("round {} of {rounds}", turn + 1);
        }
        let [bare, indexed, copying, proving, online, short, hashing, verified] = times.map(|mut all| {
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        });
        let mut out = Table::new(&[("work", Text), ("seconds", Text), ("rows_per_second", Text), ("of", Text), ("rate", Text)]);
        let mut line = |work: &str, seconds: f64, beside: Option<(&str, f64)>| {
            let (of, rate) =
                beside.map_or((String::new(), String::new()), |(of, least)| (of.into(), format!("{:.2}", least / seconds)));
            out.push(vec![
                work.into(),
                format!("{seconds:.2}").into(),
                format!("{:.0}", rows as f64 / seconds).into(),
                of.into(),
                rate.into(),
            ]);
        };
        line("bare INSERT ... SELECT to_jsonb", bare, None);
        line("leaf to leaf with its indexes", indexed, None);
        line("copying while it may be written", copying, Some(("bare", bare)));
        line("proving ranges before the change of place", proving, Some(("hashing", hashing)));
        line("all of that, and the change of place", online, Some(("bare", bare)));
        line("moved under one lock, proof included", short, Some(("bare", bare)));
        line("hashing both sides alone", hashing, None);
        line("verify", verified, Some(("hashing", hashing)));
        println!("{rows} rows; rate: the speed as a part of that of the work beside it");
        println!("{}", out.aligned());
    });
}
