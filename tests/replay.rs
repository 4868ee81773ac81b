//! Conversations of real clients are recorded by a running proxy, and sent to a legacy copy and a consolidated one: as roles that are not
//! superusers, with locks between them, and with secrets that must not reach the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;
#[path = "cli/program.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::proxy::{Proxy, tell};
use common::{Bed, server};
use esclusa::config::{Address, Bytes};
use esclusa::mode::Mode;
use esclusa::record::event::{Cut, Event};
use esclusa::record::order::{Order, now_ms};
use esclusa::record::status::Status;
use esclusa::record::{Ending, Key, Recording};
use esclusa::twin::Client;
use esclusa::twin::client::Extended;
use esclusa::wire::startup;
use program::{Running, Said, esclusa, psql, said, two_ports};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

/// AQUASIS' role, in all databases.
const APP: &str = "replay_app";

const LEGACY: &str = "CREATE TABLE tipocolor (tcid numeric(5,0) PRIMARY KEY, tcdesc varchar(60));
     CREATE TABLE tipotalla (ttid numeric(5,0) PRIMARY KEY, ttdesc varchar(30));
     CREATE TABLE cuenta (id int PRIMARY KEY, correo varchar(60), nota text, color numeric(5,0));
     CREATE SEQUENCE folio;
     CREATE FUNCTION azar() RETURNS float LANGUAGE sql AS 'SELECT random()';
     INSERT INTO tipocolor SELECT n, 'color ' || n FROM generate_series(1, 9) AS n;
     INSERT INTO tipotalla SELECT n, 'talla ' || n FROM generate_series(1, 9) AS n;
     DO $$ BEGIN CREATE ROLE replay_app LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
     GRANT USAGE ON SCHEMA cf_quere_pro TO replay_app;
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cf_quere_pro TO replay_app;
     GRANT USAGE ON SEQUENCE folio TO replay_app";

async fn bed() -> Bed {
    let mut bed = Bed::new(LEGACY).await;
    bed.lookup("tipocolor", "tcid").await;
    bed.lookup("tipotalla", "ttid").await;
    bed
}

/// A directory with a key.
struct Shelf {
    directory: tempfile::TempDir,
}

