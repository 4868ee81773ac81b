import java.io.*;
import java.math.BigDecimal;
import java.sql.*;
import java.util.*;
import org.postgresql.*;

/** What AQUASIS does, on tables that are gone. */
final class Legacy {
    private final Transcript t;
    private final Connection c;

    private Legacy(Transcript t, Connection c) {
        this.t = t;
        this.c = c;
    }

    static void run(Transcript t, Connection c) throws Exception {
        Legacy l = new Legacy(t, c);
        t.step("read", l::read);
        t.step("write", l::write);
        t.step("batch", l::batch);
        t.step("fetch", l::fetch);
        t.step("errors", l::errors);
        t.step("several", l::several);
        t.step("copy", l::copy);
        t.step("path", l::path);
    }

    private void execute(String sql) throws SQLException {
        try (Statement s = c.createStatement()) {
            t.results(s, s.execute(sql));
        }
    }

    private void read() throws SQLException {
        execute("SELECT * FROM tipooficina ORDER BY tofid");
        execute("select h.*, t.tofsnpresen from histipooficina h left join cf_quere_pro.tipooficina t on t.tofid = h.htofid order by h.htofhsthora, h.htofid, h.htofdescri, h.htofhstusu limit 20");
        try (PreparedStatement s = c.prepareStatement("SELECT tofid, tofsnpresen, tofhsthora FROM tipooficina WHERE tofid = ? AND tofhstusu <> ?")) {
            t.parameters(s);
            t.columns(s.getMetaData());
            for (int n = 0; n < 8; n++) {
                s.setBigDecimal(1, BigDecimal.valueOf(n));
                s.setString(2, "nobody");
                t.rows(s.executeQuery());
            }
            s.setInt(1, 3);
            t.rows(s.executeQuery());
            s.setLong(1, 4);
            t.rows(s.executeQuery());
        }
        for (int n = 0; n < 7; n++) {
            try (PreparedStatement s = c.prepareStatement("SELECT count(*) FROM hisbarrio WHERE hbarrhsthora < ? AND hbarrnombre LIKE ?")) {
                s.setTimestamp(1, Timestamp.valueOf("2015-06-01 12:00:00"));
                s.setString(2, "%a%");
                t.rows(s.executeQuery());
            }
        }
        try (PreparedStatement s = c.prepareStatement("SELECT tvalcod FROM tipvalvula WHERE tvalcod IN (?, ?) ORDER BY 1")) {
            s.setString(1, "V01");
            s.setString(2, "Ñ02 ");
            t.rows(s.executeQuery());
        }
    }

    private void write() throws SQLException {
        c.setAutoCommit(false);
        for (int n = 0; n < 7; n++) {
            try (PreparedStatement s = c.prepareStatement("INSERT INTO tipooficina (tofid, tofsngestpda, tofhsthora, tofdescritxtid) VALUES (?, ?, ?, ?)")) {
                s.setInt(1, 900 + n);
                s.setString(2, "S");
                s.setTimestamp(3, Timestamp.valueOf("2024-02-29 10:00:00.5"));
                s.setLong(4, 77);
                t.say(s.executeUpdate());
            }
        }
        try (PreparedStatement s = c.prepareStatement("UPDATE tipooficina SET tofsnpresen = ?, tofhstusu = ? WHERE tofid >= ?")) {
            for (int n = 0; n < 6; n++) {
                s.setString(1, n % 2 == 0 ? "S" : "N");
                s.setString(2, "JDBC");
                s.setInt(3, 900 + n);
                t.say(s.executeUpdate());
            }
        }
        try (Statement s = c.createStatement()) {
            s.executeUpdate("INSERT INTO tipositver VALUES (890, 1), (891, 2)", Statement.RETURN_GENERATED_KEYS);
            t.rows(s.getGeneratedKeys());
            s.executeUpdate("UPDATE tipositver SET tsvtxtid = 5 WHERE tsvid = 891", new String[] {"tsvid", "tsvtxtid"});
            t.rows(s.getGeneratedKeys());
        }
        Savepoint before = c.setSavepoint();
        t.step("a code that is there", () -> execute("INSERT INTO tipositver VALUES (890, 9)"));
        c.rollback(before);
        execute("SELECT * FROM tipooficina WHERE tofid >= 900 ORDER BY tofid");
        execute("SELECT * FROM tipositver WHERE tsvid >= 800 ORDER BY tsvid");
        try (PreparedStatement s = c.prepareStatement("DELETE FROM tipooficina WHERE tofid = ?")) {
            for (int n = 0; n < 7; n++) {
                s.setInt(1, 900 + n);
                t.say(s.executeUpdate());
            }
        }
        c.rollback();
        c.setAutoCommit(true);
        execute("SELECT count(*) FROM tipooficina; SELECT count(*) FROM tipositver");
    }

