//! Names that are retired, and restored when a statement through a proxy names them: every client gets its rows, however it asks, and the person who
//! retired the name is informed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test or a benchmark stops at the first surprise")]

mod common;

use std::time::{Duration, Instant};

use common::proxy::{Proxy, Raw, b, direct, e, p, q, s};
use common::{Bed, said};
use esclusa::control::replica;
use esclusa::error::Result;
use esclusa::migrate::machine::{Name, NameStep};
use esclusa::migrate::migration::Migration;
use esclusa::migrate::name::{self, By};
use esclusa::migrate::schema;
use esclusa::mode::Mode;
use esclusa::relation::Relation;
use esclusa::rule::{Capture, Target};
use esclusa::twin::Client;

const TABLES: &str = "CREATE TABLE tipocolor (id numeric(5,0) PRIMARY KEY, nombre varchar(20) DEFAULT 'gris', clave text);
    INSERT INTO tipocolor VALUES (1, 'rojo', 'r'), (2, 'azul', 'a');
    CREATE TABLE tipotalla (id numeric(5,0) PRIMARY KEY, nombre varchar(20)); INSERT INTO tipotalla VALUES (1, 'M');
    CREATE TABLE pedido (id numeric(5,0) PRIMARY KEY, color numeric(5,0) REFERENCES tipocolor); INSERT INTO pedido VALUES (1, 1);
    COMMENT ON TABLE tipocolor IS 'los colores'; COMMENT ON COLUMN tipocolor.clave IS 'una letra';
    DO $$ BEGIN CREATE ROLE lectora LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
    GRANT USAGE ON SCHEMA cf_quere_pro TO lectora; GRANT SELECT (id, nombre), UPDATE (nombre) ON tipocolor TO lectora;
    GRANT SELECT ON tipotalla TO lectora WITH GRANT OPTION";

/// The definitions of the views, with their rights and comments.
const VIEWS: &str = "SELECT n.nspname || '.' || c.relname, pg_get_userbyid(relowner), pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class'),
      (SELECT string_agg(concat_ws(' ', attname, attacl::text, col_description(c.oid, attnum), (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = c.oid AND adnum = attnum)), ', ' ORDER BY attnum)
       FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
      (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) AS a),
      (SELECT string_agg(pg_get_triggerdef(t.oid), '; ' ORDER BY tgname) FROM pg_trigger AS t WHERE tgrelid = c.oid)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relname LIKE 'tipo%' AND relkind = 'v' ORDER BY 1";

const BY: By<'_> = By { who: "Ana", reason: Some("nobody needs it"), statement: None };

/// Two look-ups that have been moved and are rewritten.
async fn bed() -> Bed {
    let mut bed = Bed::new(TABLES).await;
    bed.kept = true;
    for table in ["tipocolor", "tipotalla"] {
        bed.lookup(table, "id").await;
        bed.migrate(table).await.unwrap_or_else(|e| panic!("{}", said(&e)));
        bed.set(table, Mode::Rewrite).await.unwrap();
    }
    bed
}

fn relation(bed: &Bed, table: &str) -> Relation {
    Relation::compile(&bed.rules.rules[table], &bed.context)
}

async fn bury(bed: &Bed, table: &str) -> Result<Vec<String>> {
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await?;
    name::bury(&migration, &relation(bed, table), BY).await
}

/// Retires a name as `esclusa retire` does.
async fn retire(bed: &Bed, tables: &[&str]) {
    for table in tables {
        name::announce(&bed.db, &bed.context, table, BY).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    }
    assert_eq!(replica::late(&bed.db).await.unwrap(), []);
    for table in tables {
        bury(bed, table).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    }
}

async fn steps(bed: &Bed) -> Vec<String> {
    bed.rows("SELECT concat_ws(' ', legacy_table, step, regexp_replace(done_by, ' from .*', ''), statement) FROM esclusa.name_step WHERE step <> 'announce' ORDER BY number").await
}

fn has(answer: &str, part: &str) {
    assert!(answer.contains(part), "{part} is not in {answer}");
}

