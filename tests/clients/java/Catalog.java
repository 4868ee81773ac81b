import java.lang.reflect.*;
import java.sql.*;
import java.util.*;

/** All of DatabaseMetaData: every method without arguments by its name, the others with arguments that find something. */
final class Catalog {
    static void run(Transcript t, Connection c) throws Exception {
        DatabaseMetaData meta = c.getMetaData();
        Method[] methods = DatabaseMetaData.class.getMethods();
        Arrays.sort(methods, Comparator.comparing(Method::getName));
        for (Method method : methods) {
            if (method.getParameterCount() > 0 || method.getName().equals("getConnection")) continue;
            t.step(method.getName(), () -> show(t, method.invoke(meta)));
        }
        String all = "%";
        String schema = "cf_quere_pro";
        show(t, "getTables", () -> meta.getTables(null, null, all, null));
        show(t, "getTables of a kind", () -> meta.getTables(null, schema, "ofic%", new String[] {"TABLE", "VIEW", "PARTITIONED TABLE"}));
        show(t, "getTables of the system", () -> meta.getTables(c.getCatalog(), "pg_catalog", all, new String[] {"SYSTEM TABLE", "SYSTEM VIEW"}));
        show(t, "getColumns", () -> meta.getColumns(null, schema, "c%", all));
        show(t, "getColumns of the new tables", () -> meta.getColumns(null, null, "domain\\_value%", null));
        show(t, "getColumns of the system", () -> meta.getColumns(null, "pg_catalog", "pg_class", all));
        show(t, "getColumnPrivileges", () -> meta.getColumnPrivileges(null, schema, "oficina", all));
        show(t, "getTablePrivileges", () -> meta.getTablePrivileges(null, schema, "o%"));
        for (String table : List.of("oficina", "domain_value", "domain_value_link", "audit_log")) {
            show(t, "getPrimaryKeys " + table, () -> meta.getPrimaryKeys(null, null, table));
            show(t, "getImportedKeys " + table, () -> meta.getImportedKeys(null, null, table));
            show(t, "getExportedKeys " + table, () -> meta.getExportedKeys(null, null, table));
            show(t, "getIndexInfo " + table, () -> meta.getIndexInfo(null, null, table, false, true));
            show(t, "getIndexInfo, unique, " + table, () -> meta.getIndexInfo(null, null, table, true, false));
            show(t, "getBestRowIdentifier " + table, () -> meta.getBestRowIdentifier(null, null, table, DatabaseMetaData.bestRowSession, true));
            show(t, "getVersionColumns " + table, () -> meta.getVersionColumns(null, null, table));
        }
        show(t, "getCrossReference", () -> meta.getCrossReference(null, null, "domain_value", null, null, "domain_value_link"));
        show(t, "getSchemas", () -> meta.getSchemas(null, "p%"));
        show(t, "getProcedures", () -> meta.getProcedures(null, "esclusa", all));
        show(t, "getProcedureColumns", () -> meta.getProcedureColumns(null, "esclusa", all, all));
        show(t, "getFunctions", () -> meta.getFunctions(null, null, "pg_get%"));
        show(t, "getFunctionColumns", () -> meta.getFunctionColumns(null, null, "pg_get%", all));
        show(t, "getUDTs", () -> meta.getUDTs(null, null, all, null));
        show(t, "getAttributes", () -> meta.getAttributes(null, null, all, all));
        show(t, "getSuperTables", () -> meta.getSuperTables(null, null, all));
        show(t, "getSuperTypes", () -> meta.getSuperTypes(null, null, all));
        show(t, "getPseudoColumns", () -> meta.getPseudoColumns(null, null, all, all));
        show(t, "getTables of nothing", () -> meta.getTables(null, "nosuch", "no'such", null));
        t.say(meta.supportsResultSetConcurrency(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE) + " " + meta.supportsConvert(4, 12)
            + " " + meta.supportsTransactionIsolationLevel(8));
        // A column's own table, its default and whether it may be null are asked of the catalog.
        try (Statement s = c.createStatement(); ResultSet rows = s.executeQuery("SELECT * FROM oficina ORDER BY ofiid LIMIT 3")) {
            t.rows(rows);
        }
        try (PreparedStatement s = c.prepareStatement("INSERT INTO oficina (ofiid, ofidescrip) SELECT ?, ? WHERE ? > 5")) {
            t.parameters(s);
        }
        // Types that the driver asks for when it meets them.
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TYPE pg_temp.mood AS ENUM ('sad', 'ok')");
            ResultSet rows = s.executeQuery("SELECT 'ok'::pg_temp.mood, ARRAY['sad']::pg_temp.mood[]");
            rows.next();
            t.say(rows.getObject(1) + " " + Arrays.toString((Object[]) rows.getArray(2).getArray()));
        }
    }

    private interface Question {
        ResultSet ask() throws SQLException;
    }

    private static void show(Transcript t, String name, Question question) {
        t.step(name, () -> t.rows(question.ask()));
    }

    private static void show(Transcript t, Object value) throws SQLException {
        if (value instanceof ResultSet rows) t.rows(rows);
        else t.say(value);
    }
}
