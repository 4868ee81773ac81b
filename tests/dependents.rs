//! Objects that depend on a legacy table when it moves: each kind is found, carried over or refused, and a carried one has the same answers and owner as before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "foreign_key/bed.rs"]
mod bed;

use bed::{Pair, Shape, both, delete, insert, raw, update, with_leaf};
use common::SCHEMA;
use esclusa::error::Result;
use esclusa::migrate::dependents::{self, Dependents};
use esclusa::migrate::foreign_key::key_table::Leaf;

const TABLE: &str =
    "DO $$ BEGIN CREATE ROLE dep_owner; CREATE ROLE dep_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    GRANT USAGE ON SCHEMA cf_quere_pro TO dep_owner, dep_reader;
    CREATE TABLE t (id numeric(5,0) NOT NULL PRIMARY KEY, name varchar(20), n numeric(10,2));
    INSERT INTO t SELECT i, 'name ' || i, i * 10 FROM generate_series(1, 5) i;
    GRANT SELECT ON t TO dep_owner;
    CREATE TABLE other (id integer PRIMARY KEY, tid numeric(5,0)); INSERT INTO other VALUES (1, 1), (2, 2);";

/// The dependents of `t`.
async fn found(pair: &Pair) -> Dependents {
    let shape = Shape::of(&pair.new.db, "t", "id").await;
    let find = async |leaf: &Leaf<'_>| -> Result<Dependents> {
        let mut all = dependents::find(&pair.new.db, leaf).await?;
        dependents::naming(&pair.new.db, leaf, &mut all).await?;
        Ok(all)
    };
    with_leaf(&shape, &format!("{SCHEMA}.t"), find).await.unwrap()
}

/// Moves `t` with its dependents, in one transaction.
async fn shift(pair: &mut Pair) -> Dependents {
    let shape = Shape::of(&pair.new.db, "t", "id").await;
    pair.new.sql("BEGIN").await;
    let all = found(pair).await;
    pair.new.sql(&all.before).await;
    shape.shift(&pair.new).await;
    pair.new.sql("GRANT SELECT ON cf_quere_pro.t TO dep_owner").await;
    pair.new.sql(&all.after).await;
    pair.new.sql("COMMIT").await;
    pair.moved.insert("t".into(), shape);
    all
}

/// Kind and name of what was found, with a mark where it blocks.
fn list(all: &Dependents) -> Vec<String> {
    all.found.iter().map(|d| format!("{}{} {}", if d.blocks { "! " } else { "" }, d.kind, d.name)).collect()
}

/// The same query has the same answer on both sides.
async fn same(pair: &Pair, sql: &str) -> Vec<String> {
    let (old, new) = (pair.old.rows(sql).await, pair.new.rows(sql).await);
    assert_eq!(old, new, "{sql}");
    new
}

/// Owner, grants, options, comments, indexes and columns of all relations but the table itself.
const CATALOG: [&str; 4] = [
    "SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner), coalesce(c.relacl::text, ''), coalesce(c.reloptions::text, ''),
        coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c
        WHERE c.relnamespace = 'cf_quere_pro'::regnamespace AND c.relname ~ '^(v|m)[0-9]' ORDER BY 1",
    "SELECT a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(a.attacl::text, ''), coalesce(d.description, ''), a.attstattarget
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = a.attnum
        WHERE c.relnamespace = 'cf_quere_pro'::regnamespace AND c.relname ~ '^(v|m)[0-9]' AND a.attnum > 0 ORDER BY 1, a.attnum",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'cf_quere_pro' AND tablename ~ '^m[0-9]' ORDER BY 1",
    "SELECT proname, pg_get_userbyid(proowner), coalesce(proacl::text, ''), coalesce(obj_description(oid, 'pg_proc'), '') FROM pg_proc
        WHERE pronamespace = 'cf_quere_pro'::regnamespace AND proname ~ '^f[0-9]' ORDER BY 1",
];

