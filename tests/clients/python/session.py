"""What a program does by psycopg 3; prints everything that it is told. The first argument says whether on tables that are gone."""

import logging
import sys
import threading
import time
from datetime import date, datetime, timezone
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg.types.composite import CompositeInfo, register_composite
from psycopg.types.enum import EnumInfo

# Whether the end of a broken pipeline is heard of twice is a matter of chance.
logging.getLogger("psycopg").setLevel(logging.ERROR)
LEGACY = sys.argv[1] == "legacy"


def say(*parts):
    print(*parts, flush=True)


def error(e):
    d = e.diag
    fields = [d.severity, d.sqlstate, d.message_primary, d.message_detail, d.message_hint, d.statement_position, d.internal_position,
              d.internal_query, d.context, d.schema_name, d.table_name, d.column_name, d.datatype_name, d.constraint_name]
    if not LEGACY:
        fields += [d.source_file, d.source_line, d.source_function]
    say("!", type(e).__name__, fields if d.sqlstate else e)


def step(name, action):
    say("##", name)
    try:
        action()
    except psycopg.Error as e:
        error(e)


def rows(cursor):
    while True:
        say("=", cursor.statusmessage, cursor.rowcount)
        if cursor.description:
            for column in cursor.description:
                type_code = column.type_code if column.type_code < 16384 else "its own"
                say("-", column.name, type_code, column.internal_size, column.precision, column.scale)
            for row in cursor:
                say("|", row)
        if not cursor.nextset():
            break


def run(connection, query, *values, **how):
    with connection.cursor(binary=how.pop("binary", False)) as cursor:
        cursor.execute(query, *values, **how)
        rows(cursor)


def connect(**more):
    return psycopg.connect(autocommit=more.pop("autocommit", True), **more)


def notice(diagnostic):
    say("~", diagnostic.severity, diagnostic.message_primary, diagnostic.message_detail)


def asleep(pid):
    """Waits until another session sees this one asleep."""
    with connect() as watcher:
        while watcher.execute("SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'", (pid,)).fetchone()[0] == 0:
            time.sleep(0.005)


