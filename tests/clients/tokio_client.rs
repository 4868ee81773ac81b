//! tokio-postgres: the client that esclusa itself uses.

use std::fmt::Write as _;

use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, future};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_postgres::binary_copy::{BinaryCopyInWriter, BinaryCopyOutStream};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Row, SimpleQueryMessage};

use crate::sides::{Side, Sides, first_difference};

/// A connection, its notices and notifications, and the transcript so far.
struct Session {
    client: Client,
    told: tokio::sync::mpsc::UnboundedReceiver<String>,
    said: String,
}

impl Session {
    async fn open(side: &Side) -> Session {
        let mut config = Config::new();
        config.host("127.0.0.1").port(side.port).user(side.user).dbname(side.database).application_name("tokio-postgres");
        config.options("-c search_path=cf_quere_pro,public -c TimeZone=America/Mexico_City");
        let (client, mut connection) = config.connect(NoTls).await.unwrap();
        let (tell, told) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = future::poll_fn(|cx| connection.poll_message(cx)).await {
                let _ = tell.send(match message {
                    AsyncMessage::Notice(notice) => {
                        format!("notice {} {} {:?}", notice.severity(), notice.message(), notice.detail())
                    }
                    AsyncMessage::Notification(n) => format!("notification {} {}", n.channel(), n.payload()),
                    _ => "something new".to_owned(),
                });
            }
        });
        Session { client, told, said: String::new() }
    }

    fn say(&mut self, what: impl std::fmt::Display) {
        let _ = writeln!(self.said, "{what}");
    }

    /// Everything that an error carries, but for the lines of PostgreSQL's source.
    fn error(&mut self, error: &tokio_postgres::Error) {
        match error.as_db_error() {
            Some(db) => self.say(format!(
                "ERROR {} {} {} d={:?} h={:?} p={:?} w={:?} s={:?} t={:?} c={:?} n={:?}",
                db.severity(),
                db.code().code(),
                db.message(),
                db.detail(),
                db.hint(),
                db.position(),
                db.where_(),
                db.schema(),
                db.table(),
                db.column(),
                db.constraint()
            )),
            None => self.say(format!("ERROR {error}")),
        }
    }

    async fn simple(&mut self, sql: &str) {
        match self.client.simple_query(sql).await {
            Ok(messages) => messages.iter().for_each(|message| match message {
                SimpleQueryMessage::Row(row) => self.say(format!("{:?}", (0..row.len()).map(|i| row.get(i)).collect::<Vec<_>>())),
                SimpleQueryMessage::CommandComplete(rows) => self.say(format!("done {rows}")),
                SimpleQueryMessage::RowDescription(columns) => {
                    self.say(format!("{:?}", columns.iter().map(tokio_postgres::SimpleColumn::name).collect::<Vec<_>>()));
                }
                _ => self.say("something new"),
            }),
            Err(error) => self.error(&error),
        }
    }

    /// Prepared, described and run, with binary values both ways.
    async fn query(&mut self, sql: &str, values: &[&(dyn ToSql + Sync)]) {
        let statement = match self.client.prepare(sql).await {
            Ok(statement) => statement,
            Err(error) => return self.error(&error),
        };
        let columns: Vec<String> = statement.columns().iter().map(|c| format!("{} {}", c.name(), c.type_())).collect();
        self.say(format!("{:?} -> {columns:?}", statement.params()));
        match self.client.query(&statement, values).await {
            Ok(rows) => rows.iter().for_each(|row| self.row(row)),
            Err(error) => self.error(&error),
        }
    }

    fn row(&mut self, row: &Row) {
        let cells: Vec<String> = (0..row.len()).map(|i| format!("{:?}", row.get::<_, Option<Raw>>(i).map(|r| r.0))).collect();
        self.say(cells.join(" "));
    }

    async fn told(&mut self) {
        let told = self.told.recv().await;
        self.say(format!("{told:?}"));
    }
}

/// A value in its raw bytes, of any type.
struct Raw(Vec<u8>);

impl<'a> tokio_postgres::types::FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Raw(raw.to_vec()))
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

