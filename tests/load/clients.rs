//! Clients in transactions: each reads and counts up a look-up, and adds a row to a history with a stamp that no other row has. The confirmed
//! commits are the reference.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use esclusa::catalog::Database;
use esclusa::config::Address;
use esclusa::rule::Rule;
use esclusa::sql::quote::{ident, literal};
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;

use super::process::Process;

/// The work on one table.
#[derive(Debug)]
pub(crate) struct Work {
    table: String,
    /// The statement; `{n}` is a unique number of microseconds.
    write: String,
    read: String,
    /// A query whose result must be `before` plus the commits.
    truth: String,
    before: i64,
    is_history: bool,
    commits: AtomicI64,
}

impl Work {
    /// A number of one row is counted up.
    pub(crate) async fn on_lookup(db: &Database, rule: &Rule, table: &str) -> Option<Arc<Work>> {
        let is_key = |name: &String| rule.key.columns.contains(name) || rule.key.primary.contains(name);
        let columns = || rule.columns.iter().map(|c| &c.column);
        let unique = "SELECT a.attname::text FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indrelid = $1::text::regclass AND i.indisunique";
        let unique: Vec<String> = db.query("test", unique, &[&table]).await.unwrap().iter().map(|r| r.get(0)).collect();
        let may_count = |name: &String| !is_key(name) && !unique.contains(name);
        let number = columns().find(|c| c.type_name.starts_with("numeric(10") && may_count(&c.name))?;
        let referenced = "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'f')";
        if db.one("test", referenced, &[&table]).await.unwrap().get(0) {
            return None;
        }
        let key = rule.key.columns.first()?;
        let first = db.text("test", &format!("SELECT min({}) FROM {table}", ident(key))).await.unwrap();
        let (number, key) = (ident(&number.name), format!("{} = {}", ident(key), literal(first[0][0].as_deref()?)));
        let truth = format!("SELECT sum(coalesce({number}, 0))::bigint FROM {table} WHERE {key}");
        let before = db.one("test", &truth, &[]).await.unwrap().get(0);
        let rows: i64 = db.one("test", &format!("SELECT count(*) FROM {table} WHERE {key}"), &[]).await.unwrap().get(0);
        (rows == 1).then(|| {
            Arc::new(Work {
                table: table.to_owned(),
                write: format!("UPDATE {table} SET {number} = coalesce({number}, 0) + 1 WHERE {key}"),
                read: format!("SELECT * FROM {table} WHERE {key}"),
                truth,
                before,
                is_history: false,
                commits: AtomicI64::new(0),
            })
        })
    }

