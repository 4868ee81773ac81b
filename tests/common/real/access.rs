//! Who owns the tables, and who may do what: roles of every kind, and grants that differ from table to table.

use esclusa::catalog::Catalog;
use esclusa::rule::RuleSet;
use esclusa::sql::quote::ident;

use super::{OTHER_OWNER, OWNER, SCHEMA};

/// A way to have rights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    /// What it is, for reports.
    pub(crate) kind: &'static str,
    /// The login role.
    pub(crate) login: &'static str,
    /// The role that it sets.
    pub(crate) becomes: Option<&'static str>,
}

/// Whole tables, each kind of right; columns; PUBLIC; member by inheritance and by SET ROLE; owner; nothing, not even the schema.
pub(crate) const ROLES: [Role; 8] = [
    Role { kind: "table grants", login: "real_grants", becomes: None },
    Role { kind: "column grants", login: "real_columns", becomes: None },
    Role { kind: "PUBLIC", login: "real_public", becomes: None },
    Role { kind: "member", login: "real_member", becomes: None },
    Role { kind: "SET ROLE", login: "real_switch", becomes: Some("real_group") },
    Role { kind: "not yet SET ROLE", login: "real_switch", becomes: None },
    Role { kind: "owner", login: "real_login", becomes: None },
    Role { kind: "none", login: "real_none", becomes: None },
];

/// A role with USAGE on the schema and no other right, until a test grants one.
pub(crate) const LATE: Role = Role { kind: "late", login: "real_late", becomes: None };

/// Roles belong to the server.
pub(crate) fn roles() -> String {
    let mut sql = format!(
        "CREATE ROLE {OWNER} NOLOGIN; CREATE ROLE {OTHER_OWNER} NOLOGIN; CREATE ROLE real_group NOLOGIN;\n\
         CREATE ROLE real_login LOGIN IN ROLE {OWNER}, {OTHER_OWNER};\n\
         CREATE ROLE real_member LOGIN IN ROLE real_group; CREATE ROLE real_switch LOGIN NOINHERIT IN ROLE real_group;\n"
    );
    sql.push_str("CREATE ROLE real_grants LOGIN; CREATE ROLE real_columns LOGIN; CREATE ROLE real_public LOGIN; CREATE ROLE real_none LOGIN;\n\
                  CREATE ROLE real_late LOGIN");
    sql
}

/// The rights of the role with table grants, by turns for each table.
const WHOLE: [&str; 9] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "SELECT, UPDATE",
    "SELECT, INSERT, UPDATE, DELETE",
    "ALL",
    "SELECT, REFERENCES, TRIGGER",
];

/// Owners of all tables and sequences, and the grants on the legacy tables.
pub(crate) fn sql(catalog: &Catalog, rules: &RuleSet) -> Vec<String> {
    let mut sql = vec![format!(
        "DO $owners$ DECLARE t record; BEGIN
           FOR t IN SELECT c.oid::regclass AS name, row_number() OVER (ORDER BY c.relname) AS n, c.relkind FROM pg_class AS c
                    WHERE c.relnamespace = '{SCHEMA}'::regnamespace AND (c.relkind IN ('r', 'v', 'm')
                      OR c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass
                                                         AND d.objid = c.oid AND d.deptype IN ('a', 'i'))) LOOP
             EXECUTE format('ALTER TABLE %s OWNER TO %I', t.name,
                            CASE WHEN t.n % 10 = 0 AND t.relkind = 'r' THEN '{OTHER_OWNER}' ELSE '{OWNER}' END);
           END LOOP;
           FOR t IN SELECT p.oid::regprocedure AS name FROM pg_proc AS p WHERE p.pronamespace = '{SCHEMA}'::regnamespace LOOP
             EXECUTE format('ALTER ROUTINE %s OWNER TO {OWNER}', t.name);
           END LOOP;
         END $owners$;
         GRANT USAGE ON SCHEMA {SCHEMA} TO {OWNER}, {OTHER_OWNER}, real_group, real_grants, real_columns, real_public, real_switch, real_late;
         GRANT CREATE ON SCHEMA {SCHEMA} TO {OTHER_OWNER};
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA {SCHEMA} TO real_grants, real_group"
    )];
    for (number, rule) in rules.rules.values().enumerate() {
        let (table, columns) = (ident(&rule.table), &catalog.tables[&rule.table].columns);
        let all: Vec<String> = columns.iter().map(|c| ident(&c.name)).collect();
        let (first, second, last) = (&all[0], &all[1 % all.len()], &all[all.len() - 1]);
        let mut grant = |what: &str, to: &str| sql.push(format!("GRANT {what} ON {table} TO {to}"));
        let option = if number % WHOLE.len() == 8 { "real_grants WITH GRANT OPTION" } else { "real_grants" };
        grant(WHOLE[number % WHOLE.len()], option);
        match number % 6 {
            0 => grant(&format!("SELECT ({first})"), "real_columns"),
            1 => grant(&format!("SELECT ({first}, {second}), UPDATE ({second})"), "real_columns"),
            2 => grant(&format!("INSERT ({}), SELECT ({first})", all.join(", ")), "real_columns"),
            3 => grant(&format!("UPDATE ({last})"), "real_columns"),
            4 => grant(&format!("SELECT ({})", all.join(", ")), "real_columns"),
            _ => grant(&format!("SELECT, UPDATE ({second}), REFERENCES ({first})"), "real_columns"),
        }
        match number % 7 {
            0 => grant("SELECT, INSERT, UPDATE, DELETE", "real_group"),
            1 => grant("SELECT", "real_group"),
            2 => grant(&format!("DELETE, SELECT ({first})"), "real_group"),
            3 => grant("UPDATE", "real_group"),
            4 => grant("ALL", "real_group"),
            _ => {}
        }
        match number % 10 {
            0 | 5 => grant("SELECT", "PUBLIC"),
            1 => grant("INSERT", "PUBLIC"),
            2 => grant(&format!("UPDATE ({second}), SELECT ({first})"), "PUBLIC"),
            _ => {}
        }
    }
    // An owner may revoke a right from itself.
    sql.extend(rules.rules.values().nth(3).map(|r| format!("REVOKE DELETE ON {} FROM {OWNER}, {OTHER_OWNER}", ident(&r.table))));
    sql
}
