//! The migration of all 202 tables on a real PostgreSQL, with the generator's ordinary and extreme data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use esclusa::catalog::{Catalog, Database};
use esclusa::config::Settings;
use esclusa::demo::data::Sizes;
use esclusa::demo::{legacy, postgres};
use esclusa::error::Faults;
use esclusa::migrate::capture::{self, writer};
use esclusa::migrate::gate::{self, Switch};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::schema;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rule::generate::generate;
use esclusa::rule::plan::Plan;
use esclusa::rule::{Capture, Column, RuleSet, Target, check};
use esclusa::sql::quote::{ident, literal, qualified};
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
    let rules = RuleSet { rules: generated.into_iter().map(|r| (r.table.clone(), r)).collect(), ..RuleSet::default() };
    schema::apply(&db, &context).await.unwrap();
    assert_eq!(schema::check(&db, &context).await.unwrap().rows, NOTHING);

    let retained = rules.rules.values().filter(|r| matches!(r.target, Target::Retained(_))).map(|r| (r.table.clone(), true));
    let switch = Switch { mode: Mode::Rewrite, shadow_role: "esclusa_shadow", who: "test", why: None };
    gate::switch(&db, &context.schema, &retained.collect::<Vec<_>>(), switch).await.unwrap();
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

    // The proof holds again afterwards, there is no drift, and a second run finds nothing to do.
    for rule in rules.rules.values() {
        let parity = migration.verify(rule).await.unwrap().unwrap_or_else(|| panic!("{}: nothing to compare", rule.table));
        assert!(parity.holds(), "{}: {}", rule.table, parity.failures());
        let again = migration.table(run, rule).await.unwrap();
        let nothing_to_do = again.notes.is_empty() || again.notes == ["already migrated: a view has the name"];
        assert!(again.rows == 0 && nothing_to_do, "{again:?}");
    }
    assert_eq!(schema::check(&db, &context).await.unwrap().rows, NOTHING);
    assert_eq!(capture::check(&db, &context, &rules).await.unwrap(), NOTHING);
    let (written, logs) = histories_written_by_their_triggers(&db, &context, &rules, &catalog).await;
    assert_eq!((written, logs), (146, 5));
}

/// Every history that has a base, switched to `capture = "trigger"`: the rows of the base, deleted, are its rows, column by column.
async fn histories_written_by_their_triggers(
    db: &Database,
    context: &Context,
    rules: &RuleSet,
    legacy: &Catalog,
) -> (usize, usize) {
    let (mut written, mut logs, mut rows) = (0, 0, 0);
    for rule in rules.rules.values() {
        let mut rule = rule.clone();
        let Target::History(history) = &mut rule.target else { continue };
        history.capture = Capture::Trigger;
        let base = history.base.clone().unwrap_or_default();
        let mut faults = Faults::default();
        check::within(&rule, &mut faults);
        if let [fault] = faults.0.as_slice() {
            assert!(fault.message.contains("an event log"), "{}: {fault:?}", rule.table);
            logs += 1;
            continue;
        }
        writer::change(db, context, rules, &rule).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", rule.table, e.more()));
        let relation = Relation::compile(&rule, context);
        let mirrored = |i: usize| rule.columns[i].base.is_some();
        // A value of another type in the base appears as that type prints it: a padded one padded.
        let same = |b: &str, c: &Column| legacy.tables[&base].column(b).is_some_and(|b| b.type_name == c.column.type_name);
        let cast = |c: &Column| {
            c.base.as_ref().map(|b| match same(b, c) {
                // The trigger's images are JSON numbers, and JSON has no negative zero.
                true if c.column.type_name == "double precision" => format!("(b.{} + 0)", ident(b)),
                true => format!("b.{}", ident(b)),
                false => format!("(to_jsonb(b) ->> {})::{}", literal(b), c.column.type_name),
            })
        };
        let expected: Vec<String> = rule.columns.iter().filter_map(cast).collect();
        let list = relation.select_list(&mirrored, None);
        let history = format!("SELECT h::text FROM (SELECT {list} FROM {} WHERE al_source = 'C') AS h", relation.rows());
        let base = qualified(&context.schema, &base);
        let script = format!(
            "BEGIN; CREATE TEMP TABLE expected ON COMMIT DROP AS SELECT ROW({})::text AS r FROM {base} AS b; DELETE FROM {base}",
            expected.join(", ")
        );
        db.batch("deleting the base", &script).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", rule.table, e.more()));
        let found = format!(
            "SELECT (SELECT count(*) FROM (SELECT r FROM expected EXCEPT ALL {history}) AS x),
                    (SELECT count(*) FROM ({history} EXCEPT ALL SELECT r FROM expected) AS x), (SELECT count(*) FROM expected)"
        );
        let found = db.one("comparing", &found, &[]).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", rule.table, e.more()));
        db.batch("undoing it", "ROLLBACK").await.unwrap();
        assert_eq!((found.get::<_, i64>(0), found.get::<_, i64>(1)), (0, 0), "{}", rule.table);
        rows += found.get::<_, i64>(2);
        written += 1;
    }
    assert!(rows > 1000, "{rows} rows are no test");
    (written, logs)
}
