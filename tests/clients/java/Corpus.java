import java.nio.file.*;
import java.sql.*;
import java.util.*;
import java.util.concurrent.*;

/** Statements as Hibernate and awkward Java code send them, each so often that the server prepares it; reads in several sessions at once. */
final class Corpus {
    /** The driver gives a statement a name at its fifth run. */
    private static final int RUNS = 7;
    private static final int SESSIONS = 4;

    private record Case(String text, List<String> values, boolean writes) {}

    /** @param args the directory of rules, a file for each table that is gone, then the scripts */
    static void run(Transcript t, String[] args) throws Exception {
        Set<String> tables = new HashSet<>();
        try (DirectoryStream<Path> rules = Files.newDirectoryStream(Path.of(args[0]), "*.toml")) {
            for (Path rule : rules) tables.add(rule.getFileName().toString().replace(".toml", ""));
        }
        List<Case> cases = new ArrayList<>();
        for (String file : Arrays.copyOfRange(args, 1, args.length)) cases.addAll(read(Files.readString(Path.of(file)), tables));
        t.say(cases.size() + " statements");
        try (Connection c = Main.connect("")) {
            for (Case one : cases) send(t, c, one);
        }
        t.print();
        // The service answers many at once: the reads again, each session in an order of its own. What passes over the rows that
        // another session holds has no one answer then.
        List<Case> reads = cases.stream().filter(one -> !one.writes && !one.text.matches("(?is).*\\b(skip\\s+locked|nowait)\\b.*")).toList();
        ExecutorService pool = Executors.newFixedThreadPool(SESSIONS);
        List<Future<Transcript>> sessions = new ArrayList<>();
        for (int n = 0; n < SESSIONS; n++) {
            int seed = n;
            sessions.add(pool.submit(() -> {
                Transcript own = new Transcript(true);
                List<Case> order = new ArrayList<>(reads);
                Collections.shuffle(order, new Random(seed));
                try (Connection c = Main.connect(seed % 2 == 0 ? "prepareThreshold=1" : "prepareThreshold=3&binaryTransfer=false")) {
                    for (Case one : order) send(own, c, one);
                }
                return own;
            }));
        }
        for (Future<Transcript> session : sessions) session.get().print();
        pool.shutdown();
    }

    /** A paragraph a statement; what names no legacy table, is known to differ or only described, is left to the twin. */
    private static List<Case> read(String script, Set<String> tables) {
        List<Case> cases = new ArrayList<>();
        for (String paragraph : script.split("\n\\s*\n")) {
            List<String> values = null;
            boolean apart = false;
            StringBuilder text = new StringBuilder();
            for (String line : paragraph.strip().lines().toList()) {
                if (line.startsWith("-- twin: values ")) values = List.of(line.substring(16).split("\\s*,\\s*"));
                else if (line.startsWith("-- twin: ")) apart = true;
                else if (!line.startsWith("-- ") || text.length() > 0) text.append(line).append('\n');
            }
            String statement = text.toString().strip().replaceAll(";$", "");
            String word = statement.split("\\s+", 2)[0].toLowerCase(Locale.ROOT);
            boolean known = List.of("select", "with", "insert", "update", "delete", "values", "table").contains(word);
            // Parameters of JDBC have no numbers: only those that are used once, in order, can be said.
            List<String> numbers = new ArrayList<>();
            java.util.regex.Matcher matcher = java.util.regex.Pattern.compile("\\$(\\d+)").matcher(statement);
            while (matcher.find()) numbers.add(matcher.group(1));
            boolean inOrder = true;
            for (int i = 0; i < numbers.size(); i++) inOrder &= numbers.get(i).equals(String.valueOf(i + 1));
            boolean legacy = Arrays.stream(statement.toLowerCase(Locale.ROOT).split("\\W+")).anyMatch(tables::contains);
            if (apart || !legacy || !known || !inOrder || statement.contains("?") || statement.contains("$$")) continue;
            boolean writes = !word.equals("select") || statement.toLowerCase(Locale.ROOT).contains(" for update");
            cases.add(new Case(statement.replaceAll("\\$\\d+", "?"), values, writes || word.equals("with")));
        }
        return cases;
    }

    private static void send(Transcript t, Connection c, Case one) throws SQLException {
        c.setAutoCommit(false);
        t.step(one.text, () -> {
            try (PreparedStatement s = c.prepareStatement(one.text)) {
                ParameterMetaData meta = s.getParameterMetaData();
                t.parameters(s);
                String last = null;
                for (int run = 0; run < RUNS; run++) {
                    for (int i = 1; i <= meta.getParameterCount(); i++) {
                        if (one.values == null) bind(s, i, meta.getParameterTypeName(i));
                        else if (one.values.get(i - 1).equals("NULL")) s.setNull(i, Types.NULL);
                        else s.setObject(i, one.values.get(i - 1), Types.OTHER);
                    }
                    String said = answer(s, one);
                    // A binary answer says the same as one in text.
                    if (!said.equals(last)) t.say(said);
                    last = said;
                    if (one.writes) c.rollback();
                }
            }
        });
        c.rollback();
    }

    private static String answer(PreparedStatement s, Case one) throws SQLException {
        if (!s.execute()) return "= " + s.getUpdateCount();
        List<String> rows = new ArrayList<>();
        try (ResultSet set = s.getResultSet()) {
            int columns = set.getMetaData().getColumnCount();
            while (set.next()) {
                StringJoiner row = new StringJoiner(" | ", "| ", "");
                for (int i = 1; i <= columns; i++) row.add(set.getString(i));
                rows.add(row.toString());
            }
        }
        String text = one.text.toLowerCase(Locale.ROOT);
        boolean ordered = text.contains("order by");
        // A part of an unordered result may be any part.
        if (!ordered && (text.contains("limit") || text.contains("offset") || text.contains("fetch"))) return "(" + rows.size() + ")";
        if (!ordered || one.writes) Collections.sort(rows);
        return String.join("\n", rows) + "\n(" + rows.size() + ")";
    }

    /** A value that a parameter of this type takes. */
    private static void bind(PreparedStatement s, int i, String type) throws SQLException {
        switch (type) {
            case "bool" -> s.setBoolean(i, true);
            case "int2", "int4" -> s.setInt(i, 3);
            case "int8" -> s.setLong(i, 3);
            case "numeric" -> s.setBigDecimal(i, java.math.BigDecimal.valueOf(3));
            case "float4", "float8" -> s.setDouble(i, 3);
            case "date" -> s.setDate(i, java.sql.Date.valueOf("2015-06-01"));
            case "timestamp", "timestamptz" -> s.setTimestamp(i, Timestamp.valueOf("2015-06-01 12:00:00"));
            case "time" -> s.setTime(i, Time.valueOf("12:00:00"));
            default -> s.setObject(i, type.startsWith("_") ? "{1,2,3}" : "S", Types.OTHER);
        }
    }
}