#[tokio::test]
async fn views_come_along_and_stay_what_they_were() {
    let mut pair = Pair::new(&format!(
        "{TABLE}
         CREATE VIEW v1 WITH (security_barrier = false) AS SELECT id, name FROM t WHERE n > 10;
         CREATE VIEW v2 AS SELECT v1.*, o.id AS other FROM v1 JOIN other o ON o.tid = v1.id;
         CREATE VIEW v3 (a, b) AS WITH RECURSIVE w AS (SELECT id, 1 AS n FROM t UNION SELECT id, w.n + 1 FROM w WHERE w.n < 2) \
             SELECT w.n, string_agg(t.name, ',' ORDER BY t.id) FROM w JOIN t USING (id) GROUP BY w.n;
         CREATE VIEW v4 AS SELECT id, name, n FROM t WHERE id < 100 WITH LOCAL CHECK OPTION;
         ALTER VIEW v4 ALTER COLUMN name SET DEFAULT 'none'; COMMENT ON VIEW v4 IS 'a view'; COMMENT ON COLUMN v4.name IS 'a column';
         CREATE VIEW v5 WITH (security_barrier) AS SELECT count(*) AS c, 0 AS d FROM t;
         ALTER VIEW v1 OWNER TO dep_owner; GRANT SELECT ON v1 TO dep_reader; GRANT SELECT (id) ON v2 TO dep_reader WITH GRANT OPTION;"
    ))
    .await;
    let all = shift(&mut pair).await;
    assert_eq!(list(&all), ["view cf_quere_pro.v1", "view cf_quere_pro.v3", "view cf_quere_pro.v4", "view cf_quere_pro.v5"]);
    for question in CATALOG {
        same(&pair, question).await;
    }
    let sessions = [pair.old.session("postgres", "").await, pair.new.session("postgres", "").await];
    for op in
        [insert("t", "id, name, n", "(6, 'new', 99)"), update("t", &[("name", "'changed'")], "{id} = 2"), delete("t", "{id} = 3")]
    {
        both(&pair, &sessions, &op, "views").await;
    }
    for view in ["v1", "v2", "v3", "v4", "v5"] {
        let rows = same(&pair, &format!("SELECT * FROM cf_quere_pro.{view} ORDER BY 1, 2")).await;
        assert!(!rows.is_empty(), "{view}");
    }
    let readers = [pair.old.session("dep_reader", "").await, pair.new.session("dep_reader", "").await];
    for sql in [
        "SELECT * FROM cf_quere_pro.v1 ORDER BY 1",
        "SELECT id FROM cf_quere_pro.v2 ORDER BY 1",
        "SELECT other FROM cf_quere_pro.v2",
    ] {
        both(&pair, &readers, &raw(sql), "a reader").await;
    }
    let archived = "SELECT count(*) FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid \
                    WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = 'mig_old.t'::regclass";
    assert_eq!(pair.new.cell(archived).await, "0");
}

#[tokio::test]
async fn materialised_views_are_made_anew_with_what_is_over_them() {
    let mut pair = Pair::new(&format!(
        "{TABLE}
         CREATE MATERIALIZED VIEW m1 WITH (fillfactor = 70) AS SELECT id, name, n FROM t; CREATE UNIQUE INDEX m1_id ON m1 (id);
         CREATE INDEX m1_name ON m1 (lower(name)) WHERE n > 10; COMMENT ON INDEX m1_name IS 'an index'; ALTER MATERIALIZED VIEW m1 CLUSTER ON m1_id;
         ALTER MATERIALIZED VIEW m1 ALTER COLUMN name SET STATISTICS 500;
         COMMENT ON MATERIALIZED VIEW m1 IS 'kept rows'; ALTER MATERIALIZED VIEW m1 OWNER TO dep_owner; GRANT SELECT ON m1 TO dep_reader;
         CREATE VIEW v1 AS SELECT m1.id, t.name FROM m1 JOIN t USING (id); GRANT SELECT ON v1 TO PUBLIC;
         CREATE MATERIALIZED VIEW m2 AS SELECT count(*) AS c FROM v1 WITH NO DATA; CREATE VIEW v2 AS SELECT c FROM m2;"
    ))
    .await;
    let all = shift(&mut pair).await;
    let mut names = list(&all);
    names.sort();
    let expected = [
        "materialised view cf_quere_pro.m1",
        "materialised view cf_quere_pro.m2",
        "view cf_quere_pro.v1",
        "view cf_quere_pro.v2",
    ];
    assert_eq!(names, expected);
    for question in CATALOG {
        same(&pair, question).await;
    }
    same(&pair, "SELECT obj_description('cf_quere_pro.m1_name'::regclass, 'pg_class'), indisclustered FROM pg_index WHERE indexrelid = 'cf_quere_pro.m1_id'::regclass").await;
    same(&pair, "SELECT relname, relispopulated FROM pg_class WHERE relname IN ('m1', 'm2') ORDER BY 1").await;
    let sessions = [pair.old.session("postgres", "").await, pair.new.session("postgres", "").await];
    both(&pair, &sessions, &update("t", &[("name", "'changed'")], "{id} = 2"), "").await;
    both(
        &pair,
        &sessions,
        &raw("REFRESH MATERIALIZED VIEW CONCURRENTLY cf_quere_pro.m1; REFRESH MATERIALIZED VIEW cf_quere_pro.m2"),
        "",
    )
    .await;
    for view in ["m1", "m2", "v1", "v2"] {
        same(&pair, &format!("SELECT * FROM cf_quere_pro.{view} ORDER BY 1")).await;
    }
    let readers = [pair.old.session("dep_reader", "").await, pair.new.session("dep_reader", "").await];
    for view in ["m1", "m2", "v1", "v2"] {
        both(&pair, &readers, &raw(&format!("SELECT * FROM cf_quere_pro.{view} ORDER BY 1")), "a reader").await;
    }
}

