//! The twin over every script of `tests/twin`, over what Hibernate and awkward Java code send, and over every table of the plan.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::path::Path;

use esclusa::demo::data::Sizes;
use esclusa::demo::stage::{Plot, Stage};
use esclusa::relation::Relation;
use esclusa::twin::script::{self, Case};
use esclusa::twin::{Pair, Report};

#[path = "common/narrowed.rs"]
mod narrowed;
#[path = "common/placed.rs"]
mod placed;
#[path = "common/shared.rs"]
mod shared;
#[path = "common/words.rs"]
mod words;
use narrowed::narrowed;

/// The schema in which the scripts make relations with the names of legacy tables.
const OTHER_SCHEMAS: &str = "CREATE SCHEMA otro; GRANT USAGE, CREATE ON SCHEMA otro, public TO aquasis";

/// Only the rewriting can answer: the legacy tables are dropped, and no relation has their names.
#[tokio::test]
async fn scripts_and_tables_without_views() {
    run(Plot::default()).await;
}

/// The views have the legacy names, as in production; the data are the generator's extreme data.
#[tokio::test]
async fn scripts_and_tables_with_views_and_extreme_data() {
    run(Plot { views: true, sizes: Sizes { extreme: true, seed: 23, ..Sizes::default() }, ..Plot::default() }).await;
}

async fn run(plot: Plot) {
    let plot = Plot { prologue: OTHER_SCHEMAS.into(), ..plot };
    let stage = Stage::build(&plot, &mut |_| ()).await.unwrap();
    let mut pair = stage.pair().await.unwrap();
    let policy = stage.proxy.shared.policy.load_full();
    let mut all = Report::default();
    // While a script is being written: TWIN_SCRIPT=merge,cursor runs only the scripts with one of these in their name.
    let only = std::env::var("TWIN_SCRIPT").ok();
    for (name, cases) in
        scripts().into_iter().filter(|(name, _)| only.as_ref().is_none_or(|o| o.split(',').any(|o| name.contains(o))))
    {
        let cases: Vec<Case> = cases.into_iter().filter(|c| policy.may_name(c.text.as_bytes())).collect();
        add(&mut all, &name, pair.run(&name, &cases, &policy).await.unwrap());
    }
    if only.as_ref().is_none_or(|o| o.contains("words")) {
        let db = stage.postgres.connect("postgres").await.unwrap();
        let kept = db.text("reading key words", "SELECT word FROM pg_get_keywords() ORDER BY 1").await.unwrap();
        let kept: Vec<String> = kept.into_iter().flatten().flatten().collect();
        // Each of the two runs takes every other one.
        let cases = words::statements(&kept, plot.views).into_iter().map(|text| Case { line: 1, text, ..Case::default() });
        add(&mut all, "words", pair.run("words", &cases.collect::<Vec<_>>(), &policy).await.unwrap());
    }
    for (name, texts) in [("placed", placed::statements(plot.views)), ("shared", shared::statements(plot.views))] {
        if only.as_ref().is_none_or(|o| o.contains(name)) {
            let cases = texts.into_iter().map(|text| Case { line: 1, text, any_row: true, ..Case::default() });
            add(&mut all, name, pair.run(name, &cases.collect::<Vec<_>>(), &policy).await.unwrap());
        }
    }
    let mut relations: Vec<_> = policy.entries().map(|e| e.relation.clone()).collect();
    relations.sort_by(|a, b| a.table.cmp(&b.table));
    // The conditions run over the extreme data, everything else over the ordinary.
    let texts = |r: &Relation| if plot.sizes.extreme { narrowed(r) } else { every_table(r) };
    let cases = relations.iter().filter(|_| only.is_none()).flat_map(|r| texts(r));
    let cases: Vec<Case> = cases.map(|text| Case { line: 1, text, ..Case::default() }).collect();
    add(&mut all, "every table", run_cases(&mut pair, cases, &policy).await);
    stage.strike().await;
    for difference in all.differences.iter().take(if only.is_some() { usize::MAX } else { 40 }) {
        println!("{difference}");
    }
    println!("{} statements, {} comparisons, {} differences", all.statements, all.comparisons, all.differences.len());
    assert!(all.differences.is_empty() && all.statements > if only.is_some() { 0 } else { 2000 });
}

