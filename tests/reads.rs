//! Some sessions read a copied history in its new form while everybody writes the legacy table: every session reads its own writes, whichever
//! form it reads; a read that differs ends this on every proxy; one that fails is answered from the table. The proxies and the migration work as a
//! role that is not a superuser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::time::{Duration, Instant, SystemTime};

use common::proxy::{Proxy, Raw, b, d, e, p, q, s};
use common::{Bed, said, server};
use esclusa::catalog::Database;
use esclusa::config::Url;
use esclusa::control::replica;
use esclusa::error::Result;
use esclusa::migrate::machine::State;
use esclusa::migrate::migration::Migration;
use esclusa::migrate::reads::Why;
use esclusa::migrate::{ledger, roles};
use esclusa::mode::Readers;
use esclusa::twin::Client;

const TABLE: &str = "hisusuario";
const TABLES: &str = "CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40));
    INSERT INTO usuario SELECT i, 'u' FROM generate_series(1, 50) i;
    CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), nota text, usu varchar(10), hora timestamp, n numeric(5,0));
    INSERT INTO hisusuario SELECT i, 'n' || i % 7, repeat(md5(i::text), i % 9), 'app', timestamp '2020-01-01' + i * interval '1 minute', i
        FROM generate_series(1, 900) i;
    CREATE INDEX hisusuario_id ON hisusuario (id, hora DESC)";
const WHY: Why<'_> = Why { who: "Ana", reason: Some("a test") };

/// A history, proxies and a control role that is not a superuser.
struct Stage {
    bed: Bed,
    control: String,
    app: String,
    proxies: Vec<Proxy>,
}

fn share(percent: u8) -> Readers {
    Readers { percent, ..Readers::default() }
}

impl Stage {
    /// `every`: one in this many reads of a copy is compared.
    async fn new(proxies: usize, every: usize) -> Stage {
        Stage::with(proxies, every, "esclusa_shadow").await
    }

    async fn with(proxies: usize, every: usize, shadow: &str) -> Stage {
        let mut bed = Bed::new(TABLES).await;
        bed.rule(TABLE, "history", "{ base = 'usuario', user = 'usu', time = 'hora' }", "{ columns = ['id'], base = ['id'] }")
            .await;
        let (control, app) = (format!("control_{}", bed.name()), format!("app_{}", bed.name()));
        let owner = format!("owner_{}", bed.name());
        bed.sql(&roles::script(&bed.context, &control, &roles::tables(&bed.rules), Some(&owner))).await;
        bed.sql(&format!(
            "CREATE ROLE {app} LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO {app}; GRANT ALL ON cf_quere_pro.hisusuario, cf_quere_pro.usuario TO {app}"
        ))
        .await;
        let mut stage = Stage { bed, control, app, proxies: Vec::new() };
        for _ in 0..proxies {
            let url = stage.url().await;
            let proxy = Proxy::start_with(&stage.bed, |settings| {
                settings.shadow.every = every;
                settings.shadow.user = shadow.to_owned();
                settings.control.url = url;
                settings.control.flush_interval = Duration::from_millis(50);
            });
            stage.proxies.push(proxy.await);
        }
        stage
    }

    async fn url(&self) -> Url {
        Url::new(format!("postgres://{}@127.0.0.1:{}/{}", self.control, server().await.port, self.bed.name()))
    }

    async fn database(&self) -> Database {
        Database::connect(&self.url().await, None).await.unwrap()
    }

