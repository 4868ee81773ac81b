//! The migration of all 202 tables on a real PostgreSQL, with the generator's ordinary and extreme data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use esclusa::catalog::Catalog;
use esclusa::config::Settings;
use esclusa::demo::data::Sizes;
use esclusa::demo::{legacy, postgres};
use esclusa::migrate::run::Migration;
use esclusa::migrate::{capture, schema};
use esclusa::relation::Context;
use esclusa::rule::generate::generate;
use esclusa::rule::plan::Plan;
use esclusa::rule::{RuleSet, Target};
use esclusa::table::Cell;

const NOTHING: &[Vec<Cell>] = &[];

#[tokio::test]
async fn ordinary_data_moves_without_a_difference() {
    all_tables_move(&Sizes::default()).await;
}

#[tokio::test]
async fn extreme_data_moves_without_a_difference() {
    all_tables_move(&Sizes { extreme: true, seed: 11, ..Sizes::default() }).await;
}

async fn all_tables_move(sizes: &Sizes) {
    let server = postgres::Postgres::start(&Default::default()).await.unwrap();
    let db = server.connect("postgres").await.unwrap();
    let context = Context::new(&Settings::defaults().unwrap());
    legacy::load(&db, &context.schema, sizes).await.unwrap();
    let catalog = Catalog::read(&db, &context.schema).await.unwrap();
    let generated = generate(&catalog, &Plan::shipped()).rules;
    let rules = RuleSet { rules: generated.into_iter().map(|r| (r.table.clone(), r)).collect() };
    schema::apply(&db, &context).await.unwrap();
    assert_eq!(schema::check(&db, &context).await.unwrap().rows, NOTHING);

    let migration = Migration::new(&db, &rules, context.clone()).await.unwrap();
    let run = migration.begin("test").await.unwrap();
    let (mut moved, mut improved, mut rows) = (0, 0, 0);
    for rule in rules.rules.values() {
        let outcome = migration.table(run, rule).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", rule.table, e.more()));
        if let Target::Retained(_) = rule.target {
            improved += 1;
            assert!(outcome.notes.iter().any(|n| n == "primary key on hst_id"), "{outcome:?}");
            continue;
        }
        let parity = outcome.parity.as_ref().unwrap_or_else(|| panic!("{}: no proof", rule.table));
        assert!(parity.holds(), "{}: {}", rule.table, parity.failures());
        assert_eq!(parity.rows as u64, outcome.rows, "{}", rule.table);
        let known = ["audit trigger on ", "no audit trigger: "];
        assert!(outcome.notes.iter().all(|n| known.iter().any(|k| n.starts_with(k))), "{outcome:?}");
        moved += 1;
        rows += outcome.rows;
    }
    migration.finish(run).await.unwrap();
    assert_eq!((moved, improved), (202, 18));
    assert!(rows > 1000, "{rows} rows are no test");

    // Proven again afterwards, nothing drifted, and a second run finds nothing to do.
    for rule in rules.rules.values() {
        let parity = migration.verify(rule).await.unwrap().unwrap_or_else(|| panic!("{}: nothing to compare", rule.table));
        assert!(parity.holds(), "{}: {}", rule.table, parity.failures());
        let again = migration.table(run, rule).await.unwrap();
        let nothing_to_do = again.notes.is_empty() || again.notes == ["already migrated: a view has the name"];
        assert!(again.rows == 0 && nothing_to_do, "{again:?}");
    }
    assert_eq!(schema::check(&db, &context).await.unwrap().rows, NOTHING);
    assert_eq!(capture::check(&db, &context, &rules).await.unwrap(), NOTHING);
}
