//! Reports about uses that do not come through the proxies: sessions that were seen, bodies in the catalog that name a legacy table, and findings
//! of scans.

use super::order::Facts;
use crate::table::ColumnType::{Int, Text};
use crate::table::{Columns, Table};

pub(super) const BODIES: Columns = &[("table", Text), ("kind", Text), ("object", Text), ("form", Text), ("fate", Text)];

/// Bodies in the catalog that name a legacy table, as a move reads them too (`migrate/dependents.rs`).
pub(super) fn bodies(facts: &Facts, one: Option<&str>) -> Table {
    let mut table = Table::new(BODIES);
    for legacy in &facts.tables {
        let name = legacy.judged.name.table.as_str();
        if one.is_some_and(|one| one != name) {
            continue;
        }
        for body in &legacy.hanging {
            let Some(form) = form(body.kind) else { continue };
            table.push(vec![name.into(), body.kind.into(), body.name.as_str().into(), form.into(), body.fate.as_str().into()]);
        }
    }
    table
}

/// How a body names the table; `None` for other dependents.
pub(super) fn form(kind: &str) -> Option<&'static str> {
    match kind {
        "function text" => Some("static: looked up when it runs"),
        DYNAMIC => Some("dynamic: it has EXECUTE, and may build more statements at run time"),
        "function" | "aggregate" | "view" | "materialised view" | "trigger" | "rule" | "policy" => {
            Some("static: known to the catalog")
        }
        _ => None,
    }
}

/// The kind of a body that builds statements at run time.
pub(super) const DYNAMIC: &str = "dynamic function";

pub(super) const AROUND: Columns = &[
    ("table", Text),
    ("user", Text),
    ("address", Text),
    ("application", Text),
    ("kind", Text),
    ("uses", Int),
    ("first_seen", Text),
    ("last_seen", Text),
    ("certainty", Text),
    ("statement", Text),
];
/// Observations are samples: the true number may be larger.
pub(super) const AROUND_SQL: &str = "SELECT legacy_table, user_name, client_address, coalesce(nullif(application_name, ''), '(unnamed)'), kind,
        sum(uses)::bigint, min(first_seen)::timestamptz(0)::text, max(last_seen)::timestamptz(0)::text,
        CASE WHEN kind = 'counter' AND certainty = 'sure'
                THEN '«counters grew while the proxies sent nothing that names it: somebody between two samples, a function or a trigger|los contadores crecieron sin que los proxies enviaran nada que la nombre: alguien entre dos muestras, una función o un disparador»'
            WHEN kind IN ('counter', 'calls', 'function') AND certainty = 'unsure' THEN '«unsure: the server counted it, and a proxy has not written what it had recorded|dudoso: el servidor lo contó, y un proxy no ha escrito lo que había registrado»'
            WHEN kind = 'calls' AND certainty = 'likely'
                THEN '«user and statement are sure: pg_stat_statements counted it, and no proxy sent it; address and application are those of the only session of that user that was seen|usuario y sentencia son seguros: pg_stat_statements lo contó y ningún proxy lo envió; dirección y aplicación son las de la única sesión de ese usuario que se vio»'
            WHEN kind = 'function' THEN '«a function that names it was called, as pg_stat_statements counted; nobody who comes through the proxies can have called it|se llamó una función que la nombra, según pg_stat_statements; nadie que pase por los proxies puede haberla llamado»'
            WHEN kind = 'calls' THEN '«user and statement are sure: pg_stat_statements counted it, and no proxy sent it; it knows no address|usuario y sentencia son seguros: pg_stat_statements lo contó y ningún proxy lo envió; no conoce direcciones»'
            WHEN certainty = 'sure' THEN '«sure: no session of any proxy|seguro: no es sesión de ningún proxy»'
            WHEN certainty = 'unsure' THEN '«unsure: a proxy has not told which sessions are its own|dudoso: un proxy no ha dicho cuáles sesiones son suyas»'
            ELSE '«cannot see who: the control role lacks pg_read_all_stats (`esclusa roles`)|no se puede ver quién: al rol de control le falta pg_read_all_stats (`esclusa roles`)»' END,
        nullif((array_agg(statement ORDER BY last_seen DESC))[1], '')
    FROM esclusa.around, asked WHERE bucket >= since AND bucket < until AND (one IS NULL OR legacy_table = one)
    GROUP BY legacy_table, user_name, client_address, application_name, kind, certainty ORDER BY max(last_seen) DESC, 1, 2, 3, 4, 5";

pub(super) const SCANS: Columns = &[
    ("root", Text),
    ("table", Text),
    ("operation", Text),
    ("source", Text),
    ("places", Int),
    ("first_place", Text),
    ("files", Int),
    ("unread", Int),
    ("scanned_by", Text),
    ("scanned_at", Text),
];
/// A root without findings has a row too.
pub(super) const SCANS_SQL: &str = "SELECT s.root, f.legacy_table, f.operation, f.source, f.places, f.first_file || ':' || f.first_line, s.files, s.unread,
        s.scanned_by, s.scanned_at::timestamptz(0)::text
    FROM esclusa.scan AS s CROSS JOIN asked LEFT JOIN esclusa.scan_found AS f ON f.root = s.root AND (one IS NULL OR f.legacy_table = one)
    ORDER BY 1, 2, 3, 4";
