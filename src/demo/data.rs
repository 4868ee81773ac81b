//! Seeded data for the legacy tables that the consolidation touches.
//!
//! No row of the real database is public, so the demo and the tests need rows that are at least as
//! awkward: accents, padding, blanks, tabs and backslashes, exact duplicates in the histories, times
//! that the change to summer time skipped, years far off. The same seed and sizes give the same bytes on
//! every machine, and a table's rows do not depend on which other tables the plan names.
//!
//! It does not connect to a database, create tables or know the constraints of the real database
//! (they are not public): it returns text for `COPY ... FROM stdin`.

mod filled;
mod history;
mod keys;
mod sizes;
mod texts;
mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use self::filled::Rows;
use self::filled::{Filled, Row};
use self::history::{History, column_names};
use self::keys::Keys;
pub use self::sizes::Sizes;
use self::texts::{TEXTS_TABLE, fill_texts, first_text_id, text_columns};
use self::values::{Field, Values};
use crate::catalog::{Catalog, Table};
use crate::rule::plan::{Plan, PlanRow};

/// Makes the rows of every table that the plan and the catalog both name: look-ups and junctions
/// first, then the bases of the histories, the tables at the ends of the junctions, the histories,
/// and last the texts.
///
/// Codes of look-ups, both ends of a junction together, and record keys of bases are unique. A
/// history mirrors the rows of its base, some columns changed.
pub fn generate(catalog: &Catalog, plan: &Plan, sizes: &Sizes) -> Vec<Rows> {
    let scope = Scope::of(catalog, plan);
    let mut filled: Vec<Filled> = scope.entities.iter().map(|entity| entity.fill(sizes)).collect();
    let bases: BTreeMap<&str, &Filled> = filled.iter().map(|base| (base.name(), base)).collect();
    let histories = scope.histories.iter().map(|history| {
        let base = bases.get(history.row.get("base_table")).copied();
        history.fill(base, plan, sizes)
    });
    let histories: Vec<Filled> = histories.collect();
    let texts = catalog.tables.get(TEXTS_TABLE);
    let texts = texts.map(|table| fill_texts(table, &filled, sizes));
    filled.extend(histories);
    filled.extend(texts);
    filled.iter().map(Filled::copy_rows).collect()
}

/// The tables to fill, in order.
struct Scope<'a> {
    entities: Vec<Entity<'a>>,
    histories: Vec<History<'a>>,
}

impl<'a> Scope<'a> {
    fn of(catalog: &'a Catalog, plan: &'a Plan) -> Self {
        let (mut histories, mut lookups) = (Vec::new(), BTreeMap::new());
        for row in &plan.rows {
            // The plan also names tables that the schema never had.
            let Some(table) = catalog.tables.get(row.get("table")) else {
                continue;
            };
            if row.get("kind").starts_with("history") {
                histories.push(History { table, row });
            } else {
                lookups.insert(table.name.as_str(), Entity::lookup(table, row));
            }
        }
        let base_keys = base_keys(&histories);
        let key = |name: &str| base_keys.get(name).cloned().unwrap_or_default();
        for (name, lookup) in &mut lookups {
            if lookup.key.is_empty() {
                lookup.key = key(name);
            }
        }
        let link_ends: BTreeSet<&str> = plan.rows.iter().flat_map(link_ends).collect();
        let link_ends = link_ends.into_iter().filter(|name| !base_keys.contains_key(name));
        let others: Vec<Entity> = base_keys
            .keys()
            .copied()
            .chain(link_ends)
            .filter(|name| !lookups.contains_key(name))
            .filter_map(|name| Some(Entity::other(catalog.tables.get(name)?, key(name))))
            .collect();
        let entities = lookups.into_values().chain(others).collect();
        Self { entities, histories }
    }
}

/// The bases of the histories with their record keys; where two histories share a base, the first
/// one decides.
fn base_keys<'a>(histories: &[History<'a>]) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut keys = BTreeMap::new();
    for History { row, .. } in histories {
        let key = || column_names(row.get("base_record_key"));
        keys.entry(row.get("base_table")).or_insert_with(key);
    }
    keys
}

/// The tables that a junction's ends name, as in `usoserv.usotipo?`; other ends are comments.
fn link_ends(row: &PlanRow) -> impl Iterator<Item = &str> {
    ["link_source", "link_target"].into_iter().filter_map(|end| row.get(end).split_once('.').map(|(table, _)| table))
}

/// A table whose rows have a key: a look-up, a junction, a base or the end of a link.
struct Entity<'a> {
    table: &'a Table,
    /// The key columns; if empty, the first column is the key.
    key: Vec<&'a str>,
    /// The plan's row, where the plan consolidates or keeps the table as a look-up.
    lookup: Option<&'a PlanRow>,
}

impl<'a> Entity<'a> {
    fn lookup(table: &'a Table, row: &'a PlanRow) -> Self {
        let mut key = column_names(row.get("code_column"));
        if key.is_empty() {
            key = column_names(row.get("link_source_column"));
            key.extend(column_names(row.get("link_target_column")));
        }
        Self { table, key, lookup: Some(row) }
    }

