//! Views and rollback: what the legacy name means after a move, for whom, and what happens when the move fails.

use crate::common::{Bed, SCHEMA, Twin, said};

/// Roles belong to the whole server: each test names its own.
async fn roles(bed: &Bed, names: &[&str]) {
    for name in names {
        bed.sql(&format!("CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA {SCHEMA} TO {name}")).await;
    }
}

#[tokio::test]
async fn grants_are_copied() {
    let mut bed = Bed::new("CREATE TABLE hisgr (id numeric(5,0), x text); INSERT INTO hisgr VALUES (1, 'a'); CREATE TABLE tipgr (id numeric(5,0) PRIMARY KEY, x text); INSERT INTO tipgr VALUES (1, 'a')").await;
    roles(&bed, &["gr_reads", "gr_writes", "\"Gr Owner\"", "gr_column", "gr_none"]).await;
    for table in ["hisgr", "tipgr"] {
        bed.sql(&format!(
            "ALTER TABLE {SCHEMA}.{table} OWNER TO \"Gr Owner\"; GRANT SELECT ON {SCHEMA}.{table} TO gr_reads;
             GRANT ALL ON {SCHEMA}.{table} TO gr_writes WITH GRANT OPTION; GRANT SELECT (x), UPDATE (x) ON {SCHEMA}.{table} TO gr_column"
        ))
        .await;
    }
    bed.history("hisgr", "id").await;
    bed.lookup("tipgr", "id").await;
    bed.migrate_all().await;
    for table in ["hisgr", "tipgr"] {
        for (role, statement, expected) in [
            ("gr_reads", "SELECT * FROM {t}", "1|a\n(1)"),
            ("gr_reads", "INSERT INTO {t} VALUES (2, 'b')", "ERROR 42501"),
            ("gr_reads", "COPY {t} TO STDOUT", ""),
            ("gr_writes", "INSERT INTO {t} VALUES (2, 'b') RETURNING id", "2\n(1)"),
            ("gr_writes", "UPDATE {t} SET x = 'c' WHERE id = 2", "(1)"),
            ("gr_writes", "DELETE FROM {t} WHERE id = 2", "(1)"),
            ("gr_writes", "GRANT SELECT ON {t} TO gr_reads", "(0)"),
            ("Gr Owner", "SELECT count(*) FROM {t}", "1\n(1)"),
            ("gr_column", "SELECT x FROM {t}", "a\n(1)"),
            ("gr_column", "SELECT id FROM {t}", "ERROR 42501"),
            ("gr_column", "UPDATE {t} SET x = 'a'", "(1)"),
            ("gr_none", "SELECT x FROM {t}", "ERROR 42501"),
        ] {
            let session = bed.session(role, "SELECT").await;
            let answer = session.say(&statement.replace("{t}", &format!("{SCHEMA}.{table}"))).await;
            assert!(answer.starts_with(expected), "{role}: {statement}: {answer}");
        }
    }
}

