//! Retained histories: the improvement is complete, can be run again after any interruption, does not rewrite the table, and a client that
//! does not name the new columns does not see them.

use std::sync::Arc;

use esclusa::catalog::Catalog;
use esclusa::demo::postgres;
use esclusa::migrate::attachments::dependents_of;
use esclusa::mode::Mode;
use esclusa::relation::Relation;
use esclusa::rewrite::{Entry, NameContext, Policy, rewrite};
use esclusa::sql::Limits;

use crate::common::{Bed, SCHEMA, said, server};

const DDL: &str = "CREATE TABLE hisret (id numeric(5,0) NOT NULL, x varchar(10) DEFAULT 'n', hora timestamp);
    INSERT INTO hisret SELECT 1 + g % 700, 'x' || g, timestamp '2020-01-01' + g * interval '1 hour' FROM generate_series(1, 12000) g; \
    INSERT INTO hisret VALUES (7, NULL, NULL), (7, NULL, NULL)";

async fn retained(ddl: &str) -> Bed {
    let mut bed = Bed::new(ddl).await;
    bed.rule("hisret", "retained", "{ base = 'base', time = 'hora' }", "{ columns = ['id'] }").await;
    bed
}

async fn steps(bed: &Bed) -> Vec<String> {
    bed.migrate("hisret").await.unwrap_or_else(|e| panic!("{}", said(&e))).notes
}

/// The table after the improvement.
async fn state(bed: &Bed) -> Vec<String> {
    bed.rows(
        "SELECT 'column', attname, format_type(atttypid, atttypmod), attnotnull::text FROM pg_attribute WHERE attrelid = 'cf_quere_pro.hisret'::regclass AND attname LIKE 'hst%'
         UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid), convalidated::text FROM pg_constraint WHERE conrelid = 'cf_quere_pro.hisret'::regclass
         UNION ALL SELECT 'index', indexrelid::regclass::text, regexp_replace(pg_get_indexdef(indexrelid), '.* USING ', ''), indisvalid::text FROM pg_index WHERE indrelid = 'cf_quere_pro.hisret'::regclass
         ORDER BY 1, 2",
    )
    .await
}

const IMPROVED: [&str; 5] = [
    "column|hst_id|bigint|true",
    "column|hst_operation|character(1)|false",
    "constraint|hisret_hst_pkey|PRIMARY KEY (hst_id)|true",
    "index|cf_quere_pro.hisret_hst_pkey|btree (hst_id)|true",
    "index|cf_quere_pro.hisret_hst_time|btree (id, hora DESC)|true",
];

/// Every row has its number and its operation.
async fn assert_numbered(bed: &Bed) {
    let numbered =
        "SELECT count(*) = count(DISTINCT hst_id), bool_and(hst_operation IN ('I', 'U', 'D')) FROM cf_quere_pro.hisret";
    assert_eq!(bed.cell(numbered).await, "t|t");
}

#[tokio::test]
async fn the_improvement_is_complete_and_may_be_run_again() {
    let bed = retained(DDL).await;
    let file = "SELECT pg_relation_filenode('cf_quere_pro.hisret')";
    let before = bed.cell(file).await;
    assert_eq!(
        steps(&bed).await,
        ["columns hst_id and hst_operation added", "12002 rows numbered", "primary key on hst_id", "index hisret_hst_time"]
    );
    assert_eq!(state(&bed).await, IMPROVED);
    assert_numbered(&bed).await;
    assert_eq!(bed.cell(file).await, before, "the table was rewritten");
    assert_eq!(steps(&bed).await, Vec::<String>::new());
    assert_eq!(state(&bed).await, IMPROVED);
    assert_eq!(bed.failed_checks("hisret", "cf_quere_pro.hisret").await, Vec::<&str>::new());
}