    private void batch() throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("insert into cf_quere_pro.histipooficina (htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofhsthora, htofidioma) values (?, ?, ?, ?, ?, ?, ?)")) {
            for (int n = 0; n < 200; n++) {
                s.setInt(1, n);
                s.setString(2, "lote ñ " + n);
                s.setString(3, "S");
                s.setString(4, "N");
                s.setString(5, "JDBC");
                s.setTimestamp(6, Timestamp.valueOf("2024-02-29 10:00:00"));
                s.setString(7, n % 3 == 0 ? null : "es");
                s.addBatch();
            }
            t.say(Arrays.toString(s.executeBatch()));
        }
        execute("SELECT count(*), sum(htofid), max(htofdescri), count(htofidioma) FROM histipooficina WHERE htofhstusu = 'JDBC'");
        try (PreparedStatement s = c.prepareStatement("INSERT INTO tipositver VALUES (?, ?)")) {
            for (int n = 0; n < 20; n++) {
                s.setInt(1, 850 + (n == 15 ? 2 : n));
                s.setInt(2, n);
                s.addBatch();
            }
            t.step("a code that is there", () -> t.say(Arrays.toString(s.executeBatch())));
        }
        c.rollback();
        try (PreparedStatement s = c.prepareStatement("UPDATE tipositver SET tsvtxtid = tsvtxtid + ? WHERE tsvid < ?")) {
            for (int n = 0; n < 10; n++) {
                s.setInt(1, n);
                s.setInt(2, n);
                s.addBatch();
            }
            t.say(Arrays.toString(s.executeBatch()));
        }
        c.rollback();
        c.setAutoCommit(true);
    }

    private void fetch() throws SQLException {
        c.setAutoCommit(false);
        try (PreparedStatement s = c.prepareStatement("SELECT * FROM histipooficina WHERE htofid >= ? ORDER BY htofhsthora, htofid, htofdescri, htofsnpresen, htofsngestpda, htofhstusu, htofidioma")) {
            s.setFetchSize(13);
            s.setInt(1, 0);
            t.rows(s.executeQuery());
        }
        c.commit();
        c.setAutoCommit(true);
    }

    private void errors() throws SQLException {
        for (String sql : List.of("SELECT nosuch FROM tipooficina", "SELECT 'ñ', nosuch FROM tipooficina WHERE tofid = 1", "SELECT * FROM tipooficina WHERE tofid = 'x'",
            "INSERT INTO tipositver VALUES (1, 2, 3)", "INSERT INTO tipositver VALUES (900000, 2)", "INSERT INTO tipositver (tsvid) VALUES (800)",
            "UPDATE tipooficina SET tofsnpresen = 'too long'", "SELECT 1; SELECT nosuch FROM tipvalvula; SELECT 2")) {
            t.step(sql, () -> execute(sql));
        }
        for (int n = 0; n < 6; n++) {
            t.step("it fails when run", () -> {
                try (PreparedStatement s = c.prepareStatement("SELECT tofid / ? FROM tipooficina ORDER BY tofid")) {
                    s.setInt(1, 0);
                    t.rows(s.executeQuery());
                }
            });
        }
        t.step("a wrong type", () -> {
            try (PreparedStatement s = c.prepareStatement("SELECT * FROM tipooficina WHERE tofid = ?")) {
                s.setString(1, "no number");
                t.rows(s.executeQuery());
            }
        });
    }

    private void several() throws SQLException {
        execute("SELECT count(*) FROM tipvalvula; INSERT INTO tipositver VALUES (895, 1); SELECT tsvtxtid FROM tipositver WHERE tsvid = 895; DELETE FROM tipositver WHERE tsvid = 895; SELECT 'plain'");
    }

    private void copy() throws Exception {
        CopySorted out = new CopySorted();
        t.say(c.unwrap(PGConnection.class).getCopyAPI().copyOut("COPY cf_quere_pro.tipvalvula TO STDOUT", out));
        t.say(out.sorted());
        execute("SELECT count(*) FROM tipvalvula");
    }

    /** COPY has no order. */
    private static final class CopySorted extends StringWriter {
        List<String> sorted() {
            return toString().lines().sorted().toList();
        }
    }

    private void path() throws SQLException {
        c.setSchema("public");
        t.step("not on the path", () -> execute("SELECT count(*) FROM tipvalvula"));
        execute("SELECT count(*) FROM cf_quere_pro.tipvalvula");
        c.setSchema("cf_quere_pro");
        execute("SELECT count(*) FROM tipvalvula");
        execute("SET search_path = cf_quere_pro, public");
    }
}