/// Waits until both proxies have followed the last change.
async fn followed(bed: &Bed) {
    assert_eq!(replica::late(&bed.db).await.unwrap(), []);
}

async fn reader(proxy: &Proxy, bed: &Bed) -> Raw {
    let parameters = [("user", "lectora"), ("database", bed.name()), ("search_path", "cf_quere_pro"), ("TimeZone", "UTC")];
    Raw(Client::connect(&proxy.server.address, &parameters).await.unwrap())
}

/// Sessions of two proxies touch one name at the same time, in every way in which a statement can come.
#[tokio::test]
async fn everybody_gets_his_rows_and_the_name_comes_back_once() {
    let bed = bed().await;
    let (one, other) = (Proxy::start(&bed).await, Proxy::start(&bed).await);
    let before = bed.rows(VIEWS).await;
    assert_eq!(before.len(), 4);
    let mut early = one.client(&bed).await;
    let prepared = "SELECT nombre FROM tipocolor WHERE id = $1";
    assert!(early.ask(&[p("a", prepared), s()]).await.ends_with("ZI"));
    assert!(early.query("PREPARE b AS SELECT nombre FROM tipocolor WHERE id = 2").await.ends_with("ZI"));
    for turn in 0..3 {
        retire(&bed, &["tipocolor"]).await;
        assert_eq!(bed.rows("SELECT 1 FROM pg_class WHERE relname = 'tipocolor' AND relkind = 'v'").await, Vec::<String>::new());
        assert_eq!(bed.rows("SELECT 1 FROM pg_proc WHERE proname = 'write_tipocolor'").await, Vec::<String>::new());
        // Around the proxies the name does not exist, as `esclusa retire` had warned.
        let around = direct(&bed).await.query("SELECT nombre FROM tipocolor").await;
        assert!(around.contains("<42P01 relation \"tipocolor\" does not exist>"), "{around}");
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..10 {
            let proxy = if number % 2 == 0 { &one } else { &other };
            let mut client = if number > 7 { reader(proxy, &bed).await } else { proxy.client(&bed).await };
            let isolation = if number % 4 < 2 { "REPEATABLE READ" } else { "READ COMMITTED" };
            let open = client.query(&format!("BEGIN ISOLATION LEVEL {isolation}")).await + &client.query("SELECT 1").await;
            assert!(number >= 5 || open.ends_with("ZT"), "{open}");
            if number > 4 {
                client.query("ROLLBACK").await;
            }
            tasks.spawn(async move {
                let answer = match number {
                    0..=2 | 8 => client.query("SELECT nombre FROM tipocolor ORDER BY id").await,
                    3 | 4 | 9 => {
                        client
                            .ask(&[p("", "SELECT nombre FROM cf_quere_pro.tipocolor WHERE id = $1"), b("", &["1"]), e(), s()])
                            .await
                    }
                    5 => client.query("UPDATE tipocolor SET clave = clave WHERE id = 1; SELECT 'rojo' AS nombre").await,
                    _ => client.query("SELECT c.nombre FROM tipotalla AS t JOIN tipocolor AS c USING (id)").await,
                };
                (number, answer)
            });
        }
        let begun = Instant::now();
        // A statement prepared before the name was retired is one more use.
        let bound = early.ask(&[b("a", &["2"]), e(), s()]).await;
        assert!(bound.contains("(azul)"), "{bound}");
        let executed = early.query("EXECUTE b").await;
        assert!(executed.contains("(azul)"), "{executed}");
        while let Some(done) = tasks.join_next().await {
            let (number, answer) = done.unwrap();
            assert!(answer.contains("(rojo)") && !answer.contains('<'), "{turn}, {number}: {answer}");
        }
        println!("{:?}", begun.elapsed());
        followed(&bed).await;
        assert_eq!(bed.rows(VIEWS).await, before, "{turn}");
        let done = steps(&bed).await;
        assert_eq!(done.len(), 2 * (turn + 1), "{done:#?}");
        assert!(done.iter().step_by(2).all(|step| step == "tipocolor retire Ana"), "{done:#?}");
        assert!(done[2 * turn + 1].starts_with("tipocolor touch "), "{done:#?}");
    }
    assert_eq!(name::broken(&bed.db).await.unwrap(), None);
    bed.sql("UPDATE esclusa.name_step SET done_by = 'nobody' WHERE number = 2").await;
    assert_eq!(name::broken(&bed.db).await.unwrap(), Some(2));
    // Written through both views, as before.
    let mut client = reader(&one, &bed).await;
    has(&client.query("UPDATE tipocolor SET nombre = 'rosa' WHERE id = 1").await, "[UPDATE 1]");
    has(&client.query("SELECT clave FROM tipocolor").await, "42501");
    has(&direct(&bed).await.query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rosa)");
}