/// The statements that `--dry-run` prints have the same result, one by one.
#[tokio::test]
async fn the_printed_script_does_the_same() {
    let bed = retained(DDL).await;
    let script = esclusa::migrate::retain::script(&bed.context, &bed.rules.rules["hisret"]);
    for line in script.split(";\n").filter(|line| !line.is_empty()) {
        // The only one that is run until it has nothing to do.
        let times = if line.starts_with("UPDATE ") { 3 } else { 1 };
        for _ in 0..times {
            bed.sql(line).await;
        }
    }
    assert_eq!(state(&bed).await, IMPROVED);
    assert_numbered(&bed).await;
}

/// A table that has a key of its own keeps it.
#[tokio::test]
async fn a_key_of_its_own_stays() {
    let bed =
        retained("CREATE TABLE hisret (id numeric(5,0) PRIMARY KEY, x text, hora timestamp); INSERT INTO hisret VALUES (1), (2)")
            .await;
    assert_eq!(steps(&bed).await[2], "unique on hst_id");
    let keys = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'cf_quere_pro.hisret'::regclass ORDER BY 1";
    assert_eq!(bed.rows(keys).await, ["hisret_hst_key|UNIQUE (hst_id)", "hisret_pkey|PRIMARY KEY (id)"]);
    assert_eq!(steps(&bed).await, Vec::<String>::new());
}

/// A run after any interruption continues from the state it left.
#[tokio::test]
async fn an_interrupted_improvement_goes_on() {
    let columns = "CREATE SEQUENCE cf_quere_pro.hisret_hst_number; \
        ALTER TABLE cf_quere_pro.hisret ADD COLUMN hst_id bigint, ADD COLUMN hst_operation char(1) DEFAULT 'U'; \
        ALTER TABLE cf_quere_pro.hisret ALTER COLUMN hst_id SET DEFAULT nextval('cf_quere_pro.hisret_hst_number')";
    let numbered = "UPDATE cf_quere_pro.hisret SET hst_id = nextval('cf_quere_pro.hisret_hst_number')";
    let check = "ALTER TABLE cf_quere_pro.hisret ADD CONSTRAINT hisret_hst_id_set CHECK (hst_id IS NOT NULL) NOT VALID";
    let unique = "CREATE UNIQUE INDEX CONCURRENTLY hisret_hst_pkey ON cf_quere_pro.hisret (hst_id)";
    // A unique index over a column with duplicates, and an index whose expression fails, are left invalid.
    let invalid_key = "CREATE UNIQUE INDEX CONCURRENTLY hisret_hst_pkey ON cf_quere_pro.hisret (id)";
    let invalid_time = "CREATE INDEX CONCURRENTLY hisret_hst_time ON cf_quere_pro.hisret ((1 / (id - 7)))";
    for interrupted in [
        vec!["CREATE SEQUENCE cf_quere_pro.hisret_hst_number"],
        vec![columns],
        vec![columns, "UPDATE cf_quere_pro.hisret SET hst_id = nextval('cf_quere_pro.hisret_hst_number') WHERE id < 300"],
        vec![columns, numbered, check],
        vec![columns, numbered, check, unique],
        vec![columns, numbered, check, invalid_key],
        vec![columns, numbered, invalid_time],
    ] {
        let bed = retained(DDL).await;
        let session = bed.session("postgres", "SELECT").await;
        for statement in &interrupted {
            let answer = session.say(statement).await;
            assert!(!answer.starts_with("ERROR") || statement.contains("CONCURRENTLY"), "{answer}");
        }
        steps(&bed).await;
        assert_eq!(state(&bed).await, IMPROVED, "{interrupted:?}");
        assert_numbered(&bed).await;
    }
}

/// Someone holds the table: the step fails after its patience and says so, and the session can go on with the next table.
#[tokio::test]
async fn a_held_table_fails_and_nothing_waits_behind_it() {
    let bed = retained(DDL).await;
    let reader = bed.session("postgres", "BEGIN; SELECT count(*) FROM cf_quere_pro.hisret").await;
    let error = said(&bed.migrate("hisret").await.unwrap_err());
    assert!(error.starts_with("adding columns to hisret: canceling statement due to lock timeout"), "{error}");
    assert_eq!(state(&bed).await, Vec::<String>::new());
    reader.say("COMMIT").await;
    steps(&bed).await;
    assert_eq!(state(&bed).await, IMPROVED);
}

