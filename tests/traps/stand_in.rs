//! The stand-in of a legacy table: what TRUNCATE removes, who may, and whom it waits for.

use crate::common::{Bed, SCHEMA, wait_for};

async fn two_tables() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipsi (id numeric(5,0) PRIMARY KEY); INSERT INTO tipsi VALUES (1), (2);
         CREATE TABLE tipso (id numeric(5,0) PRIMARY KEY); INSERT INTO tipso VALUES (1), (2), (3);
         CREATE TABLE hissi (id numeric(5,0)); INSERT INTO hissi VALUES (1), (1);
         CREATE TABLE hisso (id numeric(5,0)); INSERT INTO hisso VALUES (1)",
    )
    .await;
    bed.sql(
        "CREATE ROLE si_owner LOGIN; CREATE ROLE si_truncates LOGIN; CREATE ROLE si_none LOGIN;
         GRANT USAGE ON SCHEMA cf_quere_pro TO si_owner, si_truncates, si_none",
    )
    .await;
    for table in ["tipsi", "hissi"] {
        let t = format!("{SCHEMA}.{table}");
        bed.sql(&format!(
            "ALTER TABLE {t} OWNER TO si_owner; GRANT TRUNCATE ON {t} TO si_truncates; GRANT SELECT ON {t} TO si_none"
        ))
        .await;
    }
    bed.lookup("tipsi", "id").await;
    bed.lookup("tipso", "id").await;
    bed.history("hissi", "id").await;
    bed.history("hisso", "id").await;
    bed.migrate_all().await;
    bed
}

#[tokio::test]
async fn rights_and_rows_of_one_table() {
    let bed = two_tables().await;
    let count = "SELECT (SELECT count(*) FROM cf_quere_pro.tipsi), (SELECT count(*) FROM cf_quere_pro.tipso), \
                 (SELECT count(*) FROM cf_quere_pro.hissi), (SELECT count(*) FROM cf_quere_pro.hisso)";
    for (role, statement, expected) in [
        ("si_none", "TRUNCATE esclusa.stand_in_tipsi", "ERROR 42501"),
        ("si_truncates", "CLUSTER esclusa.stand_in_tipsi USING stand_in_tipsi_pkey", "ERROR 42501"),
        ("si_owner", "CLUSTER esclusa.stand_in_tipsi USING stand_in_tipsi_pkey", "(0)"),
        ("si_owner", "REINDEX TABLE esclusa.stand_in_hissi", "(0)"),
        ("si_owner", "VACUUM FULL esclusa.stand_in_hissi", "(0)"),
        ("si_truncates", "BEGIN; TRUNCATE esclusa.stand_in_tipsi, esclusa.stand_in_hissi; ROLLBACK", "(0)\n(0)\n(0)"),
    ] {
        let answer = bed.session(role, "SELECT").await.say(statement).await;
        assert!(answer.starts_with(expected), "{role}: {statement}: {answer}");
        assert_eq!(bed.cell(count).await, "2|3|2|1", "{role}: {statement}");
    }
    for (statement, expected) in [("TRUNCATE esclusa.stand_in_tipsi", "0|3|2|1"), ("TRUNCATE esclusa.stand_in_hissi", "0|3|0|1")]
    {
        assert_eq!(bed.session("si_truncates", "SELECT").await.say(statement).await, "(0)");
        assert_eq!(bed.cell(count).await, expected, "{statement}");
    }
}

/// TRUNCATE waits for a writer, and takes the row that it added.
#[tokio::test]
async fn truncate_waits_for_writers() {
    let mut bed = Bed::new("CREATE TABLE tipsw (id numeric(5,0) PRIMARY KEY)").await;
    bed.lookup("tipsw", "id").await;
    bed.migrate_all().await;
    let (writer, truncates) = (bed.session("postgres", "SELECT").await, bed.session("postgres", "SELECT").await);
    assert_eq!(writer.say("BEGIN; INSERT INTO cf_quere_pro.tipsw VALUES (1)").await, "(0)\n(1)");
    let waits = "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND relation = 'cf_quere_pro.domain_value'::regclass";
    let commit = async {
        wait_for(&bed.db, waits).await;
        assert_eq!(writer.say("COMMIT").await, "(0)");
    };
    let (said, ()) = tokio::join!(truncates.say("TRUNCATE esclusa.stand_in_tipsw"), commit);
    assert_eq!((said.as_str(), bed.cell("SELECT count(*) FROM cf_quere_pro.tipsw").await.as_str()), ("(0)", "0"));
}
