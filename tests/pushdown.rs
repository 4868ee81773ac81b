//! Conditions that are pushed down reach the indexes and prune the partitions (EXPLAIN says so), and change no result (each
//! statement runs with and without).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::sync::Arc;

use esclusa::catalog::Database;
use esclusa::demo::data::Sizes;
use esclusa::demo::stage::{Plot, Stage, TARGET};
use esclusa::rewrite::{NameContext, Policy, rewrite};

#[path = "common/narrowed.rs"]
mod narrowed;

/// The stage without its proxy's help: statements are rewritten here and run on the target.
struct Bed {
    stage: Stage,
    policy: Arc<Policy>,
    database: Database,
}

impl Bed {
    async fn new() -> Bed {
        let sizes = Sizes { extreme: true, seed: 5, ..Sizes::default() };
        let stage = Stage::build(&Plot { sizes, ..Plot::default() }, &mut |_| ()).await.unwrap();
        let policy = stage.proxy.shared.policy.load_full();
        let database = stage.postgres.connect(TARGET).await.unwrap();
        database.batch("settings", "SET search_path = cf_quere_pro; SET timezone = 'America/Mexico_City'").await.unwrap();
        Bed { stage, policy, database }
    }

    fn rewritten(&self, sql: &str) -> String {
        let outcome = rewrite(&self.policy, &NameContext::with_path(&["cf_quere_pro"]), sql);
        outcome.text.unwrap_or_else(|| panic!("{sql}: {:?}", outcome.notes)).to_string()
    }

    /// The plan's lines; sequential scans are put off, because a table of some hundred rows is read faster whole.
    async fn plan(&self, sql: &str) -> String {
        let explain = format!("SET enable_seqscan = off; EXPLAIN (COSTS off) {}", self.rewritten(sql));
        let rows = self.database.text("explaining", &explain).await.unwrap();
        rows.into_iter().filter_map(|r| r.into_iter().next().flatten()).collect::<Vec<_>>().join("\n")
    }
}

#[tokio::test]
async fn plans_use_the_indexes_and_leave_partitions_out() {
    let bed = Bed::new().await;
    // What the plan must show, and how many partitions of audit_log it may name.
    let cases: &[(&str, &[&str], usize)] = &[
        ("select * from tipooficina where tofid = 3", &["Index Cond", "(dv_code)::text = '3'::text"], 0),
        ("select * from tipooficina where tofid in (1, 2.0, '3')", &["(dv_code)::text = ANY"], 0),
        ("select * from tipobonifdoc where tbdtbid = 3", &["(dvl_source_code)::text = '3'::text"], 0),
        ("select c.ofiid, t.* from oficina c, tipooficina t where t.tofid = c.ofitofid", &["trim_scale((c.ofitofid)"], 0),
        ("select * from histipooficina where htofid = 3", &["Function Scan on find_histipooficina"], 0),
        ("select * from histipooficina where htofid = 3 for update", &["al_record_key = '3'::text"], 60),
        ("select * from histipooficina where htofid in (3, 4)", &["Function Scan on find_histipooficina"], 0),
        ("select * from histipooficina where htofid in (3, 4) for update", &["al_record_key = ANY"], 60),
        ("select * from histipooficina where htofhsthora > current_date - 3::int", &["al_changed_at >= ", "'-infinity'"], 60),
        (
            "select * from histipooficina where htofhsthora between '2026-05-01' and '2026-05-20'",
            &["al_changed_at >= ", "'-infinity'"],
            4,
        ),
        ("select * from histipooficina where htofid = 3 and htofhsthora >= '2026-04-10' for share", &["al_record_key = '3'"], 60),
        ("delete from histipooficina where htofid = 3 and htofhsthora = '2026-04-10'", &["al_record_key = '3'"], 4),
        ("update tipooficina set tofsnpresen = 'S' where tofid = 7", &["(dv_code)::text = '7'::text"], 0),
    ];
    for (sql, expected, most) in cases {
        let plan = bed.plan(sql).await;
        for text in *expected {
            assert!(plan.contains(text), "{sql}: no {text} in\n{plan}");
        }
        let partitions: std::collections::HashSet<&str> =
            plan.split_whitespace().filter(|w| w.starts_with("audit_log_p") && !w.contains("idx")).collect();
        assert!(partitions.len() <= *most, "{sql}: {} partitions in\n{plan}", partitions.len());
    }
    bed.stage.strike().await;
}

