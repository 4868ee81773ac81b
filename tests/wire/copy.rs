//! COPY by both protocols, with every message that can occur during it.

use crate::frames::*;
use crate::script::{compare, script};
use crate::stage::Way;

#[test]
fn copy_out() {
    compare([
        script("simple").query("copy plain to stdout"),
        script("with others")
            .query("select 1; copy (select a from plain where a < 4 order by a) to stdout with csv header; select 2"),
        script("binary").query("copy (select 1::int4, 'x'::text) to stdout with (format binary)"),
        script("an error in the middle")
            .query("copy (select failing(n) from generate_series(1, 9) n) to stdout")
            .query("select 1"),
        script("extended").send(&[statement("copy plain to stdout", &[]), sync()]).ready(1),
        script("extended with Flush")
            .send(&[statement("copy plain to stdout", &[]), flush()])
            .until(b'C', 1)
            .send(&[statement("select 1", &[]), sync()])
            .ready(1),
        script("a legacy table").query("copy (select * from tipocorreo order by 1) to stdout").rewritten(),
        script("a legacy table, extended")
            .send(&[statement("copy (select htofid from histipooficina order by 1) to stdout", &[]), sync()])
            .ready(1)
            .rewritten(),
        script("cancelled")
            .send(&[query("copy (select pg_sleep(60)) to stdout")])
            .wait_running("pg_sleep(60)")
            .cancel()
            .ready(1)
            .query("select 1"),
    ]);
}

