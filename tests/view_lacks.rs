//! What a view lacks compared with a table, as text: the functional dependency of GROUP BY key, system columns, TABLESAMPLE, the name of the row
//! type. Data in files, `tests/rewrite/*.sql`: a statement, and below `--` what is sent instead; `UPDATE_EXPECT=1` rewrites the files.
//! The twin runs the same forms against both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::sync::Arc;

use esclusa::catalog::{Catalog, Column, Table};
use esclusa::config::Settings;
use esclusa::config::document::Document;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rewrite::{Entry, NameContext, Policy, rewrite};
use esclusa::rule::file;
use esclusa::sql::{Limits, script};

/// `t` with one key column, `u` with two, `d` with a column that has no equality, `n` with a key that is only unique, `q` without a key.
fn policy() -> Policy {
    let columns = |list: &[(&str, &str)]| {
        let one = |(name, sql_type): &(&str, &str)| format!("{{ name = \"{name}\", type = \"{sql_type}\", null = false }}");
        list.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let rule = |table: &str, list: &[(&str, &str)], key: &[&str], unique: &str| {
        let key = key.iter().map(|k| format!("\"{k}\"")).collect::<Vec<_>>().join(", ");
        format!(
            "table = \"{table}\"\nkind = \"lookup\"\ncolumns = [{}]\n[target]\ndomain = \"{}\"\n\
             [key]\ncolumns = [{key}]\nbasis = \"constraint\"\n{unique}",
            columns(list),
            table.to_uppercase(),
        )
    };
    let (id, x, y) = (("id", "numeric(5,0)"), ("x", "character varying(10)"), ("y", "date"));
    let rules = [
        rule("t", &[id, x, y], &["id"], "unique = \"t_pkey\"\nprimary = [\"id\"]\n"),
        rule("u", &[id, ("k", "character(2)"), x], &["id", "k"], "unique = \"u_pkey\"\nprimary = [\"id\", \"k\"]\n"),
        rule("d", &[id, ("j", "json")], &["id"], "unique = \"d_pkey\"\nprimary = [\"id\"]\n"),
        rule("n", &[id, x], &["id"], "unique = \"n_key\"\n"),
        rule("q", &[id, x], &["id"], ""),
    ];
    let context = Context::new(&Settings::defaults().unwrap());
    let entry = |text: &String| {
        let rule = file::parse(&Document::parse("r.toml".as_ref(), text).unwrap()).unwrap();
        Entry { relation: Arc::new(Relation::compile(&rule, &context)), mode: Mode::Rewrite }
    };
    let column = |name: &str, sql_type: &str| Column { name: name.into(), type_name: sql_type.into(), ..Column::default() };
    let table = |name: &str, kind, columns| Table { name: name.into(), kind, columns, keys: Vec::new() };
    let others = [
        table("other", 'r', vec![column("id", "numeric(5,0)"), column("z", "text")]),
        table("wide", 'r', vec![column("id", "numeric(9,0)"), column("z", "text")]),
        table("seen", 'v', vec![column("z", "text")]),
    ];
    let catalog =
        Catalog { schema: "cf_quere_pro".into(), tables: others.into_iter().map(|t| (t.name.clone(), t.into())).collect() };
    Policy::new(1, "cf_quere_pro", rules.iter().map(entry).collect(), catalog.into(), Limits::default())
}

/// What a statement becomes. The sub-select over a table is shortened to the names of its columns.
fn rewritten(policy: &Policy, sql: &str) -> String {
    let outcome = rewrite(policy, &NameContext::with_path(&["cf_quere_pro"]), sql);
    if let Some(refusal) = outcome.refusals.first() {
        return format!("{} {}", refusal.error.sqlstate, refusal.error.message);
    }
    let Some(text) = outcome.text else { return "the same".into() };
    let parsed = script(&text, &Limits::default()).unwrap();
    assert!(parsed.statements.iter().all(|s| s.shape.is_ok()), "{sql}\n{text}: {:?}", parsed.statements[0].shape.as_ref().err());
    text.to_string()
}

#[test]
fn statements_become_what_the_files_say() {
    let policy = policy();
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rewrite");
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in ["group.sql", "system.sql", "rowtype.sql"] {
        let path = format!("{directory}/{name}");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut out = Vec::new();
        for paragraph in text.trim_end().split("\n\n") {
            let lines = paragraph.lines();
            let remark = |l: &&str| l.starts_with("-- ");
            let sql: String = lines.clone().skip_while(remark).take_while(|l| *l != "--").collect::<Vec<_>>().join("\n");
            let expected: String = lines.clone().skip_while(|l| *l != "--").skip(1).collect::<Vec<_>>().join("\n");
            let remarks: Vec<&str> = lines.take_while(remark).collect();
            let found = rewritten(&policy, sql.trim_end_matches(';'));
            if found != expected {
                wrong.push(format!("{name}: {sql}\n expected: {expected}\n    found: {found}"));
            }
            let paragraph = remarks.iter().map(|r| (*r).to_owned()).chain([sql, "--".into(), found]);
            out.push(paragraph.filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n"));
            count += 1;
        }
        if update {
            std::fs::write(&path, out.join("\n\n") + "\n").unwrap();
        }
    }
    assert!(count > 100, "{count}");
    assert!(update || wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The result for one name is cached: nested stars and thousands of names cost no more than their text.
#[test]
fn long_statements_take_no_time() {
    let policy = policy();
    let names = "x, max(y), (select t.y), ".repeat(700);
    let nested = (0..60).fold("select * from t".to_owned(), |inner, n| format!("select q{n}.*, q{n}.* from ({inner}) q{n}"));
    let joined = (0..500).fold("t".to_owned(), |left, n| format!("{left} natural join t as t{n}"));
    let sets = "(id, x), ".repeat(1200);
    for sql in [
        format!("select {names} id from t group by id order by {} 1", "x, ".repeat(700)),
        format!("select ctid, id from t, ({nested}) q where q.id = 1 group by 1, t.id"),
        format!("select *, t.ctid from {joined}"),
        format!("select x from t group by grouping sets ({sets} (id)), id"),
        format!("select 1 {}", "union select x from t where ctid is null group by id ".repeat(700)),
        format!("select {} 1 from t", "t.ctid, ctid, ".repeat(1200)),
    ] {
        let begin = std::time::Instant::now();
        rewrite(&policy, &NameContext::with_path(&["cf_quere_pro"]), &sql);
        let taken = begin.elapsed();
        assert!(taken < std::time::Duration::from_secs(20), "{taken:?} for {}", &sql[..60]);
        println!("{taken:?} for {} bytes, {}", sql.len(), &sql[..40]);
    }
}