/// A history that still gets rows while its name is retired, and whose first statement is a write; a foreign key is enforced throughout.
#[tokio::test]
async fn what_is_behind_a_retired_name_goes_on() {
    let mut bed = bed().await;
    bed.sql(
        "SET search_path = cf_quere_pro; CREATE TABLE usuario (id numeric(10,0) PRIMARY KEY, nombre varchar(40), usu varchar(10), hora timestamp);
         INSERT INTO usuario VALUES (1, 'Ana', 'app', '2026-03-05 10:00');
         CREATE TABLE hisusuario (id numeric(10,0) NOT NULL, nombre varchar(40), usu varchar(10), hora timestamp);
         INSERT INTO hisusuario VALUES (1, 'Anna', 'app', '2026-03-04 10:00'); RESET search_path",
    )
    .await;
    let target = "{ base = 'usuario', user = 'usu', time = 'hora' }";
    let mut rule = bed.rule("hisusuario", "history", target, "{ columns = ['id'], base = ['id'] }").await;
    rule.columns.iter_mut().for_each(|column| column.base = Some(column.column.name.clone()));
    let Target::History(history) = &mut rule.target else { panic!() };
    history.capture = Capture::Trigger;
    bed.rules.rules.insert("hisusuario".into(), rule);
    bed.migrate("hisusuario").await.unwrap_or_else(|e| panic!("{}", said(&e)));
    bed.set("hisusuario", Mode::Rewrite).await.unwrap();
    let proxy = Proxy::start(&bed).await;
    let before = bed.rows(&VIEWS.replace("tipo%", "hisusuario")).await;
    assert_eq!(before.len(), 2);
    retire(&bed, &["hisusuario", "tipocolor"]).await;
    let mut client = proxy.client(&bed).await;
    let answer = client.query("UPDATE usuario SET nombre = 'Ana María', hora = '2026-03-06 10:00' WHERE id = 1").await;
    assert!(answer.contains("[UPDATE 1]"), "{answer}");
    assert!(client.query("INSERT INTO pedido VALUES (2, 7)").await.contains("23503"));
    has(&client.query("INSERT INTO pedido VALUES (2, 2)").await, "[INSERT 0 1]");
    assert_eq!(name::name(&bed.db, "hisusuario").await.unwrap(), Name::Tombstone);
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Tombstone);
    // Rows that the application inserts itself are counted, and only the trigger adds them.
    let answer = client.query("INSERT INTO hisusuario VALUES (1, 'Ana María', 'app', '2026-03-06 10:00')").await;
    assert!(answer.contains("[INSERT 0 1]"), "{answer}");
    let rows = client.query("SELECT nombre FROM hisusuario ORDER BY hora").await;
    assert!(rows.contains("(Anna)") && rows.contains("(Ana María)") && !rows.contains('<'), "{rows}");
    assert_eq!(bed.rows(&VIEWS.replace("tipo%", "hisusuario")).await, before);
    assert!(client.query("DELETE FROM tipocolor WHERE id = 2").await.contains("23503"));
    has(&client.query("INSERT INTO tipocolor VALUES (7, 'verde', 'v')").await, "[INSERT 0 1]");
    has(&client.query("INSERT INTO pedido VALUES (3, 7)").await, "[INSERT 0 1]");
    assert_eq!(schema::check(&bed.db, &bed.context).await.unwrap().rows, Vec::<Vec<_>>::new());
}