impl Shelf {
    fn new() -> Shelf {
        let directory = tempfile::tempdir().unwrap();
        let key = directory.path().join("key");
        assert_eq!(said(&mut esclusa(&["record", "key", key.to_str().unwrap()])).code, Some(0));
        Shelf { directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn key(&self) -> PathBuf {
        self.path().join("key")
    }

    fn read(&self, file: &Path) -> Recording {
        Recording::read(file, &Key::read(&self.key()).unwrap()).unwrap()
    }

    /// Waits until the only process has this status.
    async fn until(&self, what: impl Fn(&Status) -> bool) -> Status {
        let begun = Instant::now();
        loop {
            let all = Status::all(self.path()).unwrap();
            if let Some(status) = all.iter().find(|status| what(status)) {
                return status.clone();
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{all:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn start(&self) {
        self.start_all(1).await;
    }

    /// Waits for this many processes.
    async fn start_all(&self, count: usize) {
        let number = now_ms();
        let order =
            Order { number, by: "test".into(), until_ms: None, share: 1.0, users: vec![APP.into()], applications: Vec::new() };
        order.give(self.path()).unwrap();
        let begun = Instant::now();
        let follows = |status: &Status| status.recording.as_ref().is_some_and(|shown| shown.number == number);
        while Status::all(self.path()).unwrap().iter().filter(|status| follows(status)).count() < count {
            assert!(begun.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The file.
    async fn stop(&self) -> PathBuf {
        assert!(Order::take_back(self.path()).unwrap());
        let status = self.until(|status| status.recording.as_ref().is_some_and(|shown| shown.ended.is_some())).await;
        status.recording.unwrap().file
    }
}

async fn recording_proxy(bed: &Bed, shelf: &Shelf, redact: &[&str]) -> Proxy {
    Proxy::start_with(bed, |settings| {
        settings.record.directory = shelf.path().to_owned();
        settings.record.key_file = shelf.key();
        settings.record.redact = redact.iter().map(|r| (*r).to_owned()).collect();
    })
    .await
}

async fn client(address: &Address, bed: &Bed) -> Client {
    let parameters = [("user", APP), ("database", bed.name()), ("search_path", "cf_quere_pro, public"), ("TimeZone", "UTC")];
    Client::connect(address, &parameters).await.unwrap()
}

/// A simple query's answer in letters and words.
async fn query(client: &mut Client, text: &str) -> String {
    client.query(text).await.unwrap().0.iter().map(tell).collect::<Vec<_>>().join(" ")
}

/// The two sides: a legacy copy, and one whose tables have moved, behind a proxy that rewrites.
struct Sides {
    left: Bed,
    right: Bed,
    proxy: Proxy,
}

impl Sides {
    async fn new() -> Sides {
        let (left, right) = (bed().await, bed().await);
        right.migrate_all().await;
        let proxy = Proxy::start(&right).await;
        proxy.set(&["tipocolor", "tipotalla"], Mode::Rewrite).await;
        Sides { left, right, proxy }
    }

    /// Runs `esclusa replay` beside the proxy that it needs; what it said, and its rows.
    async fn replay(&self, shelf: &Shelf, file: &Path, more: &[&str]) -> (Said, Vec<Value>) {
        let left = format!("postgres://127.0.0.1:{}/{}", server().await.port, self.left.name());
        let right = format!("postgres://127.0.0.1:{}/{}", self.proxy.port(), self.right.name());
        let (file, key) = (file.to_str().unwrap(), shelf.key());
        let mut arguments = vec!["replay", file, "--left", &left, "--right", &right, "--key", key.to_str().unwrap()];
        arguments.extend(["--format", "json"].iter().chain(more));
        let mut command = esclusa(&arguments);
        command.env("ESCLUSA_RULES_DIRECTORY", &self.proxy.rules);
        let told = tokio::task::spawn_blocking(move || said(&mut command)).await.unwrap();
        let rows = serde_json::from_str::<Vec<Value>>(&told.out).unwrap_or_default();
        (told, rows)
    }
}

/// A row of the report by the beginning of its name.
fn row<'r>(rows: &'r [Value], name: &str) -> &'r Value {
    rows.iter().find(|row| row["name"].as_str().unwrap().starts_with(name)).unwrap_or_else(|| panic!("{name}: {rows:#?}"))
}

/// The recorded clients: transactions with a lock between them, COPY, errors, a cancelled statement.
async fn converse(proxy: &Proxy, bed: &Bed) {
    let address = &proxy.server.address;
    let (mut one, mut two) = (client(address, bed).await, client(address, bed).await);
    assert!(query(&mut one, "INSERT INTO tipocolor VALUES (10, 'diez')").await.ends_with("ZI"));
    let how =
        Extended { types: vec![], values: vec![Some("10".into())], images: Some(vec![Some(vec![0, 0, 0, 10])]), binary: true };
    two.prepare("s", "SELECT tcdesc FROM tipocolor WHERE tcid = $1::int4").await.unwrap();
    assert_eq!(two.execute("s", &how).await.unwrap().rows(), [[Some("diez".to_owned())]]);
    // The holder of the lock changes what the other session sees when it gets the lock.
    query(&mut one, "BEGIN").await;
    query(&mut one, "UPDATE tipocolor SET tcdesc = tcdesc || ' uno' WHERE tcid = 1").await;
    query(&mut two, "BEGIN").await;
    let waits = query(&mut two, "UPDATE tipocolor SET tcdesc = tcdesc || ' dos' WHERE tcid = 1 RETURNING tcdesc");
    let goes_on = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        query(&mut one, "SELECT nextval('folio')").await;
        query(&mut one, "COMMIT").await
    };
    let (waited, _) = tokio::join!(waits, goes_on);
    assert_eq!(waited, "T (color 1 uno dos) [UPDATE 1] ZT");
    query(&mut two, "COMMIT").await;
    let copied = two.query_with("COPY tipotalla (ttid, ttdesc) FROM STDIN", b"11\tonce\n12\tdoce\n").await.unwrap();
    assert_eq!(copied.tags(), ["COPY 2"]);
    assert!(query(&mut two, "COPY tipotalla (ttid, nada) FROM STDIN").await.contains("42703"));
    assert!(query(&mut one, "INSERT INTO tipotalla VALUES (11, 'otra vez')").await.contains("23505"));
    assert!(query(&mut one, "SELECT nada FROM tipotalla").await.contains("42703"));
    query(&mut one, "SELECT now(), random()").await;
    query(&mut one, "SELECT azar()").await;
    query(&mut one, "DELETE FROM tipotalla WHERE ttid = 3").await;
    let key = two.key.clone();
    let sleeps = query(&mut two, "SELECT pg_sleep(60)");
    let (slept, ()) = tokio::join!(sleeps, async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let Address::Tcp(host, port) = address else { panic!() };
        let mut socket = tokio::net::TcpStream::connect((host.as_str(), *port)).await.unwrap();
        socket.write_all(&startup::cancel(&key)).await.unwrap();
    });
    assert!(slept.contains("57014"), "{slept}");
    query(&mut two, "SELECT ttdesc FROM tipotalla ORDER BY ttid").await;
    let psql = format!("host=127.0.0.1 port={} user={APP} dbname={}", proxy.port(), bed.name());
    let mut psql = psql_of(&psql, "SELECT count(*) FROM cf_quere_pro.tipocolor");
    assert_eq!(tokio::task::spawn_blocking(move || said(&mut psql)).await.unwrap().out, "10\n");
    leave(one).await;
    leave(two).await;
}

fn psql_of(connection: &str, sql: &str) -> std::process::Command {
    psql(&["-d", connection, "-c", sql])
}

async fn leave(mut client: Client) {
    client.send(b"X\0\0\0\x04").await.unwrap();
    while client.reply().await.unwrap().is_some() {}
}

#[tokio::test]
async fn what_was_recorded_gives_the_same_on_a_legacy_and_a_consolidated_copy() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &[]).await;
    let mut before = client(&proxy.server.address, &bed).await;
    shelf.start().await;
    query(&mut before, "SELECT 'was there before'").await;
    converse(&proxy, &bed).await;
    let file = shelf.stop().await;
    let recording = shelf.read(&file);
    assert_eq!(recording.ending, Ending::Whole);
    let begun = recording.records.iter().filter(|r| matches!(r.event, Event::Begins(_))).count();
    assert_eq!(begun, 3, "the one that was there before is not among them");
    let cancelled = recording.records.iter().filter(|r| r.event == Event::Cancelled).count();
    assert_eq!(cancelled, 1);
    let sides = Sides::new().await;
    let report = shelf.path().join("report.json");
    let (told, rows) = sides.replay(&shelf, &file, &["--report", report.to_str().unwrap()]).await;
    assert_eq!(told.code, Some(0), "{}\n{:#?}", told.err, rows);
    assert!(told.err.contains("3 sessions: ") && told.err.contains(" 0 different, 2 not comparable"), "{}", told.err);
    assert_eq!(row(&rows, "update tipocolor set tcdesc = tcdesc || ? where tcid = ? returning tcdesc")["equal"], 1);
    assert_eq!(row(&rows, "select pg_sleep(?)")["equal"], 1);
    assert_eq!(row(&rows, "select now(), random()")["first"], "it uses now");
    assert_eq!(row(&rows, "select azar()")["first"], "two runs on the same side differ as well");
    assert_eq!(row(&rows, "tipocolor")["equal"], 1);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&std::fs::read_to_string(&report).unwrap()).unwrap(), rows);
    // What was sent is there: on the legacy side directly, on the other behind the view.
    for bed in [&sides.left, &sides.right] {
        assert_eq!(bed.cell("SELECT tcdesc FROM cf_quere_pro.tipocolor WHERE tcid = 1").await, "color 1 uno dos");
        assert_eq!(bed.cell("SELECT count(*) FROM cf_quere_pro.tipotalla").await, "10");
    }
    // A second time the sides are not in the initial state; and nothing is sent to the recorded database.
    for bed in [&sides.left, &sides.right] {
        bed.sql("DELETE FROM cf_quere_pro.tipotalla WHERE ttid IN (11, 12)").await;
    }
    let (told, rows) = sides.replay(&shelf, &file, &["--speed", "20", "--no-state"]).await;
    assert_eq!(
        (told.code, row(&rows, "insert into tipocolor")["equal"].as_i64()),
        (Some(0), Some(1)),
        "both refuse it: {rows:#?}"
    );
    let original = format!("postgres://127.0.0.1:{}/{}", server().await.port, bed.name());
    let key = shelf.key();
    let arguments = ["replay", file.to_str().unwrap(), "--left", &original, "--right", &original, "--key", key.to_str().unwrap()];
    let refused = said(&mut esclusa(&arguments));
    assert!(refused.code == Some(1) && refused.err.contains("is where this was recorded"), "{}", refused.err);
}

#[tokio::test]
async fn a_fault_is_found_and_shown_with_its_row() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &[]).await;
    shelf.start().await;
    let mut one = client(&proxy.server.address, &bed).await;
    query(&mut one, "SELECT tcdesc FROM tipocolor WHERE tcid = 4").await;
    query(&mut one, "UPDATE tipotalla SET ttdesc = 'talla nueva' WHERE ttid = 5").await;
    one.prepare("", "SELECT ttdesc FROM tipotalla WHERE ttid = $1").await.unwrap();
    for _ in 0..2 {
        one.execute("", &Extended { values: vec![Some("5".into())], ..Extended::default() }).await.unwrap();
    }
    leave(one).await;
    let file = shelf.stop().await;
    let sides = Sides::new().await;
    // A changed rule makes the proxy write something else than the client said.
    sides
        .right
        .sql(
            "CREATE FUNCTION public.spoils() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN NEW.dv_extra_json := replace(NEW.dv_extra_json::text, 'nueva', 'vieja')::jsonb; RETURN NEW; END $$;
             CREATE TRIGGER spoils BEFORE UPDATE ON esclusa_leaf.tipotalla FOR EACH ROW EXECUTE FUNCTION public.spoils()",
        )
        .await;
    let (told, rows) = sides.replay(&shelf, &file, &[]).await;
    assert_eq!(told.code, Some(1), "{} {rows:#?}", told.err);
    let read = row(&rows, "select ttdesc");
    assert_eq!((&read["different"], &read["equal"]), (&2.into(), &1.into()), "it was described once, and run twice");
    let first = read["first"].as_str().unwrap();
    assert!(first.contains("$1 = '5'") && first.contains("talla nueva") && first.contains("talla vieja"), "{first}");
    let state = row(&rows, "tipotalla");
    assert!(state["what"] == "table" && state["first"].as_str().unwrap().contains("talla vieja"), "{state}");
    assert_eq!(row(&rows, "select tcdesc")["equal"], 1);
    // Sides that differ from the beginning are reported before anything is sent.
    let (told, _) = sides.replay(&shelf, &file, &[]).await;
    assert!(told.code == Some(1) && told.err.contains("differ before anything was sent"), "{}", told.err);
}

