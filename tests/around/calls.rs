//! Statements too short for samples are counted by pg_stat_statements, by user: on moved tables and on others, while the proxies
//! are busy with the same tables; and statements that the proxies forward, in whatever mode, are held against nobody.

use std::process::Stdio;
use std::time::{Duration, Instant};

use esclusa::config::Url;
use esclusa::demo::postgres::bin_directory;
use esclusa::migrate::roles;
use esclusa::mode::Mode;

use super::common::proxy::Proxy;
use super::common::{Bed, server};
use super::{OFTEN, bed, role, seen};

/// A bed with the extension, and esclusa's role as `esclusa roles` makes it, which is not a superuser.
pub(super) async fn bed_with_role() -> (Bed, Url) {
    let bed = bed().await;
    bed.sql("CREATE EXTENSION pg_stat_statements SCHEMA public").await;
    let control = format!("esclusa_{}", bed.name());
    bed.sql(&roles::script(&bed.context, &control, &roles::tables(&bed.rules), None)).await;
    let url = server().await.url(bed.name());
    let url = Url::new(url.secret().replace("postgres@", &format!("{control}@")));
    (bed, url)
}

async fn proxy(bed: &Bed, control: &Url) -> Proxy {
    Proxy::start_with(bed, |settings| {
        settings.control.around_interval = OFTEN;
        settings.control.flush_interval = OFTEN;
        settings.control.url = control.clone();
    })
    .await
}

