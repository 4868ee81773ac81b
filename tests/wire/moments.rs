//! The rest of "Statements": functions, messages at any moment, encodings, rewritten statements, cancellation, bytes that are not a message.

use crate::frames::*;
use crate::script::{Script, compare, raw, script};
use crate::stage::Way;

#[test]
fn functions_and_large_objects() {
    let texts = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    compare([
        texts("FunctionCall: pi, int4pl", &[function_call(1610, &[]), function_call(177, &["20", "22"])], 2),
        texts("FunctionCall of a missing function", &[function_call(4, &[]), query("select 1")], 2),
        texts("FunctionCall that fails", &[function_call(154, &["1", "0"]), query("select 1")], 2),
        texts(
            "FunctionCall in an aborted transaction",
            &[query("begin; select 1/0"), function_call(1610, &[]), query("rollback")],
            3,
        ),
        texts("FunctionCall with a wrong count", &[function_call(177, &["1"]), query("select 1")], 2),
        texts("a malformed FunctionCall", &[frame(b'F', &[b"\0\0"]), query("select 1")], 2),
        script("large objects")
            .query("begin; select lo_create(4711)")
            .send(&[function_call(952, &["4711", "393216"])])
            .ready(1)
            .send(&[
                function_call(955, &["0", "contenido"]),
                function_call(956, &["0", "2", "0"]),
                function_call(954, &["0", "5"]),
            ])
            .ready(3)
            .query("rollback"),
    ]);
}

#[test]
fn messages_at_any_moment() {
    let listening = |name: &str| script(name).query("listen canal");
    compare([
        listening("a notification while idle").elsewhere_here("notify canal, 'uno'").until(b'A', 1).query("select 1"),
        listening("three in a row").elsewhere_here("notify canal, 'uno'; notify canal, 'dos'; notify canal, 'tres'").until(b'A', 3).query("select 1"),
        listening("one's own").query("notify canal, 'propio'").query("unlisten *"),
        listening("one's own in a transaction").query("begin; notify canal").query("commit"),
        listening("held back in a transaction").query("begin").elsewhere_here("notify canal, 'x'").query("select 1").query("commit"),
        script("a parameter changes while idle")
            .elsewhere("select pg_reload_conf()")
            .query("select 1"),
        script("notices of every level").query("set client_min_messages = debug1; do $$ begin raise debug 'd'; raise log 'l'; raise info 'i'; raise notice 'n'; raise warning 'w'; end $$"),
        script("many notices").query("select noisy(200)"),
        script("notices in a pipeline").send(&[statement("select noisy(2)", &[]), statement("select noisy(1)", &[]), sync()]).ready(1),
    ]);
}

impl Script {
    /// SQL on another connection to the same database.
    fn elsewhere_here(self, sql: &str) -> Script {
        let sql = sql.replace('\'', "''");
        let all = format!(
            "CREATE EXTENSION IF NOT EXISTS dblink; SELECT dblink_exec('dbname={{database}} user=postgres host=127.0.0.1 port=' || current_setting('port'), '{sql}')"
        );
        self.elsewhere(&all)
    }
}

#[test]
fn encodings() {
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    compare([
        send(
            "LATIN1",
            &[
                query("set client_encoding = 'LATIN1'"),
                query(b"select '\xf1and\xfa', length('\xf1')"),
                query(b"select nad\xe1"),
                statement_bytes(b"select '\xf1'::text"),
                sync(),
            ],
            4,
        ),
        send(
            "LATIN1 with a legacy name",
            &[query("set client_encoding = 'LATIN1'"), query(b"select count(*), '\xf1' from cf_quere_pro.plain")],
            2,
        ),
        send(
            "WIN1252 and SJIS",
            &[
                query("set client_encoding = 'WIN1252'"),
                query(b"select '\x80'"),
                query("set client_encoding = 'SJIS'"),
                query(b"select '\x83\x5c'"),
            ],
            4,
        ),
        send(
            "SQL_ASCII",
            &[query("set client_encoding = 'SQL_ASCII'"), query(b"select 'caf\xc3\xa9'"), query(b"select '\xff'")],
            3,
        ),
        send("broken UTF-8", &[query(b"select '\xc3'"), query(b"select '\xff\xfe'"), query("select 1")], 3),
        send(
            "broken UTF-8 in Parse, Bind and a name",
            &[
                parse("", b"select '\xc3'", &[]),
                sync(),
                parse("", "select $1::text", &[]),
                bind("", "", &[], &[Some(b"\xff")], &[]),
                sync(),
                frame(b'P', &[b"\xff\0select 1\0\0\0"]),
                sync(),
            ],
            3,
        ),
        send(
            "bytes in binary",
            &[
                parse("", "select $1::bytea", &[]),
                bind("", "", &[1], &[Some(&(0..=255).collect::<Vec<u8>>())], &[1]),
                execute("", 0),
                sync(),
            ],
            1,
        ),
        send(
            "standard_conforming_strings off",
            &[
                query("set standard_conforming_strings = off"),
                query("set escape_string_warning = off"),
                query("select 'a\\'b'"),
                query("select count(*) from tipocorreo where 'a\\'b' is not null"),
            ],
            4,
        )
        .without(Way::Rewriting)
        .without(Way::Split)
        .without(Way::Bytes),
    ]);
}

