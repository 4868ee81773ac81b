//! Mode shadow: reads run a second time on the side. Equal ones are counted, a difference is reported when a repetition confirms it, concurrent
//! writes are not reported, and no client is delayed.

use std::time::{Duration, Instant};

use esclusa::mode::Mode;

use super::load::Load;
use crate::common::proxy::{Proxy, b, e, p, p_typed, s};
use crate::common::{Bed, SCHEMA, wait_for};

/// A look-up that was migrated; its view is replaced by a table with the same rows.
async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20), n numeric(10,0));
         INSERT INTO tipocolor SELECT i, 'color ' || i, i FROM generate_series(1, 20) i;",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.migrate_all().await;
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; ALTER TABLE mig_old.tipocolor SET SCHEMA {SCHEMA}")).await;
    let proxy = Proxy::start_with(&bed, |settings| {
        settings.shadow.every = 1;
        settings.control.flush_interval = Duration::from_millis(50);
    })
    .await;
    proxy.set(&["tipocolor"], Mode::Shadow).await;
    (bed, proxy)
}

/// The counts of the table: equal, different, unsteady, skipped.
fn counts(proxy: &Proxy) -> [u64; 4] {
    let totals = proxy.server.shared.shadow.totals();
    totals.first().map_or([0; 4], |(_, c)| [c.equal, c.different, c.unsteady, c.skipped])
}

async fn until(proxy: &Proxy, expected: [u64; 4]) {
    let limit = Instant::now() + Duration::from_secs(30);
    while counts(proxy) != expected {
        assert!(Instant::now() < limit, "{:?} instead of {expected:?}", counts(proxy));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn equal_reads_are_counted_in_every_protocol() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    for text in ["SELECT * FROM tipocolor", "TABLE tipocolor;", "WITH a AS (SELECT id FROM tipocolor) SELECT count(*) FROM a"] {
        client.query(text).await;
    }
    until(&proxy, [3, 0, 0, 0]).await;
    let by_id = "SELECT nombre, n FROM tipocolor WHERE id = $1";
    client.ask(&[p("s", by_id), p_typed("t", by_id, &[1700]), s()]).await;
    assert_eq!(
        client.ask(&[b("s", &["3"]), e(), b("t", &["4"]), e(), s()]).await,
        "2 (color 3,3) [SELECT 1] 2 (color 4,4) [SELECT 1] ZI"
    );
    until(&proxy, [5, 0, 0, 0]).await;
    // Neither writes nor locks nor several statements run twice; a statement that fails for the client is not compared.
    for text in [
        "UPDATE tipocolor SET n = n",
        "SELECT * FROM tipocolor FOR UPDATE",
        "SELECT id FROM tipocolor; SELECT id FROM tipocolor",
        "SELECT 1/(id-id) FROM tipocolor",
        "INSERT INTO tipocolor SELECT id + 100, nombre, n FROM tipocolor WHERE id < 0",
        "SELECT nothing FROM tipocolor",
    ] {
        client.query(text).await;
    }
    client.query("SELECT statement_timestamp(), id FROM tipocolor").await;
    until(&proxy, [5, 0, 1, 0]).await;
    client.query("SELECT id FROM tipocolor LIMIT 3").await;
    until(&proxy, [6, 0, 1, 0]).await;
    wait_for(
        &bed.db,
        "SELECT coalesce(sum(equal), 0) = 6 AND sum(unsteady) = 1 FROM esclusa.shadow WHERE legacy_table = 'tipocolor'",
    )
    .await;
}

#[tokio::test]
async fn a_difference_is_kept_with_its_statement_and_first_row() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    bed.sql(&format!("UPDATE {SCHEMA}.tipocolor SET nombre = 'otro' WHERE id = 7")).await;
    client.ask(&[p("", "SELECT id, nombre FROM tipocolor WHERE id = $1"), b("", &["7"]), e(), s()]).await;
    // Unnamed and parsed in the same packet: it is compared like any other.
    until(&proxy, [0, 1, 0, 0]).await;
    let told = &proxy.server.shared.shadow.differences()[0];
    assert_eq!(told.tables, ["tipocolor"]);
    assert_eq!(told.statement, "SELECT id, nombre FROM tipocolor WHERE id = $1 -- $1 = '7'");
    assert_eq!(told.difference, "1 and 1 rows; (id = 7, nombre = 'otro') became (id = 7, nombre = 'color 7')");
    assert!(told.rewritten.contains("esclusa.tipocolor"), "{}", told.rewritten);
    wait_for(
        &bed.db,
        "SELECT count(*) = 1 FROM esclusa.shadow_difference WHERE difference LIKE '%''otro''%' AND legacy_tables = '{tipocolor}'",
    )
    .await;
    bed.sql("DROP VIEW esclusa.tipocolor").await;
    client.query("SELECT id FROM tipocolor").await;
    until(&proxy, [0, 2, 0, 0]).await;
    let told = &proxy.server.shared.shadow.differences()[0].difference;
    assert!(told.starts_with("only the rewritten form fails: 42P01"), "{told}");
}

