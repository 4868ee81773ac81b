//! "Statements" of the transparent proxy, line by line, and what PostgreSQL's documentation of the message flow adds.

use crate::frames::*;
use crate::script::{compare, script};
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
        say("a statement of 300 KB", &format!("select length('{}')", "x".repeat(300_000)))
            .without(Way::Split)
            .without(Way::Bytes),
        say("a statement of 20 KB", &format!("select length('{}')", "x".repeat(20_000))),
        say("a row of 300 KB", "select repeat('x', 300000)").without(Way::Bytes),
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
