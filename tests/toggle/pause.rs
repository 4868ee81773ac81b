//! PAUSE and RESUME: running statements end, new ones wait, and nothing is lost, doubled or reordered; a PAUSE that is given up releases the clients.

use std::time::{Duration, Instant};

use esclusa::config::Address;
use esclusa::mode::Mode;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use crate::common::proxy::{Proxy, Raw, b, e, h, p, q, s};
use crate::common::{Bed, wait_for};
use crate::gate::console;
use crate::load::Load;

const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for a statement that is not held to be answered.
const MOMENT: Duration = Duration::from_millis(150);

async fn bed() -> (Bed, Proxy) {
    let (bed, proxy) = super::steps::bed().await;
    bed.sql("CREATE TABLE public.log (at serial PRIMARY KEY, client int, n int)").await;
    (bed, proxy)
}

/// A console client on which a command waits.
struct Waits {
    answer: JoinHandle<Result<(), String>>,
    cancel: tokio_postgres::CancelToken,
    connection: JoinHandle<()>,
}

async fn begin(proxy: &Proxy, user: &str, text: &'static str) -> Waits {
    let Address::Tcp(_, port) = proxy.server.console else { panic!("the console listens on TCP") };
    let mut config = tokio_postgres::Config::new();
    let (client, connection) = config.host("127.0.0.1").port(port).user(user).dbname("esclusa").connect(NoTls).await.unwrap();
    let connection = tokio::spawn(async move { connection.await.unwrap_or_default() });
    let cancel = client.cancel_token();
    let told = |error: &tokio_postgres::Error| match error.as_db_error() {
        Some(db) => format!("{} {} {}", db.code().code(), db.message(), db.detail().unwrap_or_default()),
        None => "closed".to_owned(),
    };
    let answer = tokio::spawn(async move { client.batch_execute(text).await.map_err(|error| told(&error)) });
    Waits { answer, cancel, connection }
}

async fn run(proxy: &Proxy, user: &str, text: &'static str) -> Result<(), String> {
    tokio::time::timeout(PATIENCE, begin(proxy, user, text).await.answer).await.expect("an answer in time").unwrap()
}

async fn pause(proxy: &Proxy) {
    run(proxy, "esclusa", "PAUSE").await.unwrap();
}

async fn resume(proxy: &Proxy) {
    run(proxy, "esclusa", "RESUME").await.unwrap();
}

/// Whether nothing is answered for a moment.
async fn is_held(client: &mut Raw) -> bool {
    tokio::time::timeout(MOMENT, client.until_ready(1)).await.is_err()
}

