//! Hits are recorded exactly once: whatever is cut, killed, restarted or full, the tables never say more than was done, and less only by
//! what a killed process had not put on disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "recording/million.rs"]
mod million;
#[path = "recording/process.rs"]
mod process;
#[path = "recording/relay.rs"]
mod relay;

use std::path::Path;
use std::time::{Duration, Instant};

use common::proxy::{Proxy, b, e, p, s};
use common::{Bed, wait_for};
use esclusa::config::{Bytes, Settings};
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::migrate::schema;
use process::Process;
use relay::Relay;
use rustix::process::{Pid, Signal, kill_process};

async fn bed() -> Bed {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (tcid numeric(5,0) PRIMARY KEY, tcdesc varchar(30));
         CREATE TABLE tipotalla (ttid numeric(5,0) PRIMARY KEY, ttdesc varchar(30));
         INSERT INTO tipocolor SELECT n, 'color ' || n FROM generate_series(1, 9) AS n",
    )
    .await;
    bed.lookup("tipocolor", "tcid").await;
    bed.lookup("tipotalla", "ttid").await;
    bed
}

fn often(settings: &mut Settings, spool: &Path) {
    settings.control.flush_interval = Duration::from_millis(50);
    settings.control.spool_interval = Duration::from_millis(50);
    settings.control.spool = spool.to_owned();
}

/// What the tables say, in all and in detail.
async fn recorded(bed: &Bed) -> [i64; 2] {
    let sum = |table| format!("(SELECT coalesce(sum(hits), 0)::bigint FROM esclusa.{table})");
    let one = |table| format!("SELECT {}", sum(table));
    // What totals come to, of all time and by time, is written with them.
    let same = format!("SELECT {0} = {1} AND {0} = {2}", sum("hit_total"), sum("hit_sum"), sum("hit_trend"));
    assert_eq!(bed.cell(&same).await, "t");
    [bed.cell(&one("hit_total")).await, bed.cell(&one("hit")).await].map(|n| n.parse().unwrap())
}

/// How many spools there are.
fn spools(directory: &Path) -> usize {
    let names = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    names.filter(|path| path.extension().is_some_and(|extension| extension == "spool")).count()
}

