//! `esclusa doctor`: it finds what is wrong with a server, as a role that is not a superuser, and reports nothing about a healthy one.

use super::{database, on, out, psql, server};

/// The checks whose state is not `fine`, by name.
fn told(csv: &str) -> Vec<(&str, &str)> {
    let cells = csv.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    cells.filter(|c| c.len() > 1 && c[1] != "fine").map(|c| (c[0], c[1])).collect()
}

#[tokio::test]
async fn a_server_is_examined() {
    let url = database("doctor").await;
    let as_superuser = |sql: &str| out(&mut psql(&["-d", &url, "-c", sql]));
    as_superuser("CREATE SCHEMA cf_quere_pro; CREATE TABLE cf_quere_pro.hisx (id int)");
    as_superuser("CREATE ROLE doctor LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO doctor");
    let role = format!("postgres://doctor@127.0.0.1:{}/doctor", server().await.port);
    let well = on(&role, &["doctor", "--format", "csv"]);
    assert_eq!(well.code, Some(0), "{well:?}");
    let checks: Vec<&str> = well.out.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert!(checks.len() > 20 && checks.contains(&"a session of its own") && checks.contains(&"pg_dump"), "{checks:?}");
    assert!(!told(&well.out).iter().any(|(_, state)| *state == "fault"), "{}", well.out);
    assert!(well.out.contains("pg_restore,fine,pg_restore (PostgreSQL)"), "{}", well.out);

    // Each of these is a fault by itself.
    for (plant, uproot, check) in [
        (
            "ALTER ROLE postgres SET session_replication_role = replica",
            "ALTER ROLE postgres RESET session_replication_role",
            "sessions that write past triggers",
        ),
        (
            "ALTER ROLE doctor SET default_transaction_read_only = on",
            "ALTER ROLE doctor RESET default_transaction_read_only",
            "writable",
        ),
        ("ALTER SCHEMA cf_quere_pro RENAME TO otro", "ALTER SCHEMA otro RENAME TO cf_quere_pro", "schema of the legacy tables"),
    ] {
        as_superuser(plant);
        let ill = on(&role, &["doctor", "--format", "csv"]);
        assert_eq!((ill.code, told(&ill.out).contains(&(check, "fault"))), (Some(1), true), "{plant}: {ill:?}");
        as_superuser(uproot);
    }
    let zone = super::said(
        super::esclusa(&["doctor", "--format", "csv"])
            .env("ESCLUSA_CONTROL_URL", &role)
            .env("ESCLUSA_RULES_TIME_ZONE", "Mars/Olympus"),
    );
    assert!(zone.code == Some(1) && zone.out.contains("time zone,fault,Mars/Olympus"), "{zone:?}");
    as_superuser("CREATE PUBLICATION todo FOR TABLE cf_quere_pro.hisx; ALTER ROLE doctor SET lock_timeout = '10ms'");
    let noted = on(&role, &["doctor", "--format", "csv"]);
    assert_eq!(noted.code, Some(0), "a note is no fault: {noted:?}");
    assert!(noted.out.contains("publications,note,todo") && noted.out.contains("doctor: lock_timeout=10ms"), "{noted:?}");
    assert_eq!(on("postgres://doctor@127.0.0.1:1/doctor", &["doctor"]).code, Some(3));
}
