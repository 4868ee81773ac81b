import java.sql.*;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Connections as a pool keeps them, with server-prepared statements from the first execution on. Prints a line for every ten rounds of
 * every connection, until standard input ends. Whatever fails or differs ends it with an error.
 */
public class Toggle {
    static final AtomicBoolean stop = new AtomicBoolean();

    public static void main(String[] args) throws Exception {
        String url = args[0];
        List<Thread> threads = new ArrayList<>();
        String[] ways = {"", "&binaryTransfer=false", "&preferQueryMode=extendedCacheEverything", "&defaultRowFetchSize=2"};
        for (int i = 0; i < ways.length; i++) {
            int id = 20 + i;
            String way = url + "&prepareThreshold=1" + ways[i];
            Thread thread = new Thread(() -> {
                try {
                    rounds(way, id);
                } catch (Throwable e) {
                    e.printStackTrace();
                    System.exit(1);
                }
            });
            thread.start();
            threads.add(thread);
        }
        while (System.in.read() >= 0) {}
        stop.set(true);
        for (Thread thread : threads) {
            thread.join();
        }
        System.out.println("end");
    }

    static void rounds(String url, int id) throws SQLException {
        try (Connection c = DriverManager.getConnection(url, "postgres", "");
                PreparedStatement read = c.prepareStatement("SELECT nombre, n FROM tipocolor WHERE id = ?");
                PreparedStatement write = c.prepareStatement("UPDATE tipocolor SET n = n + ? WHERE id = ?");
                PreparedStatement record = c.prepareStatement(
                    "INSERT INTO hiscolor (id, n, usuario, hora) VALUES (?, ?, ?, TIMESTAMP '2026-03-05 10:00')");
                PreparedStatement all = c.prepareStatement("SELECT id, n FROM hiscolor WHERE id = ? ORDER BY n DESC LIMIT 5")) {
            for (int round = 1; !stop.get(); round++) {
                c.setAutoCommit(round % 3 == 0);
                write.setInt(1, 1);
                write.setInt(2, id);
                equal(1, write.executeUpdate());
                record.setInt(1, id);
                record.setLong(2, round);
                record.setString(3, "java");
                record.addBatch();
                equal(1, record.executeBatch()[0]);
                if (!c.getAutoCommit()) {
                    c.commit();
                }
                read.setInt(1, id);
                try (ResultSet rows = read.executeQuery()) {
                    equal(true, rows.next());
                    equal("color " + id, rows.getString(1));
                    equal((long) round, rows.getLong(2));
                    equal(false, rows.next());
                }
                all.setInt(1, id);
                try (ResultSet rows = all.executeQuery()) {
                    for (long n = round; n > Math.max(0, round - 5); n--) {
                        equal(true, rows.next());
                        equal(n, rows.getLong(2));
                    }
                    equal(false, rows.next());
                }
                if (!c.getAutoCommit()) {
                    c.rollback();
                }
                if (round % 10 == 0) {
                    System.out.println(id);
                }
            }
        }
    }

    static void equal(Object expected, Object found) {
        if (!expected.equals(found)) {
            throw new AssertionError("expected " + expected + ", found " + found);
        }
    }
}
