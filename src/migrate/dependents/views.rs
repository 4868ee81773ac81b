//! Views and materialised views over the table.
//!
//! A view is made again by CREATE OR REPLACE with its own text, in which the table's name now means the view: it stays the same object, with its
//! owner, grants, triggers, comments and dependents. A materialised view has no such statement: it is dropped and created again with everything it
//! had, and so is every view over it.

use std::collections::BTreeMap;

use crate::catalog::Database;
use crate::error::Result;
use crate::sql::{Lexed, Span};

use super::super::acl;
use super::super::foreign_key::key_table::Leaf;
use super::found::{Dependent, Dependents, foreign, rows};

/// One view, as the catalog has it.
#[derive(Debug, Clone)]
struct View {
    oid: String,
    materialised: bool,
    name: String,
    /// `WITH (...)`, or empty.
    options: String,
    /// Its query, as `pg_get_viewdef` prints it.
    text: String,
    populated: bool,
    access: String,
    /// It depends on the table's key (GROUP BY), or reads a system column of it.
    leans: bool,
    /// PostgreSQL writes through it by itself (UPDATE or DELETE, pg_relation_is_updatable).
    updatable: bool,
    /// Why it cannot be made again: it is temporary, belongs to an extension, has a column of the table's row type, calls a function that has it, or
    /// belongs to a role of which this one is no member.
    hindrance: Option<String>,
    /// SQL that takes the lock needed to replace or drop it, and changes nothing.
    lock: String,
}

/// Columns of [`View`], of relation `c`. Whose temporary schema one is, the server tells since PostgreSQL 16: before, its function counts sessions by
/// another number (release notes of 16, pg_stat_get_backend_idset). A view that does not read the table directly cannot depend on its key.
const VIEW: &str = "c.oid, c.relkind = 'm', c.oid::regclass, \
    coalesce((SELECT ' WITH (' || string_agg(format('%I = %L', split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), ', ') || ')' \
              FROM unnest(c.reloptions) o), ''), \
    rtrim(pg_get_viewdef(c.oid), ';'), c.relispopulated, \
    CASE WHEN c.relkind = 'm' THEN (SELECT ' USING ' || quote_ident(amname) FROM pg_am WHERE oid = c.relam) ELSE '' END, \
    EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
            LEFT JOIN pg_constraint k ON d.refclassid = 'pg_constraint'::regclass AND k.oid = d.refobjid \
            WHERE r.ev_class = c.oid AND (k.conrelid = $1 OR (d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid < 0))), \
    EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'), \
    EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem \
            WHERE a.attrelid = c.oid AND $1 IN (t.typrelid, e.typrelid)), \
    format('ALTER %s %s OWNER TO %I', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END, c.oid::regclass, \
           pg_get_userbyid(c.relowner)), \
    CASE WHEN pg_has_role(c.relowner, 'USAGE') THEN '' ELSE quote_ident(pg_get_userbyid(c.relowner)) END, \
    pg_relation_is_updatable(c.oid, false) & 20 <> 0, \
    (SELECT min(p.oid::regprocedure::text) FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
     JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid \
     JOIN pg_depend u ON u.classid = 'pg_proc'::regclass AND u.objid = p.oid AND u.refclassid = 'pg_type'::regclass \
     JOIN pg_type t ON t.oid = u.refobjid LEFT JOIN pg_type e ON e.oid = t.typelem \
     WHERE r.ev_class = c.oid AND $1 IN (t.typrelid, e.typrelid)), \
    CASE WHEN c.relpersistence = 't' THEN 'it is temporary' || coalesce((SELECT format(', of a session of %s (pid %s)', a.usename, a.pid) \
        FROM pg_namespace AS n JOIN pg_stat_activity AS a ON a.pid = pg_stat_get_backend_pid(substr(n.nspname, 9)::integer) \
        WHERE n.oid = c.relnamespace AND current_setting('server_version_num')::integer >= 160000), '') ELSE '' END";

impl View {
    fn of(row: &[String]) -> View {
        let flag = |i: usize| row[i] == "t";
        View {
            oid: row[0].clone(),
            materialised: flag(1),
            name: row[2].clone(),
            options: row[3].clone(),
            text: row[4].clone(),
            populated: flag(5),
            access: row[6].clone(),
            leans: flag(7),
            updatable: flag(12),
            hindrance: match (flag(8), flag(9), row[13].as_str(), row[14].as_str()) {
                // Only its own session could make it again.
                (.., temporary) if !temporary.is_empty() => Some(temporary.to_owned()),
                (true, ..) => Some("it belongs to an extension".to_owned()),
                (_, true, ..) => Some("it has a column of the table's row type".to_owned()),
                (.., function, _) if !function.is_empty() => Some(format!("it calls {function}, which has the table's row type")),
                _ => foreign(&row[11]),
            },
            lock: row[10].clone(),
        }
    }

