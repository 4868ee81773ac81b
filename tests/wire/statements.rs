//! "Statements" of the transparent proxy, line by line, and what PostgreSQL's documentation of the message flow says beside it.

use crate::frames::*;
use crate::script::{Script, compare, raw, script};
use crate::stage::Way;

const INT4: u32 = 23;
const TEXT: u32 = 25;

#[test]
fn simple_queries() {
    let say = |name: &str, sql: &str| script(name).query(sql);
    compare([
        say("empty", ""),
        say("blank", " \n"),
        say("a comment", "-- isValid"),
        say("semicolons", ";;"),
        say("empty among others", "select 1;;select 2;"),
        say("several statements", "select 1; select 2, 'x' as y; update plain set a = a where a = 3; show datestyle"),
        say("an error among several", "select 1; select 1/0; select 2"),
        say("an error before anything runs", "select 1; selec 2"),
        say("a transaction in one message", "begin; select 1; commit; select 2"),
        say("a transaction left open", "begin; select 1").query("select 2").query("commit"),
        say("a transaction left aborted", "begin; select 1/0").query("select 2").query("; select 3").query("rollback"),
        say("commit of an aborted transaction", "begin; select 1/0; select 1").query("commit"),
        say("warnings", "commit").query("rollback; begin; begin; rollback"),
        say(
            "types",
            "select 1::int2, 2::int8, 3.5::numeric(6,2), 'x'::char(4), 'v'::varchar(9), null, now() is null, '{1,2}'::int[], '\\x00ff'::bytea, row(1,'a')",
        ),
        say("no rows, no columns", "select from plain where a < 3").query("select * from plain where false"),
        say(
            "command tags",
            "create temp table t (a int); insert into t select generate_series(1, 7); update t set a = a; delete from t where a > 5; truncate t; drop table t",
        ),
        say("all error fields", "select failing(9)"),
        say("an error with a position", "select  nada from plain"),
        say("a position behind letters of two bytes", "select 'ñandú', nada"),
        say("a position in the third statement", "select 1; select 2; select nada"),
        say("an internal position", "select nested('select nada')"),
        say("violations name table and constraint", "insert into plain values (1)"),
        say("a column's violation", "insert into plain values (null)"),
        say("a value out of range", "select 3000000000::int4, 1"),
        say("notices", "select noisy(3)"),
        say("a procedure", "call call_me(1)"),
        say(
            "parameter status",
            "set timezone = 'UTC'; set datestyle = 'German'; set application_name = 'x'; set intervalstyle = 'iso_8601'",
        )
        .query("begin; set timezone = 'Asia/Tokyo'")
        .query("rollback")
        .query("reset all"),
        say("NUL ends the text: what stands behind it is refused", "select 1")
            .send(&[frame(b'Q', &[b"select 2\0select 3\0"])])
            .ready(1),
        say("no terminator", "select 1").send(&[frame(b'Q', &[b"select 2"])]).ready(1),
        say("explain", "explain (costs off) select a from plain where a = 1"),
        say("cursors", "begin; declare c cursor for select a from plain order by a; fetch 2 from c")
            .query("fetch 2 from c; move 3 in c; close c; commit"),
        say("savepoints", "begin; savepoint a; select 1/0").query("rollback to a").query("select 1; release a; commit"),
        say("prepared transactions", "begin; select 1; prepare transaction 'wire'").query("rollback prepared 'wire'"),
        say("a statement of 300 KB", &format!("select length('{}')", "x".repeat(300_000))),
        say("a row of 300 KB", "select repeat('x', 300000)"),
    ]);
}