    /// A row like the first one is added, with a stamp of its own.
    pub(crate) async fn on_history(db: &Database, rule: &Rule, table: &str) -> Option<Arc<Work>> {
        let time = rule.target.history()?.time.clone()?;
        let columns = || rule.columns.iter().map(|c| &c.column);
        columns().find(|c| c.name == time && c.type_name.starts_with("timestamp"))?;
        let list: Vec<String> = columns().map(|c| ident(&c.name)).collect();
        let texts: Vec<String> = list.iter().map(|c| format!("{c}::text")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY {} LIMIT 1", texts.join(", "), ident(&time));
        let row = db.text("test", &sql).await.unwrap().concat();
        let value = |(column, value): (&esclusa::catalog::Column, &Option<String>)| match value {
            _ if column.name == time => "timestamp '2099-01-01' + {n} * interval '1 microsecond'".to_owned(),
            None => "NULL".to_owned(),
            Some(value) => literal(value),
        };
        let values: Vec<String> = columns().zip(&row).map(value).collect();
        let write = format!("INSERT INTO {table} ({}) VALUES ({})", list.join(", "), values.join(", "));
        // A table that accepts no second row like it is not used.
        let tried = db.batch("test", &format!("BEGIN; {}; {}", write.replace("{n}", "1"), write.replace("{n}", "2"))).await;
        db.batch("test", "ROLLBACK").await.unwrap();
        tried.ok()?;
        Some(Arc::new(Work {
            table: table.to_owned(),
            write,
            read: format!("SELECT * FROM {table} ORDER BY {} DESC LIMIT 3", ident(&time)),
            truth: format!(
                "SELECT CASE WHEN count(*) = count(DISTINCT {0}) THEN count(*) ELSE -1 END FROM {table} WHERE {0} >= '2099-01-01'",
                ident(&time)
            ),
            before: 0,
            is_history: true,
            commits: AtomicI64::new(0),
        }))
    }
}

/// The clients' observations.
#[derive(Debug, Default)]
struct Seen {
    errors: Mutex<Vec<String>>,
    /// Transactions around the proxies that got 40001 (docs/differences.md).
    repeated: AtomicU64,
    commits: AtomicU64,
    took: Mutex<Vec<Took>>,
}

/// How long a transaction took, in microseconds, when it ended, and on which tables it was.
#[derive(Debug)]
struct Took {
    micros: u64,
    ended: Instant,
    client: usize,
    tables: [Arc<Work>; 2],
}

/// The clients.
pub(crate) struct Clients {
    seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
    /// Held by a checker, so that no transaction is open during its check.
    gate: Arc<tokio::sync::RwLock<()>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Clients {
    /// Between two transactions a client waits for `pause`.
    pub(crate) async fn start(
        works: &[Arc<Work>],
        count: usize,
        pause: Duration,
        proxies: &[Process],
        server: u16,
        database: &str,
    ) -> Clients {
        let clients = Clients { seen: Arc::default(), stop: Arc::default(), gate: Arc::default(), tasks: Vec::new() };
        let (lookups, histories): (Vec<_>, Vec<_>) = works.iter().cloned().partition(|w| !w.is_history);
        let numbers = Arc::new(AtomicU64::new(10));
        let mut tasks = Vec::new();
        for client in 0..=count {
            // The last client bypasses the proxies.
            let port = match proxies.get(client % proxies.len()).filter(|_| client < count) {
                Some(Process { address: Address::Tcp(_, port), .. }) => *port,
                _ => server,
            };
            let mut config = tokio_postgres::Config::new();
            config.host("127.0.0.1").port(port).user("postgres").dbname(database).application_name(format!("client {client}"));
            let (session, connection) = config.connect(NoTls).await.unwrap();
            tokio::spawn(connection);
            let (seen, stop, gate) = (Arc::clone(&clients.seen), Arc::clone(&clients.stop), Arc::clone(&clients.gate));
            let (lookups, histories, numbers) = (lookups.clone(), histories.clone(), Arc::clone(&numbers));
            tasks.push(tokio::spawn(async move {
                let mut turn = client * 7;
                while !stop.load(Ordering::Relaxed) {
                    turn += 1;
                    let (lookup, history) = (&lookups[turn % lookups.len()], &histories[(turn * 3 + client) % histories.len()]);
                    let n = numbers.fetch_add(1, Ordering::Relaxed).to_string();
                    let text = [
                        "BEGIN".to_owned(),
                        lookup.read.clone(),
                        lookup.write.clone(),
                        history.read.clone(),
                        history.write.replace("{n}", &n),
                        "COMMIT".to_owned(),
                    ];
                    let inside = gate.read().await;
                    let begun = Instant::now();
                    let mut result = Ok(());
                    for statement in &text {
                        result = session.batch_execute(statement).await;
                        if result.is_err() {
                            break;
                        }
                    }
                    match result {
                        Ok(()) => {
                            lookup.commits.fetch_add(1, Ordering::Relaxed);
                            history.commits.fetch_add(1, Ordering::Relaxed);
                            seen.commits.fetch_add(1, Ordering::Relaxed);
                            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap();
                            let tables = [Arc::clone(lookup), Arc::clone(history)];
                            seen.took.lock().unwrap().push(Took { micros, ended: Instant::now(), client, tables });
                        }
                        Err(error) => {
                            let told = error
                                .as_db_error()
                                .map_or_else(|| error.to_string(), |e| format!("{} {e} {:?}", e.code().code(), e.detail()));
                            match told.starts_with("40001") && client == count {
                                true => _ = seen.repeated.fetch_add(1, Ordering::Relaxed),
                                false => seen
                                    .errors
                                    .lock()
                                    .unwrap()
                                    .push(format!("client {client}, {} {}: {told}", lookup.table, history.table)),
                            }
                            session.batch_execute("ROLLBACK").await.unwrap();
                        }
                    }
                    drop(inside);
                    tokio::time::sleep(pause).await;
                }
            }));
        }
        Clients { tasks, ..clients }
    }

    /// The progress since the last call, and where and how long after `begun` the three longest transactions were.
    pub(crate) fn told(&self, begun: Instant) -> String {
        let mut took = std::mem::take(&mut *self.seen.took.lock().unwrap());
        took.sort_unstable_by_key(|t| t.micros);
        let of =
            |share: usize| took.get((took.len() * share / 1000).min(took.len().saturating_sub(1))).map_or(0, |t| t.micros / 1000);
        let mut said = format!(
            "{} transactions, half in {} ms, 99 of 100 in {} ms, the longest {} ms",
            took.len(),
            of(500),
            of(990),
            of(1000)
        );
        for Took { micros, ended, client, tables: [lookup, history] } in took.iter().rev().take(3) {
            let ended = ended.saturating_duration_since(begun).as_secs_f64();
            _ = write!(
                said,
                "\n    {} ms until {ended:.2} s, client {client}: {} {}",
                micros / 1000,
                lookup.table,
                history.table
            );
        }
        said
    }

    /// Every commit is there once, and no client has seen an error.
    pub(crate) async fn check(&self, db: &Database, works: &[Arc<Work>], when: &str) {
        let _quiet = self.gate.write().await;
        let errors = self.seen.errors.lock().unwrap().clone();
        assert!(errors.is_empty(), "{when}: {} errors, the first: {}", errors.len(), errors[0]);
        for work in works {
            let is: i64 = db.one("test", &work.truth, &[]).await.unwrap().get(0);
            assert_eq!(is, work.before + work.commits.load(Ordering::Relaxed), "{when}: {}", work.table);
        }
    }

    pub(crate) async fn end(self, db: &Database, works: &[Arc<Work>]) {
        self.check(db, works, "at the end").await;
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let (commits, repeated) = (self.seen.commits.load(Ordering::Relaxed), self.seen.repeated.load(Ordering::Relaxed));
        println!("{commits} transactions, {repeated} around the proxies were told to repeat");
        assert!(commits > 500 && repeated * 20 <= commits, "{repeated} of {commits}");
    }
}
