//! The rewriter by criterion: prefilter, cached and uncached rewrite of a statement of 200 characters.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use esclusa::catalog::Catalog;
use esclusa::config::Settings;
use esclusa::mode::Mode;
use esclusa::relation::{Context, Relation};
use esclusa::rewrite::cache::Cache;
use esclusa::rewrite::{Entry, NameContext, Policy, rewrite};
use esclusa::rule::RuleSet;
use esclusa::sql::{Limits, script};

/// 200 characters, as Hibernate would send them, with one look-up in a join.
const STATEMENT: &str = "select o.ofiid as ofiid1_, o.ofidescrip as ofidescrip1_, t.tofsnpresen as tofsnpr3_1_ from \
cf_quere_pro.oficina o inner join cf_quere_pro.tipooficina t on t.tofid = o.ofitofid where o.ofiid = $1 or $2";
/// 200 characters without a legacy name, but with words that begin like one.
const PLAIN: &str = "select c.cnttnum as cnttnum0_, c.cnttestado as cnttestado0_, c.tipcliente as tipclien3_0_ from cf_quere_pro.contrato \
c where c.cnttexpid = $1 and c.cnttestado in (1, 2, 3) order by c.cnttnum desc limi";

fn policy() -> Policy {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let (settings, rules) = (Settings::defaults().unwrap(), RuleSet::load(&root).unwrap());
    let catalog = Catalog::from_csv("cf_quere_pro", &root.join("catalog.csv")).unwrap();
    let context = Context::new(&settings);
    let entry = |rule| Entry { relation: Arc::new(Relation::compile(rule, &context)), mode: Mode::Rewrite };
    Policy::new(1, "cf_quere_pro", rules.rules.values().map(entry).collect(), catalog.into(), Limits::default())
}

fn rewriting(criterion: &mut Criterion) {
    let policy = policy();
    let names = Arc::new(NameContext::with_path(&["cf_quere_pro"]));
    assert_eq!((STATEMENT.len(), PLAIN.len()), (200, 200));
    assert!(rewrite(&policy, &names, STATEMENT).text.is_some() && !policy.may_name(PLAIN.as_bytes()));
    criterion.bench_function("prefilter, 200 bytes, no", |b| b.iter(|| policy.may_name(black_box(PLAIN.as_bytes()))));
    let bare = PLAIN.replace("est", "xst").replace("tip", "tap");
    criterion.bench_function("prefilter, 200 bytes, not even a stem", |b| b.iter(|| policy.may_name(black_box(bare.as_bytes()))));
    criterion.bench_function("prefilter, 200 bytes, yes", |b| b.iter(|| policy.may_name(black_box(STATEMENT.as_bytes()))));
    let cache = Cache::new(1000, 1 << 20);
    cache.outcome(&policy, &names, STATEMENT);
    criterion
        .bench_function("cached rewrite, 200 characters", |b| b.iter(|| cache.outcome(&policy, &names, black_box(STATEMENT))));
    criterion.bench_function("uncached rewrite, 200 characters", |b| b.iter(|| rewrite(&policy, &names, black_box(STATEMENT))));
    criterion.bench_function("parse alone, 200 characters", |b| b.iter(|| script(black_box(STATEMENT), &Limits::default())));
}

criterion_group!(benches, rewriting);
criterion_main!(benches);