#[test]
fn extended_queries() {
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    let two = || parse("s", "select $1::int4 + 1, $2::text", &[]);
    compare([
        send("sync alone", &[sync(), sync()], 2),
        send("parse, bind, describe, execute", &[statement("select a, b from plain where a < $1 order by a", &["4"]), sync()], 1),
        send("describe of a statement", &[two(), describe(b'S', "s"), sync()], 1),
        send(
            "types given",
            &[
                parse("", "select $1, $2", &[INT4, TEXT]),
                describe(b'S', ""),
                bind_text("", "", &["1", "x"]),
                execute("", 0),
                sync(),
            ],
            1,
        ),
        send("unknown types", &[parse("", "select $1, $2::int4", &[0]), describe(b'S', ""), sync()], 1),
        send("format codes: none", &[two(), bind("", "s", &[], &[Some(b"4"), None], &[]), execute("", 0), sync()], 1),
        send(
            "format codes: one for all",
            &[two(), bind("", "s", &[0], &[Some(b"4"), Some(b"x")], &[1]), execute("", 0), sync()],
            1,
        ),
        send(
            "format codes: one each",
            &[
                two(),
                bind("", "s", &[1, 0], &[Some(&[0, 0, 0, 4]), Some(b"x")], &[1, 0]),
                describe(b'P', ""),
                execute("", 0),
                sync(),
            ],
            1,
        ),
        send(
            "one code with no parameter",
            &[parse("", "select 1", &[]), bind("", "", &[1], &[], &[1]), execute("", 0), sync()],
            1,
        ),
        send(
            "too many format codes",
            &[two(), bind("", "s", &[1, 1, 1], &[None, None], &[]), execute("", 0), sync(), statement("select 1", &[]), sync()],
            2,
        ),
        send("too few values", &[two(), bind_text("", "s", &["1"]), execute("", 0), sync()], 1),
        send("a bad binary value", &[two(), bind("", "s", &[1], &[Some(b"123"), Some(b"x")], &[]), execute("", 0), sync()], 1),
        send("several statements in one Parse", &[parse("", "select 1; select 2", &[]), sync()], 1),
        send(
            "an empty Parse",
            &[parse("", "", &[]), describe(b'S', ""), bind_text("", "", &[]), describe(b'P', ""), execute("", 0), sync()],
            1,
        ),
        send("a statement without rows", &[statement("set local timezone = 'UTC'", &[]), sync()], 1),
        send("an update", &[statement("update plain set b = b where a <= $1", &["3"]), sync()], 1),
        send("returning", &[statement("update plain set b = b where a = $1 returning a, b", &["3"]), sync()], 1),
        send("42P05: a name taken", &[two(), two(), sync(), describe(b'S', "s"), sync()], 2),
        send(
            "the unnamed statement is replaced",
            &[parse("", "select 1", &[]), parse("", "select 2", &[]), bind_text("", "", &[]), execute("", 0), sync()],
            1,
        ),
        send(
            "a failed Parse destroys the unnamed statement",
            &[parse("", "select 1", &[]), sync(), parse("", "selec", &[]), sync(), bind_text("", "", &[]), sync()],
            3,
        ),
        send(
            "a simple Query destroys the unnamed statement",
            &[parse("", "select 1", &[]), sync(), query("select 2"), bind_text("", "", &[]), execute("", 0), sync()],
            3,
        ),
        send(
            "26000 and 34000",
            &[
                bind_text("", "nada", &[]),
                sync(),
                describe(b'S', "nada"),
                sync(),
                describe(b'P', "nada"),
                sync(),
                execute("nada", 0),
                sync(),
            ],
            4,
        ),
        send("Close of nothing", &[close(b'S', "nada"), close(b'P', "nada"), close(b'S', ""), sync()], 1),
        send("Close frees the name", &[two(), close(b'S', "s"), two(), sync()], 1),
        send("Close after a failed Parse", &[parse("s", "selec", &[]), sync(), close(b'S', "s"), two(), sync()], 2),
        send("a bad Close and a bad Describe", &[close(b'X', "s"), sync(), describe(b'Q', "s"), sync()], 2),
        send(
            "a portal survives its statement",
            &[
                parse("s", "select generate_series(1, 3)", &[]),
                bind_text("p", "s", &[]),
                close(b'S', "s"),
                execute("p", 0),
                sync(),
            ],
            1,
        ),
        send(
            "42P03: a portal's name taken",
            &[
                query("begin"),
                parse("s", "select 1", &[]),
                bind_text("p", "s", &[]),
                bind_text("p", "s", &[]),
                sync(),
                query("rollback"),
            ],
            3,
        ),
        send(
            "names of 63 bytes and more",
            &[
                parse(&"n".repeat(70), "select 1", &[]),
                parse(&"n".repeat(64), "select 2", &[]),
                sync(),
                bind_text("", &"n".repeat(63), &[]),
                execute("", 0),
                sync(),
            ],
            2,
        ),
        send(
            "a name of 2,000 bytes",
            &[
                parse(&"n".repeat(2000), "select 1", &[]),
                bind_text(&"p".repeat(2000), &"n".repeat(2000), &[]),
                execute(&"p".repeat(2000), 0),
                sync(),
            ],
            1,
        ),
        send(
            "an unterminated name",
            &[
                frame(b'B', &[b"no end"]),
                sync(),
                frame(b'P', &[b"no end"]),
                sync(),
                frame(b'E', &[b"no end"]),
                sync(),
                frame(b'D', &[b""]),
                sync(),
                frame(b'C', &[b"S"]),
                sync(),
            ],
            5,
        ),
        send(
            "bytes behind a message's end",
            &[
                frame(b'P', &[b"\0select 1\0\0\0more"]),
                sync(),
                frame(b'S', &[b"more"]),
                frame(b'E', &[b"\0\0\0\0\0more"]),
                sync(),
            ],
            3,
        ),
        send(
            "Bind with a count that is too large",
            &[parse("", "select $1::text", &[]), frame(b'B', &[b"\0\0\0\0\x7f\xff"]), sync()],
            1,
        ),
        send(
            "a value longer than its message",
            &[parse("", "select $1::text", &[]), frame(b'B', &[b"\0\0\0\0\0\x01\0\0\xff\xffabc\0\0"]), sync()],
            1,
        ),
    ]);
}

