import java.io.*;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;
import java.util.concurrent.*;
import javax.sql.*;
import javax.transaction.xa.*;
import org.postgresql.*;
import org.postgresql.copy.*;
import org.postgresql.largeobject.*;

/** What PostgreSQL has beyond JDBC: COPY, notifications, large objects, cancelling, two-phase commit. */
final class Extras {
    private final Transcript t;
    private final Connection c;
    private final PGConnection pg;

    private Extras(Transcript t, Connection c) throws SQLException {
        this.t = t;
        this.c = c;
        this.pg = c.unwrap(PGConnection.class);
    }

    static void run(Transcript t, Connection c) throws Exception {
        Extras e = new Extras(t, c);
        e.execute("SET client_min_messages = warning; DROP SCHEMA IF EXISTS client_java CASCADE; CREATE SCHEMA client_java; SET search_path = client_java; CREATE TABLE k (a int PRIMARY KEY, b text)");
        t.step("copy", e::copy);
        t.step("notifications", e::notifications);
        t.step("large objects", e::largeObjects);
        t.step("cancel", e::cancel);
        t.step("timeout", e::timeout);
        t.step("two phases", e::twoPhases);
        t.step("a pooled connection", e::pooled);
        t.step("terminated", e::terminated);
        try (Connection last = Main.connect(""); Statement s = last.createStatement()) {
            s.execute("SET client_min_messages = warning; DROP SCHEMA client_java CASCADE");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            t.results(s, s.execute(sql));
        }
    }

    private void copy() throws Exception {
        CopyManager copy = pg.getCopyAPI();
        StringBuilder rows = new StringBuilder();
        for (int n = 0; n < 5000; n++) rows.append(n).append("\tfila ñ ").append(n).append('\n');
        t.say(copy.copyIn("COPY k FROM STDIN", new StringReader(rows.toString())));
        t.say(copy.copyIn("COPY k FROM STDIN CSV", new ByteArrayInputStream("6000,\"a,b\"\n6001,\n".getBytes()), 3));
        StringWriter out = new StringWriter();
        t.say(copy.copyOut("COPY (SELECT * FROM k ORDER BY a) TO STDOUT", out));
        t.say(out.toString().length() + " " + out.toString().startsWith(rows.toString()));
        ByteArrayOutputStream binary = new ByteArrayOutputStream();
        t.say(copy.copyOut("COPY k TO STDOUT BINARY", binary));
        execute("TRUNCATE k");
        CopyIn in = copy.copyIn("COPY k FROM STDIN BINARY");
        byte[] bytes = binary.toByteArray();
        for (int at = 0; at < bytes.length; at += 777) {
            in.writeToCopy(bytes, at, Math.min(777, bytes.length - at));
            if (at % 3 == 0) in.flushCopy();
        }
        t.say(in.endCopy() + " " + in.getFormat() + " " + in.getFieldCount() + " " + in.isActive());
        CopyIn cancelled = copy.copyIn("COPY k FROM STDIN");
        cancelled.writeToCopy("7000\tnever\n".getBytes(), 0, 11);
        cancelled.cancelCopy();
        t.step("a fault in the middle", () -> copy.copyIn("COPY k FROM STDIN", new StringReader("8000\tx\nno number\ty\n" + rows)));
        t.step("a row that is there", () -> copy.copyIn("COPY k FROM STDIN", new StringReader("1\tx\n")));
        t.step("no such table", () -> copy.copyIn("COPY nosuch FROM STDIN", new StringReader("1\tx\n")));
        t.step("no COPY", () -> copy.copyOut("SELECT 1", new StringWriter()));
        CopyOut rest = copy.copyOut("COPY k TO STDOUT");
        int length = 0;
        for (byte[] row = rest.readFromCopy(); row != null; row = rest.readFromCopy()) length += row.length;
        t.say(length);
        try (Writer w = new OutputStreamWriter(new PGCopyOutputStream(pg, "COPY k FROM STDIN"), StandardCharsets.UTF_8)) {
            w.write("9000\tby a stream\n");
        }
        execute("SELECT count(*), md5(string_agg(b, ',' ORDER BY a)) FROM k");
    }

