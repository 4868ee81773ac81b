//! PostgreSQL's own regression scripts, each by psql directly and through the proxy, with the same output. `make regress` fetches the
//! scripts from Debian's source package and runs this; it is not part of `make test`.
//!
//! Two new clusters get the same statements in the same order, so that even OIDs are equal. The proxy of the second rewrites: its rules
//! say that the tables which the scripts use most were legacy tables of schema `cf_quere_pro`. So nearly every statement is parsed,
//! resolved along the search path and found to mean another table, and none may be changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

use std::fs::File;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use esclusa::config::{Address, Settings};
use esclusa::demo::postgres::{Options, Postgres};
use esclusa::mode::Mode;
use esclusa::server::{Loader, Server};

/// A script that takes longer is considered hung.
const PATIENCE: Duration = Duration::from_secs(600);
const DATABASE: &str = "regression";

/// Names that the scripts use all the time, as legacy tables.
const WATCHED: &[&str] = &[
    "a",
    "b",
    "bar",
    "char_tbl",
    "emp",
    "float8_tbl",
    "foo",
    "int2_tbl",
    "int4_tbl",
    "int8_tbl",
    "onek",
    "p",
    "parted",
    "person",
    "road",
    "s",
    "t",
    "t1",
    "t2",
    "tenk1",
    "tenk2",
    "test",
    "test1",
    "test_table",
    "text_tbl",
    "tt",
    "varchar_tbl",
    "x",
    "xacttest",
];

/// One side: a cluster, and where its clients connect.
struct Side {
    name: &'static str,
    postgres: Postgres,
    port: u16,
    /// Scripts, data, results and the functions in C, as the server's user may read and write them.
    work: PathBuf,
}