    /// With another name for a relation; both names as `pg_get_viewdef` prints them.
    fn naming(mut self, [from, to]: [&str; 2]) -> View {
        let Ok(lexed) = Lexed::new(&self.text) else { return self };
        let places = (0..lexed.lexemes.len().saturating_sub(2)).filter(|at| lexed.slice(&(*at..at + 3)) == from);
        let mut places: Vec<Span> = places.filter_map(|at| lexed.span(&(at..at + 3))).collect();
        while let Some(place) = places.pop() {
            self.text.replace_range(place.start..place.end, to);
        }
        self
    }

    fn kind(&self) -> &'static str {
        if self.materialised { "materialised view" } else { "view" }
    }

    fn kind_sql(&self) -> &'static str {
        if self.materialised { "MATERIALIZED VIEW" } else { "VIEW" }
    }

    fn is_barrier(&self) -> bool {
        ["true", "on", "yes", "1"].iter().any(|on| self.options.contains(&format!("security_barrier = '{on}'")))
    }

    fn hindrance(&self) -> Option<String> {
        let text = self.text.to_ascii_uppercase();
        match &self.hindrance {
            _ if self.leans => Some("it groups by the table's key, or reads a system column; a view has neither".to_owned()),
            _ if self.is_barrier() && self.updatable => Some(
                "it is a security barrier, and over a view with triggers PostgreSQL does not apply its condition to UPDATE and DELETE: rows that it hides could be changed"
                    .to_owned(),
            ),
            _ if text.contains(" TABLESAMPLE ") => Some("it uses TABLESAMPLE, which a view does not allow".to_owned()),
            hindrance => hindrance.clone(),
        }
    }

    /// The SQL that makes it again, over what the names mean now.
    fn creation(&self, replace: bool) -> String {
        let View { name, options, text, access, .. } = self;
        if self.materialised {
            let data = if self.populated { "" } else { " WITH NO DATA" };
            return format!("CREATE MATERIALIZED VIEW {name}{access}{options} AS\n{text}{data};\n");
        }
        let replace = if replace { "OR REPLACE " } else { "" };
        format!("CREATE {replace}VIEW {name}{options} AS\n{text};\n")
    }
}

/// Relations whose query names the table or uses its row type.
const OVER_TABLE: &str = "EXISTS (SELECT FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid \
    WHERE r.ev_class = c.oid AND r.rulename = '_RETURN' AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid = $1) \
       OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT oid FROM pg_type WHERE typrelid = $1 \
           UNION ALL SELECT typarray FROM pg_type WHERE typrelid = $1))))";

/// `named` is a relation's name now, and the name that it has when the views are made again.
pub(super) async fn find(database: &Database, leaf: &Leaf<'_>, named: [&str; 2], all: &mut Dependents) -> Result<()> {
    let sql =
        format!("SELECT {VIEW} FROM pg_class c WHERE c.relkind IN ('v', 'm') AND c.oid <> $1 AND {OVER_TABLE} ORDER BY c.oid");
    let direct: Vec<View> = rows(database, "views", &sql, leaf).await?.iter().map(|r| View::of(r).naming(named)).collect();
    let anew = over_materialised(database, leaf, named, &direct).await?;
    let made_anew = |view: &View| anew.iter().any(|(_, v)| v.oid == view.oid);
    for view in direct.iter().filter(|v| !made_anew(v)) {
        match view.hindrance() {
            Some(fate) => all.found.push(Dependent::blocking(view.kind(), &view.name, &fate, Some(view.creation(true)))),
            None => {
                let fate = format!("is made again over the {}, and stays the same object", all.onto);
                all.locks.insert(0, view.lock.clone());
                all.carry(Dependent::carried(view.kind(), &view.name, &fate, &view.creation(true)), "");
            }
        }
    }
    made_again(database, leaf, &anew, all).await
}

/// All of them or none: one that is kept would prevent dropping what it reads. The deepest is dropped first and created last.
async fn made_again(database: &Database, leaf: &Leaf<'_>, anew: &[(usize, View)], all: &mut Dependents) -> Result<()> {
    let mut found = Vec::new();
    for (_, view) in anew {
        let script = view.creation(false) + &belongings(database, leaf, view).await?;
        found.push((view, script, view.hindrance().or(unkept(database, leaf, view).await?.map(str::to_owned))));
    }
    let hindered = found.iter().any(|(_, _, hindrance)| hindrance.is_some());
    let mut drops = String::new();
    for (view, script, hindrance) in found {
        if hindered {
            let fate = hindrance.unwrap_or_else(|| "it reads, or is read by, a view that cannot be made again".to_owned());
            all.found.push(Dependent::blocking(view.kind(), &view.name, &fate, Some(script)));
            continue;
        }
        let fate = format!("is dropped and made again over the {}, with its owner, grants, indexes and comments", all.onto);
        all.locks.insert(0, view.lock.clone());
        drops.insert_str(0, &format!("DROP {} {};\n", view.kind_sql(), view.name));
        all.carry(Dependent::carried(view.kind(), &view.name, &fate, &script), "");
    }
    all.before.push_str(&drops);
    Ok(())
}