    private void notifications() throws Exception {
        execute("LISTEN heard");
        execute("NOTIFY heard, 'own'");
        show(pg.getNotifications(60_000));
        try (Connection other = Main.connect(""); Statement s = other.createStatement()) {
            s.execute("SELECT pg_notify('heard', 'number ' || i) FROM generate_series(1, 3) i");
            // While this session says nothing; all of one transaction, maybe not in one read.
            for (int n = 0; n < 3; ) {
                PGNotification[] heard = pg.getNotifications(60_000);
                n += heard.length;
                show(heard);
            }
            c.setAutoCommit(false);
            execute("SELECT 'in a transaction'");
            s.execute("NOTIFY heard, 'held back'");
            c.commit();
            c.setAutoCommit(true);
            show(pg.getNotifications(60_000));
        }
        execute("UNLISTEN *");
        execute("DO $$ BEGIN RAISE WARNING 'a warning'; END $$");
    }

    private void show(PGNotification[] heard) {
        for (PGNotification n : heard) t.say(n.getName() + " " + n.getParameter());
    }

    private void largeObjects() throws Exception {
        c.setAutoCommit(false);
        LargeObjectManager manager = pg.getLargeObjectAPI();
        long oid = manager.createLO(LargeObjectManager.READWRITE);
        byte[] bytes = new byte[300_000];
        new Random(7).nextBytes(bytes);
        try (LargeObject object = manager.open(oid, LargeObjectManager.READWRITE)) {
            for (int at = 0; at < bytes.length; at += 50_000) object.write(bytes, at, 50_000);
            object.seek64(100_000, LargeObject.SEEK_SET);
            t.say(Arrays.equals(object.read(1000), Arrays.copyOfRange(bytes, 100_000, 101_000)) + " " + object.tell64() + " " + object.size64());
            object.truncate64(200_000);
            object.seek(-10, LargeObject.SEEK_END);
            t.say(Arrays.hashCode(object.read(100)));
        }
        c.commit();
        try (PreparedStatement s = c.prepareStatement("SELECT md5(lo_get(?)), length(lo_get(?))")) {
            s.setLong(1, oid);
            s.setLong(2, oid);
            t.rows(s.executeQuery());
        }
        try (LargeObject object = manager.open(oid, LargeObjectManager.READ); InputStream in = object.getInputStream(8192)) {
            t.say(Arrays.hashCode(in.readAllBytes()));
        }
        t.step("written to, opened for reading", () -> {
            try (LargeObject object = manager.open(oid, LargeObjectManager.READ)) {
                object.write(new byte[] {1});
            }
        });
        c.rollback();
        manager.delete(oid);
        c.commit();
        t.step("deleted", () -> manager.open(4_294_967_290L));
        c.rollback();
        c.setAutoCommit(true);
    }

    /** Another session tells when this one sleeps. */
    private void awaitSleep(int pid) throws Exception {
        try (Connection watcher = Main.connect(""); PreparedStatement s = watcher.prepareStatement("SELECT count(*) FROM pg_stat_activity WHERE pid = ? AND wait_event = 'PgSleep'")) {
            s.setInt(1, pid);
            while (true) {
                ResultSet rows = s.executeQuery();
                rows.next();
                if (rows.getInt(1) == 1) return;
                Thread.sleep(5);
            }
        }
    }

    private void cancel() throws Exception {
        ExecutorService aside = Executors.newSingleThreadExecutor();
        try (Statement s = c.createStatement()) {
            for (int n = 0; n < 3; n++) {
                Future<?> cancelled = aside.submit(() -> {
                    awaitSleep(pg.getBackendPID());
                    s.cancel();
                    return null;
                });
                t.step("asleep", () -> s.execute("SELECT pg_sleep(600)"));
                cancelled.get();
                t.rows(s.executeQuery("SELECT 'awake'"));
            }
            // Nothing runs: nothing may be hit.
            s.cancel();
            pg.cancelQuery();
            t.say(true);
        } finally {
            aside.shutdown();
        }
        try (Connection other = Main.connect(""); Statement s = other.createStatement()) {
            t.rows(s.executeQuery("SELECT 'another session is well'"));
        }
    }