/// A role that could write the table still can: by a grant on the table, on columns, to PUBLIC, or a later grant.
#[tokio::test]
async fn writers_need_no_right_on_the_sequence() {
    let bed = retained(DDL).await;
    bed.sql(
        "CREATE ROLE re_table LOGIN; CREATE ROLE re_columns LOGIN; CREATE ROLE re_later LOGIN; CREATE ROLE re_reader LOGIN; \
             GRANT USAGE ON SCHEMA cf_quere_pro TO PUBLIC; GRANT INSERT ON cf_quere_pro.hisret TO re_table; \
             GRANT INSERT (id, x) ON cf_quere_pro.hisret TO re_columns; GRANT SELECT ON cf_quere_pro.hisret TO re_reader",
    )
    .await;
    steps(&bed).await;
    bed.sql("GRANT INSERT ON cf_quere_pro.hisret TO re_later").await;
    for (role, statement, expected) in [
        ("re_table", "INSERT INTO cf_quere_pro.hisret VALUES (1, 'a', NULL)", "(1)"),
        ("re_columns", "INSERT INTO cf_quere_pro.hisret (id, x) VALUES (1, 'a')", "(1)"),
        ("re_later", "INSERT INTO cf_quere_pro.hisret VALUES (1, 'a', NULL)", "(1)"),
        ("re_reader", "INSERT INTO cf_quere_pro.hisret VALUES (1, 'a', NULL)", "ERROR 42501 "),
        ("re_later", "SELECT setval('cf_quere_pro.hisret_hst_id_seq', 1)", "ERROR 42501 "),
    ] {
        let session = bed.session(role, "SELECT").await;
        let answer = session.say(statement).await;
        assert!(answer.starts_with(expected), "{role}: {statement}: {answer}");
    }
    assert_numbered(&bed).await;
}

/// A client that does not name the new columns gets the legacy ones only; one that does, gets them.
#[tokio::test]
async fn the_new_columns_are_invisible() {
    let bed = retained(&format!("{DDL}; CREATE TABLE copia AS TABLE hisret")).await;
    steps(&bed).await;
    let relation = Arc::new(Relation::compile(&bed.rules.rules["hisret"], &bed.context));
    let catalog = Catalog::read(&bed.db, SCHEMA).await.unwrap();
    let policy = Policy::new(1, SCHEMA, vec![Entry { relation, mode: Mode::Rewrite }], catalog.into(), Limits::default());
    let names = NameContext::with_path(&[SCHEMA]);
    let session = bed.session("postgres", &format!("SET search_path = {SCHEMA}")).await;
    let sorted = |text: String| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        lines
    };
    for statement in [
        "SELECT * FROM hisret",
        "TABLE hisret",
        "SELECT h.* FROM hisret AS h WHERE id = 7",
        "SELECT h FROM hisret AS h WHERE id = 7",
        "SELECT to_jsonb(hisret) FROM hisret WHERE id = 7",
        "SELECT * FROM hisret AS a NATURAL JOIN hisret AS b",
        "INSERT INTO hisret VALUES (701, 'z', NULL) RETURNING *",
        "INSERT INTO hisret SELECT * FROM hisret WHERE id = 701",
        "UPDATE hisret SET x = 'y' WHERE id = 701 RETURNING *",
        "DELETE FROM hisret WHERE id = 701 RETURNING *",
    ] {
        let outcome = rewrite(&policy, &names, statement);
        let text = outcome.text.as_deref().unwrap_or(statement);
        let (direct, through) = (session.say(&statement.replace("hisret", "copia")).await, session.say(text).await);
        assert!(!direct.contains("ERROR"), "{direct}");
        assert_eq!(sorted(through), sorted(direct), "{statement}\n{text}");
    }
    let named = rewrite(&policy, &names, "SELECT hst_id, hst_operation, id FROM hisret WHERE id = 7 AND x IS NULL");
    let answer = session
        .say(named.text.as_deref().unwrap_or("SELECT hst_id, hst_operation, id FROM hisret WHERE id = 7 AND x IS NULL"))
        .await;
    assert_eq!(sorted(answer), ["(2)", "12001|U|7", "12002|U|7"]);
}