fn statement_bytes(sql: &[u8]) -> Vec<u8> {
    [parse("", sql, &[]), bind_text("", "", &[]), execute("", 0)].concat()
}

/// The same conversations about tables that are gone.
#[test]
fn rewritten_statements() {
    let say = |name: &str, sql: &str| script(name).query(sql).rewritten();
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready).rewritten();
    compare([
        say("among others", "select 1; select tipctipo, tipcdesctxtid from tipocorreo where tipctipo < 4 order by 1; select 2"),
        say("a position behind it", "select 'ñ', tipctipo from tipocorreo where nada = 1"),
        say(
            "a position in the last of several",
            "select count(*) from tipocorreo; select htofid from histipooficina where nada = 1",
        ),
        say("a repeated key", "insert into tipocorreo values (1, 1)"),
        say("a null", "insert into tipocorreo values (99, null)"),
        say(
            "a transaction",
            "begin; insert into tipocorreo values (77, 1); select * from tipocorreo where tipctipo > 70; rollback",
        ),
        say("an aborted one", "begin; insert into tipocorreo values (1, 1); select 1").query("select 2").query("rollback"),
        send(
            "parameters",
            &[
                parse("s", "select htofdescri from histipooficina where htofid = $1 and htofdescri like $2", &[]),
                describe(b'S', "s"),
                bind_text("", "s", &["3", "of%"]),
                describe(b'P', ""),
                execute("", 0),
                sync(),
            ],
            1,
        ),
        send(
            "binary",
            &[
                parse("s", "select htofid, htofhsthora from histipooficina where htofid <= $1 order by 1", &[]),
                bind("", "s", &[0], &[Some(b"3")], &[1]),
                execute("", 0),
                sync(),
            ],
            1,
        ),
        send(
            "an error in Bind",
            &[
                parse("s", "select htofid from histipooficina where htofid = $1", &[]),
                bind_text("", "s", &["x"]),
                sync(),
                bind_text("", "s", &["1"]),
                execute("", 0),
                sync(),
            ],
            2,
        ),
        send(
            "an error in Parse, a skipped pipeline",
            &[
                parse("s", "select nada from histipooficina", &[]),
                statement("select 1", &[]),
                sync(),
                statement("select count(*) from tipocorreo", &[]),
                sync(),
            ],
            2,
        ),
        send(
            "updates in a pipeline",
            &[
                query("begin"),
                statement("update tipocorreo set tipcdesctxtid = $1 where tipctipo = 2", &["5"]),
                statement("delete from tipocorreo where tipctipo > $1", &["18"]),
                statement("select count(*), sum(tipcdesctxtid) from tipocorreo", &[]),
                sync(),
                query("rollback"),
            ],
            3,
        ),
        send(
            "42P05, Close and again",
            &[
                parse("s", "select 1 from tipocorreo", &[]),
                parse("s", "select 2 from tipocorreo", &[]),
                sync(),
                close(b'S', "s"),
                parse("s", "select count(*) from tipocorreo", &[]),
                bind_text("", "s", &[]),
                execute("", 0),
                sync(),
            ],
            2,
        ),
        raw("in the packet of the log-in")
            .startup(V3_0, &[])
            .send(&[query("select count(*) from cf_quere_pro.tipocorreo")])
            .ready(2)
            .rewritten(),
    ]);
}