#[tokio::test]
async fn no_secret_gets_to_the_disk_and_joins_still_match() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &["cuenta.correo", "/[0-9]{16}/"]).await;
    shelf.start().await;
    let mut one = client(&proxy.server.address, &bed).await;
    query(
        &mut one,
        "INSERT INTO cuenta (id, correo, nota) VALUES (1, 'secreto.uno@cea.mx', 'clara'), (2, 'secreto.dos@cea.mx', 'x')",
    )
    .await;
    let bound = Extended {
        values: vec![Some("3".into()), Some("secreto.tres@cea.mx".into()), Some("tarjeta 4111111111111111".into())],
        ..Extended::default()
    };
    one.prepare("p", "INSERT INTO cuenta (id, correo, nota) VALUES ($1, $2, $3)").await.unwrap();
    assert_eq!(one.execute("p", &bound).await.unwrap().tags(), ["INSERT 0 1"]);
    let image = |text: &str| Some(text.as_bytes().to_vec());
    let images = Some(vec![Some(vec![0, 0, 0, 4]), image("secreto.cuatro@cea.mx"), None]);
    one.execute("p", &Extended { images, values: vec![None; 3], ..Extended::default() }).await.unwrap();
    let lines = b"5\tsecreto.cinco@cea.mx\tclara\n6\t\\N\tnota 4111111111111111\n";
    one.query_with("COPY cuenta (id, correo, nota) FROM STDIN", lines).await.unwrap();
    let joined = "SELECT a.id FROM cuenta a JOIN cuenta b USING (correo) WHERE a.correo = 'secreto.uno@cea.mx'";
    assert!(query(&mut one, joined).await.contains("(1)"));
    query(&mut one, "/* tarjeta 4111111111111111 */ SELECT nota FROM cuenta WHERE correo LIKE 'secreto.cinco@%'").await;
    let mut cut = client(&proxy.server.address, &bed).await;
    let csv = cut.query_with("COPY cuenta (id, correo) FROM STDIN WITH (FORMAT csv)", b"7,secreto.siete@cea.mx\n").await.unwrap();
    assert_eq!(csv.tags(), ["COPY 1"], "the client notices nothing");
    leave(one).await;
    leave(cut).await;
    let file = shelf.stop().await;
    let recording = shelf.read(&file);
    let cuts: Vec<_> = recording.records.iter().filter(|r| matches!(r.event, Event::Cut(_))).map(|r| &r.event).collect();
    assert_eq!(cuts, [&Event::Cut(Cut::Unredactable)]);
    let mut kept = Vec::new();
    recording.records.iter().for_each(|record| record.write(&mut kept));
    let text = String::from_utf8_lossy(&kept);
    for secret in ["secreto", "4111111111111111", "cea.mx"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("clara") && text.contains("tarjeta "), "what no rule names stays");
    let sides = Sides::new().await;
    let (told, rows) = sides.replay(&shelf, &file, &[]).await;
    assert_eq!(told.code, Some(0), "{} {rows:#?}", told.err);
    assert_eq!(
        sides.left.cell("SELECT count(*) FROM cf_quere_pro.cuenta a JOIN cf_quere_pro.cuenta b USING (correo)").await,
        "5"
    );
}