/// Names in functions and views are not rewritten, and numbering rows is an UPDATE: what would notice either is named before anything is done.
#[tokio::test]
async fn what_notices_the_improvement_is_named_before_it() {
    let bed = retained(DDL).await;
    bed.sql(
        "SET search_path = cf_quere_pro;
         CREATE TABLE nota (que text);
         CREATE FUNCTION f_nota() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO nota VALUES (TG_NAME); RETURN NEW; END $$;
         CREATE TRIGGER t_all BEFORE INSERT OR UPDATE ON hisret FOR EACH ROW EXECUTE FUNCTION f_nota();
         CREATE TRIGGER t_statement AFTER UPDATE ON hisret FOR EACH STATEMENT EXECUTE FUNCTION f_nota();
         CREATE TRIGGER t_of AFTER UPDATE OF x, hora ON hisret FOR EACH ROW EXECUTE FUNCTION f_nota();
         CREATE TRIGGER t_insert AFTER INSERT ON hisret FOR EACH ROW EXECUTE FUNCTION f_nota();
         CREATE TRIGGER t_off AFTER UPDATE ON hisret FOR EACH ROW EXECUTE FUNCTION f_nota(); ALTER TABLE hisret DISABLE TRIGGER t_off;
         CREATE TRIGGER t_replica AFTER UPDATE ON hisret FOR EACH ROW EXECUTE FUNCTION f_nota(); ALTER TABLE hisret ENABLE REPLICA TRIGGER t_replica;
         CREATE RULE r_update AS ON UPDATE TO hisret WHERE NEW.x = 'y' DO ALSO INSERT INTO nota VALUES ('r'); CREATE RULE r_insert AS ON INSERT TO hisret DO ALSO NOTIFY x;
         CREATE FUNCTION f_json() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO nota VALUES (to_jsonb(NEW)::text); RETURN NEW; END $$;
         CREATE TRIGGER t_json AFTER INSERT ON hisret FOR EACH ROW EXECUTE FUNCTION f_json();
         CREATE FUNCTION f_takes(h hisret) RETURNS numeric LANGUAGE sql AS 'SELECT h.id';
         CREATE FUNCTION f_returns() RETURNS SETOF hisret LANGUAGE sql AS 'SELECT * FROM cf_quere_pro.hisret';
         CREATE FUNCTION f_variable() RETURNS void LANGUAGE plpgsql AS $$ DECLARE n int; r hisret; BEGIN SELECT * INTO r FROM hisret LIMIT 1; INSERT INTO hisret VALUES (r.*); END $$;
         CREATE FUNCTION f_rowtype() RETURNS void LANGUAGE plpgsql AS $$ DECLARE r cf_quere_pro.hisret%ROWTYPE; BEGIN NULL; END $$;
         CREATE FUNCTION f_cast() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM null::cf_quere_pro.hisret; END $$;
         CREATE FUNCTION f_reads() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT count(*) FROM hisret); END $$;
         CREATE FUNCTION f_other() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
         CREATE VIEW v_rows AS SELECT h FROM hisret h; CREATE VIEW v_columns AS SELECT * FROM hisret; CREATE VIEW v_type AS SELECT (null::hisret).id;
         CREATE TABLE holds (h hisret); CREATE PUBLICATION p_hisret FOR TABLE hisret; RESET search_path",
    )
    .await;
    bed.set("hisret", Mode::Rewrite).await.unwrap();
    let found = dependents_of(&bed.db, &bed.context, &bed.rules.rules["hisret"]).await.unwrap();
    let told: Vec<String> =
        found.iter().map(|d| format!("{} {} {}", if d.blocks { "blocks" } else { "noted" }, d.kind, d.name)).collect();
    assert_eq!(
        told,
        [
            "blocks rule r_update",
            "blocks trigger t_all",
            "blocks trigger t_statement",
            "blocks trigger t_json",
            "blocks column cf_quere_pro.holds.h",
            "blocks function cf_quere_pro.f_returns()",
            "blocks function cf_quere_pro.f_takes(cf_quere_pro.hisret)",
            "blocks view cf_quere_pro.v_rows.h",
            "blocks view cf_quere_pro.v_type",
            "blocks publication p_hisret",
            "noted function text cf_quere_pro.f_returns()",
            "blocks function text cf_quere_pro.f_variable()",
            "blocks function text cf_quere_pro.f_rowtype()",
            "blocks function text cf_quere_pro.f_cast()",
            "noted function text cf_quere_pro.f_reads()",
        ]
    );
    let error = said(&bed.migrate_only("hisret").await.unwrap_err());
    assert!(
        error.contains("hisret cannot be improved")
            && error.contains("trigger t_all: it acts on the UPDATE")
            && error.contains("--accept"),
        "{error}"
    );
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.nota").await, "0");
    assert_eq!(state(&bed).await, Vec::<String>::new());
    // Without those that block it is improved, and nothing else has noticed.
    bed.sql(
        "SET search_path = cf_quere_pro; DROP TRIGGER t_all ON hisret; DROP TRIGGER t_statement ON hisret; DROP TRIGGER t_json ON hisret; DROP RULE r_update ON hisret;
         DROP TABLE holds; DROP FUNCTION f_returns, f_takes, f_variable, f_rowtype, f_cast; DROP VIEW v_rows, v_type; DROP PUBLICATION p_hisret; RESET search_path",
    )
    .await;
    let notes = bed.migrate_only("hisret").await.unwrap_or_else(|e| panic!("{}", said(&e))).notes;
    assert!(notes.iter().any(|note| note.starts_with("function text cf_quere_pro.f_reads()")), "{notes:?}");
    assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.nota").await, "0");
    assert_numbered(&bed).await;
    assert_eq!(dependents_of(&bed.db, &bed.context, &bed.rules.rules["hisret"]).await.unwrap(), []);
}

