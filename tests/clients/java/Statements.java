import java.io.*;
import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;

/** What every program does by JDBC, without a legacy name. */
final class Statements {
    private final Transcript t;
    private final Connection c;

    private Statements(Transcript t, Connection c) {
        this.t = t;
        this.c = c;
    }

    static void run(Transcript t, Connection c) throws Exception {
        Statements s = new Statements(t, c);
        s.execute("SET client_min_messages = warning; DROP SCHEMA IF EXISTS client_java CASCADE; CREATE SCHEMA client_java; SET search_path = client_java");
        s.execute("CREATE TABLE t (a serial PRIMARY KEY, b varchar(30), c numeric(10,2), d timestamp, e timestamptz, f bytea, g boolean, h char(4), i int[], j jsonb, k date, l time, m float8, n uuid, CHECK (c < 1000))");
        t.step("plain", s::plain);
        t.step("types", s::types);
        t.step("prepared again and again", s::again);
        t.step("errors", s::errors);
        t.step("batches", s::batches);
        t.step("generated keys", s::generatedKeys);
        t.step("fetch size", s::fetchSize);
        t.step("updatable", s::updatable);
        t.step("transactions", s::transactions);
        t.step("callable", s::callable);
        t.step("many", s::many);
        t.step("invalidated", s::invalidated);
        t.step("session", s::session);
        c.setAutoCommit(true);
        s.execute("SET client_min_messages = warning; DROP SCHEMA client_java CASCADE");
    }

