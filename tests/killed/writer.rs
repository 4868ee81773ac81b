//! A client that writes continuously through two proxies, and remembers the confirmed rows. When its connection ends it continues through the
//! other proxy; any error except the end of a connection is a fault.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use esclusa::catalog::Database;
use esclusa::config::Address;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use super::process::Process;

/// Rows by their number.
#[derive(Debug, Default)]
struct Written {
    told: BTreeSet<i64>,
    /// The connection ended before the answer.
    unknown: BTreeSet<i64>,
    faults: Vec<String>,
}

impl Written {
    /// Whether the client knows the result for its row.
    fn note(&mut self, number: i64, result: Result<(), tokio_postgres::Error>) -> bool {
        let Err(error) = result else { return self.told.insert(number) };
        self.unknown.insert(number);
        // 57: the server goes down; 08: the connection, as a proxy tells it.
        if error.as_db_error().is_some_and(|e| !e.code().code().starts_with("57") && !e.code().code().starts_with("08")) {
            self.faults.push(format!("{:?}", error.as_db_error()));
        }
        false
    }
}

/// The client.
pub(crate) struct Writer {
    written: Arc<Mutex<Written>>,
    ports: Arc<[AtomicU16; 2]>,
    stop: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

fn port(process: &Process) -> u16 {
    let Address::Tcp(_, port) = &process.address else { panic!("a proxy listens on TCP") };
    *port
}

impl Writer {
    pub(crate) fn start(database: &str, proxies: &[Process]) -> Writer {
        let ports = Arc::new([AtomicU16::new(port(&proxies[0])), AtomicU16::new(port(&proxies[1]))]);
        let (written, stop) = (Arc::<Mutex<Written>>::default(), Arc::<AtomicBool>::default());
        let task = tokio::spawn(write(database.to_owned(), Arc::clone(&ports), Arc::clone(&written), Arc::clone(&stop)));
        Writer { written, ports, stop, task }
    }

    /// One proxy was restarted.
    pub(crate) fn use_instead(&self, number: usize, process: &Process) {
        self.ports[number].store(port(process), Ordering::Relaxed);
    }

    /// Every confirmed row is there once; other rows only if their result is unknown.
    pub(crate) async fn check(&self, database: &Database, case: &str) {
        let sql = "SELECT count(*) FILTER (WHERE id < 1000), string_agg(id::text, ' ') FILTER (WHERE id >= 1000) FROM cf_quere_pro.hisusuario";
        // Rows confirmed before this are there; rows written meanwhile may be.
        let told: BTreeSet<i64> = self.written.lock().unwrap().told.clone();
        let row = database.text("test", sql).await.unwrap().concat();
        assert_eq!(row[0].as_deref(), Some("1500"), "{case}: the rows of the beginning");
        let there: Vec<i64> = row[1].iter().flat_map(|ids| ids.split(' ')).map(|id| id.parse().unwrap()).collect();
        let once: BTreeSet<i64> = there.iter().copied().collect();
        assert_eq!(there.len(), once.len(), "{case}: rows are there twice");
        let lost: Vec<_> = told.difference(&once).collect();
        assert!(lost.is_empty(), "{case}: {lost:?} are lost");
        let written = self.written.lock().unwrap();
        assert!(written.faults.is_empty(), "{case}: {:?}", written.faults);
        // No row is there that was not sent.
        let last = written.told.last().max(written.unknown.last()).copied().unwrap_or(1000) + 2;
        assert!(once.iter().all(|id| *id <= last), "{case}");
    }

    pub(crate) async fn end(self) -> usize {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        self.written.lock().unwrap().told.len()
    }
}

async fn write(database: String, ports: Arc<[AtomicU16; 2]>, written: Arc<Mutex<Written>>, stop: Arc<AtomicBool>) {
    let (mut number, mut turn) = (1000_i64, 0);
    let mut since = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        turn = 1 - turn;
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(ports[turn].load(Ordering::Relaxed)).user("postgres").dbname(&database);
        let Ok((client, connection)) = config.connect(NoTls).await else {
            assert!(since.elapsed() < Duration::from_secs(60), "no proxy answers");
            tokio::time::sleep(Duration::from_millis(30)).await;
            continue;
        };
        tokio::spawn(connection);
        while !stop.load(Ordering::Relaxed) {
            number += 1;
            let sql = format!("INSERT INTO cf_quere_pro.hisusuario VALUES ({number}, 'w', NULL, 'ana', clock_timestamp())");
            let result = client.batch_execute(&sql).await;
            let is_told = written.lock().unwrap().note(number, result);
            if !is_told {
                break;
            }
            since = Instant::now();
            tokio::time::sleep(Duration::from_millis(8)).await;
        }
    }
}