/// A dump of the table contains everything that it now needs.
#[tokio::test]
async fn a_dump_comes_back_whole() {
    let bed = retained(DDL).await;
    steps(&bed).await;
    let bin = postgres::bin_directory().unwrap();
    let (port, name) = (server().await.port.to_string(), bed.name().to_owned());
    let run = |program: &str, arguments: &[&str]| {
        let mut command = std::process::Command::new(bin.join(program));
        command.args(["-h", "127.0.0.1", "-p", &port, "-U", "postgres"]).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_string_lossy().into_owned();
    run("pg_dump", &["-Fc", "-t", "cf_quere_pro.hisret", "-f", &path, &name]);
    let rows = "SELECT count(*), sum(hashtextextended(h::text, 0)::numeric) FROM cf_quere_pro.hisret h";
    let source = (state(&bed).await, bed.cell(rows).await);
    bed.sql("DROP TABLE cf_quere_pro.hisret").await;
    assert_eq!(bed.cell("SELECT to_regclass('cf_quere_pro.hisret_hst_id_seq')").await, "\\N", "the sequence goes with its table");
    run("pg_restore", &["--exit-on-error", "-d", &name, &path]);
    assert_eq!((state(&bed).await, bed.cell(rows).await), source);
    bed.sql("CREATE ROLE re_restored LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO PUBLIC; GRANT INSERT ON cf_quere_pro.hisret TO re_restored").await;
    let writer = bed.session("re_restored", "SELECT").await;
    assert_eq!(writer.say("INSERT INTO cf_quere_pro.hisret VALUES (1, 'a', NULL)").await, "(1)");
    assert_numbered(&bed).await;
    assert_eq!(steps(&bed).await, Vec::<String>::new());
}
