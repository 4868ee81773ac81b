//! Properties of single foreign keys: references to the same table, other types, names and owners, NOT VALID, partitions, comments;
//! refused ones; and a test of each difference from a foreign key on a table.

use esclusa::error::Result;
use esclusa::migrate::foreign_key::key_table::{KeyTable, Leaf};
use esclusa::migrate::foreign_key::read::foreign_keys;
use esclusa::migrate::foreign_key::{Refusal, Rows, refusals};

use crate::bed::{Op, Pair, Shape, after, both, delete, insert, raw, truncate, update, with_leaf};
use crate::common::{SCHEMA, Session, said};

async fn sessions(pair: &Pair, user: &str) -> [Session; 2] {
    [pair.old.session(user, "").await, pair.new.session(user, "").await]
}

/// Plays statements on both sides as `user`; the answers and then the tables are equal.
async fn play(pair: &Pair, plans: &[&KeyTable], tables: &[&str], user: &str, ops: &[Op]) -> Vec<String> {
    let both_sides = sessions(pair, user).await;
    let mut told = Vec::new();
    for op in ops {
        told.push(both(pair, &both_sides, op, user).await);
    }
    pair.equal_state(tables, plans, "in the end").await;
    told
}

#[tokio::test]
async fn a_table_that_points_at_itself() {
    for action in
        ["", "ON UPDATE CASCADE ON DELETE CASCADE", "ON UPDATE SET NULL ON DELETE SET NULL", "DEFERRABLE INITIALLY DEFERRED"]
    {
        let mut pair = Pair::new(&format!(
            "CREATE TABLE t (id numeric(5,0) NOT NULL PRIMARY KEY, up numeric(5,0), CONSTRAINT t_up FOREIGN KEY (up) REFERENCES t {action});
             INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2), (4, 4);"
        ))
        .await;
        let plan = pair.shift("t", "id").await.unwrap();
        let ops = [
            insert("t", "id, up", "(12, 11), (11, 10), (10, NULL)"),
            insert("t", "id, up", "(13, 99)"),
            update("t", &[("id", "{id} + 100"), ("up", "{up} + 100")], "{id} > 9"),
            update("t", &[("id", "200")], "{id} = 110"),
            delete("t", "{id} = 4"),
            delete("t", "{id} = 2"),
            delete("t", "{id} = 1"),
            raw("BEGIN"),
            insert("t", "id, up", "(20, 21)"),
            insert("t", "id, up", "(21, 20)"),
            raw("COMMIT"),
            delete("t", "true"),
            truncate(&["t"], ""),
        ];
        play(&pair, &[&plan], &["t"], "postgres", &ops).await;
        pair.restore("t").await;
        let definition = "SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 't_up'";
        assert_eq!(pair.old.rows(&format!("SET search_path = pg_catalog; {definition}")).await, pair.new.rows(definition).await);
    }
}

#[tokio::test]
async fn types_that_differ_between_the_sides_and_keys_of_text() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(7,2) NOT NULL PRIMARY KEY, c char(4) UNIQUE, v varchar(8) COLLATE \"C\" UNIQUE);
         INSERT INTO p VALUES (1, 'a', 'a '), (2.50, 'bb', 'B'), (3, 'cc', 'ñ');
         CREATE TABLE c (id integer PRIMARY KEY, p integer REFERENCES p ON UPDATE CASCADE, c varchar(9) REFERENCES p (c), \
             v text REFERENCES p (v) ON UPDATE CASCADE, n numeric REFERENCES p ON UPDATE CASCADE);",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let ops = [
        insert("c", "id, p, c, v, n", "(1, 1, 'a', 'a ', 2.5)"),
        insert("c", "id, v", "(2, 'a')"),
        insert("c", "id, c", "(3, 'a   ')"),
        insert("c", "id, n", "(4, 2.5001)"),
        update("p", &[("v", "'aa'")], "{id} = 1"),
        update("p", &[("c", "'zz'")], "{id} = 1"),
        update("p", &[("id", "7.25")], "{id} = 2.5"),
        update("p", &[("id", "1.5")], "{id} = 1"),
        delete("p", "{id} = 1"),
    ];
    let told = play(&pair, &[&plan], &["p", "c"], "postgres", &ops).await;
    assert_eq!(told.iter().filter(|t| t.contains("23503")).count(), 5, "{told:#?}");
}