    /// Work of a migration, as `esclusa` does it: a run of its own, and every proxy follows.
    async fn run<T>(&self, patience: Duration, work: impl AsyncFnOnce(&Migration<'_>, i64) -> Result<T>) -> Result<T> {
        let database = self.database().await;
        let mut migration = Migration::new(&database, &self.bed.rules, self.bed.context.clone()).await.unwrap();
        migration.pace.patience = patience;
        let run = migration.begin("test").await.unwrap();
        let done = work(&migration, run).await;
        migration.finish(run).await.unwrap();
        assert_eq!(replica::late(&database).await.unwrap(), []);
        done
    }

    async fn choose(&self, readers: Readers) {
        let rule = &self.bed.rules.rules[TABLE];
        let patience = Duration::from_secs(60);
        let done = match readers == Readers::default() {
            true => self.run(patience, async |m, run| m.let_nobody_read(run, rule, WHY).await.map(|_| Vec::new())).await,
            false => self.run(patience, async |m, run| m.let_read(run, rule, &readers, WHY).await).await,
        };
        done.unwrap_or_else(|error| panic!("{}", said(&error)));
    }

    async fn migrate(&self) -> Result<()> {
        let rule = &self.bed.rules.rules[TABLE];
        self.run(Duration::from_secs(60), async |m, run| m.table(run, rule).await.map(|_| ())).await
    }

    async fn back(&self) -> Result<()> {
        let rule = &self.bed.rules.rules[TABLE];
        self.run(Duration::from_secs(60), async |m, run| m.back(run, rule).await.map(|_| ())).await
    }

    async fn state(&self) -> State {
        ledger::state(&self.bed.db, &self.bed.context, TABLE).await.unwrap()
    }

    async fn client(&self, proxy: usize) -> Raw {
        self.client_of(proxy, &self.app, "app").await
    }

    async fn client_of(&self, proxy: usize, user: &str, application: &str) -> Raw {
        let parameters = [
            ("user", user),
            ("database", self.bed.name()),
            ("search_path", "cf_quere_pro, public"),
            ("TimeZone", "UTC"),
            ("application_name", application),
        ];
        Raw(Client::connect(&self.proxies[proxy].server.address, &parameters).await.unwrap())
    }

    /// Changes one row of the copy: a session that reads the copy sees `copia`.
    async fn mark(&self) {
        self.bed.sql("UPDATE esclusa_leaf.hisusuario SET al_old_data = jsonb_set(al_old_data, '{nombre}', '\"copia\"') WHERE al_old_data ->> 'id' = '7'").await;
        assert_eq!(self.bed.cell("SELECT nombre FROM esclusa.hisusuario WHERE id = 7").await, "copia");
    }

    /// Hits on the table as they are written: outcome, SQLSTATE, number.
    async fn hits(&self) -> Vec<String> {
        for proxy in &self.proxies {
            let report = esclusa::report::find("usage").unwrap();
            proxy.server.admin().recorded(report).await.unwrap();
        }
        self.bed.rows("SELECT outcome, sqlstate, sum(hits) FROM esclusa.hit_total WHERE operation = 'select' GROUP BY 1, 2 ORDER BY 1, 2").await
    }
}

const MARK: &str = "SELECT nombre FROM hisusuario WHERE id = 7";

async fn reads_the_copy(client: &mut Raw) -> bool {
    match client.query(MARK).await.as_str() {
        "T (copia) [SELECT 1] ZI" => true,
        "T (n0) [SELECT 1] ZI" => false,
        other => panic!("{other}"),
    }
}

/// What one client does to rows of its own, each answer of which follows from what it has done before.
async fn writes_and_reads(client: &mut Raw, number: u32, turn: u32) {
    let id = 10_000 + number * 1_000 + turn;
    let count = format!("SELECT count(*), min(nombre) FROM hisusuario WHERE id = {id}");
    let is = |answer: String, wanted: &str| assert_eq!(answer, wanted, "client {number}, turn {turn}");
    is(client.query(&format!("INSERT INTO hisusuario VALUES ({id}, 'a', NULL, 'app', now())")).await, "[INSERT 0 1] ZI");
    is(client.query(&count).await, "T (1,a) [SELECT 1] ZI");
    is(client.ask(&[b("own", &[&id.to_string()]), e(), s()]).await, "2 (1,a) [SELECT 1] ZI");
    let isolation = if turn.is_multiple_of(2) { "READ COMMITTED" } else { "REPEATABLE READ" };
    is(client.query(&format!("BEGIN ISOLATION LEVEL {isolation}")).await, "[BEGIN] ZT");
    is(client.query(&format!("UPDATE hisusuario SET nombre = 'b' WHERE id = {id}")).await, "[UPDATE 1] ZT");
    is(
        client.ask(&[p("", "SELECT nombre FROM hisusuario WHERE id = $1"), b("", &[&id.to_string()]), e(), s()]).await,
        "1 2 (b) [SELECT 1] ZT",
    );
    is(client.query("SAVEPOINT x").await, "[SAVEPOINT] ZT");
    is(client.query(&format!("DELETE FROM hisusuario WHERE id = {id}")).await, "[DELETE 1] ZT");
    is(client.ask(&[b("own", &[&id.to_string()]), e(), s()]).await, "2 (0,null) [SELECT 1] ZT");
    is(client.query("ROLLBACK TO x").await, "[ROLLBACK] ZT");
    is(client.query(&count).await, "T (1,b) [SELECT 1] ZT");
    is(client.query(&format!("SELECT nombre FROM hisusuario WHERE id = {id} FOR UPDATE")).await, "T (b) [SELECT 1] ZT");
    is(
        client.query(if turn.is_multiple_of(3) { "ROLLBACK" } else { "COMMIT" }).await,
        if turn.is_multiple_of(3) { "[ROLLBACK] ZI" } else { "[COMMIT] ZI" },
    );
    is(client.query(&count).await, if turn.is_multiple_of(3) { "T (1,a) [SELECT 1] ZI" } else { "T (1,b) [SELECT 1] ZI" });
    is(
        client.query(&format!("DELETE FROM hisusuario WHERE id = {id} AND {turn} % 5 = 0")).await,
        if turn.is_multiple_of(5) { "[DELETE 1] ZI" } else { "[DELETE 0] ZI" },
    );
    is(
        client.query(&format!("SELECT count(*) FROM hisusuario WHERE id = {id}")).await,
        if turn.is_multiple_of(5) { "T (0) [SELECT 1] ZI" } else { "T (1) [SELECT 1] ZI" },
    );
}

/// Clients of two proxies write and read while the choice changes, the table moves, comes back and is chosen again.
#[tokio::test]
async fn everyone_reads_what_he_wrote() {
    let stage = Stage::new(2, 1).await;
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..6_u32 {
        let mut client = stage.client(number as usize % 2).await;
        let stop = stop.clone();
        client.ask(&[p("own", "SELECT count(*), min(nombre) FROM hisusuario WHERE id = $1"), s()]).await;
        clients.spawn(async move {
            let mut turn = 0;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                writes_and_reads(&mut client, number, turn % 1_000).await;
                turn += 1;
            }
            turn
        });
    }
    let differences = "SELECT statement || ' -> ' || difference FROM esclusa.shadow_difference LIMIT 3";
    for readers in [share(50), share(100), share(30), share(0), share(70)] {
        stage.choose(readers).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert_eq!((stage.state().await, stage.bed.rows(differences).await), (State::Reads, Vec::new()));
    stage.migrate().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    assert_eq!(stage.state().await, State::Moved);
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.back().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    stage.choose(share(100)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stage.back().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    assert_eq!(stage.state().await, State::Planned);
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut turns = 0;
    while let Some(ended) = clients.join_next().await {
        turns += ended.unwrap();
    }
    let hits = stage.hits().await;
    println!("{turns} turns, {hits:?}");
    assert!(hits.iter().any(|h| h.starts_with("rewritten||")) && hits.iter().any(|h| h.starts_with("forwarded||")), "{hits:?}");
    assert_eq!(
        stage.bed.rows("SELECT statement || ' -> ' || difference FROM esclusa.shadow_difference LIMIT 3").await,
        Vec::<String>::new()
    );
    assert_eq!(stage.bed.cell("SELECT coalesce(sum(equal), 0) > 0 FROM esclusa.shadow").await, "t", "some were compared");
    assert_eq!(ledger::broken(&stage.bed.db).await.unwrap().0, None);
    let left = "SELECT count(*) FROM pg_class WHERE relname = 'hisusuario' AND relnamespace <> 'cf_quere_pro'::regnamespace";
    assert_eq!(stage.bed.cell(left).await, "0", "something is left");
}

/// The share is about as asked, a session stays what it is, and a greater share includes all sessions of the smaller one.
#[tokio::test]
async fn a_share_of_sessions_is_chosen() {
    let stage = Stage::new(2, 0).await;
    stage.choose(share(40)).await;
    stage.mark().await;
    let mut sessions = Vec::new();
    for number in 0..80 {
        sessions.push(stage.client(number % 2).await);
    }
    let mut before = Vec::new();
    for session in &mut sessions {
        let reads = reads_the_copy(session).await;
        assert_eq!(reads_the_copy(session).await, reads, "a session is what it was");
        before.push(reads);
    }
    let number = before.iter().filter(|reads| **reads).count();
    println!("{number} of 80 read the copy, at 40 %");
    // Five standard deviations about 32.
    assert!((10..=54).contains(&number), "{number}");
    stage.choose(share(80)).await;
    let mut after = 0;
    for (session, before) in sessions.iter_mut().zip(before) {
        let reads = reads_the_copy(session).await;
        assert!(reads || !before, "who was one of fewer is one of more");
        after += usize::from(reads);
    }
    assert!((46..=80).contains(&after), "{after}");
    stage.choose(share(0)).await;
    for session in &mut sessions {
        assert!(!reads_the_copy(session).await);
    }
    assert_eq!(stage.state().await, State::Proven);
    let steps = "SELECT step, state, detail::jsonb ->> 'readers', detail::jsonb ->> 'by' FROM esclusa.run_table ORDER BY number";
    let steps = stage.bed.rows(steps).await;
    assert_eq!(steps[3..], ["reads|reads|40 % of sessions|Ana", "reads|reads|80 % of sessions|Ana", "withdraw|proven|\\N|Ana"]);
}

/// An application, a user; and a session that changes its application's name, with statements that it has prepared before.
#[tokio::test]
async fn an_application_or_a_user_is_chosen() {
    let stage = Stage::new(1, 0).await;
    stage.bed.sql(&format!("CREATE ROLE otra_{0} LOGIN IN ROLE {1}", stage.bed.name(), stage.app)).await;
    let other = format!("otra_{}", stage.bed.name());
    let mut early = stage.client_of(0, &stage.app, "app").await;
    let by_id = "SELECT nombre FROM hisusuario WHERE id = $1";
    assert_eq!(early.ask(&[p("x", by_id), b("x", &["7"]), e(), s()]).await, "1 2 (n0) [SELECT 1] ZI");
    let readers = Readers { percent: 0, applications: vec!["informes".into()], users: vec![other.clone()] };
    stage.choose(readers).await;
    stage.mark().await;
    for (user, application, reads) in
        [(&stage.app, "app", false), (&stage.app, "informes", true), (&other, "app", true), (&stage.app, "Informes", false)]
    {
        let mut client = stage.client_of(0, user, application).await;
        assert_eq!(reads_the_copy(&mut client).await, reads, "{user} with {application}");
    }
    for (name, answer) in [("informes", "copia"), ("app", "n0"), ("informes", "copia")] {
        assert!(early.query(&format!("SET application_name = '{name}'")).await.contains("[SET] ZI"));
        let wanted = format!("2 ({answer}) [SELECT 1] ZI");
        assert_eq!(early.ask(&[b("x", &["7"]), e(), s()]).await, wanted, "prepared, as {name}");
        assert_eq!(reads_the_copy(&mut early).await, answer == "copia");
        // Inside a transaction too.
        assert_eq!(early.query("BEGIN").await, "[BEGIN] ZT");
        assert_eq!(early.ask(&[b("x", &["7"]), e(), s()]).await, wanted.replace("ZI", "ZT"));
        assert_eq!(early.query("COMMIT").await, "[COMMIT] ZI");
    }
    // Statements that write, lock, ask for row positions, or are several at once use the table.
    for text in [
        "SELECT nombre FROM hisusuario WHERE id = 7 FOR SHARE",
        "SELECT nombre FROM hisusuario WHERE id = 7 AND ctid IS NOT NULL",
        "WITH u AS (UPDATE usuario SET nombre = nombre WHERE id = 1) SELECT nombre FROM hisusuario WHERE id = 7",
        "SELECT nombre FROM hisusuario WHERE id = 7 AND pg_advisory_xact_lock(1) IS NOT NULL",
    ] {
        assert_eq!(early.query(text).await, "T (n0) [SELECT 1] ZI", "{text}");
    }
    assert_eq!(
        early.query("BEGIN; DECLARE c CURSOR FOR SELECT nombre FROM hisusuario WHERE id = 7; FETCH c; COMMIT").await,
        "[BEGIN] [DECLARE CURSOR] T (n0) [FETCH 1] [COMMIT] ZI"
    );
    assert_eq!(
        early.query("SELECT h.nombre FROM hisusuario h JOIN usuario u ON u.id = h.id WHERE h.id = 7").await,
        "T (copia) [SELECT 1] ZI"
    );
}

/// A read that differs: within a second no session reads the copy any more, on any proxy; and its proof is void.
#[tokio::test]
async fn a_difference_sends_the_table_back_everywhere() {
    let stage = Stage::new(2, 1).await;
    stage.choose(share(100)).await;
    let mut clients = [stage.client(0).await, stage.client(1).await];
    for client in &mut clients {
        assert_eq!(client.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZI");
        assert!(!reads_the_copy(client).await, "both are the same");
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(stage.state().await, State::Reads, "equal reads send nothing back");
    stage.mark().await;
    let begun = Instant::now();
    assert!(reads_the_copy(&mut clients[0]).await);
    let mut back = [None, None];
    while back.iter().any(Option::is_none) {
        for (client, back) in clients.iter_mut().zip(&mut back) {
            if back.is_none() && !reads_the_copy(client).await {
                *back = Some(SystemTime::now());
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    // From the moment at which the first of both has confirmed a difference.
    let found = stage.proxies.iter().flat_map(|p| p.server.shared.shadow.differences()).map(|d| d.at).min().unwrap();
    let back: Vec<Duration> = back.iter().flatten().map(|at| at.duration_since(found).unwrap_or_default()).collect();
    println!("sent back after {back:?}");
    assert!(back.len() == 2 && back.iter().all(|took| *took < Duration::from_secs(1)), "{back:?}");
    assert_eq!(stage.state().await, State::Copied);
    let step = "SELECT step, state, detail::jsonb ->> 'by', detail::jsonb ? 'fingerprint' FROM esclusa.run_table ORDER BY number DESC LIMIT 1";
    assert_eq!(stage.bed.cell(step).await, "differ|copied|esclusa serve|t");
    assert_eq!(stage.bed.cell("SELECT proven IS NULL FROM esclusa.copy").await, "t");
    assert_eq!(stage.bed.cell("SELECT percent, changed_by FROM esclusa.reads").await, "0|esclusa serve");
    common::wait_for(&stage.bed.db, "SELECT count(*) > 0 FROM esclusa.shadow_difference").await;
    assert_eq!(ledger::broken(&stage.bed.db).await.unwrap().0, None);
    // It has to be proven again, which fails: the copy is dropped, and the next one is good.
    let error = stage.migrate().await.unwrap_err();
    assert!(said(&error).contains("did not pass its parity checks"), "{}", said(&error));
    assert_eq!(stage.state().await, State::Planned);
    stage.migrate().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    assert_eq!(clients[0].query(MARK).await, "T (n0) [SELECT 1] ZI");
}

/// A row of the copy that cannot be read: alone, each read is answered from the table, in every way of asking, and counted.
#[tokio::test]
async fn a_read_that_fails_is_answered_from_the_table() {
    // Nothing is compared, or the first failure would send the table back.
    let stage = Stage::with(1, 0, "nadie").await;
    stage.choose(share(100)).await;
    let mut client = stage.client(0).await;
    let by_id = "SELECT nombre, n FROM hisusuario WHERE id = $1";
    assert_eq!(client.ask(&[p("early", by_id), s()]).await, "1 ZI");
    stage.bed.sql("UPDATE esclusa_leaf.hisusuario SET al_old_data = jsonb_set(al_old_data, '{n}', '\"x\"') WHERE al_old_data ->> 'id' = '7'").await;
    let broken = stage.bed.db.text("test", "SELECT n FROM esclusa.hisusuario WHERE id = 7").await.unwrap_err();
    assert!(said(&broken).contains("invalid input syntax for type numeric"), "{}", said(&broken));
    let answer = "(n0,7) [SELECT 1] ZI";
    let mut answered = 0;
    for round in 0..3 {
        assert_eq!(client.query("SELECT nombre, n FROM hisusuario WHERE id = 7").await, format!("T {answer}"), "{round}");
        assert_eq!(client.ask(&[p("", by_id), b("", &["7"]), e(), s()]).await, format!("1 2 {answer}"), "{round}");
        assert_eq!(client.ask(&[b("early", &["7"]), e(), s()]).await, format!("2 {answer}"), "{round}");
        let name = format!("s{round}");
        assert_eq!(
            client.ask(&[p(&name, by_id), d(&name), b(&name, &["7"]), e(), s()]).await,
            format!("1 t[1700] T 2 {answer}"),
            "{round}"
        );
        assert_eq!(client.ask(&[b(&name, &["7"]), e(), s()]).await, format!("2 {answer}"), "{round}");
        answered += 5;
    }
    // Frame by frame, so that the error comes before all of it is sent.
    client.send(&[p("", "SELECT count(n) FROM hisusuario WHERE n > $1"), b("", &["899"]), e()]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    client.send(&[s()]).await;
    assert_eq!(client.until_ready(1).await, "1 2 (1) [SELECT 1] ZI");
    answered += 1;
    // Pipelined behind it.
    client.send(&[q("SELECT count(n) FROM hisusuario"), q("SELECT 1"), q("SELECT max(n) FROM hisusuario")]).await;
    assert_eq!(client.until_ready(3).await, "T (900) [SELECT 1] ZI T (1) [SELECT 1] ZI T (900) [SELECT 1] ZI");
    answered += 2;
    // What fails on the table too is the table's own error.
    assert_eq!(client.query("SELECT 1 / (n - n) FROM hisusuario WHERE id = 6").await, "T <22012 division by zero> ZI");
    answered += 1;
    // In a transaction, and after the first row, the client gets the error.
    assert_eq!(client.query("BEGIN").await, "[BEGIN] ZT");
    let told = client.query("SELECT count(n) FROM hisusuario").await;
    assert!(told.contains("<22P02 ") && told.ends_with("ZE"), "{told}");
    client.query("ROLLBACK").await;
    let two = client.ask(&[p("", "SELECT count(n) FROM hisusuario"), b("", &[]), e(), b("", &[]), e(), s()]).await;
    assert!(two.contains("<22P02 "), "a stretch of two reads is none: {two}");
    let hits = stage.hits().await;
    let failed: usize = hits.iter().find_map(|h| h.strip_prefix("rewritten|22P02|")?.parse().ok()).unwrap();
    let by_zero = hits.iter().find_map(|h| h.strip_prefix("rewritten|22012|")?.parse::<usize>().ok()).unwrap_or(0);
    println!("{hits:?}");
    // The errors in the transaction and in the stretch of two statements reach the client, and are counted too. What the table answered
    // is the same use of it, and is not counted again.
    assert_eq!(failed + by_zero, answered + 2, "{hits:?}");
    assert!(!hits.iter().any(|h| h.starts_with("forwarded|")), "{hits:?}");
    let report = stage.proxies[0].server.admin().recorded(esclusa::report::find("reads").unwrap()).await.unwrap();
    let row: Vec<String> = report.rows[0].iter().map(|cell| cell.text().to_string()).collect();
    assert_eq!(row[..3], ["hisusuario", "reads", "100"], "{row:?}");
    assert_eq!(row[9].parse::<usize>().unwrap(), failed + by_zero, "{row:?}");
    assert!(row[10].contains("22P02"), "{row:?}");
}

/// The same where it is compared: the first such read sends the table back.
#[tokio::test]
async fn a_failure_that_the_table_has_not_is_a_difference() {
    let stage = Stage::new(2, 0).await;
    stage.choose(share(100)).await;
    stage.bed.sql("UPDATE esclusa_leaf.hisusuario SET al_old_data = jsonb_set(al_old_data, '{n}', '\"x\"') WHERE al_old_data ->> 'id' = '7'").await;
    let mut client = stage.client(0).await;
    assert_eq!(
        client.ask(&[p("", "SELECT n FROM hisusuario WHERE id = $1"), b("", &["7"]), e(), s()]).await,
        "1 2 (7) [SELECT 1] ZI"
    );
    let begun = Instant::now();
    while stage.state().await != State::Copied {
        let shadow = &stage.proxies[0].server.shared.shadow;
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?} {:?}", shadow.totals(), shadow.differences());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The table is rewritten: its copy no longer matches, and is not read; the next choice copies it again.
#[tokio::test]
async fn a_table_that_is_rewritten_is_not_read_by_its_copy() {
    let stage = Stage::new(1, 0).await;
    stage.choose(share(100)).await;
    let mut client = stage.client(0).await;
    // By the session itself: nobody else knows yet, and it reads the table as it left it.
    assert_eq!(client.query("BEGIN").await, "[BEGIN] ZT");
    assert_eq!(client.query("TRUNCATE hisusuario").await, "[TRUNCATE TABLE] ZT");
    assert_eq!(client.query("SELECT count(*) FROM hisusuario").await, "T (0) [SELECT 1] ZT");
    assert_eq!(client.query("ROLLBACK").await, "[ROLLBACK] ZI");
    for (change, count) in [("VACUUM FULL cf_quere_pro.hisusuario", 900), ("TRUNCATE cf_quere_pro.hisusuario", 0)] {
        assert!(!reads_the_copy(&mut client).await);
        stage.bed.sql(change).await;
        assert_eq!(client.query("SELECT count(*) FROM hisusuario").await, format!("T ({count}) [SELECT 1] ZI"), "{change}");
        // The proxies find out by themselves.
        let begun = Instant::now();
        loop {
            client.query("BEGIN").await;
            let answer = client.query("SELECT count(*) FROM hisusuario").await;
            client.query("ROLLBACK").await;
            if answer == format!("T ({count}) [SELECT 1] ZT") {
                break;
            }
            assert!(answer.contains("does not fit it any more"), "{answer}");
            assert!(begun.elapsed() < Duration::from_secs(10), "{change}: {answer}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // The next choice copies it again.
        stage.choose(share(100)).await;
        let told = stage
            .bed
            .rows("SELECT state FROM esclusa.run_table WHERE legacy_table = 'hisusuario' ORDER BY number DESC LIMIT 1")
            .await;
        assert_eq!(told, ["reads"], "{change}");
        assert_eq!(stage.bed.rows("SELECT count(*) FROM esclusa.hisusuario").await, [count.to_string()], "{change}");
    }
}

/// Another column, or another table with the name: the copy shows neither, and is not read.
#[tokio::test]
async fn a_table_with_other_columns_or_another_name_is_not_read_by_its_copy() {
    for (change, question, answer) in [
        (
            "ALTER TABLE cf_quere_pro.hisusuario DROP COLUMN n; ALTER TABLE cf_quere_pro.hisusuario ADD COLUMN n numeric(5,0)",
            "SELECT count(n), count(*) FROM hisusuario",
            "(0,900)",
        ),
        ("ALTER TABLE cf_quere_pro.hisusuario RENAME COLUMN n TO m", "SELECT max(m) FROM hisusuario", "(900)"),
        (
            "ALTER TABLE cf_quere_pro.hisusuario ADD COLUMN m int DEFAULT 3",
            "SELECT row_to_json(h) ->> 'm' FROM hisusuario AS h WHERE n = 5",
            "(3)",
        ),
        (
            "BEGIN; ALTER TABLE cf_quere_pro.hisusuario RENAME TO h_old; CREATE TABLE cf_quere_pro.hisusuario AS SELECT * FROM cf_quere_pro.h_old LIMIT 7; \
             GRANT ALL ON cf_quere_pro.hisusuario TO PUBLIC; COMMIT",
            "SELECT count(*) FROM hisusuario",
            "(7)",
        ),
    ] {
        let stage = Stage::new(2, 0).await;
        stage.choose(share(100)).await;
        let mut clients = [stage.client(0).await, stage.client(1).await];
        for client in &mut clients {
            assert_eq!(client.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZI");
        }
        stage.bed.sql(change).await;
        for client in &mut clients {
            assert_eq!(client.query(question).await, format!("T {answer} [SELECT 1] ZI"), "{change}");
        }
    }
}

/// A role that may not read the table cannot read its copy, from that moment on; a role that may read some columns reads the table.
#[tokio::test]
async fn rights_are_those_of_the_table() {
    let stage = Stage::new(1, 0).await;
    let role = |name: &str| format!("{name}_{}", stage.bed.name());
    let (part, later, none) = (role("part"), role("later"), role("none"));
    for name in [&part, &later, &none] {
        stage.bed.sql(&format!("CREATE ROLE {name} LOGIN; GRANT USAGE ON SCHEMA cf_quere_pro TO {name}")).await;
    }
    stage.bed.sql(&format!("GRANT SELECT (id, nombre) ON cf_quere_pro.hisusuario TO {part}")).await;
    stage.choose(share(100)).await;
    stage.mark().await;
    let mut clients =
        [stage.client_of(0, &part, "").await, stage.client_of(0, &later, "").await, stage.client_of(0, &none, "").await];
    assert!(!reads_the_copy(&mut clients[0]).await, "the copy has no rights on columns");
    let denied = "<42501 permission denied for table hisusuario>";
    for client in &mut clients {
        let answer = client.query("SELECT nota FROM hisusuario WHERE id = 7").await;
        assert!(answer.contains(denied), "{answer}");
    }
    stage.bed.sql(&format!("GRANT SELECT ON cf_quere_pro.hisusuario TO {later}")).await;
    let begun = Instant::now();
    while clients[1].query(MARK).await != "T (n0) [SELECT 1] ZI" {
        assert!(begun.elapsed() < Duration::from_secs(10), "a new right is the table's");
    }
    let mut app = stage.client(0).await;
    assert!(reads_the_copy(&mut app).await);
    stage.bed.sql(&format!("REVOKE ALL ON cf_quere_pro.hisusuario FROM {}", stage.app)).await;
    let answer = app.query(MARK).await;
    assert!(answer.contains(denied) && !answer.contains("copia"), "{answer}");
    app.query("BEGIN").await;
    let answer = app.query(MARK).await;
    assert!(answer.contains(denied) && !answer.contains("copia"), "{answer}");
    app.query("ROLLBACK").await;
    // Nor around the proxies.
    let direct = stage.bed.session(&stage.app, "SELECT 1").await.say("SELECT nombre FROM esclusa.hisusuario WHERE id = 7").await;
    assert!(direct.contains("42501"), "{direct}");
    let leaf = stage.bed.session(&stage.app, "SELECT 1").await.say("SELECT * FROM esclusa_leaf.hisusuario").await;
    assert!(leaf.contains("42501"), "{leaf}");
    // After the move no role has more rights than on the table.
    stage.bed.sql("UPDATE esclusa_leaf.hisusuario SET al_old_data = jsonb_set(al_old_data, '{nombre}', '\"n0\"') WHERE al_old_data ->> 'id' = '7'").await;
    stage.migrate().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    for name in ["esclusa.hisusuario", "esclusa_leaf.hisusuario", "cf_quere_pro.hisusuario"] {
        assert_eq!(
            stage.bed.cell(&format!("SELECT has_table_privilege('{}', '{name}', 'SELECT')", stage.app)).await,
            "f",
            "{name}"
        );
    }
}

/// A transaction with a snapshot from before the copy is waited for: it would see only a part of the copy.
#[tokio::test]
async fn old_snapshots_are_waited_for() {
    let stage = Stage::new(1, 0).await;
    let rule = &stage.bed.rules.rules[TABLE];
    // A first copy has its indexes built afterwards, and that waits for old snapshots anyway.
    stage.choose(share(10)).await;
    stage.choose(share(0)).await;
    let mut old = stage.client(0).await;
    old.query("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    assert_eq!(old.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZT");
    let readers = share(100);
    let error =
        stage.run(Duration::from_millis(700), async |m, run| m.let_read(run, rule, &readers, WHY).await).await.unwrap_err();
    assert!(
        said(&error).contains("transactions from before the copy are still open") && said(&error).contains(&stage.app),
        "{}",
        said(&error)
    );
    assert_eq!(stage.state().await, State::Proven);
    assert_eq!(old.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZT");
    old.query("COMMIT").await;
    stage.choose(readers).await;
    stage.mark().await;
    assert!(reads_the_copy(&mut old).await);
    // One whose snapshot is younger reads the copy in the middle of it, as of then.
    let mut young = stage.client(0).await;
    young.query("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    assert_eq!(young.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZT");
    old.query("INSERT INTO hisusuario VALUES (1, 'x', NULL, 'app', now())").await;
    assert_eq!(young.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZT");
    young.query("COMMIT").await;
    assert_eq!(young.query("SELECT count(*) FROM hisusuario").await, "T (901) [SELECT 1] ZI");
}

/// A transaction that does not see the copy of a row deletes the row: it is not read, though the copying has ended long before that transaction.
#[tokio::test]
async fn what_is_deleted_while_it_is_copied_is_not_read() {
    let stage = Stage::new(1, 0).await;
    let rule = &stage.bed.rules.rules[TABLE];
    let (mut old, mut reader) = (stage.client(0).await, stage.client(0).await);
    old.query("BEGIN ISOLATION LEVEL REPEATABLE READ").await;
    assert_eq!(old.query("SELECT count(*) FROM hisusuario").await, "T (900) [SELECT 1] ZT");
    let writes = async {
        let copied = "SELECT count(*) FROM esclusa.copy WHERE next_block = blocks";
        while stage.bed.cell(copied).await != "1" {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(old.query("UPDATE hisusuario SET nombre = 'nuevo' WHERE id = 7").await, "[UPDATE 1] ZT");
        assert_eq!(old.query("DELETE FROM hisusuario WHERE id = 8").await, "[DELETE 1] ZT");
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_ne!(stage.state().await, State::Reads);
        assert_eq!(old.query("COMMIT").await, "[COMMIT] ZI");
    };
    let readers = share(100);
    let chosen = stage.run(Duration::from_secs(60), async |m, run| m.let_read(run, rule, &readers, WHY).await);
    let (chosen, ()) = tokio::join!(chosen, writes);
    chosen.unwrap_or_else(|error| panic!("{}", said(&error)));
    assert_eq!(reader.query("SELECT count(*) FROM hisusuario").await, "T (899) [SELECT 1] ZI");
    assert_eq!(reader.query("SELECT nombre FROM hisusuario WHERE id IN (7, 8)").await, "T (nuevo) [SELECT 1] ZI");
    stage.mark().await;
    assert!(reads_the_copy(&mut reader).await);
}

/// Tables that cannot be read this way are refused, with the reason.
#[tokio::test]
async fn what_cannot_be_copied_is_refused() {
    let mut stage = Stage::new(0, 0).await;
    stage.bed.sql("CREATE TABLE cf_quere_pro.tipocolor (id numeric(5,0) PRIMARY KEY, nombre varchar(20))").await;
    stage.bed.lookup("tipocolor", "id").await;
    let look_up = &stage.bed.rules.rules["tipocolor"];
    let readers = share(10);
    let patience = Duration::from_secs(5);
    let error = stage.run(patience, async |m, run| m.let_read(run, look_up, &readers, WHY).await).await.unwrap_err();
    assert!(said(&error).contains("moves without being copied first"), "{}", said(&error));
    stage.bed.sql("ALTER TABLE cf_quere_pro.hisusuario ENABLE ROW LEVEL SECURITY").await;
    let rule = &stage.bed.rules.rules[TABLE];
    let error = stage.run(patience, async |m, run| m.let_read(run, rule, &readers, WHY).await).await.unwrap_err();
    assert!(said(&error).contains("has row security"), "{}", said(&error));
    stage.bed.sql("ALTER TABLE cf_quere_pro.hisusuario DISABLE ROW LEVEL SECURITY").await;
    stage.migrate().await.unwrap_or_else(|error| panic!("{}", said(&error)));
    let error = stage.run(patience, async |m, run| m.let_read(run, rule, &readers, WHY).await).await.unwrap_err();
    assert!(said(&error).contains("is no longer a table"), "{}", said(&error));
    assert!(!stage.run(patience, async |m, run| m.let_nobody_read(run, rule, WHY).await).await.unwrap());
    assert_eq!(
        stage.bed.cell("SELECT count(*) FROM pg_class WHERE oid = 'esclusa.hisusuario'::regclass").await,
        "1",
        "its view stands"
    );
}