/// A table that is written all the time, in both places at once.
#[tokio::test]
async fn concurrent_writes_are_no_difference() {
    let (bed, proxy) = bed().await;
    let mut load = Load::new();
    let mut writer = crate::common::proxy::direct(&bed).await;
    load.add(|turn| async move {
        while turn.next().is_some() {
            let both = format!(
                "BEGIN; UPDATE {SCHEMA}.tipocolor SET n = n + 1 WHERE id = 1; \
                 UPDATE {SCHEMA}.domain_value SET dv_extra_json = (SELECT json_object_agg(key, CASE key WHEN 'n' THEN to_json((value::text::numeric + 1)::text::numeric) ELSE value END) FROM json_each(dv_extra_json::json)) \
                 WHERE dv_domain = 'tipocolor' AND dv_code = '1'; COMMIT"
            );
            assert!(!writer.query(&both).await.contains('<'));
        }
    });
    let mut client = proxy.client(&bed).await;
    load.add(|turn| async move {
        client.ask(&[p("s", "SELECT id, n FROM tipocolor ORDER BY id"), s()]).await;
        while turn.next().is_some() {
            assert!(client.ask(&[b("s", &[]), e(), s()]).await.ends_with("[SELECT 20] ZI"));
        }
    });
    // The comparing session handles some of them, as fast as it can.
    let limit = Instant::now() + Duration::from_secs(60);
    while counts(&proxy)[0] <= 20 {
        assert!(Instant::now() < limit, "{:?}", counts(&proxy));
        load.go_on(50).await;
    }
    load.end().await;
    let [_, different, unsteady, _] = counts(&proxy);
    assert_eq!((different, unsteady), (0, 0), "{:?}", proxy.server.shared.shadow.differences());
}

/// The comparing session waits for a lock; clients do not.
#[tokio::test]
async fn a_client_is_never_delayed() {
    let (bed, proxy) = bed().await;
    let mut locker = crate::common::proxy::direct(&bed).await;
    locker.query(&format!("BEGIN; LOCK TABLE {SCHEMA}.domain_value")).await;
    let mut client = proxy.client(&bed).await;
    for _ in 0..300 {
        assert_eq!(client.query("SELECT count(*) FROM tipocolor").await, "T (20) [SELECT 1] ZI");
    }
    assert!(proxy.server.shared.shadow.dropped() > 100);
    assert_eq!(counts(&proxy)[0], 0);
    locker.query("ROLLBACK").await;
}

/// What a client could hide its code in: a function that logs as whom it runs, behind all that reaches a function.
const EVIL: &str = "
    CREATE FUNCTION public.evil(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS $$
      BEGIN RAISE LOG 'evil ran as %', session_user; RETURN $1; END $$;
    CREATE FUNCTION public.evil(varchar, varchar) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
      BEGIN RAISE LOG 'evil ran as %', session_user; RETURN true; END $$;
    CREATE FUNCTION public.lower(varchar) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
      BEGIN RAISE LOG 'evil ran as %', session_user; RETURN $1; END $$;
    CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = public.evil);
    CREATE DOMAIN public.evil_domain AS integer CHECK (public.evil(VALUE) > 0);
    CREATE VIEW public.evil_view AS SELECT public.evil(1) AS e;
    CREATE TABLE public.evil_index (a integer); CREATE INDEX ON public.evil_index ((public.evil(2) + a));
    CREATE TABLE public.evil_check (a integer CHECK (public.evil(3) > a));
    CREATE TABLE public.evil_rows (a integer); ALTER TABLE public.evil_rows ENABLE ROW LEVEL SECURITY;
    CREATE POLICY p ON public.evil_rows USING (public.evil(a) > 0);
    CREATE TABLE public.evil_parent (a integer) PARTITION BY RANGE (a);
    CREATE TABLE public.evil_child PARTITION OF public.evil_parent (CHECK (public.evil(4) > a)) FOR VALUES FROM (0) TO (9);
    INSERT INTO public.evil_index VALUES (1); INSERT INTO public.evil_rows VALUES (1);";