#[tokio::test]
async fn referencing_partitions_comments_and_not_valid() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3);
         CREATE TABLE c (id integer, pid numeric(5,0) CONSTRAINT c_p REFERENCES p ON DELETE CASCADE) PARTITION BY RANGE (id);
         CREATE TABLE c1 PARTITION OF c FOR VALUES FROM (0) TO (10); CREATE TABLE c2 PARTITION OF c FOR VALUES FROM (10) TO (20);
         CREATE TABLE d (pid numeric(5,0)); INSERT INTO d VALUES (77);
         ALTER TABLE d ADD CONSTRAINT d_p FOREIGN KEY (pid) REFERENCES p NOT VALID; COMMENT ON CONSTRAINT d_p ON d IS 'older rows differ';",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let ops = [
        insert("c", "id, pid", "(1, 1), (11, 2)"),
        insert("c", "id, pid", "(2, 9)"),
        insert("c2", "id, pid", "(12, 9)"),
        insert("d", "pid", "(3)"),
        insert("d", "pid", "(78)"),
        delete("p", "{id} = 1"),
        delete("p", "{id} = 3"),
        update("p", &[("id", "8")], "{id} = 2"),
    ];
    play(&pair, &[&plan], &["p", "c", "d"], "postgres", &ops).await;
    let catalog = "SELECT conname, contype, convalidated, confdeltype, obj_description(oid, 'pg_constraint') FROM pg_constraint \
                   WHERE conrelid IN ('cf_quere_pro.c'::regclass, 'cf_quere_pro.c1'::regclass, 'cf_quere_pro.d'::regclass) AND contype = 'f' ORDER BY 1";
    assert_eq!(pair.old.rows(catalog).await, pair.new.rows(catalog).await);
    pair.restore("p").await;
    assert_eq!(pair.old.rows(catalog).await, pair.new.rows(catalog).await);
    let both_sides = sessions(&pair, "postgres").await;
    both(&pair, &both_sides, &insert("c2", "id, pid", "(13, 9)"), "restored").await;
}

const JUNCTION: &str = "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, note varchar(9)); INSERT INTO p VALUES (5, 'n'), (4, 'n'), (3, 'n'), (2, 'n'), (1, 'n');
     CREATE TABLE j (id numeric(5,0) NOT NULL PRIMARY KEY CONSTRAINT j_p REFERENCES p, up numeric(5,0) CONSTRAINT j_j REFERENCES j);
     INSERT INTO j VALUES (2, NULL), (3, 2), (4, 4);";

fn junction() -> Vec<Op> {
    vec![
        insert("j", "id, up", "(5, 3), (1, 5)"),
        insert("j", "id, up", "(6, NULL)"),
        update("p", &[("note", "'y'")], "true"),
        update("p", &[("id", "30")], "{id} = 3"),
        update("p", &[("id", "{id} + 1")], "true"),
        update("j", &[("id", "7")], "{id} = 5"),
        update("j", &[("up", "NULL")], "{id} = 4"),
        update("j", &[("id", "{id} + 20"), ("up", "2")], "{id} = 5"),
        delete("p", "{id} = 2"),
        delete("j", "{id} = 2"),
        delete("p", "{id} = 5"),
        truncate(&["p"], "CASCADE"),
    ]
}

/// A leaf may have no number column: then its codes identify its rows, and they can change.
#[tokio::test]
async fn rows_that_are_known_by_what_changes() {
    let mut pair = Pair::new(JUNCTION).await;
    let mut plans = Vec::new();
    for table in ["j", "p"] {
        let shape = Shape { identity: &["dv_domain", "dv_code"], ..Shape::of(&pair.new.db, table, "id").await };
        plans.extend(pair.shift_shape(shape).await);
    }
    let both_sides = sessions(&pair, "postgres").await;
    for op in junction() {
        both(&pair, &both_sides, &op, "").await;
        pair.equal_state(&["p", "j"], &plans.iter().collect::<Vec<_>>(), &format!("{op:?}")).await;
    }
}