/// Clients that send so many statements each; how many were answered.
async fn work(proxy: &Proxy, bed: &Bed, clients: usize, each: usize) -> i64 {
    let one = async |client: usize| {
        let mut raw = proxy.client(bed).await;
        for n in 0..each {
            let answer = raw.query(&format!("SELECT tcdesc AS c{client} FROM tipocolor WHERE tcid = {n}")).await;
            assert!(answer.ends_with("ZI"), "{answer}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    futures_util::future::join_all((0..clients).map(one)).await;
    i64::try_from(clients * each).unwrap()
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_counted_once() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let relay = Relay::start(common::server().await.port).await;
    let proxy = Proxy::start_with(&bed, |settings| {
        often(settings, spool.path());
        settings.control.url = relay.url(bed.name());
    })
    .await;
    relay.cut_commits(usize::MAX);
    let (mut answered, mut together, began) = (0, 0, Instant::now());
    while relay.cuts() < 8 {
        assert!(began.elapsed() < Duration::from_secs(60), "{} answers were cut off in a minute", relay.cuts());
        answered += work(&proxy, &bed, 4, 50).await;
        proxy.client(&bed).await.query("SELECT tcdesc FROM tipocolor LEFT JOIN tipotalla ON ttid = tcid").await;
        (answered, together) = (answered + 2, together + 1);
    }
    assert!(recorded(&bed).await[0] <= answered);
    relay.cut_commits(0);
    proxy.server.stop().await;
    assert_eq!(recorded(&bed).await, [answered; 2], "{} answers were cut off", relay.cuts());
    assert_eq!(bed.cell("SELECT sum(times)::bigint FROM esclusa.statement_pair").await, together.to_string());
    assert_eq!(bed.cell("SELECT sum(lost) || ' ' || sum(folded) FROM esclusa.recorder").await, "0 0");
    assert_eq!(spools(spool.path()), 0, "a spool that is empty goes");
}

#[tokio::test]
async fn what_the_database_was_away_for_is_written_by_the_next_process() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let relay = Relay::start(common::server().await.port).await;
    let change = |settings: &mut Settings| {
        often(settings, spool.path());
        settings.control.url = relay.url(bed.name());
    };
    let proxy = Proxy::start_with(&bed, change).await;
    relay.refuse(true);
    let answered = work(&proxy, &bed, 2, 40).await;
    proxy.server.stop().await;
    assert_eq!(recorded(&bed).await, [0, 0]);
    assert_eq!(spools(spool.path()), 1);
    relay.refuse(false);
    let next = Proxy::start_with(&bed, change).await;
    wait_for(&bed.db, &format!("SELECT sum(hits) = {answered} FROM esclusa.hit")).await;
    next.server.stop().await;
    assert_eq!(recorded(&bed).await, [answered; 2]);
    assert_eq!(bed.cell("SELECT count(*) FROM esclusa.recorder").await, "2");
    assert_eq!(spools(spool.path()), 0);
}

#[tokio::test]
async fn a_spool_that_is_full_gives_up_detail_and_no_hit() {
    for with_disk in [true, false] {
        let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
        let relay = Relay::start(common::server().await.port).await;
        let proxy = Proxy::start_with(&bed, |settings| {
            let nowhere = Path::new("");
            often(settings, if with_disk { spool.path() } else { nowhere });
            settings.control.url = relay.url(bed.name());
            settings.control.spool_bytes = Bytes(16 * 1024);
        })
        .await;
        relay.refuse(true);
        let mut client = proxy.client(&bed).await;
        for n in 0..600 {
            client.query(&format!("SELECT tcid AS c{n} FROM tipocolor")).await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if with_disk {
            let kept: u64 = std::fs::read_dir(spool.path())
                .unwrap()
                .map(|f| f.unwrap())
                .filter(|f| f.path().extension().is_some_and(|e| e == "spool"))
                .map(|f| f.metadata().unwrap().len())
                .sum();
            assert!(kept < 20 * 1024, "{kept}");
        }
        relay.refuse(false);
        proxy.server.stop().await;
        let [total, detail] = recorded(&bed).await;
        let folded: i64 = bed.cell("SELECT sum(folded) FROM esclusa.recorder").await.parse().unwrap();
        assert_eq!((total, detail + folded), (600, 600));
        assert!(folded > 100, "{folded}");
    }
}

/// Two processes in front of one database; one is killed, the server loses all its connections in a crash.
#[tokio::test]
async fn a_killed_process_loses_what_was_not_on_disk_and_nothing_is_counted_twice() {
    const SPAN: Duration = Duration::from_millis(200);
    let (server, spool) = (Postgres::start(&Options::default()).await.unwrap(), tempfile::tempdir().unwrap());
    let database = server.connect("postgres").await.unwrap();
    schema::apply(&database, &common::context()).await.unwrap();
    database.batch("test", "CREATE TABLE cf_quere_pro.tipocorreo (tipcid numeric(5,0))").await.unwrap();
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let start = || Process::start(server.port, "postgres", &rules, spool.path(), SPAN);
    let (mut doomed, mut survivor) = (start(), start());
    let (until, crash) = (Duration::from_secs(6), Duration::from_secs(2));
    let begun = tokio::time::Instant::now();
    let workers = [(&doomed.address, "doomed"), (&survivor.address, "survivor")]
        .map(|(a, name)| (0..4).map(|_| process::client(a.clone(), name, begun + until)).collect::<Vec<_>>());
    let [doomed_clients, other_clients] = workers.map(|w| w.into_iter().map(tokio::spawn).collect::<Vec<_>>());
    tokio::time::sleep(crash).await;
    let backend = "SELECT pid FROM pg_stat_activity WHERE application_name = 'esclusa' LIMIT 1";
    let backend: i32 = database.one("test", backend, &[]).await.unwrap().get(0);
    kill_process(Pid::from_raw(backend).unwrap(), Signal::KILL).unwrap();
    tokio::time::sleep(crash).await;
    doomed.kill();
    let killed = std::time::Instant::now();
    // A span ends one interval after the one before, and is on the disk a moment later.
    let on_disk = killed - SPAN - Duration::from_secs(1);
    let [doomed_done, other_done] = [done(doomed_clients, on_disk).await, done(other_clients, killed + until).await];
    let began = std::time::Instant::now();
    while spools(spool.path()) > 1 {
        assert!(
            began.elapsed() < Duration::from_secs(90),
            // A disk that others write to may take seconds for each fsync.
            "the spool of the killed process is not taken over\n{}",
            survivor.log()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    survivor.terminate();
    let database = server.connect("postgres").await.unwrap();
    for (name, [sure, sent]) in [("doomed", doomed_done), ("survivor", other_done)] {
        let sums = "SELECT (SELECT sum(hits)::bigint FROM esclusa.hit_total WHERE application_name = $1),
                           (SELECT sum(hits)::bigint FROM esclusa.hit WHERE application_name = $1)";
        let sums = database.one("test", sums, &[&name]).await.unwrap();
        let (total, detail): (i64, i64) = (sums.get(0), sums.get(1));
        let (least, most) = (i64::try_from(sure).unwrap(), i64::try_from(sent).unwrap());
        assert!(
            least > 100 && (least..=most).contains(&total),
            "{name}: {total} recorded of {least} to {most}\n{}",
            survivor.log()
        );
        assert_eq!(total, detail);
    }
}

/// How many statements were answered before a moment, and how many were sent at all.
async fn done(clients: Vec<tokio::task::JoinHandle<process::Done>>, before: std::time::Instant) -> [usize; 2] {
    let (mut answered, mut sent) = (0, 0);
    for client in clients {
        let done = client.await.unwrap();
        answered += done.answers.iter().filter(|at| **at < before).count();
        sent += done.sent;
    }
    [answered, sent]
}

#[tokio::test]
async fn a_hit_says_who_what_how_and_how_it_ended() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::start_with(&bed, |settings| often(settings, spool.path())).await;
    let mut client = proxy.client(&bed).await;
    client.query("SET application_name = 'Nomina'").await;
    for sql in [
        "SELECT tcdesc FROM tipocolor WHERE tcid = 7 /*controller='colores',route='%2Fcolores'*/",
        "SELECT * FROM tipocolor",
        "SELECT 1 / 0 FROM tipocolor",
        "INSERT INTO tipotalla VALUES (1, 'x'), (2, 'y')",
        "INSERT INTO tipotalla (ttid) VALUES (1)",
        "SELECT nosuch FROM tipotalla",
        "SELECT t.ttdesc, c.* FROM tipotalla t JOIN tipocolor c ON c.tcid = t.ttid",
    ] {
        client.query(sql).await;
    }
    client
        .ask(&[
            p("q", "UPDATE tipocolor SET tcdesc = $1 WHERE tcid = $2"),
            b("q", &["a", "1"]),
            e(),
            b("q", &["a", "x"]),
            e(),
            s(),
        ])
        .await;
    proxy.server.stop().await;
    let told = "SELECT h.legacy_table, operation, outcome, sqlstate, application_name, user_name, attribution, hits, row_count, text,
                    array_to_string(columns, ' '), star
                FROM esclusa.hit AS h JOIN esclusa.statement USING (fingerprint) JOIN esclusa.statement_table AS t USING (fingerprint)
                WHERE t.legacy_table = h.legacy_table ORDER BY text, h.legacy_table, sqlstate";
    let rows = bed.rows(told).await;
    let expected = [
        "tipotalla|insert|forwarded|23505|Nomina|postgres||1|0|insert into tipotalla (ttid) values (?)|ttid|f",
        "tipotalla|insert|forwarded||Nomina|postgres||1|2|insert into tipotalla values (?), (?)||t",
        "tipocolor|select|forwarded||Nomina|postgres||1|9|select * from tipocolor||t",
        "tipocolor|select|forwarded|22012|Nomina|postgres||1|0|select ? / ? from tipocolor||f",
        "tipotalla|select|forwarded|42703|Nomina|postgres||1|0|select nosuch from tipotalla||f",
        "tipocolor|select|forwarded||Nomina|postgres||1|2|select t.ttdesc, c.* from tipotalla t join tipocolor c on c.tcid = t.ttid|tcid|t",
        "tipotalla|select|forwarded||Nomina|postgres||1|2|select t.ttdesc, c.* from tipotalla t join tipocolor c on c.tcid = t.ttid|ttid ttdesc|f",
        "tipocolor|select|forwarded||Nomina|postgres|controller=colores route=/colores|1|1|select tcdesc from tipocolor where tcid = ?|tcid tcdesc|f",
        "tipocolor|update|forwarded|22P02|Nomina|postgres||1|0|update tipocolor set tcdesc = $1 where tcid = $2|tcid tcdesc|f",
        "tipocolor|update|forwarded||Nomina|postgres||1|1|update tipocolor set tcdesc = $1 where tcid = $2|tcid tcdesc|f",
    ];
    let (mut rows, mut expected) = (rows, expected.map(str::to_owned).to_vec());
    rows.sort();
    expected.sort();
    assert_eq!(rows, expected);
    assert_eq!(
        bed.cell("SELECT sum(hits) || ' ' || string_agg(DISTINCT form, ',') FROM esclusa.latency").await,
        "5 legacy",
        "what ended well, once a statement"
    );
    assert_eq!(
        bed.cell("SELECT count(DISTINCT recorder) || ' ' || bool_and(NOT isempty(covered)) FROM esclusa.coverage").await,
        "1 true"
    );
}

/// Hours become days, and nothing is lost or counted twice; what comes late is put to them.
#[tokio::test]
async fn old_hours_become_days() {
    use esclusa::control::retention::{Retention, tidy};
    let bed = bed().await;
    let insert = |days: u32, hour: u32, fingerprint: u32| {
        format!(
            "INSERT INTO esclusa.hit SELECT date_trunc('hour', b), 1, 'tipocolor', 'select', 'forwarded', '', 'a', {fingerprint}, 'd', 'u', 'c', '', 3, 1, 4, 50, 30, b, b
             FROM (SELECT date_trunc('day', now()) - interval '{days} days' + interval '{hour} hours' AS b) AS x;
             INSERT INTO esclusa.hit_total SELECT bucket, 1, legacy_table, operation, outcome, sqlstate, application_name, hits, row_count, total_us, max_us,
                 first_seen, last_seen FROM esclusa.hit WHERE hours = 1 ON CONFLICT DO NOTHING;
             INSERT INTO esclusa.latency SELECT bucket, 1, fingerprint, 'legacy', 20, hits FROM esclusa.hit WHERE hours = 1 ON CONFLICT DO NOTHING;
             INSERT INTO esclusa.statement_pair SELECT bucket, 1, legacy_table, 'tipotalla', 'statement', 'a', hits, last_seen
                 FROM esclusa.hit WHERE hours = 1 ON CONFLICT DO NOTHING"
        )
    };
    let day = |days: u64| Duration::from_secs(days * 86_400);
    let retention = Retention { hours: day(35), detail: day(400), totals: day(1200), time_zone: "UTC".into() };
    for (days, hour, fingerprint) in [(1, 5, 1), (40, 5, 1), (40, 6, 1), (40, 23, 2), (500, 1, 1), (1300, 1, 1)] {
        bed.sql(&insert(days, hour, fingerprint)).await;
    }
    let again = "UPDATE esclusa.tidied SET tidied_at = '-infinity'";
    assert!(tidy(&bed.db, &retention).await.unwrap() && !tidy(&bed.db, &retention).await.unwrap(), "once an hour");
    let rows = "SELECT hours, count(*), sum(hits) FROM esclusa.{} GROUP BY 1 ORDER BY 1";
    let told = async |table: &str| bed.rows(&rows.replace("{}", table)).await.join(" ");
    assert_eq!(
        [told("hit_total").await, told("hit").await, told("latency").await],
        ["1|1|3 24|2|12", "1|1|3 24|2|9", "1|1|3 24|2|9"]
    );
    let times = "SELECT hours, count(*), sum(times) FROM esclusa.statement_pair GROUP BY 1 ORDER BY 1";
    assert_eq!(bed.rows(times).await.join(" "), "1|1|3 24|2|12");
    bed.sql(&insert(40, 7, 1)).await;
    bed.sql(again).await;
    assert!(tidy(&bed.db, &retention).await.unwrap());
    assert_eq!([told("hit_total").await, told("hit").await], ["1|1|3 24|2|15", "1|1|3 24|2|12"]);
}

fn esclusa(bed: &Bed, port: u16, rules: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let said = std::process::Command::new(env!("CARGO_BIN_EXE_esclusa"))
        .args(arguments)
        .env("ESCLUSA_CONTROL_URL", format!("postgres://postgres@127.0.0.1:{port}/{}", bed.name()))
        .env("ESCLUSA_RULES_DIRECTORY", rules)
        .env("ESCLUSA_RULES_TIME_ZONE", "UTC")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (said.status.code(), text(said.stdout), text(said.stderr))
}

/// Every report, on the terminal, on the console and on the page, over the same traffic.
#[tokio::test]
async fn reports_tell_what_was_recorded() {
    let (bed, spool) = (bed().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::start_with(&bed, |settings| often(settings, spool.path())).await;
    let mut client = proxy.client(&bed).await;
    client.query("SET application_name = '<script>alert(1)</script>'").await;
    for _ in 0..3 {
        client.query("SELECT tcdesc FROM tipocolor WHERE tcid = 7 /*route='%3Cimg src=x%3E'*/").await;
    }
    client.query("SELECT nosuch FROM tipocolor").await;
    // What every recorded report says on the console, with cells of the types that it declares.
    for report in esclusa::report::REPORTS.iter().filter(|r| r.is_recorded()) {
        let table = proxy.server.admin().recorded(report).await.unwrap_or_else(|e| panic!("{}: {e} {:?}", report.name, e.more()));
        assert_eq!(table.columns, esclusa::table::Column::all(report.columns), "{}", report.name);
        let is_empty =
            ["opaque", "comparisons", "switches", "tombstones", "bodies", "around", "scans", "reads"].contains(&report.name);
        assert_eq!(table.rows.is_empty(), is_empty, "{}", report.name);
    }
    let (port, rules) = (common::server().await.port, proxy.rules.clone());
    // Seventy days were recorded, and nothing was seen in them.
    bed.sql(
        "INSERT INTO esclusa.coverage SELECT h, gen_random_uuid(), tstzmultirange(tstzrange(h, h + interval '1 hour'))
         FROM generate_series(date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '70 days',
             date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 hour', interval '1 hour') AS h;
         INSERT INTO esclusa.shadow VALUES ('i', 'tipocolor', 7, 19, 0, 0, 0, 1, 1), ('i', 'tipocolor', 8, 4000, 0, 0, 0, 1, 1)",
    )
    .await;
    let run = |arguments: &[&str]| esclusa(&bed, port, &rules, arguments);
    let (code, told, faults) = run(&["report"]);
    assert_eq!((code, faults.as_str()), (Some(0), ""));
    assert!(told.starts_with("1 names silent for 70 days, a month end and a billing cycle: these can move.\n0 rewritten.\n1 still used on the legacy tables.\nNone needs you.\n"), "{told}");
    let (_, told, _) = run(&["report", "verdicts", "--format", "csv", "--lang", "es"]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[1].starts_with("tipocolor,en uso,") && lines[1].contains(",4,observe,no,0,"), "{told}");
    assert!(
        lines[2].starts_with("tipotalla,")
            && lines[2].contains("0 usos en 70 días completos")
            && lines[2].ends_with("esclusa migrate tipotalla"),
        "{told}"
    );
    let (_, told, _) = run(&["report", "usage", "--table", "tipocolor", "--since", "1d", "--format", "csv"]);
    assert!(told.lines().nth(1).unwrap().starts_with("tipocolor,4,3,4,0,0,0,1,1,"), "{told}");
    assert_eq!(run(&["report", "usage", "--until", "2020-01-01", "--format", "json"]).1, "[]\n");
    let (_, told, _) = run(&["report", "comparisons", "--format", "csv"]);
    assert!(
        told.contains("tipocolor,19,0,0,0,not enough yet: 19 of 20,") && told.contains("tipocolor,4000,0,0,0,equal,"),
        "{told}"
    );
    for (arguments, code, fault) in [
        (
            &["report", "nosuch"][..],
            2,
            "there is no report `nosuch`; there are verdicts, order, waves, next, basis, usage, statements",
        ),
        (&["report", "hits"], 2, "by SHOW HITS"),
        (&["report", "usage", "--since", "yesterday or so"], 2, "invalid input syntax"),
        (&["report", "--lang", "fr"], 2, "unknown language `fr`"),
    ] {
        let (found, _, said) = run(arguments);
        assert!(found == Some(code) && said.contains(fault), "{arguments:?}: {found:?} {said}");
    }
    let file = spool.path().join("report.html");
    let (code, _, faults) = run(&["report", "--html", file.to_str().unwrap(), "--lang", "es"]);
    assert_eq!((code, faults.as_str()), (Some(0), ""));
    let page = std::fs::read_to_string(file).unwrap();
    assert!(page.contains("<li>1 nombres sin uso en 70 días") && page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script") && !page.contains("<img") && page.len() < 300_000);
}
