import java.sql.*;
import java.util.*;

/** Ways to log in, good and bad: encryption, passwords, unknown names. */
final class Logins {
    /** @param authority the file with the certificate that signed the server's */
    static void run(Transcript t, String authority) {
        List<String> ways = new ArrayList<>();
        for (String user : List.of("", "&user=client_scram&password=s3cret", "&user=client_scram&password=wrong", "&user=client_md5&password=s3cret",
            "&user=client_md5&password=", "&user=client_scram", "&user=nosuch")) {
            for (String mode : List.of("disable", "allow", "prefer", "require")) ways.add("sslmode=" + mode + user);
            ways.add("sslmode=verify-ca&sslrootcert=" + authority + user);
            ways.add("sslmode=verify-full&sslrootcert=" + authority + user);
        }
        ways.add("sslmode=verify-ca&sslrootcert=/nosuch");
        ways.add("gssEncMode=prefer");
        ways.add("gssEncMode=disable&sslmode=prefer");
        ways.add("options=-c%20work_mem=77MB%20-c%20statement_timeout=12345");
        ways.add("options=-c%20nosuch=1");
        ways.add("ApplicationName=ñandú");
        ways.add("replication=database&preferQueryMode=simple&assumeMinServerVersion=15");
        ways.add("targetServerType=primary");
        ways.add("targetServerType=secondary");
        ways.add("protocolVersion=3&loginTimeout=60");
        for (String way : ways) {
            t.step(way.replace(authority, "<authority>"), () -> {
                try (Connection c = DriverManager.getConnection(unique(Main.url(way))); Statement s = c.createStatement()) {
                    boolean replicates = way.startsWith("replication");
                    t.rows(s.executeQuery(replicates ? "SHOW wal_level" : "SELECT current_user, current_setting('work_mem'), current_setting('statement_timeout'), current_setting('application_name')"));
                }
            });
        }
        t.step("no such database", () -> DriverManager.getConnection(Main.url("").replace("/" + System.getenv("PGDATABASE"), "/nosuch")));
        t.print();
    }

    /** The driver takes the first of two parameters with one name; the last is meant. */
    private static String unique(String url) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter : url.substring(url.indexOf('?') + 1).split("&")) parameters.put(parameter.substring(0, parameter.indexOf('=')), parameter);
        return url.substring(0, url.indexOf('?') + 1) + String.join("&", parameters.values());
    }
}