/// A statement that contains the name without using the table does not restore it.
#[tokio::test]
async fn what_fails_anyhow_and_what_only_speaks_of_it_is_no_touch() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    retire(&bed, &["tipocolor"]).await;
    let mut client = proxy.client(&bed).await;
    client.query("BEGIN").await;
    has(&client.query("SELECT 1/0").await, "22012");
    has(&client.query("SELECT nombre FROM tipocolor").await, "25P02");
    assert!(client.query("ROLLBACK").await.ends_with("ZI"));
    for (text, told) in [
        ("SELECT 'tipocolor'", "(tipocolor)"),
        ("SELECT count(*) FROM pg_class WHERE relname = 'tipocolor' AND relkind = 'v'", "(0)"),
        ("DROP TABLE IF EXISTS tipocolor", "[DROP TABLE]"),
        ("SELECT 1 FROM public.tipocolor", "42P01"),
        ("WITH tipocolor AS (SELECT 7) SELECT * FROM tipocolor", "(7)"),
    ] {
        let answer = client.query(text).await;
        assert!(answer.contains(told), "{text}: {answer}");
        assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Tombstone, "{text}");
    }
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Tombstone);
    // The end of what had failed, and a use behind it, in one text.
    client.query("BEGIN").await;
    client.query("SELECT 1/0").await;
    let answer = client.query("ROLLBACK; SELECT nombre FROM tipocolor WHERE id = 1").await;
    assert!(answer.contains("(rojo)"), "{answer}");
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Served);
    // While it is retired its mode cannot be changed; schema check and schema apply treat its absence as intended.
    retire(&bed, &["tipocolor"]).await;
    assert_eq!(schema::check(&bed.db, &bed.context).await.unwrap().rows, Vec::<Vec<_>>::new());
    schema::apply(&bed.db, &bed.context).await.unwrap();
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Tombstone);
    let refused = proxy.server.admin().set_modes(&["tipocolor".to_owned()], Mode::Observe, "test", None).await.unwrap_err();
    assert!(
        said(&refused).contains("is retired") && said(&refused).contains("esclusa retire --undo tipocolor"),
        "{}",
        said(&refused)
    );
    // A table of that name in another schema of a session's path is used by that session.
    let made = client.query("CREATE TEMPORARY TABLE tipocolor (x integer)").await;
    let answer = client.query("SELECT count(*) FROM tipocolor").await;
    assert!(answer.contains("(0)"), "{made} {answer}");
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Tombstone);
}