/// Columns under other names, whole rows, code in strings: no value of a rule's table reaches the disk, and the recorded statements still run.
#[tokio::test]
async fn a_column_under_another_name_is_no_way_out() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &["cuenta.correo", "*.tcdesc"]).await;
    shelf.start().await;
    let mut one = client(&proxy.server.address, &bed).await;
    query(&mut one, "INSERT INTO cuenta (id, correo, nota) VALUES (1, 'SECRETO', 'clara'), (2, 'SECRETOS', 'clara')").await;
    for text in [
        "SELECT q.d FROM (SELECT correo d FROM cuenta) q WHERE q.d = 'SECRETO'",
        "SELECT * FROM (SELECT tcdesc AS z FROM tipocolor) q WHERE z = 'SECRETO'",
        "WITH q (z) AS (SELECT tcdesc FROM tipocolor) SELECT * FROM q WHERE z IN ('SECRETO')",
        "SELECT 1 FROM cuenta AS u (a, b, c) WHERE b = 'SECRETO'",
        "MERGE INTO cuenta u USING (VALUES (1, 'SECRETO')) s (a, b) ON u.id = s.a AND false \
         WHEN MATCHED THEN UPDATE SET correo = s.b",
        "SELECT id FROM cuenta u WHERE u = row(1, 'SECRETO'::varchar, 'SECRETO'::text, 3::numeric)",
        "SELECT id FROM cuenta WHERE to_jsonb(cuenta)->>'correo' = 'SECRETO'",
        "DO $$ BEGIN UPDATE cuenta SET nota = 'SECRETO' WHERE correo = 'SECRETO'; EXECUTE 'select 1 from cuenta \
         where correo = ''SECRETO'' limit 1'; END $$",
        "CREATE FUNCTION pg_temp.g(t text) RETURNS bigint LANGUAGE sql AS \
         'SELECT count(*) FROM cf_quere_pro.cuenta WHERE correo = ''SECRETO'' OR correo = t'",
        "SELECT pg_temp.g('SECRETO')",
        "SELECT id FROM cuenta /* correo = 'SECRETO' */ WHERE id = 1",
        "INSERT INTO cuenta (id, correo) SELECT id + 20, 'SECRETO' FROM cuenta ORDER BY 1 LIMIT 1",
    ] {
        let told = query(&mut one, text).await;
        assert!(told.ends_with("ZI") && !told.contains("42"), "{text}: {told}");
    }
    one.prepare("p", "SELECT id FROM cuenta u WHERE u = row(1, $1::varchar(60), $1::text, 3::numeric)").await.unwrap();
    one.execute("p", &Extended { values: vec![Some("SECRETO".into())], ..Extended::default() }).await.unwrap();
    leave(one).await;
    let file = shelf.stop().await;
    let recording = shelf.read(&file);
    let mut kept = Vec::new();
    recording.records.iter().for_each(|record| record.write(&mut kept));
    let text = String::from_utf8_lossy(&kept);
    assert!(!text.contains("SECRETO"), "{text}");
    assert!(text.contains("clara") && text.contains("LIMIT 1") && text.contains("varchar(60)"), "what is no value stays: {text}");
    assert!(!recording.records.iter().any(|r| matches!(r.event, Event::Cut(_))), "nothing had to be cut");
    let sides = Sides::new().await;
    let (told, rows) = sides.replay(&shelf, &file, &[]).await;
    assert_eq!(told.code, Some(0), "{} {rows:#?}", told.err);
    assert_eq!(sides.right.cell("SELECT count(*) FROM cf_quere_pro.cuenta").await, "3", "as many rows as were written");
}

