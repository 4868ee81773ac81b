import java.sql.*;
import java.util.*;

/** Runs a topic with each of its settings of the driver, and prints what a client sees. Where to connect stands in libpq's variables. */
public final class Main {
    /** Settings that change what the driver sends. */
    static final List<String> WAYS = List.of("", "prepareThreshold=1", "prepareThreshold=0", "prepareThreshold=-1", "prepareThreshold=1&binaryTransfer=false",
        "preferQueryMode=simple", "preferQueryMode=extendedForPrepared", "preferQueryMode=extendedCacheEverything&prepareThreshold=1",
        "reWriteBatchedInserts=true", "reWriteBatchedInserts=true&prepareThreshold=1", "defaultRowFetchSize=3&prepareThreshold=1",
        "autosave=always", "autosave=conservative&prepareThreshold=1", "autosave=always&cleanupSavepoints=true&preferQueryMode=simple",
        "preparedStatementCacheQueries=2&prepareThreshold=1", "preparedStatementCacheQueries=0&prepareThreshold=2",
        "stringtype=unspecified", "adaptiveFetch=true&defaultRowFetchSize=2&maxResultBuffer=1M&prepareThreshold=1",
        "assumeMinServerVersion=15&gssEncMode=disable&sslmode=disable", "escapeSyntaxCallMode=call", "escapeSyntaxCallMode=callIfNoReturn",
        "logServerErrorDetail=false", "quoteReturningIdentifiers=false&receiveBufferSize=65536&sendBufferSize=65536",
        "tcpKeepAlive=true&loginTimeout=60&connectTimeout=60&socketTimeout=120&cancelSignalTimeout=60");

    public static void main(String[] args) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("America/Mexico_City"));
        Locale.setDefault(Locale.ROOT);
        DriverManager.setLoginTimeout(60);
        switch (args[0]) {
            case "statements" -> each(WAYS, false, Statements::run);
            case "catalog" -> each(List.of("", "preferQueryMode=simple", "databaseMetadataCacheFields=0&prepareThreshold=1"), false, Catalog::run);
            case "extras" -> each(List.of("", "prepareThreshold=1", "preferQueryMode=simple"), false, Extras::run);
            case "logins" -> Logins.run(new Transcript(false), args[1]);
            case "legacy" -> each(WAYS, true, Legacy::run);
            case "corpus" -> Corpus.run(new Transcript(true), Arrays.copyOfRange(args, 1, args.length));
            default -> throw new IllegalArgumentException(args[0]);
        }
    }

    interface Topic {
        void run(Transcript t, Connection connection) throws Exception;
    }

    private static void each(List<String> ways, boolean legacy, Topic topic) throws Exception {
        for (String way : ways) {
            Transcript t = new Transcript(legacy);
            t.say("# " + way);
            try (Connection connection = connect(way)) {
                topic.run(t, connection);
            } catch (Exception error) {
                t.error(error);
            }
            t.print();
        }
    }

    static String url(String way) {
        return "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE") + "?user="
            + System.getenv("PGUSER") + "&ApplicationName=AQUASIS&currentSchema=cf_quere_pro,public" + (way.isEmpty() ? "" : "&" + way);
    }

    static Connection connect(String way) throws SQLException {
        return DriverManager.getConnection(url(way));
    }
}
