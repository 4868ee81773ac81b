//! Rights on the objects of a moved table. The compatibility view decides what they are; without it, its twin in the control schema does. The twin
//! has the same rights, including those on columns, and the leaf has those on the whole table. The owner keeps every right on the leaf: the views
//! read and write it as the owner.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::quote::{literal, qualified};

use super::super::foreign_key::KEYS;
use super::super::{CONTROL, LEAVES};
use super::drift::{Drift, Remedy};

/// The rights that a statement on the leaf can need. Others are also left to it if the view has them.
const OF_LEAF: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"];

/// The rights that a statement on the key table can need.
const OF_KEY: [&str; 3] = ["SELECT", "TRUNCATE", "REFERENCES"];

/// Grantee (empty: the owner), privilege, column (empty: the whole table).
type Right = (String, String, String);

/// A leaf or a view with its rights, each with or without grant option.
#[derive(Debug, Default)]
struct Holder {
    name: String,
    owner: String,
    rights: BTreeMap<Right, bool>,
}

/// The holders of one table, by `leaf`, `key`, `own`, `legacy`.
type Holders = BTreeMap<String, Holder>;

/// The rights on all objects of these tables. `tables` is a query.
async fn read(database: &Database, schema: &str, tables: &str) -> Result<BTreeMap<String, Holders>> {
    let sql = format!(
        "SELECT m.t, r.role, format('%I.%I', n.nspname, c.relname), quote_ident(pg_get_userbyid(c.relowner)), \
           CASE a.grantee WHEN c.relowner THEN '' WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, \
           a.privilege_type, g.name, bool_or(a.is_grantable) \
         FROM ({tables}) AS m(t) CROSS JOIN (VALUES ('leaf', {}, 'r'), ('key', {}, 'r'), ('own', {}, 'v'), ('legacy', {}, '{}')) AS r(role, place, kind) \
         JOIN pg_class AS c ON c.relname = m.t AND strpos(r.kind, c.relkind::text) > 0 JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = r.place \
         CROSS JOIN LATERAL (SELECT '' AS name, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl \
           UNION ALL SELECT quote_ident(attname), attacl FROM pg_attribute \
           WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attacl IS NOT NULL) AS g \
         CROSS JOIN LATERAL aclexplode(g.acl) AS a GROUP BY 1, 2, 3, 4, 5, 6, 7",
        literal(LEAVES),
        literal(KEYS),
        literal(CONTROL),
        literal(schema),
        // In a rehearsal: the table that the view would get its rights from.
        if database.is_rehearsal() { "vr" } else { "v" },
    );
    let mut out: BTreeMap<String, Holders> = BTreeMap::new();
    for row in database.text("reading grants", &sql).await? {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || cells.next().unwrap_or_default();
        let (table, role, name, owner) = (next(), next(), next(), next());
        let (right, option) = ((next(), next(), next()), next() == "t");
        let holder = out.entry(table).or_default().entry(role).or_default();
        (holder.name, holder.owner) = (name, owner);
        holder.rights.insert(right, option);
    }
    Ok(out)
}

/// The holder whose rights decide.
fn truth(holders: &Holders) -> Option<&Holder> {
    holders.get("legacy").or_else(|| holders.get("own"))
}

/// Rights that have not reached the twin or the leaf, and rights that should no longer be there.
pub(super) async fn check(database: &Database, schema: &str, moved: &str) -> Result<Vec<Drift>> {
    let mut drift = Vec::new();
    for (table, holders) in read(database, schema, moved).await? {
        let Some(truth) = truth(&holders) else { continue };
        if let Some(own) = holders.get("own") {
            drift.extend(compared(&table, own, &truth.rights, &truth.rights));
        }
        for (holder, needed) in [("leaf", &OF_LEAF[..]), ("key", &OF_KEY[..])] {
            let Some(stored) = holders.get(holder) else { continue };
            let whole = |rights: &BTreeMap<Right, bool>| -> BTreeMap<Right, bool> {
                rights
                    .iter()
                    .filter(|((grantee, _, column), _)| column.is_empty() && !grantee.is_empty())
                    .map(|(r, _)| (r.clone(), false))
                    .collect()
            };
            let allowed = whole(&truth.rights);
            let wanted = allowed.iter().filter(|((_, privilege, _), _)| needed.contains(&privilege.as_str()));
            let wanted: BTreeMap<Right, bool> = wanted.map(|(r, o)| (r.clone(), *o)).collect();
            let allowed = if holder == "key" { wanted.clone() } else { allowed.clone() };
            let rights = stored
                .rights
                .iter()
                .filter(|((grantee, _, _), _)| !grantee.is_empty())
                .map(|(r, _)| (r.clone(), false))
                .collect();
            let found = Holder { name: stored.name.clone(), owner: stored.owner.clone(), rights };
            drift.extend(compared(&table, &found, &wanted, &allowed));
        }
    }
    Ok(drift)
}