def plain():
    c = connect()
    c.add_notice_handler(notice)
    run(c, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS client_python CASCADE; CREATE SCHEMA client_python; SET search_path = client_python")
    run(c, "CREATE TABLE t (a int PRIMARY KEY, b text, c numeric, d timestamptz, e bytea, f jsonb, g int[], h date)")
    values = (1, "año ñ", Decimal("12.50"), datetime(2024, 2, 29, 12, tzinfo=timezone.utc), b"\0\xff", Jsonb({"a": [1, None]}), [1, None, 3], date(1999, 12, 31))
    run(c, "INSERT INTO t VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING *", values)
    run(c, "INSERT INTO t VALUES (%b, %b, %b, %b, %b, %b, %b, %b) RETURNING *", (2, *values[1:]), binary=True)
    run(c, "INSERT INTO t (a, b) VALUES (%(a)s, %(b)t)", {"a": 3, "b": "named"})
    run(c, "SELECT 1; SELECT 'two' AS b; UPDATE t SET b = b; SELECT 4 WHERE false")
    run(c, "")
    for n in range(8):
        run(c, "SELECT a, b FROM t WHERE a > %s ORDER BY a", (n % 3,))
        run(c, "SELECT a, c FROM t WHERE a > %s ORDER BY a", (n % 3,), binary=True, prepare=True)
    for query in ["SELECT nosuch FROM t", "SELECT 'ñ', nosuch FROM t", "SELEC 1", "SELECT 1/0", "INSERT INTO t (a) VALUES (1)",
                  "DO $$ BEGIN RAISE EXCEPTION 'own' USING ERRCODE = 'P0042', DETAIL = 'd', HINT = 'h'; END $$"]:
        step(query, lambda: run(c, query))
        step(query + ", prepared", lambda: run(c, query, prepare=True))
    run(c, "DO $$ BEGIN RAISE WARNING 'a warning' USING DETAIL = 'its detail'; END $$")

    say("# many")
    with c.cursor() as cursor:
        cursor.executemany("INSERT INTO t (a, b) VALUES (%s, %s)", [(100 + n, f"fila {n}") for n in range(500)])
        say(cursor.rowcount)
        cursor.executemany("UPDATE t SET b = b || %s WHERE a = %s RETURNING b", [("x", 100), ("y", 101)], returning=True)
        rows(cursor)
        step("a row that is there", lambda: cursor.executemany("INSERT INTO t (a) VALUES (%s)", [(1000,), (1,), (1001,)]))
    run(c, "SELECT count(*), md5(string_agg(b, ',' ORDER BY a)) FROM t")

    say("# pipelines")
    with c.pipeline() as pipeline:
        cursors = [c.execute("SELECT %s::int + generate_series(1, 3)", (n,)) for n in range(200)]
        pipeline.sync()
        insert = c.execute("INSERT INTO t (a) VALUES (2000) RETURNING a")
        say(insert.fetchone(), sum(sum(r[0] for r in cursor) for cursor in cursors))
    def broken():
        with c.pipeline():
            c.execute("INSERT INTO t (a) VALUES (2001)")
            c.execute("SELECT 1/0")
            c.execute("INSERT INTO t (a) VALUES (2002)")
    step("a pipeline that breaks", broken)
    def continued():
        with c.pipeline() as pipeline:
            c.execute("INSERT INTO t (a) VALUES (2003)")
            pipeline.sync()
            # Whether execute already sees the error, or only fetchall, is a matter of time.
            step("fails", lambda: c.execute("SELECT nosuch").fetchall())
            pipeline.sync()
            say(c.execute("SELECT 'goes on'").fetchall())
    step("a pipeline that goes on", continued)
    with c.pipeline(), c.transaction():
        with c.cursor() as cursor:
            cursor.executemany("INSERT INTO t (a, b) VALUES (%s, %s)", [(3000 + n, "w" * 1000) for n in range(1000)])
    run(c, "SELECT count(*), sum(length(b)) FROM t WHERE a >= 2000")

    say("# cursors on the server")
    with connect(autocommit=False, options="-c search_path=client_python") as d:
        with d.cursor("named", scrollable=True) as cursor:
            cursor.itersize = 7
            cursor.execute("SELECT a, b FROM t WHERE a < %s ORDER BY a", (150,))
            say(sum(row[0] for row in cursor))
            cursor.scroll(0, mode="absolute")
            say(cursor.fetchmany(3), cursor.fetchone())
            cursor.scroll(-2)
            say(cursor.fetchone())
        with d.cursor("binary", binary=True, withhold=True) as cursor:
            cursor.execute("SELECT a, c FROM t ORDER BY a")
            say(cursor.fetchmany(2))
            d.commit()
            say(len(cursor.fetchall()))
        step("aborted", lambda: run(d, "SELECT 1/0"))
        step("aborted", lambda: run(d, "SELECT 1"))
        d.rollback()
        say(d.info.transaction_status)
        try:
            with d.transaction():
                run(d, "INSERT INTO t (a) VALUES (5000)")
                try:
                    with d.transaction("inner_point"):
                        run(d, "INSERT INTO t (a) VALUES (5000)")
                except psycopg.Error as e:
                    error(e)
                run(d, "INSERT INTO t (a) VALUES (5001)")
                raise psycopg.Rollback()
        except psycopg.Error as e:
            error(e)
        run(d, "SELECT count(*) FROM t WHERE a >= 5000")

    say("# copy")
    with c.cursor() as cursor:
        with cursor.copy("COPY t (a, b) FROM STDIN") as copy:
            for n in range(1000):
                copy.write_row((6000 + n, None if n % 7 == 0 else f"fila\t{n}\nñ\\"))
        say(cursor.rowcount, cursor.statusmessage)
        with cursor.copy("COPY t (a, b) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int4", "text"])
            for n in range(100):
                copy.write_row((8000 + n, "binary"))
        say(cursor.rowcount)
        def faulty():
            with cursor.copy("COPY t (a, b) FROM STDIN") as copy:
                for n in range(5000):
                    copy.write(f"{'x' if n == 2500 else 10000 + n}\tfault\n")
        step("a fault in the middle", faulty)
        def left():
            with cursor.copy("COPY t (a) FROM STDIN") as copy:
                copy.write_row((20000,))
                raise psycopg.DataError("the program changed its mind")
        step("given up", left)
        with cursor.copy("COPY (SELECT a, b FROM t ORDER BY a) TO STDOUT") as copy:
            say(sum(len(part) for part in copy))
        with cursor.copy("COPY (SELECT a, b, c FROM t WHERE a < 110 ORDER BY a) TO STDOUT") as copy:
            copy.set_types(["int4", "text", "numeric"])
            for row in copy.rows():
                say("|", row)
        with cursor.copy("COPY (SELECT a, b FROM t ORDER BY a) TO STDOUT (FORMAT binary)") as copy:
            say(sum(len(part) for part in copy))
        step("no such table", lambda: cursor.copy("COPY nosuch TO STDOUT").__enter__())
    run(c, "SELECT count(*), md5(string_agg(b, ',' ORDER BY a)) FROM t")

    say("# types that it asks for")
    run(c, "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TYPE pair AS (a int, b mood)")
    say(EnumInfo.fetch(c, "mood").labels)
    info = CompositeInfo.fetch(c, "pair")
    say(info.field_names)
    register_composite(info, c)
    run(c, "SELECT ROW(1, 'ok')::pair, ARRAY['sad']::mood[]")
    with c.cursor(row_factory=dict_row) as cursor:
        say(cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY 1 LIMIT 1").format(sql.Identifier("a"), sql.Identifier("t"))).fetchall())
    run(c, "SELECT %s, length(%s), md5(%s)", ("q" * 10, "q" * 2_000_000, b"z" * 2_000_000))

    say("# told at any moment")
    c.execute("LISTEN heard")
    heard = c.notifies()
    with connect() as other:
        other.execute("NOTIFY heard, 'while idle'")
        say(next(heard).payload)
        other.execute("SELECT pg_notify('heard', i::text) FROM generate_series(1, 3) i")
        say([next(heard).payload for _ in range(3)])
    heard.close()
    c.execute("UNLISTEN *")
    canceller = threading.Thread(target=lambda: (asleep(c.info.backend_pid), c.cancel()))
    canceller.start()
    step("cancelled", lambda: run(c, "SELECT pg_sleep(600)"))
    canceller.join()
    run(c, "SELECT 'alive'")
    say(c.info.parameter_status("server_version"), c.info.parameter_status("TimeZone"), c.info.encoding, c.info.transaction_status)
    run(c, "SET client_encoding = LATIN1")
    run(c, "SELECT 'ñandú', %s", ("año",))
    run(c, "SET client_encoding = UTF8")
    with c.transaction():
        step("two phases", lambda: None)
    c.close()
    d = connect(autocommit=False)
    d.tpc_begin(d.xid(1, "client_python", "branch"))
    run(d, "INSERT INTO client_python.t (a) VALUES (90000)")
    d.tpc_prepare()
    with connect() as other:
        say([str(x.gtrid) for x in other.tpc_recover()])
    d.tpc_commit()
    run(d, "SELECT count(*) FROM client_python.t WHERE a = 90000")
    d.commit()
    d.autocommit = True
    for more in [{"dbname": "nosuch"}, {"user": "nosuch"}, {"sslmode": "require"}, {"options": "-c nosuch=1"}]:
        step(more, lambda: connect(**more))
    run(d, "SET client_min_messages = warning; DROP SCHEMA client_python CASCADE")
    step("terminated", lambda: run(d, "SELECT pg_terminate_backend(pg_backend_pid())"))
    say(d.closed)


def legacy():
    c = connect()
    run(c, "SELECT * FROM tipooficina ORDER BY tofid")
    run(c, "SELECT * FROM tipooficina ORDER BY tofid", binary=True)
    for n in range(8):
        run(c, "SELECT tofid, tofsnpresen FROM cf_quere_pro.tipooficina WHERE tofid = %s", (n,))
        run(c, "SELECT count(*), max(htofhsthora) FROM histipooficina WHERE htofid < %s", (Decimal(n),), binary=True, prepare=True)
    with c.pipeline():
        cursors = [c.execute("SELECT htofdescri FROM histipooficina WHERE htofid = %s ORDER BY htofdescri", (n % 12,)) for n in range(100)]
        say([cursor.fetchall() for cursor in cursors][:12])
    def broken():
        with c.pipeline():
            c.execute("INSERT INTO tipositver VALUES (860, 1)")
            c.execute("INSERT INTO tipositver VALUES (860, 2)")
            c.execute("SELECT 'skipped'")
    step("a pipeline that breaks", broken)
    run(c, "SELECT count(*) FROM tipositver WHERE tsvid = 860")
    with c.cursor() as cursor:
        cursor.executemany("INSERT INTO tipositver (tsvid, tsvtxtid) VALUES (%s, %s) RETURNING tsvid", [(860 + n, n) for n in range(20)], returning=True)
        rows(cursor)
        step("a code that is there", lambda: cursor.executemany("INSERT INTO tipositver VALUES (%s, 1)", [(890,), (860,)]))
        cursor.executemany("UPDATE tipositver SET tsvtxtid = tsvtxtid + %s WHERE tsvid = %s", [(n, 860 + n) for n in range(20)])
        say(cursor.rowcount)
        with cursor.copy("COPY tipositver (tsvid, tsvtxtid) TO STDOUT") as copy:
            copy.set_types(["numeric", "numeric"])
            for row in sorted(copy.rows()):
                say("|", row)
    with connect(autocommit=False) as d:
        with d.cursor("named", scrollable=True) as cursor:
            cursor.itersize = 9
            cursor.execute("SELECT * FROM hisbarrio ORDER BY hisbarrio::text")
            for row in cursor:
                say("|", row)
            cursor.scroll(3, mode="absolute")
            say(cursor.fetchone())
        d.rollback()
        run(d, "DELETE FROM tipositver WHERE tsvid >= 860")
        d.rollback()
        run(d, "SELECT count(*) FROM tipositver")
    for query in ["SELECT nosuch FROM tipooficina", "SELECT 'ñ', nosuch FROM tipooficina WHERE tofid = 1", "INSERT INTO tipositver VALUES (1, 2, 3)"]:
        step(query, lambda: run(c, query))
        step(query + ", prepared", lambda: run(c, query, prepare=True))
    step("a null", lambda: run(c, "INSERT INTO tipositver (tsvid) VALUES (%s)", (899,)))
    # The path is set by a statement of its own, prepared before it runs.
    run(c, "SET search_path = public", prepare=True)
    step("not on the path", lambda: run(c, "SELECT count(*) FROM tipvalvula"))
    run(c, "SET search_path = cf_quere_pro", prepare=True)
    run(c, "SELECT count(*) FROM tipvalvula")
    run(c, "DELETE FROM tipositver WHERE tsvid >= 860")


legacy() if LEGACY else plain()