#[tokio::test]
async fn functions_rules_and_policies_of_others_read_the_view() {
    let mut pair = Pair::new(&format!(
        "{TABLE}
         CREATE FUNCTION f1(k numeric) RETURNS varchar LANGUAGE sql BEGIN ATOMIC SELECT name FROM t WHERE id = k; END;
         CREATE FUNCTION f2() RETURNS SETOF t LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT * FROM cf_quere_pro.t ORDER BY id; END $$;
         REVOKE ALL ON FUNCTION f2() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f2() TO dep_reader; COMMENT ON FUNCTION f2() IS 'all rows';
         ALTER FUNCTION f2() OWNER TO dep_owner;
         CREATE FUNCTION f3() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM cf_quere_pro.t';
         CREATE RULE r1 AS ON INSERT TO other WHERE new.tid IS NULL DO ALSO UPDATE other SET tid = (SELECT max(id) FROM t) WHERE id = new.id;
         CREATE POLICY p1 ON other USING (tid IN (SELECT id FROM t WHERE n > 10)) WITH CHECK (tid IN (SELECT id FROM t));
         ALTER TABLE other ENABLE ROW LEVEL SECURITY; GRANT SELECT, INSERT ON other TO dep_reader; GRANT SELECT ON t TO dep_reader;"
    ))
    .await;
    let all = shift(&mut pair).await;
    pair.new.sql("GRANT SELECT ON cf_quere_pro.t TO dep_reader").await;
    let expected = [
        "function cf_quere_pro.f1(numeric)",
        "function cf_quere_pro.f2()",
        "rule r1 on cf_quere_pro.other",
        "policy p1 on cf_quere_pro.other",
        "function text cf_quere_pro.f2()",
        "function text cf_quere_pro.f3()",
    ];
    assert_eq!(list(&all), expected);
    same(&pair, CATALOG[3]).await;
    let sessions = [pair.old.session("postgres", "").await, pair.new.session("postgres", "").await];
    let readers = [pair.old.session("dep_reader", "").await, pair.new.session("dep_reader", "").await];
    both(&pair, &sessions, &update("t", &[("name", "'changed'"), ("n", "1")], "{id} = 2"), "").await;
    both(&pair, &sessions, &insert("t", "id, name, n", "(77, 'new', 7)"), "").await;
    for sql in [
        "SELECT cf_quere_pro.f1(2), cf_quere_pro.f3()",
        "SELECT * FROM cf_quere_pro.f2()",
        "INSERT INTO cf_quere_pro.other VALUES (9, NULL); SELECT * FROM cf_quere_pro.other ORDER BY id",
    ] {
        both(&pair, &sessions, &raw(sql), "").await;
    }
    for sql in [
        "SELECT * FROM cf_quere_pro.other ORDER BY id",
        "INSERT INTO cf_quere_pro.other VALUES (10, 77)",
        "INSERT INTO cf_quere_pro.other VALUES (11, 78)",
    ] {
        both(&pair, &readers, &raw(sql), "").await;
    }
}

