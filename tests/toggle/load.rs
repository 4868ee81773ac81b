//! Under load: clients of every kind hold prepared statements while their tables are observed, migrated, switched, switched back,
//! reloaded, and at last dropped. Not one statement fails, and not one row is wrong.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use esclusa::mode::Mode;
use tokio::task::JoinHandle;

use crate::common::proxy::{Proxy, b, d, e, p, s};
use crate::common::{Bed, SCHEMA};

pub(crate) const TABLES: [&str; 2] = ["tipocolor", "hiscolor"];
const READ: &str = "SELECT id, nombre, n FROM tipocolor WHERE id = $1";
const COUNT_UP: &str = "UPDATE tipocolor SET n = n + 1 WHERE id = $1 RETURNING n";
const RECORD: &str = "INSERT INTO hiscolor (id, n, usuario, hora) VALUES ($1, $2, 'app', timestamp '2026-03-05 10:00')";
const RECORDED: &str = "SELECT count(*), max(n) FROM hiscolor WHERE id = $1";

/// Tables that are not yet migrated, and a proxy that observes them.
pub(crate) async fn bed() -> (Bed, Proxy) {
    let mut bed = Bed::new(
        "CREATE TABLE tipocolor (id numeric(5,0) NOT NULL PRIMARY KEY, nombre varchar(20), n numeric(10,0) NOT NULL);
         INSERT INTO tipocolor SELECT i, 'color ' || i, 0 FROM generate_series(1, 40) i;
         CREATE TABLE hiscolor (id numeric(5,0) NOT NULL, n numeric(10,0), usuario varchar(10), hora timestamp);",
    )
    .await;
    bed.lookup("tipocolor", "id").await;
    bed.history("hiscolor", "id").await;
    let proxy = Proxy::start(&bed).await;
    (bed, proxy)
}

/// Clients that run until they are stopped; each counts its rounds, and panics at the first unexpected answer.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    rounds: Vec<Arc<AtomicU64>>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn new() -> Load {
        Load { stop: Arc::default(), rounds: Vec::new(), clients: Vec::new() }
    }

    /// Adds a client, which is told when to stop and counts its rounds.
    pub(crate) fn add<F: Future<Output = ()> + Send + 'static>(&mut self, client: impl FnOnce(Turn) -> F) {
        let rounds = self.count();
        self.clients.push(tokio::spawn(client(Turn { stop: self.stop.clone(), rounds })));
    }

    /// A count of rounds for a client that is not a task of this process.
    pub(crate) fn count(&mut self) -> Arc<AtomicU64> {
        let rounds = Arc::new(AtomicU64::new(0));
        self.rounds.push(rounds.clone());
        rounds
    }

    /// Waits until every client has gone so many rounds more.
    pub(crate) async fn go_on(&self, more: u64) {
        let goals: Vec<u64> = self.rounds.iter().map(|r| r.load(Ordering::Relaxed) + more).collect();
        let limit = Instant::now() + Duration::from_secs(60);
        while self.rounds.iter().zip(&goals).any(|(r, goal)| r.load(Ordering::Relaxed) < *goal) {
            assert!(!self.clients.iter().any(JoinHandle::is_finished), "a client has ended");
            assert!(Instant::now() < limit, "a client stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the clients; a panic of one is the test's. Returns the rounds of all.
    pub(crate) async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.unwrap();
        }
        self.rounds.iter().map(|r| r.load(Ordering::Relaxed)).sum()
    }
}

/// Asks whether to go on.
pub(crate) struct Turn {
    stop: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
}

impl Turn {
    pub(crate) fn next(&self) -> Option<u64> {
        let round = self.rounds.fetch_add(1, Ordering::Relaxed) + 1;
        (!self.stop.load(Ordering::Relaxed)).then_some(round)
    }
}

/// Every client of this file: raw frames, pipelines, tokio-postgres, SQL PREPARE. Each writes a row of its own.
async fn clients(bed: &Bed, proxy: &Proxy, load: &mut Load) {
    let mut raw = proxy.client(bed).await;
    load.add(|turn| async move {
        raw.ask(&[p("r", READ), p("w", COUNT_UP), s()]).await;
        while let Some(round) = turn.next() {
            let packet = [b("w", &["1"]), e(), d("r"), b("r", &["1"]), e(), s()];
            let columns = "t[1700] T";
            let expected = format!("2 ({round}) [UPDATE 1] {columns} 2 (1,color 1,{round}) [SELECT 1] ZI");
            assert_eq!(raw.ask(&packet).await, expected);
        }
    });
    let mut pipeline = proxy.client(bed).await;
    load.add(|turn| async move {
        pipeline.ask(&[p("r", READ), p("w", COUNT_UP), p("h", RECORD), p("c", RECORDED), s()]).await;
        while let Some(round) = turn.next() {
            let n = round.to_string();
            let one = [b("w", &["2"]), e(), b("h", &["2", &n]), e(), b("c", &["2"]), e(), s()].concat();
            let two = [b("r", &["2"]), e(), b("r", &["3"]), e(), s()].concat();
            pipeline.send(&[one, two.clone(), two]).await;
            let read = format!("2 (2,color 2,{round}) [SELECT 1] 2 (3,color 3,0) [SELECT 1] ZI");
            let written = format!("2 ({round}) [UPDATE 1] 2 [INSERT 0 1] 2 ({round},{round}) [SELECT 1] ZI");
            assert_eq!(pipeline.until_ready(3).await, format!("{written} {read} {read}"));
        }
    });
    let mut sql = proxy.client(bed).await;
    load.add(|turn| async move {
        sql.query(&format!("PREPARE r (numeric) AS {READ}; PREPARE w AS {COUNT_UP}")).await;
        while let Some(round) = turn.next() {
            let told = sql.query("BEGIN; EXECUTE w(4); EXECUTE r(4); COMMIT").await;
            assert_eq!(told, format!("[BEGIN] T ({round}) [UPDATE 1] T (4,color 4,{round}) [SELECT 1] [COMMIT] ZI"));
        }
    });
    for id in 5..8_i32 {
        let client = library_client(bed, proxy).await;
        load.add(move |turn| async move { library(client, id, turn).await });
    }
}