/// Every write that a client may send through the view, compared with the legacy table.
#[tokio::test]
async fn writes_go_through() {
    let ddl = |t: &str, key: &str| {
        format!(
            "CREATE TABLE {t} (id numeric(5,0) NOT NULL {key}, d varchar(5) NOT NULL DEFAULT 'x', c char(4), h date DEFAULT '2020-01-02', \"T\" text NOT NULL DEFAULT ''); \
             INSERT INTO {t} VALUES (1, 'a', 'p'), (2, 'b  ', NULL);"
        )
    };
    let mut bed = Bed::new(&(ddl("hisw", "") + &ddl("tipw", "PRIMARY KEY"))).await;
    bed.history("hisw", "id").await;
    bed.lookup("tipw", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SET search_path = public").await;
    for table in ["hisw", "tipw"] {
        let twin = Twin { session: &session, table };
        for (statement, expected) in [
            ("INSERT INTO {t} (id) VALUES (3) RETURNING *", "(1)\n3|x|\\N|2020-01-02|"),
            (
                "INSERT INTO {t} VALUES (4, DEFAULT, 'q', NULL, 'z'), (5, 'y', DEFAULT, DEFAULT, DEFAULT) RETURNING id, d, c",
                "(2)\n4|x|q   \n5|y|\\N",
            ),
            ("INSERT INTO {t} (id, d) SELECT id + 10, d FROM {t} WHERE id < 3", "(2)"),
            ("WITH n AS (INSERT INTO {t} (id) VALUES (20) RETURNING *) SELECT id, h FROM n", "(1)\n20|2020-01-02"),
            ("UPDATE {t} SET d = upper(d), c = NULL WHERE id > 3 RETURNING id, d", "(5)\n11|A\n12|B  \n20|X\n4|X\n5|Y"),
            ("UPDATE {t} SET (d, \"T\") = (SELECT 'm', 'n') FROM generate_series(1, 2) g WHERE g = id RETURNING g", "(2)\n1\n2"),
            ("UPDATE {t} SET id = id + 100 WHERE id = 20", "(1)"),
            ("UPDATE {t} SET d = 'k' WHERE false", "(0)"),
            ("DELETE FROM {t} USING generate_series(11, 12) g WHERE g = id RETURNING g, d", "(2)\n11|A\n12|B  "),
            // Writes that the table refuses.
            (
                "INSERT INTO {t} (d) VALUES ('a')",
                "ERROR 23502 null value in column \"id\" of relation \"{n}\" violates not-null constraint [cf_quere_pro {n} id -]: Failing row contains (null, a, null, 2020-01-02, ).",
            ),
            (
                "INSERT INTO {t} VALUES (7, NULL, 'ab', NULL, repeat('ñ', 40))",
                "ERROR 23502 null value in column \"d\" of relation \"{n}\" violates not-null constraint [cf_quere_pro {n} d -]: Failing row contains (7, null, ab  , null, ñ",
            ),
            (
                "UPDATE {t} SET \"T\" = NULL WHERE id = 1",
                "ERROR 23502 null value in column \"T\" of relation \"{n}\" violates not-null constraint [cf_quere_pro {n} T -]: Failing row contains (1, m, p   , 2020-01-02, null).",
            ),
            ("INSERT INTO {t} VALUES (8, 'abcdefgh')", "ERROR 22001 value too long for type character varying(5)"),
            ("INSERT INTO {t} VALUES (123456)", "ERROR 22003 numeric field overflow"),
            ("UPDATE {t} SET h = 'mañana'", "ERROR 22007 "),
            ("INSERT INTO {t} VALUES (9, 'a', 'b', 'epoch', 'c', 'd')", "ERROR 42601 "),
            ("INSERT INTO {t} (nada) VALUES (9)", "ERROR 42703 column \"nada\" of relation \"{n}\" does not exist"),
        ] {
            let answer = twin.write(statement).await;
            assert!(answer.starts_with(&expected.replace("{n}", table)), "{table}: {statement}\n{answer}");
        }
        let rows = "30\tr\ts\t\\N\ta\\tb\n31\tr\t\\N\t1999-12-31\t\n";
        for target in [format!("mig_old.{table}"), format!("{SCHEMA}.{table}")] {
            assert_eq!(session.copy_in(&format!("COPY {target} FROM STDIN"), rows).await, "(2)");
            assert_eq!(session.copy_in(&format!("COPY {target} (id) FROM STDIN"), "32\n").await, "(1)");
            let refused = session.copy_in(&format!("COPY {target} (c, d) FROM STDIN"), "a\tb\n").await;
            assert!(refused.starts_with("ERROR 23502 null value in column \"id\""), "{refused}");
        }
        twin.write("DELETE FROM {t}").await;
    }
    // An existing code.
    session.say("INSERT INTO cf_quere_pro.tipw (id) VALUES (1)").await;
    assert!(session.say("INSERT INTO cf_quere_pro.tipw (id) VALUES (1.0)").await.starts_with("ERROR 23505 "));
    assert!(session.say("UPDATE cf_quere_pro.tipw SET id = 1").await.starts_with("(1)"));
}

/// Equal rows of a history are counted one by one.
#[tokio::test]
async fn duplicates_are_written_row_by_row() {
    let mut bed = Bed::new("CREATE TABLE hisdup (id numeric(5,0), n int, x text); INSERT INTO hisdup SELECT 1, 1, 'a' FROM generate_series(1, 5); INSERT INTO hisdup VALUES (1, 2, 'a'), (NULL, NULL, NULL), (NULL, NULL, NULL)").await;
    bed.history("hisdup", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SELECT").await;
    let twin = Twin { session: &session, table: "hisdup" };
    for (statement, expected) in [
        ("UPDATE {t} SET n = n + 1 WHERE id = 1 RETURNING n", "(6)\n2\n2\n2\n2\n2\n3"),
        ("UPDATE {t} SET n = 7 - n, id = n WHERE n IS NOT NULL", "(6)"),
        ("UPDATE {t} SET x = 'b' WHERE id IS NULL", "(2)"),
        ("INSERT INTO {t} SELECT * FROM {t}", "(8)"),
        ("DELETE FROM {t} WHERE n = 5", "(10)"),
        ("DELETE FROM {t} RETURNING x", "(6)\na\na\nb\nb\nb\nb"),
    ] {
        assert_eq!(twin.write(statement).await, expected, "{statement}");
    }
    let left = "SELECT count(*) FROM cf_quere_pro.audit_log";
    assert_eq!(bed.cell(left).await, "0");
}

/// A role that may only insert writes through the view without any other right; and its temporary tables have no effect on the trigger.
#[tokio::test]
async fn a_role_with_few_rights() {
    let mut bed =
        Bed::new("CREATE TABLE hisfew (id numeric(5,0) NOT NULL, x float8, y interval, z json); INSERT INTO hisfew VALUES (1)")
            .await;
    roles(&bed, &["few"]).await;
    bed.sql(&format!("GRANT INSERT ON {SCHEMA}.hisfew TO few; GRANT TEMPORARY, CREATE ON DATABASE {} TO few", bed.name())).await;
    bed.history("hisfew", "id").await;
    bed.migrate_all().await;
    bed.sql("REVOKE INSERT ON cf_quere_pro.audit_log FROM few").await;
    let few = bed
        .session(
            "few",
            "CREATE TEMP TABLE audit_log (al_table_name text); CREATE TEMP TABLE text (x int); CREATE TEMP TABLE jsonb (x int)",
        )
        .await;
    for (statement, expected) in [
        ("INSERT INTO cf_quere_pro.hisfew VALUES (2, '-0', '1 day', '{\"a\": 1, \"a\": 2}')", "(1)"),
        ("INSERT INTO cf_quere_pro.hisfew VALUES (NULL)", "ERROR 23502 null value in column \"id\""),
        ("SELECT * FROM cf_quere_pro.hisfew", "ERROR 42501 permission denied for view hisfew"),
        ("UPDATE cf_quere_pro.hisfew SET x = 1", "ERROR 42501 "),
        ("DELETE FROM cf_quere_pro.hisfew", "ERROR 42501 "),
        ("SELECT * FROM cf_quere_pro.audit_log", "ERROR 42501 "),
    ] {
        let answer = few.say(statement).await;
        assert!(answer.starts_with(expected), "{statement}: {answer}");
    }
    assert_eq!(
        bed.rows("SELECT * FROM cf_quere_pro.hisfew ORDER BY id").await,
        ["1|\\N|\\N|\\N", "2|-0|1 day|{\"a\": 1, \"a\": 2}"]
    );
}

/// Dependents that follow the moved table or stay on it are named.
#[tokio::test]
async fn what_does_not_come_along_is_reported() {
    let mut bed = Bed::new(
        "CREATE TABLE padre (id int PRIMARY KEY); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TABLE tipdep (id numeric(5,0) PRIMARY KEY, p int REFERENCES padre, x text UNIQUE, CHECK (id > 0));
         CREATE TRIGGER own_trigger BEFORE INSERT ON tipdep FOR EACH ROW EXECUTE FUNCTION f(); CREATE POLICY own_policy ON tipdep;
         CREATE VIEW informe AS SELECT count(*) FROM tipdep; CREATE MATERIALIZED VIEW resumen AS SELECT max(x) FROM tipdep;
         CREATE TABLE hijo (tip numeric(5,0) REFERENCES tipdep); CREATE FUNCTION cuenta() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM tipdep; END;
         CREATE TABLE hisdep (id numeric(5,0) PRIMARY KEY)",
    )
    .await;
    bed.lookup("tipdep", "id").await;
    bed.history("hisdep", "id").await;
    // A dependent that cannot be carried over prevents the move, unless its loss is accepted.
    let error = said(&bed.migrate("tipdep").await.unwrap_err());
    assert!(
        error.starts_with("tipdep cannot be moved with everything that depends on it\ndetail: policy own_policy: "),
        "{error}"
    );
    assert!(error.contains("trigger own_trigger: ") && !error.contains("informe"), "{error}");
    untouched(&bed, "tipdep").await;
    bed.sql("DROP TRIGGER own_trigger ON cf_quere_pro.tipdep; DROP POLICY own_policy ON cf_quere_pro.tipdep").await;
    let notes = bed.migrate("tipdep").await.unwrap().notes.join("\n");
    for carried in ["check constraint tipdep_id_check", "tipdep_p_fkey", "hijo_tip_fkey", "cuenta", "resumen", "informe"] {
        assert!(notes.contains(carried), "{carried}: {notes}");
    }
    // The view reads the new rows, the foreign keys and the CHECK hold.
    bed.sql("INSERT INTO cf_quere_pro.padre VALUES (1); INSERT INTO cf_quere_pro.tipdep VALUES (5, 1, 'x')").await;
    assert_eq!(bed.cell("SELECT count, cf_quere_pro.cuenta() FROM cf_quere_pro.informe").await, "1|1");
    bed.sql("INSERT INTO cf_quere_pro.hijo VALUES (5)").await;
    let session = bed.session("postgres", "SET search_path = cf_quere_pro").await;
    for (statement, state) in [
        ("INSERT INTO hijo VALUES (6)", "23503"),
        ("DELETE FROM tipdep", "23503"),
        ("INSERT INTO tipdep VALUES (6, 2, 'y')", "23503"),
        ("INSERT INTO tipdep VALUES (-1, 1, 'y')", "23514"),
        ("INSERT INTO tipdep VALUES (7, 1, 'x')", "23505"),
    ] {
        let answer = session.say(statement).await;
        assert!(answer.contains(state), "{statement}: {answer}");
    }
    bed.migrate("hisdep").await.unwrap();
    assert_eq!(bed.migrate("hisdep").await.unwrap().notes, ["already migrated: a view has the name"]);
}

/// A failed migration leaves nothing behind: no row, view, function, trigger or grant.
async fn untouched(bed: &Bed, table: &str) {
    let state = format!(
        "SELECT (SELECT relkind FROM pg_class WHERE oid = '{SCHEMA}.{table}'::regclass), (SELECT count(*) FROM {SCHEMA}.audit_log),
           (SELECT count(*) FROM pg_proc WHERE proname = 'write_{table}'), to_regclass('esclusa.{table}'),
           (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'trg_%' AND tgrelid::regclass::text NOT LIKE 'partman%'),
           (SELECT count(*) FROM pg_locks l JOIN pg_stat_activity USING (pid) WHERE relation = '{SCHEMA}.{table}'::regclass AND datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle')"
    );
    assert_eq!(bed.cell(&state).await, "r|0|0|\\N|0|0");
}

/// A session that holds the table makes the migration fail within its limit, and not wait; afterwards it works.
#[tokio::test]
async fn a_lock_held_by_another_session() {
    let mut bed = Bed::new("CREATE TABLE hislock (id numeric(5,0), x text); INSERT INTO hislock VALUES (1, 'a'); CREATE TABLE base (id numeric(5,0), x text)").await;
    bed.rule("hislock", "history", "{ base = 'base' }", "{ columns = ['id'], base = ['id'] }").await;
    let mut rule = bed.rules.rules["hislock"].clone();
    rule.columns[1].base = Some("x".into());
    bed.rules.rules.insert("hislock".into(), rule);
    let writer = bed.session("postgres", "BEGIN; INSERT INTO cf_quere_pro.hislock VALUES (2, 'b')").await;
    bed.patience = std::time::Duration::from_secs(1);
    let refused = |error: &str| {
        assert!(
            error.starts_with("migrating hislock: no quiet moment in 1 s\ndetail: postgres from 127.0.0.1, idle in transaction"),
            "{error}"
        );
    };
    refused(&said(&bed.migrate("hislock").await.unwrap_err()));
    untouched(&bed, "hislock").await;
    writer.say("COMMIT").await;
    // The base is locked.
    writer.say("BEGIN; LOCK TABLE cf_quere_pro.base IN ROW EXCLUSIVE MODE").await;
    refused(&said(&bed.migrate("hislock").await.unwrap_err()));
    untouched(&bed, "hislock").await;
    writer.say("COMMIT").await;
    // Nobody is connected, but a prepared transaction has written the table.
    writer.say("BEGIN; INSERT INTO cf_quere_pro.hislock VALUES (3, 'c'); PREPARE TRANSACTION 'lote de noche'").await;
    let error = said(&bed.migrate("hislock").await.unwrap_err());
    let named = "migrating hislock: no quiet moment in 1 s\ndetail: prepared transaction 'lote de noche' of postgres, for ";
    assert!(error.starts_with(named), "{error}");
    untouched(&bed, "hislock").await;
    writer.say("COMMIT PREPARED 'lote de noche'").await;
    let outcome = bed.migrate("hislock").await.unwrap();
    assert_eq!((outcome.rows, outcome.notes), (3, vec!["audit trigger on base".to_owned()]));
}

/// Existing objects that the migration must not overwrite.
#[tokio::test]
async fn refused_and_left_as_it_was() {
    for (change, expected) in [
        (
            "ALTER TABLE {t} ADD COLUMN y int",
            "the rule of hisold does not fit the table\ndetail: the catalog's table hisold has a column y that the rule lacks",
        ),
        (
            "ALTER TABLE {t} DROP COLUMN x",
            "the rule of hisold does not fit the table\ndetail: the catalog's table hisold has no column x",
        ),
        (
            "ALTER TABLE {t} ALTER x TYPE varchar(6)",
            "the rule of hisold does not fit the table\ndetail: column x is character varying(6) in the catalog, not character varying(5)",
        ),
        (
            "ALTER TABLE {t} ALTER x SET NOT NULL",
            "the rule of hisold does not fit the table\ndetail: column x is NOT NULL in the catalog",
        ),
        (
            "ALTER TABLE {t} ALTER x SET DEFAULT 'n'",
            "the rule of hisold does not fit the table\ndetail: the catalog's default of column x is 'n'::character varying",
        ),
        (
            "ALTER TABLE {t} RENAME x TO z",
            "the rule of hisold does not fit the table\ndetail: the catalog's table hisold has no column x; the catalog's table hisold has a column z",
        ),
        (
            "ALTER TABLE {t} ALTER id ADD GENERATED ALWAYS AS IDENTITY",
            "hisold cannot be moved with everything that depends on it\ndetail: identity column id: ",
        ),
        (
            "CREATE TABLE mig_old.hisold (x int)",
            "putting the view in place of hisold: relation \"hisold\" already exists in schema \"mig_old\"",
        ),
        ("CREATE VIEW esclusa.hisold AS SELECT 1", "making the view of hisold: relation \"hisold\" already exists"),
    ] {
        let mut bed =
            Bed::new("CREATE TABLE hisold (id integer NOT NULL, x varchar(5)); INSERT INTO hisold VALUES (1, 'a'), (2, 'b')")
                .await;
        bed.history("hisold", "id").await;
        bed.sql(&change.replace("{t}", "cf_quere_pro.hisold")).await;
        let error = said(&bed.migrate("hisold").await.err().unwrap_or_else(|| panic!("{change}: moved")));
        assert!(error.starts_with(expected), "{change}: {error}");
        bed.sql("DROP VIEW IF EXISTS esclusa.hisold").await;
        untouched(&bed, "hisold").await;
        assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisold").await, "2");
    }
}

/// A run that was undone by hand has left its leaf: a second backfill into it would duplicate every row.
#[tokio::test]
async fn the_leaf_of_an_earlier_run_is_refused() {
    let mut bed = Bed::new("CREATE TABLE hisagain (id numeric(5,0)); INSERT INTO hisagain VALUES (1), (2)").await;
    bed.history("hisagain", "id").await;
    bed.migrate_all().await;
    bed.sql("DROP VIEW cf_quere_pro.hisagain, esclusa.hisagain; ALTER TABLE mig_old.hisagain SET SCHEMA cf_quere_pro").await;
    let error = said(&bed.migrate("hisagain").await.unwrap_err());
    assert!(error.starts_with("esclusa_leaf.hisagain exists already\n"), "{error}");
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisagain").await, "2");
    bed.sql("DROP TABLE esclusa_leaf.hisagain").await;
    bed.migrate_all().await;
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.hisagain").await, "2");
}

/// A statement that joins several rows to one writes it once, with the first of them, and counts it once.
#[tokio::test]
async fn a_row_is_written_once_by_a_statement() {
    let ddl = |t: &str, key: &str| {
        format!(
            "CREATE TABLE {t} (id numeric(5,0) NOT NULL {key}, d varchar(5)); INSERT INTO {t} SELECT g, 'p' FROM generate_series(1, 40) AS g;"
        )
    };
    let twice = "INSERT INTO hisonce SELECT g, 'p' FROM generate_series(1, 5) AS g;";
    let mut bed = Bed::new(&(ddl("hisonce", "") + twice + &ddl("tiponce", "PRIMARY KEY"))).await;
    bed.history("hisonce", "id").await;
    bed.lookup("tiponce", "id").await;
    bed.migrate_all().await;
    let session = bed.session("postgres", "SET search_path = public").await;
    for (table, rows) in [("hisonce", 45), ("tiponce", 40)] {
        let twin = Twin { session: &session, table };
        let all = format!("({rows})");
        for (statement, expected) in [
            // The first value is the one that the row has.
            ("UPDATE {t} a SET d = v.x FROM (VALUES ('p'), ('q'), ('r')) v (x) WHERE a.id > 5", "(35)"),
            ("UPDATE {t} a SET d = v.x FROM (VALUES ('q'), ('p')) v (x) WHERE a.id > 20", "(20)"),
            ("UPDATE {t} a SET d = a.d FROM {t} b WHERE b.id < 30", all.as_str()),
            ("UPDATE {t} a SET d = a.d || 'x' FROM {t} b WHERE a.id > b.id + 3", "(3"),
            ("UPDATE {t} a SET d = 's' FROM generate_series(1, 3) WHERE a.id = 3 OR a.id = 30 RETURNING id", ""),
            (
                "UPDATE {t} SET d = 'u' WHERE id = 6; UPDATE {t} SET d = 'v' WHERE id = 6; UPDATE {t} a SET d = d FROM generate_series(1, 2) WHERE id = 6",
                "(1)\n(1)\n(1)",
            ),
            (
                "DO $$ BEGIN UPDATE {t} SET d = 'w' WHERE id < 9; BEGIN UPDATE {t} a SET d = d FROM generate_series(1, 2) WHERE id < 8; RAISE division_by_zero; \
                 EXCEPTION WHEN division_by_zero THEN UPDATE {t} a SET d = g::text FROM generate_series(7, 9) g WHERE id IN (6, 7); END; END $$",
                "(0)",
            ),
            // Each row moves to where the next one was.
            ("UPDATE {t} SET id = id + 1000", &all),
            ("DELETE FROM {t} a USING {t} b WHERE b.id > 1030 AND a.id > 1020", "(20)"),
        ] {
            let answer = twin.write(statement).await;
            assert!(answer.starts_with(expected), "{table}: {statement}\n{answer}");
        }
    }
}

/// An error about a repeated key shows its values to those who may read the key.
#[tokio::test]
async fn a_repeated_key_is_shown_to_those_who_may_read_it() {
    let mut bed = Bed::new(
        "CREATE TABLE tipkey (id numeric(5,0) PRIMARY KEY, d varchar(5) UNIQUE, e text); INSERT INTO tipkey VALUES (1, 'a'), (2, 'b');
         CREATE TABLE tippair (a numeric(3,0), b numeric(3,0), e text, PRIMARY KEY (a, b)); INSERT INTO tippair VALUES (1, 1), (1, 2);",
    )
    .await;
    let rights = [
        ("key_writes", "INSERT, UPDATE"),
        ("key_columns", "INSERT (id), UPDATE (id)"),
        ("key_reads", "SELECT (id), INSERT, UPDATE"),
        ("key_reads_all", "SELECT, INSERT (id), UPDATE (id)"),
        ("key_reads_other", "SELECT (e), INSERT, UPDATE"),
    ];
    roles(&bed, &rights.map(|(role, _)| role)).await;
    for (role, right) in rights {
        let right_of_pair = right.replace("(id)", "(a)");
        bed.sql(&format!("GRANT {right} ON {SCHEMA}.tipkey TO {role}; GRANT {right_of_pair} ON {SCHEMA}.tippair TO {role}"))
            .await;
    }
    bed.lookup("tipkey", "id").await;
    let link = "{ type = 'PAIR', source_domain = 'A', source = ['a'], target_domain = 'B', target = ['b'] }";
    bed.rule("tippair", "link", link, "{ columns = ['a', 'b'] }").await;
    bed.migrate_all().await;
    let (mut shown, mut hidden) = (0, 0);
    for (role, _) in rights {
        bed.sql(&format!("GRANT USAGE ON SCHEMA mig_old TO {role}")).await;
        let session = bed.session(role, "SELECT").await;
        let by_role = bed.session("postgres", &format!("SET ROLE {role}")).await;
        for statement in [
            "UPDATE {s}.tipkey SET id = 7",
            "INSERT INTO {s}.tipkey (id) VALUES (1)",
            "UPDATE {s}.tipkey SET d = 'z'",
            "INSERT INTO {s}.tipkey (id, d) VALUES (9, 'b')",
            "UPDATE {s}.tippair SET a = 3, b = 3",
            "INSERT INTO {s}.tippair (a, b) VALUES (1, 2)",
        ] {
            for session in [&session, &by_role] {
                let old = session.say(&statement.replace("{s}", "mig_old")).await;
                let new = session.say(&statement.replace("{s}", SCHEMA)).await;
                assert_eq!(old[..11], new[..11], "{role}: {statement}\n{old}\n{new}");
                if old.starts_with("ERROR 23505") {
                    let told = |answer: &str| answer.contains(": Key (");
                    assert_eq!(told(&old), told(&new), "{role}: {statement}\n{old}\n{new}");
                    if told(&old) { shown += 1 } else { hidden += 1 }
                }
            }
        }
    }
    assert!(shown > 5 && hidden > 5, "{shown} shown, {hidden} hidden");
}

/// PostgreSQL does not apply the condition of a security barrier to writes over a view with INSTEAD OF triggers.
#[tokio::test]
async fn a_security_barrier_prevents_the_move() {
    let mut bed = Bed::new(
        "CREATE TABLE tipbar (id numeric(5,0) PRIMARY KEY, d text); INSERT INTO tipbar VALUES (1, 'a'), (9, 'b');
         CREATE VIEW barrera WITH (security_barrier) AS SELECT * FROM tipbar WHERE id < 2;
         CREATE VIEW llana WITH (security_barrier = false) AS SELECT * FROM tipbar WHERE id < 2",
    )
    .await;
    bed.lookup("tipbar", "id").await;
    let error = said(&bed.migrate("tipbar").await.unwrap_err());
    assert!(error.contains("barrera: it is a security barrier") && !error.contains("llana"), "{error}");
    untouched(&bed, "tipbar").await;
    bed.migrate_accepting("tipbar").await.unwrap_or_else(|e| panic!("{}", said(&e)));
}