/// One row is reached by two cascades of one statement, through two tables, and by one through its own table.
#[tokio::test]
async fn cascades_that_meet_in_one_row() {
    let cascade = "ON UPDATE CASCADE ON DELETE CASCADE";
    let tables = format!(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, note varchar(9)); INSERT INTO p VALUES (5, 'n'), (4, 'n'), (3, 'n'), (2, 'n'), (1, 'n');
         CREATE TABLE j (id numeric(5,0) NOT NULL PRIMARY KEY CONSTRAINT j_p REFERENCES p {cascade}, up numeric(5,0) CONSTRAINT j_j REFERENCES j {cascade});
         INSERT INTO j VALUES (2, NULL), (3, 2), (4, 4);
         CREATE TABLE k (id numeric(5,0) NOT NULL PRIMARY KEY, pid numeric(5,0) CONSTRAINT k_p REFERENCES p {cascade}, \
             jid numeric(5,0) CONSTRAINT k_j REFERENCES j {cascade}); INSERT INTO k VALUES (1, 2, 2), (2, 3, 2), (3, 1, NULL), (4, 4, 4);"
    );
    for moved in [&["j", "k", "p"][..], &["p", "j"], &["k", "j"], &["k"], &["p"]] {
        let mut pair = Pair::new(&tables).await;
        let mut plans = Vec::new();
        for table in moved {
            plans.extend(pair.shift(table, "id").await);
        }
        let both_sides = sessions(&pair, "postgres").await;
        for op in junction() {
            both(&pair, &both_sides, &op, "").await;
            pair.equal_state(&["p", "j", "k"], &plans.iter().collect::<Vec<_>>(), &format!("{moved:?} {op:?}")).await;
        }
    }
}

/// A role that deletes a referenced row, or refers to one, needs rights on nothing else; a cascade runs as the table's owner.
#[tokio::test]
async fn owners_and_clients_without_rights_on_the_other_side() {
    let roles = "DO $$ BEGIN CREATE ROLE fk_parents LOGIN; CREATE ROLE fk_children LOGIN; CREATE ROLE fk_client LOGIN; \
                 EXCEPTION WHEN duplicate_object THEN NULL; END $$;";
    let mut pair = Pair::new(&format!(
        "{roles} GRANT USAGE ON SCHEMA cf_quere_pro TO fk_client, fk_parents, fk_children;
         CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3), (4);
         CREATE TABLE c (id integer, pid numeric(5,0) CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
         CREATE TABLE d (id integer, pid numeric(5,0) CONSTRAINT d_p REFERENCES p);
         INSERT INTO c VALUES (1, 1); INSERT INTO d VALUES (1, 2);
         ALTER TABLE p OWNER TO fk_parents; ALTER TABLE c OWNER TO fk_children; ALTER TABLE d OWNER TO fk_children;
         GRANT SELECT, DELETE, TRUNCATE ON p TO fk_client; GRANT INSERT, UPDATE, SELECT ON d TO fk_client;"
    ))
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    // The rights that the migration copies to the leaf.
    pair.new.sql("GRANT SELECT, DELETE, TRUNCATE ON esclusa_leaf.p TO fk_client").await;
    let ops = [
        delete("p", "{id} = 1"),
        delete("p", "{id} = 2"),
        insert("d", "id, pid", "(2, 3)"),
        insert("d", "id, pid", "(2, 9)"),
        update("d", &[("pid", "4")], "{id} = 2"),
        truncate(&["p"], ""),
    ];
    let told = play(&pair, &[&plan], &["p", "c", "d"], "fk_client", &ops).await;
    assert!(told[0] == "(1)" && told[1].contains("23503") && told[5].contains("0A000"), "{told:#?}");
    let client = pair.new.session("fk_client", "").await;
    for forbidden in [
        "DELETE FROM esclusa_key.p",
        "UPDATE esclusa_key.p SET id = 1",
        "INSERT INTO esclusa_key.p VALUES (1, 1)",
        "CREATE TEMPORARY TABLE mine (id integer); CREATE TRIGGER t AFTER INSERT ON mine EXECUTE FUNCTION esclusa.follow_p()",
    ] {
        assert!(client.say(forbidden).await.contains("42501"), "{forbidden}");
    }
}

