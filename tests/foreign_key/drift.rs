//! The key table and what is on it count as objects of a moved table: `schema check` reports their drift, `schema apply` mends it.

use esclusa::migrate::schema;

use crate::common::{Bed, SCHEMA};

/// `p` and `c` have moved; `d` stays and points at both.
async fn moved(order: [&str; 2]) -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE p (id numeric(5,0) NOT NULL PRIMARY KEY, v varchar(8) COLLATE \"C\" DEFAULT 'x' UNIQUE); INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c');
         CREATE TABLE c (id numeric(5,0) NOT NULL PRIMARY KEY, pid numeric(5,0) DEFAULT 1 CONSTRAINT c_p REFERENCES p ON DELETE CASCADE);
         INSERT INTO c VALUES (1, 1), (2, 2);
         CREATE TABLE d (pid numeric(5,0) CONSTRAINT d_p REFERENCES p DEFERRABLE, v varchar(8) CONSTRAINT d_v REFERENCES p (v), \
             cid numeric(5,0) CONSTRAINT d_c REFERENCES c ON DELETE CASCADE); INSERT INTO d VALUES (1, 'b', 1);
         COMMENT ON CONSTRAINT d_p ON d IS 'kept'; INSERT INTO d VALUES (3, NULL, NULL);
         CREATE TABLE e (pid numeric(5,0)); INSERT INTO e VALUES (77); ALTER TABLE e ADD CONSTRAINT e_p FOREIGN KEY (pid) REFERENCES p NOT VALID",
    )
    .await;
    for table in order {
        bed.lookup(table, "id").await;
        // The collation of a column is lost, and that has to be accepted.
        bed.migrate_accepting(table).await.unwrap_or_else(|e| panic!("{table}: {e} {:?}", e.more()));
    }
    bed
}

