//! Many statements of many clients over two proxies, without a fault and with every fault at once: what is recorded is compared with what the
//! clients were answered.
//!
//! `make recording` sends a million statements of 32 clients; `make test` sends some thousands.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use esclusa::catalog::Database;
use esclusa::config::Address;
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::migrate::schema;
use esclusa::twin::Client;
use esclusa::twin::answer::Reply;
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;

use super::process::Process;
use super::relay::Relay;

/// One interval of spool and flush.
const SPAN: Duration = Duration::from_millis(200);

/// What a client sends in turn, and the references that each is: the table and how it ends.
const STATEMENTS: [(&str, &[(&str, &str)]); 4] = [
    ("SELECT count(*) FROM tipocorreo", &[("tipocorreo", "")]),
    ("SELECT tsvid FROM tipositver WHERE tsvid = 1", &[("tipositver", "")]),
    ("SELECT 1 / (tipcid - 1) FROM tipocorreo", &[("tipocorreo", "22012")]),
    ("SELECT tipcid FROM tipocorreo JOIN tipositver ON tsvid = tipcid", &[("tipocorreo", ""), ("tipositver", "")]),
];

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

/// References by application, table and SQLSTATE.
type Counts = BTreeMap<(String, String, String), usize>;

/// What a client has sent, and which of it was answered when.
struct Done {
    name: &'static str,
    sent: [usize; STATEMENTS.len()],
    answered: [Vec<Instant>; STATEMENTS.len()],
}

/// The statements of all clients together: those that were begun, and how many there are to be.
struct Budget {
    begun: AtomicUsize,
    all: AtomicUsize,
}

