//! The migration of all 202 tables on a real PostgreSQL, with the generator's ordinary and extreme data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use esclusa::config::Settings;
use esclusa::demo::data::Sizes;
use esclusa::demo::{legacy, postgres};
use esclusa::migrate::run::Migration;
use esclusa::migrate::schema;
use esclusa::relation::Context;
use esclusa::rule::generate::generate;
use esclusa::rule::plan::Plan;
use esclusa::rule::{RuleSet, Target};

#[tokio::test]
async fn all_tables_move_without_a_difference() {
    for sizes in [Sizes::default(), Sizes { extreme: true, seed: 11, ..Sizes::default() }] {
        let server = postgres::Postgres::start(&Default::default()).await.unwrap();
        let db = server.connect("postgres").await.unwrap();
        let context = Context::new(&Settings::defaults().unwrap());
        let t0 = std::time::Instant::now();
        legacy::load(&db, &context.schema, &sizes).await.unwrap();
        println!("loaded in {:?}", t0.elapsed());
        let catalog = esclusa::catalog::Catalog::read(&db, &context.schema).await.unwrap();
        let rules: RuleSet =
            RuleSet { rules: generate(&catalog, &Plan::shipped()).rules.into_iter().map(|r| (r.table.clone(), r)).collect() };
        println!("{}", schema::apply(&db, &context).await.unwrap().aligned());
        assert_eq!(schema::check(&db, &context).await.unwrap().rows, Vec::<Vec<esclusa::table::Cell>>::new());
        let migration = Migration::new(&db, &rules, context).await.unwrap();
        let run = migration.begin("test").await.unwrap();
        let t0 = std::time::Instant::now();
        let mut moved = 0;
        for rule in rules.rules.values() {
            match migration.table(run, rule).await {
                Ok(outcome) => {
                    moved += usize::from(!matches!(rule.target, Target::Retained(_)));
                    if !outcome.notes.iter().all(|n| n.starts_with("audit trigger on")) {
                        println!("{outcome:?}");
                    }
                }
                Err(e) => println!("{}: {e} {:?}", rule.table, e.more()),
            }
        }
        println!("{moved} moved in {:?}", t0.elapsed());
        assert_eq!(moved, 202);
    }
}