/// No code of a client runs as the comparing role: reads that could reach such code are skipped, the others run with only PostgreSQL's own names visible.
#[tokio::test]
async fn no_code_of_a_client_runs_as_the_role_that_compares() {
    let (bed, proxy) = bed().await;
    bed.sql(EVIL).await;
    let mut client = proxy.client(&bed).await;
    let mut seen = [0; 4];
    let cases = [
        ("SELECT public.evil(n::int) FROM tipocolor", 3),
        ("SELECT evil(1), count(*) FROM tipocolor", 3),
        ("SELECT id FROM tipocolor WHERE nombre OPERATOR(public.=) 'x'::varchar", 3),
        ("SELECT id::int::public.evil_domain FROM tipocolor", 3),
        ("SELECT '{1}'::public.evil_domain[] FROM tipocolor", 3),
        ("SELECT public.evil_domain '1' FROM tipocolor", 3),
        ("SELECT count(*) FROM tipocolor, evil_view", 3),
        ("SELECT count(*) FROM tipocolor, public.evil_index", 3),
        ("SELECT count(*) FROM tipocolor, evil_check", 3),
        ("SELECT count(*) FROM tipocolor, evil_parent", 3),
        ("SELECT count(*) FROM tipocolor, evil_rows", 3),
        ("SELECT query_to_xml('SELECT public.evil(1)', false, false, '') FROM tipocolor WHERE id = 1", 3),
        ("SELECT set_config('search_path', 'public', true), id FROM tipocolor WHERE id = 1", 3),
        ("SELECT random(), id FROM tipocolor", 3),
        ("SELECT U&\"evil\"(1), id FROM tipocolor", 3),
        // These find PostgreSQL's own, whatever comes first in the client's path: counted as equal.
        ("SELECT id FROM tipocolor WHERE nombre = 'color 7'", 0),
        ("SELECT count(*) FROM tipocolor a JOIN tipocolor b USING (id) WHERE a.id IN (1, 2)", 0),
        ("SELECT max(id), string_agg(trim(nombre), ',' ORDER BY id) FROM cf_quere_pro.tipocolor GROUP BY n > 3", 0),
    ];
    for (text, verdict) in cases {
        client.query(text).await;
        seen[verdict] += 1;
        let now = counts(&proxy);
        until(&proxy, seen).await;
        assert!(now.iter().sum::<u64>() <= seen.iter().sum(), "{text}");
    }
    let log = || std::fs::read_to_string(crate::common::server_log()).unwrap();
    let runs = |role: &str| log().lines().filter(|line| line.contains(&format!("evil ran as {role}"))).count();
    assert_eq!(runs("esclusa_shadow"), 0);
    // The client itself did run it, and that role would have been seen.
    assert!(runs("postgres") > 0);
    bed.session("esclusa_shadow", "SELECT public.evil(1)").await;
    assert_eq!(runs("esclusa_shadow"), 1);
}

/// Mode shadow is refused while its role could do more than read, whatever it is that it could do.
#[tokio::test]
async fn the_role_that_compares_can_do_nothing_but_read() {
    let mut bed = Bed::new(
        "CREATE TABLE tiporol (id numeric(5,0) NOT NULL PRIMARY KEY); CREATE TABLE suya (a int);
         CREATE ROLE lector LOGIN IN ROLE pg_read_all_data; CREATE ROLE otra;",
    )
    .await;
    bed.lookup("tiporol", "id").await;
    bed.migrate_all().await;
    let proxy = Proxy::start_with(&bed, |settings| settings.shadow.user = "lector".into()).await;
    let admin = proxy.server.admin();
    let set =
        async || admin.set_modes(&["tiporol".to_owned()], Mode::Shadow, "test", None).await.map_err(|e| crate::common::said(&e));
    let cases = [
        ("ALTER ROLE lector SUPERUSER", "it is a superuser", "ALTER ROLE lector NOSUPERUSER"),
        ("ALTER ROLE lector CREATEROLE", "it may create roles", "ALTER ROLE lector NOCREATEROLE"),
        ("ALTER ROLE lector CREATEDB", "it may create databases", "ALTER ROLE lector NOCREATEDB"),
        ("ALTER ROLE lector REPLICATION", "it may replicate", "ALTER ROLE lector NOREPLICATION"),
        ("ALTER ROLE lector BYPASSRLS", "it goes past row security", "ALTER ROLE lector NOBYPASSRLS"),
        ("GRANT otra TO lector", "it is a member of otra", "REVOKE otra FROM lector"),
        (
            "GRANT pg_execute_server_program TO lector",
            "a member of pg_execute_server_program",
            "REVOKE pg_execute_server_program FROM lector",
        ),
        ("ALTER TABLE cf_quere_pro.suya OWNER TO lector", "it owns 1 objects", "ALTER TABLE cf_quere_pro.suya OWNER TO postgres"),
        (
            "GRANT UPDATE (a) ON cf_quere_pro.suya TO lector",
            "the right to update a",
            "REVOKE ALL (a) ON cf_quere_pro.suya FROM lector",
        ),
        (
            "GRANT INSERT ON cf_quere_pro.suya TO lector",
            "the right to insert suya",
            "REVOKE ALL ON cf_quere_pro.suya FROM lector",
        ),
        (
            "GRANT CREATE ON SCHEMA cf_quere_pro TO lector",
            "the right to create cf_quere_pro",
            "REVOKE ALL ON SCHEMA cf_quere_pro FROM lector",
        ),
    ];
    for (more, told, less) in cases {
        bed.sql(more).await;
        let refused = set().await.unwrap_err();
        assert!(refused.contains(told) && refused.contains("esclusa roles"), "{more}: {refused}");
        bed.sql(less).await;
    }
    assert!(set().await.is_ok());
    assert!(
        Proxy::start_with(&bed, |settings| settings.shadow.user = "nadie".into())
            .await
            .server
            .admin()
            .set_modes(&["tiporol".to_owned()], Mode::Shadow, "test", None)
            .await
            .is_err_and(|e| crate::common::said(&e).contains("there is no such role"))
    );
}
