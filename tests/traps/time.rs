//! Time: the legacy stamp is kept verbatim and typed; `al_changed_at` is the instant that follows from it.

use crate::common::{Bed, Twin};

const ZONE: &str = "America/Mexico_City";

/// A history of stamps, migrated by a session that lives in another zone.
async fn stamps(sql_type: &str, rows: &str) -> Bed {
    let mut bed =
        Bed::new(&format!("CREATE TABLE hist (id numeric(8,0), hora {sql_type}, usu varchar(10)); INSERT INTO hist {rows}"))
            .await;
    bed.rule("hist", "history", "{ base = 'base', time = 'hora', user = 'usu' }", "{ columns = ['id'] }").await;
    bed.sql("SET timezone = 'Asia/Tokyo'").await;
    bed.migrate_all().await;
    bed
}

/// What the view shows is what the table holds, to sessions of several zones.
async fn reads_back(bed: &Bed) {
    for settings in [
        "SET timezone = 'America/Mexico_City'",
        "SET timezone = 'UTC'",
        "SET timezone = 'Pacific/Apia'; SET datestyle = 'German'",
    ] {
        let session = bed.session("postgres", settings).await;
        let twin = Twin { session: &session, table: "hist" };
        twin.same("SELECT * FROM {t}").await;
        twin.same("SELECT id, hora + interval '1 day', extract(epoch FROM hora) FROM {t}").await;
    }
}

/// 2019-04-07 02:30 did not exist in Mexico City and 2019-10-27 01:30 was twice: as `timestamptz` the first reads back as 03:30.
#[tokio::test]
async fn dst_gap_and_overlap() {
    let grid = |from: &str, to: &str| format!("SELECT s FROM generate_series(timestamp '{from}', '{to}', '10 minutes') s");
    let bed = stamps(
        "timestamp",
        &format!(
            "SELECT row_number() OVER (), s, 'u' FROM ({} UNION ALL {} UNION ALL {}) x",
            grid("2019-04-06 22:00", "2019-04-07 06:00"),
            grid("2019-10-26 22:00", "2019-10-27 06:00"),
            grid("1921-12-31 22:00", "1922-01-01 06:00"),
        ),
    )
    .await;
    reads_back(&bed).await;
    let read = "(al_old_data ->> 'hora')::timestamp";
    let counted = bed
        .cell(&format!(
            "SELECT count(*) FILTER (WHERE al_changed_at IS DISTINCT FROM {read} AT TIME ZONE '{ZONE}'),
                    count(*) FILTER (WHERE al_changed_at AT TIME ZONE '{ZONE}' <> {read}) FROM cf_quere_pro.audit_log"
        ))
        .await;
    assert_eq!(counted, "0|6", "an index in the zone of the rules; the six stamps of 02:xx would not come back from it");
    // Bounds that are widened by an hour before the conversion lose no row; exact ones do.
    let lost = |slack: &str| {
        format!(
            "SELECT count(*) > 0 FROM cf_quere_pro.audit_log, generate_series(timestamp '2019-04-06 22:00', '2019-04-07 06:00', '5 minutes') AS p
             WHERE {read} >= p AND al_changed_at < (p - interval '{slack}') AT TIME ZONE '{ZONE}'
                OR {read} < p AND al_changed_at >= (p + interval '{slack}') AT TIME ZONE '{ZONE}'"
        )
    };
    assert_eq!([bed.cell(&lost("0")).await, bed.cell(&lost("1 hour")).await], ["t", "f"]);
}

/// Junk stamps pass, all in the one leaf; what no instant can hold is at the end of time.
#[tokio::test]
async fn junk_stamps_pass() {
    let junk = "('-infinity'), ('infinity'), ('0001-01-01'), ('0044-03-15 BC'), ('4713-11-24 BC'), ('9999-12-31'), (NULL), ('1900-01-01')";
    for (sql_type, own) in [
        ("timestamp", "('294276-12-31 23:59:59.999999'), ('2019-04-07 02:30')"),
        ("timestamp(0)", "('294276-12-31 23:59:59')"),
        ("date", "('5874897-12-31'), ('2019-04-07')"),
        ("timestamptz", "('294276-12-31 23:59:59.999999Z'), ('2019-04-07 02:30-06')"),
    ] {
        let bed = stamps(sql_type, &format!("SELECT 1, v::{sql_type}, NULL FROM (VALUES {junk}, {own}) x(v)")).await;
        reads_back(&bed).await;
        let placed = bed
            .rows("SELECT tableoid::regclass, count(*), min(al_changed_at), max(al_changed_at AT TIME ZONE 'America/Mexico_City') FROM cf_quere_pro.audit_log GROUP BY 1 ORDER BY tableoid::regclass::text")
            .await;
        let [leaf] = placed.as_slice() else { panic!("{sql_type} {placed:?}") };
        assert!(leaf.starts_with("esclusa_leaf.hist|") && leaf.contains("|-infinity|"), "{sql_type} {placed:?}");
    }
}

/// A row that the application writes has the instant of its stamp like one that was moved, and a row without a stamp comes before all.
#[tokio::test]
async fn written_rows_have_the_instant_of_their_stamp() {
    let bed = stamps("timestamp", "VALUES (1, '2004-01-05', 'u'), (5, '2026-04-05', 'u'), (6, '2026-04-05', 'u')").await;
    let session = bed.session("postgres", "SET timezone = 'Asia/Tokyo'").await;
    let twin = Twin { session: &session, table: "hist" };
    twin.write("INSERT INTO {t} VALUES (2, '2004-01-05', NULL), (3, NULL, '')").await;
    twin.write("UPDATE {t} SET usu = 'otro', hora = '1999-01-01' WHERE id = 1").await;
    twin.write("UPDATE {t} SET usu = 'otro', hora = hora WHERE id = 5").await;
    twin.write("UPDATE {t} SET usu = 'otro' WHERE id = 6").await;
    let instant = format!("al_changed_at = coalesce(al_legacy_at AT TIME ZONE '{ZONE}', '-infinity')");
    assert_eq!(
        bed.rows(&format!(
            "SELECT al_record_key, al_source, al_user_id, al_legacy_at::date, {instant} FROM cf_quere_pro.audit_log ORDER BY 1"
        ))
        .await,
        ["1|W|otro|1999-01-01|t", "2|W|∅|2004-01-05|t", "3|W|∅|\\N|t", "5|W|otro|2026-04-05|t", "6|W|otro|2026-04-05|t"]
    );
}

/// NULL stamps and users stay NULL in the legacy row.
#[tokio::test]
async fn missing_stamps_and_users_stay_missing() {
    let bed =
        stamps("timestamp", "VALUES (1, NULL, NULL), (2, NULL, ''), (3, '2020-01-01', '   '), (4, '2020-01-01', '∅')").await;
    reads_back(&bed).await;
    assert_eq!(
        bed.rows("SELECT al_record_key, al_user_id, al_old_data ->> 'usu' FROM cf_quere_pro.audit_log ORDER BY 1").await,
        ["1|∅|\\N", "2|∅|", "3|   |   ", "4|∅|∅"]
    );
}