    private void execute(String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            t.results(s, s.execute(sql));
        }
    }

    private void plain() throws SQLException {
        execute("SELECT 1 AS one, 'dos' AS two, NULL, 3.50::numeric, now() IS NOT NULL");
        execute("");
        execute(";");
        execute("/* nothing */");
        execute("SELECT 1; SELECT 2; INSERT INTO t (b) VALUES ('x'), ('y'); UPDATE t SET b = b || 'ñ'; SELECT a, b FROM t ORDER BY a; DELETE FROM t");
        execute("VALUES (1, 'a'), (2, 'b')");
        execute("SHOW search_path");
        execute("EXPLAIN (COSTS off) SELECT * FROM t WHERE a = 1");
        execute("SELECT");
        try (Statement s = c.createStatement()) {
            s.setMaxRows(2);
            t.rows(s.executeQuery("SELECT * FROM generate_series(1, 5)"));
            s.setEscapeProcessing(true);
            t.rows(s.executeQuery("SELECT {fn upper('abc')}, {d '2020-02-29'}, {ts '2020-02-29 12:30:00'}, {fn concat('a', 'b')}"));
            s.setMaxFieldSize(3);
            t.rows(s.executeQuery("SELECT 'abcdef'"));
        }
        t.say(c.isValid(10) + " " + c.getMetaData().getDatabaseProductVersion());
    }

    private void types() throws SQLException {
        try (PreparedStatement s = c.prepareStatement("INSERT INTO t (b, c, d, e, f, g, h, i, j, k, l, m, n) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)")) {
            t.parameters(s);
            s.setString(1, "año ñandú");
            s.setBigDecimal(2, new BigDecimal("123.45"));
            s.setTimestamp(3, Timestamp.valueOf("2024-02-29 23:59:59.123456"));
            s.setTimestamp(4, Timestamp.valueOf("2020-02-29 23:59:59.123456"));
            s.setBytes(5, new byte[] {0, 1, -1});
            s.setBoolean(6, true);
            s.setString(7, "x");
            s.setArray(8, c.createArrayOf("int4", new Integer[] {1, null, 3}));
            s.setString(9, "{\"a\": [1, 2]}");
            s.setDate(10, java.sql.Date.valueOf("1999-12-31"));
            s.setTime(11, Time.valueOf("12:34:56"));
            s.setDouble(12, 1.0 / 3);
            s.setObject(13, UUID.fromString("00000000-0000-0000-0000-00000000002a"));
            t.say(s.executeUpdate());
            for (int i = 1; i <= 13; i++) s.setNull(i, Types.NULL);
            t.say(s.executeUpdate());
            s.setObject(1, "java.time");
            s.setObject(3, LocalDateTime.of(2024, 4, 7, 2, 30));
            s.setObject(4, OffsetDateTime.of(2020, 4, 5, 2, 30, 0, 0, ZoneOffset.ofHours(-6)));
            s.setObject(10, LocalDate.of(-43, 3, 15));
            s.setObject(11, LocalTime.MAX);
            s.setBinaryStream(5, new ByteArrayInputStream(new byte[100_000]), 100_000);
            s.setCharacterStream(9, new StringReader("[\"" + "z".repeat(50_000) + "\"]"));
            s.setObject(2, 7, Types.NUMERIC);
            s.setObject(12, Float.NaN);
            t.say(s.executeUpdate());
        }
        execute("SELECT a, b, c, d, e, md5(f) AS f, g, h, i, md5(j::text) AS j, k, l, m, n FROM t ORDER BY a");
        try (PreparedStatement s = c.prepareStatement("SELECT ?::int + ?::int8, ?::text, ?::date, ?, ? || 'x'")) {
            s.setInt(1, 1);
            s.setLong(2, 1L << 40);
            s.setString(3, null);
            s.setObject(4, LocalDate.of(2024, 2, 29));
            s.setShort(5, (short) 5);
            s.setString(6, "concatenated");
            t.rows(s.executeQuery());
        }
        try (PreparedStatement s = c.prepareStatement("SELECT a FROM t WHERE a = ANY (?) AND (b = ? OR ? IS NULL)")) {
            s.setArray(1, c.createArrayOf("int4", new Object[] {1, 2, 3, 4, 5, 6}));
            s.setString(2, "java.time");
            s.setNull(3, Types.VARCHAR);
            t.rows(s.executeQuery());
        }
    }

    private void again() throws SQLException {
        try (PreparedStatement s = c.prepareStatement("SELECT a, b, c, k FROM t WHERE a > ? ORDER BY a")) {
            for (int n = 0; n < 8; n++) {
                s.setInt(1, n % 3);
                t.rows(s.executeQuery());
            }
            // Another type for the same parameter: the statement is parsed anew.
            s.setLong(1, 1);
            t.rows(s.executeQuery());
            s.setBigDecimal(1, BigDecimal.ONE);
            t.rows(s.executeQuery());
            t.columns(s.getMetaData());
        }
        for (int n = 0; n < 8; n++) {
            try (PreparedStatement s = c.prepareStatement("SELECT count(*) FROM t WHERE b = ?")) {
                s.setString(1, "java.time");
                t.rows(s.executeQuery());
            }
        }
    }

    private void errors() throws SQLException {
        for (String sql : List.of("SELECT nosuch FROM t", "SELECT * FROM t WHERE b = 'ñ' AND nosuch = 1", "SELEC 1", "SELECT 1; SELECT nosuch; SELECT 2",
            "INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (1)", "INSERT INTO t (c) VALUES (5000)", "INSERT INTO t (b) VALUES ('" + "x".repeat(31) + "')",
            "SELECT 1/0", "DO $$ BEGIN RAISE EXCEPTION 'own' USING ERRCODE = 'P0042', DETAIL = 'd', HINT = 'h'; END $$", "SELECT 'a' + 1", "DROP TABLE nosuch")) {
            t.step(sql, () -> execute(sql));
        }
        t.step("a wrong type", () -> {
            try (PreparedStatement s = c.prepareStatement("SELECT * FROM t WHERE a = ?")) {
                s.setString(1, "no number");
                t.rows(s.executeQuery());
            }
        });
        for (int n = 0; n < 7; n++) {
            t.step("it fails when run", () -> {
                try (PreparedStatement s = c.prepareStatement("SELECT 1 / ?::int FROM generate_series(1, 3)")) {
                    s.setInt(1, 0);
                    t.rows(s.executeQuery());
                }
            });
        }
        t.step("too few values", () -> c.prepareStatement("SELECT ?, ?").executeQuery());
        t.step("a null byte", () -> {
            PreparedStatement s = c.prepareStatement("SELECT ?");
            s.setString(1, "a\0b");
            t.rows(s.executeQuery());
        });
        execute("DO $$ BEGIN RAISE WARNING 'first'; RAISE WARNING 'second'; END $$");
    }

    private void batches() throws SQLException {
        execute("CREATE TABLE b (a int PRIMARY KEY, b text)");
        try (PreparedStatement s = c.prepareStatement("INSERT INTO b VALUES (?, ?)")) {
            for (int n = 0; n < 1000; n++) {
                s.setInt(1, n);
                s.setString(2, "fila " + n);
                s.addBatch();
            }
            t.say(Arrays.toString(s.executeBatch()));
            for (int n = 1000; n < 1010; n++) {
                s.setInt(1, n == 1005 ? 3 : n);
                s.setString(2, n % 2 == 0 ? null : "x");
                s.addBatch();
            }
            t.step("a row that is there", () -> t.say(Arrays.toString(s.executeBatch())));
        }
        execute("SELECT count(*), max(a), md5(string_agg(b, ',' ORDER BY a)) FROM b");
        try (PreparedStatement s = c.prepareStatement("UPDATE b SET b = ? WHERE a < ?")) {
            for (int n = 0; n < 20; n++) {
                s.setString(1, "v" + n);
                s.setInt(2, n);
                s.addBatch();
            }
            t.say(Arrays.toString(s.executeLargeBatch()));
        }
        try (Statement s = c.createStatement()) {
            s.addBatch("INSERT INTO b VALUES (2000, 'statement')");
            s.addBatch("UPDATE b SET b = 'u' WHERE a > 990");
            s.addBatch("DELETE FROM b WHERE a = 2000");
            t.say(Arrays.toString(s.executeBatch()));
            s.addBatch("INSERT INTO b VALUES (2001, 'statement')");
            s.addBatch("SELECT 1");
            s.addBatch("INSERT INTO b VALUES (nosuch)");
            t.step("a batch that fails", () -> t.say(Arrays.toString(s.executeBatch())));
        }
        execute("SELECT count(*) FROM b");
    }

    private void generatedKeys() throws SQLException {
        try (Statement s = c.createStatement()) {
            s.executeUpdate("INSERT INTO t (a, b) VALUES (501, 'k1'), (502, 'k2')", Statement.RETURN_GENERATED_KEYS);
            t.rows(s.getGeneratedKeys());
            s.executeUpdate("UPDATE t SET b = 'k3' WHERE a > 500", new String[] {"a", "b"});
            t.rows(s.getGeneratedKeys());
            s.executeUpdate("DELETE FROM t WHERE a = 501");
            t.rows(s.getGeneratedKeys());
            t.step("no such key", () -> s.executeUpdate("INSERT INTO t (a) VALUES (503)", new String[] {"nosuch"}));
        }
        try (PreparedStatement s = c.prepareStatement("INSERT INTO t (a, b) VALUES (?, ?)", new String[] {"a"})) {
            for (int n = 0; n < 30; n++) {
                s.setInt(1, 600 + n);
                s.setString(2, "batch " + n);
                s.addBatch();
            }
            t.say(Arrays.toString(s.executeBatch()));
            t.rows(s.getGeneratedKeys());
        }
        execute("DELETE FROM t WHERE a > 500");
    }

    private void fetchSize() throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("SELECT i, repeat('x', i % 50) FROM generate_series(1, ?) i")) {
            for (int size : new int[] {1, 7, 100, 0}) {
                s.setFetchSize(size);
                s.setInt(1, 250);
                try (ResultSet rows = s.executeQuery()) {
                    long sum = 0;
                    while (rows.next()) {
                        sum += rows.getInt(1) + rows.getString(2).length();
                        if (rows.getInt(1) == 20) {
                            execute("SELECT 'between two fetches'");
                            rows.setFetchSize(33);
                        }
                    }
                    t.say(size + " " + sum);
                }
            }
            s.setFetchSize(5);
            ResultSet left = s.executeQuery();
            left.next();
            s.setInt(1, 11);
            t.rows(s.executeQuery());
        }
        try (Statement s = c.createStatement()) {
            s.setFetchSize(4);
            t.step("it fails later", () -> t.rows(s.executeQuery("SELECT i, 10 / (i - 9) FROM generate_series(1, 20) i")));
            t.step("aborted", () -> execute("SELECT 1"));
            c.rollback();
            s.setMaxRows(6);
            t.rows(s.executeQuery("SELECT * FROM generate_series(1, 50)"));
        }
        c.commit();
        try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY); ResultSet rows = s.executeQuery("SELECT * FROM generate_series(1, 9) i")) {
            rows.last();
            t.say(rows.getRow());
            rows.absolute(-3);
            t.say(rows.getInt(1));
            rows.previous();
            rows.relative(-2);
            t.say(rows.getInt(1));
        }
        try (Statement s = c.createStatement(ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY, ResultSet.HOLD_CURSORS_OVER_COMMIT)) {
            s.setFetchSize(2);
            ResultSet rows = s.executeQuery("SELECT * FROM generate_series(1, 9) i");
            rows.next();
            c.commit();
            t.rows(rows);
        }
        c.setAutoCommit(true);
    }

    private void updatable() throws SQLException {
        try (Statement s = c.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE); ResultSet rows = s.executeQuery("SELECT a, b FROM b WHERE a < 5")) {
            while (rows.next()) {
                if (rows.getInt(1) % 2 == 0) {
                    rows.updateString("b", "updated " + rows.getInt(1));
                    rows.updateRow();
                } else {
                    rows.deleteRow();
                }
            }
            rows.moveToInsertRow();
            rows.updateInt("a", 3000);
            rows.updateString(2, "inserted");
            rows.insertRow();
            rows.last();
            rows.refreshRow();
            t.say(t.row(rows));
        }
        execute("SELECT * FROM b WHERE a < 6 OR a >= 3000 ORDER BY a");
    }

    private void transactions() throws SQLException {
        c.setAutoCommit(false);
        for (int level : new int[] {Connection.TRANSACTION_SERIALIZABLE, Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_READ_COMMITTED}) {
            c.setTransactionIsolation(level);
            execute("SHOW transaction_isolation");
            c.commit();
        }
        c.setReadOnly(true);
        t.step("read only", () -> execute("INSERT INTO b VALUES (4000, 'x')"));
        c.rollback();
        c.setReadOnly(false);
        execute("INSERT INTO b VALUES (4000, 'x')");
        Savepoint one = c.setSavepoint("one");
        execute("INSERT INTO b VALUES (4001, 'y')");
        Savepoint two = c.setSavepoint();
        t.step("a row that is there", () -> execute("INSERT INTO b VALUES (4000, 'again')"));
        t.step("in an aborted transaction", () -> execute("SELECT 'is it?'"));
        c.rollback(two);
        execute("INSERT INTO b VALUES (4002, 'z')");
        c.rollback(one);
        execute("INSERT INTO b VALUES (4003, 'w')");
        c.releaseSavepoint(one);
        t.step("released", () -> c.rollback(one));
        t.step("commit", c::commit);
        t.step("rollback", c::rollback);
        execute("SELECT a FROM b WHERE a >= 4000 ORDER BY a");
        for (int n = 0; n < 7; n++) {
            try (PreparedStatement s = c.prepareStatement("INSERT INTO b VALUES (?, 'in autosave')")) {
                s.setInt(1, 5000 + n / 2);
                t.step("insert " + n / 2, () -> t.say(s.executeUpdate()));
            }
        }
        t.step("commit", c::commit);
        execute("SELECT a FROM b WHERE a >= 5000 ORDER BY a");
        c.rollback();
        c.setAutoCommit(true);
        t.say(((org.postgresql.jdbc.PgConnection) c).getTransactionState());
    }

    private void callable() throws SQLException {
        execute("CREATE FUNCTION add(x int, y int) RETURNS int LANGUAGE sql AS 'SELECT x + y'");
        execute("CREATE FUNCTION outs(a int, OUT b text, OUT c numeric) LANGUAGE sql AS $$ SELECT 'b' || a, a * 1.5 $$");
        execute("CREATE FUNCTION rows() RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE r refcursor := 'named'; BEGIN OPEN r FOR SELECT i, 'fila ' || i FROM generate_series(1, 4) i; RETURN r; END $$");
        execute("CREATE PROCEDURE twice(INOUT n int) LANGUAGE plpgsql AS $$ BEGIN n := n * 2; END $$");
        for (int n = 0; n < 7; n++) {
            t.step("add", () -> {
                try (CallableStatement s = c.prepareCall("{? = call add(?, ?)}")) {
                    s.registerOutParameter(1, Types.INTEGER);
                    s.setInt(2, 40);
                    s.setInt(3, 2);
                    s.execute();
                    t.say(s.getInt(1));
                }
            });
        }
        t.step("outs", () -> {
            try (CallableStatement s = c.prepareCall("{call outs(?, ?, ?)}")) {
                s.setInt(1, 7);
                s.registerOutParameter(2, Types.VARCHAR);
                s.registerOutParameter(3, Types.NUMERIC);
                s.execute();
                t.say(s.getString(2) + " " + s.getBigDecimal(3));
            }
        });
        t.step("rows", () -> {
            c.setAutoCommit(false);
            try (CallableStatement s = c.prepareCall("{? = call rows()}")) {
                s.registerOutParameter(1, Types.REF_CURSOR);
                s.execute();
                t.rows((ResultSet) s.getObject(1));
            }
        });
        c.rollback();
        c.setAutoCommit(true);
        t.step("twice", () -> {
            try (CallableStatement s = c.prepareCall("call twice(?)")) {
                s.setInt(1, 21);
                s.registerOutParameter(1, Types.INTEGER);
                s.execute();
                t.say(s.getInt(1));
            }
        });
    }

    /** More statements than the driver keeps: old ones are closed on the server. */
    private void many() throws SQLException {
        for (int round = 0; round < 3; round++) {
            for (int n = 0; n < 300; n++) {
                try (PreparedStatement s = c.prepareStatement("SELECT ? + " + n)) {
                    s.setInt(1, round);
                    ResultSet rows = s.executeQuery();
                    rows.next();
                    if (rows.getInt(1) != round + n) t.say("wrong: " + rows.getInt(1));
                }
            }
        }
        execute("SELECT count(*) FROM generate_series(1, 100000)");
        try (PreparedStatement s = c.prepareStatement("SELECT length(?), md5(?)")) {
            s.setString(1, "w".repeat(3_000_000));
            s.setString(2, "w".repeat(3_000_000));
            t.rows(s.executeQuery());
        }
        try (Statement s = c.createStatement(); ResultSet rows = s.executeQuery("SELECT repeat('v', 5000000)")) {
            rows.next();
            t.say(rows.getString(1).length());
        }
    }

    /** A statement that the server knows by a name, and what it stands on changes. */
    private void invalidated() throws SQLException {
        execute("CREATE TABLE changing (a int)");
        execute("INSERT INTO changing VALUES (1)");
        try (PreparedStatement s = c.prepareStatement("SELECT * FROM changing")) {
            for (int n = 0; n < 6; n++) t.rows(s.executeQuery());
            execute("ALTER TABLE changing ADD b text DEFAULT 'new'");
            t.step("another column", () -> t.rows(s.executeQuery()));
            t.step("once more", () -> t.rows(s.executeQuery()));
            execute("DEALLOCATE ALL");
            t.step("deallocated", () -> t.rows(s.executeQuery()));
            t.step("once more", () -> t.rows(s.executeQuery()));
            execute("DISCARD ALL");
            execute("SET search_path = client_java");
            t.step("discarded", () -> t.rows(s.executeQuery()));
            execute("ALTER TABLE changing ALTER a TYPE text");
            c.setAutoCommit(false);
            t.step("in a transaction", () -> t.rows(s.executeQuery()));
            t.step("and again", () -> t.rows(s.executeQuery()));
            c.rollback();
            c.setAutoCommit(true);
            t.step("after it", () -> t.rows(s.executeQuery()));
        }
    }

    private void session() throws SQLException {
        c.setClientInfo("ApplicationName", "another name");
        execute("SHOW application_name");
        t.say(c.getClientInfo());
        t.say(c.getSchema() + " " + c.getCatalog() + " " + c.getHoldability() + " " + c.getNetworkTimeout());
        c.setSchema("public");
        execute("SHOW search_path");
        c.setSchema("client_java");
        Map<String, String> parameters = new TreeMap<>(((org.postgresql.PGConnection) c).getParameterStatuses());
        t.say(parameters);
        execute("SET DateStyle = 'ISO, DMY'");
        t.step("a setting that the driver needs", () -> execute("SET client_encoding = 'LATIN1'"));
    }
}