#[tokio::test]
async fn nobody_gets_another_password_and_who_cannot_log_in_is_told() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &[]).await;
    shelf.start().await;
    let mut one = client(&proxy.server.address, &bed).await;
    query(&mut one, "ALTER ROLE replay_app PASSWORD 'hunter2'").await;
    query(&mut one, "DO $$BEGIN EXECUTE 'alter role replay_app password ''hunter2'''; END$$; SELECT 'after'").await;
    // The recorded role may not do it on one side; on the left side it may.
    assert!(query(&mut one, "DO $$BEGIN EXECUTE format('alter role %I nologin', current_user); END$$").await.contains("42501"));
    query(&mut one, "SELECT 'last'").await;
    leave(one).await;
    let mut two = client(&proxy.server.address, &bed).await;
    query(&mut two, "SELECT 'never sent'").await;
    leave(two).await;
    let file = shelf.stop().await;
    let shown = said(&mut esclusa(&["record", "show", file.to_str().unwrap(), "--key", shelf.key().to_str().unwrap()]));
    assert!(
        shown.out.contains("left out a statement about a role's password") && !shown.out.contains("hunter2"),
        "{}",
        shown.out
    );
    let none = said(&mut esclusa(&["record", "show", file.to_str().unwrap()]));
    assert!(none.code == Some(2) && none.err.contains("neither record.key_file nor --key"), "{}", none.err);
    bed.sql("ALTER ROLE replay_app PASSWORD NULL").await;
    let sides = Sides::new().await;
    let (told, rows) = sides.replay(&shelf, &file, &[]).await;
    assert_eq!(told.code, Some(0), "{} {rows:#?}", told.err);
    assert!(told.err.contains("2 statements about passwords of roles are not sent"), "{}", told.err);
    assert_eq!(row(&rows, "(a role's password)")["not_comparable"], 1);
    assert_eq!(bed.cell("SELECT count(rolpassword) FROM pg_authid WHERE rolname = 'replay_app'").await, "0");
    // A login that fails in the middle: the comparisons made so far are reported and written.
    let role = "DROP ROLE IF EXISTS replay_gone; CREATE ROLE replay_gone LOGIN CREATEROLE IN ROLE replay_app";
    sides.left.sql(role).await;
    let left = format!("postgres://replay_gone@127.0.0.1:{}/{}", server().await.port, sides.left.name());
    let right = format!("postgres://127.0.0.1:{}/{}", sides.proxy.port(), sides.right.name());
    let (report, key) = (shelf.path().join("report.json"), shelf.key());
    let mut arguments =
        vec!["replay", file.to_str().unwrap(), "--left", &left, "--right", &right, "--key", key.to_str().unwrap()];
    arguments.extend(["--format", "json", "--report", report.to_str().unwrap()]);
    let mut command = esclusa(&arguments);
    command.env("ESCLUSA_RULES_DIRECTORY", &sides.proxy.rules);
    let told = tokio::task::spawn_blocking(move || said(&mut command)).await.unwrap();
    assert!(told.code == Some(3) && told.err.contains("not permitted to log in"), "{told:?}");
    let rows: Vec<Value> = serde_json::from_str(&told.out).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Value>>(&std::fs::read_to_string(&report).unwrap()).unwrap(), rows);
    assert_eq!(row(&rows, "select ?")["equal"], 1, "{rows:#?}");
    assert!(row(&rows, APP)["first"].as_str().unwrap().contains("on the left side alone"), "{rows:#?}");
    assert!(row(&rows, "tipocolor")["first"].as_str().unwrap().contains("not read back"), "{rows:#?}");
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_what_it_had_written() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let port = two_ports();
    let serves = |more: &mut std::process::Command| {
        more.env("ESCLUSA_RECORD_DIRECTORY", shelf.path()).env("ESCLUSA_RECORD_KEY_FILE", shelf.key());
    };
    let mut command = esclusa(&["serve"]);
    serves(&mut command);
    command.env("ESCLUSA_LISTEN_ADDRESS", format!("127.0.0.1:{port}"));
    command.env("ESCLUSA_CONSOLE_ADDRESS", format!("127.0.0.1:{}", port + 1));
    command.env("ESCLUSA_UPSTREAM_ADDRESS", format!("127.0.0.1:{}", server().await.port));
    let mut running = Running::start(&mut command);
    running.hears("esclusa serves");
    let run = |arguments: &[&str]| {
        let mut command = esclusa(arguments);
        serves(&mut command);
        said(&mut command)
    };
    shelf.until(|_| true).await;
    let started = run(&["record", "start", "--for", "1h", "--user", APP]);
    assert!(started.code == Some(0) && started.out.contains("records"), "{started:?}");
    assert_eq!(run(&["record", "start"]).code, Some(1), "one at a time");
    let mut one = client(&Address::Tcp("127.0.0.1".into(), port), &bed).await;
    query(&mut one, "SELECT 'first'").await;
    let status =
        shelf.until(|status| status.recording.as_ref().is_some_and(|shown| shown.sessions == 1 && shown.bytes > 400)).await;
    let file = status.recording.unwrap().file;
    assert!(run(&["record", "status"]).out.contains(&file.display().to_string()));
    running.signal("KILL");
    running.ends();
    let recording = shelf.read(&file);
    assert_eq!(recording.ending, Ending::Truncated);
    let sent =
        recording.records.iter().filter_map(|r| if let Event::Sent(bytes) = &r.event { Some(bytes.clone()) } else { None });
    assert!(memchr::memmem::find(&sent.flatten().collect::<Vec<u8>>(), b"SELECT 'first'").is_some());
    // A truncated recording is sent as far as it goes; a changed one is not.
    let sides = Sides::new().await;
    let (told, rows) = sides.replay(&shelf, &file, &["--no-state"]).await;
    assert_eq!((told.code, row(&rows, "select ?")["equal"].as_i64()), (Some(0), Some(1)), "{}", told.err);
    assert!(told.err.contains("is missing: the rest is sent"), "{}", told.err);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[300] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (told, _) = sides.replay(&shelf, &file, &["--no-state"]).await;
    assert!(told.code == Some(3) && told.err.contains("was changed"), "{}", told.err);
    assert_eq!(run(&["record", "stop"]).code, Some(0));
}