#[test]
fn cancellation_and_termination() {
    compare([
        script("cancel hits the running statement")
            .send(&[query("select pg_sleep(60)")])
            .wait_running("pg_sleep(60)")
            .cancel()
            .ready(1)
            .query("select 1"),
        script("cancel in a transaction")
            .query("begin")
            .send(&[statement("select pg_sleep(60)", &[]), sync()])
            .wait_running("pg_sleep(60)")
            .cancel()
            .ready(1)
            .query("rollback"),
        script("a cancel while idle hits nothing").query("select 1").cancel().query("select 2").query("select 3"),
        script("cancel of a rewritten statement")
            .send(&[query("select pg_sleep(60) from tipocorreo limit 1")])
            .wait_running("pg_sleep(60)")
            .cancel()
            .ready(1)
            .query("select 1")
            .rewritten(),
        raw("cancel with protocol 3.2")
            .startup(V3_2, &[])
            .ready(1)
            .send(&[query("select pg_sleep(60)")])
            .wait_running("pg_sleep(60)")
            .cancel()
            .ready(1),
        script("pg_cancel_backend")
            .send(&[query("select pg_sleep(60)")])
            .wait_running("pg_sleep(60)")
            .elsewhere("select pg_cancel_backend({pid})")
            .ready(1)
            .query("select 1"),
        script("terminated while idle").elsewhere("select pg_terminate_backend({pid})").eof(),
        script("terminated in a transaction").query("begin; select 1").elsewhere("select pg_terminate_backend({pid})").eof(),
        script("terminated in a statement")
            .send(&[query("select pg_sleep(60)")])
            .wait_running("pg_sleep(60)")
            .elsewhere("select pg_terminate_backend({pid})")
            .eof(),
        script("terminates itself").send(&[query("select pg_terminate_backend(pg_backend_pid())")]).eof(),
        script("the idle session's own time-out").query("set idle_session_timeout = '50ms'").eof(),
        script("idle in transaction").query("set idle_in_transaction_session_timeout = '50ms'").query("begin").eof(),
        script("lock_timeout and statement_timeout")
            .query("set statement_timeout = '50ms'")
            .query("select pg_sleep(60)")
            .query("select 1"),
    ]);
}

#[test]
fn messages_that_are_none() {
    let bad = |name: &str, bytes: &[u8]| script(name).send(&[bytes.to_vec()]).eof();
    let mut scripts = vec![
        bad("an unknown type", b"!\0\0\0\x04"),
        bad("type 0", b"\0\0\0\0\x04"),
        bad("type 255", b"\xff\0\0\0\x04"),
        bad("a password out of turn", &frame(b'p', &[b"secret\0"])),
        bad("a server's message", b"Z\0\0\0\x05I"),
        bad("a length of 3", b"Q\0\0\0\x03"),
        bad("a length of 0", b"S\0\0\0\0"),
        bad("a negative length", b"Q\xff\xff\xff\xff"),
        bad("a length of a gigabyte", b"Q\x40\0\0\0select"),
        bad("a Sync of 20,000 bytes", &frame(b'S', &[&[0; 20_000]])),
        bad("a Bind of -2", b"B\xff\xff\xff\xfe"),
    ];
    scripts.extend([
        script("an answer, then an unknown type").send(&[query("select 1"), b"!\0\0\0\x04".to_vec()]).eof(),
        script("an unknown type in a pipeline").send(&[statement("select 1", &[]), b"!\0\0\0\x04".to_vec(), sync()]).eof(),
        script("an unknown type in a transaction").query("begin").send(&[b"y\0\0\0\x04".to_vec()]).eof(),
        script("an unknown type behind an error").send(&[parse("", "selec", &[]), b"!\0\0\0\x04".to_vec(), sync()]).eof(),
        script("a bad length behind answers").send(&[query("select 1"), query("select 2"), b"Q\0\0\0\x01".to_vec()]).eof(),
        script("an unknown type and much more").send(&[b"!\0\0\0\x04".to_vec(), vec![b'x'; 50_000]]).until(b'E', 1),
    ]);
    compare(scripts);
}
