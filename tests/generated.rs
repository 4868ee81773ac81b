//! Generated statements over all legacy tables and their bases, each on both sides of the twin. `make twin N=100000 SEED=2` runs more
//! of them; FIRST sets the first number, so that a single statement can be run again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "generated/choice.rs"]
mod choice;
#[path = "generated/generate.rs"]
mod generate;
#[path = "generated/hunt.rs"]
mod hunt;
#[path = "generated/world.rs"]
mod world;

use std::str::FromStr;

use esclusa::catalog::Catalog;
use esclusa::demo::data::Sizes;
use esclusa::demo::stage::{LEGACY, Plot, Stage};
use generate::every_key;
use hunt::Hunt;
use world::World;

fn given<T: FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// A fifth of the histories' rows get stamps in partitions of their own: future months, and the ends of the range of time.
const FAR_STAMPS: &str = "
DO $$
DECLARE
  field record;
  month timestamp := date_trunc('month', localtimestamp);
BEGIN
  FOR field IN SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
      WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.table_name LIKE 'his%'
        AND c.data_type = 'timestamp without time zone' LOOP
    EXECUTE format('UPDATE %I SET %I = ($1::timestamp[])[1 + n %% array_length($1, 1)] '
        'FROM (SELECT ctid AS place, (row_number() OVER ())::int AS n FROM %I) x WHERE place = %I.ctid AND n %% 5 = 0',
        field.table_name, field.column_name, field.table_name, field.table_name)
      USING ARRAY[month + interval '40 days', month + interval '100 days', month + interval '300 days 1 microsecond',
                  'infinity', '-infinity', '2099-12-31', '0044-03-15 BC'];
  END LOOP;
END $$";

#[tokio::test]
async fn generated_statements_are_answered_alike() {
    let (count, seed, first) = (given("ESCLUSA_TWIN_N", 1000_u64), given("ESCLUSA_TWIN_SEED", 1), given("ESCLUSA_TWIN_FIRST", 0));
    let extreme = given("ESCLUSA_TWIN_EXTREME", 0_u8) == 1;
    let views = given("ESCLUSA_TWIN_VIEWS", 0_u8) == 1;
    let sizes = Sizes { extreme, rows: 40, base: 20, ..Sizes::default() };
    let stage = Stage::build(&Plot { sizes, views, prologue: FAR_STAMPS.into(), ..Plot::default() }, &mut |_| ()).await.unwrap();
    let policy = stage.proxy.shared.policy.load_full();
    let database = stage.postgres.connect(LEGACY).await.unwrap();
    let catalog = Catalog::read(&database, &policy.schema).await.unwrap();
    let legacy: Vec<_> = policy.entries().map(|e| (e.relation.table.clone(), e.relation.key.clone())).collect();
    let mut pair = stage.pair().await.unwrap();
    let world = World::read(&mut pair.direct, &catalog, &legacy).await.unwrap();
    assert_eq!(world.legacy, 220, "not every legacy table of the plan is spoken about");
    let mut report = pair.run("every key", &every_key(&world), &policy).await.unwrap();
    println!("every key: {} statements, {} comparisons", report.statements, report.comparisons);
    assert!(report.statements > 180 && report.errors == 0, "keys that were read from a table lead back to it");
    let hunt = Hunt { seed, numbers: first..first + count, differences: given("ESCLUSA_TWIN_STOP", 25) };
    report.differences.iter().for_each(|d| println!("{d}"));
    let mut told = 0;
    let generated = hunt
        .run(&mut pair, &world, &policy, &mut |report, number| {
            report.differences[told..].iter().for_each(|d| println!("{d}"));
            told = report.differences.len();
            if (number + 1 - first) % 5000 == 0 {
                println!("{} statements, {} differences", report.statements, report.differences.len());
            }
        })
        .await
        .unwrap();
    report.add(generated);
    stage.strike().await;
    println!(
        "seed {seed}: {} statements, {} of them errors on both sides, {} comparisons, {} differences",
        report.statements,
        report.errors,
        report.comparisons,
        report.differences.len()
    );
    assert!(report.differences.is_empty(), "see above");
    assert!(count < 100 || report.errors * 4 < report.statements, "most statements must have an answer that is no error");
}