async fn checked(bed: &Bed) -> Vec<String> {
    let table = schema::check(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    table.rows.iter().map(|row| format!("{}: {}", row[0].text(), row[1].text())).collect()
}

async fn applied(bed: &Bed) -> Vec<String> {
    let table = schema::apply(&bed.db, &bed.context).await.unwrap_or_else(|e| panic!("{e} {:?}", e.more()));
    table.rows.iter().map(|row| format!("{}: {}", row[0].text(), row[1].text())).filter(|row| row.contains("mended")).collect()
}

/// All that the server knows of foreign keys, triggers and constraints, by which two states are compared.
async fn facts(bed: &Bed) -> Vec<String> {
    bed.rows(
        "SELECT k.conname, k.conrelid::regclass::text, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint') FROM pg_constraint k \
         WHERE k.connamespace IN ('esclusa_key'::regnamespace, 'cf_quere_pro'::regnamespace, 'esclusa_leaf'::regnamespace) AND contype <> 't' AND conname !~ '^audit'
         UNION ALL SELECT pg_get_triggerdef(oid), tgrelid::regclass::text, tgenabled::text, '' FROM pg_trigger WHERE tgname ~* '^esclusa'
         UNION ALL SELECT indexdef, format('%I.%I', schemaname, tablename)::regclass::text, '', '' FROM pg_indexes WHERE schemaname = 'esclusa_key'
         UNION ALL SELECT coalesce(relacl, acldefault('r', relowner))::text, oid::regclass::text, pg_get_userbyid(relowner), '' FROM pg_class WHERE relnamespace = 'esclusa_key'::regnamespace AND relkind = 'r'
         ORDER BY 1, 2, 3, 4",
    )
    .await
}

#[tokio::test]
async fn what_is_damaged_is_told_and_mended() {
    for order in [["p", "c"], ["c", "p"]] {
        let bed = moved(order).await;
        assert_eq!(checked(&bed).await, Vec::<String>::new(), "{order:?}");
        let whole = facts(&bed).await;
        for (damage, told) in [
            (
                "DROP TRIGGER esclusa_follow_update ON esclusa_leaf.p; UPDATE cf_quere_pro.p SET id = 9 WHERE id = 3",
                &["key table esclusa_key.p: rows differ", "trigger esclusa_follow_update on esclusa_leaf.p: missing"][..],
            ),
            (
                "ALTER TABLE esclusa_leaf.p DISABLE TRIGGER esclusa_follow_insert",
                &["trigger esclusa_follow_insert on esclusa_leaf.p: disabled"],
            ),
            (
                "ALTER TABLE esclusa_leaf.p ENABLE TRIGGER esclusa_follow_insert",
                &["trigger esclusa_follow_insert on esclusa_leaf.p: not ALWAYS"],
            ),
            ("ALTER TABLE esclusa_key.c DROP CONSTRAINT c_p", &["foreign key c_p on esclusa_key.c: missing"]),
            ("ALTER TABLE cf_quere_pro.d DROP CONSTRAINT d_p", &["foreign key d_p on cf_quere_pro.d: missing"]),
            (
                "ALTER TABLE cf_quere_pro.d DISABLE TRIGGER ALL",
                &["foreign key d_c on cf_quere_pro.d: disabled", "foreign key d_p on cf_quere_pro.d: disabled"],
            ),
            (
                "ALTER TABLE cf_quere_pro.d DROP CONSTRAINT d_c; ALTER TABLE cf_quere_pro.d ADD CONSTRAINT d_c FOREIGN KEY (cid) REFERENCES esclusa_key.c (id)",
                &["foreign key d_c on cf_quere_pro.d: differs"],
            ),
            (
                "DROP TRIGGER \"ESCLUSA_hold_update_d_p\" ON cf_quere_pro.d",
                &["hold \"ESCLUSA_hold_update_d_p\" on cf_quere_pro.d: missing"],
            ),
            (
                "DROP TRIGGER \"ESCLUSA_hold_insert_c_p\" ON esclusa_key.c",
                &["trigger \"ESCLUSA_hold_insert_c_p\" on esclusa_key.c: missing"],
            ),
            (
                "CREATE OR REPLACE FUNCTION esclusa.follow_p() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RETURN NULL; END $$",
                &["function esclusa.follow_p(): differs"],
            ),
            (
                "DROP FUNCTION esclusa.lead_c() CASCADE",
                &["function esclusa.lead_c(): missing", "trigger esclusa_lead_delete on esclusa_key.c: missing"],
            ),
            ("GRANT EXECUTE ON FUNCTION esclusa.refill_p() TO PUBLIC", &["function esclusa.refill_p(): for PUBLIC"]),
            ("ALTER TABLE esclusa_key.p ADD COLUMN more integer", &["key table esclusa_key.p: differs"]),
            ("DROP TABLE esclusa_key.p CASCADE", &["key table esclusa_key.p: missing"]),
            ("DROP TABLE esclusa_key.c CASCADE", &["key table esclusa_key.c: missing"]),
            (
                "SET esclusa.carry_grants = 'off'; GRANT UPDATE ON esclusa_key.c TO PUBLIC; RESET esclusa.carry_grants",
                &["grants esclusa_key.c: grants differ"],
            ),
        ] {
            bed.sql(damage).await;
            let found = checked(&bed).await;
            assert!(told.iter().all(|t| found.iter().any(|f| f == t)), "{order:?} {damage}: {found:#?}");
            if damage.contains("id = 9") {
                // A row without its referenced row: the foreign key's error says which, and nothing is lost.
                let rows = applied(&bed).await;
                assert!(rows.iter().any(|r| r.contains("not mended") && r.contains("d_p")), "{rows:#?}");
                bed.sql("UPDATE cf_quere_pro.p SET id = 3 WHERE id = 9").await;
            }
            let rows = applied(&bed).await;
            assert!(rows.iter().all(|r| !r.contains("not mended")), "{order:?} {damage}: {rows:#?}");
            assert_eq!(checked(&bed).await, Vec::<String>::new(), "{order:?} {damage}");
            assert_eq!(facts(&bed).await, whole, "{order:?} {damage}");
        }
        let s = bed.session("postgres", &format!("SET search_path = {SCHEMA}")).await;
        assert!(s.say("INSERT INTO d VALUES (99)").await.contains("23503"));
        assert!(s.say("DELETE FROM p WHERE id = 3").await.contains("23503"));
        assert_eq!(s.say("DELETE FROM d; DELETE FROM p WHERE id = 1; SELECT count(*) FROM c").await, "(2)\n(1)\n1\n(1)");
    }
}

/// A table of the application that is dropped takes its foreign key along, and that is not drift.
#[tokio::test]
async fn what_has_gone_with_its_table_is_no_drift() {
    let bed = moved(["p", "c"]).await;
    bed.sql("DROP TABLE cf_quere_pro.d").await;
    assert_eq!(checked(&bed).await, Vec::<String>::new());
    assert_eq!(
        bed.cell("SELECT bool_and(convalidated) FROM pg_constraint WHERE connamespace = 'esclusa_key'::regnamespace").await,
        "t"
    );
}