#[tokio::test]
async fn nobody_waits_for_a_recording_that_cannot_go_on() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = Proxy::start_with(&bed, |settings| {
        settings.record.directory = shelf.path().to_owned();
        settings.record.key_file = shelf.key();
        settings.record.max_bytes = Bytes(200_000);
    })
    .await;
    shelf.start().await;
    let mut one = client(&proxy.server.address, &bed).await;
    let long = format!("SELECT length('{}')", "x".repeat(50_000));
    for _ in 0..10 {
        assert!(query(&mut one, &long).await.contains("(50000)"));
    }
    let status = shelf.until(|status| status.recording.as_ref().is_some_and(|shown| shown.ended.is_some())).await;
    let shown = status.recording.unwrap();
    assert_eq!(shown.ended.as_deref(), Some("record.max_bytes is reached"));
    assert!(std::fs::metadata(&shown.file).unwrap().len() < 400_000);
    assert!(query(&mut one, &long).await.contains("(50000)"));
    let recording = shelf.read(&shown.file);
    assert_eq!(recording.ending, Ending::Whole);
    assert_eq!(recording.records.last().unwrap().event, Event::Cut(Cut::Stopped));
    // A key that others can read is not used, and the order is not followed.
    std::fs::set_permissions(shelf.key(), std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(Order::take_back(shelf.path()).unwrap());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let order = Order { number: now_ms(), by: "test".into(), until_ms: None, share: 1.0, users: vec![], applications: vec![] };
    order.give(shelf.path()).unwrap();
    let status = shelf.until(|status| status.failure.is_some()).await;
    assert!(status.failure.unwrap().contains("can be read by others"));
    proxy.server.stop().await;
    assert!(Status::all(shelf.path()).unwrap().is_empty(), "a process that has ended says nothing more");
}