#[tokio::test]
async fn checks_comments_and_statistics_of_its_own() {
    let mut pair = Pair::new(&format!(
        "{TABLE}
         ALTER TABLE t ADD CONSTRAINT t_n CHECK (n >= 0 AND (name <> 'bad' OR name IS NULL)); COMMENT ON CONSTRAINT t_n ON t IS 'no debt';
         ALTER TABLE t ADD CONSTRAINT t_never CHECK (n < 1000) NOT VALID;
         COMMENT ON TABLE t IS 'the table'; COMMENT ON COLUMN t.name IS 'the name'; CREATE STATISTICS t_stat (ndistinct, mcv) ON name, n FROM t;
         CREATE STATISTICS t_expr ON lower(name), n FROM t;
         CREATE SCHEMA evil; CREATE FUNCTION evil.yes(numeric, numeric) RETURNS boolean LANGUAGE sql AS 'SELECT true';
         CREATE OPERATOR evil.>= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.yes);"
    ))
    .await;
    let all = shift(&mut pair).await;
    let expected = [
        "check constraint t_n",
        "check constraint t_never",
        "comment t",
        "comment t.name",
        "extended statistics t_stat",
        "extended statistics t_expr",
    ];
    assert_eq!(list(&all), expected);
    let comments =
        "SELECT obj_description('cf_quere_pro.t'::regclass, 'pg_class'), col_description('cf_quere_pro.t'::regclass, 2)";
    same(&pair, comments).await;
    let sessions = [
        pair.old.session("postgres", "SET search_path = evil, pg_catalog").await,
        pair.new.session("postgres", "SET search_path = evil, pg_catalog").await,
    ];
    for op in [
        insert("t", "id, name, n", "(20, 'x', 5)"),
        insert("t", "id, name, n", "(21, 'x', -5)"),
        update("t", &[("name", "'bad'")], "{id} = 20"),
        update("t", &[("n", "2000")], "{id} = 20"),
    ] {
        let [old, new] = pair.render(&op);
        let cut = |told: String| told.split("]:").next().unwrap().replace("[esclusa_leaf ", "[cf_quere_pro ");
        let (old, new) = (cut(sessions[0].say(&old).await), cut(sessions[1].say(&new).await));
        assert_eq!(old, new, "{op:?}");
    }
    same(&pair, "SELECT * FROM cf_quere_pro.t ORDER BY id").await;
    let catalog = "SELECT conname, convalidated FROM pg_constraint WHERE conrelid = to_regclass('%') AND contype = 'c' AND conname LIKE 't\\_%' ORDER BY 1";
    assert_eq!(
        pair.old.rows(&catalog.replace('%', "cf_quere_pro.t")).await,
        pair.new.rows(&catalog.replace('%', "esclusa_leaf.t")).await
    );
    assert_eq!(
        pair.new
            .cell("SELECT stxkind::text FROM pg_statistic_ext WHERE stxname = 't_stat' AND stxrelid = 'esclusa_leaf.t'::regclass")
            .await,
        "{d,m,e}"
    );
}