async fn run_cases(pair: &mut Pair, cases: Vec<Case>, policy: &esclusa::rewrite::Policy) -> Report {
    pair.run("every table", &cases, policy).await.unwrap()
}

fn add(all: &mut Report, name: &str, report: Report) {
    println!(
        "{name}: {} statements, {} comparisons, {} differences",
        report.statements,
        report.comparisons,
        report.differences.len()
    );
    all.statements += report.statements;
    all.comparisons += report.comparisons;
    all.differences.extend(report.differences);
}

fn scripts() -> Vec<(String, Vec<Case>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/twin");
    let directories = [root.to_owned(), format!("{root}/corpora")];
    let entries = directories.iter().flat_map(|d| std::fs::read_dir(d).unwrap()).map(|e| e.unwrap().path());
    let mut files: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "sql")).collect();
    files.sort();
    let cases = |p: &Path| script::parse(p, &std::fs::read_to_string(p).unwrap()).unwrap_or_else(|faults| panic!("{faults}"));
    let read = |p: &std::path::PathBuf| (p.file_name().unwrap().to_string_lossy().into_owned(), cases(p));
    files.iter().map(read).collect()
}

/// Statements that fit any legacy table, whatever its columns are.
fn every_table(relation: &Relation) -> Vec<String> {
    let t = &relation.table;
    let columns: Vec<&str> = relation.columns.iter().map(|c| c.name.as_str()).collect();
    let order = (1..=columns.len()).map(|i| i.to_string()).collect::<Vec<_>>().join(", ");
    let (first, last) = (columns[0], columns[columns.len() - 1]);
    let key = &relation.columns[relation.key.first().copied().unwrap_or(0)].name;
    let texts = [
        format!("select * from {t} order by {order}"),
        format!(
            "select x.{last}, x.{first}, x.* from cf_quere_pro.{t} as x order by {order}, {}, {}",
            columns.len() + 1,
            columns.len() + 2
        ),
        format!("select t, t is null from {t} t order by t::text"),
        format!("select row_to_json(t) from {t} t order by t::text"),
        format!("select count(*), count(t), count(distinct {last}), min({first}) from {t} t"),
        format!("select {last}, count(*) from {t} group by 1 order by 2, 1"),
        format!("select * from {t} where {key} = (select max({key}) from {t}) order by {order}"),
        format!(
            "select a.* from {t} a join {t} b on a.{key} = b.{key} and a.{last} is not distinct from b.{last} order by {order}"
        ),
        format!("insert into {t} select * from {t} order by {order}"),
        format!("insert into {t} ({first}) values (default) returning *"),
        format!("insert into {t} default values returning {last}"),
        format!("update {t} set {last} = {last} returning *"),
        // An error shows the first row that fails: here all rows are alike.
        format!("update {t} set {last} = null where {t}::text = (select min(x::text) from {t} x)"),
        format!("update {t} set {first} = {first} where {key} is not null returning {first}, {last}"),
        format!("delete from {t} where {key} = (select min({key}) from {t}) returning *"),
        format!("delete from {t} as x where exists (select 1 from {t} y where y.{key} = x.{key} and y.{key} > x.{key})"),
        format!("copy {t} to stdout"),
        format!("copy {t} ({last}) to stdout with (format csv, force_quote *)"),
    ];
    // A value that is too long or too large for each column.
    let spoiled = relation.columns.iter().map(|c| match c.sql_type.name.as_str() {
        n if n.starts_with("char") || n == "bpchar" => format!("update {t} set {} = repeat('ñ', 300)", c.name),
        n if n.starts_with("numeric(") => format!("update {t} set {} = 10.0 ^ 30", c.name),
        _ => format!("update {t} set {} = {}", c.name, c.name),
    });
    texts.into_iter().chain(spoiled).collect()
}