#[test]
fn prepared_by_sql_and_by_protocol() {
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    let s9 = || parse("s9", "select 9", &[]);
    let run = || [bind_text("", "s9", &[]), execute("", 0)].concat();
    compare([
        send(
            "PREPARE, then Bind",
            &[query("prepare s9 (int) as select $1 + 1"), bind_text("", "s9", &["4"]), execute("", 0), sync()],
            2,
        ),
        send("Parse, then EXECUTE", &[s9(), sync(), query("execute s9; deallocate s9; execute s9")], 2),
        send(
            "PREPARE of a legacy name, then Bind",
            &[
                query("prepare s9 (int) as select tipctipo from tipocorreo where tipctipo < $1 order by 1"),
                bind_text("", "s9", &["4"]),
                execute("", 0),
                sync(),
            ],
            2,
        )
        .rewritten(),
        send(
            "Parse of a legacy name, then EXECUTE",
            &[parse("s9", "select max(htofid) from histipooficina", &[]), sync(), query("execute s9"), query("deallocate s9")],
            3,
        )
        .rewritten(),
        send("DEALLOCATE ALL by Query", &[s9(), sync(), query("deallocate all"), run(), sync()], 3),
        send("DISCARD ALL by Query", &[s9(), sync(), query("discard all"), run(), sync(), query("show search_path")], 4),
        send("DEALLOCATE ALL inside a pipeline", &[s9(), statement("deallocate all", &[]), s9(), run(), sync()], 1),
        send("DISCARD ALL inside a pipeline", &[statement("discard all", &[]), sync(), s9(), run(), sync()], 2),
        send("reused ten times", &[s9(), vec![run(); 10].concat(), sync()], 1),
        send(
            "pg_prepared_statements shows what the client prepared",
            &[
                s9(),
                sync(),
                query("set search_path = public"),
                query("select name, statement from pg_prepared_statements order by 1"),
                query("select count(*) from pg_cursors"),
            ],
            4,
        ),
    ]);
}