/// The materialised views over the table and all views over these, each after those it reads, by its greatest distance.
async fn over_materialised(
    database: &Database,
    leaf: &Leaf<'_>,
    named: [&str; 2],
    direct: &[View],
) -> Result<Vec<(usize, View)>> {
    let mut found: BTreeMap<String, (usize, View)> = BTreeMap::new();
    let mut level: Vec<View> = direct.iter().filter(|v| v.materialised).cloned().collect();
    let mut depth = 0;
    while !level.is_empty() {
        let list = level.iter().map(|v| v.oid.clone()).collect::<Vec<_>>().join(", ");
        for view in level {
            found.insert(view.oid.clone(), (depth, view));
        }
        let sql = format!(
            "SELECT DISTINCT ON (c.oid) {VIEW} FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN' \
             JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass \
             WHERE d.refobjid IN ({list}) AND c.oid <> d.refobjid"
        );
        let over = rows(database, "views over materialised views", &sql, leaf).await?;
        level = over.iter().map(|r| View::of(r).naming(named)).collect();
        depth += 1;
    }
    let mut anew: Vec<(usize, View)> = found.into_values().collect();
    anew.sort_by_key(|(depth, view)| (*depth, view.oid.clone()));
    Ok(anew)
}

/// Statements, for the relation `k`.
const BELONGINGS: &str = "SELECT format('ALTER %s %s OWNER TO %I', k.word, k.name, pg_get_userbyid(k.relowner)) FROM k
         UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index, k WHERE indrelid = k.oid
         UNION ALL SELECT format('ALTER MATERIALIZED VIEW %s CLUSTER ON %I', k.name, c.relname) \
             FROM k, pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = k.oid AND i.indisclustered
         UNION ALL SELECT format('ALTER VIEW %s ALTER COLUMN %I SET DEFAULT %s', k.name, a.attname, pg_get_expr(d.adbin, d.adrelid)) \
             FROM k, pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = k.oid
         UNION ALL SELECT format('ALTER MATERIALIZED VIEW %s ALTER COLUMN %I SET STATISTICS %s', k.name, attname, attstattarget) \
             FROM k, pg_attribute WHERE attrelid = k.oid AND attnum > 0 AND attstattarget > -1 AND k.relkind = 'm'
         UNION ALL SELECT format('COMMENT ON %s IS %L', CASE WHEN a.attname IS NULL THEN k.word || ' ' || k.name \
                 ELSE format('COLUMN %s.%I', k.name, a.attname) END, d.description) \
             FROM k JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = k.oid \
             LEFT JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum = d.objsubid AND d.objsubid > 0
         UNION ALL SELECT format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, d.description) \
             FROM k JOIN pg_index i ON i.indrelid = k.oid JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = i.indexrelid
         UNION ALL SELECT format('REVOKE ALL ON %s FROM PUBLIC, %I', k.name, pg_get_userbyid(k.relowner)) FROM k WHERE k.relacl IS NOT NULL
";

/// What a view has beside its query, as statements: owner, indexes, defaults, comments, statistics targets, grants.
async fn belongings(database: &Database, leaf: &Leaf<'_>, view: &View) -> Result<String> {
    let sql = format!(
        "WITH k AS (SELECT *, oid::regclass AS name, CASE relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS word \
         FROM pg_class WHERE oid = {}) {BELONGINGS} \
         UNION ALL SELECT format('GRANT %s%s ON %s TO %s%s', r.privilege, r.columns, k.name, r.role, \
                 CASE WHEN r.option THEN ' WITH GRANT OPTION' ELSE '' END) \
             FROM k CROSS JOIN LATERAL ({}) AS r WHERE k.relacl IS NOT NULL OR r.columns <> ''",
        view.oid,
        acl::rights("k.oid")
    );
    Ok(rows(database, "what a view has", &sql, leaf).await?.iter().map(|r| format!("{};\n", r[0])).collect())
}

/// What would be lost if the view were dropped, because nothing here creates it again.
async fn unkept(database: &Database, leaf: &Leaf<'_>, view: &View) -> Result<Option<&'static str>> {
    let sql = format!(
        "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {0}) OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = {0} AND rulename <> '_RETURN'), \
             EXISTS (SELECT FROM pg_depend d JOIN pg_type t ON d.refclassid = 'pg_type'::regclass AND d.refobjid IN (t.oid, t.typarray) \
                     WHERE t.typrelid = {0} AND d.deptype = 'n'), \
             EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {0} AND d.deptype = 'n' \
                     AND (d.classid <> 'pg_rewrite'::regclass OR EXISTS (SELECT FROM pg_rewrite r WHERE r.oid = d.objid AND r.rulename <> '_RETURN'))), \
             EXISTS (SELECT FROM pg_statistic_ext WHERE stxrelid = {0}), \
             EXISTS (SELECT FROM pg_class WHERE oid = {0} AND reltablespace <> 0)",
        view.oid
    );
    let found = rows(database, "what depends on a view", &sql, leaf).await?;
    let reasons = [
        "it has triggers or rules of its own",
        "something uses its row type",
        "a function, rule or policy reads it",
        "it has extended statistics",
        "it lies in a tablespace of its own",
    ];
    Ok(found.first().and_then(|row| row.iter().zip(reasons).find(|(flag, _)| *flag == "t")).map(|(_, reason)| reason))
}
