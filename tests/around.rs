//! Clients that use legacy tables around the proxies are reported with user, address and application; traffic through the proxies, the server's own
//! work and esclusa's own is never reported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

#[path = "around/calls.rs"]
mod calls;
mod common;
#[path = "around/doubt.rs"]
mod doubt;
#[path = "recording/process.rs"]
#[allow(dead_code, reason = "the clients are of tests/recording.rs")]
mod process;
#[path = "around/witnesses.rs"]
mod witnesses;

use std::time::{Duration, Instant};

use common::proxy::{Proxy, direct};
use common::{Bed, server, wait_for};
use esclusa::config::Url;
use esclusa::migrate::condition;
use esclusa::report::verdict::{Language, Verdict};
use esclusa::report::{self, Asked, overview};

/// The sampling interval of this test.
const OFTEN: Duration = Duration::from_millis(200);

async fn bed() -> Bed {
    common::SETTINGS.get_or_init(|| vec!["shared_preload_libraries = 'pg_stat_statements'".into()]);
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (tcid numeric(5,0) PRIMARY KEY, tcdesc varchar(30));
         CREATE TABLE tipotalla (ttid numeric(5,0) PRIMARY KEY, ttdesc varchar(30));
         CREATE TABLE prenda (pid int PRIMARY KEY, ptalla numeric(5,0) REFERENCES tipotalla);
         INSERT INTO tipocolor SELECT n, 'color ' || n FROM generate_series(1, 9) AS n;
         INSERT INTO tipotalla SELECT n, 'talla ' || n FROM generate_series(1, 9) AS n;
         CREATE FUNCTION nightly() RETURNS bigint LANGUAGE plpgsql AS $$
           BEGIN PERFORM pg_sleep(3) FROM cf_quere_pro.tipotalla LIMIT 1; RETURN 1; END $$;
         CREATE FUNCTION assembled() RETURNS void LANGUAGE plpgsql AS $$
           BEGIN EXECUTE 'SELECT ' || 1 || ' FROM cf_quere_pro.tipotalla'; END $$",
    )
    .await;
    bed.lookup("tipocolor", "tcid").await;
    bed.lookup("tipotalla", "ttid").await;
    bed
}

async fn proxy(bed: &Bed) -> Proxy {
    Proxy::start_with(bed, |settings| {
        settings.control.around_interval = OFTEN;
        settings.control.flush_interval = OFTEN;
    })
    .await
}

/// A role of this test's own that may read and write the legacy tables.
async fn role(bed: &Bed, name: &str) -> String {
    let name = format!("{name}_{}", bed.name());
    bed.sql(&format!(
        "CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO {name};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cf_quere_pro TO {name}"
    ))
    .await;
    name
}

/// The clients seen: table, user, address, application, kind, certainty.
async fn seen(bed: &Bed) -> Vec<String> {
    let sql = "SELECT legacy_table, user_name, client_address, application_name, kind, certainty FROM esclusa.around ORDER BY 1, 2, 3, 4, 5, 6";
    bed.rows(sql).await
}