/// `psql -c`, once.
pub(super) async fn psql(bed: &Bed, user: &str, statement: &str) {
    let mut command = tokio::process::Command::new(bin_directory().unwrap().join("psql"));
    command.args(["-X", "-q", "-h", "127.0.0.1", "-U", user, "-d", bed.name(), "-c", statement]);
    command.env("PGPORT", server().await.port.to_string()).stdout(Stdio::null()).stderr(Stdio::piped());
    let ended = command.output().await.unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

/// Clients of one user through these proxies, for this time; they come and go.
async fn load(bed: &Bed, proxies: [&Proxy; 2], user: &str, time: Duration) {
    let until = Instant::now() + time;
    let one = async |n: usize| {
        while Instant::now() < until {
            let mut client = proxies[n % 2].client_of(bed, user).await;
            for statement in [
                "SELECT tcdesc FROM tipocolor WHERE tcid = 3",
                "SELECT * FROM cf_quere_pro.tipocolor AS tipocolor, TIPOTALLA WHERE ttid = tcid AND tcdesc LIKE 'x%'",
                "BEGIN; UPDATE tipotalla SET ttdesc = 'x' WHERE ttid = 1; SELECT count(*) FROM tipotalla; COMMIT",
                "DECLARE c CURSOR WITH HOLD FOR SELECT tcid FROM tipocolor; FETCH 2 FROM c; CLOSE c",
                "COPY (SELECT tcid FROM tipocolor) TO STDOUT",
                "DO $$ BEGIN PERFORM 1 FROM cf_quere_pro.tipotalla; END $$",
                "PREPARE s AS SELECT ttdesc FROM tipotalla WHERE ttid = $1; EXECUTE s(1); EXECUTE s(2)",
                "DELETE FROM tipocolor WHERE tcid = -1",
                "SELECT cf_quere_pro.assembled()",
            ] {
                let answer = client.query(statement).await;
                assert!(!answer.contains('<'), "{statement}: {answer}");
            }
        }
    };
    futures_util::future::join_all((0..4).map(one)).await;
}

/// Waits for a line of who, what and how often; `likely` or `sure`, and from where, as samples have it.
async fn wait_until_counted(bed: &Bed, expected: &str) {
    let begun = Instant::now();
    let sql = "SELECT legacy_table, user_name, sum(uses) FROM esclusa.around WHERE kind IN ('calls', 'function') AND certainty IN ('sure', 'likely') GROUP BY 1, 2";
    while !bed.rows(sql).await.iter().any(|line| line == expected) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{expected} is not among {:#?}", seen(bed).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn what_is_too_short_for_samples_is_named_by_user_and_statement() {
    let (bed, control) = bed_with_role().await;
    bed.migrate("tipocolor").await.unwrap();
    let (app, report) = (role(&bed, "app").await, role(&bed, "report").await);
    // It was there before the first sample, so its time is unknown.
    psql(&bed, &report, "SELECT tcid FROM cf_quere_pro.tipocolor").await;
    let (one, two) = (proxy(&bed, &control).await, proxy(&bed, &control).await);
    one.set(&["tipocolor"], Mode::Rewrite).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let around = async {
        for n in 0..10 {
            psql(&bed, &report, &format!("SELECT tcdesc FROM cf_quere_pro.tipocolor WHERE tcid = {n} AND tcdesc <> 'secret'"))
                .await;
            psql(&bed, &report, "UPDATE cf_quere_pro.tipotalla SET ttdesc = 'y' WHERE ttid = 2").await;
        }
    };
    tokio::join!(around, load(&bed, [&one, &two], &app, Duration::from_secs(8)));
    wait_until_counted(&bed, &format!("tipocolor|{report}|10")).await;
    wait_until_counted(&bed, &format!("tipotalla|{report}|10")).await;
    let kept = bed.rows("SELECT DISTINCT legacy_table, statement FROM esclusa.around WHERE kind = 'calls' ORDER BY 1").await;
    assert_eq!(
        kept,
        [
            "tipocolor|select tcdesc from cf_quere_pro.tipocolor where tcid = $1 and tcdesc <> $2",
            "tipotalla|update cf_quere_pro.tipotalla set ttdesc = $1 where ttid = $2"
        ]
    );
    let others = bed.rows(&format!("SELECT * FROM esclusa.around WHERE user_name <> '{report}'")).await;
    assert_eq!(others, Vec::<String>::new());
    for proxy in [one, two] {
        proxy.server.stop().await;
    }
}

/// A job that calls a function repeatedly: no statement that it sends names a table, and under the table's name there is a view.
#[tokio::test]
async fn a_job_that_calls_a_function_is_named_with_its_address() {
    let (bed, control) = bed_with_role().await;
    bed.migrate_all().await;
    let (app, cron) = (role(&bed, "app").await, role(&bed, "cron").await);
    let (one, two) = (proxy(&bed, &control).await, proxy(&bed, &control).await);
    one.set(&["tipocolor", "tipotalla"], Mode::Rewrite).await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    let until = Instant::now() + Duration::from_secs(30);
    let job = async {
        let mut calls = 0;
        while Instant::now() < until {
            psql(&bed, &cron, "SELECT cf_quere_pro.assembled()").await;
            calls += 1;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        calls
    };
    let (calls, ()) = tokio::join!(job, load(&bed, [&one, &two], &app, Duration::from_secs(8)));
    wait_until_counted(&bed, &format!("tipotalla|{cron}|{calls}")).await;
    let lines = seen(&bed).await;
    assert!(lines.contains(&format!("tipotalla|{cron}|127.0.0.1|psql|function|likely")), "{lines:#?}");
    assert!(lines.iter().all(|line| line.contains(&cron)), "{lines:#?}");
    for proxy in [one, two] {
        proxy.server.stop().await;
    }
}

/// All modes one after another, each while clients are busy, with switches between: by the same user as the clients around them, so that
/// only the proxies' own records can tell them apart.
#[tokio::test]
async fn what_the_proxies_pass_on_accuses_nobody_in_any_mode() {
    let (bed, control) = bed_with_role().await;
    let app = role(&bed, "app").await;
    let (one, two) = (proxy(&bed, &control).await, proxy(&bed, &control).await);
    let busy = Duration::from_secs(6);
    // Long enough for everything counted so far to be judged, so that a later mode off, or unread text, hides nothing.
    let judged = Duration::from_secs(14);
    one.set(&["tipocolor", "tipotalla"], Mode::Observe).await;
    load(&bed, [&one, &two], &app, busy).await;
    tokio::time::sleep(judged).await;
    bed.migrate("tipocolor").await.unwrap();
    for mode in [Mode::Observe, Mode::Shadow, Mode::Rewrite] {
        one.set(&["tipocolor"], mode).await;
        load(&bed, [&one, &two], &app, busy).await;
    }
    tokio::time::sleep(judged).await;
    for tables in [&["tipocolor", "tipotalla"][..], &["tipocolor"]] {
        one.set(&["tipocolor", "tipotalla"], Mode::Observe).await;
        one.set(tables, Mode::Off).await;
        load(&bed, [&one, &two], &app, busy).await;
    }
    // A session whose statements the proxy does not read.
    let mut unread = one.client_of(&bed, &app).await;
    unread.query("SET client_encoding = 'SJIS'").await;
    for _ in 0..5 {
        unread.query("SELECT tcdesc FROM tipocolor WHERE tcdesc <> 'é'").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // Everything counted is judged now.
    let counted = bed.cell("SELECT sum(calls) > 1000 FROM public.pg_stat_statements WHERE query ~* 'tipocolor' AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())").await;
    assert_eq!(counted, "t");
    tokio::time::sleep(Duration::from_secs(40)).await;
    // The test moves tables as another role than the proxies have.
    let accused = bed.rows("SELECT * FROM esclusa.around WHERE application_name <> 'esclusa'").await;
    assert_eq!(accused, Vec::<String>::new());
    for proxy in [one, two] {
        proxy.server.stop().await;
    }
}