/// No statement hangs if the database does not answer or is slow: the client gets the server's error for a missing table, and the next statement tries again.
#[tokio::test]
async fn a_name_that_cannot_come_back_is_given_up_in_time() {
    let bed = bed().await;
    let proxy = Proxy::start_with(&bed, |settings| settings.control.raise_timeout = Duration::from_millis(1500)).await;
    retire(&bed, &["tipocolor", "tipotalla"]).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(proxy.client(&bed).await);
    }
    let (thief, watcher) = (Bed::beside(&bed).await, common::server().await.connect("postgres").await.unwrap());
    let lost = async |clients: &mut Vec<Raw>, limit: Duration| {
        let begun = Instant::now();
        let answers = clients.iter_mut().map(|client| client.query("SELECT nombre FROM tipocolor"));
        for answer in futures_util::future::join_all(answers).await {
            assert!(answer.contains("<42P01 relation \"tipocolor\" does not exist>"), "{answer}");
        }
        assert!(begun.elapsed() < limit, "{:?}", begun.elapsed());
    };
    thief.sql("BEGIN; LOCK TABLE esclusa.tombstone IN ACCESS EXCLUSIVE MODE").await;
    lost(&mut clients, Duration::from_secs(4)).await;
    thief.sql("ROLLBACK").await;
    watcher.batch("test", &format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", bed.name())).await.unwrap();
    lost(&mut clients, Duration::from_secs(4)).await;
    // An open transaction with that error has failed, as it would without the proxy.
    assert!(clients[0].query("BEGIN").await.ends_with("ZT"));
    assert!(clients[0].query("SELECT nombre FROM tipocolor").await.ends_with("ZE"));
    watcher.batch("test", &format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", bed.name())).await.unwrap();
    has(&clients[1].query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rojo)");
    has(&clients[0].query("ROLLBACK; SELECT nombre FROM tipotalla").await, "(M)");
    assert!(
        steps(&bed).await[2..].iter().all(|s| s.contains(" touch postgres ") && s.contains("select nombre from tipo")),
        "{:?}",
        steps(&bed).await
    );
    // A client that disconnects while waiting blocks no other.
    retire(&bed, &["tipocolor"]).await;
    thief.sql("BEGIN; LOCK TABLE esclusa.tombstone IN ACCESS EXCLUSIVE MODE").await;
    let mut gone = proxy.client(&bed).await;
    gone.send(&[q("SELECT nombre FROM tipocolor")]).await;
    drop(gone);
    thief.sql("ROLLBACK").await;
    has(&clients[1].query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rojo)");
    tokio::time::timeout(Duration::from_secs(10), proxy.server.stop()).await.unwrap();
}

/// Between the two steps of a retirement, and if the process is killed there, every client is served; and a name that was used in between stays.
#[tokio::test]
async fn a_name_that_is_used_while_it_is_retired_stays() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let mut client = proxy.client(&bed).await;
    name::announce(&bed.db, &bed.context, "tipocolor", BY).await.unwrap();
    followed(&bed).await;
    // Around the proxies the view still answers.
    has(&direct(&bed).await.query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rojo)");
    assert_eq!(name::name(&bed.db, "tipocolor").await.unwrap(), Name::Retiring);
    has(&client.query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rojo)");
    let error = bury(&bed, "tipocolor").await.unwrap_err();
    assert!(said(&error).contains("was used while it was retired"), "{}", said(&error));
    has(&client.query("SELECT nombre FROM tipocolor WHERE id = 2").await, "(azul)");
    // A view that depends on it prevents the retirement; so does somebody else's trigger.
    for (make, drop, told) in [
        ("CREATE VIEW public.v AS SELECT id FROM cf_quere_pro.tipocolor", "DROP VIEW public.v", "view public.v"),
        (
            "CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
             CREATE TRIGGER suyo BEFORE UPDATE ON cf_quere_pro.tipocolor FOR EACH STATEMENT EXECUTE FUNCTION public.f()",
            "DROP FUNCTION public.f() CASCADE",
            "trigger suyo",
        ),
    ] {
        bed.sql(make).await;
        name::announce(&bed.db, &bed.context, "tipocolor", BY).await.unwrap();
        followed(&bed).await;
        let error = bury(&bed, "tipocolor").await.unwrap_err();
        assert!(said(&error).contains(told), "{}", said(&error));
        assert!(name::bring_back(&bed.db, &relation(&bed, "tipocolor"), NameStep::Undo, BY).await.unwrap());
        bed.sql(drop).await;
    }
    // A table that has not been moved has no name to retire.
    bed.sql("CREATE TABLE cf_quere_pro.tipofijo (id numeric(5,0) PRIMARY KEY)").await;
    let error = name::announce(&bed.db, &bed.context, "tipofijo", BY).await.unwrap_err();
    assert!(said(&error).contains("tipofijo is planned: its name cannot be retired"), "{}", said(&error));
    assert_eq!(steps(&bed).await.iter().filter(|s| s.contains(" retire ")).count(), 0);
}