    fn other(table: &'a Table, key: Vec<&'a str>) -> Self {
        Self { table, key, lookup: None }
    }

    fn fill(&self, sizes: &Sizes) -> Filled<'a> {
        let fields = Field::all(self.table);
        let is_lookup = self.lookup.is_some();
        let wanted = if is_lookup { sizes.lookup } else { sizes.base };
        let keys = Keys::new(&fields, &self.key, wanted, is_lookup);
        let text_columns = self.lookup.map_or_else(Vec::new, |row| text_columns(&fields, row.get("txtid_column")));
        let mut text_ids = first_text_id(&self.table.name)..;
        let mut values = Values::new(sizes, &self.table.name);
        let mut rows = Vec::with_capacity(wanted);
        for key in (0..wanted).map_while(|row| keys.key(row)) {
            let mut row: Row = fields.iter().map(|field| values.cell(field)).collect();
            for (column, value) in key {
                row[column] = Some(value);
            }
            for (&column, id) in text_columns.iter().zip(&mut text_ids) {
                row[column] = Some(id.to_string());
            }
            rows.push(row);
        }
        Filled { table: self.table, rows, text_columns }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::Column;

    const TABLES: &str = "
        tipocolor: tcoid numeric(5,0), tcotxtid numeric(10,0), tcotxtidl numeric(10,0)
        tipletra: tlecod character(1), tledesc character varying(30)
        tipcolsoc: tcscol numeric(5,0), tcssoc numeric(5,0), tcsaca character(2)
        sociedad: socprsid numeric(5,0), socnom text null
        calle: calid numeric(10,0), calnombre text null, calfecha date, callargo double precision
        hiscalle: hcalid numeric(10,0), hcalnombre text null, hcalfecha date, \
            hcallargo double precision, hcalhstusu character varying(10), \
            hcalhsthora timestamp without time zone null
        tabladesc: tdid numeric(10,0), tdidicod character(2), tdtxtid numeric(10,0)";

    const PLAN: &str = "
        table=hiscalle kind=history-tier1 base_table=calle base_record_key=calid \
            his_record_key=hcalid history_user_column=hcalhstusu \
            history_time_column=[hcalhsthora|hcalhstfin]
        table=tipocolor kind=lookup-pure code_column=tcoid
        table=tipletra kind=lookup-extended code_column=tlecod
        table=tipgone kind=lookup-pure code_column=tgoid
        table=tipcolsoc kind=junction link_source_column=tcscol link_source=? \
            link_target_column=tcssoc+tcsaca link_target=sociedad.socprsid?";

    fn table(line: &str) -> Option<(String, Arc<Table>)> {
        let (name, columns) = line.trim().split_once(": ")?;
        let column = |text: &str| {
            let (name, type_name) = text.trim().split_once(' ')?;
            Some(Column {
                name: name.to_owned(),
                type_name: type_name.trim_end_matches(" null").to_owned(),
                not_null: !type_name.ends_with(" null"),
                default: None,
            })
        };
        let columns = columns.split(", ").filter_map(column).collect();
        Some((name.to_owned(), Arc::new(Table { name: name.to_owned(), columns, ..Table::default() })))
    }