/// Every SELECT of the twin's conditions, with what is pushed down and without: the same rows.
/// A number key equal to plain digits is said by the index condition; where that is all there is to say, it is not said twice.
#[tokio::test]
async fn what_the_index_says_is_not_said_twice() {
    let bed = Bed::new().await;
    let cases = [
        ("select * from tipooficina where tofid = 3", "where true"),
        ("select * from tipooficina as t where tofsnpresen = 'S' and (t.tofid=03)", "and (true)"),
        ("select * from tipooficina where tofid IN (1, 2 ) order by 1", "where true order by 1"),
        ("select * from tipobonifdoc where tbdtbid = 3 and tbddconid in(1,2)", "where true and true"),
        // Other texts than digits, with parentheses or comments, are left alone; and so is a second condition on the key.
        ("select * from tipooficina where tofid in (1, (2))", "where tofid in (1, (2))"),
        ("select * from tipooficina where tofid in (1, 2.0)", "where tofid in (1, 2.0)"),
        ("select * from tipooficina where tofid = '3'", "where tofid = '3'"),
        ("select * from tipooficina where tofid = /* x */ 3", "where tofid = /* x */ 3"),
        ("select * from tipooficina where tofid = 3 and tofid = 4", "where true and tofid = 4"),
        ("select * from tipooficina where tofid = 3 or tofsnpresen = 'S'", "where tofid = 3 or tofsnpresen = 'S'"),
        ("select * from tipooficina where not tofid = 3", "where not tofid = 3"),
        // A join fills rows with NULLs, and only the client's condition throws them out.
        ("select * from oficina left join tipooficina on tofid = ofitofid where tofid = 3", "where tofid = 3"),
    ];
    for (sql, end) in cases {
        let text = bed.rewritten(sql);
        assert!(text.ends_with(end), "{sql}: {text}");
    }
    bed.stage.strike().await;
}

#[tokio::test]
async fn no_result_changes() {
    let bed = Bed::new().await;
    let settings = bed.stage.proxy.shared.settings.load_full();
    let rules = esclusa::rule::RuleSet::load(&settings.rules.directory).unwrap();
    let mut plain = esclusa::server::policy::build(&settings, &rules, Some(&bed.database), 1).await.unwrap().policy;
    plain.pushdown = false;
    let names = NameContext::with_path(&["cf_quere_pro"]);
    let (mut compared, mut narrowed_at_all, mut rows_seen) = (0, 0, 0);
    for entry in bed.policy.entries() {
        for sql in narrowed::narrowed(&entry.relation) {
            if !sql.starts_with("select") || sql.contains('$') {
                continue;
            }
            let with = rewrite(&bed.policy, &names, &sql).text.unwrap_or_else(|| sql.as_str().into());
            let without = rewrite(&plain, &names, &sql).text.unwrap_or_else(|| sql.as_str().into());
            let read = async |text: &str| {
                let mut rows = bed.database.text("reading", text).await.map_err(|e| e.to_string());
                if let Ok(rows) = &mut rows {
                    rows.sort();
                }
                rows
            };
            let (left, right) = (read(&with).await, read(&without).await);
            assert_eq!(left, right, "{sql}\n{with}");
            compared += 1;
            narrowed_at_all += usize::from(with != without);
            rows_seen += left.map_or(0, |rows| rows.len());
        }
    }
    assert!(compared > 1500 && narrowed_at_all > 1000 && rows_seen > 10_000, "{compared} {narrowed_at_all} {rows_seen}");
    bed.stage.strike().await;
}