/// A retired name in mode refuse comes back in mode rewrite; a table whose name is retired can be rolled back or dropped like any other.
#[tokio::test]
async fn a_retired_table_comes_back_and_its_client_is_not_refused() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    proxy.set(&["tipocolor"], Mode::Refuse).await;
    retire(&bed, &["tipocolor", "tipotalla"]).await;
    let mut client = proxy.client(&bed).await;
    has(&client.query("SELECT nombre FROM tipocolor WHERE id = 1").await, "(rojo)");
    assert_eq!(bed.cell("SELECT mode FROM esclusa.mode WHERE legacy_table = 'tipocolor'").await, "rewrite");
    // A person restores the name, or the table.
    assert!(name::bring_back(&bed.db, &relation(&bed, "tipotalla"), NameStep::Undo, BY).await.unwrap());
    assert!(!name::bring_back(&bed.db, &relation(&bed, "tipotalla"), NameStep::Undo, BY).await.unwrap());
    has(&client.query("SELECT nombre FROM tipotalla").await, "(M)");
    retire(&bed, &["tipotalla"]).await;
    bed.set("tipotalla", Mode::Observe).await.unwrap();
    let migration = Migration::new(&bed.db, &bed.rules, bed.context.clone()).await.unwrap();
    let run = migration.begin("back").await.unwrap();
    let back = migration.back(run, &bed.rules.rules["tipotalla"]).await.unwrap_or_else(|e| panic!("{}", said(&e)));
    migration.finish(run).await.unwrap();
    assert_eq!((back.rows, back.notes.join("")), (1, "its name was retired, and was restored first".into()));
    followed(&bed).await;
    has(&client.query("SELECT nombre FROM tipotalla").await, "(M)");
    assert_eq!(bed.cell("SELECT relkind FROM pg_class WHERE oid = 'cf_quere_pro.tipotalla'::regclass").await, "r");
}

/// The command, as a person types it.
#[tokio::test]
async fn the_command_lists_what_a_name_waits_for() {
    let bed = bed().await;
    let proxy = Proxy::start(&bed).await;
    let port = common::server().await.port;
    let esclusa = async |arguments: &[&str]| {
        let url = format!("postgres://postgres@127.0.0.1:{port}/{}", bed.name());
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_esclusa"));
        command.args(arguments).envs([("ESCLUSA_CONTROL_URL", url.as_str()), ("USER", "ana")]);
        command.env("ESCLUSA_RULES_DIRECTORY", &proxy.rules);
        // The proxy must run meanwhile.
        let done = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (done.status.success(), text(done.stdout) + &text(done.stderr))
    };
    bed.sql("CREATE FUNCTION public.nombra() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM cf_quere_pro.TipoColor); END'").await;
    let (ok, told) = esclusa(&["retire", "tipocolor", "--dry-run", "--format", "csv"]).await;
    assert!(
        !ok && told.contains("silent: 0 uses in 0 whole days") && told.contains("no body names it: public.nombra()"),
        "{told}"
    );
    let (ok, told) = esclusa(&["retire", "tipocolor", "--reason", "test"]).await;
    assert!(!ok && told.contains("1 names were not retired"), "{told}");
    let (ok, told) =
        esclusa(&["retire", "tipocolor", "tipotalla", "--accept", "--reason", "nobody since March", "--format", "csv"]).await;
    assert!(ok && told.contains("tipocolor,retired,") && told.contains("tipotalla,retired,"), "{told}");
    let (ok, told) = esclusa(&["status", "--format", "csv"]).await;
    assert!(ok && told.matches(",retired,").count() == 2, "{told}");
    let (ok, told) = esclusa(&["status", "tipocolor"]).await;
    assert!(ok && told.contains("name retired") && told.contains("by ana on ") && told.contains("nobody since March"), "{told}");
    let (ok, told) = esclusa(&["retire", "--undo", "tipotalla", "--reason", "audit", "--format", "csv"]).await;
    assert!(ok && told.contains("tipotalla,served again,"), "{told}");
    let mut client = proxy.client(&bed).await;
    has(&client.query("SELECT nombre FROM tipocolor WHERE id = 1 AND nombre <> 'secreto'").await, "(rojo)");
    let (ok, told) = esclusa(&["report", "tombstones", "--format", "csv"]).await;
    assert!(ok && told.lines().nth(1).unwrap().contains(",tipocolor,touch,postgres from 127.0.0.1"), "{told}");
    assert!(!told.contains("secreto") && told.to_lowercase().contains("select nombre from tipocolor"), "{told}");
    assert_eq!(told.lines().count(), 5, "{told}");
    let (ok, told) = esclusa(&["retire", "tipofijo", "--reason", "x"]).await;
    assert!(!ok && told.contains("tipofijo"), "{told}");
}