async fn wait_until_seen(bed: &Bed, expected: &str) {
    let begun = Instant::now();
    while !seen(bed).await.iter().any(|line| line == expected) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{expected} is not among {:#?}", seen(bed).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The number of samples taken.
async fn samples(bed: &Bed) -> i64 {
    bed.cell("SELECT coalesce(sum(samples), 0)::bigint FROM esclusa.around_coverage").await.parse().unwrap()
}

/// Runs clients of two proxies that connect, work and leave, for this time; some hold transactions open.
async fn work(bed: &Bed, proxies: [&Proxy; 2], time: Duration) {
    let until = Instant::now() + time;
    let one = async |n: usize| {
        let proxy = proxies[n % 2];
        while Instant::now() < until {
            let mut client = proxy.client(bed).await;
            for _ in 0..n * 3 {
                client.query("BEGIN").await;
                let answer = client.query("SELECT tcdesc FROM tipocolor JOIN tipotalla ON ttid = tcid").await;
                assert!(answer.ends_with("ZT"), "{answer}");
                tokio::time::sleep(Duration::from_millis(5 * n as u64)).await;
                client.query("COMMIT").await;
            }
        }
    };
    futures_util::future::join_all((0..12).map(one)).await;
}

#[tokio::test]
async fn the_proxies_the_server_and_esclusa_are_never_named() {
    let bed = bed().await;
    bed.sql("ALTER SYSTEM SET autovacuum_naptime = '1s'").await;
    bed.sql("SELECT pg_reload_conf()").await;
    bed.sql(
        "ALTER TABLE cf_quere_pro.tipocolor SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 1)",
    )
    .await;
    let (one, two) = (proxy(&bed).await, proxy(&bed).await);
    bed.sql("UPDATE cf_quere_pro.tipocolor SET tcdesc = tcdesc").await;
    work(&bed, [&one, &two], Duration::from_secs(4)).await;
    wait_for(&bed.db, "SELECT autovacuum_count > 0 FROM pg_stat_user_tables WHERE relname = 'tipocolor'").await;
    // A key that is looked up for another table, and maintenance by hand.
    let user = role(&bed, "neighbour").await;
    let neighbour = bed.session(&user, "SET application_name = 'neighbour'").await;
    neighbour.say("BEGIN; INSERT INTO cf_quere_pro.prenda VALUES (1, 3)").await;
    bed.session("postgres", "SET application_name = 'maintenance'").await.say("VACUUM ANALYZE cf_quere_pro.tipotalla").await;
    // A name in a literal, and a table of the same name elsewhere.
    let other = bed.session("postgres", "SET application_name = 'psql'").await;
    other.say("CREATE SCHEMA elsewhere").await;
    other.say("CREATE TABLE elsewhere.tipotalla (x int)").await;
    other.say("SET search_path = elsewhere").await;
    other.say("SELECT count(*) FROM tipotalla WHERE 'from tipocolor' <> ''").await;
    bed.migrate("tipocolor").await.unwrap();
    assert_eq!(bed.failed_checks("tipocolor", "mig_old.tipocolor").await, Vec::<&str>::new());
    work(&bed, [&one, &two], Duration::from_secs(2)).await;
    let before = samples(&bed).await;
    two.server.stop().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let looked = samples(&bed).await;
    assert!(before > 15 && looked > before + 5, "{before} {looked}: the other proxy goes on");
    assert_eq!(seen(&bed).await, Vec::<String>::new());
    one.server.stop().await;
}

#[tokio::test]
async fn whoever_comes_around_is_named_within_a_minute() {
    let bed = bed().await;
    let (one, two) = (proxy(&bed).await, proxy(&bed).await);
    let (report, cron) = (role(&bed, "report").await, role(&bed, "cron").await);
    bed.sql(&format!("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA cf_quere_pro TO {cron}")).await;
    // Short statements of a session that stays; a transaction that is held; a function that somebody calls.
    let mut psql = direct(&bed).await;
    psql.query("SET application_name = 'psql'").await;
    let reporting = bed.session(&report, "SET application_name = 'esclusa'; SET search_path = cf_quere_pro").await;
    let nightly = bed.session(&cron, "SET application_name = 'pg_cron'").await;
    let held = bed.session(&report, "SET application_name = 'held'").await;
    for statement in ["BEGIN", "SELECT count(*) FROM cf_quere_pro.tipocolor", "SELECT 1"] {
        held.say(statement).await;
    }
    let calls = nightly.say("SELECT cf_quere_pro.nightly()");
    let asks = async {
        for n in 1..6 {
            psql.query(&format!("SELECT tcdesc FROM tipocolor WHERE tcid = {n} AND tcdesc <> 'secret'")).await;
            reporting.say("UPDATE tipocolor SET tcdesc = 'x' WHERE tcid = 1").await;
            tokio::time::sleep(2 * OFTEN).await;
        }
    };
    tokio::join!(calls, asks, work(&bed, [&one, &two], Duration::from_secs(3)));
    let at = "127.0.0.1";
    // Its application name does not hide its identity.
    wait_until_seen(&bed, &format!("tipocolor|{report}|{at}|esclusa|statement|sure")).await;
    wait_until_seen(&bed, &format!("tipocolor|{report}|{at}|held|session|sure")).await;
    wait_until_seen(&bed, &format!("tipocolor|postgres|{at}|psql|statement|sure")).await;
    wait_until_seen(&bed, &format!("tipotalla|{cron}|{at}|pg_cron|session|sure")).await;
    assert_eq!(seen(&bed).await.len(), 4, "{:#?}", seen(&bed).await);
    let kept = bed.rows("SELECT statement, uses BETWEEN 2 AND 5 FROM esclusa.around WHERE application_name = 'psql'").await;
    assert_eq!(kept, ["select tcdesc from tipocolor where tcid = ? and tcdesc <> ?|t"]);
    // One transaction is one use, however often and by however many processes it is seen.
    two.server.stop().await;
    one.server.stop().await;
    let three = proxy(&bed).await;
    let before = samples(&bed).await;
    wait_for(&bed.db, &format!("SELECT sum(samples) > {} FROM esclusa.around_coverage", before + 10)).await;
    assert_eq!(bed.cell("SELECT uses FROM esclusa.around WHERE application_name = 'held'").await, "1");
    reports(&bed, &report).await;
    // Uses seen before a table was moved do not delay its drop; later uses do.
    held.say("COMMIT").await;
    bed.migrate("tipocolor").await.unwrap();
    let begun = Instant::now();
    assert_eq!(unmet(&bed).await, None);
    psql.query("SELECT tcdesc FROM tipocolor").await;
    while unmet(&bed).await.is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(OFTEN).await;
    }
    let told = unmet(&bed).await.unwrap();
    assert!(told.starts_with("used around the proxy since, by postgres from 127.0.0.1 with psql, last 2"), "{told}");
    three.server.stop().await;
}

/// How the verdicts, the reports and the drop react to it.
async fn reports(bed: &Bed, report: &str) {
    let mut settings = esclusa::config::Settings::defaults().unwrap();
    settings.control.url = server().await.url(bed.name());
    let tables = vec!["tipocolor".to_owned(), "tipotalla".to_owned()];
    let asked = Asked { time_zone: "UTC".into(), tables, ..Asked::default() };
    let judged = overview::judged(&bed.db, &settings, &asked, Language::English).await.unwrap();
    for one in &judged {
        assert_eq!(one.verdict, Verdict::Needed, "{one:?}");
        assert!(one.reason.contains("around the proxy, by ") && one.next.starts_with("esclusa report around"), "{one:?}");
    }
    let read = async |name: &str| {
        let table = report::find(name).unwrap().read(&bed.db, &settings, &asked, Language::English).await.unwrap();
        format!("{table:?}")
    };
    let around = read("around").await;
    assert!(around.contains(report) && around.contains("sure: no session of any proxy"), "{around}");
    let witnesses = read("witnesses").await;
    assert!(witnesses.contains("used through the proxies and around them"), "{witnesses}");
    // Bodies are read by the rules of a directory, as the order of moves is.
    let directory = tempfile::tempdir().unwrap();
    for rule in bed.rules.rules.values() {
        std::fs::write(directory.path().join(format!("{}.toml", rule.table)), esclusa::rule::file::print(rule)).unwrap();
    }
    let mut of_rules = settings.clone();
    of_rules.rules.directory = directory.path().to_owned();
    let bodies = report::find("bodies").unwrap().read(&bed.db, &of_rules, &asked, Language::English).await.unwrap();
    let bodies = bodies.rows.iter().map(|row| format!("{:?}", &row[..4])).collect::<Vec<_>>().join(" ");
    for told in ["nightly()", "function text", "assembled()", "dynamic function", "tipotalla"] {
        assert!(bodies.contains(told), "{told}: {bodies}");
    }
    bed.sql("TRUNCATE esclusa.hit_total, esclusa.hit_sum").await;
    assert!(read("witnesses").await.contains("DISAGREE"), "the proxies saw nothing, and somebody else did");
}

/// Why a drop waits for clients that come around the proxies.
async fn unmet(bed: &Bed) -> Option<String> {
    let rules: Vec<_> = bed.rules.rules.values().collect();
    let facts = condition::facts(&bed.db, &bed.context, &rules, Duration::ZERO).await.unwrap();
    let of = condition::to_drop(&facts["tipocolor"], Duration::ZERO);
    of.into_iter().find(|c| c.name == "nobody around" && !c.met).map(|c| c.why)
}

#[tokio::test]
async fn a_role_that_may_not_look_says_so_and_a_dump_is_a_dump() {
    let bed = bed().await;
    let control = format!("control_{}", bed.name());
    bed.sql(&format!(
        "CREATE ROLE {control} LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro, esclusa TO {control};
         GRANT SELECT ON ALL TABLES IN SCHEMA cf_quere_pro TO {control};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA esclusa TO {control}"
    ))
    .await;
    let url = server().await.url(bed.name());
    let proxy = Proxy::start_with(&bed, |settings| {
        settings.control.around_interval = OFTEN;
        settings.control.url = Url::new(url.secret().replace("postgres@", &format!("{control}@")));
    })
    .await;
    let report = role(&bed, "reader").await;
    let held = bed.session(&report, "SET application_name = 'held'").await;
    held.say("BEGIN; SELECT count(*) FROM cf_quere_pro.tipocolor").await;
    wait_until_seen(&bed, &format!("tipocolor|{report}||held|session|hidden")).await;
    bed.sql(&format!("GRANT pg_read_all_stats TO {control}")).await;
    wait_until_seen(&bed, &format!("tipocolor|{report}|127.0.0.1|held|statement|sure")).await;
    // A session that only has such an application name, and writes, does not count as one.
    let dump = bed.session(&report, "SET application_name = 'pg_dump'").await;
    dump.say("BEGIN").await;
    dump.say("LOCK TABLE cf_quere_pro.tipotalla IN ACCESS SHARE MODE").await;
    wait_until_seen(&bed, &format!("tipotalla|{report}|127.0.0.1|pg_dump|dump|sure")).await;
    dump.say("COMMIT; DELETE FROM cf_quere_pro.tipotalla").await;
    wait_until_seen(&bed, &format!("tipotalla|{report}|127.0.0.1|pg_dump|statement|sure")).await;
    proxy.server.stop().await;
}

/// A session that comes and goes between two samples is not seen, but it changes the server's counters. Statements of the proxies change none that
/// are held against anybody, even if the proxies are then silent for longer than the check waits.
#[tokio::test]
async fn what_no_sample_shows_is_counted() {
    let mut bed = bed().await;
    bed.sql("CREATE TABLE cf_quere_pro.tipocorte AS SELECT n AS id, 'corte ' || n AS text FROM generate_series(1, 9) AS n").await;
    bed.sql("ALTER TABLE cf_quere_pro.tipocorte ADD PRIMARY KEY (id)").await;
    bed.lookup("tipocorte", "id").await;
    let (one, two) = (proxy(&bed).await, proxy(&bed).await);
    let until = Instant::now() + Duration::from_secs(120);
    let counted = "SELECT DISTINCT legacy_table, user_name FROM esclusa.around WHERE kind = 'counter'";
    for n in 0.. {
        // Bursts, and pauses of 18 seconds.
        if n % 18 == 0 {
            for proxy in [&one, &two] {
                let mut client = proxy.client(&bed).await;
                for _ in 0..50 {
                    client.query("SELECT a.text FROM tipocorte AS a, tipocorte AS b").await;
                    client.query("UPDATE tipocorte SET text = 'x'").await;
                }
            }
        }
        let brief = bed.session("postgres", "").await;
        brief.say("INSERT INTO cf_quere_pro.tipocolor SELECT max(tcid) + 1, 'x' FROM cf_quere_pro.tipocolor").await;
        drop(brief);
        tokio::time::sleep(Duration::from_secs(1)).await;
        if n > 50 && !bed.rows(counted).await.is_empty() {
            break;
        }
        assert!(Instant::now() < until, "nobody was counted");
    }
    assert_eq!(bed.rows(counted).await, ["tipocolor|(unknown)"]);
    for proxy in [one, two] {
        proxy.server.stop().await;
    }
}