#[tokio::test]
async fn nothing_hangs_for_ever_and_passwords_are_proven() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &[]).await;
    shelf.start().await;
    let address = &proxy.server.address;
    let (mut one, mut two) = (client(address, &bed).await, client(address, &bed).await);
    query(&mut one, "UPDATE tipocolor SET tcdesc = 'uno' WHERE tcid = 1").await;
    query(&mut two, "SELECT tcdesc FROM tipocolor WHERE tcid = 1").await;
    // Three statements in one packet, COPY by the extended protocol, a portal in pieces.
    let frames = [
        common::proxy::q("SELECT 1"),
        common::proxy::q("UPDATE tipotalla SET ttdesc = 'x' WHERE ttid = 2"),
        common::proxy::q("SELECT 2"),
    ];
    one.send(&frames.concat()).await.unwrap();
    for _ in 0..3 {
        one.until_ready().await.unwrap();
    }
    let copy =
        [common::proxy::p("", "COPY tipotalla FROM STDIN"), common::proxy::b("", &[]), common::proxy::e(), common::proxy::s()];
    one.send(&copy.concat()).await.unwrap();
    one.until_ready().await.unwrap();
    let rows = [b"d\0\0\0\x0e20\tveinte\n".as_slice(), b"c\0\0\0\x04", b"S\0\0\0\x04"].concat();
    one.send(&rows).await.unwrap();
    assert_eq!(one.until_ready().await.unwrap().tags(), ["COPY 1"]);
    let pieces = [
        common::proxy::p("", "SELECT tcid FROM tipocolor ORDER BY tcid"),
        common::proxy::b("", &[]),
        common::proxy::e_of("", 2),
        common::proxy::e_of("", 3),
        common::proxy::s(),
    ];
    one.send(&pieces.concat()).await.unwrap();
    assert_eq!(one.until_ready().await.unwrap().rows().len(), 5);
    leave(one).await;
    leave(two).await;
    let file = shelf.stop().await;
    let sides = Sides::new().await;
    // A session holds a lock on one side and never releases it; one side asks for a password.
    let (hba, password) = (server().await.directory.join("data/pg_hba.conf"), shelf.path().join("password"));
    std::fs::write(&password, "hunter2\n").unwrap();
    let before = std::fs::read_to_string(&hba).unwrap();
    sides.left.sql("DROP ROLE IF EXISTS replay_qa; CREATE ROLE replay_qa LOGIN PASSWORD 'hunter2' IN ROLE replay_app").await;
    std::fs::write(&hba, format!("host {} replay_qa 127.0.0.1/32 scram-sha-256\n{before}", sides.left.name())).unwrap();
    sides.left.sql("SELECT pg_reload_conf()").await;
    let locker = sides.left.session("postgres", "BEGIN").await;
    locker.say("SELECT 1 FROM cf_quere_pro.tipocolor WHERE tcid = 1 FOR UPDATE").await;
    let left = format!("postgres://replay_qa@127.0.0.1:{}/{}", server().await.port, sides.left.name());
    let right = format!("postgres://127.0.0.1:{}/{}", sides.proxy.port(), sides.right.name());
    let (key, password) = (shelf.key(), password.to_str().unwrap().to_owned());
    let run = |more: &[&str]| {
        let arguments = ["replay", file.to_str().unwrap(), "--left", &left, "--right", &right, "--key", key.to_str().unwrap()];
        let mut command = esclusa(&[&arguments, more, &["--format", "json", "--patience", "2s"]].concat());
        command.env("ESCLUSA_RULES_DIRECTORY", &sides.proxy.rules);
        tokio::task::spawn_blocking(move || said(&mut command))
    };
    let refused = run(&[]).await.unwrap();
    assert!(refused.code == Some(1) && refused.err.contains("asks for a password"), "{}", refused.err);
    let begun = Instant::now();
    let told = run(&["--left-password-file", &password]).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let rows: Vec<Value> = serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{}", told.err));
    let update = row(&rows, "update tipocolor");
    assert_eq!(told.code, Some(1));
    assert!(update["first"].as_str().unwrap().contains("on the left side alone it took longer than 2 s"), "{update}");
    for name in ["select ?", "update tipotalla", "copy tipotalla", "select tcid"] {
        assert_eq!(row(&rows, name)["different"], 0, "{name}: {rows:#?}");
    }
    assert!(row(&rows, "tipocolor")["first"].as_str().unwrap().contains("uno"), "the state shows it too");
}