/// Each of these alone keeps a table from moving.
#[tokio::test]
async fn what_blocks() {
    let cases = [
        ("CREATE VIEW v1 AS SELECT id, name FROM t GROUP BY id", "! view cf_quere_pro.v1"),
        ("CREATE VIEW v1 AS SELECT ctid, id FROM t", "! view cf_quere_pro.v1"),
        ("CREATE VIEW v1 AS SELECT t FROM t", "! view cf_quere_pro.v1"),
        ("CREATE VIEW v1 AS SELECT id FROM t TABLESAMPLE SYSTEM (10)", "! view cf_quere_pro.v1"),
        ("CREATE FUNCTION f1(r t) RETURNS numeric LANGUAGE sql AS 'SELECT r.n'", "! function cf_quere_pro.f1(cf_quere_pro.t)"),
        (
            "CREATE FUNCTION f1() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM cf_quere_pro.t'; CREATE VIEW v1 AS SELECT id FROM f1()",
            "! function cf_quere_pro.f1()",
        ),
        (
            "CREATE FUNCTION f1(s numeric, r t) RETURNS numeric LANGUAGE sql AS 'SELECT s'; CREATE AGGREGATE a1(t) (SFUNC = f1, STYPE = numeric)",
            "! aggregate cf_quere_pro.a1(cf_quere_pro.t)",
        ),
        (
            "CREATE FUNCTION f1(r t) RETURNS numeric LANGUAGE sql AS 'SELECT r.n'; CREATE VIEW v1 AS SELECT f1(t) FROM t",
            "! view cf_quere_pro.v1",
        ),
        ("CREATE VIEW v1 WITH (security_barrier) AS SELECT id FROM t", "! view cf_quere_pro.v1"),
        (
            "GRANT SELECT (n) ON t TO dep_owner WITH GRANT OPTION; SET LOCAL ROLE dep_owner; GRANT SELECT (n) ON t TO dep_reader; RESET ROLE",
            "! grant SELECT (n) to dep_reader by dep_owner",
        ),
        ("CREATE TABLE holds (r t)", "! column column r of table cf_quere_pro.holds"),
        ("CREATE TABLE holds (r t[])", "! column column r of table cf_quere_pro.holds"),
        ("CREATE DOMAIN dom AS t", "! other type cf_quere_pro.dom"),
        ("CREATE RULE r1 AS ON DELETE TO t DO INSTEAD NOTHING", "! rule r1"),
        ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "! row-level security t"),
        ("CREATE POLICY p1 ON t USING (true)", "! policy p1"),
        ("CREATE PUBLICATION pub1 FOR TABLE t", "! publication pub1"),
        ("CREATE PUBLICATION pub2 FOR ALL TABLES", "! publication pub2"),
        ("CREATE PUBLICATION pub3 FOR TABLES IN SCHEMA cf_quere_pro", "! publication pub3"),
        ("CREATE TABLE heir () INHERITS (t)", "! inheritance cf_quere_pro.heir"),
        ("ALTER TABLE t ADD CONSTRAINT x EXCLUDE (id WITH =)", "! exclusion constraint x"),
        ("ALTER TABLE t ADD CONSTRAINT u UNIQUE (name) DEFERRABLE", "! deferrable key u"),
        ("ALTER TABLE t ADD COLUMN g numeric GENERATED ALWAYS AS (n * 2) STORED", "! generated column g"),
        ("ALTER TABLE t ADD COLUMN i integer GENERATED ALWAYS AS IDENTITY", "! identity column i"),
        ("ALTER TABLE t ADD CONSTRAINT whole CHECK (t IS NOT NULL)", "! check constraint whole"),
        (
            "ALTER TABLE other ADD CONSTRAINT o_t FOREIGN KEY (tid) REFERENCES t; ALTER TABLE other DISABLE TRIGGER ALL",
            "! foreign key constraint \"o_t\" on table \"other\"",
        ),
        (
            "CREATE FUNCTION f1() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER tr1 BEFORE INSERT ON t EXECUTE FUNCTION f1()",
            "! trigger tr1",
        ),
        (
            "CREATE MATERIALIZED VIEW m1 AS SELECT id FROM t; CREATE FUNCTION f1() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM m1; END",
            "! materialised view cf_quere_pro.m1",
        ),
    ];
    let pair = Pair::new(TABLE).await;
    // What is said of a trigger is true of it.
    for (how, fate) in [
        ("FOR EACH ROW", "it reads rows"),
        ("FOR EACH STATEMENT", "it fires once"),
        ("REFERENCING NEW TABLE AS n", "it reads rows"),
    ] {
        pair.new.sql(&format!("BEGIN; SET LOCAL search_path = cf_quere_pro; CREATE FUNCTION f1() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER tr1 AFTER INSERT ON t {how} EXECUTE FUNCTION f1(); SET LOCAL search_path = pg_catalog, pg_temp")).await;
        let all = found(&pair).await;
        assert!(all.found.len() == 1 && all.found[0].fate.starts_with(fate), "{how}: {:?}", all.found);
        pair.new.sql("ROLLBACK").await;
    }
    for (sql, expected) in cases {
        pair.new
            .sql(&format!("BEGIN; SET LOCAL search_path = cf_quere_pro; {sql}; SET LOCAL search_path = pg_catalog, pg_temp"))
            .await;
        let all = found(&pair).await;
        assert!(list(&all).iter().any(|l| l == expected), "{sql}: {:?}", list(&all));
        assert!(
            all.blocking().all(|d| !d.fate.is_empty() && !all.after.contains(d.script.as_deref().unwrap_or("\u{0}"))),
            "{sql}"
        );
        pair.new.sql("ROLLBACK").await;
    }
    assert_eq!(list(&found(&pair).await), Vec::<String>::new());
}