async fn plain(side: &Side) -> String {
    let mut s = Session::open(side).await;
    s.simple("CREATE SCHEMA client_tokio; SET search_path = client_tokio; SELECT 1; SELECT 'two' AS b, NULL; CREATE TABLE t (a int PRIMARY KEY, b text, c timestamptz); INSERT INTO t VALUES (1, 'uno', now())").await;
    s.simple("SELECT a FROM t; SELECT 1/0; SELECT 'never'").await;
    s.simple("").await;
    s.query("SELECT $1::int + 1 AS n, $2::text || 'ñ' AS t, $3::bytea AS b", &[&41, &"x", &vec![0_u8, 255]]).await;
    s.query("SELECT nosuch FROM t WHERE a = $1", &[&1]).await;
    s.query("INSERT INTO t VALUES ($1, $2) RETURNING a, b", &[&2, &None::<&str>]).await;
    s.query("INSERT INTO t VALUES ($1)", &[&2]).await;
    s.query("SELECT 1 / $1::int", &[&0]).await;
    // Types that the client has to look up in the catalog.
    s.simple("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b mood); CREATE DOMAIN small AS int CHECK (VALUE < 10)").await;
    s.query("SELECT 'ok'::mood, 7::small, int4range(1, 5)", &[]).await;
    // The values of these have OIDs of their own in them.
    s.query("SELECT ROW(1, 'sad')::pair, ARRAY['ok']::mood[] WHERE false", &[]).await;
    let typed = s.client.query_typed("SELECT $1 + 1, $2", &[(&1_i64, Type::INT8), (&"x", Type::TEXT)]).await.unwrap();
    typed.iter().for_each(|row| s.row(row));
    // Many at once: they go out in one stream before the first answer comes.
    let statement = s.client.prepare("SELECT $1::int * 2, repeat('y', 1000)").await.unwrap();
    let client = &s.client;
    let numbers: Vec<i32> = (0..2000).collect();
    let all = future::try_join_all(numbers.iter().map(|n| {
        let statement = statement.clone();
        async move { client.query_one(&statement, &[n]).await }
    }));
    let sum: i64 = all.await.unwrap().iter().map(|row| i64::from(row.get::<_, i32>(0))).sum();
    s.say(sum);
    let failing = future::join_all((0..20).map(|n| client_divides(&s.client, n % 3))).await;
    failing.into_iter().for_each(|r| match r {
        Ok(n) => s.say(n),
        Err(e) => s.error(&e),
    });
    transactions(&mut s).await;
    copies(&mut s).await;
    // Messages that can arrive at any moment.
    s.simple("LISTEN heard; NOTIFY heard, 'one'; DO $$ BEGIN RAISE NOTICE 'a notice' USING DETAIL = 'its detail'; END $$").await;
    for _ in 0..2 {
        s.told().await;
    }
    let other = Session::open(side).await;
    other.client.batch_execute("SELECT pg_notify('heard', 'from another session')").await.unwrap();
    s.told().await;
    cancel(&mut s, side).await;
    let mut rows = Box::pin(
        s.client.query_raw("SELECT i, repeat('z', 200) FROM generate_series(1, 50000) i", Vec::<i32>::new()).await.unwrap(),
    );
    let mut count = 0;
    while let Some(row) = rows.try_next().await.unwrap() {
        count += row.get::<_, i32>(0);
    }
    s.say(count);
    s.simple("SET client_min_messages = error; DROP SCHEMA client_tokio CASCADE").await;
    let killer = Session::open(side).await;
    let pid: i32 = s.client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    killer.client.query_one("SELECT pg_terminate_backend($1)", &[&pid]).await.unwrap();
    while s.told.recv().await.is_some() {}
    s.say(s.client.is_closed());
    s.said
}

async fn client_divides(client: &Client, by: i32) -> Result<i32, tokio_postgres::Error> {
    client.query_one("SELECT 12 / $1::int", &[&by]).await.map(|row| row.get(0))
}