/// Transactions that add to the same few rows, each to two of them in order: the final value of a row shows the order in which they had it.
async fn contend(address: &Address, bed: &Bed, number: usize) {
    let mut one = client(address, bed).await;
    let mut seed = number as u64 * 7919 + 1;
    for turn in 0..25 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let first = 1 + (seed >> 33) % 3;
        query(&mut one, "BEGIN").await;
        for row in [first, first + 1] {
            query(&mut one, &format!("UPDATE tipocolor SET tcdesc = right(tcdesc || '{number}', 50) WHERE tcid = {row}")).await;
            query(&mut one, &format!("SELECT tcdesc FROM tipocolor WHERE tcid = {row}")).await;
        }
        query(&mut one, &format!("INSERT INTO tipotalla VALUES ({}, 'x')", 100 + number * 100 + turn)).await;
        query(&mut one, if turn % 5 == 4 { "ROLLBACK" } else { "COMMIT" }).await;
        query(&mut one, "SELECT count(*) FROM tipotalla").await;
    }
    leave(one).await;
}

#[tokio::test]
async fn sessions_meet_in_the_order_in_which_they_had_met() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxies = [recording_proxy(&bed, &shelf, &[]).await, recording_proxy(&bed, &shelf, &[]).await];
    shelf.start_all(2).await;
    futures_util::future::join_all((1..7).map(|number| contend(&proxies[number % 2].server.address, &bed, number))).await;
    let file = shelf.stop().await;
    for proxy in proxies {
        proxy.server.stop().await;
    }
    let listed = std::fs::read_dir(shelf.path()).unwrap().map(|entry| entry.unwrap().path());
    let other = listed.filter(|path| path.extension().is_some_and(|e| e == "rec")).find(|path| *path != file).unwrap();
    let sides = Sides::new().await;
    let (told, rows) = sides.replay(&shelf, &file, &[other.to_str().unwrap()]).await;
    assert_eq!(told.code, Some(0), "{}\n{rows:#?}", told.err);
    assert!(!told.err.contains("sent early"), "{}", told.err);
    let state = "SELECT string_agg(tcid || tcdesc, ' ' ORDER BY tcid) FROM cf_quere_pro.tipocolor";
    let (then, left, right) = (bed.cell(state).await, sides.left.cell(state).await, sides.right.cell(state).await);
    assert_eq!((&left, &right), (&then, &then));
}

#[tokio::test]
async fn who_has_a_lock_that_nobody_had_then_goes_on_before_its_time() {
    let (shelf, bed) = (Shelf::new(), bed().await);
    let proxy = recording_proxy(&bed, &shelf, &[]).await;
    shelf.start().await;
    let (mut one, mut two) = (client(&proxy.server.address, &bed).await, client(&proxy.server.address, &bed).await);
    query(&mut one, "BEGIN").await;
    query(&mut one, "UPDATE tipotalla SET ttdesc = 'uno' WHERE ttid = 1").await;
    query(&mut two, "UPDATE tipotalla SET ttdesc = 'dos' WHERE ttid = 2").await;
    query(&mut one, "SELECT ttdesc FROM tipotalla WHERE ttid = 1").await;
    query(&mut one, "COMMIT").await;
    query(&mut two, "SELECT ttdesc FROM tipotalla WHERE ttid = 2").await;
    leave(one).await;
    leave(two).await;
    let file = shelf.stop().await;
    let sides = Sides::new().await;
    // The copies have a lock on the whole table that the original had not.
    for (bed, table) in [(&sides.left, "cf_quere_pro.tipotalla"), (&sides.right, "esclusa_leaf.tipotalla")] {
        bed.sql(&format!(
            "CREATE FUNCTION public.alone() RETURNS trigger LANGUAGE plpgsql AS $$
               BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;
             CREATE TRIGGER alone BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION public.alone()"
        ))
        .await;
    }
    let begun = Instant::now();
    let (told, rows) = sides.replay(&shelf, &file, &[]).await;
    assert_eq!(told.code, Some(0), "{}\n{rows:#?}", told.err);
    assert!(told.err.contains("2 acts were sent early"), "{}", told.err);
    assert!(begun.elapsed() < Duration::from_secs(20), "nobody waited for the patience: {:?}", begun.elapsed());
}
