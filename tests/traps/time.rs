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

/// A row that the application writes is indexed by the clock where its stamp says the same to within a day, else at the beginning of
/// time: a month that is over never gains rows, and a range of stamps is a range of the index and its beginning.
#[tokio::test]
async fn written_rows_are_indexed_by_the_clock_or_at_the_beginning() {
    let bed = stamps("timestamp", "VALUES (1, '2004-01-05', 'u'), (5, '2026-04-05', 'u'), (6, '2026-04-05', 'u')").await;
    let session = bed.session("postgres", "SET timezone = 'Asia/Tokyo'").await;
    let twin = Twin { session: &session, table: "hist" };
    twin.write("INSERT INTO {t} VALUES (2, '2004-01-05', NULL), (3, NULL, '')").await;
    twin.write(
        "INSERT INTO {t} SELECT 4, date_trunc('hour', now() AT TIME ZONE 'America/Mexico_City') - interval '22 hours', 'u'",
    )
    .await;
    twin.write("UPDATE {t} SET usu = 'otro', hora = '1999-01-01' WHERE id = 1").await;
    twin.write("UPDATE {t} SET usu = 'otro', hora = hora WHERE id = 5").await;
    twin.write("UPDATE {t} SET usu = 'otro' WHERE id = 6").await;
    let place = "CASE WHEN al_changed_at = '-infinity' THEN 'beginning' WHEN al_changed_at > now() - interval '1 hour' THEN 'clock' \
                 ELSE al_changed_at::date::text END";
    assert_eq!(
        bed.rows(&format!("SELECT al_record_key, al_source, al_user_id, {place} FROM cf_quere_pro.audit_log ORDER BY 1")).await,
        ["1|W|otro|beginning", "2|W|∅|beginning", "3|W|∅|beginning", "4|W|u|clock", "5|W|otro|2026-04-05", "6|W|otro|2026-04-05"]
    );
}

/// A finder names the partitions that hold rows, also those of stamps in the future, that of this month, and none that is over and
/// empty; when it knows no more, it reads them all.
#[tokio::test]
async fn finders_name_the_partitions_that_can_hold_rows() {
    let bed = stamps(
        "timestamp",
        "VALUES (1, '2004-01-05', 'u'), (1, '2026-04-05', 'u'), (2, '2026-05-01', NULL), (1, '9999-12-31', 'z')",
    )
    .await;
    let session = bed.session("postgres", "SET search_path = cf_quere_pro").await;
    let twin = Twin { session: &session, table: "hist" };
    twin.write("INSERT INTO {t} VALUES (1, date_trunc('day', localtimestamp), 'now'), (1, '2026-03-03', 'then')").await;
    let find = "SELECT usu FROM esclusa.find_hist('1') ORDER BY usu";
    let all = ["now", "then", "u", "u", "z"];
    assert_eq!(bed.rows(find).await, all);
    let body = bed.cell("SELECT prosrc FROM pg_proc WHERE proname = 'find_hist'").await;
    assert!(!body.contains("2026-07-01"), "a month that is over and empty: {body}");
    assert!(body.contains("2026-04-01 06:00:00+00") && body.contains("2026-06-01 06:00:00+00"), "{body}");
    assert!(body.contains("2028-02-01 06:00:00+00"), "the last partition holds what is beyond all of them: {body}");
    // What it knows has run out: it reads every partition, until it is made anew.
    bed.sql("UPDATE esclusa.finder SET known_until = '-infinity'").await;
    let body = body.replace("clock_timestamp() <", "clock_timestamp() - interval '1000 years' >");
    bed.sql(&format!(
        "CREATE OR REPLACE FUNCTION esclusa.find_hist(text) RETURNS SETOF esclusa.hist LANGUAGE plpgsql STABLE AS $f${body}$f$"
    ))
    .await;
    assert_eq!(bed.rows(find).await, all);
    assert_eq!(bed.cell("SELECT esclusa.refresh_finders()").await, "1");
    assert_eq!(bed.cell("SELECT esclusa.refresh_finders()").await, "0");
    assert_eq!(bed.rows(find).await, all);
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