/// An operator of the client's own, in a schema before pg_catalog, is not used.
#[tokio::test]
async fn names_are_the_servers_own() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, v varchar(5) UNIQUE); INSERT INTO p VALUES (1, 'a');
         CREATE TABLE c (pid numeric(5,0) REFERENCES p, v varchar(5) REFERENCES p (v));
         CREATE SCHEMA evil; CREATE FUNCTION evil.no(numeric, numeric) RETURNS boolean LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'evil'; END $$; CREATE OPERATOR evil.= (LEFTARG = numeric, RIGHTARG = numeric, FUNCTION = evil.no);
         CREATE FUNCTION evil.no(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
         CREATE OPERATOR evil.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = evil.no);
         CREATE FUNCTION evil.no(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.no);
         CREATE FUNCTION evil.no(bigint, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;
         CREATE OPERATOR evil.= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = evil.no);
         CREATE TYPE evil.record AS (a integer);
         CREATE FUNCTION evil.unnest(anyarray) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil'; END $$;",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let ops = [
        raw("SET search_path = evil, pg_catalog"),
        insert("c", "pid, v", "(1, 'a')"),
        insert("c", "pid", "(2)"),
        delete("p", "true"),
        update("p", &[("id", "3")], "true"),
    ];
    play(&pair, &[&plan], &["p", "c"], "postgres", &ops).await;
}

#[tokio::test]
async fn set_null_on_a_column_that_is_not_null() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) PRIMARY KEY); INSERT INTO p VALUES (1), (2);
         CREATE TABLE c (id numeric(5,0) NOT NULL PRIMARY KEY, note varchar(200), pid numeric(5,0) NOT NULL CONSTRAINT c_p REFERENCES p ON DELETE SET NULL);
         INSERT INTO c VALUES (1, repeat('x', 100), 1), (2, NULL, 2);",
    )
    .await;
    let plan = pair.shift("c", "id").await.unwrap();
    let ops = [delete("p", "{id} = 1"), delete("p", "{id} = 2")];
    let told = play(&pair, &[&plan], &["p", "c"], "postgres", &ops).await;
    assert!(told.iter().all(|t| t.contains("23502")), "{told:#?}");
}

/// A session with session_replication_role = replica checks no foreign key; the key table is kept current all the same.
#[tokio::test]
async fn a_replica_session_leaves_the_key_table_equal() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) PRIMARY KEY); INSERT INTO p VALUES (1), (2); CREATE TABLE c (pid numeric(5,0) REFERENCES p);
         INSERT INTO c VALUES (1);",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let ops = [
        raw("SET session_replication_role = replica"),
        delete("p", "{id} = 1"),
        insert("p", "id", "(3)"),
        insert("c", "pid", "(9)"),
        raw("SET session_replication_role = origin"),
        insert("c", "pid", "(3)"),
        insert("c", "pid", "(1)"),
    ];
    play(&pair, &[&plan], &["p", "c"], "postgres", &ops).await;
}

/// A bulk change keeps the order of the leaf's rows, so that no unique index of the key table raises an error where the leaf's did not.
#[tokio::test]
async fn many_keys_are_counted_up_in_one_statement() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p SELECT generate_series(5000, 1, -1);
         CREATE TABLE c (pid numeric(5,0) CONSTRAINT c_p REFERENCES p); INSERT INTO c SELECT generate_series(2, 5000);",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let ops = [update("p", &[("id", "{id} + 1")], "true"), update("p", &[("id", "{id} + 1")], "{id} > 4999")];
    let told = play(&pair, &[&plan], &["p", "c"], "postgres", &ops).await;
    assert!(told[0] == "(5000)" && told[1].contains("Key (id)=(5000) is still referenced"), "{told:?}");
}

/// Rows of the leaf that move in its heap stay where they are in the key table's: its own order would meet a key that is still there.
#[tokio::test]
async fn keys_are_changed_in_the_leafs_order() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p SELECT generate_series(40, 1, -1);
         CREATE TABLE c (pid numeric(5,0) CONSTRAINT c_p REFERENCES p);",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    pair.new.sql("ANALYZE esclusa_key.p").await;
    let ops = [
        raw("SET enable_indexscan = off; SET enable_bitmapscan = off"),
        delete("p", "{id} < 21"),
        // From the lowest to the highest, the other way round than in the key table.
        update("p", &[("id", "{id}")], "{id} = 21"),
        update("p", &[("id", "{id}")], "{id} = 22"),
        update("p", &[("id", "{id}")], "{id} = 23"),
        update("p", &[("id", "{id} - 1")], "{id} < 24"),
    ];
    let told = play(&pair, &[&plan], &["p"], "postgres", &ops).await;
    assert_eq!(told[5], "(3)");
}