#[test]
fn pipelines_and_errors() {
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    let one = |n: &str| statement("select $1::int", &[n]);
    compare([
        script("Flush answers at once")
            .send(&[one("1"), flush()])
            .until(b'C', 1)
            .send(&[one("2"), flush()])
            .until(b'C', 1)
            .send(&[sync()])
            .ready(1),
        script("Flush behind each message")
            .send(&[parse("", "select 1", &[]), flush()])
            .until(b'1', 1)
            .send(&[bind_text("", "", &[]), flush()])
            .until(b'2', 1)
            .send(&[describe(b'P', ""), flush()])
            .until(b'T', 1)
            .send(&[execute("", 0), flush()])
            .until(b'C', 1)
            .send(&[sync()])
            .ready(1),
        script("an error comes at once")
            .send(&[parse("", "selec", &[])])
            .until(b'E', 1)
            .send(&[one("1"), flush(), sync()])
            .ready(1)
            .query("select 1"),
        send("everything up to Sync is skipped", &[parse("", "selec", &[]), one("1"), one("2"), sync(), one("3"), sync()], 2),
        send(
            "a Query behind a failed Parse is skipped",
            &[parse("", "selec", &[]), query("select 1"), query("select 2"), sync()],
            1,
        ),
        send(
            "a FunctionCall behind a failed Parse is skipped",
            &[parse("", "selec", &[]), function_call(1299, &[]), sync(), function_call(1610, &[])],
            2,
        ),
        send("an error in Bind", &[parse("", "select $1::int", &[]), bind_text("", "", &["x"]), execute("", 0), sync()], 1),
        send("an error in Execute", &[one("1"), statement("select 1 / $1::int", &["0"]), one("2"), sync(), one("3"), sync()], 2),
        send("an error in the middle of rows", &[statement("select failing(n) from generate_series(1, 9) n", &[]), sync()], 1),
        send(
            "an implicit transaction stays one",
            &[
                statement("create temp table one (a int)", &[]),
                statement("insert into one values (1)", &[]),
                statement("select 1/0", &[]),
                sync(),
                query("select * from one"),
            ],
            2,
        ),
        send(
            "an implicit transaction is committed at Sync",
            &[
                statement("create temp table one (a int)", &[]),
                sync(),
                statement("insert into one values (1)", &[]),
                sync(),
                query("select count(*) from one"),
            ],
            3,
        ),
        send("a Query in an open pipeline", &[one("1"), query("select 2"), one("3"), sync()], 2),
        send(
            "BEGIN in a pipeline",
            &[statement("begin", &[]), one("1"), sync(), one("2"), sync(), statement("rollback", &[]), sync()],
            3,
        ),
        send(
            "an aborted transaction over several Syncs",
            &[
                statement("begin", &[]),
                sync(),
                statement("select 1/0", &[]),
                sync(),
                one("1"),
                sync(),
                statement("rollback", &[]),
                sync(),
            ],
            4,
        ),
        send("Queries in one packet", &(0..50).map(|n| query(format!("select {n}"))).collect::<Vec<_>>(), 50),
        send("300 statements before one Sync", &[(0..300).flat_map(|n| one(&n.to_string())).collect(), sync()], 1),
        send(
            "Sync, Sync, Sync with errors",
            &[parse("", "selec", &[]), sync(), sync(), parse("", "selec", &[]), sync(), one("1"), sync()],
            4,
        ),
        script("Query and Terminate in one packet").send(&[query("select a from plain order by a"), terminate()]).eof(),
        script("a pipeline and Terminate in one packet").send(&[one("1"), one("2"), sync(), terminate()]).eof(),
        script("Terminate without Sync").send(&[one("1"), terminate()]).eof(),
        script("Terminate in an aborted pipeline").send(&[parse("", "selec", &[]), terminate()]).eof(),
        script("a client that half closes still gets its answer")
            .send(&[query("select a, pg_sleep(0.01) from plain order by a limit 3")])
            .half_close()
            .eof(),
        script("half a message, then the end").send(&[query("select 1"), query("select 2")[..7].to_vec()]).half_close().eof(),
    ]);
}