    fn plan_row(line: &str) -> PlanRow {
        let fields = line.split_whitespace().filter_map(|field| field.split_once('='));
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn legacy() -> (Catalog, Plan) {
        let tables = TABLES.lines().filter_map(table).collect();
        let map =
            ["id", "nombre", "fecha", "largo"].map(|part| ("hiscalle".to_owned(), format!("hcal{part}"), format!("cal{part}")));
        let rows = PLAN.lines().skip(1).map(plan_row).collect();
        (Catalog { schema: "legacy".to_owned(), tables }, Plan { rows, map: map.into() })
    }

    fn made(sizes: &Sizes) -> Vec<Rows> {
        let (catalog, plan) = legacy();
        generate(&catalog, &plan, sizes)
    }

    /// The rows of one table as COPY would read them, fields still escaped.
    fn rows_of(table: &str, sizes: &Sizes) -> Vec<Vec<String>> {
        let made = made(sizes);
        let rows = made.iter().find(|rows| rows.table == table).expect("the table is made");
        assert_eq!(rows.copy_text.lines().count(), rows.count);
        let fields = |line: &str| line.split('\t').map(str::to_owned).collect();
        rows.copy_text.lines().map(fields).collect()
    }

    fn has(rows: &[Vec<String>], column: usize, start: &str) -> bool {
        rows.iter().any(|row| row[column].starts_with(start))
    }

    #[test]
    fn tables_come_before_those_that_lean_on_them() {
        let made = made(&Sizes::default());
        let names: Vec<&str> = made.iter().map(|rows| rows.table.as_str()).collect();
        let (lookups, others) = (["tipcolsoc", "tipletra", "tipocolor"], ["calle", "sociedad"]);
        assert_eq!(names, [&lookups[..], &others, &["hiscalle", "tabladesc"]].concat());
    }

    #[test]
    fn a_tables_rows_depend_on_seed_sizes_and_name_alone() {
        let (sizes, (catalog, mut plan)) = (Sizes::default(), legacy());
        let all = made(&sizes);
        assert_eq!(all, made(&sizes));
        assert_ne!(all, made(&Sizes { seed: 8, ..sizes.clone() }));
        plan.rows.retain(|row| row.get("table") == "hiscalle");
        let alone = generate(&catalog, &plan, &sizes);
        let names: Vec<&str> = alone.iter().map(|rows| rows.table.as_str()).collect();
        assert_eq!(names, ["calle", "hiscalle", "tabladesc"]);
        assert!(all.contains(&alone[0]) && all.contains(&alone[1]));
    }

    /// A change here changes every result recorded from the data.
    #[test]
    fn bytes_stay_the_same_on_every_machine() {
        let made = made(&Sizes::default());
        let bytes: String = made.into_iter().map(|rows| rows.copy_text).collect();
        assert_eq!(values::name_hash(&bytes), 1_621_881_908_841_546_819);
    }

    #[test]
    fn keys_are_unique_and_stop_where_the_code_is_full() {
        let sizes = Sizes { lookup: 437, base: 437, ..Sizes::default() };
        let cases = [("tipocolor", 1, 437), ("tipletra", 1, 36), ("tipcolsoc", 3, 437), ("calle", 1, 437)];
        for (table, key, expected) in cases {
            let rows = rows_of(table, &sizes);
            let keys: BTreeSet<&[String]> = rows.iter().map(|row| &row[..key]).collect();
            assert_eq!((rows.len(), keys.len()), (expected, expected), "{table}");
        }
        assert_eq!(rows_of("tipocolor", &sizes)[0][0], "0");
        assert_eq!(rows_of("tipcolsoc", &sizes)[0][2], "00");
    }

    #[test]
    fn every_text_id_has_a_text_in_both_languages() {
        let texts = rows_of(TEXTS_TABLE, &Sizes::default());
        let different: BTreeSet<&[String]> = texts.iter().map(|row| &row[1..]).collect();
        assert_eq!((texts.len(), different.len()), (12 * 2 * 2, 12 * 2 * 2));
        assert_eq!(texts[0][2], rows_of("tipocolor", &Sizes::default())[0][1]);
    }

    #[test]
    fn histories_mirror_their_base_and_repeat_rows() {
        let (base, history) = (rows_of("calle", &Sizes::default()), rows_of("hiscalle", &Sizes::default()));
        let ids: BTreeSet<&String> = base.iter().map(|row| &row[0]).collect();
        assert!(history.iter().all(|row| ids.contains(&row[0])), "a record that the base lacks");
        let mirrors = |row: &&Vec<String>| base.iter().any(|base| base[..2] == row[..2]);
        assert!(history.iter().filter(mirrors).count() > history.len() / 2);
        let mut groups = history.chunks_exact(history::DUPLICATE_EVERY);
        assert!(groups.all(|rows| rows[rows.len() - 2] == rows[rows.len() - 1]));
    }

    #[test]
    fn hazards_are_there() {
        let rows = rows_of("hiscalle", &Sizes { rows: 5_000, base: 1_000, ..Sizes::default() });
        for (column, start) in [
            (1, "fin con blancos   "),
            (1, "tab\\tdentro"),
            (1, "línea 1\\nlínea 2"),
            (1, "c:\\\\ruta\\\\ñ"),
            (1, "\\\\N"),
            (1, "\\N"),
            (2, "2999-12-31"),
            (2, "9999-12-31"),
            (4, "MPEÑA"),
            (4, " "),
            (5, "\\N"),
            // An hour that the change to summer time skipped, and one that occurred twice at its end.
            (5, "2004-04-04 02:"),
            (5, "2012-10-28 01:"),
        ] {
            assert!(has(&rows, column, start), "column {column} never starts with {start:?}");
        }
        let blanks = |blank: &str| rows.iter().any(|row| row[1] == blank);
        assert!(blanks("") && blanks(" ") && blanks("  "));
        assert!(!has(&rows, 4, "\\N"), "NULL where the column forbids it");
    }

    #[test]
    fn extreme_values_come_only_when_asked_for() {
        let sizes = Sizes { base: 2_000, ..Sizes::default() };
        let plain = rows_of("calle", &sizes);
        let extreme = rows_of("calle", &Sizes { extreme: true, ..sizes });
        let dates = ["infinity", "-infinity", "0044-03-15 BC"].map(|text| (2, text));
        let floats = ["NaN", "Infinity", "-0"].map(|text| (3, text));
        for (column, text) in dates.into_iter().chain(floats) {
            assert!(has(&extreme, column, text) && !has(&plain, column, text), "{text}");
        }
    }
}