#[test]
#[ignore = "needs PostgreSQL's source package: make regress"]
fn regression_scripts_are_equal_through_the_proxy() {
    let source =
        PathBuf::from(std::env::var_os("ESCLUSA_REGRESS").expect("ESCLUSA_REGRESS names no directory; use make regress"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sides = runtime.block_on(async { [cluster("direct", &source).await, cluster("proxied", &source).await] });
    let proxy = runtime.block_on(proxy(&sides[1].postgres));
    let Address::Tcp(_, port) = proxy.address else { panic!("the proxy listens on no port") };
    let mut sides = sides;
    sides[1].port = port;
    let shared = proxy.shared.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = std::thread::spawn(move || {
        runtime.block_on(async {
            let _ = stopped.await;
            proxy.stop().await;
        });
    });
    let only: Option<Vec<String>> =
        std::env::var("ESCLUSA_REGRESS_ONLY").ok().map(|names| names.split(' ').map(str::to_owned).collect());
    let scripts = schedule(&source).into_iter().filter(|s| only.as_ref().is_none_or(|o| o.contains(s)));
    let (mut lines, mut differing, mut count, mut expected) = (0, Vec::new(), 0, 0);
    for script in scripts {
        let outputs = run(&sides, &script);
        count += 1;
        lines += outputs[0].lines().count();
        let as_shipped = outputs.each_ref().map(|o| is_expected(&source, &script, o));
        expected += usize::from(as_shipped[0]);
        let found = first_difference(&outputs[0], &outputs[1]);
        println!("{script:24} {:6} lines  {}", outputs[0].lines().count(), if found.is_some() { "DIFFERS" } else { "equal" });
        if let Some(found) = found {
            println!("{found}");
            for (side, output) in sides.iter().zip(&outputs) {
                std::fs::write(source.join(format!("{script}.{}", side.name)), output).unwrap();
            }
            differing.push(script);
        }
    }
    println!(
        "{count} scripts, {lines} lines, {} differ: {differing:?}; {expected} are as PostgreSQL ships them",
        differing.len()
    );
    println!("{}", esclusa::report::hits(&shared).aligned());
    stop.send(()).unwrap();
    serving.join().unwrap();
    assert!(differing.is_empty() && count > 0);
}

/// A cluster with a database as pg_regress makes it (PostgreSQL source, pg_regress.c, create_database).
async fn cluster(name: &'static str, source: &Path) -> Side {
    let settings = ["autovacuum = off", "max_prepared_transactions = 2", "fsync = off"].map(str::to_owned).to_vec();
    let postgres = Postgres::start(&Options { settings, ..Options::default() }).await.unwrap();
    let work = postgres.directory.join("regress");
    let copied = Command::new("cp").arg("-r").arg(source).arg(&work).status().unwrap();
    assert!(copied.success());
    std::fs::create_dir_all(work.join("results")).unwrap();
    give(&work, &std::fs::metadata(&postgres.directory).unwrap());
    let admin = postgres.connect("postgres").await.unwrap();
    let make = format!("CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
    admin.batch("making the database", &make).await.unwrap();
    for setting in [
        "lc_messages TO 'C'",
        "lc_monetary TO 'C'",
        "lc_numeric TO 'C'",
        "lc_time TO 'C'",
        "bytea_output TO 'hex'",
        "timezone_abbreviations TO 'Default'",
    ] {
        admin.batch("setting up", &format!("ALTER DATABASE {DATABASE} SET {setting}")).await.unwrap();
    }
    Side { name, port: postgres.port, postgres, work }
}

/// Makes the server's user the owner of everything below.
fn give(path: &Path, owner: &std::fs::Metadata) {
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    if path.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| give(&entry.unwrap().path(), owner));
    }
}

/// A proxy that rewrites, with a rule for each watched name.
async fn proxy(postgres: &Postgres) -> Server {
    let rules = postgres.directory.join("rules");
    std::fs::create_dir_all(&rules).unwrap();
    for table in WATCHED {
        let rule = format!(
            "table = \"{table}\"\nkind = \"lookup\"\ncolumns = [{{ name = \"code\", type = \"integer\", null = false }}]\n\
             [target]\ndomain = \"{}\"\n[key]\ncolumns = [\"code\"]\n",
            table.to_uppercase()
        );
        std::fs::write(rules.join(format!("{table}.toml")), rule).unwrap();
    }
    let mut settings = Settings::defaults().unwrap();
    let local = |port| Address::Tcp("127.0.0.1".into(), port);
    settings.listen.address = local(0);
    settings.console.address = local(0);
    settings.upstream.address = local(postgres.port);
    settings.rules.directory = rules;
    settings.rules.default_mode = Mode::Rewrite;
    // Without a control database the proxy trusts the mode, although none of these tables was ever moved. And it has no session of its
    // own in the clients' database.
    let server = Server::start(Loader::new(move || Ok(settings.clone()))).await.unwrap();
    assert!(server.shared.policy.load().entries().count() == WATCHED.len());
    server
}

/// The scripts in the order of the schedule.
fn schedule(source: &Path) -> Vec<String> {
    let schedule = std::fs::read_to_string(source.join("parallel_schedule")).unwrap();
    let groups = schedule.lines().filter_map(|line| line.strip_prefix("test:"));
    groups.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// Runs a script on both sides at once; the directory, which differs, is removed from the output.
fn run(sides: &[Side; 2], script: &str) -> [String; 2] {
    let mut running = sides.each_ref().map(|side| start(side, script));
    let begun = Instant::now();
    while running.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        if begun.elapsed() > PATIENCE {
            running.iter_mut().for_each(|child| drop(child.kill()));
            panic!("{script} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    sides.each_ref().map(|side| {
        let bytes = std::fs::read(result(side, script)).unwrap();
        let text = String::from_utf8_lossy(&bytes).replace(side.work.to_str().unwrap(), "<regress>");
        text.replace(side.postgres.directory.to_str().unwrap(), "<cluster>")
    })
}

fn result(side: &Side, script: &str) -> PathBuf {
    side.work.join("results").join(format!("{script}.out"))
}

/// psql as pg_regress starts it (PostgreSQL source, pg_regress.c and pg_regress_main.c).
fn start(side: &Side, script: &str) -> Child {
    let out = File::create(result(side, script)).unwrap();
    let mut psql = Command::new("psql");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("PG") || name.starts_with("LC_")) {
        psql.env_remove(name);
    }
    psql.args(["-X", "-a", "-q", "-d", DATABASE, "-v", "HIDE_TABLEAM=on", "-v", "HIDE_TOAST_COMPRESSION=on"])
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", side.port.to_string())
        .env("PGUSER", "postgres")
        .env("PGAPPNAME", format!("pg_regress/{script}"))
        .env("PGTZ", "America/Los_Angeles")
        .env("PGDATESTYLE", "Postgres, MDY")
        .env("PGOPTIONS", "-c intervalstyle=postgres_verbose")
        .env("LANG", "C")
        .env("LC_MESSAGES", "C")
        .env("PG_ABS_SRCDIR", &side.work)
        .env("PG_ABS_BUILDDIR", &side.work)
        .env("PG_LIBDIR", side.work.join("lib"))
        .env("PG_DLSUFFIX", ".so")
        .current_dir(&side.work)
        .stdin(File::open(side.work.join("sql").join(format!("{script}.sql"))).unwrap())
        .stdout(out.try_clone().unwrap())
        .stderr(out);
    psql.spawn().unwrap_or_else(|e| panic!("psql does not start on side {}: {e}", side.name))
}

/// Whether PostgreSQL ships this output: for the reader, not for the verdict.
fn is_expected(source: &Path, script: &str, output: &str) -> bool {
    let names = [String::new()].into_iter().chain((0..10).map(|n| format!("_{n}")));
    names.filter_map(|n| std::fs::read_to_string(source.join(format!("expected/{script}{n}.out"))).ok()).any(|e| e == output)
}

/// The first lines that differ, with their context.
fn first_difference(direct: &str, proxied: &str) -> Option<String> {
    const AROUND: usize = 6;
    let at = direct.lines().zip(proxied.lines()).take_while(|(d, p)| d == p).count();
    let rest = |text: &str| {
        text.lines().skip(at.saturating_sub(AROUND)).take(3 * AROUND).map(|l| format!("    {l}\n")).collect::<String>()
    };
    let ended = direct == proxied;
    (!ended).then(|| format!("  line {}\n  direct:\n{}  proxied:\n{}", at + 1, rest(direct), rest(proxied)))
}