#[test]
fn portals() {
    let rows = |n: u32| execute("p", n);
    let open = || [parse("s", "select a, b from plain order by a", &[]), bind_text("p", "s", &[])].concat();
    let send = |name: &str, messages: &[Vec<u8>], ready: usize| script(name).send(messages).ready(ready);
    compare([
        send("suspended and resumed", &[query("begin"), open(), rows(3), rows(3), rows(0), rows(0), sync(), query("commit")], 3),
        send(
            "over Sync inside a transaction",
            &[query("begin"), open(), rows(3), sync(), rows(3), sync(), rows(50), sync(), query("commit")],
            5,
        ),
        send("outside a transaction Sync ends it", &[open(), rows(3), sync(), rows(3), sync()], 2),
        send(
            "the unnamed portal over Sync",
            &[
                query("begin"),
                parse("", "select a from plain order by a", &[]),
                bind_text("", "", &[]),
                execute("", 2),
                sync(),
                execute("", 2),
                sync(),
                query("commit"),
            ],
            4,
        ),
        send(
            "two portals in turn",
            &[
                query("begin"),
                parse("s", "select generate_series(1, 6)", &[]),
                bind_text("p", "s", &[]),
                bind_text("q", "s", &[]),
                rows(2),
                execute("q", 4),
                rows(2),
                execute("q", 4),
                sync(),
                query("commit"),
            ],
            3,
        ),
        send(
            "closed while suspended",
            &[query("begin"), open(), rows(3), close(b'P', "p"), rows(3), sync(), query("rollback")],
            3,
        ),
        send("exactly as many rows as asked", &[query("begin"), open(), rows(20), rows(1), sync(), query("commit")], 3),
        send(
            "a portal after an error",
            &[query("begin"), open(), rows(3), sync(), statement("select 1/0", &[]), sync(), rows(3), sync(), query("rollback")],
            5,
        ),
        send(
            "a legacy table by fetch size",
            &[
                query("begin"),
                parse("s", "select tipctipo from tipocorreo order by 1", &[]),
                bind_text("p", "s", &[]),
                describe(b'P', "p"),
                rows(7),
                sync(),
                rows(7),
                sync(),
                rows(7),
                sync(),
                query("commit"),
            ],
            5,
        )
        .rewritten(),
        send(
            "a cursor WITH HOLD by portal",
            &[
                query("begin"),
                query("declare h cursor with hold for select a from plain order by a"),
                query("commit"),
                execute("h", 3),
                sync(),
                execute("h", 3),
                sync(),
                query("close h"),
            ],
            6,
        ),
        send(
            "the search path set by the unnamed statement, used again",
            &[statement("set search_path = public", &[]), sync(), bind_text("", "", &[]), execute("", 0), sync()],
            2,
        ),
    ]);
}

/// The session's own question for the search path must leave no trace.
#[test]
fn the_search_path() {
    let step = |name: &str, first: &str| script(name).query(first);
    compare([
        step("the unnamed statement outlives it", "select 1")
            .send(&[
                parse("", "select set_config('search_path', $1, false)", &[]),
                bind_text("", "", &["public"]),
                execute("", 0),
                sync(),
            ])
            .ready(1)
            .send(&[bind_text("", "", &["cf_quere_pro"]), execute("", 0), sync()])
            .ready(1)
            .query("select count(*) from tipocorreo")
            .rewritten(),
        step("SET TRANSACTION behind it", "begin")
            .query("set search_path = cf_quere_pro")
            .query("set transaction isolation level serializable")
            .query("commit"),
        step("no snapshot is taken", "begin isolation level repeatable read")
            .query("set local search_path = public")
            .query("set transaction read only")
            .query("select a from cf_quere_pro.plain where a = 1")
            .query("commit"),
        step("used inside the same transaction", "begin")
            .query("set local search_path = cf_quere_pro")
            .query("select count(*) from tipocorreo")
            .query("set local search_path = public")
            .query("select count(*) from tipocorreo")
            .query("rollback")
            .rewritten(),
        step("a suspended portal outlives it", "begin")
            .send(&[
                parse("", "select a from cf_quere_pro.plain order by a", &[]),
                bind_text("", "", &[]),
                execute("", 2),
                sync(),
            ])
            .ready(1)
            .send(&[parse("x", "set search_path = public", &[]), bind_text("y", "x", &[]), execute("y", 0), sync()])
            .ready(1)
            .send(&[execute("", 2), sync()])
            .ready(1)
            .query("commit"),
        step("undone by a rollback", "begin; set search_path = public")
            .query("rollback")
            .query("select count(*) from tipocorreo")
            .rewritten(),
        step("of a role", "set role postgres").query("reset role").query("select count(*) from tipocorreo").rewritten(),
        step("messages of every level asked for", "set client_min_messages = debug5")
            .send(&[statement("set search_path = public, cf_quere_pro", &[]), sync()])
            .ready(1)
            .query("reset client_min_messages")
            .query("select count(*) from tipocorreo")
            .rewritten(),
    ]);
}

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