    private void timeout() throws Exception {
        try (PreparedStatement s = c.prepareStatement("SELECT pg_sleep(?)")) {
            s.setQueryTimeout(1);
            s.setInt(1, 600);
            t.step("too long", s::execute);
            s.setInt(1, 0);
            s.execute();
        }
        execute("SET statement_timeout = 100");
        t.step("the server's own limit", () -> execute("SELECT pg_sleep(600)"));
        execute("RESET statement_timeout");
        execute("SELECT 'alive'");
    }

    private void twoPhases() throws Exception {
        org.postgresql.xa.PGXADataSource source = new org.postgresql.xa.PGXADataSource();
        source.setUrl(Main.url(""));
        XAConnection xa = source.getXAConnection();
        XAResource resource = xa.getXAResource();
        Connection inner = xa.getConnection();
        Id one = new Id(1);
        resource.start(one, XAResource.TMNOFLAGS);
        insert(inner, 10_001);
        resource.end(one, XAResource.TMSUCCESS);
        t.say(resource.prepare(one));
        for (Xid id : resource.recover(XAResource.TMSTARTRSCAN)) t.say(id.getFormatId() + " " + Arrays.toString(id.getGlobalTransactionId()));
        resource.commit(one, false);
        Id two = new Id(2);
        resource.start(two, XAResource.TMNOFLAGS);
        insert(inner, 10_002);
        resource.end(two, XAResource.TMSUCCESS);
        resource.commit(two, true);
        Id three = new Id(3);
        resource.start(three, XAResource.TMNOFLAGS);
        insert(inner, 10_003);
        resource.end(three, XAResource.TMFAIL);
        resource.rollback(three);
        Id four = new Id(4);
        resource.start(four, XAResource.TMNOFLAGS);
        insert(inner, 10_004);
        resource.end(four, XAResource.TMSUCCESS);
        resource.prepare(four);
        resource.rollback(four);
        t.step("unknown", () -> resource.commit(new Id(5), false));
        t.say(resource.recover(XAResource.TMSTARTRSCAN | XAResource.TMENDRSCAN).length);
        xa.close();
        execute("SELECT a FROM k WHERE a > 10000 ORDER BY a");
    }

    private static void insert(Connection inner, int key) throws SQLException {
        try (PreparedStatement s = inner.prepareStatement("INSERT INTO client_java.k VALUES (?, 'two phases')")) {
            s.setInt(1, key);
            s.executeUpdate();
        }
    }

    private record Id(int number) implements Xid {
        public int getFormatId() {
            return 77;
        }

        public byte[] getGlobalTransactionId() {
            return new byte[] {1, 2, (byte) number};
        }

        public byte[] getBranchQualifier() {
            return new byte[] {9};
        }
    }

    private void pooled() throws Exception {
        org.postgresql.ds.PGConnectionPoolDataSource source = new org.postgresql.ds.PGConnectionPoolDataSource();
        source.setUrl(Main.url("prepareThreshold=1"));
        PooledConnection pooled = source.getPooledConnection();
        for (int n = 0; n < 3; n++) {
            try (Connection inner = pooled.getConnection(); PreparedStatement s = inner.prepareStatement("SELECT ? || 'x'")) {
                inner.setAutoCommit(false);
                s.setString(1, "round " + n);
                t.rows(s.executeQuery());
            }
        }
        pooled.close();
    }

    private void terminated() throws Exception {
        try (Connection killer = Main.connect(""); PreparedStatement s = killer.prepareStatement("SELECT pg_terminate_backend(?)")) {
            s.setInt(1, pg.getBackendPID());
            t.rows(s.executeQuery());
        }
        try {
            execute("SELECT 'never'");
        } catch (SQLException end) {
            // What the driver says of the closed socket behind it is a matter of chance.
            t.say(end.getSQLState());
        }
        t.say(c.isValid(5) + " " + c.isClosed());
    }
}