async fn transactions(s: &mut Session) {
    let mut said = Vec::new();
    let mut transaction =
        s.client.build_transaction().isolation_level(tokio_postgres::IsolationLevel::Serializable).start().await.unwrap();
    transaction.execute("INSERT INTO t VALUES (100)", &[]).await.unwrap();
    let inner = transaction.savepoint("point").await.unwrap();
    said.push(inner.execute("INSERT INTO t VALUES (100)", &[]).await.unwrap_err().to_string());
    inner.rollback().await.unwrap();
    let inner = transaction.transaction().await.unwrap();
    said.push(inner.execute("INSERT INTO t SELECT generate_series(101, 150)", &[]).await.unwrap().to_string());
    inner.commit().await.unwrap();
    // A portal that is read in parts, with another statement between.
    let portal = transaction.bind("SELECT a FROM t WHERE a >= $1 ORDER BY a", &[&100]).await.unwrap();
    loop {
        let part = transaction.query_portal(&portal, 20).await.unwrap();
        said.push(format!("{:?}", part.iter().map(|r| r.get::<_, i32>(0)).collect::<Vec<_>>()));
        said.push(format!("{:?}", transaction.query_one("SELECT 'between'", &[]).await.unwrap().get::<_, String>(0)));
        if part.len() < 20 {
            break;
        }
    }
    drop(transaction);
    said.into_iter().for_each(|line| s.say(line));
    s.simple("SELECT count(*) FROM t").await;
}

async fn copies(s: &mut Session) {
    let mut sink = Box::pin(s.client.copy_in("COPY t (a, b) FROM STDIN").await.unwrap());
    for n in 0..500 {
        sink.send(std::io::Cursor::new(format!("{}\tfila {n}\n", 1000 + n).into_bytes())).await.unwrap();
    }
    let done = sink.as_mut().finish().await.unwrap();
    s.say(done);
    let mut sink = Box::pin(s.client.copy_in("COPY t (a, b) FROM STDIN").await.unwrap());
    sink.send(std::io::Cursor::new(b"not a number\tx\n".to_vec())).await.unwrap();
    let failed = sink.as_mut().finish().await.unwrap_err();
    s.error(&failed);
    let sink = s.client.copy_in::<_, std::io::Cursor<Vec<u8>>>("COPY t (a, b) FROM STDIN").await.unwrap();
    // Dropped before its end: the client says CopyFail.
    drop(sink);
    s.simple("SELECT count(*) FROM t").await;
    let types = [Type::INT4, Type::TEXT];
    let mut writer =
        Box::pin(BinaryCopyInWriter::new(s.client.copy_in("COPY t (a, b) FROM STDIN BINARY").await.unwrap(), &types));
    for n in 0..100_i32 {
        writer.as_mut().write(&[&(5000 + n), &"binary"]).await.unwrap();
    }
    let done = writer.as_mut().finish().await.unwrap();
    s.say(done);
    let stream = s.client.copy_out("COPY (SELECT a, b FROM t ORDER BY a) TO STDOUT BINARY").await.unwrap();
    let rows: Vec<_> = BinaryCopyOutStream::new(stream, &types).map(|row| row.unwrap().get::<i32>(0)).collect().await;
    s.say(format!("{rows:?}"));
    let stream = s.client.copy_out("COPY (SELECT a, b FROM t ORDER BY a) TO STDOUT").await.unwrap();
    let bytes: usize = stream.map_ok(|part| part.len()).try_fold(0, |a, b| future::ok(a + b)).await.unwrap();
    s.say(bytes);
}

