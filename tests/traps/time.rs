//! Time: the legacy stamp lives in the image; `al_changed_at` only finds it.

use crate::common::{Bed, Twin, context};

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

/// Junk stamps pass, in one old partition or at the end of the last month, and none in DEFAULT.
#[tokio::test]
async fn junk_stamps_pass_and_default_stays_empty() {
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
        let last = "cf_quere_pro.audit_log_p2028_02|3|";
        assert!(placed.len() == 2 && placed[0].starts_with("cf_quere_pro.audit_log_hist|"), "{sql_type} {placed:?}");
        assert!(placed[0].contains("|-infinity|") && placed[1].starts_with(last), "{sql_type} {placed:?}");
        assert!(placed[1].ends_with("|2028-02-29 23:59:59.999999"), "{sql_type} {placed:?}");
    }
}

/// The months are those of the rules' zone, whatever the session's; nothing is indexed at the horizon or behind it.
#[tokio::test]
async fn months_begin_in_the_rules_zone() {
    let bed = stamps(
        "timestamp",
        "VALUES (1, '2026-02-28 23:59:59.999999', 'u'), (2, '2026-03-01', 'u'), (3, '2026-03-31 23:59:59.999999', 'u'), \
         (4, '2028-02-29 23:59:59.999999', 'u'), (5, '2028-03-01', 'u')",
    )
    .await;
    assert_eq!(context().horizon.to_string(), "2028-03");
    reads_back(&bed).await;
    assert_eq!(
        bed.rows("SELECT al_record_key, tableoid::regclass FROM cf_quere_pro.audit_log ORDER BY 1").await,
        ["1|hist", "2|p2026_03", "3|p2026_03", "4|p2028_02", "5|p2028_02"].map(|r| r.replace('|', "|cf_quere_pro.audit_log_")),
    );
}

/// A row that the application writes is indexed by the clock: a month that is over never gains rows, however old the stamp is.
#[tokio::test]
async fn written_rows_are_indexed_by_the_clock() {
    let bed = stamps("timestamp", "VALUES (1, '2004-01-05', 'u')").await;
    let session = bed.session("postgres", "SET timezone = 'Asia/Tokyo'").await;
    let twin = Twin { session: &session, table: "hist" };
    twin.write("INSERT INTO {t} VALUES (2, '2004-01-05', NULL), (3, NULL, '')").await;
    twin.write("UPDATE {t} SET usu = 'otro', hora = '1999-01-01' WHERE id = 1").await;
    assert_eq!(
        bed.rows("SELECT al_record_key, al_source, al_user_id, al_changed_at > now() - interval '1 hour' FROM cf_quere_pro.audit_log ORDER BY 1").await,
        ["1|W|otro|f", "2|W|∅|t", "3|W|∅|t"],
        "an updated row stays in the month that it was in"
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
