//! Generated statements over all legacy tables and their bases, each on both sides of the twin. `make twin N=100000 SEED=2` runs more
//! of them; FIRST begins at another number, so that one statement alone can be run again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::str::FromStr;

use esclusa::catalog::Catalog;
use esclusa::demo::data::Sizes;
use esclusa::demo::stage::{LEGACY, Plot, Stage};
use esclusa::twin::hunt::Hunt;
use esclusa::twin::world::World;

fn given<T: FromStr>(name: &str, otherwise: T) -> T {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test]
async fn generated_statements_are_answered_alike() {
    let (count, seed, first) = (given("ESCLUSA_TWIN_N", 1000_u64), given("ESCLUSA_TWIN_SEED", 1), given("ESCLUSA_TWIN_FIRST", 0));
    let extreme = given("ESCLUSA_TWIN_EXTREME", 0_u8) == 1;
    let views = given("ESCLUSA_TWIN_VIEWS", 0_u8) == 1;
    let sizes = Sizes { extreme, rows: 40, base: 20, ..Sizes::default() };
    let stage = Stage::build(&Plot { sizes, views, ..Plot::default() }, &mut |_| ()).await.unwrap();
    let policy = stage.proxy.shared.policy.load_full();
    let database = stage.postgres.connect(LEGACY).await.unwrap();
    let catalog = Catalog::read(&database, &policy.schema).await.unwrap();
    let legacy: Vec<_> = policy.entries().map(|e| (e.relation.table.clone(), e.relation.key.clone())).collect();
    let mut pair = stage.pair().await.unwrap();
    let world = World::read(&mut pair.direct, &catalog, &legacy).await.unwrap();
    assert_eq!(world.legacy, 220, "not every legacy table of the plan is spoken about");
    let hunt = Hunt { seed, numbers: first..first + count, differences: given("ESCLUSA_TWIN_STOP", 25) };
    let report = hunt
        .run(&mut pair, &world, &policy, &mut |report, number| {
            if (number + 1 - first) % 5000 == 0 {
                println!("{} statements, {} differences", report.statements, report.differences.len());
            }
        })
        .await
        .unwrap();
    stage.strike().await;
    for difference in &report.differences {
        println!("{difference}");
    }
    println!(
        "seed {seed}: {} statements, {} of them errors on both sides, {} comparisons, {} differences",
        report.statements,
        report.errors,
        report.comparisons,
        report.differences.len()
    );
    assert!(report.differences.is_empty(), "see above");
    assert!(report.errors * 4 < report.statements, "most statements must have an answer that is no error");
}