/// The statement is cancelled once the server says that it sleeps. PostgreSQL sends the signal twice and closes then (postmaster.c,
/// signal_child); the driver does not wait for that, and its next statement could be hit by the second.
async fn cancel(s: &mut Session, side: &Side) {
    let token = s.client.cancel_token();
    let waits = "SELECT pg_sleep(600)";
    let pid: i32 = s.client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let port = s.client.query_one("SELECT inet_server_port()", &[]).await.unwrap().get::<_, i32>(0);
    let running = s.client.simple_query(waits);
    let cancelled = async {
        let mut config = Config::new();
        config.host("127.0.0.1").port(u16::try_from(port).unwrap()).user("postgres").dbname("postgres");
        let (watcher, connection) = config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'";
        while watcher.query_one(waiting, &[&pid]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let (mut request, end) = tokio::io::duplex(64);
        token.cancel_query_raw(end, NoTls).await.unwrap();
        let mut packet = Vec::new();
        request.read_to_end(&mut packet).await.unwrap();
        let mut server = tokio::net::TcpStream::connect(("127.0.0.1", side.port)).await.unwrap();
        server.write_all(&packet).await.unwrap();
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
    };
    let (ended, ()) = future::join(running, cancelled).await;
    s.error(&ended.unwrap_err());
    s.simple("SELECT 'alive'").await;
}

async fn legacy(side: &Side) -> String {
    let mut s = Session::open(side).await;
    s.simple("SELECT * FROM tipooficina ORDER BY tofid; SELECT count(*) FROM hisbarrio; SELECT 'plain'").await;
    s.query("SELECT * FROM tipooficina ORDER BY tofid", &[]).await;
    s.query(
        "SELECT * FROM histipooficina ORDER BY htofhsthora, htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu",
        &[],
    )
    .await;
    s.query("SELECT tvalindblk, tvaldesctxtid FROM tipvalvula WHERE tvalcod = $1", &[&"V01"]).await;
    s.query("SELECT tofid FROM tipooficina WHERE tofsnpresen = $1 ORDER BY 1 LIMIT $2", &[&"S", &3_i64]).await;
    s.query("SELECT nosuch FROM tipooficina WHERE tofsnpresen = $1", &[&"S"]).await;
    s.query("INSERT INTO tipositver SELECT 802, 5 RETURNING *", &[]).await;
    s.query("INSERT INTO tipositver SELECT 802, 6", &[]).await;
    s.query("UPDATE tipositver SET tsvtxtid = tsvtxtid + $1::int WHERE tsvid = 802 RETURNING tsvtxtid", &[&2]).await;
    s.query("DELETE FROM tipositver WHERE tsvid = 802", &[]).await;
    let stream = s.client.copy_out("COPY tipvalvula TO STDOUT").await.unwrap();
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let bytes: Vec<u8> = stream
        .try_fold(Vec::new(), |mut all, part| {
            all.extend_from_slice(&part);
            future::ok(all)
        })
        .await
        .unwrap();
    lines.extend(bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec));
    lines.sort_unstable();
    lines.iter().for_each(|line| s.say(String::from_utf8_lossy(line)));
    let statement = s.client.prepare("SELECT count(*) FROM histipooficina WHERE htofid < $1::int").await.unwrap();
    let client = &s.client;
    let numbers: Vec<i32> = (0..300).collect();
    let all = future::try_join_all(numbers.iter().map(|n| {
        let statement = statement.clone();
        async move { client.query_one(&statement, &[n]).await.map(|row| row.get::<_, i64>(0)) }
    }));
    let counts = all.await.unwrap();
    s.say(format!("{counts:?}"));
    let transaction = s.client.transaction().await.unwrap();
    let portal = transaction.bind("SELECT tofid::int FROM tipooficina ORDER BY tofid", &[]).await.unwrap();
    let mut parts = Vec::new();
    for _ in 0..4 {
        let part = transaction.query_portal(&portal, 5).await.unwrap();
        parts.push(part.iter().map(|r| r.get::<_, i32>(0)).collect::<Vec<_>>());
    }
    transaction.commit().await.unwrap();
    s.say(format!("{parts:?}"));
    s.said
}

fn equal(what: &str, [direct, proxied]: [String; 2]) {
    assert!(direct == proxied, "{what} differs: {}", first_difference(&direct, &proxied));
    assert!(direct.lines().count() > 40, "{what} says too little:\n{direct}");
}

#[test]
fn tokio_postgres_does_everything() {
    let sides = Sides::take();
    equal("plain", sides.plain().each_ref().map(|side| sides.block_on(plain(side))));
}

#[test]
fn tokio_postgres_on_tables_that_are_gone() {
    let sides = Sides::take();
    let before = sides.rewritten();
    equal("legacy", sides.legacy().each_ref().map(|side| sides.block_on(legacy(side))));
    let hits = sides.rewritten() - before;
    assert!(hits > 300, "{hits} legacy names rewritten");
}
