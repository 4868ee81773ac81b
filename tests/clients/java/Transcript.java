import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.util.*;

/** What a client sees, line by line. What cannot be equal on two sides (OIDs, process ids) is never written. */
final class Transcript {
    private final StringBuilder text = new StringBuilder();
    /** On tables that are gone: no base table of a column is known, and other lines of PostgreSQL's source raise its errors. */
    final boolean legacy;

    Transcript(boolean legacy) {
        this.legacy = legacy;
    }

    void say(Object line) {
        text.append(line).append('\n');
    }

    void print() {
        new PrintStream(System.out, true, StandardCharsets.UTF_8).print(text);
        text.setLength(0);
    }

    @Override
    public String toString() {
        return text.toString();
    }

    /** Something that may fail in the server. */
    interface Step {
        void run() throws Exception;
    }

    /** Runs a step; its error is a part of the transcript. */
    void step(String name, Step step) {
        say("## " + name);
        try {
            step.run();
        } catch (Exception error) {
            error(error);
        }
    }

    void error(Throwable error) {
        error(error, new HashSet<>());
    }

    /** Batches chain their errors in a ring. */
    private void error(Throwable error, Set<Throwable> told) {
        for (Throwable e = error; e != null && told.add(e); e = e.getCause()) {
            String at = e instanceof SQLException s ? " " + s.getSQLState() + " " + s.getErrorCode() : "";
            say("! " + e.getClass().getName() + at + ": " + withoutLocation(String.valueOf(e.getMessage())));
            if (e instanceof BatchUpdateException batch) say("! updated " + Arrays.toString(batch.getUpdateCounts()));
            if (e instanceof org.postgresql.util.PSQLException psql && psql.getServerErrorMessage() != null) {
                org.postgresql.util.ServerErrorMessage m = psql.getServerErrorMessage();
                say("! " + Arrays.asList(m.getSeverity(), m.getSQLState(), m.getMessage(), m.getDetail(), m.getHint(), m.getPosition(),
                    m.getInternalPosition(), m.getInternalQuery(), m.getWhere(), m.getSchema(), m.getTable(), m.getColumn(), m.getDatatype(),
                    m.getConstraint()));
                if (!legacy) say("! " + m.getFile() + " " + m.getLine() + " " + m.getRoutine());
            }
            if (e instanceof SQLException s && s.getNextException() != null) error(s.getNextException(), told);
        }
    }

    private String withoutLocation(String message) {
        return legacy ? message.replaceAll("\n  Location: .*", "") : message;
    }

    void warnings(SQLWarning warning) {
        for (; warning != null; warning = warning.getNextWarning()) say("~ " + warning.getSQLState() + " " + warning.getMessage());
    }

    /** Every result of a statement that has just been executed. */
    void results(Statement statement, boolean isResult) throws SQLException {
        while (true) {
            if (isResult) {
                try (ResultSet rows = statement.getResultSet()) {
                    rows(rows);
                }
            } else if (statement.getUpdateCount() == -1) {
                break;
            } else {
                say("= " + statement.getLargeUpdateCount());
            }
            isResult = statement.getMoreResults();
        }
        warnings(statement.getWarnings());
    }

    void rows(ResultSet rows) throws SQLException {
        columns(rows.getMetaData());
        int count = 0;
        for (; rows.next(); count++) say("| " + row(rows));
        say("(" + count + ")");
        warnings(rows.getWarnings());
    }

    String row(ResultSet rows) throws SQLException {
        StringJoiner line = new StringJoiner(" | ");
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) line.add(cell(rows, i));
        return line.toString();
    }

    /** The value as text and as an object; both, because a binary value reads otherwise. */
    private String cell(ResultSet rows, int i) throws SQLException {
        String text = rows.getString(i);
        if (text == null) return "NULL";
        Object object = rows.getObject(i);
        String shown = object instanceof byte[] bytes ? Arrays.toString(bytes)
            : object instanceof Array array ? String.valueOf(array)
            : object instanceof ResultSet ? "a cursor"
            : String.valueOf(object);
        if (object instanceof ResultSet) return shown;
        return text + (shown.equals(text) ? "" : " / " + shown) + " " + object.getClass().getSimpleName();
    }

    void columns(ResultSetMetaData meta) throws SQLException {
        for (int i = 1; i <= meta.getColumnCount(); i++) {
            String line = "- " + meta.getColumnLabel(i) + " " + meta.getColumnTypeName(i) + " " + meta.getColumnType(i) + " "
                + meta.getPrecision(i) + " " + meta.getScale(i) + " " + meta.getColumnDisplaySize(i) + " " + meta.isSigned(i) + " "
                + meta.isCaseSensitive(i) + " " + meta.isCurrency(i) + " " + meta.isSearchable(i) + " " + meta.getColumnClassName(i);
            if (!legacy) {
                org.postgresql.PGResultSetMetaData pg = (org.postgresql.PGResultSetMetaData) meta;
                line += " " + pg.getBaseSchemaName(i) + "." + pg.getBaseTableName(i) + "." + pg.getBaseColumnName(i) + " " + pg.getFormat(i)
                    + " " + meta.isNullable(i) + " " + meta.isAutoIncrement(i) + " " + meta.isWritable(i);
            } else {
                line += " " + ((org.postgresql.PGResultSetMetaData) meta).getFormat(i);
            }
            say(line);
        }
    }

    void parameters(PreparedStatement statement) throws SQLException {
        ParameterMetaData meta = statement.getParameterMetaData();
        StringJoiner types = new StringJoiner(", ", "? ", "");
        for (int i = 1; i <= meta.getParameterCount(); i++) types.add(meta.getParameterTypeName(i) + " " + meta.getParameterType(i) + " " + meta.getParameterClassName(i));
        say(types);
    }
}