/// The hold and the key's take-over find the leaf's row by the index that the leaf carries.
#[tokio::test]
async fn the_hold_reads_an_index() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, v varchar(8) UNIQUE); INSERT INTO p SELECT i, 'v' || i FROM generate_series(1, 5000) i;
         CREATE TABLE c (pid integer REFERENCES p, v varchar(8) REFERENCES p (v));",
    )
    .await;
    pair.shift("p", "id").await.unwrap();
    pair.new.sql("ANALYZE esclusa_leaf.p; SELECT pg_stat_reset()").await;
    let session = pair.new.session("postgres", "").await;
    assert_eq!(session.say("INSERT INTO cf_quere_pro.c SELECT i, 'v' || i FROM generate_series(1, 50) i").await, "(50)");
    session.say("SELECT pg_stat_force_next_flush()").await;
    assert_eq!(
        session.say("SELECT seq_scan, idx_scan FROM pg_stat_all_tables WHERE relid = 'esclusa_leaf.p'::regclass").await,
        "0|100\n(1)"
    );
}

async fn plan_of(pair: &Pair, table: &str, rows: Rows) -> Result<Option<KeyTable>> {
    let shape = Shape::of(&pair.new.db, table, "id").await;
    pair.new.sql(&format!("CREATE TABLE IF NOT EXISTS esclusa_leaf.{table} (dv_id bigint)")).await;
    let legacy = format!("{SCHEMA}.{table}");
    with_leaf(&shape, &legacy, async |leaf| {
        let leaf = Leaf { write: leaf.write.filter(|_| rows != Rows::Audit), ..*leaf };
        KeyTable::plan(&pair.new.db, &leaf).await
    })
    .await
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_by_name() {
    let pair = Pair::new(
        "CREATE TABLE p (id integer PRIMARY KEY); CREATE TABLE c (id integer, pid integer CONSTRAINT c_p REFERENCES p);
         ALTER TABLE c DISABLE TRIGGER ALL;
         CREATE TABLE q (id integer PRIMARY KEY); CREATE TABLE h (id integer, qid integer CONSTRAINT h_q REFERENCES q ON DELETE SET NULL);
         CREATE UNLOGGED TABLE u (id integer PRIMARY KEY); CREATE UNLOGGED TABLE w (id integer, uid integer CONSTRAINT w_u REFERENCES u);
         CREATE TABLE n (id integer);
         CREATE TABLE r (id integer PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE s (rid integer CONSTRAINT s_r REFERENCES r);",
    )
    .await;
    for (table, rows, name, reason) in [
        ("p", Rows::Written, "constraint \"c_p\" on table \"c\"", "disabled"),
        ("c", Rows::Written, "constraint \"c_p\" on table \"c\"", "disabled"),
        ("h", Rows::Audit, "constraint \"h_q\" on table \"h\"", "audit records"),
        ("w", Rows::Written, "constraint \"w_u\" on table \"w\"", "unlogged"),
        ("r", Rows::Written, "constraint \"s_r\" on table \"s\"", "partitioned"),
    ] {
        let error = plan_of(&pair, table, rows).await.unwrap_err();
        assert!(said(&error).contains(name) && said(&error).contains(reason), "{table}: {}", said(&error));
        let keys = foreign_keys(&pair.new.db, &format!("{SCHEMA}.{table}")).await.unwrap();
        let found: Vec<Refusal> = refusals(&keys, SCHEMA, table, rows);
        assert!(found.len() == 1 && found[0].name == name, "{found:?}");
    }
    assert!(plan_of(&pair, "n", Rows::Written).await.unwrap().is_none());
    assert!(plan_of(&pair, "q", Rows::Written).await.unwrap().is_some());
}

/// The remaining differences, one by one.
#[tokio::test]
async fn what_differs() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3);
         CREATE TABLE c (id numeric(5,0) NOT NULL PRIMARY KEY, pid numeric(5,0) CONSTRAINT c_p REFERENCES p DEFERRABLE);
         CREATE TABLE d (pid numeric(5,0) CONSTRAINT d_p REFERENCES p); INSERT INTO d VALUES (1);",
    )
    .await;
    let plan = pair.shift("p", "id").await.unwrap();
    let s = pair.new.session("postgres", &format!("SET search_path = {SCHEMA}")).await;
    // A constraint on a table that stayed is found by its name; the error names the other table as it is.
    assert_eq!(
        s.say("BEGIN; SET CONSTRAINTS c_p DEFERRED; INSERT INTO c VALUES (1, 9); DELETE FROM c; COMMIT")
            .await
            .matches("ERROR")
            .count(),
        0
    );
    assert_eq!(
        s.say("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'c_p'").await,
        "FOREIGN KEY (pid) REFERENCES esclusa_key.p(id) DEFERRABLE\n(1)"
    );
    // One statement that deletes a row and refers to it: the error is that of the referenced side.
    let both_sides = [pair.old.session("postgres", "").await, s];
    let [old, new] = pair.render(&crate::bed::with(delete("p", "{id} = 3"), insert("d", "pid", "(3)")));
    assert!(both_sides[0].say(&old).await.starts_with("ERROR 23503 insert or update on table \"d\""));
    assert!(both_sides[1].say(&new).await.starts_with("ERROR 23503 update or delete on table \"p\""));
    // One MERGE that renames a referenced key and inserts the old one.
    let merge = "MERGE INTO cf_quere_pro.p AS t USING (VALUES (1, 0), (8, 1)) AS v (a, b) ON t.id = v.a \
                 WHEN MATCHED THEN UPDATE SET id = 7 WHEN NOT MATCHED THEN INSERT VALUES (v.b)";
    assert_eq!(both_sides[0].say(merge).await, "(2)");
    let merge = "MERGE INTO esclusa_leaf.p AS t USING (VALUES (1, 0), (8, 1)) AS v (a, b) ON t.dv_code::numeric = v.a \
                 WHEN MATCHED THEN UPDATE SET dv_code = '7' WHEN NOT MATCHED THEN INSERT (dv_code) VALUES (v.b::text)";
    assert!(both_sides[1].say(merge).await.contains("23503"));
    // The partitioned table above the leaf cannot be written directly.
    assert!(both_sides[1].say("DELETE FROM public.dv").await.contains("0A000 cannot write table \"dv\" by its name"));
    // A constraint of a table that moved is in the schema of the key tables.
    let child = pair.shift("c", "id").await.unwrap();
    let s = pair.new.session("postgres", &format!("SET search_path = {SCHEMA}")).await;
    assert!(s.say("BEGIN; SET CONSTRAINTS c_p DEFERRED").await.contains("42704"));
    assert_eq!(s.say("ROLLBACK; BEGIN; SET CONSTRAINTS esclusa_key.c_p DEFERRED; COMMIT").await.matches("ERROR").count(), 0);
    assert_eq!(s.say("BEGIN; SET CONSTRAINTS ALL DEFERRED; COMMIT").await.matches("ERROR").count(), 0);
    assert!(
        s.say("INSERT INTO esclusa_leaf.c (dv_code, dv_extra_json) VALUES ('5', '{\"pid\": 9}')")
            .await
            .contains("[esclusa_key c - c_p]")
    );
    pair.equal_state(&[], &[&plan, &child], "in the end").await;
}

/// An application that drops its foreign key after the move leaves a hold trigger, which does no harm and is removed with the key table.
#[tokio::test]
async fn a_foreign_key_that_is_dropped_later() {
    let mut pair = Pair::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY); INSERT INTO p VALUES (1);
         CREATE TABLE c (pid numeric(5,0) CONSTRAINT c_p REFERENCES p);",
    )
    .await;
    pair.shift("p", "id").await.unwrap();
    let both_sides = sessions(&pair, "postgres").await;
    both(&pair, &both_sides, &raw("ALTER TABLE cf_quere_pro.c DROP CONSTRAINT c_p"), "").await;
    both(&pair, &both_sides, &insert("c", "pid", "(9)"), "").await;
    both(&pair, &both_sides, &after(insert("p", "id", "(2)"), insert("c", "pid", "(2)")), "").await;
    pair.restore("p").await;
    both(&pair, &both_sides, &insert("c", "pid", "(10)"), "").await;
    assert_eq!(pair.new.cell("SELECT count(*) FROM pg_trigger WHERE tgname ~* '^esclusa'").await, "0");
}