/// The script for an identity column is one: after it the table moves.
#[tokio::test]
async fn an_identity_column_becomes_one_with_a_default() {
    let pair = Pair::new(
        "CREATE TABLE t (id numeric(5,0) PRIMARY KEY, i bigint GENERATED BY DEFAULT AS IDENTITY); INSERT INTO t VALUES (1), (2);",
    )
    .await;
    let all = found(&pair).await;
    assert_eq!(list(&all), ["! identity column i"]);
    pair.new.sql(all.found[0].script.as_ref().unwrap()).await;
    assert_eq!(list(&found(&pair).await), Vec::<String>::new());
    pair.new.sql("INSERT INTO cf_quere_pro.t VALUES (3)").await;
    assert_eq!(pair.new.rows("SELECT i FROM cf_quere_pro.t ORDER BY id").await, ["1", "2", "3"]);
    // An identity column needs no right on its sequence.
    pair.new.sql("CREATE ROLE dep_inserts; GRANT USAGE ON SCHEMA cf_quere_pro TO dep_inserts; GRANT INSERT ON cf_quere_pro.t TO dep_inserts").await;
    pair.new.sql("SET ROLE dep_inserts; INSERT INTO cf_quere_pro.t VALUES (4); RESET ROLE").await;
}

/// Rollback: what was carried to the view is carried back to the table.
#[tokio::test]
async fn what_was_carried_comes_back() {
    let mut pair = Pair::new(&format!(
        "{TABLE}
         CREATE VIEW v1 AS SELECT id, name FROM t; CREATE MATERIALIZED VIEW m1 AS SELECT id FROM v1; CREATE MATERIALIZED VIEW m2 AS SELECT n FROM t;
         CREATE FUNCTION f1() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END; ALTER TABLE t ADD CHECK (n > 0);"
    ))
    .await;
    shift(&mut pair).await;
    let shape = pair.moved["t"].clone();
    // Views that clients made meanwhile, through a proxy, use the view that rewritten statements name.
    let made = "CREATE VIEW esclusa.t AS SELECT * FROM mig_old.t; CREATE VIEW cf_quere_pro.nueva AS SELECT t.n, 'esclusa.t' AS texto FROM esclusa.t";
    pair.new.sql(made).await;
    let new = &pair.new.db;
    let all = with_leaf(&shape, "cf_quere_pro.t", async |leaf| dependents::back(new, leaf, "esclusa.t").await).await.unwrap();
    assert!(all.after.contains("FROM cf_quere_pro.t;") && all.after.contains("'esclusa.t'::text AS texto"), "{}", all.after);
    assert_eq!(all.blocking().count(), 0);
    pair.new
        .sql(&format!(
            "BEGIN; {} ALTER VIEW cf_quere_pro.t RENAME TO t_view; ALTER TABLE mig_old.t SET SCHEMA cf_quere_pro;",
            all.before
        ))
        .await;
    pair.new.sql(&all.after).await;
    pair.new
        .sql("DROP VIEW cf_quere_pro.t_view; ALTER TABLE public.dv DETACH PARTITION esclusa_leaf.t; DROP TABLE esclusa_leaf.t")
        .await;
    pair.new.sql(&format!("{} COMMIT", all.last)).await;
    for question in CATALOG {
        same(&pair, question).await;
    }
    assert_eq!(pair.new.rows("SELECT * FROM cf_quere_pro.v1").await.len(), 5);
    assert_eq!(pair.new.cell("SELECT cf_quere_pro.f1()").await, "5");
    assert_eq!(pair.new.cell("SELECT count(*) FROM pg_proc WHERE oid::regproc::text LIKE 'esclusa.check\\_%'").await, "0");
}