impl Budget {
    fn new(all: usize) -> Arc<Budget> {
        Arc::new(Budget { begun: 0.into(), all: all.into() })
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    fn is_spent(&self) -> bool {
        self.begun() >= self.all.load(Ordering::Relaxed)
    }

    /// Waits until so many have been begun.
    async fn reached(&self, count: usize) {
        while self.begun() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Sends statements until the budget is spent, connecting anew as long as it can.
async fn client(address: Address, name: &'static str, budget: Arc<Budget>) -> Done {
    let parameters =
        [("user", "postgres"), ("application_name", name), ("database", "postgres"), ("search_path", "cf_quere_pro")];
    let mut done = Done { name, sent: [0; STATEMENTS.len()], answered: Default::default() };
    while !budget.is_spent() {
        let Ok(mut client) = Client::connect(&address, &parameters).await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        loop {
            if budget.is_spent() {
                return done;
            }
            let turn = budget.begun.fetch_add(1, Ordering::Relaxed);
            let which = turn % STATEMENTS.len();
            done.sent[which] += 1;
            match client.query(STATEMENTS[which].0).await {
                Ok(answer) if matches!(answer.0.last(), Some(Reply::Ready(_))) => done.answered[which].push(Instant::now()),
                _ => break,
            }
        }
    }
    done
}

/// The clients of a proxy.
fn clients(proxy: &Process, name: &'static str, count: usize, budget: &Arc<Budget>) -> Vec<JoinHandle<Done>> {
    (0..count).map(|_| tokio::spawn(client(proxy.address.clone(), name, Arc::clone(budget)))).collect()
}

/// References that were answered before a moment, and those that were sent at all.
async fn truth(clients: Vec<JoinHandle<Done>>, before: impl Fn(&str) -> Option<Instant>) -> (Counts, Counts) {
    let (mut least, mut most) = (Counts::new(), Counts::new());
    for client in clients {
        let done = client.await.unwrap();
        let limit = before(done.name);
        for (which, (_, references)) in STATEMENTS.iter().enumerate() {
            let answered = done.answered[which].iter().filter(|at| limit.is_none_or(|limit| **at < limit)).count();
            for (table, sqlstate) in *references {
                let key = (done.name.to_owned(), (*table).to_owned(), (*sqlstate).to_owned());
                *least.entry(key.clone()).or_default() += answered;
                *most.entry(key).or_default() += done.sent[which];
            }
        }
    }
    (least, most)
}

/// What the tables say; totals and detail say the same.
async fn recorded(database: &Database) -> Counts {
    let sums = |table| {
        format!("SELECT application_name, legacy_table, sqlstate, sum(hits)::bigint FROM esclusa.{table} GROUP BY 1, 2, 3")
    };
    let folded: i64 =
        database.one("test", "SELECT coalesce(sum(folded), 0)::bigint FROM esclusa.recorder", &[]).await.unwrap().get(0);
    let mut counts = Vec::new();
    for table in ["hit_total", "hit"] {
        let rows = database.query("test", &sums(table), &[]).await.unwrap();
        counts.push(rows.iter().map(counted).collect::<Counts>());
    }
    let all = |counts: &Counts| counts.values().sum::<usize>();
    assert_eq!(all(&counts[0]), all(&counts[1]) + usize::try_from(folded).unwrap(), "totals and detail");
    counts.swap_remove(0)
}

fn counted(row: &tokio_postgres::Row) -> ((String, String, String), usize) {
    ((row.get(0), row.get(1), row.get(2)), usize::try_from(row.get::<_, i64>(3)).unwrap())
}

struct Stage {
    postgres: Postgres,
    spools: [tempfile::TempDir; 2],
}

impl Stage {
    async fn new() -> Stage {
        let postgres = Postgres::start(&Options::default()).await.unwrap();
        let database = postgres.connect("postgres").await.unwrap();
        schema::apply(&database, &crate::common::context()).await.unwrap();
        let tables = "CREATE TABLE cf_quere_pro.tipocorreo (tipcid numeric(5,0)); CREATE TABLE cf_quere_pro.tipositver (tsvid numeric(5,0));
            INSERT INTO cf_quere_pro.tipocorreo VALUES (1); INSERT INTO cf_quere_pro.tipositver VALUES (1)";
        database.batch("test", tables).await.unwrap();
        Stage { postgres, spools: std::array::from_fn(|_| tempfile::tempdir().unwrap()) }
    }

    async fn proxy(&self, which: usize, relay: &Relay, command: Command) -> Process {
        let (url, port, spool) = (relay.url("postgres"), self.postgres.port, self.spools[which].path().to_owned());
        beside(move || {
            let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
            let more = [("ESCLUSA_CONTROL_URL", url.secret())];
            Process::start_by(command, port, "postgres", &rules, &spool, SPAN, &more)
        })
        .await
    }
}

/// What waits for a process waits on a thread of its own: the relays that the process needs go on.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn terminated(mut process: Process) {
    beside(move || process.terminate()).await;
}

fn serve() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esclusa"));
    command.arg("serve");
    command
}

/// With its spool on a disk of 32 kB that nobody else sees. Who is not root makes it in a user namespace.
fn serve_on_a_small_disk(spool: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c"]);
    command.arg("mount -t tmpfs -o size=32k tmpfs \"$1\" && exec \"$0\" serve").arg(env!("CARGO_BIN_EXE_esclusa")).arg(spool);
    command
}

#[tokio::test]
async fn without_a_fault_every_statement_is_counted() {
    let (all, each) = (number("STATEMENTS", 4_000), number("CLIENTS", 8) / 2);
    let stage = Stage::new().await;
    let relays = [Relay::start(stage.postgres.port).await, Relay::start(stage.postgres.port).await];
    let proxies = [stage.proxy(0, &relays[0], serve()).await, stage.proxy(1, &relays[1], serve()).await];
    let (budget, begun) = (Budget::new(all), Instant::now());
    let mut working = clients(&proxies[0], "left", each, &budget);
    working.extend(clients(&proxies[1], "right", each, &budget));
    let (least, most) = truth(working, |_| None).await;
    println!("{all} statements of {} clients in {:.1} s", 2 * each, begun.elapsed().as_secs_f64());
    assert_eq!(least, most, "an answer is missing");
    for proxy in proxies {
        terminated(proxy).await;
    }
    assert_eq!(recorded(&stage.postgres.connect("postgres").await.unwrap()).await, least);
}

/// Answers of COMMITs are cut off, the server loses all its sessions in a crash, the disk of a spool is full while the database is away, and
/// a proxy is killed, whose spool the next one takes over.
#[tokio::test]
async fn with_every_fault_nothing_is_counted_twice_and_only_the_killed_one_loses() {
    let (all, each) = (number("STATEMENTS", 12_000), number("CLIENTS", 8) / 2);
    let stage = Stage::new().await;
    let relays = [Relay::start(stage.postgres.port).await, Relay::start(stage.postgres.port).await];
    let mut doomed = stage.proxy(0, &relays[0], serve()).await;
    let survivor = stage.proxy(1, &relays[1], serve_on_a_small_disk(stage.spools[1].path())).await;
    // Until the last fault has happened nobody stops.
    let budget = Budget::new(usize::MAX);
    let mut working = clients(&doomed, "doomed", each, &budget);
    working.extend(clients(&survivor, "survivor", each, &budget));
    budget.reached(all / 10).await;
    relays.iter().for_each(|relay| relay.cut_commits(usize::MAX));
    let cutting = Instant::now();
    while relays.iter().any(|relay| relay.cuts() < 2) {
        assert!(cutting.elapsed() < Duration::from_secs(60), "no answer of a COMMIT was cut off");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    budget.reached(all / 4).await;
    let database = stage.postgres.connect("postgres").await.unwrap();
    let backend = "SELECT pid FROM pg_stat_activity WHERE application_name = 'doomed' LIMIT 1";
    let backend: i32 = database.one("test", backend, &[]).await.unwrap().get(0);
    kill_process(Pid::from_raw(backend).unwrap(), Signal::KILL).unwrap();
    budget.reached(all * 4 / 10).await;
    relays[1].refuse(true);
    let away = Instant::now();
    while !survivor.log().contains("No space left on device") {
        assert!(away.elapsed() < Duration::from_secs(120), "the disk is not full\n{}", survivor.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    relays[1].refuse(false);
    let healed = budget.begun().max(all / 2);
    budget.reached(healed + all / 4).await;
    doomed.kill();
    budget.all.store(healed + all / 2, Ordering::Relaxed);
    let killed = Instant::now();
    let cuts = relays.each_ref().map(Relay::cuts);
    relays.iter().for_each(|relay| relay.cut_commits(0));
    // A span ends one interval after the one before, and is on the disk a moment later.
    let (least, most) = truth(working, |name| (name == "doomed").then(|| killed - SPAN - Duration::from_secs(1))).await;
    let heir = stage.proxy(0, &relays[0], serve()).await;
    let began = Instant::now();
    while super::spools(stage.spools[0].path()) > 1 {
        assert!(began.elapsed() < Duration::from_secs(90), "the spool is not taken over\n{}", heir.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let log = survivor.log();
    terminated(survivor).await;
    terminated(heir).await;
    let found = recorded(&stage.postgres.connect("postgres").await.unwrap()).await;
    println!("{cuts:?} answers were cut off; at least {least:?}; found {found:?}; at most {most:?}");
    // What a crash has answered is counted under its own SQLSTATE: no reference is counted twice under any.
    let by_table = |counts: &Counts| {
        counts.iter().fold(BTreeMap::new(), |mut all: BTreeMap<(String, String), usize>, ((name, table, _), count)| {
            *all.entry((name.clone(), table.clone())).or_default() += count;
            all
        })
    };
    let (all_found, all_sent) = (by_table(&found), by_table(&most));
    assert!(all_found.iter().all(|(key, count)| *count <= all_sent[key]), "{all_found:?} of {all_sent:?}");
    for (key, most) in most {
        let (least, found) = (least[&key], found.get(&key).copied().unwrap_or_default());
        assert!(least > 0 && (least..=most).contains(&found), "{key:?}: {found} recorded of {least} to {most}\n{}", log);
    }
}
