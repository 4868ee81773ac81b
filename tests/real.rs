//! The real schema, with keys, foreign keys, views, functions and owners, moved by a role that is no superuser: what `esclusa roles` asks for
//! is enough, what is missing is told before any work, and grants follow the views afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use common::real::{self, Plot, structure};
use common::server;

/// The fixture is what it claims to be, on the legacy side.
#[tokio::test]
async fn the_real_schema_is_real() {
    let admin = server().await.connect("postgres").await.unwrap();
    admin.batch("roles", &real::access::roles()).await.unwrap();
    admin.batch("a database", "CREATE DATABASE real_schema").await.unwrap();
    let db = server().await.connect("real_schema").await.unwrap();
    let plot = Plot { dependents: true, ..Plot::default() };
    let (catalog, rules) = real::load(&db, &plot).await;
    let count = async |sql: &str| -> i64 { db.one("counting", sql, &[]).await.unwrap().get(0) };
    let legacy: Vec<String> = rules.rules.keys().cloned().collect();
    let keys = count("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND connamespace = 'cf_quere_pro'::regnamespace").await;
    assert!(keys > 1000, "{keys} primary keys");
    let onto = "SELECT count(*) FROM pg_constraint AS k JOIN pg_class AS t ON t.oid = k.confrelid JOIN pg_class AS c ON c.oid = k.conrelid
                WHERE k.contype = 'f' AND t.relname = ANY ($1) AND NOT c.relname = ANY ($1)";
    let onto: i64 = db.one("counting", onto, &[&legacy]).await.unwrap().get(0);
    assert!(onto >= 24, "{onto} foreign keys onto look-ups, {} asked for", structure::ONTO_LOOKUPS);
    let lookups = "SELECT count(DISTINCT confrelid) FROM pg_constraint WHERE contype = 'f' AND confrelid IN
                   (SELECT oid FROM pg_class WHERE relname = ANY ($1))";
    assert!(db.one("counting", lookups, &[&legacy]).await.unwrap().get::<_, i64>(0) >= 20);
    let out = "SELECT count(*), count(*) FILTER (WHERE convalidated), count(*) FILTER (WHERE t.relname = ANY ($1)) FROM pg_constraint AS k
               JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_class AS t ON t.oid = k.confrelid WHERE k.contype = 'f' AND c.relname = ANY ($1)";
    let out = db.one("counting", out, &[&legacy]).await.unwrap();
    assert!(out.get::<_, i64>(0) >= 12 && out.get::<_, i64>(1) >= 8 && out.get::<_, i64>(2) >= 2, "{out:?}");
    for (what, least, sql) in [
        ("indexes", 300, "SELECT count(*) FROM pg_index WHERE NOT indisunique AND indrelid::regclass::text LIKE 'cf_quere_pro.his%'"),
        ("DESC NULLS LAST", 10, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%DESC NULLS LAST%'"),
        ("INCLUDE", 10, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%INCLUDE%'"),
        ("collations", 5, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%COLLATE \"C\")%'"),
        ("operator classes", 5, "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%varchar_pattern_ops%'"),
        ("expressions", 5, "SELECT count(*) FROM pg_index WHERE indexprs IS NOT NULL"),
        ("predicates", 5, "SELECT count(*) FROM pg_index WHERE indpred IS NOT NULL"),
        ("checks", 5, "SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND conname LIKE '%positivo'"),
        ("second unique keys", 5, "SELECT count(*) FROM pg_constraint WHERE contype = 'u' AND conname LIKE '%texto'"),
        ("views", 12, "SELECT count(*) FROM pg_views WHERE schemaname = 'cf_quere_pro'"),
        ("materialised views", 2, "SELECT count(*) FROM pg_matviews"),
        ("functions", 8, "SELECT count(*) FROM pg_proc WHERE pronamespace = 'cf_quere_pro'::regnamespace"),
        ("policies", 1, "SELECT count(*) FROM pg_policy"),
        ("computed columns", 2, "SELECT count(*) FROM pg_attribute WHERE attidentity <> '' OR attgenerated <> ''"),
        ("sequences", 4, "SELECT count(*) FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) LIKE '%seq_%' AND adrelid::regclass::text LIKE '%tip%'"),
        ("owners", 2, "SELECT count(DISTINCT relowner) FROM pg_class WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind = 'r'"),
    ] {
        let found = count(sql).await;
        assert!(found >= least, "{found} {what}, not {least}");
    }
    let superusers = "SELECT count(*) FROM pg_class AS c JOIN pg_roles AS r ON r.oid = relowner
                      WHERE relnamespace = 'cf_quere_pro'::regnamespace AND relkind IN ('r', 'v', 'm', 'S') AND rolsuper";
    assert_eq!(count(superusers).await, 0);
    assert_eq!(catalog.tables.values().filter(|t| t.kind == 'r').count(), 1469);
    assert_eq!(rules.rules.len(), 220);
}