#[test]
fn copy_in_by_the_simple_protocol() {
    let begin =
        |name: &str| script(name).query("create temp table c (a int, b text)").send(&[query("copy c from stdin")]).until(b'G', 1);
    let rows = || copy_data("1\tuno\n2\tdos\n");
    let state = "select array_agg(c::text order by a) from c";
    compare([
        begin("rows").send(&[rows(), copy_done()]).ready(1).query(state),
        begin("rows cut anywhere")
            .send(&[copy_data("1\tu"), copy_data("no\n2"), copy_data("\t"), copy_data("dos\n"), copy_done()])
            .ready(1)
            .query(state),
        begin("nothing").send(&[copy_done()]).ready(1).query(state),
        begin("an empty message").send(&[copy_data(""), rows(), copy_data(""), copy_done()]).ready(1).query(state),
        begin("the old end mark").send(&[copy_data("1\tuno\n\\.\n"), copy_done()]).ready(1).query(state),
        begin("CopyFail").send(&[rows(), copy_fail("no quiero")]).ready(1).query(state),
        begin("CopyFail in a transaction").send(&[copy_fail("")]).ready(1).query("select 1"),
        begin("Flush and Sync inside").send(&[rows(), flush(), sync(), rows(), flush(), copy_done()]).ready(1).query(state),
        begin("a bad row while data still arrives")
            .send(&[copy_data("x\ty\n"), rows(), rows(), copy_done()])
            .ready(1)
            .query(state),
        begin("a bad row, the end comes later")
            .send(&[copy_data("x\ty\n"), rows()])
            .until(b'Z', 1)
            .send(&[rows(), copy_done()])
            .query(state),
        begin("a bad row, a failure comes later")
            .send(&[copy_data("x\ty\n")])
            .until(b'Z', 1)
            .send(&[rows(), copy_fail("tarde")])
            .query(state),
        begin("a Query inside").send(&[query("select 1")]).eof(),
        begin("a Parse inside").send(&[rows(), parse("", "select 1", &[])]).eof(),
        begin("an unknown type inside").send(&[rows(), b"!\0\0\0\x04".to_vec()]).eof(),
        begin("Terminate inside").send(&[rows(), terminate()]).eof(),
        begin("half a message, then the end").send(&[rows(), rows()[..9].to_vec()]).half_close().eof(),
        begin("cancelled").send(&[rows()]).cancel().send(&[rows(), copy_done()]).ready(1).query("select 1").interrupted(),
        begin("terminated").send(&[rows()]).elsewhere("select pg_terminate_backend({pid})").eof().interrupted(),
        script("the end without a beginning")
            .send(&[copy_done(), copy_data("x"), copy_fail("x"), query("select 1")])
            .ready(1)
            .query("select 2"),
        script("the whole in one packet")
            .query("create temp table c (a int, b text)")
            .send(&[query("copy c from stdin"), rows(), copy_done(), query(state)])
            .ready(2),
        script("a failed COPY in one packet")
            .send(&[query("copy nada from stdin"), rows(), copy_done(), query("select 1")])
            .ready(2),
        script("two in one Query")
            .query("create temp table c (a int, b text)")
            .send(&[
                query("copy c from stdin; copy c (a) from stdin; select count(*) from c"),
                rows(),
                copy_done(),
                copy_data("3\n"),
                copy_done(),
            ])
            .ready(1)
            .query(state),
        script("csv, binary and a header")
            .query("create temp table c (a int, b text)")
            .send(&[query("copy c from stdin with (format csv, header match)"), copy_data("a,b\n1,\"x,y\"\n"), copy_done()])
            .ready(1)
            .send(&[
                query("copy c from stdin with (format binary)"),
                copy_data(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff"),
                copy_done(),
            ])
            .ready(1)
            .query(state),
        script("a legacy table")
            .query("begin")
            .send(&[query("copy tipocorreo from stdin"), copy_data("55\t1\n56\t2\n"), copy_done()])
            .ready(1)
            .query("select * from tipocorreo where tipctipo > 50 order by 1")
            .query("rollback")
            .rewritten(),
        script("a MB of rows")
            .query("create temp table c (a int, b text)")
            .send(&[
                query("copy c from stdin"),
                (0..1000).map(|n| copy_data(format!("{n}\t{}\n", "x".repeat(1000)))).collect::<Vec<_>>().concat(),
                copy_done(),
            ])
            .ready(1)
            .query("select count(*), sum(length(b)) from c")
            // A byte at a time in memory it takes minutes.
            .without(Way::Bytes),
    ]);
}

/// The key of a look-up, repeated by a row of the table, or of the same COPY.
#[test]
fn copy_in_of_a_key_that_is_there() {
    let begin = |name: &str| {
        let key = "delete from tipocorreo where tipctipo > 6000; insert into tipocorreo (tipctipo) values (6001)";
        script(name).query(key).send(&[query("copy tipocorreo (tipcdesctxtid, tipctipo) from stdin")]).until(b'G', 1)
    };
    let gone = "delete from tipocorreo where tipctipo > 6000";
    compare([
        begin("of the table").send(&[copy_data("1\t6002\n2\t6001\n3\t6003\n"), copy_done()]).ready(1).query(gone).rewritten(),
        begin("of the same COPY").send(&[copy_data("1\t6002\n2\t6002\n"), copy_done()]).ready(1).query(gone).rewritten(),
        begin("with the mark of the context in it")
            .send(&[copy_data("x: y\t6001\n"), copy_done()])
            .ready(1)
            .query(gone)
            .rewritten(),
    ]);
}

#[test]
fn copy_in_by_the_extended_protocol() {
    let begin = |name: &str| script(name).query("create temp table c (a int, b text)");
    let copy = || [parse("", "copy c from stdin", &[]), bind_text("", "", &[]), execute("", 0)].concat();
    let rows = || copy_data("1\tuno\n");
    let one = || statement("select count(*) from c", &[]);
    compare([
        begin("rows").send(&[copy(), rows(), copy_done(), sync()]).ready(1).query("select 1"),
        begin("step by step")
            .send(&[copy(), flush()])
            .until(b'G', 1)
            .send(&[rows()])
            .send(&[copy_done(), flush()])
            .until(b'C', 1)
            .send(&[sync()])
            .ready(1),
        begin("a Sync that is swallowed")
            .send(&[copy(), sync(), rows(), copy_done(), sync()])
            .ready(1)
            .send(&[one(), sync()])
            .ready(1),
        begin("statements behind it").send(&[copy(), rows(), copy_done(), one(), one(), sync()]).ready(1),
        begin("CopyFail").send(&[copy(), rows(), copy_fail("no"), sync(), one(), sync()]).ready(2),
        begin("a bad row while data still arrives")
            .send(&[copy(), copy_data("x\ty\n"), rows(), rows(), copy_done(), sync(), one(), sync()])
            .ready(2),
        begin("a bad row without Sync")
            .send(&[copy(), copy_data("x\ty\n"), flush()])
            .until(b'E', 1)
            .send(&[rows(), copy_done(), one(), sync()])
            .ready(1)
            .send(&[one(), sync()])
            .ready(1),
        begin("a failed COPY")
            .send(&[
                parse("", "copy nada from stdin", &[]),
                bind_text("", "", &[]),
                execute("", 0),
                rows(),
                copy_done(),
                sync(),
                one(),
                sync(),
            ])
            .ready(2),
        begin("ends without a beginning")
            .send(&[copy_done(), one(), copy_done(), sync(), copy_fail("x"), one(), sync()])
            .ready(2)
            .query("set search_path = public")
            .query("select 1"),
        begin("Terminate inside").send(&[copy(), rows(), terminate()]).eof(),
    ]);
}
