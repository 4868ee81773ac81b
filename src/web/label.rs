//! What the columns of reports are called for a person. Their names are made for programs.

use crate::report::verdict::Language;

/// Names of columns in Spanish; in English a name is its own label.
const SPANISH: &[(&str, &str)] = &[
    ("address", "dirección"),
    ("after", "después"),
    ("application", "aplicación"),
    ("applications", "aplicaciones"),
    ("around", "fuera del proxy"),
    ("around_hours", "horas fuera del proxy"),
    ("at", "cuándo"),
    ("average_ms", "promedio (ms)"),
    ("avg_ms", "promedio (ms)"),
    ("before", "antes"),
    ("begin", "inicio"),
    ("by", "quién"),
    ("certainty", "certeza"),
    ("cluster", "grupo"),
    ("clusters", "grupos"),
    ("column", "columna"),
    ("columns", "columnas"),
    ("compared", "comparadas"),
    ("counts", "cuenta"),
    ("covered_days", "días cubiertos"),
    ("criterion", "criterio"),
    ("database", "base de datos"),
    ("day", "día"),
    ("default", "valor inicial"),
    ("difference", "diferencia"),
    ("different", "distintas"),
    ("dumps", "volcados"),
    ("equal", "iguales"),
    ("errors", "errores"),
    ("evidence", "evidencia"),
    ("failed", "fallidos"),
    ("fate", "qué le pasa"),
    ("finding", "hallazgo"),
    ("first_seen", "primera vez"),
    ("fits", "cabe"),
    ("follows", "al día"),
    ("form", "forma"),
    ("forwarded", "sin cambios"),
    ("forwarded_avg_ms", "sin cambios, promedio (ms)"),
    ("held_back", "retenida por"),
    ("help", "ayuda"),
    ("hits", "usos"),
    ("hours", "horas"),
    ("id", "id"),
    ("key", "clave"),
    ("key_columns", "columnas de la llave"),
    ("kind", "tipo"),
    ("labels", "etiquetas"),
    ("last_around", "último fuera del proxy"),
    ("last_by_proxy", "último por proxy"),
    ("last_seen", "última vez"),
    ("leaf", "hoja"),
    ("legacy", "heredada"),
    ("legacy_p50_ms", "heredada, p50 (ms)"),
    ("legacy_p95_ms", "heredada, p95 (ms)"),
    ("legacy_p99_ms", "heredada, p99 (ms)"),
    ("max_ms", "máximo (ms)"),
    ("means", "significa"),
    ("met", "se cumple"),
    ("metric", "métrica"),
    ("missed", "error máximo"),
    ("mode", "modo"),
    ("moved", "movida"),
    ("moved_at", "movida el"),
    ("names", "nombres"),
    ("next", "siguiente"),
    ("note", "nota"),
    ("now", "ahora"),
    ("number", "número"),
    ("object", "objeto"),
    ("opaque", "no comprendidos"),
    ("operation", "operación"),
    ("outcome", "resultado"),
    ("part", "parte"),
    ("place", "lugar"),
    ("plan", "plan"),
    ("port", "puerto"),
    ("process", "proceso"),
    ("proxy_hits", "usos por proxy"),
    ("proxy_hours", "horas por proxy"),
    ("question", "pregunta"),
    ("reason", "motivo"),
    ("recorded_hours", "horas registradas"),
    ("recorders", "procesos"),
    ("refused", "rechazados"),
    ("remarks", "observaciones"),
    ("report", "reporte"),
    ("restart", "requiere reinicio"),
    ("rewritten", "reescrita"),
    ("rewritten_avg_ms", "reescrita, promedio (ms)"),
    ("rewritten_p50_ms", "reescrita, p50 (ms)"),
    ("rewritten_p95_ms", "reescrita, p95 (ms)"),
    ("rewritten_p99_ms", "reescrita, p99 (ms)"),
    ("rows", "renglones"),
    ("rule", "regla"),
    ("rules", "reglas"),
    ("run", "corrida"),
    ("seconds", "segundos"),
    ("seen", "visto"),
    ("server_pid", "proceso del servidor"),
    ("since", "desde"),
    ("skipped", "omitidas"),
    ("sqlstate", "SQLSTATE"),
    ("state", "estado"),
    ("state_since", "estado desde"),
    ("statement", "sentencia"),
    ("statements", "sentencias"),
    ("step", "paso"),
    ("table", "tabla"),
    ("tables", "tablas"),
    ("target", "destino"),
    ("unit", "unidad"),
    ("unsteady", "inestables"),
    ("use", "uso"),
    ("user", "usuario"),
    ("uses", "usos"),
    ("value", "valor"),
    ("verdict", "veredicto"),
    ("version", "versión"),
    ("watched_hours", "horas vigiladas"),
    ("wave", "ola"),
    ("what", "qué"),
    ("why", "por qué"),
];

/// The label of a column.
pub(super) fn of(name: &str, language: Language) -> String {
    let spanish = SPANISH.iter().find(|(column, _)| *column == name && language == Language::Spanish);
    spanish.map_or_else(|| name.replace('_', " "), |(_, label)| (*label).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{CHANGES, REPORTS};

    #[test]
    fn every_column_has_a_label_in_spanish() {
        for (name, _) in REPORTS.iter().flat_map(|report| report.columns).chain(CHANGES) {
            assert!(SPANISH.iter().any(|(column, _)| column == name), "{name}");
        }
        assert!(SPANISH.is_sorted(), "a reader looks a name up");
        assert_eq!(
            (of("last_seen", Language::English), of("last_seen", Language::Spanish)),
            ("last seen".into(), "última vez".into())
        );
    }
}