/// The rights of `wanted` that `holder` lacks, and those that it has beyond `allowed`.
fn compared(table: &str, holder: &Holder, wanted: &BTreeMap<Right, bool>, allowed: &BTreeMap<Right, bool>) -> Option<Drift> {
    let lacking: Vec<(&Right, bool)> =
        wanted.iter().filter(|(r, o)| holder.rights.get(*r) != Some(*o)).map(|(r, o)| (r, *o)).collect();
    let beyond: Vec<(&Right, bool)> =
        holder.rights.iter().filter(|(r, _)| !allowed.contains_key(*r)).map(|(r, o)| (r, *o)).collect();
    if lacking.is_empty() && beyond.is_empty() {
        return None;
    }
    let said = |list: &[(&Right, bool)]| list.iter().map(|(r, o)| shown(r, *o)).collect::<Vec<_>>().join(", ");
    // Revoking a right on the table also revokes it on its columns: so this comes first, and what is granted afterwards stays.
    let mut statements: Vec<String> = beyond.iter().map(|(r, _)| revoking("", r, holder)).collect();
    let surplus = |(r, option): &&(&Right, bool)| !option && holder.rights.get(*r) == Some(&true);
    statements.extend(lacking.iter().filter(surplus).map(|(r, _)| revoking("GRANT OPTION FOR ", r, holder)));
    statements.extend(lacking.iter().map(|(r, option)| granting(r, *option, &holder.name, &holder.owner)));
    Some(Drift {
        table: table.to_owned(),
        kind: "grants".into(),
        name: holder.name.clone(),
        finding: "grants differ".into(),
        expected: said(&lacking),
        found: said(&beyond),
        remedy: Remedy::Together(statements.concat()),
    })
}

fn shown((grantee, privilege, column): &Right, option: bool) -> String {
    let column = if column.is_empty() { String::new() } else { format!(" ({column})") };
    let grantee = if grantee.is_empty() { "the owner" } else { grantee };
    format!("{privilege}{column} to {grantee}{}", if option { " with grant option" } else { "" })
}

fn granting((grantee, privilege, column): &Right, option: bool, name: &str, owner: &str) -> String {
    let column = if column.is_empty() { String::new() } else { format!(" ({column})") };
    let grantee = if grantee.is_empty() { owner } else { grantee };
    format!("GRANT {privilege}{column} ON {name} TO {grantee}{};\n", if option { " WITH GRANT OPTION" } else { "" })
}

fn revoking(what: &str, (grantee, privilege, column): &Right, holder: &Holder) -> String {
    let column = if column.is_empty() { String::new() } else { format!(" ({column})") };
    let grantee = if grantee.is_empty() { &holder.owner } else { grantee };
    format!("REVOKE {what}{privilege}{column} ON {} FROM {grantee} CASCADE;\n", holder.name)
}

/// Records the rights of a table, for the case that both views are gone.
pub(super) async fn record(database: &Database, schema: &str, table: &str) -> Result<()> {
    for (name, holders) in read(database, schema, &format!("SELECT {table}")).await? {
        let Some(truth) = truth(&holders) else { continue };
        let (said, sql): (Vec<String>, Vec<String>) =
            truth.rights.iter().map(|(r, o)| (shown(r, *o), granting(r, *o, "{view}", "{owner}"))).unzip();
        let sql = format!(
            "INSERT INTO {CONTROL}.object (legacy_table, kind, name, definition, creation) VALUES ({}, 'grants', {}, {}, {})",
            literal(&name),
            literal(&qualified(schema, &name)),
            literal(&said.join(", ")),
            literal(&sql.concat())
        );
        database.batch("recording grants", &sql).await?;
    }
    Ok(())
}

/// The SQL that gives a view that is created again its owner and its rights: those that it has, or its twin; where both are gone, those of the
/// leaf, and the recorded ones on columns.
pub(super) async fn of_view(database: &Database, schema: &str, table: &str, view: &str) -> Result<String> {
    let all = read(database, schema, &format!("SELECT {}", literal(table))).await?;
    let holders = all.into_values().next().unwrap_or_default();
    let present = holders.values().find(|h| h.name == view).or_else(|| truth(&holders));
    let owner = present.or_else(|| holders.get("leaf")).map(|h| h.owner.clone()).unwrap_or_default();
    let mut sql = format!("ALTER VIEW {view} OWNER TO {owner};\n");
    if let Some(holder) = present {
        sql.extend(holder.rights.iter().map(|(r, o)| granting(r, *o, view, &owner)));
        return Ok(sql);
    }
    let leaf: BTreeSet<Right> = holders.get("leaf").map(|h| h.rights.keys().cloned().collect()).unwrap_or_default();
    sql.extend(leaf.iter().map(|r| granting(r, false, view, &owner)));
    let recorded = format!("SELECT creation FROM {CONTROL}.object WHERE legacy_table = {} AND kind = 'grants'", literal(table));
    let recorded =
        database.text("reading recorded grants", &recorded).await?.concat().into_iter().flatten().next().unwrap_or_default();
    // If the leaf no longer has a right on the whole table, that right was revoked since.
    let of_columns = recorded.lines().filter(|line| line.contains(") ON {view} TO ") && !line.is_empty());
    sql.extend(of_columns.map(|line| line.replace("{view}", view).replace("{owner}", &owner) + "\n"));
    Ok(sql)
}