pub(crate) async fn library_client(bed: &Bed, proxy: &Proxy) -> tokio_postgres::Client {
    let mut config = tokio_postgres::Config::new();
    config.host("127.0.0.1").port(proxy.port()).user("postgres").dbname(bed.name());
    config.options(format!("-c search_path={SCHEMA}"));
    let (client, connection) = config.connect(tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// tokio-postgres with statements that are prepared once, several requests on their way at the same time.
async fn library(mut client: tokio_postgres::Client, id: i32, turn: Turn) {
    let read = client.prepare("SELECT nombre, n::bigint FROM tipocolor WHERE id = $1::int4").await.unwrap();
    let write = client.prepare("UPDATE tipocolor SET n = n + 1 WHERE id = $1::int4 RETURNING n::bigint").await.unwrap();
    let name = format!("color {id}");
    while let Some(round) = turn.next() {
        let round = i64::try_from(round).unwrap();
        let transaction = client.transaction().await.unwrap();
        let row = transaction.query_one(&write, &[&id]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), round);
        transaction.commit().await.unwrap();
        let params: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&id];
        let both = futures_util::future::join_all((0..4).map(|_| client.query_one(&read, &params))).await;
        for row in both {
            let row = row.unwrap();
            assert_eq!((row.get::<_, String>(0), row.get::<_, i64>(1)), (name.clone(), round));
        }
    }
}

#[tokio::test]
async fn the_whole_life_of_a_table_under_load() {
    let (bed, proxy) = bed().await;
    let mut load = Load::new();
    clients(&bed, &proxy, &mut load).await;
    load.go_on(20).await;
    for table in TABLES {
        bed.migrate(table).await.unwrap_or_else(|e| panic!("{table}: {e} {:?}", e.more()));
    }
    load.go_on(20).await;
    for mode in [Mode::Rewrite, Mode::Observe, Mode::Rewrite, Mode::Shadow, Mode::Off, Mode::Rewrite] {
        for table in TABLES {
            proxy.set(&[table], mode).await;
            load.go_on(10).await;
        }
    }
    for _ in 0..5 {
        proxy.server.admin().reload().await.unwrap();
        load.go_on(5).await;
    }
    for round in 0..10 {
        proxy.set(&TABLES, if round % 2 == 0 { Mode::Observe } else { Mode::Rewrite }).await;
        load.go_on(3).await;
    }
    bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor; DROP VIEW {SCHEMA}.hiscolor; DROP SCHEMA mig_old CASCADE")).await;
    load.go_on(30).await;
    let rounds = load.end().await;
    println!("{rounds} rounds without a failure");
}

/// A table is switched and dropped at once, again and again: when SET MODE returns, nobody depends on the table any more.
#[tokio::test]
async fn tables_are_dropped_the_moment_they_are_switched() {
    let (bed, proxy) = bed().await;
    bed.migrate_all().await;
    let views = bed.rows(&format!("SELECT pg_get_viewdef('{SCHEMA}.tipocolor')")).await.join("\n");
    bed.sql(&format!("ALTER VIEW {SCHEMA}.tipocolor RENAME TO kept")).await;
    bed.sql(&format!("CREATE VIEW {SCHEMA}.tipocolor AS {views}")).await;
    let mut load = Load::new();
    for id in 1..4 {
        let mut raw = proxy.client(&bed).await;
        load.add(move |turn| async move {
            let id = id.to_string();
            raw.ask(&[p("r", READ), s()]).await;
            let row = format!("2 ({id},color {id},0) [SELECT 1]");
            while turn.next().is_some() {
                let ten: Vec<Vec<u8>> = (0..10).map(|_| [b("r", &[&id]), e()].concat()).collect();
                assert_eq!(raw.ask(&[ten.concat(), s()]).await, format!("{} ZI", [row.as_str()].repeat(10).join(" ")));
                let query = format!("SELECT id, nombre, n FROM tipocolor WHERE id = {id}");
                assert_eq!(raw.query(&query).await, format!("T ({id},color {id},0) [SELECT 1] ZI"));
            }
        });
    }
    for _ in 0..25 {
        load.go_on(3).await;
        proxy.set(&["tipocolor"], Mode::Rewrite).await;
        bed.sql(&format!("DROP VIEW {SCHEMA}.tipocolor")).await;
        load.go_on(3).await;
        bed.sql(&format!("CREATE VIEW {SCHEMA}.tipocolor AS {views}")).await;
        proxy.set(&["tipocolor"], Mode::Observe).await;
    }
    load.end().await;
}