/// Waits until the proxy has begun to pause.
async fn until_pausing(proxy: &Proxy) {
    let began = Instant::now();
    while !proxy.server.shared.pause.is_held() {
        assert!(began.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// The states of clients in SHOW SESSIONS.
async fn states(proxy: &Proxy) -> Vec<String> {
    let rows = console(proxy, "SHOW SESSIONS").await;
    rows.iter().map(|row| row.split('|').nth(8).unwrap().to_owned()).collect()
}

async fn eventually(proxy: &Proxy, expected: &[&str]) {
    let began = Instant::now();
    loop {
        let states = states(proxy).await;
        if states == expected {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{states:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn counted(bed: &Bed) -> String {
    bed.cell("SELECT count(*) FROM public.log").await
}

#[tokio::test]
async fn what_has_begun_ends_and_what_begins_waits() {
    let (bed, proxy) = bed().await;
    let (mut idle, mut open, mut busy) = (proxy.client(&bed).await, proxy.client(&bed).await, proxy.client(&bed).await);
    open.query("BEGIN").await;
    busy.send(&[q("SELECT 1 FROM pg_sleep(1)")]).await;
    wait_for(&bed.db, "SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND state = 'active' AND datname = current_database() AND pid <> pg_backend_pid()").await;
    let pausing = begin(&proxy, "esclusa", "PAUSE").await;
    until_pausing(&proxy).await;
    assert_eq!(busy.until_ready(1).await, "T (1) [SELECT 1] ZI");
    // The transaction continues, also by the extended protocol and by COPY, and PAUSE waits for it.
    assert_eq!(open.query("INSERT INTO public.log (client, n) VALUES (1, 1)").await, "[INSERT 0 1] ZT");
    assert_eq!(open.ask(&[p("", "SELECT 7"), b("", &[]), e(), s()]).await, "1 2 (7) [SELECT 1] ZT");
    open.send(&[q("SELECT 1"), q("SELECT 2")]).await;
    assert_eq!(open.until_ready(2).await, "T (1) [SELECT 1] ZT T (2) [SELECT 1] ZT");
    eventually(&proxy, &["paused", "idle in transaction", "paused"]).await;
    assert!(!pausing.answer.is_finished());
    // The COMMIT is sent, and statements in the same packet wait.
    open.send(&[q("COMMIT"), q("SELECT 8")]).await;
    assert_eq!(open.until_ready(1).await, "[COMMIT] ZI");
    pausing.answer.await.unwrap().unwrap();
    assert!(is_held(&mut open).await);
    idle.send(&[q("SELECT 3"), q("SELECT 4")]).await;
    busy.send(&[p("", "SELECT 5"), b("", &[]), e(), s(), p("", "SELECT 6"), b("", &[]), e(), s()]).await;
    assert!(is_held(&mut idle).await && is_held(&mut busy).await);
    assert_eq!(states(&proxy).await, ["held"; 3]);
    let active = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid() AND state <> 'idle'",
        bed.name()
    );
    assert_eq!(bed.cell(&active).await, "0");
    resume(&proxy).await;
    assert_eq!(open.until_ready(1).await, "T (8) [SELECT 1] ZI");
    assert_eq!(idle.until_ready(2).await, "T (3) [SELECT 1] ZI T (4) [SELECT 1] ZI");
    assert_eq!(busy.until_ready(2).await, "1 2 (5) [SELECT 1] ZI 1 2 (6) [SELECT 1] ZI");
    eventually(&proxy, &["idle"; 3]).await;
}

/// Requests that are answered but not yet followed by Sync count as a transaction, and so does a COPY that ignores a Sync.
#[tokio::test]
async fn a_stretch_without_its_sync_is_waited_for() {
    let (bed, proxy) = bed().await;
    let mut stretch = proxy.client(&bed).await;
    let mut copy = proxy.client(&bed).await;
    stretch.send(&[p("", "SELECT 5"), h()]).await;
    assert_eq!(stretch.until("1").await, "1");
    copy.send(&[p("", "COPY public.log (client, n) FROM STDIN"), b("", &[]), e(), s()]).await;
    assert_eq!(copy.until("G").await, "1 2 G");
    let told = run(&proxy, "esclusa", "PAUSE TIMEOUT '300ms'").await.unwrap_err();
    assert!(
        told.starts_with("57014 not every client has ended its transaction in time, and clients go on Waited for client 1 ("),
        "{told}"
    );
    assert!(told.contains("client 2 ("), "{told}");
    let pausing = begin(&proxy, "esclusa", "PAUSE").await;
    until_pausing(&proxy).await;
    assert!(!pausing.answer.is_finished());
    stretch.send(&[b("", &[]), e(), s()]).await;
    assert_eq!(stretch.until_ready(1).await, "2 (5) [SELECT 1] ZI");
    let data = |tag: u8, body: &[u8]| [&[tag][..], &(body.len() as u32 + 4).to_be_bytes(), body].concat();
    copy.send(&[data(b'd', b"9\t9\n"), data(b'c', b""), h()]).await;
    assert_eq!(copy.until("[COPY 1]").await, "[COPY 1]");
    tokio::time::sleep(MOMENT).await;
    assert!(!pausing.answer.is_finished(), "the Sync of the COPY was swallowed");
    copy.send(&[s()]).await;
    assert_eq!(copy.until_ready(1).await, "ZI");
    pausing.answer.await.unwrap().unwrap();
    resume(&proxy).await;
    assert_eq!(counted(&bed).await, "1");
}

/// Clients of every kind, paused and resumed again and again: each statement runs once and in its order, and none while they are held.
#[tokio::test]
async fn under_load_nothing_is_lost_doubled_or_reordered() {
    let (bed, proxy) = bed().await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    let mut load = Load::new();
    for id in 0..6 {
        let mut client = proxy.client(&bed).await;
        load.add(move |turn| async move {
            let mut n = 0;
            while turn.next().is_some() {
                n = round(&mut client, id, n).await;
            }
            drop(client.query(&format!("INSERT INTO public.log (client, n) VALUES ({}, {n})", 100 + id)).await);
        });
    }
    for _ in 0..25 {
        load.go_on(2).await;
        pause(&proxy).await;
        let before = counted(&bed).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert_eq!(counted(&bed).await, before, "something ran while all were held");
        resume(&proxy).await;
    }
    load.end().await;
    let wrong = "SELECT count(*) FROM (SELECT client, n, row_number() OVER (PARTITION BY client ORDER BY at) AS place FROM public.log WHERE client < 100) l WHERE n <> place";
    assert_eq!(bed.cell(wrong).await, "0");
    let sums = "SELECT count(*) FROM (SELECT client, count(*) FROM public.log WHERE client < 100 GROUP BY client) a
                JOIN public.log b ON b.client = a.client + 100 AND b.n = a.count";
    assert_eq!(bed.cell(sums).await, "6");
}

/// One round of a client, by its kind; the numbers that it has written.
async fn round(client: &mut Raw, id: usize, n: usize) -> usize {
    let insert = |n: usize| format!("INSERT INTO public.log (client, n) VALUES ({id}, {n})");
    match id % 3 {
        0 => {
            assert_eq!(client.query(&insert(n + 1)).await, "[INSERT 0 1] ZI");
            n + 1
        }
        1 => {
            // Many stretches in one packet, and a read of a table that is rewritten among them.
            let one = |n: usize| [p("", &insert(n)), b("", &[]), e(), s()].concat();
            let read = [p("", "SELECT nombre FROM tipocolor WHERE id = 1"), b("", &[]), e(), s()].concat();
            client.send(&[one(n + 1), one(n + 2), read, one(n + 3), q(&insert(n + 4))]).await;
            let told = client.until_ready(5).await;
            assert_eq!(
                told,
                "1 2 [INSERT 0 1] ZI 1 2 [INSERT 0 1] ZI 1 2 (rojo) [SELECT 1] ZI 1 2 [INSERT 0 1] ZI [INSERT 0 1] ZI"
            );
            n + 4
        }
        _ => {
            client.send(&[q("BEGIN"), q(&insert(n + 1)), q(&insert(n + 2)), q("COMMIT"), q(&insert(n + 3))]).await;
            assert_eq!(client.until_ready(5).await, "[BEGIN] ZT [INSERT 0 1] ZT [INSERT 0 1] ZT [COMMIT] ZI [INSERT 0 1] ZI");
            n + 3
        }
    }
}

/// A PAUSE that is given up lets clients go on: by its time, by Ctrl-C, by the end of its client, by a RESUME of somebody else.
#[tokio::test]
async fn who_gives_up_lets_clients_go_on() {
    let (bed, proxy) = bed().await;
    let (mut open, mut other) = (proxy.client(&bed).await, proxy.client(&bed).await);
    open.query("BEGIN").await;
    let goes_on = async |other: &mut Raw| {
        assert!(!proxy.server.shared.pause.is_held());
        assert_eq!(other.until_ready(1).await, "T (1) [SELECT 1] ZI");
    };
    for way in ["time", "cancel", "gone", "resume"] {
        let text = if way == "time" { "PAUSE TIMEOUT '200ms'" } else { "PAUSE" };
        let pausing = begin(&proxy, "esclusa", text).await;
        until_pausing(&proxy).await;
        if way != "time" {
            // It has been notified: statements that it sends from now on wait for the end of the pause.
            eventually(&proxy, &["idle in transaction", "paused"]).await;
        }
        other.send(&[q("SELECT 1")]).await;
        if way != "time" {
            assert!(is_held(&mut other).await && !pausing.answer.is_finished(), "{way}");
        }
        let expected = match way {
            "time" => "57014 not every client has ended its transaction in time",
            "cancel" => {
                pausing.cancel.cancel_query(NoTls).await.unwrap();
                "57014 canceling statement due to user request"
            }
            "gone" => {
                pausing.connection.abort();
                "closed"
            }
            _ => {
                resume(&proxy).await;
                "57014 somebody has resumed the proxy before it was paused"
            }
        };
        let told = tokio::time::timeout(PATIENCE, pausing.answer).await.unwrap().unwrap().unwrap_err();
        assert!(told.starts_with(expected), "{way}: {told}");
        let began = Instant::now();
        while proxy.server.shared.pause.is_held() {
            assert!(began.elapsed() < PATIENCE, "{way}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        goes_on(&mut other).await;
    }
    // A PAUSE that has been answered belongs to no client: neither the end of its client nor a late Ctrl-C ends it.
    open.query("COMMIT").await;
    let paused = begin(&proxy, "esclusa", "PAUSE").await;
    paused.answer.await.unwrap().unwrap();
    paused.cancel.cancel_query(NoTls).await.unwrap();
    other.send(&[q("SELECT 1")]).await;
    assert!(is_held(&mut other).await);
    resume(&proxy).await;
    goes_on(&mut other).await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    for (text, told) in [
        ("RESUME", "55000 the proxy is not paused "),
        ("PAUSE aqua", "0A000 PAUSE is for the clients of all databases; it takes no name of one "),
        ("RESUME \"aqua\"", "0A000 RESUME is for the clients of all databases; it takes no name of one "),
        ("PAUSE TIMEOUT 'soon'", "22023 `soon` is not a duration such as \"5s\", \"100ms\", \"10min\" "),
        ("PAUSE TIMEOUT", "42601 syntax error at end of input "),
    ] {
        assert_eq!(run(&proxy, "esclusa", text).await.unwrap_err(), told);
    }
    for text in ["PAUSE", "RESUME"] {
        assert_eq!(run(&proxy, "metrics", text).await.unwrap_err(), format!("42501 permission denied for {text} "));
    }
    assert_eq!(client.query("SELECT 1").await, "T (1) [SELECT 1] ZI");
    pause(&proxy).await;
    assert_eq!(run(&proxy, "esclusa", "PAUSE").await.unwrap_err(), "55000 the proxy is paused already ");
    assert!(proxy.server.shared.pause.is_held(), "a second PAUSE that is refused ends nothing");
    // The console answers, and modes are switched, while clients are held.
    client.send(&[q("SELECT count(*) FROM tipocolor WHERE id > 4711")]).await;
    proxy.set(&["tipocolor"], Mode::Rewrite).await;
    eventually(&proxy, &["held"]).await;
    let rows = console(&proxy, "SHOW SESSIONS").await;
    assert!(rows[0].ends_with("|tipocolor|-|select count(*) from tipocolor where id > ?"), "{rows:?}");
    resume(&proxy).await;
    assert_eq!(client.until_ready(1).await, "T (0) [SELECT 1] ZI");
    assert_eq!(bed.cell("SELECT 1").await, "1");
}

/// New clients wait before their server is connected to; a client that leaves leaves nothing behind, and KILL ends a held client.
#[tokio::test]
async fn who_comes_waits_and_who_leaves_is_gone() {
    let (bed, proxy) = {
        let (bed, _) = bed().await;
        let proxy = Proxy::start_with(&bed, |settings| settings.listen.startup_timeout = Duration::from_millis(400)).await;
        (bed, proxy)
    };
    let (mut leaves, mut killed) = (proxy.client(&bed).await, proxy.client(&bed).await);
    pause(&proxy).await;
    let processes = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND pid <> pg_backend_pid()", bed.name());
    let before = bed.cell(&processes).await;
    let connect = |user: &'static str| {
        let (database, Address::Tcp(_, port)) = (bed.name().to_owned(), proxy.server.address.clone()) else { panic!() };
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(port).user(user).dbname(&database);
        tokio::spawn(async move {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            client.query_one("SELECT 7", &[]).await.map(|row| row.get::<_, i32>(0))
        })
    };
    let (comes, gives_up, ended) = (connect("postgres"), connect("postgres"), connect("postgres"));
    eventually(&proxy, &["paused"; 5]).await;
    // They wait longer than a login may take, because the pause does not count. PAUSE ends for all of them.
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(!comes.is_finished());
    assert_eq!(bed.cell(&processes).await, before, "nobody new has come to the server");
    gives_up.abort();
    eventually(&proxy, &["paused"; 4]).await;
    // KILL of one that waits at the door, and of one that has sent something.
    killed.send(&[q("INSERT INTO public.log (client, n) VALUES (1, 1)")]).await;
    for (row, left) in [(3, &["paused", "held", "paused"][..]), (1, &["paused"; 2])] {
        let rows = console(&proxy, "SHOW SESSIONS").await;
        let id = rows[row].split('|').next().unwrap().to_owned();
        console(&proxy, &format!("KILL {id}")).await;
        eventually(&proxy, left).await;
    }
    // One of the two at the door was killed, whichever came second.
    leaves.send(&[q("INSERT INTO public.log (client, n) VALUES (2, 2)")]).await;
    tokio::time::sleep(MOMENT).await;
    drop(leaves);
    eventually(&proxy, &["paused"]).await;
    resume(&proxy).await;
    let outcomes = [comes.await.unwrap(), ended.await.unwrap()];
    let served = outcomes.iter().filter(|o| matches!(o, Ok(7))).count();
    let told = outcomes.iter().filter(|o| o.as_ref().is_err_and(|e| e.code().is_some_and(|c| c.code() == "57P01"))).count();
    assert_eq!((served, told), (1, 1), "{outcomes:?}");
    assert_eq!(counted(&bed).await, "0", "what was held when its client went has not run");
}

/// A client whose statement waits and is cancelled, as a query timeout of JDBC cancels it: it gets the error at once, and nothing has run.
#[tokio::test]
async fn what_is_held_can_be_cancelled() {
    let (bed, proxy) = bed().await;
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port()).user("postgres").dbname(bed.name());
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    let (cancel, client) = (client.cancel_token(), std::sync::Arc::new(client));
    let prepared = client.prepare("INSERT INTO public.log (client, n) VALUES (1, $1)").await.unwrap();
    pause(&proxy).await;
    for way in ["simple", "prepared", "extended"] {
        let (client, prepared) = (client.clone(), prepared.clone());
        let answer = tokio::spawn(async move {
            match way {
                "simple" => client.batch_execute("INSERT INTO public.log (client, n) VALUES (1, 1)").await,
                "prepared" => client.execute(&prepared, &[&2]).await.map(drop),
                _ => client.execute("INSERT INTO public.log (client, n) VALUES (1, 3)", &[]).await.map(drop),
            }
        });
        eventually(&proxy, &["held"]).await;
        let rows = console(&proxy, "SHOW SESSIONS WHERE state = 'held'").await;
        assert!(rows[0].ends_with("|-|-|insert into public.log (client, n) values (?)") == (way != "prepared"), "{rows:?}");
        cancel.cancel_query(NoTls).await.unwrap();
        let error = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time").unwrap().unwrap_err();
        let error = error.as_db_error().unwrap_or_else(|| panic!("{way}: {error}"));
        let told = (error.severity(), error.code().code(), error.message());
        assert_eq!(told, ("ERROR", "57014", "canceling statement due to user request"), "{way}");
        eventually(&proxy, &["paused"]).await;
    }
    // Statements sent after a cancelled one wait, and then run.
    let goes_on = tokio::spawn(async move { client.query_one("SELECT 7", &[]).await.map(|row| row.get::<_, i32>(0)) });
    eventually(&proxy, &["held"]).await;
    resume(&proxy).await;
    assert_eq!(goes_on.await.unwrap().unwrap(), 7);
    assert_eq!(counted(&bed).await, "0");
}

/// One that is longer than what is read of it, and one whose rest comes after its cancellation: its bytes are dropped, not run.
#[tokio::test]
async fn a_long_statement_that_is_held_can_be_cancelled() {
    let (bed, proxy) = bed().await;
    let mut client = proxy.client(&bed).await;
    let long = "x".repeat(3 << 20);
    let insert = format!("INSERT INTO public.log (client, n) VALUES (1, 1) /* {long} */");
    pause(&proxy).await;
    let info = proxy.server.shared.clients.iter().next().unwrap().clone();
    for frames in [vec![q(&insert)], vec![p("", &insert), b("", &[]), e(), s()]] {
        let mut frames = frames.concat();
        let rest = frames.split_off(frames.len() / 2);
        let cancelled = async {
            eventually(&proxy, &["held"]).await;
            info.cancel_held().await
        };
        // It is not read to its end before it is cancelled.
        let begun = [frames];
        let ((), cancelled) = tokio::join!(client.send(&begun), cancelled);
        assert!(cancelled);
        client.send(&[rest]).await;
        assert_eq!(client.until_ready(1).await, "<57014 canceling statement due to user request> ZI");
    }
    client.send(&[q("SELECT 2")]).await;
    resume(&proxy).await;
    assert_eq!(client.until_ready(1).await, "T (2) [SELECT 1] ZI");
    assert_eq!(counted(&bed).await, "0");
}

/// With no running statement a pause takes effect at once, however many sessions have to be woken; with a running one, a timeout of zero fails.
#[tokio::test]
async fn a_pause_without_patience_succeeds_where_nothing_runs() {
    let (bed, proxy) = bed().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(proxy.client(&bed).await);
    }
    for _ in 0..20 {
        run(&proxy, "esclusa", "PAUSE TIMEOUT '0s'").await.unwrap();
        resume(&proxy).await;
    }
    clients[7].query("BEGIN").await;
    let told = run(&proxy, "esclusa", "PAUSE TIMEOUT '0s'").await.unwrap_err();
    assert!(told.starts_with("57014 not every client has ended its transaction in time"), "{told}");
}

/// The end of the proxy ends the pause: held clients get an error, none of their statements runs, and the drain limit is not waited for.
#[tokio::test]
async fn a_paused_proxy_ends_cleanly() {
    let (bed, proxy) = bed().await;
    let (mut held, mut idle) = (proxy.client(&bed).await, proxy.client(&bed).await);
    let (mut stretch, mut long) = (proxy.client(&bed).await, proxy.client(&bed).await);
    pause(&proxy).await;
    let insert = "INSERT INTO public.log (client, n) VALUES (1, 1)";
    held.send(&[q(insert)]).await;
    stretch.send(&[p("", insert), b("", &[]), e(), s()]).await;
    // More than is read of what waits.
    long.send(&vec![q(&format!("{insert} /* {} */", "x".repeat(1000))); 300]).await;
    assert!(is_held(&mut held).await && is_held(&mut stretch).await && is_held(&mut long).await);
    let began = Instant::now();
    let told = async {
        for client in [&mut held, &mut idle, &mut stretch, &mut long] {
            let reply = client.0.reply().await.unwrap().unwrap();
            assert!(crate::common::proxy::tell(&reply).starts_with("<57P01 "), "{reply:?}");
        }
    };
    tokio::join!(proxy.server.stop_within(PATIENCE), told);
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
    assert_eq!(counted(&bed).await, "0");
}

/// A client that waits for a connection to the server gets the error too.
#[tokio::test]
async fn who_waits_for_the_server_is_told_of_the_end() {
    let (bed, _) = bed().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let proxy = Proxy::start_with(&bed, |settings| {
        settings.upstream.address = Address::Tcp("127.0.0.1".into(), nobody);
        settings.upstream.connect_retry = Duration::from_secs(60);
        settings.listen.startup_timeout = Duration::from_secs(60);
    })
    .await;
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port()).user("postgres").dbname(bed.name());
    let comes = tokio::spawn(async move { config.connect(NoTls).await.map(drop) });
    eventually(&proxy, &["logging in"]).await;
    proxy.server.stop_within(PATIENCE).await;
    let error = comes.await.unwrap().unwrap_err();
    assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some("57P01"), "{error}");
}
